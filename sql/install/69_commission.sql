-- What a lead is likely to bring: price, commission and how sure that is; and the agency's figures against goal and baseline.

CREATE OR REPLACE FUNCTION jorge.market_factors(area text, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location()) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH k AS (SELECT s.*, lag(s.median_price) OVER (PARTITION BY lower(trim(s.area)) ORDER BY s.as_of, s.snapshot_id) AS before
                 FROM jorge.market_snapshot s
                WHERE s.location_id = $3 AND s.as_of <= $2::date AND s.as_of > ($2 - interval '1 year')::date AND s.price_band = '' AND s.property_type = ''
                  AND lower(trim(s.area)) IN (lower(trim($1)), ''))
    SELECT coalesce((SELECT jsonb_strip_nulls(jsonb_build_object('area', nullif(k.area, ''), 'as_of', k.as_of, 'median_price', k.median_price, 'median_price_change', round(k.median_price / k.before - 1, 4),
               'days_on_market', k.days_on_market, 'months_of_supply', k.months_of_supply, 'sale_to_list', k.sale_to_list,
               'market', CASE WHEN k.months_of_supply < 4 THEN 'sellers' WHEN k.months_of_supply <= 6 THEN 'balanced' WHEN k.months_of_supply > 6 THEN 'buyers' END))
          FROM k ORDER BY k.area = '', k.as_of DESC, k.snapshot_id LIMIT 1), '{}')
$fn$;
COMMENT ON FUNCTION jorge.market_factors(text, timestamptz, text) IS
    'The latest jorge.market_snapshot of an area (else of all) of the last year: median_price and its change since the one before, days_on_market, months_of_supply, sale_to_list, and whose market it is: sellers (below 4 months of supply), balanced, buyers (above 6). An empty object where there is none.';

CREATE OR REPLACE FUNCTION jorge.price_error(method text, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location()) RETURNS float8
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    -- held to what is usual as by five sales
    SELECT (5 * usual + coalesce(n * seen, 0)) / (5 + coalesce(n, 0))
      FROM (SELECT CASE $1 WHEN 'sale' THEN 0 WHEN 'listing' THEN 0.04 WHEN 'budget' THEN 0.12 ELSE 0.3 END AS usual) u
      LEFT JOIN LATERAL (
            SELECT count(*) AS n, percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(ln(l.sale_price / b.budget)))::float8 AS seen
              FROM jorge.lead l, LATERAL (SELECT jorge.lead_budget(l.budget_min, l.budget_max, l.text_budget_min, l.text_budget_max) AS budget) b
             WHERE $1 = 'budget' AND l.location_id = $3 AND l.outcome = 'won' AND l.sale_price BETWEEN 1 AND 1e10 AND b.budget > 0 AND l.outcome_at <= $2 AND l.outcome_at > $2 - interval '2 years'
            HAVING count(*) > 0
            UNION ALL
            SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(ln(c.sale_price / c.list_price)))::float8
              FROM jorge.sale c WHERE $1 = 'listing' AND c.location_id = $3 AND c.list_price > 0 AND c.sold_on <= $2::date AND c.sold_on > ($2 - interval '2 years')::date
            HAVING count(*) > 0
            UNION ALL
            -- half of a normal lies within 0.6745 standard deviations
            SELECT v.sales, 0.6745 * v.spread FROM jorge.price_levels($2, $3) v WHERE $1 IN ('area median', 'model') AND v.spread IS NOT NULL) o ON true
$fn$;
COMMENT ON FUNCTION jorge.price_error(text, timestamptz, text) IS
    'How far off a price by a method (listing, budget, area median, model) usually is: the median of |log(sale / estimate)| over the sales of two years, held towards the usual (0.04, 0.12, 0.3, 0.3) as by five sales; for area median and model, what the spread of prices says.';

