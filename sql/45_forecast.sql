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

-- forecasts

CREATE FUNCTION jorge.forecast(
        series jorge.series,
        horizon integer DEFAULT 6,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL,
        method text DEFAULT 'auto',
        history integer DEFAULT 0)
    RETURNS TABLE (start date, step integer, mean double precision, lo80 double precision, hi80 double precision, lo95 double precision, hi95 double precision, realised boolean, method text, note text)
    LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 6
    AS 'MODULE_PATHNAME', 'jorge_forecast_rows';
COMMENT ON FUNCTION jorge.forecast(jorge.series, integer, text, text, text, timestamptz, text, integer) IS
    'Forecast of the next horizon (1 to 1000) periods: mean and the bounds of the 80 % and 95 % intervals, NULL for one point; no rows for none. step 1 is the first period not known; history gives so many known periods before it, realised = true. value: sum, mean or count of a period. missing: what a period without rows is: zero (default for sum and count), interpolate (default for mean), error. partial: the period that is not over at as_of: drop, include (as complete), nowcast (what it has brought stands, the rest of it is forecast). as_of: rows are there up to this time, so later periods are left out and empty ones before it are known to be empty; NULL: the series ends with its last period, and now() says whether that is over. method: auto (a blend of Theta and exponential smoothing on the values and their logarithms, see doc/forecast.md), theta, ets, ANN, AAN, AAdN, ANA, AAA, AAdA (error, trend, season as in R), naive, snaive, mean, croston. method and note tell what was used and why not more. ERROR 22023 unknown word, or a named method that the points do not suffice for.';

CREATE FUNCTION jorge.forecast_query(
        query text,
        horizon integer DEFAULT 6,
        period text DEFAULT 'month',
        time_zone text DEFAULT 'UTC',
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL,
        method text DEFAULT 'auto',
        history integer DEFAULT 0)
    RETURNS TABLE (key text, start date, step integer, mean double precision, lo80 double precision, hi80 double precision, lo95 double precision, hi95 double precision, realised boolean, method text, note text)
    LANGUAGE c STABLE PARALLEL RESTRICTED COST 100000 ROWS 600
    AS 'MODULE_PATHNAME', 'jorge_forecast_query';
COMMENT ON FUNCTION jorge.forecast_query(text, integer, text, text, text, text, text, timestamptz, text, integer) IS
    'Forecasts of the rows of a SELECT that gives time and value, or key, time and value (one series a key, in the order of keys), read with the caller''s rights. A timestamp or date is taken as one of time_zone. The rest as jorge.forecast(). ERROR 22023 if it is not such a SELECT.';

CREATE FUNCTION jorge.total(
        series jorge.series,
        "from" date,
        "to" date,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'nowcast',
        as_of timestamptz DEFAULT NULL,
        method text DEFAULT 'auto',
        OUT periods integer,
        OUT realised double precision,
        OUT mean double precision,
        OUT sd double precision,
        OUT lo80 double precision,
        OUT hi80 double precision,
        OUT lo95 double precision,
        OUT hi95 double precision,
        OUT method_used text)
    RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_total';
COMMENT ON FUNCTION jorge.total(jorge.series, date, date, text, text, text, timestamptz, text) IS
    'Total of the periods from the one that holds the date from to the one that holds the date to: realised is the known part, mean and bounds are of the whole, sd is its standard deviation. Errors of later periods hang together, so the bounds are not the sums of the periods'' own. value: sum, mean or count of a period. missing: what a period without rows is: zero (default for sum and count), interpolate (default for mean), error. partial: the period that is not over at as_of: drop, include (as complete), nowcast (what it has brought stands, the rest of it is forecast). as_of: rows are there up to this time, so later periods are left out and empty ones before it are known to be empty; NULL: the series ends with its last period, and now() says whether that is over. method as jorge.forecast(). NULL without points. ERROR 22023 unknown word, or a named method that the points do not suffice for.';

CREATE FUNCTION jorge.p_reach(
        series jorge.series,
        goal double precision,
        by date,
        since date DEFAULT NULL,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'nowcast',
        as_of timestamptz DEFAULT NULL,
        method text DEFAULT 'auto')
    RETURNS double precision
    LANGUAGE c STABLE PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_p_reach';
