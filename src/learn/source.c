/*
 * source.c: reading the rows of a training from the caller's own query.
 *
 * Rows go from the executor straight into the frame, through a DestReceiver of our own: nothing is
 * materialised on the way, and unlike a cursor this lets the planner use parallel workers.
 */
#include "core/jorge.h"

#include "learn/source.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "core/progress.h"
#include "executor/spi.h"
#include "learn/encode.h"
#include "learn/learn.h"
#include "tcop/dest.h"
#include "utils/date.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/plancache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

/* As many as a table can have columns */
#define MAX_FEATURES MaxTupleAttributeNumber

/* Each class has a tree of its own in every round. */
#define MAX_CLASSES 100

#define PROGRESS_EVERY 4096 /* rows */

#define TARGET_LABEL (-1)
#define TARGET_TIME (-2)
#define TARGET_EVENT (-3)

/* One value to take from a row */
typedef struct Field
{
	int attribute; /* zero-based, in the row or in the composite */
	Oid type;      /* base type */
	int target;    /* feature, or one of TARGET_* */
	char *name;
	TextColumn *text; /* where it is read as a text */
	FmgrInfo output;  /* of a label of classes that is no text */
} Field;

/* A column of the query: a number, or a composite whose fields are taken */
typedef struct Column
{
	int attribute;
	bool composite;
	Field *fields;
	int nfields;

	/* composites: descriptor of the row type seen last, and room to take rows apart */
	TupleDesc desc;
	Datum *values;
	bool *nulls;
} Column;

typedef struct Reader
{
	DestReceiver receiver;
	MemoryContext mcxt;
	MemoryContext row_mcxt;
	const char *label;
	const TrainParams *params;
	TrainSource *source;

	Column *columns;
	int ncolumns;
	bool has_label;
	bool has_time;
	bool has_event;
	bool labels_are_numbers;
	char **features;    /* names */
	TextColumn **texts; /* by feature; NULL = numbers */
	int nfeatures;
	List *left_out; /* names of protected features not asked for */
} Reader;

/* ---- which columns become what ---- */

static bool
list_names(List *names, const char *name)
{
	ListCell *cell;

	foreach (cell, names)
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	return false;
}

/*
 * Is it a text, as core/record.h reads texts?
 */
static bool
is_text(Oid base)
{
	return base == TEXTOID || base == VARCHAROID || base == BPCHAROID || base == NAMEOID ||
		   type_is_enum(base);
}

/*
 * Check that a column is a number. The types are those of jorge.predict_row (core/record.h).
 */
static void
check_number(const char *name, Oid type, Oid base, bool is_label)
{
	const char *hint;

	switch (base)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			return;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case DATEOID:
		case TIMEOID:
		case INTERVALOID:
			hint = is_label
					   ? "Write a condition on it, for example (closed_at IS NOT NULL) AS %s."
					   : "Take a number from it, for example extract(hour FROM %s) AS hour, or "
						 "leave it out.";
			break;
		default:
			if (is_label && is_text(base))
				hint = "Write it as a boolean, for example (outcome = 'won') AS %s; to tell "
					   "several classes apart "
					   "choose the objective multi:softprob.";
			else
				hint = "Cast column \"%s\" to float8 or boolean in the query, or leave it out.";
	}
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg(is_label ? "label column \"%s\" has type %s, which is no number"
									: "column \"%s\" has type %s, which can't be a feature",
						   name, format_type_be(type)),
					errhint(hint, name)));
}

/*
 * Check that a column orders rows in time
 */
static void
check_time(const char *name, Oid type, Oid base)
{
	switch (base)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("time column \"%s\" has type %s, which is no time", name, format_type_be(type)),
			 errhint("Name a column of type timestamptz, timestamp or date, or a number.")));
}

/*
 * Take a feature name; refuse one that is taken or that XGBoost's other languages refuse
 */
