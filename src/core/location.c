/*
 * location.c: the tenant of the session.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_current_location);

/*
 * Get the tenant that row security compares rows with
 *
 * Policies call this and not current_setting(): a fresh session could SET the bare name before the
 * library, and with it the setting's privilege check, is loaded.
 */
Datum
jorge_current_location(PG_FUNCTION_ARGS)
{
	const char *location = jorge_settings.location_id;

	if (location == NULL || location[0] == '\0')
		location = JORGE_DEFAULT_LOCATION;
	PG_RETURN_TEXT_P(cstring_to_text(location));
}
