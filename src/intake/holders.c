/*
 * holders.c: the keys that a batch brings, and the persons they lead to, locked.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "intake/locks.h"
#include "intake/probe.h"
#include "intake/resolve.h"
#include "intake/statements.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/* ---- keys ---- */

/* A key of an arrival, to be sorted */
typedef struct KeyRef
{
	const char *key;
	KeyKind kind;
	Datum location_id;
	int arrival;
} KeyRef;

/*
 * Order keys, so that equal ones are neighbours and look-ups walk the index in order
 */
static int
compare_keys(const void *a, const void *b)
{
	const KeyRef *x = a;
	const KeyRef *y = b;
	int order = jorge_compare_texts(x->location_id, y->location_id);

	if (order == 0)
		order = (int) x->kind - (int) y->kind;
	return order != 0 ? order : strcmp(x->key, y->key);
}

/*
 * Compute the blocking keys of an arrival
 */
static void
make_blocks(Arrival *arrival)
{
	text *location = DatumGetTextPP(arrival->event->values[INQUIRY_location_id]);

	arrival->nblocks = jorge_location_blocks(VARDATA_ANY(location), VARSIZE_ANY_EXHDR(location), arrival->person, arrival->blocks);
}

/*
 * Bring the arrivals into comparable form
 */
static void
prepare_arrivals(Resolution *r, LeadEvent *events)
{
	MatchPerson *people = palloc_extended(mul_size(sizeof(MatchPerson), r->n), MCXT_ALLOC_HUGE);

	for (int i = 0; i < r->n; i++)
	{
		Arrival *arrival = &r->arrivals[i];
		MatchGiven given;

		CHECK_FOR_INTERRUPTS();
		arrival->event = &events[i];
		arrival->person = &people[i];
		jorge_match_given(events[i].values, events[i].nulls, INQUIRY_FIRST_WISH, &given);
		jorge_match_prepare(&given, arrival->person);
		arrival->entry[KEY_PHONE] = arrival->entry[KEY_EMAIL] = -1;
		make_blocks(arrival);
	}
}

/*
 * List the distinct keys of the batch
 */
static void
make_entries(Resolution *r)
{
	KeyRef *refs = palloc(sizeof(KeyRef) * (r->n * KEY_KINDS + 1));
	int n = 0;

	for (int i = 0; i < r->n; i++)
	{
		const MatchPerson *person = r->arrivals[i].person;
		Datum location = r->arrivals[i].event->values[INQUIRY_location_id];

		if (person->nphones > 0)
			refs[n++] = (KeyRef) {person->phones[0], KEY_PHONE, location, i};
		if (person->nemails > 0)
			refs[n++] = (KeyRef) {person->emails[0], KEY_EMAIL, location, i};
	}
	if (n > 1)
		qsort(refs, n, sizeof(KeyRef), compare_keys);
	r->entries = palloc0(sizeof(KeyEntry) * (n + 1));
	r->nentries = 0;
	for (int k = 0; k < n; k++)
	{
		if (k == 0 || compare_keys(&refs[k], &refs[k - 1]) != 0)
		{
			KeyEntry *entry = &r->entries[r->nentries++];

			entry->key = pstrdup(refs[k].key);
			entry->kind = refs[k].kind;
			entry->location_id = refs[k].location_id;
		}
		r->arrivals[refs[k].arrival].entry[refs[k].kind] = r->nentries - 1;
	}
	pfree(refs);
}

/*
 * Lock the buckets of all keys, so that nobody else works on a person that may be one of these
 */
static void
lock_keys(const Resolution *r)
{
	uint32 *buckets = palloc(sizeof(uint32) * (r->nentries + r->n * MATCH_MAX_BLOCKING_KEYS + 1));
	int n = 0;

	for (int k = 0; k < r->nentries; k++)
	{
		char *location = TextDatumGetCString(r->entries[k].location_id);

		buckets[n++] = jorge_key_bucket(jorge_key_kinds[r->entries[k].kind][0], location, r->entries[k].key);
		pfree(location);
	}
	for (int i = 0; i < r->n; i++)
		for (int b = 0; b < r->arrivals[i].nblocks; b++)
			buckets[n++] = jorge_block_bucket(r->arrivals[i].blocks[b]);
	jorge_lock_buckets(buckets, n);
	pfree(buckets);
}

/* ---- persons ---- */

/*
 * Add a person
 */
