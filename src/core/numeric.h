/*
 * numeric.h: numeric to float8 without the detour over text that the server's own conversion takes.
 */
#ifndef JORGE_NUMERIC_H
#define JORGE_NUMERIC_H

#include "fmgr.h"

/* The float8 nearest to a numeric, bit for bit that of the server's cast; infinite beyond the range of float8 */
extern double jorge_numeric_to_double(Datum numeric);

#endif