static int
add_feature(Reader *reader, const char *name, TextColumn *text)
{
	if (strpbrk(name, "[]<") != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME),
						errmsg("column name \"%s\" can't be a feature name", name),
						errdetail("XGBoost's feature names are without [, ] and <."),
						errhint("Give the column another name in the query, with AS.")));
	for (int f = 0; f < reader->nfeatures; f++)
		if (strcmp(reader->features[f], name) == 0)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
							errmsg("column name \"%s\" occurs twice in the query", name),
							errhint("Give one of them another name with AS, or leave it out.")));
	if (reader->nfeatures >= MAX_FEATURES)
		ereport(ERROR, (errcode(ERRCODE_TOO_MANY_COLUMNS),
						errmsg("a forest is trained on at most %d features", MAX_FEATURES),
						errhint("Name the ones to use in the training option \"features\".")));
	reader->features[reader->nfeatures] = pstrdup(name);
	reader->texts[reader->nfeatures] = text;
	return reader->nfeatures++;
}

/*
 * Decide what a column, or a field of a composite column, is good for; add it to column's fields
 */
static void
add_field(Reader *reader, Column *column, int attribute, const char *name, Oid type)
{
	Field *field = &column->fields[column->nfields];
	bool is_label = strcmp(name, reader->label) == 0;
	bool is_time =
		!is_label && reader->params->time != NULL && strcmp(name, reader->params->time) == 0;
	bool is_event = !is_label && !is_time && reader->params->event != NULL &&
					strcmp(name, reader->params->event) == 0;

	if (is_label && reader->has_label)
		ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
						errmsg("label column \"%s\" occurs twice in the query", name),
						errhint("Give one of them another name with AS, or leave it out.")));
	if (is_time && reader->has_time)
		ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
						errmsg("time column \"%s\" occurs twice in the query", name),
						errhint("Give one of them another name with AS, or leave it out.")));
	if (is_event && reader->has_event)
		ereport(ERROR, (errcode(ERRCODE_AMBIGUOUS_COLUMN),
						errmsg("event column \"%s\" occurs twice in the query", name),
						errhint("Give one of them another name with AS, or leave it out.")));
	if (!is_label && !is_time && !is_event)
	{
		if (reader->params->features != NIL && !list_names(reader->params->features, name))
			return;
		if (!list_names(reader->params->protected, name) &&
			jorge_learn_api()->feature_is_protected(name))
		{
			reader->left_out = lappend(reader->left_out, pstrdup(name));
			return;
		}
	}

	field->attribute = attribute;
	field->type = getBaseType(type);
	field->name = pstrdup(name);
	field->text = NULL;
	if (is_time)
	{
		check_time(name, type, field->type);
		field->target = TARGET_TIME;
	}
	else if (is_event)
	{
		if (field->type != BOOLOID)
			ereport(
				ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("event column \"%s\" has type %s, not boolean", name, format_type_be(type)),
				 errhint(
					 "True where the time is the end, false where it was only looked at last.")));
		field->target = TARGET_EVENT;
	}
	else if (is_label && reader->params->objective == TRAIN_CLASSES)
	{
		Oid output;
		bool varlena;

		field->target = TARGET_LABEL;
		field->text = reader->source->labels = jorge_learn_text_make(reader->mcxt, field->name);
		getTypeOutputInfo(field->type, &output, &varlena);
		fmgr_info_cxt(output, &field->output, reader->mcxt);
		if (!is_text(field->type))
			check_number(name, type, field->type, true);
		reader->labels_are_numbers = !is_text(field->type);
	}
	else
	{
		if (!is_label && is_text(field->type))
		{
			Oid output;
			bool varlena;

			field->text = jorge_learn_text_make(reader->mcxt, field->name);
			getTypeOutputInfo(field->type, &output, &varlena);
			fmgr_info_cxt(output, &field->output, reader->mcxt);
		}
		else
			check_number(name, type, field->type, is_label);
		field->target = is_label ? TARGET_LABEL : add_feature(reader, name, field->text);
	}
	reader->has_event |= is_event;
	reader->has_label |= is_label;
	reader->has_time |= is_time;
	column->nfields++;
}

