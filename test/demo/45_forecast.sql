-- Forecasting: the leads of the months to come, and the chance of a goal.
\echo
\echo '==> jorge.series(): the inquiries of every month, in one value'
CREATE TEMP TABLE demo_series AS
SELECT jorge.series(received_at, 1, 'month', 'America/Chicago') AS s, max(received_at) AS as_of
  FROM jorge.inquiry WHERE received_at < now() - interval '1 day';
SELECT jorge.sparkline(s) AS inquiries FROM demo_series;

\echo '==> jorge.forecast(): three months that were, three to come'
SELECT f.start, f.step, round(f.mean) AS mean, round(f.lo80) AS lo80, round(f.hi80) AS hi80, round(f.lo95) AS lo95, round(f.hi95) AS hi95, f.realised, f.method, f.note
  FROM demo_series, jorge.forecast(s, 3, as_of => as_of, history => 3) f;

\echo '==> jorge.total() and jorge.p_reach(): half a year, and the chance of 1,000 inquiries in it'
SELECT round(t.mean) AS mean, round(t.lo80) AS lo80, round(t.hi80) AS hi80, round(jorge.p_reach(s, 1000, until, as_of => as_of)::numeric, 2) AS chance_of_1000
  FROM demo_series, LATERAL (SELECT (as_of + interval '5 months')::date) u(until), jorge.total(s, as_of::date, until, as_of => as_of) t;
