/*
 * learn.c: jorge.train(), and the loading of jorge_learn, the only library that touches libxgboost.
 */
#include "core/jorge.h"

#include "learn/learn.h"

#include "core/progress.h"
#include "access/htup_details.h"
#include "funcapi.h"
#include "learn/boost.h"
#include "learn/encode.h"
#include "learn/report.h"
#include "learn/source.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

PG_MODULE_MAGIC;

JORGE_FUNCTION(jorge_train);
JORGE_FUNCTION(jorge_train_report);

/* Columns of jorge.train_report() */
#define REPORT_COLUMNS 7

/* Share of the training rows beyond which a row counts as unlike them */
#define UNLIKE_FROM 0.9

const JorgeApi *
jorge_learn_api(void)
{
	JorgeApi **api = (JorgeApi **) find_rendezvous_variable(JORGE_API);

	if (*api == NULL)
		load_file("$libdir/jorge", false);
	if (*api == NULL || (*api)->version != JORGE_API_VERSION)
		ereport(
			ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("jorge_learn and jorge are of different versions"),
			 errdetail("jorge_learn needs interface %d, the loaded jorge offers %d.",
					   JORGE_API_VERSION, *api == NULL ? 0 : (*api)->version),
			 errhint("Install both libraries from one build, then reconnect; restart the server if "
					 "shared_preload_libraries names one of them.")));
	return *api;
}

/*
 * Refuse rows that nothing can be learnt from
 */
static void
check_rows(const TrainSource *source, const TrainParams *params, const char *label)
{
	const TrainFrame *frame = source->frame;
	Size same = 1;

	if (source->rows_read == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND), errmsg("the query returned no rows"),
						errhint("Run the query by itself; relax its WHERE clause.")));
	if (frame->rows == 0)
		ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
						errmsg("label \"%s\" is NULL in all %lld rows", label,
							   (long long) source->rows_read),
						errhint("Select rows whose outcome is known.")));
	if (source->unlabelled > 0)
		ereport(NOTICE,
				(errmsg("%lld of %lld rows are skipped, because label \"%s\" is NULL",
						(long long) source->unlabelled, (long long) source->rows_read, label)));
	while (same < frame->rows && frame->y[same] == frame->y[0])
	{
		CHECK_FOR_INTERRUPTS();
		same++;
	}
	if (same == frame->rows)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						frame->labels != NULL ? errmsg("label \"%s\" is \"%s\" in all %zu rows",
													   label, frame->labels[0], frame->rows)
											  : errmsg("label \"%s\" is %g in all %zu rows", label,
													   frame->y[0], frame->rows),
						errdetail("A forest needs rows of both outcomes to tell them apart."),
						errhint("Widen the query, for example to a longer period.")));
}

/*
 * Name the features that have one value in all rows: they are of no use, but do no harm
 */
static void
tell_constant_features(const TrainFrame *frame)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int f = 0; f < frame->columns; f++)
	{
		float first = frame->x[f];
		Size r = 1;

		while (r < frame->rows)
		{
			float value = frame->x[r * frame->columns + f];

			CHECK_FOR_INTERRUPTS();
			if (value != first && !(isnan(value) && isnan(first)))
				break;
			r++;
		}
		if (r == frame->rows)
			appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", frame->names[f]);
	}
	if (names.len > 0)
		ereport(NOTICE, (errmsg("features that never vary: %s", names.data)));
	pfree(names.data);
}

/*
 * Write into the model what its users need to know. Nothing that depends on time or session, so
 * that training twice gives the same bytes.
 */
static void
describe_model(const TrainResult *result, const TrainSource *source, const TrainParams *params)
{
	TrainParams used = *params;
	StringInfoData text;

	jorge_xgb_name_features(result->booster, source->frame->names, source->frame->columns);
	jorge_xgb_attribute(result->booster, "jorge_lexicon",
						psprintf("%d", jorge_learn_api()->lexicon_version));
	initStringInfo(&text);
	/* of the trees of one round each makes an equal part */
	jorge_learn_append_number(&text, params->booster == TRAIN_FOREST
										 ? params->learning_rate / params->trees
										 : params->learning_rate);
	jorge_xgb_attribute(result->booster, "jorge_learning_rate", text.data);

	used.base_score = result->base_score;
	resetStringInfo(&text);
	jorge_learn_params_json(&text, &used);
	jorge_xgb_attribute(result->booster, "jorge_params", text.data);
	jorge_xgb_attribute(result->booster, "jorge_rows", psprintf("%zu", source->frame->rows));
	jorge_xgb_attribute(result->booster, "jorge_trained_rows",
						psprintf("%zu", result->trained_rows));
	if (params->objective == TRAIN_LOGISTIC)
		jorge_xgb_attribute(result->booster, "jorge_positives", psprintf("%zu", source->positives));
	jorge_xgb_attribute(result->booster, "jorge_metrics", result->metrics);
	resetStringInfo(&text);
	if (jorge_learn_encoding_json(&text, source->frame))
		jorge_xgb_attribute(result->booster, "jorge_encoding", text.data);
	if (source->frame->labels != NULL)
	{
		resetStringInfo(&text);
		for (int c = 0; c < source->frame->classes; c++)
		{
			appendStringInfoString(&text, c == 0 ? "[" : ", ");
			escape_json(&text, source->frame->labels[c]);
		}
		appendStringInfoChar(&text, ']');
		jorge_xgb_attribute(result->booster, "jorge_classes", text.data);
	}
	pfree(text.data);
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a;
	double y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/*
 * Learn from the finished forest what makes a row unlike the rows it was trained on, and how much
 * the sizes of its leaves say: they are scaled to what the folds' models disagree by
 */
static void
measure_unlikeness(Datum forest, const TrainFrame *frame, TrainResult *result)
{
	double *variances = MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(double), frame->rows));
	double mean = 0;

	for (Size r = 0; r < frame->rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		variances[r] =
			jorge_learn_api()->forest_leaf_variance(forest, frame->x + r * frame->columns);
		mean += variances[r] / frame->rows;
	}
	if (mean > 0)
	{
		qsort(variances, frame->rows, sizeof(double), compare_doubles);
		result->calibration.unlike_from = variances[(Size) (frame->rows * UNLIKE_FROM)];
		result->calibration.unlike_scale =
			isnan(result->disagreement) ? 1 : result->disagreement / mean;
	}
	pfree(variances);
}

