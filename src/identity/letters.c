/*
 * letters.c: characters of names, addresses and numbers brought to the few forms that are compared.
 *
 * Unlike the message scanner's folding (src/text/fold.c), which a model's features rest on, this one may grow: it knows
 * Vietnamese letters, digits of other scripts, Greek and Cyrillic case.
 */
#include "core/jorge.h"

#include "identity/letters.h"

/* Letters without accent and case, from the Unicode Character Database; '*' keeps the letter as it is */
static const char latin[] = /* U+00C0 ... U+024F */
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
	"uuuuwwyyyzzzzzzs" /* 170 */
	"b*************ee" /* 180 */
	"*ff****i********" /* 190 */
	"oo*************u" /* 1A0 */
	"u***************" /* 1B0 */
	"****dddlllnnnaai" /* 1C0 */
	"ioouuuuuuuuuueaa" /* 1D0 */
	"aaaa**ggkkoooo**" /* 1E0 */
	"jdddgg**nnaaaaoo" /* 1F0 */
	"aaaaeeeeiiiioooo" /* 200 */
	"rrrruuuusstt**hh" /* 210 */
	"******aaeeoooooo" /* 220 */
	"ooyy************" /* 230 */
	"***b************"; /* 240 */

static const char latin_additional[] = /* U+1E00 ... U+1EFF */
	"aabbbbbbccdddddd" /* 1E00 */
	"ddddeeeeeeeeeeff" /* 1E10 */
	"gghhhhhhhhhhiiii" /* 1E20 */
	"kkkkkkllllllllmm" /* 1E30 */
	"mmmmnnnnnnnnoooo" /* 1E40 */
	"oooopppprrrrrrrr" /* 1E50 */
	"sssssssssstttttt" /* 1E60 */
	"ttuuuuuuuuuuvvvv" /* 1E70 */
	"wwwwwwwwwwxxxxyy" /* 1E80 */
	"zzzzzzhtwyas**sd" /* 1E90 */
	"aaaaaaaaaaaaaaaa" /* 1EA0 */
	"aaaaaaaaeeeeeeee" /* 1EB0 */
	"eeeeeeeeiiiioooo" /* 1EC0 */
	"oooooooooooooooo" /* 1ED0 */
	"oooouuuuuuuuuuuu" /* 1EE0 */
	"uuyyyyyyyyllvvyy"; /* 1EF0 */

/* Zeros of the decimal digits of other scripts that people type */
static const uint32 zeros[] = {0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10};

/*
 * Decode one character; returns its bytes, 0 if they are not UTF-8
 */
