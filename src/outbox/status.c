/*
 * status.c: what the workers are doing, as rows.
 */
#include "outbox/shared.h"

#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

JORGE_FUNCTION(jorge_outbox_workers);

#define COLUMNS 19

static const char *const state_names[] = {"no worker", "starting", "running", "hold-off", "disarmed", "no schema", "version", "other owner", "stopped", "crashed"};

const char *
jorge_outbox_state_name(int state)
{
	return state_names[state];
}

/*
 * Get the encoding of a database; -1 if it is gone
 */
static int
encoding_of(Oid database)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
	int encoding = -1;

	if (HeapTupleIsValid(tuple))
	{
		encoding = ((Form_pg_database) GETSTRUCT(tuple))->encoding;
		ReleaseSysCache(tuple);
	}
	return encoding;
}

/*
 * Get what a worker of another database, maybe of another encoding, wrote into so many bytes: a character that was cut is
 * left out, bytes that are none here are question marks
 */
static Datum
readable_text(const char *written, int encoding)
{
	char *copy = pstrdup(written);
	int length = (int) strlen(copy);
	int end = 0;

	while (end < length)
	{
		int n = IS_HIGHBIT_SET(copy[end])
					? (encoding == GetDatabaseEncoding() ? pg_encoding_verifymbchar(encoding, copy + end, length - end) : -1)
					: 1;

		if (n < 0)
		{
			if (encoding >= 0 && length == JORGE_OUTBOX_ERROR - 1 && end + pg_encoding_mblen(encoding, copy + end) > length)
				break;
			copy[end] = '?';
			n = 1;
		}
		end += n;
	}
	return PointerGetDatum(cstring_to_text_with_len(copy, end));
}

/*
 * One row a database that has a slot; none where jorge is not preloaded
 */
Datum
jorge_outbox_workers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < JORGE_OUTBOX_SLOTS && jorge_outbox_shared != NULL; i++)
	{
		OutboxSlot slot;
		Datum values[COLUMNS];
		bool nulls[COLUMNS] = {false};
		char *name;
		int64 minute = GetCurrentTimestamp() / USECS_PER_MINUTE;

		LWLockAcquire(jorge_outbox_shared->lock, LW_SHARED);
		slot = jorge_outbox_shared->slots[i];
		LWLockRelease(jorge_outbox_shared->lock);
		if (!OidIsValid(slot.database) || (name = get_database_name(slot.database)) == NULL)
			continue;
		values[0] = CStringGetTextDatum(name);
		values[1] = Int32GetDatum(slot.pid);
		nulls[1] = slot.pid == 0;
		values[2] = CStringGetTextDatum(jorge_outbox_state_name(slot.state));
		values[3] = TimestampTzGetDatum(slot.started_at);
		nulls[3] = slot.started_at == 0;
		values[4] = Int32GetDatum(slot.in_flight);
		values[5] = Int64GetDatum(minute == slot.minute ? slot.sent_last : minute == slot.minute + 1 ? slot.sent_minute : 0);
		values[6] = Int64GetDatum(slot.rss_kb);
		for (int c = 0; c < OUTBOX_COUNTERS; c++)
			values[7 + c] = Int64GetDatum((int64) pg_atomic_read_u64(&jorge_outbox_shared->slots[i].counters[c]));
		values[16] = TimestampTzGetDatum(slot.last_error_at);
		values[17] = readable_text(slot.last_error, encoding_of(slot.database));
		nulls[16] = nulls[17] = slot.last_error_at == 0;
		values[18] = TimestampTzGetDatum(slot.stop_until);
		nulls[18] = slot.stop_until <= GetCurrentTimestamp();
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
