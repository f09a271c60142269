/*
 * metrics.c: how good predictions are, from a jorge.tally of (predicted probability, outcome).
 *
 * Definitions are scikit-learn's: a prediction counts as positive from the threshold on; ties in the
 * ranking count half; average precision is the sum over distinct scores of recall gained times
 * precision. The interval of the area under the ROC curve is DeLong's (1988), on midranks.
 */
#include "core/jorge.h"

#include <float.h>

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/datum.h"
#include "stats/stats.h"
#include "stats/tally.h"

JORGE_FUNCTION(jorge_classification);
JORGE_FUNCTION(jorge_reliability);
JORGE_FUNCTION(jorge_lift);
JORGE_FUNCTION(jorge_roc);
JORGE_FUNCTION(jorge_best_threshold);

/* One distinct score, ascending, and what stands at or below it */
typedef struct Score
{
	double probability;
	double lost, won;			  /* here */
	double lost_below, won_below; /* strictly below */
} Score;

typedef struct Scores
{
	int n;
	Score *at;
	double lost, won;
} Scores;

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
		if (scores.n == 0 || scores.at[scores.n - 1].probability != entry->value)
		{
			Score *score = &scores.at[scores.n++];

			memset(score, 0, sizeof(*score));
			score->probability = entry->value;
			score->lost_below = scores.lost;
			score->won_below = scores.won;
		}
		if (entry->class == 1)
		{
			scores.at[scores.n - 1].won += entry->count;
			scores.won += entry->count;
		}
		else
		{
			scores.at[scores.n - 1].lost += entry->count;
			scores.lost += entry->count;
		}
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

/* Outcomes on both sides of a threshold */
typedef struct Confusion
{
	double tp, fp, tn, fn;
} Confusion;

static Confusion
confusion_at(const Scores *scores, double threshold)
{
	Confusion c = {0};

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];

		if (score->probability >= threshold)
		{
			c.tp += score->won;
			c.fp += score->lost;
		}
		else
		{
			c.fn += score->won;
			c.tn += score->lost;
		}
	}
	return c;
}

/*
 * a / b, NAN where there is nothing to divide by
 */
static double
ratio(double a, double b)
{
	return b > 0 ? a / b : NAN;
}

static double
matthews(const Confusion *c)
{
	double product = (c->tp + c->fp) * (c->tp + c->fn) * (c->tn + c->fp) * (c->tn + c->fn);

	return product > 0 ? (c->tp * c->tn - c->fp * c->fn) / sqrt(product) : 0;
}

/*
 * Area under the ROC curve and the limits of DeLong's 95 % interval; NAN without both outcomes
 */
static void
auc(const Scores *scores, double *area, double *lower, double *upper)
{
	double sum = 0;
	double of_won = 0;
	double of_lost = 0;
	double half;

	*area = *lower = *upper = NAN;
	if (scores->won == 0 || scores->lost == 0)
		return;
	for (int i = 0; i < scores->n; i++)
		sum += scores->at[i].won * (scores->at[i].lost_below + scores->at[i].lost / 2);
	*area = sum / (scores->won * scores->lost);
	/* variances of the share of the other outcome that each one beats */
	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		double beats = (score->lost_below + score->lost / 2) / scores->lost - *area;
		double beaten = (scores->won - score->won_below - score->won / 2) / scores->won - *area;

		of_won += score->won * beats * beats;
		of_lost += score->lost * beaten * beaten;
	}
	if (scores->won < 2 || scores->lost < 2)
		return;
	half = jorge_normal_quantile(0.975) *
		   sqrt(of_won / (scores->won - 1) / scores->won + of_lost / (scores->lost - 1) / scores->lost);
	*lower = Max(*area - half, 0);
	*upper = Min(*area + half, 1);
}

static double
average_precision(const Scores *scores)
{
	double sum = 0;

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		double won = scores->won - score->won_below;
		double all = won + scores->lost - score->lost_below;

		sum += score->won * won / all;
	}
	return ratio(sum, scores->won);
}

/*
 * Largest distance between the distributions of the two outcomes' scores
 */
static double
kolmogorov_smirnov(const Scores *scores)
{
	double most = 0;

	if (scores->won == 0 || scores->lost == 0)
		return NAN;
	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];

		most = Max(most, fabs((score->lost_below + score->lost) / scores->lost - (score->won_below + score->won) / scores->won));
	}
	return most;
}

/* A bin of equal width of the reliability diagram */
typedef struct Bin
{
	double n, won, sum; /* sum of predictions */
} Bin;

static Bin *
bins_of(const Scores *scores, int nbins)
{
	Bin *bins = palloc0(sizeof(Bin) * nbins);

	for (int i = 0; i < scores->n; i++)
	{
		const Score *score = &scores->at[i];
		Bin *bin = &bins[Min((int) (score->probability * nbins), nbins - 1)];

		bin->n += score->won + score->lost;
		bin->won += score->won;
		bin->sum += (score->won + score->lost) * score->probability;
	}
	return bins;
}

