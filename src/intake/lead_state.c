/*
 * lead_state.c: a lead as a fold over what arrived, in order of time.
 */
#include "core/jorge.h"

#include "core/datum.h"
#include "intake/lead_state.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Quality points for each source beyond the first (mission A3) */
#define POINTS_PER_SOURCE 5

/* No price, in US dollars, that a person means */
#define BUDGET_LIMIT 1e9

#define COLUMN_NAME(name, type) #name,
#define COLUMN_TYPE(name, type) type,

const char *const jorge_lead_column_names[LEAD_COLUMNS] = {
	"location_id", "lead_id", WISH_COLUMNS(COLUMN_NAME) FOLD_COLUMNS(COLUMN_NAME)};

const Oid jorge_lead_column_types[LEAD_COLUMNS] = {
	TEXTOID, UUIDOID, WISH_COLUMNS(COLUMN_TYPE) FOLD_COLUMNS(COLUMN_TYPE)};

const char *const jorge_inquiry_column_names[INQUIRY_COLUMNS] = {
	"location_id", "inquiry_id", "received_at", "source", "message", "payload", WISH_COLUMNS(COLUMN_NAME)};

const char *const jorge_interaction_column_names[INTERACTION_COLUMNS] = {
	"location_id", "interaction_id", "lead_id", "at", "channel", "direction", "body"};

const Oid jorge_inquiry_column_types[INQUIRY_COLUMNS] = {
	TEXTOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, JSONBOID, WISH_COLUMNS(COLUMN_TYPE)};

const Oid jorge_interaction_column_types[INTERACTION_COLUMNS] = {
	TEXTOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID};

/* How a stored column and a member of the decoded part belong together */
typedef enum MemberKind
{
	MEMBER_BOOL,	/* bool */
	MEMBER_INT,		/* int, int4 */
	MEMBER_BIG,		/* int64, int8 */
	MEMBER_FLOAT,	/* double, float8; NAN is stored as NULL */
	MEMBER_TIME		/* TimestampTz; DT_NOBEGIN is stored as NULL */
} MemberKind;

typedef struct Member
{
	LeadColumn column;
	MemberKind kind;
	size_t offset;
} Member;

#define MEMBER(column, kind, field) {LEAD_##column, MEMBER_##kind, offsetof(LeadState, field)}

static const Member members[] = {
	MEMBER(first_seen_at, TIME, first_seen_at),
	MEMBER(last_seen_at, TIME, last_seen_at),
	MEMBER(name_conflict, BOOL, name_conflict),
	MEMBER(edited_at, TIME, edited_at),
	MEMBER(inquiries, INT, inquiries),
	MEMBER(interactions, INT, interactions),
	MEMBER(inbound, INT, inbound),
	MEMBER(outbound, INT, outbound),
	MEMBER(calls, INT, calls),
	MEMBER(visits, INT, visits),
	MEMBER(first_outbound_at, TIME, first_outbound_at),
	MEMBER(last_outbound_at, TIME, last_outbound_at),
	MEMBER(last_inbound_at, TIME, last_inbound_at),
	MEMBER(replies, INT, replies),
	MEMBER(reply_seconds, FLOAT, reply_seconds),
	MEMBER(text_messages, INT, text.messages),
	MEMBER(text_length, BIG, text.length),
	MEMBER(text_words, BIG, text.words),
	MEMBER(text_question_marks, BIG, text.question_marks),
	MEMBER(text_questions, BIG, text.questions),
	MEMBER(text_exclamation_marks, BIG, text.exclamation_marks),
	MEMBER(text_sentiment, FLOAT, text.sentiment),
	MEMBER(text_budget_min, FLOAT, text.budget_min),
	MEMBER(text_budget_max, FLOAT, text.budget_max),
	MEMBER(text_budget_specificity, FLOAT, text.budget_specificity),
	MEMBER(text_price_ranges, INT, text.price_ranges),
	MEMBER(text_timeline_urgency, FLOAT, text.timeline_urgency),
	MEMBER(text_financing_readiness, FLOAT, text.financing_readiness),
	MEMBER(text_intent, FLOAT, text.intent),
	MEMBER(text_location_specificity, FLOAT, text.location_specificity),
	MEMBER(text_experience, FLOAT, text.experience),
	MEMBER(text_objections, INT, text.objections),
	MEMBER(text_objection_kinds, INT, text.objection_kinds),
	MEMBER(text_job_stability, FLOAT, text.job_stability),
	MEMBER(text_family_size, FLOAT, text.family_size),
	MEMBER(lexicon, INT, text.lexicon),
};

