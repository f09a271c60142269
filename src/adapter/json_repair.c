/*
 * json_repair.c: JSON as senders write it, made what jsonb takes.
 *
 * Templates of automation tools paste a contact's words between quotes, so line ends and tabs stand
 * raw in strings; phones send halves of emoji; and PostgreSQL's text holds no zero character.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

/* Bytes of \u and four hexadecimal digits */
#define ESCAPE_LENGTH 6

/*
 * Get the code unit of the escape at p, -1 if none is there
 */
static int
code_unit(const char *p, const char *end)
{
	int unit = 0;

	if (end - p < ESCAPE_LENGTH || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < ESCAPE_LENGTH; i++)
	{
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/*
 * Copy the escape at p, put right, and return its length
 */
static int
copy_escape(StringInfo to, const char *p, const char *end)
{
	int unit = code_unit(p, end);

	if (unit < 0)
	{
		int length = Min(2, end - p);

		appendBinaryStringInfo(to, p, length);
		return length;
	}
	if (unit >= 0xD800 && unit < 0xDC00)
	{
		int low = code_unit(p + ESCAPE_LENGTH, end);

		if (low >= 0xDC00 && low < 0xE000)
		{
			appendBinaryStringInfo(to, p, 2 * ESCAPE_LENGTH);
			return 2 * ESCAPE_LENGTH;
		}
	}
	if (unit >= 0xD800 && unit < 0xE000)
		appendStringInfoString(to, "?");
	else if (unit != 0)
		appendBinaryStringInfo(to, p, ESCAPE_LENGTH);
	return ESCAPE_LENGTH;
}

void
jorge_json_repair(StringInfo to, Span json)
{
	const char *p = json.data;
	const char *end = p + json.length;
	bool in_string = false;

	while (p < end)
	{
		if (in_string && *p == '\\')
		{
			p += copy_escape(to, p, end);
			continue;
		}
		if (*p == '"')
			in_string = !in_string;
		if (in_string && (unsigned char) *p < 0x20)
			appendStringInfo(to, "\\u%04x", (unsigned char) *p);
		else
			appendStringInfoCharMacro(to, *p);
		p++;
	}
}
