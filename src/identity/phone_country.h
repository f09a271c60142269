/*
 * phone_country.h: calling codes and the digits that are dialled inside a country only.
 */
#ifndef JORGE_PHONE_COUNTRY_H
#define JORGE_PHONE_COUNTRY_H

/* Calling code of an ISO 3166-1 two-letter code in either case; 0 = unknown. */
extern int jorge_calling_code(const char *country, int length);

/* How many of the digits are the calling code; 0 = too few digits. */
extern int jorge_code_digits(const char *digits, int length);

/* How many digits in front of a national number are not dialled from abroad. */
extern int jorge_trunk_digits(int code, const char *national, int length);

#endif
