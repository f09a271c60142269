/*
 * survival.c: Kaplan–Meier, restricted mean, Aalen–Johansen and log-rank on a jorge.tally of (time,
 * how it ended), where 0 = still open when last seen.
 *
 * Formulas and conventions are those of R's survival package, whose values the tests hold.
 */
#include "core/jorge.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/datum.h"
#include "stats/stats.h"
#include "stats/tally.h"

JORGE_FUNCTION(jorge_survival_curve);
JORGE_FUNCTION(jorge_sql_survival_at);
JORGE_FUNCTION(jorge_survival_quantile);
JORGE_FUNCTION(jorge_survival_mean);
JORGE_FUNCTION(jorge_close_probability);
JORGE_FUNCTION(jorge_logrank);

/* How the limits of a survival curve are made */
typedef enum CurveInterval
{
	INTERVAL_LOG,	 /* R's default: symmetric in log S */
	INTERVAL_LOGLOG, /* symmetric in log(-log S): stays in 0..1, better at the ends */
	INTERVAL_PLAIN
} CurveInterval;

/* One time at which something happened */
typedef struct SurvivalStep
{
	double time;
	int64 at_risk; /* just before */
	int64 events;  /* of any cause */
	int64 of_cause;
	int64 censored;
	double survival;  /* Kaplan–Meier, just after */
	double greenwood; /* sum of d / (n (n - d)) until then; +inf once nobody is left */
	double incidence; /* Aalen–Johansen, of the cause asked for */
} SurvivalStep;

/*
 * Durations in an argument: a tally of times that are not negative
 */
static const Tally *
durations_argument(FunctionCallInfo fcinfo, int argno)
{
	const Tally *durations = jorge_tally_argument(fcinfo, argno);

	if (durations->used > 0 && durations->entries[0].value < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a duration can't be %g", durations->entries[0].value),
						errhint("Durations are not negative; filter out the others.")));
	return durations;
}

/*
 * All steps, in order of time; cause 0 = any. Returns how many; palloc'd.
 */
static int
survival_steps(const Tally *durations, int32 cause, SurvivalStep **steps)
{
	SurvivalStep *result = palloc(sizeof(SurvivalStep) * Max(durations->used, 1));
	int64 at_risk = 0;
	double survival = 1;
	double greenwood = 0;
	double incidence = 0;
	int n = 0;

	for (int i = 0; i < durations->used; i++)
		at_risk += durations->entries[i].count;
	for (int i = 0; i < durations->used;)
	{
		SurvivalStep *step = &result[n++];

		CHECK_FOR_INTERRUPTS();
		memset(step, 0, sizeof(*step));
		step->time = durations->entries[i].value;
		step->at_risk = at_risk;
		for (; i < durations->used && durations->entries[i].value == step->time; i++)
		{
			const Counted *entry = &durations->entries[i];

			if (entry->class == 0)
				step->censored += entry->count;
			else
				step->events += entry->count;
			if (entry->class != 0 && (cause == 0 || entry->class == cause))
				step->of_cause += entry->count;
		}
		incidence += survival * step->of_cause / at_risk;
		survival *= (double) (at_risk - step->events) / at_risk;
		/* where all of them end, the variance of S = 0 is taken as 0 later */
		if (step->events > 0)
			greenwood += (double) step->events / ((double) at_risk * (at_risk - step->events));
		step->survival = survival;
		step->greenwood = greenwood;
		step->incidence = incidence;
		at_risk -= step->events + step->censored;
	}
	*steps = result;
	return n;
}

/*
 * Last step at or before a time, NULL before the first
 */
static const SurvivalStep *
step_at(const SurvivalStep *steps, int nsteps, double time)
{
	int low = 0;
	int high = nsteps;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (steps[middle].time <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &steps[low - 1];
}

/*
 * Limits of a survival probability; NAN where R has NA: once it is 0
 */
static void
limits(double survival, double greenwood, double z, CurveInterval method, double *lower, double *upper)
{
	double se = sqrt(greenwood);

	if (survival == 1)
	{
		*lower = *upper = 1;
		return;
	}
	if (survival == 0)
	{
		*lower = *upper = NAN;
		return;
	}
	switch (method)
	{
		case INTERVAL_LOG:
			*lower = survival * exp(-z * se);
			*upper = Min(survival * exp(z * se), 1);
			break;
		case INTERVAL_LOGLOG:
			*lower = pow(survival, exp(z * se / -log(survival)));
			*upper = pow(survival, exp(-z * se / -log(survival)));
			break;
		case INTERVAL_PLAIN:
			*lower = Max(survival - z * se * survival, 0);
			*upper = Min(survival + z * se * survival, 1);
			break;
	}
}

/*
 * Normal deviate of the confidence level in an argument
 */
static double
level_argument(FunctionCallInfo fcinfo, int argno)
{
	double level = PG_GETARG_FLOAT8(argno);

	if (!(level > 0 && level < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a confidence level can't be %g", level),
						errhint("It lies between 0 and 1, for example 0.95.")));
	return jorge_normal_quantile(0.5 + level / 2);
}

static CurveInterval
interval_argument(FunctionCallInfo fcinfo, int argno)
{
	const char *name = text_to_cstring(PG_GETARG_TEXT_PP(argno));

	if (strcmp(name, "log") == 0)
		return INTERVAL_LOG;
	if (strcmp(name, "log-log") == 0)
		return INTERVAL_LOGLOG;
	if (strcmp(name, "plain") == 0)
		return INTERVAL_PLAIN;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown kind of interval: \"%s\"", name),
					errhint("Kinds are log, log-log and plain.")));
}

