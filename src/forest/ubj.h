/*
 * ubj.h: reading UBJ (Universal Binary JSON as XGBoost writes it), checked at every step.
 *
 * Accepted is what XGBoost's own reader accepts: lengths are int64 (marker L), objects carry no
 * count, arrays are typed ([$t#L), counted ([#L) or closed by ]; scalars are Z T F i U I l L C d D
 * S. Anything else, a string that is no UTF-8 or holds a zero byte, or nesting deeper than
 * UBJ_MAX_DEPTH, is an error.
 *
 * jorge_ubj_check() proves a whole document well-formed once; the other functions still check all
 * they read, so that none depends on it for safety.
 */
#ifndef JORGE_UBJ_H
#define JORGE_UBJ_H

/* A model nests 7 deep. */
#define UBJ_MAX_DEPTH 64

/* Largest document, bytes as UBJ. */
#define UBJ_MAX_LENGTH (64 * 1024 * 1024)

/* A member of an object: where things stand, as offsets (documents are shorter than 4 GB) */
typedef struct UbjMember
{
	uint32 key;   /* its length's marker */
	uint32 value; /* its marker */
	uint32 end;   /* what follows it */
	uint32 next;  /* index of the object's next member, if there is one */
} UbjMember;

typedef struct UbjReader
{
	const char *data;
	Size length;
	Size at;      /* offset of the next byte to read */
	int sqlstate; /* of a malformed document: invalid text or invalid binary representation */

	/* made by jorge_ubj_check(), for jorge_ubj_members(): all members in the document's order */
	UbjMember *members;
	int nmembers;
	int near; /* index close to the members asked for last */
} UbjReader;

/* A name that is looked for in an object */
typedef struct UbjName
{
	const char *text;
	int length;
} UbjName;

#define UBJ_NAME(text)                                                                             \
	{                                                                                              \
		text, sizeof(text) - 1                                                                     \
	}

typedef struct UbjText
{
	const char *data; /* UTF-8, in the document, not NUL-terminated */
	int length;
} UbjText;

/* An array being read element by element */
typedef struct UbjArray
{
	char type;  /* marker of all elements; 0 = each element has its own */
	int64 left; /* elements still to read; -1 = until ] */
} UbjArray;

pg_noreturn extern void jorge_ubj_malformed(const UbjReader *reader, const char *format, ...)
	pg_attribute_printf(2, 3);
pg_noreturn extern void jorge_ubj_too_big(const char *format, ...) pg_attribute_printf(1, 2);

/* Prove that data is one well-formed value and nothing more, and list its members (allocated in the
 * current context). */
extern void jorge_ubj_check(UbjReader *reader);

extern char jorge_ubj_marker(UbjReader *reader);
extern UbjText jorge_ubj_text(UbjReader *reader);
extern void jorge_ubj_skip(UbjReader *reader);

/* A member that isn't there */
#define NO_MEMBER ((Size) -1)

/*
 * Find members of the object whose marker is at reader->at, leaving the reader after it. The
 * document must have passed jorge_ubj_check() with this reader. at[i] becomes the offset of the
 * marker of names[i]'s value, or NO_MEMBER. A name that comes twice is an error. Fastest if names
 * are in the document's order. Errors call the object by its path, followed by a number unless that
 * is negative.
 */
extern void jorge_ubj_members(UbjReader *reader, const char *path, int number, const UbjName *names,
							  int n, Size *at);

/* Inside an object, after its {: the next key, or false after reading the }. */
extern bool jorge_ubj_next_key(UbjReader *reader, UbjText *key);

/* After [: open an array; then, before each element, whether there is one (and false at its end).
 */
extern void jorge_ubj_open_array(UbjReader *reader, UbjArray *array);
extern bool jorge_ubj_next_element(UbjReader *reader, UbjArray *array);

/* The bytes of all elements of a typed array just opened, big-endian and unaligned; reads to its
 * end. */
extern const char *jorge_ubj_elements(UbjReader *reader, UbjArray *array);

/* Is this the marker of a number that fits int64? */
extern bool jorge_ubj_is_integer(char marker);
extern int64 jorge_ubj_integer(UbjReader *reader, char marker);
extern double jorge_ubj_number(UbjReader *reader, char marker);

#endif
