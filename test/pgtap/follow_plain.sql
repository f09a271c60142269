-- Asking the gate about many at once: whoever is plainly allowed is allowed by jorge.send_rule(), whatever random history people have.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL timezone = 'UTC';
SELECT plan(14);
SELECT setseed(0.4);

INSERT INTO jorge.sender (location_id, address, a2p_status) VALUES ('plain', '+15125550100', 'approved');
INSERT INTO jorge.send_cap (location_id, channel, days, at_most, reason) VALUES ('plain', 'sms', 30, 2, 'test');
INSERT INTO jorge.no_send_day (location_id, day, reason) VALUES ('plain', '2026-11-26', 'Thanksgiving');
INSERT INTO jorge.lead (location_id, lead_id, name, phone, email, state, country, time_zone, outcome, inquiries)
SELECT 'plain', gen_random_uuid(), 'P' || n,
       (ARRAY['512-555-2', '813-555-2', '201-555-2', '775-555-2', '416-555-2', '+44 20 7946 0', NULL, '512-555-2', '401-555-2'])[1 + floor(random() * 9)::integer] || lpad((n % 1000)::text, 3, '0'),
       CASE WHEN random() < 0.9 THEN 'p' || n || '@example.com' END,
       (ARRAY['TX', 'Texas', 'FL', 'RI', NULL, 'Atlantis', 'NJ', 'TX'])[1 + floor(random() * 8)::integer],
       (ARRAY['US', NULL, 'CA', 'USA', 'US', 'US'])[1 + floor(random() * 6)::integer],
       (ARRAY['America/Chicago', NULL, 'nowhere', NULL, NULL])[1 + floor(random() * 5)::integer],
       CASE WHEN random() < 0.9 THEN 'open' ELSE 'lost' END, floor(random() * 2)::integer
  FROM generate_series(1, 200) n;
CREATE TEMP TABLE who AS SELECT lead_id, row_number() OVER (ORDER BY name) AS n FROM jorge.lead WHERE location_id = 'plain';
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at)
SELECT 'plain', w.lead_id, x.channel, x.act, CASE WHEN x.act = 'grant' THEN (ARRAY['inquiry', 'express', 'written', 'written', 'written'])[1 + floor(random() * 5)::integer] END, 'form', '2026-11-23 18:00'::timestamptz - random() * interval '20 days'
  FROM who w CROSS JOIN generate_series(1, 3) g
 CROSS JOIN LATERAL (SELECT (ARRAY['sms', 'all', 'email', 'workflow', 'sms'])[1 + floor(random() * 5)::integer] AS channel,
                            (ARRAY['grant', 'grant', 'grant', 'grant', 'grant', 'grant', 'grant', 'revoke', 'pause', 'resume'])[1 + floor(random() * 10)::integer] AS act WHERE w.n + g > 0) x
 WHERE random() < 0.7;
INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state)
SELECT 'plain', w.lead_id, (ARRAY['sms', 'all', 'email', 'call'])[1 + w.n % 4], (ARRAY['inactive', 'active', 'permanent', 'inactive', 'inactive'])[1 + floor(random() * 5)::integer] FROM who w WHERE random() < 0.3;
INSERT INTO jorge.send_decision (location_id, at, lead_id, channel, dedupe_key, decision, rule)
SELECT 'plain', '2026-11-23 18:00'::timestamptz - random() * interval '40 days', w.lead_id, (ARRAY['sms', 'email'])[1 + g % 2], 'old:' || w.n || ':' || g,
       (ARRAY['send', 'send', 'defer'])[1 + floor(random() * 3)::integer], 'allowed' FROM who w, generate_series(1, 4) g WHERE random() < 0.3;
INSERT INTO jorge.interaction (location_id, lead_id, at, channel, direction, body)
SELECT 'plain', w.lead_id, '2026-11-23 18:00'::timestamptz - random() * interval '20 days', 'sms', (ARRAY['in', 'out'])[1 + floor(random() * 2)::integer], 'Hi' FROM who w WHERE random() < 0.15;
INSERT INTO jorge.lead_alias (location_id, alias_id, lead_id) SELECT 'plain', gen_random_uuid(), w.lead_id FROM who w WHERE w.n % 23 = 0;

CREATE TEMP TABLE compared AS
SELECT t.at, c.channel, k.kind, a.lead_id, a.plain, r.decision, r.rule
  FROM (VALUES ('2026-11-23 18:00'::timestamptz), ('2026-11-22 18:30'), ('2026-11-24 03:00'), ('2026-11-26 18:00')) t(at)
 CROSS JOIN (VALUES ('sms'), ('email'), ('call'), ('workflow'), ('tag'), ('pigeon')) c(channel) CROSS JOIN (VALUES ('seq'), ('reply'), ('reminder')) k(kind)
 CROSS JOIN LATERAL (SELECT array_agg(w.lead_id ORDER BY w.n) AS leads, array_agg(k.kind || ':' || w.n ORDER BY w.n) AS keys FROM who w) l
 CROSS JOIN LATERAL unnest(l.leads, jorge.plainly_allowed(array_fill('plain'::text, ARRAY[cardinality(l.leads)]), l.leads, array_fill(c.channel, ARRAY[cardinality(l.leads)]), t.at, l.keys), l.keys) a(lead_id, plain, key)
 CROSS JOIN LATERAL jorge.send_rule('plain', a.lead_id, c.channel, t.at, a.key) r;
