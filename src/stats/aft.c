/*
 * aft.c: accelerated failure time models, log T = eta + scale * W, by maximum likelihood.
 *
 * eta is the intercept plus the covariates times their coefficients; W follows the standard law of
 * the distribution: smallest extreme (weibull, exponential with scale 1), normal (lognormal) or
 * logistic (loglogistic). Newton's steps in (coefficients, log scale) with halving; the standard
 * errors come from the inverse of the information at the end. Parametrisation as in R's survreg.
 *
 * The observations are sorted before the fit, so that the result does not depend on the order of rows
 * or on the plan.
 */
#include "core/jorge.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "stats/rows.h"
#include "stats/stats.h"

JORGE_FUNCTION(jorge_aft_add);
JORGE_FUNCTION(jorge_aft_finish);
JORGE_FUNCTION(jorge_aft_survival);
JORGE_FUNCTION(jorge_aft_quantile);

#define MAX_COVARIATES 50
#define MAX_PARAMETERS (MAX_COVARIATES + 2)
#define MAX_ROUNDS 200

typedef enum AftLaw
{
	LAW_WEIBULL,
	LAW_EXPONENTIAL,
	LAW_LOGNORMAL,
	LAW_LOGLOGISTIC
} AftLaw;

static const char *const law_names[] = {"weibull", "exponential", "lognormal", "loglogistic"};

/* Rows of an aggregate's state, tagged with the law: time, ended (0 or 1), covariates */
#define FIRST_COVARIATE 2

static AftLaw
law_by_name(const char *name)
{
	for (int i = 0; i < lengthof(law_names); i++)
		if (strcmp(name, law_names[i]) == 0)
			return (AftLaw) i;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown distribution: \"%s\"", name),
					errhint("Distributions are weibull, exponential, lognormal and loglogistic.")));
}

/*
 * Covariates of a call, checked
 */
static const double *
covariates_argument(FunctionCallInfo fcinfo, int argno, int *n)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
	const double *x;

	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (ARR_NDIM(array) > 1 || ARR_HASNULL(array) || *n > MAX_COVARIATES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("covariates are not as they should be"),
						errhint("Give an array of one dimension without NULL, of at most %d numbers.", MAX_COVARIATES)));
	x = (const double *) ARR_DATA_PTR(array);
	for (int i = 0; i < *n; i++)
		if (!isfinite(x[i]))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("covariate %d is %g", i + 1, x[i]),
							errhint("Covariates are finite; filter out the others.")));
	return x;
}

/* ---- the aggregate ---- */

Datum
jorge_aft_add(PG_FUNCTION_ARGS)
{
	Rows *rows;
	double *row;
	double time;
	const double *x;
	AftLaw law;
	int n;

	/* a row that is not whole says nothing */
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) || PG_ARGISNULL(4))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	time = PG_GETARG_FLOAT8(1);
	x = covariates_argument(fcinfo, 3, &n);
	law = law_by_name(text_to_cstring(PG_GETARG_TEXT_PP(4)));
	if (!(time > 0) || isinf(time))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a duration can't be %g here", time),
						errhint("Durations are finite and above zero; add half a day to those of zero days.")));
	rows = jorge_rows_add(fcinfo, law, FIRST_COVARIATE + n, &row);
	row[0] = time;
	row[1] = PG_GETARG_BOOL(2) ? 1 : 0;
	memcpy(row + FIRST_COVARIATE, x, n * sizeof(double));
	PG_RETURN_POINTER(rows);
}

/* ---- likelihood ---- */

/*
 * Log-likelihood of one observation as a function of w = (log t - eta) / scale, less the terms
 * -log(scale) - log(t) of an event; and its first two derivatives
 */
