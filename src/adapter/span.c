/*
 * span.c: looking at bytes that may be anything.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

Span
span_trim(Span span)
{
	while (span.length > 0 && is_space(span.data[0]))
		span.data++, span.length--;
	while (span.length > 0 && is_space(span.data[span.length - 1]))
		span.length--;
	return span;
}

bool
span_next_line(Span *text, Span *line)
{
	int n = 0;

	if (text->length <= 0)
		return false;
	while (n < text->length && text->data[n] != '\n' && text->data[n] != '\r')
		n++;
	line->data = text->data;
	line->length = n;
	if (n < text->length)
		n += text->data[n] == '\r' && n + 1 < text->length && text->data[n + 1] == '\n' ? 2 : 1;
	text->data += n;
	text->length -= n;
	return true;
}

bool
span_equals(Span span, const char *word)
{
	return span.length == (int) strlen(word) && pg_strncasecmp(span.data, word, span.length) == 0;
}

bool
span_starts(Span span, const char *prefix)
{
	int length = strlen(prefix);

	return span.length >= length && pg_strncasecmp(span.data, prefix, length) == 0;
}

int
span_find(Span span, const char *word)
{
	int length = strlen(word);

	for (int i = 0; i + length <= span.length; i++)
		if (pg_tolower((unsigned char) span.data[i]) == (unsigned char) word[0] &&
			pg_strncasecmp(span.data + i, word, length) == 0)
			return i;
	return -1;
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
