/*
 * score_table.c: jorge.score_batch(): many leads of jorge.lead at once, for jorge.score_all() and for a dry run.
 *
 * Rows go from the executor straight into a matrix of features, a chunk of it at a time through the forest; those whose
 * stored score is not what comes out are written by one statement. Nothing waits for a row lock, so nothing can
 * deadlock with intake: a row that somebody else has locked is being scored by him. And no score is lost that was
 * written after the batch was read: a stored score is replaced only if it is still the very version that was read,
 * and a first score is stored only if the lead is.
 *
 * Runs with the caller's rights and row security.
 */
#include "core/jorge.h"

#include "core/datum.h"
#include "core/progress.h"
#include "core/settings.h"
#include "features/features.h"
#include "score/model.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#define EQ " OPERATOR(pg_catalog.=) "

/* Rows that go through the forest together; their features fit the second-level cache. */
#define CHUNK_ROWS 256

/* Columns that follow the lead's own in a row read to be compared with its stored score */
typedef enum StoredColumn
{
	STORED_lead_tid,
	STORED_lead_xmin,
	STORED_score_tid,
	STORED_score_xmin,
	STORED_probability,
	STORED_class,
	STORED_model,
	STORED_scored_at,
	STORED_COLUMNS
} StoredColumn;

static const char *const stored_columns = ", l.ctid, l.xmin, s.ctid, s.xmin, s.probability, s.class, s.model, s.scored_at";

/* Columns of the in-memory relation jorge_scored that the writing statement reads */
typedef enum ScoredColumn
{
	SCORED_lead_id,
	SCORED_lead_tid,
	SCORED_lead_xmin,
	SCORED_score_tid,
	SCORED_score_xmin,
	SCORED_probability,
	SCORED_score,
	SCORED_class,
	SCORED_confidence,
	SCORED_lower,
	SCORED_upper,
	SCORED_features,
	SCORED_changed,
	SCORED_COLUMNS
} ScoredColumn;

static const struct
{
	const char *name;
	Oid type;
} scored_columns[SCORED_COLUMNS] = {
	{"lead_id", UUIDOID},	  {"lead_tid", TIDOID},		{"lead_xmin", XIDOID},	 {"score_tid", TIDOID},
	{"score_xmin", XIDOID},	  {"probability", FLOAT8OID}, {"score", FLOAT8OID},	 {"class", TEXTOID},
	{"confidence", FLOAT8OID}, {"lower", FLOAT8OID},		{"upper", FLOAT8OID},	 {"features", FLOAT4ARRAYOID},
	{"changed", BOOLOID},
};

/* What is kept of a row until its chunk is scored */
typedef struct Row
{
	pg_uuid_t lead_id;
	ItemPointerData lead_tid;
	TransactionId lead_xmin;
	bool has_score;
	ItemPointerData score_tid;
	TransactionId score_xmin;
	double probability;	 /* the stored one */
	const char *class;	 /* the stored one, NULL = none of those we give */
	bool outdated;		 /* the stored score is of another model, or too old */
	float features[JORGE_FEATURES];
} Row;

typedef struct Batch
{
	DestReceiver receiver;
	MemoryContext row_mcxt;

	/* what was asked for */
	Datum location;
	bool compare;	 /* rows carry their stored scores */
	bool everything; /* each row is due */
	bool dry_run;
	TimestampTz oldest; /* older scores are outdated; DT_NOBEGIN = none is */
	TimestampTz now;
	const Model *model;
	int64 done_before;

	/* the rows */
	RecordReader *reader;
	RecordValue *values;
	int lead_id;   /* attributes, zero-based */
	int stored;
	Row *rows;
	float *x;
	float *margins;
	int n;
	Tuplestorestate *due_rows;
	TupleDesc due_desc;

	/* the result */
	pg_uuid_t last_id;
	int64 leads;
	int64 due;
	double sum; /* of probabilities */
} Batch;

JORGE_FUNCTION(jorge_score_batch);

/*
 * Put a row that is to be written into jorge_scored
 */
