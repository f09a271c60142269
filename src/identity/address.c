/*
 * address.c: postal addresses taken apart and folded.
 *
 * "123 N. Main Street, Apt 4" is house "123" and street "north main st"; what follows a unit word is left out, because
 * people give it now and then.
 */
#include "core/jorge.h"

#include "identity/address.h"
#include "identity/letters.h"

static const struct
{
	const char *from, *to;
} short_forms[] = {
	{"street", "st"},	 {"str", "st"},		{"avenue", "ave"},	 {"av", "ave"},		{"road", "rd"},		 {"drive", "dr"},
	{"lane", "ln"},		 {"boulevard", "blvd"}, {"court", "ct"},	 {"circle", "cir"},	{"crescent", "cres"}, {"place", "pl"},
	{"terrace", "ter"},	 {"parkway", "pkwy"},	{"highway", "hwy"},	 {"square", "sq"},	{"trail", "trl"},	 {"way", "way"},
	{"north", "n"},		 {"south", "s"},		{"east", "e"},		 {"west", "w"},		{"northeast", "ne"}, {"northwest", "nw"},
	{"southeast", "se"}, {"southwest", "sw"},	{"saint", "st"},	 {"fort", "ft"},	{"mount", "mt"},	 {"cove", "cv"},
};

static const char *const unit_words[] = {"apt", "apartment", "unit", "suite", "ste", "lot", "fl", "floor", "rm", "room", "bldg", "building"};

/*
 * Read the next folded word at *p; false at the end. A '#' is the word "unit".
 */
static bool
next_word(const char **p, const char *end, char word[MATCH_WORD_SIZE])
{
	int length = 0;

	while (*p < end)
	{
		Letter letter;

		jorge_next_letter(*p, end, &letter);
		if (letter.kind == LETTER_ALPHA || letter.kind == LETTER_DIGIT)
			for (int i = 0; i < letter.n; i++)
				length = jorge_put_code(word, length, MATCH_WORD_SIZE, letter.codes[i]);
		else if (letter.kind != LETTER_IGNORED)
		{
			if (length > 0)
				break;
			if (letter.kind == LETTER_MARK && letter.codes[0] == '#')
			{
				*p += letter.bytes;
				strcpy(word, "unit");
				return true;
			}
		}
		*p += letter.bytes;
	}
	word[length] = '\0';
	for (int i = 0; i < lengthof(short_forms); i++)
		if (strcmp(word, short_forms[i].from) == 0)
		{
			strcpy(word, short_forms[i].to);
			break;
		}
	return length > 0;
}

/*
 * Append a word that fits whole, or cut
 */
static void
append_word(char *to, int size, const char *word)
{
	if (to[0] != '\0')
		strlcat(to, " ", size);
	strlcat(to, word, size);
}

/*
 * Does the word begin with a digit?
 */
static bool
is_number(const char *word)
{
	return word[0] >= '0' && word[0] <= '9';
}

/*
 * Is the word one that a unit's number follows?
 */
static bool
is_unit(const char *word)
{
	for (int i = 0; i < lengthof(unit_words); i++)
		if (strcmp(word, unit_words[i]) == 0)
			return true;
	return false;
}

/*
 * Cut a text that was filled by bytes back to whole characters
 */
static void
trim_to_characters(char *text)
{
	int length = strlen(text);
	int start = length;

	while (start > 0 && ((unsigned char) text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start > 0 && (unsigned char) text[start - 1] >= 0xC0)
	{
		unsigned char lead = text[start - 1];
		int whole = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;

		if (length - (start - 1) < whole)
			text[start - 1] = '\0';
	}
}

/*
 * Read the street line
 */
static void
read_street(MatchText street, MatchPerson *person)
{
	const char *p = street.data;
	const char *end = p + Min(street.length, ADDRESS_BYTES_READ);
	char word[MATCH_WORD_SIZE];
	bool first = true;

	while (next_word(&p, end, word))
	{
		if (is_unit(word))
		{
			/* "Unit 4, 12 Main St" goes on after its number, "12 Main St, Unit 4" ends */
			if (person->street[0] != '\0' || !next_word(&p, end, word))
				break;
			continue;
		}
		if (first && is_number(word))
			strcpy(person->house, word);
		else
			append_word(person->street, MATCH_STREET_SIZE, word);
		first = false;
	}
	trim_to_characters(person->street);
}

void
jorge_read_address(const MatchGiven *given, MatchPerson *person)
{
	char word[MATCH_WORD_SIZE];
	const char *p = given->city.data;
	const char *end = p + Min(given->city.length, ADDRESS_BYTES_READ);

	read_street(given->street, person);
	while (next_word(&p, end, word))
		append_word(person->city, MATCH_WORD_SIZE, word);
	trim_to_characters(person->city);

	p = given->postal_code.data;
	end = p + Min(given->postal_code.length, ADDRESS_BYTES_READ);
	while (next_word(&p, end, word))
	{
		/* of a ZIP+4 the first five digits */
		if (strspn(person->postal_code, "0123456789") == 5 && strlen(person->postal_code) == 5 && strspn(word, "0123456789") == 4 && word[4] == '\0')
			break;
		strlcat(person->postal_code, word, MATCH_WORD_SIZE);
	}
	trim_to_characters(person->postal_code);
	if (strspn(person->postal_code, "0123456789") == 9 && person->postal_code[9] == '\0')
		person->postal_code[5] = '\0';
}
