-- install(): the managed lead business, outside the extension's membership, so that it is the owner's

CREATE FUNCTION jorge.install_script() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $jorge_install_script$
SELECT $jorge_install$
--@install
$jorge_install$
$jorge_install_script$;
COMMENT ON FUNCTION jorge.install_script() IS 'The SQL that jorge.install() runs.';

CREATE FUNCTION jorge.default_model() RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $jorge_default_model$
SELECT $jorge_model$
--@default-model
$jorge_model$
$jorge_default_model$;
COMMENT ON FUNCTION jorge.default_model() IS 'The shipped model jorge_lead_scorer_v1 as XGBoost JSON (models/README.md says how it was made).';

CREATE FUNCTION jorge.default_model_metrics() RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $jorge_default_metrics$
SELECT $jorge_metrics$
--@default-metrics
$jorge_metrics$::jsonb
$jorge_default_metrics$;
COMMENT ON FUNCTION jorge.default_model_metrics() IS 'Metrics of the shipped model on leads it was not trained on.';

CREATE FUNCTION jorge.install() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning
    SET check_function_bodies = off
AS $install$
DECLARE
    own_functions text[] := '{}';
    definition text;
    owner name := (SELECT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = to_regclass('jorge.lead') AND NOT r.rolsuper);
BEGIN
    -- one installer at a time
    PERFORM pg_advisory_xact_lock(1785688679, 2048);

    IF owner <> current_user AND (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'the managed tables belong to "%", whose functions and triggers a superuser must not run', owner
            USING ERRCODE = 'insufficient_privilege', HINT = format('SET ROLE %I; SELECT jorge.install(); RESET ROLE', owner);
    END IF;

    -- policy functions that the owner has changed are kept
    IF to_regclass('jorge.shipped_function') IS NOT NULL THEN
        SELECT coalesce(array_agg(pg_get_functiondef(p.oid)), '{}') INTO own_functions
          FROM jorge.shipped_function s
          JOIN pg_class t ON t.oid = 'jorge.shipped_function'::regclass
          JOIN pg_proc p ON p.oid = to_regprocedure(s.signature) AND p.pronamespace = t.relnamespace AND p.proowner = t.relowner
         WHERE md5(p.prosrc) <> s.body_md5;
    END IF;

    EXECUTE jorge.install_script();

    INSERT INTO jorge.shipped_function (signature, body_md5)
    SELECT p.oid::regprocedure::text, md5(p.prosrc)
      FROM pg_proc p
     WHERE p.pronamespace = 'jorge'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    ON CONFLICT (signature) DO UPDATE SET body_md5 = EXCLUDED.body_md5;
    FOREACH definition IN ARRAY own_functions LOOP
        EXECUTE definition;
    END LOOP;

    UPDATE jorge.model SET forest = jorge.forest_from_ubj(ubj) WHERE forest IS NULL;
    IF NOT EXISTS (SELECT FROM jorge.model WHERE location_id = '*' AND name = 'jorge_lead_scorer') THEN
        PERFORM jorge.promote('jorge_lead_scorer',
                              jorge.register_model('jorge_lead_scorer', jorge.default_model()::jorge.forest,
                                                   jorge.default_model_metrics(), 'shipped with jorge'));
    END IF;

    PERFORM jorge.upkeep();
    PERFORM jorge.resolve_pending();
    -- deliveries that were stored while the trigger was absent
    PERFORM jorge.take_inbox(i.inbox_id, i.location_id)
       FROM (SELECT inbox_id, location_id FROM jorge.inbox WHERE state = 'new' AND NOT deferred ORDER BY received_at, inbox_id OFFSET 0) i;
    -- interactions that were stored while the trigger was absent
    PERFORM jorge.refold_lead(l.lead_id, l.location_id)
       FROM jorge.lead l JOIN (SELECT location_id, lead_id, count(*) AS stored FROM jorge.interaction GROUP BY 1, 2) i
         ON i.location_id = l.location_id AND i.lead_id = l.lead_id AND i.stored <> l.interactions;
END
$install$;
COMMENT ON FUNCTION jorge.install() IS
    'Makes or completes the managed lead business: tables, policies, triggers, policy functions, the default model. Safe to repeat; keeps every row and every policy function its owner has changed. Also what puts columns, triggers and policies back after DROP EXTENSION ... CASCADE and CREATE EXTENSION; inquiries and interactions that arrived meanwhile are taken in.';
REVOKE ALL ON FUNCTION jorge.install() FROM PUBLIC;
