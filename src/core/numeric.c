/*
 * numeric.c: numeric to float8 without the detour over text that the server's own conversion takes.
 *
 * The server prints the number and reads it back, which costs more than a tree of a forest. A number of at most 15
 * significant digits and a small exponent needs no more than one multiplication or division of two exact
 * floats, whose IEEE result is the nearest one, as strtod's is. All others go the server's way.
 *
 * The stored form (src/backend/utils/adt/numeric.c) is on disk, so it is the same in all versions: a header of
 * sign, display scale and weight in 2 or 4 bytes, then digits of base 10,000, the first of weight 10000^weight.
 */
#include "core/jorge.h"

#include "core/numeric.h"

#include "utils/builtins.h"

#define KIND_MASK 0xC000
#define KIND_NEGATIVE 0x4000
#define KIND_SHORT 0x8000
#define KIND_SPECIAL 0xC000 /* NaN and infinities */

#define SHORT_NEGATIVE 0x2000
#define SHORT_WEIGHT_NEGATIVE 0x0040
#define SHORT_WEIGHT_MASK 0x003F

#define BASE 10000
#define BASE_DIGITS 4

/* Integers below are exact in float8. */
#define EXACT_LIMIT (INT64CONST(1) << 53)

/* So are powers of ten up to this one. */
#define EXACT_POWER 22

/*
 * Convert a short number; false for any that takes more
 */
static bool
convert_short(const char *data, int length, double *result)
{
	static const double powers[EXACT_POWER + 1] = {1e0,	 1e1,  1e2,	 1e3,  1e4,	 1e5,  1e6,	 1e7,
												   1e8,	 1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
												   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
	uint16 header;
	int16 weight;
	int ndigits;
	int exponent;
	int64 mantissa = 0;
	bool negative;
	double value;

	if (length < sizeof(uint16))
		return false;
	memcpy(&header, data, sizeof(uint16));
	data += sizeof(uint16);
	length -= sizeof(uint16);
	switch (header & KIND_MASK)
	{
		case KIND_SPECIAL:
			return false;
		case KIND_SHORT:
			weight = (header & SHORT_WEIGHT_MASK) |
					 (header & SHORT_WEIGHT_NEGATIVE ? ~SHORT_WEIGHT_MASK : 0);
			negative = (header & SHORT_NEGATIVE) != 0;
			break;
		default:
			if (length < sizeof(int16))
				return false;
			memcpy(&weight, data, sizeof(int16));
			data += sizeof(int16);
			length -= sizeof(int16);
			negative = (header & KIND_MASK) == KIND_NEGATIVE;
			break;
	}

	ndigits = length / sizeof(int16);
	for (int i = 0; i < ndigits; i++)
	{
		int16 digit;

		memcpy(&digit, data + i * sizeof(int16), sizeof(int16));
		if (mantissa >= EXACT_LIMIT / BASE)
			return false;
		mantissa = mantissa * BASE + digit;
	}
	exponent = BASE_DIGITS * (weight - ndigits + 1);
	if (exponent < -EXACT_POWER || exponent > EXACT_POWER)
	{
		if (mantissa != 0)
			return false;
		exponent = 0;
	}
	value = exponent < 0 ? mantissa / powers[-exponent] : mantissa * powers[exponent];
	*result = negative ? -value : value;
	return true;
}

double
jorge_numeric_to_double(Datum numeric)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(numeric);
	double result;

	if (!VARATT_IS_EXTERNAL(stored) && !VARATT_IS_COMPRESSED(stored) &&
		convert_short(VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored), &result))
		return result;
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, numeric));
}
