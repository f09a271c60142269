-- Business data, enrichment by the listing asked about, touches and platform events.
BEGIN;
SELECT plan(47);

-- loaders
SELECT results_eq($$SELECT * FROM jorge.load_json('agent', '[{"id": "a1", "name": "Ann", "areas": ["East", "Mueller"], "capacity": 30}, {"id": "a2", "name": "Bo", "shoe_size": 44}]')$$,
                  $$VALUES (2::bigint, 0::bigint)$$, 'agents load');
SELECT results_eq($$SELECT * FROM jorge.load_json('agent', '{"provider_ref": "a2", "seniority": "senior", "hat": "blue"}')$$, $$VALUES (1::bigint, 0::bigint)$$, 'one object is a row, by its id');
SELECT results_eq($$SELECT provider_ref, name, seniority, detail FROM jorge.agent ORDER BY 1$$,
                  $$VALUES ('a1', 'Ann', NULL, '{}'::jsonb), ('a2', 'Bo', 'senior', '{"hat": "blue", "shoe_size": 44}')$$, 'what a row does not mention stays, other keys go to detail');
SELECT results_eq($$SELECT * FROM jorge.load_json('sale', '[{"id": "s1", "sold_on": "2026-05-01", "sale_price": 400000}, {"id": "s2", "sold_on": "2026-02-30", "sale_price": 1},
                    {"id": "s3", "sale_price": 1}, {"id": "s4", "sold_on": "2026-05-02", "sale_price": -1}, {"sold_on": "2026-05-03", "sale_price": 5}, 7, {"id": "s5", "sold_on": "2026-05-04", "sale_price": 5}]')$$,
                  $$VALUES (2::bigint, 5::bigint)$$, 'bad rows do not keep good ones out');
SELECT results_eq($$SELECT payload ->> 'id', error_code FROM jorge.inbox WHERE source = 'load:sale' ORDER BY 1 NULLS LAST, 2$$,
                  $$VALUES ('s2', '22008'), ('s3', '23502'), ('s4', '23514'), (NULL, '22023'), (NULL, '22023')$$, 'and are kept with their errors');
UPDATE jorge.inbox SET payload = payload || '{"sold_on": "2026-02-28"}' WHERE payload ->> 'id' = 's2';
SELECT results_eq($$SELECT * FROM jorge.replay()$$, $$VALUES ('done', 1::bigint), ('error', 4::bigint)$$, 'one put right loads by a replay');
SELECT is((SELECT count(*) FROM jorge.sale), 3::bigint, 'and is there');
SELECT is((SELECT count(*) FROM jorge.inquiry), 0::bigint, 'no row to load becomes a lead');
SELECT results_eq($$SELECT * FROM jorge.load_json('competitor', '[]')$$, $$VALUES (0::bigint, 0::bigint)$$, 'nothing to load');
SELECT results_eq($$SELECT * FROM jorge.load_json('goal', '[{"id": "g", "metric": "sales", "starts_on": "2026-01-01", "ends_on": "2026-12-31", "target": 24}, {"id": "g", "target": 30, "metric": "sales", "starts_on": "2026-01-01", "ends_on": "2026-12-31"}]')$$,
                  $$VALUES (2::bigint, 0::bigint)$$, 'the same id twice in one load');
SELECT is((SELECT target FROM jorge.goal), 30::numeric, 'the later stands');
SELECT throws_ok($$SELECT * FROM jorge.load_json('lead', '[{"id": "x"}]')$$, '42P01', NULL, 'only tables of business data load');
SELECT throws_ok($$SELECT * FROM jorge.load_json('inquiry; DROP TABLE jorge.lead', '[{"id": "x"}]')$$, '42P01', NULL, 'a name is a name');
SELECT throws_ok($$SELECT * FROM jorge.load_json('agent', '"x"')$$, '22023', NULL, 'rows are objects');
SELECT is_empty($$SELECT t FROM unnest(ARRAY['agent', 'listing', 'listing_price', 'sale', 'market_snapshot', 'competitor', 'activity', 'source_spend', 'referral', 'goal', 'satisfaction', 'platform_event']) t
                   WHERE to_regclass('jorge.' || t) IS NULL$$, 'every table is there');
