/*
 * support.c: planner support: a call with a table's whole row becomes a call with the columns it reads.
 *
 * To pass a whole row the executor copies it, which for a row of jorge.lead costs more than its features, and
 * detoasts every external column. So FUNCTION(row, ...), where FUNCTION's support function this is, is planned
 * as FUNCTION_columns(names, ..., columns): the two give the same value for the same row.
 *
 * A whole-row Var is rewritten only where the row can't be a NULL that an outer join (or MERGE, a grouping set,
 * RETURNING OLD of an INSERT) put there: lead_score() of that is NULL, of its columns it is a score. Vars of parents are
 * those of children later on (the planner translates columns, whatever their order), and a plan is made again when its
 * table changes.
 */
#include "core/jorge.h"

#include "features/features.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

/* Functions of this name and suffix take the columns */
#define COLUMNS_SUFFIX "_columns"

/* Most arguments of such a function besides the columns: names, as_of, zone */
#define MAX_OTHER_ARGS 3

JORGE_FUNCTION(jorge_row_support);

/* Where a relation stands in a join tree */
typedef enum Standing
{
	ABSENT,
	NOT_NULLABLE,
	NULLABLE /* on a side that some outer join fills with NULLs */
} Standing;

/* The columns found: a Const of each name and an expression of each value */
typedef struct Columns
{
	Datum names[FUNC_MAX_ARGS];
	List *values;
	int n;
} Columns;

/*
 * Find a relation in a join tree
 */
static Standing
standing(Node *node, int varno)
{
	if (node == NULL)
		return ABSENT;
	if (IsA(node, RangeTblRef))
		return ((RangeTblRef *) node)->rtindex == varno ? NOT_NULLABLE : ABSENT;
	if (IsA(node, FromExpr))
	{
		ListCell *cell;

		foreach (cell, ((FromExpr *) node)->fromlist)
		{
			Standing found = standing(lfirst(cell), varno);

			if (found != ABSENT)
				return found;
		}
		return ABSENT;
	}
	if (IsA(node, JoinExpr))
	{
		JoinExpr *join = (JoinExpr *) node;
		Standing found = standing(join->larg, varno);

		if (found != ABSENT)
			return join->jointype == JOIN_RIGHT || join->jointype == JOIN_FULL ? NULLABLE : found;
		found = standing(join->rarg, varno);
		if (found != ABSENT && join->jointype != JOIN_INNER && join->jointype != JOIN_SEMI &&
			join->jointype != JOIN_RIGHT)
			return NULLABLE;
		return found;
	}
	return NULLABLE; /* a node we don't know */
}

/*
 * Can the row never be one that a join made of NULLs?
 */
static bool
is_stored_row(const Query *query, const Var *var)
{
	if (query->commandType == CMD_MERGE || jorge_var_is_old_or_new(var))
		return false;
	switch (standing((Node *) query->jointree, var->varno))
	{
		case NOT_NULLABLE:
			return true;
		case NULLABLE:
			return false;
		case ABSENT:
			return query->commandType == CMD_INSERT && query->resultRelation == var->varno;
	}
	return false;
}

/*
 * Is there an index on an expression of the whole row? Its expression is not rewritten, so a query's
 * must not be, to match it.
 */
static bool
has_row_index(Relation rel)
{
	Bitmapset *indexed = jorge_indexed_attributes(rel);
	bool found = bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, indexed);

	bms_free(indexed);
	return found;
}

/*
 * Take a column if it is one that a lead is read from, and the first of its name
 */
static void
add_column(Columns *columns, const char *name, Expr *value)
{
	for (int i = 0; i < columns->n; i++)
		if (strcmp(TextDatumGetCString(columns->names[i]), name) == 0)
			return;
	for (int c = 0; c < jorge_lead_ncolumns; c++)
		if (strcmp(jorge_lead_columns[c].name, name) == 0)
		{
			columns->names[columns->n++] = CStringGetTextDatum(name);
			columns->values = lappend(columns->values, value);
			return;
		}
}

/*
 * Find the columns of a table's whole row; none where it must stay one
 */
static void
columns_of_relation(PlannerInfo *root, const Var *var, bool immutable, Columns *columns)
{
	RangeTblEntry *rte;
	Relation rel;
	TupleDesc desc;

	if (var->varattno != InvalidAttrNumber || var->varlevelsup != 0 || var->varno < 1 ||
		var->varno > list_length(root->parse->rtable))
		return;
	rte = rt_fetch(var->varno, root->parse->rtable);
	if (rte->rtekind != RTE_RELATION || var->vartype != get_rel_type_id(rte->relid) ||
		!is_stored_row(root->parse, var))
		return;

	rel = table_open(rte->relid, NoLock);
	desc = RelationGetDescr(rel);
	if ((rel->rd_rel->relkind == RELKIND_RELATION || rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ||
		 rel->rd_rel->relkind == RELKIND_MATVIEW) &&
		!(immutable && has_row_index(rel)))
		for (int a = 0; a < desc->natts; a++)
		{
			Form_pg_attribute att = TupleDescAttr(desc, a);

			if (!att->attisdropped)
				add_column(columns, NameStr(att->attname),
						   (Expr *) makeVar(var->varno, att->attnum, att->atttypid, att->atttypmod,
											att->attcollation, 0));
		}
	table_close(rel, NoLock);
}

