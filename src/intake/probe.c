/*
 * probe.c: reading a managed table by the leading columns of one of its indexes, without the executor.
 */
#include "core/jorge.h"

#include "core/owner.h"
#include "intake/probe.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_type.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

/*
 * Does the index start with these columns, in any state that a reader may use?
 */
static bool
index_fits(Relation index, Relation table, const char *const *columns, int ncolumns)
{
	if (!index->rd_index->indisvalid || index->rd_index->indnkeyatts < ncolumns || RelationGetIndexPredicate(index) != NIL ||
		index->rd_rel->relam != BTREE_AM_OID)
		return false;
	for (int c = 0; c < ncolumns; c++)
	{
		AttrNumber attribute = index->rd_index->indkey.values[c];

		if (attribute <= 0 || strcmp(NameStr(TupleDescAttr(RelationGetDescr(table), attribute - 1)->attname), columns[c]) != 0)
			return false;
	}
	return true;
}

/*
 * Say that no index starts with these columns
 */
pg_noreturn static void
lost_index(Relation table, const char *const *columns)
{
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("table jorge.%s has lost its index on (%s, ...)", RelationGetRelationName(table), columns[0]),
					errhint("SELECT jorge.install() makes the indexes that are missing.")));
}

/*
 * Open the index that starts with these columns
 */
static Relation
open_index(Relation table, const char *const *columns, int ncolumns)
{
	List *indexes = RelationGetIndexList(table);
	ListCell *cell;

	foreach (cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);

		if (index_fits(index, table, columns, ncolumns))
		{
			list_free(indexes);
			return index;
		}
		index_close(index, AccessShareLock);
	}
	lost_index(table, columns);
}

/*
 * Make ready to look rows up in the open table by the open index
 */
static void
start(Probe *probe, const char *const *columns, int ncolumns, bool latest)
{
	Assert(ncolumns <= PROBE_COLUMNS);
	probe->ncolumns = ncolumns;
	for (int c = 0; c < ncolumns; c++)
	{
		Oid type = TupleDescAttr(RelationGetDescr(probe->index), c)->atttypid;

		if (type != TEXTOID && type != INT8OID && type != UUIDOID)
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" of table \"%s\" has another type than it was made with", columns[c], RelationGetRelationName(probe->table)),
							errhint("Give the column its type back with ALTER TABLE ... ALTER COLUMN ... TYPE.")));
		ScanKeyEntryInitialize(&probe->keys[c], 0, c + 1, BTEqualStrategyNumber, InvalidOid, probe->index->rd_indcollation[c],
							   type == TEXTOID ? F_TEXTEQ : type == INT8OID ? F_INT8EQ : F_UUID_EQ, (Datum) 0);
	}
	PushActiveSnapshot(latest ? GetLatestSnapshot() : GetTransactionSnapshot());
	probe->slot = table_slot_create(probe->table, NULL);
	probe->scan = jorge_index_beginscan(probe->table, probe->index, GetActiveSnapshot(), ncolumns);
}

void
jorge_probe_begin(Probe *probe, const char *table, const char *const *columns, int ncolumns, bool latest)
{
	probe->table = table_open(jorge_managed_relation(table, false), AccessShareLock);
	probe->index = open_index(probe->table, columns, ncolumns);
	probe->borrowed = false;
	start(probe, columns, ncolumns, latest);
}

void
jorge_probe_open(Probe *probe, Relation table, Relation *indexes, int nindexes, const char *const *columns, int ncolumns)
{
	int fitting = 0;

	while (fitting < nindexes && !index_fits(indexes[fitting], table, columns, ncolumns))
		fitting++;
	if (fitting == nindexes)
		lost_index(table, columns);
	probe->table = table;
	probe->index = indexes[fitting];
	probe->borrowed = true;
	start(probe, columns, ncolumns, false);
}

AttrNumber
jorge_probe_column(const Probe *probe, const char *column, Oid type)
{
	TupleDesc desc = RelationGetDescr(probe->table);

	for (int a = 0; a < desc->natts; a++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, a);

		if (!attribute->attisdropped && attribute->atttypid == type && strcmp(NameStr(attribute->attname), column) == 0)
			return a + 1;
	}
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column \"%s\" of table \"%s\" has another type than it was made with", column, RelationGetRelationName(probe->table)),
					errhint("Give the column its type back with ALTER TABLE ... ALTER COLUMN ... TYPE.")));
}

void
jorge_probe_for(Probe *probe, const Datum *values)
{
	for (int c = 0; c < probe->ncolumns; c++)
		probe->keys[c].sk_argument = values[c];
	index_rescan(probe->scan, probe->keys, probe->ncolumns, NULL, 0);
}

TupleTableSlot *
jorge_probe_next(Probe *probe)
{
	return index_getnext_slot(probe->scan, ForwardScanDirection, probe->slot) ? probe->slot : NULL;
}

bool
jorge_probe_visible(Probe *probe)
{
	return !IsolationUsesXactSnapshot() || table_tuple_satisfies_snapshot(probe->table, probe->slot, GetTransactionSnapshot());
}

void
jorge_probe_end(Probe *probe)
{
	index_endscan(probe->scan);
	ExecDropSingleTupleTableSlot(probe->slot);
	PopActiveSnapshot();
	if (probe->borrowed)
		return;
	index_close(probe->index, AccessShareLock);
	table_close(probe->table, AccessShareLock);
}
