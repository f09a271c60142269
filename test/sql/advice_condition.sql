-- Conditions of rules: what holds, of what is known and what is not, and what is refused.
\set VERBOSITY terse
CREATE TEMP TABLE facts AS SELECT '{"score": 50, "class": "WARM", "stopped": false, "urgency": 0.85, "side": null}'::jsonb AS facts;

-- scalars, lists, operators, unknown facts, joins
SELECT condition, jorge.condition_met(condition::jsonb, facts) AS met
  FROM facts, (VALUES (1, '{}'), (2, '{"score": 50}'), (3, '{"score": 50.0}'), (4, '{"score": 51}'), (5, '{"score": "50"}'), (6, '{"class": "WARM"}'), (7, '{"class": "warm"}'),
                      (8, '{"class": ["HOT", "WARM"]}'), (9, '{"class": []}'), (10, '{"stopped": false}'), (11, '{"stopped": true}'),
                      (12, '{"score": {">": 50}}'), (13, '{"score": {">=": 50}}'), (14, '{"score": {"<": 50}}'), (15, '{"score": {"<=": 50}}'), (16, '{"score": {"=": 50}}'), (17, '{"score": {"<>": 50}}'),
                      (18, '{"score": {">": 10, "<": 60}}'), (19, '{"score": {">": 10, "<": 20}}'), (20, '{"score": {"in": [1, 50]}}'), (21, '{"urgency": {">=": 0.85}}'),
                      (22, '{"side": null}'), (23, '{"side": "buyer"}'), (24, '{"side": {"<>": "buyer"}}'), (25, '{"not": {"side": "buyer"}}'), (26, '{"side": [null, "buyer"]}'), (27, '{"side": {"known": false}}'),
                      (28, '{"score": null}'), (29, '{"score": {"known": true}}'), (30, '{"nowhere": null}'), (31, '{"nowhere": {">": 0}}'),
                      (32, '{"score": 50, "class": "HOT"}'), (33, '{"any": [{"score": 1}, {"class": "WARM"}]}'), (34, '{"any": []}'), (35, '{"all": []}'), (36, '{"all": [{"score": 50}, {"class": "HOT"}]}'),
                      (37, '{"any": [{"not": {"all": [{"score": 50}]}}, {"any": [{"class": "WARM"}]}]}'), (38, '{"class": {">": "A"}}'), (39, '{"score": {"=>": 1}}')) v(n, condition)
 ORDER BY n;
SELECT jorge.condition_met(NULL, facts) IS NULL AS null_condition, jorge.condition_met('{}', NULL) IS NULL AS null_facts FROM facts;
SELECT jorge.condition_met('[]', '{}') AS list, jorge.condition_met('1', '{}') AS scalar;
SELECT jorge.condition_met('{}', '[]');
-- nesting has an end
SELECT jorge.condition_met((repeat('{"not": ', 50) || '{}' || repeat('}', 50))::jsonb, '{}') AS fifty;

-- what a rule table refuses
CREATE FUNCTION pg_temp.refusal(condition jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    RETURN jorge.condition_check(condition, '{"score": "number", "class": "text", "stopped": "boolean", "timeline_urgency": "number"}');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN SQLSTATE || ' ' || SQLERRM || CASE WHEN hint LIKE 'Perhaps%' OR hint LIKE 'See%' THEN ' | ' || hint ELSE '' END;
END $$;
SELECT condition, pg_temp.refusal(condition::jsonb)
  FROM (VALUES (1, '{}'), (2, '{"score": {">=": 1, "<": 2}, "class": ["HOT", null], "stopped": true, "not": {"any": [{"class": null}, {}]}}'),
               (3, '{"scor": 1}'), (4, '{"timeline_urgancy": 1}'), (5, '{"timeline": 1}'), (6, '{"xyzzy": 1}'), (7, '{"score": "1"}'), (8, '{"class": 1}'), (9, '{"stopped": "no"}'),
               (10, '{"score": {"=>": 1}}'), (11, '{"class": {">": "A"}}'), (12, '{"score": {">": "1"}}'), (13, '{"score": {">": null}}'), (14, '{"score": {"=": null}}'), (15, '{"score": {"in": 1}}'),
               (16, '{"score": [1, "2"]}'), (17, '{"score": {"known": 1}}'), (18, '{"any": {}}'), (19, '{"any": [1]}'), (20, '{"not": 1}'), (21, '{"not": []}'), (22, '[]'), (23, '"x"'), (24, '{"all": [{"any": [{"clas": 1}]}]}'),
               (25, '{"score": {">": {}}}'), (26, '{"score": [[1]]}')) v(n, condition)
 ORDER BY n;
SELECT jorge.condition_check('{}', '[]');
