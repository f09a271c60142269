-- Whoever is plainly allowed is allowed by jorge.send_rule(): worlds at random, whose people, policies, hours, caps and ledgers are all of chance.
-- JORGE_SEED is the first world's seed, JORGE_WORLDS how many there are.
\set first 1
\getenv first JORGE_SEED
\set worlds 12
\getenv worlds JORGE_WORLDS
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL timezone = 'UTC';
SELECT plan(5);

CREATE FUNCTION pg_temp.one_of(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$SELECT choices[1 + floor(random() * cardinality(choices))::integer]$$;
CREATE FUNCTION pg_temp.chance(of float8) RETURNS boolean LANGUAGE sql VOLATILE AS $$SELECT random() < of$$;
-- a moment around the one that is asked about: often just there, or just at the edge of a cap's window
CREATE FUNCTION pg_temp.moment(around timestamptz) RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT CASE floor(random() * 12)::integer WHEN 0 THEN around WHEN 1 THEN around - interval '24 hours' WHEN 2 THEN around - interval '7 days' WHEN 3 THEN around - interval '90 days' WHEN 4 THEN around + interval '3 days'
                WHEN 5 THEN around - interval '24 hours' - interval '1 microsecond' WHEN 6 THEN around - interval '24 hours' + interval '1 microsecond' WHEN 7 THEN '-infinity' ELSE around - random() * random() * interval '100 days' END$$;

CREATE FUNCTION pg_temp.make_world(seed integer, at timestamptz) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    locations text[] := ARRAY['one' || seed, 'two' || seed, 'three' || seed];
    here text;
BEGIN
    PERFORM setseed(seed % 100000 / 100000.0);
    DELETE FROM jorge.channel_policy c WHERE c.location_id <> '*';
    DELETE FROM jorge.send_cap c WHERE c.location_id <> '*';
    DELETE FROM jorge.quiet_hours c WHERE c.location_id <> '*';
    DELETE FROM jorge.no_send_day;
    FOREACH here IN ARRAY locations LOOP
        INSERT INTO jorge.channel_policy (location_id, channel, consent, needs, reaches, quiet_hours, capped, a2p, source)
        SELECT here, c, pg_temp.one_of('none', 'inquiry', 'express', 'written'), pg_temp.one_of('phone', 'email', NULL), pg_temp.chance(0.8), pg_temp.chance(0.7), pg_temp.chance(0.7), pg_temp.chance(0.3), 'chance'
          FROM unnest('{sms,email,call,workflow,tag,fax}'::text[]) c WHERE pg_temp.chance(0.3);
        INSERT INTO jorge.send_cap (location_id, channel, days, at_most, reason)
        SELECT DISTINCT ON (1, 2, 3) here, pg_temp.one_of('all', 'sms', 'email', 'call', 'workflow'), pg_temp.one_of('1', '2', '7', '30', '90')::integer, pg_temp.one_of('0', '1', '2', '3', '5', '9')::integer, 'chance'
          FROM generate_series(1, 3) WHERE pg_temp.chance(0.5) ORDER BY 1, 2, 3;
        INSERT INTO jorge.quiet_hours (location_id, region, days, opens, closes, source, checked_on)
        SELECT here, r, CASE WHEN pg_temp.chance(0.7) THEN '{1,2,3,4,5,6,7}' ELSE '{1,2,3,4,5}' END::integer[], time '00:00' + floor(random() * 10) * interval '1 hour', time '12:00' + floor(random() * 12) * interval '1 hour', 'chance', '2026-11-01'
          FROM unnest('{US,US-TX,US-FL,CA,GB,ZZ}'::text[]) r WHERE pg_temp.chance(0.25);
        INSERT INTO jorge.no_send_day (location_id, day, reason) SELECT here, (at - interval '12 hours')::date, 'chance' WHERE pg_temp.chance(0.15);
        INSERT INTO jorge.sender (location_id, channel, address, a2p_status)
        SELECT here, pg_temp.one_of('sms', 'workflow'), '+1512555010' || n, pg_temp.one_of('unregistered', 'pending', 'approved', 'approved', 'exempt') FROM generate_series(1, 2) n;
        INSERT INTO jorge.area_code (location_id, code, regions, zones, source, checked_on) SELECT here, '512', '{US-NM}', '{America/Denver}', 'chance', '2026-11-01' WHERE pg_temp.chance(0.2);
        INSERT INTO jorge.region (location_id, region, name, zones) SELECT here, 'US-TX', 'Texas', '{America/Chicago}' WHERE pg_temp.chance(0.2);
    END LOOP;
    INSERT INTO jorge.lead (location_id, lead_id, name, phone, email, state, country, time_zone, outcome)
    SELECT pg_temp.one_of(VARIADIC locations), gen_random_uuid(), seed || ' ' || n,
           pg_temp.one_of('512-555-2', '512-555-2', '512-555-2', '512-555-2', '512-555-2', '512-555-2', '813-555-2', '216-555-2', '201-555-2', '775-555-2', '416-555-2', '+44 20 7946 0', '+52 55 1234 5', '12', NULL) || lpad(n::text, 3, '0'),
           CASE WHEN pg_temp.chance(0.8) THEN 'p' || n || '@example.com' WHEN pg_temp.chance(0.5) THEN 'info@example.com' END,
           pg_temp.one_of('TX', 'tx.', 'Texas', 'TX', 'FL', 'OH', 'RI', 'AK', 'Atlantis', '', NULL), pg_temp.one_of('US', 'US', 'US', 'US', 'US', 'usa', 'U.S.', 'CA', 'GB', 'Mexico', '', NULL),
           pg_temp.one_of('America/Chicago', 'america/chicago', 'America/New_York', 'Asia/Tokyo', 'nowhere', 'UTC+5', NULL, NULL, NULL, NULL), pg_temp.one_of('open', 'open', 'open', 'open', 'open', 'open', 'open', 'won', 'lost')
      FROM generate_series(1, 60) n;
    CREATE TEMP TABLE who ON COMMIT DROP AS SELECT l.location_id, l.lead_id, row_number() OVER (ORDER BY name) AS n FROM jorge.lead l WHERE l.location_id = ANY (locations);
    -- ids of before: what was written under them counts
    INSERT INTO jorge.lead_alias (location_id, alias_id, lead_id) SELECT w.location_id, gen_random_uuid(), w.lead_id FROM who w WHERE pg_temp.chance(0.1);
    CREATE TEMP TABLE known ON COMMIT DROP AS SELECT w.location_id, w.lead_id FROM who w UNION ALL SELECT a.location_id, a.alias_id FROM jorge.lead_alias a JOIN who w USING (location_id, lead_id);
    INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, at)
    SELECT CASE WHEN pg_temp.chance(0.97) THEN k.location_id ELSE 'elsewhere' END, k.lead_id, pg_temp.one_of('all', 'sms', 'email', 'call', 'workflow', 'sms'), x.act,
           CASE WHEN x.act = 'grant' THEN pg_temp.one_of('inquiry', 'express', 'written', 'written', 'written') END, 'form', pg_temp.moment(at)
      FROM known k CROSS JOIN generate_series(1, 3) g CROSS JOIN LATERAL (SELECT CASE WHEN k.lead_id IS NOT NULL AND g > 0 THEN pg_temp.one_of('grant', 'grant', 'grant', 'grant', 'grant', 'grant', 'grant', 'grant', 'revoke', 'pause', 'resume') END AS act) x
     WHERE pg_temp.chance(0.6);
    INSERT INTO jorge.lead_dnd (location_id, lead_id, channel, state)
    SELECT CASE WHEN pg_temp.chance(0.9) THEN k.location_id ELSE 'elsewhere' END, k.lead_id, pg_temp.one_of('all', 'sms', 'email', 'call', 'workflow'), pg_temp.one_of('inactive', 'inactive', 'inactive', 'active', 'permanent') FROM known k WHERE pg_temp.chance(0.2);
    INSERT INTO jorge.send_decision (location_id, at, lead_id, channel, dedupe_key, decision, rule)
    SELECT k.location_id, pg_temp.moment(at), k.lead_id, pg_temp.one_of('sms', 'email', 'call', 'workflow'), pg_temp.one_of('seq:' || g, 'reply:' || g, 'reminder:' || g, 'seq:same', NULL),
           pg_temp.one_of('send', 'send', 'send', 'defer', 'hold'), pg_temp.one_of('allowed', 'allowed', 'internal')
      FROM known k CROSS JOIN generate_series(1, 3) g WHERE pg_temp.chance(0.25);
    INSERT INTO jorge.interaction (location_id, lead_id, at, channel, direction)
    SELECT w.location_id, w.lead_id, greatest(pg_temp.moment(at), '2020-01-01'), pg_temp.one_of('sms', 'email', 'call', 'visit'), pg_temp.one_of('in', 'out') FROM who w CROSS JOIN generate_series(1, 2) WHERE pg_temp.chance(0.15);
    -- people who never asked us anything: loaded, or known by what our own people did
    UPDATE jorge.lead l SET inquiries = 0 FROM who w WHERE l.location_id = w.location_id AND l.lead_id = w.lead_id AND pg_temp.chance(0.15);
