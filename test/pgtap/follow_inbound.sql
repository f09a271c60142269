-- What people say and do, as providers deliver it, stops what would be sent, in the transaction that learns of it; consent; answers; appointments; qualification.
BEGIN;
SELECT plan(108);
SET timezone = 'UTC';
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url, booking_url) VALUES ('Jorge', 'Jorge Realty', '1 Main St', 'https://example.com/u', 'https://example.com/b');
SELECT jorge.ingest('ghl', jsonb_build_object('type', 'ContactCreate', 'id', 'c' || n, 'firstName', 'Ann', 'lastName', 'Number' || chr(96 + n), 'phone', '+1512555200' || n, 'email', 'ann' || n || '@example.com', 'dateAdded', '2026-01-01T00:00:00Z'))
  FROM generate_series(1, 9) n;
CREATE FUNCTION pg_temp.l(n integer) RETURNS uuid LANGUAGE sql AS $$SELECT jorge.lead_of_contact('ghl', 'c' || n)$$;
CREATE FUNCTION pg_temp.follow(n integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE e uuid := jorge.enroll(pg_temp.l(n), 'standard', now() - interval '5 days');
BEGIN PERFORM jorge.run_step(e, now(), 'main'); RETURN e; END $$;
CREATE FUNCTION pg_temp.says(n integer, body text, id text, type text DEFAULT 'SMS') RETURNS void LANGUAGE sql AS $$
    SELECT jorge.ingest('ghl', jsonb_build_object('type', 'InboundMessage', 'contactId', 'c' || n, 'direction', 'inbound', 'messageType', type, 'body', body, 'messageId', id, 'dateAdded', clock_timestamp()))$$;
CREATE FUNCTION pg_temp.open(n integer) RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM jorge.outbox WHERE lead_id = pg_temp.l(n)$$;
CREATE FUNCTION pg_temp.e(n integer) RETURNS text LANGUAGE sql AS $$SELECT concat_ws(' ', state, reason) FROM jorge.enrollment WHERE lead_id = pg_temp.l(n)$$;
SELECT pg_temp.follow(n) FROM generate_series(1, 8) n;
SELECT is((SELECT count(*) FROM jorge.outbox), 8::bigint, 'eight people are about to be written to');

-- messages
SELECT pg_temp.says(1, 'Sure, what is the price?', 'm1');
SELECT is(pg_temp.e(1) || pg_temp.open(1), 'stopped reply0', 'a reply by GHL''s webhook ends the sequence');
SELECT pg_temp.says(2, 'STOP', 'm2');
SELECT is(pg_temp.e(2) || pg_temp.open(2), 'stopped opt_out0', 'STOP too');
SELECT results_eq($$SELECT channel, act, source, text_shown FROM jorge.consent WHERE lead_id = pg_temp.l(2)$$, $$VALUES ('all', 'revoke', 'sms', 'STOP')$$, 'and is kept, from every channel, word for word');
SELECT pg_temp.says(3, 'please stop sending me things about condos', 'm3');
SELECT is((SELECT said FROM jorge.needs_person WHERE lead_id = pg_temp.l(3)), 'please stop sending me things about condos', 'unclear words wait for a person');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('main', pg_temp.l(3), 'email', now())), 'hold paused', 'and hold everything');
SELECT is(jorge.resume_lead(pg_temp.l(3)), 0, 'the person looked');
SELECT is_empty($$SELECT FROM jorge.needs_person$$, 'nothing is left to look at');
SELECT isnt((SELECT rule FROM jorge.send_rule('main', pg_temp.l(3), 'email', now())), 'paused', 'and sending goes on');
SELECT pg_temp.says(4, 'Alto', 'm4', 'Email');
SELECT is(pg_temp.e(4), 'stopped opt_out', 'in Spanish, by e-mail');
SELECT pg_temp.says(4, 'START', 'm5');
SELECT results_eq($$SELECT channel, decision, rule FROM unnest('{email,sms}'::text[]) channel, LATERAL jorge.send_rule('main', pg_temp.l(4), channel, now()) ORDER BY 1$$,
    $$VALUES ('email', 'cancel', 'opted_out'), ('sms', 'hold', 'no_consent has express, needs written')$$, 'START brings back its own channel only');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (pg_temp.l(9), '2020-01-01', 'sms', 'in', 'unsubscribe');
SELECT is((SELECT rule FROM jorge.send_rule('main', pg_temp.l(9), 'email', now())), 'opted_out', 'an opt-out in history that is loaded later is one');

