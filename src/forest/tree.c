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

/* In the document's order, which is the alphabet's */
enum
{
	BASE_WEIGHTS,
	CATEGORIES,
	CATEGORIES_NODES,
	DEFAULT_LEFT,
	ID,
	LEFT_CHILDREN,
	LOSS_CHANGES,
	PARENTS,
	RIGHT_CHILDREN,
	SPLIT_CONDITIONS,
	SPLIT_INDICES,
	SPLIT_TYPE,
	SUM_HESSIAN,
	TREE_PARAM,
	TREE_MEMBERS
};

static const UbjName tree_members[TREE_MEMBERS] = {
	UBJ_NAME("base_weights"),
	UBJ_NAME("categories"),
	UBJ_NAME("categories_nodes"),
	UBJ_NAME("default_left"),
	UBJ_NAME("id"),
	UBJ_NAME("left_children"),
	UBJ_NAME("loss_changes"),
	UBJ_NAME("parents"),
	UBJ_NAME("right_children"),
	UBJ_NAME("split_conditions"),
	UBJ_NAME("split_indices"),
	UBJ_NAME("split_type"),
	UBJ_NAME("sum_hessian"),
	UBJ_NAME("tree_param"),
};

enum
{
	NUM_NODES,
	SIZE_LEAF_VECTOR,
	TREE_PARAMS
};

static const UbjName tree_params[TREE_PARAMS] = {UBJ_NAME("num_nodes"),
												 UBJ_NAME("size_leaf_vector")};

/* XGBoost's marks: no child or no parent; its 31 low bits, as it writes the parent of a root; a
 * pruned node */
#define XGBOOST_NONE (-1)
#define XGBOOST_NO_PARENT 0x7fffffff
#define XGBOOST_DELETED 0x7fffffff

/* Bits of a float32: its sign, and of infinity, beyond which NANs are */
#define FLOAT_SIGN 0x80000000u
#define FLOAT_INFINITY 0x7f800000u

/*
 * A tree's arrays, big-endian and unaligned: in the document, where XGBoost writes them like that,
 * else in a copy
 */
typedef struct RawTree
{
	int number;
	int n;
	const char *left; /* int32 */
	const char *right;
	const char *parent;
	bool has_parents; /* in the document? */
	const char *feature;
	const char *condition;     /* float32 */
	const char *cover;         /* NULL if the document has none */
	const uint8 *default_left; /* 0 or 1, or something wrong */
} RawTree;

/*
 * Read an element of a big-endian array
 */
static inline int32
integer_at(const char *array, int i)
{
	uint32 word;

	memcpy(&word, array + 4 * (Size) i, 4);
	return (int32) pg_ntoh32(word);
}

static inline float
float_of(uint32 bits)
{
	float value;

	memcpy(&value, &bits, 4);
	return value;
}

static inline float
float_at(const char *array, int i)
{
	return float_of((uint32) integer_at(array, i));
}

/*
 * Open a member that must be an array; returns its length, having gone to its first element. A
 * length that must be expected, unless that is -1.
 */
static int
open_member(UbjReader *reader, int number, int member, Size at, int expected, UbjArray *array)
{
	if (at == NO_MEMBER)
		jorge_ubj_malformed(reader, "tree %d has no %s", number, tree_members[member].text);
	reader->at = at;
	if (jorge_ubj_marker(reader) != '[')
		jorge_ubj_malformed(reader, "tree %d: %s is not an array", number,
							tree_members[member].text);
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
							number, tree_members[member].text, array->left, expected);
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
							tree_members[member].text);
	return marker;
}

/*
 * Read an integer or truth value, with or without a marker of its own
 */
static int32
read_integer(UbjReader *reader, int number, int member, const UbjArray *array)
{
	char marker = number_marker(reader, number, member, array);
	int64 value = PG_INT64_MAX;

	if (marker == 'T' || marker == 'F')
		value = marker == 'T';
	else if (jorge_ubj_is_integer(marker))
		value = jorge_ubj_integer(reader, marker);
	if (value < PG_INT32_MIN || value > PG_INT32_MAX)
		jorge_ubj_malformed(reader, "tree %d: %s holds something else than int32", number,
							tree_members[member].text);
	return (int32) value;
}

/*
 * Get an array of n integers
 */
static const char *
integers(UbjReader *reader, int number, int member, Size at, int n)
{
	UbjArray array;
	uint32 *copy;

	open_member(reader, number, member, at, n, &array);
	if (array.type == 'l')
		return jorge_ubj_elements(reader, &array);
	copy = palloc(sizeof(uint32) * Max(n, 1));
	for (int i = 0; i < n; i++)
		copy[i] = pg_hton32((uint32) read_integer(reader, number, member, &array));
	return (const char *) copy;
}

/*
 * Get an array of n truth values, as bytes
 */
static const uint8 *
truths(UbjReader *reader, int number, int member, Size at, int n)
{
	UbjArray array;
	uint8 *copy;

	open_member(reader, number, member, at, n, &array);
	if (array.type == 'U')
		return (const uint8 *) jorge_ubj_elements(reader, &array);
	copy = palloc(Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		int32 value = read_integer(reader, number, member, &array);

		copy[i] = value == 0 || value == 1 ? (uint8) value : PG_UINT8_MAX;
	}
	return copy;
}

