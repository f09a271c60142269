-- Return on sources, funnel and cohorts of seven leads, equal to what is worked out by hand; and of nothing, of one, for other roles.
BEGIN;
SELECT plan(58);
SET LOCAL jorge.location_id = 'main';
INSERT INTO jorge.location (location_id, time_zone) VALUES ('main', 'UTC'), ('empty', 'UTC');

-- nothing
SELECT is_empty($$SELECT * FROM jorge.source_roi('2026-01-01', '2026-04-01', location_id => 'empty')$$, 'no leads, no sources');
SELECT is_empty($$SELECT * FROM jorge.attribution(location_id => 'empty')$$, 'nothing to attribute');
SELECT is_empty($$SELECT * FROM jorge.cohorts(location_id => 'empty')$$, 'no cohorts');
SELECT results_eq($$SELECT step, reached, conversion, revenue_impact, advice FROM jorge.funnel(location_id => 'empty')$$,
                  $$SELECT n, 0::bigint, NULL::float8, NULL::numeric, NULL::text FROM generate_series(1, 5) n$$, 'an empty funnel has its stages and knows nothing');
SELECT is((SELECT count(p_value) FROM jorge.funnel_compare('2025-01-01', '2026-01-01', '2026-01-01', '2027-01-01', location_id => 'empty')), 0::bigint, 'nothing to compare');

-- seven persons; A came twice
INSERT INTO jorge.inquiry (received_at, source, campaign, cost, phone) VALUES
    ('2026-01-05', 'zillow', 'x', 40, '512-555-7001'), ('2026-01-10', 'facebook', 'spring', NULL, '512-555-7001'),
    ('2026-01-06', 'zillow', 'x', NULL, '512-555-7002'), ('2026-01-07', 'zillow', 'y', NULL, '512-555-7003'),
    ('2026-02-01', 'facebook', 'spring', NULL, '512-555-7004'), ('2026-02-02', 'facebook', NULL, NULL, '512-555-7005'),
    ('2026-02-03', 'referral', NULL, NULL, '512-555-7006'), ('2026-03-01', 'ghl', NULL, NULL, '512-555-7007');
CREATE TEMP TABLE who AS SELECT right(phone, 1)::integer AS n, lead_id FROM jorge.lead;
SELECT is((SELECT count(*) FROM who), 7::bigint, 'seven persons');
UPDATE jorge.lead l SET stage = v.stage, outcome = v.outcome, outcome_at = v.at, drop_reason = v.reason, sale_price = v.price, revenue = v.revenue
  FROM who w JOIN (VALUES (1, 'closed', 'won', '2026-02-04'::timestamptz, NULL, 400000::numeric, 12000::numeric), (2, 'qualified', 'lost', '2026-01-16', 'price', NULL, NULL),
                          (4, 'closed', 'won', '2026-03-03', NULL, 300000, NULL), (5, 'initial_contact', 'lost', '2026-02-12', 'no_response', NULL, NULL),
                          (6, 'closed', 'won', '2026-02-23', NULL, 250000, 1), (7, 'appointment', 'lost', '2026-03-31', 'price', NULL, NULL)) v(n, stage, outcome, at, reason, price, revenue) USING (n)
 WHERE l.lead_id = w.lead_id;
SELECT is((SELECT count(*) FROM jorge.stage_change), 0::bigint, 'a stage that is told with the outcome has no time');
INSERT INTO jorge.stage_change (lead_id, at, stage, stage_before) SELECT lead_id, '2026-01-12'::timestamptz, 'qualified', 'initial_contact' FROM who WHERE n = 3
    UNION ALL SELECT lead_id, '2026-01-22', 'hot', 'qualified' FROM who WHERE n = 3;
UPDATE jorge.lead SET stage = 'hot' WHERE lead_id = (SELECT lead_id FROM who WHERE n = 3);
SELECT is((SELECT count(*) FROM jorge.stage_change), 2::bigint, 'nor is history told twice that was loaded');
-- the ledger knows better than the lead: 9,000 booked; another booking was taken back
SELECT jorge.book_commission('Ann', 250000, '2026-02-23', lead_id, plan => '{"rate": 0.036}') FROM who WHERE n = 6;
SELECT jorge.reverse_commission(jorge.book_commission('Ann', 250000, '2026-02-23', lead_id, plan => '{"rate": 0.06}')) FROM who WHERE n = 6;

