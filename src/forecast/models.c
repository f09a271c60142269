/*
 * models.c: the parts of forecasting that are of use alone: season, exponential smoothing, Theta,
 * variances.
 */
#include "core/jorge.h"

#include <float.h>

#include "catalog/pg_type.h"
#include "forecast/options.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

JORGE_FUNCTION(jorge_season_test_row);
JORGE_FUNCTION(jorge_season_factors);
JORGE_FUNCTION(jorge_decompose);
JORGE_FUNCTION(jorge_ets_row);
JORGE_FUNCTION(jorge_theta_row);
JORGE_FUNCTION(jorge_ets_variance);
JORGE_FUNCTION(jorge_ets_total_variance);

/*
 * Points of the series argument, or NULL where there are none
 */
static Points *
points_argument(FunctionCallInfo fcinfo, OptionPlaces places)
{
	ForecastOptions options;
	Points *points;

	if (PG_ARGISNULL(0))
		return NULL;
	options = jorge_forecast_options(fcinfo, places, PARTIAL_DROP);
	points = jorge_points(DatumGetSeries(PG_GETARG_DATUM(0)), &options);
	return points->n > 0 ? points : NULL;
}

/*
 * Divide the points by a power of two, so that sums of squares are finite; returns it
 */
static double
scale_points(Points *points)
{
	double largest = 0;
	double scale;

	for (int t = 0; t < points->n; t++)
		largest = Max(largest, fabs(points->y[t]));
	scale = largest > 0 ? ldexp(1, Max(ilogb(largest), -1000)) : 1;
	for (int t = 0; t < points->n; t++)
		points->y[t] /= scale;
	return scale;
}

/*
 * Are all points above 0?
 */
static bool
all_positive(const Points *points)
{
	for (int t = 0; t < points->n; t++)
		if (points->y[t] <= 0)
			return false;
	return true;
}

/*
 * The single result row of a function
 */
static Datum
result_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc columns;

	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
}

/*
 * Refuse a number that float8 can't hold
 */
static double
in_range(double number)
{
	if (isinf(number))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("the result is out of range"),
				 errdetail("It is beyond the largest double precision number.")));
	return number;
}

/*
 * An array of float8
 */
