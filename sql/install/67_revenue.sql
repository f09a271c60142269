-- What comes in: the deals of the agency as the forecast takes them, months to come, goals, and what was said before against what came.

CREATE OR REPLACE FUNCTION jorge.office_zone(location_id text DEFAULT jorge.current_location()) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
AS $fn$
    SELECT coalesce((SELECT l.time_zone FROM jorge.location l WHERE l.location_id = $1), 'America/Chicago')
$fn$;
COMMENT ON FUNCTION jorge.office_zone(text) IS 'IANA zone whose months and days a location counts in: jorge.location.time_zone, else America/Chicago.';

CREATE OR REPLACE FUNCTION jorge.lead_budget(budget_min numeric, budget_max numeric, text_min float8, text_max float8) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN b >= 1 AND b <= 1e10 THEN b END
      FROM (SELECT CASE WHEN coalesce(budget_min, budget_max) IS NOT NULL THEN (coalesce(budget_min, budget_max) + coalesce(budget_max, budget_min)) / 2
                        WHEN coalesce(text_min, text_max) > 0 THEN ((coalesce(text_min, text_max) + coalesce(text_max, text_min)) / 2)::numeric END AS b) x
$fn$;
COMMENT ON FUNCTION jorge.lead_budget(numeric, numeric, float8, float8) IS 'One price from a budget: the middle of its bounds, those of the form before those of messages; NULL without any, and where that is no price (below 1, above 1e10, NaN).';

CREATE OR REPLACE FUNCTION jorge.lead_revenue(revenue numeric, sale_price numeric, owner text, closed_on date, location_id text DEFAULT jorge.current_location()) RETURNS numeric
    LANGUAGE sql STABLE
AS $fn$
    SELECT CASE WHEN abs($1) < 1e12 THEN $1 WHEN $2 >= 0 AND $2 <= 1e10 THEN jorge.jorge_commission($2, jorge.commission_plan_at($3, $4, $5)) END
$fn$;
COMMENT ON FUNCTION jorge.lead_revenue(numeric, numeric, text, date, text) IS
    'Commission of a won lead: as noted, else by the agent''s plan from the price of the sale; NULL without either. What is no amount of money (NaN, infinite, a price below 0 or above 1e10) counts as not noted.';

CREATE OR REPLACE FUNCTION jorge.price_levels(as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(),
                                              OUT middle float8, OUT areas jsonb, OUT types jsonb, OUT rooms jsonb, OUT sale_to_list float8, OUT sales bigint,
                                              OUT spread float8)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    -- log-linear in type and rooms, each effect shrunk as by five sales at the middle
    WITH z AS MATERIALIZED (SELECT ($1 AT TIME ZONE jorge.office_zone($2))::date AS today),
         s AS MATERIALIZED (SELECT ln(l.sale_price::float8) AS p, lower(trim(l.area)) AS area, coalesce(lower(trim(l.property_type)), '') AS type,
                                   coalesce(least(round(l.bedrooms), 6)::text, '') AS rooms
                              FROM jorge.lead l
                             WHERE l.location_id = $2 AND l.outcome = 'won' AND l.sale_price BETWEEN 1 AND 1e10 AND l.outcome_at <= $1 AND l.outcome_at > $1 - interval '2 years'
                             UNION ALL
                             SELECT ln(c.sale_price::float8), lower(trim(c.area)), coalesce(lower(trim(c.property_type)), ''), coalesce(least(round(c.bedrooms), 6)::text, '')
                               FROM jorge.sale c, z
                              WHERE c.location_id = $2 AND c.sale_price BETWEEN 1 AND 1e10 AND c.sold_on <= z.today AND c.sold_on > (z.today - interval '2 years')::date AND c.agent_ref IS NULL),
         m AS (SELECT avg(p) AS m, stddev(p) AS spread, count(*) AS n FROM s),
         t AS (SELECT s.type, sum(s.p - m.m) / (count(*) + 5) AS effect FROM s, m GROUP BY s.type),
         r AS (SELECT s.rooms, sum(s.p - m.m - t.effect) / (count(*) + 5) AS effect FROM s JOIN t USING (type), m GROUP BY s.rooms),
         snapshot AS (SELECT DISTINCT ON (lower(trim(k.area))) lower(trim(k.area)) AS area, CASE WHEN k.median_price BETWEEN 1 AND 1e10 THEN k.median_price END AS median_price,
                             CASE WHEN k.sale_to_list < 100 THEN k.sale_to_list END AS sale_to_list FROM jorge.market_snapshot k, z
                       WHERE k.location_id = $2 AND k.as_of <= z.today AND k.as_of > (z.today - interval '1 year')::date AND k.price_band = '' AND k.property_type = ''
                       ORDER BY lower(trim(k.area)), k.as_of DESC, k.snapshot_id)
    SELECT (SELECT m FROM m),
           coalesce((SELECT jsonb_object_agg(area, mid) FROM (SELECT area, exp(percentile_cont(0.5) WITHIN GROUP (ORDER BY p)) AS mid FROM s
                                                               WHERE area <> '' GROUP BY area HAVING count(*) >= 3) a), '{}')
           || coalesce((SELECT jsonb_object_agg(area, median_price) FROM snapshot WHERE area <> '' AND median_price IS NOT NULL), '{}'),
           (SELECT jsonb_object_agg(type, effect) FROM t), (SELECT jsonb_object_agg(rooms, effect) FROM r),
           coalesce((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c.sale_price / c.list_price) FROM jorge.sale c, z
                      WHERE c.location_id = $2 AND c.list_price BETWEEN 1 AND 1e10 AND c.sale_price BETWEEN 1 AND 1e10 AND c.sold_on <= z.today AND c.sold_on > (z.today - interval '1 year')::date HAVING count(*) >= 5),
                    (SELECT avg(k.sale_to_list)::float8 FROM snapshot k WHERE k.sale_to_list > 0), 1),
           (SELECT n FROM m), (SELECT spread FROM m)
