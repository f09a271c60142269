/*
 * triggers.c: the trigger functions of the managed tables, and the same work asked for by hand.
 *
 * A statement's rows are worked on in batches, each in an SPI connection of its own that frees its memory.
 */
#include "core/jorge.h"

#include "core/attribute_map.h"
#include "core/owner.h"
#include "core/settings.h"
#include "intake/intake.h"
#include "intake/locks.h"
#include "intake/statements.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/rls.h"

/* Statements of up to this many inquiries lock their keys' buckets; larger ones lock all other intake out. */
#define SMALL_STATEMENT 64

JORGE_FUNCTION(jorge_inquiry_intake);
JORGE_FUNCTION(jorge_interaction_intake);
JORGE_FUNCTION(jorge_interaction_unseen);
JORGE_FUNCTION(jorge_interaction_lead);
JORGE_FUNCTION(jorge_resolve_pending);

/*
 * Check that a function was called as a statement trigger with a transition table
 */
static TriggerData *
statement_trigger(FunctionCallInfo fcinfo, const char *name)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(trigger->tg_event) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) ||
		trigger->tg_newtable == NULL)
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.%s() must be an AFTER INSERT FOR EACH STATEMENT trigger with a transition table",
							   name),
						errhint("SELECT jorge.install() makes the trigger.")));
	return trigger;
}

/*
 * Check that the trigger is on a managed table or a partition of it: what it reads has the types of that table
 */
static void
check_managed(Relation rel, const char *name)
{
	Oid managed = jorge_managed_relation(name, false);

	if (RelationGetRelid(rel) != managed &&
		!(rel->rd_rel->relispartition && get_partition_parent(RelationGetRelid(rel), false) == managed))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("the trigger is for jorge.%s, not for \"%s\"", name, RelationGetRelationName(rel)),
						errhint("SELECT jorge.install() makes the triggers.")));
}

/*
 * Pick a tuple's columns and make it an event; all memory is the current context's
 */
static void
event_from_slot(LeadEvent *event, bool is_inquiry, TupleTableSlot *slot, const AttributeMap *map)
{
	int columns = is_inquiry ? (int) INQUIRY_COLUMNS : (int) INTERACTION_COLUMNS;
	HeapTuple tuple = ExecCopySlotHeapTuple(slot);
	int natts = slot->tts_tupleDescriptor->natts;
	Datum *all = palloc(sizeof(Datum) * natts);
	bool *all_nulls = palloc(sizeof(bool) * natts);
	Datum *values = palloc(sizeof(Datum) * columns);
	bool *nulls = palloc(sizeof(bool) * columns);

	heap_deform_tuple(tuple, slot->tts_tupleDescriptor, all, all_nulls);
	for (int c = 0; c < columns; c++)
	{
		values[c] = all[map->attno[c]];
		nulls[c] = all_nulls[map->attno[c]];
	}
	jorge_event_from_values(event, is_inquiry, values, nulls);
}

/*
 * Work through a transition table in batches, as the owner of its table
 */
static void
take_in(TriggerData *trigger, bool is_inquiry, const AttributeMap *map)
{
	Relation rel = trigger->tg_relation;
	Tuplestorestate *rows = trigger->tg_newtable;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsMinimalTuple);
	bool small = tuplestore_tuple_count(rows) <= SMALL_STATEMENT;
	int pointer = tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND);
	bool more = true;
	Neighbours *near = NULL;
	JorgeOwner owner;

	jorge_owner_enter(&owner, RelationGetRelid(rel));
	jorge_unscored_begin();
	if (is_inquiry)
		jorge_lock_bulk(!small);
	/* a statement may write leads' keys or stops as well, WITH ... (INSERT ...): they count for all of its arrivals */
	CommandCounterIncrement();
	if (is_inquiry && !small)
		near = jorge_neighbours_make(tuplestore_tuple_count(rows));
	tuplestore_select_read_pointer(rows, pointer);
	tuplestore_rescan(rows);
	while (more)
	{
		LeadEvent *events;
		int n = 0;

		SPI_connect();
		events = palloc(sizeof(LeadEvent) * Min(INTAKE_BATCH, tuplestore_tuple_count(rows) + 1));
		/* another reader of the same transition table may have moved the pointer in use */
		tuplestore_select_read_pointer(rows, pointer);
		while (n < INTAKE_BATCH && (more = tuplestore_gettupleslot(rows, true, false, slot)))
			event_from_slot(&events[n++], is_inquiry, slot, map);
		/* a tuple read back from disk is in the connection's memory */
		ExecClearTuple(slot);
		CHECK_FOR_INTERRUPTS();
		if (n > 0 && is_inquiry)
			jorge_take_in_inquiries(events, n, near);
		else if (n > 0)
			jorge_take_in_interactions(events, n, small);
		SPI_finish();
	}
	ExecDropSingleTupleTableSlot(slot);
	jorge_neighbours_free(near);
	jorge_unscored_warn();
	jorge_owner_leave(&owner);
}

