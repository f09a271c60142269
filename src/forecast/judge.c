/*
 * judge.c: how good forecasts of a series have been, and which of its periods stand out.
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/options.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

JORGE_FUNCTION(jorge_accuracy);
JORGE_FUNCTION(jorge_anomalies);

/* Fewest points that a forecast is judged from */
#define FEWEST_TRAINING 4

/* How often the points are cleaned and looked at again */
#define PASSES 4

/* The standard deviation of normal errors over their median absolute deviation */
#define NORMAL_MAD 1.4826

/* ---- accuracy */

/* Errors of one method over all origins */
typedef struct Score
{
	const char *method;
	int points;
	int covered80;
	int covered95;
	int scaled; /* points that have a scale */
	double absolute;
	double squared;
	double percent;
	double relative; /* absolute over the scale */
} Score;

/*
 * Mean absolute difference of the training points from those a season before: the scale of MASE
 */
static double
naive_scale(const double *y, int n, int m)
{
	double sum = 0;

	if (n <= m)
		m = 1;
	for (int t = m; t < n; t++)
		sum += fabs(y[t] - y[t - m]) / (n - m);
	return n > m ? sum : 0;
}

/*
 * Compare one forecast with what came
 */
static void
judge(Score *score, const Points *points, int n, int horizon, ForecastMethod method, double scale)
{
	Points known = *points;
	Forecast *forecast;

	known.n = n;
	known.has_partial = false;
	forecast = jorge_forecast_make(&known, horizon, method);
	for (int h = 1; h <= horizon; h++)
	{
		ForecastSum sum = jorge_forecast_sum(forecast, h, h);
		double came = points->y[n + h - 1];
		double error = fabs(came - sum.mean);
		double size = fabs(came) + fabs(sum.mean);

		score->points++;
		score->covered80 += sum.lo80 <= came && came <= sum.hi80;
		score->covered95 += sum.lo95 <= came && came <= sum.hi95;
		score->absolute += error;
		score->squared += error * error;
		score->percent += size > 0 ? 200 * (error / size) : 0;
		if (scale > 0)
		{
			score->relative += error / scale;
			score->scaled++;
		}
	}
}

/*
 * jorge.accuracy(): forecasts made at earlier times, against what came and against the seasonal
 * naive method
 */
