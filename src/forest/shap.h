/*
 * shap.h: what the files of SHAP share: how they read nodes, the tables, the entry points of each.
 *
 * The leaves of a forest are told apart once, when its table is made (shap_table.c): those in
 * groups are answered by look-ups (shap.c one row, shap_avx2.c eight rows), worked out at the first
 * (shap_group.c); the deep ones, whose paths split on more than SHAP_TABLE_BITS features, by
 * quadrature (shap_quadrature.c).
 *
 * A group is a subtree whose leaves are answered together by one look-up. The index has a bit for
 * each feature above the group (does the row pass all its splits on the way?), then one for each
 * split inside (does the row go right?). A row of the table holds, in float32, what the group's
 * leaves together contribute to each of the group's features.
 */
#ifndef JORGE_FOREST_SHAP_H
#define JORGE_FOREST_SHAP_H

#include "forest/internal.h"

/* Bits of a group's index; so many features has it at most, each needs a bit at least. */
#define SHAP_TABLE_BITS 8

/* Points of quadrature that are exact for so many features */
#define SHAP_POINTS ((SHAP_TABLE_BITS + 1) / 2)

/* Bytes of a row of the table */
#define SHAP_ROW_SIZE (sizeof(float) * SHAP_TABLE_BITS)

/* Rows a block of the AVX2 form has, one a lane. */
#define SHAP_LANES 8

/* ---- nodes ---- */

static inline bool
shap_is_leaf(const Forest *forest, int node)
{
	return forest->nodes[node].step == 0;
}

/* Index of a node's left child; the right one follows it */
static inline int
shap_left(const Forest *forest, int node)
{
	return node + forest->nodes[node].step;
}

/* A split sends a row right if its doubled row has threshold or more in this slot */
static inline uint32
shap_slot(const Forest *forest, int node)
{
	return forest->nodes[node].slot;
}

static inline float
shap_threshold(const Forest *forest, int node)
{
	return forest->nodes[node].threshold;
}

static inline uint32
shap_feature(const Forest *forest, int node)
{
	return shap_slot(forest, node) / 2;
}

/*
 * Share of a node's rows that go to one of its children; halves where no row was seen. At most 1,
 * whatever a document claims of a child, so that no product of shares overflows.
 */
static inline double
shap_share(const Forest *forest, int node, int child)
{
	double cover = forest->covers[node];

	return cover > 0 ? Min(forest->covers[child] / cover, 1) : 0.5;
}

/* ---- tables ---- */

/* Gauss-Legendre quadrature on [0, 1], exact for a forest's longest path; arrays by point */
typedef struct ShapQuadrature
{
	int n;
	double *points;
	double *weights;
	double *rest; /* 1 - point */
	double *miss; /* -1 / (1 - point) */
	double *ones;
	double *zeros;
} ShapQuadrature;

/* A split above groups: clears its feature's bit in the index of the child that the row misses */
typedef struct ShapStep
{
	float threshold;
	uint32 slot;
	uint32 from; /* position of the index so far; the children's are to and to + 1 */
	uint32 to;
	uint32 bit;
} ShapStep;

/* A split inside a group; they stand in the order root, left subtree, right subtree */
typedef struct ShapSplit
{
	float threshold;
	uint32 slot;
	uint16 feature; /* of the group */
	uint16 right;   /* from this split to the first of its right subtree */
} ShapSplit;

typedef struct ShapGroup
{
	uint32 node;   /* its root */
	uint32 first;  /* its first row in the table */
	uint32 split;  /* its first split */
	uint32 from;   /* position of the index so far */
	uint8 above;   /* features above: low bits of the index */
	uint8 nsplits; /* high bits */
	uint16 nfeatures;
	uint32 features[SHAP_TABLE_BITS]; /* those above, then those that only splits inside ask for */
} ShapGroup;

/* In place of first, where the cache had no room for the group */
#define SHAP_NOT_KEPT PG_UINT32_MAX

/* A tree's share of the arrays below */
typedef struct ShapTree
{
	int step;
	int nsteps;
	int group;
	int ngroups;
} ShapTree;

typedef struct ShapTable
{
	const Forest *forest;
	int npositions; /* most that a tree has */
	ShapTree *trees;
	ShapStep *steps; /* a parent before its children */
	ShapGroup *groups;
	ShapSplit *splits;
	double (*zeros)[SHAP_TABLE_BITS];              /* by group: shares of the features above */
	uint32 (*filled)[(1 << SHAP_TABLE_BITS) / 32]; /* by group: bits of the rows worked out */
	float (*rows)[SHAP_TABLE_BITS];                /* aligned to their size */
	bool *deep;                                    /* by node: is a leaf below deep? */
	ShapQuadrature *quadrature;                    /* of the deep leaves; NULL = there are none */

	/* quadrature of the groups: points, weights, 1 / (1 - point) */
	double points[SHAP_POINTS];
	double weights[SHAP_POINTS];
	double missed[SHAP_POINTS];
} ShapTable;

/* Work out a row of the table */
extern void jorge_shap_fill(const ShapTable *table, const ShapGroup *group, uint32 index,
							float row[SHAP_TABLE_BITS]);

/* Is the row in the table? */
static inline bool
shap_is_filled(const ShapTable *table, const ShapGroup *group, uint32 index)
{
	return table->filled[group - table->groups][index / 32] >> index % 32 & 1;
}

/*
 * A row of the table, worked out now if it isn't there: in the table, or in room if that keeps no
 * rows of the group
 */
static inline const float *
shap_row(const ShapTable *table, const ShapGroup *group, uint32 index, float room[SHAP_TABLE_BITS])
{
	float *row = room;

	if (likely(shap_is_filled(table, group, index)))
		return table->rows[group->first + index];
	if (group->first != SHAP_NOT_KEPT)
	{
		row = table->rows[group->first + index];
		jorge_shap_fill(table, group, index, row);
		table->filled[group - table->groups][index / 32] |= (uint32) 1 << index % 32;
	}
	else
		jorge_shap_fill(table, group, index, row);
	return row;
}

/* ERROR if contributions of the forest can't be worked out */
extern void jorge_shap_check(const Forest *forest);

/* A forest's table, made by the first call. It lives and dies with the forest. */
extern const ShapTable *jorge_shap_table(const Forest *forest);

/* ---- quadrature ---- */

/* Points and weights; a quadrature for a forest, in one chunk of the current context */
extern void jorge_shap_points(int n, double *points, double *weights);
extern ShapQuadrature *jorge_shap_quadrature(const Forest *forest);

/* Add the contributions of the deep leaves to one row's; only if the table has a quadrature */
extern void jorge_shap_follow(const ShapTable *table, const float *doubled, double *contributions);

/* ---- AVX2: only where jorge_cpu_has() it ---- */

/*
 * Add what a tree's part of the table says of SHAP_LANES rows: doubled is slots x SHAP_LANES, sums
 * is features x SHAP_LANES, positions has room for table->npositions x SHAP_LANES.
 */
extern void jorge_shap_add_block(const ShapTable *table, const ShapTree *tree, const float *doubled,
								 uint32 *positions, double *sums);

/* jorge_shap_follow() of SHAP_LANES rows, to the bit; arrays as above */
extern void jorge_shap_follow_block(const ShapTable *table, const float *doubled, double *sums);

#endif
