-- What one lead is likely to bring, by listing, budget, area or model; and the agency's figures against goal and baseline.
BEGIN;
-- leads as intake would leave them
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
SELECT plan(33);
INSERT INTO jorge.listing (listing_id, provider, provider_ref, mls_number, street, city, area, list_price) VALUES ('00000000-0000-0000-0000-0000000000aa', 'mls', 'L1', 'M-1', '12 Oak St', 'Austin', 'Hyde Park', 500000);
INSERT INTO jorge.sale (provider_ref, sold_on, sale_price, list_price, area, property_type, bedrooms)
SELECT 's' || n, current_date - n * 10, 392000, 400000, CASE WHEN n <= 4 THEN 'East Austin' END, CASE n % 2 WHEN 0 THEN 'condo' ELSE 'house' END, 3 FROM generate_series(1, 20) n;
INSERT INTO jorge.market_snapshot (provider_ref, as_of, area, median_price, days_on_market, months_of_supply, sale_to_list) VALUES
    ('m1', current_date - 40, 'Mueller', 600000, 30, 3, 0.99), ('m2', current_date - 10, 'Mueller', 612000, 25, 2.5, 1.01), ('m3', current_date - 10, '', 450000, 50, 7, 0.97);
INSERT INTO jorge.lead (lead_id, name, first_seen_at, last_seen_at, listing_ref, budget_min, budget_max, area, property_type, outcome, outcome_at, sale_price, revenue, owner) VALUES
    ('00000000-0000-0000-0000-000000000001', 'listing', now(), now(), 'M-1', 100000, 200000, 'Mueller', NULL, 'open', NULL, NULL, NULL, NULL),
    ('00000000-0000-0000-0000-000000000002', 'budget', now(), now(), 'unknown', 300000, 400000, 'Mueller', NULL, 'open', NULL, NULL, NULL, 'Ann'),
    ('00000000-0000-0000-0000-000000000003', 'area', now(), now(), NULL, NULL, NULL, ' mueller', NULL, 'open', NULL, NULL, NULL, NULL),
    ('00000000-0000-0000-0000-000000000004', 'comparables', now(), now(), NULL, NULL, NULL, 'East Austin', NULL, 'open', NULL, NULL, NULL, NULL),
    ('00000000-0000-0000-0000-000000000005', 'model', now(), now(), NULL, NULL, NULL, NULL, 'house', 'open', NULL, NULL, NULL, NULL),
    ('00000000-0000-0000-0000-000000000006', 'sold', now() - interval '90 days', now(), NULL, NULL, 680000, NULL, NULL, 'won', now() - interval '1 day', 700000, 17500, NULL);
INSERT INTO jorge.commission_plan (name, valid_from, plan) VALUES ('annual', '-infinity', '{"side": "buyer", "listing_share": 0.5}');
INSERT INTO jorge.commission_agent (agent, plan_name) VALUES ('Ann', 'annual');
INSERT INTO jorge.lead_score (location_id, lead_id, probability, score, class, model, scored_at) SELECT 'main', lead_id, 0.5, 50, 'WARM', 'test', now() FROM jorge.lead;
CREATE TEMP TABLE c AS SELECT l.name, c.* FROM jorge.lead l, jorge.lead_commission(l.lead_id) c;

SELECT results_eq($$SELECT name, price_method, estimated_sale_price FROM c ORDER BY name$$,
                  $$VALUES ('area', 'area median', 612000.00), ('budget', 'budget', 350000.00), ('comparables', 'area median', 392000.00), ('listing', 'listing', 490000.00),
                           ('model', 'model', (SELECT estimated_sale_price FROM c WHERE name = 'model')), ('sold', 'sale', 700000.00)$$,
                  'the price: a listing before a budget, the market''s median before the model, the sale before all');
SELECT ok((SELECT abs(estimated_sale_price - 392000) < 40000 FROM c WHERE name = 'model'), 'the model is near the comparables: ' || (SELECT estimated_sale_price FROM c WHERE name = 'model'));
SELECT is((SELECT estimated_commission FROM c WHERE name = 'listing'), 29400.00, '6 % for both sides where nothing else is agreed');
SELECT is((SELECT commission_rate FROM c WHERE name = 'listing'), 0.06, 'which is said');
SELECT is((SELECT estimated_commission FROM c WHERE name = 'budget'), 10500.00, 'else the agent''s plan');
SELECT is((SELECT commission_rate FROM c WHERE name = 'budget'), 0.03, 'with its rate');
SELECT is((SELECT estimated_commission FROM c WHERE name = 'sold'), 17500::numeric, 'of a sold one, what it brought');
SELECT is((SELECT expected_commission FROM c WHERE name = 'sold'), 17500.00, 'for certain');
SELECT is((SELECT expected_commission FROM c WHERE name = 'listing'), 14700.00, 'else times its probability');
SELECT results_eq($$SELECT name, confidence_level FROM c WHERE name IN ('area', 'budget', 'listing', 'sold') ORDER BY name$$,
                  $$VALUES ('area', 'medium'), ('budget', 'medium'), ('listing', 'high'), ('sold', 'high')$$, 'how sure the price is');
