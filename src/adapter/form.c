/*
 * form.c: application/x-www-form-urlencoded.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

/*
 * Does it look like name=value&name=value, without white space?
 */
bool
jorge_looks_like_form(Span body)
{
	bool equals = false;

	for (int i = 0; i < body.length; i++)
	{
		char c = body.data[i];

		if (c == '=')
			equals = true;
		else if ((unsigned char) c <= ' ' || strchr("<>\"{}", c) != NULL)
			return false;
		/* the first name ends before anything that a name can't have */
		else if (!equals && strchr("/:@,;", c) != NULL)
			return false;
	}
	return equals && body.length > 0 && body.data[0] != '=';
}

/*
 * Decode a piece into text of the database's encoding; the memory is the current context's
 */
static Span
decoded(Span piece)
{
	StringInfoData bytes;
	StringInfoData text;

	initStringInfo(&bytes);
	initStringInfo(&text);
	jorge_decode_url(&bytes, piece);
	jorge_charset_append(&text, (Span){NULL, 0}, (Span){bytes.data, bytes.len});
	pfree(bytes.data);
	return (Span){text.data, text.len};
}

/*
 * Cut off what stands before the separator, or all of it
 */
static Span
cut(Span *rest, char separator)
{
	const char *at = rest->length > 0 ? memchr(rest->data, separator, rest->length) : NULL;
	Span piece = {rest->data, at == NULL ? rest->length : at - rest->data};
	int taken = piece.length + (at != NULL ? 1 : 0);

	rest->data += taken;
	rest->length -= taken;
	return piece;
}

void
jorge_form(Sink *sink, Span body)
{
	for (int fields = 0; body.length > 0 && fields < ADAPTER_MAX_FIELDS; fields++)
	{
		Span field = cut(&body, '&');
		Span name = decoded(cut(&field, '='));

		CHECK_FOR_INTERRUPTS();
		if (name.length > 0)
			sink_text_key(sink, name, decoded(field));
	}
}
