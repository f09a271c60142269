/*
 * type.c: the type jorge.forest: making values, text and binary form, what a value tells of itself.
 */
#include "core/jorge.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "forest/internal.h"
#include "forest/json.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

JORGE_FUNCTION(jorge_forest_in);
JORGE_FUNCTION(jorge_forest_out);
JORGE_FUNCTION(jorge_forest_recv);
JORGE_FUNCTION(jorge_forest_send);
JORGE_FUNCTION(jorge_forest_from_bytea);
JORGE_FUNCTION(jorge_forest_ubj);
JORGE_FUNCTION(jorge_forest_hash_text);
JORGE_FUNCTION(jorge_forest_info);

/* Columns of jorge.forest_info() */
#define INFO_COLUMNS 11

/*
 * Hash a document: the first half of its SHA-256
 */
static void
hash_document(const char *ubj, Size length, uint8 *hash)
{
	uint8 digest[32];
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);

	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) ubj, length) < 0 ||
		pg_cryptohash_final(context, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(context));
	pg_cryptohash_free(context);
	memcpy(hash, digest, FOREST_HASH_LENGTH);
}

/*
 * Make a value of a document, proving that we can serve it. Errors in it carry sqlstate.
 */
static Datum
make_value(const char *ubj, Size length, int sqlstate)
{
	UbjReader reader = {.data = ubj, .length = length, .sqlstate = sqlstate};
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "jorge forest check", ALLOCSET_DEFAULT_SIZES);
	ForestHeader header = {
		.magic = FOREST_MAGIC, .version = FOREST_VERSION, .length = (uint32) length};
	Size size;
	char *value;

	jorge_forest_parse(&reader, scratch);
	MemoryContextDelete(scratch);

	hash_document(ubj, length, header.hash);
	size = VARHDRSZ + sizeof(header) + length; /* the parser has bounded length */
	value = palloc(size);
	SET_VARSIZE(value, size);
	memcpy(value + VARHDRSZ, &header, sizeof(header));
	memcpy(value + VARHDRSZ + sizeof(header), ubj, length);
	return PointerGetDatum(value);
}

Datum
jorge_forest_from_ubj(const char *ubj, Size length)
{
	return make_value(ubj, length, ERRCODE_INVALID_BINARY_REPRESENTATION);
}

/*
 * The document in a value, detoasted; its length
 */
static const char *
document_of(Datum value, Size *length)
{
	struct varlena *whole = PG_DETOAST_DATUM_PACKED(value);
	Size size = VARSIZE_ANY_EXHDR(whole);

	if (size < sizeof(ForestHeader))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored forest is shorter than its header")));
	*length = size - sizeof(ForestHeader);
	return VARDATA_ANY(whole) + sizeof(ForestHeader);
}

Datum
jorge_forest_in(PG_FUNCTION_ARGS)
{
	char *text = PG_GETARG_CSTRING(0);
	char *json = pg_server_to_any(text, strlen(text), PG_UTF8);
	StringInfoData ubj;
	Datum value;

	initStringInfo(&ubj);
	jorge_json_to_ubj(json, strlen(json), &ubj);
	value = make_value(ubj.data, ubj.len, ERRCODE_INVALID_TEXT_REPRESENTATION);
	pfree(ubj.data);
	PG_RETURN_DATUM(value);
}

Datum
jorge_forest_out(PG_FUNCTION_ARGS)
{
	Size length;
	const char *ubj = document_of(PG_GETARG_DATUM(0), &length);
	StringInfoData json;

	initStringInfo(&json);
	jorge_ubj_to_json(ubj, length, &json);
	PG_RETURN_CSTRING(pg_any_to_server(json.data, json.len, PG_UTF8));
}

Datum
jorge_forest_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int length = message->len - message->cursor;

	PG_RETURN_DATUM(jorge_forest_from_ubj(pq_getmsgbytes(message, length), length));
}

Datum
jorge_forest_send(PG_FUNCTION_ARGS)
{
	Size length;
	const char *ubj = document_of(PG_GETARG_DATUM(0), &length);

	PG_RETURN_BYTEA_P(cstring_to_text_with_len(ubj, (int) length));
}

Datum
jorge_forest_from_bytea(PG_FUNCTION_ARGS)
{
	bytea *ubj = PG_GETARG_BYTEA_PP(0);

	PG_RETURN_DATUM(jorge_forest_from_ubj(VARDATA_ANY(ubj), VARSIZE_ANY_EXHDR(ubj)));
}

Datum
jorge_forest_ubj(PG_FUNCTION_ARGS)
{
	return jorge_forest_send(fcinfo);
}

/*
 * The content hash in hexadecimal
 */
static text *
hash_text(const Forest *forest)
{
	char hex[2 * FOREST_HASH_LENGTH];

	hex_encode((const char *) forest->hash, FOREST_HASH_LENGTH, hex);
	return cstring_to_text_with_len(hex, sizeof(hex));
}

Datum
jorge_forest_hash_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(hash_text(jorge_forest_arg(fcinfo, 0)));
}

/*
 * The attributes as a jsonb object of strings
 */
static Datum
attributes_jsonb(const Forest *forest)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < forest->nattributes; i++)
	{
		JsonbValue text = {.type = jbvString};

		text.val.string.val = forest->attributes[i].name;
		text.val.string.len = strlen(text.val.string.val);
		pushJsonbValue(&state, WJB_KEY, &text);
		text.val.string.val = forest->attributes[i].value;
		text.val.string.len = strlen(text.val.string.val);
		pushJsonbValue(&state, WJB_VALUE, &text);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(object));
}

/*
 * The feature names as text[]
 */
static Datum
names_array(const Forest *forest)
{
	Datum *names = palloc(sizeof(Datum) * forest->features);

	for (int f = 0; f < forest->features; f++)
		names[f] = CStringGetTextDatum(forest->feature_names[f]);
	return PointerGetDatum(
		construct_array(names, forest->features, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
jorge_forest_info(PG_FUNCTION_ARGS)
{
	const Forest *forest = jorge_forest_arg(fcinfo, 0);
	TupleDesc desc;
	Datum values[INFO_COLUMNS];
	bool nulls[INFO_COLUMNS] = {0};
	int c = 0;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != INFO_COLUMNS)
		elog(ERROR, "jorge.forest_info is declared wrongly");
	values[c++] = CStringGetTextDatum(jorge_forest_objective(forest));
	values[c++] = Float4GetDatum(forest->base_score);
	values[c++] = Int32GetDatum(forest->features);
	if (forest->feature_names != NULL)
		values[c++] = names_array(forest);
	else
		nulls[c++] = true;
	values[c++] = Int32GetDatum(forest->ntrees);
	values[c++] = Int32GetDatum(forest->nnodes);
	values[c++] = Int32GetDatum(forest->depth);
	values[c] = Int32GetDatum(forest->lexicon);
	nulls[c++] = forest->lexicon == 0;
	values[c++] = attributes_jsonb(forest);
	values[c++] = Int32GetDatum(forest->length);
	values[c++] = PointerGetDatum(hash_text(forest));
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
