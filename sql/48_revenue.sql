-- revenue: what the deals at hand and those still to come will bring, from one row a lead. Works on any table; the managed
-- forms are in the install parts.

CREATE TYPE jorge.revenue_model AS (
    as_of             timestamptz,
    time_zone         text,
    leads             bigint,
    won               bigint,
    lost              bigint,
    open              bigint,
    durations         jorge.tally,
    conversion        double precision,
    conversion_error  double precision,
    calibration       double precision[],
    won_by            double precision[],
    lost_by           double precision[],
    deal              double precision,
    deal_growth       double precision,
    deal_spread       double precision,
    deal_error        double precision,
    ratio             double precision,
    ratio_spread      double precision,
    arrivals          jorge.series,
    first_arrival     timestamptz,
    age               double precision[],
    probability       double precision[],
    deals             double precision[],
    amount            double precision[],
    amount_squared    double precision[],
    expected_squared  double precision[],
    note              text
);
COMMENT ON TYPE jorge.revenue_model IS
    'What jorge.revenue_fit() has learned of an agency''s leads, and its open deals. A value: keep it to ask several questions of the same fit.';
COMMENT ON COLUMN jorge.revenue_model.as_of IS 'Rows are known up to this time.';
COMMENT ON COLUMN jorge.revenue_model.time_zone IS 'Zone whose months are forecast.';
COMMENT ON COLUMN jorge.revenue_model.leads IS 'Leads that arrived within the months learned from.';
COMMENT ON COLUMN jorge.revenue_model.won IS 'How many of them were won.';
COMMENT ON COLUMN jorge.revenue_model.lost IS 'How many of them were lost.';
COMMENT ON COLUMN jorge.revenue_model.open IS 'Leads open at as_of, whenever they arrived.';
COMMENT ON COLUMN jorge.revenue_model.durations IS 'Whole days from arrival to the end, or to as_of: 0 open, 1 won, 2 lost.';
COMMENT ON COLUMN jorge.revenue_model.conversion IS 'Share of the leads to come that will be won, sooner or later.';
COMMENT ON COLUMN jorge.revenue_model.conversion_error IS 'Its standard error, relative.';
COMMENT ON COLUMN jorge.revenue_model.calibration IS 'Intercept and slope that make the log-odds of the given probabilities agree with what became of them; {0, 1} changes nothing.';
COMMENT ON COLUMN jorge.revenue_model.won_by IS 'won_by[k + 1]: share of the won that are won in less than k days.';
COMMENT ON COLUMN jorge.revenue_model.lost_by IS 'lost_by[k + 1]: share of those never won that are known as lost in less than k days.';
COMMENT ON COLUMN jorge.revenue_model.deal IS 'Mean revenue of a deal at as_of.';
COMMENT ON COLUMN jorge.revenue_model.deal_growth IS 'Growth of that a year, as a logarithm.';
COMMENT ON COLUMN jorge.revenue_model.deal_spread IS 'Standard deviation of a deal''s revenue over its mean.';
COMMENT ON COLUMN jorge.revenue_model.deal_error IS 'Standard error of the mean, relative.';
COMMENT ON COLUMN jorge.revenue_model.ratio IS 'Revenue of won deals over their amounts as they were expected.';
COMMENT ON COLUMN jorge.revenue_model.ratio_spread IS 'Standard deviation of that of a single deal, relative.';
COMMENT ON COLUMN jorge.revenue_model.arrivals IS 'Leads a month.';
COMMENT ON COLUMN jorge.revenue_model.first_arrival IS 'Arrival of the first of them.';
COMMENT ON COLUMN jorge.revenue_model.age IS 'Open deals in cells of equal age and probability: days since arrival.';
COMMENT ON COLUMN jorge.revenue_model.probability IS 'Probability that a deal of the cell is won at all, given that it is still open.';
COMMENT ON COLUMN jorge.revenue_model.deals IS 'Deals in the cell.';
COMMENT ON COLUMN jorge.revenue_model.amount IS 'Sum of their expected revenues if won.';
COMMENT ON COLUMN jorge.revenue_model.amount_squared IS 'Sum of the expectations of their squared revenues.';
COMMENT ON COLUMN jorge.revenue_model.expected_squared IS 'Sum of their squared expected revenues.';
COMMENT ON COLUMN jorge.revenue_model.note IS 'Why there is no forecast, e.g. not enough data; NULL if there is.';

