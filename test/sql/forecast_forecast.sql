-- jorge.forecast() and what is asked of it: totals, goals, options, and series that hold little.
\set VERBOSITY terse
SET search_path = public, jorge;
SET DateStyle = ISO;
SET extra_float_digits = 0;
CREATE TEMP TABLE air AS SELECT jorge.series_of('1949-01-01', ARRAY[112,118,132,129,121,135,148,148,136,119,104,118,115,126,141,135,125,149,170,170,158,133,114,140,
    145,150,178,163,172,178,199,199,184,162,146,166,171,180,193,181,183,218,230,242,209,191,172,194,196,196,236,235,229,243,264,272,237,211,180,201,
    204,188,235,227,234,264,302,293,259,229,203,229,242,233,267,269,270,315,364,347,312,274,237,278,284,277,317,313,318,374,413,405,355,306,271,306,
    315,301,356,348,355,422,465,467,404,347,305,336,340,318,362,348,363,435,491,505,404,359,310,337,360,342,406,396,420,472,548,559,463,407,362,405,
    417,391,419,461,472,535,622,606,508,461,390,432]) AS s;
SELECT jorge.sparkline(s) FROM air;
-- R 4.2, forecast 8.20: thetaf(AirPassengers)$mean; half a percent for another optimiser's path
SELECT step, round(mean::numeric, 1) AS mean, abs(mean - r) < 0.005 * r AS as_r FROM air, jorge.forecast(s, 6, method => 'theta'),
       unnest(ARRAY[440.078191, 428.384281, 489.707099, 475.704628, 479.670389, 545.366272]) WITH ORDINALITY x(r, i) WHERE i = step;
-- the automatic method, with the last known months before it
SELECT start, step, round(mean::numeric, -1) AS mean, lo95 < lo80 AND lo80 < mean AND mean < hi80 AND hi80 < hi95 AS ordered, realised, method, note
  FROM air, jorge.forecast(s, 3, history => 2);
SELECT count(*), bool_and(lo95 > 0) AS above_0, max(start) FROM air, jorge.forecast(s, 1000);
-- every method gives finite rows in order
SELECT m, count(*), bool_and(lo95 <= lo80 AND lo80 <= mean AND mean <= hi80 AND hi80 <= hi95) AS ordered, min(method) AS used
  FROM air, unnest('{auto,theta,ets,ANN,AAN,AAdN,ANA,AAA,AAdA,naive,snaive,mean,croston}'::text[]) WITH ORDINALITY m(m, i), jorge.forecast(s, 12, method => m) GROUP BY m, i ORDER BY i;
-- a total is the sum of its months, and narrower than the sum of their bounds
SELECT periods, realised, abs(mean - sum) < 1e-6 AS adds_up, hi80 < sum_hi AND lo80 > sum_lo AS narrower, sd > 0 AND abs((hi80 - lo80) / 2.563103 / sd - 1) < 0.01 AS sd, method_used
  FROM air, jorge.total(s, '1961-01-01', '1961-12-31'), (SELECT sum(mean), sum(lo80) AS sum_lo, sum(hi80) AS sum_hi FROM air, jorge.forecast(s, 12)) f;
SELECT periods, realised, mean > realised AS more, lo95 > realised AS lo FROM air, jorge.total(s, '1960-10-01', '1961-01-15');
SELECT periods, realised, mean, sd, lo95, hi95, method_used FROM air, jorge.total(s, '1960-11-01', '1960-12-01');
SELECT jorge.total(s, '1900-01-01', '1949-01-01') FROM air;
-- one period's total is its forecast
SELECT t.mean = f.mean AND t.lo80 = f.lo80 AND t.hi95 = f.hi95 AS same FROM air, jorge.total(s, '1961-03-01', '1961-03-01') t, jorge.forecast(s, 3) f WHERE step = 3;
-- the chance of a goal is the interval read the other way round
SELECT round(jorge.p_reach(s, lo80, '1961-12-31')::numeric, 6) AS p90, round(jorge.p_reach(s, mean, '1961-12-31')::numeric, 6) AS p50, round(jorge.p_reach(s, hi95, '1961-12-31')::numeric, 6) AS p025
  FROM air, jorge.total(s, '1961-01-01', '1961-12-31');
