/*
 * ets.c: exponential smoothing with additive errors: level, with or without (damped) trend and
 * season.
 *
 * mu = l + phi b + s;  e = y - mu;  l' = l + phi b + alpha e;  b' = phi b + beta e;  s' = s + gamma
 * e
 *
 * For given smoothing parameters the errors are linear in the initial states, so the best initial
 * states are a linear least-squares problem: one pass finds the errors from states of 0 and their
 * slopes by each state. Only the one to four smoothing parameters are searched for.
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/model.h"
#include "stats/stats.h"

/* The usual bounds, as in R's ets() */
#define ALPHA_MIN 1e-4
#define ALPHA_MAX 0.9999
#define PHI_MIN 0.8
#define PHI_MAX 0.98

/* Relative weight that keeps the normal equations of the initial states solvable */
#define RIDGE 1e-12

/* When a search ends: relative change of the sum of squares, evaluations a parameter */
#define TOLERANCE 1e-7
#define EVALUATIONS 60

/* Smoothing parameters of the richest shape */
#define MOST_PARAMETERS 4

/* The problem that the minimiser works on */
typedef struct EtsProblem
{
	EtsShape shape;
	const double *y; /* without their mean, so that rounding is small against how they vary */
	double centre;   /* that mean */
	int n;
	int states;    /* level, slope, season - 1 */
	double *slope; /* states of each unknown's run: [states][2 + season] */
	double *normal;
	double *right;
	double *start; /* the best initial states of the last evaluation */
	int dimensions;
	double lower[MOST_PARAMETERS];
	double upper[MOST_PARAMETERS];
} EtsProblem;

/* Parameters in use, taken from the minimiser's point */
typedef struct EtsParameters
{
	double alpha;
	double beta;
	double gamma;
	double phi;
} EtsParameters;

/*
 * Turn a point of the unit box into parameters: beta is a share of alpha, gamma one of 1 - alpha
 */
static EtsParameters
parameters_of(EtsShape shape, const double *x)
{
	EtsParameters p = {.phi = 1};
	int k = 0;

	p.alpha = x[k++];
	if (shape.trend)
		p.beta = ALPHA_MIN + x[k++] * (p.alpha - ALPHA_MIN);
	if (shape.season > 1)
		p.gamma = ALPHA_MIN + x[k++] * Max(1 - p.alpha - ALPHA_MIN, 0);
	if (shape.damped)
		p.phi = x[k++];
	return p;
}

/*
 * A sum of squares after what the initial states take away; rounding may leave less than none
 */
static double
remaining_sse(double sse, double gain)
{
	sse -= gain;
	if (isnan(sse))
		return INFINITY;
	return Max(sse, 0);
}

/*
 * Sum of squared errors with the best initial level, which start gets
 *
 * The error's slope by the level is the remaining weight (1 - alpha)^t.
 */
static double
level_sse(const EtsProblem *problem, double alpha)
{
	const double *y = problem->y;
	double level = 0;
	double weight = 1;
	double weight_error = 0;
	double weight_square = 0;
	double sse = 0;
	double shift;

	for (int t = 0; t < problem->n; t++)
	{
		double error = y[t] - level;

		level += alpha * error;
		sse += error * error;
		weight_error += weight * error;
		weight_square += weight * weight;
		weight *= 1 - alpha;
	}
	shift = weight_error / weight_square;
	problem->start[0] = shift;
	return remaining_sse(sse, shift * weight_error);
}

/*
 * Sum of squared errors with the best initial level and slope
 */
