-- The type jorge.series: what it holds, how it is written, and what is refused.
\set VERBOSITY terse
SET search_path = public, jorge;
SET DateStyle = ISO;
SET extra_float_digits = 1;
-- text goes in and out; a sum that no float8 equals keeps its rest
SELECT 'month UTC 2024-01-01:1250.5/3 2024-03-01:-7/1'::jorge.series;
SELECT 'Month  america/chicago  2024-01-01:0.30000000000000004-2.7755575615628914e-17/2'::jorge.series;
SELECT 'year UTC'::jorge.series, NULL::jorge.series;
SELECT s, s::text::jorge.series = s AS same FROM (VALUES
    ('day UTC 2024-02-29:1/1'::jorge.series), ('week UTC 2024-02-26:0/1'), ('quarter UTC 2024-10-01:1e308+1e-308/2'),
    ('year UTC -4712-01-01:5/1'), ('year UTC 0000-01-01:5/1 9999-01-01:4.9406564584124654e-324/1'),
    ('month Asia/Kolkata 2024-01-01:9007199254740993/9223372036854775807')) t(s);
-- one form for equal contents
SELECT 'month UTC 2024-01-01:1+2+3/2'::jorge.series = 'month utc 2024-01-01:6/2' AS same,
       'month UTC 2024-01-01:6/2'::jorge.series <> 'month UTC 2024-01-01:6/3' AS other_count,
       'month UTC 2024-01-01:6/2'::jorge.series <> 'month Asia/Tokyo 2024-01-01:6/2' AS other_zone,
       'month UTC 2024-01-01:1e300-1e300/1'::jorge.series = 'month UTC 2024-01-01:0/1' AS nothing_left;
-- points
SELECT * FROM jorge.points('month UTC 2024-01-01:1250.5/2 2024-03-01:-7/1');
SELECT * FROM jorge.points('week UTC 2024-12-30:2/1');
SELECT count(*) FROM jorge.points('day UTC');
SELECT count(*) FROM jorge.points(NULL);
-- constructors
SELECT jorge.series_of('2024-01-15', ARRAY[1, 2, NULL, 4]), jorge.series_of('2024-01-15', ARRAY[1, 2, NULL, 4], 'quarter', 'Asia/Tokyo');
SELECT jorge.series_of_times(ARRAY['2024-01-01 05:59+00', '2024-01-01 06:00+00', NULL, '2024-01-02 00:00+00']::timestamptz[], ARRAY[1, 2, 3, NULL], 'day', 'America/Chicago');
SELECT jorge.series_of('2024-01-01', '{}'), jorge.series_of('2024-01-01', '{NULL}'), jorge.series_of('2024-01-01', NULL);
SELECT jorge.series_of('2024-01-01', '{{1,2},{3,4}}');
SELECT jorge.series_of_times('{2024-01-01}', '{1,2}');
SELECT jorge.series_of('infinity', '{1}');
SELECT jorge.series_of('294276-12-01', '{1,2}');
SELECT jorge.series_of('2024-01-01', '{1,NaN}');
SELECT jorge.series_of('2024-01-01', '{1}', 'fortnight');
SELECT jorge.series_of('2024-01-01', '{1}', 'month', 'Mars/Olympus');
-- merge
SELECT 'month UTC 2024-03-01:5/1'::jorge.series OPERATOR(jorge.+) 'month UTC 2024-01-01:1/1 2024-03-01:0.5/2' AS merged;
SELECT 'month UTC'::jorge.series OPERATOR(jorge.+) 'month UTC 2024-01-01:1/1' AS empty_left, 'month UTC 2024-01-01:1/1'::jorge.series OPERATOR(jorge.+) 'month UTC' AS empty_right,
       'month UTC'::jorge.series OPERATOR(jorge.+) NULL AS with_null;
SELECT 'month UTC'::jorge.series OPERATOR(jorge.+) 'week UTC';
SELECT 'month UTC'::jorge.series OPERATOR(jorge.+) 'month Asia/Tokyo';
SELECT 'month UTC 2024-01-01:1e308/1'::jorge.series OPERATOR(jorge.+) 'month UTC 2024-01-01:1e308/1';
SELECT 'day UTC 0001-01-01:1/1'::jorge.series OPERATOR(jorge.+) 'day UTC 2024-01-01:1/1';
SELECT 'month UTC 2024-01-01:1/9223372036854775807'::jorge.series OPERATOR(jorge.+) 'month UTC 2024-01-01:1/1';
-- malformed text
SELECT ''::jorge.series;
SELECT 'month'::jorge.series;
SELECT 'moon UTC'::jorge.series;
SELECT 'month Nowhere'::jorge.series;
SELECT 'month UTC 2024-01-02:1/1'::jorge.series;
SELECT 'month UTC 2024-13-01:1/1'::jorge.series;
SELECT 'day UTC 2023-02-29:1/1'::jorge.series;
SELECT 'day UTC 300000-01-01:1/1'::jorge.series;
SELECT 'month UTC 2024-02-01:1/1 2024-01-01:1/1'::jorge.series;
SELECT 'month UTC 2024-02-01:1/1 2024-02-01:1/1'::jorge.series;
SELECT 'month UTC 2024-01-01'::jorge.series;
SELECT 'month UTC 2024-01-01:'::jorge.series;
SELECT 'month UTC 2024-01-01:1'::jorge.series;
SELECT 'month UTC 2024-01-01:/1'::jorge.series;
SELECT 'month UTC 2024-01-01:nan/1'::jorge.series;
SELECT 'month UTC 2024-01-01:1e999/1'::jorge.series;
SELECT 'month UTC 2024-01-01:0x1/1'::jorge.series;
SELECT 'month UTC 2024-01-01:1+/1'::jorge.series;
SELECT 'month UTC 2024-01-01:1/0'::jorge.series;
SELECT 'month UTC 2024-01-01:1/-1'::jorge.series;
SELECT 'month UTC 2024-01-01:1/99999999999999999999'::jorge.series;
SELECT 'month UTC 2024-01-01:1/1,'::jorge.series;
SELECT 'month UTC 2024-01-01:1e308+1e308/2'::jorge.series;
SELECT 'day UTC 0001-01-01:1/1 2024-01-01:1/1'::jorge.series;
-- sparkline
SELECT jorge.sparkline(jorge.series_of('2024-01-01', ARRAY[1, 2, 3, 4, 5, 6, 7, 8])) AS line,
       jorge.sparkline(jorge.series_of('2024-01-01', ARRAY[1, NULL, 3]), 'mean') AS gap,
       jorge.sparkline(jorge.series_of('2024-01-01', ARRAY[5, 5])) AS flat,
       jorge.sparkline('month UTC') AS empty, jorge.sparkline(NULL) AS nothing,
       jorge.sparkline(jorge.series_of('2024-01-01', ARRAY[-1e308, 1e308, 1e308, -1e308]), 'sum', 2) AS huge;
SELECT jorge.sparkline('month UTC', 'sum', 0);
SELECT jorge.sparkline('month UTC', 'median');
