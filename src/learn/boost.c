/*
 * boost.c: boosting rounds, early stopping, refit.
 *
 * With a hold-out or a cross-validation there are two passes: the first trains without some rows,
 * stops early and is judged on these; the second (refit) trains as many rounds on all rows, and its
 * forest is kept.
 */
#include "core/jorge.h"

#include "learn/boost.h"

#include "core/progress.h"
#include "learn/metrics.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* A hold-out is one group of rows; dealt into these, calibration can be tried on others. */
#define HELD_OUT_GROUPS 5

/* The metric travels through the progress slot as an integer of billionths. */
#define METRIC_SCALE 1e9

static Part
make_part(XgbSession *session, const TrainFrame *frame, TrainObjective objective,
		  const float *weights, Size first, Size rows)
{
	Part part;

	part.labels = frame->y + first;
	part.rows = rows;
	part.weights = weights != NULL ? weights + first : NULL;
	part.event = frame->event != NULL ? frame->event + first : NULL;
	part.matrix = jorge_xgb_matrix(session, frame->x + first * frame->columns, part.labels, rows,
								   frame->columns);
	if (objective == TRAIN_TIME)
		jorge_xgb_bounds(part.matrix, part.labels, part.event, rows);
	if (weights != NULL)
		jorge_xgb_weigh(part.matrix, weights + first, rows);
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

double
jorge_learn_start(const TrainParams *params, const Part *part, const Folds *folds, int model)
{
	double sum = 0;
	double weights = 0;

	if (!isnan(params->base_score))
		return params->base_score;
	if (params->objective == TRAIN_CLASSES)
		return 0.5; /* of every class: it comes to nothing */
	for (Size r = 0; r < part->rows; r++)
	{
		double weight = part->labels[r] == 1 ? params->scale_pos_weight : 1;

		CHECK_FOR_INTERRUPTS();
		if (folds != NULL && !jorge_learn_folds_trains(folds, model, r))
			continue;
		sum += weight * (params->objective == TRAIN_TIME ? log(part->labels[r]) : part->labels[r]);
		weights += weight;
	}
	return (float) (params->objective == TRAIN_TIME ? exp(sum / weights) : sum / weights);
}

/*
 * Weight of a label that the caller gave, 1 where there is none
 */
static double
weight_of(const TrainParams *params, const char *label)
{
	ListCell *cell;

	foreach (cell, params->class_weights)
	{
		const NamedNumber *member = lfirst(cell);

		if (strcmp(member->name, label) == 0)
			return member->number;
	}
	return 1;
}

float *
jorge_learn_class_weights(const TrainParams *params, const TrainFrame *frame)
{
	double *of_class;
	float *weights;
	Size *count;

	if (!params->balanced && params->class_weights == NIL)
		return NULL;
	of_class = palloc(sizeof(double) * frame->classes);
	count = palloc0(sizeof(Size) * frame->classes);
	for (Size r = 0; r < frame->rows; r++)
		count[(int) frame->y[r]]++;
	for (int c = 0; c < frame->classes; c++)
	{
		const char *label = frame->labels != NULL ? frame->labels[c] : c == 0 ? "0" : "1";

		/* balanced: the classes weigh alike, and all rows together as much as before */
		of_class[c] = params->balanced ? frame->rows / ((double) frame->classes * Max(count[c], 1))
									   : weight_of(params, label);
	}
	weights = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(float), Max(frame->rows, 1)));
	for (Size r = 0; r < frame->rows; r++)
		weights[r] = (float) of_class[(int) frame->y[r]];
	pfree(of_class);
	pfree(count);
	return weights;
}

/*
 * Write the monotone constraints as XGBoost reads them, (0,1,-1,...)
 */
static void
set_monotone(XgbHandle booster, const TrainFrame *frame, const TrainParams *params)
{
	StringInfoData text;

	if (params->monotone == NIL)
		return;
	initStringInfo(&text);
	for (int f = 0; f < frame->columns; f++)
	{
		int sign = 0;
		ListCell *cell;

		foreach (cell, params->monotone)
		{
			const NamedNumber *member = lfirst(cell);

			if (strcmp(member->name, frame->names[f]) == 0)
				sign = (int) member->number;
		}
		appendStringInfo(&text, "%s%d", f == 0 ? "(" : ",", sign);
	}
	appendStringInfoChar(&text, ')');
	jorge_xgb_set(booster, "monotone_constraints", text.data);
	pfree(text.data);
}

static void
set_linear(XgbHandle booster, const TrainParams *params)
{
	/* the default updater, shotgun, is not deterministic */
	jorge_xgb_set(booster, "booster", "gblinear");
	jorge_xgb_set(booster, "updater", "coord_descent");
	jorge_xgb_set(booster, "feature_selector", "cyclic");
	set_number(booster, "reg_alpha", params->reg_alpha);
}

