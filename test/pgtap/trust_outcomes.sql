-- Outcomes and training rows: what is told when, censoring, nothing from later, leakage named.
BEGIN;
SELECT plan(43);
SET LOCAL client_min_messages = error;

INSERT INTO jorge.inquiry (source, phone, message, received_at) VALUES ('zillow', '512-555-3001', 'Cash, $500k, asap', '2026-01-01 10:00Z'), ('ghl', '512-555-3002', 'hi', '2026-01-01 10:00Z');
CREATE TEMP TABLE one AS SELECT lead_id FROM jorge.lead WHERE phone = '512-555-3001';

-- telling
SELECT throws_ok($$SELECT jorge.record_outcome(lead_id, 'sold') FROM one$$, '22023', NULL, 'an unknown outcome');
SELECT throws_ok($$SELECT jorge.record_outcome(lead_id, 'won', now() + interval '1 day') FROM one$$, '22023', NULL, 'one of the future');
SELECT throws_ok($$SELECT jorge.record_outcome(lead_id, 'won', NULL) FROM one$$, '22023', NULL, 'or of no time');
SELECT throws_ok($$SELECT jorge.record_outcome('00000000-0000-4000-8000-00000000dead', 'won')$$, 'P0002', NULL, 'of a lead that is not there');
SELECT ok(jorge.record_outcome(lead_id, 'won', '2026-03-01Z', 510000, 15300), 'a sale') FROM one;
SELECT is((SELECT ROW(l.outcome, l.outcome_at, l.sale_price, l.revenue, l.stage)::text FROM jorge.lead l JOIN one USING (lead_id)), ROW('won', '2026-03-01Z'::timestamptz, 510000, 15300, 'closed')::text, 'is in the lead');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'lead_outcome' AND reason = 'record_outcome'), 1::bigint, 'with an event');
SELECT ok(jorge.record_outcome(lead_id, 'won', '2026-03-01Z', 510000, 15300), 'again') FROM one;
SELECT is((SELECT count(*) FROM jorge.lead_outcome) || ' ' || (SELECT count(*) FROM jorge.event WHERE kind = 'lead_outcome'), '1 1', 'changes nothing');
SELECT ok(NOT jorge.record_outcome(lead_id, 'lost', '2026-02-01Z', reason => 'no answer'), 'older news') FROM one;
SELECT is((SELECT l.outcome || (SELECT string_agg(o.outcome, ' ' ORDER BY o.at) FROM jorge.lead_outcome o) FROM jorge.lead l JOIN one USING (lead_id)), 'wonlost won', 'are history only');
SELECT ok(jorge.record_outcome(lead_id, 'open', '2026-03-05Z'), 'the deal falls through') FROM one;
SELECT is((SELECT l.outcome || coalesce(l.outcome_at::text, ' -') FROM jorge.lead l JOIN one USING (lead_id)), 'open -', 'and the lead is open again');
SELECT is((SELECT string_agg(o.outcome || to_char(o.at AT TIME ZONE 'UTC', ' MMDD'), ', ' ORDER BY o.at) FROM jorge.lead_outcome o), 'lost 0201, won 0301, open 0305', 'at the time told');
UPDATE jorge.lead SET outcome = 'lost', outcome_at = '2026-03-07Z', drop_reason = 'x' WHERE lead_id = (SELECT lead_id FROM one);
SELECT is((SELECT outcome FROM jorge.lead_outcome ORDER BY at DESC LIMIT 1), 'lost', 'whoever changes the lead, history has it');
UPDATE jorge.lead SET drop_reason = 'y', outcome = outcome WHERE lead_id = (SELECT lead_id FROM one);
SELECT is((SELECT count(*) FROM jorge.lead_outcome), 4::bigint, 'and no more than that');
DELETE FROM jorge.lead_outcome;
SELECT jorge.install() \g /dev/null
SELECT is((SELECT outcome || to_char(at AT TIME ZONE 'UTC', ' MMDD') FROM jorge.lead_outcome), 'lost 0307', 'install() makes up for what was told without the trigger');

