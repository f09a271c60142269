/*
 * ubj.c: checked reading of UBJ.
 */
#include "core/jorge.h"

#include "forest/ubj.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"

/*
 * Report a malformed document
 */
void
jorge_ubj_malformed(const UbjReader *reader, const char *format, ...)
{
	StringInfoData what;
	va_list args;
	int needed;

	initStringInfo(&what);
	for (;;)
	{
		va_start(args, format);
		needed = appendStringInfoVA(&what, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&what, needed);
	}
	ereport(ERROR,
			(errcode(reader->sqlstate), errmsg("invalid forest: %s", what.data),
			 errhint("A forest is a model saved by XGBoost's save_model() or save_raw(), as JSON "
					 "or UBJ.")));
}

/*
 * Report a document beyond a limit
 */
void
jorge_ubj_too_big(const char *format, ...)
{
	StringInfoData what;
	va_list args;
	int needed;

	initStringInfo(&what);
	for (;;)
	{
		va_start(args, format);
		needed = appendStringInfoVA(&what, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&what, needed);
	}
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("forest is too big: %s", what.data),
			 errhint("Train with fewer or shallower trees, or fewer features.")));
}

/*
 * Take the next n bytes
 */
static inline const char *
take(UbjReader *reader, Size n)
{
	const char *bytes = reader->data + reader->at;

	if (n > reader->length - reader->at)
		jorge_ubj_malformed(reader, "it ends at byte %zu, in the middle of a value",
							reader->length);
	reader->at += n;
	return bytes;
}

/*
 * Read the marker that starts a value
 */
char
jorge_ubj_marker(UbjReader *reader)
{
	return *take(reader, 1);
}

/*
 * Look at the next byte without taking it
 */
static inline char
peek(UbjReader *reader)
{
	if (reader->at >= reader->length)
		take(reader, 1);
	return reader->data[reader->at];
}

/*
 * Read a length or count that can't exceed what is left of the document
 */
static int64
read_length(UbjReader *reader, int unit)
{
	Size at = reader->at;
	int64 n;

	if (*take(reader, 1) != 'L')
		jorge_ubj_malformed(reader, "no int64 length (marker L) at byte %zu", at);
	n = jorge_ubj_integer(reader, 'L');
	if (n < 0 || (Size) n > (reader->length - reader->at) / unit)
		jorge_ubj_malformed(reader, "length " INT64_FORMAT " at byte %zu reaches beyond its end", n,
							at);
	return n;
}

/*
 * Read a string's length and bytes (after its marker S, or as a key)
 */
UbjText
jorge_ubj_text(UbjReader *reader)
{
	UbjText text;

	text.length = (int) read_length(reader, 1);
	text.data = take(reader, text.length);
	return text;
}

bool
jorge_ubj_is_integer(char marker)
{
	return marker == 'i' || marker == 'U' || marker == 'I' || marker == 'l' || marker == 'L' ||
		   marker == 'C';
}

/*
 * Bytes of a scalar of fixed width, -1 if the marker isn't one's
 */
static inline int
width_of(char marker)
{
	switch (marker)
	{
		case 'Z':
		case 'T':
		case 'F':
			return 0;
		case 'i':
		case 'U':
		case 'C':
			return 1;
		case 'I':
			return 2;
		case 'l':
		case 'd':
			return 4;
		case 'L':
		case 'D':
			return 8;
		default:
			return -1;
	}
}

/*
 * Read an integer of the width its marker tells
 */
int64
jorge_ubj_integer(UbjReader *reader, char marker)
{
	uint64 wide;
	uint32 word;
	uint16 half;

	switch (marker)
	{
		case 'i':
		case 'C':
			return *(const int8 *) take(reader, 1);
		case 'U':
			return *(const uint8 *) take(reader, 1);
		case 'I':
			memcpy(&half, take(reader, 2), 2);
			return (int16) pg_ntoh16(half);
		case 'l':
			memcpy(&word, take(reader, 4), 4);
			return (int32) pg_ntoh32(word);
		case 'L':
			memcpy(&wide, take(reader, 8), 8);
			return (int64) pg_ntoh64(wide);
		default:
			jorge_ubj_malformed(reader, "an integer was expected at byte %zu", reader->at);
	}
	return 0;
}

/*
 * Read a number of any kind; a float32 is widened exactly
 */
