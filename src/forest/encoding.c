/*
 * encoding.c: text columns that a forest reads as indicators.
 *
 * Training turns a text column into one feature a value, 1 where the column has that value and 0
 * where it has another (src/learn/encode.c says which values); a missing text is missing in all of
 * them. The document's attribute jorge_encoding says so, {"column": {"value": feature, ...}, ...},
 * so that a row with the text column can be predicted as it is.
 */
#include "core/jorge.h"

#include "forest/internal.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

pg_noreturn static void
malformed(const UbjReader *reader)
{
	jorge_ubj_malformed(reader, "attribute " ATTRIBUTE_ENCODING
								" is not {\"column\": {\"value\": feature, ...}, ...}");
}

/* By length first: most values differ in it */
static int
compare(const char *a, int alength, const char *b, int blength)
{
	return alength != blength ? (alength < blength ? -1 : 1) : memcmp(a, b, alength);
}

static int
compare_categories(const void *a, const void *b)
{
	const ForestCategory *x = a;
	const ForestCategory *y = b;

	return compare(x->value, x->length, y->value, y->length);
}

/*
 * Read one column's values
 */
static void
read_text(UbjReader *reader, Forest *forest, JsonbContainer *object, ForestText *text, bool *taken,
		  MemoryContext mcxt)
{
	JsonbIterator *it = JsonbIteratorInit(object);
	JsonbIteratorToken token;
	JsonbValue value;

	text->categories = MemoryContextAllocHuge(
		mcxt, mul_size(sizeof(ForestCategory), Max(JsonContainerSize(object), 1)));
	(void) JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_KEY)
	{
		ForestCategory *category = &text->categories[text->n++];
		double feature;

		CHECK_FOR_INTERRUPTS();
		category->length = value.val.string.len;
		category->value =
			MemoryContextStrdup(mcxt, pnstrdup(value.val.string.val, value.val.string.len));
		(void) JsonbIteratorNext(&it, &value, true);
		if (value.type != jbvNumeric)
			malformed(reader);
		feature = DatumGetFloat8(
			DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value.val.numeric)));
		if (!(feature >= 0 && feature < forest->features) || feature != floor(feature) ||
			taken[(int) feature])
			malformed(reader);
		category->feature = (int) feature;
		taken[category->feature] = true;
	}
	qsort(text->categories, text->n, sizeof(ForestCategory), compare_categories);
}

void
jorge_forest_read_encoding(UbjReader *reader, Forest *forest, const char *attribute,
						   MemoryContext mcxt)
{
	Jsonb *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(attribute)));
	bool *taken = palloc0(forest->features);
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(json))
		malformed(reader);
	forest->texts =
		MemoryContextAllocZero(mcxt, mul_size(sizeof(ForestText), Max(JB_ROOT_COUNT(json), 1)));
	it = JsonbIteratorInit(&json->root);
	(void) JsonbIteratorNext(&it, &value, true);
	while ((token = JsonbIteratorNext(&it, &value, true)) == WJB_KEY)
	{
		ForestText *text = &forest->texts[forest->ntexts++];

		text->column =
			MemoryContextStrdup(mcxt, pnstrdup(value.val.string.val, value.val.string.len));
		(void) JsonbIteratorNext(&it, &value, true);
		if (value.type != jbvBinary || !JsonContainerIsObject(value.val.binary.data))
			malformed(reader);
		read_text(reader, forest, value.val.binary.data, text, taken, mcxt);
	}
}

void
jorge_forest_encode(const ForestText *text, const char *value, int length, float *x)
{
	int low = 0;
	int high = text->n;

	for (int c = 0; c < text->n; c++)
		x[text->categories[c].feature] = value == NULL ? NAN : 0;
	if (value == NULL)
		return;
	while (low < high)
	{
		int middle = (low + high) / 2;
		const ForestCategory *category = &text->categories[middle];
		int order = compare(value, length, category->value, category->length);

		if (order == 0)
		{
			x[category->feature] = 1;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
}
