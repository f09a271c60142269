/*
 * model.c: which model serves, and a score from it.
 */
#include "core/jorge.h"

#include "core/owner.h"
#include "core/settings.h"
#include "score/model.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#define LOCATION_MAX 256

/* A trigger's cached look-up */
typedef struct CachedModel
{
	char location[LOCATION_MAX]; /* hash key */
	Model *model;				 /* NULL = no model serves this location */
} CachedModel;

static HTAB *cached_models = NULL;
static bool cached_models_stale = false;
static char *cached_name = NULL; /* the setting jorge.model that the cache was filled under */
static LocalTransactionId cached_lxid = InvalidLocalTransactionId; /* set = filled by that transaction's snapshot */
static Oid registry = InvalidOid; /* jorge.model_active when the cache was filled */

/*
 * Note that the registry, or everything, has changed
 */
static void
registry_changed(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == registry)
		cached_models_stale = true;
}

/*
 * Warn, once for each model, of one that learned from another version of the scanner's words
 */
static void
check_lexicon(const Model *model, const Forest *forest)
{
	static char warned[sizeof(model->label)];
	int lexicon = jorge_forest_lexicon(forest);

	if (lexicon == 0 || lexicon == JORGE_LEXICON_VERSION || strcmp(warned, model->label) == 0)
		return;
	strlcpy(warned, model->label, sizeof(warned));
	ereport(WARNING, (errmsg("model \"%s\" was trained on lexicon %d, messages are read with lexicon %d",
							 model->label, lexicon, JORGE_LEXICON_VERSION),
					  errhint("Its scores may be off: train it again with jorge.train().")));
}

/*
 * Map the forest's features to the catalogue
 */
static void
map_features(Model *model)
{
	const Forest *forest = jorge_forest_from_datum(model->forest);

	check_lexicon(model, forest);
	model->nfeatures = jorge_forest_features(forest);
	model->catalogue = MemoryContextAlloc(model->mcxt, sizeof(int) * model->nfeatures);
	for (int i = 0; i < model->nfeatures; i++)
	{
		const char *name = jorge_forest_feature_name(forest, i);

		model->catalogue[i] = name ? jorge_feature_id(name) : -1;
		if (model->catalogue[i] < 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("model \"%s\" uses feature \"%s\", which jorge.lead_features() does not make",
							model->label, name ? name : "(unnamed)"),
					 errhint("Promote a model trained on jorge.lead_features(), or predict with "
							 "jorge.predict_row(forest, record).")));
	}
}

/*
 * Read the registry: the location's own model, else the shared one. NULL if neither serves.
 */
