/*
 * resolve.h: whose are the arrivals of a batch?
 *
 * Vocabulary: an arrival is an inquiry on its way; an entry is a phone or e-mail key that the batch brings; a person is
 * a stored lead or one to be made; a bridge is an arrival whose keys lead to two persons.
 *
 * Rules. An exact key decides: e-mail before phone. A bridge makes its two persons one. Only an arrival without any known
 * key is compared with people much like it, and only joined to one of them if the matcher is sure of exactly one;
 * what it is not sure of becomes a review. A key of too many people is nobody's.
 */
#ifndef JORGE_RESOLVE_H
#define JORGE_RESOLVE_H

#include "core/datum.h"
#include "intake/intake.h"
#include "intake/probe.h"

typedef enum KeyKind
{
	KEY_PHONE,
	KEY_EMAIL, /* the stronger one: decides where two persons are found and may not become one */
	KEY_KINDS
} KeyKind;

extern const char *const jorge_key_kinds[KEY_KINDS];

/* A phone or e-mail that arrivals of the batch carry */
typedef struct KeyEntry
{
	char *key;
	KeyKind kind;
	Datum location_id;
	bool stopped; /* nobody's: not stored, not looked for */
	int *holders; /* persons, the exclusive one first */
	int nholders;
	int room;
	int nstored; /* rows of jorge.lead_key */
} KeyEntry;

typedef struct Arrival
{
	LeadEvent *event;
	MatchPerson *person;
	int entry[KEY_KINDS]; /* -1 = none */
	int64 blocks[MATCH_MAX_BLOCKING_KEYS];
	int nblocks;
	int who; /* person it is given to */
	const char *rule;
	bool is_new[KEY_KINDS]; /* the key is to be stored for its person, */
	int share[KEY_KINDS];	/* with this number */
	bool apart;			/* joined to its person without an exact key, or under another name: to be logged, so that it can be undone */
	const char *apart_rule;
	double score; /* bits, NAN = by exact key */
} Arrival;

typedef struct Person
{
	int into; /* itself, or the person it has become one with */
	bool stored;
	pg_uuid_t lead_id;
	Datum location_id;
	IntakeLead *lead;
	MatchPerson *match; /* NULL until asked for */
	int first;			/* its first arrival in the batch, -1 = none */
	int arrivals;
} Person;

/* Two stored leads that a bridge makes one */
typedef struct Merge
{
	int winner, loser;
	int arrival;
	const char *rule;
} Merge;

/* A pair that a human is to decide about */
typedef struct Review
{
	int arrival;
	int other; /* person; -1: the lead other_id */
	pg_uuid_t other_id;
	double score; /* NAN = none */
	const char *reason;
} Review;

typedef struct Resolution
{
	Arrival *arrivals;
	int n;
	Neighbours *near; /* NULL: a small statement, which locks the buckets of its keys */
	KeyEntry *entries;
	int nentries;
	Person *persons;
	int npersons;
	int max_persons;
	IntakeLead *known; /* stored leads, locked */
	int nknown;
	IntakeLead *fresh; /* leads to be made */
	int nfresh;
	Merge *merges;
	int nmerges;
	int max_merges;
	Review *reviews;
	int nreviews;
	int max_reviews;
	struct Candidate *candidates;
	int ncandidates;
} Resolution;

/*
 * Give an arrival of the next statement to a lead whatever its keys say, because it is that lead's row, inserted or
 * changed by hand. NULL ends it.
 */
typedef struct Adoption
{
	pg_uuid_t lead_id;
	bool inserted; /* the row is as old as the arrival: another lead with its keys takes it in */
} Adoption;
extern void jorge_adopt(const Adoption *adoption);
extern const Adoption *jorge_adoption(void);

/* Lock and find out; nothing is written but keys that turn out to be nobody's. */
extern void jorge_resolve(Resolution *resolution, LeadEvent *events, int n, Neighbours *near);

/* The person that this one has become */
static inline int
person_now(const Resolution *resolution, int person)
{
	while (resolution->persons[person].into != person)
		person = resolution->persons[person].into;
	return person;
}

/* Open jorge.identity_stop for it; the caller ends the probe. */
extern void jorge_stops_begin(Probe *stops);

/* Is the key nobody's, here or everywhere? kind: phone, email, domain */
extern bool jorge_has_stop(const Resolution *resolution, Probe *stops, Datum location_id, const char *kind, const char *key);

/* holders.c */

/* Work out the keys and blocking keys of a batch, and lock the buckets of a small one's. */
extern void jorge_gather_keys(Resolution *resolution, LeadEvent *events);

/* Find the persons that the keys lead to, or that are much alike, and lock them; false if some were gone by then. */
extern bool jorge_find_persons(Resolution *resolution);

/* Add a person: a stored lead, or one to be made if lead_id is NULL. */
extern int jorge_add_person(Resolution *resolution, Datum location_id, const pg_uuid_t *lead_id);

/* Find the person of a stored lead, or add it. */
extern int jorge_person_of(Resolution *resolution, Datum location_id, const pg_uuid_t *lead_id);

/* Let a person hold a key. */
extern void jorge_add_holder(KeyEntry *entry, int person);

/* candidates.c */
typedef struct Candidate
{
	int arrival;
	pg_uuid_t lead_id;
	int person; /* of those to be joined */
	MatchVerdict verdict;
} Candidate;

/* Find stored leads much like those arrivals that have wanted[] set; the verdicts are none, review or merge. */
extern Candidate *jorge_find_candidates(Resolution *resolution, const bool *wanted, int *ncandidates);

/* Leads under one blocking key beyond which it says nothing */
#define BLOCK_LIMIT 16

/* people.c */
/*
 * Is the key that leads to the person one of too many people? If so it is stopped and its stored lead parted, and the batch
 * must be resolved again.
 */
extern bool jorge_stop_common_keys(Resolution *resolution);

#endif
