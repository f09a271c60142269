/*
 * lanes.c: one lane a location: when something of it is due, and how much may be claimed now.
 *
 * The rate is a token bucket in shared memory, so that it outlives the worker and is one for all databases. It starts
 * empty: whatever ran before may just have used the allowance. Where more locations have work than there are buckets, a
 * lane whose bucket went to another goes on with what it knew of it itself.
 *
 * Turns are taken by the time of the last one: the lane that was served longest ago is the first, so that none starves,
 * however many there are.
 */
#include "delivery/delivery.h"

#include "common/hashfn.h"
#include "lib/binaryheap.h"
#include "utils/hsearch.h"
#include "utils/timestamp.h"

/* A lane is closed for so long after too many failures, and then one request tries */
#define BREAKER_OPEN_FOR (60 * USECS_PER_SEC)
#define BREAKER_IN_A_ROW 5

static HTAB *lanes;

void
lanes_init(void)
{
	HASHCTL control = {0};

	control.keysize = MAX_LOCATION;
	control.entrysize = sizeof(Lane);
	lanes = hash_create("jorge lanes", 64, &control, HASH_ELEM | HASH_STRINGS);
}

Lane *
lane_of(const char *location, bool make)
{
	bool found;
	Lane *lane;

	if (strlen(location) >= MAX_LOCATION)
		return NULL;
	lane = hash_search(lanes, location, make ? HASH_ENTER : HASH_FIND, &found);
	if (lane != NULL && !found)
	{
		memset((char *) lane + MAX_LOCATION, 0, sizeof(Lane) - MAX_LOCATION);
		lane->bucket = hash_bytes_extended((const unsigned char *) location, strlen(location), 1) | 1;
		lane->next_due = DT_NOEND;
		lane->rate = 8;
		lane->burst = 10;
	}
	return lane;
}

void
lanes_unlist(void)
{
	HASH_SEQ_STATUS scan;
	Lane *lane;

	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
	{
		lane->listed = false;
		lane->next_due = DT_NOEND;
	}
}

/*
 * Forget lanes that have no work, but for those whose breaker is open: the table grows with the locations at work only
 */
void
lanes_drop_unlisted(void)
{
	HASH_SEQ_STATUS scan;
	Lane *lane;

	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
		if (!lane->listed && lane->in_flight == 0 && lane->unrecorded == 0 && !lane->refreshing && lane->breaker == BREAKER_CLOSED)
			(void) hash_search(lanes, lane->location, HASH_REMOVE, NULL);
}

/*
 * Find the bucket of a lane; the caller holds the lock. One that has long been unused gives way to a new one.
 */
static OutboxBucket *
bucket_of(Lane *lane, int64 now)
{
	OutboxBucket *buckets = delivery_shared->buckets;
	OutboxBucket *free_one = NULL;
	OutboxBucket *oldest = NULL;

	for (int i = 0; i < 32; i++)
	{
		OutboxBucket *bucket = &buckets[(lane->bucket + i) % JORGE_OUTBOX_BUCKETS];

		if (bucket->key == lane->bucket)
			return bucket;
		if (bucket->key == 0 && free_one == NULL)
			free_one = bucket;
		if (oldest == NULL || bucket->at < oldest->at)
			oldest = bucket;
	}
	if (free_one == NULL)
		free_one = oldest;
	*free_one = lane->known;
	free_one->key = lane->bucket;
	if (lane->known.key == 0)
		free_one->at = now;
	return free_one;
}

/*
 * Fill a bucket up to now and get it; the caller holds the lock, and notes in lane->known what it changes
 */
static OutboxBucket *
fill(Lane *lane, int64 now)
{
	OutboxBucket *bucket = bucket_of(lane, now);
	double rate = lane->rate * delivery_settings->outbox_time_scale / 1e6;

	bucket->tokens = Min(lane->burst, bucket->tokens + rate * Max(0, now - bucket->at));
	bucket->at = now;
	lane->known = *bucket;
	return bucket;
}

/*
 * Get how many more requests a lane may have on their way: the last quarter of the connections is for other lanes
 */
static int
room_of(Lane *lane)
{
	int most = Max(1, delivery_settings->outbox_connections * (hash_get_num_entries(lanes) > 1 ? 3 : 4) / 4);

	if (lane->breaker != BREAKER_CLOSED)
		most = 1;
	return most - lane->in_flight;
}

