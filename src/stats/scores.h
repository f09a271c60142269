/*
 * scores.h: the figures of a yes-or-no prediction, from its scores and the outcomes.
 *
 * Pure C without errors, so that training (a library of its own, into which scores.o is linked too) and
 * jorge.classification() tell the same figures. Definitions are scikit-learn's: a prediction counts as
 * positive from the threshold on; ties in the ranking count half; average precision is the sum over
 * distinct scores of recall gained times precision. What can't be told is NAN.
 */
#ifndef JORGE_SCORES_H
#define JORGE_SCORES_H

/* One distinct score, and what stands at or below it */
typedef struct Score
{
	double probability;
	double lost, won;			  /* here */
	double lost_below, won_below; /* strictly below */
} Score;

typedef struct Scores
{
	int n;
	Score *at; /* ascending; room for as many as will be added */
	double lost, won;
} Scores;

/* Outcomes on both sides of a threshold */
typedef struct Confusion
{
	double tp, fp, tn, fn;
} Confusion;

/* A bin of equal width of the reliability diagram */
typedef struct ScoreBin
{
	double n, won, sum; /* sum of predictions */
} ScoreBin;

/* Count outcomes of a score not below those counted before. */
extern void jorge_scores_add(Scores *scores, double probability, double lost, double won);

/* a / b, NAN where there is nothing to divide by */
extern double jorge_scores_ratio(double a, double b);

extern Confusion jorge_scores_confusion(const Scores *scores, double threshold);
extern double jorge_scores_matthews(const Confusion *c);

/* Area under the ROC curve and the limits of DeLong's (1988) 95 % interval, on midranks */
extern void jorge_scores_auc(const Scores *scores, double *area, double *lower, double *upper);
extern double jorge_scores_average_precision(const Scores *scores);

/* Largest distance between the distributions of the two outcomes' scores */
extern double jorge_scores_kolmogorov_smirnov(const Scores *scores);

/* Mean log loss in nats, with scores kept DBL_EPSILON away from 0 and 1 */
extern double jorge_scores_log_loss(const Scores *scores);
extern double jorge_scores_brier(const Scores *scores);

/* Fill bins of equal width, which are zero before. */
extern void jorge_scores_bin(const Scores *scores, ScoreBin *bins, int nbins);

/* Expected calibration error: mean distance of prediction and rate in 10 bins of equal width */
extern double jorge_scores_calibration_error(const Scores *scores);

/* Score from which F1 is highest, the higher one of equals; NAN without a positive outcome */
extern double jorge_scores_best_threshold(const Scores *scores);

#endif
