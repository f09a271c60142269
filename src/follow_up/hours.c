/*
 * hours.c: when a message may be sent, given the hours of a week and the zones a person may be in.
 *
 * A moment is open if the wall clock of every zone is within the hours of its day. Offsets are the server's own, and
 * the search goes from one change of an offset to the next, so that hours in a gap or an overlap of summer
 * time are neither skipped nor opened early.
 */
#include "core/jorge.h"

#include "features/local_time.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

JORGE_FUNCTION(jorge_next_open);
JORGE_FUNCTION(jorge_is_zone);

#define DAYS 7

/* Zones are few: those of one state, or of all of the United States */
#define MOST_ZONES 64

/* A window that has not opened within three weeks never does: hours repeat each week. */
#define SEARCH_SECONDS (21 * (int64) SECS_PER_DAY)

typedef struct OpenDay
{
	int32 opens;  /* seconds since midnight */
	int32 closes; /* first second that is closed again; not after opens = closed all day */
} OpenDay;

/*
 * Read weeks of 14 numbers each, opening and closing of Monday to Sunday, and keep what is open in all of them
 */
static void
read_weeks(ArrayType *array, OpenDay *week)
{
	int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int32 *values = (int32 *) ARR_DATA_PTR(array);

	if (count == 0 || count % (2 * DAYS) != 0 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != INT4OID)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("hours are 14 numbers a week: opening and closing of Monday to Sunday"),
						errhint("Numbers are seconds since midnight; jorge.open_hours() has them.")));
	for (int day = 0; day < DAYS; day++)
	{
		week[day].opens = 0;
		week[day].closes = SECS_PER_DAY;
	}
	for (int i = 0; i < count; i += 2)
	{
		OpenDay *hours = &week[i / 2 % DAYS];

		if (values[i] < 0 || values[i] > SECS_PER_DAY || values[i + 1] < 0 || values[i + 1] > SECS_PER_DAY)
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("an hour of day %d is not between 0 and 86400 seconds", i / 2 % DAYS + 1)));
		hours->opens = Max(hours->opens, values[i]);
		hours->closes = Min(hours->closes, values[i + 1]);
	}
}

/*
 * Read the names of zones
 */
static int
read_zones(ArrayType *array, const pg_tz **zones)
{
	Datum *names;
	bool *nulls;
	int count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &count);
	if (count < 1 || count > MOST_ZONES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there must be 1 to %d zones", MOST_ZONES)));
	for (int i = 0; i < count; i++)
	{
		text *name = nulls[i] ? NULL : DatumGetTextPP(names[i]);

		zones[i] = name == NULL ? NULL : jorge_zone(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
		if (zones[i] == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown time zone: %s", name == NULL ? "null" : text_to_cstring(name)),
					 errhint("Zones have the names of the IANA database; see pg_timezone_names.")));
	}
	return count;
}

/*
 * First second at or after second (since 1970) that is open in one zone, INT64 beyond limit if none
 */
static int64
next_open_in(int64 second, int64 limit, const pg_tz *zone, const OpenDay *week)
{
	while (second < limit)
	{
		pg_time_t from = second;
		pg_time_t change;
		long offset, unused_offset;
		int unused_dst;
		int found = pg_next_dst_boundary(&from, &offset, &unused_dst, &change, &unused_offset, &unused_dst, zone);
		int64 end = found > 0 && change < limit ? change : limit;

		if (found < 0)
			return limit;
		/* until end the wall clock runs evenly */
		while (second < end)
		{
			int64 wall = second + offset;
			int64 day = wall / SECS_PER_DAY - (wall % SECS_PER_DAY < 0 ? 1 : 0);
			int64 of_day = wall - day * SECS_PER_DAY;
			const OpenDay *hours = &week[(day % DAYS + DAYS + 3) % DAYS]; /* 1970-01-01 was a Thursday */

			if (of_day < hours->closes && of_day >= hours->opens)
				return second;
			if (hours->opens < hours->closes && of_day < hours->opens)
				second += hours->opens - of_day;
			else
				second += SECS_PER_DAY - of_day;
		}
		second = end;
	}
	return limit;
}

/*
 * The first moment, at or after one, that is open in every zone; NULL if none comes
 */
Datum
jorge_next_open(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);
	const pg_tz *zones[MOST_ZONES];
	OpenDay week[DAYS];
	int count = read_zones(PG_GETARG_ARRAYTYPE_P(1), zones);
	int64 asked, second, limit;

	read_weeks(PG_GETARG_ARRAYTYPE_P(2), week);
	if (TIMESTAMP_NOT_FINITE(at))
		PG_RETURN_NULL();

	/* whole seconds decide, since hours do: a fraction belongs to its second */
	asked = at / USECS_PER_SEC - (at % USECS_PER_SEC < 0 ? 1 : 0) +
			(int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	limit = asked + SEARCH_SECONDS;
	second = asked;
	for (int agreed = 0, i = 0; agreed < count && second < limit; i = (i + 1) % count)
	{
		int64 open = next_open_in(second, limit, zones[i], week);

		CHECK_FOR_INTERRUPTS();
		agreed = open == second ? agreed + 1 : 1;
		second = open;
	}
	if (second >= limit)
		PG_RETURN_NULL();
	if (second == asked)
		PG_RETURN_TIMESTAMPTZ(at);
	at = (second - (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY) * USECS_PER_SEC;
	if (!IS_VALID_TIMESTAMP(at))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(at);
}

/*
 * Is this the name of a zone that the server can count in?
 */
Datum
jorge_is_zone(PG_FUNCTION_ARGS)
{
	text *name = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(jorge_zone(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) != NULL);
}
