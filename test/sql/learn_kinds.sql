-- Text columns, classes, times, boosters and the report of a training: what comes out, what is refused, and that the order of rows changes nothing.

CREATE SCHEMA learn_kinds;
SET search_path TO learn_kinds;
CREATE TYPE stage AS ENUM ('new', 'seen', 'offer');
CREATE TABLE sample AS
SELECT n, (n * 7919) % 1000 < CASE n % 3 WHEN 0 THEN 700 WHEN 1 THEN 300 ELSE 100 END + n % 50 AS won, (n * 31) % 101 AS x, n % 50 AS y,
       CASE WHEN n % 11 = 0 THEN NULL ELSE (ARRAY['zillow', 'ghl', 'e<mail>'])[1 + n % 3] END AS source, CASE WHEN n % 100 = 0 THEN 'rare ' || n ELSE 'usual' END AS odd,
       (ARRAY['new', 'seen', 'offer'])[1 + n % 3]::stage AS stage, 1 + (n * 13) % 29 AS days, n % 4 <> 0 AS ended
  FROM generate_series(1, 600) n;
CREATE FUNCTION hash(query text, options jsonb DEFAULT '{}', label text DEFAULT 'won') RETURNS text LANGUAGE sql AS
    $$SELECT jorge.forest_hash(jorge.train(query, label, '{"quiet": true, "rounds": 5, "cv": 2}' || options))$$;
