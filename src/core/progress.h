/*
 * progress.h: progress of long work, shown live in the view jorge.progress.
 *
 * Uses the server's own progress slots (those of pg_stat_progress_*), under a command number of ours,
 * so it needs no preloading, costs no lock, and is cleared by the server when the statement ends or fails.
 */
#ifndef JORGE_PROGRESS_H
#define JORGE_PROGRESS_H

#include "utils/backend_progress.h"

/* Outside the server's own ProgressCommandType values, which pg_stat_progress_* select by. */
#define JORGE_PROGRESS_COMMAND ((ProgressCommandType) 7041)

/* What is being done; shown as text by jorge.progress. Append only. */
typedef enum JorgeProgressTask
{
	JORGE_TASK_TRAIN = 1,
	JORGE_TASK_SCORE = 2
} JorgeProgressTask;

/* Positions in the slot's parameters */
#define JORGE_PROGRESS_TASK 0
#define JORGE_PROGRESS_PHASE 1		 /* task's own phase number */
#define JORGE_PROGRESS_DONE 2		 /* units done in this phase */
#define JORGE_PROGRESS_TOTAL 3		 /* units expected, 0 = unknown */
#define JORGE_PROGRESS_METRIC 4		 /* task's latest metric times 1e9, 0 = none yet */
#define JORGE_PROGRESS_STARTED_AT 5	 /* TimestampTz */
#define JORGE_PROGRESS_FOLDS 6		 /* models a round is trained for, one unit each; 0 = no rounds */
#define JORGE_PROGRESS_PHASE_AT 7	 /* TimestampTz of the phase's begin, 0 = not told */

/* Phases of JORGE_TASK_TRAIN */
#define JORGE_TRAIN_READING 1
#define JORGE_TRAIN_BUILDING 2
#define JORGE_TRAIN_BOOSTING 3
#define JORGE_TRAIN_REFITTING 4
#define JORGE_TRAIN_CROSS_VALIDATING 5

/* Phases of JORGE_TASK_SCORE; done and total count the leads of the whole run */
#define JORGE_SCORE_SCORING 1
#define JORGE_SCORE_WRITING 2

#endif
