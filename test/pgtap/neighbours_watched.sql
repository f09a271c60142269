-- What others write while a statement of many inquiries is at work counts for its later arrivals: users' triggers, the statement's own WITH,
-- another tenant's leads.
BEGIN;
SELECT plan(8);

-- two batches of people who have nothing in common
CREATE FUNCTION pg_temp.people(total integer) RETURNS TABLE (n integer, name text) LANGUAGE sql STABLE AS $$
    SELECT n, initcap(translate(substr(md5('g' || n), 1, 6), '0123456789', 'aeiounrstl')) || ' ' || initcap(translate(substr(md5('s' || n), 1, 7), '0123456789', 'aeiounrstl'))
      FROM generate_series(1, $1) n
$$;
CREATE FUNCTION pg_temp.rule(location text, number integer) RETURNS text LANGUAGE sql AS $$
    SELECT l.rule FROM jorge.inquiry_lead l JOIN jorge.inquiry i USING (location_id, inquiry_id) WHERE l.location_id = $1 AND i.source_ref = $2::text
$$;
CREATE FUNCTION pg_temp.call_center() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO jorge.inquiry (location_id, source, name, phone) VALUES (NEW.location_id, 'call center', 'Late Comer', TG_ARGV[0]);
    RETURN NULL;
END $$;

-- a question is answered by a call, from a number that somebody gives later in the statement
CREATE TRIGGER call_center AFTER INSERT ON jorge.identity_review FOR EACH ROW EXECUTE FUNCTION pg_temp.call_center('4156210123');
INSERT INTO jorge.inquiry (location_id, source, source_ref, received_at, name, phone)
SELECT 'asked', 'web', n::text, timestamptz '2026-03-01' + n * interval '1 minute', CASE n WHEN 1 THEN 'Maria Lopezana' WHEN 2 THEN 'Mario Lopezana' WHEN 1050 THEN 'Late Comer' ELSE name END,
       CASE n WHEN 1 THEN '3056211234' WHEN 2 THEN '7866211234' WHEN 1050 THEN '4156210123' END
  FROM pg_temp.people(1100);
DROP TRIGGER call_center ON jorge.identity_review;
SELECT is((SELECT count(*) FROM jorge.identity_review WHERE location_id = 'asked'), 1::bigint, 'somebody is asked about');
SELECT is(pg_temp.rule('asked', 1050), 'phone', 'what a trigger on questions has stored is found by the next batch');

-- what a form says is heard, and answered by such a call; in this order
SET LOCAL session_replication_role = replica;
INSERT INTO jorge.inquiry (location_id, inquiry_id, source, source_ref, received_at, name, phone, message)
SELECT 'heard', lpad(n::text, 32, '0')::uuid, 'web', (n + 1000)::text, timestamptz '2026-03-01' + n * interval '1 minute', CASE n WHEN 1050 THEN 'Late Comer' ELSE name END,
       CASE n WHEN 1 THEN '3056219999' WHEN 1050 THEN '4156210124' END, CASE n WHEN 1 THEN 'STOP' END
  FROM pg_temp.people(1100);
SET LOCAL session_replication_role = origin;
CREATE TRIGGER call_center AFTER INSERT ON jorge.consent FOR EACH ROW EXECUTE FUNCTION pg_temp.call_center('4156210124');
SELECT is(jorge.resolve_pending(), 1100::bigint, 'those who wait are taken in');
DROP TRIGGER call_center ON jorge.consent;
SELECT is(pg_temp.rule('heard', 2050), 'phone', 'what a trigger on consents has stored is found by the next batch');

WITH stop AS (INSERT INTO jorge.identity_stop (location_id, kind, key, reason) VALUES ('stopped', 'phone', '+14156210199', 'the office''s'))
INSERT INTO jorge.inquiry (location_id, source, source_ref, received_at, name, phone)
SELECT 'stopped', 'web', n::text, timestamptz '2026-03-01' + n * interval '1 minute', name, CASE WHEN n % 200 = 99 THEN '4156210199' END
  FROM pg_temp.people(1100);
SELECT is_empty($$SELECT * FROM jorge.lead_key WHERE location_id = 'stopped'$$, 'a stop of the statement''s own counts for all of its arrivals');

INSERT INTO jorge.lead (location_id, lead_id, name, phone, street, postal_code)
VALUES ('tenant a', '00000000-0000-7000-8000-000000000001', 'Maria Lopezana', '3056210001', '12 Oak Street', '33101'),
       ('tenant b', '00000000-0000-7000-8000-000000000001', 'Walter Smithers', '3056210002', '940 Palm Avenue', '33204');
INSERT INTO jorge.inquiry (location_id, source, source_ref, name, phone, street, postal_code)
VALUES ('tenant a', 'web', '1', 'Maria Lopezana', '3056217001', '12 Oak Street', '33101'),
       ('tenant b', 'web', '2', 'Walter Smithers', '3056218002', '940 Palm Avenue', '33204');
SELECT is(pg_temp.rule('tenant a', 1), 'fields', 'a lead of a tenant');
SELECT is(pg_temp.rule('tenant b', 2), 'fields', 'and one of another''s with the same id are each compared with their own');

SELECT is_empty('SELECT * FROM jorge.check_identity()', 'nothing is wrong');
SELECT * FROM finish();
ROLLBACK;
