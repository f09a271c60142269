-- The send gate for many deliveries at once: which of them does plainly nothing speak against?
--
-- jorge.send_rule() stays the one truth about each. Most deliveries of a claim are to people who never said no, are on no
-- list and were not written to lately; to see that of all of them takes one statement, which reads what depends on the
-- location once and the hours of each place once. It only ever says yes, and only where send_rule() says so too (a test
-- compares them on random people): whatever it is not sure of is asked one by one. Whoever makes send_rule() stricter by
-- something that is not read here already must do the same here. An owner's own send_gate() or send_rule() is always asked.

CREATE OR REPLACE FUNCTION jorge.gate_is_shipped() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    RETURN (SELECT count(*) = 2
              FROM jorge.shipped_function s JOIN pg_proc p ON p.oid = to_regprocedure(s.signature) AND md5(p.prosrc) = s.body_md5
             WHERE s.signature IN ('jorge.send_gate(text,uuid,text,timestamp with time zone,text)', 'jorge.send_rule(text,uuid,text,timestamp with time zone,text)'));
END
$fn$;
COMMENT ON FUNCTION jorge.gate_is_shipped() IS 'Are jorge.send_gate() and jorge.send_rule() those that jorge.install() made, and not the owner''s own?';

CREATE OR REPLACE FUNCTION jorge.plainly_allowed(locations text[], leads uuid[], channels text[], at timestamptz, keys text[]) RETURNS boolean[]
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    -- as in send_rule(): a plan saved while a table was empty must be right later, too
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $fn$
DECLARE
    levels CONSTANT text[] := ARRAY['none', 'inquiry', 'express', 'written'];
    -- when the longest window of any cap begins
    since timestamptz := at - coalesce((SELECT max(c.days) FROM jorge.send_cap c WHERE c.location_id = '*' OR c.location_id = ANY (locations)), 0) * interval '24 hours';
    allowed bigint[];
    answer boolean[];
