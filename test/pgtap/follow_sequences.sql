-- Sequences: steps at their hour, windows, conditions, what ends them, expiry, pause, skip, rules of enrolment, preview.
BEGIN;
SELECT plan(57);
SET timezone = 'UTC';
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url, booking_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://example.com/u', 'https://example.com/b');
CREATE FUNCTION pg_temp.lead(n integer, state text DEFAULT 'TX') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE number text := '512-555-3' || lpad(n::text, 3, '0');
BEGIN
    INSERT INTO jorge.inquiry (source, name, phone, email, state) VALUES ('web', chr(65 + n / 20) || 'da Person' || chr(97 + n % 20), number, 'person' || n || '@example.com', $2);
    RETURN (SELECT l.lead_id FROM jorge.lead l WHERE l.phone = number);
END $$;
CREATE FUNCTION pg_temp.told(e uuid) RETURNS text LANGUAGE sql AS $$SELECT concat_ws(' ', state, reason, next_step, next_at) FROM jorge.enrollment WHERE enrollment_id = $1$$;
CREATE TEMP TABLE t (name text PRIMARY KEY, lead uuid, e uuid);
CREATE FUNCTION pg_temp.begin(name text, n integer, at timestamptz DEFAULT '2026-06-01 15:00', sequence text DEFAULT 'standard', state text DEFAULT 'TX') RETURNS void LANGUAGE plpgsql AS $$
DECLARE id uuid := pg_temp.lead(n, state);
BEGIN INSERT INTO t VALUES ($1, id, jorge.enroll(id, $4, $3)); END $$;
CREATE FUNCTION pg_temp.e(text) RETURNS uuid LANGUAGE sql AS 'SELECT e FROM t WHERE name = $1';
CREATE FUNCTION pg_temp.l(text) RETURNS uuid LANGUAGE sql AS 'SELECT lead FROM t WHERE name = $1';

-- the standard one
SELECT pg_temp.begin('std', 1);
SELECT is(pg_temp.told(pg_temp.e('std')), 'active 1 2026-06-04 15:00:00+00', 'day 3, ten in the morning in Texas');
SELECT is(jorge.enroll(pg_temp.l('std')), pg_temp.e('std'), 'enrolled once');
SELECT is(jorge.run_sequences('2026-06-04 14:59:59'), '{}', 'not before');
SELECT is(jorge.run_sequences('2026-06-04 15:00:00'), '{"queued": 1}', 'at its hour');
SELECT results_eq($$SELECT channel, endpoint, due_at, expires_at, state, dedupe_key, sequence_enrollment_id FROM jorge.outbox$$,
    $$SELECT 'sms', 'ghl.sms', '2026-06-04 15:00'::timestamptz, '2026-06-11 15:00'::timestamptz, 'pending', 'seq:' || pg_temp.e('std') || ':1', pg_temp.e('std')$$, 'a delivery that knows its enrolment');
SELECT is(jorge.run_sequences('2026-06-04 15:00:00'), '{}', 'and once');
SELECT is(pg_temp.told(pg_temp.e('std')), 'active 2 2026-06-08 15:00:00+00', 'then day 7');
SELECT is(jorge.run_sequences('2026-06-08 16:00:00'), '{"queued": 1}', 'the call');
SELECT is((SELECT payload ->> 'dueDate' FROM jorge.outbox WHERE channel = 'call'), '2026-06-08T16:00:00Z', 'is a task with a date');
SELECT is(jorge.run_sequences('2026-06-15 23:00:00'), '{"queued": 1}', 'day 14, an hour too late in the day');
SELECT is((SELECT due_at FROM jorge.outbox WHERE channel = 'email'), '2026-06-16 14:00'::timestamptz, 'moves to the next morning');
SELECT is(jorge.run_sequences('2026-07-01 15:00:00'), '{"queued": 1}', 'day 30');
SELECT is(pg_temp.told(pg_temp.e('std')), 'finished', 'and done');
SELECT is((SELECT count(*) FROM jorge.outbox), 4::bigint, 'four deliveries');
SELECT is(jorge.stop_follow_up(pg_temp.l('std'), 'reply'), 0, 'a reply ends no finished sequence');
SELECT is((SELECT count(*) FROM jorge.outbox), 0::bigint, 'but cancels what was still in the outbox');
SELECT is((SELECT array_agg(DISTINCT state || ' ' || reason) FROM jorge.outbox_done), '{cancelled reply}', 'and says why');