CREATE FUNCTION attempt(query text, params jsonb DEFAULT '{}', label text DEFAULT 'won') RETURNS TABLE (state text, message text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM jorge.train(query, label, params || '{"quiet": true}');
    state := 'trained';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN NEXT;
END $$;

-- ---- text columns
CREATE TABLE model AS SELECT jorge.train('SELECT won, x, source, odd, stage FROM sample', 'won', '{"quiet": true}') AS forest;
SELECT feature_names, (attributes ->> 'jorge_encoding')::jsonb AS encoding FROM model, jorge.forest_info(forest);
-- a row is predicted as it is; a rare text is like one never seen, a missing one is missing
SELECT jorge.feature_vector(forest, s) FROM model, sample s WHERE n IN (1, 2, 3, 11, 100) ORDER BY n;
SELECT jorge.predict_row(forest, r) = jorge.predict_row(forest, s) AS equal FROM model, (SELECT 'never seen' AS odd, 'seen' AS stage, 'ghl' AS source, 31 AS x) r, (SELECT 'rare 500' AS odd, 'seen'::stage AS stage, 'ghl'::varchar AS source, 31::numeric AS x) s;
-- the same forest from every text type, in every order of rows, and with parallel workers
SELECT count(DISTINCT h) = 1 AS equal FROM (VALUES (hash('SELECT won, x, source FROM sample')), (hash('SELECT won, x, source FROM sample ORDER BY md5(n::text)')), (hash('SELECT won, x, source::char(10) AS source FROM sample')),
    (hash('SELECT won, x, source::varchar AS source FROM sample ORDER BY n DESC')), (hash('SELECT won, x, source::name AS source FROM sample'))) v(h);
SELECT hash('SELECT won, x, stage FROM sample') = hash('SELECT won, x, stage::text AS stage FROM sample') AS equal, hash('SELECT won, x, stage FROM sample') <> hash('SELECT won, x, source FROM sample') AS other;
SELECT count(DISTINCT h) = 1 AS equal FROM (SELECT hash('SELECT class, x, source FROM (SELECT n, source, x, stage::text AS class FROM sample) s ORDER BY ' || o, '{"objective": "multi:softprob"}', 'class') AS h FROM (VALUES ('n'), ('n DESC'), ('md5(n::text)')) v(o)) x;
SELECT count(DISTINCT h) = 1 AS equal FROM (SELECT hash('SELECT days, ended, x, source FROM sample ORDER BY ' || o, '{"objective": "survival:aft", "event": "ended"}', 'days') AS h FROM (VALUES ('n'), ('n DESC'), ('md5(n::text)')) v(o)) x;
SELECT count(DISTINCT h) = 1 AS equal FROM (SELECT hash('SELECT won, x, source FROM sample ORDER BY ' || o, jsonb_build_object('booster', b)) AS h FROM (VALUES ('n'), ('n DESC')) v(o), (VALUES ('linear')) w(b)) x;
SELECT count(DISTINCT h) = 1 AS equal FROM (SELECT hash('SELECT won, x, source FROM sample ORDER BY ' || o, '{"booster": "forest", "trees": 10}') AS h FROM (VALUES ('n'), ('n DESC')) v(o)) x;
SELECT * FROM attempt('SELECT won, n::text AS id FROM sample', '{"category_rows": 2}');
SELECT state, message FROM attempt('SELECT won, i::text AS id FROM sample, generate_series(1, 10001) i WHERE n = 1');
-- names that meet
SELECT feature_names FROM jorge.forest_info(jorge.train('SELECT won, a, x AS "a=p" FROM (SELECT n, won, x, (ARRAY[''p'', ''q<'', ''q['', NULL])[1 + n % 4] AS a FROM sample) s', 'won', '{"quiet": true, "rounds": 2}'));
SELECT hash('SELECT won, x, source FROM sample', '{"features": ["source"]}') = hash('SELECT won, source FROM sample') AS equal;

-- ---- what kinds of model say of themselves
SELECT i.objective, i.attributes ->> 'jorge_classes' AS classes, jorge.predict_class(f, s) AS likeliest, cardinality(jorge.predict_classes(f, s)) AS classes
  FROM jorge.train('SELECT stage, x, n % 3 AS m FROM sample', 'stage', '{"quiet": true, "objective": "multi:softprob", "rounds": 5}') f, jorge.forest_info(f) i, (SELECT 1 AS x, 2 AS m) s;
SELECT attributes ->> 'jorge_classes' AS in_order_of_size FROM jorge.forest_info(jorge.train('SELECT n % 12 AS class, x FROM sample', 'class', '{"quiet": true, "objective": "multi:softprob", "rounds": 1}'));
SELECT i.objective, i.trees, (i.attributes ->> 'jorge_metrics')::jsonb ? 'concordance' AS judged FROM jorge.forest_info(jorge.train('SELECT days, x FROM sample', 'days', '{"quiet": true, "objective": "survival:aft", "rounds": 5}')) i;
SELECT i.trees, i.depth <= 4 AS shallow, (i.attributes ->> 'jorge_params')::jsonb - ARRAY(SELECT jsonb_object_keys((j.attributes ->> 'jorge_params')::jsonb)) AS told
  FROM jorge.forest_info(jorge.train('SELECT won, x, y FROM sample', 'won', '{"quiet": true, "booster": "forest", "trees": 17, "max_depth": 4}')) i, jorge.forest_info(jorge.train('SELECT won, x, y FROM sample', 'won', '{"quiet": true, "rounds": 1}')) j;
SELECT trees, (attributes ->> 'jorge_calibration')::jsonb ->> 'method' AS calibration FROM jorge.forest_info(jorge.train('SELECT won, x, y FROM sample', 'won', '{"quiet": true, "booster": "linear"}'));
-- balanced classes: the mean prediction before calibration is about a half
SELECT round(avg(jorge.predict_margin(f, ARRAY[x, y]::real[]))) = 0 AS balanced, avg(won::integer)::numeric(4, 2) FROM jorge.train('SELECT won, x, y FROM sample', 'won', '{"quiet": true, "class_weights": "balanced", "rounds": 20}') f, sample;
SELECT feature, splits > 0 AS split, gain > 0 AS gains, cover > 0 AS covers FROM jorge.importance(jorge.train('SELECT won, x, y, 1 AS one FROM sample', 'won', '{"quiet": true, "rounds": 5, "cv": 0}'));

-- the newest fifth held out: a rule that holds in the newer half only is not known by then
SELECT (i.attributes ->> 'jorge_trained_rows')::integer AS trained, m ->> 'rows' AS judged, (m ->> 'auc')::float8 < 0.6 AS blind
  FROM jorge.forest_info(jorge.train('SELECT CASE WHEN n > 480 THEN x > 50 ELSE x % 2 = 0 END AS won, x, n FROM sample', 'won', '{"quiet": true, "time": "n", "validation": 0.2, "refit": false, "rounds": 20}')) i, LATERAL (SELECT (i.attributes ->> 'jorge_metrics')::jsonb) v(m);

-- ---- refused
\x on
\t on
SELECT * FROM attempt('SELECT won, x FROM sample', '{"booster": "dart"}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"class_weights": {"2": 1}}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"class_weights": {"1": 0}}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"class_weights": "heavy"}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"class_weights": "balanced", "scale_pos_weight": 2}');
SELECT * FROM attempt('SELECT x, y FROM sample', '{"class_weights": "balanced", "objective": "reg:squarederror"}', 'y');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"monotone": {"z": 1}}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"monotone": {"x": 2}}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"monotone": {"x": 0.5}}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"monotone": ["x"]}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"monotone": {"x": 1}, "booster": "linear"}');
SELECT * FROM attempt('SELECT won, ended, x FROM sample', '{"event": "ended"}');
SELECT * FROM attempt('SELECT days, x FROM sample', '{"event": "ended", "objective": "survival:aft"}', 'days');
SELECT * FROM attempt('SELECT days, x, y AS ended FROM sample', '{"event": "ended", "objective": "survival:aft"}', 'days');
SELECT * FROM attempt('SELECT days - 5 AS days, x FROM sample', '{"objective": "survival:aft"}', 'days');
SELECT * FROM attempt('SELECT days, x FROM sample', '{"objective": "survival:aft", "base_score": 0}', 'days');
SELECT * FROM attempt('SELECT days, x FROM sample', '{"objective": "survival:aft", "distribution": "weibull"}', 'days');
SELECT * FROM attempt('SELECT n, x FROM sample', '{"objective": "multi:softprob"}', 'n');
SELECT * FROM attempt('SELECT now() AS n, x FROM sample', '{"objective": "multi:softprob"}', 'n');
SELECT * FROM attempt('SELECT odd FROM (SELECT ''x'' || n AS odd, won FROM sample) s', '{}', 'won');
SELECT * FROM attempt('SELECT won, odd FROM (SELECT ''x'' || n AS odd, won FROM sample) s', '{"category_rows": 2}');
\x off
\t off

