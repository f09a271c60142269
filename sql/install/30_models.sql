-- The registry: immutable versions, and one row that says which serves.

CREATE OR REPLACE FUNCTION jorge.register_model(name text, forest jorge.forest, metrics jsonb DEFAULT '{}',
                                                notes text DEFAULT NULL, location_id text DEFAULT '*')
    RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    made integer;
BEGIN
    IF $1 IS NULL OR $1 !~ '^[A-Za-z0-9_.-]{1,63}$' OR $2 IS NULL THEN
        RAISE EXCEPTION 'a model needs a name of letters, digits, "_", "." and "-", and a forest' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example: SELECT jorge.register_model(''jorge_lead_scorer'', forest) FROM trained.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('jorge.model ' || $5 || ' ' || $1, 0));
    INSERT INTO jorge.model (location_id, name, version, ubj, forest, metrics, notes)
    SELECT $5, $1, coalesce(max(m.version), 0) + 1, jorge.forest_ubj($2), $2, coalesce($3, '{}'), $4
      FROM jorge.model m WHERE m.location_id = $5 AND m.name = $1
    RETURNING version INTO made;
    RETURN made;
END
$fn$;
COMMENT ON FUNCTION jorge.register_model(text, jorge.forest, jsonb, text, text) IS
    'Stores a forest as the next version of a model and returns the version. Nothing serves it before jorge.promote(). location_id "*" = shared by all tenants.';

CREATE OR REPLACE FUNCTION jorge.promote(name text, version integer, location_id text DEFAULT '*') RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF NOT EXISTS (SELECT FROM jorge.model m WHERE m.location_id = $3 AND m.name = $1 AND m.version = $2) THEN
        RAISE EXCEPTION 'model "%" has no version % in location "%"', $1, $2, $3
            USING ERRCODE = 'undefined_object',
                  HINT = 'See SELECT location_id, name, version FROM jorge.model.';
    END IF;
    INSERT INTO jorge.model_active AS a (location_id, name, version) VALUES ($3, $1, $2)
    ON CONFLICT ON CONSTRAINT model_active_pkey
    DO UPDATE SET version = EXCLUDED.version, activated_at = EXCLUDED.activated_at, activated_by = EXCLUDED.activated_by;
    INSERT INTO jorge.event (location_id, kind, model, reason)
    VALUES ($3, 'model_promoted', format('%s_v%s', $1, $2), 'promote');
END
$fn$;
COMMENT ON FUNCTION jorge.promote(text, integer, text) IS
    'Makes a registered version the one that serves, in this transaction. Roll back by promoting the earlier version, or by ROLLBACK.';
