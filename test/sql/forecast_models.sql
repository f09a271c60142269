-- The parts of forecasting that are of use alone: variances, exponential smoothing, Theta, season, decomposition, accuracy, anomalies.
\set VERBOSITY terse
SET search_path = public, jorge;
SET DateStyle = ISO;
SET extra_float_digits = 0;
CREATE TEMP TABLE air AS SELECT jorge.series_of('1949-01-01', ARRAY[112,118,132,129,121,135,148,148,136,119,104,118,115,126,141,135,125,149,170,170,158,133,114,140,
    145,150,178,163,172,178,199,199,184,162,146,166,171,180,193,181,183,218,230,242,209,191,172,194,196,196,236,235,229,243,264,272,237,211,180,201,
    204,188,235,227,234,264,302,293,259,229,203,229,242,233,267,269,270,315,364,347,312,274,237,278,284,277,317,313,318,374,413,405,355,306,271,306,
    315,301,356,348,355,422,465,467,404,347,305,336,340,318,362,348,363,435,491,505,404,359,310,337,360,342,406,396,420,472,548,559,463,407,362,405,
    417,391,419,461,472,535,622,606,508,461,390,432]) AS s;
-- the recursion against the closed forms of Hyndman et al. (2008), table 6.2, for h = 1 to 60
CREATE TEMP TABLE closed AS
SELECT h, (h - 1) / 12 AS k, 0.5::float8 AS a, 0.01::float8 AS b, 0.1::float8 AS g, 0.95::float8 AS p, 12::float8 AS m FROM generate_series(1, 60) h;
SELECT max(abs((jorge.ets_variance(60, 0.5))[h] / (1 + a ^ 2 * (h - 1)) - 1)) < 1e-9 AS "ANN",
       max(abs((jorge.ets_variance(60, 0.5, 0.01))[h] / (1 + (h - 1) * (a ^ 2 + a * b * h + b ^ 2 * h * (2 * h - 1) / 6)) - 1)) < 1e-9 AS "AAN",
       max(abs((jorge.ets_variance(60, 0.5, 0.01, 0, 0.95))[h] / damped - 1)) < 1e-9 AS "AAdN",
       max(abs((jorge.ets_variance(60, 0.5, 0, 0.1, 1, 12))[h] / (1 + a ^ 2 * (h - 1) + g * k * (2 * a + g)) - 1)) < 1e-9 AS "ANA",
       max(abs((jorge.ets_variance(60, 0.5, 0.01, 0.1, 1, 12))[h] / (1 + (h - 1) * (a ^ 2 + a * b * h + b ^ 2 * h * (2 * h - 1) / 6) + g * k * (2 * a + g + b * m * (k + 1))) - 1)) < 1e-9 AS "AAA",
       max(abs((jorge.ets_variance(60, 0.5, 0.01, 0.1, 0.95, 12))[h] / (damped + g * k * (2 * a + g) + 2 * b * g * p / ((1 - p) * (1 - p ^ m)) * (k * (1 - p ^ m) - p ^ m * (1 - p ^ (m * k)))) - 1)) < 1e-9 AS "AAdA"
  FROM (SELECT *, 1 + a ^ 2 * (h - 1) + b * p * h / (1 - p) ^ 2 * (2 * a * (1 - p) + b * p)
               - b * p * (1 - p ^ h) / ((1 - p) ^ 2 * (1 - p ^ 2)) * (2 * a * (1 - p ^ 2) + b * p * (1 + 2 * p - p ^ h)) AS damped FROM closed) c;
SELECT v[1], v[2], v[12], v[13], v[24] FROM jorge.ets_variance(24, 0.5, 0.01, 0.1, 0.95, 12) v;
-- the sum of twelve: 97.14 for ANN with alpha 0.3 (independent errors would say 12)
SELECT jorge.ets_total_variance(12, 0.3), jorge.ets_total_variance(12, 0.5, 0.01, 0.1, 0.95, 12), jorge.ets_total_variance(12, 0), jorge.ets_total_variance(1, 0.9);
SELECT jorge.ets_variance(0, 0.5);
SELECT jorge.ets_variance(5, 'NaN');
SELECT jorge.ets_variance(5, 0.5, season => 0);
SELECT jorge.ets_variance(1000, 1e300);
SELECT jorge.ets_variance(NULL, 0.5) IS NULL AS null_in;
-- exponential smoothing and Theta
SELECT fitted, points, parameters, round(alpha::numeric, 2) AS alpha, beta IS NULL AS no_beta, gamma IS NULL AS no_gamma, phi IS NULL AS no_phi, cardinality(season) AS season, round(loglik::numeric) AS loglik, round(aicc::numeric) AS aicc
  FROM air, unnest('{ANN,AAN,AAdN,ANA,AAA,AAdA,ets}'::text[]) WITH ORDINALITY x(x, i), jorge.ets(s, x) ORDER BY i;