CREATE FUNCTION jorge.curve_at(curve double precision[], x double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT CASE WHEN x <= 0 THEN curve[1]
                WHEN x >= cardinality(curve) - 1 THEN curve[cardinality(curve)]
                ELSE curve[floor(x)::integer + 1] + (x - floor(x)) * (curve[floor(x)::integer + 2] - curve[floor(x)::integer + 1]) END
$fn$;
COMMENT ON FUNCTION jorge.curve_at(double precision[], double precision) IS 'A curve given at 0, 1, 2 ..., read between them by a straight line and beyond its ends by its ends.';

CREATE FUNCTION jorge.expit(x double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT 1 / (1 + exp(-least(greatest(x, -50), 50)))
$fn$;
COMMENT ON FUNCTION jorge.expit(double precision) IS 'Probability of log-odds; beyond 50 as at 50.';

CREATE FUNCTION jorge.close_curves(durations jorge.tally, OUT won_by double precision[], OUT lost_by double precision[], OUT conversion double precision)
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- leads that the hazard of neighbouring ages weighs as much as, where few are left at risk
    shrinkage CONSTANT float8 := 5;
    r record;
    days integer;
    at_risk float8[] := '{}';
    won float8[] := '{}';
    lost float8[] := '{}';
    risk_sum float8[] := '{0}';
    won_sum float8[] := '{0}';
    lost_sum float8[] := '{0}';
    last integer := -1;
    here integer;
    lo integer;
    hi integer;
    near float8;
    won_near float8 := 0;
    lost_near float8 := 0;
    won_hazard float8;
    lost_hazard float8;
    left_open float8 := 1;
    won_total float8 := 0;
    lost_total float8 := 0;
BEGIN
    -- who was at risk on each day, half of those last seen open on it, and who was won and lost
    FOR r IN SELECT w."time", w.at_risk - w.censored / 2.0 AS at_risk, w.at_risk AS before, w.events AS won, a.events - w.events AS lost
               FROM jorge.survival_curve(durations, 1) w JOIN jorge.survival_curve(durations, 0) a USING ("time") ORDER BY 1 LOOP
        here := r."time"::integer;
        EXIT WHEN here > 1460;
        at_risk := at_risk || array_fill(r.before::float8, ARRAY[here - last - 1]) || r.at_risk::float8;
        won := won || array_fill(0::float8, ARRAY[here - last - 1]) || r.won::float8;
        lost := lost || array_fill(0::float8, ARRAY[here - last - 1]) || r.lost::float8;
        last := here;
    END LOOP;
    FOR k IN 1 .. last + 1 LOOP
        risk_sum := risk_sum || risk_sum[k] + at_risk[k];
        won_sum := won_sum || won_sum[k] + won[k];
        lost_sum := lost_sum || lost_sum[k] + lost[k];
    END LOOP;
    -- at least a year, however young the agency: the hazard of the last known ages goes on
    days := greatest(last, 365);
    won_by := '{0}';
    lost_by := '{0}';
    FOR k IN 0 .. days LOOP
        lo := least(greatest(floor(0.6 * k)::integer - 3, 0), last + 1);
        hi := least(ceil(1.6 * k)::integer + 4, last + 1);
        near := risk_sum[hi + 1] - risk_sum[lo + 1];
        IF near > 0 THEN
            won_near := (won_sum[hi + 1] - won_sum[lo + 1]) / near;
            lost_near := (lost_sum[hi + 1] - lost_sum[lo + 1]) / near;
        END IF;
        won_hazard := (coalesce(won[k + 1], 0) + shrinkage * won_near) / (coalesce(at_risk[k + 1], 0) + shrinkage);
        lost_hazard := (coalesce(lost[k + 1], 0) + shrinkage * lost_near) / (coalesce(at_risk[k + 1], 0) + shrinkage);
        won_total := won_total + left_open * won_hazard;
        lost_total := lost_total + left_open * lost_hazard;
        left_open := CASE WHEN left_open > 1e-12 THEN left_open * (1 - won_hazard - lost_hazard) ELSE 0 END;
        won_by := won_by || won_total;
        lost_by := lost_by || lost_total;
    END LOOP;
    conversion := won_total;
    IF won_total > 0 THEN
        SELECT array_agg(v / won_total ORDER BY n) INTO won_by FROM unnest(won_by) WITH ORDINALITY u(v, n);
    END IF;
    -- who is never won and never called lost stays open for ever
    IF won_total < 1 THEN
        SELECT array_agg(least(v / (1 - won_total), 1) ORDER BY n) INTO lost_by FROM unnest(lost_by) WITH ORDINALITY u(v, n);
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.close_curves(jorge.tally) IS
    'When deals are won and lost, from whole days (0 open, 1 won, 2 lost): the incidences of Aalen and Johansen by day, with the hazards of neighbouring ages weighing as much as five leads, so that a few old deals decide nothing. won_by is the distribution of the time to winning, lost_by the share known as lost of those never won, conversion the share that is won in the end. Reaches a year or the oldest age, four years at most.';

CREATE FUNCTION jorge.revenue_fit(query text, as_of timestamptz DEFAULT now(), time_zone text DEFAULT 'UTC', months integer DEFAULT 24)
    RETURNS jorge.revenue_model
    LANGUAGE plpgsql STABLE COST 100000
    SET jit = off
AS $fn$
DECLARE
    -- not SET search_path: the query is the caller's and finds its tables by the caller's path
    m jorge.revenue_model;
    since timestamptz;
    r record;
BEGIN
    IF query IS NULL OR as_of IS NULL OR time_zone IS NULL OR months IS NULL OR months NOT BETWEEN 1 AND 120 OR NOT isfinite(as_of) THEN
        RAISE EXCEPTION 'a fit of revenue needs a query, a finite time, a zone and 1 to 120 months' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT * FROM jorge.forecast_revenue_query(''SELECT arrived_at, ended_at, won, probability, probability_at, amount, revenue FROM deals'').';
    END IF;
    since := ((as_of AT TIME ZONE time_zone) - make_interval(months => months)) AT TIME ZONE time_zone;
    EXECUTE format($query$
        WITH q AS MATERIALIZED (
            SELECT arrived_at, CASE WHEN state > 0 THEN ended_at END AS ended_at, state, arrived_at >= $2 AS fitted,
                   greatest(floor(extract(epoch FROM CASE WHEN state > 0 THEN ended_at ELSE $1 END - arrived_at) / 86400), 0)::integer AS days,
                   CASE WHEN known THEN ln(least(greatest(probability, 0.0005), 0.9995) / (1 - least(greatest(probability, 0.0005), 0.9995))) END AS x,
                   CASE WHEN known AND state = 0 THEN greatest(floor(extract(epoch FROM probability_at - arrived_at) / 86400), 0)::integer ELSE 0 END AS scored,
                   amount, CASE WHEN state = 1 THEN revenue END AS revenue
              FROM (SELECT v.*, v.probability IS NOT NULL AND v.probability <> 'NaN' AND coalesce(v.probability_at, v.arrived_at) <= CASE WHEN v.state > 0 THEN v.ended_at ELSE $1 END AS known
                      FROM (SELECT c.arrived_at, c.ended_at, c.probability, coalesce(c.probability_at, c.arrived_at) AS probability_at,
                                   CASE WHEN c.amount >= 0.01 AND c.amount < 1e12 THEN c.amount END AS amount, CASE WHEN c.revenue >= 0.01 AND c.revenue < 1e12 THEN c.revenue END AS revenue,
                                   CASE WHEN c.won IS NULL OR c.ended_at > $1 THEN 0 WHEN c.won THEN 1 ELSE 2 END AS state
                              FROM (SELECT d.arrived_at::timestamptz, d.ended_at::timestamptz, d.won::boolean, d.probability::float8,
                                           d.probability_at::timestamptz, d.amount::float8, d.revenue::float8 FROM (%s) d) c
                             WHERE isfinite(c.arrived_at) AND c.arrived_at <= $1 AND (c.won IS NULL OR isfinite(c.ended_at))) v) w
        ), cell AS MATERIALIZED (
            -- sums as numeric: exact, whatever the order of the rows
            SELECT state, fitted, arrived_at >= $1 - interval '365 days' AS recent, CASE state WHEN 0 THEN days ELSE 0 END AS days, scored, avg(x::numeric)::float8 AS x,
                   count(*)::float8 AS deals, coalesce(sum(amount::numeric), 0)::float8 AS amount, coalesce(sum((amount * amount)::numeric), 0)::float8 AS squared,
                   count(*) FILTER (WHERE amount IS NULL)::float8 AS unknown
              FROM q GROUP BY 1, 2, 3, 4, 5, round(x::numeric * 4)
        )
        SELECT (SELECT jorge.tally(days, state) FROM q WHERE fitted) AS durations, (SELECT jorge.series(arrived_at, 1, 'month', $3) FROM q) AS arrivals, (SELECT min(arrived_at) FROM q) AS first_arrival,
               w.*, c.*, (SELECT count(*) FROM q WHERE fitted) AS leads, (SELECT count(*) FROM q WHERE fitted AND state = 1) AS won,
               (SELECT count(*) FROM q WHERE fitted AND state = 2) AS lost, (SELECT count(*) FROM q WHERE state = 0) AS open
          FROM (SELECT array_agg(extract(epoch FROM ended_at - $1)::float8 / 31557600 ORDER BY ended_at, revenue, amount) AS years,
                       array_agg(revenue ORDER BY ended_at, revenue, amount) AS revenues, array_agg(amount ORDER BY ended_at, revenue, amount) AS expected
                  FROM q WHERE revenue IS NOT NULL AND ended_at >= $2) w,
               (SELECT array_agg(state ORDER BY n) AS states, array_agg(fitted ORDER BY n) AS fitted, array_agg(recent ORDER BY n) AS recent,
                       array_agg(days::float8 ORDER BY n) AS ages, array_agg(scored::float8 ORDER BY n) AS scored, array_agg(x ORDER BY n) AS x,
                       array_agg(deals ORDER BY n) AS deals, array_agg(amount ORDER BY n) AS amounts, array_agg(squared ORDER BY n) AS squares,
                       array_agg(unknown ORDER BY n) AS unknowns
                  FROM (SELECT c.*, row_number() OVER (ORDER BY state, fitted, recent, days, scored, x) AS n FROM cell c) c) c
        $query$, query) INTO r USING as_of, since, time_zone;
    m.as_of := as_of;
    m.time_zone := time_zone;
    m.leads := r.leads;
    m.won := r.won;
    m.lost := r.lost;
    m.open := r.open;
    m.durations := r.durations;
    m.arrivals := r.arrivals;
    m.first_arrival := r.first_arrival;
    IF r.won < 3 OR r.leads < 10 THEN
        m.note := format('not enough data: %s leads of %s months, %s of them won; needed are 10 and 3', r.leads, months, r.won);
        RETURN m;
    END IF;
    SELECT c.won_by, c.lost_by, c.conversion INTO m.won_by, m.lost_by, m.conversion FROM jorge.close_curves(r.durations) c;
    SELECT v.deal, v.growth, v.spread, v.error, v.ratio, v.ratio_spread INTO m.deal, m.deal_growth, m.deal_spread, m.deal_error, m.ratio, m.ratio_spread
      FROM jorge.deal_values(r.years, r.revenues, r.expected) v;
    IF m.deal IS NULL THEN
        SELECT sum(a) / nullif(sum(d - u), 0), 0, 0.5, 0.5, 1, 0.3 INTO m.deal, m.deal_growth, m.deal_spread, m.deal_error, m.ratio, m.ratio_spread
          FROM unnest(r.amounts, r.deals, r.unknowns) c(a, d, u);
        IF m.deal IS NULL THEN
            m.note := 'not enough data: no won lead has a revenue, and no lead an amount';
            RETURN m;
        END IF;
    END IF;
    SELECT p.calibration, p.conversion, p.error, p.age, p.probability, p.deals, p.amount, p.amount_squared, p.expected_squared
      INTO m.calibration, m.conversion, m.conversion_error, m.age, m.probability, m.deals, m.amount, m.amount_squared, m.expected_squared
      FROM jorge.open_deals(m, r.states, r.fitted, r.recent, r.ages, r.scored, r.x, r.deals, r.amounts, r.squares, r.unknowns) p;
    RETURN m;
END
$fn$;
COMMENT ON FUNCTION jorge.revenue_fit(text, timestamptz, text, integer) IS
    'Learns when and how often leads are won and what they bring, from a SELECT of a row a lead, run with the caller''s rights: arrived_at, ended_at, won (NULL = open), probability of being won (NULL = not known) as of probability_at (NULL = on arrival), amount (revenue expected if won; NULL = not known), revenue. Won or lost without an end are left out. Rows after as_of are not looked at, ends after it are not known yet. Delays, conversion and values are those of the last months (1 to 120), arrivals of all. A note instead of a model where there are fewer than 10 leads or 3 won. ERROR 22023 arguments, 42703 a column is missing.';

CREATE FUNCTION jorge.deal_values(years double precision[], revenues double precision[], expected double precision[], OUT deal double precision,
                                  OUT growth double precision, OUT spread double precision, OUT error double precision,
                                  OUT ratio double precision, OUT ratio_spread double precision)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $fn$
    -- growth of prices is unknown to 5 % a year before anything is sold; the slope of the logarithms says more the more deals there are.
    -- A spread is that of so many deals and of five that spread as deals usually do.
    WITH d AS (SELECT y, r, e FROM unnest(years, revenues, expected) u(y, r, e)),
         line AS (SELECT coalesce(regr_slope(ln(r), y), 0) AS slope, count(*) AS n,
                         greatest(regr_syy(ln(r), y) - coalesce(regr_slope(ln(r), y), 0) * regr_sxy(ln(r), y), 0) / greatest(count(*) - 2, 1) / nullif(regr_sxx(ln(r), y), 0) AS variance
                    FROM d),
         trend AS (SELECT n, CASE WHEN n >= 8 AND variance IS NOT NULL THEN slope * 0.0025 / (0.0025 + variance) ELSE 0 END AS b,
                          CASE WHEN n >= 8 AND variance IS NOT NULL THEN 0.0025 * variance / (0.0025 + variance) ELSE 0.0025 END AS b_variance FROM line),
         mean AS (SELECT t.n, t.b, t.b_variance, sum(r) / sum(exp(t.b * y)) AS m, avg(y) AS centre FROM d, trend t GROUP BY t.n, t.b, t.b_variance),
         cv AS (SELECT m.n, m.b, m.b_variance, m.m, m.centre, (sum((r / exp(m.b * y) - m.m) ^ 2) / m.m ^ 2 + 5 * 0.2) / (m.n - 1 + 5) AS square
                  FROM d, mean m GROUP BY m.n, m.b, m.b_variance, m.m, m.centre),
         known AS (SELECT count(*) AS n, (sum(r) + 5 * avg(e)) / (sum(e) + 5 * avg(e)) AS ratio FROM d WHERE e IS NOT NULL),
         off AS (SELECT coalesce(k.ratio, 1) AS ratio, (coalesce(sum((r / e / k.ratio - 1) ^ 2), 0) + 5 * 0.09) / (greatest(k.n - 1, 0) + 5) AS square
                   FROM known k LEFT JOIN d ON e IS NOT NULL GROUP BY k.ratio, k.n)
    SELECT cv.m, cv.b, sqrt(cv.square), sqrt(cv.square / cv.n + cv.b_variance * cv.centre ^ 2), off.ratio, sqrt(off.square) FROM cv, off
$fn$;
COMMENT ON FUNCTION jorge.deal_values(double precision[], double precision[], double precision[]) IS
    'What a deal brings, from those won: years before now (negative), revenue, and what was expected (NULL = nothing). deal: mean now; growth: its logarithm''s slope a year, held near 0 until many deals show it; spread and error: relative standard deviation of a deal and of the mean; ratio and ratio_spread: revenue over expectation, held near 1 by five deals. NULL without deals.';

CREATE FUNCTION jorge.open_deals(m jorge.revenue_model, states integer[], fitted boolean[], recent boolean[], ages double precision[], scored double precision[],
                                 x double precision[], counts double precision[], amounts double precision[], squares double precision[], unknowns double precision[],
                                 OUT calibration double precision[], OUT conversion double precision, OUT error double precision, OUT age double precision[],
                                 OUT probability double precision[], OUT deals double precision[], OUT amount double precision[],
                                 OUT amount_squared double precision[], OUT expected_squared double precision[])
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    base float8 := ln(m.conversion / greatest(1 - m.conversion, 1e-9));
    a float8 := 0;
    b float8 := 1;
    weights float8[];
    s record;
    determinant float8;
    recent_wins float8;
BEGIN
    -- by how much having stayed open since the probability was given changes the odds
    SELECT array_agg(CASE WHEN states[n] = 0 THEN
               ln(greatest(1 - jorge.curve_at(m.won_by, ages[n] + 0.5), 1e-9) / greatest(1 - jorge.curve_at(m.won_by, scored[n]), 1e-9))
               - ln(greatest(1 - jorge.curve_at(m.lost_by, ages[n] + 0.5), 1e-9) / greatest(1 - jorge.curve_at(m.lost_by, scored[n]), 1e-9)) ELSE 0 END ORDER BY n)
      INTO weights FROM generate_subscripts(states, 1) n;
    -- maximum likelihood of intercept and slope, with open deals counted for what they say; a and b are held near 0 and 1 as by a few deals
    FOR i IN 1 .. 12 LOOP
        SELECT coalesce(sum(n * (y - p)), 0) - a AS ga, coalesce(sum(n * (y - p) * v), 0) - 4 * (b - 1) AS gb,
               coalesce(sum(n * p * (1 - p)), 0) + 1 AS haa, coalesce(sum(n * p * (1 - p) * v), 0) AS hab, coalesce(sum(n * p * (1 - p) * v * v), 0) + 4 AS hbb
          INTO s
          FROM (SELECT n, v, jorge.expit(a + b * v) AS p, CASE state WHEN 1 THEN 1 WHEN 2 THEN 0 ELSE jorge.expit(a + b * v + w) END AS y
                  FROM unnest(states, x, counts, weights, fitted) u(state, v, n, w, inside) WHERE v IS NOT NULL AND inside) c;
        determinant := s.haa * s.hbb - s.hab * s.hab;
        a := a + (s.hbb * s.ga - s.hab * s.gb) / determinant;
        b := b + (s.haa * s.gb - s.hab * s.ga) / determinant;
        EXIT WHEN abs(s.ga) + abs(s.gb) < 1e-6 * s.haa;
    END LOOP;
    calibration := ARRAY[a, b];
    -- what share of the leads is won: that of the last year, drawn to that of the years before as far as chance explains the difference (James and Stein)
    SELECT coalesce(sum(n) FILTER (WHERE near), 0) AS n1, coalesce(sum(n * y) FILTER (WHERE near), 0) AS y1, coalesce(sum(n) FILTER (WHERE NOT near), 0) AS n0,
           coalesce(sum(n * y) FILTER (WHERE NOT near), 0) AS y0, coalesce(sum(n) FILTER (WHERE near AND state = 1), 0) AS w1,
           coalesce(sum(n) FILTER (WHERE NOT near AND state = 1), 0) AS w0
      INTO s
      FROM (SELECT n, near, state, CASE state WHEN 1 THEN 1 WHEN 2 THEN 0 ELSE jorge.expit(CASE WHEN v IS NULL THEN base ELSE a + b * v END + w) END AS y
              FROM unnest(states, x, counts, weights, fitted, recent) u(state, v, n, w, inside, near) WHERE inside) c;
    conversion := (s.y0 + s.y1) / (s.n0 + s.n1);
    recent_wins := s.w0 + s.w1;
    IF s.w0 > 0 AND s.w1 > 0 THEN
        conversion := conversion + (s.y1 / s.n1 - conversion)
            * greatest(1 - (s.y1 / s.n1 ^ 2 * (s.y1 / s.w1) + s.y0 / s.n0 ^ 2) / greatest((s.y1 / s.n1 - s.y0 / s.n0) ^ 2, 1e-18), 0);
    END IF;
    conversion := least(greatest(conversion, 1e-6), 1);
    error := sqrt((1 - conversion) / recent_wins);
    -- the open deals: calibrated, as old as they are
    SELECT array_agg(u.age + 0.5 ORDER BY n), array_agg(jorge.expit(CASE WHEN v IS NULL THEN base ELSE a + b * v END + w) ORDER BY n), array_agg(d ORDER BY n),
           array_agg(m.ratio * known + m.deal * nothing ORDER BY n),
           array_agg(m.ratio ^ 2 * square * (1 + m.ratio_spread ^ 2) + m.deal ^ 2 * (1 + m.deal_spread ^ 2) * nothing ORDER BY n),
           array_agg(m.ratio ^ 2 * square + m.deal ^ 2 * nothing ORDER BY n)
      INTO age, probability, deals, amount, amount_squared, expected_squared
      FROM unnest(states, ages, x, counts, weights, amounts, squares, unknowns) WITH ORDINALITY u(state, age, v, d, w, known, square, nothing, n) WHERE state = 0;
END
$fn$;
COMMENT ON FUNCTION jorge.open_deals(jorge.revenue_model, integer[], boolean[], boolean[], double precision[], double precision[], double precision[], double precision[], double precision[], double precision[], double precision[]) IS
    'Part of jorge.revenue_fit(): calibrates the probabilities of cells of leads (state, learned from, of the last year, age, age when scored, mean log-odds, deals, amounts, squared amounts, deals without amount), finds the conversion of leads to come and the state of the open deals.';

CREATE FUNCTION jorge.rate_forecast(counts double precision[], exposures double precision[], ahead integer DEFAULT 6, season integer DEFAULT 12)
    RETURNS TABLE (step integer, rate double precision, sd double precision, noise double precision, season_factor double precision, seasonal double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 6
    AS 'MODULE_PATHNAME', 'jorge_rate_forecast';
COMMENT ON FUNCTION jorge.rate_forecast(double precision[], double precision[], integer, integer) IS
    'Rate at which things will arrive, from counts a period, oldest first, and the exposure each is of (parts of a period or days; 0: not seen): step 1 is the period of the last count, step 2 the next ... (1 to 1000). rate: expected arrivals a unit of exposure; sd: its standard deviation, common to neighbouring periods; noise: what a period differs by of its own, relative; the chance of a Poisson number comes on top; season_factor: the season''s part of the rate, with mean 1 over a season; seasonal: probability that there is a season at all (0.75 before anything is seen). A Gaussian process on the logarithm: level, trend that runs out in three seasons, season (of 2 to 72 periods, 0 = none; one year already says something of it), drift; the last 72 periods are learned from. No rows without exposure. ERROR 22023 for counts outside 0 to 1e15, exposures other than 0 or 1e-6 to 1e9, and arrays of different lengths.';

CREATE FUNCTION jorge.arrival_rates(arrivals jorge.series, first_arrival timestamptz, as_of timestamptz, time_zone text, months integer)
    RETURNS TABLE (step integer, rate double precision, sd double precision, noise double precision, season_factor double precision, seasonal double precision)
    LANGUAGE sql STABLE PARALLEL SAFE COST 1000000 ROWS 12
    SET search_path = pg_catalog, pg_temp
AS $fn$
    WITH p AS MATERIALIZED (SELECT start, count, sum(count) OVER (ORDER BY start) AS so_far, sum(count) OVER () AS leads FROM jorge.points(arrivals)),
         -- a month of a few leads long before the others (a wrong date, a first trial) is no history
         began AS (SELECT min(start)::timestamp AS at FROM p WHERE so_far > 0.005 * leads),
         edge AS (SELECT month, greatest(month AT TIME ZONE time_zone, first_arrival) AS starts, least((month + interval '1 month') AT TIME ZONE time_zone, as_of) AS ends
                    FROM began, generate_series(began.at, date_trunc('month', as_of AT TIME ZONE time_zone), interval '1 month') month),
         seen AS (SELECT e.month, CASE WHEN as_of < first_arrival + interval '7 days' THEN 7 ELSE greatest(extract(epoch FROM e.ends - e.starts)::float8 / 86400, 0) END AS days,
                         -- the first lead began the time it is counted in
                         coalesce(p.count, 0) - (e.starts = first_arrival)::integer AS leads
                    FROM edge e LEFT JOIN p ON p.start = e.month::date)
    SELECT f.* FROM (SELECT array_agg(CASE WHEN days > 0 THEN leads ELSE 0 END::float8 ORDER BY month) AS leads, array_agg(days ORDER BY month) AS days FROM seen) s,
                    jorge.rate_forecast(s.leads, s.days, months) f
$fn$;
COMMENT ON FUNCTION jorge.arrival_rates(jorge.series, timestamptz, timestamptz, text, integer) IS
    'Leads a day in the month of as_of (step 1) and the following, from a monthly series of them up to as_of: jorge.rate_forecast() with the days of each month as exposure, the first and the last cut at the first lead and at as_of.';

CREATE FUNCTION jorge.revenue_between(model jorge.revenue_model, edges timestamptz[])
    RETURNS TABLE (step integer, expected double precision, sd double precision, p_zero double precision, from_open double precision, from_new double precision,
                   deals double precision, leads double precision, leads_sd double precision)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 6
    SET search_path = pg_catalog, pg_temp SET jit = off
AS $fn$
DECLARE
    windows integer := cardinality(edges) - 1;
    ends float8[];
    cuts float8[];
    months integer;
    first_month timestamp;
    rate float8[];
    rate_sd float8[];
    noise float8[];
    local timestamp;
    open_mean float8;
    open_variance float8;
    open_log_none float8;
    open_deals float8;
    growth float8;
    each float8;
    each_squared float8;
    share float8[];
    s record;
BEGIN
    IF windows IS NULL OR windows < 1 OR windows > 1000 OR array_position(edges, NULL) IS NOT NULL
       OR EXISTS (SELECT FROM generate_series(1, windows) n WHERE edges[n] > edges[n + 1]) OR edges[1] < model.as_of
       OR edges[windows + 1] > model.as_of + interval '10 years' THEN
        RAISE EXCEPTION 'edges are 2 to 1001 ascending times, from as_of on, up to ten years' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'The first window is from edges[1] to edges[2].';
    END IF;
    IF model.note IS NOT NULL OR model.as_of IS NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(extract(epoch FROM e - model.as_of)::float8 / 86400 ORDER BY n) INTO ends FROM unnest(edges) WITH ORDINALITY u(e, n);
    -- leads to come: months of the arrivals' forecast, cut at as_of
    local := model.as_of AT TIME ZONE model.time_zone;
    first_month := date_trunc('month', local);
    months := ((extract(year FROM edges[windows + 1] AT TIME ZONE model.time_zone) - extract(year FROM local)) * 12
               + extract(month FROM edges[windows + 1] AT TIME ZONE model.time_zone) - extract(month FROM local))::integer + 1;
    SELECT array_agg(f.rate ORDER BY f.step), array_agg(f.sd ORDER BY f.step), array_agg(f.noise * f.rate ORDER BY f.step)
      INTO rate, rate_sd, noise
      FROM jorge.arrival_rates(model.arrivals, model.first_arrival, model.as_of, model.time_zone, months) f;
    -- days from as_of on which the months begin
    SELECT array_agg(greatest(extract(epoch FROM ((first_month + make_interval(months => n)) AT TIME ZONE model.time_zone) - model.as_of)::float8 / 86400, 0) ORDER BY n)
      INTO cuts FROM generate_series(0, months) n;
    FOR k IN 1 .. windows LOOP
        step := k;
        growth := exp(model.deal_growth * (ends[k] + ends[k + 1]) / 2 / 365.25);
        SELECT coalesce(sum(q * c.amount), 0), coalesce(sum(q * c.square - q * q * c.expected), 0), coalesce(sum(c.n * ln(greatest(1 - q, 1e-12))), 0), coalesce(sum(q * c.n), 0)
          INTO open_mean, open_variance, open_log_none, open_deals
          FROM (SELECT u.*, least(u.p * greatest(jorge.curve_at(model.won_by, u.age + ends[k + 1]) - jorge.curve_at(model.won_by, u.age + ends[k]), 0)
                                  / greatest(1 - jorge.curve_at(model.won_by, u.age), 1e-9), 1) AS q
                  FROM unnest(model.age, model.probability, model.deals, model.amount, model.amount_squared, model.expected_squared) u(age, p, n, amount, square, expected)) c;
        open_mean := open_mean * growth;
        open_variance := open_variance * growth ^ 2;
        each := model.deal * growth;
        each_squared := each ^ 2 * (1 + model.deal_spread ^ 2);
        -- of the leads of each month to come, how many are won within the window: the mean over the days they arrive on
        SELECT sum(rate[j] * w.length * w.won) AS won, sum(rate[j] * w.arrived) AS leads,
               sum(rate_sd[j] * w.length * w.won) AS common, sum(rate_sd[j] * w.arrived) AS leads_common,
               sqrt(sum((noise[j] * w.length * w.won) ^ 2)) AS single, sqrt(sum((noise[j] * w.arrived) ^ 2)) AS leads_single
          INTO s
          FROM generate_series(1, months) j,
               LATERAL (SELECT sum(jorge.curve_at(model.won_by, ends[k + 1] - (cuts[j] + (i - 0.5) * length / slices))
                                   - jorge.curve_at(model.won_by, ends[k] - (cuts[j] + (i - 0.5) * length / slices))) / slices AS won,
                               length, greatest(least(ends[k + 1], cuts[j + 1]) - greatest(ends[k], cuts[j]), 0) AS arrived
                          FROM (SELECT cuts[j + 1] - cuts[j] AS length, greatest(ceil(cuts[j + 1] - cuts[j]), 1)::integer AS slices) l,
                               generate_series(1, slices) i
                         GROUP BY length, slices) w;
        from_open := open_mean;
        from_new := s.won * model.conversion * each;
        expected := from_open + from_new;
        deals := open_deals + s.won * model.conversion;
        leads := s.leads;
        leads_sd := sqrt(s.leads + s.leads_common ^ 2 + s.leads_single ^ 2);
        -- chance of single deals, of how many leads arrive beyond chance, and of what conversion and value really are
        sd := sqrt(open_variance + s.won * model.conversion * each_squared + (s.common ^ 2 + s.single ^ 2) * (model.conversion * each) ^ 2
                   + expected ^ 2 * (model.conversion_error ^ 2 + model.deal_error ^ 2));
        p_zero := exp(greatest(open_log_none - s.won * model.conversion, -700));
        RETURN NEXT;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.revenue_between(jorge.revenue_model, timestamptz[]) IS
    'What is to come within windows of time: expected revenue, its standard deviation and the probability p_zero that there is none at all, the parts of deals open now and of leads still to arrive, deals won, leads arriving and their standard deviation. No rows if the model has a note. ERROR 22023 for other edges than 2 to 1001 ascending times within ten years from as_of on.';

CREATE FUNCTION jorge.revenue_quantile(p double precision, mean double precision, sd double precision, p_zero double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    -- nothing with probability none, else a gamma distribution of the same mean and variance (Wilson and Hilferty's cube)
    SELECT CASE WHEN mean IS NULL OR sd IS NULL THEN NULL WHEN mean <= 0 OR p <= p_zero THEN 0 WHEN sd = 0 THEN mean
                ELSE greatest(m * (1 - v / 9 + jorge.normal_quantile((p - p_zero) / (1 - p_zero)) * sqrt(v) / 3) ^ 3, 0) END
      FROM (SELECT m, least(greatest(((sd ^ 2 + mean ^ 2) / (1 - p_zero)) / m ^ 2 - 1, 1e-12), 4) AS v FROM (SELECT mean / (1 - p_zero) AS m) a) b
$fn$;
COMMENT ON FUNCTION jorge.revenue_quantile(double precision, double precision, double precision, double precision) IS
    'Quantile of a revenue with a mean, a standard deviation and a probability of being nothing at all: a gamma distribution beside that.';

CREATE FUNCTION jorge.revenue_reaches(goal double precision, mean double precision, sd double precision, p_zero double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE WHEN goal IS NULL OR mean IS NULL OR sd IS NULL THEN NULL WHEN goal <= 0 THEN 1 WHEN mean <= 0 THEN 0 WHEN sd = 0 THEN (mean >= goal)::integer
                ELSE (1 - p_zero) * (1 - jorge.normal_cdf(((goal / m) ^ (1 / 3.0) - 1 + v / 9) * 3 / sqrt(v))) END
      FROM (SELECT m, least(greatest(((sd ^ 2 + mean ^ 2) / (1 - p_zero)) / m ^ 2 - 1, 1e-12), 4) AS v FROM (SELECT mean / (1 - p_zero) AS m) a) b
$fn$;
COMMENT ON FUNCTION jorge.revenue_reaches(double precision, double precision, double precision, double precision) IS
    'Probability that a revenue is at least goal: the same distribution as jorge.revenue_quantile(), read the other way round.';

CREATE FUNCTION jorge.forecast_revenue_query(query text, months_ahead integer DEFAULT 6, as_of timestamptz DEFAULT now(), time_zone text DEFAULT 'UTC',
                                             months integer DEFAULT 24)
    RETURNS TABLE (month date, step integer, expected numeric, lo80 numeric, hi80 numeric, lo95 numeric, hi95 numeric, from_open numeric, from_new numeric,
                   realised numeric, deals double precision, leads double precision, note text)
    LANGUAGE plpgsql STABLE COST 100000 ROWS 6
    SET jit = off
AS $fn$
DECLARE
    model jorge.revenue_model;
    in_month numeric;
    month_began timestamptz := date_trunc('month', as_of AT TIME ZONE time_zone) AT TIME ZONE time_zone;
BEGIN
    IF months_ahead IS NULL OR months_ahead NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION 'months_ahead is 1 to 60' USING ERRCODE = 'invalid_parameter_value', HINT = 'The first month is the one that as_of lies in.';
    END IF;
    model := jorge.revenue_fit(query, as_of, time_zone, months);
    EXECUTE format('SELECT coalesce(sum(CASE WHEN abs(d.revenue::float8) < 1e12 THEN d.revenue::numeric END), 0) FROM (%s) d WHERE d.won AND d.ended_at >= $1 AND d.ended_at <= $2', query) INTO in_month USING month_began, as_of;
    RETURN QUERY SELECT * FROM jorge.revenue_months(model, months_ahead, in_month);
END
$fn$;
COMMENT ON FUNCTION jorge.forecast_revenue_query(text, integer, timestamptz, text, integer) IS
    'Revenue of the month that as_of lies in and of the following, months_ahead (1 to 60) in all, from a SELECT of a row a lead as jorge.revenue_fit() takes it. expected = realised (of the first month) + from_open (deals open now) + from_new (leads still to arrive); bounds of the 80 % and 95 % intervals; deals and leads expected. One row with a note where there is not enough data.';

CREATE FUNCTION jorge.revenue_months(model jorge.revenue_model, months_ahead integer, realised numeric)
    RETURNS TABLE (month date, step integer, expected numeric, lo80 numeric, hi80 numeric, lo95 numeric, hi95 numeric, from_open numeric, from_new numeric,
                   realised_so_far numeric, deals double precision, leads double precision, note text)
    LANGUAGE sql STABLE COST 100000 ROWS 6
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT (date_trunc('month', model.as_of AT TIME ZONE model.time_zone) + make_interval(months => b.step - 1))::date, b.step,
           round((b.expected)::numeric, 2) + r.so_far,
           round(jorge.revenue_quantile(0.1, b.expected, b.sd, b.p_zero)::numeric, 2) + r.so_far, round(jorge.revenue_quantile(0.9, b.expected, b.sd, b.p_zero)::numeric, 2) + r.so_far,
           round(jorge.revenue_quantile(0.025, b.expected, b.sd, b.p_zero)::numeric, 2) + r.so_far, round(jorge.revenue_quantile(0.975, b.expected, b.sd, b.p_zero)::numeric, 2) + r.so_far,
           round(b.from_open::numeric, 2), round(b.expected::numeric, 2) - round(b.from_open::numeric, 2), r.so_far, b.deals, b.leads, NULL
      FROM (SELECT array_agg(greatest((date_trunc('month', model.as_of AT TIME ZONE model.time_zone) + make_interval(months => n)) AT TIME ZONE model.time_zone, model.as_of)
                             ORDER BY n) AS edges FROM generate_series(0, months_ahead) n) e,
           jorge.revenue_between(model, e.edges) b, LATERAL (SELECT CASE WHEN b.step = 1 THEN round(realised, 2) ELSE 0 END AS so_far) r
    UNION ALL
    SELECT date_trunc('month', model.as_of AT TIME ZONE model.time_zone)::date, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, round(realised, 2), NULL, NULL, model.note
     WHERE model.note IS NOT NULL
     ORDER BY 2
$fn$;
COMMENT ON FUNCTION jorge.revenue_months(jorge.revenue_model, integer, numeric) IS
    'The months of jorge.forecast_revenue_query() from a model; realised is what the month of as_of has brought until then.';

CREATE FUNCTION jorge.deal_probability(model jorge.revenue_model, age double precision, probability double precision DEFAULT NULL, probability_age double precision DEFAULT 0,
                                       within double precision DEFAULT NULL) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 200
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE WHEN model.note IS NOT NULL OR age IS NULL THEN NULL
                ELSE p * CASE WHEN within IS NULL THEN 1 WHEN within <= 0 THEN 0
                              ELSE least(greatest(jorge.curve_at(model.won_by, age + within) - jorge.curve_at(model.won_by, age), 0)
                                         / greatest(1 - jorge.curve_at(model.won_by, age), 1e-9), 1) END END
      FROM (SELECT jorge.expit(l + ln(greatest(1 - jorge.curve_at(model.won_by, age), 1e-9) / greatest(1 - jorge.curve_at(model.won_by, s), 1e-9))
                           - ln(greatest(1 - jorge.curve_at(model.lost_by, age), 1e-9) / greatest(1 - jorge.curve_at(model.lost_by, s), 1e-9))) AS p
              FROM (SELECT CASE WHEN probability IS NULL THEN ln(model.conversion / greatest(1 - model.conversion, 1e-9))
                                ELSE model.calibration[1] + model.calibration[2] * ln(least(greatest(probability, 0.0005), 0.9995) / (1 - least(greatest(probability, 0.0005), 0.9995))) END AS l,
                           CASE WHEN probability IS NULL THEN 0 ELSE least(greatest(coalesce(probability_age, 0), 0), age) END AS s) g) o
$fn$;
COMMENT ON FUNCTION jorge.deal_probability(jorge.revenue_model, double precision, double precision, double precision, double precision) IS
    'Probability that a deal open at an age (days) is won within so many days (NULL = ever): the given probability, calibrated, as of probability_age, and what having stayed open since then says. Without a probability, that of any lead. NULL if the model has a note.';

CREATE FUNCTION jorge.close_times(durations jorge.tally, horizon double precision DEFAULT 365, level double precision DEFAULT 0.95,
                                  OUT leads bigint, OUT won bigint, OUT open bigint, OUT win_rate double precision, OUT win_rate_lower double precision, OUT win_rate_upper double precision,
                                  OUT median_days double precision, OUT median_lower double precision, OUT median_upper double precision,
                                  OUT mean_days double precision, OUT mean_lower double precision, OUT mean_upper double precision)
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20000
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    c record;
    z float8;
    square float8;
BEGIN
    IF level <= 0 OR level >= 1 OR horizon <= 0 OR horizon = 'NaN' OR level = 'NaN' THEN
        RAISE EXCEPTION 'level lies between 0 and 1 and the horizon above 0' USING ERRCODE = 'invalid_parameter_value', HINT = 'For example 0.95 and 365 (days).';
    END IF;
    z := jorge.normal_quantile((1 + level) / 2);
    SELECT max(w.at_risk), sum(w.events), sum(w.censored) INTO leads, won, open FROM jorge.survival_curve(durations, 1) w;
    IF coalesce(won, 0) < 1 THEN
        RETURN;
    END IF;
    SELECT * INTO c FROM jorge.close_curves(durations);
    win_rate := least(c.conversion, 1);
    SELECT lower, upper INTO win_rate_lower, win_rate_upper FROM jorge.wilson_interval(won::float8, greatest(won / win_rate, won), level) AS w(lower, upper);
    median_days := jorge.curve_reaches(c.won_by, 0.5);
    -- the curve's own error, as that of a share of the won
    median_lower := jorge.curve_reaches(c.won_by, 0.5 - z * 0.5 / sqrt(won));
    median_upper := CASE WHEN won > z * z THEN jorge.curve_reaches(c.won_by, 0.5 + z * 0.5 / sqrt(won)) END;
    SELECT sum(s), 2 * sum((n - 0.5) * s) INTO mean_days, square
      FROM (SELECT n, (1 - (jorge.curve_at(c.won_by, n - 1) + jorge.curve_at(c.won_by, n)) / 2) AS s FROM generate_series(1, ceil(horizon)::integer) n) d;
    mean_lower := greatest(mean_days - z * sqrt(greatest(square - mean_days ^ 2, 0) / won), 0);
    mean_upper := mean_days + z * sqrt(greatest(square - mean_days ^ 2, 0) / won);
END
$fn$;
COMMENT ON FUNCTION jorge.close_times(jorge.tally, double precision, double precision) IS
    'How many leads are won and how long that takes, from whole days (0 open, 1 won, 2 lost), open leads counted for what they say: share won with Wilson''s limits; of those won the median time, and the mean time up to the horizon (say it whenever you quote the mean), with limits. NULL where nothing was won; no upper limit of the median below four won.';

CREATE FUNCTION jorge.curve_reaches(curve double precision[], share double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT CASE WHEN share <= 0 THEN 0 ELSE
        (SELECT n - 2 + (share - curve[n - 1]) / (curve[n] - curve[n - 1]) FROM generate_series(2, cardinality(curve)) n
          WHERE curve[n] >= share AND curve[n - 1] < share ORDER BY n LIMIT 1) END
$fn$;
COMMENT ON FUNCTION jorge.curve_reaches(double precision[], double precision) IS 'Where a rising curve given at 0, 1, 2 ... reaches a share; NULL if it does not.';
