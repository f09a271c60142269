/*
 * tally.h: counted observations of a number and a class.
 *
 * A jorge.tally counts equal observations: (value, class) → how many. It is the state of its
 * aggregate, its combine and its result, and what other families read: survival reads (time, how it
 * ended; 0 = still open), the metrics read (predicted probability, outcome 0 or 1).
 */
#ifndef JORGE_TALLY_H
#define JORGE_TALLY_H

#include "fmgr.h"

typedef struct Counted
{
	double value; /* finite */
	int64 count;  /* > 0 */
	int32 class;  /* >= 0 */
	int32 unused;
} Counted;

typedef struct Tally
{
	int32 vl_len_;
	int32 version;
	int32 used;	  /* entries that count; a state in work has room for more */
	int32 sorted; /* equal to used once the entries stand in order of (value, class), each once */
	Counted entries[FLEXIBLE_ARRAY_MEMBER];
} Tally;

#define TALLY_VERSION 1
/* What fits a value of a gigabyte with room to spare */
#define TALLY_MAX 20000000

/* The argument, checked, sorted and without duplicates */
extern const Tally *jorge_tally_argument(FunctionCallInfo fcinfo, int argno);

#endif
