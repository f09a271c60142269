/*
 * probe.h: reading a managed table by the leading columns of one of its indexes, without the executor.
 *
 * For look-ups of which most find nothing: a new person has no key, no stop and few neighbours. Sees what a statement
 * started now would see; or, if asked for the latest, what is committed by now, also in a transaction with an older snapshot.
 */
#ifndef JORGE_PROBE_H
#define JORGE_PROBE_H

#include "access/genam.h"
#include "access/relscan.h"
#include "executor/tuptable.h"
#include "utils/rel.h"

#define PROBE_COLUMNS 3

typedef struct Probe
{
	Relation table;
	Relation index;
	bool borrowed; /* both are open elsewhere, and stay so */
	IndexScanDesc scan;
	TupleTableSlot *slot;
	int ncolumns;
	ScanKeyData keys[PROBE_COLUMNS];
} Probe;

/* Open a table by the index whose leading columns are these: text, bigint or uuid. ERROR 42704 if there is none. */
extern void jorge_probe_begin(Probe *probe, const char *table, const char *const *columns, int ncolumns, bool latest);

/* The same of an open table, by one of its open indexes */
extern void jorge_probe_open(Probe *probe, Relation table, Relation *indexes, int nindexes, const char *const *columns, int ncolumns);

/* Position of a column that is read of the rows. ERROR 42804 if the table has none of this type. It may be null, where somebody dropped NOT NULL. */
extern AttrNumber jorge_probe_column(const Probe *probe, const char *column, Oid type);

/* Look for rows with these values */
extern void jorge_probe_for(Probe *probe, const Datum *values);

/* The next such row; NULL when there are no more */
extern TupleTableSlot *jorge_probe_next(Probe *probe);

/* Can the transaction see the row last found? */
extern bool jorge_probe_visible(Probe *probe);
extern void jorge_probe_end(Probe *probe);

#endif
