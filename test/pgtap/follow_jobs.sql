-- Jobs: due or not, by the office's clock, once, failures and their history; what the clock is; status in one screen.
BEGIN;
SELECT plan(39);
SELECT is(jorge.run_job('sequences'), 'done', 'by hand');
SELECT is(jorge.run_job('sequences', false), 'not due', 'asked again at once');
SELECT throws_ok($$SELECT jorge.run_job('nonsense')$$, '42704', NULL, 'no such job');
INSERT INTO jorge.job (job, command, schedule, every, what) VALUES ('bad', 'SELECT 1/0', '* * * * *', '5 minutes', 'fails');
SELECT is(jorge.run_job('bad'), 'failed: division by zero', 'a failure is an answer');
SELECT is((SELECT detail ->> 'sqlstate' FROM jorge.job_log WHERE job = 'bad'), '22012', 'with its history');
SELECT is(jorge.run_job('bad', false), 'not due', 'it is not tried again at once');
UPDATE jorge.job_log SET started_at = now() - interval '6 minutes' WHERE job = 'bad';
SELECT alike(jorge.run_job('bad', false), 'failed%', 'but after its interval');
UPDATE jorge.job SET active = false WHERE job = 'bad';
SELECT is(jorge.run_job('bad', false), 'inactive', 'unless it is switched off');

-- the office's clock: half past two in the morning, summer and winter
CREATE FUNCTION pg_temp.due(last text) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE j jorge.job;
BEGIN
    DELETE FROM jorge.job_log WHERE job = 'prune_inbox';
    INSERT INTO jorge.job_log (job, started_at, state, finished_at) VALUES ('prune_inbox', last::timestamptz, 'done', last::timestamptz);
    SELECT * INTO j FROM jorge.job WHERE job = 'prune_inbox';
    RETURN jorge.job_due_at(j);
END $$;
INSERT INTO jorge.location (location_id, time_zone) VALUES ('main', 'America/New_York') ON CONFLICT (location_id) DO UPDATE SET time_zone = EXCLUDED.time_zone;
SELECT is(pg_temp.due('2026-06-01 02:31-04'), '2026-06-02 02:30-04'::timestamptz, 'the next night');
SELECT is(pg_temp.due('2026-06-01 01:00-04'), '2026-06-01 02:30-04'::timestamptz, 'this night');
SELECT is(pg_temp.due('2026-03-07 02:31-05'), '2026-03-08 03:30-04'::timestamptz, 'the hour that is skipped: as it strikes three');
SELECT is(pg_temp.due('2026-10-31 02:31-04'), '2026-11-01 02:30-05'::timestamptz, 'after the hour that comes twice');
SELECT is(pg_temp.due('2026-05-01 02:31-04') < '2026-06-01', true, 'a night that was missed is made up for');

-- all that is due
DELETE FROM jorge.job_log WHERE job = 'prune_inbox';
SAVEPOINT a;
SELECT is((SELECT count(*) FROM jorge.job_health WHERE overdue), 0::bigint, 'a fresh installation is not late');
UPDATE jorge.job SET made_at = now() - interval '3 days';
SELECT ok((SELECT overdue FROM jorge.job_health WHERE job = 'sequences_enroll'), 'one that never ran is');
SELECT ok(NOT (SELECT overdue FROM jorge.job_health WHERE job = 'sequences'), 'one that ran is not');
ROLLBACK TO a;
INSERT INTO jorge.job_log (job, started_at, state) VALUES ('sequences', now() - interval '40 days', 'done'), ('sequences', now() - interval '2 days', 'running'), ('upkeep', now() - interval '50 days', 'done');
SELECT is(jorge.prune_jobs(), 2::bigint, 'history ends');
SELECT is((SELECT state || ' ' || (detail ->> 'error') FROM jorge.job_log WHERE started_at = now() - interval '2 days'), 'failed the server stopped', 'what never ended has failed');
SELECT is(jorge.for_locations($$SELECT $1 || '!'$$) ->> 'main', 'main!', 'each location');

