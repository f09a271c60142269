/*
 * mime.h: the parts of a mail (RFC 5322, 2045-2047), for mail.c.
 */
#ifndef JORGE_MIME_H
#define JORGE_MIME_H

#include "adapter/adapter.h"

/* A header, its name and its raw value, folded lines included */
typedef struct Header
{
	Span name;
	Span value;
} Header;

typedef struct Headers
{
	Header *list;
	int n;
} Headers;

/* Something attached, not read */
typedef struct Attachment
{
	Span type;
	Span name; /* raw */
	int bytes;
} Attachment;

/* What a mail holds; texts are in the database's encoding */
typedef struct MailParts
{
	StringInfoData plain;
	StringInfoData html;
	StringInfoData xml; /* the first part that is an XML document */
	Headers inner;      /* of the first mail attached as a whole */
	Attachment attachments[ADAPTER_MAX_PARTS];
	int n_attachments;
	int parts;
} MailParts;

/* Read headers off the front of a mail; body is what follows the empty line */
extern Headers mime_headers(Span mail, Span *body);

/* Raw value of the first header of a name; data NULL if there is none */
extern Span mime_header(const Headers *headers, const char *name);

/* The value unfolded and decoded, at most `longest` raw bytes of it; in the current memory context */
extern Span mime_decoded(Span raw, int longest);

/* Gather the parts of a mail with these headers */
extern void mime_parts(MailParts *parts, const Headers *headers, Span body, int depth);

#endif
