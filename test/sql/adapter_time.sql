-- Times as providers write them, by jorge.parse_time(): UTC where no zone is given, NULL for what is no time, never an error
SET timezone = 'America/New_York';
SET datestyle = 'ISO, MDY';
SELECT v AS written, jorge.parse_time(v) AT TIME ZONE 'UTC' AS utc FROM unnest(ARRAY[
    '2026-11-20T15:12:26.973Z', '2015-11-12T15:27:06+0000', '2026-11-20T10:00:00-06:00', '2026-11-20 10:00', '2026-11-20', '20261120',
    'Fri, 20 Nov 2026 10:00:00 -0600', 'Fri, 20 Nov 2026 10:00:00 -0600 (CST)', '20 Nov 26 10:00 GMT', 'Tue, Nov 17, 2026 at 4:15 PM',
    'November 16, 2026 at 9:00:00 AM CST', 'Monday, November 16, 2026 8:00 AM', '11/20/2026 3:15 PM', '20-Nov-2026 10:00', 'Nov. 20, 2026',
    'Wed Nov 18 2026 12:00:00 GMT-0600 (Central Standard Time)', 'Wed Nov 18 2026 12:00:00 UTC+2',
    '1763700000', '1763700000.5', '1763700000123', '0044-03-15 BC', '2000-03-30T15:30:20-08:0']) WITH ORDINALITY AS t(v, n) ORDER BY n;
SET datestyle = 'ISO, DMY';
SELECT jorge.parse_time('02/11/2026') AT TIME ZONE 'UTC' AS day_first;
-- no times
SELECT count(*) AS given, count(jorge.parse_time(v)) AS read FROM unnest(ARRAY[
    '', ' ', 'now', 'today', 'tomorrow 5', 'infinity', '-infinity', 'epoch', 'soon', 'T8:47:50', '2026-02-30', '2026-13-45', '2026-11-20 25:00', '12', '12345678',
    '99999999999999999999', '2026-11-20 America/Nowhere', '2026-11-20 XYZ5', 'Jan-', 'jan-Jan- 2026', '12:30abc/def 2026-01-01', '(((', repeat('1', 200),
    repeat('2026-11-20 ', 100), E'2026-11-20\x01foo/1', 'é']) v;
SELECT jorge.parse_time(NULL) IS NULL AS null_in;
-- words that dates are made of, put together at random
SELECT setseed(0.3) \g /dev/null
WITH words AS MATERIALIZED (
    SELECT ARRAY['Nov', '20', '2026', 'T', '10:00', 'Z', '-0600', '+', '/', '-', '.', ':', 'Jan-', 'AM', 'BC', 'J2451187', 'GMT', 'EST5EDT', 'foo', 'a1', '99999999',
                 'y2001m02', '12', 'allballs', 'epoch', ' ', ' ', ' ', ',', '(', 'e5', 'infinity', 'Monday', 'at', 'UTC', 'PM', 'dow', 'd1', '1e5', 'julian', 'J', 'now'] AS w)
SELECT count(*) AS tried, count(t) BETWEEN 1 AND 1000 AS some_are_times
  FROM (SELECT jorge.parse_time((SELECT string_agg(w[1 + floor(random() * array_length(w, 1))::integer], '') FROM words, generate_series(1, 1 + i % 9))) AS t
          FROM generate_series(1, 50000) i) x;
