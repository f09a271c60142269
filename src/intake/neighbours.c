/*
 * neighbours.c: what a large statement remembers of the leads that its arrivals were compared with.
 */
#include "core/jorge.h"

#include "intake/neighbours.h"
#include "intake/resolve.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* The leads under one blocking key */
typedef struct NearKey
{
	int64 key;
	char status;
	int n;
	int room;
	pg_uuid_t *leads;
} NearKey;

#define SH_PREFIX near_keys
#define SH_ELEMENT_TYPE NearKey
#define SH_KEY_TYPE int64
#define SH_KEY key
#define SH_HASH_KEY(table, key) ((uint32) ((key) ^ ((key) >> 32)))
#define SH_EQUAL(table, a, b) ((a) == (b))
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

/* One lead: its person, packed */
typedef struct NearLead
{
	pg_uuid_t lead_id;
	char status;
	Datum location_id;
	char *packed; /* NULL: it has changed */
} NearLead;

#define SH_PREFIX near_leads
#define SH_ELEMENT_TYPE NearLead
#define SH_KEY_TYPE pg_uuid_t
#define SH_KEY lead_id
#define SH_HASH_KEY(table, key) hash_bytes((key).data, UUID_LEN)
#define SH_EQUAL(table, a, b) (memcmp((a).data, (b).data, UUID_LEN) == 0)
#define SH_SCOPE static inline
#define SH_DEFINE
#define SH_DECLARE
#include "lib/simplehash.h"

struct Neighbours
{
	MemoryContext context; /* of all but this and stored */
	StoredKeys *stored;	   /* NULL: not known */
	near_keys_hash *keys;
	near_leads_hash *leads;
	Datum location_id; /* of the lead last put: most come from one; 0 = none yet */
};

#define KEYS_AT_FIRST 4096
#define LEADS_AT_FIRST 1024

/*
 * Begin with nothing
 */
static void
start(Neighbours *near)
{
	near->keys = near_keys_create(near->context, KEYS_AT_FIRST, NULL);
	near->leads = near_leads_create(near->context, LEADS_AT_FIRST, NULL);
	near->location_id = (Datum) 0;
}

Neighbours *
jorge_neighbours_make(int64 arrivals)
{
	Neighbours *near = palloc(sizeof(Neighbours));

	near->stored = jorge_stored_keys_read(arrivals);
	near->context = AllocSetContextCreate(CurrentMemoryContext, "jorge neighbours", ALLOCSET_DEFAULT_SIZES);
	start(near);
	return near;
}

void
jorge_neighbours_free(Neighbours *near)
{
	if (near == NULL)
		return;
	jorge_stored_keys_free(near->stored);
	MemoryContextDelete(near->context);
	pfree(near);
}

void
jorge_neighbours_forget(Neighbours *near)
{
	if (near == NULL)
		return;
	jorge_stored_keys_free(near->stored);
	near->stored = NULL;
	MemoryContextReset(near->context);
	start(near);
}

bool
jorge_neighbours_lack(const Neighbours *near, char kind, const void *key, int length)
{
	return near != NULL && near->stored != NULL && jorge_stored_keys_lack(near->stored, kind, key, length);
}

void
jorge_neighbours_key_stored(Neighbours *near, char kind, const void *key, int length)
{
	if (near != NULL && near->stored != NULL)
		jorge_stored_keys_add(near->stored, kind, key, length);
}

/*
 * Begin anew where there is no room for more
 */
static void
make_room(Neighbours *near)
{
	if (MemoryContextMemAllocated(near->context, false) > (Size) maintenance_work_mem * 1024)
	{
		MemoryContextReset(near->context);
		start(near);
	}
}

int
jorge_neighbours_under(const Neighbours *near, int64 key, const pg_uuid_t **leads)
{
	const NearKey *found = near == NULL ? NULL : near_keys_lookup(near->keys, key);

	if (found == NULL)
		return -1;
	*leads = found->leads;
	return found->n;
}

void
jorge_neighbours_learn(Neighbours *near, int64 key, const pg_uuid_t *leads, int n)
{
	NearKey *entry;
	bool found;

	if (near == NULL)
		return;
	make_room(near);
	entry = near_keys_insert(near->keys, key, &found);
	entry->n = n;
	entry->room = Max(n, 1);
	entry->leads = MemoryContextAlloc(near->context, sizeof(pg_uuid_t) * entry->room);
	if (n > 0)
		memcpy(entry->leads, leads, sizeof(pg_uuid_t) * n);
}

void
jorge_neighbours_stored(Neighbours *near, int64 key, const pg_uuid_t *lead)
{
	NearKey *entry = near_keys_lookup(near->keys, key);

	jorge_neighbours_key_stored(near, STORED_BLOCK, &key, sizeof(key));
	/* too many are too many */
	if (entry == NULL || entry->n > BLOCK_LIMIT)
		return;
	if (entry->n == entry->room)
		entry->leads = repalloc(entry->leads, sizeof(pg_uuid_t) * (entry->room *= 2));
	entry->leads[entry->n++] = *lead;
}

bool
jorge_neighbours_get(const Neighbours *near, Datum location_id, const pg_uuid_t *lead, MatchPerson *person)
{
	const NearLead *found = near == NULL ? NULL : near_leads_lookup(near->leads, *lead);

	/* another tenant may have a lead of the same id */
	if (found == NULL || found->packed == NULL || jorge_compare_texts(found->location_id, location_id) != 0)
		return false;
	jorge_match_unpack(found->packed, person);
	return true;
}

void
jorge_neighbours_put(Neighbours *near, Datum location_id, const pg_uuid_t *lead, const MatchPerson *person)
{
	char packed[MATCH_PACKED_SIZE];
	int size;
	NearLead *entry;
	bool found;

	if (near == NULL)
		return;
	size = jorge_match_pack(person, packed);
	make_room(near);
	if (near->location_id == (Datum) 0 || jorge_compare_texts(near->location_id, location_id) != 0)
	{
		MemoryContext old = MemoryContextSwitchTo(near->context);

		near->location_id = PointerGetDatum(PG_DETOAST_DATUM_COPY(location_id));
		MemoryContextSwitchTo(old);
	}
	entry = near_leads_insert(near->leads, *lead, &found);
	entry->location_id = near->location_id;
	entry->packed = MemoryContextAlloc(near->context, size);
	memcpy(entry->packed, packed, size);
}

void
jorge_neighbours_changed(Neighbours *near, const pg_uuid_t *lead)
{
	NearLead *entry = near_leads_lookup(near->leads, *lead);

	if (entry != NULL)
		entry->packed = NULL;
}
