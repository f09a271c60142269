/*
 * locks.h: the advisory locks by which intake, merges and erasures keep out of each other's way.
 *
 * Order, all until the end of the transaction: the bulk lock, buckets ascending, then rows of jorge.lead by id,
 * descending. A merge keeps the lower id, so whoever finds a locked row gone goes on to a lower one: never up.
 */
#ifndef JORGE_LOCKS_H
#define JORGE_LOCKS_H

/* Lock all other intake out, or, for a small statement, only large ones */
extern void jorge_lock_bulk(bool large);

/* Bucket of a key of any kind: 'P' phone, 'E' e-mail */
extern uint32 jorge_key_bucket(char kind, const char *location, const char *key);

/* Bucket of a blocking key */
extern uint32 jorge_block_bucket(int64 key);

/* Lock buckets, in ascending order; sorts them. */
extern void jorge_lock_buckets(uint32 *buckets, int n);

#endif
