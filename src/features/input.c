/*
 * input.c: what is known of a lead, read from whatever columns its row has.
 *
 * Values are made safe here: a count that is negative or infinite and a moment that is infinite are
 * missing.
 */
#include "core/jorge.h"

#include "features/features.h"
#include "utils/timestamp.h"

#include <float.h>

/* A count beyond this is an error of the data; it also keeps the conversion to int64 defined. */
#define COUNT_MAX 1e9

/* Positions in jorge_lead_columns */
typedef enum LeadColumn
{
	C_BUDGET_MIN,
	C_BUDGET_MAX,
	C_SOURCE,
	C_FIRST_SOURCE,
	C_SIDE,
	C_TIMELINE,
	C_FINANCING,
	C_AREA,
	C_CITY,
	C_POSTAL_CODE,
	C_STREET,
	C_TIME_ZONE,
	C_MESSAGE,
	C_FIRST_SEEN_AT,
	C_RECEIVED_AT,
	C_CREATED_AT,
	C_INQUIRIES,
	C_INTERACTIONS,
	C_INBOUND,
	C_OUTBOUND,
	C_CALLS,
	C_VISITS,
	C_FIRST_OUTBOUND_AT,
	C_REPLIES,
	C_REPLY_SECONDS,
	C_TEXT_MESSAGES,
	C_TEXT_LENGTH,
	C_TEXT_WORDS,
	C_TEXT_QUESTION_MARKS,
	C_TEXT_QUESTIONS,
	C_TEXT_EXCLAMATION_MARKS,
	C_TEXT_SENTIMENT,
	C_TEXT_BUDGET_MIN,
	C_TEXT_BUDGET_MAX,
	C_TEXT_BUDGET_SPECIFICITY,
	C_TEXT_PRICE_RANGES,
	C_TEXT_TIMELINE_URGENCY,
	C_TEXT_FINANCING_READINESS,
	C_TEXT_INTENT,
	C_TEXT_LOCATION_SPECIFICITY,
	C_TEXT_EXPERIENCE,
	C_TEXT_OBJECTIONS,
	C_TEXT_OBJECTION_KINDS,
	C_TEXT_JOB_STABILITY,
	C_TEXT_FAMILY_SIZE,
	C_LEXICON,
	LEAD_COLUMNS
} LeadColumn;

const RecordColumn jorge_lead_columns[] = {
	[C_BUDGET_MIN] = {"budget_min", RECORD_NUMBER},
	[C_BUDGET_MAX] = {"budget_max", RECORD_NUMBER},
	[C_SOURCE] = {"source", RECORD_TEXT},
	[C_FIRST_SOURCE] = {"first_source", RECORD_TEXT},
	[C_SIDE] = {"side", RECORD_TEXT},
	[C_TIMELINE] = {"timeline", RECORD_TEXT},
	[C_FINANCING] = {"financing", RECORD_TEXT},
	[C_AREA] = {"area", RECORD_TEXT},
	[C_CITY] = {"city", RECORD_TEXT},
	[C_POSTAL_CODE] = {"postal_code", RECORD_TEXT},
	[C_STREET] = {"street", RECORD_TEXT},
	[C_TIME_ZONE] = {"time_zone", RECORD_TEXT},
	[C_MESSAGE] = {"message", RECORD_TEXT},
	[C_FIRST_SEEN_AT] = {"first_seen_at", RECORD_TIME},
	[C_RECEIVED_AT] = {"received_at", RECORD_TIME},
	[C_CREATED_AT] = {"created_at", RECORD_TIME},
	[C_INQUIRIES] = {"inquiries", RECORD_NUMBER},
	[C_INTERACTIONS] = {"interactions", RECORD_NUMBER},
	[C_INBOUND] = {"inbound", RECORD_NUMBER},
	[C_OUTBOUND] = {"outbound", RECORD_NUMBER},
	[C_CALLS] = {"calls", RECORD_NUMBER},
	[C_VISITS] = {"visits", RECORD_NUMBER},
	[C_FIRST_OUTBOUND_AT] = {"first_outbound_at", RECORD_TIME},
	[C_REPLIES] = {"replies", RECORD_NUMBER},
	[C_REPLY_SECONDS] = {"reply_seconds", RECORD_NUMBER},
	[C_TEXT_MESSAGES] = {"text_messages", RECORD_NUMBER},
	[C_TEXT_LENGTH] = {"text_length", RECORD_NUMBER},
	[C_TEXT_WORDS] = {"text_words", RECORD_NUMBER},
	[C_TEXT_QUESTION_MARKS] = {"text_question_marks", RECORD_NUMBER},
	[C_TEXT_QUESTIONS] = {"text_questions", RECORD_NUMBER},
	[C_TEXT_EXCLAMATION_MARKS] = {"text_exclamation_marks", RECORD_NUMBER},
	[C_TEXT_SENTIMENT] = {"text_sentiment", RECORD_NUMBER},
	[C_TEXT_BUDGET_MIN] = {"text_budget_min", RECORD_NUMBER},
	[C_TEXT_BUDGET_MAX] = {"text_budget_max", RECORD_NUMBER},
	[C_TEXT_BUDGET_SPECIFICITY] = {"text_budget_specificity", RECORD_NUMBER},
	[C_TEXT_PRICE_RANGES] = {"text_price_ranges", RECORD_NUMBER},
	[C_TEXT_TIMELINE_URGENCY] = {"text_timeline_urgency", RECORD_NUMBER},
	[C_TEXT_FINANCING_READINESS] = {"text_financing_readiness", RECORD_NUMBER},
	[C_TEXT_INTENT] = {"text_intent", RECORD_NUMBER},
	[C_TEXT_LOCATION_SPECIFICITY] = {"text_location_specificity", RECORD_NUMBER},
	[C_TEXT_EXPERIENCE] = {"text_experience", RECORD_NUMBER},
	[C_TEXT_OBJECTIONS] = {"text_objections", RECORD_NUMBER},
	[C_TEXT_OBJECTION_KINDS] = {"text_objection_kinds", RECORD_NUMBER},
	[C_TEXT_JOB_STABILITY] = {"text_job_stability", RECORD_NUMBER},
	[C_TEXT_FAMILY_SIZE] = {"text_family_size", RECORD_NUMBER},
	[C_LEXICON] = {"lexicon", RECORD_NUMBER},
};
const int jorge_lead_ncolumns = lengthof(jorge_lead_columns);

