/*
 * rows.c: reading and writing the rows of a statement's leads without SQL.
 */
#include "core/jorge.h"

#include "core/owner.h"
#include "intake/probe.h"
#include "intake/rows.h"
#include "intake/table_writer.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* ---- what goes where ---- */

typedef enum Target
{
	TO_LEAD,
	TO_SCORE,
	TO_KEY,
	TO_LINK,
	TO_PREDICTION,
	TO_EVENT,
	TARGETS
} Target;

/* Where a column's value comes from, if not from a column of the relation */
enum
{
	FROM_REASON = -1,
	FROM_KIND = -2,
	FROM_NEW_ID = -3
};

#define SERVED(name) (LEAD_COLUMNS + SERVED_##name)

static const char *const score_names[] = {"location_id", "lead_id", "probability", "score", "class", "confidence", "lower", "upper", "model", "scored_at"};
static const Oid score_types[] = {TEXTOID, UUIDOID, FLOAT8OID, FLOAT8OID, TEXTOID, FLOAT8OID, FLOAT8OID, FLOAT8OID, TEXTOID, TIMESTAMPTZOID};
static const int score_from[] = {LEAD_location_id,	 LEAD_lead_id,	SERVED(probability), SERVED(score), SERVED(class),
								 SERVED(confidence), SERVED(lower), SERVED(upper),		 SERVED(model), SERVED(scored_at)};

static const char *const key_names[] = {"location_id", "kind", "key", "lead_id", "share"};
static const Oid key_types[] = {TEXTOID, TEXTOID, TEXTOID, UUIDOID, INT4OID};

static const char *const link_names[] = {"location_id", "inquiry_id", "lead_id", "rule"};
static const Oid link_types[] = {TEXTOID, UUIDOID, UUIDOID, TEXTOID};

static const int in_order[] = {0, 1, 2, 3, 4};

static const char *const prediction_names[] = {"location_id", "at",	   "prediction_id", "lead_id", "reason", "model",
											   "probability", "class", "confidence",	"lower",   "upper",	 "features"};
static const Oid prediction_types[] = {TEXTOID, TIMESTAMPTZOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, FLOAT8OID, TEXTOID, FLOAT8OID, FLOAT8OID, FLOAT8OID, FLOAT4ARRAYOID};
static const int prediction_from[] = {LEAD_location_id,	   SERVED(scored_at), FROM_NEW_ID,		  LEAD_lead_id,	 FROM_REASON,	SERVED(model),
									  SERVED(probability), SERVED(class),	  SERVED(confidence), SERVED(lower), SERVED(upper), SERVED(features)};

static const char *const event_names[] = {"location_id", "at", "event_id", "lead_id", "kind", "score", "confidence", "class", "model", "reason"};
static const Oid event_types[] = {TEXTOID, TIMESTAMPTZOID, UUIDOID, UUIDOID, TEXTOID, FLOAT8OID, FLOAT8OID, TEXTOID, TEXTOID, TEXTOID};
static const int event_from[] = {LEAD_location_id, SERVED(scored_at),  FROM_NEW_ID,	  LEAD_lead_id,	 FROM_KIND,
								 SERVED(score),	   SERVED(confidence), SERVED(class), SERVED(model), FROM_REASON};

static const TableShape shapes[TARGETS] = {
	[TO_LEAD] = {"lead", LEAD_COLUMNS, jorge_lead_column_names, jorge_lead_column_types, LEAD_FIRST_FOLDED},
	[TO_SCORE] = {"lead_score", lengthof(score_names), score_names, score_types, 2},
	[TO_KEY] = {"lead_key", lengthof(key_names), key_names, key_types},
	[TO_LINK] = {"inquiry_lead", lengthof(link_names), link_names, link_types, .vouched = true},
	[TO_PREDICTION] = {"prediction", lengthof(prediction_names), prediction_names, prediction_types, .by_month = true},
	[TO_EVENT] = {"event", lengthof(event_names), event_names, event_types, .by_month = true},
};

