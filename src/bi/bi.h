/*
 * bi.h: reading the numbers of an array argument, for the functions of this family.
 */
#ifndef JORGE_BI_H
#define JORGE_BI_H

/* Elements of a float8[] argument, all finite and at least low. ERROR 22023 or 22004 (a NULL within). */
extern double *jorge_numbers_argument(FunctionCallInfo fcinfo, int argno, const char *name, double low, int *n);

#endif
