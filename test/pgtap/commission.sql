-- Commissions over random deals and plans: to the cent, monotone, symmetric, invertible; and the ledger's year.
SELECT plan(19);

SELECT setseed(0.47);
CREATE TEMP TABLE deal AS
SELECT n, round((10 ^ (random() * 8))::numeric, 2) AS price, random() < 0.5 AS swapped,
       jsonb_build_object('rate', round((random() * 0.1)::numeric, 6), 'listing_share', round(random()::numeric, 3),
                          'side', (ARRAY['both', 'listing', 'buyer'])[1 + floor(random() * 3)::integer],
                          'remainder', (ARRAY['listing', 'buyer'])[1 + floor(random() * 2)::integer],
                          'rounding', (ARRAY['half_up', 'half_even', 'down'])[1 + floor(random() * 3)::integer])
       || CASE WHEN random() < 0.5 THEN jsonb_build_object('referral', jsonb_build_object('rate', round((random() * 0.4)::numeric, 3))) ELSE '{}' END
       || CASE WHEN random() < 0.5 THEN jsonb_build_object('royalty', jsonb_build_object('rate', round((random() * 0.1)::numeric, 3), 'cap', 3000, 'ytd', floor(random() * 4000))) ELSE '{}' END
       || CASE WHEN random() < 0.5 THEN jsonb_build_object('split', jsonb_build_object('agent', round(random()::numeric, 2), 'cap', 20000, 'ytd_paid', floor(random() * 25000)))
               WHEN random() < 0.5 THEN jsonb_build_object('split', jsonb_build_object('ytd_income', floor(random() * 90000), 'tiers', '[{"upto": 30000, "agent": 0.5}, {"upto": 60000.55, "agent": 0.7}, {"agent": 0.95}]'::jsonb)) ELSE '{}' END
       || CASE WHEN random() < 0.5 THEN jsonb_build_object('team', round((random() * 0.5)::numeric, 2)) ELSE '{}' END
       || CASE WHEN random() < 0.5 THEN '{"fees": [{"label": "transaction", "amount": 395}, {"label": "insurance", "rate": 0.01, "cap": 500}]}'::jsonb ELSE '{}' END AS plan
  FROM generate_series(1, 100000) n;

SELECT is_empty($$
    SELECT n, sum(amount) FILTER (WHERE kind = 'share') - sum(amount) FILTER (WHERE kind = 'gross')
      FROM deal, jorge.jorge_commission_lines(price, plan) GROUP BY n
    HAVING sum(amount) FILTER (WHERE kind = 'share') <> sum(amount) FILTER (WHERE kind = 'gross') $$,
    'the shares of 100,000 random deals add up to the gross, to the cent');
SELECT is_empty($$ SELECT n FROM deal, jorge.jorge_commission_lines(price, plan) l WHERE amount < 0 $$, 'no line is negative');
SELECT is_empty($$ SELECT n FROM deal, jorge.jorge_commission_lines(price, plan) l
                    WHERE kind = 'gross' AND plan ->> 'rounding' = 'half_up' AND amount <> round(price * (plan ->> 'rate')::numeric, 2) $$,
    'gross is the price times the rate, as numeric rounds it');
SELECT is_empty($$ SELECT n FROM deal WHERE jorge.jorge_commission_net(price, plan) > jorge.jorge_commission_net(price + 1, plan) + 0.05
                      OR jorge.jorge_commission(price, plan) > jorge.jorge_commission(price + 0.01, plan) + 0.01 $$,
    'a higher price never brings less, but for the rounding of lines');
SELECT is_empty($$
    SELECT n FROM deal, LATERAL (SELECT plan || jsonb_build_object('listing_share', 1 - (plan ->> 'listing_share')::numeric,
               'side', CASE plan ->> 'side' WHEN 'listing' THEN 'buyer' WHEN 'buyer' THEN 'listing' ELSE 'both' END,
               'remainder', CASE plan ->> 'remainder' WHEN 'listing' THEN 'buyer' ELSE 'listing' END) AS mirrored) m
     WHERE jorge.jorge_commission(price, plan) <> jorge.jorge_commission(price, mirrored)
        OR jorge.jorge_commission_net(price, plan) <> jorge.jorge_commission_net(price, mirrored) $$,
    'swapping the sides swaps the amounts');
