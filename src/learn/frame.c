/*
 * frame.c: the rows of a training: growth within the memory limit, order, split.
 */
#include "core/jorge.h"

#include "learn/frame.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#define FIRST_CAPACITY 1024

/*
 * Bytes at the peak, measured with libxgboost 1.7.4 (doc/learn.md says how): a cell is held here
 * (4), as a sparse matrix entry (8) and as histogram index and column copy (8 where values are
 * missing); a row has its label, row pointers, gradient, prediction and places in order and tree,
 * the last four again for each forest trained beside the first; a node has one histogram of up to
 * 256 bins of 16 bytes a column, and the trees of forests side by side are never all full.
 */
#define BYTES_PER_CELL (4 + 8 + 8)
#define BYTES_PER_ROW 140
#define BYTES_PER_ROW_BESIDE 52
#define BYTES_PER_BIN 16
#define BINS 256
#define BYTES_FIXED (4 * 1024 * 1024)

/* A row's place in the order: by hash of its content, and by content where hashes are equal */
typedef struct RowKey
{
	uint64 hash;
	uint32 row;
} RowKey;

/* Compare two rows by content */
static int
compare_rows(const RowKey *a, const RowKey *b, const TrainFrame *frame)
{
	int order;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	order = memcmp(frame->x + (Size) a->row * frame->columns,
				   frame->x + (Size) b->row * frame->columns, sizeof(float) * frame->columns);
	if (order == 0)
		order = memcmp(&frame->y[a->row], &frame->y[b->row], sizeof(float));
	if (order == 0 && frame->event != NULL && frame->event[a->row] != frame->event[b->row])
		order = frame->event[a->row] ? 1 : -1;
	if (order == 0 && frame->time != NULL && frame->time[a->row] != frame->time[b->row])
		order = frame->time[a->row] < frame->time[b->row] ? -1 : 1;
	return order;
}

#define ST_SORT sort_rows
#define ST_ELEMENT_TYPE RowKey
#define ST_COMPARE(a, b, frame) compare_rows(a, b, frame)
#define ST_COMPARE_ARG_TYPE const TrainFrame
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

double
jorge_learn_frame_estimate(const TrainFrame *frame, Size rows)
{
	double cells = (double) rows * frame->columns;
	double nodes = Min(ldexp(1, frame->max_depth + 1), 2.0 * rows);
	double bins = Min((double) BINS, (double) rows) * (frame->columns - frame->indicators) +
				  2.0 * frame->indicators;

	return BYTES_FIXED + cells * BYTES_PER_CELL +
		   (double) rows * (BYTES_PER_ROW + (frame->boosters - 1) * BYTES_PER_ROW_BESIDE) +
		   nodes * bins * BYTES_PER_BIN * (frame->boosters + 1) / 2;
}

/*
 * Find the most rows that the limit allows
 */
