-- One person once: the failure cases of deduplication that one session can show.
BEGIN;
SELECT no_plan();
CREATE TEMP VIEW wrong AS SELECT * FROM jorge.check_identity();
CREATE TEMP VIEW person AS SELECT l.* FROM jorge.lead l WHERE l.erased_at IS NULL;

-- A and B share a phone, B and C a mail: six orders, one person, the same golden record
CREATE TEMP TABLE golden (location_id text, record jsonb);
DO $$
DECLARE
    n integer := 0;
    turn integer[];
    i integer;
BEGIN
    FOREACH turn SLICE 1 IN ARRAY ARRAY[[1,2,3],[1,3,2],[2,1,3],[2,3,1],[3,1,2],[3,2,1]] LOOP
        n := n + 1;
        FOREACH i IN ARRAY turn LOOP
            INSERT INTO jorge.inquiry (location_id, inquiry_id, received_at, source, name, phone, email, city)
            VALUES ('order' || n, ('00000000-0000-4000-8000-00000000000' || i)::uuid, ('2026-03-0' || i)::timestamptz, (ARRAY['zillow', 'facebook', 'ghl'])[i], (ARRAY['Ann Smith', NULL, 'Ann B. Smith'])[i],
                    (ARRAY['512-867-5309', '(512) 867 5309', NULL])[i], (ARRAY[NULL, 'ann@example.com', 'Ann@Example.com'])[i], (ARRAY['Austin', NULL, NULL])[i]);
        END LOOP;
    END LOOP;
END $$;
INSERT INTO golden SELECT location_id, to_jsonb(l) - 'lead_id' - 'location_id' FROM jorge.lead l;
SELECT is((SELECT count(*) FROM golden), 6::bigint, 'A~B by phone and B~C by mail are one person in all six orders');
SELECT is((SELECT count(DISTINCT record) FROM golden), 1::bigint, 'with the same golden record');
SELECT is((SELECT record ->> 'multi_source_bonus' FROM golden LIMIT 1), '10', 'and five points for each further source');
SELECT is((SELECT record ->> 'first_source' FROM golden LIMIT 1), 'zillow', 'whose first source is the earliest');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong');

-- merge and unmerge, and the bonus with them
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('zillow', 'Bob Jones', '512-867-5401');
INSERT INTO jorge.inquiry (source, name, email) VALUES ('ghl', 'Bob Jones', 'bob@example.com');
INSERT INTO jorge.interaction (lead_id, channel, direction, body) SELECT lead_id, 'sms', 'in', 'budget is $500k' FROM person WHERE email = 'bob@example.com';
UPDATE jorge.lead SET stage = 'hot', owner = 'kim' WHERE email = 'bob@example.com';
CREATE TEMP TABLE before AS
    SELECT 'lead' AS t, l::text AS r FROM jorge.lead l UNION ALL SELECT 'score', s::text FROM jorge.lead_score s UNION ALL SELECT 'key', k::text FROM jorge.lead_key k
    UNION ALL SELECT 'link', i::text FROM jorge.inquiry_lead i UNION ALL SELECT 'talk', i::text FROM jorge.interaction i UNION ALL SELECT 'alias', a::text FROM jorge.lead_alias a
    UNION ALL SELECT 'prediction', p::text FROM jorge.prediction p UNION ALL SELECT 'block', b::text FROM jorge.lead_block b UNION ALL SELECT 'inquiry', q::text FROM jorge.inquiry q;
