/*
 * text_train.c: jorge.train_text() and jorge.text_out_of_fold().
 *
 * Rows are put in an order that depends on their content only and dealt into folds. Costs (the
 * weight of the data against the penalty) are tried from strong to weak regularisation, each fold's
 * fit going on from the one before, until two in a row were worse; the one with the least
 * out-of-fold log loss is fitted to all rows. "No words at all" is tried too, so that messages that
 * say nothing make a model that says nothing.
 */
#include "core/jorge.h"

#include "learn/learn.h"

#include "common/hashfn.h"
#include "core/progress.h"
#include "funcapi.h"
#include "learn/calibrate.h"
#include "learn/folds.h"
#include "learn/metrics.h"
#include "learn/params.h"
#include "learn/text_rows.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

JORGE_FUNCTION(jorge_train_text);
JORGE_FUNCTION(jorge_text_out_of_fold);

/* Gradient, as a share of that at zero, where a fit ends: of a fold, and of the model */
#define FOLD_TOLERANCE 1e-2
#define FINAL_TOLERANCE 1e-7

/* Languages of a message, TextLanguage */
#define LANGUAGES 3

/* Costs tried, from strong to weak regularisation; a row's length is 1 for words and 1 for runs */
static const double costs[] = {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100};

/* Costs worse in a row that end the search */
#define WORSE_MAX 2

typedef struct TextTraining
{
	const TextParams *params;
	TextRows rows;
	SparseRows data;
	Folds folds; /* parts by place in the order */
	uint32 *chosen; /* rows that a fit is given */

	/* of the best cost; by place in the order, NAN = judged by none */
	double cost; /* 0 = no words */
	double loss, nothing_loss;
	float *margin;

	/* calibrated */
	double slope, intercept;
	double *theta;
	double base;
	StringInfoData metrics;
} TextTraining;

static void *
huge(TextTraining *training, Size n, Size size)
{
	return MemoryContextAllocHuge(training->rows.mcxt, Max(mul_size(n, size), 1));
}

static void
check_rows(const TextTraining *training, const char *label, const char *message)
{
	const TextRows *rows = &training->rows;

	if (rows->rows_read == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("the query returned no rows"),
						errhint("Run the query by itself; relax its WHERE clause.")));
	if (rows->rows == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
						errmsg("no row has both a label and a message of words"),
						errdetail("Of %lld rows, %lld have no label and %lld no words.",
								  (long long) rows->rows_read, (long long) rows->unlabelled,
								  (long long) rows->speechless),
						errhint("Select rows with \"%s\" and \"%s\".", label, message)));
	if (rows->positives == 0 || rows->positives == rows->rows)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("label \"%s\" is %d in all %zu rows with a message", label,
							   rows->positives > 0, rows->rows),
						errdetail("A model needs rows of both outcomes to tell them apart."),
						errhint("Widen the query, for example to a longer period.")));
	if (!training->params->quiet)
		ereport(NOTICE, (errmsg("read %zu messages of %lld rows: %lld have no label, %lld no words",
								rows->rows, (long long) rows->rows_read,
								(long long) rows->unlabelled, (long long) rows->speechless)));
}

/* Deal the sorted rows into folds; without folds, models is 0 */
static void
deal_folds(TextTraining *training)
{
	TextRows *rows = &training->rows;
	TrainFrame frame = {.mcxt = rows->mcxt, .rows = rows->rows, .classes = 2};

	memset(&training->folds, 0, sizeof(training->folds));
	if (training->params->cv == 0)
		return;
	frame.y = huge(training, rows->rows, sizeof(float));
	if (rows->time != NULL)
		frame.time = huge(training, rows->rows, sizeof(double));
	for (Size i = 0; i < rows->rows; i++)
	{
		frame.y[i] = rows->label[rows->order[i]];
		if (rows->time != NULL)
			frame.time[i] = rows->time[rows->order[i]];
	}
	jorge_learn_folds_deal(&frame, (int) training->params->cv, (uint64) training->params->seed,
						   &training->folds);
	pfree(frame.y);
	if (frame.time != NULL)
		pfree(frame.time);
	if (training->folds.models == 0 && isnan(training->params->cost))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("too few rows to choose the strength of regularisation by "
							   "cross-validation"),
						errhint("Give more rows of both outcomes, or set the options \"cv\": 0 and "
								"\"cost\": 1.")));
}

/* Collect the rows that a fold's model trains on; all of them for model -1 */
static Size
choose_rows(TextTraining *training, int model)
{
	Size n = 0;

	for (Size i = 0; i < training->rows.rows; i++)
		if (model < 0 || jorge_learn_folds_trains(&training->folds, model, i))
			training->chosen[n++] = training->rows.order[i];
	return n;
}