static Size
most_rows(const TrainFrame *frame)
{
	Size low = 0;
	Size high = (Size) PG_INT32_MAX;

	while (low < high)
	{
		Size middle = low + (high - low + 1) / 2;

		if (jorge_learn_frame_estimate(frame, middle) <= frame->limit_bytes)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

TrainFrame *
jorge_learn_frame_make(MemoryContext mcxt, char **names, int columns, bool has_time, int max_depth,
					   int boosters, int limit_kb)
{
	TrainFrame *frame = MemoryContextAllocZero(mcxt, sizeof(TrainFrame));

	frame->mcxt = mcxt;
	frame->names = names;
	frame->columns = columns;
	frame->max_depth = max_depth;
	frame->boosters = boosters;
	frame->has_time = has_time;
	frame->classes = 1;
	frame->limit_bytes = (int64) limit_kb * 1024;
	frame->max_rows = most_rows(frame);
	return frame;
}

/*
 * Refuse to take one row more than the memory limit allows
 */
static void
refuse_memory(const TrainFrame *frame)
{
	double needed = jorge_learn_frame_estimate(frame, frame->rows + 1);

	ereport(
		ERROR,
		(errcode(ERRCODE_OUT_OF_MEMORY),
		 errmsg("training would take more memory than jorge.train_memory allows"),
		 errdetail_plural(
			 "%zu rows of %d feature at depth %d take about %.0f kB; the limit is %lld "
			 "kB, and the query has more rows.",
			 "%zu rows of %d features at depth %d take about %.0f kB; the limit is %lld "
			 "kB, and the query has more rows.",
			 frame->columns, frame->rows + 1, frame->columns, frame->max_depth, ceil(needed / 1024),
			 (long long) (frame->limit_bytes / 1024)),
		 errhint("Train on fewer rows (TABLESAMPLE, a shorter period) or fewer features, or raise "
				 "jorge.train_memory.")));
}

float *
jorge_learn_frame_room(TrainFrame *frame)
{
	if (frame->rows == frame->capacity)
	{
		Size capacity;
		Size row_bytes = mul_size(sizeof(float), frame->columns);

		if (frame->rows >= frame->max_rows)
			refuse_memory(frame);
		capacity = Min(Max(frame->capacity * 2, (Size) FIRST_CAPACITY), frame->max_rows);
		if (frame->x == NULL)
		{
			frame->x = MemoryContextAllocHuge(frame->mcxt, mul_size(capacity, row_bytes));
			frame->y = MemoryContextAllocHuge(frame->mcxt, mul_size(capacity, sizeof(float)));
			if (frame->has_time)
				frame->time =
					MemoryContextAllocHuge(frame->mcxt, mul_size(capacity, sizeof(double)));
			if (frame->has_event)
				frame->event =
					MemoryContextAllocHuge(frame->mcxt, mul_size(capacity, sizeof(bool)));
		}
		else
		{
			frame->x = repalloc_huge(frame->x, mul_size(capacity, row_bytes));
			frame->y = repalloc_huge(frame->y, mul_size(capacity, sizeof(float)));
			if (frame->has_time)
				frame->time = repalloc_huge(frame->time, mul_size(capacity, sizeof(double)));
			if (frame->has_event)
				frame->event = repalloc_huge(frame->event, mul_size(capacity, sizeof(bool)));
		}
		frame->capacity = capacity;
	}
	return frame->x + frame->rows * frame->columns;
}

void
jorge_learn_frame_add(TrainFrame *frame, float label, double time, bool event)
{
	if (frame->has_time)
		frame->time[frame->rows] = time;
	if (frame->has_event)
		frame->event[frame->rows] = event;
	frame->y[frame->rows++] = label;
}

void
jorge_learn_frame_widen(TrainFrame *frame, int columns)
{
	int narrow = frame->columns;

	frame->columns = columns;
	frame->max_rows = most_rows(frame);
	if (frame->rows > frame->max_rows)
	{
		frame->rows--; /* the message counts one more */
		refuse_memory(frame);
	}
	frame->columns = narrow;
}

int
jorge_learn_frame_strata(const TrainFrame *frame)
{
	return frame->event != NULL ? 2 : frame->classes;
}

uint64
jorge_learn_random(uint64 *state)
{
	uint64 z = (*state += UINT64CONST(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/*
 * Sort row numbers by the content of the rows
 */
static RowKey *
sorted_keys(TrainFrame *frame)
{
	RowKey *keys = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(RowKey), frame->rows));

	for (Size r = 0; r < frame->rows; r++)
	{
		uint32 label;

		CHECK_FOR_INTERRUPTS();
		memcpy(&label, &frame->y[r], sizeof(label));
		keys[r].row = (uint32) r;
		keys[r].hash = hash_bytes_extended((unsigned char *) (frame->x + r * frame->columns),
										   sizeof(float) * frame->columns, label);
	}
	sort_rows(keys, frame->rows, frame);
	return keys;
}

static int
compare_times(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return (x > y) - (x < y);
}

/*
 * Decide for each row whether it is among the newest, which are held out; rows of one moment stay
 * together. Returns NULL where the older ones have not every stratum.
 */
static bool *
newest(const TrainFrame *frame, double share)
{
	int strata = jorge_learn_frame_strata(frame);
	int64 *older = palloc0(sizeof(int64) * strata);
	int64 *all = palloc0(sizeof(int64) * strata);
	double *times =
		MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(double), Max(frame->rows, 1)));
	bool *out = MemoryContextAllocHuge(frame->mcxt, Max(frame->rows, 1));
	Size first = Min((Size) rint(frame->rows * (1 - share)), frame->rows - 1);
	double cut;

	memcpy(times, frame->time, sizeof(double) * frame->rows);
	qsort(times, frame->rows, sizeof(double), compare_times);
	cut = times[first];
	pfree(times);
	for (Size r = 0; r < frame->rows; r++)
	{
		int stratum = jorge_learn_frame_stratum(frame, r);

		out[r] = frame->time[r] >= cut;
		all[stratum]++;
		older[stratum] += !out[r];
	}
	for (int c = 0; c < strata; c++)
		if (all[c] > 0 && older[c] == 0)
			return NULL;
	return out;
}

/*
 * Decide for each row of the sorted frame whether it is held out: a random sample of fixed size of
 * each class, drawn in one pass (Knuth's algorithm S). Returns NULL if nothing is.
 */
static bool *
held_out(const TrainFrame *frame, double share, uint64 seed)
{
	int strata = jorge_learn_frame_strata(frame);
	Size *left = palloc0(sizeof(Size) * strata);   /* rows of the stratum not looked at yet */
	Size *wanted = palloc0(sizeof(Size) * strata); /* of these, still to be held out */
	bool *out;

	if (share <= 0)
		return NULL;
	for (Size r = 0; r < frame->rows; r++)
		left[jorge_learn_frame_stratum(frame, r)]++;
	for (int c = 0; c < strata; c++)
	{
		if (left[c] == 1 || (c == 0 && left[c] == 0))
			return NULL;
		/* at least one row on each side */
		if (left[c] > 0)
			wanted[c] = Min(Max((Size) rint(left[c] * share), (Size) 1), left[c] - 1);
	}

	out = MemoryContextAllocHuge(frame->mcxt, frame->rows);
	for (Size r = 0; r < frame->rows; r++)
	{
		int c = jorge_learn_frame_stratum(frame, r);

		CHECK_FOR_INTERRUPTS();
		out[r] = jorge_learn_random(&seed) % left[c] < wanted[c];
		if (out[r])
			wanted[c]--;
		left[c]--;
	}
	return out;
}

/*
 * Move rows to the places order[] gives: place p gets row order[p]. Follows cycles, so that no
 * second matrix is needed; destroys order[].
 */
static void
permute(TrainFrame *frame, uint32 *order)
{
	Size bytes = sizeof(float) * frame->columns;
	float *kept_x = palloc(bytes);

	for (Size start = 0; start < frame->rows; start++)
	{
		Size place = start;
		float kept_y = frame->y[start];
		double kept_time = frame->time != NULL ? frame->time[start] : 0;
		bool kept_event = frame->event != NULL && frame->event[start];

		CHECK_FOR_INTERRUPTS();
		if (order[start] == start)
			continue;
		memcpy(kept_x, frame->x + start * frame->columns, bytes);
		while (order[place] != start)
		{
			Size from = order[place];

			memcpy(frame->x + place * frame->columns, frame->x + from * frame->columns, bytes);
			frame->y[place] = frame->y[from];
			if (frame->time != NULL)
				frame->time[place] = frame->time[from];
			if (frame->event != NULL)
				frame->event[place] = frame->event[from];
			order[place] = (uint32) place;
			place = from;
		}
		memcpy(frame->x + place * frame->columns, kept_x, bytes);
		frame->y[place] = kept_y;
		if (frame->time != NULL)
			frame->time[place] = kept_time;
		if (frame->event != NULL)
			frame->event[place] = kept_event;
		order[place] = (uint32) place;
	}
	pfree(kept_x);
}

void
jorge_learn_frame_sort(TrainFrame *frame)
{
	RowKey *keys = sorted_keys(frame);
	uint32 *order = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(uint32), frame->rows));

	for (Size r = 0; r < frame->rows; r++)
		order[r] = keys[r].row;
	pfree(keys);
	permute(frame, order);
	pfree(order);
	frame->train_rows = frame->rows;
}

void
jorge_learn_frame_hold_out(TrainFrame *frame, double share, uint64 seed)
{
	bool *out = frame->time != NULL && frame->rows > 0 && share > 0 ? newest(frame, share)
																	: held_out(frame, share, seed);
	uint32 *order;
	Size place = 0;

	if (out == NULL)
		return;
	order = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(uint32), frame->rows));
	for (int held = 0; held <= 1; held++)
	{
		for (Size r = 0; r < frame->rows; r++)
			if (out[r] == (held == 1))
				order[place++] = (uint32) r;
		if (held == 0)
			frame->train_rows = place;
	}
	pfree(out);
	permute(frame, order);
	pfree(order);
}
