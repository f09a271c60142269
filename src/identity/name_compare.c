/*
 * name_compare.c: how well two names agree.
 */
#include "core/jorge.h"

#include "identity/letters.h"
#include "identity/names.h"
#include "identity/similarity.h"

/* Winkler's customary borders of "a typing error" and "some resemblance" */
#define JARO_CLOSE 0.92
#define JARO_ALIKE 0.85

/* Likeness, as jorge.name_similarity() shows it */
#define LIKENESS_NICKNAME 0.95
#define LIKENESS_INITIAL 0.9
#define LIKENESS_SWAPPED 0.97

/*
 * Is one of two given names a nickname of the other, or both of a third?
 */
static bool
are_nicknames(int a, int b)
{
	const uint16 *x;
	const uint16 *y;

	if (a < 0 || b < 0)
		return false;
	x = jorge_given_names[a].roots >= 0 ? &jorge_name_roots[jorge_given_names[a].roots] : NULL;
	y = jorge_given_names[b].roots >= 0 ? &jorge_name_roots[jorge_given_names[b].roots] : NULL;
	for (const uint16 *r = x; r != NULL && *r != UINT16_MAX; r++)
	{
		if (*r == b)
			return true;
		for (const uint16 *s = y; s != NULL && *s != UINT16_MAX; s++)
			if (*s == *r)
				return true;
	}
	for (const uint16 *s = y; s != NULL && *s != UINT16_MAX; s++)
		if (*s == a)
			return true;
	return false;
}

MatchLevel
jorge_compare_words(const char *a, const char *b, bool known)
{
	uint32 x[MATCH_STREET_SIZE];
	uint32 y[MATCH_STREET_SIZE];
	int nx;
	int ny;
	int shorter;
	int edits;
	double jaro;
	int order = strcmp(a, b);

	if (order == 0)
		return LEVEL_SAME;
	/* Jaro's matching depends on which of the two comes first */
	if (order > 0)
	{
		const char *first = b;

		b = a;
		a = first;
	}
	nx = jorge_decode(a, strlen(a), x, MATCH_STREET_SIZE);
	ny = jorge_decode(b, strlen(b), y, MATCH_STREET_SIZE);
	shorter = Min(nx, ny);
	edits = jorge_edits(x, nx, y, ny, 2);
	if (edits == 1 && shorter >= 3)
		return known || shorter == 3 ? LEVEL_ALIKE : LEVEL_CLOSE;
	if (shorter < 4)
		return LEVEL_DIFFERENT;
	jaro = jorge_jaro_winkler_codes(x, nx, y, ny);
	if (jaro >= JARO_CLOSE && shorter >= 5)
		return known ? LEVEL_ALIKE : LEVEL_CLOSE;
	if (known)
		return LEVEL_DIFFERENT;
	return jaro >= JARO_ALIKE || (edits == 2 && shorter >= 5) ? LEVEL_ALIKE : LEVEL_DIFFERENT;
}

/*
 * Is one of two words the other's first letter?
 */
static bool
is_initial(const char *a, const char *b)
{
	return a[0] == b[0] && ((a[1] == '\0') != (b[1] == '\0'));
}

/*
 * Compare two given names
 */
static MatchLevel
compare_given(const MatchName *a, int i, const MatchName *b, int j, bool *initial)
{
	const char *x = a->given[i];
	const char *y = b->given[j];

	*initial = false;
	if (strcmp(x, y) == 0)
		return LEVEL_SAME;
	if (is_initial(x, y))
	{
		*initial = true;
		return LEVEL_ALIKE;
	}
	if (are_nicknames(a->given_entry[i], b->given_entry[j]))
		return LEVEL_CLOSE;
	return jorge_compare_words(x, y, a->given_entry[i] >= 0 && b->given_entry[j] >= 0);
}

/*
 * Are the words, written together, the same? ("Mary Ann", "Maryann")
 */
