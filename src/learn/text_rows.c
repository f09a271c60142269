/*
 * text_rows.c: reading, ordering and packing the rows of a text training, within the memory limit.
 */
#include "core/jorge.h"

#include "learn/text_rows.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "core/progress.h"
#include "executor/tuptable.h"
#include "learn/learn.h"
#include "learn/source.h"
#include "utils/builtins.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define ROWS_AT_FIRST 1024
#define CELLS_AT_FIRST 262144
#define RESERVE_LEAST 16384
#define PROGRESS_EVERY 1000

/*
 * Bytes at the peak: a cell is a column and a value; a row has its own data here (45), its place in
 * order, sort and folds (32), margin, label and curvature in a fit, and what cross-validation keeps
 * of it (80); a column has its number, its count and one double in each of a fit's vectors and the
 * folds' solutions.
 */
#define BYTES_PER_CELL 8
#define BYTES_PER_ROW 160
#define VECTORS 8
#define BYTES_FIXED (4 * 1024 * 1024)

typedef struct Reader
{
	DestReceiver receiver; /* first */
	TextRows *rows;
	const TextParams *params;
	const char *names[4];
	int attribute[4]; /* -1 = the query has none */
	Oid type[4];
	MemoryContext row_mcxt;
} Reader;

enum
{
	LABEL,
	MESSAGE,
	TIME,
	EMBEDDING
};

static double
estimate(const TextRows *rows, Size nrows, Size cells)
{
	double columns = Min(ldexp(1, rows->bits) + rows->embedding, (double) cells);

	return BYTES_FIXED + (double) cells * BYTES_PER_CELL + (double) nrows * BYTES_PER_ROW +
		   ldexp(1, rows->bits) * 4 + columns * (4 + 8.0 * (VECTORS + rows->folds));
}

pg_noreturn static void
refuse_memory(const TextRows *rows, Size nrows, Size cells)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("training would take more memory than jorge.train_memory allows"),
			 errdetail("%zu messages of %zu terms take about %.0f kB; the limit is %lld kB, and the "
					   "query has more rows.",
					   nrows, cells, ceil(estimate(rows, nrows, cells) / 1024),
					   (long long) (rows->limit_bytes / 1024)),
			 errhint("Train on fewer rows (TABLESAMPLE, a shorter period), or raise "
					 "jorge.train_memory.")));
}

/* Make room for one more row of so many cells */
static void
make_room(TextRows *rows, Size more)
{
	if (rows->cells + more > rows->cell_room)
	{
		Size reserve = Max(rows->cell_room / 2, RESERVE_LEAST);
		Size room = rows->cells + more + reserve;

		/* the nearer the limit, the less beforehand */
		for (; reserve >= RESERVE_LEAST && estimate(rows, rows->rows + 1, room) > rows->limit_bytes; reserve /= 2)
			room = rows->cells + more + reserve / 2;
		if (estimate(rows, rows->rows + 1, room) > rows->limit_bytes)
			refuse_memory(rows, rows->rows + 1, room);
		rows->column = repalloc_huge(rows->column, mul_size(sizeof(uint32), room));
		rows->value = repalloc_huge(rows->value, mul_size(sizeof(float), room));
		rows->cell_room = room;
	}
	if (rows->rows == rows->row_room)
	{
		Size room = rows->row_room * 2;

		if (estimate(rows, room, rows->cells + more) > rows->limit_bytes)
			room = rows->rows + Max(rows->rows / 16, 1);
		if (room > PG_INT32_MAX || estimate(rows, room, rows->cells + more) > rows->limit_bytes)
			refuse_memory(rows, room, rows->cells + more);
		rows->start = repalloc_huge(rows->start, mul_size(sizeof(Size), room + 1));
		rows->label = repalloc_huge(rows->label, mul_size(sizeof(float), room));
		rows->language = repalloc_huge(rows->language, room);
		rows->place = repalloc_huge(rows->place, mul_size(sizeof(int64), room));
		if (rows->time != NULL)
			rows->time = repalloc_huge(rows->time, mul_size(sizeof(double), room));
		rows->row_room = room;
	}
}