static void
put_due_row(Batch *batch, Row *row, const char *class)
{
	Datum values[SCORED_COLUMNS];
	bool nulls[SCORED_COLUMNS] = {false};
	Scored scored;

	jorge_model_score(batch->model, row->features, &scored);
	values[SCORED_lead_id] = UUIDPGetDatum(&row->lead_id);
	values[SCORED_lead_tid] = PointerGetDatum(&row->lead_tid);
	values[SCORED_lead_xmin] = TransactionIdGetDatum(row->lead_xmin);
	values[SCORED_score_tid] = PointerGetDatum(&row->score_tid);
	values[SCORED_score_xmin] = TransactionIdGetDatum(row->score_xmin);
	nulls[SCORED_score_tid] = nulls[SCORED_score_xmin] = !row->has_score;
	values[SCORED_probability] = Float8GetDatum(scored.probability);
	values[SCORED_score] = Float8GetDatum(scored.score);
	values[SCORED_class] = CStringGetTextDatum(class);
	values[SCORED_confidence] = Float8GetDatum(scored.confidence);
	values[SCORED_lower] = Float8GetDatum(scored.lower);
	values[SCORED_upper] = Float8GetDatum(scored.upper);
	nulls[SCORED_confidence] = nulls[SCORED_lower] = nulls[SCORED_upper] = isnan(scored.confidence);
	nulls[SCORED_features] = !jorge_settings.log_predictions;
	values[SCORED_features] = jorge_settings.log_predictions
								  ? PointerGetDatum(jorge_features_array(row->features))
								  : (Datum) 0;
	values[SCORED_changed] = BoolGetDatum(!row->has_score || row->class != class);
	tuplestore_putvalues(batch->due_rows, batch->due_desc, values, nulls);
}

/*
 * Score the rows collected
 */
static void
score_chunk(Batch *batch)
{
	const Forest *forest = jorge_forest_from_datum(batch->model->forest);
	MemoryContext old = MemoryContextSwitchTo(batch->row_mcxt);

	CHECK_FOR_INTERRUPTS();
	jorge_forest_margins(forest, batch->x, batch->n, batch->margins);
	for (int i = 0; i < batch->n; i++)
	{
		Row *row = &batch->rows[i];
		double probability = jorge_forest_link(forest, batch->margins[i]);
		const char *class;

		batch->sum += probability;
		if (!batch->compare)
		{
			batch->due++;
			continue;
		}
		class = jorge_score_class(probability);
		if (!batch->everything && row->has_score && !row->outdated && row->probability == probability &&
			row->class == class)
			continue;
		batch->due++;
		if (!batch->dry_run)
		{
			put_due_row(batch, row, class);
			MemoryContextReset(batch->row_mcxt);
		}
	}
	MemoryContextSwitchTo(old);
	batch->leads += batch->n;
	batch->n = 0;
	pgstat_progress_update_param(JORGE_PROGRESS_DONE, batch->done_before + batch->leads);
}

/*
 * Find a class's own constant, so that classes compare by address
 */
static const char *
known_class(Datum datum)
{
	for (int i = 0; i < lengthof(jorge_score_classes); i++)
		if (jorge_text_is(datum, jorge_score_classes[i]))
			return jorge_score_classes[i];
	return NULL;
}

/*
 * Keep what the stored score says
 */
static void
read_stored(const Batch *batch, const Datum *values, const bool *nulls, Row *row)
{
	row->lead_tid = *(ItemPointer) DatumGetPointer(values[STORED_lead_tid]);
	row->lead_xmin = DatumGetTransactionId(values[STORED_lead_xmin]);
	row->has_score = !nulls[STORED_score_tid];
	if (!row->has_score)
		return;
	row->score_tid = *(ItemPointer) DatumGetPointer(values[STORED_score_tid]);
	row->score_xmin = DatumGetTransactionId(values[STORED_score_xmin]);
	row->probability = DatumGetFloat8(values[STORED_probability]);
	row->class = known_class(values[STORED_class]);
	row->outdated = !jorge_text_is(values[STORED_model], batch->model->label) ||
					DatumGetTimestampTz(values[STORED_scored_at]) < batch->oldest;
}

/*
 * Take a row from the executor
 */
