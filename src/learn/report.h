/*
 * report.h: what a training tells of its data and its model, beside the forest: for the registry.
 */
#ifndef JORGE_LEARN_REPORT_H
#define JORGE_LEARN_REPORT_H

#include "learn/boost.h"
#include "learn/source.h"

/* Fewest rows of each outcome, of seen ends, and of an amount, that a model is made from */
#define ENOUGH_OUTCOMES CALIBRATION_OUTCOMES
#define ENOUGH_AMOUNTS 30

/*
 * Is there enough to learn from? If so, returns NULL and in *informative how much (see
 * jorge_learn_params_fit()); else why not, for people.
 */
extern char *jorge_learn_not_enough(const TrainSource *source, const TrainParams *params,
									const char *label, double *informative);

/* What identifies the rows of a sorted frame: 32 hexadecimal digits */
extern char *jorge_learn_data_hash(const TrainFrame *frame, const char *label);

/* Append the array that jorge.model.features holds; forest is the trained value, 0 = without SHAP
 * values. */
extern void jorge_learn_features_json(StringInfo out, const TrainFrame *frame,
									  const TrainParams *params, XgbHandle booster, Datum forest);

#endif
