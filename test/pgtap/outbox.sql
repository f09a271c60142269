-- The outbox without its worker: enqueue, claim, gate, outcomes, contacts, reconciliation, cancel, hold, requeue, priorities.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(82);

DROP FUNCTION IF EXISTS jorge.send_gate(text, uuid, text, timestamptz, text);
CREATE TABLE public.gate (decision text, rule text, until timestamptz);
CREATE FUNCTION jorge.send_gate(location_id text, lead_id uuid, channel text, at timestamptz, dedupe_key text, OUT decision text, OUT rule text, OUT until timestamptz)
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT g.decision, g.rule, g.until INTO decision, rule, until FROM public.gate g;
    IF decision = 'error' AND dedupe_key = 'bad' THEN
        RAISE EXCEPTION 'out of order';
    END IF;
    decision := replace(decision, 'error', 'send');
END $$;
INSERT INTO gate VALUES ('send', 'open', NULL);
INSERT INTO jorge.outbox_arm (system_identifier, database_oid, token) VALUES (1, 1, 'armed');
INSERT INTO jorge.lead (lead_id, ghl_contact_id, phone, email) SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'c' || n, '512-867-53' || lpad(n::text, 2, '0'), n || '@example.com' FROM generate_series(1, 30) n;
CREATE FUNCTION pg_temp.lead(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.put(n integer, key text DEFAULT NULL, endpoint text DEFAULT 'ghl.sms', payload jsonb DEFAULT '{"message": "Hi"}', priority integer DEFAULT 10, due timestamptz DEFAULT now() - interval '1 s')
    RETURNS bigint LANGUAGE sql AS $$ SELECT jorge.enqueue('main', pg_temp.lead(n), split_part(endpoint, '.', 2), endpoint, payload, priority, due, key) $$;
CREATE TABLE claimed (LIKE jorge.outbox);
CREATE FUNCTION pg_temp.claim(most integer DEFAULT 100) RETURNS TABLE (location_id text, outbox_id bigint, fence bigint, provider text, method text, url text, version text, body text, reuse boolean)
    LANGUAGE sql AS $$ SELECT * FROM jorge.outbox_claim('armed', '{main}', ARRAY[most]) c WHERE c.fence IS NOT NULL $$;
CREATE FUNCTION pg_temp.record(id bigint, outcome text, status integer DEFAULT NULL, answer text DEFAULT NULL, retry integer DEFAULT 0, fence bigint DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT r.action FROM jorge.outbox o, jorge.outbox_record(ARRAY['main'], ARRAY[id], ARRAY[coalesce($6, o.fence)], ARRAY[outcome], ARRAY[status], ARRAY[answer], ARRAY[retry], ARRAY[7], ARRAY['']) r
     WHERE o.outbox_id = id $$;
CREATE FUNCTION pg_temp.state(id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT o.state FROM jorge.outbox o WHERE o.outbox_id = id), (SELECT d.state FROM jorge.outbox_done d WHERE d.outbox_id = id ORDER BY d.at DESC LIMIT 1)) $$;
CREATE TABLE t (name text PRIMARY KEY, id bigint);

-- enqueue
INSERT INTO t VALUES ('a', pg_temp.put(1, 'a'));
SELECT is(pg_temp.put(1, 'a'), (SELECT id FROM t WHERE name = 'a'), 'a key that was used gives the delivery that has it');
SELECT is((SELECT count(*) FROM jorge.outbox), 1::bigint, 'and makes none');
SELECT throws_ok($$SELECT pg_temp.put(1, NULL, 'ghl.fax')$$, '42704', NULL, 'an unknown endpoint');
SELECT throws_ok($$SELECT pg_temp.put(1, NULL, 'ghl.sms', '{"message": "x", "tags": []}')$$, '22023', NULL, 'a member the endpoint does not take');
SELECT throws_ok($$SELECT pg_temp.put(1, NULL, 'ghl.email', '{"subject": "x"}')$$, '22023', NULL, 'a member that is missing');
SELECT throws_ok($$SELECT pg_temp.put(1, NULL, 'ghl.sms', '{"message": ""}')$$, '22023', NULL, 'or empty');
SELECT throws_ok($$SELECT pg_temp.put(1, NULL, 'ghl.sms', '[]')$$, '22023', NULL, 'a payload that is no object');
SELECT throws_ok($$SELECT pg_temp.put(99)$$, 'P0002', NULL, 'an unknown lead');

-- claim
SELECT is((SELECT count(*) FROM jorge.outbox_claim('other', '{main}', '{9}')), 0::bigint, 'a database that is not armed gives nothing away');
SELECT results_eq($$SELECT method, url, version, body::jsonb, reuse FROM pg_temp.claim()$$,
    $$VALUES ('POST', 'https://services.leadconnectorhq.com/conversations/messages', '2021-04-15', '{"type": "SMS", "message": "Hi", "contactId": "c1"}'::jsonb, false)$$, 'a claim is a request');
SELECT is((SELECT count(*) FROM pg_temp.claim()), 0::bigint, 'that is claimed once');
SELECT results_eq($$SELECT state, attempt, fence, rule, sent_at IS NOT NULL FROM jorge.outbox$$, $$VALUES ('sending', 1, 1::bigint, 'open', true)$$, 'and on record');
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'a'), 'replied', 200, '{"messageId": "m0"}', 0, 99);
SELECT is(pg_temp.state((SELECT id FROM t WHERE name = 'a')), 'sending', 'a result under another fence is ignored');
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'a'), 'replied', 200, '{"messageId": "m1", "conversationId": "v1"}');
SELECT results_eq($$SELECT state, remote_id, conversation_id, attempt, noted FROM jorge.outbox_done$$, $$VALUES ('sent', 'm1', 'v1', 1, false)$$, 'a success with its id is sent');
SELECT is(jorge.outbox_note(), 1, 'and noted');
SELECT results_eq($$SELECT channel, direction, body, provider, provider_ref FROM jorge.interaction$$, $$VALUES ('sms', 'out', 'Hi', 'ghl', 'm1')$$, 'as an interaction, by the id its echo will have');
SELECT is((SELECT outbound FROM jorge.lead WHERE lead_id = pg_temp.lead(1)), 1, 'which counts');
SELECT is(pg_temp.put(1, 'a'), (SELECT id FROM t WHERE name = 'a'), 'its key stays used');
SELECT is((SELECT array_agg(kind || ' ' || decision ORDER BY at) FROM jorge.outbox_log), '{gate send,attempt accepted}', 'history tells both');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'followup_sent'), 1::bigint, 'so do events');