static double
log_likelihood(AftLaw law, double w, bool event, double *first, double *second)
{
	double e, p, hazard;

	switch (law)
	{
		case LAW_WEIBULL:
		case LAW_EXPONENTIAL:
			e = exp(w);
			*first = (event ? 1 : 0) - e;
			*second = -e;
			return (event ? w : 0) - e;
		case LAW_LOGNORMAL:
			if (event)
			{
				*first = -w;
				*second = -1;
				return -0.5 * w * w - 0.5 * log(2 * M_PI);
			}
			/* hazard of the normal law; its asymptote where the tail underflows */
			p = jorge_normal_sf(w);
			hazard = p > 0 ? jorge_normal_pdf(w) / p : w;
			*first = -hazard;
			*second = -hazard * (hazard - w);
			return p > 0 ? log(p) : -0.5 * w * w - log(w * sqrt(2 * M_PI));
		case LAW_LOGLOGISTIC:
			p = w > 0 ? 1 / (1 + exp(-w)) : exp(w) / (1 + exp(w));
			e = w > 0 ? w + log1p(exp(-w)) : log1p(exp(w));
			*first = event ? 1 - 2 * p : -p;
			*second = (event ? -2 : -1) * p * (1 - p);
			return event ? w - 2 * e : -e;
	}
	return NAN;
}

typedef struct AftFit
{
	int n;					  /* parameters: intercept, covariates, log scale (but for exponential) */
	double theta[MAX_PARAMETERS];
	double gradient[MAX_PARAMETERS];
	double information[MAX_PARAMETERS][MAX_PARAMETERS]; /* minus the matrix of second derivatives */
	double value;
} AftFit;

/*
 * Log-likelihood, gradient and information at fit->theta
 */
static void
evaluate(const Rows *rows, AftFit *fit)
{
	int covariates = rows->width - FIRST_COVARIATE;
	int p = 1 + covariates;
	bool has_scale = rows->tag != LAW_EXPONENTIAL;
	double log_scale = has_scale ? fit->theta[p] : 0;
	double scale = exp(log_scale);

	fit->value = 0;
	memset(fit->gradient, 0, sizeof(fit->gradient));
	memset(fit->information, 0, sizeof(fit->information));
	for (int r = 0; r < rows->n; r++)
	{
		const double *data = rows->data + (Size) r * rows->width;
		double x[MAX_PARAMETERS];
		double eta = 0;
		double log_time = log(data[0]);
		bool event = data[1] != 0;
		double first = 0;
		double second = 0;
		double w;

		if (r % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		x[0] = 1;
		memcpy(x + 1, data + FIRST_COVARIATE, covariates * sizeof(double));
		for (int i = 0; i < p; i++)
			eta += fit->theta[i] * x[i];
		w = (log_time - eta) / scale;
		fit->value += log_likelihood((AftLaw) rows->tag, w, event, &first, &second) - (event ? log_scale + log_time : 0);
		for (int i = 0; i < p; i++)
		{
			fit->gradient[i] -= first * x[i] / scale;
			for (int j = 0; j <= i; j++)
				fit->information[i][j] -= second * x[i] * x[j] / (scale * scale);
			if (has_scale)
				fit->information[p][i] -= x[i] / scale * (first + w * second);
		}
		if (has_scale)
		{
			fit->gradient[p] += (event ? -1 : 0) - first * w;
			fit->information[p][p] -= w * (first + w * second);
		}
	}
	for (int i = 0; i < fit->n; i++)
		for (int j = 0; j < i; j++)
			fit->information[j][i] = fit->information[i][j];
}

/*
 * Factor a symmetric matrix into L L'; false if it is not positive definite
 */
static bool
cholesky(int n, double matrix[MAX_PARAMETERS][MAX_PARAMETERS], double lower[MAX_PARAMETERS][MAX_PARAMETERS])
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j <= i; j++)
		{
			double sum = matrix[i][j];

			for (int k = 0; k < j; k++)
				sum -= lower[i][k] * lower[j][k];
			if (i != j)
				lower[i][j] = sum / lower[j][j];
			else if (!(sum > 1e-12 * matrix[i][i]))
				return false;
			else
				lower[i][i] = sqrt(sum);
		}
	return true;
}

