/*
 * minimise.c: the downhill simplex of Nelder and Mead (1965) in a box.
 *
 * A trial point outside the box is moved to its edge. The functions fitted here are smooth sums of
 * squares in at most four dimensions, for which this is quick and needs no derivatives.
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/model.h"

typedef struct Simplex
{
	MinimiseFunction f;
	void *context;
	int n;
	const double *lower;
	const double *upper;
	int evaluations;
	double x[MINIMISE_MAX_DIMENSIONS + 1][MINIMISE_MAX_DIMENSIONS];
	double value[MINIMISE_MAX_DIMENSIONS + 1];
} Simplex;

/*
 * Evaluate a point after moving it into the box
 */
static double
evaluate(Simplex *s, double *x)
{
	CHECK_FOR_INTERRUPTS();
	for (int j = 0; j < s->n; j++)
		x[j] = Min(Max(x[j], s->lower[j]), s->upper[j]);
	s->evaluations++;
	return s->f(x, s->context);
}

/*
 * Put a point in the place of corner i
 */
static void
replace_corner(Simplex *s, int i, const double *x, double value)
{
	memcpy(s->x[i], x, s->n * sizeof(double));
	s->value[i] = value;
}

/*
 * Try the point at distance times the way from the worst corner through the centre of the others
 */
static double
try_along(Simplex *s, const double *centre, int worst, double distance, double *x)
{
	for (int j = 0; j < s->n; j++)
		x[j] = centre[j] + distance * (centre[j] - s->x[worst][j]);
	return evaluate(s, x);
}

/*
 * Lower a function
 */
double
jorge_minimise(MinimiseFunction f, void *context, int dimensions, double *x, const double *step,
			   const double *lower, const double *upper, int evaluations, double tolerance)
{
	Simplex s = {f, context, dimensions, lower, upper};
	int best = 0;

	for (int i = 0; i <= s.n; i++)
	{
		memcpy(s.x[i], x, s.n * sizeof(double));
		if (i > 0)
		{
			int j = i - 1;

			/* step inwards where the box ends */
			s.x[i][j] += x[j] + step[j] > upper[j] ? -step[j] : step[j];
		}
		s.value[i] = evaluate(&s, s.x[i]);
	}

	for (;;)
	{
		double centre[MINIMISE_MAX_DIMENSIONS] = {0};
		double reflected[MINIMISE_MAX_DIMENSIONS];
		double other[MINIMISE_MAX_DIMENSIONS];
		double reflected_value;
		double other_value;
		int worst = 0;
		int second;

		best = 0;
		for (int i = 1; i <= s.n; i++)
		{
			if (s.value[i] < s.value[best])
				best = i;
			if (s.value[i] > s.value[worst])
				worst = i;
		}
		second = best;
		for (int i = 0; i <= s.n; i++)
			if (i != worst && s.value[i] > s.value[second])
				second = i;
		if (s.evaluations >= evaluations ||
			!(s.value[worst] - s.value[best] > tolerance * (fabs(s.value[best]) + DBL_MIN)))
			break;

		for (int i = 0; i <= s.n; i++)
			for (int j = 0; i != worst && j < s.n; j++)
				centre[j] += s.x[i][j] / s.n;
		reflected_value = try_along(&s, centre, worst, 1, reflected);
		if (reflected_value < s.value[best])
		{
			other_value = try_along(&s, centre, worst, 2, other);
			if (other_value < reflected_value)
				replace_corner(&s, worst, other, other_value);
			else
				replace_corner(&s, worst, reflected, reflected_value);
			continue;
		}
		if (reflected_value < s.value[second])
		{
			replace_corner(&s, worst, reflected, reflected_value);
			continue;
		}
		if (reflected_value < s.value[worst])
			replace_corner(&s, worst, reflected, reflected_value);
		other_value = try_along(&s, centre, worst, -0.5, other);
		if (other_value < s.value[worst])
		{
			replace_corner(&s, worst, other, other_value);
			continue;
		}
		for (int i = 0; i <= s.n; i++)
		{
			if (i == best)
				continue;
			for (int j = 0; j < s.n; j++)
				s.x[i][j] = (s.x[i][j] + s.x[best][j]) / 2;
			s.value[i] = evaluate(&s, s.x[i]);
		}
	}
	memcpy(x, s.x[best], s.n * sizeof(double));
	return s.value[best];
}