-- windows, weekdays, conditions, day 0
INSERT INTO jorge.sequence (sequence, title, lasts_days) VALUES ('own', 'Own', 19);
INSERT INTO jorge.sequence_step (sequence, step, day, opens, closes, weekdays, channel, template, condition, on_miss) VALUES
    ('own', 1, 0, '09:00', '17:00', '{1,2,3,4,5}', 'sms', 'day_3', NULL, 'skip'), ('own', 2, 1, '09:00', '17:00', '{1,2,3,4,5}', 'sms', 'day_3', '{"class": "HOT"}', 'move'),
    ('own', 3, 2, '06:00', '09:30', '{1,2,3,4,5,6,7}', 'sms', 'day_30', '{"stage": "initial_contact"}', 'move'), ('own', 4, 19, '10:00', '12:00', '{7}', 'email', 'day_14', NULL, 'move');
SELECT throws_ok($$INSERT INTO jorge.sequence_step (sequence, step, day, channel, template, condition) VALUES ('own', 9, 1, 'sms', 'day_3', '{"klass": "HOT"}')$$, '42703', NULL, 'a condition over nothing');
SELECT throws_ok($$INSERT INTO jorge.sequence_step (sequence, step, day, channel, template) VALUES ('own', 9, 1, 'sms', 'nonsense')$$, '42704', NULL, 'a template that is not there');
SELECT throws_ok($$INSERT INTO jorge.sequence_step (sequence, step, day, channel, template) VALUES ('own', 9, 1, 'sms', 'day_14')$$, '22023', NULL, 'a template of another channel');
SELECT pg_temp.begin('own', 2, '2026-06-01 15:30', 'own');
SELECT is(pg_temp.told(pg_temp.e('own')), 'active 1 2026-06-01 15:30:00+00', 'day 0: at once, within its window');
SELECT is(jorge.run_sequences('2026-06-01 15:30'), '{"queued": 1}', 'queued');
SELECT is((SELECT expires_at FROM jorge.outbox), '2026-06-01 22:00'::timestamptz, 'a step that is skipped rather than moved expires with its window');
SELECT is(jorge.run_sequences('2026-06-02 15:00'), '{"skipped": 1}', 'a condition that does not hold');
SELECT is((SELECT reason FROM jorge.enrollment_step WHERE enrollment_id = pg_temp.e('own') AND step = 2), 'condition', 'is why');
SELECT is(jorge.run_sequences('2026-06-03 11:00'), '{"queued": 1}', 'six in the morning');
SELECT is((SELECT due_at FROM jorge.outbox WHERE dedupe_key LIKE '%:3'), '2026-06-03 14:00'::timestamptz, 'is nine by the law of Texas');
SELECT is(jorge.run_sequences('2026-06-20 15:00'), '{"skipped": 1}', 'Sunday morning is no lawful hour in Texas');
SELECT is(pg_temp.told(pg_temp.e('own')), 'finished', 'so it ends');
SELECT pg_temp.begin('missed', 3, '2026-06-01 22:30', 'own');
SELECT is(jorge.run_sequences('2026-06-01 22:30'), '{"skipped": 1}', 'half past five: the window of day 0 is missed');
SELECT pg_temp.begin('expire', 4, '2026-06-01 15:00', 'own');
SELECT jorge.run_sequences('2026-06-01 15:00');
SELECT is(jorge.run_sequences('2026-06-21 15:00', location_id => 'main') ->> 'expired', '2', 'nineteen days are over');
SELECT is(pg_temp.told(pg_temp.e('expire')), 'expired expired', 'expired');
SELECT is((SELECT count(*) FROM jorge.outbox WHERE sequence_enrollment_id = pg_temp.e('expire')), 0::bigint, 'with all it had in the outbox');

