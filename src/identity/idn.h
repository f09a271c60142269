/*
 * idn.h: e-mail addresses beyond ASCII.
 */
#ifndef JORGE_IDN_H
#define JORGE_IDN_H

/* Lower-case and compose (NFC) an address of size bytes in place; false where it no longer fits. UTF-8 databases only. */
extern bool jorge_compose_lower(char *address, int size);

/* Write a domain with its labels beyond ASCII as xn-- (RFC 3492); false where it does not fit. */
extern bool jorge_ascii_domain(const char *domain, char *ascii, int size);

#endif
