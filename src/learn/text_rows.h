/*
 * text_rows.h: the rows of a text training: label, terms of a message, an embedding if there is one.
 */
#ifndef JORGE_LEARN_TEXT_ROWS_H
#define JORGE_LEARN_TEXT_ROWS_H

#include "learn/logistic.h"
#include "learn/text_params.h"

/* A row's place in the order: by hash of its content, and by content where hashes are equal */
typedef struct TextRowKey
{
	uint64 hash;
	uint32 row;
} TextRowKey;

typedef struct TextRows
{
	MemoryContext mcxt;
	Size rows, row_room;
	Size cells, cell_room;
	Size *start; /* rows + 1 */
	uint32 *column;
	float *value;
	float *label;
	double *time; /* NULL = no such column */
	uint8 *language;
	int64 *place; /* of the row in the query, from 1 */
	int embedding; /* elements, 0 until one is seen */
	int bits;

	int64 rows_read, unlabelled, speechless;
	Size positives;
	int folds;
	int64 limit_bytes;

	/* after sorting and packing */
	uint32 *order;	/* rows by content */
	uint32 *bucket; /* of each column that is left */
	uint32 columns;
} TextRows;

/* Run the query and collect its rows. Errors as jorge_learn_source_read(). */
extern void jorge_learn_text_rows_read(MemoryContext mcxt, const char *query, const char *label,
								  const char *message, const TextParams *params, TextRows *rows);

/* Put the rows in an order that depends on their content only. */
extern void jorge_learn_text_rows_sort(TextRows *rows);

/* Keep the buckets that at least min_count rows have, and number them in ascending order. */
extern void jorge_learn_text_rows_pack(TextRows *rows, uint32 min_count);

/* Hash of the rows' content, in 16 bytes */
extern void jorge_learn_text_rows_content(const TextRows *rows, uint64 hash[2]);

#endif