-- urgency: deadlines, so nothing starves
INSERT INTO t VALUES ('cold', pg_temp.put(2, 'cold', due => now() - interval '6 min')), ('warm', pg_temp.put(3, 'warm', priority => 50, due => now() - interval '30 s')),
                     ('hot', pg_temp.put(4, 'hot', priority => 80, due => now() - interval '1 s')), ('young', pg_temp.put(5, 'young', due => now() - interval '2 min')),
                     ('later', pg_temp.put(6, 'later', priority => 100, due => now() + interval '1 s'));
CREATE TABLE urgent (n integer GENERATED ALWAYS AS IDENTITY, outbox_id bigint);
INSERT INTO urgent (outbox_id) SELECT outbox_id FROM pg_temp.claim(1);
INSERT INTO urgent (outbox_id) SELECT outbox_id FROM pg_temp.claim(1);
INSERT INTO urgent (outbox_id) SELECT outbox_id FROM pg_temp.claim(1);
INSERT INTO urgent (outbox_id) SELECT outbox_id FROM pg_temp.claim(9);
SELECT is((SELECT string_agg(t.name, ' ' ORDER BY n) FROM urgent JOIN t ON t.id = outbox_id), 'cold hot warm young', 'by deadline: at once, within a minute, within five; none before it is due');
SELECT is(jorge.workers_needed(24), 2, '24 leads of 5 s need 2 workers for a minute');
SELECT is(jorge.workers_needed(25), 3, '25 need 3');
SELECT is(ARRAY[jorge.workers_needed(0), jorge.workers_needed(100000)], '{2,20}', 'within bounds');

