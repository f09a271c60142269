-- The aggregates: periods, time zones, NULLs, and one result for every order and plan.
\set VERBOSITY terse
SET search_path = public, jorge;
SET DateStyle = ISO;
SET TimeZone = 'Asia/Tokyo';
CREATE TEMP TABLE sale (at timestamptz, amount float8);
INSERT INTO sale VALUES ('2024-01-31 23:30-06', 100), ('2024-02-01 05:30+00', 20), ('2024-02-01 06:30+00', 3), ('2023-12-31 00:00+00', 0.1),
    ('2024-02-29 12:00+00', 0.2), ('2024-02-29 13:00+00', 0.1), (NULL, 5), ('2024-02-02', NULL);
SELECT jorge.series(at, amount) FROM sale;
SELECT jorge.series(at, amount, 'month', 'America/Chicago') FROM sale;
SELECT jorge.series(at, amount, p) FROM sale, unnest('{day,week,month,quarter,year}'::text[]) p GROUP BY p ORDER BY array_position('{day,week,month,quarter,year}', p);
-- dates and wall-clock times belong to the zone they are told, whatever the session's
SELECT jorge.series(d, v) AS dates, jorge.series(d, v, 'day', 'America/Chicago') AS zone FROM (VALUES (date '2024-01-01', 1), ('2024-02-29', 2)) t(d, v);
SELECT jorge.series(t, v) AS times, jorge.series(t, v, 'day', 'America/Chicago') AS zone FROM (VALUES (timestamp '2024-01-31 23:59:59.999999', 1), ('2024-02-01', 2)) t(t, v);
-- days of 23 and 25 hours: each hour in its day
SELECT jorge.series(h, 1, 'day', 'America/Chicago') FROM generate_series(timestamptz '2024-03-09 06:00+00', '2024-03-12 04:00+00', '1 hour') h;
SELECT jorge.series(h, 1, 'day', 'America/Chicago') FROM generate_series(timestamptz '2024-11-02 05:00+00', '2024-11-05 05:00+00', '1 hour') h;
-- before 1970, before Christ, far ahead
SELECT jorge.series(t, 1, p) FROM (VALUES (timestamptz '1969-12-31 23:59:59+00'), ('1970-01-01 00:00+00')) t(t), unnest('{day,week,year}'::text[]) p GROUP BY p ORDER BY p;
SELECT jorge.series(timestamptz '4713-12-31 BC 12:00+00', 1), jorge.series(timestamptz '294276-12-31 23:00+00', 1);
-- no rows, only NULLs, one row, many types
SELECT jorge.series(at, amount) IS NULL AS none FROM sale WHERE false;
SELECT jorge.series(at, amount) IS NULL AS only_nulls FROM sale WHERE at IS NULL OR amount IS NULL;
SELECT jorge.series('2024-05-05', 7) AS one, jorge.series(timestamptz '2024-05-05', 7::numeric) AS "numeric", jorge.series(date '2024-05-05', 7::bigint) AS "bigint";
-- exact: what a plain sum loses
SELECT jorge.series(date '2024-01-01', v ORDER BY o) AS series, sum(v ORDER BY o) AS sum FROM (VALUES (1, 1e300), (2, 1), (3, -1e300), (4, 1e-300)) t(o, v);
SELECT jorge.series(date '2024-01-01', v) FROM (VALUES (1e308::float8), (1e308), (-1e308)) t(v);
-- the same bits in every order, in parts and in parallel
CREATE TEMP TABLE many AS SELECT i, timestamptz '2015-01-01' + hashtext(i::text) % 100000 * interval '1 hour' AS at,
       (hashtext((i * 7)::text) / 100.0)::float8 * 10 ^ (i % 9 - 4) AS v FROM generate_series(1, 20000) i;
