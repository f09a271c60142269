/*
 * forecast.c: what a series says of the periods to come.
 *
 * The automatic method blends Theta and exponential smoothing (blend.c) on the values and, if all
 * are above 0, also on their logarithms, and averages the quantiles of both. The logarithm is the
 * better scale for most business series, but on a short or wild one its interval explodes, so it is
 * held within three times the other's. A single method asked for by name is given as the textbook
 * has it, on the values alone.
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/forecast.h"
#include "stats/stats.h"

/* Points beyond these are too old to matter and would only cost time. */
#define MOST_POINTS 5000

/* From this share of zeros on a series is intermittent: one value in 1.67 periods (Syntetos and
 * Boylan: 1.32). */
#define INTERMITTENT_SHARE 0.4

/* Fewest points that a model is fitted to */
#define FEWEST_POINTS 4

/*
 * Intervals are this much wider than the models say, which know neither that they were chosen nor
 * that their parameters are guesses; the second matters more with fewer points. Measured on the M3
 * monthly series, whole and cut to 12 ... 72 points: doc/forecast.md.
 */
#define WIDER 1.04
#define WIDER_SHORT 5.0

/* How far the logarithm's upper bounds may go, in half widths of the values' own */
#define LOG_REACH 3.0

/* A tail beyond this score is below the least float8. */
#define LAST_SCORE 38.5

typedef enum ForecastKind
{
	KIND_CONSTANT,     /* all points are equal */
	KIND_SINGLE,       /* one point: no interval */
	KIND_FEW,          /* mean of two or three with Student's t */
	KIND_INTERMITTENT, /* often 0 */
	KIND_BRANCHES
} ForecastKind;

struct Forecast
{
	ForecastKind kind;
	int horizon;
	const char *used;
	const char *note;
	double scale; /* a power of two; everything below is divided by it */
	bool not_negative;
	double wider;
	double level; /* of KIND_CONSTANT, KIND_SINGLE and KIND_FEW */
	double spread;
	int degrees;
	IntermittentModel intermittent;
	int branches;
	Branch branch[2];
	bool has_partial; /* of period 1 this much is known, and this share is to come */
	double realised;
	double remaining;
};

static const char *const method_names[FORECAST_METHODS] = {
	[METHOD_AUTO] = "auto",       [METHOD_THETA] = "theta",   [METHOD_ETS] = "ets",
	[METHOD_ANN] = "ANN",         [METHOD_AAN] = "AAN",       [METHOD_AADN] = "AAdN",
	[METHOD_ANA] = "ANA",         [METHOD_AAA] = "AAA",       [METHOD_AADA] = "AAdA",
	[METHOD_NAIVE] = "naive",     [METHOD_SNAIVE] = "snaive", [METHOD_MEAN] = "mean",
	[METHOD_CROSTON] = "croston",
};

/*
 * Read the option method
 */
ForecastMethod
jorge_forecast_method(const char *word)
{
	for (int i = 0; i < FORECAST_METHODS; i++)
		if (pg_strcasecmp(word, method_names[i]) == 0)
			return (ForecastMethod) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("\"%.64s\" is not a forecasting method", word),
					errhint("Say auto, theta, ets, ANN, AAN, AAdN, ANA, AAA, AAdA, naive, snaive, "
							"mean or croston.")));
}

/*
 * Name a method
 */
const char *
jorge_forecast_method_name(ForecastMethod method)
{
	return method_names[method];
}

/*
 * Shape of a method that is one exponential smoothing
 */
EtsShape
jorge_forecast_shape(ForecastMethod method, int m)
{
	EtsShape shape = {.season = 1};

	shape.trend = method != METHOD_ANN && method != METHOD_ANA;
	shape.damped = method == METHOD_AADN || method == METHOD_AADA;
	if (method >= METHOD_ANA)
		shape.season = m;
	return shape;
}

/*
 * Fit exponential smoothing: one shape, or the best of all that the points allow
 */
static bool
fit_ets(Forecast *forecast, const double *y, int n, int m, int horizon, ForecastMethod method)
{
	ForecastMethod first = method == METHOD_ETS ? METHOD_ANN : method;
	ForecastMethod last =
		method == METHOD_ETS ? (m > 1 && n >= 2 * m ? METHOD_AADA : METHOD_AADN) : method;
	EtsShape shapes[METHOD_AADA - METHOD_ANN + 1];
	int chosen;

	if (method >= METHOD_ANA && (m == 1 || n < 2 * m))
		return false;
	for (int i = first; i <= last; i++)
		shapes[i - first] = jorge_forecast_shape((ForecastMethod) i, m);
	if (!jorge_branch_ets(&forecast->branch[0], y, n, horizon, shapes, last - first + 1, &chosen))
		return false;
	forecast->used = method_names[first + chosen];
	return true;
}

