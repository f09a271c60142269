/*
 * close_names.h: names that somebody may have meant.
 */
#ifndef JORGE_CLOSE_NAMES_H
#define JORGE_CLOSE_NAMES_H

/* "a, b, c": at most three of the names that resemble the wrong one; NULL if none does. */
extern char *jorge_close_names(const char *wrong, int length, const char *const *names, int n);

#endif
