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
static const ZoneSlot *last_slot = zone_slots;

/*
 * Offsets from UTC are remembered by zone and block of time, since finding one takes a search through the
 * zone's changes. A block is 2^21 seconds, 24 days, long: at most one change falls into nearly all.
 */
#define BLOCK_BITS 21
#define BLOCK_SECONDS (INT64CONST(1) << BLOCK_BITS)

/* A power of two: two years of 16 zones, as two that share a slot evict each other */
#define BLOCK_SLOTS 512

typedef struct OffsetBlock
{
	const pg_tz *zone; /* NULL = unused */
	int64 number;	   /* seconds since 1970, shifted by BLOCK_BITS */
	bool usable;	   /* has one change at most */
	int64 change;	   /* when the offset becomes the later one */
	int32 before, after;
} OffsetBlock;

static OffsetBlock offset_blocks[BLOCK_SLOTS];

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
	if (memcmp(last_slot->name, name, length) == 0 && last_slot->name[length] == '\0')
		return last_slot->zone;
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
	last_slot = slot;
	return slot->zone;
}

const pg_tz *
jorge_zone_utc(void)
{
	static const pg_tz *utc = NULL;

	if (utc == NULL)
		utc = jorge_zone("UTC", 3);
	return utc;
}

/*
 * Find what the zone's offset is within a block
 */
static void
fill_block(OffsetBlock *block, const pg_tz *zone, int64 number)
{
	pg_time_t start = number << BLOCK_BITS;
	pg_time_t end = start + BLOCK_SECONDS;
	pg_time_t second;
	pg_time_t change;
	long before, after, unused_offset;
	int unused_dst;
	int found = pg_next_dst_boundary(&start, &before, &unused_dst, &change, &after, &unused_dst, zone);

	block->zone = zone;
	block->number = number;
	block->usable = found >= 0;
	block->before = block->after = before;
	block->change = end;
	if (found <= 0 || change >= end)
		return;
	block->change = change;
	block->after = after;
	found = pg_next_dst_boundary(&change, &unused_offset, &unused_dst, &second, &unused_offset, &unused_dst, zone);
	block->usable = found == 0 || (found > 0 && second >= end);
}

/*
 * Find the month, 1-12, of a day counted from 1970-01-01, in the Gregorian calendar
 */
static int
month_of_day(int64 day)
{
	int64 from_march = day + 719468; /* days from 0000-03-01 */
	int of_era, year_of_era, of_year, month;

	of_era = (int) (from_march % 146097); /* 400 years */
	if (of_era < 0)
		of_era += 146097;
	year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * of_year + 2) / 153; /* from March */
	return month < 10 ? month + 3 : month - 9;
}

/*
 * Turn a moment into the wall clock of a zone
 */
bool
jorge_local_time(TimestampTz at, const pg_tz *zone, LocalTime *local)
{
	int64 seconds;
	pg_time_t since_1970;
	int64 number;
	OffsetBlock *block;
	int64 day;
	struct pg_tm *tm;

	if (TIMESTAMP_NOT_FINITE(at))
		return false;

	/* round down also before 2000, where at is negative */
	seconds = at / USECS_PER_SEC - (at % USECS_PER_SEC < 0 ? 1 : 0);
	since_1970 = seconds + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;

	number = since_1970 >> BLOCK_BITS;
	block = &offset_blocks[((uintptr_t) zone / sizeof(void *) * 31 + (uint64) number) & (BLOCK_SLOTS - 1)];
	if (block->zone != zone || block->number != number)
		fill_block(block, zone, number);
	if (block->usable)
	{
		seconds = since_1970 + (since_1970 < block->change ? block->before : block->after);
		day = seconds / SECS_PER_DAY - (seconds % SECS_PER_DAY < 0 ? 1 : 0);
		local->hour = (int) ((seconds - day * SECS_PER_DAY) / SECS_PER_HOUR);
		local->weekday = (int) ((day % 7 + 7 + 3) % 7); /* 1970-01-01 was a Thursday */
		local->month = month_of_day(day);
		return true;
	}

	tm = pg_localtime(&since_1970, zone);
	if (tm == NULL)
		return false;
	local->month = tm->tm_mon + 1;
	local->weekday = (tm->tm_wday + 6) % 7;
	local->hour = tm->tm_hour;
	return true;
}
