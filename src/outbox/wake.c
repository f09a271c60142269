/*
 * wake.c: telling the worker at the commit that something is due.
 */
#include "outbox/shared.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

JORGE_FUNCTION(jorge_outbox_added);
JORGE_FUNCTION(jorge_outbox_wake);

/* Earliest due time of this transaction; DT_NOEND: nothing to tell */
static TimestampTz earliest = DT_NOEND;
static bool listening = false;

/*
 * Wake the worker once the rows are visible
 *
 * Subtransactions that were rolled back may wake it for nothing, which does no harm.
 */
static void
at_end(XactEvent event, void *argument)
{
	if (event == XACT_EVENT_COMMIT && earliest != DT_NOEND)
		jorge_outbox_wake_at(earliest);
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		earliest = DT_NOEND;
}

static void
remember(TimestampTz due)
{
	if (jorge_outbox_shared == NULL)
		return;
	if (!listening)
	{
		RegisterXactCallback(at_end, NULL);
		listening = true;
	}
	earliest = Min(earliest, due);
}

/*
 * Trigger: remember the earliest due time among the rows put in
 */
Datum
jorge_outbox_added(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleTableSlot *row;
	int column;

	if (!CALLED_AS_TRIGGER(fcinfo) || trigger->tg_newtable == NULL)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.outbox_added() is a trigger function with a table of new rows")));
	if (jorge_outbox_shared == NULL)
		return PointerGetDatum(NULL);
	column = 0;
	for (int i = 0; i < RelationGetDescr(trigger->tg_relation)->natts && column == 0; i++)
		if (strcmp(NameStr(TupleDescAttr(RelationGetDescr(trigger->tg_relation), i)->attname), "due_at") == 0)
			column = i + 1;
	row = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
	tuplestore_rescan(trigger->tg_newtable);
	while (column > 0 && tuplestore_gettupleslot(trigger->tg_newtable, true, false, row))
	{
		bool null;
		Datum due = slot_getattr(row, column, &null);

		CHECK_FOR_INTERRUPTS();
		if (!null)
			remember(DatumGetTimestampTz(due));
	}
	ExecDropSingleTupleTableSlot(row);
	return PointerGetDatum(NULL);
}

/*
 * Wake the worker at the commit, for something due at a time
 */
Datum
jorge_outbox_wake(PG_FUNCTION_ARGS)
{
	remember(PG_GETARG_TIMESTAMPTZ(0));
	PG_RETURN_VOID();
}
