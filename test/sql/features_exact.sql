-- Quick ways to a feature give what the server's own functions give: numbers of type numeric, clocks of zones, words of fields.
SET TimeZone = 'UTC';

-- numeric: a multiplication or division where that is exact, else the server's conversion
CREATE TEMP TABLE numbers AS
SELECT x FROM (SELECT round((random() * 10 ^ (n % 13))::numeric, n % 12) AS x FROM generate_series(1, 20000) n
    UNION ALL SELECT n::numeric / 100 FROM generate_series(1, 20000) n
    UNION ALL SELECT (random()::numeric * random()::numeric) / (10::numeric ^ (n % 30)) FROM generate_series(1, 20000) n
    UNION ALL SELECT (n * 37)::numeric / (10::numeric ^ (n % 6)) FROM generate_series(1, 20000) n
    UNION ALL SELECT 90071992.54740992 + n * 0.00000001 FROM generate_series(-100, 100) n
    UNION ALL SELECT unnest(ARRAY[0, 0.000, 0.1, 0.30000000000000004, 123456789.01234567890123456789, 999999999.99999999999999999999]::numeric[])) n
WHERE x <= 1e9;
SELECT count(*) > 75000 AS many, count(*) FILTER (WHERE f.inquiries IS DISTINCT FROM x::float8::float4) AS differ
FROM numbers, LATERAL (SELECT x AS inquiries) r, jorge.lead_features(r, '2026-01-01') f;
SELECT n, f.inquiries FROM (VALUES (1, 'NaN'::numeric), (2, 'Infinity'), (3, '-Infinity'), (4, -1), (5, 1e400), (6, 1000000000), (7, 1000000001), (8, 1e-400)) v(n, x),
     LATERAL (SELECT x AS inquiries) r, jorge.lead_features(r, '2026-01-01') f ORDER BY n;

-- clocks: across every change of these zones, twice a year or several times within weeks, and far away in time
WITH zones(zone) AS (VALUES ('UTC'), ('America/Chicago'), ('America/New_York'), ('Europe/Madrid'), ('Africa/Casablanca'), ('Asia/Kathmandu'), ('Pacific/Apia'),
                            ('Africa/Monrovia'), ('Antarctica/Troll'), ('Australia/Lord_Howe'), ('America/Argentina/San_Luis'), ('Africa/Cairo')),
     times(at) AS (SELECT generate_series(timestamptz '1880-01-01 00:00:01.5+00', '2110-01-01', interval '149 hours 37 minutes')
                   UNION ALL SELECT generate_series(timestamptz '2004-01-01 00:00+00', '2012-01-01', interval '5 hours')
                   UNION ALL SELECT unnest(ARRAY['4713-12-01 00:00+00 BC', '0001-03-01 23:59:59.999999+00', '0001-02-28 BC', '2000-02-29', '1999-12-31 23:59:59.999999+00', '2100-02-28 23:00+00', '9999-12-31',
                                                 '294276-12-30 23:59:59+00', '1969-12-31 23:59:59.999999+00', '1600-02-29', '1900-02-28 23:30+00']::timestamptz[]))
SELECT zone, count(*) > 27000 AS many,
       count(*) FILTER (WHERE (f.hour_of_day, f.day_of_week, f.month) IS DISTINCT FROM
                              (extract(hour FROM wall)::float4, extract(isodow FROM wall)::float4 - 1, extract(month FROM wall)::float4)) AS differ
FROM zones, times, LATERAL (SELECT at AS created_at) r, LATERAL (SELECT at AT TIME ZONE zone AS wall) w, jorge.lead_features(r, 'infinity', zone) f
GROUP BY zone ORDER BY zone;

-- fields: the same text again, one that differs by a byte, one too long to be remembered; sources and sides in any dress
SELECT n, f.timeline_urgency = s.timeline_urgency AS urgency, f.financing_readiness = s.financing_readiness AS readiness, f.timeline_urgency, f.financing_readiness
FROM (VALUES (1, 'ASAP, pre-approved'), (2, 'ASAP, pre-approved'), (3, 'ASAP, pre-approved.'), (4, 'next year, cash'), (5, 'ASAP, pre-approved'), (6, repeat(' ', 50) || 'in 3 months, need a lender')) v(n, x),
     LATERAL (SELECT x AS timeline, x AS financing) r, jorge.lead_features(r, '2026-01-01') f, jorge.text_signals(x) s ORDER BY n;
