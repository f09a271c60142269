/*
 * catalogue.c: what each feature is.
 *
 * The one place that describes features: the view jorge.feature and doc/features.md show it.
 */
#include "core/jorge.h"

#include "features/features.h"
#include "funcapi.h"
#include "utils/builtins.h"

#define NO_MESSAGE "no message"
#define NO_SOURCE "no source"
#define NO_MOMENT "neither arrival nor as_of is a finite time"

const FeatureInfo jorge_feature_catalogue[JORGE_FEATURES] = {
	[F_MESSAGE_LENGTH] = {
		.name = "message_length",
		.unit = "characters",
		.range = ">= 0",
		.description = "Characters other than white space in all messages",
		.missing = NO_MESSAGE,
	},
	[F_WORD_COUNT] = {
		.name = "word_count",
		.unit = "words",
		.range = ">= 0",
		.description = "Words in all messages",
		.missing = NO_MESSAGE,
	},
	[F_QUESTION_MARKS] = {
		.name = "question_marks",
		.unit = "marks",
		.range = ">= 0",
		.description = "Question marks in all messages",
		.missing = NO_MESSAGE,
	},
	[F_EXCLAMATION_MARKS] = {
		.name = "exclamation_marks",
		.unit = "marks",
		.range = ">= 0",
		.description = "Exclamation marks in all messages",
		.missing = NO_MESSAGE,
	},
	[F_MESSAGE_LENGTH_AVG] = {
		.name = "message_length_avg",
		.unit = "characters",
		.range = ">= 0",
		.description = "message_length / number of messages",
		.missing = NO_MESSAGE,
	},
	[F_QUESTIONS_ASKED] = {
		.name = "questions_asked",
		.unit = "sentences",
		.range = ">= 0",
		.description = "Sentences that ask, with or without a question mark",
		.missing = NO_MESSAGE,
	},
	[F_SENTIMENT_SCORE] = {
		.name = "sentiment_score",
		.unit = "score",
		.range = "-1..1",
		.description =
			"Mean over messages of their sentiment: -1 negative, 0 neutral, 1 positive",
		.missing = NO_MESSAGE,
	},
	[F_HAS_SPECIFIC_BUDGET] = {
		.name = "has_specific_budget",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if both budget fields are stated or budget_specificity >= 0.7",
		.missing = "no message and no plausible budget field",
	},
	[F_PRICE_RANGE_MENTIONED] = {
		.name = "price_range_mentioned",
		.unit = "flag",
		.range = "0 or 1",
		.description =
			"1 if a message gave two bounds, or the budget fields state two different ones",
		.missing = "no message and no plausible budget field",
	},
	[F_FINANCING_MENTIONED] = {
		.name = "financing_mentioned",
		.unit = "flag",
		.range = "0 or 1",
		.description =
			"1 if a message or the financing field tells how the purchase is paid "
			"(financing_readiness is known)",
		.missing = "no message and no financing field",
	},
	[F_BUDGET_MIDPOINT] = {
		.name = "budget_midpoint",
		.unit = "US dollars",
		.range = "> 0, <= 1e9",
		.description =
			"(lower + upper bound) / 2, or the only bound. Fields win over messages; an amount that "
			"is 0, negative, infinite or above 1e9 is none; bounds in the wrong order are swapped",
		.missing = "no budget known",
	},
	[F_BUDGET_RANGE] = {
		.name = "budget_range",
		.unit = "US dollars",
		.range = "0..1e9",
		.description = "Upper - lower bound of the budget, 0 for a single figure",
		.missing = "a bound is open or no budget known",
	},
	[F_BUDGET_SPECIFICITY] = {
		.name = "budget_specificity",
		.unit = "score",
		.range = "0..1",
		.description =
			"1 one exact figure ... 0 vague. From fields: 1 for a single figure, 0.5 for one bound, "
			"else max(0.3, 0.9 - 0.6 (upper - lower) / midpoint); else as the latest message stated it",
		.missing = "no budget known, and none called open",
	},
	[F_TIMELINE_URGENCY] = {
		.name = "timeline_urgency",
		.unit = "score",
		.range = "0..1",
		.description =
			"0 no rush ... 1 now, as the latest message stated it, else the timeline field",
		.missing = "no timeline known",
	},
	[F_FINANCING_READINESS] = {
		.name = "financing_readiness",
		.unit = "score",
		.range = "0..1",
		.description =
			"0 not ready ... 1 cash, as the latest message stated it, else the financing field",
		.missing = "no financing state known",
	},
	[F_RESPONSE_TIME_HOURS] = {
		.name = "response_time_hours",
		.unit = "hours",
		.range = ">= 0",
		.description = "Mean time the lead takes to answer: reply_seconds / replies / 3600",
		.missing = "no reply yet, or not told",
	},
	[F_RESPONSE_TIME_LOG] = {
		.name = "response_time_log",
		.unit = "ln(hours)",
		.range = ">= 0",
		.description = "ln(1 + response_time_hours)",
		.missing = "no reply yet, or not told",
	},
	[F_FIRST_RESPONSE_HOURS] = {
		.name = "first_response_hours",
		.unit = "hours",
		.range = ">= 0",
		.description =
			"Time we took to contact the lead: first_outbound_at - arrival, 0 if we were first",
		.missing = "arrival or first contact not known, or later than as_of",
	},
	[F_NUM_INTERACTIONS] = {
		.name = "num_interactions",
		.unit = "interactions",
		.range = ">= 0",
		.description =
			"Column interactions, else the sum of inbound, outbound, calls and visits as far as known",
		.missing = "none of these columns",
	},
	[F_INTERACTIONS_LOG] = {
		.name = "interactions_log",
		.unit = "ln(interactions)",
		.range = ">= 0",
		.description = "ln(1 + num_interactions)",
		.missing = "num_interactions is",
	},
	[F_ENGAGEMENT_SCORE] = {
		.name = "engagement_score",
		.unit = "points",
		.range = "0..100",
		.description =
			"min(5 inbound, 30) + 20 / (1 + response_time_hours) + min(5 calls, 15) + min(10 visits, "
			"20) + min(2 questions_asked, 10) + min(2.5 (inquiries - 1), 5); what isn't known earns 0",
		.missing = "none of these is known",
	},
	[F_ENGAGEMENT_NORMALIZED] = {
		.name = "engagement_normalized",
		.unit = "score",
		.range = "0..1",
		.description = "engagement_score / 100",
		.missing = "engagement_score is",
	},
	[F_IS_WEEKEND] = {
		.name = "is_weekend",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the lead arrived on a Saturday or Sunday",
		.missing = NO_MOMENT,
	},
	[F_IS_BUSINESS_HOURS] = {
		.name = "is_business_hours",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the lead arrived Monday to Friday from 9:00 to 17:59",
		.missing = NO_MOMENT,
	},
	[F_DAY_OF_WEEK] = {
		.name = "day_of_week",
		.unit = "day",
		.range = "0..6",
		.description = "Day of arrival, 0 Monday ... 6 Sunday",
		.missing = NO_MOMENT,
	},
	[F_HOUR_OF_DAY] = {
		.name = "hour_of_day",
		.unit = "hour",
		.range = "0..23",
		.description = "Hour of arrival",
		.missing = NO_MOMENT,
	},
	[F_TIME_OF_DAY] = {
		.name = "time_of_day",
		.unit = "code",
		.range = "0..3",
		.description =
			"Part of the day of arrival: 0 night 0-5, 1 morning 6-11, 2 afternoon 12-17, 3 evening "
			"18-23 hours",
		.missing = NO_MOMENT,
	},
	[F_MONTH] = {
		.name = "month",
		.unit = "month",
		.range = "1..12",
		.description = "Month of arrival",
		.missing = NO_MOMENT,
	},
	[F_SEASON] = {
		.name = "season",
		.unit = "code",
		.range = "0..3",
		.description =
			"Season of arrival: 0 winter (December to February), 1 spring, 2 summer, 3 autumn",
		.missing = NO_MOMENT,
	},
	[F_SOURCE_GHL] = {
		.name = "source_ghl",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the first source is ghl or gohighlevel",
		.missing = NO_SOURCE,
	},
	[F_SOURCE_ZILLOW] = {
		.name = "source_zillow",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the first source is zillow",
		.missing = NO_SOURCE,
	},
	[F_SOURCE_REALTOR_COM] = {
		.name = "source_realtor_com",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the first source is realtor_com, realtor.com or realtor",
		.missing = NO_SOURCE,
	},
	[F_SOURCE_FACEBOOK] = {
		.name = "source_facebook",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the first source is facebook or facebook_leads",
		.missing = NO_SOURCE,
	},
	[F_SOURCE_EMAIL] = {
		.name = "source_email",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the first source is email, e-mail or email_forwarded",
		.missing = NO_SOURCE,
	},
	[F_SOURCE_OTHER] = {
		.name = "source_other",
		.unit = "flag",
		.range = "0 or 1",
		.description = "1 if the first source is none of the others",
		.missing = NO_SOURCE,
	},
	[F_LOCATION_SPECIFICITY] = {
		.name = "location_specificity",
		.unit = "score",
		.range = "0..1",
		.description =
			"How closely the wished place is known: the greater of what a message said (0 if it names no "
			"place) and the fields (street 1, postal_code 0.7, area 0.5, city 0.3)",
		.missing = "no message and no place in fields",
	},
	[F_PREVIOUS_REAL_ESTATE_EXPERIENCE] = {
		.name = "previous_real_estate_experience",
		.unit = "score",
		.range = "0..1",
		.description =
			"1 has bought or sold before, 0 first time, as the latest message stated it",
		.missing = "not said",
	},
	[F_MESSAGE_INTENT] = {
		.name = "message_intent",
		.unit = "score",
		.range = "0..1",
		.description =
			"How much the messages ask to act (a visit, an offer, a call): the strongest since the "
			"lead last asked for no further contact, which is 0",
		.missing = NO_MESSAGE,
	},
	[F_OBJECTIONS] = {
		.name = "objections",
		.unit = "categories",
		.range = "0..8",
		.description = "Different categories of objection raised in messages",
		.missing = NO_MESSAGE,
	},
	[F_IS_SELLER] = {
		.name = "is_seller",
		.unit = "score",
		.range = "0, 0.5 or 1",
		.description = "Side: 0 buyer, 0.5 both, 1 seller",
		.missing = "side is none of these",
	},
	[F_INQUIRIES] = {
		.name = "inquiries",
		.unit = "arrivals",
		.range = ">= 0",
		.description = "Times the lead arrived, from any source",
		.missing = "no such column",
	},
	[F_VISITS] = {
		.name = "visits",
		.unit = "visits",
		.range = ">= 0",
		.description = "Visits, as of a property or the office",
		.missing = "no such column",
	},
	[F_INBOUND_SHARE] = {
		.name = "inbound_share",
		.unit = "share",
		.range = "0..1",
		.description = "inbound / (inbound + outbound) messages",
		.missing = "either count not known, or both 0",
	},
	[F_JOB_STABILITY_SCORE] = {
		.name = "job_stability_score",
		.unit = "score",
		.range = "0..1",
		.description =
			"Protected (source of income). 0 unstable ... 1 stable work, as the latest message stated"
			" it",
		.missing = "not said",
		.protected = true,
	},
	[F_FAMILY_SIZE_MENTIONED] = {
		.name = "family_size_mentioned",
		.unit = "persons",
		.range = "0..1000",
		.description =
			"Protected (familial status). Persons of the family, as the latest message stated it",
		.missing = "not said",
		.protected = true,
	},
};