-- outcomes
SELECT is(pg_temp.record((SELECT id FROM t WHERE name = 'cold'), 'not_sent'), NULL, 'what did not leave');
SELECT results_eq($$SELECT state, attempt, due_at BETWEEN clock_timestamp() + '3.5 s' AND clock_timestamp() + '6.1 s' FROM jorge.outbox WHERE dedupe_key = 'cold'$$, $$VALUES ('pending', 1, true)$$, 'is tried again after 5 s');
SELECT is(pg_temp.record((SELECT id FROM t WHERE name = 'hot'), 'replied', 429, '{}', 40), 'block', 'too many requests block the location');
SELECT results_eq($$SELECT state, attempt, due_at - clock_timestamp() BETWEEN '39 s' AND '45 s' FROM jorge.outbox WHERE dedupe_key = 'hot'$$, $$VALUES ('pending', 0, true)$$, 'as long as it says, without an attempt');
SELECT is(pg_temp.record((SELECT id FROM t WHERE name = 'warm'), 'replied', 401, '{"message": "Invalid JWT"}'), 'auth', 'a token that is refused');
SELECT is((SELECT state || attempt FROM jorge.outbox WHERE dedupe_key = 'warm'), 'pending0', 'costs no attempt either');
SELECT is(pg_temp.record((SELECT id FROM t WHERE name = 'young'), 'replied', 422, '{"message": ["property x should not exist", "y"]}'), NULL, 'a refusal');
SELECT results_eq($$SELECT state, reason FROM jorge.outbox_done WHERE dedupe_key = 'young'$$, $$VALUES ('dead', 'property x should not exist; y')$$, 'is dead, with its reason');
SELECT is((SELECT string_agg(class, ' ' ORDER BY n) FROM (VALUES (1, 200, '{"messageId": "m"}'), (2, 201, '{}'), (3, 200, 'rubbish'), (4, 302, ''), (5, 400, '{"message": "Contact with id x not found"}'), (6, 401, '{"message": "version header is invalid"}'),
             (7, 401, '{"message": "Invalid JWT"}'), (8, 408, ''), (9, 429, ''), (10, 500, '<html>'), (11, 520, ''), (12, 200, NULL)) v(n, status, answer), LATERAL jorge.outbox_class(jorge.endpoint_of('main', 'ghl.sms'), 'replied', status, answer)),
          'accepted unknown unknown rejected contact setup auth unknown throttled unknown unknown unknown', 'classes');
SELECT is((SELECT string_agg(class, ' ' ORDER BY n) FROM (VALUES (1, 400, 'Contact not found'), (2, 404, 'Contact with id a1 not found'), (3, 404, 'Cannot POST /contacts/a1/x", "error": "Not Found'), (4, 400, 'Cannot send message as DND is active for SMS.'),
             (5, 403, 'The token is not authorized for this scope.'), (6, 403, 'The token does not have access to this location.'), (7, 401, 'This authClass type is not allowed to access this scope'), (8, 403, 'Forbidden'),
             (9, 400, 'invalid_grant'), (10, 422, 'x'), (11, 401, 'this version of the token has expired')) v(n, status, said), LATERAL jorge.outbox_class(jorge.endpoint_of('main', 'ghl.sms'), 'replied', status, '{"message": "' || said || '"}')),
          'contact contact rejected rejected setup setup setup rejected rejected rejected auth', 'what GHL says of contact, token and account');
