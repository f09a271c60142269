/*
 * store.c: the SQL functions the worker calls.
 *
 * The worker is connected as the cluster's first superuser, as autovacuum is, and acts as the owner of jorge.outbox at all
 * times, so that functions of the owner (the send gate among them) never run with more rights than he has.
 */
#include "delivery/delivery.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "pgstat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* Key of the session lock: the one worker of a database */
#define LOCK_KEY "1785688679, 4096"

static const JorgeApi *api;
static char arm_token[128];

typedef enum Statement
{
	POLL,
	RECOVER,
	RECORD,
	POISON,
	CLAIM,
	NOTE,
	TOKEN_URL,
	STATEMENTS
} Statement;

static const struct
{
	const char *text;
	int nargs;
	Oid types[9];
} statements[STATEMENTS] = {
	[POLL] = {"SELECT * FROM jorge.outbox_poll()", 0, {0}},
	[RECOVER] = {"SELECT jorge.outbox_recover()", 0, {0}},
	[RECORD] = {"SELECT * FROM jorge.outbox_record($1, $2, $3, $4, $5, $6, $7, $8, $9)", 9,
				{TEXTARRAYOID, INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, INT4ARRAYOID, TEXTARRAYOID, INT4ARRAYOID, INT4ARRAYOID, TEXTARRAYOID}},
	[POISON] = {"SELECT jorge.outbox_poison($1, $2, $3, $4)", 4, {TEXTOID, INT8OID, INT8OID, TEXTOID}},
	[CLAIM] = {"SELECT * FROM jorge.outbox_claim($1, $2, $3)", 3, {TEXTOID, TEXTARRAYOID, INT4ARRAYOID}},
	[NOTE] = {"SELECT jorge.outbox_note($1)", 1, {INT4OID}},
	[TOKEN_URL] = {"SELECT p.base_url OPERATOR(pg_catalog.||) p.token_path FROM jorge.provider p WHERE p.provider OPERATOR(pg_catalog.=) $2 "
				   "AND (p.location_id OPERATOR(pg_catalog.=) $1 OR p.location_id OPERATOR(pg_catalog.=) '*') ORDER BY p.location_id OPERATOR(pg_catalog.=) '*' LIMIT 1",
				   2, {TEXTOID, TEXTOID}},
};
static SPIPlanPtr plans[STATEMENTS];

/*
 * Get the owner of jorge.outbox; InvalidOid if the extension or the table is not there (any more)
 */
static Oid
outbox_owner(void)
{
	Oid schema = get_namespace_oid("jorge", true);
	HeapTuple tuple;
	Oid owner;

	if (!OidIsValid(get_extension_oid("jorge", true)) || !OidIsValid(schema))
		return InvalidOid;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(get_relname_relid("outbox", schema)));
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * Begin a transaction as the owner of the outbox, who may be another one since the last; false if there is no outbox
 */
bool
store_begin(void)
{
	Oid owner;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	owner = outbox_owner();
	if (!OidIsValid(owner))
	{
		store_commit();
		return false;
	}
	SetUserIdAndSecContext(owner, SECURITY_LOCAL_USERID_CHANGE);
	return true;
}

/*
 * Commit, and let the statistics know, or autovacuum never sees what is dead
 */
void
store_commit(void)
{
	SPI_finish();
	PopActiveSnapshot();
	CommitTransactionCommand();
	/* as an abort does by itself: a security context does not outlive its transaction */
	SetUserIdAndSecContext(GetSessionUserId(), 0);
	delivery_count(OUTBOX_TRANSACTIONS, 1);
	pgstat_report_stat(false);
}

/*
 * Run a statement, planned once
 */
