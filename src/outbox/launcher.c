/*
 * launcher.c: starts one outbox worker in each database that jorge.outbox_databases names, and again when it is gone.
 *
 * The launcher is connected to no database, so it never stands in the way of DROP DATABASE. It never exits by itself but
 * for the postmaster: a static worker that exits with 0 is not started again.
 */
#include "outbox/shared.h"

#include "core/settings.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procsignal.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"

pg_noreturn extern PGDLLEXPORT void jorge_launcher_main(Datum argument);

/* Look at databases again that were not there or had no extension */
#define LOOK_AGAIN (60 * USECS_PER_SEC)
#define FIRST_RETRY (1 * USECS_PER_SEC)
#define LAST_RETRY (300 * USECS_PER_SEC)

/* What the launcher knows of the worker of a slot */
typedef struct Child
{
	Oid database;
	BackgroundWorkerHandle *handle;		/* NULL: none running */
	TimestampTz started_at;
	TimestampTz retry_at;
	int64 retry_after;
	TimestampTz clock_at; /* when its jobs are looked at next */
	bool wanted;
} Child;

static Child children[JORGE_OUTBOX_SLOTS];
static bool told_no_slot = false;

/*
 * Find out which of the databases named in the setting exist
 *
 * By a scan of the heap: the index can't be opened before any backend of a new cluster has been connected to a database.
 */
static void
read_wanted(void)
{
	MemoryContext here = CurrentMemoryContext;
	char *names = pstrdup(jorge_settings.outbox_databases ? jorge_settings.outbox_databases : "");
	List *list = NIL;
	Relation databases;
	TableScanDesc scan;
	HeapTuple tuple;

	for (int i = 0; i < JORGE_OUTBOX_SLOTS; i++)
		children[i].wanted = false;
	if (!SplitIdentifierString(names, ',', &list))
		return;
	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	databases = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(databases, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);
		OutboxSlot *slot = NULL;
		ListCell *cell;

		foreach(cell, list)
			if (database->datallowconn && strcmp(NameStr(database->datname), lfirst(cell)) == 0)
				slot = jorge_outbox_slot(database->oid, true);
		if (slot != NULL)
		{
			Child *child = &children[slot - jorge_outbox_shared->slots];

			if (child->database != database->oid)
				*child = (Child){.database = database->oid, .retry_after = FIRST_RETRY};
			child->wanted = true;
		}
	}
	table_endscan(scan);
	table_close(databases, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(here);
}

/*
 * Free the slots of databases that are no longer wanted, once their worker is gone
 */
static void
release_slots(void)
{
	for (int i = 0; i < JORGE_OUTBOX_SLOTS; i++)
	{
		OutboxSlot *slot = &jorge_outbox_shared->slots[i];

		if (children[i].wanted || !OidIsValid(children[i].database))
			continue;
		LWLockAcquire(jorge_outbox_shared->lock, LW_EXCLUSIVE);
		if (children[i].handle != NULL)
		{
			slot->stop_until = GetCurrentTimestamp() + LOOK_AGAIN;
			if (slot->proc != NULL)
				SetLatch(&slot->proc->procLatch);
		}
		else
		{
			slot->database = InvalidOid;
			slot->stop_until = 0;
			slot->state = OUTBOX_IDLE;
			children[i].database = InvalidOid;
		}
		LWLockRelease(jorge_outbox_shared->lock);
	}
}

/*
 * Notice workers that have ended, and decide when to start them again
 */
static void
reap(TimestampTz now)
{
	for (int i = 0; i < JORGE_OUTBOX_SLOTS; i++)
	{
		Child *child = &children[i];
		OutboxSlot *slot = &jorge_outbox_shared->slots[i];
		pid_t pid;

		if (child->handle == NULL || GetBackgroundWorkerPid(child->handle, &pid) != BGWH_STOPPED)
			continue;
		pfree(child->handle);
		child->handle = NULL;
		LWLockAcquire(jorge_outbox_shared->lock, LW_EXCLUSIVE);
		slot->proc = NULL;
		slot->pid = 0;
		slot->in_flight = 0;
		pg_atomic_write_u64(&slot->asleep_until, 0);
		if (slot->state == OUTBOX_RUNNING || slot->state == OUTBOX_STARTING)
			slot->state = OUTBOX_CRASHED;
		switch (slot->state)
		{
			case OUTBOX_NO_SCHEMA:
			case OUTBOX_OTHER_OWNER:
				child->retry_at = now + LOOK_AGAIN;
				break;
			case OUTBOX_STOPPED:
				child->retry_at = slot->stop_until;
				break;
			default:
				if (now - child->started_at > LOOK_AGAIN)
					child->retry_after = FIRST_RETRY;
				child->retry_at = now + child->retry_after;
				child->retry_after = Min(child->retry_after * 2, LAST_RETRY);
		}
		LWLockRelease(jorge_outbox_shared->lock);
	}
}

/*
 * Does a worker run that a launcher before this one has started? It is asked to make way, since nobody would hear of its end.
 */