CREATE TEMP TABLE done AS SELECT a.lead_id AS a, b.lead_id AS b, jorge.merge_leads(a.lead_id, b.lead_id, 'same man') AS merge_id FROM person a, person b WHERE a.phone = '512-867-5401' AND b.email = 'bob@example.com';
SELECT results_eq($$SELECT inquiries, interactions, multi_source_bonus, stage, owner FROM person WHERE name = 'Bob Jones'$$, $$VALUES (2, 1, 5, 'hot', 'kim')$$, 'a merged lead has both one''s arrivals, talk, stage and owner');
SELECT is((SELECT count(DISTINCT jorge.lead_alias(x)) FROM done, unnest(ARRAY[a, b]) x), 1::bigint, 'both ids mean it');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'lead_merged' AND score IS NOT NULL), (SELECT count(*) FROM jorge.lead_merge), 'an event with its score says so');
SELECT throws_ok($$SELECT jorge.merge_leads(a, b) FROM done$$, '22023', NULL, 'what is one can''t be merged');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong after the merge');
SELECT jorge.unmerge(merge_id, 'no, his son') FROM done;
SELECT set_eq($$SELECT 'lead' AS t, l::text AS r FROM jorge.lead l UNION ALL SELECT 'score', s::text FROM jorge.lead_score s UNION ALL SELECT 'key', k::text FROM jorge.lead_key k
    UNION ALL SELECT 'link', i::text FROM jorge.inquiry_lead i UNION ALL SELECT 'talk', i::text FROM jorge.interaction i UNION ALL SELECT 'alias', a::text FROM jorge.lead_alias a
    UNION ALL SELECT 'prediction', p::text FROM jorge.prediction p UNION ALL SELECT 'block', b::text FROM jorge.lead_block b UNION ALL SELECT 'inquiry', q::text FROM jorge.inquiry q$$,
    'SELECT t, r FROM before', 'unmerging gives every row back as it was');
SELECT throws_ok($$SELECT jorge.unmerge(merge_id) FROM done$$, '55000', NULL, 'once');
INSERT INTO jorge.inquiry (source, name, phone, email) VALUES ('ghl', 'Bob Jones', '512-867-5401', 'bob@example.com');
SELECT is((SELECT count(*) FROM person WHERE name = 'Bob Jones'), 2::bigint, 'a bridge does not merge again what was parted');
SELECT is((SELECT array_agg(reasons::text) FROM jorge.identity_review WHERE state = 'open'), NULL, 'nor ask again');
SELECT throws_ok($$SELECT jorge.unmerge('00000000-0000-0000-0000-000000000000')$$, 'P0002', NULL, 'an unknown id is an error');
SELECT throws_ok($$SELECT jorge.merge_leads(NULL, a) FROM done$$, '22004', NULL, 'so is none');
SELECT is((SELECT count(*) FROM done, jorge.merge_history(a)), 1::bigint, 'the history tells of it');

-- a chain: 3 into 2 into 1, undone in the middle
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('s1', 'Cy Young', '512-867-5501'), ('s2', 'Cy Young', '713-222-4502'), ('s3', 'Cy Young', '214-333-7503');
CREATE TEMP TABLE chain AS SELECT array_agg(lead_id ORDER BY lead_id) AS ids FROM person WHERE name = 'Cy Young';
CREATE TEMP TABLE links AS SELECT jorge.merge_leads(ids[2], ids[3]) AS low, jorge.merge_leads(ids[1], ids[2]) AS high FROM chain;
SELECT is((SELECT jorge.lead_alias(ids[3]) FROM chain), (SELECT ids[1] FROM chain), 'an alias of an alias leads to the lead');
SELECT is((SELECT jorge.unmerge(low) FROM links), (SELECT ids[3] FROM chain), 'the middle of a chain can be undone');
SELECT is((SELECT count(*) FROM person WHERE name = 'Cy Young'), 2::bigint, 'one comes back');
SELECT is((SELECT jorge.unmerge(ids[2]) FROM chain), (SELECT ids[2] FROM chain), 'then the other, by its own id');
SELECT is((SELECT array_agg(phone ORDER BY phone DESC) FROM person WHERE name = 'Cy Young'), (SELECT array_agg(phone ORDER BY phone DESC) FROM (VALUES ('512-867-5501'), ('713-222-4502'), ('214-333-7503')) v(phone)), 'each with what it said');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong after the chain');
SELECT lives_ok($$SELECT jorge.never_merge(ids[1], ids[2], 'brothers') FROM chain$$, 'two can be kept apart');
SELECT throws_ok($$SELECT jorge.merge_leads(ids[1], ids[2]) FROM chain$$, '55000', NULL, 'even from merging by hand');

-- ROLLBACK TO leaves nothing; a replay changes nothing
SAVEPOINT s;
INSERT INTO jorge.inquiry (source, phone) VALUES ('zillow', '512-867-5601');
ROLLBACK TO s;
SELECT is_empty($$SELECT FROM jorge.lead_key WHERE key = '+15128675601'$$, 'a savepoint takes lead and keys back');
INSERT INTO jorge.inquiry (source, source_ref, phone) VALUES ('ghl', 'r1', '512-867-5602');
INSERT INTO jorge.inquiry (source, source_ref, phone, email, name) VALUES ('ghl', 'r1', '512-867-5602', 'new@example.com', 'New') ON CONFLICT DO NOTHING;
SELECT results_eq($$SELECT inquiries, multi_source_bonus, email FROM person WHERE phone = '512-867-5602'$$, $$VALUES (1, 0, NULL::text)$$, 'a replay changes nothing');

