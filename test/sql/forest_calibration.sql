-- A forest's calibration: what its attribute says is what is served, and an attribute that makes no sense is refused.
\set VERBOSITY terse
SET extra_float_digits = 0;
CREATE SCHEMA forest_calibration;
SET search_path TO forest_calibration;

-- one split: margin -1 below 1.5, with a cover of 4, and 2 above, with a cover of 16
\set one '{"learner":{"attributes":{},"feature_names":["a"],"gradient_booster":{"model":{"gbtree_model_param":{"num_trees":"1"},"tree_info":[0],"trees":[{"id":0,"left_children":[1,-1,-1],"right_children":[2,-1,-1],"parents":[2147483647,0,0],"split_indices":[0,0,0],"split_conditions":[1.5,-1,2],"default_left":[1,0,0],"sum_hessian":[20,4,16],"tree_param":{"num_nodes":"3","size_leaf_vector":"0"}}]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"1","num_target":"1"},"objective":{"name":"binary:logistic"}}}'
CREATE TABLE one AS SELECT :'one'::text AS document;
CREATE FUNCTION calibrated(calibration text, objective text DEFAULT 'binary:logistic') RETURNS jorge.forest LANGUAGE sql AS $$
    SELECT replace(replace(document, '"attributes":{}', '"attributes":{"jorge_learning_rate":"0.5","jorge_calibration":' || to_json(calibration)::text || '}'),
                   'binary:logistic', objective)::jorge.forest FROM one
$$;
CREATE FUNCTION log_odds(p float8) RETURNS numeric LANGUAGE sql AS 'SELECT round(ln(p / (1 - p))::numeric, 4)';

-- ---- no attribute: XGBoost's probability, no interval
SELECT log_odds(probability), lower, upper, confidence, jorge.calibration(document::jorge.forest) FROM one, jorge.predict_interval(document::jorge.forest, '{1}');
-- ---- too few outcomes: the same probability, the widest interval
SELECT log_odds(probability), lower, upper, confidence, jorge.calibration(f) FROM calibrated('{"method": "none", "rows": 7}') f, jorge.predict_interval(f, '{1}');
SELECT jorge.predict(calibrated('{"method": "none"}'), '{2}'::real[]) = jorge.predict(document::jorge.forest, '{2}'::real[]) AS same_bits FROM one;

-- ---- affine: 0.5 + 0.5 margin; variance 0.04 + 0.01 (margin - 2)^2 + 0.02, and 3 * (leaf variance - 0.02) where that is more than 0.02
-- leaf variance: rate^2 H / (H + 1)^2 = 0.25 * 4 / 25 = 0.04, and 0.25 * 16 / 289 = 0.01384
CREATE TABLE affine AS SELECT calibrated('{"method": "affine", "intercept": 0.5, "slope": 0.5, "centre": 2, "level_variance": 0.04, "slope_variance": 0.01, "misfit_variance": 0.02, "unlike_scale": 3, "unlike_from": 0.02}') AS f;
SELECT x, log_odds(jorge.predict(f, ARRAY[x])) AS log_odds, log_odds(lower) AS lower, log_odds(upper) AS upper, jorge.predict_margin(f, ARRAY[x]) AS margin,
       round((1 - (upper - lower))::numeric, 6) = round(confidence::numeric, 6) AS confidence,
       log_odds(lower) = round((0.5 + 0.5 * m - 1.2815515655446004 * sqrt(v))::numeric, 4) AS as_defined
FROM affine, (VALUES (1::real, -1, 0.04 + 0.01 * 9 + 0.02 + 3 * 0.02), (2::real, 2, 0.06)) w (x, m, v), jorge.predict_interval(f, ARRAY[x]) ORDER BY x;
-- explanations in calibrated log-odds; contributions stay XGBoost's
SELECT feature, round(contribution::numeric, 5) AS contribution, round(base::numeric, 5) AS base, jorge.contributions(f, '{1}') FROM affine, jorge.explain(f, '{1}'::real[]);
-- other forms of the same prediction
CREATE TYPE one_row AS (a real);
SELECT jorge.predict(f, '{1}'::float8[]) = jorge.predict(f, '{1}'::real[]) AS float8, jorge.predict_row(f, ROW(1)::one_row) = jorge.predict(f, '{1}'::real[]) AS by_name FROM affine;