SELECT results_eq($$SELECT * FROM jorge.load_json('market_snapshot', '[{"id": "m", "as_of": "2026-11-01", "area": "Mueller", "median_price": 610000, "days_on_market": 31.5}]')$$, $$VALUES (1::bigint, 0::bigint)$$, 'a market snapshot');
SELECT results_eq($$SELECT * FROM jorge.load_json('satisfaction', '[{"id": "n", "score": 11}]')$$, $$VALUES (0::bigint, 1::bigint)$$, 'a score beyond the scale is an error');
INSERT INTO jorge.activity (kind, hours, cost) VALUES ('open_house', 3, 120), ('open_house', 2, NULL);
SELECT is((SELECT count(DISTINCT provider_ref) FROM jorge.activity), 2::bigint, 'plain INSERT needs no id');

-- listings keep their prices
SELECT results_eq($$SELECT * FROM jorge.load_json('listing', '[{"id": "L1", "street": "12 Oak St", "city": "Austin", "area": "Hyde Park", "postal_code": "78751", "mls_number": "M1", "bedrooms": 3, "bathrooms": 2,
                     "list_price": 500000, "listed_at": "2026-10-01T00:00:00Z", "updated_at": "2026-10-01T00:00:00Z"}]', 'zillow')$$, $$VALUES (1::bigint, 0::bigint)$$, 'a listing loads');
SELECT results_eq($$SELECT * FROM jorge.load_json('listing', '[{"id": "L1", "list_price": 480000, "updated_at": "2026-11-01T00:00:00Z"}]', 'zillow')$$, $$VALUES (1::bigint, 0::bigint)$$, 'its price changes');
UPDATE jorge.listing SET list_price = 480000;
UPDATE jorge.listing SET status = 'pending';
SELECT results_eq($$SELECT at, price FROM jorge.listing_price ORDER BY at$$,
                  $$VALUES ('2026-10-01 00:00+00'::timestamptz, 500000::numeric), ('2026-11-01 00:00+00', 480000)$$, 'both prices are kept, and only changes are');
SELECT is((SELECT jorge.listing_price_at(listing_id, '2026-10-15 00:00+00') FROM jorge.listing), 500000::numeric, 'the price at a time');
SELECT results_eq($$SELECT count(*) FROM (SELECT jorge.find_listing(r, 'zillow') = listing_id AS found FROM jorge.listing, unnest(ARRAY['L1', 'M1', '12 oak st', '12 Oak St, Austin, TX 78751', '12 Oak St, TX 78751']) r) f WHERE found$$,
                  $$VALUES (5::bigint)$$, 'a listing is found by id, MLS number and address');
SELECT is((SELECT count(jorge.find_listing(r, 'zillow')) FROM unnest(ARRAY['', 'L2', '12 Oak St, Dallas', '12 Oak', NULL]) r), 0::bigint, 'and not by what is another');

-- enrichment
INSERT INTO jorge.inquiry (source, received_at, name, phone, listing_ref, message) VALUES
    ('zillow', '2026-10-11', 'A', '512-867-5301', 'L1', 'Is it available?'), ('zillow', '2026-11-10', 'B', '512-867-5302', 'M1', 'My budget is 300k'),
    ('zillow', '2026-11-10', 'C', '512-867-5303', 'L9', NULL), ('zillow', '2026-11-10', 'D', '512-867-5304', NULL, NULL);
INSERT INTO jorge.inquiry (source, received_at, name, phone, listing_ref, budget_min, area) VALUES ('zillow', '2026-11-10', 'E', '512-867-5305', '12 Oak St', 100000, 'South');
INSERT INTO jorge.inquiry (source, received_at, name, phone, listing_ref, side) VALUES ('zillow', '2026-11-10', 'F', '512-867-5306', 'L1', 'seller');
SELECT results_eq($$SELECT i.name, e.price, e.bedrooms, e.street, e.days_on_market, e.intent FROM jorge.inquiry i JOIN jorge.inquiry_listing e USING (location_id, inquiry_id) ORDER BY 1$$,
                  $$VALUES ('A', 500000::numeric, 3::numeric, '12 Oak St', 10, 'HIGH'), ('B', 480000, 3, '12 Oak St', 40, 'HIGH'), ('E', 480000, 3, '12 Oak St', 40, 'HIGH'), ('F', 480000, 3, '12 Oak St', 40, 'HIGH')$$,
                  'an inquiry about a known listing carries it as it was then');
SELECT results_eq($$SELECT name, budget_min, budget_max, area FROM jorge.lead ORDER BY 1$$,
                  $$VALUES ('A', NULL::numeric, 500000::numeric, 'Hyde Park'), ('B', NULL, NULL, 'Hyde Park'), ('C', NULL, NULL, NULL), ('D', NULL, NULL, NULL), ('E', 100000, NULL, 'South'), ('F', NULL, NULL, 'Hyde Park')$$,
                  'budget and area are hinted where the person gave none');