/*
 * Is the relation one of the query's, so that the plan is made again when it changes?
 */
static bool
is_of_query(PlannerInfo *root, Oid relid)
{
	ListCell *cell;

	foreach (cell, root->parse->rtable)
		if (((RangeTblEntry *) lfirst(cell))->relid == relid)
			return true;
	return false;
}

/*
 * Find the columns of a row that the query itself makes: that of a subquery, a join or a view. It is never NULL.
 */
static void
columns_of_row(PlannerInfo *root, RowExpr *row, Columns *columns)
{
	Oid relid = row->row_typeid == RECORDOID ? InvalidOid : get_typ_typrelid(row->row_typeid);
	ListCell *name;
	ListCell *value;

	/* what is not read would not be computed */
	if (contain_volatile_functions((Node *) row))
		return;
	if (row->row_typeid == RECORDOID && list_length(row->colnames) == list_length(row->args))
		forboth(name, row->colnames, value, row->args)
			add_column(columns, strVal(lfirst(name)), lfirst(value));
	else if (OidIsValid(relid) && get_rel_relkind(relid) == RELKIND_VIEW && is_of_query(root, relid))
	{
		TupleDesc desc = lookup_rowtype_tupdesc(row->row_typeid, -1);

		if (desc->natts == list_length(row->args))
			foreach (value, row->args)
				add_column(columns, NameStr(TupleDescAttr(desc, foreach_current_index(value))->attname),
						   lfirst(value));
		ReleaseTupleDesc(desc);
	}
}

/*
 * Find the function that takes columns instead of the row; InvalidOid if there is none we may call
 */
static Oid
columns_function(const FuncExpr *call)
{
	char *name = get_func_name(call->funcid);
	Oid types[MAX_OTHER_ARGS + 1];
	int ntypes = 0;
	ListCell *cell;
	Oid found;

	/* without the right to call it the call must fail, as it was written */
	if (name == NULL || list_length(call->args) > MAX_OTHER_ARGS || !jorge_may_execute(call->funcid))
		return InvalidOid;
	types[ntypes++] = TEXTARRAYOID;
	for_each_from(cell, call->args, 1)
		types[ntypes++] = exprType(lfirst(cell));
	types[ntypes++] = ANYOID;
	found = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
							CStringGetDatum(psprintf("%s" COLUMNS_SUFFIX, name)),
							PointerGetDatum(buildoidvector(types, ntypes)),
							ObjectIdGetDatum(get_func_namespace(call->funcid)));
	return OidIsValid(found) && jorge_may_execute(found) ? found : InvalidOid;
}

/*
 * Rewrite a call with a whole row, NULL where it must stay as it is
 */
static Node *
simplify(SupportRequestSimplify *request)
{
	FuncExpr *call = request->fcall;
	Node *row = call->args == NIL ? NULL : linitial(call->args);
	Columns columns = {.values = NIL, .n = 0};
	FuncExpr *result;
	ArrayType *names;
	List *args;
	Oid function;

	/* no root: an expression outside a query, such as an index's */
	if (request->root == NULL || row == NULL || request->root->parse->groupingSets != NIL)
		return NULL;
	if (IsA(row, Var))
		columns_of_relation(request->root, (Var *) row, func_volatile(call->funcid) == PROVOLATILE_IMMUTABLE,
							&columns);
	else if (IsA(row, RowExpr))
		columns_of_row(request->root, (RowExpr *) row, &columns);
	if (columns.n == 0 || columns.n + MAX_OTHER_ARGS > FUNC_MAX_ARGS)
		return NULL;
	function = columns_function(call);
	if (!OidIsValid(function))
		return NULL;

	names = construct_array(columns.names, columns.n, TEXTOID, -1, false, TYPALIGN_INT);
	args = list_make1(makeConst(TEXTARRAYOID, -1, DEFAULT_COLLATION_OID, -1, PointerGetDatum(names), false, false));
	args = list_concat(args, list_copy_tail(call->args, 1));
	args = list_concat(args, columns.values);
	result = makeFuncExpr(function, call->funcresulttype, args, call->funccollid, call->inputcollid,
						  COERCE_EXPLICIT_CALL);
	result->location = call->location;
	return (Node *) result;
}

/*
 * Support function of those functions of a row that have a form for columns
 */
Datum
jorge_row_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestSimplify))
		PG_RETURN_POINTER(simplify((SupportRequestSimplify *) request));
	PG_RETURN_POINTER(NULL);
}
