/*
 * adf.c: ADF (Auto-lead Data Format) 1.0, which some real-estate systems send, by libxml2 in
 * recovery mode.
 *
 * Declarations are refused before the parser sees them and only text nodes are read, so no entity
 * is ever expanded and nothing is fetched. Ampersands that begin no reference are common and are
 * read as text. Between parsing and freeing errors are caught, because libxml2's memory is its own.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

#ifdef USE_LIBXML

#include "mb/pg_wchar.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

/* Largest document, bytes: the parser's tree takes some fifty times as much memory */
#define MAX_DOCUMENT (2 * 1024 * 1024)

/* Most text of one element, bytes */
#define MAX_ELEMENT_TEXT 65536

/*
 * Write references as the characters they stand for, but XML's own; & that begins none as &amp;;
 * and leave out control characters, which XML forbids
 */
static void
normalise(StringInfo to, Span xml)
{
	const char *end = xml.data + xml.length;
	StringInfoData one;

	initStringInfo(&one);
	for (const char *p = xml.data; p < end;)
	{
		int length = *p == '&' ? jorge_entity_append(&one, p, end) : 0;

		if (length > 0)
		{
			if (one.len == 1 && strchr("&<>\"'", one.data[0]) != NULL)
				appendStringInfo(to, "&#%d;", one.data[0]);
			else if (one.len > 1 || (one.len == 1 && (unsigned char) one.data[0] >= ' '))
				appendBinaryStringInfo(to, one.data, one.len);
			resetStringInfo(&one);
			p += length;
			continue;
		}
		if (*p == '&')
			appendStringInfoString(to, "&amp;");
		else if ((unsigned char) *p >= ' ' || *p == '\n' || *p == '\t')
			appendStringInfoCharMacro(to, *p);
		p++;
	}
	pfree(one.data);
}

/*
 * Append the text directly inside a node; references that stayed unresolved are left out
 */
static void
append_text(StringInfo to, const xmlNode *node)
{
	for (const xmlNode *child = node->children; child != NULL && to->len < MAX_ELEMENT_TEXT;
		 child = child->next)
		if ((child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) &&
			child->content != NULL)
			jorge_charset_append(
				to, (Span){"utf-8", 5},
				(Span){(const char *) child->content, strlen((const char *) child->content)});
}

/*
 * Append an attribute's text
 */
static void
append_attribute(StringInfo to, const xmlNode *node, const char *name)
{
	for (const xmlAttr *attribute = node->properties; attribute != NULL;
		 attribute = attribute->next)
		if (attribute->name != NULL && pg_strcasecmp((const char *) attribute->name, name) == 0)
		{
			append_text(to, (const xmlNode *) attribute);
			return;
		}
}

/*
 * Tell an element's children, named by their path and by part, type or source where they have it:
 * customer_contact_name_first, customer_contact_phone_mobile, customer_comments
 */
static void
tell_children(Sink *sink, const xmlNode *node, const char *path, int depth, int *told)
{
	for (const xmlNode *child = node->children; child != NULL; child = child->next)
	{
		StringInfoData key;
		StringInfoData text;

		CHECK_FOR_INTERRUPTS();
		if (child->type != XML_ELEMENT_NODE || child->name == NULL || ++*told > ADAPTER_MAX_LABELS)
			continue;
		initStringInfo(&key);
		initStringInfo(&text);
		appendStringInfoString(&key, path);
		if (key.len > 0)
			appendStringInfoChar(&key, '_');
		jorge_charset_append(
			&key, (Span){"utf-8", 5},
			(Span){(const char *) child->name, strnlen((const char *) child->name, 60)});
		append_text(&text, child);
		if (span_trim((Span){text.data, text.len}).length > 0)
		{
			StringInfoData qualifier;

			initStringInfo(&qualifier);
			append_attribute(&qualifier, child, "part");
			if (qualifier.len == 0)
				append_attribute(&qualifier, child, "type");
			if (qualifier.len == 0)
				append_attribute(&qualifier, child, "source");
			if (qualifier.len > 0 && qualifier.len <= 60)
				sink_text_key(sink,
							  (Span){psprintf("%s_%s", key.data, qualifier.data),
									 key.len + 1 + qualifier.len},
							  span_trim((Span){text.data, text.len}));
			else
				sink_text_key(sink, (Span){key.data, key.len},
							  span_trim((Span){text.data, text.len}));
		}
		if (depth < ADAPTER_MAX_DEPTH)
			tell_children(sink, child, key.data, depth + 1, told);
		pfree(text.data);
		pfree(key.data);
	}
}

static bool
is_element(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->name != NULL &&
		   pg_strcasecmp((const char *) node->name, name) == 0;
}

/*
 * Find the first element of a name, at any depth that counts
 */
static const xmlNode *
find_element(const xmlNode *node, const char *name, int depth)
{
	for (; node != NULL; node = node->next)
	{
		const xmlNode *found = NULL;

		if (is_element(node, name))
			return node;
		if (depth < ADAPTER_MAX_DEPTH && node->type == XML_ELEMENT_NODE)
			found = find_element(node->children, name, depth + 1);
		if (found != NULL)
			return found;
	}
	return NULL;
}

/*
 * Tell all prospects: one as "adf", more as elements of "leads", which become deliveries of their
 * own
 */
static bool
tell_prospects(Sink *sink, const xmlNode *first)
{
	int prospects = 0;
	int told = 0;

	for (const xmlNode *node = first; node != NULL; node = node->next)
		prospects += is_element(node, "prospect");
	if (prospects == 0)
		return false;
	if (prospects > 1)
		sink_open_array(sink, "leads");
	for (const xmlNode *node = first; node != NULL; node = node->next)
	{
		if (!is_element(node, "prospect"))
			continue;
		if (prospects > 1)
			sink_open_object(sink, NULL);
		sink_open_object(sink, "adf");
		told = 0;
		tell_children(sink, node, "", 0, &told);
		sink_close(sink);
		if (prospects > 1)
			sink_close(sink);
	}
	if (prospects > 1)
		sink_close(sink);
	return true;
}

bool
jorge_adf(Sink *sink, Span xml)
{
	const int options = XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_NOERROR |
						XML_PARSE_NOWARNING | XML_PARSE_NOCDATA;
	volatile bool is_adf = false;
	int start = span_find(xml, "<adf");
	StringInfoData clean;
	char *utf8;
	xmlDocPtr document;

	if (start < 0 || xml.length > MAX_DOCUMENT || span_find(xml, "<!doctype") >= 0 ||
		span_find(xml, "<!entity") >= 0)
		return false;
	initStringInfo(&clean);
	normalise(&clean, (Span){xml.data + start, xml.length - start});
	utf8 = pg_server_to_any(clean.data, clean.len, PG_UTF8);
	document = xmlReadMemory(utf8, strlen(utf8), NULL, "UTF-8", options);
	if (document == NULL)
		return false;
	PG_TRY();
	{
		is_adf = tell_prospects(sink, find_element(document->children, "prospect", 0));
	}
	PG_FINALLY();
	{
		xmlFreeDoc(document);
	}
	PG_END_TRY();
	return is_adf;
}

#else

bool
jorge_adf(Sink *sink, Span xml)
{
	return false;
}

#endif
