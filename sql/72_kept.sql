-- kept: triggers for what is kept beside a lead

CREATE FUNCTION jorge.interaction_counted() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_interaction_counted';
COMMENT ON FUNCTION jorge.interaction_counted() IS
    'Trigger, once a statement: keeps jorge.lead_conversation, as the table''s owner. After UPDATE and DELETE it also folds the leads anew.';
REVOKE ALL ON FUNCTION jorge.interaction_counted() FROM PUBLIC;

CREATE FUNCTION jorge.outcome_noted() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_outcome_noted';
COMMENT ON FUNCTION jorge.outcome_noted() IS
    'Trigger: keeps the history of outcomes (jorge.lead_outcome), as the table''s owner.';
REVOKE ALL ON FUNCTION jorge.outcome_noted() FROM PUBLIC;