static double
trend_sse(const EtsProblem *problem, EtsParameters p)
{
	const double *y = problem->y;
	double l = 0;
	double b = 0;
	double l1 = 1; /* run of y = 0 from level 1 */
	double b1 = 0;
	double l2 = 0; /* and from slope 1 */
	double b2 = 1;
	double sse = 0;
	double s11 = 0;
	double s12 = 0;
	double s22 = 0;
	double r1 = 0;
	double r2 = 0;
	double determinant;

	for (int t = 0; t < problem->n; t++)
	{
		double pb = p.phi * b;
		double pb1 = p.phi * b1;
		double pb2 = p.phi * b2;
		double mu1 = l1 + pb1;
		double mu2 = l2 + pb2;
		double error = y[t] - (l + pb);

		l = l + pb + p.alpha * error;
		b = pb + p.beta * error;
		l1 = mu1 - p.alpha * mu1;
		b1 = pb1 - p.beta * mu1;
		l2 = mu2 - p.alpha * mu2;
		b2 = pb2 - p.beta * mu2;
		sse += error * error;
		s11 += mu1 * mu1;
		s12 += mu1 * mu2;
		s22 += mu2 * mu2;
		r1 += mu1 * error;
		r2 += mu2 * error;
	}
	s11 *= 1 + RIDGE;
	s22 *= 1 + RIDGE;
	determinant = s11 * s22 - s12 * s12;
	problem->start[0] = (r1 * s22 - r2 * s12) / determinant;
	problem->start[1] = (r2 * s11 - r1 * s12) / determinant;
	return remaining_sse(sse, problem->start[0] * r1 + problem->start[1] * r2);
}

/*
 * Solve the symmetric positive system a x = b of k equations in place (Cholesky); a's upper half is
 * not read
 */
static bool
solve(double *a, double *b, int k)
{
	for (int i = 0; i < k; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			double sum = a[i * k + j];

			for (int q = 0; q < j; q++)
				sum -= a[i * k + q] * a[j * k + q];
			if (i == j)
			{
				if (!(sum > 0))
					return false;
				a[i * k + i] = sqrt(sum);
			}
			else
				a[i * k + j] = sum / a[j * k + j];
		}
	}
	for (int i = 0; i < k; i++)
	{
		for (int q = 0; q < i; q++)
			b[i] -= a[i * k + q] * b[q];
		b[i] /= a[i * k + i];
	}
	for (int i = k - 1; i >= 0; i--)
	{
		for (int q = i + 1; q < k; q++)
			b[i] -= a[q * k + i] * b[q];
		b[i] /= a[i * k + i];
	}
	return true;
}

/*
 * Advance one run of the model by a point: run[0] level, run[1] slope, then the season; returns the
 * error
 */
static inline double
advance(EtsParameters p, int season, double *run, int t, double y)
{
	double *s = season > 1 ? &run[2 + t % season] : NULL;
	double mu = run[0] + p.phi * run[1];
	double error = y - mu - (s != NULL ? *s : 0);

	run[0] = mu + p.alpha * error;
	run[1] = p.phi * run[1] + p.beta * error;
	if (s != NULL)
		*s += p.gamma * error;
	return error;
}

/*
 * Sum of squared errors with the best initial states of any shape
 *
 * The season's states sum to 0: the last one is minus the others.
 */
