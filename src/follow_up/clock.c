/*
 * clock.c: runs the jobs that are due in one database, once, and ends. The launcher starts it each minute where an outbox
 * worker runs; that worker itself never waits for a job.
 */
#include "core/jorge.h"

#include "core/owner.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

pg_noreturn extern PGDLLEXPORT void jorge_clock_main(Datum argument);

/*
 * Commit, with what is deferred until then as the owner, too
 */
static void
commit(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	SetUserIdAndSecContext(GetSessionUserId(), 0);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/*
 * Begin a transaction as the owner of jorge.job; false where jorge is not installed
 *
 * The process is connected as the first superuser. Jobs are the owner's commands, and run with his rights only.
 */
static bool
begin(const char *activity)
{
	Oid job;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, activity);
	job = jorge_managed_relation("job", true);
	if (!OidIsValid(job))
	{
		commit();
		return false;
	}
	SetUserIdAndSecContext(jorge_owner_of(job), SECURITY_LOCAL_USERID_CHANGE);
	return true;
}

/*
 * Names of the jobs that are due, in the current memory context; none where jorge is not installed
 */
static List *
due_jobs(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List *names = NIL;

	if (!begin("jorge: which jobs are due"))
		return NIL;
	SPI_connect();
	if (SPI_execute("SELECT j.job FROM jorge.job j WHERE j.active AND jorge.job_due_at(j)"
					" OPERATOR(pg_catalog.<=) pg_catalog.now() ORDER BY j.job",
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not ask for due jobs");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext spi = MemoryContextSwitchTo(caller);

		names = lappend(names, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	commit();
	return names;
}

/*
 * Run each due job in a transaction of its own, then end
 */
void
jorge_clock_main(Datum argument)
{
	MemoryContext own;
	ListCell *cell;

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(argument), InvalidOid, 0);
	own = AllocSetContextCreate(TopMemoryContext, "jorge clock", ALLOCSET_SMALL_SIZES);
	MemoryContextSwitchTo(own);
	foreach(cell, due_jobs())
	{
		Datum name = CStringGetTextDatum(lfirst(cell));

		CHECK_FOR_INTERRUPTS();
		if (!begin(psprintf("jorge: job %s", (char *) lfirst(cell))))
			break;
		SPI_connect();
		(void) SPI_execute_with_args("SELECT jorge.run_job($1, false)", 1, (Oid[]){TEXTOID}, &name, NULL, false, 1);
		SPI_finish();
		commit();
		MemoryContextSwitchTo(own);
	}
	proc_exit(0);
}
