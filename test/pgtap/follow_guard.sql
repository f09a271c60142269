-- What must not be got round: the channel that the gate is asked for, what the law asks of a text, a pause; and what status() must say.
BEGIN;
SELECT plan(38);
SET timezone = 'UTC';
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://example.com/u');
INSERT INTO jorge.inquiry (source, name, phone, email, state, country) VALUES ('web', 'Ann Lee', '512-555-3001', 'ann@example.com', 'TX', 'US');
CREATE FUNCTION pg_temp.ann() RETURNS uuid LANGUAGE sql AS $$SELECT lead_id FROM jorge.lead WHERE name = 'Ann Lee'$$;

-- the gate is asked for what is sent
SELECT throws_ok($$SELECT jorge.enqueue('main', pg_temp.ann(), 'note', 'ghl.sms', '{"message": "x"}')$$, '22023', 'endpoint ghl.sms is for channel sms, not note', 'a text is not sent as a note');
SELECT throws_ok($$SELECT jorge.enqueue('main', pg_temp.ann(), 'email', 'ghl.sms', '{"message": "x"}')$$, '22023', NULL, 'nor as an e-mail');
SELECT throws_ok($$SELECT jorge.enqueue('main', pg_temp.ann(), NULL, 'ghl.email', '{"subject": "x", "html": "x"}')$$, '22023', NULL, 'nor as nothing');
SELECT lives_ok($$SELECT jorge.enqueue('main', pg_temp.ann(), 'note', 'ghl.note', '{"body": "x"}')$$, 'a note is one');
SELECT throws_ok($$SELECT jorge.enqueue('main', pg_temp.ann(), 'sms', 'ghl.sms', E'{"message": " \\n"}')$$, '22023', NULL, 'a blank text is none');
SELECT throws_ok($$INSERT INTO jorge.template (template, language, channel, body) VALUES ('day_14', 'es', 'sms', 'Hola {{opt_out}}')$$, '22023', 'template "day_14" is for email, not sms', 'a variant of another channel');
SELECT throws_ok($$UPDATE jorge.template SET channel = 'email', subject = 'x', body = 'x {{postal_address}} {{unsubscribe_url}}' WHERE template = 'day_30' AND language = 'en' AND confrontation = 0.5$$, '22023', NULL, 'a change to another one');
INSERT INTO jorge.template (template, channel, body) VALUES ('single', 'sms', 'Hi {{opt_out}}');
INSERT INTO jorge.sequence (sequence, title) VALUES ('own', 'own');
INSERT INTO jorge.sequence_step (sequence, step, day, channel, template) VALUES ('own', 1, 0, 'sms', 'single');
SELECT throws_ok($$UPDATE jorge.template SET channel = 'call', subject = 'Call' WHERE template = 'single'$$, '22023', NULL, 'a step''s only text does not change its channel');
SELECT lives_ok($$UPDATE jorge.template SET body = 'Hello {{opt_out}}' WHERE template = 'single'$$, 'its words it may');

-- what the law asks for
SELECT throws_ok($$INSERT INTO jorge.sequence_step (sequence, step, day, channel, template) VALUES ('own', 2, 1, 'sms', 'reminder')$$, '23514', NULL, 'a reminder is no follow-up');
SELECT throws_ok($$INSERT INTO jorge.sequence_step (sequence, step, day, channel, template) VALUES ('own', 2, 1, 'email', 'reply_email')$$, '23514', NULL, 'nor is a reply');
SELECT throws_ok($$UPDATE jorge.template SET purpose = 'reply' WHERE template = 'single'$$, '22023', NULL, 'nor becomes a step''s text one');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, body) VALUES ('round', 'sms', 'Hi {{opt_out|}}')$$, '23514', NULL, 'no way round opting out');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, subject, body) VALUES ('round', 'email', 'x', 'Hi {{postal_address|}} {{unsubscribe_url}}')$$, '23514', NULL, 'nor the address');
SELECT throws_ok($$INSERT INTO jorge.template (template, channel, subject, body) VALUES ('round', 'email', 'x', 'Hi {{postal_address}} {{unsubscribe_url|none}}')$$, '23514', NULL, 'nor the link');
SELECT is((SELECT count(*) FROM jorge.steps_of('standard') s, LATERAL jorge.render_for(pg_temp.ann(), s.template, 'main') r WHERE r.payload IS NULL), 0::bigint, 'every text of the standard sequence can be written with what the documentation asks for');

