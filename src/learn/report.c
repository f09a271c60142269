/*
 * report.c: what a training tells of its data and its model.
 */
#include "core/jorge.h"

#include "learn/report.h"

#include "common/hashfn.h"
#include "learn/encode.h"
#include "learn/learn.h"
#include "utils/json.h"
#include "utils/memutils.h"

/* Rows that quantiles and SHAP values are taken of, at most: the first ones of the order by
 * content's hash, which is as good as a random sample, and the same one every time. */
#define QUANTILE_ROWS 20000
#define SHAP_ROWS 1000
#define SHAP_BATCH 100

/* 0, 5, ... 100 % */
#define QUANTILES 21

/* Texts of a column that are told with their shares; the others count as rest */
#define TOLD_TEXTS 100

/* Digits of a told figure */
#define FIGURE_FORMAT "%.6g"

char *
jorge_learn_not_enough(const TrainSource *source, const TrainParams *params, const char *label,
					   double *informative)
{
	const TrainFrame *frame = source->frame;
	Size *count;
	Size fewest;
	int common = 0;

	if (frame->rows == 0)
		return psprintf("not enough data: the query returned no row with a label");
	switch (params->objective)
	{
		case TRAIN_LOGISTIC:
			fewest = Min(source->positives, frame->rows - source->positives);
			*informative = fewest;
			if (fewest < ENOUGH_OUTCOMES)
				return psprintf("not enough data: \"%s\" is true in %zu of %zu rows; a model needs "
								"at least %d rows of each "
								"outcome",
								label, source->positives, frame->rows, ENOUGH_OUTCOMES);
			break;
		case TRAIN_TIME:
			*informative = source->ends;
			if (source->ends < ENOUGH_OUTCOMES)
				return psprintf("not enough data: %zu of %zu rows have ended; a model of times "
								"needs at least %d that have",
								source->ends, frame->rows, ENOUGH_OUTCOMES);
			break;
		case TRAIN_CLASSES:
			count = palloc0(sizeof(Size) * frame->classes);
			for (Size r = 0; r < frame->rows; r++)
				count[(int) frame->y[r]]++;
			fewest = frame->rows;
			for (int c = 0; c < frame->classes; c++)
				if (count[c] >= ENOUGH_OUTCOMES)
				{
					fewest = Min(fewest, count[c]);
					common++;
				}
			pfree(count);
			*informative = fewest;
			if (common < 2)
				return psprintf("not enough data: %d of the %d classes of \"%s\" are in %d rows or "
								"more; a model needs at least "
								"two that are",
								common, frame->classes, label, ENOUGH_OUTCOMES);
			break;
		case TRAIN_SQUARED_ERROR:
			*informative = frame->rows / 4.0;
			if (frame->rows < ENOUGH_AMOUNTS)
				return psprintf("not enough data: %zu rows; a model of amounts needs at least %d",
								frame->rows, ENOUGH_AMOUNTS);
			break;
	}
	for (Size r = 1; r < frame->rows; r++)
		if (frame->y[r] != frame->y[0])
			return NULL;
	return psprintf("not enough data: \"%s\" is %g in all %zu rows", label, frame->y[0],
					frame->rows);
}

char *
jorge_learn_data_hash(const TrainFrame *frame, const char *label)
{
	uint64 half[2] = {0, UINT64CONST(0x9E3779B97F4A7C15)};

	for (int h = 0; h < 2; h++)
	{
		uint64 hash = hash_bytes_extended((const unsigned char *) label, strlen(label), half[h]);

		for (int f = 0; f < frame->columns; f++)
			hash = hash_bytes_extended((const unsigned char *) frame->names[f],
									   strlen(frame->names[f]), hash);
		for (Size r = 0; r < frame->rows; r++)
		{
			CHECK_FOR_INTERRUPTS();
			hash = hash_bytes_extended((const unsigned char *) (frame->x + r * frame->columns),
									   sizeof(float) * frame->columns, hash);
			hash = hash_bytes_extended((const unsigned char *) &frame->y[r], sizeof(float), hash);
			if (frame->event != NULL)
				hash = hash_bytes_extended((const unsigned char *) &frame->event[r], sizeof(bool),
										   hash);
			if (frame->time != NULL)
				hash = hash_bytes_extended((const unsigned char *) &frame->time[r], sizeof(double),
										   hash);
		}
		half[h] = hash;
	}
	return psprintf("%016llx%016llx", (unsigned long long) half[0], (unsigned long long) half[1]);
}

/* ---- features ---- */

static int
compare_floats(const void *a, const void *b)
{
	float x = *(const float *) a;
	float y = *(const float *) b;

	return (x > y) - (x < y);
}

/*
 * Append what a column of numbers holds
 */
