-- Distributions: plain values, ends, NULL, and arguments out of range.
\set VERBOSITY terse
SET extra_float_digits = -3;
SELECT jorge.normal_cdf(0), jorge.normal_cdf(1.959963984540054), jorge.normal_quantile(0.975), jorge.normal_quantile(0), jorge.normal_quantile(1);
SELECT jorge.chi2_sf(3.841458820694124, 1), jorge.chi2_quantile(0.95, 1), jorge.chi2_sf(0, 4), jorge.chi2_sf('Infinity', 4);
SELECT jorge.t_sf(0, 5), jorge.t_quantile(0.025, 5), jorge.t_quantile(0.5, 5), jorge.f_sf(0, 2, 3), jorge.gamma_cdf(0, 2);
SELECT jorge.beta_cdf(0.5, 2, 2), jorge.beta_quantile(0.5, 3, 3), jorge.beta_cdf(0, 2, 3), jorge.beta_cdf(1, 2, 3);
SELECT * FROM jorge.wilson_interval(3, 10);
SELECT * FROM jorge.wilson_interval(0, 10, 0.9);
SELECT * FROM jorge.wilson_interval(10, 10, 0.9);
SELECT * FROM jorge.wilson_interval(0, 0);
SELECT jorge.normal_cdf(NULL) IS NULL AND jorge.t_sf(1, NULL) IS NULL AS null_stays_null;
SELECT jorge.normal_cdf('NaN');
SELECT jorge.normal_quantile(1.5);
SELECT jorge.chi2_sf(1, 0);
SELECT jorge.t_quantile(0.5, 'Infinity');
SELECT jorge.beta_cdf(-0.1, 1, 1);
SELECT jorge.wilson_interval(11, 10);
SELECT jorge.wilson_interval(1, 'Infinity');
