-- Where money leaks, what time and segments bring, how we compare, what is unusual, and what to do first. Every answer is expected
-- money with the numbers behind it, as jsonb. Nothing protected is a segment here.

CREATE TABLE IF NOT EXISTS jorge.reference_rate (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    metric      text NOT NULL,
    as_of       date NOT NULL,
    low         numeric NOT NULL,
    high        numeric NOT NULL,
    unit        text NOT NULL,
    scope       text NOT NULL DEFAULT '',
    source      text NOT NULL CHECK (source <> ''),
    PRIMARY KEY (location_id, metric, as_of, scope),
    CHECK (low <= high)
);
COMMENT ON TABLE jorge.reference_rate IS 'What others report, to compare with (jorge.benchmarks()): only figures that have a source and a date. Add your own, e.g. of your board or franchise.';
COMMENT ON COLUMN jorge.reference_rate.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.reference_rate.metric IS 'conversion_rate, first_response_hours, days_to_close, cost_per_lead, cost_per_deal, commission_rate, buyer_commission_rate, referral_fee_rate, listing_price_error, revenue_forecast_mape.';
COMMENT ON COLUMN jorge.reference_rate.as_of IS 'Day (last of the period) the figure is of, or was read.';
COMMENT ON COLUMN jorge.reference_rate.low IS 'Lower end of what is reported.';
COMMENT ON COLUMN jorge.reference_rate.high IS 'Upper end; the same where one figure is reported.';
COMMENT ON COLUMN jorge.reference_rate.unit IS 'share (0 ... 1), hours, days, USD or percent.';
COMMENT ON COLUMN jorge.reference_rate.scope IS 'Where and of whom.';
COMMENT ON COLUMN jorge.reference_rate.source IS 'Who reports it.';
INSERT INTO jorge.reference_rate (location_id, metric, as_of, low, high, unit, scope, source) VALUES
    ('*', 'buyer_commission_rate', '2024-01-31', 0.0262, 0.0262, 'share', 'US average', 'Redfin, as reported by realestate.news (28551) and factually.co (b917a8)'),
    ('*', 'buyer_commission_rate', '2024-08-31', 0.0235, 0.0235, 'share', 'US average', 'Redfin, as reported by realestate.news (28551) and factually.co (b917a8)'),
    ('*', 'buyer_commission_rate', '2024-10-31', 0.0234, 0.0234, 'share', 'US average', 'Redfin, as reported by realestate.news (28551) and factually.co (b917a8)'),
    ('*', 'buyer_commission_rate', '2025-03-31', 0.0240, 0.0240, 'share', 'US average', 'Redfin, as reported by realestate.news (28551) and factually.co (b917a8)'),
    ('*', 'buyer_commission_rate', '2025-06-30', 0.0243, 0.0243, 'share', 'US average', 'Redfin, as reported by realestate.news (28551) and factually.co (b917a8)'),
    ('*', 'referral_fee_rate', '2025-08-31', 0.20, 0.40, 'share', 'US, of the side''s gross; portals at the upper end', 'HousingWire, "NAR settlement at 1 year" (up to 40 %); 25 % customary'),
    ('*', 'listing_price_error', '2025-12-31', 0.018, 0.019, 'share', 'US, homes on the market: median absolute error', 'Zillow (Zestimate), as quoted on appraisersforum.com')
ON CONFLICT DO NOTHING;

-- where money leaks

