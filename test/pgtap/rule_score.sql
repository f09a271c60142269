-- The rule-based score: readable points, always there, and what serves where no model can.
BEGIN;
SELECT plan(24);
SELECT jorge.load_synthetic_leads(800) \g /dev/null

SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.rule_score(l) r WHERE r.frs NOT BETWEEN 0 AND 100 OR r.pcs NOT BETWEEN 0 AND 100 OR r.score <> (r.frs + r.pcs) / 2
                     OR r.class <> jorge.lead_class(r.score / 100) OR r.temperature <> lower(r.class)$$, 'frs, pcs, score, class and temperature fit together');
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.rule_score(l) r,
                         LATERAL (SELECT coalesce(sum((p ->> 'points')::float8) FILTER (WHERE p ->> 'score' = 'frs'), 0) AS frs, coalesce(sum((p ->> 'points')::float8) FILTER (WHERE p ->> 'score' = 'pcs'), 0) AS pcs FROM jsonb_array_elements(r.points) p) p
                   WHERE r.frs <> least(greatest(p.frs, 0), 100) OR r.pcs <> least(greatest(p.pcs, 0), 100)$$, 'the rows that gave points sum to the scores');
SELECT is((SELECT r.score FROM (SELECT 'x' AS nothing) x, jorge.rule_score(x) r), 0::float8, 'of a row of which nothing is known: 0');
SELECT is((SELECT frs || ' ' || pcs || ' ' || class FROM (SELECT 'Cash, exactly $600k, today. I want to see 12 Oak Street and make an offer!' AS message, 'buyer' AS side) x, jorge.rule_score(x)), '100 60 HOT', 'of a message alone');
INSERT INTO jorge.rule_point VALUES ('main', 'pcs', 'comes from Zillow', '{"source": "zillow"}', 7, true), ('main', 'frs', 'pays cash', '{"financing_readiness": {">=": 0.95}}', 1, true);
SELECT is((SELECT frs || ' ' || pcs FROM (SELECT 'cash' AS message, 'zillow' AS source) x, jorge.rule_score(x)), '1 7', 'a location adds points and changes shared ones');
SELECT is((SELECT frs || ' ' || pcs FROM (SELECT 'cash' AS message, 'zillow' AS source) x, jorge.rule_score(x, 'other')), '55 0', 'for itself alone');
DELETE FROM jorge.rule_point WHERE location_id = 'main';

-- lift: both on the same leads
CREATE TEMP TABLE lift AS SELECT * FROM jorge.score_lift();
SELECT results_eq('SELECT scorer, sum(leads)::bigint, sum(won)::bigint FROM lift GROUP BY 1 ORDER BY 1',
                  $$SELECT s, count(*), count(*) FILTER (WHERE outcome = 'won') FROM jorge.lead, (VALUES ('model'), ('rules')) v(s) WHERE outcome <> 'open' GROUP BY 1 ORDER BY 1$$, 'every lead with an outcome is in one band of each');
SELECT is_empty('SELECT * FROM lift WHERE abs(conversion - won::float8 / leads) > 1e-12 OR lift IS NULL OR score_from > score_to', 'conversion and lift are what they say');
SELECT ok((SELECT bool_and(a.score_from >= b.score_to) FROM lift a JOIN lift b ON a.scorer = b.scorer AND b.band::int = a.band::int + 1), 'bands are in order of the score');
SELECT ok((SELECT lift FROM lift WHERE scorer = 'model' AND band = '01') > 1.5 AND (SELECT lift FROM lift WHERE scorer = 'rules' AND band = '01') > 1, 'both sort leads');
SELECT set_eq($$SELECT DISTINCT band FROM jorge.score_lift('class')$$, $$VALUES ('HOT'), ('WARM'), ('COLD')$$, 'by class');
SELECT throws_ok($$SELECT jorge.score_lift('week')$$, '22023', NULL, 'other bands are an error');

