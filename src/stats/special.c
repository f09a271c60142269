/*
 * special.c: normal, gamma and beta families.
 *
 * Densities in front of the continued fractions are written by Loader's saddle-point form ("Fast
 * and accurate computation of binomial probabilities", 2000): exp(lgamma(...) - ...) would lose nine
 * digits at ten million degrees of freedom.
 */
#include "core/jorge.h"

#include <float.h>

#include "stats/stats.h"

#define LOG_SQRT_2PI 0.918938533204672741780329736406
#define SQRT_2PI 2.50662827463100050241576528481
#define TINY 1e-300

/* Enough for a continued fraction at parameters of 1e8, which needs some sqrt(1e8) terms */
#define MOST_TERMS 100000

/* ---- normal ---- */

double
jorge_normal_pdf(double z)
{
	return exp(-0.5 * z * z) / SQRT_2PI;
}

double
jorge_normal_cdf(double z)
{
	return 0.5 * erfc(-z * M_SQRT1_2);
}

double
jorge_normal_sf(double z)
{
	return 0.5 * erfc(z * M_SQRT1_2);
}

/*
 * Quotient of two polynomials of degree 7, highest coefficient first
 */
static double
rational(double r, const double numerator[8], const double denominator[8])
{
	double above = numerator[0];
	double below = denominator[0];

	for (int i = 1; i < 8; i++)
	{
		above = above * r + numerator[i];
		below = below * r + denominator[i];
	}
	return above / below;
}

/*
 * Wichura's algorithm AS 241 (1988), PPND16: relative error about 1e-16
 */
double
jorge_normal_quantile(double p)
{
	static const double a[8] = {2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
								45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
								133.14166789178437745, 3.387132872796366608};
	static const double b[8] = {5226.495278852854561,  28729.085735721942674, 39307.89580009271061,
								21213.794301586595867, 5394.1960214247511077, 687.1870074920579083,
								42.313330701600911252, 1.0};
	static const double c[8] = {7.7454501427834140764e-4, 0.0227238449892691845833,
								0.24178072517745061177,   1.27045825245236838258,
								3.64784832476320460504,   5.7694972214606914055,
								4.6303378461565452959,    1.42343711074968357734};
	static const double d[8] = {1.05075007164441684324e-9, 5.475938084995344946e-4,
								0.0151986665636164571966,  0.14810397642748007459,
								0.68976733498510000455,    1.6763848301838038494,
								2.05319162663775882187,    1.0};
	static const double e[8] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
								0.0012426609473880784386,  0.026532189526576123093,
								0.29656057182850489123,    1.7848265399172913358,
								5.4637849111641143699,     6.6579046435011037772};
	static const double f[8] = {2.04426310338993978564e-15, 1.4215117583164458887e-7,
								1.8463183175100546818e-5,   7.868691311456132591e-4,
								0.0148753612908506148525,   0.13692988092273580531,
								0.59983220655588793769,     1.0};
	double q = p - 0.5;
	double r;

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (fabs(q) <= 0.425)
		return q * rational(0.180625 - q * q, a, b);
	r = sqrt(-log(q < 0 ? p : 1 - p));
	r = r <= 5 ? rational(r - 1.6, c, d) : rational(r - 5, e, f);
	return q < 0 ? -r : r;
}

/* ---- what the densities are made of ---- */

/*
 * log(n!) less Stirling's approximation of it
 */
static double
stirling_error(double n)
{
	double nn = n * n;

	if (n <= 15)
	{
		int sign;

		return lgamma_r(n + 1, &sign) - (n + 0.5) * log(n) + n - LOG_SQRT_2PI;
	}
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188) / nn) / nn) / nn) / nn) / n;
}

/*
 * Deviance term x log(x / m) + m - x, exact where x is near m
 */
static double
deviance(double x, double m)
{
	if (x == 0)
		return m;
	if (fabs(x - m) < 0.1 * (x + m))
	{
		double v = (x - m) / (x + m);
		double sum = (x - m) * v;
		double term = 2 * x * v;

		for (int j = 1; j < 1000; j++)
		{
			double next;

			term *= v * v;
			next = sum + term / (2 * j + 1);
			if (next == sum)
				break;
			sum = next;
		}
		return sum;
	}
	return x * log(x / m) + m - x;
}

/*
 * x^a exp(-x) / Gamma(a + 1)
 */