static void
solve(int n, double lower[MAX_PARAMETERS][MAX_PARAMETERS], const double *b, double *x)
{
	for (int i = 0; i < n; i++)
	{
		x[i] = b[i];
		for (int k = 0; k < i; k++)
			x[i] -= lower[i][k] * x[k];
		x[i] /= lower[i][i];
	}
	for (int i = n - 1; i >= 0; i--)
	{
		for (int k = i + 1; k < n; k++)
			x[i] -= lower[k][i] * x[k];
		x[i] /= lower[i][i];
	}
}

/*
 * Factor the information, with a ridge that grows until it is positive definite; without one where
 * exact is asked for
 */
static bool
factor(AftFit *fit, double lower[MAX_PARAMETERS][MAX_PARAMETERS], bool exact)
{
	double ridge = 1e-4;

	while (!cholesky(fit->n, fit->information, lower))
	{
		if (exact || ridge > 1e8)
			return false;
		for (int i = 0; i < fit->n; i++)
			fit->information[i][i] += ridge * (1 + fabs(fit->information[i][i]));
		ridge *= 10;
	}
	return true;
}

/*
 * Maximise the likelihood from the mean log time; false if no maximum is found
 */
static bool
maximise(const Rows *rows, AftFit *fit, double lower[MAX_PARAMETERS][MAX_PARAMETERS])
{
	AftFit *next = palloc(sizeof(AftFit));
	double sum = 0;
	double squares = 0;

	for (int r = 0; r < rows->n; r++)
	{
		double log_time = log(rows->data[(Size) r * rows->width]);

		sum += log_time;
		squares += log_time * log_time;
	}
	memset(fit, 0, sizeof(*fit));
	fit->n = 1 + rows->width - FIRST_COVARIATE + (rows->tag != LAW_EXPONENTIAL);
	fit->theta[0] = sum / rows->n;
	if (rows->tag != LAW_EXPONENTIAL)
		fit->theta[fit->n - 1] = 0.5 * log(Max(squares / rows->n - fit->theta[0] * fit->theta[0], 1e-4));
	evaluate(rows, fit);
	for (int round = 0; round < MAX_ROUNDS; round++)
	{
		double step[MAX_PARAMETERS];
		double gain = 0;
		double part = 1;

		if (!factor(fit, lower, false))
			return false;
		solve(fit->n, lower, fit->gradient, step);
		for (int i = 0; i < fit->n; i++)
			gain += step[i] * fit->gradient[i];
		/* the rise that the step promises is below what doubles can tell */
		if (gain < 1e-13 * (1 + fabs(fit->value)))
		{
			evaluate(rows, fit);
			return factor(fit, lower, true);
		}
		for (;; part /= 2)
		{
			*next = *fit;
			for (int i = 0; i < fit->n; i++)
				next->theta[i] += part * step[i];
			evaluate(rows, next);
			if (next->value > fit->value)
				break;
			if (part < 1e-10)
			{
				evaluate(rows, fit);
				return factor(fit, lower, true);
			}
		}
		*fit = *next;
	}
	return false;
}

