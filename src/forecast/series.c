/*
 * series.c: buckets of exact sums.
 *
 * A sum is a number in base 2^32 whose digit 0 is worth 2^-1074, the least float8; each digit
 * ("limb") sits in an int64, which leaves room to add 2^29 values before carries must be passed on.
 * Integer addition knows no order, so neither has the sum. Only the window of limbs that any bucket
 * needs is kept: four or five for amounts of money.
 */
#include "core/jorge.h"

#include "forecast/series.h"
#include "common/int.h"
#include "port/pg_bitutils.h"

#define LIMB_BITS 32
#define LIMB_MASK INT64CONST(0xffffffff)

/* 2^1024 is bit 2098; three more limbs take sums of 2^63 values */
#define ALL_LIMBS 70

/* A value adds less than 2^33 to a limb: carries are due well before 2^63. */
#define ADDS_BEFORE_CARRY (INT64CONST(1) << 28)

/* A series is a value in memory; this is less than MaxAllocSize leaves and more than anybody needs.
 */
#define SERIES_MAX_BYTES (64 * 1024 * 1024)

/* The three limbs that one float8 falls on */
typedef struct LimbValue
{
	int limb; /* of part[0] */
	int64 part[3];
} LimbValue;

/*
 * Size of a series with room for capacity buckets
 */
static Size
series_size(int capacity, int limbs)
{
	return add_size(offsetof(Series, slots),
					mul_size(capacity, mul_size(1 + limbs, sizeof(int64))));
}

/*
 * Slot of bucket i: its count, then its limbs
 */
static inline int64 *
slot_of(const Series *series, int i)
{
	return unconstify(Series *, series)->slots + (Size) (series->offset + i) * (1 + series->limbs);
}

/*
 * Cut a finite float8 into limbs
 */
static inline LimbValue
split(double value)
{
	LimbValue cut;
	uint64 bits;
	uint64 mantissa;
	uint64 low;
	uint64 high;
	int position;

	memcpy(&bits, &value, sizeof(bits));
	mantissa = bits & ((UINT64CONST(1) << 52) - 1);
	position = (int) (bits >> 52 & 0x7ff);
	if (position > 0)
	{
		mantissa |= UINT64CONST(1) << 52;
		position--;
	}
	cut.limb = position / LIMB_BITS;
	low = (mantissa & LIMB_MASK) << (position % LIMB_BITS);
	high = (mantissa >> LIMB_BITS) << (position % LIMB_BITS);
	cut.part[0] = (int64) (low & LIMB_MASK);
	cut.part[1] = (int64) (low >> LIMB_BITS) + (int64) (high & LIMB_MASK);
	cut.part[2] = (int64) (high >> LIMB_BITS);
	if (bits >> 63)
		for (int k = 0; k < 3; k++)
			cut.part[k] = -cut.part[k];
	return cut;
}

/*
 * Pass carries on, so that every limb but the highest is a digit: 0 to 2^32 - 1
 */
static void
carry(int64 *limb, int limbs)
{
	for (int k = 0; k < limbs - 1; k++)
	{
		int64 over = limb[k] >> LIMB_BITS; /* rounds down */

		limb[k] &= LIMB_MASK;
		limb[k + 1] += over;
	}
}

/*
 * Copy a series into one with other room: before and after are spare slots, low and limbs the
 * window, which must hold the old one
 */
static Series *
rebuild(const Series *series, int64 before, int64 after, int low, int limbs)
{
	int64 capacity = before + series->buckets + after;
	Size size;
	Series *copy;

	if (capacity > 3 * SERIES_MAX_PERIODS ||
		(size = series_size((int) capacity, limbs)) > SERIES_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("a series takes more than 64 MB"),
				 errhint("Choose a longer period, or filter the rows by time.")));
	copy = palloc0(size);
	memcpy(copy, series, offsetof(Series, slots));
	SET_VARSIZE(copy, size);
	copy->low = low;
	copy->limbs = limbs;
	copy->offset = (int32) before;
	copy->capacity = (int32) capacity;
	for (int i = 0; i < series->buckets; i++)
	{
		const int64 *from = slot_of(series, i);
		int64 *to = slot_of(copy, i);

		to[0] = from[0];
		if (series->limbs > 0)
			memcpy(to + 1 + (series->low - low), from + 1, series->limbs * sizeof(int64));
	}
	return copy;
}

/*
 * Make room for limbs low to high in every bucket
 *
 * Where the old highest limb of a negative sum gets company above, it stays a negative digit:
 * carry() sees to that.
 */
static Series *
widen(Series *series, int low, int high)
{
	if (series->limbs > 0)
	{
		low = Min(low, series->low);
		high = Max(high, series->low + series->limbs - 1);
	}
	return rebuild(series, series->offset, series->capacity - series->offset - series->buckets, low,
				   high - low + 1);
}

/*
 * Make a bucket for a period
 */
