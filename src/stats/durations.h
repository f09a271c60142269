/*
 * durations.h: how long things took, some of them not over yet.
 *
 * A jorge.durations value counts equal observations: (time, cause) → how many. Cause 0 = still open
 * when last seen (censored); 1, 2, ... = how it ended. It is the state of its aggregate, its combine
 * and its result, and what every survival function reads.
 */
#ifndef JORGE_DURATIONS_H
#define JORGE_DURATIONS_H

#include "fmgr.h"

typedef struct Duration
{
	double time; /* >= 0, finite */
	int64 count; /* > 0 */
	int32 cause; /* >= 0; 0 = censored */
	int32 unused;
} Duration;

typedef struct Durations
{
	int32 vl_len_;
	int32 version;
	int32 used;	  /* entries that count; a state in work has room for more */
	int32 sorted; /* of these, how many stand in order of (time, cause), each once */
	Duration entries[FLEXIBLE_ARRAY_MEMBER];
} Durations;

#define DURATIONS_VERSION 1
/* What fits a value of a gigabyte with room to spare */
#define DURATIONS_MAX 20000000

/* The argument, checked, sorted and without duplicates */
extern const Durations *jorge_durations_argument(FunctionCallInfo fcinfo, int argno);

/* One time at which something happened */
typedef struct SurvivalStep
{
	double time;
	int64 at_risk; /* just before */
	int64 events;  /* of any cause */
	int64 of_cause;
	int64 censored;
	double survival; /* Kaplan–Meier, just after */
	double greenwood; /* sum of d / (n (n - d)) until then; +inf once nobody is left */
	double incidence; /* Aalen–Johansen, of the cause asked for */
} SurvivalStep;

/* All steps, in order of time; cause 0 = any. Returns how many; palloc'd. */
extern int jorge_survival_steps(const Durations *durations, int32 cause, SurvivalStep **steps);

/* Survival just after a time */
extern double jorge_survival_at(const SurvivalStep *steps, int nsteps, double time, double *greenwood);

#endif
