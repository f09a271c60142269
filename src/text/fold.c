/*
 * fold.c: characters of a message brought to the few forms the scanner knows.
 *
 * Letters lose case and accent (Latin-1 and Latin Extended-A), also where the accent is a combining
 * mark; typographic quotes, dashes and spaces and full-width forms become their plain ones. Letters of
 * other scripts keep their bytes. A byte that is not UTF-8 is a symbol of its own.
 */
#include "core/jorge.h"

#include "text/fold.h"

/* U+00C0 ... U+017F without accent; '*' marks those that are no letter or take two */
static const char latin_fold[] =
	"aaaaaaaceeeeiiii" /* C0 */
	"dnooooo*ouuuuyts" /* D0 */
	"aaaaaaaceeeeiiii" /* E0 */
	"dnooooo*ouuuuyty" /* F0 */
	"aaaaaaccccccccdd" /* 100 */
	"ddeeeeeeeeeegggg" /* 110 */
	"gggghhhhiiiiiiii" /* 120 */
	"iiiijjkkklllllll" /* 130 */
	"lllnnnnnnnnnoooo" /* 140 */
	"oooorrrrrrssssss" /* 150 */
	"ssttttttuuuuuuuu" /* 160 */
	"uuuuwwyyyzzzzzzs" /* 170 */;

