-- What-if for stored leads, and what an agent can do that would lift a lead most.

CREATE OR REPLACE FUNCTION jorge.lead_what_if(lead_id uuid, changes jsonb, location_id text DEFAULT jorge.current_location(),
        OUT score_before float8, OUT score_after float8, OUT difference float8, OUT class_before text, OUT class_after text,
        OUT moved jsonb, OUT unused text[])
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    SELECT w.* INTO score_before, score_after, difference, class_before, class_after, moved, unused
      FROM jorge.lead_what_if(jorge.stored_lead($1, $3), $2) w;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_what_if(uuid, jsonb, text) IS 'jorge.lead_what_if() of a stored lead. An association the model learned, not a promise of cause and effect. ERROR P0002 if there is no such lead.';

DO $do$
BEGIN
    IF to_regclass('jorge.lever') IS NULL THEN
        CREATE TABLE jorge.lever (
            location_id  text NOT NULL,
            name         text NOT NULL,
            label        text NOT NULL,
            action       text NOT NULL,
            applies_when jsonb NOT NULL DEFAULT '{}',
            changes      jsonb NOT NULL,
            active       boolean NOT NULL DEFAULT true,
            PRIMARY KEY (location_id, name)
        );
        INSERT INTO jorge.lever (location_id, name, label, action, applies_when, changes) VALUES
            ('*', 'answer', 'we answer within minutes', 'Answer now', '{"first_response_hours": null}', '{"first_response_hours": 0.1}'),
            ('*', 'pre_approval', 'gets pre-approved', 'Ask: are you pre-approved? If not, introduce a lender', '{"not": {"side": "seller"}, "any": [{"financing_readiness": null}, {"financing_readiness": {"<": 0.85}}]}', '{"financing_readiness": 0.9}'),
            ('*', 'timeline', 'wants to move within a month', 'Ask: when do you want to move?', '{"any": [{"timeline_urgency": null}, {"timeline_urgency": {"<": 0.8}}]}', '{"timeline_urgency": 0.8}'),
            ('*', 'budget', 'names a budget of $500k', 'Ask: what price range are you comfortable with?', '{"budget_midpoint": null, "not": {"side": "seller"}}', '{"budget_midpoint": 500000}'),
            ('*', 'price', 'names a price of $500k', 'Ask: what price do you have in mind?', '{"budget_midpoint": null, "side": "seller"}', '{"budget_midpoint": 500000}'),
            ('*', 'exact_budget', 'makes the budget exact', 'Ask: what is the most you want to spend?', '{"budget_midpoint": {"known": true}, "budget_specificity": {"<": 0.8}}', '{"budget_specificity": 1, "has_specific_budget": 1, "budget_range": 0}'),
            ('*', 'area', 'names the area', 'Ask: which part of town?', '{"any": [{"location_specificity": null}, {"location_specificity": {"<": 0.5}}]}', '{"location_specificity": 0.7}'),
            ('*', 'reply', 'replies within the hour', 'Ask something that is easy to answer', '{"response_time_hours": null}', '{"inbound": {"add": 1}, "interactions": {"add": 1}, "replies": 1, "reply_seconds": 3600}'),
            ('*', 'call', 'has a call with us', 'Call', '{"stopped": false}', '{"calls": {"add": 1}, "outbound": {"add": 1}, "interactions": {"add": 1}}'),
            ('*', 'visit', 'comes to a visit', 'Offer a showing or a valuation visit', '{"any": [{"visits": null}, {"visits": {"<": 3}}]}', '{"visits": {"add": 1}, "inbound": {"add": 1}, "interactions": {"add": 1}}');
        GRANT SELECT ON jorge.lever TO PUBLIC;
    END IF;
END
$do$;
COMMENT ON TABLE jorge.lever IS 'What an agent can influence about a lead. A location''s own row stands in for the shared one ("*") of the same name.';
COMMENT ON COLUMN jorge.lever.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.lever.name IS 'Name of the lever.';
COMMENT ON COLUMN jorge.lever.label IS 'What would then be so, as said of the lead.';
COMMENT ON COLUMN jorge.lever.action IS 'What to do or to ask.';
COMMENT ON COLUMN jorge.lever.applies_when IS 'Condition over the names of jorge.fact; see jorge.condition_met().';
COMMENT ON COLUMN jorge.lever.changes IS 'What changes, as in jorge.lead_what_if(record, jsonb).';
COMMENT ON COLUMN jorge.lever.active IS 'false = not considered.';
CREATE OR REPLACE TRIGGER check_rule BEFORE INSERT OR UPDATE ON jorge.lever
    FOR EACH ROW EXECUTE FUNCTION jorge.check_rule('applies_when');
COMMENT ON TRIGGER check_rule ON jorge.lever IS 'Refuses a condition that could never be meant.';

CREATE OR REPLACE FUNCTION jorge.lead_best_change(lead record, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (rank integer, lever text, label text, action text, points float8, score_before float8, score_after float8, class_after text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    f jorge.features := jorge.lead_features(lead);
    facts jsonb := jorge.lead_facts(lead, f, jorge.served_score(lead, f, $2), $2);
BEGIN
    RETURN QUERY
    SELECT (row_number() OVER (ORDER BY w.difference DESC, r.name))::integer, r.name, r.label, r.action, w.difference, w.score_before, w.score_after, w.class_after
      FROM (SELECT DISTINCT ON (x.name) x.* FROM jorge.lever x WHERE x.location_id IN ($2, '*') ORDER BY x.name, x.location_id = '*') r,
           LATERAL jorge.lead_what_if(lead, CASE WHEN r.active AND jorge.condition_met(r.applies_when, facts) THEN r.changes END) w
     WHERE w.difference > 0
     ORDER BY 1;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_best_change(record, text) IS
    'What an agent can influence (jorge.lever) and would lift a row''s score, the most first: points = score points gained by itself alone. The model learned which leads close, not what makes them close: a lead that is pre-approved differs in more than that. Read it as what to find out first, not as a promise. Errors as jorge.lead_what_if().';

CREATE OR REPLACE FUNCTION jorge.lead_best_change(lead_id uuid, location_id text DEFAULT jorge.current_location())
    RETURNS TABLE (rank integer, lever text, label text, action text, points float8, score_before float8, score_after float8, class_after text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN QUERY SELECT b.* FROM jorge.lead_best_change(jorge.stored_lead($1, $2), $2) b;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_best_change(uuid, text) IS 'jorge.lead_best_change() of a stored lead. An association, not cause and effect. ERROR P0002 if there is no such lead.';
