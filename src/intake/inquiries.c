/*
 * inquiries.c: the way of an inquiry: keys, locks, persons, fold, score, rows.
 *
 * Locks, in this order, all until the end of the transaction: the bulk lock (shared by small statements,
 * exclusive for large ones), key buckets in ascending order, rows of known leads in ascending order of id. Two
 * statements that may bring the same person share a key, hence a bucket.
 */
#include "core/jorge.h"

#include "identity/keys.h"
#include "intake/intake.h"
#include "intake/statements.h"

#include "common/hashfn.h"
#include "executor/spi.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* First key of our advisory locks: "jorg" in ASCII */
#define LOCK_SPACE 0x6a6f7267
#define LOCK_BUCKETS 1024
#define BULK_LOCK LOCK_BUCKETS /* second key of the bulk lock: none of the buckets' */

typedef enum KeyKind
{
	KEY_PHONE,
	KEY_EMAIL, /* the stronger one: decides where two persons are found */
	KEY_KINDS
} KeyKind;

static const char *const kind_names[KEY_KINDS] = {"P", "E"};

/* An inquiry on its way */
typedef struct Arrival
{
	LeadEvent *event;
	char *keys[KEY_KINDS]; /* canonical phone and e-mail, NULL = none */
	bool known[KEY_KINDS]; /* a stored lead has that key */
	int group;			   /* parent in the union-find over arrivals of one person, itself for the root */

	/* of a root: the stored lead its keys lead to */
	bool found;
	KeyKind found_by;
	pg_uuid_t lead_id;
	bool conflict; /* its keys lead to another one too */
	pg_uuid_t other_id;

	IntakeLead *lead;
} Arrival;

/* A key of an arrival */
typedef struct KeyRef
{
	char *text; /* kind, location and key: equal for equal keys */
	int arrival;
	KeyKind kind;
	uint32 bucket;
} KeyRef;

/* ---- keys and locks ---- */

/*
 * Canonicalise the phone and e-mail of an arrival
 */
static void
make_keys(Arrival *arrival)
{
	const LeadEvent *event = arrival->event;
	int phone = INQUIRY_FIRST_WISH + LEAD_phone - LEAD_FIRST_WISH;
	int email = INQUIRY_FIRST_WISH + LEAD_email - LEAD_FIRST_WISH;
	char phone_key[PHONE_KEY_SIZE];
	char email_key[EMAIL_KEY_SIZE];

	if (!event->nulls[phone])
	{
		text *t = DatumGetTextPP(event->values[phone]);

		if (jorge_make_phone_key(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), phone_key))
			arrival->keys[KEY_PHONE] = pstrdup(phone_key);
	}
	if (!event->nulls[email])
	{
		text *t = DatumGetTextPP(event->values[email]);

		if (jorge_make_email_key(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), email_key))
			arrival->keys[KEY_EMAIL] = pstrdup(email_key);
	}
}

/*
 * Order keys by text, so that equal ones are neighbours and look-ups walk the index in order
 */
static int
compare_keys(const void *a, const void *b)
{
	return strcmp(((const KeyRef *) a)->text, ((const KeyRef *) b)->text);
}

/*
 * Order keys by bucket
 */
static int
compare_buckets(const void *a, const void *b)
{
	uint32 x = ((const KeyRef *) a)->bucket;
	uint32 y = ((const KeyRef *) b)->bucket;

	return x < y ? -1 : x > y;
}

/*
 * List the keys of all arrivals
 */
static KeyRef *
list_keys(const Arrival *arrivals, int n, int *nkeys)
{
	KeyRef *keys = palloc(sizeof(KeyRef) * (n * KEY_KINDS + 1));
	int count = 0;

	for (int i = 0; i < n; i++)
		for (int kind = 0; kind < KEY_KINDS; kind++)
		{
			KeyRef *key = &keys[count];

			if (arrivals[i].keys[kind] == NULL)
				continue;
			key->text = psprintf("%s%s\001%s", kind_names[kind],
								 TextDatumGetCString(arrivals[i].event->values[INQUIRY_location_id]),
								 arrivals[i].keys[kind]);
			key->arrival = i;
			key->kind = kind;
			key->bucket = hash_bytes((unsigned char *) key->text, strlen(key->text)) % LOCK_BUCKETS;
			count++;
		}
	*nkeys = count;
	return keys;
}

