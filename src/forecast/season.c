/*
 * season.c: is there a season, and what does it look like.
 */
#include "core/jorge.h"

#include "forecast/model.h"

/* A one-sided test at 5 % */
#define SEASON_LIMIT 1.645

/* Below this a factor would blow up what is divided by it. */
#define LEAST_FACTOR 0.01

/*
 * Mean of a series
 */
static double
mean_of(const double *y, int n)
{
	double sum = 0;

	for (int t = 0; t < n; t++)
		sum += y[t];
	return sum / n;
}

/*
 * Work out autocorrelations
 */
bool
jorge_autocorrelation(const double *y, int n, int lags, double *r)
{
	double mean = mean_of(y, n);
	double variance = 0;

	for (int t = 0; t < n; t++)
		variance += (y[t] - mean) * (y[t] - mean);
	if (!(variance > 0))
		return false;
	for (int k = 1; k <= lags; k++)
	{
		double sum = 0;

		CHECK_FOR_INTERRUPTS();
		for (int t = k; t < n; t++)
			sum += (y[t] - mean) * (y[t - k] - mean);
		r[k] = sum / variance;
	}
	return true;
}

/*
 * Test for a season: the autocorrelation at lag m against Bartlett's standard error
 */
SeasonTest
jorge_season_test(const double *y, int n, int m)
{
	SeasonTest test = {false, NAN, NAN};
	double *r;
	double sum = 1;

	if (m < 2 || n <= 2 * m)
		return test;
	r = palloc((m + 1) * sizeof(double));
	if (jorge_autocorrelation(y, n, m, r))
	{
		for (int k = 1; k < m; k++)
			sum += 2 * r[k] * r[k];
		test.correlation = r[m];
		test.limit = SEASON_LIMIT * sqrt(sum / n);
		test.seasonal = fabs(test.correlation) > test.limit;
	}
	pfree(r);
	return test;
}

/*
 * Smooth by the centred moving average over a season (2 x m for even m)
 */
void
jorge_moving_average(const double *y, int n, int m, double *trend)
{
	int half = m / 2;

	for (int t = 0; t < n; t++)
	{
		double sum = 0;

		if (t < half || t >= n - half)
		{
			trend[t] = NAN;
			continue;
		}
		for (int k = t - half; k <= t + half; k++)
			sum += y[k];
		if (m % 2 == 0)
			sum -= (y[t - half] + y[t + half]) / 2;
		trend[t] = sum / m;
	}
}

/*
 * Decompose classically
 */
bool
jorge_season_indices(const double *y, int n, int m, bool multiplicative, double *index)
{
	double *trend;
	double mean = 0;
	bool good = m > 1 && n >= 2 * m;

	if (!good)
		return false;
	trend = palloc(n * sizeof(double));
	jorge_moving_average(y, n, m, trend);
	for (int position = 0; position < m; position++)
	{
		double sum = 0;
		int count = 0;

		for (int t = position; t < n; t += m)
		{
			if (isnan(trend[t]))
				continue;
			sum += multiplicative ? y[t] / trend[t] : y[t] - trend[t];
			count++;
		}
		if (count == 0)
			good = false;
		index[position] = count == 0 ? 0 : sum / count;
		mean += index[position] / m;
	}
	for (int position = 0; position < m; position++)
	{
		index[position] = multiplicative ? index[position] / mean : index[position] - mean;
		if (!isfinite(index[position]) || (multiplicative && index[position] < LEAST_FACTOR))
			good = false;
	}
	pfree(trend);
	return good;
}

/*
 * Shrink indices (James and Stein; Miller and Williams 2003, "Shrinkage estimators of time series
 * seasonal factors")
 *
 * Each index is a mean of few noisy ratios: the variance of those means within positions, against
 * the spread of the means between positions, says how much of that spread is chance.
 */
void
jorge_season_shrink(const double *y, int n, int m, bool multiplicative, double *index)
{
	double *trend;
	double neutral = multiplicative ? 1 : 0;
	double within = 0;
	double between = 0;
	double keep;
	int count = 0;

	if (m < 4 || n < 2 * m)
		return;
	trend = palloc(n * sizeof(double));
	jorge_moving_average(y, n, m, trend);
	for (int t = 0; t < n; t++)
	{
		double error;

		if (isnan(trend[t]))
			continue;
		error = (multiplicative ? y[t] / trend[t] : y[t] - trend[t]) - index[t % m];
		within += error * error;
		count++;
	}
	pfree(trend);
	for (int position = 0; position < m; position++)
		between += (index[position] - neutral) * (index[position] - neutral);
	if (!(between > 0) || count <= m)
		return;
	within = within / (count - m) * m / count;
	keep = Max(1 - (m - 3) * within / between, 0);
	for (int position = 0; position < m; position++)
		index[position] = neutral + keep * (index[position] - neutral);
}
