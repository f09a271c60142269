/*
 * durations.c: the type jorge.durations and its aggregate.
 *
 * New observations are appended; when the room is used up, equal ones are counted together and only
 * then is more room made. So the state of a million deals closed on whole days stays small.
 */
#include "core/jorge.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "stats/durations.h"

JORGE_FUNCTION(jorge_durations_in);
JORGE_FUNCTION(jorge_durations_out);
JORGE_FUNCTION(jorge_durations_recv);
JORGE_FUNCTION(jorge_durations_send);
JORGE_FUNCTION(jorge_durations_add);
JORGE_FUNCTION(jorge_durations_combine);
JORGE_FUNCTION(jorge_durations_finish);

#define FIRST_ROOM 64

static Size
size_for(int64 entries)
{
	return offsetof(Durations, entries) + entries * sizeof(Duration);
}

static int
room(const Durations *durations)
{
	return (VARSIZE(durations) - offsetof(Durations, entries)) / sizeof(Duration);
}

/*
 * Empty value with room for some entries
 */
static Durations *
make(int64 entries)
{
	Durations *durations;

	if (entries > DURATIONS_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("more than %d different durations", DURATIONS_MAX),
						errhint("Round them first, for example to whole hours.")));
	durations = palloc0(size_for(entries));
	SET_VARSIZE(durations, size_for(entries));
	durations->version = DURATIONS_VERSION;
	return durations;
}

static int
compare(const void *a, const void *b)
{
	const Duration *x = a;
	const Duration *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->cause == y->cause ? 0 : x->cause < y->cause ? -1 : 1;
}

/*
 * Sort the entries and count equal ones together
 */
static void
compact(Durations *durations)
{
	int kept = 0;

	if (durations->sorted == durations->used)
		return;
	qsort(durations->entries, durations->used, sizeof(Duration), compare);
	for (int i = 0; i < durations->used; i++)
	{
		if (kept > 0 && compare(&durations->entries[kept - 1], &durations->entries[i]) == 0)
			durations->entries[kept - 1].count += durations->entries[i].count;
		else
			durations->entries[kept++] = durations->entries[i];
	}
	durations->used = durations->sorted = kept;
}

/*
 * The value with room for some more entries, perhaps another one
 */
static Durations *
reserve(Durations *durations, int more)
{
	Durations *larger;

	if (durations->used + more <= room(durations))
		return durations;
	compact(durations);
	/* unless counting together freed half of it, more room, or each new entry would sort again */
	if (durations->used + more <= room(durations) / 2)
		return durations;
	larger = make(2 * (int64) (durations->used + more));
	memcpy((char *) larger + sizeof(int32), (char *) durations + sizeof(int32), size_for(durations->used) - sizeof(int32));
	return larger;
}

static void
append(Durations *durations, double time, int32 cause, int64 count)
{
	Duration *entry = &durations->entries[durations->used++];

	entry->time = time + 0.0; /* no negative zero */
	entry->cause = cause;
	entry->count = count;
	entry->unused = 0;
}

/*
 * Refuse an observation that can't be one
 */
static void
check_observation(double time, int32 cause)
{
	if (!(time >= 0) || isinf(time))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a duration can't be %g", time),
						errhint("Durations are finite and not negative; filter out the others.")));
	if (cause < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a cause can't be %d", cause),
						errhint("0 means still open; 1, 2, ... name the ways it can end.")));
}

/*
 * Copy without the room to spare
 */
static Durations *
trimmed(Durations *durations)
{
	Durations *result;

	compact(durations);
	result = make(durations->used);
	memcpy((char *) result + sizeof(int32), (char *) durations + sizeof(int32), size_for(durations->used) - sizeof(int32));
	return result;
}

const Durations *
jorge_durations_argument(FunctionCallInfo fcinfo, int argno)
{
	Durations *durations = (Durations *) PG_GETARG_VARLENA_P(argno);

	if (VARSIZE(durations) < offsetof(Durations, entries) || durations->version != DURATIONS_VERSION ||
		durations->used < 0 || durations->used > room(durations))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged jorge.durations value")));
	if (durations->sorted != durations->used)
	{
		durations = (Durations *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(argno));
		compact(durations);
	}
	return durations;
}

/* ---- input and output ---- */

/*
 * Text: observations "time:cause*count" in order, separated by spaces; *1 is left out
 */
Datum
jorge_durations_out(PG_FUNCTION_ARGS)
{
	const Durations *durations = jorge_durations_argument(fcinfo, 0);
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < durations->used; i++)
	{
		const Duration *entry = &durations->entries[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&text, "%s%s:%d", i == 0 ? "" : " ", float8out_internal(entry->time), entry->cause);
		if (entry->count > 1)
			appendStringInfo(&text, "*" INT64_FORMAT, entry->count);
	}
	PG_RETURN_CSTRING(text.data);
}

