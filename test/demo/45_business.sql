-- Business: what sources bring for what they cost, who deserves a deal, where the funnel leaks, and what to do first.
\set QUIET on
\pset border 2
\pset null '-'
\pset footer off
SET client_min_messages = warning;
SET jorge.location_id = 'lakeside';
SELECT setseed(0.45) \g /dev/null
\echo
\echo '==> another agency: a year of leads, some of whom come by two or three ways'
INSERT INTO jorge.location (location_id, name) VALUES ('lakeside', 'Lakeside Realty') ON CONFLICT DO NOTHING;
CREATE TEMP TABLE person AS
SELECT n, source, at, owner, '512' || (2000000 + n) AS phone, random() AS more, random() AS luck, answers, odds + CASE WHEN answers < interval '1 hour' THEN 0.4 ELSE -0.5 END AS z,
       (ARRAY['Mueller', 'Zilker', 'Hyde Park', 'East Austin'])[1 + floor(random() * 4)::integer] AS area, round((300000 + 500000 * random())::numeric, -3) AS price, 10 + 60 * random() AS days
  FROM (SELECT n, now() - random() * interval '365 days' - interval '1 day' AS at, random() AS r, random() AS who FROM generate_series(1, 900) n) p,
       LATERAL (SELECT CASE WHEN who < 0.4 THEN 'Ann' WHEN who < 0.7 THEN 'Bob' ELSE 'Cleo' END AS owner, CASE WHEN who < 0.4 THEN interval '6 minutes' WHEN who < 0.7 THEN interval '25 minutes' ELSE interval '9 hours' END AS answers) w,
       LATERAL (SELECT CASE WHEN r < 0.35 THEN 'facebook' WHEN r < 0.6 THEN 'zillow' WHEN r < 0.8 THEN 'realtor_com' WHEN r < 0.93 THEN 'ghl' ELSE 'referral' END AS source,
                       CASE WHEN r < 0.35 THEN -2.6 WHEN r < 0.6 THEN -1.7 WHEN r < 0.8 THEN -1.9 WHEN r < 0.93 THEN -1.2 ELSE -0.6 END AS odds) s;
INSERT INTO jorge.inquiry (received_at, source, phone, area, side, budget_max)
SELECT at, source, phone, area, 'buyer', price FROM person
UNION ALL SELECT at + interval '5 days', CASE source WHEN 'zillow' THEN 'facebook' ELSE 'zillow' END, phone, area, 'buyer', price FROM person WHERE more < 0.4
UNION ALL SELECT at + interval '9 days', 'ghl', phone, area, 'buyer', price FROM person WHERE more < 0.15
 ORDER BY 1;
CREATE TEMP TABLE story AS
SELECT p.*, l.lead_id, at + days * interval '1 day' AS ends, luck < chance AS wins,
       -- of the others, the nearer they were the farther they got
       CASE WHEN luck < chance THEN 5 WHEN luck < chance * 1.7 THEN 4 WHEN luck < chance * 2.2 THEN 3 WHEN luck < 0.3 + 1.6 * chance THEN 2 ELSE 1 END AS step
  FROM person p JOIN jorge.lead l ON l.location_id = 'lakeside' AND l.phone = p.phone, LATERAL (SELECT (1 / (1 + exp(-z)))::float8 AS chance) c;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, at + answers, 'sms', 'out', 'Hello, this is Jorge.' FROM story ORDER BY at;
INSERT INTO jorge.stage_change (lead_id, at, stage, stage_before)
SELECT lead_id, at + (ends - at) * power((k - 1) / step::float8, 1.5), (jorge.funnel_stages())[k], (jorge.funnel_stages())[k - 1] FROM story, generate_series(2, least(step, 4)) k WHERE at + (ends - at) * power((k - 1) / step::float8, 1.5) < now();
UPDATE jorge.lead l SET owner = s.owner, stage = CASE WHEN ends > now() AND s.step = 5 THEN 'appointment' ELSE (jorge.funnel_stages())[s.step] END, outcome = CASE WHEN ends > now() THEN 'open' WHEN wins THEN 'won' ELSE 'lost' END,
       outcome_at = CASE WHEN ends <= now() THEN ends END, sale_price = CASE WHEN ends <= now() AND wins THEN price END, revenue = CASE WHEN ends <= now() AND wins THEN round(price * 0.027, 2) END,
       drop_reason = CASE WHEN ends <= now() AND NOT wins THEN (ARRAY['no_response', 'not_ready', 'financing', 'price'])[s.step] END
  FROM story s WHERE l.location_id = 'lakeside' AND l.lead_id = s.lead_id;
