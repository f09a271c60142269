/*
 * theta.c: the Theta method as simple exponential smoothing with drift (Hyndman and Billah 2003).
 */
#include "core/jorge.h"

#include "forecast/model.h"

/*
 * Fit the Theta method to a series without season
 */
bool
jorge_theta_fit(ThetaModel *model, const double *y, int n)
{
	EtsModel smoothing;
	double middle = (n - 1) / 2.0;
	double sum = 0;
	double squares = 0;

	if (!jorge_ets_fit(&smoothing, (EtsShape){false, false, 1}, y, n))
		return false;
	for (int t = 0; t < n; t++)
	{
		sum += (t - middle) * y[t];
		squares += (t - middle) * (t - middle);
	}
	model->alpha = smoothing.alpha;
	model->level = smoothing.level;
	model->drift = sum / squares / 2;
	model->sigma2 = smoothing.sigma2;
	model->n = n;
	return true;
}

/*
 * Forecast points
 */
void
jorge_theta_mean(const ThetaModel *model, int horizon, double *mean)
{
	double lead = -expm1(model->n * log1p(-model->alpha)) / model->alpha;

	for (int h = 0; h < horizon; h++)
		mean[h] = model->level + model->drift * (h + lead);
}