static bool
same_together(const char (*a)[MATCH_WORD_SIZE], int na, const char (*b)[MATCH_WORD_SIZE], int nb)
{
	char x[MATCH_NAME_WORDS * MATCH_WORD_SIZE] = "";
	char y[MATCH_NAME_WORDS * MATCH_WORD_SIZE] = "";

	for (int i = 0; i < na; i++)
		strlcat(x, a[i], sizeof(x));
	for (int j = 0; j < nb; j++)
		strlcat(y, b[j], sizeof(y));
	return strcmp(x, y) == 0;
}

/*
 * Compare the given names of two people or pairs of people
 */
static void
compare_givens(const MatchName *a, const MatchName *b, NameComparison *c)
{
	c->given = LEVEL_MISSING;
	c->given_bits = 0;
	for (int i = 0; i < a->ngiven; i++)
		for (int j = 0; j < b->ngiven; j++)
		{
			bool initial;
			bool other_name;
			MatchLevel level = compare_given(a, i, b, j, &initial);
			uint8 bits;

			/* a second name counts as a first one only where two people are named */
			if ((i > 0 && !a->pair) || (j > 0 && !b->pair))
			{
				if (level < LEVEL_CLOSE || a->given[i][1] == '\0' || b->given[j][1] == '\0')
					continue;
				level = LEVEL_CLOSE;
			}
			bits = Min(a->given_bits[i], b->given_bits[j]);
			other_name = level == LEVEL_ALIKE && !initial && a->given_entry[i] >= 0 && b->given_entry[j] >= 0;
			if (level < c->given || (level == c->given && bits < c->given_bits))
				continue;
			/* of equals all count, so that the order of the two people does not matter */
			c->initial = initial || (level == c->given && bits == c->given_bits && c->initial);
			c->other_name = other_name || (level == c->given && bits == c->given_bits && c->other_name);
			c->given = level;
			c->given_bits = bits;
		}
	if (c->given != LEVEL_MISSING && c->given < LEVEL_SAME && a->ngiven != b->ngiven && same_together(a->given, a->ngiven, b->given, b->ngiven))
	{
		c->given = LEVEL_SAME;
		c->initial = c->other_name = false;
		c->given_bits = RARE_GIVEN;
	}
	if (c->given >= LEVEL_CLOSE && a->ngiven > 1 && b->ngiven > 1 && !a->pair && !b->pair)
	{
		bool initial;

		c->middles_differ = compare_given(a, 1, b, 1, &initial) == LEVEL_DIFFERENT;
	}
}

/*
 * Compare surnames; of two surnames one is enough
 */
static void
compare_surnames(const MatchName *a, const MatchName *b, NameComparison *c)
{
	c->surname = LEVEL_MISSING;
	c->surname_bits = 0;
	for (int i = 0; i < a->nsurname; i++)
		for (int j = 0; j < b->nsurname; j++)
		{
			MatchLevel level = is_initial(a->surname[i], b->surname[j])
								   ? LEVEL_ALIKE
								   : jorge_compare_words(a->surname[i], b->surname[j], a->surname_known[i] && b->surname_known[j]);
			uint8 bits = Min(a->surname_bits[i], b->surname_bits[j]);

			if (level < c->surname || (level == c->surname && bits < c->surname_bits))
				continue;
			c->surname = level;
			c->surname_bits = bits;
		}
	if (a->nsurname == b->nsurname || c->surname == LEVEL_MISSING)
		return;
	if (same_together(a->surname, a->nsurname, b->surname, b->nsurname))
		c->surname = LEVEL_SAME;
	else if (c->surname == LEVEL_SAME && !a->pair && !b->pair)
		c->surname = LEVEL_CLOSE;
}

/*
 * Find the best level of one side's given names against the other's surnames
 */
static MatchLevel
compare_crosswise(const MatchName *a, const MatchName *b)
{
	MatchLevel best = LEVEL_MISSING;

	for (int i = 0; i < a->ngiven; i++)
		for (int j = 0; j < b->nsurname; j++)
			if (a->given[i][1] != '\0')
				best = Max(best, jorge_compare_words(a->given[i], b->surname[j], a->given_entry[i] >= 0 && b->surname_known[j]));
	return best;
}

