/*
 * similarity.h: how alike two strings of code points are.
 */
#ifndef JORGE_SIMILARITY_H
#define JORGE_SIMILARITY_H

/* Longest string compared, in code points: time grows with the product of the lengths. */
#define SIMILARITY_MAX 1000

/* Jaro-Winkler similarity, 0 ... 1 (1 = equal, also two empty ones), of strings up to SIMILARITY_MAX. */
extern double jorge_jaro_winkler_codes(const uint32 *a, int na, const uint32 *b, int nb);

/*
 * Insertions, deletions, substitutions and swaps of neighbours that make one string the other (no part is edited twice:
 * "optimal string alignment"); limit + 1 where there are more than limit. Strings up to SIMILARITY_MAX.
 */
extern int jorge_edits(const uint32 *a, int na, const uint32 *b, int nb, int limit);

#endif
