-- rate_forecast: the rate of arrivals from counts and exposures.
-- constant counts: the rate, whatever the unit of exposure; the spread is that of the mean of twenty counts of 100, 2 or more
SELECT step, round(rate::numeric, 1) AS rate, sd BETWEEN 1 AND 15 AS sd, noise < 0.1 AS noise FROM jorge.rate_forecast(array_fill(100::float8, ARRAY[20]) || 0::float8, array_fill(1::float8, ARRAY[20]) || 0::float8, 3) ORDER BY step;
SELECT round((max(rate) FILTER (WHERE unit = 1) / max(rate) FILTER (WHERE unit = 30) / 30)::numeric, 9) AS months_and_days
  FROM unnest(ARRAY[1, 30]) unit, jorge.rate_forecast(array_fill(100::float8, ARRAY[20]), array_fill(unit::float8, ARRAY[20]), 1);
-- half a period seen: half the count is the same rate
SELECT round(rate::numeric) AS rate FROM jorge.rate_forecast(array_fill(1000::float8, ARRAY[20]) || 500::float8, array_fill(1::float8, ARRAY[20]) || 0.5::float8, 1);
-- a season of three years is continued within 5 %, one of fifteen months is seen to rise and to fall; without a season it is not
CREATE TEMP VIEW season AS SELECT n, 1000 * exp(0.3 * sin(n * pi() / 6)) AS y FROM generate_series(1, 48) n;
SELECT months, bool_and(abs(rate / y - 1) < allowed) AS near, corr(rate, y) > 0.9 AS alike
  FROM (VALUES (36, 0.05), (15, 0.25)) v(months, allowed),
       LATERAL (SELECT array_agg(round(y)::float8 ORDER BY n) AS counts FROM season WHERE n <= months) c,
       LATERAL jorge.rate_forecast(counts || 0::float8, array_fill(1::float8, ARRAY[months]) || 0::float8, 12) f, season s
 WHERE s.n = months + f.step
 GROUP BY months ORDER BY months;
SELECT max(rate) / min(rate) < 1.2 AS flat FROM jorge.rate_forecast((SELECT array_agg(round(y)::float8 ORDER BY n) FROM season WHERE n <= 36), array_fill(1::float8, ARRAY[36]), 12, 0);
-- the season's factors: mean 1, the year's shape; chance alone is hardly a season, and none is none
SELECT round(avg(season_factor)::numeric, 9) AS mean, bool_and(abs(season_factor / (exp(0.3 * sin((36 + step) * pi() / 6)) / 1.0226) - 1) < 0.03) AS shape, bool_and(seasonal > 0.99) AS seasonal
  FROM jorge.rate_forecast((SELECT array_agg(round(y)::float8 ORDER BY n) || 0::float8 FROM season WHERE n <= 36), array_fill(1::float8, ARRAY[36]) || 0::float8, 13) f WHERE step > 1;
SELECT bool_and(abs(season_factor - 1) < 0.05 AND seasonal < 0.9) AS no_season FROM jorge.rate_forecast((SELECT array_agg((100 + n * 7919 % 21 - 10)::float8 ORDER BY n) FROM generate_series(1, 36) n), array_fill(1::float8, ARRAY[36]), 12);
SELECT DISTINCT season_factor, seasonal FROM jorge.rate_forecast('{5,6}', '{1,1}', 3, 0);
-- growth goes on and runs out
SELECT bool_and(rate > before) AS grows, max(rate) < 20 * 1000 AS runs_out
  FROM (SELECT rate, lag(rate) OVER (ORDER BY step) AS before FROM jorge.rate_forecast((SELECT array_agg(round(1000 * exp(0.01 * n))::float8 ORDER BY n) FROM generate_series(1, 48) n), array_fill(1::float8, ARRAY[48]), 100, 0)) f WHERE before IS NOT NULL;
-- nothing, nothing seen, all zero, one, huge, long
SELECT count(*) FROM jorge.rate_forecast('{}', '{}');
SELECT count(*) FROM jorge.rate_forecast('{0,0}', '{0,0}');
SELECT step, rate < 0.2 AS rate, sd < 1 AS sd FROM jorge.rate_forecast(array_fill(0::float8, ARRAY[12]), array_fill(1::float8, ARRAY[12]), 2) ORDER BY step;
SELECT rate BETWEEN 2 AND 9 AS rate, sd > 0 AS sd FROM jorge.rate_forecast('{4}', '{1}', 1);
SELECT rate / 1e15 BETWEEN 0.9 AND 1.1 AS rate FROM jorge.rate_forecast('{1e15,1e15,1e15}', '{1,1,1}', 1);
SELECT bool_and(isfinite AND rate >= 0 AND sd >= 0) AS finite FROM (SELECT rate, sd, rate < 'Infinity' AND sd < 'Infinity' AS isfinite FROM jorge.rate_forecast('{1e15,0,1e15,0,1,1e-300}', '{1,1e9,1e-6,1,1,1}', 1000)) f;
SELECT a.rate = b.rate AS the_last_72_count FROM jorge.rate_forecast(array_fill(7::float8, ARRAY[100]) || array_fill(50::float8, ARRAY[72]), array_fill(1::float8, ARRAY[172]), 1) a,
       jorge.rate_forecast(array_fill(50::float8, ARRAY[72]), array_fill(1::float8, ARRAY[72]), 1) b;
SELECT count(*) FROM jorge.rate_forecast(NULL, '{1}');
-- refused
SELECT * FROM jorge.rate_forecast('{1,NULL}', '{1,1}');
SELECT * FROM jorge.rate_forecast('{{1},{2}}', '{1,1}');
SELECT * FROM jorge.rate_forecast('{1,2}', '{1}');
SELECT * FROM jorge.rate_forecast('{-1}', '{1}');
SELECT * FROM jorge.rate_forecast('{NaN}', '{1}');
SELECT * FROM jorge.rate_forecast('{1}', '{Infinity}');
SELECT * FROM jorge.rate_forecast('{1}', '{0}');
SELECT * FROM jorge.rate_forecast('{1}', '{1}', 0);
SELECT * FROM jorge.rate_forecast('{1}', '{1}', 1001);
SELECT * FROM jorge.rate_forecast('{1}', '{1}', 1, 1);