SELECT results_eq($$SELECT w.n, o.step, o.outcome, o.revenue FROM jorge.lead_outcomes('2026-04-01') o JOIN who w USING (lead_id) ORDER BY 1$$,
    $$VALUES (1, 5, 'won', 12000.00), (2, 2, 'lost', NULL), (3, 3, 'open', NULL), (4, 5, 'won', 18000.00), (5, 1, 'lost', NULL), (6, 5, 'won', 9000.00), (7, 4, 'lost', NULL)$$,
    'revenue is what the ledger says, else the lead, else the plan (6 % of 300,000)');
SELECT results_eq($$SELECT w.n, o.outcome, o.revenue FROM jorge.lead_outcomes('2026-02-10') o JOIN who w USING (lead_id) ORDER BY 1$$,
    $$VALUES (1, 'won', 12000.00), (2, 'lost', NULL), (3, 'open', NULL), (4, 'open', NULL), (5, 'open', NULL), (6, 'open', NULL)$$, 'as it was known in February');

CREATE TEMP TABLE roi AS SELECT * FROM jorge.source_roi('2026-01-01', '2026-04-01', as_of => '2026-04-01');
SELECT results_eq($$SELECT source, leads, won, lost, open, inquiries, cost, cost_per_lead, cost_per_deal, avg_deal_size, avg_commission, revenue, roi FROM roi ORDER BY source$$,
    $$VALUES ('facebook', 2::bigint, 1::bigint, 1::bigint, 0::bigint, 3::bigint, 36.00, 18.00, 36.00, 300000.00, 18000.00, 18000.00, 500.0000),
             ('ghl', 1, 0, 1, 0, 1, 0.00, 0.00, NULL, NULL, NULL, 0, NULL),
             ('referral', 1, 1, 0, 0, 1, NULL, NULL, NULL, 250000.00, 9000.00, 9000.00, NULL),
             ('zillow', 3, 1, 1, 1, 3, 110.00, 36.67, 110.00, 400000.00, 12000.00, 12000.00, 109.0909)$$,
    'leads, costs and revenue of each source; no return where nothing, or nothing known, was paid');
SELECT is((SELECT string_agg(note, ', ' ORDER BY source) FROM roi WHERE source IN ('ghl', 'referral')), 'fewer than 3 won; costs nothing, fewer than 3 won; no cost known', 'which is said');
-- of zillow's three one is lost on day 10, one of the two left is won on day 30, the third is open: 2/3 * 1/2
SELECT is((SELECT round(conversion_rate::numeric, 12) FROM roi WHERE source = 'zillow'), round(1 / 3.0, 12), 'an open lead is counted as not yet ended');
SELECT results_eq($$SELECT round(conversion_lower::numeric, 4), round(conversion_upper::numeric, 4) FROM roi WHERE source = 'zillow'$$, 'VALUES (0.0615, 0.7923)', 'Wilson''s limits of 1 in 3');
SELECT is((SELECT conversion_rate FROM roi WHERE source = 'facebook'), 0.5::float8, 'where all have ended the rate is won by leads');
SELECT ok((SELECT bool_and(shrunk_rate BETWEEN 0.2 AND 0.7 AND shrunk_lower < shrunk_rate AND shrunk_rate < shrunk_upper) FROM roi), 'rates held together lie between none and all');
SELECT ok((SELECT a.shrunk_rate < 1 AND b.shrunk_rate > 0 FROM roi a, roi b WHERE a.source = 'referral' AND b.source = 'ghl'), 'one lead proves nothing');
SELECT is((SELECT sum(revenue) FROM roi), 39000.00, 'the revenue of all sources is the revenue');
-- the same before anything was known of the third: open for longer, it says no more
SELECT results_eq($$SELECT leads, won, lost, open FROM jorge.source_roi('2026-01-01', '2026-04-01', as_of => '2026-01-20') WHERE source = 'zillow'$$, 'VALUES (3::bigint, 0::bigint, 1::bigint, 2::bigint)', 'in January two were open');
SELECT results_eq($$SELECT source, campaign, leads, cost FROM jorge.source_roi('2026-01-01', '2026-04-01', 'campaign', '2026-04-01') WHERE source IN ('zillow', 'facebook') ORDER BY 1, 2$$,
    $$VALUES ('facebook', '', 1::bigint, 12.00), ('facebook', 'spring', 1, 24.00), ('zillow', 'x', 2, 75.00), ('zillow', 'y', 1, 35.00)$$, 'by campaign');
