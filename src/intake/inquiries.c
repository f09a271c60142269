/*
 * inquiries.c: the way of an inquiry: whose it is, fold, score, rows.
 */
#include "core/jorge.h"

#include "intake/blocks.h"
#include "intake/intake.h"
#include "intake/resolve.h"
#include "intake/rows.h"
#include "intake/statements.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * Run one of our functions; returns its result, which lives until SPI_finish
 */
static Datum
call(const char *sql, int n, Oid *types, Datum *args, const char *nulls)
{
	bool null;

	if (SPI_execute_with_args(sql, n, types, args, nulls, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "failed: %s", sql);
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
}

/*
 * Make stored leads one where arrivals with the keys of both have come; returns the ids of the merges
 */
static Datum *
merge_leads(Resolution *r)
{
	Oid types[5] = {TEXTOID, UUIDOID, UUIDOID, TEXTOID, UUIDOID};
	Datum *merge_ids = palloc(sizeof(Datum) * (r->nmerges + 1));

	for (int m = 0; m < r->nmerges; m++)
	{
		const Merge *merge = &r->merges[m];
		Datum args[5] = {r->persons[merge->winner].location_id, UUIDPGetDatum(&r->persons[merge->winner].lead_id),
						 UUIDPGetDatum(&r->persons[merge->loser].lead_id), CStringGetTextDatum(merge->rule),
						 r->arrivals[merge->arrival].event->values[INQUIRY_inquiry_id]};
		const Adoption *adoption = jorge_adoption();

		CHECK_FOR_INTERRUPTS();
		if (adoption != NULL && adoption->inserted && memcmp(adoption->lead_id.data, r->persons[merge->loser].lead_id.data, UUID_LEN) == 0)
		{
			(void) call("SELECT jorge.absorb_lead($1, $2, $3)", 3, types, args, NULL);
			merge_ids[m] = (Datum) 0;
		}
		else
			merge_ids[m] = call("SELECT jorge.merge_rows($1, $2, $3, $4, NULL, $5, NULL)", 5, types, args, NULL);
	}
	return merge_ids;
}

/*
 * Order blocking keys
 */
static int
compare_int64(const void *a, const void *b)
{
	int64 x = *(const int64 *) a;
	int64 y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

/*
 * Take from an arrival the blocking keys that its stored lead has anyhow. Those of a row that a user has put in or changed stay,
 * because the row says the same by now; what is stored of them is left out when they are written.
 */
static void
drop_known_blocks(Arrival *arrival, const LeadState *state)
{
	const Adoption *adoption = jorge_adoption();
	text *location = DatumGetTextPP(state->values[LEAD_location_id]);
	MatchGiven given;
	MatchPerson person;
	int64 known[MATCH_MAX_BLOCKING_KEYS];
	int n;
	int kept = 0;

	if (adoption != NULL && memcmp(adoption->lead_id.data, DatumGetUUIDP(state->values[LEAD_lead_id])->data, UUID_LEN) == 0)
		return;
	if (jorge_says_the_same(state, arrival->event))
	{
		arrival->nblocks = 0;
		return;
	}
	jorge_match_given(state->values, state->nulls, LEAD_FIRST_WISH, &given);
	jorge_match_prepare(&given, &person);
	n = jorge_location_blocks(VARDATA_ANY(location), VARSIZE_ANY_EXHDR(location), &person, known);
	qsort(known, n, sizeof(int64), compare_int64);
	for (int b = 0; b < arrival->nblocks; b++)
		if (bsearch(&arrival->blocks[b], known, n, sizeof(int64), compare_int64) == NULL)
			arrival->blocks[kept++] = arrival->blocks[b];
	arrival->nblocks = kept;
}

/* A blocking key to be written */
typedef struct BlockRow
{
	int person;
	int arrival;
	int64 key;
} BlockRow;

/*
 * Order blocking keys by person
 */
static int
compare_block_rows(const void *a, const void *b)
{
	const BlockRow *x = a;
	const BlockRow *y = b;

	if (x->person != y->person)
		return x->person - y->person;
	return x->key < y->key ? -1 : x->key > y->key;
}

/*
 * Leave a blocking key to one of a person's arrivals
 */
static void
drop_repeated_blocks(Resolution *r)
{
	BlockRow *rows = palloc_extended(mul_size(sizeof(BlockRow), r->n * MATCH_MAX_BLOCKING_KEYS + 1), MCXT_ALLOC_HUGE);
	int n = 0;

	for (int i = 0; i < r->n; i++)
	{
		for (int b = 0; b < r->arrivals[i].nblocks; b++)
			rows[n++] = (BlockRow) {r->arrivals[i].who, i, r->arrivals[i].blocks[b]};
		r->arrivals[i].nblocks = 0;
	}
	qsort(rows, n, sizeof(BlockRow), compare_block_rows);
	for (int b = 0; b < n; b++)
		if (b == 0 || compare_block_rows(&rows[b], &rows[b - 1]) != 0)
		{
			Arrival *arrival = &r->arrivals[rows[b].arrival];

			arrival->blocks[arrival->nblocks++] = rows[b].key;
		}
	pfree(rows);
}

/*
 * Let the rest of the statement know what was written of new or of known leads
 */
static void
remember(Neighbours *near, IntakeLead *leads, int nleads, const LeadBlock *blocks, int nblocks)
{
	for (int l = 0; l < nleads; l++)
	{
		const LeadState *state = &leads[l].state;
		const pg_uuid_t *lead_id = DatumGetUUIDP(state->values[LEAD_lead_id]);
		MatchGiven given;
		MatchPerson person;

		if (!leads[l].is_new)
		{
			jorge_neighbours_changed(near, lead_id);
			continue;
		}
		if (leads[l].only != NULL)
		{
			person = *leads[l].only;
			person.phones_shared = false; /* who compares with it looks its phone up */
		}
		else
		{
			jorge_match_given(state->values, state->nulls, LEAD_FIRST_WISH, &given);
			jorge_match_prepare(&given, &person);
		}
		jorge_neighbours_put(near, state->values[LEAD_location_id], lead_id, &person);
	}
	for (int b = 0; b < nblocks; b++)
		jorge_neighbours_stored(near, blocks[b].key, DatumGetUUIDP(blocks[b].lead_id));
}

/* A key to be written */
typedef struct NewKey
{
	int arrival;
	KeyKind kind;
	int entry;
} NewKey;

/*
 * Order keys as their index does
 */
static int
compare_new_keys(const void *a, const void *b)
{
	const NewKey *x = a;
	const NewKey *y = b;

	return x->entry != y->entry ? x->entry - y->entry : x->arrival - y->arrival;
}

/*
 * Write the rows of new or of known leads
 */
static void
write_rows(Resolution *r, IntakeLead *leads, int nleads, bool new_ones)
{
	IntakeRows *keys = jorge_rows_make(RELATION_KEYS, new_ones ? r->n * KEY_KINDS : 1);
	IntakeRows *links = jorge_rows_make(RELATION_LINKS, r->n);
	bool present[5] = {false, false, false, false, false};
	NewKey *new_keys = palloc(sizeof(NewKey) * (r->n * KEY_KINDS + 1));
	LeadBlock *blocks = palloc(sizeof(LeadBlock) * (r->n * MATCH_MAX_BLOCKING_KEYS + 1));
	int nkeys = 0;
	int nblocks = 0;

	for (int i = 0; i < r->n; i++)
	{
		Arrival *arrival = &r->arrivals[i];
		IntakeLead *lead = r->persons[arrival->who].lead;
		const Datum *values = arrival->event->values;
		Datum lead_id = lead->state.values[LEAD_lead_id];
		Datum link[4] = {values[INQUIRY_location_id], values[INQUIRY_inquiry_id], lead_id, CStringGetTextDatum(arrival->rule)};

		if (lead->is_new != new_ones)
			continue;
		jorge_rows_put(links, link, present);
		for (int kind = 0; kind < KEY_KINDS; kind++)
			if (arrival->is_new[kind])
				new_keys[nkeys++] = (NewKey) {i, kind, arrival->entry[kind]};
		for (int b = 0; b < arrival->nblocks; b++)
			blocks[nblocks++] = (LeadBlock) {values[INQUIRY_location_id], arrival->blocks[b], lead_id};
	}
	if (nkeys > 1)
		qsort(new_keys, nkeys, sizeof(NewKey), compare_new_keys);
	for (int k = 0; k < nkeys; k++)
	{
		const Arrival *arrival = &r->arrivals[new_keys[k].arrival];
		KeyKind kind = new_keys[k].kind;
		Datum key[5] = {arrival->event->values[INQUIRY_location_id], CStringGetTextDatum(jorge_key_kinds[kind]),
						CStringGetTextDatum(r->entries[new_keys[k].entry].key), r->persons[arrival->who].lead->state.values[LEAD_lead_id],
						Int32GetDatum(arrival->share[kind])};

		jorge_rows_put(keys, key, present);
	}
	jorge_write_leads(leads, nleads, keys, links, "inquiry");
	for (int k = 0; k < nkeys; k++)
	{
		const KeyEntry *entry = &r->entries[new_keys[k].entry];

		jorge_neighbours_key_stored(r->near, *jorge_key_kinds[entry->kind], entry->key, strlen(entry->key));
	}
	if (!new_ones)
		nblocks = jorge_new_blocks(blocks, nblocks);
	jorge_write_blocks(blocks, nblocks);
	if (r->near != NULL)
		remember(r->near, leads, nleads, blocks, nblocks);
	pfree(blocks);
	pfree(new_keys);
}

/*
 * Log what can be undone: merges, and joins without an exact key
 */
static void
write_decisions(Resolution *r, const Datum *merge_ids)
{
	for (int m = 0; m < r->nmerges; m++)
	{
		Oid types[2] = {TEXTOID, UUIDOID};
		Datum args[2] = {r->persons[r->merges[m].winner].location_id, merge_ids[m]};

		if (merge_ids[m] != (Datum) 0)
			(void) call("SELECT jorge.record_merge($1, $2, 'lead_merged')", 2, types, args, NULL);
	}
	for (int i = 0; i < r->n; i++)
	{
		const Arrival *arrival = &r->arrivals[i];
		Oid types[5] = {TEXTOID, UUIDOID, UUIDOID, TEXTOID, FLOAT8OID};
		Datum args[5] = {arrival->event->values[INQUIRY_location_id], r->persons[arrival->who].lead->state.values[LEAD_lead_id],
						 arrival->event->values[INQUIRY_inquiry_id], (Datum) 0, Float8GetDatum(arrival->score)};

		if (!arrival->apart)
			continue;
		args[3] = CStringGetTextDatum(arrival->apart_rule);
		(void) call("SELECT jorge.log_join($1, $2, $3, $4, $5)", 5, types, args, isnan(arrival->score) ? "    n" : NULL);
	}
}

/*
 * Ask a human about the pairs that may be one person
 */
static void
write_reviews(const Resolution *r)
{
	IntakeRows *reviews;

	if (r->nreviews == 0)
		return;
	reviews = jorge_rows_make(RELATION_REVIEWS, r->nreviews);
	for (int i = 0; i < r->nreviews; i++)
	{
		const Review *review = &r->reviews[i];
		const Arrival *arrival = &r->arrivals[review->arrival];
		const IntakeLead *lead = r->persons[arrival->who].lead;
		const pg_uuid_t *other = review->other >= 0 ? &r->persons[person_now(r, review->other)].lead_id : &review->other_id;
		Datum values[7] = {arrival->event->values[INQUIRY_location_id], lead->state.values[LEAD_lead_id],		UUIDPGetDatum(other),
						   arrival->event->values[INQUIRY_inquiry_id],	Float8GetDatum(review->score), CStringGetTextDatum(review->reason),
						   BoolGetDatum(lead->is_new)};
		bool nulls[7] = {false, false, false, false, isnan(review->score), false, false};

		jorge_rows_put(reviews, values, nulls);
	}
	jorge_statement_run(WRITE_REVIEWS, NULL, &reviews, 1);
}

void
jorge_take_in_inquiries(LeadEvent *events, int n, Neighbours *near)
{
	Resolution r;
	IntakeLead *known;
	ErrorData *unscanned;
	Datum *merge_ids;
	int nknown = 0;

	jorge_scan_events(events, n, &unscanned);
	jorge_resolve(&r, events, n, near);
	merge_ids = merge_leads(&r);

	/* stored leads that got nothing are left alone: refused ones, and those merged away */
	known = palloc(sizeof(IntakeLead) * (r.nknown + 1));
	for (int p = 0; p < r.npersons; p++)
	{
		Person *person = &r.persons[p];

		if (person->into != p || person->lead == NULL || person->lead->is_new || person->lead->nevents == 0)
			continue;
		known[nknown] = *person->lead;
		person->lead = &known[nknown++];
	}
	for (int i = 0; i < n; i++)
		if (!r.persons[r.arrivals[i].who].lead->is_new)
			drop_known_blocks(&r.arrivals[i], &r.persons[r.arrivals[i].who].lead->state);

	drop_repeated_blocks(&r);
	jorge_fold_leads(r.fresh, r.nfresh);
	jorge_fold_leads(known, nknown);
	jorge_score_leads(r.fresh, r.nfresh);
	jorge_score_leads(known, nknown);
	if (unscanned != NULL)
		(r.nfresh > 0 ? r.fresh : known)[0].error = unscanned;

	if (r.nfresh > 0)
		write_rows(&r, r.fresh, r.nfresh, true);
	if (nknown > 0)
		write_rows(&r, known, nknown, false);
	write_decisions(&r, merge_ids);
	write_reviews(&r);
	/* a user's trigger may have changed any lead */
	if (near != NULL && (r.nmerges > 0 || !jorge_rows_are_plain() || jorge_decisions_are_watched()))
		jorge_neighbours_forget(near);
}
