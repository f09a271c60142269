/*
 * rows.h: rows of doubles collected by an aggregate whose final function needs all of them.
 *
 * The state is a bytea with room to spare, so it crosses to the leader of a parallel plan as it is.
 * Sort the rows before anything is summed, and the result depends on no order.
 */
#ifndef JORGE_ROWS_H
#define JORGE_ROWS_H

#include "fmgr.h"

typedef struct Rows
{
	int32 vl_len_;
	int32 tag; /* the aggregate's own: what the rows are */
	int32 width;
	int32 n;
	double data[FLEXIBLE_ARRAY_MEMBER];
} Rows;

/* State with one more row, whose values are to be written to *row. ERROR 22023 if tag or width differ
 * from the rows before, 54000 beyond half a gigabyte. */
extern Rows *jorge_rows_add(FunctionCallInfo fcinfo, int32 tag, int32 width, double **row);

/* Argument 0 of a final function, its rows in order; NULL where there are none */
extern Rows *jorge_rows_sorted(FunctionCallInfo fcinfo);

#endif
