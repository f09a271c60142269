/*
 * shap_sql.c: contributions as arrays, of one vector or many; interactions of two features.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "forest/forest.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

JORGE_FUNCTION(jorge_contributions);
JORGE_FUNCTION(jorge_contributions_batch);
JORGE_FUNCTION(jorge_interaction_vector);
JORGE_FUNCTION(jorge_interaction_row);

/*
 * Make room for a float8[] of rows x columns (rows = 0: of one dimension), its elements to be set
 */
static ArrayType *
make_array(int64 rows, int columns, double **elements)
{
	int ndim = rows > 0 ? 2 : 1;
	Size header = ARR_OVERHEAD_NONULLS(ndim);
	int64 n = Max(rows, 1) * columns;
	ArrayType *array;

	if (n > (int64) ((MaxAllocSize - header) / sizeof(float8)))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("contributions of " INT64_FORMAT
							   " rows and %d features do not fit an array",
							   rows, columns - 1),
						errhint("Ask for fewer rows a call.")));
	array = palloc(header + sizeof(float8) * n);
	SET_VARSIZE(array, header + sizeof(float8) * n);
	array->ndim = ndim;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	if (ndim == 2)
		ARR_DIMS(array)[0] = (int) rows;
	ARR_DIMS(array)[ndim - 1] = columns;
	for (int d = 0; d < ndim; d++)
		ARR_LBOUND(array)[d] = 1;
	*elements = (double *) ARR_DATA_PTR(array);
	return array;
}

Datum
jorge_contributions(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	const float *x = jorge_forest_array_features(forest, array);
	double *contributions;
	ArrayType *result = make_array(0, jorge_forest_features(forest) + 1, &contributions);

	jorge_forest_contributions(forest, x, contributions);
	PG_RETURN_ARRAYTYPE_P(result);
}

Datum
jorge_contributions_batch(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	int features = jorge_forest_features(forest);
	const float *x = (const float *) ARR_DATA_PTR(array);
	const bits8 *nulls = ARR_NULLBITMAP(array);
	int rows;
	double *contributions;
	ArrayType *result;

	if (ARR_NDIM(array) == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	if (ARR_NDIM(array) != 2 || ARR_DIMS(array)[1] != features)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 ARR_NDIM(array) != 2
				 ? errmsg("vectors must be an array of two dimensions, this one has %d",
						  ARR_NDIM(array))
				 : errmsg("vectors have %d features, the forest needs %d", ARR_DIMS(array)[1],
						  features),
			 errhint("Collect vectors with array_agg(jorge.feature_vector(forest, row)); for one "
					 "vector call jorge.contributions().")));
	rows = ARR_DIMS(array)[0];
	if (nulls != NULL)
	{
		int n = rows * features; /* an array has fewer than 2^27 elements */
		float *filled = palloc(sizeof(float) * n);

		for (int i = 0; i < n; i++)
			filled[i] = nulls[i / 8] & (1 << (i % 8)) ? *x++ : NAN;
		x = filled;
	}
	result = make_array(rows, features + 1, &contributions);
	jorge_forest_contributions_batch(forest, x, rows, contributions);
	PG_RETURN_ARRAYTYPE_P(result);
}

/*
 * Find a feature by its name; one without a name is f0, f1 ..., as XGBoost has it
 */
static int
find_feature(const Forest *forest, text *wanted)
{
	char *name = text_to_cstring(wanted);
	int features = jorge_forest_features(forest);
	const char *first = jorge_forest_feature_name(forest, 0);

	for (int f = 0; f < features; f++)
	{
		const char *known = jorge_forest_feature_name(forest, f);
		char number[16];

		if (known == NULL)
		{
			snprintf(number, sizeof(number), "f%d", f);
			known = number;
		}
		if (strcmp(known, name) == 0)
			return f;
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("forest has no feature \"%s\"", name),
					first != NULL
						? errhint("Its features are (jorge.forest_info(forest)).feature_names; the "
								  "first is \"%s\".",
								  first)
						: errhint("Its features have no names: they are called f0 ... f%d.",
								  features - 1)));
	return -1;
}

Datum
jorge_interaction_vector(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	const float *x = jorge_forest_array_features(forest, array);
	int a = find_feature(forest, PG_GETARG_TEXT_PP(2));
	int b = find_feature(forest, PG_GETARG_TEXT_PP(3));

	PG_RETURN_FLOAT8(jorge_forest_interaction(forest, x, a, b));
}

Datum
jorge_interaction_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	const float *x = jorge_forest_row_features(fcinfo, forest, row);
	int a = find_feature(forest, PG_GETARG_TEXT_PP(2));
	int b = find_feature(forest, PG_GETARG_TEXT_PP(3));

	PG_RETURN_FLOAT8(jorge_forest_interaction(forest, x, a, b));
}
