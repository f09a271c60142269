-- A forest is found again by its toast pointer and content: many models, changing models, workers give the same results.
SET jit = off;
SET extra_float_digits = 1;

-- Model n predicts n + x for x in {0, 1}; padded, so that it is toasted.
CREATE FUNCTION pg_temp.model(n int, pad int DEFAULT 3000) RETURNS jorge.forest LANGUAGE sql AS $$
    SELECT format('{"learner":{"attributes":{"pad":"%s"},"feature_names":["x"],"gradient_booster":{"model":{"trees":[{'
        '"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[0,0,0],"split_conditions":[0.5,%s,%s],'
        '"default_left":[1,0,0],"sum_hessian":[2,1,1]}]},"name":"gbtree"},"learner_model_param":{"base_score":"0","num_class":"0",'
        '"num_feature":"1"},"objective":{"name":"reg:squarederror"}}}', repeat(chr(97 + n % 26), pad), n, n + 1)::jorge.forest
$$;
CREATE TABLE forest_cache (n int PRIMARY KEY, f jorge.forest);
INSERT INTO forest_cache SELECT n, pg_temp.model(n) FROM generate_series(1, 300) n;
CREATE TABLE forest_rows AS SELECT i, 1 + i % 300 AS n, ARRAY[(i / 300) % 2]::real[] AS x FROM generate_series(0, 5999) i;
ANALYZE forest_cache, forest_rows;

-- all of them out of line, none compressed
SELECT count(*) FROM forest_cache WHERE pg_column_size(f) > 3000;
SELECT pg_relation_size(reltoastrelid) > 0 AS toasted FROM pg_class WHERE relname = 'forest_cache';

-- a join of many models: one after another, and another one for each row
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) = n + x[1]) AS right
FROM (SELECT * FROM forest_rows JOIN forest_cache USING (n) ORDER BY n, i) s;
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) = n + x[1]) AS right
FROM (SELECT * FROM forest_rows JOIN forest_cache USING (n) ORDER BY i) s;
-- rows whose map of columns changes with the model
SELECT count(*), count(*) FILTER (WHERE jorge.predict_row(f, r) = n + r.x) AS right
FROM (SELECT n, f, x[1] AS x FROM forest_rows JOIN forest_cache USING (n) ORDER BY i) r;

-- one larger than the cache is served, alone: it drops all others
SET jorge.forest_cache = '1MB';
SELECT jorge.predict(pg_temp.model(7, 3000000), '{1}'::real[]) AS large;
SELECT count(*) FROM pg_backend_memory_contexts WHERE name = 'jorge forest';
-- more models than the cache holds, and than are remembered by toast pointer
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) = n + x[1]) AS right
FROM (SELECT * FROM forest_rows JOIN forest_cache USING (n) ORDER BY i) s;
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) + jorge.predict(g, x) = 301 + 2 * x[1]) AS right
FROM (SELECT x, a.f, b.f AS g FROM forest_rows JOIN forest_cache a USING (n) JOIN forest_cache b ON b.n = 301 - a.n ORDER BY i) s;
SELECT sum(total_bytes) <= 1024 * 1024 AS within_bound FROM pg_backend_memory_contexts WHERE name = 'jorge forest';
RESET jorge.forest_cache;

-- stored in every way: plain and short header in line, compressed, out of line, out of line and compressed; as a constant
CREATE TABLE forest_ways (way text, n int, f jorge.forest);
INSERT INTO forest_ways SELECT 'in line', 1, pg_temp.model(1, 0);
INSERT INTO forest_ways SELECT 'external', 2, pg_temp.model(2, 5000);
ALTER TABLE forest_ways ALTER f SET STORAGE extended;
INSERT INTO forest_ways SELECT 'compressed', 3, pg_temp.model(3, 5000);
INSERT INTO forest_ways SELECT 'external compressed', 4, replace(pg_temp.model(4, 0)::text, '"pad":""', format('"pad":"%s"',
    (SELECT string_agg(md5(i::text) || repeat('x', 20), '' ORDER BY i) FROM generate_series(1, 500) i)))::jorge.forest;
