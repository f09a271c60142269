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

typedef struct UbjReader
{
	const char *data;
	Size length;
	Size at;      /* offset of the next byte to read */
	int sqlstate; /* of a malformed document: invalid text or invalid binary representation */
} UbjReader;

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

/* Prove that data is one well-formed value and nothing more. */
extern void jorge_ubj_check(UbjReader *reader);

extern char jorge_ubj_marker(UbjReader *reader);
extern UbjText jorge_ubj_text(UbjReader *reader);
extern void jorge_ubj_skip(UbjReader *reader);

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
