/*
 * names.h: names of people taken apart and compared.
 */
#ifndef JORGE_NAMES_H
#define JORGE_NAMES_H

#include "identity/match.h"

/* Longest name in the tables, with its terminator */
#define TABLE_NAME_SIZE 16

typedef struct GivenName
{
	char name[TABLE_NAME_SIZE];
	uint8 quarter_bits; /* -4 log2(its share of the population), 0 = not frequent */
	int16 roots;		/* its formal names, from jorge_name_roots[roots] to UINT16_MAX; -1 = none */
	uint16 formal;		/* position of the name that stands for it in keys, often its own */
} GivenName;

typedef struct Surname
{
	char name[TABLE_NAME_SIZE];
	uint8 quarter_bits;
} Surname;

extern const uint16 jorge_name_roots[];
extern const GivenName jorge_given_names[];
extern const int jorge_ngiven_names;
extern const Surname jorge_surnames[];
extern const int jorge_nsurnames;

/* Surprise, in quarter bits, of a name that is not in the table: rarer than any there, but no more than this is counted on */
#define RARE_GIVEN 42
#define RARE_SURNAME 48

/* Take a name apart; texts beyond NAME_BYTES_READ are read as if they ended there. */
#define NAME_BYTES_READ 400
extern void jorge_read_name(const MatchGiven *given, MatchName *name);

/* Compare names field by field; swapped = given name and surname stand in each other's place. */
typedef struct NameComparison
{
	MatchLevel given;
	MatchLevel surname;
	bool initial;			/* given is LEVEL_ALIKE because one side has the initial only */
	bool other_name;		/* given is LEVEL_ALIKE, but each side is a known name of its own (Mario, Maria) */
	bool swapped;			/* the levels are those of the swapped reading */
	bool generations;		/* Jr on one side, Sr on the other */
	bool middles_differ;	/* first given names agree, second ones don't */
	uint8 given_bits;		/* surprise of the more frequent of the names compared, quarter bits */
	uint8 surname_bits;
} NameComparison;

extern void jorge_compare_names(const MatchName *a, const MatchName *b, NameComparison *comparison);

/* Level of two folded words that are no given names: surnames, streets, towns. known = both are frequent words, so that
 * one is hardly a mistyped form of the other. */
extern MatchLevel jorge_compare_words(const char *a, const char *b, bool known);

/* Similarity of two names, 0 ... 1; -1 if one of them is none. */
extern double jorge_name_likeness(const MatchName *a, const MatchName *b);

/*
 * What stands for a given name in keys: the frequent formal name of a nickname ("bob" -> "robert"), else itself.
 * Nicknames are ambiguous, so equal formal names are a reason to look, not a proof.
 */
extern const char *jorge_formal_name(const MatchName *name, int i);

#endif
