-- The send gate: each rule stops what it should, in order, and nothing that is not known is sent.
BEGIN;
SELECT plan(70);
SET timezone = 'UTC';

INSERT INTO jorge.inquiry (location_id, source, name, phone, email, state) VALUES
    ('gate', 'web', 'Ann Lee', '512-555-2001', 'ann.lee@example.com', 'TX'), ('gate', 'web', 'Bob Ray', '813-555-2002', 'bob.ray@example.com', NULL),
    ('gate', 'web', 'Cal Fox', NULL, 'cal.fox@example.com', NULL), ('gate', 'web', 'Dan Kim', '+44 20 7946 0958', 'dan.kim@example.com', NULL),
    ('gate', 'web', 'Eve May', '416-555-2003', 'eve.may@example.com', NULL);
CREATE TEMP TABLE who AS SELECT lead_id, first_name, name FROM jorge.lead WHERE location_id = 'gate';
CREATE FUNCTION pg_temp.id(text) RETURNS uuid LANGUAGE sql AS 'SELECT lead_id FROM who WHERE name LIKE $1 || ''%''';
-- Monday noon in Texas
CREATE FUNCTION pg_temp.gate(text, text, timestamptz DEFAULT '2026-11-23 18:00', text DEFAULT NULL) RETURNS text LANGUAGE sql
    AS $$SELECT concat_ws(' | ', decision, rule, until AT TIME ZONE 'UTC') FROM jorge.send_rule('gate', pg_temp.id($1), $2, $3, $4)$$;

-- what is not known
SELECT is(pg_temp.gate('Ann', 'pigeon'), 'hold | channel_unknown pigeon', 'a channel nobody described');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('gate', gen_random_uuid(), 'sms', now())), 'cancel lead_unknown', 'a lead nobody knows');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('elsewhere', pg_temp.id('Ann'), 'sms', now())), 'cancel lead_unknown', 'a lead of another location');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('gate', NULL, 'sms', now())), 'hold incomplete', 'no lead named');
SELECT is((SELECT decision || ' ' || rule FROM jorge.send_rule('gate', pg_temp.id('Ann'), 'sms', 'infinity')), 'hold incomplete', 'no moment');

-- consent and registration
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | no_consent has inquiry, needs written', 'texts need written consent');
SELECT is(pg_temp.gate('Ann', 'workflow'), 'hold | no_consent has inquiry, needs written', 'so do workflows');
SELECT is(pg_temp.gate('Ann', 'email'), 'send | allowed', 'who asked us may be mailed');
SELECT is(pg_temp.gate('Ann', 'call'), 'send | allowed', 'and called');
SELECT is(pg_temp.gate('Ann', 'tag'), 'send | internal', 'a tag reaches nobody');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) SELECT 'gate', lead_id, 'sms', 'grant', 'express', 'form', '2026-11-01' FROM who;
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | no_consent has express, needs written', 'a spoken yes is not written');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) SELECT 'gate', lead_id, 'sms', 'grant', 'written', 'form', '2026-11-02' FROM who;
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | a2p_not_approved', 'an unregistered number texts nobody');
INSERT INTO jorge.sender (location_id, address, a2p_status) VALUES ('gate', '+15125550100', 'pending');
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | a2p_not_approved', 'nor one whose registration is pending');
INSERT INTO jorge.sender (location_id, address, a2p_status) VALUES ('other', '+15125550101', 'approved');
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | a2p_not_approved', 'nor one of another location');
UPDATE jorge.sender SET a2p_status = 'approved' WHERE location_id = 'gate';
SELECT is(pg_temp.gate('Ann', 'sms'), 'send | allowed', 'consent, registration, noon');
SELECT is(pg_temp.gate('Ann', 'workflow'), 'send | allowed', 'consent to texts serves workflows');
SAVEPOINT workflow;
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) SELECT 'gate', pg_temp.id('Ann'), w.channel, w.act, w.kind, 'form', w.at::timestamptz
  FROM (VALUES ('sms', 'revoke', NULL, '2026-11-03'), ('workflow', 'grant', 'written', '2026-11-04')) w(channel, act, kind, at);
SELECT is(pg_temp.gate('Ann', 'workflow'), 'cancel | opted_out', 'no texts ends with consent to texts, not with one to workflows');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) SELECT 'gate', pg_temp.id('Ann'), 'sms', 'grant', 'written', 'form', '2026-11-05';
SELECT is(pg_temp.gate('Ann', 'workflow'), 'send | allowed', 'then it may');
ROLLBACK TO workflow;

