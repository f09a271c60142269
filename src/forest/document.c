/*
 * document.c: from a UBJ document to a Forest.
 *
 * The document's shape is that of XGBoost 1.0 to 3.x. What it says beyond what we read stays in the
 * document untouched; what would change a prediction and isn't served is refused by name.
 */
#include "core/jorge.h"

#include "forest/internal.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

enum
{
	LEARNER,
	ROOT_MEMBERS
};

static const UbjName root_members[ROOT_MEMBERS] = {UBJ_NAME("learner")};

enum
{
	LEARNER_MODEL_PARAM,
	GRADIENT_BOOSTER,
	OBJECTIVE,
	ATTRIBUTES,
	FEATURE_NAMES,
	LEARNER_MEMBERS
};

static const UbjName learner_members[LEARNER_MEMBERS] = {
	UBJ_NAME("learner_model_param"), UBJ_NAME("gradient_booster"), UBJ_NAME("objective"),
	UBJ_NAME("attributes"), UBJ_NAME("feature_names")};

enum
{
	BASE_SCORE,
	NUM_FEATURE,
	NUM_CLASS,
	NUM_TARGET,
	PARAM_MEMBERS
};

static const UbjName param_members[PARAM_MEMBERS] = {
	UBJ_NAME("base_score"), UBJ_NAME("num_feature"), UBJ_NAME("num_class"), UBJ_NAME("num_target")};

enum
{
	NAME,
	MODEL,
	BOOSTER_MEMBERS
};

static const UbjName booster_members[BOOSTER_MEMBERS] = {UBJ_NAME("name"), UBJ_NAME("model")};

static const UbjName objective_members[] = {UBJ_NAME("name")};

static const UbjName weights_members[] = {UBJ_NAME("weights")};

enum
{
	TREES,
	TREE_INFO,
	GBTREE_MODEL_PARAM,
	MODEL_MEMBERS
};

static const UbjName model_members[MODEL_MEMBERS] = {UBJ_NAME("trees"), UBJ_NAME("tree_info"),
													 UBJ_NAME("gbtree_model_param")};

/* What an attribute may not say, and what some mean */
#define ATTRIBUTE_LEXICON "jorge_lexicon"
#define ATTRIBUTE_LEARNING_RATE "jorge_learning_rate"

/* Bytes of a text that an error message quotes */
#define QUOTE_LENGTH 64

/* What XGBoost's UBJ takes for a node, not counting what it writes for each tree */
#define BYTES_PER_NODE 36

/* XGBoost's default shrinkage */
#define DEFAULT_LEARNING_RATE 0.3

/* XGBoost 3's kRtEps: where it clamps a base score of 0 or 1, which older versions refuse */
#define BASE_SCORE_EPSILON 1e-6f

/*
 * The start of a text of the document, as an error message may quote it
 */
static const char *
quote(const char *text, int encoding)
{
	int length = pg_encoding_mbcliplen(encoding, text, strlen(text), QUOTE_LENGTH);
	char *clipped = pnstrdup(text, length);

	return pg_any_to_server(clipped, length, encoding);
}

/*
 * Find members of the object at a known offset, which must be there
 */
static void
members_at(UbjReader *reader, Size where, const char *path, const UbjName *names, int n, Size *at)
{
	if (where == NO_MEMBER)
		jorge_ubj_malformed(reader, "it has no %s", path);
	reader->at = where;
	jorge_ubj_members(reader, path, -1, names, n, at);
}

/*
 * Copy the string at reader->at, as it is (UTF-8)
 */
static char *
read_string(UbjReader *reader, const char *path)
{
	UbjText text;

	if (jorge_ubj_marker(reader) != 'S')
		jorge_ubj_malformed(reader, "%s is not a string", path);
	text = jorge_ubj_text(reader);
	return pnstrdup(text.data, text.length);
}

/*
 * Copy the string at reader->at into mcxt, in the server's encoding
 */
