/*
 * logistic.h: logistic regression on sparse rows.
 *
 * Minimises, over theta = (a weight for each column, an offset for each group, an intercept),
 *
 *   1/2 sum of weight^2 + OFFSET_PENALTY / 2 sum of offset^2
 *     + cost * sum over rows of log(1 + e^(-+margin))
 *
 * which is scikit-learn's LogisticRegression(C=cost) where there are no groups. The intercept is free.
 */
#ifndef JORGE_LEARN_LOGISTIC_H
#define JORGE_LEARN_LOGISTIC_H

/* An offset is all but free: a standard deviation of 10 log-odds. It only keeps a group of one class
 * from running off. */
#define OFFSET_PENALTY 0.01

typedef struct SparseRows
{
	uint32 columns;
	const Size *start; /* of each row's cells, and the end of the last */
	const uint32 *column;
	const float *value;
	const float *label; /* 0 or 1 */
	const uint8 *group; /* of each row; unused where groups is 0 */
	int groups;
} SparseRows;

static inline Size
logistic_parameters(const SparseRows *data)
{
	return (Size) data->columns + data->groups + 1;
}

/*
 * Fit to the rows listed, from theta on, until the gradient is tolerance times what it is at zero.
 * The same numbers in the same order give the same bits. Returns the steps taken. Works in the
 * current memory context.
 */
extern int jorge_learn_logistic_fit(const SparseRows *data, const uint32 *rows, Size n, double cost,
									double tolerance, double *theta);

/* Sum of weight * value over a row's cells */
static inline double
logistic_dot(const SparseRows *data, Size row, const double *theta)
{
	double sum = 0;

	for (Size i = data->start[row]; i < data->start[row + 1]; i++)
		sum += theta[data->column[i]] * data->value[i];
	return sum;
}

#endif
