/*
 * xgboost.h: the only door to libxgboost.
 *
 * Every call runs with all signals blocked and OpenMP held at one thread, and turns a failure into
 * an ERROR after the C++ frames are gone. Handles belong to a session and are freed with its memory
 * context, however that ends. Only calls that exist in libxgboost 1.7 to 3.x are used.
 */
#ifndef JORGE_LEARN_XGBOOST_H
#define JORGE_LEARN_XGBOOST_H

typedef struct XgbSession XgbSession;
typedef void *XgbHandle; /* a matrix or a booster */

extern XgbSession *jorge_xgb_open(MemoryContext mcxt);

/* Free everything the session made so far. */
extern void jorge_xgb_free_all(XgbSession *session);

/* Copies rows of a row-major matrix (NAN = missing) and their labels. */
extern XgbHandle jorge_xgb_matrix(XgbSession *session, const float *x, const float *y, Size rows,
								  int columns);

/* Booster that knows these matrices, so that their predictions are kept up to date between rounds
 */
extern XgbHandle jorge_xgb_booster(XgbSession *session, const XgbHandle *matrices, int n);
extern void jorge_xgb_set(XgbHandle booster, const char *name, const char *value);
extern void jorge_xgb_update(XgbHandle booster, int round, XgbHandle matrix);

/* Train a round on gradients and second derivatives of the caller's, outputs of each a row. */
extern void jorge_xgb_boost(XgbHandle booster, int round, XgbHandle matrix, float *gradient,
							float *hessian, Size rows, int outputs);

/* Margins of a matrix's rows, outputs of them a row, by the first rounds (0 = all); good until the
 * next call on this booster. */
extern const float *jorge_xgb_margins(XgbHandle booster, XgbHandle matrix, Size rows, int outputs,
									  int rounds);

/* Ends of survival:aft: the last looks at rows that have not ended are open upwards. event NULL =
 * all have. */
extern void jorge_xgb_bounds(XgbHandle matrix, const float *times, const bool *event, Size rows);

/* Weights of a matrix's rows, from the next round on; copied. */
extern void jorge_xgb_weigh(XgbHandle matrix, const float *weights, Size rows);

/* Booster of the first rounds only */
extern XgbHandle jorge_xgb_first_rounds(XgbSession *session, XgbHandle booster, int rounds);

extern void jorge_xgb_name_features(XgbHandle booster, char **names, int n);
extern void jorge_xgb_attribute(XgbHandle booster, const char *name, const char *value);

/* One figure of each feature: XGBoost's importance of that type, 0 where it names none */
extern void jorge_xgb_importance(XgbHandle booster, const char *type, char **names, int n,
								 double *figures);

/* Model document as UBJ; good until the next call on this booster. */
extern const char *jorge_xgb_document(XgbHandle booster, Size *length);

#endif
