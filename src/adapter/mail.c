/*
 * mail.c: an e-mail as a document: who wrote what, with what was forwarded unwrapped.
 *
 * {"format": "mail", "headers": {...}, "message_id", "subject", "date", "to",
 *  "from": {"name", "address"}, "reply_to": {...},       of the inner mail where one was forwarded
 *  "forwarded_by": {...}, "note",                        then: who forwarded it, and what they
 * wrote above "text", "labels": {...}, "meta": {...}, "adf": {...}, "attachments": [{"type",
 * "name", "bytes"}]}
 */
#include "core/jorge.h"

#include "adapter/mime.h"

#include "mb/pg_wchar.h"

/* Longest header value that is told, bytes; headers told in all */
#define MAX_HEADER_VALUE 4096
#define MAX_HEADERS_TOLD 100

/* A plain version shorter than this is a notice that the mail is in HTML */
#define SHORT_PLAIN 40

/* Lines after "From:" in which the rest of a forwarded mail's header stands */
#define FORWARD_HEADER_LINES 12

/* Who and what, of one mail */
typedef struct Envelope
{
	Span from;
	Span reply_to;
	Span to;
	Span subject;
	Span date;
} Envelope;

/*
 * Does a text begin with headers of a mail? Two that mails have and lists of labels have not are
 * needed.
 */
bool
jorge_looks_like_mail(Span body)
{
	static const char *const known[] = {
		"from",         "to",           "date",         "subject",
		"message-id",   "received",     "mime-version", "return-path",
		"delivered-to", "content-type", "reply-to",     "x-original-to",
	};
	Span content;
	Headers headers = mime_headers(body, &content);
	int found = 0;

	for (int i = 0; i < lengthof(known); i++)
		found += mime_header(&headers, known[i]).data != NULL;
	pfree(headers.list);
	return found >= 2;
}

static void
tell_if_any(Sink *sink, const char *key, Span text)
{
	if (text.length > 0)
		sink_text(sink, key, text);
}

/*
 * Tell an address "Ann Smith" <ann@example.com>, ann@example.com (Ann Smith) or ann@example.com
 */
static void
tell_address(Sink *sink, const char *key, Span value)
{
	const char *open;
	Span name = {NULL, 0};
	Span address;

	if (value.length == 0)
		return;
	open = memchr(value.data, '<', value.length);
	if (open != NULL)
	{
		const char *close = memchr(open, '>', value.data + value.length - open);
		const char *end = close == NULL ? value.data + value.length : close;

		address = span_trim((Span){open + 1, end - open - 1});
		name = span_trim((Span){value.data, open - value.data});
	}
	else
	{
		const char *comment = memchr(value.data, '(', value.length);
		int n = 0;

		if (comment != NULL)
		{
			const char *close = memchr(comment, ')', value.data + value.length - comment);

			if (close != NULL)
				name = span_trim((Span){comment + 1, close - comment - 1});
		}
		while (n < value.length && strchr(" \t,;(", value.data[n]) == NULL)
			n++;
		address = (Span){value.data, n};
	}
	if (memchr(address.data, '@', address.length) == NULL)
	{
		if (name.length == 0)
			name = value;
		address.length = 0;
	}
	if (span_starts(address, "mailto:"))
		address.data += 7, address.length -= 7;
	while (name.length >= 2 && (name.data[0] == '"' || name.data[0] == '\'') &&
		   name.data[name.length - 1] == name.data[0])
		name = span_trim((Span){name.data + 1, name.length - 2});
	sink_open_object(sink, key);
	/* portals put the address where the name goes */
	if (name.length > 0 && memchr(name.data, '@', name.length) == NULL)
		sink_text(sink, "name", name);
	if (address.length > 0)
		sink_text(sink, "address", address);
	sink_close(sink);
}

/*
 * A line without marks of quoting and bold
 */
static Span
unquoted(Span line)
{
	line = span_trim(line);
	while (line.length > 0 && (line.data[0] == '>' || line.data[0] == '*' || line.data[0] == '|'))
		line = span_trim((Span){line.data + 1, line.length - 1});
	return line;
}

/*
 * Read a line of a forwarded mail's header; false if it is none
 */
static bool
forward_header(Span line, Envelope *envelope)
{
	const struct
	{
		const char *name;
		Span *value;
	} names[] = {
		{"from:", &envelope->from},
		{"de:", &envelope->from},
		{"date:", &envelope->date},
		{"sent:", &envelope->date},
		{"fecha:", &envelope->date},
		{"enviado:", &envelope->date},
		{"subject:", &envelope->subject},
		{"asunto:", &envelope->subject},
		{"to:", &envelope->to},
		{"para:", &envelope->to},
		{"reply-to:", &envelope->reply_to},
		{"cc:", NULL},
	};

	line = unquoted(line);
	for (int i = 0; i < lengthof(names); i++)
		if (span_starts(line, names[i].name))
		{
			int length = strlen(names[i].name);

			if (names[i].value != NULL && names[i].value->data == NULL)
				*names[i].value = unquoted((Span){line.data + length, line.length - length});
			return true;
		}
	return false;
}

