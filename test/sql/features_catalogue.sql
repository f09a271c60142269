-- The feature catalogue is complete, documented, and agrees with the type and the vector.
SELECT count(*) AS features, count(*) FILTER (WHERE NOT protected) >= 28 AS enough_unprotected FROM jorge.feature;

-- names are unique, positions run from 1 without a gap
SELECT count(DISTINCT name) = count(*) AS unique_names,
       array_agg(position ORDER BY position) = array_agg(n::int ORDER BY n) AS gapless
FROM (SELECT *, row_number() OVER (ORDER BY position) AS n FROM jorge.feature) f;

-- nothing is left undocumented
SELECT name FROM jorge.feature
WHERE coalesce(trim(name), '') = '' OR coalesce(trim(unit), '') = '' OR coalesce(trim(range), '') = ''
   OR coalesce(trim(description), '') = '' OR coalesce(trim(missing), '') = '' OR protected IS NULL;
SELECT objoid::regclass, count(*) FILTER (WHERE objsubid = 0) AS view, count(*) FILTER (WHERE objsubid > 0) AS columns
FROM pg_description
WHERE classoid = 'pg_class'::regclass AND objoid = 'jorge.feature'::regclass
GROUP BY objoid;

-- exactly the two stand-ins for protected classes are protected
SELECT name FROM jorge.feature WHERE protected ORDER BY name;

-- the order is a contract: a model knows features by it
SELECT position, name, unit, range, protected FROM jorge.feature ORDER BY position;

-- the type has one float4 column a feature, in the same order
SELECT array_agg(a.attname::text ORDER BY a.attnum) = (SELECT array_agg(name ORDER BY position) FROM jorge.feature) AS same_order,
       bool_and(a.atttypid = 'float4'::regtype) AS all_float4
FROM pg_attribute a JOIN pg_type t ON t.typrelid = a.attrelid
WHERE t.oid = 'jorge.features'::regtype AND a.attnum > 0 AND NOT a.attisdropped;

-- row and vector hold the same values
CREATE TEMP TABLE both_forms AS
SELECT v, to_jsonb(f) AS f
FROM (SELECT jorge.lead_feature_vector(r, '2024-05-01 12:00+00') AS v, jorge.lead_features(r, '2024-05-01 12:00+00') AS f
      FROM (VALUES (500000, 'zillow', 3, 40, 2)) AS r (budget_max, source, text_messages, text_length, calls)) x;
SELECT array_length(v, 1) = (SELECT count(*) FROM jorge.feature) AS full_length, array_lower(v, 1) AS first,
       (SELECT count(*) FROM jorge.feature c WHERE (f ->> c.name)::float4 IS DISTINCT FROM v[c.position]) AS differences,
       array_position(v, NULL) IS NOT NULL AS has_nulls
FROM both_forms;

-- everybody may read it
CREATE ROLE regress_features_reader;
SET ROLE regress_features_reader;
SELECT count(*) > 0 AS readable FROM jorge.feature;
RESET ROLE;
DROP ROLE regress_features_reader;

-- a type of another version: fewer attributes are shown as they are, unknown ones are an error with a hint
BEGIN;
ALTER TYPE jorge.features DROP ATTRIBUTE visits;
SELECT to_jsonb(jorge.lead_features(r, '2024-05-01 12:00+00')) ? 'visits' AS has_visits,
       (jorge.lead_features(r, '2024-05-01 12:00+00')).inquiries
FROM (SELECT 4 AS inquiries, 2 AS visits) r;
ROLLBACK;
BEGIN;
ALTER TYPE jorge.features ADD ATTRIBUTE of_tomorrow float4;
SELECT jorge.lead_features(r) FROM (SELECT 1 AS calls) r;
ROLLBACK;
BEGIN;
ALTER TYPE jorge.features DROP ATTRIBUTE visits, ADD ATTRIBUTE visits float8;
SELECT jorge.lead_features(r) FROM (SELECT 1 AS calls) r;
ROLLBACK;

-- the type grows between two calls of one cached plan
BEGIN;
CREATE FUNCTION pg_temp.grow() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r record;
BEGIN
    FOR i IN 1..2 LOOP
        IF i = 2 THEN
            ALTER TYPE jorge.features ADD ATTRIBUTE of_tomorrow float4;
        END IF;
        SELECT i AS visits INTO r;
        RAISE NOTICE 'call %: %', i, (jorge.lead_features(r, '2024-05-01 12:00+00')).visits;
    END LOOP;
    RETURN 'unreachable';
END $$;
\set SHOW_CONTEXT never
SELECT pg_temp.grow();
ROLLBACK;
