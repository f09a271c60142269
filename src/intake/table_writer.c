/*
 * table_writer.c: writing rows of a managed table without the executor.
 */
#include "core/jorge.h"

#include "core/datum.h"
#include "core/owner.h"
#include "intake/probe.h"
#include "intake/table_writer.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/partcache.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#define ROWS_TOGETHER 256
#define MAX_PLANS 8

/* ---- what is known of a table ---- */

static TablePlan *plans[MAX_PLANS];
static int nplans = 0;

/*
 * Forget what is known of a changed table
 */
static void
table_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < nplans; i++)
		if (relid == InvalidOid || plans[i]->table == relid || plans[i]->leaf == relid)
			plans[i]->known = false;
}

/*
 * Does the expression call a function that is not PostgreSQL's own? Others may be replaced, or look at what is written.
 */
static bool
is_foreign_function(Oid function, void *context)
{
	return function >= FirstNormalObjectId;
}

static bool
calls_foreign(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return check_functions_in_node(node, is_foreign_function, NULL) || expression_tree_walker(node, calls_foreign, context);
}

/*
 * Is it a trigger that leaves alone what intake writes?
 */
static bool
is_idle_trigger(const Trigger *trigger, Relation rel, const TablePlan *plan)
{
	const TableShape *shape = plan->shape;
	bool on_update = shape->first_updated > 0 && TRIGGER_FOR_UPDATE(trigger->tgtype);
	bool on_insert = TRIGGER_FOR_INSERT(trigger->tgtype);
	char *name;

	if (trigger->tgenabled == TRIGGER_DISABLED)
		return true;
	if (on_update && trigger->tgnattr > 0)
	{
		on_update = false;
		for (int a = 0; a < trigger->tgnattr; a++)
			for (int c = shape->first_updated; c < shape->ncolumns; c++)
				on_update |= trigger->tgattr[a] == plan->attno[c] + 1;
	}
	if (!on_insert && !on_update)
		return true;

	switch (RI_FKey_trigger_type(trigger->tgfoid))
	{
		case RI_TRIGGER_PK:
			/* an update sets no column of the primary key */
			return !on_insert && trigger->tgconstrindid == jorge_primary_key_index(rel);
		case RI_TRIGGER_FK:
			return !on_update && shape->vouched &&
				   (trigger->tgconstrrelid == jorge_managed_relation("lead", false) ||
					trigger->tgconstrrelid == jorge_managed_relation("inquiry", false));
	}
	/* ours, that look at what a user has put in */
	if (get_func_namespace(trigger->tgfoid) != get_namespace_oid("jorge", false))
		return false;
	name = get_func_name(trigger->tgfoid);
	return strcmp(name, "lead_by_hand") == 0 || strcmp(name, "outcome_noted") == 0;
}

/*
 * Has the relation a trigger or a rule that wants to see what is written?
 */
static bool
is_watched(Relation rel, const TablePlan *plan)
{
	if (rel->rd_rules != NULL)
		return true;
	for (int t = 0; rel->trigdesc != NULL && t < rel->trigdesc->numtriggers; t++)
		if (!is_idle_trigger(&rel->trigdesc->triggers[t], rel, plan))
			return true;
	return false;
}

/*
 * Find the partition for a moment; InvalidOid if there is none
 */
static Oid
find_partition(Relation table, TimestampTz at)
{
	PartitionKey key = RelationGetPartitionKey(table);
	PartitionDesc partitions = RelationGetPartitionDesc(table, true);
	PartitionBoundInfo bounds = partitions->boundinfo;
	Datum value = TimestampTzGetDatum(at);
	bool equal;
	int index;

	if (key->strategy != PARTITION_STRATEGY_RANGE || key->partnatts != 1 || key->partattrs[0] == 0 || key->parttypid[0] != TIMESTAMPTZOID ||
		strcmp(get_attname(RelationGetRelid(table), key->partattrs[0], false), "at") != 0 || bounds == NULL)
		return InvalidOid;
	index = bounds->indexes[partition_range_datum_bsearch(key->partsupfunc, key->partcollation, bounds, 1, &value, &equal) + 1];
	if (index < 0)
		index = bounds->default_index;
	return index < 0 || !partitions->is_leaf[index] ? InvalidOid : partitions->oids[index];
}