static bool
receive_row(TupleTableSlot *slot, DestReceiver *self)
{
	Batch *batch = (Batch *) self;
	const Model *model = batch->model;
	MemoryContext old = MemoryContextSwitchTo(batch->row_mcxt);
	Row *row = &batch->rows[batch->n];
	float *x = batch->x + (Size) batch->n * model->nfeatures;
	LeadInput input;

	jorge_record_read_slot(batch->reader, slot, batch->values);
	jorge_lead_input(batch->values, &input);
	jorge_features_compute(&input, batch->now, NULL, row->features);
	for (int i = 0; i < model->nfeatures; i++)
		x[i] = row->features[model->catalogue[i]];
	if (batch->compare)
	{
		row->lead_id = *DatumGetUUIDP(slot->tts_values[batch->lead_id]);
		batch->last_id = row->lead_id;
		read_stored(batch, slot->tts_values + batch->stored, slot->tts_isnull + batch->stored, row);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(batch->row_mcxt);
	if (++batch->n == CHUNK_ROWS)
		score_chunk(batch);
	return true;
}

/*
 * Learn where the columns of the rows to come are
 */
static void
start_rows(DestReceiver *self, int operation, TupleDesc desc)
{
	Batch *batch = (Batch *) self;

	batch->stored = desc->natts - STORED_COLUMNS;
	batch->lead_id = SPI_fnumber(desc, "lead_id") - 1;
	jorge_record_expect(batch->reader, desc);
}

static void
end_rows(DestReceiver *self)
{
}

/*
 * Read the leads, and score them
 */
static void
read_leads(Batch *batch, bool after_given, Datum after, int64 limit)
{
	Oid types[3] = {TEXTOID, UUIDOID, INT8OID};
	Datum values[3] = {batch->location, after, Int64GetDatum(limit)};
	const char nulls[3] = {' ', after_given ? ' ' : 'n', limit > 0 ? ' ' : 'n'};
	SPIExecuteOptions options = {0};
	ParamListInfo params = makeParamList(lengthof(types));
	StringInfoData sql;

	for (int i = 0; i < lengthof(types); i++)
	{
		params->params[i].ptype = types[i];
		params->params[i].value = values[i];
		params->params[i].isnull = nulls[i] == 'n';
		params->params[i].pflags = PARAM_FLAG_CONST;
	}
	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT l.*%s FROM jorge.lead l", batch->compare ? stored_columns : "");
	if (batch->compare)
		appendStringInfo(&sql,
						 " LEFT JOIN jorge.lead_score s ON s.location_id" EQ "l.location_id AND s.lead_id" EQ
						 "l.lead_id%s",
						 after_given ? " AND s.lead_id OPERATOR(pg_catalog.>) $2" : "");
	appendStringInfo(&sql, " WHERE l.location_id" EQ "$1 AND l.erased_at IS NULL%s",
					 after_given ? " AND l.lead_id OPERATOR(pg_catalog.>) $2" : "");
	if (limit > 0)
		appendStringInfoString(&sql, " ORDER BY l.lead_id LIMIT $3");

	batch->receiver.receiveSlot = receive_row;
	batch->receiver.rStartup = start_rows;
	batch->receiver.rShutdown = end_rows;
	batch->receiver.rDestroy = end_rows;
	batch->receiver.mydest = DestTuplestore; /* any that is not discarded */
	options.params = params;
	options.read_only = false;
	options.dest = &batch->receiver;
	if (SPI_execute_extended(sql.data, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not read the leads: %s", SPI_result_code_string(SPI_result));
	if (batch->n > 0)
		score_chunk(batch);
}

/*
 * Make the relation jorge_scored
 */
static void
begin_due_rows(Batch *batch)
{
	batch->due_desc = CreateTemplateTupleDesc(SCORED_COLUMNS);
	for (int c = 0; c < SCORED_COLUMNS; c++)
		TupleDescInitEntry(batch->due_desc, c + 1, scored_columns[c].name, scored_columns[c].type, -1, 0);
	batch->due_rows = tuplestore_begin_heap(false, false, work_mem);
}

/*
 * Write the scores that are due; returns how many were
 */
static int64
write_scores(Batch *batch)
{
	static const char *const sql =
		/* stored scores that are still what was read; a locked one is being replaced by somebody else */
		"WITH known AS MATERIALIZED (SELECT b.* FROM jorge_scored b JOIN jorge.lead_score s ON s.ctid" EQ "b.score_tid"
		" WHERE s.location_id" EQ "$1 AND s.lead_id" EQ "b.lead_id AND s.xmin" EQ "b.score_xmin"
		" FOR NO KEY UPDATE OF s SKIP LOCKED), "
		/* leads without a score that are still what was read: whoever scores one locks it first */
		"fresh AS MATERIALIZED (SELECT b.* FROM jorge_scored b JOIN jorge.lead l ON l.ctid" EQ "b.lead_tid"
		" WHERE b.score_tid IS NULL AND l.location_id" EQ "$1 AND l.lead_id" EQ "b.lead_id AND l.xmin" EQ "b.lead_xmin"
		" FOR NO KEY UPDATE OF l SKIP LOCKED), "
		"replaced AS (UPDATE jorge.lead_score s SET probability = k.probability, score = k.score, class = k.class,"
		" confidence = k.confidence, lower = k.lower, upper = k.upper, model = $2, scored_at = $3"
		" FROM known k WHERE s.ctid" EQ "k.score_tid RETURNING k.*), "
		"added AS (INSERT INTO jorge.lead_score (location_id, lead_id, probability, score, class, confidence, lower,"
		" upper, model, scored_at)"
		" SELECT $1, lead_id, probability, score, class, confidence, lower, upper, $2, $3 FROM fresh"
		" ON CONFLICT DO NOTHING RETURNING lead_id), "
		"written AS (SELECT * FROM replaced UNION ALL SELECT * FROM fresh), "
		"p AS (INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, confidence,"
		" lower, upper, features)"
		" SELECT $1, $3, lead_id, 'score_all', $2, probability, class, confidence, lower, upper, features FROM written"
		" WHERE features IS NOT NULL), "
		"e AS (INSERT INTO jorge.event (location_id, at, lead_id, kind, score, confidence, class, model, reason)"
		" SELECT $1, $3, lead_id, 'lead_ml_scored', score, confidence, class, $2, 'score_all' FROM written WHERE changed) "
		"SELECT (SELECT pg_catalog.count(*) FROM replaced) OPERATOR(pg_catalog.+) (SELECT pg_catalog.count(*) FROM added)";
	Oid types[3] = {TEXTOID, TEXTOID, TIMESTAMPTZOID};
	Datum values[3] = {batch->location, CStringGetTextDatum(batch->model->label), TimestampTzGetDatum(batch->now)};
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));
	bool null;

	relation->md.name = "jorge_scored";
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = batch->due_desc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = batch->due;
	relation->reldata = batch->due_rows;
	if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register the scores");
	if (SPI_execute_with_args(sql, lengthof(types), types, values, NULL, false, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not write the scores: %s", SPI_result_code_string(SPI_result));
	SPI_unregister_relation(relation->md.name);
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

/*
 * Change a setting until the function returns
 */
static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Have a batch planned as a walk along keys, whatever the tables' statistics say: any other plan would read the whole
 * tables for each batch
 */
static void
plan_by_keys(void)
{
	set_local("enable_seqscan", "off");
	set_local("enable_hashjoin", "off");
	set_local("enable_mergejoin", "off");
	set_local("enable_sort", "off");
	set_local("max_parallel_workers_per_gather", "0");
}

/*
 * Score a batch of the leads of a location
 *
 * Arguments: location_id, after (uuid), batch_size, everything, older_than, model, expect, dry_run, done, total
 */
Datum
jorge_score_batch(PG_FUNCTION_ARGS)
{
	TupleDesc desc;
	Batch *batch = palloc0(sizeof(Batch));
	char *location;
	bool all = PG_ARGISNULL(2);
	int64 limit = all ? 0 : PG_GETARG_INT64(2);
	int64 written = 0;
	int guc_level;
	Datum values[6];
	bool nulls[6] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != lengthof(values))
		elog(ERROR, "return type must be a row type");
	for (int i = 0; i < 10; i++)
		if (PG_ARGISNULL(i) && i != 1 && i != 2 && i != 4 && i != 5 && i != 6)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("argument %d of jorge.score_batch() must not be NULL", i + 1)));
	if (limit < 0 || (all && !PG_GETARG_BOOL(7)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("batch_size must be given and not be negative, unless it is a dry run")));

	guc_level = NewGUCNestLevel();
	if (!PG_ARGISNULL(5))
		set_local("jorge.model", text_to_cstring(PG_GETARG_TEXT_PP(5)));
	location = text_to_cstring(PG_GETARG_TEXT_PP(0));
	batch->model = jorge_model_for_trigger(location);
	if (batch->model == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("no model \"%s\" serves location \"%s\"", jorge_settings.model, location),
						errhint("Promote one: SELECT jorge.promote('%s', version).", jorge_settings.model)));
	values[5] = CStringGetTextDatum(batch->model->label);

	if ((limit > 0 || all) &&
		(PG_ARGISNULL(6) || strcmp(batch->model->label, text_to_cstring(PG_GETARG_TEXT_PP(6))) == 0))
	{
		batch->location = PG_GETARG_DATUM(0);
		batch->everything = PG_GETARG_BOOL(3);
		batch->dry_run = PG_GETARG_BOOL(7);
		batch->compare = !(batch->everything && batch->dry_run && all);
		batch->done_before = PG_GETARG_INT64(8);
		batch->now = GetCurrentTransactionStartTimestamp();
		batch->oldest = DT_NOBEGIN;
		if (!PG_ARGISNULL(4))
			batch->oldest = DatumGetTimestampTz(DirectFunctionCall2(
				timestamptz_mi_interval, TimestampTzGetDatum(batch->now), PG_GETARG_DATUM(4)));
		batch->row_mcxt = AllocSetContextCreate(CurrentMemoryContext, "jorge score row", ALLOCSET_DEFAULT_SIZES);
		batch->reader = jorge_record_reader(CurrentMemoryContext, jorge_lead_columns, jorge_lead_ncolumns);
		batch->values = palloc(sizeof(RecordValue) * jorge_lead_ncolumns);
		batch->rows = palloc0(sizeof(Row) * CHUNK_ROWS);
		batch->x = palloc(sizeof(float) * CHUNK_ROWS * Max(batch->model->nfeatures, 1));
		batch->margins = palloc(sizeof(float) * CHUNK_ROWS);
		begin_due_rows(batch);

		pgstat_progress_start_command(JORGE_PROGRESS_COMMAND, InvalidOid);
		pgstat_progress_update_param(JORGE_PROGRESS_TASK, JORGE_TASK_SCORE);
		pgstat_progress_update_param(JORGE_PROGRESS_STARTED_AT, GetCurrentTimestamp());
		pgstat_progress_update_param(JORGE_PROGRESS_TOTAL, PG_GETARG_INT64(9));
		pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_SCORE_SCORING);

		SPI_connect();
		if (!all)
			plan_by_keys();
		read_leads(batch, !PG_ARGISNULL(1), PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1), limit);
		if (!batch->dry_run && batch->due > 0)
		{
			pgstat_progress_update_param(JORGE_PROGRESS_PHASE, JORGE_SCORE_WRITING);
			written = write_scores(batch);
		}
		SPI_finish();
		tuplestore_end(batch->due_rows);
		/* a full batch is followed by another, of the same task */
		if (all || batch->leads < limit)
			pgstat_progress_end_command();
	}
	else
		pgstat_progress_end_command();
	AtEOXact_GUC(false, guc_level);

	values[0] = UUIDPGetDatum(&batch->last_id);
	nulls[0] = batch->leads == 0 || !batch->compare;
	values[1] = Int64GetDatum(batch->leads);
	values[2] = Int64GetDatum(batch->due);
	values[3] = Int64GetDatum(written);
	values[4] = Float8GetDatum(batch->sum / batch->leads);
	nulls[4] = batch->leads == 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
