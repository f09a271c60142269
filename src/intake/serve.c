/*
 * serve.c: from events to written leads: scan, fold, score, write.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "intake/guard.h"
#include "intake/intake.h"
#include "intake/rows.h"
#include "intake/statements.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* ---- scanning ---- */

typedef struct ScanWork
{
	LeadEvent *events;
	ErrorData **error;
} ScanWork;

/*
 * Scan a range of events
 */
static void
scan_range(void *context, int first, int last)
{
	ScanWork *work = context;

	for (int i = first; i < last; i++)
	{
		LeadEvent *event = &work->events[i];
		const char *data;
		int length;

		event->has_signals = false;
		if (jorge_event_text(event, &data, &length))
		{
			char *location = TextDatumGetCString(event->values[0]);

			jorge_text_scan(data, length, jorge_lexicon_for(location), &event->signals);
			pfree(location);
			event->has_signals = true;
		}
	}
}

/*
 * Note that an event could not be scanned
 */
static void
scan_failed(void *context, int item, ErrorData *error)
{
	ScanWork *work = context;

	work->events[item].has_signals = false;
	*work->error = error;
}

void
jorge_scan_events(LeadEvent *events, int n, ErrorData **error)
{
	ScanWork work = {events, error};

	*error = NULL;
	if (n > 0)
		jorge_guarded(scan_range, scan_failed, &work, n);
}

/* ---- scoring ---- */

/*
 * Score a range of leads
 */
static void
score_range(void *context, int first, int last)
{
	IntakeLead *leads = context;
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	const char *location = NULL;
	Model *model = NULL;

	for (int i = first; i < last; i++)
	{
		IntakeLead *lead = &leads[i];
		char *own = TextDatumGetCString(lead->state.values[LEAD_location_id]);
		LeadInput input;

		if (location == NULL || strcmp(location, own) != 0)
		{
			location = own;
			model = jorge_model_for_trigger(location);
			if (model == NULL)
				ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
								errmsg("no model \"%s\" serves location \"%s\"", jorge_settings.model, location),
								errhint("Promote one: SELECT jorge.promote('%s', version).", jorge_settings.model)));
		}
		jorge_lead_state_input(&lead->state, &input);
		jorge_features_compute(&input, now, NULL, lead->features);
		jorge_model_score(model, lead->features, &lead->score);
		lead->ensemble = model->ensemble;
		lead->model = pstrdup(model->label); /* another lead's look-up may free the model */
		lead->scored = true;
	}
}

/*
 * Note that a lead could not be scored
 */
static void
score_failed(void *context, int item, ErrorData *error)
{
	IntakeLead *lead = &((IntakeLead *) context)[item];

	lead->scored = false;
	lead->error = error;
}

void
jorge_score_leads(IntakeLead *leads, int n)
{
	if (n > 0)
		jorge_guarded(score_range, score_failed, leads, n);
}

/* ---- scoring by rules ---- */

typedef struct RuleWork
{
	IntakeLead *leads;
	const char *reason;
} RuleWork;

/*
 * Did the model fail on the lead? One that was not asked about keeps its score.
 */
static bool
needs_rules(const IntakeLead *lead)
{
	return !lead->scored && lead->error != NULL;
}

/*
 * Score those of a range of stored leads that no model scored by the rules
 */
static void
rules_range(void *context, int first, int last)
{
	RuleWork *work = context;
	IntakeRows *rows = jorge_rows_make(RELATION_WANTED_LEADS, last - first);
	bool present[2] = {false, false};
	for (int i = first; i < last; i++)
		if (needs_rules(&work->leads[i]))
		{
			Datum ids[2] = {work->leads[i].state.values[LEAD_location_id], work->leads[i].state.values[LEAD_lead_id]};

			jorge_rows_put(rows, ids, present);
		}
	if (rows->n > 0)
		jorge_statement_run(SCORE_BY_RULES, work->reason, &rows, 1);
	for (int i = first; i < last; i++)
		work->leads[i].by_rules = needs_rules(&work->leads[i]);
}

/*
 * Leave a lead that the rules could not score either without one; its error is that of the model
 */