END
$$;

CREATE TEMP TABLE compared (seed integer, at timestamptz, location_id text, lead_id uuid, channel text, key text, plain boolean, decision text, rule text);
CREATE FUNCTION pg_temp.compare_world(seed integer) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    around timestamptz := '2026-01-01 00:00'::timestamptz + (seed % 100000 * 7919 % 8760) * interval '1 hour' + (seed % 60) * interval '1 minute';
    moments timestamptz[];
    moment timestamptz;
BEGIN
    PERFORM pg_temp.make_world(seed, around);
    -- at all hours, and when some states have opened, or closed, and others not
    moments := ARRAY[around, date_trunc('day', around) + interval '13 hours 30 minutes', date_trunc('day', around) + interval '14 hours 30 minutes',
                     date_trunc('week', around) + interval '18 hours 30 minutes', date_trunc('day', around) + interval '1 hour 30 minutes'];
    FOREACH moment IN ARRAY moments LOOP
        -- a claim mixes locations, channels and purposes; somebody may be in it twice
        INSERT INTO compared
        SELECT seed, moment, a.location_id, a.lead_id, a.channel, a.key, a.plain, r.decision, r.rule
          FROM (SELECT array_agg(x.location_id ORDER BY x.place) AS locations, array_agg(x.lead_id ORDER BY x.place) AS leads, array_agg(x.channel ORDER BY x.place) AS channels, array_agg(x.key ORDER BY x.place) AS keys
                  FROM (SELECT w.*, pg_temp.one_of('sms', 'sms', 'sms', 'email', 'email', 'call', 'workflow', 'workflow', 'tag', 'fax') AS channel, pg_temp.one_of('seq:9', 'seq:same', 'reply:9', 'reminder:9', 'reply', NULL) AS key, random() AS place
                          FROM who w CROSS JOIN generate_series(1, 4) WHERE w.n > 0) x
                 GROUP BY mod(floor(x.place * 1000)::integer, 4)) claim
         CROSS JOIN LATERAL unnest(claim.locations, claim.leads, claim.channels, claim.keys, jorge.plainly_allowed(claim.locations, claim.leads, claim.channels, moment, claim.keys)) a(location_id, lead_id, channel, key, plain)
         CROSS JOIN LATERAL jorge.send_rule(a.location_id, a.lead_id, a.channel, moment, a.key) r;
    END LOOP;
    DROP TABLE who, known;
END
$$;
SELECT count(pg_temp.compare_world(seed)) FROM generate_series(:first, :first + :worlds - 1) seed \g /dev/null
SELECT is((SELECT count(*) FROM compared), 1200::bigint * :worlds, 'some hundreds of people, each asked about often');
SELECT is((SELECT count(*) FROM compared WHERE plain IS NULL), 0::bigint, 'each has an answer');
SELECT is_empty($$SELECT seed, at, location_id, lead_id, channel, key, decision, rule FROM compared WHERE plain AND (decision, rule) IS DISTINCT FROM ('send', 'allowed')$$, 'nobody is plainly allowed whom the rule does not allow');
SELECT cmp_ok((SELECT count(*) FROM compared WHERE plain), '>=', 25::bigint * :worlds, 'and many are');
SELECT cmp_ok((SELECT count(DISTINCT split_part(rule, ' ', 1)) FROM compared), '>=', 13::bigint, 'every rule has stopped somebody');
SELECT split_part(rule, ' ', 1) AS "# rule", count(*), count(*) FILTER (WHERE plain) AS plain FROM compared GROUP BY 1 ORDER BY 1;
SELECT * FROM finish();
ROLLBACK;