/*
 * Microseconds until the lane may claim; 0 = now
 */
static int64
wait_of(Lane *lane, TimestampTz now, int64 clock)
{
	int64 wait = 0;
	OutboxBucket *bucket;
	double rate = lane->rate * delivery_settings->outbox_time_scale / 1e6;

	if (lane->next_due == DT_NOEND || lane->unauthorized || lane->blocked_until == DT_NOEND ||
		room_of(lane) <= 0)
		return PG_INT64_MAX;
	/* a time of minus infinity or the far past is due */
	wait = Max(wait, lane->next_due <= now ? 0 : lane->next_due - now);
	wait = Max(wait, lane->blocked_until <= now ? 0 : lane->blocked_until - now);
	wait = Max(wait, lane->ask_after - clock);
	if (lane->breaker == BREAKER_OPEN)
		wait = Max(wait, lane->open_until - clock);
	/* who waits for something else leaves the buckets to others */
	if (wait > 0)
		return wait;
	LWLockAcquire(delivery_shared->lock, LW_EXCLUSIVE);
	bucket = fill(lane, clock);
	wait = Max(wait, bucket->blocked_until - clock);
	if (bucket->tokens < 1)
		wait = Max(wait, (int64) ceil((1 - bucket->tokens) / rate));
	LWLockRelease(delivery_shared->lock);
	return wait;
}

int64
lanes_wait(TimestampTz now)
{
	int64 clock = delivery_clock();
	int64 least = PG_INT64_MAX;
	HASH_SEQ_STATUS scan;
	Lane *lane;

	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
		least = Min(least, wait_of(lane, now, clock));
	return least;
}

/*
 * Order lanes by their last turn
 */
static int
compare_turns(Datum a, Datum b, void *arg)
{
	uint64 one = ((Lane *) DatumGetPointer(a))->turn;
	uint64 other = ((Lane *) DatumGetPointer(b))->turn;

	return one < other ? -1 : one > other;
}

/*
 * Choose lanes to claim from, those served longest ago, and take the tokens: at most room requests, shared fairly
 */
int
lanes_ready(int room, Lane **ready, int *limits, int most)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 clock = delivery_clock();
	static uint64 turns = 0;
	binaryheap *chosen;
	int n;
	int share;
	HASH_SEQ_STATUS scan;
	Lane *lane;

	if (room <= 0)
		return 0;
	/* the one served last is on top, and gives way */
	chosen = binaryheap_allocate(most, compare_turns, NULL);
	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
	{
		if (wait_of(lane, now, clock) > 0)
			continue;
		if (chosen->bh_size < most)
			binaryheap_add(chosen, PointerGetDatum(lane));
		else if (lane->turn < ((Lane *) DatumGetPointer(binaryheap_first(chosen)))->turn)
			binaryheap_replace_first(chosen, PointerGetDatum(lane));
	}
	n = chosen->bh_size;
	for (int i = n - 1; i >= 0; i--)
		ready[i] = (Lane *) DatumGetPointer(binaryheap_remove_first(chosen));
	binaryheap_free(chosen);
	LWLockAcquire(delivery_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < n; i++)
	{
		OutboxBucket *bucket = fill(ready[i], clock);

		share = (room + n - i - 1) / (n - i);
		limits[i] = Max(0, Min(Min(share, room_of(ready[i])), (int) Min(bucket->tokens, 1e6)));
		bucket->tokens -= limits[i];
		ready[i]->known = *bucket;
		room -= limits[i];
	}
	LWLockRelease(delivery_shared->lock);
	for (int i = 0; i < n; i++)
	{
		if (limits[i] == 0)
		{
			n--;
			ready[i] = ready[n];
			limits[i] = limits[n];
			i--;
		}
		else
		{
			ready[i]->turn = ++turns;
			if (ready[i]->breaker == BREAKER_OPEN)
				ready[i]->breaker = BREAKER_HALF_OPEN;
		}
	}
	return n;
}

/*
 * Put back the tokens of a claim that found less than it might have taken
 */
void
lane_give_back(Lane *lane, int tokens)
{
	OutboxBucket *bucket;
	int64 clock = delivery_clock();

	LWLockAcquire(delivery_shared->lock, LW_EXCLUSIVE);
	bucket = fill(lane, clock);
	bucket->tokens = Min(lane->burst, bucket->tokens + tokens);
	lane->known = *bucket;
	LWLockRelease(delivery_shared->lock);
}