/* Log-odds where nothing is said: the language's offset is the mean over the rows trained on */
static double
base_of(const TextTraining *training, Size n, const double *theta)
{
	const SparseRows *data = &training->data;
	double base = theta[logistic_parameters(data) - 1];

	if (data->groups > 0)
	{
		Size count[LANGUAGES] = {0};

		for (Size i = 0; i < n; i++)
			count[data->group[training->chosen[i]]]++;
		for (int g = 0; g < LANGUAGES; g++)
			base += theta[data->columns + g] * count[g] / n;
	}
	return base;
}

/* Parameters to begin with: nothing said, and the log-odds of the rows */
static void
begin(const TextTraining *training, Size n, double *theta)
{
	Size parameters = logistic_parameters(&training->data);
	double won = 0;

	memset(theta, 0, sizeof(double) * parameters);
	for (Size i = 0; i < n; i++)
		won += training->data.label[training->chosen[i]];
	theta[parameters - 1] = log(won / (n - won));
}

static double
log_loss(double margin, bool positive)
{
	double against = positive ? -margin : margin;

	return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

/*
 * Judge each fold by the model of the others at a cost (0 = no words); returns the mean log loss
 */
static double
judge_cost(TextTraining *training, double cost, double **theta, float *margin)
{
	const TextRows *rows = &training->rows;
	double sum = 0;

	for (int m = 0; m < training->folds.models; m++)
	{
		Size n = choose_rows(training, m);
		double base;

		if (cost == 0)
			begin(training, n, theta[m]);
		else
			(void) jorge_learn_logistic_fit(&training->data, training->chosen, n, cost,
											FOLD_TOLERANCE, theta[m]);
		base = base_of(training, n, theta[m]);
		for (Size i = 0; i < rows->rows; i++)
		{
			Size row = rows->order[i];

			if (jorge_learn_folds_judge(&training->folds, i) != m)
				continue;
			margin[i] = (float) (base + logistic_dot(&training->data, row, theta[m]));
			sum += log_loss(margin[i], rows->label[row] != 0);
		}
	}
	return sum / training->folds.judged;
}

/*
 * Find the cost that judges best, or judge the caller's
 */
static void
choose_cost(TextTraining *training)
{
	const TextParams *params = training->params;
	Size rows = training->rows.rows;
	int n = isnan(params->cost) ? lengthof(costs) : 1;
	double **theta = palloc(sizeof(double *) * Max(training->folds.models, 1));
	float *margin = huge(training, rows, sizeof(float));
	int worse = 0;

	training->margin = huge(training, rows, sizeof(float));
	for (Size i = 0; i < rows; i++)
		margin[i] = training->margin[i] = NAN;
	training->cost = params->cost;
	training->loss = training->nothing_loss = NAN;
	if (training->folds.models == 0)
		return;
	for (int m = 0; m < training->folds.models; m++)
		theta[m] = huge(training, logistic_parameters(&training->data), sizeof(double));
	pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_TRAIN_CROSS_VALIDATING);
	pgstat_progress_update_param(JORGE_PROGRESS_TOTAL, n);

	training->nothing_loss = judge_cost(training, 0, theta, margin);
	training->loss = isnan(params->cost) ? training->nothing_loss : INFINITY;
	training->cost = isnan(params->cost) ? 0 : params->cost;
	memcpy(training->margin, margin, sizeof(float) * rows);
	for (int c = 0; c < n && worse < WORSE_MAX; c++)
	{
		double cost = isnan(params->cost) ? costs[c] : params->cost;
		double loss = judge_cost(training, cost, theta, margin);

		if (!params->quiet)
			ereport(NOTICE, (errmsg("cost %g: out-of-fold log loss %.5f", cost, loss)));
		pgstat_progress_update_param(JORGE_PROGRESS_DONE, c + 1);
		pgstat_progress_update_param(JORGE_PROGRESS_METRIC, (int64) rint(loss * 1e9));
		worse = loss < training->loss ? 0 : worse + 1;
		if (worse > 0)
			continue;
		training->loss = loss;
		training->cost = cost;
		memcpy(training->margin, margin, sizeof(float) * rows);
	}
	for (int m = 0; m < training->folds.models; m++)
		pfree(theta[m]);
	pfree(margin);
	if (training->cost == 0)
		ereport(NOTICE, (errmsg("the messages say nothing about the label"),
						 errdetail("Out of fold, no model of them was better than their share of "
								   "positives (log loss %.5f).",
								   training->nothing_loss)));
}

