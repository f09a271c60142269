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

/*
 * Log loss of one row of several classes
 */
static double
row_class_loss(const float *margins, int classes, int label)
{
	double most = margins[0];
	double sum = 0;

	for (int c = 1; c < classes; c++)
		most = Max(most, (double) margins[c]);
	for (int c = 0; c < classes; c++)
		sum += exp(margins[c] - most);
	return log(sum) - (margins[label] - most);
}

/* XGBoost's floor under a likelihood */
#define LEAST_LIKELIHOOD 1e-12

/*
 * Negative log-likelihood of a time, as XGBoost's aft-nloglik: margin is the predicted logarithm
 */
static double
row_time_loss(const TrainParams *params, float margin, float time, bool ended)
{
	double z = (log(time) - margin) / params->scale;
	double likelihood;

	switch (params->distribution)
	{
		case TRAIN_NORMAL:
			likelihood = ended ? exp(-z * z / 2) / sqrt(2 * M_PI) : erfc(z / M_SQRT2) / 2;
			break;
		case TRAIN_LOGISTIC_TIME:
			likelihood = ended ? 1 / ((1 + exp(z)) * (1 + exp(-z))) : 1 / (1 + exp(z));
			break;
		default:
			likelihood = ended ? exp(z - exp(z)) : exp(-exp(z));
	}
	if (ended)
		likelihood /= params->scale * time;
	return -log(Max(likelihood, LEAST_LIKELIHOOD));
}

double
jorge_learn_loss(const TrainParams *params, const JudgedMargins *judged)
{
	const float *margin = judged->margin;
	const float *label = judged->label;
	double sum = 0;

	for (Size r = 0; r < judged->rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		switch (params->objective)
		{
			case TRAIN_LOGISTIC:
				sum += row_log_loss(margin[r], label[r] != 0);
				break;
			case TRAIN_SQUARED_ERROR:
				sum += ((double) margin[r] - label[r]) * ((double) margin[r] - label[r]);
				break;
			case TRAIN_CLASSES:
				sum +=
					row_class_loss(margin + r * params->classes, params->classes, (int) label[r]);
				break;
			case TRAIN_TIME:
				sum += row_time_loss(params, margin[r], label[r],
									 judged->event == NULL || judged->event[r]);
		}
	}
	return params->objective == TRAIN_SQUARED_ERROR ? sqrt(sum / judged->rows) : sum / judged->rows;
}

const char *
jorge_learn_loss_name(TrainObjective objective)
{
	static const char *const names[] = {"log loss", "RMSE", "log loss", "negative log-likelihood"};

	return names[objective];
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
	scores->at =
		MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(Score), Max(rows, 1)));
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

static int
compare_errors(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
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

/*
 * Append the shares of relative errors, by the definitions of jorge.regression()
 */
static void
append_relative(StringInfo out, const float *margin, const float *label, Size rows)
{
	double *error = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(double), rows));
	static const double bounds[] = {0.05, 0.10, 0.20};
	double sum = 0;

	for (Size r = 0; r < rows; r++)
	{
		error[r] = label[r] > 0 ? fabs((double) margin[r] - label[r]) / label[r] : NAN;
		sum += error[r];
		if (isnan(sum))
			break;
	}
	if (!isnan(sum))
	{
		qsort(error, rows, sizeof(double), compare_errors);
		append_figure(out, "mape", sum / rows);
		append_figure(out, "mdape", (error[(rows - 1) / 2] + error[rows / 2]) / 2);
		for (int b = 0; b < lengthof(bounds); b++)
		{
			Size within = 0;

			while (within < rows && error[within] <= bounds[b])
				within++;
			append_figure(out, psprintf("within_%d", (int) rint(100 * bounds[b])),
						  within / (double) rows);
		}
	}
	pfree(error);
}

/*
 * Append the metrics of several classes
 */
