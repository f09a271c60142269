/*
 * by_hand.c: rows of jorge.lead that a user inserts or changes.
 *
 * An inserted lead is an arrival like any other, only that its row is there already; a change is kept as an inquiry of the
 * source "manual", so that folding the lead anew keeps it. What intake itself writes is left alone.
 */
#include "core/jorge.h"

#include "core/attribute_map.h"
#include "core/owner.h"
#include "intake/intake.h"
#include "intake/resolve.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

JORGE_FUNCTION(jorge_lead_by_hand);

/* Parameters of the inquiry that is written: location, received_at, source, payload, then the wishes */
#define FIXED_PARAMETERS 4
#define PARAMETERS (FIXED_PARAMETERS + LEAD_WISHES)

/* A row by LeadColumn */
typedef struct LeadRow
{
	Datum values[LEAD_COLUMNS];
	bool nulls[LEAD_COLUMNS];
} LeadRow;

/*
 * Pick the columns that intake knows from a row
 */
static void
read_row(LeadRow *row, HeapTuple tuple, TupleDesc desc, const AttributeMap *map)
{
	for (int c = 0; c < LEAD_COLUMNS; c++)
		row->values[c] = heap_getattr(tuple, map->attno[c] + 1, desc, &row->nulls[c]);
}

/*
 * Do two rows have the same value in a column?
 */
static bool
same_value(const LeadRow *a, const LeadRow *b, int column)
{
	TypeCacheEntry *type;

	if (a->nulls[column] || b->nulls[column])
		return a->nulls[column] == b->nulls[column];
	type = lookup_type_cache(jorge_lead_column_types[column], 0);
	return datum_image_eq(a->values[column], b->values[column], type->typbyval, type->typlen);
}

/*
 * Make the payload of an edit: {"cleared": [columns that are NULL now]}
 */
static Datum
edit_payload(const LeadRow *old, const LeadRow *new)
{
	StringInfoData json;
	bool any = false;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"cleared\": [");
	for (int c = LEAD_FIRST_WISH; c < LEAD_FIRST_WISH + LEAD_WISHES; c++)
		if (new->nulls[c] && !old->nulls[c])
		{
			appendStringInfo(&json, "%s\"%s\"", any ? ", " : "", jorge_lead_column_names[c]);
			any = true;
		}
	appendStringInfoString(&json, "]}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(any ? json.data : "{}"));
}

/*
 * Write the inquiry, to be given to the lead
 */
static void
write_inquiry(const Adoption *lead, Datum *args, const char *nulls)
{
	static SPIPlanPtr plan = NULL;
	volatile int code = 0;

	if (plan == NULL)
	{
		StringInfoData sql;
		Oid types[PARAMETERS] = {TEXTOID, TIMESTAMPTZOID, TEXTOID, JSONBOID};
		SPIPlanPtr made;

		initStringInfo(&sql);
		appendStringInfoString(&sql, "INSERT INTO jorge.inquiry (location_id, received_at, source, payload");
		for (int w = 0; w < LEAD_WISHES; w++)
		{
			types[FIXED_PARAMETERS + w] = jorge_lead_column_types[LEAD_FIRST_WISH + w];
			appendStringInfo(&sql, ", %s", jorge_lead_column_names[LEAD_FIRST_WISH + w]);
		}
		appendStringInfoString(&sql, ") VALUES (");
		for (int p = 0; p < PARAMETERS; p++)
			appendStringInfo(&sql, "%s$%d", p ? ", " : "", p + 1);
		appendStringInfoChar(&sql, ')');
		made = SPI_prepare(sql.data, PARAMETERS, types);
		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare an inquiry: %s", SPI_result_code_string(SPI_result));
		plan = made;
	}
	PG_TRY();
	{
		jorge_adopt(lead);
		code = SPI_execute_plan(plan, args, nulls, false, 0);
	}
	PG_FINALLY();
	{
		jorge_adopt(NULL);
	}
	PG_END_TRY();
	if (code != SPI_OK_INSERT)
		elog(ERROR, "could not keep a lead's values: %s", SPI_result_code_string(code));
}