static Datum
number_array(const double *numbers, int n)
{
	Datum *elements = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		elements[i] = Float8GetDatum(numbers[i]);
	return PointerGetDatum(
		construct_array(elements, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* ---- season */

/*
 * jorge.season_test()
 */
Datum
jorge_season_test_row(PG_FUNCTION_ARGS)
{
	Datum values[5];
	bool nulls[5] = {false};
	Points *points = points_argument(fcinfo, OPTIONS_NO_METHOD(1));
	SeasonTest test;
	const char *reason = NULL;

	if (points == NULL)
		PG_RETURN_NULL();
	scale_points(points);
	test = jorge_season_test(points->y, points->n, points->season);
	if (points->season < 2)
		reason = "a year has no season";
	else if (points->n <= 2 * points->season)
		reason = psprintf("it takes more than %d points", 2 * points->season);
	else if (isnan(test.limit))
		reason = "all points are equal";
	values[0] = Int32GetDatum(points->season);
	values[1] = BoolGetDatum(test.seasonal);
	jorge_set_number(values, nulls, 2, test.correlation);
	jorge_set_number(values, nulls, 3, test.limit);
	nulls[4] = reason == NULL;
	values[4] = reason == NULL ? (Datum) 0 : CStringGetTextDatum(reason);
	return result_row(fcinfo, values, nulls);
}

/*
 * Which position of the calendar's season a period has, 0-based; weeks repeat after 52, not with
 * the year
 */
static int
season_position(const Points *points, int t)
{
	int number = points->first + t;

	/* day 0 was a Saturday; numbers of months and quarters begin with a year */
	if (points->period == PERIOD_DAY)
		number += 5;
	return ((number % points->season) + points->season) % points->season;
}

/*
 * Name a position
 */
static const char *
position_name(SeriesPeriod period, int position)
{
	static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
									   "Friday", "Saturday", "Sunday"};
	static const char *const months[] = {"January",   "February", "March",    "April",
										 "May",       "June",     "July",     "August",
										 "September", "October",  "November", "December"};

	if (period == PERIOD_DAY)
		return days[position];
	if (period == PERIOD_MONTH)
		return months[position];
	return psprintf("%s %d", jorge_period_name(period), position + 1);
}

/* The season of a series */
typedef struct Season
{
	bool significant;
	bool multiplicative;
	double *index; /* for the position t % season; NULL = too short */
} Season;

/*
 * Find the season of points; factors where it can, summands else
 */
static Season
find_season(const Points *points, bool shrink)
{
	Season season = {0};
	int m = points->season;

	if (m < 2 || points->n < 2 * m)
		return season;
	season.significant = jorge_season_test(points->y, points->n, m).seasonal;
	season.index = palloc(m * sizeof(double));
	season.multiplicative =
		all_positive(points) && jorge_season_indices(points->y, points->n, m, true, season.index);
	if (!season.multiplicative &&
		!jorge_season_indices(points->y, points->n, m, false, season.index))
		season.index = NULL;
	else if (shrink)
		jorge_season_shrink(points->y, points->n, m, season.multiplicative, season.index);
	return season;
}

/*
 * jorge.season_factors(): how much more or less each month (day, quarter, week) brings
 */
Datum
jorge_season_factors(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Points *points;
	Season season;
	double scale;
	double mean = 0;

	InitMaterializedSRF(fcinfo, 0);
	points = points_argument(fcinfo, OPTIONS_NO_METHOD(1));
	if (points == NULL || points->season < 2)
		return (Datum) 0;
	scale = scale_points(points);
	season = find_season(points, true);
	for (int t = 0; t < points->n; t++)
		mean += points->y[t] / points->n;

	for (int position = 0; position < points->season; position++)
	{
		Datum values[6];
		bool nulls[6] = {false};
		int t = ((position - season_position(points, 0)) % points->season + points->season) %
				points->season;
		double index = season.index == NULL ? NAN : season.index[t];
		double factor = NAN;
		double effect = NAN;

		if (season.index != NULL && season.multiplicative)
		{
			factor = index;
			effect = (index - 1) * mean;
		}
		else if (season.index != NULL)
		{
			effect = index;
			/* a share of a mean that is not above 0 says nothing */
			factor = mean > 0 ? 1 + index / mean : NAN;
		}
		values[0] = Int32GetDatum(position + 1);
		values[1] = CStringGetTextDatum(position_name(points->period, position));
		jorge_set_number(values, nulls, 2, in_range(factor));
		jorge_set_number(values, nulls, 3, in_range(effect * scale));
		values[4] = Int32GetDatum(t < points->n ? (points->n - 1 - t) / points->season + 1 : 0);
		values[5] = BoolGetDatum(season.significant);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Line through z[from..to] by least squares, at t
 */
static double
line_at(const double *z, int from, int to, int t)
{
	double middle = (from + to) / 2.0;
	double sum = 0;
	double product = 0;
	double squares = 0;

	for (int i = from; i <= to; i++)
	{
		sum += z[i];
		product += (i - middle) * z[i];
		squares += (i - middle) * (i - middle);
	}
	return sum / (to - from + 1) + (squares > 0 ? product / squares * (t - middle) : 0);
}

/*
 * jorge.decompose(): trend, season and what is left
 */
Datum
jorge_decompose(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Points *points;
	Season season;
	double scale;
	double *rest;
	double *trend;
	int m;
	int n;
	int half;

	InitMaterializedSRF(fcinfo, 0);
	points = points_argument(fcinfo, OPTIONS_NO_METHOD(1));
	if (points == NULL)
		return (Datum) 0;
	n = points->n;
	/* where no season is known the trend is an average over five periods */
	m = points->season > 1 && n >= 2 * points->season ? points->season : 5;
	half = m / 2;
	scale = scale_points(points);
	season = find_season(points, false);
	if (!season.significant)
		season.index = NULL;

	rest = palloc(n * sizeof(double));
	trend = palloc(n * sizeof(double));
	for (int t = 0; t < n; t++)
	{
		double index = season.index == NULL ? 0 : season.index[t % m];

		rest[t] = season.index != NULL && season.multiplicative ? points->y[t] / index
																: points->y[t] - index;
	}
	jorge_moving_average(rest, n, m, trend);
	for (int t = 0; t < n; t++)
	{
		Datum values[7];
		bool nulls[7] = {false};
		double effect;

		CHECK_FOR_INTERRUPTS();
		/* the average does not reach the ends: a line through the nearest points does */
		if (isnan(trend[t]))
			trend[t] = t < half ? line_at(rest, 0, Min(2 * half, n - 1), t)
								: line_at(rest, Max(n - 1 - 2 * half, 0), n - 1, t);
		if (season.index == NULL)
			effect = 0;
		else
			effect =
				season.multiplicative ? trend[t] * (season.index[t % m] - 1) : season.index[t % m];
		values[0] = DateADTGetDatum(jorge_period_start(points->period, points->first + t));
		jorge_set_number(values, nulls, 1, in_range(points->y[t] * scale));
		jorge_set_number(values, nulls, 2, in_range(trend[t] * scale));
		jorge_set_number(values, nulls, 3, in_range(effect * scale));
		jorge_set_number(values, nulls, 4, in_range((points->y[t] - trend[t] - effect) * scale));
		jorge_set_number(values, nulls, 5, in_range(rest[t] * scale));
		values[6] = BoolGetDatum(points->filled[t]);
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---- models */

/*
 * jorge.ets(): exponential smoothing with what was fitted
 */
Datum
jorge_ets_row(PG_FUNCTION_ARGS)
{
	Datum values[15];
	bool nulls[15] = {false};
	ForecastMethod method;
	ForecastMethod first;
	ForecastMethod last;
	ForecastMethod chosen = METHOD_ETS;
	EtsModel best = {0};
	Points *points;
	double scale;
	int m;

	points = points_argument(fcinfo, OPTIONS_NO_METHOD(2));
	if (points == NULL || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	method = jorge_forecast_method(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (method < METHOD_ETS || method > METHOD_AADA)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is not a shape of exponential smoothing",
						jorge_forecast_method_name(method)),
				 errhint("Say ANN, AAN, AAdN, ANA, AAA, AAdA, or ets for the best of them.")));
	m = points->season;
	scale = scale_points(points);
	first = method == METHOD_ETS ? METHOD_ANN : method;
	last = method == METHOD_ETS ? METHOD_AADA : method;
	for (int i = first; i <= last; i++)
	{
		EtsModel model;

		if (i >= METHOD_ANA && (m < 2 || points->n < 2 * m))
			break;
		if (!jorge_ets_fit(&model, jorge_forecast_shape((ForecastMethod) i, m), points->y,
						   points->n))
			continue;
		if (chosen != METHOD_ETS && !(model.aicc < best.aicc))
			continue;
		best = model;
		chosen = (ForecastMethod) i;
	}
	if (chosen == METHOD_ETS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s cannot be fitted to %d points", jorge_forecast_method_name(method),
						points->n),
				 errhint("Take a longer series, or a shape without trend and season: ANN.")));

	values[0] = CStringGetTextDatum(jorge_forecast_method_name(chosen));
	values[1] = Int32GetDatum(points->n);
	values[2] = Int32GetDatum(best.parameters);
	values[3] = Float8GetDatum(best.alpha);
	jorge_set_number(values, nulls, 4, best.shape.trend ? best.beta : NAN);
	jorge_set_number(values, nulls, 5, best.shape.season > 1 ? best.gamma : NAN);
	jorge_set_number(values, nulls, 6, best.shape.damped ? best.phi : NAN);
	values[7] = Float8GetDatum(best.level * scale);
	jorge_set_number(values, nulls, 8, best.shape.trend ? best.slope * scale : NAN);
	values[9] = Float8GetDatum(in_range(best.level0 * scale));
	jorge_set_number(values, nulls, 10, best.shape.trend ? in_range(best.slope0 * scale) : NAN);
	nulls[11] = best.shape.season < 2;
	if (!nulls[11])
	{
		double *ahead = palloc(m * sizeof(double));

		for (int h = 0; h < m; h++)
			ahead[h] = best.seasonal[(points->n + h) % m] * scale;
		values[11] = number_array(ahead, m);
	}
	values[12] = Float8GetDatum(in_range(best.sigma2 * scale * scale));
	/* what the scale took away comes back: log(sse scale^2) */
	values[13] = Float8GetDatum(best.loglik - points->n * log(scale));
	jorge_set_number(values, nulls, 14,
					 isfinite(best.aicc) ? best.aicc + 2 * points->n * log(scale) : NAN);
	return result_row(fcinfo, values, nulls);
}

/*
 * jorge.theta(): the Theta method with what was fitted
 */
Datum
jorge_theta_row(PG_FUNCTION_ARGS)
{
	Datum values[7];
	bool nulls[7] = {false};
	Points *points = points_argument(fcinfo, OPTIONS_NO_METHOD(1));
	Season season;
	ThetaModel model;
	double scale;

	if (points == NULL)
		PG_RETURN_NULL();
	scale = scale_points(points);
	season = find_season(points, false);
	if (!season.significant)
		season.index = NULL;
	for (int t = 0; season.index != NULL && t < points->n; t++)
	{
		double index = season.index[t % points->season];

		points->y[t] = season.multiplicative ? points->y[t] / index : points->y[t] - index;
	}
	if (!jorge_theta_fit(&model, points->y, points->n))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("theta cannot be fitted to %d points", points->n),
						errhint("It takes at least 3.")));
	values[0] = Int32GetDatum(points->n);
	values[1] = Float8GetDatum(model.alpha);
	values[2] = Float8GetDatum(in_range(model.level * scale));
	values[3] = Float8GetDatum(in_range(model.drift * scale));
	values[4] = Float8GetDatum(in_range(model.sigma2 * scale * scale));
	nulls[5] = nulls[6] = season.index == NULL;
	if (season.index != NULL)
	{
		double *ahead = palloc(points->season * sizeof(double));

		for (int h = 0; h < points->season; h++)
			ahead[h] = season.index[(points->n + h) % points->season] *
					   (season.multiplicative ? 1 : scale);
		values[5] = BoolGetDatum(season.multiplicative);
		values[6] = number_array(ahead, points->season);
	}
	return result_row(fcinfo, values, nulls);
}

/* ---- variances of given parameters */

/*
 * Weights of past errors for the arguments horizon, alpha, beta, gamma, phi, season
 */
static double *
weights_argument(FunctionCallInfo fcinfo, int *horizon)
{
	int season = jorge_integer_argument(fcinfo, 5, "season", 1, 1, SERIES_MAX_PERIODS);
	double *c;

	*horizon = jorge_integer_argument(fcinfo, 0, "horizon", 1, 1, FORECAST_MAX_HORIZON);
	for (int i = 1; i <= 4; i++)
		if (!isfinite(PG_GETARG_FLOAT8(i)))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("parameters must be finite")));
	c = palloc(*horizon * sizeof(double));
	jorge_ets_weights(PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3),
					  PG_GETARG_FLOAT8(4), season, *horizon, c);
	return c;
}

/*
 * jorge.ets_variance(): of each forecast ahead, over sigma2
 */
Datum
jorge_ets_variance(PG_FUNCTION_ARGS)
{
	int horizon;
	double *c = weights_argument(fcinfo, &horizon);
	double *variance = palloc(horizon * sizeof(double));
	double sum = 0;

	for (int h = 0; h < horizon; h++)
	{
		sum += c[h] * c[h];
		variance[h] = in_range(sum);
	}
	PG_RETURN_DATUM(number_array(variance, horizon));
}

/*
 * jorge.ets_total_variance(): of their sum, over sigma2
 */
Datum
jorge_ets_total_variance(PG_FUNCTION_ARGS)
{
	int horizon;
	double *c = weights_argument(fcinfo, &horizon);
	double *one = palloc(horizon * sizeof(double));

	for (int h = 0; h < horizon; h++)
		one[h] = 1;
	PG_RETURN_FLOAT8(in_range(jorge_weights_total(c, one, 1, horizon)));
}
