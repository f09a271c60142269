-- A lead is enrolled; time is moved to day 3: the message is written and due, what the send gate says and why, and what a reply does.
\set QUIET on
\pset border 2
\pset footer off
\echo
\echo '==> who writes, from which number, and who may be texted'
INSERT INTO jorge.voice (agent_name, company_name, postal_address, unsubscribe_url, booking_url, confrontation)
VALUES ('Jorge', 'Jorge Realty', '1 Congress Ave, Austin, TX 78701', 'https://jorge.example/unsubscribe', 'https://jorge.example/book', 0.7) ON CONFLICT (location_id) DO NOTHING;
INSERT INTO jorge.sender (address, a2p_status) VALUES ('+15125550100', 'approved') ON CONFLICT DO NOTHING;
INSERT INTO jorge.inquiry (source, name, phone, email, state, area, message) VALUES
    ('website', 'Dana Cole', '512-867-5370', 'dana@example.com', 'TX', 'Hyde Park', 'Looking for a 3 bed in Hyde Park, budget around $450k'),
    ('website', 'Eli Frost', '305-867-5371', 'eli@example.com', 'FL', 'Brickell', 'Condo in Brickell, cash');
SELECT jorge.grant_consent(lead_id, 'sms', 'written', 'website form', 'I agree to receive text messages from Jorge Realty. Consent is not a condition of purchase.') FROM jorge.lead WHERE phone IN ('512-867-5370', '305-867-5371') \g /dev/null
SELECT name, jorge.next_question(lead_id) ->> 'asks' AS "to ask next", (SELECT string_agg(question || CASE WHEN is_answered THEN ' ✓' ELSE '' END, ', ') FROM jorge.lead_questions(lead_id)) AS questions
  FROM jorge.lead WHERE phone IN ('512-867-5370', '305-867-5371') ORDER BY name;

\echo '==> enrolled three days ago: day 3 SMS, day 7 call, day 14 e-mail, day 30 SMS, each at its hour by the lead''s own clock'
SELECT jorge.enroll(lead_id, 'standard', now() - interval '3 days') FROM jorge.lead WHERE phone IN ('512-867-5370', '305-867-5371') \g /dev/null
SELECT to_char(at AT TIME ZONE 'America/Chicago', 'Dy DD Mon HH24:MI') AS "Austin time", name, channel, left(text, 90) AS what, note FROM jorge.preview(31) WHERE sequence = 'standard' AND name IN ('Dana Cole', 'Eli Frost') ORDER BY at, name;

\echo '==> the clock strikes (a job does this each minute; here a day later is pretended)'
SELECT jorge.run_sequences(now() + interval '1 day', location_id => 'main') AS done;
SELECT o.outbox_id AS id, l.name, o.channel, o.payload ->> 'message' AS message, to_char(o.due_at AT TIME ZONE 'America/Chicago', 'Dy DD Mon HH24:MI') AS "due, Austin time"
  FROM jorge.outbox o JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone IN ('512-867-5370', '305-867-5371') AND o.channel = 'sms' ORDER BY l.name;

\echo '==> may it go? the send gate, at four moments of a Monday, in Austin and in Miami'
SELECT l.name, to_char(t AT TIME ZONE 'America/Chicago', 'HH24:MI') AS "Austin time", r.decision, r.rule, to_char(r.until AT TIME ZONE 'America/Chicago', 'Dy HH24:MI') AS until
  FROM jorge.lead l, unnest('{2026-11-23 07:30-06,2026-11-23 08:30-06,2026-11-23 19:30-06,2026-11-23 21:30-06}'::timestamptz[]) t, LATERAL jorge.send_rule('main', l.lead_id, 'sms', t) r
 WHERE l.phone IN ('512-867-5370', '305-867-5371') ORDER BY l.name, t;

\echo '==> Eli answers STOP, Dana "not sure, maybe leave me alone for a while": the rest is cancelled in the same transaction, and Dana waits for a person'
SELECT jorge.ingest('ghl', '{"type": "InboundMessage", "messageType": "SMS", "direction": "inbound", "from": "+13058675371", "body": "STOP", "messageId": "demo-stop"}') \g /dev/null
SELECT jorge.ingest('ghl', '{"type": "InboundMessage", "messageType": "SMS", "direction": "inbound", "from": "+15128675370", "body": "not sure, maybe leave me alone for a while", "messageId": "demo-unclear"}') \g /dev/null
SELECT l.name, e.state || ': ' || e.reason AS sequence, (SELECT string_agg(d.state || ' (' || d.reason || ')', ', ') FROM jorge.outbox_done d WHERE d.lead_id = l.lead_id) AS deliveries,
       (SELECT r.decision || ': ' || r.rule FROM jorge.send_rule('main', l.lead_id, 'email', now()) r) AS "another message"
  FROM jorge.lead l JOIN jorge.enrollment e USING (location_id, lead_id) WHERE l.phone IN ('512-867-5370', '305-867-5371') ORDER BY l.name;
SELECT name, said FROM jorge.needs_person WHERE at > now() - interval '1 hour';

\echo '==> why did nothing happen? jorge.status()'
SELECT topic, state, left(detail, 80) AS detail, left(what_next, 70) AS "what next" FROM jorge.status();