-- junk and stopped keys
INSERT INTO jorge.identity_stop (location_id, kind, key, reason) VALUES ('main', 'phone', '+15128675700', 'our office'), ('main', 'domain', 'relay.example', 'a portal');
INSERT INTO jorge.inquiry (source, phone, email) SELECT 'zillow', (ARRAY['000-000-0000', '512-555-0100', '512-867-5700'])[1 + n % 3], 'x@sub.relay.example' FROM generate_series(1, 999) n;
SELECT is((SELECT count(*) FROM person WHERE email = 'x@sub.relay.example'), 999::bigint, 'numbers people make up, the office''s and relay addresses bring nobody together');

-- households
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('zillow', 'John Miller', '512-867-5801'), ('ghl', 'Mary Miller', '512-867-5801');
SELECT results_eq($$SELECT inquiries, name_conflict FROM person WHERE phone = '512-867-5801'$$, $$VALUES (2, true)$$, 'spouses with one phone are one lead, marked');
SET LOCAL jorge.phone_requires_name = on;
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('zillow', 'John Baker', '512-867-5802');
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('zillow', 'Mary Baker', '512-867-5802');
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('ghl', 'Mary Baker', '512-867-5802');
SELECT results_eq($$SELECT name, inquiries FROM person WHERE phone = '512-867-5802' ORDER BY 1$$, $$VALUES ('John Baker', 1), ('Mary Baker', 2)$$, 'or two, each found by name, where a phone needs the name');
SELECT results_eq($$SELECT reasons, state FROM jorge.identity_review$$, $$VALUES (ARRAY['different names with one phone'], 'open')$$, 'and a human is asked');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong with households');
SELECT lives_ok($$SELECT jorge.accept_review(review_id) FROM jorge.identity_review$$, 'who may say they are one');
SELECT is((SELECT count(*) FROM person WHERE phone = '512-867-5802'), 1::bigint, 'then they are');
SELECT throws_ok($$SELECT jorge.accept_review(review_id) FROM jorge.identity_review$$, '55000', NULL, 'once');
RESET jorge.phone_requires_name;
INSERT INTO jorge.inquiry (source, name, email) VALUES ('zillow', 'Sam Cook Sr', 'cook@example.com'), ('zillow', 'Sam Cook Jr', 'cook@example.com');
SELECT results_eq($$SELECT inquiries, name_conflict FROM person WHERE email = 'cook@example.com'$$, $$VALUES (2, true)$$, 'father and son with one mail are marked too');

-- a number that too many people give
INSERT INTO jorge.inquiry (source, name, phone, email) SELECT 'zillow', 'Maria Garcia', '512-867-5900', 'maria' || n || '@example.com' FROM generate_series(1, 6) n;
INSERT INTO jorge.interaction (lead_id, channel, direction) SELECT lead_id, 'call', 'in' FROM person WHERE phone = '512-867-5900';
SELECT is((SELECT count(*) FROM person WHERE phone = '512-867-5900'), 1::bigint, 'six mails with one phone may be one person');
INSERT INTO jorge.inquiry (source, name, phone, email) SELECT 'zillow', 'Maria Garci' || chr(97 + n % 3), '512-867-5900', 'maria' || n || '@example.com' FROM generate_series(7, 60) n;
SELECT results_eq($$SELECT count(*), sum(inquiries), sum(interactions) FROM person WHERE phone = '512-867-5900'$$, $$VALUES (60::bigint, 60::bigint, 1::bigint)$$, 'sixty are an office: all are parted, nothing is lost');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong with the office');

