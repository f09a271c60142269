/*
 * conversation.c: what the course of a conversation says, as a fold over its interactions in order of time.
 *
 * The state is the SQL type jorge.conversation itself, so one step forward from a stored row and a count from the
 * beginning run the same code and give the same bits.
 */
#include "core/jorge.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "core/datum.h"

JORGE_FUNCTION(jorge_conversation_step);

/* Share of the newest observation in a mean that follows the latest ones */
#define RECENT 0.4

/* After so many days without a word half of the warmth is gone; the second is quick to feel a change */
#define HALF_LIFE 14.0
#define HALF_LIFE_FAST 3.5

/* Warmth of what the person does, a message being 1 */
#define WARMTH_MESSAGE 1.0
#define WARMTH_CALL 2.0
#define WARMTH_VISIT 4.0
#define WARMTH_OBJECTION -0.5

#define SECONDS_PER_HOUR 3600.0

/* The attributes of jorge.conversation in order; a test compares them with the type */
#define ATTRIBUTES(X)                                                                              \
	X(interactions, INT) X(sms_in, INT) X(email_in, INT) X(calls_in, INT) X(sms_out, INT)          \
	X(email_out, INT) X(calls_out, INT) X(visits, INT) X(notes, INT) X(preferred_channel, TEXT)    \
	X(last_at, TIME) X(last_inbound_at, TIME) X(last_outbound_at, TIME) X(replies, INT)            \
	X(reply_log_sum, FLOAT) X(reply_log_recent, FLOAT) X(fastest_reply_seconds, FLOAT)             \
	X(slowest_reply_seconds, FLOAT) X(our_replies, INT) X(our_reply_log_sum, FLOAT) X(texts, INT)  \
	X(sentiment_first, FLOAT) X(sentiment_last, FLOAT) X(sentiment_sum, FLOAT)                     \
	X(sentiment_recent, FLOAT) X(objection_price, INT) X(objection_timing, INT)                    \
	X(objection_financing, INT) X(objection_location, INT) X(objection_condition, INT)             \
	X(objection_agent, INT) X(objection_commission, INT) X(objection_partner, INT)                 \
	X(last_objection, TEXT) X(last_objection_at, TIME) X(stopped_at, TIME) X(heat, FLOAT)          \
	X(heat_fast, FLOAT)

#define AS_POSITION(name, kind) AT_##name,
#define AS_NAME(name, kind) #name,
#define AS_TYPE(name, kind) TYPE_##kind,
#define TYPE_INT INT4OID
#define TYPE_FLOAT FLOAT8OID
#define TYPE_TIME TIMESTAMPTZOID
#define TYPE_TEXT TEXTOID

enum
{
	ATTRIBUTES(AS_POSITION) N_ATTRIBUTES
};

static const char *const attribute_names[N_ATTRIBUTES] = {ATTRIBUTES(AS_NAME)};
static const Oid attribute_types[N_ATTRIBUTES] = {ATTRIBUTES(AS_TYPE)};

/* Names of the scanner's objections, in the order of the attributes */
static const char *const objections[] = {"price",	  "timing", "financing",  "location",
										 "condition", "agent",	"commission", "partner"};

typedef struct State
{
	Datum values[N_ATTRIBUTES];
	bool nulls[N_ATTRIBUTES];
} State;

static void
add(State *state, int at, int n)
{
	int32 before = state->nulls[at] ? 0 : DatumGetInt32(state->values[at]);

	state->values[at] = Int32GetDatum(before + n);
	state->nulls[at] = false;
}

static int
count_of(const State *state, int at)
{
	return state->nulls[at] ? 0 : DatumGetInt32(state->values[at]);
}

static double
number(const State *state, int at)
{
	return state->nulls[at] ? NAN : DatumGetFloat8(state->values[at]);
}

static void
set_number(State *state, int at, double value)
{
	state->values[at] = Float8GetDatum(value);
	state->nulls[at] = false;
}

static TimestampTz
time_of(const State *state, int at)
{
	return state->nulls[at] ? DT_NOBEGIN : DatumGetTimestampTz(state->values[at]);
}

static void
set_time(State *state, int at, TimestampTz value)
{
	state->values[at] = TimestampTzGetDatum(value);
	state->nulls[at] = false;
}

