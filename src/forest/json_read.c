/*
 * json_read.c: from JSON text to UBJ.
 *
 * JSON as XGBoost writes it: RFC 8259 plus the numbers NaN, Infinity and -Infinity. The result is
 * byte for byte what XGBoost's own UBJ of the model is, where the keys stand in its order.
 *
 * Numbers: in a tree's arrays the type is the array's. Elsewhere an integer takes the width XGBoost
 * gives it, any other number is a float32 if that prints as the same number, else a float64 (which
 * XGBoost reads from UBJ since 2.1 only).
 */
#include "core/jorge.h"

#include "common/shortest_dec.h"
#include "forest/json.h"
#include "forest/ubj.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"

/* Where in a model a value stands; decides which arrays are typed. */
typedef enum Place
{
	PLACE_OTHER,
	PLACE_ROOT,
	PLACE_LEARNER,
	PLACE_BOOSTER,
	PLACE_MODEL,
	PLACE_TREES,
	PLACE_TREE
} Place;

typedef struct Step
{
	Place from;
	const char *key;
	Place to;
} Step;

static const Step steps[] = {
	{PLACE_ROOT, "learner", PLACE_LEARNER},
	{PLACE_LEARNER, "gradient_booster", PLACE_BOOSTER},
	{PLACE_BOOSTER, "model", PLACE_MODEL},
	{PLACE_MODEL, "trees", PLACE_TREES},
};

typedef struct TypedKey
{
	const char *key;
	char type;
} TypedKey;

static const TypedKey typed_keys[] = {
	{"base_weights", 'd'},        {"categories", 'l'},       {"categories_nodes", 'l'},
	{"categories_segments", 'L'}, {"categories_sizes", 'L'}, {"default_left", 'U'},
	{"left_children", 'l'},       {"loss_changes", 'd'},     {"parents", 'l'},
	{"right_children", 'l'},      {"split_conditions", 'd'}, {"split_indices", 'l'},
	{"split_type", 'U'},          {"sum_hessian", 'd'},
};

#define WEIGHTS "weights"

typedef struct JsonReader
{
	const char *text; /* ends with a zero byte */
	const char *end;
	const char *at;
	StringInfo ubj;
	int depth;
} JsonReader;

/* A number as it stands in the text */
typedef struct Token
{
	const char *start;
	bool integral; /* no fraction, no exponent, fits int64 */
	bool special;  /* NaN, Infinity, -Infinity */
	int64 integer;
} Token;

static void read_value(JsonReader *reader, Place place, char type);

/*
 * Report malformed JSON at the place reached
 */
pg_noreturn static void
bad(const JsonReader *reader, const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid forest: %s at byte %zu of the text", what,
						   (Size) (reader->at - reader->text) + 1),
					errhint("A forest's text is the JSON of XGBoost's save_model() or "
							"save_raw(raw_format=\"json\").")));
}

static inline void
skip_space(JsonReader *reader)
{
	while (*reader->at == ' ' || *reader->at == '\n' || *reader->at == '\r' || *reader->at == '\t')
		reader->at++;
}

/*
 * Enter a container
 */
static void
descend(JsonReader *reader)
{
	if (reader->depth == UBJ_MAX_DEPTH)
		bad(reader, "too deeply nested value");
	reader->depth++;
	reader->at++;
}

/*
 * Take one punctuation character
 */
static void
expect(JsonReader *reader, char c, const char *what)
{
	if (*reader->at != c)
		bad(reader, what);
	reader->at++;
}

/*
 * Take a word if it comes next
 */
static bool
word(JsonReader *reader, const char *literal)
{
	Size length = strlen(literal);

	if (strncmp(reader->at, literal, length) != 0)
		return false;
	reader->at += length;
	return true;
}

/* ---- writing ---- */

static inline void
write_bytes(JsonReader *reader, const void *bytes, int n)
{
	if (reader->ubj->len + n > UBJ_MAX_LENGTH)
		jorge_ubj_too_big("its document has more than %d bytes as UBJ", UBJ_MAX_LENGTH);
	appendBinaryStringInfo(reader->ubj, bytes, n);
}

