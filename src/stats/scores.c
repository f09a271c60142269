/*
 * scores.c: the figures of a yes-or-no prediction.
 */
#include "core/jorge.h"

#include <float.h>

#include "stats/scores.h"
#include "stats/stats.h"

/* Bins of the expected calibration error, as in the literature (Guo et al. 2017 use 15, most 10) */
#define ECE_BINS 10

void
jorge_scores_add(Scores *scores, double probability, double lost, double won)
{
	if (scores->n == 0 || scores->at[scores->n - 1].probability != probability)
		scores->at[scores->n++] = (Score){.probability = probability, .lost_below = scores->lost, .won_below = scores->won};
	scores->at[scores->n - 1].won += won;
	scores->at[scores->n - 1].lost += lost;
	scores->won += won;
	scores->lost += lost;
}

Confusion
jorge_scores_confusion(const Scores *scores, double threshold)
{
	Confusion c = {0};

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];

		if (score->probability >= threshold)
		{
			c.tp += score->won;
			c.fp += score->lost;
		}
		else
		{
			c.fn += score->won;
			c.tn += score->lost;
		}
	}
	return c;
}

double
jorge_scores_ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

double
jorge_scores_matthews(const Confusion *c)
{
	double product = (c->tp + c->fp) * (c->tp + c->fn) * (c->tn + c->fp) * (c->tn + c->fn);

	return product > 0 ? (c->tp * c->tn - c->fp * c->fn) / sqrt(product) : 0;
}

void
jorge_scores_auc(const Scores *scores, double *area, double *lower, double *upper)
{
	double sum = 0;
	double of_won = 0;
	double of_lost = 0;
	double half;

	*area = *lower = *upper = NAN;
	if (scores->won == 0 || scores->lost == 0)
		return;
	for (int i = 0; i < scores->n; i++)
		sum += scores->at[i].won * (scores->at[i].lost_below + scores->at[i].lost / 2);
	*area = sum / (scores->won * scores->lost);
	/* variances of the share of the other outcome that each one beats */
	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		double beats = (score->lost_below + score->lost / 2) / scores->lost - *area;
		double beaten = (scores->won - score->won_below - score->won / 2) / scores->won - *area;

		of_won += score->won * beats * beats;
		of_lost += score->lost * beaten * beaten;
	}
	if (scores->won < 2 || scores->lost < 2)
		return;
	half = jorge_normal_quantile(0.975) *
		   sqrt(of_won / (scores->won - 1) / scores->won + of_lost / (scores->lost - 1) / scores->lost);
	*lower = Max(*area - half, 0);
	*upper = Min(*area + half, 1);
}

double
jorge_scores_average_precision(const Scores *scores)
{
	double sum = 0;

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		double won = scores->won - score->won_below;
		double all = won + scores->lost - score->lost_below;

		sum += score->won * won / all;
	}
	return jorge_scores_ratio(sum, scores->won);
}

double
jorge_scores_kolmogorov_smirnov(const Scores *scores)
{
	double most = 0;

	if (scores->won == 0 || scores->lost == 0)
		return NAN;
	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];

		most = Max(most, fabs((score->lost_below + score->lost) / scores->lost - (score->won_below + score->won) / scores->won));
	}
	return most;
}

double
jorge_scores_log_loss(const Scores *scores)
{
	double sum = 0;

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		/* as scikit-learn: a certain prediction that fails costs much, not everything */
		double p = Min(Max(score->probability, DBL_EPSILON), 1 - DBL_EPSILON);

		sum -= score->won * log(p) + score->lost * log1p(-p);
	}
	return jorge_scores_ratio(sum, scores->won + scores->lost);
}

double
jorge_scores_brier(const Scores *scores)
{
	double sum = 0;

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];

		sum += score->won * (1 - score->probability) * (1 - score->probability) +
			   score->lost * score->probability * score->probability;
	}
	return jorge_scores_ratio(sum, scores->won + scores->lost);
}

void
jorge_scores_bin(const Scores *scores, ScoreBin *bins, int nbins)
{
	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		ScoreBin *bin = &bins[Min((int) (score->probability * nbins), nbins - 1)];

		bin->n += score->won + score->lost;
		bin->won += score->won;
		bin->sum += (score->won + score->lost) * score->probability;
	}
}

double
jorge_scores_calibration_error(const Scores *scores)
{
	ScoreBin bins[ECE_BINS] = {0};
	double sum = 0;

	jorge_scores_bin(scores, bins, ECE_BINS);
	for (int i = 0; i < ECE_BINS; i++)
		sum += fabs(bins[i].sum - bins[i].won);
	return jorge_scores_ratio(sum, scores->won + scores->lost);
}

double
jorge_scores_best_threshold(const Scores *scores)
{
	double best = -1;
	double threshold = NAN;

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		double tp = scores->won - score->won_below;
		double predicted = tp + scores->lost - score->lost_below;
		double f1 = 2 * tp / (predicted + scores->won);

		if (f1 >= best)
		{
			best = f1;
			threshold = score->probability;
		}
	}
	return scores->won > 0 ? threshold : NAN;
}
