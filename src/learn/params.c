/*
 * params.c: the options of one training, from jsonb and back to JSON.
 */
#include "core/jorge.h"

#include "learn/params.h"

#include "common/shortest_dec.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/numeric.h"

#define OBJECTIVE_LOGISTIC "binary:logistic"
#define OBJECTIVE_SQUARED_ERROR "reg:squarederror"
#define OBJECTIVE_CLASSES "multi:softprob"
#define OBJECTIVE_TIME "survival:aft"

/* A fold more than this costs much and tells little. */
#define MAX_FOLDS 20
#define DEFAULT_FOLDS 5
#define DEFAULT_VALIDATION 0.2

/* Rounds where early stopping ends them, and where nothing does */
#define STOPPED_ROUNDS 500
#define FIXED_ROUNDS 100

/*
 * jorge.train_model()'s sizes: those of the business rules where there is enough to learn from,
 * smaller ones where there isn't. A tree of depth d has 2^d leaves, and a leaf that speaks of fewer
 * than ten outcomes says little; below depth 3 what acts only together isn't found. The weight of a
 * leaf counts uncertain outcomes, of which rare ones make few.
 */
#define FITTED_ROUNDS 100
#define FITTED_EARLY_STOPPING 10
#define FITTED_MAX_DEPTH 6
#define FITTED_MIN_DEPTH 3
#define FITTED_MIN_CHILD_WEIGHT 1
#define OUTCOMES_PER_LEAF 10.0

/* Trees of a random forest are grown further, since their mean takes off what each has too much. */
#define FOREST_MAX_DEPTH 10
#define FOREST_COLSAMPLE 0.4

/* Rounds of coordinate descent; each takes half a Newton step for every weight. */
#define LINEAR_LEARNING_RATE 0.5

typedef enum OptionKind
{
	OPTION_WHOLE,    /* double holding a whole number from low to high */
	OPTION_NUMBER,   /* double from low to high */
	OPTION_POSITIVE, /* double above low, up to high */
	OPTION_BOOL,
	OPTION_NAME,   /* char * */
	OPTION_NAMES,  /* List of char * */
	OPTION_CHOICE, /* double: which of the words in choices */
	OPTION_SIGNS,  /* List of NamedNumber, each 1, 0 or -1 */
	OPTION_WEIGHTS /* "balanced", or a List of NamedNumber above 0 */
} OptionKind;

typedef struct Option
{
	const char *name;
	OptionKind kind;
	size_t offset; /* in TrainParams */
	double low, high;
	double initial;     /* default of numbers and booleans */
	bool shapes_forest; /* belongs to jorge_params */
	bool if_given;      /* stands there only if the caller named it */
	const char *const *choices;
} Option;

static const char *const objectives[] = {OBJECTIVE_LOGISTIC, OBJECTIVE_SQUARED_ERROR,
										 OBJECTIVE_CLASSES, OBJECTIVE_TIME, NULL};
static const char *const boosters[] = {"boosting", "forest", "linear", NULL};
static const char *const distributions[] = {"normal", "logistic", "extreme", NULL};

#define OPTION_AT(field) offsetof(TrainParams, field)

/*
 * Defaults are justified in doc/learn.md. max_depth stops where a full tree (2^16 - 1 nodes) still
 * fits the evaluator's node index; the other ends only keep nonsense out.
 */
