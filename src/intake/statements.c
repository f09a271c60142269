/*
 * statements.c: the SQL that intake runs, as saved plans over in-memory relations.
 */
#include "core/jorge.h"

#include "intake/lead_state.h"
#include "intake/statements.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

#define EQ " OPERATOR(pg_catalog.=) "

/*
 * The first column of an index is looked up by IS(): a plan that starts with the table and walks all of it can't be made of that, as it
 * can of an equality where statistics say that the table is empty, as they do in the middle of a large load.
 */
#define IS(value) " OPERATOR(pg_catalog.=) ANY (ARRAY[" value "])"

typedef struct ColumnShape
{
	const char *name;
	Oid type;
} ColumnShape;

typedef struct RelationShape
{
	const char *name;
	int ncolumns;
	ColumnShape columns[7];
} RelationShape;

/* Shapes of the small relations; jorge_leads is made from the lead's columns */
static const RelationShape shapes[INTAKE_RELATIONS] = {
	[RELATION_WANTED_LEADS] = {"jorge_wanted_leads", 2, {{"location_id", TEXTOID}, {"lead_id", UUIDOID}}},
	[RELATION_LEADS] = {"jorge_leads", 0},
	[RELATION_KEYS] = {"jorge_keys",
					   5,
					   {{"location_id", TEXTOID}, {"kind", TEXTOID}, {"key", TEXTOID}, {"lead_id", UUIDOID}, {"share", INT4OID}}},
	[RELATION_REVIEWS] = {"jorge_reviews",
						  7,
						  {{"location_id", TEXTOID},
						   {"one", UUIDOID},
						   {"other", UUIDOID},
						   {"inquiry_id", UUIDOID},
						   {"score", FLOAT8OID},
						   {"reason", TEXTOID},
						   {"fresh", BOOLOID}}},
	[RELATION_LINKS] = {"jorge_links",
						4,
						{{"location_id", TEXTOID}, {"inquiry_id", UUIDOID}, {"lead_id", UUIDOID}, {"rule", TEXTOID}}},
};

static const ColumnShape served_columns[SERVED_COLUMNS] = {
	{"probability", FLOAT8OID}, {"score", FLOAT8OID}, {"class", TEXTOID},
	{"confidence", FLOAT8OID},	{"lower", FLOAT8OID}, {"upper", FLOAT8OID},
	{"model", TEXTOID},			{"scored_at", TIMESTAMPTZOID}, {"features", FLOAT4ARRAYOID},
};

static TupleDesc descriptors[INTAKE_RELATIONS];
static SPIPlanPtr plans[INTAKE_STATEMENTS];

/*
 * Get the descriptor of an in-memory relation, made once a session
 */
static TupleDesc
descriptor(IntakeRelation relation)
{
	MemoryContext old;
	TupleDesc desc;

	if (descriptors[relation] != NULL)
		return descriptors[relation];

	old = MemoryContextSwitchTo(TopMemoryContext);
	if (relation == RELATION_LEADS)
	{
		desc = CreateTemplateTupleDesc(LEAD_COLUMNS + SERVED_COLUMNS);
		for (int c = 0; c < LEAD_COLUMNS; c++)
			TupleDescInitEntry(desc, c + 1, jorge_lead_column_names[c], jorge_lead_column_types[c], -1, 0);
		for (int c = 0; c < SERVED_COLUMNS; c++)
			TupleDescInitEntry(desc, LEAD_COLUMNS + c + 1, served_columns[c].name, served_columns[c].type, -1, 0);
	}
	else
	{
		const RelationShape *shape = &shapes[relation];

		desc = CreateTemplateTupleDesc(shape->ncolumns);
		for (int c = 0; c < shape->ncolumns; c++)
			TupleDescInitEntry(desc, c + 1, shape->columns[c].name, shape->columns[c].type, -1, 0);
	}
	MemoryContextSwitchTo(old);
	return descriptors[relation] = desc;
}

IntakeRows *
jorge_rows_make(IntakeRelation relation, int room)
{
	IntakeRows *rows = palloc(sizeof(IntakeRows));

	rows->relation = relation;
	rows->ncolumns = descriptor(relation)->natts;
	rows->n = 0;
	rows->room = Max(room, 1);
	rows->values = palloc_extended(mul_size(sizeof(Datum) * rows->ncolumns, rows->room), MCXT_ALLOC_HUGE);
	rows->nulls = palloc_extended(mul_size(sizeof(bool) * rows->ncolumns, rows->room), MCXT_ALLOC_HUGE);
	return rows;
}

