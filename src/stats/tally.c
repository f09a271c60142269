/*
 * tally.c: the type jorge.tally and its aggregate.
 *
 * New observations are appended; when the room is used up, equal ones are counted together and only
 * then is more room made. So the state of a million deals closed on whole days stays small.
 */
#include "core/jorge.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "stats/tally.h"

JORGE_FUNCTION(jorge_tally_in);
JORGE_FUNCTION(jorge_tally_out);
JORGE_FUNCTION(jorge_tally_recv);
JORGE_FUNCTION(jorge_tally_send);
JORGE_FUNCTION(jorge_tally_add);
JORGE_FUNCTION(jorge_tally_combine);
JORGE_FUNCTION(jorge_tally_finish);

#define FIRST_ROOM 64

static Size
size_for(int64 entries)
{
	return offsetof(Tally, entries) + entries * sizeof(Counted);
}

static int
room(const Tally *tally)
{
	return (VARSIZE(tally) - offsetof(Tally, entries)) / sizeof(Counted);
}

/*
 * Empty value with room for some entries
 */
static Tally *
make(int64 entries)
{
	Tally *tally;

	if (entries > TALLY_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("more than %d different observations", TALLY_MAX),
						errhint("Round the values first.")));
	tally = palloc0(size_for(entries));
	SET_VARSIZE(tally, size_for(entries));
	tally->version = TALLY_VERSION;
	return tally;
}

static int
compare(const void *a, const void *b)
{
	const Counted *x = a;
	const Counted *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->class == y->class ? 0 : x->class < y->class ? -1 : 1;
}

/*
 * Sort the entries and count equal ones together
 */
static void
compact(Tally *tally)
{
	int kept = 0;

	if (tally->sorted == tally->used)
		return;
	qsort(tally->entries, tally->used, sizeof(Counted), compare);
	for (int i = 0; i < tally->used; i++)
	{
		if (kept > 0 && compare(&tally->entries[kept - 1], &tally->entries[i]) == 0)
			tally->entries[kept - 1].count += tally->entries[i].count;
		else
			tally->entries[kept++] = tally->entries[i];
	}
	tally->used = tally->sorted = kept;
}

/*
 * The value with room for some more entries, perhaps another one
 */
static Tally *
reserve(Tally *tally, int more)
{
	Tally *larger;

	if (tally->used + more <= room(tally))
		return tally;
	compact(tally);
	/* unless counting together freed half of it, more room, or each new entry would sort again */
	if (tally->used + more <= room(tally) / 2)
		return tally;
	larger = make(2 * (int64) (tally->used + more));
	memcpy((char *) larger + sizeof(int32), (char *) tally + sizeof(int32), size_for(tally->used) - sizeof(int32));
	return larger;
}

static void
append(Tally *tally, double value, int32 class, int64 count)
{
	Counted *entry = &tally->entries[tally->used++];

	entry->value = value + 0.0; /* no negative zero */
	entry->class = class;
	entry->count = count;
	entry->unused = 0;
}

/*
 * Refuse an observation that can't be counted
 */
static void
check_observation(double value, int32 class)
{
	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an observation can't be %g", value),
						errhint("Values are finite; filter out the others.")));
	if (class < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the class of an observation can't be %d", class),
						errhint("Classes are 0, 1, 2, ...")));
}

/*
 * Copy without the room to spare
 */
static Tally *
trimmed(Tally *tally)
{
	Tally *result;

	compact(tally);
	result = make(tally->used);
	memcpy((char *) result + sizeof(int32), (char *) tally + sizeof(int32), size_for(tally->used) - sizeof(int32));
	return result;
}

const Tally *
jorge_tally_argument(FunctionCallInfo fcinfo, int argno)
{
	Tally *tally = (Tally *) PG_GETARG_VARLENA_P(argno);

	if (VARSIZE(tally) < offsetof(Tally, entries) || tally->version != TALLY_VERSION ||
		tally->used < 0 || tally->used > room(tally))
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged jorge.tally value")));
	if (tally->sorted != tally->used)
	{
		tally = (Tally *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(argno));
		compact(tally);
	}
	return tally;
}

/* ---- input and output ---- */

/*
 * Text: observations "value:class*count" in order, separated by spaces; *1 is left out
 */
Datum
jorge_tally_out(PG_FUNCTION_ARGS)
{
	const Tally *tally = jorge_tally_argument(fcinfo, 0);
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < tally->used; i++)
	{
		const Counted *entry = &tally->entries[i];

		CHECK_FOR_INTERRUPTS();
		appendStringInfo(&text, "%s%s:%d", i == 0 ? "" : " ", float8out_internal(entry->value), entry->class);
		if (entry->count > 1)
			appendStringInfo(&text, "*" INT64_FORMAT, entry->count);
	}
	PG_RETURN_CSTRING(text.data);
}

