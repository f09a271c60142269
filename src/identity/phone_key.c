/*
 * phone_key.c: canonical phone numbers.
 *
 * North American numbers (NANP) in any writing become +1 and ten digits; area codes are not judged, because
 * any list of them is out of date. Numbers of other countries need +, an international prefix or the country's name;
 * they lose the trunk prefix and are not judged either.
 */
#include "core/jorge.h"

#include "identity/keys.h"
#include "identity/letters.h"
#include "identity/phone_country.h"
#include "utils/builtins.h"

#define MAX_DIGITS 20

/* Bytes of a number read for its last digits */
#define PHONE_BYTES_READ 40

JORGE_FUNCTION(jorge_phone_key);
JORGE_FUNCTION(jorge_phone_key_in);

/* Digits of a number as written */
typedef struct Dialled
{
	char digits[MAX_DIGITS + 1];
	int n;
	bool plus; /* a + stood before the first digit */
} Dialled;

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
		char c = *p;

		if ((unsigned char) c >= 0x80)
		{
			/* full-width forms and digits of other scripts */
			Letter letter;

			jorge_next_letter(p, end, &letter);
			p += letter.bytes;
			if (letter.kind != LETTER_DIGIT && letter.kind != LETTER_MARK)
				continue;
			c = (char) letter.codes[0];
		}
		else
			p++;
		if (c >= '0' && c <= '9')
		{
			if (dialled->n == MAX_DIGITS)
				return false;
			dialled->digits[dialled->n++] = c;
		}
		else if (c == '+' && dialled->n == 0)
			dialled->plus = true;
		/* "+44 (0)20 ..." writes the trunk zero that is not dialled from abroad */
		else if (c == '(' && dialled->plus && end - p >= 2 && p[0] == '0' && p[1] == ')')
			p += 2;
		/* a second number, an extension, or a remark: "ext. 12", "x12", "(cell)" */
		else if ((c == ';' || c == ',' || c == '#') && dialled->n >= 7)
			break;
		else if (c == '/' && dialled->n >= 10)
			break;
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
		{
			if (dialled->n >= 7)
				break;
			if (dialled->n > 0)
				return false; /* letters as digits: 1-800-FLOWERS */
		}
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
	/* area codes start with 2-9, N11 are services, N9X is reserved for expansion; exchanges start with 2-9 */
	if (d[0] < '2' || d[3] < '2' || d[1] == '9' || (d[1] == '1' && d[2] == '1'))
		return false;
	/* 555-01XX is set aside for fiction, 555-1212 is directory assistance */
	if (strncmp(d + 3, "55501", 5) == 0 || strcmp(d + 3, "5551212") == 0)
		return false;
	return strspn(d, "2") < 10 && strspn(d, "3") < 10 && strspn(d, "4") < 10 && strspn(d, "5") < 10 && strspn(d, "6") < 10 &&
		   strspn(d, "7") < 10 && strspn(d, "8") < 10 && strcmp(d, "2345678901") != 0;
}

/*
 * Write +1 and the ten digits
 */
static bool
nanp_key(const char *d, char key[PHONE_KEY_SIZE])
{
	if (!plausible_nanp(d))
		return false;
	key[0] = '+';
	key[1] = '1';
	memcpy(key + 2, d, 11);
	return true;
}

/*
 * Write + and the digits of a number as dialled from abroad, without a trunk prefix after the calling code
 */
static bool
international_key(const char *d, int n, char key[PHONE_KEY_SIZE])
{
	int ncode = jorge_code_digits(d, n);
	int code = 0;
	int skip;

	if (d[0] == '0' || ncode == 0)
		return false;
	if (d[0] == '1')
		return n == 11 && nanp_key(d + 1, key);
	for (int i = 0; i < ncode; i++)
		code = code * 10 + (d[i] - '0');
	skip = jorge_trunk_digits(code, d + ncode, n - ncode);
	/* a second trunk zero is no number */
	if (n - skip < 7 || n - skip > 15 || (skip > 0 && jorge_trunk_digits(code, d + ncode + skip, n - ncode - skip) > 0))
		return false;
	key[0] = '+';
	memcpy(key + 1, d, ncode);
	memcpy(key + 1 + ncode, d + ncode + skip, n - ncode - skip + 1);
	return true;
}

/*
 * Make the key of a number dialled in the country of a calling code
 */
static bool
make_key(const char *phone, int length, int code, char key[PHONE_KEY_SIZE])
{
	Dialled dialled;
	const char *d = dialled.digits;
	int n;

	if (!collect_digits(phone, phone + length, &dialled))
		return false;
	n = dialled.n;
	if (dialled.plus)
		return international_key(d, n, key);
	if (n >= 11 && strncmp(d, "011", 3) == 0)
		return international_key(d + 3, n - 3, key);
	if (n >= 10 && strncmp(d, "00", 2) == 0)
		return international_key(d + 2, n - 2, key);
	if (code != 1)
	{
		char abroad[MAX_DIGITS + 4];
		int skip = jorge_trunk_digits(code, d, n);

		if (n - skip < 6 || n - skip > 12)
			return false;
		return international_key(abroad, sprintf(abroad, "%d%s", code, d + skip), key);
	}
	if (n == 11 && d[0] == '1')
		return nanp_key(d + 1, key);
	return n == 10 && nanp_key(d, key);
}

bool
jorge_make_phone_key(const char *phone, int length, char key[PHONE_KEY_SIZE])
{
	return make_key(phone, length, 1, key);
}

void
jorge_make_phone_tail(const char *phone, int length, char tail[PHONE_TAIL_SIZE])
{
	char digits[PHONE_TAIL_SIZE];
	int n = 0;
	bool masked = false;

	tail[0] = '\0';
	for (const char *p = phone; p < phone + Min(length, PHONE_BYTES_READ); p++)
	{
		if (*p == '*' || *p == 'x' || *p == 'X')
		{
			masked = true;
			n = 0;
		}
		else if (*p >= '0' && *p <= '9')
		{
			if (n == 7)
				return;
			digits[n++] = *p;
		}
		else if (strchr("+()-. ", *p) == NULL)
			return;
	}
	digits[n] = '\0';
	/* a local number begins with 2-9, and 555 is nobody's */
	if (masked ? n < 4 : n != 7 || digits[0] < '2' || strncmp(digits, "555", 3) == 0)
		return;
	for (int i = 1; i < n; i++)
		if (digits[i] != digits[0])
		{
			strcpy(tail, digits);
			return;
		}
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

/*
 * Canonicalise a phone number as dialled in a country
 */
Datum
jorge_phone_key_in(PG_FUNCTION_ARGS)
{
	text *phone = PG_GETARG_TEXT_PP(0);
	text *country = PG_GETARG_TEXT_PP(1);
	int code = jorge_calling_code(VARDATA_ANY(country), VARSIZE_ANY_EXHDR(country));
	char key[PHONE_KEY_SIZE];

	if (!make_key(VARDATA_ANY(phone), VARSIZE_ANY_EXHDR(phone), code == 0 ? 1 : code, key))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(key));
}