CREATE OR REPLACE FUNCTION jorge.commission_of(lead jorge.lead, probability float8 DEFAULT NULL, location_id text DEFAULT jorge.current_location(),
                                               OUT estimated_sale_price numeric, OUT price_method text, OUT price_low numeric, OUT price_high numeric,
                                               OUT commission_rate numeric, OUT estimated_commission numeric, OUT expected_commission numeric,
                                               OUT jorge_tracking_id text, OUT confidence_level text, OUT market_factors jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    v record;
    budget numeric := jorge.lead_budget(lead.budget_min, lead.budget_max, lead.text_budget_min, lead.text_budget_max);
    listed numeric := jorge.listing_price_at(jorge.find_listing(lead.listing_ref, lead.first_source, $3), now(), $3);
    plan jsonb := jorge.commission_plan_at(lead.owner, current_date, $3);
    off float8;
    estimate numeric;
BEGIN
    SELECT * INTO v FROM jorge.price_levels(now(), $3);
    IF lead.outcome = 'won' AND lead.sale_price BETWEEN 1 AND 1e10 THEN
        estimate := lead.sale_price;
        price_method := 'sale';
    ELSIF listed > 0 THEN
        estimate := listed * v.sale_to_list::numeric;
        price_method := 'listing';
    ELSIF budget > 0 THEN
        estimate := budget;
        price_method := 'budget';
    ELSIF v.areas ? lower(trim(lead.area)) THEN
        estimate := (v.areas ->> lower(trim(lead.area)))::numeric;
        price_method := 'area median';
    ELSIF v.middle IS NOT NULL THEN
        estimate := exp(v.middle + coalesce((v.types ->> coalesce(lower(trim(lead.property_type)), ''))::float8, 0)
                        + coalesce((v.rooms ->> coalesce(least(round(lead.bedrooms), 6)::text, ''))::float8, 0))::numeric;
        price_method := 'model';
    END IF;
    market_factors := jorge.market_factors(lead.area, now(), $3);
    jorge_tracking_id := 'JORGE-' || to_char(lead.first_seen_at AT TIME ZONE 'UTC', 'YYYYMMDD') || '-' || upper(left(md5($3 || '/' || lead.lead_id::text), 12));
    IF estimate IS NULL THEN
        confidence_level := 'none';
        RETURN;
    END IF;
    estimated_sale_price := round(least(estimate, 1e10), 2);
    off := jorge.price_error(price_method, now(), $3);
    confidence_level := CASE WHEN off <= 0.10 THEN 'high' WHEN off <= 0.20 THEN 'medium' ELSE 'low' END;
    -- 1.2816 standard deviations hold 80 %, 0.6745 the half that the median error is of
    price_low := round(estimated_sale_price * exp(-1.9 * off)::numeric, 2);
    price_high := round(estimated_sale_price * exp(1.9 * off)::numeric, 2);
    estimated_commission := CASE WHEN price_method = 'sale' AND abs(lead.revenue) < 1e12 THEN lead.revenue ELSE jorge.jorge_commission(estimated_sale_price, plan) END;
    commission_rate := round(estimated_commission / estimated_sale_price, 6);
    expected_commission := round(estimated_commission * CASE lead.outcome WHEN 'won' THEN 1 WHEN 'lost' THEN 0 ELSE probability END::numeric, 2);
END
$fn$;
COMMENT ON FUNCTION jorge.commission_of(jorge.lead, double precision, text) IS
    'What a lead is likely to bring: estimated_sale_price by the first method that can (sale: it is sold; listing: price of the listing asked about times what sales bring of it; budget: middle of its bounds; area median; model: property type and bedrooms, see jorge.price_levels()), 80 % interval of the price, commission by the plan of the lead''s agent (6 % for both sides where there is none) and its rate, expected_commission = commission * probability, jorge_tracking_id (the same for a lead for ever), confidence_level of the price by jorge.price_error(): high (within 10 % in half of cases), medium (20 %), low, none (no price known), market_factors. A plain row without lead_id has no tracking id.';

CREATE OR REPLACE FUNCTION jorge.lead_commission(lead_id uuid, location_id text DEFAULT jorge.current_location(),
                                                  OUT estimated_sale_price numeric, OUT price_method text, OUT price_low numeric, OUT price_high numeric,
                                                  OUT commission_rate numeric, OUT estimated_commission numeric, OUT expected_commission numeric,
                                                  OUT jorge_tracking_id text, OUT confidence_level text, OUT market_factors jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    lead jorge.lead;
BEGIN
    IF $1 IS NULL THEN
        RETURN;
    END IF;
    lead := jorge.stored_lead($1, $2);
    SELECT c.* INTO estimated_sale_price, price_method, price_low, price_high, commission_rate, estimated_commission, expected_commission, jorge_tracking_id, confidence_level, market_factors
      FROM jorge.commission_of(lead, (SELECT s.probability FROM jorge.lead_score s WHERE s.location_id = $2 AND s.lead_id = lead.lead_id), $2) c;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_commission(uuid, text) IS
    'What a stored lead is likely to bring: jorge.commission_of() with the lead''s current score. ERROR P0002 if there is no such lead.';

CREATE OR REPLACE FUNCTION jorge.kpis(days integer DEFAULT 90, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (kpi text, unit text, baseline numeric, current numeric, change_percent numeric, goal numeric, goal_from text, reached boolean, meaning text)
    LANGUAGE plpgsql STABLE ROWS 5
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 1 AND 3660 OR $2 IS NULL THEN
        RAISE EXCEPTION 'days are 1 to 3660' USING ERRCODE = 'invalid_parameter_value', HINT = 'The baseline is as many days before.';
    END IF;
    RETURN QUERY
        WITH p AS (SELECT true AS now, $2 - make_interval(days => $1) AS since, $2 AS upto UNION ALL SELECT false, $2 - make_interval(days => 2 * $1), $2 - make_interval(days => $1)),
             l AS MATERIALIZED (SELECT l.first_seen_at, l.outcome, l.outcome_at, l.first_outbound_at, l.owner, l.revenue, l.sale_price FROM jorge.lead l WHERE l.location_id = $3 AND isfinite(l.first_seen_at)),
             m AS (SELECT p.now,
                          -- decided in the period: what share was won
                          (SELECT 100.0 * count(*) FILTER (WHERE l.outcome = 'won') / nullif(count(*), 0) FROM l WHERE l.outcome <> 'open' AND l.outcome_at > p.since AND l.outcome_at <= p.upto) AS conversion,
                          (SELECT sum(jorge.lead_revenue(l.revenue, l.sale_price, l.owner, (l.outcome_at AT TIME ZONE jorge.office_zone($3))::date, $3))
                             FROM l WHERE l.outcome = 'won' AND l.outcome_at > p.since AND l.outcome_at <= p.upto) AS commission,
                          (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM least(coalesce(l.first_outbound_at, p.upto), p.upto) - l.first_seen_at) / 3600)
                             FROM l WHERE l.first_seen_at > p.since AND l.first_seen_at <= p.upto)::numeric AS idle,
                          (SELECT sum(t.cost) / nullif(count(DISTINCT t.lead_id) FILTER (WHERE t.cost IS NOT NULL), 0)
                             FROM (SELECT il.lead_id, coalesce(i.cost, jorge.source_cost_at(i.source, i.received_at, i.location_id)) AS cost
                                     FROM jorge.inquiry i JOIN jorge.inquiry_lead il USING (location_id, inquiry_id)
                                    WHERE i.location_id = $3 AND i.received_at > p.since AND i.received_at <= p.upto) t) AS cost,
                          (SELECT 10 * avg(s.score) FROM jorge.satisfaction s WHERE s.location_id = $3 AND s.at > p.since AND s.at <= p.upto) AS satisfaction
                     FROM p),
             -- name, unit, goal as a factor of the baseline or in itself, whether less is better, meaning
             k(n, kpi, unit, factor, fixed, less, meaning) AS (VALUES
                (1, 'conversion', 'percent', 1.25, NULL::numeric, false, 'Share won of the leads decided'),
                (2, 'commission', 'USD', 1.30, NULL, false, 'Commission of the leads won'),
                (3, 'idle_time', 'hours', 0.60, NULL, true, 'Median time a new lead waits for our first word'),
                (4, 'cost_per_lead', 'USD', 0.70, NULL, true, 'Cost of the inquiries whose cost is known, a lead'),
                (5, 'satisfaction', 'percent', NULL, 95, false, 'Mean score of the satisfaction asked, 10 = 100 %')),
             f AS (SELECT k.*, v.value AS current, b.value AS before,
                          (SELECT g.target FROM jorge.goal g WHERE g.location_id = $3 AND g.metric = k.kpi AND g.agent_ref IS NULL AND $2::date BETWEEN g.starts_on AND g.ends_on
                            ORDER BY g.ends_on, g.goal_id LIMIT 1) AS own_goal
                     FROM k JOIN m c ON c.now JOIN m e ON NOT e.now,
                          LATERAL (SELECT CASE k.n WHEN 1 THEN c.conversion WHEN 2 THEN c.commission WHEN 3 THEN c.idle WHEN 4 THEN c.cost ELSE c.satisfaction END AS value) v,
                          LATERAL (SELECT CASE k.n WHEN 1 THEN e.conversion WHEN 2 THEN e.commission WHEN 3 THEN e.idle WHEN 4 THEN e.cost ELSE e.satisfaction END AS value) b)
        SELECT f.kpi, f.unit, round(f.before, 2), round(f.current, 2), round(100 * (f.current / nullif(f.before, 0) - 1), 1), round(t.target, 2),
               CASE WHEN f.own_goal IS NOT NULL THEN 'jorge.goal' WHEN f.fixed IS NOT NULL THEN 'default'
                    WHEN f.before IS NULL THEN 'no baseline' ELSE format('baseline %s %%', to_char(100 * (f.factor - 1), 'FMSG999')) END,
               CASE WHEN f.less THEN f.current <= t.target ELSE f.current >= t.target END, f.meaning
          FROM f, LATERAL (SELECT coalesce(f.own_goal, f.fixed, f.before * f.factor) AS target) t
         ORDER BY f.n;
END
$fn$;
COMMENT ON FUNCTION jorge.kpis(integer, timestamptz, text) IS
    'Five figures of the last so many days against the as many before (baseline) and a goal: the running row of jorge.goal with that metric (conversion, commission, idle_time, cost_per_lead, satisfaction), else conversion +25 %, commission +30 %, idle time -40 %, cost a lead -30 % on the baseline and satisfaction 95 %. NULL where nothing is known; reached is NULL then.';
