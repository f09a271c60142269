-- revenue: forecast of six months, pipeline value, velocity and closing probabilities over 100,000 managed leads, each with a score
-- and the prediction it arrived with, and the forecast of the same leads from a plain table of seven columns.
-- CPU seconds of the backend, best of three; wanted of the forecast: below 2.
SET client_min_messages = warning;
-- the leads as intake would leave them, without the minutes it would take
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
WITH s AS (SELECT gen_random_uuid() AS id, s.* FROM jorge.synthetic_leads(100000) s),
     l AS (INSERT INTO jorge.lead (lead_id, name, first_name, last_name, phone, email, street, city, state, postal_code, language, time_zone, side, budget_min, budget_max,
                                   timeline, financing, property_type, bedrooms, bathrooms, area, listing_ref, first_source, sources, first_seen_at, last_seen_at, inquiries,
                                   stage, drop_reason, outcome, outcome_at, sale_price, revenue)
           SELECT id, name, first_name, last_name, phone, email, street, city, state, postal_code, language, time_zone, side, budget_min, budget_max, timeline, financing,
                  property_type, bedrooms, bathrooms, area, listing_ref, source, ARRAY[source], received_at, received_at, 1, stage, drop_reason, outcome, outcome_at, sale_price, revenue
             FROM s RETURNING lead_id),
     c AS (INSERT INTO jorge.lead_score SELECT 'main', id, true_probability, 100 * true_probability, 'WARM', 0.9, NULL, NULL, 'bench', received_at FROM s)
INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, features)
SELECT 'main', received_at, id, 'inquiry', 'bench', true_probability, 'WARM', array_fill(0.5::float4, ARRAY[45]) FROM s;
ALTER TABLE jorge.lead ENABLE TRIGGER USER;
ANALYZE;
CREATE TABLE plain AS SELECT received_at AS arrived_at, outcome_at AS ended_at, CASE outcome WHEN 'open' THEN NULL ELSE outcome = 'won' END AS won, true_probability AS probability,
       NULL::timestamptz AS probability_at, budget_max * 0.03 AS amount, revenue FROM jorge.synthetic_leads(100000);
CREATE FUNCTION seconds(statement text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE began float8; best float8;
BEGIN
    FOR i IN 1 .. 3 LOOP
        began := cpu();
        EXECUTE statement;
        best := least(best, cpu() - began);
    END LOOP;
    RETURN best;
END $$;
SELECT what, round(seconds(statement)::numeric, 2) AS "cpu s"
  FROM (VALUES (1, 'forecast_revenue_query, a table of seven columns', $$SELECT * FROM jorge.forecast_revenue_query('SELECT * FROM plain', 6, '2026-06-20')$$),
               (2, 'deals', $$SELECT count(*) FROM jorge.deals('2026-06-20')$$),
               (3, 'forecast_monthly_revenue', $$SELECT * FROM jorge.forecast_monthly_revenue(6, '2026-06-20')$$),
               (4, 'forecast_monthly_revenue, a year ago', $$SELECT * FROM jorge.forecast_monthly_revenue(6, '2025-06-20')$$),
               (5, 'pipeline_value', $$SELECT * FROM jorge.pipeline_value('2026-06-20')$$),
               (6, 'pipeline_velocity by source', $$SELECT * FROM jorge.pipeline_velocity('source', '2026-06-20')$$),
               (7, 'close_probabilities of all open deals', $$SELECT count(*) FROM jorge.close_probabilities('2026-07-31', '2026-06-20')$$)) t(n, what, statement)
 ORDER BY n;
