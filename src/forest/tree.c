/*
 * tree.c: reading one tree of a document: checked, then laid out for the evaluator.
 *
 * What is checked is what makes a walk safe (children in range, each node reached once, split
 * features known), what makes it mean what XGBoost means (finite leaves, no NAN thresholds,
 * numerical splits only), and what XGBoost itself takes on trust when it loads the document
 * (parents, array lengths).
 */
#include "core/jorge.h"

#include "forest/internal.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"

enum
{
	LEFT_CHILDREN,
	RIGHT_CHILDREN,
	PARENTS,
	SPLIT_INDICES,
	SPLIT_CONDITIONS,
	DEFAULT_LEFT,
	SUM_HESSIAN,
	BASE_WEIGHTS,
	LOSS_CHANGES,
	SPLIT_TYPE,
	CATEGORIES,
	CATEGORIES_NODES,
	TREE_PARAM,
	ID,
	TREE_MEMBERS
};

static const char *const tree_members[TREE_MEMBERS] = {
	"left_children",    "right_children",
	"parents",          "split_indices",
	"split_conditions", "default_left",
	"sum_hessian",      "base_weights",
	"loss_changes",     "split_type",
	"categories",       "categories_nodes",
	"tree_param",       "id",
};

enum
{
	NUM_NODES,
	SIZE_LEAF_VECTOR,
	TREE_PARAMS
};

static const char *const tree_params[TREE_PARAMS] = {"num_nodes", "size_leaf_vector"};

/* XGBoost's marks: no child or no parent; its 31 low bits, as it writes the parent of a root; a
 * pruned node */
#define XGBOOST_NONE (-1)
#define XGBOOST_NO_PARENT 0x7fffffff
#define XGBOOST_DELETED 0x7fffffff

/* A tree's arrays as they stand in the document */
typedef struct RawTree
{
	int number;
	int n;
	int32 *left;
	int32 *right;
	int32 *parent;
	int32 *feature;
	int32 *default_left;
	float *condition;
	float *cover;
} RawTree;

/*
 * Open a member that must be an array; returns its length, having gone to its first element. A
 * length that must be expected, unless that is -1.
 */
static int
open_member(UbjReader *reader, int number, int member, Size at, int expected, UbjArray *array)
{
	if (at == NO_MEMBER)
		jorge_ubj_malformed(reader, "tree %d has no %s", number, tree_members[member]);
	reader->at = at;
	if (jorge_ubj_marker(reader) != '[')
		jorge_ubj_malformed(reader, "tree %d: %s is not an array", number, tree_members[member]);
	jorge_ubj_open_array(reader, array);
	if (array->left < 0)
	{
		/* closed by ]: count, then come back */
		Size first = reader->at;
		int64 n = 0;

		while (jorge_ubj_next_element(reader, array))
		{
			jorge_ubj_skip(reader);
			n++;
		}
		reader->at = first;
		array->left = n;
	}
	if (expected >= 0 && array->left != expected)
		jorge_ubj_malformed(reader, "tree %d: %s has " INT64_FORMAT " elements, left_children %d",
							number, tree_members[member], array->left, expected);
	return (int) array->left; /* a document's length bounds it */
}

/*
 * Marker of an array's next element, which must be a number
 */
static char
number_marker(UbjReader *reader, int number, int member, const UbjArray *array)
{
	char marker = array->type != 0 ? array->type : jorge_ubj_marker(reader);

	if (!jorge_ubj_is_integer(marker) && marker != 'd' && marker != 'D' && marker != 'T' &&
		marker != 'F')
		jorge_ubj_malformed(reader, "tree %d: %s holds something else than numbers", number,
							tree_members[member]);
	return marker;
}

/*
 * Read an array of integers (or truth values), of n elements
 */
