/*
 * resolve.c: whose are the arrivals of a batch?
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "intake/resolve.h"
#include "intake/rows.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Phones and e-mails that one person may come to by bridges; beyond it a human is asked */
#define PERSON_KEYS_MAX 64

/* Reviews that one arrival may bring */
#define REVIEWS_PER_ARRIVAL 5

const char *const jorge_key_kinds[KEY_KINDS] = {"P", "E"};

static const Adoption *adoption = NULL;

void
jorge_adopt(const Adoption *lead)
{
	adoption = lead;
}

const Adoption *
jorge_adoption(void)
{
	return adoption;
}

/*
 * Get what is known of a person in comparable form
 */
static const MatchPerson *
match_of(Resolution *r, int p)
{
	Person *person = &r->persons[p];

	if (person->match == NULL && person->lead != NULL)
	{
		MatchGiven given;

		person->match = palloc(sizeof(MatchPerson));
		jorge_match_given(person->lead->state.values, person->lead->state.nulls, LEAD_FIRST_WISH, &given);
		jorge_match_prepare(&given, person->match);
	}
	else if (person->match == NULL && person->first >= 0)
		person->match = r->arrivals[person->first].person;
	return person->match;
}

/*
 * Are the names of an arrival and a person clearly two people's?
 */
static bool
names_differ(Resolution *r, const Arrival *arrival, int p)
{
	const MatchPerson *known = match_of(r, p);
	MatchPerson a;
	MatchPerson b;

	if (known == NULL)
		return false;
	a = *arrival->person;
	b = *known;
	return jorge_names_differ(&a, &b);
}

/*
 * Propose a pair to a human
 */
static void
add_review(Resolution *r, int arrival, int other, const pg_uuid_t *other_id, double score, const char *reason)
{
	if (r->nreviews == r->max_reviews)
	{
		r->max_reviews = Max(16, r->max_reviews * 2);
		r->reviews = r->reviews ? repalloc(r->reviews, sizeof(Review) * r->max_reviews) : palloc(sizeof(Review) * r->max_reviews);
	}
	memset(&r->reviews[r->nreviews], 0, sizeof(Review));
	r->reviews[r->nreviews].arrival = arrival;
	r->reviews[r->nreviews].other = other;
	if (other_id != NULL)
		r->reviews[r->nreviews].other_id = *other_id;
	r->reviews[r->nreviews].score = score;
	r->reviews[r->nreviews].reason = reason;
	r->nreviews++;
}

/*
 * Why may two stored leads not become one, though a key says so? NULL if they may.
 */
static const char *
kept_apart(const Resolution *r, int a, int b)
{
	Oid types[3] = {UUIDOID, UUIDOID, TEXTOID};
	Datum args[3] = {UUIDPGetDatum(&r->persons[a].lead_id), UUIDPGetDatum(&r->persons[b].lead_id), r->persons[a].location_id};
	bool null;
	HeapTuple tuple;

	if (!r->persons[a].stored || !r->persons[b].stored)
		return NULL;
	if (SPI_execute_with_args("SELECT jorge.is_apart($1, $2, $3), (SELECT pg_catalog.count(*) FROM jorge.lead_key k"
							  " WHERE k.location_id OPERATOR(pg_catalog.=) $3 AND (k.lead_id OPERATOR(pg_catalog.=) $1 OR k.lead_id OPERATOR(pg_catalog.=) $2))",
							  3, types, args, NULL, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not tell whether two leads are kept apart");
	tuple = SPI_tuptable->vals[0];
	if (DatumGetBool(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 1, &null)))
		return "kept apart";
	if (DatumGetInt64(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &null)) > PERSON_KEYS_MAX)
		return "too many keys for one person";
	return NULL;
}

/*
 * Make two persons one, and return it
 */
static int
unite(Resolution *r, int a, int b, int arrival, const char *rule)
{
	bool keep_a;

	if (r->persons[a].stored && r->persons[b].stored)
	{
		keep_a = memcmp(r->persons[a].lead_id.data, r->persons[b].lead_id.data, UUID_LEN) < 0;
		/* a row that was inserted just now is nobody's yet: the other one goes on */
		if (adoption != NULL && adoption->inserted)
			keep_a = memcmp(r->persons[a].lead_id.data, adoption->lead_id.data, UUID_LEN) != 0;
		if (r->nmerges == r->max_merges)
		{
			r->max_merges = Max(16, r->max_merges * 2);
			r->merges = r->merges ? repalloc(r->merges, sizeof(Merge) * r->max_merges) : palloc(sizeof(Merge) * r->max_merges);
		}
		r->merges[r->nmerges++] = (Merge) {keep_a ? a : b, keep_a ? b : a, arrival, rule};
	}
	else
		keep_a = r->persons[a].stored || (!r->persons[b].stored && a < b);
	if (!keep_a)
	{
		int swap = a;

		a = b;
		b = swap;
	}
	r->persons[b].into = a;
	r->persons[a].arrivals += r->persons[b].arrivals;
	if (r->persons[a].first < 0 || (r->persons[b].first >= 0 && r->persons[b].first < r->persons[a].first))
		r->persons[a].first = r->persons[b].first;
	return a;
}

