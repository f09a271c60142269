/*
 * lexicon.c: an owner's own words, compiled once a backend until the table changes.
 */
#include "core/jorge.h"

#include "core/owner.h"
#include "intake/intake.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "storage/proc.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#define LOCATION_MAX 256

typedef struct CachedLexicon
{
	char location[LOCATION_MAX]; /* hash key */
	TextLexicon *lexicon;		 /* NULL = no words of its own */
} CachedLexicon;

static HTAB *lexicons = NULL;
static MemoryContext lexicons_mcxt = NULL;
static Oid words_relid = InvalidOid;
static bool stale = false;
static LocalTransactionId snapshot_lxid = InvalidLocalTransactionId; /* set = read by that transaction's snapshot */

JORGE_FUNCTION(jorge_lexicon_changed);

/*
 * Note that the words, or everything, has changed
 */
static void
words_changed(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == words_relid)
		stale = true;
}

/*
 * Start an empty cache
 */
static void
reset_cache(void)
{
	HASHCTL info = {.keysize = LOCATION_MAX, .entrysize = sizeof(CachedLexicon)};

	if (lexicons_mcxt == NULL)
	{
		lexicons_mcxt = AllocSetContextCreate(CacheMemoryContext, "jorge lexicons", ALLOCSET_SMALL_SIZES);
		CacheRegisterRelcacheCallback(words_changed, (Datum) 0);
	}
	else
		MemoryContextReset(lexicons_mcxt);
	info.hcxt = lexicons_mcxt;
	lexicons = hash_create("jorge lexicons", 16, &info, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	stale = false;
	snapshot_lxid = InvalidLocalTransactionId;
}

/*
 * Compile the words of SPI_tuptable (phrase, signal, weight) in mcxt
 */
static TextLexicon *
compile_rows(MemoryContext mcxt)
{
	int n = (int) SPI_processed;
	TextAddition *additions;

	if (n == 0)
		return NULL;
	additions = palloc(sizeof(TextAddition) * n);
	for (int i = 0; i < n; i++)
	{
		bool null;

		additions[i].phrase = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);
		additions[i].signal = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2);
		additions[i].weight = DatumGetFloat8(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3, &null));
	}
	return jorge_text_lexicon(mcxt, additions, n);
}

const TextLexicon *
jorge_lexicon_for(const char *location)
{
	CachedLexicon *entry;
	TextLexicon *lexicon;
	JorgeOwner owner;
	Oid types[1] = {TEXTOID};
	Datum args[1];
	bool cacheable = strlen(location) < LOCATION_MAX;
	bool found;

	/* what a transaction's own, older snapshot showed is good for that transaction only */
	if (lexicons == NULL || stale || (snapshot_lxid != InvalidLocalTransactionId && snapshot_lxid != JORGE_LXID))
		reset_cache();
	entry = cacheable ? hash_search(lexicons, location, HASH_FIND, NULL) : NULL;
	if (entry != NULL)
		return entry->lexicon;

	words_relid = jorge_managed_relation("lexicon_extra", false);
	if (IsolationUsesXactSnapshot())
		snapshot_lxid = JORGE_LXID;
	jorge_owner_enter(&owner, words_relid);
	SPI_connect();
	args[0] = CStringGetTextDatum(location);
	if (SPI_execute_with_args("SELECT phrase, signal, weight FROM jorge.lexicon_extra"
							  " WHERE location_id OPERATOR(pg_catalog.=) $1 ORDER BY phrase, signal",
							  1, types, args, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read jorge.lexicon_extra");
	lexicon = compile_rows(lexicons_mcxt);
	SPI_finish();
	jorge_owner_leave(&owner);

	if (cacheable)
	{
		entry = hash_search(lexicons, location, HASH_ENTER, &found);
		entry->lexicon = lexicon;
	}
	return lexicon;
}

/*
 * Refuse words the scanner can't use, then make every backend read the words again
 */
Datum
jorge_lexicon_changed(PG_FUNCTION_ARGS)
{
	Relation rel;
	JorgeOwner owner;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.lexicon_changed() is a trigger function")));
	rel = ((TriggerData *) fcinfo->context)->tg_relation;

	jorge_owner_enter(&owner, RelationGetRelid(rel));
	SPI_connect();
	if (SPI_execute("SELECT phrase, signal, weight FROM jorge.lexicon_extra ORDER BY location_id, phrase, signal",
					false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read jorge.lexicon_extra");
	(void) compile_rows(CurrentMemoryContext);
	SPI_finish();
	jorge_owner_leave(&owner);

	CacheInvalidateRelcache(rel);
	return PointerGetDatum(NULL);
}
