-- The pipeline: how fast it moves, what the weeks to come bring, and how predictions compared with what came.

CREATE OR REPLACE FUNCTION jorge.lead_segment(lead jorge.lead, by text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE by WHEN 'source' THEN coalesce(lead.first_source, 'unknown') WHEN 'side' THEN coalesce(lead.side, 'unknown') WHEN 'owner' THEN coalesce(lead.owner, 'nobody')
                   WHEN 'area' THEN coalesce(nullif(lower(trim(lead.area)), ''), 'unknown') WHEN 'property_type' THEN coalesce(nullif(lower(trim(lead.property_type)), ''), 'unknown')
                   WHEN 'stage' THEN lead.stage
                   WHEN 'budget' THEN coalesce((SELECT CASE WHEN b < 300000 THEN '1: below 300k' WHEN b < 500000 THEN '2: 300k to 500k' WHEN b < 750000 THEN '3: 500k to 750k'
                                                            WHEN b < 1000000 THEN '4: 750k to 1M' WHEN b >= 1000000 THEN '5: 1M and more' END
                                                  FROM jorge.lead_budget(lead.budget_min, lead.budget_max, lead.text_budget_min, lead.text_budget_max) b), 'unknown')
                   ELSE 'all' END
$fn$;
COMMENT ON FUNCTION jorge.lead_segment(jorge.lead, text) IS
    'The group a lead is in, by source, side, owner, area, property_type, stage or budget; "all" for any other word. Nothing protected is among them.';

CREATE OR REPLACE FUNCTION jorge.pipeline_velocity(by text DEFAULT 'all', as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(),
                                                   months integer DEFAULT 24, horizon integer DEFAULT 365)
    RETURNS TABLE (segment text, leads bigint, won bigint, open_deals bigint, open_value numeric, win_rate float8, win_rate_lower float8, win_rate_upper float8,
                   average_deal numeric, median_days float8, median_lower float8, median_upper float8, mean_days float8, mean_lower float8, mean_upper float8,
                   velocity_a_day numeric, revenue numeric, note text)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $1 NOT IN ('all', 'source', 'side', 'owner', 'area', 'property_type', 'stage', 'budget') THEN
        RAISE EXCEPTION 'no such segment: %', $1 USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Segments are all, source, side, owner, area, property_type, stage and budget.';
    END IF;
    IF $4 IS NULL OR $4 NOT BETWEEN 1 AND 120 OR $5 IS NULL OR $5 NOT BETWEEN 1 AND 3650 THEN
        RAISE EXCEPTION 'months are 1 to 120, the horizon is 1 to 3650 days' USING ERRCODE = 'invalid_parameter_value', HINT = 'The defaults are 24 and 365.';
    END IF;
    RETURN QUERY
        WITH d AS MATERIALIZED (SELECT jorge.lead_segment(l, $1) AS segment, d.* FROM jorge.deals($2, $3) d JOIN jorge.lead l ON l.location_id = $3 AND l.lead_id = d.lead_id),
             r AS (SELECT (sum(d.revenue) + 5 * avg(d.amount)) / (sum(d.amount) + 5 * avg(d.amount)) AS ratio FROM d WHERE d.revenue > 0 AND d.amount > 0),
             s AS (SELECT d.segment, count(*) FILTER (WHERE d.won IS NULL) AS open_deals, sum(d.amount) FILTER (WHERE d.won IS NULL) AS amount,
                          avg(d.revenue) FILTER (WHERE d.ended_at >= $2 - make_interval(months => $4)) AS average_deal,
                          sum(d.revenue) FILTER (WHERE d.ended_at >= $2 - make_interval(months => $4)) AS revenue,
                          jorge.tally(greatest(floor(extract(epoch FROM coalesce(d.ended_at, $2) - d.arrived_at) / 86400), 0)::float8,
                                      CASE WHEN d.won THEN 1 WHEN d.won IS NULL THEN 0 ELSE 2 END) FILTER (WHERE d.arrived_at >= $2 - make_interval(months => $4)) AS durations
                     FROM d GROUP BY d.segment)
        SELECT s.segment, coalesce(t.leads, 0), coalesce(t.won, 0), s.open_deals, round(s.amount * coalesce(r.ratio, 1), 2), t.win_rate, t.win_rate_lower, t.win_rate_upper,
               round(s.average_deal, 2), t.median_days, t.median_lower, t.median_upper, t.mean_days, t.mean_lower, t.mean_upper,
               CASE WHEN t.won >= 3 THEN round(coalesce(s.amount, 0) * coalesce(r.ratio, 1) * t.win_rate::numeric / greatest(t.mean_days, 1)::numeric, 2) END,
               coalesce(s.revenue, 0), CASE WHEN coalesce(t.won, 0) < 3 THEN 'not enough data: fewer than 3 won' END
          FROM s LEFT JOIN r ON true LEFT JOIN LATERAL jorge.close_times(s.durations, $5) t ON true
         ORDER BY 16 DESC NULLS LAST, s.segment;
END
$fn$;
COMMENT ON FUNCTION jorge.pipeline_velocity(text, timestamptz, text, integer, integer) IS
    'How fast the pipeline turns into commission, by segment (all, source, side, owner, area, property_type, stage, budget): velocity_a_day = open_value * win_rate / mean_days. open_value: predicted commissions of open deals, as won deals have turned out against theirs. win_rate: share of the leads of so many months that is won, open leads counted for what they say and lost ones as the end they are, Wilson''s limits (95 %). median_days and mean_days: from arrival to winning, of those won; the mean up to the horizon in days. average_deal and revenue: of deals won in those months.';

CREATE OR REPLACE FUNCTION jorge.pipeline_weekly(weeks integer DEFAULT 12, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (week date, expected numeric, lo80 numeric, hi80 numeric, from_open numeric, from_new numeric, realised numeric, deals numeric, note text)
    LANGUAGE plpgsql STABLE ROWS 12
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    zone text := jorge.office_zone($3);
    monday timestamp := date_trunc('week', $2 AT TIME ZONE zone);
    model jorge.revenue_model;
    already numeric;
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 1 AND 260 OR $2 IS NULL THEN
        RAISE EXCEPTION 'weeks are 1 to 260' USING ERRCODE = 'invalid_parameter_value', HINT = 'The first week is the one that as_of lies in.';
    END IF;
    model := jorge.revenue_model_of($2, $3);
    already := round(jorge.revenue_realised(monday AT TIME ZONE zone, 'infinity', $2, $3), 2);
    IF model.note IS NOT NULL THEN
        RETURN QUERY SELECT monday::date, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, already, NULL::numeric, model.note;
        RETURN;
    END IF;
    RETURN QUERY
        SELECT (monday + make_interval(weeks => b.step - 1))::date, round(b.expected::numeric, 2) + r.so_far, round(jorge.revenue_quantile(0.1, b.expected, b.sd, b.p_zero)::numeric, 2) + r.so_far,
               round(jorge.revenue_quantile(0.9, b.expected, b.sd, b.p_zero)::numeric, 2) + r.so_far, round(b.from_open::numeric, 2),
               round(b.expected::numeric, 2) - round(b.from_open::numeric, 2), r.so_far, round(b.deals::numeric, 1), NULL::text
          FROM (SELECT array_agg(greatest((monday + make_interval(weeks => n)) AT TIME ZONE zone, $2) ORDER BY n) AS edges FROM generate_series(0, $1) n) e,
               jorge.revenue_between(model, e.edges) b, LATERAL (SELECT CASE WHEN b.step = 1 THEN already ELSE 0 END AS so_far) r;
END
$fn$;
COMMENT ON FUNCTION jorge.pipeline_weekly(integer, timestamptz, text) IS
    'Commission of the week (from Monday) that as_of lies in and of the following, 1 to 260 in all: as jorge.forecast_monthly_revenue(), by week.';

CREATE OR REPLACE FUNCTION jorge.pipeline_accuracy(months integer DEFAULT 12, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (month date, leads integer, open_deals integer, predicted_deals numeric, actual_deals integer, predicted_revenue numeric, actual_revenue numeric,
                   accuracy float8, roc_auc float8, brier float8)
    LANGUAGE plpgsql STABLE ROWS 13
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    zone text := jorge.office_zone($3);
    since timestamptz;
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 1 AND 120 OR $2 IS NULL THEN
        RAISE EXCEPTION 'months are 1 to 120' USING ERRCODE = 'invalid_parameter_value', HINT = 'Months of arrival, the last of which as_of lies in.';
    END IF;
    since := (date_trunc('month', $2 AT TIME ZONE zone) - make_interval(months => $1 - 1)) AT TIME ZONE zone;
    RETURN QUERY
        WITH d AS MATERIALIZED (
            SELECT date_trunc('month', l.first_seen_at AT TIME ZONE zone)::date AS month, CASE WHEN coalesce(l.outcome_at <= $2, true) THEN l.outcome ELSE 'open' END AS outcome,
                   p.probability, CASE WHEN l.outcome = 'won' THEN jorge.lead_revenue(l.revenue, l.sale_price, l.owner, (l.outcome_at AT TIME ZONE jorge.office_zone($3))::date, $3) END AS revenue
              FROM jorge.lead l
              JOIN LATERAL (SELECT s.probability FROM jorge.prediction s WHERE s.location_id = $3 AND s.lead_id = l.lead_id AND s.reason = 'inquiry' ORDER BY s.at LIMIT 1) p ON true
             WHERE l.location_id = $3 AND l.first_seen_at >= since AND l.first_seen_at <= $2
        ), m AS (
            SELECT d.month, count(*)::integer AS leads, count(*) FILTER (WHERE d.outcome = 'open')::integer AS open_deals, sum(d.probability) FILTER (WHERE d.outcome <> 'open') AS predicted,
                   count(*) FILTER (WHERE d.outcome = 'won')::integer AS won, coalesce(sum(d.revenue) FILTER (WHERE d.outcome = 'won'), 0) AS revenue,
                   jorge.tally(d.probability, (d.outcome = 'won')::integer) FILTER (WHERE d.outcome <> 'open') AS closed
              FROM d GROUP BY d.month
        )
        SELECT m.month, m.leads, m.open_deals, round(m.predicted::numeric, 1), m.won, round(m.predicted::numeric * (SELECT avg(d.revenue) FROM d WHERE d.outcome = 'won' AND d.revenue > 0), 2),
               m.revenue, c.accuracy, c.roc_auc, c.brier
          FROM m LEFT JOIN LATERAL jorge.classification(m.closed) c ON true ORDER BY m.month;
END
$fn$;
COMMENT ON FUNCTION jorge.pipeline_accuracy(integer, timestamptz, text) IS
    'Predictions made on arrival against what became of the leads, by month of arrival: deals won as predicted (sum of probabilities of the leads that are closed by now) and in fact, the same in commission (predicted: times the mean commission of a deal of these months), and accuracy at 0.5, area under the ROC curve and Brier score. Leads whose arrival was not scored are left out.';
