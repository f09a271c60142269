-- Revenue: what is certain is forecast to the dollar, parts add up, and agencies with nothing get an answer.
BEGIN;
-- leads as intake would leave them
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
SELECT plan(51);
SET LOCAL jorge.location_id = 'main';
INSERT INTO jorge.location (location_id, time_zone) VALUES ('main', 'UTC'), ('empty', 'UTC'), ('one', 'UTC');

-- nothing, and one lead
SELECT matches((SELECT note FROM jorge.forecast_monthly_revenue(6, '2026-07-01', 'empty')), '^not enough data: 0 leads', 'no leads: a note');
SELECT is((SELECT count(*) FROM jorge.forecast_monthly_revenue(6, '2026-07-01', 'empty')), 1::bigint, 'in one row');
SELECT matches((SELECT note FROM jorge.forecast_monthly_leads(6, '2026-07-01', 'empty')), '^not enough data', 'no leads: no forecast of leads');
SELECT is(jorge.goal_probability(1000, '2026-12-31', as_of => '2026-07-01', location_id => 'empty'), NULL, 'nor of a goal');
SELECT results_eq($$SELECT open_deals, total, hot_deals FROM jorge.pipeline_value('2026-07-01', 'empty')$$, 'VALUES (0, 0::numeric, 0)', 'an empty pipeline is worth nothing');
SELECT is_empty($$SELECT * FROM jorge.pipeline_velocity('source', '2026-07-01', 'empty')$$, 'and has no velocity');
SELECT matches((SELECT note FROM jorge.pipeline_weekly(4, '2026-07-01', 'empty')), '^not enough', 'nor weeks');
SELECT is((SELECT count(*) FROM jorge.monthly_seasonality('2026-07-01', 'empty')), 12::bigint, 'twelve months without a factor');
SELECT is_empty($$SELECT * FROM jorge.forecast_accuracy('revenue', '2026-07-01', 'empty')$$, 'no snapshot, no accuracy');
INSERT INTO jorge.lead (location_id, lead_id, first_seen_at, last_seen_at, budget_max) VALUES ('one', '00000000-0000-0000-0000-000000000001', '2026-06-10', '2026-06-10', 400000);
SELECT matches((SELECT note FROM jorge.forecast_monthly_revenue(6, '2026-07-01', 'one')), '^not enough data: 1 leads', 'one lead: a note');
SELECT results_eq($$SELECT open_deals, total, weighted, without_amount FROM jorge.pipeline_value('2026-07-01', 'one')$$, 'VALUES (1, 24000::numeric, NULL::numeric, 0)', 'but a value of 6 % of its budget');
SELECT is(jorge.close_probability_by('00000000-0000-0000-0000-000000000001', '2026-12-31', '2026-07-01', 'one'), NULL, 'and no probability');
SELECT is((SELECT note FROM jorge.pipeline_velocity('all', '2026-07-01', 'one')), 'not enough data: fewer than 3 won', 'and no velocity');
SELECT throws_ok($$SELECT jorge.close_probability_by('00000000-0000-0000-0000-000000000002', '2026-12-31', '2026-07-01', 'one')$$, 'P0002', NULL, 'a lead that is not there');

-- an agency whose law is known: four leads a day, one won after 30 days with 10,000, one lost after 10, two never heard of again
INSERT INTO jorge.lead (first_seen_at, last_seen_at, first_source, outcome, outcome_at, sale_price, revenue)
SELECT at, at, 'zillow', CASE WHEN n = 1 AND at + interval '30.5 days' <= '2026-07-01' THEN 'won' WHEN n = 2 AND at + interval '10.5 days' <= '2026-07-01' THEN 'lost' ELSE 'open' END,
       CASE WHEN n = 1 AND at + interval '30.5 days' <= '2026-07-01' THEN at + interval '30.5 days' WHEN n = 2 AND at + interval '10.5 days' <= '2026-07-01' THEN at + interval '10.5 days' END,
       CASE WHEN n = 1 AND at + interval '30.5 days' <= '2026-07-01' THEN 400000 END, CASE WHEN n = 1 AND at + interval '30.5 days' <= '2026-07-01' THEN 10000 END
  FROM generate_series('2024-07-01 12:00+00'::timestamptz, '2026-06-30 12:00+00', interval '1 day') at, generate_series(1, 4) n;
CREATE TEMP TABLE f AS SELECT * FROM jorge.forecast_monthly_revenue(6, '2026-07-01');
SELECT is((SELECT count(*) FROM f WHERE note IS NULL), 6::bigint, 'six months are forecast');
SELECT is((SELECT max(abs(expected - realised - from_open - from_new)) FROM f), 0::numeric, 'realised, open and new add up, to the cent');
SELECT ok((SELECT bool_and(expected BETWEEN 0.94 * 10000 * d AND 1.06 * 10000 * d) FROM (SELECT expected, extract(day FROM month + interval '1 month' - interval '1 day')::numeric AS d FROM f) m),
          'one deal of 10,000 a day is expected, within 6 %: ' || (SELECT string_agg(round(expected)::text, ' ' ORDER BY month) FROM f));
