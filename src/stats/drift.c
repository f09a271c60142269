/*
 * drift.c: has a quantity changed between two samples? Population stability index and Kolmogorov-Smirnov.
 *
 * The index has a bin for missing values; the distance is one of the values that are there. Small samples are what a
 * weekly check has, so neither figure is to be read without its p value: of n and m unchanged observations in b
 * bins the index is about (1/n + 1/m) (b - 1).
 */
#include "core/jorge.h"

#include "funcapi.h"

#include "core/datum.h"
#include "stats/histogram.h"
#include "stats/stats.h"

JORGE_FUNCTION(jorge_drift_test);

/* Pearson's test holds where each bin is expected to get at least as many (Cochran) */
#define LEAST_EXPECTED 5.0

/* Counts of either sample in a bin */
typedef struct Cell
{
	double n, m;
} Cell;

/* Both histograms walked together, ascending, missing values first */
typedef struct Walk
{
	const Histogram *a, *b;
	int i, j;
	bool started;
} Walk;

/*
 * Counts of the next bucket that either has; false after the last one
 */
static bool
next_cell(Walk *walk, Cell *cell)
{
	bool in_a, in_b;

	if (!walk->started)
	{
		walk->started = true;
		*cell = (Cell){walk->a->missing, walk->b->missing};
		return true;
	}
	if (walk->i == walk->a->used && walk->j == walk->b->used)
		return false;
	in_a = walk->j == walk->b->used ||
		   (walk->i < walk->a->used && walk->a->buckets[walk->i].key <= walk->b->buckets[walk->j].key);
	in_b = walk->i == walk->a->used ||
		   (walk->j < walk->b->used && walk->b->buckets[walk->j].key <= walk->a->buckets[walk->i].key);
	cell->n = in_a ? walk->a->buckets[walk->i++].count : 0;
	cell->m = in_b ? walk->b->buckets[walk->j++].count : 0;
	return true;
}

/*
 * P(largest distance > d) of samples of n and m, by the asymptotic series with Stephens' (1970) correction. Of
 * quantities with ties it is more than the truth: nothing is called changed too easily.
 */
static double
kolmogorov_sf(double d, double n, double m)
{
	double root = sqrt(n * m / (n + m));
	double lambda = (root + 0.12 + 0.11 / root) * d;
	double sum = 0;

	/* below, the series needs many terms and the answer is 1 to ten digits */
	if (lambda < 0.27)
		return 1;
	for (int k = 1; k <= 50; k++)
	{
		double term = exp(-2.0 * k * k * lambda * lambda);

		sum += k % 2 == 1 ? term : -term;
		if (term < 1e-17 * sum)
			break;
	}
	return Min(2 * sum, 1);
}

/*
 * Put the buckets into bins: missing values, then runs of about equal share in the reference; a bucket that has
 * such a share alone is a bin alone, so that nothing new hides beside it. Returns how many, at most 2 * most + 2.
 */
static int
fill_bins(const Histogram *reference, const Histogram *current, double n, int most, Cell *bins)
{
	Walk walk = {reference, current};
	double share = Max((n - reference->missing) / most * (1 - 1e-9), 0.5); /* never zero */
	int used = 0;
	bool heavy = false;
	Cell cell;

	next_cell(&walk, &cell);
	if (cell.n + cell.m > 0)
		bins[used++] = cell;
	bins[used] = (Cell){0, 0};
	while (next_cell(&walk, &cell))
	{
		bool now_heavy = cell.n >= share;

		if (bins[used].n + bins[used].m > 0 && (now_heavy || heavy || (cell.n > 0 && bins[used].n >= share)))
			bins[++used] = (Cell){0, 0};
		heavy = now_heavy;
		bins[used].n += cell.n;
		bins[used].m += cell.m;
	}
	return bins[used].n + bins[used].m > 0 ? used + 1 : used;
}

/*
 * Pearson's two-sample test, neighbours with too few expected observations taken together
 */
