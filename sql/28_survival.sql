-- survival: how long until it closes, with deals that are still open counted for what they say

CREATE TYPE jorge.durations;

CREATE FUNCTION jorge.durations_in(cstring) RETURNS jorge.durations
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_in';
COMMENT ON FUNCTION jorge.durations_in(cstring) IS 'Text input of jorge.durations: observations "time:cause*count".';
CREATE FUNCTION jorge.durations_out(jorge.durations) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_out';
COMMENT ON FUNCTION jorge.durations_out(jorge.durations) IS 'Text output of jorge.durations, without loss.';
CREATE FUNCTION jorge.durations_recv(internal) RETURNS jorge.durations
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_recv';
COMMENT ON FUNCTION jorge.durations_recv(internal) IS 'Binary input of jorge.durations.';
CREATE FUNCTION jorge.durations_send(jorge.durations) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_send';
COMMENT ON FUNCTION jorge.durations_send(jorge.durations) IS 'Binary output of jorge.durations.';

CREATE TYPE jorge.durations (
    INPUT = jorge.durations_in, OUTPUT = jorge.durations_out, RECEIVE = jorge.durations_recv, SEND = jorge.durations_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE jorge.durations IS
    'Counted observations of how long something took: (time, cause) and how many. Cause 0 = still open when last seen, 1, 2, ... = how it ended (say won, lost). Made by the aggregate jorge.durations(), merged by jorge.merge(); text: ''12:1 30:0*4''.';

CREATE FUNCTION jorge.durations_add(jorge.durations, float8, integer) RETURNS jorge.durations
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_add';
COMMENT ON FUNCTION jorge.durations_add(jorge.durations, float8, integer) IS 'One more observation. Transition function of jorge.durations().';
CREATE FUNCTION jorge.durations_combine(jorge.durations, jorge.durations) RETURNS jorge.durations
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_combine';
COMMENT ON FUNCTION jorge.durations_combine(jorge.durations, jorge.durations) IS 'Both together.';
CREATE FUNCTION jorge.durations_finish(jorge.durations) RETURNS jorge.durations
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_durations_finish';
COMMENT ON FUNCTION jorge.durations_finish(jorge.durations) IS 'Final function of jorge.durations().';

CREATE AGGREGATE jorge.durations(duration float8, cause integer) (
    SFUNC = jorge.durations_add, STYPE = jorge.durations, COMBINEFUNC = jorge.durations_combine,
    FINALFUNC = jorge.durations_finish, PARALLEL = SAFE, SSPACE = 2048
);
COMMENT ON AGGREGATE jorge.durations(float8, integer) IS
    'Collects durations (any unit, >= 0, finite) with how they ended: 0 = still open, 1, 2, ... = a cause. Rows with a NULL are left out. The same value for any order of rows and any plan. ERROR 22023 for a negative or infinite duration or a negative cause.';
CREATE AGGREGATE jorge.merge(jorge.durations) (
    SFUNC = jorge.durations_combine, STYPE = jorge.durations, COMBINEFUNC = jorge.durations_combine,
    FINALFUNC = jorge.durations_finish, PARALLEL = SAFE, SSPACE = 2048
);
COMMENT ON AGGREGATE jorge.merge(jorge.durations) IS 'Observations of all the values together, e.g. of months or shards.';

CREATE FUNCTION jorge.survival_curve(durations jorge.durations, cause integer DEFAULT 0, level float8 DEFAULT 0.95, method text DEFAULT 'log',
                                     OUT "time" float8, OUT at_risk bigint, OUT events bigint, OUT censored bigint, OUT survival float8,
                                     OUT se float8, OUT lower float8, OUT upper float8, OUT incidence float8) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 200
    AS 'MODULE_PATHNAME', 'jorge_survival_curve';
COMMENT ON FUNCTION jorge.survival_curve(jorge.durations, integer, float8, text) IS
    'Kaplan–Meier: at each time, how many were at risk just before, how many ended (by the cause; 0 = any) and were last seen then; the share that lasts longer, its standard error (Greenwood) and limits (method log as in R, log-log, plain); and the cumulative incidence of the cause (Aalen–Johansen), which unlike 1 - survival counts other causes as ends. se and limits are NULL once nobody is left.';

CREATE FUNCTION jorge.survival_at(durations jorge.durations, "time" float8, level float8 DEFAULT 0.95, method text DEFAULT 'log',
                                  OUT survival float8, OUT se float8, OUT lower float8, OUT upper float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_sql_survival_at';
COMMENT ON FUNCTION jorge.survival_at(jorge.durations, float8, float8, text) IS 'Share that lasts longer than a time, with standard error and limits as in jorge.survival_curve().';

CREATE FUNCTION jorge.survival_quantile(durations jorge.durations, p float8 DEFAULT 0.5, level float8 DEFAULT 0.95, method text DEFAULT 'log',
                                        OUT "time" float8, OUT lower float8, OUT upper float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_survival_quantile';
COMMENT ON FUNCTION jorge.survival_quantile(jorge.durations, float8, float8, text) IS
    'Time by which a share p has ended (0.5 = median), and its limits: where the limits of the curve cross. NULL where the curve does not get there.';

CREATE FUNCTION jorge.survival_mean(durations jorge.durations, horizon float8, OUT mean float8, OUT se float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_survival_mean';
COMMENT ON FUNCTION jorge.survival_mean(jorge.durations, float8) IS
    'Restricted mean: average time until the end or the horizon, whichever comes first (area under the curve), with standard error. Say the horizon whenever you quote it.';

CREATE FUNCTION jorge.close_probability(durations jorge.durations, age float8, within float8, cause integer DEFAULT 0) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_close_probability';
COMMENT ON FUNCTION jorge.close_probability(jorge.durations, float8, float8, integer) IS
    'Probability that what is still open at an age ends, by the cause (0 = any), within so long: (I(age + within) - I(age)) / S(age). NULL where no observation lasted to the age.';

CREATE FUNCTION jorge.logrank(a jorge.durations, b jorge.durations, OUT chi2 float8, OUT p float8, OUT observed float8, OUT expected float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_logrank';
COMMENT ON FUNCTION jorge.logrank(jorge.durations, jorge.durations) IS
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
CREATE FUNCTION jorge.aft_combine(bytea, bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_aft_combine';
COMMENT ON FUNCTION jorge.aft_combine(bytea, bytea) IS 'Combine function of jorge.aft().';
CREATE FUNCTION jorge.aft_finish(bytea) RETURNS jorge.aft_model
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'jorge_aft_finish';
COMMENT ON FUNCTION jorge.aft_finish(bytea) IS 'Final function of jorge.aft().';
CREATE AGGREGATE jorge.aft(duration float8, ended boolean, covariates float8[], distribution text) (
    SFUNC = jorge.aft_add, STYPE = bytea, COMBINEFUNC = jorge.aft_combine, FINALFUNC = jorge.aft_finish,
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
