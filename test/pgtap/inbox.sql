-- The inbox: everything is kept, failures replay, batches split, duplicates are known, owners' rows of the field map win.
BEGIN;
SELECT plan(50);

-- kept as it came, by each door
SELECT ok(jorge.ingest('website', '{"name": "Ann", "phone": "512-867-5301"}'::jsonb) IS NOT NULL, 'jsonb becomes an inquiry');
SELECT ok(jorge.ingest('website', '{"name":  "Bob", "phone": "512-867-5302"}') IS NOT NULL, 'a literal is text');
SELECT ok(jorge.ingest('website', '\x7b226e616d65223a2022436f2c205c7530303030203231227d'::bytea) IS NOT NULL, 'so are bytes that are text');
SELECT ok(jorge.ingest('website', '\x6e616d653a20ff00'::bytea) IS NOT NULL, 'and bytes that are none');
SELECT results_eq($$SELECT num_nonnulls(payload, body, bytes), body IS NOT NULL, bytes IS NOT NULL FROM jorge.inbox ORDER BY payload IS NULL, bytes IS NOT NULL, body$$,
                  $$VALUES (1, false, false), (1, true, false), (1, true, false), (1, false, true)$$, 'each is kept once, in its own form');
SELECT is((SELECT body FROM jorge.inbox WHERE body LIKE '%Bob%'), '{"name":  "Bob", "phone": "512-867-5302"}', 'to the blank');
SELECT is((SELECT bytes FROM jorge.inbox WHERE bytes IS NOT NULL), '\x6e616d653a20ff00'::bytea, 'to the byte');
SELECT is((SELECT count(*) FROM jorge.inbox i JOIN jorge.inquiry_lead l USING (location_id, inquiry_id, lead_id)), 4::bigint, 'each names the inquiry and the lead it became');
INSERT INTO jorge.inbox (source, body) VALUES ('website', '{"name": "Dan", "phone": "512-867-5304"}'), ('website', 'rubbish{'), ('website', '{');
SELECT is((SELECT string_agg(state, ' ' ORDER BY state) FROM jorge.inbox WHERE body LIKE '%Dan%' OR body LIKE '%{' ), 'done done error', 'INSERT INTO jorge.inbox is a door too');
SELECT is(jorge.ingest(NULL, '{"name": "Eve"}'::jsonb) IS NOT NULL, true, 'a delivery without a source is kept');
SELECT is((SELECT source FROM jorge.inquiry WHERE name = 'Eve'), 'unknown', 'as of an unknown one');
SELECT is(jorge.ingest('website', NULL::text), NULL, 'nothing at all is kept too');
SELECT is((SELECT state || ' ' || error FROM jorge.inbox WHERE num_nonnulls(payload, body, bytes) = 0), 'error the delivery is empty', 'as an error');

-- errors and replays
SELECT is(jorge.ingest('odd', '{"wer": "Fay", "funk": "512-867-5306"}'), NULL, 'what is not understood makes no inquiry');
SELECT results_eq($$SELECT state, error_code, attempts, inquiry_id IS NULL, processed_at IS NOT NULL FROM jorge.inbox WHERE source = 'odd'$$,
                  $$VALUES ('error', '22023', 1, true, true)$$, 'and says why');
SELECT results_eq($$SELECT * FROM jorge.replay()$$, $$VALUES ('error', 3::bigint)$$, 'a replay without a change fails again');
INSERT INTO jorge.field_map (source, field, path) VALUES ('odd', 'name', '{wer}'), ('odd', 'phone', '{funk}');
SELECT results_eq($$SELECT * FROM jorge.replay('error')$$, $$VALUES ('done', 1::bigint), ('error', 2::bigint)$$, 'with a row of the field map it succeeds');
SELECT results_eq($$SELECT name, phone FROM jorge.lead WHERE first_source = 'odd'$$, $$VALUES ('Fay', '512-867-5306')$$, 'and the lead is there');
SELECT is((SELECT attempts FROM jorge.inbox WHERE source = 'odd'), 3, 'attempts are counted');
SELECT is((SELECT state FROM jorge.replay((SELECT inbox_id FROM jorge.inbox WHERE source = 'odd'))), 'done', 'what is done is not done again');
SELECT is((SELECT count(*) FROM jorge.inquiry WHERE source = 'odd'), 1::bigint, 'once');
SELECT is((SELECT state FROM jorge.replay((SELECT inbox_id::text FROM jorge.inbox WHERE source = 'odd'))), 'done', 'an id may be text');
SELECT throws_ok($$SELECT * FROM jorge.replay('done')$$, '22023', NULL, 'done deliveries are not replayed in bulk');
SELECT throws_ok($$SELECT * FROM jorge.replay(gen_random_uuid())$$, 'P0002', NULL, 'an unknown delivery is an error');

-- later
SELECT is(jorge.ingest('website', '{"name": "Gus", "phone": "512-867-5307"}'::text, deferred => true), NULL, 'a deferred delivery is only stored');
SELECT is((SELECT state FROM jorge.inbox WHERE body LIKE '%Gus%'), 'new', 'as new');
SELECT results_eq($$SELECT * FROM jorge.replay('new')$$, $$VALUES ('done', 1::bigint)$$, 'and taken in by a replay');