BEGIN
    IF at IS NULL OR NOT isfinite(at) THEN
        RETURN NULL;
    END IF;
    WITH asked AS MATERIALIZED (
        -- the second one to a person has to see the decision about the first
        SELECT a.*, jorge.message_purpose(a.key) AS purpose, row_number() OVER (PARTITION BY a.location_id, a.lead_id ORDER BY a.n) = 1 AS first
          FROM unnest(locations, leads, channels, keys) WITH ORDINALITY a(location_id, lead_id, channel, key, n)
    ), rules AS MATERIALIZED (
        SELECT k.location_id, k.channel, k.purpose, p.needs, p.quiet_hours,
               array_position(levels, CASE WHEN k.purpose = 'follow_up' OR p.consent = 'none' THEN p.consent ELSE 'inquiry' END) AS level,
               CASE WHEN p.capped AND k.purpose = 'follow_up' THEN c.days END AS cap_days, c.most AS cap_most
          FROM (SELECT DISTINCT a.location_id, a.channel, a.purpose FROM asked a) k
         CROSS JOIN LATERAL (SELECT x.* FROM jorge.channel_policy x WHERE x.channel = k.channel AND x.location_id IN ('*', k.location_id)
                              ORDER BY x.location_id = '*' LIMIT 1) p
         CROSS JOIN LATERAL (SELECT array_agg(x.days) AS days, array_agg(x.at_most) AS most FROM jorge.send_cap x
                              WHERE x.location_id IN ('*', k.location_id) AND x.channel IN ('all', k.channel)) c
         WHERE p.reaches
           AND (NOT p.a2p OR EXISTS (SELECT FROM jorge.sender s WHERE s.location_id = k.location_id AND s.channel IN (k.channel, 'sms') AND s.a2p_status IN ('approved', 'exempt')))
    ), people AS MATERIALIZED (
        SELECT a.n, l.phone, l.state, l.country, l.time_zone, r.quiet_hours,
               -- all that a place depends on
               ARRAY[a.location_id, CASE WHEN number.key LIKE '+1%' THEN left(number.key, 5) ELSE left(number.key, 1) END, l.state, l.country, l.time_zone] AS place
          FROM asked a
          JOIN rules r ON r.location_id = a.location_id AND r.channel = a.channel AND r.purpose = a.purpose
         CROSS JOIN LATERAL (SELECT x.* FROM jorge.lead x WHERE x.location_id = a.location_id AND x.lead_id = a.lead_id OFFSET 0) l
         CROSS JOIN LATERAL (SELECT jorge.phone_key(l.phone) AS key OFFSET 0) number
         CROSS JOIN LATERAL (SELECT coalesce(max(array_position(levels, w.kind)) FILTER (WHERE w.channel IN ('all', a.channel, CASE WHEN a.channel = 'workflow' THEN 'sms' END) AND w.at > '-infinity'), 1) AS level,
                                    coalesce(bool_and(w.act = 'grant'), true) AS no_limits
                               FROM jorge.consent w WHERE w.lead_id = a.lead_id AND w.location_id || '' = a.location_id) wish
         CROSS JOIN LATERAL (SELECT array_agg(t.at ORDER BY t.at DESC) AS at
                               FROM (SELECT d.at FROM jorge.send_decision d
                                      WHERE d.lead_id = a.lead_id AND d.location_id || '' = a.location_id AND d.at > since AND d.decision = 'send' AND d.rule <> 'internal'
                                     UNION ALL
                                     SELECT i.at FROM jorge.interaction i
                                      WHERE i.lead_id = a.lead_id AND i.location_id || '' = a.location_id AND i.at > since AND i.direction = 'out') t) touched
         WHERE a.first AND l.outcome = 'open' AND wish.no_limits
           AND (greatest(wish.level, CASE WHEN l.inquiries > 0 OR l.last_inbound_at > '-infinity' THEN 2 END) >= r.level OR r.level = 1)
           AND CASE r.needs WHEN 'phone' THEN number.key IS NOT NULL WHEN 'email' THEN jorge.email_key(l.email) IS NOT NULL ELSE r.needs IS NULL END
           AND NOT EXISTS (SELECT FROM jorge.lead_alias x WHERE x.lead_id = a.lead_id OFFSET 0)
           AND NOT EXISTS (SELECT FROM jorge.lead_dnd x WHERE x.location_id = a.location_id AND x.lead_id = a.lead_id AND x.state <> 'inactive' OFFSET 0)
           AND NOT EXISTS (SELECT FROM unnest(r.cap_days, r.cap_most) c(days, most) WHERE c.most < 1 OR touched.at[c.most] > $4 - c.days * interval '24 hours')
    ), numbered AS MATERIALIZED (
        -- joins by number: the lists are short, but arrays are slow to compare
        SELECT p.*, dense_rank() OVER (ORDER BY p.place) AS place_no FROM people p WHERE p.quiet_hours
    ), places AS MATERIALIZED (
        SELECT x.place_no, x.place[1] AS location_id, w.zones, w.regions, dense_rank() OVER (ORDER BY x.place[1], w.zones, w.regions) AS hours_no
          FROM (SELECT DISTINCT ON (p.place_no) p.place_no, p.place, p.phone, p.state, p.country, p.time_zone FROM numbered p ORDER BY p.place_no) x
         CROSS JOIN LATERAL jorge.person_place(x.phone, x.state, x.country, x.time_zone, x.place[1]) w
    ), hours AS MATERIALIZED (
        SELECT h.hours_no, jorge.first_open($4, h.zones, h.regions, h.location_id) = $4 AS open
          FROM (SELECT DISTINCT ON (y.hours_no) y.hours_no, y.location_id, y.zones, y.regions FROM places y ORDER BY y.hours_no) h
    )
    SELECT array_agg(x.n) INTO allowed
      FROM (SELECT p.n FROM people p WHERE NOT p.quiet_hours
            UNION ALL
            SELECT p.n FROM numbered p JOIN places y ON y.place_no = p.place_no JOIN hours h ON h.hours_no = y.hours_no WHERE h.open) x;
    answer := array_fill(false, ARRAY[cardinality(leads)]);
    FOR i IN 1 .. coalesce(cardinality(allowed), 0) LOOP
        answer[allowed[i]] := true;
    END LOOP;
    RETURN answer;
END
$fn$;
COMMENT ON FUNCTION jorge.plainly_allowed(text[], uuid[], text[], timestamptz, text[]) IS
    'For each message to a lead on a channel (dedupe keys as for jorge.send_rule): true where jorge.send_rule() surely answers send, allowed; false is no answer. Of several to one lead only the first can be true. For callers that hold the leads'' row locks.';
REVOKE ALL ON FUNCTION jorge.plainly_allowed(text[], uuid[], text[], timestamptz, text[]) FROM PUBLIC;
