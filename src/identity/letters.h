/*
 * letters.h: characters of names, addresses and numbers brought to the few forms that are compared.
 */
#ifndef JORGE_LETTERS_H
#define JORGE_LETTERS_H

typedef enum LetterKind
{
	LETTER_IGNORED, /* zero width, direction marks, combining accents, apostrophes: as if absent */
	LETTER_SPACE,
	LETTER_MARK,  /* ASCII punctuation: codes[0] */
	LETTER_DIGIT, /* of any script: codes[0] is '0' ... '9' */
	LETTER_ALPHA, /* codes[0 .. n-1], lower case without accent */
	LETTER_SYMBOL /* emoji and the like */
} LetterKind;

typedef struct Letter
{
	LetterKind kind;
	int bytes; /* taken from the text, at least 1 */
	int n;
	uint32 codes[2];
} Letter;

/* Read and fold the character at p < end. A byte that is not UTF-8 is a symbol of its own. */
extern void jorge_next_letter(const char *p, const char *end, Letter *letter);

/* Append a code point as UTF-8 if it fits; to[size - 1] stays free for the terminator. Returns the new length. */
extern int jorge_put_code(char *to, int length, int size, uint32 code);

/* Decode UTF-8 into at most max code points; returns their number. Broken bytes stand for themselves. */
extern int jorge_decode(const char *text, int length, uint32 *codes, int max);

#endif
