/*
 * rate.c: the rate of arrivals from counts a period, by a Gaussian process on its logarithm.
 *
 * log rate = level + trend + season + drift + a period's own noise; counts are Poisson. How strong
 * season, drift and noise are is not known: every combination of the strengths below is fitted
 * (Laplace's approximation: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006,
 * algorithms 3.1 and 3.2) and weighs as much as it makes the counts likely. One year of counts so
 * says something of the season, and few counts say little of anything.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/tuplestore.h"

JORGE_FUNCTION(jorge_rate_forecast);

#define RATE_MOST 72    /* periods learned from; the cube of it is the cost */
#define RATE_AHEAD 1000 /* periods asked for */
#define RATE_ROUNDS 50  /* of Newton's method; 3 to 6 are usual */
#define LEVEL_VARIANCE                                                                             \
	4.0 /* of the logarithm, around that of the mean: next to nothing is known before */
#define TREND_A_SEASON                                                                             \
	0.12 /* standard deviation of the growth in a season's length (a year), as a logarithm */
#define TREND_FADES 3.0    /* seasons after which growth has run out */
#define DRIFT_LASTS 1.0    /* seasons in which a drift falls to 1/e */
#define PERIODS_WITHOUT 12 /* a "season's length" where there is no season */

static const double season_strengths[] = {0, 0.08, 0.2, 0.4};
static const double drift_strengths[] = {0, 0.08, 0.25};
static const double noise_strengths[] = {0.01, 0.05, 0.12, 0.3};

/* What is known, and what one combination of strengths makes of it */
typedef struct RateFit
{
	int n;     /* periods known */
	int ahead; /* periods asked for, the first being the last known */
	int season;
	double count[RATE_MOST];
	double exposure[RATE_MOST];
	double centre;          /* log of the mean rate */
	double mode[RATE_MOST]; /* most likely log rate over centre, noise included */
	double weight[RATE_MOST];
	double slope[RATE_MOST];   /* of the log likelihood at the mode */
	double inverse[RATE_MOST]; /* the mode without the kernel: kernel inverse = mode */
	double *kernel;            /* n x n, noise included */
	double *factor;            /* n x n, Cholesky factor of I + sqrt(weight) kernel sqrt(weight) */
	double log_likelihood;
} RateFit;

/* Covariance of the logarithms by time between them and by trend */
typedef struct RateKernel
{
	double season;
	double drift;
	double noise;
} RateKernel;

/*
 * Where a period stands in the trend: periods after the last known, growth running out
 */
static double
trend_time(const RateFit *fit, int t)
{
	double length = fit->season > 0 ? fit->season : PERIODS_WITHOUT;

	t -= fit->n - 1;
	return t <= 0 ? t / length : TREND_FADES * (1 - exp(-t / (TREND_FADES * length)));
}

/*
 * Covariance of the season's part of the logarithm in two periods
 */
static double
season_covariance(const RateFit *fit, const RateKernel *kernel, int s, int t)
{
	double turn;

	if (fit->season == 0)
		return 0;
	turn = sin(M_PI * ((t - s) % fit->season) / fit->season);
	return kernel->season * kernel->season * exp(-2 * turn * turn);
}

/*
 * Covariance of the rate's logarithm in two periods, without their own noise
 */
static double
covariance(const RateFit *fit, const RateKernel *kernel, int s, int t)
{
	double length = fit->season > 0 ? fit->season : PERIODS_WITHOUT;
	double sum =
		LEVEL_VARIANCE + TREND_A_SEASON * TREND_A_SEASON * trend_time(fit, s) * trend_time(fit, t);

	return sum + season_covariance(fit, kernel, s, t) +
		   kernel->drift * kernel->drift * exp(-abs(t - s) / (DRIFT_LASTS * length));
}

/*
 * Cholesky factor of I + sqrt(weight) kernel sqrt(weight), lower half
 */
