/*
 * bench.c: what the benchmarks measure with and against: CPU time of this backend, and the usual way to
 * call libxgboost for one row (a booster kept by the backend, in-place prediction), and for many. Not part of jorge.
 */
#include "postgres.h"

#include <math.h>
#include <sys/resource.h>
#include <omp.h>
#include <xgboost/c_api.h>

#include <time.h>

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(bench_cpu);
PG_FUNCTION_INFO_V1(bench_dmatrix_row);
PG_FUNCTION_INFO_V1(bench_xgboost_row);
PG_FUNCTION_INFO_V1(bench_xgboost_contributions);
PG_FUNCTION_INFO_V1(bench_nop);
PG_FUNCTION_INFO_V1(bench_call);
PG_FUNCTION_INFO_V1(bench_xgboost);
PG_FUNCTION_INFO_V1(bench_clock);

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
 * Predict one vector with a DMatrix made for it, as PostgresML does: bench_dmatrix_row(ubj bytea, vector float4[])
 */
Datum
bench_dmatrix_row(PG_FUNCTION_ARGS)
{
	static BoosterHandle booster = NULL;
	static float x[1024];
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	bits8 *nulls = ARR_NULLBITMAP(array);
	float *data = (float *) ARR_DATA_PTR(array);
	DMatrixHandle matrix;
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
			XGBoosterSetParam(booster, "nthread", "1") != 0 || XGBoosterSetParam(booster, "validate_features", "0") != 0)
			ereport(ERROR, (errmsg("%s", XGBGetLastError())));
	}
	for (int i = 0; i < n; i++)
		x[i] = nulls == NULL || (nulls[i >> 3] & (1 << (i & 7))) ? *data++ : NAN;
	if (XGDMatrixCreateFromMat_omp(x, 1, n, NAN, &matrix, 1) != 0 ||
		XGBoosterPredictFromDMatrix(booster, matrix,
									"{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
									"\"strict_shape\":false}",
									&out_shape, &dim, &result) != 0)
		ereport(ERROR, (errmsg("%s", XGBGetLastError())));
	n = XGDMatrixFree(matrix);
	PG_RETURN_FLOAT8(result[0]);
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

/*
 * Read the CPU time of this process, seconds, to the nanosecond
 */
static double
cpu_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

/*
 * Measure one call, CPU seconds: bench_call(function regprocedure, anyelement, float4[])
 */
Datum
bench_call(PG_FUNCTION_ARGS)
{
	FmgrInfo function;
	ArrayType *rows = PG_GETARG_ARRAYTYPE_P(2); /* detoasted before the clock runs */
	double began;

	fmgr_info(PG_GETARG_OID(0), &function);
	began = cpu_now();
	FunctionCall2(&function, PG_GETARG_DATUM(1), PointerGetDatum(rows));
	PG_RETURN_FLOAT8(cpu_now() - began);
}

/*
 * Stop with libxgboost's error, if there is one
 */
static void
check(int status)
{
	if (status != 0)
		ereport(ERROR, (errmsg("%s", XGBGetLastError())));
}

/*
 * Measure libxgboost, CPU seconds, one thread: bench_xgboost(way text, ubj bytea, rows float4[][]). The way is
 * "load" (the model), "batch" (all rows in place in one call), "row" (in place, a call a row), or "matrix" (a DMatrix a row).
 */
