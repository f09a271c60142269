/*
 * logistic.c: Newton's method for logistic regression on sparse rows.
 *
 * Each step solves the Newton equations by conjugate gradients, preconditioned by the diagonal, only
 * as far as the gradient deserves (Dembo and Steihaug 1983), and is shortened until the objective
 * falls (Armijo). The objective is convex and smooth, so there is one minimum, and near it steps
 * converge faster than linearly.
 */
#include "core/jorge.h"

#include "learn/logistic.h"

#include "utils/memutils.h"

#define MAX_STEPS 100
#define MAX_CONJUGATE 250
#define MAX_HALVINGS 30
#define SUFFICIENT 1e-4
/* Equations are solved to min(this, sqrt(gradient now / at zero)) of the gradient */
#define FORCING 0.25

typedef struct Fit
{
	const SparseRows *data;
	const uint32 *rows;
	Size n;
	double cost;
	Size parameters;
	double *margin; /* by row of the list, as the next two */
	double *along;	/* margin of the direction */
	double *curvature;
	double *gradient;
	double *diagonal;
	double *direction;
	double *residual;
	double *conjugate;
	double *product;
} Fit;

static double *
vector(Size n)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, mul_size(sizeof(double), n));
}

static double
dot(const double *a, const double *b, Size n)
{
	double sum = 0;

	for (Size i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

static double
penalty(const SparseRows *data, Size parameter)
{
	if (parameter < data->columns)
		return 1;
	return parameter < data->columns + (Size) data->groups ? OFFSET_PENALTY : 0;
}

/* Margins of the listed rows for parameters theta */
static void
multiply(const Fit *fit, const double *theta, double *margin)
{
	const SparseRows *data = fit->data;
	double intercept = theta[fit->parameters - 1];

	for (Size i = 0; i < fit->n; i++)
	{
		Size row = fit->rows[i];

		if ((i & 0x3FF) == 0)
			CHECK_FOR_INTERRUPTS();
		margin[i] = logistic_dot(data, row, theta) + intercept;
		if (data->groups > 0)
			margin[i] += theta[data->columns + data->group[row]];
	}
}

/* out += weight of each row times its cells */
static inline void
add_row(const SparseRows *data, Size row, double weight, Size parameters, double *out)
{
	for (Size k = data->start[row]; k < data->start[row + 1]; k++)
		out[data->column[k]] += weight * data->value[k];
	if (data->groups > 0)
		out[data->columns + data->group[row]] += weight;
	out[parameters - 1] += weight;
}

static double
probability(double margin)
{
	return 1 / (1 + exp(-margin));
}

/* Log loss of a margin */
static double
loss(double margin, bool positive)
{
	double against = positive ? -margin : margin;

	return against > 0 ? against + log1p(exp(-against)) : log1p(exp(against));
}

/* Objective at theta + step * direction */
static double
objective(const Fit *fit, const double *theta, double step)
{
	double sum = 0;
	double penalties = 0;

	for (Size i = 0; i < fit->n; i++)
		sum += loss(fit->margin[i] + step * fit->along[i], fit->data->label[fit->rows[i]] != 0);
	for (Size p = 0; p < fit->parameters; p++)
	{
		double value = theta[p] + step * fit->direction[p];

		penalties += penalty(fit->data, p) * value * value;
	}
	return penalties / 2 + fit->cost * sum;
}

/* Gradient, curvature of each row and diagonal of the Hessian at the margins */
static void
differentiate(Fit *fit, const double *theta)
{
	const SparseRows *data = fit->data;

	for (Size p = 0; p < fit->parameters; p++)
	{
		fit->gradient[p] = penalty(data, p) * theta[p];
		fit->diagonal[p] = penalty(data, p);
	}
	for (Size i = 0; i < fit->n; i++)
	{
		Size row = fit->rows[i];
		double p = probability(fit->margin[i]);
		double weight;

		if ((i & 0x3FF) == 0)
			CHECK_FOR_INTERRUPTS();
		add_row(data, row, fit->cost * (p - data->label[row]), fit->parameters, fit->gradient);
		weight = fit->curvature[i] = fit->cost * p * (1 - p);
		for (Size k = data->start[row]; k < data->start[row + 1]; k++)
			fit->diagonal[data->column[k]] += weight * data->value[k] * data->value[k];
		if (data->groups > 0)
			fit->diagonal[data->columns + data->group[row]] += weight;
		fit->diagonal[fit->parameters - 1] += weight;
	}
	/* all rows certain: any positive number keeps the intercept where it is */
	if (fit->diagonal[fit->parameters - 1] <= 0)
		fit->diagonal[fit->parameters - 1] = 1;
}

/* Hessian times v */
static void
curve(const Fit *fit, const double *v, double *out)
{
	multiply(fit, v, fit->along);
	for (Size p = 0; p < fit->parameters; p++)
		out[p] = penalty(fit->data, p) * v[p];
	for (Size i = 0; i < fit->n; i++)
	{
		if ((i & 0x3FF) == 0)
			CHECK_FOR_INTERRUPTS();
		add_row(fit->data, fit->rows[i], fit->curvature[i] * fit->along[i], fit->parameters, out);
	}
}

/* Solve Hessian * direction = -gradient until the residual is within the goal */
static void
solve(Fit *fit, double goal)
{
	Size n = fit->parameters;
	double *p = fit->conjugate;
	double *r = fit->residual;
	double energy = 0;

	for (Size i = 0; i < n; i++)
	{
		fit->direction[i] = 0;
		r[i] = -fit->gradient[i];
		p[i] = r[i] / fit->diagonal[i];
		energy += r[i] * p[i];
	}
	for (int k = 0; k < MAX_CONJUGATE && sqrt(dot(r, r, n)) > goal; k++)
	{
		double bend;
		double step;
		double next = 0;

		curve(fit, p, fit->product);
		bend = dot(p, fit->product, n);
		if (!(bend > 0))
			break;
		step = energy / bend;
		for (Size i = 0; i < n; i++)
		{
			fit->direction[i] += step * p[i];
			r[i] -= step * fit->product[i];
			next += r[i] * r[i] / fit->diagonal[i];
		}
		for (Size i = 0; i < n; i++)
			p[i] = r[i] / fit->diagonal[i] + next / energy * p[i];
		energy = next;
	}
}

/* Go along the direction as far as the objective falls as it should; false if it does not */
static bool
advance(Fit *fit, double *theta)
{
	double slope = dot(fit->gradient, fit->direction, fit->parameters);
	double step = 1;
	double before;

	multiply(fit, fit->direction, fit->along);
	before = objective(fit, theta, 0);
	for (int k = 0; k < MAX_HALVINGS; k++, step /= 2)
	{
		double after = objective(fit, theta, step);

		if (!(after <= before + SUFFICIENT * step * slope) || !(slope < 0))
			continue;
		for (Size p = 0; p < fit->parameters; p++)
			theta[p] += step * fit->direction[p];
		for (Size i = 0; i < fit->n; i++)
			fit->margin[i] += step * fit->along[i];
		return true;
	}
	return false;
}

/* Length of the gradient at zero, the yardstick of convergence */
static double
gradient_at_zero(Fit *fit)
{
	memset(fit->residual, 0, sizeof(double) * fit->parameters);
	for (Size i = 0; i < fit->n; i++)
	{
		if ((i & 0x3FF) == 0)
			CHECK_FOR_INTERRUPTS();
		add_row(fit->data, fit->rows[i], fit->cost * (0.5 - fit->data->label[fit->rows[i]]),
				fit->parameters, fit->residual);
	}
	return sqrt(dot(fit->residual, fit->residual, fit->parameters));
}

int
jorge_learn_logistic_fit(const SparseRows *data, const uint32 *rows, Size n, double cost,
						 double tolerance, double *theta)
{
	MemoryContext mcxt =
		AllocSetContextCreate(CurrentMemoryContext, "jorge logistic fit", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(mcxt);
	Fit fit = {.data = data, .rows = rows, .n = n, .cost = cost};
	double scale;
	int steps = 0;

	fit.parameters = logistic_parameters(data);
	fit.margin = vector(n);
	fit.along = vector(n);
	fit.curvature = vector(n);
	fit.gradient = vector(fit.parameters);
	fit.diagonal = vector(fit.parameters);
	fit.direction = vector(fit.parameters);
	fit.residual = vector(fit.parameters);
	fit.conjugate = vector(fit.parameters);
	fit.product = vector(fit.parameters);

	scale = gradient_at_zero(&fit);
	multiply(&fit, theta, fit.margin);
	for (; steps < MAX_STEPS && scale > 0; steps++)
	{
		double length;

		differentiate(&fit, theta);
		length = sqrt(dot(fit.gradient, fit.gradient, fit.parameters));
		if (length <= tolerance * scale)
			break;
		solve(&fit, Min(FORCING, sqrt(length / scale)) * length);
		if (!advance(&fit, theta))
			break;
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(mcxt);
	return steps;
}