/*
 * Choose among those who hold a key: the first whose name fits
 */
static int
holder_of(Resolution *r, const Arrival *arrival, KeyKind kind, bool *refused)
{
	const KeyEntry *entry = arrival->entry[kind] < 0 ? NULL : &r->entries[arrival->entry[kind]];
	int first;

	*refused = false;
	if (entry == NULL || entry->stopped || entry->nholders == 0)
		return -1;
	first = person_now(r, entry->holders[0]);
	if (entry->nholders == 1 && (kind != KEY_PHONE || !jorge_settings.phone_requires_name))
		return first;
	for (int h = 0; h < entry->nholders; h++)
		if (!names_differ(r, arrival, person_now(r, entry->holders[h])))
			return person_now(r, entry->holders[h]);
	if (kind == KEY_PHONE && jorge_settings.phone_requires_name)
	{
		*refused = true;
		return -1;
	}
	return first;
}

/* An arrival under one of its blocking keys */
typedef struct BlockRef
{
	int64 key;
	int arrival;
} BlockRef;

/*
 * Order by blocking key, then arrival
 */
static int
compare_blocks(const void *a, const void *b)
{
	const BlockRef *x = a;
	const BlockRef *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->arrival - y->arrival;
}

/*
 * List the blocking keys of the batch, sorted
 */
static BlockRef *
list_blocks(const Resolution *r, int *n)
{
	BlockRef *refs = palloc(sizeof(BlockRef) * (r->n * MATCH_MAX_BLOCKING_KEYS + 1));

	*n = 0;
	for (int i = 0; i < r->n; i++)
		for (int b = 0; b < r->arrivals[i].nblocks; b++)
			refs[(*n)++] = (BlockRef) {r->arrivals[i].blocks[b], i};
	qsort(refs, *n, sizeof(BlockRef), compare_blocks);
	return refs;
}

/* Those an arrival without known keys may be */
typedef struct Alike
{
	int person; /* -1: not locked, hence not to be joined */
	pg_uuid_t lead_id;
	MatchVerdict verdict;
} Alike;

#define ALIKE_MAX (BLOCK_LIMIT * MATCH_MAX_BLOCKING_KEYS)

/*
 * Note one that the arrival may be, unless it is there already
 */
static void
add_alike(Alike *alike, int *n, int person, const pg_uuid_t *lead_id, const MatchVerdict *verdict)
{
	if (verdict->decision == MATCH_NONE || *n == ALIKE_MAX)
		return;
	for (int i = 0; i < *n; i++)
		if (person >= 0 ? alike[i].person == person : memcmp(alike[i].lead_id.data, lead_id->data, UUID_LEN) == 0)
		{
			if (verdict->decision > alike[i].verdict.decision)
				alike[i].verdict = *verdict;
			return;
		}
	alike[*n].person = person;
	if (lead_id != NULL)
		alike[*n].lead_id = *lead_id;
	alike[(*n)++].verdict = *verdict;
}

/*
 * Find the one person an arrival without known keys is, by all that was given; -1 if there is none or it isn't sure
 */