StaticAssertDecl(LEAD_COLUMNS <= WRITER_COLUMNS, "a table plan has no room for the lead's columns");

/* Where the columns come from; NULL = from the lead's own, in order */
static const int *const sources[TARGETS] = {NULL, score_from, in_order, in_order, prediction_from, event_from};

/* A lead goes where its column of this position is not NULL */
static const int asked[TARGETS] = {LEAD_location_id, SERVED(model), 0, 0, SERVED(features), SERVED(model)};

static TablePlan plans[TARGETS] = {
	{&shapes[TO_LEAD]}, {&shapes[TO_SCORE]}, {&shapes[TO_KEY]}, {&shapes[TO_LINK]}, {&shapes[TO_PREDICTION]}, {&shapes[TO_EVENT]},
};

/* ---- ids ---- */

pg_uuid_t *
jorge_new_id(void)
{
	/* asking for few bytes costs as much as for many */
	static unsigned char random[4096];
	static int left = 0;
	pg_uuid_t *id = palloc(sizeof(pg_uuid_t));
	/* microseconds since 1970; the part below a millisecond goes into the 12 bits after the version (RFC 9562, method 3) */
	uint64 now = (uint64) (GetCurrentTimestamp() + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY);
	uint64 high = pg_hton64((now / 1000) << 16 | 0x7000 | ((now % 1000) * 4096 / 1000));

	if (left == 0)
	{
		if (!pg_strong_random(random, sizeof(random)))
			ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not make an id: no random numbers")));
		left = sizeof(random);
	}
	left -= 8;
	memcpy(id->data, &high, 8);
	memcpy(id->data + 8, random + left, 8);
	id->data[8] = (id->data[8] & 0x3f) | 0x80;
	return id;
}

/* ---- writing ---- */

/*
 * Write the rows of one table; places: of leads that are stored already
 */
static void
write_table(Target target, EState *estate, const IntakeRows *rows, const ItemPointerData *places, const char *reason)
{
	const TableShape *shape = &shapes[target];
	Datum constants[] = {[-FROM_REASON] = CStringGetTextDatum(reason), [-FROM_KIND] = CStringGetTextDatum("lead_ml_scored")};
	TableWriter writer;

	jorge_writer_begin(&writer, &plans[target], estate, rows->n);
	for (int r = 0; r < rows->n; r++)
	{
		const Datum *values = rows->values + (Size) r * rows->ncolumns;
		const bool *nulls = rows->nulls + (Size) r * rows->ncolumns;
		Datum row[WRITER_COLUMNS];
		bool row_nulls[WRITER_COLUMNS];

		if (nulls[asked[target]])
			continue;
		if (sources[target] != NULL)
		{
			for (int c = 0; c < shape->ncolumns; c++)
			{
				int from = sources[target][c];

				row[c] = from >= 0 ? values[from] : from == FROM_NEW_ID ? UUIDPGetDatum(jorge_new_id()) : constants[-from];
				row_nulls[c] = from >= 0 && nulls[from];
			}
			values = row;
			nulls = row_nulls;
		}
		/* a known lead may have no score yet */
		if (places == NULL || (!jorge_writer_update(&writer, values, nulls, target == TO_LEAD ? &places[r] : NULL) && target == TO_SCORE))
			jorge_writer_insert(&writer, values, nulls);
	}
	jorge_writer_end(&writer);
}

bool
jorge_rows_are_plain(void)
{
	TimestampTz at = GetCurrentTransactionStartTimestamp(); /* as put_lead gives to scores */

	for (Target target = 0; target < TARGETS; target++)
		if (!jorge_table_is_plain(&plans[target], at))
			return false;
	return true;
}

