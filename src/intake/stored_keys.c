/*
 * stored_keys.c: what is certainly not stored.
 */
#include "core/jorge.h"

#include "core/owner.h"
#include "intake/stored_keys.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "identity/match.h"
#include "lib/bloomfilter.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* A page of stored keys takes about as long to read as eight arrivals' keys to look up: 130 rows; 9 probes of 2 us each */
#define ARRIVALS_PER_PAGE 8

/* Longest key: the e-mail, and its kind */
#define ELEMENT_SIZE (EMAIL_KEY_SIZE + 1)

/* The tables, and what is in them */
static const struct
{
	const char *table;
	char kind; /* 0: of each row its own, in column kind */
	bool is_number;
} stored_tables[] = {{"lead_key", 0, false}, {"lead_block", STORED_BLOCK, true}, {"identity_stop", STORED_STOP, false}};

/*
 * Write the element of a key: its kind and its bytes; returns its length, 0 where it is too long to be one
 */
static size_t
element_of(char kind, const void *key, int length, unsigned char element[ELEMENT_SIZE])
{
	if (length >= ELEMENT_SIZE)
		return 0;
	element[0] = kind;
	memcpy(element + 1, key, length);
	return length + 1;
}

void
jorge_stored_keys_free(StoredKeys *stored)
{
	if (stored != NULL)
		bloom_free(stored);
}

bool
jorge_stored_keys_lack(StoredKeys *stored, char kind, const void *key, int length)
{
	unsigned char element[ELEMENT_SIZE];
	size_t size = element_of(kind, key, length, element);

	return size > 0 && bloom_lacks_element(stored, element, size);
}

void
jorge_stored_keys_add(StoredKeys *stored, char kind, const void *key, int length)
{
	unsigned char element[ELEMENT_SIZE];
	size_t size = element_of(kind, key, length, element);

	if (size > 0)
		bloom_add_element(stored, element, size);
}

/*
 * Add the keys of a table
 */
static void
read_table(StoredKeys *stored, Relation table, char kind, bool is_number)
{
	TupleDesc desc = RelationGetDescr(table);
	AttrNumber key_column = SPI_fnumber(desc, "key");
	AttrNumber kind_column = kind == 0 ? SPI_fnumber(desc, "kind") : 0;
	TupleTableSlot *slot;
	TableScanDesc scan;

	if (key_column <= 0 || SPI_gettypeid(desc, key_column) != (is_number ? INT8OID : TEXTOID) ||
		(kind == 0 && (kind_column <= 0 || SPI_gettypeid(desc, kind_column) != TEXTOID)))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("columns of table \"%s\" have other types than they were made with", RelationGetRelationName(table)),
						errhint("Give them their types back with ALTER TABLE ... ALTER COLUMN ... TYPE.")));
	slot = table_slot_create(table, NULL);
	scan = table_beginscan(table, GetActiveSnapshot(), 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool null;
		Datum key = slot_getattr(slot, key_column, &null);

		CHECK_FOR_INTERRUPTS();
		/* the columns are NOT NULL, unless somebody has changed that */
		if (null)
			continue;
		if (is_number)
		{
			int64 number = DatumGetInt64(key);

			jorge_stored_keys_add(stored, kind, &number, sizeof(number));
		}
		else
		{
			text *bytes = DatumGetTextPP(key);
			char of = kind;

			if (kind == 0)
			{
				Datum name = slot_getattr(slot, kind_column, &null);

				if (null || VARSIZE_ANY_EXHDR(DatumGetTextPP(name)) == 0)
					continue;
				of = *VARDATA_ANY(DatumGetTextPP(name));
			}
			jorge_stored_keys_add(stored, of, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
		}
	}
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
}

StoredKeys *
jorge_stored_keys_read(int64 arrivals)
{
	StoredKeys *stored;
	Relation tables[lengthof(stored_tables)];
	int64 pages = 0;
	int64 rows = 0;

	/* such a transaction must fail where it meets a row that it may not see */
	if (IsolationUsesXactSnapshot())
		return NULL;
	for (int t = 0; t < lengthof(stored_tables); t++)
	{
		tables[t] = table_open(jorge_managed_relation(stored_tables[t].table, false), AccessShareLock);
		pages += RelationGetNumberOfBlocks(tables[t]);
	}
	if (pages <= arrivals / ARRIVALS_PER_PAGE)
	{
		/* 60 bytes a row or more */
		rows = pages * (BLCKSZ / 60) + arrivals * (2 + MATCH_MAX_BLOCKING_KEYS);
		stored = bloom_create(rows, maintenance_work_mem, 0);
		PushActiveSnapshot(GetLatestSnapshot());
		for (int t = 0; t < lengthof(stored_tables); t++)
			read_table(stored, tables[t], stored_tables[t].kind, stored_tables[t].is_number);
		PopActiveSnapshot();
	}
	else
		stored = NULL;
	for (int t = 0; t < lengthof(stored_tables); t++)
		table_close(tables[t], AccessShareLock);
	return stored;
}
