/*
 * metrics.c: how good predictions are, from a jorge.tally of (predicted probability, outcome).
 *
 * Their definitions are in scores.h.
 */
#include "core/jorge.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/datum.h"
#include "stats/scores.h"
#include "stats/stats.h"
#include "stats/tally.h"

JORGE_FUNCTION(jorge_classification);
JORGE_FUNCTION(jorge_reliability);
JORGE_FUNCTION(jorge_lift);
JORGE_FUNCTION(jorge_roc);
JORGE_FUNCTION(jorge_best_threshold);

/*
 * Distinct scores of a tally of probabilities and outcomes
 */
static Scores
scores_argument(FunctionCallInfo fcinfo, int argno)
{
	const Tally *tally = jorge_tally_argument(fcinfo, argno);
	Scores scores = {0};

	scores.at = palloc(sizeof(Score) * Max(tally->used, 1));
	for (int i = 0; i < tally->used; i++)
	{
		const Counted *entry = &tally->entries[i];

		if (entry->value < 0 || entry->value > 1 || entry->class > 1)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("no probability and outcome: %g and %d", entry->value, entry->class),
							errhint("Count them with jorge.tally(probability, won::integer): 0 ... 1, and 0 or 1.")));
		jorge_scores_add(&scores, entry->value, entry->class == 1 ? 0 : entry->count, entry->class == 1 ? entry->count : 0);
	}
	return scores;
}

static double
probability_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
	double value = PG_GETARG_FLOAT8(argno);

	if (!(value >= 0 && value <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s can't be %g", name, value),
						errhint("It lies in 0 ... 1.")));
	return value;
}

static int
bins_argument(FunctionCallInfo fcinfo, int argno)
{
	int bins = PG_GETARG_INT32(argno);

	if (bins < 1 || bins > 1000)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there can't be %d bins", bins),
						errhint("Give 1 to 1000.")));
	return bins;
}

Datum
jorge_classification(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo, 0);
	double threshold = probability_argument(fcinfo, 1, "a threshold");
	Confusion c = jorge_scores_confusion(&scores, threshold);
	double n = scores.won + scores.lost;
	double area, lower, upper;
	TupleDesc tupdesc;
	Datum values[21];
	bool nulls[21] = {false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	jorge_scores_auc(&scores, &area, &lower, &upper);
	values[0] = Int64GetDatum((int64) n);
	values[1] = Int64GetDatum((int64) scores.won);
	values[2] = jorge_float8_or_null(jorge_scores_ratio(scores.won, n), &nulls[2]);
	values[3] = Float8GetDatum(threshold);
	values[4] = Int64GetDatum((int64) c.tp);
	values[5] = Int64GetDatum((int64) c.fp);
	values[6] = Int64GetDatum((int64) c.tn);
	values[7] = Int64GetDatum((int64) c.fn);
	values[8] = jorge_float8_or_null(jorge_scores_ratio(c.tp + c.tn, n), &nulls[8]);
	values[9] = jorge_float8_or_null(jorge_scores_ratio(c.tp, c.tp + c.fp), &nulls[9]);
	values[10] = jorge_float8_or_null(jorge_scores_ratio(c.tp, c.tp + c.fn), &nulls[10]);
	values[11] = jorge_float8_or_null(jorge_scores_ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn), &nulls[11]);
	values[12] = jorge_float8_or_null(n > 0 ? jorge_scores_matthews(&c) : NAN, &nulls[12]);
	values[13] = jorge_float8_or_null(area, &nulls[13]);
	values[14] = jorge_float8_or_null(lower, &nulls[14]);
	values[15] = jorge_float8_or_null(upper, &nulls[15]);
	values[16] = jorge_float8_or_null(jorge_scores_average_precision(&scores), &nulls[16]);
	values[17] = jorge_float8_or_null(jorge_scores_log_loss(&scores), &nulls[17]);
	values[18] = jorge_float8_or_null(jorge_scores_brier(&scores), &nulls[18]);
	values[19] = jorge_float8_or_null(jorge_scores_calibration_error(&scores), &nulls[19]);
	values[20] = jorge_float8_or_null(jorge_scores_kolmogorov_smirnov(&scores), &nulls[20]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*
 * Score from which F1 is highest; the higher one of equals. NULL without a positive outcome.
 */
Datum
jorge_best_threshold(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo, 0);
	double threshold = jorge_scores_best_threshold(&scores);

	if (isnan(threshold))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(threshold);
}

