/*
 * shap_interaction.c: SHAP interaction values, as XGBoost's pred_interactions.
 *
 * In the notation of shap_quadrature.c a leaf of value v adds to the interaction of features i and
 * j (Lundberg, Erion, Lee 2018; each gets half)
 *
 *   v / 2 (one_i - zero_i) (one_j - zero_j) * integral of the product over the features but i and j
 *
 * and to i with itself what is left of i's contribution when its interactions with all others are
 * taken away. Those are half the derivative by t of the product over the features but i,
 * integrated, so
 *
 *   v (one_i - zero_i) * (integral of the product - (product of one - product of zero) / 2)
 *
 * over the features but i.
 */
#include "core/jorge.h"

#include "forest/shap.h"

/* How a feature stands on the path at hand */
typedef struct Standing
{
	double zero;
	bool missed;
	const double *inverse; /* of its factor, by point, where not missed */
} Standing;

typedef struct Walk
{
	const Forest *forest;
	const ShapQuadrature *quadrature;
	const float *row; /* doubled */
	int a;
	int b;
	Standing *standing; /* by feature */
	double *room;       /* two arrays for each level below */
	double sum;
} Walk;

/*
 * What a feature's standing multiplies a leaf by: one - zero
 */
static inline double
difference(Standing standing)
{
	return (standing.missed ? 0 : 1) - standing.zero;
}

/*
 * Add the leaves below a node: product is that of the factors but a's and b's, by point; passed and
 * zero are the products of one and of zero but a's
 */
static void
follow(Walk *walk, int node, const double *product, bool passed, double zero)
{
	const ShapQuadrature *quadrature = walk->quadrature;
	const Forest *forest = walk->forest;
	int n = quadrature->n;
	int feature = (int) shap_feature(forest, node);
	bool own = feature == walk->a || feature == walk->b;
	Standing above = walk->standing[feature];
	double *child_product = walk->room;
	double *inverse = walk->room + n;

	if (shap_is_leaf(forest, node))
	{
		double value = forest->values[node] * difference(walk->standing[walk->a]);
		double integral = 0;

		for (int q = 0; q < n; q++)
			integral += quadrature->weights[q] * product[q];
		if (walk->a == walk->b)
			walk->sum += value * (integral - (passed - zero) / 2);
		else
			walk->sum += value * difference(walk->standing[walk->b]) * integral / 2;
		return;
	}

	walk->room += 2 * n;
	for (int right = 0; right < 2; right++)
	{
		int child = shap_left(forest, node) + right;
		double share = shap_share(forest, node, child);
		bool taken = right == (walk->row[shap_slot(forest, node)] >= shap_threshold(forest, node));
		Standing here = {above.zero * share, above.missed || !taken, inverse};

		for (int q = 0; q < n && !own; q++)
		{
			double factor = here.zero * quadrature->rest[q] + (taken ? quadrature->points[q] : 0);

			if (above.missed)
				child_product[q] = product[q] * share;
			else
				child_product[q] = product[q] * (factor * above.inverse[q]);
			inverse[q] = here.missed ? 0 : 1 / factor;
		}
		walk->standing[feature] = here;
		if (feature == walk->a)
			follow(walk, child, own ? product : child_product, passed, zero);
		else
			follow(walk, child, own ? product : child_product, passed && taken, zero * share);
	}
	walk->room -= 2 * n;
	walk->standing[feature] = above;
}

double
jorge_forest_interaction(const Forest *forest, const float *x, int a, int b)
{
	Walk walk = {.forest = forest, .a = a, .b = b};
	float *row;
	ShapQuadrature *quadrature;
	double *arrays;
	int n;

	if (forest->weights != NULL)
	{
		/* nothing in a sum of terms acts together */
		jorge_forest_check_single(forest);
		return a == b && !isnan(x[a]) ? (double) forest->weights[a] * x[a] : 0;
	}
	jorge_shap_check(forest);
	walk.quadrature = quadrature = jorge_shap_quadrature(forest);
	n = quadrature->n;
	row = palloc(sizeof(float) * 2 * forest->features);
	jorge_double_row(x, forest->features, row);
	walk.row = row;
	walk.standing = palloc(sizeof(Standing) * forest->features);
	for (int f = 0; f < forest->features; f++)
		walk.standing[f] = (Standing){1, false, quadrature->ones};
	/* at most 256 points and 512 levels */
	walk.room = arrays = palloc(sizeof(double) * Max(n, 1) * 2 * (forest->depth + 1));
	for (int t = 0; t < forest->ntrees; t++)
	{
		CHECK_FOR_INTERRUPTS();
		follow(&walk, (int) forest->trees[t].root, quadrature->ones, true, 1);
	}
	pfree(arrays);
	pfree(walk.standing);
	pfree(row);
	pfree(quadrature);
	return walk.sum;
}
