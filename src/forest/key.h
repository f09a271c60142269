/*
 * key.h: floats as integers that compare as the floats do.
 *
 * The order is that of float comparison, with -0 made equal to 0 first. A missing value (NAN) has
 * two keys: below every threshold's where the default is left, above every one's where it is right.
 */
#ifndef JORGE_FOREST_KEY_H
#define JORGE_FOREST_KEY_H

#define KEY_SIGN 0x80000000u

/* Keys of a missing value */
#define KEY_MISSING_LEFT 0
#define KEY_MISSING_RIGHT 0xffffffffu

/* Key of a float that is no NAN */
static inline uint32
jorge_float_key(float value)
{
	uint32 bits;

	value += 0.0f; /* -0 + 0 is 0 */
	memcpy(&bits, &value, sizeof(bits));
	return bits ^ ((uint32) ((int32) bits >> 31) | KEY_SIGN);
}

#endif
