/*
 * frame.h: the rows of a training, as one row-major float matrix.
 *
 * Rows come in the order the query gives them. jorge_learn_frame_sort() puts them in an order that
 * depends on their content only, so that the same rows make the same forest however they were read;
 * jorge_learn_frame_hold_out() then moves held-out rows behind.
 */
#ifndef JORGE_LEARN_FRAME_H
#define JORGE_LEARN_FRAME_H

/* A column that the query gives */
typedef struct TrainColumn
{
	char *name;
	struct TextColumn *text; /* NULL = numbers */
	int first;               /* feature it became, or the first of its indicators */
	int features;
	int *feature; /* of texts, by place in the dictionary; -1 = none */
} TrainColumn;

typedef struct TrainFrame
{
	MemoryContext mcxt;
	char **names; /* of the columns */
	int columns;
	TrainColumn *sources;
	int nsources;
	float *x; /* rows * columns, NAN = missing */
	float *y;
	bool *event;   /* is y the end, not only the last look? NULL = always */
	int classes;   /* y is 0 ... classes - 1; 1 = a number */
	char **labels; /* names of the classes; NULL = none, or 0 and 1 */
	bool has_time;
	double *time; /* orders rows for the folds; NULL = no such column */
	Size rows;
	Size train_rows; /* rows[0 .. train_rows) are trained on, the rest is held out */

	Size capacity;
	Size max_rows;  /* as many as the memory limit allows */
	int indicators; /* columns of 0 and 1, for the estimate, as the next two */
	int max_depth;
	int boosters; /* that are trained side by side */
	bool has_event;
	int64 limit_bytes;
} TrainFrame;

/* Frame for these columns; names stay the caller's. max_depth is the depth of the trees to be
 * trained, boosters how many forests at a time. */
extern TrainFrame *jorge_learn_frame_make(MemoryContext mcxt, char **names, int columns,
										  bool has_time, int max_depth, int boosters, int limit_kb);

/*
 * Room for the values of the next row, which counts once jorge_learn_frame_add() gives its label.
 * ERROR 53200 if training on one row more would take more memory than the limit.
 */
extern float *jorge_learn_frame_room(TrainFrame *frame);
extern void jorge_learn_frame_add(TrainFrame *frame, float label, double time, bool event);

/* Prepare for so many columns: the caller makes them. ERROR 53200 if that takes too much memory. */
extern void jorge_learn_frame_widen(TrainFrame *frame, int columns);

/* Groups of rows that a split deals evenly: classes, ends and last looks, or all rows */
extern int jorge_learn_frame_strata(const TrainFrame *frame);

static inline int
jorge_learn_frame_stratum(const TrainFrame *frame, Size row)
{
	if (frame->event != NULL)
		return frame->event[row];
	return frame->classes > 1 ? (int) frame->y[row] : 0;
}

/* Bytes that training on so many rows takes at its peak */
extern double jorge_learn_frame_estimate(const TrainFrame *frame, Size rows);

/* Order the rows by content. */
extern void jorge_learn_frame_sort(TrainFrame *frame);

/*
 * Hold out a share of each stratum of a sorted frame, or, where rows have a time, the newest share
 * of all. Where a stratum has one row only, or the share is 0, nothing is held out.
 */
extern void jorge_learn_frame_hold_out(TrainFrame *frame, double share, uint64 seed);

/*
 * Draw the next number of a splitmix64 sequence (Steele, Lea and Flood 2014): own, so that a split
 * is the same on every platform.
 */
extern uint64 jorge_learn_random(uint64 *state);

#endif
