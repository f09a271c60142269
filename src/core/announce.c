/*
 * announce.c: telling every backend that a table it caches has changed.
 */
#include "core/jorge.h"

#include "commands/trigger.h"
#include "utils/inval.h"

JORGE_FUNCTION(jorge_announce_change);

/*
 * Send the table's relcache invalidation with the commit; a rollback sends nothing
 */
Datum
jorge_announce_change(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.announce_change() is a trigger function")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	return PointerGetDatum(NULL);
}