/*
 * Find the columns of the shape; false if one is not as install() made it
 */
static bool
find_columns(TablePlan *plan, TupleDesc desc)
{
	const TableShape *shape = plan->shape;

	for (int c = 0; c < shape->ncolumns; c++)
	{
		plan->attno[c] = -1;
		for (int a = 0; a < desc->natts && plan->attno[c] < 0; a++)
		{
			Form_pg_attribute attribute = TupleDescAttr(desc, a);

			if (!attribute->attisdropped && strcmp(NameStr(attribute->attname), shape->columns[c]) == 0)
			{
				if (attribute->atttypid != shape->types[c] || attribute->atttypmod != -1 || attribute->attidentity != '\0')
					return false;
				plan->attno[c] = a;
			}
		}
		if (plan->attno[c] < 0)
			return false;
	}
	return true;
}

/*
 * Work out the defaults of the columns that the shape leaves out; false if one is beyond us. They are the table's, not the partition's.
 */
static bool
find_defaults(TablePlan *plan, Relation table, TupleDesc desc)
{
	plan->defaults = palloc0(sizeof(Datum) * desc->natts);
	plan->default_nulls = palloc(sizeof(bool) * desc->natts);
	plan->computed = palloc(sizeof(int) * desc->natts);
	plan->expressions = palloc(sizeof(ExprState *) * desc->natts);
	plan->ncomputed = 0;
	memset(plan->default_nulls, true, sizeof(bool) * desc->natts);
	for (int a = 0; a < desc->natts; a++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, a);
		bool written = attribute->attisdropped;
		Node *expression;

		for (int c = 0; c < plan->shape->ncolumns && !written; c++)
			written = plan->attno[c] == a;
		if (written)
			continue;
		if (attribute->attgenerated != '\0' || get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN)
			return false;
		expression = build_column_default(table, get_attnum(RelationGetRelid(table), NameStr(attribute->attname)));
		if (expression == NULL)
			continue;
		expression = (Node *) expression_planner((Expr *) expression);
		if (IsA(expression, Const))
		{
			Const *value = (Const *) expression;

			plan->default_nulls[a] = value->constisnull;
			if (!value->constisnull)
				plan->defaults[a] = datumCopy(value->constvalue, value->constbyval, value->constlen);
		}
		else if (calls_foreign(expression, NULL))
			return false;
		else
		{
			plan->computed[plan->ncomputed] = a;
			plan->expressions[plan->ncomputed++] = ExecInitExpr((Expr *) expression, NULL);
		}
	}
	return true;
}

/*
 * Work out the CHECK constraints; false if one is beyond us
 */
static bool
find_checks(TablePlan *plan, TupleDesc desc)
{
	TupleConstr *constraints = desc->constr;

	plan->nchecks = 0;
	if (constraints == NULL)
		return true;
	if (constraints->has_generated_stored)
		return false;
	plan->checks = palloc(sizeof(ExprState *) * (constraints->num_check + 1));
	for (int k = 0; k < constraints->num_check; k++)
	{
		Expr *check = expression_planner((Expr *) stringToNode(constraints->check[k].ccbin));

		if (calls_foreign((Node *) check, NULL))
			return false;
		plan->checks[plan->nchecks++] = ExecInitExpr(check, NULL);
	}
	return true;
}

/*
 * Look at a table and, if it is partitioned, at its partition for a moment
 */
