/*
 * calibration.c: from a margin to a probability that means what it says, and how sure that is.
 *
 * A document's attribute jorge_calibration holds what jorge.train() found out from predictions of
 * rows it had not trained on (src/learn/calibrate.c): a rising function from margin to log-odds,
 * affine or through knots, and the variance of its value. Without the attribute the margin is the
 * log-odds.
 */
#include "core/jorge.h"

#include "forest/internal.h"

#include <float.h>

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

/* Standard normal quantile of 0.9: the ends of an 80 % interval */
#define NORMAL_QUANTILE_90 1.2815515655446004

/* More would be noise: training makes 50 at most. */
#define MAX_KNOTS 1000

/* ---- reading the attribute ---- */

static JsonbValue *
member(JsonbContainer *object, const char *name, JsonbValue *room)
{
	return getKeyJsonValueFromContainer(object, name, strlen(name), room);
}

pg_noreturn static void
malformed(const UbjReader *reader, const char *what)
{
	jorge_ubj_malformed(reader, "attribute " ATTRIBUTE_CALIBRATION " has no valid %s", what);
}

/*
 * Take a finite number from least up
 */
static double
number_of(const UbjReader *reader, const JsonbValue *value, const char *name, double least)
{
	double number = NAN;

	if (value != NULL && value->type == jbvNumeric)
		number = DatumGetFloat8(
			DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(value->val.numeric)));
	if (!isfinite(number) || number < least)
		malformed(reader, name);
	return number;
}

static double
number_member(const UbjReader *reader, JsonbContainer *object, const char *name, double least)
{
	JsonbValue room;

	return number_of(reader, member(object, name, &room), name, least);
}

/*
 * Read the knots, [[margin, log-odds, variance], ...], rising in the first two
 */
static void
read_knots(const UbjReader *reader, JsonbContainer *object, ForestCalibration *calibration,
		   MemoryContext mcxt)
{
	JsonbValue room;
	JsonbValue *array = member(object, "knots", &room);
	int n;

	if (array == NULL || array->type != jbvBinary || !JsonContainerIsArray(array->val.binary.data))
		malformed(reader, "knots");
	n = JsonContainerSize(array->val.binary.data);
	if (n < 2 || n > MAX_KNOTS)
		malformed(reader, "knots");
	calibration->knots = MemoryContextAlloc(mcxt, sizeof(ForestKnot) * n);
	calibration->nknots = n;
	for (int i = 0; i < n; i++)
	{
		JsonbValue *knot = getIthJsonbValueFromContainer(array->val.binary.data, i);
		ForestKnot *to = &calibration->knots[i];
		JsonbContainer *numbers;

		if (knot->type != jbvBinary || !JsonContainerIsArray(knot->val.binary.data) ||
			JsonContainerSize(knot->val.binary.data) != 3)
			malformed(reader, "knots");
		numbers = knot->val.binary.data;
		to->margin = number_of(reader, getIthJsonbValueFromContainer(numbers, 0), "knots", -DBL_MAX);
		to->log_odds = number_of(reader, getIthJsonbValueFromContainer(numbers, 1), "knots", -DBL_MAX);
		to->variance = number_of(reader, getIthJsonbValueFromContainer(numbers, 2), "knots", 0);
		if (i > 0 && !(to->margin > to[-1].margin && to->log_odds > to[-1].log_odds))
			malformed(reader, "knots");
	}
}

ForestCalibration *
jorge_forest_read_calibration(UbjReader *reader, const Forest *forest, const char *text,
							  MemoryContext mcxt)
{
	ForestCalibration *calibration = MemoryContextAllocZero(mcxt, sizeof(ForestCalibration));
	Jsonb *json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text)));
	JsonbContainer *object = &json->root;
	JsonbValue room;
	JsonbValue *method;

	if (!JB_ROOT_IS_OBJECT(json))
		malformed(reader, "object");
	method = member(object, "method", &room);
	if (method == NULL || method->type != jbvString)
		malformed(reader, "method");
	if (forest->link != LINK_LOGISTIC)
		jorge_ubj_malformed(reader, "attribute " ATTRIBUTE_CALIBRATION
									" is for binary:logistic, this is another objective");
	if (method->val.string.len == 4 && memcmp(method->val.string.val, "none", 4) == 0)
	{
		calibration->trust = FOREST_TOO_FEW_OUTCOMES;
		return calibration;
	}
	calibration->trust = FOREST_CALIBRATED;
	calibration->slope = number_member(reader, object, "slope", 0);
	if (calibration->slope == 0)
		malformed(reader, "slope");
	calibration->misfit = number_member(reader, object, "misfit_variance", 0);
	calibration->unlike_scale = number_member(reader, object, "unlike_scale", 0);
	calibration->unlike_from = number_member(reader, object, "unlike_from", 0);
	if (method->val.string.len == 6 && memcmp(method->val.string.val, "affine", 6) == 0)
	{
		calibration->intercept = number_member(reader, object, "intercept", -DBL_MAX);
		calibration->centre = number_member(reader, object, "centre", -DBL_MAX);
		calibration->level_variance = number_member(reader, object, "level_variance", 0);
		calibration->slope_variance = number_member(reader, object, "slope_variance", 0);
	}
	else if (method->val.string.len == 8 && memcmp(method->val.string.val, "isotonic", 8) == 0)
		read_knots(reader, object, calibration, mcxt);
	else
		malformed(reader, "method");
	return calibration;
}

