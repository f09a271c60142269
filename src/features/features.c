/*
 * features.c: features of a lead from what is known of it.
 *
 * The rules are those of the catalogue (catalogue.c); the constants are here. Pure: as_of and the zone
 * are arguments, nothing else is looked at.
 */
#include "core/jorge.h"

#include "common/hashfn.h"
#include "features/features.h"
#include "features/local_time.h"
#include "port/pg_bitutils.h"
#include "utils/timestamp.h"

/* A budget beyond this is a slip of the keyboard or a joke (US dollars). */
#define BUDGET_MAX 1e9

/* A budget at least this specific counts as a specific one; a float, as the scanner gives it. */
#define SPECIFIC_BUDGET 0.7f

/* Specificity of a budget stated in fields, on the scale of the scanner (text/amount.c) */
#define SPECIFICITY_EXACT 1.0
#define SPECIFICITY_ONE_BOUND 0.5
#define SPECIFICITY_RANGE 0.9 /* less SLOPE times width / midpoint, but at least MIN */
#define SPECIFICITY_RANGE_SLOPE 0.6
#define SPECIFICITY_RANGE_MIN 0.3

/* More seconds or hours than this are an error of the data. */
#define SECONDS_MAX 1e12

/* Longest source or side that we know, and to spare */
#define WORD_MAX 24

/* Most points each kind of engagement can earn; they sum to 100 */
#define POINTS_PER_INBOUND 5.0
#define POINTS_INBOUND 30.0
#define POINTS_SPEED 20.0 /* for an instant reply; half of it at an hour */
#define POINTS_PER_CALL 5.0
#define POINTS_CALLS 15.0
#define POINTS_PER_VISIT 10.0
#define POINTS_VISITS 20.0
#define POINTS_PER_QUESTION 2.0
#define POINTS_QUESTIONS 10.0
#define POINTS_PER_FURTHER_INQUIRY 2.5
#define POINTS_INQUIRIES 5.0

/* Fields of up to so many bytes are remembered, in so many slots (a power of two). */
#define FIELD_MAX 46
#define FIELD_SLOTS 256

/* What a field says; the lexicon is the built-in one, which never changes */
typedef struct FieldSaid
{
	char text[FIELD_MAX];
	int16 length; /* 0 = unused */
	float timeline_urgency;
	float financing_readiness;
} FieldSaid;

/* What is known of the budget, fields and messages taken together */
typedef struct Budget
{
	double min, max; /* NAN = open or unknown */
	double specificity;
	bool stated;	 /* in fields */
} Budget;

/*
 * Tell whether a text field has anything in it
 */
static bool
is_given(RecordText text)
{
	return jorge_record_trim(text).length > 0;
}

/*
 * Tell whether there is any message
 */
static bool
has_messages(const LeadInput *input)
{
	return input->has_text && input->text.messages > 0;
}

/*
 * Write a text as a word: without white space around it, in lower case (ASCII), separators as "_". Returns its
 * length, 0 for one longer than any word we know.
 */