-- the CRM's other news
SELECT jorge.ingest('ghl', '{"type": "ContactDndUpdate", "id": "c5", "dnd": false, "dndSettings": {"SMS": {"status": "quarantined", "message": "?"}}}');
SELECT is((SELECT state FROM jorge.lead_dnd WHERE lead_id = pg_temp.l(5) AND channel = 'sms'), 'active', 'a status nobody knows means do not send');
SELECT is(pg_temp.e(5) || pg_temp.open(5), 'active0', 'texts are cancelled, the sequence goes on by other channels');
SELECT jorge.ingest('ghl', '{"type": "OpportunityStatusUpdate", "id": "o6", "contactId": "c6", "status": "lost"}');
SELECT is(pg_temp.e(6) || pg_temp.open(6), 'stopped outcome0', 'a lost opportunity');
SELECT jorge.ingest('ghl', jsonb_build_object('type', 'AppointmentCreate', 'appointment', jsonb_build_object('id', 'a7', 'contactId', 'c7', 'appointmentStatus', 'confirmed', 'title', 'Tour', 'address', '12 Oak St', 'startTime', now() + interval '3 days')));
SELECT is(pg_temp.e(7), 'stopped booked', 'a booking');
SELECT jorge.ingest('ghl', '{"type": "ContactDelete", "id": "c8"}');
SELECT is(pg_temp.e(8) || (SELECT count(*) FROM jorge.outbox o JOIN jorge.lead l USING (lead_id) WHERE l.name LIKE '%Numberh'), 'stopped contact_deleted0', 'a deleted contact');
SELECT is((SELECT count(*) FROM jorge.outbox_done WHERE state = 'cancelled'), 8::bigint, 'each cancellation is on record');

-- appointments
SELECT is((SELECT count(*) FROM jorge.outbox WHERE lead_id = pg_temp.l(7) AND dedupe_key LIKE 'reminder:%'), 2::bigint, 'two reminders');
SELECT set_eq($$SELECT a.starts_at - o.due_at FROM jorge.outbox o, jorge.appointment a WHERE o.dedupe_key LIKE 'reminder:%'$$, $$VALUES (interval '1 hour'), (interval '24 hours')$$, 'a day and an hour before');
SELECT alike((SELECT min(payload ->> 'message') FROM jorge.outbox WHERE dedupe_key LIKE 'reminder:%'), 'Reminder: %day, % at %:% _M, 12 Oak St, with Jorge.%', 'that say when and where');
SELECT jorge.ingest('ghl', jsonb_build_object('type', 'AppointmentUpdate', 'webhookId', 'w2', 'appointment', jsonb_build_object('id', 'a7', 'contactId', 'c7', 'appointmentStatus', 'confirmed', 'startTime', now() + interval '20 hours')));
SELECT results_eq($$SELECT state, moves, first_start IS NOT NULL, title FROM jorge.appointment$$, $$VALUES ('set', 1, true, 'Tour')$$, 'moved');
SELECT results_eq($$SELECT a.starts_at - o.due_at FROM jorge.outbox o, jorge.appointment a WHERE o.dedupe_key LIKE 'reminder:%'$$, $$VALUES (interval '1 hour')$$, 'one reminder is still to come');
SELECT jorge.ingest('ghl', jsonb_build_object('type', 'AppointmentUpdate', 'webhookId', 'w3', 'timestamp', now() - interval '1 hour', 'appointment', jsonb_build_object('id', 'a7', 'contactId', 'c7', 'appointmentStatus', 'cancelled', 'startTime', now() + interval '9 days')));
SELECT results_eq($$SELECT state, moves FROM jorge.appointment$$, $$VALUES ('set', 1)$$, 'older news changes nothing');
SELECT is(jorge.decide_appointment((SELECT appointment_id FROM jorge.appointment), 'no_show'), true, 'nobody came');
SELECT is(pg_temp.open(7), 0::bigint, 'and nobody is reminded');
SELECT jorge.set_appointment(pg_temp.l(1), now() - n * interval '1 day', state => CASE WHEN n < 4 THEN 'held' ELSE 'cancelled' END, provider => 'own', provider_ref => n::text) FROM generate_series(1, 4) n;
SELECT results_eq($$SELECT sum(appointments)::bigint, sum(held)::bigint, sum(no_show)::bigint, sum(cancelled)::bigint FROM jorge.show_rate$$, $$VALUES (5::bigint, 3::bigint, 1::bigint, 1::bigint)$$, 'counted');
SELECT is((SELECT sum(held) / sum(held + no_show) FROM jorge.show_rate), 0.75, 'show rate');
SELECT throws_ok($$SELECT jorge.set_appointment(pg_temp.l(1), now(), state => 'perhaps')$$, '23514', NULL, 'no such state');

