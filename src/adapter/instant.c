/*
 * instant.c: times as providers write them, by PostgreSQL's own reader but without its errors and its "today".
 */
#include "core/jorge.h"

#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* Longest time that is read, characters */
#define MAX_INSTANT 120

/* Seconds and milliseconds since 1970 are told apart by this: as seconds it would be the year 5138 */
#define LEAST_MILLISECONDS 100000000000.0

JORGE_FUNCTION(jorge_parse_time);

/*
 * Read a number of seconds or milliseconds since 1970
 */
static bool
epoch(const char *text, TimestampTz *instant)
{
	char *end;
	double seconds;

	if (strspn(text, "0123456789.") != strlen(text) || strlen(text) < 9)
		return false;
	seconds = strtod(text, &end);
	if (*end != '\0')
		return false;
	if (seconds >= LEAST_MILLISECONDS)
		seconds /= 1000;
	if (seconds >= LEAST_MILLISECONDS)
		return false;
	*instant = (TimestampTz) rint((seconds - (double) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) * USECS_PER_SEC);
	return true;
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
 * Copy what matters of a time: no comments in parentheses, no commas, " at " or "GMT" before an offset
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
			else if (length - i > 4 && pg_strncasecmp(from + i, "GMT", 3) == 0 && (from[i + 3] == '+' || from[i + 3] == '-'))
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
	if (!epoch(tidied, &instant) && !calendar(tidied, &instant))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(instant);
}