/*
 * Read the header block of a forwarded mail at the front of text; false, and nothing changed, if
 * there is none
 */
static bool
forward_block(Span *text, Envelope *envelope)
{
	Envelope inner = {{NULL}};
	Span rest = *text;
	Span line;
	int headers = 0;

	for (int lines = 0; lines < FORWARD_HEADER_LINES && span_next_line(&rest, &line); lines++)
	{
		if (forward_header(line, &inner))
			headers++;
		else if (unquoted(line).length == 0)
		{
			if (headers > 0)
				break;
		}
		else if (headers == 0)
			return false;
	}
	if (headers < 2 || inner.from.length == 0)
		return false;
	*envelope = inner;
	*text = rest;
	return true;
}

static bool
contains(Span line, const char *word)
{
	return line.length < 200 && span_find(line, word) >= 0;
}

/*
 * Find a forwarded mail in a text: its header goes to envelope, what is above to note, and text
 * becomes what it says
 */
static bool
unwrap_forward(Span *text, Span *note, Envelope *envelope, bool subject_says)
{
	Span rest = *text;
	Span line;

	while (rest.length > 0)
	{
		Span here = rest;
		bool marked;

		if (!span_next_line(&rest, &line))
			break;
		CHECK_FOR_INTERRUPTS();
		line = unquoted(line);
		marked = contains(line, "forwarded message") || contains(line, "mensaje reenviado") ||
				 (subject_says &&
				  (contains(line, "original message") || contains(line, "mensaje original")));
		if (marked ? forward_block(&rest, envelope)
				   : subject_says && (span_starts(line, "from:") || span_starts(line, "de:")) &&
						 forward_block(&here, envelope))
		{
			note->data = text->data;
			note->length = line.data - text->data;
			*text = marked ? rest : here;
			return true;
		}
	}
	return false;
}

/*
 * Cut off the mail that this one answers
 */
static Span
without_quotation(Span text)
{
	Span rest = text;
	Span line;

	while (span_next_line(&rest, &line))
	{
		const char *start = line.data;
		Span kept;

		line = span_trim(line);
		if (!((span_starts(line, "on ") && contains(line, "wrote:")) ||
			  (span_starts(line, "el ") && contains(line, "escribi")) ||
			  contains(line, "-original message-") || contains(line, "mensaje original")))
			continue;
		kept = span_trim((Span){text.data, start - text.data});
		return kept.length > 0 ? kept : text;
	}
	return text;
}

/*
 * Copy a text without the > of a quotation
 */
static Span
unquoted_text(Span text)
{
	StringInfoData copy;
	Span line;

	initStringInfo(&copy);
	while (span_next_line(&text, &line))
	{
		while (line.length > 0 && line.data[0] == '>')
		{
			line.data++, line.length--;
			if (line.length > 0 && line.data[0] == ' ')
				line.data++, line.length--;
		}
		appendBinaryStringInfo(&copy, line.data, line.length);
		appendStringInfoCharMacro(&copy, '\n');
	}
	return span_trim((Span){copy.data, copy.len});
}

/*
 * Take Fwd:, Fw:, Re:, RV: off a subject; says whether one of them forwards
 */
static Span
bare_subject(Span subject, bool *forwards)
{
	static const char *const prefixes[] = {"fwd:", "fw:", "rv:", "re:"};
	bool again = true;

	while (again)
	{
		again = false;
		subject = span_trim(subject);
		for (int i = 0; i < lengthof(prefixes); i++)
			if (span_starts(subject, prefixes[i]))
			{
				int length = strlen(prefixes[i]);

				*forwards |= i < 3;
				subject = (Span){subject.data + length, subject.length - length};
				again = true;
			}
	}
	return subject;
}

/*
 * Tell headers by name, the first of each
 */
static void
tell_headers(Sink *sink, const Headers *headers)
{
	sink_open_object(sink, "headers");
	for (int i = Min(headers->n, MAX_HEADERS_TOLD) - 1; i >= 0; i--)
	{
		Header *header = &headers->list[i];
		char *name = pnstrdup(header->name.data, Min(header->name.length, 100));

		for (char *c = name; *c != '\0'; c++)
			*c = pg_ascii_tolower((unsigned char) *c);
		sink_text(sink, name, mime_decoded(header->value, MAX_HEADER_VALUE));
		pfree(name);
	}
	sink_close(sink);
}