-- consent
SELECT throws_ok($$SELECT jorge.grant_consent(pg_temp.l(1), 'sms', 'written', 'form')$$, '22023', NULL, 'written consent needs its words');
SELECT throws_ok($$SELECT jorge.grant_consent(pg_temp.l(1), 'pigeon', 'express', 'form')$$, '22023', NULL, 'a channel nobody knows');
SELECT throws_ok($$SELECT jorge.opt_out(gen_random_uuid())$$, 'P0002', NULL, 'a lead nobody knows');
SELECT jorge.enqueue('main', pg_temp.l(1), 'sms', 'ghl.sms', '{"message": "x"}', dedupe_key => 'k1');
UPDATE jorge.outbox SET state = 'held', rule = 'no_consent has inquiry, needs written' WHERE dedupe_key = 'k1';
SELECT jorge.grant_consent(pg_temp.l(1), 'sms', 'written', 'form', 'I agree');
SELECT is((SELECT state FROM jorge.outbox WHERE dedupe_key = 'k1'), 'pending', 'what was held for want of consent is due');
SELECT jorge.opt_out(pg_temp.l(1), 'email', 'link');
SELECT is(pg_temp.open(1), 1::bigint, 'unsubscribing from e-mail cancels no text');
SELECT jorge.opt_out(pg_temp.l(1), 'sms', 'phone call');
SELECT is(pg_temp.open(1), 0::bigint, 'no more texts does');
SELECT jorge.grant_consent(pg_temp.l(1), 'sms', 'written', 'form', 'I agree', at => now() + interval '5 hours');
SELECT jorge.opt_out(pg_temp.l(1), 'sms', 'phone call', clock_timestamp());
SELECT is((SELECT rule FROM jorge.send_rule('main', pg_temp.l(1), 'sms', now())), 'opted_out', 'a consent from a clock that is ahead does not outdo the opt-out after it');

-- answers
SELECT pg_temp.says(3, 'My budget is 400k', 'r1');
SELECT is((SELECT count(*) FROM jorge.reply), 0::bigint, 'without a policy nobody is answered');
INSERT INTO jorge.reply_policy (mode, wait_low, wait_high) VALUES ('draft', 5, 15);
SELECT pg_temp.says(3, 'And I want to be in Hyde Park', 'r2');
SELECT results_eq($$SELECT state, channel, outbox_id FROM jorge.reply$$, $$VALUES ('draft', 'sms', NULL::bigint)$$, 'a draft for a person');
SELECT is(pg_temp.open(3), 0::bigint, 'is not sent');
SELECT isnt((SELECT jorge.approve_reply(reply_id, 'Own words') FROM jorge.reply), NULL, 'a person approves it');
SELECT is((SELECT payload ->> 'message' FROM jorge.outbox WHERE lead_id = pg_temp.l(3)), 'Own words', 'in other words');
SELECT throws_ok($$SELECT jorge.approve_reply(reply_id) FROM jorge.reply$$, 'P0002', NULL, 'once');
UPDATE jorge.reply_policy SET mode = 'send';
SELECT pg_temp.says(3, 'Are you there?', 'r3');
SELECT is((SELECT count(*) FROM jorge.outbox WHERE lead_id = pg_temp.l(3)), 1::bigint, 'a later message cancels the answer to the earlier');
SELECT ok((SELECT due_at BETWEEN now() + interval '5 seconds' AND now() + interval '15 seconds' FROM jorge.outbox WHERE lead_id = pg_temp.l(3)), 'the wait is between its bounds');
SELECT alike((SELECT payload ->> 'message' FROM jorge.outbox WHERE lead_id = pg_temp.l(3)), '%By when do you need to be in?%', 'it asks what is not answered yet: neither budget nor area');
SELECT pg_temp.says(3, 'I hear you', 'r4', 'Email');
SELECT is((SELECT endpoint FROM jorge.outbox WHERE lead_id = pg_temp.l(3)), 'ghl.email', 'an e-mail is answered by e-mail');
UPDATE jorge.reply_policy SET sms_template = 'nonsense';
SELECT pg_temp.says(3, 'Hello?', 'r5');
SELECT is((SELECT count(*) FROM jorge.interaction WHERE lead_id = pg_temp.l(3) AND body = 'Hello?'), 1::bigint, 'a policy that fails loses no message');
SELECT is((SELECT context FROM jorge.error WHERE message LIKE '%nonsense%'), 'reply', 'and says so');
UPDATE jorge.reply_policy SET opt_out_scope = 'channel';
SELECT pg_temp.says(3, 'Stop', 'r6');
SELECT results_eq($$SELECT channel, rule FROM unnest('{email,sms}'::text[]) channel, LATERAL jorge.send_rule('main', pg_temp.l(3), channel, '2026-11-24 21:00', 'reply:x') WHERE channel = 'sms'$$, $$VALUES ('sms', 'opted_out')$$, 'STOP of one channel');
SELECT isnt((SELECT rule FROM jorge.send_rule('main', pg_temp.l(3), 'email', now())), 'opted_out', 'leaves the other, where the owner wants that');