CREATE OR REPLACE FUNCTION jorge.leakage_points(since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), as_of timestamptz DEFAULT now(),
                                                location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (rank integer, kind text, what text, leads bigint, money numeric, numbers jsonb, advice text)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN
        RAISE EXCEPTION 'since, upto and as_of are times' USING ERRCODE = 'invalid_parameter_value', HINT = 'The default is the twelve months until now.';
    END IF;
    RETURN QUERY
        WITH l AS MATERIALIZED (
            SELECT o.lead_id, o.outcome, o.revenue, CASE o.outcome WHEN 'won' THEN 1 WHEN 'lost' THEN 2 ELSE 0 END AS class,
                   greatest(floor(extract(epoch FROM coalesce(o.ended_at, $3) - o.arrived_at) / 86400), 0)::float8 AS days,
                   CASE WHEN p.first_outbound_at <= $3 THEN greatest(extract(epoch FROM p.first_outbound_at - o.arrived_at), 0) / 3600 END AS response_hours,
                   extract(epoch FROM $3 - greatest(p.last_seen_at, p.last_inbound_at, p.last_outbound_at, o.arrived_at)) / 86400 AS silent_days
              FROM jorge.lead_outcomes($3, $4) o JOIN jorge.lead p ON p.location_id = $4 AND p.lead_id = o.lead_id
             WHERE o.arrived_at >= $1 AND o.arrived_at < $2
        ), pool AS MATERIALIZED (
            SELECT jorge.tally(l.days, l.class) AS durations, round(avg(l.revenue), 2) AS commission, coalesce(sum(l.revenue), 0) AS revenue FROM l
        ), chance AS MATERIALIZED (
            -- of what is open, by its age: won within a year
            SELECT d.days, coalesce(jorge.close_probability(p.durations, d.days, 365, 1), 0) AS p FROM pool p, (SELECT DISTINCT l.days FROM l WHERE l.outcome = 'open') d
        ), quiet AS (
            SELECT CASE WHEN l.response_hours IS NULL THEN 'never contacted' ELSE 'gone quiet' END AS kind, count(*) AS leads, sum(c.p) AS deals, avg(l.silent_days) AS silent
              FROM l JOIN chance c USING (days) WHERE l.outcome = 'open' AND CASE WHEN l.response_hours IS NULL THEN l.days >= 1 ELSE l.silent_days > 14 END GROUP BY 1
        ), response AS (
            SELECT count(*) FILTER (WHERE f.fast AND l.outcome = 'won')::float8 AS fast_won, count(*) FILTER (WHERE f.fast)::float8 AS fast, count(*) FILTER (WHERE NOT f.fast AND l.outcome = 'won')::float8 AS slow_won,
                   count(*) FILTER (WHERE NOT f.fast)::float8 AS slow
              FROM l, LATERAL (SELECT coalesce(l.response_hours <= 1, false) AS fast) f WHERE l.outcome <> 'open'
        ), gap AS (
            SELECT r.*, r.fast_won / r.fast - r.slow_won / r.slow AS difference,
                   jorge.chi2_sf((r.fast_won / r.fast - r.slow_won / r.slow) ^ 2 / (m.share * (1 - m.share) * (1 / r.fast + 1 / r.slow)), 1) AS p_value
              FROM response r, LATERAL (SELECT (r.fast_won + r.slow_won) / nullif(r.fast + r.slow, 0) AS share) m
             WHERE r.fast > 0 AND r.slow > 0 AND m.share > 0 AND m.share < 1
        ), found AS (
            SELECT 'stage' AS kind, format('%s: %s %% get on, %s %% could (%s)', f.stage, round(100 * f.conversion::numeric, 1), round(100 * f.target::numeric, 1), f.target_from) AS what, f.dropped AS leads, f.revenue_impact AS money,
                   jsonb_strip_nulls(jsonb_build_object('reached', f.reached, 'dropped', f.dropped, 'waiting', f.waiting, 'conversion', round(f.conversion::numeric, 4), 'conversion_interval', jsonb_build_array(round(f.conversion_lower::numeric, 4), round(f.conversion_upper::numeric, 4)),
                                      'target', round(f.target::numeric, 4), 'target_from', f.target_from, 'value_per_point', f.value_per_point, 'formula', f.formula, 'reasons', f.reasons, 'median_days', round(f.median_days::numeric, 1))) AS numbers, f.advice
              FROM jorge.funnel($1, $2, $3, NULL, $4) f WHERE f.revenue_impact > 0
            UNION ALL
            SELECT 'slow response', format('%s of %s leads heard from us after more than an hour, or never', g.slow, g.slow + g.fast), g.slow::bigint, round((g.slow * g.difference)::numeric * p.commission, 2),
                   jsonb_build_object('fast', g.fast, 'fast_won', g.fast_won, 'slow', g.slow, 'slow_won', g.slow_won, 'difference', round(g.difference::numeric, 4), 'p_value', round(g.p_value::numeric, 6), 'commission', p.commission,
                                      'formula', 'slow x difference x commission; a difference seen, not an effect proven'), 'Answer within the hour: let the follow-up sequence send the first word at once.'
              FROM gap g, pool p WHERE g.difference > 0 AND g.p_value < 0.05
            UNION ALL
            SELECT q.kind, CASE q.kind WHEN 'gone quiet' THEN format('%s open leads without a word for more than 14 days', q.leads) ELSE format('%s open leads of a day or more were never contacted', q.leads) END, q.leads,
                   round(q.deals::numeric * p.commission, 2), jsonb_build_object('leads', q.leads, 'expected_deals', round(q.deals::numeric, 2), 'commission', p.commission, 'mean_days_silent', round(q.silent, 1),
                                      'formula', 'sum of the chances of being won within a year, by age, x commission'),
                   CASE q.kind WHEN 'gone quiet' THEN 'Put them into a follow-up sequence today, those with the highest score first.' ELSE 'Contact them today, the newest first.' END
              FROM quiet q, pool p
            UNION ALL
            SELECT 'source', format('%s cost %s and is expected to bring %s', r.source, to_char(r.cost, 'FM999,999,999,990.00'), to_char(coalesce(r.expected_revenue, 0), 'FM999,999,999,990.00')), r.leads, r.cost - coalesce(r.expected_revenue, 0),
                   jsonb_strip_nulls(jsonb_build_object('cost', r.cost, 'leads', r.leads, 'won', r.won, 'open', r.open, 'revenue', r.revenue, 'expected_revenue', r.expected_revenue, 'expected_roi', r.expected_roi, 'shrunk_interval', jsonb_build_array(round(r.shrunk_lower::numeric, 4), round(r.shrunk_upper::numeric, 4)),
                                      'formula', 'cost - expected_revenue')), 'Stop paying for it, or buy fewer and better leads of it.'
              FROM jorge.source_roi($1, $2, 'source', $3, $4) r WHERE r.cost > coalesce(r.expected_revenue, 0)
        )
        SELECT (row_number() OVER (ORDER BY f.money DESC, f.kind, f.what))::integer, f.kind, f.what, f.leads, f.money, f.numbers, f.advice FROM found f WHERE f.money > 0 ORDER BY 1;
