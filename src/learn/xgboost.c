/*
 * xgboost.c: the only calls of libxgboost.
 *
 * Nothing here may run in the postmaster: libgomp doesn't survive fork once it has run. The
 * library's _PG_init therefore calls nothing.
 */
#include "core/jorge.h"

#include "learn/xgboost.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include <pthread.h>
#include <signal.h>
#include <xgboost/c_api.h>

/* Boosters of the folds, and a few matrices and boosters beside */
#define MAX_HANDLES 32

/* libgomp's; declared here because clang's own <omp.h> needn't be installed */
extern void omp_set_num_threads(int threads);
extern int omp_get_max_threads(void);

/* The first is deprecated since 2.1, which has the second: whichever the library has */
extern int XGBoosterBoostOneIter(BoosterHandle booster, DMatrixHandle matrix, float *gradient,
								 float *hessian, bst_ulong length) __attribute__((weak));
extern int XGBoosterTrainOneIter(BoosterHandle booster, DMatrixHandle matrix, int round,
								 char const *gradient, char const *hessian) __attribute__((weak));

typedef struct XgbOwned
{
	XgbHandle handle;
	bool is_booster;
} XgbOwned;

struct XgbSession
{
	MemoryContextCallback callback;
	XgbOwned owned[MAX_HANDLES];
	int n;
};

typedef struct XgbGuard
{
	sigset_t mask;
	int threads;
} XgbGuard;

/*
 * Enter C++: a thread that libgomp might start inherits the blocked mask, so that no handler of the
 * server ever runs on it
 */
static void
enter(XgbGuard *guard)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &guard->mask);
	guard->threads = omp_get_max_threads();
	omp_set_num_threads(1);
}

/*
 * Leave C++; signals that came meanwhile are handled now
 */
static void
leave(const XgbGuard *guard)
{
	omp_set_num_threads(guard->threads);
	pthread_sigmask(SIG_SETMASK, &guard->mask, NULL);
}

/*
 * Raise what libxgboost said about the call that failed, without its stack trace
 */
static void
raise_last_error(void)
{
	char *message = pstrdup(XGBGetLastError());
	char *end = strstr(message, "\nStack trace");

	if (end != NULL)
		*end = '\0';
	if (strstr(message, "bad_alloc") != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory while training a forest"),
				 errdetail("XGBoost: %s", message),
				 errhint("Train on fewer rows or features, or lower jorge.train_memory.")));
	ereport(ERROR, (errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
					errmsg("XGBoost could not train the forest"), errdetail("%s", message)));
}

/* Make one call under guard; ERROR if it fails. */
#define XGB(call)                                                                                  \
	do                                                                                             \
	{                                                                                              \
		XgbGuard guard_;                                                                           \
		int failed_;                                                                               \
		enter(&guard_);                                                                            \
		failed_ = (call);                                                                          \
		leave(&guard_);                                                                            \
		if (failed_ != 0)                                                                          \
			raise_last_error();                                                                    \
	} while (0)

/* Swallow what libxgboost would print to standard error */
static void
swallow(const char *message)
{
}

void
jorge_xgb_free_all(XgbSession *session)
{
	while (session->n > 0)
	{
		XgbOwned *owned = &session->owned[--session->n];
		XgbGuard guard;

		if (owned->handle == NULL)
			continue;
		enter(&guard);
		/* also runs while a transaction aborts, so a failure is not reported */
		(void) (owned->is_booster ? XGBoosterFree(owned->handle) : XGDMatrixFree(owned->handle));
		leave(&guard);
	}
}

static void
free_callback(void *session)
{
	jorge_xgb_free_all(session);
}

XgbSession *
jorge_xgb_open(MemoryContext mcxt)
{
	XgbSession *session = MemoryContextAllocZero(mcxt, sizeof(XgbSession));

	session->callback.func = free_callback;
	session->callback.arg = session;
	MemoryContextRegisterResetCallback(mcxt, &session->callback);
	XGB(XGBRegisterLogCallback(swallow));
	XGB(XGBSetGlobalConfig("{\"verbosity\": 0}"));
	return session;
}

/*
 * Reserve a place that owns a handle before the handle exists
 */
static XgbHandle *
own(XgbSession *session, bool is_booster)
{
	XgbOwned *owned;

	if (session->n >= MAX_HANDLES)
		elog(ERROR, "too many XGBoost handles in one training");
	owned = &session->owned[session->n++];
	owned->handle = NULL;
	owned->is_booster = is_booster;
	return &owned->handle;
}

/*
 * Describe an array of floats as NumPy's array interface does
 */
static char *
array_interface(const float *data, Size rows, int columns)
{
#ifdef WORDS_BIGENDIAN
	const char *type = ">f4";
#else
	const char *type = "<f4";
#endif
	char *shape = columns > 0 ? psprintf("%zu, %d", rows, columns) : psprintf("%zu", rows);

	return psprintf("{\"data\": [%zu, true], \"shape\": [%s], \"typestr\": \"%s\", \"version\": 3}",
					(size_t) data, shape, type);
}

XgbHandle
jorge_xgb_matrix(XgbSession *session, const float *x, const float *y, Size rows, int columns)
{
	XgbHandle *matrix = own(session, false);
	const char *values = array_interface(x, rows, columns);
	const char *labels = array_interface(y, rows, 0);

	XGB(XGDMatrixCreateFromDense(values, "{\"missing\": NaN, \"nthread\": 1}", matrix));
	XGB(XGDMatrixSetInfoFromInterface(*matrix, "label", labels));
	return *matrix;
}

