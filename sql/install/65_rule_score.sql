-- The rule-based score: readable points, always available, no model needed.

DO $do$
BEGIN
    IF to_regclass('jorge.rule_point') IS NULL THEN
        CREATE TABLE jorge.rule_point (
            location_id text NOT NULL,
            score       text NOT NULL CHECK (score IN ('frs', 'pcs')),
            label       text NOT NULL,
            condition   jsonb NOT NULL,
            points      float8 NOT NULL CHECK (points BETWEEN -100 AND 100),
            active      boolean NOT NULL DEFAULT true,
            PRIMARY KEY (location_id, score, label)
        );
        INSERT INTO jorge.rule_point (location_id, score, label, condition, points) VALUES
            ('*', 'frs', 'pays cash', '{"financing_readiness": {">=": 0.95}, "not": {"side": "seller"}}', 55),
            ('*', 'frs', 'is pre-approved', '{"financing_readiness": {">=": 0.85, "<": 0.95}, "not": {"side": "seller"}}', 50),
            ('*', 'frs', 'is pre-qualified', '{"financing_readiness": {">=": 0.65, "<": 0.85}, "not": {"side": "seller"}}', 35),
            ('*', 'frs', 'talks of financing', '{"financing_readiness": {">=": 0.25, "<": 0.65}, "not": {"side": "seller"}}', 10),
            ('*', 'frs', 'gives an exact budget', '{"budget_specificity": {">=": 0.8}, "not": {"side": "seller"}}', 30),
            ('*', 'frs', 'gives a budget', '{"budget_specificity": {"<": 0.8}, "budget_midpoint": {"known": true}, "not": {"side": "seller"}}', 18),
            ('*', 'frs', 'the budget buys something here', '{"budget_midpoint": {">=": 250000}, "not": {"side": "seller"}}', 15),
            ('*', 'frs', 'owns what is to be sold', '{"side": "seller"}', 30),
            ('*', 'frs', 'names an exact price', '{"budget_specificity": {">=": 0.8}, "side": "seller"}', 40),
            ('*', 'frs', 'has a price in mind', '{"budget_specificity": {"<": 0.8}, "budget_midpoint": {"known": true}, "side": "seller"}', 25),
            ('*', 'frs', 'says where the property is', '{"location_specificity": {">=": 0.5}, "side": "seller"}', 30),
            ('*', 'pcs', 'wants to move now', '{"timeline_urgency": {">=": 0.85}}', 30),
            ('*', 'pcs', 'wants to move within weeks', '{"timeline_urgency": {">=": 0.7, "<": 0.85}}', 24),
            ('*', 'pcs', 'wants to move within months', '{"timeline_urgency": {">=": 0.4, "<": 0.7}}', 14),
            ('*', 'pcs', 'wants to move some day', '{"timeline_urgency": {"<": 0.4}}', 4),
            ('*', 'pcs', 'wants to act', '{"message_intent": {">=": 0.7}}', 20),
            ('*', 'pcs', 'is interested', '{"message_intent": {">=": 0.3, "<": 0.7}}', 10),
            ('*', 'pcs', 'replies within an hour', '{"response_time_hours": {"<=": 1}}', 15),
            ('*', 'pcs', 'replies within a day', '{"response_time_hours": {">": 1, "<=": 24}}', 10),
            ('*', 'pcs', 'replies late', '{"response_time_hours": {">": 24}}', 5),
            ('*', 'pcs', 'has come to a visit', '{"visits": {">=": 1}}', 15),
            ('*', 'pcs', 'is in conversation', '{"num_interactions": {">=": 6}, "inbound_share": {">=": 0.3}}', 10),
            ('*', 'pcs', 'knows the area', '{"location_specificity": {">=": 0.5}}', 10),
            ('*', 'pcs', 'several objections', '{"objections": {">=": 2}}', -5),
            ('*', 'pcs', 'negative tone', '{"sentiment_score": {"<=": -0.3}}', -10);
        GRANT SELECT ON jorge.rule_point TO PUBLIC;
    END IF;
