-- When things happen to synthetic leads: arrivals, conversations, stages, outcomes, money.
SET timezone = 'America/Chicago';
CREATE TEMP TABLE lead AS SELECT * FROM jorge.synthetic_leads(40000, 3);
CREATE TEMP TABLE turn AS
SELECT l.source_ref, l.received_at, l.outcome_at, i.*
FROM lead l, ROWS FROM (jsonb_to_recordset(interactions) AS (at timestamptz, channel text, direction text,
     body text, duration_seconds integer)) WITH ORDINALITY AS i(at, channel, direction, body, duration_seconds, position);

-- two years that end at a fixed instant
SELECT min(received_at) >= '2024-07-01' AS from_start, min(received_at) < '2024-07-02' AS at_start,
       max(received_at) < '2026-07-01' AS to_end, max(received_at) >= '2026-06-30' AS at_end
FROM lead;

-- seasons, weekdays and hours of Austin
SELECT round(count(*) FILTER (WHERE extract(month FROM received_at) IN (3, 4, 5, 6, 7, 8))::numeric
           / count(*) FILTER (WHERE extract(month FROM received_at) NOT IN (3, 4, 5, 6, 7, 8)), 1) AS spring_summer
FROM lead;
SELECT to_char(received_at, 'ID Dy') AS weekday, round(count(*) / 40000.0 * 7, 1) AS relative
FROM lead GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE extract(hour FROM received_at) BETWEEN 9 AND 20) > 25000 AS mostly_by_day,
       count(*) FILTER (WHERE extract(hour FROM received_at) BETWEEN 1 AND 4) < 1500 AS few_at_night
FROM lead;

-- conversations are in order and after the arrival; we never write at night
SELECT count(*) AS early FROM turn WHERE at <= received_at;
SELECT count(*) AS disordered
FROM (SELECT at, lag(at) OVER (PARTITION BY source_ref ORDER BY position) AS before FROM turn) t WHERE at <= before;
SELECT count(*) AS late FROM turn WHERE at > outcome_at;
SELECT count(*) AS beyond FROM turn WHERE at > received_at + '25 days'::interval OR at >= '2026-07-01';
SELECT count(*) AS at_night FROM turn
WHERE direction = 'out' AND channel IN ('sms', 'email', 'call') AND extract(hour FROM at) NOT BETWEEN 8 AND 20;

SELECT channel, direction, count(body) > 0 AS words, count(duration_seconds) > 0 AS lasts, count(*) > 500 AS many
FROM turn GROUP BY 1, 2 ORDER BY 1, 2;

-- outcomes
SELECT outcome, count(*) > 1000 AS many, count(outcome_at) AS dated, count(drop_reason) AS reasons,
       count(sale_price) AS sales, count(revenue) AS revenues, string_agg(DISTINCT stage, ' ') AS stages
FROM lead GROUP BY 1 ORDER BY 1;
SELECT count(*) AS open_but_old FROM lead
WHERE (outcome = 'open') <> (received_at >= '2026-07-01'::timestamptz - '30 days'::interval);
SELECT count(*) AS outside_horizon FROM lead
WHERE outcome_at <= received_at OR outcome_at > received_at + '2160 hours'::interval OR outcome_at >= '2026-07-01';
SELECT count(*) AS won_not_closed FROM lead WHERE (outcome = 'won') <> (stage = 'closed');
SELECT drop_reason, count(*) > 100 AS many FROM lead WHERE outcome = 'lost' GROUP BY 1 ORDER BY 1;

-- reasons follow from what was said and done
SELECT round(avg((drop_reason = 'financing')::int) FILTER (WHERE financing ~ 'lender'), 1) AS needs_lender,
       round(avg((drop_reason = 'financing')::int) FILTER (WHERE side = 'seller'), 1) AS sellers
FROM lead WHERE outcome = 'lost';

-- stages rise with the latent quality
SELECT stage, count(*) > 1000 AS many, avg(true_probability) > lag(avg(true_probability)) OVER (ORDER BY
    array_position('{initial_contact,qualified,hot,appointment,closed}', stage)) AS higher
FROM lead GROUP BY 1 ORDER BY array_position('{initial_contact,qualified,hot,appointment,closed}', stage);

-- 3 % of the price, which follows the wishes
SELECT round(avg(revenue / sale_price), 3) AS rate, min(revenue / sale_price) > 0.02 AS at_least,
       max(revenue / sale_price) < 0.04 AS at_most, bool_and(sale_price % 500 = 0) AS round,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY sale_price) BETWEEN 400000 AND 650000 AS median,
       corr(ln(sale_price), ln(budget_max)) > 0.9 AS follows_budget
FROM lead WHERE outcome = 'won';