-- what was really spent counts before what leads are said to cost, by its days
INSERT INTO jorge.source_spend (source, starts_on, ends_on, amount) VALUES ('facebook', '2026-02-01', '2026-02-28', 280), ('billboard', '2026-03-01', '2026-03-31', 310);
SELECT is((SELECT cost FROM jorge.source_roi('2026-01-01', '2026-04-01', as_of => '2026-04-01') WHERE source = 'facebook'), 292.00, 'money spent replaces the costs of its days');
SELECT is((SELECT cost FROM jorge.source_roi('2026-01-01', '2026-02-15', as_of => '2026-04-01') WHERE source = 'facebook'), 152.00, 'half a month has half of it');
SELECT results_eq($$SELECT leads, cost, revenue, roi, note FROM jorge.source_roi('2026-01-01', '2026-04-01', as_of => '2026-04-01') WHERE source = 'billboard'$$,
    $$VALUES (0::bigint, 310.00, 0::numeric, 0.0000, 'cost, but no leads')$$, 'what brought nobody is there with its cost');
SELECT throws_ok($$SELECT * FROM jorge.source_roi(by => 'religion')$$, '22023', NULL, 'no such grouping');
SELECT throws_ok($$SELECT * FROM jorge.source_roi(level => 'NaN')$$, '22023', NULL, 'no such level');
SELECT throws_ok($$SELECT * FROM jorge.source_roi(horizon => 0)$$, '22023', NULL, 'no such horizon');

-- the funnel: 7, 6, 5, 4, 3
INSERT INTO jorge.goal (metric, starts_on, ends_on, target) VALUES ('funnel_appointment', '2026-01-01', '2026-12-31', 0.8);
CREATE TEMP TABLE f AS SELECT * FROM jorge.funnel('2026-01-01', '2026-04-01', '2026-04-01');
SELECT results_eq('SELECT stage, reached, waiting, moved_on, dropped FROM f ORDER BY step',
    $$VALUES ('initial_contact', 7::bigint, 0::bigint, 6::bigint, 1::bigint), ('qualified', 6, 0, 5, 1), ('hot', 5, 1, 4, 0), ('appointment', 4, 0, 3, 1), ('closed', 3, 0, NULL, NULL)$$, 'how far each got; who waits is neither moved nor lost');
SELECT results_eq('SELECT round(conversion::numeric, 9), round(from_start::numeric, 9) FROM f ORDER BY step',
    $$VALUES (round(6/7.0, 9), 1.000000000), (round(5/6.0, 9), round(6/7.0, 9)), (1.000000000, round(5/7.0, 9)), (0.750000000, round(5/7.0, 9)), (NULL, round(15/28.0, 9))$$, 'conversions and their products');
-- a deal is 13,000 on average; 7 * 0.01 * 5/6 * 1 * 3/4 * 13000 and so on
SELECT results_eq('SELECT value_per_point FROM f ORDER BY step', $$VALUES (568.75), (585.00), (487.50), (520.00), (NULL)$$, 'what one point more would bring');
SELECT is((SELECT formula FROM f WHERE step = 1), '7 reached x 1 % x 0.6250 of those who get past it close x 13,000.00 a deal', 'and how that is worked out');
SELECT results_eq('SELECT target, target_from, revenue_impact FROM f WHERE step = 4', $$VALUES (0.8::float8, 'jorge.goal', 2600.00)$$, 'five points are missing to the goal');
SELECT results_eq('SELECT top_reason, reasons FROM f WHERE step IN (2, 4) ORDER BY step', $$VALUES ('price', '{"price": 1}'::jsonb), ('price', '{"price": 1}')$$, 'why they left');
-- the third entered qualified after 5 days, hot after 10 more, and has been there for 69; the fifth was lost on arrival's tenth day
SELECT results_eq('SELECT timed, median_days FROM f WHERE step < 4 ORDER BY step', $$VALUES (2::bigint, 7.5::float8), (1::bigint, 10::float8), (1::bigint, NULL::float8)$$, 'times in stages, of those that are known; nobody has left hot');
SELECT is((SELECT count(*) FROM jorge.funnel('2026-01-01', '2026-04-01', '2026-04-01', 'zillow') WHERE reached = 3 AND step = 1), 1::bigint, 'of one source');
SELECT throws_ok($$SELECT * FROM jorge.funnel(level => 1)$$, '22023', NULL, 'no such level');

