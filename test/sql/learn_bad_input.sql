-- jorge.train refuses what it can't train on, and says what to do instead.

CREATE SCHEMA learn_bad_input;
SET search_path TO learn_bad_input;

-- Outcome of one call: SQLSTATE, message and hint; each in a subtransaction, as an application would call it.
CREATE FUNCTION attempt(query text, params jsonb DEFAULT '{}', label text DEFAULT 'won')
    RETURNS TABLE (state text, message text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM jorge.train(query, label, params || '{"quiet": true}');
    state := 'trained';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN NEXT;
END $$;
CREATE TABLE sample AS SELECT i, i % 2 = 0 AS won, sin(i) AS x FROM generate_series(1, 100) i;
CREATE TYPE pair AS (a real, b text);
CREATE TYPE source AS ENUM ('zillow');
\x on
\pset format aligned
\t on

-- ---- the query
SELECT * FROM attempt('');
SELECT * FROM attempt('SELECT won, x FROM sample; SELECT won, x FROM sample');
SELECT * FROM attempt('DELETE FROM sample RETURNING won, x');
SELECT * FROM attempt('WITH d AS (DELETE FROM sample RETURNING *) SELECT won, x FROM d');
SELECT * FROM attempt('SELECT won, x INTO copied FROM sample');
SELECT * FROM attempt('SELECT won, x FROM sample FOR UPDATE');
SELECT * FROM attempt('EXPLAIN SELECT won, x FROM sample');
SELECT * FROM attempt('SELEKT');
SELECT * FROM attempt('SELECT won, x FROM nowhere');
SELECT * FROM attempt('SELECT won, x FROM sample WHERE i = $1');
SELECT count(*) FROM sample;

-- ---- rows
SELECT * FROM attempt('SELECT won, x FROM sample WHERE false');
SELECT * FROM attempt('SELECT NULL::boolean AS won, x FROM sample');
SELECT * FROM attempt('SELECT true AS won, x FROM sample');
SELECT * FROM attempt('SELECT 3 AS won, x FROM sample', '{"objective": "reg:squarederror"}');

-- ---- the label
SELECT * FROM attempt('SELECT x FROM sample');
SELECT * FROM attempt('SELECT won::text, x FROM sample');
SELECT * FROM attempt('SELECT now() AS won, x FROM sample');
SELECT * FROM attempt('SELECT won, won, x FROM sample');
SELECT * FROM attempt('SELECT i AS won, x FROM sample');
SELECT * FROM attempt('SELECT 0.5 AS won, x FROM sample');
SELECT * FROM attempt('SELECT ''infinity''::float8 AS won, x FROM sample', '{"objective": "reg:squarederror"}');

-- ---- features
SELECT * FROM attempt('SELECT won FROM sample');
SELECT * FROM attempt('SELECT won, x, ''zillow'' AS source FROM sample');
SELECT * FROM attempt('SELECT won, x, ''zillow''::source FROM sample');
SELECT * FROM attempt('SELECT won, x, now() AS seen FROM sample');
SELECT * FROM attempt('SELECT won, ARRAY[x] AS xs FROM sample');
SELECT * FROM attempt('SELECT won, x::numeric::money AS price FROM sample');
SELECT * FROM attempt('SELECT won, ROW(x, x) AS r FROM sample');
SELECT * FROM attempt('SELECT won, ROW(x, x)::pair AS r FROM sample');
SELECT * FROM attempt('SELECT won, ROW(x, x)::pair AS r FROM sample', '{"features": ["a"]}');
SELECT * FROM attempt('SELECT won, x, i AS x FROM sample');
SELECT * FROM attempt('SELECT won, x AS "a<b" FROM sample');
SELECT * FROM attempt('SELECT won, CASE WHEN i = 50 THEN ''infinity'' ELSE x END AS x FROM (SELECT * FROM sample ORDER BY i) s');
SELECT * FROM attempt('SELECT won, CASE WHEN i = 50 THEN 1e39 ELSE x END AS x FROM (SELECT * FROM sample ORDER BY i) s');
SELECT * FROM attempt('SELECT won, 10::numeric ^ 400 AS x FROM sample');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"features": ["y"]}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"features": ["x", "won"]}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"protected": ["y"]}');

-- ---- options
SELECT * FROM attempt('SELECT won, x FROM sample', '{"depth": 3}');
SELECT * FROM attempt('SELECT won, x FROM sample', '[]');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"objective": "multi:softmax"}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"objective": 1}');
SELECT key, state, hint FROM (VALUES
    ('rounds', '0'::jsonb), ('rounds', '10001'), ('rounds', '1.5'), ('rounds', '"7"'), ('max_depth', '0'),
    ('max_depth', '16'), ('learning_rate', '0'), ('learning_rate', '1.01'), ('subsample', '0'), ('colsample', '2'),
    ('min_child_weight', '-1'), ('reg_lambda', '-1'), ('gamma', '-1'), ('scale_pos_weight', '0'), ('base_score', '0'),
    ('base_score', '1'), ('early_stopping', '-1'), ('validation', '0.51'), ('seed', '-1'), ('seed', '1e400'),
    ('cv', '1'), ('cv', '21'), ('cv', '2.5'), ('time', '1'), ('calibration', '"platt"'), ('calibration', 'true'),
    ('refit', '1'), ('features', '"x"'), ('features', '{"x": 1}'), ('features', '[1]'), ('protected', '[["x"]]')) v (key, value),
    attempt('SELECT won, x FROM sample', jsonb_build_object(key, value))
ORDER BY key, value;
SELECT * FROM attempt('SELECT x AS won, i FROM sample', '{"objective": "reg:squarederror", "scale_pos_weight": 2}');
-- options that exclude each other
SELECT * FROM attempt('SELECT won, x FROM sample', '{"cv": 5, "validation": 0.2}');
SELECT * FROM attempt('SELECT won, x FROM sample', '{"cv": 5, "refit": false}');
SELECT * FROM attempt('SELECT won, x, i FROM sample', '{"time": "i", "cv": 0}');
-- the time
SELECT * FROM attempt('SELECT won, x FROM sample', '{"time": "at"}');
SELECT * FROM attempt('SELECT won, x, i, x AS i FROM sample', '{"time": "i"}');
SELECT * FROM attempt('SELECT won, x, i::text FROM sample', '{"time": "i"}');
SELECT * FROM attempt('SELECT won, x, nullif(i, 50) AS i FROM (SELECT * FROM sample ORDER BY i) s', '{"time": "i"}');
SELECT * FROM attempt('SELECT won, i AS at FROM sample', '{"time": "at"}');
-- null is the default
SELECT * FROM attempt('SELECT won, x FROM sample', '{"rounds": null, "features": null}');

-- ---- memory: refused while reading, before anything that big is taken
SET jorge.train_memory = '8MB';
SELECT * FROM attempt('SELECT i % 2 AS won, i::real AS x, i::real AS y, i::real AS z FROM generate_series(1, 200000) i');
SELECT * FROM attempt('SELECT i % 2 AS won, i::real AS x, i::real AS y, i::real AS z FROM generate_series(1, 3000) i', '{"rounds": 1}');
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT jorge.train('SELECT i % 2 AS won, i::real AS x FROM generate_series(1, 200000) i', 'won', '{"max_depth": 3}');
SET jorge.train_memory = '1MB';
SELECT * FROM attempt('SELECT won, x FROM sample');
RESET jorge.train_memory;

-- ---- an error leaves nothing behind, and the next training works
SELECT count(*) FROM jorge.progress;
SELECT * FROM attempt('SELECT won, x FROM sample');
