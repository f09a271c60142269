/*
 * internal.h: the parsed form of a forest, shared by the reader, the cache, the evaluator and SHAP.
 *
 * Nodes of a tree stand in breadth-first order, the right child after the left one, the trees one
 * after another. A node is branchless to pass:
 *
 *   next = node + node->step + (row[node->slot] >= node->threshold)
 *
 * row[] is the doubled row: row[2f] = x[f] and row[2f+1] = x[f], or +inf where x[f] is missing
 * (NAN). A node whose default is left reads slot 2f: a NAN compares false, so it goes left. One
 * whose default is right reads slot 2f + 1: +inf compares true with any threshold. A leaf has a NAN
 * threshold and step 0, so it stays where it is, and every tree of a group may be walked to the
 * depth of the deepest.
 *
 * The upper levels, usually all of them, stand a second time as the crown, which is what most of an
 * evaluation walks: each tree made perfect (a leaf above the bottom repeats itself below), so that
 * no step is read, and floats made integers of the same order, so that a node is one word:
 *
 *   end = 2 * end + (row[(uint32) test] < test)
 *
 * A test is the threshold's key and, below it, the slot; the row has keys with ones below them.
 * Left is 1. All trees' tests of a level stand together: end starts as the tree's number, and is
 * its place in each level in turn.
 */
#ifndef JORGE_FOREST_INTERNAL_H
#define JORGE_FOREST_INTERNAL_H

#include "forest/forest.h"
#include "forest/ubj.h"

typedef struct ForestNode
{
	float threshold; /* never -0 */
	uint32 step;     /* from this node to its left child; 0 = leaf */
	uint32 slot;     /* of the doubled row */
} ForestNode;

typedef struct ForestTree
{
	uint32 root; /* index of its first node */
	uint32 depth;
} ForestTree;

/* Where vectors of a crown or block start, bytes */
#define CACHE_LINE 64

/* Most levels of a crown. A tree so deep in all its branches has 65,536 leaves. */
#define FOREST_MAX_CROWN 16

typedef struct ForestCrown
{
	int levels;
	uint64 *tests[FOREST_MAX_CROWN]; /* by level: tree t's are 2^level from t << level on */
	float *leaves;                   /* by end: tree t's are 2^levels from t << levels on */
	uint32 *entries;                 /* by end: the node it is; deeper trees go on from there */
} ForestCrown;

typedef enum ForestLink
{
	LINK_LOGISTIC,    /* binary:logistic */
	LINK_IDENTITY,    /* reg:squarederror */
	LINK_EXPONENTIAL, /* survival:aft */
	LINK_SOFTMAX      /* multi:softprob; one margin a class */
} ForestLink;

typedef struct ForestAttribute
{
	char *name;
	char *value;
} ForestAttribute;

/* A point that a calibration goes through */
typedef struct ForestKnot
{
	double margin;
	double log_odds;
	double variance; /* of log_odds */
} ForestKnot;

/* Read from the attribute jorge_calibration; what the numbers mean is in src/learn/calibrate.h. */
typedef struct ForestCalibration
{
	ForestTrust trust;
	double intercept, slope;
	double centre; /* margin where the errors of level and slope are independent */
	double level_variance, slope_variance;
	double misfit;                    /* variance that stays with any number of rows */
	double unlike_scale, unlike_from; /* of leaf variances */
	int nknots;                       /* 0 = affine */
	ForestKnot *knots;
} ForestCalibration;

/* A text column that indicator features stand for, from the attribute jorge_encoding */
typedef struct ForestCategory
{
	const char *value; /* in the server's encoding */
	int length;
	int feature; /* 1 where the column has this value */
} ForestCategory;

typedef struct ForestText
{
	const char *column;
	int n;
	ForestCategory *categories; /* sorted by length, then bytes */
} ForestText;

struct Forest
{
	uint8 hash[FOREST_HASH_LENGTH];
	int length; /* bytes of the document */

	ForestLink link;
	float base_score;    /* as in the document, on the objective's scale */
	float base_margin;   /* what the leaves are added to */
	int outputs;         /* margins a row has; classes of multi:softprob, else 1 */
	float *base_margins; /* by output; NULL = base_margin for all */
	int features;
	char **feature_names; /* server encoding; NULL = unnamed */

	float *weights; /* of a linear model: by feature and output, then a bias an output; NULL = trees */

