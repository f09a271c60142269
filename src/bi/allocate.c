/*
 * allocate.c: an amount of money shared out by weights, to the cent (largest remainder), and how array arguments are read.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "bi/bi.h"
#include "money/amount.h"
#include "money/money.h"

JORGE_FUNCTION(jorge_allocate);

/* What a share has beyond whole cents, and whose it is */
typedef struct Remainder
{
	long double rest;
	int share;
} Remainder;

double *
jorge_numbers_argument(FunctionCallInfo fcinfo, int argno, const char *name, double low, int *n)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
	double *numbers;

	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (array_contains_nulls(array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s can't contain NULL", name),
						errhint("Leave such elements out, or give 0.")));
	numbers = (double *) ARR_DATA_PTR(array);
	for (int i = 0; i < *n; i++)
		if (!(numbers[i] >= low && !isinf(numbers[i])))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s can't contain %g", name, numbers[i]),
							errhint("They must be finite, and at least %g.", low)));
	return numbers;
}

/*
 * Larger remainder first, then the earlier share
 */
static int
compare_remainders(const void *a, const void *b)
{
	const Remainder *x = a;
	const Remainder *y = b;

	if (x->rest != y->rest)
		return x->rest > y->rest ? -1 : 1;
	return x->share - y->share;
}

/*
 * Share whole cents out: each share rounded down, the cents left over to the largest remainders. A share
 * without weight gets nothing. long double, so that 10^15 cents leave no doubt about a remainder.
 */
static void
allocate(Cents total, const double *weights, int n, Cents *shares)
{
	Remainder *order = palloc(mul_size(sizeof(Remainder), Max(n, 1)));
	long double sum = 0;
	double largest = 0;
	Cents left = total;
	int used = 0;

	for (int i = 0; i < n; i++)
		largest = Max(largest, weights[i]);
	for (int i = 0; i < n; i++)
		sum += largest > 0 ? (long double) weights[i] / largest : 0;
	for (int i = 0; i < n; i++)
	{
		long double exact = weights[i] > 0 ? (long double) total * ((long double) weights[i] / largest) / sum : 0;

		shares[i] = (Cents) floorl(exact);
		left -= shares[i];
		if (weights[i] > 0)
			order[used++] = (Remainder){exact - shares[i], i};
	}
	qsort(order, used, sizeof(Remainder), compare_remainders);
	for (int i = 0; left > 0 && used > 0; i = (i + 1) % used)
	{
		shares[order[i].share]++;
		left--;
	}
	/* rounding can take a cent too many only where there are thousands of shares of a huge total */
	for (int i = used - 1; left < 0 && i >= 0; i = i == 0 ? used - 1 : i - 1)
		if (shares[order[i].share] > 0)
		{
			shares[order[i].share]--;
			left++;
		}
	pfree(order);
}

/*
 * An amount shared out by weights
 */
Datum
jorge_allocate(PG_FUNCTION_ARGS)
{
	Numeric total = DatumGetNumeric(DirectFunctionCall2(numeric_round, PG_GETARG_DATUM(0), Int32GetDatum(2)));
	bool negative = DatumGetBool(DirectFunctionCall2(numeric_lt, NumericGetDatum(total), NumericGetDatum(int64_to_numeric(0))));
	int n;
	double *weights = jorge_numbers_argument(fcinfo, 1, "weights", 0, &n);
	Cents cents;
	Cents *shares;
	Datum *values;
	bool some = false;

	if (negative)
		total = DatumGetNumeric(DirectFunctionCall1(numeric_uminus, NumericGetDatum(total)));
	if (!jorge_numeric_to_scaled(total, 2, COMMISSION_MAX_PRICE, &cents))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("an amount that is shared out must be finite and within 10^13"),
						errhint("Filter such amounts out.")));
	for (int i = 0; i < n; i++)
		some |= weights[i] > 0;
	if (!some && cents > 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("nobody has a weight that the amount could go to"),
						errhint("At least one weight must be above zero.")));

	shares = palloc(mul_size(sizeof(Cents), Max(n, 1)));
	values = palloc(mul_size(sizeof(Datum), Max(n, 1)));
	allocate(cents, weights, n, shares);
	for (int i = 0; i < n; i++)
		values[i] = NumericGetDatum(jorge_scaled_to_numeric(negative ? -shares[i] : shares[i], 2));
	PG_RETURN_ARRAYTYPE_P(construct_array(values, n, NUMERICOID, -1, false, TYPALIGN_INT));
}