CREATE TABLE many_stored AS SELECT * FROM many;
ALTER TABLE many_stored SET (parallel_workers = 2);
ANALYZE many_stored;
SELECT jorge.series(at, v, 'week', 'Europe/Lisbon') AS reference FROM many \gset
SELECT bool_and(s = :'reference') AS same FROM (
    SELECT jorge.series(at, v, 'week', 'Europe/Lisbon' ORDER BY i DESC) AS s FROM many
    UNION ALL SELECT jorge.series(at, v, 'week', 'Europe/Lisbon' ORDER BY at) FROM many
    UNION ALL SELECT jorge.series(at, v, 'week', 'Europe/Lisbon' ORDER BY at DESC) FROM many
    UNION ALL SELECT jorge.series(at, v, 'week', 'Europe/Lisbon' ORDER BY v) FROM many
    UNION ALL SELECT jorge.merge(s) FROM (SELECT jorge.series(at, v, 'week', 'Europe/Lisbon') AS s FROM many GROUP BY i % 13) p
    UNION ALL SELECT jorge.merge(s ORDER BY k DESC) FROM (SELECT i % 997 AS k, jorge.series(at, v, 'week', 'Europe/Lisbon')::text::jorge.series AS s FROM many GROUP BY 1) p) x;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT jorge.series(at, v, 'week', 'Europe/Lisbon') FROM many_stored;
SELECT jorge.series(at, v, 'week', 'Europe/Lisbon') = :'reference' AS same FROM many_stored;
SELECT bool_and(a.s = b.s) AS groups_are_the_same FROM (SELECT i % 5 AS k, jorge.series(at, v) AS s FROM many_stored GROUP BY 1) a
  JOIN (SELECT i % 5 AS k, jorge.series(at, v ORDER BY v) AS s FROM many GROUP BY 1) b USING (k);
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
DROP TABLE many_stored;
-- a running series does not disturb the rows before
SELECT jorge.series(d, v) OVER (ORDER BY d) FROM (VALUES (date '2024-01-01', 1), ('2024-02-01', 2), ('2024-01-15', 4)) t(d, v) ORDER BY d;
-- DISTINCT and FILTER
SELECT jorge.series(DISTINCT d, v) FILTER (WHERE v > 1) FROM (VALUES (date '2024-01-01', 1), ('2024-01-01', 2), ('2024-01-01', 2)) t(d, v);
-- no internal state, every aggregate can be combined and run in parallel
SELECT p.proname, count(*) AS aggregates, bool_and(a.aggtranstype = 'jorge.series'::regtype) AS own_state,
       bool_and(a.aggcombinefn <> 0 AND p.proparallel = 's') AS parallel
  FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE p.prorettype = 'jorge.series'::regtype GROUP BY 1 ORDER BY 1;
-- called outside an aggregate its functions leave their arguments alone
CREATE TEMP TABLE kept AS SELECT jorge.series_of('2024-01-01', ARRAY[1, 2]) AS s;
SELECT jorge.series_accumulate(s, timestamptz '2024-06-01 00:00+00', 5), jorge.series_combine(s, s), jorge.series_final(s) = s AS same, s FROM kept;
SELECT jorge.series_accumulate(NULL, date '2024-06-01', 5), jorge.series_accumulate(NULL, date '2024-06-01', NULL), jorge.series_combine(s, NULL) FROM kept;
-- refused
SELECT jorge.series(at, 'NaN') FROM sale;
SELECT jorge.series(at, '-Infinity') FROM sale;
SELECT jorge.series('infinity'::timestamptz, 1);
SELECT jorge.series('-infinity'::timestamp, 1);
SELECT jorge.series('infinity'::date, 1);
SELECT jorge.series(date '5000000-01-01', 1);
SELECT jorge.series(at, amount, 'decade') FROM sale;
SELECT jorge.series(at, amount, 'month', 'UTC+5') FROM sale;
SELECT jorge.series(at, amount, 'month', '') FROM sale;
SELECT jorge.series(at, amount, repeat('month', 100)) FROM sale;
SELECT jorge.series(at, amount, NULL) FROM sale;
SELECT jorge.series(at, amount, 'month', NULL) FROM sale;
SELECT jorge.series(at, amount, CASE WHEN amount > 50 THEN 'day' ELSE 'month' END) FROM sale;
SELECT jorge.series(at, amount, 'day', CASE WHEN amount > 50 THEN 'UTC' ELSE 'Asia/Tokyo' END) FROM sale;
SELECT jorge.series(d, 1, 'day') FROM (VALUES (date '0024-01-01'), ('2024-01-01')) t(d);
SELECT jorge.series(d, 1e308) FROM (VALUES (date '2024-01-01'), ('2024-01-02')) t(d);
SELECT jorge.merge(s) FROM (VALUES ('month UTC'::jorge.series), ('day UTC')) t(s);