-- two zones, no zone
SELECT pg_temp.begin('fl', 5, '2026-06-01 15:00', 'standard', 'Florida');
SELECT is((SELECT next_at FROM jorge.enrollment WHERE enrollment_id = pg_temp.e('fl')), '2026-06-04 15:00'::timestamptz, 'number of Texas, address in Florida: ten o''clock in both');

-- what ends it
SELECT pg_temp.begin('reply', 6), pg_temp.begin('visit', 7), pg_temp.begin('won', 8), pg_temp.begin('stop', 9), pg_temp.begin('dnd', 10), pg_temp.begin('book', 11), pg_temp.begin('gone', 12), pg_temp.begin('note', 13), pg_temp.begin('old', 14), pg_temp.begin('mail', 15);
SELECT jorge.run_sequences('2026-06-04 15:00');
INSERT INTO jorge.interaction (lead_id, channel, direction, body) VALUES (pg_temp.l('reply'), 'sms', 'in', 'Yes, call me'), (pg_temp.l('visit'), 'visit', 'in', NULL), (pg_temp.l('stop'), 'sms', 'in', 'STOP'), (pg_temp.l('note'), 'note', NULL, 'stop');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (pg_temp.l('old'), '2026-05-01', 'sms', 'in', 'what was said before');
UPDATE jorge.lead SET outcome = 'won' WHERE lead_id = pg_temp.l('won');
INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state) VALUES ('main', pg_temp.l('dnd'), 'all', 'active'), ('main', pg_temp.l('mail'), 'email', 'active');
SELECT jorge.set_appointment(pg_temp.l('book'), now() + interval '2 days');
INSERT INTO jorge.lead_contact (location_id, source, contact_id, lead_id) VALUES ('main', 'ghl', 'g1', pg_temp.l('gone')), ('main', 'ghl', 'g2', pg_temp.l('gone'));
UPDATE jorge.lead_contact SET deleted_at = now() WHERE contact_id = 'g1';
SELECT is((SELECT state FROM jorge.enrollment WHERE enrollment_id = pg_temp.e('gone')), 'active', 'one of two contacts deleted');
UPDATE jorge.lead_contact SET deleted_at = now() WHERE contact_id = 'g2';
SELECT results_eq($$SELECT name, state, reason FROM t JOIN jorge.enrollment ON enrollment_id = e WHERE name IN ('reply', 'visit', 'won', 'stop', 'dnd', 'book', 'gone', 'note', 'old', 'mail') ORDER BY name COLLATE "C"$$,
    $$VALUES ('book', 'stopped', 'booked'), ('dnd', 'stopped', 'dnd'), ('gone', 'stopped', 'contact_deleted'), ('mail', 'active', NULL), ('note', 'active', NULL), ('old', 'active', NULL), ('reply', 'stopped', 'reply'),
             ('stop', 'stopped', 'opt_out'), ('visit', 'active', NULL), ('won', 'stopped', 'outcome')$$, 'each for its reason; what came before, other channels'' do-not-disturb and our notes end nothing');
SELECT is((SELECT count(*) FROM jorge.outbox o JOIN t ON o.sequence_enrollment_id = t.e WHERE t.name IN ('reply', 'won', 'stop', 'dnd', 'book', 'gone')), 0::bigint, 'and nothing of them is left in the outbox');
SELECT throws_ok($$SELECT jorge.enroll(pg_temp.l('won'))$$, '55000', NULL, 'nobody is enrolled who is won');
SELECT throws_ok($$SELECT jorge.enroll(pg_temp.l('reply'), 'nonsense')$$, '42704', NULL, 'or in nothing');
SELECT throws_ok($$SELECT jorge.enroll(gen_random_uuid())$$, 'P0002', NULL, 'or nobody');

-- merge: the older enrolment goes on
SELECT pg_temp.begin('m1', 20, '2026-06-01 15:00'), pg_temp.begin('m2', 21, '2026-06-02 15:00');
SELECT jorge.merge_leads(pg_temp.l('m1'), pg_temp.l('m2'));
SELECT results_eq($$SELECT name, state, reason, lead_id = jorge.lead_alias(pg_temp.l('m2')) FROM t JOIN jorge.enrollment ON enrollment_id = e WHERE name IN ('m1', 'm2') ORDER BY name$$,
    $$VALUES ('m1', 'active', NULL, true), ('m2', 'stopped', 'merged', true)$$, 'one person, one enrolment');

