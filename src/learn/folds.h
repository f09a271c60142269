/*
 * folds.h: which model of a cross-validation trains on which rows, and which one it is judged on.
 *
 * By chance: rows are dealt into as many parts as there are models, each class evenly; a model is
 * judged on one part and trained on the others. By time: there is one part more, each newer than
 * the one before; the first model trains on the oldest part and is judged on the next one, the
 * last one trains on all but the newest part and is judged on that. So no model is judged on rows
 * older than those it has learnt from, and the oldest part is judged by none.
 */
#ifndef JORGE_LEARN_FOLDS_H
#define JORGE_LEARN_FOLDS_H

#include "learn/frame.h"

typedef struct Folds
{
	int models; /* 0 = too few rows */
	bool by_time;
	uint8 *part; /* by row of the sorted frame */
	Size judged; /* rows that some model is judged on */
} Folds;

#define JUDGED_BY_NONE (-1)

/*
 * Deal the rows of a sorted frame. Makes fewer models than wanted where a stratum or the times are
 * too few for it.
 */
extern void jorge_learn_folds_deal(const TrainFrame *frame, int wanted, uint64 seed, Folds *folds);

static inline bool
jorge_learn_folds_trains(const Folds *folds, int model, Size row)
{
	return folds->by_time ? folds->part[row] <= model : folds->part[row] != model;
}

/* Model that is judged on a row */
static inline int
jorge_learn_folds_judge(const Folds *folds, Size row)
{
	return folds->by_time ? folds->part[row] - 1 : folds->part[row];
}

#endif
