/*
 * worker.c: the process that delivers one database's outbox.
 *
 * It sleeps on its latch (woken by the commit that puts something in) and on libcurl's sockets. A turn is one transaction:
 * record what came back, look around if asked to, claim what may be sent; then, with no transaction open, send it. If a
 * turn fails, its parts are done apart, so that no part holds up another; results stay in memory until they are recorded,
 * and nothing is claimed meanwhile.
 */
#include "delivery/delivery.h"

#include "access/xact.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/procsignal.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include <time.h>

PG_MODULE_MAGIC;

extern PGDLLEXPORT void jorge_outbox_main(Datum argument);

/* Look around so often though nobody woke us: rows restored, prepared transactions, token files (scaled, but not below) */
#define POLL_EVERY (30 * USECS_PER_SEC)
#define POLL_LEAST (500 * 1000)

/* Wait so long for more results before they are recorded */
#define GATHER (15 * 1000)

/* A poll that follows from our own work may wait so long */
#define LOOK_SOON (4 * 1000)

/* After an error of the database */
#define BACK_OFF USECS_PER_SEC

/* At shutdown, for what is on its way; less where somebody waits to drop the database */
#define DRAIN (3 * USECS_PER_SEC)
#define DRAIN_STOPPED USECS_PER_SEC

/* Transactions that may then be tried: results that can't be recorded together go one by one */
#define DRAIN_TURNS 200

/* Times a result may fail to be recorded by its own fault */
#define MOST_FAILURES 3

#define MOST_LANES 256

/* With nothing to do for so long, freed memory is given back */
#define LONG_REST USECS_PER_SEC

/* While there is more to do, sent messages are noted as interactions so often */
#define NOTE_EVERY (100 * 1000)

/* So many then, and so many in a transaction, which has all their leads locked */
#define NOTE_MOST 200
#define NOTE_AT_ONCE 15

const JorgeSettings *delivery_settings;
OutboxShared *delivery_shared;
OutboxSlot *delivery_slot;

static MemoryContext turn_context;
static int64 poll_every;
static Request *results[MOST_AT_ONCE];	/* to be recorded, oldest first */
static int n_results;
static int64 oldest_result;
static bool look = true;				/* poll in the next turn */
static int64 look_at;					/* monotonic: set look then; 0 = no need */
static bool armed;
static bool recovered;
static bool unnoted;
static bool gone;						/* the extension went away */
static bool told_state;
static bool apart;						/* the last turn failed: record and claim apart, results one by one */
static int64 retry_at;					/* no transaction before */
static int64 claim_retry_at;
static int64 polled_at;
static int64 noted_at;
static TimestampTz hold_until;

int64
delivery_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * USECS_PER_SEC + now.tv_nsec / 1000;
}

int64
delivery_scaled(int64 delay)
{
	return (int64) (delay / delivery_settings->outbox_time_scale);
}

void
delivery_count(OutboxCounter counter, int64 n)
{
	pg_atomic_fetch_add_u64(&delivery_slot->counters[counter], n);
}

/*
 * Say something in the log, and where jorge.outbox_workers() shows it
 */
void
delivery_tell(int level, const char *message)
{
	LWLockAcquire(delivery_shared->lock, LW_EXCLUSIVE);
	strlcpy(delivery_slot->last_error, message, JORGE_OUTBOX_ERROR);
	delivery_slot->last_error_at = GetCurrentTimestamp();
	LWLockRelease(delivery_shared->lock);
	ereport(level, (errmsg("jorge outbox: %s", message)));
}

static void
set_state(OutboxState state)
{
	delivery_slot->state = state;
}

/*
 * Let go of the slot, however the process ends
 */
static void
at_exit(int code, Datum argument)
{
	delivery_slot->proc = NULL;
	pg_atomic_write_u64(&delivery_slot->asleep_until, 0);
	delivery_slot->in_flight = 0;
}

/*
 * Is it the row's own fault if its result can't be recorded, and not that of a full disk or a lock?
 */
static bool
own_fault(int sqlstate)
{
	static const char *const classes[] = {"21", "22", "23", "2F", "38", "39", "P0", "42", "XX"};
	const char *code = unpack_sql_state(sqlstate);

	for (int i = 0; i < lengthof(classes); i++)
		if (strncmp(code, classes[i], 2) == 0)
			return true;
	return false;
}

/*
 * Poll soon, but first let libcurl get on with what was just sent
 */