StaticAssertDecl(lengthof(jorge_lead_columns) == LEAD_COLUMNS, "every lead column has a name");

/*
 * Take a number as it is, NAN where it is missing or infinite
 */
static double
number_of(const RecordValue *value)
{
	return jorge_number_or_nan(value->as.number, !(fabs(value->as.number) <= DBL_MAX));
}

/*
 * Take a count, NAN where it is missing or impossible
 */
static double
count_of(const RecordValue *value)
{
	double count = value->as.number;

	return jorge_number_or_nan(count, !((count >= 0) & (count <= COUNT_MAX)));
}

/*
 * Take a count of a summary, -1 where it is missing or impossible
 */
static int64
whole_count_of(const RecordValue *value)
{
	double count = count_of(value);

	return (int64) (count > -1.0 ? count : -1.0); /* a maximum that NAN loses */
}

/*
 * Take the first of some moments that is known and finite
 */
static bool
first_time_of(const RecordValue *values, const LeadColumn *columns, int n, TimestampTz *at)
{
	for (int i = 0; i < n; i++)
	{
		TimestampTz time = values[columns[i]].as.time;

		if (!TIMESTAMP_NOT_FINITE(time))
		{
			*at = time;
			return true;
		}
	}
	return false;
}

/*
 * Add up those counts that are known, NAN where none is
 */
static double
sum_of_known(const double *counts, int n)
{
	double sum = NAN;

	for (int i = 0; i < n; i++)
		if (!isnan(counts[i]))
			sum = (isnan(sum) ? 0 : sum) + counts[i];
	return sum;
}

/*
 * Read a summary from the text_* columns
 */