SELECT ok((SELECT bool_and(price_low <= estimated_sale_price AND estimated_sale_price <= price_high) FROM c), 'the interval holds the price');
SELECT ok((SELECT bool_and(jorge_tracking_id ~ '^JORGE-[0-9]{8}-[0-9A-F]{12}$') AND count(DISTINCT jorge_tracking_id) = 6 FROM c), 'each has a tracking id of its own');
SELECT is((SELECT jorge_tracking_id FROM jorge.lead_commission('00000000-0000-0000-0000-000000000001')), (SELECT jorge_tracking_id FROM c WHERE name = 'listing'), 'that stays');
SELECT is((SELECT market_factors ->> 'market' FROM c WHERE name = 'area'), 'sellers', 'whose market it is');
SELECT is((SELECT market_factors ->> 'median_price_change' FROM c WHERE name = 'area'), '0.0200', 'and where it goes');
SELECT is((SELECT market_factors ->> 'market' FROM c WHERE name = 'comparables'), 'buyers', 'an area without a snapshot has that of all');
SELECT is((SELECT market_factors FROM jorge.commission_of(NULL::jorge.lead, NULL, 'elsewhere')), '{}'::jsonb, 'no snapshot, no factors');
SELECT results_eq($$SELECT estimated_sale_price, confidence_level FROM jorge.commission_of(NULL::jorge.lead, NULL, 'elsewhere')$$, $$VALUES (NULL::numeric, 'none')$$, 'and no price where nothing is known');
SELECT throws_ok($$SELECT jorge.lead_commission('00000000-0000-0000-0000-00000000dead')$$, 'P0002', NULL, 'an unknown lead');
SELECT is((SELECT estimated_sale_price FROM jorge.lead_commission(NULL)), NULL, 'NULL gives NULL');
SELECT is(jorge.jorge_commission(450000), 27000.00, 'of a price as before');
SELECT results_eq($$SELECT d.price_method, sum(d.amount) FROM jorge.deals() d WHERE d.won IS NULL GROUP BY 1 ORDER BY 1$$,
                  $$SELECT price_method, sum(estimated_commission) FROM c WHERE name <> 'sold' GROUP BY 1 ORDER BY 1$$, 'the pipeline counts the same amounts');

-- the option of score_lead()
SELECT is((SELECT jorge.score_lead('00000000-0000-0000-0000-000000000001'::uuid, '{"calculate_commission": true}') -> 'commission' ->> 'estimated_commission'), '29400.00', 'score_lead: option calculate_commission');
SELECT ok(NOT jorge.score_lead('00000000-0000-0000-0000-000000000001'::uuid) ? 'commission', 'only if asked for');
SELECT is((SELECT jorge.score_lead('{"source": "zillow", "message": "up to $600k"}'::jsonb, '{"calculate_commission": true}') -> 'commission' ->> 'price_method'), 'budget', 'also of a lead that is not stored, by what it says');
SELECT throws_ok($$SELECT jorge.score_lead('{"source": "zillow"}'::jsonb, '{"calculate_commission": 1}')$$, '22023', NULL, 'an option of the wrong type');

-- figures against goal and baseline
DELETE FROM jorge.lead_score;
DELETE FROM jorge.lead;
INSERT INTO jorge.lead (first_seen_at, last_seen_at, first_outbound_at, outcome, outcome_at, revenue)
SELECT t - interval '5 days', t, t - interval '5 days' + CASE WHEN n > 40 THEN interval '2 hours' ELSE interval '6 hours' END, CASE WHEN n % (CASE WHEN n > 40 THEN 2 ELSE 4 END) = 0 THEN 'won' ELSE 'lost' END, t, 1000
  FROM generate_series(1, 80) n, LATERAL (SELECT '2026-06-30'::timestamptz - (81 - n) * interval '2 days' + CASE WHEN n > 40 THEN interval '1 day' ELSE interval '-20 days' END AS t) x;
INSERT INTO jorge.satisfaction (at, score) VALUES ('2026-05-01', 9.6), ('2026-05-02', 9.8);
INSERT INTO jorge.goal (metric, starts_on, ends_on, target) VALUES ('commission', '2026-01-01', '2026-12-31', 50000);
CREATE TEMP TABLE k AS SELECT * FROM jorge.kpis(90, '2026-06-30');
SELECT is((SELECT count(*) FROM k), 5::bigint, 'five figures');
SELECT ok((SELECT current = 50 AND baseline < 30 AND reached AND goal = round(baseline * 1.25, 2) FROM k WHERE kpi = 'conversion'), 'conversion against its baseline');
SELECT ok((SELECT goal = 50000 AND goal_from = 'jorge.goal' AND NOT reached FROM k WHERE kpi = 'commission'), 'a goal of one''s own');
SELECT ok((SELECT current = 2 AND baseline = 6 AND goal = 3.6 AND reached FROM k WHERE kpi = 'idle_time'), 'less idle time is better');
SELECT ok((SELECT current IS NULL AND reached IS NULL FROM k WHERE kpi = 'cost_per_lead'), 'what is not known is not judged');
SELECT ok((SELECT current = 97 AND reached FROM k WHERE kpi = 'satisfaction'), 'satisfaction of 95 % and more');
SELECT throws_ok($$SELECT jorge.kpis(0)$$, '22023', NULL, 'a period has days');
SELECT * FROM finish();
ROLLBACK;
