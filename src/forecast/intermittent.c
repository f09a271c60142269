/*
 * intermittent.c: series that are often 0, as the closings of a small agency are.
 *
 * Teunter, Syntetos and Babai (2011): the chance that a period is not 0 and the size of those that are not are
 * smoothed apart. The sum of several periods is 0 with its own probability and otherwise lognormal with the
 * right mean and variance.
 */
#include "core/jorge.h"

#include <float.h>

#include "forecast/model.h"

/* Usual smoothing constant of the method; it remembers (2 - 0.1) / 0.1 = 19 periods. */
#define SMOOTHING 0.1
#define MEMORY 19.0

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
	model->chance_variance = model->chance * (1 - model->chance) / Min(n, MEMORY);
	/* one size says nothing of how sizes differ: as much as the size itself is the exponential's spread */
	model->size_variance = active > 1 ? squares / (active - 1) : mean * mean;
}

/*
 * Quantile of a sum of periods
 */
double
jorge_intermittent_quantile(const IntermittentModel *model, double periods, double z)
{
	double mean = periods * model->chance * model->size;
	double variance = periods * (model->chance * model->size_variance +
								 model->chance * (1 - model->chance) * model->size * model->size) +
					  periods * periods * model->chance_variance * model->size * model->size;
	double none = pow(1 - model->chance, periods);
	double below = jorge_normal_upper(-z);
	double share;
	double spread;

	if (below <= none || none >= 1)
		return 0;
	share = (below - none) / (1 - none);
	if (share >= 1)
		share = 1 - DBL_EPSILON / 2;

	/* mean and variance given that it is not 0 */
	variance = (variance + mean * mean) / (1 - none);
	mean /= 1 - none;
	variance = Max(variance - mean * mean, 0);
	spread = log1p(variance / (mean * mean));
	return mean * exp(sqrt(spread) * jorge_normal_quantile(share) - spread / 2);
}