/* The rows that were judged, as metrics and calibration want them */
static JudgedRows
judged_rows(TextTraining *training)
{
	const TextRows *rows = &training->rows;
	JudgedRows judged = {.groups = training->folds.models};

	judged.margin = huge(training, training->folds.judged, sizeof(float));
	judged.label = huge(training, training->folds.judged, sizeof(float));
	judged.group = huge(training, training->folds.judged, 1);
	for (Size i = 0; i < rows->rows; i++)
	{
		int judge = jorge_learn_folds_judge(&training->folds, i);

		if (judge == JUDGED_BY_NONE)
			continue;
		judged.margin[judged.rows] = training->margin[i];
		judged.label[judged.rows] = rows->label[rows->order[i]];
		judged.group[judged.rows++] = (uint8) judge;
	}
	return judged;
}

/*
 * Learn what the margins mean, and tell how good they are
 */
static void
calibrate(TextTraining *training)
{
	JudgedRows judged;
	Calibration calibration;
	float *calibrated;

	training->slope = 1;
	training->intercept = 0;
	initStringInfo(&training->metrics);
	if (training->folds.models == 0)
		return;
	judged = judged_rows(training);
	calibrated = huge(training, judged.rows, sizeof(float));
	memcpy(calibrated, judged.margin, sizeof(float) * judged.rows);
	if (training->params->calibrate && training->cost > 0)
	{
		jorge_learn_calibrate(&judged, "affine", &calibration, calibrated);
		if (calibration.method == CALIBRATION_AFFINE)
		{
			training->slope = calibration.slope;
			training->intercept = calibration.intercept;
			for (Size i = 0; i < training->rows.rows; i++)
				training->margin[i] =
					(float) (training->intercept + training->slope * training->margin[i]);
		}
	}
	jorge_learn_metrics_json(&training->metrics, &(TrainParams){.objective = TRAIN_LOGISTIC, .classes = 1},
							 &(JudgedMargins){.margin = calibrated, .label = judged.label, .rows = judged.rows});
	pfree(calibrated);
}

/* Fit the cost chosen to all rows */
static void
fit_model(TextTraining *training)
{
	Size n = choose_rows(training, -1);

	pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_TRAIN_REFITTING);
	training->theta = huge(training, logistic_parameters(&training->data), sizeof(double));
	begin(training, n, training->theta);
	if (training->cost > 0)
		(void) jorge_learn_logistic_fit(&training->data, training->chosen, n, training->cost,
										FINAL_TOLERANCE, training->theta);
	training->base = training->intercept + training->slope * base_of(training, n, training->theta);
}

/* What the model tells of its training; nothing that depends on time or session */
static void
describe(TextTraining *training, StringInfo text)
{
	uint64 hash[2];

	jorge_learn_text_rows_content(&training->rows, hash);
	appendStringInfo(text, "{\"rows\": %zu, \"positives\": %zu, \"terms\": %u, \"data_hash\": "
						   "\"%016llx%016llx\", \"options\": ",
					 training->rows.rows, training->rows.positives, training->rows.columns,
					 (unsigned long long) hash[0], (unsigned long long) hash[1]);
	jorge_learn_text_params_json(text, training->params);
	appendStringInfoString(text, ", \"cost\": ");
	jorge_learn_append_number(text, training->cost);
	appendStringInfoString(text, ", \"slope\": ");
	jorge_learn_append_number(text, training->slope);
	if (!isnan(training->nothing_loss))
		appendStringInfo(text, ", \"wordless_log_loss\": %.6g", training->nothing_loss);
	appendStringInfo(text, ", \"metrics\": {%s}}", training->metrics.data);
}

static Datum
make_model(TextTraining *training, MemoryContext caller)
{
	const TextRows *rows = &training->rows;
	StringInfoData attributes;
	uint32 *column = huge(training, rows->columns, sizeof(uint32));
	float *weight = huge(training, rows->columns, sizeof(float));
	TextModelParts parts = {
		.bits = rows->bits,
		.seed = (uint32) training->params->hash_seed,
		.lexicon = jorge_learn_api()->lexicon_version,
		.embedding = rows->embedding,
		.base = training->base,
		.column = column,
		.weight = weight,
	};
	Datum model;

	for (uint32 c = 0; c < rows->columns; c++)
	{
		float value = (float) (training->slope * training->theta[c]);

		if (value == 0)
			continue;
		column[parts.weights] = rows->bucket[c];
		weight[parts.weights++] = value;
	}
	initStringInfo(&attributes);
	describe(training, &attributes);
	parts.attributes = attributes.data;
	parts.attributes_length = attributes.len;
	MemoryContextSwitchTo(caller);
	model = jorge_learn_api()->text_model_make(&parts, ERRCODE_INTERNAL_ERROR);
	MemoryContextSwitchTo(rows->mcxt);
	if (!training->params->quiet)
		ereport(NOTICE, (errmsg("text model of %d weights, cost %g; out-of-fold metrics {%s}",
								parts.weights, training->cost, training->metrics.data)));
	return model;
}

