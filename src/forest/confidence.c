/*
 * confidence.c: what a forest's probability means, for SQL.
 */
#include "core/jorge.h"

#include "forest/internal.h"

#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_calibrate_margin);
JORGE_FUNCTION(jorge_predict_interval);

Datum
jorge_calibrate_margin(PG_FUNCTION_ARGS)
{
	float8 margin = PG_GETARG_FLOAT8(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	PG_RETURN_FLOAT8(
		jorge_forest_response(forest, (float) jorge_forest_calibrate(forest, margin)));
}

Datum
jorge_predict_interval(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	TupleDesc desc;
	double leaf_variance;
	double lower, upper;
	float margin;
	Datum values[4];
	bool nulls[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != lengthof(values))
		elog(ERROR, "jorge.predict_interval is declared wrongly");
	margin = jorge_forest_margin_variance(forest, jorge_forest_array_features(forest, array),
										  &leaf_variance);
	jorge_forest_interval(forest, margin, leaf_variance, &lower, &upper);
	values[0] = Float8GetDatum(jorge_forest_link(forest, margin));
	values[1] = Float8GetDatum(lower);
	values[2] = Float8GetDatum(upper);
	values[3] = Float8GetDatum(1 - (upper - lower));
	nulls[1] = nulls[2] = nulls[3] = isnan(lower);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
