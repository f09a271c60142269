/*
 * model.c: jorge.text_model values, and their unfolded form that the backend keeps.
 *
 * Kept are the MODELS_KEPT models used last, found by content hash. A call site remembers which
 * model a toast pointer stood for, within one statement: there a value id can't come to name
 * another value.
 */
#include "core/jorge.h"

#include "textmodel/internal.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

/* A model takes 4 bytes a column: 1 MB with the default of 18 bits */
#define MODELS_KEPT 8

typedef struct Kept
{
	TextModel *model;
	MemoryContext mcxt;
	uint64 used; /* the clock when it was used last */
} Kept;

/* What a call site saw last */
typedef struct CallSite
{
	Oid toast_table;
	Oid value;
	LocalTransactionId lxid;
	TimestampTz statement;
	uint64 dropped; /* as it stood: the model is good if none was dropped since */
	const TextModel *model;
} CallSite;

static Kept kept[MODELS_KEPT];
static uint64 clock_now;
static uint64 dropped;

pg_noreturn static void
refuse(int sqlstate, const char *what)
{
	ereport(ERROR, (errcode(sqlstate), errmsg("invalid jorge.text_model: %s", what),
					errhint("Make text models with jorge.train_text(), and move them whole.")));
}

/* Is this a JSON object in UTF8 without NUL? */
static void
check_attributes(const TextModelParts *parts, int sqlstate)
{
	char *copy;
	Jsonb *json;

	if (parts->attributes_length < 2 || parts->attributes_length > TEXT_MODEL_ATTRIBUTES_MAX ||
		memchr(parts->attributes, 0, parts->attributes_length) != NULL ||
		!pg_verify_mbstr(PG_UTF8, parts->attributes, parts->attributes_length, true))
		refuse(sqlstate, "its attributes are no text");
	copy = pnstrdup(parts->attributes, parts->attributes_length);
	json = DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(pg_any_to_server(copy, strlen(copy), PG_UTF8))));
	if (!JB_ROOT_IS_OBJECT(json))
		refuse(sqlstate, "its attributes are no JSON object");
}

static void
check_parts(const TextModelParts *parts, int sqlstate)
{
	uint32 columns;

	if (parts->bits < TEXT_MODEL_BITS_MIN || parts->bits > TEXT_MODEL_BITS_MAX)
		refuse(sqlstate, "bits out of range");
	if (parts->embedding < 0 || parts->embedding > TEXT_MODEL_EMBEDDING_MAX)
		refuse(sqlstate, "elements of the embedding out of range");
	if (parts->lexicon < 0)
		refuse(sqlstate, "lexicon out of range");
	if (!isfinite(parts->base))
		refuse(sqlstate, "its base is not finite");
	columns = (UINT32_C(1) << parts->bits) + (uint32) parts->embedding;
	if (parts->weights < 0 || (uint32) parts->weights > columns)
		refuse(sqlstate, "more weights than columns");
	for (int i = 0; i < parts->weights; i++)
	{
		if ((i & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		if (parts->column[i] >= columns || (i > 0 && parts->column[i] <= parts->column[i - 1]))
			refuse(sqlstate, "its columns are not ascending within their range");
		if (!isfinite(parts->weight[i]) || parts->weight[i] == 0)
			refuse(sqlstate, "a weight is zero or not finite");
	}
	check_attributes(parts, sqlstate);
}

Datum
jorge_text_model_make(const TextModelParts *parts, int sqlstate)
{
	TextModelHeader header = {.magic = TEXT_MODEL_MAGIC, .version = TEXT_MODEL_VERSION};
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	pg_cryptohash_ctx *context;
	StringInfoData wire;
	Size size;
	char *value;
	char *at;

	check_parts(parts, sqlstate);
	header.bits = (uint8) parts->bits;
	header.seed = parts->seed;
	header.lexicon = parts->lexicon;
	header.embedding = parts->embedding;
	header.weights = parts->weights;
	header.attributes = parts->attributes_length;
	header.base = parts->base + 0.0; /* minus zero becomes zero */

	jorge_text_model_wire(parts, &wire);
	context = pg_cryptohash_create(PG_SHA256);
	if (context == NULL || pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) wire.data, wire.len) < 0 ||
		pg_cryptohash_final(context, digest, sizeof(digest)) < 0)
		elog(ERROR, "could not compute SHA-256: %s", pg_cryptohash_error(context));
	pg_cryptohash_free(context);
	pfree(wire.data);
	memcpy(header.hash, digest, TEXT_MODEL_HASH_LENGTH);

	size = VARHDRSZ + sizeof(header) + 8 * (Size) parts->weights + parts->attributes_length;
	value = palloc(size);
	SET_VARSIZE(value, size);
	at = value + VARHDRSZ;
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	memcpy(at, parts->column, 4 * (Size) parts->weights);
	at += 4 * (Size) parts->weights;
	memcpy(at, parts->weight, 4 * (Size) parts->weights);
	at += 4 * (Size) parts->weights;
	memcpy(at, parts->attributes, parts->attributes_length);
	return PointerGetDatum(value);
}

/* Copy a value's header out of it, reading no more of it than that */
static void
read_header(struct varlena *value, TextModelHeader *header)
{
	struct varlena *slice = value;

	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		slice = detoast_attr_slice(value, 0, sizeof(TextModelHeader));
	if (VARSIZE_ANY_EXHDR(slice) < sizeof(TextModelHeader))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored text model is shorter than its header")));
	memcpy(header, VARDATA_ANY(slice), sizeof(TextModelHeader));
	if (slice != value)
		pfree(slice);
	if (header->magic != TEXT_MODEL_MAGIC || header->version != TEXT_MODEL_VERSION)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored text model has an unknown header (version %u)", header->version),
						errhint("It may have been stored by a newer jorge.")));
}

