/*
 * markup.c: HTML as text, in one pass over its tags. No tree is built: what mails need is lines,
 * cells and the meta tags of Real Estate Lead Metadata (leadmetadata.org), and no input makes the
 * pass slow.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

/* Longest tag, bytes: a quote that is never closed costs no more than this */
#define MAX_TAG 16384

/* What a tag means for the text */
typedef enum TagEffect
{
	TAG_INLINE,
	TAG_LINE,   /* ends a line */
	TAG_BLOCK,  /* leaves an empty line */
	TAG_CELL,   /* parts cells of a row */
	TAG_HIDDEN, /* its content is no text */
	TAG_META
} TagEffect;

static const struct
{
	const char *name;
	TagEffect effect;
} tags[] = {
	{"br", TAG_LINE},      {"div", TAG_LINE},         {"tr", TAG_LINE},
	{"li", TAG_LINE},      {"ul", TAG_LINE},          {"ol", TAG_LINE},
	{"table", TAG_LINE},   {"hr", TAG_LINE},          {"section", TAG_LINE},
	{"header", TAG_LINE},  {"footer", TAG_LINE},      {"dt", TAG_LINE},
	{"dd", TAG_LINE},      {"option", TAG_LINE},      {"body", TAG_LINE},
	{"p", TAG_BLOCK},      {"h1", TAG_BLOCK},         {"h2", TAG_BLOCK},
	{"h3", TAG_BLOCK},     {"h4", TAG_BLOCK},         {"h5", TAG_BLOCK},
	{"h6", TAG_BLOCK},     {"blockquote", TAG_BLOCK}, {"pre", TAG_BLOCK},
	{"td", TAG_CELL},      {"th", TAG_CELL},          {"script", TAG_HIDDEN},
	{"style", TAG_HIDDEN}, {"title", TAG_HIDDEN},     {"template", TAG_HIDDEN},
	{"meta", TAG_META},
};

/* The text being written */
typedef struct Writer
{
	StringInfo to;
	int start;     /* where our text begins in it */
	int line_ends; /* at its end so far, 2 at most */
	bool blank;    /* white space was seen and not written yet */
	bool cell;     /* a cell's end was seen and not written yet */
} Writer;

static TagEffect
effect_of(Span name)
{
	for (int i = 0; i < lengthof(tags); i++)
		if (span_equals(name, tags[i].name))
			return tags[i].effect;
	return TAG_INLINE;
}

/*
 * End the line, leaving at most `wanted` line ends
 */
static void
end_line(Writer *writer, int wanted)
{
	writer->blank = writer->cell = false;
	if (writer->to->len == writer->start)
		return;
	for (; writer->line_ends < wanted; writer->line_ends++)
		appendStringInfoChar(writer->to, '\n');
}

/*
 * Write what separates the next character from the last
 */
static void
separate(Writer *writer)
{
	bool at_start = writer->to->len == writer->start || writer->line_ends > 0;

	if (!at_start && (writer->cell || writer->blank))
		appendStringInfoChar(writer->to, writer->cell ? '\t' : ' ');
	writer->blank = writer->cell = false;
	writer->line_ends = 0;
}

/*
 * Write text between tags
 */
static void
write_text(Writer *writer, const char *p, const char *end)
{
	while (p < end)
	{
		int length;

		if (*p == ' ' || (*p >= '\t' && *p <= '\r'))
		{
			writer->blank = true;
			p++;
			continue;
		}
		/* U+00A0, the no-break space */
		if (end - p >= 2 && (unsigned char) p[0] == 0xC2 && (unsigned char) p[1] == 0xA0)
		{
			writer->blank = true;
			p += 2;
			continue;
		}
		if (*p == '&')
		{
			StringInfoData one;

			initStringInfo(&one);
			length = jorge_entity_append(&one, p, end);
			if (length > 0 && one.len == 1 && one.data[0] == ' ')
				writer->blank = true;
			else if (length > 0 && one.len > 0)
			{
				separate(writer);
				appendBinaryStringInfo(writer->to, one.data, one.len);
			}
			pfree(one.data);
			p += length;
			if (length > 0)
				continue;
		}
		separate(writer);
		appendStringInfoCharMacro(writer->to, *p);
		p++;
	}
}

/*
 * Get the end of the tag that begins at p, just behind its >; quoted values may hold one
 */
static const char *
tag_end(const char *p, const char *end)
{
	const char *limit = end - p > MAX_TAG ? p + MAX_TAG : end;
	char quote = '\0';

	for (const char *q = p + 1; q < limit; q++)
	{
		if (quote != '\0')
			quote = *q == quote ? '\0' : quote;
		else if (*q == '>')
			return q + 1;
		else if ((*q == '"' || *q == '\'') && q[-1] == '=')
			quote = *q;
	}
	return limit;
}

