-- Columns are read by name from every accepted type, and any other type is an error that says what to do.
-- numbers (visits is shown as it was read)
CREATE DOMAIN pg_temp.small_count AS int2 CHECK (VALUE >= 0);
CREATE DOMAIN pg_temp.smaller_count AS pg_temp.small_count;
SELECT (jorge.lead_features(a, '2024-07-01')).visits AS int2, (jorge.lead_features(b, '2024-07-01')).visits AS int4,
       (jorge.lead_features(c, '2024-07-01')).visits AS int8, (jorge.lead_features(d, '2024-07-01')).visits AS float4,
       (jorge.lead_features(e, '2024-07-01')).visits AS float8, (jorge.lead_features(f, '2024-07-01')).visits AS numeric,
       (jorge.lead_features(g, '2024-07-01')).visits AS true, (jorge.lead_features(h, '2024-07-01')).visits AS false,
       (jorge.lead_features(i, '2024-07-01')).visits AS domain
FROM (SELECT 2::int2 AS visits) a, (SELECT 3 AS visits) b, (SELECT 4::int8 AS visits) c, (SELECT 5.5::float4 AS visits) d,
     (SELECT 6.25::float8 AS visits) e, (SELECT 7.125::numeric AS visits) f, (SELECT true AS visits) g, (SELECT false AS visits) h,
     (SELECT 9::pg_temp.smaller_count AS visits) i;
-- the same beside columns of every length and alignment
SELECT (jorge.lead_features(r, '2024-07-01')).visits
FROM (SELECT 'c'::"char" AS a, 'longer'::text AS b, 1::int2 AS c, NULL::numeric AS d, 'x'::name AS e, 8::int8 AS visits, 'z'::text AS f) r;

-- times
CREATE DOMAIN pg_temp.moment AS timestamptz;
SELECT (jorge.lead_features(a, '2025-01-01')).hour_of_day AS timestamptz, (jorge.lead_features(b, '2025-01-01')).hour_of_day AS timestamp,
       (jorge.lead_features(c, '2025-01-01')).month AS date, (jorge.lead_features(d, '2025-01-01')).hour_of_day AS domain
FROM (SELECT timestamptz '2024-03-05 15:00+00' AS created_at) a, (SELECT timestamp '2024-03-05 15:00' AS created_at) b,
     (SELECT date '2024-03-05' AS created_at) c, (SELECT '2024-03-05 15:00+00'::pg_temp.moment AS created_at) d;
-- infinite ones are missing, so as_of stands; a date beyond the calendar of timestamps is infinite
SELECT (jorge.lead_features(r, '2024-12-15')).month FROM (SELECT 'infinity'::timestamp AS created_at) r
UNION ALL SELECT (jorge.lead_features(r, '2024-12-15')).month FROM (SELECT date 'infinity' AS created_at) r
UNION ALL SELECT (jorge.lead_features(r, '2024-12-15')).month FROM (SELECT date '-infinity' AS created_at) r
UNION ALL SELECT (jorge.lead_features(r, 'infinity')).month FROM (SELECT date '5874897-12-31' AS created_at) r
UNION ALL SELECT (jorge.lead_features(r, 'infinity')).month FROM (SELECT date '294277-01-01' AS created_at) r
UNION ALL SELECT (jorge.lead_features(r, 'infinity')).month FROM (SELECT date '294276-11-30' AS created_at) r
UNION ALL SELECT (jorge.lead_features(r, 'infinity')).month FROM (SELECT date '4713-01-01 BC' AS created_at) r;

-- texts
CREATE TYPE pg_temp.side_enum AS ENUM ('buyer', 'seller', 'both');
CREATE DOMAIN pg_temp.side_domain AS pg_temp.side_enum;
CREATE DOMAIN pg_temp.side_text AS varchar(10);
SELECT (jorge.lead_features(a, '2024-07-01')).is_seller AS text, (jorge.lead_features(b, '2024-07-01')).is_seller AS varchar,
       (jorge.lead_features(c, '2024-07-01')).is_seller AS char, (jorge.lead_features(d, '2024-07-01')).is_seller AS name,
       (jorge.lead_features(e, '2024-07-01')).is_seller AS enum, (jorge.lead_features(f, '2024-07-01')).is_seller AS enum_domain,
       (jorge.lead_features(g, '2024-07-01')).is_seller AS text_domain