/* Bins of the expected calibration error, as in the literature (Guo et al. 2017 use 15, most 10) */
#define ECE_BINS 10

static double
calibration_error(const Scores *scores)
{
	Bin *bins = bins_of(scores, ECE_BINS);
	double sum = 0;

	for (int i = 0; i < ECE_BINS; i++)
		sum += fabs(bins[i].sum - bins[i].won);
	return ratio(sum, scores->won + scores->lost);
}

Datum
jorge_classification(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo, 0);
	double threshold = probability_argument(fcinfo, 1, "a threshold");
	Confusion c = confusion_at(&scores, threshold);
	double n = scores.won + scores.lost;
	double log_loss = 0;
	double squares = 0;
	double area, lower, upper;
	TupleDesc tupdesc;
	Datum values[21];
	bool nulls[21] = {false};

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "function must return a row");
	for (int i = 0; i < scores.n; i++)
	{
		const Score *score = &scores.at[i];
		/* as scikit-learn: a certain prediction that fails costs much, not everything */
		double p = Min(Max(score->probability, DBL_EPSILON), 1 - DBL_EPSILON);

		log_loss -= score->won * log(p) + score->lost * log1p(-p);
		squares += score->won * (1 - score->probability) * (1 - score->probability) +
				   score->lost * score->probability * score->probability;
	}
	auc(&scores, &area, &lower, &upper);
	values[0] = Int64GetDatum((int64) n);
	values[1] = Int64GetDatum((int64) scores.won);
	values[2] = jorge_float8_or_null(ratio(scores.won, n), &nulls[2]);
	values[3] = Float8GetDatum(threshold);
	values[4] = Int64GetDatum((int64) c.tp);
	values[5] = Int64GetDatum((int64) c.fp);
	values[6] = Int64GetDatum((int64) c.tn);
	values[7] = Int64GetDatum((int64) c.fn);
	values[8] = jorge_float8_or_null(ratio(c.tp + c.tn, n), &nulls[8]);
	values[9] = jorge_float8_or_null(ratio(c.tp, c.tp + c.fp), &nulls[9]);
	values[10] = jorge_float8_or_null(ratio(c.tp, c.tp + c.fn), &nulls[10]);
	values[11] = jorge_float8_or_null(ratio(2 * c.tp, 2 * c.tp + c.fp + c.fn), &nulls[11]);
	values[12] = jorge_float8_or_null(n > 0 ? matthews(&c) : NAN, &nulls[12]);
	values[13] = jorge_float8_or_null(area, &nulls[13]);
	values[14] = jorge_float8_or_null(lower, &nulls[14]);
	values[15] = jorge_float8_or_null(upper, &nulls[15]);
	values[16] = jorge_float8_or_null(average_precision(&scores), &nulls[16]);
	values[17] = jorge_float8_or_null(ratio(log_loss, n), &nulls[17]);
	values[18] = jorge_float8_or_null(ratio(squares, n), &nulls[18]);
	values[19] = jorge_float8_or_null(calibration_error(&scores), &nulls[19]);
	values[20] = jorge_float8_or_null(kolmogorov_smirnov(&scores), &nulls[20]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*
 * Score from which F1 is highest; the higher one of equals. NULL without a positive outcome.
 */
Datum
jorge_best_threshold(PG_FUNCTION_ARGS)
{
	Scores scores = scores_argument(fcinfo, 0);
	double best = -1;
	double threshold = NAN;

	for (int i = 0; i < scores.n; i++)
	{
		const Score *score = &scores.at[i];
		double tp = scores.won - score->won_below;
		double predicted = tp + scores.lost - score->lost_below;
		double f1 = 2 * tp / (predicted + scores.won);

		if (f1 >= best)
		{
			best = f1;
			threshold = score->probability;
		}
	}
	if (scores.won == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(threshold);
}

Datum
jorge_reliability(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Scores scores = scores_argument(fcinfo, 0);
	int nbins = bins_argument(fcinfo, 1);
	Bin *bins = bins_of(&scores, nbins);

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
		values[3] = jorge_float8_or_null(ratio(bins[i].sum, bins[i].n), &nulls[3]);
		values[4] = jorge_float8_or_null(ratio(bins[i].won, bins[i].n), &nulls[4]);
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
	double rate = ratio(scores.won, n);
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
		values[6] = jorge_float8_or_null(ratio(won / (n / nbands), rate), &nulls[6]);
		values[7] = jorge_float8_or_null(ratio(reached, scores.won), &nulls[7]);
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
		values[1] = jorge_float8_or_null(ratio(fp, scores.lost), &nulls[1]);
		values[2] = jorge_float8_or_null(ratio(tp, scores.won), &nulls[2]);
		values[3] = Float8GetDatum(tp / (tp + fp));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
