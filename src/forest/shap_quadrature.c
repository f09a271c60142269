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
	bool missed;            /* one is 0 */
	const double *inverses; /* of its factor, by point, where not missed; NULL = 1, no split yet */
} Standing;

typedef struct Walk
{
	const Forest *forest;
	const float *row; /* doubled */
	const bool *deep; /* subtrees to visit; NULL = all */
	double *contributions;
	Standing *standing; /* by feature */
	int n;              /* points */
	double *points;
	double *weights;
	double *missed; /* by point, 1 / (1 - t) */
	double *room;   /* three arrays for each level below */
} Walk;

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
 * Account for a node's subtree: given the product of all factors at each point, leave in sums[] the
 * leaves' weighted products, and add to the contributions of the features it splits on
 */
static void
follow(Walk *walk, int node, const double *restrict product, double *restrict sums)
{
	const Forest *forest = walk->forest;
	const ForestNode *split = &forest->nodes[node];
	int n = walk->n;
	Standing *standing = &walk->standing[shap_feature(split)];
	Standing above = *standing;
	double *restrict child_product = walk->room;
	double *restrict child_sums = walk->room + n;
	double *restrict inverses = walk->room + 2 * n;

	if (shap_is_leaf(split))
	{
		double value = forest->values[node];

		for (int q = 0; q < n; q++)
			sums[q] = value * product[q] * walk->weights[q];
		return;
	}

	for (int q = 0; q < n; q++)
		sums[q] = 0;
	walk->room += 3 * n;
	for (int right = 0; right < 2; right++)
	{
		int child = shap_left(forest, node) + right;
		double share = shap_share(forest, node, child);
		double zero = above.zero * share;
		bool taken = right == (walk->row[split->slot] >= split->threshold);
		double gained = 0;
		double retracted = 0;

		if (walk->deep != NULL && !walk->deep[child])
			continue;
		if (zero == 0 && (above.missed || !taken))
			continue; /* no row comes here, known or unknown */

		if (above.missed)
		{
			for (int q = 0; q < n; q++)
				child_product[q] = product[q] * share;
			standing->zero = zero;
			follow(walk, child, child_product, child_sums);
			for (int q = 0; q < n; q++)
				sums[q] += child_sums[q];
			continue;
		}

		for (int q = 0; q < n; q++)
		{
			double t = walk->points[q];
			double factor = zero * (1 - t) + (taken ? t : 0);

			child_product[q] = product[q] * factor;
			if (above.inverses != NULL)
				child_product[q] *= above.inverses[q];
			if (taken)
				inverses[q] = 1 / factor;
		}
		*standing = (Standing){zero, !taken, taken ? inverses : NULL};
		follow(walk, child, child_product, child_sums);
		for (int q = 0; q < n; q++)
		{
			gained += child_sums[q] * (taken ? inverses[q] : walk->missed[q]);
			if (above.inverses != NULL)
				retracted += child_sums[q] * above.inverses[q];
			sums[q] += child_sums[q];
		}
		walk->contributions[shap_feature(split)] +=
			(taken ? 1 - zero : -1) * gained - (1 - above.zero) * retracted;
	}
	walk->room -= 3 * n;
	*standing = above;
}

void
jorge_shap_quadrature(const Forest *forest, const float *doubled, const bool *deep,
					  double *contributions)
{
	/* a path's distinct features, halved and rounded up */
	int n = (Min(forest->depth, forest->features) + 1) / 2;
	Walk walk = {.forest = forest,
				 .row = doubled,
				 .deep = deep,
				 .contributions = contributions,
				 .n = n};
	double *arrays;
	double *product;
	double *sums;

	walk.standing = palloc(sizeof(Standing) * forest->features);
	for (int f = 0; f < forest->features; f++)
		walk.standing[f] = (Standing){1, false, NULL};

	/* five arrays here, three a level below; at most 256 points and 512 levels */
	arrays = palloc(sizeof(double) * Max(n, 1) * (5 + 3 * (forest->depth + 1)));
	walk.points = arrays;
	walk.weights = walk.points + n;
	walk.missed = walk.weights + n;
	product = walk.missed + n;
	sums = product + n;
	walk.room = sums + n;
	jorge_shap_points(n, walk.points, walk.weights);
	for (int q = 0; q < n; q++)
		walk.missed[q] = 1 / (1 - walk.points[q]);
	for (int t = 0; t < forest->ntrees; t++)
	{
		int root = (int) forest->trees[t].root;

		CHECK_FOR_INTERRUPTS();
		if (deep != NULL && !deep[root])
			continue;
		for (int q = 0; q < n; q++)
			product[q] = 1;
		follow(&walk, root, product, sums);
	}
	pfree(arrays);
	pfree(walk.standing);
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

		if (shap_is_leaf(&forest->nodes[i]))
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
