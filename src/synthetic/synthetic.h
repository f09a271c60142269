/*
 * synthetic.h: seeded lead history whose truth is known.
 *
 * A lead is made in two steps. The plan (plan.c) decides what is said and done, when, by whom; the writer
 * (writer.c) puts it into words. The truth (truth.c) reads the plan's facts: only what was said or done,
 * so that a careful reader of the texts, fields and timestamps can know all of it but a small noise.
 *
 * Everything about row number r depends on (seed, r, win_rate) alone: no clock, setting, or state.
 */
#ifndef JORGE_SYNTHETIC_H
#define JORGE_SYNTHETIC_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

/* Rows beyond this would need more phone numbers than the area codes in person.c hold. */
#define SYNTH_MAX_ROWS 10000000

/* The window of arrivals: 730 days, 2024-07-01 to the end of 2026-06-30, Austin time. */
#define SYNTH_DAYS 730
#define SYNTH_HORIZON_DAYS 90 /* every outcome comes within this many days of the arrival */
#define SYNTH_OPEN_DAYS 30	  /* arrivals in the last days of the window have no outcome yet */
#define SYNTH_TALK_DAYS 24	  /* a conversation ends at most so long after the arrival */

/* ---- random numbers (random.c): integers and IEEE additions and multiplications only ---- */

typedef struct SynthRandom
{
	uint64 state;
} SynthRandom;

/* Independent streams of one row */
typedef enum SynthStream
{
	SYNTH_STREAM_PLAN = 1,
	SYNTH_STREAM_PERSON,
	SYNTH_STREAM_WORDS,
	SYNTH_STREAM_OUTCOME,
	SYNTH_STREAM_CALIBRATION
} SynthStream;

extern void jorge_synth_random_init(SynthRandom *random, uint64 seed, uint64 row, SynthStream stream);
extern uint64 jorge_synth_random_next(SynthRandom *random);
extern double jorge_synth_uniform(SynthRandom *random);			/* [0, 1) */
extern int jorge_synth_below(SynthRandom *random, int n);			/* 0 ... n - 1 */
extern bool jorge_synth_chance(SynthRandom *random, double p);
extern double jorge_synth_normal(SynthRandom *random);			/* mean 0, variance 1, within +-6 */
extern int jorge_synth_weighted(SynthRandom *random, const int *weights, int n);
extern double jorge_synth_exp(double x);							/* same bits on every machine */
extern double jorge_synth_log(double x);
extern uint64 jorge_synth_hash(uint64 seed, uint64 value);		/* one-to-one in value */
extern uint32 jorge_synth_permute(uint64 seed, uint32 value, uint32 size); /* one-to-one below size */

/* ---- what can be said ---- */

typedef enum SynthSource
{
	SYNTH_GHL,
	SYNTH_FACEBOOK,
	SYNTH_ZILLOW,
	SYNTH_REALTOR_COM,
	SYNTH_EMAIL,
	SYNTH_SOURCES
} SynthSource;

typedef enum SynthSide
{
	SYNTH_BUYER,
	SYNTH_SELLER,
	SYNTH_BOTH
} SynthSide;

typedef enum SynthFinancing
{
	SYNTH_FINANCING_UNSAID,
	SYNTH_NEEDS_LENDER,
	SYNTH_SELLS_FIRST,
	SYNTH_PREQUALIFIED,
	SYNTH_PREAPPROVED,
	SYNTH_CASH,
	SYNTH_FINANCINGS
} SynthFinancing;

/* When they want to move or sell */
#define SYNTH_TIMELINES 12 /* 1 ... 12; 0 = unsaid */

typedef enum SynthBudgetKind
{
	SYNTH_BUDGET_UNSAID,
	SYNTH_BUDGET_FLEXIBLE, /* "not sure yet", no figure */
	SYNTH_BUDGET_FROM,	   /* low only */
	SYNTH_BUDGET_UP_TO,	   /* high only */
	SYNTH_BUDGET_RANGE,
	SYNTH_BUDGET_AROUND,
	SYNTH_BUDGET_EXACT,
	SYNTH_BUDGETS
} SynthBudgetKind;

/* How much they ask to act; 0 = unsaid */
typedef enum SynthIntent
{
	SYNTH_INTENT_UNSAID,
	SYNTH_INTENT_BROWSE,
	SYNTH_INTENT_INFO,
	SYNTH_INTENT_TALK,
	SYNTH_INTENT_VISIT,
	SYNTH_INTENT_COMMIT,
	SYNTH_INTENTS
} SynthIntent;

typedef enum SynthObjection
{
	SYNTH_OBJECTION_NONE,
	SYNTH_OBJECTION_PRICE,
	SYNTH_OBJECTION_TIMING,
	SYNTH_OBJECTION_FINANCING,
	SYNTH_OBJECTION_LOCATION,
	SYNTH_OBJECTION_CONDITION,
	SYNTH_OBJECTION_AGENT,
	SYNTH_OBJECTION_COMMISSION,
	SYNTH_OBJECTION_PARTNER,
	SYNTH_OBJECTIONS
} SynthObjection;

