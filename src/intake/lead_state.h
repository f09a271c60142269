/*
 * lead_state.h: a lead as a fold over what arrived, in order of time.
 *
 * The lead's row is a function of its inquiries and interactions, sorted by (time, id): folding new events
 * onto the stored row and folding all events anew give the same row.
 */
#ifndef JORGE_LEAD_STATE_H
#define JORGE_LEAD_STATE_H

#include "datatype/timestamp.h"
#include "features/features.h"
#include "identity/match.h"
#include "utils/uuid.h"

/* Columns that an inquiry hands to the lead under the same name and type */
#define WISH_COLUMNS(X)                                                                            \
	X(name, TEXTOID)                                                                               \
	X(first_name, TEXTOID)                                                                         \
	X(last_name, TEXTOID)                                                                          \
	X(phone, TEXTOID)                                                                              \
	X(email, TEXTOID)                                                                              \
	X(street, TEXTOID)                                                                             \
	X(city, TEXTOID)                                                                               \
	X(state, TEXTOID)                                                                              \
	X(postal_code, TEXTOID)                                                                        \
	X(country, TEXTOID)                                                                            \
	X(language, TEXTOID)                                                                           \
	X(time_zone, TEXTOID)                                                                          \
	X(side, TEXTOID)                                                                               \
	X(budget_min, NUMERICOID)                                                                      \
	X(budget_max, NUMERICOID)                                                                      \
	X(timeline, TEXTOID)                                                                           \
	X(financing, TEXTOID)                                                                          \
	X(property_type, TEXTOID)                                                                      \
	X(bedrooms, NUMERICOID)                                                                        \
	X(bathrooms, NUMERICOID)                                                                       \
	X(area, TEXTOID)                                                                               \
	X(listing_ref, TEXTOID)

/* Columns that the fold counts */
#define FOLD_COLUMNS(X)                                                                            \
	X(first_source, TEXTOID)                                                                       \
	X(sources, TEXTARRAYOID)                                                                       \
	X(first_seen_at, TIMESTAMPTZOID)                                                               \
	X(last_seen_at, TIMESTAMPTZOID)                                                                \
	X(inquiries, INT4OID)                                                                          \
	X(multi_source_bonus, INT4OID)                                                                 \
	X(name_conflict, BOOLOID)                                                                      \
	X(edited_at, TIMESTAMPTZOID)                                                                   \
	X(interactions, INT4OID)                                                                       \
	X(inbound, INT4OID)                                                                            \
	X(outbound, INT4OID)                                                                           \
	X(calls, INT4OID)                                                                              \
	X(visits, INT4OID)                                                                             \
	X(first_outbound_at, TIMESTAMPTZOID)                                                           \
	X(last_outbound_at, TIMESTAMPTZOID)                                                            \
	X(last_inbound_at, TIMESTAMPTZOID)                                                             \
	X(replies, INT4OID)                                                                            \
	X(reply_seconds, FLOAT8OID)                                                                    \
	X(text_messages, INT4OID)                                                                      \
	X(text_length, INT8OID)                                                                        \
	X(text_words, INT8OID)                                                                         \
	X(text_question_marks, INT8OID)                                                                \
	X(text_questions, INT8OID)                                                                     \
	X(text_exclamation_marks, INT8OID)                                                             \
	X(text_sentiment, FLOAT8OID)                                                                   \
	X(text_budget_min, FLOAT8OID)                                                                  \
	X(text_budget_max, FLOAT8OID)                                                                  \
	X(text_budget_specificity, FLOAT8OID)                                                          \
	X(text_price_ranges, INT4OID)                                                                  \
	X(text_timeline_urgency, FLOAT8OID)                                                            \
	X(text_financing_readiness, FLOAT8OID)                                                         \
	X(text_intent, FLOAT8OID)                                                                      \
	X(text_location_specificity, FLOAT8OID)                                                        \
	X(text_experience, FLOAT8OID)                                                                  \
	X(text_objections, INT4OID)                                                                    \
	X(text_objection_kinds, INT4OID)                                                               \
	X(text_job_stability, FLOAT8OID)                                                               \
	X(text_family_size, FLOAT8OID)                                                                 \
	X(lexicon, INT4OID)

#define COLUMN_ENUM(name, type) LEAD_##name,
typedef enum LeadColumn
{
	LEAD_location_id,
	LEAD_lead_id,
	WISH_COLUMNS(COLUMN_ENUM) FOLD_COLUMNS(COLUMN_ENUM) LEAD_COLUMNS
} LeadColumn;
#undef COLUMN_ENUM

#define LEAD_FIRST_WISH LEAD_name
#define LEAD_WISHES (LEAD_first_source - LEAD_FIRST_WISH)
#define LEAD_FIRST_FOLDED LEAD_FIRST_WISH /* the columns an UPDATE sets start here */