-- qualification
SELECT results_eq($$SELECT question, is_answered FROM jorge.lead_questions(pg_temp.l(3))$$, $$VALUES ('budget', true), ('timeline', false), ('financing', false), ('area', true)$$, 'what messages answer');
SELECT is(jorge.next_question(pg_temp.l(3), confrontation => 0.9) ->> 'asks', 'Are you moving in the next 90 days, yes or no?', 'the next, blunt');
SELECT is(jorge.next_question(pg_temp.l(3), confrontation => 0.1) ->> 'asks', 'When do you want to move?', 'gentle');
SELECT is(jorge.next_question(pg_temp.l(3), language => 'es') ->> 'asks', '¿Para cuándo quiere mudarse?', 'Spanish');
INSERT INTO jorge.lead_answer (lead_id, question, answer) VALUES (pg_temp.l(3), 'timeline', 'June'), (pg_temp.l(3), 'financing', 'cash');
SELECT is(jorge.next_question(pg_temp.l(3)), NULL, 'all four are answered');
SELECT results_eq($$SELECT answered, questions, next_question, frs IS NOT NULL, pcs IS NOT NULL FROM jorge.qualification(pg_temp.l(3))$$, $$VALUES (4, 4, NULL::text, true, true)$$, 'and the lead is qualified');
UPDATE jorge.lead SET side = 'seller' WHERE lead_id = pg_temp.l(5);
SELECT is(jorge.next_question(pg_temp.l(5), confrontation => 0.7) ->> 'asks', 'Why sell now and not next year?', 'a seller''s script');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (pg_temp.l(6), '2026-01-01 00:05', 'sms', 'out', 'hello');
SELECT ok((SELECT bool_and(seconds IS NULL OR seconds >= 0) FROM jorge.first_response), 'first response times');

-- reminders are those of the appointment as it is now
SELECT jorge.ingest('ghl', jsonb_build_object('type', 'ContactCreate', 'id', 'c' || n, 'firstName', 'Bea', 'lastName', 'Number' || n, 'phone', '+151255530' || n, 'email', 'bea' || n || '@example.com', 'state', 'TX', 'country', 'US', 'dateAdded', '2026-01-01T00:00:00Z'))
  FROM generate_series(10, 39) n;
