/*
 * predict.c: what SQL asks of a text model.
 */
#include "core/jorge.h"

#include "text/scan.h"
#include "textmodel/textmodel.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_text_predict);
JORGE_FUNCTION(jorge_text_predict_embedded);
JORGE_FUNCTION(jorge_text_predict_margin);
JORGE_FUNCTION(jorge_text_predict_margin_embedded);
JORGE_FUNCTION(jorge_text_terms_rows);

/* Elements of an embedding argument, NULL for SQL's; ERROR unless there are as many as the model's */
static const float *
embedding_arg(FunctionCallInfo fcinfo, int argno, const TextModel *model)
{
	ArrayType *array;

	if (PG_ARGISNULL(argno))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(argno);
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array) || model->embedding == 0 ||
		ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) != model->embedding)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this text model wants an embedding of %d elements", model->embedding),
						errhint("Pass a real[] of that many elements without NULL, or NULL for none.")));
	return (const float *) ARR_DATA_PTR(array);
}

/* Margin of a call with or without an embedding; returns false where the result is NULL */
static bool
margin_of(FunctionCallInfo fcinfo, bool embedded, double *margin)
{
	const TextModel *model;
	const float *embedding;
	text *message;
	bool heard;

	if (PG_ARGISNULL(0) || (PG_ARGISNULL(1) && (!embedded || PG_ARGISNULL(2))))
		return false;
	message = PG_ARGISNULL(1) ? NULL : PG_GETARG_TEXT_PP(1);
	model = jorge_text_model_arg(fcinfo, 0);
	embedding = embedded ? embedding_arg(fcinfo, 2, model) : NULL;
	*margin = jorge_text_model_margin(model, message == NULL ? NULL : VARDATA_ANY(message),
									  message == NULL ? 0 : VARSIZE_ANY_EXHDR(message), embedding,
									  &heard);
	return heard;
}

Datum
jorge_text_predict_margin(PG_FUNCTION_ARGS)
{
	double margin;

	if (!margin_of(fcinfo, false, &margin))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(margin);
}

Datum
jorge_text_predict_margin_embedded(PG_FUNCTION_ARGS)
{
	double margin;

	if (!margin_of(fcinfo, true, &margin))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(margin);
}

Datum
jorge_text_predict(PG_FUNCTION_ARGS)
{
	double margin;

	if (!margin_of(fcinfo, false, &margin))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(1 / (1 + exp(-margin)));
}

Datum
jorge_text_predict_embedded(PG_FUNCTION_ARGS)
{
	double margin;

	if (!margin_of(fcinfo, true, &margin))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(1 / (1 + exp(-margin)));
}

/*
 * Return the terms of a message
 */
Datum
jorge_text_terms_rows(PG_FUNCTION_ARGS)
{
	text *message = PG_GETARG_TEXT_PP(0);
	int bits = PG_GETARG_INT32(1);
	int64 seed = PG_GETARG_INT64(2);
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	TextTerms terms;

	if (bits < TEXT_MODEL_BITS_MIN || bits > TEXT_MODEL_BITS_MAX || seed < 0 || seed > PG_UINT32_MAX)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("bits or seed out of range"),
						errhint("bits is %d to %d, seed 0 to %u.", TEXT_MODEL_BITS_MIN,
								TEXT_MODEL_BITS_MAX, PG_UINT32_MAX)));
	InitMaterializedSRF(fcinfo, 0);
	jorge_text_terms(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message), bits, (uint32) seed, &terms);
	for (int i = 0; i < terms.n; i++)
	{
		Datum values[3] = {Int32GetDatum((int32) terms.terms[i].bucket),
						   Int32GetDatum((int32) terms.terms[i].count),
						   Float4GetDatum(terms.terms[i].value)};
		bool nulls[3] = {false, false, false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	jorge_text_terms_free(&terms);
	return (Datum) 0;
}
