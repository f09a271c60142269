-- Features are read from any row: tables after ALTER, children, views, joins; in indexes and in parallel workers.
SET jit = off; -- it would show in the plans

CREATE TEMP TABLE crm (id int, junk text, calls int, visits int, source text);
INSERT INTO crm VALUES (1, 'x', 2, 3, 'zillow');

-- columns dropped, added with a default, retyped, renamed
ALTER TABLE crm DROP COLUMN junk;
ALTER TABLE crm ADD COLUMN inquiries int DEFAULT 7;
ALTER TABLE crm ADD COLUMN side text;
SELECT f.calls_, f.visits, f.inquiries, f.source_zillow, f.is_seller
FROM (SELECT (jorge.lead_features(c, '2024-07-01')).* FROM crm c) f0,
     LATERAL (SELECT num_interactions AS calls_, visits, inquiries, source_zillow, is_seller) f;
ALTER TABLE crm ALTER COLUMN visits TYPE numeric USING visits + 0.5;
ALTER TABLE crm RENAME COLUMN inquiries TO questions;
SELECT f.visits, f.inquiries FROM crm c, jorge.lead_features(c, '2024-07-01') f;

-- a row type altered between two calls of one cached expression
CREATE TYPE pg_temp.card AS (visits int);
CREATE FUNCTION pg_temp.visits_of(r record) RETURNS float4 LANGUAGE plpgsql AS $$
BEGIN RETURN (jorge.lead_features(r, '2024-07-01')).visits; END $$;
BEGIN;
SELECT pg_temp.visits_of(ROW(5)::pg_temp.card);
ALTER TYPE pg_temp.card DROP ATTRIBUTE visits, ADD ATTRIBUTE note text, ADD ATTRIBUTE visits float8;
SELECT pg_temp.visits_of(ROW('a note that is no number', 6.5)::pg_temp.card);
COMMIT;

-- several row types at one call site
SELECT f.visits FROM (SELECT 1 AS n, 4 AS visits UNION ALL SELECT 2, 5) r, jorge.lead_features(r, '2024-07-01') f ORDER BY n;
DO $$
DECLARE r record;
BEGIN
    FOR i IN 1..4 LOOP
        IF i % 2 = 1 THEN
            SELECT i AS visits INTO r;
        ELSE
            SELECT 'pad' AS pad, i::numeric AS visits INTO r;
        END IF;
        RAISE NOTICE '%: %', i, (jorge.lead_features(r, '2024-07-01')).visits;
    END LOOP;
END $$;

-- the first of two columns of one name counts; names are exact
SELECT f.visits FROM (SELECT 1 AS visits, 2 AS visits) r, jorge.lead_features(r, '2024-07-01') f;
SELECT f.visits FROM (SELECT 1 AS "Visits") r, jorge.lead_features(r, '2024-07-01') f;

-- inheritance: children with another order of columns, read through the parent and themselves
CREATE TEMP TABLE parent (visits int, source text);
CREATE TEMP TABLE child (source text, more int, visits int);
ALTER TABLE child INHERIT parent;
INSERT INTO parent VALUES (1, 'zillow');
INSERT INTO child VALUES ('ghl', 0, 2);
SELECT f.visits, f.source_zillow, f.source_ghl FROM parent p, jorge.lead_features(p, '2024-07-01') f ORDER BY f.visits;
SELECT f.visits, f.source_ghl FROM child c, jorge.lead_features(c, '2024-07-01') f;

