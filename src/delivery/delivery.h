/*
 * delivery.h: the outbox worker. Loaded in worker processes only; the one user of libcurl.
 *
 *   worker.c     the process: start, event loop, shutdown
 *   store.c      the SQL functions it calls (sql/install/72_worker.sql), a transaction each
 *   lanes.c      one lane a location: when it is due, rate, breaker, token
 *   transfer.c   HTTP requests on one libcurl multi handle
 *   address.c    where requests may go
 *   secrets.c    token files
 *   refresh.c    OAuth refresh
 *   memory.c     how much of it the process holds
 *
 * Rules. libcurl's callbacks call nothing of PostgreSQL: an error would jump through libcurl's frames. They write into
 * malloc'ed memory that a Request owns. Calls of libcurl that may start a thread run with all signals blocked, because
 * the thread inherits the mask. No transaction and no snapshot is open while a request is on its way. Tokens are in
 * malloc'ed memory that is wiped before it is freed, libcurl's own included, and in no message.
 */
#ifndef JORGE_DELIVERY_H
#define JORGE_DELIVERY_H

#include "core/jorge.h"

#include "core/api.h"
#include "outbox/shared.h"

#include <curl/curl.h>

/* Version of the functions in sql/install/72_worker.sql that this worker calls */
#define DELIVERY_ABI 2

/* Bytes kept of an answer's body, of one that is read for its contents (a page of a conversation, with its e-mails), and of headers */
#define MAX_ANSWER (64 * 1024)
#define MAX_PAGE (256 * 1024)
#define MAX_HEADERS (16 * 1024)

#define MAX_LOCATION 128

/*
 * Deliveries that are claimed, and results that are recorded, in one transaction (memory_at_once says how many): fewer cost more each,
 * as statements have to be started and the hours of every place looked up; more would have leads locked for longer than 20 ms
 */
#define MOST_AT_ONCE 96
#define FEWEST_AT_ONCE 16

typedef enum Outcome
{
	OUTCOME_NONE,
	OUTCOME_REPLIED,
	OUTCOME_CUT,			/* answered, but the rest of the answer was not read */
	OUTCOME_NOT_SENT,		/* nothing of the request left this machine */
	OUTCOME_UNKNOWN,
	OUTCOME_UNSENDABLE
} Outcome;

struct Lane;

/* One request, from claim to record. malloc'ed, with all it points to. */
typedef struct Request
{
	struct Request *next;
	struct Lane *lane;
	bool is_refresh;			/* an OAuth refresh: not a delivery, recorded nowhere */
	int64 outbox_id;
	int64 fence;
	char *provider;
	char *method;
	char *url;					/* NULL: can't be made */
	char *version;
	char *body;					/* NULL for GET */
	bool reuse;
	uint64 print;				/* of the token file it was made with */

	CURL *easy;
	struct curl_slist *headers;
	char *answer;
	size_t answer_length;
	size_t answer_room;
	size_t header_length;
	bool cut;
	int remaining;				/* X-RateLimit-Remaining and its like; -1 = not told */
	int interval_ms;
	int daily_remaining;
	char error[CURL_ERROR_SIZE];
	int64 started;				/* monotonic, microseconds */

	Outcome outcome;
	int status;					/* 0 = no answer */
	int retry_after;			/* seconds */
	int took_ms;
	char detail[200];
	int failures;				/* times recording it failed by its own fault */
} Request;

typedef enum Breaker
{
	BREAKER_CLOSED,
	BREAKER_OPEN,
	BREAKER_HALF_OPEN
} Breaker;

#define BREAKER_WINDOW 20

