/*
 * period.c: calendar periods, numbered from the one that holds 2000-01-01.
 */
#include "core/jorge.h"

#include "features/local_time.h"
#include "forecast/series.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* 2000-01-01 was a Saturday; weeks begin on Monday, and week 0 on 1999-12-27. */
#define FIRST_MONDAY (-5)

static const struct
{
	const char *name;
	int season;
	int months; /* 0 = counted in days */
	int days;
} periods[PERIOD_KINDS] = {
	[PERIOD_DAY] = {"day", 7, 0, 1},      [PERIOD_WEEK] = {"week", 52, 0, 7},
	[PERIOD_MONTH] = {"month", 12, 1, 0}, [PERIOD_QUARTER] = {"quarter", 4, 3, 0},
	[PERIOD_YEAR] = {"year", 1, 12, 0},
};

/*
 * Divide rounding down, also below zero
 */
static int64
floor_divide(int64 a, int64 b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

/*
 * Find a period by its name
 */
SeriesPeriod
jorge_period_of_name(const char *name, int length)
{
	for (int i = 0; i < PERIOD_KINDS; i++)
		if (strlen(periods[i].name) == length && pg_strncasecmp(periods[i].name, name, length) == 0)
			return (SeriesPeriod) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%.*s\" is not a period", Min(length, 64), name),
					errhint("Say day, week, month, quarter or year.")));
}

/*
 * Name a period
 */
const char *
jorge_period_name(SeriesPeriod period)
{
	return periods[period].name;
}

/*
 * Tell how many periods a season has
 */
int
jorge_period_season(SeriesPeriod period)
{
	return periods[period].season;
}

/*
 * Number the period that a date is in
 */
int32
jorge_period_number(SeriesPeriod period, DateADT date)
{
	int year;
	int month;
	int day;

	if (period == PERIOD_DAY)
		return date;
	if (period == PERIOD_WEEK)
		return (int32) floor_divide((int64) date - FIRST_MONDAY, 7);
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return (int32) floor_divide((int64) (year - 2000) * 12 + month - 1, periods[period].months);
}

/*
 * Find the date a period begins on
 */
DateADT
jorge_period_start(SeriesPeriod period, int32 number)
{
	int64 months;

	if (period == PERIOD_DAY)
		return number;
	if (period == PERIOD_WEEK)
		return number * 7 + FIRST_MONDAY;
	months = (int64) number * periods[period].months;
	return date2j((int) (2000 + floor_divide(months, 12)),
				  (int) (months - floor_divide(months, 12) * 12) + 1, 1) -
		   POSTGRES_EPOCH_JDATE;
}

/*
 * Turn a moment into the wall clock of a zone
 */
int64
jorge_wall_clock(TimestampTz at, const pg_tz *zone)
{
	long offset;
	pg_time_t since_1970;
	struct pg_tm *tm;

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("a series cannot hold a value at an infinite time"),
						errhint("Filter such rows: WHERE isfinite(ts).")));
	if (!pg_get_timezone_offset(zone, &offset))
	{
		since_1970 = floor_divide(at, USECS_PER_SEC) +
					 (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
		tm = pg_localtime(&since_1970, zone);
		if (tm == NULL)
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("timestamp out of range")));
		offset = tm->tm_gmtoff;
	}
	return at + (int64) offset * USECS_PER_SEC;
}

/*
 * Number the period at a wall clock
 */
int32
jorge_period_at(SeriesPeriod period, int64 clock, double *elapsed)
{
	DateADT date = (DateADT) floor_divide(clock, USECS_PER_DAY);
	int32 number = jorge_period_number(period, date);

	if (elapsed != NULL)
	{
		int64 start = (int64) jorge_period_start(period, number) * USECS_PER_DAY;
		int64 end = (int64) jorge_period_start(period, number + 1) * USECS_PER_DAY;

		*elapsed = (double) (clock - start) / (double) (end - start);
	}
	return number;
}

/*
 * Find a zone by its name
 */
const pg_tz *
jorge_series_zone(const char *name, int length)
{
	const pg_tz *zone = jorge_zone(name, length);

	if (zone == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%.*s\" is not a time zone", Min(length, 64), name),
			 errhint("Give an IANA name such as America/Chicago; pg_timezone_names lists them.")));
	return zone;
}

/*
 * Write a date, whatever the session's DateStyle
 */
char *
jorge_date_text(DateADT date)
{
	int year;
	int month;
	int day;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return psprintf("%04d-%02d-%02d", year, month, day);
}
