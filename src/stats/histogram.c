/*
 * histogram.c: the type jorge.histogram and its aggregate.
 *
 * The state is the value itself with room to spare, so it crosses to the leader of a parallel plan as it is.
 */
#include "core/jorge.h"

#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "core/datum.h"
#include "stats/histogram.h"

JORGE_FUNCTION(jorge_histogram_in);
JORGE_FUNCTION(jorge_histogram_out);
JORGE_FUNCTION(jorge_histogram_recv);
JORGE_FUNCTION(jorge_histogram_send);
JORGE_FUNCTION(jorge_histogram_add);
JORGE_FUNCTION(jorge_histogram_combine);
JORGE_FUNCTION(jorge_histogram_finish);
JORGE_FUNCTION(jorge_histogram_buckets);

#define FIRST_ROOM 16

/* ---- buckets ---- */

#define KEY_SHIFT (52 - BUCKET_BITS)

/*
 * Bucket of a value that is a number; both zeros, and what is next to nothing, have the same one
 */
static int32
bucket_key(double value)
{
	union
	{
		double value;
		uint64 bits;
	} v = {fabs(value)};
	int32 key = (int32) (v.bits >> KEY_SHIFT);

	return value < 0 ? -key : key;
}

double
jorge_bucket_value(int32 key)
{
	union
	{
		uint64 bits;
		double value;
	} v = {(uint64) abs(key) << KEY_SHIFT};

	return key < 0 ? -v.value : v.value;
}

/*
 * Is this the bucket of some number?
 */
static bool
key_is_valid(int32 key)
{
	/* the last one is that of infinity */
	return key >= -(2047 << BUCKET_BITS) && key <= 2047 << BUCKET_BITS;
}

/* ---- values ---- */

static Size
size_for(int64 buckets)
{
	return offsetof(Histogram, buckets) + buckets * sizeof(Bucket);
}

static int
room(const Histogram *histogram)
{
	return (VARSIZE(histogram) - offsetof(Histogram, buckets)) / sizeof(Bucket);
}

/*
 * Empty value with room for some buckets; there are no more than half a million
 */
static Histogram *
make(int64 buckets)
{
	Histogram *histogram = palloc0(size_for(buckets));

	SET_VARSIZE(histogram, size_for(buckets));
	histogram->version = HISTOGRAM_VERSION;
	return histogram;
}

/*
 * Copy with room for some buckets
 */
static Histogram *
copied(const Histogram *histogram, int64 buckets)
{
	Histogram *copy = make(buckets);

	memcpy((char *) copy + sizeof(int32), (const char *) histogram + sizeof(int32), size_for(histogram->used) - sizeof(int32));
	return copy;
}

/*
 * Refuse counts that no sum could hold
 */
static int64
checked_count(int64 count)
{
	if (count < 1 || count > HISTOGRAM_COUNT_MAX)
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("a count of a histogram can't be " INT64_FORMAT, count),
						errhint("Counts are 1 to 2^53.")));
	return count;
}

/*
 * First bucket whose key is not below
 */
