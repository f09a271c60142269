/*
 * candidates.c: stored leads that are much like an arrival.
 */
#include "core/jorge.h"

#include "intake/resolve.h"
#include "intake/statements.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* A row of FIND_BLOCKS */
typedef struct BlockHit
{
	int arrival;
	int64 key;
	pg_uuid_t lead_id;
} BlockHit;

/*
 * Order by arrival and blocking key
 */
static int
compare_keys(const void *a, const void *b)
{
	const BlockHit *x = a;
	const BlockHit *y = b;

	if (x->arrival != y->arrival)
		return x->arrival < y->arrival ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return memcmp(x->lead_id.data, y->lead_id.data, UUID_LEN);
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

/*
 * Look the blocking keys up; hits under keys that too many leads have are left out. Sorted by lead, which may be an alias.
 */
static BlockHit *
find_hits(const Resolution *r, const bool *wanted, int *nhits)
{
	static const char *const columns[] = {"key"};
	Probe blocks;
	AttrNumber location_id;
	AttrNumber lead_id;
	TupleTableSlot *slot;
	int room = 64;
	BlockHit *hits = palloc(sizeof(BlockHit) * room);
	int n = 0;
	int kept = 0;

	jorge_probe_begin(&blocks, "lead_block", columns, 1, true);
	location_id = SPI_fnumber(RelationGetDescr(blocks.table), "location_id");
	lead_id = SPI_fnumber(RelationGetDescr(blocks.table), "lead_id");
	for (int i = 0; i < r->n; i++)
		for (int b = 0; wanted[i] && b < r->arrivals[i].nblocks; b++)
		{
			Datum key = Int64GetDatum(r->arrivals[i].blocks[b]);
			text *location = DatumGetTextPP(r->arrivals[i].event->values[INQUIRY_location_id]);
			int under = 0;

			CHECK_FOR_INTERRUPTS();
			jorge_probe_for(&blocks, &key);
			while (under <= BLOCK_LIMIT && (slot = jorge_probe_next(&blocks)) != NULL)
			{
				bool null;
				text *other = DatumGetTextPP(slot_getattr(slot, location_id, &null));

				if (VARSIZE_ANY_EXHDR(other) != VARSIZE_ANY_EXHDR(location) ||
					memcmp(VARDATA_ANY(other), VARDATA_ANY(location), VARSIZE_ANY_EXHDR(location)) != 0)
					continue;
				if (!jorge_probe_visible(&blocks))
					ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
									errmsg("could not serialize access: somebody much alike has come meanwhile"),
									errhint("The transaction might succeed if retried.")));
				if (n == room)
					hits = repalloc_huge(hits, mul_size(sizeof(BlockHit), room *= 2));
				hits[n].arrival = i;
				hits[n].key = r->arrivals[i].blocks[b];
				hits[n].lead_id = *DatumGetUUIDP(slot_getattr(slot, lead_id, &null));
				n++;
				under++;
			}
		}
	jorge_probe_end(&blocks);

	qsort(hits, n, sizeof(BlockHit), compare_keys);
	for (int h = 0, end; h < n; h = end)
	{
		for (end = h + 1; end < n && hits[end].arrival == hits[h].arrival && hits[end].key == hits[h].key;)
			end++;
		if (end - h > BLOCK_LIMIT)
		{
			Arrival *arrival = &r->arrivals[hits[h].arrival];

			/* one more row under it would be read for nothing */
			for (int b = 0; b < arrival->nblocks; b++)
				if (arrival->blocks[b] == hits[h].key)
					arrival->blocks[b] = arrival->blocks[--arrival->nblocks];
			continue;
		}
		memmove(hits + kept, hits + h, sizeof(BlockHit) * (end - h));
		kept += end - h;
	}
	qsort(hits, kept, sizeof(BlockHit), compare_leads);
	*nhits = kept;
	return hits;
}

/*
 * Get a text column for the matcher
 */