/*
 * Add a source unless it is known
 */
static void
add_source(LeadState *state, const char *source)
{
	for (int i = 0; i < state->sources; i++)
		if (strcmp(state->source[i], source) == 0)
			return;
	if (state->sources == state->max_sources)
	{
		state->max_sources = Max(4, state->max_sources * 2);
		state->source = state->source
							? repalloc(state->source, sizeof(char *) * state->max_sources)
							: palloc(sizeof(char *) * state->max_sources);
	}
	state->source[state->sources++] = source;
}

void
jorge_lead_state_init(LeadState *state, Datum location_id, Datum lead_id)
{
	memset(state, 0, sizeof(LeadState));
	memset(state->nulls, true, sizeof(state->nulls));
	state->values[LEAD_location_id] = location_id;
	state->values[LEAD_lead_id] = lead_id;
	state->nulls[LEAD_location_id] = state->nulls[LEAD_lead_id] = false;
	state->first_seen_at = state->last_seen_at = state->edited_at = DT_NOBEGIN;
	state->first_outbound_at = state->last_outbound_at = state->last_inbound_at = DT_NOBEGIN;
	jorge_text_summary_clear(&state->text);
}

void
jorge_lead_state_forget_interactions(LeadState *state)
{
	LeadState old = *state;

	jorge_lead_state_init(state, old.values[LEAD_location_id], old.values[LEAD_lead_id]);
	memcpy(state->values, old.values, sizeof(state->values));
	memcpy(state->nulls, old.nulls, sizeof(state->nulls));
	state->source = old.source;
	state->sources = old.sources;
	state->max_sources = old.max_sources;
	state->first_seen_at = old.first_seen_at;
	state->last_seen_at = old.last_seen_at;
	state->edited_at = old.edited_at;
	state->name_conflict = old.name_conflict;
	state->inquiries = old.inquiries;
}

void
jorge_lead_state_load(LeadState *state, const Datum *values, const bool *nulls)
{
	jorge_lead_state_init(state, values[LEAD_location_id], values[LEAD_lead_id]);
	memcpy(state->values, values, sizeof(state->values));
	memcpy(state->nulls, nulls, sizeof(state->nulls));

	for (int i = 0; i < lengthof(members); i++)
	{
		const Member *member = &members[i];
		char *field = (char *) state + member->offset;
		Datum value = values[member->column];

		if (nulls[member->column])
			continue; /* init has set what NULL means */
		switch (member->kind)
		{
			case MEMBER_BOOL:
				*(bool *) field = DatumGetBool(value);
				break;
			case MEMBER_INT:
				*(int *) field = DatumGetInt32(value);
				break;
			case MEMBER_BIG:
				*(int64 *) field = DatumGetInt64(value);
				break;
			case MEMBER_FLOAT:
				*(double *) field = DatumGetFloat8(value);
				break;
			case MEMBER_TIME:
				*(TimestampTz *) field = DatumGetTimestampTz(value);
				break;
		}
	}

	if (!nulls[LEAD_sources])
	{
		Datum *elements;
		bool *element_nulls;
		int n;

		deconstruct_array(DatumGetArrayTypeP(values[LEAD_sources]), TEXTOID, -1, false, TYPALIGN_INT,
						  &elements, &element_nulls, &n);
		for (int i = 0; i < n; i++)
			if (!element_nulls[i])
				add_source(state, TextDatumGetCString(elements[i]));
	}
}

void
jorge_lead_state_store(LeadState *state)
{
	Datum *sources = palloc(sizeof(Datum) * Max(1, state->sources));

	for (int i = 0; i < lengthof(members); i++)
	{
		const Member *member = &members[i];
		const char *field = (const char *) state + member->offset;
		Datum *value = &state->values[member->column];
		bool *null = &state->nulls[member->column];

		*null = false;
		switch (member->kind)
		{
			case MEMBER_BOOL:
				*value = BoolGetDatum(*(const bool *) field);
				break;
			case MEMBER_INT:
				*value = Int32GetDatum(*(const int *) field);
				break;
			case MEMBER_BIG:
				*value = Int64GetDatum(*(const int64 *) field);
				break;
			case MEMBER_FLOAT:
				*value = Float8GetDatum(*(const double *) field);
				*null = isnan(*(const double *) field);
				break;
			case MEMBER_TIME:
				*value = TimestampTzGetDatum(*(const TimestampTz *) field);
				*null = *(const TimestampTz *) field == DT_NOBEGIN;
				break;
		}
	}

	for (int i = 0; i < state->sources; i++)
		sources[i] = CStringGetTextDatum(state->source[i]);
	state->values[LEAD_sources] =
		PointerGetDatum(construct_array(sources, state->sources, TEXTOID, -1, false, TYPALIGN_INT));
	state->nulls[LEAD_sources] = false;
	if (state->sources > 0)
	{
		state->values[LEAD_first_source] = sources[0];
		state->nulls[LEAD_first_source] = false;
	}
	state->values[LEAD_multi_source_bonus] =
		Int32GetDatum(POINTS_PER_SOURCE * Max(0, state->sources - 1));
	state->nulls[LEAD_multi_source_bonus] = false;
}

