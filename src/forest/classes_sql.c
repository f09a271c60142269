/*
 * classes_sql.c: classes of a forest for SQL.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "forest/internal.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

JORGE_FUNCTION(jorge_predict_classes);
JORGE_FUNCTION(jorge_predict_classes_row);
JORGE_FUNCTION(jorge_predict_class);
JORGE_FUNCTION(jorge_predict_class_row);

/* Names of the classes, a JSON array of strings */
#define ATTRIBUTE_CLASSES "jorge_classes"

/*
 * Probabilities as a float4[]
 */
static Datum
probabilities(const Forest *forest, const float *x)
{
	int n = jorge_forest_outputs(forest);
	float *p = palloc(sizeof(float) * n);
	Datum *elements = palloc(sizeof(Datum) * n);

	jorge_forest_class_probabilities(forest, x, p);
	for (int c = 0; c < n; c++)
		elements[c] = Float4GetDatum(p[c]);
	return PointerGetDatum(
		construct_array(elements, n, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}

/*
 * The likeliest class: its name, or its number from 0 where the document names none. Of equals the
 * first.
 */
static Datum
likeliest(const Forest *forest, const float *x)
{
	int n = jorge_forest_outputs(forest);
	float *p = palloc(sizeof(float) * Max(n, 2));
	const char *names = jorge_forest_attribute(forest, ATTRIBUTE_CLASSES);
	int best = 0;

	jorge_forest_class_probabilities(forest, x, p);
	if (n == 1)
	{
		if (forest->link != LINK_LOGISTIC)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("forest predicts no classes"),
					 errhint("Use jorge.predict(forest, features).")));
		best = p[0] >= 0.5f;
	}
	for (int c = 1; c < n; c++)
		if (p[c] > p[best])
			best = c;
	if (names != NULL)
	{
		Jsonb *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(names)));
		JsonbValue *name =
			JB_ROOT_IS_ARRAY(json) ? getIthJsonbValueFromContainer(&json->root, best) : NULL;

		if (name != NULL && name->type == jbvString)
			return PointerGetDatum(
				cstring_to_text_with_len(name->val.string.val, name->val.string.len));
	}
	return CStringGetTextDatum(psprintf("%d", best));
}

Datum
jorge_predict_classes(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	return probabilities(forest, jorge_forest_array_features(forest, array));
}

Datum
jorge_predict_classes_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	return probabilities(forest, jorge_forest_row_features(fcinfo, forest, row));
}

Datum
jorge_predict_class(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	return likeliest(forest, jorge_forest_array_features(forest, array));
}

Datum
jorge_predict_class_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	return likeliest(forest, jorge_forest_row_features(fcinfo, forest, row));
}
