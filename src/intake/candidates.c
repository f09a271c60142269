/*
 * candidates.c: stored leads that are much like an arrival.
 */
#include "core/jorge.h"

#include "core/attribute_map.h"
#include "intake/resolve.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

/* A blocking key of an arrival */
typedef struct AskedKey
{
	int arrival;
	int64 key;
} AskedKey;

/* A lead under a blocking key of an arrival */
typedef struct BlockHit
{
	int arrival;
	pg_uuid_t lead_id;
} BlockHit;

/*
 * Order by blocking key, then arrival
 */
static int
compare_index(const void *a, const void *b)
{
	const AskedKey *x = a;
	const AskedKey *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->arrival - y->arrival;
}

/*
 * Order by lead and arrival
 */
static int
compare_leads(const void *a, const void *b)
{
	const BlockHit *x = a;
	const BlockHit *y = b;
	int order = memcmp(x->lead_id.data, y->lead_id.data, UUID_LEN);

	return order != 0 ? order : x->arrival - y->arrival;
}

/* Reading jorge.lead_block by key */
typedef struct StoredBlocks
{
	Probe blocks;
	AttrNumber location_id;
	AttrNumber lead_id;
} StoredBlocks;

/*
 * Read the leads of a location under a blocking key, at most one more than it says anything of; returns their number
 */
static int
read_leads(StoredBlocks *reader, Datum location_id, int64 key, pg_uuid_t leads[BLOCK_LIMIT + 1])
{
	Datum value = Int64GetDatum(key);
	TupleTableSlot *slot;
	int n = 0;

	jorge_probe_for(&reader->blocks, &value);
	while (n <= BLOCK_LIMIT && (slot = jorge_probe_next(&reader->blocks)) != NULL)
	{
		bool nulls[2];
		Datum location = slot_getattr(slot, reader->location_id, &nulls[0]);
		Datum lead_id = slot_getattr(slot, reader->lead_id, &nulls[1]);

		if (nulls[0] || nulls[1] || jorge_compare_texts(location, location_id) != 0)
			continue;
		if (!jorge_probe_visible(&reader->blocks))
			ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
							errmsg("could not serialize access: somebody much alike has come meanwhile"),
							errhint("The transaction might succeed if retried.")));
		leads[n++] = *DatumGetUUIDP(lead_id);
	}
	return n;
}

/*
 * Take a blocking key from an arrival
 */
static void
drop_block(Arrival *arrival, int64 key)
{
	for (int b = 0; b < arrival->nblocks; b++)
		if (arrival->blocks[b] == key)
			arrival->blocks[b] = arrival->blocks[--arrival->nblocks];
}

/* Hits that were found */
typedef struct BlockHits
{
	BlockHit *hits;
	int n;
	int room;
} BlockHits;

/*
 * Note the leads under a key; where they are too many, the arrival loses the key: one more row under it would be read for nothing
 */
static void
note_hits(const Resolution *r, BlockHits *found, const AskedKey *asked, const pg_uuid_t *leads, int n)
{
	if (n > BLOCK_LIMIT)
		drop_block(&r->arrivals[asked->arrival], asked->key);
	for (int l = 0; l < n && n <= BLOCK_LIMIT; l++)
	{
		if (found->n == found->room)
			found->hits = repalloc_huge(found->hits, mul_size(sizeof(BlockHit), found->room *= 2));
		found->hits[found->n++] = (BlockHit) {asked->arrival, leads[l]};
	}
}

/*
 * Note what is remembered of a key, or that it is certainly not stored; false if it is to be looked up
 */
static bool
recall(const Resolution *r, BlockHits *found, const AskedKey *asked)
{
	const pg_uuid_t *leads = NULL;
	int under = jorge_neighbours_under(r->near, asked->key, &leads);

	if (under < 0)
	{
		if (!jorge_neighbours_lack(r->near, STORED_BLOCK, &asked->key, sizeof(asked->key)))
			return false;
		jorge_neighbours_learn(r->near, asked->key, NULL, 0);
	}
	else
		note_hits(r, found, asked, leads, under);
	return true;
}

/*
 * Look the blocking keys up; hits under keys that too many leads have are left out. Sorted by lead, which may be an alias.
 */
