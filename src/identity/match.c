/*
 * match.c: are two arrivals the same person?
 *
 * Weights are log2(m / u) after Fellegi and Sunter (1969), m = how often a level is seen between arrivals of one person,
 * u = between strangers. They are set from general frequencies, not fitted to any file: doc/identity.md says how each
 * comes about. Fields are treated as independent where they are nearly so; where they are not (household members share
 * surname, address and phone; house, street, town and postal code are one fact), rules below say so.
 */
#include "core/jorge.h"

#include "identity/address.h"
#include "identity/letters.h"
#include "identity/match.h"
#include "identity/names.h"
#include "identity/similarity.h"

/* Bits for a merge: strangers among a hundred thousand leads (2^32 pairs) reach it by chance at most 4 times */
#define MERGE_WEIGHT 30.0f
#define REVIEW_WEIGHT 20.0f /* likewise 2^12 times */

/* Names: a level's distance from an exact agreement, whose bits are the name's own surprise */
#define NAME_CLOSE_LOSS 4.0f /* m .06, and the name's neighbours are as frequent again */
#define NAME_ALIKE 1.0f
#define NAME_INITIAL 3.5f /* one letter of 26, unevenly used */
#define GIVEN_DIFFERENT (-5.0f)
#define SURNAME_DIFFERENT (-4.0f)
#define MIDDLE_DIFFERENT (-3.0f)
#define NAME_SWAPPED (-2.0f)
#define NAME_LEAST 1.0f

#define PHONE_SAME 20.0f
#define PHONE_SAME_SEVEN 18.0f	 /* all seven digits of a number given without area code */
#define PHONE_OTHER_AREA 14.0f	 /* the last seven digits, another area code */
#define PHONE_ONE_EDIT 12.0f	 /* 70 neighbours among ten million local numbers, m .03 */
#define PHONE_MASKED_FOUR 11.5f	 /* all four digits of a masked number */
#define PHONE_LAST_FOUR 6.5f	 /* u 1e-4, m .01 */
#define PHONE_TWO_EDITS 6.0f	 /* u 2e-4, m .015 */
#define PHONE_DIFFERENT (-2.0f)	 /* people have several */

#define EMAIL_SAME 22.0f
#define EMAIL_CLOSE 10.0f /* a typing error in mailbox or domain */
#define EMAIL_MAILBOX 5.0f /* the same mailbox name elsewhere */
#define EMAIL_MAILBOX_OF_NAME 2.0f /* ... that only repeats the name */
#define EMAIL_DIFFERENT (-1.5f)

#define HOUSE_PER_DIGIT 1.5f /* 4 bits for one digit, 8.5 for four */
#define HOUSE_ONE_DIGIT 4.0f
#define HOUSE_DIFFERENT (-4.0f)
#define STREET_SAME 8.5f
#define STREET_CLOSE 6.0f
#define STREET_ALIKE 2.0f
#define STREET_DIFFERENT (-4.0f)
#define POSTAL_SAME 5.0f
#define POSTAL_CLOSE 1.5f
#define POSTAL_DIFFERENT (-3.0f)
#define CITY_SAME 2.0f /* most leads of an office are from one town */
#define CITY_CLOSE 1.5f
#define CITY_ALIKE 0.5f
#define CITY_DIFFERENT (-2.0f)
/* an address is one fact: people move house, and a town has so many households */
#define ADDRESS_MOST 22.0f
#define ADDRESS_LEAST (-6.0f)

/* Shortest mailbox name that says anything */
#define MAILBOX_LEAST 4

void
jorge_match_prepare(const MatchGiven *given, MatchPerson *person)
{
	memset(person, 0, sizeof(MatchPerson));
	jorge_read_name(given, &person->name);
	jorge_read_address(given, person);
	if (given->phone.data != NULL)
	{
		if (jorge_make_phone_key(given->phone.data, given->phone.length, person->phones[0]))
			person->nphones = 1;
		else
			jorge_make_phone_tail(given->phone.data, given->phone.length, person->phone_tail);
	}
	if (given->email.data != NULL && jorge_make_email_key(given->email.data, given->email.length, person->emails[0]))
		person->nemails = 1;
}

