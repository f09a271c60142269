/*
 * match.h: are two arrivals the same person? Pure computation: no SQL, no memory allocation, no settings.
 *
 * Use: jorge_match_prepare() brings what was given into comparable form, once a person; jorge_match() compares two
 * prepared persons; jorge_blocking_keys() says under which keys a person is to be stored and looked up, so that
 * persons that may match share one.
 *
 * Vocabulary: a level says how well one field agrees; a weight is log2(m / u), the bits by which that level speaks
 * for one person (m: how often it is seen between arrivals of one person, u: between strangers).
 *
 * Rules for the caller:
 *   - Keys in jorge.identity_stop are dropped: not given to jorge_match_prepare(), or nphones, nemails set to 0 after it.
 *   - A phone that people of several names and e-mails were seen with is an office's, listed or not: set phones_shared.
 *   - A merge that is not by exact key (jorge_match_by_key() is false) may add an arrival to one stored person. It
 *     never joins two stored persons, and is a review where more than one stored person gets it.
 *   - A pair the owner has told apart is not merged, whatever the verdict.
 */
#ifndef JORGE_MATCH_H
#define JORGE_MATCH_H

#include "identity/keys.h"

/* A text of the caller's; data NULL = not given. Read by jorge_match_prepare() only, not kept. */
typedef struct MatchText
{
	const char *data; /* UTF-8, need not end in NUL */
	int length;		  /* bytes */
} MatchText;

/* A person as given. All fields optional. */
typedef struct MatchGiven
{
	MatchText name; /* full name; used where first_name or last_name is missing */
	MatchText first_name;
	MatchText last_name;
	MatchText phone; /* as given; its key is made here */
	MatchText email;
	MatchText street; /* with house number */
	MatchText city;
	MatchText postal_code;
} MatchGiven;

#define MATCH_MAX_KEYS 4		  /* phones, and e-mails, of a person; further ones are left out */
#define MATCH_WORD_SIZE 32		  /* a folded word, cut to fit, with its terminator */
#define MATCH_NAME_WORDS 4		  /* given names; surnames */
#define MATCH_STREET_SIZE 48	  /* folded street name without house number */
#define MATCH_MAX_BLOCKING_KEYS 7 /* most that jorge_blocking_keys() writes */

/* Who a name names */
typedef struct MatchName
{
	int ngiven;	  /* "John & Mary Smith" has two given names and pair set */
	int nsurname; /* "García Márquez" has two */
	bool pair;	  /* of two people */
	/* 0 unknown, 1 = Sr or I, 2 = Jr or II, 3 = III ... */
	int generation;
	char given[MATCH_NAME_WORDS][MATCH_WORD_SIZE];
	char surname[MATCH_NAME_WORDS][MATCH_WORD_SIZE];
	int16 given_entry[MATCH_NAME_WORDS]; /* in the table of given names, -1 = not there */
	uint8 given_bits[MATCH_NAME_WORDS];	 /* surprise of the name, quarter bits */
	uint8 surname_bits[MATCH_NAME_WORDS];
	bool surname_known[MATCH_NAME_WORDS]; /* a frequent one */
} MatchName;

/* A person in comparable form: plain memory without pointers, may be copied */
typedef struct MatchPerson
{
	MatchName name;
	int nphones;
	int nemails;
	char phones[MATCH_MAX_KEYS][PHONE_KEY_SIZE];
	char emails[MATCH_MAX_KEYS][EMAIL_KEY_SIZE];
	char phone_tail[PHONE_TAIL_SIZE]; /* the last 4 to 7 digits of a number given without area code or masked; no key then */
	bool phones_shared; /* known as used by many people: no evidence, no blocking key */
	char house[MATCH_WORD_SIZE];
	char street[MATCH_STREET_SIZE];
	char city[MATCH_WORD_SIZE];
	char postal_code[MATCH_WORD_SIZE];
} MatchPerson;

