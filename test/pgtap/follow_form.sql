-- STOP in the message of a form is heeded, whichever way the form comes in; small print of a portal is not.
BEGIN;
SELECT plan(36);
SET timezone = 'UTC';
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://example.com/u');
INSERT INTO jorge.inquiry (received_at, source, name, phone, email, message) SELECT now() - interval '5 days', 'web', 'Ann Number' || chr(96 + n), '512-555-20' || lpad(n::text, 2, '0'), 'ann' || n || '@example.com', 'I like 12 Oak St' FROM generate_series(1, 20) n;
CREATE FUNCTION pg_temp.l(n integer) RETURNS uuid LANGUAGE sql AS $$SELECT lead_id FROM jorge.lead WHERE email = 'ann' || n || '@example.com'$$;
CREATE FUNCTION pg_temp.follow(n integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE e uuid := jorge.enroll(pg_temp.l(n), 'standard', now() - interval '5 days');
BEGIN PERFORM jorge.run_step(e, now(), 'main'); RETURN e; END $$;
CREATE FUNCTION pg_temp.state(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT state || coalesce(' ' || reason, '') FROM jorge.enrollment WHERE lead_id = pg_temp.l(n)), (SELECT count(*) || ' open' FROM jorge.outbox WHERE lead_id = pg_temp.l(n)),
                     (SELECT string_agg(c.act || ' ' || c.channel, ', ' ORDER BY c.at, c.act) FROM jorge.consent c WHERE c.lead_id = pg_temp.l(n)))$$;
CREATE FUNCTION pg_temp.form(n integer, message text, at timestamptz DEFAULT now()) RETURNS void LANGUAGE sql AS $$
    INSERT INTO jorge.inquiry (received_at, source, name, phone, message) VALUES (at, 'web', 'Ann Number' || chr(96 + n), '512-555-20' || lpad(n::text, 2, '0'), message)$$;
SELECT pg_temp.follow(n) FROM generate_series(1, 9) n;
SELECT is((SELECT count(*) FROM jorge.consent), 0::bigint, 'forms that say nothing of being written to leave no trace in the ledger');
SELECT is(pg_temp.state(1), 'active 1 open', 'somebody is about to be written to');

-- what it says
SELECT pg_temp.form(1, 'STOP');
SELECT is(pg_temp.state(1), 'stopped opt_out 0 open revoke all', 'STOP ends the sequence and cancels what was to be sent, in the statement that brings it');
SELECT results_eq($$SELECT source, text_shown, at FROM jorge.consent WHERE lead_id = pg_temp.l(1)$$, $$VALUES ('form: web', 'STOP', now())$$, 'and is kept word for word, with its form and time');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('main', pg_temp.l(1), 'email', now())), 'cancel opted_out', 'from every channel');
SELECT pg_temp.form(2, 'no me llame');
SELECT is(pg_temp.state(2), 'active 1 open pause all', 'what is not clear pauses');
SELECT results_eq($$SELECT lead_id, channel, said FROM jorge.needs_person$$, $$VALUES (pg_temp.l(2), 'form: web', 'no me llame')$$, 'and a person is asked');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('main', pg_temp.l(2), 'email', now())), 'hold paused', 'nothing leaves meanwhile');
SELECT pg_temp.form(3, 'Please remove me from your list');
SELECT is(pg_temp.state(3), 'stopped opt_out 0 open revoke all', 'remove me');
SELECT pg_temp.form(4, 'Can I stop by the house Saturday?'), pg_temp.form(4, 'Stop by the house any time');
SELECT is(pg_temp.state(4), 'active 1 open', 'somebody stops by');
SELECT pg_temp.form(5, E'I am interested in 12 Oak St.\nReply STOP to unsubscribe.');
SELECT is(pg_temp.state(5), 'active 1 open', 'a portal''s small print is nobody''s wish');
SELECT pg_temp.form(5, E'Please don''t call me, my number is wrong there. Reply STOP to unsubscribe.');
SELECT is(pg_temp.state(5), 'active 1 open pause all', 'nor does it hide one');
SELECT pg_temp.form(6, 'unsubscribe', '2020-01-01'), pg_temp.form(7, 'leave me alone', '2020-01-01');
SELECT is(pg_temp.state(6), 'active 0 open revoke all', 'history: an opt-out by its own date');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('main', pg_temp.l(6), 'email', now())), 'cancel opted_out', 'which the gate heeds');
SELECT is(pg_temp.state(7), 'active 1 open', 'nobody is asked about unclear words of years ago');
SELECT pg_temp.form(8, 'START'), pg_temp.form(8, 'help'), pg_temp.form(8, NULL), pg_temp.form(8, '');
SELECT is(pg_temp.state(8), 'active 1 open', 'a form can''t bring consent back');
INSERT INTO jorge.reply_policy (mode, opt_out_scope) VALUES ('draft', 'channel');
SELECT pg_temp.form(9, 'ALTO');
SELECT is(pg_temp.state(9), 'stopped opt_out 0 open revoke all', 'a form is of no channel: its opt-out is of all, whatever the scope');

