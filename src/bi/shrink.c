/*
 * shrink.c: what shares of many groups have in common: the prior of an empirical Bayes estimate.
 */
#include "core/jorge.h"

#include "funcapi.h"

#include "bi/bi.h"
#include "stats/stats.h"

JORGE_FUNCTION(jorge_beta_prior);

/* What the prior is worth in trials before the groups have spoken: 30, within a factor of 20 (two deviations of the logarithm) */
#define USUAL_WORTH 30.0
#define USUAL_SPREAD 1.5

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
 * Parameters of the beta distribution that the groups' shares come from
 */
Datum
jorge_beta_prior(PG_FUNCTION_ARGS)
{
	int n, ntrials;
	Groups groups;
	double x[2];
	double step[2] = {0.5, 1};
	double successes = 0;
	double trials = 0;
	TupleDesc tupdesc;
	Datum values[2];
	bool nulls[2] = {false};

	groups.successes = jorge_numbers_argument(fcinfo, 0, "successes", 0, &n);
	groups.trials = jorge_numbers_argument(fcinfo, 1, "trials", 0, &ntrials);
	groups.n = n;
	if (n != ntrials)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%d numbers of successes and %d of trials", n, ntrials),
						errhint("Each group has one of each.")));
	for (int i = 0; i < n; i++)
	{
		if (groups.successes[i] > groups.trials[i])
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%g successes of %g trials", groups.successes[i], groups.trials[i]),
							errhint("Successes are part of the trials.")));
		successes += groups.successes[i];
		trials += groups.trials[i];
	}
	x[0] = log((successes + 0.5) / (trials - successes + 0.5));
	x[1] = log(USUAL_WORTH);
	jorge_minimise(minus_log_posterior, &groups, x, step, 2, 1e-12, 2000);
	values[0] = Float8GetDatum(exp(x[1]) / (1 + exp(-x[0])));
	values[1] = Float8GetDatum(exp(x[1]) / (1 + exp(x[0])));
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls));
}
