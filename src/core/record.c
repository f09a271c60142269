/*
 * record.c: reading columns by name from any composite value.
 */
#include "core/jorge.h"

#include "core/numeric.h"
#include "core/record.h"

#include "access/htup_details.h"
#include "access/tupmacs.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* How an attribute's Datum becomes a RecordValue */
typedef enum Conversion
{
	FROM_BOOL,
	FROM_INT2,
	FROM_INT4,
	FROM_INT8,
	FROM_FLOAT4,
	FROM_FLOAT8,
	FROM_NUMERIC,
	FROM_TIMESTAMPTZ,
	FROM_TIMESTAMP,
	FROM_DATE,
	FROM_VARLENA,
	FROM_BPCHAR,
	FROM_NAME,
	FROM_ENUM
} Conversion;

typedef struct Slot
{
	int attno; /* zero-based attribute, or argument; -1 = the row has no such column */
	Conversion conversion;
} Slot;

/* What to do with an attribute of a stored tuple */
typedef enum Action
{
	SKIP_FIXED,
	SKIP_VARIABLE,
	READ_INT2,
	READ_INT4,
	READ_INT8,
	READ_FLOAT4,
	READ_FLOAT8,
	READ_TIME,	   /* an int64 */
	READ_OTHER,	   /* of fixed length */
	READ_VARIABLE
} Action;

typedef struct Step
{
	uint8 action;
	uint8 align;	/* less one */
	bool by_value;
	int16 length;	/* of a fixed attribute */
	int16 column;	/* reader's */
	RecordKind kind;
	Conversion conversion;
} Step;

struct RecordReader
{
	MemoryContext mcxt;
	const RecordColumn *columns;
	int ncolumns;

	/* the registered row type that slots[] was made for */
	Oid type;
	int32 typmod;
	uint64 type_identifier; /* changes with ALTER TABLE, which keeps the type's OID */
	TupleDesc desc; /* our copy; NULL = no map yet */
	MemoryContext map_mcxt;
	Slot *slots;
	Datum *values;
	bool *nulls;
	Step *steps; /* NULL = tuples of this type are to be deformed by the server */
	int nsteps;	 /* to the last attribute that is read */
	bool of_arguments; /* slots[] are arguments of a call instead */
};

/*
 * Make a reader that has seen no row yet
 */
RecordReader *
jorge_record_reader(MemoryContext mcxt, const RecordColumn *columns, int n)
{
	RecordReader *reader = MemoryContextAllocZero(mcxt, sizeof(RecordReader));

	reader->mcxt = mcxt;
	reader->columns = columns;
	reader->ncolumns = n;
	reader->type = InvalidOid;
	reader->typmod = -1;
	return reader;
}

/*
 * Choose the conversion from a type to a kind, or say what would be accepted
 */
static Conversion
conversion_for(const RecordColumn *column, Oid type)
{
	Oid base = getBaseType(type);

	switch (column->kind)
	{
		case RECORD_NUMBER:
			switch (base)
			{
				case BOOLOID:
					return FROM_BOOL;
				case INT2OID:
					return FROM_INT2;
				case INT4OID:
					return FROM_INT4;
				case INT8OID:
					return FROM_INT8;
				case FLOAT4OID:
					return FROM_FLOAT4;
				case FLOAT8OID:
					return FROM_FLOAT8;
				case NUMERICOID:
					return FROM_NUMERIC;
			}
			break;
		case RECORD_TIME:
			switch (base)
			{
				case TIMESTAMPTZOID:
					return FROM_TIMESTAMPTZ;
				case TIMESTAMPOID:
					return FROM_TIMESTAMP;
				case DATEOID:
					return FROM_DATE;
			}
			break;
		case RECORD_TEXT:
			switch (base)
			{
				case TEXTOID:
				case VARCHAROID:
					return FROM_VARLENA;
				case BPCHAROID:
					return FROM_BPCHAR;
				case NAMEOID:
					return FROM_NAME;
			}
			if (type_is_enum(base))
				return FROM_ENUM;
			break;
	}

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" has type %s, which can't be read as a %s", column->name,
					format_type_be(type),
					column->kind == RECORD_NUMBER ? "number"
					: column->kind == RECORD_TIME ? "time"
												  : "text"),
			 errhint("Cast it in the query, for example %s::%s AS %s.", column->name,
					 column->kind == RECORD_NUMBER ? "float8"
					 : column->kind == RECORD_TIME ? "timestamptz"
												   : "text",
					 column->name)));
	return FROM_BOOL; /* keep compiler quiet */
}

