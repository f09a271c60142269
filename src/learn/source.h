/*
 * source.h: reading the rows of a training from the caller's own query.
 */
#ifndef JORGE_LEARN_SOURCE_H
#define JORGE_LEARN_SOURCE_H

#include "learn/frame.h"
#include "learn/params.h"

#include "tcop/dest.h"

/* What the query gave, beside the frame */
typedef struct TrainSource
{
	TrainFrame *frame;
	int64 rows_read;
	int64 unlabelled;          /* rows skipped because the label is missing */
	Size positives;            /* rows whose label is 1; 0 where there is no such label */
	Size ends;                 /* rows whose time is the end */
	struct TextColumn *labels; /* of classes, in order; NULL = the label is a number */
} TrainSource;

/*
 * Run the query, with the caller's rights and a read-only snapshot, and collect its rows. Errors:
 * 42601 not one SELECT; 42703 no such column; 42702 the label is ambiguous; 42701 two features of
 * one name; 42804 a column is no number and no text; 22003 infinite; 22023 a label out of range;
 * 53200 too much memory.
 */
extern void jorge_learn_source_read(MemoryContext mcxt, const char *query, const char *label,
									const TrainParams *params, TrainSource *source);

/*
 * Run a query, with the caller's rights and a read-only snapshot, and send its rows. ERROR 42601
 * unless it is one SELECT.
 */
extern void jorge_learn_query(const char *query, DestReceiver *receiver);

#endif
