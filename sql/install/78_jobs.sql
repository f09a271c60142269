-- Jobs: what is done by the clock. Each is a row; pg_cron runs them where it is, the worker's own clock where it is not,
-- and anything that can call SQL otherwise. A job knows when it last succeeded, so a missed run is made up for, and two
-- clocks do it once.

CREATE TABLE IF NOT EXISTS jorge.job (
    location_id  text NOT NULL DEFAULT '*' CHECK (location_id = '*'),
    job          text NOT NULL,
    command      text NOT NULL,
    schedule     text NOT NULL,
    every        interval NOT NULL CHECK (every >= interval '1 minute'),
    not_before   time,
    active       boolean NOT NULL DEFAULT true,
    what         text NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (location_id, job)
);
COMMENT ON TABLE jorge.job IS 'Jobs of the whole database. Change a row, then SELECT * FROM jorge.schedule_jobs().';
COMMENT ON COLUMN jorge.job.location_id IS 'Always *.';
COMMENT ON COLUMN jorge.job.job IS 'Name.';
COMMENT ON COLUMN jorge.job.command IS 'SQL that does it, one statement.';
COMMENT ON COLUMN jorge.job.schedule IS 'When pg_cron asks: minute, hour, day, month, weekday, in GMT (pg_cron knows no other zone before 1.5).';
COMMENT ON COLUMN jorge.job.every IS 'It is due so long after its last success began; asked earlier, nothing is done.';
COMMENT ON COLUMN jorge.job.not_before IS 'Of a daily job: not before this hour of the office''s clock (jorge.location of "main", else America/Chicago), summer and winter; NULL = any.';
COMMENT ON COLUMN jorge.job.active IS 'false = not run.';
COMMENT ON COLUMN jorge.job.what IS 'What it does.';
COMMENT ON COLUMN jorge.job.made_at IS 'When the row was made: before that it can''t be late.';

INSERT INTO jorge.job (job, command, schedule, every, not_before, what)
SELECT j.job, j.command, j.schedule, j.every::interval, j.not_before::time, j.what
  FROM (VALUES
    ('sequences', 'SELECT jorge.run_sequences()', '* * * * *', '1 minute', NULL, 'Makes steps that are due deliveries'),
    ('sequences_enroll', 'SELECT jorge.for_locations($$SELECT jorge.enroll_by_rules(NULL, $1)$$)', '7 * * * *', '1 hour', NULL, 'Enrols leads whose class or stage came to fit a rule'),
    ('upkeep', 'SELECT jorge.upkeep()', '17 * * * *', '1 day', '02:00', 'Partitions of the coming months'),
    ('snapshot_forecast', 'CALL jorge.snapshot_forecast()', '22 * * * *', '1 day', '03:00', 'Forecasts, pipeline and deals of the day, to be judged later'),
    ('retrain', 'CALL jorge.retrain_due(false)', '27 * * * *', '1 day', '04:00', 'Models whose plan says so, with their drift and challengers'),
    ('prune_inbox', 'SELECT jorge.for_locations($$SELECT jorge.prune_inbox(location_id => $1)$$)', '37 * * * *', '1 day', '02:30', 'Old deliveries of providers'),
    ('prune_outbox', 'SELECT jorge.for_locations($$SELECT jorge.prune_outbox(location_id => $1)$$)', '42 * * * *', '1 day', '02:30', 'Old deliveries of ours'),
    ('prune_follow_up', 'SELECT jorge.for_locations($$SELECT jorge.prune_follow_up(location_id => $1)$$)', '47 * * * *', '1 day', '02:30', 'Old enrolments and decisions'),
    ('prune_jobs', 'SELECT jorge.prune_jobs()', '52 * * * *', '1 day', '02:30', 'Old history of jobs, pg_cron''s own too')) j(job, command, schedule, every, not_before, what)
 WHERE NOT EXISTS (SELECT FROM jorge.job);

CREATE INDEX IF NOT EXISTS job_log_job_idx ON jorge.job_log (job, started_at);

CREATE OR REPLACE FUNCTION jorge.for_locations(command text) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    place text;
    result text;
    results jsonb := '{}';
    failed text;
    well boolean := false;
