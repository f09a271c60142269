/*
 * guard.h: running pure work on many items so that one that fails loses only itself.
 */
#ifndef JORGE_GUARD_H
#define JORGE_GUARD_H

/* Does the work for items first ... last - 1 */
typedef void (*GuardedWork)(void *context, int first, int last);

/* Told of an item that failed; error lives in the caller's memory context */
typedef void (*GuardedFailure)(void *context, int item, ErrorData *error);

/*
 * Do the work for all items in one subtransaction; where that fails, again for each item in one of its own.
 * Cancel, shutdown, serialization and deadlock errors (SQLSTATE classes 57 and 40) always propagate.
 */
extern void jorge_guarded(GuardedWork work, GuardedFailure failed, void *context, int items);

#endif
