/*
 * keys.h: canonical forms by which arrivals of one person are recognised.
 *
 * A key is never shown to people and never written to: the lead keeps what the person gave.
 */
#ifndef JORGE_KEYS_H
#define JORGE_KEYS_H

/* Longest canonical phone: + and 15 digits (E.164), with the terminator */
#define PHONE_KEY_SIZE 17

/* Longest e-mail address that is a key (RFC 5321: 254 octets), with the terminator */
#define EMAIL_KEY_SIZE 255

/* Write the canonical form, or return false where the input can't be a key. */
extern bool jorge_make_phone_key(const char *phone, int length, char key[PHONE_KEY_SIZE]);
extern bool jorge_make_email_key(const char *email, int length, char key[EMAIL_KEY_SIZE]);

/*
 * Write the last four to seven digits of a number that is no key because its area code is missing (seven) or its first
 * digits are masked ("***-***-5309"), else an empty string.
 */
#define PHONE_TAIL_SIZE 8
extern void jorge_make_phone_tail(const char *phone, int length, char tail[PHONE_TAIL_SIZE]);

#endif
