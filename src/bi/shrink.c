/*
 * shrink.c: shares of groups held together: what they have in common, and each group's share and interval given that.
 */
#include "core/jorge.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "bi/bi.h"
#include "stats/stats.h"

JORGE_FUNCTION(jorge_beta_prior);
JORGE_FUNCTION(jorge_shrink);

/* What the prior is worth in trials before the groups have spoken: 30, within a factor of 20 (two deviations of the logarithm) */
#define USUAL_WORTH 30.0
#define USUAL_SPREAD 1.5

/* Points of the grid over the prior's two parameters, how many deviations it reaches to either side, and what is too unlikely to count */
#define GRID 33
#define GRID_REACH 9
#define GRID_LEAST 1e-6

typedef struct Groups
{
	int n;
	const double *successes;
	const double *trials;
} Groups;

/*
 * Minus the logarithm of the beta-binomial likelihood of (logit of the mean, log of the worth), with a uniform prior of the
 * mean and a log-normal one of the worth, without which groups that agree by chance would be taken for equal
 */
static double
minus_log_posterior(const double *x, void *arg)
{
	const Groups *groups = arg;
	double mean = 1 / (1 + exp(-x[0]));
	double worth = exp(x[1]);
	double alpha = mean * worth;
	double beta = worth - alpha;
	double spread = (x[1] - log(USUAL_WORTH)) / USUAL_SPREAD;
	double sum;

	if (!(alpha > 0 && beta > 0 && worth < 1e12))
		return INFINITY;
	sum = log(mean) + log1p(-mean) - spread * spread / 2;
	for (int i = 0; i < groups->n; i++)
		sum += lgamma(alpha + groups->successes[i]) + lgamma(beta + groups->trials[i] - groups->successes[i]) - lgamma(worth + groups->trials[i]) -
			   lgamma(alpha) - lgamma(beta) + lgamma(worth);
	return -sum;
}

/*
 * Groups of the first two arguments
 */
static void
groups_argument(FunctionCallInfo fcinfo, Groups *groups)
{
	int ntrials;

	groups->successes = jorge_numbers_argument(fcinfo, 0, "successes", 0, &groups->n);
	groups->trials = jorge_numbers_argument(fcinfo, 1, "trials", 0, &ntrials);
	if (groups->n != ntrials)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%d numbers of successes and %d of trials", groups->n, ntrials),
						errhint("Each group has one of each.")));
	for (int i = 0; i < groups->n; i++)
		if (groups->successes[i] > groups->trials[i])
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%g successes of %g trials", groups->successes[i], groups->trials[i]),
							errhint("Successes are part of the trials.")));
}

/*
 * Where the posterior is highest: logit of the mean, log of the worth. Returns minus its logarithm there.
 */
static double
find_mode(Groups *groups, double *x)
{
	double step[2] = {0.5, 1};
	double successes = 0;
	double trials = 0;

	for (int i = 0; i < groups->n; i++)
	{
		successes += groups->successes[i];
		trials += groups->trials[i];
	}
	x[0] = log((successes + 0.5) / (trials - successes + 0.5));
	x[1] = log(USUAL_WORTH);
	return jorge_minimise(minus_log_posterior, groups, x, step, 2, 1e-12, 2000);
}

/*
 * Parameters of the beta distribution that the groups' shares come from
 */
Datum
jorge_beta_prior(PG_FUNCTION_ARGS)
{
	Groups groups;
	double x[2];
	TupleDesc tupdesc;
	Datum values[2];
	bool nulls[2] = {false};

	groups_argument(fcinfo, &groups);
	find_mode(&groups, x);
	values[0] = Float8GetDatum(exp(x[1]) / (1 + exp(-x[0])));
	values[1] = Float8GetDatum(exp(x[1]) / (1 + exp(x[0])));
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}

/* Possible priors and their probabilities */
typedef struct Priors
{
	int n;
	double alpha[GRID * GRID];
	double beta[GRID * GRID];
	double weight[GRID * GRID];
} Priors;