-- no model serves
DELETE FROM jorge.model_active;
SET LOCAL client_min_messages = error;
INSERT INTO jorge.inquiry (source, side, phone, message) VALUES ('ghl', 'buyer', '512-555-5001', 'Cash buyer, $600k, asap'), ('ghl', 'buyer', '512-555-5002', 'hi');
SELECT results_eq($$SELECT s.model, s.probability, s.score, s.class, s.confidence FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-555-500_' ORDER BY l.phone$$,
                  $$SELECT 'rules', r.score / 100, r.score, r.class, NULL::float8 FROM jorge.lead l, jorge.rule_score(l) r WHERE l.phone LIKE '512-555-500_' ORDER BY l.phone$$, 'the rules score the lead in the transaction that stores it');
SELECT is((SELECT count(*) FROM jorge.prediction p JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-555-500_' AND p.model = 'rules' AND p.features = jorge.lead_feature_vector(l)), 2::bigint, 'the prediction is logged with its features');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'lead_rule_scored' AND model = 'rules' AND reason = 'inquiry'), 2::bigint, 'an event says so');
SELECT is((SELECT count(*) FROM jorge.error WHERE sqlstate = '42704'), 2::bigint, 'the error stands beside it');
SELECT is((SELECT answer ->> 'model' || (answer -> 'sources')::text || (answer ->> 'class') || coalesce(answer ->> 'confidence', ' none') || coalesce(answer ->> 'ml_score', ' none') FROM jorge.lead l, jorge.score_lead(l.lead_id) answer WHERE phone = '512-555-5001'),
          (SELECT 'rules["rules"]' || r.class || ' none none' FROM jorge.lead l, jorge.rule_score(l) r WHERE phone = '512-555-5001'), 'score_lead() answers by rules, marked');
SELECT matches((SELECT jorge.score_lead(lead_id) ->> 'explanation' FROM jorge.lead WHERE phone = '512-555-5001'), '^Pays cash, ', 'with their reasons');
SELECT cmp_ok((SELECT jsonb_array_length(jorge.score_lead(lead_id) -> 'recommendations') FROM jorge.lead WHERE phone = '512-555-5001'), '>', 0, 'and recommendations');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, now() + interval '1 s', 'sms', 'in', 'exactly $600k' FROM jorge.lead WHERE phone = '512-555-5002';
SELECT ok((SELECT s.score > 0 FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone = '512-555-5002'), 'an interaction scores anew by rules');
SELECT jorge.promote('jorge_lead_scorer', 1) \g /dev/null
SELECT jorge.refold_lead(lead_id) FROM jorge.lead WHERE phone LIKE '512-555-500_' \g /dev/null
SELECT is((SELECT string_agg(DISTINCT s.model, ',') FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-555-500_'), 'jorge_lead_scorer_v1', 'once a model serves again refolding gives its score');

-- the rules themselves fail for one lead of a statement: it is stored without a score, the others have theirs
DELETE FROM jorge.model_active;
CREATE OR REPLACE FUNCTION jorge.feature_facts(f jorge.features) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT ('{"a": ' || CASE WHEN f.source_ghl = 1 THEN 'x' ELSE '1' END || '}')::jsonb $$;
INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-5011'), ('zillow', '512-555-5012'), ('ghl', '512-555-5013');
SELECT results_eq($$SELECT s.model FROM jorge.lead l LEFT JOIN jorge.lead_score s USING (location_id, lead_id) WHERE l.phone LIKE '512-555-501_' ORDER BY l.phone$$, $$VALUES (NULL), ('rules'), (NULL)$$, 'rules that fail lose their own lead''s score alone');
SELECT is((SELECT count(*) FROM jorge.error e JOIN jorge.lead l ON l.lead_id = e.ref WHERE l.phone LIKE '512-555-501_'), 3::bigint, 'with its error');
SELECT throws_ok($$SELECT jorge.score_lead('{"source": "ghl"}'::jsonb)$$, '22P02', NULL, 'a query says what is wrong with the rules');

SELECT * FROM finish();
ROLLBACK;