void
jorge_text_model_parts(Datum datum, TextModelParts *parts)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);
	TextModelHeader header;
	const char *at = VARDATA_ANY(value) + sizeof(TextModelHeader);
	uint32 *column;
	float *weight;

	read_header(value, &header);
	if (header.weights < 0 || header.attributes < 0 ||
		VARSIZE_ANY_EXHDR(value) !=
			sizeof(TextModelHeader) + 8 * (Size) header.weights + (Size) header.attributes)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored text model's length is not what its header says")));
	/* copies: a packed value need not be aligned */
	column = palloc(4 * (Size) header.weights + 1);
	weight = palloc(4 * (Size) header.weights + 1);
	memcpy(column, at, 4 * (Size) header.weights);
	at += 4 * (Size) header.weights;
	memcpy(weight, at, 4 * (Size) header.weights);
	at += 4 * (Size) header.weights;
	*parts = (TextModelParts){
		.bits = header.bits,
		.seed = header.seed,
		.lexicon = header.lexicon,
		.embedding = header.embedding,
		.base = header.base,
		.weights = header.weights,
		.column = column,
		.weight = weight,
		.attributes = pnstrdup(at, header.attributes),
		.attributes_length = header.attributes,
	};
}

/* Unfold a value into a context of its own, under the current one */
static TextModel *
unfold(struct varlena *value, const TextModelHeader *header, MemoryContext *mcxt)
{
	MemoryContext scratch =
		AllocSetContextCreate(CurrentMemoryContext, "jorge text model parts", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	TextModelParts parts;
	TextModel *model;
	Size columns;

	jorge_text_model_parts(PointerGetDatum(value), &parts);
	check_parts(&parts, ERRCODE_DATA_CORRUPTED);
	MemoryContextSwitchTo(old);

	columns = ((Size) 1 << parts.bits) + parts.embedding;
	*mcxt = AllocSetContextCreate(old, "jorge text model", ALLOCSET_SMALL_SIZES);
	model = MemoryContextAllocZero(*mcxt, sizeof(TextModel));
	memcpy(model->hash, header->hash, TEXT_MODEL_HASH_LENGTH);
	model->bits = parts.bits;
	model->seed = parts.seed;
	model->lexicon = parts.lexicon;
	model->embedding = parts.embedding;
	model->weights = parts.weights;
	model->base = parts.base;
	model->weight = MemoryContextAllocZero(*mcxt, columns * sizeof(float));
	for (int i = 0; i < parts.weights; i++)
		model->weight[parts.column[i]] = parts.weight[i];
	model->attributes = MemoryContextStrdup(*mcxt, parts.attributes);
	MemoryContextDelete(scratch);
	return model;
}

/* Find or unfold the model of a value by its content */
static const TextModel *
by_content(struct varlena *value)
{
	TextModelHeader header;
	Kept *place = &kept[0];
	TextModel *model;
	MemoryContext mcxt;

	read_header(value, &header);
	for (int i = 0; i < MODELS_KEPT; i++)
	{
		if (kept[i].model != NULL &&
			memcmp(kept[i].model->hash, header.hash, TEXT_MODEL_HASH_LENGTH) == 0)
		{
			kept[i].used = ++clock_now;
			return kept[i].model;
		}
		if (kept[i].used < place->used)
			place = &kept[i];
	}
	model = unfold(value, &header, &mcxt);
	if (place->model != NULL)
	{
		dropped++;
		MemoryContextDelete(place->mcxt);
	}
	MemoryContextSetParent(mcxt, CacheMemoryContext);
	*place = (Kept){.model = model, .mcxt = mcxt, .used = ++clock_now};
	return model;
}

const TextModel *
jorge_text_model_from_datum(Datum value)
{
	return by_content((struct varlena *) DatumGetPointer(value));
}

const TextModel *
jorge_text_model_arg(FunctionCallInfo fcinfo, int argno)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(argno));
	CallSite *site = fcinfo->flinfo->fn_extra;
	struct varatt_external pointer;
	LocalTransactionId lxid;
	TimestampTz statement;

	if (!VARATT_IS_EXTERNAL_ONDISK(value))
		return by_content(value);
	if (site == NULL)
		site = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CallSite));
	VARATT_EXTERNAL_GET_POINTER(pointer, value);
	lxid = JORGE_LXID;
	statement = GetCurrentStatementStartTimestamp();
	if (site->model != NULL && site->toast_table == pointer.va_toastrelid &&
		site->value == pointer.va_valueid && site->lxid == lxid && site->statement == statement &&
		site->dropped == dropped)
		return site->model;
	site->model = NULL;
	site->model = by_content(value);
	site->toast_table = pointer.va_toastrelid;
	site->value = pointer.va_valueid;
	site->lxid = lxid;
	site->statement = statement;
	site->dropped = dropped;
	return site->model;
}

double
jorge_text_model_margin(const TextModel *model, const char *message, size_t length,
						const float *embedding, bool *heard)
{
	double margin = model->base;

	*heard = false;
	if (message != NULL)
	{
		TextTerms terms;

		jorge_text_terms(message, length, model->bits, model->seed, &terms);
		for (int i = 0; i < terms.n; i++)
			margin += (double) model->weight[terms.terms[i].bucket] * terms.terms[i].value;
		*heard = terms.n > 0;
		jorge_text_terms_free(&terms);
	}
	if (embedding != NULL && model->embedding > 0)
	{
		const float *weight = model->weight + ((Size) 1 << model->bits);
		double scale = jorge_text_embedding_scale(embedding, model->embedding);

		for (int i = 0; i < model->embedding; i++)
			margin += (double) weight[i] * (float) (embedding[i] * scale);
		*heard |= scale > 0;
	}
	return margin;
}
