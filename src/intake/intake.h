/*
 * intake.h: what the triggers share: rows as events, scanning, scoring, writing.
 */
#ifndef JORGE_INTAKE_H
#define JORGE_INTAKE_H

#include "intake/lead_state.h"
#include "intake/neighbours.h"
#include "intake/statements.h"
#include "score/model.h"

/* Inquiries or interactions worked on at a time: bounds memory, and each holds a share of a statement's cost */
#define INTAKE_BATCH 1000

/* A lead that a batch touches */
typedef struct IntakeLead
{
	LeadState state;
	bool is_new;
	bool anew; /* fold all that is stored, whatever the times of the new events */
	bool unlogged; /* writes no prediction row */
	bool linked; /* an arrival of the batch has been given to it */
	const MatchPerson *only; /* what its only arrival of the batch says of the person; NULL: there are several */
	ItemPointerData place; /* of its row when it was locked; invalid: not known */
	LeadEvent *events; /* new ones, in order of the fold */
	int nevents;

	bool scored;
	bool ensemble; /* its model has members beside the forest, which score it once it is stored */
	bool by_rules; /* no model scored it, the rules did, when it was stored */
	Scored score;
	const char *model;
	float features[JORGE_FEATURES];
	ErrorData *error; /* why it was not scored */
} IntakeLead;

/* Compiled words of a location: built-in ones and its own. NULL = the built-in ones only. */
extern const TextLexicon *jorge_lexicon_for(const char *location);

/* Fill an event from a tuple of jorge.inquiry or jorge.interaction */
extern void jorge_event_from_values(LeadEvent *event, bool is_inquiry, Datum *values, bool *nulls);

/*
 * Scan the texts of events. What can't be scanned counts as having said nothing; *error is its error.
 */
extern void jorge_scan_events(LeadEvent *events, int n, ErrorData **error);

/*
 * Bring each lead up to date with its new events. Where one of them is not later than all the stored row
 * knows, the row is folded anew from everything stored, with the new inquiries (interactions are stored already).
 */
extern void jorge_fold_leads(IntakeLead *leads, int n);

/* Score the leads; one that fails keeps its error */
extern void jorge_score_leads(IntakeLead *leads, int n);

/*
 * Write leads, all new or all known, with their scores, predictions and events; and their keys and links, NULL where no arrival was
 * given to them. Then score those that no model could score by the rules, and record the errors.
 */
extern void jorge_write_leads(IntakeLead *leads, int n, IntakeRows *keys, IntakeRows *links, const char *reason);

/* Start counting leads that could not be scored; give the statement's one WARNING, if there are any */
extern void jorge_unscored_begin(void);
extern void jorge_unscored_warn(void);

/* Read the rows of known leads, locked, in the order of jorge_compare_leads; those that are gone are left out. Returns their number. */
extern int jorge_lock_leads(Datum location_ids[], Datum lead_ids[], int n, IntakeLead *leads);

/* Read and lock one lead, FOR UPDATE if it may be merged away; false if it is gone */
extern bool jorge_lock_lead(Datum location_id, Datum lead_id, bool to_merge, IntakeLead *lead);

/* Blocking keys of a person in a location; returns their number */
extern int jorge_location_blocks(const char *location, int location_length, const MatchPerson *person,
								 int64 keys[MATCH_MAX_BLOCKING_KEYS]);

/*
 * Take in rows that have no lead yet, or that are in their lead's conversation but not in its row. Inside SPI, as
 * the owner, with the bulk lock held. near: what a large statement remembers, NULL where it is small, so that others work
 * beside it and the keys' buckets are to be locked; interactions need to know only whether it is small.
 */
extern void jorge_take_in_inquiries(LeadEvent *events, int n, Neighbours *near);
extern void jorge_take_in_interactions(LeadEvent *events, int n, bool small);

#endif