void
jorge_compare_names(const MatchName *a, const MatchName *b, NameComparison *comparison)
{
	NameComparison *c = comparison;
	bool one_word = a->ngiven + a->nsurname == 1 || b->ngiven + b->nsurname == 1;

	memset(c, 0, sizeof(NameComparison));
	compare_givens(a, b, c);
	compare_surnames(a, b, c);
	c->generations = a->generation != 0 && b->generation != 0 && a->generation != b->generation;
	if (c->given >= LEVEL_CLOSE || c->surname >= LEVEL_CLOSE)
		return;

	if (one_word)
	{
		/* a lone word may be either */
		if (Max(compare_crosswise(a, b), compare_crosswise(b, a)) >= LEVEL_CLOSE)
		{
			c->given = LEVEL_MISSING;
			c->surname = LEVEL_CLOSE;
			c->surname_bits = RARE_GIVEN;
			c->initial = c->other_name = c->middles_differ = false;
		}
	}
	else if (compare_crosswise(a, b) >= LEVEL_CLOSE && compare_crosswise(b, a) >= LEVEL_CLOSE)
	{
		c->given = c->surname = LEVEL_CLOSE;
		c->given_bits = Min(a->given_bits[0], b->given_bits[0]);
		c->surname_bits = RARE_SURNAME;
		if (a->nsurname > 0 && b->nsurname > 0)
			c->surname_bits = Min(a->surname_bits[0], b->surname_bits[0]);
		c->swapped = true;
		c->initial = c->other_name = c->middles_differ = false;
	}
}

/*
 * Get the likeness of two words
 */
static double
word_likeness(const char *a, const char *b)
{
	uint32 x[MATCH_WORD_SIZE];
	uint32 y[MATCH_WORD_SIZE];
	int nx = jorge_decode(a, strlen(a), x, MATCH_WORD_SIZE);
	int ny = jorge_decode(b, strlen(b), y, MATCH_WORD_SIZE);

	if (is_initial(a, b))
		return LIKENESS_INITIAL;
	return strcmp(a, b) < 0 ? jorge_jaro_winkler_codes(x, nx, y, ny) : jorge_jaro_winkler_codes(y, ny, x, nx);
}

/*
 * Get the likeness of two lists of words: of their best pair
 */
static double
list_likeness(const char (*a)[MATCH_WORD_SIZE], int na, const char (*b)[MATCH_WORD_SIZE], int nb)
{
	double best = -1;

	for (int i = 0; i < na; i++)
		for (int j = 0; j < nb; j++)
			best = Max(best, word_likeness(a[i], b[j]));
	return best;
}

/*
 * Average two likenesses, -1 = missing
 */
static double
average(double given, double surname)
{
	return given < 0 ? surname : surname < 0 ? given : (given + surname) / 2;
}

double
jorge_name_likeness(const MatchName *a, const MatchName *b)
{
	NameComparison c;
	double given = list_likeness(a->given, a->pair ? a->ngiven : Min(a->ngiven, 1), b->given, b->pair ? b->ngiven : Min(b->ngiven, 1));
	double surname = list_likeness(a->surname, a->nsurname, b->surname, b->nsurname);
	double straight;
	double crosswise = -1;

	if (a->ngiven + a->nsurname == 0 || b->ngiven + b->nsurname == 0)
		return -1;
	compare_givens(a, b, memset(&c, 0, sizeof(c)));
	compare_surnames(a, b, &c);
	if (c.given == LEVEL_SAME)
		given = 1;
	else if (c.given == LEVEL_CLOSE)
		given = Max(given, LIKENESS_NICKNAME);
	if (c.surname == LEVEL_SAME)
		surname = 1;
	straight = average(given, surname);
	if (a->nsurname > 0 && b->nsurname > 0 && a->ngiven > 0 && b->ngiven > 0)
		crosswise = LIKENESS_SWAPPED * average(list_likeness(a->given, a->ngiven, b->surname, b->nsurname),
											   list_likeness(a->surname, a->nsurname, b->given, b->ngiven));
	else
		crosswise = LIKENESS_SWAPPED * Max(list_likeness(a->given, a->ngiven, b->surname, b->nsurname),
										   list_likeness(a->surname, a->nsurname, b->given, b->ngiven));
	return Max(Max(straight, crosswise), 0);
}
