/*
 * calibrate.c: fitting a calibration to out-of-fold margins and outcomes.
 */
#include "core/jorge.h"

#include "learn/calibrate.h"

#include "learn/params.h"
#include "utils/memutils.h"

/* Prior of the slope: see calibrate.h. */
#define PRIOR_SLOPE 1.0
#define PRIOR_SPREAD 0.3

/* A slope below would make the model's order worthless; it is kept rising. */
#define LEAST_SLOPE 0.05

/* Of outcomes that are told apart without error; keeps variances finite. */
#define LEAST_INFORMATION 1e-3

#define NEWTON_STEPS 50
#define NEWTON_TOLERANCE 1e-10

/* Groups of like margins that show a misfit */
#define MISFIT_GROUPS 10

/* Standard normal quantile of 0.9 */
#define NORMAL_QUANTILE_90 1.2815515655446004

/* Rows of the affine fit's opinion that a knot starts with */
#define KNOT_PRIOR 10.0
#define KNOT_ROWS 50

/* Isotonic must be better by so many standard errors. */
#define CLEARLY_BETTER 2.0

typedef struct Point
{
	float margin;
	bool won;
} Point;

#define ST_SORT sort_points
#define ST_ELEMENT_TYPE Point
#define ST_COMPARE(a, b)                                                                           \
	((a)->margin != (b)->margin ? ((a)->margin < (b)->margin ? -1 : 1) : (a)->won - (b)->won)
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DECLARE
#define ST_DEFINE
#include "lib/sort_template.h"

static double
probability(double log_odds)
{
	return 1 / (1 + exp(-log_odds));
}

