/*
 * evaluate.c: margins and predictions of a parsed forest, bit for bit those of XGBoost.
 *
 * Equality rests on: float comparisons with the document's thresholds, the leaves added in tree
 * order in float, no fused multiply-add (Makefile), and the objective's own formulas with the same
 * libm.
 *
 * A walk is a chain of dependent loads, so several trees are walked at once; ten is where a scalar
 * x86-64 core gains no more.
 */
#include "core/jorge.h"

#include "forest/internal.h"

#define WIDE_GROUP 10
#define NARROW_GROUP 5

/* Doubled rows up to so many floats lie on the stack. */
#define STACK_ROW 1024

/*
 * Walk trees[first .. first + width - 1] side by side; add their leaves, in order, to the sum and,
 * where wanted, what the leaves' covers say of its variance
 */
static pg_attribute_always_inline float
add_group(const Forest *forest, const float *row, int first, int width, float sum, double *variance)
{
	const ForestNode *nodes = forest->nodes;
	const ForestTree *trees = forest->trees + first;
	Size at[WIDE_GROUP];
	uint32 depth = 0;

#pragma GCC unroll 10
	for (int j = 0; j < width; j++)
	{
		at[j] = trees[j].root;
		depth = Max(depth, trees[j].depth);
	}
	for (uint32 d = 0; d < depth; d++)
	{
#pragma GCC unroll 10
		for (int j = 0; j < width; j++)
		{
			Size here = at[j];
			bool right = row[nodes[here].slot] >= nodes[here].threshold;

			at[j] = here + nodes[here].step + right;
		}
	}
#pragma GCC unroll 10
	for (int j = 0; j < width; j++)
		sum += forest->values[at[j]];
	if (variance != NULL)
		for (int j = 0; j < width; j++)
		{
			double cover = forest->covers[at[j]];

			*variance += cover / ((cover + 1) * (cover + 1));
		}
	return sum;
}

/*
 * Base margin plus the leaves of all trees
 */
static pg_attribute_always_inline float
sum_leaves(const Forest *forest, const float *row, double *variance)
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
 * Double the row and sum; the row is on the stack unless it is long
 */
static pg_attribute_always_inline float
evaluate(const Forest *forest, const float *x, double *variance)
{
	float short_row[STACK_ROW];
	float *row = short_row;
	float margin;

	if (2 * forest->features > STACK_ROW)
		row = palloc(sizeof(float) * 2 * forest->features);
	jorge_double_row(x, forest->features, row);
	margin = sum_leaves(forest, row, variance);
	if (row != short_row)
		pfree(row);
	return margin;
}

float
jorge_forest_margin(const Forest *forest, const float *x)
{
	return evaluate(forest, x, NULL);
}

void
jorge_forest_margins(const Forest *forest, const float *x, int rows, float *margins)
{
	for (int r = 0; r < rows; r++)
		margins[r] = evaluate(forest, x + (Size) r * forest->features, NULL);
}

float
jorge_forest_margin_variance(const Forest *forest, const float *x, double *variance)
{
	float margin;

	if (forest->covers == NULL)
	{
		*variance = NAN;
		return jorge_forest_margin(forest, x);
	}
	*variance = 0;
	margin = evaluate(forest, x, variance);
	*variance *= forest->learning_rate * forest->learning_rate;
	return margin;
}

float
jorge_forest_link(const Forest *forest, float margin)
{
	float z = -margin;

	if (forest->link == LINK_IDENTITY)
		return margin;
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