bool
jorge_match_add_phone(MatchPerson *person, const char *key, int length)
{
	if (length <= 0 || length >= PHONE_KEY_SIZE)
		return false;
	for (int i = 0; i < person->nphones; i++)
		if (strlen(person->phones[i]) == length && memcmp(person->phones[i], key, length) == 0)
			return true;
	if (person->nphones == MATCH_MAX_KEYS)
		return false;
	memcpy(person->phones[person->nphones], key, length);
	person->phones[person->nphones++][length] = '\0';
	person->phone_tail[0] = '\0';
	return true;
}

bool
jorge_match_add_email(MatchPerson *person, const char *key, int length)
{
	if (length <= 0 || length >= EMAIL_KEY_SIZE)
		return false;
	for (int i = 0; i < person->nemails; i++)
		if (strlen(person->emails[i]) == length && memcmp(person->emails[i], key, length) == 0)
			return true;
	if (person->nemails == MATCH_MAX_KEYS)
		return false;
	memcpy(person->emails[person->nemails], key, length);
	person->emails[person->nemails++][length] = '\0';
	return true;
}

/* What a field says: its level and its bits */
typedef struct Evidence
{
	MatchLevel level;
	float bits;
} Evidence;

/*
 * Keep the stronger of two pieces of evidence
 */
static void
keep_stronger(Evidence *best, MatchLevel level, float bits)
{
	if (best->level == LEVEL_MISSING || bits > best->bits)
	{
		best->level = level;
		best->bits = bits;
	}
}

/*
 * Count the edits between two ASCII strings
 */
static int
ascii_edits(const char *a, int na, const char *b, int nb, int limit)
{
	uint32 x[EMAIL_KEY_SIZE];
	uint32 y[EMAIL_KEY_SIZE];

	for (int i = 0; i < na; i++)
		x[i] = (unsigned char) a[i];
	for (int i = 0; i < nb; i++)
		y[i] = (unsigned char) b[i];
	return jorge_edits(x, na, y, nb, limit);
}

/*
 * Compare two phone keys
 */
static void
compare_phone(const char *a, const char *b, Evidence *best, bool *last_four)
{
	int na = strlen(a);
	int nb = strlen(b);
	int edits;

	if (na < 8 || nb < 8)
		return;
	if (strcmp(a, b) == 0)
	{
		keep_stronger(best, LEVEL_SAME, PHONE_SAME);
		return;
	}
	*last_four |= strcmp(a + na - 4, b + nb - 4) == 0;
	if (na == nb && strcmp(a + na - 7, b + nb - 7) == 0)
	{
		keep_stronger(best, LEVEL_CLOSE, PHONE_OTHER_AREA);
		return;
	}
	edits = ascii_edits(a, na, b, nb, 2);
	if (edits == 1)
		keep_stronger(best, LEVEL_CLOSE, PHONE_ONE_EDIT);
	else if (strcmp(a + na - 4, b + nb - 4) == 0)
		keep_stronger(best, LEVEL_ALIKE, PHONE_LAST_FOUR);
	else if (edits == 2)
		keep_stronger(best, LEVEL_ALIKE, PHONE_TWO_EDITS);
	else
		keep_stronger(best, LEVEL_DIFFERENT, PHONE_DIFFERENT);
}

/*
 * Compare the last digits somebody gave with a whole key or with another's last digits
 */
static void
compare_tail(const char *tail, const char *other, Evidence *best, bool *last_four)
{
	int n = strlen(tail);
	int m = strlen(other);
	int common = Min(n, m);

	if (common < 4)
		return;
	if (strcmp(tail + n - common, other + m - common) == 0)
	{
		*last_four = true;
		keep_stronger(best, common == 7 ? LEVEL_CLOSE : LEVEL_ALIKE, common == 7 ? PHONE_SAME_SEVEN : PHONE_MASKED_FOUR);
	}
	else
		keep_stronger(best, LEVEL_DIFFERENT, PHONE_DIFFERENT);
}

/*
 * Compare phones: the best of all pairs
 */
static Evidence
compare_phones(const MatchPerson *a, const MatchPerson *b, bool *last_four)
{
	Evidence best = {LEVEL_MISSING, 0};

	*last_four = false;
	if (a->phones_shared || b->phones_shared)
		return best;
	for (int i = 0; i < a->nphones; i++)
		for (int j = 0; j < b->nphones; j++)
			compare_phone(a->phones[i], b->phones[j], &best, last_four);
	for (int j = 0; j < b->nphones; j++)
		compare_tail(a->phone_tail, b->phones[j], &best, last_four);
	for (int i = 0; i < a->nphones; i++)
		compare_tail(b->phone_tail, a->phones[i], &best, last_four);
	if (a->phone_tail[0] != '\0' && b->phone_tail[0] != '\0')
		compare_tail(a->phone_tail, b->phone_tail, &best, last_four);
	return best;
}

