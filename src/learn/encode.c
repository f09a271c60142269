/*
 * encode.c: text columns as indicators.
 */
#include "core/jorge.h"

#include "learn/encode.h"

#include "access/htup_details.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

typedef struct TextKey
{
	const char *value;
	uint32 length;
} TextKey;

typedef struct TextEntry
{
	TextKey key;
	char status;
	TextValue *value;
} TextEntry;

#define SH_PREFIX textvalue
#define SH_ELEMENT_TYPE TextEntry
#define SH_KEY_TYPE TextKey
#define SH_KEY key
#define SH_HASH_KEY(tb, key) hash_bytes((const unsigned char *) (key).value, (key).length)
#define SH_EQUAL(tb, a, b)                                                                         \
	((a).length == (b).length && memcmp((a).value, (b).value, (a).length) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

TextColumn *
jorge_learn_text_make(MemoryContext mcxt, const char *name)
{
	TextColumn *text = MemoryContextAllocZero(mcxt, sizeof(TextColumn));

	text->name = name;
	text->mcxt = mcxt;
	text->dictionary = textvalue_create(mcxt, 64, NULL);
	text->values = MemoryContextAlloc(mcxt, sizeof(TextValue *) * ENCODE_MAX_VALUES);
	return text;
}

int
jorge_learn_text_place(TextColumn *text, const char *value, int length)
{
	TextKey key = {value, (uint32) length};
	TextEntry *entry = textvalue_lookup(text->dictionary, key);
	bool found;

	if (entry == NULL)
	{
		TextValue *made;

		if (text->n == ENCODE_MAX_VALUES)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("column \"%s\" has more than %d different texts", text->name,
								   ENCODE_MAX_VALUES),
							errhint("It looks like an id or free text, which no row shares with "
									"another: leave it out.")));
		made = MemoryContextAlloc(text->mcxt, sizeof(TextValue));
		made->value = MemoryContextAlloc(text->mcxt, length + 1);
		memcpy(made->value, value, length);
		made->value[length] = '\0';
		made->length = (uint32) length;
		made->rows = 0; /* counted when all are read */
		made->place = text->n;
		text->values[text->n++] = made;
		key.value = made->value;
		entry = textvalue_insert(text->dictionary, key, &found);
		entry->value = made;
	}
	return entry->value->place;
}

/* ---- order ---- */

