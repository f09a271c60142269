-- A call with a whole row is planned as one with its columns, where both give the same, and only there.
SET client_min_messages = warning;
SELECT jorge.install();
SET client_min_messages = notice;
SET TimeZone = 'UTC';
\set VERBOSITY terse
-- Which form a query's plan has: columns, row, or both
CREATE FUNCTION pg_temp.form(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP plan := plan || line; END LOOP;
    RETURN concat_ws(', ', CASE WHEN plan ~ 'jorge\.(lead_score|score|lead_features|lead_feature_vector)_columns\(' THEN 'columns' END,
                           CASE WHEN plan ~ 'jorge\.(lead_score|score|lead_features|lead_feature_vector)\(' THEN 'row' END);
END $$;
-- Is there a score? Its value depends on the time where the row tells no arrival.
CREATE FUNCTION pg_temp.given(score float8) RETURNS text LANGUAGE sql AS $$SELECT CASE WHEN score > 0 AND score < 1 THEN 'scored' END$$;

CREATE TABLE crm (id int PRIMARY KEY, junk text, calls int, visits numeric, source text, message text, created_at timestamptz);
INSERT INTO crm VALUES (1, 'x', 2, 3, 'zillow', 'Cash buyer, 400k to 450k, this week', '2026-01-05 10:00+00'),
                       (2, 'y', 0, 0, 'ghl', 'just looking', '2026-01-10 03:00+00'),
                       (3, NULL, NULL, NULL, NULL, NULL, NULL);

-- the rewrite as it is seen
EXPLAIN (VERBOSE, COSTS OFF) SELECT jorge.lead_score(c) FROM crm c;

-- both forms; x.c is a column, so its call stays as it is
SELECT pg_temp.form('SELECT jorge.lead_score(c) FROM crm c') AS whole_row,
       pg_temp.form('SELECT jorge.lead_score(x.c) FROM (SELECT c FROM crm c OFFSET 0) x') AS row_value;
SELECT c.id, pg_temp.given(jorge.lead_score(c)) AS score, jorge.lead_score(c) = jorge.lead_score(x.c) AS same
FROM crm c JOIN (SELECT c, id FROM crm c OFFSET 0) x USING (id) ORDER BY 1;
-- the other functions of a row
SELECT pg_temp.form('SELECT s.* FROM crm c, jorge.score(c) s') AS score, pg_temp.form('SELECT (jorge.score(c)).class FROM crm c') AS score_class,
       pg_temp.form('SELECT jorge.lead_features(c) FROM crm c') AS features, pg_temp.form('SELECT jorge.lead_feature_vector(c) FROM crm c') AS vector;
SELECT c.id, s = jorge.score(x.c) AS same_score, jorge.lead_score(c) = s.probability AS same_probability,
       jorge.lead_features(c) = jorge.lead_features(x.c) AS same_features,
       jorge.lead_feature_vector(c, '2026-02-01', 'America/Chicago') = jorge.lead_feature_vector(x.c, '2026-02-01', 'America/Chicago') AS same_vector,
       jorge.lead_feature_vector(c, NULL) IS NULL AS no_time
FROM crm c JOIN (SELECT c, id FROM crm c OFFSET 0) x USING (id), jorge.score(c) s ORDER BY 1;
SELECT jorge.lead_feature_vector(c, zone => 'Nowhere/Land') FROM crm c;

-- NULL: an outer join's row is NULL and has no score, a row of NULLs is not NULL and has one
SELECT n, pg_temp.given(jorge.lead_score(c)) AS score, jorge.lead_features(c) IS NULL AS no_features, (jorge.score(c)).probability IS NULL AS no_whole_score
FROM generate_series(2, 4) n LEFT JOIN crm c ON c.id = n ORDER BY 1;
SELECT n, pg_temp.given(s.probability) AS score FROM generate_series(2, 4) n LEFT JOIN crm c ON c.id = n LEFT JOIN LATERAL jorge.score(c) s ON true ORDER BY 1;
SELECT pg_temp.form('SELECT jorge.lead_score(c) FROM generate_series(2, 4) n LEFT JOIN crm c ON c.id = n') AS right_of_left_join,
       pg_temp.form('SELECT jorge.lead_score(c) FROM crm c LEFT JOIN generate_series(2, 4) n ON c.id = n') AS left_of_left_join,
       pg_temp.form('SELECT jorge.lead_score(c) FROM crm c RIGHT JOIN generate_series(2, 4) n ON c.id = n') AS left_of_right_join,
       pg_temp.form('SELECT jorge.lead_score(c) FROM generate_series(2, 4) n RIGHT JOIN crm c ON c.id = n') AS right_of_right_join,
       pg_temp.form('SELECT jorge.lead_score(c) FROM generate_series(2, 4) n FULL JOIN crm c ON c.id = n') AS full_join,
       pg_temp.form('SELECT jorge.lead_score(c) FROM generate_series(2, 4) n LEFT JOIN (crm c JOIN crm d USING (id)) ON c.id = n') AS below,
       pg_temp.form('SELECT jorge.lead_score(c) FROM generate_series(2, 4) n LEFT JOIN crm c ON c.id = n WHERE jorge.lead_score(c) > 0') AS filtered;
SELECT n, pg_temp.given(jorge.lead_score(c)) AS score FROM crm c RIGHT JOIN generate_series(3, 4) n ON c.id = n ORDER BY 1;
SELECT n, pg_temp.given(jorge.lead_score(c)) AS score FROM crm c FULL JOIN generate_series(2, 4) n ON c.id = n ORDER BY 1, 2;
SELECT n FROM generate_series(2, 4) n LEFT JOIN crm c ON c.id = n WHERE jorge.lead_score(c) IS NULL;
-- a subquery pulled up under an outer join: strict, and not
SELECT n, pg_temp.given(x.s) AS score, x.t >= 0 AS or_minus_one
FROM generate_series(2, 4) n LEFT JOIN (SELECT id, jorge.lead_score(c) AS s, coalesce(jorge.lead_score(c), -1) AS t FROM crm c) x ON x.id = n ORDER BY 1;
SELECT n, pg_temp.given(jorge.lead_score(x)) AS score FROM generate_series(2, 4) n LEFT JOIN (SELECT id, calls, message FROM crm) x ON x.id = n ORDER BY 1;
SELECT n, pg_temp.given(jorge.lead_score(j)) AS score FROM (generate_series(3, 4) n LEFT JOIN crm c ON c.id = n) j ORDER BY 1;
SELECT id FROM crm c WHERE NOT EXISTS (SELECT FROM crm d WHERE d.id = c.id + 1 AND jorge.lead_score(d) >= 0);
SELECT jorge.lead_score(NULL::crm) IS NULL AS null_row, pg_temp.given(jorge.lead_score(ROW(9, NULL, NULL, NULL, NULL, NULL, NULL)::crm)) AS row_of_nulls;

-- subqueries and views name their columns; volatile ones are computed as they were written
CREATE VIEW crm_view AS SELECT id, calls, source AS first_source, message FROM crm WHERE id < 3;
CREATE VIEW crm_barrier WITH (security_barrier) AS SELECT * FROM crm WHERE id < 3;
SELECT pg_temp.form('SELECT jorge.lead_score(v) FROM crm_view v') AS view, pg_temp.form('SELECT jorge.lead_score(v) FROM crm_barrier v') AS barrier,
       pg_temp.form('SELECT jorge.lead_score(s) FROM (SELECT message, 3 AS calls FROM crm) s') AS subquery,
       pg_temp.form('SELECT jorge.lead_score(s) FROM (SELECT message, random() AS calls FROM crm) s') AS volatile,
       pg_temp.form('SELECT jorge.lead_score(j) FROM (crm c JOIN crm_view v USING (id)) j') AS join,
       pg_temp.form('WITH w AS MATERIALIZED (SELECT * FROM crm) SELECT jorge.lead_score(w) FROM w') AS cte,
       pg_temp.form('SELECT jorge.lead_score(u) FROM (SELECT * FROM crm UNION ALL SELECT * FROM crm) u') AS union_all;
SELECT v.id, pg_temp.given(jorge.lead_score(v)) AS score, jorge.lead_score(v) = jorge.lead_score(x.v) AS same
FROM crm_view v JOIN (SELECT v, id FROM crm_view v OFFSET 0) x USING (id) ORDER BY 1;
SELECT v.id, jorge.lead_score(v) = jorge.lead_score(c) AS same FROM crm_barrier v JOIN crm c USING (id) ORDER BY 1;
SELECT j.id, jorge.lead_score(j) = jorge.lead_score(a) AS first_of_a_name FROM (crm a JOIN (SELECT id, 50 AS calls, 'x' AS note FROM crm) b USING (id)) j JOIN crm a USING (id) ORDER BY 1;
SELECT count(*), count(jorge.lead_score(u)) FROM (SELECT * FROM crm UNION ALL SELECT * FROM crm) u;

-- another level: a correlated subquery sees the row from outside, its own table's row from inside
SELECT pg_temp.form('SELECT (SELECT jorge.lead_score(c)) FROM crm c') AS outer_row,
       pg_temp.form('SELECT (SELECT max(jorge.lead_score(d)) FROM crm d WHERE d.id <= c.id) FROM crm c') AS inner_row;
SELECT c.id, (SELECT jorge.lead_score(c)) = jorge.lead_score(c) AS outer_row,
       (SELECT max(jorge.lead_score(d)) FROM crm d WHERE d.id = c.id) = jorge.lead_score(c) AS inner_row
FROM crm c ORDER BY 1;

-- grouping: an expression, the row, sets that make it NULL
SELECT count(*) FROM crm c GROUP BY jorge.lead_score(c) HAVING jorge.lead_score(c) >= 0 ORDER BY jorge.lead_score(c);
SELECT c.id, pg_temp.given(jorge.lead_score(c)) AS score FROM crm c GROUP BY c.id ORDER BY 1;
SELECT pg_temp.given(jorge.lead_score(c)) AS score, count(*) FROM crm c GROUP BY c ORDER BY 1;
SELECT pg_temp.given(jorge.lead_score(c)) AS score, count(*) FROM crm c GROUP BY GROUPING SETS ((c), ()) ORDER BY 1;
SELECT pg_temp.form('SELECT jorge.lead_score(c) FROM crm c GROUP BY GROUPING SETS ((c), ())') AS grouping_sets;
SELECT c.id, rank() OVER (ORDER BY jorge.lead_score(c)) = rank() OVER (ORDER BY jorge.lead_score(x.c)) AS same_rank FROM crm c JOIN (SELECT c, id FROM crm c OFFSET 0) x USING (id) ORDER BY 1;

-- RETURNING: the row as it was written or deleted
SELECT pg_temp.form('UPDATE crm c SET calls = 5 WHERE id = 2 RETURNING jorge.lead_score(c)') AS update,
       pg_temp.form('DELETE FROM crm c WHERE id = 2 RETURNING jorge.lead_score(c)') AS delete,
       pg_temp.form('INSERT INTO crm AS c (id, calls) VALUES (4, 5) RETURNING jorge.lead_score(c)') AS insert,
       pg_temp.form('INSERT INTO crm AS c (id, calls) VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET calls = 1 WHERE jorge.lead_score(excluded) > 0') AS excluded;
BEGIN;
UPDATE crm c SET calls = 30, visits = o.visits FROM crm o WHERE c.id = 2 AND o.id = 1
RETURNING jorge.lead_feature_vector(c) = jorge.lead_feature_vector((c)::crm) AS same, (jorge.lead_features(c)).visits, (jorge.lead_features(o)).num_interactions;
INSERT INTO crm AS c (id, calls) VALUES (4, 5) RETURNING (jorge.lead_features(c)).num_interactions;
INSERT INTO crm AS c (id, calls) VALUES (4, 7) ON CONFLICT (id) DO UPDATE SET calls = (jorge.lead_features(excluded)).num_interactions + (jorge.lead_features(c)).num_interactions RETURNING calls;
DELETE FROM crm c WHERE id = 4 RETURNING (jorge.lead_features(c)).num_interactions;
MERGE INTO crm c USING generate_series(3, 5) n ON n = c.id WHEN MATCHED AND jorge.lead_score(c) >= 0 THEN UPDATE SET calls = 77 WHEN NOT MATCHED THEN INSERT (id, calls) VALUES (n, 1);
SELECT id, calls FROM crm ORDER BY id;
ROLLBACK;

-- columns dropped, added with a default, renamed, retyped; a saved plan is made again
DROP VIEW crm_barrier;
PREPARE v AS SELECT id, (jorge.lead_features(v)).visits, (jorge.lead_features(v)).num_interactions FROM crm_view v ORDER BY 1;
EXECUTE v;
ALTER VIEW crm_view RENAME COLUMN calls TO visits;
EXECUTE v;
DEALLOCATE v;
DROP VIEW crm_view;
PREPARE p AS SELECT id, (jorge.lead_features(c)).visits, (jorge.lead_features(c)).inquiries, pg_temp.given(jorge.lead_score(c)) AS score FROM crm c ORDER BY id;
EXECUTE p;
ALTER TABLE crm DROP COLUMN junk;
ALTER TABLE crm ADD COLUMN inquiries int DEFAULT 7;
EXECUTE p;
ALTER TABLE crm RENAME COLUMN visits TO tours;
EXECUTE p;
ALTER TABLE crm RENAME COLUMN inquiries TO visits;
EXECUTE p;
ALTER TABLE crm ALTER COLUMN visits TYPE text;
EXECUTE p;
ALTER TABLE crm ALTER COLUMN visits TYPE numeric USING visits::numeric + 0.5;
EXECUTE p;
SELECT c.id, jorge.lead_score(c) = jorge.lead_score(x.c) AS same FROM crm c JOIN (SELECT c, id FROM crm c OFFSET 0) x USING (id) ORDER BY 1;
DEALLOCATE p;

-- inheritance and partitions: children have other positions and columns of their own
CREATE TABLE parent (visits int, source text);
CREATE TABLE child (source text, calls int, message text, visits int);
ALTER TABLE child INHERIT parent;
INSERT INTO parent VALUES (1, 'zillow');
INSERT INTO child VALUES ('ghl', 5, 'x', 2);
SELECT pg_temp.form('SELECT jorge.lead_score(p) FROM parent p') AS parent;
SELECT f.visits, f.source_zillow, f.source_ghl, f.num_interactions FROM parent p, jorge.lead_features(p) f ORDER BY 1;
SELECT (p).visits, jorge.lead_score(p) = jorge.lead_score(x.p) AS same FROM parent p JOIN (SELECT p, visits FROM parent p OFFSET 0) x USING (visits) ORDER BY 1;
UPDATE parent p SET source = 'email' RETURNING p.visits, (jorge.lead_features(p)).source_email, tableoid::regclass;
CREATE TABLE parts (at timestamptz, visits int, source text) PARTITION BY RANGE (at);
CREATE TABLE parts_1 (gone int, source text, visits int, at timestamptz);
ALTER TABLE parts_1 DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
INSERT INTO parts VALUES ('2026-01-05', 8, 'ghl'), ('2026-05-05', 9, 'zillow');
SELECT pg_temp.form('SELECT jorge.lead_score(p) FROM parts p') AS partitioned;
SELECT f.visits, f.source_ghl, f.source_zillow, jorge.lead_score(p) = jorge.lead_score(x.p) AS same
FROM parts p JOIN (SELECT p, at FROM parts p OFFSET 0) x USING (at), jorge.lead_features(p) f ORDER BY 1;

-- a row without any column we know; columns that can't be read
CREATE TABLE strange (a int, b text);
INSERT INTO strange VALUES (1, 'x');
SELECT jorge.lead_score(s) FROM strange s;
SELECT pg_temp.form('SELECT jorge.lead_score(s) FROM strange s') AS strange;
SELECT jorge.lead_score(s) FROM (SELECT '{}'::jsonb AS visits FROM strange) s;
SELECT jorge.lead_score(s) FROM strange s WHERE false;
-- a table's large columns that no feature needs are not read
CREATE TABLE wide (visits int, blob text);
ALTER TABLE wide ALTER COLUMN blob SET STORAGE EXTERNAL;
INSERT INTO wide VALUES (3, repeat('x', 100000));
CREATE FUNCTION pg_temp.toast_reads() RETURNS bigint LANGUAGE sql AS
    $$SELECT pg_stat_get_xact_blocks_fetched(reltoastrelid) FROM pg_class WHERE oid = 'public.wide'::regclass$$;
BEGIN;
SELECT pg_temp.toast_reads() AS before \gset
SELECT jorge.lead_score(w) > 0 AS scored FROM wide w;
SELECT pg_temp.toast_reads() - :before AS by_columns;
SELECT jorge.lead_score(x.w) > 0 AS scored FROM (SELECT w FROM wide w OFFSET 0) x;
SELECT pg_temp.toast_reads() > :before AS by_row;
COMMIT;

-- an expression index on the whole row is still found, and others don't hinder
CREATE TABLE indexed AS SELECT n AS id, n % 10 AS visits FROM generate_series(1, 1000) n;
CREATE INDEX ON indexed (id);
SELECT pg_temp.form('SELECT jorge.lead_feature_vector(t, ''2026-01-01'', ''UTC'') FROM indexed t') AS plain_index;
CREATE INDEX indexed_vector ON indexed (jorge.lead_feature_vector(indexed, '2026-01-01 00:00+00'::timestamptz, 'UTC'));
SELECT pg_temp.form('SELECT jorge.lead_feature_vector(t, ''2026-01-01'', ''UTC'') FROM indexed t') AS row_index,
       pg_temp.form('SELECT jorge.lead_score(t) FROM indexed t') AS stable_function;

-- row security and rights: the policy holds in both forms; without the right to call the function there is no way round
CREATE ROLE score_reader;
ALTER TABLE crm ENABLE ROW LEVEL SECURITY;
CREATE POLICY above_one ON crm USING (id > 1);
GRANT SELECT ON crm TO score_reader;
GRANT USAGE ON SCHEMA jorge TO score_reader;
SET ROLE score_reader;
SELECT pg_temp.form('SELECT jorge.lead_score(c) FROM crm c') AS row_security;
SELECT c.id, jorge.lead_score(c) = jorge.lead_score(x.c) AS same FROM crm c JOIN (SELECT c, id FROM crm c OFFSET 0) x USING (id) ORDER BY 1;
RESET ROLE;
REVOKE EXECUTE ON FUNCTION jorge.lead_score(record) FROM PUBLIC;
SET ROLE score_reader;
SELECT jorge.lead_score(c) FROM crm c;
RESET ROLE;
GRANT EXECUTE ON FUNCTION jorge.lead_score(record) TO PUBLIC;
REVOKE SELECT ON crm FROM score_reader;
GRANT SELECT (id, calls) ON crm TO score_reader;
SET ROLE score_reader;
SELECT jorge.lead_score(c) FROM crm c;
RESET ROLE;

-- called by hand, the columns' form says what it needs
SELECT jorge.lead_score_columns(NULL, 1);
SELECT jorge.lead_score_columns(ARRAY['calls', 'visits'], 1);
SELECT jorge.lead_score_columns(ARRAY[source], 1) FROM crm;
SELECT jorge.lead_score_columns(ARRAY['calls'], VARIADIC ARRAY[1]);
SELECT jorge.lead_score_columns(ARRAY['calls'], 'x'::text);
SELECT jorge.lead_score_columns(ARRAY['nothing'], 1);
SELECT jorge.lead_score_columns(ARRAY['calls', 'calls'], 1, 2) = jorge.lead_score(r) AS same FROM (SELECT 1 AS calls) r;

-- workers compute the same bits
CREATE TABLE many AS SELECT n AS id, n % 7 AS calls, n % 3 AS visits, CASE n % 4 WHEN 0 THEN 'zillow' WHEN 1 THEN 'ghl' END AS source,
    (n * 1000.25)::numeric AS budget_min, timestamptz '2026-01-01' + n * interval '1 hour' AS created_at, n % 5 AS text_messages, n * 11 AS text_words FROM generate_series(1, 3000) n;
BEGIN;
CREATE TEMP TABLE serial AS
SELECT sum(hashfloat8extended(jorge.lead_score(m), 0)) AS score, sum(hashtextextended(jorge.lead_features(m, '2026-06-01')::text, 0)) AS features,
       sum(hash_array_extended(jorge.lead_feature_vector(m, '2026-06-01'), 0)) AS vector, sum(hashtextextended(s::text, 0)) AS whole
  FROM many m, jorge.score(m) s;
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2; SET LOCAL parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT sum(hashfloat8extended(jorge.lead_score(m), 0)) FROM many m;
SELECT sum(hashfloat8extended(jorge.lead_score(m), 0)) = (SELECT score FROM serial) AS score,
       sum(hashtextextended(jorge.lead_features(m, '2026-06-01')::text, 0)) = (SELECT features FROM serial) AS features,
       sum(hash_array_extended(jorge.lead_feature_vector(m, '2026-06-01'), 0)) = (SELECT vector FROM serial) AS vector,
       sum(hashtextextended(s::text, 0)) = (SELECT whole FROM serial) AS whole
  FROM many m, jorge.score(m) s;
COMMIT;

DROP TABLE crm, child, parent, parts, strange, wide, indexed, many;
REVOKE USAGE ON SCHEMA jorge FROM score_reader;
DROP ROLE score_reader;
