/*
 * fold.c: bringing leads up to date with what arrived.
 */
#include "core/jorge.h"

#include "intake/intake.h"
#include "intake/rows.h"
#include "intake/statements.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define EQ " OPERATOR(pg_catalog.=) "

void
jorge_event_from_values(LeadEvent *event, bool is_inquiry, Datum *values, bool *nulls)
{
	int id = is_inquiry ? (int) INQUIRY_inquiry_id : (int) INTERACTION_interaction_id;
	int at = is_inquiry ? (int) INQUIRY_received_at : (int) INTERACTION_at;

	memset(event, 0, sizeof(LeadEvent));
	event->is_inquiry = is_inquiry;
	event->values = values;
	event->nulls = nulls;
	event->id = *DatumGetUUIDP(values[id]);
	event->at = DatumGetTimestampTz(values[at]);
}

/*
 * Append the rows of SPI_tuptable to an array of events
 */
static LeadEvent *
append_rows(LeadEvent *events, int *n, bool is_inquiry)
{
	uint64 rows = SPI_processed;
	int columns = is_inquiry ? (int) INQUIRY_COLUMNS : (int) INTERACTION_COLUMNS;

	if (rows > (uint64) (MaxAllocHugeSize / sizeof(LeadEvent)) - *n)
		elog(ERROR, "too many events of one lead");
	events = repalloc_huge(events, mul_size(sizeof(LeadEvent), *n + rows + 1));
	for (uint64 r = 0; r < rows; r++)
	{
		Datum *values = palloc(sizeof(Datum) * columns);
		bool *nulls = palloc(sizeof(bool) * columns);

		heap_deform_tuple(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, values, nulls);
		jorge_event_from_values(&events[(*n)++], is_inquiry, values, nulls);
	}
	return events;
}

/*
 * Write "SELECT prefix.column, ... "
 */
static char *
select_columns(const char *const *names, const Oid *types, int n, const char *from)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int c = 0; c < n; c++)
		appendStringInfo(&sql, "%se.%s::%s", c ? ", " : "", names[c], format_type_be_qualified(types[c]));
	appendStringInfoString(&sql, from);
	return sql.data;
}

/*
 * Run a saved look-up of one lead's stored rows
 */
static void
select_rows(SPIPlanPtr *plan, const char *const *names, const Oid *column_types, int n, const char *from, const LeadState *state)
{
	Oid types[2] = {TEXTOID, UUIDOID};
	Datum args[2] = {state->values[LEAD_location_id], state->values[LEAD_lead_id]};

	if (*plan == NULL)
	{
		SPIPlanPtr made = SPI_prepare_cursor(select_columns(names, column_types, n, from), 2, types, CURSOR_OPT_GENERIC_PLAN);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare a look-up of stored events: %s", SPI_result_code_string(SPI_result));
		*plan = made;
	}
	if (SPI_execute_plan(*plan, args, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not look up stored events");
}

/*
 * Is one of the events an inquiry?
 */
static bool
has_inquiry(const LeadEvent *events, int n)
{
	for (int i = 0; i < n; i++)
		if (events[i].is_inquiry)
			return true;
	return false;
}

/*
 * Fold a lead anew from everything stored and its new inquiries
 */
static void
fold_anew(IntakeLead *lead)
{
	static SPIPlanPtr inquiries = NULL;
	static SPIPlanPtr interactions = NULL;
	LeadEvent *events = palloc(sizeof(LeadEvent));
	ErrorData *error;
	int n = 0;

	select_rows(&inquiries, jorge_inquiry_column_names, jorge_inquiry_column_types, INQUIRY_COLUMNS,
				" FROM jorge.inquiry_lead l JOIN jorge.inquiry e ON"
				/* not plain equalities: a plan saved on small tables would join by location alone */
				" e.location_id" EQ "ANY (ARRAY[l.location_id]) AND e.inquiry_id" EQ "l.inquiry_id"
				" WHERE l.location_id" EQ "$1 AND l.lead_id" EQ "$2",
				&lead->state);
	events = append_rows(events, &n, true);
	select_rows(&interactions, jorge_interaction_column_names, jorge_interaction_column_types, INTERACTION_COLUMNS,
				" FROM jorge.interaction e WHERE e.location_id" EQ "$1 AND e.lead_id" EQ "$2", &lead->state);
	events = append_rows(events, &n, false);
	jorge_scan_events(events, n, &error);
	if (error != NULL)
		lead->error = error;

	if (lead->nevents > 0 && lead->events[0].is_inquiry)
	{
		events = repalloc_huge(events, mul_size(sizeof(LeadEvent), n + lead->nevents));
		memcpy(events + n, lead->events, sizeof(LeadEvent) * lead->nevents);
		n += lead->nevents;
	}
	qsort(events, n, sizeof(LeadEvent), jorge_compare_events);

	/* a lead that was inserted as such has nothing to make its wishes from; one whose arrivals are others' now has none left */
	if (!has_inquiry(events, n) && lead->state.inquiries == 0)
		jorge_lead_state_forget_interactions(&lead->state);
	else
		jorge_lead_state_init(&lead->state, lead->state.values[LEAD_location_id],
							  lead->state.values[LEAD_lead_id]);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		jorge_lead_state_fold(&lead->state, &events[i]);
	}
}

void
jorge_fold_leads(IntakeLead *leads, int n)
{
	for (int i = 0; i < n; i++)
	{
		IntakeLead *lead = &leads[i];

		CHECK_FOR_INTERRUPTS();
		qsort(lead->events, lead->nevents, sizeof(LeadEvent), jorge_compare_events);
		if (!lead->is_new && (lead->anew || lead->nevents == 0 || !jorge_event_is_later(&lead->state, &lead->events[0])))
		{
			fold_anew(lead);
			continue;
		}
		for (int e = 0; e < lead->nevents; e++)
			jorge_lead_state_fold(&lead->state, &lead->events[e]);
	}
}

/*
 * Read and lock leads
 */
static int
lock_leads(IntakeStatement statement, Datum location_ids[], Datum lead_ids[], int n, IntakeLead *leads)
{
	Datum values[LEAD_COLUMNS];
	bool nulls[LEAD_COLUMNS];
	int found = 0;

	memset(leads, 0, sizeof(IntakeLead) * n);
	if (jorge_leads_are_plain())
	{
		for (int i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			if (jorge_lock_row(location_ids[i], lead_ids[i], statement == LOCK_LEADS_TO_MERGE, values, nulls, &leads[found].place))
				jorge_lead_state_load(&leads[found++].state, values, nulls);
		}
	}
	else
	{
		IntakeRows *wanted = jorge_rows_make(RELATION_WANTED_LEADS, n);
		bool present[2] = {false, false};

		for (int i = 0; i < n; i++)
			jorge_rows_put(wanted, (Datum[]){location_ids[i], lead_ids[i]}, present);
		jorge_statement_run(statement, NULL, &wanted, 1);
		found = (int) SPI_processed;
		for (int i = 0; i < found; i++)
		{
			heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, values, nulls);
			jorge_lead_state_load(&leads[i].state, values, nulls);
		}
	}
	return found;
}

int
jorge_lock_leads(Datum location_ids[], Datum lead_ids[], int n, IntakeLead *leads)
{
	return lock_leads(LOCK_LEADS, location_ids, lead_ids, n, leads);
}

bool
jorge_lock_lead(Datum location_id, Datum lead_id, bool to_merge, IntakeLead *lead)
{
	return lock_leads(to_merge ? LOCK_LEADS_TO_MERGE : LOCK_LEADS, &location_id, &lead_id, 1, lead) == 1;
}