static int32 *
read_integers(UbjReader *reader, int number, int member, Size at, int n)
{
	UbjArray array;
	int32 *values;

	open_member(reader, number, member, at, n, &array);
	values = palloc(sizeof(int32) * Max(n, 1));
	if (array.type == 'l')
	{
		const char *bytes = jorge_ubj_elements(reader, &array);

		for (int i = 0; i < n; i++)
		{
			uint32 word;

			memcpy(&word, bytes + 4 * (Size) i, 4);
			values[i] = (int32) pg_ntoh32(word);
		}
		return values;
	}
	if (array.type == 'U')
	{
		const uint8 *bytes = (const uint8 *) jorge_ubj_elements(reader, &array);

		for (int i = 0; i < n; i++)
			values[i] = bytes[i];
		return values;
	}
	for (int i = 0; i < n; i++)
	{
		char marker = number_marker(reader, number, member, &array);
		int64 value;

		if (marker == 'T' || marker == 'F')
			value = marker == 'T';
		else if (jorge_ubj_is_integer(marker))
			value = jorge_ubj_integer(reader, marker);
		else
			value = PG_INT64_MAX;
		if (value < PG_INT32_MIN || value > PG_INT32_MAX)
			jorge_ubj_malformed(reader, "tree %d: %s[%d] is not an int32", number,
								tree_members[member], i);
		values[i] = (int32) value;
	}
	return values;
}

/*
 * Read an array of floats, of n elements
 */
static float *
read_floats(UbjReader *reader, int number, int member, Size at, int n)
{
	UbjArray array;
	float *values;

	open_member(reader, number, member, at, n, &array);
	values = palloc(sizeof(float) * Max(n, 1));
	if (array.type == 'd')
	{
		const char *bytes = jorge_ubj_elements(reader, &array);

		for (int i = 0; i < n; i++)
		{
			uint32 word;

			memcpy(&word, bytes + 4 * (Size) i, 4);
			word = pg_ntoh32(word);
			memcpy(&values[i], &word, 4);
		}
		return values;
	}
	for (int i = 0; i < n; i++)
	{
		char marker = number_marker(reader, number, member, &array);

		if (marker == 'T' || marker == 'F')
			jorge_ubj_malformed(reader, "tree %d: %s holds something else than numbers", number,
								tree_members[member]);
		values[i] = (float) jorge_ubj_number(reader, marker);
	}
	return values;
}

/*
 * Refuse trees with splits on categories
 */
static void
refuse_categories(UbjReader *reader, int number, const Size *at, int n)
{
	bool categorical = false;
	UbjArray array;

	if (at[SPLIT_TYPE] != NO_MEMBER)
	{
		int32 *types = read_integers(reader, number, SPLIT_TYPE, at[SPLIT_TYPE], n);

		for (int i = 0; i < n; i++)
			categorical |= types[i] != 0;
		pfree(types);
	}
	if (at[CATEGORIES] != NO_MEMBER)
		categorical |= open_member(reader, number, CATEGORIES, at[CATEGORIES], -1, &array) > 0;
	if (at[CATEGORIES_NODES] != NO_MEMBER)
		categorical |=
			open_member(reader, number, CATEGORIES_NODES, at[CATEGORIES_NODES], -1, &array) > 0;
	if (categorical)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("forests with categorical splits are not supported (tree %d)", number),
				 errhint("Train on numbers, for example one 0/1 feature a category.")));
}

/*
 * Read a whole number that the document holds as a string, or fallback where it has none
 */
static int64
read_param(UbjReader *reader, int number, int param, Size at, int64 fallback)
{
	UbjText text;
	char digits[24];
	char *end;
	int64 value;

	if (at == NO_MEMBER)
		return fallback;
	reader->at = at;
	if (jorge_ubj_marker(reader) != 'S')
		jorge_ubj_malformed(reader, "tree %d: tree_param.%s is not a string", number,
							tree_params[param]);
	text = jorge_ubj_text(reader);
	if (text.length > 0 && text.length < sizeof(digits))
	{
		memcpy(digits, text.data, text.length);
		digits[text.length] = '\0';
		errno = 0;
		value = strtoll(digits, &end, 10);
		if (*end == '\0' && errno == 0)
			return value;
	}
	jorge_ubj_malformed(reader, "tree %d: tree_param.%s is not a whole number", number,
						tree_params[param]);
	return 0;
}

/*
 * Check what tree_param says, and that the tree stands where its id says
 */
