/*
 * boost.h: boosting rounds on a frame.
 */
#ifndef JORGE_LEARN_BOOST_H
#define JORGE_LEARN_BOOST_H

#include "learn/calibrate.h"
#include "learn/folds.h"
#include "learn/frame.h"
#include "learn/metrics.h"
#include "learn/params.h"
#include "learn/xgboost.h"

typedef struct TrainResult
{
	XgbHandle booster; /* holds the kept rounds only */
	int rounds;        /* kept */
	double base_score; /* used */
	Size trained_rows; /* that the kept trees were trained on */
	Size judged_rows;  /* held out, or out of fold; 0 = none */
	char *metrics;     /* JSON object over the judged rows; "{}" without any */
	bool calibrates;   /* there are judged rows, and a calibration was asked for */
	Calibration calibration;
	double
		disagreement; /* mean variance of the margin that the folds' models imply; NAN = not told */
} TrainResult;

/* Train on a sorted frame, with its held-out rows behind; folds is NULL unless cross-validating. */
extern void jorge_learn_boost(XgbSession *session, TrainFrame *frame, const Folds *folds,
							  const TrainParams *params, TrainResult *result);

/* ---- for cross_validate.c ---- */

/* Rows of the frame as XGBoost holds them */
typedef struct Part
{
	XgbHandle matrix;
	const float *labels;
	const bool *event;    /* NULL unless some times are last looks */
	const float *weights; /* of the rows; NULL = 1 */
	Size rows;
} Part;

/*
 * The prediction a forest starts from: what the caller said, else the mean of the labels that the
 * model trains on (all where folds is NULL), a positive counting scale_pos_weight times. XGBoost's
 * own default differs between versions.
 */
extern double jorge_learn_start(const TrainParams *params, const Part *part, const Folds *folds,
								int model);

/* Booster for a part, and for another one if its predictions are wanted too */
extern XgbHandle jorge_learn_booster(XgbSession *session, const TrainFrame *frame,
									 const TrainParams *params, const Part *part, const Part *other,
									 double base_score);

/* Train a round on the rows of a part by their weights; base_score is what the booster starts from.
 */
extern void jorge_learn_grow(const TrainParams *params, XgbHandle booster, int round,
							 const Part *part, double base_score);

/* Are all trees of this forest grown in one round? */
extern bool jorge_learn_is_one_round(const TrainParams *params);

/* Weight of each row by its class; NULL where all weigh 1 */
extern float *jorge_learn_class_weights(const TrainParams *params, const TrainFrame *frame);

/* Loss of predictions; ERROR if training has left the range of float. */
extern double jorge_learn_finite_loss(const TrainParams *params, const JudgedMargins *judged);

/* Begin a phase; folds is the number of models trained side by side, 1 = one. */
extern void jorge_learn_start_phase(int phase, int64 total, int folds);
extern void jorge_learn_report_loss(double loss);

/* Judge predictions of rows not trained on: metrics and calibration. */
extern void jorge_learn_judge(const TrainParams *params, const JudgedRows *judged,
							  const bool *event, TrainResult *result);

/*
 * Cross-validate: find the number of rounds, and judge them. The matrix's weights are changed.
 */
extern void jorge_learn_cross_validate(XgbSession *session, const TrainFrame *frame,
									   const Folds *folds, const TrainParams *params,
									   const Part *all, TrainResult *result);

/*
 * Is a number of rounds one that a notice tells of? Later ones are alike. The training loss is
 * computed for these only.
 */
static inline bool
jorge_learn_tells(int rounds)
{
	return rounds % (rounds <= 50 ? 10 : 50) == 0;
}

#endif
