-- Tallies and metrics: nothing to divide by, one outcome only, borders, and what is refused.
SET search_path = jorge, pg_catalog;
SET extra_float_digits = -6;
\x on
SELECT * FROM classification('0.9:1 0.8:0 0.7:1 0.2:0', 0.75);
SELECT * FROM classification('');
SELECT * FROM classification('0.3:1*4');
SELECT * FROM classification('0:0 1:1');
\x off
SELECT best_threshold('0.9:1 0.8:0 0.7:1 0.2:0'), best_threshold('0.9:0') IS NULL AS no_positive, best_threshold(NULL) IS NULL AS no_tally;
SELECT * FROM reliability('0:0 0.49:1 0.5:1 1:1', 2);
SELECT * FROM lift('0.9:1 0.5:1*1 0.5:0*3 0.1:0', 3);
SELECT * FROM lift('');
SELECT * FROM roc('0.9:1 0.5:1 0.5:0 0.1:0');
SELECT (regression(a, p)).* FROM (VALUES (100.0, 104.0), (200, 180), (NULL, 1), (0, 5), (-10, 0)) v(a, p);
SELECT regression(a, p) IS NULL AS nothing FROM (VALUES (NULL::float8, 1.0)) v(a, p);
SELECT (regression(5, 5)).r2 IS NULL AS no_variation;
\set VERBOSITY terse
SELECT classification('1.5:1');
SELECT classification('0.5:2');
SELECT classification('0.5:1', 'NaN');
SELECT reliability('0.5:1', 0);
SELECT lift('0.5:1', 1001);
SELECT regression('Infinity', 1);
