-- Drift: 200 weeks without a change, weeks with one, what is kept of a check, and who may be compared.
BEGIN;
SELECT plan(36);
SET LOCAL client_min_messages = warning;

SELECT setseed(0.42) \g /dev/null
-- a world: rows as they arrive, of a seed; the calendar is that of the week they come in
CREATE FUNCTION pg_temp.arrivals(n integer, seed integer, monday timestamptz)
    RETURNS TABLE (received_at timestamptz, source text, side text, message text, budget_min numeric, budget_max numeric, timeline text, financing text, area text, city text,
                   inquiries integer, interactions integer, won boolean, chance float8)
LANGUAGE sql AS $$
    SELECT coalesce(monday + (s.received_at - date_trunc('week', s.received_at)), s.received_at), s.source, s.side, s.message, s.budget_min, s.budget_max, s.timeline, s.financing, s.area, s.city, 1, 0, CASE WHEN s.outcome <> 'open' THEN s.outcome = 'won' END, s.true_probability
      FROM jorge.synthetic_leads(n, seed) s
$$;
CREATE FUNCTION pg_temp.log_week(week integer, n integer, seed integer, twist text DEFAULT '') RETURNS void LANGUAGE plpgsql AS $$
DECLARE monday timestamptz := '2020-01-06Z'::timestamptz + week * interval '7 days';
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS told (lead_id uuid, at timestamptz, won boolean);
    DELETE FROM pg_temp.told;
    INSERT INTO pg_temp.told SELECT gen_random_uuid(), a.received_at, CASE WHEN twist = 'slump' THEN false ELSE random() < a.chance END FROM pg_temp.arrivals(n, seed, monday) a;
    INSERT INTO jorge.lead (location_id, lead_id, outcome, outcome_at) SELECT 'main', t.lead_id, CASE WHEN won THEN 'won' ELSE 'lost' END, t.at + interval '20 days' FROM pg_temp.told t;
    INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, features)
    SELECT 'main', a.received_at, (SELECT t.lead_id FROM pg_temp.told t WHERE t.at = a.received_at LIMIT 1), 'inquiry', 'x', 0.5, 'WARM',
           jorge.lead_feature_vector(t, a.received_at)
      FROM pg_temp.arrivals(n, seed, monday) a,
           LATERAL (SELECT a.received_at, CASE twist WHEN 'source' THEN 'zillow' ELSE a.source END AS source, a.side,
                           CASE twist WHEN 'silent' THEN NULL ELSE a.message END AS message,
                           CASE twist WHEN 'prices' THEN 2 ELSE 1 END * a.budget_min AS budget_min, CASE twist WHEN 'prices' THEN 2 ELSE 1 END * a.budget_max AS budget_max,
                           a.timeline, a.financing, a.area, a.city, a.inquiries, a.interactions) t;
END $$;

SELECT throws_ok($$SELECT * FROM jorge.drift('nothing', now() - interval '7 days')$$, '42704', NULL, 'a model that is not there');
SELECT throws_ok($$SELECT * FROM jorge.drift('jorge_lead_scorer', now())$$, '22023', NULL, 'a window that ends before it begins');
SELECT throws_ok($$SELECT * FROM jorge.drift('jorge_lead_scorer', 'SELECT 1 AS inquiries')$$, '55000', NULL, 'a query against a model without a reference');
SELECT throws_ok($$SELECT jorge.keep_reference('jorge_lead_scorer', 1)$$, '22004', NULL, 'a reference of nothing');
SELECT throws_ok($$SELECT jorge.keep_reference('jorge_lead_scorer', 1, 'SELECT 1 AS a')$$, 'P0002', NULL, 'or of rows the model can''t read');
SELECT throws_ok($$SELECT jorge.keep_reference('jorge_lead_scorer', 9, 'SELECT 1 AS a')$$, '42704', NULL, 'or of a version that is not there');
SELECT is((SELECT count(*) FROM jorge.drift('jorge_lead_scorer', now() - interval '7 days') WHERE level NOT IN ('too few', 'unwatched')), 0::bigint, 'of an empty log nothing is said');

