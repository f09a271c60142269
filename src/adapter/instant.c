/*
 * instant.c: times as providers write them, by PostgreSQL's own reader but without its errors and
 * its "today".
 */
#include "core/jorge.h"

#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* Longest time that is read, characters */
#define MAX_INSTANT 120

/* Digits of seconds since 1970, years 1973 to 5138; of milliseconds at most two more */
#define LEAST_DIGITS 9
#define MOST_DIGITS 13
#define LEAST_MILLISECONDS 100000000000.0

JORGE_FUNCTION(jorge_parse_time);

/*
 * Read a number of seconds or milliseconds since 1970
 */
static bool
epoch(const char *text, TimestampTz *instant)
{
	int digits = strcspn(text, ".");
	char *end;
	double seconds;

	if (strspn(text, "0123456789.") != strlen(text) || digits < LEAST_DIGITS ||
		digits > MOST_DIGITS)
		return false;
	seconds = strtod(text, &end);
	if (*end != '\0')
		return false;
	if (seconds >= LEAST_MILLISECONDS)
		seconds /= 1000;
	*instant = (TimestampTz) rint(
		(seconds - (double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) *
		USECS_PER_SEC);
	return true;
}

/*
 * Write Nov-20-2026 and Nov. 20 as Nov 20
 */
static void
loosen_months(char *text)
{
	static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

	for (char *p = text; *p != '\0'; p++)
	{
		char *word = p;

		while (isalpha((unsigned char) *p))
			p++;
		for (int m = 0; m < 12 && p - word == 3; m++)
			if (pg_strncasecmp(word, months + 3 * m, 3) == 0)
			{
				if (word > text && strchr("-/.", word[-1]) != NULL)
					word[-1] = ' ';
				if (*p != '\0' && strchr("-/.", *p) != NULL)
					*p = ' ';
			}
		if (p > word)
			p--;
	}
}

/*
 * Could a word be taken for the name of a zone? Before 16 the reader raises an error for one it
 * does not know: letters and what follows without a blank, as in America/Chicago or XYZ5, but for
 * the T between date and time.
 */
static bool
names_zone(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
	{
		if (!isalpha((unsigned char) *p) || isalpha((unsigned char) p[1]) || p[1] == '\0' ||
			p[1] == ' ')
			continue;
		if (!(pg_toupper((unsigned char) *p) == 'T' && p > text && isdigit((unsigned char) p[-1]) &&
			  isdigit((unsigned char) p[1])))
			return true;
	}
	return false;
}

/*
 * Read a date and time; a time without a zone is in UTC
 */
static bool
calendar(char *text, TimestampTz *instant)
{
	char *field[MAXDATEFIELDS];
	int ftype[MAXDATEFIELDS];
	char work[MAXDATELEN + MAXDATEFIELDS];
	struct pg_tm tm;
	fsec_t fsec;
	int fields;
	int dtype;
	int zone;

	if (ParseDateTime(text, work, sizeof(work), field, ftype, MAXDATEFIELDS, &fields) != 0)
		return false;
	if (JORGE_DECODE_DATETIME(field, ftype, fields, &dtype, &tm, &fsec, NULL) != 0)
	{
		if (ParseDateTime(text, work, sizeof(work), field, ftype, MAXDATEFIELDS, &fields) != 0 ||
			JORGE_DECODE_DATETIME(field, ftype, fields, &dtype, &tm, &fsec, &zone) != 0)
			return false;
	}
	else
		zone = 0;
	return dtype == DTK_DATE && tm2timestamp(&tm, fsec, &zone, instant) == 0;
}

/*
 * Copy what matters of a time: no comments in parentheses, no commas, " at ", GMT or UTC before an
 * offset
 */
static bool
tidy(const char *from, int length, char to[MAX_INSTANT + 1])
{
	int n = 0;
	bool digit = false;
	int depth = 0;

	if (length > MAX_INSTANT)
		return false;
	for (int i = 0; i < length; i++)
	{
		char c = from[i];

		if (c == '(' || c == ')')
			depth += c == '(' ? 1 : -1;
		else if (depth <= 0)
		{
			if ((unsigned char) c >= 127 || (unsigned char) c < ' ')
				c = ' ';
			digit |= isdigit((unsigned char) c);
			if (strncmp(from + i, " at ", Min(4, length - i)) == 0 && length - i > 4)
				i += 3, c = ' ';
			else if (length - i > 4 &&
					 (pg_strncasecmp(from + i, "GMT", 3) == 0 ||
					  pg_strncasecmp(from + i, "UTC", 3) == 0) &&
					 (from[i + 3] == '+' || from[i + 3] == '-'))
			{
				i += 2;
				continue;
			}
			to[n++] = c == ',' ? ' ' : c;
		}
	}
	while (n > 0 && to[n - 1] == ' ')
		n--;
	to[n] = '\0';
	return digit;
}

/*
 * Read a time
 */
Datum
jorge_parse_time(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(0);
	char tidied[MAX_INSTANT + 1];
	TimestampTz instant;

	if (!tidy(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), tidied))
		PG_RETURN_NULL();
	loosen_months(tidied);
	if (!epoch(tidied, &instant) && (names_zone(tidied) || !calendar(tidied, &instant)))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(instant);
}
