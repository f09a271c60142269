/*
 * number.c: what number a token, or a run of number words, stands for.
 */
#include "core/jorge.h"

#include "text/scan.h"

/* Digits and separators of a number that could be money; more is no number we know. */
#define NUMBER_CHARS_MAX 24

/* Words of a number in words: "one million two hundred fifty thousand" */
#define NUMBER_WORDS_MAX 9

/* Read the digits of a token into text, as ASCII; returns their length, 0 if there are too many */
static int
plain_digits(const TextScan *scan, const Token *token, char *text)
{
	size_t at = token->offset;
	size_t end = at + token->length;
	int n = 0;

	if (token->chars > NUMBER_CHARS_MAX)
		return 0;
	while (at < end && n < NUMBER_CHARS_MAX)
	{
		FoldedChar c;

		jorge_fold_char(scan->message + at, end - at, &c);
		text[n++] = c.folded[0];
		at += c.bytes;
	}
	return n;
}

/*
 * Read "1,200,000", "1.200.000", "1.2", "1,5", "450,000.00"
 *
 * A last separator with other than three digits after it, or of another kind than those before, is
 * decimal. A single point with three digits after it is decimal before a unit ("1.250M") and
 * parts thousands otherwise ("$450.000", as Spanish writes): settled by the caller through *unsettled.
 */
static void
read_digits(const char *text, int n, Number *number, bool *unsettled)
{
	int separators = 0;
	int last = -1;
	bool mixed = false;
	int first = -1;
	bool groups = true; /* every group but the first has three digits */
	double whole = 0;
	double fraction = 0;
	double place = 1;
	int tail;

	for (int i = 0; i < n; i++)
	{
		if (text[i] >= '0' && text[i] <= '9')
			continue;
		if (last < 0)
			first = i;
		else
		{
			groups &= i - last == 4;
			mixed |= text[i] != text[last];
		}
		last = i;
		separators++;
	}
	tail = n - 1 - last;
	number->fraction = separators > 0 && (tail != 3 || (mixed && separators > 1));
	if (separators > 1 && number->fraction && (!mixed || tail > 2))
		number->broken = true;
	if (!groups || (separators > 0 && (!number->fraction || separators > 1) && (first < 1 || first > 3)))
		number->broken = true;
	*unsettled = separators == 1 && tail == 3 && text[last] == '.';
	number->grouped = separators > 0 && !number->fraction;
	if (number->grouped && last > 0 && text[0] == '0' && separators == 1)
	{
		number->grouped = false;
		number->fraction = true;
		*unsettled = false;
	}
	for (int i = 0; i < n; i++)
	{
		if (text[i] < '0' || text[i] > '9')
			continue;
		if (number->fraction && i > last)
		{
			place /= 10;
			fraction += (text[i] - '0') * place;
		}
		else
			whole = whole * 10 + (text[i] - '0');
	}
	number->digits = separators == 0 ? n : 0;
	number->value = whole + fraction;
}

/* Take in the thousand or million after the digits */
static void
take_unit(const TextScan *scan, Number *number, bool spanish, bool unsettled)
{
	int i = number->end;
	uint64 classes = scan_classes(scan, i);
	double value;

	if (scan_is_mark(scan, i, MARK_HYPHEN) && scan_glued(scan, i) && scan_glued(scan, i + 1) &&
		(scan_classes(scan, i + 1) & WORD_NUMBER) != 0 && scan_value(scan, i + 1) >= 1000)
		classes = scan_classes(scan, ++i);
	if ((classes & (WORD_UNIT | WORD_NUMBER)) == 0 || token_breaks(&scan->tokens[i]))
		return;
	value = scan_value(scan, i);
	if (value < 1000 || ((classes & WORD_UNIT) != 0 && value > 1000 && !scan_glued(scan, i)))
		return;
	if (unsettled)
	{
		/* "1.250M": a point; the digits were read as thousands */
		number->value /= 1000;
		number->grouped = false;
		number->fraction = true;
	}
	/* "1.2 mil" is a million and some in English, a thousand and some in Spanish */
	if (value == 1000 && (classes & WORD_NUMBER) != 0 && (classes & WORD_SPANISH) != 0 && !spanish &&
		number->value < 10)
		value = 1e6;
	number->value *= value;
	number->scale = value;
	number->unit = true;
	number->end = i + 1;
	/* "2 mil millones" */
	if (value == 1000 && (scan_classes(scan, i + 1) & WORD_NUMBER) != 0 &&
		scan_value(scan, i + 1) == 1e6)
	{
		number->value *= 1e6;
		number->end++;
		return;
	}
	/* "1 millon 200 mil" */
	if (value >= 1e6 && scan_is_number(scan, i + 1) && (scan_classes(scan, i + 2) & WORD_NUMBER) != 0 &&
		scan_value(scan, i + 2) == 1000 && !token_breaks(&scan->tokens[i + 1]))
	{
		char text[NUMBER_CHARS_MAX];
		Number more = {0};
		bool ignored;
		int n = plain_digits(scan, &scan->tokens[i + 1], text);

		read_digits(text, n, &more, &ignored);
		if (n > 0 && n <= 3 && !more.broken)
		{
			number->value += more.value * 1000;
			number->end = i + 3;
		}
	}
	else if (value >= 1e6 && (scan_classes(scan, i + 1) & WORD_JOIN) != 0)
	{
		int half = i + 2;

		if ((scan_classes(scan, half) & WORD_FILLER) != 0)
			half++;
		if ((scan_classes(scan, half) & WORD_NUMBER) != 0 && scan_value(scan, half) == 0.5)
		{
			number->value += 0.5 * value;
			number->end = half + 1;
		}
	}
}