typedef enum MatchField
{
	MATCH_GIVEN,
	MATCH_SURNAME,
	MATCH_PHONE,
	MATCH_EMAIL,
	MATCH_HOUSE,
	MATCH_STREET,
	MATCH_CITY,
	MATCH_POSTAL_CODE,
	MATCH_FIELDS
} MatchField;

typedef enum MatchLevel
{
	LEVEL_MISSING, /* not given on a side: no evidence */
	LEVEL_DIFFERENT,
	LEVEL_ALIKE, /* two edits, or an initial */
	LEVEL_CLOSE, /* a typing error, or a nickname */
	LEVEL_SAME
} MatchLevel;

typedef enum MatchDecision
{
	MATCH_NONE,
	MATCH_REVIEW, /* a human decides */
	MATCH_MERGE
} MatchDecision;

/* Why. Names as SQL shows them: jorge_match_reason_name() */
typedef enum MatchReason
{
	REASON_DIFFERENT,		/* too little agrees */
	REASON_EMAIL,			/* merge: same e-mail */
	REASON_PHONE,			/* merge: same phone, names compatible or one missing */
	REASON_PHONE_CONFLICT,	/* merge: same phone, clearly another name, nothing else against it: one household. The caller
							 * marks the lead name_conflict, or makes this a review where jorge.phone_requires_name is on. */
	REASON_FIELDS,			/* merge: all fields together */
	REASON_EMAIL_CONFLICT,	/* review: same e-mail, clearly another person's name */
	REASON_PHONE_SHARED,	/* review: same phone, another name and another e-mail: an office's number, or two of a family */
	REASON_GENERATION,		/* review: Jr and Sr */
	REASON_LAST_FOUR,		/* review: name and last four digits of the phone, nothing else */
	REASON_FIELDS_UNCERTAIN /* review: all fields together, but not surely */
} MatchReason;

typedef struct MatchVerdict
{
	MatchDecision decision;
	MatchReason reason;
	float weight; /* bits, sum over fields; more speaks for one person */
	MatchLevel levels[MATCH_FIELDS];
} MatchVerdict;

/* Bring a person into comparable form. Keys are made from phone and e-mail. */
extern void jorge_match_prepare(const MatchGiven *given, MatchPerson *person);

/* Add a further canonical key of a stored person; false = no room or no such key (kept as it was). */
extern bool jorge_match_add_phone(MatchPerson *person, const char *key, int length);
extern bool jorge_match_add_email(MatchPerson *person, const char *key, int length);

/* Decide. Symmetric: jorge_match(a, b) equals jorge_match(b, a). */
extern MatchVerdict jorge_match(const MatchPerson *a, const MatchPerson *b);

/* Does the verdict rest on an exact key, so that it may join two stored persons too? */
static inline bool
jorge_match_by_key(const MatchVerdict *verdict)
{
	return verdict->reason == REASON_EMAIL || verdict->reason == REASON_PHONE || verdict->reason == REASON_PHONE_CONFLICT;
}

/*
 * Write the keys under which a person is stored and looked up, beside the exact phone and e-mail keys; returns their
 * number. They are hashes (the same on every machine); equal keys of two kinds are as unlikely as any collision.
 */
extern int jorge_blocking_keys(const MatchPerson *person, int64 keys[MATCH_MAX_BLOCKING_KEYS]);

/* Bytes that a packed person takes at most; usually 150 */
#define MATCH_PACKED_SIZE (sizeof(MatchPerson) + 64)

/* Write a person without the room it doesn't use, not aligned; returns the size. And read it again. */
extern int jorge_match_pack(const MatchPerson *person, char *packed);
extern void jorge_match_unpack(const char *packed, MatchPerson *person);

extern const char *jorge_match_decision_name(MatchDecision decision); /* none, review, merge */
extern const char *jorge_match_reason_name(MatchReason reason);
extern const char *jorge_match_field_name(MatchField field);
extern const char *jorge_match_level_name(MatchLevel level);

#endif
