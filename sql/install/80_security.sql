-- Row security: a role that does not own the tables sees and writes its own tenant only. Nothing is granted
-- here; an owner grants tables to roles, e.g. GRANT INSERT ON jorge.inquiry TO website.

DO $do$
DECLARE
    relation text;
BEGIN
    -- every table of a tenant, partitions aside: they have no policy, rows are read through their parent
    FOR relation IN SELECT c.relname FROM pg_catalog.pg_class c
                      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = 'location_id' AND NOT a.attisdropped
                     WHERE c.relnamespace = 'jorge'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition LOOP
        EXECUTE format('ALTER TABLE jorge.%I ENABLE ROW LEVEL SECURITY', relation);
        EXECUTE format('DROP POLICY IF EXISTS tenant ON jorge.%I', relation);
        EXECUTE format('CREATE POLICY tenant ON jorge.%I USING (location_id = jorge.current_location())', relation);
        EXECUTE format('COMMENT ON POLICY tenant ON jorge.%I IS %L', relation, 'A role reads and writes its own location only.');
    END LOOP;
    FOREACH relation IN ARRAY ARRAY['core_question', 'endpoint', 'ensemble', 'ensemble_member', 'field_map', 'identity_stop', 'lead_reference', 'lever', 'mail_sender', 'model', 'model_active', 'model_event', 'model_gate', 'provider', 'recommendation_rule', 'reference_rate', 'rule_point', 'source', 'source_cost'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS shared ON jorge.%I', relation);
        EXECUTE format('CREATE POLICY shared ON jorge.%I FOR SELECT USING (location_id = ''*'')', relation);
        EXECUTE format('COMMENT ON POLICY shared ON jorge.%I IS %L', relation, 'What is shared is readable by every location.');
    END LOOP;
    FOR relation IN SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relispartition AND NOT c.relrowsecurity
                       AND c.relkind = 'r' AND c.relnamespace = 'jorge'::pg_catalog.regnamespace LOOP
        EXECUTE format('ALTER TABLE jorge.%I ENABLE ROW LEVEL SECURITY', relation);
    END LOOP;
END
$do$;

ALTER TABLE jorge.shipped_function ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS shared ON jorge.shipped_function;
CREATE POLICY shared ON jorge.shipped_function FOR SELECT USING (true);
COMMENT ON POLICY shared ON jorge.shipped_function IS 'What is shared is readable by every location; only jorge.install() writes it.';

REVOKE ALL ON FUNCTION jorge.add_month(regclass, date), jorge.upkeep(integer),
    jorge.load_synthetic_leads(integer, integer, float8) FROM PUBLIC;