static int
join_alike(Resolution *r, int i, const BlockRef *blocks, int nblocks)
{
	Arrival *arrival = &r->arrivals[i];
	Alike *alike;
	int n = 0;
	int sure = -1;
	int nsure = 0;
	int reviews = 0;

	if (arrival->nblocks == 0 || jorge_event_is_edit(arrival->event))
		return -1;
	alike = palloc(sizeof(Alike) * ALIKE_MAX);
	for (int c = 0; c < r->ncandidates; c++)
	{
		const Candidate *candidate = &r->candidates[c];
		int person = -1;

		if (candidate->arrival != i)
			continue;
		if (candidate->verdict.decision == MATCH_MERGE)
		{
			MatchVerdict again;

			/* it may be another lead by now */
			person = person_now(r, candidate->person);
			if (!r->persons[person].stored)
				continue; /* gone meanwhile */
			/* another transaction may have changed it before it was locked */
			again = jorge_match(arrival->person, match_of(r, person));
			if (again.decision != MATCH_MERGE)
				again = candidate->verdict, again.decision = MATCH_REVIEW;
			add_alike(alike, &n, person, &candidate->lead_id, &again);
		}
		else
			add_alike(alike, &n, -1, &candidate->lead_id, &candidate->verdict);
	}
	for (int b = 0; b < arrival->nblocks && r->n > 1; b++)
	{
		int low = 0;
		int high = nblocks;

		while (low < high)
		{
			int middle = (low + high) / 2;

			if (blocks[middle].key < arrival->blocks[b])
				low = middle + 1;
			else
				high = middle;
		}
		if (low + BLOCK_LIMIT < nblocks && blocks[low + BLOCK_LIMIT].key == arrival->blocks[b])
			continue;
		for (; low < nblocks && blocks[low].key == arrival->blocks[b]; low++)
		{
			const Arrival *other = &r->arrivals[blocks[low].arrival];
			MatchVerdict verdict;

			if (other == arrival || other->who < 0 || r->persons[person_now(r, other->who)].stored ||
				jorge_compare_texts(other->event->values[INQUIRY_location_id], arrival->event->values[INQUIRY_location_id]) != 0)
				continue;
			verdict = jorge_match(arrival->person, other->person);
			add_alike(alike, &n, person_now(r, other->who), NULL, &verdict);
		}
	}

	for (int a = 0; a < n; a++)
		if (alike[a].verdict.decision == MATCH_MERGE)
		{
			sure = a;
			nsure++;
		}
	if (nsure == 1)
	{
		int person = alike[sure].person;

		arrival->score = alike[sure].verdict.weight;
		arrival->apart = true;
		arrival->apart_rule = "fields";
		pfree(alike);
		return person;
	}
	for (int a = 0; a < n && reviews < REVIEWS_PER_ARRIVAL; a++)
	{
		const char *reason = alike[a].verdict.decision == MATCH_MERGE ? "several people match"
																	  : jorge_match_reason_name(alike[a].verdict.reason);

		add_review(r, i, alike[a].person, &alike[a].lead_id, alike[a].verdict.weight, reason);
		reviews++;
	}
	pfree(alike);
	return -1;
}

/*
 * Give the keys of an arrival to its person where nobody has them
 */
static void
take_keys(Resolution *r, Arrival *arrival, int person, bool phone_refused)
{
	for (int kind = 0; kind < KEY_KINDS; kind++)
	{
		KeyEntry *entry = arrival->entry[kind] < 0 ? NULL : &r->entries[arrival->entry[kind]];
		bool held = false;

		arrival->is_new[kind] = false;
		if (entry == NULL || entry->stopped)
			continue;
		for (int h = 0; h < entry->nholders; h++)
			held |= person_now(r, entry->holders[h]) == person;
		if (held || (entry->nholders > 0 && !(kind == KEY_PHONE && phone_refused)))
			continue;
		arrival->is_new[kind] = true;
		arrival->share[kind] = entry->nstored++;
		jorge_add_holder(entry, person);
	}
}

/*
 * Find out whose an arrival is
 */
static void
resolve_arrival(Resolution *r, int i, int adopted, const BlockRef *blocks, int nblocks)
{
	Arrival *arrival = &r->arrivals[i];
	bool phone_refused;
	bool email_refused;
	int by_email = holder_of(r, arrival, KEY_EMAIL, &email_refused);
	int by_phone = holder_of(r, arrival, KEY_PHONE, &phone_refused);
	int who = by_email >= 0 ? by_email : by_phone;
	bool known_email = by_email >= 0 && r->persons[by_email].stored;
	bool known_phone = by_phone >= 0 && r->persons[by_phone].stored;
	const char *apart;

	arrival->score = NAN;
	arrival->apart = false;
	arrival->rule = known_email && known_phone ? "phone+email" : known_email ? "email" : known_phone ? "phone" : who >= 0 ? "batch" : "new";
	if (by_email >= 0 && by_phone >= 0 && by_email != by_phone)
	{
		apart = kept_apart(r, by_email, by_phone);
		if (apart == NULL)
			who = unite(r, by_email, by_phone, i, "phone+email");
		else
			add_review(r, i, by_phone, NULL, NAN, apart);
	}
	if (phone_refused)
		add_review(r, i, person_now(r, r->entries[arrival->entry[KEY_PHONE]].holders[0]), NULL, NAN, "different names with one phone");
	if (adopted >= 0)
	{
		adopted = person_now(r, adopted);
		if (who >= 0 && who != adopted)
		{
			apart = kept_apart(r, adopted, who);
			if (apart != NULL)
				add_review(r, i, who, NULL, NAN, apart);
			who = apart == NULL ? unite(r, adopted, who, i, arrival->rule) : adopted;
		}
		else
			who = adopted;
		arrival->rule = adoption->inserted ? "lead" : "edit";
	}
	if (who < 0)
	{
		who = join_alike(r, i, blocks, nblocks);
		if (who >= 0)
			arrival->rule = "fields";
	}
	else if (adopted < 0 && !phone_refused && r->persons[who].lead != NULL &&
			 !r->persons[who].lead->state.name_conflict && jorge_other_name(&r->persons[who].lead->state, arrival->event))
	{
		/* a household: one lead, and it can be parted */
		arrival->apart = true;
		arrival->apart_rule = "household";
	}
	if (who < 0)
		who = jorge_add_person(r, arrival->event->values[INQUIRY_location_id], NULL);
	arrival->who = who;
	if (r->persons[who].first < 0)
		r->persons[who].first = i;
	r->persons[who].arrivals++;
	take_keys(r, arrival, who, phone_refused);
}