-- a difference of two periods: 40 of 100 against 60 of 100 (chi-squared 8, p = 0.004678; Newcombe 0.0614 to 0.3281)
ALTER TABLE jorge.lead DISABLE TRIGGER USER;
INSERT INTO jorge.lead (location_id, first_seen_at, last_seen_at, first_source, stage, outcome, outcome_at)
SELECT 'two', p, p, 'zillow', CASE WHEN n <= w THEN 'qualified' ELSE 'initial_contact' END, 'lost', p + interval '1 day' FROM (VALUES ('2025-01-15'::timestamptz, 40), ('2025-06-15', 60)) v(p, w), generate_series(1, 100) n;
SELECT results_eq($$SELECT ended_before, ended_after, round(difference::numeric, 9), round(difference_lower::numeric, 4), round(difference_upper::numeric, 4), round(p_value::numeric, 6), changed
                      FROM jorge.funnel_compare('2025-01-01', '2025-02-01', '2025-06-01', '2025-07-01', location_id => 'two') WHERE step = 1$$,
                  'VALUES (100::bigint, 100::bigint, 0.200000000, 0.0614, 0.3281, 0.004678, true)', 'two periods differ');

-- half of a hundred days' leads get on after a day, the others are lost after sixty: of those of late only the first are known
INSERT INTO jorge.lead (location_id, lead_id, first_seen_at, last_seen_at, first_source, stage, outcome, outcome_at)
SELECT 'late', ('00000000-0000-0000-0000-' || lpad((10 * d + n)::text, 12, '0'))::uuid, at, at, 'zillow', CASE WHEN n <= 2 AND d < 99 THEN 'qualified' ELSE 'initial_contact' END, CASE WHEN n > 2 AND d < 40 THEN 'lost' ELSE 'open' END, CASE WHEN n > 2 AND d < 40 THEN at + interval '60 days' END
  FROM generate_series(0, 99) d, generate_series(1, 4) n, LATERAL (SELECT '2026-01-01 12:00+00'::timestamptz + d * interval '1 day' AS at) t;
INSERT INTO jorge.stage_change (location_id, lead_id, at, stage) SELECT location_id, lead_id, first_seen_at + interval '1 day', stage FROM jorge.lead WHERE location_id = 'late' AND stage = 'qualified';
SELECT results_eq($$SELECT waiting, moved_on, dropped, round(conversion::numeric, 2) FROM jorge.funnel('2026-01-01', '2026-05-01', '2026-04-11 13:00+00', location_id => 'late') WHERE step = 1$$, 'VALUES (122::bigint, 198::bigint, 80::bigint, 0.50)',
    'the waiting are taken for what they will be, not left out: 198 / 278 would be 0.71');

-- cohorts: January has A, B, C; of 30, 60, 90 days
SELECT results_eq($$SELECT cohort, leads, age_days, complete, won, round(conversion::numeric, 9), revenue, revenue_per_lead FROM jorge.cohorts(4, '2026-04-01', 'zillow')$$,
    $$VALUES ('2026-01-01'::date, 3::bigint, 30, true, 1::bigint, 0.333333333, 12000.00, 4000.00), ('2026-01-01', 3, 60, true, 1, 0.333333333, 12000.00, 4000.00), ('2026-01-01', 3, 90, false, 1, 0.333333333, 12000.00, 4000.00)$$, 'a cohort as it ages');
SELECT throws_ok($$SELECT * FROM jorge.cohorts(0)$$, '22023', NULL, 'no months');

-- one lead, that is open
INSERT INTO jorge.lead (location_id, first_seen_at, last_seen_at) VALUES ('one', '2026-03-01', '2026-03-01');
ALTER TABLE jorge.lead ENABLE TRIGGER USER;
SELECT results_eq($$SELECT source, leads, won, open, conversion_rate, revenue, roi FROM jorge.source_roi('2026-01-01', '2026-04-01', as_of => '2026-04-01', location_id => 'one')$$,
    $$VALUES ('unknown', 1::bigint, 0::bigint, 1::bigint, 0::float8, 0::numeric, NULL::numeric)$$, 'one open lead is no lost one');
SELECT results_eq($$SELECT conversion_lower, conversion_upper FROM jorge.source_roi('2026-01-01', '2026-04-01', as_of => '2026-04-01', location_id => 'one')$$, 'VALUES (0::float8, 1::float8)', 'and says nothing');
SELECT is_empty($$SELECT * FROM jorge.attribution(location_id => 'one')$$, 'nor has it a journey');
SELECT is((SELECT waiting FROM jorge.funnel('2026-01-01', '2026-04-01', '2026-04-01', location_id => 'one') WHERE step = 1), 1::bigint, 'it waits');

