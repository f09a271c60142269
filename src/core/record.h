/*
 * record.h: reading columns by name from any composite value.
 *
 * A caller declares the columns it knows once, as a static array; a RecordReader maps them to the
 * attributes of the row type at hand and keeps the map until the type changes. A column that the
 * row lacks, or that is NULL, is missing.
 *
 * Accepted types (domains count as their base type), the same in every session:
 *   RECORD_NUMBER  int2, int4, int8, float4, float8, numeric, boolean (0 or 1); money is refused
 *   RECORD_TIME    timestamptz; timestamp and date are read as UTC
 *   RECORD_TEXT    text, varchar, char(n) without its padding, name, enum labels
 * Any other type under a known name is ERROR 42804.
 */
#ifndef JORGE_RECORD_H
#define JORGE_RECORD_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "fmgr.h"

typedef enum RecordKind
{
	RECORD_NUMBER,
	RECORD_TIME,
	RECORD_TEXT
} RecordKind;

typedef struct RecordColumn
{
	const char *name;
	RecordKind kind;
} RecordColumn;

typedef struct RecordText
{
	const char *data; /* not NUL-terminated; lives as long as the row */
	int length;		  /* bytes */
} RecordText;

/* A missing number is also NAN, a missing time DT_NOBEGIN, a missing text empty. */
typedef struct RecordValue
{
	bool missing;
	union
	{
		double number;
		TimestampTz time;
		RecordText text;
	} as;
} RecordValue;

typedef struct RecordReader RecordReader;

/*
 * The number, or NAN where it is none; without a branch, since no pattern tells which columns of the next row are NULL
 */
static inline double
jorge_number_or_nan(double number, bool none)
{
	union
	{
		double number;
		uint64 bits;
	} value = {number};

	value.bits |= -(uint64) none;
	return value.number;
}

/* A text without the ASCII white space around it, whatever the locale. */
static inline RecordText
jorge_record_trim(RecordText text)
{
#define IS_BLANK(c) ((c) == ' ' || ((c) >= '\t' && (c) <= '\r'))
	while (text.length > 0 && IS_BLANK(text.data[0]))
	{
		text.data++;
		text.length--;
	}
	while (text.length > 0 && IS_BLANK(text.data[text.length - 1]))
		text.length--;
#undef IS_BLANK
	return text;
}

/* Reader for these columns, which must outlive it; its memory is in mcxt. */
extern RecordReader *jorge_record_reader(MemoryContext mcxt, const RecordColumn *columns, int n);

/* How many of the columns the row last read has */
extern int jorge_record_found(const RecordReader *reader);

/* Fill values[0..n-1] from the composite; detoasted texts are in the current memory context. */
extern void jorge_record_read(RecordReader *reader, HeapTupleHeader record, RecordValue *values);

/* Read the rows of a query from now on; its descriptor, not that of a slot, which can lack the names */
extern void jorge_record_expect(RecordReader *reader, TupleDesc desc);

/* Fill values[0..n-1] from such a row; texts that are not toasted live as long as the slot's row. */
extern void jorge_record_read_slot(RecordReader *reader, TupleTableSlot *slot, RecordValue *values);

/*
 * Fill values[0..n-1] from arguments first ... of a call whose argument names is a constant text[] that names
 * them: the form that the planner gives a call with a table's whole row (features/support.c). A reader reads
 * either composites or the arguments of one call site.
 */
extern void jorge_record_read_arguments(RecordReader *reader, FunctionCallInfo fcinfo, int names, int first,
										RecordValue *values);

#endif
