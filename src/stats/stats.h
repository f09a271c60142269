/*
 * stats.h: special functions, distributions, a minimiser and seeded random numbers.
 *
 * Pure C on libm: no allocation but jorge_minimise's simplex, no error, no global state. Arguments
 * out of range give NAN. Tails are computed directly, never as 1 - p, so that p = 1e-300 is right.
 */
#ifndef JORGE_STATS_H
#define JORGE_STATS_H

#include "common/pg_prng.h"

/* ---- normal ---- */

extern double jorge_normal_pdf(double z);
extern double jorge_normal_cdf(double z);
extern double jorge_normal_sf(double z);
/* -inf at 0, +inf at 1 */
extern double jorge_normal_quantile(double p);

/* ---- gamma and chi-squared ---- */

/* Regularised incomplete gamma functions, lower and upper; a > 0, x >= 0 */
extern double jorge_gamma_p(double a, double x);
extern double jorge_gamma_q(double a, double x);
extern double jorge_chi2_sf(double x, double df);
extern double jorge_chi2_quantile(double p, double df);

/* ---- beta, t and F ---- */

/* Regularised incomplete beta function I_x(a, b); y = 1 - x, given apart so that neither end loses
 * digits. The upper tail is jorge_beta_i(b, a, y, x). */
extern double jorge_beta_i(double a, double b, double x, double y);
extern double jorge_beta_quantile(double p, double a, double b);
/* P(T > t) */
extern double jorge_t_sf(double t, double df);
extern double jorge_t_quantile(double p, double df);
/* P(F > f) */
extern double jorge_f_sf(double f, double df1, double df2);

/* ---- intervals ---- */

/* Wilson's score interval of a proportion at confidence level 0..1; n = 0 gives 0..1 */
extern void jorge_wilson(double successes, double n, double level, double *lower, double *upper);

/* ---- random numbers, by an explicit seed ---- */

extern double jorge_random_normal(pg_prng_state *state);
/* Marsaglia and Tsang (2000); shape > 0, scale 1 */
extern double jorge_random_gamma(pg_prng_state *state, double shape);

/* ---- minimising ---- */

typedef double (*JorgeObjective)(const double *x, void *arg);

/*
 * Nelder and Mead's simplex (1965), n <= JORGE_MINIMISE_MAX parameters. x: start in, minimum out;
 * step: first move of each parameter. Ends when the values of the simplex differ by less than
 * tolerance (relative to 1 + |best|) or after most evaluations. A NAN of the objective counts as
 * +inf. Returns the objective at the minimum; checks for interrupts.
 */
#define JORGE_MINIMISE_MAX 16
extern double jorge_minimise(JorgeObjective objective, void *arg, double *x, const double *step,
							 int n, double tolerance, int most);

#endif
