/*
 * regression.c: how good predicted amounts are, from pairs of actual and predicted.
 *
 * Assessors' measures as IAAO defines them: the ratio is predicted / actual; COD is the mean distance
 * from the median ratio, in percent of it; PRD is the mean ratio over the weighted one.
 */
#include "core/jorge.h"

#include "funcapi.h"

#include "core/datum.h"
#include "stats/rows.h"

JORGE_FUNCTION(jorge_regression_add);
JORGE_FUNCTION(jorge_regression_finish);

#define PAIR 2

Datum
jorge_regression_add(PG_FUNCTION_ARGS)
{
	double *pair;
	Rows *rows;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (!isfinite(PG_GETARG_FLOAT8(1)) || !isfinite(PG_GETARG_FLOAT8(2)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("actual and predicted must be finite"),
						errhint("Filter out the others.")));
	rows = jorge_rows_add(fcinfo, 0, PAIR, &pair);
	pair[0] = PG_GETARG_FLOAT8(1);
	pair[1] = PG_GETARG_FLOAT8(2);
	PG_RETURN_POINTER(rows);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return x == y ? 0 : x < y ? -1 : 1;
}

/*
 * Median of values, which are put in order
 */
static double
median(double *values, int n)
{
	if (n == 0)
		return NAN;
	qsort(values, n, sizeof(double), compare);
	return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

Datum
jorge_regression_finish(PG_FUNCTION_ARGS)
{
	Rows *rows = jorge_rows_sorted(fcinfo);
	double *ratios, *errors;
	double actual = 0, predicted = 0, absolute = 0, squared = 0, total = 0, apart = 0;
	double mean, middle, mean_ratio = 0, mean_error = 0;
	int within[3] = {0, 0, 0};
	int positive = 0;
	TupleDesc tupdesc;
	Datum values[11];
	bool nulls[11] = {false};

	if (rows == NULL)
		PG_RETURN_NULL();
	ratios = palloc(sizeof(double) * rows->n);
	errors = palloc(sizeof(double) * rows->n);
	for (int i = 0; i < rows->n; i++)
	{
		const double *pair = rows->data + (Size) i * PAIR;
		double error = fabs(pair[1] - pair[0]);

		actual += pair[0];
		absolute += error;
		squared += error * error;
		/* shares of an actual that is not above zero mean nothing */
		if (pair[0] <= 0)
			continue;
		ratios[positive] = pair[1] / pair[0];
		errors[positive] = error / pair[0];
		predicted += pair[1];
		apart += pair[0];
		mean_ratio += ratios[positive];
		mean_error += errors[positive];
		within[0] += errors[positive] <= 0.05;
		within[1] += errors[positive] <= 0.10;
		within[2] += errors[positive] <= 0.20;
		positive++;
	}
	mean = actual / rows->n;
	for (int i = 0; i < rows->n; i++)
	{
		double from_mean = rows->data[(Size) i * PAIR] - mean;

		total += from_mean * from_mean;
	}
	mean_ratio = positive > 0 ? mean_ratio / positive : NAN;
	middle = median(ratios, positive);
	absolute /= rows->n;
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	values[0] = Int64GetDatum(rows->n);
	values[1] = Float8GetDatum(absolute);
	values[2] = Float8GetDatum(sqrt(squared / rows->n));
	values[3] = jorge_float8_or_null(total > 0 ? 1 - squared / total : NAN, &nulls[3]);
	values[4] = jorge_float8_or_null(positive > 0 ? mean_error / positive : NAN, &nulls[4]);
	values[5] = jorge_float8_or_null(median(errors, positive), &nulls[5]);
	for (int i = 0; i < 3; i++)
		values[6 + i] = jorge_float8_or_null(positive > 0 ? (double) within[i] / positive : NAN, &nulls[6 + i]);
	apart = predicted / apart;
	predicted = 0;
	for (int i = 0; i < positive; i++)
		predicted += fabs(ratios[i] - middle);
	values[9] = jorge_float8_or_null(positive > 0 && middle > 0 ? 100 * predicted / positive / middle : NAN, &nulls[9]);
	values[10] = jorge_float8_or_null(positive > 0 && apart > 0 ? mean_ratio / apart : NAN, &nulls[10]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}
