/*
 * compat.h: the only place that asks which PostgreSQL this is (15 to 18).
 *
 * Include after postgres.h and before fmgr.h.
 */
#ifndef JORGE_COMPAT_H
#define JORGE_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "jorge needs PostgreSQL 15 or newer"
#endif

/* Before 16 the server headers export nothing by name under -fvisibility=hidden. */
#if PG_VERSION_NUM < 160000
#undef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif

/* Since 16 postgres.h leaves the varlena macros out. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Since 18 a prefix takes the place of pg_attribute_noreturn(). */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* Local transaction id of this backend (needs storage/proc.h). */
#if PG_VERSION_NUM >= 170000
#define JORGE_LXID (MyProc->vxid.lxid)
#else
#define JORGE_LXID (MyProc->lxid)
#endif

/* Since 16 the reader of dates tells more about its errors (needs utils/datetime.h). */
#if PG_VERSION_NUM >= 160000
#define JORGE_DECODE_DATETIME(field, ftype, n, dtype, tm, fsec, zone)                              \
	DecodeDateTime(field, ftype, n, dtype, tm, fsec, zone, &(DateTimeErrorExtra){0})
#else
#define JORGE_DECODE_DATETIME(field, ftype, n, dtype, tm, fsec, zone)                              \
	DecodeDateTime(field, ftype, n, dtype, tm, fsec, zone)
#endif

/*
 * Declare a C function that SQL calls: the only symbols the library exports.
 */
#define JORGE_FUNCTION(name)                                                                       \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                               \
	PG_FUNCTION_INFO_V1(name)

/* May the current user call the function? (needs utils/acl.h; from 16 also catalog/pg_proc.h) */
#if PG_VERSION_NUM >= 160000
#define jorge_may_execute(function)                                                                \
	(object_aclcheck(ProcedureRelationId, function, GetUserId(), ACL_EXECUTE) == ACLCHECK_OK)
#else
#define jorge_may_execute(function) (pg_proc_aclcheck(function, GetUserId(), ACL_EXECUTE) == ACLCHECK_OK)
#endif

/* Does the current user own the database? (needs utils/acl.h; from 16 also catalog/pg_database.h) */
#if PG_VERSION_NUM >= 160000
#define jorge_owns_database(database) object_ownercheck(DatabaseRelationId, database, GetUserId())
#else
#define jorge_owns_database(database) pg_database_ownercheck(database, GetUserId())
#endif

/* Since 18 it is to be said that a deferrable primary key is none. (needs utils/relcache.h) */
#if PG_VERSION_NUM >= 180000
#define jorge_primary_key_index(rel) RelationGetPrimaryKeyIndex(rel, false)
#else
#define jorge_primary_key_index(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* A set of events that lasts as long as the process; since 17 it belongs to a resource owner, or none. (needs storage/latch.h, or storage/waiteventset.h) */
#if PG_VERSION_NUM >= 170000
#define jorge_wait_event_set(events) CreateWaitEventSet(NULL, events)
#else
#define jorge_wait_event_set(events) CreateWaitEventSet(TopMemoryContext, events)
#endif

/* Attributes that indexes use, 0 for the whole row; split in two in 16. (needs utils/relcache.h) */
#if PG_VERSION_NUM >= 160000
#define jorge_indexed_attributes(rel)                                                              \
	bms_add_members(RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_HOT_BLOCKING),               \
					RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_SUMMARIZED))
#else
#define jorge_indexed_attributes(rel) RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_ALL)
#endif

/* Since 18 a Var in RETURNING may mean the row before or after the change, which may not exist. */
#if PG_VERSION_NUM >= 180000
#define jorge_var_is_old_or_new(var) ((var)->varreturningtype != VAR_RETURNING_DEFAULT)
#else
#define jorge_var_is_old_or_new(var) false
#endif

/* Renamed in 16; the index is 1-based in all. */
#if PG_VERSION_NUM < 160000
#define jorge_local_backend_status(index) pgstat_fetch_stat_local_beentry(index)
#else
#define jorge_local_backend_status(index) pgstat_get_local_beentry_by_index(index)
#endif

/* Since 16 summarizing indexes may be told apart. (needs executor/executor.h) */
#if PG_VERSION_NUM >= 160000
#define JorgeUpdatedIndexes TU_UpdateIndexes
#define jorge_updated_indexes(indexes) ((indexes) != TU_None)
#define jorge_insert_index_tuples(result, slot, estate) ExecInsertIndexTuples(result, slot, estate, false, false, NULL, NIL, false)
#define jorge_update_index_tuples(result, slot, estate, indexes)                                   \
	ExecInsertIndexTuples(result, slot, estate, true, false, NULL, NIL, (indexes) == TU_Summarizing)
#else
#define JorgeUpdatedIndexes bool
#define jorge_updated_indexes(indexes) (indexes)
#define jorge_insert_index_tuples(result, slot, estate) ExecInsertIndexTuples(result, slot, estate, false, false, NULL, NIL)
#define jorge_update_index_tuples(result, slot, estate, indexes) ExecInsertIndexTuples(result, slot, estate, true, false, NULL, NIL)
#endif

/* Since 18 a scan may be instrumented. */
#if PG_VERSION_NUM >= 180000
#define jorge_index_beginscan(table, index, snapshot, nkeys) index_beginscan(table, index, snapshot, NULL, nkeys, 0)
#else
#define jorge_index_beginscan(table, index, snapshot, nkeys) index_beginscan(table, index, snapshot, nkeys, 0)
#endif

#endif