Datum
jorge_reliability(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Scores scores = scores_argument(fcinfo, 0);
	int nbins = bins_argument(fcinfo, 1);
	ScoreBin *bins = palloc0(sizeof(ScoreBin) * nbins);

	jorge_scores_bin(&scores, bins, nbins);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < nbins; i++)
	{
		Datum values[7];
		bool nulls[7] = {false};
		double lower, upper;

		jorge_wilson(bins[i].won, bins[i].n, 0.95, &lower, &upper);
		values[0] = Float8GetDatum((double) i / nbins);
		values[1] = Float8GetDatum((double) (i + 1) / nbins);
		values[2] = Int64GetDatum((int64) bins[i].n);
		values[3] = jorge_float8_or_null(jorge_scores_ratio(bins[i].sum, bins[i].n), &nulls[3]);
		values[4] = jorge_float8_or_null(jorge_scores_ratio(bins[i].won, bins[i].n), &nulls[4]);
		values[5] = jorge_float8_or_null(bins[i].n > 0 ? lower : NAN, &nulls[5]);
		values[6] = jorge_float8_or_null(bins[i].n > 0 ? upper : NAN, &nulls[6]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Bands of equally many observations, best scores first. Equal scores that a border falls into are
 * shared by the bands in proportion, so that the answer does not depend on the order of rows.
 */
Datum
jorge_lift(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Scores scores = scores_argument(fcinfo, 0);
	int nbands = bins_argument(fcinfo, 1);
	double n = scores.won + scores.lost;
	double rate = jorge_scores_ratio(scores.won, n);
	double reached = 0;
	int i = scores.n - 1;
	double left = scores.n > 0 ? scores.at[i].won + scores.at[i].lost : 0;

	InitMaterializedSRF(fcinfo, 0);
	for (int band = 0; band < nbands && n > 0; band++)
	{
		double room = n / nbands;
		double won = 0;
		double highest = scores.at[i].probability;
		double lowest = highest;
		Datum values[8];
		bool nulls[8] = {false};

		while (room > 1e-9 && i >= 0)
		{
			double here = scores.at[i].won + scores.at[i].lost;
			double taken = Min(left, room);

			won += scores.at[i].won * taken / here;
			lowest = scores.at[i].probability;
			room -= taken;
			left -= taken;
			if (left <= 1e-9)
			{
				i--;
				left = i >= 0 ? scores.at[i].won + scores.at[i].lost : 0;
			}
		}
		i = Max(i, 0);
		reached += won;
		values[0] = Int32GetDatum(band + 1);
		values[1] = Float8GetDatum(highest);
		values[2] = Float8GetDatum(lowest);
		values[3] = Float8GetDatum(n / nbands);
		values[4] = Float8GetDatum(won);
		values[5] = Float8GetDatum(won / (n / nbands));
		values[6] = jorge_float8_or_null(jorge_scores_ratio(won / (n / nbands), rate), &nulls[6]);
		values[7] = jorge_float8_or_null(jorge_scores_ratio(reached, scores.won), &nulls[7]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
jorge_roc(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Scores scores = scores_argument(fcinfo, 0);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = scores.n - 1; i >= 0; i--)
	{
		const Score *score = &scores.at[i];
		double tp = scores.won - score->won_below;
		double fp = scores.lost - score->lost_below;
		Datum values[4];
		bool nulls[4] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Float8GetDatum(score->probability);
		values[1] = jorge_float8_or_null(jorge_scores_ratio(fp, scores.lost), &nulls[1]);
		values[2] = jorge_float8_or_null(jorge_scores_ratio(tp, scores.won), &nulls[2]);
		values[3] = Float8GetDatum(tp / (tp + fp));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