/*
 * Take apart a column of composite type
 */
static void
add_composite(Reader *reader, Column *column, const char *name, Oid base)
{
	TupleDesc desc;

	if (base == RECORDOID)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("column \"%s\" is a record of no named type", name),
						errhint("Write its fields as columns, or cast it to a composite type.")));
	desc = lookup_rowtype_tupdesc(base, -1);
	column->composite = true;
	column->fields = palloc(sizeof(Field) * Max(desc->natts, 1));
	for (int a = 0; a < desc->natts; a++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, a);

		if (!att->attisdropped)
			add_field(reader, column, a, NameStr(att->attname), att->atttypid);
	}
	ReleaseTupleDesc(desc);
}

/*
 * Check that every name the caller listed is a feature the query has
 */
static void
check_listed(const Reader *reader, List *names, const char *option)
{
	ListCell *cell;

	foreach (cell, names)
	{
		const char *name = lfirst(cell);
		bool found = list_names(reader->left_out, name);

		for (int f = 0; f < reader->nfeatures && !found; f++)
			found = strcmp(reader->features[f], name) == 0;
		if (!found)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("the query has no feature column \"%s\"", name),
							errdetail("The training option \"%s\" names it.", option),
							errhint("Add it to the query, or take it off the list.")));
	}
}

/*
 * Tell which protected features were left out
 */
static void
tell_left_out(const Reader *reader)
{
	StringInfoData names;
	ListCell *cell;

	if (reader->left_out == NIL)
		return;
	initStringInfo(&names);
	foreach (cell, reader->left_out)
		appendStringInfo(&names, "%s\"%s\"", names.len > 0 ? ", " : "", (char *) lfirst(cell));
	ereport(
		NOTICE,
		(errmsg("protected features are left out: %s", names.data),
		 errhint("They stand for a class that fair-housing law protects. To use one all the same, "
				 "name it in the training option \"protected\".")));
}

/*
 * Map the columns of the query, before its first row
 */
static void
map_columns(Reader *reader, TupleDesc desc)
{
	reader->columns = palloc0(sizeof(Column) * Max(desc->natts, 1));
	reader->features = palloc(sizeof(char *) * MAX_FEATURES);
	reader->texts = palloc(sizeof(TextColumn *) * MAX_FEATURES);
	for (int a = 0; a < desc->natts; a++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, a);
		Column *column = &reader->columns[reader->ncolumns];
		Oid base = getBaseType(att->atttypid);

		if (att->attisdropped)
			continue;
		column->attribute = a;
		if (base == RECORDOID || get_typtype(base) == TYPTYPE_COMPOSITE)
			add_composite(reader, column, NameStr(att->attname), base);
		else
		{
			column->fields = palloc(sizeof(Field));
			add_field(reader, column, a, NameStr(att->attname), att->atttypid);
		}
		if (column->nfields > 0)
			reader->ncolumns++;
	}

	if (!reader->has_label)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
						errmsg("the query has no column \"%s\" to use as label", reader->label),
						errhint("Name the label in the query, for example (outcome = 'won') AS %s.",
								quote_identifier(reader->label))));
	if (reader->params->time != NULL && !reader->has_time)
		ereport(
			ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("the query has no column \"%s\" to order rows in time", reader->params->time),
			 errhint("Add the column that the training option \"time\" names to the query.")));
	if (reader->params->event != NULL && !reader->has_event)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("the query has no column \"%s\" to tell ends from last looks",
						reader->params->event),
				 errhint("Add the column that the training option \"event\" names to the query.")));
	check_listed(reader, reader->params->features, "features");
	check_listed(reader, reader->params->protected, "protected");
	tell_left_out(reader);
	if (reader->nfeatures == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the query has no column to use as feature"),
						errhint("Select at least one number, boolean or text beside the label.")));
}

/* ---- rows ---- */

/*
 * Convert a value to double; the same rules as core/record.c, which scoring reads rows with
 */
