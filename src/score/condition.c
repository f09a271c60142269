/*
 * condition.c: conditions as jsonb, so that rules are rows and no rule is code.
 *
 *   condition := {NAME: test, ..., "all": [condition, ...], "any": [condition, ...], "not": condition}
 *   test      := scalar             equal to it; null = not known
 *              | [scalar, ...]      equal to one of them
 *              | {OPERATOR: operand, ...}   all of =, <>, <, <=, >, >=, in, known
 *
 * All members of a condition must hold, so {} always does. Facts are an object NAME: scalar; a fact that is
 * absent or null is not known, and then only null, "known": false and their "not" hold.
 */
#include "core/jorge.h"

#include "score/close_names.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

typedef enum Operator
{
	OP_EQUAL,
	OP_UNEQUAL,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_GREATER,
	OP_GREATER_EQUAL,
	OP_IN,
	OP_KNOWN,
	OPERATORS
} Operator;

static const char *const operator_names[OPERATORS] = {"=", "<>", "<", "<=", ">", ">=", "in", "known"};

JORGE_FUNCTION(jorge_condition_met);
JORGE_FUNCTION(jorge_condition_check);

/*
 * Tell whether a key is this word
 */
static bool
is_key(const JsonbValue *key, const char *word)
{
	return key->val.string.len == strlen(word) && memcmp(key->val.string.val, word, key->val.string.len) == 0;
}

/*
 * Find an operator by its name, OPERATORS if there is none
 */
static Operator
find_operator(const JsonbValue *name)
{
	int op = 0;

	while (op < OPERATORS && !is_key(name, operator_names[op]))
		op++;
	return op;
}

/* ---- evaluating ---- */

static bool condition_met(JsonbContainer *condition, JsonbContainer *facts);

/*
 * Tell whether a fact, NULL = not known, equals a scalar
 */
static bool
equals(const JsonbValue *fact, const JsonbValue *scalar)
{
	if (fact == NULL || scalar->type == jbvNull)
		return fact == NULL && scalar->type == jbvNull;
	if (fact->type != scalar->type)
		return false;
	switch (fact->type)
	{
		case jbvString:
			return fact->val.string.len == scalar->val.string.len &&
				   memcmp(fact->val.string.val, scalar->val.string.val, fact->val.string.len) == 0;
		case jbvNumeric:
			return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(fact->val.numeric),
													NumericGetDatum(scalar->val.numeric)));
		case jbvBool:
			return fact->val.boolean == scalar->val.boolean;
		default:
			return false;
	}
}

/*
 * Tell whether a fact equals one of an array's elements
 */
static bool
is_one_of(const JsonbValue *fact, JsonbContainer *array)
{
	JsonbIterator *iterator = JsonbIteratorInit(array);
	JsonbValue value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_ELEM && equals(fact, &value))
			return true;
	return false;
}

/*
 * Apply one operator to a fact
 */
static bool
operator_holds(Operator op, const JsonbValue *fact, const JsonbValue *operand)
{
	int order;

	if (op == OP_KNOWN)
		return operand->type == jbvBool && (fact != NULL) == operand->val.boolean;
	if (fact == NULL)
		return false;
	if (op == OP_EQUAL)
		return equals(fact, operand);
	if (op == OP_UNEQUAL)
		return !equals(fact, operand);
	if (op == OP_IN)
		return operand->type == jbvBinary && JsonContainerIsArray(operand->val.binary.data) &&
			   is_one_of(fact, operand->val.binary.data);

	if (fact->type != jbvNumeric || operand->type != jbvNumeric)
		return false;
	order = DatumGetInt32(DirectFunctionCall2(numeric_cmp, NumericGetDatum(fact->val.numeric),
											  NumericGetDatum(operand->val.numeric)));
	switch (op)
	{
		case OP_LESS:
			return order < 0;
		case OP_LESS_EQUAL:
			return order <= 0;
		case OP_GREATER:
			return order > 0;
		case OP_GREATER_EQUAL:
			return order >= 0;
		default:
			return false; /* no operator we know */
	}
}

/*
 * Apply a test to a fact
 */
static bool
test_holds(const JsonbValue *fact, const JsonbValue *test)
{
	JsonbIterator *iterator;
	JsonbValue value;
	JsonbIteratorToken token;
	Operator op = OPERATORS;

	if (test->type != jbvBinary)
		return equals(fact, test);
	if (JsonContainerIsArray(test->val.binary.data))
		return is_one_of(fact, test->val.binary.data);
	iterator = JsonbIteratorInit(test->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			op = find_operator(&value);
		else if (token == WJB_VALUE && !operator_holds(op, fact, &value))
			return false;
	}
	return true;
}