static char *
read_server_string(UbjReader *reader, const char *path, MemoryContext mcxt)
{
	char *utf8 = read_string(reader, path);
	char *server = pg_any_to_server(utf8, strlen(utf8), PG_UTF8);
	char *copy = MemoryContextStrdup(mcxt, server);

	if (server != utf8)
		pfree(server);
	pfree(utf8);
	return copy;
}

static char *
string_at(UbjReader *reader, Size at, const char *path)
{
	if (at == NO_MEMBER)
		jorge_ubj_malformed(reader, "it has no %s", path);
	reader->at = at;
	return read_string(reader, path);
}

/*
 * Read a whole number that XGBoost writes as a string, or fallback where the document has none
 */
static int64
whole_at(UbjReader *reader, Size at, const char *path, int64 fallback)
{
	char *digits;
	char *end;
	int64 value;

	if (at == NO_MEMBER)
		return fallback;
	digits = string_at(reader, at, path);
	errno = 0;
	value = strtoll(digits, &end, 10);
	if (end == digits || *end != '\0' || errno != 0)
		jorge_ubj_malformed(reader, "%s is \"%s\", not a whole number", path,
							quote(digits, PG_UTF8));
	return value;
}

/*
 * Refuse what isn't served, by name
 */
pg_noreturn static void
unsupported(const char *what, const char *name, const char *hint)
{
	if (name != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("forests with %s \"%s\" are not supported", what, quote(name, PG_UTF8)),
				 errhint("%s", hint)));
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					errmsg("forests with %s are not supported", what), errhint("%s", hint)));
}

/*
 * Read base_score, "5E-1" or since XGBoost 3.1 "[5E-1]", with one number a class where there are
 * several
 */
static void
read_base_score(UbjReader *reader, Size at, Forest *forest, MemoryContext mcxt)
{
	char *text = string_at(reader, at, "learner.learner_model_param.base_score");
	char *digits = text;
	char *end;
	float value;

	if (*digits == '[')
		digits++;
	value = strtof(digits, &end);
	if (*text == '[' && *end == ',' && forest->outputs > 1)
	{
		forest->base_margins = MemoryContextAlloc(mcxt, sizeof(float) * forest->outputs);
		for (int output = 0; output < forest->outputs; output++)
		{
			forest->base_margins[output] = value;
			if (output + 1 == forest->outputs)
				break;
			if (*end != ',' || !isfinite(value))
				jorge_ubj_malformed(
					reader, "learner.learner_model_param.base_score is \"%s\", not %d numbers",
					quote(text, PG_UTF8), forest->outputs);
			digits = end + 1;
			value = strtof(digits, &end);
		}
	}
	else if (*text == '[' && *end == ',')
		unsupported("more than one target", NULL, "Train one forest a target.");
	if (end == digits || strcmp(end, *text == '[' ? "]" : "") != 0 || !isfinite(value))
		jorge_ubj_malformed(reader,
							"learner.learner_model_param.base_score is \"%s\", not a number",
							quote(text, PG_UTF8));
	forest->base_score = value;
}

/*
 * Read the objective: which link, and the margin that base_score means under it
 */
static void
read_objective(UbjReader *reader, Size where, Forest *forest)
{
	Size at;
	char *name;

	members_at(reader, where, "learner.objective", objective_members, 1, &at);
	name = string_at(reader, at, "learner.objective.name");
	if (strcmp(name, "binary:logistic") == 0)
	{
		float p = forest->base_score;

		if (!(p >= 0 && p <= 1))
			jorge_ubj_malformed(reader, "base_score %g is no probability", p);
		if (p == 0 || p == 1)
			p = p == 0 ? BASE_SCORE_EPSILON : 1.0f - BASE_SCORE_EPSILON;
		forest->link = LINK_LOGISTIC;
		forest->base_margin = -logf(1.0f / p - 1.0f);
	}
	else if (strcmp(name, "reg:squarederror") == 0)
	{
		forest->link = LINK_IDENTITY;
		forest->base_margin = forest->base_score;
	}
	else if (strcmp(name, "survival:aft") == 0)
	{
		if (!(forest->base_score > 0))
			jorge_ubj_malformed(reader, "base_score %g is no time", forest->base_score);
		forest->link = LINK_EXPONENTIAL;
		forest->base_margin = logf(forest->base_score);
	}
	else if (strcmp(name, "multi:softprob") == 0)
	{
		forest->link = LINK_SOFTMAX;
		forest->base_margin = forest->base_score;
	}
	else
		unsupported(
			"objective", name,
			"Train with binary:logistic, multi:softprob, reg:squarederror or survival:aft.");
	if ((forest->link == LINK_SOFTMAX) != (forest->outputs > 1))
		jorge_ubj_malformed(reader, "objective %s has %d classes", name, forest->outputs);
}

