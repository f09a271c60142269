-- Models that learn on: a new one has to be better beyond noise and pass its gates; challengers say what they would have said; the report says it all.
BEGIN;
SELECT plan(62);
SET LOCAL client_min_messages = error;
SELECT setseed(0.5) \g /dev/null

-- two models on the same rows
CREATE TEMP TABLE truth AS SELECT i, p, random() < p AS won FROM (SELECT i, random() AS p FROM generate_series(1, 1500) i) x;
SELECT is((SELECT ROW(observations, log_loss_gain, log_loss_p, auc_gain, auc_p)::text FROM jorge.compare_predictions('SELECT p AS a, p AS b, won FROM truth')), '(1500,0,0.5,0,0.5)', 'the same model is no better');
SELECT ok((SELECT log_loss_p < 1e-6 AND auc_p < 1e-6 AND log_loss_gain > 0 AND auc_gain > 0 FROM jorge.compare_predictions('SELECT (p + random()) / 2 AS a, p AS b, won FROM truth')), 'the truth is better than the truth with noise');
SELECT ok((SELECT log_loss_p > 1 - 1e-6 AND auc_p > 1 - 1e-6 FROM jorge.compare_predictions('SELECT p AS a, (p + random()) / 2 AS b, won FROM truth')), 'and the other way round it is surely worse');
SELECT ok((SELECT abs(c.auc_a - k.roc_auc) < 1e-12 AND abs(c.log_loss_a - k.log_loss) < 1e-12 AND abs(c.brier_a - k.brier) < 1e-12
             FROM jorge.compare_predictions('SELECT round(p::numeric, 1) AS a, p AS b, won FROM truth') c, (SELECT jorge.tally(round(p::numeric, 1)::float8, won::integer) AS t FROM truth) t, jorge.classification(t) k), 'its figures are those of jorge.classification(), ties and all');
SELECT is((SELECT observations FROM jorge.compare_predictions('SELECT NULL AS a, 0.5 AS b, true AS won')), 0::bigint, 'no rows');
SELECT ok((SELECT auc_a IS NULL AND log_loss_a > 0 FROM jorge.compare_predictions('SELECT 0.5 AS a, 0.6 AS b, true AS won')), 'one row');
-- noise is told from gain: of 200 pairs of equally good predictions about 5 in 100 look better
SELECT cmp_ok((SELECT count(*) FROM generate_series(1, 200) s, jorge.compare_predictions(format('SELECT (p + 0.2 * n1) / 1.2 AS a, (p + 0.2 * n2) / 1.2 AS b, won FROM (SELECT p, random() AS n1, random() AS n2, random() < p AS won FROM truth WHERE i %% 10 = %s) x', s % 10)) c WHERE c.log_loss_p < 0.05),
              '<', 21::bigint, 'equals are taken for better about as often as alpha says');

-- retraining
CREATE TEMP TABLE history AS SELECT i, '2025-01-01Z'::timestamptz + i * interval '3 h' AS at, x, y, random() < 1 / (1 + exp(-3 * x - y)) AS won
  FROM (SELECT i, random() * 2 - 1 AS x, random() * 2 - 1 AS y FROM generate_series(1, 1200) i) r;
