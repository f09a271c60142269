/*
 * series_type.c: the type jorge.series, its aggregates and its operators.
 *
 * As text a series is its period, its zone and its buckets, those without values left out:
 *     month America/Chicago 2024-01-01:1250.5/3
 * 2024-03-01:0.30000000000000004-2.7755575615628914e-17/2 A bucket is the date it begins on, its
 * sum and its count. A sum that no float8 is equal to is written as several that add up to it, so
 * text and binary form lose nothing.
 *
 * An aggregate's state is a series, too, with spare room; it is changed in place, and passes
 * between parallel workers as the value it is.
 */
#include "core/jorge.h"

#include "common/shortest_dec.h"
#include "catalog/pg_type.h"
#include "forecast/series.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

JORGE_FUNCTION(jorge_series_in);
JORGE_FUNCTION(jorge_series_out);
JORGE_FUNCTION(jorge_series_recv);
JORGE_FUNCTION(jorge_series_send);
JORGE_FUNCTION(jorge_series_accumulate_timestamptz);
JORGE_FUNCTION(jorge_series_accumulate_timestamp);
JORGE_FUNCTION(jorge_series_accumulate_date);
JORGE_FUNCTION(jorge_series_combine);
JORGE_FUNCTION(jorge_series_final);
JORGE_FUNCTION(jorge_series_eq);
JORGE_FUNCTION(jorge_series_ne);
JORGE_FUNCTION(jorge_series_from_times);
JORGE_FUNCTION(jorge_series_from_values);

/* What the arguments period and time_zone of an aggregate meant at the last row */
typedef struct AccumulateCache
{
	char period_name[16];
	char zone_name[SERIES_ZONE_MAX + 1];
	SeriesPeriod period;
	const pg_tz *zone;
	int32 number; /* of the last row's period */
	int64 from;   /* wall clock at which it begins */
	int64 to;     /* and ends */
} AccumulateCache;

/*
 * Refuse a value that can't be summed
 */
static void
check_value(double value)
{
	if (!isfinite(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a series cannot hold %s", isnan(value) ? "NaN" : "an infinite value"),
				 errhint("Filter such rows, or turn them into NULL, which is left out.")));
}

/*
 * Tell whether every date of a period is one that a timestamp can have
 */
static bool
number_is_valid(SeriesPeriod period, int64 number)
{
	return number >= jorge_period_number(period, DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE) &&
		   number <= jorge_period_number(period, TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE - 1);
}

/* ---- text */

/*
 * Report a malformed text
 */
pg_noreturn static void
bad_text(const char *text, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type jorge.series: %s", what),
					errdetail("At \"%.40s\".", text),
					errhint("Write for instance: month UTC 2024-01-01:1250.5/3 2024-02-01:980/2")));
}

/*
 * Read a word up to a blank
 */
static int
word_length(const char *text)
{
	return (int) strcspn(text, " \t\r\n");
}

/*
 * Step over blanks
 */
static const char *
skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/*
 * Read a date as it is written: digits and two hyphens, the year with a sign before the year 0
 */
static const char *
read_date(const char *text, DateADT *date)
{
	long part[3];
	const char *at = text;
	char *end;
	int year;
	int month;
	int day;

	for (int i = 0; i < 3; i++)
	{
		if (!isdigit((unsigned char) *at) &&
			!(i == 0 && *at == '-' && isdigit((unsigned char) at[1])))
			bad_text(text, "a date such as 2024-01-31 is missing");
		errno = 0;
		part[i] = strtol(at, &end, 10);
		if (errno != 0 || part[i] < -4713 || part[i] > 294277 || (i < 2 && *end != '-'))
			bad_text(text, "a date such as 2024-01-31 is missing");
		at = i < 2 ? end + 1 : end;
	}
	*date = 0;
	if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > 31 ||
		!IS_VALID_JULIAN((int) part[0], (int) part[1], (int) part[2]))
		bad_text(text, "there is no such date");
	*date = date2j((int) part[0], (int) part[1], (int) part[2]) - POSTGRES_EPOCH_JDATE;
	j2date(*date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (month != part[1] || day != part[2])
		bad_text(text, "there is no such date");
	return at;
}

/*
 * Read one bucket and add it
 */
