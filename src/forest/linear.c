/*
 * linear.c: linear models (booster gblinear): a weight a feature, and a bias.
 *
 * A missing value adds nothing. The sum is XGBoost's: bias plus base margin first, then the
 * features in order, in float.
 */
#include "core/jorge.h"

#include "forest/internal.h"
#include "utils/memutils.h"

void
jorge_forest_read_weights(UbjReader *reader, Forest *forest, MemoryContext mcxt)
{
	static const char *const path = "learner.gradient_booster.model.weights";
	int64 wanted = ((int64) forest->features + 1) * forest->outputs;
	int64 n = 0;
	UbjArray array;

	if (jorge_ubj_marker(reader) != '[')
		jorge_ubj_malformed(reader, "%s is not an array", path);
	jorge_ubj_open_array(reader, &array);
	/* every weight takes a byte of the document at least, so no length that it claims makes us take
	 * more memory */
	if (wanted > (int64) reader->length)
		jorge_ubj_malformed(reader, "%s has not " INT64_FORMAT " elements", path, wanted);
	forest->weights = MemoryContextAllocHuge(mcxt, mul_size(sizeof(float), (Size) wanted));
	while (jorge_ubj_next_element(reader, &array))
	{
		char marker = array.type != 0 ? array.type : jorge_ubj_marker(reader);
		float weight = NAN;

		CHECK_FOR_INTERRUPTS();
		if (n == wanted)
			jorge_ubj_malformed(reader, "%s has more than " INT64_FORMAT " elements", path, wanted);
		if (jorge_ubj_is_integer(marker) || marker == 'd' || marker == 'D')
			weight = (float) jorge_ubj_number(reader, marker);
		if (!isfinite(weight))
			jorge_ubj_malformed(reader, "%s holds something else than finite numbers", path);
		forest->weights[n++] = weight;
	}
	if (n != wanted)
		jorge_ubj_malformed(reader, "%s has " INT64_FORMAT " elements, not " INT64_FORMAT, path, n,
							wanted);
	if (forest->outputs == 1)
		forest->expected = (double) forest->weights[forest->features] + forest->base_margin;
}

float
jorge_forest_linear_margin(const Forest *forest, const float *x, int output)
{
	const float *weights = forest->weights + output;
	int outputs = forest->outputs;
	float base = forest->base_margins != NULL ? forest->base_margins[output] : forest->base_margin;
	float sum = weights[(Size) forest->features * outputs] + base;

	for (int f = 0; f < forest->features; f++)
		if (!isnan(x[f]))
			sum += x[f] * weights[(Size) f * outputs];
	return sum;
}

void
jorge_forest_linear_contributions(const Forest *forest, const float *x, double *contributions)
{
	jorge_forest_check_single(forest);
	for (int f = 0; f < forest->features; f++)
		contributions[f] = isnan(x[f]) ? 0 : (double) x[f] * forest->weights[f];
	contributions[forest->features] = forest->expected;
}
