/*
 * owner.c: acting as the owner of the managed tables.
 */
#include "core/jorge.h"

#include "core/owner.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

/* A relation that was found */
typedef struct KnownRelation
{
	char name[NAMEDATALEN]; /* hash key */
	Oid relid;
} KnownRelation;

static HTAB *known_relations = NULL;
static bool names_changed = false;
static bool watching = false;

/*
 * Note that a relation or a schema may have got or lost a name
 */
static void
forget_names(Datum arg, int cacheid, uint32 hashvalue)
{
	names_changed = true;
}

/*
 * Start to remember relations by name
 */
static void
remember_anew(void)
{
	HASHCTL control = {.keysize = NAMEDATALEN, .entrysize = sizeof(KnownRelation), .hcxt = TopMemoryContext};

	if (!watching)
	{
		CacheRegisterSyscacheCallback(RELOID, forget_names, (Datum) 0);
		CacheRegisterSyscacheCallback(NAMESPACEOID, forget_names, (Datum) 0);
		watching = true;
	}
	if (known_relations != NULL)
		hash_destroy(known_relations);
	known_relations = NULL;
	known_relations = hash_create("jorge relations", 64, &control, HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	names_changed = false;
}

Oid
jorge_managed_relation(const char *name, bool missing_ok)
{
	KnownRelation *known;
	Oid schema;
	Oid relid;

	if (known_relations == NULL || names_changed)
		remember_anew();
	known = hash_search(known_relations, name, HASH_FIND, NULL);
	if (known != NULL)
		return known->relid;

	schema = get_namespace_oid("jorge", true);
	relid = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
	if (!OidIsValid(relid) && !missing_ok)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table jorge.%s does not exist", name),
						errhint("Make the managed tables with SELECT jorge.install().")));
	if (OidIsValid(relid) && !names_changed)
		((KnownRelation *) hash_search(known_relations, name, HASH_ENTER, NULL))->relid = relid;
	return relid;
}

/*
 * Set a planner setting until jorge_owner_leave
 */
static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

Oid
jorge_owner_of(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid role;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	role = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return role;
}

void
jorge_owner_enter(JorgeOwner *owner, Oid relid)
{
	owner->guc_level = NewGUCNestLevel();
	set_local("enable_seqscan", "off");
	set_local("enable_hashjoin", "off");
	set_local("enable_mergejoin", "off");
	/* what is turned off is priced beyond the limits from which plans are compiled */
	set_local("jit", "off");

	GetUserIdAndSecContext(&owner->saved_user, &owner->saved_context);
	SetUserIdAndSecContext(jorge_owner_of(relid), owner->saved_context | SECURITY_LOCAL_USERID_CHANGE |
														SECURITY_NOFORCE_RLS);
}

void
jorge_owner_leave(JorgeOwner *owner)
{
	SetUserIdAndSecContext(owner->saved_user, owner->saved_context);
	AtEOXact_GUC(false, owner->guc_level);
}