/*
 * Send nothing of a lane before a time, in any database
 */
void
lane_block(Lane *lane, TimestampTz until)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 clock = delivery_clock();
	OutboxBucket *bucket;

	lane->blocked_until = Max(lane->blocked_until, until);
	LWLockAcquire(delivery_shared->lock, LW_EXCLUSIVE);
	bucket = fill(lane, clock);
	bucket->tokens = 0;
	if (until != DT_NOEND && until > now)
		bucket->blocked_until = Max(bucket->blocked_until, clock + (until - now));
	lane->known = *bucket;
	LWLockRelease(delivery_shared->lock);
}

/*
 * Learn from an outcome: rate headers, the breaker
 */
void
lane_judge(Lane *lane, const Request *request)
{
	bool failed = request->outcome == OUTCOME_NOT_SENT || request->outcome == OUTCOME_UNKNOWN || request->status >= 500;
	int recent = 0;

	if (request->daily_remaining == 0)
		lane_block(lane, GetCurrentTimestamp() + USECS_PER_DAY - GetCurrentTimestamp() % USECS_PER_DAY);
	else if (request->remaining >= 0 && request->remaining < 3 && request->interval_ms > 0)
		lane_block(lane, GetCurrentTimestamp() + delivery_scaled((int64) Min(request->interval_ms, 60000) * 1000));
	if (request->outcome == OUTCOME_UNSENDABLE)
		return;
	lane->failed = (lane->failed << 1 | failed) & ((1u << BREAKER_WINDOW) - 1);
	lane->judged = Min(lane->judged + 1, BREAKER_WINDOW);
	lane->failed_in_a_row = failed ? lane->failed_in_a_row + 1 : 0;
	for (uint32 bits = lane->failed; bits != 0; bits &= bits - 1)
		recent++;
	if (!failed && lane->breaker != BREAKER_CLOSED)
	{
		lane->breaker = BREAKER_CLOSED;
		lane->failed = 0;
		lane->judged = 0;
	}
	else if (failed && (lane->breaker == BREAKER_HALF_OPEN || lane->failed_in_a_row >= BREAKER_IN_A_ROW ||
						(lane->judged == BREAKER_WINDOW && recent * 2 > BREAKER_WINDOW)))
	{
		lane->breaker = BREAKER_OPEN;
		lane->open_until = delivery_clock() + delivery_scaled(BREAKER_OPEN_FOR);
	}
}

/*
 * Stop a lane, of whose requests one was answered that the token is no good, until the token's file is another. Which one
 * it was isn't told: one with status 401, if there is any; of two files the older, or the newer would never be tried.
 */
void
lane_refuse(Lane *lane, Request **requests, int n)
{
	int best = 0;

	for (int i = 0; i < n; i++)
	{
		Request *request = requests[i];
		int likely = request->status == 401 ? 5 : request->status >= 400 && request->status < 500 && request->status != 429 ? 3 : 1;

		if (request->lane != lane || request->outcome != OUTCOME_REPLIED)
			continue;
		if (request->print != secret_print(lane->location, request->provider))
			likely++;
		if (likely <= best)
			continue;
		best = likely;
		strlcpy(lane->provider, request->provider, sizeof(lane->provider));
		lane->refused = request->print;
	}
	lane->unauthorized = true;
}

/*
 * Let lanes go on whose token file has changed
 */
void
lanes_check_tokens(void)
{
	HASH_SEQ_STATUS scan;
	Lane *lane;

	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
	{
		uint64 print;

		if (lane->unauthorized && (print = secret_print(lane->location, lane->provider)) != lane->refused && print != 0)
		{
			lane->unauthorized = false;
			lane->refresh_after = 0;
		}
	}
}

/*
 * Find lanes whose token was refused and that may be refreshed now
 */
int
lanes_to_refresh(Lane **found, int most)
{
	HASH_SEQ_STATUS scan;
	Lane *lane;
	int n = 0;

	hash_seq_init(&scan, lanes);
	while ((lane = hash_seq_search(&scan)) != NULL)
	{
		if (n >= most)
		{
			hash_seq_term(&scan);
			break;
		}
		if (lane->unauthorized && !lane->refreshing && lane->provider[0] != '\0' && delivery_clock() >= lane->refresh_after)
			found[n++] = lane;
	}
	return n;
}