SELECT is((SELECT count(*) FROM compared), 14400::bigint, 'every person, channel, purpose and moment');
SELECT is((SELECT count(*) FROM compared WHERE plain IS NULL), 0::bigint, 'has an answer');
SELECT is_empty($$SELECT * FROM compared WHERE plain AND (decision, rule) IS DISTINCT FROM ('send', 'allowed')$$, 'nobody is plainly allowed whom the rule does not allow');
SELECT cmp_ok((SELECT least(count(*) FILTER (WHERE plain) * 100 / count(*), count(*) / 5) FROM compared WHERE decision = 'send' AND rule = 'allowed'), '>=', 40::bigint, 'and many who are allowed are plainly so');
SELECT ok((SELECT count(DISTINCT split_part(rule, ' ', 1)) >= 11 FROM compared), 'the people are of many kinds');

-- two messages to one person at once: the second has to see the first
SELECT is((SELECT jorge.plainly_allowed(ARRAY['plain', 'plain'], ARRAY[c.lead_id, c.lead_id], ARRAY['sms', 'email'], c.at, ARRAY['seq:a', 'seq:b'])
             FROM compared c WHERE c.plain AND c.channel = 'sms' AND c.kind = 'seq' LIMIT 1), '{t,f}', 'of two to one person the first alone');
SELECT is(jorge.plainly_allowed(ARRAY['plain'], ARRAY[gen_random_uuid()], ARRAY['sms'], now(), ARRAY['x']), '{f}', 'nobody');
SELECT is(jorge.plainly_allowed(ARRAY[NULL], ARRAY[NULL::uuid], ARRAY[NULL], now(), ARRAY[NULL]), '{f}', 'nothing');
SELECT is(jorge.plainly_allowed(ARRAY['plain'], ARRAY[gen_random_uuid()], ARRAY['sms'], 'infinity', ARRAY['x']), NULL, 'no moment');

-- in the claim
INSERT INTO jorge.outbox_arm (system_identifier, database_oid, token) VALUES (1, 1, 'armed');
UPDATE jorge.quiet_hours SET opens = '00:00', closes = '24:00' WHERE location_id = '*';
INSERT INTO jorge.sender (location_id, address, a2p_status) VALUES ('claim', '+15125550100', 'approved');
INSERT INTO jorge.lead (location_id, lead_id, name, phone, state, country, ghl_contact_id) SELECT 'claim', ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'C' || n, '512-555-3' || lpad(n::text, 3, '0'), 'TX', 'US', 'c' || n FROM generate_series(1, 9) n;
INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source) SELECT 'claim', lead_id, 'sms', 'grant', 'written', 'form' FROM jorge.lead WHERE location_id = 'claim';
INSERT INTO jorge.consent (location_id, lead_id, channel, act, source) VALUES ('claim', '00000000-0000-4000-8000-000000000003', 'sms', 'revoke', 'sms');
SELECT count(jorge.enqueue('claim', lead_id, 'sms', 'ghl.sms', '{"message": "Hi"}', due_at => now() - interval '1 s')) FROM jorge.lead WHERE location_id = 'claim';
SELECT jorge.enqueue('claim', '00000000-0000-4000-8000-000000000005', 'sms', 'ghl.sms', '{"message": "Hi again"}', due_at => now() - interval '1 s', dedupe_key => 'again') > 0;
SELECT ok(jorge.gate_is_shipped(), 'the gate is jorge''s own');
SELECT results_eq($$SELECT count(*), count(fence), count(coalesce(provider, method, url, version, body, reuse::text)) FROM jorge.outbox_claim('armed', '{claim}', '{100}')$$,
    $$VALUES (10::bigint, 8::bigint, 8::bigint)$$, 'ten are decided about, eight are requests');
SELECT results_eq($$SELECT decision, split_part(rule, ' ', 1), count(*) FROM jorge.send_decision WHERE location_id = 'claim' GROUP BY 1, 2 ORDER BY 1$$,
    $$VALUES ('cancel', 'opted_out', 1::bigint), ('defer', 'cap', 1), ('send', 'allowed', 8)$$, 'each decision is a row with its rule: one has opted out, one was just written to');
UPDATE jorge.shipped_function SET body_md5 = 'another' WHERE signature LIKE 'jorge.send_rule(%';
SELECT ok(NOT jorge.gate_is_shipped(), 'a rule of the owner''s own is noticed');
DROP FUNCTION jorge.send_gate(text, uuid, text, timestamptz, text);
UPDATE jorge.outbox SET state = 'pending', due_at = now() - interval '1 s';
SELECT throws_ok($$SELECT * FROM jorge.outbox_claim('armed', '{claim}', '{100}')$$, '42883', NULL, 'without a gate nothing is claimed');
SELECT * FROM finish();
ROLLBACK;