static void
set_trees(XgbHandle booster, const TrainFrame *frame, const TrainParams *params)
{
	jorge_xgb_set(booster, "tree_method", "hist");
	set_number(booster, "max_depth", params->max_depth);
	set_number(booster, "subsample", params->subsample);
	set_number(booster, params->booster == TRAIN_FOREST ? "colsample_bynode" : "colsample_bytree",
			   params->colsample);
	set_number(booster, "min_child_weight", params->min_child_weight);
	set_number(booster, "gamma", params->gamma);
	if (jorge_learn_is_one_round(params))
		set_number(booster, "num_parallel_tree", params->trees);
	set_monotone(booster, frame, params);
}

XgbHandle
jorge_learn_booster(XgbSession *session, const TrainFrame *frame, const TrainParams *params,
					const Part *part, const Part *other, double base_score)
{
	XgbHandle matrices[2] = {part->matrix, other ? other->matrix : NULL};
	XgbHandle booster = jorge_xgb_booster(session, matrices, other ? 2 : 1);

	jorge_xgb_set(booster, "objective", jorge_learn_objective_name(params->objective));
	jorge_xgb_set(booster, "nthread", "1");
	if (params->booster == TRAIN_LINEAR)
		set_linear(booster, params);
	else
		set_trees(booster, frame, params);
	/* XGBoost divides it among the trees of a round by itself */
	set_number(booster, "learning_rate",
			   params->booster == TRAIN_FOREST && !jorge_learn_is_one_round(params)
				   ? params->learning_rate / params->trees
				   : params->learning_rate);
	set_number(booster, "reg_lambda", params->reg_lambda);
	if (params->objective == TRAIN_CLASSES)
		set_number(booster, "num_class", params->classes);
	if (params->objective == TRAIN_TIME)
	{
		static const char *const names[] = {"normal", "logistic", "extreme"};

		jorge_xgb_set(booster, "aft_loss_distribution", names[params->distribution]);
		set_number(booster, "aft_loss_distribution_scale", params->scale);
	}
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
train_round(XgbHandle booster, const TrainParams *params, int round, const Part *part,
			double base_score)
{
	CHECK_FOR_INTERRUPTS();
	jorge_learn_grow(params, booster, round, part, base_score);
	pgstat_progress_update_param(JORGE_PROGRESS_DONE, round + 1);
	CHECK_FOR_INTERRUPTS();
}

double
jorge_learn_finite_loss(const TrainParams *params, const JudgedMargins *judged)
{
	double loss = jorge_learn_loss(params, judged);

	if (!isfinite(loss))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("the loss is not a finite number"),
						errhint("Scale the label, for example divide it by 1000.")));
	return loss;
}

static double
part_loss(const TrainParams *params, XgbHandle booster, const Part *part)
{
	JudgedMargins judged = {
		jorge_xgb_margins(booster, part->matrix, part->rows, params->classes, 0), part->labels,
		part->event, part->rows};

	return jorge_learn_finite_loss(params, &judged);
}

void
jorge_learn_start_phase(int phase, int64 total, int folds)
{
	const int index[] = {JORGE_PROGRESS_PHASE,  JORGE_PROGRESS_DONE,  JORGE_PROGRESS_TOTAL,
						 JORGE_PROGRESS_METRIC, JORGE_PROGRESS_FOLDS, JORGE_PROGRESS_PHASE_AT};
	const int64 value[] = {phase, 0, total, 0, folds, GetCurrentTimestamp()};

	pgstat_progress_update_multi_param(lengthof(index), index, value);
}

void
jorge_learn_report_loss(double loss)
{
	pgstat_progress_update_param(JORGE_PROGRESS_METRIC, (int64) rint(loss * METRIC_SCALE));
}

/*
 * Train all the rounds that are asked for
 */
