/*
 * shap_table.c: dividing a forest into groups, and what a group contributes.
 *
 * A group is a subtree with so few features on its paths and so few splits of its own that the ways
 * a row may take to and through it can be numbered in SHAP_TABLE_BITS bits. What its leaves
 * contribute depends on that number alone. It is worked out by quadrature (shap_quadrature.c has
 * the formulas) when a row first asks for it, rounded to float32, and kept where the cache has room
 * for the group; so a forest asked for one explanation costs one, and results depend neither on the
 * size of the cache nor on what was asked before.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "forest/shap.h"
#include "utils/memutils.h"

/* Most of jorge.forest_cache that the table of one forest may take, in percent */
#define CACHE_SHARE 50

/* Most rows of one forest's groups (32 MB); the trees that don't fit go by quadrature. Results must
 * not depend on the cache, so this is a constant. */
#define MOST_ROWS ((Size) 1 << 20)

/* What planning finds of each node of the tree at hand, by position in the tree */
typedef struct NodePlan
{
	int parent;
	uint16 above;    /* features above it; those of deep nodes are not counted to the end */
	uint16 bit;      /* of a split's feature: its place among those of the path */
	uint32 splits;   /* inner nodes of its subtree */
	uint32 position; /* of the index so far, if steps lead here */
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

typedef struct Builder
{
	const Forest *forest;
	ShapTable *table;
	NodePlan *plan;
	int root; /* of the tree at hand */
	int nsteps;
	int ngroups;
	int nsplits;
	Size nrows;   /* given to groups */
	Size maxrows; /* that there is room for */
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
	const Forest *forest = builder->forest;
	int root = builder->root;
	NodePlan *plan = builder->plan;

	plan[0].parent = -1;
	plan[0].above = 0;
	for (int i = 0; i < n; i++)
	{
		int child = shap_left(forest, root + i) - root;
		int p = -1;

		if (shap_is_leaf(forest, root + i))
			continue;
		plan[i].bit = plan[i].above;
		if (plan[i].above <= SHAP_TABLE_BITS)
			for (p = plan[i].parent; p >= 0; p = plan[p].parent)
				if (shap_feature(forest, root + p) == shap_feature(forest, root + i))
				{
					plan[i].bit = plan[p].bit;
					break;
				}
		for (int side = 0; side < 2; side++)
		{
			plan[child + side].parent = i;
			plan[child + side].above = Min(plan[i].above + (p < 0), SHAP_TABLE_BITS + 1);
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
	int root = (int) forest->trees[tree].root;

	builder->root = root;
	plan_paths(builder, n);
	for (int i = n - 1; i >= 0; i--)
	{
		const NodePlan *child = &plan[shap_left(forest, root + i) - root];
		bool leaf = shap_is_leaf(forest, root + i);

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
 * Number the splits of a group from a node on, and find their features
 */
static void
add_splits(Builder *builder, ShapGroup *group, int node)
{
	const Forest *forest = builder->forest;
	int i = builder->nsplits++;
	int feature = 0;
	int left = shap_left(forest, node);

	while (feature < group->nfeatures && group->features[feature] != shap_feature(forest, node))
		feature++;
	if (feature == group->nfeatures)
		group->features[group->nfeatures++] = shap_feature(forest, node);
	if (!shap_is_leaf(forest, left))
		add_splits(builder, group, left);
	builder->table->splits[i] = (ShapSplit){.threshold = shap_threshold(forest, node),
											.slot = shap_slot(forest, node),
											.feature = (uint16) feature,
											.right = (uint16) (builder->nsplits - i)};
	if (!shap_is_leaf(forest, left + 1))
		add_splits(builder, group, left + 1);
}

/*
 * Make the group that starts at a node of the tree at hand
 */
static void
add_group(Builder *builder, int i)
{
	const Forest *forest = builder->forest;
	ShapTable *table = builder->table;
	const NodePlan *plan = builder->plan;
	double *zero = table->zeros[builder->ngroups];
	ShapGroup *group = &table->groups[builder->ngroups++];
	Size rows = (Size) 1 << (plan[i].above + plan[i].splits);

	*group = (ShapGroup){.node = builder->root + i,
						 .first = SHAP_NOT_KEPT,
						 .split = builder->nsplits,
						 .from = plan[i].position,
						 .above = (uint8) plan[i].above,
						 .nsplits = (uint8) plan[i].splits,
						 .nfeatures = plan[i].above};
	if (rows <= builder->maxrows - builder->nrows)
	{
		group->first = (uint32) builder->nrows;
		builder->nrows += rows;
	}
	for (int f = 0; f < SHAP_TABLE_BITS; f++)
		zero[f] = 1;
	for (int child = i, p = plan[i].parent; p >= 0; child = p, p = plan[p].parent)
	{
		group->features[plan[p].bit] = shap_feature(forest, builder->root + p);
		zero[plan[p].bit] *= shap_share(forest, builder->root + p, builder->root + child);
	}
	if (group->nsplits > 0)
		add_splits(builder, group, group->node);
}

/*
 * Write the steps and groups of the tree at hand
 */
static void
add_tree(Builder *builder, int tree)
{
	const Forest *forest = builder->forest;
	int root = builder->root;
	int n = tree_size(forest, tree);
	ShapTable *table = builder->table;
	NodePlan *plan = builder->plan;
	ShapTree *result = &table->trees[tree];
	uint32 positions = 1;

	*result = (ShapTree){.step = builder->nsteps, .group = builder->ngroups};
	plan[0].position = 0;
	for (int i = 0; i < n; i++)
	{
		int child = shap_left(forest, root + i) - root;

		if (plan[i].grouped)
		{
			if (plan[i].parent < 0 || !plan[plan[i].parent].grouped)
				add_group(builder, i);
		}
		else if (plan[i].tabled)
		{
			table->steps[builder->nsteps++] =
				(ShapStep){.threshold = shap_threshold(forest, root + i),
						   .slot = shap_slot(forest, root + i),
						   .from = plan[i].position,
						   .to = positions,
						   .bit = plan[i].bit};
			plan[child].position = positions;
			plan[child + 1].position = positions + 1;
			positions += 2;
		}
	}
	result->nsteps = builder->nsteps - result->step;
	result->ngroups = builder->ngroups - result->group;
}

/*
 * Rows that a forest's table may keep
 */
static Size
allowance(const Forest *forest)
{
	Size cache = (Size) jorge_settings.forest_cache_kb * 1024;
	Size held =
		MemoryContextMemAllocated(GetMemoryChunkContext(unconstify(Forest *, forest)), true);

	return held >= cache ? 0 : Min(cache / 100 * CACHE_SHARE, cache - held) / SHAP_ROW_SIZE;
}

/*
 * Memory for n things, never none
 */
static void *
room(Size n, Size size, int flags)
{
	return palloc_extended(mul_size(Max(n, 1), size), MCXT_ALLOC_HUGE | flags);
}

/*
 * Make a forest's table in a context of its own, under the current one
 */
static ShapTable *
make_table(const Forest *forest, MemoryContext *mcxt)
{
	Builder builder = {.forest = forest};
	Needs total = {.positions = 1};
	bool *chosen = room(forest->ntrees, sizeof(bool), 0);
	bool any_deep = false;
	int largest = 1;
	MemoryContext old;
	ShapTable *table;

	*mcxt = AllocSetContextCreate(CurrentMemoryContext, "jorge shap", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(*mcxt);
	builder.table = table = palloc0(sizeof(ShapTable));
	table->forest = forest;
	table->trees = room(forest->ntrees, sizeof(ShapTree), 0);
	table->deep = room(forest->nnodes, sizeof(bool), 0);
	MemoryContextSwitchTo(old);

	for (int t = 0; t < forest->ntrees; t++)
		largest = Max(largest, tree_size(forest, t));
	builder.plan = room(largest, sizeof(NodePlan), 0);
	for (int t = 0; t < forest->ntrees; t++)
	{
		Needs needs;

		CHECK_FOR_INTERRUPTS();
		plan_tree(&builder, t, &needs);
		chosen[t] = needs.rows <= MOST_ROWS - total.rows;
		for (int i = 0; i < tree_size(forest, t); i++)
		{
			table->deep[builder.root + i] = !chosen[t] || builder.plan[i].deep;
			any_deep |= table->deep[builder.root + i];
		}
		if (!chosen[t])
			continue;
		total.steps += needs.steps;
		total.groups += needs.groups;
		total.splits += needs.splits;
		total.rows += needs.rows;
		total.positions = Max(total.positions, needs.positions);
	}

	builder.maxrows = Min(allowance(forest), total.rows);
	MemoryContextSwitchTo(*mcxt);
	table->npositions = total.positions;
	table->steps = room(total.steps, sizeof(ShapStep), 0);
	table->groups = room(total.groups, sizeof(ShapGroup), 0);
	table->splits = room(total.splits, sizeof(ShapSplit), 0);
	table->zeros = room(total.groups, sizeof(table->zeros[0]), 0);
	table->filled = room(total.groups, sizeof(table->filled[0]), MCXT_ALLOC_ZERO);
	/* left as it comes: a page that no row asks for never exists */
	table->rows = (float(*)[SHAP_TABLE_BITS]) TYPEALIGN(
		SHAP_ROW_SIZE, room(builder.maxrows + 1, SHAP_ROW_SIZE, 0));
	if (any_deep)
		table->quadrature = jorge_shap_quadrature(forest);
	MemoryContextSwitchTo(old);

	jorge_shap_points(SHAP_POINTS, table->points, table->weights);
	for (int q = 0; q < SHAP_POINTS; q++)
		table->missed[q] = 1 / (1 - table->points[q]);
	for (int t = 0; t < forest->ntrees; t++)
	{
		Needs needs;

		CHECK_FOR_INTERRUPTS();
		table->trees[t] = (ShapTree){0};
		if (!chosen[t])
			continue;
		plan_tree(&builder, t, &needs);
		add_tree(&builder, t);
	}
	pfree(builder.plan);
	pfree(chosen);
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