int
jorge_add_person(Resolution *r, Datum location_id, const pg_uuid_t *lead_id)
{
	Person *person;

	if (r->npersons == r->max_persons)
	{
		r->max_persons = Max(16, r->max_persons * 2);
		r->persons = r->persons ? repalloc_huge(r->persons, mul_size(sizeof(Person), r->max_persons))
								: palloc(sizeof(Person) * r->max_persons);
	}
	person = &r->persons[r->npersons];
	memset(person, 0, sizeof(Person));
	person->into = r->npersons;
	person->location_id = location_id;
	person->first = -1;
	if (lead_id != NULL)
	{
		person->stored = true;
		person->lead_id = *lead_id;
	}
	return r->npersons++;
}

/*
 * Note that a person holds a key
 */
void
jorge_add_holder(KeyEntry *entry, int person)
{
	if (entry->nholders == entry->room)
	{
		entry->room = Max(2, entry->room * 2);
		entry->holders = entry->holders ? repalloc(entry->holders, sizeof(int) * entry->room) : palloc(sizeof(int) * entry->room);
	}
	entry->holders[entry->nholders++] = person;
}

/* A row that FIND_KEYS has found */
typedef struct Found
{
	int entry;
	int share;
	pg_uuid_t lead_id;
} Found;

/*
 * Order found keys by the lead that has them
 */
static int
compare_found(const void *a, const void *b)
{
	const Found *x = a;
	const Found *y = b;
	int order = memcmp(x->lead_id.data, y->lead_id.data, UUID_LEN);

	return order != 0 ? order : x->entry - y->entry;
}

void
jorge_stops_begin(Probe *stops)
{
	static const char *const columns[] = {"key"};

	jorge_probe_begin(stops, "identity_stop", columns, 1, false);
}

bool
jorge_has_stop(const Resolution *r, Probe *stops, Datum location_id, const char *kind, const char *key)
{
	TupleTableSlot *slot;
	Datum value;

	if (jorge_neighbours_lack(r->near, STORED_STOP, key, strlen(key)))
		return false;
	value = CStringGetTextDatum(key);
	jorge_probe_for(stops, &value);
	while ((slot = jorge_probe_next(stops)) != NULL)
	{
		bool nulls[2];
		Datum location = slot_getattr(slot, jorge_probe_column(stops, "location_id", TEXTOID), &nulls[0]);
		Datum of = slot_getattr(slot, jorge_probe_column(stops, "kind", TEXTOID), &nulls[1]);

		if (!nulls[0] && !nulls[1] && jorge_text_is(of, kind) &&
			(jorge_text_is(location, JORGE_SHARED_LOCATION) || jorge_compare_texts(location, location_id) == 0))
			return true;
	}
	return false;
}

/*
 * Is an entry's key, or the domain of its address or one above it, nobody's?
 */
static bool
is_stopped(const Resolution *r, Probe *stops, const KeyEntry *entry)
{
	if (jorge_has_stop(r, stops, entry->location_id, entry->kind == KEY_PHONE ? "phone" : "email", entry->key))
		return true;
	if (entry->kind == KEY_EMAIL)
		for (const char *domain = strrchr(entry->key, '@'); domain != NULL && strchr(domain + 1, '.') != NULL; domain = strchr(domain + 1, '.'))
			if (jorge_has_stop(r, stops, entry->location_id, "domain", domain + 1))
				return true;
	return false;
}

/*
 * Look the keys up: whose are they, and which are nobody's?
 */
static void
find_known(Resolution *r)
{
	static const char *const columns[] = {"location_id", "kind", "key"};
	Probe keys;
	Probe stops;
	TupleTableSlot *slot;
	int room = r->nentries + 8;
	Found *found = palloc(sizeof(Found) * room);
	AttrNumber lead_id;
	AttrNumber share;
	int n = 0;

	jorge_stops_begin(&stops);
	for (int k = 0; k < r->nentries; k++)
		if (!r->entries[k].stopped)
			r->entries[k].stopped = is_stopped(r, &stops, &r->entries[k]);
	jorge_probe_end(&stops);

	jorge_probe_begin(&keys, "lead_key", columns, 3, false);
	lead_id = jorge_probe_column(&keys, "lead_id", UUIDOID);
	share = jorge_probe_column(&keys, "share", INT4OID);
	for (int k = 0; k < r->nentries; k++)
	{
		KeyEntry *entry = &r->entries[k];
		Datum values[3];

		CHECK_FOR_INTERRUPTS();
		if (entry->stopped || jorge_neighbours_lack(r->near, *jorge_key_kinds[entry->kind], entry->key, strlen(entry->key)))
			continue;
		values[0] = entry->location_id;
		values[1] = CStringGetTextDatum(jorge_key_kinds[entry->kind]);
		values[2] = CStringGetTextDatum(entry->key);
		jorge_probe_for(&keys, values);
		while ((slot = jorge_probe_next(&keys)) != NULL)
		{
			bool null;
			Datum holder = slot_getattr(slot, lead_id, &null);

			if (null)
				continue;
			if (n == room)
				found = repalloc_huge(found, mul_size(sizeof(Found), room *= 2));
			found[n].entry = k;
			found[n].lead_id = *DatumGetUUIDP(holder);
			found[n].share = DatumGetInt32(slot_getattr(slot, share, &null));
			entry->nstored = Max(entry->nstored, found[n].share + 1);
			n++;
		}
	}
	jorge_probe_end(&keys);

	if (n > 1)
		qsort(found, n, sizeof(Found), compare_found);
	for (int f = 0; f < n; f++)
	{
		KeyEntry *entry = &r->entries[found[f].entry];

		if (f == 0 || memcmp(found[f].lead_id.data, found[f - 1].lead_id.data, UUID_LEN) != 0 ||
			jorge_compare_texts(entry->location_id, r->entries[found[f - 1].entry].location_id) != 0)
			(void) jorge_add_person(r, entry->location_id, &found[f].lead_id);
		else if (found[f].entry == found[f - 1].entry)
			continue; /* holds it twice since a merge */
		jorge_add_holder(entry, r->npersons - 1);
	}
	pfree(found);
}

