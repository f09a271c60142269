/*
 * normal.c: the normal distribution, on libm's erfc().
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/model.h"

/*
 * Upper tail
 */
double
jorge_normal_upper(double z)
{
	return erfc(z * M_SQRT1_2) / 2;
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