static void
append_numbers(StringInfo out, const TrainFrame *frame, int feature)
{
	Size sample = Min(frame->rows, (Size) QUANTILE_ROWS);
	float *values = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(float) * sample);
	double sum = 0;
	float least = INFINITY;
	float most = -INFINITY;
	Size known = 0;
	Size kept = 0;

	for (Size r = 0; r < frame->rows; r++)
	{
		float value = frame->x[r * frame->columns + feature];

		CHECK_FOR_INTERRUPTS();
		if (isnan(value))
			continue;
		known++;
		sum += value;
		least = Min(least, value);
		most = Max(most, value);
		if (r < sample)
			values[kept++] = value;
	}
	appendStringInfo(out, "\"type\": \"number\", \"missing\": " FIGURE_FORMAT,
					 1 - known / (double) frame->rows);
	if (known > 0)
	{
		appendStringInfoString(out, ", \"min\": ");
		jorge_learn_append_number(out, least);
		appendStringInfoString(out, ", \"max\": ");
		jorge_learn_append_number(out, most);
		appendStringInfo(out, ", \"mean\": " FIGURE_FORMAT, sum / known);
	}
	if (kept > 0)
	{
		qsort(values, kept, sizeof(float), compare_floats);
		appendStringInfoString(out, ", \"quantiles\": [");
		for (int q = 0; q < QUANTILES; q++)
		{
			float value = q == 0               ? least
						  : q == QUANTILES - 1 ? most
											   : values[(kept - 1) * q / (QUANTILES - 1)];

			appendStringInfoString(out, q > 0 ? ", " : "");
			jorge_learn_append_number(out, value);
		}
		appendStringInfoChar(out, ']');
	}
	pfree(values);
}

static int
by_rows(const void *a, const void *b)
{
	const TextValue *x = *(TextValue *const *) a;
	const TextValue *y = *(TextValue *const *) b;

	if (x->rows != y->rows)
		return x->rows > y->rows ? -1 : 1;
	return strcmp(x->value, y->value);
}

/*
 * Append what a column of texts holds
 */
static void
append_texts(StringInfo out, const TrainFrame *frame, const TextColumn *text)
{
	TextValue **order = palloc(sizeof(TextValue *) * Max(text->n, 1));
	int64 known = 0;
	int told = 0;

	memcpy(order, text->values, sizeof(TextValue *) * text->n);
	qsort(order, text->n, sizeof(TextValue *), by_rows);
	for (int v = 0; v < text->n; v++)
		known += order[v]->rows;
	appendStringInfo(out,
					 "\"type\": \"category\", \"missing\": " FIGURE_FORMAT ", \"categories\": {",
					 1 - known / (double) frame->rows);
	for (int v = 0; v < text->n && told < TOLD_TEXTS && order[v]->rows > 0; v++, told++)
	{
		appendStringInfoString(out, v > 0 ? ", " : "");
		escape_json(out, order[v]->value);
		appendStringInfo(out, ": " FIGURE_FORMAT, order[v]->rows / (double) frame->rows);
	}
	appendStringInfoChar(out, '}');
	pfree(order);
}

/*
 * Mean size of what each column adds to predictions; the indicators of a text act as one
 */
static double *
mean_contributions(const TrainFrame *frame, Datum forest)
{
	int rows = (int) Min(frame->rows, (Size) SHAP_ROWS);
	double *mean = palloc0(sizeof(double) * frame->nsources);
	double *room = MemoryContextAllocHuge(CurrentMemoryContext,
										  sizeof(double) * SHAP_BATCH * (frame->columns + 1));

	for (int from = 0; from < rows; from += SHAP_BATCH)
	{
		int batch = Min(SHAP_BATCH, rows - from);

		CHECK_FOR_INTERRUPTS();
		jorge_learn_api()->forest_contributions(forest, frame->x + (Size) from * frame->columns,
												batch, room);
		for (int r = 0; r < batch; r++)
			for (int c = 0; c < frame->nsources; c++)
			{
				const TrainColumn *column = &frame->sources[c];
				double sum = 0;

				for (int f = column->first; f < column->first + column->features; f++)
					sum += room[(Size) r * (frame->columns + 1) + f];
				mean[c] += fabs(sum) / rows;
			}
	}
	pfree(room);
	return mean;
}

void
jorge_learn_features_json(StringInfo out, const TrainFrame *frame, const TrainParams *params,
						  XgbHandle booster, Datum forest)
{
	bool linear = params->booster == TRAIN_LINEAR;
	double *gains = palloc(sizeof(double) * frame->columns);
	double *splits = palloc(sizeof(double) * frame->columns);
	double *mean = forest != (Datum) 0 ? mean_contributions(frame, forest) : NULL;

	jorge_xgb_importance(booster, "weight", frame->names, frame->columns, splits);
	if (!linear)
		jorge_xgb_importance(booster, "total_gain", frame->names, frame->columns, gains);
	appendStringInfoChar(out, '[');
	for (int c = 0; c < frame->nsources; c++)
	{
		const TrainColumn *column = &frame->sources[c];
		double gain = 0;
		double count = 0;

		appendStringInfoString(out, c > 0 ? ", {\"name\": " : "{\"name\": ");
		escape_json(out, column->name);
		appendStringInfoString(out, ", ");
		if (column->text != NULL)
			append_texts(out, frame, column->text);
		else
			append_numbers(out, frame, column->first);
		for (int f = column->first; f < column->first + column->features; f++)
		{
			gain += linear ? fabs(splits[f]) : gains[f];
			count += splits[f];
		}
		if (linear)
			appendStringInfo(out, ", \"weight\": " FIGURE_FORMAT, gain);
		else
			appendStringInfo(out, ", \"gain\": " FIGURE_FORMAT ", \"splits\": %.0f",
							 count > 0 ? gain / count : 0, count);
		if (mean != NULL)
			appendStringInfo(out, ", \"shap\": " FIGURE_FORMAT, mean[c]);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
	pfree(gains);
	pfree(splits);
}
