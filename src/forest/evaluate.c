/*
 * evaluate.c: margins and predictions of a parsed forest, bit for bit those of XGBoost.
 *
 * Equality rests on: comparisons that come out as those of the floats, the leaves added in tree
 * order in float, no fused multiply-add (Makefile), and the objective's own formulas with the same
 * libm.
 *
 * A walk is a chain of dependent loads, so several trees are walked at once; ten is where a scalar
 * x86-64 core gains no more.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "forest/kernel.h"
#include "forest/key.h"

#define WIDE_GROUP 10
#define NARROW_GROUP 5

/* Rows of up to so many slots are made on the stack: 12 kB. */
#define STACK_SLOTS 1024

/* A row as walks read it */
typedef struct Row
{
	uint64 *keys;  /* by slot: key of the value, above 32 ones */
	float *floats; /* by slot; only filled if the crown isn't all there is */
} Row;

/*
 * From a place in one level of the crown to the next one's
 */
static pg_attribute_always_inline Size
next_place(Size place, uint64 test, const uint64 *keys)
{
#if defined(__x86_64__)
	/* the comparison's carry is the bit to add: compilers take three instructions more */
	__asm__("cmpq %2, %1\n\tadcq %0, %0"
			: "+r"(place)
			: "m"(keys[(uint32) test]), "r"(test)
			: "cc");
	return place;
#else
	return 2 * place + (keys[(uint32) test] < test);
#endif
}

/*
 * Does any tree of a group reach below the crown?
 */
static inline bool
is_deep(const Forest *forest, int first, int width)
{
	bool deep = false;

	if (forest->depth > forest->crown.levels)
		for (int j = 0; j < width; j++)
			deep |= (int) forest->trees[first + j].depth > forest->crown.levels;
	return deep;
}

/*
 * Walk what is below the crown, from its ends in at[] to leaves, and add those
 */
static pg_noinline float
add_below(const Forest *forest, const float *row, int first, int width, Size *at, float sum,
		  double *variance)
{
	const ForestNode *nodes = forest->nodes;
	int depth = 0;

	for (int j = 0; j < width; j++)
	{
		at[j] = forest->crown.entries[at[j]];
		depth = Max(depth, (int) forest->trees[first + j].depth);
	}
	for (int d = forest->crown.levels; d < depth; d++)
	{
		uint32 steps = 0;

		for (int j = 0; j < width; j++)
		{
			const ForestNode *node = &nodes[at[j]];

			at[j] += node->step + (row[node->slot] >= node->threshold);
			steps |= node->step;
		}
		if (steps == 0)
			break; /* all are leaves */
	}
	for (int j = 0; j < width; j++)
	{
		sum += forest->values[at[j]];
		if (variance != NULL)
			*variance += forest->spreads[at[j]];
	}
	return sum;
}

/*
 * Walk trees[first .. first + width - 1] side by side; add their leaves, in order, to the sum and,
 * where wanted, what they say of its variance
 */
static pg_attribute_always_inline float
add_group(const Forest *forest, Row row, int first, int width, float sum, double *variance)
{
	const ForestCrown *crown = &forest->crown;
	Size at[WIDE_GROUP]; /* in registers, hence all loops over it are unrolled */

#pragma GCC unroll 10
	for (int j = 0; j < width; j++)
		at[j] = first + j;
	for (int level = 0; level < crown->levels; level++)
	{
		const uint64 *tests = crown->tests[level];

#pragma GCC unroll 10
		for (int j = 0; j < width; j++)
			at[j] = next_place(at[j], tests[at[j]], row.keys);
	}
	if (is_deep(forest, first, width))
	{
		Size ends[WIDE_GROUP];

#pragma GCC unroll 10
		for (int j = 0; j < width; j++)
			ends[j] = at[j];
		return add_below(forest, row.floats, first, width, ends, sum, variance);
	}
#pragma GCC unroll 10
	for (int j = 0; j < width; j++)
		sum += crown->leaves[at[j]];
	if (variance != NULL)
	{
#pragma GCC unroll 10
		for (int j = 0; j < width; j++)
			*variance += forest->spreads[crown->entries[at[j]]];
	}
	return sum;
}

/*
 * Base margin plus the leaves of all trees
 */
static pg_attribute_always_inline float
sum_leaves(const Forest *forest, Row row, double *variance)
{
	float sum = forest->base_margin;
	int t = 0;

	for (; t + WIDE_GROUP <= forest->ntrees; t += WIDE_GROUP)
		sum = add_group(forest, row, t, WIDE_GROUP, sum, variance);
	for (; t + NARROW_GROUP <= forest->ntrees; t += NARROW_GROUP)
		sum = add_group(forest, row, t, NARROW_GROUP, sum, variance);
	for (; t < forest->ntrees; t++)
		sum = add_group(forest, row, t, 1, sum, variance);
	return sum;
}

/*
 * Make keys of a row's features
 */
static inline void
make_keys(const float *x, int features, uint64 *keys)
{
	for (int f = 0; f < features; f++)
	{
		uint64 key = (uint64) jorge_float_key(x[f]) << 32 | PG_UINT32_MAX;

		keys[2 * f] = isnan(x[f]) ? KEY_MISSING_LEFT : key;
		keys[2 * f + 1] = isnan(x[f]) ? PG_UINT64_MAX : key;
	}
}

/*
 * Make the row and sum; it is on the stack unless it is long
 */
