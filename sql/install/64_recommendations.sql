-- Recommendations: rules as rows. A condition is data that plain code reads, so who may write a rule can make
-- nobody run anything.

DO $do$
BEGIN
    IF to_regclass('jorge.recommendation_rule') IS NULL THEN
        CREATE TABLE jorge.recommendation_rule (
            location_id text NOT NULL,
            name        text NOT NULL,
            priority    integer NOT NULL,
            condition   jsonb NOT NULL,
            action      text NOT NULL,
            reason      text NOT NULL,
            ends        boolean NOT NULL DEFAULT false,
            active      boolean NOT NULL DEFAULT true,
            PRIMARY KEY (location_id, name)
        );
        INSERT INTO jorge.recommendation_rule (location_id, name, priority, condition, action, reason, ends) VALUES
            ('*', 'leave_alone', 0, '{"stopped": true}', 'Do not contact', 'The latest message asks for no further contact', true),
            ('*', 'hot_follow_up', 10, '{"class": "HOT"}', 'Priority follow-up within 1 hour', 'The score of {score} is HOT', false),
            ('*', 'warm_follow_up', 10, '{"class": "WARM"}', 'Follow up today', 'The score of {score} is WARM', false),
            ('*', 'cold_follow_up', 40, '{"class": "COLD"}', 'Nurture: add to the follow-up sequence', 'The score of {score} is COLD', false),
            ('*', 'first_answer', 5, '{"first_response_hours": null, "num_interactions": 0, "class": ["WARM", "COLD"]}', 'Answer now', 'Nobody has answered this lead yet', false),
            ('*', 'senior_agent', 15, '{"class": "HOT"}', 'Assign to a senior agent', 'Hot leads are worth the most experienced hand', false),
            ('*', 'price_band', 20, '{"class": ["HOT", "WARM"], "budget_midpoint": {"known": true}, "not": {"side": "seller"}}', 'Show properties between {price_from} and {price_to}', 'The budget is {budget}', false),
            ('*', 'showing', 22, '{"class": ["HOT", "WARM"], "timeline_urgency": {">=": 0.7}, "visits": 0, "not": {"side": "seller"}}', 'Offer a showing this week', 'Wants to move soon and has seen nothing yet', false),
            ('*', 'valuation', 20, '{"class": ["HOT", "WARM"], "side": ["seller", "both"]}', 'Offer a valuation visit', 'Wants to sell', false),
            ('*', 'next_question', 25, '{"next_question": {"known": true}}', 'Ask: {next_question_asks}', 'Core questions still open: {open_questions}', false),
            ('*', 'which_side', 24, '{"side": null, "financing_readiness": null}', 'Ask: do you want to buy or to sell?', 'It is not known whether this is a buyer or a seller', false),
            ('*', 'lender', 30, '{"class": ["HOT", "WARM"], "financing_readiness": {"<": 0.65}, "not": {"side": "seller"}}', 'Introduce a lender', 'The financing is not settled', false),
            ('*', 'objections', 32, '{"objections": {">": 0}, "class": ["HOT", "WARM"]}', 'Prepare an answer to the objections raised', 'Objections stand between this lead and a deal', false),
            ('*', 'other_channel', 35, '{"first_response_hours": {"known": true}, "response_time_hours": null}', 'Try another channel: call', 'Our messages had no reply so far', false);
        GRANT SELECT ON jorge.recommendation_rule TO PUBLIC;
    END IF;
