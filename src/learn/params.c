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

/* A fold more than this costs much and tells little. */
#define MAX_FOLDS 20
#define DEFAULT_FOLDS 5
#define DEFAULT_VALIDATION 0.2

/* Rounds where early stopping ends them, and where nothing does */
#define STOPPED_ROUNDS 500
#define FIXED_ROUNDS 100

typedef enum OptionKind
{
	OPTION_WHOLE,    /* double holding a whole number from low to high */
	OPTION_NUMBER,   /* double from low to high */
	OPTION_POSITIVE, /* double above low, up to high */
	OPTION_BOOL,
	OPTION_NAME,  /* char * */
	OPTION_NAMES, /* List of char * */
	OPTION_OBJECTIVE
} OptionKind;

typedef struct Option
{
	const char *name;
	OptionKind kind;
	size_t offset; /* in TrainParams */
	double low, high;
	double initial;     /* default of numbers and booleans */
	bool shapes_forest; /* belongs to jorge_params */
} Option;

#define OPTION_AT(field) offsetof(TrainParams, field)

/*
 * Defaults are justified in doc/learn.md. max_depth stops where a full tree (2^16 - 1 nodes) still
 * fits the evaluator's node index; the other ends only keep nonsense out.
 */
static const Option options[] = {
	{"objective", OPTION_OBJECTIVE, OPTION_AT(objective), 0, 0, 0, true},
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
};

#define OPTION_FIELD(params, option, type) ((type *) ((char *) (params) + (option)->offset))

const char *
jorge_learn_objective_name(TrainObjective objective)
{
	return objective == TRAIN_LOGISTIC ? OBJECTIVE_LOGISTIC : OBJECTIVE_SQUARED_ERROR;
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
		case OPTION_OBJECTIVE:
			appendStringInfoString(&text,
								   "\"" OBJECTIVE_LOGISTIC "\" or \"" OBJECTIVE_SQUARED_ERROR "\"");
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
 * Read the objective's name
 */
static TrainObjective
read_objective(const Option *option, const JsonbValue *value)
{
	for (int objective = TRAIN_LOGISTIC; objective <= TRAIN_SQUARED_ERROR; objective++)
	{
		const char *name = jorge_learn_objective_name(objective);

		if (value->type == jbvString && value->val.string.len == strlen(name) &&
			memcmp(value->val.string.val, name, strlen(name)) == 0)
			return objective;
	}
	refuse_value(option);
	return TRAIN_LOGISTIC; /* keep compiler quiet */
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
	if (params->time != NULL && params->cv == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("training option \"time\" needs cross-validation"),
						errhint("Leave out \"validation\", or set \"cv\" to a number of folds.")));
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
			case OPTION_OBJECTIVE:
				*OPTION_FIELD(params, option, TrainObjective) = read_objective(option, &value);
				break;
		}
	}

	settle_judging(params);
	if (params->objective == TRAIN_LOGISTIC && !isnan(params->base_score) &&
		(params->base_score <= 0 || params->base_score >= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value of the training option \"base_score\""),
						errhint("With " OBJECTIVE_LOGISTIC
								" base_score is a probability between 0 and 1, both excluded.")));
	if (params->objective == TRAIN_SQUARED_ERROR && params->scale_pos_weight != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("training option \"scale_pos_weight\" needs a label of two classes"),
				 errhint("Leave it out, or choose \"objective\": \"" OBJECTIVE_LOGISTIC "\".")));
}

void
jorge_learn_params_json(StringInfo out, const TrainParams *params)
{
	const char *comma = "";

	appendStringInfoChar(out, '{');
	for (int i = 0; i < lengthof(options); i++)
	{
		const Option *option = &options[i];

		if (!option->shapes_forest)
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
			case OPTION_OBJECTIVE:
				escape_json(out, jorge_learn_objective_name(params->objective));
				break;
		}
	}
	appendStringInfoChar(out, '}');
}