static const char *
read_bucket(const char *text, Series **series)
{
	DateADT date;
	const char *at = read_date(text, &date);
	SeriesPeriod period = (SeriesPeriod) (*series)->period;
	int32 number = jorge_period_number(period, date);
	long long count;
	char *end;

	if (!number_is_valid(period, number) || jorge_period_start(period, number) != date)
		bad_text(text, psprintf("no %s begins on this date", jorge_period_name(period)));
	if ((*series)->buckets > 0 && number < (*series)->first + (*series)->buckets)
		bad_text(text, "dates must rise");
	if (*at++ != ':')
		bad_text(text, "a colon must follow the date");

	do
	{
		double part;

		/* strtod() would also take words, blanks and hexadecimal numbers */
		if (at[strspn(at, "0123456789.eE+-")] != '/' ||
			(*at == '0' && (at[1] == 'x' || at[1] == 'X')))
			bad_text(text, "a sum and a count, as in :1250.5/3, must follow the date");
		errno = 0;
		part = strtod(at, &end);
		if (end == at || !isfinite(part))
			bad_text(text, "a sum must be a finite number");
		*series = jorge_series_add(*series, number, part, 0);
		at = end;
	} while (*at == '+' || *at == '-');
	if (*at++ != '/')
		bad_text(text, "a slash and a count must follow the sum");

	errno = 0;
	count = strtoll(at, &end, 10);
	if (!isdigit((unsigned char) *at) || errno != 0 || count < 1)
		bad_text(text, "a count must be a whole number above 0");
	*series = jorge_series_add(*series, number, 0, count);
	if (*end != '\0' && *end != ' ' && *end != '\t' && *end != '\r' && *end != '\n')
		bad_text(text, "a blank must follow the count");
	return end;
}

/*
 * Text input
 */
Datum
jorge_series_in(PG_FUNCTION_ARGS)
{
	const char *text = skip_blanks(PG_GETARG_CSTRING(0));
	int length = word_length(text);
	const char *zone;
	SeriesPeriod period;
	Series *series;

	if (length == 0)
		bad_text(text, "the period is missing");
	period = jorge_period_of_name(text, length);
	text = skip_blanks(text + length);
	length = word_length(text);
	if (length == 0)
		bad_text(text, "the time zone is missing");
	zone = pg_get_timezone_name(unconstify(pg_tz *, jorge_series_zone(text, length)));
	series = jorge_series_empty(period, zone);

	for (text = skip_blanks(text + length); *text != '\0'; text = skip_blanks(text))
	{
		CHECK_FOR_INTERRUPTS();
		text = read_bucket(text, &series);
	}
	PG_RETURN_POINTER(jorge_series_finish(series));
}

/*
 * Text output
 */
Datum
jorge_series_out(PG_FUNCTION_ARGS)
{
	const Series *series = DatumGetSeries(PG_GETARG_DATUM(0));
	SeriesPeriod period = (SeriesPeriod) series->period;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s %s", jorge_period_name(period), series->zone);
	for (int i = 0; i < series->buckets; i++)
	{
		double parts[SERIES_MAX_PARTS];
		char number[DOUBLE_SHORTEST_DECIMAL_LEN];
		int n;

		CHECK_FOR_INTERRUPTS();
		if (jorge_series_count(series, i) == 0)
			continue;
		appendStringInfo(&text,
						 " %s:", jorge_date_text(jorge_period_start(period, series->first + i)));
		n = jorge_series_parts(series, i, parts);
		for (int k = 0; k < n; k++)
		{
			double_to_shortest_decimal_buf(parts[k], number);
			appendStringInfo(&text, "%s%s", k > 0 && parts[k] > 0 ? "+" : "", number);
		}
		appendStringInfo(&text, "%s/" INT64_FORMAT, n == 0 ? "0" : "",
						 jorge_series_count(series, i));
	}
	PG_RETURN_CSTRING(text.data);
}

/* ---- binary: version, period, zone, number of buckets with values; of each its number, count,
 * parts */

/*
 * Report a malformed binary value
 */
pg_noreturn static void
bad_binary(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
					errmsg("invalid binary jorge.series: %s", what)));
}

/*
 * Binary input
 */