Datum
jorge_accuracy(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	ForecastOptions options;
	Points *points;
	Score score[2] = {{0}};
	MemoryContext work;
	double scale = 0;
	int horizon;
	int most;
	int fewest;
	int origins = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	horizon = jorge_integer_argument(fcinfo, 1, "horizon", 6, 1, FORECAST_MAX_HORIZON);
	most = jorge_integer_argument(fcinfo, 2, "origins", 12, 1, SERIES_MAX_PERIODS);
	options = jorge_forecast_options(fcinfo, OPTIONS_FROM(3), PARTIAL_DROP);
	points = jorge_points(DatumGetSeries(PG_GETARG_DATUM(0)), &options);

	/* sums of squares must be finite: in units of the largest point */
	for (int t = 0; t < points->n; t++)
		scale = Max(scale, fabs(points->y[t]));
	scale = scale > 0 ? ldexp(1, Max(ilogb(scale), -1000)) : 1;
	for (int t = 0; t < points->n; t++)
		points->y[t] /= scale;

	fewest = Max(FEWEST_TRAINING, Min(2 * points->season + 1, points->n / 2));
	work = AllocSetContextCreate(CurrentMemoryContext, "jorge accuracy", ALLOCSET_DEFAULT_SIZES);
	score[0].method = jorge_forecast_method_name(options.method);
	score[1].method = "snaive";
	for (int n = points->n - horizon; n >= fewest && origins < most; n--)
	{
		MemoryContext old = MemoryContextSwitchTo(work);
		double unit = naive_scale(points->y, n, points->season);

		CHECK_FOR_INTERRUPTS();
		judge(&score[0], points, n, horizon, options.method, unit);
		judge(&score[1], points, n, horizon, n > points->season ? METHOD_SNAIVE : METHOD_NAIVE,
			  unit);
		MemoryContextSwitchTo(old);
		MemoryContextReset(work);
		origins++;
	}
	for (int i = 0; origins > 0 && i < 2; i++)
	{
		Datum values[10];
		bool nulls[10] = {false};
		double points_n = score[i].points;

		values[0] = CStringGetTextDatum(score[i].method);
		values[1] = Int32GetDatum(origins);
		values[2] = Int32GetDatum(score[i].points);
		values[3] = Float8GetDatum(score[i].absolute / points_n * scale);
		values[4] = Float8GetDatum(sqrt(score[i].squared / points_n) * scale);
		values[5] = Float8GetDatum(score[i].percent / points_n);
		jorge_set_number(values, nulls, 6,
						 score[i].scaled > 0 ? score[i].relative / score[i].scaled : NAN);
		values[7] = Float8GetDatum(score[i].covered80 / points_n);
		values[8] = Float8GetDatum(score[i].covered95 / points_n);
		jorge_set_number(values, nulls, 9,
						 score[1].absolute > 0 ? 1 - score[i].absolute / score[1].absolute : NAN);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---- anomalies */

/*
 * Order float8
 */
static int
compare_numbers(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/*
 * Median of n numbers, which are put in order
 */
static double
median(double *numbers, int n)
{
	qsort(numbers, n, sizeof(double), compare_numbers);
	return n % 2 == 1 ? numbers[n / 2] : (numbers[n / 2 - 1] + numbers[n / 2]) / 2;
}

/*
 * Season that a few wild points do not bend: medians of the differences from a moving average
 */
static void
robust_season(const double *y, int n, int m, double *index)
{
	double *trend = palloc(n * sizeof(double));
	double *differences = palloc(n * sizeof(double));
	double mean = 0;

	jorge_moving_average(y, n, m, trend);
	for (int position = 0; position < m; position++)
	{
		int count = 0;

		for (int t = position; t < n; t += m)
			if (!isnan(trend[t]))
				differences[count++] = y[t] - trend[t];
		index[position] = count > 0 ? median(differences, count) : 0;
		mean += index[position] / m;
	}
	for (int position = 0; position < m; position++)
		index[position] -= mean;
	pfree(trend);
	pfree(differences);
}

/*
 * Spread of errors: at first by their median absolute deviation; then, once it is known which
 * points stand out, the standard deviation of the others, which have lost so many degrees of
 * freedom to the season
 */
static double
robust_spread(const double *errors, const bool *out, int n, int lost)
{
	double *sizes = palloc(n * sizeof(double));
	double squares = 0;
	double spread;
	int count = 0;

	for (int t = 0; t < n; t++)
	{
		sizes[t] = fabs(errors[t]);
		if (out[t])
			continue;
		squares += errors[t] * errors[t];
		count++;
	}
	spread = median(sizes, n) * NORMAL_MAD;
	pfree(sizes);
	if (lost > 0 || spread == 0)
		spread = sqrt(squares / Max(count - lost, 1));
	return spread;
}

/*
 * What each point should have been: smoothing of cleaned points, without looking at the point
 * itself
 */
static void
expect(const double *clean, const double *index, int n, int m, double *expected)
{
	double *adjusted = palloc(n * sizeof(double));
	EtsModel model;
	double level;

	for (int t = 0; t < n; t++)
		adjusted[t] = clean[t] - (index == NULL ? 0 : index[t % m]);
	if (!jorge_ets_fit(&model, (EtsShape){false, false, 1}, adjusted, n))
	{
		model.alpha = 0;
		model.level0 = adjusted[0];
	}
	level = model.level0;
	for (int t = 0; t < n; t++)
	{
		expected[t] = level + (index == NULL ? 0 : index[t % m]);
		level += model.alpha * (adjusted[t] - level);
	}
	pfree(adjusted);
}

/*
 * jorge.anomalies(): periods far from what the others let expect
 */
Datum
jorge_anomalies(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	ForecastOptions options;
	Points *points;
	double threshold;
	double scale = 0;
	double spread = 0;
	double *index = NULL;
	double *clean;
	double *expected;
	double *errors;
	bool *out;
	int m;
	int n;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	threshold = PG_ARGISNULL(1) ? 3.5 : PG_GETARG_FLOAT8(1);
	if (!(threshold > 0) || isinf(threshold))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("threshold must be above 0"),
				 errhint("It is in standard deviations; 3.5 is usual.")));
	options = jorge_forecast_options(fcinfo, OPTIONS_NO_METHOD(2), PARTIAL_DROP);
	points = jorge_points(DatumGetSeries(PG_GETARG_DATUM(0)), &options);
	n = points->n;
	m = points->season;
	if (n < FEWEST_TRAINING)
		return (Datum) 0;

	for (int t = 0; t < n; t++)
		scale = Max(scale, fabs(points->y[t]));
	scale = scale > 0 ? ldexp(1, Max(ilogb(scale), -1000)) : 1;
	for (int t = 0; t < n; t++)
		points->y[t] /= scale;
	clean = palloc(n * sizeof(double));
	memcpy(clean, points->y, n * sizeof(double));
	expected = palloc(n * sizeof(double));
	errors = palloc(n * sizeof(double));

	/* again, as what stands out must not bend what is expected of its neighbours */
	out = palloc0(n * sizeof(bool));
	for (int pass = 0; pass < PASSES; pass++)
	{
		CHECK_FOR_INTERRUPTS();
		if (m > 1 && n > 2 * m && jorge_season_test(clean, n, m).seasonal)
		{
			index = index == NULL ? palloc(m * sizeof(double)) : index;
			/* medians are safe from wild points, means are better once those are gone */
			if (pass == 0)
				robust_season(clean, n, m, index);
			else
				jorge_season_indices(clean, n, m, false, index);
		}
		else
			index = NULL;
		expect(clean, index, n, m, expected);
		for (int t = 0; t < n; t++)
			errors[t] = points->y[t] - expected[t];
		spread = robust_spread(errors, out, n, pass == 0 ? 0 : index != NULL ? m + 1 : 2);
		for (int t = 0; t < n; t++)
		{
			out[t] = fabs(errors[t]) > threshold * spread;
			clean[t] = out[t] ? expected[t] : points->y[t];
		}
	}
	for (int t = 0; t < n; t++)
	{
		Datum values[7];
		bool nulls[7] = {false};

		if (!out[t] || !(spread > 0))
			continue;
		values[0] = DateADTGetDatum(jorge_period_start(points->period, points->first + t));
		values[1] = Float8GetDatum(points->y[t] * scale);
		values[2] = Float8GetDatum(expected[t] * scale);
		values[3] = Float8GetDatum((expected[t] - threshold * spread) * scale);
		values[4] = Float8GetDatum((expected[t] + threshold * spread) * scale);
		values[5] = Float8GetDatum(errors[t] / spread);
		values[6] = CStringGetTextDatum(errors[t] > 0 ? "high" : "low");
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
