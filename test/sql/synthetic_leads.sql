-- jorge.synthetic_leads as a function: shape, determinism, prefixes, arguments.
SET timezone = 'UTC';

-- one row looks like a lead
SELECT count(*) AS leads, count(DISTINCT source) AS sources, count(message) > 300 AS messages,
       count(*) FILTER (WHERE jsonb_typeof(interactions) = 'array') AS conversations
FROM jorge.synthetic_leads();

\x on
SELECT received_at, source, cost, side, message, budget_min, budget_max, timeline, financing, area,
       stage, outcome, outcome_at, drop_reason, sale_price, revenue
FROM jorge.synthetic_leads(3, 42);
\x off

-- the first columns are those of jorge.inquiry, in its order
SELECT string_agg(name, ' ' ORDER BY i) AS columns
FROM unnest((SELECT proargnames FROM pg_proc WHERE oid =
    'jorge.synthetic_leads(integer, integer, double precision)'::regprocedure))
    WITH ORDINALITY AS a(name, i)
WHERE i > 3;

SELECT provolatile, proparallel, proisstrict, prorows
FROM pg_proc WHERE oid = 'jorge.synthetic_leads(integer, integer, double precision)'::regprocedure;

-- the same arguments give the same bytes, on every machine and in every session
CREATE FUNCTION pg_temp.digest(n integer, seed integer, win_rate float8 DEFAULT 0.27) RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(concat_ws('|', received_at, source, source_ref, name, phone, email, message, budget_min,
        budget_max, timeline, financing, area, interactions, stage, outcome, outcome_at, drop_reason, sale_price,
        revenue, encode(float8send(true_probability), 'hex')), E'\n' ORDER BY source_ref))
    FROM jorge.synthetic_leads(n, seed, win_rate) $$;
SELECT pg_temp.digest(500, 1) AS digest;
SELECT pg_temp.digest(500, 1) = pg_temp.digest(500, 1) AS repeats,
       pg_temp.digest(500, 1) <> pg_temp.digest(500, 2) AS seeds_differ,
       pg_temp.digest(500, 1) <> pg_temp.digest(500, -1) AS sign_matters,
       pg_temp.digest(500, 1) <> pg_temp.digest(500, 1, 0.1) AS rates_differ;

-- no session setting matters
SET timezone = 'Asia/Tokyo';
SET datestyle = 'German';
SELECT md5(string_agg(interactions::text || coalesce(message, ''), '' ORDER BY source_ref)) AS tokyo
FROM jorge.synthetic_leads(200)
\gset
RESET datestyle;
SET timezone = 'UTC';
SELECT md5(string_agg(interactions::text || coalesce(message, ''), '' ORDER BY source_ref)) = :'tokyo' AS no_setting_matters
FROM jorge.synthetic_leads(200);

-- a longer run begins with the shorter one
WITH long AS (SELECT row_number() OVER () AS row, l::text AS lead FROM jorge.synthetic_leads(1000) l),
     short AS (SELECT row_number() OVER () AS row, l::text AS lead FROM jorge.synthetic_leads(500) l)
SELECT count(*) AS equal_rows FROM long JOIN short USING (row, lead);

-- the win rate changes the outcomes, never who writes what
SELECT count(*) AS same_people
FROM (SELECT source_ref, message, interactions FROM jorge.synthetic_leads(500, 1, 0.1)
      INTERSECT
      SELECT source_ref, message, interactions FROM jorge.synthetic_leads(500, 1, 0.5)) same;

-- NULL, none, one
SELECT count(*) FROM jorge.synthetic_leads(NULL);
SELECT count(*) FROM jorge.synthetic_leads(0);
SELECT count(*) FROM jorge.synthetic_leads(1);

-- edges of the win rate
SELECT min(true_probability) >= 0 AND max(true_probability) <= 1 AS in_range
FROM jorge.synthetic_leads(2000, 1, 0.001);
SELECT min(true_probability) >= 0 AND max(true_probability) <= 1 AS in_range
FROM jorge.synthetic_leads(2000, 1, 0.9);

-- extremes of the seed
SELECT count(*) FROM jorge.synthetic_leads(10, 2147483647);
SELECT count(*) FROM jorge.synthetic_leads(10, -2147483648);

-- it streams from the select list too, and stops when nobody asks for more
SELECT count(*) FROM (SELECT jorge.synthetic_leads(10000000) LIMIT 3) few;

-- refused
SELECT count(*) FROM jorge.synthetic_leads(-1);
SELECT count(*) FROM jorge.synthetic_leads(10000001);
SELECT count(*) FROM jorge.synthetic_leads(10, 1, 0.0009);
SELECT count(*) FROM jorge.synthetic_leads(10, 1, 0.91);
SELECT count(*) FROM jorge.synthetic_leads(10, 1, 'NaN');
\set VERBOSITY sqlstate
SELECT count(*) FROM jorge.synthetic_leads(-1);
SELECT count(*) FROM jorge.synthetic_leads(10, 1, 'Infinity');

-- a long run can be cancelled
SET statement_timeout = '300ms';
SELECT count(*) FROM jorge.synthetic_leads(10000000);
RESET statement_timeout;
