-- An INSERT into jorge.interaction keeps the lead's counters and text signals, whatever the order of arrival.
BEGIN;
SELECT plan(15);

INSERT INTO jorge.inquiry (inquiry_id, received_at, source, phone, message) VALUES
    ('00000000-0000-4000-8000-000000000001', '2026-03-02 15:00+00', 'zillow', '512-555-2001', 'Hello'),
    ('00000000-0000-4000-8000-000000000002', '2026-03-02 15:00+00', 'zillow', '512-555-2002', 'Hello');
CREATE TEMP VIEW person AS SELECT l.*, right(l.phone, 1) AS who FROM jorge.lead l;

INSERT INTO jorge.interaction (lead_id, at, channel, direction, body)
SELECT lead_id, '2026-03-02 16:00+00', 'sms', 'out', 'Hi, when do you want to move?' FROM person WHERE who = '1';
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body)
SELECT lead_id, '2026-03-02 16:30+00', 'sms', 'in', 'In 3 months, budget is $500k' FROM person WHERE who = '1';
SELECT results_eq($$SELECT interactions, inbound, outbound, replies, reply_seconds, text_messages FROM person WHERE who = '1'$$,
                  $$VALUES (2, 1, 1, 1, 1800::float8, 2)$$, 'counters and reply time');
SELECT is((SELECT first_outbound_at FROM person WHERE who = '1'), '2026-03-02 16:00+00'::timestamptz, 'our first answer');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body, duration_seconds)
SELECT lead_id, '2026-03-02 17:00+00', 'call', 'in', NULL, 60 FROM person WHERE who = '1';
INSERT INTO jorge.interaction (lead_id, at, channel, direction) SELECT lead_id, '2026-03-05 17:00+00', 'visit', 'in' FROM person WHERE who = '1';
INSERT INTO jorge.interaction (lead_id, at, channel, body) SELECT lead_id, '2026-03-06 17:00+00', 'note', 'likes gardens' FROM person WHERE who = '1';
SELECT results_eq($$SELECT interactions, inbound, outbound, calls, visits, replies, text_messages FROM person WHERE who = '1'$$,
                  $$VALUES (5, 3, 1, 1, 1, 1, 2)$$, 'calls, visits and notes; a second inbound one is no reply; our own words are not scanned');
SELECT is((SELECT count(*) FROM jorge.prediction WHERE reason = 'interaction'), 5::bigint, 'each statement scores the lead');
SELECT is((SELECT s.probability FROM jorge.lead_score s JOIN person p USING (lead_id) WHERE who = '1'), (SELECT jorge.lead_score(l) FROM jorge.lead l WHERE l.phone = '512-555-2001'), 'the stored score is that of the stored row');

-- the other person: the same conversation in one statement, backwards
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body, duration_seconds)
SELECT b.lead_id, i.at, i.channel, i.direction, i.body, i.duration_seconds
  FROM jorge.interaction i JOIN person a ON a.lead_id = i.lead_id AND a.who = '1' CROSS JOIN (SELECT lead_id FROM person WHERE who = '2') b
 ORDER BY i.at DESC;
SELECT is((SELECT to_jsonb(p) - 'lead_id' - 'phone' - 'who' FROM person p WHERE who = '2'), (SELECT to_jsonb(p) - 'lead_id' - 'phone' - 'who' FROM person p WHERE who = '1'), 'one statement, any order: the same row');
-- and one by one, an old one last
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-03-02 15:30+00', 'email', 'out', 'x' FROM person;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-03-02 15:40+00', 'email', 'in', 'budget is $300k' FROM person ORDER BY who DESC;
SELECT is((SELECT replies FROM person WHERE who = '1'), 2, 'interactions older than those known are folded in their place');
SELECT is((SELECT to_jsonb(p) - 'lead_id' - 'phone' - 'who' FROM person p WHERE who = '2'), (SELECT to_jsonb(p) - 'lead_id' - 'phone' - 'who' FROM person p WHERE who = '1'), 'again the same row');
CREATE TEMP TABLE folded AS SELECT l.* FROM jorge.lead l;
SELECT ok((SELECT bool_and(jorge.refold_lead(lead_id)) FROM jorge.lead), 'both can be folded anew');
SELECT set_eq('SELECT l::text FROM jorge.lead l', 'SELECT f::text FROM folded f', 'with the same result');

-- replays and bad input
INSERT INTO jorge.interaction (lead_id, at, channel, direction, provider, provider_ref) SELECT lead_id, '2026-03-07 15:00+00', 'sms', 'in', 'ghl', 'm1' FROM person WHERE who = '1';
INSERT INTO jorge.interaction (lead_id, at, channel, direction, provider, provider_ref) SELECT lead_id, '2026-03-07 15:01+00', 'sms', 'in', 'ghl', 'm1' FROM person WHERE who = '1';
SELECT is((SELECT interactions FROM person WHERE who = '1'), 8, 'a replay by provider id is dropped');
SELECT throws_ok($$INSERT INTO jorge.interaction (lead_id, channel, direction) VALUES ('00000000-0000-4000-8000-00000000dead', 'sms', 'in')$$, '23503', NULL, 'an unknown lead is an error');
SELECT throws_ok($$INSERT INTO jorge.interaction (lead_id, channel) SELECT lead_id, 'sms' FROM person WHERE who = '1'$$, '23514', NULL, 'a message needs a direction');

-- months
INSERT INTO jorge.interaction (lead_id, at, channel, direction) SELECT lead_id, 'infinity', 'sms', 'in' FROM person WHERE who = '2';
SELECT is((SELECT interactions FROM person WHERE who = '2'), 8, 'any date finds a partition');
SELECT jorge.upkeep();
SELECT is((SELECT count(*) FROM jorge.interaction_default), 1::bigint, 'upkeep gives the rows of the default partition a month of their own');

SELECT * FROM finish();
ROLLBACK;
