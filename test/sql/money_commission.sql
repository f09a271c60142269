-- Commissions: the order of operations on worked cases, edges, and plans that are refused.
\set VERBOSITY terse
-- a sale at 6 %, half to each side; we have the listing; referral, royalty, split
SELECT * FROM jorge.jorge_commission_lines(450000, '{"rate": 0.06, "side": "listing", "referral": {"rate": 0.25}, "royalty": {"rate": 0.06}, "split": {"agent": 0.7}}');
SELECT jorge.jorge_commission(450000), jorge.jorge_commission(450000, '{"side": "listing"}'),
       jorge.jorge_commission_net(450000, '{"side": "listing", "referral": {"rate": 0.25}, "royalty": {"rate": 0.06}, "split": {"agent": 0.7}}');
-- a cap crossed within the deal: 500 of 1,500 are left to take; before and after it
SELECT kind, party, amount FROM jorge.jorge_commission_lines(250000, '{"side": "buyer", "split": {"agent": 0.8, "cap": 16000, "ytd_paid": 15500}}') ORDER BY seq;
SELECT jorge.jorge_commission_net(250000, '{"side": "buyer", "split": {"agent": 0.8, "cap": 16000}}') AS before,
       jorge.jorge_commission_net(250000, '{"side": "buyer", "split": {"agent": 0.8, "cap": 16000, "ytd_paid": 16000}, "fees": [{"label": "after cap", "amount": 250, "after_cap": true}]}') AS after;
-- the odd cent
SELECT party, amount FROM jorge.jorge_commission_lines(285714.29, '{"rate": 0.0265, "side": "listing"}') ORDER BY seq;
SELECT party, amount FROM jorge.jorge_commission_lines(285714.29, '{"rate": 0.0265, "side": "listing", "remainder": "buyer"}') ORDER BY seq;
SELECT jorge.jorge_commission(0.25, '{"rate": 0.1}') AS half_up, jorge.jorge_commission(0.25, '{"rate": 0.1, "rounding": "half_even"}') AS half_even,
       jorge.jorge_commission(0.35, '{"rate": 0.1, "rounding": "half_even"}') AS half_even_up, jorge.jorge_commission(0.29, '{"rate": 0.1, "rounding": "down"}') AS down;
-- nothing, everything, no price
SELECT jorge.jorge_commission(0), jorge.jorge_commission(NULL), jorge.jorge_commission(1e12), jorge.jorge_commission(100, '{"rate": 0}'), jorge.jorge_commission(100, '{"rate": 1}');
SELECT jorge.jorge_commission(1e13, '{"rate": 1}'), jorge.jorge_commission(450000.005);
-- tiers, on the edge and a cent beside it: marginal and cliff
SELECT price, jorge.jorge_commission(price, '{"tiers": [{"upto": 100000, "rate": 0.06}, {"rate": 0.025}]}') AS marginal,
       jorge.jorge_commission(price, '{"tiers": [{"upto": 100000, "rate": 0.06}, {"rate": 0.025}], "tier_method": "cliff"}') AS cliff
  FROM unnest(ARRAY[99999.99, 100000, 100000.01, 300000]) price;
-- flat, minimum, percentage with flat, one rate for both sides, concessions
SELECT jorge.jorge_commission(300000, '{"flat": 4500}') AS flat, jorge.jorge_commission(10000, '{"rate": 0.06, "minimum": 2500}') AS minimum,
       jorge.jorge_commission(300000, '{"rate": 0.01, "flat": 500}') AS both_parts, jorge.jorge_commission(300000, '{"rate": 0.06, "dual_rate": 0.05}') AS dual,
       jorge.jorge_commission(300000, '{"rate": 0.06, "dual_rate": 0.05, "side": "listing"}') AS not_dual, jorge.jorge_commission(300000, '{"concessions": 10000}') AS conceded,
       jorge.jorge_commission(5000, '{"concessions": 10000}') AS all_conceded;
