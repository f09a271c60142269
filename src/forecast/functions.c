/*
 * functions.c: forecasts, as SQL sees them.
 */
#include "core/jorge.h"

#include "forecast/options.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

JORGE_FUNCTION(jorge_forecast_rows);
JORGE_FUNCTION(jorge_total);
JORGE_FUNCTION(jorge_p_reach);

/*
 * Read an argument that is a word
 */
static const char *
word_argument(FunctionCallInfo fcinfo, int argument)
{
	if (argument < 0 || PG_ARGISNULL(argument))
		return NULL;
	return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

/*
 * Read the shared arguments
 */
ForecastOptions
jorge_forecast_options(FunctionCallInfo fcinfo, OptionPlaces places, PointPartial partial)
{
	ForecastOptions options = {.partial = partial};
	const char *word;

	if ((word = word_argument(fcinfo, places.value)) != NULL)
		options.value = jorge_point_value(word);
	if ((word = word_argument(fcinfo, places.missing)) != NULL)
		options.missing = jorge_point_missing(word);
	if ((word = word_argument(fcinfo, places.partial)) != NULL)
		options.partial = jorge_point_partial(word);
	if ((word = word_argument(fcinfo, places.method)) != NULL)
		options.method = jorge_forecast_method(word);
	options.has_as_of = !PG_ARGISNULL(places.as_of);
	if (options.has_as_of)
	{
		options.as_of = PG_GETARG_TIMESTAMPTZ(places.as_of);
		if (TIMESTAMP_NOT_FINITE(options.as_of))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("as_of must be finite"),
					 errhint("Leave it out, or give the time up to which all rows are there.")));
	}
	return options;
}

/*
 * Read an integer argument
 */
int
jorge_integer_argument(FunctionCallInfo fcinfo, int argument, const char *name, int preset,
					   int least, int most)
{
	int value = PG_ARGISNULL(argument) ? preset : PG_GETARG_INT32(argument);

	if (value < least || value > most)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be %d", name, value),
				 errhint("Give %d to %d.", least, most)));
	return value;
}

/*
 * Set a column to a number
 */
void
jorge_set_number(Datum *values, bool *nulls, int column, double number)
{
	nulls[column] = isnan(number);
	values[column] = Float8GetDatum(number);
}

/*
 * Write the rows of one forecast
 */
void
jorge_put_forecast(ReturnSetInfo *set, Datum *values, bool *nulls, int first_column,
				   const Points *points, int horizon, ForecastMethod method, int history)
{
	Forecast *forecast = jorge_forecast_make(points, horizon, method);
	const char *note = jorge_forecast_note(forecast);
	Datum used = CStringGetTextDatum(jorge_forecast_used(forecast));
	Datum said;

	if (points->later)
		note = psprintf("%s%srows after now are left out", note == NULL ? "" : note,
						note == NULL ? "" : "; ");
	said = note == NULL ? (Datum) 0 : CStringGetTextDatum(note);
	for (int step = 1 - Min(history, points->n); step <= horizon; step++)
	{
		bool realised = step < 1;
		ForecastSum sum = {NAN, NAN, NAN, NAN, NAN, NAN};
		int column = first_column;

		CHECK_FOR_INTERRUPTS();
		if (realised)
			sum.mean = points->y[points->n - 1 + step];
		else
			sum = jorge_forecast_sum(forecast, step, step);
		values[column] = DateADTGetDatum(
			jorge_period_start(points->period, points->first + points->n - 1 + step));
		nulls[column++] = false;
		values[column] = Int32GetDatum(step);
		nulls[column++] = false;
		jorge_set_number(values, nulls, column++, sum.mean);
		jorge_set_number(values, nulls, column++, sum.lo80);
		jorge_set_number(values, nulls, column++, sum.hi80);
		jorge_set_number(values, nulls, column++, sum.lo95);
		jorge_set_number(values, nulls, column++, sum.hi95);
		values[column] = BoolGetDatum(realised);
		nulls[column++] = false;
		values[column] = used;
		nulls[column++] = realised;
		values[column] = said;
		nulls[column++] = realised || note == NULL;
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
}

/*
 * jorge.forecast(): rows of the periods to come
 */
Datum
jorge_forecast_rows(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[FORECAST_COLUMNS];
	bool nulls[FORECAST_COLUMNS];
	ForecastOptions options;
	Points *points;
	int horizon;
	int history;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	horizon = jorge_integer_argument(fcinfo, 1, "horizon", 6, 1, FORECAST_MAX_HORIZON);
	options = jorge_forecast_options(fcinfo, OPTIONS_FROM(2), PARTIAL_DROP);
	history = jorge_integer_argument(fcinfo, 7, "history", 0, 0, SERIES_MAX_PERIODS);
	points = jorge_points(DatumGetSeries(PG_GETARG_DATUM(0)), &options);
	if (points->n > 0)
		jorge_put_forecast(set, values, nulls, 0, points, horizon, options.method, history);
	return (Datum) 0;
}

/* Periods between two dates: what is known of them, and which steps of the forecast they are */
typedef struct Span
{
	int periods;
	double realised;
	int from; /* to < from: none */
	int to;
} Span;

/*
 * Find the periods from the one that holds a date to the one that holds another
 */
static Span
span_of(const Points *points, int64 first, int64 last)
{
	Span span = {0};
	int64 next = (int64) points->first + points->n;

	if (last < first)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the last period begins before the first")));
	if (last - next >= FORECAST_MAX_HORIZON)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the last period is " INT64_FORMAT " periods ahead", last - next + 1),
				 errhint("A forecast reaches %d periods.", FORECAST_MAX_HORIZON)));
	span.periods = (int) Min(last - first + 1, PG_INT32_MAX);
	span.from = (int) Max(first - next + 1, 1);
	span.to = (int) Max(last - next + 1, 0);
	for (int64 number = Max(first, points->first); number <= Min(last, next - 1); number++)
		span.realised += points->y[number - points->first];
	if (!isfinite(span.realised))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("the total is out of range")));
	return span;
}