/*
 * Fit a method asked for by name
 */
static void
fit_named(Forecast *forecast, const double *y, int n, int m, int horizon, ForecastMethod method,
		  bool positive, bool any)
{
	bool good = false;

	forecast->kind = KIND_BRANCHES;
	forecast->branches = 1;
	forecast->used = method_names[method];
	forecast->not_negative = false; /* the textbook's bounds know no floor */
	switch (method)
	{
		case METHOD_THETA:
			good = n >= 3 && jorge_branch_theta(&forecast->branch[0], y, n, m, horizon, positive);
			break;
		case METHOD_NAIVE:
			good = jorge_branch_naive(&forecast->branch[0], y, n, 1, horizon);
			break;
		case METHOD_SNAIVE:
			good = jorge_branch_naive(&forecast->branch[0], y, n, m, horizon);
			break;
		case METHOD_MEAN:
			good = jorge_branch_mean_only(&forecast->branch[0], y, n, horizon);
			break;
		case METHOD_CROSTON:
			forecast->kind = KIND_INTERMITTENT;
			good = any;
			if (good)
				jorge_intermittent_fit(&forecast->intermittent, y, n);
			break;
		default:
			good = fit_ets(forecast, y, n, m, horizon, method);
			break;
	}
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("method %s cannot be fitted to these %d points", method_names[method], n),
				 method == METHOD_CROSTON
					 ? errdetail("It needs values that are not below 0, and one above.")
					 : errdetail("It needs more points; a season has %d.", m),
				 errhint("Say method => 'auto', which takes what the series allows.")));
}

/*
 * Fit what suits the series
 */
static void
fit_auto(Forecast *forecast, const double *y, int n, int m, int horizon, int zeros, bool positive)
{
	SeasonTest test;

	if (n < FEWEST_POINTS)
	{
		double mean = 0;
		double squares = 0;

		for (int t = 0; t < n; t++)
			mean += y[t] / n;
		for (int t = 0; t < n; t++)
			squares += (y[t] - mean) * (y[t] - mean);
		forecast->kind = n == 1 ? KIND_SINGLE : KIND_FEW;
		forecast->used = "mean";
		forecast->note = n == 1 ? "one point: no interval" : "fewer than 4 points: their mean";
		forecast->level = mean;
		forecast->degrees = n - 1;
		forecast->spread = n == 1 ? NAN : sqrt(squares / (n - 1));
		return;
	}
	if (zeros >= INTERMITTENT_SHARE * n && forecast->not_negative)
	{
		forecast->kind = KIND_INTERMITTENT;
		forecast->used = "croston";
		forecast->note = "often 0: no trend, no season";
		jorge_intermittent_fit(&forecast->intermittent, y, n);
		return;
	}
	forecast->kind = KIND_BRANCHES;
	forecast->used = "blend";
	forecast->wider = WIDER + WIDER_SHORT / n;
	jorge_branch_blend(&forecast->branch[forecast->branches++], y, n, m, horizon, false, positive);
	if (positive)
		jorge_branch_blend(&forecast->branch[forecast->branches++], y, n, m, horizon, true,
						   positive);

	test = jorge_season_test(y, n, m);
	if (m > 1 && n <= 2 * m)
		forecast->note = psprintf("no season: it takes more than %d points", 2 * m);
	else if (m > 1 && !test.seasonal)
		forecast->note = "no season: none is significant";
}

/*
 * Make a forecast
 */