static int
decode(const unsigned char *s, ptrdiff_t length, uint32 *code)
{
	static const uint32 smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
	int n = s[0] < 0x80 ? 1 : s[0] >= 0xC2 && s[0] <= 0xDF ? 2 : (s[0] & 0xF0) == 0xE0 ? 3 : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4 : 0;
	uint32 value;

	if (n == 0 || length < n)
		return 0;
	value = n == 1 ? s[0] : s[0] & (0xFF >> (n + 1));
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

/*
 * Fold an ASCII character
 */
static void
fold_ascii(uint32 code, Letter *letter)
{
	letter->codes[0] = code;
	if (code >= 'a' && code <= 'z')
		letter->kind = LETTER_ALPHA;
	else if (code >= 'A' && code <= 'Z')
	{
		letter->kind = LETTER_ALPHA;
		letter->codes[0] = code + ('a' - 'A');
	}
	else if (code >= '0' && code <= '9')
		letter->kind = LETTER_DIGIT;
	else if (code == '\'' || code == '`')
		letter->kind = LETTER_IGNORED;
	else if (code <= ' ' || code == 0x7F)
		letter->kind = LETTER_SPACE;
	else
		letter->kind = LETTER_MARK;
}

/*
 * Fold a letter that becomes two, or whose table entry is none; true if it was one
 */
static bool
fold_special(uint32 code, Letter *letter)
{
	static const struct
	{
		uint32 from, to[2];
	} pairs[] = {
		{0xC6, {'a', 'e'}},	 {0xDE, {'t', 'h'}},  {0xDF, {'s', 's'}},  {0xE6, {'a', 'e'}},	{0xFE, {'t', 'h'}},
		{0x132, {'i', 'j'}}, {0x133, {'i', 'j'}}, {0x152, {'o', 'e'}}, {0x153, {'o', 'e'}}, {0x1E9E, {'s', 's'}},
	};

	for (int i = 0; i < lengthof(pairs); i++)
		if (pairs[i].from == code)
		{
			letter->kind = LETTER_ALPHA;
			letter->n = 2;
			letter->codes[0] = pairs[i].to[0];
			letter->codes[1] = pairs[i].to[1];
			return true;
		}
	return false;
}

/*
 * Is the character without a width of its own, or an accent of the letter before it?
 */
static bool
is_ignored(uint32 code)
{
	return (code >= 0x80 && code < 0xA0) || code == 0xAD || code == 0xB4 || (code >= 0x2B0 && code <= 0x36F) ||
		   (code >= 0x483 && code <= 0x489) || (code >= 0x591 && code <= 0x5C7) || code == 0x61C || (code >= 0x64B && code <= 0x65F) ||
		   (code >= 0x1AB0 && code <= 0x1AFF) || (code >= 0x1DC0 && code <= 0x1DFF) || (code >= 0x200B && code <= 0x200F) ||
		   code == 0x2018 || code == 0x2019 || (code >= 0x202A && code <= 0x202E) || code == 0x2032 ||
		   (code >= 0x2060 && code <= 0x206F) || (code >= 0x20D0 && code <= 0x20FF) || (code >= 0xFE00 && code <= 0xFE0F) ||
		   (code >= 0xFE20 && code <= 0xFE2F) || code == 0xFEFF || code >= 0xE0000;
}

/*
 * Fold a character beyond ASCII
 */
static void
fold_wide(uint32 code, Letter *letter)
{
	char base = code >= 0xC0 && code < 0x250	 ? latin[code - 0xC0]
				: code >= 0x1E00 && code < 0x1F00 ? latin_additional[code - 0x1E00]
												  : '*';

	letter->codes[0] = code;
	if (fold_special(code, letter))
		return;
	letter->kind = LETTER_ALPHA;
	if (base != '*')
		letter->codes[0] = (unsigned char) base;
	else if (code >= 0xFF01 && code <= 0xFF5E)
		fold_ascii(code - 0xFF01 + '!', letter);
	else if (is_ignored(code))
		letter->kind = LETTER_IGNORED;
	else if (code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
			 code == 0x205F || code == 0x3000)
		letter->kind = LETTER_SPACE;
	else if ((code >= 0x2010 && code <= 0x2015) || code == 0x2212)
		fold_ascii('-', letter);
	else if (code == 0xAA || code == 0xBA || code < 0xC0 || code == 0xD7 || code == 0xF7 || (code >= 0x2000 && code < 0x2C00) ||
			 (code >= 0xE000 && code < 0xF900) || code >= 0x1F000)
		letter->kind = code >= 0x20000 && code < 0x32000 ? LETTER_ALPHA : LETTER_SYMBOL;
	/* capitals of Greek and Cyrillic stand a fixed way before their small letters */
	else if ((code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F))
		letter->codes[0] = code + 0x20;
	else if (code >= 0x400 && code <= 0x40F)
		letter->codes[0] = code + 0x50;
	else
		for (int i = 0; i < lengthof(zeros); i++)
			if (code >= zeros[i] && code < zeros[i] + 10)
			{
				letter->kind = LETTER_DIGIT;
				letter->codes[0] = '0' + (code - zeros[i]);
			}
}

void
jorge_next_letter(const char *p, const char *end, Letter *letter)
{
	uint32 code = 0;

	letter->n = 1;
	letter->bytes = decode((const unsigned char *) p, end - p, &code);
	if (letter->bytes == 1)
		fold_ascii(code, letter);
	else if (letter->bytes > 1)
		fold_wide(code, letter);
	else
	{
		letter->bytes = 1;
		letter->kind = LETTER_SYMBOL;
		letter->codes[0] = (unsigned char) *p;
	}
}

int
jorge_put_code(char *to, int length, int size, uint32 code)
{
	int bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	char *p = to + length;

	if (length + bytes >= size)
		return length;
	if (bytes == 1)
		p[0] = (char) code;
	else
	{
		for (int i = bytes - 1; i > 0; i--, code >>= 6)
			p[i] = (char) (0x80 | (code & 0x3F));
		p[0] = (char) ((0xF00 >> bytes & 0xFF) | code);
	}
	return length + bytes;
}

int
jorge_decode(const char *text, int length, uint32 *codes, int max)
{
	const char *end = text + length;
	int n = 0;

	while (text < end && n < max)
	{
		int bytes = decode((const unsigned char *) text, end - text, &codes[n]);

		if (bytes == 0)
		{
			codes[n] = (unsigned char) *text;
			bytes = 1;
		}
		text += bytes;
		n++;
	}
	return n;
}
