/*
 * mime.c: taking a mail apart.
 *
 * Lenient where mail programs are (missing boundaries, wrong charsets, damaged encodings), strict
 * about limits: multiparts nest ADAPTER_MAX_DEPTH deep, and each level looks at its bytes once.
 */
#include "core/jorge.h"

#include "adapter/mime.h"

/* Longest parameter of a content type, e.g. the boundary (RFC 2046: 70 characters) */
#define MAX_BOUNDARY 200

/*
 * Is it a header's first line? Returns the length of the name, 0 if not.
 */
static int
header_name_length(Span line)
{
	int n = 0;

	while (n < line.length && line.data[n] > ' ' && line.data[n] < 127 && line.data[n] != ':')
		n++;
	return n > 0 && n < line.length && line.data[n] == ':' ? n : 0;
}

Headers
mime_headers(Span mail, Span *body)
{
	Headers headers = {.list = palloc(sizeof(Header) * ADAPTER_MAX_HEADERS), .n = 0};
	Span rest = mail;
	Span line;

	*body = mail;
	while (span_next_line(&rest, &line))
	{
		int name = header_name_length(line);

		CHECK_FOR_INTERRUPTS();
		if (line.length == 0)
		{
			*body = rest;
			return headers;
		}
		if ((line.data[0] == ' ' || line.data[0] == '\t') && headers.n > 0)
		{
			/* folded: the value goes on */
			Header *last = &headers.list[headers.n - 1];

			last->value.length = line.data + line.length - last->value.data;
		}
		else if (name > 0)
		{
			if (headers.n < ADAPTER_MAX_HEADERS)
				headers.list[headers.n++] =
					(Header){.name = {line.data, name},
							 .value = {line.data + name + 1, line.length - name - 1}};
		}
		else if (headers.n > 0 || !span_starts(line, "From "))
			/* no header, and no mbox separator: the body begins without an empty line */
			return headers;
		*body = rest;
	}
	return headers;
}

Span
mime_header(const Headers *headers, const char *name)
{
	for (int i = 0; i < headers->n; i++)
		if (span_equals(headers->list[i].name, name))
			return headers->list[i].value;
	return (Span){NULL, 0};
}

Span
mime_decoded(Span raw, int longest)
{
	StringInfoData unfolded;
	StringInfoData decoded;

	raw = span_trim(raw);
	raw.length = Min(raw.length, longest);
	initStringInfo(&unfolded);
	initStringInfo(&decoded);
	for (int i = 0; i < raw.length; i++)
		if (raw.data[i] != '\r' && raw.data[i] != '\n')
			appendStringInfoCharMacro(&unfolded, raw.data[i]);
	jorge_decode_header(&decoded, (Span){unfolded.data, unfolded.len});
	pfree(unfolded.data);
	return span_trim((Span){decoded.data, decoded.len});
}

/*
 * Get a parameter of a structured header: charset="utf-8"
 */
static Span
parameter(Span header, const char *name)
{
	int length = strlen(name);
	const char *p = header.data;
	const char *end = p + header.length;

	while (p < end && (p = memchr(p, ';', end - p)) != NULL)
	{
		const char *value;

		p++;
		while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
			p++;
		if (end - p <= length || pg_strncasecmp(p, name, length) != 0)
			continue;
		value = p + length;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		if (value == end || *value != '=')
			continue;
		value++;
		while (value < end && (*value == ' ' || *value == '\t'))
			value++;
		if (value < end && *value == '"')
		{
			const char *close = memchr(value + 1, '"', end - value - 1);

			return (Span){value + 1, (close == NULL ? end : close) - value - 1};
		}
		p = value;
		while (p < end && *p != ';' && *p > ' ')
			p++;
		return (Span){value, p - value};
	}
	return (Span){NULL, 0};
}

/*
 * Get the type of a content-type header: what stands before the parameters
 */
static Span
media_type(Span header)
{
	int n = 0;

	header = span_trim(header);
	while (n < header.length && header.data[n] != ';' && header.data[n] > ' ')
		n++;
	return (Span){header.data, n};
}

/*
 * Undo the transfer encoding and bring a text into the database's encoding
 */
static void
append_text(StringInfo to, const Headers *headers, Span body)
{
	Span encoding = span_trim(mime_header(headers, "Content-Transfer-Encoding"));
	Span type = mime_header(headers, "Content-Type");
	Span charset = type.data == NULL ? (Span){NULL, 0} : parameter(type, "charset");
	StringInfoData bytes;

	initStringInfo(&bytes);
	if (span_equals(encoding, "base64"))
		jorge_decode_base64(&bytes, body);
	else if (span_equals(encoding, "quoted-printable"))
		jorge_decode_quoted_printable(&bytes, body);
	else
	{
		/* what a relay has passed on as text may have been converted: valid text is what it says, not the label */
		if (jorge_is_text(body))
			charset = (Span){NULL, 0};
		appendBinaryStringInfo(&bytes, body.data, body.length);
	}
	if (bytes.len > ADAPTER_MAX_TEXT)
		bytes.len = ADAPTER_MAX_TEXT;
	jorge_charset_append(to, charset, (Span){bytes.data, bytes.len});
	pfree(bytes.data);
}