INSERT INTO jorge.endpoint (endpoint, provider, method, path, on_unknown, classes) VALUES ('x.y', 'x', 'POST', '/y', 'resend', '[{"match": "a(b|c)+d", "class": "auth"}, {"match": "Ü% 5\\%", "status": [400], "class": "contact"}]');
SELECT is((SELECT string_agg(class, ' ' ORDER BY n) FROM (VALUES (1, 'abcd'), (2, 'xA(B|C)+Dx'), (3, '.ü7 5%.'), (4, '.ü7 5.')) v(n, answer), LATERAL jorge.outbox_class(jorge.endpoint_of('main', 'x.y'), 'replied', 400, answer)),
          'rejected auth contact rejected', 'match is words and %, not a regular expression');
SELECT throws_ok($$UPDATE jorge.endpoint SET classes = '[{"match": "x", "class": "gone"}]' WHERE endpoint = 'x.y'$$, '23514', NULL, 'a class nobody knows');
SELECT throws_ok($$UPDATE jorge.endpoint SET classes = '[{"match": "x"}]' WHERE endpoint = 'x.y'$$, '23514', NULL, 'or none');
SELECT throws_ok($$UPDATE jorge.endpoint SET classes = '[{"match": ["x"], "class": "auth"}]' WHERE endpoint = 'x.y'$$, '23514', NULL, 'words that are none');
SELECT throws_ok($$UPDATE jorge.endpoint SET classes = jsonb_build_array(jsonb_build_object('class', 'auth', 'match', repeat('x', 9000))) WHERE endpoint = 'x.y'$$, '23514', NULL, 'and more than anybody needs');
-- a rule that is newer than the rows
ALTER TABLE jorge.endpoint DROP CONSTRAINT endpoint_size;
UPDATE jorge.endpoint SET context = jsonb_build_object('x', repeat('x', 9000)) WHERE endpoint = 'x.y';
SET LOCAL client_min_messages = error;
SELECT jorge.add_check('jorge.endpoint', 'endpoint_size', 'octet_length(context::text) <= 8192');
SELECT is((SELECT convalidated FROM pg_constraint WHERE conrelid = 'jorge.endpoint'::regclass AND conname = 'endpoint_size'), false, 'a table in use gets a new rule beside rows that break it');
SELECT throws_ok($$INSERT INTO jorge.endpoint (endpoint, provider, method, path, on_unknown, context) SELECT 'x.z', 'x', 'POST', '/y', 'resend', context FROM jorge.endpoint WHERE endpoint = 'x.y'$$, '23514', NULL, 'and new rows keep it');
DELETE FROM jorge.endpoint WHERE endpoint = 'x.y';
SELECT is((SELECT class FROM jorge.outbox_class(jorge.endpoint_of('main', 'ghl.sms'), 'cut', 200, '{"messageId": "m"}')), 'unknown', 'an answer that was cut proves nothing');

-- unknown: looked for twice, sent again once
DELETE FROM jorge.outbox;
INSERT INTO t VALUES ('u', pg_temp.put(1, 'u', payload => '{"message": "Are you  there?"}'));
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'u'), 'unknown');
SELECT results_eq($$SELECT state, due_at - sent_at FROM jorge.outbox$$, $$VALUES ('unknown', interval '90 s')$$, 'an unknown outcome is looked for after 90 s');
UPDATE jorge.outbox SET due_at = now();
SELECT results_eq($$SELECT method, url, reuse FROM pg_temp.claim()$$, $$VALUES ('GET', 'https://services.leadconnectorhq.com/conversations/v1/messages?limit=100', true)$$, 'in the conversation');
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'u'), 'replied', 200, '{"messages": {"nextPage": false, "messages": []}}');
SELECT results_eq($$SELECT state, looks, due_at - sent_at FROM jorge.outbox$$, $$VALUES ('unknown', 1, interval '10 min')$$, 'and again after ten minutes');
UPDATE jorge.outbox SET due_at = now();
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'u'), 'replied', 200, '{"messages": {"nextPage": true, "messages": [{"id": "x", "dateAdded": "2199-01-01T00:00:00Z"}]}}');
SELECT is((SELECT state || looks FROM jorge.outbox), 'unknown1', 'a page that does not reach back says nothing');
UPDATE jorge.outbox SET due_at = now();
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'u'), 'replied', 200, '{"messages": {"nextPage": false, "messages": []}}');
SELECT results_eq($$SELECT state, resends, looks FROM jorge.outbox$$, $$VALUES ('pending', 1, 0)$$, 'never found: sent again');
UPDATE jorge.outbox SET due_at = now();
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'u'), 'unknown');
UPDATE jorge.outbox SET due_at = now();
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'u'), 'replied', 200, jsonb_build_object('messages', jsonb_build_object('nextPage', false, 'messages', jsonb_build_array(
    jsonb_build_object('id', 'm1', 'direction', 'outbound', 'source', 'api', 'messageType', 'TYPE_SMS', 'body', 'Are you there?', 'dateAdded', clock_timestamp()),
    jsonb_build_object('id', 'in', 'direction', 'inbound', 'messageType', 'TYPE_SMS', 'body', 'Are you there?', 'dateAdded', clock_timestamp()),
    jsonb_build_object('id', 'old', 'direction', 'outbound', 'source', 'api', 'messageType', 'TYPE_SMS', 'body', 'Are you there?', 'dateAdded', clock_timestamp() - interval '1 hour'),
    jsonb_build_object('id', 'm2', 'direction', 'outbound', 'source', 'api', 'messageType', 'TYPE_SMS', 'body', 'are you there? Reply STOP to end', 'dateAdded', clock_timestamp()))))::text);