/* Read, sort and deal the rows, and choose the strength of regularisation */
static void
prepare(TextTraining *training, FunctionCallInfo fcinfo)
{
	const char *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const char *label = text_to_cstring(PG_GETARG_TEXT_PP(1));
	const char *message = text_to_cstring(PG_GETARG_TEXT_PP(2));
	TextRows *rows = &training->rows;

	pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_TRAIN_READING);
	jorge_learn_text_rows_read(CurrentMemoryContext, query, label, message, training->params, rows);
	check_rows(training, label, message);
	pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_TRAIN_BUILDING);
	jorge_learn_text_rows_sort(rows);
	jorge_learn_text_rows_pack(rows, (uint32) training->params->min_count);
	training->data = (SparseRows){
		.columns = rows->columns,
		.start = rows->start,
		.column = rows->column,
		.value = rows->value,
		.label = rows->label,
		.group = rows->language,
		.groups = training->params->neutral ? LANGUAGES : 0,
	};
	training->chosen = huge(training, rows->rows, sizeof(uint32));
	deal_folds(training);
	choose_cost(training);
	calibrate(training);
}

/* Return the judged rows in the order of the query */
static void
return_judged(TextTraining *training, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const TextRows *rows = &training->rows;
	uint32 *at = huge(training, rows->rows, sizeof(uint32)); /* place in the order, by row */

	for (Size i = 0; i < rows->rows; i++)
		at[rows->order[i]] = (uint32) i;
	for (Size row = 0; row < rows->rows; row++)
	{
		int judge = training->folds.models == 0
						? JUDGED_BY_NONE
						: jorge_learn_folds_judge(&training->folds, at[row]);
		Datum values[4] = {Int64GetDatum(rows->place[row]), Int32GetDatum(judge + 1),
						   BoolGetDatum(rows->label[row] != 0),
						   Float8GetDatum(training->margin[at[row]])};
		bool nulls[4] = {false};

		CHECK_FOR_INTERRUPTS();
		if (judge != JUDGED_BY_NONE)
			tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
}

/*
 * Train with everything in the current context; the value returned is in the caller's
 */
static Datum
train(FunctionCallInfo fcinfo, MemoryContext caller, const TextParams *params, bool want_model)
{
	TextTraining training = {.params = params};

	prepare(&training, fcinfo);
	if (want_model)
	{
		fit_model(&training);
		return make_model(&training, caller);
	}
	return_judged(&training, fcinfo);
	return (Datum) 0;
}

/*
 * Do the work in a context of its own, which goes however that ends
 */
static Datum
run(FunctionCallInfo fcinfo, bool want_model)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext mcxt;
	TextParams params;
	volatile Datum model = (Datum) 0; /* survives the PG_TRY */

	jorge_learn_text_params_read(PG_GETARG_JSONB_P(3), &params);
	jorge_learn_api();
	pgstat_progress_start_command(JORGE_PROGRESS_COMMAND, InvalidOid);
	pgstat_progress_update_param(JORGE_PROGRESS_TASK, JORGE_TASK_TRAIN);
	pgstat_progress_update_param(JORGE_PROGRESS_STARTED_AT, GetCurrentTimestamp());

	mcxt = AllocSetContextCreate(caller, "jorge text training", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(mcxt);
	PG_TRY();
	{
		model = train(fcinfo, caller, &params, want_model);
	}
	PG_FINALLY();
	{
		MemoryContextSwitchTo(caller);
		MemoryContextDelete(mcxt);
#ifdef __GLIBC__
		/* a pooled connection would keep the pages for ever */
		malloc_trim(0);
#endif
	}
	PG_END_TRY();
	pgstat_progress_end_command();
	return model;
}

/*
 * Train a text model on the rows of a query
 */
Datum
jorge_train_text(PG_FUNCTION_ARGS)
{
	return run(fcinfo, true);
}

/*
 * Margins of models not trained on the row
 */
Datum
jorge_text_out_of_fold(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	return run(fcinfo, false);
}