static void
rules_failed(void *context, int item, ErrorData *error)
{
	((RuleWork *) context)->leads[item].by_rules = false;
}

/*
 * Score the stored leads that no model scored by the rules
 */
static void
score_by_rules(IntakeLead *leads, int n, const char *reason)
{
	RuleWork work = {leads, reason};
	bool any = false;

	for (int i = 0; i < n; i++)
		any |= needs_rules(&leads[i]);
	if (any)
	{
		jorge_guarded(rules_range, rules_failed, &work, n);
	}
}

/* ---- scoring by all members ---- */

/*
 * Score those of a range of stored leads whose model is an ensemble by all its members
 */
static void
ensemble_range(void *context, int first, int last)
{
	RuleWork *work = context;
	IntakeRows *rows = jorge_rows_make(RELATION_WANTED_LEADS, last - first);
	bool present[2] = {false, false};
	for (int i = first; i < last; i++)
		if (work->leads[i].scored && work->leads[i].ensemble)
		{
			Datum ids[2] = {work->leads[i].state.values[LEAD_location_id], work->leads[i].state.values[LEAD_lead_id]};

			jorge_rows_put(rows, ids, present);
		}
	if (rows->n > 0)
		jorge_statement_run(SCORE_BY_ENSEMBLE, work->reason, &rows, 1);
}

/*
 * Record why the members could not score a lead; its score by the forest stands
 */
static void
ensemble_failed(void *context, int item, ErrorData *error)
{
	IntakeLead *lead = &((RuleWork *) context)->leads[item];

	jorge_record_error(lead->state.values[LEAD_location_id], lead->state.values[LEAD_lead_id], error);
}

/*
 * Score the stored leads whose model is an ensemble by all its members
 */
static void
score_by_ensemble(IntakeLead *leads, int n, const char *reason)
{
	RuleWork work = {leads, reason};
	bool any = false;

	for (int i = 0; i < n; i++)
		any |= leads[i].scored && leads[i].ensemble;
	if (any)
	{
		jorge_guarded(ensemble_range, ensemble_failed, &work, n);
	}
}

/* ---- writing ---- */

/*
 * Make a real[] of features; NAN becomes NULL
 */
