/*
 * points.c: from a series to the numbers that a model learns from.
 */
#include "core/jorge.h"

#include <float.h>

#include "access/xact.h"
#include "forecast/forecast.h"

/* More invented than this is no data. */
#define MOST_FILLED (1.0 / 3)

/*
 * Find a word in a list; ERROR that shows the list
 */
static int
word_index(const char *word, const char *const *words, int n, const char *what, const char *hint)
{
	for (int i = 0; i < n; i++)
		if (pg_strcasecmp(word, words[i]) == 0)
			return i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%.64s\" is not a word for %s", word, what), errhint("%s", hint)));
}

/*
 * Read the option value
 */
PointValue
jorge_point_value(const char *word)
{
	static const char *const words[] = {"sum", "mean", "count"};

	return (PointValue) word_index(word, words, lengthof(words), "value",
								   "Say sum (of a period), mean or count.");
}

/*
 * Read the option missing
 */
PointMissing
jorge_point_missing(const char *word)
{
	static const char *const words[] = {"default", "zero", "interpolate", "error"};

	return (PointMissing) word_index(word, words, lengthof(words), "missing",
									 "Say what a period without rows is: zero, interpolate or "
									 "error (default: zero for sum and count).");
}

/*
 * Read the option partial
 */
PointPartial
jorge_point_partial(const char *word)
{
	static const char *const words[] = {"drop", "include", "nowcast"};

	return (PointPartial) word_index(
		word, words, lengthof(words), "partial",
		"Say what to do with an unfinished period: drop, include or nowcast.");
}

/*
 * Read the number of a bucket that is forecast
 */
static double
bucket_value(const Series *series, int i, PointValue value)
{
	int64 count = jorge_series_count(series, i);

	if (value == POINT_COUNT)
		return (double) count;
	return value == POINT_SUM ? jorge_series_sum(series, i)
							  : jorge_series_sum(series, i) / (double) count;
}

/*
 * Draw straight lines over the filled points of y
 */
static void
draw_lines(double *y, const bool *filled, int n)
{
	int known = 0; /* the first and the last point are never filled */

	for (int t = 1; t < n; t++)
	{
		if (filled[t])
			continue;
		for (int k = known + 1; k < t; k++)
		{
			double share = (double) (k - known) / (t - known);

			y[k] = y[known] * (1 - share) + y[t] * share;
		}
		known = t;
	}
}

/*
 * Interpolate, where there is a season on the values without it
 */
static void
interpolate(Points *points)
{
	int n = points->n;
	int m = points->season;
	double largest = 0;
	double *index;

	draw_lines(points->y, points->filled, n);
	for (int t = 0; t < n; t++)
		largest = Max(largest, fabs(points->y[t]));
	/* a difference of two such is not finite */
	if (largest > DBL_MAX / 4 / m || !jorge_season_test(points->y, n, m).seasonal)
		return;
	index = palloc(m * sizeof(double));
	if (!jorge_season_indices(points->y, n, m, false, index))
		return;
	for (int t = 0; t < n; t++)
		points->y[t] -= index[t % m];
	draw_lines(points->y, points->filled, n);
	for (int t = 0; t < n; t++)
		points->y[t] += index[t % m];
}

/*
 * Fill the periods without values
 */
static void
fill(Points *points, PointMissing missing, int gaps)
{
	int first = 0;

	if (gaps == 0)
		return;
	while (!points->filled[first])
		first++;
	if (missing == MISSING_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg_plural(
					 "%d period has no values: it begins on %s",
					 "%d periods have no values, the first of them begins on %s", gaps, gaps,
					 jorge_date_text(jorge_period_start(points->period, points->first + first))),
				 errhint("Say missing => 'zero' or missing => 'interpolate'.")));
	if (missing != MISSING_INTERPOLATE)
		return;
	if (gaps > points->n * MOST_FILLED)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d of %d periods have no values", gaps, points->n),
						errdetail("At most a third can be interpolated."),
						errhint("Choose a longer period, or say missing => 'zero'.")));
	interpolate(points);
}

/*
 * Take the points out of a series
 */
Points *
jorge_points(const Series *series, const ForecastOptions *options)
{
	Points *points = palloc0(sizeof(Points));
	TimestampTz now = options->has_as_of ? options->as_of : GetCurrentTransactionStartTimestamp();
	PointMissing missing = options->missing;
	const pg_tz *zone = jorge_series_zone(series->zone, (int) strlen(series->zone));
	int64 end = (int64) series->first + series->buckets; /* the first period not used */
	int32 current;
	int gaps = 0;

	if (missing == MISSING_DEFAULT)
		missing = options->value == POINT_MEAN ? MISSING_INTERPOLATE : MISSING_ZERO;
	points->period = (SeriesPeriod) series->period;
	points->season = jorge_period_season(points->period);
	points->first = series->first;
	current = jorge_period_at(points->period, jorge_wall_clock(now, zone), &points->elapsed);

	points->later = !options->has_as_of && options->partial != PARTIAL_INCLUDE && end - 1 > current;
	if (options->partial != PARTIAL_INCLUDE)
		end = Min(end, current);
	if (options->has_as_of)
		end = Min(end, (int64) current + 1);
	/* rows are there up to as_of: periods without are empty, not unknown */
	if (options->has_as_of && missing != MISSING_INTERPOLATE && series->buckets > 0 &&
		end > series->first)
		end = Max(end, current);
	if (end - series->first > SERIES_MAX_PERIODS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("as_of is more than %d periods after the series begins",
							   SERIES_MAX_PERIODS)));
	points->n = (int) Max(end - series->first, 0);

	points->y = palloc(Max(points->n, 1) * sizeof(double));
	points->filled = palloc(Max(points->n, 1) * sizeof(bool));
	for (int i = 0; i < points->n; i++)
	{
		points->filled[i] = i >= series->buckets || jorge_series_count(series, i) == 0;
		points->y[i] = points->filled[i] ? 0 : bucket_value(series, i, options->value);
		gaps += points->filled[i];
	}
	/* cut off where as_of falls into a gap: lines need both ends */
	while (missing == MISSING_INTERPOLATE && points->n > 0 && points->filled[points->n - 1])
	{
		points->n--;
		gaps--;
	}
	fill(points, missing, gaps);

	if (options->partial == PARTIAL_NOWCAST && options->value != POINT_MEAN && points->n > 0 &&
		current == points->first + points->n &&
		(options->has_as_of || current < (int64) series->first + series->buckets))
	{
		points->has_partial = true;
		if (current < (int64) series->first + series->buckets)
			points->partial_value = bucket_value(series, current - series->first, options->value);
	}
	return points;
}