static double
row_loss(double log_odds, bool won)
{
	double against = won ? -log_odds : log_odds;

	return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

/* ---- affine ---- */

/* Sums over all points at level and slope: penalised loss, gradient and Hessian */
typedef struct Sums
{
	double loss;
	double by_level, by_slope;
	double level2, mixed, slope2;
} Sums;

static Sums
sum_points(const Point *points, Size n, double mean, double level, double slope, double precision)
{
	double off = slope - PRIOR_SLOPE;
	Sums sums = {.loss = off * off * precision / 2,
				 .by_slope = off * precision,
				 .slope2 = precision};

	for (Size i = 0; i < n; i++)
	{
		double z = points[i].margin - mean;
		double log_odds = level + slope * z;
		double p = probability(log_odds);
		double weight = p * (1 - p);
		double residual = p - points[i].won;

		sums.loss += row_loss(log_odds, points[i].won);
		sums.by_level += residual;
		sums.by_slope += residual * z;
		sums.level2 += weight;
		sums.mixed += weight * z;
		sums.slope2 += weight * z * z;
	}
	CHECK_FOR_INTERRUPTS();
	return sums;
}

/*
 * Find level and slope by Newton's method, with the slope held where it has hit its floor; steps
 * that lose are halved
 */
static Sums
fit_level_and_slope(const Point *points, Size n, double mean, double precision, double *level,
					double *slope)
{
	bool floored = false;
	Sums sums = sum_points(points, n, mean, *level, *slope, precision);

	for (int step = 0; step < NEWTON_STEPS; step++)
	{
		double determinant = sums.level2 * sums.slope2 - sums.mixed * sums.mixed;
		double by_level, by_slope;
		double length = 1;
		Sums next;

		if (floored || determinant <= 0)
		{
			by_level = -sums.by_level / Max(sums.level2, 1e-12);
			by_slope = 0;
		}
		else
		{
			by_level = (sums.mixed * sums.by_slope - sums.slope2 * sums.by_level) / determinant;
			by_slope = (sums.mixed * sums.by_level - sums.level2 * sums.by_slope) / determinant;
		}
		do
		{
			next = sum_points(points, n, mean, *level + length * by_level, *slope + length * by_slope,
							  precision);
			if (!(next.loss > sums.loss))
				break;
			length /= 2;
		} while (length > 1e-6);
		*level += length * by_level;
		*slope += length * by_slope;
		sums = next;
		if (!floored && *slope < LEAST_SLOPE)
		{
			floored = true;
			*slope = LEAST_SLOPE;
			sums = sum_points(points, n, mean, *level, *slope, precision);
			continue;
		}
		if (length * Max(fabs(by_level), fabs(by_slope)) < NEWTON_TOLERANCE)
			break;
	}
	return sums;
}

/*
 * Fit the affine calibration
 */
static void
fit_affine(const Point *points, Size n, Calibration *calibration)
{
	double mean = 0;
	double squares = 0;
	double won = 0;
	double precision;
	double level;
	double slope = PRIOR_SLOPE;
	Sums sums;

	for (Size i = 0; i < n; i++)
	{
		mean += points[i].margin / (double) n;
		won += points[i].won;
	}
	for (Size i = 0; i < n; i++)
		squares += (points[i].margin - mean) * (points[i].margin - mean) / n;
	/* margins that are all one say nothing about the slope */
	precision = Max(squares, 1e-12) / (PRIOR_SPREAD * PRIOR_SPREAD);
	level = log((won + 0.5) / (n - won + 0.5));
	sums = fit_level_and_slope(points, n, mean, precision, &level, &slope);
	sums.level2 = Max(sums.level2, LEAST_INFORMATION);

	calibration->method = CALIBRATION_AFFINE;
	calibration->slope = slope;
	calibration->intercept = level - slope * mean;
	calibration->centre = mean + sums.mixed / sums.level2;
	calibration->level_variance = 1 / sums.level2;
	calibration->slope_variance = 1 / (sums.slope2 - sums.mixed * sums.mixed / sums.level2);
	calibration->nknots = 0;
}

static double
affine(const Calibration *calibration, double margin)
{
	return calibration->intercept + calibration->slope * margin;
}

/* ---- isotonic ---- */

/*
 * Make the knots: groups of like margins, each drawn to the affine fit a little; neighbours that
 * don't rise are pooled
 */
static void
fit_isotonic(const Point *points, Size n, Calibration *calibration)
{
	int wanted = (int) Min((Size) CALIBRATION_KNOTS, n / KNOT_ROWS);
	double margin[CALIBRATION_KNOTS]; /* by pool: mean margin */
	double won[CALIBRATION_KNOTS];
	double rows[CALIBRATION_KNOTS];
	double weight[CALIBRATION_KNOTS]; /* information on the log-odds */
	int pools = 0;
	Size i = 0;

	fit_affine(points, n, calibration);
	for (int group = 0; group < wanted; group++)
	{
		Size end = n * (group + 1) / wanted;
		double sum = 0;
		double expected = 0;
		double information = 0;
		double positives = 0;
		Size first = i;
		double p;

		/* equal margins stay together */
		for (; i < n && (i < end || points[i].margin == points[i - 1].margin); i++)
		{
			double q = probability(affine(calibration, points[i].margin));

			sum += points[i].margin;
			expected += q;
			information += q * (1 - q);
			positives += points[i].won;
		}
		if (i == first)
			continue;
		p = expected / (i - first);
		margin[pools] = sum / (i - first);
		won[pools] = positives + KNOT_PRIOR * p;
		rows[pools] = i - first + KNOT_PRIOR;
		weight[pools] = Max(information, LEAST_INFORMATION);
		pools++;
		while (pools > 1 && won[pools - 1] / rows[pools - 1] <= won[pools - 2] / rows[pools - 2])
		{
			int a = pools - 2;
			int b = pools - 1;

			margin[a] = (margin[a] * rows[a] + margin[b] * rows[b]) / (rows[a] + rows[b]);
			won[a] += won[b];
			rows[a] += rows[b];
			weight[a] += weight[b];
			pools--;
		}
	}
	if (pools < 2)
		return;
	calibration->method = CALIBRATION_ISOTONIC;
	calibration->nknots = pools;
	for (int k = 0; k < pools; k++)
		calibration->knots[k] =
			(CalibrationKnot){margin[k], log(won[k] / (rows[k] - won[k])), 1 / weight[k]};
}

/*
 * Interpolate, as src/forest/calibration.c does
 */
static double
apply(const Calibration *calibration, double margin)
{
	const CalibrationKnot *knots = calibration->knots;
	int last = calibration->nknots - 1;
	int k = 1;

	if (calibration->nknots == 0)
		return affine(calibration, margin);
	if (margin <= knots[0].margin)
		return knots[0].log_odds + calibration->slope * (margin - knots[0].margin);
	if (margin >= knots[last].margin)
		return knots[last].log_odds + calibration->slope * (margin - knots[last].margin);
	while (margin >= knots[k].margin)
		k++;
	return knots[k - 1].log_odds + (knots[k].log_odds - knots[k - 1].log_odds) *
									   (margin - knots[k - 1].margin) /
									   (knots[k].margin - knots[k - 1].margin);
}

/* ---- what the fit misses ---- */

/*
 * Estimate the variance of the log-odds around the fit beyond chance
 */
static double
misfit_variance(const Point *points, Size n, const Calibration *calibration)
{
	int groups = (int) Min((Size) MISFIT_GROUPS, n);
	double df = Max(groups - 2, 1);
	double statistic = 0;
	double weights = 0;
	double squares = 0;
	double excess;
	Size i = 0;

	for (int group = 0; group < groups; group++)
	{
		Size end = n * (group + 1) / groups;
		double residual = 0;
		double information = 0;

		for (; i < end; i++)
		{
			double p = probability(apply(calibration, points[i].margin));

			residual += points[i].won - p;
			information += p * (1 - p);
		}
		if (information <= 0)
			continue;
		statistic += residual * residual / information;
		weights += information;
		squares += information * information;
	}
	excess = statistic - df + NORMAL_QUANTILE_90 * sqrt(2 * df);
	if (excess <= 0 || weights <= squares / weights)
		return 0;
	return excess / (weights - squares / weights);
}

/* ---- choosing ---- */

static void
fit(const Point *points, Size n, CalibrationMethod method, Calibration *calibration)
{
	if (method == CALIBRATION_ISOTONIC)
		fit_isotonic(points, n, calibration);
	else
		fit_affine(points, n, calibration);
}

/*
 * Collect the points of all groups but one (none of them where it is -1), by rising margin
 */
static Size
collect(const JudgedRows *judged, int but, Point *points)
{
	Size n = 0;

	for (Size r = 0; r < judged->rows; r++)
		if (judged->group[r] != but)
			points[n++] = (Point){judged->margin[r], judged->label[r] != 0};
	sort_points(points, n);
	return n;
}

/*
 * Calibrate every group by a fit to the others
 */
static void
cross_fit(const JudgedRows *judged, CalibrationMethod method, Point *points, float *calibrated)
{
	Calibration *others = palloc0(sizeof(Calibration));

	for (int group = 0; group < judged->groups; group++)
	{
		Size n = collect(judged, group, points);

		if (n == judged->rows)
			continue;
		if (n > 0)
			fit(points, n, method, others);
		for (Size r = 0; r < judged->rows; r++)
			if (judged->group[r] == group)
				calibrated[r] = n > 0 ? (float) apply(others, judged->margin[r]) : judged->margin[r];
	}
	pfree(others);
}

/*
 * Is b's log loss lower than a's by more than chance?
 */
static bool
clearly_better(const JudgedRows *judged, const float *a, const float *b)
{
	double sum = 0;
	double squares = 0;
	double n = judged->rows;

	for (Size r = 0; r < judged->rows; r++)
	{
		double gain = row_loss(a[r], judged->label[r] != 0) - row_loss(b[r], judged->label[r] != 0);

		sum += gain;
		squares += gain * gain;
	}
	return sum > CLEARLY_BETTER * sqrt(Max(squares - sum * sum / n, 0));
}

void
jorge_learn_calibrate(const JudgedRows *judged, const char *wanted, Calibration *calibration,
					  float *calibrated)
{
	Point *points =
		MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(Point), Max(judged->rows, 1)));
	CalibrationMethod method = CALIBRATION_AFFINE;
	Size fewer;

	memset(calibration, 0, sizeof(*calibration));
	calibration->rows = judged->rows;
	for (Size r = 0; r < judged->rows; r++)
		calibration->positives += judged->label[r] != 0;
	fewer = Min(calibration->positives, judged->rows - calibration->positives);
	if (fewer < CALIBRATION_OUTCOMES)
	{
		memcpy(calibrated, judged->margin, sizeof(float) * judged->rows);
		pfree(points);
		return;
	}

	cross_fit(judged, CALIBRATION_AFFINE, points, calibrated);
	if (strcmp(wanted, "affine") != 0 && judged->rows >= ISOTONIC_ROWS && fewer >= ISOTONIC_OUTCOMES)
	{
		float *other =
			MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(float), judged->rows));

		cross_fit(judged, CALIBRATION_ISOTONIC, points, other);
		if (strcmp(wanted, "isotonic") == 0 || clearly_better(judged, calibrated, other))
		{
			method = CALIBRATION_ISOTONIC;
			memcpy(calibrated, other, sizeof(float) * judged->rows);
		}
		pfree(other);
	}
	collect(judged, -1, points);
	fit(points, judged->rows, method, calibration);
	calibration->misfit_variance = misfit_variance(points, judged->rows, calibration);
	pfree(points);
}