int
jorge_compare_leads(Datum id, Datum location, Datum other_id, Datum other_location)
{
	int order = memcmp(DatumGetUUIDP(other_id)->data, DatumGetUUIDP(id)->data, UUID_LEN);

	return order != 0 ? order : jorge_compare_texts(location, other_location);
}

bool
jorge_event_text(const LeadEvent *event, const char **data, int *length)
{
	int column = event->is_inquiry ? (int) INQUIRY_message : (int) INTERACTION_body;
	text *body;

	if (event->nulls[column])
		return false;
	if (!event->is_inquiry && (event->nulls[INTERACTION_direction] || !jorge_text_is(event->values[INTERACTION_direction], "in")))
		return false;
	body = DatumGetTextPP(event->values[column]);
	*data = VARDATA_ANY(body);
	*length = VARSIZE_ANY_EXHDR(body);
	return true;
}

int
jorge_compare_events(const void *a, const void *b)
{
	const LeadEvent *x = a;
	const LeadEvent *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->is_inquiry != y->is_inquiry)
		return x->is_inquiry ? -1 : 1;
	return memcmp(x->id.data, y->id.data, UUID_LEN);
}

bool
jorge_event_is_later(const LeadState *state, const LeadEvent *event)
{
	return event->at > Max(Max(state->last_seen_at, state->edited_at), Max(state->last_inbound_at, state->last_outbound_at));
}

/*
 * Is the Datum a text with something in it?
 */
static bool
says_something(Datum value)
{
	text *t = DatumGetTextPP(value);
	const char *data = VARDATA_ANY(t);

	for (int i = 0; i < VARSIZE_ANY_EXHDR(t); i++)
		if (!isspace((unsigned char) data[i]))
			return true;
	return false;
}

/*
 * Read a budget; NAN where it is missing or nobody can mean it
 */
static double
plausible_budget(const Datum *values, const bool *nulls, int column)
{
	double budget;

	if (nulls[column])
		return NAN;
	budget = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, values[column]));
	return budget > 0 && budget <= BUDGET_LIMIT ? budget : NAN;
}

/*
 * Fold an inquiry's budget: a plausible bound replaces both, in the right order
 */
static void
fold_budget(LeadState *state, const LeadEvent *inquiry)
{
	int from = INQUIRY_FIRST_WISH + LEAD_budget_min - LEAD_FIRST_WISH;
	int to = INQUIRY_FIRST_WISH + LEAD_budget_max - LEAD_FIRST_WISH;
	double low = plausible_budget(inquiry->values, inquiry->nulls, from);
	double high = plausible_budget(inquiry->values, inquiry->nulls, to);
	bool swap = low > high;

	if (isnan(low) && isnan(high))
		return;
	state->values[LEAD_budget_min] = inquiry->values[swap ? to : from];
	state->nulls[LEAD_budget_min] = isnan(low);
	state->values[LEAD_budget_max] = inquiry->values[swap ? from : to];
	state->nulls[LEAD_budget_max] = isnan(high);
}

/*
 * Give the text of a Datum to the matcher
 */
static MatchText
match_text(const Datum *values, const bool *nulls, int column)
{
	MatchText result = {NULL, 0};

	if (!nulls[column])
	{
		text *t = DatumGetTextPP(values[column]);

		result.data = VARDATA_ANY(t);
		result.length = VARSIZE_ANY_EXHDR(t);
	}
	return result;
}

void
jorge_match_given(const Datum *values, const bool *nulls, int first_wish, MatchGiven *given)
{
#define GIVEN(field) given->field = match_text(values, nulls, first_wish + LEAD_##field - LEAD_FIRST_WISH)
	GIVEN(name);
	GIVEN(first_name);
	GIVEN(last_name);
	GIVEN(phone);
	GIVEN(email);
	GIVEN(street);
	GIVEN(city);
	GIVEN(postal_code);
#undef GIVEN
}