static Model *
read_registry(const char *location, MemoryContext mcxt, bool read_only)
{
	static SPIPlanPtr plan = NULL;
	Oid relid = jorge_managed_relation("model_active", false);
	JorgeOwner owner;
	Datum args[2];
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext made = NULL;
	Model *model = NULL;

	jorge_owner_enter(&owner, relid);
	SPI_connect();
	if (plan == NULL)
	{
		Oid types[2] = {TEXTOID, TEXTOID};

		plan = SPI_prepare(
			"SELECT m.name, m.version, m.forest,"
			" EXISTS (SELECT FROM jorge.ensemble e"
			" WHERE e.location_id OPERATOR(pg_catalog.=) m.location_id"
			" AND e.name OPERATOR(pg_catalog.=) m.name"
			" AND e.version OPERATOR(pg_catalog.=) m.version)"
			" FROM jorge.model_active a JOIN jorge.model m"
			" ON m.location_id OPERATOR(pg_catalog.=) a.location_id"
			" AND m.name OPERATOR(pg_catalog.=) a.name"
			" AND m.version OPERATOR(pg_catalog.=) a.version"
			" WHERE a.name OPERATOR(pg_catalog.=) $2"
			" AND (a.location_id OPERATOR(pg_catalog.=) $1"
			" OR a.location_id OPERATOR(pg_catalog.=) '" JORGE_SHARED_LOCATION "')"
			" ORDER BY a.location_id OPERATOR(pg_catalog.=) '" JORGE_SHARED_LOCATION "' LIMIT 1",
			2, types);
		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare the model look-up: %s",
				 SPI_result_code_string(SPI_result));
	}
	args[0] = CStringGetTextDatum(location);
	args[1] = CStringGetTextDatum(jorge_settings.model);
	if (SPI_execute_plan(plan, args, NULL, read_only, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up the model");
	if (SPI_processed == 1)
	{
		HeapTuple tuple = SPI_tuptable->vals[0];
		TupleDesc desc = SPI_tuptable->tupdesc;
		bool null_name, null_version, null_forest, null_ensemble;
		Datum name = SPI_getbinval(tuple, desc, 1, &null_name);
		Datum version = SPI_getbinval(tuple, desc, 2, &null_version);
		Datum forest = SPI_getbinval(tuple, desc, 3, &null_forest);
		bool ensemble = DatumGetBool(SPI_getbinval(tuple, desc, 4, &null_ensemble));

		if (null_forest)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("model \"%s\" has no forest", jorge_settings.model),
							errhint("Run SELECT jorge.install() to make it from its document again.")));

		/* under the caller's context until it is whole, so that a model we can't serve leaks nothing */
		made = AllocSetContextCreate(caller, "jorge model", ALLOCSET_SMALL_SIZES);
		model = MemoryContextAllocZero(made, sizeof(Model));
		model->mcxt = made;
		model->ensemble = ensemble;
		snprintf(model->label, sizeof(model->label), "%s_v%d", TextDatumGetCString(name),
				 DatumGetInt32(version));
		{
			MemoryContext old = MemoryContextSwitchTo(made);

			model->forest = PointerGetDatum(PG_DETOAST_DATUM_COPY(forest));
			MemoryContextSwitchTo(old);
		}
	}
	SPI_finish();
	jorge_owner_leave(&owner);

	if (model != NULL)
	{
		map_features(model);
		MemoryContextSetParent(made, mcxt);
	}
	return model;
}

/*
 * Is this the snapshot that the call site looked its model up by?
 *
 * With equal xmax the set of running transactions only shrinks, so equal counts mean equal sets.
 */
static bool
same_snapshot(const ModelCall *call, Snapshot snapshot)
{
	return call->lxid == JORGE_LXID && call->curcid == snapshot->curcid &&
		   call->xmin == snapshot->xmin && call->xmax == snapshot->xmax &&
		   call->xcnt == snapshot->xcnt && call->subxcnt == snapshot->subxcnt;
}

Model *
jorge_model_for_query(ModelCall *call, MemoryContext mcxt)
{
	Snapshot snapshot = GetActiveSnapshot();
	const char *location = jorge_session_location();

	if (call->model != NULL && same_snapshot(call, snapshot) && strcmp(call->location, location) == 0 &&
		strcmp(call->name, jorge_settings.model) == 0)
		return call->model;

	if (call->model != NULL)
		MemoryContextDelete(call->model->mcxt);
	call->model = NULL;
	call->model = read_registry(location, mcxt, true);
	if (call->model == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("no model \"%s\" serves location \"%s\"", jorge_settings.model, location),
						errhint("Promote one: SELECT jorge.promote('%s', version), or run SELECT "
								"jorge.install() for the default model.",
								jorge_settings.model)));
	call->location = MemoryContextStrdup(call->model->mcxt, location);
	call->name = MemoryContextStrdup(call->model->mcxt, jorge_settings.model);
	call->lxid = JORGE_LXID;
	call->curcid = snapshot->curcid;
	call->xmin = snapshot->xmin;
	call->xmax = snapshot->xmax;
	call->xcnt = snapshot->xcnt;
	call->subxcnt = snapshot->subxcnt;
	return call->model;
}

/*
 * Throw away what triggers have cached
 */