-- partitions, a view, a join, an outer join, a CTE, a composite column, VALUES, a row constructor
CREATE TEMP TABLE parts (at timestamptz, visits int) PARTITION BY RANGE (at);
CREATE TEMP TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
INSERT INTO parts VALUES ('2024-01-05', 8);
SELECT f.visits FROM parts p, jorge.lead_features(p, '2024-07-01') f;
CREATE TEMP VIEW crm_view AS SELECT c.calls, c.visits, p.source FROM crm c CROSS JOIN parent p;
SELECT f.visits, f.num_interactions, f.source_ghl FROM crm_view v, jorge.lead_features(v, '2024-07-01') f ORDER BY f.source_ghl;
SELECT x, (jorge.lead_features(c, '2024-07-01')).visits, jorge.lead_features(c, '2024-07-01') IS NULL AS is_null
FROM generate_series(1, 2) x LEFT JOIN crm c ON c.id = x ORDER BY x;
WITH w AS MATERIALIZED (SELECT visits, calls FROM crm) SELECT f.visits FROM w, jorge.lead_features(w, '2024-07-01') f;
CREATE TEMP TABLE holder (c pg_temp.card);
INSERT INTO holder VALUES (ROW('n', 3)), (NULL);
SELECT f.visits FROM holder h LEFT JOIN LATERAL jorge.lead_features(h.c, '2024-07-01') f ON true ORDER BY 1;
SELECT (jorge.lead_features(h.c, '2024-07-01')).visits FROM holder h ORDER BY 1;
ALTER TYPE pg_temp.card ADD ATTRIBUTE calls int;
SELECT f.visits, f.num_interactions FROM holder h, jorge.lead_features(h.c, '2024-07-01') f ORDER BY 1;
SELECT f.visits IS NULL AS unnamed, f.month FROM jorge.lead_features(ROW(1, 'two', NULL), '2024-07-01 12:00+00') f;
CREATE DOMAIN pg_temp.card_domain AS pg_temp.card;
SELECT f.visits FROM jorge.lead_features(ROW('n', 9, 1)::pg_temp.card::pg_temp.card_domain, '2024-07-01') f;

-- a compressed and a toasted value
CREATE TEMP TABLE big (source text, message text, visits int, text_messages int);
ALTER TABLE big ALTER COLUMN message SET STORAGE EXTERNAL;
INSERT INTO big VALUES (repeat('zillow ', 3000), repeat('word ', 20000), 3, 1), (repeat('y', 3000), NULL, 4, NULL);
SELECT f.visits, f.source_other FROM big b, jorge.lead_features(b, '2024-07-01') f ORDER BY f.visits;

-- immutable: an index can hold it
CREATE TABLE jorge_features_t (id int, visits int, source text, created_at timestamptz);
INSERT INTO jorge_features_t
SELECT i, i % 10, CASE WHEN i % 2 = 0 THEN 'zillow' ELSE 'ghl' END, timestamptz '2024-01-01 00:00+00' + i * interval '1 hour' FROM generate_series(1, 2000) i;
CREATE INDEX jorge_features_vector ON jorge_features_t (jorge.lead_feature_vector(jorge_features_t, '2024-07-01 00:00+00'::timestamptz, 'UTC'));
ANALYZE jorge_features_t;
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan_has(query text, part text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF position(part IN line) > 0 THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;
SELECT pg_temp.plan_has($$SELECT id FROM jorge_features_t t
WHERE jorge.lead_feature_vector(t, '2024-07-01 00:00+00'::timestamptz, 'UTC') = (SELECT jorge.lead_feature_vector(x, '2024-07-01 00:00+00', 'UTC') FROM jorge_features_t x WHERE id = 77)$$,
                        'Index Scan using jorge_features_vector');
SELECT id FROM jorge_features_t t
WHERE jorge.lead_feature_vector(t, '2024-07-01 00:00+00'::timestamptz, 'UTC') = (SELECT jorge.lead_feature_vector(x, '2024-07-01 00:00+00', 'UTC') FROM jorge_features_t x WHERE id = 77);
RESET enable_seqscan;
DROP INDEX jorge_features_vector;

-- parallel safe: workers compute the same, also from anonymous rows
SELECT sum((jorge.lead_features(t, '2024-07-01', 'America/Chicago')).hour_of_day) AS hours, count(DISTINCT jorge.lead_feature_vector(r, '2024-07-01')) AS vectors
INTO TEMP serial_result FROM jorge_features_t t, LATERAL (SELECT t.visits, t.source) r;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT sum((jorge.lead_features(t, '2024-07-01', 'America/Chicago')).hour_of_day) FROM jorge_features_t t;
SELECT (SELECT sum((jorge.lead_features(t, '2024-07-01', 'America/Chicago')).hour_of_day) FROM jorge_features_t t) = hours AS same_hours,
       (SELECT count(DISTINCT jorge.lead_feature_vector(r, '2024-07-01')) FROM jorge_features_t t, LATERAL (SELECT t.visits, t.source) r) = vectors AS same_vectors
FROM serial_result;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
DROP TABLE jorge_features_t;
SELECT provolatile, proparallel, proisstrict, proname FROM pg_proc WHERE pronamespace = 'jorge'::regnamespace AND proname IN ('feature_list', 'lead_feature_vector', 'lead_features') ORDER BY proname;