/*
 * Are the digits of two texts the same, in order?
 */
static bool
same_digits(const char *a, int na, const char *b, int nb)
{
	int i = 0;
	int j = 0;

	for (;;)
	{
		while (i < na && !(a[i] >= '0' && a[i] <= '9'))
			i++;
		while (j < nb && !(b[j] >= '0' && b[j] <= '9'))
			j++;
		if (i == na || j == nb)
			return i == na && j == nb;
		if (a[i++] != b[j++])
			return false;
	}
}

/*
 * Does a mailbox name hold the person's surname or given name?
 */
static bool
holds_name(const char *mailbox, int n, const MatchName *name)
{
	char text[EMAIL_KEY_SIZE];

	memcpy(text, mailbox, n);
	text[n] = '\0';
	for (int i = 0; i < name->nsurname; i++)
		if (name->surname[i][1] != '\0' && strstr(text, name->surname[i]) != NULL)
			return true;
	for (int i = 0; i < name->ngiven; i++)
		if (name->given[i][1] != '\0' && strstr(text, name->given[i]) != NULL)
			return true;
	return false;
}

/*
 * Compare two e-mail keys
 */
static void
compare_email(const char *a, const char *b, const MatchName *name, const MatchName *other, Evidence *best)
{
	const char *at_a = strrchr(a, '@');
	const char *at_b = strrchr(b, '@');
	int na;
	int nb;
	bool same_mailbox;
	bool same_domain;

	if (at_a == NULL || at_b == NULL)
		return;
	if (strcmp(a, b) == 0)
	{
		keep_stronger(best, LEVEL_SAME, EMAIL_SAME);
		return;
	}
	na = at_a - a;
	nb = at_b - b;
	same_mailbox = na == nb && memcmp(a, b, na) == 0 && na >= MAILBOX_LEAST;
	same_domain = strcmp(at_a, at_b) == 0;
	/* john.smith1 and john.smith2 are two people */
	if ((same_mailbox && ascii_edits(at_a, strlen(at_a), at_b, strlen(at_b), 2) <= 2) ||
		(same_domain && Min(na, nb) > MAILBOX_LEAST && same_digits(a, na, b, nb) && ascii_edits(a, na, b, nb, 1) == 1))
		keep_stronger(best, LEVEL_CLOSE, EMAIL_CLOSE);
	else if (same_mailbox)
		keep_stronger(best, LEVEL_ALIKE, holds_name(a, na, name) || holds_name(a, na, other) ? EMAIL_MAILBOX_OF_NAME : EMAIL_MAILBOX);
	else
		keep_stronger(best, LEVEL_DIFFERENT, EMAIL_DIFFERENT);
}

/*
 * Compare e-mails: the best of all pairs
 */
static Evidence
compare_emails(const MatchPerson *a, const MatchPerson *b)
{
	Evidence best = {LEVEL_MISSING, 0};

	for (int i = 0; i < a->nemails; i++)
		for (int j = 0; j < b->nemails; j++)
			compare_email(a->emails[i], b->emails[j], &a->name, &b->name, &best);
	return best;
}

/*
 * Compare house numbers or postal codes: the same, one edit, or different
 */
static MatchLevel
compare_code(const char *a, const char *b)
{
	if (a[0] == '\0' || b[0] == '\0')
		return LEVEL_MISSING;
	if (strcmp(a, b) == 0)
		return LEVEL_SAME;
	return ascii_edits(a, strlen(a), b, strlen(b), 1) <= 1 ? LEVEL_CLOSE : LEVEL_DIFFERENT;
}

/*
 * Compare streets or towns; one may be short of the other's last words ("Main", "Main St")
 */
static MatchLevel
compare_place(const char *a, const char *b)
{
	MatchLevel level;
	size_t na = strlen(a);
	size_t nb = strlen(b);

	if (na == 0 || nb == 0)
		return LEVEL_MISSING;
	level = jorge_compare_words(a, b, false);
	if (level < LEVEL_CLOSE && ((na < nb && b[na] == ' ' && memcmp(a, b, na) == 0) || (nb < na && a[nb] == ' ' && memcmp(a, b, nb) == 0)))
		level = LEVEL_CLOSE;
	return level;
}