JORGE_FUNCTION(jorge_feature_list);

/* Features in order of their names, made when first needed */
static int by_name[JORGE_FEATURES];

/*
 * Compare two positions by the names behind them
 */
static int
compare_names(const void *a, const void *b)
{
	return strcmp(jorge_feature_catalogue[*(const int *) a].name,
				  jorge_feature_catalogue[*(const int *) b].name);
}

/*
 * Find a feature by its name
 */
int
jorge_feature_id(const char *name)
{
	int low = 0;
	int high = JORGE_FEATURES - 1;

	if (by_name[0] == by_name[1])
	{
		for (int i = 0; i < JORGE_FEATURES; i++)
			by_name[i] = i;
		qsort(by_name, JORGE_FEATURES, sizeof(int), compare_names);
	}
	while (low <= high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(name, jorge_feature_catalogue[by_name[middle]].name);

		if (order == 0)
			return by_name[middle];
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return -1;
}

/*
 * Tell whether a name is that of a protected feature
 */
bool
jorge_feature_is_protected(const char *name)
{
	int feature = jorge_feature_id(name);

	return feature >= 0 && jorge_feature_catalogue[feature].protected;
}

/*
 * List the catalogue in its order
 */
Datum
jorge_feature_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < JORGE_FEATURES; i++)
	{
		const FeatureInfo *feature = &jorge_feature_catalogue[i];
		bool nulls[7] = {false};
		Datum values[7];

		values[0] = Int32GetDatum(i + 1);
		values[1] = CStringGetTextDatum(feature->name);
		values[2] = CStringGetTextDatum(feature->unit);
		values[3] = CStringGetTextDatum(feature->range);
		values[4] = CStringGetTextDatum(feature->description);
		values[5] = CStringGetTextDatum(feature->missing);
		values[6] = BoolGetDatum(feature->protected);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
