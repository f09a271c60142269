-- What a stranger may send, and what an owner may load by mistake, spoils no answer and holds nothing up.
BEGIN;
SELECT no_plan();
SET LOCAL jorge.location_id = 'odd';

-- a mail's subject of 64 kB
SET LOCAL statement_timeout = '5s';
SELECT is((SELECT jorge.map_fields('realtor_com', jsonb_build_object('subject', s.subject)) ->> 'name'), s.name, 'a long subject is read at once: ' || left(s.subject, 30))
  FROM (VALUES ('New Inquiry: Jane Doe 512-867-5309', 'Jane Doe'), ('New Inquiry: ' || repeat('a', 65000), NULL), ('New Inquiry: ' || repeat('a. ', 22000), NULL)) s(subject, name);
RESET statement_timeout;

-- a portal's domain before the @ is nobody's, and a household's number is its first one's
SELECT is((SELECT (jorge.adapter_mail(jsonb_populate_record(NULL::jorge.inbox, jsonb_build_object('location_id', 'odd', 'inbox_id', gen_random_uuid(), 'received_at', now(), 'source', 'email')),
                                      jsonb_build_object('from', jsonb_build_object('address', m.address), 'text', 'hello, call 512-867-5309', 'message_id', m.address))).source), m.source, m.address)
  FROM (VALUES ('zillow.com@portal.example', 'email'), ('lead@zillow.com', 'zillow'), ('lead@a.zillow.com', 'zillow'), ('lead@notzillow.com', 'email')) m(address, source);
SELECT is((SELECT (jorge.adapter_mail(jsonb_populate_record(NULL::jorge.inbox, '{"location_id": "odd", "source": "email"}'), '{"from": {"address": "MAILER-DAEMON@x.example"}}')).reason), 'a bounce', 'a name without a dot is one anywhere');
SET LOCAL jorge.phone_requires_name = on;
INSERT INTO jorge.inquiry (source, phone, first_name, last_name) VALUES ('zillow', '512-867-5311', 'Ann', 'Miller');
INSERT INTO jorge.inquiry (source, phone, first_name, last_name) VALUES ('zillow', '512-867-5311', 'Robert', 'Gonzales');
RESET jorge.phone_requires_name;
SELECT is((SELECT array_agg(k.share ORDER BY k.share) FROM jorge.lead_key k WHERE k.location_id = 'odd' AND k.key = '+15128675311'), '{0,1}', 'two have one number');
UPDATE jorge.lead_key k SET key = key WHERE k.location_id = 'odd' AND k.share = 0;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
DISCARD PLANS;
SELECT is((SELECT l.first_name FROM jorge.lead l WHERE l.lead_id = jorge.lead_of_address('512-867-5311', NULL)), 'Ann', 'who brought it first is meant, wherever the rows lie');
RESET enable_indexscan;
RESET enable_bitmapscan;

-- only a name names a protected feature
SELECT throws_ok($$SELECT jorge.check_features('{race}', ARRAY[NULL]::text[])$$, '23514', NULL, 'a NULL among the names lets nothing through');
CREATE TEMP TABLE f AS SELECT jorge.rename_features(jorge.train('SELECT n % 2 = 0 AS won, n % 7 AS x FROM generate_series(1, 400) n', 'won', '{"quiet": true, "trees": 3}'), '{"x": "race"}') AS forest;
SELECT throws_ok($$SELECT jorge.register_model('odd', forest, parameters => '{"protected": [null]}', location_id => 'odd') FROM f$$, '23514', NULL, 'nor in the options of a model');
SELECT lives_ok($$SELECT jorge.register_model('odd', forest, parameters => '{"protected": ["race"]}', location_id => 'odd') FROM f$$, 'that are for its name');
SELECT throws_ok($$INSERT INTO jorge.model (location_id, name, version, kind, ubj) SELECT 'odd', 'document', 1, 'conversion', jorge.forest_ubj(forest) FROM f$$, '23514', NULL, 'a document without its value is looked at, too');
INSERT INTO jorge.model (location_id, name, version, kind, ubj) SELECT 'odd', 'document', 1, 'conversion', jorge.forest_ubj(jorge.rename_features(forest, '{"race": "x"}')) FROM f;
UPDATE jorge.model m SET forest = f.forest FROM f WHERE m.location_id = 'odd' AND m.name = 'document';
SELECT is((SELECT (jorge.forest_info(m.forest)).feature_names FROM jorge.model m WHERE m.location_id = 'odd' AND m.name = 'document'), '{x}', 'and no other value is put beside it');
SELECT lives_ok($$SELECT jorge.check_features('{race}', NULL) WHERE false; SELECT jorge.check_features('{race}', '{RACE,NULL}')$$, 'its name does');

