/*
 * functions.c: commissions as SQL functions.
 */
#include "core/jorge.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "money/amount.h"

JORGE_FUNCTION(jorge_commission_total);
JORGE_FUNCTION(jorge_commission_net);
JORGE_FUNCTION(jorge_commission_lines);
JORGE_FUNCTION(jorge_commission_price);

/*
 * Amount of money in an argument, rounded half up to the cent
 */
static Cents
amount_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	Numeric value = PG_GETARG_NUMERIC(argno);
	Cents result;

	if (!numeric_is_nan(value) && !numeric_is_inf(value))
		value = DatumGetNumeric(DirectFunctionCall2(numeric_round, NumericGetDatum(value), Int32GetDatum(2)));
	if (!jorge_numeric_to_scaled(value, 2, COMMISSION_MAX_PRICE, &result))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s is no amount of money", name),
						errhint("Give 0 to 10000000000000.")));
	return result;
}

/*
 * Commission of the call's price and plan
 */
static void
compute(FunctionCallInfo fcinfo, Commission *commission)
{
	CommissionPlan plan;

	jorge_commission_plan(PG_GETARG_JSONB_P(1), &plan);
	jorge_commission_compute(&plan, amount_argument(fcinfo, 0, "the price"), commission);
}

Datum
jorge_commission_total(PG_FUNCTION_ARGS)
{
	Commission commission;

	compute(fcinfo, &commission);
	PG_RETURN_NUMERIC(jorge_scaled_to_numeric(commission.ours, 2));
}

Datum
jorge_commission_net(PG_FUNCTION_ARGS)
{
	Commission commission;

	compute(fcinfo, &commission);
	PG_RETURN_NUMERIC(jorge_scaled_to_numeric(commission.net, 2));
}

Datum
jorge_commission_lines(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {"gross", "share", "information"};
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Commission commission;

	compute(fcinfo, &commission);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < commission.nlines; i++)
	{
		const CommissionLine *line = &commission.lines[i];
		Datum values[7];
		bool nulls[7] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = CStringGetTextDatum(kinds[line->kind]);
		values[2] = CStringGetTextDatum(line->party);
		values[3] = CStringGetTextDatum(line->label);
		nulls[4] = line->basis < 0;
		values[4] = NumericGetDatum(jorge_scaled_to_numeric(Max(line->basis, 0), 2));
		nulls[5] = line->rate < 0;
		values[5] = NumericGetDatum(jorge_scaled_to_numeric(Max(line->rate, 0), 6));
		values[6] = NumericGetDatum(jorge_scaled_to_numeric(line->amount, 2));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
jorge_commission_price(PG_FUNCTION_ARGS)
{
	CommissionPlan plan;
	Cents price;

	jorge_commission_plan(PG_GETARG_JSONB_P(1), &plan);
	price = jorge_commission_price_for_net(&plan, amount_argument(fcinfo, 0, "the net"));
	if (price < 0)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(jorge_scaled_to_numeric(price, 2));
}
