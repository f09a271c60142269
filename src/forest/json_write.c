/*
 * json_write.c: from UBJ to JSON text that XGBoost reads back bit by bit.
 *
 * A float32 is printed as the shortest decimal that reads back as the same float32, always with an
 * exponent or a point, because XGBoost takes a bare "1" for an integer and refuses it among floats.
 * Of the escapes only those XGBoost knows are used; other control characters are \u00XX.
 */
#include "core/jorge.h"

#include "common/shortest_dec.h"
#include "forest/json.h"
#include "forest/ubj.h"
#include "utils/builtins.h"

/* sign and 19 digits */
#define MAX_INT64_DIGITS 20

static void write_value(UbjReader *reader, char marker, int depth, StringInfo json);

/*
 * Write a string in quotes
 */
static void
write_string(UbjText text, StringInfo json)
{
	const char *end = text.data + text.length;

	appendStringInfoChar(json, '"');
	for (const char *at = text.data; at < end;)
	{
		const char *from = at;

		while (at < end && (unsigned char) *at >= ' ' && *at != '"' && *at != '\\')
			at++;
		appendBinaryStringInfo(json, from, (int) (at - from));
		if (at == end)
			break;
		switch (*at)
		{
			case '"':
				appendStringInfoString(json, "\\\"");
				break;
			case '\\':
				appendStringInfoString(json, "\\\\");
				break;
			case '\n':
				appendStringInfoString(json, "\\n");
				break;
			case '\r':
				appendStringInfoString(json, "\\r");
				break;
			case '\t':
				appendStringInfoString(json, "\\t");
				break;
			default:
				appendStringInfo(json, "\\u%04x", (unsigned char) *at);
		}
		at++;
	}
	appendStringInfoChar(json, '"');
}

/*
 * Write a float32 or float64
 */
static void
write_float(UbjReader *reader, char marker, StringInfo json)
{
	double value = jorge_ubj_number(reader, marker);
	char digits[DOUBLE_SHORTEST_DECIMAL_LEN];

	if (isnan(value))
	{
		appendStringInfoString(json, "NaN");
		return;
	}
	if (isinf(value))
	{
		appendStringInfoString(json, value < 0 ? "-Infinity" : "Infinity");
		return;
	}
	if (marker == 'd')
		float_to_shortest_decimal_buf((float) value, digits);
	else
		double_to_shortest_decimal_buf(value, digits);
	appendStringInfoString(json, digits);
	if (strpbrk(digits, ".e") == NULL)
		appendStringInfoString(json, "E0");
}

static void
write_integer(int64 value, StringInfo json)
{
	char digits[MAX_INT64_DIGITS + 1];

	appendBinaryStringInfo(json, digits, pg_lltoa(value, digits));
}

static void
write_object(UbjReader *reader, int depth, StringInfo json)
{
	UbjText key;
	bool first = true;

	appendStringInfoChar(json, '{');
	while (jorge_ubj_next_key(reader, &key))
	{
		if (!first)
			appendStringInfoChar(json, ',');
		first = false;
		write_string(key, json);
		appendStringInfoChar(json, ':');
		write_value(reader, jorge_ubj_marker(reader), depth + 1, json);
	}
	appendStringInfoChar(json, '}');
}

static void
write_array(UbjReader *reader, int depth, StringInfo json)
{
	UbjArray array;
	bool first = true;

	jorge_ubj_open_array(reader, &array);
	appendStringInfoChar(json, '[');
	while (jorge_ubj_next_element(reader, &array))
	{
		if (!first)
			appendStringInfoChar(json, ',');
		first = false;
		write_value(reader, array.type != 0 ? array.type : jorge_ubj_marker(reader), depth + 1,
					json);
	}
	appendStringInfoChar(json, ']');
}

/*
 * Write the value that follows its marker
 */
static void
write_value(UbjReader *reader, char marker, int depth, StringInfo json)
{
	CHECK_FOR_INTERRUPTS();
	if (depth > UBJ_MAX_DEPTH)
		jorge_ubj_malformed(reader, "values nest deeper than %d", UBJ_MAX_DEPTH);
	switch (marker)
	{
		case '{':
			write_object(reader, depth, json);
			break;
		case '[':
			write_array(reader, depth, json);
			break;
		case 'S':
			write_string(jorge_ubj_text(reader), json);
			break;
		case 'Z':
			appendStringInfoString(json, "null");
			break;
		case 'T':
			appendStringInfoString(json, "true");
			break;
		case 'F':
			appendStringInfoString(json, "false");
			break;
		case 'd':
		case 'D':
			write_float(reader, marker, json);
			break;
		default:
			write_integer(jorge_ubj_integer(reader, marker), json);
	}
}

void
jorge_ubj_to_json(const char *ubj, Size length, StringInfo json)
{
	UbjReader reader = {
		.data = ubj, .length = length, .sqlstate = ERRCODE_INVALID_BINARY_REPRESENTATION};

	write_value(&reader, jorge_ubj_marker(&reader), 0, json);
}