/*
 * Tell whether all, or any, of an array's conditions hold
 */
static bool
conditions_met(const JsonbValue *array, JsonbContainer *facts, bool any)
{
	JsonbIterator *iterator;
	JsonbValue value;
	JsonbIteratorToken token;

	if (array->type != jbvBinary || !JsonContainerIsArray(array->val.binary.data))
		return false;
	iterator = JsonbIteratorInit(array->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_ELEM &&
			(value.type == jbvBinary && condition_met(value.val.binary.data, facts)) == any)
			return any;
	return !any;
}

/*
 * Tell whether a condition holds
 */
static bool
condition_met(JsonbContainer *condition, JsonbContainer *facts)
{
	JsonbIterator *iterator;
	JsonbValue key = {.type = jbvNull};
	JsonbValue value;
	JsonbIteratorToken token;

	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	if (!JsonContainerIsObject(condition))
		return false;
	iterator = JsonbIteratorInit(condition);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		bool holds;

		if (token == WJB_KEY)
			key = value;
		if (token != WJB_VALUE)
			continue;
		if (is_key(&key, "all") || is_key(&key, "any"))
			holds = conditions_met(&value, facts, is_key(&key, "any"));
		else if (is_key(&key, "not"))
			holds = value.type == jbvBinary && !condition_met(value.val.binary.data, facts);
		else
		{
			JsonbValue room;
			JsonbValue *fact =
				getKeyJsonValueFromContainer(facts, key.val.string.val, key.val.string.len, &room);

			holds = test_holds(fact == NULL || fact->type == jbvNull ? NULL : fact, &value);
		}
		if (!holds)
			return false;
	}
	return true;
}

/*
 * Tell whether a condition holds for some facts
 */
Datum
jorge_condition_met(PG_FUNCTION_ARGS)
{
	Jsonb *condition = PG_GETARG_JSONB_P(0);
	Jsonb *facts = PG_GETARG_JSONB_P(1);

	if (!JB_ROOT_IS_OBJECT(facts))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("facts are a JSON object"),
						errhint("For example: {\"class\": \"HOT\", \"score\": 91.5}.")));
	PG_RETURN_BOOL(condition_met(&condition->root, &facts->root));
}

/* ---- checking ---- */

static void check_condition(JsonbContainer *condition, JsonbContainer *known);

/*
 * Get how many bytes of a name fit a message
 */
static int
shown(const JsonbValue *name)
{
	return pg_mbcliplen(name->val.string.val, name->val.string.len, NAMEDATALEN);
}

/*
 * Refuse a condition
 */
static void
refuse(const JsonbValue *key, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("condition on \"%.*s\" %s", shown(key), key->val.string.val, what),
					errhint("Write {\"score\": {\">=\": 50, \"<\": 80}, \"class\": [\"HOT\", \"WARM\"], \"side\": \"buyer\", "
							"\"budget_midpoint\": null}; operators are =, <>, <, <=, >, >=, in, known; all, any and not "
							"join conditions.")));
}

/*
 * Refuse a name that is no fact
 */
static void
refuse_name(const JsonbValue *key, JsonbContainer *known)
{
	const char **names = palloc(sizeof(char *) * Max(JsonContainerSize(known), 1));
	JsonbIterator *iterator = JsonbIteratorInit(known);
	JsonbValue value;
	JsonbIteratorToken token;
	char *close;
	int n = 0;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_KEY)
			names[n++] = pnstrdup(value.val.string.val, value.val.string.len);
	close = jorge_close_names(key->val.string.val, key->val.string.len, names, n);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("there is no fact \"%.*s\"", shown(key), key->val.string.val),
					close ? errhint("Perhaps: %s. All are in the view jorge.fact.", close)
						  : errhint("See SELECT name, meaning FROM jorge.fact.")));
}

/*
 * Refuse a scalar that can't equal a fact of this type
 */
static void
check_scalar(const JsonbValue *key, const JsonbValue *scalar, const JsonbValue *type)
{
	bool fits = scalar->type == jbvNull || (is_key(type, "number") && scalar->type == jbvNumeric) ||
				(is_key(type, "text") && scalar->type == jbvString) ||
				(is_key(type, "boolean") && scalar->type == jbvBool);

	if (!fits)
		refuse(key, psprintf("compares it with something else than a %.*s", type->val.string.len, type->val.string.val));
}