static bool
look_at(TablePlan *plan, Relation table, TimestampTz at)
{
	Relation leaf = table;
	bool plain;

	if (table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
	{
		if (!OidIsValid(plan->leaf = find_partition(table, at)))
			return false;
		leaf = table_open(plan->leaf, RowExclusiveLock);
	}
	else
		plan->leaf = plan->table;
	plain = leaf->rd_rel->relkind == RELKIND_RELATION && find_columns(plan, RelationGetDescr(leaf)) &&
			find_defaults(plan, table, RelationGetDescr(leaf)) && find_checks(plan, RelationGetDescr(leaf)) &&
			!is_watched(leaf, plan) && (leaf == table || !is_watched(table, plan));
	if (leaf != table)
		table_close(leaf, NoLock);
	return plain;
}

/*
 * Register a plan whose table may change
 */
static void
register_plan(TablePlan *plan)
{
	Assert(plan->shape->ncolumns <= WRITER_COLUMNS);
	if (nplans == MAX_PLANS)
		elog(ERROR, "too many tables to write");
	plan->context = AllocSetContextCreate(TopMemoryContext, "jorge table plan", ALLOCSET_SMALL_SIZES);
	if (nplans == 0)
		CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
	plans[nplans++] = plan;
}

/*
 * Is another partition than the known one for a moment? From now on it stays what it is: to attach one locks the default partition.
 */
static bool
has_moved(const TablePlan *plan, Relation table, TimestampTz at)
{
	if (!plan->shape->by_month || plan->leaf == plan->table || !OidIsValid(plan->leaf))
		return false;
	LockRelationOid(plan->leaf, RowExclusiveLock);
	return plan->leaf != find_partition(table, at);
}

bool
jorge_table_is_plain(TablePlan *plan, TimestampTz at)
{
	Relation table;
	Oid relid;

	if (IsolationUsesXactSnapshot() || SessionReplicationRole != SESSION_REPLICATION_ROLE_ORIGIN)
		return false;
	if (plan->context == NULL)
		register_plan(plan);
	relid = jorge_managed_relation(plan->shape->table, false);
	if (plan->known && plan->table == relid && plan->leaf == relid)
	{
		/* nothing to look at, unless the lock brings news of a change */
		LockRelationOid(relid, RowExclusiveLock);
		if (plan->known)
			return plan->plain;
	}
	table = table_open(relid, RowExclusiveLock);
	if (!plan->known || plan->table != RelationGetRelid(table) || has_moved(plan, table, at))
	{
		MemoryContext old;

		MemoryContextReset(plan->context);
		old = MemoryContextSwitchTo(plan->context);
		plan->table = RelationGetRelid(table);
		/* first, so that a change that comes in meanwhile is not overlooked */
		plan->known = true;
		plan->plain = false;
		plan->plain = look_at(plan, table, at) && !has_moved(plan, table, at);
		MemoryContextSwitchTo(old);
	}
	table_close(table, NoLock);
	return plan->known && plan->plain;
}

/* ---- writing ---- */

void
jorge_writer_begin(TableWriter *writer, const TablePlan *plan, EState *estate, int rows)
{
	MemoryContext old = MemoryContextSwitchTo(estate->es_query_cxt);

	writer->plan = plan;
	writer->estate = estate;
	writer->leaf = table_open(plan->leaf, NoLock); /* locked when it was found plain */
	writer->result = makeNode(ResultRelInfo);
	writer->result->ri_RelationDesc = writer->leaf; /* without its triggers: none is to fire */
	writer->indexes_open = false;
	writer->command = GetCurrentCommandId(true);
	writer->room = Max(1, Min(rows, ROWS_TOGETHER));
	writer->slots = palloc0(sizeof(TupleTableSlot *) * writer->room);
	writer->used = 0;
	writer->found = NULL;
	writer->probing = false;
	MemoryContextSwitchTo(old);
}

/*
 * Open the indexes, if they are not open
 */
static ResultRelInfo *
with_indexes(TableWriter *writer)
{
	if (!writer->indexes_open)
	{
		MemoryContext old = MemoryContextSwitchTo(writer->estate->es_query_cxt);

		ExecOpenIndices(writer->result, false);
		writer->indexes_open = true;
		MemoryContextSwitchTo(old);
	}
	return writer->result;
}

/*
 * Check a row as INSERT and UPDATE do
 */
static void
check_row(TableWriter *writer, TupleTableSlot *slot)
{
	TupleDesc desc = slot->tts_tupleDescriptor;
	ExprContext *context = GetPerTupleExprContext(writer->estate);
	bool fine = true;

	for (int a = 0; a < desc->natts; a++)
		fine &= !(TupleDescAttr(desc, a)->attnotnull && slot->tts_isnull[a]);
	context->ecxt_scantuple = slot;
	for (int k = 0; k < writer->plan->nchecks && fine; k++)
		fine = ExecCheck(writer->plan->checks[k], context);
	if (!fine) /* says it in PostgreSQL's words */
		ExecConstraints(writer->result, slot, writer->estate);
}

/*
 * Store the rows that were added
 */
static void
flush_rows(TableWriter *writer)
{
	if (writer->used == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	if (writer->used == 1)
		table_tuple_insert(writer->leaf, writer->slots[0], writer->command, 0, NULL);
	else
		table_multi_insert(writer->leaf, writer->slots, writer->used, writer->command, 0, NULL);
	for (int s = 0; s < writer->used && with_indexes(writer)->ri_NumIndices > 0; s++)
		list_free(jorge_insert_index_tuples(writer->result, writer->slots[s], writer->estate));
	for (int s = 0; s < writer->used; s++)
		ExecClearTuple(writer->slots[s]);
	ResetPerTupleExprContext(writer->estate);
	writer->used = 0;
}

/*
 * Get the next slot for a row, empty
 */
static TupleTableSlot *
next_slot(TableWriter *writer)
{
	if (writer->slots[writer->used] == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(writer->estate->es_query_cxt);

		writer->slots[writer->used] = table_slot_create(writer->leaf, NULL);
		MemoryContextSwitchTo(old);
	}
	return writer->slots[writer->used];
}

void
jorge_writer_insert(TableWriter *writer, const Datum *values, const bool *nulls)
{
	const TablePlan *plan = writer->plan;
	TupleTableSlot *slot = next_slot(writer);
	int natts = slot->tts_tupleDescriptor->natts;

	memcpy(slot->tts_values, plan->defaults, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, plan->default_nulls, sizeof(bool) * natts);
	for (int c = 0; c < plan->shape->ncolumns; c++)
	{
		slot->tts_values[plan->attno[c]] = values[c];
		slot->tts_isnull[plan->attno[c]] = nulls[c];
	}
	for (int e = 0; e < plan->ncomputed; e++)
		slot->tts_values[plan->computed[e]] = ExecEvalExprSwitchContext(
			plan->expressions[e], GetPerTupleExprContext(writer->estate), &slot->tts_isnull[plan->computed[e]]);
	ExecStoreVirtualTuple(slot);
	check_row(writer, slot);
	if (++writer->used == writer->room)
		flush_rows(writer);
}

/*
 * Change one version of a row; false if somebody else has changed it meanwhile
 */
static bool
update_version(TableWriter *writer, TupleTableSlot *found, const Datum *values, const bool *nulls)
{
	const TablePlan *plan = writer->plan;
	TupleTableSlot *slot = next_slot(writer); /* behind rows that wait to be stored */
	int natts = slot->tts_tupleDescriptor->natts;
	ItemPointerData tid = found->tts_tid;
	TM_FailureData failure;
	LockTupleMode mode;
	JorgeUpdatedIndexes indexes;

	slot_getallattrs(found);
	memcpy(slot->tts_values, found->tts_values, sizeof(Datum) * natts);
	memcpy(slot->tts_isnull, found->tts_isnull, sizeof(bool) * natts);
	for (int c = plan->shape->first_updated; c < plan->shape->ncolumns; c++)
	{
		slot->tts_values[plan->attno[c]] = values[c];
		slot->tts_isnull[plan->attno[c]] = nulls[c];
	}
	ExecStoreVirtualTuple(slot);
	check_row(writer, slot);
	switch (table_tuple_update(writer->leaf, &tid, slot, writer->command, GetActiveSnapshot(), InvalidSnapshot, true, &failure, &mode, &indexes))
	{
		case TM_Ok:
			break;
		case TM_Updated:
		case TM_Deleted:
			ExecClearTuple(slot);
			return false;
		default:
			elog(ERROR, "a row of jorge.%s was written twice by one statement", plan->shape->table);
	}
	if (jorge_updated_indexes(indexes) && with_indexes(writer)->ri_NumIndices > 0)
		list_free(jorge_update_index_tuples(writer->result, slot, writer->estate, indexes));
	ExecClearTuple(slot);
	return true;
}

/*
 * Start looking for the rows to change, with a new snapshot
 */
static void
look(TableWriter *writer)
{
	CheckCmdReplicaIdentity(writer->leaf, CMD_UPDATE);
	PushActiveSnapshot(GetTransactionSnapshot());
	writer->found = table_slot_create(writer->leaf, NULL);
}

/*
 * Stop looking
 */
static void
look_away(TableWriter *writer)
{
	if (writer->probing)
		jorge_probe_end(&writer->probe);
	writer->probing = false;
	if (writer->found != NULL)
	{
		ExecDropSingleTupleTableSlot(writer->found);
		PopActiveSnapshot();
	}
	writer->found = NULL;
}

/*
 * Find a row where it was when it was locked. It is there unless a merge or a user's trigger has changed it since; then NULL.
 */
static TupleTableSlot *
row_at(TableWriter *writer, const ItemPointerData *place, const Datum *values)
{
	const TablePlan *plan = writer->plan;
	TupleTableSlot *slot = writer->found;
	ItemPointerData tid = *place;
	bool nulls[2];
	Datum location;
	Datum id;

	if (!table_tuple_fetch_row_version(writer->leaf, &tid, GetActiveSnapshot(), slot))
		return NULL;
	/* in a table that was rewritten since there may be anything */
	location = slot_getattr(slot, plan->attno[0] + 1, &nulls[0]);
	id = slot_getattr(slot, plan->attno[1] + 1, &nulls[1]);
	return !nulls[0] && !nulls[1] && memcmp(DatumGetUUIDP(id)->data, DatumGetUUIDP(values[1])->data, UUID_LEN) == 0 &&
				   jorge_compare_texts(location, values[0]) == 0
			   ? slot
			   : NULL;
}

/*
 * Find a row by its primary key; NULL if there is none
 */
static TupleTableSlot *
row_of(TableWriter *writer, const Datum *values)
{
	if (!writer->probing)
	{
		ResultRelInfo *result = with_indexes(writer);

		jorge_probe_open(&writer->probe, writer->leaf, result->ri_IndexRelationDescs, result->ri_NumIndices, writer->plan->shape->columns, 2);
		writer->probing = true;
	}
	jorge_probe_for(&writer->probe, values);
	return jorge_probe_next(&writer->probe);
}

bool
jorge_writer_update(TableWriter *writer, const Datum *values, const bool *nulls, const ItemPointerData *place)
{
	for (;;)
	{
		TupleTableSlot *slot;

		CHECK_FOR_INTERRUPTS();
		if (writer->found == NULL)
			look(writer);
		slot = place == NULL || !ItemPointerIsValid(place) ? NULL : row_at(writer, place, values);
		if (slot == NULL)
			slot = row_of(writer, values);
		if (slot == NULL)
			return false;
		if (update_version(writer, slot, values, nulls))
			return true;
		look_away(writer);
	}
}

void
jorge_writer_end(TableWriter *writer)
{
	flush_rows(writer);
	look_away(writer);
	for (int s = 0; s < writer->room; s++)
		if (writer->slots[s] != NULL)
			ExecDropSingleTupleTableSlot(writer->slots[s]);
	if (writer->indexes_open)
		ExecCloseIndices(writer->result);
	table_close(writer->leaf, NoLock);
}
