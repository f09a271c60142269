/*
 * charset.c: text of any charset, by PostgreSQL's own encodings and conversions.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"

/* Bytes converted at a time: bounds the conversion's buffer */
#define CHUNK 8192

/* Longest charset name that is looked at */
#define MAX_NAME 40

/* Names in mails that PostgreSQL has not, or reads otherwise than mail programs do */
static const struct
{
	const char *name;
	pg_enc encoding;
} aliases[] = {
	{"us-ascii", PG_WIN1252},       {"ascii", PG_WIN1252},      {"iso-8859-1", PG_WIN1252},
	{"latin1", PG_WIN1252},         {"gb2312", PG_GBK},         {"cp936", PG_GBK},
	{"shift_jis", PG_SJIS},         {"ks_c_5601-1987", PG_UHC}, {"cp949", PG_UHC},
	{"unicode-1-1-utf-8", PG_UTF8}, {"cp1252", PG_WIN1252},
};

bool
jorge_is_text(Span bytes)
{
	return pg_verify_mbstr(GetDatabaseEncoding(), bytes.data, bytes.length, true);
}

/*
 * Get the encoding that a charset's name means, -1 for none
 */
static int
encoding_of(Span charset)
{
	char name[MAX_NAME];

	charset = span_trim(charset);
	if (charset.length == 0 || charset.length >= MAX_NAME)
		return -1;
	memcpy(name, charset.data, charset.length);
	name[charset.length] = '\0';
	for (int i = 0; i < lengthof(aliases); i++)
		if (pg_strcasecmp(name, aliases[i].name) == 0)
			return aliases[i].encoding;
	return pg_char_to_encoding(name);
}

/*
 * Append what stands for a character that can't be read or written
 */
static void
append_unknown(StringInfo to)
{
	appendStringInfoString(to, GetDatabaseEncoding() == PG_UTF8 ? "\xEF\xBF\xBD" : "?");
}

/*
 * Append bytes that claim to be of the database's encoding
 */
static void
append_verified(StringInfo to, Span bytes)
{
	int encoding = GetDatabaseEncoding();

	while (bytes.length > 0)
	{
		int valid = pg_encoding_verifymbstr(encoding, bytes.data, bytes.length);

		CHECK_FOR_INTERRUPTS();
		appendBinaryStringInfo(to, bytes.data, valid);
		if (valid == bytes.length)
			return;
		if (bytes.data[valid] != '\0')
			append_unknown(to);
		bytes.data += valid + 1;
		bytes.length -= valid + 1;
	}
}

/*
 * Append bytes of another encoding by its conversion to the database's, in chunks
 */
static void
append_converted(StringInfo to, Oid conversion, int from, Span bytes)
{
	int target = GetDatabaseEncoding();
	/* room for the longest that any conversion makes of a byte */
	int room = CHUNK * MAX_CONVERSION_GROWTH + 1;
	unsigned char *buffer = palloc(room);

	while (bytes.length > 0)
	{
		int chunk = Min(bytes.length, CHUNK);
		int done = pg_do_encoding_conversion_buf(conversion, from, target,
												 (unsigned char *) unconstify(char *, bytes.data),
												 chunk, buffer, room, true);
		int made = strlen((char *) buffer);

		CHECK_FOR_INTERRUPTS();
		append_verified(to, (Span){(char *) buffer, made});
		if (done == 0)
		{
			/* one character that can't be converted; a zero byte ends a chunk as well */
			if (bytes.data[0] != '\0')
				append_unknown(to);
			/* near the end the length is not asked for, as some encodings read ahead for it */
			done = bytes.length <= MAX_MULTIBYTE_CHAR_LEN ? 1 : pg_encoding_mblen(from, bytes.data);
		}
		bytes.data += done;
		bytes.length -= done;
	}
	pfree(buffer);
}

void
jorge_charset_append(StringInfo to, Span charset, Span bytes)
{
	int target = GetDatabaseEncoding();
	int from = encoding_of(charset);
	Oid conversion;

	if (from < 0)
		from = jorge_is_text(bytes) ? target : PG_WIN1252;
	if (from == target || target == PG_SQL_ASCII || from == PG_SQL_ASCII)
	{
		append_verified(to, bytes);
		return;
	}
	conversion = FindDefaultConversionProc(from, target);
	if (OidIsValid(conversion))
		append_converted(to, conversion, from, bytes);
	else
		append_verified(to, bytes);
}

void
jorge_codepoint_append(StringInfo to, uint32 codepoint)
{
	unsigned char utf8[MAX_MULTIBYTE_CHAR_LEN + 1];

	if (codepoint == 0 || !is_valid_unicode_codepoint(codepoint) ||
		(codepoint >= 0xD800 && codepoint < 0xE000))
		return;
	if (codepoint < 0x80)
		appendStringInfoChar(to, (char) codepoint);
	else
	{
		unicode_to_utf8(codepoint, utf8);
		jorge_charset_append(to, (Span){"utf-8", 5}, (Span){(char *) utf8, pg_utf_mblen(utf8)});
	}
}
