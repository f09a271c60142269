-- lead_what_if() of any row: contracts of keys, values and answers without the managed tables' help.
SET client_min_messages = warning;
BEGIN;
SELECT jorge.install() \g /dev/null
CREATE TEMP TABLE arrival AS SELECT 'zillow' AS source, 'buyer' AS side, 'pre-approved, $450k' AS message, 'note' AS remark, 0 AS visits, timestamptz '2026-03-02 15:00+00' AS received_at;

SELECT pg_typeof(w.moved), pg_typeof(w.unused), w.score_before = 100 * jorge.lead_score(r) AS before, w.score_after > w.score_before AS lifts FROM arrival r, jorge.lead_what_if(r, '{"timeline_urgency": 1}') w;
SELECT w.moved -> 0 ->> 'feature' AS first, w.moved -> 0 -> 'value_before' AS before, w.moved -> 0 -> 'value_after' AS after,
       (SELECT array_agg(k ORDER BY k) FROM jsonb_object_keys(w.moved -> 0) k) AS keys FROM arrival r, jorge.lead_what_if(r, '{"timeline_urgency": 0.9}') w;
SELECT unused, difference FROM arrival r, jorge.lead_what_if(r, '{"remark": {"any": ["thing"]}, "remark": 1}') w;
-- a key that is a column and a feature is the column: what follows from it follows
SELECT a.score_after = b.score_after AS equal FROM arrival r, jorge.lead_what_if(r, '{"visits": 2}') a, (SELECT r.*, 2 AS v FROM arrival r) x,
       LATERAL (SELECT 100 * jorge.lead_score(y) AS score_after FROM (SELECT x.source, x.side, x.message, x.v AS visits, x.received_at) y) b;
-- a column that the row lacks
SELECT difference <> 0 AS differs FROM arrival r, jorge.lead_what_if(r, '{"financing": "cash", "timeline": "asap"}') w;
-- null = not known
SELECT w.score_after < w.score_before AS falls FROM arrival r, jorge.lead_what_if(r, '{"financing_readiness": null}') w;
SELECT w IS NULL AS nothing FROM arrival r, jorge.lead_what_if(NULL::arrival, '{}') w LIMIT 1;

-- refused
CREATE FUNCTION pg_temp.refusal(changes jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    RETURN (SELECT w.difference FROM arrival r, jorge.lead_what_if(r, changes) w);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(hint, ''));
END $$;
SELECT changes, pg_temp.refusal(changes::jsonb)
  FROM (VALUES (1, '{"nosuch": 1}'), (2, '{"": 1}'), (3, '{"budget": 1}'), (4, '{"first_responce_hours": 1}'), (5, '{"remarks": 1}'), (6, '{"family": 1}'),
               (7, '{"timeline_urgency": "soon"}'), (8, '{"visits": {"add": null}}'), (9, '{"visits": {"add": 1, "x": 2}}'), (10, '{"side": 1}'), (11, '{"message": 5}'),
               (12, '{"received_at": "2026-13-01"}'), (13, '{"received_at": "soon"}'), (14, '{"received_at": 1}'), (15, '"x"'), (16, '[]'), (17, '{"timeline_urgency": 1e300}'), (18, format('{"%s": 1}', repeat('x', 100)))) v(n, changes)
 ORDER BY n;
DELETE FROM jorge.model_active;
SELECT pg_temp.refusal('{}');
ROLLBACK;
