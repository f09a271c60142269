/*
 * text_params.c: the options of a text training, from jsonb and back to JSON.
 */
#include "core/jorge.h"

#include "learn/params.h"
#include "learn/text_params.h"

#include "textmodel/textmodel.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/numeric.h"

#define MAX_FOLDS 20

typedef enum OptionKind
{
	OPTION_WHOLE,
	OPTION_POSITIVE,
	OPTION_NAME,
	OPTION_SWITCH, /* one of two words, the first meaning true */
	OPTION_BOOL
} OptionKind;

typedef struct Option
{
	const char *name;
	OptionKind kind;
	size_t offset;
	double low, high;
	double initial;
	const char *words[2];
} Option;

#define AT(field) offsetof(TextParams, field)

/* Defaults are justified in doc/text_model.md. */
static const Option options[] = {
	{"cost", OPTION_POSITIVE, AT(cost), 0, 1e6, NAN},
	{"cv", OPTION_WHOLE, AT(cv), 0, MAX_FOLDS, 5},
	{"min_count", OPTION_WHOLE, AT(min_count), 1, 1e9, 5},
	{"bits", OPTION_WHOLE, AT(bits), TEXT_MODEL_BITS_MIN, TEXT_MODEL_BITS_MAX, 18},
	{"hash_seed", OPTION_WHOLE, AT(hash_seed), 0, PG_UINT32_MAX, 0},
	{"seed", OPTION_WHOLE, AT(seed), 0, PG_INT32_MAX, 1},
	{"time", OPTION_NAME, AT(time), 0, 0, 0},
	{"embedding", OPTION_NAME, AT(embedding), 0, 0, 0},
	{"language", OPTION_SWITCH, AT(neutral), 0, 0, true, {"neutral", "as_is"}},
	{"calibration", OPTION_SWITCH, AT(calibrate), 0, 0, true, {"affine", "none"}},
	{"quiet", OPTION_BOOL, AT(quiet), 0, 0, false},
};

#define FIELD(params, option, type) ((type *) ((char *) (params) + (option)->offset))

pg_noreturn static void
refuse_value(const Option *option)
{
	char *values = "true or false";

	if (option->kind == OPTION_WHOLE)
		values = psprintf("a whole number from %.0f to %.0f", option->low, option->high);
	else if (option->kind == OPTION_POSITIVE)
		values = psprintf("a number above %g, up to %g", option->low, option->high);
	else if (option->kind == OPTION_NAME)
		values = "the name of a column";
	else if (option->kind == OPTION_SWITCH)
		values = psprintf("\"%s\" or \"%s\"", option->words[0], option->words[1]);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid value of the training option \"%s\"", option->name),
					errhint("%s is %s.", option->name, values)));
}

static const Option *
find_option(const JsonbValue *key)
{
	StringInfoData valid;

	for (int i = 0; i < lengthof(options); i++)
		if (strlen(options[i].name) == key->val.string.len &&
			memcmp(options[i].name, key->val.string.val, key->val.string.len) == 0)
			return &options[i];
	initStringInfo(&valid);
	for (int i = 0; i < lengthof(options); i++)
		appendStringInfo(&valid, "%s%s", i > 0 ? ", " : "", options[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown training option \"%.*s\"", key->val.string.len, key->val.string.val),
			 errhint("Options are %s.", valid.data)));
}

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

static void
read_option(const Option *option, const JsonbValue *value, TextParams *params)
{
	if (option->kind <= OPTION_POSITIVE)
	{
		*FIELD(params, option, double) = read_number(option, value);
		return;
	}
	if (option->kind == OPTION_BOOL)
	{
		if (value->type != jbvBool)
			refuse_value(option);
		*FIELD(params, option, bool) = value->val.boolean;
		return;
	}
	if (value->type != jbvString)
		refuse_value(option);
	if (option->kind == OPTION_NAME)
	{
		*FIELD(params, option, char *) = pnstrdup(value->val.string.val, value->val.string.len);
		return;
	}
	for (int w = 0; w < 2; w++)
		if (strlen(option->words[w]) == value->val.string.len &&
			memcmp(option->words[w], value->val.string.val, value->val.string.len) == 0)
		{
			*FIELD(params, option, bool) = w == 0;
			return;
		}
	refuse_value(option);
}

void
jorge_learn_text_params_read(Jsonb *json, TextParams *params)
{
	JsonbIterator *it;
	JsonbValue key;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("training options must be a JSON object"),
						errhint("For example: '{\"min_count\": 3}'.")));
	memset(params, 0, sizeof(*params));
	for (int i = 0; i < lengthof(options); i++)
	{
		if (options[i].kind <= OPTION_POSITIVE)
			*FIELD(params, &options[i], double) = options[i].initial;
		else if (options[i].kind != OPTION_NAME)
			*FIELD(params, &options[i], bool) = options[i].initial != 0;
	}
	it = JsonbIteratorInit(&json->root);
	(void) JsonbIteratorNext(&it, &key, true);
	while (JsonbIteratorNext(&it, &key, true) == WJB_KEY)
	{
		const Option *option = find_option(&key);

		(void) JsonbIteratorNext(&it, &value, true);
		if (value.type != jbvNull) /* null is as if it weren't there */
			read_option(option, &value, params);
	}
	if (params->cv == 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value of the training option \"cv\""),
						errhint("cv is 0, or a number of folds from 2 to %d.", MAX_FOLDS)));
	if (params->cv == 0 && isnan(params->cost))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("without cross-validation the training needs the option \"cost\""),
						errhint("For example: '{\"cv\": 0, \"cost\": 1}'.")));
}

void
jorge_learn_text_params_json(StringInfo out, const TextParams *params)
{
	for (int i = 0; i < lengthof(options); i++)
	{
		const Option *option = &options[i];

		if (option->kind == OPTION_BOOL)
			continue;
		appendStringInfo(out, "%s\"%s\": ", i > 0 ? ", " : "{", option->name);
		if (option->kind <= OPTION_POSITIVE && isnan(*FIELD(params, option, double)))
			appendStringInfoString(out, "null");
		else if (option->kind <= OPTION_POSITIVE)
			jorge_learn_append_number(out, *FIELD(params, option, double));
		else if (option->kind == OPTION_SWITCH)
			escape_json(out, option->words[*FIELD(params, option, bool) ? 0 : 1]);
		else if (*FIELD(params, option, char *) != NULL)
			escape_json(out, *FIELD(params, option, char *));
		else
			appendStringInfoString(out, "null");
	}
	appendStringInfoChar(out, '}');
}