/*
 * Get an array of n floats
 */
static const char *
floats(UbjReader *reader, int number, int member, Size at, int n)
{
	UbjArray array;
	uint32 *copy;

	open_member(reader, number, member, at, n, &array);
	if (array.type == 'd')
		return jorge_ubj_elements(reader, &array);
	copy = palloc(sizeof(uint32) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		char marker = number_marker(reader, number, member, &array);
		uint32 bits;
		float value;

		if (marker == 'T' || marker == 'F')
			jorge_ubj_malformed(reader, "tree %d: %s holds something else than numbers", number,
								tree_members[member].text);
		value = (float) jorge_ubj_number(reader, marker);
		memcpy(&bits, &value, 4);
		copy[i] = pg_hton32(bits);
	}
	return (const char *) copy;
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
		const uint8 *types = truths(reader, number, SPLIT_TYPE, at[SPLIT_TYPE], n);

		/* all are 0 if the first is and each equals the next */
		categorical = types[0] != 0 || memcmp(types, types + 1, n - 1) != 0;
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
							tree_params[param].text);
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
						tree_params[param].text);
	return 0;
}

/*
 * Check what tree_param says, and that the tree stands where its id says
 */
static void
check_head(UbjReader *reader, const RawTree *tree, const Size *at)
{
	Size param[TREE_PARAMS];

	if (at[TREE_PARAM] != NO_MEMBER)
	{
		reader->at = at[TREE_PARAM];
		jorge_ubj_members(reader, "tree_param of tree", tree->number, tree_params, TREE_PARAMS,
						  param);
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
 * Say what is wrong with a node that is
 */
pg_noreturn static void
bad_node(const UbjReader *reader, const RawTree *tree, int i, int features)
{
	int left = integer_at(tree->left, i);
	int right = integer_at(tree->right, i);
	int feature = integer_at(tree->feature, i);

	if (left == XGBOOST_NONE && right == XGBOOST_NONE)
	{
		if (!isfinite(float_at(tree->condition, i)))
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
		if (feature < 0 || feature >= features)
			jorge_ubj_malformed(reader, "tree %d: node %d splits on feature %d of %d", tree->number,
								i, feature, features);
		if (isnan(float_at(tree->condition, i)))
			jorge_ubj_malformed(reader, "tree %d: node %d has no threshold", tree->number, i);
		if (tree->default_left[i] > 1)
			jorge_ubj_malformed(reader, "tree %d: default_left[%d] is neither 0 nor 1",
								tree->number, i);
	}
	jorge_ubj_malformed(reader, "tree %d: sum_hessian[%d] is negative or not finite", tree->number,
						i);
}

/*
 * Make the parents of a document that has none
 */
static const char *
find_parents(const UbjReader *reader, const RawTree *tree)
{
	int n = tree->n;
	uint32 *parents = palloc(sizeof(uint32) * n);

	for (int i = 0; i < n; i++)
		parents[i] = pg_hton32((uint32) XGBOOST_NONE);
	for (int i = 0; i < n; i++)
	{
		int child[2] = {integer_at(tree->left, i), integer_at(tree->right, i)};

		for (int side = 0; side < 2; side++)
		{
			if (child[side] <= 0 || child[side] >= n)
				continue; /* a leaf, or bad_node() will tell */
			if (parents[child[side]] != pg_hton32((uint32) XGBOOST_NONE))
				jorge_ubj_malformed(reader, "tree %d: node %d is a child twice", tree->number,
									child[side]);
			parents[child[side]] = pg_hton32((uint32) i);
		}
	}
	return (const char *) parents;
}

/*
 * Say which child of a node that is reached has another parent
 */
pg_noreturn static void
bad_parent(const UbjReader *reader, const RawTree *tree, int i)
{
	int left = integer_at(tree->left, i);
	int child = integer_at(tree->parent, left) != i ? left : left + 1;

	jorge_ubj_malformed(reader, "tree %d: parents[%d] is %d, not %d", tree->number, child,
						integer_at(tree->parent, child), i);
}

/*
 * Check the nodes that no walk reaches: XGBoost's pruner leaves such behind, marked
 */
static void
check_deleted(const UbjReader *reader, const RawTree *tree, const int *reached, int count)
{
	bool *is_reached = palloc0(sizeof(bool) * tree->n);

	for (int at = 0; at < count; at++)
		is_reached[reached[at]] = true;
	for (int i = 0; i < tree->n; i++)
	{
		int feature = integer_at(tree->feature, i);
		int parent = integer_at(tree->parent, i);

		if (is_reached[i])
			continue;
		if (feature != XGBOOST_DELETED && feature != XGBOOST_NONE)
			jorge_ubj_malformed(reader, "tree %d: node %d is no child of any node", tree->number,
								i);
		if (tree->has_parents && (parent < 0 || parent >= tree->n))
			jorge_ubj_malformed(reader, "tree %d: parents[%d] is %d, beyond its %d nodes",
								tree->number, i, parent, tree->n);
	}
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
 * Lay the tree out breadth-first, checking each node as it is reached. A node whose children both
 * name it as their parent is the only one they have, so none is reached twice.
 */
static ForestTree
lay_out(UbjReader *reader, const RawTree *tree, ForestBuilder *builder)
{
	ForestTree result = {.root = builder->nnodes, .depth = 0};
	int n = tree->n;
	int *source = palloc(sizeof(int) * n); /* node of the document, by new position */
	uint32 most_left = Max(n - 2, 0);      /* left children are 1 to this */
	int root_parent = integer_at(tree->parent, 0);
	ForestNode *nodes;
	float *values;
	float *covers;
	int count = 1;
	int level_end = 1;

	reserve_nodes(builder, n);
	nodes = builder->nodes + result.root;
	values = builder->values + result.root;
	covers = builder->covers + result.root;
	source[0] = 0;
	if (root_parent != XGBOOST_NONE && root_parent != XGBOOST_NO_PARENT)
		jorge_ubj_malformed(reader, "tree %d: parents[0] is %d, not %d", tree->number, root_parent,
							XGBOOST_NONE);
	for (int at = 0; at < count; at++)
	{
		int i = source[at];
		int left = integer_at(tree->left, i);
		int right = integer_at(tree->right, i);
		uint32 condition = (uint32) integer_at(tree->condition, i);
		uint32 cover = tree->cover != NULL ? (uint32) integer_at(tree->cover, i) : 0;
		uint32 feature;

		if (at == level_end)
		{
			result.depth++;
			level_end = count;
		}
		if (cover >= FLOAT_INFINITY && cover != FLOAT_SIGN)
			bad_node(reader, tree, i, builder->features);
		covers[at] = float_of(cover);
		if (left == XGBOOST_NONE)
		{
			if (right != XGBOOST_NONE || (condition & ~FLOAT_SIGN) >= FLOAT_INFINITY)
				bad_node(reader, tree, i, builder->features);
			nodes[at] = (ForestNode){.threshold = NAN, .step = 0, .slot = 0};
			values[at] = float_of(condition);
			continue;
		}
		feature = (uint32) integer_at(tree->feature, i);
		if ((uint32) left - 1 >= most_left || right != left + 1 || feature >= builder->features ||
			tree->default_left[i] > 1 || (condition & ~FLOAT_SIGN) > FLOAT_INFINITY)
			bad_node(reader, tree, i, builder->features);
		if (integer_at(tree->parent, left) != i || integer_at(tree->parent, right) != i)
			bad_parent(reader, tree, i);
		nodes[at].threshold = float_of(condition) + 0.0f; /* -0 becomes 0 */
		nodes[at].step = count - at;
		nodes[at].slot = 2 * feature + !tree->default_left[i];
		values[at] = 0;
		source[count] = left;
		source[count + 1] = right;
		count += 2;
	}
	if (count < n)
		check_deleted(reader, tree, source, count);
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
	ForestTree result;

	jorge_ubj_members(reader, "tree", number, tree_members, TREE_MEMBERS, at);
	end = reader->at;

	tree.n = open_member(reader, number, LEFT_CHILDREN, at[LEFT_CHILDREN], -1, &array);
	if (tree.n == 0)
		jorge_ubj_malformed(reader, "tree %d has no nodes", number);
	check_head(reader, &tree, at);
	refuse_categories(reader, number, at, tree.n);

	tree.left = integers(reader, number, LEFT_CHILDREN, at[LEFT_CHILDREN], tree.n);
	tree.right = integers(reader, number, RIGHT_CHILDREN, at[RIGHT_CHILDREN], tree.n);
	tree.feature = integers(reader, number, SPLIT_INDICES, at[SPLIT_INDICES], tree.n);
	tree.default_left = truths(reader, number, DEFAULT_LEFT, at[DEFAULT_LEFT], tree.n);
	tree.condition = floats(reader, number, SPLIT_CONDITIONS, at[SPLIT_CONDITIONS], tree.n);
	tree.has_parents = at[PARENTS] != NO_MEMBER;
	tree.parent = tree.has_parents ? integers(reader, number, PARENTS, at[PARENTS], tree.n)
								   : find_parents(reader, &tree);
	if (at[SUM_HESSIAN] != NO_MEMBER)
		tree.cover = floats(reader, number, SUM_HESSIAN, at[SUM_HESSIAN], tree.n);
	else
		builder->has_covers = false;
	if (at[BASE_WEIGHTS] != NO_MEMBER)
		open_member(reader, number, BASE_WEIGHTS, at[BASE_WEIGHTS], tree.n, &array);
	if (at[LOSS_CHANGES] != NO_MEMBER)
		open_member(reader, number, LOSS_CHANGES, at[LOSS_CHANGES], tree.n, &array);

	result = lay_out(reader, &tree, builder);
	reader->at = end;
	MemoryContextSwitchTo(old);
	MemoryContextReset(builder->scratch);
	return result;
}