-- hours
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-24 03:00'), 'defer | quiet_hours US,US-TX @ America/Chicago | 2026-11-24 15:00:00', 'Texas at nine in the evening: nine in the morning');
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-24 02:59:59.999'), 'send | allowed', 'a moment before');
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-22 17:59:59'), 'defer | quiet_hours US,US-TX @ America/Chicago | 2026-11-22 18:00:00', 'Texas on Sunday opens at noon');
SELECT is(pg_temp.gate('Bob', 'sms', '2026-11-24 00:30'), 'send | allowed', 'Florida at half past seven');
SELECT is(pg_temp.gate('Bob', 'sms', '2026-11-24 01:00'), 'defer | quiet_hours US,US-FL @ America/New_York | 2026-11-24 13:00:00', 'Florida closes at eight');
UPDATE jorge.lead SET state = 'Texas' WHERE lead_id = pg_temp.id('Bob');
SELECT ok(pg_temp.gate('Bob', 'sms', '2026-11-23 14:30') LIKE 'defer | quiet_hours US,US-FL,US-TX @ % | 2026-11-23 16:00:00', 'address in Texas, number of Florida: both states, all their zones');
UPDATE jorge.lead SET time_zone = 'America/Denver' WHERE lead_id = pg_temp.id('Bob');
SELECT is(pg_temp.gate('Bob', 'sms', '2026-11-23 15:30'), 'defer | quiet_hours US,US-FL,US-TX @ America/Denver | 2026-11-23 16:00:00', 'the person''s own zone, the states'' hours');
UPDATE jorge.lead SET time_zone = 'CST+6', state = 'Atlantis' WHERE lead_id = pg_temp.id('Bob');
SELECT is(pg_temp.gate('Bob', 'sms', '2026-11-23 18:30'), 'defer | quiet_hours US,US-*,US-FL @ all zones | 2026-11-23 19:00:00', 'no zone and an unreadable state: nine in Adak is fourteen in New York');
SELECT is(pg_temp.gate('Bob', 'sms', '2026-11-23 23:00'), 'defer | quiet_hours US,US-*,US-FL @ all zones | 2026-11-24 19:00:00', 'and Rhode Island closes at six');
SELECT is(pg_temp.gate('Bob', 'sms', '2026-11-28 20:00'), 'defer | quiet_hours US,US-*,US-FL @ all zones | 2026-11-30 19:00:00', 'not at weekends, which Rhode Island''s row does not name');
SELECT is(pg_temp.gate('Cal', 'email', '2026-11-23 18:30'), 'defer | quiet_hours US,US-* @ all zones | 2026-11-23 19:00:00', 'nothing known of the place: anywhere in the United States');
SELECT is(pg_temp.gate('Dan', 'sms'), 'hold | no_hours ZZ', 'a foreign number: no rule, no send');
SELECT is(pg_temp.gate('Eve', 'sms'), 'hold | no_hours CA', 'Toronto has an American-looking number and no rule');
INSERT INTO jorge.quiet_hours (location_id, region, days, opens, closes, source, checked_on) VALUES ('gate', 'CA', '{1,2,3,4,5}', '09:00', '21:00', 'our lawyer', '2026-11-01');
SELECT is(pg_temp.gate('Eve', 'sms'), 'hold | no_hours CA', 'a rule, but no zone');
UPDATE jorge.lead SET time_zone = 'America/Toronto' WHERE lead_id = pg_temp.id('Eve');
SELECT is(pg_temp.gate('Eve', 'sms'), 'send | allowed', 'a rule and a zone');
SELECT is(pg_temp.gate('Eve', 'sms', '2026-11-28 18:00'), 'defer | quiet_hours CA @ America/Toronto | 2026-11-30 14:00:00', 'days without a row are closed');
INSERT INTO jorge.quiet_hours (location_id, region, days, opens, closes, source, checked_on) VALUES ('gate', 'US', '{1,2,3,4,5,6,7}', '07:00', '12:30', 'own rule', '2026-11-01');
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-23 18:30'), 'defer | quiet_hours US,US-TX @ America/Chicago | 2026-11-24 15:00:00', 'a tenant''s own hours narrow and never widen');
DELETE FROM jorge.quiet_hours WHERE location_id = 'gate';
SELECT is((SELECT count(*) FROM jorge.region_week WHERE location_id = 'gate'), 0::bigint, 'hours taken away are gone');
INSERT INTO jorge.no_send_day (location_id, day, reason) VALUES ('gate', '2026-11-23', 'holiday'), ('gate', '2026-11-24', 'holiday');
SELECT is(pg_temp.gate('Ann', 'sms'), 'defer | quiet_hours US,US-TX @ America/Chicago | 2026-11-25 15:00:00', 'two holidays');
DELETE FROM jorge.no_send_day;