static int
fold_word(RecordText text, char word[WORD_MAX])
{
	text = jorge_record_trim(text);
	if (text.length > WORD_MAX)
		return 0;
	for (int i = 0; i < text.length; i++)
	{
		char c = text.data[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		else if (c == ' ' || c == '.' || c == '-')
			c = '_';
		word[i] = c;
	}
	return text.length;
}

/*
 * Keep a value in 0 ... 1, NAN where it is unknown
 */
static double
unit_interval(double x)
{
	return jorge_number_or_nan(Min(Max(x, 0.0), 1.0), isnan(x));
}

/*
 * Drop a value outside 0 ... most
 */
static double
within(double x, double most)
{
	return jorge_number_or_nan(x, !((x >= 0) & (x <= most)));
}

/*
 * Turn a count of a summary into a number, NAN for one that isn't known
 */
static double
known_count(int64 count)
{
	return jorge_number_or_nan((double) count, count < 0);
}

/*
 * Prefer the first of two values, NAN where neither is known
 */
static double
either(double first, double second)
{
	return isnan(first) ? second : first;
}

/*
 * Drop an amount that is no budget
 */
static double
plausible_amount(double dollars)
{
	return jorge_number_or_nan(dollars, !((dollars > 0) & (dollars <= BUDGET_MAX)));
}

/*
 * Bring the budget of fields and messages together: fields win as a pair, bounds of both never mix
 */
static Budget
resolve_budget(const LeadInput *input)
{
	Budget budget;

	budget.min = plausible_amount(input->budget_min);
	budget.max = plausible_amount(input->budget_max);
	budget.stated = !isnan(budget.min) || !isnan(budget.max);
	if (!budget.stated)
	{
		budget.min = plausible_amount(input->text.budget_min);
		budget.max = plausible_amount(input->text.budget_max);
	}
	if (budget.min > budget.max)
	{
		double lower = budget.max;

		budget.max = budget.min;
		budget.min = lower;
	}

	if (!budget.stated)
		budget.specificity = unit_interval(input->text.budget_specificity);
	else if (isnan(budget.min) || isnan(budget.max))
		budget.specificity = SPECIFICITY_ONE_BOUND;
	else if (budget.min == budget.max)
		budget.specificity = SPECIFICITY_EXACT;
	else
	{
		double midpoint = (budget.min + budget.max) / 2;

		budget.specificity =
			Max(SPECIFICITY_RANGE - SPECIFICITY_RANGE_SLOPE * (budget.max - budget.min) / midpoint,
				SPECIFICITY_RANGE_MIN);
	}
	return budget;
}

/*
 * Features of what the messages say, all missing where there are none
 */
static void
text_features(const LeadInput *input, float *f)
{
	const TextSummary *text = &input->text;

	if (!has_messages(input))
		return;

	f[F_MESSAGE_LENGTH] = known_count(text->length);
	f[F_WORD_COUNT] = known_count(text->words);
	f[F_QUESTION_MARKS] = known_count(text->question_marks);
	f[F_EXCLAMATION_MARKS] = known_count(text->exclamation_marks);
	f[F_QUESTIONS_ASKED] = known_count(text->questions);
	f[F_MESSAGE_LENGTH_AVG] = known_count(text->length) / text->messages;
	f[F_SENTIMENT_SCORE] = jorge_number_or_nan(Min(Max(text->sentiment / text->messages, -1.0), 1.0),
											   isnan(text->sentiment));
	f[F_PREVIOUS_REAL_ESTATE_EXPERIENCE] = unit_interval(text->experience);
	f[F_MESSAGE_INTENT] = unit_interval(text->intent);
	f[F_OBJECTIONS] = known_count(text->objection_kinds < 0 ? -1 : pg_popcount32((uint32) text->objection_kinds));
}

/*
 * Read a field with the words of messages
 *
 * Forms offer a few answers, so the same texts come again and again: short ones are remembered with what they say.
 */
static const FieldSaid *
said_in_field(RecordText field)
{
	static FieldSaid remembered[FIELD_SLOTS];
	static FieldSaid last;
	FieldSaid *said = &last;
	TextSignals signals;

	if (field.length <= FIELD_MAX)
	{
		said = &remembered[hash_bytes((const unsigned char *) field.data, field.length) & (FIELD_SLOTS - 1)];
		if (said->length == field.length && memcmp(said->text, field.data, field.length) == 0)
			return said;
	}
	said->length = 0; /* unused, should the scan fail; no field that is given is empty */
	jorge_text_scan(field.data, field.length, NULL, &signals);
	said->timeline_urgency = signals.timeline_urgency;
	said->financing_readiness = signals.financing_readiness;
	if (field.length <= FIELD_MAX)
	{
		memcpy(said->text, field.data, field.length);
		said->length = field.length;
	}
	return said;
}

/*
 * Features of budget, timeline and financing
 */
static void
wish_features(const LeadInput *input, float *f)
{
	Budget budget = resolve_budget(input);
	bool bounded = !isnan(budget.min) && !isnan(budget.max);
	double urgency = input->text.timeline_urgency;
	double readiness = input->text.financing_readiness;

	if (budget.stated || has_messages(input))
	{
		f[F_HAS_SPECIFIC_BUDGET] =
			(budget.stated && bounded) || budget.specificity >= SPECIFIC_BUDGET;
		if (budget.stated && bounded && budget.min < budget.max)
			f[F_PRICE_RANGE_MENTIONED] = 1;
		else if (!has_messages(input))
			f[F_PRICE_RANGE_MENTIONED] = 0;
		else if (input->text.price_ranges >= 0)
			f[F_PRICE_RANGE_MENTIONED] = input->text.price_ranges > 0;
	}
	if (bounded)
	{
		f[F_BUDGET_MIDPOINT] = (budget.min + budget.max) / 2;
		f[F_BUDGET_RANGE] = budget.max - budget.min;
	}
	else
		f[F_BUDGET_MIDPOINT] = either(budget.min, budget.max);
	f[F_BUDGET_SPECIFICITY] = budget.specificity;

	/* a field is read with the same words as a message */
	if (isnan(urgency) && is_given(input->timeline))
		urgency = said_in_field(input->timeline)->timeline_urgency;
	if (isnan(readiness) && is_given(input->financing))
		readiness = said_in_field(input->financing)->financing_readiness;
	f[F_TIMELINE_URGENCY] = unit_interval(urgency);
	f[F_FINANCING_READINESS] = unit_interval(readiness);
	if (has_messages(input) || is_given(input->financing) || !isnan(readiness))
		f[F_FINANCING_MENTIONED] = !isnan(readiness);
}

/*
 * Points for one kind of engagement, counted as known where it is
 */
static double
points(double count, double each, double most, bool *known)
{
	*known |= !isnan(count);
	return Min(Max(count, 0.0) * each, most); /* NAN loses to 0 */
}

/*
 * Features of the conversation
 */
static void
conversation_features(const LeadInput *input, TimestampTz as_of, float *f)
{
	double hours = NAN;
	bool known = false;
	double score;

	if (input->replies > 0)
		hours = within(input->reply_seconds, SECONDS_MAX) / input->replies / SECS_PER_HOUR;
	f[F_RESPONSE_TIME_HOURS] = hours;
	f[F_RESPONSE_TIME_LOG] = log1p(hours);

	if (input->has_arrival && input->has_first_outbound && input->arrived_at <= as_of &&
		input->first_outbound_at <= as_of && !TIMESTAMP_NOT_FINITE(input->arrived_at) &&
		!TIMESTAMP_NOT_FINITE(input->first_outbound_at))
	{
		/* in floating point: the difference of two timestamps can exceed int64 */
		double waited = ((double) input->first_outbound_at - (double) input->arrived_at) /
						(double) USECS_PER_HOUR;

		f[F_FIRST_RESPONSE_HOURS] = Max(waited, 0.0);
	}

	f[F_NUM_INTERACTIONS] = input->interactions;
	f[F_INTERACTIONS_LOG] = log1p(input->interactions);
	f[F_INQUIRIES] = input->inquiries;
	f[F_VISITS] = input->visits;
	if (input->inbound + input->outbound > 0)
		f[F_INBOUND_SHARE] = input->inbound / (input->inbound + input->outbound);

	score = points(input->inbound, POINTS_PER_INBOUND, POINTS_INBOUND, &known) +
			points(1 / (1 + hours), POINTS_SPEED, POINTS_SPEED, &known) +
			points(input->calls, POINTS_PER_CALL, POINTS_CALLS, &known) +
			points(input->visits, POINTS_PER_VISIT, POINTS_VISITS, &known) +
			points(f[F_QUESTIONS_ASKED], POINTS_PER_QUESTION, POINTS_QUESTIONS, &known) +
			points(input->inquiries - 1, POINTS_PER_FURTHER_INQUIRY, POINTS_INQUIRIES, &known);
	if (known)
	{
		f[F_ENGAGEMENT_SCORE] = score;
		f[F_ENGAGEMENT_NORMALIZED] = score / 100;
	}
}

/*
 * Find the zone that a lead's clock shows, by its row or by the caller's argument
 */
static const pg_tz *
resolve_zone(const LeadInput *input, const char *zone)
{
	RecordText name = jorge_record_trim(input->time_zone);
	const pg_tz *own = jorge_zone(name.data, name.length);
	const pg_tz *given = zone == NULL ? jorge_zone_utc() : jorge_zone(zone, strlen(zone));

	/* an error whatever the row says: a wrong argument must not show only with some rows */
	if (given == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("unknown time zone \"%s\"", zone == NULL ? "UTC" : zone),
						errhint("Give an IANA name such as 'America/Chicago'; see the view "
								"pg_timezone_names.")));
	return own != NULL ? own : given;
}

