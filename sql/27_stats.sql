-- stats: distributions and intervals, accurate to about 1e-13; arguments out of range are ERROR 22023

CREATE FUNCTION jorge.normal_cdf(z float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'jorge_sql_normal_cdf';
COMMENT ON FUNCTION jorge.normal_cdf(float8) IS
    'P(Z <= z) of the standard normal distribution.';

CREATE FUNCTION jorge.normal_quantile(probability float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1
    AS 'MODULE_PATHNAME', 'jorge_sql_normal_quantile';
COMMENT ON FUNCTION jorge.normal_quantile(float8) IS
    'z with P(Z <= z) = probability (0 ... 1), by Wichura''s AS 241; -Infinity at 0, Infinity at 1.';

CREATE FUNCTION jorge.chi2_sf(statistic float8, df float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_sql_chi2_sf';
COMMENT ON FUNCTION jorge.chi2_sf(float8, float8) IS
    'P(X > statistic) of the chi-squared distribution: the p value of a chi-squared test. The tail is computed directly, so tiny values are exact.';

CREATE FUNCTION jorge.chi2_quantile(probability float8, df float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_sql_chi2_quantile';
COMMENT ON FUNCTION jorge.chi2_quantile(float8, float8) IS
    'x with P(X <= x) = probability (0 ... 1) of the chi-squared distribution.';

CREATE FUNCTION jorge.t_sf(t float8, df float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_sql_t_sf';
COMMENT ON FUNCTION jorge.t_sf(float8, float8) IS
    'P(T > t) of Student''s distribution; the two-sided p value is 2 * jorge.t_sf(abs(t), df).';

CREATE FUNCTION jorge.t_quantile(probability float8, df float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_sql_t_quantile';
COMMENT ON FUNCTION jorge.t_quantile(float8, float8) IS
    't with P(T <= t) = probability (0 ... 1) of Student''s distribution.';

CREATE FUNCTION jorge.f_sf(f float8, df1 float8, df2 float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_sql_f_sf';
COMMENT ON FUNCTION jorge.f_sf(float8, float8, float8) IS
    'P(F > f) of Fisher''s distribution: the p value of an analysis of variance.';

CREATE FUNCTION jorge.gamma_cdf(x float8, shape float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_sql_gamma_cdf';
COMMENT ON FUNCTION jorge.gamma_cdf(float8, float8) IS
    'P(X <= x) of the gamma distribution with scale 1: the regularised lower incomplete gamma function.';

CREATE FUNCTION jorge.beta_cdf(x float8, alpha float8, beta float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_sql_beta_cdf';
COMMENT ON FUNCTION jorge.beta_cdf(float8, float8, float8) IS
    'P(X <= x) of the beta distribution: the regularised incomplete beta function.';

CREATE FUNCTION jorge.beta_quantile(probability float8, alpha float8, beta float8) RETURNS float8
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_sql_beta_quantile';
COMMENT ON FUNCTION jorge.beta_quantile(float8, float8, float8) IS
    'x with P(X <= x) = probability (0 ... 1) of the beta distribution.';

CREATE FUNCTION jorge.wilson_interval(successes float8, trials float8, level float8 DEFAULT 0.95, OUT lower float8, OUT upper float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_sql_wilson';
COMMENT ON FUNCTION jorge.wilson_interval(float8, float8, float8) IS
    'Wilson''s score interval of a proportion, each end 0 ... 1, at a confidence level 0 ... 1; 0 ... 1 where there are no trials.';