INSERT INTO jorge.retrain_plan (location_id, name, query, params) VALUES ('main', 'm', 'SELECT won, at, x, y FROM pg_temp.history', '{"rounds": 25, "cv": 3}');
INSERT INTO jorge.model_gate (location_id, kind, metric, at_least) VALUES ('main', 'conversion', 'accuracy', 0.3), ('main', 'conversion', 'precision', 0.3), ('main', 'conversion', 'recall', 0.3), ('main', 'conversion', 'roc_auc', 0.3);
SELECT is((SELECT decision || ' ' || version || ' ' || reason FROM jorge.retrain('m')), 'promoted 1 no model served before', 'a first model has nothing to beat');
SELECT is((SELECT version FROM jorge.model_active WHERE location_id = 'main' AND name = 'm'), 1, 'it serves its location');
SELECT is((SELECT string_agg(feature, ' ' ORDER BY "position", feature) FROM jorge.model_reference WHERE location_id = 'main' AND name = 'm'), '(outcome) x y', 'and knows what it learned from');
SELECT is((SELECT ROW(r.decision, r.champion, r.version, r.rows)::text FROM jorge.retrain('m') r), '(kept,m_v1,,1200)', 'the same data make no better model');
SELECT is((SELECT count(*) FROM jorge.model WHERE name = 'm'), 1::bigint, 'nothing is registered that is not better');
SELECT matches((SELECT reason FROM jorge.retrain_run WHERE decision = 'kept'), '^on the newest \d+ rows the new model is not better beyond noise: log loss 0\.\d+ against', 'it says why');
-- the world changes
INSERT INTO history SELECT 1200 + i, '2025-01-01Z'::timestamptz + (1200 + i) * interval '3 h', x, y, random() < 1 / (1 + exp(2 * x - 3 * y)) FROM (SELECT i, random() * 2 - 1 AS x, random() * 2 - 1 AS y FROM generate_series(1, 1200) i) r;
SELECT is((SELECT r.decision || ' ' || r.version FROM jorge.retrain('m') r), 'promoted 2', 'a model that has learned the change replaces one that has not');
SELECT matches((SELECT reason FROM jorge.retrain_run WHERE version = 2), 'better beyond noise', 'as it proved');
SELECT ok((SELECT (comparison ->> 'log_loss_p')::float8 < 0.05 AND (comparison ->> 'auc_gain')::float8 > 0 FROM jorge.retrain_run WHERE version = 2), 'by these figures');
SELECT is(jorge.rollback('m', 'main'), 1, 'one statement undoes it');
UPDATE jorge.model_gate SET at_least = 0.999 WHERE location_id = 'main' AND metric = 'accuracy';
SELECT is((SELECT r.decision || ' ' || r.version FROM jorge.retrain('m') r), 'gates failed 3', 'better, but not good enough');
SELECT is((SELECT version FROM jorge.model_active WHERE location_id = 'main' AND name = 'm'), 1, 'does not serve');
SELECT matches((SELECT reason FROM jorge.retrain_run WHERE version = 3), 'accuracy', 'and names the gate');
UPDATE jorge.retrain_plan SET override = 'our market is small' WHERE name = 'm';
SELECT is((SELECT r.decision || ' ' || r.version FROM jorge.retrain('m') r), 'promoted 4', 'but with a standing reason');
SELECT is((SELECT override FROM jorge.model_event WHERE name = 'm' AND version = 4 AND action = 'promoted'), 'our market is small', 'that is on record');
-- what can't be
UPDATE jorge.retrain_plan SET query = 'SELECT won, at, x FROM pg_temp.history WHERE i < 60' WHERE name = 'm';
SELECT is((SELECT r.decision FROM jorge.retrain('m') r), 'not enough data', 'too little to learn from is an answer');
UPDATE jorge.retrain_plan SET query = 'SELECT won, at, nonsense FROM pg_temp.history' WHERE name = 'm';
SELECT is((SELECT r.decision || ' ' || coalesce(r.version::text, '-') FROM jorge.retrain('m') r), 'failed -', 'so is an error');
SELECT matches((SELECT reason FROM jorge.retrain_run WHERE decision = 'failed'), 'nonsense.*42703', 'with its message');
SELECT is((SELECT version FROM jorge.model_active WHERE location_id = 'main' AND name = 'm'), 4, 'and what served serves');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'model_retrained'), (SELECT count(*) FROM jorge.retrain_run), 'an event each');
SELECT is((SELECT decision FROM jorge.retrain('jorge_lead_scorer')), 'not enough data', 'a model without a plan is retrained by the defaults');
UPDATE jorge.retrain_plan SET every = '0 s';
SELECT throws_ok('CALL jorge.retrain_due()', '2D000', NULL, 'it commits, so it is no part of a transaction');
SELECT is(jorge.run_job('retrain'), 'done', 'but the clock''s job does not');
SELECT is(jorge.run_job('snapshot_forecast'), 'done', 'and another writes the day''s forecasts down');

