-- What sources, stages and touches are worth: return on sources, the funnel, cohorts, attribution. Works on what is stored of leads,
-- inquiries, costs and commissions; nothing is written but the changes of stage.

CREATE TABLE IF NOT EXISTS jorge.stage_change (
    location_id  text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    lead_id      uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    stage        text NOT NULL,
    stage_before text,
    PRIMARY KEY (location_id, lead_id, at, stage)
);
COMMENT ON TABLE jorge.stage_change IS 'Every change of a lead''s stage, written by a trigger on jorge.lead; history can be inserted. A stage that is set together with the outcome is not kept: when it was reached is not known. Arrival and closing are in jorge.lead.';
COMMENT ON COLUMN jorge.stage_change.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.stage_change.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.stage_change.at IS 'When.';
COMMENT ON COLUMN jorge.stage_change.stage IS 'The stage reached.';
COMMENT ON COLUMN jorge.stage_change.stage_before IS 'The stage before.';
CREATE INDEX IF NOT EXISTS event_stage_idx ON jorge.event (at, location_id) WHERE kind = 'lead_stage';

CREATE OR REPLACE TRIGGER stage_kept AFTER UPDATE OF stage ON jorge.lead
    FOR EACH ROW WHEN (OLD.stage IS DISTINCT FROM NEW.stage AND OLD.outcome = NEW.outcome) EXECUTE FUNCTION jorge.keep_stage();
COMMENT ON TRIGGER stage_kept ON jorge.lead IS 'Keeps each change of stage in jorge.stage_change.';

CREATE OR REPLACE FUNCTION jorge.funnel_stages() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT ARRAY['initial_contact', 'qualified', 'hot', 'appointment', 'closed']
$fn$;
COMMENT ON FUNCTION jorge.funnel_stages() IS 'Stages of the funnel in their order; the first is where a lead arrives, the last is a won deal.';

CREATE OR REPLACE FUNCTION jorge.stage_entries(location_id text DEFAULT jorge.current_location()) RETURNS TABLE (lead_id uuid, step integer, at timestamptz)
    LANGUAGE sql STABLE ROWS 10000
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
    SELECT coalesce(a.lead_id, h.lead_id), s.step, min(h.at)
      FROM (SELECT c.lead_id, c.stage, c.at FROM jorge.stage_change c WHERE c.location_id = $1
            UNION ALL
            SELECT e.lead_id, e.detail ->> 'stage', e.at FROM jorge.event e WHERE e.location_id = $1 AND e.kind = 'lead_stage' AND e.lead_id IS NOT NULL) h
      JOIN unnest(jorge.funnel_stages()) WITH ORDINALITY AS s(stage, step) ON s.stage = h.stage
      LEFT JOIN jorge.lead_alias a ON a.location_id = $1 AND a.alias_id = h.lead_id
     WHERE isfinite(h.at)
     GROUP BY 1, 2
$fn$;
COMMENT ON FUNCTION jorge.stage_entries(text) IS 'When each lead first entered a stage (by its number in jorge.funnel_stages()), as far as that was kept: jorge.stage_change and what GoHighLevel told.';