/*
 * Features of the moment the lead arrived
 */
static void
time_features(const LeadInput *input, TimestampTz as_of, const char *zone, float *f)
{
	bool arrived = input->has_arrival && !TIMESTAMP_NOT_FINITE(input->arrived_at) &&
				   input->arrived_at <= as_of;
	LocalTime local;

	if (!jorge_local_time(arrived ? input->arrived_at : as_of, resolve_zone(input, zone), &local))
		return;
	f[F_DAY_OF_WEEK] = local.weekday;
	f[F_IS_WEEKEND] = local.weekday >= 5;
	f[F_IS_BUSINESS_HOURS] = local.weekday < 5 && local.hour >= 9 && local.hour < 18;
	f[F_HOUR_OF_DAY] = local.hour;
	f[F_TIME_OF_DAY] = local.hour / 6;
	f[F_MONTH] = local.month;
	f[F_SEASON] = local.month % 12 / 3;
}

/*
 * Indicators of the source: one of them is 1
 */
static void
source_features(const LeadInput *input, float *f)
{
#define SOURCE(name, feature) {name, sizeof(name) - 1, F_SOURCE_##feature}
	static const struct
	{
		const char *name;
		int length;
		FeatureId feature;
	} sources[] = {
		SOURCE("ghl", GHL),
		SOURCE("gohighlevel", GHL),
		SOURCE("zillow", ZILLOW),
		SOURCE("realtor_com", REALTOR_COM),
		SOURCE("realtor", REALTOR_COM),
		SOURCE("facebook", FACEBOOK),
		SOURCE("facebook_leads", FACEBOOK),
		SOURCE("email", EMAIL),
		SOURCE("e_mail", EMAIL),
		SOURCE("email_forwarded", EMAIL),
	};
#undef SOURCE
	FeatureId found = F_SOURCE_OTHER;
	char word[WORD_MAX];
	int length;

	if (!is_given(input->source))
		return;
	length = fold_word(input->source, word);
	for (int i = 0; i < lengthof(sources); i++)
		if (length == sources[i].length && memcmp(word, sources[i].name, length) == 0)
		{
			found = sources[i].feature;
			break;
		}
	for (int feature = F_SOURCE_GHL; feature <= F_SOURCE_OTHER; feature++)
		f[feature] = feature == found;
}