-- pause, resume, skip
SELECT pg_temp.begin('pause', 22);
SELECT jorge.run_sequences('2026-06-04 15:00');
SELECT is(jorge.pause_enrollment(pg_temp.e('pause')), true, 'paused');
SELECT is((SELECT state FROM jorge.outbox WHERE sequence_enrollment_id = pg_temp.e('pause')), 'held', 'what it had is held');
DO $$BEGIN PERFORM jorge.stop_follow_up(lead, 'test') FROM t WHERE name IN ('fl', 'visit', 'note', 'old', 'mail', 'm1', 'm2'); END$$;
SELECT is(jorge.run_sequences('2026-06-08 20:00'), '{}', 'nothing moves');
SELECT is(jorge.resume_enrollment(pg_temp.e('pause')), true, 'resumed');
SELECT is((SELECT state FROM jorge.outbox WHERE sequence_enrollment_id = pg_temp.e('pause')), 'pending', 'due again');
SELECT is(jorge.skip_step(pg_temp.e('pause')), 2, 'the call is skipped');
SELECT is(pg_temp.told(pg_temp.e('pause')), 'active 3 2026-06-15 14:00:00+00', 'so e-mail is next');
SELECT throws_ok($$SELECT jorge.skip_step(gen_random_uuid())$$, 'P0002', NULL, 'an enrolment that is not there');

-- a failing step loses no other
DELETE FROM jorge.voice;
SELECT pg_temp.begin('fail', 23);
SELECT is(jorge.run_sequences('2026-06-04 15:00'), '{"failed": 1}', 'nobody writes');
SELECT ok((SELECT last_error IS NOT NULL AND next_at = '2026-06-04 16:00' FROM jorge.enrollment WHERE enrollment_id = pg_temp.e('fail')), 'it is tried again in an hour');
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url, booking_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://example.com/u', 'https://example.com/b');
SELECT is(jorge.run_sequences('2026-06-04 16:00'), '{"queued": 1}', 'and goes');

-- rules
INSERT INTO jorge.enroll_rule (rule, sequence, sources, sides, rank) VALUES ('zillow', 'standard', '{zillow}', NULL, 1), ('buyers', 'own', NULL, '{buyer}', 2);
INSERT INTO jorge.enroll_rule (rule, sequence, stages) VALUES ('hot', 'standard', '{hot}');
INSERT INTO jorge.inquiry (source, name, phone, side) VALUES ('zillow', 'Zed Zhou', '512-555-3500', 'buyer'), ('web', 'Bea Buyer', '512-555-3501', 'buyer'), ('web', 'Sal Seller', '512-555-3502', 'seller');
SELECT results_eq($$SELECT l.name, e.sequence, e.enrolled_by FROM jorge.enrollment e JOIN jorge.lead l USING (lead_id) WHERE l.phone LIKE '512-555-35%' ORDER BY 1$$,
    $$VALUES ('Bea Buyer', 'own', 'rule:buyers'), ('Zed Zhou', 'standard', 'rule:zillow')$$, 'enrolled on arrival, by the first rule that fits');
SELECT is(jorge.enroll_by_rules(), 0::bigint, 'nobody twice');
UPDATE jorge.lead SET stage = 'hot' WHERE phone = '512-555-3502';
SELECT is(jorge.enroll_by_rules(), 1::bigint, 'who comes to fit later is enrolled by the job');
SELECT jorge.opt_out(lead_id) FROM jorge.lead WHERE phone = '512-555-3501';
SELECT is(jorge.enroll_by_rules(), 0::bigint, 'nobody who opted out');

-- preview
SELECT ok((SELECT count(*) >= 2 AND bool_and(at < now() + interval '10 days') AND bool_or(note LIKE 'hold: no_consent%') FROM jorge.preview(10) WHERE name = 'Zed Zhou'), 'what will be sent, and why not');
SELECT * FROM finish();
ROLLBACK;