static void
look_soon(void)
{
	if (look_at == 0)
		look_at = delivery_clock() + LOOK_SOON;
}

static bool
idle(void)
{
	return n_results == 0 && transfer_in_flight() == 0;
}

/*
 * Take note of what came back
 */
static void
count_outcome(const Request *request)
{
	OutboxCounter counter = request->outcome == OUTCOME_UNKNOWN ? OUTBOX_UNKNOWN
		: request->outcome == OUTCOME_NOT_SENT					? OUTBOX_NOT_SENT
		: request->status == 429								? OUTBOX_THROTTLED
		: request->outcome == OUTCOME_REPLIED && request->status >= 200 && request->status < 300 ? OUTBOX_ACCEPTED
																								  : OUTBOX_REFUSED;
	int64 minute = GetCurrentTimestamp() / USECS_PER_MINUTE;

	delivery_count(counter, 1);
	if (delivery_slot->minute != minute)
	{
		delivery_slot->sent_last = minute == delivery_slot->minute + 1 ? delivery_slot->sent_minute : 0;
		delivery_slot->sent_minute = 0;
		delivery_slot->minute = minute;
	}
	if (counter == OUTBOX_ACCEPTED)
		delivery_slot->sent_minute++;
}

/*
 * Take over transfers that are over, as far as there is room
 */
static void
take_results(void)
{
	Request *request;

	while (n_results < memory_at_once() && (request = transfer_take_done()) != NULL)
	{
		lane_judge(request->lane, request);
		if (request->is_refresh)
		{
			refresh_done(request);
			look = true;
			continue;
		}
		count_outcome(request);
		if (n_results == 0)
			oldest_result = delivery_clock();
		request->lane->in_flight--;
		request->lane->unrecorded++;
		results[n_results++] = request;
	}
	delivery_slot->in_flight = transfer_in_flight();
}

/*
 * Forget results that were recorded
 */
static void
drop_results(int n)
{
	for (int i = 0; i < n; i++)
	{
		Lane *lane = results[i]->lane;

		lane->unrecorded--;
		unnoted |= results[i]->outcome == OUTCOME_REPLIED && results[i]->status < 300;
		/* what was not plainly accepted may be due again at once */
		if (lane->next_due == DT_NOEND)
			look_soon();
		request_free(results[i]);
	}
	memmove(results, results + n, (n_results - n) * sizeof(Request *));
	n_results -= n;
}

/*
 * Heed what a poll found out
 */
static void
judge_poll(const Polled *polled)
{
	OutboxState state;

	polled_at = delivery_clock();
	lanes_check_tokens();
	unnoted = polled->unnoted;
	armed = false;
	if (polled->abi != DELIVERY_ABI)
		state = OUTBOX_VERSION;
	else if (!polled->armed)
		state = OUTBOX_DISARMED;
	else if (hold_until > GetCurrentTimestamp())
		state = OUTBOX_HOLD_OFF;
	else
	{
		state = OUTBOX_RUNNING;
		armed = true;
	}
	if (delivery_slot->state != state)
		told_state = false;
	set_state(state);
	if (!told_state && state == OUTBOX_VERSION)
		delivery_tell(WARNING, "its library and the functions in the database are of different versions: nothing is sent until SELECT jorge.install() or a restart");
	if (!told_state && state == OUTBOX_DISARMED)
	{
		char message[256];

		snprintf(message, sizeof(message), "disarmed, nothing is sent: %s; SELECT jorge.arm() where the real database lives", polled->why);
		delivery_tell(WARNING, message);
	}
	told_state = true;
}

/*
 * Start an OAuth refresh where a token was refused; in its own transaction for the URL
 */
static void
start_refreshes(Lane **lanes, int n)
{
	for (int i = 0; i < n; i++)
	{
		char *url = store_token_url(lanes[i]->location, lanes[i]->provider);
		Request *request = url ? refresh_make(lanes[i], url) : NULL;

		/* it may be given one */
		if (url == NULL)
			lanes[i]->refresh_after = delivery_clock() + poll_every;
		else
			pfree(url);
		if (request != NULL)
			(void) transfer_start(request);
	}
}

/*
 * Send what was claimed and committed
 */
static void
send_claimed(Request *first)
{
	while (first != NULL)
	{
		Request *next = first->next;

		delivery_count(OUTBOX_CLAIMED, 1);
		(void) transfer_start(first);
		first = next;
	}
	transfer_drive(false);
	take_results();
}

/*
 * Are there results to record now? Most of what is on its way has come back, or all, or what has is waiting for long enough
 */