static inline void
write_char(JsonReader *reader, char c)
{
	write_bytes(reader, &c, 1);
}

/*
 * Write an integer of 1, 2, 4 or 8 bytes
 */
static void
write_integer(JsonReader *reader, int64 value, int bytes)
{
	uint64 wide = pg_hton64((uint64) value);

	write_bytes(reader, (const char *) &wide + 8 - bytes, bytes);
}

static void
write_float(JsonReader *reader, float value)
{
	uint32 bits;

	memcpy(&bits, &value, 4);
	write_integer(reader, bits, 4);
}

/*
 * Write an int64 length that isn't known yet; returns where it stands
 */
static int
reserve_length(JsonReader *reader)
{
	write_char(reader, 'L');
	write_integer(reader, 0, 8);
	return reader->ubj->len - 8;
}

static void
set_length(JsonReader *reader, int where, int64 value)
{
	uint64 wide = pg_hton64((uint64) value);

	memcpy(reader->ubj->data + where, &wide, 8);
}

/* ---- strings ---- */

/*
 * Read four hexadecimal digits
 */
static pg_wchar
read_hex4(JsonReader *reader)
{
	pg_wchar value = 0;

	for (int i = 0; i < 4; i++, reader->at++)
	{
		char c = *reader->at;

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if (c >= 'a' && c <= 'f')
			value |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value |= c - 'A' + 10;
		else
			bad(reader, "\\u not followed by four hexadecimal digits");
	}
	return value;
}

/*
 * Read what follows \u and write the character as UTF-8
 */
static void
read_unicode_escape(JsonReader *reader)
{
	pg_wchar c = read_hex4(reader);
	unsigned char utf8[4];

	if (is_utf16_surrogate_first(c))
	{
		pg_wchar second;

		if (!word(reader, "\\u"))
			bad(reader, "half a surrogate pair");
		second = read_hex4(reader);
		if (!is_utf16_surrogate_second(second))
			bad(reader, "half a surrogate pair");
		c = surrogate_pair_to_codepoint(c, second);
	}
	else if (is_utf16_surrogate_second(c))
		bad(reader, "half a surrogate pair");
	if (c == 0)
		bad(reader, "\\u0000, which no string may contain,");
	unicode_to_utf8(c, utf8);
	write_bytes(reader, utf8, pg_utf_mblen(utf8));
}

/*
 * Read a string and write its length and bytes; returns where the bytes start
 */
static int
read_string(JsonReader *reader)
{
	int length_at;
	int start;

	expect(reader, '"', "a string was expected");
	length_at = reserve_length(reader);
	start = reader->ubj->len;
	for (;;)
	{
		const char *from = reader->at;

		while ((unsigned char) *reader->at >= ' ' && *reader->at != '"' && *reader->at != '\\')
			reader->at++;
		write_bytes(reader, from, (int) (reader->at - from));
		if (*reader->at == '"')
			break;
		if (*reader->at != '\\')
			bad(reader, "string not closed, or a control character in it,");
		reader->at++;
		switch (*reader->at++)
		{
			case '"':
				write_char(reader, '"');
				break;
			case '\\':
				write_char(reader, '\\');
				break;
			case '/':
				write_char(reader, '/');
				break;
			case 'b':
				write_char(reader, '\b');
				break;
			case 'f':
				write_char(reader, '\f');
				break;
			case 'n':
				write_char(reader, '\n');
				break;
			case 'r':
				write_char(reader, '\r');
				break;
			case 't':
				write_char(reader, '\t');
				break;
			case 'u':
				read_unicode_escape(reader);
				break;
			default:
				reader->at--;
				bad(reader, "unknown escape in a string");
		}
	}
	reader->at++;
	set_length(reader, length_at, reader->ubj->len - start);
	return start;
}

/* ---- numbers ---- */

/*
 * Pass over digits; returns how many
 */
static int
digits(JsonReader *reader)
{
	const char *from = reader->at;

	while (*reader->at >= '0' && *reader->at <= '9')
		reader->at++;
	return (int) Min(reader->at - from, PG_INT32_MAX);
}

