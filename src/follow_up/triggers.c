/*
 * triggers.c: the trigger that tells the policy of follow-ups (SQL, sql/install/74 to 77) what happened, in the
 * transaction in which it happened, as the owner of the managed tables.
 */
#include "core/jorge.h"

#include "core/datum.h"
#include "core/owner.h"
#include "follow_up/follow_up.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"

JORGE_FUNCTION(jorge_tell_follow_up);

/* The call that a trigger makes; a partition's trigger is one of its own */
typedef struct SavedCall
{
	Oid trigger;
	Oid row_type; /* of the plan's parameter */
	SPIPlanPtr plan;
} SavedCall;

static HTAB *saved_calls = NULL;

/*
 * Has a managed table ever held a row?
 */
static bool
ever_filled(const char *name)
{
	Oid relid = jorge_managed_relation(name, true);
	Relation rel;
	bool filled;

	if (!OidIsValid(relid))
		return false;
	rel = table_open(relid, AccessShareLock);
	filled = RelationGetNumberOfBlocks(rel) > 0;
	table_close(rel, AccessShareLock);
	return filled;
}

/* What the arguments of a trigger ask of its rows; columns of 0 = there is none */
typedef struct Question
{
	int column; /* that must have the value */
	const char *value;
	int message; /* that counts whatever else, if it says anything about being written to */
	bool of_form; /* it is the message of a form */
} Question;

/*
 * Read the second and third arguments: "column=value", or ""; "column" or "column:form", or ""
 */
static void
read_question(TriggerData *trigger, Question *question)
{
	TupleDesc desc = RelationGetDescr(trigger->tg_relation);
	const char *wanted = trigger->tg_trigger->tgargs[1];
	const char *message = trigger->tg_trigger->tgargs[2];
	const char *equals = strchr(wanted, '=');
	const char *colon = strchr(message, ':');

	memset(question, 0, sizeof(*question));
	if (equals != NULL)
	{
		question->column = Max(SPI_fnumber(desc, pnstrdup(wanted, equals - wanted)), 0);
		question->value = equals + 1;
	}
	if (message[0] != '\0')
		question->message = Max(SPI_fnumber(desc, colon == NULL ? message : pnstrdup(message, colon - message)), 0);
	question->of_form = colon != NULL && strcmp(colon, ":form") == 0;
}

/*
 * Has the row's column the value asked for? value = NULL: it is null.
 */
static bool
is_asked_for(const Question *question, const text *value)
{
	return question->value == NULL || (value != NULL && jorge_text_is(PointerGetDatum(value), question->value));
}

/*
 * Does the row's message say anything about being written to? NULL says nothing.
 */
static bool
says_something(const Question *question, const text *message)
{
	const char *meaning;

	if (message == NULL)
		return false;
	meaning = question->of_form ? jorge_meaning_of_form(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message))
								: jorge_meaning_of(VARDATA_ANY(message), VARSIZE_ANY_EXHDR(message));
	return strcmp(meaning, "none") != 0;
}

/*
 * Text of a column of the row as memory of the current context, NULL if it is null or there is no such column
 */
static text *
text_of(TupleTableSlot *slot, int column)
{
	bool null;
	Datum value;

	if (column <= 0)
		return NULL;
	value = slot_getattr(slot, column, &null);
	return null ? NULL : DatumGetTextPP(value);
}

/*
 * Does the row in the slot concern us? all = whatever its message says
 */
static bool
concerns(const Question *question, TupleTableSlot *slot, bool all)
{
	return is_asked_for(question, text_of(slot, question->column)) &&
		   (all || says_something(question, text_of(slot, question->message)));
}

/*
 * Is there a row in one of the tables that the arguments from the fourth on name, or are there none named?
 */
static bool
tables_filled(TriggerData *trigger)
{
	int count = trigger->tg_trigger->tgnargs;

	for (int i = 3; i < count; i++)
		if (ever_filled(trigger->tg_trigger->tgargs[i]))
			return true;
	return count <= 3;
}

/*
 * The plan of a trigger's call, made when it is first needed and kept; inside an SPI connection
 */
