-- money: commissions, exact to the cent

CREATE FUNCTION jorge.jorge_commission(price numeric, plan jsonb DEFAULT '{}') RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 30
    AS 'MODULE_PATHNAME', 'jorge_commission_total';
COMMENT ON FUNCTION jorge.jorge_commission(numeric, jsonb) IS
    'Gross commission of a sale, of the side or sides we represent, in the price''s currency and to the cent. Commissions are negotiable; 6 % of the price for both sides is only what an empty plan means.
The plan is an object. Amounts are numbers with at most two decimals, rates fractions of 0 ... 1 (6 % is 0.06):
side "both" (default), "listing", "buyer": whom we represent.
rate (0.06), or tiers [{"upto", "rate"}, ..., {"rate"}] with tier_method "marginal" (default: each part of the price its rate) or "cliff" (the band the price falls in, for all of it), flat, minimum: the total, divided by listing_share (0.5); remainder "listing" | "buyer" gets a tie''s odd cent; dual_rate replaces rate where side is both.
Or listing {...} and buyer {...} with rate, tiers, tier_method, flat, minimum of their own; seller_offer {...}: what the seller offers to the buyer''s side, which is never paid more than buyer says.
concessions: amount taken off the price first.
referral {rate | amount}: off the top of our side. royalty {rate | amount, cap, ytd}: of the rest.
split {agent: share | tiers [{"upto", "agent"}, ...] by ytd_income, cap, ytd_paid}: brokerage and agent; the brokerage keeps at most cap a year, also within a deal that crosses it.
team: share of what the agent has then. fees [{label, amount | rate, cap, ytd, after_cap}].
tax: on top of our gross; set_aside: of the net; both only shown. rounding "half_up" (default), "half_even", "down".
ERROR 22023 for anything else in the plan, 22003 for a price that is NaN, infinite, negative or above 10^13.';

CREATE FUNCTION jorge.jorge_commission_net(price numeric, plan jsonb DEFAULT '{}') RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 30
    AS 'MODULE_PATHNAME', 'jorge_commission_net';
COMMENT ON FUNCTION jorge.jorge_commission_net(numeric, jsonb) IS
    'What is left of a commission after referral, royalty, split, team and fees: the agent''s net, or the brokerage''s where the plan has no split. Plan and errors as in jorge.jorge_commission().';

CREATE FUNCTION jorge.jorge_commission_lines(price numeric, plan jsonb DEFAULT '{}', OUT seq integer, OUT kind text, OUT party text,
                                             OUT label text, OUT basis numeric, OUT rate numeric, OUT amount numeric)
    RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 6
    AS 'MODULE_PATHNAME', 'jorge_commission_lines';
COMMENT ON FUNCTION jorge.jorge_commission_lines(numeric, jsonb) IS
    'A commission line by line, in the order of operations. kind: gross (what the deal brings), share (who gets how much: these lines add up to the gross, to the cent), information (moves nothing: who pays the buyer''s side, an offer above the buyer agreement, taxes, fees still owed). basis and rate are NULL where the amount is no percentage of one number. Plan and errors as in jorge.jorge_commission().';

CREATE FUNCTION jorge.price_for_net(net numeric, plan jsonb DEFAULT '{}') RETURNS numeric
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_commission_price';
COMMENT ON FUNCTION jorge.price_for_net(numeric, jsonb) IS
    'Price at which jorge.jorge_commission_net() reaches net, while a cent less does not: the smallest such price but for the rounding of single lines, which moves the net by cents. NULL where no price up to 10^13 brings it.';
