/*
 * shap_table.c: the table that answers for a forest's leaves, and its making.
 *
 * For a leaf of value v below splits on k features, of which zero_j is the share of rows that pass
 * j's splits, and a row that passes those of the features in the set m, let
 *
 *   S(m) = integral over t from 0 to 1 of the product over j of (j in m ? zero_j (1 - t) + t : zero_j
 *          (1 - t)), divided by 1 - t
 *
 * Then the leaf contributes -v S(m) to each feature not in m, and v (1 - zero_i) / zero_i S(m - i)
 * to each feature i in m (shap_quadrature.c has the formula this comes from). So a leaf costs 2^k
 * numbers S; they are made by doubling, a factor a feature, at k / 2 points of Gauss-Legendre
 * quadrature, which is exact for these polynomials. All terms are positive.
 *
 * The table of a group is the sum of its leaves', over all the ways a row may take through them.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "forest/shap.h"
#include "utils/memutils.h"

#define PATTERNS (1 << SHAP_TABLE_BITS)
#define POINTS ((SHAP_TABLE_BITS + 1) / 2)

/* Stands for a share of 0: far below any other, and its eighth power is no denormal */
#define NO_SHARE 1e-30

/* Most of jorge.forest_cache that the table of one forest may take, in percent */
#define CACHE_SHARE 50

/* What planning finds of each node of the tree at hand, by position in the tree */
typedef struct NodePlan
{
	int parent;
	uint16 above;    /* features above it; those of deep nodes are not counted to the end */
	uint16 bit;      /* of a split's feature: its place among those of the path */
	uint32 splits;   /* inner nodes of its subtree */
	uint16 position; /* of the index so far, if steps lead here */
	bool deep;       /* a leaf below needs quadrature */
	bool tabled;     /* a leaf below is in the table */
	bool grouped;    /* is in a group */
} NodePlan;

/* Room that one tree's, or all trees' parts of the table need */
typedef struct Needs
{
	Size steps;
	Size groups;
	Size splits;
	Size rows;
	int positions;
} Needs;

/* What a path through a group has met so far; slots are the group's features */
typedef struct Way
{
	uint32 used;                      /* slots that the path splits on */
	double zero[SHAP_TABLE_BITS];     /* by slot: share of rows that pass its splits */
	uint32 clears[SHAP_TABLE_BITS][2]; /* slots that are missed if a bit of the index is 0, or 1 */
} Way;

typedef struct Builder
{
	const Forest *forest;
	int root; /* of the tree at hand */
	NodePlan *plan;
	ShapTable *table;
	ShapStep *step; /* next to write */
	ShapGroup *group;
	ShapSplit *split;
	ShapSplit *first_split; /* of the group at hand */
	float (*row)[SHAP_TABLE_BITS]; /* first of the group at hand */
	bool any_deep;

	double points[POINTS + 1][POINTS];  /* by number of points */
	double weights[POINTS + 1][POINTS]; /* divided by 1 - point */
	double products[PATTERNS];
	double s[PATTERNS];
	float leaf[PATTERNS][SHAP_TABLE_BITS];
	uint32 missed[PATTERNS];
} Builder;

/*
 * Nodes of a tree
 */
static int
tree_size(const Forest *forest, int tree)
{
	uint32 end = tree + 1 < forest->ntrees ? forest->trees[tree + 1].root : forest->nnodes;

	return (int) (end - forest->trees[tree].root);
}

/*
 * Find each node's features above, from the root down
 */
static void
plan_paths(Builder *builder, int n)
{
	const ForestNode *nodes = builder->forest->nodes + builder->root;
	NodePlan *plan = builder->plan;

	plan[0].parent = -1;
	plan[0].above = 0;
	for (int i = 0; i < n; i++)
	{
		int child = i + nodes[i].step;
		int p = -1;

		if (shap_is_leaf(&nodes[i]))
			continue;
		plan[i].bit = plan[i].above;
		if (plan[i].above <= SHAP_TABLE_BITS)
			for (p = plan[i].parent; p >= 0; p = plan[p].parent)
				if (shap_feature(&nodes[p]) == shap_feature(&nodes[i]))
				{
					plan[i].bit = plan[p].bit;
					break;
				}
		for (int side = 0; side < 2; side++)
		{
			plan[child + side].parent = i;
			plan[child + side].above =
				Min(plan[i].above + (p < 0), SHAP_TABLE_BITS + 1);
		}
	}
}