static void
tell_attachments(Sink *sink, const MailParts *parts)
{
	if (parts->n_attachments == 0)
		return;
	sink_open_array(sink, "attachments");
	for (int i = 0; i < parts->n_attachments; i++)
	{
		const Attachment *attachment = &parts->attachments[i];

		sink_open_object(sink, NULL);
		sink_text(sink, "type", mime_decoded(attachment->type, 200));
		if (attachment->name.data != NULL)
			sink_text(sink, "name", mime_decoded(attachment->name, 500));
		sink_number(sink, "bytes", attachment->bytes);
		sink_close(sink);
	}
	sink_close(sink);
}

static Envelope
envelope_of(const Headers *headers)
{
	return (Envelope){
		.from = mime_decoded(mime_header(headers, "From"), MAX_HEADER_VALUE),
		.reply_to = mime_decoded(mime_header(headers, "Reply-To"), MAX_HEADER_VALUE),
		.to = mime_decoded(mime_header(headers, "To"), MAX_HEADER_VALUE),
		.subject = mime_decoded(mime_header(headers, "Subject"), MAX_HEADER_VALUE),
		.date = mime_decoded(mime_header(headers, "Date"), 200),
	};
}

/*
 * Choose the text of a mail, its HTML version's meta tags being told on the way
 */
static Span
mail_text(Sink *sink, const MailParts *parts)
{
	Span plain = span_trim((Span){parts->plain.data, parts->plain.len});
	StringInfoData text;

	if (parts->html.len == 0)
		return plain;
	initStringInfo(&text);
	sink_open_object(sink, "meta");
	jorge_html_to_text(&text, (Span){parts->html.data, parts->html.len}, sink);
	sink_close(sink);
	if (plain.length >= SHORT_PLAIN || text.len == 0)
		return plain;
	return (Span){text.data, text.len};
}

/*
 * Copy a text with its lines ended by \n alone, no longer than what is kept
 */
static Span
unix_lines(Span text)
{
	StringInfoData copy;
	Span line;

	initStringInfo(&copy);
	text = span_trim(text);
	while (copy.len < ADAPTER_MAX_TEXT && span_next_line(&text, &line))
	{
		int room = ADAPTER_MAX_TEXT - copy.len;

		CHECK_FOR_INTERRUPTS();
		if (line.length > room)
			line.length = pg_mbcliplen(line.data, line.length, room);
		appendBinaryStringInfo(&copy, line.data, line.length);
		appendStringInfoCharMacro(&copy, '\n');
	}
	return span_trim((Span){copy.data, copy.len});
}

/*
 * Tell a text and its labelled lines
 */
static void
tell_text(Sink *sink, Span text)
{
	text = unix_lines(text);
	if (text.length == 0)
		return;
	sink_text(sink, "text", text);
	sink_open_object(sink, "labels");
	jorge_labels(sink, text);
	sink_close(sink);
}

void
jorge_plain_text(Sink *sink, Span text)
{
	sink_text(sink, "format", (Span){"text", 4});
	tell_text(sink, text);
}

void
jorge_mail(Sink *sink, Span body)
{
	Span content;
	Headers headers = mime_headers(body, &content);
	MailParts *parts = palloc0(sizeof(MailParts));
	Envelope outer;
	Envelope envelope;
	Span text;
	Span note = {NULL, 0};
	bool subject_says = false;
	bool forwarded;

	initStringInfo(&parts->plain);
	initStringInfo(&parts->html);
	initStringInfo(&parts->xml);
	mime_parts(parts, &headers, content, 0);

	sink_text(sink, "format", (Span){"mail", 4});
	tell_headers(sink, &headers);
	text = mail_text(sink, parts);
	outer = envelope_of(&headers);
	envelope = outer;
	(void) bare_subject(outer.subject, &subject_says);
	forwarded = parts->inner.n > 0;
	if (forwarded)
		envelope = envelope_of(&parts->inner);
	else
		forwarded = unwrap_forward(&text, &note, &envelope, subject_says);
	text = forwarded ? unquoted_text(text) : without_quotation(text);
	if (forwarded)
	{
		tell_address(sink, "forwarded_by", outer.from);
		tell_if_any(sink, "note", unix_lines(note));
		if (envelope.subject.length == 0)
			envelope.subject = outer.subject;
	}
	tell_address(sink, "from", envelope.from);
	tell_address(sink, "reply_to", envelope.reply_to);
	tell_address(sink, "to", envelope.to);
	tell_if_any(sink, "subject", bare_subject(envelope.subject, &subject_says));
	tell_if_any(sink, "date", envelope.date.length > 0 ? envelope.date : outer.date);
	tell_if_any(sink, "message_id", mime_decoded(mime_header(&headers, "Message-ID"), 500));
	if (!(parts->xml.len > 0 && jorge_adf(sink, (Span){parts->xml.data, parts->xml.len})) &&
		!jorge_adf(sink, (Span){parts->plain.data, parts->plain.len}))
		tell_text(sink, text);
	tell_attachments(sink, parts);
}
