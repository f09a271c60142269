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

/*
 * Declare a C function that SQL calls: the only symbols the library exports.
 */
#define JORGE_FUNCTION(name)                                                                       \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                               \
	PG_FUNCTION_INFO_V1(name)

/* Renamed in 16; the index is 1-based in all. */
#if PG_VERSION_NUM < 160000
#define jorge_local_backend_status(index) pgstat_fetch_stat_local_beentry(index)
#else
#define jorge_local_backend_status(index) pgstat_get_local_beentry_by_index(index)
#endif

#endif