/*
 * Weigh an address as a whole
 */
static float
weigh_address(const MatchPerson *a, const MatchPerson *b, MatchLevel *levels)
{
	static const float street[] = {0, STREET_DIFFERENT, STREET_ALIKE, STREET_CLOSE, STREET_SAME};
	static const float city[] = {0, CITY_DIFFERENT, CITY_ALIKE, CITY_CLOSE, CITY_SAME};
	static const float postal[] = {0, POSTAL_DIFFERENT, 0, POSTAL_CLOSE, POSTAL_SAME};
	float bits;

	levels[MATCH_HOUSE] = compare_code(a->house, b->house);
	levels[MATCH_STREET] = compare_place(a->street, b->street);
	levels[MATCH_CITY] = compare_place(a->city, b->city);
	levels[MATCH_POSTAL_CODE] = compare_code(a->postal_code, b->postal_code);
	bits = street[levels[MATCH_STREET]] + city[levels[MATCH_CITY]] + postal[levels[MATCH_POSTAL_CODE]];
	if (levels[MATCH_HOUSE] == LEVEL_SAME)
		bits += HOUSE_ONE_DIGIT + HOUSE_PER_DIGIT * (Min(strlen(a->house), 4) - 1);
	else if (levels[MATCH_HOUSE] == LEVEL_DIFFERENT)
		bits += HOUSE_DIFFERENT;
	return Max(Min(bits, ADDRESS_MOST), ADDRESS_LEAST);
}

/*
 * Weigh one part of a name; surprise in quarter bits
 */
static float
weigh_name(MatchLevel level, uint8 surprise, bool initial, float different)
{
	float same = surprise / 4.0f;

	switch (level)
	{
		case LEVEL_MISSING:
			return 0;
		case LEVEL_DIFFERENT:
			return different;
		case LEVEL_ALIKE:
			return initial ? NAME_INITIAL : NAME_ALIKE;
		case LEVEL_CLOSE:
			return Max(same - NAME_CLOSE_LOSS, NAME_LEAST);
		case LEVEL_SAME:
			break;
	}
	return same;
}

/*
 * Decide from the fields together where no key does
 */
static void
decide_by_fields(MatchVerdict *verdict, const NameComparison *names, bool last_four)
{
	const MatchLevel *levels = verdict->levels;
	MatchLevel given = levels[MATCH_GIVEN];
	MatchLevel surname = levels[MATCH_SURNAME];
	bool same_place = levels[MATCH_HOUSE] == LEVEL_SAME && levels[MATCH_STREET] >= LEVEL_CLOSE;
	bool near_phone = levels[MATCH_PHONE] >= LEVEL_CLOSE;
	bool near_email = levels[MATCH_EMAIL] >= LEVEL_CLOSE;
	/* a key that nearly agrees is no anchor where the other one contradicts it */
	bool anchored = same_place || (near_phone && levels[MATCH_EMAIL] != LEVEL_DIFFERENT) ||
					(near_email && levels[MATCH_PHONE] != LEVEL_DIFFERENT);
	bool other_given = given == LEVEL_DIFFERENT || (given == LEVEL_ALIKE && names->other_name);
	bool sure_name = Max(given, surname) >= LEVEL_CLOSE && !other_given;

	/* of a household's members only the given name tells one from the other */
	if (!near_phone && !near_email && given < LEVEL_CLOSE)
		sure_name = false;
	if (verdict->weight >= MERGE_WEIGHT && sure_name && anchored)
	{
		verdict->decision = MATCH_MERGE;
		verdict->reason = REASON_FIELDS;
	}
	else if (last_four && given >= LEVEL_CLOSE && surname >= LEVEL_CLOSE)
	{
		verdict->decision = MATCH_REVIEW;
		verdict->reason = REASON_LAST_FOUR;
	}
	else if (verdict->weight >= REVIEW_WEIGHT && (near_phone || near_email || given != LEVEL_DIFFERENT))
	{
		verdict->decision = MATCH_REVIEW;
		verdict->reason = REASON_FIELDS_UNCERTAIN;
	}
}