static BlockHit *
find_hits(const Resolution *r, const bool *wanted, int *nhits)
{
	static const char *const columns[] = {"key"};
	StoredBlocks reader;
	BlockHits found = {palloc(sizeof(BlockHit) * 64), 0, 64};
	AskedKey *asked = palloc_extended(mul_size(sizeof(AskedKey), r->n * MATCH_MAX_BLOCKING_KEYS + 1), MCXT_ALLOC_HUGE);
	int nasked = 0;
	int unknown = 0;

	for (int i = 0; i < r->n; i++)
		for (int b = 0; wanted[i] && b < r->arrivals[i].nblocks; b++)
			asked[nasked++] = (AskedKey) {i, r->arrivals[i].blocks[b]};
	for (int a = 0; a < nasked; a++)
	{
		CHECK_FOR_INTERRUPTS();
		if (!recall(r, &found, &asked[a]))
			asked[unknown++] = asked[a];
	}

	/* the rest in the order of the index, so that many look-ups walk it */
	qsort(asked, unknown, sizeof(AskedKey), compare_index);
	jorge_probe_begin(&reader.blocks, "lead_block", columns, 1, true);
	reader.location_id = jorge_probe_column(&reader.blocks, "location_id", TEXTOID);
	reader.lead_id = jorge_probe_column(&reader.blocks, "lead_id", UUIDOID);
	for (int a = 0; a < unknown; a++)
	{
		pg_uuid_t leads[BLOCK_LIMIT + 1];
		int under;

		CHECK_FOR_INTERRUPTS();
		/* another arrival of the batch may have asked for it */
		if (a > 0 && asked[a].key == asked[a - 1].key && recall(r, &found, &asked[a]))
			continue;
		under = read_leads(&reader, r->arrivals[asked[a].arrival].event->values[INQUIRY_location_id], asked[a].key, leads);
		jorge_neighbours_learn(r->near, asked[a].key, leads, under);
		note_hits(r, &found, &asked[a], leads, under);
	}
	jorge_probe_end(&reader.blocks);
	pfree(asked);
	qsort(found.hits, found.n, sizeof(BlockHit), compare_leads);
	*nhits = found.n;
	return found.hits;
}

/* Stored leads by id, which may be an alias of theirs */
typedef struct StoredLeads
{
	Probe leads;
	Probe aliases;
	bool aliases_open; /* few ask for them */
	AttrNumber erased_at;
	AttrNumber alias_of;
} StoredLeads;

static AttributeMap lead_map;

/*
 * Start reading
 */
static void
reader_begin(StoredLeads *reader)
{
	static const char *const columns[] = {"location_id", "lead_id"};

	jorge_probe_begin(&reader->leads, "lead", columns, 2, false);
	jorge_map_attributes(&lead_map, reader->leads.table, jorge_lead_column_names, jorge_lead_column_types, LEAD_COLUMNS);
	reader->erased_at = jorge_probe_column(&reader->leads, "erased_at", TIMESTAMPTZOID);
	reader->aliases_open = false;
}

/*
 * End reading
 */
static void
reader_end(StoredLeads *reader)
{
	if (reader->aliases_open)
		jorge_probe_end(&reader->aliases);
	jorge_probe_end(&reader->leads);
}

/*
 * Find the row of a lead; NULL if there is none. *lead_id becomes its id where it was an alias.
 */
static TupleTableSlot *
find_lead(StoredLeads *reader, Datum location_id, pg_uuid_t *lead_id)
{
	static const char *const columns[] = {"location_id", "alias_id"};
	Datum values[2] = {location_id, UUIDPGetDatum(lead_id)};
	TupleTableSlot *slot;
	Datum alias_of;
	bool null;

	jorge_probe_for(&reader->leads, values);
	slot = jorge_probe_next(&reader->leads);
	if (slot == NULL)
	{
		if (!reader->aliases_open)
		{
			jorge_probe_begin(&reader->aliases, "lead_alias", columns, 2, false);
			reader->alias_of = jorge_probe_column(&reader->aliases, "lead_id", UUIDOID);
			reader->aliases_open = true;
		}
		jorge_probe_for(&reader->aliases, values);
		slot = jorge_probe_next(&reader->aliases);
		if (slot == NULL)
			return NULL;
		alias_of = slot_getattr(slot, reader->alias_of, &null);
		if (null)
			return NULL;
		*lead_id = *DatumGetUUIDP(alias_of);
		jorge_probe_for(&reader->leads, values);
		slot = jorge_probe_next(&reader->leads);
		if (slot == NULL)
			return NULL;
	}
	(void) slot_getattr(slot, reader->erased_at, &null);
	return null ? slot : NULL;
}

