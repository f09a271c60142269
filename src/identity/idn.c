/*
 * idn.c: e-mail addresses beyond ASCII.
 */
#include "core/jorge.h"

#include "identity/idn.h"
#include "identity/letters.h"

#include "common/unicode_norm.h"
#include "mb/pg_wchar.h"

/* Longest label and address in code points that are read */
#define MAX_CODES 256

/* Constants of RFC 3492, section 5 */
#define PUNYCODE_BASE 36
#define PUNYCODE_TMIN 1
#define PUNYCODE_TMAX 26
#define PUNYCODE_SKEW 38
#define PUNYCODE_DAMP 700
#define PUNYCODE_BIAS 72

/*
 * Lower-case a composed letter of the scripts whose capitals stand a fixed way before their small letters
 */
static uint32
lower(uint32 code)
{
	if ((code >= 0xC0 && code <= 0xDE && code != 0xD7) || (code >= 0x391 && code <= 0x3A9) || (code >= 0x410 && code <= 0x42F))
		return code + 0x20;
	if (code >= 0x400 && code <= 0x40F)
		return code + 0x50;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E))
		return code + (code & 1);
	if (code == 0x130)
		return 'i';
	if (code == 0x178)
		return 0xFF;
	if ((code >= 0x100 && code <= 0x137) || (code >= 0x14A && code <= 0x177) || (code >= 0x1E00 && code <= 0x1EFF))
		return code | 1;
	return code;
}

bool
jorge_compose_lower(char *address, int size)
{
	uint32 codes[MAX_CODES];
	pg_wchar text[MAX_CODES + 1];
	pg_wchar *composed;
	int n = jorge_decode(address, strlen(address), codes, MAX_CODES);
	int length = 0;

	for (int i = 0; i < n; i++)
		text[i] = codes[i];
	text[n] = 0;
	composed = unicode_normalize(UNICODE_NFC, text);
	for (int i = 0; composed[i] != 0; i++)
	{
		int longer = jorge_put_code(address, length, size, lower(composed[i]));

		if (longer == length)
			return false;
		length = longer;
	}
	address[length] = '\0';
	pfree(composed);
	return true;
}

/*
 * Adapt the bias (RFC 3492, section 6.1)
 */
static int
adapt(uint32 delta, int points, bool first)
{
	int k = 0;

	delta = first ? delta / PUNYCODE_DAMP : delta / 2;
	delta += delta / points;
	for (; delta > ((PUNYCODE_BASE - PUNYCODE_TMIN) * PUNYCODE_TMAX) / 2; k += PUNYCODE_BASE)
		delta /= PUNYCODE_BASE - PUNYCODE_TMIN;
	return k + (PUNYCODE_BASE - PUNYCODE_TMIN + 1) * delta / (delta + PUNYCODE_SKEW);
}

/*
 * Append a label in Punycode (RFC 3492, section 6.3). Labels are short: no sum here can overflow.
 */
static bool
put_label(const char *label, int length, char *ascii, int size)
{
	uint32 codes[MAX_CODES];
	int n = jorge_decode(label, length, codes, MAX_CODES);
	char out[MAX_CODES * 8];
	int nout = 0;
	int handled = 0;
	int basic;
	uint32 point = 0x80;
	uint32 delta = 0;
	int bias = PUNYCODE_BIAS;

	for (int i = 0; i < n; i++)
		if (codes[i] < 0x80)
			out[nout++] = (char) codes[i];
	basic = handled = nout;
	if (basic > 0)
		out[nout++] = '-';
	while (handled < n)
	{
		uint32 least = PG_UINT32_MAX;

		for (int i = 0; i < n; i++)
			if (codes[i] >= point)
				least = Min(least, codes[i]);
		delta += (least - point) * (handled + 1);
		point = least;
		for (int i = 0; i < n; i++)
		{
			uint32 q = delta;

			if (codes[i] < point)
				delta++;
			if (codes[i] != point)
				continue;
			for (int k = PUNYCODE_BASE;; k += PUNYCODE_BASE)
			{
				int t = Min(Max(k - bias, PUNYCODE_TMIN), PUNYCODE_TMAX);
				int digit = q < t ? q : t + (q - t) % (PUNYCODE_BASE - t);

				if (nout == sizeof(out))
					return false;
				out[nout++] = digit < 26 ? 'a' + digit : '0' + digit - 26;
				if (q < t)
					break;
				q = (q - t) / (PUNYCODE_BASE - t);
			}
			bias = adapt(delta, handled + 1, handled == basic);
			delta = 0;
			handled++;
		}
		delta++;
		point++;
	}
	if (strlen(ascii) + 4 + nout >= size)
		return false;
	strlcat(ascii, "xn--", size);
	strncat(ascii, out, nout);
	return true;
}

bool
jorge_ascii_domain(const char *domain, char *ascii, int size)
{
	ascii[0] = '\0';
	while (*domain != '\0')
	{
		int length = strcspn(domain, ".");
		bool beyond = false;

		for (int i = 0; i < length; i++)
			beyond |= (unsigned char) domain[i] >= 0x80;
		if (beyond)
		{
			if (!put_label(domain, length, ascii, size))
				return false;
		}
		else if (strlen(ascii) + length >= size)
			return false;
		else
			strncat(ascii, domain, length);
		domain += length;
		if (*domain == '.')
		{
			if (strlen(ascii) + 1 >= size)
				return false;
			strcat(ascii, ".");
			domain++;
		}
	}
	return true;
}
