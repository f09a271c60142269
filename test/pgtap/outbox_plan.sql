-- The worker's statements read what they deliver, also by plans that were saved when there was next to nothing.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT plan(6);
UPDATE jorge.quiet_hours SET opens = '00:00', closes = '24:00' WHERE location_id = '*';
DELETE FROM jorge.no_send_day;
INSERT INTO jorge.sender (location_id, address, a2p_status) VALUES ('main', '+15125550100', 'approved');
INSERT INTO jorge.outbox_arm (system_identifier, database_oid, token) VALUES (1, 1, 'armed');
TRUNCATE jorge.outbox, jorge.outbox_done, jorge.outbox_log, jorge.outbox_key, jorge.send_decision, jorge.contact_cache, jorge.lead_conversation, jorge.interaction, jorge.interaction_ref,
    jorge.event, jorge.prediction, jorge.consent, jorge.lead CASCADE;
CREATE FUNCTION pg_temp.lead(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.people(first integer, last integer) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO jorge.lead (lead_id, ghl_contact_id, phone, state, country, inquiries) SELECT pg_temp.lead(n), 'c' || n, '+1512' || 2000000 + n, 'TX', 'US', 1 FROM generate_series(first, last) n;
    INSERT INTO jorge.consent (location_id, lead_id, channel, act, kind, source, text_shown) SELECT 'main', pg_temp.lead(n), 'sms', 'grant', 'written', 'form', 'You may text me' FROM generate_series(first, last) n;
    SELECT count(jorge.enqueue('main', pg_temp.lead(n), 'sms', 'ghl.sms', '{"message": "Hi"}', 10, now() - interval '1 s')) FROM generate_series(first, last) n $$;
-- a turn of the worker
CREATE FUNCTION pg_temp.turn(most integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    ids bigint[];
    fences bigint[];
    n bigint;
BEGIN
    PERFORM jorge.outbox_poll();
    SELECT array_agg(c.outbox_id), array_agg(c.fence) INTO ids, fences FROM jorge.outbox_claim('armed', '{main}', ARRAY[most]) c;
    n := coalesce(cardinality(ids), 0);
    IF n > 0 THEN
        PERFORM r FROM jorge.outbox_record(array_fill('main'::text, ARRAY[n::integer]), ids, fences, array_fill('replied'::text, ARRAY[n::integer]), array_fill(200, ARRAY[n::integer]),
            ARRAY(SELECT format('{"messageId": "m%s", "conversationId": "v%s"}', i, i) FROM unnest(ids) i), array_fill(0, ARRAY[n::integer]), array_fill(7, ARRAY[n::integer]), array_fill(''::text, ARRAY[n::integer])) r;
        PERFORM jorge.outbox_note();
    END IF;
    RETURN n;
END $$;
-- rows read so far, by table
CREATE FUNCTION pg_temp.read() RETURNS TABLE (relation text, rows bigint) LANGUAGE sql VOLATILE AS $$
    SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE schemaname = 'jorge' $$;

-- as the worker's session is
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL jit = off;
SELECT pg_temp.people(1, 6) \g /dev/null
SELECT pg_temp.turn(3), pg_temp.turn(1), pg_temp.turn(2) \g /dev/null
SELECT is((SELECT count(*) FROM jorge.outbox_done WHERE state = 'sent' AND noted), 6::bigint, 'six are sent');
ANALYZE;
SELECT pg_temp.people(7, 12) \g /dev/null
SELECT pg_temp.turn(3), pg_temp.turn(1), pg_temp.turn(2) \g /dev/null
SELECT pg_temp.people(13, 1012) \g /dev/null
CREATE TEMP TABLE waiting AS SELECT * FROM pg_temp.read();
SELECT is(jorge.outbox_recover(), 0::bigint, 'a worker that starts while a thousand wait finds none on its way');
SELECT is((SELECT r.rows - w.rows FROM pg_temp.read() r JOIN waiting w USING (relation) WHERE r.relation = 'outbox'), 0::bigint, 'and reads none of them');
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.read();
SELECT is((SELECT sum(pg_temp.turn(50)) FROM generate_series(1, 20)), 1000::numeric, 'a thousand more');
SELECT is_empty($$SELECT r.relation, (r.rows - coalesce(b.rows, 0)) / 1000 AS each FROM pg_temp.read() r LEFT JOIN before b USING (relation) WHERE r.rows - coalesce(b.rows, 0) > 20 * 1000 ORDER BY 2 DESC$$,
    'for which not more than twenty rows a message are read of any table');

-- a look around at a backlog
SELECT pg_temp.people(2001, 4000) \g /dev/null
UPDATE jorge.outbox SET due_at = now() - interval '1 hour';
TRUNCATE before;
INSERT INTO before SELECT * FROM pg_temp.read();
SELECT jorge.outbox_poll() FROM generate_series(1, 10) \g /dev/null
SELECT is_empty($$SELECT r.relation, (r.rows - coalesce(b.rows, 0)) / 10 AS each FROM pg_temp.read() r LEFT JOIN before b USING (relation) WHERE r.rows - coalesce(b.rows, 0) > 200 * 10 ORDER BY 2 DESC$$,
    'is the same whatever waits');

SELECT * FROM finish();
ROLLBACK;
