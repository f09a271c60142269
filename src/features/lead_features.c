/*
 * lead_features.c: lead_features() and lead_feature_vector(), the SQL side of features.
 */
#include "core/jorge.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "features/features.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* Where the lead's columns begin in a call that the planner has made of one with a row */
#define FIRST_COLUMN 3

JORGE_FUNCTION(jorge_lead_features);
JORGE_FUNCTION(jorge_lead_features_columns);
JORGE_FUNCTION(jorge_lead_feature_vector);
JORGE_FUNCTION(jorge_lead_feature_vector_columns);
JORGE_FUNCTION(jorge_features_from_vector);

/* What one call site keeps between calls, in fn_extra */
typedef struct FeatureCall
{
	LeadReader reader;

	/* of the result type, lead_features() only */
	TupleDesc desc;
	uint64 type_identifier;
	int *feature_of; /* feature that an attribute shows, -1 for a dropped attribute */
	Datum *datums;
	bool *nulls;
} FeatureCall;

/*
 * Get what this call site keeps, made at its first call
 */
static FeatureCall *
feature_call(FunctionCallInfo fcinfo)
{
	FeatureCall *call = fcinfo->flinfo->fn_extra;

	if (call == NULL)
	{
		MemoryContext mcxt = fcinfo->flinfo->fn_mcxt;

		call = MemoryContextAllocZero(mcxt, sizeof(FeatureCall));
		jorge_lead_reader_init(&call->reader, mcxt);
		fcinfo->flinfo->fn_extra = call;
	}
	return call;
}

/*
 * Compute the features of the arguments (lead, as_of, zone), or (names, as_of, zone, columns); false where lead or
 * as_of is NULL
 */
static bool
compute_from_arguments(FunctionCallInfo fcinfo, FeatureCall *call, bool columns, float *features)
{
	LeadInput input;

	if ((PG_ARGISNULL(0) && !columns) || PG_ARGISNULL(1))
		return false;
	if (columns)
		jorge_lead_read_columns(&call->reader, fcinfo, FIRST_COLUMN, &input);
	else
		jorge_lead_read_row(&call->reader, fcinfo, &input);
	jorge_features_compute(&input, PG_GETARG_TIMESTAMPTZ(1),
						   PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2)),
						   features);
	return true;
}

/*
 * Map the attributes of the result type to features
 *
 * By name: the type is the installed script's and the catalogue this library's, and the two can be of
 * different versions. A feature the type lacks isn't shown; an attribute we can't fill is an error.
 */
static void
map_result_type(FunctionCallInfo fcinfo, FeatureCall *call)
{
	MemoryContext old;
	TupleDesc desc;

	call->desc = NULL;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	desc = CreateTupleDescCopy(desc);
	call->feature_of = palloc(sizeof(int) * desc->natts);
	call->datums = palloc0(sizeof(Datum) * desc->natts);
	call->nulls = palloc0(sizeof(bool) * desc->natts);
	MemoryContextSwitchTo(old);

	for (int a = 0; a < desc->natts; a++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, a);

		call->feature_of[a] = att->attisdropped ? -1 : jorge_feature_id(NameStr(att->attname));
		if (att->attisdropped)
			continue;
		if (call->feature_of[a] < 0 || att->atttypid != FLOAT4OID)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("type jorge.features has an attribute \"%s\" that the loaded library "
							"can't fill",
							NameStr(att->attname)),
					 errhint("Library and extension differ in version: install the files of one "
							 "version, run ALTER EXTENSION jorge UPDATE and reconnect.")));
	}
	call->type_identifier = assign_record_type_identifier(desc->tdtypeid, desc->tdtypmod);
	call->desc = desc;
}

/*
 * Make a row of the result type
 */
