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
static pg_attribute_always_inline char
read_marker(UbjReader *reader)
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
 * Read a length or count; the rest of the document must have room for so many units of bytes
 */
static inline int64
read_length(UbjReader *reader, Size unit)
{
	const char *bytes = reader->data + reader->at;
	Size at = reader->at;
	uint64 n;

	if (reader->length - at < 9 || *bytes != 'L')
	{
		if (*take(reader, 1) != 'L')
			jorge_ubj_malformed(reader, "no int64 length (marker L) at byte %zu", at);
		take(reader, 8);
	}
	reader->at += 9;
	memcpy(&n, bytes + 1, 8);
	n = pg_ntoh64(n);
	/* what is larger than the whole can't overflow the product */
	if (n > reader->length || n * unit > reader->length - reader->at)
		jorge_ubj_malformed(reader, "length " INT64_FORMAT " at byte %zu reaches beyond its end",
							(int64) n, at);
	return (int64) n;
}

/*
 * Read a string's length and bytes (after its marker S, or as a key)
 */
static pg_attribute_always_inline UbjText
read_text(UbjReader *reader)
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

static pg_attribute_always_inline bool
read_key(UbjReader *reader, UbjText *key)
{
	if (peek(reader) == '}')
	{
		reader->at++;
		return false;
	}
	*key = read_text(reader);
	return true;
}

static pg_attribute_always_inline void
open_array(UbjReader *reader, UbjArray *array)
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

static pg_attribute_always_inline bool
enter_element(UbjReader *reader, UbjArray *array)
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

static pg_attribute_always_inline const char *
take_elements(UbjReader *reader, UbjArray *array)
{
	Size bytes = (Size) array->left * width_of(array->type);

	array->left = 0;
	return take(reader, bytes);
}

/*
 * Are these eight bytes ASCII, and none zero?
 */
static inline bool
is_plain_word(const char *text)
{
	const uint64 ones = UINT64CONST(0x0101010101010101);
	uint64 word;

	memcpy(&word, text, 8);
	/* the high bit of a byte: of itself, or borrowed where it is zero */
	return ((word | (word - ones)) & (ones << 7)) == 0;
}

/*
 * Are these bytes all ASCII, and none zero?
 */
static inline bool
is_plain(const char *text, int length)
{
	bool plain = true;

	if (length < 8)
	{
		for (int i = 0; i < length; i++)
			plain &= (uint8) (text[i] - 1) < 0x7f;
		return plain;
	}
	for (int i = 0; i < length - 8; i += 8)
		plain &= is_plain_word(text + i);
	return plain & is_plain_word(text + length - 8);
}

/*
 * Check the bytes of a string
 */
static inline void
check_text(const UbjReader *reader, UbjText text)
{
	if (!is_plain(text.data, text.length) &&
		pg_encoding_verifymbstr(PG_UTF8, text.data, text.length) != text.length)
		jorge_ubj_malformed(reader, "string at byte %zu is not valid UTF-8 or contains a zero byte",
							(Size) (text.data - reader->data));
}

/* ---- passing over values ---- */

/* What a member takes in XGBoost's documents, mostly */
#define BYTES_PER_MEMBER 100

/* A container that is being passed over */
typedef struct Open
{
	UbjArray array; /* type '{' is an object */
	int last;       /* of an object: the member passed last, -1 = none yet */
} Open;

/*
 * List a member, whose value comes next
 */
static inline void
start_member(UbjReader *reader, Open *object, Size key, int *capacity)
{
	UbjMember *member;

	if (reader->nmembers == *capacity)
	{
		*capacity *= 2;
		reader->members = repalloc_huge(reader->members, sizeof(UbjMember) * *capacity);
	}
	object->last = reader->nmembers++;
	member = &reader->members[object->last];
	member->key = (uint32) key;
	member->value = (uint32) reader->at;
}

/*
 * Complete the member passed last, if there is one
 */
static inline void
end_member(UbjReader *reader, const Open *object)
{
	if (object->last >= 0)
	{
		reader->members[object->last].end = (uint32) reader->at;
		reader->members[object->last].next = (uint32) reader->nmembers;
	}
}

/*
 * Pass over one value, without recursion; the first time, check its strings and list its members
 */
