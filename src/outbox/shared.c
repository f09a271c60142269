/*
 * shared.c: shared memory of the outbox, and the hook that lets databases be dropped, renamed, copied and moved.
 */
#include "outbox/shared.h"

#include "core/settings.h"

#include "access/xact.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/shmem.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include <sys/stat.h>

OutboxShared *jorge_outbox_shared = NULL;

static shmem_request_hook_type previous_request;
static shmem_startup_hook_type previous_startup;
static ProcessUtility_hook_type previous_utility;
static bool started_as_standby;

/* How long no worker is started in a database that somebody wants to himself, microseconds */
#define STOP_FOR (10 * USECS_PER_SEC)

static void
request(void)
{
	if (previous_request)
		previous_request();
	RequestAddinShmemSpace(MAXALIGN(sizeof(OutboxShared)));
	RequestNamedLWLockTranche("jorge_outbox", 1);
}

static void
startup(void)
{
	bool found;

	if (previous_startup)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	jorge_outbox_shared = ShmemInitStruct("jorge outbox", sizeof(OutboxShared), &found);
	if (!found)
	{
		memset(jorge_outbox_shared, 0, sizeof(OutboxShared));
		jorge_outbox_shared->lock = &GetNamedLWLockTranche("jorge_outbox")->lock;
		jorge_outbox_shared->was_standby = started_as_standby;
		pg_atomic_init_u32(&jorge_outbox_shared->new_database, 0);
		for (int i = 0; i < JORGE_OUTBOX_SLOTS; i++)
		{
			OutboxSlot *slot = &jorge_outbox_shared->slots[i];

			pg_atomic_init_u64(&slot->asleep_until, 0);
			pg_atomic_init_u32(&slot->look, 0);
			for (int c = 0; c < OUTBOX_COUNTERS; c++)
				pg_atomic_init_u64(&slot->counters[c], 0);
		}
	}
	LWLockRelease(AddinShmemInitLock);
}

OutboxSlot *
jorge_outbox_slot(Oid database, bool make)
{
	OutboxSlot *free_slot = NULL;
	OutboxSlot *slot = NULL;

	if (jorge_outbox_shared == NULL)
		return NULL;
	LWLockAcquire(jorge_outbox_shared->lock, make ? LW_EXCLUSIVE : LW_SHARED);
	for (int i = 0; i < JORGE_OUTBOX_SLOTS && slot == NULL; i++)
	{
		OutboxSlot *each = &jorge_outbox_shared->slots[i];

		if (each->database == database)
			slot = each;
		else if (!OidIsValid(each->database) && free_slot == NULL)
			free_slot = each;
	}
	if (slot == NULL && make && free_slot != NULL)
	{
		slot = free_slot;
		slot->database = database;
		slot->state = OUTBOX_IDLE;
	}
	LWLockRelease(jorge_outbox_shared->lock);
	return slot;
}

void
jorge_outbox_wake_at(TimestampTz due)
{
	OutboxSlot *slot = jorge_outbox_slot(MyDatabaseId, false);
	uint64 asleep;
	PGPROC *proc;

	if (slot == NULL)
	{
		if (jorge_outbox_shared != NULL && jorge_outbox_shared->launcher != NULL &&
			pg_atomic_exchange_u32(&jorge_outbox_shared->new_database, 1) == 0)
			SetLatch(&jorge_outbox_shared->launcher->procLatch);
		return;
	}
	/* The worker writes asleep_until and then reads look: one of us sees the other. */
	pg_atomic_write_u32(&slot->look, 1);
	pg_memory_barrier();
	asleep = pg_atomic_read_u64(&slot->asleep_until);
	proc = slot->proc;
	if (proc != NULL && (int64) asleep > due)
		SetLatch(&proc->procLatch);
	else if (proc == NULL && jorge_outbox_shared->launcher != NULL)
		SetLatch(&jorge_outbox_shared->launcher->procLatch);
}

/*
 * Ask the worker of a database to leave, if the user may drop, rename or move that database
 */
static void
make_way(const char *name)
{
	Oid database = get_database_oid(name, true);
	OutboxSlot *slot;
	PGPROC *proc;

	if (!OidIsValid(database) || (slot = jorge_outbox_slot(database, false)) == NULL)
		return;
	if (!jorge_owns_database(database))
		return;
	LWLockAcquire(jorge_outbox_shared->lock, LW_EXCLUSIVE);
	slot->stop_until = GetCurrentTimestamp() + STOP_FOR;
	proc = slot->proc;
	LWLockRelease(jorge_outbox_shared->lock);
	if (proc != NULL)
		SetLatch(&proc->procLatch);
}

/*
 * Get an option of a statement that has a name for its value; NULL if it isn't given
 */
static const char *
option_value(List *options, const char *name)
{
	ListCell *cell;

	foreach(cell, options)
	{
		DefElem *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, name) == 0 && option->arg != NULL && IsA(option->arg, String))
			return strVal(option->arg);
	}
	return NULL;
}

static void
utility(PlannedStmt *pstmt, const char *text, bool read_only, ProcessUtilityContext context, ParamListInfo params,
		QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	Node *statement = pstmt->utilityStmt;
	const char *copied;

	if (IsA(statement, DropdbStmt))
		make_way(((DropdbStmt *) statement)->dbname);
	else if (IsA(statement, RenameStmt) && ((RenameStmt *) statement)->renameType == OBJECT_DATABASE)
		make_way(((RenameStmt *) statement)->subname);
	else if (IsA(statement, AlterDatabaseStmt) && option_value(((AlterDatabaseStmt *) statement)->options, "tablespace") != NULL)
		make_way(((AlterDatabaseStmt *) statement)->dbname);
	else if (IsA(statement, CreatedbStmt) && (copied = option_value(((CreatedbStmt *) statement)->options, "template")) != NULL)
		make_way(copied);
	if (previous_utility)
		previous_utility(pstmt, text, read_only, context, params, environment, dest, completion);
	else
		standard_ProcessUtility(pstmt, text, read_only, context, params, environment, dest, completion);
	if (IsA(statement, CreatedbStmt) && jorge_outbox_shared->launcher != NULL)
	{
		pg_atomic_write_u32(&jorge_outbox_shared->new_database, 1);
		SetLatch(&jorge_outbox_shared->launcher->procLatch);
	}
}

void
jorge_outbox_init(void)
{
	BackgroundWorker worker = {0};
	struct stat status;

	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	started_as_standby = stat("standby.signal", &status) == 0;
	previous_request = shmem_request_hook;
	shmem_request_hook = request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
	previous_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;

	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "jorge", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "jorge_launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "jorge launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "jorge launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}
