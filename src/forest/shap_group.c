/*
 * shap_group.c: working out one row of a table: what the leaves of a group contribute.
 *
 * The same sums as shap_quadrature.c, over one group, for a number that says what a row does there
 * instead of for a row, and at a fixed number of points, exact for SHAP_TABLE_BITS features.
 */
#include "core/jorge.h"

#include "forest/shap.h"

/* How a feature stands on the path at hand */
typedef struct Standing
{
	double zero;
	bool missed;
	double inverse[SHAP_POINTS]; /* of its factor, where not missed */
} Standing;

typedef struct Walk
{
	const ShapTable *table;
	const ShapSplit *splits; /* of the group */
	uint32 decisions;        /* of the splits: bit set = the row goes right */
	Standing standing[SHAP_TABLE_BITS];
	double row[SHAP_TABLE_BITS];
} Walk;

/*
 * Account for a node of the group, a leaf or the split numbered so, as follow() of
 * shap_quadrature.c does
 */
static void
follow(Walk *walk, int node, int number, const double product[SHAP_POINTS],
	   double sums[SHAP_POINTS])
{
	const ShapTable *table = walk->table;
	const Forest *forest = table->forest;
	const ShapSplit *split;
	Standing *standing;
	Standing above;
	uint32 right;

	if (shap_is_leaf(forest, node))
	{
		double value = forest->values[node];

		for (int q = 0; q < SHAP_POINTS; q++)
			sums[q] = value * product[q] * table->weights[q];
		return;
	}

	split = &walk->splits[number];
	standing = &walk->standing[split->feature];
	above = *standing;
	right = walk->decisions >> number & 1;
	for (int q = 0; q < SHAP_POINTS; q++)
		sums[q] = 0;
	for (uint32 side = 0; side < 2; side++)
	{
		int child = shap_left(forest, node) + side;
		double share = shap_share(forest, node, child);
		bool taken = side == right;
		double child_product[SHAP_POINTS];
		double child_sums[SHAP_POINTS];
		double gained = 0;
		double retracted = 0;

		standing->zero = above.zero * share;
		standing->missed = above.missed || !taken;
		if (standing->zero == 0 && standing->missed)
			continue; /* no row comes here, known or unknown */
		for (int q = 0; q < SHAP_POINTS; q++)
		{
			double t = table->points[q];
			double factor = standing->zero * (1 - t);

			if (above.missed)
				child_product[q] = product[q] * share;
			else if (!taken)
				child_product[q] = product[q] * above.inverse[q] * factor;
			else
			{
				standing->inverse[q] = 1 / (factor + t);
				child_product[q] = product[q] * above.inverse[q] * (factor + t);
			}
		}
		follow(walk, child, number + (side == 0 ? 1 : split->right), child_product, child_sums);
		for (int q = 0; q < SHAP_POINTS; q++)
		{
			gained += child_sums[q] * (taken ? standing->inverse[q] : table->missed[q]);
			retracted += child_sums[q] * above.inverse[q];
			sums[q] += child_sums[q];
		}
		if (!above.missed)
			walk->row[split->feature] +=
				(taken ? 1 - standing->zero : -1) * gained - (1 - above.zero) * retracted;
	}
	*standing = above;
}

void
jorge_shap_fill(const ShapTable *table, const ShapGroup *group, uint32 index,
				float row[SHAP_TABLE_BITS])
{
	const double *zero = table->zeros[group - table->groups];
	Walk walk = {
		.table = table, .splits = table->splits + group->split, .decisions = index >> group->above};
	double product[SHAP_POINTS];
	double sums[SHAP_POINTS];

	for (int q = 0; q < SHAP_POINTS; q++)
		product[q] = 1;
	for (int f = 0; f < group->nfeatures; f++)
	{
		Standing *standing = &walk.standing[f];

		/* a feature that only splits of the group ask for stands at 1, its factor too */
		standing->zero = zero[f];
		standing->missed = f < group->above && !(index >> f & 1);
		for (int q = 0; q < SHAP_POINTS; q++)
		{
			double t = table->points[q];
			double factor = zero[f] * (1 - t) + (standing->missed ? 0 : t);

			standing->inverse[q] = standing->missed ? table->missed[q] : 1 / factor;
			product[q] *= factor;
		}
	}
	follow(&walk, group->node, 0, product, sums);
	for (int f = 0; f < group->above; f++)
	{
		double gained = 0;

		for (int q = 0; q < SHAP_POINTS; q++)
			gained += sums[q] * walk.standing[f].inverse[q];
		walk.row[f] += (walk.standing[f].missed ? -1 : 1 - zero[f]) * gained;
	}
	for (int f = 0; f < SHAP_TABLE_BITS; f++)
		row[f] = (float) walk.row[f];
}