-- attribution of A: zillow first, facebook five days later; 0.5 ^ (5 / 7) : 1
CREATE TEMP TABLE a AS SELECT * FROM jorge.attribution(as_of => '2026-04-01');
SELECT results_eq($$SELECT source, first_touch, last_touch, linear, time_decay, position_based, shapley FROM a ORDER BY source$$,
    $$SELECT s, f, l, n, t, p, h FROM (VALUES ('facebook', 18000.00, 30000.00, 24000.00, 18000 + 12000 - round(12000 * (0.5 ^ (5 / 7.0)) / (1 + 0.5 ^ (5 / 7.0)), 2), 24000.00, 24000.00),
             ('ghl', 0, 0, 0, 0, 0, 0), ('referral', 9000.00, 9000.00, 9000.00, 9000.00, 9000.00, 9000.00), ('zillow', 12000.00, 0.00, 6000.00, round(12000 * (0.5 ^ (5 / 7.0)) / (1 + 0.5 ^ (5 / 7.0)), 2), 6000.00, 6000.00)) v(s, f, l, n, t, p, h)$$,
    'six rules by hand');
-- the chain of the six that ended: zillow is won in 1/2 * 1/2 of its journeys by way of facebook; 4/6 * ... : success 1/2
SELECT is((SELECT sum(first_touch)::text || sum(last_touch) || sum(linear) || sum(time_decay) || sum(position_based) || sum(shapley) || sum(markov) FROM a), repeat('39000.00', 7), 'every rule gives out all of it');
SELECT is((SELECT removal_effect FROM a WHERE source = 'ghl'), 0::float8, 'without ghl nothing is lost');
SELECT results_eq($$SELECT touches, deals FROM a WHERE source = 'facebook'$$, 'VALUES (2::bigint, 2::bigint)', 'touches and deals');
SELECT is((SELECT sum(linear) FROM jorge.attribution('2026-02-01', '2026-03-01', as_of => '2026-04-01')), 21000.00, 'of the deals of February');
SELECT throws_ok($$SELECT * FROM jorge.attribution(half_life_days => 0)$$, '22023', NULL, 'no half-life');
SELECT is((SELECT sum(linear) FROM jorge.attribution(half_life_days => 1e-9, as_of => '2026-04-01')), 39000.00, 'a very short one');

-- a change of stage is kept, also by a role that may only tell it
CREATE ROLE bi_teller; GRANT SELECT, UPDATE ON jorge.lead TO bi_teller;
SET LOCAL ROLE bi_teller;
UPDATE jorge.lead SET stage = 'appointment' WHERE location_id = 'main' AND stage = 'hot';
SELECT throws_ok('SELECT * FROM jorge.stage_change', '42501', NULL, 'who may only write leads reads no history');
SELECT throws_ok('SELECT * FROM jorge.funnel()', '42501', NULL, 'nor the funnel');
SELECT throws_ok('SELECT * FROM jorge.source_roi()', '42501', NULL, 'nor costs');
RESET ROLE;
SELECT results_eq($$SELECT stage, stage_before, at = now() FROM jorge.stage_change c WHERE c.lead_id = (SELECT lead_id FROM who WHERE n = 3) ORDER BY at DESC LIMIT 1$$, $$VALUES ('appointment', 'hot', true)$$, 'the change is kept all the same');
SELECT is((SELECT step FROM jorge.lead_outcomes('2026-04-01') WHERE lead_id = (SELECT lead_id FROM who WHERE n = 3)), 3, 'in April it had not happened');

-- another tenant's rows are not seen, whatever location is asked for
GRANT SELECT ON ALL TABLES IN SCHEMA jorge TO bi_teller;
SET LOCAL jorge.location_id = 'other';
SET LOCAL ROLE bi_teller;
SELECT is_empty($$SELECT * FROM jorge.source_roi('2020-01-01', location_id => 'main') UNION ALL SELECT * FROM jorge.source_roi('2020-01-01')$$, 'another tenant sees no sources');
SELECT is((SELECT sum(reached) FROM jorge.funnel('2020-01-01', location_id => 'main')), 0::numeric, 'no leads');
SELECT is_empty($$SELECT * FROM jorge.attribution(location_id => 'main') $$, 'no deals');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