END
$fn$;
COMMENT ON FUNCTION jorge.leakage_points(timestamptz, timestamptz, timestamptz, text) IS
    'Where money leaks, of the leads that arrived from since until before upto, the most first. kind stage: what reaching the target would have brought (jorge.funnel()); slow response: leads first answered after an hour or never, where those answered sooner are won more often (p < 0.05; a difference, not a proof); never contacted, gone quiet (14 days): what their chances, by age, are worth; source: costs beyond what it is expected to bring. money: commission in US dollars; points overlap and do not add up. numbers: what it was worked out from.';

-- hours

CREATE OR REPLACE FUNCTION jorge.activity_roi(since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), by text DEFAULT 'kind', hour_cost numeric DEFAULT 0,
                                              as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (activity text, activities bigint, hours numeric, hours_share numeric, cost numeric, leads bigint, deals bigint, revenue numeric, revenue_share numeric, revenue_per_hour numeric, roi numeric,
                   hours_on_won numeric, hours_on_lost numeric, hours_on_open numeric, hours_on_nobody numeric, reading text)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
BEGIN
    IF $3 IS NULL OR $3 NOT IN ('kind', 'agent') OR $4 IS NULL OR NOT ($4 >= 0 AND $4 < 'infinity') OR $1 IS NULL OR $2 IS NULL OR $5 IS NULL THEN
        RAISE EXCEPTION 'since, upto and as_of are times, by is kind or agent, the cost of an hour is not negative' USING ERRCODE = 'invalid_parameter_value', HINT = 'For example jorge.activity_roi(by => ''agent'', hour_cost => 40).';
    END IF;
    RETURN QUERY
        WITH a AS MATERIALIZED (
            SELECT coalesce(CASE $3 WHEN 'agent' THEN coalesce(g.name, t.agent_ref) ELSE t.kind END, 'unknown') AS activity, t.activity_id, coalesce(CASE WHEN t.hours < 'infinity' THEN t.hours END, 0) AS hours,
                   coalesce(CASE WHEN t.cost < 'infinity' THEN t.cost END, 0) AS cost, coalesce(s.lead_id, t.lead_id) AS lead_id
              FROM jorge.activity t LEFT JOIN jorge.lead_alias s ON s.location_id = $6 AND s.alias_id = t.lead_id
              LEFT JOIN (SELECT DISTINCT ON (n.provider_ref) n.provider_ref, n.name FROM jorge.agent n WHERE n.location_id = $6 ORDER BY n.provider_ref, n.provider) g ON g.provider_ref = t.agent_ref
             WHERE t.location_id = $6 AND t.at >= $1 AND t.at < $2 AND t.at <= $5
        ), o AS MATERIALIZED (
            SELECT o.lead_id, o.outcome, o.revenue FROM jorge.lead_outcomes($5, $6) o
        ), paid AS (
            -- a deal's revenue goes to the activities on it by their hours; alike where none are told
            SELECT u.activity, sum(u.money) AS revenue
              FROM (SELECT o.lead_id, o.revenue, array_agg(a.activity ORDER BY a.activity_id) AS activities,
                           array_agg(CASE WHEN t.hours > 0 THEN a.hours ELSE 1 END::float8 ORDER BY a.activity_id) AS weights
                      FROM a JOIN o USING (lead_id) JOIN (SELECT x.lead_id, sum(x.hours) AS hours FROM a x GROUP BY x.lead_id) t USING (lead_id)
                     WHERE o.outcome = 'won' AND o.revenue IS NOT NULL GROUP BY o.lead_id, o.revenue) d,
                   unnest(d.activities, jorge.allocate(d.revenue, d.weights)) u(activity, money)
             GROUP BY u.activity
        ), g AS (
            SELECT a.activity, count(*) AS activities, sum(a.hours) AS hours, sum(a.cost) AS cost, count(DISTINCT a.lead_id) AS leads, count(DISTINCT a.lead_id) FILTER (WHERE o.outcome = 'won') AS deals,
                   coalesce(sum(a.hours) FILTER (WHERE o.outcome = 'won'), 0) AS won, coalesce(sum(a.hours) FILTER (WHERE o.outcome = 'lost'), 0) AS lost,
                   coalesce(sum(a.hours) FILTER (WHERE o.outcome = 'open'), 0) AS open, coalesce(sum(a.hours) FILTER (WHERE o.outcome IS NULL), 0) AS nobody
              FROM a LEFT JOIN o USING (lead_id) GROUP BY a.activity
        ), s AS (
            SELECT g.*, coalesce(p.revenue, 0) AS revenue, round(g.hours / nullif(sum(g.hours) OVER (), 0), 4) AS hours_share, round(coalesce(p.revenue, 0) / nullif(sum(p.revenue) OVER (), 0), 4) AS revenue_share
              FROM g LEFT JOIN paid p USING (activity)
        )
        SELECT s.activity, s.activities, round(s.hours, 2), s.hours_share, round(s.cost, 2), s.leads, s.deals, s.revenue, s.revenue_share, round(s.revenue / nullif(s.hours, 0), 2), round(s.revenue / nullif(s.cost + s.hours * $4, 0), 4),
               round(s.won, 2), round(s.lost, 2), round(s.open, 2), round(s.nobody, 2),
               CASE WHEN s.hours_share IS NULL OR s.revenue_share IS NULL THEN 'not enough data' WHEN s.revenue_share >= 1.25 * s.hours_share THEN 'brings more than its time' WHEN s.revenue_share <= 0.75 * s.hours_share THEN 'takes more time than it brings'
                    ELSE 'in proportion' END
          FROM s ORDER BY s.revenue DESC, s.activity;