-- training rows: leads that arrive on day 1 ... 300 of 2025, with what becomes of them and when
DELETE FROM jorge.lead_outcome;
DELETE FROM jorge.prediction;
CREATE TEMP TABLE life AS SELECT i, gen_random_uuid() AS lead_id, '2025-01-01Z'::timestamptz + i * interval '1 day' AS at,
       CASE i % 4 WHEN 0 THEN 'won' WHEN 1 THEN 'lost' ELSE 'open' END AS becomes, i * 13 % 120 AS after FROM generate_series(1, 300) i;
INSERT INTO jorge.lead (location_id, lead_id) SELECT 'main', lead_id FROM life;
INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, features)
SELECT 'main', at, lead_id, 'inquiry', 'x', 0.5, 'WARM', jorge.lead_feature_vector(x, at) FROM life, LATERAL (SELECT i AS inquiries, 0 AS interactions, at AS first_seen_at) x;
INSERT INTO jorge.lead_outcome (location_id, lead_id, at, outcome) SELECT 'main', lead_id, at + after * interval '1 day' + interval '1 h', becomes FROM life WHERE becomes <> 'open';
CREATE TEMP TABLE seen AS SELECT * FROM jorge.training_set(400, 60, '2025-11-01Z');
SELECT is((SELECT count(*) FROM seen), 300::bigint, 'a row a lead');
SELECT is_empty($$SELECT i FROM life l JOIN seen s USING (lead_id) WHERE s.at <> l.at OR (s.features).inquiries <> i$$, 'its features as logged');
SELECT is_empty($$SELECT i FROM life l JOIN seen s USING (lead_id) WHERE s.censored <> (l.at + interval '60 days' > '2025-11-01Z') OR (s.won IS NULL) <> s.censored$$, 'censored until the horizon has passed');
SELECT cmp_ok((SELECT count(*) FROM seen WHERE censored), '>', 30::bigint, 'as those of the last 60 days are');
SELECT is_empty($$SELECT i FROM life l JOIN seen s USING (lead_id) WHERE NOT s.censored AND s.won <> (becomes = 'won' AND after < 60)$$, 'won within the horizon, and only then');
SELECT is_empty($$SELECT i FROM life l JOIN seen s USING (lead_id) WHERE abs(s.days - least(CASE WHEN becomes <> 'open' THEN after + 1 / 24.0 END, 60, extract(epoch FROM '2025-11-01Z' - l.at) / 86400)) > 1e-6$$, 'days to the outcome, or as long as was watched');
SELECT is((SELECT count(*) FROM jorge.training_set(30, 60, '2025-11-01Z')), (SELECT count(*) FROM life WHERE at > '2025-11-01Z'::timestamptz - interval '90 days'), 'looking back beyond the horizon');
SELECT is((SELECT count(*) FROM jorge.training_set(location_id => 'other')), 0::bigint, 'of one location');
SELECT throws_ok('SELECT * FROM jorge.training_set(0)', '22023', NULL, 'no days');
SELECT throws_ok($$SELECT * FROM jorge.training_set(moment => 'often')$$, '22023', NULL, 'an unknown moment');

-- what comes later alters no row that is complete, nor what was known at a time
INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, features)
SELECT 'main', at + interval '3 days', lead_id, 'interaction', 'x', 0.9, 'HOT', jorge.lead_feature_vector(x, at) FROM life, LATERAL (SELECT 99 AS inquiries, 7 AS interactions, at AS first_seen_at) x;
SELECT results_eq($$SELECT * FROM jorge.training_set(400, 60, '2025-11-01Z') WHERE NOT censored$$, 'SELECT * FROM seen WHERE NOT censored', 'later predictions change nothing');
INSERT INTO jorge.lead_outcome (location_id, lead_id, at, outcome) SELECT 'main', lead_id, at + interval '61 days', CASE WHEN i % 3 = 0 THEN 'won' ELSE 'lost' END FROM life;
UPDATE jorge.lead SET budget_max = 900000, inquiries = 50, interactions = 70, outcome = 'won', outcome_at = '2026-06-01' WHERE lead_id IN (SELECT lead_id FROM life);
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, at + interval '4 days', 'sms', 'in', 'cash, $900k, today' FROM life WHERE i % 10 = 0;
INSERT INTO jorge.inquiry (source, phone, message) VALUES ('zillow', '512-555-3001', 'once more');
SELECT results_eq($$SELECT * FROM jorge.training_set(400, 60, '2025-11-01Z') WHERE NOT censored AND at < '2025-09-01'$$, $$SELECT * FROM seen WHERE NOT censored AND at < '2025-09-01'$$, 'nor do later outcomes, messages and arrivals');
SELECT results_eq($$SELECT lead_id, at, won, features FROM jorge.training_set(1000, 60, '2026-05-01Z') WHERE lead_id IN (SELECT lead_id FROM seen WHERE NOT censored)$$, 'SELECT lead_id, at, won, features FROM seen WHERE NOT censored', 'asked half a year later the complete rows are the same');
SELECT is((SELECT count(*) FROM jorge.training_set(1000, 60, '2026-05-01Z') WHERE lead_id IN (SELECT lead_id FROM seen WHERE censored) AND NOT censored), (SELECT count(*) FROM seen WHERE censored), 'and the others have become complete');

