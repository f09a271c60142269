-- drift: histograms that add up, and whether two of them tell of the same quantity

CREATE TYPE jorge.histogram;

CREATE FUNCTION jorge.histogram_in(cstring) RETURNS jorge.histogram
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_in';
COMMENT ON FUNCTION jorge.histogram_in(cstring) IS 'Text input of jorge.histogram: observations "value*count", "?*count" for missing ones.';
CREATE FUNCTION jorge.histogram_out(jorge.histogram) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_out';
COMMENT ON FUNCTION jorge.histogram_out(jorge.histogram) IS 'Text output of jorge.histogram, without loss.';
CREATE FUNCTION jorge.histogram_recv(internal) RETURNS jorge.histogram
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_recv';
COMMENT ON FUNCTION jorge.histogram_recv(internal) IS 'Binary input of jorge.histogram.';
CREATE FUNCTION jorge.histogram_send(jorge.histogram) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_send';
COMMENT ON FUNCTION jorge.histogram_send(jorge.histogram) IS 'Binary output of jorge.histogram.';

CREATE TYPE jorge.histogram (
    INPUT = jorge.histogram_in, OUTPUT = jorge.histogram_out, RECEIVE = jorge.histogram_recv, SEND = jorge.histogram_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE jorge.histogram IS
    'How often a number had which value, in buckets that are the same everywhere: 1/128 of the value wide, so that integers to 256, zero and infinity are exact; missing values (NULL, NaN) are counted apart. Made by the aggregate jorge.histogram(), added up by jorge.merge(), compared by jorge.drift_test(); text: ''?*3 0*12 0.5*4''. Subtract an origin from what lives far from zero, e.g. 1900 from years.';

CREATE FUNCTION jorge.histogram_add(jorge.histogram, float8) RETURNS jorge.histogram
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_add';
COMMENT ON FUNCTION jorge.histogram_add(jorge.histogram, float8) IS 'One more observation. Transition function of jorge.histogram().';
CREATE FUNCTION jorge.histogram_combine(jorge.histogram, jorge.histogram) RETURNS jorge.histogram
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_combine';
COMMENT ON FUNCTION jorge.histogram_combine(jorge.histogram, jorge.histogram) IS 'Both together.';
CREATE FUNCTION jorge.histogram_finish(jorge.histogram) RETURNS jorge.histogram
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'jorge_histogram_finish';
COMMENT ON FUNCTION jorge.histogram_finish(jorge.histogram) IS 'Final function of jorge.histogram().';

CREATE AGGREGATE jorge.histogram(value float8) (
    SFUNC = jorge.histogram_add, STYPE = jorge.histogram, COMBINEFUNC = jorge.histogram_combine,
    FINALFUNC = jorge.histogram_finish, PARALLEL = SAFE, SSPACE = 1024
);
COMMENT ON AGGREGATE jorge.histogram(float8) IS 'Histogram of a number; NULL and NaN count as missing. The same value for any order of rows and any plan; NULL without rows.';
CREATE AGGREGATE jorge.merge(jorge.histogram) (
    SFUNC = jorge.histogram_combine, STYPE = jorge.histogram, COMBINEFUNC = jorge.histogram_combine,
    FINALFUNC = jorge.histogram_finish, PARALLEL = SAFE, SSPACE = 1024
);
COMMENT ON AGGREGATE jorge.merge(jorge.histogram) IS 'Histograms of weeks, sources or shards added up: what one histogram of all observations is.';

CREATE FUNCTION jorge.histogram_buckets(histogram jorge.histogram, OUT lower float8, OUT upper float8, OUT observations bigint) RETURNS SETOF record
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50 ROWS 50
    AS 'MODULE_PATHNAME', 'jorge_histogram_buckets';
COMMENT ON FUNCTION jorge.histogram_buckets(jorge.histogram) IS 'The buckets that have observations, ascending; the border closer to zero belongs to the bucket. A first row without borders counts the missing values.';

CREATE FUNCTION jorge.drift_test(reference jorge.histogram, current jorge.histogram, bins integer DEFAULT 10,
        OUT reference_n bigint, OUT current_n bigint, OUT reference_missing float8, OUT current_missing float8, OUT used_bins integer,
        OUT psi float8, OUT psi_p float8, OUT ks float8, OUT ks_p float8, OUT p float8)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 200
    AS 'MODULE_PATHNAME', 'jorge_drift_test';
COMMENT ON FUNCTION jorge.drift_test(jorge.histogram, jorge.histogram, integer) IS
    'Has a quantity changed? Observations and shares of missing values of both samples; psi = population stability index, sum of (q - p) ln(q / p) over bins of about equal share in the reference and one for missing values (half an observation added to each), with the p value of Pearson''s test on the same bins (neighbours with fewer than 5 expected taken together); ks = largest distance of the distribution functions of the values that are there (NULL without any), with its asymptotic p value, which is too high, never too low, for values with ties; p = twice the smaller of both. Of unchanged samples psi is about (1/reference_n + 1/current_n) (used_bins - 1): read it with its p. NULL where a sample is empty. ERROR 22023 for bins outside 2 ... 1000.';
