/*
 * template.c: texts with variables.
 *
 * {{name}} is replaced by a value, {{name|words}} by the words where there is none. Nothing else is special, and
 * what a value holds is never looked at again: a person whose name is "{{agent_name}}" gets it back.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

JORGE_FUNCTION(jorge_render);
JORGE_FUNCTION(jorge_template_variables);

/* Longest template and longest result; a text message is a few hundred bytes, a mail a few thousand. */
#define TEMPLATE_MAX (64 * 1024)
#define RESULT_MAX (256 * 1024)

typedef struct Variable
{
	const char *name;
	int name_length;
	const char *fallback; /* NULL = none */
	int fallback_length;
} Variable;

/*
 * Read the variable at "{{"; returns what follows it
 */
static const char *
read_variable(const char *p, const char *end, Variable *variable)
{
	const char *start = p;

	p += 2;
	variable->name = p;
	while (p < end && ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_'))
		p++;
	variable->name_length = (int) (p - variable->name);
	variable->fallback = NULL;
	variable->fallback_length = 0;
	if (p < end && *p == '|')
	{
		variable->fallback = ++p;
		while (p < end && *p != '{' && *p != '}')
			p++;
		variable->fallback_length = (int) (p - variable->fallback);
	}
	if (variable->name_length == 0 || end - p < 2 || p[0] != '}' || p[1] != '}')
	{
		int shown = pg_mbcliplen(start, (int) (end - start), 40);

		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
						errmsg("not a variable: %.*s", shown, start),
						errhint("Write {{name}} or {{name|words if it is not known}}; names have letters a-z, digits and _.")));
	}
	return p + 2;
}

/*
 * Find the next "{{" or a stray "}}"; end if there is none
 */
static const char *
next_mark(const char *p, const char *end)
{
	for (; p + 1 < end; p++)
	{
		if (p[0] == '{' && p[1] == '{')
			return p;
		if (p[0] == '}' && p[1] == '}')
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("}} without {{ in a template")));
	}
	return end;
}

/*
 * Append a value, its control characters as blanks; for HTML with &, <, >, " and ' escaped
 */
static void
append_value(StringInfo to, const char *value, int length, bool html)
{
	for (int i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) value[i];

		if (c < ' ' || c == 0x7F)
			appendStringInfoChar(to, ' ');
		else if (!html)
			appendStringInfoChar(to, c);
		else if (c == '&')
			appendStringInfoString(to, "&amp;");
		else if (c == '<')
			appendStringInfoString(to, "&lt;");
		else if (c == '>')
			appendStringInfoString(to, "&gt;");
		else if (c == '"')
			appendStringInfoString(to, "&quot;");
		else if (c == '\'')
			appendStringInfoString(to, "&#39;");
		else
			appendStringInfoChar(to, c);
	}
}

static void
check_length(int length)
{
	if (length > TEMPLATE_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("a template is %d bytes at most", TEMPLATE_MAX)));
}

/*
 * Look a value up: text as it is, numbers as written; NULL for what is missing, null, empty or no scalar
 */
static char *
value_of(Jsonb *values, const Variable *variable)
{
	JsonbValue key, found;
	char *text = NULL;

	key.type = jbvString;
	key.val.string.val = unconstify(char *, variable->name);
	key.val.string.len = variable->name_length;
	if (getKeyJsonValueFromContainer(&values->root, key.val.string.val, key.val.string.len, &found) == NULL)
		return NULL;
	if (found.type == jbvString)
		text = pnstrdup(found.val.string.val, found.val.string.len);
	else if (found.type == jbvNumeric)
		text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(found.val.numeric)));
	else if (found.type == jbvBool)
		text = pstrdup(found.val.boolean ? "true" : "false");
	return text != NULL && text[strspn(text, " \t\r\n")] != '\0' ? text : NULL;
}

/*
 * Fill a template; a variable that has neither value nor words to stand for it is an error
 */
Datum
jorge_render(PG_FUNCTION_ARGS)
{
	text *template = PG_GETARG_TEXT_PP(0);
	Jsonb *values = PG_GETARG_JSONB_P(1);
	bool html = PG_GETARG_BOOL(2);
	const char *p = VARDATA_ANY(template);
	const char *end = p + VARSIZE_ANY_EXHDR(template);
	StringInfoData result;

	check_length((int) (end - p));
	if (!JB_ROOT_IS_OBJECT(values))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the values of a template are a JSON object")));
	initStringInfo(&result);
	while (p < end)
	{
		const char *mark = next_mark(p, end);
		Variable variable;
		char *value;

		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(&result, p, (int) (mark - p));
		if (mark == end)
			break;
		p = read_variable(mark, end, &variable);
		value = value_of(values, &variable);
		if (value != NULL)
			append_value(&result, value, (int) strlen(value), html);
		else if (variable.fallback != NULL)
			appendBinaryStringInfo(&result, variable.fallback, variable.fallback_length);
		else
			ereport(ERROR, (errcode(ERRCODE_NO_DATA_FOUND),
							errmsg("there is no value for {{%.*s}}", variable.name_length, variable.name),
							errhint("Give it one, or say in the template what to write without: {{%.*s|words}}.",
									variable.name_length, variable.name)));
		if (result.len > RESULT_MAX)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("a filled template is longer than %d bytes", RESULT_MAX)));
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}

/*
 * Rows of a template's variables in the order they are written: name, words to stand for it
 */
Datum
jorge_template_variables(PG_FUNCTION_ARGS)
{
	text *template = PG_GETARG_TEXT_PP(0);
	ReturnSetInfo *set = (ReturnSetInfo *) fcinfo->resultinfo;
	const char *p = VARDATA_ANY(template);
	const char *end = p + VARSIZE_ANY_EXHDR(template);

	check_length((int) (end - p));
	InitMaterializedSRF(fcinfo, 0);
	for (p = next_mark(p, end); p < end; p = next_mark(p, end))
	{
		Variable variable;
		Datum values[2];
		bool nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		p = read_variable(p, end, &variable);
		values[0] = PointerGetDatum(cstring_to_text_with_len(variable.name, variable.name_length));
		nulls[1] = variable.fallback == NULL;
		values[1] = nulls[1] ? (Datum) 0
							 : PointerGetDatum(cstring_to_text_with_len(variable.fallback, variable.fallback_length));
		tuplestore_putvalues(set->setResult, set->setDesc, values, nulls);
	}
	return (Datum) 0;
}