/*
 * Read a number's token
 */
static Token
read_token(JsonReader *reader)
{
	Token token = {.start = reader->at};
	const char *first;
	int n;

	if (word(reader, "NaN") || word(reader, "Infinity") || word(reader, "-Infinity"))
	{
		token.special = true;
		return token;
	}
	if (*reader->at == '-')
		reader->at++;
	first = reader->at;
	n = digits(reader);
	if (n == 0)
		bad(reader, "a value was expected");
	if (n > 1 && *first == '0')
		bad(reader, "number with a leading zero");
	token.integral = true;
	if (*reader->at == '.')
	{
		token.integral = false;
		reader->at++;
		if (digits(reader) == 0)
			bad(reader, "digit expected after the decimal point");
	}
	if (*reader->at == 'e' || *reader->at == 'E')
	{
		token.integral = false;
		reader->at++;
		if (*reader->at == '-' || *reader->at == '+')
			reader->at++;
		if (digits(reader) == 0)
			bad(reader, "digit expected in the exponent");
	}
	if (token.integral)
	{
		errno = 0;
		token.integer = strtoll(token.start, NULL, 10);
		token.integral = errno == 0;
	}
	return token;
}

/*
 * Value of a token as XGBoost reads it: integers as int64 (so that -0 is 0), others rounded to
 * float32
 */
static float
token_as_float(const Token *token)
{
	return token->integral ? (float) token->integer : strtof(token->start, NULL);
}

/*
 * Read a number and write it as an element of a typed array
 */
static void
read_typed_number(JsonReader *reader, char type)
{
	Token token;
	int64 low;
	int64 high;

	/* default_left was written as true and false before XGBoost 1.6 */
	if (type == 'U' && word(reader, "true"))
	{
		write_char(reader, 1);
		return;
	}
	if (type == 'U' && word(reader, "false"))
	{
		write_char(reader, 0);
		return;
	}
	token = read_token(reader);
	if (type == 'd')
	{
		write_float(reader, token_as_float(&token));
		return;
	}
	low = type == 'U' ? 0 : type == 'l' ? PG_INT32_MIN : PG_INT64_MIN;
	high = type == 'U' ? PG_UINT8_MAX : type == 'l' ? PG_INT32_MAX : PG_INT64_MAX;
	if (!token.integral || token.integer < low || token.integer > high)
	{
		reader->at = token.start;
		bad(reader, "an integer that fits its array was expected");
	}
	write_integer(reader, token.integer, type == 'U' ? 1 : type == 'l' ? 4 : 8);
}

/*
 * Read a number and write it as a value of its own
 */
static void
read_number(JsonReader *reader)
{
	Token token = read_token(reader);
	float narrow = token_as_float(&token);
	double wide;
	char shortest[FLOAT_SHORTEST_DECIMAL_LEN];

	if (token.integral)
	{
		/* widths as XGBoost's writer chooses them: the bounds themselves go to the next one */
		int64 value = token.integer;

		if (value > PG_INT8_MIN && value < PG_INT8_MAX)
		{
			write_char(reader, 'i');
			write_integer(reader, value, 1);
		}
		else if (value > PG_INT16_MIN && value < PG_INT16_MAX)
		{
			write_char(reader, 'I');
			write_integer(reader, value, 2);
		}
		else if (value > PG_INT32_MIN && value < PG_INT32_MAX)
		{
			write_char(reader, 'l');
			write_integer(reader, value, 4);
		}
		else
		{
			write_char(reader, 'L');
			write_integer(reader, value, 8);
		}
		return;
	}

	wide = strtod(token.start, NULL);
	if (isinf(wide) && !token.special)
	{
		reader->at = token.start;
		bad(reader, "number beyond the range of float64");
	}
	if (token.special || (!isinf(narrow) && (float_to_shortest_decimal_buf(narrow, shortest),
											 strtod(shortest, NULL) == wide)))
	{
		write_char(reader, 'd');
		write_float(reader, narrow);
	}
	else
	{
		int64 bits;

		memcpy(&bits, &wide, 8);
		write_char(reader, 'D');
		write_integer(reader, bits, 8);
	}
}

