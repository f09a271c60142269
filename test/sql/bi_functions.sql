-- Sharing money out, Shapley values, removal effects and priors: worked cases, edges, and what is refused.
\set VERBOSITY terse
-- the odd cents: largest remainder, then the earlier; nothing to those without weight; negative amounts alike
SELECT jorge.allocate(100, ARRAY[1, 1, 1]), jorge.allocate(0.05, ARRAY[1, 1, 0, 1]), jorge.allocate(-0.05, ARRAY[1, 1, 0, 1]), jorge.allocate(10, ARRAY[0.4, 0.2, 0.4]);
SELECT jorge.allocate(0, '{}'), jorge.allocate(0, ARRAY[0, 0]), jorge.allocate(7.005, ARRAY[5]), jorge.allocate(0.01, ARRAY[0, 1e308, 1e308]), jorge.allocate(10000000000000, ARRAY[1, 2, 3, 1e-300]);
SELECT jorge.allocate(NULL, ARRAY[1]) IS NULL AS amount_null, jorge.allocate(1, NULL) IS NULL AS weights_null;
SELECT sum(s), max(s) - min(s) AS spread FROM unnest(jorge.allocate(99999.99, array_fill(1::float8, ARRAY[10007]))) s;
SELECT jorge.allocate(1, ARRAY[0, 0]);
SELECT jorge.allocate(1, '{}');
SELECT jorge.allocate(1, ARRAY[1, -1]);
SELECT jorge.allocate(1, ARRAY[1, 'NaN'::float8]);
SELECT jorge.allocate(1, ARRAY[1, 'Infinity'::float8]);
SELECT jorge.allocate(1, ARRAY[1, NULL]);
SELECT jorge.allocate('NaN', ARRAY[1]);
SELECT jorge.allocate('-Infinity', ARRAY[1]);
SELECT jorge.allocate(10000000000000.01, ARRAY[1]);
-- the glove game: a left glove (the first) and two right ones; a pair is worth 1
SELECT jorge.shapley(ARRAY[0, 0, 0, 1, 0, 1, 0, 1]);
-- nobody, one player, two
SELECT jorge.shapley(ARRAY[5]), jorge.shapley(ARRAY[5, 7]), jorge.shapley(ARRAY[0, 10, 20, 50]);
-- twenty players, each worth 1
SELECT round(min(s)::numeric, 9), round(max(s)::numeric, 9) FROM unnest(jorge.shapley((SELECT array_agg(length(replace(n::bit(20)::text, '0', ''))::float8 ORDER BY n) FROM generate_series(0, 1048575) n))) s;
SELECT jorge.shapley('{}');
SELECT jorge.shapley(ARRAY[1, 2, 3]);
SELECT jorge.shapley(ARRAY[1, NULL]);
SELECT jorge.shapley(ARRAY[1, 'NaN'::float8]);
-- start to 1 in 3 of 4, 1 to 2 in 1 of 3 and else won, 2 won in half: success 3/4; without 1 one eighth, without 2 one half
SELECT state, reached, round(success::numeric, 12) AS success, round(removal_effect::numeric, 12) AS removal_effect FROM jorge.removal_effects(ARRAY[0, 0, 1, 1, 2, 2], ARRAY[1, 2, 2, 0, 0, -1], ARRAY[3, 1, 1, 2, 1, 1]) ORDER BY 1;
-- a channel again and again; a state that never occurs; nothing won; nothing at all; straight to success
SELECT state, reached, round(success::numeric, 12) AS success, round(removal_effect::numeric, 12) AS removal_effect FROM jorge.removal_effects(ARRAY[0, 1, 1, 1, 3], ARRAY[1, 1, 3, 0, 0], ARRAY[1, 2, 1, 1, 1]) ORDER BY 1;
SELECT * FROM jorge.removal_effects(ARRAY[0, 1], ARRAY[1, -1], ARRAY[5, 5]);
SELECT * FROM jorge.removal_effects('{}', '{}', '{}');
SELECT * FROM jorge.removal_effects(ARRAY[0, 0, 1], ARRAY[0, 1, 0], ARRAY[1, 1, 1]);
SELECT count(*), round(max(removal_effect)::numeric, 9) FROM jorge.removal_effects((SELECT array_agg(n) FROM generate_series(0, 500) n), (SELECT array_agg((n + 1) % 501) FROM generate_series(0, 500) n), array_fill(1::float8, ARRAY[501]));
SELECT jorge.removal_effects(ARRAY[0, 1, 2], ARRAY[1, 2, 1], ARRAY[1, 1, 1]);
SELECT jorge.removal_effects(ARRAY[0], ARRAY[1], ARRAY[1]);
SELECT jorge.removal_effects(ARRAY[-1], ARRAY[1], ARRAY[1]);
SELECT jorge.removal_effects(ARRAY[0], ARRAY[501], ARRAY[1]);
SELECT jorge.removal_effects(ARRAY[0, 1], ARRAY[1], ARRAY[1]);
SELECT jorge.removal_effects(ARRAY[0], ARRAY[NULL]::integer[], ARRAY[1]);
-- groups that agree are held together closely, groups that do not are left alone; without groups what is usual
SELECT round(alpha::numeric, 6) AS alpha, round(beta::numeric, 6) AS beta FROM jorge.beta_prior(ARRAY[100, 105, 95], ARRAY[1000, 1000, 1000]);
SELECT round(alpha::numeric, 6) AS alpha, round(beta::numeric, 6) AS beta FROM jorge.beta_prior(ARRAY[10, 500, 900], ARRAY[1000, 1000, 1000]);
SELECT round(alpha::numeric, 6) AS alpha, round(beta::numeric, 6) AS beta FROM jorge.beta_prior('{}', '{}');
SELECT round(alpha::numeric, 6) AS alpha, round(beta::numeric, 6) AS beta FROM jorge.beta_prior(ARRAY[0], ARRAY[0]);
SELECT jorge.beta_prior(ARRAY[2], ARRAY[1]);
SELECT jorge.beta_prior(ARRAY[1, 2], ARRAY[2]);
SELECT jorge.beta_prior(ARRAY[-1], ARRAY[2]);
-- each group held together with the others: nothing known, one group, one that stands out, a group without trials
SELECT n, round(rate::numeric, 3) AS rate, round(lower::numeric, 3) AS lower, round(upper::numeric, 3) AS upper FROM jorge.shrink(ARRAY[0], ARRAY[0]);
SELECT n, round(rate::numeric, 3) AS rate, round(lower::numeric, 3) AS lower, round(upper::numeric, 3) AS upper FROM jorge.shrink(ARRAY[50], ARRAY[100]);
SELECT n, round(rate::numeric, 3) AS rate, round(lower::numeric, 3) AS lower, round(upper::numeric, 3) AS upper FROM jorge.shrink(ARRAY[10, 12, 9, 3, 0], ARRAY[100, 100, 100, 4, 0]);
SELECT n, round(rate::numeric, 3) AS rate, round(lower::numeric, 3) AS lower, round(upper::numeric, 3) AS upper FROM jorge.shrink(ARRAY[0, 1e6], ARRAY[1e6, 1e6], 0.5);
SELECT count(*), bool_and(lower < rate AND rate < upper) FROM jorge.shrink((SELECT array_agg((n * 37 % 23)::float8) FROM generate_series(1, 200) n), array_fill(100::float8, ARRAY[200]));
SELECT * FROM jorge.shrink('{}', '{}');
SELECT jorge.shrink(ARRAY[2], ARRAY[1]);
SELECT jorge.shrink(ARRAY[1], ARRAY[2], 1);
SELECT jorge.shrink(ARRAY[1], ARRAY[2], 'NaN');
