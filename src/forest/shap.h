/*
 * shap.h: what the files of SHAP share: how they read nodes, the tables, the entry points of each.
 *
 * The leaves of a forest are told apart once, when its table is made (shap_table.c): those in the
 * table are answered by look-ups (shap.c one row, shap_avx2.c eight rows), the deep ones, whose
 * paths split on more than SHAP_TABLE_BITS features, by quadrature (shap_quadrature.c).
 *
 * A group is a subtree whose leaves are answered together by one look-up. The index has a bit for
 * each feature above the group (does the row pass all its splits on the way?), then one for each
 * inner node of the group (does the row go right?). A table row holds, in float32, what the group's
 * leaves together contribute to each of the group's features.
 */
#ifndef JORGE_FOREST_SHAP_H
#define JORGE_FOREST_SHAP_H

#include "forest/internal.h"

/* Bits of a group's index; so many features has it at most, each needs a bit at least. */
#define SHAP_TABLE_BITS 8

/* Bytes of a row of the table */
#define SHAP_ROW_SIZE (sizeof(float) * SHAP_TABLE_BITS)

/* Rows a block of the AVX2 form has, one a lane. */
#define SHAP_LANES 8

/* ---- nodes ---- */

static inline bool
shap_is_leaf(const ForestNode *node)
{
	return node->step == 0;
}

static inline int
shap_feature(const ForestNode *node)
{
	return node->slot / 2;
}

/* Index of a node's left child; the right one follows it */
static inline int
shap_left(const Forest *forest, int node)
{
	return node + forest->nodes[node].step;
}

/* Share of a node's rows that go to one of its children; halves where no row was seen */
static inline double
shap_share(const Forest *forest, int node, int child)
{
	double cover = forest->covers[node];

	return cover > 0 ? forest->covers[child] / cover : 0.5;
}

/* ---- tables ---- */

/* A split above groups: clears its feature's bit in the index of the child that the row misses */
typedef struct ShapStep
{
	float threshold;
	uint16 slot;
	uint16 from; /* position of the index so far; the children's are to and to + 1 */
	uint16 to;
	uint16 bit;
} ShapStep;

/* A split inside a group */
typedef struct ShapSplit
{
	float threshold;
	uint32 slot;
} ShapSplit;

typedef struct ShapGroup
{
	uint32 first;  /* its first row of the table */
	uint16 from;   /* position of the index so far */
	uint8 above;   /* features above: low bits of the index */
	uint8 nsplits; /* inner nodes: high bits */
	uint16 nfeatures;
	uint16 features[SHAP_TABLE_BITS];
} ShapGroup;

/* A tree's share of the arrays below */
typedef struct ShapTree
{
	int nsteps;
	int ngroups;
	int nsplits;
} ShapTree;

typedef struct ShapTable
{
	int npositions; /* most that a tree has */
	ShapTree *trees;
	ShapStep *steps;   /* tree by tree, a parent before its children */
	ShapGroup *groups; /* tree by tree */
	ShapSplit *splits; /* group by group */
	float *rows;       /* SHAP_TABLE_BITS floats each, aligned to a row */
	bool *deep;        /* by node: does a leaf below need quadrature? NULL if none does */
} ShapTable;

/* Where a tree's part of the table begins */
typedef struct ShapCursor
{
	const ShapStep *step;
	const ShapGroup *group;
	const ShapSplit *split;
	const float *rows; /* the whole table's */
} ShapCursor;

/* ERROR if contributions of the forest can't be worked out */
extern void jorge_shap_check(const Forest *forest);

/* A forest's table, made by the first call. It lives and dies with the forest. */
extern const ShapTable *jorge_shap_table(const Forest *forest);

/* ---- quadrature ---- */

/*
 * Add the contributions of the leaves that deep marks (NULL = all), with no base value
 */
extern void jorge_shap_quadrature(const Forest *forest, const float *doubled, const bool *deep,
								  double *contributions);

/* Points and weights of Gauss-Legendre quadrature on [0, 1] */
extern void jorge_shap_points(int n, double *points, double *weights);

/* ---- AVX2 ---- */

/* Can this machine run the next function? */
extern bool jorge_shap_avx2(void);

/*
 * Add what a tree's part of the table says of SHAP_LANES rows: doubled is slots x SHAP_LANES, sums
 * is features x SHAP_LANES, positions has room for table->npositions x SHAP_LANES.
 */
extern void jorge_shap_add_block(const ShapCursor *at, const ShapTree *tree, const float *doubled,
								 uint32 *positions, double *sums);

#endif
