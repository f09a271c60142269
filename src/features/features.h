/*
 * features.h: the feature catalogue, and features of a lead from what is known of it.
 *
 * Pure: a feature depends on the LeadInput, as_of and zone only; no setting, table or session state.
 * The catalogue is append-only: a position, once given, never changes its meaning.
 */
#ifndef JORGE_FEATURES_H
#define JORGE_FEATURES_H

#include "core/record.h"
#include "datatype/timestamp.h"
#include "text/text.h"

typedef enum FeatureId
{
	F_MESSAGE_LENGTH,
	F_WORD_COUNT,
	F_QUESTION_MARKS,
	F_EXCLAMATION_MARKS,
	F_MESSAGE_LENGTH_AVG,
	F_QUESTIONS_ASKED,
	F_SENTIMENT_SCORE,
	F_HAS_SPECIFIC_BUDGET,
	F_PRICE_RANGE_MENTIONED,
	F_FINANCING_MENTIONED,
	F_BUDGET_MIDPOINT,
	F_BUDGET_RANGE,
	F_BUDGET_SPECIFICITY,
	F_TIMELINE_URGENCY,
	F_FINANCING_READINESS,
	F_RESPONSE_TIME_HOURS,
	F_RESPONSE_TIME_LOG,
	F_FIRST_RESPONSE_HOURS,
	F_NUM_INTERACTIONS,
	F_INTERACTIONS_LOG,
	F_ENGAGEMENT_SCORE,
	F_ENGAGEMENT_NORMALIZED,
	F_IS_WEEKEND,
	F_IS_BUSINESS_HOURS,
	F_DAY_OF_WEEK,
	F_HOUR_OF_DAY,
	F_TIME_OF_DAY,
	F_MONTH,
	F_SEASON,
	F_SOURCE_GHL,
	F_SOURCE_ZILLOW,
	F_SOURCE_REALTOR_COM,
	F_SOURCE_FACEBOOK,
	F_SOURCE_EMAIL,
	F_SOURCE_OTHER,
	F_LOCATION_SPECIFICITY,
	F_PREVIOUS_REAL_ESTATE_EXPERIENCE,
	F_MESSAGE_INTENT,
	F_OBJECTIONS,
	F_IS_SELLER,
	F_INQUIRIES,
	F_VISITS,
	F_INBOUND_SHARE,
	F_JOB_STABILITY_SCORE,
	F_FAMILY_SIZE_MENTIONED,
	JORGE_FEATURES
} FeatureId;

typedef struct FeatureInfo
{
	const char *name;
	const char *unit;
	const char *range;
	const char *description;
	const char *missing; /* when the feature is missing (NULL) */
	bool protected;		 /* proxies a protected class: used by no model unless asked for by name */
} FeatureInfo;

/* Indexed by FeatureId */
extern const FeatureInfo jorge_feature_catalogue[JORGE_FEATURES];

/* Position of a feature, -1 if the catalogue has none of that name */
extern int jorge_feature_id(const char *name);
extern bool jorge_feature_is_protected(const char *name);

/*
 * What several messages say together, in the order they arrived: counts add up, the latest stated
 * budget, timeline and financing stand, the strongest intent and location stand; a wish for no further
 * contact sets intent to 0. These are the text_* columns of jorge.lead.
 *
 * NAN = not said; a count of -1 = the row read from has no such column (jorge_text_summary_clear and
 * _add never make one). A message of nothing but white space or protected words isn't counted.
 */
typedef struct TextSummary
{
	int messages;
	int64 length;
	int64 words;
	int64 question_marks;
	int64 questions;
	int64 exclamation_marks;
	double sentiment; /* sum over messages */
	double budget_min;
	double budget_max;
	double budget_specificity;
	int price_ranges;	/* messages that gave two bounds */
	double timeline_urgency;
	double financing_readiness;
	double intent;		/* strongest intent_strength */
	double location_specificity;
	double experience;
	int objections;		/* categories raised, summed over messages */
	int objection_kinds; /* bit set of TextObjection */
	double job_stability; /* protected */
	double family_size;	  /* protected */
	int lexicon;		  /* version of the words that found all this */
} TextSummary;

extern void jorge_text_summary_clear(TextSummary *summary);
extern void jorge_text_summary_add(TextSummary *summary, const TextSignals *signals);

/*
 * What is known of a lead, read from any row that has the columns; NAN = missing, texts have length 0.
 */
typedef struct LeadInput
{
	double budget_min, budget_max; /* as stated in fields */
	RecordText source;
	RecordText side;	  /* buyer, seller, both */
	RecordText timeline;  /* free text, scanned as such where the messages say nothing */
	RecordText financing; /* likewise */
	RecordText area, city, postal_code, street;
	RecordText time_zone; /* IANA name; wins over the zone argument */
	RecordText message;	  /* scanned only where the row carries no text_* columns */

	bool has_arrival;
	TimestampTz arrived_at; /* first_seen_at, else received_at, else created_at */
	double inquiries;

	/* conversation; interactions is NAN where the row carries none of these counters */
	double interactions, inbound, outbound, calls, visits;
	bool has_first_outbound;
	TimestampTz first_outbound_at;
	double replies;		  /* inbound messages that answered an outbound one */
	double reply_seconds; /* time those answers took, summed */

	bool has_text; /* text[] below is filled: from the columns, or by a scan of message */
	TextSummary text;
} LeadInput;

/* The columns of a LeadInput, for jorge_record_reader */
extern const RecordColumn jorge_lead_columns[];
extern const int jorge_lead_ncolumns;

/* Fill input from values read with jorge_lead_columns; scans message if it must. */
extern void jorge_lead_input(const RecordValue *values, LeadInput *input);

/* Features as a float4[] in catalogue order, NAN as NULL */
extern struct ArrayType *jorge_features_array(const float features[JORGE_FEATURES]);

/*
 * Reader of leads for one call site of a function that takes a row as argument 0, or of the form that the planner
 * makes of such a call (support.c): its columns, named by argument 0, from argument first on.
 */
typedef struct LeadReader
{
	RecordReader *record;
	RecordValue *values;
} LeadReader;

extern void jorge_lead_reader_init(LeadReader *reader, MemoryContext mcxt);
extern void jorge_lead_read_row(LeadReader *reader, FunctionCallInfo fcinfo, LeadInput *input);
extern void jorge_lead_read_columns(LeadReader *reader, FunctionCallInfo fcinfo, int first, LeadInput *input);

/*
 * Features in catalogue order, NAN = missing. zone NULL = UTC. ERROR 22023 for an unknown zone argument; an
 * unknown time_zone in the row counts as absent.
 */
extern void jorge_features_compute(const LeadInput *input, TimestampTz as_of, const char *zone,
								   float features[JORGE_FEATURES]);

#endif
