/*
 * kept.c: triggers for what is kept beside a lead: the course of its conversation, and the history of its outcome.
 *
 * They act as the table's owner, as intake does, and hand over to functions of install(), which are policy.
 */
#include "core/jorge.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "core/owner.h"

JORGE_FUNCTION(jorge_interaction_counted);
JORGE_FUNCTION(jorge_outcome_noted);

/*
 * The call as one of a trigger on a managed table
 */
static TriggerData *
kept_trigger(FunctionCallInfo fcinfo, const char *table, bool row, const char *name)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		(TRIGGER_FIRED_FOR_ROW(trigger->tg_event) != 0) != row ||
		RelationGetRelid(trigger->tg_relation) != jorge_managed_relation(table, false))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.%s() must be an AFTER trigger for each %s of jorge.%s", name, row ? "row" : "statement", table),
						errhint("SELECT jorge.install() makes the trigger.")));
	return trigger;
}

#define LEADS_OF(rows)                                                                             \
	"SELECT jorge.conversations_changed(pg_catalog.array_agg(location_id), pg_catalog.array_agg(lead_id)," \
	" pg_catalog.array_agg(said)) FROM (" rows ") x"

/*
 * What a statement's interactions do: of a lead with one new interaction the interaction is handed over, of one with
 * several how many
 */
static const char *const counted[] = {
	"SELECT jorge.conversations_grew(pg_catalog.array_agg(location_id), pg_catalog.array_agg(lead_id), pg_catalog.array_agg(n),"
	" pg_catalog.array_agg(at), pg_catalog.array_agg(id), pg_catalog.array_agg(channel), pg_catalog.array_agg(direction),"
	" pg_catalog.array_agg(body)) FROM (SELECT location_id, lead_id, pg_catalog.count(*) AS n, pg_catalog.min(at) AS at,"
	" (pg_catalog.array_agg(interaction_id))[1] AS id, pg_catalog.min(channel) AS channel, pg_catalog.min(direction) AS direction,"
	" pg_catalog.min(body) AS body FROM arrivals GROUP BY location_id, lead_id) x",
	/* of a lead whose interactions only moved, as merges move them, nothing was said */
	LEADS_OF("SELECT location_id, lead_id, pg_catalog.bool_or(said) AS said FROM (SELECT o.location_id, v.lead_id,"
			 " (pg_catalog.to_jsonb(o) OPERATOR(pg_catalog.-) 'lead_id'::pg_catalog.text) OPERATOR(pg_catalog.<>)"
			 " (pg_catalog.to_jsonb(n) OPERATOR(pg_catalog.-) 'lead_id'::pg_catalog.text) AS said FROM departures o"
			 " JOIN arrivals n ON n.location_id OPERATOR(pg_catalog.=) o.location_id AND n.interaction_id OPERATOR(pg_catalog.=) o.interaction_id, LATERAL (VALUES (o.lead_id), (n.lead_id)) v(lead_id)) y"
			 " GROUP BY location_id, lead_id"),
	LEADS_OF("SELECT DISTINCT location_id, lead_id, true AS said FROM departures"),
};

/*
 * Bring the conversations of a statement's interactions up to date
 */
Datum
jorge_interaction_counted(PG_FUNCTION_ARGS)
{
	static SPIPlanPtr plans[lengthof(counted)];
	TriggerData *trigger = kept_trigger(fcinfo, "interaction", false, "interaction_counted");
	const char *new = trigger->tg_trigger->tgnewtable;
	const char *old = trigger->tg_trigger->tgoldtable;
	int what = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ? 0 : TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? 1 : 2;
	JorgeOwner owner;

	if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) || (what < 2 && (new == NULL || strcmp(new, "arrivals") != 0)) ||
		(what > 0 && (old == NULL || strcmp(old, "departures") != 0)))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.interaction_counted() needs the statement's rows as \"arrivals\" and \"departures\""),
						errhint("SELECT jorge.install() makes the trigger.")));
	jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
	SPI_connect();
	if (SPI_register_trigger_data(trigger) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not see the statement's interactions");
	if (plans[what] == NULL)
	{
		SPIPlanPtr made = SPI_prepare(counted[what], 0, NULL);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not plan the count of interactions: %s", SPI_result_code_string(SPI_result));
		plans[what] = made;
	}
	if (SPI_execute_plan(plans[what], NULL, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not count interactions");
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(NULL);
}

/*
 * Keep the outcome that a lead has got
 */
Datum
jorge_outcome_noted(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = kept_trigger(fcinfo, "lead", true, "outcome_noted");
	static SPIPlanPtr plan = NULL;
	HeapTuple tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	Datum row = heap_copy_tuple_as_datum(tuple, RelationGetDescr(trigger->tg_relation));
	JorgeOwner owner;

	jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
	SPI_connect();
	if (plan == NULL)
	{
		SPIPlanPtr made = SPI_prepare("SELECT jorge.note_outcome($1)", 1, (Oid[]){trigger->tg_relation->rd_rel->reltype});

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not plan the history of outcomes: %s", SPI_result_code_string(SPI_result));
		plan = made;
	}
	if (SPI_execute_plan(plan, &row, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not keep an outcome");
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(NULL);
}
