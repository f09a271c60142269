/*
 * calendar.c: when leads arrive, in Austin, over two fixed years.
 */
#include "core/jorge.h"

#include "synthetic/synthetic.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

/* Arrivals by month relative to the mean: homes are sought in spring and summer. */
static const double month_weight[12] = {0.78, 0.88, 1.12, 1.22, 1.28, 1.24,
										1.14, 1.05, 0.94, 0.90, 0.76, 0.69};

/* By weekday, Sunday first */
static const double weekday_weight[7] = {1.08, 1.06, 1.04, 1.00, 0.96, 0.88, 0.98};

/* By local hour, weekdays and weekends */
static const int weekday_hour[24] = {6,  3,  2,  2,  3,  8,  18, 32, 48, 58, 60, 58,
									 66, 58, 52, 50, 52, 58, 64, 72, 76, 66, 40, 18};
static const int weekend_hour[24] = {9,  5,  3,  2,  2,  5,  11, 24, 44, 62, 74, 76,
									 72, 70, 68, 66, 62, 58, 54, 56, 58, 52, 38, 20};

/* Instants at which Austin's daylight saving time began and ended, as the law has them */
typedef struct DaylightSaving
{
	int year;
	int begin_day; /* of March, 08:00 UTC */
	int end_day;   /* of November, 07:00 UTC */
} DaylightSaving;

static const DaylightSaving daylight_saving[] = {{2024, 10, 3}, {2025, 9, 2}, {2026, 8, 1}};

/*
 * Instant of a date and hour in UTC
 */
static TimestampTz
utc(int year, int month, int day, int hour)
{
	return (TimestampTz) (date2j(year, month, day) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY +
		   hour * USECS_PER_HOUR;
}

TimestampTz
jorge_synth_window_end(void)
{
	return utc(2026, 7, 1, 5);
}

/*
 * Is this instant in Austin's daylight saving time?
 */
static bool
is_daylight_saving(TimestampTz at)
{
	for (int i = 0; i < lengthof(daylight_saving); i++)
	{
		const DaylightSaving *year = &daylight_saving[i];

		if (at >= utc(year->year, 3, year->begin_day, 8) &&
			at < utc(year->year, 11, year->end_day, 7))
			return true;
	}
	return false;
}

/*
 * Local hour of an instant in Austin
 */
int
jorge_synth_local_hour(TimestampTz at)
{
	int64 local = at - (is_daylight_saving(at) ? 5 : 6) * USECS_PER_HOUR;
	int64 of_day = local % USECS_PER_DAY;

	if (of_day < 0)
		of_day += USECS_PER_DAY;
	return (int) (of_day / USECS_PER_HOUR);
}

/*
 * Draw the arrival: a day by season and weekday, then an hour, then any second of it
 */
void
jorge_synth_arrival(SynthRandom *random, SynthPlan *plan)
{
	int first = date2j(2024, 7, 1);
	int year, month, day, julian, weekday, hour, second;
	TimestampTz at;

	/* rejection: 1.28 * 1.08 bounds the product of the weights */
	do
	{
		julian = first + jorge_synth_below(random, SYNTH_DAYS);
		j2date(julian, &year, &month, &day);
		weekday = j2day(julian);
	} while (
		!jorge_synth_chance(random, month_weight[month - 1] * weekday_weight[weekday] / 1.3824));

	hour = jorge_synth_weighted(random, weekday == 0 || weekday == 6 ? weekend_hour : weekday_hour,
								24);
	second = jorge_synth_below(random, 3600);

	at = utc(year, month, day, hour + 6);
	if (is_daylight_saving(at - USECS_PER_HOUR))
		at -= USECS_PER_HOUR;
	plan->received_at = at + second * USECS_PER_SEC;
	plan->local_month = month;
	plan->local_hour = hour;
}

/*
 * Write an instant as ISO 8601 in UTC, to the second; return its length
 */
int
jorge_synth_format_time(char *buffer, TimestampTz at)
{
	int64 days = at / USECS_PER_DAY;
	int64 second = (at - days * USECS_PER_DAY) / USECS_PER_SEC;
	int year, month, day;

	j2date((int) days + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return snprintf(buffer, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day,
					(int) (second / 3600), (int) (second / 60 % 60), (int) (second % 60));
}