/* ---- containers ---- */

/*
 * Place of a member's value, from its object's place and its key
 */
static Place
place_of(Place parent, const char *key, int length)
{
	for (int i = 0; i < lengthof(steps); i++)
		if (steps[i].from == parent && strlen(steps[i].key) == length &&
			memcmp(steps[i].key, key, length) == 0)
			return steps[i].to;
	return PLACE_OTHER;
}

/*
 * Element type of a tree's array, 0 for any other member
 */
static char
type_of(Place parent, const char *key, int length)
{
	if (parent == PLACE_TREE)
		for (int i = 0; i < lengthof(typed_keys); i++)
			if (strlen(typed_keys[i].key) == length && memcmp(typed_keys[i].key, key, length) == 0)
				return typed_keys[i].type;
	/* of a linear model */
	if (parent == PLACE_MODEL && length == strlen(WEIGHTS) && memcmp(key, WEIGHTS, length) == 0)
		return 'd';
	return 0;
}

static void
read_object(JsonReader *reader, Place place)
{
	descend(reader);
	write_char(reader, '{');
	skip_space(reader);
	if (*reader->at == '}')
		reader->at++;
	else
		for (;;)
		{
			int start;
			int length;
			Place member;
			char type;

			skip_space(reader);
			start = read_string(reader);
			length = reader->ubj->len - start;
			member = place_of(place, reader->ubj->data + start, length);
			type = type_of(place, reader->ubj->data + start, length);
			skip_space(reader);
			expect(reader, ':', "\":\" was expected");
			read_value(reader, member, type);
			skip_space(reader);
			if (*reader->at == '}')
			{
				reader->at++;
				break;
			}
			expect(reader, ',', "\",\" or \"}\" was expected");
		}
	write_char(reader, '}');
	reader->depth--;
}

static void
read_array(JsonReader *reader, Place place, char type)
{
	int64 n = 0;
	int length_at;

	descend(reader);
	write_char(reader, '[');
	if (type != 0)
	{
		write_char(reader, '$');
		write_char(reader, type);
	}
	write_char(reader, '#');
	length_at = reserve_length(reader);
	skip_space(reader);
	if (*reader->at == ']')
		reader->at++;
	else
		for (;;)
		{
			if (type != 0)
			{
				CHECK_FOR_INTERRUPTS();
				skip_space(reader);
				read_typed_number(reader, type);
			}
			else
				read_value(reader, place == PLACE_TREES ? PLACE_TREE : PLACE_OTHER, 0);
			n++;
			skip_space(reader);
			if (*reader->at == ']')
			{
				reader->at++;
				break;
			}
			expect(reader, ',', "\",\" or \"]\" was expected");
		}
	set_length(reader, length_at, n);
	reader->depth--;
}

/*
 * Read one value and write it; type is the element type if it should be a typed array
 */
static void
read_value(JsonReader *reader, Place place, char type)
{
	CHECK_FOR_INTERRUPTS();
	skip_space(reader);
	switch (*reader->at)
	{
		case '{':
			read_object(reader, place);
			break;
		case '[':
			read_array(reader, place, type);
			break;
		case '"':
			write_char(reader, 'S');
			read_string(reader);
			break;
		default:
			if (word(reader, "null"))
				write_char(reader, 'Z');
			else if (word(reader, "true"))
				write_char(reader, 'T');
			else if (word(reader, "false"))
				write_char(reader, 'F');
			else
				read_number(reader);
	}
}

void
jorge_json_to_ubj(const char *json, Size length, StringInfo ubj)
{
	JsonReader reader = {.text = json, .end = json + length, .at = json, .ubj = ubj};

	skip_space(&reader);
	if (*reader.at != '{')
		bad(&reader, "\"{\" was expected");
	read_value(&reader, PLACE_ROOT, 0);
	skip_space(&reader);
	if (reader.at != reader.end)
		bad(&reader, "nothing more was expected");
}