END
$fn$;
COMMENT ON FUNCTION jorge.activity_roi(timestamptz, timestamptz, text, numeric, timestamptz, text) IS
    'What time and money bring, by kind of activity or by agent, of jorge.activity from since until before upto: hours and their share, costs, leads and deals they were for, and revenue: that of each won lead, shared out to the cent over the activities on it by their hours. roi = revenue / (cost + hours * hour_cost); NULL without. hours_on_won, _lost, _open, _nobody: where the time went. Activities that are on no lead bring nothing by this measure.';

-- segments

CREATE OR REPLACE FUNCTION jorge.expansion_opportunities(by text DEFAULT 'area', since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), as_of timestamptz DEFAULT now(),
                                                         location_id text DEFAULT jorge.current_location(), level float8 DEFAULT 0.95)
    RETURNS TABLE (rank integer, segment text, leads bigint, won bigint, conversion float8, conversion_lower float8, conversion_upper float8, avg_commission numeric, value_per_lead numeric, growth numeric,
                   market_sales bigint, market_share numeric, extra_deals numeric, money numeric, basis text, numbers jsonb)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $1 NOT IN ('source', 'side', 'area', 'property_type', 'budget') THEN
        RAISE EXCEPTION 'no such segment: %', $1 USING ERRCODE = 'invalid_parameter_value', HINT = 'Segments are area, budget, property_type, side and source.';
    END IF;
    IF $2 IS NULL OR $3 IS NULL OR $4 IS NULL OR $6 IS NULL OR NOT ($6 > 0 AND $6 < 1) THEN
        RAISE EXCEPTION 'since, upto and as_of are times, the level lies between 0 and 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'The defaults are the twelve months until now, and 0.95.';
    END IF;
    RETURN QUERY
        WITH l AS MATERIALIZED (
            SELECT jorge.lead_segment(p, $1) AS segment, o.outcome, o.revenue, o.arrived_at FROM jorge.lead_outcomes($4, $5) o JOIN jorge.lead p ON p.location_id = $5 AND p.lead_id = o.lead_id
             WHERE o.arrived_at >= $2 AND o.arrived_at < $3
        ), half AS (
            SELECT min(l.arrived_at) + (max(l.arrived_at) - min(l.arrived_at)) / 2 AS middle, avg(l.revenue) AS commission FROM l
        ), g AS MATERIALIZED (
            SELECT l.segment, count(*) AS leads, count(*) FILTER (WHERE l.outcome = 'won') AS won, count(*) FILTER (WHERE l.outcome <> 'open') AS ended, avg(l.revenue) AS commission,
                   round(count(*) FILTER (WHERE l.arrived_at >= h.middle)::numeric / nullif(count(*) FILTER (WHERE l.arrived_at < h.middle), 0) - 1, 4) AS growth,
                   (coalesce(sum(l.revenue), 0) + 5 * max(h.commission)) / (count(l.revenue) + 5) AS held
              FROM l, half h GROUP BY l.segment
        ), market AS (
            -- what was sold at all; ours are in it
            SELECT CASE $1 WHEN 'area' THEN lower(trim(c.area)) ELSE lower(trim(c.property_type)) END AS segment, count(*) AS sales FROM jorge.sale c
             WHERE $1 IN ('area', 'property_type') AND c.location_id = $5 AND c.sold_on >= ($2 AT TIME ZONE 'UTC')::date AND c.sold_on <= (least($3, $4) AT TIME ZONE 'UTC')::date GROUP BY 1
        ), s AS (
            SELECT coalesce(g.segment, m.segment) AS segment, coalesce(g.leads, 0) AS leads, coalesce(g.won, 0) AS won, coalesce(g.ended, 0) AS ended, g.commission, coalesce(g.held, h.commission) AS held, g.growth, m.sales,
                   sum(g.won) FILTER (WHERE m.sales IS NOT NULL) OVER () / nullif(sum(m.sales) OVER (), 0) AS usual_share, row_number() OVER (ORDER BY coalesce(g.segment, m.segment)) AS place
              FROM g FULL JOIN market m USING (segment) CROSS JOIN half h WHERE coalesce(g.segment, m.segment) NOT IN ('', 'unknown')
        ), held AS MATERIALIZED (
            SELECT h.* FROM (SELECT array_agg(s.won::float8 ORDER BY s.place) AS k, array_agg(s.ended::float8 ORDER BY s.place) AS n FROM s) a, jorge.shrink(a.k, a.n, $6) h
        ), v AS (
            SELECT s.*, h.rate, h.lower, h.upper, round(h.rate::numeric * s.held, 2) AS value, round(sum(h.rate::numeric * s.held * s.leads) OVER () / nullif(sum(s.leads) OVER (), 0), 2) AS usual_value, s.sales IS NOT NULL AND s.usual_share IS NOT NULL AS known FROM s JOIN held h ON h.n = s.place
        ), e AS (
            SELECT v.*, CASE WHEN v.known THEN greatest(v.usual_share * v.sales - v.won, 0) ELSE 0.25 * v.leads * v.rate::numeric END AS extra,
                   CASE WHEN v.known THEN greatest(v.usual_share * v.sales - v.won, 0) * v.held ELSE 0.25 * v.leads * (v.value - v.usual_value) END AS gain,
                   CASE WHEN v.known THEN 'our usual share of its sales' ELSE 'a quarter more leads in place of average ones' END AS basis
              FROM v
        )
        SELECT (row_number() OVER (ORDER BY e.gain DESC NULLS LAST, e.segment))::integer, e.segment, e.leads, e.won, e.rate, e.lower, e.upper, round(e.commission, 2), e.value, e.growth, e.sales, round(e.won::numeric / nullif(e.sales, 0), 4), round(e.extra, 2),
               round(e.gain, 2), e.basis,
               jsonb_strip_nulls(jsonb_build_object('leads', e.leads, 'ended', e.ended, 'won', e.won, 'conversion', round(e.rate::numeric, 4), 'commission', round(e.held, 2), 'value_per_lead', e.value, 'usual_value_per_lead', e.usual_value, 'market_sales', e.sales,
                                                    'usual_share', round(e.usual_share, 4), 'extra_deals', round(e.extra, 2), 'formula', CASE WHEN e.known THEN 'extra_deals x commission' ELSE '0.25 x leads x (value_per_lead - usual_value_per_lead)' END))
          FROM e ORDER BY 1;
