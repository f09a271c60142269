/*
 * statements.h: the SQL that intake runs, as saved plans over in-memory relations.
 *
 * What C has worked out for the rows of a statement is handed to SQL as ephemeral relations (the mechanism
 * behind transition tables), so one plan serves one row and a million; where the tables are plain, rows.h writes them without SQL. All names and operators are
 * schema-qualified. Call between SPI_connect and SPI_finish, as the owner of the managed tables.
 */
#ifndef JORGE_STATEMENTS_H
#define JORGE_STATEMENTS_H

#include "access/tupdesc.h"
#include "executor/spi.h"

/* Columns of jorge_leads beyond those of LeadColumn */
typedef enum ServedColumn
{
	SERVED_probability,
	SERVED_score,
	SERVED_class,
	SERVED_confidence,
	SERVED_lower,
	SERVED_upper,
	SERVED_model, /* NULL = the lead could not be scored */
	SERVED_scored_at,
	SERVED_features, /* NULL = keep no prediction row */
	SERVED_COLUMNS
} ServedColumn;

/* The in-memory relations */
typedef enum IntakeRelation
{
	RELATION_WANTED_LEADS, /* jorge_wanted_leads(location_id, lead_id), in the order to lock them */
	RELATION_LEADS,		  /* jorge_leads(LeadColumn ..., ServedColumn ...) */
	RELATION_KEYS,		  /* jorge_keys(location_id, kind, key, lead_id, share) */
	RELATION_REVIEWS,	  /* jorge_reviews(location_id, one, other, inquiry_id, score, reason), one just made if fresh */
	RELATION_LINKS,		  /* jorge_links(location_id, inquiry_id, lead_id, rule) */
	INTAKE_RELATIONS
} IntakeRelation;

typedef enum IntakeStatement
{
	LOCK_LEADS,		 /* wanted leads -> their rows by LeadColumn, locked FOR NO KEY UPDATE; erased ones are left out */
	LOCK_LEADS_TO_MERGE, /* the same FOR UPDATE: a row that may go lets no new row refer to it */
	READING_STATEMENTS = LOCK_LEADS_TO_MERGE,
	WRITE_NEW_LEADS, /* leads, keys, links -> all rows of new persons */
	WRITE_LEADS,	 /* leads, keys, links -> all rows of known persons */
	WRITE_LEADS_LINKED, /* leads, links -> the same of persons that got no key they didn't have */
	WRITE_REVIEWS,	 /* reviews -> proposals to a human, but for pairs that somebody has decided about */
	WRITE_LEADS_ALONE, /* leads -> the same of persons that got no arrival */
	SCORE_BY_RULES,	 /* wanted leads -> their scores by rules, marked so */
	SCORE_BY_ENSEMBLE, /* wanted leads -> their scores by all members of the model that serves */
	INTAKE_STATEMENTS
} IntakeStatement;

/* Rows of an in-memory relation; what they point to is the caller's */
typedef struct IntakeRows
{
	IntakeRelation relation;
	int ncolumns;
	int n;
	int room;
	Datum *values; /* n by ncolumns */
	bool *nulls;
} IntakeRows;

/* Make rows, in the current memory context, with room for some */
extern IntakeRows *jorge_rows_make(IntakeRelation relation, int room);
extern void jorge_rows_put(IntakeRows *rows, const Datum *values, const bool *nulls);

/*
 * Run a statement that sees these rows, with a fresh snapshot; reason is what prediction and event rows say. Rows of those
 * up to READING_STATEMENTS are in SPI_tuptable.
 */
extern void jorge_statement_run(IntakeStatement statement, const char *reason, IntakeRows *const given[], int ngiven);

/* Record an error that cost a lead its score */
extern void jorge_record_error(Datum location_id, Datum lead_id, const ErrorData *error);

#endif