INSERT INTO jorge.source_spend (source, starts_on, ends_on, amount) VALUES ('facebook', (now() - interval '366 days')::date, now()::date, 9600), ('zillow', (now() - interval '366 days')::date, now()::date, 14400),
    ('realtor_com', (now() - interval '366 days')::date, now()::date, 36000), ('magazine', (now() - interval '366 days')::date, now()::date, 4800);
INSERT INTO jorge.activity (at, lead_id, kind, hours, agent_ref) SELECT at + interval '2 days', lead_id, 'call', 0.2, owner FROM story UNION ALL SELECT at + interval '6 days', lead_id, 'showing', 2.5, owner FROM story WHERE step >= 3
    UNION ALL SELECT now() - n * interval '14 days', NULL, 'open_house', 4, 'Ann' FROM generate_series(1, 25) n;

\echo '==> jorge.source_roi(): open leads are not counted as lost; roi is revenue a dollar, NULL where nothing is paid'
SELECT source, leads, won, open, to_char(cost, 'FM99,999') AS cost, cost_per_lead AS "a lead", CASE WHEN leads > 0 THEN format('%s (%s to %s)', round(100 * shrunk_rate::numeric, 1), round(100 * shrunk_lower::numeric, 1), round(100 * shrunk_upper::numeric, 1)) END AS "won, %",
       to_char(avg_commission, 'FM99,999') AS "a deal", to_char(revenue, 'FM9,999,999') AS revenue, round(roi, 1) AS roi, round(expected_roi, 1) AS "roi in the end", quality_score AS score, note
  FROM jorge.source_roi();

\echo '==> jorge.attribution(): the same money by seven rules, each to the cent'
SELECT coalesce(source, 'all') AS source, to_char(sum(first_touch), 'FM9,999,990.00') AS first, to_char(sum(last_touch), 'FM9,999,990.00') AS last, to_char(sum(linear), 'FM9,999,990.00') AS linear, to_char(sum(time_decay), 'FM9,999,990.00') AS "time decay",
       to_char(sum(position_based), 'FM9,999,990.00') AS position, to_char(sum(shapley), 'FM9,999,990.00') AS shapley, to_char(sum(markov), 'FM9,999,990.00') AS markov, round(100 * sum(removal_effect) FILTER (WHERE source IS NOT NULL)::numeric, 1) AS "lost without it, %"
  FROM jorge.attribution() GROUP BY ROLLUP (source) ORDER BY source IS NULL, sum(linear) DESC;
\echo '==> jorge.funnel(): how far they get, why not, how long it takes, and what one point more would bring'
SELECT stage, reached, waiting, dropped, round(100 * conversion::numeric, 1) AS "get on, %", rpad(repeat('#', round(30.0 * reached / max(reached) OVER ())::integer), 30) AS " ", top_reason AS "why not", round(median_days::numeric, 1) AS "median days", round(p90_days::numeric) AS "90 %",
       to_char(value_per_point, 'FM99,999') AS "a point", round(100 * target::numeric, 1) AS "could, %", target_from AS "as", to_char(revenue_impact, 'FM9,999,999') AS "would bring"
  FROM jorge.funnel() ORDER BY step;
\echo '==> the leakiest point: jorge.leakage_points()'
SELECT kind, what, to_char(money, 'FM9,999,999') AS money, advice FROM jorge.leakage_points() LIMIT 1;
\echo '==> the first three of jorge.business_recommendations(), and what the first was worked out from'
SELECT rank, recommendation, to_char(expected_money, 'FM9,999,999') AS "expected money", evidence FROM jorge.business_recommendations(3);
SELECT key, value FROM jorge.business_recommendations(1), jsonb_each_text(numbers) ORDER BY key;
DROP TABLE person, story;
RESET jorge.location_id;