-- a buyer agreement and the seller's offer: below, and above it
SELECT kind, party, label, amount FROM jorge.jorge_commission_lines(400000, '{"listing": {"rate": 0.025}, "buyer": {"rate": 0.025}, "seller_offer": {"rate": 0.02}, "side": "buyer"}') ORDER BY seq;
SELECT kind, party, label, amount FROM jorge.jorge_commission_lines(400000, '{"listing": {"rate": 0.025}, "buyer": {"rate": 0.025}, "seller_offer": {"rate": 0.03}, "side": "buyer"}') ORDER BY seq;
-- bands of the year's income, royalty with a cap, team, fees beyond what is left, taxes
SELECT party, basis, rate, amount FROM jorge.jorge_commission_lines(500000, '{"side": "listing", "split": {"tiers": [{"upto": 50000, "agent": 0.6}, {"upto": 60000, "agent": 0.7}, {"agent": 0.9}], "ytd_income": 45000}}') ORDER BY seq;
SELECT kind, party, label, amount FROM jorge.jorge_commission_lines(100000, '{"side": "buyer", "royalty": {"rate": 0.06, "cap": 3000, "ytd": 2900}, "split": {"agent": 0.5}, "team": 0.5, "fees": [{"label": "review", "amount": 25}, {"label": "insurance", "amount": 5000, "cap": 900, "ytd": 100}], "tax": 0.05, "set_aside": 0.25}') ORDER BY seq;
-- the other way round
SELECT jorge.price_for_net(6480, '{"side": "listing", "referral": {"rate": 0.25}, "royalty": {"rate": 0.06}, "split": {"agent": 0.7}}') AS price,
       jorge.price_for_net(0) AS nothing, jorge.price_for_net(1, '{"rate": 0}') AS never,
       jorge.price_for_net(5999, '{"tiers": [{"upto": 100000, "rate": 0.06}, {"rate": 0.025}], "tier_method": "cliff"}') AS before_the_cliff,
       jorge.price_for_net(6001, '{"tiers": [{"upto": 100000, "rate": 0.06}, {"rate": 0.025}], "tier_method": "cliff"}') AS after_it;
-- refused
SELECT jorge.jorge_commission(-1);
SELECT jorge.jorge_commission('NaN');
SELECT jorge.jorge_commission('Infinity');
SELECT jorge.jorge_commission(1e14);
\set VERBOSITY default
SELECT jorge.jorge_commission(1, '{"rate": 6}');
SELECT jorge.jorge_commission(1, '{"rate": 0.0000001}');
SELECT jorge.jorge_commission(1, '{"rates": 0.06}');
SELECT jorge.jorge_commission(1, '{"split": {"agents": 0.5}}');
SELECT jorge.jorge_commission(1, '{"split": {}}');
SELECT jorge.jorge_commission(1, '{"side": "seller"}');
SELECT jorge.jorge_commission(1, '{"flat": "5"}');
SELECT jorge.jorge_commission(1, '{"flat": 5.001}');
SELECT jorge.jorge_commission(1, '{"flat": -5}');
SELECT jorge.jorge_commission(1, '{"tiers": [{"upto": 5, "rate": 0.1}]}');
SELECT jorge.jorge_commission(1, '{"tiers": [{"upto": 5, "rate": 0.1}, {"upto": 5, "rate": 0.1}, {"rate": 0.1}]}');
SELECT jorge.jorge_commission(1, '{"tiers": []}');
SELECT jorge.jorge_commission(1, '{"tiers": [1]}');
SELECT jorge.jorge_commission(1, '{"rate": 0.1, "buyer": {"rate": 0.1}}');
SELECT jorge.jorge_commission(1, '{"seller_offer": {"rate": 0.1}}');
SELECT jorge.jorge_commission(1, '{"fees": [{"amount": 5}]}');
SELECT jorge.jorge_commission(1, '[]');
SELECT jorge.jorge_commission(1, '1');
