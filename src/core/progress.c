/*
 * progress.c: the rows of the view jorge.progress, from the server's own progress slots.
 */
#include "core/jorge.h"

#include "catalog/pg_authid.h"
#include "commands/dbcommands.h"
#include "core/progress.h"
#include "funcapi.h"
#include "utils/acl.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#define PROGRESS_COLUMNS 12

/* The metric travels as an integer of billionths. */
#define METRIC_SCALE 1e9

JORGE_FUNCTION(jorge_progress_rows);

/*
 * Name a task and the phase it is in; NULL where a newer library wrote a number we don't know
 */
static void
name_task(int64 task, int64 phase, const char **task_name, const char **phase_name)
{
	*task_name = NULL;
	*phase_name = NULL;
	if (task == JORGE_TASK_SCORE)
	{
		*task_name = "score";
		*phase_name = phase == JORGE_SCORE_SCORING	 ? "scoring"
					  : phase == JORGE_SCORE_WRITING ? "writing"
													 : NULL;
	}
	if (task != JORGE_TASK_TRAIN)
		return;

	*task_name = "train";
	switch (phase)
	{
		case JORGE_TRAIN_READING:
			*phase_name = "reading rows";
			break;
		case JORGE_TRAIN_BUILDING:
			*phase_name = "building matrix";
			break;
		case JORGE_TRAIN_BOOSTING:
			*phase_name = "boosting";
			break;
		case JORGE_TRAIN_CROSS_VALIDATING:
			*phase_name = "cross-validating";
			break;
		case JORGE_TRAIN_REFITTING:
			*phase_name = "refitting";
			break;
	}
}

/*
 * May the current user see what a backend of this role does? The rule of pg_stat_activity.
 */
static bool
may_see(Oid role)
{
	return has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS) ||
		   has_privs_of_role(GetUserId(), role);
}

/*
 * Tell round and fold of a training, and when the phase ends at the latest if it goes on as it has
 */
static void
put_pace(const int64 *param, Datum *values, bool *nulls)
{
	int64 done = param[JORGE_PROGRESS_DONE];
	int64 folds = param[JORGE_PROGRESS_FOLDS];
	TimestampTz began = param[JORGE_PROGRESS_PHASE_AT];

	nulls[0] = nulls[1] = folds <= 0 || done <= 0;
	if (!nulls[0])
	{
		values[0] = Int64GetDatum((done - 1) / folds + 1);
		values[1] = Int64GetDatum((done - 1) % folds + 1);
	}
	nulls[2] = began == 0 || done <= 0 || param[JORGE_PROGRESS_TOTAL] < done;
	if (!nulls[2])
	{
		double passed = (double) (GetCurrentTimestamp() - began);

		values[2] = TimestampTzGetDatum(
			began + (TimestampTz) (passed / (double) done * (double) param[JORGE_PROGRESS_TOTAL]));
	}
}

/*
 * Write one backend's slot as a row of jorge.progress
 */
static void
put_row(ReturnSetInfo *result, const PgBackendStatus *entry)
{
	const int64 *param = entry->st_progress_param;
	Datum values[PROGRESS_COLUMNS];
	bool nulls[PROGRESS_COLUMNS] = {false};
	const char *task;
	const char *phase;
	char *database = get_database_name(entry->st_databaseid);
	char *role = GetUserNameFromId(entry->st_userid, true);

	name_task(param[JORGE_PROGRESS_TASK], param[JORGE_PROGRESS_PHASE], &task, &phase);
	values[0] = Int32GetDatum(entry->st_procpid);
	values[1] = database ? CStringGetTextDatum(database) : (Datum) 0;
	nulls[1] = database == NULL;
	values[2] = role ? CStringGetTextDatum(role) : (Datum) 0;
	nulls[2] = role == NULL;
	values[3] = task ? CStringGetTextDatum(task) : (Datum) 0;
	nulls[3] = task == NULL;
	values[4] = phase ? CStringGetTextDatum(phase) : (Datum) 0;
	nulls[4] = phase == NULL;
	values[5] = Int64GetDatum(param[JORGE_PROGRESS_DONE]);
	values[6] = Int64GetDatum(param[JORGE_PROGRESS_TOTAL]);
	nulls[6] = param[JORGE_PROGRESS_TOTAL] == 0;
	values[7] = Float8GetDatum(param[JORGE_PROGRESS_METRIC] / METRIC_SCALE);
	nulls[7] = param[JORGE_PROGRESS_METRIC] == 0;
	values[8] = TimestampTzGetDatum(param[JORGE_PROGRESS_STARTED_AT]);
	nulls[8] = param[JORGE_PROGRESS_STARTED_AT] == 0;
	put_pace(param, values + 9, nulls + 9);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * List the long work of jorge that runs now on this server and that the current user may see
 */
Datum
jorge_progress_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int backends = pgstat_fetch_stat_numbackends();

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 1; i <= backends; i++)
	{
		const LocalPgBackendStatus *local = jorge_local_backend_status(i);

		CHECK_FOR_INTERRUPTS();
		if (local != NULL && local->backendStatus.st_procpid != 0 &&
			local->backendStatus.st_progress_command == JORGE_PROGRESS_COMMAND &&
			may_see(local->backendStatus.st_userid))
			put_row(result, &local->backendStatus);
	}
	return (Datum) 0;
}