bool
jorge_decisions_are_watched(void)
{
	static const char *const tables[] = {"error", "identity_review", "lead_alias", "lead_ensemble", "lead_merge"};
	Oid ours = get_namespace_oid("jorge", false);
	bool watched = false;

	for (int t = 0; t < lengthof(tables) && !watched; t++)
	{
		Oid relid = jorge_managed_relation(tables[t], true);
		Relation table;

		if (!OidIsValid(relid)) /* made by an older install() */
			continue;
		table = table_open(relid, AccessShareLock);
		watched = table->rd_rules != NULL;
		for (int g = 0; table->trigdesc != NULL && g < table->trigdesc->numtriggers; g++)
		{
			const Trigger *trigger = &table->trigdesc->triggers[g];

			watched |= !trigger->tgisinternal && get_func_namespace(trigger->tgfoid) != ours;
		}
		table_close(table, AccessShareLock);
	}
	return watched;
}

bool
jorge_write_rows(const IntakeRows *leads, const ItemPointerData *places, const IntakeRows *keys, const IntakeRows *links, const char *reason)
{
	EState *estate;

	if (!jorge_rows_are_plain())
		return false;
	estate = CreateExecutorState();
	write_table(TO_LEAD, estate, leads, places, reason);
	write_table(TO_SCORE, estate, leads, places, reason);
	if (keys != NULL && keys->n > 0)
		write_table(TO_KEY, estate, keys, NULL, reason);
	if (links != NULL && links->n > 0)
		write_table(TO_LINK, estate, links, NULL, reason);
	write_table(TO_PREDICTION, estate, leads, NULL, reason);
	write_table(TO_EVENT, estate, leads, NULL, reason);
	FreeExecutorState(estate);
	CommandCounterIncrement();
	return true;
}

/* ---- reading ---- */

bool
jorge_leads_are_plain(void)
{
	return jorge_table_is_plain(&plans[TO_LEAD], 0);
}

bool
jorge_lock_row(Datum location_id, Datum lead_id, bool to_merge, Datum values[LEAD_COLUMNS], bool nulls[LEAD_COLUMNS], ItemPointer place)
{
	const TablePlan *plan = &plans[TO_LEAD];
	Relation table = table_open(plan->leaf, NoLock); /* locked when it was found plain */
	Datum key[2] = {location_id, lead_id};
	TM_FailureData failure;
	TupleTableSlot *slot;
	bool locked = false;
	bool alive;
	Probe probe;

	jorge_probe_begin(&probe, shapes[TO_LEAD].table, shapes[TO_LEAD].columns, 2, false);
	jorge_probe_for(&probe, key);
	slot = jorge_probe_next(&probe);
	if (slot != NULL)
	{
		ItemPointerData tid = slot->tts_tid;
		TupleTableSlot *latest = table_slot_create(table, NULL);

		switch (table_tuple_lock(table, &tid, GetActiveSnapshot(), latest, GetCurrentCommandId(false),
								 to_merge ? LockTupleExclusive : LockTupleNoKeyExclusive, LockWaitBlock,
								 TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS | TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure))
		{
			case TM_Ok:
				locked = true;
				break;
			case TM_Deleted:
				break;
			default:
				ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE), errmsg("could not lock a lead: its row has moved"),
								errhint("The transaction might succeed if retried.")));
		}
		if (locked)
		{
			HeapTuple tuple = ExecCopySlotHeapTuple(latest);
			TupleDesc desc = latest->tts_tupleDescriptor;
			Datum *all = palloc(sizeof(Datum) * desc->natts);
			bool *all_nulls = palloc(sizeof(bool) * desc->natts);
			AttrNumber erased_at = get_attnum(plan->leaf, "erased_at");

			heap_deform_tuple(tuple, desc, all, all_nulls);
			for (int c = 0; c < LEAD_COLUMNS; c++)
			{
				values[c] = all[plan->attno[c]];
				nulls[c] = all_nulls[plan->attno[c]];
			}
			alive = erased_at == InvalidAttrNumber || all_nulls[erased_at - 1];
			*place = latest->tts_tid;
			locked = alive && DatumGetBool(DirectFunctionCall2(uuid_eq, values[LEAD_lead_id], lead_id));
		}
		ExecDropSingleTupleTableSlot(latest);
	}
	jorge_probe_end(&probe);
	table_close(table, NoLock);
	return locked;
}