-- the clock
SELECT ok((SELECT mode IN ('none', 'pg_cron, not preloaded') AND jobs = 0 AND script LIKE '%CALL jorge.run_due_jobs()%' AND says <> '' FROM jorge.schedule_jobs()), 'without pg_cron: what to run instead');
SELECT set_config('cron.database_name', 'elsewhere', true);
SELECT is((SELECT mode FROM jorge.clock()), 'pg_cron elsewhere', 'pg_cron in another database');
SELECT ok((SELECT jobs = 0 AND script LIKE '%cron.schedule_in_database(''jorge:%' AND script LIKE '%cron.unschedule(jobid)%' FROM jorge.schedule_jobs()), 'gives the script to run there');
SELECT set_config('cron.database_name', current_database(), true);
SELECT is((SELECT mode FROM jorge.clock()), 'pg_cron, no extension', 'pg_cron loaded for this database, and not made');
-- stands in for the extension here; test/t/follow_cron.sh has the real one
CREATE OR REPLACE FUNCTION jorge.has_pg_cron() RETURNS boolean LANGUAGE sql STABLE AS 'SELECT to_regclass(''cron.job'') IS NOT NULL';
-- a pg_cron of 1.4 as it looks from here
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigserial, schedule text, command text, database text, jobname text, active boolean DEFAULT true);
CREATE FUNCTION cron.schedule_in_database(job_name text, schedule text, command text, database text, username text DEFAULT NULL, active boolean DEFAULT true) RETURNS bigint
    LANGUAGE sql AS $$INSERT INTO cron.job (jobname, schedule, command, database) VALUES ($1, $2, $3, $4) RETURNING jobid$$;
CREATE FUNCTION cron.unschedule(job_id bigint) RETURNS boolean LANGUAGE sql AS $$DELETE FROM cron.job WHERE jobid = $1 RETURNING true$$;
SELECT is((SELECT mode FROM jorge.clock()), 'pg_cron, not scheduled', 'made, and nothing scheduled');
SELECT is((SELECT jobs FROM jorge.schedule_jobs()), (SELECT count(*)::integer FROM jorge.job WHERE active), 'scheduled');
INSERT INTO cron.job (jobname, schedule, command, database) VALUES ('jorge:' || current_database() || ':gone', '* * * * *', '', current_database()), ('jorge:other:upkeep', '* * * * *', '', 'other'), ('mine', '* * * * *', '', current_database());
SELECT lives_ok($$SELECT jorge.schedule_jobs()$$, 'twice');
SELECT is((SELECT count(*) FROM cron.job WHERE jobname LIKE 'jorge:' || current_database() || ':%'), (SELECT count(*) FROM jorge.job WHERE active), 'is as once; what is no job any more is gone');
SELECT is((SELECT count(*) FROM cron.job WHERE jobname IN ('mine', 'jorge:other:upkeep')), 2::bigint, 'others'' jobs stay');
SELECT is((SELECT mode FROM jorge.clock()), 'pg_cron', 'pg_cron is the clock');

-- status
SELECT set_eq($$SELECT DISTINCT topic FROM jorge.status()$$, ARRAY['worker', 'accounts', 'outbox', 'sequences', 'voice', 'people', 'clock', 'errors'], 'one screen');
SELECT ok((SELECT bool_and(what_next IS NOT NULL) FROM jorge.status() WHERE topic IN ('worker', 'accounts', 'voice')), 'what is missing says what to do');
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('web', 'Ann Lee', '512-555-2001');
SELECT jorge.enqueue('main', lead_id, 'sms', 'ghl.sms', '{"message": "x"}', due_at => now() - interval '1 hour') FROM jorge.lead;
UPDATE jorge.outbox SET state = 'held', rule = 'no_consent has inquiry, needs written';
SELECT is((SELECT detail || ' -> ' || what_next FROM jorge.status() WHERE topic = 'waits'), '1: no_consent has inquiry, needs written -> SELECT jorge.grant_consent(...) where people gave it', 'why did nothing happen? Consent is missing');
UPDATE jorge.outbox SET state = 'pending';
SELECT is((SELECT state FROM jorge.status() WHERE topic = 'outbox'), 'late', 'something due is late');
SELECT throws_ok($$SELECT jorge.prune_follow_up('1 day')$$, '22023', NULL, 'what caps read is kept');
SELECT is(jorge.prune_follow_up(), 0::bigint, 'nothing is old');
-- one location's trouble is its own
INSERT INTO jorge.location (location_id) VALUES ('job_well'), ('job_ill') ON CONFLICT DO NOTHING;
SELECT is(jorge.for_locations($$SELECT CASE WHEN $1 = 'job_ill' THEN 1 / (length($1) - 7) ELSE 1 END$$) -> 'job_well', '"1"', 'the others are done');
SELECT is((SELECT message FROM jorge.error WHERE location_id = 'job_ill' AND context = 'job'), 'division by zero', 'it is told');
SELECT throws_ok($$SELECT jorge.for_locations('SELECT length($1) / 0')$$, NULL, 'division by zero', 'what fails for all has failed');
INSERT INTO jorge.location AS l (location_id, time_zone) VALUES ('main', 'Mars/Base') ON CONFLICT (location_id) DO UPDATE SET time_zone = EXCLUDED.time_zone;
SELECT lives_ok($$SELECT jorge.job_due_at(j) FROM jorge.job j$$, 'a zone nobody knows does not stop the clock');
SELECT * FROM finish();
ROLLBACK;
