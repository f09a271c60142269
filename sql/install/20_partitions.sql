-- Monthly partitions. The default partition takes what no month takes, so no date can fail an insert;
-- jorge.upkeep() gives its rows a month of their own.

CREATE TABLE IF NOT EXISTS jorge.interaction_default PARTITION OF jorge.interaction DEFAULT;
CREATE TABLE IF NOT EXISTS jorge.prediction_default PARTITION OF jorge.prediction DEFAULT;
CREATE TABLE IF NOT EXISTS jorge.event_default PARTITION OF jorge.event DEFAULT;
COMMENT ON TABLE jorge.interaction_default IS 'Interactions of months without a partition of their own.';
COMMENT ON TABLE jorge.prediction_default IS 'Predictions of months without a partition of their own.';
COMMENT ON TABLE jorge.event_default IS 'Events of months without a partition of their own.';

CREATE OR REPLACE FUNCTION jorge.add_month(parent regclass, month date) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $fn$
DECLARE
    parent_name text := (SELECT relname FROM pg_class WHERE oid = parent);
    first timestamptz := date_trunc('month', month::timestamptz);
    past timestamptz := first + interval '1 month';
    child text := format('%s_%s', parent_name, to_char(first, 'YYYYMM'));
BEGIN
    IF to_regclass(format('jorge.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('LOCK TABLE jorge.%I IN SHARE ROW EXCLUSIVE MODE', parent_name);
    EXECUTE format('CREATE TABLE jorge.%I (LIKE jorge.%I INCLUDING ALL)', child, parent_name);
    -- no policy: a partition named in a query is its owner's only, rows are read through the parent
    EXECUTE format('ALTER TABLE jorge.%I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('WITH moved AS (DELETE FROM jorge.%I WHERE at >= %L AND at < %L RETURNING *) INSERT INTO jorge.%I SELECT * FROM moved',
                   parent_name || '_default', first, past, child);
    EXECUTE format('ALTER TABLE jorge.%I ATTACH PARTITION jorge.%I FOR VALUES FROM (%L) TO (%L)',
                   parent_name, child, first, past);
    EXECUTE format('COMMENT ON TABLE jorge.%I IS %L', child,
                   format('Rows of jorge.%s from %s (UTC).', parent_name, to_char(first, 'YYYY-MM')));
    RETURN true;
END
$fn$;
COMMENT ON FUNCTION jorge.add_month(regclass, date) IS
    'Gives a month (UTC) its own partition of jorge.interaction, jorge.prediction, jorge.event, jorge.platform_event, jorge.outbox_done or jorge.outbox_log and moves its rows there. False if it has one.';

CREATE OR REPLACE FUNCTION jorge.upkeep(months_ahead integer DEFAULT 2) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $fn$
DECLARE
    run uuid;
    parent text;
    month date;
    made integer := 0;
BEGIN
    INSERT INTO jorge.job_log (location_id, job) VALUES ('main', 'upkeep') RETURNING job_id INTO run;
    FOREACH parent IN ARRAY ARRAY['interaction', 'prediction', 'event', 'platform_event', 'outbox_done', 'outbox_log'] LOOP
        FOR month IN EXECUTE format(
            'SELECT date_trunc(''month'', now() + n * interval ''1 month'')::date FROM generate_series(0, $1) n
             UNION SELECT DISTINCT date_trunc(''month'', at)::date FROM jorge.%I WHERE at >= ''1900-01-01'' AND at < ''2200-01-01'' ORDER BY 1',
            parent || '_default') USING months_ahead
        LOOP
            made := made + jorge.add_month(format('jorge.%I', parent)::regclass, month)::integer;
        END LOOP;
    END LOOP;
    UPDATE jorge.job_log SET state = 'done', finished_at = clock_timestamp(),
           detail = jsonb_build_object('partitions_made', made)
     WHERE location_id = 'main' AND job_id = run;
    RETURN jsonb_build_object('partitions_made', made);
END
$fn$;
COMMENT ON FUNCTION jorge.upkeep(integer) IS
    'Makes the partitions of this month and the next ones, and empties the default partitions. Run it nightly, at a quiet hour: it waits for transactions that are writing, and new ones wait for it.';
