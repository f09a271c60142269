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

/* Below so much, relative to the margins, their difference is too near to rounding to divide by. */
#define SMALL_DIFFERENCE 1e-3

/* Columns of the result */
#define COLUMNS 6

typedef struct Reason
{
	int feature;
	double contribution;
} Reason;

/* Call state of lead_reasons, in fn_extra */
typedef struct ReasonsCall
{
	ModelCall model;
	RecordReader *reader;
	RecordValue *values;
} ReasonsCall;

JORGE_FUNCTION(jorge_explain_vector);
JORGE_FUNCTION(jorge_explain_row);
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
 * Prediction won for each unit of calibrated log-odds, on the way from the base to theirs
 */
static double
mean_slope(const Forest *forest, double base, float log_odds, double contributed)
{
	double scale = Max(Max(fabs(base), fabs((double) log_odds)), 1);
	double middle = base + contributed / 2;
	double step = scale / 100;

	if (fabs(contributed) >= SMALL_DIFFERENCE * scale)
		return ((double) jorge_forest_response(forest, log_odds) -
				jorge_forest_response(forest, (float) base)) /
			   contributed;
	return ((double) jorge_forest_response(forest, (float) (middle + step)) -
			jorge_forest_response(forest, (float) (middle - step))) /
		   (2 * step);
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
	Reason *reasons = palloc(sizeof(Reason) * n);
	double sum = 0;
	double base;
	float log_odds;
	double slope;

	jorge_forest_reasons(forest, x, contributions);
	for (int i = 0; i < n; i++)
	{
		reasons[i].feature = i;
		reasons[i].contribution = contributions[i];
		sum += contributions[i];
	}
	base = contributions[n];
	log_odds = (float) jorge_forest_calibrate(forest, jorge_forest_margin(forest, x));
	slope = mean_slope(forest, base, log_odds, sum);
	qsort(reasons, n, sizeof(Reason), compare_reasons);

	InitMaterializedSRF(fcinfo, 0);
	if (result->setDesc->natts != COLUMNS)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the function returns other columns than its library makes"),
						errhint("Run ALTER EXTENSION jorge UPDATE.")));
	for (int i = 0; i < n; i++)
	{
		int f = reasons[i].feature;
		const char *name = jorge_forest_feature_name(forest, f);
		Datum values[COLUMNS];
		bool nulls[COLUMNS] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = CStringGetTextDatum(name ? name : psprintf("f%d", f));
		values[2] = Float8GetDatum(x[f]);
		nulls[2] = isnan(x[f]);
		values[3] = Float8GetDatum(reasons[i].contribution);
		values[4] = Float8GetDatum(reasons[i].contribution * slope);
		values[5] = Float8GetDatum(base);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

/*
 * List each feature's contribution to a prediction from a vector
 */
Datum
jorge_explain_vector(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	return_reasons(fcinfo, forest, jorge_forest_array_features(forest, array));
	PG_RETURN_NULL();
}

/*
 * List each feature's contribution to a prediction from a row
 */
Datum
jorge_explain_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	return_reasons(fcinfo, forest, jorge_forest_row_features(fcinfo, forest, row));
	PG_RETURN_NULL();
}

/*
 * List each feature's contribution to a row's score by the model that serves
 */
Datum
jorge_lead_reasons(PG_FUNCTION_ARGS)
{
	ReasonsCall *call = fcinfo->flinfo->fn_extra;
	Model *model;
	float *x;
	float features[JORGE_FEATURES];
	LeadInput input;

	if (call == NULL)
	{
		MemoryContext mcxt = fcinfo->flinfo->fn_mcxt;

		call = MemoryContextAllocZero(mcxt, sizeof(ReasonsCall));
		call->reader = jorge_record_reader(mcxt, jorge_lead_columns, jorge_lead_ncolumns);
		call->values = MemoryContextAlloc(mcxt, sizeof(RecordValue) * jorge_lead_ncolumns);
		fcinfo->flinfo->fn_extra = call;
	}
	model = jorge_model_for_query(&call->model, fcinfo->flinfo->fn_mcxt);
	jorge_record_read(call->reader, PG_GETARG_HEAPTUPLEHEADER(0), call->values);
	jorge_lead_input(call->values, &input);
	jorge_features_compute(&input, GetCurrentTransactionStartTimestamp(), NULL, features);
	x = palloc(sizeof(float) * Max(model->nfeatures, 1));
	for (int i = 0; i < model->nfeatures; i++)
		x[i] = features[model->catalogue[i]];
	return_reasons(fcinfo, jorge_forest_from_datum(model->forest), x);
	PG_RETURN_NULL();
}