static void
check_head(UbjReader *reader, const RawTree *tree, const Size *at)
{
	Size param[TREE_PARAMS];
	char path[32];

	if (at[TREE_PARAM] != NO_MEMBER)
	{
		snprintf(path, sizeof(path), "tree %d: tree_param", tree->number);
		reader->at = at[TREE_PARAM];
		jorge_forest_members(reader, path, tree_params, TREE_PARAMS, param);
		if (read_param(reader, tree->number, NUM_NODES, param[NUM_NODES], tree->n) != tree->n)
			jorge_ubj_malformed(reader, "tree %d: tree_param.num_nodes is not the %d of its arrays",
								tree->number, tree->n);
		if (read_param(reader, tree->number, SIZE_LEAF_VECTOR, param[SIZE_LEAF_VECTOR], 0) > 1)
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("forests with more than one target are not supported (tree %d)",
								   tree->number),
							errhint("Train one forest a target.")));
	}
	if (at[ID] != NO_MEMBER)
	{
		char marker;

		reader->at = at[ID];
		marker = jorge_ubj_marker(reader);
		if (!jorge_ubj_is_integer(marker) || jorge_ubj_integer(reader, marker) != tree->number)
			jorge_ubj_malformed(reader, "tree %d stands where its id does not say", tree->number);
	}
}

/*
 * Check one node as a split or leaf, and its link to its parent
 */
static void
check_node(const UbjReader *reader, const RawTree *tree, int i, int parent, int features)
{
	int left = tree->left[i];
	int right = tree->right[i];

	if (tree->parent != NULL && tree->parent[i] != parent &&
		!(parent == XGBOOST_NONE && tree->parent[i] == XGBOOST_NO_PARENT))
		jorge_ubj_malformed(reader, "tree %d: parents[%d] is %d, not %d", tree->number, i,
							tree->parent[i], parent);
	if (left == XGBOOST_NONE && right == XGBOOST_NONE)
	{
		if (!isfinite(tree->condition[i]))
			jorge_ubj_malformed(reader, "tree %d: leaf %d has no finite value", tree->number, i);
	}
	else
	{
		if (left <= 0 || left >= tree->n || right <= 0 || right >= tree->n)
			jorge_ubj_malformed(reader,
								"tree %d: node %d has children %d and %d, beyond its %d nodes",
								tree->number, i, left, right, tree->n);
		/* XGBoost 1.3 and later take the node after the left child, whatever right_children says */
		if (right != left + 1)
			jorge_ubj_malformed(
				reader,
				"tree %d: node %d has children %d and %d, which XGBoost requires to "
				"be neighbours",
				tree->number, i, left, right);
		if (tree->feature[i] < 0 || tree->feature[i] >= features)
			jorge_ubj_malformed(reader, "tree %d: node %d splits on feature %d of %d", tree->number,
								i, tree->feature[i], features);
		if (isnan(tree->condition[i]))
			jorge_ubj_malformed(reader, "tree %d: node %d has no threshold", tree->number, i);
		if (tree->default_left[i] != 0 && tree->default_left[i] != 1)
			jorge_ubj_malformed(reader, "tree %d: default_left[%d] is neither 0 nor 1",
								tree->number, i);
	}
	if (tree->cover != NULL && !(tree->cover[i] >= 0 && isfinite(tree->cover[i])))
		jorge_ubj_malformed(reader, "tree %d: sum_hessian[%d] is negative or not finite",
							tree->number, i);
}

/*
 * Check a node that no walk reaches: XGBoost's pruner leaves such behind, marked
 */
static void
check_deleted(const UbjReader *reader, const RawTree *tree, int i)
{
	if (tree->feature[i] != XGBOOST_DELETED && tree->feature[i] != XGBOOST_NONE)
		jorge_ubj_malformed(reader, "tree %d: node %d is no child of any node", tree->number, i);
	if (tree->parent != NULL && (tree->parent[i] < 0 || tree->parent[i] >= tree->n))
		jorge_ubj_malformed(reader, "tree %d: parents[%d] is %d, beyond its %d nodes", tree->number,
							i, tree->parent[i], tree->n);
}

/*
 * Make room for n more nodes
 */
static void
reserve_nodes(ForestBuilder *builder, int n)
{
	int needed = builder->nnodes + n; /* far below 2^31: every node takes bytes of the document */

	if (needed <= builder->capacity)
		return;
	builder->capacity = Max(needed, builder->capacity * 2);
	builder->nodes = repalloc_huge(builder->nodes, sizeof(ForestNode) * builder->capacity);
	builder->values = repalloc_huge(builder->values, sizeof(float) * builder->capacity);
	builder->covers = repalloc_huge(builder->covers, sizeof(float) * builder->capacity);
}