static SPIPlanPtr
plan_of(TriggerData *trigger)
{
	Oid type = trigger->tg_relation->rd_rel->reltype;
	SavedCall *call;
	bool found;

	if (saved_calls == NULL)
	{
		HASHCTL control = {.keysize = sizeof(Oid), .entrysize = sizeof(SavedCall), .hcxt = TopMemoryContext};

		saved_calls = hash_create("jorge follow-up calls", 16, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}
	call = hash_search(saved_calls, &trigger->tg_trigger->tgoid, HASH_FIND, &found);
	if (!found || call->row_type != type)
	{
		char *query = psprintf("SELECT jorge.%s($1)", quote_identifier(trigger->tg_trigger->tgargs[0]));
		SPIPlanPtr plan = SPI_prepare(query, 1, &type);

		if (plan == NULL || SPI_keepplan(plan) != 0)
			elog(ERROR, "could not plan the call of jorge.%s(): %s", trigger->tg_trigger->tgargs[0],
				 SPI_result_code_string(SPI_result));
		if (found)
			SPI_freeplan(call->plan);
		else
			call = hash_search(saved_calls, &trigger->tg_trigger->tgoid, HASH_ENTER, NULL);
		call->row_type = type;
		call->plan = plan;
	}
	return call->plan;
}

/*
 * Call the policy function with a row as it is now; inside an SPI connection, as the owner
 */
static void
tell(TriggerData *trigger, HeapTuple tuple)
{
	Datum row = heap_copy_tuple_as_datum(tuple, RelationGetDescr(trigger->tg_relation));

	if (SPI_execute_plan(plan_of(trigger), &row, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not call jorge.%s()", trigger->tg_trigger->tgargs[0]);
	SPI_freetuptable(SPI_tuptable);
	pfree(DatumGetPointer(row));
}

/*
 * Tell every row of a statement that concerns us
 */
static void
tell_statement(TriggerData *trigger, bool all)
{
	Tuplestorestate *rows = trigger->tg_newtable;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsMinimalTuple);
	int pointer = tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND);
	MemoryContext own = AllocSetContextCreate(CurrentMemoryContext, "jorge follow-up", ALLOCSET_DEFAULT_SIZES);
	Question question;
	JorgeOwner owner;
	bool entered = false;

	read_question(trigger, &question);
	for (;;)
	{
		MemoryContext caller;

		CHECK_FOR_INTERRUPTS();
		/* another reader of the same transition table may have moved the pointer in use */
		tuplestore_select_read_pointer(rows, pointer);
		if (!tuplestore_gettupleslot(rows, true, false, slot))
			break;
		caller = MemoryContextSwitchTo(own);
		if (concerns(&question, slot, all))
		{
			HeapTuple tuple = ExecCopySlotHeapTuple(slot);

			if (!entered)
				jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
			entered = true;
			SPI_connect();
			tell(trigger, tuple);
			SPI_finish();
		}
		MemoryContextSwitchTo(caller);
		MemoryContextReset(own);
	}
	if (entered)
		jorge_owner_leave(&owner);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(own);
}

/*
 * Call the policy function that the trigger's first argument names, with each row as it is now, or was when it was deleted
 *
 * Further arguments: "column=value" that rows must have, or ""; a column whose message matters whatever else, with
 * ":form" after it if it is a form's, or ""; tables without whose rows nothing but such a message does.
 */
Datum
jorge_tell_follow_up(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	bool is_row, filled;
	HeapTuple tuple;
	TupleTableSlot *slot;
	Question question;
	JorgeOwner owner;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event) || trigger->tg_trigger->tgnargs < 3 ||
		(!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) && trigger->tg_newtable == NULL))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("jorge.tell_follow_up() must be an AFTER trigger, of a DELETE for each row, with its arguments"),
						errhint("SELECT jorge.install() makes the triggers.")));
	is_row = TRIGGER_FIRED_FOR_ROW(trigger->tg_event) != 0;
	filled = tables_filled(trigger);
	if (!filled && trigger->tg_trigger->tgargs[2][0] == '\0')
		return PointerGetDatum(NULL);
	if (!is_row)
	{
		tell_statement(trigger, filled);
		return PointerGetDatum(NULL);
	}

	tuple = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	slot = MakeSingleTupleTableSlot(RelationGetDescr(trigger->tg_relation), &TTSOpsHeapTuple);
	ExecStoreHeapTuple(tuple, slot, false);
	read_question(trigger, &question);
	if (concerns(&question, slot, filled))
	{
		jorge_owner_enter(&owner, RelationGetRelid(trigger->tg_relation));
		SPI_connect();
		tell(trigger, tuple);
		SPI_finish();
		jorge_owner_leave(&owner);
	}
	ExecDropSingleTupleTableSlot(slot);
	return PointerGetDatum(NULL);
}