/*
 * Forget phones that are nobody's: they are no evidence
 */
static void
drop_stopped(Resolution *r)
{
	for (int i = 0; i < r->n; i++)
	{
		Arrival *arrival = &r->arrivals[i];

		if (arrival->entry[KEY_PHONE] >= 0 && r->entries[arrival->entry[KEY_PHONE]].stopped && !arrival->person->phones_shared)
		{
			arrival->person->phones_shared = true;
			make_blocks(arrival);
		}
	}
}

/*
 * Does a key of the arrival lead to a stored lead?
 */
static bool
is_known(const Resolution *r, const Arrival *arrival)
{
	for (int kind = 0; kind < KEY_KINDS; kind++)
		if (arrival->entry[kind] >= 0 && !r->entries[arrival->entry[kind]].stopped && r->entries[arrival->entry[kind]].nholders > 0)
			return true;
	return false;
}

/*
 * Find the person of a stored lead, or add it
 */
int
jorge_person_of(Resolution *r, Datum location_id, const pg_uuid_t *lead_id)
{
	for (int p = 0; p < r->npersons; p++)
		if (r->persons[p].stored && memcmp(r->persons[p].lead_id.data, lead_id->data, UUID_LEN) == 0 &&
			jorge_compare_texts(r->persons[p].location_id, location_id) == 0)
			return p;
	return jorge_add_person(r, location_id, lead_id);
}

/*
 * Find leads much like the arrivals whose keys nobody has; those to be joined are persons from now on
 */
static void
find_alike(Resolution *r)
{
	bool *wanted = palloc0(sizeof(bool) * r->n);
	int asked = 0;

	r->ncandidates = 0;
	if (jorge_adoption() == NULL)
		for (int i = 0; i < r->n; i++)
		{
			wanted[i] = r->arrivals[i].nblocks > 0 && !is_known(r, &r->arrivals[i]);
			asked += wanted[i];
		}
	if (asked > 0)
		r->candidates = jorge_find_candidates(r, wanted, &r->ncandidates);
	for (int c = 0; c < r->ncandidates; c++)
	{
		Candidate *candidate = &r->candidates[c];

		CHECK_FOR_INTERRUPTS();
		if (candidate->verdict.decision == MATCH_MERGE)
			candidate->person = jorge_person_of(r, r->arrivals[candidate->arrival].event->values[INQUIRY_location_id], &candidate->lead_id);
	}
	pfree(wanted);
}

/*
 * Order persons by lead, the highest id first
 */
static int
compare_persons(const void *a, const void *b, void *context)
{
	const Person *x = &((Person *) context)[*(const int *) a];
	const Person *y = &((Person *) context)[*(const int *) b];

	return jorge_compare_leads(UUIDPGetDatum(&x->lead_id), x->location_id, UUIDPGetDatum(&y->lead_id), y->location_id);
}

/*
 * Do two stored leads share an arrival, so that one of them may be merged away?
 */
static bool
has_bridge(const Resolution *r)
{
	for (int i = 0; i < r->n; i++)
	{
		int first = -1;

		for (int kind = 0; kind < KEY_KINDS; kind++)
		{
			const KeyEntry *entry = r->arrivals[i].entry[kind] < 0 ? NULL : &r->entries[r->arrivals[i].entry[kind]];

			for (int h = 0; entry != NULL && !entry->stopped && h < entry->nholders; h++)
			{
				if (first >= 0 && entry->holders[h] != first)
					return true;
				first = entry->holders[h];
			}
		}
	}
	/* over further arrivals, or because the row itself is there already */
	return r->npersons > 1 && (r->n > 1 || jorge_adoption() != NULL);
}

