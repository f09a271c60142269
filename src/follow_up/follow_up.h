/*
 * follow_up.h: what the files of this family share.
 */
#ifndef JORGE_FOLLOW_UP_H
#define JORGE_FOLLOW_UP_H

/* What a message says about being written to: "stop", "start", "help", "unclear" or "none" */
extern const char *jorge_meaning_of(const char *message, int length);

/* What the message of a form says about it: "stop", "unclear" or "none" */
extern const char *jorge_meaning_of_form(const char *message, int length);

#endif