pg_noreturn static void
bad_text(const char *at)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type jorge.durations at \"%.20s\"", at),
					errhint("Write observations as time:cause*count, for example '12:1 30:0*4'; cause 0 means still open.")));
}

Datum
jorge_durations_in(PG_FUNCTION_ARGS)
{
	const char *at = PG_GETARG_CSTRING(0);
	Durations *durations = make(FIRST_ROOM);

	for (;;)
	{
		char *end;
		const char *start;
		double time;
		long long cause;
		long long count = 1;

		CHECK_FOR_INTERRUPTS();
		while (isspace((unsigned char) *at))
			at++;
		if (*at == '\0')
			break;
		start = at;
		errno = 0;
		time = strtod(at, &end);
		if (end == at || *end != ':' || !isdigit((unsigned char) end[1]))
			bad_text(start);
		cause = strtoll(end + 1, &end, 10);
		if (*end == '*' && isdigit((unsigned char) end[1]))
			count = strtoll(end + 1, &end, 10);
		if ((*end != '\0' && !isspace((unsigned char) *end)) || errno != 0 || cause > PG_INT32_MAX || count < 1 ||
			count > PG_INT64_MAX / DURATIONS_MAX)
			bad_text(start);
		check_observation(time, (int32) cause);
		durations = reserve(durations, 1);
		append(durations, time, (int32) cause, count);
		at = end;
	}
	PG_RETURN_POINTER(trimmed(durations));
}

Datum
jorge_durations_send(PG_FUNCTION_ARGS)
{
	const Durations *durations = jorge_durations_argument(fcinfo, 0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint32(&message, DURATIONS_VERSION);
	pq_sendint32(&message, durations->used);
	for (int i = 0; i < durations->used; i++)
	{
		pq_sendfloat8(&message, durations->entries[i].time);
		pq_sendint32(&message, durations->entries[i].cause);
		pq_sendint64(&message, durations->entries[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
jorge_durations_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int32 version = pq_getmsgint(message, 4);
	int32 n = pq_getmsgint(message, 4);
	Durations *durations;

	if (version != DURATIONS_VERSION || n < 0 || (int64) n * 20 > message->len - message->cursor)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary jorge.durations value")));
	durations = make(n);
	for (int i = 0; i < n; i++)
	{
		double time = pq_getmsgfloat8(message);
		int32 cause = pq_getmsgint(message, 4);
		int64 count = pq_getmsgint64(message);

		check_observation(time, cause);
		if (count < 1 || count > PG_INT64_MAX / DURATIONS_MAX)
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary jorge.durations value")));
		append(durations, time, cause, count);
	}
	PG_RETURN_POINTER(trimmed(durations));
}

/* ---- the aggregate ---- */

/*
 * State to change in place within an aggregate; a copy outside of one
 */
static Durations *
state_argument(FunctionCallInfo fcinfo, MemoryContext *mcxt)
{
	if (AggCheckCallContext(fcinfo, mcxt))
		return (Durations *) PG_GETARG_POINTER(0);
	*mcxt = CurrentMemoryContext;
	jorge_durations_argument(fcinfo, 0);
	return (Durations *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
}

Datum
jorge_durations_add(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt, caller;
	Durations *state;
	double time;
	int32 cause;

	if (!AggCheckCallContext(fcinfo, &mcxt))
		mcxt = CurrentMemoryContext;
	caller = MemoryContextSwitchTo(mcxt);
	state = PG_ARGISNULL(0) ? make(FIRST_ROOM) : state_argument(fcinfo, &mcxt);
	/* an observation without time or cause is none */
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		time = PG_GETARG_FLOAT8(1);
		cause = PG_GETARG_INT32(2);
		check_observation(time, cause);
		state = reserve(state, 1);
		append(state, time, cause, 1);
	}
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

Datum
jorge_durations_combine(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt, caller;
	const Durations *other;
	Durations *state;

	if (!AggCheckCallContext(fcinfo, &mcxt))
		mcxt = CurrentMemoryContext;
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	caller = MemoryContextSwitchTo(mcxt);
	other = jorge_durations_argument(fcinfo, 1);
	state = PG_ARGISNULL(0) ? make(other->used) : state_argument(fcinfo, &mcxt);
	state = reserve(state, other->used);
	for (int i = 0; i < other->used; i++)
		append(state, other->entries[i].time, other->entries[i].cause, other->entries[i].count);
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

/*
 * Sorted and without room to spare. The state itself is only put in order, which other calls on it,
 * of a window, do not see.
 */
Datum
jorge_durations_finish(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(trimmed((Durations *) PG_GETARG_POINTER(0)));
}
