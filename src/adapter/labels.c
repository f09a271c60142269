/*
 * labels.c: lines "Label: value", as forms and portals write them into mails.
 *
 *   Name: Ann Smith            a value on the label's line
 *   Comment:                   a value below it
 *   I would like to see it.    a message or an address may go on for lines
 *   Phone	(512) 555-0187      a table's row: cells parted by a tab
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

/* A label is short: longer ones are sentences with a colon */
#define MAX_LABEL 48
#define MAX_LABEL_WORDS 6

/* Lines of an address below its label */
#define ADDRESS_LINES 2

/* Most of a value that goes on for lines, bytes */
#define MAX_VALUE 65536

typedef struct Label
{
	char key[MAX_LABEL + 1];
	int length;
	Span value;
} Label;

/*
 * Take off what quotes and decorates a line: > | * - and bullets
 */
static Span
undecorated(Span line)
{
	line = span_trim(line);
	while (line.length > 0 && strchr(">|*-_", line.data[0]) != NULL)
	{
		line.data++;
		line.length--;
		line = span_trim(line);
	}
	/* U+2022, the bullet */
	if (line.length >= 3 && strncmp(line.data, "\xE2\x80\xA2", 3) == 0)
		line = span_trim((Span){line.data + 3, line.length - 3});
	return line;
}

/*
 * Split a line into label and value; false if it has no label
 */
static bool
split_label(Span line, Label *label)
{
	int words = 1;
	int end = 0;

	line = undecorated(line);
	label->length = 0;
	if (line.length == 0 || !(isalpha((unsigned char) line.data[0]) || (line.data[0] & 0x80)))
		return false;
	for (; end < line.length && end < MAX_LABEL && line.data[end] != ':' && line.data[end] != '\t';
		 end++)
	{
		char c = line.data[end];

		if (isalnum((unsigned char) c) || (c & 0x80))
			label->key[label->length++] = pg_ascii_tolower((unsigned char) c);
		else if (strchr(" _-/.#()?'&*", c) == NULL)
			return false;
		else if (label->length > 0 && label->key[label->length - 1] != '_')
		{
			if (c == ' ' && ++words > MAX_LABEL_WORDS)
				return false;
			label->key[label->length++] = '_';
		}
	}
	if (end == line.length || end == MAX_LABEL)
		return false;
	while (label->length > 0 && label->key[label->length - 1] == '_')
		label->length--;
	label->key[label->length] = '\0';
	label->value = (Span){line.data + end + 1, line.length - end - 1};
	/* a web address is no label */
	if (label->value.length >= 2 && strncmp(label->value.data, "//", 2) == 0)
		return false;
	label->value = undecorated(label->value);
	return label->length > 0;
}

/*
 * May the value go on below? Returns how many lines.
 */
static int
further_lines(const Label *label)
{
	static const char *const message_words[] = {"message", "comment", "question",
												"note",    "mensaje", "comentario"};

	for (int i = 0; i < lengthof(message_words); i++)
		if (strstr(label->key, message_words[i]) != NULL)
			return PG_INT32_MAX;
	if (strstr(label->key, "address") != NULL && strstr(label->key, "mail") == NULL)
		return ADDRESS_LINES - (label->value.length > 0 ? 1 : 0);
	return label->value.length > 0 ? 0 : 1;
}

/*
 * Gather a label's value: what stands on its line and what goes on below; text is left at the next
 * label
 */
static void
gather_value(StringInfo value, const Label *label, Span *text)
{
	int lines = further_lines(label);
	Span rest = *text;
	Span line;

	appendBinaryStringInfo(value, label->value.data, label->value.length);
	while (lines > 0 && value->len < MAX_VALUE && span_next_line(&rest, &line))
	{
		Label next;

		line = undecorated(line);
		if (line.length == 0)
		{
			/* one empty line may stand between a label and its value */
			if (value->len > 0)
				break;
			*text = rest;
			if (!span_next_line(&rest, &line) || (line = undecorated(line)).length == 0)
				break;
		}
		if (split_label(line, &next))
			break;
		if (value->len > 0)
			appendStringInfoString(value, lines <= ADDRESS_LINES ? ", " : "\n");
		appendBinaryStringInfo(value, line.data, line.length);
		*text = rest;
		lines--;
	}
}

void
jorge_labels(Sink *sink, Span text)
{
	char(*seen)[MAX_LABEL + 1] = palloc(sizeof(*seen) * ADAPTER_MAX_LABELS);
	StringInfoData value;
	Span line;
	int n = 0;

	initStringInfo(&value);
	while (n < ADAPTER_MAX_LABELS && span_next_line(&text, &line))
	{
		Label label;
		bool known = false;

		CHECK_FOR_INTERRUPTS();
		if (!split_label(line, &label))
			continue;
		resetStringInfo(&value);
		gather_value(&value, &label, &text);
		for (int i = 0; i < n && !known; i++)
			known = strcmp(seen[i], label.key) == 0;
		if (known || value.len == 0)
			continue;
		strcpy(seen[n++], label.key);
		sink_text_key(sink, (Span){label.key, label.length}, (Span){value.data, value.len});
	}
	pfree(value.data);
	pfree(seen);
}