END
$fn$;
COMMENT ON FUNCTION jorge.expansion_opportunities(text, timestamptz, timestamptz, timestamptz, text, float8) IS
    'Segments (area, budget, property_type, side, source) by what growing there would bring. conversion: share won of the leads that have ended, held together with the other segments (jorge.shrink()), with its interval; value_per_lead: that times the segment''s mean commission, held to that of all as by five deals; growth: leads of the later half of the time over those of the earlier less 1. Where jorge.sale knows the market (area, property_type), extra_deals are what is missing to our usual share of its sales, and money = extra_deals * commission; else a quarter more leads in place of average ones: money = 0.25 * leads * (value_per_lead - that of all). Below 0: less than average. Segments nobody told are left out.';

-- others

CREATE OR REPLACE FUNCTION jorge.benchmarks(since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (metric text, unit text, own numeric, own_lower numeric, own_upper numeric, own_n bigint, reference_low numeric, reference_high numeric, compared text, scope text, reference_date date, reference_source text)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $2 IS NULL OR $3 IS NULL THEN
        RAISE EXCEPTION 'since, upto and as_of are times' USING ERRCODE = 'invalid_parameter_value', HINT = 'The default is the twelve months until now.';
    END IF;
    RETURN QUERY
        WITH l AS MATERIALIZED (
            SELECT o.outcome, o.revenue, o.sale_price, p.side, extract(epoch FROM o.ended_at - o.arrived_at) / 86400 AS days,
                   CASE WHEN p.first_outbound_at <= $3 THEN greatest(extract(epoch FROM p.first_outbound_at - o.arrived_at), 0) / 3600 END AS response
              FROM jorge.lead_outcomes($3, $4) o JOIN jorge.lead p ON p.location_id = $4 AND p.lead_id = o.lead_id
             WHERE o.arrived_at >= $1 AND o.arrived_at < $2
        ), cost AS (
            SELECT sum(c.cost) AS cost FROM jorge.source_costs($1, least($2, $3 + interval '1 microsecond'), 'source', $4) c
        ), booked AS (
            SELECT sum(e.gross) AS gross, sum(e.income) AS income, count(*) FILTER (WHERE e.reverses IS NULL) AS n FROM jorge.commission_entry e
             WHERE e.location_id = $4 AND e.closed_on >= ($1 AT TIME ZONE 'UTC')::date AND e.closed_on <= (least($2, $3) AT TIME ZONE 'UTC')::date
        ), own AS (
            SELECT 'conversion_rate' AS metric, avg((l.outcome = 'won')::integer) AS value, NULL::float8 AS sd, count(*) AS n, count(*) FILTER (WHERE l.outcome = 'won') AS hits FROM l WHERE l.outcome <> 'open'
            UNION ALL SELECT 'first_response_hours', percentile_cont(0.5) WITHIN GROUP (ORDER BY l.response)::numeric, NULL, count(l.response), NULL FROM l
            UNION ALL SELECT 'days_to_close', percentile_cont(0.5) WITHIN GROUP (ORDER BY l.days)::numeric, NULL, count(l.days), NULL FROM l WHERE l.outcome = 'won'
            UNION ALL SELECT 'cost_per_lead', max(c.cost) / nullif(count(l.*), 0), NULL, count(l.*), NULL FROM cost c LEFT JOIN l ON true
            UNION ALL SELECT 'cost_per_deal', max(c.cost) / nullif(count(l.*), 0), NULL, count(l.*), NULL FROM cost c LEFT JOIN l ON l.outcome = 'won'
            UNION ALL SELECT 'commission_rate', avg(l.revenue / l.sale_price), stddev(l.revenue / l.sale_price)::float8, count(*), NULL FROM l WHERE l.sale_price > 0 AND l.revenue IS NOT NULL
            UNION ALL SELECT 'buyer_commission_rate', avg(l.revenue / l.sale_price), stddev(l.revenue / l.sale_price)::float8, count(*), NULL FROM l WHERE l.sale_price > 0 AND l.revenue IS NOT NULL AND l.side = 'buyer'
            UNION ALL SELECT 'referral_fee_rate', 1 - b.income / nullif(b.gross, 0), NULL, b.n, NULL FROM booked b
            UNION ALL SELECT 'listing_price_error', jorge.price_error('listing', $3, $4)::numeric, NULL, count(*), NULL FROM jorge.sale s WHERE s.location_id = $4 AND s.list_price > 0 AND s.sold_on <= ($3 AT TIME ZONE 'UTC')::date AND s.sold_on > ($3 AT TIME ZONE 'UTC' - interval '2 years')::date HAVING count(*) > 0
            UNION ALL SELECT 'revenue_forecast_mape', f.mape, NULL, f.months, NULL FROM jorge.forecast_accuracy('revenue', $3, $4) f WHERE f.months_ahead = 1
        ), told AS (
            SELECT o.metric, o.value, o.n, CASE WHEN o.hits IS NOT NULL AND o.n > 0 THEN w.lower::numeric WHEN o.n > 1 THEN o.value - (t.q * o.sd / sqrt(o.n))::numeric END AS lower,
                   CASE WHEN o.hits IS NOT NULL AND o.n > 0 THEN w.upper::numeric WHEN o.n > 1 THEN o.value + (t.q * o.sd / sqrt(o.n))::numeric END AS upper
              FROM own o LEFT JOIN LATERAL jorge.wilson_interval(o.hits::float8, o.n::float8) w ON o.hits IS NOT NULL CROSS JOIN LATERAL (SELECT CASE WHEN o.n > 1 AND o.sd IS NOT NULL THEN jorge.t_quantile(0.975, o.n - 1) END AS q) t
        ), reference AS (
            SELECT DISTINCT ON (r.metric) r.* FROM jorge.reference_rate r WHERE r.location_id IN ($4, '*') AND r.as_of <= ($3 AT TIME ZONE 'UTC')::date ORDER BY r.metric, r.location_id = '*', r.as_of DESC, r.scope
        )
        SELECT t.metric, coalesce(r.unit, CASE WHEN t.metric LIKE '%\_rate' OR t.metric LIKE '%error' THEN 'share' WHEN t.metric LIKE '%hours' THEN 'hours' WHEN t.metric LIKE 'days%' THEN 'days' WHEN t.metric LIKE 'cost%' THEN 'USD' ELSE 'percent' END),
               round(t.value, 4), round(t.lower, 4), round(t.upper, 4), t.n, r.low, r.high,
               CASE WHEN r.metric IS NULL OR t.value IS NULL THEN NULL WHEN coalesce(t.upper, t.value) < r.low THEN 'below' WHEN coalesce(t.lower, t.value) > r.high THEN 'above' ELSE 'within' END, r.scope, r.as_of, r.source
          FROM told t LEFT JOIN reference r USING (metric) WHERE t.value IS NOT NULL OR r.metric IS NOT NULL ORDER BY r.metric IS NULL, t.metric;
END
$fn$;
COMMENT ON FUNCTION jorge.benchmarks(timestamptz, timestamptz, timestamptz, text) IS
    'Our figures of the leads that arrived from since until before upto, with 95 % limits where they are a share (Wilson) or a mean (t), beside the latest jorge.reference_rate by as_of (the tenant''s own before those of "*"): compared is below, within or above (of the interval, where there is one); NULL where nobody reports a figure with a source. Medians: first_response_hours, days_to_close (of the won; open ones are not in it), listing_price_error.';

-- what is unusual

CREATE OR REPLACE FUNCTION jorge.business_anomalies(period text DEFAULT 'week', periods integer DEFAULT 104, recent integer DEFAULT 8, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(), threshold float8 DEFAULT 3.5)
    RETURNS TABLE (start date, metric text, segment text, value float8, expected float8, lo float8, hi float8, score float8, direction text)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
DECLARE
    zone text := jorge.office_zone($5);
    since timestamptz;
BEGIN
    IF $1 IS NULL OR $1 NOT IN ('day', 'week', 'month', 'quarter') OR $2 IS NULL OR $2 NOT BETWEEN 4 AND 3660 OR $3 IS NULL OR $3 < 1 OR $4 IS NULL OR $6 IS NULL OR NOT $6 > 0 THEN
        RAISE EXCEPTION 'the period is day, week, month or quarter, periods are 4 to 3660, recent is 1 or more' USING ERRCODE = 'invalid_parameter_value', HINT = 'The defaults are week, 104 and 8.';
    END IF;
    since := (date_trunc($1, $4 AT TIME ZONE zone) - $2 * CASE $1 WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || $1)::interval END) AT TIME ZONE zone;
    RETURN QUERY
        WITH o AS MATERIALIZED (
            SELECT o.source, o.arrived_at, o.ended_at, o.outcome, o.revenue FROM jorge.lead_outcomes($4, $5) o
        ), s AS (
            SELECT 'leads' AS metric, 'all' AS segment, jorge.series(o.arrived_at, 1, $1, zone) AS series FROM o WHERE o.arrived_at >= since
            UNION ALL SELECT 'leads', o.source, jorge.series(o.arrived_at, 1, $1, zone) FROM o WHERE o.arrived_at >= since GROUP BY o.source
            UNION ALL SELECT 'deals', 'all', jorge.series(o.ended_at, 1, $1, zone) FROM o WHERE o.outcome = 'won' AND o.ended_at >= since
            UNION ALL SELECT 'lost', 'all', jorge.series(o.ended_at, 1, $1, zone) FROM o WHERE o.outcome = 'lost' AND o.ended_at >= since
            UNION ALL SELECT 'revenue', 'all', jorge.series(o.ended_at, o.revenue::float8, $1, zone) FROM o WHERE o.outcome = 'won' AND o.ended_at >= since
        )
        SELECT a.start, s.metric, s.segment, a.value, a.expected, a.lo, a.hi, a.score, a.kind
          FROM s, jorge.anomalies(s.series, $6, as_of => $4) a
         WHERE s.series IS NOT NULL AND a.start >= (date_trunc($1, $4 AT TIME ZONE zone) - $3 * CASE $1 WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || $1)::interval END)::date
         ORDER BY a.start DESC, abs(a.score) DESC, s.metric, s.segment;