/*
 * Decide where the phone is the same
 *
 * Given names tell the members of a household apart; an office's number is shared by strangers, whose e-mails differ
 * too. A clearly different name alone does not stop the merge: one household is one lead.
 */
static void
decide_by_phone(MatchVerdict *verdict, const NameComparison *names)
{
	MatchLevel given = verdict->levels[MATCH_GIVEN];
	MatchLevel surname = verdict->levels[MATCH_SURNAME];
	bool other_name = given == LEVEL_DIFFERENT || (given == LEVEL_ALIKE && names->other_name) ||
					  (surname == LEVEL_DIFFERENT && given == LEVEL_MISSING);
	bool same_name;

	verdict->decision = MATCH_MERGE;
	verdict->reason = other_name ? REASON_PHONE_CONFLICT : REASON_PHONE;
	/* one name equal, and the other no worse than a typing error or a nickname */
	same_name = Max(given, surname) == LEVEL_SAME && (given == LEVEL_MISSING || given >= LEVEL_CLOSE) &&
				(surname == LEVEL_MISSING || surname >= LEVEL_CLOSE);
	if (verdict->levels[MATCH_EMAIL] == LEVEL_DIFFERENT && !same_name && given + surname > LEVEL_MISSING)
	{
		verdict->decision = MATCH_REVIEW;
		verdict->reason = REASON_PHONE_SHARED;
	}
}

MatchVerdict
jorge_match(const MatchPerson *a, const MatchPerson *b)
{
	MatchVerdict verdict = {MATCH_NONE, REASON_DIFFERENT};
	NameComparison names;
	bool last_four;
	Evidence phone = compare_phones(a, b, &last_four);
	Evidence email = compare_emails(a, b);

	jorge_compare_names(&a->name, &b->name, &names);
	verdict.levels[MATCH_GIVEN] = names.given;
	verdict.levels[MATCH_SURNAME] = names.surname;
	verdict.levels[MATCH_PHONE] = phone.level;
	verdict.levels[MATCH_EMAIL] = email.level;
	verdict.weight = phone.bits + email.bits + weigh_address(a, b, verdict.levels) +
					 weigh_name(names.given, names.given_bits, names.initial, GIVEN_DIFFERENT) +
					 weigh_name(names.surname, names.surname_bits, false, SURNAME_DIFFERENT) +
					 (names.middles_differ ? MIDDLE_DIFFERENT : 0) + (names.swapped ? NAME_SWAPPED : 0);

	if (email.level == LEVEL_SAME)
	{
		bool conflict = names.given == LEVEL_DIFFERENT && names.surname == LEVEL_DIFFERENT;

		verdict.decision = conflict ? MATCH_REVIEW : MATCH_MERGE;
		verdict.reason = conflict ? REASON_EMAIL_CONFLICT : REASON_EMAIL;
	}
	else if (phone.level == LEVEL_SAME)
		decide_by_phone(&verdict, &names);
	else
		decide_by_fields(&verdict, &names, last_four);
	if (verdict.decision == MATCH_MERGE && names.generations)
	{
		verdict.decision = MATCH_REVIEW;
		verdict.reason = REASON_GENERATION;
	}
	return verdict;
}

const char *
jorge_match_decision_name(MatchDecision decision)
{
	static const char *const names[] = {"none", "review", "merge"};

	return names[decision];
}

const char *
jorge_match_reason_name(MatchReason reason)
{
	static const char *const names[] = {
		[REASON_DIFFERENT] = "different",
		[REASON_EMAIL] = "email",
		[REASON_PHONE] = "phone",
		[REASON_FIELDS] = "fields",
		[REASON_EMAIL_CONFLICT] = "email_name_conflict",
		[REASON_PHONE_CONFLICT] = "phone_name_conflict",
		[REASON_PHONE_SHARED] = "phone_shared",
		[REASON_GENERATION] = "generation",
		[REASON_LAST_FOUR] = "name_last_four",
		[REASON_FIELDS_UNCERTAIN] = "fields_uncertain",
	};

	return names[reason];
}

const char *
jorge_match_field_name(MatchField field)
{
	static const char *const names[MATCH_FIELDS] = {"given_name", "surname", "phone", "email", "house", "street", "city", "postal_code"};

	return names[field];
}

const char *
jorge_match_level_name(MatchLevel level)
{
	static const char *const names[] = {"missing", "different", "alike", "close", "same"};

	return names[level];
}
