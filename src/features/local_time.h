/*
 * local_time.h: wall-clock time in a named zone, free of the session's TimeZone.
 */
#ifndef JORGE_LOCAL_TIME_H
#define JORGE_LOCAL_TIME_H

#include "datatype/timestamp.h"
#include "pgtime.h"

typedef struct LocalTime
{
	int month;	 /* 1-12 */
	int weekday; /* 0 Monday - 6 Sunday */
	int hour;	 /* 0-23 */
} LocalTime;

/* Zone of an IANA name (any case, length bytes), NULL if there is none. Lives as long as the backend. */
extern const pg_tz *jorge_zone(const char *name, int length);

/* The zone UTC */
extern const pg_tz *jorge_zone_utc(void);

/* Fill local; false where at is infinite or its year is beyond the calendar. */
extern bool jorge_local_time(TimestampTz at, const pg_tz *zone, LocalTime *local);

#endif