static Series *
cover(Series *series, int32 number)
{
	int64 first = series->buckets == 0 ? number : Min(series->first, number);
	int64 last =
		series->buckets == 0 ? number : Max((int64) series->first + series->buckets - 1, number);
	int64 before;
	int64 after;

	if (last - first >= SERIES_MAX_PERIODS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a series of " INT64_FORMAT " %ss is too long", last - first + 1,
							   jorge_period_name((SeriesPeriod) series->period)),
						errdetail("At most %d periods lie between the first and the last.",
								  SERIES_MAX_PERIODS),
						errhint("Choose a longer period, or look for a wrong date.")));

	if (series->buckets == 0)
	{
		series->first = number;
		before = 0;
		after = 1;
	}
	else
	{
		before = series->first - first;
		after = last - ((int64) series->first + series->buckets - 1);
	}
	if (before > series->offset || after > series->capacity - series->offset - series->buckets)
	{
		/* grow by half towards the side that was asked for */
		series = rebuild(series, before > 0 ? before + series->buckets / 2 + 4 : series->offset,
						 after > 0 ? after + series->buckets / 2 + 4
								   : series->capacity - series->offset - series->buckets,
						 series->low, series->limbs);
	}
	series->offset -= (int32) before;
	series->first = (int32) first;
	series->buckets = (int32) (last - first + 1);
	return series;
}

/*
 * Make a series without buckets
 */
Series *
jorge_series_empty(SeriesPeriod period, const char *zone)
{
	Series *series = palloc0(series_size(0, 0));

	SET_VARSIZE(series, series_size(0, 0));
	series->version = SERIES_VERSION;
	series->period = period;
	strlcpy(series->zone, zone, sizeof(series->zone));
	return series;
}

/*
 * Copy a series
 */
Series *
jorge_series_copy(const Series *series)
{
	Series *copy = palloc(VARSIZE(series));

	memcpy(copy, series, VARSIZE(series));
	return copy;
}

/*
 * Add values to a period
 */
Series *
jorge_series_add(Series *series, int32 number, double sum, int64 count)
{
	LimbValue value = split(sum);
	int64 *slot;
	int64 total;
	int i;

	Assert(isfinite(sum) && count >= 0);
	if (unlikely(number < series->first || number >= (int64) series->first + series->buckets))
		series = cover(series, number);
	i = number - series->first;

	for (int k = 0; k < 3; k++)
	{
		int limb = value.limb + k;

		if (value.part[k] != 0 && (limb < series->low || limb >= series->low + series->limbs))
			series = widen(series, limb, limb);
	}
	slot = slot_of(series, i);
	for (int k = 0; k < 3; k++)
		if (value.part[k] != 0)
			slot[1 + value.limb + k - series->low] += value.part[k];

	if (pg_add_s64_overflow(slot[0], count, &total))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("too many values in one period of a series")));
	if (unlikely(total / ADDS_BEFORE_CARRY != slot[0] / ADDS_BEFORE_CARRY || count == 0))
	{
		/* the highest limb must not fill up either */
		int high = series->low + series->limbs - 1;

		if (series->limbs > 0)
		{
			carry(slot + 1, series->limbs);
			if (high < ALL_LIMBS - 1 && (slot[series->limbs] > LIMB_MASK || slot[series->limbs] < -LIMB_MASK))
			{
				series = widen(series, high + 1, high + 1);
				slot = slot_of(series, i);
				carry(slot + 1, series->limbs);
			}
		}
	}
	slot[0] = total;
	return series;
}

/*
 * Add all buckets of another series
 */
Series *
jorge_series_merge(Series *series, const Series *other)
{
	if (series->period != other->period || strcmp(series->zone, other->zone) != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("series of different kinds cannot be merged"),
						errdetail("One is by %s in %s, the other by %s in %s.",
								  jorge_period_name((SeriesPeriod) series->period), series->zone,
								  jorge_period_name((SeriesPeriod) other->period), other->zone),
						errhint("Build both with the same period and time zone.")));
	if (other->buckets == 0)
		return series;

	/* one limb above: the highest takes the carries of both */
	if (other->limbs > 0)
	{
		int high = Min(other->low + other->limbs, ALL_LIMBS - 1);

		if (series->limbs == 0 || other->low < series->low || high >= series->low + series->limbs)
			series = widen(series, other->low, high);
	}
	series = cover(series, other->first);
	series = cover(series, other->first + other->buckets - 1);

	for (int i = 0; i < other->buckets; i++)
	{
		const int64 *from = slot_of(other, i);
		int64 *to = slot_of(series, (int) (other->first - series->first) + i);
		int64 limbs[ALL_LIMBS];

		if (from[0] == 0)
			continue;
		memcpy(limbs, from + 1, other->limbs * sizeof(int64));
		carry(limbs, other->limbs);
		carry(to + 1, series->limbs);
		for (int k = 0; k < other->limbs; k++)
			to[1 + other->low - series->low + k] += limbs[k];
		carry(to + 1, series->limbs);
		if (pg_add_s64_overflow(to[0], from[0], &to[0]))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("too many values in one period of a series")));
	}
	return series;
}

/*
 * Round |limbs| (digits, none negative) to a float8
 */