/*
 * Is a value of one row the same text as that of another?
 */
static bool
same_text(const LeadState *state, const LeadEvent *inquiry, int column)
{
	int given = INQUIRY_FIRST_WISH + column - LEAD_FIRST_WISH;

	if (state->nulls[column] || inquiry->nulls[given])
		return state->nulls[column] == inquiry->nulls[given];
	return jorge_compare_texts(state->values[column], inquiry->values[given]) == 0;
}

bool
jorge_says_the_same(const LeadState *state, const LeadEvent *inquiry)
{
	static const LeadColumn compared[] = {LEAD_name, LEAD_first_name, LEAD_last_name, LEAD_phone, LEAD_email,
										  LEAD_street, LEAD_city, LEAD_postal_code};

	for (int i = 0; i < lengthof(compared); i++)
		if (!inquiry->nulls[INQUIRY_FIRST_WISH + compared[i] - LEAD_FIRST_WISH] && !same_text(state, inquiry, compared[i]))
			return false;
	return true;
}

bool
jorge_names_differ(MatchPerson *a, MatchPerson *b)
{
	static const char number[] = "+15128675309";
	MatchVerdict verdict;

	/* what the matcher says of two people with one phone and nothing else but their names */
	a->nphones = b->nphones = a->nemails = b->nemails = 0;
	a->phones_shared = b->phones_shared = false;
	(void) jorge_match_add_phone(a, number, sizeof(number) - 1);
	(void) jorge_match_add_phone(b, number, sizeof(number) - 1);
	verdict = jorge_match(a, b);
	return verdict.reason == REASON_PHONE_CONFLICT || verdict.reason == REASON_GENERATION;
}

bool
jorge_other_name(const LeadState *state, const LeadEvent *inquiry)
{
	MatchGiven known;
	MatchGiven given;
	MatchPerson a;
	MatchPerson b;

	if (state->nulls[LEAD_name] && state->nulls[LEAD_first_name] && state->nulls[LEAD_last_name])
		return false;
	if (same_text(state, inquiry, LEAD_name) && same_text(state, inquiry, LEAD_first_name) && same_text(state, inquiry, LEAD_last_name))
		return false;
	jorge_match_given(state->values, state->nulls, LEAD_FIRST_WISH, &known);
	jorge_match_given(inquiry->values, inquiry->nulls, INQUIRY_FIRST_WISH, &given);
	known = (MatchGiven) {known.name, known.first_name, known.last_name};
	given = (MatchGiven) {given.name, given.first_name, given.last_name};
	jorge_match_prepare(&known, &a);
	jorge_match_prepare(&given, &b);
	return jorge_names_differ(&a, &b);
}

/*
 * Take away the wishes that an edit by hand cleared
 */
static void
fold_cleared(LeadState *state, const LeadEvent *edit)
{
	Jsonb *payload;
	JsonbValue *cleared;
	JsonbValue key = {.type = jbvString, .val.string = {.len = 7, .val = "cleared"}};

	if (edit->nulls[INQUIRY_payload])
		return;
	payload = DatumGetJsonbP(edit->values[INQUIRY_payload]);
	if (!JB_ROOT_IS_OBJECT(payload))
		return;
	cleared = findJsonbValueFromContainer(&payload->root, JB_FOBJECT, &key);
	if (cleared == NULL || cleared->type != jbvBinary || !JsonContainerIsArray(cleared->val.binary.data))
		return;
	for (int w = 0; w < LEAD_WISHES; w++)
	{
		const char *name = jorge_lead_column_names[LEAD_FIRST_WISH + w];
		JsonbValue element = {.type = jbvString, .val.string = {.len = strlen(name), .val = unconstify(char *, name)}};

		if (findJsonbValueFromContainer(cleared->val.binary.data, JB_FARRAY, &element) != NULL)
			state->nulls[LEAD_FIRST_WISH + w] = true;
	}
}

bool
jorge_event_is_edit(const LeadEvent *event)
{
	return event->is_inquiry && jorge_text_is(event->values[INQUIRY_source], MANUAL_SOURCE);
}

/*
 * Fold an inquiry: its wishes, where it says any, are newer than what is known
 */
