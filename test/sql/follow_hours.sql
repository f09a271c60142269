-- When a week's hours are open in every zone: edges to the second, changes of summer time, several weeks and zones, closed days, bad input.
\set VERBOSITY terse
SET timezone = 'UTC';
CREATE FUNCTION pg_temp.week(opens integer, closes integer) RETURNS integer[] LANGUAGE sql AS 'SELECT array_agg(CASE n % 2 WHEN 1 THEN $1 ELSE $2 END ORDER BY n) FROM generate_series(1, 14) n';

-- inside: the moment itself, fractions kept; edges
SELECT a.at, jorge.next_open(a.at, '{America/New_York}', pg_temp.week(8 * 3600, 21 * 3600))
  FROM unnest('{2026-06-01 12:00:00, 2026-06-01 15:30:00.123456, 2026-06-01 11:59:59.999999, 2026-06-02 00:59:59.999999, 2026-06-02 01:00:00}'::timestamptz[]) a(at);
-- a window inside the hour that is skipped opens after it; one in the hour that comes twice opens twice
SELECT jorge.next_open('2026-03-08 05:00', '{America/New_York}', pg_temp.week(9000, 12600)) AS skipped_at_two,
       jorge.next_open('2026-11-01 04:00', '{America/New_York}', pg_temp.week(5400, 6300)) AS first_half_past_one,
       jorge.next_open('2026-11-01 05:45', '{America/New_York}', pg_temp.week(5400, 6300)) AS second_half_past_one,
       jorge.next_open('2026-03-08 05:00', '{America/New_York}', pg_temp.week(7200, 10800)) AS day_without_the_window;
-- before 1970, Lord Howe's half hour, an hour of the week's start
SELECT jorge.next_open('1960-01-01 00:00', '{America/Chicago}', pg_temp.week(28800, 75600)) AS before_1970,
       jorge.next_open('2026-10-03 15:10', '{Australia/Lord_Howe}', pg_temp.week(8100, 8400)) AS half_an_hour;
-- several zones and weeks: what is open in all
SELECT jorge.next_open('2026-06-01 08:00', '{America/New_York,Pacific/Honolulu}', pg_temp.week(28800, 75600)) AS two_zones,
       jorge.next_open('2026-06-01 08:00', '{America/New_York}', pg_temp.week(28800, 75600) || pg_temp.week(36000, 64800)) AS two_weeks,
       jorge.next_open('2026-06-01 08:00', '{America/New_York}', ARRAY[pg_temp.week(28800, 75600), pg_temp.week(36000, 64800)]) AS as_array_of_weeks;
-- closed days; a week that is never open; zones that are never open together; infinity
SELECT jorge.next_open('2026-06-05 23:00', '{UTC}', '{0,86400,0,86400,0,86400,0,86400,0,86400,0,0,0,0}') AS friday_night,
       jorge.next_open('2026-06-06 00:00', '{UTC}', '{0,86400,0,86400,0,86400,0,86400,0,86400,0,0,0,0}') AS saturday,
       jorge.next_open('2026-06-06 00:00', '{UTC}', pg_temp.week(0, 0)) AS never,
       jorge.next_open('2026-06-06 00:00', '{America/New_York,Asia/Tokyo}', pg_temp.week(36000, 39600)) AS never_together,
       jorge.next_open('infinity', '{UTC}', pg_temp.week(0, 86400)) AS endless, jorge.next_open(NULL, '{UTC}', pg_temp.week(0, 1)) AS no_time,
       jorge.next_open('294276-12-31 23:59:59', '{UTC}', pg_temp.week(0, 43200)) AS end_of_time;
-- bad input
SELECT jorge.next_open(now(), '{Mars/Olympus}', pg_temp.week(0, 1));
SELECT jorge.next_open(now(), '{UTC+5}', pg_temp.week(0, 1));
SELECT jorge.next_open(now(), '{NULL}', pg_temp.week(0, 1));
SELECT jorge.next_open(now(), '{}', pg_temp.week(0, 1));
SELECT jorge.next_open(now(), '{UTC}', '{1,2}');
SELECT jorge.next_open(now(), '{UTC}', '{}');
SELECT jorge.next_open(now(), '{UTC}', pg_temp.week(-1, 1));
SELECT jorge.next_open(now(), '{UTC}', pg_temp.week(1, 86401));
SELECT jorge.is_zone('America/Chicago'), jorge.is_zone('america/chicago'), jorge.is_zone('CST+6'), jorge.is_zone(''), jorge.is_zone(NULL);