static void
run(Statement which, Datum *values, const char *nulls)
{
	if (plans[which] == NULL)
	{
		SPIPlanPtr plan = SPI_prepare(statements[which].text, statements[which].nargs, unconstify(Oid *, &statements[which].types[0]));

		if (plan == NULL)
			elog(ERROR, "SPI_prepare: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		plans[which] = plan;
	}
	pgstat_report_activity(STATE_RUNNING, statements[which].text);
	if (SPI_execute_plan(plans[which], values, nulls, false, 0) < 0)
		elog(ERROR, "SPI_execute_plan: %s", SPI_result_code_string(SPI_result));
	memory_unmap(which == CLAIM ? (int) SPI_processed : 0);
}

static void
set(const char *name, const char *value)
{
	SetConfigOption(name, value, PGC_SUSET, PGC_S_OVERRIDE);
}

/*
 * Settings a database or its owner might have changed, and the lock of the one worker; false if somebody else is it, or there
 * is no outbox here
 */
bool
store_connect(void)
{
	bool locked;
	bool null;

	api = *(JorgeApi **) find_rendezvous_variable(JORGE_API);
	set("search_path", "pg_catalog, pg_temp");
	set("default_transaction_isolation", "read committed");
	set("default_transaction_read_only", "off");
	set("lock_timeout", "1s");
	set("statement_timeout", "0");
	set("idle_in_transaction_session_timeout", "0");
	set("jit", "off");
	set("plan_cache_mode", "force_generic_plan");
	set("max_parallel_workers_per_gather", "0");
	set("client_min_messages", "error");
	set("application_name", "jorge outbox");

	if (!store_begin())
	{
		delivery_slot->state = OUTBOX_NO_SCHEMA;
		return false;
	}
	if (SPI_execute("SELECT pg_try_advisory_lock(" LOCK_KEY ")", false, 1) != SPI_OK_SELECT)
		elog(ERROR, "pg_try_advisory_lock failed");
	locked = DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	store_commit();
	if (!locked)
		delivery_slot->state = OUTBOX_OTHER_OWNER;
	return locked;
}

static Datum
column(int row, const char *name, bool *null)
{
	int number = SPI_fnumber(SPI_tuptable->tupdesc, name);

	if (number <= 0)
		elog(ERROR, "column %s is missing", name);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, null);
}

/*
 * Get an array column of one row; n = 0 if it is NULL
 */
static Datum *
array_column(const char *name, Oid type, int16 length, bool byval, char align, bool **nulls, int *n)
{
	bool null;
	Datum value = column(0, name, &null);
	Datum *elements = NULL;

	*n = 0;
	if (!null)
		deconstruct_array(DatumGetArrayTypeP(value), type, length, byval, align, &elements, nulls, n);
	return elements;
}

/*
 * Look around: is the database armed, and which lanes have work
 */
void
store_poll(Polled *polled)
{
	bool null;
	bool no_token;
	Datum token;
	Datum system;
	Datum database;
	Datum *names, *dues, *blocks, *rates, *bursts;
	bool *name_nulls, *due_nulls, *block_nulls, *rate_nulls, *burst_nulls;
	int n, m;

	run(POLL, NULL, NULL);
	polled->abi = DatumGetInt32(column(0, "abi", &null));
	polled->unnoted = DatumGetBool(column(0, "unnoted", &null));
	token = column(0, "token", &no_token);
	system = column(0, "system_identifier", &null);
	database = column(0, "database_oid", &null);
	if (no_token)
		polled->armed = api->outbox_is_armed(NULL, 0, MyDatabaseId, polled->why, sizeof(polled->why));
	else
	{
		strlcpy(arm_token, TextDatumGetCString(token), sizeof(arm_token));
		polled->armed = api->outbox_is_armed(arm_token, (uint64) DatumGetInt64(system), DatumGetObjectId(database), polled->why, sizeof(polled->why));
	}

	names = array_column("locations", TEXTOID, -1, false, TYPALIGN_INT, &name_nulls, &n);
	dues = array_column("next_due", TIMESTAMPTZOID, 8, true, TYPALIGN_DOUBLE, &due_nulls, &m);
	blocks = array_column("blocked_until", TIMESTAMPTZOID, 8, true, TYPALIGN_DOUBLE, &block_nulls, &m);
	rates = array_column("rates", FLOAT8OID, 8, true, TYPALIGN_DOUBLE, &rate_nulls, &m);
	bursts = array_column("bursts", FLOAT8OID, 8, true, TYPALIGN_DOUBLE, &burst_nulls, &m);
	lanes_unlist();
	for (int i = 0; i < n; i++)
	{
		Lane *lane = lane_of(TextDatumGetCString(names[i]), true);

		if (lane == NULL)
			continue;
		lane->listed = true;
		lane->next_due = due_nulls[i] ? DT_NOEND : DatumGetTimestampTz(dues[i]);
		lane->blocked_until = block_nulls[i] ? 0 : DatumGetTimestampTz(blocks[i]);
		if (!rate_nulls[i] && !burst_nulls[i])
		{
			lane->rate = DatumGetFloat8(rates[i]);
			lane->burst = DatumGetFloat8(bursts[i]);
		}
	}
	lanes_drop_unlisted();
}