BEGIN
    -- one step an entry, whatever the number of leads
    FOR place IN WITH RECURSIVE known AS (
                     (SELECT l.location_id FROM jorge.lead l ORDER BY l.location_id LIMIT 1)
                     UNION ALL SELECT (SELECT l.location_id FROM jorge.lead l WHERE l.location_id > k.location_id ORDER BY l.location_id LIMIT 1) FROM known k WHERE k.location_id IS NOT NULL)
                 SELECT k.location_id FROM known k WHERE k.location_id IS NOT NULL UNION SELECT o.location_id FROM jorge.location o ORDER BY 1
    LOOP
        BEGIN
            EXECUTE command INTO result USING place;
            well := true;
        EXCEPTION WHEN serialization_failure OR deadlock_detected THEN
            RAISE;
        WHEN OTHERS THEN
            -- what is wrong with one location stops no other
            failed := SQLERRM;
            result := 'failed: ' || failed;
            INSERT INTO jorge.error (location_id, context, sqlstate, message) VALUES (place, 'job', SQLSTATE, left(SQLERRM, 500));
        END;
        results := results || jsonb_build_object(place, result);
    END LOOP;
    IF failed IS NOT NULL AND NOT well THEN
        RAISE EXCEPTION '%', failed USING HINT = 'It failed for every location.';
    END IF;
    RETURN results;
