-- Facts of a lead: the names that conditions of rules may use, and the parts of a lead's quality.

CREATE OR REPLACE FUNCTION jorge.sub_scores(f jorge.features) RETURNS jorge.sub_scores
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT ROW(CASE WHEN f.budget_midpoint IS NOT NULL OR f.budget_specificity IS NOT NULL
                    THEN 0.6 * coalesce(f.budget_specificity, 0) + 0.4 * least(coalesce(f.budget_midpoint, 0) / 500000, 1) END,
               -- through text: 0.8 as a single is to stay 0.8
               f.timeline_urgency::text::float8, f.financing_readiness::text::float8, f.message_intent::text::float8)::jorge.sub_scores
$fn$;
COMMENT ON FUNCTION jorge.sub_scores(jorge.features) IS
    'Sub-scores from features, each 0 ... 1. budget_quality = 0.6 * budget_specificity + 0.4 * min(budget_midpoint / 500,000, 1), what is not known counting 0; NULL if neither is known. timeline_urgency, financing_readiness and message_intent are the features of that name, NULL where those are missing. Each grows, or stays, with what it is made of.';

CREATE OR REPLACE FUNCTION jorge.feature_facts(f jorge.features) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $fn$
    SELECT jsonb_strip_nulls((to_jsonb(f) - 'job_stability_score' - 'family_size_mentioned') || jsonb_build_object(
        'budget_quality', ((jorge.sub_scores(f)).budget_quality)::numeric,
        'side', CASE f.is_seller WHEN 0 THEN 'buyer' WHEN 0.5 THEN 'both' WHEN 1 THEN 'seller' END,
        'source', CASE WHEN f.source_ghl > 0 THEN 'ghl' WHEN f.source_zillow > 0 THEN 'zillow' WHEN f.source_realtor_com > 0 THEN 'realtor_com'
                       WHEN f.source_facebook > 0 THEN 'facebook' WHEN f.source_email > 0 THEN 'email' WHEN f.source_other > 0 THEN 'other' END))
$fn$;
COMMENT ON FUNCTION jorge.feature_facts(jorge.features) IS
    'Facts that features alone tell: the unprotected features that are known, budget_quality, side, source. See the view jorge.fact.';

CREATE OR REPLACE VIEW jorge.fact AS
    SELECT f.name, 'number'::text AS type, true AS for_points, f.description AS meaning FROM jorge.feature f WHERE NOT f.protected
    UNION ALL
    SELECT * FROM (VALUES
        ('budget_quality', 'number', true, 'Sub-score 0 ... 1, see jorge.sub_scores(); the other three are features'),
        ('side', 'text', true, 'buyer, seller or both'),
        ('source', 'text', true, 'First source: ghl, zillow, realtor_com, facebook, email or other'),
        ('score', 'number', false, '0 ... 100, of the model, or of the rules where no model answers'),
        ('probability', 'number', false, '0 ... 1'),
        ('class', 'text', false, 'HOT, WARM or COLD'),
        ('confidence', 'number', false, '0 ... 1, of the model'),
        ('frs', 'number', false, 'Financial readiness 0 ... 100, see jorge.rule_score()'),
        ('pcs', 'number', false, 'Psychological commitment 0 ... 100, see jorge.rule_score()'),
        ('temperature', 'text', false, 'hot, warm or cold, of the rules'),
        ('next_question', 'text', false, 'The next core question to ask, as in jorge.core_question.question; not known = none is open'),
        ('open_questions', 'number', false, 'Core questions without an answer'),
        ('stopped', 'boolean', false, 'true if the lead''s latest message asks for no further contact')) v(name, type, for_points, meaning);
COMMENT ON VIEW jorge.fact IS 'The names that conditions of recommendations, rule points and levers may use; a fact may be not known.';
COMMENT ON COLUMN jorge.fact.name IS 'Name in a condition; in braces, in the texts of a recommendation.';
COMMENT ON COLUMN jorge.fact.type IS 'number, text or boolean.';
COMMENT ON COLUMN jorge.fact.for_points IS 'May be used by jorge.rule_point, whose points some other facts are made of.';
COMMENT ON COLUMN jorge.fact.meaning IS 'What it says.';

CREATE OR REPLACE FUNCTION jorge.check_rule() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    known jsonb;
    written text;
    unknown text;
