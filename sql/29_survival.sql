-- survival: how long until it closes, with deals that are still open counted for what they say. Durations are a jorge.tally of
-- (time, how it ended): 0 = still open when last seen, 1, 2, ... = a cause such as won or lost.

CREATE FUNCTION jorge.survival_curve(durations jorge.tally, cause integer DEFAULT 0, level float8 DEFAULT 0.95, method text DEFAULT 'log',
                                     OUT "time" float8, OUT at_risk bigint, OUT events bigint, OUT censored bigint, OUT survival float8,
                                     OUT se float8, OUT lower float8, OUT upper float8, OUT incidence float8) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 200
    AS 'MODULE_PATHNAME', 'jorge_survival_curve';
COMMENT ON FUNCTION jorge.survival_curve(jorge.tally, integer, float8, text) IS
    'Kaplan–Meier: at each time, how many were at risk just before, how many ended (by the cause; 0 = any) and were last seen then; the share that lasts longer, its standard error (Greenwood) and limits (method log as in R, log-log, plain); and the cumulative incidence of the cause (Aalen–Johansen), which unlike 1 - survival counts other causes as ends. se and limits are NULL once nobody is left.';

CREATE FUNCTION jorge.survival_at(durations jorge.tally, "time" float8, level float8 DEFAULT 0.95, method text DEFAULT 'log',
                                  OUT survival float8, OUT se float8, OUT lower float8, OUT upper float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_sql_survival_at';
COMMENT ON FUNCTION jorge.survival_at(jorge.tally, float8, float8, text) IS 'Share that lasts longer than a time, with standard error and limits as in jorge.survival_curve().';

CREATE FUNCTION jorge.survival_quantile(durations jorge.tally, p float8 DEFAULT 0.5, level float8 DEFAULT 0.95, method text DEFAULT 'log',
                                        OUT "time" float8, OUT lower float8, OUT upper float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_survival_quantile';
COMMENT ON FUNCTION jorge.survival_quantile(jorge.tally, float8, float8, text) IS
    'Time by which a share p has ended (0.5 = median), and its limits: where the limits of the curve cross. NULL where the curve does not get there.';

CREATE FUNCTION jorge.survival_mean(durations jorge.tally, horizon float8, OUT mean float8, OUT se float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_survival_mean';
COMMENT ON FUNCTION jorge.survival_mean(jorge.tally, float8) IS
    'Restricted mean: average time until the end or the horizon, whichever comes first (area under the curve), with standard error. Say the horizon whenever you quote it.';

CREATE FUNCTION jorge.close_probability(durations jorge.tally, age float8, within float8, cause integer DEFAULT 0) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_close_probability';
COMMENT ON FUNCTION jorge.close_probability(jorge.tally, float8, float8, integer) IS
    'Probability that what is still open at an age ends, by the cause (0 = any), within so long: (I(age + within) - I(age)) / S(age). NULL where no observation lasted to the age.';

CREATE FUNCTION jorge.logrank(a jorge.tally, b jorge.tally, OUT chi2 float8, OUT p float8, OUT observed float8, OUT expected float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_logrank';
COMMENT ON FUNCTION jorge.logrank(jorge.tally, jorge.tally) IS
    'Log-rank test that two groups end equally fast: statistic, p value (1 degree of freedom), and how many of a ended against how many would under equality. NULL where nothing ended.';

CREATE TYPE jorge.aft_model AS (
    distribution text, coefficients float8[], standard_errors float8[], scale float8, log_scale_error float8, log_likelihood float8,
    observations bigint, events bigint
);
COMMENT ON TYPE jorge.aft_model IS
    'A fitted accelerated failure time model, log T = coefficients[1] + covariates · coefficients[2 ...] + scale * W, in R''s survreg parametrisation. AIC = 2 * parameters - 2 * log_likelihood.';
COMMENT ON COLUMN jorge.aft_model.distribution IS 'weibull, exponential, lognormal or loglogistic.';
COMMENT ON COLUMN jorge.aft_model.coefficients IS 'Intercept, then one a covariate; exp(c) multiplies the time for each unit of the covariate.';
COMMENT ON COLUMN jorge.aft_model.standard_errors IS 'Standard errors of the coefficients.';
COMMENT ON COLUMN jorge.aft_model.scale IS 'Scale; 1 for exponential. A weibull shape is 1 / scale.';
COMMENT ON COLUMN jorge.aft_model.log_scale_error IS 'Standard error of log(scale); NULL for exponential.';
COMMENT ON COLUMN jorge.aft_model.log_likelihood IS 'Maximised log-likelihood of the times.';
COMMENT ON COLUMN jorge.aft_model.observations IS 'Observations used.';
COMMENT ON COLUMN jorge.aft_model.events IS 'How many of them had ended.';

CREATE FUNCTION jorge.aft_add(bytea, float8, boolean, float8[], text) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_aft_add';
COMMENT ON FUNCTION jorge.aft_add(bytea, float8, boolean, float8[], text) IS 'Transition function of jorge.aft().';
CREATE FUNCTION jorge.aft_finish(bytea) RETURNS jorge.aft_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'jorge_aft_finish';
COMMENT ON FUNCTION jorge.aft_finish(bytea) IS 'Final function of jorge.aft().';
CREATE AGGREGATE jorge.aft(duration float8, ended boolean, covariates float8[], distribution text) (
    SFUNC = jorge.aft_add, STYPE = bytea, COMBINEFUNC = jorge.rows_combine, FINALFUNC = jorge.aft_finish,
    FINALFUNC_MODIFY = SHAREABLE, PARALLEL = SAFE, SSPACE = 8192
);
COMMENT ON AGGREGATE jorge.aft(float8, boolean, float8[], text) IS
    'Fits an accelerated failure time model by maximum likelihood: durations above zero, whether they ended (false = still open), up to 50 covariates (''{}'' for none) and a distribution: weibull, exponential, lognormal, loglogistic. Rows with a NULL argument are left out; a NULL within the covariates is ERROR 22023, as is a duration of zero. NULL where there are fewer events than parameters or no maximum. The same for any order of rows and any plan.';

CREATE FUNCTION jorge.aft_survival(model jorge.aft_model, "time" float8, covariates float8[] DEFAULT '{}') RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_aft_survival';
COMMENT ON FUNCTION jorge.aft_survival(jorge.aft_model, float8, float8[]) IS 'Share that a model expects to last longer than a time. The probability that what is open at age a ends within d is 1 - S(a + d) / S(a).';
CREATE FUNCTION jorge.aft_quantile(model jorge.aft_model, p float8 DEFAULT 0.5, covariates float8[] DEFAULT '{}') RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_aft_quantile';
COMMENT ON FUNCTION jorge.aft_quantile(jorge.aft_model, float8, float8[]) IS 'Time by which a model expects a share p to have ended; 0.5 = median.';