/* One location */
typedef struct Lane
{
	char location[MAX_LOCATION];	/* hash key */
	uint64 bucket;					/* key of its bucket in shared memory */
	OutboxBucket known;				/* that bucket when it was last changed from here; key 0 = not yet */
	uint64 turn;					/* number of its last claim, counted over all lanes; 0 = none yet */
	bool listed;					/* in the latest poll */
	TimestampTz next_due;
	TimestampTz blocked_until;		/* by the database: rate limit, disabled account */
	int64 ask_after;				/* monotonic: a claim found nothing, don't ask before */
	double rate;
	double burst;
	int in_flight;
	int unrecorded;					/* results that still point here */

	Breaker breaker;
	int64 open_until;
	uint32 failed;					/* the latest outcomes, a bit each, 1 = failed */
	int judged;
	int failed_in_a_row;

	/* the token was refused, or there is none: nothing is claimed until the file changes or a refresh succeeds */
	bool unauthorized;
	char provider[64];
	uint64 refused;					/* print of the file that was refused */
	bool refreshing;
	int64 refresh_after;
} Lane;

/* What one token file says. malloc'ed, wiped when freed. */
typedef struct Secret
{
	uint64 print;					/* inode, size and time of the file: tells that it changed */
	char *access_token;
	char *client_id;
	char *client_secret;
	char *refresh_token;
	char *user_type;
	int64 expires_at;				/* Unix time; 0 = never */
} Secret;

extern const JorgeSettings *delivery_settings;
extern OutboxShared *delivery_shared;
extern OutboxSlot *delivery_slot;

/* ---- worker.c */
extern void delivery_tell(int level, const char *message);
extern void delivery_count(OutboxCounter counter, int64 n);

/* Monotonic clock, microseconds */
extern int64 delivery_clock(void);

/* A delay in microseconds as it is in this server (jorge.outbox_time_scale) */
extern int64 delivery_scaled(int64 delay);

/* ---- store.c */
typedef struct Polled
{
	int abi;
	bool armed;
	bool unnoted;
	char why[200];					/* why it isn't armed */
} Polled;

/* All but store_connect run inside a transaction that the caller began by store_begin. */
extern bool store_connect(void);
extern bool store_begin(void);
extern void store_commit(void);
extern void store_poll(Polled *polled);
extern int64 store_recover(void);
extern void store_record(Request **requests, int n);
extern void store_poison(Request *request, const char *reason);
extern Request *store_claim(Lane **lanes, const int *limits, int *decided, int n);
extern int store_note(int most);
extern char *store_token_url(const char *location, const char *provider);

/* ---- lanes.c */
extern void lanes_init(void);
extern Lane *lane_of(const char *location, bool make);
extern void lanes_unlist(void);
extern void lanes_drop_unlisted(void);
extern int lanes_ready(int room, Lane **lanes, int *limits, int most);
extern void lane_give_back(Lane *lane, int tokens);
extern void lane_block(Lane *lane, TimestampTz until);
extern void lane_judge(Lane *lane, const Request *request);
extern void lane_refuse(Lane *lane, Request **requests, int n);
extern void lanes_check_tokens(void);
extern int lanes_to_refresh(Lane **lanes, int most);

/* When something may be claimed next: a time, and how long to wait for it at most (microseconds) */
extern int64 lanes_wait(TimestampTz now);

/* ---- transfer.c */
extern void transfer_init(void);
extern int transfer_fd(void);
extern int64 transfer_wait(void);
extern bool transfer_start(Request *request);
extern void transfer_drive(bool timeout_only);
extern int transfer_in_flight(void);
extern Request *transfer_take_done(void);
extern void transfer_abort_all(void);
extern void request_free(Request *request);

/* ---- address.c */
extern char *address_check(const char *url, char *why, size_t size);
extern curl_socket_t address_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address);

/* ---- secrets.c */
extern bool secret_path(const char *location, const char *provider, char *path, size_t size);
extern uint64 secret_print(const char *location, const char *provider);
extern Secret *secret_read(const char *location, const char *provider, char *why, size_t size);
extern bool secret_write(const char *location, const char *provider, const Secret *secret);
extern void secret_free(Secret *secret);
extern void wipe_free(char *text);

/* ---- refresh.c */
extern Request *refresh_make(Lane *lane, const char *url);
extern void refresh_done(Request *request);

/* ---- memory.c */
extern int64 memory_private_kb(void);
extern int memory_at_once(void);
extern void memory_unmap(int decided);
extern void memory_trim(void);

#endif
