/*
 * what_if.c: the score a lead would have if something about it were otherwise.
 *
 * A change names a column that a lead is read from, or a feature. Columns are replaced before the features
 * are computed, so all that follows from them follows; a feature is replaced with what it is made of, where
 * that is one thing (a stated timeline, a budget, the time of the replies), and by itself otherwise.
 */
#include "core/jorge.h"

#include "core/record.h"
#include "features/features.h"
#include "forest/forest.h"
#include "score/close_names.h"
#include "score/model.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include <float.h>

/* A contribution that changed by less has not moved (log-odds) */
#define LEAST_MOVE 1e-6

/* Columns of the answer */
typedef enum AnswerColumn
{
	A_SCORE_BEFORE,
	A_SCORE_AFTER,
	A_DIFFERENCE,
	A_CLASS_BEFORE,
	A_CLASS_AFTER,
	A_MOVED,
	A_UNUSED,
	ANSWER_COLUMNS
} AnswerColumn;

/* What one call site keeps, in fn_extra */
typedef struct WhatIfCall
{
	ModelCall model;
	RecordReader *reader;
	RecordValue *values;
} WhatIfCall;

/* The changes asked for */
typedef struct Changes
{
	RecordValue *values;		  /* the row's columns, changed */
	bool feature[JORGE_FEATURES]; /* it was named */
	float wanted[JORGE_FEATURES]; /* its value */
	bool has_message;
	RecordText message;
	List *others; /* of char *: columns of the row that no lead is read from */
} Changes;

/* A feature before and after */
typedef struct Moved
{
	int input; /* of the forest */
	double change;
} Moved;

JORGE_FUNCTION(jorge_lead_what_if);

/*
 * Find a column that leads are read from, -1 if there is none of that name
 */
static int
find_column(const char *name)
{
	for (int c = 0; c < jorge_lead_ncolumns; c++)
		if (strcmp(jorge_lead_columns[c].name, name) == 0)
			return c;
	return -1;
}

/*
 * Tell whether the row has a column of that name
 */
static bool
row_has_column(TupleDesc desc, const char *name)
{
	for (int a = 0; a < desc->natts; a++)
		if (!TupleDescAttr(desc, a)->attisdropped && strcmp(NameStr(TupleDescAttr(desc, a)->attname), name) == 0)
			return true;
	return false;
}

/*
 * Refuse a name that is neither a column nor a feature
 */
static void
refuse_name(const char *name, TupleDesc desc)
{
	const char **names = palloc(sizeof(char *) * (desc->natts + jorge_lead_ncolumns + JORGE_FEATURES));
	char *close;
	int n = 0;

	for (int c = 0; c < jorge_lead_ncolumns; c++)
		names[n++] = jorge_lead_columns[c].name;
	for (int i = 0; i < JORGE_FEATURES; i++)
		if (!jorge_feature_catalogue[i].protected && find_column(jorge_feature_catalogue[i].name) < 0)
			names[n++] = jorge_feature_catalogue[i].name;
	for (int a = 0; a < desc->natts; a++)
		if (!TupleDescAttr(desc, a)->attisdropped && find_column(NameStr(TupleDescAttr(desc, a)->attname)) < 0)
			names[n++] = NameStr(TupleDescAttr(desc, a)->attname);
	close = jorge_close_names(name, strlen(name), names, n);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("\"%.*s\" is neither a column of the lead nor a feature",
						   pg_mbcliplen(name, strlen(name), NAMEDATALEN), name),
					close ? errhint("Perhaps: %s.", close)
						  : errhint("Name columns of the row, columns listed in doc/features.md, or features of the view "
									"jorge.feature.")));
}

/*
 * Refuse a value of the wrong type
 */
static void
refuse_value(const char *name, const char *expected)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"%s\" can't be changed to that", name),
					errhint("It takes %s, or null for not known.", expected)));
}

/*
 * Read a number of JSON as a double
 */
static double
number_of(const JsonbValue *value)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
}

/*
 * Read a number, or {"add": n} to what it is now (not known counts as 0); false for anything else
 */
