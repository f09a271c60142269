/*
 * attribute_map.h: positions of named columns in one of the managed tables.
 */
#ifndef JORGE_ATTRIBUTE_MAP_H
#define JORGE_ATTRIBUTE_MAP_H

#include "utils/rel.h"

typedef struct AttributeMap
{
	Oid relid; /* InvalidOid = not made yet */
	int attno[96]; /* zero-based */
} AttributeMap;

/*
 * Find names[0..n-1] in the relation; the static map is made again when the table changes.
 * ERROR 42703 if a column is gone, 42804 if it has
 * another type than types[], or than one stored alike.
 */
extern void jorge_map_attributes(AttributeMap *map, Relation rel, const char *const *names,
								 const Oid *types, int n);

#endif