/*
 * Choose a time for an edit after all that the row knows, so that it is folded last
 */
static TimestampTz
time_of_edit(const LeadRow *row)
{
	static const LeadColumn times[] = {LEAD_last_seen_at, LEAD_edited_at, LEAD_last_inbound_at, LEAD_last_outbound_at};
	TimestampTz at = GetCurrentTimestamp();

	for (int i = 0; i < lengthof(times); i++)
		if (!row->nulls[times[i]])
		{
			TimestampTz known = DatumGetTimestampTz(row->values[times[i]]);

			/* the end of time has no later moment */
			if (known >= at)
				at = TIMESTAMP_IS_NOEND(known) || !IS_VALID_TIMESTAMP(known + 1) ? known : known + 1;
		}
	return at;
}

/*
 * Keep what a user has put into jorge.lead
 */
Datum
jorge_lead_by_hand(PG_FUNCTION_ARGS)
{
	static AttributeMap map;
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	bool insert;
	bool changed = false;
	LeadRow old;
	LeadRow new;
	Datum args[PARAMETERS];
	char nulls[PARAMETERS];
	TupleDesc desc;
	JorgeOwner owner;
	Adoption lead;

	/* rows that we write ourselves, acting as the owner */
	if (CALLED_AS_TRIGGER(fcinfo) && InNoForceRLSOperation())
		return PointerGetDatum(NULL);
	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
		!(TRIGGER_FIRED_BY_INSERT(trigger->tg_event) || TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)) ||
		RelationGetRelid(trigger->tg_relation) != jorge_managed_relation("lead", false))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.lead_by_hand() must be an AFTER INSERT OR UPDATE FOR EACH ROW trigger of jorge.lead"),
						errhint("SELECT jorge.install() makes the trigger.")));

	insert = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	desc = RelationGetDescr(trigger->tg_relation);
	jorge_map_attributes(&map, trigger->tg_relation, jorge_lead_column_names, jorge_lead_column_types, LEAD_COLUMNS);
	read_row(&new, insert ? trigger->tg_trigtuple : trigger->tg_newtuple, desc, &map);
	if (!insert)
		read_row(&old, trigger->tg_trigtuple, desc, &map);
	for (int w = 0; w < LEAD_WISHES; w++)
	{
		int c = LEAD_FIRST_WISH + w;
		bool differs = insert || !same_value(&old, &new, c);

		args[FIXED_PARAMETERS + w] = new.values[c];
		nulls[FIXED_PARAMETERS + w] = differs && !new.nulls[c] ? ' ' : 'n';
		changed |= differs;
	}
	if (!changed)
		return PointerGetDatum(NULL);

	if (!insert)
	{
		bool alive;

		(void) heap_getattr(trigger->tg_trigtuple, SPI_fnumber(desc, "erased_at"), desc, &alive);
		if (!alive)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("the person of this lead was erased"),
							errhint("What is left of it is there for counts only.")));
	}
	lead.lead_id = *DatumGetUUIDP(new.values[LEAD_lead_id]);
	lead.inserted = insert;
	args[0] = new.values[LEAD_location_id];
	args[1] = TimestampTzGetDatum(!insert ? time_of_edit(&new)
										  : new.nulls[LEAD_first_seen_at] ? GetCurrentTransactionStartTimestamp()
																		  : DatumGetTimestampTz(new.values[LEAD_first_seen_at]));
	args[2] = insert && !new.nulls[LEAD_first_source] ? new.values[LEAD_first_source] : CStringGetTextDatum(insert ? "lead" : MANUAL_SOURCE);
	args[3] = insert ? (Datum) 0 : edit_payload(&old, &new);
	nulls[0] = nulls[1] = nulls[2] = ' ';
	nulls[3] = insert ? 'n' : ' ';

	jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
	SPI_connect();
	write_inquiry(&lead, args, nulls);
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(NULL);
}
