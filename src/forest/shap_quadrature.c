/*
 * shap_quadrature.c: SHAP values of leaves with paths of any length, in double.
 *
 * For a leaf of value v, below splits on a set F of features, the Shapley value of feature i is
 *
 *   v (one_i - zero_i) * integral over t from 0 to 1 of the product, over j in F but i, of
 *   zero_j (1 - t) + one_j t
 *
 * where zero_j is the share of rows that pass j's splits on the path when j is unknown, one_j the
 * share when it is known (1 or 0). The integrand is a polynomial of degree |F| - 1, so
 * Gauss-Legendre quadrature with |F| / 2 points, rounded up, is exact. All its terms are positive,
 * so paths of hundreds of features lose no digits, where TreeSHAP's own recursion (extend and
 * unwind) loses all of them from about 60.
 *
 * Summing leaves on the way up (as in Linear TreeSHAP; Yu, Xu, Bifet, Read 2022) makes the cost
 * nodes * points. A feature met again on a path has its earlier account of that subtree taken back.
 * Where one_j is 0 its factor is zero_j (1 - t), and (one_j - zero_j) / factor is -1 / (1 - t)
 * whatever zero_j: splits on a feature the row has already failed change nothing, and only a split
 * it passes costs a division.
 */
#include "core/jorge.h"

#include "forest/shap.h"

/* How a feature stands on the path at hand */
typedef struct Standing
{
	double zero;
	bool missed;           /* one is 0 */
	const double *inverse; /* by point, 1 / factor and (1 - zero) / factor, where not missed */
	const double *gain;
} Standing;

typedef struct Walk
{
	const ShapQuadrature *quadrature;
	const Forest *forest;
	const float *row; /* doubled */
	const bool *deep; /* subtrees to visit */
	double *contributions;
	Standing *standing; /* by feature */
	double *room;       /* five arrays for each level below */
} Walk;

typedef void (*Follow)(Walk *, int, const double *, double *);

void
jorge_shap_points(int n, double *points, double *weights)
{
	for (int i = 0; i < n; i++)
	{
		double x = cos(M_PI * (i + 0.75) / (n + 0.5)); /* close to the i-th root */
		double derivative = 1;

		/* Newton's method converges quadratically: a few steps reach the last digit */
		for (int step = 0; step < 100; step++)
		{
			double before = 1;
			double value = x;
			double change;

			for (int k = 2; k <= n; k++)
			{
				double next = ((2 * k - 1) * x * value - (k - 1) * before) / k;

				before = value;
				value = next;
			}
			derivative = n * (x * value - before) / (x * x - 1);
			change = value / derivative;
			x -= change;
			if (fabs(change) < 1e-15)
				break;
		}
		points[i] = (1 - x) / 2;
		weights[i] = 1 / ((1 - x * x) * derivative * derivative);
	}
}

/*
 * Account for a node's subtree: given the product of all factors at each of n points, leave in sums
 * the leaves' weighted products, and add to the contributions of the features it splits on. The
 * same arithmetic as jorge_shap_follow_block(), to the bit.
 */
static pg_attribute_always_inline void
follow(Walk *walk, int node, const double *restrict product, double *restrict sums, int n,
	   Follow self)
{
	const ShapQuadrature *quadrature = walk->quadrature;
	const Forest *forest = walk->forest;
	int feature = (int) shap_feature(forest, node);
	Standing above = walk->standing[feature];
	double *restrict child_product = walk->room;
	double *restrict child_sums = walk->room + n;
	double *restrict inverse = walk->room + 2 * n;
	double *restrict gain = walk->room + 3 * n;
	double *restrict change = walk->room + 4 * n;

	if (shap_is_leaf(forest, node))
	{
		double value = forest->values[node];

		for (int q = 0; q < n; q++)
			sums[q] = value * product[q] * quadrature->weights[q];
		return;
	}

	for (int q = 0; q < n; q++)
		sums[q] = 0;
	walk->room += 5 * n;
	for (int right = 0; right < 2; right++)
	{
		int child = shap_left(forest, node) + right;
		double share = shap_share(forest, node, child);
		double zero = above.zero * share;
		bool taken = right == (walk->row[shap_slot(forest, node)] >= shap_threshold(forest, node));

		if (!walk->deep[child])
			continue;
		if (above.missed)
			for (int q = 0; q < n; q++)
				child_product[q] = product[q] * share;
		else if (taken)
			for (int q = 0; q < n; q++)
			{
				double factor = zero * quadrature->rest[q] + quadrature->points[q];

				inverse[q] = 1 / factor;
				gain[q] = (1 - zero) * inverse[q];
				change[q] = gain[q] - above.gain[q];
				child_product[q] = product[q] * (factor * above.inverse[q]);
			}
		else
			for (int q = 0; q < n; q++)
			{
				change[q] = quadrature->miss[q] - above.gain[q];
				child_product[q] = product[q] * (zero * quadrature->rest[q] * above.inverse[q]);
			}
		walk->standing[feature] = (Standing){zero, above.missed || !taken, inverse, gain};
		self(walk, child, child_product, child_sums);
		for (int q = 0; q < n; q++)
			sums[q] += child_sums[q];
		if (!above.missed)
		{
			double sum = 0;

			for (int q = 0; q < n; q++)
				sum += child_sums[q] * change[q];
			walk->contributions[feature] += sum;
		}
	}
	walk->room -= 5 * n;
	walk->standing[feature] = above;
}

