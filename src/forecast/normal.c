/*
 * normal.c: the normal distribution, on libm's erfc().
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/model.h"

/* Beyond this score a tail is below the least float8. */
#define LAST_SCORE 38.5

/*
 * Upper tail
 */
double
jorge_normal_upper(double z)
{
	return erfc(z * M_SQRT1_2) / 2;
}

/*
 * Quantile by halving: 60 steps reach the last bit, and it is asked for a handful of times a forecast
 */
double
jorge_normal_quantile(double p)
{
	double low = -LAST_SCORE;
	double high = LAST_SCORE;

	for (int i = 0; i < 60; i++)
	{
		double middle = (low + high) / 2;

		/* compare the smaller tails, which are exact */
		if (p < 0.5 ? jorge_normal_upper(-middle) < p : jorge_normal_upper(middle) > 1 - p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/*
 * Score of Student's t in the place of a normal one; the closed forms of 1 and 2 degrees of freedom
 */
double
jorge_student_score(double z, int degrees)
{
	double tail = jorge_normal_upper(fabs(z));
	double score;

	if (z == 0)
		return 0;
	score = degrees == 1 ? 1 / tan(M_PI * tail) : (1 - 2 * tail) / sqrt(2 * tail * (1 - tail));
	return copysign(Min(score, DBL_MAX), z);
}
