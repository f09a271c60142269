/*
 * metrics.c: how well margins predict labels.
 */
#include "core/jorge.h"

#include "learn/metrics.h"

#include "stats/scores.h"
#include "utils/memutils.h"

/* Digits of a reported metric: more would differ between builds of libm. */
#define METRIC_FORMAT "%.6g"

typedef struct Judged
{
	float margin;
	bool positive;
} Judged;

#define ST_SORT sort_judged
#define ST_ELEMENT_TYPE Judged
#define ST_COMPARE(a, b) (((a)->margin > (b)->margin) - ((a)->margin < (b)->margin))
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Log loss of one row from its margin: log(1 + e^-m) for a positive, written so that nothing
 * overflows
 */
static double
row_log_loss(double margin, bool positive)
{
	double against = positive ? -margin : margin;

	return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

static double
probability(double margin)
{
	return 1 / (1 + exp(-margin));
}

double
jorge_learn_loss(TrainObjective objective, const float *margin, const float *label, Size rows)
{
	double sum = 0;

	for (Size r = 0; r < rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		if (objective == TRAIN_LOGISTIC)
			sum += row_log_loss(margin[r], label[r] != 0);
		else
			sum += ((double) margin[r] - label[r]) * ((double) margin[r] - label[r]);
	}
	return objective == TRAIN_LOGISTIC ? sum / rows : sqrt(sum / rows);
}

const char *
jorge_learn_loss_name(TrainObjective objective)
{
	return objective == TRAIN_LOGISTIC ? "log loss" : "RMSE";
}

/*
 * Count outcomes by probability
 */
static void
count_scores(const float *margin, const float *label, Size rows, Scores *scores)
{
	Judged *judged =
		MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(Judged), Max(rows, 1)));

	memset(scores, 0, sizeof(*scores));
	scores->at = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(Score), Max(rows, 1)));
	for (Size r = 0; r < rows; r++)
	{
		judged[r].margin = margin[r];
		judged[r].positive = label[r] != 0;
	}
	sort_judged(judged, rows);
	for (Size r = 0; r < rows; r++)
		jorge_scores_add(scores, probability(judged[r].margin), !judged[r].positive,
						 judged[r].positive);
	pfree(judged);
}

/*
 * Append one member after another one; a figure that can't be told is left out
 */
static void
append_figure(StringInfo out, const char *name, double figure)
{
	if (!isnan(figure))
		appendStringInfo(out, ", \"%s\": " METRIC_FORMAT, name, figure);
}

/*
 * Append the metrics of probabilities
 */
static void
append_classification(StringInfo out, const float *margin, const float *label, Size rows)
{
	Scores scores;
	Confusion at;
	double threshold;
	double area, lower, upper;

	count_scores(margin, label, rows, &scores);
	jorge_scores_auc(&scores, &area, &lower, &upper);
	threshold = jorge_scores_best_threshold(&scores);
	at = jorge_scores_confusion(&scores, isnan(threshold) ? 0.5 : threshold);
	appendStringInfo(out, "\"log_loss\": " METRIC_FORMAT, jorge_scores_log_loss(&scores));
	append_figure(out, "brier", jorge_scores_brier(&scores));
	append_figure(out, "auc", area);
	append_figure(out, "average_precision", jorge_scores_average_precision(&scores));
	append_figure(out, "ece", jorge_scores_calibration_error(&scores));
	append_figure(out, "ks", jorge_scores_kolmogorov_smirnov(&scores));
	if (!isnan(threshold))
	{
		/* exactly, for it is a prediction that counts as positive */
		appendStringInfoString(out, ", \"threshold\": ");
		jorge_learn_append_number(out, threshold);
	}
	append_figure(out, "accuracy", (at.tp + at.tn) / rows);
	append_figure(out, "precision", jorge_scores_ratio(at.tp, at.tp + at.fp));
	append_figure(out, "recall", jorge_scores_ratio(at.tp, at.tp + at.fn));
	append_figure(out, "f1", jorge_scores_ratio(2 * at.tp, 2 * at.tp + at.fp + at.fn));
	append_figure(out, "mcc", jorge_scores_matthews(&at));
	pfree(scores.at);
}

/*
 * Append the metrics of a regression
 */
static void
append_regression(StringInfo out, const float *margin, const float *label, Size rows)
{
	double mean = 0;
	double absolute = 0;
	double squared = 0;
	double spread = 0;

	for (Size r = 0; r < rows; r++)
		mean += label[r] / (double) rows;
	for (Size r = 0; r < rows; r++)
	{
		double error = (double) margin[r] - label[r];

		CHECK_FOR_INTERRUPTS();
		absolute += fabs(error);
		squared += error * error;
		spread += (label[r] - mean) * (label[r] - mean);
	}
	appendStringInfo(out, "\"rmse\": " METRIC_FORMAT ", \"mae\": " METRIC_FORMAT,
					 sqrt(squared / rows), absolute / rows);
	if (spread > 0)
		appendStringInfo(out, ", \"r2\": " METRIC_FORMAT, 1 - squared / spread);
}

void
jorge_learn_metrics_json(StringInfo out, TrainObjective objective, const float *margin,
						 const float *label, Size rows)
{
	if (objective == TRAIN_LOGISTIC)
		append_classification(out, margin, label, rows);
	else
		append_regression(out, margin, label, rows);
}

void
jorge_learn_uncalibrated_json(StringInfo out, const float *margin, const float *label, Size rows)
{
	Scores scores;

	count_scores(margin, label, rows, &scores);
	append_figure(out, "uncalibrated_log_loss", jorge_scores_log_loss(&scores));
	append_figure(out, "uncalibrated_ece", jorge_scores_calibration_error(&scores));
	pfree(scores.at);
}