-- duplicates
SELECT is(jorge.ingest('website', '{"name": "Hal", "phone": "512-867-5308"}'::text, provider_ref => 'x1') IS NOT NULL, true, 'a delivery with its provider''s id');
SELECT is(jorge.ingest('website', '{"name": "Hal", "phone": "512-867-5309"}'::text, provider_ref => 'x1'), NULL, 'is known again by it');
SELECT is((SELECT count(*) FROM jorge.inbox WHERE provider_ref = 'x1'), 2::bigint, 'both are kept');
SELECT is(jorge.ingest('other', '{"name": "Hal", "phone": "512-867-5309"}'::text, provider_ref => 'x1') IS NOT NULL, true, 'another source may use the same');
SELECT is((SELECT count(*) FROM jorge.inquiry WHERE name = 'Hal'), 2::bigint, 'so there are two');
SELECT is(jorge.ingest('batch', '[{"name": "I1"}, {"name": "I2"}]'::text, provider_ref => 'b1') IS NOT NULL, true, 'a batch has one id for all');
SELECT is(jorge.ingest('batch', '[{"name": "I1"}, {"name": "I2"}]'::text, provider_ref => 'b1'), NULL, 'by which it is known');
SELECT is((SELECT string_agg(element || (payload ->> 'name'), ' ' ORDER BY element) FROM jorge.inbox WHERE source = 'batch' AND parent_id IS NOT NULL), '1I1 2I2', 'its elements know their place');

-- the field map
INSERT INTO jorge.field_map (location_id, source, field, path, rank) VALUES ('*', 'zillow', 'name', '{mine}', 999);
SELECT is(jorge.map_fields('zillow', '{"name": "theirs", "mine": "ours"}') ->> 'name', 'ours', 'an owner''s row wins over shipped ones');
INSERT INTO jorge.field_map (source, field, path) VALUES ('zillow', 'name', '{tenant}');
SELECT is(jorge.map_fields('zillow', '{"name": "theirs", "mine": "ours", "tenant": "own"}') ->> 'name', 'own', 'and the tenant''s over the owner''s');
SELECT is(jorge.map_fields('zillow', '{"name": "theirs"}') ->> 'name', 'theirs', 'where it finds nothing the shipped ones are asked');
INSERT INTO jorge.field_map (source, field, path, replaces) VALUES ('zillow', 'message', '{}', true);
SELECT is(jorge.map_fields('zillow', '{"message": "theirs"}') ->> 'message', NULL, 'unless it replaces them');
DELETE FROM jorge.field_map WHERE shipped AND source = 'facebook';
SELECT lives_ok('SELECT jorge.install()', 'install() again');
SELECT ok((SELECT count(*) FILTER (WHERE NOT shipped) = 5 AND count(*) FILTER (WHERE shipped AND source = 'facebook') > 20 FROM jorge.field_map), 'keeps own rows and brings the shipped ones back');
SELECT is(jorge.map_fields('x', '{"name": {"deep": 1}, "email": ["a@example.com", {"x": 1}], "bedrooms": true, "phone": 5128675309, "budget": "under 400k", "message": "  ", "language": "English"}'),
          '{"email": "a@example.com", "phone": "5128675309", "budget_max": 400000}'::jsonb, 'values of other types are read or left out');
SELECT is_empty($$SELECT * FROM jorge.field_map m WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'jorge.inquiry'::regclass AND a.attname = m.field)
                     OR transform NOT IN ('text', 'line', 'words', 'message', 'html', 'number', 'low', 'high', 'time', 'side', 'financing', 'language')$$,
                'shipped rows name columns and transforms that are');

-- names of sources
SELECT is((SELECT string_agg(jorge.source_name(s), ' ' ORDER BY n) FROM unnest(ARRAY['facebook_leads', 'Email_Forwarded', ' realtor.com ', 'GoHighLevel', 'Open House']) WITH ORDINALITY AS v(s, n)),
          'facebook email realtor_com ghl open house', 'aliases are resolved');
SELECT results_eq($$SELECT source, quality FROM jorge.source WHERE quality IS NOT NULL ORDER BY quality DESC$$,
                  $$VALUES ('ghl', 0.91), ('zillow', 0.85), ('realtor_com', 0.80), ('facebook', 0.62)$$, 'sources have their quality');

-- one's own adapter
CREATE FUNCTION jorge.adapter_pigeon(arrival jorge.inbox, item jsonb) RETURNS jorge.inbox LANGUAGE sql AS
    $$ SELECT jorge.take_lead(arrival, jsonb_build_object('name', item #>> '{leg,note}'), 'pigeon') $$;
SELECT ok(jorge.ingest('pigeon', '{"leg": {"note": "Jo"}}') IS NOT NULL, 'a function adapter_<source> is the adapter of its source');
SELECT is((SELECT kind FROM jorge.inbox WHERE source = 'pigeon'), 'pigeon', 'and says what it was');

-- keeping house
UPDATE jorge.inbox SET received_at = now() - interval '100 days';
SELECT is(jorge.prune_inbox('90 days'), 17::bigint, 'old deliveries that were dealt with are removed');
SELECT is((SELECT count(*) FROM jorge.inbox WHERE state <> 'error'), 0::bigint, 'errors are not');
SELECT throws_ok($$SELECT jorge.prune_inbox('1 hour')$$, '22023', NULL, 'what came today is not removed');

SELECT * FROM finish();
ROLLBACK;