END
$fn$;
COMMENT ON FUNCTION jorge.for_locations(text) IS 'Runs a statement for each location that has leads or a row in jorge.location, which is $1 in it, and returns what each answered; "failed: ..." where it failed, which is kept in jorge.error and stops no other location. ERROR if it failed for all.';
REVOKE ALL ON FUNCTION jorge.for_locations(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.job_due_at(job jorge.job) RETURNS timestamptz
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    began timestamptz := (SELECT max(g.started_at) FROM jorge.job_log g WHERE g.job = job.job AND g.state = 'done');
    failed timestamptz := (SELECT max(g.started_at) FROM jorge.job_log g WHERE g.job = job.job AND g.state = 'failed');
    zone text := coalesce((SELECT o.time_zone FROM jorge.location o WHERE o.location_id = 'main' AND jorge.is_zone(o.time_zone)), 'America/Chicago');
    clock timestamp;
    due timestamptz;
BEGIN
    IF job.not_before IS NULL THEN
        -- a clock that asks each minute is a little early or late
        due := coalesce(began + job.every - least(job.every / 10, interval '5 seconds'), '-infinity');
    ELSE
        -- the first day after the last success on which the hour has come; a first run waits for its hour, too
        clock := coalesce(began, now() - interval '1 day') AT TIME ZONE zone;
        due := (clock::date + job.not_before + CASE WHEN clock::time >= job.not_before THEN greatest(job.every, interval '1 day') ELSE interval '0' END) AT TIME ZONE zone;
    END IF;
    -- after a failure: ten minutes, or sooner if it runs more often
    RETURN greatest(due, CASE WHEN failed > coalesce(began, '-infinity') THEN failed + least(job.every, interval '10 minutes') END);
END
$fn$;
COMMENT ON FUNCTION jorge.job_due_at(jorge.job) IS 'When a job is to run next; past = now. After a failure it waits ten minutes, or its interval if that is shorter.';
REVOKE ALL ON FUNCTION jorge.job_due_at(jorge.job) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.run_job(job text, force boolean DEFAULT true) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    j jorge.job;
    run uuid;
    result text;
BEGIN
    SELECT o.* INTO j FROM jorge.job o WHERE o.job = $1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no job "%"', $1 USING ERRCODE = 'undefined_object', HINT = 'See SELECT job, what FROM jorge.job.';
    END IF;
    -- two clocks, or a run that takes longer than its interval
    IF NOT pg_try_advisory_xact_lock(1785688680, hashtext($1)) THEN
        RETURN 'running';
    END IF;
    IF NOT j.active AND NOT $2 THEN
        RETURN 'inactive';
    ELSIF NOT $2 AND jorge.job_due_at(j) > now() THEN
        RETURN 'not due';
    END IF;
    INSERT INTO jorge.job_log (location_id, job, started_at) VALUES ('main', $1, clock_timestamp()) RETURNING job_id INTO run;
    BEGIN
        IF j.command ~* '^\s*(call|update|delete|insert|refresh|analyze)' THEN
            EXECUTE j.command;
        ELSE
            EXECUTE j.command INTO result;
        END IF;
        UPDATE jorge.job_log g SET state = 'done', finished_at = clock_timestamp(), detail = jsonb_build_object('result', left(result, 2000)) WHERE g.location_id = 'main' AND g.job_id = run;
        result := 'done';
    EXCEPTION WHEN OTHERS OR query_canceled THEN
        result := format('failed: %s', SQLERRM);
        UPDATE jorge.job_log g SET state = 'failed', finished_at = clock_timestamp(), detail = jsonb_build_object('error', left(SQLERRM, 2000), 'sqlstate', SQLSTATE)
         WHERE g.location_id = 'main' AND g.job_id = run;
    END;
    RETURN result;
END
$fn$;
COMMENT ON FUNCTION jorge.run_job(text, boolean) IS
    'Runs a job now (force false: only if it is due) and returns done, "failed: ...", running (somebody else does it), not due, or inactive. History: jorge.job_log. ERROR 42704 if there is no such job.';
REVOKE ALL ON FUNCTION jorge.run_job(text, boolean) FROM PUBLIC;

CREATE OR REPLACE PROCEDURE jorge.run_due_jobs()
    LANGUAGE plpgsql
AS $fn$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT j.job FROM jorge.job j WHERE j.active AND jorge.job_due_at(j) OPERATOR(pg_catalog.<=) pg_catalog.now() ORDER BY j.job OPERATOR(pg_catalog.<>) 'sequences', j.job LOOP
        PERFORM jorge.run_job(name, false);
        COMMIT;
    END LOOP;
END
$fn$;
COMMENT ON PROCEDURE jorge.run_due_jobs() IS 'Runs every job that is due, each in a transaction of its own: what the worker''s clock, a systemd timer or crontab calls once a minute.';
REVOKE ALL ON PROCEDURE jorge.run_due_jobs() FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.has_pg_cron() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    SELECT EXISTS (SELECT FROM pg_extension e
                     JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                    WHERE e.extname = 'pg_cron' AND d.classid = 'pg_class'::regclass AND d.objid = to_regclass('cron.job_run_details'))
       AND to_regprocedure('cron.schedule_in_database(text,text,text,text,text,boolean)') IS NOT NULL
$fn$;
COMMENT ON FUNCTION jorge.has_pg_cron() IS 'Is the extension pg_cron (1.4 or newer) in this database? A schema "cron" of somebody else''s is not.';

CREATE OR REPLACE FUNCTION jorge.prune_jobs(keep interval DEFAULT '30 days') RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    removed bigint;
BEGIN
    -- a run that its server did not survive
    UPDATE jorge.job_log g SET state = 'failed', finished_at = now(), detail = '{"error": "the server stopped"}' WHERE g.state = 'running' AND g.started_at < now() - interval '1 day';
    DELETE FROM jorge.job_log g WHERE g.started_at < now() - keep
       AND g.started_at < (SELECT max(m.started_at) FROM jorge.job_log m WHERE m.job = g.job AND m.state = 'done');
    GET DIAGNOSTICS removed = ROW_COUNT;
    -- pg_cron never prunes its own
    IF jorge.has_pg_cron() AND has_table_privilege('cron.job_run_details', 'DELETE') THEN
        EXECUTE 'DELETE FROM cron.job_run_details WHERE command LIKE ''%jorge.%'' AND end_time < now() - $1' USING keep;
    END IF;
    RETURN removed;
END
$fn$;
COMMENT ON FUNCTION jorge.prune_jobs(interval) IS 'Removes history of jobs older than keep, but for each job''s last success; of pg_cron''s own history what concerns jorge. Returns how many rows of jorge.job_log.';
REVOKE ALL ON FUNCTION jorge.prune_jobs(interval) FROM PUBLIC;

CREATE OR REPLACE VIEW jorge.job_health WITH (security_invoker = true) AS
    SELECT j.job, j.what, j.active, s.last_success_at, extract(epoch FROM now() - s.last_success_at)::float8 AS age_seconds, s.last_failure_at, s.last_error, s.runs_day, s.failures_day, s.seconds,
           coalesce(j.active AND now() - coalesce(s.last_success_at, j.made_at) > j.every * 3 + interval '5 minutes' + CASE WHEN j.not_before IS NULL THEN interval '0' ELSE interval '1 day' END, false) AS overdue
      FROM jorge.job j
     CROSS JOIN LATERAL (SELECT max(g.started_at) FILTER (WHERE g.state = 'done') AS last_success_at, max(g.started_at) FILTER (WHERE g.state = 'failed') AS last_failure_at,
                                (array_agg(g.detail ->> 'error' ORDER BY g.started_at DESC) FILTER (WHERE g.state = 'failed'))[1] AS last_error,
                                count(*) FILTER (WHERE g.started_at > now() - interval '1 day') AS runs_day,
                                count(*) FILTER (WHERE g.state = 'failed' AND g.started_at > now() - interval '1 day') AS failures_day,
                                (avg(extract(epoch FROM g.finished_at - g.started_at)) FILTER (WHERE g.state = 'done' AND g.started_at > now() - interval '1 day'))::float8 AS seconds
                           FROM jorge.job_log g WHERE g.job = j.job) s;
COMMENT ON VIEW jorge.job_health IS 'Jobs, when each last succeeded, and whether it should have since.';
COMMENT ON COLUMN jorge.job_health.job IS 'Name.';
COMMENT ON COLUMN jorge.job_health.what IS 'What it does.';
COMMENT ON COLUMN jorge.job_health.active IS 'Is it run?';
COMMENT ON COLUMN jorge.job_health.last_success_at IS 'When the last run that succeeded began.';
COMMENT ON COLUMN jorge.job_health.age_seconds IS 'How long ago that is.';
COMMENT ON COLUMN jorge.job_health.last_failure_at IS 'When the last run that failed began.';
COMMENT ON COLUMN jorge.job_health.last_error IS 'How it failed.';
COMMENT ON COLUMN jorge.job_health.runs_day IS 'Runs of the last 24 hours.';
COMMENT ON COLUMN jorge.job_health.failures_day IS 'Of them, failed.';
COMMENT ON COLUMN jorge.job_health.seconds IS 'Mean duration of the last 24 hours'' successes.';
COMMENT ON COLUMN jorge.job_health.overdue IS 'No success within three of its intervals.';

-- who is the clock?

CREATE OR REPLACE FUNCTION jorge.clock(OUT mode text, OUT says text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    hub text := current_setting('cron.database_name', true);
    here boolean := jorge.has_pg_cron();
    on_disk text := (SELECT a.default_version FROM pg_available_extensions a WHERE a.name = 'pg_cron');
    scheduled bigint := 0;
BEGIN
    IF hub IS NOT NULL AND here THEN
        EXECUTE 'SELECT count(*) FROM cron.job WHERE active AND database = current_database() AND jobname LIKE $1' INTO scheduled USING 'jorge:' || replace(current_database(), '_', '\_') || ':%';
        mode := CASE WHEN scheduled > 0 THEN 'pg_cron' ELSE 'pg_cron, not scheduled' END;
        says := CASE WHEN scheduled > 0 THEN format('pg_cron runs %s jobs here', scheduled) ELSE 'pg_cron is here: SELECT * FROM jorge.schedule_jobs()' END;
    ELSIF hub IS NOT NULL AND hub <> current_database() THEN
        mode := 'pg_cron elsewhere';
        says := format('pg_cron lives in database "%s": run there what SELECT script FROM jorge.schedule_jobs() gives', hub);
    ELSIF hub IS NOT NULL THEN
        mode := 'pg_cron, no extension';
        says := 'pg_cron is loaded for this database: CREATE EXTENSION pg_cron; SELECT * FROM jorge.schedule_jobs()';
    ELSIF on_disk IS NOT NULL THEN
        mode := 'pg_cron, not preloaded';
        says := 'pg_cron is installed but not loaded: add it to shared_preload_libraries and restart, or let the worker''s clock run the jobs (jorge.outbox_databases), or a timer: SELECT script FROM jorge.schedule_jobs()';
    ELSE
        mode := 'none';
        says := 'there is no pg_cron: the worker''s clock runs the jobs (jorge.outbox_databases), or a timer: SELECT script FROM jorge.schedule_jobs()';
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.clock() IS 'What can run jobs here. mode: pg_cron; "pg_cron, not scheduled"; pg_cron elsewhere (in another database); "pg_cron, no extension"; "pg_cron, not preloaded"; none. says: what to do.';

CREATE OR REPLACE FUNCTION jorge.schedule_jobs(OUT mode text, OUT jobs integer, OUT says text, OUT script text)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    prefix text := 'jorge:' || current_database() || ':';
    j jorge.job;
    old record;
    in_hub text := '';
BEGIN
    mode := split_part((jorge.clock()).mode, ', not scheduled', 1);
    jobs := (SELECT count(*) FROM jorge.job o WHERE o.active);
    -- in pg_cron a second schedule of a name does not change its database, so the old one goes first
    in_hub := format(E'SELECT cron.unschedule(jobid) FROM cron.job WHERE starts_with(jobname, %L);\n', prefix);
    FOR j IN SELECT o.* FROM jorge.job o WHERE o.active ORDER BY o.job LOOP
        in_hub := in_hub || format(E'SELECT cron.schedule_in_database(%L, %L, %L, %L);\n', prefix || j.job, j.schedule, format('SELECT jorge.run_job(%L, false)', j.job), current_database());
    END LOOP;
    IF mode = 'pg_cron' THEN
        FOR old IN EXECUTE 'SELECT jobid FROM cron.job WHERE starts_with(jobname, $1)' USING prefix LOOP
            EXECUTE 'SELECT cron.unschedule($1::bigint)' USING old.jobid;
        END LOOP;
        FOR j IN SELECT o.* FROM jorge.job o WHERE o.active ORDER BY o.job LOOP
            EXECUTE 'SELECT cron.schedule_in_database($1, $2, $3, $4)' USING prefix || j.job, j.schedule, format('SELECT jorge.run_job(%L, false)', j.job), current_database()::text;
        END LOOP;
        says := format('pg_cron asks %s jobs by their schedules, in GMT; each runs when it is due by the office''s clock', jobs);
    ELSIF mode LIKE 'pg_cron elsewhere%' THEN
        script := in_hub;
        says := (jorge.clock()).says;
        jobs := 0;
    ELSE
        script := format(E'# crontab of a user who may connect; or the same line in a systemd timer with OnCalendar=minutely\n* * * * * psql -XqAt -d %s -c "CALL jorge.run_due_jobs()"\n', quote_ident(current_database()));
        says := (jorge.clock()).says;
        jobs := 0;
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.schedule_jobs() IS
    'Hands the jobs to pg_cron (1.4 or newer); safe to repeat, also after a change of jorge.job. mode as in jorge.clock(); jobs: how many are scheduled now. Where pg_cron is in another database, or is not there, nothing is scheduled and script is what to run: SQL for pg_cron''s database, or a line for crontab.';
REVOKE ALL ON FUNCTION jorge.schedule_jobs() FROM PUBLIC;

-- why did nothing happen?

CREATE OR REPLACE FUNCTION jorge.status(location_id text DEFAULT jorge.current_location()) RETURNS TABLE (topic text, state text, detail text, what_next text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
#variable_conflict use_column
DECLARE
    o record;
    c record := jorge.clock();
    late text;
    off text := (SELECT string_agg(j.job, ', ' ORDER BY j.job) FROM jorge.job j WHERE NOT j.active);
    place text := $1;
BEGIN
    SELECT s.* INTO o FROM jorge.outbox_status s;
    RETURN QUERY SELECT 'worker', CASE WHEN o.workers_active > 0 THEN 'ok' ELSE 'stopped' END,
        concat_ws('; ', o.worker_state, format('%s in flight, %s a minute', coalesce(o.in_flight, 0), coalesce(o.processing_rate, 0)),
                  'last error: ' || o.last_error || ' (' || to_char(o.last_error_at, 'YYYY-MM-DD HH24:MI TZ') || ')'),
        CASE WHEN o.workers_active > 0 THEN NULL ELSE 'shared_preload_libraries = ''jorge'', jorge.outbox_databases names this database, SELECT jorge.arm(): doc/delivery.md' END;
    RETURN QUERY SELECT 'accounts', CASE WHEN count(*) = 0 THEN 'none' WHEN bool_or(a.blocked_until > now() OR NOT a.enabled) THEN 'blocked'
             WHEN bool_or(a.block_reason IS NOT NULL AND a.last_error_at > coalesce(a.last_sent_at, '-infinity')) THEN 'failing' ELSE 'ok' END,
        string_agg(concat_ws(' ', a.provider, CASE WHEN NOT a.enabled THEN 'is switched off' WHEN a.blocked_until > now() THEN format('waits until %s: %s', to_char(a.blocked_until, 'YYYY-MM-DD HH24:MI TZ'), a.block_reason)
                   WHEN a.block_reason IS NOT NULL AND a.last_error_at > coalesce(a.last_sent_at, '-infinity') THEN format('%s: %s', a.block_reason, a.last_error) ELSE 'ready' END,
                   'last sent ' || to_char(a.last_sent_at, 'YYYY-MM-DD HH24:MI TZ')), '; '),
        CASE WHEN count(*) = 0 THEN 'INSERT INTO jorge.provider_account (location_id, provider) VALUES (...), and its token'
             WHEN bool_or(a.block_reason = 'token' AND a.last_error_at > coalesce(a.last_sent_at, '-infinity')) THEN 'put a good token into jorge.secrets_dir: doc/delivery.md' END
      FROM jorge.provider_account a WHERE a.location_id = place;
    RETURN QUERY SELECT 'outbox', CASE WHEN count(*) FILTER (WHERE b.state = 'pending' AND b.due_at < now() - interval '5 minutes') > 0 THEN 'late' WHEN count(*) = 0 THEN 'empty' ELSE 'ok' END,
        format('%s due, %s later (next %s), %s held, %s uncertain', count(*) FILTER (WHERE b.state = 'pending' AND b.due_at <= now()), count(*) FILTER (WHERE b.state = 'pending' AND b.due_at > now()),
               coalesce(to_char(min(b.due_at) FILTER (WHERE b.state = 'pending' AND b.due_at > now()), 'YYYY-MM-DD HH24:MI TZ'), 'none'), count(*) FILTER (WHERE b.state = 'held'), count(*) FILTER (WHERE b.state = 'unknown')),
        CASE WHEN count(*) FILTER (WHERE b.state = 'pending' AND b.due_at < now() - interval '5 minutes') > 0 THEN 'see worker and accounts' END
      FROM jorge.outbox b WHERE b.location_id = place;
    RETURN QUERY SELECT 'waits', 'held', format('%s: %s', count(*), b.rule),
        CASE split_part(b.rule, ' ', 1) WHEN 'no_consent' THEN 'SELECT jorge.grant_consent(...) where people gave it' WHEN 'a2p_not_approved' THEN 'register, then jorge.sender.a2p_status = ''approved'''
             WHEN 'paused' THEN 'SELECT * FROM jorge.needs_person' WHEN 'no_hours' THEN 'jorge.quiet_hours has no row for the country, or the person no zone'
             WHEN 'channel_unknown' THEN 'a row of jorge.channel_policy' ELSE 'SELECT jorge.requeue(outbox_id)' END
      FROM jorge.outbox b WHERE b.location_id = place AND b.state = 'held' GROUP BY b.rule ORDER BY count(*) DESC LIMIT 5;
    RETURN QUERY SELECT 'today', d.decision, format('%s: %s', count(*), split_part(d.rule, ' ', 1)), NULL::text
      FROM jorge.send_decision d WHERE d.location_id = place AND d.at > now() - interval '1 day' GROUP BY d.decision, split_part(d.rule, ' ', 1) ORDER BY count(*) DESC LIMIT 5;
    RETURN QUERY SELECT 'sequences', CASE WHEN count(*) FILTER (WHERE e.last_error IS NOT NULL AND e.ended_at IS NULL) > 0 THEN 'failing' WHEN count(*) FILTER (WHERE e.state = 'active') = 0 THEN 'nobody enrolled'
                                          WHEN min(e.next_at) FILTER (WHERE e.state = 'active') < now() - interval '10 minutes' THEN 'late' ELSE 'ok' END,
        concat_ws('; ', format('%s active, %s paused', count(*) FILTER (WHERE e.state = 'active'), count(*) FILTER (WHERE e.state = 'paused')),
                  'next step ' || to_char(min(e.next_at) FILTER (WHERE e.state = 'active'), 'YYYY-MM-DD HH24:MI TZ'), max(e.last_error) FILTER (WHERE e.ended_at IS NULL)),
        CASE WHEN min(e.next_at) FILTER (WHERE e.state = 'active') < now() - interval '10 minutes' THEN 'see clock' WHEN count(*) FILTER (WHERE e.state = 'active') = 0 THEN 'SELECT jorge.enroll(lead_id), or rows of jorge.enroll_rule'
             WHEN count(*) FILTER (WHERE e.last_error IS NOT NULL AND e.ended_at IS NULL) > 0 THEN 'jorge.voice and jorge.template; it is tried again each hour' END
      FROM jorge.enrollment e WHERE e.location_id = place;
    IF NOT EXISTS (SELECT FROM jorge.voice v WHERE v.location_id = place AND v.agent_name IS NOT NULL AND v.company_name IS NOT NULL) THEN
        RETURN QUERY SELECT 'voice', 'missing', 'nothing says who writes'::text, 'INSERT INTO jorge.voice (location_id, agent_name, company_name, postal_address, unsubscribe_url) VALUES (...)'::text;
    END IF;
    RETURN QUERY SELECT 'people', CASE WHEN p.messages + r.drafts = 0 THEN 'ok' ELSE 'waiting' END, format('%s messages somebody must read, %s drafts of answers', p.messages, r.drafts),
                        nullif(concat_ws('; ', CASE WHEN p.messages > 0 THEN 'SELECT * FROM jorge.needs_person' END,
                                         CASE WHEN r.drafts > 0 THEN 'SELECT jorge.approve_reply(reply_id) FROM jorge.reply WHERE state = ''draft''' END), '')
      FROM (SELECT count(*) AS messages FROM jorge.needs_person n WHERE n.location_id = place) p, (SELECT count(*) AS drafts FROM jorge.reply a WHERE a.location_id = place AND a.state = 'draft') r;
    SELECT string_agg(concat_ws(' ', h.job, CASE WHEN h.last_success_at IS NULL THEN 'never ran' ELSE 'last ran ' || to_char(h.last_success_at, 'YYYY-MM-DD HH24:MI TZ') END, h.last_error), '; ' ORDER BY h.job) INTO late
      FROM jorge.job_health h WHERE h.overdue;
    IF row_security_active('jorge.job_log') THEN
        RETURN QUERY SELECT 'clock', 'unknown', c.mode, 'the jobs'' history is their owner''s: ask him'::text;
    ELSE
        RETURN QUERY SELECT 'clock', CASE WHEN late IS NOT NULL THEN 'late' WHEN EXISTS (SELECT FROM jorge.job j WHERE j.job = 'sequences' AND NOT j.active) THEN 'switched off' ELSE 'ok' END,
                            concat_ws('; ', c.mode, late, 'switched off: ' || off), CASE WHEN late IS NOT NULL OR c.mode <> 'pg_cron' THEN c.says END;
    END IF;
    RETURN QUERY SELECT 'errors', CASE WHEN count(*) = 0 THEN 'ok' ELSE 'errors' END, concat_ws('; ', format('%s in the last day', count(*)), (array_agg(e.context || ': ' || left(e.message, 120) ORDER BY e.at DESC))[1]),
        CASE WHEN count(*) > 0 THEN 'SELECT * FROM jorge.error ORDER BY at DESC' END
      FROM jorge.error e WHERE e.location_id = place AND e.at > now() - interval '1 day';
END
$fn$;
COMMENT ON FUNCTION jorge.status(text) IS
    'Why did nothing happen? One screen: worker, accounts, outbox, what waits and for what, today''s decisions of the send gate, sequences, who writes, messages a person must read, clock, errors; with what to do next. what_next NULL = nothing.';
REVOKE ALL ON FUNCTION jorge.status(text) FROM PUBLIC;

-- rows of "*" are readable by every location
DO $do$
DECLARE
    relation text;
BEGIN
    FOREACH relation IN ARRAY ARRAY['area_code', 'channel_policy', 'job', 'no_send_day', 'question_variant', 'quiet_hours', 'region', 'region_week', 'reminder_rule', 'send_cap', 'sequence', 'sequence_step', 'template'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS shared ON jorge.%I', relation);
        EXECUTE format('CREATE POLICY shared ON jorge.%I FOR SELECT USING (location_id = ''*'')', relation);
        EXECUTE format('COMMENT ON POLICY shared ON jorge.%I IS %L', relation, 'What is shared is readable by every location.');
    END LOOP;
END
$do$;
