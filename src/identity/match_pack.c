/*
 * match_pack.c: persons in comparable form, without the room they don't use.
 */
#include "core/jorge.h"

#include "identity/match.h"

/* What has a fixed size; texts follow, each with its terminator, in the order of list_texts() */
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

#define MOST_TEXTS (2 * MATCH_NAME_WORDS + 2 * MATCH_MAX_KEYS + 5)

/*
 * List the texts of a person in the order they are packed, as far as its numbers say there are any; returns how many
 */
static int
list_texts(MatchPerson *person, char *texts[MOST_TEXTS])
{
	MatchName *name = &person->name;
	int n = 0;

	for (int i = 0; i < name->ngiven; i++)
		texts[n++] = name->given[i];
	for (int i = 0; i < name->nsurname; i++)
		texts[n++] = name->surname[i];
	for (int i = 0; i < person->nphones; i++)
		texts[n++] = person->phones[i];
	for (int i = 0; i < person->nemails; i++)
		texts[n++] = person->emails[i];
	texts[n++] = person->phone_tail;
	texts[n++] = person->house;
	texts[n++] = person->street;
	texts[n++] = person->city;
	texts[n++] = person->postal_code;
	return n;
}

/*
 * Copy a text with its terminator; returns its size
 */
static size_t
copy_text(char *to, const char *from)
{
	size_t size = strlen(from) + 1;

	memcpy(to, from, size);
	return size;
}

int
jorge_match_pack(const MatchPerson *person, char *packed)
{
	const MatchName *name = &person->name;
	PackedHead head = {name->ngiven, name->nsurname, person->nphones, person->nemails, name->pair, person->phones_shared, name->generation};
	char *texts[MOST_TEXTS];
	int n = list_texts(unconstify(MatchPerson *, person), texts);
	char *to = packed + sizeof(PackedHead);

	memcpy(head.given_entry, name->given_entry, sizeof(head.given_entry));
	memcpy(head.given_bits, name->given_bits, sizeof(head.given_bits));
	memcpy(head.surname_bits, name->surname_bits, sizeof(head.surname_bits));
	memcpy(head.surname_known, name->surname_known, sizeof(head.surname_known));
	memcpy(packed, &head, sizeof(head));
	for (int i = 0; i < n; i++)
		to += copy_text(to, texts[i]);
	return to - packed;
}

void
jorge_match_unpack(const char *packed, MatchPerson *person)
{
	MatchName *name = &person->name;
	const char *from = packed + sizeof(PackedHead);
	char *texts[MOST_TEXTS];
	PackedHead head;
	int n;

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
	n = list_texts(person, texts);
	for (int i = 0; i < n; i++)
		from += copy_text(texts[i], from);
}
