/*
 * explain.c: why a forest predicts what it predicts.
 */
#include "core/jorge.h"

#include "core/record.h"
#include "features/features.h"
#include "forest/forest.h"
#include "score/model.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

typedef struct Reason
{
	int feature;
	double contribution;
} Reason;

JORGE_FUNCTION(jorge_explain_vector);
JORGE_FUNCTION(jorge_lead_reasons);

/*
 * Order reasons by the size of what they contribute, then by the feature's position
 */
static int
compare_reasons(const void *a, const void *b)
{
	const Reason *x = a;
	const Reason *y = b;

	if (fabs(x->contribution) != fabs(y->contribution))
		return fabs(x->contribution) > fabs(y->contribution) ? -1 : 1;
	return x->feature - y->feature;
}

/*
 * Return a row a feature, the largest contribution first
 */
static void
return_reasons(FunctionCallInfo fcinfo, const Forest *forest, const float *x)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int n = jorge_forest_features(forest);
	double *contributions = palloc(sizeof(double) * (n + 1));
	Reason *reasons = palloc(sizeof(Reason) * Max(n, 1));
	float margin = jorge_forest_margin(forest, x);

	jorge_forest_contributions(forest, x, contributions);
	for (int i = 0; i < n; i++)
	{
		reasons[i].feature = i;
		reasons[i].contribution = contributions[i];
	}
	qsort(reasons, n, sizeof(Reason), compare_reasons);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		int f = reasons[i].feature;
		const char *name = jorge_forest_feature_name(forest, f);
		double c = reasons[i].contribution;
		Datum values[5];
		bool nulls[5] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = CStringGetTextDatum(name ? name : psprintf("f%d", f));
		values[2] = Float8GetDatum(x[f]);
		nulls[2] = isnan(x[f]);
		values[3] = Float8GetDatum(c);
		/* what the prediction would lose without this contribution */
		values[4] = Float8GetDatum((double) jorge_forest_link(forest, margin) -
								   jorge_forest_link(forest, margin - c));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * List each feature's contribution to a prediction from a vector
 */
Datum
jorge_explain_vector(PG_FUNCTION_ARGS)
{
	const Forest *forest = jorge_forest_from_datum(PG_GETARG_DATUM(0));
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	int n = jorge_forest_features(forest);
	float *x = palloc(sizeof(float) * Max(n, 1));
	Datum *elements;
	bool *nulls;
	int length;

	deconstruct_array(array, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT, &elements, &nulls, &length);
	if (ARR_NDIM(array) > 1 || length != n)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the vector has %d values, the forest takes %d", length, n),
						errhint("Make it with jorge.feature_vector(forest, record).")));
	for (int i = 0; i < n; i++)
		x[i] = nulls[i] ? NAN : DatumGetFloat4(elements[i]);
	return_reasons(fcinfo, forest, x);
	PG_RETURN_NULL();
}

/*
 * List each feature's contribution to a row's score by the model that serves
 */
Datum
jorge_lead_reasons(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt = CurrentMemoryContext;
	ModelCall call = {0};
	Model *model = jorge_model_for_query(&call, mcxt);
	const Forest *forest = jorge_forest_from_datum(model->forest);
	RecordReader *reader = jorge_record_reader(mcxt, jorge_lead_columns, jorge_lead_ncolumns);
	RecordValue *values = palloc(sizeof(RecordValue) * jorge_lead_ncolumns);
	float *x = palloc(sizeof(float) * Max(model->nfeatures, 1));
	float features[JORGE_FEATURES];
	LeadInput input;

	jorge_record_read(reader, PG_GETARG_HEAPTUPLEHEADER(0), values);
	jorge_lead_input(values, &input);
	jorge_features_compute(&input, GetCurrentTransactionStartTimestamp(), NULL, features);
	for (int i = 0; i < model->nfeatures; i++)
		x[i] = features[model->catalogue[i]];
	return_reasons(fcinfo, forest, x);
	PG_RETURN_NULL();
}