CREATE FUNCTION pg_temp.reminders(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', substring(payload ->> 'message' FROM '[AP]M, (.*), with'), due_at AT TIME ZONE 'UTC'), '; ' ORDER BY due_at) FROM jorge.outbox
     WHERE lead_id = pg_temp.l(n) AND dedupe_key LIKE 'reminder:%' AND state IN ('pending', 'held')$$;
CREATE FUNCTION pg_temp.book(n integer, starts timestamptz, place text, told interval, state text DEFAULT 'set') RETURNS uuid LANGUAGE sql AS $$
    SELECT jorge.set_appointment(pg_temp.l(n), starts, place => place, state => state, provider => 'own', provider_ref => 'x' || n, told_at => now() + told)$$;
CREATE FUNCTION pg_temp.planned(n integer) RETURNS integer LANGUAGE sql AS $$SELECT jorge.plan_reminders(a) FROM jorge.appointment a WHERE provider_ref = 'x' || n$$;
SELECT pg_temp.book(10, '2046-12-10 20:00+00', 'A', '0');
SELECT is(pg_temp.reminders(10), 'A 2046-12-09 20:00:00; A 2046-12-10 19:00:00', 'two');
SELECT pg_temp.book(10, '2046-12-10 20:00+00', 'B', '1 s');
SELECT is(pg_temp.reminders(10), 'B 2046-12-09 20:00:00; B 2046-12-10 19:00:00', 'another place, the same time');
SELECT is((SELECT count(*) FROM jorge.outbox_done WHERE lead_id = pg_temp.l(10)), 0::bigint, 'they were changed where they were');
SELECT pg_temp.book(10, '2046-12-12 20:00+00', 'B', '2 s'), pg_temp.book(10, '2046-12-10 20:00+00', 'B', '3 s');
SELECT is(pg_temp.reminders(10), 'B 2046-12-09 20:00:00; B 2046-12-10 19:00:00', 'there and back');
SELECT is(pg_temp.planned(10), 2, 'counted');
SELECT pg_temp.book(10, '2046-12-12 20:00+00', 'B', '4 s'), pg_temp.book(10, '2046-12-10 20:00+00', 'C', '5 s');
SELECT is(pg_temp.reminders(10), 'C 2046-12-09 20:00:00; C 2046-12-10 19:00:00', 'there and back again');
SELECT jorge.decide_appointment(appointment_id, 'cancelled') FROM jorge.appointment WHERE provider_ref = 'x10';
SELECT is(pg_temp.reminders(10), NULL, 'none of a cancelled one');
SELECT is(pg_temp.planned(10), 0, 'counted');
SELECT jorge.decide_appointment(appointment_id, 'set') FROM jorge.appointment WHERE provider_ref = 'x10';
SELECT is(pg_temp.reminders(10), 'C 2046-12-09 20:00:00; C 2046-12-10 19:00:00', 'set again');
UPDATE jorge.appointment SET place = 'D' WHERE provider_ref = 'x10';
SELECT is(pg_temp.reminders(10), 'D 2046-12-09 20:00:00; D 2046-12-10 19:00:00', 'by hand');
UPDATE jorge.outbox SET state = 'held', due_at = '2046-12-10 12:00+00' WHERE lead_id = pg_temp.l(10) AND due_at = '2046-12-09 20:00+00';
SELECT pg_temp.book(10, '2046-12-10 20:00+00', 'E', '1 h');
SELECT is(pg_temp.reminders(10), 'E 2046-12-10 12:00:00; E 2046-12-10 19:00:00', 'what the gate held or put off stays so, in new words');
SELECT jorge.outbox_sent(o, 'r10', NULL, NULL) FROM jorge.outbox o WHERE lead_id = pg_temp.l(10) AND state = 'held';
DELETE FROM jorge.outbox WHERE lead_id = pg_temp.l(10) AND state = 'held';
SELECT pg_temp.book(10, '2046-12-10 20:00+00', 'F', '2 h');
SELECT is(pg_temp.reminders(10), 'F 2046-12-10 19:00:00', 'one that was sent for this start is not sent again');
SELECT is(pg_temp.planned(10), 1, 'counted');
UPDATE jorge.outbox SET state = 'sending' WHERE lead_id = pg_temp.l(10);
SELECT pg_temp.book(10, '2046-12-10 20:00+00', 'G', '3 h');
SELECT is((SELECT string_agg(concat_ws(' ', state, stop_reason), '; ') FROM jorge.outbox WHERE lead_id = pg_temp.l(10)), 'sending', 'nor one that is on its way');
SELECT pg_temp.book(10, '2046-12-11 20:00+00', 'G', '4 h');
SELECT is((SELECT string_agg(concat_ws(' ', state, stop_reason), '; ' ORDER BY due_at) FROM jorge.outbox WHERE lead_id = pg_temp.l(10)), 'sending the appointment changed; pending; pending', 'which is not tried again for a start that is over');
SELECT pg_temp.book(10, '2046-12-10 20:00+00', 'G', '5 h');
SELECT is((SELECT string_agg(concat_ws(' ', state, stop_reason), '; ') FROM jorge.outbox WHERE lead_id = pg_temp.l(10)), 'sending', 'but is if that is the start again');
SELECT pg_temp.book(11, '2046-12-10 20:00+00', 'A', '0');
SELECT jorge.set_appointment(pg_temp.l(12), '2046-12-11 20:00+00', provider => 'own', provider_ref => 'x11', told_at => now() + interval '1 s');
SELECT is(concat_ws('|', pg_temp.reminders(11), pg_temp.reminders(12)), 'A 2046-12-10 20:00:00; A 2046-12-11 19:00:00', 'an appointment that is somebody else''s now reminds nobody else');
SELECT jorge.ingest('ghl', jsonb_build_object('type', 'AppointmentCreate', 'webhookId', 'w13' || status, 'timestamp', now() + told, 'appointment', jsonb_build_object('id', 'a13', 'contactId', 'c13', 'appointmentStatus', status, 'address', 'A', 'startTime', '2046-12-10T20:00:00Z')))
  FROM (VALUES ('new', interval '0'), ('confirmed', '1 s')) v(status, told);
SELECT is(pg_temp.reminders(13), 'A 2046-12-09 20:00:00; A 2046-12-10 19:00:00', 'GHL makes one and confirms it');

-- what a merge brings stops sequences; first to the older lead, then to the younger
CREATE FUNCTION pg_temp.happens(n integer, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CASE what
    WHEN 'booked' THEN PERFORM pg_temp.book(n, '2046-12-10 20:00+00', 'A', '0');
    WHEN 'over' THEN PERFORM pg_temp.book(n, '2026-01-01 20:00+00', 'A', '0');
    WHEN 'outcome' THEN UPDATE jorge.lead SET outcome = 'won', outcome_at = now() WHERE lead_id = pg_temp.l(n);
    WHEN 'opt_out' THEN PERFORM jorge.opt_out(pg_temp.l(n));
    WHEN 'dnd' THEN INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state) VALUES ('main', pg_temp.l(n), 'all', 'active');
    WHEN 'reply' THEN INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (pg_temp.l(n), now() - interval '1 day', 'sms', 'in', 'Is it still for sale?');
    WHEN 'earlier' THEN INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (pg_temp.l(n), now() - interval '9 days', 'sms', 'in', 'Is it still for sale?');
    END CASE;
END $$;
CREATE FUNCTION pg_temp.after_merge(happened integer, enrolled integer, what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_temp.happens(happened, what), pg_temp.follow(enrolled), jorge.merge_leads(pg_temp.l(happened), pg_temp.l(enrolled));
    RETURN pg_temp.e(enrolled) || (SELECT count(*) FROM jorge.outbox WHERE lead_id = pg_temp.l(enrolled) AND dedupe_key NOT LIKE 'reminder:%');
END $$;
SELECT results_eq($$SELECT what, pg_temp.after_merge(happened, enrolled, what) FROM (VALUES (14, 15, 'booked'), (17, 16, 'booked'), (18, 19, 'outcome'), (21, 20, 'outcome'), (22, 23, 'opt_out'), (25, 24, 'opt_out'),
                                                                          (26, 27, 'dnd'), (29, 28, 'dnd'), (30, 31, 'reply'), (33, 32, 'reply')) v(happened, enrolled, what)$$,
    $$SELECT what, 'stopped ' || what || '0' FROM unnest('{booked,booked,outcome,outcome,opt_out,opt_out,dnd,dnd,reply,reply}'::text[]) what$$, 'a merge stops what any of it would have stopped');
SELECT is(pg_temp.after_merge(34, 35, 'earlier'), 'active1', 'a reply from before the sequence does not');
SELECT is(pg_temp.reminders(15), 'A 2046-12-09 20:00:00; A 2046-12-10 19:00:00', 'reminders come along, each once');
SELECT is(pg_temp.reminders(17), 'A 2046-12-09 20:00:00; A 2046-12-10 19:00:00', 'also to the other');
SELECT jorge.unmerge(pg_temp.l(17)) \g /dev/null
SELECT is(concat_ws('|', pg_temp.reminders(16), pg_temp.reminders(17)), 'A 2046-12-09 20:00:00; A 2046-12-10 19:00:00', 'and go back');
SELECT is((SELECT lead_id FROM jorge.appointment WHERE provider_ref = 'x17'), pg_temp.l(17), 'with the appointment');

-- whom the gate holds for a person is shown to one
CREATE FUNCTION pg_temp.held(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', string_agg(channel, ' ' ORDER BY channel), (SELECT 'shown' FROM jorge.needs_person WHERE lead_id = pg_temp.l(n)))
      FROM unnest('{call,email,sms,workflow}'::text[]) channel, LATERAL jorge.send_rule('main', pg_temp.l(n), channel, now()) r WHERE r.rule = 'paused'$$;
SELECT jorge.pause_lead(pg_temp.l(n), at => now() - interval '1 hour') FROM unnest('{36,37,38,39}'::integer[]) n;
SELECT is(pg_temp.held(36), 'call email sms workflow shown', 'a pause');
SELECT jorge.opt_out(pg_temp.l(36), 'call'), jorge.grant_consent(pg_temp.l(37), 'email', 'express', 'form'), jorge.opt_out(pg_temp.l(38), 'sms', at => now() - interval '1 hour');
SELECT is(pg_temp.held(36), 'email sms workflow shown', 'no more calls ends it for calls');
SELECT is(pg_temp.held(37), 'call sms workflow shown', 'consent to e-mail for e-mail');
SELECT is(pg_temp.held(38), 'call email shown', 'no more texts for texts and workflows');
SELECT jorge.opt_out(pg_temp.l(36), 'email'), jorge.opt_out(pg_temp.l(36), 'sms'), jorge.grant_consent(pg_temp.l(37), 'all', 'express', 'form'), jorge.opt_out(pg_temp.l(38)), jorge.resume_lead(pg_temp.l(39));
SELECT is(pg_temp.held(36) || pg_temp.held(37) || pg_temp.held(38) || pg_temp.held(39), '', 'nothing is held, nobody shown');

-- an appointment that is over
SELECT pg_temp.follow(12), pg_temp.happens(12, 'over');
SELECT is(pg_temp.e(12), 'active', 'stops nothing');
SELECT pg_temp.happens(12, 'booked');
SELECT is(pg_temp.e(12), 'stopped booked', 'moved to a day to come it does');

-- deletion
CREATE FUNCTION pg_temp.told(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT substring(payload ->> 'message' FROM '[0-9]+:[0-9]+ [AP]M'), '; ') FROM jorge.outbox WHERE lead_id = pg_temp.l(n) AND dedupe_key LIKE 'reminder:%'$$;
SELECT is(pg_temp.told(13), '2:00 PM', 'Texas');
SELECT is(pg_temp.reminders(13), 'A 2046-12-09 20:00:00; A 2046-12-10 19:00:00', 'each once');
CREATE ROLE jorge_follow_office;
GRANT USAGE ON SCHEMA jorge TO jorge_follow_office;
GRANT SELECT, DELETE ON jorge.appointment TO jorge_follow_office;
SET ROLE jorge_follow_office;
DELETE FROM jorge.appointment WHERE provider_ref = 'a13';
RESET ROLE;
SELECT is(pg_temp.reminders(13), NULL, 'an appointment that somebody deletes reminds nobody');
CREATE TEMP TABLE erased AS SELECT pg_temp.l(17) AS id;
SELECT jorge.erase_lead(id) FROM erased \g /dev/null
SELECT is((SELECT count(*) FROM jorge.appointment WHERE provider_ref = 'x17') + (SELECT count(*) FROM jorge.outbox o JOIN erased e ON e.id = o.lead_id), 0::bigint, 'nor stands in the way of an erasure');

-- a person answers
UPDATE jorge.reply_policy SET mode = 'send', sms_template = 'reply', wait_low = 600, wait_high = 900;
CREATE FUNCTION pg_temp.we_say(n integer, body text, id text, after interval) RETURNS void LANGUAGE sql AS $$
    SELECT jorge.ingest('ghl', jsonb_build_object('type', 'OutboundMessage', 'contactId', 'c' || n, 'direction', 'outbound', 'messageType', 'SMS', 'body', body, 'messageId', id, 'dateAdded', clock_timestamp() + after))$$;
CREATE FUNCTION pg_temp.answers(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', state, reason), '; ') FROM (SELECT state, NULL AS reason FROM jorge.outbox WHERE lead_id = pg_temp.l(n) AND dedupe_key LIKE 'reply:%'
                                                                UNION ALL SELECT state, reason FROM jorge.outbox_done WHERE lead_id = pg_temp.l(n) AND dedupe_key LIKE 'reply:%') o$$;
SELECT pg_temp.says(n, 'Is it still for sale?', 'q' || n) FROM generate_series(36, 39) n;
SELECT pg_temp.we_say(36, 'Yesterday''s news', 'h36', '-1 day');
SELECT is(pg_temp.answers(36), 'pending', 'what was written before the question is no answer to it');
SELECT jorge.enqueue('main', pg_temp.l(36), 'sms', 'ghl.sms', '{"message": "Day three"}', dedupe_key => 'own36');
UPDATE jorge.outbox SET state = 'sending', sent_at = now() WHERE dedupe_key = 'own36';
SELECT pg_temp.we_say(36, 'Day three', 'e36', '0');
SELECT is(pg_temp.answers(36), 'pending', 'nor is a message of ours that comes back before we know its id');
SELECT jorge.outbox_sent(o, 'e37', NULL, NULL) FROM jorge.outbox o WHERE dedupe_key = 'own36';
DELETE FROM jorge.outbox WHERE dedupe_key = 'own36';
SELECT pg_temp.we_say(36, 'Day three', 'e37', '0');
SELECT is(pg_temp.answers(36), 'pending', 'nor after');
SELECT jorge.outbox_note() \g /dev/null
SELECT is(pg_temp.answers(36), 'pending', 'nor when we note it');
SELECT pg_temp.we_say(36, 'Yes, come and see it', 'p36', '0');
SELECT is(pg_temp.answers(36), 'cancelled a person answered', 'a person''s is');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (pg_temp.l(37), now() + interval '1 minute', 'call', 'out', NULL), (pg_temp.l(38), now() + interval '1 minute', 'email', 'out', 'Yes, it is');
SELECT is(pg_temp.answers(37) || '|' || pg_temp.answers(38), 'pending|cancelled a person answered', 'by e-mail too; a call may not have been taken');
UPDATE jorge.reply_policy SET mode = 'draft';
SELECT pg_temp.says(39, 'And what does it cost?', 'q40');
SELECT jorge.approve_reply(reply_id, 'A lot') FROM jorge.reply WHERE lead_id = pg_temp.l(39) AND state = 'draft';
SELECT pg_temp.we_say(39, 'One moment', 'p39', '0');
SELECT is(pg_temp.answers(39), 'pending; cancelled another message came', 'what a person approved is sent all the same');

-- drafts: not blank, and not for ever
SELECT pg_temp.says(37, 'And the garden?', 'd37');
SELECT throws_ok($$SELECT jorge.approve_reply(reply_id, E' \n\t') FROM jorge.reply WHERE lead_id = pg_temp.l(37) AND state = 'draft'$$, '22023', 'the answer has no text', 'a blank answer');
SELECT throws_ok($$SELECT jorge.approve_reply(reply_id, '') FROM jorge.reply WHERE lead_id = pg_temp.l(37) AND state = 'draft'$$, '22023', 'the answer has no text', 'an empty one');
SELECT lives_ok($$SELECT jorge.discard_reply(reply_id) FROM jorge.reply WHERE lead_id = pg_temp.l(37) AND state = 'draft'$$, 'a person discards the draft');
SELECT is((SELECT concat_ws(' ', state, decided_by, outbox_id) FROM jorge.reply r JOIN jorge.interaction i USING (interaction_id) WHERE i.body = 'And the garden?'), 'discarded ' || current_user, 'who is on record');
SELECT throws_ok($$SELECT jorge.discard_reply(reply_id) FROM jorge.reply r JOIN jorge.interaction i USING (interaction_id) WHERE i.body = 'And the garden?'$$, 'P0002', NULL, 'once');
SELECT throws_ok($$SELECT jorge.discard_reply(gen_random_uuid())$$, 'P0002', NULL, 'one that is not there');

-- a role that may only insert
CREATE ROLE jorge_follow_app;
GRANT USAGE ON SCHEMA jorge TO jorge_follow_app;
GRANT INSERT ON jorge.interaction TO jorge_follow_app;
UPDATE jorge.reply_policy SET opt_out_scope = 'all';
SELECT pg_temp.follow(9);
DELETE FROM jorge.consent WHERE lead_id = pg_temp.l(9);
SELECT set_config('test.lead', pg_temp.l(9)::text, true);
SET ROLE jorge_follow_app;
INSERT INTO jorge.interaction (lead_id, channel, direction, body) VALUES (current_setting('test.lead')::uuid, 'sms', 'in', 'STOP');
RESET ROLE;
SELECT is(pg_temp.e(9), 'stopped opt_out', 'an application that may only insert stops a sequence, too');
SELECT lives_ok($$INSERT INTO jorge.appointment (location_id, lead_id, starts_at) VALUES ('main', pg_temp.l(8), 'infinity')$$, 'no reminder that fails loses an appointment');
SELECT * FROM finish();
ROLLBACK;
