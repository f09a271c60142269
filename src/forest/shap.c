/*
 * shap.c: exact path-dependent SHAP values of one row or many.
 *
 * What a feature contributes is its Shapley value in the game where an unknown feature sends a row
 * down both sides of a split, in proportion to their covers (Lundberg, Erion, Lee 2018: TreeSHAP).
 * Most leaves are answered from a table, the deep ones by quadrature; all sums are in double and in
 * the order of the trees, so that one row or many, AVX2 or not, give the same bits.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "forest/shap.h"

/* Bytes that a batch's doubled rows and sums take, at most, before a block gets its own turn */
#define BATCH_ROOM (256 * 1024)

/* Blocks a tree's part of the table is used for while it is near the processor, at most */
#define MAX_BLOCKS 8

/*
 * Refuse forests that contributions can't be worked out for
 */
void
jorge_shap_check(const Forest *forest)
{
	jorge_forest_check_single(forest);
	if (forest->covers == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("forest has no covers (sum_hessian), which contributions need"),
						errhint("Save the model with XGBoost's save_model(), which writes them.")));
	if (forest->depth > FOREST_MAX_SHAP_DEPTH)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("contributions need trees of depth %d at most, this forest's has %d",
							   FOREST_MAX_SHAP_DEPTH, forest->depth),
						errhint("Train with a smaller max_depth.")));
}

/*
 * Add what a tree's part of the table says of one row
 */
static void
add_row(const ShapTable *table, const ShapTree *tree, const float *row, uint32 *positions,
		double *sums)
{
	const ShapStep *step = table->steps + tree->step;
	const ShapGroup *group = table->groups + tree->group;
	const ShapSplit *split = table->splits + group->split;

	positions[0] = ~(uint32) 0;
	for (int s = 0; s < tree->nsteps; s++, step++)
	{
		uint32 here = positions[step->from];
		uint32 right = row[step->slot] >= step->threshold;

		/* a row that goes right misses the left child, and the other way round */
		positions[step->to] = here & ~(right << step->bit);
		positions[step->to + 1] = here & ~((right ^ 1) << step->bit);
	}
	for (int g = 0; g < tree->ngroups; g++, group++)
	{
		uint32 index = positions[group->from] & ((1U << group->above) - 1);
		float room[SHAP_TABLE_BITS];
		const float *values;

		for (int i = 0; i < group->nsplits; i++, split++)
			index |= (uint32) (row[split->slot] >= split->threshold) << (group->above + i);
		values = shap_row(table, group, index, room);
		for (int i = 0; i < group->nfeatures; i++)
			sums[group->features[i]] += values[i];
	}
}

void
jorge_forest_contributions(const Forest *forest, const float *x, double *contributions)
{
	const ShapTable *table;
	float *row;
	uint32 *positions;

	if (forest->weights != NULL)
	{
		jorge_forest_linear_contributions(forest, x, contributions);
		return;
	}
	jorge_shap_check(forest);
	table = jorge_shap_table(forest);
	row = palloc(sizeof(float) * 2 * forest->features);
	positions = palloc(sizeof(uint32) * table->npositions);
	jorge_double_row(x, forest->features, row);
	memset(contributions, 0, sizeof(double) * forest->features);
	contributions[forest->features] = forest->expected;
	for (int t = 0; t < forest->ntrees; t++)
	{
		CHECK_FOR_INTERRUPTS();
		if (table->trees[t].ngroups > 0)
			add_row(table, &table->trees[t], row, positions, contributions);
	}
	if (table->quadrature != NULL)
		jorge_shap_follow(table, row, contributions);
	pfree(positions);
	pfree(row);
}

/*
 * Write rows of a block into its lanes, each feature twice, as jorge_double_row() does; lanes
 * beyond the last row repeat it
 */
static void
double_block(const Forest *forest, const float *x, int rows, float *doubled)
{
	for (int f = 0; f < forest->features; f++)
		for (int lane = 0; lane < SHAP_LANES; lane++)
		{
			float value = x[(Size) Min(lane, rows - 1) * forest->features + f];

			doubled[(2 * f) * SHAP_LANES + lane] = value;
			doubled[(2 * f + 1) * SHAP_LANES + lane] = isnan(value) ? INFINITY : value;
		}
}

/*
 * Contributions of all rows, in blocks
 */
static void
explain_blocks(const Forest *forest, const float *x, int rows, double *out)
{
	const ShapTable *table = jorge_shap_table(forest);
	int features = forest->features;
	Size doubled_size = (Size) 2 * features * SHAP_LANES;
	Size sums_size = (Size) features * SHAP_LANES;
	int nblocks = (int) Min(
		MAX_BLOCKS, BATCH_ROOM / (doubled_size * sizeof(float) + sums_size * sizeof(double)));
	float *doubled;
	double *sums;
	uint32 *positions = palloc(sizeof(uint32) * SHAP_LANES * table->npositions);

	nblocks = Max(Min(nblocks, (rows + SHAP_LANES - 1) / SHAP_LANES), 1);
	doubled = palloc(sizeof(float) * doubled_size * nblocks);
	sums = palloc(sizeof(double) * sums_size * nblocks);
	for (int r = 0; r < rows; r += nblocks * SHAP_LANES)
	{
		int here = Min(rows - r, nblocks * SHAP_LANES);
		int blocks = (here + SHAP_LANES - 1) / SHAP_LANES;

		for (int b = 0; b < blocks; b++)
			double_block(forest, x + (Size) (r + b * SHAP_LANES) * features,
						 Min(here - b * SHAP_LANES, SHAP_LANES), doubled + b * doubled_size);
		memset(sums, 0, sizeof(double) * sums_size * blocks);
		for (int t = 0; t < forest->ntrees; t++)
		{
			CHECK_FOR_INTERRUPTS();
			if (table->trees[t].ngroups == 0)
				continue;
			for (int b = 0; b < blocks; b++)
				jorge_shap_add_block(table, &table->trees[t], doubled + b * doubled_size, positions,
									 sums + b * sums_size);
		}
		for (int b = 0; b < blocks && table->quadrature != NULL; b++)
			jorge_shap_follow_block(table, doubled + b * doubled_size, sums + b * sums_size);
		for (int i = 0; i < here; i++)
		{
			double *contributions = out + (Size) (r + i) * (features + 1);

			for (int f = 0; f < features; f++)
				contributions[f] =
					sums[i / SHAP_LANES * sums_size + f * SHAP_LANES + i % SHAP_LANES];
			contributions[features] = forest->expected;
		}
	}
	pfree(positions);
	pfree(sums);
	pfree(doubled);
}

void
jorge_forest_contributions_batch(const Forest *forest, const float *x, int rows,
								 double *contributions)
{
	int features = forest->features;

	if (forest->weights == NULL)
		jorge_shap_check(forest);
	if (forest->weights == NULL && rows > 1 && jorge_settings.forest_kernel != JORGE_KERNEL_SCALAR &&
		jorge_cpu_has(JORGE_KERNEL_AVX2))
		explain_blocks(forest, x, rows, contributions);
	else
		for (int r = 0; r < rows; r++)
			jorge_forest_contributions(forest, x + (Size) r * features,
									   contributions + (Size) r * (features + 1));
}
