-- What the worker calls: one function claims, one records, one looks around. They hold all policy of delivery; the C code
-- moves bytes. Any other program may call them in the worker's place (never beside it): poll, claim and commit, send, record.

CREATE OR REPLACE FUNCTION jorge.outbox_abi() RETURNS integer
    LANGUAGE sql IMMUTABLE
AS $fn$ SELECT 2 $fn$;
COMMENT ON FUNCTION jorge.outbox_abi() IS 'Version of the functions the worker calls; a worker of another version sends nothing.';

CREATE OR REPLACE FUNCTION jorge.outbox_scaled(delay interval) RETURNS interval
    LANGUAGE sql STABLE
AS $fn$ SELECT $1 / coalesce(nullif(current_setting('jorge.outbox_time_scale', true), '')::float8, 1) $fn$;
COMMENT ON FUNCTION jorge.outbox_scaled(interval) IS 'A delay divided by jorge.outbox_time_scale, which is 1 but in tests.';

CREATE OR REPLACE FUNCTION jorge.value_at(body jsonb, paths text[]) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
AS $fn$
DECLARE
    value text;
BEGIN
    FOR n IN 1 .. coalesce(cardinality(paths), 0) LOOP
        value := nullif(nullif(body #>> string_to_array(paths[n], '.'), ''), 'false');
        EXIT WHEN value IS NOT NULL;
    END LOOP;
    RETURN value;
END
$fn$;
COMMENT ON FUNCTION jorge.value_at(jsonb, text[]) IS 'The first value (not empty, not false) at one of the paths (a.b); NULL if there is none.';

CREATE OR REPLACE FUNCTION jorge.read_answer(answer text, paths text[], OUT body jsonb, OUT value text)
    LANGUAGE plpgsql IMMUTABLE
AS $fn$
BEGIN
    IF answer IS NULL OR answer !~ '^\s*[{[]' THEN
        RETURN;
    END IF;
    body := answer::jsonb;
    value := jorge.value_at(body, paths);
EXCEPTION
    WHEN data_exception OR program_limit_exceeded OR untranslatable_character THEN
        body := NULL;
        value := NULL;
END
$fn$;
COMMENT ON FUNCTION jorge.read_answer(text, text[]) IS 'An answer as JSON, NULL if it is none, and its jorge.value_at() the paths.';

CREATE OR REPLACE FUNCTION jorge.url_encode(value text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
AS $fn$
    SELECT coalesce(string_agg(CASE WHEN b BETWEEN 48 AND 57 OR b BETWEEN 65 AND 90 OR b BETWEEN 97 AND 122 OR b IN (45, 46, 95, 126) THEN chr(b)
                                    ELSE '%' || lpad(upper(to_hex(b)), 2, '0') END, '' ORDER BY n), '')
      FROM (SELECT n, get_byte(convert_to($1, 'UTF8'), n) AS b FROM generate_series(0, octet_length(convert_to($1, 'UTF8')) - 1) n) x
$fn$;
COMMENT ON FUNCTION jorge.url_encode(text) IS 'A value as it may stand in a path or query (RFC 3986: all but letters, digits and -._~ as %XX of UTF-8).';

CREATE OR REPLACE FUNCTION jorge.render_path(path text, payload jsonb, context jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    name text;
    value text;
BEGIN
    FOR name IN SELECT m[1] FROM regexp_matches(path, '\{(\w+)\}', 'g') m LOOP
        value := coalesce(context ->> name, payload ->> name);
        -- an id that is empty would make another request of it
        IF coalesce(value, '') = '' AND path !~ format('[?&]\w+=\{%s\}', name) THEN
            RETURN NULL;
        END IF;
        path := replace(path, '{' || name || '}', jorge.url_encode(coalesce(value, '')));
    END LOOP;
    RETURN path;
END
$fn$;
COMMENT ON FUNCTION jorge.render_path(text, jsonb, jsonb) IS 'A path with its {names} replaced by values of the context or the payload, encoded; NULL if one that isn''t of the query is missing.';

CREATE OR REPLACE FUNCTION jorge.render_body(fixed jsonb, in_path text[], members text[], names text[], payload jsonb, context jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
AS $fn$
DECLARE
    body jsonb := fixed || CASE WHEN in_path = '{}' THEN payload ELSE payload - in_path END;
BEGIN
    FOR n IN 1 .. coalesce(cardinality(members), 0) LOOP
        IF context ? names[n] THEN
            body := body || jsonb_build_object(members[n], context -> names[n]);
        END IF;
    END LOOP;
    RETURN body::text;
END
$fn$;
COMMENT ON FUNCTION jorge.render_body(jsonb, text[], text[], text[], jsonb, jsonb) IS
    'Body of a request: what is the same in all of an account, the payload without what stands in the path, and, as these members, what the context has under these names.';

CREATE OR REPLACE FUNCTION jorge.outbox_poll(OUT abi integer, OUT system_identifier bigint, OUT database_oid oid, OUT token text,
                                             OUT locations text[], OUT next_due timestamptz[], OUT blocked_until timestamptz[],
                                             OUT rates float8[], OUT bursts float8[], OUT unnoted boolean)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET enable_seqscan = off
    SET enable_bitmapscan = off
AS $fn$
DECLARE
    long_due CONSTANT timestamptz := now() - interval '1 minute';
    lost record;
BEGIN
    abi := jorge.outbox_abi();
    SELECT a.system_identifier, a.database_oid, a.token INTO system_identifier, database_oid, token FROM jorge.outbox_arm a;
    -- a walk from location to location along the index, whatever the number of rows
    WITH RECURSIVE pending AS (
        (SELECT o.location_id FROM jorge.outbox o WHERE o.state = 'pending' ORDER BY o.location_id LIMIT 1)
        UNION ALL
        SELECT (SELECT o.location_id FROM jorge.outbox o WHERE o.state = 'pending' AND o.location_id > p.location_id ORDER BY o.location_id LIMIT 1)
          FROM pending p WHERE p.location_id IS NOT NULL
    ), unknown AS (
        (SELECT o.location_id FROM jorge.outbox o WHERE o.state = 'unknown' ORDER BY o.location_id LIMIT 1)
        UNION ALL
        SELECT (SELECT o.location_id FROM jorge.outbox o WHERE o.state = 'unknown' AND o.location_id > u.location_id ORDER BY o.location_id LIMIT 1)
          FROM unknown u WHERE u.location_id IS NOT NULL
    )
    SELECT array_agg(l.location_id) INTO locations
      FROM (SELECT location_id FROM pending WHERE location_id IS NOT NULL UNION SELECT location_id FROM unknown WHERE location_id IS NOT NULL) l;

    -- A lead that is now another row, or none: nobody can claim its deliveries, so they are in front of their queue.
    FOR lost IN SELECT o.location_id, o.outbox_id, jorge.lead_alias(o.lead_id, o.location_id) AS lead_id
                  FROM unnest(locations) q(location_id)
                 CROSS JOIN LATERAL (
                       (SELECT o.ctid AS place FROM jorge.outbox o
                         WHERE o.location_id = q.location_id AND o.state = 'pending' AND o.lane = 0::smallint AND o.due_at <= long_due ORDER BY o.due_at LIMIT 20)
                       UNION ALL
                       (SELECT o.ctid FROM jorge.outbox o
                         WHERE o.location_id = q.location_id AND o.state = 'pending' AND o.lane = 1::smallint AND o.due_at <= long_due ORDER BY o.due_at LIMIT 20)
                       UNION ALL
                       (SELECT o.ctid FROM jorge.outbox o
                         WHERE o.location_id = q.location_id AND o.state = 'pending' AND o.lane = 2::smallint AND o.due_at <= long_due ORDER BY o.due_at LIMIT 20)
                       UNION ALL
                       (SELECT o.ctid FROM jorge.outbox o
                         WHERE o.location_id = q.location_id AND o.state = 'unknown' AND o.due_at <= long_due ORDER BY o.due_at LIMIT 20)) c
                 CROSS JOIN LATERAL (SELECT x.location_id, x.outbox_id, x.lead_id FROM jorge.outbox x WHERE x.ctid = c.place
                                        AND NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = x.location_id AND l.lead_id = x.lead_id OFFSET 0) FOR UPDATE SKIP LOCKED) o LOOP
        UPDATE jorge.outbox o SET lead_id = lost.lead_id
         WHERE o.location_id = lost.location_id AND o.outbox_id = lost.outbox_id
           AND EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = lost.location_id AND l.lead_id = lost.lead_id);
        IF NOT FOUND THEN
            PERFORM jorge.outbox_finish(lost.location_id, ARRAY[lost.outbox_id], 'cancelled', 'the lead is gone');
        END IF;
    END LOOP;

    SELECT array_agg(l.location_id), array_agg(d.at), array_agg(b.until), array_agg(v.rate), array_agg(v.burst)
      INTO locations, next_due, blocked_until, rates, bursts
      FROM unnest(locations) l(location_id),
           LATERAL (SELECT least((SELECT o.due_at FROM jorge.outbox o WHERE o.location_id = l.location_id AND o.state = 'pending' AND o.lane = 0::smallint ORDER BY o.due_at LIMIT 1),
                                 (SELECT o.due_at FROM jorge.outbox o WHERE o.location_id = l.location_id AND o.state = 'pending' AND o.lane = 1::smallint ORDER BY o.due_at LIMIT 1),
                                 (SELECT o.due_at FROM jorge.outbox o WHERE o.location_id = l.location_id AND o.state = 'pending' AND o.lane = 2::smallint ORDER BY o.due_at LIMIT 1),
                                 (SELECT o.due_at FROM jorge.outbox o WHERE o.location_id = l.location_id AND o.state = 'unknown' ORDER BY o.due_at LIMIT 1)) AS at) d,
           LATERAL (SELECT max(CASE WHEN NOT a.enabled THEN 'infinity' WHEN a.blocked_until > now() THEN a.blocked_until END) AS until
                      FROM jorge.provider_account a WHERE a.location_id = l.location_id) b,
           LATERAL (SELECT min(coalesce(own.rate, p.rate)) AS rate, min(coalesce(own.burst, p.burst)) AS burst
                      FROM jorge.provider p LEFT JOIN jorge.provider own ON own.provider = p.provider AND own.location_id = l.location_id
                     WHERE p.location_id = '*') v
     WHERE d.at IS NOT NULL;
    unnoted := EXISTS (SELECT FROM jorge.outbox_done d WHERE NOT d.noted);
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_poll() IS
    'What the worker needs to know: version, whether the database is armed, and of each location with work when something is due, until when it is blocked, and its rate. Deliveries to leads that were merged or are gone are put right first.';
REVOKE ALL ON FUNCTION jorge.outbox_poll() FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_recover() RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $fn$
DECLARE
    o jorge.outbox;
    n bigint := 0;
BEGIN
    FOR o IN SELECT * FROM jorge.outbox x WHERE x.state = 'sending' ORDER BY x.outbox_id FOR UPDATE LOOP
        PERFORM jorge.outbox_settle(o, 'unknown', NULL, NULL, NULL, NULL, 'the worker stopped while it was being sent');
        n := n + 1;
    END LOOP;
    RETURN n;
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_recover() IS 'What a worker that died left on its way is of unknown outcome. For the only worker, when it starts. Returns how many.';
REVOKE ALL ON FUNCTION jorge.outbox_recover() FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.ask_gate(locations text[], ids bigint[], OUT decisions text[], OUT rules text[], OUT untils timestamptz[])
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    -- those that the gate is asked about, by their place among all
    places integer[];
    asked_locations text[];
    asked_leads uuid[];
    asked_channels text[];
    asked_keys text[];
    plain boolean[];
    one record;
BEGIN
    -- a look whether it arrived needs nobody's leave; what was cancelled on its way or has expired is not sent
    SELECT array_agg(CASE WHEN o.state = 'unknown' THEN 'send' WHEN o.stop_reason IS NOT NULL THEN 'cancel' WHEN o.expires_at <= now() THEN 'expire' END ORDER BY p.n),
           array_agg(CASE WHEN o.state = 'unknown' THEN NULL WHEN o.stop_reason IS NOT NULL THEN o.stop_reason WHEN o.expires_at <= now() THEN 'expired' END ORDER BY p.n),
           array_fill(NULL::timestamptz, ARRAY[cardinality(ids)]),
           array_agg(p.n ORDER BY p.n) FILTER (WHERE ask), array_agg(o.location_id ORDER BY p.n) FILTER (WHERE ask), array_agg(o.lead_id ORDER BY p.n) FILTER (WHERE ask),
           array_agg(o.channel ORDER BY p.n) FILTER (WHERE ask), array_agg(coalesce(o.dedupe_key, 'outbox:' || o.outbox_id) ORDER BY p.n) FILTER (WHERE ask)
      INTO decisions, rules, untils, places, asked_locations, asked_leads, asked_channels, asked_keys
      FROM unnest(locations, ids) WITH ORDINALITY p(location_id, outbox_id, n)
     CROSS JOIN LATERAL (SELECT x.* FROM jorge.outbox x WHERE x.location_id = p.location_id AND x.outbox_id = p.outbox_id OFFSET 0) o
     CROSS JOIN LATERAL (SELECT o.state <> 'unknown' AND o.stop_reason IS NULL AND o.expires_at <= now() IS NOT TRUE AS ask) x;
    IF places IS NULL THEN
        RETURN;
    END IF;
    -- one alone is asked about soonest
    IF cardinality(places) > 2 AND jorge.gate_is_shipped() THEN
        plain := jorge.plainly_allowed(asked_locations, asked_leads, asked_channels, now(), asked_keys);
        INSERT INTO jorge.send_decision (location_id, at, lead_id, channel, dedupe_key, decision, rule)
        SELECT a.location_id, now(), a.lead_id, a.channel, a.key, 'send', 'allowed'
          FROM unnest(asked_locations, asked_leads, asked_channels, asked_keys, plain) a(location_id, lead_id, channel, key, plain) WHERE a.plain;
    END IF;
    FOR n IN 1 .. cardinality(places) LOOP
        IF plain[n] THEN
            decisions[places[n]] := 'send';
            rules[places[n]] := 'allowed';
            CONTINUE;
        END IF;
        SELECT s.decision, s.rule, s.until INTO one FROM jorge.send_gate(asked_locations[n], asked_leads[n], asked_channels[n], now(), asked_keys[n]) s LIMIT 1;
        IF one.decision IN ('send', 'defer', 'cancel', 'hold') THEN
            decisions[places[n]] := one.decision;
            rules[places[n]] := one.rule;
            untils[places[n]] := one.until;
        ELSE
            decisions[places[n]] := 'hold';
            rules[places[n]] := format('the send gate answered %s', coalesce(one.decision, 'nothing'));
        END IF;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.ask_gate(text[], bigint[]) IS
    'The send gate''s decisions about deliveries, in their order; those that plainly nothing speaks against (jorge.plainly_allowed) together, the others one by one by jorge.send_gate(), as all are if that is the owner''s own. Whatever is not a decision is hold. The caller holds the locks of deliveries and leads.';
REVOKE ALL ON FUNCTION jorge.ask_gate(text[], bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_claim(arm_token text, locations text[], limits integer[])
    RETURNS TABLE (location_id text, outbox_id bigint, fence bigint, provider text, method text, url text, version text, body text, reuse boolean)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $fn$
DECLARE
    locs text[];
    ids bigint[];
    decisions text[];
    rules text[];
    untils timestamptz[];
    one record;
    ended record;
    n integer;
BEGIN
    IF NOT EXISTS (SELECT FROM jorge.outbox_arm a WHERE a.token = arm_token) THEN
        RETURN;
    END IF;

    -- The most urgent of each location: by deadline, so that nothing starves. Each branch reads its index from the front.
    -- FOR UPDATE and FOR SHARE skip what is locked: whoever changes the lead or the delivery now comes first.
    SELECT array_agg(o.location_id), array_agg(o.outbox_id) INTO locs, ids
      FROM unnest($2, $3) q(location_id, most)
     CROSS JOIN LATERAL (
           SELECT x.outbox_id
             FROM ((SELECT o.outbox_id, o.due_at AS deadline FROM jorge.outbox o
                     WHERE o.location_id = q.location_id AND o.state = 'pending' AND o.lane = 0::smallint AND o.due_at <= now()
                     ORDER BY o.due_at LIMIT q.most)
                   UNION ALL
                   (SELECT o.outbox_id, o.due_at + interval '1 minute' FROM jorge.outbox o
                     WHERE o.location_id = q.location_id AND o.state = 'pending' AND o.lane = 1::smallint AND o.due_at <= now()
                     ORDER BY o.due_at LIMIT q.most)
                   UNION ALL
                   (SELECT o.outbox_id, o.due_at + interval '5 minutes' FROM jorge.outbox o
                     WHERE o.location_id = q.location_id AND o.state = 'pending' AND o.lane = 2::smallint AND o.due_at <= now()
                     ORDER BY o.due_at LIMIT q.most)
                   UNION ALL
                   (SELECT o.outbox_id, o.due_at + interval '1 minute' FROM jorge.outbox o
                     WHERE o.location_id = q.location_id AND o.state = 'unknown' AND o.due_at <= now()
                     ORDER BY o.due_at LIMIT q.most)) x
            ORDER BY x.deadline LIMIT q.most) c
     CROSS JOIN LATERAL (SELECT x.location_id, x.outbox_id, x.lead_id FROM jorge.outbox x
                          WHERE x.location_id = q.location_id AND x.outbox_id = c.outbox_id AND x.state IN ('pending', 'unknown') FOR UPDATE SKIP LOCKED) o
     CROSS JOIN LATERAL (SELECT FROM jorge.lead l WHERE l.location_id = o.location_id AND l.lead_id = o.lead_id FOR SHARE SKIP LOCKED) l;
    IF ids IS NULL THEN
        RETURN;
    END IF;

    -- With the locks held, a new snapshot: whatever was committed before the locks is seen.
    BEGIN
        SELECT g.decisions, g.rules, g.untils INTO decisions, rules, untils FROM jorge.ask_gate(locs, ids) g;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR cardinality_violation OR raise_exception OR no_data_found OR too_many_rows THEN
        -- one delivery the gate can't judge is held, the others are not
        untils := array_fill(NULL::timestamptz, ARRAY[cardinality(ids)]);
        FOR n IN 1 .. cardinality(ids) LOOP
            BEGIN
                SELECT g.decisions[1] AS decision, g.rules[1] AS rule, g.untils[1] AS until INTO one FROM jorge.ask_gate(ARRAY[locs[n]], ARRAY[ids[n]]) g;
                decisions[n] := one.decision;
                rules[n] := one.rule;
                untils[n] := one.until;
            EXCEPTION WHEN data_exception OR integrity_constraint_violation OR cardinality_violation OR raise_exception OR no_data_found OR too_many_rows THEN
                decisions[n] := 'hold';
                rules[n] := left('the send gate failed: ' || sqlerrm, 200);
            END;
        END LOOP;
    END;

    IF 'cancel' = ANY (decisions) OR 'expire' = ANY (decisions) THEN
        UPDATE jorge.outbox o SET rule = d.rule
          FROM unnest(locs, ids, decisions, rules) d(location_id, outbox_id, decision, rule)
         CROSS JOIN LATERAL (SELECT y.ctid FROM jorge.outbox y WHERE y.location_id = d.location_id AND y.outbox_id = d.outbox_id OFFSET 0) x
         WHERE o.ctid = x.ctid AND d.decision IN ('cancel', 'expire');
        FOR ended IN SELECT d.location_id, d.decision, d.rule, array_agg(d.outbox_id) AS ids
                       FROM unnest(locs, ids, decisions, rules) d(location_id, outbox_id, decision, rule)
                      WHERE d.decision IN ('cancel', 'expire') GROUP BY 1, 2, 3 LOOP
            PERFORM jorge.outbox_finish(ended.location_id, ended.ids, CASE ended.decision WHEN 'expire' THEN 'expired' ELSE 'cancelled' END, ended.rule, 'gate');
        END LOOP;
    END IF;

    RETURN QUERY
    WITH due AS MATERIALIZED (
        SELECT o.ctid, o.location_id, o.outbox_id, o.state AS was, o.lead_id, o.endpoint, o.payload, l.ghl_contact_id, d.decision, d.rule, d.until
          FROM unnest(locs, ids, decisions, rules, untils) d(location_id, outbox_id, decision, rule, until)
         CROSS JOIN LATERAL (SELECT x.ctid, x.* FROM jorge.outbox x WHERE x.location_id = d.location_id AND x.outbox_id = d.outbox_id OFFSET 0) o
         CROSS JOIN LATERAL (SELECT x.ghl_contact_id FROM jorge.lead x WHERE x.location_id = o.location_id AND x.lead_id = o.lead_id OFFSET 0) l
         WHERE d.decision IN ('send', 'defer', 'hold')
    ), routes AS MATERIALIZED (
        SELECT k.location_id, k.endpoint, e.provider, e.needs_contact
          FROM (SELECT DISTINCT d.location_id, d.endpoint FROM due d) k
         CROSS JOIN LATERAL (SELECT x.provider, x.needs_contact FROM jorge.endpoint x WHERE x.endpoint = k.endpoint AND x.location_id IN (k.location_id, '*')
                              ORDER BY x.location_id = '*' LIMIT 1) e
    ), planned AS MATERIALIZED (
        SELECT d.*, e.provider, c.contact_id, k.conversation_id,
               CASE WHEN d.was = 'unknown' THEN CASE WHEN k.conversation_id IS NULL THEN 'conversation_search' ELSE 'messages' END
                    WHEN NOT e.needs_contact THEN 'send'
                    WHEN k.doubt = 'check' THEN 'contact_get'
                    WHEN k.doubt = 'make' THEN 'contact_upsert'
                    WHEN k.doubt = 'search' OR c.contact_id IS NULL THEN 'contact_search'
                    WHEN k.checked_at < now() - interval '30 days' THEN 'contact_get'
                    ELSE 'send' END AS step
          FROM due d
          LEFT JOIN routes e ON e.location_id = d.location_id AND e.endpoint = d.endpoint
          LEFT JOIN LATERAL (SELECT x.contact_id, x.conversation_id, x.doubt, x.checked_at FROM jorge.contact_cache x
                              WHERE x.location_id = d.location_id AND x.provider = e.provider AND x.lead_id = d.lead_id OFFSET 0) k ON true
         CROSS JOIN LATERAL (SELECT coalesce(k.contact_id, CASE WHEN e.provider = 'ghl' THEN d.ghl_contact_id END) AS contact_id) c
    ), alone AS (
        -- one look for a contact at a time: two would make it twice
        SELECT p.*,
               p.step LIKE 'contact%' AND (row_number() OVER (PARTITION BY p.location_id, p.lead_id, p.provider, p.step LIKE 'contact%' ORDER BY p.outbox_id) > 1
                 OR EXISTS (SELECT FROM jorge.outbox s WHERE s.lead_id = p.lead_id AND s.location_id = p.location_id AND s.state = 'sending' AND s.step LIKE 'contact%')) AS waits
          FROM planned p
    ), changed AS (
        UPDATE jorge.outbox o
           SET state = CASE a.decision WHEN 'send' THEN 'sending' WHEN 'hold' THEN 'held' ELSE 'pending' END,
               step = CASE a.decision WHEN 'send' THEN a.step ELSE o.step END,
               fence = o.fence + 1,
               attempt = o.attempt + (a.decision = 'send' AND a.step = 'send')::integer,
               sent_at = CASE WHEN a.decision = 'send' AND a.step = 'send' THEN clock_timestamp() ELSE o.sent_at END,
               due_at = CASE a.decision WHEN 'defer' THEN greatest(a.until, now() + interval '1 second', CASE WHEN a.until IS NULL THEN now() + interval '15 minutes' END) ELSE o.due_at END,
               rule = coalesce(a.rule, o.rule),
               reason = CASE a.decision WHEN 'send' THEN o.reason ELSE a.rule END
          FROM alone a
         WHERE o.ctid = a.ctid AND NOT a.waits
        RETURNING o.location_id, o.outbox_id, o.lead_id, o.fence, o.step, o.attempt, a.was, a.decision, a.rule, o.due_at, a.provider, a.contact_id, a.conversation_id,
                  a.endpoint, a.payload
    ), logged AS (
        INSERT INTO jorge.outbox_log (location_id, at, outbox_id, lead_id, kind, decision, rule, until, step)
        SELECT c.location_id, clock_timestamp(), c.outbox_id, c.lead_id, 'gate', c.decision, c.rule, CASE c.decision WHEN 'defer' THEN c.due_at END, c.step
          FROM changed c WHERE c.was = 'pending'
    ), requests AS MATERIALIZED (
        -- what is the same for all requests of a location and endpoint
        SELECT k.location_id, k.provider, k.endpoint, f.method, v.base_url, f.path, f.version, f.reuse, a.account_id,
               f.body || coalesce((SELECT jsonb_object_agg(d.key, d.value) FROM jsonb_each(a.defaults) d WHERE d.key = ANY (f.allowed)), '{}') AS fixed,
               ARRAY(SELECT m[1] FROM regexp_matches(f.path, '\{(\w+)\}', 'g') m) AS in_path,
               ARRAY(SELECT c.key FROM jsonb_each_text(f.context) c ORDER BY c.key) AS members,
               ARRAY(SELECT c.value FROM jsonb_each_text(f.context) c ORDER BY c.key) AS names
          FROM (SELECT DISTINCT c.location_id, c.provider, CASE c.step WHEN 'send' THEN c.endpoint ELSE c.provider || '.' || c.step END AS endpoint
                  FROM changed c WHERE c.decision = 'send') k
          LEFT JOIN LATERAL (SELECT x.base_url FROM jorge.provider x WHERE x.provider = k.provider AND x.location_id IN (k.location_id, '*')
                              ORDER BY x.location_id = '*' LIMIT 1) v ON true
          LEFT JOIN jorge.provider_account a ON a.location_id = k.location_id AND a.provider = k.provider
          LEFT JOIN LATERAL (SELECT x.* FROM jorge.endpoint x WHERE x.endpoint = k.endpoint AND x.location_id IN (k.location_id, '*')
                              ORDER BY x.location_id = '*' LIMIT 1) f ON true
    )
    SELECT c.location_id, c.outbox_id, c.fence, coalesce(c.provider, '?'), q.method,
           q.base_url || CASE WHEN q.in_path = '{}' THEN q.path ELSE jorge.render_path(q.path, r.payload, r.context) END,
           q.version, CASE WHEN q.method <> 'GET' THEN jorge.render_body(q.fixed, q.in_path, q.members, q.names, r.payload, r.context) END, q.reuse
      FROM changed c
      LEFT JOIN requests q ON q.location_id = c.location_id AND q.provider = c.provider
                          AND q.endpoint = CASE c.step WHEN 'send' THEN c.endpoint ELSE c.provider || '.' || c.step END
     CROSS JOIN LATERAL (SELECT CASE c.step WHEN 'send' THEN c.payload ELSE '{}' END AS payload,
                    jsonb_strip_nulls(jsonb_build_object('contact_id', c.contact_id, 'account_id', coalesce(q.account_id, c.location_id), 'conversation_id', c.conversation_id))
                    || coalesce((SELECT jsonb_strip_nulls(jsonb_build_object('name', l.name, 'first_name', l.first_name, 'last_name', l.last_name,
                                   'email', l.email, 'phone', jorge.phone_key(l.phone), 'source', l.first_source, 'time_zone', l.time_zone))
                                   FROM jorge.lead l WHERE l.location_id = c.location_id AND l.lead_id = c.lead_id AND c.step LIKE 'contact%'), '{}') AS context OFFSET 0) r
     WHERE c.decision = 'send'
    UNION ALL
    SELECT s.location_id, s.outbox_id, NULL::bigint, NULL, NULL, NULL, NULL, NULL, NULL::boolean
      FROM (SELECT c.location_id, c.outbox_id FROM changed c WHERE c.decision <> 'send'
            UNION ALL
            SELECT d.location_id, d.outbox_id FROM unnest(locs, ids, decisions) d(location_id, outbox_id, decision) WHERE d.decision IN ('cancel', 'expire')) s;
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_claim(text, text[], integer[]) IS
    'Takes up to limits[n] due deliveries of locations[n] on their way, most urgent first, each after the send gate let it, and returns the requests to make; commit before making them. Nothing is returned, if arm_token is not that of jorge.outbox_arm. Deliveries the gate defers, holds or cancels are moved accordingly; every decision is a row of jorge.outbox_log. A NULL url means that the request can''t be made: record it as unsendable. A NULL fence means that there is nothing to send or record: a delivery that was deferred, held or ended; where there are as many rows as limits[n], more may be due.';
REVOKE ALL ON FUNCTION jorge.outbox_claim(text, text[], integer[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_class(e jorge.endpoint, outcome text, status integer, answer text, OUT class text, OUT reason text)
    LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    rule jsonb;
    said jsonb;
    proof text;
BEGIN
    IF outcome IN ('not_sent', 'unknown', 'unsendable') THEN
        class := CASE outcome WHEN 'unsendable' THEN 'rejected' ELSE outcome END;
        RETURN;
    END IF;
    SELECT a.body, a.value INTO said, proof FROM jorge.read_answer(answer, e.accepted) a;
    reason := left(coalesce(CASE WHEN jsonb_typeof(said -> 'message') = 'array'
                                 THEN (SELECT string_agg(m, '; ') FROM jsonb_array_elements_text(said -> 'message') m)
                                 ELSE said ->> 'message' END,
                            said ->> 'error_description', said ->> 'error', ''), 400);
    FOR rule IN SELECT r FROM jsonb_array_elements(e.classes) r LOOP
        IF (rule -> 'status' IS NULL OR rule -> 'status' @> to_jsonb(status)) AND coalesce(answer, '') ILIKE '%' || coalesce(rule ->> 'match', '') || '%' THEN
            class := rule ->> 'class';
            reason := concat_ws(': ', rule ->> 'reason', nullif(reason, ''));
            RETURN;
        END IF;
    END LOOP;
    class := CASE
        WHEN status BETWEEN 200 AND 299 AND outcome = 'replied' AND (e.accepted IS NULL OR proof IS NOT NULL) THEN 'accepted'
        WHEN status BETWEEN 200 AND 299 THEN 'unknown'
        WHEN status = 429 THEN 'throttled'
        WHEN status = 401 THEN 'auth'
        WHEN status BETWEEN 300 AND 399 THEN 'rejected'
        WHEN status = 408 OR status >= 500 THEN 'unknown'
        ELSE 'rejected' END;
    reason := coalesce(nullif(reason, ''), CASE WHEN class = 'unknown' AND status < 300 THEN 'success without the id that proves it'
                                                WHEN status BETWEEN 300 AND 399 THEN 'redirects are not followed' END, 'status ' || status);
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_class(jorge.endpoint, text, integer, text) IS
    'What an answer means: accepted, throttled (429), auth (401), rejected (other 3xx, 4xx), unknown (408, 5xx, success without its id, no answer after the request went out), not_sent; or what the endpoint''s classes say.';

CREATE OR REPLACE FUNCTION jorge.outbox_retry_delay(attempt integer) RETURNS interval
    LANGUAGE sql VOLATILE
AS $fn$
    SELECT jorge.outbox_scaled((ARRAY['5 s', '30 s', '2 min', '10 min', '1 h', '3 h', '6 h']::interval[])[greatest(1, least(7, $1))] * (0.8 + 0.4 * random()))
$fn$;
COMMENT ON FUNCTION jorge.outbox_retry_delay(integer) IS 'How long to wait after an attempt that failed: 5 s, 30 s, 2 min, 10 min, 1 h, 3 h, 6 h, each ± 20 % by chance.';
REVOKE ALL ON FUNCTION jorge.outbox_retry_delay(integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.remember_contact(location_id text, provider text, lead_id uuid, contact_id text, doubt text,
                                                  conversation_id text DEFAULT NULL, dnd jsonb DEFAULT NULL, time_zone text DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    INSERT INTO jorge.contact_cache AS c (location_id, provider, lead_id, contact_id, doubt, conversation_id, dnd, time_zone)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (location_id, provider, lead_id) DO UPDATE
       SET contact_id = coalesce(EXCLUDED.contact_id, c.contact_id), doubt = EXCLUDED.doubt,
           conversation_id = CASE WHEN EXCLUDED.contact_id <> c.contact_id THEN EXCLUDED.conversation_id ELSE coalesce(EXCLUDED.conversation_id, c.conversation_id) END,
           dnd = coalesce(EXCLUDED.dnd, c.dnd), time_zone = coalesce(EXCLUDED.time_zone, c.time_zone),
           checked_at = CASE WHEN EXCLUDED.doubt IS NULL THEN now() ELSE c.checked_at END
$fn$;
COMMENT ON FUNCTION jorge.remember_contact(text, text, uuid, text, text, text, jsonb, text) IS 'Writes what was learnt of a contact; NULLs keep what was known, but for doubt.';
REVOKE ALL ON FUNCTION jorge.remember_contact(text, text, uuid, text, text, text, jsonb, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_again(o jorge.outbox, state text, due_at timestamptz, reason text, uncount integer DEFAULT 0) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    IF $2 = 'pending' AND o.stop_reason IS NOT NULL THEN
        PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'cancelled', o.stop_reason);
    ELSIF $2 = 'pending' AND $3 >= o.expires_at THEN
        PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'expired', $4);
    ELSE
        UPDATE jorge.outbox x SET state = $2, due_at = greatest($3, CASE WHEN $2 = 'pending' THEN x.not_before END), reason = left($4, 500),
               attempt = greatest(0, x.attempt - $5)
         WHERE x.location_id = o.location_id AND x.outbox_id = o.outbox_id;
    END IF;
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_again(jorge.outbox, text, timestamptz, text, integer) IS 'Makes a delivery that was on its way pending or unknown again, or ends it where it was cancelled meanwhile or expires before.';
REVOKE ALL ON FUNCTION jorge.outbox_again(jorge.outbox, text, timestamptz, text, integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_settle(o jorge.outbox, outcome text, status integer, answer text, retry_after integer, took_ms integer, detail text,
                                               OUT action text, OUT until timestamptz)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    own jorge.endpoint := jorge.endpoint_of(o.location_id, o.endpoint);
    e jorge.endpoint := own;
    class text;
    why text;
    said jsonb;
    id text;
    read record;
    most constant integer := 8;
    counted boolean := o.step = 'send';
BEGIN
    IF o.step <> 'send' THEN
        e := jorge.endpoint_of(o.location_id, own.provider || '.' || o.step);
    END IF;
    SELECT c.class, c.reason INTO class, why FROM jorge.outbox_class(e, outcome, status, answer) c;
    SELECT a.body, a.value INTO said, id FROM jorge.read_answer(answer, e.accepted) a;
    why := left(concat_ws(': ', nullif(detail, ''), nullif(why, '')), 500);

    -- what concerns the account and is no fault of the delivery
    IF class = 'throttled' THEN
        until := clock_timestamp() + jorge.outbox_scaled(make_interval(secs => least(3600, greatest(coalesce(retry_after, 0), 10))) * (1 + 0.1 * random()));
        action := 'block';
    ELSIF class = 'setup' THEN
        until := clock_timestamp() + jorge.outbox_scaled('10 min');
        action := 'block';
    ELSIF class = 'auth' THEN
        until := clock_timestamp();
        action := 'auth';
    END IF;
    IF action IS NOT NULL THEN
        INSERT INTO jorge.provider_account AS a (location_id, provider, blocked_until, block_reason, last_error_at, last_error)
        VALUES (o.location_id, own.provider, until, CASE class WHEN 'auth' THEN 'token' WHEN 'setup' THEN 'setup' ELSE 'rate limit' END, clock_timestamp(), why)
        ON CONFLICT (location_id, provider) DO UPDATE
           SET blocked_until = greatest(a.blocked_until, EXCLUDED.blocked_until), block_reason = EXCLUDED.block_reason,
               last_error_at = EXCLUDED.last_error_at, last_error = EXCLUDED.last_error;
        PERFORM jorge.outbox_again(o, CASE WHEN o.step IN ('conversation_search', 'messages') THEN 'unknown' ELSE 'pending' END, until, why, counted::integer);

    ELSIF o.step = 'send' THEN
        CASE class
        WHEN 'accepted' THEN
            PERFORM jorge.outbox_sent(o, id, said ->> 'conversationId', why);
        WHEN 'rejected' THEN
            PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', why);
        WHEN 'contact' THEN
            IF o.attempt >= most THEN
                PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', why);
            ELSE
                PERFORM jorge.remember_contact(o.location_id, own.provider, o.lead_id, NULL, CASE WHEN o.attempt > 1 THEN 'search' ELSE 'check' END);
                until := clock_timestamp() + CASE WHEN o.attempt > 2 THEN jorge.outbox_retry_delay(o.attempt) ELSE interval '0' END;
                PERFORM jorge.outbox_again(o, 'pending', until, why);
            END IF;
        WHEN 'unknown' THEN
            IF own.on_unknown = 'reconcile' THEN
                until := o.sent_at + jorge.outbox_scaled('90 s');
                UPDATE jorge.outbox x SET state = 'unknown', due_at = until, looks = 0, reason = why
                 WHERE x.location_id = o.location_id AND x.outbox_id = o.outbox_id;
            ELSIF own.on_unknown = 'stop' OR o.attempt >= most THEN
                PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', 'unknown outcome: ' || why);
            ELSE
                until := clock_timestamp() + jorge.outbox_retry_delay(o.attempt);
                PERFORM jorge.outbox_again(o, 'pending', until, why);
            END IF;
        ELSE
            IF o.attempt >= most THEN
                PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', 'out of attempts: ' || why);
            ELSE
                until := clock_timestamp() + jorge.outbox_retry_delay(o.attempt);
                PERFORM jorge.outbox_again(o, 'pending', until, why);
            END IF;
        END CASE;

    ELSIF o.step IN ('contact_get', 'contact_search', 'contact_upsert') THEN
        -- an answer with the id is one, whatever its status: 400 of a duplicate names the contact
        IF id ~ '^[A-Za-z0-9_-]{1,64}$' AND status IN (200, 201, 400, 409) THEN
            EXECUTE format('SELECT r.* FROM jorge.%I($1) r', 'read_contact_' || own.provider) INTO read USING said;
            PERFORM jorge.remember_contact(o.location_id, own.provider, o.lead_id, id, NULL, NULL, read.dnd, read.time_zone);
            IF read.dnd ->> o.channel = 'true' THEN
                PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'cancelled', 'the contact has do-not-disturb set');
                class := 'rejected';
            ELSE
                PERFORM jorge.outbox_again(o, 'pending', clock_timestamp(), 'contact known');
                class := 'contact';
            END IF;
        ELSIF o.step = 'contact_upsert' AND class = 'rejected' THEN
            PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', 'the contact can''t be made: ' || why);
        ELSIF class IN ('rejected', 'contact') OR (o.step = 'contact_search' AND status BETWEEN 200 AND 299 AND said IS NOT NULL) THEN
            PERFORM jorge.remember_contact(o.location_id, own.provider, o.lead_id, NULL, CASE o.step WHEN 'contact_get' THEN 'search' ELSE 'make' END);
            PERFORM jorge.outbox_again(o, 'pending', clock_timestamp(), 'the contact was not found');
            class := 'not_found';
        ELSIF o.attempt >= most THEN
            PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', 'out of attempts to find the contact: ' || why);
        ELSE
            until := clock_timestamp() + jorge.outbox_retry_delay(o.attempt + 1);
            PERFORM jorge.outbox_again(o, 'pending', until, why, -1);
        END IF;

    ELSE
        -- did it arrive?
        IF class = 'accepted' AND o.step = 'conversation_search' THEN
            IF id ~ '^[A-Za-z0-9_-]{1,64}$' THEN
                PERFORM jorge.remember_contact(o.location_id, own.provider, o.lead_id, NULL, NULL, id);
                PERFORM jorge.outbox_again(o, 'unknown', clock_timestamp(), o.reason);
            END IF;
        ELSIF class = 'accepted' OR (o.step = 'messages' AND status = 200 AND said IS NOT NULL) THEN
            EXECUTE format('SELECT r.* FROM jorge.%I($1, $2) r', 'reconcile_' || own.provider) INTO read USING o, said;
            class := read.verdict;
            id := read.remote_id;
        ELSIF o.step = 'conversation_search' AND status = 200 AND jsonb_typeof(said -> 'conversations') = 'array' THEN
            class := 'not_found';
        ELSE
            class := 'inconclusive';
        END IF;
        IF class = 'found' THEN
            PERFORM jorge.outbox_sent(o, id, NULL, 'found in the conversation after an unknown outcome');
        ELSIF class = 'not_found' AND o.looks = 0 THEN
            until := greatest(clock_timestamp(), o.sent_at + jorge.outbox_scaled('10 min'));
            UPDATE jorge.outbox x SET state = 'unknown', due_at = until, looks = 1
             WHERE x.location_id = o.location_id AND x.outbox_id = o.outbox_id;
        ELSIF class = 'not_found' AND o.resends = 0 THEN
            UPDATE jorge.outbox x SET resends = 1, looks = 0 WHERE x.location_id = o.location_id AND x.outbox_id = o.outbox_id;
            PERFORM jorge.outbox_again(o, 'pending', clock_timestamp(), 'not found in the conversation: sent again once');
        ELSIF class = 'not_found' THEN
            PERFORM jorge.outbox_finish(o.location_id, ARRAY[o.outbox_id], 'dead', 'unknown outcome twice, never found in the conversation');
        ELSIF class = 'inconclusive' THEN
            until := clock_timestamp() + jorge.outbox_scaled('5 min');
            PERFORM jorge.outbox_again(o, 'unknown', until, 'can''t tell whether it arrived: ' || coalesce(why, ''));
        END IF;
    END IF;

    INSERT INTO jorge.outbox_log (location_id, at, outbox_id, lead_id, kind, decision, until, step, attempt, status, took_ms, reason)
    VALUES (o.location_id, clock_timestamp(), o.outbox_id, o.lead_id, 'attempt', class, until, o.step, o.attempt, status, took_ms, why);
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_settle(jorge.outbox, text, integer, text, integer, integer, text) IS
    'What becomes of a delivery after a request that was not plainly accepted. Returns what the worker has to heed: block (the location, until), auth (the token was refused).';
REVOKE ALL ON FUNCTION jorge.outbox_settle(jorge.outbox, text, integer, text, integer, integer, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_sent(o jorge.outbox, remote_id text, conversation_id text, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    noted boolean;
BEGIN
    noted := o.channel NOT IN ('sms', 'email') OR NOT coalesce((jorge.provider_of(o.location_id, split_part(o.endpoint, '.', 1))).interactions, true);
    DELETE FROM jorge.outbox x WHERE x.location_id = o.location_id AND x.outbox_id = o.outbox_id;
    INSERT INTO jorge.outbox_done (location_id, at, outbox_id, lead_id, channel, endpoint, payload, priority, due_at, expires_at, state,
                                   attempt, resends, dedupe_key, sequence_enrollment_id, rule, reason, sent_at, remote_id, conversation_id, noted, created_at)
    VALUES (o.location_id, clock_timestamp(), o.outbox_id, o.lead_id, o.channel, o.endpoint, o.payload, o.priority, o.due_at, o.expires_at, 'sent',
            o.attempt, o.resends, o.dedupe_key, o.sequence_enrollment_id, o.rule, nullif($4, ''), o.sent_at, $2, $3, noted, o.created_at);
    INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
    VALUES (o.location_id, o.lead_id, 'followup_sent', o.channel, jsonb_build_object('outbox_id', o.outbox_id, 'channel', o.channel));
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_sent(jorge.outbox, text, text, text) IS 'Moves one delivery to jorge.outbox_done as sent.';
REVOKE ALL ON FUNCTION jorge.outbox_sent(jorge.outbox, text, text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_record(locations text[], ids bigint[], fences bigint[], outcomes text[], statuses integer[], answers text[],
                                               retry_afters integer[], took_ms integer[], details text[])
    RETURNS TABLE (location_id text, action text, until timestamptz)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET enable_seqscan = off
    SET enable_bitmapscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $fn$
#variable_conflict use_column
DECLARE
    said jsonb[];
    rest record;
    heed record;
BEGIN
    BEGIN
        said := ARRAY(SELECT CASE WHEN a.answer ~ '^\s*[{[]' THEN a.answer::jsonb END FROM unnest($6) WITH ORDINALITY a(answer, n) ORDER BY a.n);
    EXCEPTION WHEN data_exception OR program_limit_exceeded OR untranslatable_character THEN
        said := ARRAY(SELECT r.body FROM unnest($6) WITH ORDINALITY a(answer, n), jorge.read_answer(a.answer, NULL) r ORDER BY a.n);
    END;

    -- what was plainly accepted, all at once
    WITH replied AS MATERIALIZED (
        SELECT o.ctid, o.location_id, o.endpoint, o.channel, r.status, r.said, r.took_ms
          FROM unnest($1, $2, $3, $4, $5, said, $8) r(location_id, outbox_id, fence, outcome, status, said, took_ms)
         CROSS JOIN LATERAL (SELECT x.ctid, x.* FROM jorge.outbox x WHERE x.location_id = r.location_id AND x.outbox_id = r.outbox_id OFFSET 0) o
         WHERE r.outcome = 'replied' AND r.status BETWEEN 200 AND 299 AND o.fence = r.fence AND o.state = 'sending' AND o.step = 'send'
    ), routes AS MATERIALIZED (
        SELECT k.location_id, k.endpoint, e.provider, e.accepted, coalesce(p.interactions, true) AS interactions
          FROM (SELECT DISTINCT r.location_id, r.endpoint FROM replied r) k
         CROSS JOIN LATERAL (SELECT x.provider, x.accepted FROM jorge.endpoint x WHERE x.endpoint = k.endpoint AND x.location_id IN (k.location_id, '*')
                              ORDER BY x.location_id = '*' LIMIT 1) e
          LEFT JOIN LATERAL (SELECT x.interactions FROM jorge.provider x WHERE x.provider = e.provider AND x.location_id IN (k.location_id, '*')
                              ORDER BY x.location_id = '*' LIMIT 1) p ON true
    ), good AS MATERIALIZED (
        SELECT r.ctid, r.location_id, r.status, r.took_ms, v.value AS remote_id, r.said ->> 'conversationId' AS conversation_id, e.provider,
               r.channel NOT IN ('sms', 'email') OR NOT e.interactions AS noted
          FROM replied r
          JOIN routes e ON e.location_id = r.location_id AND e.endpoint = r.endpoint
         CROSS JOIN LATERAL (SELECT jorge.value_at(r.said, e.accepted) AS value OFFSET 0) v
         WHERE e.accepted IS NULL OR v.value IS NOT NULL
    ), gone AS (
        DELETE FROM jorge.outbox o USING good g WHERE o.ctid = g.ctid
        RETURNING o.*, g.status, g.took_ms, g.remote_id, g.conversation_id, g.provider, g.noted
    ), done AS (
        INSERT INTO jorge.outbox_done (location_id, at, outbox_id, lead_id, channel, endpoint, payload, priority, due_at, expires_at, state,
                                       attempt, resends, dedupe_key, sequence_enrollment_id, rule, sent_at, remote_id, conversation_id, noted, created_at)
        SELECT g.location_id, now(), g.outbox_id, g.lead_id, g.channel, g.endpoint, g.payload, g.priority, g.due_at, g.expires_at, 'sent',
               g.attempt, g.resends, g.dedupe_key, g.sequence_enrollment_id, g.rule, g.sent_at, g.remote_id, g.conversation_id, g.noted, g.created_at
          FROM gone g
    ), logged AS (
        INSERT INTO jorge.outbox_log (location_id, at, outbox_id, lead_id, kind, decision, step, attempt, status, took_ms)
        SELECT g.location_id, clock_timestamp(), g.outbox_id, g.lead_id, 'attempt', 'accepted', 'send', g.attempt, g.status, g.took_ms FROM gone g
    ), told AS (
        INSERT INTO jorge.event (location_id, lead_id, kind, reason, detail)
        SELECT g.location_id, g.lead_id, 'followup_sent', g.channel, jsonb_build_object('outbox_id', g.outbox_id, 'channel', g.channel) FROM gone g
    ), learnt AS (
        INSERT INTO jorge.contact_cache AS c (location_id, provider, lead_id, conversation_id)
        SELECT DISTINCT ON (g.location_id, g.provider, g.lead_id) g.location_id, g.provider, g.lead_id, g.conversation_id FROM gone g
         WHERE g.conversation_id ~ '^[A-Za-z0-9_-]+$' AND length(g.conversation_id) <= 64
        ON CONFLICT (location_id, provider, lead_id) DO UPDATE SET conversation_id = EXCLUDED.conversation_id, doubt = NULL, checked_at = now()
         WHERE c.conversation_id IS DISTINCT FROM EXCLUDED.conversation_id OR c.doubt IS NOT NULL OR c.checked_at < now() - interval '1 day'
    )
    UPDATE jorge.provider_account a SET last_sent_at = now(), blocked_until = NULL, block_reason = NULL
      FROM (SELECT DISTINCT g.location_id, g.provider FROM good g) g
     WHERE a.location_id = g.location_id AND a.provider = g.provider
       AND (a.last_sent_at IS NULL OR a.last_sent_at < now() - interval '1 minute')
       AND (a.blocked_until IS NULL OR a.blocked_until < now());

    -- the rest one by one: a row that is still on its way under this fence has not been settled yet
    FOR rest IN SELECT o::jorge.outbox AS item, x.outcome, x.status, x.answer, x.retry_after, x.took_ms, x.detail
               FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) x(location_id, outbox_id, fence, outcome, status, answer, retry_after, took_ms, detail)
              CROSS JOIN LATERAL (SELECT y.* FROM jorge.outbox y WHERE y.location_id = x.location_id AND y.outbox_id = x.outbox_id OFFSET 0) o
              WHERE o.fence = x.fence AND o.state = 'sending' LOOP
        SELECT s.action, s.until INTO heed
          FROM jorge.outbox_settle(rest.item, rest.outcome, rest.status, rest.answer, rest.retry_after, rest.took_ms, rest.detail) s;
        IF heed.action IS NOT NULL THEN
            location_id := (rest.item).location_id;
            action := heed.action;
            until := heed.until;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_record(text[], bigint[], bigint[], text[], integer[], text[], integer[], integer[], text[]) IS
    'Records what came of requests: outcome replied (with status and answer), not_sent (nothing left this machine), unknown (it may have arrived), cut (answered, but more than the worker keeps), unsendable. A result of an older claim than the latest is ignored. Returns what the worker has to heed, see jorge.outbox_settle().';
REVOKE ALL ON FUNCTION jorge.outbox_record(text[], bigint[], bigint[], text[], integer[], text[], integer[], integer[], text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_poison(location_id text, outbox_id bigint, fence bigint, reason text) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
    UPDATE jorge.outbox o SET state = 'held', reason = left('its result could not be recorded: ' || $4, 500)
     WHERE o.location_id = $1 AND o.outbox_id = $2 AND o.fence = $3 AND o.state = 'sending'
$fn$;
COMMENT ON FUNCTION jorge.outbox_poison(text, bigint, bigint, text) IS 'Holds a delivery whose result can''t be recorded, so that it stops no other. A person decides: it may have arrived.';
REVOKE ALL ON FUNCTION jorge.outbox_poison(text, bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.note_sent(ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
AS $fn$
BEGIN
    INSERT INTO jorge.interaction (location_id, lead_id, at, channel, direction, body, provider, provider_ref)
    SELECT d.location_id, jorge.lead_alias(d.lead_id, d.location_id), d.sent_at, d.channel, 'out',
           coalesce(d.payload ->> 'message', d.payload ->> 'html'), split_part(d.endpoint, '.', 1), d.remote_id
      FROM jorge.outbox_done d
     WHERE d.outbox_id = ANY ($1) AND d.noted IS NOT TRUE;
    UPDATE jorge.outbox_done d SET noted = true WHERE d.outbox_id = ANY ($1) AND d.noted IS NOT TRUE;
END
$fn$;
COMMENT ON FUNCTION jorge.note_sent(bigint[]) IS 'Makes sent messages interactions of their leads, all or none.';
REVOKE ALL ON FUNCTION jorge.note_sent(bigint[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.outbox_note(most integer DEFAULT 100) RETURNS integer
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
    SET enable_seqscan = off
    SET lock_timeout = '100ms'
AS $fn$
DECLARE
    ids bigint[];
    one bigint;
    n integer := 0;
BEGIN
    -- those whose lead nobody has: the next ones have not to wait for the others, nor has the worker
    SELECT array_agg(x.outbox_id) INTO ids
      FROM (SELECT d.outbox_id FROM jorge.outbox_done d
             CROSS JOIN LATERAL (SELECT jorge.lead_alias(d.lead_id, d.location_id) AS lead_id OFFSET 0) who
             CROSS JOIN LATERAL (SELECT FROM (SELECT FROM jorge.lead l WHERE l.location_id = d.location_id AND l.lead_id = who.lead_id FOR NO KEY UPDATE SKIP LOCKED) free
                                 UNION ALL
                                 SELECT WHERE NOT EXISTS (SELECT FROM jorge.lead l WHERE l.location_id = d.location_id AND l.lead_id = who.lead_id OFFSET 0)) one
             WHERE NOT d.noted ORDER BY d.at LIMIT most) x;
    IF ids IS NULL THEN
        RETURN 0;
    END IF;
    BEGIN
        PERFORM jorge.note_sent(ids);
        RETURN cardinality(ids);
    EXCEPTION WHEN lock_not_available OR deadlock_detected OR serialization_failure OR integrity_constraint_violation OR data_exception THEN
        NULL;
    END;
    FOREACH one IN ARRAY ids LOOP
        BEGIN
            PERFORM jorge.note_sent(ARRAY[one]);
            n := n + 1;
        EXCEPTION
            -- next time
            WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
                NULL;
            WHEN integrity_constraint_violation OR data_exception THEN
                UPDATE jorge.outbox_done d SET noted = true, reason = left(coalesce(d.reason || '; ', '') || 'not noted: ' || sqlerrm, 500) WHERE d.outbox_id = one;
        END;
    END LOOP;
    RETURN n;
END
$fn$;
COMMENT ON FUNCTION jorge.outbox_note(integer) IS
    'Makes sent messages interactions of their leads, apart from recording them, where nobody has the lead locked: that must hold up neither deliveries nor what else is to be noted. The provider''s own echo of the message is known by its id and dropped. Returns how many.';
REVOKE ALL ON FUNCTION jorge.outbox_note(integer) FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.arm() RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
DECLARE
    secret text := md5(gen_random_uuid()::text) || md5(gen_random_uuid()::text);
    waiting bigint;
BEGIN
    INSERT INTO jorge.outbox_arm AS a (system_identifier, database_oid, token)
    SELECT c.system_identifier, d.oid, secret FROM pg_control_system() c, pg_database d WHERE d.datname = current_database()
    ON CONFLICT (location_id) DO UPDATE
       SET system_identifier = EXCLUDED.system_identifier, database_oid = EXCLUDED.database_oid, token = EXCLUDED.token,
           armed_at = now(), armed_by = session_user;
    PERFORM jorge.write_arm_file(secret);
    PERFORM jorge.outbox_wake('-infinity');
    SELECT count(*) INTO waiting FROM jorge.outbox o WHERE o.state = 'pending' AND o.due_at <= now();
    RETURN format('armed; %s deliveries are due now', waiting);
END
$fn$;
COMMENT ON FUNCTION jorge.arm() IS
    'Lets the outbox worker send from this database, on this server, in this data directory. Once, by a superuser, where the real database lives; a restored dump or a copied directory sends nothing until somebody does this there. Look first at what is due. Needs jorge.secrets_dir.';
REVOKE ALL ON FUNCTION jorge.arm() FROM PUBLIC;

CREATE OR REPLACE FUNCTION jorge.disarm() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $fn$
BEGIN
    DELETE FROM jorge.outbox_arm;
    PERFORM jorge.outbox_wake('-infinity');
END
$fn$;
COMMENT ON FUNCTION jorge.disarm() IS 'From the commit on the outbox worker claims nothing in this database until jorge.arm(). What is on its way is finished.';
REVOKE ALL ON FUNCTION jorge.disarm() FROM PUBLIC;

-- a worker that waited for these functions may look
SELECT jorge.outbox_wake('-infinity');