SELECT results_eq($$SELECT state, remote_id, resends FROM jorge.outbox_done WHERE dedupe_key = 'u'$$, $$VALUES ('sent', 'm2', 1)$$, 'found: outbound, of that time, that text, nobody else''s');
INSERT INTO t VALUES ('w', pg_temp.put(1, 'w', 'ghl.workflow', '{"workflow_id": "w/../1"}'));
SELECT is((SELECT url || ' ' || body FROM pg_temp.claim()), 'https://services.leadconnectorhq.com/contacts/c1/workflow/w%2F..%2F1 {}', 'what goes into a path is encoded');
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'w'), 'unknown');
SELECT is(pg_temp.state((SELECT id FROM t WHERE name = 'w')), 'dead', 'a workflow that may have started is not started again');
INSERT INTO t VALUES ('task', pg_temp.put(1, 'task', 'ghl.task', '{"title": "call", "dueDate": "2026-01-01T00:00:00Z"}'));
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'task'), 'unknown');
SELECT is((SELECT state FROM jorge.outbox WHERE dedupe_key = 'task'), 'pending', 'a task may be made twice, and is');
INSERT INTO t VALUES ('orphan', pg_temp.put(2, 'orphan'));
SELECT pg_temp.claim();
SELECT is(jorge.outbox_recover(), 1::bigint, 'what a worker left on its way');
SELECT is(pg_temp.state((SELECT id FROM t WHERE name = 'orphan')), 'unknown', 'is of unknown outcome');

-- contacts: search, make, one at a time
DELETE FROM jorge.outbox;
UPDATE jorge.lead SET ghl_contact_id = NULL WHERE lead_id = pg_temp.lead(7);
INSERT INTO t VALUES ('k', pg_temp.put(7, 'k')), ('k2', pg_temp.put(7, 'k2'));
SELECT results_eq($$SELECT outbox_id, url FROM pg_temp.claim()$$, $$SELECT id, 'https://services.leadconnectorhq.com/contacts/search/duplicate?locationId=main&number=%2B15128675307&email=7%40example.com' FROM t WHERE name = 'k'$$, 'no contact: it is searched for, once');
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'k'), 'replied', 200, '{"contact": null}');
SELECT results_eq($$SELECT url, body::jsonb FROM pg_temp.claim()$$, $$VALUES ('https://services.leadconnectorhq.com/contacts/upsert', '{"email": "7@example.com", "phone": "+15128675307", "source": "lead", "locationId": "main"}'::jsonb)$$, 'then made, without tags');
SELECT pg_temp.record((SELECT min(outbox_id) FROM jorge.outbox WHERE state = 'sending'), 'replied', 400, '{"message": "duplicated", "meta": {"contactId": "dup7"}}');
UPDATE jorge.outbox SET due_at = now();
SELECT is((SELECT string_agg(DISTINCT body::jsonb ->> 'contactId', ' ') FROM pg_temp.claim()), 'dup7', 'a duplicate is the contact; all deliveries have it now');
SELECT is((SELECT string_agg(attempt::text, ' ') FROM jorge.outbox), '1 1', 'and it cost no attempt');

