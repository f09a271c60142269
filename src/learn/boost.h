/*
 * boost.h: boosting rounds on a frame.
 */
#ifndef JORGE_LEARN_BOOST_H
#define JORGE_LEARN_BOOST_H

#include "learn/frame.h"
#include "learn/params.h"
#include "learn/xgboost.h"

typedef struct TrainResult
{
	XgbHandle booster; /* holds the kept rounds only */
	int rounds;        /* kept */
	double base_score; /* used */
	Size trained_rows; /* that the kept trees were trained on */
	char *metrics;     /* JSON object over the held-out rows; "{}" without any */
} TrainResult;

/* Train on an arranged frame, whose matrix is released on the way. */
extern void jorge_learn_boost(XgbSession *session, TrainFrame *frame, const TrainParams *params,
							  TrainResult *result);

#endif
