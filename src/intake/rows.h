/*
 * rows.h: reading and writing the rows of a statement's leads without SQL.
 *
 * The same rows as the statements of statements.h give, where the tables are plain (table_writer.h).
 */
#ifndef JORGE_ROWS_H
#define JORGE_ROWS_H

#include "intake/lead_state.h"
#include "intake/statements.h"

/*
 * Write leads, jorge_leads, with their scores, predictions and events, and their keys and links (NULL = none); false, and nothing is
 * written, if that is for SQL to do. places: of each lead that is not new, where its row was when it was locked, NULL if they are new.
 */
extern bool jorge_write_rows(const IntakeRows *leads, const ItemPointerData *places, const IntakeRows *keys, const IntakeRows *links,
							 const char *reason);

/* Would it be written, because no trigger, rule or policy of the user's is on the tables? */
extern bool jorge_rows_are_plain(void);

/* Would a trigger or rule of the user's see what intake writes besides them: joins, questions, errors, scores of ensembles? */
extern bool jorge_decisions_are_watched(void);

/* May leads be read and locked without SQL? */
extern bool jorge_leads_are_plain(void);

/*
 * Lock the row of a lead, FOR UPDATE if it may be merged away, else FOR NO KEY UPDATE, and copy its values by LeadColumn and its place; false
 * if it is gone or erased. Only where jorge_leads_are_plain.
 */
extern bool jorge_lock_row(Datum location_id, Datum lead_id, bool to_merge, Datum values[LEAD_COLUMNS], bool nulls[LEAD_COLUMNS], ItemPointer place);

/* Make an id: UUID version 7, so that the lower of two ids is the older and new rows lie together */
extern pg_uuid_t *jorge_new_id(void);

#endif
