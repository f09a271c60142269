/*
 * blocking.c: keys under which persons that may match meet.
 *
 * Each key joins two facts, so that few share one among a million leads, and survives an error in any third:
 *   name              first letters of the formal given name and of the surname, in either order
 *   last four         of the phone, with the initials of both names, in either order, or of the only one; with one of two,
 *                     a person has it in common with seven strangers among a million
 *   house             with the street's first letters, and with the postal code
 *   postal code       with the initial of the given name and the first letters of the surname
 *   mailbox           of the e-mail, whatever its domain
 */
#include "core/jorge.h"

#include "identity/letters.h"
#include "identity/match.h"
#include "identity/names.h"

#define NAME_PREFIX 4
#define STREET_PREFIX 4
#define SURNAME_PREFIX 3
/* A shorter mailbox name ("jo") is anybody's */
#define MAILBOX_LEAST 5

typedef struct Keys
{
	int64 *keys;
	int n;
} Keys;

/*
 * Add bytes to a hash (64-bit FNV-1a)
 */
static uint64
add_bytes(uint64 hash, const char *s, int n)
{
	for (int i = 0; i < n; i++)
		hash = (hash ^ (unsigned char) s[i]) * UINT64CONST(1099511628211);
	return hash;
}

/*
 * Add the key of a kind and two parts, each cut to so many bytes (-1 = whole)
 */
static void
add_key(Keys *keys, char kind, const char *first, int nfirst, const char *second, int nsecond)
{
	uint64 hash = add_bytes(UINT64CONST(14695981039346656037), &kind, 1);

	if (keys->n == MATCH_MAX_BLOCKING_KEYS)
		return;
	hash = add_bytes(hash, first, nfirst < 0 ? strlen(first) : strnlen(first, nfirst));
	/* a byte that no part holds keeps "ab c" and "a bc" apart */
	hash = add_bytes(hash, "\377", 1);
	hash = add_bytes(hash, second, nsecond < 0 ? strlen(second) : strnlen(second, nsecond));
	for (int i = 0; i < keys->n; i++)
		if (keys->keys[i] == (int64) hash)
			return;
	keys->keys[keys->n++] = (int64) hash;
}

/*
 * Get the bytes of a word's first letter
 */
static int
first_letter(const char *word)
{
	unsigned char lead = word[0];

	return lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
}

/*
 * Add the key of the last four digits and the initials
 */
static void
add_last_four(Keys *keys, const char *digits, const char *given, const char *surname)
{
	char initials[2 * 4 + 1];
	bool ordered = strcmp(given, surname) < 0;
	const char *first = ordered ? given : surname;
	const char *second = ordered ? surname : given;
	int nfirst = first[0] == '\0' ? 0 : first_letter(first);
	int nsecond = second[0] == '\0' ? 0 : first_letter(second);

	memcpy(initials, first, nfirst);
	memcpy(initials + nfirst, second, nsecond);
	add_key(keys, 'L', digits, 4, initials, nfirst + nsecond);
}

int
jorge_blocking_keys(const MatchPerson *person, int64 keys[MATCH_MAX_BLOCKING_KEYS])
{
	Keys out = {keys, 0};
	const MatchName *name = &person->name;
	const char *given = name->ngiven > 0 ? jorge_formal_name(name, 0) : "";
	const char *surname = name->nsurname > 0 ? name->surname[0] : "";
	const char *phone = person->nphones > 0 ? person->phones[person->nphones - 1] : person->phone_tail;
	int ndigits = strlen(phone);

	if (ndigits >= 4 && !person->phones_shared && (given[0] != '\0' || surname[0] != '\0'))
		add_last_four(&out, phone + ndigits - 4, given, surname);
	for (int i = 0; i < Min(name->nsurname, 2) && given[0] != '\0'; i++)
	{
		bool ordered = strcmp(given, name->surname[i]) < 0;

		add_key(&out, 'N', ordered ? given : name->surname[i], NAME_PREFIX, ordered ? name->surname[i] : given, NAME_PREFIX);
	}
	if (person->house[0] != '\0' && person->street[0] != '\0')
		add_key(&out, 'S', person->house, -1, person->street, STREET_PREFIX);
	if (person->house[0] != '\0' && person->postal_code[0] != '\0')
		add_key(&out, 'H', person->house, -1, person->postal_code, -1);
	if (person->postal_code[0] != '\0' && surname[0] != '\0')
		add_key(&out, given[0] == '\0' ? 'Z' : given[0], person->postal_code, -1, surname, SURNAME_PREFIX);
	if (person->nemails > 0)
	{
		const char *email = person->emails[person->nemails - 1];
		int mailbox = strcspn(email, "@");

		if (mailbox >= MAILBOX_LEAST)
			add_key(&out, 'E', email, mailbox, "", 0);
	}
	return out.n;
}
