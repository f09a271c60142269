/*
 * boost.c: boosting rounds, early stopping, refit.
 *
 * With a hold-out there are two passes: the first trains on the training rows, stops early and is
 * judged on the held-out rows; the second (refit) trains as many rounds on all rows, and its forest
 * is kept.
 */
#include "core/jorge.h"

#include "learn/boost.h"

#include "core/progress.h"
#include "learn/metrics.h"
#include "utils/memutils.h"

/* Rounds between two notices; the training loss is computed for these only. */
#define NOTICE_EVERY 10

/* The metric travels through the progress slot as an integer of billionths. */
#define METRIC_SCALE 1e9

/* Rows of the frame as XGBoost holds them */
typedef struct Part
{
	XgbHandle matrix;
	const float *labels;
	Size rows;
} Part;

static Part
make_part(XgbSession *session, const TrainFrame *frame, Size first, Size rows)
{
	Part part;

	part.labels = frame->y + first;
	part.rows = rows;
	part.matrix = jorge_xgb_matrix(session, frame->x + first * frame->columns, part.labels, rows,
								   frame->columns);
	return part;
}

static void
set_number(XgbHandle booster, const char *name, double value)
{
	StringInfoData text;

	initStringInfo(&text);
	jorge_learn_append_number(&text, value);
	jorge_xgb_set(booster, name, text.data);
	pfree(text.data);
}

/*
 * Choose the prediction a forest starts from: what the caller said, else the mean of the labels, in
 * which a positive counts scale_pos_weight times. XGBoost's own default differs between versions.
 */
static double
start_prediction(const TrainParams *params, const Part *part)
{
	double sum = 0;
	double weights = 0;

	if (!isnan(params->base_score))
		return params->base_score;
	for (Size r = 0; r < part->rows; r++)
	{
		double weight = part->labels[r] == 1 ? params->scale_pos_weight : 1;

		CHECK_FOR_INTERRUPTS();
		sum += weight * part->labels[r];
		weights += weight;
	}
	return (float) (sum / weights);
}

/*
 * Make a booster for a part, and for another one if its predictions are wanted too
 */
static XgbHandle
make_booster(XgbSession *session, const TrainParams *params, const Part *part, const Part *other,
			 double base_score)
{
	XgbHandle matrices[2] = {part->matrix, other ? other->matrix : NULL};
	XgbHandle booster = jorge_xgb_booster(session, matrices, other ? 2 : 1);

	jorge_xgb_set(booster, "objective", jorge_learn_objective_name(params->objective));
	jorge_xgb_set(booster, "tree_method", "hist");
	jorge_xgb_set(booster, "nthread", "1");
	set_number(booster, "max_depth", params->max_depth);
	set_number(booster, "learning_rate", params->learning_rate);
	set_number(booster, "subsample", params->subsample);
	set_number(booster, "colsample_bytree", params->colsample);
	set_number(booster, "min_child_weight", params->min_child_weight);
	set_number(booster, "reg_lambda", params->reg_lambda);
	set_number(booster, "gamma", params->gamma);
	if (params->objective == TRAIN_LOGISTIC)
		set_number(booster, "scale_pos_weight", params->scale_pos_weight);
	set_number(booster, "base_score", base_score);
	set_number(booster, "seed", params->seed);
	return booster;
}

/*
 * Train one round, or be cancelled before it
 */
static void
train_round(XgbHandle booster, int round, const Part *part, int rounds)
{
	CHECK_FOR_INTERRUPTS();
	jorge_xgb_update(booster, round, part->matrix);
	pgstat_progress_update_param(JORGE_PROGRESS_DONE, round + 1);
	CHECK_FOR_INTERRUPTS();
}

/*
 * Compute the loss of predictions; ERROR if training has left the range of float
 */
static double
finite_loss(const TrainParams *params, const float *margins, const Part *part)
{
	double loss = jorge_learn_loss(params->objective, margins, part->labels, part->rows);

	if (!isfinite(loss))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("the loss is not a finite number"),
						errhint("Scale the label, for example divide it by 1000.")));
	return loss;
}

static double
part_loss(const TrainParams *params, XgbHandle booster, const Part *part)
{
	return finite_loss(params, jorge_xgb_margins(booster, part->matrix, part->rows), part);
}

static void
start_phase(int phase, int64 total)
{
	const int index[] = {JORGE_PROGRESS_PHASE, JORGE_PROGRESS_DONE, JORGE_PROGRESS_TOTAL,
						 JORGE_PROGRESS_METRIC};
	const int64 value[] = {phase, 0, total, 0};

	pgstat_progress_update_multi_param(lengthof(index), index, value);
}

static void
report_metric(double loss)
{
	pgstat_progress_update_param(JORGE_PROGRESS_METRIC, (int64) rint(loss * METRIC_SCALE));
}

/*
 * Train all the rounds that are asked for
 */