static double
to_number(Oid type, Datum datum)
{
	switch (type)
	{
		case BOOLOID:
			return DatumGetBool(datum) ? 1 : 0;
		case INT2OID:
			return DatumGetInt16(datum);
		case INT4OID:
			return DatumGetInt32(datum);
		case INT8OID:
			return (double) DatumGetInt64(datum);
		case FLOAT4OID:
			return DatumGetFloat4(datum);
		case FLOAT8OID:
			return DatumGetFloat8(datum);
		default: /* NUMERICOID; beyond the range of float8 it becomes infinite, which is refused */
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, datum));
	}
}

/*
 * Make the float that the forest sees, with one representation of missing and of zero
 */
static float
to_float(const Reader *reader, const Field *field, Datum datum, bool null)
{
	double number;
	float value;

	if (null)
		return NAN;
	number = to_number(field->type, datum);
	if (isnan(number))
		return NAN;
	value = (float) number;
	if (isinf(value))
		ereport(
			ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s column \"%s\" is infinite, or beyond the range of real, in row %lld of the "
					"query",
					field->target == TARGET_LABEL ? "label" : "feature", field->name,
					(long long) reader->source->rows_read),
			 errhint("Write NULL where the value is unknown, for example nullif(%s, 'infinity').",
					 quote_identifier(field->name))));
	return value + 0.0f; /* minus zero becomes zero */
}

/*
 * Get a row's time as a number that orders: microseconds, days, or what the column counts
 */
static double
to_time(const Reader *reader, const Field *field, Datum datum, bool null)
{
	double number = NAN;

	if (null)
		;
	else if (field->type == TIMESTAMPOID || field->type == TIMESTAMPTZOID)
		number = (double) DatumGetTimestampTz(datum);
	else if (field->type == DATEOID)
		number = DatumGetDateADT(datum);
	else
		number = to_number(field->type, datum);
	if (isnan(number))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("time column \"%s\" is NULL or NaN in row %lld of the query",
							   field->name, (long long) reader->source->rows_read),
						errhint("Leave such rows out: WHERE %s IS NOT NULL.",
								quote_identifier(field->name))));
	return number;
}

/*
 * Take a composite value apart, into column->values and nulls
 */
static void
deform_composite(Reader *reader, Column *column, Datum datum)
{
	HeapTupleHeader record = DatumGetHeapTupleHeader(datum);
	Oid type = HeapTupleHeaderGetTypeId(record);
	int32 typmod = HeapTupleHeaderGetTypMod(record);
	HeapTupleData tuple;

	if (column->desc == NULL || column->desc->tdtypeid != type || column->desc->tdtypmod != typmod)
	{
		TupleDesc desc = lookup_rowtype_tupdesc(type, typmod);
		MemoryContext old = MemoryContextSwitchTo(reader->mcxt);

		/* with the defaults of columns added later, which old rows lack */
		column->desc = CreateTupleDescCopyConstr(desc);
		column->values = palloc(sizeof(Datum) * desc->natts);
		column->nulls = palloc(sizeof(bool) * desc->natts);
		MemoryContextSwitchTo(old);
		ReleaseTupleDesc(desc);

		for (int f = 0; f < column->nfields; f++)
		{
			Field *field = &column->fields[f];

			if (field->attribute >= column->desc->natts ||
				getBaseType(TupleDescAttr(column->desc, field->attribute)->atttypid) != field->type)
				ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
								errmsg("a composite column changes its type between rows")));
		}
	}
	tuple.t_len = HeapTupleHeaderGetDatumLength(record);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = record;
	heap_deform_tuple(&tuple, column->desc, column->values, column->nulls);
}

/*
 * Check the label of a row that counts
 */
