/*
 * locks.c: the advisory locks by which intake, merges and erasures keep out of each other's way.
 */
#include "core/jorge.h"

#include "intake/locks.h"

#include "common/hashfn.h"
#include "storage/lmgr.h"
#include "storage/lock.h"

/* First key of our advisory locks: "jorg" in ASCII */
#define LOCK_SPACE 0x6a6f7267
#define LOCK_BUCKETS 1024
#define BULK_LOCK LOCK_BUCKETS /* second key of the bulk lock: none of the buckets' */

/*
 * Take one of our transaction-level advisory locks
 */
static void
lock(uint32 number, LOCKMODE mode)
{
	LOCKTAG tag;

	/* 2 = the two-key form of pg_advisory_xact_lock() */
	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, LOCK_SPACE, number, 2);
	(void) LockAcquire(&tag, mode, false, false);
}

void
jorge_lock_bulk(bool large)
{
	lock(BULK_LOCK, large ? ExclusiveLock : ShareLock);
}

uint32
jorge_key_bucket(char kind, const char *location, const char *key)
{
	uint32 hash = hash_bytes((const unsigned char *) location, strlen(location));

	hash = hash_combine(hash, hash_bytes((const unsigned char *) key, strlen(key)));
	return hash_combine(hash, (uint32) kind) % LOCK_BUCKETS;
}

uint32
jorge_block_bucket(int64 key)
{
	return hash_bytes_uint32((uint32) (key ^ (key >> 32))) % LOCK_BUCKETS;
}

/*
 * Order buckets by number
 */
static int
compare_buckets(const void *a, const void *b)
{
	uint32 x = *(const uint32 *) a;
	uint32 y = *(const uint32 *) b;

	return x < y ? -1 : x > y;
}

void
jorge_lock_buckets(uint32 *buckets, int n)
{
	qsort(buckets, n, sizeof(uint32), compare_buckets);
	for (int i = 0; i < n; i++)
		if (i == 0 || buckets[i] != buckets[i - 1])
			lock(buckets[i], ExclusiveLock);
}
