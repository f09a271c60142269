-- The course of conversations: kept through inserts, updates and deletes, equal to a count from the beginning, and said in words.
BEGIN;
SELECT plan(39);
SET LOCAL client_min_messages = error;
SELECT setseed(0.7) \g /dev/null

INSERT INTO jorge.inquiry (source, phone, message, received_at) SELECT 'zillow', '512-555-40' || to_char(i, 'FM00'), 'looking for a house', '2026-01-01Z' FROM generate_series(1, 12) i;
CREATE TEMP TABLE who AS SELECT row_number() OVER (ORDER BY phone) AS n, lead_id FROM jorge.lead;
CREATE FUNCTION pg_temp.words() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT (ARRAY['great, thank you!', 'that is too expensive', 'I need to ask my wife, and the roof is old', 'please stop texting me', 'not now, maybe next year', 'pre-approved, want to see it today',
                  'terrible service', 'is it still available?', NULL, '', 'cash, $500k'])[1 + floor(random() * 11)::integer] $$;
CREATE FUNCTION pg_temp.happen(many integer) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO jorge.interaction (lead_id, at, channel, direction, body)
    SELECT w.lead_id, '2026-02-01Z'::timestamptz + floor(random() * 200) * interval '6 h',
           c.channel, CASE WHEN c.channel = 'note' AND random() < 0.5 THEN NULL WHEN random() < 0.5 THEN 'in' ELSE 'out' END, pg_temp.words()
      FROM generate_series(1, many) x, LATERAL (SELECT (ARRAY['sms', 'email', 'call', 'visit', 'note'])[1 + floor(random() * 5 + x * 0)::integer] AS channel, 1 + floor(random() * 12 + x * 0)::integer AS n) c JOIN who w ON w.n = c.n $$;
CREATE FUNCTION pg_temp.differences() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE differ bigint;
BEGIN
    CREATE TEMP TABLE kept AS SELECT * FROM jorge.lead_conversation;
    CREATE TEMP TABLE rows AS SELECT * FROM jorge.lead;
    PERFORM jorge.recount_conversation(), (SELECT count(jorge.refold_lead(lead_id)) FROM jorge.lead);
    SELECT count(*) INTO differ FROM (SELECT k::text FROM kept k EXCEPT SELECT c::text FROM jorge.lead_conversation c) x;
    differ := differ + abs((SELECT count(*) FROM kept) - (SELECT count(*) FROM jorge.lead_conversation));
    differ := differ + (SELECT count(*) FROM (SELECT k::text FROM rows k EXCEPT SELECT c::text FROM jorge.lead c) x);
    DROP TABLE kept, rows;
    RETURN differ;
END $$;

-- the type and the table have the same columns
SELECT results_eq($$SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'jorge.conversation'::regclass AND attnum > 0 ORDER BY attnum$$,
                  $$SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = 'jorge.lead_conversation'::regclass AND attnum > 3 AND NOT attisdropped ORDER BY attnum$$, 'the table has the columns of the type');
SELECT is((SELECT count(*) FROM jorge.lead_conversation), 0::bigint, 'nobody has talked yet');

-- in order, one by one
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-01-02 10:00Z', 'sms', 'out', 'hello' FROM who WHERE n = 1;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-01-02 10:30Z', 'sms', 'in', 'great, thank you!' FROM who WHERE n = 1;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-01-02 12:30Z', 'email', 'out', 'here you are' FROM who WHERE n = 1;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-01-04 12:30Z', 'email', 'in', 'that is too expensive' FROM who WHERE n = 1;
CREATE TEMP VIEW first AS SELECT c.* FROM jorge.lead_conversation c JOIN who USING (lead_id) WHERE n = 1;
SELECT is((SELECT ROW(interactions, sms_in, email_in, sms_out, email_out, calls_in, replies, our_replies, texts)::text FROM first), '(4,1,1,1,1,,2,1,2)', 'counts');
SELECT is((SELECT preferred_channel FROM first), 'email', 'of channels used equally the one used last');
SELECT is((SELECT ROW(fastest_reply_seconds, slowest_reply_seconds)::text FROM first), '(1800,172800)', 'answers took half an hour and two days');
SELECT ok((SELECT abs(reply_log_sum - ln(1.5) - ln(49)) < 1e-12 AND abs(reply_log_recent - (0.6 * ln(1.5) + 0.4 * ln(49))) < 1e-12 AND abs(our_reply_log_sum - ln(3)) < 1e-12 FROM first), 'their means');
SELECT is((SELECT ROW(objection_price, objection_timing, last_objection, last_objection_at = last_at)::text FROM first), '(1,,price,t)', 'the objection');
SELECT ok((SELECT sentiment_first > 0 AND sentiment_last < sentiment_first AND abs(sentiment_sum - sentiment_first - sentiment_last) < 1e-12 FROM first), 'the mood');
SELECT ok((SELECT abs(heat - (1 * 0.5 ^ ((2 + 2 / 24.0) / 14) + 0.5)) < 1e-12 AND heat_fast < heat FROM first), 'warmth fades by half in 14 days');
SELECT is(pg_temp.differences(), 0::bigint, 'equal to a count from the beginning');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-01-05Z', 'sms', 'in', 'please stop texting me' FROM who WHERE n = 1;
SELECT is((SELECT ROW(heat, stopped_at = last_at)::text FROM first), '(0,t)', 'a stop ends the warmth');