/* ---- using it ---- */

/*
 * Find the knot to the right of a margin, from 1 up to the last: the ends go on as they are there
 */
static const ForestKnot *
right_knot(const ForestCalibration *calibration, double margin)
{
	int low = 1;
	int high = calibration->nknots - 1;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (margin < calibration->knots[middle].margin)
			high = middle;
		else
			low = middle + 1;
	}
	return &calibration->knots[low];
}

/*
 * Interpolate the knots; beyond them the line goes on with the overall slope
 */
static double
interpolate(const ForestCalibration *calibration, double margin, double *variance)
{
	const ForestKnot *first = calibration->knots;
	const ForestKnot *last = first + calibration->nknots - 1;
	const ForestKnot *right;
	double share;

	if (margin <= first->margin || margin >= last->margin)
	{
		const ForestKnot *end = margin <= first->margin ? first : last;

		*variance = end->variance;
		return end->log_odds + calibration->slope * (margin - end->margin);
	}
	right = right_knot(calibration, margin);
	share = (margin - right[-1].margin) / (right->margin - right[-1].margin);
	*variance = right[-1].variance + share * (right->variance - right[-1].variance);
	return right[-1].log_odds + share * (right->log_odds - right[-1].log_odds);
}

ForestTrust
jorge_forest_trust(const Forest *forest)
{
	return forest->calibration == NULL ? FOREST_UNCALIBRATED : forest->calibration->trust;
}

double
jorge_forest_calibrate(const Forest *forest, double margin)
{
	const ForestCalibration *calibration = forest->calibration;
	double variance;

	if (jorge_forest_trust(forest) != FOREST_CALIBRATED)
		return margin;
	if (calibration->nknots > 0)
		return interpolate(calibration, margin, &variance);
	return calibration->intercept + calibration->slope * margin;
}

float
jorge_forest_link(const Forest *forest, float margin)
{
	if (forest->calibration == NULL)
		return jorge_forest_response(forest, margin);
	return jorge_forest_response(forest, (float) jorge_forest_calibrate(forest, margin));
}

void
jorge_forest_interval(const Forest *forest, float margin, double leaf_variance, double *lower,
					  double *upper)
{
	const ForestCalibration *calibration = forest->calibration;
	double log_odds;
	double variance;
	double spread;

	*lower = *upper = NAN;
	if (calibration == NULL)
		return;
	if (calibration->trust != FOREST_CALIBRATED)
	{
		*lower = 0;
		*upper = 1;
		return;
	}
	if (calibration->nknots > 0)
		log_odds = interpolate(calibration, margin, &variance);
	else
	{
		double z = margin - calibration->centre;

		log_odds = calibration->intercept + calibration->slope * margin;
		variance = calibration->level_variance + calibration->slope_variance * z * z;
	}
	variance += calibration->misfit;
	if (leaf_variance > calibration->unlike_from)
		variance += calibration->unlike_scale * (leaf_variance - calibration->unlike_from);
	spread = NORMAL_QUANTILE_90 * sqrt(variance);
	*lower = jorge_forest_response(forest, (float) (log_odds - spread));
	*upper = jorge_forest_response(forest, (float) (log_odds + spread));
}

void
jorge_forest_reasons(const Forest *forest, const float *x, double *contributions)
{
	int n = forest->features;
	double base;
	double sum = 0;
	double slope;

	jorge_forest_contributions(forest, x, contributions);
	if (jorge_forest_trust(forest) != FOREST_CALIBRATED)
		return;
	base = contributions[n];
	for (int f = 0; f < n; f++)
		sum += contributions[f];
	contributions[n] = jorge_forest_calibrate(forest, base);
	/* of the chord between base and margin; of the tangent where they are one */
	if (forest->calibration->nknots == 0 || fabs(sum) < 1e-9)
		slope = forest->calibration->slope;
	else
		slope = (jorge_forest_calibrate(forest, base + sum) - contributions[n]) / sum;
	for (int f = 0; f < n; f++)
		contributions[f] *= slope;
}