/*
 * Divide the tree at hand into groups, steps that lead to them, and deep parts
 */
static void
plan_tree(Builder *builder, int tree, Needs *needs)
{
	const Forest *forest = builder->forest;
	int n = tree_size(forest, tree);
	NodePlan *plan = builder->plan;
	const ForestNode *nodes;

	builder->root = (int) forest->trees[tree].root;
	nodes = forest->nodes + builder->root;
	plan_paths(builder, n);
	for (int i = n - 1; i >= 0; i--)
	{
		const NodePlan *child = &plan[i + nodes[i].step];
		bool leaf = shap_is_leaf(&nodes[i]);

		plan[i].splits = leaf ? 0 : 1 + child[0].splits + child[1].splits;
		plan[i].deep = leaf ? plan[i].above > SHAP_TABLE_BITS : child[0].deep || child[1].deep;
		plan[i].tabled = leaf ? !plan[i].deep : child[0].tabled || child[1].tabled;
	}

	*needs = (Needs){.positions = 1};
	for (int i = 0; i < n; i++)
	{
		bool inside = plan[i].parent >= 0 && plan[plan[i].parent].grouped;

		plan[i].grouped = inside || plan[i].above + plan[i].splits <= SHAP_TABLE_BITS;
		if (plan[i].grouped && !inside)
		{
			needs->groups++;
			needs->splits += plan[i].splits;
			needs->rows += (Size) 1 << (plan[i].above + plan[i].splits);
		}
		else if (!plan[i].grouped && plan[i].tabled)
		{
			needs->steps++;
			needs->positions += 2;
		}
	}
}

/*
 * Compute S of a leaf's patterns: bit j of a pattern says that the row passes the j-th of n
 * features, zero[j] is that one's share
 */
static void
compute_s(Builder *builder, int n, const double *zero)
{
	int npoints = (n + 1) / 2;
	double *restrict products = builder->products;
	double *restrict s = builder->s;

	memset(s, 0, sizeof(double) << n);
	for (int q = 0; q < npoints; q++)
	{
		double t = builder->points[npoints][q];
		double weight = builder->weights[npoints][q];

		products[0] = 1;
		for (int j = 0; j < n; j++)
		{
			int size = 1 << j;
			double missed = zero[j] * (1 - t);

			for (int m = 0; m < size; m++)
			{
				products[size + m] = products[m] * (missed + t);
				products[m] *= missed;
			}
		}
		for (int m = 0; m < 1 << n; m++)
			s[m] += weight * products[m];
	}
}

/*
 * Add a leaf to its group's rows
 */
static void
add_leaf(Builder *builder, const ShapGroup *group, const Way *way, double value)
{
	int bits = group->above + group->nsplits;
	int slots[SHAP_TABLE_BITS];
	double zero[SHAP_TABLE_BITS];
	int n = 0;
	uint32 *restrict missed = builder->missed;
	float(*restrict leaf)[SHAP_TABLE_BITS] = builder->leaf;

	for (int slot = 0; slot < group->nfeatures; slot++)
		if (way->used & 1 << slot)
		{
			slots[n] = slot;
			zero[n++] = Max(way->zero[slot], NO_SHARE);
		}
	compute_s(builder, n, zero);

	memset(leaf, 0, sizeof(leaf[0]) << n);
	for (int j = 0; j < n; j++)
	{
		double odds = (1 - zero[j]) / zero[j];
		int bit = 1 << j;

		for (int m = 0; m < 1 << n; m++)
			if (!(m & bit))
			{
				double change = value * builder->s[m];

				leaf[m][slots[j]] = (float) -change;
				leaf[m | bit][slots[j]] = (float) (change * odds);
			}
	}

	/* patterns of the leaf's features by index of the group */
	missed[0] = 0;
	for (int b = 0; b < bits; b++)
	{
		uint32 clears[2] = {0, 0};

		for (int j = 0; j < n; j++)
			for (int side = 0; side < 2; side++)
				clears[side] |= (way->clears[b][side] >> slots[j] & 1) << j;
		for (int i = 0; i < 1 << b; i++)
		{
			missed[(1 << b) + i] = missed[i] | clears[1];
			missed[i] |= clears[0];
		}
	}
	for (int i = 0; i < 1 << bits; i++)
	{
		const float *restrict from = leaf[((1 << n) - 1) & ~missed[i]];
		float *restrict to = builder->row[i];

		for (int slot = 0; slot < SHAP_TABLE_BITS; slot++)
			to[slot] += from[slot];
	}
}