Datum
jorge_series_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	int version = pq_getmsgbyte(message);
	int period;
	const char *zone;
	int buckets;
	Series *series;

	if (version != SERIES_VERSION)
		bad_binary("unknown version");
	period = pq_getmsgbyte(message);
	if (period >= PERIOD_KINDS)
		bad_binary("unknown period");
	zone = pq_getmsgstring(message);
	zone = pg_get_timezone_name(unconstify(pg_tz *, jorge_series_zone(zone, (int) strlen(zone))));
	series = jorge_series_empty((SeriesPeriod) period, zone);

	buckets = pq_getmsgint(message, 4);
	if (buckets < 0 || buckets > SERIES_MAX_PERIODS)
		bad_binary("too many periods");
	for (int i = 0; i < buckets; i++)
	{
		int32 number = (int32) pq_getmsgint(message, 4);
		int64 count = pq_getmsgint64(message);
		int parts = pq_getmsgbyte(message);

		CHECK_FOR_INTERRUPTS();
		if (!number_is_valid((SeriesPeriod) period, number))
			bad_binary("period out of range");
		if (series->buckets > 0 && number < series->first + series->buckets)
			bad_binary("periods must rise");
		if (count < 1)
			bad_binary("a count must be above 0");
		series = jorge_series_add(series, number, 0, count);
		for (int k = 0; k < parts; k++)
		{
			double part = pq_getmsgfloat8(message);

			if (!isfinite(part))
				bad_binary("a sum must be finite");
			series = jorge_series_add(series, number, part, 0);
		}
	}
	PG_RETURN_POINTER(jorge_series_finish(series));
}

/*
 * Binary output
 */
Datum
jorge_series_send(PG_FUNCTION_ARGS)
{
	const Series *series = DatumGetSeries(PG_GETARG_DATUM(0));
	StringInfoData message;
	int buckets = 0;

	for (int i = 0; i < series->buckets; i++)
		buckets += jorge_series_count(series, i) > 0;
	pq_begintypsend(&message);
	pq_sendbyte(&message, SERIES_VERSION);
	pq_sendbyte(&message, series->period);
	pq_sendstring(&message, series->zone);
	pq_sendint32(&message, buckets);
	for (int i = 0; i < series->buckets; i++)
	{
		double parts[SERIES_MAX_PARTS];
		int n;

		CHECK_FOR_INTERRUPTS();
		if (jorge_series_count(series, i) == 0)
			continue;
		n = jorge_series_parts(series, i, parts);
		pq_sendint32(&message, series->first + i);
		pq_sendint64(&message, jorge_series_count(series, i));
		pq_sendbyte(&message, n);
		for (int k = 0; k < n; k++)
			pq_sendfloat8(&message, parts[k]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* ---- aggregates */

/*
 * Copy a text argument that should be short; longer ones are cut, and then no name anyway
 */
static void
copy_name(const text *argument, char *name, Size size)
{
	text_to_cstring_buffer(argument, name, size);
}

/*
 * Look the period and the zone of the arguments up, if they aren't those of the last row
 */
static AccumulateCache *
accumulate_cache(FunctionCallInfo fcinfo)
{
	AccumulateCache *cache = fcinfo->flinfo->fn_extra;
	const text *period = NULL;
	const text *zone = NULL;
	char name[SERIES_ZONE_MAX + 2];

	for (int i = 3; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("the %s of a series must not be NULL",
								   i == 3 ? "period" : "time zone")));
	if (PG_NARGS() > 3)
		period = PG_GETARG_TEXT_PP(3);
	if (PG_NARGS() > 4)
		zone = PG_GETARG_TEXT_PP(4);
	if (cache != NULL &&
		(period == NULL ||
		 (strlen(cache->period_name) == VARSIZE_ANY_EXHDR(period) &&
		  memcmp(cache->period_name, VARDATA_ANY(period), VARSIZE_ANY_EXHDR(period)) == 0)) &&
		(zone == NULL ||
		 (strlen(cache->zone_name) == VARSIZE_ANY_EXHDR(zone) &&
		  memcmp(cache->zone_name, VARDATA_ANY(zone), VARSIZE_ANY_EXHDR(zone)) == 0)))
		return cache;

	if (cache == NULL)
		cache = fcinfo->flinfo->fn_extra =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(AccumulateCache));
	cache->period = PERIOD_MONTH;
	cache->from = cache->to = 0;
	cache->period_name[0] = cache->zone_name[0] = '\0'; /* until both are known to be right */
	strlcpy(name, "UTC", sizeof(name));
	if (zone != NULL)
		copy_name(zone, name, sizeof(name));
	cache->zone = jorge_series_zone(name, (int) strlen(name));
	if (period != NULL)
	{
		cache->period = jorge_period_of_name(VARDATA_ANY(period), VARSIZE_ANY_EXHDR(period));
		copy_name(period, cache->period_name, sizeof(cache->period_name));
	}
	strlcpy(cache->zone_name, name, sizeof(cache->zone_name));
	return cache;
}

/*
 * Take an aggregate's state to change it in place, or a copy of a value that isn't ours
 */
static Series *
changeable(FunctionCallInfo fcinfo, int argument, bool *in_aggregate)
{
	Datum datum = PG_GETARG_DATUM(argument);
	Series *series = DatumGetSeries(datum);

	*in_aggregate = AggCheckCallContext(fcinfo, NULL) != 0;
	if (!*in_aggregate && (Pointer) series == DatumGetPointer(datum))
		series = jorge_series_copy(series);
	return series;
}

/*
 * Add one value at a wall clock to the state
 */
static Datum
accumulate(FunctionCallInfo fcinfo, AccumulateCache *cache, int64 clock)
{
	double value = PG_GETARG_FLOAT8(2);
	bool in_aggregate = AggCheckCallContext(fcinfo, NULL) != 0;
	const char *zone = pg_get_timezone_name(unconstify(pg_tz *, cache->zone));
	Series *series;

	check_value(value);
	if (PG_ARGISNULL(0))
		series = jorge_series_empty(cache->period, zone);
	else
	{
		series = changeable(fcinfo, 0, &in_aggregate);
		if (series->period != cache->period || strcmp(series->zone, zone) != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("period and time zone of a series must be the same in every row"),
					 errdetail("They were %s in %s, and are %s in %s.",
							   jorge_period_name((SeriesPeriod) series->period), series->zone,
							   jorge_period_name(cache->period), zone),
					 errhint("Group by them.")));
	}
	if (clock < cache->from || clock >= cache->to)
	{
		cache->number = jorge_period_at(cache->period, clock, NULL);
		cache->from = (int64) jorge_period_start(cache->period, cache->number) * USECS_PER_DAY;
		cache->to = (int64) jorge_period_start(cache->period, cache->number + 1) * USECS_PER_DAY;
	}
	series = jorge_series_add(series, cache->number, value, 1);
	PG_RETURN_POINTER(in_aggregate ? series : jorge_series_finish(series));
}

