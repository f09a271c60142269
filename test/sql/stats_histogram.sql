-- Histograms: text form, edges, NULL, empty, merging, any plan, comparison of two, bad input.
SET search_path = jorge, pg_catalog;
SELECT '?*3 0*12 0.5*4'::histogram, ''::histogram::text = '' AS empty_is_fine, '-0 0 1e-310 -1e-310'::histogram AS next_to_nothing;
SELECT histogram(v) FROM (VALUES (1.0), (NULL), ('NaN'::float8), (1.0), (255), (256), (257), (258), (-3), ('Infinity'), ('-Infinity')) x(v);
SELECT histogram(v) IS NULL AS no_rows FROM (VALUES (1.0)) x(v) WHERE false;
SELECT merge(h) FROM (VALUES ('1 ?'::histogram), (NULL), ('1*2 -4 ?*2'), ('')) x(h);
SELECT * FROM histogram_buckets('?*2 -1 0 100*3 1e308 inf');
SELECT * FROM histogram_buckets('');
-- lossless, whatever the float settings, and the same for any order
SET extra_float_digits = -10;
SELECT h::text::histogram::text = h::text AS same, length(h::text) > 1000 AS long FROM (SELECT histogram(sin(i) * 10 ^ (i % 40 - 20)) AS h FROM generate_series(1, 3000) i) x;
RESET extra_float_digits;
SELECT count(DISTINCT h::text) AS one FROM (SELECT histogram(v ORDER BY v) AS h FROM (SELECT i % 97 * 1.7 AS v FROM generate_series(1, 1000) i) x
    UNION ALL SELECT histogram(v ORDER BY v DESC) FROM (SELECT i % 97 * 1.7 AS v FROM generate_series(1, 1000) i) x
    UNION ALL SELECT merge(h) FROM (SELECT histogram(i % 97 * 1.7) AS h FROM generate_series(1, 1000) i GROUP BY i % 7) x) y;
-- window, where the state is used again
SELECT i, histogram(i) OVER (ORDER BY i) FROM generate_series(1, 3) i;
-- parallel
CREATE TABLE histogram_rows AS SELECT i % 1000 * 0.37 AS v, i % 3 AS g FROM generate_series(1, 20000) i;
ANALYZE histogram_rows;
CREATE TEMP TABLE serial AS SELECT g, histogram(v) FROM histogram_rows GROUP BY g;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS off) SELECT histogram(v) FROM histogram_rows;
SELECT count(*) AS same FROM serial s JOIN (SELECT g, histogram(v) FROM histogram_rows GROUP BY g) p ON p.g = s.g AND p.histogram::text = s.histogram::text;
-- a plan that spills
SET work_mem = '64kB'; SET max_parallel_workers_per_gather = 0;
SELECT count(*), sum((SELECT sum(observations) FROM histogram_buckets(h))) FROM (SELECT i % 2000 AS g, histogram(i) AS h FROM generate_series(1, 10000) i GROUP BY 1) x;
RESET work_mem;
DROP TABLE histogram_rows;
-- comparison
SELECT reference_n, current_n, reference_missing, current_missing, used_bins, round(psi::numeric, 6) AS psi, psi_p, ks, ks_p, p FROM drift_test('1*50 2*50', '1*50 2*50');
SELECT used_bins, round(psi::numeric, 6) AS psi, round(psi_p::numeric, 8) AS psi_p, ks, round(ks_p::numeric, 8) AS ks_p, round(p::numeric, 8) AS p FROM drift_test('0*5 1*95', '0*50 1*50');
SELECT used_bins, reference_missing, current_missing, ks, p < 1e-6 AS changed FROM drift_test('1*100', '?*50 1*50');
SELECT used_bins, psi > 1 AS far, ks FROM drift_test('1*100', '2*100');
SELECT used_bins, round(psi::numeric, 4) AS psi, psi_p, ks, ks_p, p FROM drift_test('1', '2');
SELECT used_bins, psi, ks, p FROM drift_test('?*10', '?*20');
SELECT used_bins, ks FROM drift_test('?*10', '3*20');
SELECT * FROM drift_test('', '1');
SELECT * FROM drift_test('1', '');
SELECT drift_test(NULL, '1') IS NULL AS strict;
SELECT used_bins FROM (SELECT histogram(i) AS h FROM generate_series(1, 5000) i) x, drift_test(h, h);
SELECT used_bins FROM (SELECT histogram(i) AS h FROM generate_series(1, 200) i) x, drift_test(h, h, 1000);
\set VERBOSITY terse
SELECT '5*0'::histogram;
SELECT '5*-1'::histogram;
SELECT '5x'::histogram;
SELECT 'nan'::histogram;
SELECT '1:2'::histogram;
SELECT '1*9007199254740993'::histogram;
SELECT '1*9007199254740992 1'::histogram;
SELECT '?*9007199254740992 ?'::histogram;
SELECT '1e400'::histogram;
SELECT * FROM drift_test('1', '1', 1);
SELECT * FROM drift_test('1', '1', 1001);