-- do not disturb
INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state) VALUES ('gate', pg_temp.id('Ann'), 'sms', 'active');
SELECT is(pg_temp.gate('Ann', 'sms'), 'cancel | dnd sms=active', 'no texts, says the CRM');
SELECT is(pg_temp.gate('Ann', 'workflow'), 'cancel | dnd sms=active', 'so no workflow');
SELECT is(pg_temp.gate('Ann', 'email'), 'send | allowed', 'mail is another channel');
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-23 18:00', 'reply:1'), 'cancel | dnd sms=active', 'replies are no exception');
UPDATE jorge.lead_dnd SET channel = 'all', state = 'permanent';
SELECT is(pg_temp.gate('Ann', 'email'), 'cancel | dnd all=permanent', 'nothing at all');
SELECT is(pg_temp.gate('Ann', 'tag'), 'send | internal', 'but the CRM may be told');
UPDATE jorge.lead_dnd SET state = 'inactive';
SELECT is(pg_temp.gate('Ann', 'sms'), 'send | allowed', 'switched off again');

-- opt-out, pause, and back
INSERT INTO jorge.consent (location_id, lead_id, channel, act, source, at) VALUES ('gate', pg_temp.id('Ann'), 'all', 'revoke', 'sms', '2026-11-10');
SELECT is(pg_temp.gate('Ann', 'sms'), 'cancel | opted_out', 'an opt-out by text');
SELECT is(pg_temp.gate('Ann', 'email'), 'cancel | opted_out', 'is one of every channel');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) VALUES ('gate', pg_temp.id('Ann'), 'sms', 'grant', 'express', 'sms', '2026-11-10');
SELECT is(pg_temp.gate('Ann', 'sms'), 'cancel | opted_out', 'at the same moment the opt-out counts');
UPDATE jorge.consent SET at = '2026-11-11' WHERE lead_id = pg_temp.id('Ann') AND act = 'grant' AND at = '2026-11-10';
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | no_consent has express, needs written', 'START brings back what it says and not the written consent of before');
SELECT is(pg_temp.gate('Ann', 'email'), 'cancel | opted_out', 'and no other channel');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) VALUES ('gate', pg_temp.id('Ann'), 'all', 'grant', 'written', 'form', '2026-11-12');
SELECT is(pg_temp.gate('Ann', 'email'), 'send | allowed', 'a new form brings back all');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, source, at) VALUES ('gate', pg_temp.id('Ann'), 'all', 'pause', 'sms', '2026-11-13');
SELECT is(pg_temp.gate('Ann', 'email'), 'hold | paused', 'unclear words: a person must look');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, source, at) VALUES ('gate', pg_temp.id('Ann'), 'all', 'resume', 'sms', '2026-11-14');
SELECT is(pg_temp.gate('Ann', 'email'), 'send | allowed', 'the person looked');

-- outcome, address
UPDATE jorge.lead SET outcome = 'lost' WHERE lead_id = pg_temp.id('Ann');
SELECT is(pg_temp.gate('Ann', 'sms'), 'cancel | outcome lost', 'no follow-up once it is decided');
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-23 18:00', 'reminder:1'), 'send | allowed', 'a reminder may be');
UPDATE jorge.lead SET outcome = 'open' WHERE lead_id = pg_temp.id('Ann');
SELECT is(pg_temp.gate('Cal', 'sms'), 'cancel | no_phone', 'no phone');
UPDATE jorge.lead SET email = 'info@example.com' WHERE lead_id = pg_temp.id('Cal');
SELECT is(pg_temp.gate('Cal', 'email'), 'cancel | no_email', 'a role''s mailbox is nobody''s');

