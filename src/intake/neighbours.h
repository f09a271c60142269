/*
 * neighbours.h: what a large statement remembers of the leads that its arrivals were compared with.
 *
 * Batch after batch meets the same ones. That they need not be read again is sound because a large statement locks all
 * other intake, merging and erasing out, and knows what it changes itself: the caller tells it here. A small statement, near
 * NULL, remembers nothing.
 */
#ifndef JORGE_NEIGHBOURS_H
#define JORGE_NEIGHBOURS_H

#include "identity/match.h"
#include "intake/stored_keys.h"

#include "utils/uuid.h"

typedef struct Neighbours Neighbours;

/*
 * Make one in the current memory context, for a statement of so many arrivals. It takes as much as maintenance_work_mem, then
 * begins anew.
 */
extern Neighbours *jorge_neighbours_make(int64 arrivals);
extern void jorge_neighbours_free(Neighbours *near);

/* Forget all: leads were merged or parted, or something outside intake may have changed them */
extern void jorge_neighbours_forget(Neighbours *near);

/* Is a key certainly stored nowhere? Kinds as in stored_keys.h */
extern bool jorge_neighbours_lack(const Neighbours *near, char kind, const void *key, int length);

/* A phone or e-mail key was stored */
extern void jorge_neighbours_key_stored(Neighbours *near, char kind, const void *key, int length);

/* Get the leads stored under a blocking key, a lead perhaps twice; -1 = not known. Valid until the next call. */
extern int jorge_neighbours_under(const Neighbours *near, int64 key, const pg_uuid_t **leads);

/* Remember all that are stored under a blocking key; or, of a key too many are under, as many as show that */
extern void jorge_neighbours_learn(Neighbours *near, int64 key, const pg_uuid_t *leads, int n);

/* A lead was stored under a blocking key */
extern void jorge_neighbours_stored(Neighbours *near, int64 key, const pg_uuid_t *lead);

/* Get a lead's person; false = not known */
extern bool jorge_neighbours_get(const Neighbours *near, Datum location_id, const pg_uuid_t *lead, MatchPerson *person);
extern void jorge_neighbours_put(Neighbours *near, Datum location_id, const pg_uuid_t *lead, const MatchPerson *person);

/* A stored lead got another row */
extern void jorge_neighbours_changed(Neighbours *near, const pg_uuid_t *lead);

#endif
