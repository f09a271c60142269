/*
 * payload.c: what a delivery is (JSON, form, mail, ADF, HTML, text), and its document.
 */
#include "core/jorge.h"

#include "adapter/sink.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

JORGE_FUNCTION(jorge_read_payload);
JORGE_FUNCTION(jorge_html_text);
JORGE_FUNCTION(jorge_text_or_null);

/*
 * Refuse what is too long to be read in one go
 */
static void
check_size(Span body)
{
	if (body.length > ADAPTER_MAX_BYTES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("delivery has %d bytes, more than the %d that are read", body.length,
							   ADAPTER_MAX_BYTES),
						errhint("It stays in jorge.inbox; cut it and hand over the parts.")));
}

/*
 * Bytes of any charset as text of the database's encoding
 */
static Span
as_text(Span body)
{
	StringInfoData text;

	if (jorge_is_text(body))
		return body;
	initStringInfo(&text);
	jorge_charset_append(&text, (Span){NULL, 0}, body);
	return (Span){text.data, text.len};
}

/*
 * Read JSON; ERROR 22P02 if it is none
 */
static Datum
read_json(Span body)
{
	StringInfoData json;

	initStringInfo(&json);
	jorge_json_repair(&json, as_text(body));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/*
 * Tell a document in XML or HTML
 */
static void
tell_markup(Sink *sink, Span body)
{
	StringInfoData text;

	if (jorge_adf(sink, body))
	{
		sink_text(sink, "format", (Span){"adf", 3});
		return;
	}
	initStringInfo(&text);
	sink_open_object(sink, "meta");
	jorge_html_to_text(&text, body, sink);
	sink_close(sink);
	jorge_plain_text(sink, (Span){text.data, text.len});
}

/*
 * Read a delivery of any kind
 */
Datum
jorge_read_payload(PG_FUNCTION_ARGS)
{
	/* text and bytea look alike in here */
	bytea *delivery = PG_GETARG_BYTEA_PP(0);
	Span body = {VARDATA_ANY(delivery), VARSIZE_ANY_EXHDR(delivery)};
	Span trimmed;
	Sink *sink;

	check_size(body);
	if (body.length >= 3 && memcmp(body.data, "\xEF\xBB\xBF", 3) == 0)
		body.data += 3, body.length -= 3;
	trimmed = span_trim(body);
	if (trimmed.length == 0)
		PG_RETURN_NULL();
	if (trimmed.data[0] == '{' || trimmed.data[0] == '[')
		return read_json(trimmed);

	sink = sink_create();
	sink_open_object(sink, NULL);
	if (trimmed.data[0] == '<')
		tell_markup(sink, as_text(trimmed));
	else if (jorge_looks_like_mail(trimmed))
		jorge_mail(sink, trimmed);
	else if (jorge_looks_like_form(trimmed))
		jorge_form(sink, trimmed);
	else
		jorge_plain_text(sink, as_text(trimmed));
	sink_close(sink);
	PG_RETURN_JSONB_P(jorge_sink_jsonb(sink));
}

/*
 * Get the text of a page of HTML
 */
Datum
jorge_html_text(PG_FUNCTION_ARGS)
{
	text *html = PG_GETARG_TEXT_PP(0);
	Span body = {VARDATA_ANY(html), VARSIZE_ANY_EXHDR(html)};
	StringInfoData result;

	check_size(body);
	initStringInfo(&result);
	jorge_html_to_text(&result, body, NULL);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(result.data, result.len));
}

/*
 * Get bytes as text where they are text
 */
Datum
jorge_text_or_null(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	Span body = {VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)};

	if (!jorge_is_text(body))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(body.data, body.length));
}
