/*
 * crown.c: laying out the upper levels of a forest's trees for speed (see internal.h).
 */
#include "core/jorge.h"

#include "forest/internal.h"
#include "forest/key.h"
#include "utils/memutils.h"

/* Ends a crown may have for each node of the forest. Full trees have half a one; sparse ones more,
 * of memory and of steps. */
#define ENDS_PER_NODE 4

/*
 * How many levels of the trees go into the crown: as many as do not blow it up
 */
static int
choose_levels(const Forest *forest)
{
	uint64 most = (uint64) ENDS_PER_NODE * forest->nnodes;
	int levels = 0;

	while (levels < Min(forest->depth, FOREST_MAX_CROWN) &&
		   (uint64) forest->ntrees << (levels + 1) <= most)
		levels++;
	return levels;
}

/*
 * Lay out one tree
 */
static void
grow_tree(const Forest *forest, ForestCrown *crown, Size tree)
{
	const ForestNode *nodes = forest->nodes;
	Size nends = (Size) 1 << crown->levels;
	uint32 *ends = crown->entries + (tree << crown->levels);
	float *leaves = crown->leaves + (tree << crown->levels);

	ends[0] = forest->trees[tree].root;
	for (int level = 0; level < crown->levels; level++)
	{
		uint64 *tests = crown->tests[level] + (tree << level);

		/* from the last, so that children do not overwrite what is still to be read */
		for (Size i = (Size) 1 << level; i-- > 0;)
		{
			const ForestNode *node = &nodes[ends[i]];
			uint32 left = ends[i] + node->step;

			/* a leaf's test leads to itself both ways */
			tests[i] = (uint64) jorge_float_key(node->threshold) << 32 | node->slot;
			ends[2 * i] = left + (node->step != 0);
			ends[2 * i + 1] = left;
		}
	}
	for (Size i = 0; i < nends; i++)
		leaves[i] = forest->values[ends[i]];
}

void
jorge_forest_grow_crown(Forest *forest, MemoryContext mcxt)
{
	ForestCrown *crown = &forest->crown;
	Size nends;
	Size ntests;
	uint64 *tests;

	crown->levels = choose_levels(forest);
	nends = (Size) forest->ntrees << crown->levels;
	ntests = nends - forest->ntrees; /* 1 + 2 + 4 + ... a tree */
	tests = MemoryContextAllocHuge(mcxt, sizeof(uint64) * ntests + CACHE_LINE * FOREST_MAX_CROWN);
	for (int level = 0; level < crown->levels; level++)
	{
		tests = (uint64 *) TYPEALIGN(CACHE_LINE, tests);
		crown->tests[level] = tests;
		tests += (Size) forest->ntrees << level;
	}
	crown->leaves = MemoryContextAllocHuge(mcxt, sizeof(float) * Max(nends, 1));
	crown->entries = MemoryContextAllocHuge(mcxt, sizeof(uint32) * Max(nends, 1));
	for (int t = 0; t < forest->ntrees; t++)
	{
		CHECK_FOR_INTERRUPTS();
		grow_tree(forest, crown, t);
	}
}
