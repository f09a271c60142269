/*
 * stage.c: the trigger that keeps every change of a lead's funnel stage.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"

#include "core/owner.h"

JORGE_FUNCTION(jorge_keep_stage);

/* History that was loaded before the lead was told is not told twice */
#define KEEP_STAGE                                                                                                     \
	"INSERT INTO jorge.stage_change (location_id, lead_id, at, stage, stage_before)"                                   \
	" SELECT $1, $2, pg_catalog.now(), $3, $4 WHERE NOT EXISTS (SELECT FROM (SELECT c.stage FROM jorge.stage_change c" \
	" WHERE c.location_id OPERATOR(pg_catalog.=) $1 AND c.lead_id OPERATOR(pg_catalog.=) $2"                           \
	" ORDER BY c.at DESC LIMIT 1) last WHERE last.stage OPERATOR(pg_catalog.=) $3) ON CONFLICT DO NOTHING"

/*
 * Write a lead's new stage down, as the owner of the table
 */
Datum
jorge_keep_stage(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	static const char *const names[] = {"location_id", "lead_id", "stage"};
	static SPIPlanPtr plan = NULL;
	Oid types[] = {TEXTOID, UUIDOID, TEXTOID, TEXTOID};
	Datum values[lengthof(types)];
	char nulls[lengthof(types)] = {' ', ' ', ' ', ' '};
	JorgeOwner owner;
	TupleDesc desc;
	bool null;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) || !TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || RelationGetRelid(trigger->tg_relation) != jorge_managed_relation("lead", false))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.keep_stage() must be an AFTER UPDATE FOR EACH ROW trigger of jorge.lead"),
						errhint("SELECT jorge.install() makes the trigger.")));

	desc = RelationGetDescr(trigger->tg_relation);
	for (int i = 0; i < lengthof(names); i++)
	{
		if (SPI_gettypeid(desc, SPI_fnumber(desc, names[i])) != types[i])
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("column \"%s\" of table \"lead\" has another type than it was made with", names[i]),
							errhint("Give the column its type back with ALTER TABLE ... ALTER COLUMN ... TYPE.")));
		values[i] = SPI_getbinval(trigger->tg_newtuple, desc, SPI_fnumber(desc, names[i]), &null);
		if (null)
			return PointerGetDatum(NULL);
	}
	values[3] = SPI_getbinval(trigger->tg_trigtuple, desc, SPI_fnumber(desc, "stage"), &null);
	nulls[3] = null ? 'n' : ' ';

	jorge_owner_enter(&owner, jorge_managed_relation("stage_change", false));
	SPI_connect();
	if (plan == NULL)
	{
		SPIPlanPtr made = SPI_prepare(KEEP_STAGE, lengthof(types), types);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the keeping of stages: %s", SPI_result_code_string(SPI_result));
		plan = made;
	}
	if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not keep a stage");
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(NULL);
}