static void
factorise(RateFit *fit)
{
	int n = fit->n;

	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++)
		{
			double sum = sqrt(fit->weight[i] * fit->weight[j]) * fit->kernel[i * n + j] + (i == j);

			for (int k = 0; k < j; k++)
				sum -= fit->factor[i * n + k] * fit->factor[j * n + k];
			fit->factor[i * n + j] = i == j ? sqrt(Max(sum, 1e-12)) : sum / fit->factor[j * n + j];
		}
}

/*
 * Solve factor x = b in place
 */
static void
solve_lower(const RateFit *fit, double *b)
{
	for (int i = 0; i < fit->n; i++)
	{
		for (int k = 0; k < i; k++)
			b[i] -= fit->factor[i * fit->n + k] * b[k];
		b[i] /= fit->factor[i * fit->n + i];
	}
}

/*
 * Solve transpose(factor) x = b in place
 */
static void
solve_upper(const RateFit *fit, double *b)
{
	for (int i = fit->n - 1; i >= 0; i--)
	{
		for (int k = i + 1; k < fit->n; k++)
			b[i] -= fit->factor[k * fit->n + i] * b[k];
		b[i] /= fit->factor[i * fit->n + i];
	}
}

/*
 * x = kernel a
 */
static void
apply_kernel(const RateFit *fit, const double *a, double *x)
{
	for (int i = 0; i < fit->n; i++)
	{
		x[i] = 0;
		for (int j = 0; j < fit->n; j++)
			x[i] += fit->kernel[i * fit->n + j] * a[j];
	}
}

/*
 * Weights and slopes at f; returns the log likelihood of the counts, but for a constant
 */
static double
look(RateFit *fit, const double *f)
{
	double sum = 0;

	for (int i = 0; i < fit->n; i++)
	{
		double logarithm = Min(fit->centre + f[i], 600);

		fit->weight[i] = fit->exposure[i] * exp(logarithm);
		fit->slope[i] = fit->count[i] - fit->weight[i];
		sum += fit->count[i] * logarithm - fit->weight[i];
	}
	return sum;
}

/*
 * Find the mode for the kernel, by Newton's method with halved steps
 */
static void
fit_mode(RateFit *fit)
{
	int n = fit->n;
	double step[RATE_MOST], b[RATE_MOST];
	double objective;

	memset(fit->inverse, 0, sizeof(fit->inverse));
	memset(fit->mode, 0, sizeof(fit->mode));
	objective = look(fit, fit->mode);
	for (int round = 0; round < RATE_ROUNDS; round++)
	{
		double before = objective;

		factorise(fit);
		for (int i = 0; i < n; i++)
			step[i] = fit->weight[i] * fit->mode[i] + fit->slope[i];
		apply_kernel(fit, step, b);
		for (int i = 0; i < n; i++)
			b[i] *= sqrt(fit->weight[i]);
		solve_lower(fit, b);
		solve_upper(fit, b);
		for (int i = 0; i < n; i++)
			step[i] -= sqrt(fit->weight[i]) * b[i] + fit->inverse[i];
		for (double part = 1; part > 1e-4; part /= 2)
		{
			double inverse[RATE_MOST], mode[RATE_MOST];
			double value;

			for (int i = 0; i < n; i++)
				inverse[i] = fit->inverse[i] + part * step[i];
			apply_kernel(fit, inverse, mode);
			value = look(fit, mode);
			for (int i = 0; i < n; i++)
				value -= inverse[i] * mode[i] / 2;
			if (value > objective)
			{
				memcpy(fit->inverse, inverse, sizeof(double) * n);
				memcpy(fit->mode, mode, sizeof(double) * n);
				objective = value;
				break;
			}
		}
		if (!(objective - before > 1e-9 * (1 + fabs(objective))))
			break;
	}
	look(fit, fit->mode);
	factorise(fit);
	fit->log_likelihood = objective;
	for (int i = 0; i < n; i++)
		fit->log_likelihood -= log(fit->factor[i * n + i]);
}

/*
 * Counts and exposures of the last periods; false where there is nothing to learn from
 */
