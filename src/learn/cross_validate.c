/*
 * cross_validate.c: boosting several models side by side, each blind to its own part of the rows.
 *
 * They share one matrix: a model sees the rows it trains on with weight 1 and the others with
 * weight 0, which add nothing to any gradient. So the rows are held, and cut into histogram bins,
 * once; and a model's predictions of all rows are kept up to date as it grows. All models take a
 * round before any takes the next, because what ends the rounds is their common loss.
 */
#include "core/jorge.h"

#include "learn/boost.h"

#include "core/progress.h"
#include "learn/metrics.h"
#include "utils/memutils.h"

typedef struct Models
{
	const TrainParams *params;
	const Folds *folds;
	const Part *all;
	XgbHandle *boosters;
	double *base_scores;
	const TrainFrame *frame;
	int width;                  /* margins a row has */
	const float *class_weights; /* NULL = 1 */
	float *weights;             /* by row */
	float *margins;             /* by row, of the model that is judged on it */
	float *judged_margins;
	float *judged_labels; /* without the rows that no model is judged on */
	bool *judged_event;
} Models;

static void *
huge(Size count, Size size)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, mul_size(Max(count, 1), size));
}

/*
 * Make the models
 */
static void
make_models(XgbSession *session, Models *models)
{
	const Folds *folds = models->folds;
	Size rows = models->all->rows;

	models->boosters = palloc(sizeof(XgbHandle) * folds->models);
	models->base_scores = palloc(sizeof(double) * folds->models);
	models->weights = huge(rows, sizeof(float));
	models->margins = huge(rows, sizeof(float) * models->width);
	models->judged_margins = huge(folds->judged, sizeof(float) * models->width);
	models->judged_labels = huge(folds->judged, sizeof(float));
	for (int m = 0; m < folds->models; m++)
	{
		models->base_scores[m] = jorge_learn_start(models->params, models->all, folds, m);
		models->boosters[m] = jorge_learn_booster(session, models->frame, models->params,
												  models->all, NULL, models->base_scores[m]);
	}
}

/*
 * Take a round with every model, and each one's predictions of its own part
 */
static void
train_round(Models *models, int round)
{
	Part part = *models->all;
	const Folds *folds = models->folds;
	Size rows = models->all->rows;

	part.weights = models->weights;
	for (int m = 0; m < folds->models; m++)
	{
		const float *margins;

		CHECK_FOR_INTERRUPTS();
		for (Size r = 0; r < rows; r++)
			models->weights[r] = !jorge_learn_folds_trains(folds, m, r) ? 0
								 : models->class_weights != NULL        ? models->class_weights[r]
																		: 1;
		jorge_xgb_weigh(models->all->matrix, models->weights, rows);
		jorge_learn_grow(models->params, models->boosters[m], round, &part, models->base_scores[m]);
		margins =
			jorge_xgb_margins(models->boosters[m], models->all->matrix, rows, models->width, 0);
		for (Size r = 0; r < rows; r++)
			if (jorge_learn_folds_judge(folds, r) == m)
				memcpy(models->margins + r * models->width, margins + r * models->width,
					   sizeof(float) * models->width);
		pgstat_progress_update_param(JORGE_PROGRESS_DONE, (int64) round * folds->models + m + 1);
	}
	CHECK_FOR_INTERRUPTS();
}

/*
 * Compute the loss over all rows that some model is judged on
 */
static double
common_loss(Models *models)
{
	Size n = 0;

	for (Size r = 0; r < models->all->rows; r++)
		if (jorge_learn_folds_judge(models->folds, r) != JUDGED_BY_NONE)
			memcpy(models->judged_margins + n++ * models->width,
				   models->margins + r * models->width, sizeof(float) * models->width);
	return jorge_learn_finite_loss(
		models->params,
		&(JudgedMargins){models->judged_margins, models->judged_labels, models->judged_event, n});
}

/*
 * Train while the common loss improves; best[] gets what the best number of rounds, which is
 * returned, predicts for the judged rows
 */
