/*
 * attribution.c: who deserves what of a joint result: Shapley values of a game, and removal effects in a Markov chain.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "bi/bi.h"
#include "core/datum.h"

#include <float.h>

#define MOST_PLAYERS 20
#define MOST_STATES 500

JORGE_FUNCTION(jorge_shapley);
JORGE_FUNCTION(jorge_removal_effects);

/*
 * Weight of a coalition of so many of n players: how often, of all orders of arrival, just they are there before a given other
 */
static void
coalition_weights(int n, double *weights)
{
	/* |S|! (n - |S| - 1)! / n! = 1 / (n * binomial(n - 1, |S|)) */
	double binomial = 1;

	for (int size = 0; size < n; size++)
	{
		weights[size] = 1 / (n * binomial);
		binomial = binomial * (n - 1 - size) / (size + 1);
	}
}

/*
 * Shapley values of a game given by the value of every coalition
 */
Datum
jorge_shapley(PG_FUNCTION_ARGS)
{
	int coalitions;
	const double *values = jorge_numbers_argument(fcinfo, 0, "values of coalitions", -DBL_MAX, &coalitions);
	int n = 0;
	double weights[MOST_PLAYERS];
	Datum shares[MOST_PLAYERS];

	while (n < MOST_PLAYERS && (1 << n) < coalitions)
		n++;
	if ((1 << n) != coalitions)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a game can't have %d coalitions", coalitions),
						errhint("n players, at most %d, have 2^n: element 1 + (1 for the first player) + (2 for the second) + (4 for the third) ...",
								MOST_PLAYERS)));
	coalition_weights(n, weights);
	for (int player = 0; player < n; player++)
	{
		int bit = 1 << player;
		double share = 0;

		for (int coalition = 0; coalition < coalitions; coalition++)
		{
			if ((coalition & 0xffff) == 0)
				CHECK_FOR_INTERRUPTS();
			if (!(coalition & bit))
				share += weights[__builtin_popcount(coalition)] * (values[coalition | bit] - values[coalition]);
		}
		shares[player] = Float8GetDatum(share);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(shares, n, FLOAT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Journeys as a chain: where they begin, go on, and end well */
typedef struct Chain
{
	int n;
	double *begin;	  /* from the start to each state */
	double *step;	  /* n x n, from a state to the next */
	double *win;	  /* from a state to success */
	double begin_win; /* from the start straight to success */
} Chain;

/*
 * State numbers of an integer[] argument, within low and MOST_STATES
 */
static const int32 *
states_argument(FunctionCallInfo fcinfo, int argno, const char *name, int32 low, int *n)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
	const int32 *states = (const int32 *) ARR_DATA_PTR(array);

	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s can't contain NULL", name),
						errhint("The start is 0 as an origin; success is 0 and failure -1 as a target.")));
	for (int i = 0; i < *n; i++)
		if (states[i] < low || states[i] > MOST_STATES)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s can't contain %d", name, states[i]),
							errhint("States are numbered from 1 to at most %d; the start is 0 as an origin; success is 0 and failure -1 as a target.", MOST_STATES)));
	return states;
}

/*
 * Shares of the ways out of each state
 */
static void
make_chain(Chain *chain, const int32 *origins, const int32 *targets, const double *counts, int transitions)
{
	int n = 0;
	double *out;
	bool *entered;

	for (int i = 0; i < transitions; i++)
		n = Max(n, Max(origins[i], targets[i]));
	chain->n = n;
	chain->begin = palloc0(sizeof(double) * (n + 1));
	chain->win = palloc0(sizeof(double) * (n + 1));
	chain->step = palloc0(mul_size(sizeof(double), Max(n * n, 1)));
	chain->begin_win = 0;
	out = palloc0(sizeof(double) * (n + 1));
	entered = palloc0(sizeof(bool) * (n + 1));

	for (int i = 0; i < transitions; i++)
		out[origins[i]] += counts[i];
	for (int i = 0; i < transitions; i++)
	{
		double share;

		if (counts[i] == 0)
			continue;
		share = counts[i] / out[origins[i]];
		if (targets[i] > 0)
			entered[targets[i]] = true;
		if (origins[i] == 0 && targets[i] > 0)
			chain->begin[targets[i] - 1] += share;
		else if (origins[i] == 0 && targets[i] == 0)
			chain->begin_win += share;
		else if (origins[i] > 0 && targets[i] > 0)
			chain->step[(origins[i] - 1) * n + targets[i] - 1] += share;
		else if (origins[i] > 0 && targets[i] == 0)
			chain->win[origins[i] - 1] += share;
	}
	for (int state = 1; state <= n; state++)
		if (entered[state] && out[state] == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("nothing leaves state %d", state),
							errhint("Every journey ends in success (target 0) or failure (target -1).")));
}