/* Read a number in words: at least one, articles and "and" only inside */
static bool
read_words(const TextScan *scan, int at, Number *number)
{
	double total = 0;
	double group = 0;
	int limit = Min(scan->n, at + NUMBER_WORDS_MAX);
	int i;

	number->end = at;
	number->scale = 1;
	for (i = at; i < limit && (i == at || !token_breaks(&scan->tokens[i])); i++)
	{
		uint64 classes = scan_classes(scan, i);
		double value;

		if ((classes & WORD_NUMBER) == 0)
		{
			if (i > at && (classes & (WORD_JOIN | WORD_FILLER)) != 0 &&
				((scan_classes(scan, i + 1) & WORD_NUMBER) != 0 ||
				 ((scan_classes(scan, i + 1) & WORD_FILLER) != 0 &&
				  (scan_classes(scan, i + 2) & WORD_NUMBER) != 0)))
				continue;
			if (i > at && scan_is_mark(scan, i, MARK_HYPHEN) && scan_glued(scan, i))
				continue;
			break;
		}
		value = scan_value(scan, i);
		if (value >= 1000)
		{
			total += (group == 0 ? (total == 0 ? 1 : 0) : group) * value;
			group = 0;
			number->unit = true;
			number->scale = value;
		}
		else if (value == 100 && group > 0 && group < 10)
			group *= 100;
		else if (value == 0.5 && number->unit)
			total += 0.5 * number->scale;
		else
			group += value;
		number->end = i + 1;
	}
	number->value = total + group;
	number->words = true;
	return number->end > at;
}

/*
 * Read the number at token at, with its sign, dollar and unit; false if there is none
 */
bool
jorge_text_number(const TextScan *scan, int at, Number *number)
{
	char text[NUMBER_CHARS_MAX];
	bool unsettled = false;
	bool spanish = scan->out->language == LANGUAGE_SPANISH;
	int before = at - 1;

	memset(number, 0, sizeof(*number));
	number->scale = 1;
	if (at >= scan->n)
		return false;
	if (scan_is_mark(scan, at, '$'))
	{
		number->money = true;
		before = at - 1;
		at++;
	}
	else if (scan_is_mark(scan, before, '$'))
	{
		number->money = true;
		before--;
	}
	else if ((scan_classes(scan, before) & WORD_DOLLAR) != 0)
		number->money = true;
	else if (scan_is_mark(scan, before, MARK_FOREIGN_MONEY))
		number->foreign = true;
	/* "$-500" */
	if (scan_is_mark(scan, before, MARK_HYPHEN) && scan_glued(scan, at) &&
		scan_is_mark(scan, before - 1, '$'))
		number->negative = true;
	/* a hyphen with no word or number right before it is a sign */
	if (scan_is_mark(scan, before, MARK_HYPHEN) && scan_glued(scan, before + 1) &&
		!scan_glued(scan, before))
		number->negative = true;

	if (scan_is_number(scan, at))
	{
		int n = plain_digits(scan, &scan->tokens[at], text);

		number->end = at + 1;
		if (n == 0)
			number->broken = true;
		else
			read_digits(text, n, number, &unsettled);
		take_unit(scan, number, spanish, unsettled);
	}
	else if ((scan_classes(scan, at) & WORD_NUMBER) == 0 || !read_words(scan, at, number))
		return false;
	/* "un millon de dolares" */
	if (number->unit && (scan_classes(scan, number->end) & WORD_FROM) != 0 &&
		(scan_classes(scan, number->end + 1) & WORD_DOLLAR) != 0)
		number->end++;
	if ((scan_classes(scan, number->end) & WORD_DOLLAR) != 0 &&
		!token_breaks(&scan->tokens[number->end]))
	{
		number->money = true;
		number->end++;
	}
	else if (scan_is_mark(scan, number->end, '$') && scan_glued(scan, number->end) &&
			 !scan_is_number(scan, number->end + 1))
	{
		number->money = true;
		number->end++;
	}
	else if (scan_is_mark(scan, number->end, MARK_FOREIGN_MONEY))
		number->foreign = true;
	return true;
}

/*
 * Value of token i if it is a whole number below a thousand, in digits or one word, and no money; else
 * NAN
 */
double
jorge_text_small_number(const TextScan *scan, int i)
{
	char text[NUMBER_CHARS_MAX];
	double value = 0;
	int n;

	if (i < 0 || i >= scan->n)
		return NAN;
	if ((scan_classes(scan, i) & WORD_NUMBER) != 0)
	{
		value = scan_value(scan, i);
		return value >= 1 && value < 1000 ? value : NAN;
	}
	if (!scan_is_number(scan, i) || scan->tokens[i].chars > 3 || scan_is_mark(scan, i - 1, '$'))
		return NAN;
	n = plain_digits(scan, &scan->tokens[i], text);
	for (int k = 0; k < n; k++)
	{
		if (text[k] < '0' || text[k] > '9')
			return NAN;
		value = value * 10 + (text[k] - '0');
	}
	return value;
}