static int32
cause_argument(FunctionCallInfo fcinfo, int argno)
{
	int32 cause = PG_GETARG_INT32(argno);

	if (cause < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a cause can't be %d", cause),
						errhint("0 means any; 1, 2, ... are those of the observations.")));
	return cause;
}

/*
 * Duration in an argument
 */
static double
time_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	double time = PG_GETARG_FLOAT8(argno);

	if (!(time >= 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s can't be %g", name, time),
						errhint("It is not negative.")));
	return time;
}

static Datum
row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc tupdesc;

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

Datum
jorge_survival_curve(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const Tally *durations = durations_argument(fcinfo, 0);
	int32 cause = cause_argument(fcinfo, 1);
	double z = level_argument(fcinfo, 2);
	CurveInterval method = interval_argument(fcinfo, 3);
	SurvivalStep *steps;
	int nsteps;

	InitMaterializedSRF(fcinfo, 0);
	nsteps = survival_steps(durations, cause, &steps);
	for (int i = 0; i < nsteps; i++)
	{
		const SurvivalStep *step = &steps[i];
		Datum values[9];
		bool nulls[9] = {false};
		double lower, upper;

		CHECK_FOR_INTERRUPTS();
		limits(step->survival, step->greenwood, z, method, &lower, &upper);
		values[0] = Float8GetDatum(step->time);
		values[1] = Int64GetDatum(step->at_risk);
		values[2] = Int64GetDatum(step->of_cause);
		values[3] = Int64GetDatum(step->censored);
		values[4] = Float8GetDatum(step->survival);
		values[5] = jorge_float8_or_null(step->survival == 0 ? NAN : step->survival * sqrt(step->greenwood), &nulls[5]);
		values[6] = jorge_float8_or_null(lower, &nulls[6]);
		values[7] = jorge_float8_or_null(upper, &nulls[7]);
		values[8] = Float8GetDatum(step->incidence);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
jorge_sql_survival_at(PG_FUNCTION_ARGS)
{
	const Tally *durations = durations_argument(fcinfo, 0);
	double time = time_argument(fcinfo, 1, "a time");
	double z = level_argument(fcinfo, 2);
	CurveInterval method = interval_argument(fcinfo, 3);
	SurvivalStep *steps;
	int nsteps = survival_steps(durations, 0, &steps);
	Datum values[4];
	bool nulls[4] = {false};
	const SurvivalStep *step = step_at(steps, nsteps, time);
	double survival = step == NULL ? 1 : step->survival;
	double greenwood = step == NULL ? 0 : step->greenwood;
	double lower, upper;

	limits(survival, greenwood, z, method, &lower, &upper);
	values[0] = Float8GetDatum(survival);
	values[1] = jorge_float8_or_null(survival == 0 ? NAN : survival * sqrt(greenwood), &nulls[1]);
	values[2] = jorge_float8_or_null(lower, &nulls[2]);
	values[3] = jorge_float8_or_null(upper, &nulls[3]);
	PG_RETURN_DATUM(row(fcinfo, values, nulls));
}

/* Which curve of a step is looked along */
typedef enum Curve
{
	CURVE_SURVIVAL,
	CURVE_LOWER,
	CURVE_UPPER
} Curve;

/*
 * First time at which a curve is at or below a height; halfway to the next where it is exactly there
 * and stays (R's rule). NAN where it never gets there.
 */
static double
crossing(const SurvivalStep *steps, int nsteps, double height, Curve curve, double z, CurveInterval method)
{
	for (int i = 0; i < nsteps; i++)
	{
		double at = steps[i].survival;
		double lower, upper;

		if (curve != CURVE_SURVIVAL)
		{
			limits(at, steps[i].greenwood, z, method, &lower, &upper);
			at = curve == CURVE_LOWER ? lower : upper;
			if (isnan(at))
				return NAN;
		}
		if (at > height + 1e-12)
			continue;
		if (curve == CURVE_SURVIVAL && fabs(at - height) <= 1e-12)
			for (int j = i + 1; j < nsteps; j++)
				if (steps[j].events > 0)
					return (steps[i].time + steps[j].time) / 2;
		return steps[i].time;
	}
	return NAN;
}

Datum
jorge_survival_quantile(PG_FUNCTION_ARGS)
{
	const Tally *durations = durations_argument(fcinfo, 0);
	double p = PG_GETARG_FLOAT8(1);
	double z = level_argument(fcinfo, 2);
	CurveInterval method = interval_argument(fcinfo, 3);
	SurvivalStep *steps;
	int nsteps = survival_steps(durations, 0, &steps);
	Datum values[3];
	bool nulls[3];

	if (!(p > 0 && p < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a quantile can't be at %g", p),
						errhint("It lies between 0 and 1; 0.5 is the median.")));
	values[0] = jorge_float8_or_null(crossing(steps, nsteps, 1 - p, CURVE_SURVIVAL, z, method), &nulls[0]);
	values[1] = jorge_float8_or_null(crossing(steps, nsteps, 1 - p, CURVE_LOWER, z, method), &nulls[1]);
	values[2] = jorge_float8_or_null(crossing(steps, nsteps, 1 - p, CURVE_UPPER, z, method), &nulls[2]);
	PG_RETURN_DATUM(row(fcinfo, values, nulls));
}

/*
 * Area under the curve up to a horizon, and its standard error: the squared area beyond each step,
 * weighted by Greenwood's term
 */
Datum
jorge_survival_mean(PG_FUNCTION_ARGS)
{
	const Tally *durations = durations_argument(fcinfo, 0);
	double horizon = time_argument(fcinfo, 1, "a horizon");
	SurvivalStep *steps;
	int nsteps = survival_steps(durations, 0, &steps);
	double area = 0;
	double variance = 0;
	double end = horizon;
	Datum values[2];
	bool nulls[2] = {false, false};

	if (isinf(horizon))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a horizon can't be infinite"),
						errhint("A mean of durations that are not all over needs a limit, for example 365.")));
	for (int i = nsteps - 1; i >= 0; i--)
	{
		const SurvivalStep *step = &steps[i];

		if (step->time >= horizon)
			continue;
		area += step->survival * (end - step->time);
		end = step->time;
		if (step->events > 0 && step->at_risk > step->events)
			variance += area * area * step->events / ((double) step->at_risk * (step->at_risk - step->events));
	}
	area += end;
	values[0] = Float8GetDatum(area);
	values[1] = Float8GetDatum(sqrt(variance));
	PG_RETURN_DATUM(row(fcinfo, values, nulls));
}