static void
check_label(Reader *reader, float label)
{
	if (reader->params->objective == TRAIN_TIME && label <= 0)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("label \"%s\" is %g in row %lld of the query, which is no time", reader->label,
					label, (long long) reader->source->rows_read),
			 errhint("Times are above 0: leave such rows out, or count from a moment before.")));
	if (reader->params->objective != TRAIN_LOGISTIC)
		return;
	if (label != 0 && label != 1)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("label \"%s\" is %g in row %lld of the query, neither 0 nor 1", reader->label,
					label, (long long) reader->source->rows_read),
			 errhint("Write a condition, for example (%s > 0) AS %s; to predict a number, give the "
					 "training option \"objective\": \"reg:squarederror\".",
					 quote_identifier(reader->label), quote_identifier(reader->label))));
	if (label == 1)
		reader->source->positives++;
}

/*
 * Place of a text in its column's dictionary
 */
static float
to_place(Field *field, Datum datum, bool null)
{
	const char *value;
	int length;

	if (null)
		return NAN;
	if (field->type == TEXTOID || field->type == VARCHAROID || field->type == BPCHAROID)
	{
		text *packed = DatumGetTextPP(datum);

		value = VARDATA_ANY(packed);
		length = VARSIZE_ANY_EXHDR(packed);
		while (field->type == BPCHAROID && length > 0 && value[length - 1] == ' ')
			length--;
	}
	else
	{
		value = OutputFunctionCall(&field->output, datum);
		length = strlen(value);
	}
	return jorge_learn_text_place(field->text, value, length);
}

/*
 * Take one row of the query
 */
static bool
receive_row(TupleTableSlot *slot, DestReceiver *receiver)
{
	Reader *reader = (Reader *) receiver;
	TrainSource *source = reader->source;
	float *room = jorge_learn_frame_room(source->frame);
	float label = NAN;
	double time = NAN;
	bool event = true;
	bool unknown = false;
	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	if (++source->rows_read % PROGRESS_EVERY == 0)
		pgstat_progress_update_param(JORGE_PROGRESS_DONE, source->rows_read);

	MemoryContextReset(reader->row_mcxt);
	old = MemoryContextSwitchTo(reader->row_mcxt);
	slot_getallattrs(slot);
	for (int c = 0; c < reader->ncolumns; c++)
	{
		Column *column = &reader->columns[c];
		Datum *values = slot->tts_values;
		bool *nulls = slot->tts_isnull;
		bool missing = nulls[column->attribute];

		if (column->composite && !missing)
		{
			deform_composite(reader, column, values[column->attribute]);
			values = column->values;
			nulls = column->nulls;
		}
		for (int f = 0; f < column->nfields; f++)
		{
			Field *field = &column->fields[f];
			bool null = missing || nulls[field->attribute];
			float value;

			if (field->target == TARGET_EVENT)
			{
				unknown = null;
				event = !null && DatumGetBool(values[field->attribute]);
				continue;
			}
			if (field->text != NULL)
			{
				value = to_place(field, null ? (Datum) 0 : values[field->attribute], null);
				if (field->target == TARGET_LABEL)
					label = value;
				else
					room[field->target] = value;
				continue;
			}

			if (field->target == TARGET_TIME)
			{
				time = to_time(reader, field, missing ? (Datum) 0 : values[field->attribute], null);
				continue;
			}
			value = missing ? NAN : to_float(reader, field, values[field->attribute], null);
			if (field->target == TARGET_LABEL)
				label = value;
			else
				room[field->target] = value;
		}
	}
	MemoryContextSwitchTo(old);

	if (isnan(label) || unknown)
		source->unlabelled++;
	else
	{
		check_label(reader, label);
		source->ends += event;
		jorge_learn_frame_add(source->frame, label, time, event);
	}
	return true;
}

/*
 * Prepare for the rows of the query
 */
static void
start_rows(DestReceiver *receiver, int operation, TupleDesc desc)
{
	Reader *reader = (Reader *) receiver;
	MemoryContext old = MemoryContextSwitchTo(reader->mcxt);

	map_columns(reader, desc);
	MemoryContextSwitchTo(old);
	reader->source->frame =
		jorge_learn_frame_make(reader->mcxt, reader->features, reader->nfeatures, reader->has_time,
							   (int) reader->params->max_depth, Max((int) reader->params->cv, 1),
							   jorge_learn_api()->settings->train_memory_kb);
	reader->source->frame->has_event = reader->has_event;
	reader->source->frame->nsources = reader->nfeatures;
	reader->source->frame->sources =
		MemoryContextAllocZero(reader->mcxt, sizeof(TrainColumn) * reader->nfeatures);
	for (int f = 0; f < reader->nfeatures; f++)
		reader->source->frame->sources[f] = (TrainColumn){
			.name = reader->features[f], .text = reader->texts[f], .first = f, .features = 1};
}

