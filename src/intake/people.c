/*
 * people.c: keys that too many people give: an office's phone, a family's mailbox, a portal's tracking number.
 *
 * The first people who give such a key are taken for one person, for nothing tells them from one who gives many e-mails.
 * When there are more than jorge.shared_key_limit, the key is stopped and its lead parted by what other keys there are.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "intake/resolve.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/* Arrivals looked at to count people; more would only confirm */
#define ARRIVALS_COUNTED 200

/* People seen so far behind one key */
typedef struct People
{
	int limit;
	MatchPerson *names; /* clearly different ones */
	int nnames;
	const char **others; /* e-mails behind a phone, phones behind an e-mail */
	int nothers;
} People;

/*
 * Count an arrival
 */
static void
count_person(People *people, KeyKind kind, const MatchPerson *person)
{
	const char *other = kind == KEY_PHONE ? (person->nemails > 0 ? person->emails[0] : NULL) : (person->nphones > 0 ? person->phones[0] : NULL);
	MatchPerson known;
	MatchPerson given;
	bool is_new = true;

	for (int o = 0; o < people->nothers && other != NULL; o++)
		is_new &= strcmp(people->others[o], other) != 0;
	if (is_new && other != NULL && people->nothers <= people->limit)
		people->others[people->nothers++] = pstrdup(other);

	is_new = person->name.ngiven > 0;
	for (int p = 0; p < people->nnames && is_new; p++)
	{
		known = people->names[p];
		given = *person;
		is_new = jorge_names_differ(&known, &given);
	}
	if (is_new && people->nnames <= people->limit)
		people->names[people->nnames++] = *person;
}

/*
 * Are there more people than one key may have?
 */
static bool
too_many(const People *people, KeyKind kind)
{
	/* one person may have many phones, but not under many names */
	int n = kind == KEY_PHONE ? Max(people->nothers, people->nnames) : Min(people->nothers, people->nnames);

	return n > people->limit;
}

/*
 * Count the people behind the stored arrivals of a lead that carry the key
 */
