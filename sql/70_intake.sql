-- intake: what the triggers of the managed tables run

CREATE FUNCTION jorge.announce_change() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_announce_change';
COMMENT ON FUNCTION jorge.announce_change() IS
    'Trigger: makes every backend forget what it has cached of the table once the change is committed.';
REVOKE ALL ON FUNCTION jorge.announce_change() FROM PUBLIC;

CREATE FUNCTION jorge.lexicon_changed() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_lexicon_changed';
COMMENT ON FUNCTION jorge.lexicon_changed() IS
    'Trigger on jorge.lexicon_extra: refuses words the scanner can''t use (ERROR 22023), then as jorge.announce_change().';
REVOKE ALL ON FUNCTION jorge.lexicon_changed() FROM PUBLIC;

CREATE FUNCTION jorge.inquiry_intake() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_inquiry_intake';
COMMENT ON FUNCTION jorge.inquiry_intake() IS
    'Trigger, once a statement: makes or finds the lead of each new inquiry by exact phone or e-mail, folds the inquiry into it, scores it and writes score, prediction and event, as the table''s owner. A failure of the scoring leaves the lead stored, a WARNING and a row in jorge.error.';
REVOKE ALL ON FUNCTION jorge.inquiry_intake() FROM PUBLIC;

CREATE FUNCTION jorge.interaction_intake() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_interaction_intake';
COMMENT ON FUNCTION jorge.interaction_intake() IS
    'Trigger, once a statement: folds new interactions into their leads (counters, text signals) and scores them anew.';
REVOKE ALL ON FUNCTION jorge.interaction_intake() FROM PUBLIC;

CREATE FUNCTION jorge.interaction_unseen() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_interaction_unseen';
COMMENT ON FUNCTION jorge.interaction_unseen() IS
    'Trigger: drops an interaction whose provider and provider_ref were stored before.';
REVOKE ALL ON FUNCTION jorge.interaction_unseen() FROM PUBLIC;

CREATE FUNCTION jorge.interaction_lead() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_interaction_lead';
COMMENT ON FUNCTION jorge.interaction_lead() IS
    'Trigger: gives an interaction to the lead that its lead_id means today (jorge.lead_alias); drops one with an erased person.';
REVOKE ALL ON FUNCTION jorge.interaction_lead() FROM PUBLIC;

CREATE FUNCTION jorge.lead_by_hand() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_lead_by_hand';
COMMENT ON FUNCTION jorge.lead_by_hand() IS
    'Trigger: takes a row inserted into jorge.lead in as an arrival (source: its first_source, else "lead"), found, merged and scored like any other; keeps a change of the columns up to listing_ref as an inquiry of the source "manual".';
REVOKE ALL ON FUNCTION jorge.lead_by_hand() FROM PUBLIC;

CREATE FUNCTION jorge.resolve_pending() RETURNS bigint
    LANGUAGE c VOLATILE
    AS 'MODULE_PATHNAME', 'jorge_resolve_pending';
COMMENT ON FUNCTION jorge.resolve_pending() IS
    'Takes in the inquiries that have no lead yet (they arrived while the extension or its trigger was absent), heeds what their messages say of being written to (jorge.forms_resolved), and returns their number. install() calls it.';
REVOKE ALL ON FUNCTION jorge.resolve_pending() FROM PUBLIC;

CREATE FUNCTION jorge.refold_lead(lead_id uuid, location_id text DEFAULT jorge.current_location()) RETURNS boolean
    LANGUAGE c VOLATILE STRICT
    AS 'MODULE_PATHNAME', 'jorge_refold_lead';
COMMENT ON FUNCTION jorge.refold_lead(uuid, text) IS
    'Makes the lead''s row anew from all its inquiries and interactions, with today''s words, and scores it. The result is the row the triggers keep; false if there is no such lead.';
REVOKE ALL ON FUNCTION jorge.refold_lead(uuid, text) FROM PUBLIC;