/*
 * Number the classes in the order of their names, and the texts by indicators
 */
static void
finish_rows(Reader *reader)
{
	TrainFrame *frame = reader->source->frame;
	bool any = false;

	if (reader->params->objective == TRAIN_LOGISTIC)
		frame->classes = 2;
	if (reader->source->labels != NULL)
	{
		int *moved = jorge_learn_text_sort(reader->source->labels, reader->labels_are_numbers);

		for (Size r = 0; r < frame->rows; r++)
			frame->y[r] = moved[(int) frame->y[r]];
		frame->classes = reader->source->labels->n;
		frame->labels = palloc(sizeof(char *) * Max(frame->classes, 1));
		for (int c = 0; c < frame->classes; c++)
			frame->labels[c] = reader->source->labels->values[c]->value;
		if (frame->classes > MAX_CLASSES)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("label \"%s\" has %d classes, at most %d can be told apart",
								   reader->label, frame->classes, MAX_CLASSES),
							errhint("Put rare ones together; to predict a number choose the "
									"objective reg:squarederror.")));
	}
	for (int f = 0; f < frame->nsources; f++)
		any |= frame->sources[f].text != NULL;
	if (any && frame->rows > 0)
		jorge_learn_encode(frame, (int64) reader->params->category_rows);
}

static void
end_rows(DestReceiver *receiver)
{
}

/* ---- the query ---- */

/*
 * Refuse all but a single statement that reads
 */
static void
check_query(SPIPlanPtr plan)
{
	List *sources = SPI_plan_get_plan_sources(plan);
	const char *hint = "Write one SELECT, such as SELECT won, message_length FROM history.";
	Query *query;

	if (list_length(sources) != 1)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("training needs one query, not %d", list_length(sources)),
						errhint("%s", hint)));
	if (list_length(((CachedPlanSource *) linitial(sources))->query_list) != 1)
		query = NULL; /* rewritten to nothing or to several: no SELECT */
	else
		query = linitial_node(Query, ((CachedPlanSource *) linitial(sources))->query_list);
	if (query == NULL || query->commandType != CMD_SELECT || query->hasModifyingCTE ||
		query->rowMarks != NIL)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("training needs a query that only reads"), errhint("%s", hint)));
}

void
jorge_learn_query(const char *query, DestReceiver *receiver)
{
	SPIExecuteOptions options = {.read_only = true, .dest = receiver};
	SPIPlanPtr plan;
	int result;

	if ((result = SPI_connect()) != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed: %s", SPI_result_code_string(result));
	plan = SPI_prepare_cursor(query, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare_cursor failed: %s", SPI_result_code_string(SPI_result));
	check_query(plan);
	result = SPI_execute_plan_extended(plan, &options);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute_plan_extended failed: %s", SPI_result_code_string(result));
	SPI_finish();
}

void
jorge_learn_source_read(MemoryContext mcxt, const char *query, const char *label,
						const TrainParams *params, TrainSource *source)
{
	Reader reader = {
		.receiver = {receive_row, start_rows, end_rows, end_rows, DestTuplestore},
		.mcxt = mcxt,
		.label = label,
		.params = params,
		.source = source,
	};

	memset(source, 0, sizeof(*source));
	reader.row_mcxt = AllocSetContextCreate(mcxt, "jorge training row", ALLOCSET_SMALL_SIZES);
	jorge_learn_query(query, &reader.receiver);
	MemoryContextDelete(reader.row_mcxt);
	finish_rows(&reader);
}
