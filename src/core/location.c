/*
 * location.c: the tenant of the session.
 */
#include "core/jorge.h"

#include "core/settings.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define SETTING_PREFIX "jorge.location_id="

JORGE_FUNCTION(jorge_current_location);

/*
 * Find the location that ALTER ROLE ... [IN DATABASE ...] SET pins a role to; NULL if it pins none
 */
static char *
pinned_in(Oid database, Oid role)
{
	Relation rel = table_open(DbRoleSettingRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	char *location = NULL;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(role));
	scan = systable_beginscan(rel, DbRoleSettingDatidRolidIndexId, true, NULL, 2, keys);
	if (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool null;
		Datum config = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig, RelationGetDescr(rel), &null);
		Datum *settings;
		bool *nulls;
		int n = 0;

		if (!null)
			deconstruct_array(DatumGetArrayTypeP(config), TEXTOID, -1, false, TYPALIGN_INT, &settings, &nulls, &n);
		for (int i = 0; i < n; i++)
		{
			char *setting = nulls[i] ? NULL : TextDatumGetCString(settings[i]);

			if (setting != NULL && strncmp(setting, SETTING_PREFIX, strlen(SETTING_PREFIX)) == 0)
				location = setting + strlen(SETTING_PREFIX);
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return location;
}

/*
 * Get the location the session's role is pinned to, looked up once a session; empty if it is pinned to none
 *
 * The setting itself can't tell: a value in the connection's options hides the role's value, and is refused once
 * the library is loaded, which would leave a pinned tenant with the default, another tenant.
 */
static const char *
pinned_location(void)
{
	static Oid known_role = InvalidOid;
	static char *known = NULL;
	Oid role = GetSessionUserId();

	if (known == NULL || known_role != role)
	{
		char *pinned = pinned_in(MyDatabaseId, role);

		if (pinned == NULL)
			pinned = pinned_in(InvalidOid, role);
		if (known != NULL)
			pfree(known);
		known = NULL;
		known = MemoryContextStrdup(TopMemoryContext, pinned ? pinned : "");
		known_role = role;
	}
	return known;
}

const char *
jorge_session_location(void)
{
	const char *location = jorge_settings.location_id;

	if (location == NULL || location[0] == '\0')
		location = pinned_location();
	return location[0] == '\0' ? JORGE_DEFAULT_LOCATION : location;
}

/*
 * Get the tenant that row security compares rows with
 *
 * Policies call this and not current_setting(): a fresh session could SET the bare name before the
 * library, and with it the setting's privilege check, is loaded.
 */
Datum
jorge_current_location(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(jorge_session_location()));
}
