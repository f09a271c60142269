/*
 * score.c: lead_score() and jorge.score(): a row's score by the model that serves.
 */
#include "core/jorge.h"

#include "core/record.h"
#include "features/features.h"
#include "score/model.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "funcapi.h"
#include "utils/builtins.h"

/* Call state, in fn_extra */
typedef struct ScoreCall
{
	ModelCall model;
	LeadReader reader;
	bool checked; /* the row has a column we know */
} ScoreCall;

/* Where the lead's columns begin in a call that the planner has made of one with a row */
#define FIRST_COLUMN 1

JORGE_FUNCTION(jorge_lead_score);
JORGE_FUNCTION(jorge_lead_score_columns);
JORGE_FUNCTION(jorge_score);
JORGE_FUNCTION(jorge_score_columns);
JORGE_FUNCTION(jorge_lead_class);

/*
 * Get the call's state, made at the first row
 */
static ScoreCall *
score_call(FunctionCallInfo fcinfo)
{
	ScoreCall *call = fcinfo->flinfo->fn_extra;

	if (call == NULL)
	{
		MemoryContext mcxt = fcinfo->flinfo->fn_mcxt;

		call = MemoryContextAllocZero(mcxt, sizeof(ScoreCall));
		jorge_lead_reader_init(&call->reader, mcxt);
		fcinfo->flinfo->fn_extra = call;
	}
	return call;
}

/*
 * Compute the features of the row in argument 0, or of its columns; as of the transaction's time, in UTC unless the
 * row names a zone. Return the model that serves.
 */
static Model *
read_features(FunctionCallInfo fcinfo, bool columns, float features[JORGE_FEATURES])
{
	ScoreCall *call = score_call(fcinfo);
	Model *model = jorge_model_for_query(&call->model, fcinfo->flinfo->fn_mcxt);
	LeadInput input;

	if (columns)
		jorge_lead_read_columns(&call->reader, fcinfo, FIRST_COLUMN, &input);
	else
		jorge_lead_read_row(&call->reader, fcinfo, &input);
	if (!call->checked && jorge_record_found(call->reader.record) == 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("the row has no column that a lead is read from"),
						errhint("Name its columns in a subquery as jorge.lead does, for example "
								"SELECT jorge.lead_score(c) FROM (SELECT notes AS message FROM contacts) c.")));
	call->checked = true;
	jorge_features_compute(&input, GetCurrentTransactionStartTimestamp(), NULL, features);
	return model;
}

/*
 * Get the probability that a lead is won
 */
Datum
jorge_lead_score(PG_FUNCTION_ARGS)
{
	float features[JORGE_FEATURES];
	Model *model = read_features(fcinfo, false, features);

	PG_RETURN_FLOAT8(jorge_model_probability(model, features));
}

Datum
jorge_lead_score_columns(PG_FUNCTION_ARGS)
{
	float features[JORGE_FEATURES];
	Model *model = read_features(fcinfo, true, features);

	PG_RETURN_FLOAT8(jorge_model_probability(model, features));
}

/*
 * Get a lead's whole score
 */
static Datum
whole_score(FunctionCallInfo fcinfo, bool columns)
{
	float features[JORGE_FEATURES];
	TupleDesc desc;
	Scored scored;
	Model *model;
	Datum values[7];
	bool nulls[7] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != lengthof(values))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("jorge.score() returns another type than its library makes"),
						errhint("Run ALTER EXTENSION jorge UPDATE.")));

	model = read_features(fcinfo, columns, features);
	jorge_model_score(model, features, &scored);
	values[0] = Float8GetDatum(scored.probability);
	values[1] = Float8GetDatum(scored.score);
	values[2] = CStringGetTextDatum(scored.class);
	values[3] = Float8GetDatum(scored.confidence);
	values[4] = Float8GetDatum(scored.lower);
	values[5] = Float8GetDatum(scored.upper);
	values[6] = CStringGetTextDatum(model->label);
	nulls[3] = nulls[4] = nulls[5] = isnan(scored.confidence);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

Datum
jorge_score(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(whole_score(fcinfo, false));
}

Datum
jorge_score_columns(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(whole_score(fcinfo, true));
}

/*
 * Classify a probability
 */
Datum
jorge_lead_class(PG_FUNCTION_ARGS)
{
	double probability = PG_GETARG_FLOAT8(0);

	if (isnan(probability) || probability < 0 || probability > 1)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("probability %g is not between 0 and 1", probability),
						errhint("Pass lead_score(lead), or a score divided by 100.")));
	PG_RETURN_TEXT_P(cstring_to_text(jorge_score_class(probability)));
}
