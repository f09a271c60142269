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
deal_by_chance(const TrainFrame *frame, int wanted, uint64 seed, Folds *folds)
{
	int strata = jorge_learn_frame_strata(frame);
	Size *count = palloc0(sizeof(Size) * strata);
	Size fewest = frame->rows;
	uint32 *rows;
	Size dealt = 0;

	for (Size r = 0; r < frame->rows; r++)
		count[jorge_learn_frame_stratum(frame, r)]++;
	/* where all times are ends, or none is, no stratum is missing; and one rare class of many
	 * doesn't count */
	for (int c = 0; c < strata; c++)
		if (frame->event != NULL ? count[c] > 0 : strata <= 2)
			fewest = Min(fewest, count[c]);
	folds->models = (int) Min((Size) wanted, fewest);
	if (folds->models < 2)
	{
		folds->models = 0;
		return;
	}
	rows = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(uint32), frame->rows));
	for (int c = 0; c < strata; c++)
	{
		Size n = 0;

		for (Size r = 0; r < frame->rows; r++)
			if (jorge_learn_frame_stratum(frame, r) == c)
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
deal_by_time(const TrainFrame *frame, int wanted, Folds *folds)
{
	int strata = jorge_learn_frame_strata(frame);
	int unseen = frame->event != NULL ? 0 : strata; /* strata that the oldest part has not */
	Moment *moments = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(Moment), frame->rows));
	bool *seen = palloc0(strata);
	int part = 0;
	int last = 0;

	for (Size r = 0; r < frame->rows; r++)
		moments[r] = (Moment){frame->time[r], (uint32) r};
	sort_moments(moments, frame->rows);
	for (Size i = 0; i < frame->rows; i++)
	{
		int due = (int) (i * (wanted + 1) / frame->rows);

		if (due > last && unseen == 0 && moments[i].time != moments[i - 1].time)
		{
			part++;
			last = due;
		}
		folds->part[moments[i].row] = (uint8) part;
		folds->judged += part > 0;
		if (!seen[jorge_learn_frame_stratum(frame, moments[i].row)])
		{
			seen[jorge_learn_frame_stratum(frame, moments[i].row)] = true;
			unseen = Max(unseen - 1, 0);
		}
	}
	folds->models = part;
	pfree(moments);
}

void
jorge_learn_folds_deal(const TrainFrame *frame, int wanted, uint64 seed, Folds *folds)
{
	memset(folds, 0, sizeof(*folds));
	folds->by_time = frame->time != NULL;
	folds->part = MemoryContextAllocHuge(frame->mcxt, frame->rows);
	if (folds->by_time)
		deal_by_time(frame, wanted, folds);
	else
		deal_by_chance(frame, wanted, seed, folds);
}
