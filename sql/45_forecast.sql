-- forecast: events summed by calendar period, and what they say of the periods to come

CREATE TYPE jorge.series;

CREATE FUNCTION jorge.series_in(cstring) RETURNS jorge.series
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_series_in';
COMMENT ON FUNCTION jorge.series_in(cstring) IS
    'Text input of jorge.series: period, time zone, buckets. ERROR 22P02 malformed, 22023 no such period or zone, 54000 too long.';

CREATE FUNCTION jorge.series_out(jorge.series) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_series_out';
COMMENT ON FUNCTION jorge.series_out(jorge.series) IS
    'Text output of jorge.series, as in: month UTC 2024-01-01:1250.5/3 2024-03-01:980/2 (date a period begins on, sum, count). A sum that no float8 equals is written as several that add up to it exactly.';

CREATE FUNCTION jorge.series_recv(internal) RETURNS jorge.series
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_series_recv';
COMMENT ON FUNCTION jorge.series_recv(internal) IS
    'Binary input of jorge.series. ERROR 22P03 malformed, 22023 no such zone, 54000 too long.';

CREATE FUNCTION jorge.series_send(jorge.series) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_series_send';
COMMENT ON FUNCTION jorge.series_send(jorge.series) IS
    'Binary output of jorge.series: version, period, zone, number of periods with values; of each its number, count and the float8 that add up to its sum.';

CREATE TYPE jorge.series (
    INPUT = jorge.series_in,
    OUTPUT = jorge.series_out,
    RECEIVE = jorge.series_recv,
    SEND = jorge.series_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE jorge.series IS
    'Values summed by calendar period (day, week from Monday, month, quarter, year) of one time zone: the exact sum and the count of each. At most 200,000 periods from the first to the last; about 50 bytes a period. Made by the aggregate jorge.series() or by jorge.series_of(); two of a kind are merged by +.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts timestamptz, value double precision) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_timestamptz';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts timestamptz, value double precision) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts timestamptz, value double precision, period text) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_timestamptz';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts timestamptz, value double precision, period text) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts timestamptz, value double precision, period text, time_zone text) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_timestamptz';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts timestamptz, value double precision, period text, time_zone text) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts timestamp, value double precision) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_timestamp';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts timestamp, value double precision) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts timestamp, value double precision, period text) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_timestamp';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts timestamp, value double precision, period text) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts timestamp, value double precision, period text, time_zone text) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_timestamp';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts timestamp, value double precision, period text, time_zone text) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts date, value double precision) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_date';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts date, value double precision) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts date, value double precision, period text) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_date';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts date, value double precision, period text) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_accumulate(state jorge.series, ts date, value double precision, period text, time_zone text) RETURNS jorge.series
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 2
    AS 'MODULE_PATHNAME', 'jorge_series_accumulate_date';
COMMENT ON FUNCTION jorge.series_accumulate(state jorge.series, ts date, value double precision, period text, time_zone text) IS
    'Transition function of jorge.series(). Rows whose ts or value is NULL are left out.';

CREATE FUNCTION jorge.series_combine(a jorge.series, b jorge.series) RETURNS jorge.series
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'jorge_series_combine';
COMMENT ON FUNCTION jorge.series_combine(a jorge.series, b jorge.series) IS
    'Merged series: the sums and counts of both. ERROR 22023 unless period and time zone are the same. Also the operator + and the combine function of the aggregates.';

CREATE FUNCTION jorge.series_final(state jorge.series) RETURNS jorge.series
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 50
    AS 'MODULE_PATHNAME', 'jorge_series_final';
COMMENT ON FUNCTION jorge.series_final(state jorge.series) IS
    'Final function of jorge.series() and jorge.merge(): the state without spare room. ERROR 22003 if a sum is beyond float8.';

