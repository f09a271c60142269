/*
 * phone_key.c: canonical phone numbers.
 *
 * North American numbers (NANP) in any writing become +1 and ten digits; area codes are not judged, because
 * any list of them is out of date. Other countries need + or an international prefix and are kept as given.
 */
#include "core/jorge.h"

#include "identity/keys.h"
#include "utils/builtins.h"

#define MAX_DIGITS 20

JORGE_FUNCTION(jorge_phone_key);

/* Digits of a number as written */
typedef struct Dialled
{
	char digits[MAX_DIGITS + 1];
	int n;
	bool plus; /* a + stood before the first digit */
} Dialled;

/*
 * Get the digit at p, ASCII or full-width (U+FF10 ... U+FF19), and its length in bytes; -1 if none is there
 */
static int
digit_at(const char *p, const char *end, int *bytes)
{
	const unsigned char *u = (const unsigned char *) p;

	*bytes = 1;
	if (*p >= '0' && *p <= '9')
		return *p - '0';
	if (end - p >= 3 && u[0] == 0xEF && u[1] == 0xBC && u[2] >= 0x90 && u[2] <= 0x99)
	{
		*bytes = 3;
		return u[2] - 0x90;
	}
	return -1;
}

/*
 * Collect the digits of the first number, without its extension
 */
static bool
collect_digits(const char *p, const char *end, Dialled *dialled)
{
	dialled->n = 0;
	dialled->plus = false;
	while (p < end)
	{
		int bytes;
		int digit = digit_at(p, end, &bytes);

		if (digit >= 0)
		{
			if (dialled->n == MAX_DIGITS)
				return false;
			dialled->digits[dialled->n++] = '0' + digit;
			p += bytes;
			continue;
		}
		if (*p == '+' && dialled->n == 0)
			dialled->plus = true;
		/* "+44 (0)20 ..." writes the trunk zero that is not dialled from abroad */
		else if (end - p >= 3 && strncmp(p, "(0)", 3) == 0 && dialled->plus)
		{
			p += 3;
			continue;
		}
		else if (strchr(";,/#", *p) != NULL && dialled->n > 0)
			break; /* a second number, or an extension */
		else if ((*p | 0x20) >= 'a' && (*p | 0x20) <= 'z')
		{
			if (dialled->n >= 7)
				break; /* "ext. 12", "x12", "(cell)" */
			if (dialled->n > 0)
				return false; /* letters as digits: 1-800-FLOWERS */
		}
		p++;
	}
	dialled->digits[dialled->n] = '\0';
	return dialled->n > 0;
}

/*
 * Could these ten digits be dialled, and are they not what people type to get past a form?
 */
static bool
plausible_nanp(const char *d)
{
	/* NPA and NXX start with 2-9; N11 are services; N9X is reserved for expansion */
	if (d[0] < '2' || d[3] < '2' || d[1] == '9')
		return false;
	if ((d[1] == '1' && d[2] == '1') || (d[4] == '1' && d[5] == '1'))
		return false;
	/* 555-01XX is set aside for fiction */
	if (strncmp(d + 3, "55501", 5) == 0)
		return false;
	if (strspn(d + 3, "0") == 7 || strncmp(d, "2345678901", 10) == 0)
		return false;
	for (int i = 1; i < 10; i++)
		if (d[i] != d[0])
			return true;
	return false;
}

bool
jorge_make_phone_key(const char *phone, int length, char key[PHONE_KEY_SIZE])
{
	Dialled dialled;
	const char *d = dialled.digits;
	int n;

	if (!collect_digits(phone, phone + length, &dialled))
		return false;
	n = dialled.n;
	if (!dialled.plus && n >= 11 && strncmp(d, "011", 3) == 0)
		dialled.plus = true, d += 3, n -= 3;
	else if (!dialled.plus && n >= 10 && strncmp(d, "00", 2) == 0)
		dialled.plus = true, d += 2, n -= 2;

	if (n == 11 && d[0] == '1')
		d++, n--;
	else if (dialled.plus)
	{
		if (n < 8 || n > 15 || d[0] == '0' || d[0] == '1')
			return false;
		key[0] = '+';
		strlcpy(key + 1, d, PHONE_KEY_SIZE - 1);
		return true;
	}
	if (n != 10 || !plausible_nanp(d))
		return false;
	strcpy(key, "+1");
	strlcpy(key + 2, d, PHONE_KEY_SIZE - 2);
	return true;
}

/*
 * Canonicalise a phone number
 */
Datum
jorge_phone_key(PG_FUNCTION_ARGS)
{
	text *phone = PG_GETARG_TEXT_PP(0);
	char key[PHONE_KEY_SIZE];

	if (!jorge_make_phone_key(VARDATA_ANY(phone), VARSIZE_ANY_EXHDR(phone), key))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(key));
}
