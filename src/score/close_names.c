/*
 * close_names.c: names that somebody may have meant.
 */
#include "core/jorge.h"

#include "score/close_names.h"

#include "lib/stringinfo.h"
#include "utils/varlena.h"

#define MOST_NAMES 3

/*
 * Tell how far a name is from the wrong one: 0 where one begins the other, 1 where it holds it, -1 where they are
 * not alike
 */
static int
distance(const char *wrong, int length, const char *name)
{
	int most = Max(length / 3, 1);
	int apart;

	if (length >= 3 && (strncmp(name, wrong, length) == 0 || strncmp(wrong, name, strlen(name)) == 0))
		return 0;
	if (length >= 3 && (strstr(name, wrong) != NULL || strstr(wrong, name) != NULL))
		return 1;
	apart = varstr_levenshtein_less_equal(wrong, length, name, strlen(name), 1, 1, 1, most, true);
	return apart <= most ? apart : -1;
}

char *
jorge_close_names(const char *wrong, int length, const char *const *names, int n)
{
	StringInfoData list;
	char *key;
	int found = 0;

	if (length >= NAMEDATALEN)
		return NULL;
	key = pnstrdup(wrong, length);
	initStringInfo(&list);
	for (int apart = 0; apart <= Max(length / 3, 1) && found < MOST_NAMES; apart++)
		for (int i = 0; i < n && found < MOST_NAMES; i++)
			if (distance(key, length, names[i]) == apart)
				appendStringInfo(&list, "%s%s", found++ ? ", " : "", names[i]);
	return found > 0 ? list.data : NULL;
}