static const Option options[] = {
	{"objective", OPTION_CHOICE, OPTION_AT(objective), 0, 0, 0, true, false, objectives},
	{"rounds", OPTION_WHOLE, OPTION_AT(rounds), 1, 10000, NAN, true},
	{"max_depth", OPTION_WHOLE, OPTION_AT(max_depth), 1, 15, 4, true},
	{"learning_rate", OPTION_POSITIVE, OPTION_AT(learning_rate), 0, 1, 0.1, true},
	{"subsample", OPTION_POSITIVE, OPTION_AT(subsample), 0, 1, 0.8, true},
	{"colsample", OPTION_POSITIVE, OPTION_AT(colsample), 0, 1, 0.8, true},
	{"min_child_weight", OPTION_NUMBER, OPTION_AT(min_child_weight), 0, 1e9, 3, true},
	{"reg_lambda", OPTION_NUMBER, OPTION_AT(reg_lambda), 0, 1e9, 1, true},
	{"gamma", OPTION_NUMBER, OPTION_AT(gamma), 0, 1e9, 0, true},
	{"scale_pos_weight", OPTION_POSITIVE, OPTION_AT(scale_pos_weight), 0, 1e9, 1, true},
	{"base_score", OPTION_NUMBER, OPTION_AT(base_score), -1e30, 1e30, NAN, true},
	{"early_stopping", OPTION_WHOLE, OPTION_AT(early_stopping), 0, 10000, 20, true},
	{"cv", OPTION_WHOLE, OPTION_AT(cv), 0, MAX_FOLDS, NAN, true},
	{"validation", OPTION_NUMBER, OPTION_AT(validation), 0, 0.5, NAN, true},
	{"seed", OPTION_WHOLE, OPTION_AT(seed), 0, PG_INT32_MAX, 1, true},
	{"refit", OPTION_BOOL, OPTION_AT(refit), 0, 0, true, true},
	{"time", OPTION_NAME, OPTION_AT(time), 0, 0, 0, true},
	{"calibration", OPTION_NAME, OPTION_AT(calibration), 0, 0, 0, true},
	{"features", OPTION_NAMES, OPTION_AT(features), 0, 0, 0, false},
	{"protected", OPTION_NAMES, OPTION_AT(protected), 0, 0, 0, true},
	{"quiet", OPTION_BOOL, OPTION_AT(quiet), 0, 0, false, false},
	{"booster", OPTION_CHOICE, OPTION_AT(booster), 0, 0, 0, true, true, boosters},
	{"trees", OPTION_WHOLE, OPTION_AT(trees), 1, 10000, 100, true, true},
	{"reg_alpha", OPTION_NUMBER, OPTION_AT(reg_alpha), 0, 1e9, 0, true, true},
	{"event", OPTION_NAME, OPTION_AT(event), 0, 0, 0, true, true},
	{"distribution", OPTION_CHOICE, OPTION_AT(distribution), 0, 0, 0, true, true, distributions},
	{"scale", OPTION_POSITIVE, OPTION_AT(scale), 0, 1e6, 1, true, true},
	{"class_weights", OPTION_WEIGHTS, OPTION_AT(class_weights), 0, 1e9, 0, true, true},
	{"monotone", OPTION_SIGNS, OPTION_AT(monotone), -1, 1, 0, true, true},
	{"category_rows", OPTION_WHOLE, OPTION_AT(category_rows), 1, 1e9, 10, true, true},
};

StaticAssertDecl(lengthof(options) <= 64, "TrainParams.given has a bit an option");

#define OPTION_FIELD(params, option, type) ((type *) ((char *) (params) + (option)->offset))

const char *
jorge_learn_objective_name(TrainObjective objective)
{
	return objectives[objective];
}

