/*
 * type.c: the type jorge.text_model: text and binary form, what a value tells of itself.
 */
#include "core/jorge.h"

#include "textmodel/internal.h"

#include "access/detoast.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

JORGE_FUNCTION(jorge_text_model_in);
JORGE_FUNCTION(jorge_text_model_out);
JORGE_FUNCTION(jorge_text_model_recv);
JORGE_FUNCTION(jorge_text_model_send);
JORGE_FUNCTION(jorge_text_model_from_bytea);
JORGE_FUNCTION(jorge_text_model_hash);
JORGE_FUNCTION(jorge_text_model_info);
JORGE_FUNCTION(jorge_text_model_weights);

/* Columns of jorge.text_model_info() */
#define INFO_COLUMNS 9

void
jorge_text_model_wire(const TextModelParts *parts, StringInfo wire)
{
	pq_begintypsend(wire);
	pq_sendint16(wire, TEXT_MODEL_VERSION);
	pq_sendint16(wire, parts->bits);
	pq_sendint32(wire, parts->seed);
	pq_sendint32(wire, parts->lexicon);
	pq_sendint32(wire, parts->embedding);
	pq_sendint32(wire, parts->weights);
	pq_sendfloat8(wire, parts->base + 0.0);
	for (int i = 0; i < parts->weights; i++)
	{
		pq_sendint32(wire, parts->column[i]);
		pq_sendfloat4(wire, parts->weight[i]);
	}
	pq_sendbytes(wire, parts->attributes, parts->attributes_length);
}

/* Read the binary form, from the cursor to the end of wire */
static Datum
read_wire(StringInfo wire, int sqlstate)
{
	TextModelParts parts = {0};
	uint32 *column;
	float *weight;
	Datum value;

	if (wire->len - wire->cursor < 28)
		ereport(ERROR, (errcode(sqlstate), errmsg("invalid jorge.text_model: it is too short")));
	if (pq_getmsgint(wire, 2) != TEXT_MODEL_VERSION)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("text model of an unknown format"),
						errhint("It may have been made by a newer jorge.")));
	parts.bits = pq_getmsgint(wire, 2);
	parts.seed = pq_getmsgint(wire, 4);
	parts.lexicon = (int32) pq_getmsgint(wire, 4);
	parts.embedding = (int32) pq_getmsgint(wire, 4);
	parts.weights = (int32) pq_getmsgint(wire, 4);
	parts.base = pq_getmsgfloat8(wire);
	if (parts.weights < 0 || parts.weights > (wire->len - wire->cursor) / 8)
		ereport(ERROR, (errcode(sqlstate),
						errmsg("invalid jorge.text_model: fewer weights than it says")));
	column = palloc(4 * (Size) parts.weights + 1);
	weight = palloc(4 * (Size) parts.weights + 1);
	for (int i = 0; i < parts.weights; i++)
	{
		column[i] = pq_getmsgint(wire, 4);
		weight[i] = pq_getmsgfloat4(wire);
	}
	parts.column = column;
	parts.weight = weight;
	parts.attributes_length = wire->len - wire->cursor;
	parts.attributes = pq_getmsgbytes(wire, parts.attributes_length);
	value = jorge_text_model_make(&parts, sqlstate);
	pfree(column);
	pfree(weight);
	return value;
}

Datum
jorge_text_model_recv(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(
		read_wire((StringInfo) PG_GETARG_POINTER(0), ERRCODE_INVALID_BINARY_REPRESENTATION));
}

Datum
jorge_text_model_send(PG_FUNCTION_ARGS)
{
	TextModelParts parts;
	StringInfoData wire;

	jorge_text_model_parts(PG_GETARG_DATUM(0), &parts);
	jorge_text_model_wire(&parts, &wire);
	PG_RETURN_BYTEA_P(pq_endtypsend(&wire));
}

/* The value whose binary form a bytea holds */
static Datum
from_bytea(bytea *bytes, int sqlstate)
{
	StringInfoData wire = {.data = VARDATA_ANY(bytes), .len = (int) VARSIZE_ANY_EXHDR(bytes)};

	return read_wire(&wire, sqlstate);
}

Datum
jorge_text_model_from_bytea(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(from_bytea(PG_GETARG_BYTEA_PP(0), ERRCODE_INVALID_BINARY_REPRESENTATION));
}

Datum
jorge_text_model_in(PG_FUNCTION_ARGS)
{
	Datum bytes = DirectFunctionCall1(byteain, PG_GETARG_DATUM(0));

	PG_RETURN_DATUM(from_bytea(DatumGetByteaPP(bytes), ERRCODE_INVALID_TEXT_REPRESENTATION));
}

Datum
jorge_text_model_out(PG_FUNCTION_ARGS)
{
	bytea *bytes = DatumGetByteaPP(jorge_text_model_send(fcinfo));
	Size length = VARSIZE_ANY_EXHDR(bytes);
	char *text;

	/* always in hexadecimal, whatever bytea_output says */
	text = palloc(length * 2 + 3);
	strcpy(text, "\\x");
	text[2 + hex_encode(VARDATA_ANY(bytes), length, text + 2)] = '\0';
	PG_RETURN_CSTRING(text);
}

static Datum
hash_text(const TextModel *model)
{
	char hex[2 * TEXT_MODEL_HASH_LENGTH];

	hex_encode((const char *) model->hash, TEXT_MODEL_HASH_LENGTH, hex);
	return PointerGetDatum(cstring_to_text_with_len(hex, sizeof(hex)));
}

Datum
jorge_text_model_hash(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(hash_text(jorge_text_model_arg(fcinfo, 0)));
}

Datum
jorge_text_model_info(PG_FUNCTION_ARGS)
{
	const TextModel *model = jorge_text_model_from_datum(PG_GETARG_DATUM(0));
	TupleDesc desc;
	Datum values[INFO_COLUMNS];
	bool nulls[INFO_COLUMNS] = {0};
	char *attributes;
	int c = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != INFO_COLUMNS)
		elog(ERROR, "jorge.text_model_info is declared wrongly");
	attributes = pg_any_to_server(pstrdup(model->attributes), strlen(model->attributes), PG_UTF8);
	values[c++] = Int32GetDatum(1 << model->bits);
	values[c++] = Int64GetDatum(model->seed);
	values[c++] = Int32GetDatum(model->embedding);
	values[c++] = Int32GetDatum(model->weights);
	values[c++] = Float8GetDatum(model->base);
	values[c] = Int32GetDatum(model->lexicon);
	nulls[c++] = model->lexicon == 0;
	values[c++] = DirectFunctionCall1(jsonb_in, CStringGetDatum(attributes));
	values[c++] = Int32GetDatum((int32) (toast_raw_datum_size(PG_GETARG_DATUM(0)) - VARHDRSZ));
	values[c++] = hash_text(model);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * Return the weights, a row a column of the model
 */
Datum
jorge_text_model_weights(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	TextModelParts parts;

	InitMaterializedSRF(fcinfo, 0);
	jorge_text_model_parts(PG_GETARG_DATUM(0), &parts);
	for (int i = 0; i < parts.weights; i++)
	{
		Datum values[2] = {Int32GetDatum((int32) parts.column[i]), Float4GetDatum(parts.weight[i])};
		bool nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