-- leads by hand
INSERT INTO jorge.lead (lead_id, name, phone, first_source, first_seen_at, stage) VALUES ('ffffffff-1111-4111-8111-111111111111', 'Dee Fox', '512-867-6001', 'walk_in', '2026-01-01', 'hot');
SELECT is((SELECT count(*) FROM jorge.lead_score WHERE lead_id = 'ffffffff-1111-4111-8111-111111111111'), 1::bigint, 'a lead inserted as such is scored');
INSERT INTO jorge.lead (lead_id, name, phone, email, owner) VALUES ('00000000-1111-4111-8111-111111111111', 'Dee Fox', '(512) 867-6001', 'dee@example.com', 'kim');
SELECT results_eq($$SELECT lead_id, email, stage, owner, sources, inquiries FROM person WHERE name = 'Dee Fox'$$,
                  $$VALUES ('ffffffff-1111-4111-8111-111111111111'::uuid, 'dee@example.com', 'hot', 'kim', ARRAY['walk_in', 'lead'], 2)$$, 'a second one joins the first');
SELECT is(jorge.lead_alias('00000000-1111-4111-8111-111111111111'), 'ffffffff-1111-4111-8111-111111111111'::uuid, 'and its id stays valid');
INSERT INTO jorge.interaction (lead_id, channel, direction) VALUES ('00000000-1111-4111-8111-111111111111', 'call', 'in');
SELECT is((SELECT interactions FROM person WHERE name = 'Dee Fox'), 1, 'also for an interaction');
UPDATE jorge.lead SET city = 'Austin', email = NULL, budget_max = 450000 WHERE name = 'Dee Fox';
INSERT INTO jorge.inquiry (received_at, source, phone, city) VALUES ('2020-01-01', 'ghl', '512-867-6001', 'Dallas');
SELECT results_eq($$SELECT city, email, budget_max, inquiries, sources FROM person WHERE name = 'Dee Fox'$$, $$VALUES ('Austin', NULL::text, 450000::numeric, 3, ARRAY['ghl', 'walk_in', 'lead'])$$, 'a change by hand is kept when the lead is folded anew, and is no arrival');
INSERT INTO jorge.lead (name, phone, street, postal_code) VALUES ('Wanda Kowalczyk', '512-867-7401', '12 Oak Street', '78701');
INSERT INTO jorge.inquiry (source, name, phone, street, postal_code) VALUES ('web', 'Wanda Kowalczik', '512-867-7402', '12 Oak Street', '78701');
SELECT is((SELECT count(*) FROM person WHERE name LIKE 'Wanda %'), 1::bigint, 'somebody much alike is recognised');
UPDATE jorge.lead SET name = 'Wanda Brandt', street = '940 Palm Avenue', postal_code = '78799' WHERE name LIKE 'Wanda %';
INSERT INTO jorge.inquiry (source, name, phone, street, postal_code) VALUES ('web', 'Wanda Brand', '512-867-7403', '940 Palm Avenue', '78799');
SELECT is((SELECT count(*) FROM person WHERE name LIKE 'Wanda %'), 1::bigint, 'also by what was changed by hand');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong with leads by hand');

