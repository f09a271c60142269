/*
 * local_time.c: wall-clock time in a named zone.
 *
 * Zone names come from data, a name a row. The server's own lookup remembers the zones it found, but
 * reads the disk again for every unknown name, and keeps 20 kB for ever for each POSIX specification
 * ("ABC1:02:03") it is given. So only names of the form IANA uses get that far, and the answers, also
 * "unknown", are remembered here.
 */
#include "core/jorge.h"

#include "features/local_time.h"

/* Longest name in the IANA database is 32 characters ("America/Argentina/ComodRivadavia"). */
#define ZONE_NAME_MAX 63

/* Slots of the memory of answers, a power of two; two names that share one evict each other. */
#define ZONE_SLOTS 64

typedef struct ZoneSlot
{
	char name[ZONE_NAME_MAX + 1]; /* as it was asked for; empty = unused */
	const pg_tz *zone;			  /* NULL = there is no such zone */
} ZoneSlot;

static ZoneSlot zone_slots[ZONE_SLOTS];

/*
 * Tell whether a name with digits in it is one of IANA's
 *
 * Anything else with digits, as UTC+5, would be taken for a POSIX specification, whose sign is the
 * opposite of what its writer means.
 */
static bool
is_numbered_zone(const char *name)
{
	static const char *const numbered[] = {"EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT",
										   "GMT0",	  "GMT+0",	 "GMT-0"};

	for (int i = 0; i < lengthof(numbered); i++)
		if (pg_strcasecmp(name, numbered[i]) == 0)
			return true;

	/* Etc/GMT0, Etc/GMT+5, Etc/GMT-14 */
	if (pg_strncasecmp(name, "Etc/GMT", 7) != 0)
		return false;
	name += 7;
	if (*name == '+' || *name == '-')
		name++;
	return strspn(name, "0123456789") <= 2 && name[strspn(name, "0123456789")] == '\0';
}

/*
 * Ask the server for a zone
 */
static const pg_tz *
find_zone(const char *name)
{
	pg_tz *zone;

	if (name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/")] !=
		'\0')
		return NULL;
	if (strpbrk(name, "0123456789") != NULL && !is_numbered_zone(name))
		return NULL;

	zone = pg_tzset(name);
	/* a zone that counts leap seconds is none that a timestamptz can be shown in */
	return zone != NULL && pg_tz_acceptable(zone) ? zone : NULL;
}

/*
 * Find a zone, from memory where possible
 */
const pg_tz *
jorge_zone(const char *name, int length)
{
	uint32 hash = 2166136261u; /* FNV-1a */
	ZoneSlot *slot;
	char copy[ZONE_NAME_MAX + 1];

	if (length < 1 || length > ZONE_NAME_MAX || memchr(name, '\0', length) != NULL)
		return NULL;
	for (int i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) name[i]) * 16777619u;
	slot = &zone_slots[(hash ^ (hash >> 16)) & (ZONE_SLOTS - 1)];

	if (memcmp(slot->name, name, length) != 0 || slot->name[length] != '\0')
	{
		memcpy(copy, name, length);
		copy[length] = '\0';
		slot->name[0] = '\0'; /* unused, should find_zone() fail for want of memory */
		slot->zone = find_zone(copy);
		memcpy(slot->name, copy, length + 1);
	}
	return slot->zone;
}

/*
 * Turn a moment into the wall clock of a zone
 */
bool
jorge_local_time(TimestampTz at, const pg_tz *zone, LocalTime *local)
{
	int64 seconds;
	pg_time_t since_1970;
	struct pg_tm *tm;

	if (TIMESTAMP_NOT_FINITE(at))
		return false;

	/* round down also before 2000, where at is negative */
	seconds = at / USECS_PER_SEC - (at % USECS_PER_SEC < 0 ? 1 : 0);
	since_1970 = seconds + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
	tm = pg_localtime(&since_1970, zone);
	if (tm == NULL)
		return false;
	local->month = tm->tm_mon + 1;
	local->weekday = (tm->tm_wday + 6) % 7;
	local->hour = tm->tm_hour;
	return true;
}