static double
pearson_p(const Cell *bins, int count, double n, double m)
{
	double smaller = Min(n, m) / (n + m);
	double statistic = 0;
	int cells = 0;
	Cell open = {0, 0};
	Cell last = {0, 0};
	double last_part = 0;

	for (int i = 0; i < count; i++)
	{
		open.n += bins[i].n;
		open.m += bins[i].m;
		if ((open.n + open.m) * smaller < LEAST_EXPECTED)
			continue;
		last = open;
		last_part = pow(sqrt(m / n) * open.n - sqrt(n / m) * open.m, 2) / (open.n + open.m);
		statistic += last_part;
		cells++;
		open = (Cell){0, 0};
	}
	/* the rest belongs to the last cell */
	if (open.n + open.m > 0 && cells > 0)
	{
		last.n += open.n;
		last.m += open.m;
		statistic += pow(sqrt(m / n) * last.n - sqrt(n / m) * last.m, 2) / (last.n + last.m) - last_part;
	}
	return cells < 2 ? 1 : jorge_chi2_sf(Max(statistic, 0), cells - 1);
}

HistogramShift
jorge_histogram_shift(const Histogram *reference, const Histogram *current, int bins)
{
	HistogramShift shift = {.n = reference->missing, .m = current->missing, .missing_n = NAN, .missing_m = NAN,
							.psi = NAN, .psi_p = NAN, .ks = NAN, .ks_p = NAN};
	Cell *cells;
	Cell cell;
	Cell below = {0, 0};
	Cell there;
	Walk walk = {reference, current};

	for (int i = 0; i < reference->used; i++)
		shift.n += reference->buckets[i].count;
	for (int i = 0; i < current->used; i++)
		shift.m += current->buckets[i].count;
	if (shift.n > 0)
		shift.missing_n = reference->missing / shift.n;
	if (shift.m > 0)
		shift.missing_m = current->missing / shift.m;
	if (shift.n == 0 || shift.m == 0)
		return shift;

	there = (Cell){shift.n - reference->missing, shift.m - current->missing};
	if (there.n > 0 && there.m > 0)
	{
		next_cell(&walk, &cell); /* the missing ones */
		shift.ks = 0;
		while (next_cell(&walk, &cell))
		{
			CHECK_FOR_INTERRUPTS();
			below.n += cell.n;
			below.m += cell.m;
			shift.ks = Max(shift.ks, fabs(below.n / there.n - below.m / there.m));
		}
		shift.ks_p = kolmogorov_sf(shift.ks, there.n, there.m);
	}

	cells = palloc(sizeof(Cell) * (2 * bins + 3));
	shift.bins = fill_bins(reference, current, shift.n, bins, cells);
	shift.psi = 0;
	for (int i = 0; i < shift.bins; i++)
	{
		/* half an observation more in each bin, as an empty one has no logarithm */
		double p = (cells[i].n + 0.5) / (shift.n + 0.5 * shift.bins);
		double q = (cells[i].m + 0.5) / (shift.m + 0.5 * shift.bins);

		shift.psi += (q - p) * log(q / p);
	}
	shift.psi_p = pearson_p(cells, shift.bins, shift.n, shift.m);
	pfree(cells);
	return shift;
}

Datum
jorge_drift_test(PG_FUNCTION_ARGS)
{
	const Histogram *reference = jorge_histogram_argument(fcinfo, 0);
	const Histogram *current = jorge_histogram_argument(fcinfo, 1);
	int bins = PG_GETARG_INT32(2);
	HistogramShift shift;
	TupleDesc tupdesc;
	Datum values[10];
	bool nulls[10] = {false};

	if (bins < 2 || bins > 1000)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there can't be %d bins", bins),
						errhint("Give 2 to 1000.")));
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	shift = jorge_histogram_shift(reference, current, bins);
	values[0] = Int64GetDatum((int64) shift.n);
	values[1] = Int64GetDatum((int64) shift.m);
	values[2] = jorge_float8_or_null(shift.missing_n, &nulls[2]);
	values[3] = jorge_float8_or_null(shift.missing_m, &nulls[3]);
	values[4] = Int32GetDatum(shift.bins);
	values[5] = jorge_float8_or_null(shift.psi, &nulls[5]);
	values[6] = jorge_float8_or_null(shift.psi_p, &nulls[6]);
	values[7] = jorge_float8_or_null(shift.ks, &nulls[7]);
	values[8] = jorge_float8_or_null(shift.ks_p, &nulls[8]);
	/* two looks at the same data: the smaller p value counts double */
	values[9] = jorge_float8_or_null(isnan(shift.ks) ? shift.psi_p : Min(1, 2 * Min(shift.psi_p, shift.ks_p)), &nulls[9]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
