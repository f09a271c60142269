/*
 * datum.h: C values as Datums of a result row, and text Datums compared.
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

/*
 * Order text Datums byte by byte
 */
static inline int
jorge_compare_texts(Datum x, Datum y)
{
	text *a = DatumGetTextPP(x);
	text *b = DatumGetTextPP(y);
	int order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(VARSIZE_ANY_EXHDR(a), VARSIZE_ANY_EXHDR(b)));

	return order != 0 ? order : (int) VARSIZE_ANY_EXHDR(a) - (int) VARSIZE_ANY_EXHDR(b);
}

/*
 * Is a text Datum this C string?
 */
static inline bool
jorge_text_is(Datum value, const char *string)
{
	text *t = DatumGetTextPP(value);
	size_t length = strlen(string);

	return VARSIZE_ANY_EXHDR(t) == length && memcmp(VARDATA_ANY(t), string, length) == 0;
}

#endif
