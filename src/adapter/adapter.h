/*
 * adapter.h: reading what providers deliver: JSON, forms, e-mails, HTML, ADF.
 *
 * All of it is untrusted. The readers never fail on it: what they can't read they leave out, and
 * limits below bound time and memory. Text inside is in the database's encoding, valid and without
 * zero bytes, from jorge_charset_append() on. A document is told to a Sink, which makes jsonb of it.
 */
#ifndef JORGE_ADAPTER_H
#define JORGE_ADAPTER_H

#include "lib/stringinfo.h"

/* Largest delivery read, bytes; a larger one is kept in the inbox with an error */
#define ADAPTER_MAX_BYTES (32 * 1024 * 1024)

/* Most text kept of a mail or page, bytes: the scanner of messages reads 4 MB */
#define ADAPTER_MAX_TEXT (4 * 1024 * 1024)

/* Multiparts within multiparts, parts in all, headers of an entity, labelled lines, fields of a form */
#define ADAPTER_MAX_DEPTH 12
#define ADAPTER_MAX_PARTS 256
#define ADAPTER_MAX_HEADERS 256
#define ADAPTER_MAX_LABELS 256
#define ADAPTER_MAX_FIELDS 1024

/* A stretch of bytes that somebody else owns; data is NULL for none */
typedef struct Span
{
	const char *data;
	int length;
} Span;

/* ---- span.c: looking at bytes ---- */

/* Without white space around it: blanks, tabs, line ends, form feeds */
extern Span span_trim(Span span);

/* Take the next line off text, without its end (LF, CRLF or CR); false when none is left */
extern bool span_next_line(Span *text, Span *line);

/* ASCII only, any case */
extern bool span_equals(Span span, const char *word);
extern bool span_starts(Span span, const char *prefix);

/* Offset of the word, any case, or -1; linear */
extern int span_find(Span span, const char *word);

/* Value of a hexadecimal digit, or -1 */
extern int hex_digit(char c);

/* ---- sink.c: a JSON object being told ---- */

typedef struct Sink Sink;

extern Sink *sink_create(void);
extern void sink_open_object(Sink *sink, const char *key); /* key NULL: element of an array */
extern void sink_open_array(Sink *sink, const char *key);
extern void sink_close(Sink *sink);

/* Texts must be in the database's encoding. Of equal keys the last told stands. */
extern void sink_text(Sink *sink, const char *key, Span text);
extern void sink_text_key(Sink *sink, Span key, Span text);
extern void sink_number(Sink *sink, const char *key, int64 number);

/* ---- charset.c ---- */

/*
 * Append text of a named charset in the database's encoding. What that charset or the encoding
 * lacks becomes a question mark or U+FFFD; zero bytes are dropped. Unknown or no name: the encoding
 * itself if the bytes are valid, else Windows-1252.
 */
extern void jorge_charset_append(StringInfo to, Span charset, Span bytes);

/* Append a character by its code point */
extern void jorge_codepoint_append(StringInfo to, uint32 codepoint);

/* Are the bytes text of the database's encoding? */
extern bool jorge_is_text(Span bytes);

/* ---- transfer.c: decoding of bytes ---- */

extern void jorge_decode_base64(StringInfo to, Span encoded);
extern void jorge_decode_quoted_printable(StringInfo to, Span encoded);
extern void jorge_decode_url(StringInfo to, Span encoded);

/* A header's value: encoded words (RFC 2047) and raw bytes in any charset */
extern void jorge_decode_header(StringInfo to, Span value);

/* ---- markup.c, entities.c ---- */

/* Decode the character reference at p (*p is '&') and return its length in bytes, 0 if it is none */
extern int jorge_entity_append(StringInfo to, const char *p, const char *end);

/* Append HTML as text: blocks are lines, cells are parted by tabs. meta, if given, is told name and content. */
extern void jorge_html_to_text(StringInfo to, Span html, Sink *meta);

/* ---- labels.c ---- */

/* Tell the lines "Label: value" of a text, labels folded to lower_case; the first of equals stands */
extern void jorge_labels(Sink *sink, Span text);

/* ---- adf.c ---- */

/* Tell the prospects of an ADF document; false if it is none. Text is in the database's encoding. */
extern bool jorge_adf(Sink *sink, Span xml);

/* ---- json_repair.c ---- */

/*
 * Append JSON with what jsonb refuses put right: zero characters dropped, halves of surrogate pairs
 * replaced, raw control characters in strings escaped
 */
extern void jorge_json_repair(StringInfo to, Span json);

/* ---- form.c ---- */

extern bool jorge_looks_like_form(Span body);
extern void jorge_form(Sink *sink, Span body);

/* ---- mail.c ---- */

extern bool jorge_looks_like_mail(Span body);
extern void jorge_mail(Sink *sink, Span body);

/* Tell a text without headers: text, labels */
extern void jorge_plain_text(Sink *sink, Span text);

#endif
