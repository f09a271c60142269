/*
 * blend.c: the members of a forecast on one scale, the values' own or their logarithm's.
 *
 * A series is freed of its season, if the test finds one; Theta and exponential smoothing are
 * fitted to the rest and averaged. Averages of simple methods beat each of them, and have done so
 * in every forecasting competition (Makridakis and Hibon 2000; Makridakis, Spiliotis,
 * Assimakopoulos 2020).
 */
#include "core/jorge.h"

#include "forecast/model.h"

/* Shapes of exponential smoothing without season */
#define PLAIN_SHAPES 3
static const EtsShape plain_shapes[PLAIN_SHAPES] = {
	{false, false, 1}, {true, false, 1}, {true, true, 1}};

/* Fewest points from which a trend is learned, where a season has several points */
#define TREND_POINTS 10

/* Most of a shape's weight that does not depend on its AICc */
#define EVEN_SHARE 0.5

/*
 * Mean of the members
 */
double
jorge_branch_mean(const Branch *branch, int h)
{
	double mean = 0;

	for (int k = 0; k < branch->members; k++)
		mean += branch->member[k].weight * branch->member[k].mean[h - 1];
	if (!branch->seasonal)
		return mean;
	return branch->multiplicative ? mean * branch->season[h - 1] : mean + branch->season[h - 1];
}

/*
 * Standard deviation of a weighted sum: members err together, so their deviations are averaged
 */
double
jorge_branch_sd(const Branch *branch, int from, int to, const double *weight)
{
	const double *reach = weight;
	double *scaled = NULL;
	double sd = 0;

	if (branch->seasonal && branch->multiplicative && !branch->even_spread)
	{
		scaled = palloc(to * sizeof(double));
		for (int h = from; h <= to; h++)
			scaled[h - 1] = weight[h - 1] * branch->season[h - 1];
		reach = scaled;
	}
	for (int k = 0; k < branch->members; k++)
		sd += branch->member[k].weight * branch->member[k].sigma *
			  sqrt(jorge_weights_total(branch->member[k].c, reach, from, to));
	if (scaled != NULL)
		pfree(scaled);
	return sd;
}

/*
 * Add a member
 */
static BranchMember *
add_member(Branch *branch, double weight, double sigma2, int horizon)
{
	BranchMember *member = &branch->member[branch->members++];

	member->weight = weight;
	member->sigma = sqrt(sigma2);
	member->mean = palloc(horizon * sizeof(double));
	member->c = palloc(horizon * sizeof(double));
	return member;
}

/*
 * Add a fitted exponential smoothing
 */
static void
add_ets(Branch *branch, const EtsModel *model, double weight, int horizon)
{
	BranchMember *member = add_member(branch, weight, model->sigma2, horizon);

	jorge_ets_mean(model, horizon, member->mean);
	jorge_ets_weights(model->alpha, model->beta, model->gamma, model->phi, model->shape.season,
					  horizon, member->c);
}

/*
 * Add a fitted Theta
 */
static void
add_theta(Branch *branch, const ThetaModel *model, double weight, int horizon)
{
	BranchMember *member = add_member(branch, weight, model->sigma2, horizon);

	jorge_theta_mean(model, horizon, member->mean);
	jorge_ets_weights(model->alpha, 0, 0, 1, 1, horizon, member->c);
}

/*
 * Take the season out of y, if it has one; returns y or an adjusted copy
 */
static const double *
adjust(Branch *branch, const double *y, int n, int m, int horizon, bool factors, bool shrink)
{
	double *index;
	double *adjusted;

	if (!jorge_season_test(y, n, m).seasonal)
		return y;
	index = palloc(m * sizeof(double));
	branch->multiplicative = factors && jorge_season_indices(y, n, m, true, index);
	if (!branch->multiplicative && !jorge_season_indices(y, n, m, false, index))
		return y;
	if (shrink)
		jorge_season_shrink(y, n, m, branch->multiplicative, index);

	branch->seasonal = true;
	branch->season = palloc(horizon * sizeof(double));
	for (int h = 0; h < horizon; h++)
		branch->season[h] = index[(n + h) % m];
	adjusted = palloc(n * sizeof(double));
	for (int t = 0; t < n; t++)
		adjusted[t] = branch->multiplicative ? y[t] / index[t % m] : y[t] - index[t % m];
	pfree(index);
	return adjusted;
}

/*
 * Blend Theta with exponential smoothing, half and half
 *
 * The half of exponential smoothing is shared among its shapes, partly by their AICc weights
 * (Burnham and Anderson), partly evenly; the even part grows with the seasons seen, as a trend that
 * AICc can't tell from chance is more often right in a longer series.
 */
