/*
 * sink.c: a JSON object being told, as jsonb.
 */
#include "core/jorge.h"

#include "adapter/sink.h"

struct Sink
{
	JsonbParseState *state;
	JsonbValue *result;
	int depth;
	bool is_array[ADAPTER_MAX_DEPTH + 4];
};

Sink *
sink_create(void)
{
	return palloc0(sizeof(Sink));
}

/*
 * Tell the key of what follows
 */
static void
push_key(Sink *sink, Span key)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = pnstrdup(key.data, key.length);
	value.val.string.len = key.length;
	sink->result = pushJsonbValue(&sink->state, WJB_KEY, &value);
}

static void
open_container(Sink *sink, const char *key, bool is_array)
{
	if (sink->depth == lengthof(sink->is_array))
		elog(ERROR, "document is nested deeper than its reader allows");
	if (key != NULL)
		push_key(sink, (Span){key, strlen(key)});
	sink->is_array[sink->depth++] = is_array;
	sink->result =
		pushJsonbValue(&sink->state, is_array ? WJB_BEGIN_ARRAY : WJB_BEGIN_OBJECT, NULL);
}

void
sink_open_object(Sink *sink, const char *key)
{
	open_container(sink, key, false);
}

void
sink_open_array(Sink *sink, const char *key)
{
	open_container(sink, key, true);
}

void
sink_close(Sink *sink)
{
	bool is_array = sink->is_array[--sink->depth];

	sink->result = pushJsonbValue(&sink->state, is_array ? WJB_END_ARRAY : WJB_END_OBJECT, NULL);
}

/*
 * Tell a scalar, as the value of the key told before or as an element
 */
static void
push_scalar(Sink *sink, JsonbValue *value)
{
	sink->result =
		pushJsonbValue(&sink->state, sink->is_array[sink->depth - 1] ? WJB_ELEM : WJB_VALUE, value);
}

void
sink_text_key(Sink *sink, Span key, Span text)
{
	JsonbValue value;

	push_key(sink, key);
	value.type = jbvString;
	/* the buffers that texts come from are used again */
	value.val.string.val = pnstrdup(text.data, text.length);
	value.val.string.len = text.length;
	push_scalar(sink, &value);
}

void
sink_text(Sink *sink, const char *key, Span text)
{
	sink_text_key(sink, (Span){key, strlen(key)}, text);
}

void
sink_number(Sink *sink, const char *key, int64 number)
{
	JsonbValue value;

	push_key(sink, (Span){key, strlen(key)});
	value.type = jbvNumeric;
	value.val.numeric = int64_to_numeric(number);
	push_scalar(sink, &value);
}

Jsonb *
jorge_sink_jsonb(Sink *sink)
{
	Assert(sink->depth == 0);
	return JsonbValueToJsonb(sink->result);
}