typedef enum SynthExperience
{
	SYNTH_EXPERIENCE_UNSAID,
	SYNTH_FIRST_TIME,
	SYNTH_EXPERIENCED
} SynthExperience;

typedef enum SynthPlace
{
	SYNTH_PLACE_UNSAID,
	SYNTH_PLACE_CITY,
	SYNTH_PLACE_REGION, /* a side of town */
	SYNTH_PLACE_AREA,	/* neighbourhood or ZIP */
	SYNTH_PLACE_ADDRESS
} SynthPlace;

/* What one text says; zero = says nothing of it. */
typedef struct SynthSays
{
	SynthFinancing financing;
	int timeline;
	SynthBudgetKind budget;
	int budget_low; /* thousands of dollars */
	int budget_high;
	SynthIntent intent;
	SynthObjection objection;
	SynthExperience experience;
	SynthPlace place;
	int mood;		/* -1, 0, 1 */
	bool chatter;	/* something that does not matter */
	bool protected; /* family, job, faith ...: never matters to the truth */
	bool question;	/* about the house or the process */
} SynthSays;

typedef enum SynthChannel
{
	SYNTH_SMS,
	SYNTH_MAIL,
	SYNTH_CALL,
	SYNTH_VISIT,
	SYNTH_NOTE,
	SYNTH_CHANNELS
} SynthChannel;

/* What an outgoing message is about */
typedef enum SynthTopic
{
	SYNTH_ASK_NOTHING,
	SYNTH_ASK_BUDGET,
	SYNTH_ASK_TIMELINE,
	SYNTH_ASK_FINANCING,
	SYNTH_ASK_AREA,
	SYNTH_ASK_VISIT,
	SYNTH_FOLLOW_UP,
	SYNTH_TOPICS
} SynthTopic;

typedef struct SynthTurn
{
	TimestampTz at;
	SynthChannel channel;
	bool incoming;
	SynthTopic topic;	  /* outgoing: what it asks; incoming: what it answers */
	int duration_seconds; /* calls and visits */
	SynthSays says;		  /* incoming texts */
} SynthTurn;

#define SYNTH_MAX_TURNS 40

/* What the truth knows of a lead: the facts a perfect reader would collect. */
typedef struct SynthFacts
{
	SynthSource source;
	SynthSide side;
	int month; /* of arrival, 1-12, Austin time */
	SynthFinancing financing;
	double timeline_days; /* NAN = unsaid */
	SynthBudgetKind budget;
	int budget_low, budget_high;
	SynthIntent intent; /* the strongest */
	int objections;		/* texts that raise one */
	SynthExperience experience;
	SynthPlace place; /* the most specific */
	int texts;		  /* the first message and the incoming ones with words */
	int mood_sum;
	int incoming; /* interactions by the lead, visits included */
	int visits;
	int calls; /* answered */
	int replies;
	double reply_hours;			 /* mean, from our latest message to the reply; NAN = none */
	double first_response_hours; /* NAN = we never answered */
} SynthFacts;

typedef struct SynthPlan
{
	/* who and when */
	SynthSource source;
	SynthSide side;
	bool spanish;
	bool accents; /* a Spanish writer who types them */
	bool plural;  /* writes "we" */
	bool sloppy;  /* makes typos */
	bool lower;	  /* never types capitals on the phone */
	TimestampTz received_at;
	int local_month, local_hour;

	/* the house wished for or owned */
	int area;		/* index in jorge_synth_areas */
	double price;	/* dollars, never shown as such */
	int bedrooms;
	int half_bathrooms; /* bathrooms in halves */
	int property;		/* index in jorge_synth_properties */

	/* what is said at arrival, in words and in fields */
	bool has_message;
	bool canned; /* the portal's own sentence */
	SynthSays message;
	SynthSays fields; /* budget, timeline, financing and place only */
	bool has_wishes;  /* beds, baths and type as fields */

	int nturns;
	SynthTurn turns[SYNTH_MAX_TURNS];
	TimestampTz talk_end; /* of the last turn, or the arrival */

	double noise; /* part of the truth that nothing shows */
	SynthFacts facts;
} SynthPlan;

/* ---- the calendar (calendar.c) ---- */

extern TimestampTz jorge_synth_window_end(void);
extern void jorge_synth_arrival(SynthRandom *random, SynthPlan *plan);
extern int jorge_synth_local_hour(TimestampTz at);
extern int jorge_synth_format_time(char *buffer, TimestampTz at); /* "2026-01-31T17:05:09Z" */

/* ---- the market (market.c) ---- */