static bool
changed_number(const JsonbValue *value, double now, double *number)
{
	if (value->type == jbvNumeric)
		*number = number_of(value);
	else if (value->type == jbvBool)
		*number = value->val.boolean;
	else if (value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data) &&
			 JsonContainerSize(value->val.binary.data) == 1)
	{
		JsonbValue room;
		JsonbValue *add = getKeyJsonValueFromContainer(value->val.binary.data, "add", strlen("add"), &room);

		if (add == NULL || add->type != jbvNumeric)
			return false;
		*number = (isnan(now) ? 0 : now) + number_of(add);
	}
	else
		return false;
	return true;
}

/*
 * Change a column that leads are read from
 */
static void
change_column(Changes *changes, int c, const JsonbValue *value)
{
	const RecordColumn *column = &jorge_lead_columns[c];
	RecordValue *to = &changes->values[c];
	double now = to->missing || column->kind != RECORD_NUMBER ? NAN : to->as.number;

	to->missing = value->type == jbvNull;
	if (to->missing)
		return;
	switch (column->kind)
	{
		case RECORD_NUMBER:
			if (!changed_number(value, now, &to->as.number))
				refuse_value(column->name, "a number, {\"add\": number}");
			break;
		case RECORD_TIME:
			if (value->type != jbvString)
				refuse_value(column->name, "a time such as \"2026-05-01 14:30+00\"");
			to->as.time = DatumGetTimestampTz(
				DirectFunctionCall3(timestamptz_in,
									CStringGetDatum(pnstrdup(value->val.string.val, value->val.string.len)),
									ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
			break;
		case RECORD_TEXT:
			if (value->type != jbvString)
				refuse_value(column->name, "a text");
			to->as.text.data = value->val.string.val;
			to->as.text.length = value->val.string.len;
			break;
	}
}

/*
 * Change a feature, now being its value
 */
static void
change_feature(Changes *changes, int f, float now, const JsonbValue *value)
{
	double number = NAN;

	if (value->type != jbvNull && !changed_number(value, now, &number))
		refuse_value(jorge_feature_catalogue[f].name, "a number, {\"add\": number}");
	if (fabs(number) > FLT_MAX)
		refuse_value(jorge_feature_catalogue[f].name, "a number of single precision");
	changes->feature[f] = true;
	changes->wanted[f] = (float) number;
}

/*
 * Read the changes; a name that is a column and a feature is the column
 */
static void
read_changes(Jsonb *json, TupleDesc desc, const float *features, Changes *changes)
{
	JsonbIterator *iterator = JsonbIteratorInit(&json->root);
	JsonbValue value;
	JsonbIteratorToken token;
	char *name = NULL;

	if (!JB_ROOT_IS_OBJECT(json))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("changes are a JSON object"),
						errhint("For example: {\"financing\": \"pre-approved\", \"first_response_hours\": 0.1}.")));
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		int column;
		int feature;

		if (token == WJB_KEY)
			name = pnstrdup(value.val.string.val, value.val.string.len);
		if (token != WJB_VALUE)
			continue;
		column = find_column(name);
		feature = jorge_feature_id(name);
		if (strcmp(name, "message") == 0)
		{
			if (value.type != jbvString)
				ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("\"message\" can't be changed to that"),
								errhint("It takes the text of one more message.")));
			changes->has_message = true;
			changes->message.data = value.val.string.val;
			changes->message.length = value.val.string.len;
		}
		else if (column >= 0)
			change_column(changes, column, &value);
		else if (feature >= 0)
			change_feature(changes, feature, features[feature], &value);
		else if (row_has_column(desc, name))
			changes->others = lappend(changes->others, name);
		else
			refuse_name(name, desc);
	}
}

/*
 * Get the value wanted of a feature, or what it is now
 */
static double
wanted(const Changes *changes, FeatureId feature, double now)
{
	return changes->feature[feature] ? changes->wanted[feature] : now;
}

/*
 * Change what a feature is made of, so that what else is made of it follows
 */