CREATE AGGREGATE jorge.series(ts timestamptz, value double precision) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts timestamptz, value double precision) IS
    'Values summed by month in UTC; ts are moments, each in the period of time_zone''s calendar it falls in. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts timestamptz, value double precision, period text) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts timestamptz, value double precision, period text) IS
    'Values summed by period (day, week, month, quarter, year) in UTC; ts are moments, each in the period of time_zone''s calendar it falls in. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts timestamptz, value double precision, period text, time_zone text) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts timestamptz, value double precision, period text, time_zone text) IS
    'Values summed by period (day, week, month, quarter, year) in time_zone (IANA name); ts are moments, each in the period of time_zone''s calendar it falls in. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts timestamp, value double precision) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts timestamp, value double precision) IS
    'Values summed by month in UTC; ts are wall-clock times of time_zone. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts timestamp, value double precision, period text) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts timestamp, value double precision, period text) IS
    'Values summed by period (day, week, month, quarter, year) in UTC; ts are wall-clock times of time_zone. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts timestamp, value double precision, period text, time_zone text) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts timestamp, value double precision, period text, time_zone text) IS
    'Values summed by period (day, week, month, quarter, year) in time_zone (IANA name); ts are wall-clock times of time_zone. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts date, value double precision) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts date, value double precision) IS
    'Values summed by month in UTC; ts are dates of time_zone''s calendar. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts date, value double precision, period text) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts date, value double precision, period text) IS
    'Values summed by period (day, week, month, quarter, year) in UTC; ts are dates of time_zone''s calendar. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.series(ts date, value double precision, period text, time_zone text) (
    SFUNC = jorge.series_accumulate,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.series(ts date, value double precision, period text, time_zone text) IS
    'Values summed by period (day, week, month, quarter, year) in time_zone (IANA name); ts are dates of time_zone''s calendar. Exact: the result is the same bits for every order of the rows and every plan. Rows with a NULL ts or value are left out; NULL without rows. ERROR 22023 NaN or infinite value, unknown or changing period or zone; 22008 infinite ts; 22003 a sum beyond float8; 54000 more than 200,000 periods.';

CREATE AGGREGATE jorge.merge(series jorge.series) (
    SFUNC = jorge.series_combine,
    STYPE = jorge.series,
    SSPACE = 4096,
    FINALFUNC = jorge.series_final,
    COMBINEFUNC = jorge.series_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE jorge.merge(jorge.series) IS
    'All series merged, as of many tenants or partitions: the same as one jorge.series() over all their rows. ERROR 22023 unless period and time zone are the same.';

CREATE OPERATOR jorge.+ (FUNCTION = jorge.series_combine, LEFTARG = jorge.series, RIGHTARG = jorge.series, COMMUTATOR = OPERATOR(jorge.+));
COMMENT ON OPERATOR jorge.+ (jorge.series, jorge.series) IS
    'Merged series: the sums and counts of both. ERROR 22023 unless period and time zone are the same.';

CREATE FUNCTION jorge.series_eq(a jorge.series, b jorge.series) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_series_eq';
COMMENT ON FUNCTION jorge.series_eq(a jorge.series, b jorge.series) IS
    'True if period, time zone and every sum and count are equal.';

CREATE FUNCTION jorge.series_ne(a jorge.series, b jorge.series) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 5
    AS 'MODULE_PATHNAME', 'jorge_series_ne';
COMMENT ON FUNCTION jorge.series_ne(a jorge.series, b jorge.series) IS
    'True unless period, time zone and every sum and count are equal.';

CREATE OPERATOR jorge.= (FUNCTION = jorge.series_eq, LEFTARG = jorge.series, RIGHTARG = jorge.series, COMMUTATOR = OPERATOR(jorge.=), NEGATOR = OPERATOR(jorge.<>));
COMMENT ON OPERATOR jorge.= (jorge.series, jorge.series) IS
    'True if period, time zone and every sum and count are equal.';
CREATE OPERATOR jorge.<> (FUNCTION = jorge.series_ne, LEFTARG = jorge.series, RIGHTARG = jorge.series, COMMUTATOR = OPERATOR(jorge.<>), NEGATOR = OPERATOR(jorge.=));
COMMENT ON OPERATOR jorge.<> (jorge.series, jorge.series) IS
    'True unless period, time zone and every sum and count are equal.';

CREATE FUNCTION jorge.series_of_times(times timestamptz[], "values" double precision[], period text DEFAULT 'month', time_zone text DEFAULT 'UTC') RETURNS jorge.series
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_series_from_times';
COMMENT ON FUNCTION jorge.series_of_times(times timestamptz[], "values" double precision[], period text, time_zone text) IS
    'Series of values at times, as the aggregate jorge.series() makes it; pairs with a NULL are left out. ERROR 2202E unless both arrays are lists of one length; else as the aggregate.';

CREATE FUNCTION jorge.series_of(start date, "values" double precision[], period text DEFAULT 'month', time_zone text DEFAULT 'UTC') RETURNS jorge.series
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_series_from_values';
COMMENT ON FUNCTION jorge.series_of(start date, "values" double precision[], period text, time_zone text) IS
    'Series of the values of consecutive periods, the first of which holds the date start; NULL is a period without a value. ERROR 2202E unless values is a list; else as the aggregate.';
