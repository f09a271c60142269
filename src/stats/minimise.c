/*
 * minimise.c: the downhill simplex of Nelder and Mead, with their coefficients.
 */
#include "core/jorge.h"

#include "stats/stats.h"

#define REFLECT 1.0
#define EXPAND 2.0
#define CONTRACT 0.5
#define SHRINK 0.5

/*
 * Objective at x, NAN as +inf
 */
static double
value_at(JorgeObjective objective, void *arg, const double *x)
{
	double value = objective(x, arg);

	return isnan(value) ? INFINITY : value;
}

/*
 * Point on the line from the centre through the worst corner: centre + factor * (centre - worst)
 */
static void
move(const double *centre, const double *worst, double factor, int n, double *point)
{
	for (int i = 0; i < n; i++)
		point[i] = centre[i] + factor * (centre[i] - worst[i]);
}

double
jorge_minimise(JorgeObjective objective, void *arg, double *x, const double *step, int n, double tolerance, int most)
{
	double corner[JORGE_MINIMISE_MAX + 1][JORGE_MINIMISE_MAX];
	double value[JORGE_MINIMISE_MAX + 1];
	int evaluations = n + 1;
	int best = 0;

	Assert(n >= 1 && n <= JORGE_MINIMISE_MAX);
	for (int j = 0; j <= n; j++)
	{
		memcpy(corner[j], x, n * sizeof(double));
		if (j > 0)
			corner[j][j - 1] += step[j - 1];
		value[j] = value_at(objective, arg, corner[j]);
	}
	for (;;)
	{
		double centre[JORGE_MINIMISE_MAX] = {0};
		double tried[JORGE_MINIMISE_MAX], further[JORGE_MINIMISE_MAX];
		double at_tried, at_further;
		int worst = 0;
		int second;

		CHECK_FOR_INTERRUPTS();
		best = 0;
		for (int j = 1; j <= n; j++)
		{
			best = value[j] < value[best] ? j : best;
			worst = value[j] > value[worst] ? j : worst;
		}
		second = best;
		for (int j = 0; j <= n; j++)
			if (j != worst && value[j] > value[second])
				second = j;
		if (value[worst] - value[best] <= tolerance * (1 + fabs(value[best])) || evaluations >= most)
			break;

		for (int j = 0; j <= n; j++)
			for (int i = 0; i < n && j != worst; i++)
				centre[i] += corner[j][i] / n;
		move(centre, corner[worst], REFLECT, n, tried);
		at_tried = value_at(objective, arg, tried);
		evaluations++;
		if (at_tried < value[best])
		{
			move(centre, corner[worst], EXPAND, n, further);
			at_further = value_at(objective, arg, further);
			evaluations++;
			if (at_further < at_tried)
			{
				memcpy(tried, further, sizeof(tried));
				at_tried = at_further;
			}
		}
		else if (at_tried >= value[second])
		{
			/* towards the better of the worst corner and its reflection */
			move(centre, corner[worst], at_tried < value[worst] ? CONTRACT : -CONTRACT, n, further);
			at_further = value_at(objective, arg, further);
			evaluations++;
			if (at_further >= Min(at_tried, value[worst]))
			{
				for (int j = 0; j <= n; j++)
				{
					if (j == best)
						continue;
					for (int i = 0; i < n; i++)
						corner[j][i] = corner[best][i] + SHRINK * (corner[j][i] - corner[best][i]);
					value[j] = value_at(objective, arg, corner[j]);
				}
				evaluations += n;
				continue;
			}
			memcpy(tried, further, sizeof(tried));
			at_tried = at_further;
		}
		memcpy(corner[worst], tried, n * sizeof(double));
		value[worst] = at_tried;
	}
	memcpy(x, corner[best], n * sizeof(double));
	return value[best];
}
