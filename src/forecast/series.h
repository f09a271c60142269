/*
 * series.h: jorge.series, events summed by period.
 *
 * A series holds, for each calendar period of one length in one time zone, how many values fell
 * into it and their sum. The sum is exact (a wide fixed-point number), so adding and merging give
 * the same bits in every order; it is rounded to a float8 once, when it is read. A period without
 * values has count 0.
 *
 * Vocabulary: a period is a calendar day, week (from Monday), month, quarter or year; its number
 * counts from the period that holds 2000-01-01; a bucket is the period's place in a series.
 */
#ifndef JORGE_FORECAST_SERIES_H
#define JORGE_FORECAST_SERIES_H

#include "datatype/timestamp.h"
#include "pgtime.h"
#include "utils/date.h"

/* Stored in values: add at the end only. */
typedef enum SeriesPeriod
{
	PERIOD_DAY,
	PERIOD_WEEK,
	PERIOD_MONTH,
	PERIOD_QUARTER,
	PERIOD_YEAR
} SeriesPeriod;

#define PERIOD_KINDS 5

/* Longest name of a time zone, and most periods from the first to the last with values */
#define SERIES_ZONE_MAX 63
#define SERIES_MAX_PERIODS 200000

typedef struct Series
{
	int32 vl_len_;
	uint8 version;  /* SERIES_VERSION */
	uint8 period;   /* SeriesPeriod */
	uint8 low;      /* which limb of the full fixed-point number is the first kept */
	uint8 limbs;    /* how many are kept, in every bucket */
	int32 first;    /* number of the first bucket's period */
	int32 buckets;  /* in use, without gaps */
	int32 offset;   /* unused slots before the first */
	int32 capacity; /* slots */
	char zone[SERIES_ZONE_MAX + 1];
	/* capacity slots of 1 + limbs numbers: count, then the limbs of the sum, lowest first */
	int64 slots[FLEXIBLE_ARRAY_MEMBER];
} Series;

#define SERIES_VERSION 1
#define DatumGetSeries(datum) ((Series *) PG_DETOAST_DATUM(datum))

/* ---- period.c */

/* Period of a name; ERROR 22023 that lists the names */
extern SeriesPeriod jorge_period_of_name(const char *name, int length);
extern const char *jorge_period_name(SeriesPeriod period);

/* Periods of one season: 7 days, 52 weeks, 12 months, 4 quarters, 1 year */
extern int jorge_period_season(SeriesPeriod period);

/* Number of the period that a date is in, and the date a period begins on */
extern int32 jorge_period_number(SeriesPeriod period, DateADT date);
extern DateADT jorge_period_start(SeriesPeriod period, int32 number);

/* A date as 2024-01-31, with a minus sign before the year 0 */
extern char *jorge_date_text(DateADT date);

/* Wall clock of a zone in microseconds since 2000-01-01 00:00; ERROR 22008 where the moment is
 * infinite */
extern int64 jorge_wall_clock(TimestampTz at, const pg_tz *zone);

/* Number of the period at a wall clock, and the share of it that has gone by, 0 to below 1 */
extern int32 jorge_period_at(SeriesPeriod period, int64 clock, double *elapsed);

/* Zone of a name; ERROR 22023 if there is none */
extern const pg_tz *jorge_series_zone(const char *name, int length);

/* ---- series.c: where add and merge need more room they return a new value in the current memory
 * context and leave the old one to its owner, which for an aggregate's state is the executor */

/* Series without buckets; zone is the canonical name */
extern Series *jorge_series_empty(SeriesPeriod period, const char *zone);

/* Add count values with this (finite) sum to a period; changes series or returns its successor */
extern Series *jorge_series_add(Series *series, int32 number, double sum, int64 count);

/* Add all of other; ERROR 22023 unless period and zone are the same */
extern Series *jorge_series_merge(Series *series, const Series *other);

/* A copy that can be changed */
extern Series *jorge_series_copy(const Series *series);

/* The one form of its contents: no spare room, fewest limbs; ERROR 22003 if a sum is beyond float8
 */
extern Series *jorge_series_finish(const Series *series);

/* Sum, correctly rounded, and count of bucket i */
extern double jorge_series_sum(const Series *series, int i);
extern int64 jorge_series_count(const Series *series, int i);

/* Most float8 whose exact total can be needed to say one sum */
#define SERIES_MAX_PARTS 44

/* Sum of bucket i as float8 of falling size that add up to it exactly; returns how many */
extern int jorge_series_parts(const Series *series, int i, double *parts);

#endif