static Datum
features_array(const float features[JORGE_FEATURES])
{
	Datum elements[JORGE_FEATURES];
	bool nulls[JORGE_FEATURES];
	int dims[1] = {JORGE_FEATURES};
	int bounds[1] = {1};

	for (int f = 0; f < JORGE_FEATURES; f++)
	{
		elements[f] = Float4GetDatum(features[f]);
		nulls[f] = isnan(features[f]);
	}
	return PointerGetDatum(
		construct_md_array(elements, nulls, 1, dims, bounds, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

/*
 * Put a lead and its score into jorge_leads
 */
static void
put_lead(IntakeRows *rows, IntakeLead *lead)
{
	Datum values[LEAD_COLUMNS + SERVED_COLUMNS];
	bool nulls[LEAD_COLUMNS + SERVED_COLUMNS];
	Datum *served = values + LEAD_COLUMNS;
	bool *missing = nulls + LEAD_COLUMNS;

	jorge_lead_state_store(&lead->state);
	memcpy(values, lead->state.values, sizeof(lead->state.values));
	memcpy(nulls, lead->state.nulls, sizeof(lead->state.nulls));
	memset(missing, !lead->scored, SERVED_COLUMNS);
	if (lead->scored)
	{
		served[SERVED_probability] = Float8GetDatum(lead->score.probability);
		served[SERVED_score] = Float8GetDatum(lead->score.score);
		served[SERVED_class] = CStringGetTextDatum(lead->score.class);
		served[SERVED_confidence] = Float8GetDatum(lead->score.confidence);
		served[SERVED_lower] = Float8GetDatum(lead->score.lower);
		served[SERVED_upper] = Float8GetDatum(lead->score.upper);
		missing[SERVED_confidence] = missing[SERVED_lower] = missing[SERVED_upper] =
			isnan(lead->score.confidence);
		served[SERVED_model] = CStringGetTextDatum(lead->model);
		served[SERVED_scored_at] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
		missing[SERVED_features] = lead->unlogged || !jorge_settings.log_predictions;
		if (!missing[SERVED_features])
			served[SERVED_features] = features_array(lead->features);
	}
	jorge_rows_put(rows, values, nulls);
}

/* Leads of the statement that no model could score, and the first reason */
static struct
{
	int leads;
	int by_rules; /* of them, those that the rules scored */
	int sqlerrcode;
	char reason[256];
} unscored;

/*
 * Record the leads that no model could score
 */
static void
record_unscored(const IntakeLead *leads, int n)
{
	for (int i = 0; i < n; i++)
	{
		const ErrorData *error = leads[i].error;

		if (error == NULL)
			continue;
		jorge_record_error(leads[i].state.values[LEAD_location_id], leads[i].state.values[LEAD_lead_id], error);
		if (leads[i].by_rules)
			unscored.by_rules++;
		if (unscored.leads++ == 0)
		{
			unscored.sqlerrcode = error->sqlerrcode;
			strlcpy(unscored.reason, error->message ? error->message : "", sizeof(unscored.reason));
		}
	}
}

void
jorge_unscored_begin(void)
{
	unscored.leads = unscored.by_rules = 0;
}

void
jorge_unscored_warn(void)
{
	const char *mend = "See SELECT * FROM jorge.error; when it is mended, SELECT jorge.refold_lead(ref) scores them.";

	if (unscored.leads == 0)
		return;
	if (unscored.by_rules == unscored.leads)
		ereport(WARNING,
				(errcode(unscored.sqlerrcode),
				 errmsg_plural("%d lead is scored by rules: %s", "%d leads are scored by rules: %s", unscored.leads,
							   unscored.leads, unscored.reason),
				 errhint("%s", mend)));
	else
		ereport(WARNING, (errcode(unscored.sqlerrcode),
						  errmsg_plural("%d lead is stored without a new score: %s",
										"%d leads are stored without a new score: %s",
										unscored.leads - unscored.by_rules, unscored.leads - unscored.by_rules,
										unscored.reason),
						  errhint("%s", mend)));
}

/*
 * Tell listeners that a lead was scored: ids and score, no names or contact data
 */
static void
notify_listeners(const IntakeLead *leads, int n)
{
	for (int i = 0; i < n; i++)
		if (leads[i].scored)
		{
			char *id = DatumGetCString(DirectFunctionCall1(uuid_out, leads[i].state.values[LEAD_lead_id]));

			Async_Notify("jorge_event",
						 psprintf("{\"kind\": \"lead_ml_scored\", \"lead_id\": \"%s\", \"score\": %.2f, \"class\": \"%s\"}",
								  id, leads[i].score.score, leads[i].score.class));
		}
}

void
jorge_write_leads(IntakeLead *leads, int n, IntakeRows *keys, IntakeRows *links, const char *reason)
{
	IntakeRows *rows[] = {jorge_rows_make(RELATION_LEADS, n), links, keys};
	bool new_ones = n > 0 && leads[0].is_new;
	ItemPointerData *places = new_ones ? NULL : palloc(sizeof(ItemPointerData) * (n + 1));

	for (int i = 0; i < n; i++)
	{
		put_lead(rows[0], &leads[i]);
		if (!new_ones)
			places[i] = leads[i].place;
	}
	if (!jorge_write_rows(rows[0], places, keys, links, reason))
	{
		if (links == NULL)
			jorge_statement_run(WRITE_LEADS_ALONE, reason, rows, 1);
		else if (new_ones || keys->n > 0)
			jorge_statement_run(new_ones ? WRITE_NEW_LEADS : WRITE_LEADS, reason, rows, 3);
		else
			jorge_statement_run(WRITE_LEADS_LINKED, reason, rows, 2);
	}
	score_by_rules(leads, n, reason);
	score_by_ensemble(leads, n, reason);
	record_unscored(leads, n);
	if (jorge_settings.notify)
		notify_listeners(leads, n);
}