/*
 * Is it a seller: 1, a buyer: 0, both: 0.5; NAN where it isn't told
 */
static float
seller(RecordText side)
{
	char word[WORD_MAX];
	int length = fold_word(side, word);

	if (length == 5 && memcmp(word, "buyer", 5) == 0)
		return 0;
	if (length == 4 && memcmp(word, "both", 4) == 0)
		return 0.5;
	if (length == 6 && memcmp(word, "seller", 6) == 0)
		return 1;
	return NAN;
}

/*
 * How closely the wished place is known, from messages and from the most precise field
 */
static double
location_specificity(const LeadInput *input)
{
	double said = has_messages(input) ? unit_interval(input->text.location_specificity) : NAN;
	double field = is_given(input->street)		  ? 1
				   : is_given(input->postal_code) ? 0.7
				   : is_given(input->area)		  ? 0.5
				   : is_given(input->city)		  ? 0.3
												  : NAN;

	return isnan(said) || field > said ? field : said;
}

/*
 * Compute all features
 */
void
jorge_features_compute(const LeadInput *input, TimestampTz as_of, const char *zone,
					   float features[JORGE_FEATURES])
{
	for (int i = 0; i < JORGE_FEATURES; i++)
		features[i] = NAN;

	text_features(input, features);
	wish_features(input, features);
	conversation_features(input, as_of, features); /* after text: questions earn points */
	time_features(input, as_of, zone, features);
	source_features(input, features);

	features[F_LOCATION_SPECIFICITY] = location_specificity(input);
	features[F_IS_SELLER] = seller(input->side);
	features[F_JOB_STABILITY_SCORE] = unit_interval(input->text.job_stability);
	features[F_FAMILY_SIZE_MENTIONED] = within(input->text.family_size, 1000);
}
