/*
 * predict.c: predictions of a forest for arrays and for rows.
 */
#include "core/jorge.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/record.h"
#include "forest/internal.h"
#include "lib/ilist.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

JORGE_FUNCTION(jorge_predict_float4);
JORGE_FUNCTION(jorge_predict_float8);
JORGE_FUNCTION(jorge_predict_margin);
JORGE_FUNCTION(jorge_predict_row);
JORGE_FUNCTION(jorge_feature_vector);

/* Forests whose column maps one call site keeps: a join with more of them makes maps again and
 * again. */
#define MAX_ROW_MAPS 32

/* A forest's features as columns of the rows of one call site */
typedef struct RowMap
{
	dlist_node by_use;
	MemoryContext mcxt;
	uint8 hash[FOREST_HASH_LENGTH];
	int features;
	int columns; /* number columns first, then the text columns */
	int numbers;
	int *feature; /* of each number column */
	RecordReader *reader;
	RecordValue *values;
	float *x;
	Oid checked_type; /* row type known to have one of the columns at least */
	int32 checked_typmod;
} RowMap;

typedef struct RowMaps
{
	dlist_head by_use; /* most recent first */
	int n;
} RowMaps;

/* ---- arrays ---- */

/*
 * Check an array's shape
 */
static void
check_array(const Forest *forest, ArrayType *array)
{
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("features must be a one-dimensional array, this one has %d dimensions",
						ARR_NDIM(array)),
				 errhint("Predict one row a call.")));
	if (n != forest->features)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("array has %d features, the forest needs %d", n, forest->features),
				 forest->feature_names != NULL
					 ? errhint("They are, in order, those of (jorge.forest_info(forest))."
							   "feature_names; jorge.feature_vector(forest, row) makes the array.")
					 : errhint("They go in the order of training; a missing one is NULL.")));
}

const float *
jorge_forest_array_features(const Forest *forest, ArrayType *array)
{
	const float *data = (const float *) ARR_DATA_PTR(array);
	const bits8 *nulls = ARR_NULLBITMAP(array);
	float *x;

	check_array(forest, array);
	if (nulls == NULL)
		return data;
	x = palloc(sizeof(float) * forest->features);
	for (int f = 0; f < forest->features; f++)
		x[f] = nulls[f / 8] & (1 << (f % 8)) ? *data++ : NAN;
	return x;
}

/*
 * Features of a float8[], rounded to float as XGBoost does, NULL as NAN
 */
static const float *
float8_features(const Forest *forest, ArrayType *array)
{
	const double *data = (const double *) ARR_DATA_PTR(array);
	const bits8 *nulls = ARR_NULLBITMAP(array);
	float *x;

	check_array(forest, array);
	x = palloc(sizeof(float) * forest->features);
	for (int f = 0; f < forest->features; f++)
		x[f] = nulls == NULL || nulls[f / 8] & (1 << (f % 8)) ? (float) *data++ : NAN;
	return x;
}

Datum
jorge_predict_float4(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	PG_RETURN_FLOAT8(jorge_forest_predict(forest, jorge_forest_array_features(forest, array)));
}

Datum
jorge_predict_float8(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	PG_RETURN_FLOAT8(jorge_forest_predict(forest, float8_features(forest, array)));
}

Datum
jorge_predict_margin(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	PG_RETURN_FLOAT8(jorge_forest_margin(forest, jorge_forest_array_features(forest, array)));
}

/* ---- rows ---- */

/*
 * Make the map of a forest's features
 */