/*
 * Choose how to read an attribute of a stored tuple
 */
static Action
read_action(const Step *step)
{
	if (step->length < 0)
		return READ_VARIABLE;
	switch (step->conversion)
	{
		case FROM_INT2:
			return READ_INT2;
		case FROM_INT4:
			return READ_INT4;
		case FROM_INT8:
			return READ_INT8;
		case FROM_FLOAT4:
			return READ_FLOAT4;
		case FROM_FLOAT8:
			return READ_FLOAT8;
		case FROM_TIMESTAMPTZ:
		case FROM_TIMESTAMP:
			return READ_TIME;
		default:
			return READ_OTHER;
	}
}

/*
 * Choose what to do with each attribute of a stored tuple
 */
static void
make_steps(RecordReader *reader, TupleDesc desc)
{
	reader->steps = palloc0(sizeof(Step) * Max(desc->natts, 1));
	reader->nsteps = 0;
	for (int a = 0; a < desc->natts; a++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, a);
		Step *step = &reader->steps[a];

		step->length = att->attlen;
		step->align = att->attalign == TYPALIGN_DOUBLE	? ALIGNOF_DOUBLE - 1
					  : att->attalign == TYPALIGN_INT	? ALIGNOF_INT - 1
					  : att->attalign == TYPALIGN_SHORT ? ALIGNOF_SHORT - 1
														: 0;
		step->by_value = att->attbyval;
		step->action = att->attlen > 0 ? SKIP_FIXED : SKIP_VARIABLE;
		if (att->attlen < -1)
		{
			reader->steps = NULL;
			return;
		}
	}
	for (int c = 0; c < reader->ncolumns; c++)
	{
		int a = reader->slots[c].attno;
		Step *step;

		if (a < 0)
			continue;
		step = &reader->steps[a];
		reader->nsteps = Max(reader->nsteps, a + 1);
		if (step->action != SKIP_FIXED && step->action != SKIP_VARIABLE)
		{
			reader->steps = NULL; /* one attribute for two columns */
			return;
		}
		step->column = c;
		step->kind = reader->columns[c].kind;
		step->conversion = reader->slots[c].conversion;
		step->action = read_action(step);
	}
}

/*
 * Map the reader's columns to the attributes of a row type
 */
static void
map_columns(RecordReader *reader, TupleDesc desc)
{
	MemoryContext old;

	reader->desc = NULL; /* so that an error below leaves no half-made map */
	reader->type = InvalidOid;
	if (reader->map_mcxt == NULL)
		reader->map_mcxt =
			AllocSetContextCreate(reader->mcxt, "jorge record map", ALLOCSET_SMALL_SIZES);
	MemoryContextReset(reader->map_mcxt);
	old = MemoryContextSwitchTo(reader->map_mcxt);

	/* with its constraints: they hold the values of columns added after the row was stored */
	desc = CreateTupleDescCopyConstr(desc);
	reader->slots = palloc(sizeof(Slot) * reader->ncolumns);
	reader->values = palloc(sizeof(Datum) * Max(desc->natts, 1));
	reader->nulls = palloc(sizeof(bool) * Max(desc->natts, 1));
	for (int c = 0; c < reader->ncolumns; c++)
	{
		reader->slots[c].attno = -1;
		for (int a = 0; a < desc->natts; a++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, a);

			if (att->attisdropped || strcmp(NameStr(att->attname), reader->columns[c].name) != 0)
				continue;
			reader->slots[c].attno = a;
			reader->slots[c].conversion = conversion_for(&reader->columns[c], att->atttypid);
			break;
		}
	}
	make_steps(reader, desc);
	MemoryContextSwitchTo(old);
	reader->desc = desc;
}

