/*
 * inbox.c: the trigger that takes deliveries in, as the owner of the managed tables, so that a
 * receiver needs no rights but those on jorge.inbox. The policy is the SQL function
 * jorge.take_inbox().
 */
#include "core/jorge.h"

#include "core/owner.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"

JORGE_FUNCTION(jorge_inbox_intake);

/*
 * Get a column of the trigger's row
 */
static Datum
column(TriggerData *trigger, const char *name)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	int number = SPI_fnumber(desc, name);
	bool isnull;
	Datum value;

	if (number <= 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("table jorge.inbox has no column \"%s\"", name),
						errhint("SELECT jorge.install() makes it.")));
	value = SPI_getbinval(trigger->tg_trigtuple, desc, number, &isnull);
	Assert(!isnull);
	return value;
}

/*
 * Take the row that was inserted in
 */
Datum
jorge_inbox_intake(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr plan = NULL;
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Datum values[2];
	JorgeOwner owner;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		RelationGetRelid(trigger->tg_relation) != jorge_managed_relation("inbox", false))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.inbox_intake() must be an AFTER INSERT FOR EACH ROW trigger "
							   "on jorge.inbox"),
						errhint("SELECT jorge.install() makes the trigger.")));
	jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
	SPI_connect();
	if (plan == NULL)
	{
		SPIPlanPtr made =
			SPI_prepare("SELECT jorge.take_inbox($1, $2)", 2, (Oid[]){UUIDOID, TEXTOID});

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not plan the intake: %s", SPI_result_code_string(SPI_result));
		plan = made;
	}
	values[0] = column(trigger, "inbox_id");
	values[1] = column(trigger, "location_id");
	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not take a delivery in");
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(NULL);
}
