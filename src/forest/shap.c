/*
 * shap.c: exact path-dependent SHAP values in double.
 *
 * What a feature contributes is its Shapley value in the game where an unknown feature sends a row
 * down both sides of a split, in proportion to their covers (Lundberg, Erion, Lee 2018: TreeSHAP).
 * For a leaf of value v, below splits on a set F of features, it is
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
 */
#include "core/jorge.h"

#include "forest/internal.h"

/* How a feature stands on the path at hand */
typedef struct Standing
{
	double zero;
	double one;
} Standing;

typedef struct Shap
{
	const Forest *forest;
	const float *row; /* doubled */
	double *contributions;
	Standing *standing; /* by feature; 1 and 1 where no split on the path asks for it */
	int npoints;
	double *points; /* quadrature on [0, 1] */
	double *weights;
	double *room; /* two arrays of npoints for each level below */
} Shap;

/*
 * Share of a node's rows that go to one of its children; halves where no row was seen
 */
static inline double
share(const Forest *forest, const ForestNode *node, const ForestNode *child)
{
	double cover = forest->covers[node - forest->nodes];

	return cover > 0 ? forest->covers[child - forest->nodes] / cover : 0.5;
}

/*
 * A feature's factor in the product, at one point
 */
static inline double
factor(Standing standing, double t)
{
	return standing.zero * (1 - t) + standing.one * t;
}

/*
 * Compute points and weights of Gauss-Legendre quadrature on [0, 1]
 */
static void
make_quadrature(int n, double *points, double *weights)
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
follow(Shap *shap, const ForestNode *node, const double *product, double *sums)
{
	const Forest *forest = shap->forest;
	int n = shap->npoints;
	int feature = node->slot / 2;
	const ForestNode *child = node + node->step;
	double *child_product = shap->room;
	double *child_sums = shap->room + n;
	Standing above;

	if (node->step == 0)
	{
		double value = forest->values[node - forest->nodes];

		for (int q = 0; q < n; q++)
			sums[q] = value * product[q] * shap->weights[q];
		return;
	}

	above = shap->standing[feature];
	for (int q = 0; q < n; q++)
		sums[q] = 0;
	shap->room += 2 * n;
	for (int right = 0; right < 2; right++, child++)
	{
		bool taken = right == (shap->row[node->slot] >= node->threshold);
		Standing here = {above.zero * share(forest, node, child), taken ? above.one : 0};
		double gained = 0;
		double retracted = 0;

		if (here.zero == 0 && here.one == 0)
			continue; /* no row comes here, known or unknown */
		for (int q = 0; q < n; q++)
			child_product[q] =
				product[q] * factor(here, shap->points[q]) / factor(above, shap->points[q]);
		shap->standing[feature] = here;
		follow(shap, child, child_product, child_sums);
		for (int q = 0; q < n; q++)
		{
			gained += child_sums[q] / factor(here, shap->points[q]);
			retracted += child_sums[q] / factor(above, shap->points[q]);
			sums[q] += child_sums[q];
		}
		/* above is 1 and 1 where the feature is new on the path: nothing to take back */
		shap->contributions[feature] +=
			(here.one - here.zero) * gained - (above.one - above.zero) * retracted;
	}
	shap->room -= 2 * n;
	shap->standing[feature] = above;
}

double
jorge_forest_expected(const Forest *forest)
{
	double *means = palloc_extended(sizeof(double) * Max(forest->nnodes, 1), MCXT_ALLOC_HUGE);
	double sum = forest->base_margin;

	/* children stand after their parent */
	for (int i = forest->nnodes - 1; i >= 0; i--)
	{
		const ForestNode *node = &forest->nodes[i];
		const ForestNode *left = node + node->step;

		if (node->step == 0)
			means[i] = forest->values[i];
		else
			means[i] = share(forest, node, left) * means[left - forest->nodes] +
					   share(forest, node, left + 1) * means[left + 1 - forest->nodes];
	}
	for (int t = 0; t < forest->ntrees; t++)
		sum += means[forest->trees[t].root];
	pfree(means);
	return sum;
}

void
jorge_forest_contributions(const Forest *forest, const float *x, double *contributions)
{
	/* a path's distinct features, halved and rounded up */
	int npoints = (Min(forest->depth, forest->features) + 1) / 2;
	Shap shap = {.forest = forest, .contributions = contributions, .npoints = npoints};
	float *row;
	double *arrays;
	double *product;
	double *sums;

	if (forest->covers == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("forest has no covers (sum_hessian), which contributions need"),
						errhint("Save the model with XGBoost's save_model(), which writes them.")));
	if (forest->depth > FOREST_MAX_SHAP_DEPTH)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("contributions need trees of depth %d at most, this forest's has %d",
							   FOREST_MAX_SHAP_DEPTH, forest->depth),
						errhint("Train with a smaller max_depth.")));

	row = palloc(sizeof(float) * 2 * forest->features);
	jorge_double_row(x, forest->features, row);
	shap.row = row;
	shap.standing = palloc(sizeof(Standing) * forest->features);
	for (int f = 0; f < forest->features; f++)
	{
		contributions[f] = 0;
		shap.standing[f] = (Standing){1, 1};
	}
	contributions[forest->features] = forest->expected;

	/* four arrays here, two a level below; at most 256 points and 512 levels */
	arrays = palloc(sizeof(double) * Max(npoints, 1) * (4 + 2 * (forest->depth + 1)));
	shap.points = arrays;
	shap.weights = shap.points + npoints;
	product = shap.weights + npoints;
	sums = product + npoints;
	shap.room = sums + npoints;
	make_quadrature(npoints, shap.points, shap.weights);
	for (int t = 0; t < forest->ntrees; t++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int q = 0; q < npoints; q++)
			product[q] = 1;
		follow(&shap, forest->nodes + forest->trees[t].root, product, sums);
	}
	pfree(arrays);
	pfree(shap.standing);
	pfree(row);
}
