-- jorge.train learns what can be learnt, tells what it did, and makes equal forests from equal rows.

\set VERBOSITY terse
CREATE SCHEMA learn_basic;
SET search_path TO learn_basic;

-- 800 rows: won is an exclusive or of two signs, so neither feature helps alone; noise is noise.
CREATE TABLE sample AS
SELECT i AS id, x1, x2, noise, (x1 > 0) <> (x2 > 0) AS won, 3 * x1 - 2 * x2 AS amount
FROM (SELECT i, sin(i * 12.9898)::real AS x1, cos(i * 78.233)::real AS x2, sin(i * 37.719 + 1)::real AS noise
      FROM generate_series(1, 800) i) s;

CREATE FUNCTION attributes(forest jorge.forest) RETURNS jsonb LANGUAGE sql
    RETURN (forest::text)::jsonb #> '{learner,attributes}';
CREATE FUNCTION metrics(forest jorge.forest) RETURNS jsonb LANGUAGE sql
    RETURN (attributes(forest) ->> 'jorge_metrics')::jsonb;

-- ---- it learns
CREATE TABLE trained AS
SELECT jorge.train('SELECT won, x1, x2, noise FROM sample', 'won', '{"quiet": true}') AS forest;
ANALYZE trained;

-- on points it hasn't seen
SELECT count(*) AS points,
       avg(((jorge.predict(forest, ARRAY[x1, x2, 0]::real[]) > 0.5) = ((x1 > 0) <> (x2 > 0)))::int) > 0.97 AS learnt
FROM trained, (SELECT sin(i * 5.17) AS x1, sin(i * 9.01 + 2) AS x2 FROM generate_series(1, 500) i) p;

-- what it tells of itself
SELECT key FROM trained, jsonb_object_keys(attributes(forest)) key ORDER BY key;
SELECT attributes(forest) ->> 'jorge_rows' AS rows, attributes(forest) ->> 'jorge_trained_rows' AS trained_rows,
       (attributes(forest) ->> 'jorge_positives')::int = (SELECT count(*) FROM sample WHERE won) AS positives,
       attributes(forest) ->> 'jorge_learning_rate' AS learning_rate
FROM trained;
SELECT (attributes(forest) ->> 'jorge_params')::jsonb - 'base_score' AS params FROM trained;
SELECT abs(((attributes(forest) ->> 'jorge_params')::jsonb ->> 'base_score')::float8 - (SELECT avg(won::int) FROM sample)) < 1e-6
       AS starts_from_base_rate FROM trained;
SELECT key FROM trained, jsonb_object_keys(metrics(forest)) key ORDER BY key;
SELECT (m ->> 'rows')::int AS judged,
       (m ->> 'positives')::int = (SELECT count(*) FROM sample WHERE won) AS out_of_fold,
       (m ->> 'auc')::float8 > 0.98 AS auc, (m ->> 'log_loss')::float8 < 0.25 AS log_loss,
       (m ->> 'accuracy')::float8 > 0.93 AS accuracy, (m ->> 'f1')::float8 > 0.93 AS f1,
       (m ->> 'precision')::float8 > 0.9 AS "precision", (m ->> 'recall')::float8 > 0.9 AS recall,
       (m ->> 'threshold')::float8 BETWEEN 0.1 AND 0.9 AS threshold
FROM trained, metrics(forest) m;
SELECT (forest::text)::jsonb #> '{learner,feature_names}' AS feature_names FROM trained;

-- ---- equal rows make an equal forest
SELECT jorge.forest_hash(jorge.train('SELECT won, x1, x2, noise FROM sample ORDER BY id DESC', 'won', '{"quiet": true}'))
       = jorge.forest_hash(forest) AS reversed,
       jorge.forest_hash(jorge.train('SELECT won, x1, x2, noise FROM sample ORDER BY random()', 'won', '{"quiet": true}'))
       = jorge.forest_hash(forest) AS shuffled,
       jorge.forest_hash(jorge.train('SELECT won, x1, x2, noise FROM sample', 'won', '{"quiet": true, "seed": 2}'))
       = jorge.forest_hash(forest) AS other_seed