-- a touch of 1970, talks of 2014 and of never, and a flood of calls
INSERT INTO jorge.inquiry (source, phone, first_name, received_at) VALUES ('zillow', '512-867-5321', 'Old', '1970-01-01'), ('facebook', '512-867-5321', 'Old', now());
SELECT results_eq($$SELECT a.time_decay > 0.99, a.time_decay < 0.01 FROM jorge.lead_attribution a JOIN jorge.lead l USING (location_id, lead_id) WHERE l.first_name = 'Old' ORDER BY a.at$$,
                  'VALUES (false, true), (true, false)', 'a touch of 1970 has no credit left');
INSERT INTO jorge.inquiry (source, phone, first_name) VALUES ('zillow', '512-867-5322', 'Before'), ('zillow', '512-867-5323', 'Never'), ('zillow', '512-867-5324', 'After'), ('zillow', '512-867-5325', 'Flood');
INSERT INTO jorge.interaction (lead_id, at, channel, direction)
SELECT l.lead_id, CASE l.first_name WHEN 'Before' THEN '2014-01-01' WHEN 'Never' THEN '-infinity' WHEN 'After' THEN 'infinity' ELSE now() - n * interval '1 second' END, 'call', 'in'
  FROM jorge.lead l, generate_series(1, CASE l.first_name WHEN 'Flood' THEN 8000 ELSE 1 END) n WHERE l.location_id = 'odd' AND l.first_name IN ('Before', 'Never', 'After', 'Flood');
SELECT results_eq($$SELECT l.first_name, c.warmth = 0, c.warmth > 99 FROM jorge.conversation_now c JOIN jorge.lead l USING (location_id, lead_id) WHERE l.location_id = 'odd' ORDER BY 1$$,
                  $$VALUES ('After', false, false), ('Before', true, false), ('Flood', false, true), ('Never', true, false)$$, 'how warm a talk is can be told of any time and length');

-- an older outcome that is told twice is known once
INSERT INTO jorge.inquiry (source, phone, first_name) VALUES ('zillow', '512-867-5331', 'Twice');
SELECT results_eq($$SELECT jorge.record_outcome(l.lead_id, o.outcome, o.at, o.price) FROM jorge.lead l, (VALUES (1, 'won', now(), 4e5), (2, 'lost', now() - interval '1 hour', NULL), (3, 'lost', now() - interval '1 hour', NULL),
                          (4, 'won', now(), 4e5)) o(n, outcome, at, price) WHERE l.first_name = 'Twice' ORDER BY o.n$$, 'VALUES (true), (false), (false), (true)', 'outcomes in any order');
SELECT results_eq($$SELECT o.outcome FROM jorge.lead_outcome o JOIN jorge.lead l USING (location_id, lead_id) WHERE l.first_name = 'Twice' ORDER BY o.at$$, $$VALUES ('lost'), ('won')$$, 'are each in the history once');

