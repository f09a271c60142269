-- Fair housing: prohibited features stay out of models, and the audit finds what is planted and nothing else.
BEGIN;
SELECT plan(33);
SET LOCAL client_min_messages = error;

SELECT is((SELECT string_agg(status, ' ') FROM jorge.features_policy(ARRAY['family_size_mentioned', 'Sex', 'sex=male', 'postal_code', 'budget_midpoint'])), 'prohibited prohibited prohibited monitor allowed', 'what the policy says');
SELECT is_empty($$SELECT f.name FROM jorge.feature f, jorge.features_policy(ARRAY[f.name]) p WHERE f.protected <> (p.status = 'prohibited')$$, 'prohibited are the protected features of the catalogue');
SELECT throws_like($$SELECT jorge.check_features(ARRAY['budget', 'religion', 'age'])$$, '%religion (religion; 42 U.S.C. 3604), age%', 'the refusal names features and reasons');
SELECT throws_ok($$SELECT jorge.check_features(ARRAY['religion'], ARRAY['age'])$$, '23514', NULL, 'naming one does not allow another');
SELECT lives_ok($$SELECT jorge.check_features(ARRAY['sex=m', 'AGE'], ARRAY['Sex', 'age'])$$, 'who names them may have them');
INSERT INTO jorge.feature_policy VALUES ('main', 'age', 'allowed', 'a lawyer said so', NULL), ('main', 'budget', 'prohibited', 'our own rule', NULL);
SELECT lives_ok($$SELECT jorge.check_features(ARRAY['age'])$$, 'a location''s own row goes before');
SELECT throws_ok($$SELECT jorge.check_features(ARRAY['budget'])$$, '23514', NULL, 'in both directions');
SELECT lives_ok($$SELECT jorge.check_features(ARRAY['budget'], '{}', 'other')$$, 'for itself alone');
SELECT throws_ok($$INSERT INTO jorge.feature_policy VALUES ('main', 'x', 'maybe', 'x')$$, '23514', NULL, 'there are three states');

CREATE TEMP TABLE history AS SELECT i % 3 = 0 OR i % 7 = 0 AS won, i % 11 AS honest, i % 13 AS age, i % 4 AS family_size_mentioned FROM generate_series(1, 400) i;
CREATE TEMP TABLE trained AS SELECT jorge.train('SELECT won, honest, age FROM history', 'won', '{"rounds": 3, "cv": 0, "quiet": true}') AS forest;
SELECT throws_ok($$SELECT jorge.register_model('ageist', forest, location_id => 'other') FROM trained$$, '23514', NULL, 'no model with a prohibited feature is stored');
SELECT lives_ok($$SELECT jorge.register_model('ageist', forest, location_id => 'main') FROM trained$$, 'but where the location allows it');
UPDATE trained SET forest = jorge.train('SELECT won, honest, family_size_mentioned FROM history', 'won', '{"rounds": 3, "cv": 0, "quiet": true}');
SELECT lives_ok($$SELECT jorge.register_model('plain', forest) FROM trained$$, 'training leaves out what the catalogue protects');
UPDATE trained SET forest = jorge.train('SELECT won, honest, family_size_mentioned FROM history', 'won', '{"rounds": 3, "cv": 0, "quiet": true, "protected": ["family_size_mentioned"]}');
SELECT lives_ok($$SELECT jorge.register_model('named', forest) FROM trained$$, 'and who asks by name has asked');

-- the audit: groups of which the truth is known
SELECT setseed(0.3) \g /dev/null
CREATE TEMP TABLE people AS
SELECT g AS "group", p AS probability, random() < p AS won
  FROM (SELECT CASE WHEN i <= 800 THEN 'a' WHEN i <= 1400 THEN 'b' WHEN i <= 1980 THEN 'c' ELSE 'tiny' END AS g, i FROM generate_series(1, 2000) i) x,
       LATERAL (SELECT CASE WHEN g = 'b' THEN 0.6 ELSE 1 END * random() + x.i * 0 AS p) y;