/*
 * Lay the tree out breadth-first, checking each node as it is reached
 */
static ForestTree
lay_out(UbjReader *reader, const RawTree *tree, ForestBuilder *builder)
{
	ForestTree result = {.root = builder->nnodes, .depth = 0};
	int *source = palloc(sizeof(int) * tree->n);     /* node of the document, by new position */
	int *parent = palloc(sizeof(int) * tree->n);     /* likewise */
	bool *reached = palloc0(sizeof(bool) * tree->n); /* by node of the document */
	int count = 1;
	int level_end = 1;

	reserve_nodes(builder, tree->n);
	source[0] = 0;
	parent[0] = XGBOOST_NONE;
	reached[0] = true;
	for (int at = 0; at < count; at++)
	{
		ForestNode *node = &builder->nodes[result.root + at];
		int i = source[at];

		if (at == level_end)
		{
			result.depth++;
			level_end = count;
		}
		check_node(reader, tree, i, parent[at], builder->features);
		builder->covers[result.root + at] = tree->cover != NULL ? tree->cover[i] : 0;
		if (tree->left[i] == XGBOOST_NONE)
		{
			*node = (ForestNode){.threshold = NAN, .step = 0, .slot = 0};
			builder->values[result.root + at] = tree->condition[i];
			continue;
		}
		*node = (ForestNode){.threshold = tree->condition[i] + 0.0f, /* -0 + 0 is 0 */
							 .step = count - at,
							 .slot = 2 * tree->feature[i] + !tree->default_left[i]};
		builder->values[result.root + at] = 0;
		for (int side = 0; side < 2; side++)
		{
			int child = side == 0 ? tree->left[i] : tree->right[i];

			if (reached[child])
				jorge_ubj_malformed(reader, "tree %d: node %d is a child twice", tree->number,
									child);
			reached[child] = true;
			source[count] = child;
			parent[count] = i;
			count++;
		}
	}
	for (int i = 0; i < tree->n; i++)
		if (!reached[i])
			check_deleted(reader, tree, i);
	builder->nnodes += count;
	return result;
}

ForestTree
jorge_forest_parse_tree(UbjReader *reader, int number, ForestBuilder *builder)
{
	MemoryContext old = MemoryContextSwitchTo(builder->scratch);
	RawTree tree = {.number = number};
	Size at[TREE_MEMBERS];
	Size end;
	UbjArray array;
	char path[32];
	ForestTree result;

	snprintf(path, sizeof(path), "tree %d", number);
	jorge_forest_members(reader, path, tree_members, TREE_MEMBERS, at);
	end = reader->at;

	tree.n = open_member(reader, number, LEFT_CHILDREN, at[LEFT_CHILDREN], -1, &array);
	if (tree.n == 0)
		jorge_ubj_malformed(reader, "tree %d has no nodes", number);
	check_head(reader, &tree, at);
	refuse_categories(reader, number, at, tree.n);

	tree.left = read_integers(reader, number, LEFT_CHILDREN, at[LEFT_CHILDREN], tree.n);
	tree.right = read_integers(reader, number, RIGHT_CHILDREN, at[RIGHT_CHILDREN], tree.n);
	tree.feature = read_integers(reader, number, SPLIT_INDICES, at[SPLIT_INDICES], tree.n);
	tree.default_left = read_integers(reader, number, DEFAULT_LEFT, at[DEFAULT_LEFT], tree.n);
	tree.condition = read_floats(reader, number, SPLIT_CONDITIONS, at[SPLIT_CONDITIONS], tree.n);
	if (at[PARENTS] != NO_MEMBER)
		tree.parent = read_integers(reader, number, PARENTS, at[PARENTS], tree.n);
	if (at[SUM_HESSIAN] != NO_MEMBER)
		tree.cover = read_floats(reader, number, SUM_HESSIAN, at[SUM_HESSIAN], tree.n);
	else
		builder->has_covers = false;
	for (int member = BASE_WEIGHTS; member <= LOSS_CHANGES; member++)
		if (at[member] != NO_MEMBER)
			open_member(reader, number, member, at[member], tree.n, &array);

	result = lay_out(reader, &tree, builder);
	reader->at = end;
	MemoryContextSwitchTo(old);
	MemoryContextReset(builder->scratch);
	return result;
}
