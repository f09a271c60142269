/*
 * rows.c: the state of aggregates that need all their rows.
 */
#include "core/jorge.h"

#include "stats/rows.h"

JORGE_FUNCTION(jorge_rows_combine);

#define FIRST_ROOM 64
#define MAX_STATE ((Size) 512 * 1024 * 1024)

static Size
size_for(int32 width, int64 n)
{
	return offsetof(Rows, data) + n * width * sizeof(double);
}

/*
 * State with room for some rows, and the rows of an older one
 */
static Rows *
make(int32 tag, int32 width, int64 room, const Rows *older)
{
	Size size = size_for(width, room);
	Rows *rows;

	if (size > MAX_STATE)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many rows for one fit"),
						errhint("Take a sample of them.")));
	rows = palloc0(size);
	if (older != NULL)
		memcpy(rows, older, size_for(width, older->n));
	SET_VARSIZE(rows, size);
	rows->tag = tag;
	rows->width = width;
	return rows;
}

/*
 * State with room for more rows of a kind, perhaps another one, in the aggregate's memory
 */
static Rows *
reserve(FunctionCallInfo fcinfo, Rows *rows, int32 tag, int32 width, int32 more)
{
	MemoryContext mcxt, caller;

	if (!AggCheckCallContext(fcinfo, &mcxt))
		elog(ERROR, "aggregate function called outside of its aggregate");
	if (rows != NULL && (rows->tag != tag || rows->width != width))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the rows differ in kind"),
						errhint("Arguments that are no data must be the same in all rows, and arrays equally long.")));
	if (rows != NULL && size_for(width, (int64) rows->n + more) <= VARSIZE(rows))
		return rows;
	caller = MemoryContextSwitchTo(mcxt);
	rows = rows == NULL ? make(tag, width, Max(more, FIRST_ROOM), NULL) : make(tag, width, 2 * ((int64) rows->n + more), rows);
	MemoryContextSwitchTo(caller);
	return rows;
}

Rows *
jorge_rows_add(FunctionCallInfo fcinfo, int32 tag, int32 width, double **row)
{
	Rows *rows = PG_ARGISNULL(0) ? NULL : (Rows *) PG_GETARG_POINTER(0);

	rows = reserve(fcinfo, rows, tag, width, 1);
	*row = rows->data + (Size) rows->n++ * width;
	return rows;
}

Datum
jorge_rows_combine(PG_FUNCTION_ARGS)
{
	Rows *rows = PG_ARGISNULL(0) ? NULL : (Rows *) PG_GETARG_POINTER(0);
	const Rows *other = PG_ARGISNULL(1) ? NULL : (const Rows *) PG_GETARG_POINTER(1);

	if (other != NULL)
	{
		rows = reserve(fcinfo, rows, other->tag, other->width, other->n);
		memcpy(rows->data + (Size) rows->n * rows->width, other->data, (Size) other->n * other->width * sizeof(double));
		rows->n += other->n;
	}
	if (rows == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(rows);
}

static int
compare(const void *a, const void *b, void *width)
{
	const double *x = a;
	const double *y = b;

	for (int i = 0; i < *(int32 *) width; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

Rows *
jorge_rows_sorted(FunctionCallInfo fcinfo)
{
	Rows *rows = PG_ARGISNULL(0) ? NULL : (Rows *) PG_GETARG_POINTER(0);

	if (rows != NULL)
		qsort_arg(rows->data, rows->n, rows->width * sizeof(double), compare, &rows->width);
	return rows;
}