static double
poisson_density(double a, double x)
{
	int sign;

	if (a < 1)
		return exp(a * log(x) - x - lgamma_r(a + 1, &sign));
	return exp(-stirling_error(a) - deviance(a, x)) / (SQRT_2PI * sqrt(a));
}

/*
 * x^a y^b / B(a, b)
 */
static double
beta_density(double a, double b, double x, double y)
{
	double n = a + b;

	/* B(a, b) = B(a + 1, b) (a + b) / a */
	if (a < 1)
		return beta_density(a + 1, b, x, y) * a / (n * x);
	if (b < 1)
		return beta_density(a, b + 1, x, y) * b / (n * y);
	return a * b / n * sqrt(n / (a * b)) / SQRT_2PI *
		   exp(stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y));
}

/* ---- gamma ---- */

/*
 * Lower function by its series, for x < a + 1
 */
static double
gamma_series(double a, double x)
{
	double term = 1;
	double sum = 1;

	for (int n = 1; n < MOST_TERMS; n++)
	{
		term *= x / (a + n);
		sum += term;
		if (term < sum * DBL_EPSILON)
			break;
	}
	return poisson_density(a, x) * sum;
}

/*
 * Upper function by Lentz's continued fraction, for x >= a + 1
 */
static double
gamma_fraction(double a, double x)
{
	double b = x + 1 - a;
	double c = 1 / TINY;
	double d = 1 / b;
	double h = d;

	for (int i = 1; i < MOST_TERMS; i++)
	{
		double an = -i * (i - a);
		double change;

		b += 2;
		d = an * d + b;
		d = fabs(d) < TINY ? TINY : d;
		c = b + an / c;
		c = fabs(c) < TINY ? TINY : c;
		d = 1 / d;
		change = d * c;
		h *= change;
		if (fabs(change - 1) < DBL_EPSILON)
			break;
	}
	/* x^a e^-x / Gamma(a) */
	return poisson_density(a, x) * a * h;
}

