/*
 * metrics.c: how well margins predict labels.
 */
#include "core/jorge.h"

#include "learn/metrics.h"

#include "utils/memutils.h"

/* Digits of a reported metric: more would differ between builds of libm. */
#define METRIC_FORMAT "%.6g"

typedef struct Judged
{
	float margin;
	bool positive;
} Judged;

/* Metrics of a yes-or-no prediction, at the threshold of the best F1 */
typedef struct Threshold
{
	double threshold; /* probability from which the answer is yes */
	double accuracy;
	double precision;
	double recall;
	double f1;
} Threshold;

#define ST_SORT sort_judged
#define ST_ELEMENT_TYPE Judged
#define ST_COMPARE(a, b) (((a)->margin < (b)->margin) - ((a)->margin > (b)->margin))
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
 * Sort rows by falling margin
 */
static Judged *
sorted_rows(const float *margin, const float *label, Size rows)
{
	Judged *judged =
		MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(Judged), Max(rows, 1)));

	for (Size r = 0; r < rows; r++)
	{
		judged[r].margin = margin[r];
		judged[r].positive = label[r] != 0;
	}
	sort_judged(judged, rows);
	return judged;
}

/*
 * Area under the ROC curve: the share of pairs of a positive and a negative that are in the right
 * order
 */
static double
area(const Judged *judged, Size rows)
{
	double positives = 0;
	double negatives = 0;
	double pairs = 0;

	for (Size r = 0; r < rows;)
	{
		double tied_positives = 0;
		double tied_negatives = 0;
		Size first = r;

		CHECK_FOR_INTERRUPTS();
		for (; r < rows && judged[r].margin == judged[first].margin; r++)
			*(judged[r].positive ? &tied_positives : &tied_negatives) += 1;
		pairs += tied_negatives * (positives + tied_positives / 2);
		positives += tied_positives;
		negatives += tied_negatives;
	}
	return positives > 0 && negatives > 0 ? pairs / (positives * negatives) : NAN;
}

/*
 * Find the threshold of the best F1; between two neighbouring probabilities, so that rounding
 * doesn't matter
 */
static Threshold
best_threshold(const Judged *judged, Size rows)
{
	Threshold best = {.threshold = 0.5};
	double positives = 0;
	double hits = 0;

	for (Size r = 0; r < rows; r++)
		positives += judged[r].positive;
	best.f1 = -1;
	for (Size r = 0; r < rows;)
	{
		Size first = r;
		double f1;

		CHECK_FOR_INTERRUPTS();
		for (; r < rows && judged[r].margin == judged[first].margin; r++)
			hits += judged[r].positive;
		f1 = 2 * hits / (r + positives);
		if (f1 > best.f1)
		{
			double below = r < rows ? probability(judged[r].margin) : 0;

			best.f1 = f1;
			best.threshold = (probability(judged[first].margin) + below) / 2;
			best.precision = hits / r;
			best.recall = hits / positives;
			best.accuracy = (hits + (rows - r - (positives - hits))) / rows;
		}
	}
	return best;
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
	Judged *judged;
	Threshold at;

	if (objective != TRAIN_LOGISTIC)
	{
		append_regression(out, margin, label, rows);
		return;
	}
	judged = sorted_rows(margin, label, rows);
	at = best_threshold(judged, rows);
	appendStringInfo(out,
					 "\"log_loss\": " METRIC_FORMAT ", \"auc\": " METRIC_FORMAT
					 ", \"threshold\": " METRIC_FORMAT ", \"accuracy\": " METRIC_FORMAT
					 ", \"precision\": " METRIC_FORMAT ", \"recall\": " METRIC_FORMAT
					 ", \"f1\": " METRIC_FORMAT,
					 jorge_learn_loss(objective, margin, label, rows), area(judged, rows),
					 at.threshold, at.accuracy, at.precision, at.recall, at.f1);
	pfree(judged);
}
