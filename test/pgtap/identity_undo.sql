-- Merges undone in another order than they were made, and leads changed by hand, leave nothing behind.
BEGIN;
SELECT plan(8);
CREATE FUNCTION pg_temp.lead_of(source_ref text) RETURNS uuid LANGUAGE sql AS $$
    SELECT l.lead_id FROM jorge.inquiry_lead l JOIN jorge.inquiry i USING (location_id, inquiry_id) WHERE i.source = 'undo' AND i.source_ref = $1
$$;
-- one after the other
CREATE TEMP SEQUENCE minutes;
CREATE FUNCTION pg_temp.arrive(source_ref text, name text, email text, phone text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO jorge.inquiry (source, source_ref, received_at, name, phone, email) VALUES ('undo', $1, now() - interval '1 day' + nextval('minutes') * interval '1 minute', $2, $4, $3)
$$;

-- three in a chain; what the second was known by stands under its id while it is an alias, and goes with the arrival that brought it
SELECT pg_temp.arrive('y', 'Yan Older', 'yan@example.com'), pg_temp.arrive('x', 'Xen Middle', 'xen@example.com'), pg_temp.arrive('q', 'Queen Three', 'queen@example.com');
SELECT set_config('undo.first', jorge.merge_leads(pg_temp.lead_of('x'), pg_temp.lead_of('q'))::text, true);
SELECT pg_temp.arrive('x2', 'Xen Middle', 'xen@example.com'), pg_temp.arrive('q2', 'Queen Three', 'queen@example.com');
SELECT set_config('undo.second', jorge.merge_leads(pg_temp.lead_of('y'), pg_temp.lead_of('x'))::text, true);
SELECT pg_temp.arrive('y2', 'Queen Three', 'yan@example.com');
SELECT jorge.unmerge(current_setting('undo.first')::uuid);
SELECT jorge.unmerge(current_setting('undo.second')::uuid);
SELECT ok(pg_temp.lead_of('x') <> pg_temp.lead_of('q2') AND pg_temp.lead_of('x') <> pg_temp.lead_of('y2'), 'all three are parted');
SELECT set_eq($$SELECT DISTINCT b.lead_id FROM jorge.inquiry i, unnest(jorge.inquiry_blocks(i.location_id, i.name, i.first_name, i.last_name, NULL, NULL, NULL, NULL, NULL)) k
                  JOIN jorge.lead_block b ON b.key = k WHERE i.source = 'undo' AND i.source_ref = 'q'$$,
              $$SELECT pg_temp.lead_of(r) FROM unnest(ARRAY['q', 'y2']) r$$, 'a name is found under those who gave it, and no others');
SELECT ok(jorge.erase_lead(pg_temp.lead_of('x')), 'one is erased');
SELECT is_empty('SELECT * FROM jorge.check_identity()', 'and leaves nothing');

-- a merge is undone whose arrival has become somebody else's meanwhile: the office's phone that kept the two together is nobody's
SELECT pg_temp.arrive('z', 'Zed Old', 'zed@example.com', '512-200-1001');
SELECT pg_temp.arrive('a', 'Zed Old', 'ann@example.com');
SELECT set_config('undo.third', jorge.merge_leads(pg_temp.lead_of('z'), pg_temp.lead_of('a'))::text, true);
SELECT count(pg_temp.arrive(n::text, 'Person ' || chr(65 + n) || 'xyz', 'p' || n || '@example.com', '512-200-1001')) FROM generate_series(1, 15) n;
-- as if it had come in a transaction before that of the merge
UPDATE jorge.inquiry_lead l SET linked_at = linked_at - interval '1 minute' FROM jorge.inquiry i WHERE i.inquiry_id = l.inquiry_id AND i.source = 'undo' AND i.source_ref = 'a';
SELECT set_config('undo.lead', jorge.unmerge(current_setting('undo.third')::uuid)::text, true);
SELECT results_eq('SELECT inquiries, name FROM jorge.lead WHERE lead_id = current_setting(''undo.lead'')::uuid', $$VALUES (0, NULL::text)$$, 'a lead without arrivals says nothing');
SELECT is_empty('SELECT * FROM jorge.check_identity()', 'nothing is wrong');

-- a lead's name and phone came apart; a change by hand stores no more of them together than its own words
SELECT pg_temp.arrive('n', 'Nora Apart', 'nora@example.com'), pg_temp.arrive('n2', NULL, 'nora@example.com', '512-200-1002');
UPDATE jorge.lead SET city = 'Austin' WHERE lead_id = pg_temp.lead_of('n');
SELECT ok(jorge.erase_lead(pg_temp.lead_of('n')), 'a lead changed by hand is erased');
SELECT is_empty('SELECT * FROM jorge.check_identity()', 'and leaves nothing, either');
SELECT * FROM finish();
ROLLBACK;