/*
 * Order arrivals as they are folded
 */
static int
compare_arrivals(const void *a, const void *b, void *context)
{
	const Arrival *arrivals = context;

	return jorge_compare_events(arrivals[*(const int *) a].event, arrivals[*(const int *) b].event);
}

/*
 * Find out whose each arrival is, in order of time
 */
static void
resolve_all(Resolution *r)
{
	int *order = palloc(sizeof(int) * r->n);
	int nblocks = 0;
	BlockRef *blocks = r->n > 1 ? list_blocks(r, &nblocks) : NULL;
	int adopted = adoption == NULL ? -1 : jorge_person_of(r, r->arrivals[0].event->values[INQUIRY_location_id], &adoption->lead_id);

	for (int i = 0; i < r->n; i++)
	{
		order[i] = i;
		r->arrivals[i].who = -1;
	}
	if (r->n > 1)
		qsort_arg(order, r->n, sizeof(int), compare_arrivals, r->arrivals);
	for (int i = 0; i < r->n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		resolve_arrival(r, order[i], adopted, blocks, nblocks);
	}
	for (int i = 0; i < r->n; i++)
		r->arrivals[i].who = person_now(r, r->arrivals[i].who);
	pfree(order);
}

/*
 * Give each person a lead, and each lead its events
 */
static void
assign_leads(Resolution *r)
{
	r->fresh = palloc0(sizeof(IntakeLead) * r->n);
	for (int i = 0; i < r->n; i++)
	{
		Person *person = &r->persons[r->arrivals[i].who];

		if (person->lead == NULL)
		{
			person->lead = &r->fresh[r->nfresh++];
			person->lead->is_new = true;
			jorge_lead_state_init(&person->lead->state, person->location_id, UUIDPGetDatum(jorge_new_id()));
			person->lead_id = *DatumGetUUIDP(person->lead->state.values[LEAD_lead_id]);
		}
		person->lead->nevents++;
	}
	for (int i = 0; i < r->n; i++)
	{
		IntakeLead *lead = r->persons[r->arrivals[i].who].lead;

		if (lead->events == NULL)
		{
			lead->events = palloc(sizeof(LeadEvent) * lead->nevents);
			lead->nevents = 0;
			lead->only = r->arrivals[i].person;
		}
		else
			lead->only = NULL;
		lead->events[lead->nevents++] = *r->arrivals[i].event;
	}
	for (int m = 0; m < r->nmerges; m++)
		r->persons[person_now(r, r->merges[m].winner)].lead->anew = true;
	if (adoption != NULL)
		r->persons[r->arrivals[0].who].lead->anew = true;
}

void
jorge_resolve(Resolution *r, LeadEvent *events, int n, Neighbours *near)
{
	memset(r, 0, sizeof(Resolution));
	r->arrivals = palloc0(sizeof(Arrival) * n);
	r->n = n;
	r->near = near;
	jorge_gather_keys(r, events);
	for (int attempt = 0;; attempt++)
	{
		r->nmerges = r->nreviews = 0;
		/* erased meanwhile: somebody else may have got its keys */
		if (!jorge_find_persons(r) && attempt == 0)
			continue;
		resolve_all(r);
		if (!jorge_stop_common_keys(r))
			break;
		jorge_neighbours_forget(near);
	}
	assign_leads(r);
}