/*
 * Check the elements of an array that a fact is looked for in
 */
static void
check_list(const JsonbValue *key, const JsonbValue *list, const JsonbValue *type)
{
	JsonbIterator *iterator;
	JsonbValue value;
	JsonbIteratorToken token;

	if (list->type != jbvBinary || !JsonContainerIsArray(list->val.binary.data))
		refuse(key, "needs a list");
	iterator = JsonbIteratorInit(list->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_ELEM)
			check_scalar(key, &value, type);
}

/*
 * Check the test of a fact of this type
 */
static void
check_test(const JsonbValue *key, const JsonbValue *test, const JsonbValue *type)
{
	JsonbIterator *iterator;
	JsonbValue value;
	JsonbIteratorToken token;
	Operator op = OPERATORS;

	if (test->type != jbvBinary)
	{
		check_scalar(key, test, type);
		return;
	}
	if (JsonContainerIsArray(test->val.binary.data))
	{
		check_list(key, test, type);
		return;
	}
	iterator = JsonbIteratorInit(test->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY && (op = find_operator(&value)) == OPERATORS)
			refuse(key, psprintf("has an unknown operator \"%.*s\"", shown(&value), value.val.string.val));
		if (token != WJB_VALUE)
			continue;
		if (op == OP_IN)
			check_list(key, &value, type);
		else if (op == OP_KNOWN)
		{
			if (value.type != jbvBool)
				refuse(key, "has \"known\" with something else than true or false");
		}
		else if (op == OP_EQUAL || op == OP_UNEQUAL)
		{
			if (value.type == jbvNull)
				refuse(key, "compares it with null: write null alone, or \"known\"");
			check_scalar(key, &value, type);
		}
		else if (value.type != jbvNumeric || !is_key(type, "number"))
			refuse(key, psprintf("has \"%s\", which compares numbers only", operator_names[op]));
	}
}

/*
 * Check an array of conditions
 */
static void
check_conditions(const JsonbValue *key, const JsonbValue *array, JsonbContainer *known)
{
	JsonbIterator *iterator;
	JsonbValue value;
	JsonbIteratorToken token;

	if (array->type != jbvBinary || !JsonContainerIsArray(array->val.binary.data))
		refuse(key, "needs a list of conditions");
	iterator = JsonbIteratorInit(array->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
		if (token == WJB_ELEM)
		{
			if (value.type != jbvBinary)
				refuse(key, "needs a list of conditions");
			check_condition(value.val.binary.data, known);
		}
}

/*
 * Check a condition: known names, known operators, values of the right type
 */
static void
check_condition(JsonbContainer *condition, JsonbContainer *known)
{
	JsonbIterator *iterator;
	JsonbValue key = {.type = jbvNull};
	JsonbValue value;
	JsonbIteratorToken token;

	check_stack_depth();
	if (!JsonContainerIsObject(condition))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a condition is a JSON object"),
						errhint("{} always holds; {\"class\": \"HOT\"} holds for hot leads.")));
	iterator = JsonbIteratorInit(condition);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			key = value;
		if (token != WJB_VALUE)
			continue;
		if (is_key(&key, "all") || is_key(&key, "any"))
			check_conditions(&key, &value, known);
		else if (is_key(&key, "not"))
		{
			if (value.type != jbvBinary)
				refuse(&key, "needs a condition");
			check_condition(value.val.binary.data, known);
		}
		else
		{
			JsonbValue room;
			JsonbValue *type =
				getKeyJsonValueFromContainer(known, key.val.string.val, key.val.string.len, &room);

			if (type == NULL || type->type != jbvString)
				refuse_name(&key, known);
			check_test(&key, &value, type);
		}
	}
}

/*
 * Refuse a condition that could never be meant; true otherwise
 */
Datum
jorge_condition_check(PG_FUNCTION_ARGS)
{
	Jsonb *condition = PG_GETARG_JSONB_P(0);
	Jsonb *known = PG_GETARG_JSONB_P(1);

	if (!JB_ROOT_IS_OBJECT(known))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("known facts are a JSON object"),
						errhint("For example: {\"class\": \"text\", \"score\": \"number\"}.")));
	check_condition(&condition->root, &known->root);
	PG_RETURN_BOOL(true);
}