BEGIN
    SELECT jsonb_object_agg(name, type) INTO known FROM jorge.fact WHERE for_points OR TG_TABLE_NAME <> 'rule_point';
    PERFORM jorge.condition_check(to_jsonb(NEW) -> TG_ARGV[0], known);
    IF TG_TABLE_NAME = 'recommendation_rule' THEN
        known := known || '{"price_from": "text", "price_to": "text", "budget": "text", "next_question_asks": "text"}';
        written := (to_jsonb(NEW) ->> 'action') || (to_jsonb(NEW) ->> 'reason');
        SELECT string_agg(m[1], ', ') INTO unknown FROM regexp_matches(written, '\{([^{}]*)\}', 'g') m WHERE NOT known ? m[1];
        IF unknown IS NOT NULL THEN
            RAISE EXCEPTION 'there is no fact to put in: %', unknown USING ERRCODE = 'undefined_column',
                HINT = 'Texts may have {price_from}, {price_to}, {budget}, {next_question_asks} and the names of the view jorge.fact.';
        END IF;
    END IF;
    RETURN NEW;
END
$fn$;
COMMENT ON FUNCTION jorge.check_rule() IS
    'Trigger on tables of rules: refuses a condition over unknown facts or with values of the wrong type, and a text with an unknown {name}. ERROR 42703 or 22023.';
REVOKE ALL ON FUNCTION jorge.check_rule() FROM PUBLIC;

DO $do$
BEGIN
    -- made and filled once: what the owner changes or deletes stays so
    IF to_regclass('jorge.core_question') IS NULL THEN
        CREATE TABLE jorge.core_question (
            location_id   text NOT NULL,
            side          text NOT NULL CHECK (side IN ('buyer', 'seller')),
            question      text NOT NULL,
            "position"    integer NOT NULL,
            asks          text NOT NULL,
            answered_when jsonb,
            active        boolean NOT NULL DEFAULT true,
            PRIMARY KEY (location_id, side, question)
        );
        INSERT INTO jorge.core_question (location_id, side, question, "position", asks, answered_when) VALUES
            ('*', 'buyer', 'budget', 1, 'What price range are you comfortable with?', '{"budget_midpoint": {"known": true}}'),
            ('*', 'buyer', 'timeline', 2, 'When do you want to move?', '{"timeline_urgency": {"known": true}}'),
            ('*', 'buyer', 'financing', 3, 'Are you pre-approved, or paying cash?', '{"financing_readiness": {"known": true}}'),
            ('*', 'buyer', 'area', 4, 'Which part of town do you like?', '{"location_specificity": {">": 0}}'),
            ('*', 'seller', 'motivation', 1, 'What makes you want to sell?', NULL),
            ('*', 'seller', 'timeline', 2, 'When do you want to have sold?', '{"timeline_urgency": {"known": true}}'),
            ('*', 'seller', 'condition', 3, 'What condition is the property in: does it need work?', NULL),
            ('*', 'seller', 'price', 4, 'What price do you have in mind?', '{"budget_midpoint": {"known": true}}');
        GRANT SELECT ON jorge.core_question TO PUBLIC;
    END IF;
END
$do$;
COMMENT ON TABLE jorge.core_question IS 'The questions that qualify a lead, in the order to ask them. A location''s own row stands in for the shared one ("*") of the same side and question.';
COMMENT ON COLUMN jorge.core_question.location_id IS 'Tenant; "*" = all.';
COMMENT ON COLUMN jorge.core_question.side IS 'buyer or seller; who is both is asked the buyer''s first, who has not said is asked the buyer''s.';
COMMENT ON COLUMN jorge.core_question.question IS 'Short name.';
COMMENT ON COLUMN jorge.core_question."position" IS 'Order.';
COMMENT ON COLUMN jorge.core_question.asks IS 'The question as it is asked.';
COMMENT ON COLUMN jorge.core_question.answered_when IS 'Condition over facts that features tell (jorge.fact, for_points) under which it is answered; NULL = only a row of jorge.lead_answer answers it.';
COMMENT ON COLUMN jorge.core_question.active IS 'false = not asked.';
CREATE OR REPLACE TRIGGER check_rule BEFORE INSERT OR UPDATE ON jorge.core_question
    FOR EACH ROW WHEN (NEW.answered_when IS NOT NULL) EXECUTE FUNCTION jorge.check_rule('answered_when');
COMMENT ON TRIGGER check_rule ON jorge.core_question IS 'Refuses a condition that could never be meant.';