SELECT is((SELECT payload -> 'hints' FROM jorge.inquiry WHERE name = 'A'), '{"area": "Hyde Park", "budget_max": 500000}'::jsonb, 'what is a hint is marked');
SELECT is((SELECT hints FROM jorge.inquiry_listing JOIN jorge.inquiry USING (location_id, inquiry_id) WHERE name = 'E'), '{}'::jsonb, 'and where nothing was filled nothing is');
INSERT INTO jorge.inquiry (source, received_at, name, phone, listing_ref) VALUES ('facebook', '2026-11-12', 'E', '512-867-5305', 'L1'), ('facebook', '2026-11-12', 'B', '512-867-5302', 'L1');
SELECT results_eq($$SELECT name, budget_min, budget_max, area, inquiries FROM jorge.lead WHERE name IN ('B', 'E') ORDER BY 1$$,
                  $$VALUES ('B', NULL::numeric, NULL::numeric, 'Hyde Park', 2), ('E', 100000, NULL, 'South', 2)$$, 'a hint never overrides what the person said before');
UPDATE jorge.listing SET list_price = 1;
SELECT is((SELECT max(price) FROM jorge.inquiry_listing), 500000::numeric, 'what was true then stays');
SELECT is((SELECT count(*) FROM jorge.lead_score), 6::bigint, 'every lead has its score');
CREATE OR REPLACE FUNCTION jorge.inquiry_hints(inquiry jorge.inquiry) RETURNS jorge.inquiry LANGUAGE plpgsql AS $$ BEGIN inquiry.area := 'by policy'; RETURN inquiry; END $$;
INSERT INTO jorge.inquiry (source, name, phone, listing_ref) VALUES ('zillow', 'G', '512-867-5307', 'L1');
SELECT is((SELECT area FROM jorge.lead WHERE name = 'G'), 'by policy', 'an owner may change what is hinted');
ALTER TABLE jorge.inquiry ADD COLUMN extra integer DEFAULT 7;
ALTER TABLE jorge.inquiry ADD COLUMN gone text;
ALTER TABLE jorge.inquiry DROP COLUMN gone;
ALTER TABLE jorge.inquiry ADD COLUMN own text DEFAULT 'x';
INSERT INTO jorge.inquiry (source, name, phone, listing_ref) VALUES ('zillow', 'H', '512-867-5308', 'L1');
SELECT results_eq($$SELECT area, extra, own FROM jorge.inquiry WHERE name = 'H'$$, $$VALUES ('by policy', 7, 'x')$$, 'columns added and dropped do not disturb it');

-- touches
INSERT INTO jorge.source_cost (source, month, cost) VALUES ('zillow', '2026-11-01', 40);
INSERT INTO jorge.inquiry (source, received_at, name, phone, cost, campaign) VALUES ('zillow', '2026-11-20', 'A', '512-867-5301', 99, 'spring'), ('carrier pigeon', '2026-11-21', 'A', '512-867-5301', NULL, NULL);
SELECT results_eq($$SELECT source, campaign, cost, cost_given, position, touches, source_quality FROM jorge.lead_touch t JOIN jorge.lead l USING (location_id, lead_id) WHERE l.name = 'A' ORDER BY position$$,
                  $$VALUES ('zillow', NULL, 35::numeric, false, 1::bigint, 3::bigint, 0.85), ('zillow', 'spring', 99, true, 2, 3, 0.85), ('carrier pigeon', NULL, NULL, false, 3, 3, NULL)$$,
                  'every inquiry is a touch, with the cost it told or the default of its source');
SELECT is((SELECT jorge.source_cost_at('zillow', '2026-11-15')), 40::numeric, 'a tenant''s cost from its month on');
SELECT results_eq($$SELECT source, cost FROM jorge.source_cost WHERE location_id = '*' ORDER BY cost DESC, source$$,
                  $$VALUES ('zillow', 35::numeric), ('realtor_com', 28), ('facebook', 12), ('email', 0), ('ghl', 0)$$, 'the shipped defaults');
SELECT is_empty($$SELECT lead_id FROM jorge.lead_attribution GROUP BY lead_id HAVING sum(first_touch) <> 1 OR sum(last_touch) <> 1 OR abs(sum(linear) - 1) > 1e-12 OR abs(sum(time_decay) - 1) > 1e-12 OR abs(sum(position_based) - 1) > 1e-12$$,
                'the shares of a person sum to 1 by every rule');