-- ---- isotonic: between knots a line, beyond them the slope; the variance between knots too
CREATE TABLE isotonic AS SELECT calibrated('{"method": "isotonic", "slope": 2, "misfit_variance": 0, "unlike_scale": 0, "unlike_from": 0, "knots": [[-2, -1, 0.1], [0, 0, 0.2], [1, 3, 0.4]]}') AS f;
SELECT m, log_odds(jorge.calibrate(f, m)) FROM isotonic, unnest('{-3,-2,-1,0,0.5,1,2}'::float8[]) m ORDER BY m;
SELECT x, log_odds(lower) AS lower, log_odds(upper) AS upper, log_odds(lower) = round((-0.5 - 1.2815515655446004 * sqrt(0.15))::numeric, 4) AS as_defined
FROM isotonic, (VALUES (1::real), (2)) w (x), jorge.predict_interval(f, ARRAY[x]) ORDER BY x;
-- base 1.4 becomes 3.8, margin -1 becomes -0.5
SELECT round(contribution::numeric, 4) AS contribution, round(base::numeric, 4) AS base, round((contribution + base)::numeric, 4) AS log_odds FROM isotonic, jorge.explain(f, '{1}'::real[]);

-- ---- refused
CREATE FUNCTION try(calibration text, objective text DEFAULT 'binary:logistic') RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'served: ' || jorge.forest_hash(calibrated(calibration, objective));
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT i, try(bad) FROM (VALUES
    (1, ''), (2, 'isotonic'), (3, '[]'), (4, '"none"'), (5, '{}'), (6, '{"method": 1}'), (7, '{"method": "platt"}'), (8, '{"method": "affine"}')) v (i, bad) ORDER BY i;
SELECT i, try(replace(jorge.calibration(f)::text, was, now)) FROM affine, (VALUES
    (1, '"slope": 0.5', '"slope": 0'), (2, '"slope": 0.5', '"slope": -1'), (3, '"slope": 0.5', '"slope": "1"'), (4, '"slope": 0.5', '"slope": null'),
    (5, '"intercept": 0.5', '"intercept": 1e999'), (6, '"intercept": 0.5', '"x": 1'), (7, '"level_variance": 0.04', '"level_variance": -1'),
    (8, '"slope_variance": 0.01', '"slope_variance": -1'), (9, '"misfit_variance": 0.02', '"misfit_variance": -1'), (10, '"centre": 2', '"centre": []'),
    (11, '"unlike_scale": 3', '"unlike_scale": -3'), (12, '"unlike_from": 0.02', '"unlike_from": {}')) v (i, was, now) ORDER BY i;
SELECT i, try(replace(jorge.calibration(f)::text, '[[-2, -1, 0.1], [0, 0, 0.2], [1, 3, 0.4]]', knots)) FROM isotonic, (VALUES
    (1, '[]'), (2, '[[0, 0, 1]]'), (3, '[[0, 0, 1], [0, 1, 1]]'), (4, '[[0, 0, 1], [1, 0, 1]]'), (5, '[[0, 0, 1], [1, 1]]'), (6, '[[0, 0, 1], [1, 1, -1]]'),
    (7, '[[0, 0, 1], [1, 1, "1"]]'), (8, '[[0, 0, 1], 1]'), (9, '{"a": 1}'), (10, '"x"'), (11, '[[0, 0, 1], [1, 1, 1, 1]]'),
    (12, (SELECT jsonb_agg(jsonb_build_array(i, i, 1))::text FROM generate_series(1, 1001) i))) v (i, knots) ORDER BY i;
SELECT try('{"method": "none"}', 'reg:squarederror');

-- ---- NULL
SELECT jorge.calibrate(NULL, 1) IS NULL AND jorge.calibrate(f, NULL) IS NULL AND jorge.calibration(NULL) IS NULL AND (jorge.predict_interval(f, NULL)).lower IS NULL AS nulls FROM affine;
SELECT jorge.predict_interval(f, '{1,2}') FROM affine;
SELECT jorge.calibrate(f, 'infinity'), jorge.calibrate(f, '-infinity') < 1e-38, jorge.calibrate(f, 'nan') FROM affine;
DROP SCHEMA forest_calibration CASCADE;