/*
 * Is the line the boundary's? Tells whether it is the last.
 */
static bool
is_boundary(Span line, Span boundary, bool *last)
{
	if (line.length < boundary.length + 2 || line.data[0] != '-' || line.data[1] != '-' ||
		memcmp(line.data + 2, boundary.data, boundary.length) != 0)
		return false;
	line.data += boundary.length + 2;
	line.length -= boundary.length + 2;
	*last = line.length >= 2 && line.data[0] == '-' && line.data[1] == '-';
	/* nothing but blanks may follow: boundaries of inner parts often begin with the outer one */
	return span_trim((Span){line.data + (*last ? 2 : 0), line.length - (*last ? 2 : 0)}).length ==
		   0;
}

/*
 * Gather the parts between boundaries; false if there is none
 */
static bool
multipart(MailParts *parts, Span body, Span boundary, int depth)
{
	Span rest = body;
	Span line;
	Span part = {NULL, 0};
	bool found = false;
	bool last = false;

	while (!last && parts->parts < ADAPTER_MAX_PARTS)
	{
		const char *line_start = rest.data;
		bool ended = !span_next_line(&rest, &line);
		Headers headers;
		Span content;

		CHECK_FOR_INTERRUPTS();
		if (!ended && !is_boundary(line, boundary, &last))
			continue;
		if (part.data != NULL)
		{
			part.length = line_start - part.data;
			headers = mime_headers(part, &content);
			mime_parts(parts, &headers, content, depth + 1);
			pfree(headers.list);
		}
		if (ended)
			break;
		found = true;
		part.data = rest.data;
	}
	return found;
}

/*
 * Take in a text part: plain and HTML versions each add to their own text
 */
static void
text_part(MailParts *parts, const Headers *headers, Span type, Span body)
{
	bool is_html = span_equals(type, "text/html");
	StringInfo to = is_html ? &parts->html : &parts->plain;
	int before = to->len;

	if (to->len > ADAPTER_MAX_TEXT)
		return;
	if (before > 0)
		appendStringInfoString(to, "\n\n");
	append_text(to, headers, body);
	if (span_trim((Span){to->data + before, to->len - before}).length == 0)
	{
		to->len = before;
		to->data[before] = '\0';
	}
}

void
mime_parts(MailParts *parts, const Headers *headers, Span body, int depth)
{
	Span content_type = mime_header(headers, "Content-Type");
	Span type = content_type.data == NULL ? (Span){"text/plain", 10} : media_type(content_type);
	Span disposition = mime_header(headers, "Content-Disposition");
	Span boundary =
		content_type.data == NULL ? (Span){NULL, 0} : parameter(content_type, "boundary");
	bool attached = disposition.data != NULL && span_starts(span_trim(disposition), "attachment");
	bool is_xml = span_equals(type, "application/x-adf+xml") ||
				  span_equals(type, "application/xml") || span_equals(type, "text/xml");

	if (++parts->parts > ADAPTER_MAX_PARTS)
		return;
	if (span_starts(type, "multipart/") && boundary.length > 0 && boundary.length <= MAX_BOUNDARY &&
		depth < ADAPTER_MAX_DEPTH && multipart(parts, body, boundary, depth))
		return;
	if (span_equals(type, "message/rfc822") && depth < ADAPTER_MAX_DEPTH)
	{
		Span content;
		Headers inner = mime_headers(body, &content);

		mime_parts(parts, &inner, content, depth + 1);
		if (parts->inner.n == 0)
			parts->inner = inner;
		return;
	}
	if (is_xml && parts->xml.len == 0)
		append_text(&parts->xml, headers, body);
	else if (!attached && (span_starts(type, "text/") || span_starts(type, "multipart/")))
		text_part(parts, headers, type, body);
	else if (parts->n_attachments < ADAPTER_MAX_PARTS)
	{
		Span name = disposition.data == NULL ? (Span){NULL, 0} : parameter(disposition, "filename");

		if (name.data == NULL && content_type.data != NULL)
			name = parameter(content_type, "name");
		parts->attachments[parts->n_attachments++] =
			(Attachment){.type = type, .name = name, .bytes = body.length};
	}
}