/*
 * Take in the new inquiries of a statement
 */
Datum
jorge_inquiry_intake(PG_FUNCTION_ARGS)
{
	static AttributeMap map;
	TriggerData *trigger = statement_trigger(fcinfo, "inquiry_intake");

	if (tuplestore_tuple_count(trigger->tg_newtable) == 0)
		return PointerGetDatum(NULL);
	check_managed(trigger->tg_relation, "inquiry");
	jorge_map_attributes(&map, trigger->tg_relation, jorge_inquiry_column_names,
						 jorge_inquiry_column_types, INQUIRY_COLUMNS);
	take_in(trigger, true, &map);
	return PointerGetDatum(NULL);
}

/*
 * Take in the new interactions of a statement
 */
Datum
jorge_interaction_intake(PG_FUNCTION_ARGS)
{
	static AttributeMap map;
	TriggerData *trigger = statement_trigger(fcinfo, "interaction_intake");

	if (tuplestore_tuple_count(trigger->tg_newtable) == 0)
		return PointerGetDatum(NULL);
	check_managed(trigger->tg_relation, "interaction");
	jorge_map_attributes(&map, trigger->tg_relation, jorge_interaction_column_names,
						 jorge_interaction_column_types, INTERACTION_COLUMNS);
	take_in(trigger, false, &map);
	return PointerGetDatum(NULL);
}

/*
 * Drop an interaction whose provider id was stored before
 */