void
jorge_learn_append_number(StringInfo out, double number)
{
	char buffer[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(number, buffer);
	appendStringInfoString(out, buffer);
}

/*
 * Describe the values an option takes
 */
static const char *
describe_values(const Option *option)
{
	StringInfoData text;

	initStringInfo(&text);
	switch (option->kind)
	{
		case OPTION_WHOLE:
			appendStringInfo(&text, "a whole number from %.0f to %.0f", option->low, option->high);
			break;
		case OPTION_NUMBER:
			appendStringInfo(&text, "a number from %g to %g", option->low, option->high);
			break;
		case OPTION_POSITIVE:
			appendStringInfo(&text, "a number above %g, up to %g", option->low, option->high);
			break;
		case OPTION_BOOL:
			appendStringInfoString(&text, "true or false");
			break;
		case OPTION_NAME:
			appendStringInfoString(&text, "a name");
			break;
		case OPTION_NAMES:
			appendStringInfoString(&text, "an array of column names");
			break;
		case OPTION_CHOICE:
			for (int i = 0; option->choices[i] != NULL; i++)
				appendStringInfo(&text, "%s\"%s\"",
								 i == 0                           ? ""
								 : option->choices[i + 1] == NULL ? " or "
																  : ", ",
								 option->choices[i]);
			break;
		case OPTION_SIGNS:
			appendStringInfoString(&text,
								   "an object of feature names and 1 (rising), 0 or -1 (falling)");
			break;
		case OPTION_WEIGHTS:
			appendStringInfoString(&text,
								   "\"balanced\", or an object of labels and numbers above 0");
			break;
	}
	return text.data;
}

/*
 * Refuse the value of an option
 */
static void
refuse_value(const Option *option)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value of the training option \"%s\"", option->name),
					errhint("%s is %s.", option->name, describe_values(option))));
}

/*
 * Refuse an option that doesn't exist
 */
static void
refuse_key(const JsonbValue *key)
{
	StringInfoData valid;

	initStringInfo(&valid);
	for (int i = 0; i < lengthof(options); i++)
		appendStringInfo(&valid, "%s%s", i > 0 ? ", " : "", options[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown training option \"%.*s\"", key->val.string.len, key->val.string.val),
			 errhint("Options are %s.", valid.data)));
}

static const Option *
find_option(const JsonbValue *key)
{
	for (int i = 0; i < lengthof(options); i++)
		if (strlen(options[i].name) == key->val.string.len &&
			memcmp(options[i].name, key->val.string.val, key->val.string.len) == 0)
			return &options[i];
	return NULL;
}

/*
 * Did the caller name an option?
 */
static bool
is_given(const TrainParams *params, const char *name)
{
	for (int i = 0; i < lengthof(options); i++)
		if (strcmp(options[i].name, name) == 0)
			return (params->given >> i & 1) != 0;
	elog(ERROR, "no training option \"%s\"", name);
}

/*
 * Read a number in its range
 */
static double
read_number(const Option *option, const JsonbValue *value)
{
	double number;

	if (value->type != jbvNumeric)
		refuse_value(option);
	number = DatumGetFloat8(
		DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	if (!(number >= option->low && number <= option->high) ||
		(option->kind == OPTION_POSITIVE && number == option->low) ||
		(option->kind == OPTION_WHOLE && number != floor(number)))
		refuse_value(option);
	return number;
}

/*
 * Read an array of names
 */
static List *
read_names(const Option *option, JsonbValue *value)
{
	List *names = NIL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue element;

	if (value->type != jbvBinary || !JsonContainerIsArray(value->val.binary.data) ||
		JsonContainerIsScalar(value->val.binary.data))
		refuse_value(option);
	it = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&it, &element, true);
	while ((token = JsonbIteratorNext(&it, &element, true)) == WJB_ELEM)
	{
		CHECK_FOR_INTERRUPTS();
		if (element.type != jbvString)
			refuse_value(option);
		names = lappend(names, pnstrdup(element.val.string.val, element.val.string.len));
	}
	return names;
}

/*
 * Read one of a few words
 */
static int
read_choice(const Option *option, const JsonbValue *value)
{
	for (int i = 0; option->choices[i] != NULL; i++)
		if (value->type == jbvString && value->val.string.len == strlen(option->choices[i]) &&
			memcmp(value->val.string.val, option->choices[i], value->val.string.len) == 0)
			return i;
	refuse_value(option);
	return 0; /* keep compiler quiet */
}

/*
 * Read an object of numbers
 */