static bool
left_over(OutboxSlot *slot, TimestampTz now)
{
	bool runs;

	LWLockAcquire(jorge_outbox_shared->lock, LW_EXCLUSIVE);
	runs = slot->proc != NULL;
	if (runs)
	{
		slot->stop_until = now + FIRST_RETRY;
		SetLatch(&slot->proc->procLatch);
	}
	LWLockRelease(jorge_outbox_shared->lock);
	return runs;
}

/*
 * Start the workers that are due; get when the next one is
 */
static TimestampTz
start_due(TimestampTz now)
{
	TimestampTz next = now + LOOK_AGAIN;

	for (int i = 0; i < JORGE_OUTBOX_SLOTS; i++)
	{
		Child *child = &children[i];
		OutboxSlot *slot = &jorge_outbox_shared->slots[i];
		BackgroundWorker worker = {0};
		TimestampTz due;

		if (!child->wanted || child->handle != NULL)
			continue;
		/* somebody has put something in, or armed the database: what was missing may be there now */
		if ((slot->state == OUTBOX_NO_SCHEMA || slot->state == OUTBOX_OTHER_OWNER) && pg_atomic_exchange_u32(&slot->look, 0) != 0)
			child->retry_at = Min(child->retry_at, child->started_at + FIRST_RETRY);
		due = Max(child->retry_at, slot->stop_until);
		if (due > now)
		{
			next = Min(next, due);
			continue;
		}
		if (left_over(slot, now))
		{
			next = Min(next, now + FIRST_RETRY);
			continue;
		}
		worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
		worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
		worker.bgw_restart_time = BGW_NEVER_RESTART;
		worker.bgw_main_arg = ObjectIdGetDatum(child->database);
		worker.bgw_notify_pid = MyProcPid;
		strlcpy(worker.bgw_library_name, "jorge_outbox", BGW_MAXLEN);
		strlcpy(worker.bgw_function_name, "jorge_outbox_main", BGW_MAXLEN);
		snprintf(worker.bgw_name, BGW_MAXLEN, "jorge outbox worker");
		snprintf(worker.bgw_type, BGW_MAXLEN, "jorge outbox");
		if (RegisterDynamicBackgroundWorker(&worker, &child->handle))
		{
			child->started_at = now;
			slot->state = OUTBOX_STARTING;
			told_no_slot = false;
		}
		else
		{
			child->handle = NULL;
			child->retry_at = now + LOOK_AGAIN / 6;
			if (!told_no_slot)
				ereport(WARNING, (errmsg("no background worker is free for the outbox"),
								  errhint("Raise max_worker_processes: jorge needs one and one for each database in jorge.outbox_databases.")));
			told_no_slot = true;
		}
	}
	return next;
}

/*
 * Have the jobs of databases whose worker runs looked at, each minute, by a process of their own; get when the next are
 */
static TimestampTz
strike(TimestampTz now)
{
	TimestampTz next = now + LOOK_AGAIN;

	for (int i = 0; i < JORGE_OUTBOX_SLOTS; i++)
	{
		Child *child = &children[i];
		BackgroundWorker worker = {0};

		if (!child->wanted || child->handle == NULL)
			continue;
		if (jorge_outbox_shared->slots[i].state == OUTBOX_STARTING)
			next = Min(next, now + FIRST_RETRY);
		if (jorge_outbox_shared->slots[i].state != OUTBOX_RUNNING)
			continue;
		if (child->clock_at > now)
		{
			next = Min(next, child->clock_at);
			continue;
		}
		worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
		worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
		worker.bgw_restart_time = BGW_NEVER_RESTART;
		worker.bgw_main_arg = ObjectIdGetDatum(child->database);
		strlcpy(worker.bgw_library_name, "jorge", BGW_MAXLEN);
		strlcpy(worker.bgw_function_name, "jorge_clock_main", BGW_MAXLEN);
		snprintf(worker.bgw_name, BGW_MAXLEN, "jorge clock");
		snprintf(worker.bgw_type, BGW_MAXLEN, "jorge clock");
		/* without a free worker they are a minute late */
		(void) RegisterDynamicBackgroundWorker(&worker, NULL);
		child->clock_at = now + LOOK_AGAIN;
	}
	return next;
}

void
jorge_launcher_main(Datum argument)
{
	MemoryContext loop;
	TimestampTz read_at = 0;
	TimestampTz last_read = 0;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	jorge_outbox_shared->launcher = MyProc;
	loop = AllocSetContextCreate(TopMemoryContext, "jorge launcher", ALLOCSET_SMALL_SIZES);

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz next;
		MemoryContext top = MemoryContextSwitchTo(loop);

		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			read_at = 0;
		}
		/* databases that are not in the setting would ask at every commit: once a second is enough */
		if (pg_atomic_read_u32(&jorge_outbox_shared->new_database) != 0)
			read_at = Min(read_at, last_read + FIRST_RETRY);
		if (now >= read_at)
		{
			pg_atomic_write_u32(&jorge_outbox_shared->new_database, 0);
			read_wanted();
			last_read = now;
			read_at = now + LOOK_AGAIN;
		}
		MemoryContextSwitchTo(TopMemoryContext);
		reap(now);
		release_slots();
		next = start_due(now);
		next = Min(next, strike(now));
		MemoryContextSwitchTo(top);
		MemoryContextReset(loop);

		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Max(1, TimestampDifferenceMilliseconds(now, Min(next, read_at))), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}