static void
set_text(State *state, int at, const char *value)
{
	state->values[at] = CStringGetTextDatum(value);
	state->nulls[at] = false;
}

static double
or_zero(double value)
{
	return isnan(value) ? 0 : value;
}

/*
 * Mean that leans on the newest value
 */
static double
recent(double before, double value)
{
	return isnan(before) ? value : before + RECENT * (value - before);
}

/*
 * Count what the person sent, and see which channel they like best: the one most used, of equals the one used last
 */
static void
fold_inbound_channel(State *state, const char *channel, int at)
{
	static const struct
	{
		const char *name;
		int at;
	} known[] = {{"sms", AT_sms_in}, {"email", AT_email_in}, {"call", AT_calls_in}};
	char *preferred = state->nulls[AT_preferred_channel] ? NULL : TextDatumGetCString(state->values[AT_preferred_channel]);
	int best = 0;

	add(state, at, 1);
	for (int i = 0; preferred != NULL && i < lengthof(known); i++)
		if (strcmp(known[i].name, preferred) == 0)
			best = count_of(state, known[i].at);
	if (count_of(state, at) >= best)
		set_text(state, AT_preferred_channel, channel);
}

/*
 * What the person wrote or said
 */
static void
fold_text(State *state, TimestampTz at, double sentiment, ArrayType *raised, double *warmth)
{
	Datum *elements;
	bool *nulls;
	int n;

	if (!isnan(sentiment))
	{
		add(state, AT_texts, 1);
		if (state->nulls[AT_sentiment_first])
			set_number(state, AT_sentiment_first, sentiment);
		set_number(state, AT_sentiment_last, sentiment);
		set_number(state, AT_sentiment_sum, or_zero(number(state, AT_sentiment_sum)) + sentiment);
		set_number(state, AT_sentiment_recent, recent(number(state, AT_sentiment_recent), sentiment));
	}
	if (raised == NULL)
		return;
	deconstruct_array(raised, TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		char *name = nulls[i] ? NULL : TextDatumGetCString(elements[i]);

		for (int o = 0; name != NULL && o < lengthof(objections); o++)
		{
			if (strcmp(name, objections[o]) != 0)
				continue;
			add(state, AT_objection_price + o, 1);
			set_text(state, AT_last_objection, name);
			set_time(state, AT_last_objection_at, at);
			*warmth += WARMTH_OBJECTION;
		}
	}
}

/*
 * Seconds that who owed an answer took; NAN where nothing was asked since the last answer, or when can't be told
 */
static double
answered_after(TimestampTz asked, TimestampTz last_answer, TimestampTz at)
{
	if (asked <= last_answer || TIMESTAMP_NOT_FINITE(asked) || TIMESTAMP_NOT_FINITE(at))
		return NAN;
	return (at - asked) / (double) USECS_PER_SEC;
}

static void
fold_inbound(State *state, TimestampTz at)
{
	double seconds = answered_after(time_of(state, AT_last_outbound_at), time_of(state, AT_last_inbound_at), at);

	if (!isnan(seconds))
	{
		double hours = log1p(seconds / SECONDS_PER_HOUR);

		add(state, AT_replies, 1);
		set_number(state, AT_reply_log_sum, or_zero(number(state, AT_reply_log_sum)) + hours);
		set_number(state, AT_reply_log_recent, recent(number(state, AT_reply_log_recent), hours));
		set_number(state, AT_fastest_reply_seconds, fmin(number(state, AT_fastest_reply_seconds), seconds));
		set_number(state, AT_slowest_reply_seconds, fmax(number(state, AT_slowest_reply_seconds), seconds));
	}
	set_time(state, AT_last_inbound_at, at);
}

static void
fold_outbound(State *state, TimestampTz at)
{
	double seconds = answered_after(time_of(state, AT_last_inbound_at), time_of(state, AT_last_outbound_at), at);

	if (!isnan(seconds))
	{
		add(state, AT_our_replies, 1);
		set_number(state, AT_our_reply_log_sum, or_zero(number(state, AT_our_reply_log_sum)) + log1p(seconds / SECONDS_PER_HOUR));
	}
	set_time(state, AT_last_outbound_at, at);
}

/*
 * Let warmth fade for the time that passed, then add
 */