/*
 * Number the period that a date argument is in
 */
static int64
period_argument(FunctionCallInfo fcinfo, int argument, SeriesPeriod period)
{
	DateADT date = PG_GETARG_DATEADT(argument);

	if (DATE_NOT_FINITE(date))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a date must be finite")));
	return jorge_period_number(period, date);
}

/*
 * jorge.total(): the sum of periods, known and to come
 */
Datum
jorge_total(PG_FUNCTION_ARGS)
{
	enum
	{
		PERIODS,
		REALISED,
		MEAN,
		SD,
		LO80,
		HI80,
		LO95,
		HI95,
		METHOD,
		COLUMNS
	};
	Datum values[COLUMNS];
	bool nulls[COLUMNS] = {false};
	TupleDesc columns;
	ForecastOptions options;
	Points *points;
	Span span;
	ForecastSum sum = {0};
	double known;

	for (int i = 0; i < 3; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	options = jorge_forecast_options(fcinfo, OPTIONS_FROM(3), PARTIAL_NOWCAST);
	points = jorge_points(DatumGetSeries(PG_GETARG_DATUM(0)), &options);
	if (points->n == 0)
		PG_RETURN_NULL();
	span = span_of(points, period_argument(fcinfo, 1, points->period),
				   period_argument(fcinfo, 2, points->period));
	nulls[METHOD] = true;
	known = span.realised;
	if (span.from <= span.to)
	{
		Forecast *forecast = jorge_forecast_make(points, span.to, options.method);

		sum = jorge_forecast_sum(forecast, span.from, span.to);
		values[METHOD] = CStringGetTextDatum(jorge_forecast_used(forecast));
		nulls[METHOD] = false;
		/* the forecast has the unfinished period's part in it already */
		if (points->has_partial && span.from == 1)
			known += points->partial_value;
	}
	if (get_call_result_type(fcinfo, NULL, &columns) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "jorge.total must return a row");
	values[PERIODS] = Int32GetDatum(span.periods);
	jorge_set_number(values, nulls, REALISED, known);
	jorge_set_number(values, nulls, MEAN, span.realised + sum.mean);
	jorge_set_number(values, nulls, SD, sum.sd);
	jorge_set_number(values, nulls, LO80, span.realised + sum.lo80);
	jorge_set_number(values, nulls, HI80, span.realised + sum.hi80);
	jorge_set_number(values, nulls, LO95, span.realised + sum.lo95);
	jorge_set_number(values, nulls, HI95, span.realised + sum.hi95);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls)));
}

/*
 * jorge.p_reach(): the probability of a goal
 */
Datum
jorge_p_reach(PG_FUNCTION_ARGS)
{
	ForecastOptions options;
	Points *points;
	Span span;
	int64 first;
	int64 last;
	double goal;
	double chance;

	for (int i = 0; i < 3; i++)
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	goal = PG_GETARG_FLOAT8(1);
	if (!isfinite(goal))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a goal must be finite")));
	options = jorge_forecast_options(fcinfo, OPTIONS_FROM(4), PARTIAL_NOWCAST);
	points = jorge_points(DatumGetSeries(PG_GETARG_DATUM(0)), &options);
	if (points->n == 0)
		PG_RETURN_NULL();
	last = period_argument(fcinfo, 2, points->period);
	first = PG_ARGISNULL(3) ? (int64) points->first + points->n
							: period_argument(fcinfo, 3, points->period);
	if (PG_ARGISNULL(3) && last < first)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the goal's date is in the known past"),
				 errdetail("The forecast begins on %s.",
						   jorge_date_text(jorge_period_start(points->period, (int32) first))),
				 errhint("Say from when on to count: since => a date.")));
	span = span_of(points, first, last);
	goal -= span.realised;
	if (span.from > span.to)
		PG_RETURN_FLOAT8(goal <= 0 ? 1 : 0);
	chance = jorge_forecast_reach(jorge_forecast_make(points, span.to, options.method), span.from,
								  span.to, goal);
	if (isnan(chance))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(chance);
}