-- a model that is right about this world: it learned from its arrivals
INSERT INTO jorge.model_active (location_id, name, version)
SELECT '*', 'arrivals', jorge.register_model('arrivals', jorge.train($$SELECT a.won, jorge.lead_features(a, a.received_at) AS f FROM pg_temp.arrivals(3000, 77, NULL) a$$, 'won', '{"quiet": true}'));
-- the reference: 3,000 rows, a composite column, the label
SELECT is(jorge.keep_reference('arrivals', 1, $$SELECT a.won, jorge.lead_features(a, a.received_at) AS f FROM pg_temp.arrivals(3000, 77, NULL) a$$, label => 'won'),
          (SELECT cardinality((jorge.forest_info(forest)).feature_names) + 1 FROM jorge.model WHERE name = 'arrivals' AND version = 1), 'a histogram a feature, and one of the outcome');
SELECT is((SELECT DISTINCT observations FROM jorge.model_reference WHERE feature <> '(outcome)'), 3000::bigint, 'of all rows');
SELECT is((SELECT observations FROM jorge.model_reference WHERE feature = '(outcome)'), (SELECT count(won) FROM pg_temp.arrivals(3000, 77, NULL)), 'of all labelled rows');
SELECT is((SELECT jorge.histogram_mean(histogram::jorge.histogram) FROM jorge.model_reference WHERE feature = '(outcome)'), (SELECT avg(won::integer)::float8 FROM pg_temp.arrivals(3000, 77, NULL)), 'the rate of the outcome');

-- 200 weeks of the same world, of 25 to 105 leads
CREATE TEMP TABLE weeks (w integer, feature text, psi float8, p float8, p_adjusted float8, level text);
DO $$
BEGIN
    FOR w IN 1 .. 200 LOOP
        PERFORM pg_temp.log_week(w, 25 + w * 7 % 81, 1000 + w);
        INSERT INTO weeks SELECT w, d.feature, d.psi, d.p, d.p_adjusted, d.level
          FROM jorge.drift('arrivals', '2020-01-06Z'::timestamptz + w * interval '7 days', '2020-01-06Z'::timestamptz + (w + 1) * interval '7 days') d;
    END LOOP;
END $$;
SELECT is((SELECT count(DISTINCT w) FROM weeks WHERE feature = 'word_count' AND level <> 'too few'), (SELECT count(*) FROM generate_series(1, 200) w WHERE 25 + w * 7 % 81 >= 30), 'every week of 30 leads is judged');
SELECT cmp_ok((SELECT count(DISTINCT w) FROM weeks WHERE feature = '(calibration)' AND level <> 'too few'), '>', 150::bigint, 'by what became of its leads, too');
SELECT cmp_ok((SELECT count(DISTINCT w) FROM weeks WHERE level IN ('warn', 'alert')), '<=', 10::bigint, format('false alarms in 200 weeks: %s', (SELECT count(DISTINCT w) FROM weeks WHERE level IN ('warn', 'alert'))));
SELECT cmp_ok((SELECT min(p_adjusted) FROM weeks), '<', 0.9::float8, 'not by looking away');
SELECT cmp_ok((SELECT count(DISTINCT w) FROM weeks WHERE psi >= 0.25 AND level <> 'unwatched'), '>', 50::bigint, format('the bare index would have alarmed in %s of them', (SELECT count(DISTINCT w) FROM weeks WHERE psi >= 0.25 AND level <> 'unwatched')));

-- shifted weeks of 60 leads each
SELECT pg_temp.log_week(300 + w, CASE t WHEN 'slump' THEN 120 WHEN 'prices' THEN 250 ELSE 60 END, 2000 + w, t) FROM (VALUES (0, 'source'), (1, 'silent'), (2, 'prices'), (3, 'slump')) t(w, t) \g /dev/null
CREATE TEMP TABLE shifted AS SELECT t, d.* FROM (VALUES (0, 'source'), (1, 'silent'), (2, 'prices')) t(w, t), jorge.drift('arrivals', '2020-01-06Z'::timestamptz + (300 + w) * interval '7 days', '2020-01-06Z'::timestamptz + (301 + w) * interval '7 days') d;
SELECT is((SELECT level FROM shifted WHERE t = 'source' AND feature = 'source_zillow'), 'alert', 'all leads from one source');
SELECT is((SELECT current_mean FROM shifted WHERE t = 'source' AND feature = 'source_zillow'), 1::float8, 'it says what is now');
SELECT is((SELECT level FROM shifted WHERE t = 'silent' AND feature = 'word_count'), 'alert', 'messages are missing');
SELECT is((SELECT current_missing FROM shifted WHERE t = 'silent' AND feature = 'word_count'), 1::float8, 'which shows as such');
SELECT is((SELECT level FROM shifted WHERE t = 'prices' AND feature = 'budget_midpoint'), 'alert', 'budgets have doubled');
SELECT ok((SELECT level FROM shifted WHERE t = 'prices' AND feature = 'is_seller') = 'ok', 'and only what has changed is told');

