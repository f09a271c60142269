/*
 * shared.h: what the backends, the launcher and the workers of the outbox share.
 *
 * The memory exists only where shared_preload_libraries names jorge. A slot belongs to one database; the launcher hands
 * slots out, the worker of the database writes the rest of it, anybody may set stop_until and the worker's latch.
 */
#ifndef JORGE_OUTBOX_SHARED_H
#define JORGE_OUTBOX_SHARED_H

#include "core/jorge.h"

#include "datatype/timestamp.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "storage/proc.h"

/* Databases that can have a worker */
#define JORGE_OUTBOX_SLOTS 32

/* Accounts whose rate is remembered across restarts of a worker and shared between databases */
#define JORGE_OUTBOX_BUCKETS 4096

#define JORGE_OUTBOX_ERROR 256

/* How a worker stands; the launcher waits long after those that nothing but a person can change */
typedef enum OutboxState
{
	OUTBOX_IDLE,		/* no worker */
	OUTBOX_STARTING,
	OUTBOX_RUNNING,
	OUTBOX_HOLD_OFF,	/* after a promotion, while the old primary may still be sending */
	OUTBOX_DISARMED,	/* not this database, server or directory (jorge.arm) */
	OUTBOX_NO_SCHEMA,	/* extension or managed tables absent */
	OUTBOX_VERSION,		/* the SQL functions are of another version */
	OUTBOX_OTHER_OWNER, /* another program holds the advisory lock */
	OUTBOX_STOPPED,		/* asked to leave, e.g. by DROP DATABASE */
	OUTBOX_CRASHED
} OutboxState;

/* Counters since the server started */
typedef enum OutboxCounter
{
	OUTBOX_CLAIMED,
	OUTBOX_ACCEPTED,
	OUTBOX_NOT_SENT,
	OUTBOX_REFUSED,		/* answered, not 2xx */
	OUTBOX_UNKNOWN,
	OUTBOX_THROTTLED,
	OUTBOX_TRANSACTIONS,
	OUTBOX_WAKEUPS,
	OUTBOX_ERRORS,
	OUTBOX_COUNTERS
} OutboxCounter;

typedef struct OutboxSlot
{
	Oid database;					/* InvalidOid: free */
	PGPROC *proc;					/* of the worker; NULL if there is none */
	pid_t pid;
	int state;						/* OutboxState */
	pg_atomic_uint64 asleep_until;	/* TimestampTz to which the worker sleeps; 0 while it is awake */
	pg_atomic_uint32 look;			/* something was put in since the worker last looked */
	TimestampTz stop_until;			/* no worker before; 0 = none */
	TimestampTz started_at;
	int in_flight;
	int64 rss_kb;
	pg_atomic_uint64 counters[OUTBOX_COUNTERS];
	int64 minute;					/* the minute that is being counted, and what was finished in it and the last */
	int64 sent_minute;
	int64 sent_last;
	TimestampTz last_error_at;
	char last_error[JORGE_OUTBOX_ERROR];
} OutboxSlot;

/* A token bucket on the monotonic clock, microseconds */
typedef struct OutboxBucket
{
	uint64 key;						/* hash of the account; 0 = free */
	double tokens;
	int64 at;						/* when tokens was right */
	int64 blocked_until;
} OutboxBucket;

typedef struct OutboxShared
{
	LWLock *lock;					/* protects all that isn't atomic */
	PGPROC *launcher;				/* NULL until it runs */
	pg_atomic_uint32 new_database;	/* a database without a slot has something for the outbox */
	bool was_standby;				/* the server was started as a standby */
	OutboxSlot slots[JORGE_OUTBOX_SLOTS];
	OutboxBucket buckets[JORGE_OUTBOX_BUCKETS];
} OutboxShared;

/* NULL unless preloaded */
extern OutboxShared *jorge_outbox_shared;

/* _PG_init: settings are known; asks for memory, hooks DROP DATABASE and its like, registers the launcher */
extern void jorge_outbox_init(void);

/* The slot of a database, made if make; NULL if there is none. Takes the lock. */
extern OutboxSlot *jorge_outbox_slot(Oid database, bool make);

/* Wake the worker of this database, if it sleeps longer than to due */
extern void jorge_outbox_wake_at(TimestampTz due);

/* Text of the arm file that fits this server and database; palloc'd */
extern char *jorge_arm_text(const char *token, Oid database);

/* Does the arm file of this database agree? Otherwise why says what is wrong. */
extern bool jorge_is_armed(const char *token, uint64 system_identifier, Oid database, char *why, Size size);

extern const char *jorge_outbox_state_name(int state);

#endif