SELECT is_empty($$
    SELECT n FROM (SELECT n, plan, jorge.jorge_commission_net(price, plan) AS net, jorge.price_for_net(jorge.jorge_commission_net(price, plan), plan) AS cheapest, price FROM deal WHERE n <= 3000) d
     WHERE jorge.price_for_net(greatest(net - 0.10, 0), plan) > price OR jorge.jorge_commission_net(cheapest, plan) < net
        OR (cheapest > 0 AND jorge.jorge_commission_net(cheapest - 0.01, plan) >= net) $$,
    'price_for_net brings the net, a cent less of price does not, and none is cheaper but for the rounding of lines');

-- the ledger
INSERT INTO jorge.commission_plan (name, valid_from, plan) VALUES
    ('standard', '-infinity', '{"side": "buyer", "split": {"agent": 0.8, "cap": 16000}, "fees": [{"label": "review", "amount": 25, "cap": 60}, {"label": "capped deal", "amount": 250, "after_cap": true}]}'),
    ('standard', '2026-01-01', '{"side": "buyer", "split": {"agent": 0.8, "cap": 10000}}');
INSERT INTO jorge.commission_agent (agent, anniversary) VALUES ('Ann', '2020-04-01'), ('Leap', '2020-02-29');
SELECT is(jorge.commission_year_start('2025-03-31', '2020-04-01'), '2024-04-01'::date, 'the day before an anniversary is in the year before');
SELECT is(jorge.commission_year_start('2025-04-01', '2020-04-01'), '2025-04-01'::date, 'the anniversary begins a year');
SELECT is(jorge.commission_year_start('2025-02-28', '2020-02-29'), '2025-02-28'::date, 'a leap day''s anniversary falls on the 28th');
SELECT is(jorge.commission_year_start('2024-02-28', '2020-02-29'), '2023-02-28'::date, 'and on the 29th where there is one');
SELECT jorge.book_commission('Ann', 2000000, '2025-05-01') AS first \gset
SELECT jorge.book_commission('Ann', 500000, '2025-06-01') AS second \gset
SELECT jorge.book_commission('Ann', 500000, '2025-07-01') AS third \gset
SELECT results_eq('SELECT company FROM jorge.commission_entry ORDER BY closed_on', 'VALUES (12000::numeric), (3000), (1000)', 'the third deal takes what the cap leaves');
SELECT is((SELECT sum((line ->> 'amount')::numeric) FROM jorge.commission_entry, jsonb_array_elements(lines) line WHERE line ->> 'label' = 'review'), 60::numeric, 'a fee stops at its yearly cap');
SELECT jorge.book_commission('Ann', 500000, '2025-08-01') AS fourth \gset
SELECT is((SELECT net FROM jorge.commission_entry WHERE entry_id = :'fourth'), 14750::numeric, 'after the cap all is the agent''s, less the fee for that');
SELECT jorge.reverse_commission(:'second', 'financing fell through') AS reversal \gset
SELECT jorge.book_commission('Ann', 500000, '2025-09-01') AS fifth \gset
SELECT is((SELECT company FROM jorge.commission_entry WHERE entry_id = :'fifth'), 3000::numeric, 'a reversal gives the room under the cap back');
SELECT throws_ok(format('SELECT jorge.reverse_commission(%L)', :'second'), '23505', NULL, 'but once');
SELECT throws_ok(format('SELECT jorge.reverse_commission(%L)', :'reversal'), 'P0002', NULL, 'and no reversal is reversed');
SELECT is((SELECT sum(company) FROM jorge.commission_entry WHERE agent = 'Ann' AND year_start = '2025-04-01'), 16000::numeric, 'the year''s total is the cap');
SELECT jorge.book_commission('Ann', 500000, '2026-04-02') AS next_year \gset
SELECT is((SELECT company FROM jorge.commission_entry WHERE entry_id = :'next_year'), 3000::numeric, 'a new year starts anew');
SELECT is(jorge.commission_plan_at('Ann', '2026-04-02') #>> '{split,cap}', '10000', 'and has the plan''s newer version');
SELECT * FROM finish();