static bool
record_due(int64 clock)
{
	return n_results >= Min(memory_at_once(), Max(1, delivery_settings->outbox_connections * 3 / 4)) ||
		   (n_results > 0 && (transfer_in_flight() == 0 || clock - oldest_result >= GATHER));
}

/*
 * One turn, in a transaction of its own; what it claimed is returned. May throw.
 */
static Request *
turn(bool record, bool claim, int *recorded)
{
	Lane *lanes[MOST_LANES];
	int limits[MOST_LANES];
	int decided[MOST_LANES];
	Request *claimed = NULL;
	Polled polled = {0};
	int n = record ? (apart ? Min(1, n_results) : n_results) : 0;
	int ready = 0;
	bool polls = look && !(apart && n > 0);
	bool recovers = false;

	*recorded = 0;
	if (!store_begin())
	{
		gone = true;
		set_state(OUTBOX_NO_SCHEMA);
		return NULL;
	}
	if (n > 0)
	{
		if (results[0]->failures >= MOST_FAILURES && apart)
			store_poison(results[0], results[0]->detail);
		else
			store_record(results, n);
	}
	if (polls)
	{
		look = false;
		look_at = 0;
		pg_atomic_write_u32(&delivery_slot->look, 0);
		store_poll(&polled);
		judge_poll(&polled);
		if (armed && !recovered)
		{
			int64 orphans = store_recover();

			recovers = true;
			look = true;
			if (orphans > 0)
				ereport(LOG, (errmsg("jorge outbox: %lld deliveries were on their way when the last worker stopped", (long long) orphans)));
		}
	}
	if (claim && armed && (recovered || recovers) && n_results == n)
	{
		ready = lanes_ready(Min(memory_at_once(), delivery_settings->outbox_connections - transfer_in_flight()), lanes, limits, MOST_LANES);
		if (ready > 0)
			claimed = store_claim(lanes, limits, decided, ready);
	}
	store_commit();
	/* not before: what follows it in the transaction may fail, and undo it */
	recovered |= recovers;
	*recorded = n;
	for (int i = 0; i < ready; i++)
	{
		int requests = 0;

		for (Request *each = claimed; each != NULL; each = each->next)
			requests += each->lane == lanes[i];
		if (requests < limits[i])
			lane_give_back(lanes[i], limits[i] - requests);
		if (decided[i] < limits[i])
		{
			lanes[i]->next_due = DT_NOEND;
			look_soon();
			/* something is due that can't be had now: its lead is being changed */
			if (decided[i] == 0)
				lanes[i]->ask_after = delivery_clock() + 50 * 1000;
		}
	}
	return claimed;
}

/*
 * A turn, with all that can go wrong
 */
