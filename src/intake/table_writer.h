/*
 * table_writer.h: writing rows of a managed table without the executor.
 *
 * What a statement costs besides its rows, plans to start and queues of triggers, is as much as the rows themselves where an
 * arrival writes ten tables a row each. A writer does what INSERT and UPDATE do to a plain table: defaults, NOT NULL and CHECK,
 * partitions by a range of time, all indexes. A table that asks for more (a user's trigger or rule, a generated column, a domain,
 * a length, a function that is not PostgreSQL's own, a partition elsewhere) is not plain, and its rows go through SQL.
 */
#ifndef JORGE_TABLE_WRITER_H
#define JORGE_TABLE_WRITER_H

#include "datatype/timestamp.h"
#include "intake/probe.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"

#define WRITER_COLUMNS 64

/* What is written of a table */
typedef struct TableShape
{
	const char *table;
	int ncolumns;
	const char *const *columns;
	const Oid *types;
	int first_updated; /* position of the first column that updates set, after the two of the primary key; 0 = none are updated */
	bool by_month;	   /* partitioned by a range of the column "at" */
	bool vouched;	   /* the caller holds the rows that its foreign keys to jorge.lead and jorge.inquiry refer to */
} TableShape;

/* What a session knows of a table; static, zeroed but for the shape */
typedef struct TablePlan
{
	const TableShape *shape;
	bool known; /* what follows holds; false after any change of the table or its partition */
	bool plain;
	Oid table;
	Oid leaf;			   /* the partition, or the table */
	MemoryContext context; /* of all that is allocated below */
	int attno[WRITER_COLUMNS]; /* zero-based, of the leaf */
	Datum *defaults;	   /* by attribute of the leaf, of columns that the shape leaves out */
	bool *default_nulls;
	int ncomputed; /* defaults that differ from row to row */
	int *computed;
	ExprState **expressions;
	int nchecks;
	ExprState **checks;
} TablePlan;

typedef struct TableWriter
{
	const TablePlan *plan;
	Relation leaf;
	EState *estate;
	ResultRelInfo *result;
	CommandId command;
	TupleTableSlot **slots;
	int room; /* rows that go to the heap together */
	int used;
	bool indexes_open; /* most updates need none */
	TupleTableSlot *found; /* the row to change, while looking with a snapshot; else NULL */
	Probe probe; /* by the primary key, while probing */
	bool probing;
} TableWriter;

/*
 * Can rows be written so today? For rows of a moment, where the table is partitioned. Makes the plan known. False above READ
 * COMMITTED, where SQL finds the conflicts that make a transaction fail, and for replicas.
 */
extern bool jorge_table_is_plain(TablePlan *plan, TimestampTz at);

/* Open a table, for up to this many rows; jorge_table_is_plain has said that it is plain, and locked it */
extern void jorge_writer_begin(TableWriter *writer, const TablePlan *plan, EState *estate, int rows);

/* Add a row by the columns of the shape; what they point to must last until the end. ERROR 23502, 23514, 23505 as INSERT gives. */
extern void jorge_writer_insert(TableWriter *writer, const Datum *values, const bool *nulls);

/*
 * Change the row with the primary key values[0], values[1]; false if there is none. Waits for others and goes on from their version,
 * as UPDATE does. place: where the row was when it was locked, which saves looking for it; NULL or invalid where that is not known.
 */
extern bool jorge_writer_update(TableWriter *writer, const Datum *values, const bool *nulls, const ItemPointerData *place);

/* Store what was added and close */
extern void jorge_writer_end(TableWriter *writer);

#endif
