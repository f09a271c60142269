-- Rules of tables that are newer than the table: CREATE TABLE IF NOT EXISTS gives them to new databases only.

CREATE OR REPLACE FUNCTION jorge.add_check(relation regclass, name text, condition text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = $1 AND c.conname = $2) THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s) NOT VALID', $1, $2, $3);
    BEGIN
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', $1, $2);
    EXCEPTION WHEN check_violation THEN
        RAISE WARNING 'rows of % are older than its rule %', $1, $2
            USING HINT = format('New rows keep it. Mend the old ones, then: ALTER TABLE %s VALIDATE CONSTRAINT %I.', $1, $2);
    END;
END
$fn$;
COMMENT ON FUNCTION jorge.add_check(regclass, text, text) IS 'Adds a CHECK to a table that lacks one of that name, also to one that is in use: new rows keep it, and where old ones don''t a WARNING says so. For jorge.install().';
REVOKE ALL ON FUNCTION jorge.add_check(regclass, text, text) FROM PUBLIC;
