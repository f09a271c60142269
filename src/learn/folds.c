/*
 * folds.c: dealing rows into the parts of a cross-validation, by chance or by time.
 */
#include "core/jorge.h"

#include "learn/folds.h"

#include "utils/memutils.h"

typedef struct Moment
{
	double time;
	uint32 row;
} Moment;

/* Rows are sorted by content, so that the number breaks ties alike in any order of reading. */
static int
compare_moments(const Moment *a, const Moment *b)
{
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->row < b->row ? -1 : a->row > b->row;
}

#define ST_SORT sort_moments
#define ST_ELEMENT_TYPE Moment
#define ST_COMPARE(a, b) compare_moments(a, b)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Deal each class in turn, one card a part, in random order
 */
static void
deal_by_chance(const TrainFrame *frame, int wanted, bool by_class, uint64 seed, Folds *folds)
{
	Size count[2] = {0, 0};
	uint32 *rows;
	Size dealt = 0;

	for (Size r = 0; r < frame->rows; r++)
		count[by_class && frame->y[r] != 0]++;
	folds->models = (int) Min((Size) wanted, by_class ? Min(count[0], count[1]) : count[0]);
	if (folds->models < 2)
	{
		folds->models = 0;
		return;
	}
	rows = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(uint32), frame->rows));
	for (int c = 0; c < 2; c++)
	{
		Size n = 0;

		for (Size r = 0; r < frame->rows; r++)
			if ((by_class && frame->y[r] != 0) == (c == 1))
				rows[n++] = (uint32) r;
		for (Size left = n; left > 0; left--)
		{
			Size pick = jorge_learn_random(&seed) % left;

			CHECK_FOR_INTERRUPTS();
			/* goes on where the last class ended, so that parts differ by a row at most */
			folds->part[rows[pick]] = (uint8) (dealt++ % folds->models);
			rows[pick] = rows[left - 1];
		}
	}
	folds->judged = frame->rows;
	pfree(rows);
}

/*
 * Cut the rows, in order of time, into parts of equal size; rows of one moment stay together. With
 * classes, the oldest part goes on until it has both.
 */
static void
deal_by_time(const TrainFrame *frame, int wanted, bool by_class, Folds *folds)
{
	Moment *moments = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(Moment), frame->rows));
	bool seen[2] = {!by_class, !by_class};
	int part = 0;
	int last = 0;

	for (Size r = 0; r < frame->rows; r++)
		moments[r] = (Moment){frame->time[r], (uint32) r};
	sort_moments(moments, frame->rows);
	for (Size i = 0; i < frame->rows; i++)
	{
		int due = (int) (i * (wanted + 1) / frame->rows);

		if (due > last && seen[0] && seen[1] && moments[i].time != moments[i - 1].time)
		{
			part++;
			last = due;
		}
		folds->part[moments[i].row] = (uint8) part;
		folds->judged += part > 0;
		if (by_class)
			seen[frame->y[moments[i].row] != 0] = true;
	}
	folds->models = part;
	pfree(moments);
}

void
jorge_learn_folds_deal(const TrainFrame *frame, int wanted, bool by_class, uint64 seed,
					   Folds *folds)
{
	memset(folds, 0, sizeof(*folds));
	folds->by_time = frame->time != NULL;
	folds->part = MemoryContextAllocHuge(frame->mcxt, frame->rows);
	if (folds->by_time)
		deal_by_time(frame, wanted, by_class, folds);
	else
		deal_by_chance(frame, wanted, by_class, seed, folds);
}