	int ntrees;
	ForestTree *trees;
	int *tree_output; /* by tree: the output it adds to; NULL = all to the one */
	int nnodes;
	ForestNode *nodes;
	float *values;    /* by node; 0 for inner ones */
	float *covers;    /* by node: sum of hessians; NULL if some tree has none */
	float *spreads;   /* by node: what the leaf adds to the margin's variance, but for the learning
					   * rate squared; NULL without covers, filled when first asked for */
	bool has_spreads; /* are they? */
	int depth;        /* of the deepest tree */
	ForestCrown crown;
	double expected; /* margin where nothing of the row is known; only with covers */

	ForestAttribute *attributes; /* sorted by name */
	int nattributes;
	int lexicon;          /* 0 = not told */
	double learning_rate; /* shrinkage of the leaves */
	ForestCalibration *calibration; /* NULL = the document has none */
	int ntexts;
	ForestText *texts;

	struct ShapTable *shap_table; /* made by the first explanation, in a child of the forest's context */
};

#define ATTRIBUTE_CALIBRATION "jorge_calibration"

/* Read the attribute's text, into memory of mcxt; errors as the reader's. */
extern ForestCalibration *jorge_forest_read_calibration(UbjReader *reader, const Forest *forest,
														const char *text, MemoryContext mcxt);

#define ATTRIBUTE_ENCODING "jorge_encoding"

/* Read which text columns the indicator features stand for, into memory of mcxt; errors as the reader's. */
extern void jorge_forest_read_encoding(UbjReader *reader, Forest *forest, const char *text, MemoryContext mcxt);

/* Set the indicators of a text column in x[]: one 1 and 0s, all 0 for a value that has none; NAN where it is
 * missing (value NULL). */
extern void jorge_forest_encode(const ForestText *text, const char *value, int length, float *x);

/* Text of an objective, as documents name it */
extern const char *jorge_forest_objective(const Forest *forest);

/* Refuse what only a forest of one output has: a margin, a prediction, contributions. */
pg_noreturn extern void jorge_forest_refuse_classes(const Forest *forest);

static inline void
jorge_forest_check_single(const Forest *forest)
{
	if (unlikely(forest->outputs > 1))
		jorge_forest_refuse_classes(forest);
}

/* ---- linear models (linear.c) ---- */

/* Read the weights, at reader->at, into memory of mcxt. */
extern void jorge_forest_read_weights(UbjReader *reader, Forest *forest, MemoryContext mcxt);

/* Margin of one output of a linear model */
extern float jorge_forest_linear_margin(const Forest *forest, const float *x, int output);

/* Contributions of a linear model: weight times value */
extern void jorge_forest_linear_contributions(const Forest *forest, const float *x, double *contributions);

/* On disk, after the varlena header: aligned to nothing, so it is copied out before use. */
typedef struct ForestHeader
{
	uint32 magic;
	uint32 version;
	uint8 hash[FOREST_HASH_LENGTH]; /* of the document */
	uint32 length;                  /* of the document, bytes */
} ForestHeader;

#define FOREST_MAGIC 0x4a4f5247 /* "JORG" */
#define FOREST_VERSION 1

/*
 * Parse a document, reading from reader->at = 0, into memory of mcxt. Errors carry
 * reader->sqlstate. The hash is left to the caller.
 */
extern Forest *jorge_forest_parse(UbjReader *reader, MemoryContext mcxt);

/*
 * Parse one tree, an object that starts at reader->at, and append it to the builder.
 */
typedef struct ForestBuilder
{
	int features;
	MemoryContext scratch; /* reset for each tree */
	int nnodes;
	int capacity;
	ForestNode *nodes;
	float *values;
	float *covers;
	bool has_covers;
} ForestBuilder;

extern ForestTree jorge_forest_parse_tree(UbjReader *reader, int number, ForestBuilder *builder);

/* Margin expected where no feature is known: every split weighted by its covers, which must be
 * there. */
extern double jorge_forest_expected(const Forest *forest);

/* Lay out the crown of a forest that is complete otherwise, in memory of mcxt. */
extern void jorge_forest_grow_crown(Forest *forest, MemoryContext mcxt);

/* Account for memory that a forest of the cache has taken since it was parsed; may drop others. */
extern void jorge_forest_cache_grew(const Forest *forest, Size more);

/* Write each feature twice: a missing one as NAN and as +inf. row[] has room for 2 * features. */
static inline void
jorge_double_row(const float *x, int features, float *row)
{
	for (int f = 0; f < features; f++)
	{
		row[2 * f] = x[f];
		row[2 * f + 1] = isnan(x[f]) ? INFINITY : x[f];
	}
}

#endif