/*
 * Read features, base score and the number of outputs
 */
static void
read_param(UbjReader *reader, Size where, Forest *forest, MemoryContext mcxt)
{
	Size at[PARAM_MEMBERS];
	int64 features;
	int64 classes;

	members_at(reader, where, "learner.learner_model_param", param_members, PARAM_MEMBERS, at);
	features = whole_at(reader, at[NUM_FEATURE], "learner.learner_model_param.num_feature", 0);
	if (features < 1)
		jorge_ubj_malformed(
			reader, "learner.learner_model_param.num_feature says " INT64_FORMAT " features",
			features);
	if (features > FOREST_MAX_FEATURES)
		jorge_ubj_too_big("it has " INT64_FORMAT " features, at most %d are allowed", features,
						  FOREST_MAX_FEATURES);
	forest->features = (int) features;
	classes = whole_at(reader, at[NUM_CLASS], "learner.learner_model_param.num_class", 0);
	if (classes < 0)
		jorge_ubj_malformed(reader, "learner.learner_model_param.num_class is " INT64_FORMAT,
							classes);
	if (classes > FOREST_MAX_CLASSES)
		jorge_ubj_too_big("it has " INT64_FORMAT " classes, at most %d are allowed", classes,
						  FOREST_MAX_CLASSES);
	forest->outputs = (int) Max(classes, 1);
	if (whole_at(reader, at[NUM_TARGET], "learner.learner_model_param.num_target", 0) > 1)
		unsupported("more than one target", NULL, "Train one forest a target.");
	read_base_score(reader, at[BASE_SCORE], forest, mcxt);
}

/*
 * Read the feature names, if there are any
 */
static void
read_feature_names(UbjReader *reader, Size at, Forest *forest, MemoryContext mcxt)
{
	UbjArray array;
	char **names;
	int n = 0;

	if (at == NO_MEMBER)
		return;
	reader->at = at;
	if (jorge_ubj_marker(reader) != '[')
		jorge_ubj_malformed(reader, "learner.feature_names is not an array");
	jorge_ubj_open_array(reader, &array);
	if (array.type != 0)
		jorge_ubj_malformed(reader, "learner.feature_names holds something else than strings");
	names = MemoryContextAlloc(mcxt, sizeof(char *) * forest->features);
	while (jorge_ubj_next_element(reader, &array))
	{
		if (n == forest->features)
			jorge_ubj_malformed(reader, "learner.feature_names has more than %d names",
								forest->features);
		names[n++] = read_server_string(reader, "learner.feature_names", mcxt);
	}
	if (n == 0)
		pfree(names);
	else if (n < forest->features)
		jorge_ubj_malformed(reader, "learner.feature_names has %d names for %d features", n,
							forest->features);
	else
		forest->feature_names = names;
}

static int
compare_attributes(const void *a, const void *b)
{
	return strcmp(((const ForestAttribute *) a)->name, ((const ForestAttribute *) b)->name);
}

/*
 * Read the attributes and what some of them tell us
 */