SELECT ok((SELECT from_open / expected > 0.9 FROM f WHERE step = 1), 'in the first month from open deals');
SELECT ok((SELECT from_open / expected < 0.1 FROM f WHERE step = 3), 'in the third from leads still to arrive');
SELECT ok((SELECT bool_and(lo95 <= lo80 AND lo80 <= expected AND expected <= hi80 AND hi80 <= hi95 AND lo95 >= 0) FROM f), 'the intervals lie around it, above 0');
SELECT ok((SELECT abs(sum(deals) - 184) < 12 FROM f), 'deals are counted: ' || (SELECT sum(deals) FROM f));
SELECT ok((SELECT bool_and(abs(leads - 4 * extract(day FROM month + interval '1 month' - interval '1 day')) < 6) FROM f), 'leads to come too');
SELECT ok((SELECT bool_and(expected BETWEEN 112 AND 132) FROM jorge.forecast_monthly_leads(6, '2026-07-01')), 'and by themselves');

-- in the middle of a month
CREATE TEMP TABLE g AS SELECT * FROM jorge.forecast_monthly_revenue(2, '2026-06-16');
SELECT is((SELECT realised FROM g WHERE step = 1), (SELECT sum(revenue) FROM jorge.lead WHERE outcome_at >= '2026-06-01' AND outcome_at <= '2026-06-16'), 'what the month has brought is counted');
SELECT ok((SELECT abs(expected - 300000) < 20000 AND lo95 >= realised FROM g WHERE step = 1), 'and the rest is forecast: ' || (SELECT expected FROM g WHERE step = 1));
SELECT is((SELECT expected FROM jorge.forecast_monthly_revenue(1, '2026-06-16') LIMIT 1), (SELECT expected FROM g WHERE step = 1), 'a month does not depend on how many are asked for');

-- one model, many questions
CREATE TEMP TABLE m AS SELECT jorge.revenue_model_of('2026-07-01') AS m OFFSET 0;
SELECT ok((SELECT abs((m).conversion - 0.25) < 0.01 FROM m), 'a quarter is won, open leads counted for what they say: ' || (SELECT (m).conversion FROM m));
SELECT ok((SELECT (SELECT expected FROM jorge.revenue_between(m, ARRAY['2026-07-01', '2026-10-01']::timestamptz[])) / (SELECT sum(expected) FROM jorge.revenue_between(m, ARRAY['2026-07-01', '2026-08-01', '2026-09-01', '2026-10-01']::timestamptz[])) FROM m)
          BETWEEN 0.999999 AND 1.000001, 'a quarter is the sum of its months');
SELECT ok((SELECT (SELECT sd FROM jorge.revenue_between(m, ARRAY['2026-07-01', '2026-10-01']::timestamptz[])) > (SELECT sqrt(sum(sd ^ 2)) FROM jorge.revenue_between(m, ARRAY['2026-07-01', '2026-08-01', '2026-09-01', '2026-10-01']::timestamptz[])) FROM m),
          'whose errors hang together');
SELECT throws_ok($$SELECT jorge.revenue_between(m, ARRAY['2026-08-01', '2026-07-01']::timestamptz[]) FROM m$$, '22023', NULL, 'windows run forward');
SELECT throws_ok($$SELECT jorge.revenue_between(m, ARRAY['2026-06-01', '2026-07-02']::timestamptz[]) FROM m$$, '22023', NULL, 'and not into the past');
SELECT throws_ok($$SELECT jorge.forecast_monthly_revenue(0)$$, '22023', NULL, 'no months');
SELECT throws_ok($$SELECT jorge.forecast_revenue_query('SELECT now() AS arrived_at, now() AS ended_at, true AS won')$$, '42703', NULL, 'a column is missing');
SELECT throws_ok($$SELECT jorge.pipeline_velocity('religion')$$, '22023', NULL, 'no such segment');
SELECT ok((SELECT bool_and(p BETWEEN before AND 1) FROM (SELECT jorge.deal_probability(m, 20, 0.3, 0, w) AS p, jorge.deal_probability(m, 20, 0.3, 0, w - 1) AS before FROM m, generate_series(1, 40) w) x),
          'the longer, the likelier that a deal closes');
SELECT ok((SELECT jorge.deal_probability(m, 20, 0.3) > jorge.deal_probability(m, 5, 0.3) AND jorge.deal_probability(m, 60, 0.3) < 0.05 FROM m), 'a deal not lost in time is likelier won, one never closed in time is not');
SELECT ok((SELECT abs(jorge.deal_probability(m, 5, 0.3, 0, 15) + 0) < 0.02 AND jorge.deal_probability(m, 29, NULL, 0, 3) > 0.2 FROM m), 'and close when deals close');

