/*
 * similarity.c: how alike two strings are, by Jaro-Winkler and by counted edits.
 *
 * PostgreSQL's contrib has neither: fuzzystrmatch's levenshtein() does not know swapped neighbours, the commonest typing
 * error after a wrong letter, and would make a second extension a dependency.
 */
#include "core/jorge.h"

#include "identity/letters.h"
#include "identity/similarity.h"

JORGE_FUNCTION(jorge_jaro_winkler);
JORGE_FUNCTION(jorge_damerau_levenshtein);

/* Winkler 1990: a common prefix of up to four letters closes a tenth of the gap a letter. */
#define PREFIX_MAX 4
#define PREFIX_SCALE 0.1

double
jorge_jaro_winkler_codes(const uint32 *a, int na, const uint32 *b, int nb)
{
	uint8 taken[SIMILARITY_MAX];
	uint32 matched[SIMILARITY_MAX];
	int window = Max(na, nb) / 2 - 1;
	int matches = 0;
	int out_of_order = 0;
	int prefix = 0;
	double jaro;

	if (na == 0 || nb == 0)
		return na == nb;
	window = Max(window, 0);
	memset(taken, 0, nb);
	for (int i = 0; i < na; i++)
	{
		int last = Min(i + window, nb - 1);

		for (int j = Max(i - window, 0); j <= last; j++)
			if (!taken[j] && a[i] == b[j])
			{
				taken[j] = 1;
				matched[matches++] = a[i];
				break;
			}
	}
	if (matches == 0)
		return 0;
	for (int j = 0, k = 0; j < nb; j++)
		if (taken[j])
			out_of_order += matched[k++] != b[j];
	jaro = ((double) matches / na + (double) matches / nb + (double) (matches - out_of_order / 2) / matches) / 3;
	while (prefix < PREFIX_MAX && prefix < na && prefix < nb && a[prefix] == b[prefix])
		prefix++;
	return jaro + prefix * PREFIX_SCALE * (1 - jaro);
}

int
jorge_edits(const uint32 *a, int na, const uint32 *b, int nb, int limit)
{
	int rows[3][SIMILARITY_MAX + 1];
	int *before = rows[0];
	int *above = rows[1];
	int *row = rows[2];

	if (abs(na - nb) > limit)
		return limit + 1;
	for (int j = 0; j <= nb; j++)
		above[j] = j;
	for (int i = 1; i <= na; i++)
	{
		int least = row[0] = i;
		int *next;

		for (int j = 1; j <= nb; j++)
		{
			int best = Min(above[j], row[j - 1]) + 1;

			best = Min(best, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = Min(best, before[j - 2] + 1);
			row[j] = best;
			least = Min(least, best);
		}
		/* a swap reaches back two rows, so one row beyond the limit does not end it */
		if (least > limit + 1)
			return limit + 1;
		next = before;
		before = above;
		above = row;
		row = next;
	}
	return Min(above[nb], limit + 1);
}

/*
 * Compute the Jaro-Winkler similarity of two texts
 */
Datum
jorge_jaro_winkler(PG_FUNCTION_ARGS)
{
	text *a = PG_GETARG_TEXT_PP(0);
	text *b = PG_GETARG_TEXT_PP(1);
	uint32 x[SIMILARITY_MAX];
	uint32 y[SIMILARITY_MAX];
	int nx = jorge_decode(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a), x, SIMILARITY_MAX);
	int ny = jorge_decode(VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b), y, SIMILARITY_MAX);

	PG_RETURN_FLOAT8(jorge_jaro_winkler_codes(x, nx, y, ny));
}

/*
 * Decode a text for counting its edits, which are not to be those of a part of it
 */
static int
decode_whole(text *t, uint32 *codes)
{
	int n = jorge_decode(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), codes, SIMILARITY_MAX + 1);

	if (n > SIMILARITY_MAX)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("text of more than %d characters can't be compared", SIMILARITY_MAX),
				errhint("Compare left(text, %d).", SIMILARITY_MAX));
	return n;
}

/*
 * Count the edits between two texts
 */
Datum
jorge_damerau_levenshtein(PG_FUNCTION_ARGS)
{
	uint32 a[SIMILARITY_MAX + 1];
	uint32 b[SIMILARITY_MAX + 1];
	int na = decode_whole(PG_GETARG_TEXT_PP(0), a);
	int nb = decode_whole(PG_GETARG_TEXT_PP(1), b);

	PG_RETURN_INT32(jorge_edits(a, na, b, nb, SIMILARITY_MAX));
}