-- a pause
SELECT jorge.enroll(pg_temp.ann(), 'own', now() - interval '1 day') IS NOT NULL AS enrolled;
CREATE FUNCTION pg_temp.e() RETURNS uuid LANGUAGE sql AS $$SELECT enrollment_id FROM jorge.enrollment WHERE lead_id = pg_temp.ann()$$;
CREATE FUNCTION pg_temp.told() RETURNS text LANGUAGE sql AS $$SELECT string_agg(state, ' ' ORDER BY outbox_id) FROM jorge.outbox WHERE sequence_enrollment_id = pg_temp.e()$$;
UPDATE jorge.enrollment SET next_at = now() WHERE enrollment_id = pg_temp.e();
SELECT jorge.enqueue('main', pg_temp.ann(), 'sms', 'ghl.sms', '{"message": "step"}', enrollment => pg_temp.e()) > 0 AS queued;
UPDATE jorge.outbox SET state = 'held', rule = 'no_consent sms', reason = 'no_consent sms' WHERE sequence_enrollment_id = pg_temp.e();
SELECT ok(jorge.pause_enrollment(pg_temp.e()), 'an enrolment is paused while what it has is held');
SELECT is(jorge.release_held(pg_temp.ann(), '{no_consent}'), 0, 'what would release the delivery');
SELECT is(pg_temp.told(), 'held', 'does not');
SELECT ok(jorge.resume_enrollment(pg_temp.e()) AND pg_temp.told() = 'pending', 'going on does, and the gate is asked again');
SELECT ok(jorge.hold((SELECT outbox_id FROM jorge.outbox WHERE sequence_enrollment_id = pg_temp.e())), 'held by hand');
SELECT ok(jorge.pause_enrollment(pg_temp.e()) AND jorge.resume_enrollment(pg_temp.e()) AND pg_temp.told() = 'held', 'it stays held, whatever is paused and goes on');
SELECT jorge.pause_enrollment(pg_temp.e());
SELECT jorge.run_sequences(now() + interval '100 days');
SELECT is((SELECT state || coalesce(pg_temp.told(), '') FROM jorge.enrollment WHERE enrollment_id = pg_temp.e()), 'expired', 'a paused enrolment that expires leaves nothing in the outbox');
SELECT is(jorge.skip_step(pg_temp.e()), NULL, 'and has no step to skip');

-- wrong names
SELECT throws_ok($$INSERT INTO jorge.enroll_rule (rule, sequence) VALUES ('r', 'standrad')$$, '42704', NULL, 'a rule for a sequence that is not there');
SELECT throws_ok($$INSERT INTO jorge.enroll_rule (rule, sequence, classes) VALUES ('r', 'standard', '{hot}')$$, '22023', NULL, 'or a class that nobody has');
SELECT lives_ok($$INSERT INTO jorge.enroll_rule (rule, sequence, classes) VALUES ('r', 'standard', '{HOT}')$$, 'a good one');
SELECT throws_ok($$INSERT INTO jorge.consent (lead_id, channel, act, source) VALUES (pg_temp.ann(), 'SMS', 'revoke', 'x')$$, '23514', NULL, 'a STOP by a channel nobody asks for');
SELECT throws_ok($$INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state, told_at) VALUES ('main', pg_temp.ann(), 'SMS', 'active', now())$$, '23514', NULL, 'a do-not-disturb, too');
SELECT is((jorge.person_place('512-555-3001', 'Texas', 'EE.UU.', NULL)).regions, '{US,US-TX}', 'the country in Spanish');

SELECT is((SELECT string_agg(DISTINCT jorge.reply_meaning(said), ' ') FROM unnest(ARRAY['No thanks', 'no gracias', 'No thank you, not looking', 'Cease and desist', 'no, gracias!']) said), 'unclear', 'a polite no is for a person to read');
SELECT is((SELECT string_agg(DISTINCT jorge.reply_meaning(said), ' ') FROM unnest(ARRAY['No pool needed, thanks', 'Thanks, no questions', 'no, Tuesday is better, thank you']) said), 'none', 'a no to something else is none');

-- status
SELECT is((SELECT state FROM jorge.status() WHERE topic = 'accounts'), 'none', 'no account');
INSERT INTO jorge.provider_account (location_id, provider, blocked_until, block_reason, last_error_at, last_error) VALUES ('main', 'ghl', now(), 'token', now(), 'there is no token file');
SELECT results_eq($$SELECT state, detail FROM jorge.status() WHERE topic = 'accounts'$$, $$VALUES ('failing', 'ghl token: there is no token file')$$, 'an account without a token is not ready');
SELECT is((SELECT blocked FROM jorge.outbox_status), 'main ghl: there is no token file', 'nor in the outbox''s own status');
UPDATE jorge.provider_account SET last_sent_at = now() + interval '1 s', block_reason = NULL;
SELECT is((SELECT state FROM jorge.status() WHERE topic = 'accounts'), 'ok', 'until it sends');
UPDATE jorge.job SET active = false WHERE job = 'sequences';
SELECT is((SELECT state FROM jorge.status() WHERE topic = 'clock') IN ('switched off', 'late') AND (SELECT detail LIKE '%switched off: sequences%' FROM jorge.status() WHERE topic = 'clock'), true, 'a job that is switched off is named');
CREATE ROLE regress_tenant;
GRANT SELECT ON ALL TABLES IN SCHEMA jorge TO regress_tenant;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jorge TO regress_tenant;
SET LOCAL ROLE regress_tenant;
SELECT is((SELECT state FROM jorge.status() WHERE topic = 'clock'), 'unknown', 'a tenant is not told that jobs he can''t see never ran');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
