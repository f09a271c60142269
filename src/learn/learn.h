/*
 * learn.h: door of jorge_learn, the library that trains forests.
 *
 * The way of a training: params.c reads the options, source.c runs the caller's query, frame.c
 * holds its rows as one matrix and puts them in an order that depends on their content only;
 * folds.c deals them; boost.c and cross_validate.c train, a round at a time by
 * grow.c, through xgboost.c, the only file that calls libxgboost; metrics.c and calibrate.c judge
 * the result, report.c tells of it. encode.c makes indicators of text columns.
 */
#ifndef JORGE_LEARN_H
#define JORGE_LEARN_H

#include "core/api.h"

/* What the serving library lends, loading it if need be. ERROR if it is of another version. */
extern const JorgeApi *jorge_learn_api(void);

#endif