static void
forget_cached_models(void)
{
	HASH_SEQ_STATUS scan;
	CachedModel *entry;

	hash_seq_init(&scan, cached_models);
	while ((entry = hash_seq_search(&scan)) != NULL)
	{
		if (entry->model != NULL)
			MemoryContextDelete(entry->model->mcxt);
		hash_search(cached_models, entry->location, HASH_REMOVE, NULL);
	}
	cached_models_stale = false;
	cached_lxid = InvalidLocalTransactionId;
}

Model *
jorge_model_for_trigger(const char *location)
{
	CachedModel *entry;
	Model *model;
	bool cacheable = strlen(location) < LOCATION_MAX;
	bool found;

	if (cached_models == NULL)
	{
		HASHCTL info = {.keysize = LOCATION_MAX, .entrysize = sizeof(CachedModel), .hcxt = CacheMemoryContext};

		cached_models = hash_create("jorge models", 16, &info, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
		CacheRegisterRelcacheCallback(registry_changed, (Datum) 0);
	}
	if (cached_name == NULL || strcmp(cached_name, jorge_settings.model) != 0)
	{
		char *name = MemoryContextStrdup(CacheMemoryContext, jorge_settings.model);

		if (cached_name != NULL)
			pfree(cached_name);
		cached_name = name;
		cached_models_stale = true;
	}
	/* what a transaction's own, older snapshot showed is good for that transaction only */
	if (cached_lxid != InvalidLocalTransactionId && cached_lxid != JORGE_LXID)
		cached_models_stale = true;
	if (cached_models_stale)
		forget_cached_models();

	entry = cacheable ? hash_search(cached_models, location, HASH_FIND, NULL) : NULL;
	if (entry != NULL)
		return entry->model;

	registry = jorge_managed_relation("model_active", false);
	/*
	 * In READ COMMITTED a fresh snapshot is taken after the change that made us look, so what it reads is not
	 * older.
	 */
	if (IsolationUsesXactSnapshot())
		cached_lxid = JORGE_LXID;
	model = read_registry(location, cacheable ? CacheMemoryContext : CurrentMemoryContext, false);
	if (!cacheable)
		return model;
	entry = hash_search(cached_models, location, HASH_ENTER, &found);
	entry->model = model;
	return model;
}

const char *const jorge_score_classes[JORGE_SCORE_CLASSES] = {"HOT", "WARM", "COLD"};

const char *
jorge_score_class(double probability)
{
	if (probability >= jorge_settings.hot_threshold)
		return jorge_score_classes[0];
	if (probability >= jorge_settings.warm_threshold)
		return jorge_score_classes[1];
	return jorge_score_classes[2];
}

/*
 * Put features into the forest's own order; into stack, or memory of the caller's context where it is too short
 */
static float *
arrange(const Model *model, const float features[JORGE_FEATURES], float *stack, int size)
{
	/* a foreign model may name a feature twice, so it can have more inputs than the catalogue */
	float *x = model->nfeatures > size ? palloc(sizeof(float) * model->nfeatures) : stack;

	for (int i = 0; i < model->nfeatures; i++)
		x[i] = features[model->catalogue[i]];
	return x;
}

double
jorge_model_probability(const Model *model, const float features[JORGE_FEATURES])
{
	const Forest *forest = jorge_forest_from_datum(model->forest);
	float stack[JORGE_FEATURES * 2];
	float *x = arrange(model, features, stack, lengthof(stack));
	double probability = jorge_forest_predict(forest, x);

	if (x != stack)
		pfree(x);
	return probability;
}

void
jorge_model_score(const Model *model, const float features[JORGE_FEATURES], Scored *scored)
{
	const Forest *forest = jorge_forest_from_datum(model->forest);
	float stack[JORGE_FEATURES * 2];
	float *x = arrange(model, features, stack, lengthof(stack));
	float margin;
	double variance;

	margin = jorge_forest_margin_variance(forest, x, &variance);
	scored->probability = jorge_forest_link(forest, margin);
	scored->score = 100 * scored->probability;
	scored->class = jorge_score_class(scored->probability);
	jorge_forest_interval(forest, margin, variance, &scored->lower, &scored->upper);
	scored->confidence = 1 - (scored->upper - scored->lower);
	if (x != stack)
		pfree(x);
}