int64
store_recover(void)
{
	bool null;

	run(RECOVER, NULL, NULL);
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

int
store_note(int most)
{
	Datum values[1] = {Int32GetDatum(most)};
	bool null;

	run(NOTE, values, NULL);
	return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
}

/*
 * Get an answer as text of the database's encoding; NULL if it is not text
 */
static Datum
answer_text(const Request *request, bool *null)
{
	*null = true;
	if (request->answer == NULL || memchr(request->answer, '\0', request->answer_length) != NULL ||
		pg_verify_mbstr_len(PG_UTF8, request->answer, (int) request->answer_length, true) < 0)
		return (Datum) 0;
	if (GetDatabaseEncoding() != PG_UTF8)
		for (size_t i = 0; i < request->answer_length; i++)
			if (IS_HIGHBIT_SET(request->answer[i]))
				request->answer[i] = '?';
	*null = false;
	return PointerGetDatum(cstring_to_text_with_len(request->answer, (int) request->answer_length));
}

/*
 * Get a text as the database may store it: what libcurl says may hold anything
 */
static Datum
safe_text(const char *value)
{
	char *copy = pstrdup(value);

	for (char *c = copy; *c != '\0'; c++)
		if (IS_HIGHBIT_SET(*c) || (unsigned char) *c < ' ')
			*c = '?';
	return CStringGetTextDatum(copy);
}

static Datum
array_of(Datum *values, bool *nulls, int n, Oid type, int length, bool byval, char align)
{
	int dims[1] = {n};
	int lower[1] = {1};

	return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lower, type, length, byval, align));
}

static const char *
outcome_name(Outcome outcome)
{
	switch (outcome)
	{
		case OUTCOME_REPLIED:
			return "replied";
		case OUTCOME_CUT:
			return "cut";
		case OUTCOME_NOT_SENT:
			return "not_sent";
		case OUTCOME_UNSENDABLE:
			return "unsendable";
		default:
			return "unknown";
	}
}

/*
 * Record results, and heed what the database says about their lanes
 */