/*
 * Take one of our transaction-level advisory locks
 */
static void
lock(uint32 number, LOCKMODE mode)
{
	LOCKTAG tag;

	/* 2 = the two-key form of pg_advisory_xact_lock() */
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_SPACE, number, 2);
	(void) LockAcquire(&tag, mode, false, false);
}

void
jorge_lock_bulk(bool large)
{
	lock(BULK_LOCK, large ? ExclusiveLock : ShareLock);
}

/*
 * Lock the buckets of all keys, so that nobody else works on a person that may be one of these
 */
static void
lock_buckets(KeyRef *keys, int n)
{
	qsort(keys, n, sizeof(KeyRef), compare_buckets);
	for (int i = 0; i < n; i++)
		if (i == 0 || keys[i].bucket != keys[i - 1].bucket)
			lock(keys[i].bucket, ExclusiveLock);
}

/* ---- persons ---- */

/*
 * Find the root of an arrival's group
 */
static int
root_of(Arrival *arrivals, int i)
{
	while (arrivals[i].group != i)
		i = arrivals[i].group = arrivals[arrivals[i].group].group;
	return i;
}

/*
 * Note a stored lead that a group's keys lead to; an e-mail decides over a phone, else the first one found
 */
static void
note_found(Arrival *root, const pg_uuid_t *lead_id, KeyKind kind)
{
	if (!root->found)
	{
		root->found = true;
		root->found_by = kind;
		root->lead_id = *lead_id;
	}
	else if (memcmp(root->lead_id.data, lead_id->data, UUID_LEN) != 0)
	{
		root->conflict = true;
		root->other_id = *lead_id;
		if (kind > root->found_by)
		{
			root->other_id = root->lead_id;
			root->lead_id = *lead_id;
			root->found_by = kind;
		}
	}
}

/*
 * Make two groups one
 */
static void
join_groups(Arrival *arrivals, int i, int j)
{
	int a = root_of(arrivals, i);
	int b = root_of(arrivals, j);
	int low = Min(a, b);
	int high = Max(a, b);

	if (a == b)
		return;
	arrivals[high].group = low;
	if (arrivals[high].found)
		note_found(&arrivals[low], &arrivals[high].lead_id, arrivals[high].found_by);
	if (arrivals[high].conflict && !arrivals[low].conflict)
	{
		arrivals[low].conflict = true;
		arrivals[low].other_id = arrivals[high].other_id;
	}
}

/*
 * Look the keys up: which groups belong to stored leads?
 */
static void
find_known(Arrival *arrivals, const KeyRef *keys, int n)
{
	Tuplestorestate *wanted = jorge_relation_begin(RELATION_WANTED_KEYS);
	bool present[4] = {false, false, false, false};

	for (int k = 0; k < n; k++)
	{
		const Arrival *arrival = &arrivals[keys[k].arrival];
		Datum values[4] = {Int32GetDatum(k), arrival->event->values[INQUIRY_location_id],
						   CStringGetTextDatum(kind_names[keys[k].kind]),
						   CStringGetTextDatum(arrival->keys[keys[k].kind])};

		jorge_relation_put(wanted, RELATION_WANTED_KEYS, values, present);
	}
	jorge_statement_run(FIND_KEYS, NULL);
	for (uint64 r = 0; r < SPI_processed; r++)
	{
		bool null;
		int k = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, 1, &null));
		pg_uuid_t *id = DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[r], SPI_tuptable->tupdesc, 2, &null));

		arrivals[keys[k].arrival].known[keys[k].kind] = true;
		note_found(&arrivals[root_of(arrivals, keys[k].arrival)], id, keys[k].kind);
	}
	jorge_relation_end(wanted, RELATION_WANTED_KEYS);
}

