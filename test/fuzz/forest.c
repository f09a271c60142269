/*
 * forest.c: fuzz target for the model reader: what a document can make the readers, the parser, the
 * evaluator and SHAP do.
 *
 * The first byte chooses: a document as UBJ, or as JSON text that becomes UBJ first; a small cache;
 * which kernel evaluates batches. One that is
 * taken is evaluated and explained on rows of values, missing values and infinities, and its text
 * form must read back as the same bytes. Found is what the sanitizers find, an error without a
 * proper SQLSTATE, memory beyond 1 GB, and a broken promise: a batch or a wrong sum.
 */
#include "core/jorge.h"

#include "core/settings.h"
#include "forest/internal.h"
#include "forest/json.h"
#include "shim.h"
#include "utils/memutils.h"

/* Rows that are predicted, so many that vector kernels take them for a block; and that are explained */
#define ROWS 40
#define EXPLAINED_ROWS 11

/* Features of a forest that is predicted for all rows, not only for those that are explained */
#define MOST_FEATURES 4096

/* Features whose interactions are worth asking for */
#define MOST_INTERACTIONS 8

typedef struct Input
{
	const char *data;
	Size length;
	bool json;
	MemoryContext mcxt;
} Input;

/*
 * Stop: something is wrong that no sanitizer sees
 */
static void
broken(const char *what)
{
	fprintf(stderr, "broken promise: %s\n", what);
	abort();
}

/*
 * Explain rows one by one and together
 */
static void
explain(const Forest *forest, const float *x, const float *margins)
{
	int columns = forest->features + 1;
	double *one = palloc(sizeof(double) * columns);
	double *all = palloc(sizeof(double) * columns * EXPLAINED_ROWS);
	double leaves = 0;

	for (int i = 0; i < forest->nnodes; i++)
		leaves += fabs((double) forest->values[i]);
	jorge_forest_contributions_batch(forest, x, EXPLAINED_ROWS, all);
	for (int r = 0; r < EXPLAINED_ROWS; r++)
	{
		const float *row = x + r * forest->features;
		double sum = 0;
		double scale = leaves;
		double first = 0;

		jorge_forest_contributions(forest, row, one);
		if (memcmp(one, all + r * columns, sizeof(double) * columns) != 0)
			broken("a batch explains a row otherwise");
		for (int f = 0; f < columns; f++)
		{
			sum += one[f];
			scale += fabs(one[f]);
		}
		/* beyond that, float32 overflows */
		if (scale < 1e37 && !(fabs(sum - margins[r]) <= 1e-5 * scale))
			broken("contributions do not sum to the margin");

		for (int f = 0; f < forest->features && f < MOST_INTERACTIONS; f++)
			first += jorge_forest_interaction(forest, row, 0, f);
		if (forest->features <= MOST_INTERACTIONS && !(fabs(first - one[0]) <= 1e-5 * scale) &&
			scale < 1e37)
			broken("interactions do not sum to the contribution");
	}
}

/*
 * Predict rows one by one, and together by every kernel
 */
static void
predict(const Forest *forest, const float *x, int rows, float *margins)
{
	double variance;

	for (int r = 0; r < rows; r++)
	{
		const float *row = x + (Size) r * forest->features;
		float margin = jorge_forest_margin_variance(forest, row, &variance);

		margins[r] = jorge_forest_margin(forest, row);
		if (memcmp(&margin, &margins[r], sizeof(float)) != 0)
			broken("a margin is another with its variance");
		jorge_forest_predict(forest, row);
	}
	for (int kernel = JORGE_KERNEL_SCALAR; kernel <= JORGE_KERNEL_AVX512; kernel++)
	{
		float batch[ROWS];

		if (!jorge_cpu_has(kernel))
			continue;
		jorge_settings.forest_kernel = kernel;
		jorge_forest_margins(forest, x, rows, batch);
		if (memcmp(batch, margins, sizeof(float) * rows) != 0)
			broken("a batch predicts a row otherwise");
	}
}

/*
 * Read a document; use what was read
 */
static void
use(void *argument)
{
	Input *input = argument;
	UbjReader reader = {
		.data = input->data, .length = input->length, .sqlstate = ERRCODE_DATA_CORRUPTED};
	Forest *forest;
	StringInfoData ubj;
	StringInfoData json;
	float *x;
	float margins[ROWS];
	int rows;

	if (input->json)
	{
		char *text = pnstrdup(input->data, input->length);

		initStringInfo(&ubj);
		jorge_json_to_ubj(text, strlen(text), &ubj);
		reader.data = ubj.data;
		reader.length = ubj.len;
	}
	forest = jorge_forest_parse(&reader, input->mcxt);

	rows = forest->features <= MOST_FEATURES ? ROWS : EXPLAINED_ROWS;
	x = palloc(sizeof(float) * rows * forest->features);
	for (int i = 0; i < rows * forest->features; i++)
	{
		static const float values[] = {0, 1, -1, 0.5f, 3, -1e30f, NAN, INFINITY, -INFINITY, 1e-40f};

		x[i] = values[(i * 7 + i / 5) % lengthof(values)];
	}
	if (forest->outputs > 1)
	{
		float *probabilities = palloc(sizeof(float) * forest->outputs);

		for (int r = 0; r < rows; r++)
			jorge_forest_class_probabilities(forest, x + (Size) r * forest->features, probabilities);
	}
	else
	{
		predict(forest, x, rows, margins);
		if (forest->features <= 1024)
			explain(forest, x, margins);
	}

	initStringInfo(&json);
	jorge_ubj_to_json(reader.data, reader.length, &json);
	initStringInfo(&ubj);
	jorge_json_to_ubj(json.data, json.len, &ubj);
	if (input->json && (ubj.len != reader.length || memcmp(ubj.data, reader.data, ubj.len) != 0))
		broken("the text form reads back as something else");
}

int LLVMFuzzerTestOneInput(const uint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8 *data, size_t size)
{
	Input input;
	MemoryContext top;
	int code;

	if (size < 1)
		return 0;
	CurrentMemoryContext = top = AllocSetContextCreate(NULL, "input", ALLOCSET_DEFAULT_SIZES);
	input.mcxt = AllocSetContextCreate(top, "jorge forest", ALLOCSET_DEFAULT_SIZES);
	input.data = (const char *) data + 1;
	input.length = size - 1;
	input.json = data[0] & 1;
	/* in a small cache some rows of the table of explanations find no room */
	jorge_settings.forest_cache_kb = data[0] & 2 ? 64 : 64 * 1024;
	jorge_settings.forest_kernel = data[0] >> 2 & 3;
	if (!jorge_cpu_has(jorge_settings.forest_kernel))
		jorge_settings.forest_kernel = JORGE_KERNEL_AUTO;
	code = shim_try(use, &input);
	MemoryContextDelete(top);
	CurrentMemoryContext = NULL;
	if (code == ERRCODE_INTERNAL_ERROR)
		broken("an internal error");
	return 0;
}