/*
 * Leave a row without time or value out
 */
static Datum
unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/*
 * Transition function for moments
 */
Datum
jorge_series_accumulate_timestamptz(PG_FUNCTION_ARGS)
{
	AccumulateCache *cache = accumulate_cache(fcinfo);

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged(fcinfo);
	return accumulate(fcinfo, cache, jorge_wall_clock(PG_GETARG_TIMESTAMPTZ(1), cache->zone));
}

/*
 * Transition function for wall-clock times of the zone
 */
Datum
jorge_series_accumulate_timestamp(PG_FUNCTION_ARGS)
{
	AccumulateCache *cache = accumulate_cache(fcinfo);
	Timestamp clock;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged(fcinfo);
	clock = PG_GETARG_TIMESTAMP(1);
	if (TIMESTAMP_NOT_FINITE(clock))
		clock = jorge_wall_clock(clock, cache->zone); /* says so */
	return accumulate(fcinfo, cache, clock);
}

/*
 * Transition function for dates of the zone
 */
Datum
jorge_series_accumulate_date(PG_FUNCTION_ARGS)
{
	AccumulateCache *cache = accumulate_cache(fcinfo);
	DateADT date;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return unchanged(fcinfo);
	date = PG_GETARG_DATEADT(1);
	if (DATE_NOT_FINITE(date))
		jorge_wall_clock(date < 0 ? DT_NOBEGIN : DT_NOEND, cache->zone); /* says so */
	if (date >= TIMESTAMP_END_JULIAN - POSTGRES_EPOCH_JDATE)
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("date out of range for a series")));
	return accumulate(fcinfo, cache, (int64) date * USECS_PER_DAY);
}

/*
 * Merge two series: the combine function, the transition function of jorge.merge(), and the
 * operator +
 */