/*
 * Order roots by the stored lead they lead to
 */
static int
compare_found(const void *a, const void *b)
{
	const Arrival *x = *(Arrival *const *) a;
	const Arrival *y = *(Arrival *const *) b;

	return jorge_compare_leads(UUIDPGetDatum(&x->lead_id), x->event->values[INQUIRY_location_id], UUIDPGetDatum(&y->lead_id),
							   y->event->values[INQUIRY_location_id]);
}

/*
 * Read and lock the stored leads that arrivals belong to; returns their number
 */
static int
lock_known(Arrival *arrivals, int n, IntakeLead *leads)
{
	Arrival **roots = palloc(sizeof(Arrival *) * n);
	Datum *locations = palloc(sizeof(Datum) * n);
	Datum *ids = palloc(sizeof(Datum) * n);
	int count = 0;
	int locked;

	for (int i = 0; i < n; i++)
		if (arrivals[i].group == i && arrivals[i].found)
			roots[count++] = &arrivals[i];
	if (count == 0)
		return 0;
	qsort(roots, count, sizeof(Arrival *), compare_found);
	for (int i = 0; i < count; i++)
	{
		locations[i] = roots[i]->event->values[INQUIRY_location_id];
		ids[i] = UUIDPGetDatum(&roots[i]->lead_id);
	}
	locked = jorge_lock_leads(locations, ids, count, leads);

	/* both are in the order of ids; a lead that is gone makes its arrivals a new person */
	for (int i = 0, l = 0; i < count; i++)
		if (l < locked && jorge_compare_leads(leads[l].state.values[LEAD_lead_id], leads[l].state.values[LEAD_location_id],
											  ids[i], locations[i]) == 0)
			roots[i]->lead = &leads[l++];
	return locked;
}

/*
 * Join groups whose keys, though different, lead to the same stored lead
 */
static void
join_same_lead(Arrival *arrivals, int n)
{
	Arrival **roots = palloc(sizeof(Arrival *) * n);
	int count = 0;

	for (int i = 0; i < n; i++)
		if (arrivals[i].group == i && arrivals[i].found)
			roots[count++] = &arrivals[i];
	qsort(roots, count, sizeof(Arrival *), compare_found);
	for (int i = 1; i < count; i++)
		if (compare_found(&roots[i], &roots[i - 1]) == 0)
			join_groups(arrivals, roots[i] - arrivals, roots[i - 1] - arrivals);
	pfree(roots);
}

/*
 * Give each arrival to its lead; returns the number of new leads, which are at fresh[]
 */
static int
assign_leads(Arrival *arrivals, int n, IntakeLead *fresh)
{
	int nfresh = 0;

	for (int i = 0; i < n; i++)
	{
		Arrival *root = &arrivals[root_of(arrivals, i)];

		if (root->lead == NULL)
		{
			root->lead = &fresh[nfresh++];
			memset(root->lead, 0, sizeof(IntakeLead));
			root->lead->is_new = true;
			jorge_lead_state_init(&root->lead->state, root->event->values[INQUIRY_location_id],
								  DirectFunctionCall1(gen_random_uuid, (Datum) 0));
		}
		arrivals[i].lead = root->lead;
		arrivals[i].lead->nevents++;
	}

	for (int i = 0; i < n; i++)
	{
		IntakeLead *lead = arrivals[i].lead;

		if (lead->events == NULL)
		{
			lead->events = palloc(sizeof(LeadEvent) * lead->nevents);
			lead->nevents = 0;
		}
		lead->events[lead->nevents++] = *arrivals[i].event;
	}
	return nfresh;
}

/* ---- rows ---- */

/*
 * Say by which rule an arrival was given to its lead
 */
static const char *
rule_of(const Arrival *arrival)
{
	if (arrival->known[KEY_PHONE] && arrival->known[KEY_EMAIL])
		return "phone+email";
	if (arrival->known[KEY_PHONE])
		return "phone";
	if (arrival->known[KEY_EMAIL])
		return "email";
	return arrival->lead->is_new && !arrival->lead->linked ? "new" : "batch";
}