typedef struct SynthArea
{
	const char *name;
	const char *region;
	const char *region_es;
	const char *zip;
	const char *city;
	int median; /* thousands of dollars, round numbers of the last years */
	int weight;
} SynthArea;

extern const SynthArea jorge_synth_areas[];
extern const int jorge_synth_nareas;

typedef struct SynthProperty
{
	const char *name; /* as the column property_type has it */
	const char *english;
	const char *spanish;
	double price_factor;
	int weight;
} SynthProperty;

extern const SynthProperty jorge_synth_properties[];
extern const int jorge_synth_nproperties;

extern void jorge_synth_house(SynthRandom *random, SynthPlan *plan);

/* ---- the plan and the truth ---- */

/* Days a timeline index speaks of; NAN for 0 */

extern void jorge_synth_plan(SynthPlan *plan, uint64 seed, uint64 row);

/* Log-odds of winning before the intercept */
extern double jorge_synth_score(const SynthPlan *plan);

typedef struct SynthCalibration
{
	double win_rate;
	double intercept;
	double stage_score[3]; /* a lost lead with at least this score reached qualified, hot, appointment */
} SynthCalibration;

extern const SynthCalibration *jorge_synth_calibrate(double win_rate);
extern double jorge_synth_probability(const SynthCalibration *calibration, double score);

typedef enum SynthStage
{
	SYNTH_INITIAL_CONTACT,
	SYNTH_QUALIFIED,
	SYNTH_HOT,
	SYNTH_APPOINTMENT,
	SYNTH_CLOSED
} SynthStage;

typedef struct SynthOutcome
{
	double probability;
	bool open;
	bool won;
	TimestampTz at;
	SynthStage stage;
	const char *drop_reason; /* NULL unless lost */
	int sale_price;			 /* dollars, 0 unless won */
	int64 revenue_cents;
} SynthOutcome;

extern void jorge_synth_outcome(const SynthPlan *plan, const SynthCalibration *calibration, uint64 seed,
						  uint64 row, SynthOutcome *outcome);

/* ---- the person (person.c) ---- */

typedef struct SynthPerson
{
	const char *first_name;
	const char *last_name;
	char phone[32];
	char email[96];
	char street[64];
	char source_ref[32];
	char listing_ref[32];
	const char *campaign; /* NULL = none */
	const char *time_zone;
	bool has_phone, has_email, has_first_last, has_address, has_listing;
} SynthPerson;

extern void jorge_synth_person(SynthPerson *person, const SynthPlan *plan, uint64 seed, uint64 row);

/* ---- words (writer.c, phrases_*.c) ---- */

typedef enum SynthTheme
{
	THEME_GREETING,
	THEME_CLOSING,
	THEME_FINANCING,		/* value SynthFinancing */
	THEME_TIMELINE,			/* value 1 ... SYNTH_TIMELINES */
	THEME_BUDGET,			/* value SynthBudgetKind */
	THEME_INTENT,			/* value SynthIntent */
	THEME_OBJECTION,		/* value SynthObjection */
	THEME_EXPERIENCE,		/* value SynthExperience */
	THEME_PLACE,			/* value SynthPlace */
	THEME_BOTH_SIDES,
	THEME_MOOD,				/* value 1 good, 2 bad */
	THEME_CHATTER,
	THEME_PROTECTED,
	THEME_QUESTION,
	THEME_SMALL_TALK,		/* a reply that says nothing */
	THEME_FIRST_ANSWER,		/* ours */
	THEME_ASK,				/* ours; value SynthTopic */
	THEME_VOICEMAIL,
	THEME_CALL_NOTE,
	THEME_VISIT_NOTE,
	SYNTH_THEMES
} SynthTheme;

/* Where a phrase fits; none of a group = all of it */
#define FOR_BUYER 1
#define FOR_SELLER 2
#define IN_LONG 4  /* forms and e-mails */
#define IN_SHORT 8 /* text messages */

typedef struct SynthPhrase
{
	SynthTheme theme;
	int value;
	int fits;
	const char *text;
} SynthPhrase;

/* Each ends with a row whose text is NULL; rows of one theme and value stand together. */
extern const SynthPhrase jorge_synth_english_wishes[];
extern const SynthPhrase jorge_synth_english_talk[];
extern const SynthPhrase jorge_synth_english_agent[];
extern const SynthPhrase jorge_synth_spanish[];
extern const SynthPhrase jorge_synth_spanish_talk[];

/* Append the words of the first message, or of a turn, to out. */
extern void jorge_synth_write_message(StringInfo out, const SynthPlan *plan, const SynthPerson *person,
								SynthRandom *random);
extern void jorge_synth_write_turn(StringInfo out, const SynthPlan *plan, const SynthPerson *person,
							 const SynthTurn *turn, SynthRandom *random);

#endif