CREATE TABLE IF NOT EXISTS jorge.lead_answer (
    location_id text NOT NULL DEFAULT coalesce(nullif(current_setting('jorge.location_id', true), ''), 'main'),
    lead_id     uuid NOT NULL,
    question    text NOT NULL,
    answer      text NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, lead_id, question),
    FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead
);
COMMENT ON TABLE jorge.lead_answer IS 'Answers to core questions as somebody took them down. No score reads them; they keep a question from being asked again.';
COMMENT ON COLUMN jorge.lead_answer.location_id IS 'Tenant.';
COMMENT ON COLUMN jorge.lead_answer.lead_id IS 'The person.';
COMMENT ON COLUMN jorge.lead_answer.question IS 'As in jorge.core_question.';
COMMENT ON COLUMN jorge.lead_answer.answer IS 'What was said.';
COMMENT ON COLUMN jorge.lead_answer.answered_at IS 'When.';

CREATE OR REPLACE FUNCTION jorge.core_questions(f jorge.features, answered text[] DEFAULT '{}', location_id text DEFAULT jorge.current_location())
    RETURNS TABLE ("position" bigint, side text, question text, asks text, is_answered boolean)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    facts jsonb := jorge.feature_facts(f);
BEGIN
    RETURN QUERY
    SELECT row_number() OVER (ORDER BY q.side, q."position", q.question), q.side, q.question, q.asks,
           coalesce(q.question = ANY (answered), false) OR coalesce(jorge.condition_met(q.answered_when, facts), false)
      FROM (SELECT DISTINCT ON (c.side, c.question) c.* FROM jorge.core_question c
             WHERE c.location_id IN ($3, '*') ORDER BY c.side, c.question, c.location_id = '*') q
     WHERE q.active AND CASE f.is_seller WHEN 1 THEN q.side = 'seller' WHEN 0.5 THEN true ELSE q.side = 'buyer' END
     ORDER BY 1;
END
$fn$;
COMMENT ON FUNCTION jorge.core_questions(jorge.features, text[], text) IS
    'The core questions for a lead in the order to ask them, and whether features or the list of answered ones answer them.';

CREATE OR REPLACE FUNCTION jorge.lead_facts(lead record, f jorge.features, scored record, location_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    stored_id text := to_jsonb(lead) ->> 'lead_id';
    answered text[] := '{}';
    facts jsonb;
    latest text;
BEGIN
    -- a caller who may not read a table does without what it would have told
    IF stored_id IS NOT NULL AND has_table_privilege('jorge.lead_answer', 'SELECT') THEN
        SELECT coalesce(array_agg(a.question), '{}') INTO answered FROM jorge.lead_answer a WHERE a.location_id = $4 AND a.lead_id = stored_id::uuid;
    END IF;
    IF f.message_intent = 0 THEN
        latest := to_jsonb(lead) ->> 'message';
        IF stored_id IS NOT NULL AND has_table_privilege('jorge.interaction', 'SELECT') AND has_table_privilege('jorge.inquiry', 'SELECT')
           AND has_table_privilege('jorge.inquiry_lead', 'SELECT') THEN
            SELECT m.said INTO latest
              FROM (SELECT i.at, i.body AS said FROM jorge.interaction i
                     WHERE i.location_id = $4 AND i.lead_id = stored_id::uuid AND i.direction = 'in' AND i.body IS NOT NULL
                    UNION ALL
                    SELECT q.received_at, q.message FROM jorge.inquiry_lead il JOIN jorge.inquiry q USING (location_id, inquiry_id)
                     WHERE il.location_id = $4 AND il.lead_id = stored_id::uuid AND q.message IS NOT NULL) m
             ORDER BY m.at DESC LIMIT 1;
        END IF;
    END IF;
    SELECT jorge.feature_facts(f) || jsonb_strip_nulls(jsonb_build_object(
               'score', round(scored.score::numeric, 1), 'probability', scored.probability, 'class', scored.class, 'confidence', scored.confidence,
               'frs', scored.rule_score -> 'frs', 'pcs', scored.rule_score -> 'pcs', 'temperature', scored.rule_score -> 'temperature',
               'stopped', coalesce((jorge.text_signals(latest)).intent = 'stop', false),
               'open_questions', count(*) FILTER (WHERE NOT q.is_answered),
               'next_question', (array_agg(q.question ORDER BY q."position") FILTER (WHERE NOT q.is_answered))[1],
               'next_question_asks', (array_agg(q.asks ORDER BY q."position") FILTER (WHERE NOT q.is_answered))[1]))
      INTO facts
      FROM jorge.core_questions(f, answered, $4) q;
    RETURN facts;
END
$fn$;
COMMENT ON FUNCTION jorge.lead_facts(record, jorge.features, record, text) IS
    'All facts of a row (view jorge.fact) for the conditions of recommendations and levers, from its features and from what jorge.served_score() gave it.';
