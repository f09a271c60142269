/*
 * synthetic_leads.c: jorge.synthetic_leads(), one lead a call.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

JORGE_FUNCTION(jorge_synthetic_leads);

/* Columns, in the order of the SQL declaration */
typedef enum Column
{
	COLUMN_RECEIVED_AT,
	COLUMN_SOURCE,
	COLUMN_SOURCE_REF,
	COLUMN_CAMPAIGN,
	COLUMN_COST,
	COLUMN_SIDE,
	COLUMN_NAME,
	COLUMN_FIRST_NAME,
	COLUMN_LAST_NAME,
	COLUMN_PHONE,
	COLUMN_EMAIL,
	COLUMN_STREET,
	COLUMN_CITY,
	COLUMN_STATE,
	COLUMN_POSTAL_CODE,
	COLUMN_MESSAGE,
	COLUMN_BUDGET_MIN,
	COLUMN_BUDGET_MAX,
	COLUMN_TIMELINE,
	COLUMN_FINANCING,
	COLUMN_PROPERTY_TYPE,
	COLUMN_BEDROOMS,
	COLUMN_BATHROOMS,
	COLUMN_AREA,
	COLUMN_LISTING_REF,
	COLUMN_LANGUAGE,
	COLUMN_TIME_ZONE,
	COLUMN_INTERACTIONS,
	COLUMN_STAGE,
	COLUMN_OUTCOME,
	COLUMN_OUTCOME_AT,
	COLUMN_DROP_REASON,
	COLUMN_SALE_PRICE,
	COLUMN_REVENUE,
	COLUMN_TRUE_PROBABILITY,
	COLUMNS
} Column;

typedef struct Generator
{
	uint64 seed;
	SynthCalibration calibration;
} Generator;

/* A row being filled */
typedef struct Row
{
	Datum values[COLUMNS];
	bool nulls[COLUMNS];
} Row;

static const char *const source_names[] = {"ghl", "facebook", "zillow", "realtor_com", "email"};
static const int source_costs[] = {0, 12, 35, 28, 0}; /* dollars a lead */
static const char *const side_names[] = {"buyer", "seller", "both"};
static const char *const stage_names[] = {"initial_contact", "qualified", "hot", "appointment",
										  "closed"};
static const char *const channel_names[] = {"sms", "email", "call", "visit", "note"};

/* The choices of forms, by SynthFinancing and by timeline index; two spellings each */
static const char *const financing_choices[SYNTH_FINANCINGS][2] = {
	[SYNTH_NEEDS_LENDER] = {"Need a lender", "Not yet, need a lender"},
	[SYNTH_SELLS_FIRST] = {"Need to sell first", "Must sell current home first"},
	[SYNTH_PREQUALIFIED] = {"Pre-qualified", "Prequalified"},
	[SYNTH_PREAPPROVED] = {"Pre-approved", "Preapproved"},
	[SYNTH_CASH] = {"Cash", "Paying cash"},
};
static const char *const timeline_choices[SYNTH_TIMELINES + 1][2] = {
	[1] = {"ASAP", "As soon as possible"},   [3] = {"Within 30 days", "1 month"},
	[5] = {"1-3 months", "1 to 3 months"},   [7] = {"3-6 months", "3 to 6 months"},
	[9] = {"6-12 months", "6 to 12 months"}, [11] = {"1-2 years", "More than 12 months"},
	[12] = {"No rush", "No timeline"},
};

static void
set(Row *row, Column column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = false;
}

static void
set_text(Row *row, Column column, const char *text)
{
	set(row, column, CStringGetTextDatum(text));
}

static void
set_integer(Row *row, Column column, int64 number)
{
	set(row, column, NumericGetDatum(int64_to_numeric(number)));
}

/*
 * Push a key and a text value
 */
static void
push_text(JsonbParseState **state, const char *key, const char *text, int length)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, key);
	value.val.string.len = strlen(key);
	pushJsonbValue(state, WJB_KEY, &value);
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = length;
	pushJsonbValue(state, WJB_VALUE, &value);
}

/*
 * Make the array of interactions; the words come from the stream that wrote the message
 */