static void
train_rounds(XgbHandle booster, const TrainParams *params, const Part *part, double base_score,
			 int rounds)
{
	for (int round = 0; round < rounds; round++)
	{
		train_round(booster, params, round, part, base_score);
		if (jorge_learn_tells(round + 1) || round + 1 == rounds)
		{
			double loss = part_loss(params, booster, part);

			jorge_learn_report_loss(loss);
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
			  double base_score, float *best_margins, int *trained)
{
	int rounds = (int) params->rounds;
	int best = 0;
	double best_loss = INFINITY;
	int round;

	for (round = 0; round < rounds; round++)
	{
		const float *margins;
		double loss;

		train_round(booster, params, round, part, base_score);
		margins = jorge_xgb_margins(booster, held->matrix, held->rows, params->classes, 0);
		loss = jorge_learn_finite_loss(
			params, &(JudgedMargins){margins, held->labels, held->event, held->rows});
		jorge_learn_report_loss(loss);
		/* without early stopping the last round is the one to keep */
		if (loss < best_loss || params->early_stopping == 0)
		{
			best_loss = loss;
			best = round + 1;
			memcpy(best_margins, margins, sizeof(float) * held->rows * params->classes);
		}
		if (!params->quiet && jorge_learn_tells(round + 1))
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

void
jorge_learn_judge(const TrainParams *params, const JudgedRows *judged, const bool *event,
				  TrainResult *result)
{
	const float *margins = judged->margin;
	float *calibrated = NULL;
	StringInfoData json;
	Size positives = 0;

	result->judged_rows = judged->rows;
	result->calibrates =
		params->objective == TRAIN_LOGISTIC && strcmp(params->calibration, "none") != 0;
	if (result->calibrates)
	{
		calibrated =
			MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(float), judged->rows));
		jorge_learn_calibrate(judged, params->calibration, &result->calibration, calibrated);
		margins = calibrated;
	}
	for (Size r = 0; r < judged->rows; r++)
		positives += judged->label[r] == 1;
	initStringInfo(&json);
	appendStringInfo(&json, "{\"rows\": %zu, ", judged->rows);
	if (params->objective == TRAIN_LOGISTIC)
		appendStringInfo(&json, "\"positives\": %zu, ", positives);
	appendStringInfo(&json, "\"best_iteration\": %d, ", result->rounds);
	jorge_learn_metrics_json(&json, params,
							 &(JudgedMargins){margins, judged->label, event, judged->rows});
	if (calibrated != NULL)
	{
		jorge_learn_uncalibrated_json(&json, judged->margin, judged->label, judged->rows);
		pfree(calibrated);
	}
	appendStringInfoChar(&json, '}');
	result->metrics = json.data;
}

/*
 * Train on the training rows and judge on the held-out ones
 */
static void
first_pass(XgbSession *session, TrainFrame *frame, const TrainParams *params, TrainResult *result)
{
	float *weights = jorge_learn_class_weights(params, frame);
	Part part = make_part(session, frame, params->objective, weights, 0, frame->train_rows);
	Part held = make_part(session, frame, params->objective, NULL, frame->train_rows,
						  frame->rows - frame->train_rows);
	JudgedRows judged = {.rows = held.rows, .groups = HELD_OUT_GROUPS};
	int trained;

	judged.margin = MemoryContextAllocHuge(CurrentMemoryContext,
										   mul_size(sizeof(float) * params->classes, held.rows));
	judged.label = frame->y + frame->train_rows;
	judged.group = MemoryContextAllocHuge(CurrentMemoryContext, held.rows);
	for (Size r = 0; r < held.rows; r++)
		judged.group[r] = (uint8) (r % HELD_OUT_GROUPS);
	result->base_score = jorge_learn_start(params, &part, NULL, 0);
	result->trained_rows = part.rows;
	result->booster = jorge_learn_booster(session, frame, params, &part, &held, result->base_score);
	jorge_learn_start_phase(JORGE_TRAIN_BOOSTING, (int64) params->rounds, 1);
	result->rounds = train_watched(result->booster, params, &part, &held, result->base_score,
								   judged.margin, &trained);
	jorge_learn_judge(params, &judged, held.event, result);
	if (!params->refit && result->rounds < trained && params->booster != TRAIN_LINEAR)
		result->booster = jorge_xgb_first_rounds(session, result->booster, result->rounds);
	pfree(judged.margin);
	pfree(judged.group);
}

/*
 * Train a number of rounds on all rows
 */
static void
final_pass(XgbSession *session, TrainFrame *frame, const TrainParams *params, const Part *all,
		   int rounds, int phase, TrainResult *result)
{
	result->base_score = jorge_learn_start(params, all, NULL, 0);
	result->trained_rows = all->rows;
	result->rounds = rounds;
	result->booster = jorge_learn_booster(session, frame, params, all, NULL, result->base_score);
	jorge_learn_start_phase(phase, rounds, 1);
	train_rounds(result->booster, params, all, result->base_score, rounds);
}

void
jorge_learn_boost(XgbSession *session, TrainFrame *frame, const Folds *folds,
				  const TrainParams *params, TrainResult *result)
{
	bool holds_out = frame->train_rows < frame->rows;
	int rounds = (int) params->rounds;
	Part all;

	memset(result, 0, sizeof(*result));
	result->metrics = pstrdup("{}");
	result->disagreement = NAN;
	if (folds != NULL)
	{
		all = make_part(session, frame, params->objective, NULL, 0, frame->rows);
		jorge_learn_cross_validate(session, frame, folds, params, &all, result);
		rounds = result->rounds;
		jorge_xgb_free_all(session);
	}
	else if (holds_out)
	{
		first_pass(session, frame, params, result);
		if (!params->refit)
			return;
		rounds = result->rounds;
		jorge_xgb_free_all(session);
	}
	if ((folds != NULL || holds_out) && !params->quiet)
		ereport(NOTICE,
				(errmsg_plural("training %d round on all %zu rows",
							   "training %d rounds on all %zu rows", rounds, rounds, frame->rows)));
	all = make_part(session, frame, params->objective, jorge_learn_class_weights(params, frame), 0,
					frame->rows);
	final_pass(session, frame, params, &all, rounds,
			   folds != NULL || holds_out ? JORGE_TRAIN_REFITTING : JORGE_TRAIN_BOOSTING, result);
}