Datum
bench_xgboost(PG_FUNCTION_ARGS)
{
	char *way = VARDATA_ANY(PG_GETARG_TEXT_PP(0));
	bytea *ubj = PG_GETARG_BYTEA_PP(1);
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(2);
	const float *x = (const float *) ARR_DATA_PTR(array);
	int rows = ARR_DIMS(array)[0];
	int features = ARR_DIMS(array)[1];
	int step = *way == 'b' ? rows : 1;
	const char *config = "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
						 "\"strict_shape\":false,\"missing\":NaN,\"cache_id\":0}";
	BoosterHandle booster;
	bst_ulong const *out_shape;
	bst_ulong dim;
	const float *result;
	double began;

	omp_set_num_threads(1);
	began = cpu_now();
	check(XGBoosterCreate(NULL, 0, &booster));
	check(XGBoosterLoadModelFromBuffer(booster, VARDATA_ANY(ubj), VARSIZE_ANY_EXHDR(ubj)));
	check(XGBoosterSetParam(booster, "nthread", "1"));
	if (*way != 'l')
		began = cpu_now();
	for (int r = 0; r < rows && *way != 'l'; r += step)
	{
		const float *row = x + (size_t) r * features;

		if (*way == 'm')
		{
			DMatrixHandle matrix;
			bst_ulong length;

			check(XGDMatrixCreateFromMat(row, 1, features, NAN, &matrix));
			check(XGBoosterPredict(booster, matrix, 0, 0, 0, &length, &result));
			check(XGDMatrixFree(matrix));
		}
		else
		{
			char shape[128];

			snprintf(shape, sizeof(shape), "{\"data\":[%zu,true],\"shape\":[%d,%d],\"typestr\":\"<f4\",\"version\":3}",
					 (size_t) row, step, features);
			check(XGBoosterPredictFromDense(booster, shape, config, NULL, &out_shape, &dim, &result));
		}
	}
	began = cpu_now() - began;
	check(XGBoosterFree(booster));
	PG_RETURN_FLOAT8(began);
}

/*
 * Measure the clock, GHz: a chain of multiplications, each of which waits three cycles for the one before
 */
Datum
bench_clock(PG_FUNCTION_ARGS)
{
	volatile uint64 start = 3;
	uint64 value = start;
	double began = cpu_now();
	int n = 20 * 1000 * 1000;

	for (int i = 0; i < n; i++)
		value *= value;
	start = value;
	PG_RETURN_FLOAT8(3 * n / (cpu_now() - began) * 1e-9);
}

/*
 * Let libxgboost work out the contributions of vectors, of one or two dimensions, with a booster that the backend keeps:
 * bench_xgboost_contributions(ubj bytea, vectors float4[], approximate bool). Returns the first.
 */
Datum
bench_xgboost_contributions(PG_FUNCTION_ARGS)
{
	static struct
	{
		Size length; /* tells the models apart */
		BoosterHandle booster;
	} kept[4];
	BoosterHandle booster = NULL;
	Size length = toast_raw_datum_size(PG_GETARG_DATUM(0)) - VARHDRSZ; /* reads no more of it than that */
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	int columns = ARR_DIMS(array)[ARR_NDIM(array) - 1];
	bits8 *nulls = ARR_NULLBITMAP(array);
	float *data = (float *) ARR_DATA_PTR(array);
	float *x = palloc(sizeof(float) * n);
	DMatrixHandle matrix;
	bst_ulong const *out_shape;
	bst_ulong dim;
	const float *result;
	double first;
	int k = 0;

	while (k < lengthof(kept) - 1 && kept[k].booster != NULL && kept[k].length != length)
		k++;
	booster = kept[k].booster;
	if (booster == NULL)
	{
		bytea *ubj = PG_GETARG_BYTEA_PP(0);

		omp_set_num_threads(1);
		if (XGBoosterCreate(NULL, 0, &booster) != 0 || XGBoosterLoadModelFromBuffer(booster, VARDATA_ANY(ubj), length) != 0 ||
			XGBoosterSetParam(booster, "nthread", "1") != 0)
			ereport(ERROR, (errmsg("%s", XGBGetLastError())));
		kept[k].booster = booster;
		kept[k].length = length;
	}
	for (int i = 0; i < n; i++)
		x[i] = nulls == NULL || (nulls[i >> 3] & (1 << (i & 7))) ? *data++ : NAN;
	if (XGDMatrixCreateFromMat_omp(x, n / columns, columns, NAN, &matrix, 1) != 0)
		ereport(ERROR, (errmsg("%s", XGBGetLastError())));
	if (XGBoosterPredictFromDMatrix(booster, matrix,
									PG_GETARG_BOOL(2) ? "{\"type\":3,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}"
													  : "{\"type\":2,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}",
									&out_shape, &dim, &result) != 0)
		ereport(ERROR, (errmsg("%s", XGBGetLastError())));
	first = result[0];
	XGDMatrixFree(matrix);
	PG_RETURN_FLOAT8(first);
}