/*
 * Add the leaves below a node of a group
 */
static void
add_leaves(Builder *builder, ShapGroup *group, int node, const Way *way)
{
	const Forest *forest = builder->forest;
	const ForestNode *split = &forest->nodes[node];
	int bit;
	int slot = 0;

	if (shap_is_leaf(split))
	{
		add_leaf(builder, group, way, forest->values[node]);
		return;
	}
	*builder->split++ = (ShapSplit){.threshold = split->threshold, .slot = split->slot};
	bit = group->above + (int) (builder->split - 1 - builder->first_split);
	while (slot < group->nfeatures && group->features[slot] != shap_feature(split))
		slot++;
	if (slot == group->nfeatures)
		group->features[group->nfeatures++] = (uint16) shap_feature(split);
	for (int side = 0; side < 2; side++)
	{
		int child = shap_left(forest, node) + side;
		Way below = *way;

		below.used |= 1 << slot;
		below.zero[slot] *= shap_share(forest, node, child);
		/* the left side is missed by a row that goes right */
		below.clears[bit][!side] |= 1 << slot;
		add_leaves(builder, group, child, &below);
	}
}

/*
 * Make the group that starts at a node of the tree at hand
 */
static void
make_group(Builder *builder, int i)
{
	const Forest *forest = builder->forest;
	const NodePlan *plan = builder->plan;
	ShapGroup *group = builder->group++;
	Way way = {0};

	*group = (ShapGroup){.first = (uint32) (builder->row - (float(*)[SHAP_TABLE_BITS]) builder->table->rows),
						 .from = plan[i].position,
						 .above = (uint8) plan[i].above,
						 .nsplits = (uint8) plan[i].splits,
						 .nfeatures = plan[i].above};
	for (int slot = 0; slot < SHAP_TABLE_BITS; slot++)
		way.zero[slot] = 1;
	for (int child = i, p = plan[i].parent; p >= 0; child = p, p = plan[p].parent)
	{
		int slot = plan[p].bit;

		group->features[slot] = (uint16) shap_feature(&forest->nodes[builder->root + p]);
		way.zero[slot] *= shap_share(forest, builder->root + p, builder->root + child);
	}
	for (int slot = 0; slot < group->above; slot++)
	{
		way.used |= 1 << slot;
		way.clears[slot][0] = 1 << slot;
	}
	builder->first_split = builder->split;
	add_leaves(builder, group, builder->root + i, &way);
	builder->row += (Size) 1 << (group->above + group->nsplits);
}

/*
 * Write the steps and groups of the tree at hand
 */
static void
make_tree(Builder *builder, int tree)
{
	const ForestNode *nodes = builder->forest->nodes + builder->root;
	int n = tree_size(builder->forest, tree);
	NodePlan *plan = builder->plan;
	ShapStep *first_step = builder->step;
	ShapGroup *first_group = builder->group;
	ShapSplit *first_split = builder->split;
	uint16 positions = 1;

	plan[0].position = 0;
	for (int i = 0; i < n; i++)
	{
		int child = i + nodes[i].step;

		if (plan[i].grouped)
		{
			if (plan[i].parent < 0 || !plan[plan[i].parent].grouped)
				make_group(builder, i);
		}
		else if (plan[i].tabled)
		{
			*builder->step++ = (ShapStep){.threshold = nodes[i].threshold,
										  .slot = nodes[i].slot,
										  .from = plan[i].position,
										  .to = positions,
										  .bit = plan[i].bit};
			plan[child].position = positions;
			plan[child + 1].position = positions + 1;
			positions += 2;
		}
	}
	builder->table->trees[tree] = (ShapTree){.nsteps = (int) (builder->step - first_step),
											 .ngroups = (int) (builder->group - first_group),
											 .nsplits = (int) (builder->split - first_split)};
}

/*
 * Bytes that a forest's table may take
 */
static Size
allowance(const Forest *forest)
{
	Size cache = (Size) jorge_settings.forest_cache_kb * 1024;
	Size held = MemoryContextMemAllocated(GetMemoryChunkContext(unconstify(Forest *, forest)), true);

	return held >= cache ? 0 : Min(cache / 100 * CACHE_SHARE, cache - held);
}

/*
 * Choose the trees that go into the table, the first ones that fit; deep marks the others
 */