/*
 * Write the rows of new or of known leads
 */
static void
write_rows(Arrival *arrivals, int n, IntakeLead *leads, int nleads, bool new_ones)
{
	Tuplestorestate *keys = jorge_relation_begin(RELATION_KEYS);
	Tuplestorestate *links = jorge_relation_begin(RELATION_LINKS);
	bool present[4] = {false, false, false, false};

	for (int i = 0; i < n; i++)
	{
		Arrival *arrival = &arrivals[i];
		const Datum *values = arrival->event->values;
		Datum lead_id = arrival->lead->state.values[LEAD_lead_id];
		Datum link[4] = {values[INQUIRY_location_id], values[INQUIRY_inquiry_id], lead_id, (Datum) 0};

		if (arrival->lead->is_new != new_ones)
			continue;
		link[3] = CStringGetTextDatum(rule_of(arrival));
		arrival->lead->linked = true;
		jorge_relation_put(links, RELATION_LINKS, link, present);

		for (int kind = 0; kind < KEY_KINDS; kind++)
			if (arrival->keys[kind] != NULL && !arrival->known[kind])
			{
				Datum key[4] = {values[INQUIRY_location_id], CStringGetTextDatum(kind_names[kind]),
								CStringGetTextDatum(arrival->keys[kind]), lead_id};

				jorge_relation_put(keys, RELATION_KEYS, key, present);
			}
	}
	jorge_write_leads(leads, nleads, new_ones, "inquiry");
	jorge_relation_end(links, RELATION_LINKS);
	jorge_relation_end(keys, RELATION_KEYS);
}

/*
 * Record the groups whose keys lead to two stored leads
 */
static void
record_conflicts(const Arrival *arrivals, int n)
{
	for (int i = 0; i < n; i++)
		if (arrivals[i].group == i && arrivals[i].conflict)
			jorge_record_key_conflict(arrivals[i].event->values[INQUIRY_location_id],
									  arrivals[i].lead->state.values[LEAD_lead_id],
									  UUIDPGetDatum(&arrivals[i].other_id));
}

void
jorge_take_in_inquiries(LeadEvent *events, int n, bool small)
{
	Arrival *arrivals = palloc0(sizeof(Arrival) * n);
	IntakeLead *known = palloc(sizeof(IntakeLead) * n);
	IntakeLead *fresh = palloc(sizeof(IntakeLead) * n);
	ErrorData *unscanned;
	KeyRef *keys;
	int nkeys;
	int nknown = 0;
	int nfresh;

	for (int i = 0; i < n; i++)
	{
		arrivals[i].event = &events[i];
		arrivals[i].group = i;
		make_keys(&arrivals[i]);
	}
	keys = list_keys(arrivals, n, &nkeys);
	if (small)
		lock_buckets(keys, nkeys);
	if (nkeys > 0)
	{
		qsort(keys, nkeys, sizeof(KeyRef), compare_keys);
		for (int k = 1; k < nkeys; k++)
			if (compare_keys(&keys[k], &keys[k - 1]) == 0)
				join_groups(arrivals, keys[k].arrival, keys[k - 1].arrival);
		find_known(arrivals, keys, nkeys);
		join_same_lead(arrivals, n);
		nknown = lock_known(arrivals, n, known);
	}

	jorge_scan_events(events, n, &unscanned);
	nfresh = assign_leads(arrivals, n, fresh);
	jorge_fold_leads(fresh, nfresh);
	jorge_fold_leads(known, nknown);
	jorge_score_leads(fresh, nfresh);
	jorge_score_leads(known, nknown);
	if (unscanned != NULL)
		(nfresh > 0 ? fresh : known)[0].error = unscanned;

	if (nfresh > 0)
		write_rows(arrivals, n, fresh, nfresh, true);
	if (nknown > 0)
		write_rows(arrivals, n, known, nknown, false);
	record_conflicts(arrivals, n);
}