Forecast *
jorge_forecast_make(const Points *points, int horizon, ForecastMethod method)
{
	Forecast *forecast = palloc0(sizeof(Forecast));
	int n = Min(points->n, MOST_POINTS);
	const double *from = points->y + (points->n - n);
	double *y = palloc(Max(n, 1) * sizeof(double));
	double largest = 0;
	bool positive = true;
	bool constant = true;
	int zeros = 0;

	if (points->n < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a forecast needs at least one complete period"),
				 errhint("Say partial => 'include' to take the unfinished one for complete.")));
	if (horizon < 1 || horizon > FORECAST_MAX_HORIZON)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("cannot forecast %d periods", horizon),
						errhint("Ask for 1 to %d.", FORECAST_MAX_HORIZON)));

	forecast->not_negative = true;
	for (int t = 0; t < n; t++)
	{
		largest = Max(largest, fabs(from[t]));
		forecast->not_negative &= from[t] >= 0;
		positive &= from[t] > 0;
		constant &= from[t] == from[0];
		zeros += from[t] == 0;
	}
	/* a power of two loses no bit; with it sums of squares are finite whatever the values */
	forecast->scale = largest > 0 ? ldexp(1, Max(ilogb(largest), -1000)) : 1;
	for (int t = 0; t < n; t++)
	{
		y[t] = from[t] / forecast->scale;
		positive &= y[t] > 0;
	}
	forecast->wider = 1;
	forecast->horizon = horizon;

	if (constant && n > 1)
	{
		forecast->kind = KIND_CONSTANT;
		forecast->used = "constant";
		forecast->note = "all points are equal";
		forecast->level = y[0];
	}
	else if (method == METHOD_AUTO || n == 1)
		fit_auto(forecast, y, n, points->season, horizon, zeros, positive);
	else
		fit_named(forecast, y, n, points->season, horizon, method, positive,
				  forecast->not_negative && zeros < n);

	forecast->has_partial = points->has_partial;
	forecast->realised = points->partial_value / forecast->scale;
	forecast->remaining = points->has_partial ? 1 - points->elapsed : 1;
	return forecast;
}

/*
 * Tell the method used
 */
const char *
jorge_forecast_used(const Forecast *forecast)
{
	return forecast->used;
}

/*
 * Tell whether there is a season in it
 */
bool
jorge_forecast_seasonal(const Forecast *forecast)
{
	for (int i = 0; i < forecast->branches; i++)
	{
		const Branch *branch = &forecast->branch[i];

		if (branch->seasonal || branch->season_inside)
			return true;
	}
	return false;
}

/*
 * Tell why it is no better
 */
const char *
jorge_forecast_note(const Forecast *forecast)
{
	return forecast->note;
}

/* The middle and the deviation of a sum of periods on both scales */
typedef struct Spread
{
	double realised;
	double periods; /* how many, the unfinished one by what is left of it */
	double middle[2];
	double sd[2]; /* of the logarithm's branch: relative */
} Spread;

/*
 * Work out middles and deviations of periods from..to; the unfinished one counts by what is left of
 * it
 */
static Spread
spread_of(const Forecast *forecast, int from, int to)
{
	Spread spread = {forecast->has_partial && from == 1 ? forecast->realised : 0,
					 to - from + (from == 1 ? forecast->remaining : 1)};
	double *weight = palloc(to * sizeof(double));

	for (int i = 0; i < forecast->branches; i++)
	{
		const Branch *branch = &forecast->branch[i];

		for (int h = from; h <= to; h++)
		{
			/* the mean to come falls with the time that is left, the deviation with its root */
			double remaining = h == 1 ? forecast->remaining : 1;
			double mean = jorge_branch_mean(branch, h);

			weight[h - 1] = sqrt(remaining);
			if (branch->logarithmic)
			{
				/* held within the 95 % interval on the values' own scale */
				double other = jorge_branch_mean(&forecast->branch[0], h);
				double most;

				weight[h - 1] = 1;
				most = FORECAST_Z95 * forecast->wider *
					   jorge_branch_sd(&forecast->branch[0], h, h, weight);
				mean = Min(Max(exp(mean), Max(other - most, 0)), Max(other + most, 0));
				weight[h - 1] = mean * sqrt(remaining);
			}
			else if (forecast->not_negative)
				mean = Max(mean, 0);
			spread.middle[i] += mean * remaining;
		}
		spread.sd[i] = forecast->wider * jorge_branch_sd(branch, from, to, weight);
		if (branch->logarithmic)
			spread.sd[i] = spread.middle[i] > 0 ? spread.sd[i] / spread.middle[i] : 0;
	}
	pfree(weight);
	return spread;
}

/*
 * Quantile of a sum of periods that branches describe
 */