static int
find(const Histogram *histogram, int32 key)
{
	int low = 0;
	int high = histogram->used;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (histogram->buckets[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * The value with some more observations in a bucket, perhaps another one
 */
static Histogram *
count_in(Histogram *histogram, int32 key, int64 count)
{
	int i = find(histogram, key);

	if (i == histogram->used || histogram->buckets[i].key != key)
	{
		if (histogram->used == room(histogram))
			histogram = copied(histogram, 2 * (int64) Max(histogram->used, FIRST_ROOM / 2));
		memmove(&histogram->buckets[i + 1], &histogram->buckets[i], (histogram->used - i) * sizeof(Bucket));
		histogram->buckets[i] = (Bucket){.key = key};
		histogram->used++;
	}
	histogram->buckets[i].count = checked_count(histogram->buckets[i].count + count);
	return histogram;
}

const Histogram *
jorge_histogram_argument(FunctionCallInfo fcinfo, int argno)
{
	const Histogram *histogram = (const Histogram *) PG_GETARG_VARLENA_P(argno);
	bool good = VARSIZE(histogram) >= offsetof(Histogram, buckets) && histogram->version == HISTOGRAM_VERSION &&
				histogram->used >= 0 && histogram->used <= room(histogram) && histogram->missing >= 0 &&
				histogram->missing <= HISTOGRAM_COUNT_MAX;

	for (int i = 0; good && i < histogram->used; i++)
	{
		const Bucket *bucket = &histogram->buckets[i];

		good = key_is_valid(bucket->key) && bucket->count >= 1 && bucket->count <= HISTOGRAM_COUNT_MAX &&
			   (i == 0 || histogram->buckets[i - 1].key < bucket->key);
	}
	if (!good)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged jorge.histogram value")));
	return histogram;
}

/* ---- input and output ---- */

/*
 * Text: "value*count" for each bucket by its value closest to zero, "?*count" for missing ones; *1 is left out
 */
Datum
jorge_histogram_out(PG_FUNCTION_ARGS)
{
	const Histogram *histogram = jorge_histogram_argument(fcinfo, 0);
	StringInfoData text;

	initStringInfo(&text);
	if (histogram->missing > 0)
		appendStringInfoChar(&text, '?');
	if (histogram->missing > 1)
		appendStringInfo(&text, "*" INT64_FORMAT, histogram->missing);
	for (int i = 0; i < histogram->used; i++)
	{
		const Bucket *bucket = &histogram->buckets[i];
		char value[32];

		CHECK_FOR_INTERRUPTS();
		/* seventeen digits, or the value as it is short: what extra_float_digits says must not matter */
		snprintf(value, sizeof(value), "%.15g", jorge_bucket_value(bucket->key));
		if (strtod(value, NULL) != jorge_bucket_value(bucket->key))
			snprintf(value, sizeof(value), "%.17g", jorge_bucket_value(bucket->key));
		appendStringInfo(&text, "%s%s", text.len > 0 ? " " : "", value);
		if (bucket->count > 1)
			appendStringInfo(&text, "*" INT64_FORMAT, bucket->count);
	}
	PG_RETURN_CSTRING(text.data);
}

pg_noreturn static void
bad_text(const char *at)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type jorge.histogram at \"%.20s\"", at),
					errhint("Write observations as value*count, ? for missing ones, for example '?*3 0*12 0.5'.")));
}

Datum
jorge_histogram_in(PG_FUNCTION_ARGS)
{
	const char *at = PG_GETARG_CSTRING(0);
	Histogram *histogram = make(FIRST_ROOM);

	for (;;)
	{
		const char *start;
		char *end;
		double value = NAN;
		long long count = 1;

		CHECK_FOR_INTERRUPTS();
		while (isspace((unsigned char) *at))
			at++;
		if (*at == '\0')
			break;
		start = at;
		errno = 0;
		if (*at == '?')
			end = unconstify(char *, at + 1);
		else
		{
			value = strtod(at, &end);
			/* an underflow is a value all the same */
			if (errno == ERANGE && fabs(value) < 1)
				errno = 0;
			if (end == at || isnan(value))
				bad_text(start);
		}
		if (*end == '*' && isdigit((unsigned char) end[1]))
			count = strtoll(end + 1, &end, 10);
		if ((*end != '\0' && !isspace((unsigned char) *end)) || errno != 0)
			bad_text(start);
		checked_count(count);
		if (*start == '?')
			histogram->missing = checked_count(histogram->missing + count);
		else
			histogram = count_in(histogram, bucket_key(value), count);
		at = end;
	}
	PG_RETURN_POINTER(copied(histogram, histogram->used));
}

