-- bi: money shared out to the cent, who deserves what of a joint result, shares of groups held together

CREATE FUNCTION jorge.allocate(total numeric, weights double precision[]) RETURNS numeric[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
    AS 'MODULE_PATHNAME', 'jorge_allocate';
COMMENT ON FUNCTION jorge.allocate(numeric, double precision[]) IS
    'An amount (rounded to cents) shared out in proportion to weights of 0 and more, to the cent: each share is rounded towards zero, and the cents left over go one each to the largest remainders, the earlier one of equals. The shares always add up to the amount; what weighs nothing gets nothing. ERROR 22023 where all weights are 0 and the amount is not, 22004 for a NULL weight, 22003 for an amount beyond 10^13.';

CREATE FUNCTION jorge.shapley("values" double precision[]) RETURNS double precision[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_shapley';
COMMENT ON FUNCTION jorge.shapley(double precision[]) IS
    'Shapley values of a game of n players (at most 20): the mean, over all orders in which they could arrive, of what each adds to those before. values has 2^n elements: element 1 + (1 if the first is in it) + (2 if the second is) + (4 if the third is) ... is the value of that coalition. The shares add up to the value of all less that of nobody. ERROR 22023 for another number of elements.';

CREATE FUNCTION jorge.removal_effects(origins integer[], targets integer[], counts double precision[],
                                      OUT state integer, OUT reached double precision, OUT success double precision, OUT removal_effect double precision)
    RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10
    AS 'MODULE_PATHNAME', 'jorge_removal_effects';
COMMENT ON FUNCTION jorge.removal_effects(integer[], integer[], double precision[]) IS
    'Journeys as a Markov chain of states 1 ... n (at most 500), from counted transitions: origin 0 is the start, target 0 success, target -1 failure. For each state the probability that a journey ever gets there, the probability of success from there, and the share of all successes that would be lost if every journey that comes to it failed (NULL where nothing succeeds). ERROR 22023 where journeys can''t end.';

CREATE FUNCTION jorge.beta_prior(successes double precision[], trials double precision[], OUT alpha double precision, OUT beta double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 2000
    AS 'MODULE_PATHNAME', 'jorge_beta_prior';
COMMENT ON FUNCTION jorge.beta_prior(double precision[], double precision[]) IS
    'The beta distribution that the shares of several groups come from (empirical Bayes): the mode of the beta-binomial likelihood with a uniform prior of the mean, and of its worth in trials (alpha + beta) a log-normal one, 30 within a factor of 20. A group''s share held together with the others is (alpha + successes) / (alpha + beta + trials), its interval jorge.beta_quantile(p, alpha + successes, beta + trials - successes). Trials need not be whole.';

CREATE FUNCTION jorge.shrink(successes double precision[], trials double precision[], level double precision DEFAULT 0.95,
                             OUT n integer, OUT rate double precision, OUT lower double precision, OUT upper double precision)
    RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50000 ROWS 10
    AS 'MODULE_PATHNAME', 'jorge_shrink';
COMMENT ON FUNCTION jorge.shrink(double precision[], double precision[], double precision) IS
    'Shares of several groups, each held together with the others as far as they agree: a row a group, in the arrays'' order, with the share''s mean and an interval of the level''s probability (ends to a millionth). The prior of jorge.beta_prior() is not taken as known but averaged over all that the groups leave possible, so that intervals are not too narrow where groups are few. Trials need not be whole. ERROR 22023 for successes beyond the trials.';

CREATE FUNCTION jorge.keep_stage() RETURNS trigger
    LANGUAGE c
    AS 'MODULE_PATHNAME', 'jorge_keep_stage';
COMMENT ON FUNCTION jorge.keep_stage() IS
    'Trigger on jorge.lead: keeps each change of stage in jorge.stage_change, as the table''s owner.';
REVOKE ALL ON FUNCTION jorge.keep_stage() FROM PUBLIC;