static int
compare_bytes(const TextValue *a, const TextValue *b)
{
	int order = memcmp(a->value, b->value, Min(a->length, b->length));

	return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int
by_bytes(const void *a, const void *b)
{
	return compare_bytes(*(TextValue *const *) a, *(TextValue *const *) b);
}

static int
by_number(const void *a, const void *b)
{
	double x = strtod((*(TextValue *const *) a)->value, NULL);
	double y = strtod((*(TextValue *const *) b)->value, NULL);

	return x != y ? (x < y ? -1 : 1) : by_bytes(a, b);
}

static int
by_rows(const void *a, const void *b)
{
	const TextValue *x = *(TextValue *const *) a;
	const TextValue *y = *(TextValue *const *) b;

	return x->rows != y->rows ? (x->rows > y->rows ? -1 : 1) : compare_bytes(x, y);
}

int *
jorge_learn_text_sort(TextColumn *text, bool as_numbers)
{
	int *moved = MemoryContextAlloc(text->mcxt, sizeof(int) * Max(text->n, 1));

	qsort(text->values, text->n, sizeof(TextValue *), as_numbers ? by_number : by_bytes);
	for (int v = 0; v < text->n; v++)
	{
		moved[text->values[v]->place] = v;
		text->values[v]->place = v;
	}
	return moved;
}

/* ---- the wider frame ---- */

/*
 * Name an indicator; XGBoost's feature names are without [, ] and <
 */
static char *
indicator_name(const char *column, const char *value)
{
	char *name = psprintf("%s=%s", column, value);

	for (char *c = name; *c != '\0'; c++)
		if (*c == '[' || *c == ']' || *c == '<')
			*c = '_';
	return name;
}

/*
 * Rename indicators whose name is taken
 */
static void
make_unique(char **names, const bool *indicator, int n)
{
	for (int f = 0; f < n; f++)
	{
		const char *wanted = names[f];
		int copy = 1;

		for (int g = 0; indicator[f] && g < n; g++)
			if (g != f && strcmp(names[f], names[g]) == 0)
			{
				names[f] = psprintf("%s_%d", wanted, ++copy);
				g = -1; /* from the start */
			}
	}
}

/*
 * Choose the values of a text column that get indicators; returns them by place, -1 = none
 */
static int *
choose_values(TextColumn *text, int64 least_rows, int first, int *count)
{
	int *feature = palloc(sizeof(int) * Max(text->n, 1));

	/* the sort is of a copy: places are still the dictionary's */
	TextValue **order = palloc(sizeof(TextValue *) * Max(text->n, 1));

	memcpy(order, text->values, sizeof(TextValue *) * text->n);
	qsort(order, text->n, sizeof(TextValue *), by_rows);
	*count = 0;
	for (int v = 0; v < text->n; v++)
		feature[order[v]->place] =
			v < ENCODE_MAX && order[v]->rows >= least_rows ? first + (*count)++ : -1;
	pfree(order);
	return feature;
}

/*
 * Count how many rows of the frame have each text; rows without a label were read too
 */
static void
count_values(TrainFrame *frame)
{
	for (int c = 0; c < frame->nsources; c++)
	{
		TextColumn *text = frame->sources[c].text;

		if (text == NULL)
			continue;
		for (int v = 0; v < text->n; v++)
			text->values[v]->rows = 0;
		for (Size r = 0; r < frame->rows; r++)
		{
			float place = frame->x[r * frame->columns + c];

			if (!isnan(place))
				text->values[(int) place]->rows++;
		}
	}
}

void
jorge_learn_encode(TrainFrame *frame, int64 least_rows)
{
	Size wide;
	int columns = 0;
	char **names;
	bool *indicator;
	int **feature = palloc0(sizeof(int *) * frame->columns);
	float *x;

	count_values(frame);
	for (int c = 0; c < frame->nsources; c++)
	{
		TrainColumn *column = &frame->sources[c];

		column->first = columns;
		column->features = 1;
		if (column->text != NULL)
			feature[c] = choose_values(column->text, least_rows, columns, &column->features);
		columns += column->features;
	}
	if (columns > MaxTupleAttributeNumber)
		ereport(
			ERROR,
			(errcode(ERRCODE_TOO_MANY_COLUMNS),
			 errmsg("a forest is trained on at most %d features", MaxTupleAttributeNumber),
			 errdetail("Text columns have a feature for each of their common values."),
			 errhint("Leave some columns out, or raise the training option \"category_rows\".")));
	if (columns == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the query has no column to use as feature"),
				 errdetail("No text of its text columns is in " INT64_FORMAT " rows.", least_rows),
				 errhint("Lower the training option \"category_rows\", or add columns.")));

	names = MemoryContextAlloc(frame->mcxt, sizeof(char *) * columns);
	indicator = palloc0(columns);
	for (int c = 0; c < frame->nsources; c++)
	{
		TrainColumn *column = &frame->sources[c];

		if (column->text == NULL)
			names[column->first] = frame->names[c];
		else
			for (int v = 0; v < column->text->n; v++)
				if (feature[c][v] >= 0)
				{
					names[feature[c][v]] =
						indicator_name(column->name, column->text->values[v]->value);
					indicator[feature[c][v]] = true;
				}
		if (column->features == 0)
			ereport(
				NOTICE,
				(errmsg("column \"%s\" is left out: none of its texts is in " INT64_FORMAT " rows",
						column->name, least_rows)));
	}
	make_unique(names, indicator, columns);

	for (int f = 0; f < columns; f++)
		frame->indicators += indicator[f];
	jorge_learn_frame_widen(frame, columns);
	wide = mul_size(frame->rows, mul_size(sizeof(float), columns));
	x = MemoryContextAllocHuge(frame->mcxt, Max(wide, 1));
	for (Size r = 0; r < frame->rows; r++)
	{
		const float *from = frame->x + r * frame->columns;
		float *to = x + r * columns;

		CHECK_FOR_INTERRUPTS();
		for (int c = 0; c < frame->nsources; c++)
		{
			const TrainColumn *column = &frame->sources[c];

			if (column->text == NULL)
			{
				to[column->first] = from[c];
				continue;
			}
			for (int f = 0; f < column->features; f++)
				to[column->first + f] = isnan(from[c]) ? NAN : 0;
			if (!isnan(from[c]) && feature[c][(int) from[c]] >= 0)
				to[feature[c][(int) from[c]]] = 1;
		}
	}
	for (int c = 0; c < frame->nsources; c++)
		if (frame->sources[c].text != NULL)
			frame->sources[c].feature = feature[c];
	pfree(frame->x);
	frame->x = x;
	frame->names = names;
	frame->columns = columns;
	frame->capacity = frame->rows;
}

bool
jorge_learn_encoding_json(StringInfo out, const TrainFrame *frame)
{
	bool any = false;

	for (int c = 0; c < frame->nsources; c++)
	{
		const TrainColumn *column = &frame->sources[c];
		const char *separator = "";

		if (column->text == NULL || column->features == 0)
			continue;
		appendStringInfoString(out, any ? ", " : "{");
		escape_json(out, column->name);
		appendStringInfoString(out, ": {");
		for (int f = column->first; f < column->first + column->features; f++)
			for (int v = 0; v < column->text->n; v++)
				if (column->feature[v] == f)
				{
					appendStringInfoString(out, separator);
					escape_json(out, column->text->values[v]->value);
					appendStringInfo(out, ": %d", f);
					separator = ", ";
				}
		appendStringInfoChar(out, '}');
		any = true;
	}
	if (any)
		appendStringInfoChar(out, '}');
	return any;
}