static double
season_sse(const EtsProblem *problem, EtsParameters p)
{
	int m = problem->shape.season;
	int k = problem->states;
	int first_season = problem->shape.trend ? 2 : 1;
	int width = 2 + m;
	double *runs = problem->slope;
	double *zero = runs + k * width; /* the run from states of 0 */
	double sse = 0;
	double gain = 0;

	memset(runs, 0, (k + 1) * width * sizeof(double));
	memset(problem->normal, 0, k * k * sizeof(double));
	memset(problem->right, 0, k * sizeof(double));
	runs[0] = 1;
	if (problem->shape.trend)
		runs[width + 1] = 1;
	for (int i = first_season; i < k; i++)
	{
		runs[i * width + 2 + i - first_season] = 1;
		runs[i * width + 2 + m - 1] = -1;
	}
	for (int t = 0; t < problem->n; t++)
	{
		double error = advance(p, m, zero, t, problem->y[t]);
		double *slope = problem->start; /* scratch until the end */

		if (t % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		sse += error * error;
		for (int i = 0; i < k; i++)
		{
			slope[i] = -advance(p, m, runs + i * width, t, 0);
			problem->right[i] += slope[i] * error;
			for (int j = 0; j <= i; j++)
				problem->normal[i * k + j] += slope[i] * slope[j];
		}
	}
	memcpy(problem->start, problem->right, k * sizeof(double));
	for (int i = 0; i < k; i++)
		problem->normal[i * k + i] *= 1 + RIDGE;
	if (!solve(problem->normal, problem->start, k))
		return INFINITY;
	for (int i = 0; i < k; i++)
		gain += problem->start[i] * problem->right[i];
	return remaining_sse(sse, gain);
}

/*
 * Sum of squared errors at a point of the box
 */
static double
problem_sse(const EtsProblem *problem, const double *x)
{
	EtsParameters p = parameters_of(problem->shape, x);

	if (problem->shape.season > 1)
		return season_sse(problem, p);
	return problem->shape.trend ? trend_sse(problem, p) : level_sse(problem, p.alpha);
}

/*
 * Move a point that the minimiser tries to the edge of the box
 */
static void
into_box(const EtsProblem *problem, const double *x, double *inside)
{
	for (int k = 0; k < problem->dimensions; k++)
		inside[k] = Min(Max(x[k], problem->lower[k]), problem->upper[k]);
}

/*
 * What the minimiser lowers: on the logarithm its tolerance is a relative one
 */
static double
objective(const double *x, void *context)
{
	const EtsProblem *problem = context;
	double inside[MOST_PARAMETERS];

	into_box(problem, x, inside);
	return log(Max(problem_sse(problem, inside), DBL_MIN));
}

/*
 * Run the fitted model over the series, for its last states and the exact sum of squared errors
 */
static void
run_model(EtsModel *model, const double *y)
{
	int m = model->shape.season;
	EtsParameters p = {model->alpha, model->beta, model->gamma, model->phi};
	double *run = palloc0((2 + m) * sizeof(double));

	run[0] = model->level0;
	run[1] = model->slope0;
	if (m > 1)
		memcpy(run + 2, model->seasonal0, m * sizeof(double));
	model->sse = 0;
	for (int t = 0; t < model->n; t++)
	{
		double error = advance(p, m, run, t, y[t]);

		model->sse += error * error;
	}
	model->level = run[0];
	model->slope = run[1];
	if (m > 1)
		memcpy(model->seasonal, run + 2, m * sizeof(double));
	pfree(run);
}

/*
 * Take the initial states from the problem's solution
 */
static void
take_states(EtsModel *model, const EtsProblem *problem)
{
	int first_season = model->shape.trend ? 2 : 1;
	int m = model->shape.season;

	model->level0 = problem->start[0] + problem->centre;
	model->slope0 = model->shape.trend ? problem->start[1] : 0;
	model->seasonal = model->seasonal0 = NULL;
	if (m == 1)
		return;
	model->seasonal = palloc(m * sizeof(double));
	model->seasonal0 = palloc(m * sizeof(double));
	model->seasonal0[m - 1] = 0;
	for (int i = 0; i < m - 1; i++)
	{
		model->seasonal0[i] = problem->start[first_season + i];
		model->seasonal0[m - 1] -= model->seasonal0[i];
	}
}

/*
 * Find the best smoothing parameters from several starts; false where none has a finite error
 */
static bool
search(EtsProblem *problem, double *best)
{
	static const double starts[] = {0.1, 0.4, 0.8};
	static const double season_starts[] = {0.05, 0.6};
	/* a changing season has valleys of its own */
	int tries = lengthof(starts) * (problem->shape.season > 1 ? lengthof(season_starts) : 1);
	double least = INFINITY;

	for (int i = 0; i < tries; i++)
	{
		double x[MOST_PARAMETERS];
		double step[MOST_PARAMETERS];
		double value;
		int k = 0;

		x[k] = starts[i % lengthof(starts)];
		step[k++] = 0.1;
		if (problem->shape.trend)
		{
			x[k] = 0.05;
			step[k++] = 0.1;
		}
		if (problem->shape.season > 1)
		{
			x[k] = season_starts[i / lengthof(starts)];
			step[k++] = 0.1;
		}
		if (problem->shape.damped)
		{
			x[k] = 0.95;
			step[k++] = -0.05;
		}
		value = jorge_minimise(objective, problem, x, step, k, TOLERANCE, EVALUATIONS * k);
		if (value < least)
		{
			least = value;
			into_box(problem, x, best);
		}
	}
	return isfinite(least);
}

/*
 * Set the problem's bounds, and get it memory
 */
static void
prepare(EtsProblem *problem, const double *y)
{
	double *centred = palloc(problem->n * sizeof(double));

	problem->centre = 0;
	for (int t = 0; t < problem->n; t++)
		problem->centre += y[t] / problem->n;
	for (int t = 0; t < problem->n; t++)
		centred[t] = y[t] - problem->centre;
	problem->y = centred;
	problem->start = palloc(problem->states * sizeof(double));
	if (problem->shape.season > 1)
	{
		problem->slope =
			palloc((problem->states + 1) * (2 + problem->shape.season) * sizeof(double));
		problem->normal = palloc(problem->states * problem->states * sizeof(double));
		problem->right = palloc(problem->states * sizeof(double));
	}
	for (int k = 0; k < problem->dimensions; k++)
	{
		problem->lower[k] = 0;
		problem->upper[k] = 1;
	}
	problem->lower[0] = ALPHA_MIN;
	problem->upper[0] = ALPHA_MAX;
	if (problem->shape.damped)
	{
		problem->lower[problem->dimensions - 1] = PHI_MIN;
		problem->upper[problem->dimensions - 1] = PHI_MAX;
	}
}

/*
 * Give the problem's memory back
 */
static void
release(EtsProblem *problem)
{
	pfree(unconstify(double *, problem->y));
	pfree(problem->start);
	if (problem->shape.season > 1)
	{
		pfree(problem->slope);
		pfree(problem->normal);
		pfree(problem->right);
	}
}

/*
 * Fit a model
 */
bool
jorge_ets_fit(EtsModel *model, EtsShape shape, const double *y, int n)
{
	EtsProblem problem = {.shape = shape, .n = n};
	EtsParameters fitted;
	double best[MOST_PARAMETERS];
	bool good;
	int p;

	problem.dimensions = 1 + shape.trend + shape.damped + (shape.season > 1);
	problem.states = 1 + shape.trend + shape.season - 1;
	p = problem.dimensions + problem.states;
	if (n <= p)
		return false;
	prepare(&problem, y);
	good = search(&problem, best);
	if (good)
	{
		problem_sse(&problem, best); /* its initial states */
		fitted = parameters_of(shape, best);
		model->shape = shape;
		model->n = n;
		model->alpha = fitted.alpha;
		model->beta = fitted.beta;
		model->gamma = fitted.gamma;
		model->phi = fitted.phi;
		model->parameters = p;
		take_states(model, &problem);
		run_model(model, y);
		model->sigma2 = model->sse / (n - p);
		model->loglik = -n / 2.0 * log(Max(model->sse, DBL_MIN));
		/* one more for the variance */
		model->aicc = n > p + 2
						  ? -2 * model->loglik + 2 * (p + 1) + 2.0 * (p + 1) * (p + 2) / (n - p - 2)
						  : INFINITY;
	}
	release(&problem);
	return good;
}

/*
 * Work out what an error does to later points: c_j = alpha + beta (phi + ... + phi^j) + gamma [m
 * divides j]
 */
void
jorge_ets_weights(double alpha, double beta, double gamma, double phi, int season, int horizon,
				  double *c)
{
	double power = 1;
	double sum = 0;

	c[0] = 1;
	for (int j = 1; j < horizon; j++)
	{
		power *= phi;
		sum += power;
		c[j] = alpha + beta * sum + (season > 1 && j % season == 0 ? gamma : 0);
	}
}

/*
 * Forecast points
 */
void
jorge_ets_mean(const EtsModel *model, int horizon, double *mean)
{
	int m = model->shape.season;
	double power = 1;
	double sum = 0;

	for (int h = 1; h <= horizon; h++)
	{
		power *= model->phi;
		sum += power;
		mean[h - 1] = model->level + sum * model->slope;
		if (m > 1)
			mean[h - 1] += model->seasonal[(model->n + h - 1) % m];
	}
}

/*
 * Variance of the h-th forecast: the errors from now to then, each with its weight
 */
double
jorge_weights_variance(const double *c, int h)
{
	double sum = 0;

	for (int j = 0; j < h; j++)
		sum += c[j] * c[j];
	return sum;
}

/*
 * Variance of a weighted sum of forecasts: the error of period i reaches all later ones
 */
double
jorge_weights_total(const double *c, const double *weight, int from, int to)
{
	double total = 0;

	for (int i = 1; i <= to; i++)
	{
		double reach = 0;

		CHECK_FOR_INTERRUPTS();
		for (int h = Max(i, from); h <= to; h++)
			reach += weight[h - 1] * c[h - i];
		total += reach * reach;
	}
	return total;
}