/*
 * Take a number as it is, without looking at what it is where it is NULL; false for types that need more
 */
static inline bool
take_number(Conversion conversion, NullableDatum from, RecordValue *value)
{
	double number;

	switch (conversion)
	{
		case FROM_BOOL:
			number = DatumGetBool(from.value) ? 1 : 0;
			break;
		case FROM_INT2:
			number = DatumGetInt16(from.value);
			break;
		case FROM_INT4:
			number = DatumGetInt32(from.value);
			break;
		case FROM_INT8:
			number = (double) DatumGetInt64(from.value);
			break;
		case FROM_FLOAT4:
			number = DatumGetFloat4(from.value);
			break;
		case FROM_FLOAT8:
			number = DatumGetFloat8(from.value);
			break;
		default:
			return false;
	}
	value->as.number = jorge_number_or_nan(number, from.isnull);
	return true;
}

/*
 * Set a value to "missing"
 */
static inline void
set_missing(RecordKind kind, RecordValue *value)
{
	value->missing = true;
	switch (kind)
	{
		case RECORD_NUMBER:
			value->as.number = NAN;
			break;
		case RECORD_TIME:
			value->as.time = DT_NOBEGIN;
			break;
		case RECORD_TEXT:
			value->as.text.data = "";
			value->as.text.length = 0;
			break;
	}
}

/*
 * Convert one Datum of another type than plain numbers
 */
static inline void
convert(Conversion conversion, Datum datum, RecordValue *value)
{
	switch (conversion)
	{
		case FROM_NUMERIC:
			/* no error beyond the range of float8: 1e400 becomes infinity, which no feature takes */
			value->as.number = jorge_numeric_to_double(datum);
			break;
		case FROM_TIMESTAMPTZ:
		case FROM_TIMESTAMP: /* same scale; read as UTC so that no session setting matters */
			value->as.time = DatumGetTimestampTz(datum);
			break;
		case FROM_DATE:
			{
				DateADT date = DatumGetDateADT(datum);

				if (DATE_IS_NOBEGIN(date))
					value->as.time = DT_NOBEGIN;
				else if (DATE_IS_NOEND(date))
					value->as.time = DT_NOEND;
				else if (date >= (TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE))
					value->as.time = DT_NOEND;
				else
					value->as.time = (TimestampTz) date * USECS_PER_DAY;
				break;
			}
		case FROM_VARLENA:
			{
				text *t = (text *) DatumGetPointer(datum);

				if (VARATT_IS_EXTENDED(t) && !VARATT_IS_SHORT(t))
					t = DatumGetTextPP(datum);
				value->as.text.data = VARDATA_ANY(t);
				value->as.text.length = VARSIZE_ANY_EXHDR(t);
				break;
			}
		case FROM_BPCHAR:
			{
				BpChar *t = DatumGetBpCharPP(datum);

				/* the padding is no part of the value, as in PostgreSQL's own cast to text */
				value->as.text.data = VARDATA_ANY(t);
				value->as.text.length = bpchartruelen(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t));
				break;
			}
		case FROM_NAME:
			value->as.text.data = NameStr(*DatumGetName(datum));
			value->as.text.length = strlen(value->as.text.data);
			break;
		case FROM_ENUM:
			{
				HeapTuple tuple = SearchSysCache1(ENUMOID, datum);

				if (!HeapTupleIsValid(tuple))
					ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
									errmsg("invalid internal value for enum: %u",
										   DatumGetObjectId(datum))));
				value->as.text.data =
					pstrdup(NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel));
				value->as.text.length = strlen(value->as.text.data);
				ReleaseSysCache(tuple);
				break;
			}
		default: /* a plain number: take_number() */
			break;
	}
}

/*
 * Read one column
 */