Datum
jorge_series_combine(PG_FUNCTION_ARGS)
{
	bool in_aggregate;
	Series *series = changeable(fcinfo, 0, &in_aggregate);

	series = jorge_series_merge(series, DatumGetSeries(PG_GETARG_DATUM(1)));
	PG_RETURN_POINTER(in_aggregate ? series : jorge_series_finish(series));
}

/*
 * Final function
 */
Datum
jorge_series_final(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(jorge_series_finish(DatumGetSeries(PG_GETARG_DATUM(0))));
}

/* ---- operators and constructors */

/*
 * Compare two series; equal contents have equal bytes
 */
static bool
series_equal(FunctionCallInfo fcinfo)
{
	const Series *a = DatumGetSeries(PG_GETARG_DATUM(0));
	const Series *b = DatumGetSeries(PG_GETARG_DATUM(1));

	/* the length words may differ in how they were read from disk, not in what they say */
	return VARSIZE(a) == VARSIZE(b) && memcmp(&a->version, &b->version, VARSIZE(a) - VARHDRSZ) == 0;
}

/*
 * Operator =
 */
Datum
jorge_series_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(series_equal(fcinfo));
}

/*
 * Operator <>
 */
Datum
jorge_series_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!series_equal(fcinfo));
}

/*
 * Make a series without buckets from the arguments period and time_zone
 */
static Series *
series_of_arguments(FunctionCallInfo fcinfo, const pg_tz **zone)
{
	const text *period = PG_GETARG_TEXT_PP(2);
	const text *name = PG_GETARG_TEXT_PP(3);

	*zone = jorge_series_zone(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	return jorge_series_empty(jorge_period_of_name(VARDATA_ANY(period), VARSIZE_ANY_EXHDR(period)),
							  pg_get_timezone_name(unconstify(pg_tz *, *zone)));
}

/*
 * Refuse an array that isn't a list
 */
static void
check_list(ArrayType *array)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("arrays of a series must have one dimension")));
}

/*
 * Make a series from an array of times and one of values; pairs with a NULL are left out
 */
Datum
jorge_series_from_times(PG_FUNCTION_ARGS)
{
	ArrayType *times = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType *values = PG_GETARG_ARRAYTYPE_P(1);
	const pg_tz *zone;
	Series *series = series_of_arguments(fcinfo, &zone);
	Datum *time;
	Datum *value;
	bool *no_time;
	bool *no_value;
	int n_times;
	int n_values;

	check_list(times);
	check_list(values);
	deconstruct_array(times, TIMESTAMPTZOID, sizeof(TimestampTz), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &time, &no_time, &n_times);
	deconstruct_array(values, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value,
					  &no_value, &n_values);
	if (n_times != n_values)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%d times and %d values", n_times, n_values),
						errhint("Give one value for each time.")));
	for (int i = 0; i < n_times; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (no_time[i] || no_value[i])
			continue;
		check_value(DatumGetFloat8(value[i]));
		series = jorge_series_add(
			series,
			jorge_period_at((SeriesPeriod) series->period,
							jorge_wall_clock(DatumGetTimestampTz(time[i]), zone), NULL),
			DatumGetFloat8(value[i]), 1);
	}
	PG_RETURN_POINTER(jorge_series_finish(series));
}

/*
 * Make a series from the values of consecutive periods; NULL is a period without a value
 */
Datum
jorge_series_from_values(PG_FUNCTION_ARGS)
{
	DateADT start = PG_GETARG_DATEADT(0);
	ArrayType *values = PG_GETARG_ARRAYTYPE_P(1);
	const pg_tz *zone;
	Series *series = series_of_arguments(fcinfo, &zone);
	SeriesPeriod period = (SeriesPeriod) series->period;
	int64 first;
	Datum *value;
	bool *no_value;
	int n;

	check_list(values);
	if (DATE_NOT_FINITE(start) ||
		!number_is_valid(period, first = jorge_period_number(period, start)))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("start of a series out of range")));
	deconstruct_array(values, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value,
					  &no_value, &n);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (no_value[i])
			continue;
		check_value(DatumGetFloat8(value[i]));
		if (!number_is_valid(period, first + i))
			ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
							errmsg("end of a series out of range")));
		series = jorge_series_add(series, (int32) (first + i), DatumGetFloat8(value[i]), 1);
	}
	PG_RETURN_POINTER(jorge_series_finish(series));
}