static pg_attribute_always_inline void
pass_over(UbjReader *reader, bool check)
{
	Open open[UBJ_MAX_DEPTH]; /* enclosing containers */
	int depth = 0;
	int capacity = (int) (reader->length / BYTES_PER_MEMBER) + 64;

	if (check)
		reader->members =
			MemoryContextAllocHuge(CurrentMemoryContext, sizeof(UbjMember) * capacity);
	for (;;)
	{
		Size at = reader->at;
		char marker = read_marker(reader);
		int width;

		if (marker == '{' || marker == '[')
		{
			Open *container = &open[depth];

			if (depth == UBJ_MAX_DEPTH)
				jorge_ubj_malformed(reader, "values nest deeper than %d at byte %zu", UBJ_MAX_DEPTH,
									at);
			container->last = -1;
			container->array.type = '{';
			if (marker == '[')
				open_array(reader, &container->array);
			if (marker == '[' && container->array.type != 0)
				take_elements(reader, &container->array);
			else
				depth++;
		}
		else if (marker == 'S')
		{
			UbjText text = read_text(reader);

			if (check)
				check_text(reader, text);
		}
		else if ((width = width_of(marker)) >= 0)
			take(reader, width);
		else
			jorge_ubj_malformed(reader, "unknown marker 0x%02x at byte %zu", (uint8) marker, at);

		/* close what ends here; stop before the next value */
		for (;;)
		{
			Open *container;

			if (depth == 0)
				return;
			CHECK_FOR_INTERRUPTS();
			container = &open[depth - 1];
			if (container->array.type == '{')
			{
				Size key_at = reader->at;
				UbjText key;

				if (check)
					end_member(reader, container);
				if (read_key(reader, &key))
				{
					if (check)
					{
						check_text(reader, key);
						start_member(reader, container, key_at, &capacity);
					}
					break;
				}
			}
			else if (enter_element(reader, &container->array))
				break;
			depth--;
		}
	}
}

void
jorge_ubj_check(UbjReader *reader)
{
	if (reader->length > UBJ_MAX_LENGTH)
		jorge_ubj_too_big("its document has %zu bytes, at most %d are allowed", reader->length,
						  UBJ_MAX_LENGTH);
	reader->at = 0;
	reader->nmembers = 0;
	reader->near = 0;
	pass_over(reader, true);
	if (reader->at != reader->length)
		jorge_ubj_malformed(reader, "%zu bytes follow its end at byte %zu",
							reader->length - reader->at, reader->at);
	reader->at = 0;
}

/*
 * Find the member whose key is here. They are asked for in the document's order, give or take a
 * few, so it is near the one of last time.
 */
static int
find_member(UbjReader *reader)
{
	int i = reader->near;

	while (i < reader->nmembers && reader->members[i].key < reader->at)
		i++;
	while (i > 0 && reader->members[i - 1].key >= reader->at)
		i--;
	Assert(i < reader->nmembers && reader->members[i].key == reader->at);
	return i;
}

/*
 * Report an object that is wrong
 */
pg_noreturn static void
bad_object(const UbjReader *reader, const char *path, int number, const char *what)
{
	if (number < 0)
		jorge_ubj_malformed(reader, "%s %s", path, what);
	jorge_ubj_malformed(reader, "%s %d %s", path, number, what);
}

void
jorge_ubj_members(UbjReader *reader, const char *path, int number, const UbjName *names, int n,
				  Size *at)
{
	int next = 0; /* the name after the one found last */
	int m;

	for (int i = 0; i < n; i++)
		at[i] = NO_MEMBER;
	if (read_marker(reader) != '{')
		bad_object(reader, path, number, "is not an object");
	if (peek(reader) == '}')
	{
		reader->at++;
		return;
	}
	for (m = find_member(reader);; m = reader->members[m].next)
	{
		const UbjMember *member = &reader->members[m];
		UbjText key;

		reader->at = member->key;
		key = read_text(reader);
		for (int tried = 0; tried < n; tried++)
		{
			int i = next + tried < n ? next + tried : next + tried - n;

			if (names[i].length != key.length || memcmp(names[i].text, key.data, key.length) != 0)
				continue;
			if (at[i] != NO_MEMBER)
				bad_object(reader, path, number, psprintf("has %s twice", names[i].text));
			at[i] = member->value;
			next = i + 1 < n ? i + 1 : 0;
			break;
		}
		reader->at = member->end;
		if (peek(reader) == '}')
			break;
	}
	reader->at++;
	reader->near = m;
}

/* ---- the same for other files, out of line ---- */

char
jorge_ubj_marker(UbjReader *reader)
{
	return read_marker(reader);
}

UbjText
jorge_ubj_text(UbjReader *reader)
{
	return read_text(reader);
}

bool
jorge_ubj_next_key(UbjReader *reader, UbjText *key)
{
	return read_key(reader, key);
}

void
jorge_ubj_open_array(UbjReader *reader, UbjArray *array)
{
	open_array(reader, array);
}

bool
jorge_ubj_next_element(UbjReader *reader, UbjArray *array)
{
	return enter_element(reader, array);
}

const char *
jorge_ubj_elements(UbjReader *reader, UbjArray *array)
{
	return take_elements(reader, array);
}

void
jorge_ubj_skip(UbjReader *reader)
{
	pass_over(reader, false);
}
