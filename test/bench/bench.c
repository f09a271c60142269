/*
 * bench.c: what the benchmarks measure with and against: CPU time of this backend, and the usual way to
 * call libxgboost for one row (a booster kept by the backend, in-place prediction). Not part of jorge.
 */
#include "postgres.h"

#include <math.h>
#include <sys/resource.h>
#include <omp.h>
#include <xgboost/c_api.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_cpu);
PG_FUNCTION_INFO_V1(bench_xgboost_row);
PG_FUNCTION_INFO_V1(bench_nop);

/*
 * Get the CPU seconds this backend has used
 */
Datum
bench_cpu(PG_FUNCTION_ARGS)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	PG_RETURN_FLOAT8(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
					 (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6);
}

/*
 * Return the first element: what calling a function with the vector costs
 */
Datum
bench_nop(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);

	PG_RETURN_FLOAT8(*(float4 *) ARR_DATA_PTR(array));
}

/*
 * Predict one vector with a booster that the backend keeps: bench_xgboost_row(ubj bytea, vector float4[])
 */
Datum
bench_xgboost_row(PG_FUNCTION_ARGS)
{
	static BoosterHandle booster = NULL;
	static char shape[128];
	static float x[1024];
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	bits8 *nulls = ARR_NULLBITMAP(array);
	float *data = (float *) ARR_DATA_PTR(array);
	bst_ulong const *out_shape;
	bst_ulong dim;
	const float *result;

	if (n > 1024)
		ereport(ERROR, (errmsg("too many features")));
	if (booster == NULL)
	{
		bytea *ubj = PG_GETARG_BYTEA_PP(0);

		omp_set_num_threads(1);
		if (XGBoosterCreate(NULL, 0, &booster) != 0 ||
			XGBoosterLoadModelFromBuffer(booster, VARDATA_ANY(ubj), VARSIZE_ANY_EXHDR(ubj)) != 0 ||
			XGBoosterSetParam(booster, "nthread", "1") != 0)
			ereport(ERROR, (errmsg("%s", XGBGetLastError())));
	}
	for (int i = 0; i < n; i++)
		x[i] = nulls == NULL || (nulls[i >> 3] & (1 << (i & 7))) ? *data++ : NAN;
	snprintf(shape, sizeof(shape), "{\"data\":[%zu,true],\"shape\":[1,%d],\"typestr\":\"<f4\",\"version\":3}", (size_t) x, n);
	if (XGBoosterPredictFromDense(booster, shape,
								  "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
								  "\"strict_shape\":false,\"missing\":NaN,\"cache_id\":0}",
								  NULL, &out_shape, &dim, &result) != 0)
		ereport(ERROR, (errmsg("%s", XGBGetLastError())));
	PG_RETURN_FLOAT8(result[0]);
}