-- erasing
INSERT INTO jorge.inquiry (received_at, source, campaign, cost, name, phone, email, message, payload) VALUES ('2026-05-01', 'zillow', 'spring', 30, 'Eve Secretname', '512-867-6101', 'secretname@example.com', 'I am Secretname', '{"name": "Secretname"}');
INSERT INTO jorge.interaction (lead_id, channel, direction, body, provider, provider_ref) SELECT lead_id, 'sms', 'in', 'Secretname here', 'ghl', 'Secretname1' FROM person WHERE email = 'secretname@example.com';
INSERT INTO jorge.inquiry (source, name, email) VALUES ('ghl', 'Secretname Two', 'secretname2@example.com');
SELECT jorge.merge_leads(a.lead_id, b.lead_id, 'Secretname') FROM person a, person b WHERE a.email = 'secretname@example.com' AND b.email = 'secretname2@example.com';
CREATE TEMP TABLE counts AS SELECT source, date_trunc('month', received_at) AS month, count(*), sum(cost) FROM jorge.inquiry GROUP BY 1, 2;
CREATE TEMP TABLE victim AS SELECT lead_id FROM person WHERE name LIKE '%Secretname%';
SELECT ok((SELECT jorge.erase_lead(lead_id) FROM victim), 'a person is erased');
CREATE FUNCTION pg_temp.mentions(secret text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    t regclass;
    n bigint;
BEGIN
    FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'jorge'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('SELECT count(*) FROM %s t WHERE t::text ILIKE %L', t, '%' || secret || '%') INTO n;
        IF n > 0 THEN RETURN NEXT format('%s %s', t, n); END IF;
    END LOOP;
END $$;
SELECT is_empty($$SELECT pg_temp.mentions('secretname')$$, 'and named nowhere');
SELECT is_empty($$SELECT pg_temp.mentions('8676101')$$, 'nor is the number');
SELECT set_eq('SELECT source, date_trunc(''month'', received_at), count(*), sum(cost) FROM jorge.inquiry GROUP BY 1, 2', 'SELECT * FROM counts', 'counts and costs by source and month are as before');
SELECT ok(NOT (SELECT jorge.erase_lead(lead_id) FROM victim), 'once');
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('zillow', 'Eve', '512-867-6101');
SELECT is((SELECT count(*) FROM person WHERE phone = '512-867-6101' AND inquiries = 1), 1::bigint, 'a further arrival is a new lead');
INSERT INTO jorge.interaction (lead_id, channel, direction, body) SELECT lead_id, 'sms', 'in', 'Secretname again' FROM victim;
SELECT is_empty($$SELECT pg_temp.mentions('secretname')$$, 'nothing more is kept of an erased person''s talk');
SELECT throws_ok($$SELECT jorge.unmerge(lead_id) FROM victim$$, '55000', NULL, 'and no merge of it undone');
SELECT throws_ok($$UPDATE jorge.lead SET city = 'Austin' WHERE lead_id = (SELECT lead_id FROM victim)$$, '55000', NULL, 'nor is its row changed by hand');
SELECT ok(NOT (SELECT jorge.refold_lead(lead_id) FROM victim), 'or scored');

-- tables of other families, also one whose rows can't stand side by side
CREATE TABLE jorge.enrolment (location_id text NOT NULL DEFAULT 'main', lead_id uuid NOT NULL, sequence text NOT NULL, step integer, PRIMARY KEY (location_id, lead_id, sequence),
                              FOREIGN KEY (location_id, lead_id) REFERENCES jorge.lead);
CREATE TEMP TABLE twins AS WITH x AS (INSERT INTO jorge.inquiry (source, name, phone) VALUES ('a', 'Kim Oak', '512-867-6301'), ('b', 'Lee Pine', '713-222-6302') RETURNING inquiry_id) SELECT inquiry_id FROM x;
INSERT INTO jorge.enrolment (lead_id, sequence, step) SELECT lead_id, s, length(name) FROM person, unnest(ARRAY['drip', name]) s WHERE name IN ('Kim Oak', 'Lee Pine');
CREATE TEMP TABLE enrolled AS SELECT * FROM jorge.enrolment;
CREATE TEMP TABLE one AS SELECT jorge.merge_leads(a.lead_id, b.lead_id) AS merge_id FROM person a, person b WHERE a.name = 'Kim Oak' AND b.name = 'Lee Pine';
SELECT is((SELECT count(DISTINCT lead_id) || ' ' || count(*) FROM jorge.enrolment), '1 3', 'rows of other families follow a merge, and where two collide one stays');
SELECT jorge.unmerge(merge_id) FROM one;
SELECT set_eq('SELECT * FROM jorge.enrolment', 'SELECT * FROM enrolled', 'and come back');
SELECT ok((SELECT jorge.erase_lead(lead_id) FROM person WHERE name = 'Kim Oak'), 'with the person');
SELECT is((SELECT count(*) FROM jorge.enrolment), 2::bigint, 'they go');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong after erasing');

-- odd input
INSERT INTO jorge.inquiry (source, name, phone, email) VALUES ('x', NULL, NULL, NULL), ('x', repeat('n', 1000000), repeat('5', 100000), repeat('e', 100000) || '@example.com');
SELECT is((SELECT count(*) FROM person WHERE sources = '{x}'), 2::bigint, 'nothing at all, and a name of a megabyte, are people too');
SELECT is(jorge.ingest_rows('[{"source": "csv", "source_ref": "1", "phone": "512-867-6201"}, {"source": "csv", "source_ref": "2", "phone": "512-867-6201"}, {"source": "csv", "source_ref": "1"}]'), 2::bigint, 'many rows at once, replays left out');
SELECT throws_ok($$SELECT jorge.ingest_rows('{}')$$, '22023', NULL, 'rows are an array');
SELECT throws_ok($$SELECT jorge.ingest_rows('[{"colour": 1}]')$$, '42703', NULL, 'with known fields');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong at all');

SELECT * FROM finish();
ROLLBACK;