-- the gate
DELETE FROM jorge.outbox;
UPDATE gate SET decision = 'defer', rule = 'quiet hours', until = now() + interval '8 h';
INSERT INTO t VALUES ('g', pg_temp.put(8, 'g'));
CREATE FUNCTION pg_temp.decided() RETURNS TABLE (name text, request boolean) LANGUAGE sql AS $$
    SELECT t.name, c.fence IS NOT NULL FROM jorge.outbox_claim('armed', '{main}', '{100}') c JOIN t ON t.id = c.outbox_id $$;
SELECT results_eq('SELECT * FROM pg_temp.decided()', $$VALUES ('g', false)$$, 'what the gate defers is decided about, and no request');
SELECT results_eq($$SELECT state, rule, due_at - now(), attempt FROM jorge.outbox$$, $$VALUES ('pending', 'quiet hours', interval '8 h', 0)$$, 'until then');
UPDATE jorge.outbox SET due_at = now();
UPDATE gate SET decision = 'nonsense', until = NULL;
SELECT results_eq('SELECT * FROM pg_temp.decided()', $$VALUES ('g', false)$$, 'so is what it holds');
SELECT is((SELECT state || ': ' || reason FROM jorge.outbox), 'held: the send gate answered nonsense', 'an unknown answer holds it');
SELECT ok(jorge.requeue((SELECT id FROM t WHERE name = 'g')), 'a person lets it go on');
UPDATE gate SET decision = 'error';
INSERT INTO t VALUES ('bad', pg_temp.put(9, 'bad'));
SELECT is((SELECT string_agg(t.name, ' ') FROM pg_temp.claim() c JOIN t ON t.id = c.outbox_id), 'g', 'an error of the gate about one does not stop another');
SELECT is((SELECT reason FROM jorge.outbox WHERE dedupe_key = 'bad'), 'the send gate failed: out of order', 'and holds that one');
UPDATE gate SET decision = 'cancel', rule = 'opted out';
SELECT jorge.requeue((SELECT id FROM t WHERE name = 'bad'));
SELECT results_eq('SELECT * FROM pg_temp.decided()', $$VALUES ('bad', false)$$, 'and what it ends');
SELECT is_empty('SELECT * FROM pg_temp.decided()', 'once');
SELECT results_eq($$SELECT state, reason, rule FROM jorge.outbox_done WHERE dedupe_key = 'bad'$$, $$VALUES ('cancelled', 'opted out', 'opted out')$$, 'what it cancels is over');
UPDATE gate SET decision = 'send', rule = 'open';

