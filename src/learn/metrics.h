/*
 * metrics.h: how well margins predict labels.
 */
#ifndef JORGE_LEARN_METRICS_H
#define JORGE_LEARN_METRICS_H

#include "learn/params.h"

/*
 * What training minimises and early stopping watches: mean log loss in nats, or root mean squared
 * error on the label's scale.
 */
extern double jorge_learn_loss(TrainObjective objective, const float *margin, const float *label,
							   Size rows);
extern const char *jorge_learn_loss_name(TrainObjective objective);

/*
 * Append members of a JSON object (without braces). binary:logistic, by the definitions of
 * jorge.classification(): log_loss, brier, auc, average_precision, ece, ks, and at the threshold of
 * the best F1: threshold, accuracy, precision, recall, f1, mcc. reg:squarederror: rmse, mae, r2.
 */
extern void jorge_learn_metrics_json(StringInfo out, TrainObjective objective, const float *margin,
									 const float *label, Size rows);

/* Append uncalibrated_log_loss and uncalibrated_ece, after other members. */
extern void jorge_learn_uncalibrated_json(StringInfo out, const float *margin, const float *label,
										  Size rows);

#endif
