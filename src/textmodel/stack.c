/*
 * stack.c: how much each member of an ensemble counts, learnt from predictions out of fold.
 *
 * Logistic regression of the outcome on the members' log-odds (Wolpert 1992; Breiman 1996: weights
 * not below 0), with a normal prior of standard deviation PRIOR_DEVIATION around the weights given.
 * A weight that would fall below 0 becomes 0 and the others are learnt again.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"

JORGE_FUNCTION(jorge_stack);

#define MEMBERS_MAX 16
#define PRIOR_DEVIATION 1.0
#define MAX_STEPS 60
#define MAX_HALVINGS 30
#define TOLERANCE 1e-10

typedef struct Stack
{
	int n, members;
	const bool *label;
	const double *log_odds; /* n rows of members */
	const double *prior;
	bool zero[MEMBERS_MAX]; /* held at 0 */
} Stack;

/* Penalised loss at theta: weights, then the intercept; and, unless NULL, its derivatives */
static double
evaluate(const Stack *stack, const double *theta, double *gradient, double *hessian)
{
	int m = stack->members;
	int size = m + 1;
	double loss = 0;

	if (gradient != NULL)
	{
		memset(gradient, 0, sizeof(double) * size);
		memset(hessian, 0, sizeof(double) * size * size);
	}
	for (int i = 0; i < stack->n; i++)
	{
		const double *x = stack->log_odds + (Size) i * m;
		double margin = theta[m];
		double against;
		double p;

		if ((i & 0xFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		for (int k = 0; k < m; k++)
			margin += theta[k] * x[k];
		against = stack->label[i] ? -margin : margin;
		loss += against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
		if (gradient == NULL)
			continue;
		p = 1 / (1 + exp(-margin));
		for (int k = 0; k < size; k++)
		{
			double left = k < m ? x[k] : 1;

			gradient[k] += (p - stack->label[i]) * left;
			for (int j = 0; j <= k; j++)
				hessian[k * size + j] += p * (1 - p) * left * (j < m ? x[j] : 1);
		}
	}
	for (int k = 0; k < m; k++)
	{
		double off = theta[k] - stack->prior[k];

		loss += off * off / (2 * PRIOR_DEVIATION * PRIOR_DEVIATION);
		if (gradient == NULL)
			continue;
		gradient[k] += off / (PRIOR_DEVIATION * PRIOR_DEVIATION);
		hessian[k * size + k] += 1 / (PRIOR_DEVIATION * PRIOR_DEVIATION);
	}
	return loss;
}

/* Solve hessian * step = -gradient by Cholesky's method, parameters held at 0 left out */
static void
solve(const Stack *stack, double *hessian, const double *gradient, double *step)
{
	int size = stack->members + 1;

	for (int k = 0; k < size; k++)
	{
		if (k < stack->members && stack->zero[k])
			for (int j = 0; j < size; j++)
				hessian[Max(k, j) * size + Min(k, j)] = j == k;
		/* all rows certain: any positive number keeps the intercept where it is */
		if (hessian[k * size + k] <= 0)
			hessian[k * size + k] = 1;
	}
	for (int k = 0; k < size; k++)
		for (int j = 0; j <= k; j++)
		{
			double sum = hessian[k * size + j];

			for (int i = 0; i < j; i++)
				sum -= hessian[k * size + i] * hessian[j * size + i];
			hessian[k * size + j] = k == j ? sqrt(Max(sum, 1e-12)) : sum / hessian[j * size + j];
		}
	for (int k = 0; k < size; k++)
	{
		step[k] = k < stack->members && stack->zero[k] ? 0 : -gradient[k];
		for (int i = 0; i < k; i++)
			step[k] -= hessian[k * size + i] * step[i];
		step[k] /= hessian[k * size + k];
	}
	for (int k = size - 1; k >= 0; k--)
	{
		for (int i = k + 1; i < size; i++)
			step[k] -= hessian[i * size + k] * step[i];
		step[k] /= hessian[k * size + k];
	}
}

/* Newton's method from theta on; returns the penalised loss */
static double
descend(const Stack *stack, double *theta)
{
	int size = stack->members + 1;
	double gradient[MEMBERS_MAX + 1];
	double hessian[(MEMBERS_MAX + 1) * (MEMBERS_MAX + 1)];
	double step[MEMBERS_MAX + 1];
	double loss = evaluate(stack, theta, gradient, hessian);

	for (int n = 0; n < MAX_STEPS; n++)
	{
		double promised = 0;
		double length = 1;
		double next = loss;
		double trial[MEMBERS_MAX + 1];

		solve(stack, hessian, gradient, step);
		for (int k = 0; k < size; k++)
			promised -= gradient[k] * step[k];
		if (!(promised > TOLERANCE))
			break;
		for (int h = 0; h < MAX_HALVINGS; h++, length /= 2)
		{
			for (int k = 0; k < size; k++)
				trial[k] = theta[k] + length * step[k];
			next = evaluate(stack, trial, NULL, NULL);
			if (next < loss)
				break;
		}
		if (!(next < loss))
			break;
		memcpy(theta, trial, sizeof(double) * size);
		loss = evaluate(stack, theta, gradient, hessian);
	}
	return loss;
}

pg_noreturn static void
refuse(const char *what)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", what),
					errhint("Give as many labels as rows of log-odds, and as many weights as columns: "
							"finite numbers without NULL.")));
}