static bool
read_counts(FunctionCallInfo fcinfo, RateFit *fit)
{
	ArrayType *arrays[2] = {PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1)};
	double *values[2];
	double counts = 0, exposures = 0, largest = 0;
	int n = 0, first;

	for (int i = 0; i < 2; i++)
	{
		if (ARR_NDIM(arrays[i]) > 1 || array_contains_nulls(arrays[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("counts and exposures are arrays of one dimension without NULL")));
		values[i] = (double *) ARR_DATA_PTR(arrays[i]);
		n = ARR_NDIM(arrays[i]) == 0 ? 0 : ARR_DIMS(arrays[i])[0];
		if (i == 1 && n != (ARR_NDIM(arrays[0]) == 0 ? 0 : ARR_DIMS(arrays[0])[0]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("counts and exposures are of the same periods"),
							errhint("An exposure is the part of a period, or the number of days, "
									"that its count is of.")));
	}
	first = Max(n - RATE_MOST, 0);
	fit->n = n - first;
	for (int i = 0; i < n; i++)
	{
		double count = values[0][i], exposure = values[1][i];

		if (!(count >= 0 && count <= 1e15) ||
			!(exposure == 0 || (exposure >= 1e-6 && exposure <= 1e9)) ||
			(exposure == 0 && count > 0))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("counts are 0 to 1e15, exposures 1e-6 to 1e9, or both 0")));
		if (i < first)
			continue;
		fit->count[i - first] = count;
		fit->exposure[i - first] = exposure;
		counts += count;
		exposures += exposure;
		largest = Max(largest, count);
	}
	if (exposures <= 0)
		return false;
	fit->centre = log(Max(counts, 0.5) / exposures);
	/* chance says nothing of counts of a million and more: as well be counted in packs */
	for (int i = 0; i < fit->n && largest > 1e6; i++)
	{
		fit->count[i] *= 1e6 / largest;
		fit->exposure[i] *= 1e6 / largest;
	}
	return true;
}

/*
 * Mean and variance of the log rate in the periods asked for, noise left out
 */
static void
predict(const RateFit *fit, const RateKernel *kernel, double *mean, double *variance)
{
	for (int h = 0; h < fit->ahead; h++)
	{
		double cross[RATE_MOST];
		int t = fit->n - 1 + h;

		mean[h] = fit->centre;
		for (int i = 0; i < fit->n; i++)
		{
			cross[i] = covariance(fit, kernel, i, t);
			mean[h] += cross[i] * fit->inverse[i];
			cross[i] *= sqrt(fit->weight[i]);
		}
		solve_lower(fit, cross);
		variance[h] = covariance(fit, kernel, t, t);
		for (int i = 0; i < fit->n; i++)
			variance[h] -= cross[i] * cross[i];
		variance[h] = Max(variance[h], 0);
	}
}

/*
 * What the combinations say together, weighted by likelihood
 */
typedef struct RateMixture
{
	double *rate;
	double *square;          /* of it */
	double noise;            /* variance of a period's own noise, relative */
	double seasonal;         /* weight of those with a season */
	double cycle[RATE_MOST]; /* season's part of the logarithm, by period of the cycle that step 1
								begins */
} RateMixture;

/*
 * Turn the cycle's logarithms into factors with mean 1
 */
static void
finish_cycle(RateMixture *mixture, int season)
{
	double sum = 0;

	for (int i = 0; i < season; i++)
		sum += mixture->cycle[i] = exp(mixture->cycle[i]);
	for (int i = 0; i < season; i++)
		mixture->cycle[i] *= season / sum;
}

/*
 * Fit every combination of strengths
 */
