-- Snapshots of forecasts: one a day, never changed; accuracy and changes told from them.
BEGIN;
-- leads as intake would leave them
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
SELECT plan(14);
INSERT INTO jorge.location (location_id, time_zone) VALUES ('main', 'UTC');
INSERT INTO jorge.lead (name, first_seen_at, last_seen_at, budget_max, outcome, outcome_at, sale_price, revenue)
SELECT 'lead ' || n, at, at, 400000, CASE WHEN n % 4 = 0 THEN 'won' WHEN n % 4 < 3 THEN 'lost' ELSE 'open' END, CASE WHEN n % 4 < 3 THEN at + interval '20 days' END, CASE WHEN n % 4 = 0 THEN 400000 END, CASE WHEN n % 4 = 0 THEN 12000 END
  FROM generate_series(1, 600) n, LATERAL (SELECT '2026-01-01'::timestamptz + n * interval '6 hours' AS at) a;
CALL jorge.snapshot_forecast('main', 3, '2026-05-01');
SELECT is((SELECT count(*) FROM jorge.forecast_snapshot), 6::bigint, 'three months of revenue and of leads');
CREATE TEMP TABLE once AS SELECT * FROM jorge.forecast_snapshot;
INSERT INTO jorge.lead (first_seen_at, last_seen_at, outcome, outcome_at, revenue) SELECT '2026-04-20', '2026-04-20', 'won', '2026-04-30', 1e6 FROM generate_series(1, 20);
CALL jorge.snapshot_forecast('main', 3, '2026-05-01');
SELECT results_eq('SELECT * FROM jorge.forecast_snapshot ORDER BY metric, month', 'SELECT * FROM once ORDER BY metric, month', 'the first call of a day stands');
SELECT is((SELECT count(*) FROM jorge.pipeline_snapshot), 1::bigint, 'also of the pipeline');
SELECT is((SELECT count(*) FROM jorge.deal_snapshot WHERE state = 'open'), (SELECT open_deals::bigint FROM jorge.pipeline_snapshot), 'and of each open deal');
DELETE FROM jorge.lead WHERE revenue = 1e6;
CALL jorge.snapshot_forecast('main', 3, '2026-05-02');
SELECT is((SELECT count(*) FROM jorge.deal_snapshot WHERE taken_on = '2026-05-02'), (SELECT count(*) FROM jorge.lead WHERE first_seen_at > '2026-05-01' AND first_seen_at <= '2026-05-02' AND (outcome = 'open' OR outcome_at > '2026-05-02'))
              + (SELECT count(*) FROM jorge.lead WHERE outcome_at > '2026-05-01' AND outcome_at <= '2026-05-02' AND first_seen_at <= '2026-05-01'), 'a deal has a row only when it changed');

-- what moved
CREATE TEMP TABLE before AS SELECT * FROM jorge.deals('2026-05-01');
SELECT results_eq($$SELECT change, count(*) FROM jorge.pipeline_changes('2026-05-01', '2026-05-08') GROUP BY 1 ORDER BY 1$$,
                  $$SELECT CASE WHEN d.won THEN 'won' WHEN d.won IS NULL THEN 'new' ELSE 'lost' END, count(*) FROM jorge.deals('2026-05-08') d LEFT JOIN before b USING (lead_id)
                     WHERE (b.lead_id IS NULL AND d.won IS NULL) OR (b.won IS NULL AND d.won IS NOT NULL) GROUP BY 1 ORDER BY 1$$, 'new, won and lost of a week');
SELECT is((SELECT sum(amount_after) FROM jorge.pipeline_changes('2026-05-01', '2026-05-08') WHERE change = 'won'), (SELECT sum(revenue) FROM jorge.lead WHERE outcome_at > '2026-05-01' AND outcome_at <= '2026-05-08'), 'won deals count their revenue');
UPDATE jorge.lead SET budget_max = 800000 WHERE name = 'lead 3';
SELECT results_eq($$SELECT amount_before, amount_after FROM jorge.pipeline_changes('2026-05-01', '2026-05-08') WHERE name = 'lead 3'$$, 'VALUES (24000::numeric, 48000::numeric)', 'a budget that changed');
SELECT is((SELECT change_a_day FROM jorge.pipeline_value('2026-05-08')), (SELECT round((v.total - s.total) / 7, 2) FROM jorge.pipeline_value('2026-05-08') v, jorge.pipeline_snapshot s WHERE s.taken_on = '2026-05-01'), 'the change a day since a week ago');

-- accuracy, of snapshots written by hand: what came is 12,000 a won lead
DELETE FROM jorge.forecast_snapshot;
INSERT INTO jorge.forecast_snapshot (location_id, taken_on, metric, month, step, expected, lo80, hi80, lo95, hi95, realised)
SELECT 'main', d, 'revenue', m, 2, a.actual * x, a.actual * 0.95, a.actual * 1.3, a.actual * 0.9, a.actual * 1.5, 0
  FROM (VALUES ('2026-02-01'::date, '2026-03-01'::date, 1.1), ('2026-02-10', '2026-03-01', 3), ('2026-03-01', '2026-04-01', 1.3), ('2026-04-01', '2026-05-01', 5)) v(d, m, x)
  JOIN jorge.monthly_actuals('revenue') a ON a.month = v.m;
SELECT results_eq($$SELECT months_ahead, months, mape, bias_percent, inside80, inside95 FROM jorge.forecast_accuracy('revenue', '2026-05-20')$$, 
                  $$SELECT 1, 2, 20.0, round(100 * (0.1 * a + 0.3 * b) / (a + b), 1), 1.000, 1.000 FROM (SELECT max(actual) FILTER (WHERE month = '2026-03-01') AS a, max(actual) FILTER (WHERE month = '2026-04-01') AS b FROM jorge.monthly_actuals('revenue')) x$$,
                  'error, bias and coverage: of each month the first snapshot, of months that are over');
SELECT is((SELECT sum(actual) FROM jorge.monthly_actuals('leads')), 600::numeric, 'every lead is in a month');
SELECT is((SELECT sum(actual) FROM jorge.monthly_actuals('revenue')), (SELECT sum(revenue) FROM jorge.lead), 'every dollar too');
UPDATE jorge.lead SET revenue = NULL WHERE outcome = 'won';
SELECT is((SELECT sum(actual) FROM jorge.monthly_actuals('revenue')), (SELECT count(*) * 24000 FROM jorge.lead WHERE outcome = 'won')::numeric, 'by the plan where only the price is known');
SELECT ok(NOT has_function_privilege('public', 'jorge.snapshot_forecast(text, integer, timestamptz)', 'EXECUTE'), 'PUBLIC takes no snapshots');
SELECT * FROM finish();
ROLLBACK;