static Datum
float8_array(const double *values, int n)
{
	Datum *elements = palloc(sizeof(Datum) * n);

	for (int i = 0; i < n; i++)
		elements[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(construct_array(elements, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

Datum
jorge_aft_finish(PG_FUNCTION_ARGS)
{
	double(*lower)[MAX_PARAMETERS] = palloc(sizeof(double) * MAX_PARAMETERS * MAX_PARAMETERS);
	AftFit *fit = palloc(sizeof(AftFit));
	Rows *rows = jorge_rows_sorted(fcinfo);
	TupleDesc tupdesc;
	double errors[MAX_PARAMETERS];
	Datum values[8];
	bool nulls[8] = {false};
	int64 events = 0;
	int p;

	if (rows == NULL)
		PG_RETURN_NULL();
	p = 1 + rows->width - FIRST_COVARIATE;
	for (int r = 0; r < rows->n; r++)
		events += rows->data[(Size) r * rows->width + 1] != 0;
	/* with fewer events than parameters there is nothing to learn: no model */
	if (events < p + 1 || !maximise(rows, fit, lower))
		PG_RETURN_NULL();
	for (int i = 0; i < fit->n; i++)
	{
		double unit[MAX_PARAMETERS] = {0};
		double column[MAX_PARAMETERS];

		unit[i] = 1;
		solve(fit->n, lower, unit, column);
		errors[i] = sqrt(column[i]);
	}
	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "aft_finish must return a row");
	values[0] = CStringGetTextDatum(law_names[rows->tag]);
	values[1] = float8_array(fit->theta, p);
	values[2] = float8_array(errors, p);
	values[3] = Float8GetDatum(rows->tag == LAW_EXPONENTIAL ? 1 : exp(fit->theta[p]));
	nulls[4] = rows->tag == LAW_EXPONENTIAL;
	values[4] = Float8GetDatum(nulls[4] ? 0 : errors[p]);
	values[5] = Float8GetDatum(fit->value);
	values[6] = Int64GetDatum(rows->n);
	values[7] = Int64GetDatum(events);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/* ---- asking a model ---- */

/* A jorge.aft_model as its functions need it */
typedef struct AftModel
{
	AftLaw law;
	double eta;
	double scale;
} AftModel;

/*
 * Model in argument 0 with the covariates in an argument
 */
static AftModel
model_argument(FunctionCallInfo fcinfo, int covariates_argno)
{
	HeapTupleHeader tuple = PG_GETARG_HEAPTUPLEHEADER(0);
	AftModel model;
	ArrayType *array;
	const double *x, *coefficients;
	bool isnull[3];
	Datum law = GetAttributeByName(tuple, "distribution", &isnull[0]);
	Datum coefficient = GetAttributeByName(tuple, "coefficients", &isnull[1]);
	Datum scale = GetAttributeByName(tuple, "scale", &isnull[2]);
	int n;

	if (isnull[0] || isnull[1] || isnull[2])
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the model is not whole"),
						errhint("Take it as jorge.aft() made it.")));
	array = DatumGetArrayTypeP(coefficient);
	x = covariates_argument(fcinfo, covariates_argno, &n);
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_DIMS(array)[0] != n + 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the model has %d covariates, %d are given", ARR_NDIM(array) == 1 ? ARR_DIMS(array)[0] - 1 : 0, n),
						errhint("Give them in the order they had in jorge.aft().")));
	coefficients = (const double *) ARR_DATA_PTR(array);
	model.law = law_by_name(TextDatumGetCString(law));
	model.scale = DatumGetFloat8(scale);
	model.eta = coefficients[0];
	for (int i = 0; i < n; i++)
		model.eta += coefficients[i + 1] * x[i];
	return model;
}

Datum
jorge_aft_survival(PG_FUNCTION_ARGS)
{
	AftModel model = model_argument(fcinfo, 2);
	double time = PG_GETARG_FLOAT8(1);
	double w = (log(time) - model.eta) / model.scale;

	if (!(time >= 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a time can't be %g", time), errhint("It is not negative.")));
	switch (model.law)
	{
		case LAW_WEIBULL:
		case LAW_EXPONENTIAL:
			PG_RETURN_FLOAT8(exp(-exp(w)));
		case LAW_LOGNORMAL:
			PG_RETURN_FLOAT8(jorge_normal_sf(w));
		case LAW_LOGLOGISTIC:
			PG_RETURN_FLOAT8(1 / (1 + exp(w)));
	}
	PG_RETURN_NULL();
}

Datum
jorge_aft_quantile(PG_FUNCTION_ARGS)
{
	AftModel model = model_argument(fcinfo, 2);
	double p = PG_GETARG_FLOAT8(1);
	double w = 0;

	if (!(p > 0 && p < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a quantile can't be at %g", p),
						errhint("It lies between 0 and 1; 0.5 is the median.")));
	switch (model.law)
	{
		case LAW_WEIBULL:
		case LAW_EXPONENTIAL:
			w = log(-log1p(-p));
			break;
		case LAW_LOGNORMAL:
			w = jorge_normal_quantile(p);
			break;
		case LAW_LOGLOGISTIC:
			w = log(p / (1 - p));
			break;
	}
	PG_RETURN_FLOAT8(exp(model.eta + model.scale * w));
}