static MatchText
text_of(HeapTuple tuple, int column)
{
	bool null;
	Datum value = SPI_getbinval(tuple, SPI_tuptable->tupdesc, column, &null);
	MatchText result = {NULL, 0};

	if (!null)
	{
		text *t = DatumGetTextPP(value);

		result.data = VARDATA_ANY(t);
		result.length = VARSIZE_ANY_EXHDR(t);
	}
	return result;
}

/*
 * Bring a row of FIND_CANDIDATES into comparable form
 */
static void
prepare_lead(HeapTuple tuple, MatchPerson *person)
{
	MatchGiven given = {text_of(tuple, 3), text_of(tuple, 4), text_of(tuple, 5), text_of(tuple, 6),
						text_of(tuple, 7), text_of(tuple, 8), text_of(tuple, 9), text_of(tuple, 10)};

	jorge_match_prepare(&given, person);
}

/*
 * Compare an arrival with a lead that may be the same person; a phone that is nobody's counts for nothing
 */
static MatchVerdict
compare(Probe *stops, const Arrival *arrival, MatchPerson *lead)
{
	MatchVerdict verdict = jorge_match(arrival->person, lead);

	/* most are strangers: only where it matters is the lead's phone looked up */
	if (verdict.decision != MATCH_NONE && lead->nphones > 0 && !lead->phones_shared &&
		jorge_has_stop(stops, arrival->event->values[INQUIRY_location_id], "phone", lead->phones[0]))
	{
		lead->phones_shared = true;
		verdict = jorge_match(arrival->person, lead);
	}
	return verdict;
}

Candidate *
jorge_find_candidates(Resolution *r, const bool *wanted, int *ncandidates)
{
	static const char *const columns[] = {"location_id", "kind", "key"};
	Tuplestorestate *store;
	bool present[2] = {false, false};
	Probe stops;
	Candidate *candidates;
	BlockHit *hits;
	int nhits;

	*ncandidates = 0;
	hits = find_hits(r, wanted, &nhits);
	candidates = palloc_extended(mul_size(sizeof(Candidate), nhits + 1), MCXT_ALLOC_HUGE);
	if (nhits == 0)
		return candidates;

	store = jorge_relation_begin(RELATION_WANTED_LEADS);
	for (int h = 0; h < nhits; h++)
	{
		Datum values[2] = {r->arrivals[hits[h].arrival].event->values[INQUIRY_location_id], UUIDPGetDatum(&hits[h].lead_id)};

		if (h == 0 || memcmp(hits[h].lead_id.data, hits[h - 1].lead_id.data, UUID_LEN) != 0)
			jorge_relation_put(store, RELATION_WANTED_LEADS, values, present);
	}
	jorge_statement_run(FIND_CANDIDATES, NULL);
	jorge_probe_begin(&stops, "identity_stop", columns, 3, false);
	for (uint64 row = 0, h = 0; row < SPI_processed; row++)
	{
		HeapTuple tuple = SPI_tuptable->vals[row];
		bool null;
		pg_uuid_t *id = DatumGetUUIDP(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &null));
		MatchPerson lead;

		CHECK_FOR_INTERRUPTS();
		prepare_lead(tuple, &lead);
		/* rows come in the order of the hits */
		while (h < nhits && memcmp(hits[h].lead_id.data, id->data, UUID_LEN) < 0)
			h++;
		for (; h < nhits && memcmp(hits[h].lead_id.data, id->data, UUID_LEN) == 0; h++)
		{
			Candidate *candidate = &candidates[*ncandidates];

			if (h > 0 && hits[h].arrival == hits[h - 1].arrival && memcmp(hits[h - 1].lead_id.data, id->data, UUID_LEN) == 0)
				continue;
			candidate->arrival = hits[h].arrival;
			candidate->lead_id = *DatumGetUUIDP(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &null));
			candidate->verdict = compare(&stops, &r->arrivals[hits[h].arrival], &lead);
			if (candidate->verdict.decision != MATCH_NONE)
				(*ncandidates)++;
		}
	}
	jorge_probe_end(&stops);
	jorge_relation_end(store, RELATION_WANTED_LEADS);
	return candidates;
}