static int
train_rounds(Models *models, float *best_margins)
{
	const TrainParams *params = models->params;
	const char *loss_name = jorge_learn_loss_name(params->objective);
	int rounds = (int) params->rounds;
	int best = 0;
	double best_loss = INFINITY;

	for (int round = 0; round < rounds; round++)
	{
		double loss;

		train_round(models, round);
		loss = common_loss(models);
		jorge_learn_report_loss(loss);
		/* without early stopping the last round is the one to keep */
		if (loss < best_loss || params->early_stopping == 0)
		{
			best_loss = loss;
			best = round + 1;
			memcpy(best_margins, models->judged_margins,
				   sizeof(float) * models->width * models->folds->judged);
		}
		if (!params->quiet && jorge_learn_tells(round + 1))
			ereport(NOTICE, (errmsg("round %d of %d: out-of-fold %s %.4f (%d folds)", round + 1,
									rounds, loss_name, loss, models->folds->models)));
		if (params->early_stopping > 0 && round + 1 - best >= params->early_stopping)
			break;
	}
	if (!params->quiet)
		ereport(NOTICE, (errmsg_plural("out-of-fold %s was best (%.4f) after %d round",
									   "out-of-fold %s was best (%.4f) after %d rounds", best,
									   loss_name, best_loss, best)));
	return best;
}

/*
 * Estimate from the models' disagreement how much the margin would vary from one sample of rows to
 * another: the delete-a-group jackknife (Efron and Tibshirani 1993), over the models that have seen
 * the row, so that none of them differs because it hasn't. Mean over the rows.
 */
static double
mean_disagreement(const Models *models, int rounds)
{
	int k = models->folds->models;
	Size rows = models->all->rows;
	double *sum;
	double *squares;
	double total = 0;

	if (models->folds->by_time || k < 3)
		return NAN;
	sum = huge(rows, sizeof(double));
	squares = huge(rows, sizeof(double));
	memset(sum, 0, sizeof(double) * rows);
	memset(squares, 0, sizeof(double) * rows);
	for (int m = 0; m < k; m++)
	{
		const float *margins;

		CHECK_FOR_INTERRUPTS();
		margins = jorge_xgb_margins(models->boosters[m], models->all->matrix, rows, 1, rounds);
		for (Size r = 0; r < rows; r++)
			if (jorge_learn_folds_trains(models->folds, m, r))
			{
				sum[r] += margins[r];
				squares[r] += (double) margins[r] * margins[r];
			}
	}
	for (Size r = 0; r < rows; r++)
		total += Max(squares[r] - sum[r] * sum[r] / (k - 1), 0) / (k - 2);
	pfree(sum);
	pfree(squares);
	return total / rows * (k - 1) * (k - 1) / k;
}

void
jorge_learn_cross_validate(XgbSession *session, const TrainFrame *frame, const Folds *folds,
						   const TrainParams *params, const Part *all, TrainResult *result)
{
	Models models = {.params = params,
					 .folds = folds,
					 .all = all,
					 .frame = frame,
					 .width = params->classes,
					 .class_weights = jorge_learn_class_weights(params, frame)};
	JudgedRows judged = {.rows = folds->judged, .groups = folds->models};
	Size n = 0;

	make_models(session, &models);
	judged.margin = huge(folds->judged, sizeof(float) * models.width);
	if (all->event != NULL)
		models.judged_event = huge(folds->judged, sizeof(bool));
	judged.label = models.judged_labels;
	judged.group = huge(folds->judged, 1);
	for (Size r = 0; r < all->rows; r++)
	{
		int judge = jorge_learn_folds_judge(folds, r);

		if (judge == JUDGED_BY_NONE)
			continue;
		judged.label[n] = all->labels[r];
		if (all->event != NULL)
			models.judged_event[n] = all->event[r];
		judged.group[n++] = (uint8) judge;
	}
	jorge_learn_start_phase(JORGE_TRAIN_CROSS_VALIDATING, (int64) params->rounds * folds->models,
							folds->models);
	result->rounds = train_rounds(&models, judged.margin);
	jorge_learn_judge(params, &judged, models.judged_event, result);
	if (result->calibrates)
		result->disagreement = mean_disagreement(&models, result->rounds);
	pfree(models.weights);
	pfree(models.margins);
	pfree(models.judged_margins);
	pfree(models.judged_labels);
	pfree(models.boosters);
	pfree(judged.margin);
	pfree(judged.group);
}
