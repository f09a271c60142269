/*
 * intermittent.c: series that are often 0, as the closings of a small agency are.
 *
 * Teunter, Syntetos and Babai (2011): the chance that a period is not 0 and the size of those that
 * are not are smoothed apart. How many of some periods are not 0 is then beta-binomial, as the
 * chance is only estimated; the sum of that many sizes is taken for lognormal with the right mean
 * and variance.
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/model.h"
#include "stats/stats.h"

/* Usual smoothing constant of the method; it remembers (2 - 0.1) / 0.1 = 19 values. */
#define SMOOTHING 0.1
#define MEMORY 19.0

/* The chance is kept off 0 and 1, of which nobody can be sure. */
#define CHANCE_MARGIN 1e-6

/* Least relative spread of a sum of sizes */
#define LEAST_SPREAD 1e-9

/* Natural logarithms of how far from the mean size a sum is looked for */
#define LOG_RANGE 80.0

/*
 * Fit the model
 */
void
jorge_intermittent_fit(IntermittentModel *model, const double *y, int n)
{
	double mean = 0;
	double squares = 0;
	int active = 0;

	for (int t = 0; t < n; t++)
	{
		if (y[t] == 0)
			continue;
		active++;
		mean += y[t];
	}
	mean /= active;
	for (int t = 0; t < n; t++)
		if (y[t] != 0)
			squares += (y[t] - mean) * (y[t] - mean);

	/* from the averages of all, so that a short series is not ruled by its first period */
	model->chance = (double) active / n;
	model->size = mean;
	for (int t = 0; t < n; t++)
	{
		model->chance += SMOOTHING * ((y[t] != 0) - model->chance);
		if (y[t] != 0)
			model->size += SMOOTHING * (y[t] - model->size);
	}
	model->chance = Min(Max(model->chance, CHANCE_MARGIN), 1 - CHANCE_MARGIN);
	model->chance_points = Min(n, MEMORY);
	/* one size says nothing of how sizes differ: as much as the size itself is the exponential's
	 * spread */
	model->size_variance = active > 1 ? squares / (active - 1) : mean * mean;
	model->size_points = Min(active, MEMORY);
}

/*
 * Probability that the sum of whole periods is above x > 0
 */
static double
above_in(const IntermittentModel *model, int periods, double x)
{
	double a = model->chance * (model->chance_points - 1);
	double b = (1 - model->chance) * (model->chance_points - 1);
	double size = model->size;
	double probability = 1; /* of k periods that are not 0 */
	double sum = 0;

	for (int k = 0; k < periods; k++)
		probability *= (b + k) / (a + b + k);
	for (int k = 1; k <= periods; k++)
	{
		double mean = k * size;
		double variance =
			k * model->size_variance + (double) k * k * model->size_variance / model->size_points;
		double spread = log1p(variance / (mean * mean));
		double deviation = Max(sqrt(spread), LEAST_SPREAD);

		probability *= (double) (periods - k + 1) / k * ((a + k - 1) / (b + periods - k));
		sum += probability * jorge_normal_sf((log(x / mean) + spread / 2) / deviation);
	}
	return Min(sum, 1);
}

/*
 * Probability that the sum of periods is at least x; of a part of a period it is that part's share
 * of a whole one's
 */
double
jorge_intermittent_reach(const IntermittentModel *model, double periods, double x)
{
	int whole = (int) floor(periods);
	double part = periods - whole;

	if (x <= 0)
		return 1;
	CHECK_FOR_INTERRUPTS();
	return (1 - part) * above_in(model, whole, x) +
		   (part > 0 ? part * above_in(model, whole + 1, x) : 0);
}

/*
 * Quantile of a sum of periods, by halving its logarithm
 */
double
jorge_intermittent_quantile(const IntermittentModel *model, double periods, double z)
{
	double tail = jorge_normal_sf(z);
	double low = log(model->size) - LOG_RANGE;
	double high = log(model->size) + LOG_RANGE;

	if (jorge_intermittent_reach(model, periods, exp(low)) <= tail)
		return 0;
	while (high - low > 1e-12 * Max(fabs(low), 1))
	{
		double middle = (low + high) / 2;

		if (jorge_intermittent_reach(model, periods, exp(middle)) > tail)
			low = middle;
		else
			high = middle;
	}
	return exp(high);
}