static void
choose_trees(Builder *builder, bool *chosen, bool *deep, Needs *total)
{
	const Forest *forest = builder->forest;
	Size allowed = allowance(forest);
	bool any_deep = false;

	*total = (Needs){0};
	for (int t = 0; t < forest->ntrees; t++)
	{
		int n = tree_size(forest, t);
		Needs needs;
		Size size;

		CHECK_FOR_INTERRUPTS();
		plan_tree(builder, t, &needs);
		size = needs.rows * SHAP_ROW_SIZE + needs.groups * sizeof(ShapGroup) +
			   needs.splits * sizeof(ShapSplit) + needs.steps * sizeof(ShapStep);
		chosen[t] = size <= allowed;
		for (int i = 0; i < n; i++)
		{
			deep[builder->root + i] = !chosen[t] || builder->plan[i].deep;
			any_deep |= deep[builder->root + i];
		}
		if (!chosen[t])
			continue;
		allowed -= size;
		total->steps += needs.steps;
		total->groups += needs.groups;
		total->splits += needs.splits;
		total->rows += needs.rows;
		total->positions = Max(total->positions, needs.positions);
	}
	builder->any_deep = any_deep;
}

/*
 * Make a forest's table in a context of its own, under the current one
 */
static ShapTable *
make_table(const Forest *forest, MemoryContext *mcxt)
{
	Builder *builder = palloc0(sizeof(Builder));
	bool *chosen = palloc(sizeof(bool) * Max(forest->ntrees, 1));
	bool *deep = palloc_extended(Max(forest->nnodes, 1), MCXT_ALLOC_HUGE);
	int largest = 1;
	MemoryContext old;
	ShapTable *table;
	Needs total;
	char *block;

	for (int t = 0; t < forest->ntrees; t++)
		largest = Max(largest, tree_size(forest, t));
	builder->forest = forest;
	builder->plan = palloc(sizeof(NodePlan) * largest);
	choose_trees(builder, chosen, deep, &total);

	*mcxt = AllocSetContextCreate(CurrentMemoryContext, "jorge shap", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(*mcxt);
	builder->table = table = palloc0(sizeof(ShapTable));
	table->npositions = total.positions;
	table->trees = palloc0(sizeof(ShapTree) * Max(forest->ntrees, 1));
	table->steps = palloc_extended(sizeof(ShapStep) * Max(total.steps, 1), MCXT_ALLOC_HUGE);
	table->groups = palloc_extended(sizeof(ShapGroup) * Max(total.groups, 1), MCXT_ALLOC_HUGE);
	table->splits = palloc_extended(sizeof(ShapSplit) * Max(total.splits, 1), MCXT_ALLOC_HUGE);
	block = palloc_extended(SHAP_ROW_SIZE * (total.rows + 1), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	table->rows = (float *) TYPEALIGN(SHAP_ROW_SIZE, block);
	if (builder->any_deep)
	{
		table->deep = palloc_extended(forest->nnodes, MCXT_ALLOC_HUGE);
		memcpy(table->deep, deep, forest->nnodes);
	}
	MemoryContextSwitchTo(old);

	for (int n = 1; n <= POINTS; n++)
	{
		jorge_shap_points(n, builder->points[n], builder->weights[n]);
		for (int q = 0; q < n; q++)
			builder->weights[n][q] /= 1 - builder->points[n][q];
	}
	builder->step = table->steps;
	builder->group = table->groups;
	builder->split = table->splits;
	builder->row = (float(*)[SHAP_TABLE_BITS]) table->rows;
	for (int t = 0; t < forest->ntrees; t++)
	{
		Needs needs;

		CHECK_FOR_INTERRUPTS();
		if (!chosen[t])
			continue;
		plan_tree(builder, t, &needs);
		make_tree(builder, t);
	}
	pfree(builder->plan);
	pfree(builder);
	pfree(chosen);
	pfree(deep);
	return table;
}

const ShapTable *
jorge_shap_table(const Forest *forest)
{
	Forest *owner = unconstify(Forest *, forest);

	if (owner->shap_table == NULL)
	{
		MemoryContext mcxt;
		ShapTable *table = make_table(forest, &mcxt);

		/* whole now: nothing below fails */
		MemoryContextSetParent(mcxt, GetMemoryChunkContext(owner));
		owner->shap_table = table;
		jorge_forest_cache_grew(forest, MemoryContextMemAllocated(mcxt, true));
	}
	return owner->shap_table;
}
