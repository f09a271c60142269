/*
 * params.h: the options of one training.
 */
#ifndef JORGE_LEARN_PARAMS_H
#define JORGE_LEARN_PARAMS_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/jsonb.h"

typedef enum TrainObjective
{
	TRAIN_LOGISTIC,     /* binary:logistic */
	TRAIN_SQUARED_ERROR /* reg:squarederror */
} TrainObjective;

typedef struct TrainParams
{
	TrainObjective objective;
	double rounds;
	double max_depth;
	double learning_rate;
	double subsample;
	double colsample;
	double min_child_weight;
	double reg_lambda;
	double gamma;
	double scale_pos_weight;
	double base_score;     /* on the scale of the label; NAN = mean of the labels */
	double early_stopping; /* rounds without a better validation loss; 0 = off */
	double cv;             /* folds of the cross-validation; 0 = none */
	double validation;     /* share of rows held out instead; 0 = none */
	double seed;
	bool refit;
	char *time;        /* column that orders the rows in time; NULL = none */
	char *calibration; /* auto, affine, isotonic or none */
	bool quiet;
	List *features;  /* of char *; NIL = every column but the label */
	List *protected; /* of char *; protected features that may be used */
} TrainParams;

/* Read and check the options; ERROR 22023 names the bad one. Strings are in the current memory
 * context. */
extern void jorge_learn_params_read(Jsonb *json, TrainParams *params);

extern const char *jorge_learn_objective_name(TrainObjective objective);

/* Append the options that shape a forest as a JSON object, in a fixed order. */
extern void jorge_learn_params_json(StringInfo out, const TrainParams *params);

/* Append a number in its shortest exact form, as JSON and XGBoost read it. */
extern void jorge_learn_append_number(StringInfo out, double number);

#endif
