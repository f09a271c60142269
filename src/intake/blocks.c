/*
 * blocks.c: storing the blocking keys of leads, several a lead, without the executor.
 *
 * Rows go to the heap together and to the index in its order: of all that an arrival writes these are the most.
 */
#include "core/jorge.h"

#include "core/attribute_map.h"
#include "core/datum.h"
#include "core/owner.h"
#include "intake/blocks.h"
#include "intake/probe.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

/* Rows that go to the heap together */
#define ROWS_TOGETHER 256

enum
{
	BLOCK_location_id,
	BLOCK_key,
	BLOCK_lead_id,
	BLOCK_COLUMNS
};

static const char *const block_column_names[BLOCK_COLUMNS] = {"location_id", "key", "lead_id"};
static const Oid block_column_types[BLOCK_COLUMNS] = {TEXTOID, INT8OID, UUIDOID};

/*
 * Order by blocking key, then lead
 */
static int
compare_rows(const void *a, const void *b)
{
	const LeadBlock *x = a;
	const LeadBlock *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return memcmp(DatumGetUUIDP(x->lead_id)->data, DatumGetUUIDP(y->lead_id)->data, UUID_LEN);
}

int
jorge_new_blocks(LeadBlock *rows, int n)
{
	static const char *const columns[] = {"key"};
	Probe blocks;
	AttrNumber location_id;
	AttrNumber lead_id;
	int kept = 0;

	if (n == 0)
		return 0;
	jorge_probe_begin(&blocks, "lead_block", columns, 1, false);
	location_id = jorge_probe_column(&blocks, "location_id", TEXTOID);
	lead_id = jorge_probe_column(&blocks, "lead_id", UUIDOID);
	for (int i = 0; i < n; i++)
	{
		Datum key = Int64GetDatum(rows[i].key);
		TupleTableSlot *slot;
		bool known = false;

		CHECK_FOR_INTERRUPTS();
		jorge_probe_for(&blocks, &key);
		while (!known && (slot = jorge_probe_next(&blocks)) != NULL)
		{
			bool nulls[2];
			Datum lead = slot_getattr(slot, lead_id, &nulls[0]);
			Datum location = slot_getattr(slot, location_id, &nulls[1]);

			known = !nulls[0] && !nulls[1] && memcmp(DatumGetUUIDP(lead)->data, DatumGetUUIDP(rows[i].lead_id)->data, UUID_LEN) == 0 &&
					jorge_compare_texts(location, rows[i].location_id) == 0;
		}
		if (!known)
			rows[kept++] = rows[i];
	}
	jorge_probe_end(&blocks);
	return kept;
}

void
jorge_write_blocks(LeadBlock *rows, int n)
{
	static AttributeMap map;
	CommandId command = GetCurrentCommandId(true);
	Relation table;
	ResultRelInfo *result;
	EState *estate;
	TupleTableSlot **slots;
	MemoryContext old;
	int room = Min(n, ROWS_TOGETHER);

	if (n == 0)
		return;
	if (n > 1)
		qsort(rows, n, sizeof(LeadBlock), compare_rows);
	table = table_open(jorge_managed_relation("lead_block", false), RowExclusiveLock);
	jorge_map_attributes(&map, table, block_column_names, block_column_types, BLOCK_COLUMNS);
	estate = CreateExecutorState();
	old = MemoryContextSwitchTo(estate->es_query_cxt);
	result = makeNode(ResultRelInfo);
	InitResultRelInfo(result, table, 0, NULL, 0);
	ExecOpenIndices(result, false);
	slots = palloc(sizeof(TupleTableSlot *) * room);
	for (int s = 0; s < room; s++)
		slots[s] = table_slot_create(table, NULL);

	for (int start = 0; start < n; start += room)
	{
		int together = Min(room, n - start);

		CHECK_FOR_INTERRUPTS();
		for (int s = 0; s < together; s++)
		{
			const LeadBlock *row = &rows[start + s];
			TupleTableSlot *slot = slots[s];

			ExecClearTuple(slot);
			memset(slot->tts_isnull, true, sizeof(bool) * slot->tts_tupleDescriptor->natts);
			slot->tts_values[map.attno[BLOCK_location_id]] = row->location_id;
			slot->tts_values[map.attno[BLOCK_key]] = Int64GetDatum(row->key);
			slot->tts_values[map.attno[BLOCK_lead_id]] = row->lead_id;
			for (int c = 0; c < BLOCK_COLUMNS; c++)
				slot->tts_isnull[map.attno[c]] = false;
			ExecStoreVirtualTuple(slot);
			if (table->rd_att->constr != NULL)
				ExecConstraints(result, slot, estate);
		}
		/* leaks; the batch's memory goes soon */
		table_multi_insert(table, slots, together, command, 0, NULL);
		for (int s = 0; s < together && result->ri_NumIndices > 0; s++)
			list_free(jorge_insert_index_tuples(result, slots[s], estate));
	}

	for (int s = 0; s < room; s++)
		ExecDropSingleTupleTableSlot(slots[s]);
	ExecCloseIndices(result);
	MemoryContextSwitchTo(old);
	FreeExecutorState(estate);
	table_close(table, NoLock);
	CommandCounterIncrement();
}
