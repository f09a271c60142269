/*
 * model.h: the forecasting models, on plain arrays of float8. No SQL, no calendar.
 *
 * All functions expect finite values of moderate size (the callers scale) and take their memory
 * from the current memory context. A point is one observation, a season m points; m = 1 means none.
 *
 * Sources: Hyndman, Koehler, Ord, Snyder, "Forecasting with Exponential Smoothing" (2008); Hyndman
 * and Billah, "Unmasking the Theta method" (2003); Hyndman and Athanasopoulos, "Forecasting:
 * Principles and Practice" (3rd).
 */
#ifndef JORGE_FORECAST_MODEL_H
#define JORGE_FORECAST_MODEL_H

/* ---- season.c */

/* Autocorrelation at lags 1 to lags, into r[1..lags]; false for a constant series */
extern bool jorge_autocorrelation(const double *y, int n, int lags, double *r);

typedef struct SeasonTest
{
	bool seasonal;
	double correlation; /* autocorrelation at lag m */
	double limit;       /* that it must pass: 1.645 standard errors */
} SeasonTest;

/* Is there a season of m points? Never with n <= 2m. */
extern SeasonTest jorge_season_test(const double *y, int n, int m);

/* Trend by the centred moving average over a season, NaN where it does not reach; trend[n] */
extern void jorge_moving_average(const double *y, int n, int m, double *trend);

/*
 * Classical decomposition: index[m] for the position t % m, of mean 1 (multiplicative: factors) or
 * 0. False where the series is too short, or a factor would be below 0.01.
 */
extern bool jorge_season_indices(const double *y, int n, int m, bool multiplicative, double *index);

/* Draw indices towards no season by the share of their spread that chance alone explains */
extern void jorge_season_shrink(const double *y, int n, int m, bool multiplicative, double *index);

/* ---- ets.c: exponential smoothing with additive errors */

typedef struct EtsShape
{
	bool trend;
	bool damped; /* only with trend */
	int season;  /* points of the additive season, 1 = none */
} EtsShape;

typedef struct EtsModel
{
	EtsShape shape;
	int n;
	double alpha;
	double beta;  /* as in R: alpha times the textbook's beta* */
	double gamma; /* as in R */
	double phi;   /* 1 without damping */
	double level; /* states after the last point */
	double slope;
	double *seasonal; /* [m], for the position t % m; NULL without season */
	double level0;    /* and before the first */
	double slope0;
	double *seasonal0;
	int parameters; /* smoothing parameters and initial states that were fitted */
	double sse;
	double sigma2; /* sse / (n - parameters) */
	double loglik; /* -n/2 log sse, as R's ets() */
	double aicc;   /* infinite where n is too small for the shape */
} EtsModel;

/* Fit all parameters and initial states by least squares; false where n is too small */
extern bool jorge_ets_fit(EtsModel *model, EtsShape shape, const double *y, int n);

/* Weights c_1 .. c_(horizon-1) of past errors on the level forecast ahead: c[0] = 1 */
extern void jorge_ets_weights(double alpha, double beta, double gamma, double phi, int season,
							  int horizon, double *c);

/* Points forecast, mean[horizon] */
extern void jorge_ets_mean(const EtsModel *model, int horizon, double *mean);

/* Variance of the h-th forecast over sigma2, and of the weighted sum of forecasts from..to
 * (1-based) */
extern double jorge_weights_variance(const double *c, int h);
extern double jorge_weights_total(const double *c, const double *weight, int from, int to);

/* ---- theta.c: simple smoothing with half the linear trend as drift */

typedef struct ThetaModel
{
	double alpha;
	double level;
	double drift;
	double sigma2;
	int n;
} ThetaModel;

extern bool jorge_theta_fit(ThetaModel *model, const double *y, int n);
extern void jorge_theta_mean(const ThetaModel *model, int horizon, double *mean);

/* ---- blend.c: the members of a forecast on one scale */

/* Most members of a branch */
#define BRANCH_MEMBERS 4

/* A model's forecast: means, and how far errors of size sigma reach */
typedef struct BranchMember
{
	double weight;
	double sigma;
	double *mean; /* [horizon] */
	double *c;    /* [horizon], c[0] = 1 */
} BranchMember;

typedef struct Branch
{
	bool logarithmic;
	bool seasonal;       /* the members are without the season: */
	bool multiplicative; /* factors, else summands */
	double *season;      /* [horizon] */
	bool season_inside;  /* the member has one of its own */
	bool even_spread;    /* factors don't widen or narrow the interval, as in R's thetaf() */
	int members;
	BranchMember member[BRANCH_MEMBERS];
} Branch;

/* Weighted mean of the members at period h (1-based), season included, on the branch's scale */
extern double jorge_branch_mean(const Branch *branch, int h);

/* Standard deviation of the weighted sum of periods from..to on the branch's scale */
extern double jorge_branch_sd(const Branch *branch, int from, int to, const double *weight);

/* Blend of Theta and exponential smoothing on y or on its logarithm */
extern void jorge_branch_blend(Branch *branch, const double *y, int n, int m, int horizon,
							   bool logarithmic, bool positive);

/* One model alone, textbook form; false where n is too small */
extern bool jorge_branch_theta(Branch *branch, const double *y, int n, int m, int horizon,
							   bool positive);
extern bool jorge_branch_ets(Branch *branch, const double *y, int n, int horizon,
							 const EtsShape *shapes, int count, int *chosen);
extern bool jorge_branch_naive(Branch *branch, const double *y, int n, int m, int horizon);
extern bool jorge_branch_mean_only(Branch *branch, const double *y, int n, int horizon);

/* ---- intermittent.c: series that are often 0 */

typedef struct IntermittentModel
{
	double chance;        /* of a period that is not 0 */
	double chance_points; /* how many periods that estimate is worth */
	double size;          /* mean of such a period */
	double size_variance;
	double size_points; /* how many sizes the mean is worth */
} IntermittentModel;

/* Fit two or more y >= 0, some > 0 */
extern void jorge_intermittent_fit(IntermittentModel *model, const double *y, int n);

/* Probability that so many (also part) periods sum to at least x, and quantile of that sum at a
 * normal score */
extern double jorge_intermittent_reach(const IntermittentModel *model, double periods, double x);
extern double jorge_intermittent_quantile(const IntermittentModel *model, double periods, double z);

#endif