-- training refuses what the policy prohibits
CREATE TEMP TABLE unfair AS SELECT won, x, x + y AS religion, x * y AS family_size_mentioned FROM history;
SELECT throws_ok($$SELECT jorge.train_model('unfair', 'SELECT won, x, religion FROM pg_temp.unfair', 'won', params => '{"rounds": 5, "cv": 0, "quiet": true}')$$, '23514', NULL, 'training refuses a prohibited feature');
SELECT lives_ok($$SELECT jorge.train_model('fair', 'SELECT won, x, family_size_mentioned FROM pg_temp.unfair', 'won', params => '{"rounds": 5, "cv": 0, "quiet": true, "protected": ["family_size_mentioned"]}')$$, 'unless it is named');

-- a challenger on live traffic
SELECT jorge.load_synthetic_leads(400, 5) \g /dev/null
UPDATE jorge.prediction SET at = at - interval '400 days';
SELECT jorge.register_model('jorge_lead_scorer', jorge.train('SELECT won, features FROM jorge.training_set(900)', 'won', '{"rounds": 10, "cv": 0, "quiet": true}'), location_id => 'main') AS v \gset
SELECT throws_ok($$SELECT jorge.start_challenge('jorge_lead_scorer', 77)$$, '42704', NULL, 'no such version');
SELECT throws_ok(format($$SELECT jorge.start_challenge('jorge_lead_scorer', %s, 0)$$, :v), '22023', NULL, 'no share');
SELECT throws_ok($$SELECT jorge.end_challenge('jorge_lead_scorer')$$, '42704', NULL, 'nothing to end');
SELECT is(jorge.score_shadows(), 0::bigint, 'no challenge, no shadows');
SELECT lives_ok(format($$SELECT jorge.start_challenge('m', 1, 0.1)$$), 'a challenge');
SELECT throws_ok($$SELECT jorge.start_challenge('m', 2)$$, '23505', NULL, 'one at a time');
-- a version of the location's own challenges the shared one
SELECT lives_ok(format($$SELECT jorge.start_challenge('jorge_lead_scorer', %s, 0.3)$$, :v), 'by a registered version');
UPDATE jorge.model_challenge SET started_at = now() - interval '500 days' WHERE name = 'jorge_lead_scorer';
SELECT is(jorge.score_shadows(), (SELECT count(*) FROM jorge.prediction), 'a shadow a prediction');
SELECT is(jorge.score_shadows(), 0::bigint, 'once');
SELECT is_empty(format($$SELECT s.prediction_id FROM jorge.shadow_score s JOIN jorge.prediction p USING (location_id, prediction_id), jorge.model m, LATERAL jorge.features_from_vector(p.features) f
                   WHERE m.location_id = 'main' AND m.name = 'jorge_lead_scorer' AND m.version = %s AND (s.probability <> jorge.predict_row(m.forest, f) OR s.at <> p.at OR s.lead_id <> p.lead_id)$$, :v), 'what it would have said');
