/*
 * learn.c: jorge.train(), and the loading of jorge_learn, the only library that touches libxgboost.
 */
#include "core/jorge.h"

#include "learn/learn.h"

#include "core/progress.h"
#include "learn/boost.h"
#include "learn/source.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

PG_MODULE_MAGIC;

JORGE_FUNCTION(jorge_train);

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
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("label \"%s\" is %g in all %zu rows", label, frame->y[0], frame->rows),
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
	jorge_learn_append_number(&text, params->learning_rate);
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
	double *variances =
		MemoryContextAllocHuge(frame->mcxt, mul_size(sizeof(double), frame->rows));
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
		ereport(NOTICE,
				(errmsg("too few outcomes held out to calibrate probabilities: %zu of %zu rows, %zu of "
						"them positive",
						result->calibration.rows, source->frame->rows, result->calibration.positives),
				 errdetail("At least %d of each kind are needed.", CALIBRATION_OUTCOMES),
				 errhint("Take probabilities as a ranking only.")));
	else
	{
		document = jorge_xgb_document(result->booster, &length);
		measure_unlikeness(jorge_learn_api()->forest_from_ubj(document, length), source->frame, result);
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
	bool by_class = params->objective == TRAIN_LOGISTIC;

	jorge_learn_frame_sort(frame);
	if (params->cv > 0)
	{
		jorge_learn_folds_deal(frame, (int) params->cv, by_class, (uint64) params->seed, folds);
		if (folds->models > 0)
			return folds;
	}
	else if (params->validation > 0)
	{
		jorge_learn_frame_hold_out(frame, params->validation, by_class, (uint64) params->seed);
		if (frame->train_rows < frame->rows)
			return NULL;
	}
	else
		return NULL;
	ereport(NOTICE, (errmsg("too few rows to hold any out: no early stopping, no metrics")));
	return NULL;
}

/*
 * Train a forest with everything in mcxt; the value returned is in the caller's context
 */
static Datum
train(MemoryContext mcxt, MemoryContext caller, const char *query, const char *label,
	  const TrainParams *params)
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
	check_rows(&source, params, label);
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
	return forest;
}

/*
 * Train a forest on the rows of a query
 */
Datum
jorge_train(PG_FUNCTION_ARGS)
{
	const char *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	const char *label = text_to_cstring(PG_GETARG_TEXT_PP(1));
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext mcxt;
	TrainParams params;
	Datum forest = (Datum) 0;

	jorge_learn_params_read(PG_GETARG_JSONB_P(2), &params);
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
		forest = train(mcxt, caller, query, label, &params);
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
