/*
 * entities.c: HTML character references.
 */
#include "core/jorge.h"

#include "adapter/adapter.h"

/* Longest name with its & and ; that is looked for */
#define MAX_REFERENCE 12

/* Names that mails use: Latin-1's letters, punctuation, signs. Sorted by name (bytes). */
static const struct
{
	const char *name;
	uint16 codepoint;
} entities[] = {
	{"AElig", 198},  {"Aacute", 193}, {"Acirc", 194},   {"Agrave", 192}, {"Aring", 197},
	{"Atilde", 195}, {"Auml", 196},   {"Ccedil", 199},  {"Eacute", 201}, {"Ecirc", 202},
	{"Egrave", 200}, {"Euml", 203},   {"Iacute", 205},  {"Icirc", 206},  {"Igrave", 204},
	{"Iuml", 207},   {"Ntilde", 209}, {"OElig", 338},   {"Oacute", 211}, {"Ocirc", 212},
	{"Ograve", 210}, {"Oslash", 216}, {"Otilde", 213},  {"Ouml", 214},   {"Uacute", 218},
	{"Ucirc", 219},  {"Ugrave", 217}, {"Uuml", 220},    {"aacute", 225}, {"acirc", 226},
	{"aelig", 230},  {"agrave", 224}, {"amp", 38},      {"apos", 39},    {"aring", 229},
	{"atilde", 227}, {"auml", 228},   {"bull", 8226},   {"ccedil", 231}, {"cent", 162},
	{"commat", 64},  {"copy", 169},   {"deg", 176},     {"eacute", 233}, {"ecirc", 234},
	{"egrave", 232}, {"euml", 235},   {"euro", 8364},   {"frac12", 189}, {"frac14", 188},
	{"frac34", 190}, {"gt", 62},      {"hellip", 8230}, {"iacute", 237}, {"icirc", 238},
	{"iexcl", 161},  {"igrave", 236}, {"iquest", 191},  {"iuml", 239},   {"laquo", 171},
	{"ldquo", 8220}, {"lsquo", 8216}, {"lt", 60},       {"mdash", 8212}, {"middot", 183},
	{"nbsp", 32},    {"ndash", 8211}, {"ntilde", 241},  {"num", 35},     {"oacute", 243},
	{"ocirc", 244},  {"oelig", 339},  {"ograve", 242},  {"ordf", 170},   {"ordm", 186},
	{"oslash", 248}, {"otilde", 245}, {"ouml", 246},    {"pound", 163},  {"quot", 34},
	{"raquo", 187},  {"rdquo", 8221}, {"reg", 174},     {"rsquo", 8217}, {"sect", 167},
	{"shy", 0},      {"sup2", 178},   {"szlig", 223},   {"times", 215},  {"trade", 8482},
	{"uacute", 250}, {"ucirc", 251},  {"ugrave", 249},  {"uuml", 252},   {"yacute", 253},
	{"zwj", 0},      {"zwnj", 0},
};

/*
 * Read &#123; or &#x7B; at p; its length, 0 if it is none
 */
static int
numeric_reference(const char *p, const char *end, uint32 *codepoint)
{
	const char *q = p + 2;
	bool hexadecimal = q < end && (*q == 'x' || *q == 'X');
	uint32 value = 0;
	int digits = 0;

	if (hexadecimal)
		q++;
	for (; q < end && digits < 8; q++, digits++)
	{
		int digit = hex_digit(*q);

		if (digit < 0 || (!hexadecimal && digit > 9))
			break;
		value = value * (hexadecimal ? 16 : 10) + digit;
	}
	if (digits == 0)
		return 0;
	if (q < end && *q == ';')
		q++;
	*codepoint = value;
	return q - p;
}

int
jorge_entity_append(StringInfo to, const char *p, const char *end)
{
	uint32 codepoint;
	int length;
	int low = 0;
	int high = lengthof(entities) - 1;

	if (end - p < 3)
		return 0;
	if (p[1] == '#')
	{
		length = numeric_reference(p, end, &codepoint);
		/* browsers read numbers of Windows-1252's own characters as such; a no-break space separates words */
		if (length > 0 && codepoint >= 0x80 && codepoint < 0xA0)
			jorge_charset_append(to, (Span){"windows-1252", 12},
								 (Span){(char[]){(char) codepoint}, 1});
		else if (length > 0)
			jorge_codepoint_append(to, codepoint == 0xA0 ? ' ' : codepoint);
		return length;
	}
	for (length = 1; length < MAX_REFERENCE && p + length < end && p[length] != ';';)
		length++;
	if (p + length >= end || p[length] != ';')
		return 0;
	while (low <= high)
	{
		int middle = (low + high) / 2;
		int order = strncmp(p + 1, entities[middle].name, length - 1);

		if (order == 0 && entities[middle].name[length - 1] != '\0')
			order = -1;
		if (order == 0)
		{
			jorge_codepoint_append(to, entities[middle].codepoint);
			return length + 1;
		}
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return 0;
}