void
store_record(Request **requests, int n)
{
	Datum columns[9][MOST_AT_ONCE];
	bool none[MOST_AT_ONCE] = {false};
	bool no_answer[MOST_AT_ONCE];
	bool no_status[MOST_AT_ONCE];
	Datum values[9];

	Assert(n <= MOST_AT_ONCE);
	for (int i = 0; i < n; i++)
	{
		Request *request = requests[i];

		columns[0][i] = CStringGetTextDatum(request->lane->location);
		columns[1][i] = Int64GetDatum(request->outbox_id);
		columns[2][i] = Int64GetDatum(request->fence);
		columns[3][i] = CStringGetTextDatum(outcome_name(request->outcome));
		columns[4][i] = Int32GetDatum(request->status);
		no_status[i] = request->status == 0;
		columns[5][i] = answer_text(request, &no_answer[i]);
		columns[6][i] = Int32GetDatum(request->retry_after);
		columns[7][i] = Int32GetDatum(request->took_ms);
		columns[8][i] = safe_text(request->detail);
	}
	values[0] = array_of(columns[0], none, n, TEXTOID, -1, false, TYPALIGN_INT);
	values[1] = array_of(columns[1], none, n, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	values[2] = array_of(columns[2], none, n, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	values[3] = array_of(columns[3], none, n, TEXTOID, -1, false, TYPALIGN_INT);
	values[4] = array_of(columns[4], no_status, n, INT4OID, 4, true, TYPALIGN_INT);
	values[5] = array_of(columns[5], no_answer, n, TEXTOID, -1, false, TYPALIGN_INT);
	values[6] = array_of(columns[6], none, n, INT4OID, 4, true, TYPALIGN_INT);
	values[7] = array_of(columns[7], none, n, INT4OID, 4, true, TYPALIGN_INT);
	values[8] = array_of(columns[8], none, n, TEXTOID, -1, false, TYPALIGN_INT);
	run(RECORD, values, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool null;
		Lane *lane = lane_of(TextDatumGetCString(column(i, "location_id", &null)), true);
		char *action = TextDatumGetCString(column(i, "action", &null));
		Datum until = column(i, "until", &null);

		if (lane != NULL && strcmp(action, "block") == 0 && !null)
			lane_block(lane, DatumGetTimestampTz(until));
		else if (lane != NULL && strcmp(action, "auth") == 0)
			lane_refuse(lane, requests, n);
	}
}

void
store_poison(Request *request, const char *reason)
{
	Datum values[4] = {CStringGetTextDatum(request->lane->location), Int64GetDatum(request->outbox_id), Int64GetDatum(request->fence),
					   safe_text(reason)};

	run(POISON, values, NULL);
}

/*
 * Copy a text column into malloc'ed memory as UTF-8; NULL if it is NULL
 */
static char *
copy_column(int row, const char *name)
{
	bool null;
	Datum value = column(row, name, &null);
	char *found;
	char *copy;

	if (null)
		return NULL;
	found = TextDatumGetCString(value);
	copy = strdup(pg_server_to_any(found, strlen(found), PG_UTF8));
	if (copy == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	return copy;
}

/*
 * Claim requests from lanes; the list is to be started after the commit. decided[i] is how many deliveries of lanes[i] the
 * gate judged, sent or not. An ERROR leaves a few requests unfreed, and unclaimed.
 */
Request *
store_claim(Lane **lanes, const int *limits, int *decided, int n)
{
	Datum *names = palloc(n * sizeof(Datum));
	Datum *most = palloc(n * sizeof(Datum));
	bool *none = palloc0(n * sizeof(bool));
	Datum values[3];
	Request *first = NULL;
	Request **tail = &first;

	for (int i = 0; i < n; i++)
	{
		names[i] = CStringGetTextDatum(lanes[i]->location);
		most[i] = Int32GetDatum(limits[i]);
	}
	values[0] = CStringGetTextDatum(arm_token);
	values[1] = array_of(names, none, n, TEXTOID, -1, false, TYPALIGN_INT);
	values[2] = array_of(most, none, n, INT4OID, 4, true, TYPALIGN_INT);
	run(CLAIM, values, NULL);
	memset(decided, 0, n * sizeof(int));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool null;
		Lane *lane = lane_of(TextDatumGetCString(column(i, "location_id", &null)), true);
		int64 fence = DatumGetInt64(column(i, "fence", &null));
		Request *request;

		for (int k = 0; k < n; k++)
			decided[k] += lanes[k] == lane;
		if (null)
			continue;
		request = calloc(1, sizeof(Request));
		if (request == NULL)
			ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
		*tail = request;
		tail = &request->next;
		request->lane = lane;
		request->outbox_id = DatumGetInt64(column(i, "outbox_id", &null));
		request->fence = fence;
		request->provider = copy_column(i, "provider");
		request->method = copy_column(i, "method");
		request->url = copy_column(i, "url");
		request->version = copy_column(i, "version");
		request->body = copy_column(i, "body");
		request->reuse = DatumGetBool(column(i, "reuse", &null)) && !null;
	}
	return first;
}

/*
 * Get the URL of a provider's token endpoint, palloc'd; NULL if it has none
 */
char *
store_token_url(const char *location, const char *provider)
{
	Datum values[2] = {CStringGetTextDatum(location), CStringGetTextDatum(provider)};
	bool null;
	Datum url;

	run(TOKEN_URL, values, NULL);
	if (SPI_processed == 0)
		return NULL;
	url = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null);
	return null ? NULL : MemoryContextStrdup(TopMemoryContext, TextDatumGetCString(url));
}