/*
 * Write the calibration into the model
 */
static void
describe_calibration(TrainResult *result, const TrainSource *source)
{
	StringInfoData text;
	const char *document;
	Size length;

	if (result->calibration.method == CALIBRATION_NONE)
		ereport(
			NOTICE,
			(errmsg("too few outcomes held out to calibrate probabilities: %zu of %zu rows, %zu of "
					"them positive",
					result->calibration.rows, source->frame->rows, result->calibration.positives),
			 errdetail("At least %d of each kind are needed.", CALIBRATION_OUTCOMES),
			 errhint("Take probabilities as a ranking only.")));
	else
	{
		document = jorge_xgb_document(result->booster, &length);
		measure_unlikeness(jorge_learn_api()->forest_from_ubj(document, length), source->frame,
						   result);
	}
	initStringInfo(&text);
	jorge_learn_calibration_json(&text, &result->calibration);
	jorge_xgb_attribute(result->booster, "jorge_calibration", text.data);
	pfree(text.data);
}

/*
 * Split the rows as the options say; returns folds, if there are to be any
 */
static const Folds *
split_rows(TrainFrame *frame, const TrainParams *params, Folds *folds)
{
	jorge_learn_frame_sort(frame);
	if (params->cv > 0)
	{
		jorge_learn_folds_deal(frame, (int) params->cv, (uint64) params->seed, folds);
		if (folds->models > 0)
			return folds;
	}
	else if (params->validation > 0)
	{
		jorge_learn_frame_hold_out(frame, params->validation, (uint64) params->seed);
		if (frame->train_rows < frame->rows)
			return NULL;
	}
	else
		return NULL;
	ereport(NOTICE, (errmsg("too few rows to hold any out: no early stopping, no metrics")));
	return NULL;
}

/*
 * Check that what options name is there
 */
static void
check_named(const TrainFrame *frame, const TrainParams *params)
{
	ListCell *cell;

	foreach (cell, params->monotone)
	{
		const NamedNumber *member = lfirst(cell);
		bool found = false;

		for (int f = 0; f < frame->columns && !found; f++)
			found = strcmp(frame->names[f], member->name) == 0;
		if (!found)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("there is no feature \"%s\"", member->name),
							errdetail("The training option \"monotone\" names it."),
							errhint("It names columns of numbers, or the value of a text column as "
									"\"column=value\".")));
	}
	foreach (cell, params->class_weights)
	{
		const NamedNumber *member = lfirst(cell);
		bool found = frame->labels == NULL &&
					 (strcmp(member->name, "0") == 0 || strcmp(member->name, "1") == 0);

		for (int c = 0; c < frame->classes && frame->labels != NULL && !found; c++)
			found = strcmp(frame->labels[c], member->name) == 0;
		if (!found)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("no row has the label \"%s\"", member->name),
							errdetail("The training option \"class_weights\" names it."),
							errhint("A boolean label is \"0\" or \"1\".")));
	}
}

/* What jorge.train_report() tells beside the forest */
typedef struct Report
{
	char *answer;
	int64 rows;
	char *data_hash;
	char *parameters;
	char *metrics;
	char *features;
} Report;

/*
 * Train a forest with everything in mcxt; the value returned is in the caller's context. With a
 * report, sizes are fitted to the data, and where that is too little nothing is trained.
 */