Datum
jorge_histogram_send(PG_FUNCTION_ARGS)
{
	const Histogram *histogram = jorge_histogram_argument(fcinfo, 0);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint32(&message, HISTOGRAM_VERSION);
	pq_sendint64(&message, histogram->missing);
	pq_sendint32(&message, histogram->used);
	for (int i = 0; i < histogram->used; i++)
	{
		pq_sendint32(&message, histogram->buckets[i].key);
		pq_sendint64(&message, histogram->buckets[i].count);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

Datum
jorge_histogram_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int32 version = pq_getmsgint(message, 4);
	int64 missing = pq_getmsgint64(message);
	int32 n = pq_getmsgint(message, 4);
	Histogram *histogram;

	if (version != HISTOGRAM_VERSION || missing < 0 || missing > HISTOGRAM_COUNT_MAX || n < 0 ||
		(int64) n * 12 > message->len - message->cursor)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary jorge.histogram value")));
	histogram = make(n);
	histogram->missing = missing;
	for (int i = 0; i < n; i++)
	{
		int32 key = pq_getmsgint(message, 4);
		int64 count = pq_getmsgint64(message);

		if (!key_is_valid(key) || (i > 0 && histogram->buckets[i - 1].key >= key))
			ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("invalid binary jorge.histogram value")));
		histogram->buckets[i] = (Bucket){.key = key, .count = checked_count(count)};
		histogram->used++;
	}
	PG_RETURN_POINTER(histogram);
}

/* ---- the aggregate ---- */

/*
 * State to change in place within an aggregate; a copy outside of one
 */
static Histogram *
state_argument(FunctionCallInfo fcinfo)
{
	if (AggCheckCallContext(fcinfo, NULL))
		return (Histogram *) PG_GETARG_POINTER(0);
	jorge_histogram_argument(fcinfo, 0);
	return (Histogram *) PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(0));
}

Datum
jorge_histogram_add(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt, caller;
	Histogram *state;
	double value = PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1);

	if (!AggCheckCallContext(fcinfo, &mcxt))
		mcxt = CurrentMemoryContext;
	caller = MemoryContextSwitchTo(mcxt);
	state = PG_ARGISNULL(0) ? make(FIRST_ROOM) : state_argument(fcinfo);
	if (isnan(value))
		state->missing = checked_count(state->missing + 1);
	else
		state = count_in(state, bucket_key(value), 1);
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

Datum
jorge_histogram_combine(PG_FUNCTION_ARGS)
{
	MemoryContext mcxt, caller;
	const Histogram *other;
	Histogram *state;

	if (!AggCheckCallContext(fcinfo, &mcxt))
		mcxt = CurrentMemoryContext;
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	caller = MemoryContextSwitchTo(mcxt);
	other = jorge_histogram_argument(fcinfo, 1);
	state = PG_ARGISNULL(0) ? make(Max(other->used, FIRST_ROOM)) : state_argument(fcinfo);
	if (other->missing > 0)
		state->missing = checked_count(state->missing + other->missing);
	for (int i = 0; i < other->used; i++)
		state = count_in(state, other->buckets[i].key, other->buckets[i].count);
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

/*
 * Copy without the room to spare
 */
Datum
jorge_histogram_finish(PG_FUNCTION_ARGS)
{
	const Histogram *state = (const Histogram *) PG_GETARG_POINTER(0);

	PG_RETURN_POINTER(copied(state, state->used));
}

/*
 * The buckets as rows: missing values first, then ascending
 */
Datum
jorge_histogram_buckets(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const Histogram *histogram = jorge_histogram_argument(fcinfo, 0);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = histogram->missing > 0 ? -1 : 0; i < histogram->used; i++)
	{
		const Bucket *bucket = i < 0 ? NULL : &histogram->buckets[i];
		double near = i < 0 ? NAN : jorge_bucket_value(bucket->key);
		/* one key further from zero; infinity is its own bucket */
		double far = i < 0 ? NAN : isinf(near) ? near : jorge_bucket_value(bucket->key + (bucket->key < 0 ? -1 : 1));
		Datum values[3];
		bool nulls[3] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = jorge_float8_or_null(Min(near, far), &nulls[0]);
		values[1] = jorge_float8_or_null(Max(near, far), &nulls[1]);
		values[2] = Int64GetDatum(i < 0 ? histogram->missing : bucket->count);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