SELECT ok((SELECT count(DISTINCT arm) = 1 FROM jorge.shadow_score GROUP BY lead_id ORDER BY 1 LIMIT 1), 'a lead stays in its arm');
SELECT ok((SELECT abs(avg((arm = 'challenger')::integer) - 0.3) < 0.07 FROM (SELECT DISTINCT lead_id, arm FROM jorge.shadow_score) x), 'the arms have their shares');
SELECT is(jorge.challenge_arm('00000000-0000-4000-8000-00000000dead', 'jorge_lead_scorer', 0.3) || jorge.challenge_arm('00000000-0000-4000-8000-000000000001', 'jorge_lead_scorer', 0.3), 'challengerchampion', 'on every machine the same');
SELECT ok((SELECT bool_and(a.model = CASE a.arm WHEN 'challenger' THEN 'jorge_lead_scorer_v' || :v ELSE 'jorge_lead_scorer_v1' END) AND count(DISTINCT a.arm) = 2 FROM jorge.lead l, jorge.arm_score(l.lead_id) a), 'a lead can be answered by the model of its arm');
SELECT ok((SELECT bool_and(abs(a.probability - s.probability) < 1e-6) FROM jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id), jorge.arm_score(l.lead_id) a WHERE a.arm = 'champion'), 'in the champion''s arm as it is');
UPDATE jorge.lead_outcome SET at = at - interval '100 days';
SELECT is((SELECT observations FROM jorge.challenge_report() WHERE arm = 'all'), (SELECT sum(observations)::bigint FROM jorge.challenge_report() WHERE arm <> 'all'), 'all are those of both arms');
SELECT is((SELECT observations FROM jorge.challenge_report(as_of => now() - interval '400 days') WHERE arm = 'all'), 0::bigint, 'who may still be won is not counted');
SELECT matches(jorge.end_challenge('jorge_lead_scorer', true, override => 'test'), '^\d+ leads with an outcome: log loss', 'it ends with a verdict');
SELECT is((SELECT version FROM jorge.model_active WHERE location_id = 'main' AND name = 'jorge_lead_scorer'), :v, 'and serves');
SELECT throws_ok(format($$SELECT jorge.start_challenge('jorge_lead_scorer', %s)$$, :v), '55006', NULL, 'what serves can''t challenge');

-- the report
SELECT matches(jorge.model_report('30 days'), 'Served .* version', 'a report of a time without outcomes');
SELECT matches(jorge.model_report('900 days'), 'Outcomes .*Ranking .*Accuracy .*Calibration .*HOT .*WARM .*COLD .*Drift', 'a report');
SELECT matches(jorge.model_report('900 days'), format('Outcomes +%s leads reached 90 days; %s were won', count(*), count(*) FILTER (WHERE o.won)), 'that counts right') FROM jorge.served_outcomes(now() - interval '900 days', now()) o;
SELECT is((SELECT sum(m[1]::integer)::bigint FROM regexp_matches(jorge.model_report('900 days'), '(?:HOT|WARM|COLD) +(\d+) ', 'g') m), (SELECT count(*) FROM jorge.served_outcomes(now() - interval '900 days', now())), 'in bands, too');
SELECT is((SELECT count(*) FROM jorge.served_outcomes(now() - interval '900 days', now()) o JOIN LATERAL (SELECT p.probability FROM jorge.prediction p WHERE p.lead_id = o.lead_id ORDER BY p.at, p.features[19] LIMIT 1) p ON true WHERE p.probability <> o.probability), 0::bigint, 'by the first score each was given');
SELECT throws_ok($$SELECT jorge.model_report('0 days')$$, '22023', NULL, 'of no time');
SELECT throws_ok($$SELECT jorge.model_report(name => 'nobody')$$, '42704', NULL, 'of no model');

-- the nightly job runs with all rights
CREATE ROLE jorge_learner;
GRANT USAGE ON SCHEMA jorge TO jorge_learner;
GRANT SELECT, INSERT, UPDATE ON jorge.retrain_plan TO jorge_learner;
SET LOCAL ROLE jorge_learner;
SELECT throws_ok($$INSERT INTO jorge.retrain_plan (location_id, name, query) VALUES (jorge.current_location(), 'theirs', 'SELECT 1')$$, '42501', NULL, 'a tenant has no SQL of its own run');
SELECT lives_ok($$INSERT INTO jorge.retrain_plan (location_id, name) VALUES (jorge.current_location(), 'theirs')$$, 'but may plan');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