static void
fold_warmth(State *state, int at, double days, double half_life, double warmth)
{
	set_number(state, at, fmax(or_zero(number(state, at)) * exp2(-days / half_life) + warmth, 0));
}

/*
 * Descriptor of jorge.conversation, once it is what this library knows
 */
static TupleDesc
checked_descriptor(FunctionCallInfo fcinfo)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	if (desc->natts != N_ATTRIBUTES)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("type jorge.conversation and the library differ in version"),
						errhint("Run ALTER EXTENSION jorge UPDATE.")));
	for (int i = 0; i < N_ATTRIBUTES; i++)
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), attribute_names[i]) != 0 ||
			TupleDescAttr(desc, i)->atttypid != attribute_types[i])
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("type jorge.conversation and the library differ in version"),
							errhint("Run ALTER EXTENSION jorge UPDATE.")));
	return BlessTupleDesc(desc);
}

/*
 * conversation_step(state, at, channel, direction, sentiment, objections, stop): one interaction more
 */
Datum
jorge_conversation_step(PG_FUNCTION_ARGS)
{
	TupleDesc desc = fcinfo->flinfo->fn_extra;
	State state;
	TimestampTz at, last;
	char *channel;
	bool inbound, outbound, stops;
	double warmth = 0;
	double days = 0;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("an interaction has a time and a channel")));
	if (desc == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		desc = fcinfo->flinfo->fn_extra = CreateTupleDescCopy(checked_descriptor(fcinfo));
		MemoryContextSwitchTo(caller);
		desc = BlessTupleDesc(desc);
	}
	at = PG_GETARG_TIMESTAMPTZ(1);
	channel = text_to_cstring(PG_GETARG_TEXT_PP(2));
	inbound = !PG_ARGISNULL(3) && strcmp(text_to_cstring(PG_GETARG_TEXT_PP(3)), "in") == 0;
	outbound = !PG_ARGISNULL(3) && !inbound;
	stops = inbound && !PG_ARGISNULL(6) && PG_GETARG_BOOL(6);

	memset(state.nulls, true, sizeof(state.nulls));
	memset(state.values, 0, sizeof(state.values));
	if (!PG_ARGISNULL(0))
	{
		HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
		HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};

		ItemPointerSetInvalid(&tuple.t_self);
		heap_deform_tuple(&tuple, desc, state.values, state.nulls);
	}
	last = time_of(&state, AT_last_at);
	if (last > at)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an interaction can't be earlier than the one before it"),
						errhint("Order them: jorge.conversation(... ORDER BY at).")));
	if (!TIMESTAMP_NOT_FINITE(last) && !TIMESTAMP_NOT_FINITE(at))
		days = (at - last) / (double) USECS_PER_DAY;

	add(&state, AT_interactions, 1);
	if (strcmp(channel, "visit") == 0)
	{
		add(&state, AT_visits, 1);
		warmth += WARMTH_VISIT;
	}
	else if (strcmp(channel, "note") == 0)
		add(&state, AT_notes, 1);
	else
	{
		bool call = strcmp(channel, "call") == 0;
		bool email = strcmp(channel, "email") == 0;

		if (inbound)
		{
			fold_inbound_channel(&state, channel, call ? AT_calls_in : email ? AT_email_in : AT_sms_in);
			warmth += call ? WARMTH_CALL : WARMTH_MESSAGE;
		}
		else if (outbound)
			add(&state, call ? AT_calls_out : email ? AT_email_out : AT_sms_out, 1);
	}
	if (inbound)
	{
		fold_text(&state, at, PG_ARGISNULL(4) ? NAN : PG_GETARG_FLOAT8(4), PG_ARGISNULL(5) ? NULL : PG_GETARG_ARRAYTYPE_P(5), &warmth);
		fold_inbound(&state, at);
	}
	else if (outbound)
		fold_outbound(&state, at);
	if (stops)
	{
		set_time(&state, AT_stopped_at, at);
		/* who wants no further contact is cold at once */
		warmth = -INFINITY;
	}
	fold_warmth(&state, AT_heat, days, HALF_LIFE, warmth);
	fold_warmth(&state, AT_heat_fast, days, HALF_LIFE_FAST, warmth);
	set_time(&state, AT_last_at, at);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, state.values, state.nulls)));
}
