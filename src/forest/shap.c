/*
 * shap.c: exact path-dependent SHAP values (Lundberg, Erion, Lee 2018, algorithm 2), in double.
 *
 * What a feature contributes is its Shapley value in the game where an unknown feature sends a row down both
 * sides of a split, in proportion to their covers. A path from the root keeps, for each distinct feature on it,
 * the share of rows that pass its splits when the feature is unknown (zero) and when it is known (one: 1 or 0),
 * and the weights of the subsets of each size; a feature met again is taken out and put back changed.
 *
 * Cost is leaves * depth^2 a tree. A branch that neither kind of row reaches contributes nothing and is left.
 */
#include "core/jorge.h"

#include "forest/internal.h"

typedef struct PathElement
{
	int feature; /* -1 = the root's own */
	double zero;
	double one;
	double weight; /* of the subsets of as many features as its position says */
} PathElement;

typedef struct Shap
{
	const Forest *forest;
	const float *row; /* doubled */
	double *contributions;
	const double *inverse; /* inverse[k] = 1 / k */
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
 * Put a feature at position last of the path
 */
static inline void
extend(const Shap *shap, PathElement *path, int last, double zero, double one, int feature)
{
	double unit = shap->inverse[last + 1];

	path[last] = (PathElement){feature, zero, one, last == 0 ? 1.0 : 0.0};
	for (int i = last - 1; i >= 0; i--)
	{
		path[i + 1].weight += one * path[i].weight * (i + 1) * unit;
		path[i].weight = zero * path[i].weight * (last - i) * unit;
	}
}

/*
 * Take the feature at position out of a path whose last position is last
 */
static inline void
unwind(const Shap *shap, PathElement *path, int last, int position)
{
	double one = path[position].one;
	double zero = path[position].zero;
	double next = path[last].weight;
	double unit = shap->inverse[last + 1];

	for (int i = last - 1; i >= 0; i--)
	{
		if (one != 0)
		{
			double weight = path[i].weight;

			path[i].weight = next * (last + 1) * shap->inverse[i + 1];
			next = weight - path[i].weight * zero * (last - i) * unit;
		}
		else
			path[i].weight = path[i].weight * (last + 1) * shap->inverse[last - i] / zero;
	}
	for (int i = position; i < last; i++)
	{
		path[i].feature = path[i + 1].feature;
		path[i].zero = path[i + 1].zero;
		path[i].one = path[i + 1].one;
	}
}

/*
 * Sum of the weights that unwind() would leave
 */
static inline double
unwound_sum(const Shap *shap, const PathElement *path, int last, int position)
{
	double zero = path[position].zero;
	double total = 0;

	if (path[position].one != 0)
	{
		double next = path[last].weight;

		for (int i = last - 1; i >= 0; i--)
		{
			double weight = next * shap->inverse[i + 1];

			total += weight;
			next = path[i].weight - weight * zero * (last - i);
		}
	}
	else
	{
		for (int i = last - 1; i >= 0; i--)
			total += path[i].weight * shap->inverse[last - i];
		total /= zero;
	}
	return total * (last + 1);
}

/*
 * Follow a node's subtree; the path above it, of last elements, lies right before free room
 */
static void
follow(const Shap *shap, const ForestNode *node, PathElement *above, int last, double zero,
	   double one, int feature)
{
	const Forest *forest = shap->forest;
	PathElement *path = above + last;
	const ForestNode *child;
	double again_zero = 1;
	double again_one = 1;
	int split;

	memcpy(path, above, sizeof(PathElement) * last);
	extend(shap, path, last, zero, one, feature);

	if (node->step == 0)
	{
		double value = forest->values[node - forest->nodes];

		for (int i = 1; i <= last; i++)
			shap->contributions[path[i].feature] +=
				unwound_sum(shap, path, last, i) * (path[i].one - path[i].zero) * value;
		return;
	}

	split = node->slot / 2;
	for (int i = 1; i <= last; i++)
		if (path[i].feature == split)
		{
			again_zero = path[i].zero;
			again_one = path[i].one;
			unwind(shap, path, last, i);
			last--;
			break;
		}
	child = node + node->step;
	for (int right = 0; right < 2; right++, child++)
	{
		bool taken = right == (shap->row[node->slot] >= node->threshold);
		double child_zero = again_zero * share(forest, node, child);
		double child_one = taken ? again_one : 0;

		if (child_zero != 0 || child_one != 0)
			follow(shap, child, path, last + 1, child_zero, child_one, split);
	}
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
	int longest = Min(forest->depth, forest->features) + 1; /* elements of a path, with the root's */
	float *row;
	double *inverse;
	PathElement *paths;
	Shap shap;

	if (forest->covers == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("forest has no covers (sum_hessian), which contributions need"),
				 errhint("Save the model with XGBoost's save_model(), which writes them.")));
	if (forest->depth > FOREST_MAX_SHAP_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("contributions need trees of depth %d at most, this forest's has %d",
						FOREST_MAX_SHAP_DEPTH, forest->depth),
				 errhint("Train with a smaller max_depth.")));

	row = palloc(sizeof(float) * 2 * forest->features);
	jorge_double_row(x, forest->features, row);
	inverse = palloc(sizeof(double) * (longest + 2));
	inverse[0] = 0;
	for (int k = 1; k < longest + 2; k++)
		inverse[k] = 1.0 / k;
	/* each level of a walk copies the path above it, one element longer at most */
	paths = palloc(sizeof(PathElement) * (longest + 1) * (forest->depth + 2));

	for (int f = 0; f < forest->features; f++)
		contributions[f] = 0;
	contributions[forest->features] = forest->expected;
	shap = (Shap){forest, row, contributions, inverse};
	for (int t = 0; t < forest->ntrees; t++)
	{
		CHECK_FOR_INTERRUPTS();
		follow(&shap, forest->nodes + forest->trees[t].root, paths, 0, 1, 1, -1);
	}
	pfree(paths);
	pfree(inverse);
	pfree(row);
}
