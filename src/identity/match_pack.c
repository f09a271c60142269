/*
 * match_pack.c: persons in comparable form, without the room they don't use.
 */
#include "core/jorge.h"

#include "identity/match.h"

/* What has a fixed size; texts follow, each with its terminator, in the order of jorge_match_pack() */
typedef struct PackedHead
{
	uint8 ngiven;
	uint8 nsurname;
	uint8 nphones;
	uint8 nemails;
	bool pair;
	bool phones_shared;
	int generation;
	int16 given_entry[MATCH_NAME_WORDS];
	uint8 given_bits[MATCH_NAME_WORDS];
	uint8 surname_bits[MATCH_NAME_WORDS];
	bool surname_known[MATCH_NAME_WORDS];
} PackedHead;

StaticAssertDecl(sizeof(PackedHead) + sizeof(MatchPerson) <= MATCH_PACKED_SIZE, "a packed person may not fit");

/*
 * Append a text
 */
static char *
put(char *to, const char *text)
{
	size_t size = strlen(text) + 1;

	memcpy(to, text, size);
	return to + size;
}

/*
 * Read the next text
 */
static const char *
get(const char *from, char *text)
{
	size_t size = strlen(from) + 1;

	memcpy(text, from, size);
	return from + size;
}

int
jorge_match_pack(const MatchPerson *person, char *packed)
{
	const MatchName *name = &person->name;
	char *to = packed + sizeof(PackedHead);
	PackedHead head = {name->ngiven, name->nsurname, person->nphones, person->nemails, name->pair, person->phones_shared, name->generation};

	memcpy(head.given_entry, name->given_entry, sizeof(head.given_entry));
	memcpy(head.given_bits, name->given_bits, sizeof(head.given_bits));
	memcpy(head.surname_bits, name->surname_bits, sizeof(head.surname_bits));
	memcpy(head.surname_known, name->surname_known, sizeof(head.surname_known));
	memcpy(packed, &head, sizeof(head));
	for (int i = 0; i < name->ngiven; i++)
		to = put(to, name->given[i]);
	for (int i = 0; i < name->nsurname; i++)
		to = put(to, name->surname[i]);
	for (int i = 0; i < person->nphones; i++)
		to = put(to, person->phones[i]);
	for (int i = 0; i < person->nemails; i++)
		to = put(to, person->emails[i]);
	to = put(to, person->phone_tail);
	to = put(to, person->house);
	to = put(to, person->street);
	to = put(to, person->city);
	to = put(to, person->postal_code);
	return to - packed;
}

void
jorge_match_unpack(const char *packed, MatchPerson *person)
{
	MatchName *name = &person->name;
	const char *from = packed + sizeof(PackedHead);
	PackedHead head;

	memcpy(&head, packed, sizeof(head));
	name->ngiven = head.ngiven;
	name->nsurname = head.nsurname;
	name->pair = head.pair;
	name->generation = head.generation;
	memcpy(name->given_entry, head.given_entry, sizeof(head.given_entry));
	memcpy(name->given_bits, head.given_bits, sizeof(head.given_bits));
	memcpy(name->surname_bits, head.surname_bits, sizeof(head.surname_bits));
	memcpy(name->surname_known, head.surname_known, sizeof(head.surname_known));
	person->nphones = head.nphones;
	person->nemails = head.nemails;
	person->phones_shared = head.phones_shared;
	for (int i = 0; i < name->ngiven; i++)
		from = get(from, name->given[i]);
	for (int i = 0; i < name->nsurname; i++)
		from = get(from, name->surname[i]);
	for (int i = 0; i < person->nphones; i++)
		from = get(from, person->phones[i]);
	for (int i = 0; i < person->nemails; i++)
		from = get(from, person->emails[i]);
	from = get(from, person->phone_tail);
	from = get(from, person->house);
	from = get(from, person->street);
	from = get(from, person->city);
	(void) get(from, person->postal_code);
}