/*
 * Inverse of I - step: expected visits of each state from each; by Gauss and Jordan with partial pivoting
 */
static double *
expected_visits(const Chain *chain)
{
	int n = chain->n;
	double *a = palloc(mul_size(sizeof(double), Max(n * n, 1)));
	double *inverse = palloc0(mul_size(sizeof(double), Max(n * n, 1)));

	for (int i = 0; i < n * n; i++)
		a[i] = -chain->step[i];
	for (int i = 0; i < n; i++)
	{
		a[i * n + i] += 1;
		inverse[i * n + i] = 1;
	}
	for (int column = 0; column < n; column++)
	{
		int pivot = column;
		double scale;

		CHECK_FOR_INTERRUPTS();
		for (int row = column + 1; row < n; row++)
			if (fabs(a[row * n + column]) > fabs(a[pivot * n + column]))
				pivot = row;
		if (fabs(a[pivot * n + column]) < 1e-12)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("some states lead round in a circle that no journey leaves"),
							errhint("Every journey ends in success (target 0) or failure (target -1).")));
		if (pivot != column)
			for (int k = 0; k < n; k++)
			{
				double held = a[pivot * n + k];

				a[pivot * n + k] = a[column * n + k];
				a[column * n + k] = held;
				held = inverse[pivot * n + k];
				inverse[pivot * n + k] = inverse[column * n + k];
				inverse[column * n + k] = held;
			}
		scale = 1 / a[column * n + column];
		for (int k = 0; k < n; k++)
		{
			a[column * n + k] *= scale;
			inverse[column * n + k] *= scale;
		}
		for (int row = 0; row < n; row++)
		{
			double factor = a[row * n + column];

			if (row == column || factor == 0)
				continue;
			for (int k = 0; k < n; k++)
			{
				a[row * n + k] -= factor * a[column * n + k];
				inverse[row * n + k] -= factor * inverse[column * n + k];
			}
		}
	}
	pfree(a);
	return inverse;
}

/*
 * What share of all successes would be lost if a state were taken away. Journeys that succeed without it stay as they
 * are, so that the loss is P(ever there) * P(success from there).
 */
Datum
jorge_removal_effects(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	int norigins, ntargets, ncounts;
	const int32 *origins = states_argument(fcinfo, 0, "origins", 0, &norigins);
	const int32 *targets = states_argument(fcinfo, 1, "targets", -1, &ntargets);
	const double *counts = jorge_numbers_argument(fcinfo, 2, "counts", 0, &ncounts);
	Chain chain;
	double *visits;
	double success;

	if (norigins != ntargets || norigins != ncounts)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%d origins, %d targets, %d counts", norigins, ntargets, ncounts),
						errhint("Each transition has one of each.")));
	InitMaterializedSRF(fcinfo, 0);
	make_chain(&chain, origins, targets, counts, ncounts);
	visits = expected_visits(&chain);
	success = chain.begin_win;
	for (int from = 0; from < chain.n; from++)
		for (int state = 0; state < chain.n; state++)
			success += chain.begin[from] * visits[from * chain.n + state] * chain.win[state];
	for (int state = 0; state < chain.n; state++)
	{
		double expected = 0;
		double reached;
		double from_here = 0;
		Datum values[4];
		bool nulls[4] = {false};

		for (int k = 0; k < chain.n; k++)
		{
			expected += chain.begin[k] * visits[k * chain.n + state];
			from_here += visits[state * chain.n + k] * chain.win[k];
		}
		reached = expected / visits[state * chain.n + state];
		values[0] = Int32GetDatum(state + 1);
		values[1] = Float8GetDatum(reached);
		values[2] = Float8GetDatum(from_here);
		values[3] = jorge_float8_or_null(success > 0 ? reached * from_here / success : NAN, &nulls[3]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