static List *
read_numbers(const Option *option, JsonbValue *value)
{
	List *numbers = NIL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue key;

	if (value->type != jbvBinary || !JsonContainerIsObject(value->val.binary.data))
		refuse_value(option);
	it = JsonbIteratorInit(value->val.binary.data);
	(void) JsonbIteratorNext(&it, &key, true);
	while ((token = JsonbIteratorNext(&it, &key, true)) == WJB_KEY)
	{
		NamedNumber *member = palloc(sizeof(NamedNumber));
		JsonbValue number;

		CHECK_FOR_INTERRUPTS();
		member->name = pnstrdup(key.val.string.val, key.val.string.len);
		(void) JsonbIteratorNext(&it, &number, true);
		member->number = read_number(option, &number);
		if (option->kind == OPTION_SIGNS ? member->number != rint(member->number)
										 : member->number <= 0)
			refuse_value(option);
		numbers = lappend(numbers, member);
	}
	return numbers;
}

/*
 * Give every option its default
 */
static void
set_defaults(TrainParams *params)
{
	memset(params, 0, sizeof(*params));
	for (int i = 0; i < lengthof(options); i++)
	{
		const Option *option = &options[i];

		if (option->kind == OPTION_BOOL)
			*OPTION_FIELD(params, option, bool) = option->initial != 0;
		else if (option->kind <= OPTION_POSITIVE)
			*OPTION_FIELD(params, option, double) = option->initial;
	}
	params->classes = 1;
}

/*
 * Settle how the training is judged: cross-validation, unless the caller's options are those of a
 * single hold-out
 */
static void
settle_judging(TrainParams *params)
{
	static const char *const calibrations[] = {"auto", "affine", "isotonic", "none"};
	bool known = false;

	if (params->cv == 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value of the training option \"cv\""),
						errhint("cv is 0, or a number of folds from 2 to %d.", MAX_FOLDS)));
	if (params->cv > 0 && (params->validation > 0 || !params->refit))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("training options \"cv\" and \"%s\" exclude each other",
						params->validation > 0 ? "validation" : "refit"),
				 errhint("Cross-validation judges on every row and trains the forest it returns on "
						 "all of them; \"validation\" holds out one share instead.")));
	if (isnan(params->validation))
		params->validation = params->cv > 0 || (isnan(params->cv) && params->refit) ||
									 (params->cv == 0 && params->refit)
								 ? 0
								 : DEFAULT_VALIDATION;
	else if (isnan(params->cv))
		params->cv = 0;
	if (isnan(params->cv))
		params->cv = params->validation > 0 ? 0 : DEFAULT_FOLDS;
	if (params->time != NULL && params->cv == 0 && params->validation == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("training option \"time\" needs rows to judge on"),
						errhint("Set \"cv\" to a number of folds, or \"validation\" to the share "
								"of the newest rows.")));
	/* more than will be needed where something stops them early */
	if (isnan(params->rounds))
		params->rounds = params->early_stopping > 0 && (params->cv > 0 || params->validation > 0)
							 ? STOPPED_ROUNDS
							 : FIXED_ROUNDS;

	if (params->calibration == NULL)
		params->calibration = pstrdup(calibrations[0]);
	for (int i = 0; i < lengthof(calibrations); i++)
		known |= strcmp(params->calibration, calibrations[i]) == 0;
	if (!known)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value of the training option \"calibration\""),
						errhint("calibration is \"auto\", \"affine\", \"isotonic\" or \"none\".")));
}

/*
 * Refuse an option that means nothing to this objective or booster
 */
static void
refuse_with(const TrainParams *params, const char *name, bool wrong, const char *needs)
{
	if (wrong)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("training option \"%s\" needs %s", name, needs), errhint("Leave it out.")));
}