static void
summary_from_columns(const RecordValue *values, TextSummary *text)
{
	int64 kinds = whole_count_of(&values[C_TEXT_OBJECTION_KINDS]);

	text->messages = (int) whole_count_of(&values[C_TEXT_MESSAGES]);
	text->length = whole_count_of(&values[C_TEXT_LENGTH]);
	text->words = whole_count_of(&values[C_TEXT_WORDS]);
	text->question_marks = whole_count_of(&values[C_TEXT_QUESTION_MARKS]);
	text->questions = whole_count_of(&values[C_TEXT_QUESTIONS]);
	text->exclamation_marks = whole_count_of(&values[C_TEXT_EXCLAMATION_MARKS]);
	text->sentiment = number_of(&values[C_TEXT_SENTIMENT]);
	text->budget_min = number_of(&values[C_TEXT_BUDGET_MIN]);
	text->budget_max = number_of(&values[C_TEXT_BUDGET_MAX]);
	text->budget_specificity = number_of(&values[C_TEXT_BUDGET_SPECIFICITY]);
	text->price_ranges = (int) whole_count_of(&values[C_TEXT_PRICE_RANGES]);
	text->timeline_urgency = number_of(&values[C_TEXT_TIMELINE_URGENCY]);
	text->financing_readiness = number_of(&values[C_TEXT_FINANCING_READINESS]);
	text->intent = number_of(&values[C_TEXT_INTENT]);
	text->location_specificity = number_of(&values[C_TEXT_LOCATION_SPECIFICITY]);
	text->experience = number_of(&values[C_TEXT_EXPERIENCE]);
	text->objections = (int) whole_count_of(&values[C_TEXT_OBJECTIONS]);
	text->objection_kinds = kinds < 0 ? -1 : (int) (kinds & ((1 << TEXT_OBJECTIONS) - 1));
	text->job_stability = number_of(&values[C_TEXT_JOB_STABILITY]);
	text->family_size = number_of(&values[C_TEXT_FAMILY_SIZE]);
	text->lexicon = (int) Max(whole_count_of(&values[C_LEXICON]), 0);
}

/*
 * Fill a LeadInput from the values of one row
 */
void
jorge_lead_input(const RecordValue *values, LeadInput *input)
{
	static const LeadColumn arrival[] = {C_FIRST_SEEN_AT, C_RECEIVED_AT, C_CREATED_AT};
	static const LeadColumn first_outbound[] = {C_FIRST_OUTBOUND_AT};

	input->budget_min = number_of(&values[C_BUDGET_MIN]);
	input->budget_max = number_of(&values[C_BUDGET_MAX]);
	input->source = values[C_FIRST_SOURCE].as.text;
	if (jorge_record_trim(input->source).length == 0)
		input->source = values[C_SOURCE].as.text;
	input->side = values[C_SIDE].as.text;
	input->timeline = values[C_TIMELINE].as.text;
	input->financing = values[C_FINANCING].as.text;
	input->area = values[C_AREA].as.text;
	input->city = values[C_CITY].as.text;
	input->postal_code = values[C_POSTAL_CODE].as.text;
	input->street = values[C_STREET].as.text;
	input->time_zone = values[C_TIME_ZONE].as.text;
	input->message = values[C_MESSAGE].as.text;

	input->has_arrival =
		first_time_of(values, arrival, lengthof(arrival), &input->arrived_at);
	input->inquiries = count_of(&values[C_INQUIRIES]);

	input->inbound = count_of(&values[C_INBOUND]);
	input->outbound = count_of(&values[C_OUTBOUND]);
	input->calls = count_of(&values[C_CALLS]);
	input->visits = count_of(&values[C_VISITS]);
	input->interactions = count_of(&values[C_INTERACTIONS]);
	if (isnan(input->interactions))
	{
		double counts[] = {input->inbound, input->outbound, input->calls, input->visits};

		input->interactions = sum_of_known(counts, lengthof(counts));
	}
	input->has_first_outbound = first_time_of(values, first_outbound, lengthof(first_outbound),
											  &input->first_outbound_at);
	input->replies = count_of(&values[C_REPLIES]);
	input->reply_seconds = number_of(&values[C_REPLY_SECONDS]);

	if (!isnan(count_of(&values[C_TEXT_MESSAGES])))
	{
		summary_from_columns(values, &input->text);
		input->has_text = input->text.messages > 0;
		return;
	}
	jorge_text_summary_clear(&input->text);
	if (jorge_record_trim(input->message).length > 0)
	{
		TextSignals signals;

		jorge_text_scan(input->message.data, input->message.length, NULL, &signals);
		jorge_text_summary_add(&input->text, &signals);
	}
	input->has_text = input->text.messages > 0;
}

void
jorge_lead_reader_init(LeadReader *reader, MemoryContext mcxt)
{
	reader->record = jorge_record_reader(mcxt, jorge_lead_columns, jorge_lead_ncolumns);
	reader->values = MemoryContextAlloc(mcxt, sizeof(RecordValue) * jorge_lead_ncolumns);
}

void
jorge_lead_read_row(LeadReader *reader, FunctionCallInfo fcinfo, LeadInput *input)
{
	jorge_record_read(reader->record, PG_GETARG_HEAPTUPLEHEADER(0), reader->values);
	jorge_lead_input(reader->values, input);
}

void
jorge_lead_read_columns(LeadReader *reader, FunctionCallInfo fcinfo, int first, LeadInput *input)
{
	jorge_record_read_arguments(reader->record, fcinfo, 0, first, reader->values);
	jorge_lead_input(reader->values, input);
}