CREATE TEMP TABLE audit AS SELECT * FROM jorge.fairness_audit('SELECT * FROM people', 0.5);
SELECT is((SELECT count(*) FROM audit), 4::bigint, 'a row a group');
SELECT is((SELECT sum(people) FROM audit), 2000::numeric, 'of all people');
SELECT is_empty($$SELECT a."group" FROM audit a JOIN (SELECT "group", count(*) FILTER (WHERE probability >= 0.5) AS s, count(*) FILTER (WHERE won) AS w FROM people GROUP BY 1) t USING ("group") WHERE a.selected <> t.s OR a.won <> t.w OR abs(a.selection_rate - t.s::float8 / a.people) > 1e-12$$, 'counted right');
SELECT matches((SELECT finding FROM audit WHERE "group" = 'b'), '^adverse impact', 'the group that is scored lower is found');
SELECT cmp_ok((SELECT impact_upper FROM audit WHERE "group" = 'b'), '<', 0.8::float8, 'its ratio is surely below four fifths');
SELECT ok((SELECT bool_and(finding !~ 'adverse') FROM audit WHERE "group" IN ('a', 'c')), 'and no other');
SELECT is((SELECT finding FROM audit WHERE "group" = 'tiny'), 'fewer than 30 people: no finding', 'of twenty people nothing is said');
SELECT cmp_ok((SELECT selection_upper - selection_lower FROM audit WHERE "group" = 'tiny'), '>', 0.3::float8, 'the interval says why');
SELECT ok((SELECT bool_and(finding !~ 'scored') FROM audit), 'what is calibrated is not blamed');
SELECT is((SELECT impact_ratio FROM audit WHERE impact_p IS NULL), 1::float8, 'the best group is the measure');

-- scored too low, and not selected although won
CREATE TEMP TABLE worse AS SELECT "group", CASE "group" WHEN 'c' THEN probability / 2 ELSE probability END AS probability, won FROM people;
SELECT matches((SELECT finding FROM jorge.fairness_audit('SELECT * FROM worse', 0.5) WHERE "group" = 'c'), 'adverse impact.*unequal opportunity.*scored too low', 'a group that is scored below its truth');
SELECT ok((SELECT opportunity_upper < 0.5 AND observed_lower > predicted FROM jorge.fairness_audit('SELECT * FROM worse', 0.5) WHERE "group" = 'c'), 'with intervals');
SELECT is((SELECT count(*) FROM jorge.fairness_audit('SELECT "group", probability FROM people', 0.5) WHERE outcomes > 0 OR opportunity IS NOT NULL), 0::bigint, 'without outcomes the rates alone');

-- by lead: our scores and outcomes
SELECT jorge.load_synthetic_leads(300, 9) \g /dev/null
SELECT is((SELECT sum(people) || ' ' || sum(outcomes) || ' ' || sum(selected) FROM jorge.fairness_audit('SELECT first_source AS "group", lead_id FROM jorge.lead')),
          (SELECT count(*) || ' ' || count(*) FILTER (WHERE l.outcome <> 'open') || ' ' || count(*) FILTER (WHERE s.class = 'HOT') FROM jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id)), 'groups of leads');
SELECT is((SELECT count(*) FROM jorge.fairness_audit('SELECT 1 AS "group", 0.5 AS probability WHERE false')), 0::bigint, 'no rows');
SELECT throws_ok($$SELECT * FROM jorge.fairness_audit('SELECT 1 AS a')$$, '42703', NULL, 'no group');
SELECT throws_ok($$SELECT * FROM jorge.fairness_audit('SELECT 1 AS "group"')$$, '42703', NULL, 'no score');
SELECT throws_ok($$SELECT * FROM jorge.fairness_audit('SELECT 1 AS "group", 0.5 AS probability', 2)$$, '22023', NULL, 'no threshold');
CREATE SCHEMA crm;
CREATE TABLE crm.person AS SELECT 'a' AS "group", 0.5 AS probability;
SET LOCAL search_path = crm, public;
SELECT is((SELECT sum(people) FROM jorge.fairness_audit('SELECT * FROM person')), 1::numeric, 'tables are named as the caller does');
SELECT throws_ok($$SELECT * FROM jorge.fairness_audit('DELETE FROM jorge.lead RETURNING 1 AS "group", 0.5 AS probability')$$, '42601', NULL, 'nothing but a query');

SELECT * FROM finish();
ROLLBACK;