static RowMap *
make_map(const Forest *forest, MemoryContext parent)
{
	MemoryContext mcxt = AllocSetContextCreate(parent, "jorge row map", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(mcxt);
	RowMap *map = palloc0(sizeof(RowMap));
	RecordColumn *columns = palloc(sizeof(RecordColumn) * (forest->features + forest->ntexts));
	bool *encoded = palloc0(forest->features);

	for (int t = 0; t < forest->ntexts; t++)
		for (int c = 0; c < forest->texts[t].n; c++)
			encoded[forest->texts[t].categories[c].feature] = true;
	map->feature = palloc(sizeof(int) * forest->features);
	for (int f = 0; f < forest->features; f++)
		if (!encoded[f])
		{
			columns[map->numbers] =
				(RecordColumn){pstrdup(forest->feature_names[f]), RECORD_NUMBER};
			map->feature[map->numbers++] = f;
		}
	map->columns = map->numbers;
	for (int t = 0; t < forest->ntexts; t++)
		columns[map->columns++] = (RecordColumn){pstrdup(forest->texts[t].column), RECORD_TEXT};
	memcpy(map->hash, forest->hash, FOREST_HASH_LENGTH);
	map->mcxt = mcxt;
	map->features = forest->features;
	map->reader = jorge_record_reader(mcxt, columns, map->columns);
	map->values = palloc(sizeof(RecordValue) * map->columns);
	map->x = palloc(sizeof(float) * forest->features);
	MemoryContextSwitchTo(old);
	return map;
}

/*
 * Find or make the call site's map of a forest
 */
static RowMap *
map_of(FunctionCallInfo fcinfo, const Forest *forest)
{
	RowMaps *maps = fcinfo->flinfo->fn_extra;
	RowMap *map;
	dlist_iter iter;

	if (forest->feature_names == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("forest has no feature names, so it can't read rows"),
						errhint("Give an array to jorge.predict(), or train with feature names.")));
	if (maps == NULL)
	{
		maps = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(RowMaps));
		dlist_init(&maps->by_use);
		maps->n = 0;
		fcinfo->flinfo->fn_extra = maps;
	}
	dlist_foreach(iter, &maps->by_use)
	{
		map = dlist_container(RowMap, by_use, iter.cur);
		if (memcmp(map->hash, forest->hash, FOREST_HASH_LENGTH) == 0)
		{
			dlist_move_head(&maps->by_use, &map->by_use);
			return map;
		}
	}
	if (maps->n == MAX_ROW_MAPS)
	{
		map = dlist_tail_element(RowMap, by_use, &maps->by_use);
		dlist_delete(&map->by_use);
		MemoryContextDelete(map->mcxt);
		maps->n--;
	}
	map = make_map(forest, fcinfo->flinfo->fn_mcxt);
	dlist_push_head(&maps->by_use, &map->by_use);
	maps->n++;
	return map;
}

/*
 * Refuse rows that have none of the forest's columns: more likely a mistake than a row of missing
 * values
 */
static void
check_row_type(RowMap *map, const Forest *forest, HeapTupleHeader row)
{
	Oid type = HeapTupleHeaderGetTypeId(row);
	int32 typmod = HeapTupleHeaderGetTypMod(row);
	TupleDesc desc;
	bool found = false;

	if (map->checked_type == type && map->checked_typmod == typmod)
		return;
	desc = lookup_rowtype_tupdesc(type, typmod);
	for (int c = 0; c < map->columns && !found; c++)
	{
		const char *name = c < map->numbers ? forest->feature_names[map->feature[c]]
											: forest->texts[c - map->numbers].column;

		for (int a = 0; a < desc->natts && !found; a++)
			found = !TupleDescAttr(desc, a)->attisdropped &&
					strcmp(NameStr(TupleDescAttr(desc, a)->attname), name) == 0;
	}
	ReleaseTupleDesc(desc);
	if (!found)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("row has no column that the forest knows as a feature"),
						errhint("Features are matched by name; the first is \"%s\". All of them: "
								"(jorge.forest_info(forest)).feature_names.",
								forest->feature_names[0])));
	map->checked_type = type;
	map->checked_typmod = typmod;
}

const float *
jorge_forest_row_features(FunctionCallInfo fcinfo, const Forest *forest, HeapTupleHeader row)
{
	RowMap *map = map_of(fcinfo, forest);

	check_row_type(map, forest, row);
	jorge_record_read(map->reader, row, map->values);
	for (int n = 0; n < map->numbers; n++)
		map->x[map->feature[n]] = map->values[n].missing ? NAN : (float) map->values[n].as.number;
	for (int t = 0; t < forest->ntexts; t++)
	{
		const RecordValue *value = &map->values[map->numbers + t];

		jorge_forest_encode(&forest->texts[t], value->missing ? NULL : value->as.text.data,
							value->as.text.length, map->x);
	}
	return map->x;
}

Datum
jorge_predict_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);

	PG_RETURN_FLOAT8(jorge_forest_predict(forest, jorge_forest_row_features(fcinfo, forest, row)));
}

Datum
jorge_feature_vector(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	const float *x = jorge_forest_row_features(fcinfo, forest, row);
	Datum *elements = palloc(sizeof(Datum) * forest->features);
	bool *nulls = palloc(sizeof(bool) * forest->features);
	int lower = 1;

	for (int f = 0; f < forest->features; f++)
	{
		elements[f] = Float4GetDatum(x[f]);
		nulls[f] = isnan(x[f]);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(elements, nulls, 1,
											 unconstify(int *, &forest->features), &lower,
											 FLOAT4OID, sizeof(float4), true, TYPALIGN_INT));
}
