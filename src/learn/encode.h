/*
 * encode.h: text columns as indicators.
 *
 * While rows are read, a text is a number: its place in the column's dictionary. Then each value
 * that enough rows have, at most ENCODE_MAX of them and the most frequent first (of equally
 * frequent ones the lesser in bytes), gets a feature of its own, "column=value": 1 where the column
 * has it and 0 where it has another one; a missing text is missing in all of them. So a tree or a
 * weight speaks of a value by its name, no label enters into it, and a value that is rare, or never
 * seen before, is 0 everywhere.
 */
#ifndef JORGE_LEARN_ENCODE_H
#define JORGE_LEARN_ENCODE_H

#include "learn/frame.h"
#include "lib/stringinfo.h"

/* Indicators of one column */
#define ENCODE_MAX 50

/* A column of more values is an id, or free text. */
#define ENCODE_MAX_VALUES 10000

typedef struct TextValue
{
	char *value;
	uint32 length;
	int64 rows;
	int place; /* in the dictionary; then among the values sorted */
} TextValue;

/* A text column */
typedef struct TextColumn
{
	const char *name;
	MemoryContext mcxt;
	struct textvalue_hash *dictionary;
	TextValue **values; /* by place */
	int n;
} TextColumn;

extern TextColumn *jorge_learn_text_make(MemoryContext mcxt, const char *name);

/* Number of a text, which is in the dictionary from now on. ERROR 54000 if there are too many. */
extern int jorge_learn_text_place(TextColumn *text, const char *value, int length);

/* Sort the values of a column by their bytes, or as numbers; returns the new place of each old one.
 */
extern int *jorge_learn_text_sort(TextColumn *text, bool as_numbers);

/*
 * Replace the text columns of a frame (those whose TrainColumn has a text) by their indicators. A
 * column none of whose values has enough rows goes. ERROR 53200 if the wider frame would take too
 * much memory.
 */
extern void jorge_learn_encode(TrainFrame *frame, int64 least_rows);

/* Append the attribute jorge_encoding, which src/forest/encoding.c reads; false if there are no
 * text columns. */
extern bool jorge_learn_encoding_json(StringInfo out, const TrainFrame *frame);

#endif