static void
change_input(const Changes *changes, LeadInput *input)
{
	if (changes->has_message)
	{
		TextSignals signals;

		jorge_text_scan(changes->message.data, changes->message.length, NULL, &signals);
		jorge_text_summary_add(&input->text, &signals);
		input->has_text = input->text.messages > 0;
	}
	input->text.timeline_urgency = wanted(changes, F_TIMELINE_URGENCY, input->text.timeline_urgency);
	input->text.financing_readiness = wanted(changes, F_FINANCING_READINESS, input->text.financing_readiness);
	if (changes->feature[F_BUDGET_MIDPOINT])
	{
		input->budget_min = input->budget_max = changes->wanted[F_BUDGET_MIDPOINT];
		input->text.budget_min = input->text.budget_max = input->text.budget_specificity = NAN;
	}
	if (changes->feature[F_RESPONSE_TIME_HOURS] || changes->feature[F_RESPONSE_TIME_LOG])
	{
		double hours = wanted(changes, F_RESPONSE_TIME_HOURS, expm1(changes->wanted[F_RESPONSE_TIME_LOG]));

		input->replies = isnan(hours) ? 0 : Max(input->replies, 1);
		input->reply_seconds = hours * SECS_PER_HOUR * input->replies;
	}
	if (changes->feature[F_NUM_INTERACTIONS])
		input->interactions = changes->wanted[F_NUM_INTERACTIONS];
	else if (changes->feature[F_INTERACTIONS_LOG])
		input->interactions = expm1(changes->wanted[F_INTERACTIONS_LOG]);
}

/*
 * Compute the features of the changed lead
 */
static void
changed_features(const Changes *changes, float features[JORGE_FEATURES])
{
	LeadInput input;

	jorge_lead_input(changes->values, &input);
	change_input(changes, &input);
	jorge_features_compute(&input, GetCurrentTransactionStartTimestamp(), NULL, features);
	for (int f = 0; f < JORGE_FEATURES; f++)
		if (changes->feature[f])
			features[f] = changes->wanted[f];
	if (changes->feature[F_ENGAGEMENT_SCORE] && !changes->feature[F_ENGAGEMENT_NORMALIZED])
		features[F_ENGAGEMENT_NORMALIZED] = features[F_ENGAGEMENT_SCORE] / 100;
	if (changes->feature[F_ENGAGEMENT_NORMALIZED] && !changes->feature[F_ENGAGEMENT_SCORE])
		features[F_ENGAGEMENT_SCORE] = features[F_ENGAGEMENT_NORMALIZED] * 100;
}

/* ---- the answer ---- */

/*
 * Order moved contributions by the size of the change, then by the forest's order
 */
static int
compare_moved(const void *a, const void *b)
{
	const Moved *x = a;
	const Moved *y = b;

	if (fabs(x->change) != fabs(y->change))
		return fabs(x->change) > fabs(y->change) ? -1 : 1;
	return x->input - y->input;
}

/*
 * Put a number of JSON under a key; numeric NULL = null
 */
static void
push_number(JsonbParseState **state, char *key, Numeric numeric)
{
	JsonbValue value = {.type = jbvString, .val.string = {strlen(key), key}};

	pushJsonbValue(state, WJB_KEY, &value);
	value.type = jbvNull;
	if (numeric != NULL)
	{
		value.type = jbvNumeric;
		value.val.numeric = numeric;
	}
	pushJsonbValue(state, WJB_VALUE, &value);
}

/*
 * Take a feature as people write it: 0.9, not 0.899999976
 */
