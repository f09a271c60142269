/*
 * forest.c: what a parsed forest says of itself.
 */
#include "core/jorge.h"

#include "forest/internal.h"

int
jorge_forest_features(const Forest *forest)
{
	return forest->features;
}

const char *
jorge_forest_feature_name(const Forest *forest, int feature)
{
	return forest->feature_names == NULL ? NULL : forest->feature_names[feature];
}

const char *
jorge_forest_attribute(const Forest *forest, const char *name)
{
	int low = 0;
	int high = forest->nattributes;

	while (low < high)
	{
		int middle = (low + high) / 2;
		int order = strcmp(name, forest->attributes[middle].name);

		if (order == 0)
			return forest->attributes[middle].value;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

double
jorge_forest_leaf_variance(Datum value, const float *x)
{
	double variance;

	(void) jorge_forest_margin_variance(jorge_forest_from_datum(value), x, &variance);
	return variance;
}

void
jorge_forest_datum_contributions(Datum value, const float *x, int rows, double *contributions)
{
	jorge_forest_contributions_batch(jorge_forest_from_datum(value), x, rows, contributions);
}

int
jorge_forest_lexicon(const Forest *forest)
{
	return forest->lexicon;
}