static void
make_arrays(TextRows *rows, bool has_time)
{
	rows->row_room = ROWS_AT_FIRST;
	rows->cell_room = CELLS_AT_FIRST;
	rows->start = MemoryContextAllocHuge(rows->mcxt, sizeof(Size) * (rows->row_room + 1));
	rows->label = MemoryContextAllocHuge(rows->mcxt, sizeof(float) * rows->row_room);
	rows->language = MemoryContextAllocHuge(rows->mcxt, rows->row_room);
	rows->place = MemoryContextAllocHuge(rows->mcxt, sizeof(int64) * rows->row_room);
	rows->time = has_time ? MemoryContextAllocHuge(rows->mcxt, sizeof(double) * rows->row_room) : NULL;
	rows->column = MemoryContextAllocHuge(rows->mcxt, sizeof(uint32) * rows->cell_room);
	rows->value = MemoryContextAllocHuge(rows->mcxt, sizeof(float) * rows->cell_room);
	rows->start[0] = 0;
}

/* ---- the columns of the query ---- */

static bool
fits(int role, Oid type)
{
	switch (role)
	{
		case LABEL:
			return type == BOOLOID || type == INT2OID || type == INT4OID || type == INT8OID ||
				   type == FLOAT4OID || type == FLOAT8OID || type == NUMERICOID;
		case MESSAGE:
			return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
		case TIME:
			return type == TIMESTAMPOID || type == TIMESTAMPTZOID || type == DATEOID ||
				   type == INT4OID || type == INT8OID || type == FLOAT8OID;
		default:
			return type == FLOAT4ARRAYOID;
	}
}

static void
map_columns(DestReceiver *receiver, int operation, TupleDesc desc)
{
	static const char *const wanted[] = {"boolean, or 0 and 1", "text", "a time or number",
										 "real[]: cast it with ::real[]"};
	Reader *reader = (Reader *) receiver;

	for (int role = 0; role < lengthof(wanted); role++)
	{
		reader->attribute[role] = -1;
		if (reader->names[role] == NULL)
			continue;
		for (int a = 0; a < desc->natts; a++)
			if (!TupleDescAttr(desc, a)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, a)->attname), reader->names[role]) == 0)
			{
				if (reader->attribute[role] >= 0)
					ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
									errmsg("column \"%s\" occurs twice in the query",
										   reader->names[role]),
									errhint("Give one of them another name with AS.")));
				reader->attribute[role] = a;
			}
		if (reader->attribute[role] < 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("the query has no column \"%s\"", reader->names[role]),
							errhint("Name it in the query, for example with AS %s.",
									quote_identifier(reader->names[role]))));
		reader->type[role] =
			getBaseType(TupleDescAttr(desc, reader->attribute[role])->atttypid);
		if (!fits(role, reader->type[role]))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" has type %s", reader->names[role],
								   format_type_be(reader->type[role])),
							errhint("It must be %s.", wanted[role])));
	}
	make_arrays(reader->rows, reader->names[TIME] != NULL);
}

/* ---- rows ---- */

static double
to_number(Oid type, Datum datum)
{
	switch (type)
	{
		case BOOLOID:
			return DatumGetBool(datum) ? 1 : 0;
		case INT2OID:
			return DatumGetInt16(datum);
		case INT4OID:
			return DatumGetInt32(datum);
		case INT8OID:
			return (double) DatumGetInt64(datum);
		case FLOAT4OID:
			return DatumGetFloat4(datum);
		case FLOAT8OID:
			return DatumGetFloat8(datum);
		case DATEOID:
			return DatumGetDateADT(datum);
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return (double) DatumGetTimestampTz(datum);
		default:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, datum));
	}
}

/* Elements of a row's embedding */
static const float *
read_embedding(Reader *reader, Datum datum)
{
	TextRows *rows = reader->rows;
	ArrayType *array = DatumGetArrayTypeP(datum);
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_NDIM(array) != 1 || array_contains_nulls(array) || n > TEXT_MODEL_EMBEDDING_MAX ||
		(rows->embedding != 0 && n != rows->embedding))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("embedding \"%s\" is no array of %d numbers in row %lld of the query",
						reader->names[EMBEDDING], rows->embedding == 0 ? n : rows->embedding,
						(long long) rows->rows_read),
				 errhint("All rows need arrays of one length, at most %d, without NULL; or NULL for "
						 "no embedding.",
						 TEXT_MODEL_EMBEDDING_MAX)));
	rows->embedding = n;
	return (const float *) ARR_DATA_PTR(array);
}

