-- advice: what-if, conditions of rules, the base value of explanations, sub-scores

CREATE FUNCTION jorge.base_value() RETURNS float8
    LANGUAGE c STABLE PARALLEL SAFE COST 2000
    AS 'MODULE_PATHNAME', 'jorge_base_value';
COMMENT ON FUNCTION jorge.base_value() IS
    'Base value of the model that serves, log-odds: what explanations start from. With the contributions of jorge.lead_reasons() it sums to the log-odds of jorge.lead_score(). ERROR 42704 if no model serves.';

CREATE FUNCTION jorge.lead_what_if(lead record, changes jsonb,
        OUT score_before float8, OUT score_after float8, OUT difference float8, OUT class_before text, OUT class_after text,
        OUT moved jsonb, OUT unused text[])
    LANGUAGE c STABLE STRICT PARALLEL SAFE COST 5000
    AS 'MODULE_PATHNAME', 'jorge_lead_what_if';
COMMENT ON FUNCTION jorge.lead_what_if(record, jsonb) IS
    'The score (0 ... 100) a row would have after some changes, by the model that serves. A key of changes is a column that leads are read from (all that follows from it follows), a feature of jorge.feature (with what is made of it), "message" (one more message of the lead), or another column of the row (listed in unused); a name that is both is the column; null = not known, {"add": n} = n more than now. moved: [{feature, value_before, value_after, contribution_before, contribution_after}], log-odds, largest change first. unused: what was changed to no effect because the model does not look at it. An association the model learned, not a promise of cause and effect. Errors: 42703 unknown key, with names that are close; 22023 wrong type; 22007 or 22008 unreadable time; 42704 no model serves.';

CREATE FUNCTION jorge.condition_met(condition jsonb, facts jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_condition_met';
COMMENT ON FUNCTION jorge.condition_met(jsonb, jsonb) IS
    'Does a rule''s condition hold for the facts of a lead (an object name: scalar)? {name: scalar} equal, null not known; {name: [..]} one of; {name: {">=": 1, "<": 2}} with =, <>, <, <=, >, >=, in, known; all members must hold; "all", "any": [conditions]; "not": condition. Of a fact that is not known only null and "known": false hold. Plain code over data: a condition can run nothing. ERROR 22023 if facts are no object.';

CREATE FUNCTION jorge.condition_check(condition jsonb, known jsonb) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
    AS 'MODULE_PATHNAME', 'jorge_condition_check';
COMMENT ON FUNCTION jorge.condition_check(jsonb, jsonb) IS
    'true for a condition over known facts ({name: "number", "text" or "boolean"}). Errors: 42703 a name that is no fact, with names that are close; 22023 an unknown operator or a value of the wrong type.';

CREATE TYPE jorge.sub_scores AS (
    budget_quality      float8,
    timeline_urgency    float8,
    financing_readiness float8,
    message_intent      float8
);
COMMENT ON TYPE jorge.sub_scores IS
    'Four parts of a lead''s quality, each 0 ... 1, NULL = nothing known of it: budget_quality, timeline_urgency, financing_readiness, message_intent. Made by jorge.sub_scores(jorge.features).';