-- ---- the report
SELECT answer, rows, length(data_hash) AS hash, metrics ->> 'rows' AS judged, parameters ->> 'max_depth' AS depth, parameters ->> 'rounds' AS rounds FROM jorge.train_report('SELECT won, x, source FROM sample', 'won', '{"quiet": true}');
SELECT f ->> 'name' AS name, f ->> 'type' AS type, f ->> 'missing' AS missing, f ->> 'min' AS min, f ->> 'max' AS max, jsonb_array_length(f -> 'quantiles') AS quantiles, f -> 'categories' AS categories, (f ->> 'gain')::float8 > 0 AS gains, (f ->> 'shap')::float8 > 0 AS acts
  FROM jorge.train_report('SELECT won, x, source FROM sample', 'won', '{"quiet": true}'), jsonb_array_elements(features) f;
SELECT (f -> 'quantiles') AS quantiles FROM jorge.train_report('SELECT won, n FROM generate_series(0, 100) n, LATERAL (SELECT n % 2 = 0 AS won) w', 'won', '{"quiet": true, "rounds": 1}'), jsonb_array_elements(features) f;
-- the hash identifies rows and names, not their order
SELECT count(DISTINCT h) FROM (SELECT (jorge.train_report(q, 'won', '{"quiet": true, "rounds": 1}')).data_hash AS h FROM (VALUES ('SELECT won, x FROM sample'), ('SELECT won, x FROM sample ORDER BY n DESC')) v(q)) x;
SELECT count(DISTINCT h) FROM (SELECT (jorge.train_report(q, 'won', '{"quiet": true, "rounds": 1}')).data_hash AS h FROM (VALUES ('SELECT won, x FROM sample'), ('SELECT won, x AS y FROM sample'), ('SELECT won, x + (n = 1)::integer AS x FROM sample'), ('SELECT won, x FROM sample WHERE n > 1')) v(q)) x;
-- not enough data is an answer
SELECT forest IS NULL AS none, answer FROM jorge.train_report('SELECT won, x FROM sample LIMIT 12', 'won');
SELECT answer FROM jorge.train_report('SELECT won, x FROM sample WHERE false', 'won');
SELECT answer FROM jorge.train_report('SELECT NULL::boolean AS won, x FROM sample', 'won');
SELECT answer FROM jorge.train_report('SELECT true AS won, x FROM sample', 'won');
SELECT answer FROM jorge.train_report('SELECT days, false AS ended, x FROM sample', 'days', '{"objective": "survival:aft", "event": "ended"}');
SELECT answer FROM jorge.train_report('SELECT n AS class, x FROM sample LIMIT 50', 'class', '{"objective": "multi:softprob"}');
SELECT answer FROM jorge.train_report('SELECT y, x FROM sample LIMIT 29', 'y', '{"objective": "reg:squarederror"}');
SELECT answer FROM jorge.train_report('SELECT 5 AS y, x FROM sample LIMIT 30', 'y', '{"objective": "reg:squarederror"}');
-- sizes grow with what there is to learn from
SELECT n, (jorge.train_report(format('SELECT won, x, y FROM sample, generate_series(1, %s) WHERE n <= %s', greatest(n / 600, 1), n), 'won', '{"quiet": true, "cv": 0}')).parameters ->> 'max_depth' AS depth FROM (VALUES (40), (200), (600), (3000), (6000)) v(n) ORDER BY n;
SELECT parameters ->> 'max_depth' AS depth, parameters ->> 'rounds' AS rounds FROM jorge.train_report('SELECT won, x FROM sample', 'won', '{"quiet": true, "max_depth": 9, "rounds": 3}');

DROP SCHEMA learn_kinds CASCADE;
