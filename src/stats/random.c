/*
 * random.c: seeded normal and gamma deviates on PostgreSQL's generator.
 */
#include "core/jorge.h"

#include "stats/stats.h"

/*
 * Standard normal deviate by Marsaglia's polar method; the second of the pair is dropped, so that
 * the state of the generator is all the state there is
 */
double
jorge_random_normal(pg_prng_state *state)
{
	double u, v, s;

	do
	{
		u = 2 * pg_prng_double(state) - 1;
		v = 2 * pg_prng_double(state) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	return u * sqrt(-2 * log(s) / s);
}

double
jorge_random_gamma(pg_prng_state *state, double shape)
{
	double d, c;

	if (!(shape > 0))
		return NAN;
	/* a shape below 1 by one above it: Gamma(a) = Gamma(a + 1) * U^(1/a) */
	if (shape < 1)
		return jorge_random_gamma(state, shape + 1) * pow(1 - pg_prng_double(state), 1 / shape);
	d = shape - 1.0 / 3;
	c = 1 / sqrt(9 * d);
	for (;;)
	{
		double x = jorge_random_normal(state);
		double v = 1 + c * x;
		double u;

		if (v <= 0)
			continue;
		v = v * v * v;
		u = 1 - pg_prng_double(state);
		if (log(u) < 0.5 * x * x + d - d * v + d * log(v))
			return d * v;
	}
}