static Datum
features_row(FunctionCallInfo fcinfo, FeatureCall *call, const float *features)
{
	/* the type can grow between two calls of a cached plan */
	if (call->desc == NULL ||
		call->type_identifier !=
			assign_record_type_identifier(call->desc->tdtypeid, call->desc->tdtypmod))
		map_result_type(fcinfo, call);
	for (int a = 0; a < call->desc->natts; a++)
	{
		int feature = call->feature_of[a];

		call->nulls[a] = feature < 0 || isnan(features[feature]);
		if (!call->nulls[a])
			call->datums[a] = Float4GetDatum(features[feature]);
	}
	return HeapTupleGetDatum(heap_form_tuple(call->desc, call->datums, call->nulls));
}

/*
 * Features as a row
 */
Datum
jorge_lead_features(PG_FUNCTION_ARGS)
{
	FeatureCall *call = feature_call(fcinfo);
	float features[JORGE_FEATURES];

	if (!compute_from_arguments(fcinfo, call, false, features))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(features_row(fcinfo, call, features));
}

Datum
jorge_lead_features_columns(PG_FUNCTION_ARGS)
{
	FeatureCall *call = feature_call(fcinfo);
	float features[JORGE_FEATURES];

	if (!compute_from_arguments(fcinfo, call, true, features))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(features_row(fcinfo, call, features));
}

/*
 * Features that were logged as an array, as a row
 */
Datum
jorge_features_from_vector(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	float features[JORGE_FEATURES];
	Datum *elements;
	bool *nulls;
	int n;

	deconstruct_array(array, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT, &elements, &nulls, &n);
	if (ARR_NDIM(array) > 1 || n > JORGE_FEATURES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the vector has %d values, the catalogue %d features", n, JORGE_FEATURES),
				 errhint("Pass what jorge.lead_feature_vector() made, e.g. jorge.prediction.features.")));
	/* the catalogue only grows: a feature that a shorter vector lacks was not known then */
	for (int i = 0; i < JORGE_FEATURES; i++)
		features[i] = i >= n || nulls[i] ? NAN : DatumGetFloat4(elements[i]);
	PG_RETURN_DATUM(features_row(fcinfo, feature_call(fcinfo), features));
}

/*
 * Make an array of features
 *
 * Written straight into the array: construct_md_array() would cost as much as the features.
 */
ArrayType *
jorge_features_array(const float features[JORGE_FEATURES])
{
	bits8 present[(JORGE_FEATURES + 7) / 8] = {0};
	int npresent = 0;
	Size header;
	Size size;
	ArrayType *array;
	bits8 *bitmap;
	float4 *element;

	for (int i = 0; i < JORGE_FEATURES; i++)
		if (!isnan(features[i]))
		{
			present[i / 8] |= 1 << (i % 8);
			npresent++;
		}
	header = npresent == JORGE_FEATURES ? ARR_OVERHEAD_NONULLS(1)
										: ARR_OVERHEAD_WITHNULLS(1, JORGE_FEATURES);
	size = header + npresent * sizeof(float4);
	array = palloc0(size);
	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = npresent == JORGE_FEATURES ? 0 : header;
	array->elemtype = FLOAT4OID;
	ARR_DIMS(array)[0] = JORGE_FEATURES;
	ARR_LBOUND(array)[0] = 1;
	bitmap = ARR_NULLBITMAP(array);
	if (bitmap != NULL)
		memcpy(bitmap, present, sizeof(present));
	element = (float4 *) ARR_DATA_PTR(array);
	for (int i = 0; i < JORGE_FEATURES; i++)
		if (!isnan(features[i]))
			*element++ = features[i];
	return array;
}

/*
 * Features as an array
 */
Datum
jorge_lead_feature_vector(PG_FUNCTION_ARGS)
{
	float features[JORGE_FEATURES];

	if (!compute_from_arguments(fcinfo, feature_call(fcinfo), false, features))
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(jorge_features_array(features));
}

Datum
jorge_lead_feature_vector_columns(PG_FUNCTION_ARGS)
{
	float features[JORGE_FEATURES];

	if (!compute_from_arguments(fcinfo, feature_call(fcinfo), true, features))
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(jorge_features_array(features));
}