END
$do$;
COMMENT ON TABLE jorge.recommendation_rule IS 'What to do with which leads, and why. A location''s own row stands in for the shared one ("*") of the same name.';
COMMENT ON COLUMN jorge.recommendation_rule.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.recommendation_rule.name IS 'Name of the rule.';
COMMENT ON COLUMN jorge.recommendation_rule.priority IS 'Order, least first.';
COMMENT ON COLUMN jorge.recommendation_rule.condition IS 'When it applies: a condition over the names of jorge.fact, e.g. {"class": "HOT", "budget_quality": {">=": 0.5}}; see jorge.condition_met().';
COMMENT ON COLUMN jorge.recommendation_rule.action IS 'What to do. {name} puts a fact in, also {price_from}, {price_to} (90 % of the lower bound to 105 % of the upper bound of the budget), {budget}, {next_question_asks}.';
COMMENT ON COLUMN jorge.recommendation_rule.reason IS 'Why, with the same {name}s.';
COMMENT ON COLUMN jorge.recommendation_rule.ends IS 'true = where it applies, no rule of a later priority does.';
COMMENT ON COLUMN jorge.recommendation_rule.active IS 'false = never applies.';
CREATE OR REPLACE TRIGGER check_rule BEFORE INSERT OR UPDATE ON jorge.recommendation_rule
    FOR EACH ROW EXECUTE FUNCTION jorge.check_rule('condition');
COMMENT ON TRIGGER check_rule ON jorge.recommendation_rule IS 'Refuses a condition or a text that could never be meant.';

CREATE OR REPLACE FUNCTION jorge.fill_text(template text, facts jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    filled text := template;
    name text;
BEGIN
    FOR name IN SELECT DISTINCT m[1] FROM regexp_matches(template, '\{([^{}]*)\}', 'g') m LOOP
        filled := replace(filled, '{' || name || '}', coalesce(facts ->> name, '?'));
    END LOOP;
    RETURN filled;
END
$fn$;
COMMENT ON FUNCTION jorge.fill_text(text, jsonb) IS 'A text with facts put in for {name}; "?" for one that is not known.';

CREATE OR REPLACE FUNCTION jorge.recommendations(facts jsonb, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (priority integer, rule text, action text, reason text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    midpoint float8 := (facts ->> 'budget_midpoint')::float8;
    half float8 := coalesce((facts ->> 'budget_range')::float8, 0) / 2;
    known jsonb := facts || jsonb_build_object('price_from', jorge.money_text(0.9 * (midpoint - half)), 'price_to', jorge.money_text(1.05 * (midpoint + half)),
                                               'budget', CASE WHEN half > 0 THEN jorge.money_text(midpoint - half) || ' to ' || jorge.money_text(midpoint + half) ELSE jorge.money_text(midpoint) END);
BEGIN
    RETURN QUERY
    SELECT a.priority, a.name, jorge.fill_text(a.action, known), jorge.fill_text(a.reason, known)
      FROM (SELECT r.*, min(r.priority) FILTER (WHERE r.ends) OVER () AS last
              FROM (SELECT DISTINCT ON (x.name) x.* FROM jorge.recommendation_rule x
                     WHERE x.location_id IN ($2, '*') ORDER BY x.name, x.location_id = '*') r
             WHERE r.active AND jorge.condition_met(r.condition, facts)) a
     WHERE a.last IS NULL OR a.priority <= a.last
     ORDER BY a.priority, a.name;
END
$fn$;
COMMENT ON FUNCTION jorge.recommendations(jsonb, text) IS 'What the rules of jorge.recommendation_rule say to facts of a lead, most important first.';

CREATE OR REPLACE FUNCTION jorge.lead_recommendations(lead record, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (priority integer, rule text, action text, reason text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    f jorge.features := jorge.lead_features(lead);
BEGIN
    RETURN QUERY SELECT r.* FROM jorge.recommendations(jorge.lead_facts(lead, f, jorge.served_score(lead, f, $2), $2), $2) r;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_recommendations(record, text) IS 'What to do next with any row, most important first, each with its reason: the rules of jorge.recommendation_rule that apply.';

CREATE OR REPLACE FUNCTION jorge.lead_recommendations(lead_id uuid, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (priority integer, rule text, action text, reason text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN QUERY SELECT r.* FROM jorge.lead_recommendations(jorge.stored_lead($1, $2), $2) r;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_recommendations(uuid, text) IS 'jorge.lead_recommendations() of a stored lead. ERROR P0002 if there is none.';
