/*
 * fold.h: characters of a message brought to the few forms the scanner knows.
 */
#ifndef JORGE_TEXT_FOLD_H
#define JORGE_TEXT_FOLD_H

typedef enum CharKind
{
	CHAR_SPACE,
	CHAR_NEWLINE,
	CHAR_IGNORED, /* zero width, variation selectors, combining accents: as if absent */
	CHAR_LETTER,  /* folded[] holds the lower-case form */
	CHAR_DIGIT,	  /* folded[0] is '0' ... '9' */
	CHAR_MARK,	  /* punctuation: folded[0] is its mark, see below */
	CHAR_SYMBOL	  /* everything else: emoji, arrows, broken bytes */
} CharKind;

/* Marks that are not their own ASCII character */
#define MARK_DASH 'D'			  /* em dash, "--" is MARK_HYPHEN twice */
#define MARK_HYPHEN '-'			  /* hyphen, minus and en dash */
#define MARK_OPEN_QUESTION 'Q'	  /* inverted question mark */
#define MARK_OPEN_EXCLAMATION 'X' /* inverted exclamation mark */
#define MARK_FOREIGN_MONEY 'E'	  /* euro, pound, yen */

typedef struct FoldedChar
{
	CharKind kind;
	int bytes; /* taken from the message, at least 1 */
	int length;
	char folded[4];
	bool capital;
} FoldedChar;

/* Bytes of a folded word that the lexicon can hold; a longer word is unknown. */
#define FOLDED_WORD_MAX 31

typedef struct FoldedWord
{
	uint32 bytes; /* taken from the message */
	uint32 chars; /* of them, without ignored ones */
	uint32 hash;
	int length; /* of text, FOLDED_WORD_MAX + 1 if it does not fit */
	bool capital;
	int stem_length; /* before a final "'s", 0 if there is none */
	uint32 stem_hash;
	char text[FOLDED_WORD_MAX + 1];
} FoldedWord;

#define FOLD_HASH_START 2166136261u

/* Add a byte to a word's hash (FNV-1a) */
static inline uint32
fold_hash(uint32 hash, unsigned char byte)
{
	return (hash ^ byte) * 16777619u;
}

extern void jorge_fold_char(const unsigned char *s, size_t length, FoldedChar *c);

/* Read the word that starts at s, whose first character is a letter. */
extern void jorge_fold_word(const unsigned char *s, size_t length, FoldedWord *word);

#endif