double
jorge_gamma_p(double a, double x)
{
	if (!(a > 0 && x >= 0))
		return NAN;
	if (x == 0)
		return 0;
	if (isinf(x))
		return 1;
	return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double
jorge_gamma_q(double a, double x)
{
	if (!(a > 0 && x >= 0))
		return NAN;
	if (x == 0)
		return 1;
	if (isinf(x))
		return 0;
	return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

double
jorge_chi2_sf(double x, double df)
{
	return x <= 0 && df > 0 ? 1 : jorge_gamma_q(df / 2, x / 2);
}

/* ---- beta ---- */

/*
 * Lentz's continued fraction of the incomplete beta function, for x < (a + 1) / (a + b + 2)
 */
static double
beta_fraction(double a, double b, double x)
{
	double c = 1;
	double d = 1 - (a + b) * x / (a + 1);
	double h;

	d = 1 / (fabs(d) < TINY ? TINY : d);
	h = d;
	for (int m = 1; m < MOST_TERMS; m++)
	{
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double change;

		d = 1 + even * d;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = 1 + even / c;
		c = fabs(c) < TINY ? TINY : c;
		h *= d * c;
		d = 1 + odd * d;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = 1 + odd / c;
		c = fabs(c) < TINY ? TINY : c;
		change = d * c;
		h *= change;
		if (fabs(change - 1) < DBL_EPSILON)
			break;
	}
	return h;
}

double
jorge_beta_i(double a, double b, double x, double y)
{
	if (!(a > 0 && b > 0 && x >= 0 && y >= 0))
		return NAN;
	if (x == 0 || y == 0)
		return x == 0 ? 0 : 1;
	if (x < (a + 1) / (a + b + 2))
		return beta_density(a, b, x, y) / a * beta_fraction(a, b, x);
	return 1 - beta_density(b, a, y, x) / b * beta_fraction(b, a, y);
}

double
jorge_t_sf(double t, double df)
{
	double square = t * t;
	double half;

	if (!(df > 0) || isnan(t))
		return NAN;
	if (isinf(square))
		return t > 0 ? 0 : 1;
	half = 0.5 * jorge_beta_i(df / 2, 0.5, df / (df + square), square / (df + square));
	return t > 0 ? half : 1 - half;
}

double
jorge_f_sf(double f, double df1, double df2)
{
	if (!(df1 > 0 && df2 > 0) || isnan(f))
		return NAN;
	if (f <= 0)
		return 1;
	if (isinf(f))
		return 0;
	return jorge_beta_i(df2 / 2, df1 / 2, df2 / (df2 + df1 * f), df1 * f / (df2 + df1 * f));
}

/* ---- quantiles, by Newton steps kept inside a bracket ---- */

/* A distribution on (low, high): its lower tail, upper tail and density at x */
typedef struct Distribution
{
	double first;
	double second;
	void (*at)(const struct Distribution *self, double x, double *lower, double *upper, double *density);
} Distribution;

/*
 * x with lower tail p and upper tail q = 1 - p, between low and high. The smaller tail is matched,
 * so that both ends keep their digits.
 */
static double
invert(const Distribution *distribution, double p, double q, double low, double high)
{
	double x = low + (high - low) / 2;

	for (int i = 0; i < 300; i++)
	{
		double lower, upper, density, excess, next;

		distribution->at(distribution, x, &lower, &upper, &density);
		excess = p < q ? lower - p : q - upper;
		if (excess == 0)
			return x;
		if (excess < 0)
			low = x;
		else
			high = x;
		next = x - excess / density;
		/* by orders of magnitude while the bracket spans many, else by halves */
		if (!(next > low && next < high))
			next = low == 0 ? high / 1024 : high > 4 * low ? sqrt(low) * sqrt(high) : low + (high - low) / 2;
		if (fabs(next - x) <= 4 * DBL_EPSILON * fabs(next) || next == low || next == high)
			return next;
		x = next;
	}
	return x;
}

static void
gamma_at(const Distribution *self, double x, double *lower, double *upper, double *density)
{
	*lower = jorge_gamma_p(self->first, x);
	*upper = jorge_gamma_q(self->first, x);
	*density = poisson_density(self->first, x) * self->first / x;
}

static void
beta_at(const Distribution *self, double x, double *lower, double *upper, double *density)
{
	*lower = jorge_beta_i(self->first, self->second, x, 1 - x);
	*upper = jorge_beta_i(self->second, self->first, 1 - x, x);
	*density = beta_density(self->first, self->second, x, 1 - x) / (x * (1 - x));
}

static void
t_at(const Distribution *self, double x, double *lower, double *upper, double *density)
{
	double df = self->first;
	double square = x * x;

	*upper = jorge_t_sf(x, df);
	*lower = jorge_t_sf(-x, df);
	/* density of I at df / (df + x^2), by the chain rule; finite at 0 through its limit */
	*density = square > 0 ? beta_density(df / 2, 0.5, df / (df + square), square / (df + square)) / fabs(x)
						  : beta_density(df / 2, 0.5, 1 / (1 + 1e-16), 1e-16) / sqrt(df * 1e-16);
}

double
jorge_chi2_quantile(double p, double df)
{
	Distribution chi2 = {df / 2, 0, gamma_at};
	double high = df / 2 + 1;

	if (!(p >= 0 && p <= 1 && df > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? 0 : INFINITY;
	while (jorge_gamma_q(df / 2, high) > 1 - p)
		high *= 2;
	return 2 * invert(&chi2, p, 1 - p, 0, high);
}

double
jorge_beta_quantile(double p, double a, double b)
{
	Distribution beta = {a, b, beta_at};

	if (!(p >= 0 && p <= 1 && a > 0 && b > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p;
	return invert(&beta, p, 1 - p, 0, 1);
}

double
jorge_t_quantile(double p, double df)
{
	Distribution t = {df, 0, t_at};
	double tail = Min(p, 1 - p);
	double high = 1;
	double x;

	if (!(p >= 0 && p <= 1 && df > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (p == 0.5)
		return 0;
	while (high < 1e300 && jorge_t_sf(high, df) > tail)
		high *= 2;
	x = invert(&t, 1 - tail, tail, 0, high);
	return p < 0.5 ? -x : x;
}

/* ---- intervals ---- */

void
jorge_wilson(double successes, double n, double level, double *lower, double *upper)
{
	double z = jorge_normal_quantile(0.5 + level / 2);
	double p = successes / n;
	double centre, half;

	if (n == 0)
	{
		*lower = 0;
		*upper = 1;
		return;
	}
	centre = (p + z * z / (2 * n)) / (1 + z * z / n);
	half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
	/* the exact ends, which rounding would miss */
	*lower = successes == 0 ? 0 : centre - half;
	*upper = successes == n ? 1 : centre + half;
}
