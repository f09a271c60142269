/*
 * transfer.c: the encodings in which mails and forms carry bytes.
 *
 * Decoders skip what does not belong and never fail: a truncated or damaged text is read as far as
 * it goes.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

void
jorge_decode_base64(StringInfo to, Span encoded)
{
	uint32 bits = 0;
	int n = 0;

	for (int i = 0; i < encoded.length && encoded.data[i] != '='; i++)
	{
		int digit = base64_digit(encoded.data[i]);

		if (digit < 0)
			continue;
		bits = bits << 6 | digit;
		if (++n % 4 != 1)
			appendStringInfoCharMacro(to, (char) (bits >> (6 - 2 * ((n - 1) % 4))));
	}
}

void
jorge_decode_quoted_printable(StringInfo to, Span encoded)
{
	const char *p = encoded.data;
	const char *end = p + encoded.length;

	while (p < end)
	{
		int high = end - p > 2 && *p == '=' ? hex_digit(p[1]) : -1;
		int low = high >= 0 ? hex_digit(p[2]) : -1;

		if (low >= 0)
		{
			appendStringInfoCharMacro(to, (char) (high << 4 | low));
			p += 3;
			continue;
		}
		if (*p == '=')
		{
			/* a soft break: blanks may stand between the = and the line's end */
			const char *q = p + 1;

			while (q < end && (*q == ' ' || *q == '\t'))
				q++;
			if (q == end || *q == '\r' || *q == '\n')
			{
				p = q;
				if (p < end && *p == '\r')
					p++;
				if (p < end && *p == '\n')
					p++;
				continue;
			}
		}
		appendStringInfoCharMacro(to, *p);
		p++;
	}
}

void
jorge_decode_url(StringInfo to, Span encoded)
{
	for (int i = 0; i < encoded.length; i++)
	{
		char c = encoded.data[i];

		if (c == '%' && i + 2 < encoded.length && hex_digit(encoded.data[i + 1]) >= 0 &&
			hex_digit(encoded.data[i + 2]) >= 0)
		{
			c = (char) (hex_digit(encoded.data[i + 1]) << 4 | hex_digit(encoded.data[i + 2]));
			i += 2;
		}
		else if (c == '+')
			c = ' ';
		appendStringInfoCharMacro(to, c);
	}
}

/* Longest encoded word that is read as one; the standard says 75 */
#define MAX_ENCODED_WORD 2048

/* An encoded word: =?charset?B or Q?text?= */
typedef struct EncodedWord
{
	Span charset;
	char kind;
	Span text;
	int length; /* bytes of the whole word */
} EncodedWord;

/*
 * Read an encoded word that begins at p
 */
static bool
encoded_word(const char *p, const char *end, EncodedWord *word)
{
	const char *q = p + 2;

	if (end - p < 8 || p[0] != '=' || p[1] != '?')
		return false;
	if (end - p > MAX_ENCODED_WORD)
		end = p + MAX_ENCODED_WORD;
	while (q < end && *q != '?' && (unsigned char) *q > ' ')
		q++;
	word->charset = (Span){p + 2, q - (p + 2)};
	if (end - q < 4 || *q != '?' || q[2] != '?')
		return false;
	word->kind = pg_toupper((unsigned char) q[1]);
	q += 3;
	word->text.data = q;
	while (q + 1 < end && !(q[0] == '?' && q[1] == '='))
	{
		if (*q == '\n')
			return false;
		q++;
	}
	if (q + 1 >= end)
		return false;
	word->text.length = q - word->text.data;
	word->length = q + 2 - p;
	/* RFC 2231: a language may follow the charset */
	for (int i = 0; i < word->charset.length; i++)
		if (word->charset.data[i] == '*')
			word->charset.length = i;
	return word->kind == 'B' || word->kind == 'Q';
}

/*
 * Decode the text of an encoded word to bytes
 */
static void
decode_word(StringInfo bytes, const EncodedWord *word)
{
	if (word->kind == 'B')
	{
		jorge_decode_base64(bytes, word->text);
		return;
	}
	for (int i = 0; i < word->text.length; i++)
	{
		char c = word->text.data[i];

		if (c == '=' && i + 2 < word->text.length && hex_digit(word->text.data[i + 1]) >= 0 &&
			hex_digit(word->text.data[i + 2]) >= 0)
		{
			c = (char) (hex_digit(word->text.data[i + 1]) << 4 | hex_digit(word->text.data[i + 2]));
			i += 2;
		}
		else if (c == '_')
			c = ' ';
		appendStringInfoChar(bytes, c);
	}
}

/*
 * Append the bytes gathered of adjacent words of one charset: a character may be split between two
 * words
 */
static void
flush_words(StringInfo to, Span charset, StringInfo bytes)
{
	if (bytes->len > 0)
		jorge_charset_append(to, charset, (Span){bytes->data, bytes->len});
	resetStringInfo(bytes);
}

void
jorge_decode_header(StringInfo to, Span value)
{
	const char *p = value.data;
	const char *end = p + value.length;
	const char *plain = p;
	Span charset = {NULL, 0};
	StringInfoData bytes;
	bool after_word = false;

	initStringInfo(&bytes);
	while (p < end)
	{
		EncodedWord word;
		bool blank = true;

		if (*p != '=' || !encoded_word(p, end, &word))
		{
			p++;
			continue;
		}
		for (const char *q = plain; q < p && blank; q++)
			blank = *q == ' ' || *q == '\t' || *q == '\r' || *q == '\n';
		/* white space between two words is no text */
		if (!after_word || !blank)
		{
			flush_words(to, charset, &bytes);
			jorge_charset_append(to, (Span){NULL, 0}, (Span){plain, p - plain});
		}
		else if (charset.length != word.charset.length ||
				 pg_strncasecmp(charset.data, word.charset.data, charset.length) != 0)
			flush_words(to, charset, &bytes);
		charset = word.charset;
		decode_word(&bytes, &word);
		p += word.length;
		plain = p;
		after_word = true;
	}
	flush_words(to, charset, &bytes);
	jorge_charset_append(to, (Span){NULL, 0}, (Span){plain, end - plain});
	pfree(bytes.data);
}