SELECT results_eq($$SELECT a.source, a.first_touch, a.last_touch, a.position_based FROM jorge.lead_attribution a JOIN jorge.lead l USING (location_id, lead_id) WHERE l.name = 'A' ORDER BY a.at$$,
                  $$VALUES ('zillow', 1::float8, 0::float8, 0.4::float8), ('zillow', 0, 0, 0.2), ('carrier pigeon', 0, 1, 0.4)$$, 'credit goes where the rule says');
INSERT INTO jorge.source_spend (source, starts_on, ends_on, amount) VALUES ('zillow', '2026-10-22', '2026-11-10', 1000);
SELECT results_eq($$SELECT month, source, inquiries, leads, spend, cost_per_lead FROM jorge.source_month WHERE source = 'zillow' AND month < '2026-12-01' AND month >= '2026-10-01' AND leads > 0 AND inquiries < 7 ORDER BY 1$$,
                  $$VALUES ('2026-10-01'::date, 'zillow', 1::bigint, 1::bigint, 500.00::numeric, 500.00::numeric)$$, 'money spent is shared out by days');

-- platform events
INSERT INTO jorge.platform_event (kind, lead_id, listing_ref, seconds, provider, provider_ref)
SELECT k, lead_id, 'L1', 10, 'web', k || n FROM jorge.lead, unnest(ARRAY['listing_view', 'saved_home', 'content_view', 'content_download', 'form', 'visit']) k, generate_series(1, 2) n WHERE name = 'A';
INSERT INTO jorge.platform_event (kind, lead_id, provider, provider_ref) SELECT 'visit', lead_id, 'web', 'visit1' FROM jorge.lead WHERE name = 'A';
SELECT results_eq($$SELECT listing_views, listings_viewed, saved_homes, content_views, content_downloads, forms, visits, seconds FROM jorge.lead_platform$$,
                  $$VALUES (2::bigint, 1::bigint, 2::bigint, 2::bigint, 2::bigint, 2::bigint, 2::bigint, 120::bigint)$$, 'events are counted, replays are not');
SELECT results_eq($$SELECT * FROM jorge.load_json('platform_event', '[{"id": "v9", "kind": "visit", "at": "2024-03-05T00:00:00Z", "visitor": "cookie"}, {"id": "v10", "kind": "dance"}]', 'web')$$, $$VALUES (1::bigint, 1::bigint)$$, 'they load as well');
SELECT ok((jorge.upkeep() ->> 'partitions_made')::integer >= 1, 'upkeep makes their months');
SELECT is((SELECT tableoid::regclass::text FROM jorge.platform_event WHERE visitor = 'cookie'), 'jorge.platform_event_202403', 'and moves them there');
SELECT throws_ok($$INSERT INTO jorge.platform_event (kind) VALUES ('dance')$$, '23514', NULL, 'an unknown kind is an error');

-- do not disturb survives a merge
INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state) SELECT location_id, lead_id, 'sms', CASE name WHEN 'C' THEN 'active' ELSE 'inactive' END FROM jorge.lead WHERE name IN ('C', 'D');
INSERT INTO jorge.lead_alias SELECT c.location_id, c.lead_id, d.lead_id FROM jorge.lead c, jorge.lead d WHERE c.name = 'C' AND d.name = 'D';
SELECT results_eq($$SELECT n.channel, n.state FROM jorge.lead_dnd_now n JOIN jorge.lead l USING (location_id, lead_id) WHERE l.name = 'D'$$, $$VALUES ('sms', 'active')$$, 'of merged persons the most restrictive counts');

-- a pipeline's stages
SELECT jorge.ingest('ghl', '{"type": "ContactCreate", "id": "c1", "name": "S", "phone": "512-867-5320"}') \g /dev/null
SELECT jorge.ingest('ghl', '{"type": "OpportunityStageUpdate", "id": "o", "contactId": "c1", "status": "open", "pipelineStageId": "abc"}') \g /dev/null
INSERT INTO jorge.pipeline_stage (stage_ref, stage) VALUES ('abc', 'qualified');
SELECT results_eq($$SELECT * FROM jorge.replay('ignored')$$, $$VALUES ('done', 1::bigint)$$, 'a stage that was named is replayed');
SELECT is((SELECT stage FROM jorge.lead WHERE name = 'S'), 'qualified', 'and set');

SELECT * FROM finish();
ROLLBACK;
