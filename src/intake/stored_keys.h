/*
 * stored_keys.h: what is certainly not stored.
 *
 * Most look-ups of a large statement find nothing: a new person's phone, e-mail and blocking keys, and the keys that are
 * nobody's. The tables are read once instead, into a Bloom filter.
 */
#ifndef JORGE_STORED_KEYS_H
#define JORGE_STORED_KEYS_H

typedef struct bloom_filter StoredKeys;

/* What a key is of */
#define STORED_PHONE 'P'
#define STORED_EMAIL 'E'
#define STORED_BLOCK 'B'
#define STORED_STOP 'S'

/*
 * Read the keys of all locations for a statement of so many arrivals, in the current memory context. NULL where that
 * would cost more than looking them up, or where the transaction's snapshot is to decide what it sees.
 */
extern StoredKeys *jorge_stored_keys_read(int64 arrivals);

/* Forget them; NULL is nothing to forget */
extern void jorge_stored_keys_free(StoredKeys *stored);

/* Is a key certainly stored nowhere? */
extern bool jorge_stored_keys_lack(StoredKeys *stored, char kind, const void *key, int length);

/* A key is to be stored */
extern void jorge_stored_keys_add(StoredKeys *stored, char kind, const void *key, int length);

#endif