-- by hand
SELECT is(jorge.cancel((SELECT id FROM t WHERE name = 'g')), 'sending', 'what is on its way can''t be called back');
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'g'), 'not_sent');
SELECT is(pg_temp.state((SELECT id FROM t WHERE name = 'g')), 'cancelled', 'but is not tried again');
INSERT INTO t VALUES ('h', pg_temp.put(10, 'h')), ('i', pg_temp.put(10, 'i'));
SELECT ok(jorge.hold((SELECT id FROM t WHERE name = 'h')), 'hold');
SELECT is(jorge.cancel_lead(pg_temp.lead(10), 'replied'), 2::bigint, 'a reply cancels all of a lead, held ones too');
SELECT is(jorge.requeue((SELECT id FROM t WHERE name = 'h')), false, 'cancelled is for good');
SELECT is(jorge.requeue((SELECT id FROM t WHERE name = 'w')), true, 'a dead one may be tried again');
SELECT is((SELECT state || attempt FROM jorge.outbox WHERE dedupe_key = 'w'), 'pending0', 'from the start');
SELECT throws_ok($$SELECT jorge.cancel(-1)$$, 'P0002', NULL, 'an unknown delivery');
UPDATE jorge.outbox SET expires_at = now() - interval '1 s', due_at = now() - interval '1 s';
SELECT pg_temp.claim();
SELECT is(pg_temp.state((SELECT id FROM t WHERE name = 'w')), 'expired', 'what expired is not sent late');
-- a provider whose messages are no interactions
UPDATE jorge.provider SET interactions = false;
INSERT INTO t VALUES ('quiet', pg_temp.put(11, 'quiet')), ('found', pg_temp.put(12, 'found'));
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'quiet'), 'replied', 200, '{"messageId": "mj"}');
SELECT jorge.outbox_sent(o, 'mk', NULL, 'found') FROM jorge.outbox o WHERE o.dedupe_key = 'found';
SELECT results_eq($$SELECT dedupe_key, state, noted FROM jorge.outbox_done WHERE dedupe_key IN ('quiet', 'found') ORDER BY 1$$, $$VALUES ('found', 'sent', true), ('quiet', 'sent', true)$$, 'what is no interaction needs no noting');
UPDATE jorge.provider SET interactions = true;
INSERT INTO jorge.provider (location_id, provider, base_url, interactions) SELECT 'other', provider, base_url, false FROM jorge.provider;
INSERT INTO t VALUES ('loud', pg_temp.put(11, 'loud'));
SELECT pg_temp.claim();
SELECT pg_temp.record((SELECT id FROM t WHERE name = 'loud'), 'replied', 200, '{"messageId": "ml"}');
SELECT is((SELECT noted FROM jorge.outbox_done WHERE dedupe_key = 'loud'), false, 'whatever another location has chosen');
SELECT is((jorge.provider_of('other', 'ghl')).interactions, false, 'whose own row is found first');

-- leads that are gone, or another row by now, and nobody said so
INSERT INTO t VALUES ('bereft', pg_temp.put(13, 'bereft', due => now() - interval '1 hour')), ('merged', pg_temp.put(14, 'merged', due => now() - interval '1 hour')),
    ('unharmed', pg_temp.put(15, 'unharmed', due => now() - interval '1 hour'));
SET LOCAL session_replication_role = replica;
INSERT INTO jorge.lead_alias (location_id, alias_id, lead_id) VALUES ('main', pg_temp.lead(14), pg_temp.lead(16));
DELETE FROM jorge.lead WHERE lead_id IN (pg_temp.lead(13), pg_temp.lead(14));
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM pg_temp.claim() c JOIN t ON t.id = c.outbox_id AND t.name IN ('bereft', 'merged')), 0::bigint, 'to nobody nothing is sent');
SELECT FROM jorge.outbox_poll();
SELECT results_eq($$SELECT d.dedupe_key, d.state, d.reason FROM jorge.outbox_done d WHERE d.dedupe_key = 'bereft' UNION ALL SELECT o.dedupe_key, o.lead_id::text, NULL FROM jorge.outbox o WHERE o.dedupe_key = 'merged'$$,
    $$VALUES ('bereft', 'cancelled', 'the lead is gone'), ('merged', '00000000-0000-4000-8000-000000000016', NULL)$$, 'a look around cancels it, or sends it to who the lead is now');

SELECT throws_ok($$SELECT jorge.prune_outbox('1 day')$$, '22023', NULL, 'history that limits depend on is kept');

SELECT throws_ok($$INSERT INTO jorge.provider_account (location_id, provider, defaults) VALUES ('shape', 'ghl', '[]')$$, '23514', NULL, 'defaults that no claim could read');
SELECT throws_ok($$UPDATE jorge.endpoint SET context = '[]'$$, '23514', NULL, 'nor a context');
SELECT * FROM finish();
ROLLBACK;