-- the property: whatever happens
SELECT pg_temp.happen(60) \g /dev/null
SELECT is(pg_temp.differences(), 0::bigint, 'many in one statement');
SELECT pg_temp.happen(1) FROM generate_series(1, 120) \g /dev/null
SELECT is(pg_temp.differences(), 0::bigint, 'one a statement, in any order of time');
UPDATE jorge.interaction SET body = pg_temp.words() WHERE random() < 0.2;
SELECT is(pg_temp.differences(), 0::bigint, 'texts changed');
UPDATE jorge.interaction SET at = at + floor(random() * 90 - 45) * interval '1 day' WHERE random() < 0.2;
SELECT is(pg_temp.differences(), 0::bigint, 'times changed, over months');
UPDATE jorge.interaction SET lead_id = (SELECT lead_id FROM who WHERE n = 3) WHERE lead_id IN (SELECT lead_id FROM who WHERE n IN (4, 5)) AND random() < 0.5;
SELECT is(pg_temp.differences(), 0::bigint, 'moved to somebody else');
DELETE FROM jorge.interaction WHERE random() < 0.3;
SELECT is(pg_temp.differences(), 0::bigint, 'some deleted');
DO $$
BEGIN
    FOR i IN 1 .. 60 LOOP
        CASE floor(random() * 4)::integer
            WHEN 0 THEN PERFORM pg_temp.happen(1 + floor(random() * 4)::integer);
            WHEN 1 THEN UPDATE jorge.interaction SET direction = 'out', channel = 'call' WHERE interaction_id = (SELECT interaction_id FROM jorge.interaction ORDER BY random() LIMIT 1);
            WHEN 2 THEN DELETE FROM jorge.interaction WHERE interaction_id = (SELECT interaction_id FROM jorge.interaction ORDER BY random() LIMIT 1);
            ELSE INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, greatest(max(at), '2026-01-01Z') + random() * interval '9 days', 'sms', 'in', pg_temp.words() FROM jorge.interaction WHERE lead_id = (SELECT lead_id FROM who ORDER BY random() LIMIT 1) GROUP BY 1;
        END CASE;
        IF i % 12 = 0 AND pg_temp.differences() > 0 THEN
            RAISE EXCEPTION 'differs after % changes', i;
        END IF;
    END LOOP;
END $$;
SELECT is(pg_temp.differences(), 0::bigint, 'sixty changes in a row');
SELECT cmp_ok((SELECT sum(interactions) FROM jorge.lead_conversation), '>', 100::bigint, 'with much left to count');
SELECT is((SELECT sum(interactions)::bigint FROM jorge.lead_conversation), (SELECT count(*) FROM jorge.interaction), 'all of it');
DELETE FROM jorge.interaction WHERE lead_id = (SELECT lead_id FROM who WHERE n = 2);
SELECT is((SELECT count(*) FROM jorge.lead_conversation c JOIN who USING (lead_id) WHERE n = 2), 0::bigint, 'who has no interaction has no row');
UPDATE jorge.interaction SET body = body WHERE false;
DELETE FROM jorge.interaction WHERE false;
INSERT INTO jorge.interaction (lead_id, channel) SELECT lead_id, 'note' FROM who WHERE false;
SELECT is(pg_temp.differences(), 0::bigint, 'statements of no rows');
DELETE FROM jorge.lead_conversation;
SELECT jorge.install() \g /dev/null
SELECT is(pg_temp.differences(), 0::bigint, 'install() makes up for what is missing');

-- persons who turn out to be one, and to be two again
CREATE TEMP TABLE merged AS SELECT jorge.merge_leads((SELECT lead_id FROM who WHERE n = 8), (SELECT lead_id FROM who WHERE n = 9), 'test') AS merge_id, (SELECT count(*) FROM jorge.interaction i JOIN who USING (lead_id) WHERE n IN (8, 9)) AS together;
SELECT is((SELECT sum(c.interactions) FROM jorge.lead_conversation c JOIN who USING (lead_id) WHERE n IN (8, 9)), (SELECT together FROM merged)::bigint, 'one conversation of two');
SELECT is(pg_temp.differences(), 0::bigint, 'as counted from the beginning');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-11-01Z', 'sms', 'in', 'great' FROM who WHERE n IN (8, 9);
SELECT is(pg_temp.differences(), 0::bigint, 'also of what comes under an old id');
SELECT jorge.unmerge(merge_id) FROM merged \g /dev/null
SELECT is((SELECT count(*) FROM jorge.lead_conversation c JOIN who USING (lead_id) WHERE n IN (8, 9)), 2::bigint, 'two again');
SELECT is(pg_temp.differences(), 0::bigint, 'each with their own');