/*
 * Probability that what is open at an age ends, by the cause, within so long: the incidence from
 * then on, given that it has lasted. NULL beyond the longest observation, where nothing is known.
 */
Datum
jorge_close_probability(PG_FUNCTION_ARGS)
{
	const Tally *durations = durations_argument(fcinfo, 0);
	double age = time_argument(fcinfo, 1, "an age");
	double within = time_argument(fcinfo, 2, "a time ahead");
	int32 cause = cause_argument(fcinfo, 3);
	SurvivalStep *steps;
	int nsteps = survival_steps(durations, cause, &steps);
	const SurvivalStep *now = step_at(steps, nsteps, age);
	const SurvivalStep *then = step_at(steps, nsteps, age + within);
	double survival = now == NULL ? 1 : now->survival;
	double before = now == NULL ? 0 : now->incidence;

	if (nsteps == 0 || survival <= 0 || age > steps[nsteps - 1].time)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(then == NULL ? 0 : (then->incidence - before) / survival);
}

/*
 * Log-rank test of two groups
 */
Datum
jorge_logrank(PG_FUNCTION_ARGS)
{
	const Tally *first = durations_argument(fcinfo, 0);
	const Tally *second = durations_argument(fcinfo, 1);
	const Tally *group[2] = {first, second};
	int64 at_risk[2] = {0, 0};
	int at[2] = {0, 0};
	double observed = 0;
	double expected = 0;
	double variance = 0;
	double chi2;
	Datum values[4];
	bool nulls[4] = {false};

	for (int g = 0; g < 2; g++)
		for (int i = 0; i < group[g]->used; i++)
			at_risk[g] += group[g]->entries[i].count;
	for (;;)
	{
		int64 events[2] = {0, 0};
		int64 gone[2] = {0, 0};
		double time = INFINITY;
		double n, d;

		CHECK_FOR_INTERRUPTS();
		for (int g = 0; g < 2; g++)
			if (at[g] < group[g]->used)
				time = Min(time, group[g]->entries[at[g]].value);
		if (isinf(time))
			break;
		for (int g = 0; g < 2; g++)
			for (; at[g] < group[g]->used && group[g]->entries[at[g]].value == time; at[g]++)
			{
				const Counted *entry = &group[g]->entries[at[g]];

				gone[g] += entry->count;
				events[g] += entry->class != 0 ? entry->count : 0;
			}
		n = (double) at_risk[0] + at_risk[1];
		d = (double) events[0] + events[1];
		observed += events[0];
		expected += d * at_risk[0] / n;
		if (n > 1)
			variance += d * (at_risk[0] / n) * (at_risk[1] / n) * (n - d) / (n - 1);
		at_risk[0] -= gone[0];
		at_risk[1] -= gone[1];
	}
	chi2 = (observed - expected) * (observed - expected) / variance;
	values[0] = jorge_float8_or_null(variance > 0 ? chi2 : NAN, &nulls[0]);
	values[1] = jorge_float8_or_null(variance > 0 ? jorge_chi2_sf(chi2, 1) : NAN, &nulls[1]);
	values[2] = Float8GetDatum(observed);
	values[3] = Float8GetDatum(expected);
	PG_RETURN_DATUM(row(fcinfo, values, nulls));
}