CREATE TEMP TABLE later AS SELECT d.* FROM jorge.drift('arrivals', '2020-01-06Z'::timestamptz + 303 * interval '7 days' + interval '90 days', '2020-01-06Z'::timestamptz + 304 * interval '7 days' + interval '90 days') d;
SELECT is((SELECT level FROM later WHERE feature = '(outcome)'), 'alert', 'nobody buys: the outcomes tell when they arrive');
SELECT is((SELECT level FROM later WHERE feature = '(calibration)'), 'alert', 'and the predictions are too high');

-- kept
SELECT is(jorge.check_drift('arrivals', '2020-01-06Z'::timestamptz + 302 * interval '7 days', '2020-01-06Z'::timestamptz + 303 * interval '7 days'), 'alert', 'a check says the worst');
SELECT is((SELECT count(*) FROM jorge.drift_check), (SELECT count(*) FROM shifted WHERE t = 'prices'), 'and keeps all rows');
SELECT is((SELECT e.class || ' ' || e.model || ' ' || jsonb_array_length(e.detail -> 'features') FROM jorge.event e WHERE e.kind = 'model_drift'), (SELECT 'ALERT arrivals_v1 ' || count(*) FROM jorge.drift_alert), 'one event names what has changed');
SELECT is((SELECT event_id FROM jorge.event WHERE kind = 'model_drift'), (SELECT DISTINCT check_id FROM jorge.drift_alert), 'by the same id');
SELECT is(jorge.check_drift('arrivals', '2020-01-06Z'::timestamptz + 50 * interval '7 days', '2020-01-06Z'::timestamptz + 51 * interval '7 days'), 'ok', 'nothing to tell');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'model_drift'), 1::bigint, 'gives no event');

-- limits are rows; a location's own go before
INSERT INTO jorge.drift_limit VALUES ('main', 'budget_midpoint', 9, 9, 0.01, 30, true, 'ours grow');
SELECT is((SELECT level FROM jorge.drift('arrivals', '2020-01-06Z'::timestamptz + 302 * interval '7 days', '2020-01-06Z'::timestamptz + 303 * interval '7 days') WHERE feature = 'budget_midpoint'), 'ok', 'a limit of one''s own');
INSERT INTO jorge.drift_limit VALUES ('main', '*', 0.1, 0.25, 0.01, 1000, true, 'never');
SELECT ok((SELECT bool_and(level IN ('too few', 'unwatched') OR feature = 'budget_midpoint') FROM jorge.drift('arrivals', '2020-01-06Z'::timestamptz + 302 * interval '7 days', '2020-01-06Z'::timestamptz + 303 * interval '7 days')), 'for all features');
DELETE FROM jorge.drift_limit WHERE location_id = 'main';

-- any query; and the version's own log where no reference is kept
SELECT is((SELECT level FROM jorge.drift('arrivals', $$SELECT a.* FROM pg_temp.arrivals(300, 5, NULL) x, LATERAL jorge.lead_features(x, x.received_at) a$$) WHERE feature = 'word_count'), 'ok', 'rows of a query');
SELECT is((SELECT level FROM jorge.drift('arrivals', $$SELECT a.*, 5.0 AS budget_midpoint FROM pg_temp.arrivals(300, 5, NULL) x, LATERAL (SELECT y.word_count FROM jorge.lead_features(x, x.received_at) y) a$$) WHERE feature = 'budget_midpoint'), 'alert', 'rows that differ');
DELETE FROM jorge.model_reference;
UPDATE jorge.model_active SET activated_at = '2019-01-01';
SELECT is((SELECT level FROM jorge.drift('arrivals', '2020-01-06Z'::timestamptz + 190 * interval '7 days', '2020-01-06Z'::timestamptz + 191 * interval '7 days') WHERE feature = '(score)'), 'ok', 'without a reference the quarter before the window is one');
SELECT pg_temp.log_week(201, 250, 3000, 'prices') \g /dev/null
SELECT is((SELECT level FROM jorge.drift('arrivals', '2020-01-06Z'::timestamptz + 201 * interval '7 days', '2020-01-06Z'::timestamptz + 202 * interval '7 days') WHERE feature = 'budget_midpoint'), 'alert', 'and shows a change as well');

SELECT * FROM finish();
ROLLBACK;
