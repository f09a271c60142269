/*
 * forecast.h: what other families may use of forecasting.
 *
 *     Points *points = jorge_points(series, &options);            the numbers to learn from
 *     Forecast *forecast = jorge_forecast_make(points, horizon, options.method);
 *     ForecastSum sum = jorge_forecast_sum(forecast, from, to);   what periods from..to will bring
 * in all double chance = jorge_forecast_reach(forecast, from, to, goal);   P(it is at least goal)
 *
 * Periods of a forecast count from 1, the first that is not known. Everything lives in the current
 * memory context and nothing is changed after it is made.
 */
#ifndef JORGE_FORECAST_FORECAST_H
#define JORGE_FORECAST_FORECAST_H

#include "forecast/model.h"
#include "forecast/series.h"

/* Most periods one forecast may reach ahead */
#define FORECAST_MAX_HORIZON 1000

/* Normal scores of the ends of an 80 % and a 95 % interval */
#define FORECAST_Z80 1.2815515655446004
#define FORECAST_Z95 1.959963984540054

/* Which number of a bucket is forecast */
typedef enum PointValue
{
	POINT_SUM,
	POINT_MEAN,
	POINT_COUNT
} PointValue;

/* What a period without values is */
typedef enum PointMissing
{
	MISSING_DEFAULT, /* zero for sum and count, interpolate for mean */
	MISSING_ZERO,
	MISSING_INTERPOLATE,
	MISSING_ERROR
} PointMissing;

/* What becomes of the period that is not over */
typedef enum PointPartial
{
	PARTIAL_DROP,    /* left out, and forecast like any other */
	PARTIAL_INCLUDE, /* taken for complete */
	PARTIAL_NOWCAST  /* what it has brought so far stands, the rest of it is forecast */
} PointPartial;

typedef enum ForecastMethod
{
	METHOD_AUTO,
	METHOD_THETA,
	METHOD_ETS, /* the shape with the least AICc */
	METHOD_ANN,
	METHOD_AAN,
	METHOD_AADN,
	METHOD_ANA,
	METHOD_AAA,
	METHOD_AADA,
	METHOD_NAIVE,
	METHOD_SNAIVE,
	METHOD_MEAN,
	METHOD_CROSTON
} ForecastMethod;

#define FORECAST_METHODS 13

typedef struct ForecastOptions
{
	PointValue value;
	PointMissing missing;
	PointPartial partial;
	ForecastMethod method;
	bool has_as_of;
	TimestampTz as_of; /* rows up to here are known to be there; without it the series' last period
						  ends it */
} ForecastOptions;

typedef struct Points
{
	SeriesPeriod period;
	int season;  /* periods a season has */
	int32 first; /* number of y[0]'s period */
	int n;
	double *y;
	bool *filled;     /* y[i] is not from the data */
	bool has_partial; /* period first + n has begun, and stands so far at */
	double partial_value;
	double elapsed; /* share of it gone by */
	bool later; /* there are rows of periods after now, which are left out */
} Points;

typedef struct Forecast Forecast;

/* ---- points.c */

extern Points *jorge_points(const Series *series, const ForecastOptions *options);

/* Readers of option words; ERROR 22023 that lists the words */
extern PointValue jorge_point_value(const char *word);
extern PointMissing jorge_point_missing(const char *word);
extern PointPartial jorge_point_partial(const char *word);

/* ---- forecast.c */

extern ForecastMethod jorge_forecast_method(const char *word);
extern const char *jorge_forecast_method_name(ForecastMethod method);

/* Shape of METHOD_ANN to METHOD_AADA for a season of m points */
extern EtsShape jorge_forecast_shape(ForecastMethod method, int m);

/* Forecast horizon periods; ERROR 22023 where a named method needs more points */
extern Forecast *jorge_forecast_make(const Points *points, int horizon, ForecastMethod method);

/* What method came to be used, whether with a season, and why not a better one (NULL = nothing to
 * say) */
extern const char *jorge_forecast_used(const Forecast *forecast);
extern bool jorge_forecast_seasonal(const Forecast *forecast);
extern const char *jorge_forecast_note(const Forecast *forecast);

/* A sum of periods; all but the mean NaN where one point says nothing of the spread */
typedef struct ForecastSum
{
	double mean; /* the point forecast */
	double sd;   /* half the distance between the quantiles one normal deviation to each side */
	double lo80;
	double hi80;
	double lo95;
	double hi95;
} ForecastSum;

/* What periods from..to will bring in all, 1 <= from <= to <= horizon; ERROR 22003 beyond float8 */
extern ForecastSum jorge_forecast_sum(const Forecast *forecast, int from, int to);

/* Probability that periods from..to bring in at least goal; NaN as above */
extern double jorge_forecast_reach(const Forecast *forecast, int from, int to, double goal);

#endif