static void
append_classes(StringInfo out, const TrainParams *params, const JudgedMargins *judged)
{
	int k = params->classes;
	double *right = palloc0(sizeof(double) * k);
	double *called = palloc0(sizeof(double) * k);
	double *there = palloc0(sizeof(double) * k);
	double hits = 0;
	double precision = 0;
	double recall = 0;
	double f1 = 0;

	for (Size r = 0; r < judged->rows; r++)
	{
		const float *margins = judged->margin + r * k;
		int best = 0;

		CHECK_FOR_INTERRUPTS();
		for (int c = 1; c < k; c++)
			if (margins[c] > margins[best])
				best = c;
		called[best]++;
		there[(int) judged->label[r]]++;
		if (best == (int) judged->label[r])
		{
			right[best]++;
			hits++;
		}
	}
	for (int c = 0; c < k; c++)
	{
		precision += called[c] > 0 ? right[c] / called[c] / k : 0;
		recall += there[c] > 0 ? right[c] / there[c] / k : 0;
		f1 += called[c] + there[c] > 0 ? 2 * right[c] / (called[c] + there[c]) / k : 0;
	}
	appendStringInfo(out, "\"log_loss\": " METRIC_FORMAT, jorge_learn_loss(params, judged));
	append_figure(out, "accuracy", hits / judged->rows);
	append_figure(out, "precision", precision);
	append_figure(out, "recall", recall);
	append_figure(out, "f1", f1);
}

/* A row for concordance: by time, ends before last looks at the same time */
typedef struct Lifetime
{
	float time;
	float margin;
	bool ended;
	uint32 rank; /* of the margin, from 1 */
} Lifetime;

static int
by_margin(const void *a, const void *b)
{
	const Lifetime *x = a;
	const Lifetime *y = b;

	return (x->margin > y->margin) - (x->margin < y->margin);
}

static int
by_time(const void *a, const void *b)
{
	const Lifetime *x = a;
	const Lifetime *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (int) y->ended - (int) x->ended;
}

static double
count_to(const int64 *tree, uint32 rank)
{
	int64 sum = 0;

	for (; rank > 0; rank &= rank - 1)
		sum += tree[rank];
	return (double) sum;
}

/*
 * Share of the pairs whose earlier time is an end in which the earlier one was predicted earlier
 * (Harrell et al. 1982); equal predictions count half, equal times that are both ends are no pair.
 * In order of time from the last, counting ranks in a Fenwick tree.
 */
static double
concordance(const JudgedMargins *judged)
{
	Size n = judged->rows;
	Lifetime *rows = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(Lifetime), n));
	int64 *tree = MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(int64), n + 1));
	double later = 0;
	double pairs = 0;
	double right = 0;
	Size added = n;

	for (Size r = 0; r < n; r++)
		rows[r] = (Lifetime){judged->label[r], judged->margin[r],
							 judged->event == NULL || judged->event[r], 0};
	qsort(rows, n, sizeof(Lifetime), by_margin);
	for (Size r = 0; r < n; r++)
		rows[r].rank =
			r > 0 && rows[r].margin == rows[r - 1].margin ? rows[r - 1].rank : (uint32) r + 1;
	qsort(rows, n, sizeof(Lifetime), by_time);
	memset(tree, 0, sizeof(int64) * (n + 1));
	for (Size r = n; r-- > 0;)
	{
		CHECK_FOR_INTERRUPTS();
		if (!rows[r].ended)
			continue;
		/* rows of later times, and last looks at this time */
		while (added > 0 && (rows[added - 1].time > rows[r].time ||
							 (rows[added - 1].time == rows[r].time && !rows[added - 1].ended)))
		{
			added--;
			for (Size place = rows[added].rank; place <= n; place += place & -place)
				tree[place]++;
			later++;
		}
		pairs += later;
		right += later - count_to(tree, rows[r].rank) +
				 (count_to(tree, rows[r].rank) - count_to(tree, rows[r].rank - 1)) / 2;
	}
	pfree(rows);
	pfree(tree);
	return pairs > 0 ? right / pairs : NAN;
}

void
jorge_learn_metrics_json(StringInfo out, const TrainParams *params, const JudgedMargins *judged)
{
	switch (params->objective)
	{
		case TRAIN_LOGISTIC:
			append_classification(out, judged->margin, judged->label, judged->rows);
			break;
		case TRAIN_SQUARED_ERROR:
			append_regression(out, judged->margin, judged->label, judged->rows);
			append_relative(out, judged->margin, judged->label, judged->rows);
			break;
		case TRAIN_CLASSES:
			append_classes(out, params, judged);
			break;
		case TRAIN_TIME:
			appendStringInfo(out, "\"nll\": " METRIC_FORMAT, jorge_learn_loss(params, judged));
			append_figure(out, "concordance", concordance(judged));
	}
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