COMMENT ON FUNCTION jorge.p_reach(jorge.series, double precision, date, date, text, text, text, timestamptz, text) IS
    'Probability that the total from the period that holds since (NULL: the first that is not known) to the one that holds by is at least goal; the known part counts. value: sum, mean or count of a period. missing: what a period without rows is: zero (default for sum and count), interpolate (default for mean), error. partial: the period that is not over at as_of: drop, include (as complete), nowcast (what it has brought stands, the rest of it is forecast). as_of: rows are there up to this time, so later periods are left out and empty ones before it are known to be empty; NULL: the series ends with its last period, and now() says whether that is over. method as jorge.forecast(). NULL for one point. ERROR 22023 unknown word, or a named method that the points do not suffice for.';

CREATE FUNCTION jorge.accuracy(
        series jorge.series,
        horizon integer DEFAULT 6,
        origins integer DEFAULT 12,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL,
        method text DEFAULT 'auto')
    RETURNS TABLE (method text, origins integer, points integer, mae double precision, rmse double precision, smape double precision, mase double precision, coverage80 double precision, coverage95 double precision, skill double precision)
    LANGUAGE c STABLE PARALLEL SAFE COST 200000 ROWS 2
    AS 'MODULE_PATHNAME', 'jorge_accuracy';
COMMENT ON FUNCTION jorge.accuracy(jorge.series, integer, integer, text, text, text, timestamptz, text) IS
    'How good forecasts of this series would have been: horizon periods are forecast from each of up to so many earlier ends (rolling origin) and compared with what came; the second row is the seasonal naive method (naive where a season is not seen). smape in percent (0 to 200), mase in units of the seasonal naive error of the known points, coverage the shares of points inside the intervals (wanted: 0.80, 0.95), skill = 1 - mae over the naive one''s: above 0 is better than naive. No rows if the series is too short. Options as jorge.forecast().';

CREATE FUNCTION jorge.anomalies(
        series jorge.series,
        threshold double precision DEFAULT 3.5,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL)
    RETURNS TABLE (start date, value double precision, expected double precision, lo double precision, hi double precision, score double precision, kind text)
    LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 3
    AS 'MODULE_PATHNAME', 'jorge_anomalies';
COMMENT ON FUNCTION jorge.anomalies(jorge.series, double precision, text, text, text, timestamptz) IS
    'Periods that are more than threshold (robust, by the median absolute deviation) standard deviations from what smoothing and season of the other periods let expect; kind is high or low. Options as jorge.forecast(). No rows below 4 points.';

-- parts that are of use alone

CREATE FUNCTION jorge.decompose(
        series jorge.series,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL)
    RETURNS TABLE (start date, value double precision, trend double precision, season double precision, remainder double precision, adjusted double precision, filled boolean)
    LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 60
    AS 'MODULE_PATHNAME', 'jorge_decompose';
COMMENT ON FUNCTION jorge.decompose(jorge.series, text, text, text, timestamptz) IS
    'Classical decomposition: value = trend + season + remainder. The trend is the centred moving average over a season (over 5 periods where none is known), continued to the ends by a line; the season is 0 unless jorge.season_test() finds one, factors of the trend if all values are above 0; adjusted is the value without season; filled: a period without rows. Options as jorge.forecast().';

CREATE FUNCTION jorge.season_test(
        series jorge.series,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL,
        OUT season integer,
        OUT seasonal boolean,
        OUT correlation double precision,
        OUT critical double precision,
        OUT reason text)
    RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_season_test_row';
COMMENT ON FUNCTION jorge.season_test(jorge.series, text, text, text, timestamptz) IS
    'Is there a season (7 days, 52 weeks, 12 months, 4 quarters)? The autocorrelation at that lag against 1.645 of Bartlett''s standard errors; it takes more than two seasons of points. reason: why it could not be tested. Options as jorge.forecast().';

CREATE FUNCTION jorge.season_factors(
        series jorge.series,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL)
    RETURNS TABLE ("position" integer, name text, factor double precision, effect double precision, seen integer, significant boolean)
    LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 12
    AS 'MODULE_PATHNAME', 'jorge_season_factors';
COMMENT ON FUNCTION jorge.season_factors(jorge.series, text, text, text, timestamptz) IS
    'How much each month (weekday, quarter, week of 52) brings against the average: factor has mean 1, effect is in units of the values, seen is how often the position is in the series, significant as jorge.season_test(), for all positions alike. Shrunk towards 1 as far as chance explains the differences. NULL below two seasons; no rows for years. Options as jorge.forecast().';

