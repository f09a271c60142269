/*
 * attribute_map.c: positions of named columns in one of the managed tables.
 */
#include "core/jorge.h"

#include "core/attribute_map.h"

#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/inval.h"

#define MAX_MAPS 8

static AttributeMap *maps[MAX_MAPS];
static int nmaps = 0;

/*
 * Forget the maps of a changed table
 */
static void
table_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < nmaps; i++)
		if (relid == InvalidOid || maps[i]->relid == relid)
			maps[i]->relid = InvalidOid;
}

void
jorge_map_attributes(AttributeMap *map, Relation rel, const char *const *names, const Oid *types, int n)
{
	TupleDesc desc = RelationGetDescr(rel);
	bool known = false;

	if (map->relid == RelationGetRelid(rel))
		return;
	if (n > lengthof(map->attno))
		elog(ERROR, "too many columns to map");

	for (int i = 0; i < nmaps; i++)
		known |= maps[i] == map;
	if (!known)
	{
		if (nmaps == MAX_MAPS)
			elog(ERROR, "too many tables to map");
		if (nmaps == 0)
			CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
		maps[nmaps++] = map;
	}

	for (int c = 0; c < n; c++)
	{
		map->attno[c] = -1;
		for (int a = 0; a < desc->natts && map->attno[c] < 0; a++)
			if (!TupleDescAttr(desc, a)->attisdropped &&
				strcmp(NameStr(TupleDescAttr(desc, a)->attname), names[c]) == 0)
				map->attno[c] = a;
		if (map->attno[c] < 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
							errmsg("table \"%s\" has no column \"%s\"", RelationGetRelationName(rel),
								   names[c]),
							errhint("Run SELECT jorge.install() to complete the managed tables.")));
		if (!IsBinaryCoercible(TupleDescAttr(desc, map->attno[c])->atttypid, types[c]))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" of table \"%s\" has type %s instead of %s", names[c],
								   RelationGetRelationName(rel),
								   format_type_be(TupleDescAttr(desc, map->attno[c])->atttypid),
								   format_type_be(types[c])),
							errhint("Give the column its type back with ALTER TABLE ... ALTER COLUMN ... TYPE.")));
	}
	map->relid = RelationGetRelid(rel);
}
