/*
 * histogram.h: counts of a number in buckets that are the same for everybody.
 *
 * A bucket is what shares sign, exponent and the first BUCKET_BITS bits of the mantissa of a double: 1/128 of a
 * value wide, so integers to 256 have a bucket each. Nobody has to know the range before, and
 * histograms of weeks, workers or shards add up exactly, in any order.
 */
#ifndef JORGE_HISTOGRAM_H
#define JORGE_HISTOGRAM_H

#include "fmgr.h"

#define BUCKET_BITS 7

typedef struct Bucket
{
	int32 key; /* grows with the value */
	int32 unused;
	int64 count; /* > 0 */
} Bucket;

typedef struct Histogram
{
	int32 vl_len_;
	int32 version;
	int64 missing; /* NULL and NaN */
	int32 used;	   /* buckets that count, ascending; a state in work has room for more */
	int32 unused;
	Bucket buckets[FLEXIBLE_ARRAY_MEMBER];
} Histogram;

#define HISTOGRAM_VERSION 1
/* Sum of all counts of a value stays far from overflow */
#define HISTOGRAM_COUNT_MAX ((int64) 1 << 53)

/* The argument, checked: buckets ascend, counts are positive */
extern const Histogram *jorge_histogram_argument(FunctionCallInfo fcinfo, int argno);

/* Value of the bucket that lies closest to zero, which belongs to it */
extern double jorge_bucket_value(int32 key);

/* How two samples of the same quantity differ */
typedef struct HistogramShift
{
	double n, m; /* observations of either, missing ones included */
	double missing_n, missing_m; /* shares of missing values, NAN without observations */
	double psi; /* population stability index over bins; NAN without observations of either */
	int bins;	/* bins it is made of, missing values being one */
	double psi_p; /* Pearson's test that both samples fill these bins alike */
	double ks;	  /* largest distance of the distribution functions of values that are there; NAN without any */
	double ks_p;  /* Kolmogorov and Smirnov's test, asymptotic */
} HistogramShift;

/* bins: about how many of equal share in the reference the index is made of, >= 2 */
extern HistogramShift jorge_histogram_shift(const Histogram *reference, const Histogram *current, int bins);

#endif
