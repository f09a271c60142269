/*
 * calibrate.h: what a margin means, learnt from rows that the model which gave it had not seen.
 *
 * The calibration is a rising function from margin to log-odds:
 *
 *   affine    log-odds = intercept + slope * margin (Platt 1999). Penalised maximum likelihood: the
 *             slope is drawn to 1, what early stopping leaves it at, with the weight of a standard
 *             deviation of 0.3 log-odds at a margin one standard deviation from the mean. It keeps
 *             explanations additive.
 *   isotonic  a line through at most 50 knots, by pooling neighbours that fall (Oron and Flournoy
 *             2017: pools become points, so that it rises strictly). It follows any shape but needs
 *             many rows.
 *
 * Its variance in log-odds at a margin m is
 *
 *   level_variance + slope_variance * (m - centre)^2 + misfit_variance (affine)
 *   the knots' own, interpolated,                    + misfit_variance (isotonic)
 *
 * where the first two are the fit's, and misfit_variance is what the groups of like margins stray
 * from the fit by more than chance: the method of moments of a random-effects model (DerSimonian
 * and Laird 1986), at the upper end of an 80 % interval of their statistic, so that a misfit too
 * small to see is allowed for. A row whose leaf variance (jorge_forest_margin_variance) is beyond
 * unlike_from, the 90th percentile of the training rows', adds unlike_scale * the excess.
 */
#ifndef JORGE_LEARN_CALIBRATE_H
#define JORGE_LEARN_CALIBRATE_H

#include "lib/stringinfo.h"

/* Fewer outcomes of either kind tell nothing about a probability. */
#define CALIBRATION_OUTCOMES 10

/* Isotonic overfits below about a thousand rows (Niculescu-Mizil and Caruana 2005); a rare outcome
 * needs as many of its own as a balanced one's thousand would have in its scarcest fifth. */
#define ISOTONIC_ROWS 1000
#define ISOTONIC_OUTCOMES 200

#define CALIBRATION_KNOTS 50

typedef enum CalibrationMethod
{
	CALIBRATION_NONE, /* too few outcomes */
	CALIBRATION_AFFINE,
	CALIBRATION_ISOTONIC
} CalibrationMethod;

typedef struct CalibrationKnot
{
	double margin;
	double log_odds;
	double variance;
} CalibrationKnot;

typedef struct Calibration
{
	CalibrationMethod method;
	Size rows, positives;
	double intercept, slope; /* isotonic: of the affine one; the slope goes on beyond the knots */
	double centre, level_variance, slope_variance, misfit_variance;
	double unlike_scale, unlike_from;
	int nknots;
	CalibrationKnot knots[CALIBRATION_KNOTS];
} Calibration;

/* Rows that models not trained on them have judged */
typedef struct JudgedRows
{
	Size rows;
	float *margin;
	float *label;
	uint8 *group; /* model it was judged by, or any split of the rows into groups */
	int groups;
} JudgedRows;

/*
 * Find the calibration, by the method wanted ("auto" is affine unless isotonic is better by more
 * than twice the standard error of the difference in log loss, each tried on groups it was not
 * fitted to). calibrated[] gets each row's log-odds by the fit to the other groups' rows, so that
 * metrics of it aren't flattered.
 */
extern void jorge_learn_calibrate(const JudgedRows *judged, const char *wanted,
								  Calibration *calibration, float *calibrated);

/* Append the attribute jorge_calibration. */
extern void jorge_learn_calibration_json(StringInfo out, const Calibration *calibration);

#endif
