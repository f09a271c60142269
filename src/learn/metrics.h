/*
 * metrics.h: how well margins predict labels.
 */
#ifndef JORGE_LEARN_METRICS_H
#define JORGE_LEARN_METRICS_H

#include "learn/params.h"

/* Rows with what a model says of them */
typedef struct JudgedMargins
{
	const float *margin; /* params->classes a row */
	const float *label;
	const bool *event; /* is a time the end? NULL = always */
	Size rows;
} JudgedMargins;

/*
 * What training minimises and early stopping watches: mean log loss in nats (of classes too), root
 * mean squared error on the label's scale, or the mean negative log-likelihood of times.
 */
extern double jorge_learn_loss(const TrainParams *params, const JudgedMargins *judged);
extern const char *jorge_learn_loss_name(TrainObjective objective);

/*
 * Append members of a JSON object (without braces). binary:logistic, by the definitions of
 * jorge.classification(): log_loss, brier, auc, average_precision, ece, ks, and at the threshold of
 * the best F1: threshold, accuracy, precision, recall, f1, mcc. reg:squarederror: rmse, mae, r2,
 * and where all labels are above 0 mape, mdape, within_5, within_10, within_20. multi:softprob:
 * log_loss, accuracy, and the means over classes of precision, recall and F1. survival:aft: nll and
 * concordance (Harrell's).
 */
extern void jorge_learn_metrics_json(StringInfo out, const TrainParams *params,
									 const JudgedMargins *judged);

/* Append uncalibrated_log_loss and uncalibrated_ece, after other members. */
extern void jorge_learn_uncalibrated_json(StringInfo out, const float *margin, const float *label,
										  Size rows);

#endif