static void
guarded_turn(bool record, bool claim)
{
	MemoryContext outer = MemoryContextSwitchTo(turn_context);
	Request *volatile claimed = NULL;
	volatile int recorded = 0;

	PG_TRY();
	{
		int n;

		claimed = turn(record, claim, &n);
		recorded = n;
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(turn_context);
		HOLD_INTERRUPTS();
		error = CopyErrorData();
		EmitErrorReport();
		AbortCurrentTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
		delivery_count(OUTBOX_ERRORS, 1);
		LWLockAcquire(delivery_shared->lock, LW_EXCLUSIVE);
		strlcpy(delivery_slot->last_error, error->message, JORGE_OUTBOX_ERROR);
		delivery_slot->last_error_at = GetCurrentTimestamp();
		LWLockRelease(delivery_shared->lock);
		look = true;
		if (apart && record && n_results > 0)
		{
			/* one that can't even be held is tried again later: at once would be for ever */
			if (own_fault(error->sqlerrcode) && results[0]->failures < MOST_FAILURES)
			{
				results[0]->failures++;
				strlcpy(results[0]->detail, error->message, sizeof(results[0]->detail));
			}
			else
				retry_at = delivery_clock() + BACK_OFF;
		}
		else if (n_results == 0 || !record)
			claim_retry_at = retry_at = delivery_clock() + BACK_OFF;
		apart = true;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	MemoryContextReset(turn_context);
	if (recorded > 0)
	{
		drop_results(recorded);
		oldest_result = delivery_clock();
	}
	if (claim && n_results == 0 && retry_at <= delivery_clock())
		apart = false;
	send_claimed(claimed);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/*
 * Make some sent messages interactions; returns how many
 */
static int
note_some(void)
{
	MemoryContext outer = MemoryContextSwitchTo(turn_context);
	volatile int noted = 0;

	PG_TRY();
	{
		if (store_begin())
		{
			noted = store_note(NOTE_AT_ONCE);
			store_commit();
		}
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		EmitErrorReport();
		AbortCurrentTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
		noted = 0;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	MemoryContextReset(turn_context);
	pgstat_report_activity(STATE_IDLE, NULL);
	return noted;
}

/*
 * Sent messages become interactions, a few at a time: an arrival of one of their leads waits no longer than these take
 */
static void
note(void)
{
	int last = NOTE_AT_ONCE;

	noted_at = delivery_clock();
	/* fewer: there are no more whose lead is free */
	for (int n = 0; last == NOTE_AT_ONCE && n < NOTE_MOST; n += NOTE_AT_ONCE)
		last = note_some();
	unnoted = last > 0;
}

/*
 * Refresh tokens that were refused
 */
static void
refresh_tokens(void)
{
	Lane *lanes[MOST_LANES];
	int n = lanes_to_refresh(lanes, MOST_LANES);
	MemoryContext outer;

	if (n == 0)
		return;
	outer = MemoryContextSwitchTo(turn_context);
	PG_TRY();
	{
		if (store_begin())
		{
			start_refreshes(lanes, n);
			store_commit();
		}
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		EmitErrorReport();
		AbortCurrentTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
		retry_at = delivery_clock() + BACK_OFF;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	MemoryContextReset(turn_context);
}

/*
 * Sleep until there is something to do
 */
static void
rest(WaitEventSet *events, int64 timeout)
{
	WaitEvent event;
	TimestampTz now = GetCurrentTimestamp();

	pg_atomic_write_u64(&delivery_slot->asleep_until, (uint64) (now + timeout));
	pg_memory_barrier();
	if (pg_atomic_read_u32(&delivery_slot->look) != 0)
	{
		look = true;
		timeout = 0;
	}
	(void) WaitEventSetWait(events, (long) ((timeout + 999) / 1000), &event, 1, PG_WAIT_EXTENSION);
	pg_atomic_write_u64(&delivery_slot->asleep_until, 0);
	ResetLatch(MyLatch);
	if (pg_atomic_read_u32(&delivery_slot->look) != 0)
		look = true;
	delivery_count(OUTBOX_WAKEUPS, 1);
}

/*
 * Heed interrupts between turns. There is no statement to cancel then; an error here would end the process and leave what
 * is on its way of unknown outcome.
 */
static void
heed_interrupts(void)
{
	QueryCancelPending = false;
	CHECK_FOR_INTERRUPTS();
}

/*
 * Finish what is on its way, within a time, give up the rest and record it
 */
static void
drain(WaitEventSet *events, int64 longest)
{
	int64 end = delivery_clock() + longest;

	while (transfer_in_flight() > 0 && delivery_clock() < end)
	{
		int64 wait = transfer_wait();

		rest(events, Max(1000, Min(end - delivery_clock(), wait < 0 ? 100000 : wait)));
		transfer_drive(false);
		take_results();
		if (n_results >= memory_at_once())
			guarded_turn(true, false);
		heed_interrupts();
	}
	transfer_abort_all();
	take_results();
	retry_at = 0;
	for (int tries = 0; n_results > 0 && tries < DRAIN_TURNS && !gone; tries++)
	{
		guarded_turn(true, false);
		take_results();
	}
}

/*
 * Ask to stop, also where a commit waits for a standby that is away, which only a cancel ends
 */
static void
asked_to_terminate(SIGNAL_ARGS)
{
	int kept = errno;

	ShutdownRequestPending = true;
	QueryCancelPending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
	errno = kept;
}

/*
 * Set how durable a commit is
 */
static void
set_synchronous_commit(const char *level)
{
	SetConfigOption("synchronous_commit", level, PGC_SUSET, PGC_S_OVERRIDE);
}

static const char *
claim_sync(void)
{
	return delivery_settings->outbox_claim_sync == SYNCHRONOUS_COMMIT_REMOTE_APPLY ? "remote_apply" : "on";
}

static bool
asked_to_stop(void)
{
	return delivery_slot->stop_until > GetCurrentTimestamp();
}

void
jorge_outbox_main(Datum argument)
{
	Oid database = DatumGetObjectId(argument);
	JorgeApi *api;
	WaitEventSet *events;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, asked_to_terminate);
	BackgroundWorkerUnblockSignals();

	api = *(JorgeApi **) find_rendezvous_variable(JORGE_API);
	if (api == NULL || api->version != JORGE_API_VERSION || *api->outbox_shared == NULL)
		ereport(FATAL, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("jorge_outbox and jorge are of different versions"),
						errhint("Install both libraries from one build and restart the server.")));
	delivery_settings = api->settings;
	delivery_shared = *api->outbox_shared;
	for (int i = 0; i < JORGE_OUTBOX_SLOTS && delivery_slot == NULL; i++)
		if (delivery_shared->slots[i].database == database)
			delivery_slot = &delivery_shared->slots[i];
	if (delivery_slot == NULL || asked_to_stop())
		proc_exit(0);
	delivery_slot->pid = MyProcPid;
	delivery_slot->started_at = GetCurrentTimestamp();
	delivery_slot->proc = MyProc;
	before_shmem_exit(at_exit, (Datum) 0);

	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	set_synchronous_commit(claim_sync());
	turn_context = AllocSetContextCreate(TopMemoryContext, "jorge outbox turn", ALLOCSET_DEFAULT_SIZES);
	if (!store_connect())
		proc_exit(0);
	if (delivery_shared->was_standby)
		hold_until = GetCurrentTimestamp() + delivery_scaled((int64) delivery_settings->outbox_holdoff_s * USECS_PER_SEC);
	poll_every = Max(POLL_LEAST, delivery_scaled(POLL_EVERY));
	lanes_init();
	transfer_init();
	events = jorge_wait_event_set(3);
	AddWaitEventToSet(events, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, NULL);
	AddWaitEventToSet(events, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, NULL, NULL);
	AddWaitEventToSet(events, WL_SOCKET_READABLE, transfer_fd(), NULL, NULL);

	while (!ShutdownRequestPending && !asked_to_stop() && !gone)
	{
		int64 clock;
		int64 wait;
		int64 timeout;

		heed_interrupts();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			set_synchronous_commit(claim_sync());
			look = true;
		}
		transfer_drive(false);
		take_results();

		clock = delivery_clock();
		if (delivery_slot->state == OUTBOX_HOLD_OFF && hold_until <= GetCurrentTimestamp())
			look = true;
		if (look_at != 0 && clock >= look_at)
			look = true;
		if (clock - polled_at >= poll_every)
		{
			look = true;
			delivery_slot->rss_kb = memory_private_kb();
		}
		if (clock >= retry_at)
		{
			bool record = record_due(clock);
			bool claim = armed && clock >= claim_retry_at && transfer_in_flight() < delivery_settings->outbox_connections &&
						 lanes_wait(GetCurrentTimestamp()) == 0;

			if (apart && record)
				guarded_turn(true, false);
			else if (record || look || (claim && n_results == 0))
				guarded_turn(record, claim || (look && clock >= claim_retry_at));
			if (unnoted && (idle() || clock - noted_at >= NOTE_EVERY) && delivery_clock() >= retry_at)
				note();
			refresh_tokens();
		}

		clock = delivery_clock();
		timeout = poll_every - (clock - polled_at);
		if (n_results > 0)
			timeout = Min(timeout, oldest_result + GATHER - clock);
		if (look || record_due(clock) || (unnoted && idle()))
			timeout = 0;
		if (look_at != 0)
			timeout = Min(timeout, look_at - clock);
		if (unnoted)
			timeout = Min(timeout, Max(0, noted_at + NOTE_EVERY - clock));
		if (armed && n_results == 0 && transfer_in_flight() < delivery_settings->outbox_connections)
			timeout = Min(timeout, Max(lanes_wait(GetCurrentTimestamp()), claim_retry_at - clock));
		timeout = Max(timeout, retry_at - clock);
		if ((wait = transfer_wait()) >= 0)
			timeout = Min(timeout, wait);
		if (hold_until > GetCurrentTimestamp())
			timeout = Min(timeout, hold_until - GetCurrentTimestamp() + 1000);
		if (idle() && timeout >= LONG_REST)
			memory_trim();
		if (timeout > 0 || pg_atomic_read_u32(&delivery_slot->look) == 0)
			rest(events, Max(0, timeout));
	}
	if (!gone)
		set_state(OUTBOX_STOPPED);
	heed_interrupts();
	/* a standby that is away must not hold up the end */
	set_synchronous_commit("local");
	drain(events, ShutdownRequestPending ? DRAIN : DRAIN_STOPPED);
	proc_exit(0);
}
