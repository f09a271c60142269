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
	TRAIN_LOGISTIC,      /* binary:logistic */
	TRAIN_SQUARED_ERROR, /* reg:squarederror */
	TRAIN_CLASSES,       /* multi:softprob */
	TRAIN_TIME           /* survival:aft */
} TrainObjective;

typedef enum TrainBooster
{
	TRAIN_BOOSTING, /* trees, each learning from what those before it left */
	TRAIN_FOREST,   /* trees side by side: one round of num_parallel_tree */
	TRAIN_LINEAR    /* gblinear, by coordinate descent */
} TrainBooster;

/* Distribution of the logarithm of times, about their prediction */
typedef enum TrainDistribution
{
	TRAIN_NORMAL,
	TRAIN_LOGISTIC_TIME,
	TRAIN_EXTREME
} TrainDistribution;

/* One member of an option that is an object */
typedef struct NamedNumber
{
	char *name;
	double number;
} NamedNumber;

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
	TrainBooster booster;
	double trees;     /* of a random forest */
	double reg_alpha; /* L1, of a linear model */
	bool refit;
	char *event; /* column that tells whether a time is the end or only the last look; NULL = all
					are ends */
	TrainDistribution distribution; /* of the times */
	double scale;                   /* of that distribution */
	bool balanced;                  /* classes weigh alike */
	List *class_weights;            /* of NamedNumber *, by label */
	List *monotone;                 /* of NamedNumber *, by feature: 1 rising, -1 falling */
	double category_rows; /* fewest rows of a value of a text column that gets an indicator */
	uint64 given;         /* options that the caller named, a bit each */
	int classes;          /* found in the label; margins a row has */
	char *time;           /* column that orders the rows in time; NULL = none */
	char *calibration;    /* auto, affine, isotonic or none */
	bool quiet;
	List *features;  /* of char *; NIL = every column but the label */
	List *protected; /* of char *; protected features that may be used */
} TrainParams;

/* Read and check the options; ERROR 22023 names the bad one. Strings are in the current memory
 * context. */
extern void jorge_learn_params_read(Jsonb *json, TrainParams *params);

extern const char *jorge_learn_objective_name(TrainObjective objective);

/*
 * Fit the sizes of a model to how much there is to learn from, where the caller didn't name them:
 * what jorge.train_model() does. informative is the number of rows of the rarer outcome, of seen
 * ends, or a quarter of the rows of an amount.
 */
extern void jorge_learn_params_fit(TrainParams *params, double informative);

/* Append the options that shape a forest as a JSON object, in a fixed order. */
extern void jorge_learn_params_json(StringInfo out, const TrainParams *params);

/* Append a number in its shortest exact form, as JSON and XGBoost read it. */
extern void jorge_learn_append_number(StringInfo out, double number);

#endif
