/*
 * datum.h: C values as Datums of a result row.
 */
#ifndef JORGE_DATUM_H
#define JORGE_DATUM_H

/*
 * A number, NAN as NULL
 */
static inline Datum
jorge_float8_or_null(double value, bool *isnull)
{
	*isnull = isnan(value);
	return Float8GetDatum(value);
}

#endif