/* Columns of jorge.inquiry that intake reads; the wishes follow in the lead's order */
typedef enum InquiryColumn
{
	INQUIRY_location_id,
	INQUIRY_inquiry_id,
	INQUIRY_received_at,
	INQUIRY_source,
	INQUIRY_message,
	INQUIRY_payload,
	INQUIRY_FIRST_WISH,
	INQUIRY_COLUMNS = INQUIRY_FIRST_WISH + LEAD_WISHES
} InquiryColumn;

/* Columns of jorge.interaction that intake reads */
typedef enum InteractionColumn
{
	INTERACTION_location_id,
	INTERACTION_interaction_id,
	INTERACTION_lead_id,
	INTERACTION_at,
	INTERACTION_channel,
	INTERACTION_direction,
	INTERACTION_body,
	INTERACTION_COLUMNS
} InteractionColumn;

/*
 * Source of an inquiry that is an edit by hand of the lead's row: it sets wishes, is no arrival, and its payload may say
 * {"cleared": [column, ...]}.
 */
#define MANUAL_SOURCE "manual"

extern const char *const jorge_lead_column_names[LEAD_COLUMNS];
extern const Oid jorge_lead_column_types[LEAD_COLUMNS];
extern const char *const jorge_inquiry_column_names[INQUIRY_COLUMNS];
extern const Oid jorge_inquiry_column_types[INQUIRY_COLUMNS];
extern const char *const jorge_interaction_column_names[INTERACTION_COLUMNS];
extern const Oid jorge_interaction_column_types[INTERACTION_COLUMNS];

/* One inquiry or interaction: the unit of the fold */
typedef struct LeadEvent
{
	bool is_inquiry;
	TimestampTz at;
	pg_uuid_t id;
	Datum *values; /* by InquiryColumn or InteractionColumn */
	bool *nulls;
	bool has_signals; /* false until its text, if it counts, was scanned */
	TextSignals signals;
} LeadEvent;

/* The lead's row: values[] and nulls[] hold it as stored; the rest is decoded from it and encoded back */
typedef struct LeadState
{
	Datum values[LEAD_COLUMNS];
	bool nulls[LEAD_COLUMNS];
	int inquiries, interactions, inbound, outbound, calls, visits, replies;
	double reply_seconds;
	bool name_conflict;
	TimestampTz first_seen_at, last_seen_at; /* DT_NOBEGIN = never */
	TimestampTz edited_at;
	TimestampTz first_outbound_at, last_outbound_at, last_inbound_at;
	TextSummary text;
	int sources; /* distinct */
	int max_sources;
	const char **source; /* in the order they came */
} LeadState;

/* Start a lead to which nothing has been folded; memory is the current context's. */
extern void jorge_lead_state_init(LeadState *state, Datum location_id, Datum lead_id);

/* Undo the folding of interactions; wishes, sources and what else inquiries say are kept. */
extern void jorge_lead_state_forget_interactions(LeadState *state);

/* Decode a stored row; values and nulls are in the order of LeadColumn and must outlive the state. */
extern void jorge_lead_state_load(LeadState *state, const Datum *values, const bool *nulls);

/* Write the decoded part back into values[] and nulls[] */
extern void jorge_lead_state_store(LeadState *state);

/* Order in which leads are locked: the highest id first, then by location; 0 = the same lead */
extern int jorge_compare_leads(Datum id, Datum location, Datum other_id, Datum other_location);

/* Text of an event that counts as said by the person; false if it has none */
extern bool jorge_event_text(const LeadEvent *event, const char **data, int *length);

/* Is it an edit by hand of the lead's row? */
extern bool jorge_event_is_edit(const LeadEvent *event);

/* What the matcher compares, from the wishes of a lead or an inquiry; first_wish is the position of the first */
extern void jorge_match_given(const Datum *values, const bool *nulls, int first_wish, MatchGiven *given);

/* Are they clearly two people by their names? Takes away their other keys. */
extern bool jorge_names_differ(MatchPerson *a, MatchPerson *b);

/* Does an inquiry say nothing else than the lead of what the matcher compares? */
extern bool jorge_says_the_same(const LeadState *state, const LeadEvent *inquiry);

/* Does an inquiry give clearly another name than the last that gave any? */
extern bool jorge_other_name(const LeadState *state, const LeadEvent *inquiry);

/* Order of the fold: time, then inquiries before interactions, then id */
extern int jorge_compare_events(const void *a, const void *b);

/* Fold one event, not earlier than those folded before */
extern void jorge_lead_state_fold(LeadState *state, const LeadEvent *event);

/* May the event be folded onto the stored row, i.e. is it later than all in it? */
extern bool jorge_event_is_later(const LeadState *state, const LeadEvent *event);

/* What the features need to know */
extern void jorge_lead_state_input(const LeadState *state, LeadInput *input);

#endif