static void
train_rounds(XgbHandle booster, const TrainParams *params, const Part *part, int rounds)
{
	for (int round = 0; round < rounds; round++)
	{
		train_round(booster, round, part, rounds);
		if ((round + 1) % NOTICE_EVERY == 0 || round + 1 == rounds)
		{
			double loss = part_loss(params, booster, part);

			report_metric(loss);
			if (!params->quiet)
				ereport(NOTICE, (errmsg("round %d of %d: training %s %.4f", round + 1, rounds,
										jorge_learn_loss_name(params->objective), loss)));
		}
	}
}

/*
 * Train while the held-out loss improves. Returns the best number of rounds, and in best_margins[]
 * what these predict for the held-out rows; *trained is the number of rounds the booster has.
 */
static int
train_watched(XgbHandle booster, const TrainParams *params, const Part *part, const Part *held,
			  float *best_margins, int *trained)
{
	int rounds = (int) params->rounds;
	int best = 0;
	double best_loss = INFINITY;
	int round;

	for (round = 0; round < rounds; round++)
	{
		const float *margins;
		double loss;

		train_round(booster, round, part, rounds);
		margins = jorge_xgb_margins(booster, held->matrix, held->rows);
		loss = finite_loss(params, margins, held);
		report_metric(loss);
		/* without early stopping the last round is the one to keep */
		if (loss < best_loss || params->early_stopping == 0)
		{
			best_loss = loss;
			best = round + 1;
			memcpy(best_margins, margins, sizeof(float) * held->rows);
		}
		if (!params->quiet && (round + 1) % NOTICE_EVERY == 0)
			ereport(NOTICE, (errmsg("round %d of %d: training %s %.4f, held-out %.4f", round + 1,
									rounds, jorge_learn_loss_name(params->objective),
									part_loss(params, booster, part), loss)));
		if (params->early_stopping > 0 && round + 1 - best >= params->early_stopping)
		{
			round++;
			break;
		}
	}
	*trained = round;
	if (!params->quiet && best < round)
		ereport(NOTICE, (errmsg("held-out %s was best (%.4f) after %d of %d rounds",
								jorge_learn_loss_name(params->objective), best_loss, best, round)));
	return best;
}

/*
 * Describe how well the held-out rows are predicted
 */
static char *
held_out_metrics(const TrainParams *params, const Part *held, const float *margins, int best)
{
	StringInfoData json;
	Size positives = 0;

	for (Size r = 0; r < held->rows; r++)
		positives += held->labels[r] == 1;
	initStringInfo(&json);
	appendStringInfo(&json, "{\"rows\": %zu, ", held->rows);
	if (params->objective == TRAIN_LOGISTIC)
		appendStringInfo(&json, "\"positives\": %zu, ", positives);
	appendStringInfo(&json, "\"best_iteration\": %d, ", best);
	jorge_learn_metrics_json(&json, params->objective, margins, held->labels, held->rows);
	appendStringInfoChar(&json, '}');
	return json.data;
}

/*
 * Train on the training rows and judge on the held-out ones
 */
static void
first_pass(XgbSession *session, TrainFrame *frame, const TrainParams *params, TrainResult *result)
{
	Part part = make_part(session, frame, 0, frame->train_rows);
	Part held = make_part(session, frame, frame->train_rows, frame->rows - frame->train_rows);
	float *margins =
		MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(float), held.rows));
	int trained;

	if (!params->refit)
		jorge_learn_frame_release(frame);
	result->base_score = start_prediction(params, &part);
	result->trained_rows = part.rows;
	result->booster = make_booster(session, params, &part, &held, result->base_score);
	start_phase(JORGE_TRAIN_BOOSTING, (int64) params->rounds);
	result->rounds = train_watched(result->booster, params, &part, &held, margins, &trained);
	result->metrics = held_out_metrics(params, &held, margins, result->rounds);
	if (!params->refit && result->rounds < trained)
		result->booster = jorge_xgb_first_rounds(session, result->booster, result->rounds);
	pfree(margins);
}

/*
 * Train a number of rounds on all rows
 */
static void
final_pass(XgbSession *session, TrainFrame *frame, const TrainParams *params, int rounds, int phase,
		   TrainResult *result)
{
	Part all = make_part(session, frame, 0, frame->rows);

	jorge_learn_frame_release(frame);
	result->base_score = start_prediction(params, &all);
	result->trained_rows = all.rows;
	result->rounds = rounds;
	result->booster = make_booster(session, params, &all, NULL, result->base_score);
	start_phase(phase, rounds);
	train_rounds(result->booster, params, &all, rounds);
}

void
jorge_learn_boost(XgbSession *session, TrainFrame *frame, const TrainParams *params,
				  TrainResult *result)
{
	bool holds_out = frame->train_rows < frame->rows;

	memset(result, 0, sizeof(*result));
	result->metrics = pstrdup("{}");
	if (!holds_out)
		final_pass(session, frame, params, (int) params->rounds, JORGE_TRAIN_BOOSTING, result);
	else
	{
		first_pass(session, frame, params, result);
		if (params->refit)
		{
			if (!params->quiet)
				ereport(NOTICE, (errmsg("training %d rounds again on all %zu rows", result->rounds,
										frame->rows)));
			jorge_xgb_free_all(session);
			final_pass(session, frame, params, result->rounds, JORGE_TRAIN_REFITTING, result);
		}
	}
}