SELECT jorge.p_reach(s, 0, '1961-12-31') AS sure, jorge.p_reach(s, 1e9, '1961-12-31') < 1e-9 AS never, jorge.p_reach(s, 822, '1960-12-31', '1960-11-01') AS reached,
       jorge.p_reach(s, 822.1, '1960-12-31', '1960-11-01') AS missed, round(jorge.p_reach(s, 822 + mean, '1961-01-31', '1960-11-01')::numeric, 6) AS with_known
  FROM air, jorge.forecast(s, 1);
-- NULL
SELECT count(*) FROM jorge.forecast(NULL);
SELECT jorge.total(NULL, '2024-01-01', '2024-12-31') IS NULL AS total, jorge.p_reach(NULL, 1, '2024-01-01') IS NULL AS p_reach;
SELECT count(*) FROM air, jorge.forecast(s, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
-- 0, 1, 2, 3, 4 points; constants; zeros; negative values; often 0
SELECT n, step, round(mean::numeric, 3) AS mean, round(lo80::numeric, 3) AS lo80, round(hi80::numeric, 3) AS hi80, method, note
  FROM (VALUES (0, '{}'::float8[]), (1, '{7}'), (2, '{7,9}'), (3, '{7,9,8}'), (4, '{7,9,8,10}')) t(n, v), jorge.forecast(jorge.series_of('2024-01-01', v), 1);
SELECT v, step, mean, lo95, hi95, method, note FROM (VALUES ('{5,5,5,5,5,5}'::float8[]), ('{0,0,0}'), ('{-3,-3}')) t(v), jorge.forecast(jorge.series_of('2024-01-01', v), 2);
SELECT bool_and(mean < 0 AND lo95 < mean) AS below_0 FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[-5,-6,-4,-7,-5,-6,-5,-4]));
SELECT bool_and(mean >= 0 AND lo95 >= 0) AS not_below_0 FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[90,70,60,40,30,20,10,5,2,0]), 24);
SELECT method, note, round(mean::numeric, 2) AS mean, lo80, hi80 > mean AS hi FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[0,0,3,0,0,0,4,0,5,0,0,3]), 1);
SELECT round(jorge.p_reach(jorge.series_of('2024-01-01', ARRAY[0,0,3,0,0,0,4,0,5,0,0,3]), 0.01, '2025-01-01')::numeric, 2) AS any_sale_next_month;
-- seasons of the other periods
SELECT p, min(method) AS method, min(note) AS note, count(*) FROM (VALUES ('day', 7), ('week', 52), ('quarter', 4), ('year', 1)) t(p, m),
       jorge.forecast((SELECT jorge.series_of('1950-01-01', array_agg(100 + 30 * sin(2 * pi() * i / m) + i % 3), p) FROM generate_series(1, 40 + 3 * m) i), 3) GROUP BY p ORDER BY p;