double
jorge_ubj_number(UbjReader *reader, char marker)
{
	uint32 word;
	uint64 wide;
	float narrow;
	double value;

	switch (marker)
	{
		case 'd':
			memcpy(&word, take(reader, 4), 4);
			word = pg_ntoh32(word);
			memcpy(&narrow, &word, 4);
			return narrow;
		case 'D':
			memcpy(&wide, take(reader, 8), 8);
			wide = pg_ntoh64(wide);
			memcpy(&value, &wide, 8);
			return value;
		default:
			return (double) jorge_ubj_integer(reader, marker);
	}
}

bool
jorge_ubj_next_key(UbjReader *reader, UbjText *key)
{
	if (peek(reader) == '}')
	{
		reader->at++;
		return false;
	}
	*key = jorge_ubj_text(reader);
	return true;
}

void
jorge_ubj_open_array(UbjReader *reader, UbjArray *array)
{
	array->type = 0;
	array->left = -1;
	if (peek(reader) == '$')
	{
		Size at = reader->at++;
		int width;

		array->type = *take(reader, 1);
		/* elements without bytes would let a count lie */
		width = width_of(array->type);
		if (width <= 0)
			jorge_ubj_malformed(reader, "array of an unknown type at byte %zu", at);
		if (*take(reader, 1) != '#')
			jorge_ubj_malformed(reader, "typed array without a count at byte %zu", at);
		array->left = read_length(reader, width);
	}
	else if (peek(reader) == '#')
	{
		reader->at++;
		array->left = read_length(reader, 1);
	}
}

bool
jorge_ubj_next_element(UbjReader *reader, UbjArray *array)
{
	if (array->left > 0)
	{
		array->left--;
		return true;
	}
	if (array->left == 0)
		return false;
	if (peek(reader) == ']')
	{
		reader->at++;
		return false;
	}
	return true;
}

const char *
jorge_ubj_elements(UbjReader *reader, UbjArray *array)
{
	Size bytes = (Size) array->left * width_of(array->type);

	array->left = 0;
	return take(reader, bytes);
}

/*
 * Check the bytes of a string
 */
static void
check_text(const UbjReader *reader, UbjText text)
{
	if (pg_encoding_verifymbstr(PG_UTF8, text.data, text.length) != text.length)
		jorge_ubj_malformed(reader, "string at byte %zu is not valid UTF-8 or contains a zero byte",
							(Size) (text.data - reader->data));
}

/*
 * Pass over one value, without recursion; check its strings if asked to
 */
static void
pass_over(UbjReader *reader, bool check)
{
	UbjArray open[UBJ_MAX_DEPTH]; /* enclosing containers; type '{' is an object */
	int depth = 0;

	for (;;)
	{
		Size at = reader->at;
		char marker = jorge_ubj_marker(reader);
		int width = width_of(marker);

		if (width >= 0)
			take(reader, width);
		else if (marker == 'S')
		{
			UbjText text = jorge_ubj_text(reader);

			if (check)
				check_text(reader, text);
		}
		else if (marker == '{' || marker == '[')
		{
			if (depth == UBJ_MAX_DEPTH)
				jorge_ubj_malformed(reader, "values nest deeper than %d at byte %zu", UBJ_MAX_DEPTH,
									at);
			if (marker == '{')
				open[depth++].type = '{';
			else
			{
				jorge_ubj_open_array(reader, &open[depth]);
				if (open[depth].type != 0)
					jorge_ubj_elements(reader, &open[depth]);
				else
					depth++;
			}
		}
		else
			jorge_ubj_malformed(reader, "unknown marker 0x%02x at byte %zu", (uint8) marker, at);

		/* close what ends here; stop before the next value */
		for (;;)
		{
			UbjText key;

			if (depth == 0)
				return;
			CHECK_FOR_INTERRUPTS();
			if (open[depth - 1].type == '{')
			{
				if (jorge_ubj_next_key(reader, &key))
				{
					if (check)
						check_text(reader, key);
					break;
				}
			}
			else if (jorge_ubj_next_element(reader, &open[depth - 1]))
				break;
			depth--;
		}
	}
}

void
jorge_ubj_skip(UbjReader *reader)
{
	pass_over(reader, false);
}

void
jorge_ubj_check(UbjReader *reader)
{
	if (reader->length > UBJ_MAX_LENGTH)
		jorge_ubj_too_big("its document has %zu bytes, at most %d are allowed", reader->length,
						  UBJ_MAX_LENGTH);
	reader->at = 0;
	pass_over(reader, true);
	if (reader->at != reader->length)
		jorge_ubj_malformed(reader, "%zu bytes follow its end at byte %zu",
							reader->length - reader->at, reader->at);
	reader->at = 0;
}
