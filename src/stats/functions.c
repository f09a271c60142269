/*
 * functions.c: the distributions as SQL functions. NaN in or an argument out of range gives an error.
 */
#include "core/jorge.h"

#include "funcapi.h"

#include "stats/stats.h"

JORGE_FUNCTION(jorge_sql_normal_cdf);
JORGE_FUNCTION(jorge_sql_normal_quantile);
JORGE_FUNCTION(jorge_sql_chi2_sf);
JORGE_FUNCTION(jorge_sql_chi2_quantile);
JORGE_FUNCTION(jorge_sql_t_sf);
JORGE_FUNCTION(jorge_sql_t_quantile);
JORGE_FUNCTION(jorge_sql_f_sf);
JORGE_FUNCTION(jorge_sql_gamma_cdf);
JORGE_FUNCTION(jorge_sql_beta_cdf);
JORGE_FUNCTION(jorge_sql_beta_quantile);
JORGE_FUNCTION(jorge_sql_wilson);

/*
 * Argument that must lie in a range; both ends belong to it
 */
static double
argument(FunctionCallInfo fcinfo, int argno, const char *name, double low, double high)
{
	double value = PG_GETARG_FLOAT8(argno);

	if (!(value >= low && value <= high))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is out of range: %g", name, value),
						high == INFINITY ? errhint("It must be at least %g.", low)
										 : errhint("It must lie in %g ... %g.", low, high)));
	return value;
}

/*
 * Argument that must be above zero
 */
static double
positive(FunctionCallInfo fcinfo, int argno, const char *name)
{
	double value = PG_GETARG_FLOAT8(argno);

	if (!(value > 0 && !isinf(value)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is out of range: %g", name, value),
						errhint("It must be above zero and finite.")));
	return value;
}

Datum
jorge_sql_normal_cdf(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(jorge_normal_cdf(argument(fcinfo, 0, "z", -INFINITY, INFINITY)));
}

Datum
jorge_sql_normal_quantile(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(jorge_normal_quantile(argument(fcinfo, 0, "probability", 0, 1)));
}

Datum
jorge_sql_chi2_sf(PG_FUNCTION_ARGS)
{
	double x = argument(fcinfo, 0, "statistic", 0, INFINITY);

	PG_RETURN_FLOAT8(jorge_chi2_sf(x, positive(fcinfo, 1, "degrees of freedom")));
}

Datum
jorge_sql_chi2_quantile(PG_FUNCTION_ARGS)
{
	double p = argument(fcinfo, 0, "probability", 0, 1);

	PG_RETURN_FLOAT8(jorge_chi2_quantile(p, positive(fcinfo, 1, "degrees of freedom")));
}

Datum
jorge_sql_t_sf(PG_FUNCTION_ARGS)
{
	double t = argument(fcinfo, 0, "t", -INFINITY, INFINITY);

	PG_RETURN_FLOAT8(jorge_t_sf(t, positive(fcinfo, 1, "degrees of freedom")));
}

Datum
jorge_sql_t_quantile(PG_FUNCTION_ARGS)
{
	double p = argument(fcinfo, 0, "probability", 0, 1);

	PG_RETURN_FLOAT8(jorge_t_quantile(p, positive(fcinfo, 1, "degrees of freedom")));
}

Datum
jorge_sql_f_sf(PG_FUNCTION_ARGS)
{
	double f = argument(fcinfo, 0, "f", 0, INFINITY);
	double df1 = positive(fcinfo, 1, "degrees of freedom");

	PG_RETURN_FLOAT8(jorge_f_sf(f, df1, positive(fcinfo, 2, "degrees of freedom")));
}

Datum
jorge_sql_gamma_cdf(PG_FUNCTION_ARGS)
{
	double x = argument(fcinfo, 0, "x", 0, INFINITY);

	PG_RETURN_FLOAT8(jorge_gamma_p(positive(fcinfo, 1, "shape"), x));
}

Datum
jorge_sql_beta_cdf(PG_FUNCTION_ARGS)
{
	double x = argument(fcinfo, 0, "x", 0, 1);
	double a = positive(fcinfo, 1, "alpha");

	PG_RETURN_FLOAT8(jorge_beta_i(a, positive(fcinfo, 2, "beta"), x, 1 - x));
}

Datum
jorge_sql_beta_quantile(PG_FUNCTION_ARGS)
{
	double p = argument(fcinfo, 0, "probability", 0, 1);
	double a = positive(fcinfo, 1, "alpha");

	PG_RETURN_FLOAT8(jorge_beta_quantile(p, a, positive(fcinfo, 2, "beta")));
}

Datum
jorge_sql_wilson(PG_FUNCTION_ARGS)
{
	double n = argument(fcinfo, 1, "number of trials", 0, 1e300);
	double successes = argument(fcinfo, 0, "number of successes", 0, n);
	double level = argument(fcinfo, 2, "confidence level", 0, 1);
	TupleDesc tupdesc;
	Datum values[2];
	bool nulls[2] = {false, false};
	double lower, upper;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "wilson_interval must return a row");
	jorge_wilson(successes, n, level, &lower, &upper);
	values[0] = Float8GetDatum(lower);
	values[1] = Float8GetDatum(upper);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
