-- Time features: the row's zone, DST, as_of, and independence of the session.
-- the row's zone wins over the argument; a row without one, or with one that doesn't exist, takes the argument
SELECT left(r.time_zone, 20) AS time_zone, f.hour_of_day, f.day_of_week, f.month
FROM (VALUES (1, 'America/Chicago'), (2, 'america/chicago'), (3, ' Asia/Tokyo '), (4, 'Mars/Olympus'), (5, ''), (6, NULL), (7, 'UTC'), (8, 'GMT'),
             (9, 'EST5EDT'), (10, 'Etc/GMT+5'), (11, 'Etc/GMT-14'),
             (12, 'PST'), (13, 'UTC+5'), (14, 'ABC3'), (15, 'Etc/GMT+200'), (16, '../../etc/passwd'), (17, '/etc/passwd'), (18, '<+03>-3'),
             (19, repeat('x', 300)), (20, '5'))
         v (n, time_zone)
     CROSS JOIN LATERAL (SELECT time_zone, timestamptz '2024-03-01 03:30+00' AS created_at) r,
     jorge.lead_features(r, '2024-07-01', 'Europe/Berlin') f
ORDER BY n;

-- a wrong argument is an error, whatever the row says
\set VERBOSITY terse
SELECT jorge.lead_features(r, '2024-07-01', 'UTC+5') FROM (SELECT 'America/Chicago' AS time_zone) r;
SELECT jorge.lead_features(ROW(), '2024-07-01', '');
SELECT jorge.lead_feature_vector(ROW(), '2024-07-01', 'PST');
\set VERBOSITY default
SELECT jorge.lead_features(ROW(), '2024-07-01', 'Mars/Olympus');

-- DST: Chicago jumps from 2:00 to 3:00 on 2024-03-10 (8:00 UTC) and repeats 1:00 on 2024-11-03 (7:00 UTC)
SELECT at AT TIME ZONE 'UTC' AS utc, f.hour_of_day, f.day_of_week, f.is_weekend
FROM (VALUES (timestamptz '2024-03-10 07:59:59.999999+00'), ('2024-03-10 08:00+00'), ('2024-11-03 05:59+00'), ('2024-11-03 06:59+00'),
             ('2024-11-03 07:00+00'), ('2024-11-03 08:00+00')) v (at)
     CROSS JOIN LATERAL (SELECT at AS received_at) r, jorge.lead_features(r, '2025-01-01', 'America/Chicago') f
ORDER BY at;

-- the hours of a week (UTC; 2024-07-01 is a Monday)
SELECT extract(isodow FROM at AT TIME ZONE 'UTC') - 1 AS day, bool_and(f.day_of_week = extract(isodow FROM at AT TIME ZONE 'UTC') - 1) AS day_ok,
       bool_and(f.hour_of_day = extract(hour FROM at AT TIME ZONE 'UTC')) AS hour_ok,
       string_agg(f.is_business_hours::text, '' ORDER BY at) AS business, string_agg(f.time_of_day::text, '' ORDER BY at) AS part,
       string_agg(DISTINCT f.is_weekend::text, '') AS weekend
FROM generate_series(timestamptz '2024-07-01 00:00+00', '2024-07-07 23:59+00', '1 hour') at
     CROSS JOIN LATERAL (SELECT at AS created_at) r, jorge.lead_features(r, '2024-08-01') f
GROUP BY 1 ORDER BY 1;
-- the edges of business hours
SELECT at AT TIME ZONE 'UTC' AS utc, f.is_business_hours
FROM (VALUES (timestamptz '2024-07-01 08:59:59.999999+00'), ('2024-07-01 09:00+00'), ('2024-07-01 17:59:59.999999+00'), ('2024-07-01 18:00+00')) v (at)
     CROSS JOIN LATERAL (SELECT at AS created_at) r, jorge.lead_features(r, '2024-08-01') f ORDER BY at;
-- months and seasons
SELECT string_agg(f.month::text, ' ' ORDER BY at) AS month, string_agg(f.season::text, ' ' ORDER BY at) AS season
FROM generate_series(timestamptz '2023-01-31 23:59:59.5+00', '2024-01-01', '1 month') at
     CROSS JOIN LATERAL (SELECT at AS created_at) r, jorge.lead_features(r, '2024-08-01') f;