/* The usual numbers of points, compiled for each, and any other */
#define FOLLOW(name, n)                                                                            \
	static void name(Walk *walk, int node, const double *product, double *sums)                    \
	{                                                                                              \
		follow(walk, node, product, sums, n, name);                                                \
	}

FOLLOW(follow_any, walk->quadrature->n)
FOLLOW(follow_2, 2)
FOLLOW(follow_4, 4)
FOLLOW(follow_6, 6)
FOLLOW(follow_8, 8)

static Follow
follow_with(int n)
{
	switch (n)
	{
		case 2:
			return follow_2;
		case 4:
			return follow_4;
		case 6:
			return follow_6;
		case 8:
			return follow_8;
		default:
			return follow_any;
	}
}

ShapQuadrature *
jorge_shap_quadrature(const Forest *forest)
{
	/* a path's distinct features, halved and rounded up, and then to a multiple of two lanes */
	int n = (Min(forest->depth, forest->features) + 3) / 4 * 2;
	ShapQuadrature *quadrature = palloc(sizeof(ShapQuadrature) + sizeof(double) * n * 6);
	double *arrays = (double *) (quadrature + 1);

	*quadrature = (ShapQuadrature){.n = n,
								   .points = arrays,
								   .weights = arrays + n,
								   .rest = arrays + 2 * n,
								   .miss = arrays + 3 * n,
								   .ones = arrays + 4 * n,
								   .zeros = arrays + 5 * n};
	jorge_shap_points(n, quadrature->points, quadrature->weights);
	for (int q = 0; q < n; q++)
	{
		quadrature->rest[q] = 1 - quadrature->points[q];
		quadrature->miss[q] = -1 / quadrature->rest[q];
		quadrature->ones[q] = 1;
		quadrature->zeros[q] = 0;
	}
	return quadrature;
}

void
jorge_shap_follow(const ShapTable *table, const float *doubled, double *contributions)
{
	const Forest *forest = table->forest;
	const ShapQuadrature *quadrature = table->quadrature;
	int n = quadrature->n;
	Follow function = follow_with(n);
	Walk walk = {.quadrature = quadrature,
				 .forest = forest,
				 .row = doubled,
				 .deep = table->deep,
				 .contributions = contributions};
	double *arrays = palloc(sizeof(double) * n * (1 + 5 * (forest->depth + 1)));

	walk.room = arrays + n; /* at most 256 points and 512 levels */
	walk.standing = palloc(sizeof(Standing) * forest->features);
	for (int f = 0; f < forest->features; f++)
		walk.standing[f] = (Standing){1, false, quadrature->ones, quadrature->zeros};
	for (int t = 0; t < forest->ntrees; t++)
	{
		int root = (int) forest->trees[t].root;

		CHECK_FOR_INTERRUPTS();
		if (table->deep[root])
			function(&walk, root, quadrature->ones, arrays);
	}
	pfree(walk.standing);
	pfree(arrays);
}

double
jorge_forest_expected(const Forest *forest)
{
	double *means = palloc_extended(sizeof(double) * Max(forest->nnodes, 1), MCXT_ALLOC_HUGE);
	double sum = forest->base_margin;

	/* children stand after their parent */
	for (int i = forest->nnodes - 1; i >= 0; i--)
	{
		int left = shap_left(forest, i);

		if (shap_is_leaf(forest, i))
			means[i] = forest->values[i];
		else
			means[i] = shap_share(forest, i, left) * means[left] +
					   shap_share(forest, i, left + 1) * means[left + 1];
	}
	for (int t = 0; t < forest->ntrees; t++)
		sum += means[forest->trees[t].root];
	pfree(means);
	return sum;
}