static double
round_magnitude(const int64 *limb, int low, int limbs)
{
	uint64 head;
	int shift;
	int top = limbs - 1;
	bool sticky = false;

	while (top >= 0 && limb[top] == 0)
		top--;
	if (top < 0)
		return 0;

	/* 64 leading bits, the last of which also says whether anything follows */
	shift = 63 - pg_leftmost_one_pos64((uint64) limb[top]); /* at least 31 */
	head = (uint64) limb[top] << shift;
	for (int k = top - 1; k >= 0; k--)
	{
		int place = shift - LIMB_BITS * (top - k);

		if (place >= 0)
			head |= (uint64) limb[k] << place;
		else if (place > -LIMB_BITS)
		{
			head |= (uint64) limb[k] >> -place;
			sticky |= ((uint64) limb[k] & ((UINT64CONST(1) << -place) - 1)) != 0;
		}
		else
			sticky |= limb[k] != 0;
	}
	if (sticky)
		head |= 1;
	return ldexp((double) head, LIMB_BITS * (low + top) - shift - 1074);
}

/*
 * Round limbs, whose carries have been passed on, to a float8
 */
static double
round_limbs(const int64 *limb, int low, int limbs)
{
	int64 digits[ALL_LIMBS];

	if (limbs == 0 || limb[limbs - 1] >= 0)
		return round_magnitude(limb, low, limbs);
	for (int k = 0; k < limbs; k++)
		digits[k] = -limb[k];
	carry(digits, limbs);
	return -round_magnitude(digits, low, limbs);
}

/*
 * Read the sum of a bucket
 */
double
jorge_series_sum(const Series *series, int i)
{
	int64 digits[ALL_LIMBS];

	memcpy(digits, slot_of(series, i) + 1, series->limbs * sizeof(int64));
	carry(digits, series->limbs);
	return round_limbs(digits, series->low, series->limbs);
}

/*
 * Read the count of a bucket
 */
int64
jorge_series_count(const Series *series, int i)
{
	return slot_of(series, i)[0];
}

/*
 * Write a bucket's sum as float8 that add up to it
 *
 * Each part is what is left, rounded; what is then left is at most half a unit in the part's last
 * place, so parts shrink by 2^53 and end when the digits do.
 */
int
jorge_series_parts(const Series *series, int i, double *parts)
{
	int64 digits[ALL_LIMBS] = {0};
	int n = 0;

	memcpy(digits + series->low, slot_of(series, i) + 1, series->limbs * sizeof(int64));
	carry(digits, ALL_LIMBS);
	while (n < SERIES_MAX_PARTS)
	{
		double part = round_limbs(digits, 0, ALL_LIMBS);
		LimbValue value;

		if (part == 0)
			break;
		parts[n++] = part;
		value = split(-part);
		for (int k = 0; k < 3; k++)
			digits[value.limb + k] += value.part[k];
		carry(digits, ALL_LIMBS);
	}
	return n;
}

/*
 * Bring a series into its one form
 */
Series *
jorge_series_finish(const Series *series)
{
	int low = ALL_LIMBS;
	int high = -1;
	int spare = Min(series->low + series->limbs + 1, ALL_LIMBS) - series->low;
	Series *work = rebuild(series, 0, 0, series->low, series->limbs == 0 ? 0 : spare);
	Series *compact;

	for (int i = 0; i < work->buckets; i++)
	{
		int64 *limb = slot_of(work, i) + 1;
		int top = work->limbs - 1;
		int bottom = 0;
		double sum;

		carry(limb, work->limbs);
		sum = round_limbs(limb, work->low, work->limbs);
		if (!isfinite(sum))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("the sum of a period is out of range"),
							errdetail("It is beyond the largest double precision number.")));

		/* fewest limbs with the highest between -2^31 and 2^31 - 1, as in two's complement */
		while (top > 0 && ((limb[top] == 0 && limb[top - 1] <= LIMB_MASK >> 1) ||
						   (limb[top] == -1 && limb[top - 1] > LIMB_MASK >> 1)))
		{
			if (limb[top] == -1)
				limb[top - 1] -= LIMB_MASK + 1;
			limb[top] = 0;
			top--;
		}
		while (bottom <= top && limb[bottom] == 0)
			bottom++;
		if (bottom <= top)
		{
			low = Min(low, work->low + bottom);
			high = Max(high, work->low + top);
		}
	}

	if (high < low)
	{
		low = 0;
		high = -1;
	}
	compact = palloc0(series_size(work->buckets, high - low + 1));
	memcpy(compact, work, offsetof(Series, slots));
	SET_VARSIZE(compact, series_size(work->buckets, high - low + 1));
	compact->low = low;
	compact->limbs = high - low + 1;
	for (int i = 0; i < work->buckets; i++)
	{
		const int64 *from = slot_of(work, i);
		int64 *to = slot_of(compact, i);

		to[0] = from[0];
		for (int k = 0; k < compact->limbs; k++)
			to[1 + k] = from[1 + low - work->low + k];
		/* the shortest two's complement of one bucket is a negative digit inside a wider window:
		 * spread it */
		carry(to + 1, compact->limbs);
	}
	pfree(work);
	return compact;
}