static Datum
make_interactions(const SynthPlan *plan, const SynthPerson *person, SynthRandom *words)
{
	JsonbParseState *state = NULL;
	JsonbValue *result;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < plan->nturns; i++)
	{
		const SynthTurn *turn = &plan->turns[i];
		char *at = palloc(32);
		const char *channel = channel_names[turn->channel];
		StringInfoData body;

		/* the parse state keeps pointers, so each text has memory of its own */
		initStringInfo(&body);
		jorge_synth_write_turn(&body, plan, person, turn, words);

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "at", at, jorge_synth_format_time(at, turn->at));
		push_text(&state, "channel", channel, strlen(channel));
		push_text(&state, "direction", turn->incoming ? "in" : "out", turn->incoming ? 2 : 3);
		if (body.len > 0)
			push_text(&state, "body", body.data, body.len);
		if (turn->duration_seconds > 0)
		{
			JsonbValue value;

			value.type = jbvString;
			value.val.string.val = "duration_seconds";
			value.val.string.len = strlen(value.val.string.val);
			pushJsonbValue(&state, WJB_KEY, &value);
			value.type = jbvNumeric;
			value.val.numeric = int64_to_numeric(turn->duration_seconds);
			pushJsonbValue(&state, WJB_VALUE, &value);
		}
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	result = pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(result));
}

/*
 * Fill the columns of a form: who, where, what for
 */
static void
fill_person(Row *row, const SynthPlan *plan, const SynthPerson *person)
{
	const SynthArea *area = &jorge_synth_areas[plan->area];
	char name[128];

	snprintf(name, sizeof(name), "%s %s", person->first_name, person->last_name);
	set_text(row, COLUMN_NAME, name);
	if (person->has_first_last)
	{
		set_text(row, COLUMN_FIRST_NAME, person->first_name);
		set_text(row, COLUMN_LAST_NAME, person->last_name);
	}
	if (person->has_phone)
		set_text(row, COLUMN_PHONE, person->phone);
	if (person->has_email)
		set_text(row, COLUMN_EMAIL, person->email);
	if (person->has_address)
	{
		set_text(row, COLUMN_STREET, person->street);
		set_text(row, COLUMN_CITY, area->city);
		set_text(row, COLUMN_STATE, "TX");
		set_text(row, COLUMN_POSTAL_CODE, area->zip);
	}
	set_text(row, COLUMN_SOURCE_REF, person->source_ref);
	if (person->campaign != NULL)
		set_text(row, COLUMN_CAMPAIGN, person->campaign);
	if (person->has_listing)
		set_text(row, COLUMN_LISTING_REF, person->listing_ref);
	set_text(row, COLUMN_LANGUAGE, plan->spanish ? "es" : "en");
	set_text(row, COLUMN_TIME_ZONE, person->time_zone);
}

/*
 * Fill the columns of a form that tell wishes
 */
static void
fill_wishes(Row *row, const SynthPlan *plan, SynthRandom *words)
{
	const SynthSays *fields = &plan->fields;
	int spelling = jorge_synth_below(words, 2);

	if (fields->budget != SYNTH_BUDGET_UNSAID && fields->budget != SYNTH_BUDGET_UP_TO)
		set_integer(row, COLUMN_BUDGET_MIN, (int64) fields->budget_low * 1000);
	if (fields->budget != SYNTH_BUDGET_UNSAID && fields->budget != SYNTH_BUDGET_FROM)
		set_integer(row, COLUMN_BUDGET_MAX, (int64) fields->budget_high * 1000);
	if (fields->timeline != 0)
		set_text(row, COLUMN_TIMELINE, timeline_choices[fields->timeline][spelling]);
	if (fields->financing != SYNTH_FINANCING_UNSAID)
		set_text(row, COLUMN_FINANCING, financing_choices[fields->financing][spelling]);
	if (fields->place != SYNTH_PLACE_UNSAID)
		set_text(row, COLUMN_AREA, jorge_synth_areas[plan->area].name);
	if (plan->has_wishes)
	{
		set_text(row, COLUMN_PROPERTY_TYPE, jorge_synth_properties[plan->property].name);
		set_integer(row, COLUMN_BEDROOMS, plan->bedrooms);
		set(row, COLUMN_BATHROOMS,
			NumericGetDatum(plan->half_bathrooms % 2 == 0
								? int64_to_numeric(plan->half_bathrooms / 2)
								: int64_div_fast_to_numeric(plan->half_bathrooms * 5, 1)));
	}
}

/*
 * Fill the columns of what became of the lead
 */