static void
check_fitting(const TrainParams *params)
{
	bool classes = params->objective == TRAIN_LOGISTIC || params->objective == TRAIN_CLASSES;

	if (params->objective != TRAIN_LOGISTIC && params->scale_pos_weight != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("training option \"scale_pos_weight\" needs a label of two classes"),
				 errhint("Leave it out, or choose \"objective\": \"" OBJECTIVE_LOGISTIC "\".")));
	refuse_with(params, "class_weights",
				!classes && (params->balanced || params->class_weights != NIL),
				"a label of classes");
	refuse_with(params, "class_weights",
				params->scale_pos_weight != 1 && (params->balanced || params->class_weights != NIL),
				"no scale_pos_weight beside it");
	refuse_with(params, "monotone", params->booster == TRAIN_LINEAR && params->monotone != NIL,
				"trees");
	refuse_with(params, "event", params->objective != TRAIN_TIME && params->event != NULL,
				"\"objective\": \"" OBJECTIVE_TIME "\"");
	refuse_with(params, "base_score",
				params->objective == TRAIN_CLASSES && !isnan(params->base_score),
				"an objective of one output");
	refuse_with(params, "base_score", params->objective == TRAIN_TIME && params->base_score <= 0,
				"a time above 0");
}

/*
 * Give a booster its own defaults
 */
static void
settle_booster(TrainParams *params)
{
	if (params->booster == TRAIN_FOREST)
	{
		if (!is_given(params, "max_depth"))
			params->max_depth = FOREST_MAX_DEPTH;
		if (!is_given(params, "colsample"))
			params->colsample = FOREST_COLSAMPLE;
		if (!is_given(params, "reg_lambda"))
			params->reg_lambda = 0;
		/* one round, each tree an equal part of the mean */
		params->learning_rate = 1;
		params->rounds = params->objective == TRAIN_TIME ? 1 : params->trees;
		params->early_stopping = 0;
	}
	if (params->booster == TRAIN_LINEAR)
	{
		if (!is_given(params, "learning_rate"))
			params->learning_rate = LINEAR_LEARNING_RATE;
		if (!is_given(params, "reg_lambda"))
			params->reg_lambda = 0;
	}
}

void
jorge_learn_params_fit(TrainParams *params, double informative)
{
	if (params->booster == TRAIN_BOOSTING)
	{
		double depth = floor(log2(Max(informative, 1) / OUTCOMES_PER_LEAF));

		if (!is_given(params, "max_depth"))
			params->max_depth = Min(Max(depth, FITTED_MIN_DEPTH), FITTED_MAX_DEPTH);
		if (!is_given(params, "min_child_weight"))
			params->min_child_weight = FITTED_MIN_CHILD_WEIGHT;
	}
	if (params->booster != TRAIN_FOREST && !is_given(params, "early_stopping"))
		params->early_stopping = FITTED_EARLY_STOPPING;
	if (params->booster != TRAIN_FOREST && !is_given(params, "rounds"))
		params->rounds = FITTED_ROUNDS;
}