static void
count_stored(People *people, const Person *person, const KeyEntry *entry)
{
	Oid types[4] = {TEXTOID, UUIDOID, TEXTOID, INT4OID};
	Datum args[4] = {person->location_id, UUIDPGetDatum(&person->lead_id), CStringGetTextDatum(entry->key), Int32GetDatum(ARRIVALS_COUNTED)};
	const char *sql = entry->kind == KEY_PHONE
						  ? "SELECT i.name, i.first_name, i.last_name, i.phone, i.email FROM jorge.inquiry_lead l JOIN jorge.inquiry i"
							" ON i.location_id OPERATOR(pg_catalog.=) coalesce(l.location_id, l.location_id) AND i.inquiry_id OPERATOR(pg_catalog.=) l.inquiry_id"
							" WHERE l.lead_id OPERATOR(pg_catalog.=) $2 AND l.location_id OPERATOR(pg_catalog.=) $1"
							" AND jorge.phone_key(i.phone) OPERATOR(pg_catalog.=) $3 LIMIT $4"
						  : "SELECT i.name, i.first_name, i.last_name, i.phone, i.email FROM jorge.inquiry_lead l JOIN jorge.inquiry i"
							" ON i.location_id OPERATOR(pg_catalog.=) coalesce(l.location_id, l.location_id) AND i.inquiry_id OPERATOR(pg_catalog.=) l.inquiry_id"
							" WHERE l.lead_id OPERATOR(pg_catalog.=) $2 AND l.location_id OPERATOR(pg_catalog.=) $1"
							" AND jorge.email_key(i.email) OPERATOR(pg_catalog.=) $3 LIMIT $4";

	if (SPI_execute_with_args(sql, 4, types, args, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not count the people behind a key");
	for (uint64 row = 0; row < SPI_processed && !too_many(people, entry->kind); row++)
	{
		MatchText texts[5];
		MatchGiven given;
		MatchPerson one;

		memset(texts, 0, sizeof(texts));
		memset(&given, 0, sizeof(given));
		for (int c = 0; c < lengthof(texts); c++)
		{
			bool null;
			Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, c + 1, &null);

			if (!null)
			{
				text *t = DatumGetTextPP(value);

				texts[c].data = VARDATA_ANY(t);
				texts[c].length = VARSIZE_ANY_EXHDR(t);
			}
		}
		given.name = texts[0];
		given.first_name = texts[1];
		given.last_name = texts[2];
		given.phone = texts[3];
		given.email = texts[4];
		jorge_match_prepare(&given, &one);
		count_person(people, entry->kind, &one);
	}
	SPI_freetuptable(SPI_tuptable);
}

/*
 * Does a person have a key of too many people?
 */
static bool
is_common(Resolution *r, int p, int e, const bool *of_person)
{
	const KeyEntry *entry = &r->entries[e];
	People people = {jorge_settings.shared_key_limit};
	int counted = 0;
	bool result;

	people.names = palloc(sizeof(MatchPerson) * (people.limit + 1));
	people.others = palloc(sizeof(char *) * (people.limit + 1));
	for (int i = 0; i < r->n && counted < ARRIVALS_COUNTED && !too_many(&people, entry->kind); i++)
		if (of_person[i] && r->arrivals[i].entry[entry->kind] == e)
		{
			count_person(&people, entry->kind, r->arrivals[i].person);
			counted++;
		}
	if (r->persons[p].stored && !too_many(&people, entry->kind))
		count_stored(&people, &r->persons[p], entry);
	result = too_many(&people, entry->kind);
	pfree(people.names);
	pfree(people.others);
	return result;
}

/*
 * Stop a key and part the stored lead that it had brought together
 */
static void
stop_key(Resolution *r, int p, KeyEntry *entry)
{
	Oid types[4] = {TEXTOID, TEXTOID, TEXTOID, UUIDOID};
	Datum args[4] = {entry->location_id, CStringGetTextDatum(jorge_key_kinds[entry->kind]), CStringGetTextDatum(entry->key),
					 UUIDPGetDatum(&r->persons[p].lead_id)};

	entry->stopped = true;
	if (SPI_execute_with_args("SELECT jorge.part_lead($1, $2, $3, $4)", 4, types, args, r->persons[p].stored ? NULL : "   n", false, 0) !=
		SPI_OK_SELECT)
		elog(ERROR, "could not stop a key");
}

/*
 * Does the arrival say anything that its person has not said before?
 */
static bool
says_new(const Resolution *r, const Arrival *arrival)
{
	const Person *person = &r->persons[arrival->who];

	if (arrival->is_new[KEY_PHONE] || arrival->is_new[KEY_EMAIL] || person->lead == NULL)
		return true;
	return jorge_other_name(&person->lead->state, arrival->event);
}

bool
jorge_stop_common_keys(Resolution *r)
{
	bool *asked = palloc0(sizeof(bool) * r->npersons);
	bool *of_person = palloc(sizeof(bool) * r->n);
	bool stopped = false;

	for (int i = 0; i < r->n && !stopped; i++)
	{
		int p = r->arrivals[i].who;
		int arrived = r->persons[p].arrivals + (r->persons[p].lead ? r->persons[p].lead->state.inquiries : 0);

		/* leads that are to be made one have more arrivals than the winner knows of */
		if (asked[p] || (arrived <= jorge_settings.shared_key_limit && r->nmerges == 0) || !says_new(r, &r->arrivals[i]))
			continue;
		asked[p] = true;
		for (int j = 0; j < r->n; j++)
			of_person[j] = r->arrivals[j].who == p;
		for (int j = i; j < r->n && !stopped; j++)
			for (int kind = 0; of_person[j] && kind < KEY_KINDS && !stopped; kind++)
			{
				int e = r->arrivals[j].entry[kind];

				/* a key that came with this arrival alone is nobody else's */
				if (e < 0 || r->entries[e].stopped || (r->persons[p].arrivals == 1 && r->arrivals[j].is_new[kind]))
					continue;
				if (is_common(r, p, e, of_person))
				{
					stop_key(r, p, &r->entries[e]);
					stopped = true;
				}
			}
	}
	pfree(of_person);
	pfree(asked);
	return stopped;
}