-- a role that may insert interactions and nothing else
CREATE ROLE jorge_test_sender;
GRANT USAGE ON SCHEMA jorge TO jorge_test_sender;
GRANT INSERT ON jorge.interaction TO jorge_test_sender;
SELECT set_config('jorge_test.lead', lead_id::text, true) FROM who WHERE n = 6 \g /dev/null
SET LOCAL ROLE jorge_test_sender;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) VALUES (current_setting('jorge_test.lead')::uuid, '2026-12-01Z', 'sms', 'in', 'hi');
RESET ROLE;
SELECT is((SELECT last_at FROM jorge.lead_conversation c JOIN who USING (lead_id) WHERE n = 6), '2026-12-01Z'::timestamptz, 'the trigger acts as the owner');

-- the step itself
SELECT is((SELECT (jorge.conversation_step(NULL, '2026-01-01Z', 'visit', NULL, NULL, NULL, NULL)).visits), 1, 'a visit of nobody''s initiative');
SELECT throws_ok($$SELECT jorge.conversation_step(jorge.conversation_step(NULL, '2026-01-02Z', 'sms', 'in', 1, NULL, false), '2026-01-01Z', 'sms', 'in', 1, NULL, false)$$, '22023', NULL, 'time runs forward');
SELECT throws_ok($$SELECT jorge.conversation_step(NULL, NULL, 'sms', 'in', 1, NULL, false)$$, '22004', NULL, 'an interaction has a time');
SELECT is((SELECT ROW(interactions, replies, heat)::text FROM jorge.conversation_step(jorge.conversation_step(NULL, '-infinity', 'sms', 'out', NULL, NULL, false), 'infinity', 'sms', 'in', 1, NULL, false)), '(2,,1)', 'of times without end no time passes');
SELECT is((SELECT (jorge.conversation_step(NULL, '2026-01-01Z', 'sms', 'in', 'NaN', ARRAY['price', NULL, 'nonsense', 'price'], false)).objection_price), 2, 'unknown objections are none');

-- in words
SELECT is_empty($$SELECT lead_id FROM jorge.conversation_now WHERE warmth NOT BETWEEN 0 AND 100 OR sentiment NOT BETWEEN -1 AND 1 OR direction IS NULL OR reply_hours < 0$$, 'a view of it now');
SELECT ok((SELECT bool_and(c @> jsonb_build_object('interactions', n.interactions, 'warmth', n.warmth) AND (c ->> 'frs')::float8 = r.frs AND (c ->> 'pcs')::float8 = r.pcs AND c ->> 'temperature' = r.temperature)
             FROM jorge.conversation_now n JOIN jorge.lead l USING (location_id, lead_id), LATERAL jorge.rule_score(l) r, LATERAL jorge.conversation_features(n.lead_id) c), 'and all of it as one answer, with frs, pcs and temperature');
INSERT INTO jorge.lead_answer (lead_id, question, answer) SELECT lead_id, 'area', 'Zilker' FROM who WHERE n = 7;
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, '2026-12-02Z', 'sms', 'in', 'exactly $500k, cash, within two weeks' FROM who WHERE n = 7;
SELECT results_eq($$SELECT question, answer FROM who, jorge.lead_answers(lead_id) WHERE n = 7$$, $$VALUES ('budget', '$500k'), ('timeline', 'immediate timeline'), ('financing', 'paying cash'), ('area', 'Zilker')$$, 'the four core questions');
INSERT INTO jorge.prediction (location_id, at, lead_id, reason, model, probability, class, features) SELECT 'main', now() - interval '14 days', lead_id, 'inquiry', 'x', 0.1, 'COLD', jorge.lead_feature_vector(x) FROM who, (SELECT 'hi' AS message) x WHERE n = 7;
SELECT cmp_ok((SELECT (jorge.conversation_features(lead_id) ->> 'temperature_velocity')::float8 FROM who WHERE n = 7), '>', 5::float8, 'temperature rises by points a week');
SELECT throws_ok($$SELECT jorge.conversation_features('00000000-0000-4000-8000-00000000dead')$$, 'P0002', NULL, 'an unknown lead');

SELECT * FROM finish();
ROLLBACK;