$fn$;
COMMENT ON FUNCTION jorge.price_levels(timestamptz, text) IS
    'Prices of the market as of a time, from the location''s own sales and the comparables in jorge.sale of two years: middle and spread (mean and standard deviation of the logarithm), median by area (the latest jorge.market_snapshot of a year, else of three sales or more), the effects of property type and bedrooms on the logarithm, held towards 0 as by five sales, and sale_to_list (median of a year''s five sales or more, else of the snapshots, else 1). Keys in lower case. What is no price (below 1, above 1e10, NaN) is left out.';

CREATE OR REPLACE FUNCTION jorge.deals(as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (lead_id uuid, arrived_at timestamptz, ended_at timestamptz, won boolean, probability float8, probability_at timestamptz,
                   price numeric, price_method text, amount numeric, revenue numeric)
    LANGUAGE sql STABLE ROWS 10000
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
    -- no nested loops but those of LATERAL: without statistics the joins by lead would go quadratic
    WITH plan AS MATERIALIZED (
        SELECT coalesce(o.owner, '') AS owner, jorge.commission_plan_at(o.owner, ($1 AT TIME ZONE jorge.office_zone($2))::date, $2) AS plan FROM (SELECT DISTINCT nullif(l.owner, '') AS owner FROM jorge.lead l WHERE l.location_id = $2) o
    ), closed AS MATERIALIZED (
        SELECT count(*) AS n FROM jorge.lead l WHERE l.location_id = $2 AND l.outcome <> 'open'
    ), deal AS MATERIALIZED (
        SELECT l.lead_id, l.first_seen_at, l.owner, CASE WHEN e.ended_at <= $1 THEN e.ended_at END AS ended_at, CASE WHEN e.ended_at <= $1 THEN l.outcome = 'won' END AS won,
               jorge.lead_budget(l.budget_min, l.budget_max, l.text_budget_min, l.text_budget_max) AS budget,
               (v.areas ->> lower(trim(l.area)))::float8 AS area_price,
               l.listing_ref, v.sale_to_list,
               exp(v.middle + coalesce((v.types ->> coalesce(lower(trim(l.property_type)), ''))::float8, 0)
                   + coalesce((v.rooms ->> coalesce(least(round(l.bedrooms), 6)::text, ''))::float8, 0)) AS model_price,
               l.sale_price, l.revenue, greatest(l.last_seen_at, l.last_inbound_at, l.last_outbound_at) AS state_at
          FROM jorge.lead l, jorge.price_levels($1, $2) v,
               LATERAL (SELECT CASE WHEN l.outcome <> 'open' THEN greatest(coalesce(l.outcome_at, l.last_inbound_at, l.last_seen_at), l.first_seen_at) END AS ended_at) e
         WHERE l.location_id = $2 AND l.first_seen_at <= $1 AND isfinite(l.first_seen_at)
    ), listed AS MATERIALIZED (
        SELECT r.listing_ref, CASE WHEN p.price BETWEEN 1 AND 1e10 THEN p.price END AS list_price
          FROM (SELECT DISTINCT d.listing_ref FROM deal d WHERE d.listing_ref <> '' AND d.won IS NOT FALSE AND EXISTS (SELECT FROM jorge.listing i WHERE i.location_id = $2)) r,
               LATERAL (SELECT jorge.listing_price_at(jorge.find_listing(r.listing_ref, NULL, $2), $1, $2) AS price OFFSET 0) p
    ), last_known AS MATERIALIZED (
        -- the last one served by then
        SELECT d.lead_id, p.probability, p.at FROM deal d,
               LATERAL (SELECT s.probability, s.at FROM jorge.prediction s WHERE s.location_id = $2 AND s.lead_id = d.lead_id AND s.at <= $1 ORDER BY s.at DESC LIMIT 1) p
         WHERE d.won IS NULL AND d.state_at > $1
    ), arrived_with AS MATERIALIZED (
        -- of 10,000 closed leads the one they arrived with
        SELECT d.lead_id, p.probability FROM closed, deal d,
               LATERAL (SELECT s.probability FROM jorge.prediction s WHERE s.location_id = $2 AND s.lead_id = d.lead_id AND s.reason = 'inquiry' ORDER BY s.at LIMIT 1) p
         WHERE d.won IS NOT NULL AND (closed.n <= 10000 OR uuid_hash(d.lead_id) & 65535 < 10000.0 / closed.n * 65536)
    )
    SELECT d.lead_id, d.first_seen_at, d.ended_at, d.won, coalesce(now_known.probability, last_known.probability, arrived_with.probability),
           CASE WHEN now_known.probability IS NOT NULL THEN d.state_at WHEN last_known.probability IS NOT NULL THEN last_known.at
                WHEN arrived_with.probability IS NOT NULL THEN d.first_seen_at END,
           p.price, p.method, CASE WHEN d.won IS NOT FALSE AND p.price > 0 THEN jorge.jorge_commission(p.price, plan.plan) END,
           CASE WHEN d.won THEN CASE WHEN abs(d.revenue) < 1e12 THEN d.revenue WHEN d.sale_price BETWEEN 0 AND 1e10 THEN jorge.jorge_commission(d.sale_price, plan.plan) END END
      FROM deal d
      JOIN plan ON plan.owner = coalesce(d.owner, '')
      -- of an open lead the current score, if nothing has happened to the lead since as_of (OFFSET 0: looked up for no other)
      LEFT JOIN LATERAL (SELECT s.probability FROM jorge.lead_score s
                          WHERE s.location_id = $2 AND s.lead_id = d.lead_id AND d.won IS NULL AND d.state_at <= $1 OFFSET 0) now_known ON true
      LEFT JOIN last_known USING (lead_id)
      LEFT JOIN arrived_with USING (lead_id)
      LEFT JOIN listed USING (listing_ref)
      CROSS JOIN LATERAL (SELECT round(least(coalesce(listed.list_price * d.sale_to_list::numeric, d.budget, d.area_price::numeric, d.model_price::numeric), 1e10), 2) AS price,
                                 CASE WHEN listed.list_price IS NOT NULL THEN 'listing' WHEN d.budget IS NOT NULL THEN 'budget' WHEN d.area_price IS NOT NULL THEN 'area median'
                                      WHEN d.model_price IS NOT NULL THEN 'model' END AS method) p
$fn$;
COMMENT ON FUNCTION jorge.deals(timestamptz, text) IS
    'Leads as the forecast takes them, as they were known at as_of: arrival, end, won (NULL = open), probability and the time it speaks of, expected price and its method (listing: the price then of the listing asked about, times what sales bring of it; budget; area median and model: jorge.price_levels()), amount = commission of that price by the agent''s plan, revenue of a won lead (by the plan, if only the price is known). Probabilities of an earlier as_of are those served by then; of more than 10,000 closed leads only so many have one.';

CREATE OR REPLACE FUNCTION jorge.revenue_model_of(as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(), months integer DEFAULT 24)
    RETURNS jorge.revenue_model
    LANGUAGE sql STABLE
    -- a time is written into a query as it can be read again: 'IST' of SQL and Postgres style is Israel's
    SET search_path = pg_catalog, pg_temp SET jit = off SET datestyle = 'ISO'
AS $fn$
    SELECT jorge.revenue_fit(format('SELECT arrived_at, ended_at, won, probability, probability_at, amount, revenue FROM jorge.deals(%L, %L)', $1, $2), $1, jorge.office_zone($2), $3)
$fn$;
COMMENT ON FUNCTION jorge.revenue_model_of(timestamptz, text, integer) IS 'jorge.revenue_fit() of the location''s leads: delays, conversion and values of so many months, and the deals open at as_of.';

CREATE OR REPLACE FUNCTION jorge.revenue_realised(since timestamptz, upto timestamptz, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    SELECT coalesce(sum(jorge.lead_revenue(l.revenue, l.sale_price, l.owner, (l.outcome_at AT TIME ZONE z.zone)::date, $4)), 0)
      FROM jorge.lead l, (SELECT jorge.office_zone($4) AS zone OFFSET 0) z WHERE l.location_id = $4 AND l.outcome = 'won' AND l.outcome_at >= $1 AND l.outcome_at < $2 AND l.outcome_at <= $3
$fn$;
COMMENT ON FUNCTION jorge.revenue_realised(timestamptz, timestamptz, timestamptz, text) IS
    'Commission of the leads won from since until before upto, as far as known at as_of; by the agent''s plan where only the price of a sale is known.';

CREATE OR REPLACE FUNCTION jorge.forecast_monthly_revenue(months_ahead integer DEFAULT 6, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (month date, step integer, expected numeric, lo80 numeric, hi80 numeric, lo95 numeric, hi95 numeric, from_open numeric, from_new numeric,
                   realised numeric, deals numeric, leads numeric, note text)
    LANGUAGE plpgsql STABLE ROWS 6
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 1 AND 60 OR $2 IS NULL THEN
        RAISE EXCEPTION 'months_ahead is 1 to 60' USING ERRCODE = 'invalid_parameter_value', HINT = 'The first month is the one that as_of lies in.';
    END IF;
    RETURN QUERY
        SELECT f.month, f.step, f.expected, f.lo80, f.hi80, f.lo95, f.hi95, f.from_open, f.from_new, f.realised_so_far, round(f.deals::numeric, 1), round(f.leads::numeric, 1), f.note
          FROM jorge.revenue_months(jorge.revenue_model_of($2, $3), $1,
                   jorge.revenue_realised(date_trunc('month', $2 AT TIME ZONE jorge.office_zone($3)) AT TIME ZONE jorge.office_zone($3), 'infinity', $2, $3)) f;
END
$fn$;
COMMENT ON FUNCTION jorge.forecast_monthly_revenue(integer, timestamptz, text) IS
    'Commission of the month that as_of lies in and the following, months_ahead (1 to 60) in all: expected = realised (what that month has brought so far) + from_open (deals open now) + from_new (leads still to arrive), 80 % and 95 % intervals, deals and leads expected. One row with a note where there is not enough data: fewer than 10 leads or 3 won in two years. How: doc/revenue.md.';

CREATE OR REPLACE FUNCTION jorge.forecast_monthly_leads(months_ahead integer DEFAULT 6, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (month date, step integer, expected numeric, lo80 numeric, hi80 numeric, lo95 numeric, hi95 numeric, realised integer, note text)
    LANGUAGE plpgsql STABLE ROWS 6
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    known jorge.series;
    first_arrival timestamptz;
    this_month timestamp;
    so_far integer;
    zone text := jorge.office_zone($3);
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 1 AND 60 OR $2 IS NULL THEN
        RAISE EXCEPTION 'months_ahead is 1 to 60' USING ERRCODE = 'invalid_parameter_value', HINT = 'The first month is the one that as_of lies in.';
    END IF;
    SELECT jorge.series(l.first_seen_at, 1, 'month', zone), min(l.first_seen_at) INTO known, first_arrival FROM jorge.lead l
     WHERE l.location_id = $3 AND l.first_seen_at <= $2 AND isfinite(l.first_seen_at);
    this_month := date_trunc('month', $2 AT TIME ZONE zone);
    so_far := coalesce((SELECT p.count::integer FROM jorge.points(known) p WHERE p.start = this_month::date), 0);
    IF first_arrival IS NULL OR first_arrival > $2 - interval '30 days' THEN
        RETURN QUERY SELECT this_month::date, 1, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, so_far, 'not enough data: less than 30 days of leads';
        RETURN;
    END IF;
    RETURN QUERY
        SELECT f.month::date, f.step, round((f.seen + f.mean)::numeric, 1), round((f.seen + jorge.revenue_quantile(0.1, f.mean, f.sd, f.none))::numeric, 1),
               round((f.seen + jorge.revenue_quantile(0.9, f.mean, f.sd, f.none))::numeric, 1), round((f.seen + jorge.revenue_quantile(0.025, f.mean, f.sd, f.none))::numeric, 1),
               round((f.seen + jorge.revenue_quantile(0.975, f.mean, f.sd, f.none))::numeric, 1), f.seen, NULL::text
          FROM (SELECT m.month, r.step, CASE WHEN r.step = 1 THEN so_far ELSE 0 END AS seen, r.rate * m.days AS mean,
                       -- chance, what a month differs by of its own, and what the rate is not known by
                       sqrt(r.rate * m.days + (r.rate * r.noise * m.days) ^ 2 + (r.sd * m.days) ^ 2) AS sd, exp(-least(r.rate * m.days, 700)) AS none
                  FROM jorge.arrival_rates(known, first_arrival, $2, zone, $1) r,
                       LATERAL (SELECT w.month, extract(epoch FROM (w.month + interval '1 month') AT TIME ZONE zone - greatest(w.month AT TIME ZONE zone, $2))::float8 / 86400 AS days
                                  FROM (SELECT this_month + make_interval(months => r.step - 1) AS month) w) m) f
         ORDER BY f.step;
END
$fn$;
COMMENT ON FUNCTION jorge.forecast_monthly_leads(integer, timestamptz, text) IS
    'New leads of the month that as_of lies in (realised: so far) and of the following, months_ahead (1 to 60) in all, by jorge.rate_forecast(), with 80 % and 95 % intervals. One row with a note where the first lead is less than 30 days old.';

CREATE OR REPLACE FUNCTION jorge.monthly_seasonality(as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (month integer, name text, leads_factor float8, deals_factor float8, revenue_factor float8, leads_seasonal float8, deals_seasonal float8, prepare text)
    LANGUAGE sql STABLE ROWS 12
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    WITH zone AS (SELECT jorge.office_zone($2) AS zone),
         s AS MATERIALIZED (SELECT zone, jorge.series(l.first_seen_at, 1, 'month', zone) AS leads, min(l.first_seen_at) AS first_lead,
                                   jorge.series(l.outcome_at, CASE WHEN abs(l.revenue) < 1e12 THEN l.revenue ELSE 0 END::float8, 'month', zone) FILTER (WHERE l.outcome = 'won' AND l.outcome_at <= $1 AND isfinite(l.outcome_at)) AS sales,
                                   min(l.outcome_at) FILTER (WHERE l.outcome = 'won' AND l.outcome_at <= $1 AND isfinite(l.outcome_at)) AS first_sale
                              FROM jorge.lead l, zone WHERE l.location_id = $2 AND l.first_seen_at <= $1 AND isfinite(l.first_seen_at) GROUP BY zone),
         -- a cycle from the month of as_of on; a year must have been seen
         a AS MATERIALIZED (SELECT f.* FROM s, jorge.arrival_rates(s.leads, s.first_lead, $1, s.zone, 12) f WHERE s.first_lead <= $1 - interval '1 year'),
         d AS MATERIALIZED (SELECT f.* FROM s, jorge.arrival_rates(s.sales, s.first_sale, $1, s.zone, 12) f WHERE s.first_sale <= $1 - interval '1 year'),
         r AS MATERIALIZED (SELECT f.* FROM s, jorge.season_factors(s.sales, 'sum', as_of => $1) f)
    SELECT n, to_char(make_date(2000, n, 1), 'FMMonth'), round(a.season_factor::numeric, 3)::float8, round(d.season_factor::numeric, 3)::float8, round(r.factor::numeric, 3)::float8,
           round(a.seasonal::numeric, 3)::float8, round(d.seasonal::numeric, 3)::float8,
           CASE WHEN a.season_factor IS NULL THEN 'not enough data: a year of leads is needed'
                WHEN a.season_factor >= 1.15 AND w.closings >= 1.15 THEN 'many leads and closings: full staff, no leave'
                WHEN a.season_factor >= 1.15 THEN 'many leads: people to answer them, advertising can rest'
                WHEN w.closings >= 1.15 THEN 'many closings: paperwork first; keep new leads warm'
                WHEN a.season_factor <= 0.85 AND w.closings <= 0.85 THEN 'quiet: reserves for expenses; training, old leads'
                WHEN a.season_factor <= 0.85 THEN 'few leads: advertise two months before, call old leads'
                WHEN w.closings <= 0.85 THEN 'few closings: reserves for expenses' ELSE 'as usual' END
      FROM zone, generate_series(1, 12) n
      LEFT JOIN a ON a.step = (n + 12 - extract(month FROM $1 AT TIME ZONE (SELECT zone FROM zone)))::integer % 12 + 1
      LEFT JOIN d ON d.step = (n + 12 - extract(month FROM $1 AT TIME ZONE (SELECT zone FROM zone)))::integer % 12 + 1
      LEFT JOIN r ON r."position" = n
      CROSS JOIN LATERAL (SELECT coalesce(r.factor, d.season_factor, 1) AS closings) w
     ORDER BY n
$fn$;
COMMENT ON FUNCTION jorge.monthly_seasonality(timestamptz, text) IS
    'How much each month brings against the average month (mean 1): leads and deals won (jorge.rate_forecast(): a day, from one year on, held towards 1 as far as chance explains the differences), revenue (jorge.season_factors(), from two years on); leads_seasonal and deals_seasonal: probability that there is a season at all (0.75 before anything is seen); what to prepare. NULL factors where too little is known.';

CREATE OR REPLACE FUNCTION jorge.goal_probability(goal numeric, by date, since date DEFAULT NULL, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS float8
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    zone text := jorge.office_zone($5);
    began timestamptz := coalesce($3, date_trunc('year', $2)::date)::timestamp AT TIME ZONE zone;
    over_at timestamptz := ($2 + 1)::timestamp AT TIME ZONE zone;
    realised numeric;
    model jorge.revenue_model;
    reached float8;
BEGIN
    IF $1 IS NULL OR $2 IS NULL THEN
        RETURN NULL;
    END IF;
    IF began >= over_at OR NOT isfinite($2) OR began > greatest($4, over_at) THEN
        RAISE EXCEPTION 'a goal''s time ends after it begins' USING ERRCODE = 'invalid_parameter_value', HINT = 'Without "since" it begins with the year of the date.';
    END IF;
    realised := jorge.revenue_realised(began, over_at, $4, $5);
    IF realised >= $1 THEN
        RETURN 1;
    ELSIF over_at <= $4 THEN
        RETURN 0;
    END IF;
    model := jorge.revenue_model_of($4, $5);
    SELECT jorge.revenue_reaches(($1 - realised)::float8, b.expected, b.sd, b.p_zero) INTO reached
      FROM jorge.revenue_between(model, ARRAY[greatest($4, began), over_at]) b;
    RETURN reached;
END
$fn$;
COMMENT ON FUNCTION jorge.goal_probability(numeric, date, date, timestamptz, text) IS
    'Probability that the commission from since (NULL: from January 1st of the date''s year) to the end of the date reaches the goal: what is in counts, the rest is forecast as in jorge.forecast_monthly_revenue(). NULL where there is not enough data.';

CREATE OR REPLACE FUNCTION jorge.close_probabilities(by date, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (lead_id uuid, probability float8, probability_ever float8, amount numeric)
    LANGUAGE sql STABLE ROWS 1000
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    SELECT d.lead_id,
           jorge.deal_probability(m, a.age, d.probability, a.scored, extract(epoch FROM (($1 + 1)::timestamp AT TIME ZONE jorge.office_zone($3)) - $2)::float8 / 86400),
           jorge.deal_probability(m, a.age, d.probability, a.scored), d.amount
      FROM jorge.revenue_model_of($2, $3) m, jorge.deals($2, $3) d,
           LATERAL (SELECT extract(epoch FROM $2 - d.arrived_at)::float8 / 86400 AS age, extract(epoch FROM d.probability_at - d.arrived_at)::float8 / 86400 AS scored) a
     WHERE d.won IS NULL
$fn$;
COMMENT ON FUNCTION jorge.close_probabilities(date, timestamptz, text) IS
    'Probability that each deal open at as_of is won by the end of a date, and that it is won at all; amount: its commission if it is. NULL probabilities where there is not enough data.';

CREATE OR REPLACE FUNCTION jorge.close_probability_by(lead_id uuid, by date, as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS float8
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    lead jorge.lead;
    d record;
BEGIN
    IF $1 IS NULL OR $2 IS NULL THEN
        RETURN NULL;
    END IF;
    lead := jorge.stored_lead($1, $4);
    IF lead.outcome <> 'open' AND coalesce(lead.outcome_at <= $3, true) THEN
        RETURN (lead.outcome = 'won' AND coalesce(lead.outcome_at < ($2 + 1)::timestamp AT TIME ZONE jorge.office_zone($4), true))::integer;
    END IF;
    SELECT c.probability INTO d FROM jorge.close_probabilities($2, $3, $4) c WHERE c.lead_id = lead.lead_id;
    RETURN d.probability;
END
$fn$;
COMMENT ON FUNCTION jorge.close_probability_by(uuid, date, timestamptz, text) IS
    'Probability that a lead is won by the end of a date, given that it is still open: its score, calibrated, and the time that won and lost leads of the agency took. 1 or 0 for a closed lead; NULL where there is not enough data. For many leads jorge.close_probabilities() is as fast as for one. ERROR P0002 if there is no such lead.';

-- what was forecast, kept: accuracy can only be shown of forecasts that were written down before

CREATE TABLE IF NOT EXISTS jorge.forecast_snapshot (
    location_id text NOT NULL,
    taken_on    date NOT NULL,
    metric      text NOT NULL CHECK (metric IN ('revenue', 'leads')),
    month       date NOT NULL,
    step        integer NOT NULL,
    expected    numeric NOT NULL,
    lo80        numeric,
    hi80        numeric,
    lo95        numeric,
    hi95        numeric,
    from_open   numeric,
    from_new    numeric,
    realised    numeric NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, taken_on, metric, month)
);
COMMENT ON TABLE jorge.forecast_snapshot IS 'Forecasts of months as they were on a day, written by jorge.snapshot_forecast() and never changed: what jorge.forecast_accuracy() judges.';
COMMENT ON COLUMN jorge.forecast_snapshot.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.forecast_snapshot.taken_on IS 'Day, in the office''s zone.';
COMMENT ON COLUMN jorge.forecast_snapshot.metric IS 'revenue (US dollars) or leads.';
COMMENT ON COLUMN jorge.forecast_snapshot.month IS 'First day of the month forecast.';
COMMENT ON COLUMN jorge.forecast_snapshot.step IS '1 = the month of taken_on, 2 = the next ...';
COMMENT ON COLUMN jorge.forecast_snapshot.expected IS 'Expected, with what the month had brought already.';
COMMENT ON COLUMN jorge.forecast_snapshot.lo80 IS 'Lower end of the 80 % interval.';
COMMENT ON COLUMN jorge.forecast_snapshot.hi80 IS 'Upper end of the 80 % interval.';
COMMENT ON COLUMN jorge.forecast_snapshot.lo95 IS 'Lower end of the 95 % interval.';
COMMENT ON COLUMN jorge.forecast_snapshot.hi95 IS 'Upper end of the 95 % interval.';
COMMENT ON COLUMN jorge.forecast_snapshot.from_open IS 'Of which from deals open then; NULL for leads.';
COMMENT ON COLUMN jorge.forecast_snapshot.from_new IS 'Of which from leads still to arrive; NULL for leads.';
COMMENT ON COLUMN jorge.forecast_snapshot.realised IS 'Of which in already.';
COMMENT ON COLUMN jorge.forecast_snapshot.taken_at IS 'When it was written.';

CREATE TABLE IF NOT EXISTS jorge.pipeline_snapshot (
    location_id    text NOT NULL,
    taken_on       date NOT NULL,
    open_deals     integer NOT NULL,
    total          numeric NOT NULL,
    weighted       numeric,
    hot_deals      integer NOT NULL,
    hot_total      numeric NOT NULL,
    taken_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, taken_on)
);
COMMENT ON TABLE jorge.pipeline_snapshot IS 'The pipeline''s value on a day, written by jorge.snapshot_forecast(); columns as in jorge.pipeline_value().';
COMMENT ON COLUMN jorge.pipeline_snapshot.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.pipeline_snapshot.taken_on IS 'Day, in the office''s zone.';
COMMENT ON COLUMN jorge.pipeline_snapshot.open_deals IS 'Open leads.';
COMMENT ON COLUMN jorge.pipeline_snapshot.total IS 'Sum of their predicted commissions.';
COMMENT ON COLUMN jorge.pipeline_snapshot.weighted IS 'Sum of predicted commission times probability of being won; NULL where there is not enough data.';
COMMENT ON COLUMN jorge.pipeline_snapshot.hot_deals IS 'Open leads above a probability of 0.85.';
COMMENT ON COLUMN jorge.pipeline_snapshot.hot_total IS 'Sum of their predicted commissions.';
COMMENT ON COLUMN jorge.pipeline_snapshot.taken_at IS 'When it was written.';

CREATE TABLE IF NOT EXISTS jorge.deal_snapshot (
    location_id text NOT NULL,
    lead_id     uuid NOT NULL,
    taken_on    date NOT NULL,
    state       text NOT NULL,
    probability float8,
    amount      numeric,
    revenue     numeric,
    PRIMARY KEY (location_id, lead_id, taken_on)
);
COMMENT ON TABLE jorge.deal_snapshot IS 'What each deal looked like on a day, a row only where that had changed by more than a point of probability or 2 % of amount since the row before: what jorge.pipeline_changes() compares with. Written by jorge.snapshot_forecast().';
COMMENT ON COLUMN jorge.deal_snapshot.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.deal_snapshot.lead_id IS 'The lead.';
COMMENT ON COLUMN jorge.deal_snapshot.taken_on IS 'Day, in the office''s zone.';
COMMENT ON COLUMN jorge.deal_snapshot.state IS 'open, won or lost.';
COMMENT ON COLUMN jorge.deal_snapshot.probability IS 'Of being won, as scored; NULL = not known.';
COMMENT ON COLUMN jorge.deal_snapshot.amount IS 'Predicted commission.';
COMMENT ON COLUMN jorge.deal_snapshot.revenue IS 'Commission of a won deal.';

CREATE OR REPLACE FUNCTION jorge.pipeline_value(as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(),
                                                OUT open_deals integer, OUT total numeric, OUT weighted numeric, OUT expected numeric, OUT hot_deals integer, OUT hot_total numeric,
                                                OUT without_amount integer, OUT change_a_day numeric, OUT weighted_change_a_day numeric, OUT compared_with date)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    model jorge.revenue_model := jorge.revenue_model_of($1, $2);
    today date := ($1 AT TIME ZONE jorge.office_zone($2))::date;
    before record;
BEGIN
    SELECT count(*), coalesce(sum(d.amount), 0), round(sum(d.amount * d.p::numeric), 2), round(sum(d.amount * d.p::numeric) * coalesce(model.ratio, 1)::numeric, 2), count(*) FILTER (WHERE d.p > 0.85),
           coalesce(sum(d.amount) FILTER (WHERE d.p > 0.85), 0), count(*) FILTER (WHERE d.amount IS NULL)
      INTO open_deals, total, weighted, expected, hot_deals, hot_total, without_amount
      FROM (SELECT d.amount, coalesce(jorge.deal_probability(model, extract(epoch FROM $1 - d.arrived_at)::float8 / 86400, d.probability,
                                                             extract(epoch FROM d.probability_at - d.arrived_at)::float8 / 86400), d.probability) AS p
              FROM jorge.deals($1, $2) d WHERE d.won IS NULL) d;
    -- the change since the snapshot nearest to a week ago, a day
    SELECT s.taken_on, s.total, s.weighted INTO before FROM jorge.pipeline_snapshot s
     WHERE s.location_id = $2 AND s.taken_on BETWEEN today - 14 AND today - 1 ORDER BY abs(today - 7 - s.taken_on), s.taken_on LIMIT 1;
    compared_with := before.taken_on;
    change_a_day := round((total - before.total) / (today - before.taken_on), 2);
    weighted_change_a_day := round((weighted - before.weighted) / (today - before.taken_on), 2);
END
$fn$;
COMMENT ON FUNCTION jorge.pipeline_value(timestamptz, text) IS
    'The open deals: how many, sum of their predicted commissions, the same times probability of being won (the score, calibrated, for a deal of its age; the score itself where there is not enough data to calibrate), that as won deals have turned out against their predictions (expected), those above 0.85, how many have no price to predict from, and the change a day since the snapshot nearest to a week ago (NULL without one of the last two weeks).';

CREATE OR REPLACE PROCEDURE jorge.snapshot_forecast(location_id text DEFAULT NULL, months_ahead integer DEFAULT 12, as_of timestamptz DEFAULT now())
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
DECLARE
    here text;
    today date;
    failed text;
    well boolean := false;
BEGIN
    FOR here IN SELECT DISTINCT l.location_id FROM jorge.lead l WHERE $1 IS NULL OR l.location_id = $1 ORDER BY 1 LOOP
        BEGIN
            today := ($3 AT TIME ZONE jorge.office_zone(here))::date;
            -- the first of a day stands; two at a time wait for each other
            INSERT INTO jorge.pipeline_snapshot (location_id, taken_on, open_deals, total, weighted, hot_deals, hot_total)
            SELECT here, today, v.open_deals, v.total, v.weighted, v.hot_deals, v.hot_total FROM jorge.pipeline_value($3, here) v
                ON CONFLICT DO NOTHING;
            IF NOT FOUND THEN
                well := true;
                CONTINUE;
            END IF;
            INSERT INTO jorge.forecast_snapshot (location_id, taken_on, metric, month, step, expected, lo80, hi80, lo95, hi95, from_open, from_new, realised)
            SELECT here, today, 'revenue', f.month, f.step, f.expected, f.lo80, f.hi80, f.lo95, f.hi95, f.from_open, f.from_new, f.realised
              FROM jorge.forecast_monthly_revenue($2, $3, here) f WHERE f.expected IS NOT NULL
            UNION ALL
            SELECT here, today, 'leads', f.month, f.step, f.expected, f.lo80, f.hi80, f.lo95, f.hi95, NULL, NULL, f.realised
              FROM jorge.forecast_monthly_leads($2, $3, here) f WHERE f.expected IS NOT NULL
                ON CONFLICT DO NOTHING;
            INSERT INTO jorge.deal_snapshot (location_id, lead_id, taken_on, state, probability, amount, revenue)
            SELECT here, d.lead_id, today, d.state, d.probability, d.amount, d.revenue
              FROM (SELECT d.*, CASE WHEN d.won THEN 'won' WHEN d.won IS NULL THEN 'open' ELSE 'lost' END AS state FROM jorge.deals($3, here) d) d
              LEFT JOIN (SELECT DISTINCT ON (s.lead_id) s.* FROM jorge.deal_snapshot s WHERE s.location_id = here AND s.taken_on < today ORDER BY s.lead_id, s.taken_on DESC) s USING (lead_id)
             WHERE (s.state IS NULL AND d.state = 'open') OR s.state <> d.state
                OR (d.state = 'open' AND (abs(coalesce(s.probability, -1) - coalesce(d.probability, -1)) > 0.01 OR abs(coalesce(s.amount, 0) - coalesce(d.amount, 0)) > 0.02 * coalesce(s.amount, 0)))
                ON CONFLICT DO NOTHING;
            well := true;
        EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
            RAISE;
        WHEN OTHERS THEN
            -- what is wrong with one location stops no other
            failed := SQLERRM;
            INSERT INTO jorge.error (location_id, context, sqlstate, message, hint) VALUES (here, 'snapshot_forecast', SQLSTATE, left(SQLERRM, 500), 'See jorge.location.time_zone, and amounts that are none.');
        END;
    END LOOP;
    IF failed IS NOT NULL AND NOT well THEN
        RAISE EXCEPTION '%', failed USING HINT = 'It failed for every location.';
    END IF;
END
$fn$;
COMMENT ON PROCEDURE jorge.snapshot_forecast(text, integer, timestamptz) IS
    'Writes today''s forecasts, pipeline value and changed deals of a location (NULL: of all) down; to be called once a day. The first call of a day stands, later ones change nothing. What fails for one location (jorge.error says why) stops no other; ERROR if it fails for all.';
REVOKE ALL ON PROCEDURE jorge.snapshot_forecast(text, integer, timestamptz) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.monthly_actuals(metric text, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (month date, actual numeric)
    LANGUAGE sql STABLE ROWS 60
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    SELECT date_trunc('month', l.outcome_at AT TIME ZONE z.zone)::date,
           sum(jorge.lead_revenue(l.revenue, l.sale_price, l.owner, (l.outcome_at AT TIME ZONE z.zone)::date, $2))
      FROM jorge.lead l, (SELECT jorge.office_zone($2) AS zone OFFSET 0) z WHERE $1 = 'revenue' AND l.location_id = $2 AND l.outcome = 'won' AND isfinite(l.outcome_at) GROUP BY 1
    UNION ALL
    SELECT date_trunc('month', l.first_seen_at AT TIME ZONE jorge.office_zone($2))::date, count(*)
      FROM jorge.lead l WHERE $1 = 'leads' AND l.location_id = $2 AND isfinite(l.first_seen_at) GROUP BY 1
$fn$;
COMMENT ON FUNCTION jorge.monthly_actuals(text, text) IS 'What each month has brought: revenue or leads; months that brought nothing have no row.';

CREATE OR REPLACE FUNCTION jorge.forecast_accuracy(metric text DEFAULT 'revenue', as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (months_ahead integer, months integer, mae numeric, mape numeric, bias numeric, bias_percent numeric, inside80 numeric, inside95 numeric)
    LANGUAGE sql STABLE ROWS 12
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    -- one forecast a month and horizon: the first of the month it was made in
    WITH f AS (SELECT DISTINCT ON (s.month, s.step) s.*, coalesce(a.actual, 0) AS actual
                 FROM jorge.forecast_snapshot s LEFT JOIN jorge.monthly_actuals($1, $3) a ON a.month = s.month
                WHERE s.location_id = $3 AND s.metric = $1 AND s.month < date_trunc('month', $2 AT TIME ZONE jorge.office_zone($3))::date
                ORDER BY s.month, s.step, s.taken_on)
    SELECT f.step - 1, count(*)::integer, round(avg(abs(f.expected - f.actual)), 2), round(100 * avg(abs(f.expected - f.actual) / nullif(f.actual, 0)), 1),
           round(avg(f.expected - f.actual), 2), round(100 * sum(f.expected - f.actual) / nullif(sum(f.actual), 0), 1),
           round(avg((f.actual BETWEEN f.lo80 AND f.hi80)::integer), 3), round(avg((f.actual BETWEEN f.lo95 AND f.hi95)::integer), 3)
      FROM f GROUP BY f.step ORDER BY f.step
$fn$;
COMMENT ON FUNCTION jorge.forecast_accuracy(text, timestamptz, text) IS
    'How good the snapshots of revenue or leads were, of months that are over, by how many months before they were made (0 = within the month): months judged, mean absolute error, the same in percent (months without any aside), bias (above 0 = too high), and the shares inside the intervals (wanted: 0.80, 0.95). Of each month and horizon the first snapshot counts. No rows until a month with a snapshot is over.';

CREATE OR REPLACE FUNCTION jorge.pipeline_changes(since timestamptz DEFAULT now() - interval '7 days', as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (change text, lead_id uuid, name text, probability_before float8, probability_after float8, amount_before numeric, amount_after numeric, weighted_change numeric)
    LANGUAGE sql STABLE ROWS 100
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
    WITH taken AS MATERIALIZED (SELECT DISTINCT ON (coalesce(g.lead_id, s.lead_id)) coalesce(g.lead_id, s.lead_id) AS lead_id, s.state, s.probability, s.amount
                                  FROM jorge.deal_snapshot s LEFT JOIN jorge.lead_alias g ON g.location_id = s.location_id AND g.alias_id = s.lead_id
                                 WHERE s.location_id = $3 AND s.taken_on <= ($1 AT TIME ZONE jorge.office_zone($3))::date
                                 ORDER BY coalesce(g.lead_id, s.lead_id), s.taken_on DESC, s.lead_id),
         b AS MATERIALIZED (SELECT t.lead_id, t.state, t.probability, t.amount FROM taken t
               UNION ALL -- no snapshot so old: what can still be told of that day
               SELECT d.lead_id, CASE WHEN d.won THEN 'won' WHEN d.won IS NULL THEN 'open' ELSE 'lost' END, d.probability, d.amount
                 FROM jorge.deals($1, $3) d WHERE NOT EXISTS (SELECT FROM taken)),
         a AS MATERIALIZED (SELECT d.lead_id, CASE WHEN d.won THEN 'won' WHEN d.won IS NULL THEN 'open' ELSE 'lost' END AS state, d.probability, d.amount, d.revenue FROM jorge.deals($2, $3) d),
         c AS (SELECT a.lead_id, l.name, b.probability AS p0, b.amount AS v0, a.amount AS v1, a.revenue,
                      CASE WHEN a.state = 'open' THEN a.probability ELSE (a.state = 'won')::integer END AS p1,
                      CASE WHEN coalesce(b.state, 'none') <> 'open' AND a.state = 'open' THEN CASE WHEN b.state IS NULL THEN 'new' ELSE 'reopened' END
                           WHEN a.state <> coalesce(b.state, 'none') AND a.state IN ('won', 'lost') AND (b.state = 'open' OR b.state IS NULL) THEN a.state
                           WHEN a.state = 'open' AND abs(coalesce(a.amount, 0) - coalesce(b.amount, 0)) > 0.02 * coalesce(b.amount, 0) THEN 'amount'
                           WHEN a.state = 'open' AND a.probability > b.probability + 0.01 THEN 'up'
                           WHEN a.state = 'open' AND a.probability < b.probability - 0.01 THEN 'down' END AS change
                 FROM a JOIN jorge.lead l ON l.location_id = $3 AND l.lead_id = a.lead_id LEFT JOIN b ON b.lead_id = a.lead_id
                -- a lead closed long ago that no snapshot ever knew as open is no news
                WHERE b.lead_id IS NOT NULL OR a.state = 'open' OR l.first_seen_at > $1)
    SELECT c.change, c.lead_id, c.name, CASE WHEN c.change NOT IN ('new', 'reopened') THEN c.p0 END, c.p1, CASE WHEN c.change NOT IN ('new', 'reopened') THEN c.v0 END, coalesce(c.revenue, CASE WHEN c.change <> 'lost' THEN c.v1 ELSE 0 END),
           round(coalesce(CASE c.change WHEN 'won' THEN coalesce(c.revenue, c.v1) WHEN 'lost' THEN 0 ELSE c.v1 * c.p1::numeric END, 0)
                 - coalesce(CASE WHEN c.change NOT IN ('new', 'reopened') THEN c.v0 * c.p0::numeric END, 0), 2)
      FROM c WHERE c.change IS NOT NULL
     ORDER BY 8 DESC NULLS LAST, 2
$fn$;
COMMENT ON FUNCTION jorge.pipeline_changes(timestamptz, timestamptz, text) IS
    'What moved in the pipeline: deals that are new, reopened, won, lost, worth another amount, or up or down by more than a point of probability, with what that did to the weighted value (a won deal counts its revenue). Compared with the snapshots of since''s day, or, where there is none so old, with what the prediction log says of it.';