void
jorge_learn_params_read(Jsonb *json, TrainParams *params)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("training options must be a JSON object"),
						errhint("For example: '{\"rounds\": 200, \"max_depth\": 4}'.")));

	set_defaults(params);
	it = JsonbIteratorInit(&json->root);
	(void) JsonbIteratorNext(&it, &key, true);
	while ((token = JsonbIteratorNext(&it, &key, true)) == WJB_KEY)
	{
		const Option *option = find_option(&key);

		if (option == NULL)
			refuse_key(&key);
		(void) JsonbIteratorNext(&it, &value, true);
		if (value.type == jbvNull)
			continue; /* as if it weren't there */
		switch (option->kind)
		{
			case OPTION_WHOLE:
			case OPTION_NUMBER:
			case OPTION_POSITIVE:
				*OPTION_FIELD(params, option, double) = read_number(option, &value);
				break;
			case OPTION_BOOL:
				if (value.type != jbvBool)
					refuse_value(option);
				*OPTION_FIELD(params, option, bool) = value.val.boolean;
				break;
			case OPTION_NAME:
				if (value.type != jbvString)
					refuse_value(option);
				*OPTION_FIELD(params, option, char *) =
					pnstrdup(value.val.string.val, value.val.string.len);
				break;
			case OPTION_NAMES:
				*OPTION_FIELD(params, option, List *) = read_names(option, &value);
				break;
			case OPTION_CHOICE:
				*OPTION_FIELD(params, option, int) = read_choice(option, &value);
				break;
			case OPTION_SIGNS:
				*OPTION_FIELD(params, option, List *) = read_numbers(option, &value);
				break;
			case OPTION_WEIGHTS:
				params->balanced =
					value.type == jbvString && value.val.string.len == strlen("balanced") &&
					memcmp(value.val.string.val, "balanced", value.val.string.len) == 0;
				if (!params->balanced)
					*OPTION_FIELD(params, option, List *) = read_numbers(option, &value);
				break;
		}
		params->given |= UINT64CONST(1) << (option - options);
	}

	settle_booster(params);
	settle_judging(params);
	check_fitting(params);
	if (params->objective == TRAIN_LOGISTIC && !isnan(params->base_score) &&
		(params->base_score <= 0 || params->base_score >= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value of the training option \"base_score\""),
						errhint("With " OBJECTIVE_LOGISTIC
								" base_score is a probability between 0 and 1, both excluded.")));
}

/*
 * Append an object of numbers
 */
static void
append_numbers(StringInfo out, bool balanced, List *numbers)
{
	const char *separator = "";
	ListCell *cell;

	if (balanced)
	{
		appendStringInfoString(out, "\"balanced\"");
		return;
	}
	appendStringInfoChar(out, '{');
	foreach (cell, numbers)
	{
		NamedNumber *member = lfirst(cell);

		appendStringInfoString(out, separator);
		escape_json(out, member->name);
		appendStringInfoString(out, ": ");
		jorge_learn_append_number(out, member->number);
		separator = ", ";
	}
	appendStringInfoChar(out, '}');
}

void
jorge_learn_params_json(StringInfo out, const TrainParams *params)
{
	const char *comma = "";

	appendStringInfoChar(out, '{');
	for (int i = 0; i < lengthof(options); i++)
	{
		const Option *option = &options[i];

		if (!option->shapes_forest || (option->if_given && (params->given >> i & 1) == 0))
			continue;
		appendStringInfo(out, "%s\"%s\": ", comma, option->name);
		comma = ", ";
		switch (option->kind)
		{
			case OPTION_WHOLE:
			case OPTION_NUMBER:
			case OPTION_POSITIVE:
				jorge_learn_append_number(out, *OPTION_FIELD(params, option, double));
				break;
			case OPTION_BOOL:
				appendStringInfoString(out, *OPTION_FIELD(params, option, bool) ? "true" : "false");
				break;
			case OPTION_NAME:
				if (*OPTION_FIELD(params, option, char *) == NULL)
					appendStringInfoString(out, "null");
				else
					escape_json(out, *OPTION_FIELD(params, option, char *));
				break;
			case OPTION_NAMES:
			{
				ListCell *cell;
				const char *separator = "";

				appendStringInfoChar(out, '[');
				foreach (cell, *OPTION_FIELD(params, option, List *))
				{
					appendStringInfoString(out, separator);
					escape_json(out, lfirst(cell));
					separator = ", ";
				}
				appendStringInfoChar(out, ']');
				break;
			}
			case OPTION_CHOICE:
				escape_json(out, option->choices[*OPTION_FIELD(params, option, int)]);
				break;
			case OPTION_SIGNS:
			case OPTION_WEIGHTS:
				append_numbers(out, option->kind == OPTION_WEIGHTS && params->balanced,
							   *OPTION_FIELD(params, option, List *));
				break;
		}
	}
	appendStringInfoChar(out, '}');
}