-- caps
INSERT INTO jorge.send_decision (location_id, at, lead_id, channel, dedupe_key, decision, rule) VALUES ('gate', '2026-11-23 15:00', pg_temp.id('Ann'), 'email', 'seq:1', 'send', 'allowed');
SELECT is(pg_temp.gate('Ann', 'sms'), 'defer | cap 1 in 1 days on all | 2026-11-24 15:00:00', 'one touch a day, whatever the channel');
SELECT is(pg_temp.gate('Ann', 'email', '2026-11-23 18:00', 'seq:1'), 'send | allowed', 'a retry does not count against itself');
SELECT is(pg_temp.gate('Ann', 'sms', '2026-11-23 18:00', 'reply:1'), 'send | allowed', 'an answer is no follow-up');
SELECT is(jorge.next_allowed_at(pg_temp.id('Ann'), 'sms', '2026-11-23 18:00', 'gate'), '2026-11-24 15:00'::timestamptz, 'next_allowed_at() goes on to the end');
INSERT INTO jorge.interaction (location_id, lead_id, at, channel, direction, body) VALUES ('gate', pg_temp.id('Ann'), '2026-11-23 15:00:10', 'email', 'out', 'the same'),
    ('gate', pg_temp.id('Ann'), '2026-11-21 15:00', 'call', 'out', NULL), ('gate', pg_temp.id('Ann'), '2026-11-20 15:00', 'call', 'out', NULL);
SELECT is(pg_temp.gate('Ann', 'sms'), 'defer | cap 3 in 7 days on all | 2026-11-27 15:00:00', 'what our people did counts, what came back from the CRM only once');
INSERT INTO jorge.send_cap (location_id, channel, days, at_most, reason) VALUES ('gate', 'sms', 30, 0, 'off');
SELECT is(pg_temp.gate('Ann', 'sms'), 'hold | cap 0 in 30 days on sms', 'a cap of nothing');
SELECT is(jorge.next_allowed_at(pg_temp.id('Ann'), 'sms', '2026-11-23 18:00', 'gate'), NULL, 'and no time at all');
DELETE FROM jorge.send_cap WHERE location_id = 'gate';

-- the binding form
SELECT is((SELECT decision FROM jorge.send_gate('gate', pg_temp.id('Bob'), 'email', '2026-11-23 20:00')), 'send', 'with four arguments, as the claim calls it');
SELECT is((SELECT rule FROM jorge.send_gate('gate', pg_temp.id('Bob'), 'email', '2026-11-23 20:00')), 'cap 1 in 1 days on all', 'two at once: the second sees the first');
SELECT results_eq($$SELECT decision, rule, until FROM jorge.send_decision WHERE lead_id = pg_temp.id('Bob') ORDER BY decision_id$$,
                  $$VALUES ('send', 'allowed', NULL::timestamptz), ('defer', 'cap 1 in 1 days on all', '2026-11-24 20:00'::timestamptz)$$, 'each decision is a row');
SELECT is((SELECT array_agg(p.proname::text) FROM pg_proc p WHERE p.pronamespace = 'jorge'::regnamespace AND p.proname = 'send_gate' AND has_function_privilege('public', p.oid, 'EXECUTE')), NULL, 'nobody else may ask it');

-- a row of the ledger that is dated ahead does not outdo the STOP that comes next
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at) VALUES ('gate', pg_temp.id('Bob'), 'all', 'grant', 'written', 'form', 'infinity');
SELECT ok((SELECT max(at) <= clock_timestamp() FROM jorge.consent WHERE lead_id = pg_temp.id('Bob') AND act = 'grant'), 'nobody has allowed anything later than now');
UPDATE jorge.consent SET at = now() + interval '1 year' WHERE lead_id = pg_temp.id('Bob') AND act = 'grant';
INSERT INTO jorge.consent (location_id, lead_id, channel, act, source, at) VALUES ('gate', pg_temp.id('Bob'), 'all', 'revoke', 'sms', clock_timestamp());
SELECT is(pg_temp.gate('Bob', 'email', '2027-03-01 18:00'), 'cancel | opted_out', 'so a STOP that comes after it holds');
INSERT INTO jorge.consent (location_id, lead_id, channel, act, source, at) VALUES ('gate', pg_temp.id('Bob'), 'all', 'revoke', 'sms', '2099-01-01');
SELECT is((SELECT count(*) FROM jorge.consent WHERE lead_id = pg_temp.id('Bob') AND at = '2099-01-01'), 1::bigint, 'a STOP keeps its date');
SELECT * FROM finish();
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT plan(1);
SELECT throws_ok($$SELECT jorge.send_gate('gate', gen_random_uuid(), 'sms', now())$$, '25000', NULL, 'an old snapshot can''t see a reply');
ROLLBACK;