static double
branches_quantile(const Forecast *forecast, const Spread *spread, double z)
{
	double quantile = spread->middle[0] + z * spread->sd[0];
	double other;

	if (forecast->not_negative)
		quantile = Max(quantile, 0);
	if (forecast->branches == 2)
	{
		other = spread->middle[1] * exp(z * spread->sd[1]);
		if (z > 0)
			other = Min(other,
						Max(spread->middle[0] + LOG_REACH * z * spread->sd[0], spread->middle[1]));
		quantile = (quantile + other) / 2;
	}
	return quantile + spread->realised;
}

/*
 * Score of Student's t in the place of a normal one
 */
static double
student_score(double z, int degrees)
{
	return copysign(z == 0 ? 0 : -jorge_t_quantile(jorge_normal_sf(fabs(z)), degrees), z);
}

/*
 * Quantile of a sum of periods, still divided by the scale; NaN where the spread is unknown
 */
static double
scaled_quantile(const Forecast *forecast, const Spread *spread, double z)
{
	double quantile = NAN;

	switch (forecast->kind)
	{
		case KIND_BRANCHES:
			return branches_quantile(forecast, spread, z);
		case KIND_INTERMITTENT:
			return spread->realised +
				   jorge_intermittent_quantile(&forecast->intermittent, spread->periods, z);
		case KIND_CONSTANT:
			return spread->realised + spread->periods * forecast->level;
		case KIND_FEW:
			/* the periods' own deviations, and n times that of the mean, which they share */
			quantile = spread->periods * forecast->level +
					   student_score(z, forecast->degrees) * forecast->spread *
						   sqrt(spread->periods +
								spread->periods * spread->periods / (forecast->degrees + 1));
			if (forecast->not_negative)
				quantile = Max(quantile, 0);
			return spread->realised + quantile;
		case KIND_SINGLE:
			break;
	}
	return quantile;
}

/*
 * Point forecast of a sum of periods, still divided by the scale
 */
static double
scaled_mean(const Forecast *forecast, const Spread *spread)
{
	if (forecast->kind == KIND_BRANCHES)
		return branches_quantile(forecast, spread, 0);
	if (forecast->kind == KIND_INTERMITTENT)
		return spread->realised +
			   spread->periods * forecast->intermittent.chance * forecast->intermittent.size;
	return spread->realised + spread->periods * forecast->level;
}

/*
 * Multiply by the scale
 */
static double
unscale(const Forecast *forecast, double value)
{
	if (isnan(value))
		return NAN;
	value *= forecast->scale;
	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("the forecast is out of range"),
						errdetail("It is beyond the largest double precision number.")));
	return value;
}

/*
 * Forecast the sum of periods
 */
ForecastSum
jorge_forecast_sum(const Forecast *forecast, int from, int to)
{
	Spread spread = spread_of(forecast, from, to);
	ForecastSum sum;

	Assert(1 <= from && from <= to && to <= forecast->horizon);
	sum.mean = unscale(forecast, scaled_mean(forecast, &spread));
	sum.lo80 = unscale(forecast, scaled_quantile(forecast, &spread, -FORECAST_Z80));
	sum.hi80 = unscale(forecast, scaled_quantile(forecast, &spread, FORECAST_Z80));
	sum.lo95 = unscale(forecast, scaled_quantile(forecast, &spread, -FORECAST_Z95));
	sum.hi95 = unscale(forecast, scaled_quantile(forecast, &spread, FORECAST_Z95));
	sum.sd = unscale(forecast, scaled_quantile(forecast, &spread, 1) / 2 -
								   scaled_quantile(forecast, &spread, -1) / 2);
	return sum;
}

/*
 * Probability of reaching a goal: the score at which the quantile is the goal, by halving
 */
double
jorge_forecast_reach(const Forecast *forecast, int from, int to, double goal)
{
	Spread spread = spread_of(forecast, from, to);
	double low = -LAST_SCORE;
	double high = LAST_SCORE;

	goal /= forecast->scale;
	if (forecast->kind == KIND_SINGLE)
		return NAN;
	if (forecast->kind == KIND_INTERMITTENT)
		return jorge_intermittent_reach(&forecast->intermittent, spread.periods,
										goal - spread.realised);
	if (scaled_quantile(forecast, &spread, low) >= goal)
		return 1;
	if (scaled_quantile(forecast, &spread, high) < goal)
		return 0;
	for (int i = 0; i < 64; i++)
	{
		double middle = (low + high) / 2;

		if (scaled_quantile(forecast, &spread, middle) < goal)
			low = middle;
		else
			high = middle;
	}
	return jorge_normal_sf(high);
}