static void
read_attributes(UbjReader *reader, Size at, Forest *forest, MemoryContext mcxt)
{
	UbjText key;
	int capacity = 8;
	const char *text;
	char *end;

	forest->learning_rate = DEFAULT_LEARNING_RATE;
	if (at == NO_MEMBER)
		return;
	reader->at = at;
	if (jorge_ubj_marker(reader) != '{')
		jorge_ubj_malformed(reader, "learner.attributes is not an object");
	forest->attributes = MemoryContextAlloc(mcxt, sizeof(ForestAttribute) * capacity);
	while (jorge_ubj_next_key(reader, &key))
	{
		ForestAttribute *attribute;
		char *name;

		CHECK_FOR_INTERRUPTS();
		if (forest->nattributes == capacity)
		{
			capacity *= 2;
			forest->attributes =
				repalloc_huge(forest->attributes, sizeof(ForestAttribute) * capacity);
		}
		attribute = &forest->attributes[forest->nattributes++];
		name = pnstrdup(key.data, key.length);
		attribute->name = MemoryContextStrdup(mcxt, pg_any_to_server(name, key.length, PG_UTF8));
		attribute->value = read_server_string(reader, "a value in learner.attributes", mcxt);
	}
	qsort(forest->attributes, forest->nattributes, sizeof(ForestAttribute), compare_attributes);
	for (int i = 1; i < forest->nattributes; i++)
		if (strcmp(forest->attributes[i - 1].name, forest->attributes[i].name) == 0)
			jorge_ubj_malformed(reader, "learner.attributes has \"%s\" twice",
								quote(forest->attributes[i].name, GetDatabaseEncoding()));

	text = jorge_forest_attribute(forest, ATTRIBUTE_CALIBRATION);
	if (text != NULL)
		forest->calibration = jorge_forest_read_calibration(reader, forest, text, mcxt);
	text = jorge_forest_attribute(forest, ATTRIBUTE_ENCODING);
	if (text != NULL)
		jorge_forest_read_encoding(reader, forest, text, mcxt);
	text = jorge_forest_attribute(forest, ATTRIBUTE_LEXICON);
	if (text != NULL)
	{
		long value = strtol(text, &end, 10);

		if (end == text || *end != '\0' || value < 0 || value > PG_INT32_MAX)
			jorge_ubj_malformed(reader, "attribute " ATTRIBUTE_LEXICON " is \"%s\", no version",
								quote(text, GetDatabaseEncoding()));
		forest->lexicon = (int) value;
	}
	text = jorge_forest_attribute(forest, ATTRIBUTE_LEARNING_RATE);
	if (text != NULL)
	{
		forest->learning_rate = strtod(text, &end);
		if (end == text || *end != '\0' ||
			!(forest->learning_rate > 0 && isfinite(forest->learning_rate)))
			jorge_ubj_malformed(
				reader, "attribute " ATTRIBUTE_LEARNING_RATE " is \"%s\", no positive number",
				quote(text, GetDatabaseEncoding()));
	}
}

/*
 * Read which output each tree adds to, and check it
 */
static void
read_tree_info(UbjReader *reader, Size at, Forest *forest, MemoryContext mcxt)
{
	UbjArray array;
	int ntrees = forest->ntrees;
	int64 n = 0;

	if (forest->outputs > 1)
	{
		if (at == NO_MEMBER)
			jorge_ubj_malformed(reader, "learner.gradient_booster.model has no tree_info");
		forest->tree_output = MemoryContextAllocHuge(mcxt, sizeof(int) * Max(ntrees, 1));
	}
	if (at == NO_MEMBER)
		return;
	reader->at = at;
	if (jorge_ubj_marker(reader) != '[')
		jorge_ubj_malformed(reader, "learner.gradient_booster.model.tree_info is not an array");
	jorge_ubj_open_array(reader, &array);
	while (jorge_ubj_next_element(reader, &array))
	{
		char marker = array.type != 0 ? array.type : jorge_ubj_marker(reader);

		int64 output = jorge_ubj_is_integer(marker) ? jorge_ubj_integer(reader, marker) : -1;

		CHECK_FOR_INTERRUPTS();
		if (output < 0 || output >= forest->outputs)
		{
			if (forest->outputs == 1)
				jorge_ubj_malformed(reader, "tree " INT64_FORMAT " does not add to output 0", n);
			jorge_ubj_malformed(reader, "tree " INT64_FORMAT " adds to none of %d classes", n,
								forest->outputs);
		}
		if (forest->tree_output != NULL && n < ntrees)
			forest->tree_output[n] = (int) output;
		n++;
	}
	if (n != ntrees)
		jorge_ubj_malformed(reader,
							"learner.gradient_booster.model.tree_info has " INT64_FORMAT
							" elements for %d trees",
							n, ntrees);
}

