/*
 * batch.c: predictions of a forest for the rows of a two-dimensional array.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "forest/internal.h"
#include "utils/array.h"

JORGE_FUNCTION(jorge_predict_batch);
JORGE_FUNCTION(jorge_predict_margin_batch);

/*
 * Check an array's shape; returns the number of its rows
 */
static int
count_rows(const Forest *forest, ArrayType *array)
{
	if (ARR_NDIM(array) == 0)
		return 0;
	if (ARR_NDIM(array) != 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows must be a two-dimensional array, this one has %d dimensions",
						ARR_NDIM(array)),
				 errhint("array_agg() of arrays makes one; jorge.predict() takes one row.")));
	if (ARR_DIMS(array)[1] != forest->features)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("rows have %d features, the forest needs %d", ARR_DIMS(array)[1],
							   forest->features),
						errhint("Features go in the forest's own order; a missing one is NULL.")));
	return ARR_DIMS(array)[0];
}

/*
 * Elements of a float4[], NULL as NAN; points into the array where that serves
 */
static const float *
float4_elements(ArrayType *array)
{
	const float *data = (const float *) ARR_DATA_PTR(array);
	const bits8 *nulls = ARR_NULLBITMAP(array);
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	float *x;

	if (nulls == NULL)
		return data;
	x = palloc_extended(mul_size(sizeof(float), n), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
		x[i] = nulls[i / 8] & (1 << (i % 8)) ? *data++ : NAN;
	return x;
}

/*
 * Make a float4[] of n elements, to be filled in
 */
static ArrayType *
make_result(int n)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + sizeof(float4) * (Size) n;
	ArrayType *result;

	if (n == 0)
		return construct_empty_array(FLOAT4OID);
	result = palloc0(size); /* no more than the argument had */
	SET_VARSIZE(result, size);
	result->ndim = 1;
	result->elemtype = FLOAT4OID;
	ARR_DIMS(result)[0] = n;
	ARR_LBOUND(result)[0] = 1;
	return result;
}

/*
 * Margins of an array's rows, into a new array
 */
static ArrayType *
batch_margins(const Forest *forest, ArrayType *array)
{
	int rows = count_rows(forest, array);
	ArrayType *result = make_result(rows);

	if (rows > 0)
		jorge_forest_margins(forest, float4_elements(array), rows, (float *) ARR_DATA_PTR(result));
	return result;
}

Datum
jorge_predict_margin_batch(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);

	PG_RETURN_ARRAYTYPE_P(batch_margins(jorge_forest_arg(fcinfo, 0), array));
}

Datum
jorge_predict_batch(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	ArrayType *result = batch_margins(forest, array);
	float *values = (float *) ARR_DATA_PTR(result);
	int n = ArrayGetNItems(ARR_NDIM(result), ARR_DIMS(result));

	for (int i = 0; i < n; i++)
		values[i] = jorge_forest_link(forest, values[i]);
	PG_RETURN_ARRAYTYPE_P(result);
}