-- a forecast by a shape is that model's: level, one step, its sigma
SELECT abs(f.mean - e.level) < 1e-9 * e.level AS mean, abs((f.hi95 - f.mean) / 1.959963984540054 / sqrt(e.sigma2) - 1) < 1e-9 AS hi95 FROM air, jorge.ets(s, 'ANN') e, jorge.forecast(s, 1, method => 'ANN') f;
SELECT abs(t.sd / sqrt(e.sigma2 * jorge.ets_total_variance(12, e.alpha, e.beta)) - 1) < 1e-9 AS total_sd FROM air, jorge.ets(s, 'AAN') e, jorge.total(s, '1961-01-01', '1961-12-01', method => 'AAN') t;
-- fitting does not depend on the unit
SELECT abs(a.alpha - b.alpha) < 1e-6 AS alpha, abs(a.sigma2 * 1e20 / b.sigma2 - 1) < 1e-6 AS sigma2, abs(a.aicc + 2 * 144 * ln(1e10) - b.aicc) < 1e-3 AS aicc
  FROM air, jorge.ets(s, 'AAN') a, jorge.ets((SELECT jorge.series_of('1949-01-01', array_agg(sum * 1e10)) FROM jorge.points(s)), 'AAN') b;
-- R's thetaf(AirPassengers) divides by these
SELECT round(alpha::numeric, 3) AS alpha, multiplicative, (SELECT max(abs(x - r)) < 1e-6 FROM unnest(season, ARRAY[.910230,.883625,1.007366,.975906,.981378,1.112776,1.226556,1.219911,1.060492,.921757,.801178,.898824]) u(x, r)) AS season FROM air, jorge.theta(s);
SELECT jorge.ets(jorge.series_of('2024-01-01', ARRAY[1,2,3]), 'AAA');
SELECT jorge.ets(s, 'theta') FROM air;
SELECT jorge.ets(NULL) IS NULL AS ets, jorge.theta(NULL) IS NULL AS theta, jorge.theta('month UTC') IS NULL AS empty;
SELECT jorge.theta(jorge.series_of('2024-01-01', ARRAY[1,2]));
-- season
SELECT season, seasonal, round(correlation::numeric, 4) AS correlation, round(critical::numeric, 4) AS critical, reason FROM air, jorge.season_test(s);
SELECT (jorge.season_test(x)).* FROM unnest(ARRAY[jorge.series_of('2024-01-01', ARRAY[1,2,3]), jorge.series_of('2024-01-01', ARRAY[1,2], 'year'), jorge.series_of('2024-01-01', array_fill(1, ARRAY[30]))]) x;
SELECT position, name, round(factor::numeric, 3) AS factor, round(effect::numeric, 1) AS effect, seen, significant FROM air, jorge.season_factors(s);
SELECT round(avg(factor)::numeric, 9) AS mean_factor, round(avg(effect)::numeric, 9) AS mean_effect FROM air, jorge.season_factors(s);
-- a position is a calendar's: Mondays sell, whatever the day the series begins on
SELECT position, name, round(effect::numeric, 2) AS effect FROM jorge.season_factors((SELECT jorge.series(d::date, CASE extract(isodow FROM d) WHEN 1 THEN 50 ELSE 10 END, 'day') FROM generate_series(date '2024-02-29', '2024-06-01', '1 day') d));
SELECT name, factor, significant FROM jorge.season_factors(jorge.series_of('2024-04-01', ARRAY[1,2,3], 'quarter'));
SELECT count(*) FROM jorge.season_factors(jorge.series_of('2024-04-01', ARRAY[1,2,3], 'year'));
-- decomposition adds up
SELECT count(*), max(abs(value - trend - season - remainder)) < 1e-9 AS adds_up, max(abs(remainder / value)) < 0.2 AS small_remainder, count(*) FILTER (WHERE filled) AS filled FROM air, jorge.decompose(s);
SELECT start, value, round(trend::numeric, 4) AS trend, season, round(remainder::numeric, 4) AS remainder, filled FROM jorge.decompose(jorge.series_of('2024-01-01', ARRAY[1,2,NULL,4,5,6]), missing => 'interpolate');
SELECT * FROM jorge.decompose(jorge.series_of('2024-01-01', ARRAY[5]));
-- accuracy against the seasonal naive method
SELECT method, origins, points, round(mae::numeric) AS mae, round(smape::numeric) AS smape, round(mase::numeric, 1) AS mase, coverage80 BETWEEN 0.5 AND 1 AS c80, coverage95 BETWEEN 0.8 AND 1 AS c95, round(skill::numeric, 1) AS skill FROM air, jorge.accuracy(s, 12, 24);
SELECT method, origins, points, mae, mase, skill FROM jorge.accuracy(jorge.series_of('2024-01-01', ARRAY[3,3,3,3,3,3,3,3]), 2);
SELECT count(*) FROM jorge.accuracy(jorge.series_of('2024-01-01', ARRAY[1,2,3,4]), 2);
SELECT count(*) FROM jorge.accuracy(NULL);
SELECT * FROM air, jorge.accuracy(s, 6, 0);
-- anomalies: a spike and a hole are found, their neighbours and the season are not
SELECT start, value, round(expected::numeric) AS expected, score > 3.5 OR score < -3.5 AS far, kind
  FROM jorge.anomalies((SELECT jorge.series_of('2018-01-01', array_agg(CASE i WHEN 40 THEN 400 WHEN 61 THEN 5 ELSE 100 + 30 * sin(i * pi() / 6) + (i * 7919 % 11) END ORDER BY i)) FROM generate_series(1, 72) i));
SELECT count(*) FROM jorge.anomalies(jorge.series_of('2024-01-01', ARRAY[4,4,4,4,4,4]));
SELECT count(*) FROM jorge.anomalies(jorge.series_of('2024-01-01', ARRAY[4,400]));
SELECT start, kind FROM jorge.anomalies(jorge.series_of('2024-01-01', ARRAY[4,4,4,4,4,4,9,4,4]));
SELECT * FROM air, jorge.anomalies(s, 0);
