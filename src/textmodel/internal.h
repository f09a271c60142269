/*
 * internal.h: how a jorge.text_model value is laid out.
 */
#ifndef JORGE_TEXTMODEL_INTERNAL_H
#define JORGE_TEXTMODEL_INTERNAL_H

#include "textmodel/textmodel.h"

#include "lib/stringinfo.h"

#define TEXT_MODEL_MAGIC 0x4A54584Du /* JTXM */
#define TEXT_MODEL_VERSION 1

/* After it: columns, weights, attributes. Read and written by memcpy: nothing is aligned. */
typedef struct TextModelHeader
{
	uint32 magic;
	uint16 version;
	uint8 bits;
	uint8 unused;
	uint32 seed;
	int32 lexicon;
	int32 embedding;
	int32 weights;
	int32 attributes; /* bytes */
	uint32 unused2;
	double base;
	uint8 hash[TEXT_MODEL_HASH_LENGTH];
} TextModelHeader;

/* Parts of a value, palloc'd; checked for lengths only. */
extern void jorge_text_model_parts(Datum value, TextModelParts *parts);

/* Binary form: version, bits, seed, lexicon, embedding, weights, base, columns with their weights,
 * attributes; big-endian. */
extern void jorge_text_model_wire(const TextModelParts *parts, StringInfo wire);

#endif