static void
fold_inquiry(LeadState *state, const LeadEvent *inquiry)
{
	bool edit = jorge_event_is_edit(inquiry);

	if (!edit && !state->name_conflict)
		state->name_conflict = jorge_other_name(state, inquiry);
	for (int w = 0; w < LEAD_WISHES; w++)
	{
		int column = LEAD_FIRST_WISH + w;
		Datum value = inquiry->values[INQUIRY_FIRST_WISH + w];

		if (inquiry->nulls[INQUIRY_FIRST_WISH + w] || (!edit && (column == LEAD_budget_min || column == LEAD_budget_max)))
			continue;
		if (!edit && jorge_lead_column_types[column] == TEXTOID && !says_something(value))
			continue;
		state->values[column] = value;
		state->nulls[column] = false;
	}
	if (edit)
	{
		fold_cleared(state, inquiry);
		state->edited_at = inquiry->at;
		return;
	}
	fold_budget(state, inquiry);

	if (state->inquiries == 0)
		state->first_seen_at = inquiry->at;
	state->last_seen_at = inquiry->at;
	state->inquiries++;
	add_source(state, TextDatumGetCString(inquiry->values[INQUIRY_source]));
}

/*
 * Fold an interaction: counters, and how fast the person answers
 */
static void
fold_interaction(LeadState *state, const LeadEvent *interaction)
{
	char *channel = TextDatumGetCString(interaction->values[INTERACTION_channel]);
	bool inbound;

	state->interactions++;
	if (strcmp(channel, "call") == 0)
		state->calls++;
	else if (strcmp(channel, "visit") == 0)
		state->visits++;

	if (interaction->nulls[INTERACTION_direction])
		return;
	inbound = strcmp(TextDatumGetCString(interaction->values[INTERACTION_direction]), "in") == 0;
	if (inbound)
	{
		/* an answer is the first inbound message after an outbound one */
		if (state->last_outbound_at > state->last_inbound_at)
		{
			state->replies++;
			state->reply_seconds += (interaction->at - state->last_outbound_at) / (double) USECS_PER_SEC;
		}
		state->inbound++;
		state->last_inbound_at = interaction->at;
	}
	else
	{
		if (state->outbound == 0)
			state->first_outbound_at = interaction->at;
		state->outbound++;
		state->last_outbound_at = interaction->at;
	}
}

void
jorge_lead_state_fold(LeadState *state, const LeadEvent *event)
{
	if (event->is_inquiry)
		fold_inquiry(state, event);
	else
		fold_interaction(state, event);
	if (event->has_signals)
		jorge_text_summary_add(&state->text, &event->signals);
}

/*
 * Point a RecordText at a stored text; it stays empty where there is none
 */
static void
input_text(const LeadState *state, LeadColumn column, RecordText *target)
{
	if (!state->nulls[column])
	{
		text *t = DatumGetTextPP(state->values[column]);

		target->data = VARDATA_ANY(t);
		target->length = VARSIZE_ANY_EXHDR(t);
	}
}

/*
 * Read a stored numeric; NAN where there is none
 */
static double
input_number(const LeadState *state, LeadColumn column)
{
	if (state->nulls[column])
		return NAN;
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, state->values[column]));
}

void
jorge_lead_state_input(const LeadState *state, LeadInput *input)
{
	memset(input, 0, sizeof(LeadInput));
	input->budget_min = input_number(state, LEAD_budget_min);
	input->budget_max = input_number(state, LEAD_budget_max);
	if (state->sources > 0)
	{
		input->source.data = state->source[0];
		input->source.length = strlen(state->source[0]);
	}
	input_text(state, LEAD_side, &input->side);
	input_text(state, LEAD_timeline, &input->timeline);
	input_text(state, LEAD_financing, &input->financing);
	input_text(state, LEAD_area, &input->area);
	input_text(state, LEAD_city, &input->city);
	input_text(state, LEAD_postal_code, &input->postal_code);
	input_text(state, LEAD_street, &input->street);
	input_text(state, LEAD_time_zone, &input->time_zone);
	input->has_arrival = state->inquiries > 0;
	input->arrived_at = state->first_seen_at;
	input->inquiries = state->inquiries;
	input->interactions = state->interactions;
	input->inbound = state->inbound;
	input->outbound = state->outbound;
	input->calls = state->calls;
	input->visits = state->visits;
	input->has_first_outbound = state->first_outbound_at != DT_NOBEGIN;
	input->first_outbound_at = state->first_outbound_at;
	input->replies = state->replies;
	input->reply_seconds = state->reply_seconds;
	input->has_text = true;
	input->text = state->text;
}