-- every moment; a lead that has its outcome is no row any more
SELECT is_empty($$SELECT FROM jorge.training_set(400, 60, '2025-11-01Z', 'every') t JOIN life l USING (lead_id) WHERE becomes <> 'open' AND after < 3 AND t.at > l.at + interval '3 days' - interval '1 s'$$, 'no row after the outcome');
SELECT is((SELECT count(*) FROM jorge.training_set(400, 60, '2025-11-01Z', 'every')),
          (SELECT count(*) + count(*) FILTER (WHERE NOT (becomes <> 'open' AND after < 3) AND at + interval '3 days' <= '2025-11-01Z') FROM life), 'two moments each');
SELECT is((SELECT count(*) FROM jorge.training_set(400, 60, '2025-11-01Z', 'every') WHERE (features).num_interactions = 7 AND (features).inquiries <> 99), 0::bigint, 'each with what it knew');

-- history that was loaded later: an arrival is of its own time
DELETE FROM jorge.prediction;
SELECT jorge.load_synthetic_leads(300, 3) \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM jorge.training_set(900, 90, '2026-06-30Z') WHERE NOT censored), '>', 240::bigint, 'loaded history is a training set');
SELECT is_empty($$SELECT t.lead_id FROM jorge.training_set(900, 90, '2026-06-30Z') t JOIN jorge.lead l USING (lead_id) WHERE t.at <> l.first_seen_at AND l.inquiries = 1$$, 'at the time of the arrivals');
SELECT is_empty($$SELECT t.lead_id FROM jorge.training_set(900, 90, '2026-06-30Z') t WHERE (t.features).num_interactions > 0$$, 'that knew nothing of the conversation');
SELECT lives_ok($$SELECT jorge.train('SELECT won, features FROM jorge.training_set(900, 90, ''2026-06-30Z'')', 'won', '{"rounds": 5, "cv": 0, "quiet": true}')$$, 'a model learns from it as it is');

-- leakage
CREATE TEMP TABLE dirty AS SELECT i, i % 3 = 0 AS won, i * 7919 % 1000 AS honest, CASE WHEN i % 3 = 0 THEN i END AS filled_when_won,
       CASE WHEN i % 3 = 0 THEN 'closed' WHEN i % 5 = 0 THEN 'lost' ELSE 'talking' END AS status, i::text AS note, i % 3 + (i % 100 = 0)::integer AS nearly FROM generate_series(1, 2000) i;
SELECT is((SELECT array_agg(feature ORDER BY feature) FROM jorge.feature_auc('SELECT * FROM dirty', 'won') WHERE roc_auc > 0.95), ARRAY['filled_when_won', 'nearly', 'status'], 'columns that tell the outcome alone');
SELECT cmp_ok((SELECT roc_auc FROM jorge.feature_auc('SELECT * FROM dirty', 'won') WHERE feature = 'honest'), '<', 0.6::float8, 'and one that does not');
SELECT is((SELECT count(*) FROM jorge.feature_auc('SELECT * FROM dirty', 'won') WHERE feature = 'note'), 0::bigint, 'words of one row each tell nothing');
SELECT is(jorge.warn_of_leakage('SELECT d.won, d.honest, ROW(d.nearly)::record AS r FROM dirty d', 'won'), ARRAY['f1'], 'fields of composites count, and are named');
SELECT is(jorge.warn_of_leakage('SELECT won, features FROM jorge.training_set(900, 90, ''2026-06-30Z'')', 'won'), '{}', 'honest rows give no warning');

SELECT * FROM finish();
ROLLBACK;