/*
 * Bring a lead's row into comparable form
 */
static void
prepare_lead(TupleTableSlot *slot, MatchPerson *person)
{
	Datum values[LEAD_COLUMNS];
	bool nulls[LEAD_COLUMNS];
	MatchGiven given;

	for (int c = LEAD_FIRST_WISH; c < LEAD_COLUMNS; c++)
		nulls[c] = true;
	for (int c = LEAD_FIRST_WISH; c <= LEAD_postal_code; c++)
		values[c] = slot_getattr(slot, lead_map.attno[c] + 1, &nulls[c]);
	jorge_match_given(values, nulls, LEAD_FIRST_WISH, &given);
	jorge_match_prepare(&given, person);
}

/*
 * Get a lead in comparable form; false if there is none. *lead_id becomes its id where it was an alias.
 */
static bool
person_of_lead(const Resolution *r, StoredLeads *reader, Datum location_id, pg_uuid_t *lead_id, MatchPerson *person)
{
	TupleTableSlot *slot;

	if (jorge_neighbours_get(r->near, location_id, lead_id, person))
		return true;
	slot = find_lead(reader, location_id, lead_id);
	if (slot == NULL)
		return false;
	prepare_lead(slot, person);
	jorge_neighbours_put(r->near, location_id, lead_id, person);
	return true;
}

/*
 * Compare an arrival with a lead that may be the same person; a phone that is nobody's counts for nothing
 */
static MatchVerdict
compare(const Resolution *r, Probe *stops, const Arrival *arrival, MatchPerson *lead)
{
	MatchVerdict verdict = jorge_match(arrival->person, lead);

	/* most are strangers: only where it matters is the lead's phone looked up */
	if (verdict.decision != MATCH_NONE && lead->nphones > 0 && !lead->phones_shared &&
		jorge_has_stop(r, stops, arrival->event->values[INQUIRY_location_id], "phone", lead->phones[0]))
	{
		lead->phones_shared = true;
		verdict = jorge_match(arrival->person, lead);
	}
	return verdict;
}

Candidate *
jorge_find_candidates(Resolution *r, const bool *wanted, int *ncandidates)
{
	StoredLeads reader;
	Probe stops;
	Candidate *candidates;
	BlockHit *hits;
	int nhits;

	*ncandidates = 0;
	hits = find_hits(r, wanted, &nhits);
	candidates = palloc_extended(mul_size(sizeof(Candidate), nhits + 1), MCXT_ALLOC_HUGE);
	if (nhits == 0)
		return candidates;

	reader_begin(&reader);
	jorge_stops_begin(&stops);
	for (int h = 0, end; h < nhits; h = end)
	{
		Datum location_id = r->arrivals[hits[h].arrival].event->values[INQUIRY_location_id];
		pg_uuid_t lead_id = hits[h].lead_id;
		MatchPerson lead;

		CHECK_FOR_INTERRUPTS();
		/* another tenant may have a lead of the same id */
		for (end = h + 1; end < nhits && memcmp(hits[end].lead_id.data, hits[h].lead_id.data, UUID_LEN) == 0 &&
						  jorge_compare_texts(r->arrivals[hits[end].arrival].event->values[INQUIRY_location_id], location_id) == 0;)
			end++;
		if (!person_of_lead(r, &reader, location_id, &lead_id, &lead))
			continue;
		for (int i = h; i < end; i++)
		{
			Candidate *candidate = &candidates[*ncandidates];

			if (i > h && hits[i].arrival == hits[i - 1].arrival)
				continue;
			candidate->arrival = hits[i].arrival;
			candidate->lead_id = lead_id;
			candidate->verdict = compare(r, &stops, &r->arrivals[hits[i].arrival], &lead);
			if (candidate->verdict.decision != MATCH_NONE)
				(*ncandidates)++;
		}
	}
	jorge_probe_end(&stops);
	reader_end(&reader);
	return candidates;
}