static Datum
train(MemoryContext mcxt, MemoryContext caller, const char *query, const char *label,
	  TrainParams *params, Report *report)
{
	TrainSource source;
	TrainResult result;
	XgbSession *session;
	Folds folds;
	const Folds *used_folds;
	const char *document;
	Size length;
	Datum forest;

	pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_TRAIN_READING);
	jorge_learn_source_read(mcxt, query, label, params, &source);
	if (report != NULL)
	{
		double informative;

		report->rows = (int64) source.frame->rows;
		report->answer = jorge_learn_not_enough(&source, params, label, &informative);
		if (report->answer != NULL)
			return (Datum) 0;
		jorge_learn_params_fit(params, informative);
	}
	check_rows(&source, params, label);
	params->classes = params->objective == TRAIN_CLASSES ? source.frame->classes : 1;
	check_named(source.frame, params);
	tell_constant_features(source.frame);
	if (!params->quiet)
		ereport(NOTICE,
				(errmsg_plural("read %zu rows of %d feature", "read %zu rows of %d features",
							   source.frame->columns, source.frame->rows, source.frame->columns)));

	pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_TRAIN_BUILDING);
	used_folds = split_rows(source.frame, params, &folds);

	session = jorge_xgb_open(mcxt);
	jorge_learn_boost(session, source.frame, used_folds, params, &result);
	describe_model(&result, &source, params);
	if (params->objective == TRAIN_LOGISTIC && strcmp(params->calibration, "none") != 0 &&
		(params->cv > 0 || params->validation > 0))
		describe_calibration(&result, &source);
	if (!params->quiet)
		ereport(NOTICE, (errmsg("forest of %d rounds; %s metrics %s", result.rounds,
								used_folds != NULL ? "out-of-fold" : "held-out", result.metrics)));

	document = jorge_xgb_document(result.booster, &length);
	MemoryContextSwitchTo(caller);
	forest = jorge_learn_api()->forest_from_ubj(document, length);
	MemoryContextSwitchTo(mcxt);
	if (report != NULL)
	{
		TrainParams used = *params;
		StringInfoData text;

		used.base_score = result.base_score;
		initStringInfo(&text);
		jorge_learn_params_json(&text, &used);
		report->parameters = MemoryContextStrdup(caller, text.data);
		report->metrics = MemoryContextStrdup(caller, result.metrics);
		report->data_hash = MemoryContextStrdup(caller, jorge_learn_data_hash(source.frame, label));
		resetStringInfo(&text);
		jorge_learn_features_json(&text, source.frame, params, result.booster,
								  params->classes == 1 ? forest : (Datum) 0);
		report->features = MemoryContextStrdup(caller, text.data);
	}
	return forest;
}

/*
 * Train in a context of its own, showing progress
 */
static Datum
run_training(const char *query, const char *label, Jsonb *options, Report *report)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext mcxt;
	TrainParams params;
	volatile Datum forest = (Datum) 0;

	jorge_learn_params_read(options, &params);
	jorge_learn_api();

	pgstat_progress_start_command(JORGE_PROGRESS_COMMAND, InvalidOid);
	pgstat_progress_update_param(JORGE_PROGRESS_TASK, JORGE_TASK_TRAIN);
	pgstat_progress_update_param(JORGE_PROGRESS_STARTED_AT, GetCurrentTimestamp());

	/* Deleting the context frees what libxgboost holds; on an error at once, not at the end of the
	 * query. */
	mcxt = AllocSetContextCreate(caller, "jorge training", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(mcxt);
	PG_TRY();
	{
		forest = train(mcxt, caller, query, label, &params, report);
		if (report != NULL && report->answer != NULL)
			report->answer = MemoryContextStrdup(caller, report->answer);
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
	return forest;
}

/*
 * Train a forest on the rows of a query
 */
Datum
jorge_train(PG_FUNCTION_ARGS)
{
	return run_training(text_to_cstring(PG_GETARG_TEXT_PP(0)),
						text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_JSONB_P(2), NULL);
}

/*
 * The same, and tell of it; or say that there is not enough data
 */
Datum
jorge_train_report(PG_FUNCTION_ARGS)
{
	Report report = {NULL};
	TupleDesc desc;
	Datum values[REPORT_COLUMNS] = {0};
	bool nulls[REPORT_COLUMNS] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != REPORT_COLUMNS)
		elog(ERROR, "jorge.train_report is declared wrongly");
	values[0] = run_training(text_to_cstring(PG_GETARG_TEXT_PP(0)),
							 text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_JSONB_P(2), &report);
	values[1] = CStringGetTextDatum(report.answer != NULL ? report.answer : "trained");
	values[2] = Int64GetDatum(report.rows);
	if (report.answer != NULL)
		nulls[0] = nulls[3] = nulls[4] = nulls[5] = nulls[6] = true;
	else
	{
		values[3] = CStringGetTextDatum(report.data_hash);
		values[4] = DirectFunctionCall1(jsonb_in, CStringGetDatum(report.parameters));
		values[5] = DirectFunctionCall1(jsonb_in, CStringGetDatum(report.metrics));
		values[6] = DirectFunctionCall1(jsonb_in, CStringGetDatum(report.features));
	}
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