CREATE OR REPLACE FUNCTION jorge.lead_outcomes(as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (lead_id uuid, arrived_at timestamptz, source text, campaign text, step integer, outcome text, ended_at timestamptz, drop_reason text,
                   sale_price numeric, revenue numeric, owner text)
    LANGUAGE sql STABLE ROWS 10000
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
    WITH booked AS MATERIALIZED (
        SELECT coalesce(a.lead_id, e.lead_id) AS lead_id, sum(e.gross) AS gross
          FROM jorge.commission_entry e LEFT JOIN jorge.lead_alias a ON a.location_id = e.location_id AND a.alias_id = e.lead_id
         WHERE e.location_id = $2 AND e.lead_id IS NOT NULL GROUP BY 1
    ), brought AS MATERIALIZED (
        SELECT DISTINCT ON (il.lead_id) il.lead_id, i.campaign
          FROM jorge.inquiry_lead il JOIN jorge.inquiry i ON i.location_id = $2 AND i.inquiry_id = il.inquiry_id
         WHERE il.location_id = $2 ORDER BY il.lead_id, i.received_at, i.inquiry_id
    ), history AS MATERIALIZED (
        SELECT e.lead_id, max(e.step) FILTER (WHERE e.at <= $1) AS step, bool_or(e.at > $1) AS goes_on FROM jorge.stage_entries($2) e GROUP BY e.lead_id
    ), lead AS MATERIALIZED (
        SELECT l.lead_id, l.first_seen_at, coalesce(nullif(l.first_source, ''), 'unknown') AS source, l.stage, l.drop_reason, l.sale_price, l.revenue, l.owner,
               CASE WHEN e.ended_at <= $1 THEN l.outcome ELSE 'open' END AS outcome, CASE WHEN e.ended_at <= $1 THEN e.ended_at END AS ended_at
          FROM jorge.lead l,
               LATERAL (SELECT CASE WHEN l.outcome <> 'open' THEN greatest(coalesce(l.outcome_at, l.last_inbound_at, l.last_seen_at), l.first_seen_at) END AS ended_at) e
         WHERE l.location_id = $2 AND l.first_seen_at <= $1 AND isfinite(l.first_seen_at)
    )
    SELECT l.lead_id, l.first_seen_at, l.source, b.campaign,
           CASE WHEN l.outcome = 'won' THEN cardinality(f.stages)
                ELSE least(greatest(CASE WHEN h.goes_on THEN h.step ELSE greatest(array_position(f.stages, l.stage), h.step) END, 1), cardinality(f.stages) - 1) END,
           l.outcome, l.ended_at, CASE WHEN l.outcome = 'lost' THEN l.drop_reason END,
           CASE WHEN l.outcome = 'won' AND l.sale_price > 0 AND l.sale_price <= 1e13 THEN round(l.sale_price, 2) END,
           CASE WHEN l.outcome = 'won' THEN
                round(coalesce(k.gross, CASE WHEN abs(l.revenue) < 1e12 THEN l.revenue END,
                               CASE WHEN l.sale_price > 0 AND l.sale_price <= 1e13 THEN jorge.jorge_commission(round(l.sale_price, 2), jorge.commission_plan_at(l.owner, (l.ended_at AT TIME ZONE f.zone)::date, $2)) END), 2) END, nullif(l.owner, '')
      FROM lead l CROSS JOIN (SELECT jorge.funnel_stages() AS stages, jorge.office_zone($2) AS zone OFFSET 0) f
      LEFT JOIN booked k USING (lead_id) LEFT JOIN brought b USING (lead_id) LEFT JOIN history h USING (lead_id)
$fn$;
COMMENT ON FUNCTION jorge.lead_outcomes(timestamptz, text) IS
    'Each lead as known at as_of: arrival, first source and its campaign ("unknown" and NULL where there is none), how far it got (number in jorge.funnel_stages(); the last only if won), outcome (one that came later counts as open), and of won leads sale price and revenue: what the ledger has booked for it less what was reversed, else jorge.lead.revenue where that is an amount of money (jorge.lead_revenue()), else the commission of its price by the agent''s plan of that day (office''s zone). owner: the agent who has it today.';

-- what a source costs and brings

CREATE OR REPLACE FUNCTION jorge.source_costs(since timestamptz, upto timestamptz, by text DEFAULT 'source', location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (source text, campaign text, inquiries bigint, spent numeric, inquiry_costs numeric, cost numeric)
    LANGUAGE sql STABLE ROWS 20
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
    WITH days AS (
        SELECT ($1 AT TIME ZONE z.zone)::date AS first, (($2 - interval '1 microsecond') AT TIME ZONE z.zone)::date AS last, z.zone FROM (SELECT jorge.office_zone($4) AS zone OFFSET 0) z
    ), spend AS MATERIALIZED (
        SELECT p.source, p.campaign, p.starts_on, p.ends_on, p.amount FROM jorge.source_spend p
         WHERE p.location_id = $4 AND p.starts_on > '1900-01-01' AND p.ends_on < '2200-01-01' AND p.amount < 'infinity'
    ), spent AS (
        SELECT s.source, CASE WHEN $3 = 'campaign' THEN s.campaign ELSE '' END AS campaign,
               sum(s.amount * (least(s.ends_on, d.last) - greatest(s.starts_on, d.first) + 1) / (s.ends_on - s.starts_on + 1)) AS spent
          FROM spend s, days d WHERE s.starts_on <= d.last AND s.ends_on >= d.first GROUP BY 1, 2
    ), paid AS MATERIALIZED (
        -- days that money was spent on, each once, so that inquiries find theirs by equality
        SELECT DISTINCT s.source, s.campaign, day::date AS day
          FROM spend s, days d, LATERAL generate_series(greatest(s.starts_on, d.first)::timestamp, least(s.ends_on, d.last)::timestamp, interval '1 day') day
    ), arrived AS (
        SELECT coalesce(nullif(i.source, ''), 'unknown') AS source, CASE WHEN $3 = 'campaign' THEN coalesce(i.campaign, '') ELSE '' END AS campaign, count(*) AS inquiries,
               -- what was spent on those days has paid for them
               sum(coalesce(CASE WHEN i.cost > '-infinity' AND i.cost < 'infinity' THEN i.cost END, jorge.source_cost_at(i.source, i.received_at, i.location_id)))
                   FILTER (WHERE whole.day IS NULL AND own.day IS NULL) AS cost
          FROM (SELECT q.*, (q.received_at AT TIME ZONE d.zone)::date AS day FROM jorge.inquiry q, days d
                 WHERE q.location_id = $4 AND q.received_at >= $1 AND q.received_at < $2 AND isfinite(q.received_at)) i
          LEFT JOIN paid whole ON whole.source = i.source AND whole.day = i.day AND whole.campaign = ''
          LEFT JOIN paid own ON own.source = i.source AND own.day = i.day AND own.campaign = i.campaign AND own.campaign <> ''
         GROUP BY 1, 2
    )
    SELECT source, campaign, coalesce(a.inquiries, 0), round(s.spent, 2), round(a.cost, 2),
           CASE WHEN s.spent IS NOT NULL OR a.cost IS NOT NULL THEN round(coalesce(s.spent, 0) + coalesce(a.cost, 0), 2) END
      FROM arrived a FULL JOIN spent s USING (source, campaign)
$fn$;
COMMENT ON FUNCTION jorge.source_costs(timestamptz, timestamptz, text, text) IS
    'What sources (by campaign: sources and campaigns; empty = none, and what was spent on the source as a whole) cost from since until before upto: money spent (jorge.source_spend, by its days within), and the costs of inquiries (told, else jorge.source_cost) of days that no money spent on their source or campaign covers. cost is both; NULL = nothing known.';

CREATE OR REPLACE FUNCTION jorge.source_roi(since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), by text DEFAULT 'source',
                                            as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location(), horizon integer DEFAULT 365, level float8 DEFAULT 0.95)
    RETURNS TABLE (source text, campaign text, leads bigint, won bigint, lost bigint, open bigint, inquiries bigint, cost numeric, cost_per_lead numeric, cost_per_deal numeric,
                   conversion_rate float8, conversion_lower float8, conversion_upper float8, shrunk_rate float8, shrunk_lower float8, shrunk_upper float8,
                   avg_deal_size numeric, avg_commission numeric, revenue numeric, roi numeric, expected_won numeric, expected_revenue numeric, expected_roi numeric,
                   quality_score numeric, hot_share numeric, note text)
    LANGUAGE plpgsql STABLE ROWS 20
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
BEGIN
    IF $3 IS NULL OR $3 NOT IN ('source', 'campaign') THEN
        RAISE EXCEPTION 'no such grouping: %', $3 USING ERRCODE = 'invalid_parameter_value', HINT = 'Group by ''source'' or ''campaign''.';
    END IF;
    IF $6 IS NULL OR $6 NOT BETWEEN 1 AND 3650 OR $7 IS NULL OR NOT ($7 > 0 AND $7 < 1) OR $1 IS NULL OR $2 IS NULL OR $4 IS NULL THEN
        RAISE EXCEPTION 'since, upto and as_of are times, the horizon is 1 to 3650 days, the level between 0 and 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'The defaults are twelve months until now, 365 and 0.95.';
    END IF;
    RETURN QUERY
        WITH l AS MATERIALIZED (
            SELECT o.source, CASE WHEN $3 = 'campaign' THEN coalesce(o.campaign, '') ELSE '' END AS campaign, o.lead_id, o.outcome, o.sale_price, o.revenue,
                   greatest(floor(extract(epoch FROM coalesce(o.ended_at, $4) - o.arrived_at) / 86400), 0)::float8 AS days, CASE o.outcome WHEN 'won' THEN 1 WHEN 'lost' THEN 2 ELSE 0 END AS class
              FROM jorge.lead_outcomes($4, $5) o WHERE o.arrived_at >= $1 AND o.arrived_at < $2
        ), pool AS MATERIALIZED (
            SELECT jorge.tally(l.days, l.class) AS durations, avg(l.revenue) AS commission FROM l
        ), pooled AS MATERIALIZED (
            SELECT c."time", c.incidence FROM pool p, jorge.survival_curve(p.durations, 1) c WHERE c."time" <= $6
        ), g AS MATERIALIZED (
            SELECT l.source, l.campaign, count(*) AS leads, count(*) FILTER (WHERE l.outcome = 'won') AS won, count(*) FILTER (WHERE l.outcome = 'lost') AS lost,
                   count(*) FILTER (WHERE l.outcome = 'open') AS open, count(*) FILTER (WHERE l.outcome = 'won' AND l.days <= $6)::float8 AS won_in_time,
                   jorge.tally(l.days, l.class) AS durations, avg(l.sale_price) AS price, sum(l.revenue) AS revenue, avg(l.revenue) AS commission,
                   avg(s.score) AS score, avg((s.class = 'HOT')::integer) AS hot
              FROM l LEFT JOIN jorge.lead_score s ON s.location_id = $5 AND s.lead_id = l.lead_id GROUP BY 1, 2
        ), r AS MATERIALIZED (
            -- where a source has not been seen for the whole horizon, what is left open goes on as all sources do
            SELECT g.*, coalesce(own.incidence, 0) + CASE WHEN seen."time" < $6 AND seen.survival > 0
                                                          THEN seen.survival * coalesce(jorge.close_probability(p.durations, seen."time", $6 - seen."time", 1), 0) ELSE 0 END AS rate
              FROM g CROSS JOIN pool p
              LEFT JOIN LATERAL (SELECT c.incidence FROM jorge.survival_curve(g.durations, 1) c WHERE c."time" <= $6 ORDER BY c."time" DESC LIMIT 1) own ON true
              LEFT JOIN LATERAL (SELECT c."time", c.survival FROM jorge.survival_curve(g.durations, 1) c ORDER BY c."time" DESC LIMIT 1) seen ON true
        ), n AS MATERIALIZED (
            -- how many leads whose end is known the group speaks for; without a deal, each open one by the share of deals that come before its age
            SELECT r.*, least(greatest(CASE WHEN r.won_in_time > 0 THEN r.won_in_time / r.rate
                                            ELSE r.leads - coalesce((SELECT sum(c.censored * (1 - coalesce((SELECT q.incidence FROM pooled q WHERE q."time" <= c."time" ORDER BY q."time" DESC LIMIT 1), 0)
                                                                                                  / nullif((SELECT max(q.incidence) FROM pooled q), 0)))
                                                                       FROM jorge.survival_curve(r.durations, 1) c WHERE c.censored > 0), r.open) END, r.won_in_time), r.leads) AS trials
              FROM r
        ), held AS MATERIALIZED (
            SELECT h.* FROM (SELECT array_agg(n.won_in_time ORDER BY n.source, n.campaign) AS k, array_agg(n.trials ORDER BY n.source, n.campaign) AS n FROM n) a, jorge.shrink(a.k, a.n, $7) h
        ), numbered AS MATERIALIZED (
            SELECT n.*, h.rate AS held_rate, h.lower AS held_lower, h.upper AS held_upper FROM (SELECT n.*, row_number() OVER (ORDER BY n.source, n.campaign) AS place FROM n) n JOIN held h ON h.n = n.place
        )
        SELECT coalesce(n.source, c.source), CASE WHEN $3 = 'campaign' THEN coalesce(n.campaign, c.campaign) END, coalesce(n.leads, 0), coalesce(n.won, 0), coalesce(n.lost, 0), coalesce(n.open, 0),
               coalesce(c.inquiries, 0), c.cost, round(c.cost / nullif(n.leads, 0), 2), round(c.cost / nullif(n.won, 0), 2),
               n.rate, w.lower, w.upper, n.held_rate, n.held_lower, n.held_upper,
               round(n.price, 2), round(n.commission, 2), coalesce(n.revenue, 0), round(coalesce(n.revenue, 0) / nullif(c.cost, 0), 4),
               round(e.won::numeric, 2), round(e.revenue, 2), round(e.revenue / nullif(c.cost, 0), 4), round(n.score::numeric, 1), round(n.hot, 4),
               nullif(concat_ws('; ', CASE WHEN n.leads IS NULL THEN 'cost, but no leads' WHEN n.won < 3 THEN 'fewer than 3 won' END, CASE WHEN c.cost IS NULL THEN 'no cost known' WHEN c.cost = 0 THEN 'costs nothing' END), '')
          FROM numbered n FULL JOIN jorge.source_costs($1, least($2, $4 + interval '1 microsecond'), $3, $5) c ON c.source = n.source AND c.campaign = n.campaign
          LEFT JOIN pool p ON true
          LEFT JOIN LATERAL jorge.wilson_interval(n.won_in_time, n.trials, $7) w ON true
          LEFT JOIN LATERAL (SELECT x.won, coalesce(n.revenue, 0) + (x.won - n.won)::numeric * coalesce((coalesce(n.revenue, 0) + 5 * p.commission) / (n.won + 5), 0) AS revenue
                               FROM (SELECT n.won + greatest(n.leads * n.rate - n.won_in_time, 0) AS won) x) e ON true
         ORDER BY 19 DESC, 1, 2;
END
$fn$;
COMMENT ON FUNCTION jorge.source_roi(timestamptz, timestamptz, text, timestamptz, text, integer, float8) IS
    'What the leads that arrived from since until before upto cost and brought, by first source (or its campaign), as known at as_of. conversion_rate: share won within the horizon in days, open leads counted as not yet ended (Aalen–Johansen; won / leads once all have ended), with Wilson''s limits; shrunk_rate: the same held together with the other sources (jorge.shrink()), with the interval to trust where a source has few leads. cost: jorge.source_costs(). roi = revenue / cost, revenue a dollar; NULL without cost. avg_deal_size: mean sale price; revenue: commission (jorge.lead_outcomes()). expected_won, expected_revenue, expected_roi: once those still open have ended, at the source''s mean commission held to that of all as by five deals. quality_score: mean score 0 ... 100 of its leads, hot_share: share of HOT ones.';

-- who deserves a deal

CREATE OR REPLACE FUNCTION jorge.journeys(since timestamptz DEFAULT '-infinity', upto timestamptz DEFAULT 'infinity', as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (lead_id uuid, outcome text, ended_at timestamptz, revenue numeric, touch integer, touches integer, at timestamptz, source text, campaign text)
    LANGUAGE sql STABLE ROWS 10000
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
    WITH l AS MATERIALIZED (
        SELECT o.* FROM jorge.lead_outcomes($3, $4) o WHERE o.outcome <> 'open' AND o.ended_at >= $1 AND o.ended_at < $2
    ), t AS (
        SELECT l.lead_id, i.received_at, i.inquiry_id, coalesce(nullif(i.source, ''), 'unknown') AS source, i.campaign, i.received_at <= l.ended_at AS before,
               bool_or(i.received_at <= l.ended_at) OVER (PARTITION BY l.lead_id) AS some_before
          FROM l JOIN jorge.inquiry_lead il ON il.location_id = $4 AND il.lead_id = l.lead_id
          JOIN jorge.inquiry i ON i.location_id = $4 AND i.inquiry_id = il.inquiry_id AND isfinite(i.received_at)
    )
    SELECT l.lead_id, l.outcome, l.ended_at, coalesce(l.revenue, 0), (row_number() OVER (PARTITION BY l.lead_id ORDER BY t.received_at, t.inquiry_id))::integer,
           (count(*) OVER (PARTITION BY l.lead_id))::integer, coalesce(t.received_at, l.arrived_at), coalesce(t.source, l.source), CASE WHEN t.lead_id IS NULL THEN l.campaign ELSE t.campaign END
      FROM l LEFT JOIN t ON t.lead_id = l.lead_id AND (t.before OR NOT t.some_before)
$fn$;
COMMENT ON FUNCTION jorge.journeys(timestamptz, timestamptz, timestamptz, text) IS
    'The touches (inquiries) of each lead that was won or lost from since until before upto, in their order, up to its end (all, where every one came later). A lead without an inquiry has one touch, its first source. Leads still open have no journey yet.';

CREATE OR REPLACE FUNCTION jorge.attribution(since timestamptz DEFAULT '-infinity', upto timestamptz DEFAULT 'infinity', by text DEFAULT 'source', half_life_days float8 DEFAULT 7,
                                             as_of timestamptz DEFAULT now(), location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (source text, campaign text, touches bigint, deals bigint, first_touch numeric, last_touch numeric, linear numeric, time_decay numeric, position_based numeric,
                   shapley numeric, markov numeric, removal_effect float8)
    LANGUAGE plpgsql STABLE ROWS 20
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
BEGIN
    IF $3 IS NULL OR $3 NOT IN ('source', 'campaign') THEN
        RAISE EXCEPTION 'no such grouping: %', $3 USING ERRCODE = 'invalid_parameter_value', HINT = 'Group by ''source'' or ''campaign''.';
    END IF;
    IF $4 IS NULL OR NOT ($4 > 0 AND $4 < 'infinity') OR $1 IS NULL OR $2 IS NULL OR $5 IS NULL THEN
        RAISE EXCEPTION 'since, upto and as_of are times, the half-life is above 0 days' USING ERRCODE = 'invalid_parameter_value', HINT = 'A touch that is so many days before the last one counts half; 7 is usual.';
    END IF;
    RETURN QUERY
        WITH j AS MATERIALIZED (
            SELECT j.lead_id, j.outcome, j.revenue, j.touch, j.touches, j.source, c.campaign, (dense_rank() OVER (ORDER BY j.source, c.campaign))::integer AS channel,
                   -- beyond a thousand half-lives nothing is left
                   power(0.5::float8, least(extract(epoch FROM max(j.at) OVER (PARTITION BY j.lead_id) - j.at)::float8 / 86400 / $4, 1000)) AS recency,
                   row_number() OVER (PARTITION BY j.lead_id, j.source, c.campaign ORDER BY j.touch) = 1 AS new
              FROM jorge.journeys($1, $2, $5, $6) j, LATERAL (SELECT CASE WHEN $3 = 'campaign' THEN coalesce(j.campaign, '') ELSE '' END AS campaign) c
        ), won AS MATERIALIZED (
            SELECT j.lead_id, j.revenue, array_agg(j.channel ORDER BY j.touch) AS channels, array_agg((j.touch = 1)::integer::float8 ORDER BY j.touch) AS first,
                   array_agg((j.touch = j.touches)::integer::float8 ORDER BY j.touch) AS last, array_agg(1::float8 ORDER BY j.touch) AS even, array_agg(j.recency ORDER BY j.touch) AS recency,
                   array_agg(CASE WHEN j.touches <= 2 THEN 1 WHEN j.touch IN (1, j.touches) THEN 0.4 ELSE 0.2 / (j.touches - 2) END::float8 ORDER BY j.touch) AS ends,
                   array_agg(j.new::integer::float8 ORDER BY j.touch) AS new
              FROM j WHERE j.outcome = 'won' GROUP BY j.lead_id, j.revenue
        ), money AS (
            SELECT u.channel, count(*) AS touches, count(DISTINCT w.lead_id) AS deals, sum(u.first) AS first, sum(u.last) AS last, sum(u.even) AS even, sum(u.recency) AS recency, sum(u.ends) AS ends, sum(u.new) AS new
              FROM won w, unnest(w.channels, jorge.allocate(w.revenue, w.first), jorge.allocate(w.revenue, w.last), jorge.allocate(w.revenue, w.even),
                                 jorge.allocate(w.revenue, w.recency), jorge.allocate(w.revenue, w.ends), jorge.allocate(w.revenue, w.new)) u(channel, first, last, even, recency, ends, new)
             GROUP BY u.channel
        ), step AS (
            SELECT s.origin, s.target, count(*)::float8 AS n
              FROM (SELECT coalesce(lag(j.channel) OVER (PARTITION BY j.lead_id ORDER BY j.touch), 0) AS origin, j.channel AS target FROM j
                    UNION ALL SELECT j.channel, CASE j.outcome WHEN 'won' THEN 0 ELSE -1 END FROM j WHERE j.touch = j.touches) s
             WHERE (SELECT max(j.channel) FROM j) <= 500 GROUP BY 1, 2
        ), effect AS MATERIALIZED (
            SELECT e.state AS channel, e.removal_effect FROM (SELECT array_agg(s.origin) AS o, array_agg(s.target) AS t, array_agg(s.n) AS n FROM step s) a, jorge.removal_effects(a.o, a.t, a.n) e
        ), chain AS (
            SELECT u.channel, u.money
              FROM (SELECT array_agg(e.channel ORDER BY e.channel) AS channels, array_agg(e.removal_effect ORDER BY e.channel) AS effects FROM effect e WHERE e.removal_effect IS NOT NULL) a,
                   unnest(a.channels, jorge.allocate((SELECT sum(w.revenue) FROM won w), a.effects)) u(channel, money)
        )
        SELECT c.source, CASE WHEN $3 = 'campaign' THEN c.campaign END, coalesce(m.touches, 0), coalesce(m.deals, 0), coalesce(m.first, 0), coalesce(m.last, 0), coalesce(m.even, 0), coalesce(m.recency, 0),
               coalesce(m.ends, 0), coalesce(m.new, 0), CASE WHEN (SELECT max(j.channel) FROM j) <= 500 THEN coalesce(h.money, 0) END, e.removal_effect
          FROM (SELECT DISTINCT j.channel, j.source, j.campaign FROM j) c
          LEFT JOIN money m USING (channel) LEFT JOIN chain h USING (channel) LEFT JOIN effect e USING (channel)
         ORDER BY 7 DESC, 1, 2;
END
$fn$;
COMMENT ON FUNCTION jorge.attribution(timestamptz, timestamptz, text, float8, timestamptz, text) IS
    'The revenue of leads won from since until before upto, shared out over the sources (or campaigns) that brought them, by seven rules; each column adds up to the revenue of jorge.lead_outcomes() to the cent (jorge.allocate()). first_touch, last_touch: all to one. linear: to all touches alike. time_decay: weights halve with each half_life_days before the last touch. position_based: 40 % to the first and the last each, 20 % to those between. shapley: equal parts to the different sources of a deal, which is the Shapley value of "a deal is won where all its sources are there". markov: by removal_effect, the share of deals that would be lost without the source, in a chain of the journeys of won and lost leads (jorge.removal_effects(); NULL for more than 500 channels).';

-- from month to month

CREATE OR REPLACE FUNCTION jorge.cohorts(months integer DEFAULT 12, as_of timestamptz DEFAULT now(), source text DEFAULT NULL, location_id text DEFAULT jorge.current_location(), level float8 DEFAULT 0.95)
    RETURNS TABLE (cohort date, leads bigint, age_days integer, complete boolean, won bigint, conversion float8, conversion_lower float8, conversion_upper float8, revenue numeric, revenue_per_lead numeric)
    LANGUAGE plpgsql STABLE ROWS 80
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    zone text := jorge.office_zone($4);
BEGIN
    IF $1 IS NULL OR $1 NOT BETWEEN 1 AND 120 OR $2 IS NULL OR $5 IS NULL OR NOT ($5 > 0 AND $5 < 1) THEN
        RAISE EXCEPTION 'months are 1 to 120, the level lies between 0 and 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'Months of arrival, the last of which as_of lies in.';
    END IF;
    RETURN QUERY
        WITH l AS MATERIALIZED (
            SELECT date_trunc('month', o.arrived_at AT TIME ZONE zone)::date AS cohort, o.arrived_at, o.outcome, o.revenue,
                   greatest(floor(extract(epoch FROM coalesce(o.ended_at, $2) - o.arrived_at) / 86400), 0)::float8 AS days
              FROM jorge.lead_outcomes($2, $4) o
             WHERE o.arrived_at >= (date_trunc('month', $2 AT TIME ZONE zone) - make_interval(months => $1 - 1)) AT TIME ZONE zone AND ($3 IS NULL OR o.source = $3)
        ), c AS MATERIALIZED (
            SELECT l.cohort, count(*) AS leads, extract(epoch FROM $2 - min(l.arrived_at))::float8 / 86400 AS oldest, extract(epoch FROM $2 - max(l.arrived_at))::float8 / 86400 AS youngest,
                   jorge.tally(l.days, CASE l.outcome WHEN 'won' THEN 1 WHEN 'lost' THEN 2 ELSE 0 END) AS durations
              FROM l GROUP BY l.cohort
        ), a AS (
            SELECT c.*, 30 * n AS age FROM c, generate_series(1, greatest(ceil(c.oldest / 30)::integer, 1)) n
        ), w AS (
            SELECT a.cohort, a.age, count(l.*) AS won, coalesce(sum(l.revenue), 0) AS revenue FROM a LEFT JOIN l ON l.cohort = a.cohort AND l.outcome = 'won' AND l.days <= a.age GROUP BY 1, 2
        )
        SELECT a.cohort, a.leads, a.age, a.youngest >= a.age, w.won, r.rate, i.lower, i.upper, w.revenue, round(w.revenue / a.leads, 2)
          FROM a JOIN w USING (cohort, age),
               LATERAL (SELECT coalesce((SELECT s.incidence FROM jorge.survival_curve(a.durations, 1) s WHERE s."time" <= a.age ORDER BY s."time" DESC LIMIT 1), 0) AS rate) r,
               LATERAL jorge.wilson_interval(w.won::float8, CASE WHEN w.won > 0 THEN greatest(least(w.won / r.rate, a.leads), w.won) ELSE a.leads END, $5) i
         ORDER BY a.cohort, a.age;
END
$fn$;
COMMENT ON FUNCTION jorge.cohorts(integer, timestamptz, text, text, float8) IS
    'Leads by the month of their arrival (office''s zone), and what became of them within 30, 60, 90 ... days: won, the share won by that age with Wilson''s limits, revenue and revenue a lead. Where the whole month is that old (complete) the share is won / leads; else leads younger than that count for as long as they were seen (Aalen–Johansen), and won and revenue are what came so far. Of one source, if given.';

-- the funnel

CREATE OR REPLACE FUNCTION jorge.funnel_advice(stage text, reason text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE reason WHEN 'no_response' THEN 'Answer new leads within minutes, and try again on another channel on days 3, 7 and 14.'
                       WHEN 'not_ready' THEN 'Keep them in a sequence and ask for the timeline again each month instead of closing them.'
                       WHEN 'financing' THEN 'Bring a lender in before the first showing.'
                       WHEN 'price' THEN 'Agree on a price range from recent sales before the next step.'
                       WHEN 'chose_other_agent' THEN 'Ask for the agreement sooner: they are deciding for somebody now.'
                       WHEN 'bought_elsewhere' THEN 'Send matching homes sooner: they were ready to buy.'
                       WHEN 'changed_plans' THEN 'Ask for the reason to move before investing time.'
                       WHEN 'not_interested' THEN 'Ask the core questions first, so that time goes to those who mean it.'
           ELSE CASE stage WHEN 'initial_contact' THEN 'Answer sooner and ask the core questions at once.' WHEN 'qualified' THEN 'Find out what keeps them from deciding: objections, lender, partner.'
                           WHEN 'hot' THEN 'Offer two fixed times for an appointment.' WHEN 'appointment' THEN 'Remind 24 hours and 1 hour before, and agree on the next step while there.' END END
$fn$;
COMMENT ON FUNCTION jorge.funnel_advice(text, text) IS 'What to do about leads lost at a stage for a reason; by the stage where the reason is none of the usual. A policy: replace it by your own.';

CREATE OR REPLACE FUNCTION jorge.funnel(since timestamptz DEFAULT now() - interval '12 months', upto timestamptz DEFAULT now(), as_of timestamptz DEFAULT now(), source text DEFAULT NULL,
                                        location_id text DEFAULT jorge.current_location(), level float8 DEFAULT 0.95)
    RETURNS TABLE (step integer, stage text, reached bigint, waiting bigint, moved_on bigint, dropped bigint, conversion float8, conversion_lower float8, conversion_upper float8, from_start float8,
                   top_reason text, reasons jsonb, median_days float8, p90_days float8, timed bigint, target float8, target_from text, value_per_point numeric, revenue_impact numeric,
                   formula text, advice text)
    LANGUAGE plpgsql STABLE ROWS 5
    SET search_path = pg_catalog, pg_temp SET jit = off SET enable_nestloop = off
AS $fn$
BEGIN
    IF $1 IS NULL OR $2 IS NULL OR $3 IS NULL OR $6 IS NULL OR NOT ($6 > 0 AND $6 < 1) THEN
        RAISE EXCEPTION 'since, upto and as_of are times, the level lies between 0 and 1' USING ERRCODE = 'invalid_parameter_value', HINT = 'The defaults are twelve months until now, and 0.95.';
    END IF;
    RETURN QUERY
        WITH l AS MATERIALIZED (
            SELECT o.lead_id, o.step, o.outcome, o.arrived_at, o.ended_at, coalesce(nullif(trim(o.drop_reason), ''), 'not told') AS reason, o.revenue, o.owner,
                   to_char(o.arrived_at AT TIME ZONE z.zone, 'YYYY"-Q"Q') AS quarter
              FROM jorge.lead_outcomes($3, $5) o, (SELECT jorge.office_zone($5) AS zone OFFSET 0) z WHERE o.arrived_at >= $1 AND o.arrived_at < $2 AND ($4 IS NULL OR o.source = $4)
        ), s AS MATERIALIZED (
            SELECT f.step::integer AS step, f.stage, cardinality(jorge.funnel_stages()) AS last FROM unnest(jorge.funnel_stages()) WITH ORDINALITY f(stage, step)
        ), entered AS MATERIALIZED (
            -- a stage that was passed over was entered and left with the next one
            SELECT l.lead_id, s.step, CASE WHEN s.step = 1 THEN l.arrived_at WHEN s.step = s.last THEN l.ended_at ELSE min(e.at) FILTER (WHERE e.step >= s.step AND e.at <= $3) END AS at
              FROM l JOIN s ON s.step <= l.step LEFT JOIN jorge.stage_entries($5) e ON e.lead_id = l.lead_id GROUP BY l.lead_id, s.step, s.last, l.arrived_at, l.ended_at
        ), stay AS MATERIALIZED (
            SELECT s.step, l.owner, l.quarter, CASE WHEN l.step > s.step THEN 1 WHEN l.outcome = 'lost' THEN 2 ELSE 0 END AS class, CASE WHEN u.at > b.at THEN extract(epoch FROM u.at - b.at)::float8 / 86400 WHEN u.at <= b.at THEN 0 END AS days
              FROM l JOIN s ON s.step <= l.step AND s.step < s.last JOIN entered b ON b.lead_id = l.lead_id AND b.step = s.step LEFT JOIN entered n ON n.lead_id = l.lead_id AND n.step = s.step + 1,
                   LATERAL (SELECT CASE WHEN l.step > s.step THEN n.at WHEN l.outcome = 'lost' THEN l.ended_at ELSE $3 END AS at) u
        ), times AS MATERIALIZED (
            SELECT y.step, count(y.days) AS timed, jorge.tally(y.days, (y.class <> 0)::integer) AS leaving, jorge.tally(floor(y.days), y.class) AS durations,
                   count(y.days) FILTER (WHERE y.class <> 0) >= greatest(0.8 * count(*) FILTER (WHERE y.class <> 0), 1) AS known FROM stay y GROUP BY y.step
        ), chance AS MATERIALIZED (
            -- who moves on does so sooner than who is lost: of those who wait, the share that will, by how long they have waited
            SELECT w.step, w.days, coalesce(jorge.close_probability(t.durations, w.days, 36500, 1), 0) AS p
              FROM (SELECT DISTINCT y.step, floor(y.days) AS days FROM stay y WHERE y.class = 0 AND y.days IS NOT NULL) w JOIN times t USING (step) WHERE t.known
        ), cell AS MATERIALIZED (
            SELECT y.step, y.owner, y.quarter, count(*) FILTER (WHERE y.class = 0) AS waiting, count(*) FILTER (WHERE y.class = 1) AS moved, count(*) FILTER (WHERE y.class = 2) AS dropped,
                   sum(CASE WHEN y.class = 1 THEN 1 ELSE coalesce(c.p, 0) END) AS gains, sum(CASE WHEN y.class = 0 AND c.p IS NULL THEN 0 ELSE 1 END)::float8 AS trials
              FROM stay y LEFT JOIN chance c ON c.step = y.step AND c.days = floor(y.days) AND y.class = 0 GROUP BY 1, 2, 3
        ), c AS MATERIALIZED (
            SELECT s.step, s.stage, (SELECT count(*) FROM l WHERE l.step >= s.step) AS reached, coalesce(sum(x.waiting), 0)::bigint AS waiting, coalesce(sum(x.moved), 0)::bigint AS moved, coalesce(sum(x.dropped), 0)::bigint AS dropped,
                   sum(x.gains) AS gains, sum(x.trials) AS trials, s.step < s.last AS goes_on
              FROM s LEFT JOIN cell x USING (step) GROUP BY s.step, s.stage, s.last
        ), rate AS MATERIALIZED (
            SELECT c.*, CASE WHEN c.goes_on THEN c.gains / nullif(c.trials, 0) END AS conversion FROM c
        ), ahead AS MATERIALIZED (
            -- the share that gets from here to the end, and from the start to here; unknown where some step is
            SELECT a.step, CASE WHEN count(*) FILTER (WHERE b.step > a.step AND b.goes_on AND b.conversion IS NULL) = 0
                                THEN coalesce(exp(sum(ln(nullif(b.conversion, 0))) FILTER (WHERE b.step > a.step)), 1) * (count(*) FILTER (WHERE b.step > a.step AND b.conversion = 0) = 0)::integer END AS downstream,
                   CASE WHEN count(*) FILTER (WHERE b.step < a.step AND b.conversion IS NULL) = 0
                        THEN coalesce(exp(sum(ln(nullif(b.conversion, 0))) FILTER (WHERE b.step < a.step)), 1) * (count(*) FILTER (WHERE b.step < a.step AND b.conversion = 0) = 0)::integer END AS from_start
              FROM rate a, rate b GROUP BY a.step
        ), deal AS (
            SELECT avg(l.revenue) AS commission FROM l
        ), why AS (
            SELECT w.step, jsonb_object_agg(w.reason, w.n) AS reasons, (array_agg(w.reason ORDER BY w.reason = 'not told', w.n DESC, w.reason))[1] AS top_reason
              FROM (SELECT l.step, l.reason, count(*) AS n FROM l WHERE l.outcome = 'lost' GROUP BY 1, 2) w GROUP BY w.step
        ), team AS MATERIALIZED (
            SELECT x.step, g.kind, g.name, sum(x.gains) AS moved, sum(x.trials) AS ended FROM cell x, LATERAL (VALUES ('agent', x.owner), ('quarter', x.quarter)) g(kind, name) WHERE g.name IS NOT NULL GROUP BY 1, 2, 3
        ), best AS (
            -- what the best agent or quarter does already, held together with the others
            SELECT DISTINCT ON (t.step) t.step, format('best %s: %s', t.kind, t.name) AS name, (p.alpha + t.moved) / (p.alpha + p.beta + t.ended) AS rate, t.moved / t.ended AS seen
              FROM team t JOIN (SELECT g.step, g.kind, jorge.beta_prior(array_agg(g.moved), array_agg(g.ended)) AS p FROM team g GROUP BY 1, 2 HAVING count(*) > 1) q USING (step, kind), LATERAL (SELECT (q.p).alpha, (q.p).beta) p
             WHERE t.ended >= 20 ORDER BY t.step, 3 DESC, 2
        ), goal AS (
            SELECT DISTINCT ON (s.step) s.step, g.target::float8 AS target FROM s JOIN jorge.goal g ON g.location_id = $5 AND g.metric = 'funnel_' || s.stage AND g.agent_ref IS NULL AND g.target BETWEEN 0 AND 1
               AND ($3 AT TIME ZONE jorge.office_zone($5))::date BETWEEN g.starts_on AND g.ends_on ORDER BY s.step, g.ends_on, g.goal_id
        ), v AS (
            SELECT r.*, a.downstream, a.from_start, d.commission, round((r.reached * 0.01 * a.downstream)::numeric * d.commission, 2) AS point,
                   CASE WHEN r.goes_on THEN coalesce(g.target, CASE WHEN b.seen > r.conversion THEN greatest(b.rate, r.conversion) ELSE r.conversion END) END AS target,
                   CASE WHEN g.target IS NOT NULL THEN 'jorge.goal' WHEN b.rate > r.conversion AND b.seen > r.conversion THEN b.name WHEN r.conversion IS NOT NULL THEN 'as it is' END AS target_from
              FROM rate r JOIN ahead a USING (step) CROSS JOIN deal d LEFT JOIN best b USING (step) LEFT JOIN goal g USING (step)
        )
        SELECT v.step, v.stage, v.reached, v.waiting, CASE WHEN v.goes_on THEN v.moved END, CASE WHEN v.goes_on THEN v.dropped END, v.conversion, w.lower, w.upper, v.from_start,
               y.top_reason, coalesce(y.reasons, '{}'), (jorge.survival_quantile(t.leaving, 0.5))."time", (jorge.survival_quantile(t.leaving, 0.9))."time", CASE WHEN v.goes_on THEN coalesce(t.timed, 0) END,
               v.target, v.target_from, CASE WHEN v.goes_on THEN v.point END, CASE WHEN v.goes_on THEN round(greatest(v.target - v.conversion, 0)::numeric * 100 * v.point, 2) END,
               CASE WHEN v.goes_on AND v.point IS NOT NULL THEN format('%s reached x 1 %% x %s of those who get past it close x %s a deal', v.reached, round(v.downstream::numeric, 4), to_char(v.commission, 'FM999,999,999,990.00')) END,
               CASE WHEN v.dropped > 0 AND v.goes_on THEN jorge.funnel_advice(v.stage, y.top_reason) END
          FROM v LEFT JOIN why y USING (step) LEFT JOIN times t USING (step)
          LEFT JOIN LATERAL jorge.wilson_interval(v.moved::float8, CASE WHEN v.moved > 0 THEN greatest(v.moved / v.conversion, v.moved) ELSE v.moved + v.dropped END, $6) w ON v.conversion IS NOT NULL
         ORDER BY v.step;
END
$fn$;
COMMENT ON FUNCTION jorge.funnel(timestamptz, timestamptz, timestamptz, text, text, float8) IS
    'The funnel of the leads that arrived from since until before upto (of one first source, if given), as known at as_of. Per stage: reached; waiting (open there), moved_on and dropped; conversion = (moved_on + those of the waiting that will, by how long they have waited: Aalen–Johansen) / reached, with Wilson''s limits, or, where the times of less than four fifths are kept, moved_on / (moved_on + dropped); from_start, the product of the conversions before; why leads were lost there; days until they left it, whichever way (median and 90th percentile by Kaplan–Meier, of the timed leads whose times are kept). target: a goal (jorge.goal, metric funnel_<stage>, 0 ... 1) or what the best agent or quarter of arrival with 20 leads or more does, held together with the others (jorge.beta_prior()). value_per_point: commission that one percentage point more at this stage would have brought, by the formula; revenue_impact: that of reaching the target.';

CREATE OR REPLACE FUNCTION jorge.funnel_compare(before_since timestamptz, before_upto timestamptz, after_since timestamptz, after_upto timestamptz, as_of timestamptz DEFAULT now(), source text DEFAULT NULL,
                                                location_id text DEFAULT jorge.current_location(), level float8 DEFAULT 0.95)
    RETURNS TABLE (step integer, stage text, ended_before bigint, ended_after bigint, conversion_before float8, conversion_after float8, difference float8, difference_lower float8, difference_upper float8,
                   p_value float8, changed boolean)
    LANGUAGE sql STABLE ROWS 5
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
    SELECT a.step, a.stage, b.ended, a.ended, b.conversion, a.conversion, a.conversion - b.conversion,
           a.conversion - b.conversion - sqrt((a.conversion - a.lower) ^ 2 + (b.upper - b.conversion) ^ 2), a.conversion - b.conversion + sqrt((a.upper - a.conversion) ^ 2 + (b.conversion - b.lower) ^ 2),
           t.p, t.p < 1 - $8
      FROM (SELECT f.*, f.moved_on + f.dropped AS ended, CASE WHEN f.moved_on > 0 THEN f.moved_on / f.conversion ELSE f.moved_on + f.dropped END AS trials, f.conversion_lower AS lower, f.conversion_upper AS upper FROM jorge.funnel($3, $4, $5, $6, $7, $8) f) a
      JOIN (SELECT f.*, f.moved_on + f.dropped AS ended, CASE WHEN f.moved_on > 0 THEN f.moved_on / f.conversion ELSE f.moved_on + f.dropped END AS trials, f.conversion_lower AS lower, f.conversion_upper AS upper FROM jorge.funnel($1, $2, $5, $6, $7, $8) f) b USING (step)
     CROSS JOIN LATERAL (SELECT (a.moved_on + b.moved_on)::float8 / nullif(a.trials + b.trials, 0) AS pooled) m
     CROSS JOIN LATERAL (SELECT CASE WHEN a.ended > 0 AND b.ended > 0 THEN
                                     CASE WHEN m.pooled > 0 AND m.pooled < 1 THEN jorge.chi2_sf((a.conversion - b.conversion) ^ 2 / (m.pooled * (1 - m.pooled) * (1 / a.trials + 1 / b.trials)), 1) ELSE 1 END END AS p) t
     WHERE a.moved_on IS NOT NULL ORDER BY a.step
$fn$;
COMMENT ON FUNCTION jorge.funnel_compare(timestamptz, timestamptz, timestamptz, timestamptz, timestamptz, text, text, float8) IS
    'Conversion of each stage in two periods of arrival: difference (after less before) with Newcombe''s limits, and the p value of a chi-squared test without correction (1 degree of freedom) that they are equal; changed: p < 1 - level. Leads still open at a stage count as in jorge.funnel(). With fewer than five moved or dropped in a period the p value is only rough.';