END
$do$;
COMMENT ON TABLE jorge.rule_point IS 'Points of the rule-based score: financial readiness (frs) and psychological commitment (pcs). A location''s own row stands in for the shared one ("*") of the same score and label.';
COMMENT ON COLUMN jorge.rule_point.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.rule_point.score IS 'frs or pcs.';
COMMENT ON COLUMN jorge.rule_point.label IS 'What earns the points, as said of the lead.';
COMMENT ON COLUMN jorge.rule_point.condition IS 'When they are earned: a condition over the names of jorge.fact that are for_points; see jorge.condition_met().';
COMMENT ON COLUMN jorge.rule_point.points IS 'Points; each score is the sum, kept within 0 ... 100.';
COMMENT ON COLUMN jorge.rule_point.active IS 'false = never earned.';
CREATE OR REPLACE TRIGGER check_rule BEFORE INSERT OR UPDATE ON jorge.rule_point
    FOR EACH ROW EXECUTE FUNCTION jorge.check_rule('condition');
COMMENT ON TRIGGER check_rule ON jorge.rule_point IS 'Refuses a condition that could never be meant.';

CREATE OR REPLACE FUNCTION jorge.rule_score(f jorge.features, location_id text DEFAULT jorge.current_location(),
                                            OUT frs float8, OUT pcs float8, OUT score float8, OUT class text, OUT temperature text, OUT points jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    facts jsonb := jorge.feature_facts(f);
BEGIN
    SELECT least(greatest(coalesce(sum(r.points) FILTER (WHERE r.score = 'frs'), 0), 0), 100),
           least(greatest(coalesce(sum(r.points) FILTER (WHERE r.score = 'pcs'), 0), 0), 100),
           coalesce(jsonb_agg(jsonb_build_object('score', r.score, 'label', r.label, 'points', r.points) ORDER BY abs(r.points) DESC, r.label), '[]')
      INTO frs, pcs, points
      FROM (SELECT DISTINCT ON (x.score, x.label) x.* FROM jorge.rule_point x
             WHERE x.location_id IN ($2, '*') ORDER BY x.score, x.label, x.location_id = '*') r
     WHERE r.active AND jorge.condition_met(r.condition, facts);
    score := (frs + pcs) / 2;
    class := jorge.lead_class(score / 100);
    temperature := lower(class);
END
$fn$;
COMMENT ON FUNCTION jorge.rule_score(jorge.features, text) IS
    'The rule-based score of features: frs (financial readiness) and pcs (psychological commitment), each the sum of its points in jorge.rule_point kept within 0 ... 100; score = their mean; class and temperature (hot, warm, cold) by the same thresholds as the model''s; points = the rows that gave points, the most first. No model is needed. Points, not a calibrated probability.';

CREATE OR REPLACE FUNCTION jorge.rule_score(lead record, location_id text DEFAULT jorge.current_location(),
                                            OUT frs float8, OUT pcs float8, OUT score float8, OUT class text, OUT temperature text, OUT points jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    SELECT r.* INTO frs, pcs, score, class, temperature, points FROM jorge.rule_score(jorge.lead_features(lead), $2) r;
END
$fn$;
COMMENT ON FUNCTION jorge.rule_score(record, text) IS 'jorge.rule_score() of the features of any row.';

CREATE OR REPLACE FUNCTION jorge.served_score(lead record, f jorge.features, location_id text DEFAULT jorge.current_location(),
        OUT probability float8, OUT score float8, OUT class text, OUT confidence float8, OUT lower float8, OUT upper float8, OUT model text, OUT rule_score jsonb)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rules jsonb := to_jsonb(r) FROM jorge.rule_score(f, $3) r;
BEGIN
    rule_score := rules - 'class';
    BEGIN
        SELECT s.* INTO probability, score, class, confidence, lower, upper, model FROM jorge.score(lead) s;
    EXCEPTION WHEN undefined_object OR undefined_column OR object_not_in_prerequisite_state THEN
        -- no model, or one that can't serve; a row that can't be read is the caller's error
        IF SQLSTATE = '42703' AND SQLERRM NOT LIKE 'model %' THEN
            RAISE;
        END IF;
        score := rules ->> 'score';
        probability := score / 100;
        class := rules ->> 'class';
        model := 'rules';
    END;
END
$fn$;
COMMENT ON FUNCTION jorge.served_score(record, jorge.features, text) IS
    'jorge.score() of a row, and jorge.rule_score() of its features beside it. Where no model can serve, the rules answer: model "rules", probability = score / 100, no confidence, no interval.';

CREATE OR REPLACE FUNCTION jorge.explain_by_rules(rule_score jsonb, n integer, OUT top_signals jsonb, OUT explanation text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT coalesce(jsonb_agg(jsonb_build_object('signal', p ->> 'score', 'text', p ->> 'label', 'points', p -> 'points',
                                                 'points_text', to_char((p ->> 'points')::numeric, 'SGFM990') || ' points') ORDER BY i) FILTER (WHERE i <= n), '[]'),
           jorge.sentence((array_agg(p ->> 'label' ORDER BY i) FILTER (WHERE i <= 3 AND (p ->> 'points')::float8 >= 0)),
                          (array_agg(p ->> 'label' ORDER BY i) FILTER (WHERE i <= 3 AND (p ->> 'points')::float8 < 0)))
      FROM jsonb_array_elements(rule_score -> 'points') WITH ORDINALITY e(p, i)
$fn$;
COMMENT ON FUNCTION jorge.explain_by_rules(jsonb, integer) IS 'Signals and sentence of a rule-based score, from the rows that gave points (points of frs or pcs).';

CREATE OR REPLACE FUNCTION jorge.score_lift(bands text DEFAULT 'decile', location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (scorer text, band text, leads bigint, won bigint, conversion float8, lift float8, score_from float8, score_to float8)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF bands IS NULL OR bands NOT IN ('decile', 'class') THEN
        RAISE EXCEPTION 'unknown bands "%"', bands USING ERRCODE = 'invalid_parameter_value', HINT = 'Bands are decile or class.';
    END IF;
    RETURN QUERY
    WITH arrival AS MATERIALIZED (
        SELECT DISTINCT ON (p.lead_id) p.lead_id, l.outcome = 'won' AS is_won, p.model, p.probability, p.class, p.features
          FROM jorge.prediction p JOIN jorge.lead l ON l.location_id = p.location_id AND l.lead_id = p.lead_id
         WHERE p.location_id = $2 AND l.outcome IN ('won', 'lost') AND p.reason = 'inquiry'
         -- of one transaction's predictions the one that knew least: (features)[19] is num_interactions
         ORDER BY p.lead_id, p.at, p.features[19] NULLS FIRST, p.prediction_id
    ), scored AS (
        SELECT 'model' AS by, a.lead_id, a.is_won, 100 * a.probability AS points, a.class FROM arrival a WHERE a.model <> 'rules'
        UNION ALL
        SELECT 'rules', a.lead_id, a.is_won, r.score, r.class FROM arrival a, LATERAL jorge.rule_score(jorge.features_from_vector(a.features), $2) r
    ), banded AS (
        SELECT s.*, CASE WHEN bands = 'class' THEN s.class ELSE to_char(ntile(10) OVER (PARTITION BY s.by ORDER BY s.points DESC, s.lead_id), 'FM00') END AS of_band FROM scored s
    )
    SELECT b.by, b.of_band, count(*), count(*) FILTER (WHERE b.is_won), avg(b.is_won::integer)::float8,
           (avg(b.is_won::integer) / nullif(sum(count(*) FILTER (WHERE b.is_won)) OVER w / sum(count(*)) OVER w, 0))::float8, min(b.points), max(b.points)
      FROM banded b GROUP BY b.by, b.of_band WINDOW w AS (PARTITION BY b.by)
     ORDER BY b.by, max(b.points) DESC, b.of_band;
END
$fn$;
COMMENT ON FUNCTION jorge.score_lift(text, text) IS
    'Does the score sort leads, and the model better than the rules? Leads with an outcome, by deciles of score (01 = the tenth with the highest) or by class: leads, won, conversion = won / leads, lift = conversion / that of all leads. Point in time: model = the probability that jorge.prediction logged when the lead''s first inquiry was stored (for history loaded in bulk: what that inquiry told, before any conversation); rules = today''s rules on the features logged then, so both knew the same. A model that was trained on these leads has seen their outcomes: read its lift on leads that came later. Ties are cut by lead id. ERROR 22023 for other bands.';
