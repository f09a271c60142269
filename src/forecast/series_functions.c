/*
 * series_functions.c: reading a series in SQL.
 */
#include "core/jorge.h"

#include "forecast/options.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

JORGE_FUNCTION(jorge_series_rows);
JORGE_FUNCTION(jorge_sparkline);

#define POINT_COLUMNS 4

/* Most characters of a sparkline */
#define SPARK_MOST 1000

/*
 * jorge.points(): the buckets as rows
 */
Datum
jorge_series_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const Series *series = DatumGetSeries(PG_GETARG_DATUM(0));

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < series->buckets; i++)
	{
		Datum values[POINT_COLUMNS];
		bool nulls[POINT_COLUMNS] = {false};
		int64 count = jorge_series_count(series, i);
		double sum = jorge_series_sum(series, i);

		CHECK_FOR_INTERRUPTS();
		values[0] =
			DateADTGetDatum(jorge_period_start((SeriesPeriod) series->period, series->first + i));
		values[1] = Float8GetDatum(sum);
		values[2] = Int64GetDatum(count);
		jorge_set_number(values, nulls, 3, count > 0 ? sum / (double) count : NAN);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * jorge.sparkline(): a series as a line of text; several periods share a character where it would
 * be too long
 */
Datum
jorge_sparkline(PG_FUNCTION_ARGS)
{
	static const char *const blocks[] = {"\u2581", "\u2582", "\u2583", "\u2584",
										 "\u2585", "\u2586", "\u2587", "\u2588"};
	static const char *const letters[] = {"_", ".", "-", "=", "+", "*", "%", "#"};
	const Series *series = DatumGetSeries(PG_GETARG_DATUM(0));
	PointValue value = jorge_point_value(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	int width = Min(jorge_integer_argument(fcinfo, 2, "width", 60, 1, SPARK_MOST), series->buckets);
	const char *const *marks = GetDatabaseEncoding() == PG_UTF8 ? blocks : letters;
	double *height = palloc(Max(width, 1) * sizeof(double));
	double least = INFINITY;
	double most = -INFINITY;
	StringInfoData line;

	for (int k = 0; k < width; k++)
	{
		int from = (int) ((int64) k * series->buckets / width);
		int to = (int) ((int64) (k + 1) * series->buckets / width);
		int known = 0;

		height[k] = 0;
		for (int i = from; i < to; i++)
		{
			int64 count = jorge_series_count(series, i);

			double point = (double) count;

			CHECK_FOR_INTERRUPTS();
			if (value == POINT_MEAN && count == 0)
				continue;
			if (value != POINT_COUNT)
				point = jorge_series_sum(series, i) / (value == POINT_MEAN ? (double) count : 1);
			/* a quarter, so that the difference of two is finite */
			height[k] += (point / 4 - height[k]) / ++known;
		}
		if (known == 0)
			height[k] = NAN;
		if (!isnan(height[k]))
		{
			least = Min(least, height[k]);
			most = Max(most, height[k]);
		}
	}
	initStringInfo(&line);
	for (int k = 0; k < width; k++)
	{
		if (isnan(height[k]))
			appendStringInfoChar(&line, ' ');
		else if (most > least)
			appendStringInfoString(&line,
								   marks[Min((int) ((height[k] - least) / (most - least) * 8), 7)]);
		else
			appendStringInfoString(&line, marks[3]);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(line.data, line.len));
}