/* Elements of a float8[] argument, all finite */
static const double *
numbers_arg(FunctionCallInfo fcinfo, int argno, int dimensions, int *rows, int *columns)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
	const double *data = (const double *) ARR_DATA_PTR(array);

	if (ARR_NDIM(array) != dimensions || array_contains_nulls(array))
		refuse("log-odds are no array of rows, or hold a NULL");
	*rows = ARR_DIMS(array)[0];
	*columns = dimensions == 2 ? ARR_DIMS(array)[1] : 1;
	for (Size i = 0; i < (Size) *rows * *columns; i++)
		if (!isfinite(data[i]))
			refuse("a log-odds or weight is not finite");
	return data;
}

Datum
jorge_stack(PG_FUNCTION_ARGS)
{
	ArrayType *labels = PG_GETARG_ARRAYTYPE_P(0);
	Stack stack = {.label = (const bool *) ARR_DATA_PTR(labels)};
	double theta[MEMBERS_MAX + 1] = {0};
	Datum learnt[MEMBERS_MAX];
	Datum values[3];
	bool nulls[3] = {false, false, false};
	TupleDesc desc;
	int priors;
	int one;
	int won = 0;
	double loss;
	bool again = true;

	stack.log_odds = numbers_arg(fcinfo, 1, 2, &stack.n, &stack.members);
	stack.prior = numbers_arg(fcinfo, 2, 1, &priors, &one);
	if (ARR_NDIM(labels) != 1 || array_contains_nulls(labels) || ARR_DIMS(labels)[0] != stack.n ||
		priors != stack.members)
		refuse("labels, log-odds and weights do not match");
	if (stack.members > MEMBERS_MAX)
		refuse("an ensemble has at most 16 members");
	for (int i = 0; i < stack.n; i++)
		won += stack.label[i];
	if (won == 0 || won == stack.n)
		refuse("the labels are all alike");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != 3)
		elog(ERROR, "jorge.stack is declared wrongly");

	memcpy(theta, stack.prior, sizeof(double) * stack.members);
	while (again)
	{
		again = false;
		loss = descend(&stack, theta);
		for (int k = 0; k < stack.members; k++)
			if (theta[k] < 0)
			{
				stack.zero[k] = again = true;
				theta[k] = 0;
			}
	}
	for (int k = 0; k < stack.members; k++)
	{
		double off = theta[k] - stack.prior[k];

		learnt[k] = Float8GetDatum(theta[k]);
		loss -= off * off / (2 * PRIOR_DEVIATION * PRIOR_DEVIATION);
	}
	values[0] = PointerGetDatum(construct_array(learnt, stack.members, FLOAT8OID, sizeof(float8),
												FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	values[1] = Float8GetDatum(theta[stack.members]);
	values[2] = Float8GetDatum(loss / stack.n);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
