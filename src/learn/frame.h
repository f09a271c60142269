/*
 * frame.h: the rows of a training, as one row-major float matrix.
 *
 * Rows come in the order the query gives them. jorge_learn_frame_arrange() puts them in an order
 * that depends on their content and the seed only, training rows first and held-out rows behind, so
 * that the same rows make the same forest however they were read.
 */
#ifndef JORGE_LEARN_FRAME_H
#define JORGE_LEARN_FRAME_H

typedef struct TrainFrame
{
	MemoryContext mcxt;
	char **names; /* of the columns */
	int columns;
	float *x; /* rows * columns, NAN = missing; NULL once released */
	float *y;
	Size rows;
	Size train_rows; /* rows[0 .. train_rows) are trained on, the rest is held out */

	Size capacity;
	Size max_rows; /* as many as the memory limit allows */
	int max_depth; /* both for the estimate */
	int64 limit_bytes;
} TrainFrame;

/* Frame for these columns; names stay the caller's. max_depth is the depth of the trees to be
 * trained. */
extern TrainFrame *jorge_learn_frame_make(MemoryContext mcxt, char **names, int columns,
										  int max_depth, int limit_kb);

/*
 * Room for the values of the next row, which counts once jorge_learn_frame_add() gives its label.
 * ERROR 53200 if training on one row more would take more memory than the limit.
 */
extern float *jorge_learn_frame_room(TrainFrame *frame);
extern void jorge_learn_frame_add(TrainFrame *frame, float label);

/* Bytes that training on so many rows takes at its peak */
extern double jorge_learn_frame_estimate(const TrainFrame *frame, Size rows);

/*
 * Order the rows and hold out a share of each class (of all rows unless by_class). Where a class
 * has one row only, or the share is 0, nothing is held out.
 */
extern void jorge_learn_frame_arrange(TrainFrame *frame, double share, bool by_class, uint64 seed);

/* Give back the matrix; labels stay. */
extern void jorge_learn_frame_release(TrainFrame *frame);

#endif