/*
 * Get an attribute's raw value out of a tag
 */
static Span
attribute(Span tag, const char *name)
{
	const char *p = tag.data;
	const char *end = p + tag.length;

	while (p < end)
	{
		const char *word = p;
		Span value = {NULL, 0};
		bool found;

		while (p < end && strchr(" \t\r\n=/>", *p) == NULL)
			p++;
		found = p > word && span_equals((Span){word, p - word}, name);
		while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
			p++;
		if (p < end && *p == '=')
		{
			p++;
			while (p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r')))
				p++;
			value.data = p;
			if (p < end && (*p == '"' || *p == '\''))
			{
				char quote = *p++;

				value.data = p;
				while (p < end && *p != quote)
					p++;
			}
			else
				while (p < end && strchr(" \t\r\n>", *p) == NULL)
					p++;
			value.length = p - value.data;
			if (found)
				return value;
		}
		if (p == word || (p < end && (*p == '"' || *p == '\'' || *p == '/' || *p == '>')))
			p++;
	}
	return (Span){NULL, 0};
}

/*
 * Tell a meta tag's name and content
 */
static void
tell_meta(Sink *meta, Span tag)
{
	Span name = span_trim(attribute(tag, "name"));
	Span content = attribute(tag, "content");
	StringInfoData key;
	StringInfoData value;

	if (name.length == 0 || name.length > 100 || content.data == NULL)
		return;
	initStringInfo(&key);
	initStringInfo(&value);
	for (int i = 0; i < name.length; i++)
		appendStringInfoChar(&key, pg_ascii_tolower((unsigned char) name.data[i]));
	for (int i = 0; i < content.length;)
	{
		int length = content.data[i] == '&' ? jorge_entity_append(&value, content.data + i,
																  content.data + content.length)
											: 0;

		if (length == 0)
			appendStringInfoChar(&value, content.data[i]);
		i += Max(length, 1);
	}
	sink_text_key(meta, (Span){key.data, key.len}, span_trim((Span){value.data, value.len}));
}

/*
 * Get the end of a hidden element's content: where its closing tag begins
 */
static const char *
hidden_end(const char *p, const char *end, Span name)
{
	for (; p + name.length + 2 <= end; p++)
		if (p[0] == '<' && p[1] == '/' && pg_strncasecmp(p + 2, name.data, name.length) == 0)
			return p;
	return end;
}

/*
 * Is the < at p a tag's? "a < b" is text.
 */
static bool
begins_tag(const char *p, const char *end)
{
	return end - p >= 2 &&
		   (p[1] == '/' || p[1] == '!' || p[1] == '?' || isalpha((unsigned char) p[1]));
}

void
jorge_html_to_text(StringInfo to, Span html, Sink *meta)
{
	const char *p = html.data;
	const char *end = p + html.length;
	Writer writer = {.to = to, .start = to->len};
	int metas = 0;

	while (p < end && to->len - writer.start < ADAPTER_MAX_TEXT)
	{
		const char *open = memchr(p, '<', end - p);
		const char *close;
		Span name;
		Span tag;

		CHECK_FOR_INTERRUPTS();
		write_text(&writer, p, open == NULL ? end : open);
		if (open == NULL)
			break;
		if (end - open >= 4 && strncmp(open, "<!--", 4) == 0)
		{
			Span rest = {open + 4, end - open - 4};
			int stop = span_find(rest, "-->");

			p = stop < 0 ? end : rest.data + stop + 3;
			continue;
		}
		if (!begins_tag(open, end))
		{
			separate(&writer);
			appendStringInfoChar(to, '<');
			p = open + 1;
			continue;
		}
		close = tag_end(open, end);
		name.data = open + (open[1] == '/' ? 2 : 1);
		name.length = 0;
		while (name.data + name.length < close && isalnum((unsigned char) name.data[name.length]))
			name.length++;
		tag = (Span){name.data + name.length, close - (name.data + name.length)};
		p = close;
		switch (effect_of(name))
		{
			case TAG_LINE:
				end_line(&writer, 1);
				break;
			case TAG_BLOCK:
				end_line(&writer, 2);
				break;
			case TAG_CELL:
				if (open[1] == '/')
					writer.cell = true;
				break;
			case TAG_HIDDEN:
				if (open[1] != '/')
					p = hidden_end(close, end, name);
				break;
			case TAG_META:
				if (meta != NULL && metas++ < ADAPTER_MAX_LABELS)
					tell_meta(meta, tag);
				break;
			case TAG_INLINE:
				break;
		}
	}
	while (to->len > writer.start && to->data[to->len - 1] == '\n')
		to->data[--to->len] = '\0';
}
