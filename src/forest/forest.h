/*
 * forest.h: a trained forest as an immutable SQL value, and its evaluation.
 *
 * Vocabulary: a document is XGBoost's model file, JSON or UBJ; a jorge.forest value is a fixed
 * header (with a content hash) followed by the document as UBJ; a Forest is the evaluator's parsed
 * form, kept in a bounded cache of the backend; the margin is the raw sum of leaves, before the
 * objective's link.
 *
 * Margins and probabilities are bit-equal to XGBoost's: float additions in tree order, no fused
 * multiply-add, 1 / (1 + expf(-margin) + 1e-16) as its Sigmoid writes it.
 */
#ifndef JORGE_FOREST_H
#define JORGE_FOREST_H

#include "access/htup.h"
#include "fmgr.h"
#include "utils/array.h"

/* A row is worked on with each feature twice: at most 16 MB. */
#define FOREST_MAX_FEATURES 1048576

/* Classes of a forest that tells several apart */
#define FOREST_MAX_CLASSES 10000

/* First half of a document's SHA-256: what tells forests apart. */
#define FOREST_HASH_LENGTH 16

typedef struct Forest Forest;

/* ---- getting one ---- */

/*
 * Forest behind a jorge.forest Datum, which may be toasted (don't detoast it first). Cached in the
 * backend: the pointer is good until the next call of this function, so take it anew in each call
 * of yours and after anything that may run SQL. Keeps its own account of toast pointers seen in the
 * statement, for all call sites; fn_extra stays free for the caller.
 */
extern const Forest *jorge_forest_from_datum(Datum value);

/* The same for argument argno of a call. */
#define jorge_forest_arg(fcinfo, argno) jorge_forest_from_datum(PG_GETARG_DATUM(argno))

/* Validated jorge.forest Datum, in the current memory context, from a UBJ document. */
extern Datum jorge_forest_from_ubj(const char *ubj, Size length);

/* ---- asking it ---- */

extern int jorge_forest_features(const Forest *forest);

/* Name of a feature, NULL where the document names none. */
extern const char *jorge_forest_feature_name(const Forest *forest, int feature);

/* Value of a document attribute (learner.attributes), NULL where absent. */
extern const char *jorge_forest_attribute(const Forest *forest, const char *name);

/* Lexicon version the forest was trained on, 0 = not told. */
extern int jorge_forest_lexicon(const Forest *forest);

/* ---- features of an argument, in the forest's own order, NAN = missing ---- */

/* Of a float4[]: ERROR 22023 if it has not one for each. May point into the array. */
extern const float *jorge_forest_array_features(const Forest *forest, ArrayType *array);

/*
 * Of a row, by name. Keeps its maps of columns in fn_extra, which is then not the caller's; good
 * until the call site's next row. ERROR 42703 if no column is a feature, 22023 without names.
 */
extern const float *jorge_forest_row_features(FunctionCallInfo fcinfo, const Forest *forest,
											  HeapTupleHeader row);

/* ---- evaluating; x[] is in the forest's own order, NAN = missing ---- */

extern float jorge_forest_margin(const Forest *forest, const float *x);

/* Margins of many rows, bit-equal to jorge_forest_margin's: x is rows x features, row by row. */
extern void jorge_forest_margins(const Forest *forest, const float *x, int rows, float *margins);

/*
 * Prediction on the objective's scale from a margin: for binary:logistic the calibrated probability
 * where the document holds a calibration, else XGBoost's; for survival:aft a time.
 */
extern float jorge_forest_link(const Forest *forest, float margin);
extern float jorge_forest_predict(const Forest *forest, const float *x);

/* ---- calibration (attribute jorge_calibration, which jorge.train() writes) ---- */

typedef enum ForestTrust
{
	FOREST_UNCALIBRATED,     /* nothing is known: another's forest, or none was asked for */
	FOREST_TOO_FEW_OUTCOMES, /* there were too few outcomes to tell */
	FOREST_CALIBRATED
} ForestTrust;

extern ForestTrust jorge_forest_trust(const Forest *forest);

/* Calibrated log-odds of a margin, strictly rising; the margin itself unless FOREST_CALIBRATED. */
extern double jorge_forest_calibrate(const Forest *forest, double margin);

/* The objective's own link alone: XGBoost's prediction from a margin, or a probability from
 * calibrated log-odds. */
extern float jorge_forest_response(const Forest *forest, float log_odds);

/*
 * 80 % interval of the rate at which rows of this margin come true; leaf_variance is what
 * jorge_forest_margin_variance() gives for the row, and may be NAN. NAN where FOREST_UNCALIBRATED,
 * 0 ... 1 where there were too few outcomes.
 */
extern void jorge_forest_interval(const Forest *forest, float margin, double leaf_variance,
								  double *lower, double *upper);

/*
 * Margin, and the variance of the margin that the sizes of the leaves it fell in imply:
 * sum over trees of eta^2 * H / (H + 1)^2, H = cover (sum of hessians) of the leaf, eta = learning
 * rate (attribute jorge_learning_rate, else XGBoost's default 0.3). A leaf's value is -eta G / (H +
 * 1) and G has variance H for a calibrated logistic model. NAN where the document has no covers.
 */
extern float jorge_forest_margin_variance(const Forest *forest, const float *x, double *variance);

/*
 * Margins and probabilities of a forest of several classes (multi:softprob): outputs of them; a forest of
 * one output has its margin alone, and its prediction.
 */
extern int jorge_forest_outputs(const Forest *forest);
extern void jorge_forest_class_margins(const Forest *forest, const float *x, float *margins);
extern void jorge_forest_class_probabilities(const Forest *forest, const float *x, float *probabilities);

/* The variance alone, of a jorge.forest Datum. */
extern double jorge_forest_leaf_variance(Datum value, const float *x);

/* jorge_forest_contributions_batch() of a jorge.forest Datum */
extern void jorge_forest_datum_contributions(Datum value, const float *x, int rows, double *contributions);

/*
 * Exact path-dependent SHAP values, as XGBoost's pred_contribs: contributions[0..features-1] and
 * the base value in contributions[features]; they sum to the margin. In log-odds for
 * binary:logistic. The first call makes a table, for which the cache may drop other forests than
 * this one. ERROR 22023 where the document has no covers (sum_hessian), 54000 for trees
 * deeper than FOREST_MAX_SHAP_DEPTH.
 */
#define FOREST_MAX_SHAP_DEPTH 512
extern void jorge_forest_contributions(const Forest *forest, const float *x, double *contributions);

/*
 * Contributions of many rows, bit-equal to jorge_forest_contributions's: x is rows x features,
 * contributions rows x (features + 1), both row by row.
 */
extern void jorge_forest_contributions_batch(const Forest *forest, const float *x, int rows,
											 double *contributions);

/*
 * SHAP interaction value of two features, as XGBoost's pred_interactions: half of what they
 * contribute together beyond each alone; of a feature with itself, what is left of its contribution.
 * Errors as above.
 */
extern double jorge_forest_interaction(const Forest *forest, const float *x, int a, int b);

/*
 * SHAP values in calibrated log-odds: the base value becomes its calibrated value, and every
 * contribution is multiplied by the slope of the calibration between base and margin, so that they
 * sum to the calibrated log-odds. An affine calibration has one slope for all rows.
 */
extern void jorge_forest_reasons(const Forest *forest, const float *x, double *contributions);

#endif
