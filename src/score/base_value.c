/*
 * base_value.c: where explanations of the model that serves start from.
 */
#include "core/jorge.h"

#include "score/model.h"

JORGE_FUNCTION(jorge_base_value);

/*
 * Get the base value of the model that serves: what the model expects of a lead of which it is told nothing
 */
Datum
jorge_base_value(PG_FUNCTION_ARGS)
{
	ModelCall call = {0};
	Model *model = jorge_model_for_query(&call, CurrentMemoryContext);
	const Forest *forest = jorge_forest_from_datum(model->forest);
	double *contributions = palloc(sizeof(double) * (model->nfeatures + 1));
	float *nothing = palloc(sizeof(float) * Max(model->nfeatures, 1));

	for (int i = 0; i < model->nfeatures; i++)
		nothing[i] = NAN;
	jorge_forest_reasons(forest, nothing, contributions);
	PG_RETURN_FLOAT8(contributions[model->nfeatures]);
}