-- months
SELECT ok((SELECT count(*) = 12 AND bool_and(leads_factor BETWEEN 0.97 AND 1.03 AND leads_seasonal < 0.75 AND prepare = 'as usual') FROM jorge.monthly_seasonality('2026-07-01')), 'the same number of leads a day is no season');
SELECT ok((SELECT bool_and(abs(expected - 4 * extract(day FROM month + interval '1 month' - interval '1 day')) < 6) FROM jorge.forecast_monthly_leads(6, '2026-07-01')), 'and months are as long as they are');
SELECT ok((SELECT expected BETWEEN 118 AND 122 AND realised = 60 AND lo95 > 60 AND lo95 <= lo80 AND hi80 <= hi95 FROM jorge.forecast_monthly_leads(1, '2026-06-16')), 'half a month of leads is known, the other half expected');

-- goals
SELECT is(jorge.goal_probability(1000, '2026-12-31', as_of => '2026-07-01'), 1::float8, 'a goal that is reached');
SELECT is(jorge.goal_probability(1e9, '2026-06-30', as_of => '2026-07-01'), 0::float8, 'a goal whose time is over');
SELECT ok(jorge.goal_probability(3400000, '2026-12-31', as_of => '2026-07-01') > 0.8 AND jorge.goal_probability(4000000, '2026-12-31', as_of => '2026-07-01') < 0.1, 'goals below and above 3.65 million a year');
SELECT ok((SELECT max(abs(jorge.revenue_reaches(jorge.revenue_quantile(p, 1000, sd, none), 1000, sd, none) - (1 - p))) FROM generate_series(0.15, 0.95, 0.1) p, unnest(ARRAY[50, 500, 900]) sd, unnest(ARRAY[0, 0.1]) none) < 1e-6,
          'chance of a quantile is its complement');

-- how long it takes
SELECT results_eq($$SELECT leads, won, round(win_rate::numeric, 2), round(median_days::numeric), round(mean_days::numeric), note FROM jorge.pipeline_velocity('all', '2026-07-01')$$,
                  $$VALUES (2920::bigint, 700::bigint, 0.25, 31::numeric, 31::numeric, NULL::text)$$, 'a quarter is won, in 30 and a half days');
SELECT ok((SELECT abs(velocity_a_day - open_value * win_rate::numeric / mean_days::numeric) < 1 AND median_lower <= median_days AND median_days <= median_upper FROM jorge.pipeline_velocity('all', '2026-07-01')), 'velocity is value x rate / days');

-- the rows' order is nothing
CREATE TEMP TABLE d AS SELECT arrived_at, ended_at, won, random() AS probability, NULL::timestamptz AS probability_at, amount, revenue FROM jorge.deals('2026-07-01');
SELECT results_eq($$SELECT * FROM jorge.forecast_revenue_query('SELECT * FROM pg_temp.d ORDER BY arrived_at DESC, probability', 3, '2026-07-01')$$,
                  $$SELECT * FROM jorge.forecast_revenue_query('SELECT * FROM pg_temp.d ORDER BY random()', 3, '2026-07-01')$$, 'any order of rows gives the same forecast');
UPDATE d SET revenue = 'NaN', amount = 'Infinity', probability = 'NaN' WHERE extract(day FROM arrived_at) = 5;
INSERT INTO d VALUES ('-infinity', NULL, NULL, 2, NULL, -1, NULL), ('2026-06-01', NULL, true, -1, 'infinity', 1e300, 1e300), (NULL, NULL, NULL, NULL, NULL, NULL, NULL), ('2026-06-01', '2020-01-01', true, 1, NULL, 1e11, 1);
SELECT ok((SELECT bool_and(expected > 0 AND expected < 1e13) FROM jorge.forecast_revenue_query('SELECT * FROM pg_temp.d', 3, '2026-07-01')), 'rows that make no sense change no answer into nonsense');
UPDATE jorge.lead SET revenue = 'NaN', sale_price = CASE WHEN extract(day FROM outcome_at) = 3 THEN 'NaN' ELSE 1e300 END WHERE outcome = 'won' AND extract(day FROM outcome_at) IN (3, 4);
UPDATE jorge.lead SET budget_min = 'Infinity' WHERE outcome = 'open' AND extract(day FROM first_seen_at) = 3;
UPDATE jorge.lead SET budget_max = 'NaN' WHERE outcome = 'open' AND extract(day FROM first_seen_at) = 4;
SELECT ok((SELECT bool_and(expected > 0 AND expected < 1e6) FROM jorge.forecast_monthly_revenue(3, '2026-06-16')), 'nor leads whose money is none');
SELECT ok((SELECT bool_and(actual > 0 AND actual < 1e6) FROM jorge.monthly_actuals('revenue') WHERE month > '2024-07-31') AND (SELECT total >= 0 AND total < 1e9 FROM jorge.pipeline_value('2026-07-01'))
          AND (SELECT bool_and(current < 1e9) FROM jorge.kpis(90, '2026-07-01')) AND (SELECT bool_and(revenue_factor BETWEEN 0.5 AND 2) IS NOT FALSE FROM jorge.monthly_seasonality('2026-07-01')), 'also of what came, the pipeline and the figures');
SELECT is((SELECT min(month) FROM f), '2026-07-01'::date, 'months begin with that of as_of');
SELECT * FROM finish();
ROLLBACK;
