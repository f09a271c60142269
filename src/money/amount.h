/*
 * amount.h: numeric to whole units of a power of ten and back.
 */
#ifndef JORGE_AMOUNT_H
#define JORGE_AMOUNT_H

#include "utils/numeric.h"

#include "money/money.h"

/* value * 10^decimals, where that is a whole number of 0 ... most; else false */
extern bool jorge_numeric_to_scaled(Numeric value, int decimals, int64 most, int64 *scaled);

/* The numeric with so many decimals */
extern Numeric jorge_scaled_to_numeric(int64 scaled, int decimals);

#endif
