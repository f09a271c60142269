/*
 * classes.c: forests that tell several classes apart (multi:softprob): a margin and a probability a
 * class.
 */
#include "core/jorge.h"

#include "forest/internal.h"

int
jorge_forest_outputs(const Forest *forest)
{
	return forest->outputs;
}

const char *
jorge_forest_objective(const Forest *forest)
{
	switch (forest->link)
	{
		case LINK_LOGISTIC:
			return "binary:logistic";
		case LINK_IDENTITY:
			return "reg:squarederror";
		case LINK_EXPONENTIAL:
			return "survival:aft";
		case LINK_SOFTMAX:
			break;
	}
	return "multi:softprob";
}

void
jorge_forest_refuse_classes(const Forest *forest)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("forest tells %d classes apart, so it has not one prediction a row",
						   forest->outputs),
					errhint("Use jorge.predict_classes(forest, features) or "
							"jorge.predict_class(forest, features).")));
}

void
jorge_forest_class_margins(const Forest *forest, const float *x, float *margins)
{
	float *row;

	if (forest->outputs == 1)
	{
		margins[0] = jorge_forest_margin(forest, x);
		return;
	}
	for (int output = 0; output < forest->outputs; output++)
		margins[output] = forest->weights != NULL ? jorge_forest_linear_margin(forest, x, output)
						  : forest->base_margins != NULL ? forest->base_margins[output]
														 : forest->base_margin;
	if (forest->weights != NULL)
		return;
	row = palloc(sizeof(float) * 2 * forest->features);
	jorge_double_row(x, forest->features, row);
	for (int t = 0; t < forest->ntrees; t++)
	{
		uint32 at = forest->trees[t].root;

		while (forest->nodes[at].step != 0)
			at += forest->nodes[at].step +
				  (row[forest->nodes[at].slot] >= forest->nodes[at].threshold);
		margins[forest->tree_output[t]] += forest->values[at];
	}
	pfree(row);
}

void
jorge_forest_class_probabilities(const Forest *forest, const float *x, float *probabilities)
{
	float most;
	double sum = 0;

	jorge_forest_class_margins(forest, x, probabilities);
	if (forest->outputs == 1)
	{
		probabilities[0] = jorge_forest_link(forest, probabilities[0]);
		return;
	}
	/* XGBoost's Softmax: exponentials in float, their sum in double */
	most = probabilities[0];
	for (int output = 1; output < forest->outputs; output++)
		most = fmaxf(probabilities[output], most);
	for (int output = 0; output < forest->outputs; output++)
	{
		probabilities[output] = expf(probabilities[output] - most);
		sum += probabilities[output];
	}
	for (int output = 0; output < forest->outputs; output++)
		probabilities[output] /= (float) sum;
}