/* Add the cells of a row; returns how many */
static Size
add_cells(Reader *reader, Datum message, bool no_message, Datum embedding, bool no_embedding)
{
	TextRows *rows = reader->rows;
	const JorgeApi *api = jorge_learn_api();
	TextTerms terms = {0};
	const float *elements = NULL;
	double scale = 0;
	Size at = rows->cells;

	if (!no_message)
	{
		text *string = DatumGetTextPP(message);

		api->text_terms(VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string), rows->bits,
						(uint32) reader->params->hash_seed, &terms);
	}
	if (!no_embedding)
	{
		elements = read_embedding(reader, embedding);
		scale = api->text_embedding_scale(elements, rows->embedding);
	}
	make_room(rows, (Size) terms.n + (elements != NULL ? rows->embedding : 0));
	rows->language[rows->rows] = (uint8) terms.language;
	for (int i = 0; i < terms.n; i++, at++)
	{
		rows->column[at] = terms.terms[i].bucket;
		rows->value[at] = terms.terms[i].value;
	}
	for (int i = 0; scale > 0 && i < rows->embedding; i++, at++)
	{
		rows->column[at] = (UINT32_C(1) << rows->bits) + (uint32) i;
		rows->value[at] = (float) (elements[i] * scale);
	}
	return at - rows->cells;
}

static bool
receive_row(TupleTableSlot *slot, DestReceiver *receiver)
{
	Reader *reader = (Reader *) receiver;
	TextRows *rows = reader->rows;
	MemoryContext old;
	double value[2] = {NAN, NAN};
	Datum datum[4] = {0};
	bool missing[4];
	Size cells;

	CHECK_FOR_INTERRUPTS();
	if (++rows->rows_read % PROGRESS_EVERY == 0)
		pgstat_progress_update_param(JORGE_PROGRESS_DONE, rows->rows_read);
	MemoryContextReset(reader->row_mcxt);
	old = MemoryContextSwitchTo(reader->row_mcxt);
	for (int role = 0; role < 4; role++)
	{
		missing[role] = reader->attribute[role] < 0;
		if (!missing[role])
			datum[role] = slot_getattr(slot, reader->attribute[role] + 1, &missing[role]);
	}
	if (!missing[LABEL])
		value[0] = to_number(reader->type[LABEL], datum[LABEL]);
	if (isnan(value[0]))
	{
		rows->unlabelled++;
		MemoryContextSwitchTo(old);
		return true;
	}
	if (value[0] != 0 && value[0] != 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("label \"%s\" is %g in row %lld of the query, neither 0 nor 1",
							   reader->names[LABEL], value[0], (long long) rows->rows_read),
						errhint("Write a condition, for example (%s > 0) AS %s.",
								quote_identifier(reader->names[LABEL]),
								quote_identifier(reader->names[LABEL]))));
	if (reader->attribute[TIME] >= 0)
	{
		if (!missing[TIME])
			value[1] = to_number(reader->type[TIME], datum[TIME]);
		if (isnan(value[1]))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("time column \"%s\" is NULL or NaN in row %lld of the query",
								   reader->names[TIME], (long long) rows->rows_read),
							errhint("Leave such rows out: WHERE %s IS NOT NULL.",
									quote_identifier(reader->names[TIME]))));
	}
	cells = add_cells(reader, datum[MESSAGE], missing[MESSAGE], datum[EMBEDDING], missing[EMBEDDING]);
	MemoryContextSwitchTo(old);
	if (cells == 0)
	{
		rows->speechless++;
		return true;
	}
	rows->cells += cells;
	rows->label[rows->rows] = (float) value[0];
	if (rows->time != NULL)
		rows->time[rows->rows] = value[1];
	rows->place[rows->rows] = rows->rows_read;
	rows->positives += value[0] == 1;
	rows->start[++rows->rows] = rows->cells;
	return true;
}

static void
end_rows(DestReceiver *receiver)
{
}

void
jorge_learn_text_rows_read(MemoryContext mcxt, const char *query, const char *label, const char *message,
					  const TextParams *params, TextRows *rows)
{
	Reader reader = {
		.receiver = {receive_row, map_columns, end_rows, end_rows, DestTuplestore},
		.rows = rows,
		.params = params,
		.names = {label, message, params->time, params->embedding},
	};

	memset(rows, 0, sizeof(*rows));
	rows->mcxt = mcxt;
	rows->bits = (int) params->bits;
	rows->folds = (int) params->cv;
	rows->limit_bytes = (int64) jorge_learn_api()->settings->train_memory_kb * 1024;
	if (estimate(rows, ROWS_AT_FIRST, CELLS_AT_FIRST) > rows->limit_bytes)
		refuse_memory(rows, ROWS_AT_FIRST, CELLS_AT_FIRST);
	reader.row_mcxt = AllocSetContextCreate(mcxt, "jorge training row", ALLOCSET_DEFAULT_SIZES);
	jorge_learn_query(query, &reader.receiver);
	MemoryContextDelete(reader.row_mcxt);
}