SELECT n, f.source_ghl, f.source_realtor_com, f.source_other, f.is_seller
FROM (VALUES (1, 'GHL', ' Seller '), (2, 'realtor.com', 'BOTH'), (3, 'Realtor Com', 'sellers'), (4, E'\tghl\n', 'buyer'), (5, 'ghlx', ''), (6, 'gh', NULL), (7, repeat('ghl', 20), repeat('buyer', 20)), (8, ' ', ' ')) v(n, x, y),
     LATERAL (SELECT x AS source, y AS side) r, jorge.lead_features(r, '2026-01-01') f ORDER BY n;

-- the row as it is stored (read from the tuple) and its columns (taken apart by the server), of every type, with NULLs anywhere
CREATE TABLE kinds (first_source varchar(30), pad "char", budget_min numeric, inbound boolean, created_at date, side char(9), visits smallint, calls int,
    budget_max float4, timeline name, inquiries bigint, note text, reply_seconds float8, replies smallint, received_at timestamp, uid uuid, city text,
    first_seen_at timestamptz, text_messages int, text_length bigint, text_words smallint, text_sentiment float4, text_intent float8, tags text[], outbound boolean, text_family_size smallint);
CREATE FUNCTION pg_temp.maybe(anyelement) RETURNS anyelement LANGUAGE sql VOLATILE AS 'SELECT CASE WHEN random() < 0.6 THEN $1 END';
INSERT INTO kinds SELECT pg_temp.maybe('zillow'::varchar), pg_temp.maybe('x'::"char"), pg_temp.maybe(round((random() * 1e6)::numeric, n % 5)), pg_temp.maybe(n % 2 = 0), pg_temp.maybe(date '2025-01-01' + n % 400),
       pg_temp.maybe('buyer'::bpchar), pg_temp.maybe((n % 9)::smallint), pg_temp.maybe(n % 8), pg_temp.maybe((random() * 1e6)::float4), pg_temp.maybe('asap'::name), pg_temp.maybe((n % 5)::bigint),
       pg_temp.maybe(repeat('note ', n % 300)), pg_temp.maybe(random() * 1e5), pg_temp.maybe((n % 4)::smallint), pg_temp.maybe(timestamp '2025-03-01' + n * interval '1 hour'), pg_temp.maybe(gen_random_uuid()),
       pg_temp.maybe(repeat('Austin ', n % 500)), pg_temp.maybe(timestamptz '2025-03-01 00:00+00' + n * interval '3 hours'), pg_temp.maybe(n % 3), pg_temp.maybe((n * 7)::bigint), pg_temp.maybe((n % 90)::smallint),
       pg_temp.maybe(random()::float4), pg_temp.maybe(random()), pg_temp.maybe('{a,b}'::text[]), pg_temp.maybe(n % 3 = 0), pg_temp.maybe((n % 6)::smallint) FROM generate_series(1, 3000) n;
SELECT count(*), count(*) FILTER (WHERE x.by_columns IS DISTINCT FROM jorge.lead_feature_vector(x.k, '2026-06-01')) AS differ, count(DISTINCT x.by_columns) > 2500 AS many
FROM (SELECT k, jorge.lead_feature_vector(k, '2026-06-01') AS by_columns FROM kinds k OFFSET 0) x;
-- and after columns came, with a default that old rows don't store, and went
ALTER TABLE kinds ADD COLUMN interactions numeric DEFAULT 12.5, DROP COLUMN pad, DROP COLUMN note, ADD COLUMN text_questions int DEFAULT 3;
INSERT INTO kinds (visits, text_messages, text_questions) VALUES (1, 1, NULL), (2, 2, 4);
SELECT count(*), count(*) FILTER (WHERE x.by_columns IS DISTINCT FROM jorge.lead_feature_vector(x.k, '2026-06-01')) AS differ,
       count(*) FILTER (WHERE x.by_columns[19] = 12.5::float4) AS with_default
FROM (SELECT k, jorge.lead_feature_vector(k, '2026-06-01') AS by_columns FROM kinds k OFFSET 0) x;
DROP TABLE kinds;
