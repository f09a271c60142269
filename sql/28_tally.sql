-- states that the statistical aggregates share: counted observations, and rows that a fit needs all of

CREATE TYPE jorge.tally;

CREATE FUNCTION jorge.tally_in(cstring) RETURNS jorge.tally
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_in';
COMMENT ON FUNCTION jorge.tally_in(cstring) IS 'Text input of jorge.tally: observations "value:class*count".';
CREATE FUNCTION jorge.tally_out(jorge.tally) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_out';
COMMENT ON FUNCTION jorge.tally_out(jorge.tally) IS 'Text output of jorge.tally, without loss.';
CREATE FUNCTION jorge.tally_recv(internal) RETURNS jorge.tally
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_recv';
COMMENT ON FUNCTION jorge.tally_recv(internal) IS 'Binary input of jorge.tally.';
CREATE FUNCTION jorge.tally_send(jorge.tally) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_send';
COMMENT ON FUNCTION jorge.tally_send(jorge.tally) IS 'Binary output of jorge.tally.';

CREATE TYPE jorge.tally (
    INPUT = jorge.tally_in, OUTPUT = jorge.tally_out, RECEIVE = jorge.tally_recv, SEND = jorge.tally_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE jorge.tally IS
    'Counted observations of a number and a class: (value, class) and how many. Survival functions read it as (time, how it ended; 0 = still open), metrics as (predicted probability, outcome 0 or 1). Made by the aggregate jorge.tally(), merged by jorge.merge(); text: ''12:1 30:0*4''.';

CREATE FUNCTION jorge.tally_add(jorge.tally, float8, integer) RETURNS jorge.tally
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_add';
COMMENT ON FUNCTION jorge.tally_add(jorge.tally, float8, integer) IS 'One more observation. Transition function of jorge.tally().';
CREATE FUNCTION jorge.tally_combine(jorge.tally, jorge.tally) RETURNS jorge.tally
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_combine';
COMMENT ON FUNCTION jorge.tally_combine(jorge.tally, jorge.tally) IS 'Both together.';
CREATE FUNCTION jorge.tally_finish(jorge.tally) RETURNS jorge.tally
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_tally_finish';
COMMENT ON FUNCTION jorge.tally_finish(jorge.tally) IS 'Final function of jorge.tally().';

CREATE AGGREGATE jorge.tally(value float8, class integer) (
    SFUNC = jorge.tally_add, STYPE = jorge.tally, COMBINEFUNC = jorge.tally_combine,
    FINALFUNC = jorge.tally_finish, PARALLEL = SAFE, SSPACE = 2048
);
COMMENT ON AGGREGATE jorge.tally(float8, integer) IS
    'Counts observations: a finite value and a class of 0, 1, 2, ... Rows with a NULL are left out. The same value for any order of rows and any plan. ERROR 22023 for an infinite value or a negative class.';
CREATE AGGREGATE jorge.merge(jorge.tally) (
    SFUNC = jorge.tally_combine, STYPE = jorge.tally, COMBINEFUNC = jorge.tally_combine,
    FINALFUNC = jorge.tally_finish, PARALLEL = SAFE, SSPACE = 2048
);
COMMENT ON AGGREGATE jorge.merge(jorge.tally) IS 'Observations of all the values together, e.g. of months or shards.';

CREATE FUNCTION jorge.rows_combine(bytea, bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_rows_combine';
COMMENT ON FUNCTION jorge.rows_combine(bytea, bytea) IS 'Combine function of jorge.aft() and jorge.regression().';