-- every way in
INSERT INTO jorge.inquiry (source, name, email, message) SELECT 'web', 'Bulk ' || n, 'bulk' || n || '@example.com', CASE WHEN n % 500 = 0 THEN 'Stop!' ELSE 'I want to see number ' || n END FROM generate_series(1, 2500) n;
SELECT set_eq($$SELECT l.email, c.act FROM jorge.consent c JOIN jorge.lead l USING (lead_id) WHERE l.email LIKE 'bulk%'$$, $$SELECT 'bulk' || n * 500 || '@example.com' AS email, 'revoke' AS act FROM generate_series(1, 5) n$$, 'five among 2,500 of one statement');
COPY jorge.inquiry (source, name, email, message) FROM STDIN;
csv	Copy One	copy1@example.com	Unsubscribe
csv	Copy Two	copy2@example.com	Is it still available?
\.
SELECT results_eq($$SELECT l.email, c.source FROM jorge.consent c JOIN jorge.lead l USING (lead_id) WHERE l.email LIKE 'copy%'$$, $$VALUES ('copy1@example.com', 'form: csv')$$, 'COPY');
SELECT jorge.ingest('website', '{"id": "w1", "name": "Ann Numberj", "phone": "512-555-2010", "message": "Stop texting me"}');
SELECT is(pg_temp.state(10), '0 open revoke all', 'a website''s JSON');
SELECT jorge.ingest('website', '{"id": "w1", "name": "Ann Numberj", "phone": "512-555-2010", "message": "Stop texting me"}');
SELECT is(pg_temp.state(10), '0 open revoke all', 'once, though it is delivered twice');
SELECT jorge.ingest('zillow', 'listingId=1&name=Ann+Numberk&phone=5125552011&message=STOP');
SELECT is(pg_temp.state(11), '0 open revoke all', 'a portal''s form');
SELECT jorge.ingest('email', E'From: realtor.com <leads@email.realtor.com>\nSubject: New realtor.com lead - Ann Numberl\nMessage-ID: <f1@example.com>\n\nFirst Name: Ann\nLast Name: Numberl\nEmail Address: ann12@example.com\nPhone Number: 512-555-2012\nComment:\nNo me llamen, por favor\n');
SELECT is(pg_temp.state(12), '0 open pause all', 'a portal''s mail');
SELECT jorge.ingest_rows('[{"source": "api", "phone": "512-555-2013", "name": "Ann Numberm", "message": "Parar"}]');
SELECT is(pg_temp.state(13), '0 open revoke all', 'rows as JSON');
SELECT jorge.ingest('website', '{"id": "w2", "name": "New Person", "phone": "512-555-7001", "email": "new@example.com", "message": "do not contact me again"}');
SELECT is((SELECT count(*) FROM jorge.needs_person n WHERE n.name = 'New Person'), 1::bigint, 'somebody we did not know');
CREATE ROLE jorge_form_app;
GRANT USAGE ON SCHEMA jorge TO jorge_form_app;
GRANT INSERT ON jorge.inquiry TO jorge_form_app;
SET ROLE jorge_form_app;
INSERT INTO jorge.inquiry (source, name, phone, message) VALUES ('app', 'Ann Numbern', '512-555-2014', 'stop');
RESET ROLE;
SELECT is(pg_temp.state(14), '0 open revoke all', 'an application that may only insert');
ALTER TABLE jorge.inquiry DISABLE TRIGGER USER;
SELECT pg_temp.form(15, 'STOP'), pg_temp.form(16, 'Is it sold?');
ALTER TABLE jorge.inquiry ENABLE TRIGGER USER;
SELECT is(pg_temp.state(15), '0 open', 'a form that triggers did not see');
SELECT is(jorge.resolve_pending(), 2::bigint, 'is taken in later');
SELECT is(pg_temp.state(15) || ', ' || pg_temp.state(16), '0 open revoke all, 0 open', 'and heard then');
DROP TRIGGER sequences ON jorge.inquiry;
CREATE TRIGGER sequences AFTER INSERT ON jorge.inquiry REFERENCING NEW TABLE AS arrivals FOR EACH STATEMENT EXECUTE FUNCTION jorge.tell_follow_up('arrival_told', '', '', 'enroll_rule');
SELECT pg_temp.form(17, 'STOP'), pg_temp.form(18, 'wrong number', '2020-01-01'), pg_temp.form(19, 'Remove me', now() - interval '2 days');
SELECT jorge.grant_consent(pg_temp.l(19), 'all', 'express', 'call'), jorge.resume_lead(pg_temp.l(17)), jorge.grant_consent(pg_temp.l(17), 'sms', 'express', 'call');
SELECT count(jorge.install()) \g /dev/null
SELECT is(pg_temp.state(17) || ', ' || pg_temp.state(18) || ', ' || pg_temp.state(19), '0 open grant sms, resume all, revoke all, 0 open, 0 open grant all', 'install() hears what came while the trigger did not read messages, but for what a later word has outdone');
SELECT is((SELECT count(*) FROM jorge.consent WHERE lead_id = pg_temp.l(1)), 1::bigint, 'and nothing twice');

-- rules of enrolment
INSERT INTO jorge.enroll_rule (rule, sequence) VALUES ('all', 'standard');
SELECT pg_temp.form(20, 'STOP'), pg_temp.form(16, 'Is it sold now?');
SELECT is(pg_temp.state(20) || ', ' || pg_temp.state(16), '0 open revoke all, active 0 open', 'who says stop is not enrolled by a rule');
SELECT is(jorge.enroll_by_rules(ARRAY[pg_temp.l(1), pg_temp.l(10), pg_temp.l(20)]), 0::bigint, 'nor later');
SELECT jorge.grant_consent(pg_temp.l(10), 'all', 'express', 'call', at => now() + interval '1 day');
UPDATE jorge.consent SET at = now() - interval '1 minute' WHERE lead_id = pg_temp.l(10) AND act = 'revoke';
SELECT is(jorge.enroll_by_rules(ARRAY[pg_temp.l(10)]), 1::bigint, 'until there is a new consent');
SELECT throws_ok($$INSERT INTO jorge.inquiry (message) VALUES ('STOP')$$, '23502', NULL, 'a row that is refused says nothing');
SELECT is((SELECT count(*) FROM jorge.error), 0::bigint, 'nothing went wrong');
SELECT * FROM finish();
ROLLBACK;