XgbHandle
jorge_xgb_booster(XgbSession *session, const XgbHandle *matrices, int n)
{
	XgbHandle *booster = own(session, true);

	XGB(XGBoosterCreate(matrices, n, booster));
	return *booster;
}

void
jorge_xgb_set(XgbHandle booster, const char *name, const char *value)
{
	XGB(XGBoosterSetParam(booster, name, value));
}

void
jorge_xgb_update(XgbHandle booster, int round, XgbHandle matrix)
{
	XGB(XGBoosterUpdateOneIter(booster, round, matrix));
}

void
jorge_xgb_boost(XgbHandle booster, int round, XgbHandle matrix, float *gradient, float *hessian,
				Size rows, int outputs)
{
	char *first;
	char *second;

	if (XGBoosterTrainOneIter == NULL)
	{
		XGB(XGBoosterBoostOneIter(booster, matrix, gradient, hessian, rows * outputs));
		return;
	}
	first = array_interface(gradient, rows, outputs);
	second = array_interface(hessian, rows, outputs);
	XGB(XGBoosterTrainOneIter(booster, matrix, round, first, second));
	pfree(first);
	pfree(second);
}

const float *
jorge_xgb_margins(XgbHandle booster, XgbHandle matrix, Size rows, int outputs, int rounds)
{
	Size predicted = 1;
	char options[160];
	const bst_ulong *shape;
	bst_ulong dimensions;
	const float *margins;

	snprintf(options, sizeof(options),
			 "{\"type\": 1, \"training\": false, \"iteration_begin\": 0, \"iteration_end\": %d, "
			 "\"strict_shape\": false}",
			 rounds);
	XGB(XGBoosterPredictFromDMatrix(booster, matrix, options, &shape, &dimensions, &margins));
	for (bst_ulong d = 0; d < dimensions; d++)
		predicted *= shape[d];
	if (dimensions < 1 || shape[0] != rows || predicted != rows * outputs)
		elog(ERROR, "XGBoost predicted another number of rows than it was given");
	return margins;
}

void
jorge_xgb_bounds(XgbHandle matrix, const float *times, const bool *event, Size rows)
{
	float *upper =
		MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(float), Max(rows, 1)));
	char *from = array_interface(times, rows, 0);
	char *to = array_interface(upper, rows, 0);

	for (Size r = 0; r < rows; r++)
		upper[r] = event == NULL || event[r] ? times[r] : INFINITY;
	XGB(XGDMatrixSetInfoFromInterface(matrix, "label_lower_bound", from));
	XGB(XGDMatrixSetInfoFromInterface(matrix, "label_upper_bound", to));
	pfree(upper);
	pfree(from);
	pfree(to);
}

void
jorge_xgb_weigh(XgbHandle matrix, const float *weights, Size rows)
{
	char *values = array_interface(weights, rows, 0);

	XGB(XGDMatrixSetInfoFromInterface(matrix, "weight", values));
	pfree(values);
}

XgbHandle
jorge_xgb_first_rounds(XgbSession *session, XgbHandle booster, int rounds)
{
	XgbHandle *slice = own(session, true);

	XGB(XGBoosterSlice(booster, 0, rounds, 1, slice));
	return *slice;
}

void
jorge_xgb_name_features(XgbHandle booster, char **names, int n)
{
	char **utf8 = palloc(sizeof(char *) * n);

	for (int f = 0; f < n; f++)
		utf8[f] = pg_server_to_any(names[f], strlen(names[f]), PG_UTF8);
	XGB(XGBoosterSetStrFeatureInfo(booster, "feature_name", (const char **) utf8, n));
}

void
jorge_xgb_attribute(XgbHandle booster, const char *name, const char *value)
{
	const char *utf8 = pg_server_to_any(value, strlen(value), PG_UTF8);

	XGB(XGBoosterSetAttr(booster, name, utf8));
}

void
jorge_xgb_importance(XgbHandle booster, const char *type, char **names, int n, double *figures)
{
	char *config = psprintf("{\"importance_type\": \"%s\"}", type);
	bst_ulong features;
	bst_ulong dimensions;
	const bst_ulong *shape;
	const char **told;
	const float *scores;

	memset(figures, 0, sizeof(double) * n);
	XGB(XGBoosterFeatureScore(booster, config, &features, &told, &dimensions, &shape, &scores));
	if (dimensions != 1)
		return; /* a linear model of several classes has one a class */
	/* those without a split are not told; the others are in order of the features */
	for (int f = 0, t = 0; f < n; f++)
	{
		char *utf8 = pg_server_to_any(names[f], strlen(names[f]), PG_UTF8);

		for (bst_ulong i = t; i < features; i++)
			if (strcmp(told[i], utf8) == 0)
			{
				figures[f] = scores[i];
				if (i == t)
					t++;
				break;
			}
		if (utf8 != names[f])
			pfree(utf8);
	}
}

const char *
jorge_xgb_document(XgbHandle booster, Size *length)
{
	bst_ulong bytes;
	const char *document;

	XGB(XGBoosterSaveModelToBuffer(booster, "{\"format\": \"ubj\"}", &bytes, &document));
	*length = bytes;
	return document;
}