static void
fill_outcome(Row *row, const SynthOutcome *outcome)
{
	set_text(row, COLUMN_STAGE, stage_names[outcome->stage]);
	set_text(row, COLUMN_OUTCOME, outcome->open ? "open" : outcome->won ? "won" : "lost");
	if (!outcome->open)
		set(row, COLUMN_OUTCOME_AT, TimestampTzGetDatum(outcome->at));
	if (outcome->drop_reason != NULL)
		set_text(row, COLUMN_DROP_REASON, outcome->drop_reason);
	if (outcome->won)
	{
		set_integer(row, COLUMN_SALE_PRICE, outcome->sale_price);
		set(row, COLUMN_REVENUE,
			NumericGetDatum(int64_div_fast_to_numeric(outcome->revenue_cents, 2)));
	}
	set(row, COLUMN_TRUE_PROBABILITY, Float8GetDatum(outcome->probability));
}

/*
 * Make one lead
 */
static void
fill_row(Row *row, const Generator *generator, uint64 number)
{
	SynthPlan plan;
	SynthPerson person;
	SynthOutcome outcome;
	SynthRandom words;

	memset(row->nulls, true, sizeof(row->nulls));
	jorge_synth_plan(&plan, generator->seed, number);
	jorge_synth_person(&person, &plan, generator->seed, number);
	jorge_synth_outcome(&plan, &generator->calibration, generator->seed, number, &outcome);
	jorge_synth_random_init(&words, generator->seed, number, SYNTH_STREAM_WORDS);

	set(row, COLUMN_RECEIVED_AT, TimestampTzGetDatum(plan.received_at));
	set_text(row, COLUMN_SOURCE, source_names[plan.source]);
	set_integer(row, COLUMN_COST, source_costs[plan.source]);
	set_text(row, COLUMN_SIDE, side_names[plan.side]);
	fill_person(row, &plan, &person);
	fill_wishes(row, &plan, &words);
	if (plan.has_message)
	{
		StringInfoData message;

		initStringInfo(&message);
		jorge_synth_write_message(&message, &plan, &person, &words);
		set_text(row, COLUMN_MESSAGE, message.data);
	}
	set(row, COLUMN_INTERACTIONS, make_interactions(&plan, &person, &words));
	fill_outcome(row, &outcome);
}

/*
 * Check the arguments and prepare the first call
 */
static void
start(FunctionCallInfo fcinfo, FuncCallContext *context)
{
	int32 n = PG_GETARG_INT32(0);
	double win_rate = PG_GETARG_FLOAT8(2);
	MemoryContext old = MemoryContextSwitchTo(context->multi_call_memory_ctx);
	Generator *generator = palloc(sizeof(Generator));
	TupleDesc desc;

	if (n < 0 || n > SYNTH_MAX_ROWS)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("number of synthetic leads must be between 0 and %d, not %d",
							   SYNTH_MAX_ROWS, n),
						errhint("Use another seed for further leads.")));
	/* written so that NaN is refused too */
	if (!(win_rate >= 0.001 && win_rate <= 0.9))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("win rate must be between 0.001 and 0.9"),
						errhint("Give the share of leads that are won, for example 0.27.")));
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("function returning record called in context "
							   "that cannot accept type record"),
						errhint("Select from it: SELECT * FROM jorge.synthetic_leads().")));

	generator->seed = (uint64) (int64) PG_GETARG_INT32(1);
	generator->calibration = *jorge_synth_calibrate(win_rate);
	context->user_fctx = generator;
	context->max_calls = n;
	context->tuple_desc = BlessTupleDesc(desc);
	MemoryContextSwitchTo(old);
}

Datum
jorge_synthetic_leads(PG_FUNCTION_ARGS)
{
	FuncCallContext *context;
	Row row;

	if (SRF_IS_FIRSTCALL())
		start(fcinfo, SRF_FIRSTCALL_INIT());
	context = SRF_PERCALL_SETUP();
	if (context->call_cntr >= context->max_calls)
		SRF_RETURN_DONE(context);

	CHECK_FOR_INTERRUPTS();
	fill_row(&row, context->user_fctx, context->call_cntr + 1);
	SRF_RETURN_NEXT(context,
					HeapTupleGetDatum(heap_form_tuple(context->tuple_desc, row.values, row.nulls)));
}