FROM trained;

-- in parallel workers too: each row comes from one of them, in no order
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
ALTER TABLE sample SET (parallel_workers = 2);
CREATE FUNCTION in_worker(value real) RETURNS real LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
    IF pg_backend_pid() IS DISTINCT FROM current_setting('test.leader')::int THEN
        RAISE WARNING 'a worker reads';
    END IF;
    RETURN value;
END $$;
SELECT set_config('test.leader', pg_backend_pid()::text, false) <> '' AS leader;
SET parallel_leader_participation = off;
SELECT jorge.forest_hash(jorge.train(
           'SELECT won, CASE WHEN id = 1 THEN in_worker(x1) ELSE x1 END AS x1, x2, noise FROM sample', 'won', '{"quiet": true}'))
       = jorge.forest_hash(forest) AS parallel
FROM trained;
RESET parallel_leader_participation;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- whatever number types the columns have, and whether they come in a composite
CREATE DOMAIN share AS double precision;
CREATE TYPE wish AS (x1 numeric, x2 real, noise real);
SELECT jorge.forest_hash(jorge.train('SELECT x1::float8::share AS x1, won::int::numeric AS won, x2::float8, noise::float8::numeric
                                      FROM sample', 'won', '{"quiet": true}'))
       = jorge.forest_hash(forest) AS types,
       jorge.forest_hash(jorge.train('SELECT won::int::bigint, ROW(x1::float8, x2, noise)::wish AS w FROM sample', 'won', '{"quiet": true}'))
       = jorge.forest_hash(forest) AS composite,
       jorge.forest_hash(jorge.train('SELECT s FROM sample s', 'won', '{"quiet": true, "features": ["noise", "x2", "x1"]}'))
       = jorge.forest_hash(forest) AS whole_row
FROM trained;

SELECT count(DISTINCT jorge.forest_hash(jorge.train(
           format('SELECT i %% 2 = 0 AS won, (i %% 3 = 0)::int::%1$s AS x, (i %% 5 = 1)::int::%1$s AS y FROM generate_series(1, 100) i', type),
           'won', '{"quiet": true, "rounds": 5}'))) AS forests_of_all_types
FROM unnest('{boolean,int2,int4,int8,real,float8,numeric}'::text[]) type;

-- a column added with a default after its rows
CREATE TABLE grown AS SELECT won, x1, x2, noise FROM sample;
ALTER TABLE grown ADD COLUMN extra real DEFAULT 7;
SELECT jorge.forest_hash(jorge.train('SELECT g FROM grown g', 'won', '{"quiet": true}'))
       = jorge.forest_hash(jorge.train('SELECT * FROM grown', 'won', '{"quiet": true}')) AS added_column;

-- ---- missing values: NULL, NaN and the fields of a NULL composite are one
SELECT jorge.forest_hash(jorge.train('SELECT won, nullif(x1, x1 * (id % 5 <> 0)::int) AS x1, x2 FROM sample', 'won', '{"quiet": true}'))
       = jorge.forest_hash(jorge.train('SELECT won, CASE WHEN id % 5 = 0 THEN x1 ELSE ''NaN'' END AS x1, x2 FROM sample', 'won', '{"quiet": true}'))
       AS nan_is_null,
       jorge.forest_hash(jorge.train('SELECT won, CASE WHEN id % 5 = 0 THEN ROW(x1, x2, noise)::wish END AS w FROM sample', 'won', '{"quiet": true}'))
       = jorge.forest_hash(jorge.train('SELECT won, CASE WHEN id % 5 = 0 THEN x1::numeric END AS x1, CASE WHEN id % 5 = 0 THEN x2 END AS x2,
               CASE WHEN id % 5 = 0 THEN noise END AS noise FROM sample', 'won', '{"quiet": true}'))
       AS null_composite;
SELECT attributes(jorge.train('SELECT CASE WHEN id > 100 THEN won END AS won, x1, x2, NULL::real AS empty, 1 AS one FROM sample',
                              'won', '{"quiet": true}')) ->> 'jorge_rows' AS labelled_rows;

-- ---- refit, early stopping, hold-out
SELECT attributes(a) ->> 'jorge_trained_rows' AS trained_rows, attributes(b) ->> 'jorge_trained_rows' AS refitted, metrics(a) = metrics(b) AS same_metrics,
       jorge.forest_hash(a) <> jorge.forest_hash(b) AS other_trees, (metrics(a) ->> 'rows')::int AS held_out,
       (metrics(a) ->> 'positives')::int = round(0.2 * (SELECT count(*) FROM sample WHERE won)) AS by_class,
       attributes(a) -> 'jorge_calibration' IS NOT NULL AS calibrated
FROM jorge.train('SELECT won, x1, x2, noise FROM sample', 'won', '{"quiet": true, "refit": false}') a,
     jorge.train('SELECT won, x1, x2, noise FROM sample', 'won', '{"quiet": true, "validation": 0.2}') b;

-- folds: as many as the rarer outcome allows; the oldest rows are judged by none where they go by time; the time is no feature
SELECT folds, (metrics(f) ->> 'rows')::int AS judged, attributes(f) ->> 'jorge_trained_rows' AS trained_rows, (attributes(f) ->> 'jorge_params')::jsonb ->> 'cv' AS asked
FROM (VALUES (2), (20)) v (folds), jorge.train('SELECT won, x1, x2 FROM sample', 'won', jsonb_build_object('quiet', true, 'rounds', 20, 'cv', folds)) f ORDER BY folds;
SELECT (metrics(f) ->> 'rows')::int AS judged, (f::text)::jsonb #> '{learner,feature_names}' AS names
FROM jorge.train('SELECT won, x1, x2, id FROM sample', 'won', '{"quiet": true, "rounds": 20, "time": "id", "cv": 3}') f;
-- rows of one moment are not parted: a moment for all leaves nothing to hold out
SELECT metrics(jorge.train('SELECT won, x1, x2, date ''2026-01-01'' AS day FROM sample', 'won', '{"quiet": true, "rounds": 5, "time": "day"}'));
-- no calibration
SELECT jorge.calibration(f) ->> 'method' AS method FROM jorge.train('SELECT won, x1, x2 FROM sample', 'won', '{"quiet": true, "rounds": 20, "calibration": "none"}') f;

-- nothing to learn: stops early, and keeps the best rounds only, with refit or without
SELECT options, (m ->> 'best_iteration')::int < 100 AS stopped,
       ((f::text)::jsonb #>> '{learner,gradient_booster,model,gbtree_model_param,num_trees}')::int = (m ->> 'best_iteration')::int AS kept_best
FROM (VALUES ('{"cv": 4}'::jsonb), ('{"validation": 0.2}'), ('{"refit": false}')) v (options),
     jorge.train('SELECT id % 3 = 0 AS won, noise FROM sample', 'won', '{"quiet": true}' || options) f,
     metrics(f) m
ORDER BY options;
SELECT (metrics(f) ->> 'best_iteration')::int AS without_early_stopping
FROM jorge.train('SELECT id % 3 = 0 AS won, noise FROM sample', 'won', '{"quiet": true, "early_stopping": 0, "rounds": 30}') f;
SELECT metrics(f) AS no_hold_out, attributes(f) ->> 'jorge_trained_rows' AS trained_rows
FROM jorge.train('SELECT won, x1, x2 FROM sample', 'won', '{"quiet": true, "validation": 0}') f;

-- ---- one row of a class: nothing to hold out
SELECT metrics(jorge.train('SELECT won, x FROM (VALUES (true, 1), (false, 2), (false, 3)) v (won, x)', 'won', '{"quiet": true}')) AS metrics;
-- two rows of each: two folds
SELECT metrics(jorge.train('SELECT i > 2 AS won, i FROM generate_series(1, 4) i', 'won', '{"quiet": true}')) ->> 'rows' AS judged;

-- ---- regression
SELECT m ->> 'rows' AS judged, (m ->> 'r2')::float8 > 0.95 AS r2, (m ->> 'rmse')::float8 < 0.5 AS rmse,
       (m ->> 'mae')::float8 <= (m ->> 'rmse')::float8 AS mae, attributes(f) ? 'jorge_positives' AS positives,
       abs(jorge.predict(f, ARRAY[0.5, 0.5]::real[]) - 0.5) < 0.4 AS predicts
FROM jorge.train('SELECT amount, x1, x2 FROM sample', 'amount', '{"quiet": true, "objective": "reg:squarederror"}') f, metrics(f) m;

-- ---- protected features are left out unless asked for by name
SELECT (f::text)::jsonb #> '{learner,feature_names}' AS names
FROM jorge.train('SELECT won, x1, x2, noise AS family_size_mentioned FROM sample', 'won', '{"quiet": true}') f;
SELECT (f::text)::jsonb #> '{learner,feature_names}' AS names, (attributes(f) ->> 'jorge_params')::jsonb -> 'protected' AS protected
FROM jorge.train('SELECT won, x1, x2, noise AS family_size_mentioned FROM sample', 'won',
                 '{"quiet": true, "protected": ["family_size_mentioned"]}') f;

-- ---- what it says meanwhile; one feature that decides all, so that the losses follow from the formula
SELECT metrics(jorge.train('SELECT i % 2 = 0 AS won, i % 2 AS odd FROM generate_series(1, 200) i', 'won',
    '{"rounds": 20, "subsample": 1, "colsample": 1}')) - 'threshold' AS metrics;

-- ---- NULL arguments, a read-only transaction
SELECT jorge.train(NULL, 'won') IS NULL AS no_query, jorge.train('SELECT 1', NULL) IS NULL AS no_label,
       jorge.train('SELECT 1', 'won', NULL) IS NULL AS no_params;
BEGIN READ ONLY;
SELECT jorge.forest_hash(jorge.train('SELECT won, x1, x2, noise FROM sample', 'won', '{"quiet": true}'))
       = jorge.forest_hash(forest) AS read_only FROM trained;
COMMIT;

-- ---- progress: the query under training looks at its own slot
CREATE FUNCTION look() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    p jorge.progress;
BEGIN
    SELECT * INTO STRICT p FROM jorge.progress WHERE pid = pg_backend_pid();
    RAISE NOTICE '%: %, total %, metric %, database %, started %', p.task, p.phase, p.total, p.metric,
        p.database = current_database(), p.started_at BETWEEN statement_timestamp() AND clock_timestamp();
    RETURN 1;
END $$;
SELECT attributes(jorge.train('SELECT won, x1, CASE WHEN id = 1 THEN look() ELSE 0 END AS looked FROM sample', 'won',
                              '{"quiet": true, "rounds": 1}')) ->> 'jorge_rows' AS rows;
SELECT count(*) AS left_over FROM jorge.progress;

-- ---- not everybody's
CREATE ROLE regress_learner;
SET ROLE regress_learner;
SELECT jorge.train('SELECT 1', 'won');
SELECT count(*) FROM jorge.progress;
RESET ROLE;
-- and with the right to train, not the right to read
GRANT EXECUTE ON FUNCTION jorge.train TO regress_learner;
GRANT USAGE ON SCHEMA learn_basic TO regress_learner;
SET ROLE regress_learner;
SELECT jorge.train('SELECT won, x1 FROM sample', 'won');
SELECT jorge.train('SELECT i % 2 AS won, i FROM generate_series(1, 10) i', 'won', '{"quiet": true}') IS NOT NULL AS trained;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION jorge.train FROM regress_learner;
REVOKE USAGE ON SCHEMA learn_basic FROM regress_learner;
DROP ROLE regress_learner;