void
jorge_rows_put(IntakeRows *rows, const Datum *values, const bool *nulls)
{
	if (rows->n == rows->room)
	{
		rows->room *= 2;
		rows->values = repalloc_huge(rows->values, mul_size(sizeof(Datum) * rows->ncolumns, rows->room));
		rows->nulls = repalloc_huge(rows->nulls, mul_size(sizeof(bool) * rows->ncolumns, rows->room));
	}
	memcpy(rows->values + (Size) rows->n * rows->ncolumns, values, sizeof(Datum) * rows->ncolumns);
	memcpy(rows->nulls + (Size) rows->n * rows->ncolumns, nulls, sizeof(bool) * rows->ncolumns);
	rows->n++;
}

/*
 * Let SQL see rows under the name of their relation
 */
static Tuplestorestate *
show_rows(const IntakeRows *rows)
{
	EphemeralNamedRelation enr = palloc0(sizeof(EphemeralNamedRelationData));
	Tuplestorestate *store = tuplestore_begin_heap(false, false, work_mem);
	TupleDesc desc = descriptor(rows->relation);

	for (int i = 0; i < rows->n; i++)
		tuplestore_putvalues(store, desc, rows->values + (Size) i * rows->ncolumns, rows->nulls + (Size) i * rows->ncolumns);
	enr->md.name = pstrdup(shapes[rows->relation].name);
	enr->md.reliddesc = InvalidOid;
	enr->md.tupdesc = desc;
	enr->md.enrtype = ENR_NAMED_TUPLESTORE;
	enr->md.enrtuples = 1; /* plans are saved: joins must hold for any number */
	enr->reldata = store;
	/* a statement that failed under the guard has left the name */
	SPI_unregister_relation(enr->md.name);
	if (SPI_register_relation(enr) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register %s", enr->md.name);
	return store;
}

/*
 * Append "prefix.column, ..." for the lead's columns from first on
 */
static void
append_columns(StringInfo sql, const char *prefix, int first)
{
	for (int c = first; c < LEAD_COLUMNS; c++)
		appendStringInfo(sql, "%s%s%s", c > first ? ", " : "", prefix, jorge_lead_column_names[c]);
}

/*
 * Append what goes with the rows of leads: keys, links, the prediction log and the event
 */
static void
append_common(StringInfo sql, IntakeStatement statement)
{
	if (statement == WRITE_NEW_LEADS || statement == WRITE_LEADS)
		appendStringInfoString(sql, "k AS (INSERT INTO jorge.lead_key (location_id, kind, key, lead_id, share)"
									" SELECT location_id, kind, key, lead_id, share FROM jorge_keys ON CONFLICT DO NOTHING), ");
	if (statement != WRITE_LEADS_ALONE)
		appendStringInfoString(sql, "i AS (INSERT INTO jorge.inquiry_lead (location_id, inquiry_id, lead_id, rule)"
									" SELECT location_id, inquiry_id, lead_id, rule FROM jorge_links), ");
	appendStringInfoString(
		sql, "p AS (INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class,"
			 " confidence, lower, upper, features)"
			 " SELECT location_id, scored_at, lead_id, $1, model, probability, class, confidence, lower, upper,"
			 " features FROM jorge_leads WHERE features IS NOT NULL) "
			 "INSERT INTO jorge.event (location_id, at, lead_id, kind, score, confidence, class, model, reason)"
			 " SELECT location_id, scored_at, lead_id, 'lead_ml_scored', score, confidence, class, model, $1"
			 " FROM jorge_leads WHERE model IS NOT NULL");
}

/*
 * Write the text of a statement
 */
static char *
statement_text(IntakeStatement statement)
{
	StringInfoData sql;

	initStringInfo(&sql);
	switch (statement)
	{
		case LOCK_LEADS:
		case LOCK_LEADS_TO_MERGE:
			appendStringInfoString(&sql, "SELECT ");
			/* cast, so that a column whose type the owner has changed is read as what it was */
			for (int c = 0; c < LEAD_COLUMNS; c++)
				appendStringInfo(&sql, "%sl.%s::%s", c ? ", " : "", jorge_lead_column_names[c],
								 format_type_be_qualified(jorge_lead_column_types[c]));
			appendStringInfoString(&sql, " FROM jorge_wanted_leads w JOIN jorge.lead l ON l.location_id" IS("w.location_id")
										 " AND l.lead_id" EQ "w.lead_id AND l.erased_at IS NULL FOR ");
			appendStringInfoString(&sql, statement == LOCK_LEADS ? "NO KEY UPDATE OF l" : "UPDATE OF l");
			break;
		case WRITE_NEW_LEADS:
			appendStringInfoString(&sql, "WITH l AS (INSERT INTO jorge.lead (");
			append_columns(&sql, "", 0);
			appendStringInfoString(&sql, ") SELECT ");
			append_columns(&sql, "", 0);
			appendStringInfoString(&sql, " FROM jorge_leads), "
										 "s AS (INSERT INTO jorge.lead_score (location_id, lead_id, probability, score,"
										 " class, confidence, lower, upper, model, scored_at)"
										 " SELECT location_id, lead_id, probability, score, class, confidence, lower,"
										 " upper, model, scored_at FROM jorge_leads WHERE model IS NOT NULL), ");
			append_common(&sql, statement);
			break;
		case WRITE_LEADS:
		case WRITE_LEADS_LINKED:
		case WRITE_LEADS_ALONE:
			appendStringInfoString(&sql, "WITH l AS (UPDATE jorge.lead l SET (");
			append_columns(&sql, "", LEAD_FIRST_FOLDED);
			appendStringInfoString(&sql, ") = ROW(");
			append_columns(&sql, "n.", LEAD_FIRST_FOLDED);
			appendStringInfoString(
				&sql, ") FROM jorge_leads n WHERE l.location_id" IS("n.location_id") " AND l.lead_id" EQ "n.lead_id), "
					  "s AS (INSERT INTO jorge.lead_score (location_id, lead_id, probability, score,"
					  " class, confidence, lower, upper, model, scored_at)"
					  " SELECT location_id, lead_id, probability, score, class, confidence, lower,"
					  " upper, model, scored_at FROM jorge_leads WHERE model IS NOT NULL"
					  " ON CONFLICT ON CONSTRAINT lead_score_pkey DO UPDATE SET probability = EXCLUDED.probability,"
					  " score = EXCLUDED.score, class = EXCLUDED.class, confidence = EXCLUDED.confidence,"
					  " lower = EXCLUDED.lower, upper = EXCLUDED.upper, model = EXCLUDED.model,"
					  " scored_at = EXCLUDED.scored_at), ");
			append_common(&sql, statement);
			break;
		case SCORE_BY_RULES:
			appendStringInfoString(
				&sql, "WITH r AS MATERIALIZED (SELECT l.location_id, l.lead_id, x.score, x.class,"
					  " jorge.lead_feature_vector(l) AS features"
					  " FROM jorge_wanted_leads w JOIN jorge.lead l ON l.location_id" IS("w.location_id") " AND l.lead_id" EQ
					  "w.lead_id, LATERAL jorge.rule_score(l, l.location_id) x), "
					  "s AS (INSERT INTO jorge.lead_score (location_id, lead_id, probability, score, class, model, scored_at)"
					  " SELECT location_id, lead_id, score OPERATOR(pg_catalog./) 100, score, class, 'rules',"
					  " pg_catalog.now() FROM r"
					  " ON CONFLICT ON CONSTRAINT lead_score_pkey DO UPDATE SET probability = EXCLUDED.probability,"
					  " score = EXCLUDED.score, class = EXCLUDED.class, confidence = NULL, lower = NULL, upper = NULL,"
					  " model = EXCLUDED.model, scored_at = EXCLUDED.scored_at), "
					  "p AS (INSERT INTO jorge.prediction (location_id, lead_id, reason, model, probability, class, features)"
					  " SELECT location_id, lead_id, $1, 'rules', score OPERATOR(pg_catalog./) 100, class, features FROM r"
					  " WHERE pg_catalog.current_setting('jorge.log_predictions')::pg_catalog.bool) "
					  "INSERT INTO jorge.event (location_id, lead_id, kind, score, class, model, reason)"
					  " SELECT location_id, lead_id, 'lead_rule_scored', score, class, 'rules', $1 FROM r");
			break;
		case SCORE_BY_ENSEMBLE:
			appendStringInfoString(
				&sql, "WITH r AS MATERIALIZED (SELECT l.location_id, l.lead_id, x.*"
					  " FROM jorge_wanted_leads w JOIN jorge.lead l ON l.location_id" EQ "w.location_id AND l.lead_id" EQ
					  "w.lead_id, LATERAL jorge.ensemble_score(l, jorge.lead_messages(l.lead_id, 'infinity', l.location_id),"
					  " NULL, l.location_id) x), "
					  "s AS (INSERT INTO jorge.lead_ensemble (location_id, lead_id, probability, score, class, members,"
					  " missing, model, scored_at) SELECT location_id, lead_id, probability, score, class, members,"
					  " missing, model_version, pg_catalog.now() FROM r"
					  " ON CONFLICT ON CONSTRAINT lead_ensemble_pkey DO UPDATE SET probability = EXCLUDED.probability,"
					  " score = EXCLUDED.score, class = EXCLUDED.class, members = EXCLUDED.members,"
					  " missing = EXCLUDED.missing, model = EXCLUDED.model, scored_at = EXCLUDED.scored_at) "
					  "INSERT INTO jorge.event (location_id, lead_id, kind, score, class, model, reason, detail)"
					  " SELECT location_id, lead_id, 'lead_ensemble_scored', score, class, model_version, $1,"
					  " pg_catalog.jsonb_build_object('missing', missing) FROM r");
			break;
		case WRITE_REVIEWS:
			/* nobody has said anything of a lead that was just made */
			appendStringInfoString(&sql, "INSERT INTO jorge.identity_review (location_id, lead_a, lead_b, inquiry_id, score, reasons)"
										 " SELECT n.location_id, least(n.one, n.other), greatest(n.one, n.other), n.inquiry_id, n.score, ARRAY[n.reason]"
										 " FROM jorge_reviews n WHERE n.one OPERATOR(pg_catalog.<>) n.other"
										 " AND (n.fresh OR NOT jorge.is_apart(n.one, n.other, n.location_id) AND NOT jorge.is_asked(n.one, n.other, n.location_id))"
										 " ON CONFLICT DO NOTHING");
			break;
		case INTAKE_STATEMENTS:
			break;
	}
	return sql.data;
}

void
jorge_statement_run(IntakeStatement statement, const char *reason, IntakeRows *const given[], int ngiven)
{
	Oid types[1] = {TEXTOID};
	Datum args[1];
	Tuplestorestate *stores[INTAKE_RELATIONS];
	bool reads = statement <= READING_STATEMENTS;
	bool reasoned = !reads && statement != WRITE_REVIEWS;
	int code;

	Assert(ngiven <= INTAKE_RELATIONS);
	for (int g = 0; g < ngiven; g++)
		stores[g] = show_rows(given[g]);
	if (plans[statement] == NULL)
	{
		SPIPlanPtr plan =
			SPI_prepare_cursor(statement_text(statement), reasoned ? 1 : 0, types, CURSOR_OPT_GENERIC_PLAN);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not prepare intake statement %d: %s", statement,
				 SPI_result_code_string(SPI_result));
		plans[statement] = plan;
	}
	args[0] = reasoned ? CStringGetTextDatum(reason) : (Datum) 0;
	code = SPI_execute_plan(plans[statement], args, NULL, false, 0);
	if (code != (reads ? SPI_OK_SELECT : SPI_OK_INSERT))
		elog(ERROR, "intake statement %d failed: %s", statement, SPI_result_code_string(code));
	for (int g = 0; g < ngiven; g++)
	{
		SPI_unregister_relation(shapes[given[g]->relation].name);
		tuplestore_end(stores[g]);
	}
}

void
jorge_record_error(Datum location_id, Datum lead_id, const ErrorData *error)
{
	Oid types[5] = {TEXTOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID};
	Datum args[5] = {location_id, lead_id, CStringGetTextDatum(unpack_sql_state(error->sqlerrcode)),
					 CStringGetTextDatum(error->message ? error->message : ""),
					 error->hint ? CStringGetTextDatum(error->hint) : (Datum) 0};
	const char *nulls = error->hint ? "     " : "    n";

	if (SPI_execute_with_args("INSERT INTO jorge.error (location_id, context, ref, sqlstate, message, hint)"
							  " VALUES ($1, 'score', $2, $3, $4, $5)",
							  5, types, args, nulls, false, 0) != SPI_OK_INSERT)
		elog(ERROR, "could not record an error");
}