pg_noreturn static void
bad_text(const char *at)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type jorge.tally at \"%.20s\"", at),
					errhint("Write observations as value:class*count, for example '12:1 30:0*4'.")));
}

Datum
jorge_tally_in(PG_FUNCTION_ARGS)
{
	const char *at = PG_GETARG_CSTRING(0);
	Tally *tally = make(FIRST_ROOM);

	for (;;)
	{
		char *end;
		const char *start;
		double value;
		long long class;
		long long count = 1;

		CHECK_FOR_INTERRUPTS();
		while (isspace((unsigned char) *at))
			at++;
		if (*at == '\0')
			break;
		start = at;
		errno = 0;
		value = strtod(at, &end);
		if (end == at || *end != ':' || !isdigit((unsigned char) end[1]))
			bad_text(start);
		class = strtoll(end + 1, &end, 10);
		if (*end == '*' && isdigit((unsigned char) end[1]))
			count = strtoll(end + 1, &end, 10);
		if ((*end != '\0' && !isspace((unsigned char) *end)) || errno != 0 || class > PG_INT32_MAX || count < 1 ||
			count > PG_INT64_MAX / TALLY_MAX)
			bad_text(start);
		check_observation(value, (int32) class);
		tally = reserve(tally, 1);
		append(tally, value, (int32) class, count);
		at = end;
	}
	PG_RETURN_POINTER(trimmed(tally));
}

Datum
jorge_tally_send(PG_FUNCTION_ARGS)
{
	const Tally *tally = jorge_tally_argument(fcinfo, 0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint32(&message, TALLY_VERSION);
	pq_sendint32(&message, tally->used);
	for (int i = 0; i < tally->used; i++)
	{
		pq_sendfloat8(&message, tally->entries[i].value);
		pq_sendint32(&message, tally->entries[i].class);
		pq_sendint64(&message, tally->entries[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
jorge_tally_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int32 version = pq_getmsgint(message, 4);
	int32 n = pq_getmsgint(message, 4);
	Tally *tally;

	if (version != TALLY_VERSION || n < 0 || (int64) n * 20 > message->len - message->cursor)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary jorge.tally value")));
	tally = make(n);
	for (int i = 0; i < n; i++)
	{
		double value = pq_getmsgfloat8(message);
		int32 class = pq_getmsgint(message, 4);
		int64 count = pq_getmsgint64(message);

		check_observation(value, class);
		if (count < 1 || count > PG_INT64_MAX / TALLY_MAX)
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary jorge.tally value")));
		append(tally, value, class, count);
	}
	PG_RETURN_POINTER(trimmed(tally));
}

/* ---- the aggregate ---- */

/*
 * State to change in place within an aggregate; a copy outside of one
 */
static Tally *
state_argument(FunctionCallInfo fcinfo, MemoryContext *mcxt)
{
	if (AggCheckCallContext(fcinfo, mcxt))
		return (Tally *) PG_GETARG_POINTER(0);
	*mcxt = CurrentMemoryContext;
	jorge_tally_argument(fcinfo, 0);
	return (Tally *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
}

Datum
jorge_tally_add(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt, caller;
	Tally *state;
	double value;
	int32 class;

	if (!AggCheckCallContext(fcinfo, &mcxt))
		mcxt = CurrentMemoryContext;
	caller = MemoryContextSwitchTo(mcxt);
	state = PG_ARGISNULL(0) ? make(FIRST_ROOM) : state_argument(fcinfo, &mcxt);
	/* an observation without value or class is none */
	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		value = PG_GETARG_FLOAT8(1);
		class = PG_GETARG_INT32(2);
		check_observation(value, class);
		state = reserve(state, 1);
		append(state, value, class, 1);
	}
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

Datum
jorge_tally_combine(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt, caller;
	const Tally *other;
	Tally *state;

	if (!AggCheckCallContext(fcinfo, &mcxt))
		mcxt = CurrentMemoryContext;
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	caller = MemoryContextSwitchTo(mcxt);
	other = jorge_tally_argument(fcinfo, 1);
	state = PG_ARGISNULL(0) ? make(other->used) : state_argument(fcinfo, &mcxt);
	state = reserve(state, other->used);
	for (int i = 0; i < other->used; i++)
		append(state, other->entries[i].value, other->entries[i].class, other->entries[i].count);
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

/*
 * Sorted and without room to spare. The state itself is only put in order, which other calls on it,
 * of a window, do not see.
 */
Datum
jorge_tally_finish(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(trimmed((Tally *) PG_GETARG_POINTER(0)));
}