static inline void
read_column(const RecordReader *reader, int column, NullableDatum from, RecordValue *value)
{
	Conversion conversion = reader->slots[column].conversion;

	value->missing = from.isnull;
	if (take_number(conversion, from, value))
		return;
	if (from.isnull)
		set_missing(reader->columns[column].kind, value);
	else
		convert(conversion, from.value, value);
}

/*
 * Read the mapped columns of one stored tuple, without taking the others apart; false where the server must
 *
 * As heap_deform_tuple() does it, but attributes of fixed length without a branch for NULL: which columns of the next
 * row are NULL is what a processor guesses wrong.
 */
static bool
read_tuple(RecordReader *reader, HeapTuple tuple, RecordValue *values)
{
	HeapTupleHeader header = tuple->t_data;
	bool has_nulls = HeapTupleHasNulls(tuple);
	const char *data = (const char *) header + header->t_hoff;
	uint32 end = tuple->t_len - header->t_hoff;
	uint32 at = 0;
	const Step *step = reader->steps;
	int nsteps = reader->nsteps;

	/* columns added since the tuple was stored are in the descriptor */
	if (step == NULL || HeapTupleHeaderGetNatts(header) < nsteps)
		return false;

	for (int c = 0; c < reader->ncolumns; c++)
		if (reader->slots[c].attno < 0)
			set_missing(reader->columns[c].kind, &values[c]);
	for (int i = 0; i < nsteps; i++, step++)
	{
		bool null = has_nulls && att_isnull(i, header->t_bits);
		RecordValue *value = &values[step->column];
		uint32 start = (at + step->align) & ~(uint32) step->align;
		const char *from = data + start;

		if (step->length < 0)
		{
			if (!null)
			{
				if (VARATT_NOT_PAD_BYTE(data + at))
					from = data + at;
				at = from - data + VARSIZE_ANY(from);
			}
			if (step->action == SKIP_VARIABLE)
				continue;
			if (null)
				set_missing(step->kind, value);
			else
			{
				value->missing = false;
				convert(step->conversion, PointerGetDatum(from), value);
			}
			continue;
		}

		at = null ? at : start + step->length;
		/* what is read in place of a NULL is not looked at, but must lie within the tuple */
		if (unlikely(null && start + sizeof(Datum) > end))
		{
			if (step->action != SKIP_FIXED)
				set_missing(step->kind, value);
			continue;
		}
		switch ((Action) step->action)
		{
			case READ_INT2:
				value->missing = null;
				value->as.number = jorge_number_or_nan(*(const int16 *) from, null);
				break;
			case READ_INT4:
				value->missing = null;
				value->as.number = jorge_number_or_nan(*(const int32 *) from, null);
				break;
			case READ_INT8:
				value->missing = null;
				value->as.number = jorge_number_or_nan((double) *(const int64 *) from, null);
				break;
			case READ_FLOAT4:
				value->missing = null;
				value->as.number = jorge_number_or_nan(*(const float4 *) from, null);
				break;
			case READ_FLOAT8:
				value->missing = null;
				value->as.number = jorge_number_or_nan(*(const float8 *) from, null);
				break;
			case READ_TIME:
				value->missing = null;
				value->as.time = null ? DT_NOBEGIN : *(const TimestampTz *) from;
				break;
			case READ_OTHER:
				if (null)
				{
					set_missing(step->kind, value);
					break;
				}
				value->missing = false;
				if (!take_number(step->conversion,
								 (NullableDatum){fetch_att(from, step->by_value, step->length), false}, value))
					convert(step->conversion, fetch_att(from, step->by_value, step->length), value);
				break;
			case SKIP_FIXED:
			case SKIP_VARIABLE:
			case READ_VARIABLE:
				break;
		}
	}
	return true;
}

/*
 * Read the mapped columns of one row
 */
static void
read_mapped(RecordReader *reader, const Datum *datums, const bool *nulls, RecordValue *values)
{
	for (int c = 0; c < reader->ncolumns; c++)
	{
		int attno = reader->slots[c].attno;

		if (attno < 0)
			set_missing(reader->columns[c].kind, &values[c]);
		else
			read_column(reader, c, (NullableDatum){datums[attno], nulls[attno]}, &values[c]);
	}
}

