/*
 * cache.c: parsed forests of this backend, by content.
 *
 * Two keys lead to a parsed forest. Its content hash does so for ever. The toast pointer of a
 * stored value does so within one statement: there a value id can't come to name another value,
 * since rows a statement has seen are not vacuumed under it; between statements it could, so it is
 * forgotten. The pointer costs nothing to read; the hash costs a slice of the value.
 *
 * The cache holds at most jorge.forest_cache, dropping the forests used longest ago; one larger
 * than that is held alone. Only a look-up that parses evicts, and never what it returns.
 */
#include "core/jorge.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "core/settings.h"
#include "forest/internal.h"
#include "lib/ilist.h"
#include "storage/proc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

typedef struct CacheEntry
{
	uint8 hash[FOREST_HASH_LENGTH]; /* key */
	dlist_node by_use;              /* most recent first */
	MemoryContext mcxt;             /* of the forest */
	Forest *forest;
	Size size;
} CacheEntry;

/* A stored value seen in a statement */
typedef struct ToastSeen
{
	Oid toast_table;
	Oid value;
	LocalTransactionId lxid;
	TimestampTz statement;
	uint64 evictions; /* as they stood: entry is good if none happened since */
	CacheEntry *entry;
} ToastSeen;

/* Distinct models that one statement joins without reading their headers again, give or take
 * collisions */
#define TOAST_SEEN_SLOTS 256

static HTAB *entries;
static dlist_head by_use = DLIST_STATIC_INIT(by_use);
static Size total;
static uint64 evictions;
static ToastSeen seen[TOAST_SEEN_SLOTS];

/*
 * Drop forests, the ones used longest ago first, until the rest fit; keep is never dropped
 */
static void
evict(const CacheEntry *keep)
{
	Size limit = (Size) jorge_settings.forest_cache_kb * 1024;

	while (total > limit)
	{
		CacheEntry *last = dlist_tail_element(CacheEntry, by_use, &by_use);

		if (last == keep)
			break;
		total -= last->size;
		evictions++;
		dlist_delete(&last->by_use);
		MemoryContextDelete(last->mcxt);
		hash_search(entries, last->hash, HASH_REMOVE, NULL);
	}
}

/*
 * Copy a value's header out of it, reading no more of it than that
 */
static void
read_header(struct varlena *value, ForestHeader *header)
{
	struct varlena *slice = value;

	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		slice = detoast_attr_slice(value, 0, sizeof(ForestHeader));
	if (VARSIZE_ANY_EXHDR(slice) < sizeof(ForestHeader))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored forest is shorter than its header")));
	memcpy(header, VARDATA_ANY(slice), sizeof(ForestHeader));
	if (slice != value)
		pfree(slice);
	if (header->magic != FOREST_MAGIC || header->version != FOREST_VERSION)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored forest has an unknown header (version %u)", header->version),
						errhint("It may have been stored by a newer jorge.")));
}

/*
 * Parse a value into a context of its own, under the cache's
 */
static Forest *
parse(struct varlena *value, MemoryContext *mcxt)
{
	struct varlena *whole = PG_DETOAST_DATUM_PACKED(PointerGetDatum(value));
	ForestHeader header;
	UbjReader reader = {.sqlstate = ERRCODE_DATA_CORRUPTED};
	Forest *forest;

	read_header(whole, &header);
	if (VARSIZE_ANY_EXHDR(whole) - sizeof(ForestHeader) != header.length)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("stored forest's length is not what its header says")));
	reader.data = VARDATA_ANY(whole) + sizeof(ForestHeader);
	reader.length = header.length;

	/* becomes the cache's only when it is complete, so that an error frees it */
	*mcxt = AllocSetContextCreate(CurrentMemoryContext, "jorge forest", ALLOCSET_DEFAULT_SIZES);
	forest = jorge_forest_parse(&reader, *mcxt);
	memcpy(forest->hash, header.hash, FOREST_HASH_LENGTH);
	if (whole != value)
		pfree(whole);
	return forest;
}

/*
 * Make the table of entries
 */
static void
make_table(void)
{
	HASHCTL control = {
		.keysize = FOREST_HASH_LENGTH, .entrysize = sizeof(CacheEntry), .hcxt = CacheMemoryContext};

	entries = hash_create("jorge forests", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * Find or make the entry of a value by its content
 */
static CacheEntry *
by_content(struct varlena *value)
{
	ForestHeader header;
	CacheEntry *entry;
	MemoryContext mcxt;
	Forest *forest;
	bool found;

	read_header(value, &header);
	if (!dlist_is_empty(&by_use))
	{
		entry = dlist_head_element(CacheEntry, by_use, &by_use);
		if (memcmp(entry->hash, header.hash, FOREST_HASH_LENGTH) == 0)
			return entry;
	}
	if (entries == NULL)
		make_table();
	entry = hash_search(entries, header.hash, HASH_FIND, NULL);
	if (entry != NULL)
	{
		dlist_move_head(&by_use, &entry->by_use);
		return entry;
	}

	forest = parse(value, &mcxt);
	entry = hash_search(entries, header.hash, HASH_ENTER, &found);
	Assert(!found);
	entry->mcxt = mcxt;
	entry->forest = forest;
	entry->size = MemoryContextMemAllocated(mcxt, true);
	dlist_push_head(&by_use, &entry->by_use);
	MemoryContextSetParent(mcxt, CacheMemoryContext);
	total += entry->size;
	evict(entry);
	return entry;
}

void
jorge_forest_cache_grew(const Forest *forest, Size more)
{
	CacheEntry *entry =
		entries != NULL ? hash_search(entries, forest->hash, HASH_FIND, NULL) : NULL;

	if (entry == NULL || entry->forest != forest)
		return;
	entry->size += more;
	total += more;
	evict(entry);
}

const Forest *
jorge_forest_from_datum(Datum datum)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);
	struct varatt_external pointer;
	ToastSeen *slot;
	LocalTransactionId lxid;
	TimestampTz statement;

	if (!VARATT_IS_EXTERNAL_ONDISK(value))
		return by_content(value)->forest;

	VARATT_EXTERNAL_GET_POINTER(pointer, value);
	lxid = JORGE_LXID;
	statement = GetCurrentStatementStartTimestamp();
	slot = &seen[murmurhash32(pointer.va_valueid ^ pointer.va_toastrelid) % TOAST_SEEN_SLOTS];
	if (slot->entry != NULL && slot->toast_table == pointer.va_toastrelid &&
		slot->value == pointer.va_valueid && slot->lxid == lxid && slot->statement == statement &&
		slot->evictions == evictions)
		return slot->entry->forest;

	slot->entry = NULL;
	slot->entry = by_content(value);
	slot->toast_table = pointer.va_toastrelid;
	slot->value = pointer.va_valueid;
	slot->lxid = lxid;
	slot->statement = statement;
	slot->evictions = evictions;
	return slot->entry->forest;
}