static void
mix(RateFit *fit, RateMixture *mixture)
{
	double *mean = palloc(sizeof(double) * fit->ahead);
	double *variance = palloc(sizeof(double) * fit->ahead);
	double best = -INFINITY;
	double weights = 0;

	for (int c = 0;
		 c < lengthof(season_strengths) * lengthof(drift_strengths) * lengthof(noise_strengths);
		 c++)
	{
		RateKernel kernel = {
			season_strengths[c % lengthof(season_strengths)],
			drift_strengths[c / lengthof(season_strengths) % lengthof(drift_strengths)],
			noise_strengths[c / (lengthof(season_strengths) * lengthof(drift_strengths))]};
		double keep, weight;

		if (fit->season == 0 && kernel.season > 0)
			continue;
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < fit->n; i++)
			for (int j = 0; j <= i; j++)
				fit->kernel[i * fit->n + j] = fit->kernel[j * fit->n + i] =
					covariance(fit, &kernel, j, i) + (i == j ? kernel.noise * kernel.noise : 0);
		fit_mode(fit);
		predict(fit, &kernel, mean, variance);
		keep = fit->log_likelihood > best ? exp(best - fit->log_likelihood) : 1;
		best = Max(best, fit->log_likelihood);
		weight = exp(fit->log_likelihood - best);
		weights = weights * keep + weight;
		mixture->noise = mixture->noise * keep + weight * expm1(kernel.noise * kernel.noise);
		mixture->seasonal = mixture->seasonal * keep + weight * (kernel.season > 0);
		for (int k = 0; k < fit->season; k++)
		{
			mixture->cycle[k] *= keep;
			for (int i = 0; i < fit->n; i++)
				mixture->cycle[k] +=
					weight * season_covariance(fit, &kernel, i, fit->n - 1 + k) * fit->inverse[i];
		}
		for (int h = 0; h < fit->ahead; h++)
		{
			/* the mean of a log-normal; a variance above 1 says that nothing is known */
			double spread = Min(variance[h], 1);
			double here = exp(Min(mean[h] + (spread + kernel.noise * kernel.noise) / 2, 300));

			mixture->rate[h] = mixture->rate[h] * keep + weight * here;
			mixture->square[h] = mixture->square[h] * keep + weight * here * here * exp(spread);
		}
	}
	mixture->noise /= weights;
	mixture->seasonal /= weights;
	for (int k = 0; k < fit->season; k++)
		mixture->cycle[k] /= weights;
	for (int h = 0; h < fit->ahead; h++)
	{
		mixture->rate[h] /= weights;
		mixture->square[h] /= weights;
	}
	finish_cycle(mixture, fit->season);
}

Datum
jorge_rate_forecast(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RateFit *fit = palloc0(sizeof(RateFit));
	RateMixture *mixture = palloc0(sizeof(RateMixture));

	fit->ahead = PG_GETARG_INT32(2);
	fit->season = PG_GETARG_INT32(3);
	if (fit->ahead < 1 || fit->ahead > RATE_AHEAD)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("steps ahead are 1 to %d", RATE_AHEAD)));
	if (fit->season < 0 || fit->season == 1 || fit->season > RATE_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a season has 2 to %d periods", RATE_MOST), errhint("0 is for none.")));
	InitMaterializedSRF(fcinfo, 0);
	if (!read_counts(fcinfo, fit))
		return (Datum) 0;
	fit->kernel = palloc(sizeof(double) * fit->n * fit->n);
	fit->factor = palloc0(sizeof(double) * fit->n * fit->n);
	mixture->rate = palloc0(sizeof(double) * fit->ahead);
	mixture->square = palloc0(sizeof(double) * fit->ahead);
	mix(fit, mixture);
	for (int h = 0; h < fit->ahead; h++)
	{
		double rate = mixture->rate[h];
		Datum values[6] = {Int32GetDatum(h + 1),
						   Float8GetDatum(rate),
						   Float8GetDatum(sqrt(Max(mixture->square[h] - rate * rate, 0))),
						   Float8GetDatum(sqrt(mixture->noise)),
						   Float8GetDatum(fit->season > 0 ? mixture->cycle[h % fit->season] : 1),
						   Float8GetDatum(mixture->seasonal)};
		bool nulls[6] = {false};

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
