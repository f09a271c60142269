/*
 * amount.c: numeric to whole units of a power of ten and back.
 */
#include "core/jorge.h"

#include "utils/fmgrprotos.h"

#include "money/amount.h"

bool
jorge_numeric_to_scaled(Numeric value, int decimals, int64 most, int64 *scaled)
{
	Datum unit, units, whole;

	if (numeric_is_nan(value) || numeric_is_inf(value))
		return false;
	unit = DirectFunctionCall2(numeric_power, NumericGetDatum(int64_to_numeric(10)), NumericGetDatum(int64_to_numeric(decimals)));
	units = DirectFunctionCall2(numeric_mul, NumericGetDatum(value), unit);
	whole = DirectFunctionCall1(numeric_floor, units);
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, units, whole)) ||
		!DatumGetBool(DirectFunctionCall2(numeric_ge, units, NumericGetDatum(int64_to_numeric(0)))) ||
		!DatumGetBool(DirectFunctionCall2(numeric_le, units, NumericGetDatum(int64_to_numeric(most)))))
		return false;
	*scaled = DatumGetInt64(DirectFunctionCall1(numeric_int8, whole));
	return true;
}

Numeric
jorge_scaled_to_numeric(int64 scaled, int decimals)
{
	return int64_div_fast_to_numeric(scaled, decimals);
}