Datum
jorge_interaction_unseen(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	static const char *const names[] = {"location_id", "provider", "provider_ref", "at", "interaction_id"};
	static SPIPlanPtr plan = NULL;
	Oid types[] = {TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};
	Datum values[lengthof(names)];
	TupleDesc desc;
	JorgeOwner owner;
	bool unseen;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.interaction_unseen() must be a BEFORE INSERT FOR EACH ROW trigger"),
						errhint("SELECT jorge.install() makes the trigger.")));

	desc = RelationGetDescr(trigger->tg_relation);
	check_managed(trigger->tg_relation, "interaction");
	for (int i = 0; i < lengthof(names); i++)
	{
		bool null;

		if (!IsBinaryCoercible(SPI_gettypeid(desc, SPI_fnumber(desc, names[i])), types[i]))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" of table \"%s\" has another type than it was made with", names[i],
								   RelationGetRelationName(trigger->tg_relation)),
							errhint("Give the column its type back with ALTER TABLE ... ALTER COLUMN ... TYPE.")));

		values[i] = SPI_getbinval(trigger->tg_trigtuple, desc, SPI_fnumber(desc, names[i]), &null);
		if (null) /* the table's own constraint will say so */
			return PointerGetDatum(trigger->tg_trigtuple);
	}

	/* row security is checked after this trigger: another tenant's row must not tell whether it was seen */
	if (check_enable_rls(jorge_managed_relation("interaction", false), InvalidOid, true) == RLS_ENABLED &&
		strcmp(TextDatumGetCString(values[0]), jorge_session_location()) != 0)
		return PointerGetDatum(trigger->tg_trigtuple);

	jorge_owner_enter(&owner, jorge_managed_relation("interaction_ref", false));
	SPI_connect();
	if (plan == NULL)
	{
		/* an UPDATE that moves a row to another partition comes here again with the same interaction_id */
		SPIPlanPtr made = SPI_prepare("INSERT INTO jorge.interaction_ref AS r (location_id, provider, provider_ref, at, interaction_id)"
									  " VALUES ($1, $2, $3, $4, $5) ON CONFLICT ON CONSTRAINT interaction_ref_pkey"
									  " DO UPDATE SET at = EXCLUDED.at"
									  " WHERE r.interaction_id OPERATOR(pg_catalog.=) EXCLUDED.interaction_id",
									  lengthof(types), types);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the look-up of provider ids: %s", SPI_result_code_string(SPI_result));
		plan = made;
	}
	if (SPI_execute_plan(plan, values, NULL, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not store a provider id");
	unseen = SPI_processed > 0;
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(unseen ? trigger->tg_trigtuple : NULL);
}

/*
 * Lock the lead that an id means against going away; false if there is none. *lead_id becomes its id.
 */
static bool
hold_lead(Datum location_id, Datum *lead_id, bool *erased)
{
	static SPIPlanPtr hold = NULL;
	static SPIPlanPtr follow = NULL;
	Oid types[] = {TEXTOID, UUIDOID};

	if (hold == NULL)
	{
		SPIPlanPtr made = SPI_prepare("SELECT l.erased_at IS NOT NULL FROM jorge.lead l WHERE l.location_id OPERATOR(pg_catalog.=) $1"
									  " AND l.lead_id OPERATOR(pg_catalog.=) $2 FOR KEY SHARE",
									  lengthof(types), types);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the look-up of a lead: %s", SPI_result_code_string(SPI_result));
		hold = made;
	}
	if (follow == NULL)
	{
		SPIPlanPtr made = SPI_prepare("SELECT a.lead_id FROM jorge.lead_alias a WHERE a.location_id OPERATOR(pg_catalog.=) $1"
									  " AND a.alias_id OPERATOR(pg_catalog.=) $2",
									  lengthof(types), types);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the look-up of an alias: %s", SPI_result_code_string(SPI_result));
		follow = made;
	}
	for (;;)
	{
		Datum args[] = {location_id, *lead_id};
		bool null;

		CHECK_FOR_INTERRUPTS();
		if (SPI_execute_plan(hold, args, NULL, false, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not look up a lead");
		if (SPI_processed > 0)
		{
			*erased = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
			return true;
		}
		if (SPI_execute_plan(follow, args, NULL, false, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not look up an alias");
		if (SPI_processed == 0)
			return false;
		*lead_id = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
	}
}

/*
 * Give an interaction to the lead that its lead_id means today; drop it if that person was erased
 */
Datum
jorge_interaction_lead(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc desc;
	HeapTuple result;
	int column;
	Datum values[2];
	bool nulls[2];
	pg_uuid_t lead_id;
	bool erased = false;
	JorgeOwner owner;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigger->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.interaction_lead() must be a BEFORE INSERT FOR EACH ROW trigger"),
						errhint("SELECT jorge.install() makes the trigger.")));
	check_managed(trigger->tg_relation, "interaction");
	result = trigger->tg_trigtuple;
	desc = RelationGetDescr(trigger->tg_relation);
	column = SPI_fnumber(desc, "lead_id");
	values[0] = SPI_getbinval(result, desc, SPI_fnumber(desc, "location_id"), &nulls[0]);
	values[1] = SPI_getbinval(result, desc, column, &nulls[1]);
	if (nulls[0] || nulls[1]) /* the table's own constraint will say so */
		return PointerGetDatum(result);
	/* row security is checked after this trigger: another tenant's row must not tell who is known */
	if (check_enable_rls(jorge_managed_relation("interaction", false), InvalidOid, true) == RLS_ENABLED &&
		strcmp(TextDatumGetCString(values[0]), jorge_session_location()) != 0)
		return PointerGetDatum(result);

	lead_id = *DatumGetUUIDP(values[1]);
	jorge_owner_enter(&owner, jorge_managed_relation("lead", false));
	SPI_connect();
	if (hold_lead(values[0], &values[1], &erased) && memcmp(DatumGetUUIDP(values[1])->data, lead_id.data, UUID_LEN) != 0)
	{
		lead_id = *DatumGetUUIDP(values[1]);
		SPI_finish();
		values[1] = UUIDPGetDatum(&lead_id);
		result = heap_modify_tuple_by_cols(result, desc, 1, &column, &values[1], &nulls[1]);
	}
	else
		SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(erased ? NULL : result);
}

/*
 * Tell policy which inquiries have a lead now, as a trigger does of those that have just arrived
 */
static void
tell_resolved(Datum *locations, Datum *inquiries, int n)
{
	Oid types[] = {TEXTARRAYOID, UUIDARRAYOID};
	Datum args[2];

	args[0] = PointerGetDatum(construct_array(locations, n, TEXTOID, -1, false, TYPALIGN_INT));
	args[1] = PointerGetDatum(construct_array(inquiries, n, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR));
	if (SPI_execute_with_args("SELECT jorge.forms_resolved($1, $2)", lengthof(args), types, args, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not call jorge.forms_resolved()");
}

/*
 * Take in the inquiries that have no lead
 */
Datum
jorge_resolve_pending(PG_FUNCTION_ARGS)
{
	Oid relid = jorge_managed_relation("inquiry", false);
	int64 resolved = 0;
	Neighbours *near;
	StringInfoData sql;
	JorgeOwner owner;
	int n;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int c = 0; c < INQUIRY_COLUMNS; c++)
		appendStringInfo(&sql, "%se.%s::%s", c ? ", " : "", jorge_inquiry_column_names[c],
						 format_type_be_qualified(jorge_inquiry_column_types[c]));
	appendStringInfo(&sql,
					 " FROM jorge.inquiry e WHERE NOT EXISTS (SELECT FROM jorge.inquiry_lead l"
					 " WHERE l.location_id OPERATOR(pg_catalog.=) e.location_id"
					 " AND l.inquiry_id OPERATOR(pg_catalog.=) e.inquiry_id) LIMIT %d FOR KEY SHARE OF e",
					 INTAKE_BATCH);

	jorge_owner_enter(&owner, relid);
	jorge_unscored_begin();
	jorge_lock_bulk(true);
	CommandCounterIncrement();
	near = jorge_neighbours_make(INTAKE_BATCH);
	do
	{
		LeadEvent *events;
		Datum *locations;
		Datum *inquiries;

		CHECK_FOR_INTERRUPTS();
		SPI_connect();
		if (SPI_execute(sql.data, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not read the pending inquiries");
		n = (int) SPI_processed;
		events = palloc(sizeof(LeadEvent) * (n + 1));
		locations = palloc(sizeof(Datum) * (n + 1));
		inquiries = palloc(sizeof(Datum) * (n + 1));
		for (int i = 0; i < n; i++)
		{
			Datum *values = palloc(sizeof(Datum) * INQUIRY_COLUMNS);
			bool *nulls = palloc(sizeof(bool) * INQUIRY_COLUMNS);

			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
			jorge_event_from_values(&events[i], true, values, nulls);
			locations[i] = values[INQUIRY_location_id];
			inquiries[i] = values[INQUIRY_inquiry_id];
		}
		if (n > 0)
		{
			CommandId before;

			jorge_take_in_inquiries(events, n, near);
			CommandCounterIncrement();
			before = GetCurrentCommandId(false);
			tell_resolved(locations, inquiries, n);
			/* where that wrote anything, a user's trigger may have changed any lead */
			if (GetCurrentCommandId(false) != before)
				jorge_neighbours_forget(near);
		}
		resolved += n;
		SPI_finish();
	} while (n > 0);
	jorge_neighbours_free(near);
	jorge_unscored_warn();
	jorge_owner_leave(&owner);
	PG_RETURN_INT64(resolved);
}