/* ---- order ---- */

static int
compare_rows(const TextRowKey *a, const TextRowKey *b, const TextRows *rows)
{
	Size first = rows->start[a->row];
	Size second = rows->start[b->row];
	Size n = rows->start[a->row + 1] - first;
	int order;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (n != rows->start[b->row + 1] - second)
		return n < rows->start[b->row + 1] - second ? -1 : 1;
	order = memcmp(rows->column + first, rows->column + second, sizeof(uint32) * n);
	if (order == 0)
		order = memcmp(rows->value + first, rows->value + second, sizeof(float) * n);
	if (order == 0)
		order = (int) rows->language[a->row] - (int) rows->language[b->row];
	if (order == 0)
		order = (rows->label[a->row] > rows->label[b->row]) - (rows->label[a->row] < rows->label[b->row]);
	if (order == 0 && rows->time != NULL)
		order = (rows->time[a->row] > rows->time[b->row]) - (rows->time[a->row] < rows->time[b->row]);
	return order;
}

#define ST_SORT sort_text_rows
#define ST_ELEMENT_TYPE TextRowKey
#define ST_COMPARE(a, b, rows) compare_rows(a, b, rows)
#define ST_COMPARE_ARG_TYPE const TextRows
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/* Hash of what a row is, begun with a seed */
static uint64
hash_row(const TextRows *rows, Size row, uint64 seed)
{
	Size first = rows->start[row];
	int n = (int) (rows->start[row + 1] - first);

	seed = hash_combine64(seed, (uint64) rows->label[row] << 8 | rows->language[row]);
	if (rows->time != NULL)
		seed = hash_bytes_extended((const unsigned char *) &rows->time[row], sizeof(double), seed);
	seed = hash_bytes_extended((const unsigned char *) (rows->column + first), n * 4, seed);
	return hash_bytes_extended((const unsigned char *) (rows->value + first), n * 4, seed);
}

void
jorge_learn_text_rows_sort(TextRows *rows)
{
	TextRowKey *keys = MemoryContextAllocHuge(rows->mcxt, mul_size(sizeof(TextRowKey), rows->rows));

	for (Size r = 0; r < rows->rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		keys[r] = (TextRowKey){.hash = hash_row(rows, r, 0), .row = (uint32) r};
	}
	sort_text_rows(keys, rows->rows, rows);
	rows->order = MemoryContextAllocHuge(rows->mcxt, mul_size(sizeof(uint32), rows->rows));
	for (Size r = 0; r < rows->rows; r++)
		rows->order[r] = keys[r].row;
	pfree(keys);
}

void
jorge_learn_text_rows_content(const TextRows *rows, uint64 hash[2])
{
	hash[0] = hash[1] = rows->rows;
	for (Size r = 0; r < rows->rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		hash[0] = hash_combine64(hash[0], hash_row(rows, rows->order[r], 1));
		hash[1] = hash_combine64(hash[1], hash_row(rows, rows->order[r], 2));
	}
}

/* ---- packing ---- */

void
jorge_learn_text_rows_pack(TextRows *rows, uint32 min_count)
{
	Size buckets = (Size) 1 << rows->bits;
	Size all = buckets + rows->embedding;
	uint32 *count = MemoryContextAllocHuge(rows->mcxt, all * sizeof(uint32));
	Size kept = 0;
	Size from = 0;
	Size at = 0;

	memset(count, 0, all * sizeof(uint32));
	for (Size i = 0; i < rows->cells; i++)
		count[rows->column[i]]++;
	/* from count to number + 1; the elements of an embedding stay */
	for (Size b = 0; b < all; b++)
		kept += count[b] >= (b < buckets ? min_count : 1) && count[b] > 0;
	rows->bucket = MemoryContextAllocHuge(rows->mcxt, Max(kept, 1) * sizeof(uint32));
	for (Size b = 0; b < all; b++)
	{
		bool keep = count[b] >= (b < buckets ? min_count : 1) && count[b] > 0;

		count[b] = keep ? rows->columns + 1 : 0;
		if (keep)
			rows->bucket[rows->columns++] = (uint32) b;
	}
	for (Size r = 0; r < rows->rows; r++)
	{
		Size end = rows->start[r + 1];

		CHECK_FOR_INTERRUPTS();
		rows->start[r] = at;
		for (; from < end; from++)
			if (count[rows->column[from]] > 0)
			{
				rows->value[at] = rows->value[from];
				rows->column[at++] = count[rows->column[from]] - 1;
			}
	}
	rows->start[rows->rows] = rows->cells = at;
	pfree(count);
}
