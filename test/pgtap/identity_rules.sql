-- One person once: sources that repeat, twins, an old root, and new rules for keys.
BEGIN;
SET client_min_messages = warning;
SELECT no_plan();
CREATE TEMP VIEW wrong AS SELECT * FROM jorge.check_identity();
CREATE TEMP VIEW person AS SELECT l.* FROM jorge.lead l WHERE l.erased_at IS NULL;

-- a source counts once
INSERT INTO jorge.inquiry (source, name, phone) SELECT s, 'Ann Smith', '512-867-5309' FROM unnest(ARRAY['zillow', 'zillow', 'zillow']) s;
SELECT results_eq('SELECT inquiries, sources, multi_source_bonus FROM person', $$VALUES (3, ARRAY['zillow'], 0)$$, 'the same source again brings no bonus');
INSERT INTO jorge.inquiry (source, name, email) VALUES ('ghl', 'Ann Smith', 'ann@example.com');
CREATE TEMP TABLE done AS SELECT jorge.merge_leads(a.lead_id, b.lead_id) AS merge_id FROM person a, person b WHERE a.phone IS NOT NULL AND b.email IS NOT NULL;
SELECT is((SELECT multi_source_bonus FROM person), 5, 'a merge with another source does');
SELECT ok(jorge.unmerge(merge_id) IS NOT NULL, 'undone') FROM done;
SELECT is((SELECT max(multi_source_bonus) FROM person), 0, 'the bonus is gone with it');
TRUNCATE jorge.inquiry, jorge.lead CASCADE;

-- twins with one mailbox, Jr and Sr with one, and without
INSERT INTO jorge.inquiry (source, name, email) VALUES ('zillow', 'Maria Lopez', 'lopez@example.com');
INSERT INTO jorge.inquiry (source, name, email) VALUES ('zillow', 'Mario Lopez', 'lopez@example.com');
SELECT results_eq('SELECT inquiries, name_conflict FROM person', 'VALUES (2, true)', 'twins with one mailbox are one lead, marked');
SELECT is((SELECT count(*) FROM jorge.lead_merge WHERE rule = 'household' AND undone_at IS NULL), 1::bigint, 'and can be parted');
SELECT ok(jorge.unmerge(merge_id) IS NOT NULL, 'which is done') FROM jorge.lead_merge;
SELECT is((SELECT count(*) FROM person), 2::bigint, 'then they are two');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong with twins');
INSERT INTO jorge.inquiry (source, name, phone, street, postal_code) VALUES ('zillow', 'Xavier Quintanilla Sr', '512-867-5402', '7 Elm St', '78701');
INSERT INTO jorge.inquiry (source, name, phone, street, postal_code) VALUES ('zillow', 'Xavier Quintanilla Jr', '512-867-5420', '7 Elm St', '78701');
SELECT is((SELECT count(*) FROM person WHERE name LIKE 'Xavier%'), 2::bigint, 'father and son of one name and house are two');
SELECT is((SELECT reasons FROM jorge.identity_review WHERE state = 'open' AND 'generation' = ANY (reasons)), ARRAY['generation'], 'and a human is asked');
TRUNCATE jorge.inquiry, jorge.lead CASCADE;

-- who remembers an id of long ago
INSERT INTO jorge.inquiry (source, name, phone) VALUES ('x', 'Cy Young', '512-867-5501'), ('y', 'Cy Young', '713-222-4502'), ('z', 'Cy Young', '214-333-7503');
CREATE TEMP TABLE chain AS SELECT array_agg(lead_id ORDER BY lead_id) AS ids FROM person;
SELECT lives_ok('SELECT jorge.merge_leads(ids[2], ids[3]) FROM chain', 'a chain') UNION ALL SELECT lives_ok('SELECT jorge.merge_leads(ids[1], ids[2]) FROM chain', 'of merges');
INSERT INTO jorge.interaction (lead_id, channel, direction) SELECT ids[3], 'call', 'in' FROM chain;
SELECT is((SELECT interactions FROM person), 1, 'talk with the old id reaches the lead');
SELECT ok(jorge.refold_lead(ids[3]) AND jorge.lead_alias(ids[3]) = ids[1], 'so does every function') FROM chain;
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong with the chain');
TRUNCATE jorge.inquiry, jorge.lead CASCADE;

-- rules of keys that change
INSERT INTO jorge.inquiry (source, name, phone, email) SELECT 'x', 'Person Q' || n, '512-867-' || 1000 + n, 'p' || n || '@example.com' FROM generate_series(1, 30) n;
CREATE TEMP TABLE keys AS SELECT * FROM jorge.lead_key;
CREATE TEMP TABLE blocks AS SELECT * FROM jorge.lead_block;
SELECT is(jorge.rebuild_identity(), 0::bigint, 'keys made anew by the same rules propose nothing');
SELECT set_eq('SELECT * FROM jorge.lead_key', 'SELECT * FROM keys', 'and are the same');
SELECT set_eq('SELECT DISTINCT * FROM jorge.lead_block', 'SELECT DISTINCT * FROM blocks', 'so are the blocking keys');
-- no trigger sees this: as if the first two had always been one number by a rule of today
UPDATE jorge.inquiry SET phone = '+1 512 867 1001' WHERE phone = '512-867-1002';
INSERT INTO jorge.identity_stop (location_id, kind, key, reason) VALUES ('main', 'email', 'p5@example.com', 'nobody''s');
SELECT is(jorge.rebuild_identity(), 1::bigint, 'where a new rule gives two leads one key the pair is proposed');
SELECT is((SELECT count(*) FROM person), 30::bigint, 'nobody is merged in silence');
SELECT results_eq($$SELECT state, reasons FROM jorge.identity_review$$, $$VALUES ('open', ARRAY['one key for two leads'])$$, 'a human decides');
SELECT is(jorge.rebuild_identity(), 0::bigint, 'and is asked once');
SELECT is_empty($$SELECT FROM jorge.lead_key WHERE key = 'p5@example.com'$$, 'a key that is nobody''s by now is gone');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong after it');
SELECT lives_ok('SELECT jorge.accept_review(review_id) FROM jorge.identity_review', 'he says yes');
SELECT is((SELECT count(*) FROM person), 29::bigint, 'and they are one');
SELECT is_empty('SELECT * FROM wrong', 'nothing is wrong with them');

SELECT * FROM finish();
ROLLBACK;
