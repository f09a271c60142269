/*
 * owner.h: acting as the owner of the managed tables, as foreign-key triggers act as the table's owner.
 *
 * Between enter and leave nothing but our own statements may run: their names and operators are all
 * schema-qualified, so no search_path of the caller reaches them.
 */
#ifndef JORGE_OWNER_H
#define JORGE_OWNER_H

typedef struct JorgeOwner
{
	Oid saved_user;
	int saved_context;
	int guc_level;
} JorgeOwner;

/* Oid of a managed table; missing_ok false = ERROR 42P01 with the hint to install. */
extern Oid jorge_managed_relation(const char *name, bool missing_ok);

/* Oid of the role that owns a relation. */
extern Oid jorge_owner_of(Oid relid);

/*
 * Become the relation's owner, row security not applied. Also turns off the plans that go quadratic when one
 * saved while a table was empty is used on a full one. An ERROR restores everything by itself.
 */
extern void jorge_owner_enter(JorgeOwner *owner, Oid relid);
extern void jorge_owner_leave(JorgeOwner *owner);

#endif