/* ---- the attribute ---- */

static void
append_member(StringInfo out, const char *name, double value)
{
	appendStringInfo(out, ", \"%s\": ", name);
	jorge_learn_append_number(out, value);
}

void
jorge_learn_calibration_json(StringInfo out, const Calibration *calibration)
{
	static const char *const names[] = {"none", "affine", "isotonic"};

	appendStringInfo(out, "{\"method\": \"%s\", \"rows\": %zu, \"positives\": %zu",
					 names[calibration->method], calibration->rows, calibration->positives);
	if (calibration->method == CALIBRATION_NONE)
	{
		appendStringInfo(out, ", \"reason\": \"fewer than %d outcomes of a kind out of fold\"}",
						 CALIBRATION_OUTCOMES);
		return;
	}
	append_member(out, "slope", calibration->slope);
	if (calibration->method == CALIBRATION_AFFINE)
	{
		append_member(out, "intercept", calibration->intercept);
		append_member(out, "centre", calibration->centre);
		append_member(out, "level_variance", calibration->level_variance);
		append_member(out, "slope_variance", calibration->slope_variance);
	}
	append_member(out, "misfit_variance", calibration->misfit_variance);
	append_member(out, "unlike_scale", calibration->unlike_scale);
	append_member(out, "unlike_from", calibration->unlike_from);
	if (calibration->method == CALIBRATION_ISOTONIC)
	{
		appendStringInfoString(out, ", \"knots\": [");
		for (int k = 0; k < calibration->nknots; k++)
		{
			const CalibrationKnot *knot = &calibration->knots[k];

			appendStringInfoString(out, k > 0 ? ", [" : "[");
			jorge_learn_append_number(out, knot->margin);
			appendStringInfoString(out, ", ");
			jorge_learn_append_number(out, knot->log_odds);
			appendStringInfoString(out, ", ");
			jorge_learn_append_number(out, knot->variance);
			appendStringInfoChar(out, ']');
		}
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, '}');
}