END
$fn$;
COMMENT ON FUNCTION jorge.business_anomalies(text, integer, integer, timestamptz, text, float8) IS
    'What was unusual in the recent so many full days, weeks, months or quarters before as_of: leads (all, and by source), deals, lost leads and revenue, each by jorge.anomalies() of its series of so many periods. Periods without rows count as 0 from the first that has one.';

-- what to do first

CREATE OR REPLACE FUNCTION jorge.business_recommendations(most integer DEFAULT 10, since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), as_of timestamptz DEFAULT now(),
                                                          location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (rank integer, kind text, recommendation text, expected_money numeric, evidence text, numbers jsonb)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $1 < 0 OR $2 IS NULL OR $3 IS NULL OR $4 IS NULL THEN
        RAISE EXCEPTION 'most is a number of rows; since, upto and as_of are times' USING ERRCODE = 'invalid_parameter_value', HINT = 'The defaults are 10 and the twelve months until now.';
    END IF;
    RETURN QUERY
        WITH source AS MATERIALIZED (
            SELECT r.*, r.avg_commission * r.leads / nullif(r.cost, 0) AS if_all_won FROM jorge.source_roi($2, $3, 'source', $4, $5) r
        ), shift AS (
            -- the worst that is surely worse than the best: money moved at the best one's lower return
            SELECT w.source AS from_source, b.source AS to_source, w.cost, round(0.2 * w.cost, 2) AS moved, w.expected_roi AS from_roi, round(b.shrunk_lower::numeric * b.if_all_won, 4) AS to_roi_lower, b.expected_roi AS to_roi, w.leads AS from_leads, b.leads AS to_leads
              FROM source w JOIN source b ON b.shrunk_lower::numeric * b.if_all_won > coalesce(w.shrunk_upper::numeric * w.if_all_won, 0)
             WHERE w.cost > 0 AND b.cost > 0 AND b.won >= 3 AND w.leads >= 20 AND b.leads >= 20 ORDER BY coalesce(w.expected_roi, 0), b.shrunk_lower * b.if_all_won::float8 DESC LIMIT 1
        ), grow AS (
            SELECT g.by, x.* FROM unnest(ARRAY['area', 'budget', 'property_type']) g(by), LATERAL (SELECT e.* FROM jorge.expansion_opportunities(g.by, $2, $3, $4, $5) e WHERE e.money > 0 AND e.won >= 3 LIMIT 1) x
        ), hours AS MATERIALIZED (
            SELECT * FROM jorge.activity_roi($2, $3, 'kind', 0, $4, $5)
        ), time AS (
            SELECT w.activity AS from_activity, b.activity AS to_activity, round(0.1 * w.hours, 1) AS moved, b.revenue_per_hour AS to_rate, w.revenue_per_hour AS from_rate, w.hours, b.deals
              FROM (SELECT * FROM hours h WHERE h.hours > 0 AND h.leads > 0 ORDER BY h.revenue_per_hour, h.activity LIMIT 1) w, (SELECT * FROM hours h WHERE h.deals >= 3 AND h.hours > 0 ORDER BY h.revenue_per_hour DESC, h.activity LIMIT 1) b
             WHERE b.revenue_per_hour > w.revenue_per_hour
        ), low AS (
            SELECT a.segment, sum(a.expected - a.value) AS missing, min(a.start) AS start, count(*) AS weeks, max(s.shrunk_rate) AS rate, max(s.avg_commission) AS commission
              FROM jorge.business_anomalies('week', 104, 4, $4, $5) a JOIN source s ON s.source = a.segment WHERE a.metric = 'leads' AND a.direction = 'low' GROUP BY a.segment
        ), volume AS (
            SELECT sum(o.sale_price) AS sold FROM jorge.lead_outcomes($4, $5) o JOIN jorge.lead p ON p.location_id = $5 AND p.lead_id = o.lead_id WHERE o.outcome = 'won' AND o.revenue IS NOT NULL AND p.side = 'buyer' AND o.arrived_at >= $2 AND o.arrived_at < $3
        ), found AS (
            SELECT k.kind, k.what || '. ' || k.advice AS recommendation, k.money, CASE k.kind WHEN 'slow response' THEN 'association' WHEN 'stage' THEN 'target' ELSE 'estimate' END AS evidence, k.numbers FROM jorge.leakage_points($2, $3, $4, $5) k
            UNION ALL
            SELECT 'budget', format('Move %s, a fifth of what %s costs, to %s', to_char(s.moved, 'FM999,999,999,990.00'), s.from_source, s.to_source), round(s.moved * (s.to_roi_lower - coalesce(s.from_roi, 0)), 2), 'lower limit',
                   to_jsonb(s) || '{"formula": "moved x (to_roi_lower - from_roi); returns taken to stay as they are"}' FROM shift s
            UNION ALL
            SELECT 'expansion', format('Grow in %s %s: %s more deals (%s)', replace(g.by, '_', ' '), regexp_replace(g.segment, '^\d: ', ''), round(g.extra_deals, 1), g.basis), g.money, 'estimate', g.numbers || jsonb_build_object('by', g.by, 'segment', g.segment, 'growth', g.growth) FROM grow g
            UNION ALL
            SELECT 'time', format('Give %s hours from %s to %s', t.moved, t.from_activity, t.to_activity), round(t.moved * (t.to_rate - coalesce(t.from_rate, 0)), 2), 'association',
                   to_jsonb(t) || '{"formula": "moved x (to_rate - from_rate) in revenue an hour"}' FROM time t
            UNION ALL
            SELECT 'anomaly', format('Find out why %s brings fewer leads than usual since %s', l.segment, l.start), round((l.missing * l.rate)::numeric * l.commission, 2), 'estimate',
                   jsonb_build_object('missing_leads', round(l.missing::numeric, 1), 'weeks', l.weeks, 'conversion', round(l.rate::numeric, 4), 'commission', l.commission, 'formula', 'missing_leads x conversion x commission') FROM low l
            UNION ALL
            SELECT 'benchmark', format('Buyers'' commissions are %s %% on average, %s %% elsewhere (%s)', round(100 * b.own, 2), round(100 * b.reference_low, 2), b.reference_source), round((b.reference_low - b.own) * v.sold, 2), 'reference',
                   jsonb_build_object('own', b.own, 'own_interval', jsonb_build_array(b.own_lower, b.own_upper), 'deals', b.own_n, 'reference', b.reference_low, 'reference_date', b.reference_date, 'sold', v.sold, 'formula', '(reference - own) x sold; rates are negotiable')
              FROM jorge.benchmarks($2, $3, $4, $5) b, volume v WHERE b.metric = 'buyer_commission_rate' AND b.compared = 'below'
        )
        SELECT (row_number() OVER (ORDER BY f.money DESC, f.kind, f.recommendation))::integer, f.kind, f.recommendation, f.money, f.evidence, f.numbers FROM found f WHERE f.money > 0 ORDER BY 1 LIMIT $1;
END
$fn$;
COMMENT ON FUNCTION jorge.business_recommendations(integer, timestamptz, timestamptz, timestamptz, text) IS
    'What to do, the most expected money first: leakage points, money to move between sources, segments to grow in, hours to move between activities, sources that dried up, commissions below what others report. expected_money: US dollars of commission in the time asked for (12 months by default); amounts overlap and do not add up. evidence says how far to trust it: lower limit (of an interval), estimate, target (what the best agent or quarter, or a goal, reaches), association (seen, not proven: try it in an experiment), reference (others'' figures). numbers: what it was worked out from, with the formula.';
