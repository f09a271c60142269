/*
 * identity.c: what a human asks of identity: merge, unmerge, keep apart, erase, fold anew.
 *
 * The work itself is SQL (sql/72_identity.sql), done here as the owner of the managed tables once it is clear that the
 * caller may work on that location.
 */
#include "core/jorge.h"

#include "core/owner.h"
#include "identity/match.h"
#include "intake/intake.h"
#include "intake/locks.h"
#include "intake/statements.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rls.h"

JORGE_FUNCTION(jorge_lock_identity);
JORGE_FUNCTION(jorge_folded_columns);
JORGE_FUNCTION(jorge_inquiry_blocks);
JORGE_FUNCTION(jorge_refold_lead);
JORGE_FUNCTION(jorge_refold_after);
JORGE_FUNCTION(jorge_merge_leads);
JORGE_FUNCTION(jorge_unmerge);
JORGE_FUNCTION(jorge_never_merge);
JORGE_FUNCTION(jorge_erase_lead);

/*
 * Lock intake out of keys, given as kind and key in one text
 */
Datum
jorge_lock_identity(PG_FUNCTION_ARGS)
{
	char *location = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Datum *keys;
	bool *nulls;
	int n;
	uint32 *buckets;
	int count = 0;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT, &keys, &nulls, &n);
	buckets = palloc(sizeof(uint32) * (n + 1));
	for (int i = 0; i < n; i++)
		if (!nulls[i])
		{
			char *key = TextDatumGetCString(keys[i]);

			if (key[0] != '\0')
				buckets[count++] = jorge_key_bucket(key[0], location, key + 1);
		}
	jorge_lock_bulk(false);
	jorge_lock_buckets(buckets, count);
	PG_RETURN_VOID();
}

/*
 * List the columns of jorge.lead that intake keeps
 */
Datum
jorge_folded_columns(PG_FUNCTION_ARGS)
{
	Datum names[LEAD_COLUMNS];

	for (int c = 0; c < LEAD_COLUMNS; c++)
		names[c] = CStringGetTextDatum(jorge_lead_column_names[c]);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, LEAD_COLUMNS, TEXTOID, -1, false, TYPALIGN_INT));
}

int
jorge_location_blocks(const char *location, int location_length, const MatchPerson *person, int64 keys[MATCH_MAX_BLOCKING_KEYS])
{
	int n = jorge_blocking_keys(person, keys);
	int64 tenant = (int64) hash_bytes_extended((const unsigned char *) location, location_length, 0);

	/* tenants do not share the lists of common names */
	for (int k = 0; k < n; k++)
		keys[k] ^= tenant;
	return n;
}

/*
 * Compute the blocking keys of an arrival: location, name, first, last name, phone, e-mail, street, city, postal code
 */
Datum
jorge_inquiry_blocks(PG_FUNCTION_ARGS)
{
	MatchText texts[8];
	MatchGiven given;
	MatchPerson person;
	int64 keys[MATCH_MAX_BLOCKING_KEYS];
	Datum elements[MATCH_MAX_BLOCKING_KEYS];
	text *location;
	int n;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	location = PG_GETARG_TEXT_PP(0);
	memset(texts, 0, sizeof(texts));
	for (int i = 0; i < lengthof(texts); i++)
		if (!PG_ARGISNULL(i + 1))
		{
			text *t = PG_GETARG_TEXT_PP(i + 1);

			texts[i].data = VARDATA_ANY(t);
			texts[i].length = VARSIZE_ANY_EXHDR(t);
		}
	given = (MatchGiven) {texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6], texts[7]};
	jorge_match_prepare(&given, &person);
	n = jorge_location_blocks(VARDATA_ANY(location), VARSIZE_ANY_EXHDR(location), &person, keys);
	for (int k = 0; k < n; k++)
		elements[k] = Int64GetDatum(keys[k]);
	PG_RETURN_ARRAYTYPE_P(construct_array(elements, n, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/*
 * Check that the caller, if row security holds for him, asks of his own location
 */
static void
check_location(Datum location_id)
{
	if (check_enable_rls(jorge_managed_relation("lead", false), InvalidOid, true) == RLS_ENABLED &&
		strcmp(TextDatumGetCString(location_id), jorge_session_location()) != 0)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("location \"%s\" is not yours", TextDatumGetCString(location_id)),
						errhint("Leave the location out: it is jorge.current_location().")));
}

/* ---- folding anew ---- */

/*
 * Make a lead's row anew from all that arrived; scored: with a new score, logged: also in jorge.prediction
 */