static Numeric
feature_numeric(float feature)
{
	char shortest[FLOAT_SHORTEST_DECIMAL_LEN];

	if (isnan(feature))
		return NULL;
	float_to_shortest_decimal_buf(feature, shortest);
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(shortest), ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/*
 * Take a contribution as a numeric
 */
static Numeric
contribution_numeric(double contribution)
{
	return DatumGetNumeric(DirectFunctionCall1(float8_numeric, Float8GetDatum(contribution)));
}

/*
 * List the contributions that moved, the largest change first
 */
static Datum
moved_contributions(const Model *model, const float *before, const float *after)
{
	const Forest *forest = jorge_forest_from_datum(model->forest);
	int n = model->nfeatures;
	double *old = palloc(sizeof(double) * (n + 1));
	double *new = palloc(sizeof(double) * (n + 1));
	float *x = palloc(sizeof(float) * Max(n, 1));
	Moved *moved = palloc(sizeof(Moved) * Max(n, 1));
	JsonbParseState *state = NULL;
	int count = 0;

	for (int i = 0; i < n; i++)
		x[i] = before[model->catalogue[i]];
	jorge_forest_reasons(forest, x, old);
	for (int i = 0; i < n; i++)
		x[i] = after[model->catalogue[i]];
	jorge_forest_reasons(forest, x, new);
	for (int i = 0; i < n; i++)
		if (fabs(new[i] - old[i]) >= LEAST_MOVE)
			moved[count++] = (Moved){i, new[i] - old[i]};
	qsort(moved, count, sizeof(Moved), compare_moved);

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
	{
		int input = moved[i].input;
		int feature = model->catalogue[input];
		char *name = pstrdup(jorge_feature_catalogue[feature].name);
		JsonbValue key = {.type = jbvString, .val.string = {strlen("feature"), "feature"}};
		JsonbValue value = {.type = jbvString, .val.string = {strlen(name), name}};

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		pushJsonbValue(&state, WJB_KEY, &key);
		pushJsonbValue(&state, WJB_VALUE, &value);
		push_number(&state, "value_before", feature_numeric(before[feature]));
		push_number(&state, "value_after", feature_numeric(after[feature]));
		push_number(&state, "contribution_before", contribution_numeric(old[input]));
		push_number(&state, "contribution_after", contribution_numeric(new[input]));
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

/*
 * List the names that were changed to no effect because the model does not look at them
 */
static Datum
unused_names(const Changes *changes, const Model *model)
{
	ArrayBuildState *names = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	ListCell *cell;

	for (int f = 0; f < JORGE_FEATURES; f++)
	{
		bool used = !changes->feature[f];

		for (int i = 0; i < model->nfeatures && !used; i++)
			used = model->catalogue[i] == f;
		if (!used)
			accumArrayResult(names, CStringGetTextDatum(jorge_feature_catalogue[f].name), false, TEXTOID,
							 CurrentMemoryContext);
	}
	foreach (cell, changes->others)
		accumArrayResult(names, CStringGetTextDatum(lfirst(cell)), false, TEXTOID, CurrentMemoryContext);
	return makeArrayResult(names, CurrentMemoryContext);
}

/*
 * Get the call's state, made at the first row
 */
static WhatIfCall *
what_if_call(FunctionCallInfo fcinfo)
{
	WhatIfCall *call = fcinfo->flinfo->fn_extra;

	if (call == NULL)
	{
		MemoryContext mcxt = fcinfo->flinfo->fn_mcxt;

		call = MemoryContextAllocZero(mcxt, sizeof(WhatIfCall));
		call->reader = jorge_record_reader(mcxt, jorge_lead_columns, jorge_lead_ncolumns);
		call->values = MemoryContextAlloc(mcxt, sizeof(RecordValue) * jorge_lead_ncolumns);
		fcinfo->flinfo->fn_extra = call;
	}
	return call;
}

/*
 * Compare a lead's score with the one it would have after some changes
 */
Datum
jorge_lead_what_if(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	WhatIfCall *call = what_if_call(fcinfo);
	Model *model = jorge_model_for_query(&call->model, fcinfo->flinfo->fn_mcxt);
	Changes changes = {.values = call->values};
	float before[JORGE_FEATURES];
	float after[JORGE_FEATURES];
	Scored scored[2];
	LeadInput input;
	TupleDesc own, desc;
	Datum values[ANSWER_COLUMNS];
	bool nulls[ANSWER_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != ANSWER_COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("jorge.lead_what_if() returns another type than its library makes"),
						errhint("Run ALTER EXTENSION jorge UPDATE.")));

	jorge_record_read(call->reader, row, call->values);
	jorge_lead_input(call->values, &input);
	jorge_features_compute(&input, GetCurrentTransactionStartTimestamp(), NULL, before);
	own = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	read_changes(PG_GETARG_JSONB_P(1), own, before, &changes);
	ReleaseTupleDesc(own);
	changed_features(&changes, after);

	jorge_model_score(model, before, &scored[0]);
	jorge_model_score(model, after, &scored[1]);
	values[A_SCORE_BEFORE] = Float8GetDatum(scored[0].score);
	values[A_SCORE_AFTER] = Float8GetDatum(scored[1].score);
	values[A_DIFFERENCE] = Float8GetDatum(scored[1].score - scored[0].score);
	values[A_CLASS_BEFORE] = CStringGetTextDatum(scored[0].class);
	values[A_CLASS_AFTER] = CStringGetTextDatum(scored[1].class);
	values[A_MOVED] = moved_contributions(model, before, after);
	values[A_UNUSED] = unused_names(&changes, model);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