-- a price that is none is no price
INSERT INTO jorge.location (location_id, time_zone) VALUES ('odd prices', 'UTC');
SELECT is((SELECT loaded FROM jorge.load_json('sale', '[{"id": "1", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": 400000}, {"id": "2", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": 400000},
          {"id": "3", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": 400000}, {"id": "4", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": 400000},
          {"id": "5", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": 400000},
          {"id": "n", "sold_on": "2026-06-01", "sale_price": "NaN"}, {"id": "i", "sold_on": "2026-06-01", "sale_price": "Infinity", "list_price": "NaN"},
          {"id": "l1", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"}, {"id": "l2", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"},
          {"id": "l3", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"}, {"id": "l4", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"},
          {"id": "l5", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"},
          {"id": "l6", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"}, {"id": "l7", "sold_on": "2026-06-01", "sale_price": 400000, "list_price": "Infinity"}]', 'mls', 'odd prices')), 14::bigint, 'sales, some with odd prices');
INSERT INTO jorge.market_snapshot (location_id, as_of, area, median_price, sale_to_list) VALUES ('odd prices', '2026-06-01', 'mueller', 'NaN', 'Infinity');
INSERT INTO jorge.listing (location_id, provider_ref, list_price) VALUES ('odd prices', 'L1', 'NaN'), ('odd prices', 'L2', 'Infinity');
INSERT INTO jorge.inquiry (location_id, source, phone, first_name, area, listing_ref, received_at)
VALUES ('odd prices', 'zillow', '512-867-5341', 'A', NULL, NULL, '2026-06-10'), ('odd prices', 'zillow', '512-867-5342', 'B', 'Mueller', NULL, '2026-06-10'),
       ('odd prices', 'zillow', '512-867-5343', 'C', NULL, 'L1', '2026-06-10'), ('odd prices', 'zillow', '512-867-5344', 'D', NULL, 'L2', '2026-06-10');
SELECT results_eq($$SELECT l.first_name, round(d.price), d.price_method FROM jorge.deals('2026-06-20', 'odd prices') d JOIN jorge.lead l ON l.location_id = 'odd prices' AND l.lead_id = d.lead_id ORDER BY 1$$,
                  $$SELECT n, 400000::numeric, 'model' FROM unnest(ARRAY['A', 'B', 'C', 'D']) n$$, 'NaN and infinite prices are asked for nothing');
SELECT is((SELECT v.sale_to_list FROM jorge.price_levels('2026-06-20', 'odd prices') v), 1::float8, 'nor are they compared with');
SELECT is_empty($$SELECT budget_max, payload FROM jorge.inquiry WHERE location_id = 'odd prices' AND (budget_max IS NOT NULL OR payload ? 'hints')$$, 'and no budget is made of one');

-- days are the office's, whatever the session's zone and style
INSERT INTO jorge.location (location_id, time_zone) VALUES ('odd zone', 'America/Chicago');
INSERT INTO jorge.commission_plan (location_id, name, valid_from, plan) VALUES ('odd zone', 'standard', '-infinity', '{"side": "buyer"}'), ('odd zone', 'standard', '2026-07-01', '{"side": "both"}');
INSERT INTO jorge.inquiry (location_id, source, phone, first_name, received_at) VALUES ('odd zone', 'zillow', '512-867-5351', 'A', '2026-06-10 00:00Z');
UPDATE jorge.lead SET outcome = 'won', outcome_at = '2026-07-01 02:00+00', sale_price = 400000 WHERE location_id = 'odd zone';
INSERT INTO jorge.source_cost (location_id, source, month, cost) VALUES ('odd zone', 'zillow', '2026-07-01', 99);
INSERT INTO jorge.reference_rate (location_id, metric, as_of, low, high, unit, source) VALUES ('odd zone', 'referral_fee_rate', '2026-07-01', 0.2, 0.3, 'share', 'the board');
CREATE FUNCTION told(zone text, style text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('timezone', zone, true), set_config('datestyle', style, true);
    RETURN concat_ws(' ', jorge.revenue_realised('2026-06-01 00:00Z', '2026-08-01 00:00Z', '2026-08-01 00:00Z', 'odd zone'), (SELECT o.revenue FROM jorge.lead_outcomes('2026-08-01 00:00Z', 'odd zone') o),
                     (SELECT sum(m.actual) FROM jorge.monthly_actuals('revenue', 'odd zone') m), jorge.source_cost_at('zillow', '2026-07-01 02:00Z', 'odd zone'),
                     (SELECT substring(m.note FROM '[0-9]+ leads') FROM jorge.revenue_model_of('2026-06-10 00:30Z', 'odd zone') m), jorge.prediction_query('2026-07-01 04:00Z', '2026-07-01 02:00Z', 'latest', 'odd zone') ~ '>= ''2026-0[67]',
                     (SELECT max(b.reference_date) FROM jorge.benchmarks('2026-01-01 00:00Z', '2026-07-01 02:00Z', '2026-07-01 02:00Z', 'odd zone') b WHERE b.metric = 'referral_fee_rate') = '2026-07-01');
END $$;
SELECT is(told(z, s), '12000.00 12000.00 12000.00 99 1 leads t t', format('a deal of June''s last evening, told in %s and %s style', z, s))
  FROM (VALUES ('America/Chicago', 'ISO'), ('UTC', 'ISO'), ('Europe/Dublin', 'SQL'), ('Asia/Kolkata', 'Postgres, DMY')) v(z, s);

-- an amount that is none is not noted
INSERT INTO jorge.inquiry (location_id, source, phone, first_name, received_at) SELECT 'odd revenue', 'zillow', '512-867-' || 6000 + n, 'A' || n, now() - interval '200 days' FROM generate_series(1, 20) n;
UPDATE jorge.lead SET outcome = 'won', outcome_at = now() - interval '20 days', sale_price = 400000, revenue = CASE phone WHEN '512-867-6001' THEN 1e400 WHEN '512-867-6002' THEN 'NaN' WHEN '512-867-6003' THEN '-Infinity' ELSE 10000 END
 WHERE location_id = 'odd revenue';
SELECT results_eq($$SELECT r.revenue FROM jorge.source_roi(location_id => 'odd revenue') r$$, 'VALUES (242000::numeric)', '17 times 10,000 and 3 times 6 % of 400,000');
SELECT lives_ok(format('SELECT count(*) FROM jorge.%I(location_id => ''odd revenue'')', f), f)
  FROM unnest(ARRAY['business_anomalies', 'attribution', 'business_recommendations', 'leakage_points', 'cohorts', 'funnel', 'benchmarks', 'expansion_opportunities', 'activity_roi', 'monthly_seasonality', 'forecast_monthly_revenue']) f;

-- a location without a known zone costs the others no snapshot
INSERT INTO jorge.inquiry (location_id, source, phone) VALUES ('a zone of Mars', 'zillow', '512-867-5361');
INSERT INTO jorge.location (location_id, time_zone) VALUES ('a zone of Mars', 'Mars/Olympus');
SELECT is(jorge.run_job('snapshot_forecast'), 'done', 'the job is done');
SELECT results_eq($$SELECT DISTINCT l.location_id, EXISTS (SELECT FROM jorge.pipeline_snapshot p WHERE p.location_id = l.location_id) FROM jorge.lead l ORDER BY 1$$,
                  $$SELECT DISTINCT l.location_id, l.location_id <> 'a zone of Mars' FROM jorge.lead l ORDER BY 1$$, 'for all but one');
SELECT is((SELECT sqlstate FROM jorge.error WHERE location_id = 'a zone of Mars' AND context = 'snapshot_forecast'), '22023', 'which is told why');
SELECT throws_ok($$CALL jorge.snapshot_forecast('a zone of Mars')$$, 'time zone "Mars/Olympus" not recognized', 'alone it fails');

-- a tenant's merges know the owner's tables, too
CREATE SCHEMA odd_app;
CREATE TABLE odd_app.note (location_id text, note_id integer PRIMARY KEY, lead_id uuid);
INSERT INTO jorge.lead_reference (relation) VALUES ('odd_app.note');
CREATE ROLE odd_tenant;
GRANT USAGE ON SCHEMA jorge, odd_app TO odd_tenant;
GRANT ALL ON ALL TABLES IN SCHEMA jorge, odd_app TO odd_tenant;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA jorge TO odd_tenant;
INSERT INTO odd_app.note SELECT l.location_id, row_number() OVER (), l.lead_id FROM jorge.lead l WHERE l.location_id = 'odd' AND l.first_name IN ('Twice', 'Flood');
SET LOCAL ROLE odd_tenant;
SELECT is((SELECT count(*) FROM jorge.lead_relations() WHERE relation = 'odd_app.note'::regclass), 1::bigint, 'the reference is seen');
SELECT ok(jorge.merge_leads(a.lead_id, b.lead_id) IS NOT NULL, 'a tenant merges two persons') FROM jorge.lead a, jorge.lead b WHERE a.first_name = 'Twice' AND b.first_name = 'Flood';
SELECT throws_ok($$INSERT INTO jorge.lead_reference (relation) VALUES ('odd_app.other')$$, '42501', NULL, 'but changes no reference');
RESET ROLE;
SELECT is((SELECT count(DISTINCT lead_id) FROM odd_app.note), 1::bigint, 'and the rows of the owner''s tables follow');

-- a cost that is none is not given, and a listing without a city is not in every city
INSERT INTO jorge.inquiry (location_id, source, phone, cost, received_at) VALUES ('odd cost', 'zillow', '512-867-5371', 'NaN', '2026-06-10'), ('odd cost', 'zillow', '512-867-5372', 40, '2026-06-10'), ('odd cost', 'zillow', '512-867-5373', 'Infinity', '2026-06-10');
INSERT INTO jorge.source_spend (location_id, source, starts_on, ends_on, amount) VALUES ('odd cost', 'facebook', '2026-06-01', '2026-06-30', 'NaN'), ('odd cost', 'facebook', '2026-06-01', '2026-06-30', 300);
SELECT results_eq($$SELECT source, cost, spend FROM jorge.source_month WHERE location_id = 'odd cost' ORDER BY 1$$, $$VALUES ('facebook', NULL::numeric, 300::numeric), ('zillow', 110, NULL)$$, 'one odd amount does not spoil a month');
SELECT is((SELECT count(*) FROM jorge.lead_touch WHERE location_id = 'odd cost' AND cost_given), 1::bigint, 'and is not given');
INSERT INTO jorge.listing (location_id, provider_ref, street, city) VALUES ('odd cost', 'E', '12 Main St', ''), ('odd cost', 'F', '14 Main St', 'Austin');
SELECT results_eq($$SELECT (SELECT l.provider_ref FROM jorge.listing l WHERE l.listing_id = jorge.find_listing(a, NULL, 'odd cost')) FROM unnest(ARRAY['12 Main St, Dallas', '12 Main St', '14 main st, Austin TX', '14 Main St, Dallas']) a$$,
                  $$VALUES (NULL), ('E'), ('F'), (NULL)$$, 'an address that says more than the street is found where that fits');

-- many days of money spent: inquiries find theirs without asking each
ALTER TABLE jorge.inquiry DISABLE TRIGGER USER;
INSERT INTO jorge.inquiry (location_id, source, received_at, cost) SELECT 'odd spend', 'facebook', '2026-01-01 12:00Z'::timestamptz + n % 100 * interval '1 day', 7 FROM generate_series(1, 20000) n;
ALTER TABLE jorge.inquiry ENABLE TRIGGER USER;
INSERT INTO jorge.source_spend (location_id, source, campaign, starts_on, ends_on, amount) SELECT 'odd spend', 'facebook', 'c' || n, '2026-01-01', '2026-01-01', 1 FROM generate_series(1, 5000) n;
INSERT INTO jorge.source_spend (location_id, source, starts_on, ends_on, amount) VALUES ('odd spend', 'facebook', '2026-01-10', '2026-01-19', 100);
SET LOCAL statement_timeout = '5s';
SELECT results_eq($$SELECT c.inquiries, c.spent, c.inquiry_costs FROM jorge.source_costs('-infinity', 'infinity', 'source', 'odd spend') c$$, 'VALUES (20000::bigint, 5100::numeric, 126000::numeric)', '10 of 100 days are paid for by money spent');
RESET statement_timeout;

-- keys made anew look up what was asked before, also where the table was empty when it was analyzed
ALTER TABLE jorge.inquiry DISABLE TRIGGER USER;
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
INSERT INTO jorge.lead (location_id, lead_id) SELECT 'odd pairs', md5(n::text)::uuid FROM generate_series(0, 299) n;
INSERT INTO jorge.inquiry (location_id, inquiry_id, source, phone) SELECT 'odd pairs', md5(n::text)::uuid, 'zillow', '512-867-' || 7000 + n / 2 FROM generate_series(0, 299) n;
INSERT INTO jorge.inquiry_lead (location_id, inquiry_id, lead_id, rule) SELECT 'odd pairs', md5(n::text)::uuid, md5(n::text)::uuid, 'new' FROM generate_series(0, 299) n;
ALTER TABLE jorge.inquiry ENABLE TRIGGER USER;
ALTER TABLE jorge.lead ENABLE TRIGGER USER;
ANALYZE jorge.identity_review;
SELECT is(jorge.rebuild_identity('odd pairs'), 150::bigint, 'pairs that share a number are proposed');
SELECT ok(pg_stat_get_xact_tuples_returned('jorge.identity_review'::regclass) < 1000, 'and the list of proposals is not read for each: ' || pg_stat_get_xact_tuples_returned('jorge.identity_review'::regclass) || ' rows');

-- columns that are members of an ensemble are features
SELECT jorge.register_model('odd_members', jorge.rename_features(forest, '{"race": "x"}'), location_id => 'odd') FROM f \g /dev/null
SELECT jorge.register_model('odd_members', jorge.rename_features(forest, '{"race": "x"}'), location_id => 'odd', parameters => '{"forest": {"protected": ["religion"]}}') FROM f \g /dev/null
SELECT throws_ok($$SELECT jorge.add_ensemble('odd_members', 1, NULL, '{"forest": 0.5, "religion": 0.5}', location_id => 'odd')$$, '23514', NULL, 'a prohibited column is no member');
SELECT throws_ok($$SELECT jorge.add_ensemble('odd_members', 1, NULL, '{"forest": 0.5}', location_id => 'odd', embedding => 'religion')$$, '23514', NULL, 'nor an embedding');
SELECT throws_ok(format('SELECT jorge.add_ensemble(''odd_members'', 1, NULL, %s, location_id => ''odd'')', w), '22023', NULL, 'weights are an object with the forest''s, not ' || w)
  FROM unnest(ARRAY['NULL', '''[]''', '''{}''', '''{"forest": null}''', '''{"forest": 0}''', '''{"forest": -1}''']) w;
SELECT lives_ok($$SELECT jorge.add_ensemble('odd_members', 2, NULL, '{"forest": 0.5, "religion": 0.5}', location_id => 'odd')$$, 'unless it is named');
SELECT lives_ok($$SELECT jorge.add_ensemble('odd_members', 1, NULL, '{"forest": 0.5, "network": 0.5}', location_id => 'odd')$$, 'another column is one');

-- a probability that is none is a member that is missing
SELECT is(jorge.log_odds('NaN'), NULL, 'NaN has no log-odds');
SELECT is(jorge.pool(ARRAY[jorge.log_odds(0.1), jorge.log_odds('NaN')], ARRAY[0.6, 0.4]), jorge.log_odds(0.1), 'and is left out of the others');

-- where all leads go, contacts of providers go with them, and their next messages come in again
SELECT ok(jorge.ingest('ghl', '{"type": "ContactCreate", "id": "odd", "name": "Odd", "phone": "512-867-5391"}') IS NOT NULL, 'a contact');
SET CONSTRAINTS ALL IMMEDIATE;
SET LOCAL client_min_messages = error;
TRUNCATE jorge.inquiry, jorge.lead CASCADE;
RESET client_min_messages;
SELECT is_empty('SELECT * FROM jorge.lead_contact', 'contacts went with the leads');
SELECT jorge.ingest('ghl', '{"type": "InboundMessage", "contactId": "odd", "messageId": "m1", "messageType": "SMS", "direction": "inbound", "body": "hi"}') \g /dev/null
SELECT is((SELECT count(*) FROM jorge.inbox WHERE location_id = 'odd' AND error IS NOT NULL AND body LIKE '%InboundMessage%'), 0::bigint, 'and its message is no error');
SELECT is((SELECT string_agg(state, ' ') FROM jorge.inbox WHERE location_id = 'odd' AND body LIKE '%InboundMessage%'), 'waiting', 'but waits for the contact');

-- a load in one transaction, begun while the tables were empty, finds persons and listings by their keys
DELETE FROM jorge.listing;
ANALYZE jorge.lead_key;
ANALYZE jorge.listing;
DISCARD PLANS;
CREATE TEMP TABLE looked AS SELECT s.relid, s.seq_tup_read + s.idx_tup_fetch AS rows FROM pg_stat_xact_user_tables s WHERE s.schemaname = 'jorge' AND s.relname IN ('lead_key', 'listing');
INSERT INTO jorge.listing (provider_ref, list_price, city) SELECT 'odd' || n, 400000, 'Austin' FROM generate_series(1, 10) n;
INSERT INTO jorge.inquiry (source, phone, first_name, listing_ref) SELECT 'zillow', '512-867-' || 8000 + n, 'N' || n, 'odd' || n FROM generate_series(1, 10) n;
INSERT INTO jorge.listing (provider_ref, list_price, city) SELECT 'odd' || n, 400000, 'Austin' FROM generate_series(11, 400) n;
INSERT INTO jorge.inquiry (source, phone, first_name, listing_ref) SELECT 'zillow', '512-867-' || 8000 + n, 'N' || n, 'odd' || n FROM generate_series(11, 400) n;
SELECT ok(s.seq_tup_read + s.idx_tup_fetch - l.rows < 10000, format('of %s %s rows are looked at', s.relname, s.seq_tup_read + s.idx_tup_fetch - l.rows)) FROM looked l JOIN pg_stat_xact_user_tables s USING (relid) ORDER BY s.relname;

SELECT * FROM finish();
ROLLBACK;