-- what a gap is: nothing sold, unknown, an error
CREATE TEMP TABLE gap AS SELECT jorge.series_of('2024-01-01', ARRAY[10,11,12,NULL,14,15,16,17]) AS s;
SELECT k, array_agg(mean ORDER BY step) FROM gap, unnest('{zero,interpolate,default}'::text[]) k, jorge.forecast(s, 1, missing => k, history => 6) WHERE realised GROUP BY k ORDER BY k;
SELECT * FROM gap, jorge.forecast(s, missing => 'error');
SELECT * FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[1,NULL,NULL,NULL,5]), missing => 'interpolate');
-- sum, mean and count of a month
SELECT k, mean FROM unnest('{sum,mean,count}'::text[]) k, jorge.forecast('month UTC 2024-01-01:30/3 2024-02-01:10/5 2024-04-01:12/2', 1, value => k, history => 3) WHERE step <= 0 ORDER BY k, step;
-- the month that is not over: left out, taken, or filled up
CREATE TEMP TABLE open AS SELECT jorge.series_of('2024-01-01', ARRAY[30,31,29,30,31,30,29,31,30,15]) AS s;
SELECT k, start, round(mean::numeric, 1) AS mean FROM open, unnest('{drop,include,nowcast}'::text[]) k, jorge.forecast(s, 1, partial => k, as_of => '2024-10-16 12:00+00');
SELECT round(mean::numeric, 1) AS mean, realised, sd > 0 AS sd FROM open, jorge.total(s, '2024-10-01', '2024-10-31', as_of => '2024-10-16 12:00+00');
SELECT start, step FROM open, jorge.forecast(s, 1, as_of => '2024-09-30 23:59+00', history => 1);
-- rows are known to be there up to as_of: empty months count
SELECT start, mean FROM open, jorge.forecast(s, 1, as_of => '2025-01-10', history => 3) WHERE realised;
-- without as_of the month that is not over now is left out, also those to come
SELECT max(start) < date_trunc('month', now())::date AS only_past FROM jorge.forecast((SELECT jorge.series(d, 5 + extract(month FROM d)) FROM generate_series(now() - interval '2 years', now() + interval '1 year', '1 day') d), 1, history => 1) WHERE realised;
SELECT k, note, start > now() AS after_all FROM unnest('{drop,include,nowcast}'::text[]) k, jorge.forecast(jorge.series_of((now() - interval '30 months')::date, array_fill(5, ARRAY[40])), 1, partial => k) ORDER BY k;
SELECT count(*) FROM jorge.forecast((SELECT jorge.series(now(), 1)));
SELECT count(*) FROM jorge.forecast((SELECT jorge.series(now(), 1)), partial => 'include');
-- a query in one call
CREATE TEMP TABLE deal AS SELECT k, date '2022-01-01' + i * 10 AS closed, 100 + k * 50 + i % 7 AS amount FROM generate_series(1, 2) k, generate_series(0, 70) i;
SELECT key, start, round(mean::numeric) AS mean FROM jorge.forecast_query('SELECT k, closed, amount FROM deal -- all', 2, as_of => '2023-12-10');
SELECT key, count(*) FROM jorge.forecast_query('TABLE deal;', 3, 'quarter', 'America/Chicago') GROUP BY 1 ORDER BY 1;
SELECT key, count(*) FROM jorge.forecast_query('SELECT closed::timestamp, amount::numeric FROM deal') GROUP BY 1;
SELECT count(*) FROM jorge.forecast_query('SELECT closed, amount FROM deal WHERE false');
SELECT count(*) FROM jorge.forecast_query(NULL);
SELECT * FROM jorge.forecast_query('SELECT 1');
SELECT * FROM jorge.forecast_query('SELECT amount, closed FROM deal');
SELECT * FROM jorge.forecast_query('SELECT closed, closed FROM deal');
SELECT * FROM jorge.forecast_query('DELETE FROM deal RETURNING closed, amount');
SELECT * FROM jorge.forecast_query('SELECT closed, amount FROM deal; SELECT closed, amount FROM deal');
SELECT * FROM jorge.forecast_query('SELECT closed, amount FROM nowhere');
SELECT * FROM jorge.forecast_query('');
-- refused
SELECT * FROM air, jorge.forecast(s, 0);
SELECT * FROM air, jorge.forecast(s, 1001);
SELECT * FROM air, jorge.forecast(s, history => -1);
SELECT * FROM air, jorge.forecast(s, method => 'prophet');
SELECT * FROM air, jorge.forecast(s, value => 'median');
SELECT * FROM air, jorge.forecast(s, missing => 'guess');
SELECT * FROM air, jorge.forecast(s, partial => 'half');
SELECT * FROM air, jorge.forecast(s, as_of => 'infinity');
SELECT * FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[1,2,3,4,5]), method => 'AAdA');
SELECT * FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[1,2,3,4,5]), method => 'snaive');
SELECT * FROM jorge.forecast(jorge.series_of('2024-01-01', ARRAY[1,2,3,-4,5]), method => 'croston');
SELECT jorge.total(s, '1962-01-01', '1961-01-01') FROM air;
SELECT jorge.total(s, '1961-01-01', 'infinity') FROM air;
SELECT jorge.total(s, '1961-01-01', '2100-01-01') FROM air;
SELECT jorge.p_reach(s, 'NaN', '1961-12-31') FROM air;
SELECT jorge.p_reach(s, 5, '1960-12-31') FROM air;