-- before 2000 the clock rounds down as well; the far ends of the calendar
SELECT at AT TIME ZONE 'UTC' AS utc, f.month, f.hour_of_day, f.day_of_week
FROM (VALUES (timestamptz '1999-12-31 23:59:59.5+00'), ('1969-12-31 23:59:59.5+00'), ('4713-01-01 00:00+00 BC'), ('294276-12-31 23:59:59+00')) v (at)
     CROSS JOIN LATERAL (SELECT at AS created_at) r, jorge.lead_features(r, 'infinity') f ORDER BY at;

-- arrival: first_seen_at, else received_at, else created_at; infinite ones are passed over; else as_of
SELECT n, f.month
FROM (VALUES (1, timestamptz '2024-01-15', timestamptz '2024-02-15', timestamptz '2024-03-15'), (2, NULL, '2024-02-15', '2024-03-15'),
             (3, NULL, NULL, '2024-03-15'), (4, 'infinity', '-infinity', '2024-03-15'), (5, NULL, NULL, NULL), (6, 'infinity', NULL, NULL),
             (7, '2024-06-16', NULL, NULL)) r (n, first_seen_at, received_at, created_at),
     jorge.lead_features(r, '2024-06-15 12:00+00') f ORDER BY n;
-- no moment at all
SELECT f.month, f.season, f.hour_of_day, f.is_weekend FROM jorge.lead_features(ROW(), 'infinity') f;
SELECT f.month FROM jorge.lead_features(ROW(), '-infinity') f;

-- first_response_hours, and what hadn't happened by as_of
SELECT n, f.first_response_hours
FROM (VALUES (1, timestamptz '2024-06-01 10:00+00', timestamptz '2024-06-01 11:30+00'), (2, '2024-06-01 10:00+00', '2024-06-01 10:00+00'),
             (3, '2024-06-01 10:00+00', '2024-05-31 10:00+00'), (4, '2024-06-01 10:00+00', NULL), (5, NULL, '2024-06-01 10:00+00'),
             (6, '2024-06-01 10:00+00', '2024-06-15 12:00+00'), (7, '2024-06-01 10:00+00', '2024-06-15 12:00:00.000001+00'),
             (8, '2024-06-20 10:00+00', '2024-06-01 10:00+00'), (9, '2024-06-01 10:00+00', '-infinity'), (10, '2024-06-01 10:00+00', 'infinity'),
             (11, '4713-01-01 00:00+00 BC', '2024-06-01 10:00+00')) r (n, first_seen_at, first_outbound_at),
     jorge.lead_features(r, '2024-06-15 12:00+00') f ORDER BY n;

-- timestamp and date are read as UTC
SELECT (jorge.lead_features(t, '2024-08-01')).hour_of_day AS from_timestamp, (jorge.lead_features(d, '2024-08-01')).hour_of_day AS from_date
FROM (SELECT timestamp '2024-07-01 13:00' AS created_at) t, (SELECT date '2024-07-01' AS created_at) d;

-- the session changes nothing
CREATE TEMP TABLE at_utc AS
SELECT jorge.lead_features(r, '2024-08-01 00:00+00') AS f FROM (SELECT timestamp '2024-07-01 23:30' AS created_at, 'x' AS message) r;
SET TimeZone = 'Pacific/Auckland';
SET search_path = pg_temp;
SET DateStyle = 'German';
SET extra_float_digits = -15;
SELECT f IS NOT DISTINCT FROM jorge.lead_features(r, '2024-08-01 00:00+00') AS same
FROM at_utc, (SELECT timestamp '2024-07-01 23:30' AS created_at, 'x'::text AS message) r;
RESET TimeZone;
RESET search_path;
RESET DateStyle;
RESET extra_float_digits;

-- the default of as_of is the transaction's time
SELECT f.month = extract(month FROM now() AT TIME ZONE 'UTC') AS month, f.hour_of_day = extract(hour FROM now() AT TIME ZONE 'UTC') AS hour
FROM jorge.lead_features(ROW()) f;