/*
 * Read a composite value
 */
void
jorge_record_read(RecordReader *reader, HeapTupleHeader record, RecordValue *values)
{
	Oid type = HeapTupleHeaderGetTypeId(record);
	int32 typmod = HeapTupleHeaderGetTypMod(record);
	HeapTupleData tuple;

	/* An anonymous row type never changes; a named one can between two calls of a cached plan. */
	if (reader->desc == NULL || reader->type != type || reader->typmod != typmod ||
		(type != RECORDOID &&
		 reader->type_identifier != assign_record_type_identifier(type, typmod)))
	{
		TupleDesc desc = lookup_rowtype_tupdesc(type, typmod);

		map_columns(reader, desc);
		ReleaseTupleDesc(desc);
		reader->type = type;
		reader->typmod = typmod;
		reader->type_identifier = assign_record_type_identifier(type, typmod);
	}
	tuple.t_len = HeapTupleHeaderGetDatumLength(record);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = record;
	if (read_tuple(reader, &tuple, values))
		return;
	heap_deform_tuple(&tuple, reader->desc, reader->values, reader->nulls);
	read_mapped(reader, reader->values, reader->nulls, values);
}

void
jorge_record_expect(RecordReader *reader, TupleDesc desc)
{
	map_columns(reader, desc);
}

void
jorge_record_read_slot(RecordReader *reader, TupleTableSlot *slot, RecordValue *values)
{
	if ((TTS_IS_BUFFERTUPLE(slot) || TTS_IS_HEAPTUPLE(slot)) &&
		read_tuple(reader, ExecFetchSlotHeapTuple(slot, false, NULL), values))
		return;
	slot_getallattrs(slot);
	read_mapped(reader, slot->tts_values, slot->tts_isnull, values);
}

/*
 * Map the reader's columns to the arguments of a call site
 */
static void
map_arguments(RecordReader *reader, FunctionCallInfo fcinfo, int names, int first)
{
	FmgrInfo *flinfo = fcinfo->flinfo;
	int nargs = fcinfo->nargs - first;
	MemoryContext old;
	Datum *elements;
	bool *nulls;
	int n;

	if (get_fn_expr_variadic(flinfo) || PG_ARGISNULL(names) || !get_fn_expr_arg_stable(flinfo, names))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("columns must be named by a constant array, and given as arguments"),
						errhint("Call the function that takes a row; the planner calls this one.")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(names), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
					  &n);
	if (n != nargs)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d columns are named, %d are given", n, nargs)));

	old = MemoryContextSwitchTo(reader->mcxt);
	if (reader->slots == NULL)
		reader->slots = palloc(sizeof(Slot) * reader->ncolumns);
	MemoryContextSwitchTo(old);
	for (int c = 0; c < reader->ncolumns; c++)
	{
		reader->slots[c].attno = -1;
		for (int i = 0; i < n && reader->slots[c].attno < 0; i++)
			if (!nulls[i] && strcmp(TextDatumGetCString(elements[i]), reader->columns[c].name) == 0)
			{
				reader->slots[c].conversion =
					conversion_for(&reader->columns[c], get_fn_expr_argtype(flinfo, first + i));
				reader->slots[c].attno = first + i;
			}
	}
	reader->of_arguments = true;
}

void
jorge_record_read_arguments(RecordReader *reader, FunctionCallInfo fcinfo, int names, int first,
							RecordValue *values)
{
	if (!reader->of_arguments)
		map_arguments(reader, fcinfo, names, first);
	for (int c = 0; c < reader->ncolumns; c++)
	{
		int argno = reader->slots[c].attno;

		if (argno < 0)
			set_missing(reader->columns[c].kind, &values[c]);
		else
			read_column(reader, c, fcinfo->args[argno], &values[c]);
	}
}

int
jorge_record_found(const RecordReader *reader)
{
	int found = 0;

	for (int c = 0; c < reader->ncolumns; c++)
		found += reader->slots[c].attno >= 0;
	return found;
}