static pg_attribute_always_inline float
evaluate(const Forest *forest, const float *x, double *variance)
{
	uint64 short_keys[STACK_SLOTS];
	float short_floats[STACK_SLOTS];
	Row row = {.keys = short_keys, .floats = short_floats};
	Size slots = 2 * (Size) forest->features;
	float margin;

	if (slots > STACK_SLOTS)
	{
		row.keys = palloc(sizeof(uint64) * slots);
		row.floats = palloc(sizeof(float) * slots);
	}
	make_keys(x, forest->features, row.keys);
	if (forest->depth > forest->crown.levels)
		jorge_double_row(x, forest->features, row.floats);
	margin = sum_leaves(forest, row, variance);
	if (slots > STACK_SLOTS)
	{
		pfree(row.keys);
		pfree(row.floats);
	}
	return margin;
}

float
jorge_forest_margin(const Forest *forest, const float *x)
{
	jorge_forest_check_single(forest);
	if (forest->weights != NULL)
		return jorge_forest_linear_margin(forest, x, 0);
	return evaluate(forest, x, NULL);
}

/*
 * Fill in what leaves add to the variance
 */
static void
fill_spreads(Forest *forest)
{
	for (int i = 0; i < forest->nnodes; i++)
	{
		double cover = forest->covers[i];

		forest->spreads[i] = (float) (cover / ((cover + 1) * (cover + 1)));
	}
	forest->has_spreads = true;
}

float
jorge_forest_margin_variance(const Forest *forest, const float *x, double *variance)
{
	float margin;

	jorge_forest_check_single(forest);
	if (forest->covers == NULL)
	{
		*variance = NAN;
		return jorge_forest_margin(forest, x);
	}
	if (!forest->has_spreads)
		fill_spreads(unconstify(Forest *, forest)); /* the cache counts them already */
	*variance = 0;
	margin = evaluate(forest, x, variance);
	*variance *= forest->learning_rate * forest->learning_rate;
	return margin;
}

/* ---- many rows ---- */

/*
 * The kernel that the settings and the processor call for, NULL = row by row
 */
static ForestKernel
choose_kernel(void)
{
#ifdef JORGE_HAVE_X86_KERNELS
	int wanted = jorge_settings.forest_kernel;

	if (wanted == JORGE_KERNEL_AVX512 ||
		(wanted == JORGE_KERNEL_AUTO && jorge_cpu_has(JORGE_KERNEL_AVX512)))
		return jorge_forest_block_avx512;
	if (wanted == JORGE_KERNEL_AVX2 ||
		(wanted == JORGE_KERNEL_AUTO && jorge_cpu_has(JORGE_KERNEL_AVX2)))
		return jorge_forest_block_avx2;
#endif
	return NULL;
}

/*
 * Fill a block's columns with rows; what it has room for beyond them repeats the last one
 */
static void
fill_columns(const float *x, int features, int rows, int32 *columns)
{
	for (int r = 0; r < BLOCK_ROWS; r++)
	{
		const float *values = x + (Size) Min(r, rows - 1) * features;
		int32 *column = columns + r;

		for (int f = 0; f < features; f++)
		{
			int32 key = (int32) (jorge_float_key(values[f]) ^ KEY_SIGN);

			column[0] = isnan(values[f]) ? PG_INT32_MIN : key;
			column[BLOCK_ROWS] = isnan(values[f]) ? PG_INT32_MAX : key;
			column += 2 * BLOCK_ROWS;
		}
	}
}

void
jorge_forest_margins(const Forest *forest, const float *x, int rows, float *margins)
{
	ForestKernel kernel = choose_kernel();
	Size features = forest->features;
	int done = 0;

	jorge_forest_check_single(forest);
	if (forest->weights != NULL)
	{
		for (; done < rows; done++)
			margins[done] = jorge_forest_linear_margin(forest, x + done * features, 0);
		return;
	}
	if (kernel != NULL && rows >= BLOCK_WORTH && features <= BLOCK_MAX_FEATURES)
	{
		int32 *room = palloc(sizeof(int32) * 2 * features * BLOCK_ROWS + CACHE_LINE);
		int32 *columns = (int32 *) TYPEALIGN(CACHE_LINE, room);

		for (; rows - done >= BLOCK_WORTH; done += BLOCK_ROWS)
		{
			int n = Min(rows - done, BLOCK_ROWS);
			float block[BLOCK_ROWS];

			CHECK_FOR_INTERRUPTS();
			fill_columns(x + done * features, features, n, columns);
			kernel(forest, columns, block);
			memcpy(margins + done, block, sizeof(float) * n);
		}
		pfree(room);
	}
	for (; done < rows; done++)
	{
		CHECK_FOR_INTERRUPTS();
		margins[done] = evaluate(forest, x + done * features, NULL);
	}
}

/* ---- the objective's scale ---- */

float
jorge_forest_response(const Forest *forest, float margin)
{
	float z = -margin;

	if (forest->link == LINK_IDENTITY)
		return margin;
	/* XGBoost's exp() there is that of double */
	if (forest->link == LINK_EXPONENTIAL)
		return (float) exp((double) margin);
	/* XGBoost's Sigmoid: bounded against overflow of expf, 1e-16 against division by zero */
	if (z > 88.7f)
		z = 88.7f;
	return 1.0f / (expf(z) + 1.0f + 1e-16f);
}

float
jorge_forest_predict(const Forest *forest, const float *x)
{
	return jorge_forest_link(forest, jorge_forest_margin(forest, x));
}