/*
 * Go on from a person whose row is gone to the lead that took it in; a person that nobody took in is stored no longer
 */
static void
follow_alias(Resolution *r, Person *person)
{
	Oid types[2] = {TEXTOID, UUIDOID};
	Datum args[2] = {person->location_id, UUIDPGetDatum(&person->lead_id)};
	bool null;

	if (SPI_execute_with_args("SELECT a.lead_id FROM jorge.lead_alias a WHERE a.location_id OPERATOR(pg_catalog.=) $1"
							  " AND a.alias_id OPERATOR(pg_catalog.=) $2",
							  2, types, args, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up an alias");
	if (SPI_processed == 0)
	{
		person->stored = false;
		return;
	}
	person->lead_id = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	for (int p = 0; p < r->npersons; p++)
		if (&r->persons[p] != person && r->persons[p].stored && r->persons[p].into == p &&
			memcmp(r->persons[p].lead_id.data, person->lead_id.data, UUID_LEN) == 0 &&
			jorge_compare_texts(r->persons[p].location_id, person->location_id) == 0)
			person->into = p;
}

/*
 * Lock the stored persons one by one: next is always the highest id that is left, also of those that took others in
 */
static void
lock_each(Resolution *r, bool to_merge)
{
	for (;;)
	{
		int next = -1;

		for (int p = 0; p < r->npersons; p++)
			if (r->persons[p].stored && r->persons[p].into == p && r->persons[p].lead == NULL &&
				(next < 0 || compare_persons(&p, &next, r->persons) < 0))
				next = p;
		if (next < 0)
			return;
		if (jorge_lock_lead(r->persons[next].location_id, UUIDPGetDatum(&r->persons[next].lead_id), to_merge, &r->known[r->nknown]))
			r->persons[next].lead = &r->known[r->nknown++];
		else
			follow_alias(r, &r->persons[next]);
	}
}

/*
 * Lock the stored persons in one go: a large statement has locked all others out
 */
static void
lock_all(Resolution *r)
{
	int *order = palloc(sizeof(int) * r->npersons);
	Datum *locations = palloc(sizeof(Datum) * r->npersons);
	Datum *ids = palloc(sizeof(Datum) * r->npersons);

	for (int p = 0; p < r->npersons; p++)
		order[p] = p;
	qsort_arg(order, r->npersons, sizeof(int), compare_persons, r->persons);
	for (int at = 0; at < r->npersons; at++)
	{
		locations[at] = r->persons[order[at]].location_id;
		ids[at] = UUIDPGetDatum(&r->persons[order[at]].lead_id);
	}
	r->nknown = jorge_lock_leads(locations, ids, r->npersons, r->known);
	for (int at = 0, l = 0; at < r->npersons; at++)
	{
		Person *person = &r->persons[order[at]];

		if (l < r->nknown &&
			jorge_compare_leads(r->known[l].state.values[LEAD_lead_id], r->known[l].state.values[LEAD_location_id], ids[at], locations[at]) == 0)
			person->lead = &r->known[l++];
		else
			person->stored = false; /* gone for good: its arrivals are a new person */
	}
	pfree(order);
}

/*
 * Let go of keys whose leads were gone when they were to be locked: their arrivals bring them anew. True if there were any.
 */
static bool
drop_gone(Resolution *r)
{
	bool any = false;

	for (int k = 0; k < r->nentries; k++)
	{
		KeyEntry *entry = &r->entries[k];
		int kept = 0;

		for (int h = 0; h < entry->nholders; h++)
			if (r->persons[person_now(r, entry->holders[h])].stored)
				entry->holders[kept++] = entry->holders[h];
		any |= kept < entry->nholders;
		entry->nholders = kept;
	}
	return any;
}

void
jorge_gather_keys(Resolution *r, LeadEvent *events)
{
	prepare_arrivals(r, events);
	make_entries(r);
	if (r->near == NULL)
		lock_keys(r);
}

bool
jorge_find_persons(Resolution *r)
{
	const Adoption *adoption = jorge_adoption();

	r->npersons = r->nknown = 0;
	for (int k = 0; k < r->nentries; k++)
		r->entries[k].nholders = r->entries[k].nstored = 0;
	if (r->nentries > 0)
		find_known(r);
	drop_stopped(r);
	find_alike(r);
	if (adoption != NULL)
		(void) jorge_person_of(r, r->arrivals[0].event->values[INQUIRY_location_id], &adoption->lead_id);
	r->known = palloc(sizeof(IntakeLead) * (r->npersons + 1));
	if (r->npersons > 0)
	{
		if (r->near == NULL)
			lock_each(r, has_bridge(r));
		else
			lock_all(r);
	}
	return !drop_gone(r);
}
