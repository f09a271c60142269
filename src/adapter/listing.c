/*
 * listing.c: the triggers that enrich inquiries by the listing asked about, as the owner of the
 * managed tables. The policy is SQL: jorge.inquiry_hints() and jorge.keep_listing(). While
 * jorge.listing has no rows they cost nothing.
 */
#include "core/jorge.h"

#include "core/owner.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/rls.h"

JORGE_FUNCTION(jorge_inquiry_listing_hints);
JORGE_FUNCTION(jorge_inquiry_listing_kept);

/*
 * Has jorge.listing ever held a row?
 */
static bool
listings_exist(void)
{
	Relation listing = table_open(jorge_managed_relation("listing", false), AccessShareLock);
	bool exist = RelationGetNumberOfBlocks(listing) > 0;

	table_close(listing, AccessShareLock);
	return exist;
}

static TriggerData *
inquiry_trigger(FunctionCallInfo fcinfo, bool before_row, const char *what)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ||
		TRIGGER_FIRED_BEFORE(trigger->tg_event) != before_row ||
		(TRIGGER_FIRED_FOR_ROW(trigger->tg_event) != 0) != before_row ||
		(!before_row && trigger->tg_newtable == NULL) ||
		RelationGetRelid(trigger->tg_relation) != jorge_managed_relation("inquiry", false))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("the function must be %s trigger on jorge.inquiry", what),
						errhint("SELECT jorge.install() makes the trigger.")));
	return trigger;
}

/*
 * May the session write this row? Row security is asked after a BEFORE trigger, and what another
 * tenant's listing costs must not come back through it.
 */
static bool
own_location(TriggerData *trigger)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	char *location;

	if (check_enable_rls(RelationGetRelid(trigger->tg_relation), InvalidOid, true) != RLS_ENABLED)
		return true;
	location = SPI_getvalue(trigger->tg_trigtuple, desc, SPI_fnumber(desc, "location_id"));
	return location != NULL && strcmp(location, jorge_session_location()) == 0;
}

/*
 * The composite value that a query gave, as a row of the table, in the memory of SPI's caller
 */
static HeapTuple
as_row(SPITupleTable *table, TupleDesc desc, HeapTuple given)
{
	HeapTupleData tuple = {0};
	HeapTupleHeader header;
	Datum *values = palloc(sizeof(Datum) * desc->natts);
	bool *nulls = palloc(sizeof(bool) * desc->natts);
	bool null;
	Datum value = SPI_getbinval(table->vals[0], table->tupdesc, 1, &null);

	/* a policy that answers NULL, or was compiled before a column was added, changes nothing */
	if (null)
		return given;
	header = DatumGetHeapTupleHeader(value);
	if (HeapTupleHeaderGetNatts(header) != desc->natts)
		return given;
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	tuple.t_data = header;
	heap_deform_tuple(&tuple, desc, values, nulls);
	return SPI_copytuple(heap_form_tuple(desc, values, nulls));
}

/*
 * Fill what the person did not say from the listing
 */
Datum
jorge_inquiry_listing_hints(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = inquiry_trigger(fcinfo, true, "a BEFORE INSERT FOR EACH ROW");
	static SPIPlanPtr plan = NULL;
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	HeapTuple result = trigger->tg_trigtuple;
	Datum row;
	JorgeOwner owner;

	if (!listings_exist() || !own_location(trigger))
		return PointerGetDatum(result);
	row = heap_copy_tuple_as_datum(trigger->tg_trigtuple, desc);
	jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
	SPI_connect();
	if (plan == NULL)
	{
		SPIPlanPtr made = SPI_prepare("SELECT jorge.inquiry_hints($1)", 1,
									  (Oid[]){trigger->tg_relation->rd_rel->reltype});

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not plan the enrichment: %s", SPI_result_code_string(SPI_result));
		plan = made;
	}
	if (SPI_execute_plan(plan, &row, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not enrich an inquiry");
	if (SPI_processed == 1)
		result = as_row(SPI_tuptable, desc, result);
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(result);
}

/*
 * Keep the listings of a statement's inquiries as they are now
 */
Datum
jorge_inquiry_listing_kept(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = inquiry_trigger(fcinfo, false, "an AFTER INSERT FOR EACH STATEMENT");
	JorgeOwner owner;
	char *query;

	if (!listings_exist())
		return PointerGetDatum(NULL);
	jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
	SPI_connect();
	if (SPI_register_trigger_data(trigger) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not see the statement's inquiries");
	query = psprintf("SELECT jorge.keep_listing(a.location_id, a.inquiry_id, a.listing_ref, "
					 "a.source, a.received_at, a.payload)"
					 " FROM %s a WHERE a.listing_ref IS NOT NULL",
					 quote_identifier(trigger->tg_trigger->tgnewtable));
	if (SPI_execute(query, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not keep the listings asked about");
	SPI_finish();
	jorge_owner_leave(&owner);
	return PointerGetDatum(NULL);
}