void
jorge_branch_blend(Branch *branch, const double *y, int n, int m, int horizon, bool logarithmic,
				   bool positive)
{
	EtsModel model[PLAIN_SHAPES];
	bool fitted[PLAIN_SHAPES];
	double even = EVEN_SHARE * Min(1, n / (4.0 * m));
	double least = INFINITY;
	double likely = 0;
	int candidates = 0;
	ThetaModel theta;
	const double *adjusted;
	double *logs = NULL;

	memset(branch, 0, sizeof(*branch));
	branch->logarithmic = logarithmic;
	if (logarithmic)
	{
		logs = palloc(n * sizeof(double));
		for (int t = 0; t < n; t++)
			logs[t] = log(y[t]);
		y = logs;
	}
	adjusted = adjust(branch, y, n, m, horizon, positive && !logarithmic, true);

	for (int i = 0; i < PLAIN_SHAPES; i++)
	{
		fitted[i] = (i == 0 || n >= TREND_POINTS || m == 1) &&
					jorge_ets_fit(&model[i], plain_shapes[i], adjusted, n) &&
					(i == 0 || isfinite(model[i].aicc));
		if (!fitted[i])
			continue;
		candidates++;
		least = Min(least, model[i].aicc);
	}
	for (int i = 0; i < PLAIN_SHAPES; i++)
		if (fitted[i] && isfinite(least))
			likely += exp((least - model[i].aicc) / 2);
	for (int i = 0; i < PLAIN_SHAPES; i++)
	{
		double weight;

		if (!fitted[i])
			continue;
		weight = isfinite(least) ? exp((least - model[i].aicc) / 2) / likely : 1.0 / candidates;
		add_ets(branch, &model[i], ((1 - even) * weight + even / candidates) / 2, horizon);
	}
	if (jorge_theta_fit(&theta, adjusted, n))
		add_theta(branch, &theta, 0.5, horizon);
}

/*
 * Theta alone, as R's thetaf()
 */
bool
jorge_branch_theta(Branch *branch, const double *y, int n, int m, int horizon, bool positive)
{
	ThetaModel model;

	memset(branch, 0, sizeof(*branch));
	if (!jorge_theta_fit(&model, adjust(branch, y, n, m, horizon, positive, false), n))
		return false;
	branch->even_spread = true;
	add_theta(branch, &model, 1, horizon);
	return true;
}

/*
 * Exponential smoothing alone: of the shapes the one with the least AICc
 */
bool
jorge_branch_ets(Branch *branch, const double *y, int n, int horizon, const EtsShape *shapes,
				 int count, int *chosen)
{
	EtsModel best = {0};

	memset(branch, 0, sizeof(*branch));
	*chosen = -1;
	for (int i = 0; i < count; i++)
	{
		EtsModel model;

		if (!jorge_ets_fit(&model, shapes[i], y, n) ||
			(count > 1 && i > 0 && !(model.aicc < best.aicc)))
			continue;
		best = model;
		*chosen = i;
	}
	if (*chosen < 0)
		return false;
	branch->season_inside = best.shape.season > 1;
	add_ets(branch, &best, 1, horizon);
	return true;
}

/*
 * What was a season ago; m = 1: what was last
 */
bool
jorge_branch_naive(Branch *branch, const double *y, int n, int m, int horizon)
{
	BranchMember *member;
	double squares = 0;

	memset(branch, 0, sizeof(*branch));
	if (n <= m)
		return false;
	for (int t = m; t < n; t++)
		squares += (y[t] - y[t - m]) * (y[t] - y[t - m]);
	branch->season_inside = m > 1;
	member = add_member(branch, 1, squares / (n - m), horizon);
	for (int h = 0; h < horizon; h++)
	{
		member->mean[h] = y[n - m + h % m];
		member->c[h] = h % m == 0;
	}
	return true;
}

/*
 * The mean of all
 */
bool
jorge_branch_mean_only(Branch *branch, const double *y, int n, int horizon)
{
	BranchMember *member;
	double mean = 0;
	double squares = 0;

	memset(branch, 0, sizeof(*branch));
	if (n < 2)
		return false;
	for (int t = 0; t < n; t++)
		mean += y[t] / n;
	for (int t = 0; t < n; t++)
		squares += (y[t] - mean) * (y[t] - mean);
	member = add_member(branch, 1, squares / (n - 1) * (1 + 1.0 / n), horizon);
	for (int h = 0; h < horizon; h++)
	{
		member->mean[h] = mean;
		member->c[h] = h == 0;
	}
	return true;
}