SELECT way, jorge.predict(f, '{0}'::real[]), jorge.predict(f, '{1}'::real[]) FROM forest_ways ORDER BY n;
SELECT way, pg_column_size(f) < length(jorge.forest_ubj(f)) AS compressed FROM forest_ways ORDER BY n;
SELECT jorge.predict((SELECT f FROM forest_ways WHERE n = 2), '{1}'::real[]);
WITH m AS MATERIALIZED (SELECT * FROM forest_cache WHERE n <= 3)
SELECT n, sum(jorge.predict(f, x)) FROM m JOIN forest_rows USING (n) GROUP BY n ORDER BY n;
SELECT count(DISTINCT jorge.predict(f, '{0}'::real[])) FROM (SELECT f FROM forest_cache UNION ALL SELECT f FROM forest_ways OFFSET 0) s;

-- a prepared statement, over changes of the model
PREPARE served(int) AS SELECT jorge.predict(f, '{1}'::real[]) FROM forest_cache WHERE n = $1;
SET plan_cache_mode = force_generic_plan;
EXECUTE served(5);
UPDATE forest_cache SET f = pg_temp.model(500) WHERE n = 5;
EXECUTE served(5);
BEGIN;
UPDATE forest_cache SET f = pg_temp.model(600) WHERE n = 5;
EXECUTE served(5);
ROLLBACK;
EXECUTE served(5);
RESET plan_cache_mode;

-- a function that changes the model between its statements, which are one statement of the client's
CREATE FUNCTION pg_temp.change() RETURNS SETOF double precision LANGUAGE plpgsql AS $$
DECLARE
    held jorge.forest;
BEGIN
    FOR k IN 701..703 LOOP
        UPDATE forest_cache SET f = pg_temp.model(k) WHERE n = 5;
        RETURN QUERY SELECT jorge.predict(f, '{1}'::real[]) FROM forest_cache WHERE n = 5;
        SELECT f INTO held FROM forest_cache WHERE n = 5;
        RETURN NEXT jorge.predict(held, '{0}'::real[]);
    END LOOP;
    BEGIN
        UPDATE forest_cache SET f = pg_temp.model(800) WHERE n = 5;
        RETURN QUERY SELECT jorge.predict(f, '{1}'::real[]) FROM forest_cache WHERE n = 5;
        RAISE division_by_zero;
    EXCEPTION WHEN division_by_zero THEN
        RETURN QUERY SELECT jorge.predict(f, '{1}'::real[]) FROM forest_cache WHERE n = 5;
    END;
END $$;
SELECT * FROM pg_temp.change() ORDER BY 1;
-- and a procedure that commits in between
CREATE PROCEDURE pg_temp.commits() LANGUAGE plpgsql AS $$
BEGIN
    FOR k IN 901..902 LOOP
        UPDATE forest_cache SET f = pg_temp.model(k) WHERE n = 5;
        COMMIT;
        ASSERT (SELECT jorge.predict(f, '{1}'::real[]) FROM forest_cache WHERE n = 5) = k + 1;
    END LOOP;
END $$;
CALL pg_temp.commits();
-- a statement that reads the old model while it writes the new one
UPDATE forest_cache SET f = pg_temp.model(1000) WHERE n = 5 AND jorge.predict(f, '{0}'::real[]) = 902
    RETURNING jorge.predict(f, '{0}'::real[]);
-- stored anew under other value ids
VACUUM FULL forest_cache;
SELECT jorge.predict(f, '{0}'::real[]) FROM forest_cache WHERE n = 5;
TRUNCATE forest_cache;
INSERT INTO forest_cache SELECT n, pg_temp.model(n + 1) FROM generate_series(1, 300) n;
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) = n + 1 + x[1]) AS right FROM forest_rows JOIN forest_cache USING (n);

-- a failed parse leaves nothing behind
SELECT jorge.predict('{}'::jorge.forest, '{1}'::real[]);
SELECT jorge.predict(f, '{1}'::real[]) FROM forest_cache WHERE n = 1;

-- parallel workers
SET force_parallel_mode = on;
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) = n + 1 + x[1]) AS right FROM forest_rows JOIN forest_cache USING (n);
RESET force_parallel_mode;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS off) SELECT sum(jorge.predict(f, x)) FROM forest_rows JOIN forest_cache USING (n);
SELECT count(*), count(*) FILTER (WHERE jorge.predict(f, x) = n + 1 + x[1]) AS right,
       count(*) FILTER (WHERE (jorge.contributions(f, x))[2] = n + 1.5) AS base_right
FROM forest_rows JOIN forest_cache USING (n);
SELECT count(*) FILTER (WHERE jorge.predict_row(f, r) = n + 1 + r.x) AS rows_right
FROM (SELECT n, x[1] AS x FROM forest_rows) r JOIN forest_cache USING (n);
DROP TABLE forest_cache, forest_rows, forest_ways;