static bool
refold(Datum location_id, Datum lead_id, const char *reason, bool scored, bool logged)
{
	JorgeOwner owner;
	IntakeLead lead;
	bool found;

	check_location(location_id);
	jorge_owner_enter(&owner, jorge_managed_relation("lead", false));
	jorge_unscored_begin();
	SPI_connect();
	found = jorge_lock_leads(&location_id, &lead_id, 1, &lead) == 1;
	if (!found)
	{
		Oid types[2] = {TEXTOID, UUIDOID};
		Datum args[2] = {location_id, lead_id};
		bool null;

		/* an id of long ago */
		if (SPI_execute_with_args("SELECT a.lead_id FROM jorge.lead_alias a WHERE a.location_id OPERATOR(pg_catalog.=) $1"
								  " AND a.alias_id OPERATOR(pg_catalog.=) $2",
								  2, types, args, NULL, false, 1) != SPI_OK_SELECT)
			elog(ERROR, "could not look up an alias");
		if (SPI_processed > 0)
		{
			lead_id = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
			found = jorge_lock_leads(&location_id, &lead_id, 1, &lead) == 1;
		}
	}
	if (found)
	{
		lead.unlogged = !logged;
		jorge_fold_leads(&lead, 1);
		if (scored)
			jorge_score_leads(&lead, 1);
		jorge_write_leads(&lead, 1, NULL, NULL, reason);
	}
	SPI_finish();
	jorge_unscored_warn();
	jorge_owner_leave(&owner);
	return found;
}

/*
 * Make a lead's row anew from all that arrived
 */
Datum
jorge_refold_lead(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(refold(PG_GETARG_DATUM(1), PG_GETARG_DATUM(0), "refold", true, true));
}

/*
 * Make a lead's row anew after its arrivals have changed hands: lead, location, reason (NULL = keep the score)
 */
Datum
jorge_refold_after(PG_FUNCTION_ARGS)
{
	char *reason;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_BOOL(false);
	reason = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	PG_RETURN_BOOL(refold(PG_GETARG_DATUM(1), PG_GETARG_DATUM(0), reason ? reason : "", reason != NULL, false));
}

/* ---- work as the owner ---- */

/*
 * Run a function of ours as the owner with the arguments of this one, of which the last is the location
 */
static Datum
run_owned(FunctionCallInfo fcinfo, const char *name, const Oid *types, bool *isnull)
{
	int n = PG_NARGS();
	Datum args[4];
	char nulls[4];
	StringInfoData sql;
	JorgeOwner owner;
	Datum result = (Datum) 0;
	MemoryContext mcxt = CurrentMemoryContext;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT jorge.%s(", name);
	for (int i = 0; i < n; i++)
	{
		args[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
		nulls[i] = PG_ARGISNULL(i) ? 'n' : ' ';
		appendStringInfo(&sql, "%s$%d", i ? ", " : "", i + 1);
		if (PG_ARGISNULL(i) && types[i] != TEXTOID)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("an id is needed, not NULL"),
							errhint("See SELECT lead_id, name FROM jorge.lead.")));
	}
	appendStringInfoChar(&sql, ')');
	if (PG_ARGISNULL(n - 1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("a location is needed, not NULL"),
						errhint("Leave the location out: it is jorge.current_location().")));
	check_location(args[n - 1]);

	jorge_owner_enter(&owner, jorge_managed_relation("lead", false));
	SPI_connect();
	if (SPI_execute_with_args(sql.data, n, unconstify(Oid *, types), args, nulls, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "%s failed", name);
	result = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull);
	if (!*isnull && TupleDescAttr(SPI_tuptable->tupdesc, 0)->atttypid == UUIDOID)
	{
		MemoryContext old = MemoryContextSwitchTo(mcxt);

		result = datumCopy(result, false, UUID_LEN);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	jorge_owner_leave(&owner);
	return result;
}

/*
 * Make two leads one: merge_leads(one, other, reason, location)
 */
Datum
jorge_merge_leads(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, UUIDOID, TEXTOID, TEXTOID};

	return run_owned(fcinfo, "merge_leads_owned", types, &fcinfo->isnull);
}

/*
 * Undo a merge: unmerge(id, reason, location)
 */
Datum
jorge_unmerge(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, TEXTOID, TEXTOID};

	return run_owned(fcinfo, "unmerge_owned", types, &fcinfo->isnull);
}

/*
 * Keep two leads apart: never_merge(one, other, reason, location)
 */
Datum
jorge_never_merge(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, UUIDOID, TEXTOID, TEXTOID};

	return run_owned(fcinfo, "never_merge_owned", types, &fcinfo->isnull);
}

/*
 * Erase a person: erase_lead(lead, location)
 */
Datum
jorge_erase_lead(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {UUIDOID, TEXTOID};

	return run_owned(fcinfo, "erase_lead_owned", types, &fcinfo->isnull);
}