/*
 * Is a node's cover above 0, and neither child's beyond it?
 */
static inline bool
covers_children(const Forest *forest, int node)
{
	const float *cover = forest->covers + node;
	uint32 step = forest->nodes[node].step;

	/* a leaf is compared with itself, without a branch */
	return (cover[0] > 0) & (cover[step] <= cover[0]) & (cover[step + (step != 0)] <= cover[0]);
}

/*
 * The margin expected where no feature is known. A leaf's share is the product of the shares that
 * splits give their children, cover of the child by cover of the split; all but the last and the
 * first cancel out. Where some cover is 0 or beyond its parent's, shares are defined otherwise:
 * leave it to SHAP.
 */
static double
expected_margin(const Forest *forest)
{
	const float *values = forest->values; /* 0 of splits */
	const float *covers = forest->covers;
	double expected = forest->base_margin;
	bool cancel = true;

	for (int t = 0; t < forest->ntrees; t++)
	{
		int root = forest->trees[t].root;
		int end = t + 1 < forest->ntrees ? forest->trees[t + 1].root : forest->nnodes;
		double left = (double) values[root] * covers[root];
		double right = 0;

		cancel &= covers_children(forest, root);
		/* after the root, nodes stand in pairs */
		for (int i = root + 1; i < end; i += 2)
		{
			left += (double) values[i] * covers[i];
			right += (double) values[i + 1] * covers[i + 1];
			cancel &= (int) covers_children(forest, i) & covers_children(forest, i + 1);
		}
		expected += (left + right) / covers[root];
	}
	return cancel ? expected : jorge_forest_expected(forest);
}

/*
 * Keep what was built in the forest, with no slack
 */
static void
keep_nodes(Forest *forest, const ForestBuilder *builder, const ForestTree *trees,
		   MemoryContext mcxt)
{
	Size n = Max(builder->nnodes, 1);

	forest->trees = MemoryContextAllocHuge(mcxt, sizeof(ForestTree) * Max(forest->ntrees, 1));
	memcpy(forest->trees, trees, sizeof(ForestTree) * forest->ntrees);
	for (int t = 0; t < forest->ntrees; t++)
		forest->depth = Max(forest->depth, (int) trees[t].depth);

	forest->nnodes = builder->nnodes;
	forest->nodes = repalloc_huge(builder->nodes, sizeof(ForestNode) * n);
	forest->values = repalloc_huge(builder->values, sizeof(float) * n);
	if (builder->has_covers)
	{
		forest->covers = repalloc_huge(builder->covers, sizeof(float) * n);
		forest->spreads = MemoryContextAllocHuge(mcxt, sizeof(float) * n);
		forest->expected = expected_margin(forest);
	}
	else
		pfree(builder->covers);
	jorge_forest_grow_crown(forest, mcxt);
}

/*
 * Read all trees
 */
