-- Money: an agency of thirty months, what the next six will bring, how fast its pipeline moves, and what one lead is worth.
\set QUIET on
\pset border 2
\pset null '-'
\pset footer off
SET client_min_messages = warning;
SET jorge.location_id = 'hill_country';
SELECT setseed(0.4) \g /dev/null
\echo
\echo '==> an agency of its own location: thirty months of leads, growing, more in spring; one in eight is won'
INSERT INTO jorge.location (location_id, name, time_zone) VALUES ('hill_country', 'Hill Country Homes', 'America/Chicago') ON CONFLICT DO NOTHING;
INSERT INTO jorge.commission_plan (location_id, name, valid_from, plan, note) VALUES ('hill_country', 'standard', '-infinity',
    '{"side": "buyer", "rate": 0.054, "referral": {"rate": 0.25}, "split": {"agent": 0.7, "cap": 18000}, "fees": [{"label": "transaction", "amount": 395}]}', 'buyer''s half of 5.4 %, portal referral, 70/30')
ON CONFLICT DO NOTHING;
-- years of history as intake would have left it, without the minutes that takes
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
WITH drawn AS MATERIALIZED (
    SELECT gen_random_uuid() AS lead_id, at, n, random() AS luck, -2.6 + 1.4 * sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185 * random()) AS z,
           exp(0.45 * sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185 * random())) AS slow, random() AS kind,
           round((420000 * exp(0.32 * sqrt(-2 * ln(random() + 1e-12)) * cos(6.283185 * random())))::numeric, -3) AS price
      FROM generate_series(1, 913) day,
           LATERAL (SELECT now() - make_interval(days => 914 - day) AS began) b,
           LATERAL (SELECT floor(4 * exp(0.18 * day / 365.0) * (1 + 0.3 * sin(6.283185 * (extract(doy FROM began)::float8 - 20) / 365)) + random())::integer AS leads) l,
           generate_series(1, leads) n, LATERAL (SELECT began + random() * interval '1 day' AS at) t
), told AS (
    SELECT *, 1 / (1 + exp(-z)) AS p, luck < 1 / (1 + exp(-z)) AS wins FROM drawn
), ended AS (
    SELECT *, at + CASE WHEN wins THEN 68 ELSE 35 END * slow * interval '1 day' AS ends FROM told
), lead AS (
    INSERT INTO jorge.lead (location_id, lead_id, name, first_source, sources, side, first_seen_at, last_seen_at, first_outbound_at, inquiries, budget_min, budget_max, area,
                            stage, outcome, outcome_at, sale_price, revenue)
    SELECT 'hill_country', lead_id, (ARRAY['Ana', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gia', 'Hal'])[1 + floor(kind * 8)::integer] || ' ' || (ARRAY['Reyes', 'Stone', 'Tran', 'Ullman', 'Vega'])[1 + n % 5],
           (ARRAY['zillow', 'facebook', 'realtor_com', 'referral'])[1 + floor(kind * 4)::integer], ARRAY[(ARRAY['zillow', 'facebook', 'realtor_com', 'referral'])[1 + floor(kind * 4)::integer]],
           'buyer', at, at, at + slow * interval '3 hours', 1, round(price * 0.95, -4), round(price * 1.05, -4), (ARRAY['Mueller', 'Hyde Park', 'Zilker', 'East Austin'])[1 + floor(luck * 400)::integer % 4],
           CASE WHEN ends > now() THEN CASE WHEN p > 0.5 THEN 'appointment' WHEN p > 0.2 THEN 'qualified' ELSE 'initial_contact' END WHEN wins THEN 'closed' ELSE 'initial_contact' END,
           CASE WHEN ends > now() THEN 'open' WHEN wins THEN 'won' ELSE 'lost' END, CASE WHEN ends <= now() THEN ends END,
           CASE WHEN ends <= now() AND wins THEN price END, CASE WHEN ends <= now() AND wins THEN round(price * 0.027, 2) END
      FROM ended
), prediction AS (
    INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, features)
    SELECT 'hill_country', at, lead_id, 'inquiry', 'demo', p, 'WARM', '{}' FROM ended
)
SELECT 'hill_country' AS location_id, lead_id, p AS probability, 100 * p AS score, CASE WHEN p > 0.7 THEN 'HOT' WHEN p > 0.3 THEN 'WARM' ELSE 'COLD' END AS class, at INTO TEMP demo_scores FROM ended;
INSERT INTO jorge.lead_score (location_id, lead_id, probability, score, class, model, scored_at) SELECT location_id, lead_id, probability, score, class, 'demo', at FROM demo_scores;
ALTER TABLE jorge.lead ENABLE TRIGGER USER;

\echo '==> what came in, month by month, and jorge.forecast_monthly_revenue(6)'
CREATE TEMP TABLE demo_revenue AS SELECT * FROM jorge.forecast_monthly_revenue(6);
WITH came AS (SELECT jorge.series(outcome_at, revenue::float8, 'month', 'America/Chicago') AS s, sum(revenue) FILTER (WHERE outcome_at > now() - interval '1 year') AS year FROM jorge.lead WHERE location_id = 'hill_country' AND outcome = 'won'),
     month AS (SELECT start::date AS month, sum AS value FROM came, jorge.points(s) WHERE start < date_trunc('month', now() AT TIME ZONE 'America/Chicago') UNION ALL SELECT month, expected::float8 FROM demo_revenue),
     line AS (SELECT jorge.sparkline(jorge.series_of(min(month), array_agg(value ORDER BY month))) AS drawn FROM month)
SELECT left(right(drawn, 18), 12) AS "twelve months", right(drawn, 6) AS "and six to come", to_char(year, 'FM999,999,999') AS "commission of the last year",
       (SELECT to_char(sum(expected), 'FM999,999,999') FROM demo_revenue) AS "expected of the six" FROM came, line;
SELECT to_char(month, 'Mon YYYY') AS month, to_char(expected, 'FM9,999,999') AS expected, to_char(lo80, 'FM9,999,999') || ' to ' || to_char(hi80, 'FM9,999,999') AS "in 4 cases of 5",
       to_char(realised, 'FM9,999,990') AS "in already", to_char(from_open, 'FM9,999,990') AS "open deals", to_char(from_new, 'FM9,999,990') AS "leads to come", deals,
       rpad(repeat('#', (24 * lo80 / max(hi80) OVER ())::integer) || repeat('=', (24 * (expected - lo80) / max(hi80) OVER ())::integer) || '|' || repeat('-', (24 * (hi80 - expected) / max(hi80) OVER ())::integer), 26) AS "80 % | expected"
  FROM demo_revenue ORDER BY step;

\echo '==> the chance of a goal by the end of the fourth month: jorge.goal_probability()'
SELECT to_char(goal, 'FM9,999,999') AS goal, to_char(100 * jorge.goal_probability(goal, by, current_date), 'FM990') || ' %' AS chance
  FROM (SELECT (date_trunc('month', now()) + interval '4 months - 1 day')::date AS by, round((SELECT sum(expected - realised) FROM demo_revenue WHERE step <= 4) * x, -4) AS goal FROM unnest(ARRAY[0.9, 1, 1.1]) x) g;

\echo '==> the pipeline, and how fast it moves: jorge.pipeline_value(), jorge.pipeline_velocity(''source'')'
SELECT open_deals, to_char(total, 'FM99,999,999') AS total, to_char(weighted, 'FM99,999,999') AS weighted, hot_deals AS "above 0.85", to_char(hot_total, 'FM99,999,999') AS "of them" FROM jorge.pipeline_value();
SELECT segment AS source, leads, won, round(100 * win_rate::numeric, 1) AS "win %", format('%s (%s to %s)', round(median_days), round(median_lower), round(median_upper)) AS "median days",
       to_char(average_deal, 'FM999,999') AS "a deal", to_char(velocity_a_day, 'FM99,999') AS "commission a day"
  FROM jorge.pipeline_velocity('source');

\echo '==> one lead: what it is likely to bring, when, and who gets what'
SELECT d.lead_id AS demo_lead FROM jorge.deals() d WHERE d.won IS NULL AND d.probability < 0.95 ORDER BY d.probability * d.amount DESC LIMIT 1 \gset
SELECT l.name, c.price_method AS price_from, to_char(c.estimated_sale_price, 'FM9,999,999') AS price, c.commission_rate AS rate, to_char(c.estimated_commission, 'FM999,999.00') AS commission, c.confidence_level AS confidence, c.jorge_tracking_id,
       to_char(100 * jorge.close_probability_by(l.lead_id, current_date + 30), 'FM990') || ' %' AS "closed in 30 days", to_char(100 * jorge.close_probability_by(l.lead_id, current_date + 90), 'FM990') || ' %' AS "in 90"
  FROM jorge.lead l, jorge.lead_commission(l.lead_id) c WHERE l.location_id = 'hill_country' AND l.lead_id = :'demo_lead';
SELECT x.kind, x.party, x.label, x.rate, x.amount FROM jorge.lead_commission(:'demo_lead') c, jorge.jorge_commission_lines(c.estimated_sale_price, jorge.commission_plan_at(NULL)) x WHERE x.kind <> 'information' ORDER BY x.seq;

\echo '==> every day one call writes the forecast down, so that it can be judged later: jorge.snapshot_forecast(), jorge.forecast_accuracy()'
-- as if it had been called on the first of each month of the last year, and a week ago
SELECT format('CALL jorge.snapshot_forecast(''hill_country'', 4, %L)', (date_trunc('month', now() AT TIME ZONE 'America/Chicago') - make_interval(months => n)) AT TIME ZONE 'America/Chicago') FROM generate_series(12, 1, -1) n
UNION ALL SELECT $$CALL jorge.snapshot_forecast('hill_country', 4, now() - interval '7 days')$$ \gexec
SELECT months_ahead, months, to_char(mae, 'FM999,999') AS "mean error", mape AS "in %", bias_percent AS "bias %", inside80 AS "in 80 %" FROM jorge.forecast_accuracy();
\echo '==> what moved in the pipeline since last week: jorge.pipeline_changes()'
SELECT change, count(*) AS deals, to_char(sum(weighted_change), 'FMSG9,999,990') AS "weighted commission" FROM jorge.pipeline_changes() GROUP BY change ORDER BY sum(weighted_change) DESC;
DROP TABLE demo_scores, demo_revenue;
RESET jorge.location_id;