FROM (SELECT 'seller'::text AS side) a, (SELECT 'seller'::varchar AS side) b, (SELECT 'seller'::char(40) AS side) c, (SELECT 'seller'::name AS side) d,
     (SELECT 'seller'::pg_temp.side_enum AS side) e, (SELECT 'seller'::pg_temp.side_domain AS side) f, (SELECT 'seller'::pg_temp.side_text AS side) g;
-- an enum's labels change between two calls
BEGIN;
CREATE FUNCTION pg_temp.is_seller(s pg_temp.side_enum) RETURNS float4 LANGUAGE sql AS
    $$ SELECT (jorge.lead_features(r, '2024-07-01')).is_seller FROM (SELECT s AS side) r $$;
SELECT pg_temp.is_seller('seller');
ALTER TYPE pg_temp.side_enum RENAME VALUE 'seller' TO 'owner';
SELECT pg_temp.is_seller('owner') IS NULL AS unknown_now;
ROLLBACK;
-- an empty text, one of only white space
SELECT (jorge.lead_features(r, '2024-07-01')).location_specificity IS NULL AS missing FROM (SELECT ''::text AS street) r
UNION ALL SELECT (jorge.lead_features(r, '2024-07-01')).location_specificity IS NULL FROM (SELECT E' \t\n'::text AS street) r
UNION ALL SELECT (jorge.lead_features(r, '2024-07-01')).location_specificity IS NULL FROM (SELECT ''::char(5) AS street) r;

-- every other type under a known name is an error
SELECT jorge.lead_features(r) FROM (SELECT '{"a": 1}'::jsonb AS interactions) r;
SELECT jorge.lead_features(r) FROM (SELECT now()::text AS created_at) r;
SELECT jorge.lead_features(r) FROM (SELECT 1 AS side) r;
\set VERBOSITY sqlstate
SELECT jorge.lead_features(r) FROM (SELECT '5'::text AS visits) r;
SELECT jorge.lead_features(r) FROM (SELECT 5::money AS budget_min) r;
SELECT jorge.lead_features(r) FROM (SELECT interval '1 day' AS reply_seconds) r;
SELECT jorge.lead_features(r) FROM (SELECT time '12:00' AS created_at) r;
SELECT jorge.lead_features(r) FROM (SELECT 1700000000 AS created_at) r;
SELECT jorge.lead_features(r) FROM (SELECT ARRAY['zillow'] AS source) r;
SELECT jorge.lead_features(r) FROM (SELECT 'x'::bytea AS message) r;
SELECT jorge.lead_features(r) FROM (SELECT ROW(1) AS message) r;
SELECT jorge.lead_feature_vector(r) FROM (SELECT NULL::jsonb AS interactions) r;
\set VERBOSITY default
-- a NULL literal without a type is text
SELECT (jorge.lead_features(r, '2024-07-01 12:00+00')).month FROM (SELECT NULL AS message) r;
-- an error leaves nothing behind: the same call site reads the next row type
CREATE FUNCTION pg_temp.visits_of(q text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
    EXECUTE q INTO r;
    RETURN (jorge.lead_features(r, '2024-07-01')).visits;
EXCEPTION WHEN datatype_mismatch THEN
    RETURN 'refused';
END $$;
SELECT pg_temp.visits_of(q) FROM (VALUES (1, 'SELECT 3 AS visits'), (2, 'SELECT ''3''::text AS visits'), (3, 'SELECT 0 AS x, 4 AS visits'),
                                         (4, 'SELECT ''4''::text AS visits'), (5, 'SELECT 3 AS visits')) v (n, q) ORDER BY n;
