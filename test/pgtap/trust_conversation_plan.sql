-- The course of conversations is kept at the cost of the conversations told of, also by plans saved when there were none.
BEGIN;
SELECT plan(3);
SET LOCAL client_min_messages = error;
TRUNCATE jorge.lead_conversation;
ANALYZE jorge.lead_conversation;
INSERT INTO jorge.inquiry (source, phone) SELECT 'crm', '+1512' || 2000000 + i FROM generate_series(1, 1200) i;
CREATE TEMP TABLE who AS SELECT row_number() OVER (ORDER BY phone) AS n, lead_id FROM jorge.lead;
CREATE FUNCTION pg_temp.say(first integer, last integer) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, clock_timestamp(), 'sms', 'out', 'hello' FROM who WHERE n BETWEEN first AND last $$;
-- rows of conversations read
CREATE FUNCTION pg_temp.read() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relid = 'jorge.lead_conversation'::regclass $$;

-- as the outbox worker's session is while it notes what it has sent
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_hashjoin = off;
SET LOCAL enable_mergejoin = off;
SELECT pg_temp.say(1, 2) \g /dev/null
SELECT pg_temp.say(1, 2) \g /dev/null
SELECT set_config('jorge_test.read', pg_temp.read()::text, true) \g /dev/null
SELECT pg_temp.say(n, n + 99) FROM generate_series(1, 1101, 100) n \g /dev/null
SELECT cmp_ok(pg_temp.read() - current_setting('jorge_test.read')::bigint, '<=', 5 * 1200::bigint, 'conversations that begin');
SELECT set_config('jorge_test.read', pg_temp.read()::text, true) \g /dev/null
SELECT pg_temp.say(n, n + 99) FROM generate_series(1, 1101, 100) n \g /dev/null
SELECT cmp_ok(pg_temp.read() - current_setting('jorge_test.read')::bigint, '<=', 5 * 1200::bigint, 'conversations that go on');
SELECT results_eq('SELECT interactions, count(*) FROM jorge.lead_conversation GROUP BY 1 ORDER BY 1', 'VALUES (2, 1198::bigint), (4, 2)', 'all is counted');

SELECT * FROM finish();
ROLLBACK;