/* Decode one UTF-8 character; returns its bytes, 0 if they are not UTF-8 */
static int
decode(const unsigned char *s, size_t length, uint32 *code)
{
	static const uint32 smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	int n;
	uint32 value;

	if (s[0] >= 0xC2 && s[0] <= 0xDF)
		n = 2;
	else if (s[0] >= 0xE0 && s[0] <= 0xEF)
		n = 3;
	else if (s[0] >= 0xF0 && s[0] <= 0xF4)
		n = 4;
	else
		return 0;
	if (length < (size_t) n)
		return 0;
	value = s[0] & (0xFF >> (n + 1));
	for (int i = 1; i < n; i++)
	{
		if ((s[i] & 0xC0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3F);
	}
	if (value < smallest[n] || value > 0x10FFFF)
		return 0;
	*code = value;
	return n;
}

static void
set_kind(FoldedChar *c, CharKind kind, char folded)
{
	c->kind = kind;
	c->folded[0] = folded;
	c->length = 1;
}

/* Classify an ASCII character */
static void
fold_ascii(unsigned char byte, FoldedChar *c)
{
	if (byte >= 'a' && byte <= 'z')
		set_kind(c, CHAR_LETTER, byte);
	else if (byte >= 'A' && byte <= 'Z')
	{
		set_kind(c, CHAR_LETTER, byte + ('a' - 'A'));
		c->capital = true;
	}
	else if (byte >= '0' && byte <= '9')
		set_kind(c, CHAR_DIGIT, byte);
	else if (byte == '\n')
		set_kind(c, CHAR_NEWLINE, byte);
	else if (byte == ' ' || (byte >= '\t' && byte <= '\r'))
		set_kind(c, CHAR_SPACE, ' ');
	else if (byte < ' ' || byte == 0x7F)
		set_kind(c, CHAR_IGNORED, 0);
	else if (byte == '`')
		set_kind(c, CHAR_MARK, '\'');
	else
		set_kind(c, CHAR_MARK, byte);
}

/* Classify a character beyond ASCII whose bytes are already counted */
static void
fold_wide(uint32 code, FoldedChar *c)
{
	if (code >= 0xC0 && code <= 0x17F && latin_fold[code - 0xC0] != '*')
	{
		set_kind(c, CHAR_LETTER, latin_fold[code - 0xC0]);
		c->capital = code <= 0xDE || (code >= 0x100 && (code & 1) == 0);
	}
	else if (code >= 0xFF01 && code <= 0xFF5E)
		fold_ascii((unsigned char) (code - 0xFF01 + '!'), c);
	else if (code >= 0x300 && code <= 0x36F)
		set_kind(c, CHAR_IGNORED, 0);
	else if ((code >= 0x2000 && code <= 0x200A) || code == 0xA0 || code == 0x202F ||
			 code == 0x205F || code == 0x3000)
		set_kind(c, CHAR_SPACE, ' ');
	else if (code == 0x85 || code == 0x2028 || code == 0x2029)
		set_kind(c, CHAR_NEWLINE, '\n');
	else if ((code >= 0x200B && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
			 (code >= 0x2060 && code <= 0x2064) || (code >= 0xFE00 && code <= 0xFE0F) ||
			 code == 0xAD || code == 0xFEFF || (code >= 0x80 && code < 0xA0))
		set_kind(c, CHAR_IGNORED, 0);
	else if (code == 0x2018 || code == 0x2019 || code == 0x2032 || code == 0xB4)
		set_kind(c, CHAR_MARK, '\'');
	else if (code == 0x201C || code == 0x201D || code == 0x201E || code == 0xAB || code == 0xBB)
		set_kind(c, CHAR_MARK, '"');
	else if ((code >= 0x2010 && code <= 0x2013) || code == 0x2212)
		set_kind(c, CHAR_MARK, MARK_HYPHEN);
	else if (code == 0x2014 || code == 0x2015)
		set_kind(c, CHAR_MARK, MARK_DASH);
	else if (code == 0x2022 || code == 0xB7)
		set_kind(c, CHAR_MARK, '*');
	else if (code == 0x2026)
		set_kind(c, CHAR_MARK, '.');
	else if (code == 0xBF)
		set_kind(c, CHAR_MARK, MARK_OPEN_QUESTION);
	else if (code == 0xA1)
		set_kind(c, CHAR_MARK, MARK_OPEN_EXCLAMATION);
	else if (code == 0x20AC || code == 0xA3 || code == 0xA5)
		set_kind(c, CHAR_MARK, MARK_FOREIGN_MONEY);
	else if (code == 0xAA || code == 0xBA || code < 0xC0 || code == 0xD7 || code == 0xF7 ||
			 (code >= 0x2000 && code < 0x2C00) || (code >= 0xE000 && code < 0xF900) ||
			 code >= 0x1F000)
		c->kind = CHAR_SYMBOL;
	else
		c->kind = CHAR_LETTER;
}

/*
 * Classify and fold the character at s
 */
void
jorge_fold_char(const unsigned char *s, size_t length, FoldedChar *c)
{
	uint32 code;

	c->capital = false;
	c->bytes = 1;
	if (s[0] < 0x80)
	{
		fold_ascii(s[0], c);
		return;
	}
	c->bytes = decode(s, length, &code);
	if (c->bytes == 0)
	{
		c->bytes = 1;
		c->length = 1;
		c->folded[0] = (char) s[0];
		c->kind = CHAR_SYMBOL;
		return;
	}
	memcpy(c->folded, s, c->bytes);
	c->length = c->bytes;
	fold_wide(code, c);
}

static inline void
append(FoldedWord *word, unsigned char byte)
{
	word->hash = fold_hash(word->hash, byte);
	if (word->length < FOLDED_WORD_MAX)
		word->text[word->length++] = (char) byte;
	else
		word->length = FOLDED_WORD_MAX + 1;
}

/*
 * Fold a word
 *
 * Digits go on a word that a letter began ("h1b"); an apostrophe belongs to it between letters only.
 */
void
jorge_fold_word(const unsigned char *s, size_t length, FoldedWord *word)
{
	size_t at = 0;

	word->chars = 0;
	word->hash = FOLD_HASH_START;
	word->length = 0;
	word->capital = false;
	word->stem_length = 0;
	while (at < length)
	{
		unsigned char byte = s[at];
		FoldedChar c;

		if (byte >= 'a' && byte <= 'z')
		{
			append(word, byte);
			word->chars++;
			at++;
			continue;
		}
		if ((word->chars & 0xFFFF) == 0xFFFF)
			CHECK_FOR_INTERRUPTS();
		jorge_fold_char(s + at, length - at, &c);
		if (c.kind == CHAR_LETTER || c.kind == CHAR_DIGIT)
		{
			if (word->chars == 0)
				word->capital = c.capital;
			for (int i = 0; i < c.length; i++)
				append(word, (unsigned char) c.folded[i]);
			word->chars++;
		}
		else if (c.kind == CHAR_MARK && c.folded[0] == '\'')
		{
			FoldedChar next;

			if (at + c.bytes >= length)
				break;
			jorge_fold_char(s + at + c.bytes, length - at - c.bytes, &next);
			if (next.kind != CHAR_LETTER)
				break;
			word->stem_length = next.folded[0] == 's' ? word->length : 0;
			word->stem_hash = word->hash;
			append(word, '\'');
			word->chars++;
		}
		else if (c.kind != CHAR_IGNORED)
			break;
		at += c.bytes;
	}
	if (word->stem_length != 0 && word->length != word->stem_length + 2)
		word->stem_length = 0;
	word->bytes = (uint32) at;
}