CREATE FUNCTION jorge.ets(
        series jorge.series,
        shape text DEFAULT 'ets',
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL,
        OUT fitted text,
        OUT points integer,
        OUT parameters integer,
        OUT alpha double precision,
        OUT beta double precision,
        OUT gamma double precision,
        OUT phi double precision,
        OUT level double precision,
        OUT slope double precision,
        OUT level0 double precision,
        OUT slope0 double precision,
        OUT season double precision[],
        OUT sigma2 double precision,
        OUT loglik double precision,
        OUT aicc double precision)
    RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE COST 100000
    AS 'MODULE_PATHNAME', 'jorge_ets_row';
COMMENT ON FUNCTION jorge.ets(jorge.series, text, text, text, text, timestamptz) IS
    'Exponential smoothing with additive errors fitted by least squares: shape ANN, AAN, AAdN, ANA, AAA, AAdA, or ets for the one with the least AICc. Parameters, log-likelihood and AICc as R''s ets() reports them; level and slope are after the last point, season the next season''s effects, level0 and slope0 before the first. Options as jorge.forecast(). ERROR 22023 with too few points.';

CREATE FUNCTION jorge.theta(
        series jorge.series,
        value text DEFAULT 'sum',
        missing text DEFAULT 'default',
        partial text DEFAULT 'drop',
        as_of timestamptz DEFAULT NULL,
        OUT points integer,
        OUT alpha double precision,
        OUT level double precision,
        OUT drift double precision,
        OUT sigma2 double precision,
        OUT multiplicative boolean,
        OUT season double precision[])
    RETURNS record
    LANGUAGE c STABLE PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'jorge_theta_row';
COMMENT ON FUNCTION jorge.theta(jorge.series, text, text, text, timestamptz) IS
    'The Theta method as simple smoothing with drift (Hyndman and Billah 2003) on the series without its season; season is of the next periods, NULL = none. Options as jorge.forecast(). ERROR 22023 with fewer than 3 points.';

CREATE FUNCTION jorge.ets_variance(
        horizon integer,
        alpha double precision,
        beta double precision DEFAULT 0,
        gamma double precision DEFAULT 0,
        phi double precision DEFAULT 1,
        season integer DEFAULT 1)
    RETURNS double precision[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
    AS 'MODULE_PATHNAME', 'jorge_ets_variance';
COMMENT ON FUNCTION jorge.ets_variance(integer, double precision, double precision, double precision, double precision, integer) IS
    'Variances of the forecasts 1 to horizon of additive exponential smoothing, over sigma2: 1 + sum of c_j^2 with c_j = alpha + beta (phi + ... + phi^j) + gamma where season divides j (Hyndman et al. 2008, ch. 6). beta and gamma as R''s ets() reports them.';

CREATE FUNCTION jorge.ets_total_variance(
        horizon integer,
        alpha double precision,
        beta double precision DEFAULT 0,
        gamma double precision DEFAULT 0,
        phi double precision DEFAULT 1,
        season integer DEFAULT 1)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_ets_total_variance';
COMMENT ON FUNCTION jorge.ets_total_variance(integer, double precision, double precision, double precision, double precision, integer) IS
    'Variance of the sum of the forecasts 1 to horizon of additive exponential smoothing, over sigma2: the sum over i of (c_0 + ... + c_i)^2 with c_0 = 1.';

CREATE FUNCTION jorge.points(
        series jorge.series)
    RETURNS TABLE (start date, sum double precision, count bigint, mean double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 60
    AS 'MODULE_PATHNAME', 'jorge_series_rows';
COMMENT ON FUNCTION jorge.points(jorge.series) IS
    'The periods of a series, also those without values: the date each begins on in the series'' time zone, sum (correctly rounded), count, mean (NULL without values).';

CREATE FUNCTION jorge.sparkline(
        series jorge.series,
        value text DEFAULT 'sum',
        width integer DEFAULT 60)
    RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000
    AS 'MODULE_PATHNAME', 'jorge_sparkline';
COMMENT ON FUNCTION jorge.sparkline(jorge.series, text, integer) IS
    'A series as a line of block characters from its least to its largest period; averages where there are more than width (1 to 1000) periods; a blank is a period without a mean. ASCII characters in a database that is not UTF8.';
