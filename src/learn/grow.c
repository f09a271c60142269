/*
 * grow.c: one round of a model.
 *
 * A tree of a random forest learns from what every model starts with, not from what those before it
 * left: it is given the gradients at the start, the same in each round. So a forest grows a tree a
 * round, and can be cancelled and watched as boosting can, where XGBoost's own num_parallel_tree
 * grows all of them in one. Gradients are those of XGBoost's objectives; that of times is left to
 * XGBoost, so such a forest has one round.
 */
#include "core/jorge.h"

#include "learn/boost.h"

/* XGBoost's floor under a second derivative */
#define LEAST_HESSIAN 1e-16f

bool
jorge_learn_is_one_round(const TrainParams *params)
{
	return params->booster == TRAIN_FOREST && params->objective == TRAIN_TIME;
}

/*
 * Work out the gradients of all rows at the start
 */
static void
start_gradients(const TrainParams *params, const Part *part, double base_score, float *gradient,
				float *hessian)
{
	int classes = params->classes;
	float margin = -logf(1.0f / (float) base_score - 1.0f);
	float p = params->objective == TRAIN_CLASSES ? 1.0f / classes : 1.0f / (1.0f + expf(-margin));

	for (Size r = 0; r < part->rows; r++)
	{
		float weight = part->weights != NULL ? part->weights[r] : 1;
		float label = part->labels[r];

		switch (params->objective)
		{
			case TRAIN_LOGISTIC:
				if (label == 1)
					weight *= (float) params->scale_pos_weight;
				gradient[r] = (p - label) * weight;
				hessian[r] = Max(p * (1 - p), LEAST_HESSIAN) * weight;
				break;
			case TRAIN_CLASSES:
				for (int c = 0; c < classes; c++)
				{
					gradient[r * classes + c] = (p - (label == c)) * weight;
					hessian[r * classes + c] = Max(2 * p * (1 - p), LEAST_HESSIAN) * weight;
				}
				break;
			default:
				gradient[r] = ((float) base_score - label) * weight;
				hessian[r] = weight;
		}
	}
}

void
jorge_learn_grow(const TrainParams *params, XgbHandle booster, int round, const Part *part,
				 double base_score)
{
	if (params->booster == TRAIN_FOREST && !jorge_learn_is_one_round(params))
	{
		Size n = mul_size(part->rows, params->classes);
		float *gradient =
			MemoryContextAllocHuge(CurrentMemoryContext, mul_size(2 * sizeof(float), Max(n, 1)));

		start_gradients(params, part, base_score, gradient, gradient + n);
		jorge_xgb_boost(booster, round, part->matrix, gradient, gradient + n, part->rows,
						params->classes);
		pfree(gradient);
	}
	else
		jorge_xgb_update(booster, round, part->matrix);
}