static void
read_trees(UbjReader *reader, Size where, Forest *forest, MemoryContext mcxt)
{
	static const char *const path = "learner.gradient_booster.model";
	static const UbjName count_members[] = {UBJ_NAME("num_trees")};
	ForestBuilder builder = {.features = forest->features,
							 .capacity = (int) (reader->length / BYTES_PER_NODE) + 64,
							 .has_covers = true};
	Size at[MODEL_MEMBERS];
	Size count_at;
	UbjArray array;
	ForestTree *trees;
	int capacity = 128;

	members_at(reader, where, path, model_members, MODEL_MEMBERS, at);
	if (at[TREES] == NO_MEMBER)
		jorge_ubj_malformed(reader, "%s has no trees", path);
	reader->at = at[TREES];
	if (jorge_ubj_marker(reader) != '[')
		jorge_ubj_malformed(reader, "%s.trees is not an array", path);
	jorge_ubj_open_array(reader, &array);
	if (array.type != 0)
		jorge_ubj_malformed(reader, "%s.trees holds something else than objects", path);

	builder.scratch =
		AllocSetContextCreate(CurrentMemoryContext, "jorge tree", ALLOCSET_DEFAULT_SIZES);
	builder.nodes = MemoryContextAllocHuge(mcxt, sizeof(ForestNode) * builder.capacity);
	builder.values = MemoryContextAllocHuge(mcxt, sizeof(float) * builder.capacity);
	builder.covers = MemoryContextAllocHuge(mcxt, sizeof(float) * builder.capacity);
	trees = palloc(sizeof(ForestTree) * capacity);
	while (jorge_ubj_next_element(reader, &array))
	{
		CHECK_FOR_INTERRUPTS();
		if (forest->ntrees == capacity)
		{
			capacity *= 2;
			trees = repalloc_huge(trees, sizeof(ForestTree) * capacity);
		}
		trees[forest->ntrees] = jorge_forest_parse_tree(reader, forest->ntrees, &builder);
		forest->ntrees++;
	}

	read_tree_info(reader, at[TREE_INFO], forest, mcxt);
	if (at[GBTREE_MODEL_PARAM] != NO_MEMBER)
	{
		members_at(reader, at[GBTREE_MODEL_PARAM], "gbtree_model_param", count_members, 1,
				   &count_at);
		if (whole_at(reader, count_at, "gbtree_model_param.num_trees", forest->ntrees) !=
			forest->ntrees)
			jorge_ubj_malformed(reader, "gbtree_model_param.num_trees is not the %d of its trees",
								forest->ntrees);
	}
	keep_nodes(forest, &builder, trees, mcxt);
}

Forest *
jorge_forest_parse(UbjReader *reader, MemoryContext mcxt)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "jorge document", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Forest *forest = MemoryContextAllocZero(mcxt, sizeof(Forest));
	Size root[ROOT_MEMBERS];
	Size learner[LEARNER_MEMBERS];
	Size booster[BOOSTER_MEMBERS];
	Size weights;
	bool linear;
	char *name;

	jorge_ubj_check(reader);
	forest->length = (int) reader->length;
	members_at(reader, 0, "document", root_members, ROOT_MEMBERS, root);
	members_at(reader, root[LEARNER], "learner", learner_members, LEARNER_MEMBERS, learner);

	/* the name first: another booster's model has another shape */
	members_at(reader, learner[GRADIENT_BOOSTER], "learner.gradient_booster", booster_members,
			   BOOSTER_MEMBERS, booster);
	name = string_at(reader, booster[NAME], "learner.gradient_booster.name");
	linear = strcmp(name, "gblinear") == 0;
	if (!linear && strcmp(name, "gbtree") != 0)
		unsupported("booster", name, "Train with booster gbtree or gblinear.");

	read_param(reader, learner[LEARNER_MODEL_PARAM], forest, mcxt);
	read_objective(reader, learner[OBJECTIVE], forest);
	read_attributes(reader, learner[ATTRIBUTES], forest, mcxt);
	read_feature_names(reader, learner[FEATURE_NAMES], forest, mcxt);
	if (linear)
	{
		members_at(reader, booster[MODEL], "learner.gradient_booster.model", weights_members, 1,
				   &weights);
		if (weights == NO_MEMBER)
			jorge_ubj_malformed(reader, "learner.gradient_booster.model has no weights");
		reader->at = weights;
		jorge_forest_read_weights(reader, forest, mcxt);
	}
	else
		read_trees(reader, booster[MODEL], forest, mcxt);

	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	return forest;
}