/*
 * Spread of the posterior along one parameter, by its curvature at the mode; at most that of the prior where it says nothing
 */
static double
spread_at(Groups *groups, const double *mode, double lowest, int parameter)
{
	double h = 0.05;
	double up[2] = {mode[0], mode[1]};
	double down[2] = {mode[0], mode[1]};
	double curvature;

	up[parameter] += h;
	down[parameter] -= h;
	curvature = (minus_log_posterior(up, groups) + minus_log_posterior(down, groups) - 2 * lowest) / (h * h);
	return curvature > 1 / (USUAL_SPREAD * USUAL_SPREAD) ? 1 / sqrt(curvature) : USUAL_SPREAD;
}

/*
 * The prior's posterior on a grid around its mode
 */
static Priors *
spread_priors(Groups *groups)
{
	Priors *priors = palloc(sizeof(Priors));
	double mode[2], spread[2];
	double lowest = find_mode(groups, mode);
	double sum = 0;

	spread[0] = spread_at(groups, mode, lowest, 0);
	spread[1] = spread_at(groups, mode, lowest, 1);
	priors->n = 0;
	for (int i = 0; i < GRID * GRID; i++)
	{
		double x[2];
		double weight;

		CHECK_FOR_INTERRUPTS();
		x[0] = mode[0] + spread[0] * GRID_REACH * (2.0 * (i / GRID) / (GRID - 1) - 1);
		x[1] = mode[1] + spread[1] * GRID_REACH * (2.0 * (i % GRID) / (GRID - 1) - 1);
		weight = exp(lowest - minus_log_posterior(x, groups));
		if (!(weight > GRID_LEAST))
			continue;
		priors->alpha[priors->n] = exp(x[1]) / (1 + exp(-x[0]));
		priors->beta[priors->n] = exp(x[1]) / (1 + exp(x[0]));
		priors->weight[priors->n++] = weight;
		sum += weight;
	}
	for (int i = 0; i < priors->n; i++)
		priors->weight[i] /= sum;
	return priors;
}

/*
 * P(share <= x) of a group, over all priors
 */
static double
share_cdf(const Priors *priors, double successes, double failures, double x)
{
	double p = 0;

	for (int i = 0; i < priors->n; i++)
		p += priors->weight[i] * jorge_beta_i(priors->alpha[i] + successes, priors->beta[i] + failures, x, 1 - x);
	return p;
}

/*
 * Share with so much probability below it, by halving to a millionth
 */
static double
share_quantile(const Priors *priors, double successes, double failures, double p)
{
	double low = 0;
	double high = 1;

	while (high - low > 1e-6)
	{
		double middle = (low + high) / 2;

		CHECK_FOR_INTERRUPTS();
		if (share_cdf(priors, successes, failures, middle) < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/*
 * Each group's share held together with the others, with an interval that knows how little is known of the prior
 */
Datum
jorge_shrink(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	double level = PG_GETARG_FLOAT8(2);
	Groups groups;
	Priors *priors;

	if (!(level > 0 && level < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a confidence level can't be %g", level),
						errhint("It lies between 0 and 1, for example 0.95.")));
	groups_argument(fcinfo, &groups);
	InitMaterializedSRF(fcinfo, 0);
	priors = spread_priors(&groups);
	for (int g = 0; g < groups.n; g++)
	{
		double successes = groups.successes[g];
		double failures = groups.trials[g] - successes;
		double rate = 0;
		Datum values[4];
		bool nulls[4] = {false};

		for (int i = 0; i < priors->n; i++)
			rate += priors->weight[i] * (priors->alpha[i] + successes) / (priors->alpha[i] + priors->beta[i] + groups.trials[g]);
		values[0] = Int32GetDatum(g + 1);
		values[1] = Float8GetDatum(rate);
		values[2] = Float8GetDatum(share_quantile(priors, successes, failures, (1 - level) / 2));
		values[3] = Float8GetDatum(share_quantile(priors, successes, failures, (1 + level) / 2));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
