/*
 * query.c: forecasts of a query's rows, in one call.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "forecast/options.h"
#include "funcapi.h"
#include "tcop/cmdtag.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"

JORGE_FUNCTION(jorge_forecast_query);

/* Series fetched at a time */
#define FETCH_SERIES 100

/* What the columns of the query are called in the statement around it */
typedef struct QueryShape
{
	bool has_key;
	Oid time_type; /* one that jorge.series() takes */
} QueryShape;

/*
 * Report a query that can't be used
 */
pg_noreturn static void
bad_query(const char *what)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("cannot forecast this query: %s", what),
		 errhint(
			 "Give a SELECT of time and value, or of key, time and value, as in: SELECT closed_at, "
			 "revenue FROM sale.")));
}

/*
 * Look at a query's columns without running it
 */
static QueryShape
inspect(const char *query)
{
	QueryShape shape;
	SPIPlanPtr plan = SPI_prepare(query, 0, NULL);
	CachedPlanSource *source;
	TupleDesc columns;
	int time;

	if (plan == NULL)
		bad_query(SPI_result_code_string(SPI_result));
	if (list_length(SPI_plan_get_plan_sources(plan)) != 1)
		bad_query("it is not one statement");
	source = linitial(SPI_plan_get_plan_sources(plan));
	if (source->commandTag != CMDTAG_SELECT || source->resultDesc == NULL)
		bad_query("it is not a SELECT");
	columns = source->resultDesc;
	if (columns->natts != 2 && columns->natts != 3)
		bad_query("it has neither two columns nor three");
	shape.has_key = columns->natts == 3;
	time = shape.has_key ? 1 : 0;
	shape.time_type = getBaseType(TupleDescAttr(columns, time)->atttypid);
	if (shape.time_type != TIMESTAMPTZOID && shape.time_type != TIMESTAMPOID &&
		shape.time_type != DATEOID)
		bad_query(psprintf("column \"%s\" is not a time",
						   NameStr(TupleDescAttr(columns, time)->attname)));
	switch (getBaseType(TupleDescAttr(columns, time + 1)->atttypid))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
			break;
		default:
			bad_query(psprintf("column \"%s\" is not a number",
							   NameStr(TupleDescAttr(columns, time + 1)->attname)));
	}
	SPI_freeplan(plan);
	return shape;
}

/*
 * Write the statement that makes a series of each key
 */
static char *
statement_around(const char *query, QueryShape shape)
{
	int length = (int) strlen(query);
	const char *time = format_type_be_qualified(shape.time_type);

	/* a semicolon would end the statement too early */
	while (length > 0 && (isspace((unsigned char) query[length - 1]) || query[length - 1] == ';'))
		length--;
	/* the line break ends a comment that the query may end in */
	return psprintf("SELECT %s, jorge.series(t::%s, v::pg_catalog.float8, $1, $2) FROM (%.*s\n) AS "
					"q (%st, v)%s",
					shape.has_key ? "k::pg_catalog.text" : "NULL::pg_catalog.text", time, length,
					query, shape.has_key ? "k, " : "",
					shape.has_key ? " GROUP BY 1 ORDER BY 1" : "");
}

/*
 * jorge.forecast_query(): a forecast of each series that a query gives
 */
Datum
jorge_forecast_query(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum values[1 + FORECAST_COLUMNS];
	bool nulls[1 + FORECAST_COLUMNS];
	Oid types[2] = {TEXTOID, TEXTOID};
	Datum arguments[2];
	ForecastOptions options;
	MemoryContext work;
	MemoryContext old;
	const char *query;
	SPIPlanPtr plan;
	Portal cursor;
	int horizon;
	int history;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	horizon = jorge_integer_argument(fcinfo, 1, "horizon", 6, 1, FORECAST_MAX_HORIZON);
	arguments[0] = PG_ARGISNULL(2) ? CStringGetTextDatum("month") : PG_GETARG_DATUM(2);
	arguments[1] = PG_ARGISNULL(3) ? CStringGetTextDatum("UTC") : PG_GETARG_DATUM(3);
	options = jorge_forecast_options(fcinfo, OPTIONS_FROM(4), PARTIAL_DROP);
	history = jorge_integer_argument(fcinfo, 9, "history", 0, 0, SERIES_MAX_PERIODS);
	work =
		AllocSetContextCreate(CurrentMemoryContext, "jorge forecast_query", ALLOCSET_DEFAULT_SIZES);

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	plan = SPI_prepare_cursor(statement_around(query, inspect(query)), 2, types,
							  CURSOR_OPT_PARALLEL_OK);
	if (plan == NULL)
		bad_query(SPI_result_code_string(SPI_result));
	cursor = SPI_cursor_open(NULL, plan, arguments, NULL, true);
	for (;;)
	{
		SPI_cursor_fetch(cursor, true, FETCH_SERIES);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			HeapTuple row = SPI_tuptable->vals[i];
			bool none;
			Datum series = SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &none);
			Points *points;

			CHECK_FOR_INTERRUPTS();
			if (none)
				continue;
			old = MemoryContextSwitchTo(work);
			values[0] = SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &nulls[0]);
			points = jorge_points(DatumGetSeries(series), &options);
			if (points->n > 0)
				jorge_put_forecast(set, values, nulls, 1, points, horizon, options.method, history);
			MemoryContextSwitchTo(old);
			MemoryContextReset(work);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(cursor);
	SPI_finish();
	return (Datum) 0;
}
