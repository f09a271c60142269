-- Recommendations are rows of rules: they apply when they say, owners change them, and a rule can run nothing.
BEGIN;
SELECT plan(25);

INSERT INTO jorge.inquiry (source, side, phone, message) VALUES
    ('zillow', 'buyer', '512-555-4001', 'Cash buyer, exactly $600k, must move this month, want to see 12 Oak Street today and make an offer'),
    ('facebook', 'seller', '512-555-4002', 'thinking of selling'),
    ('zillow', 'buyer', '512-555-4003', 'hello'),
    ('zillow', 'buyer', '512-555-4004', 'stop texting me');
CREATE FUNCTION pg_temp.said(phone text) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(r.rule, ' ' ORDER BY r.priority, r.rule) FROM jorge.lead l, jorge.lead_recommendations(l.lead_id) r WHERE l.phone = $1 $$;
CREATE FUNCTION pg_temp.action(phone text, rule text) RETURNS text LANGUAGE sql AS $$ SELECT r.action || ' | ' || r.reason FROM jorge.lead l, jorge.lead_recommendations(l.lead_id) r WHERE l.phone = $1 AND r.rule = $2 $$;

SET LOCAL jorge.hot_threshold = 0.5;
SET LOCAL jorge.warm_threshold = 0.4;
SELECT is(pg_temp.said('512-555-4001'), 'hot_follow_up senior_agent price_band showing', 'a hot buyer');
SELECT is(pg_temp.action('512-555-4001', 'price_band'), 'Show properties between $540k and $630k | The budget is $600k', 'with the price band of the budget');
SELECT is(pg_temp.action('512-555-4001', 'hot_follow_up'), format('Priority follow-up within 1 hour | The score of %s is HOT', (SELECT round(s.score::numeric, 1) FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE phone = '512-555-4001')), 'and the reason');
SELECT is(pg_temp.action('512-555-4002', 'next_question'), 'Ask: What makes you want to sell? | Core questions still open: 4', 'a seller is asked the seller''s first question');
INSERT INTO jorge.lead_answer (lead_id, question, answer) SELECT lead_id, 'motivation', 'moving to Dallas' FROM jorge.lead WHERE phone = '512-555-4002';
SELECT is(pg_temp.action('512-555-4002', 'next_question'), 'Ask: When do you want to have sold? | Core questions still open: 3', 'and, once it is answered, the next');
SELECT is(pg_temp.action('512-555-4003', 'next_question'), 'Ask: What price range are you comfortable with? | Core questions still open: 4', 'a buyer the buyer''s');
SELECT is(pg_temp.said('512-555-4004'), 'leave_alone', 'who asked to be left alone is left alone, and nothing else');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, body) SELECT lead_id, now() + interval '1 s', 'sms', 'in', 'ok you may write me again, what does it cost?' FROM jorge.lead WHERE phone = '512-555-4004';
SELECT isnt(pg_temp.said('512-555-4004'), 'leave_alone', 'until they write again');

-- owners
INSERT INTO jorge.recommendation_rule VALUES ('main', 'big_budget', 1, '{"budget_midpoint": {">=": 500000}, "class": "HOT"}', 'Call the owner of the agency: {budget}', '{side}, {temperature}', false, true),
                                            ('main', 'senior_agent', 15, '{}', 'x', 'x', false, false);
SELECT is(pg_temp.said('512-555-4001'), 'big_budget hot_follow_up price_band showing', 'a location adds rules and silences shared ones');
SELECT matches(pg_temp.action('512-555-4001', 'big_budget'), '^Call the owner of the agency: \$600k | buyer, ', 'with facts put in');
UPDATE jorge.recommendation_rule SET priority = 99 WHERE name = 'price_band';
DELETE FROM jorge.recommendation_rule WHERE name = 'showing';
DELETE FROM jorge.rule_point WHERE label = 'pays cash';
SELECT jorge.install() \g /dev/null
SELECT is(pg_temp.said('512-555-4001'), 'big_budget hot_follow_up price_band', 'install() keeps what the owner changed and deleted');
SELECT is((SELECT count(*) FROM jorge.rule_point WHERE label = 'pays cash'), 0::bigint, 'of all rule tables');

-- what can't be meant is refused when it is written
SELECT throws_ok(format($$INSERT INTO jorge.recommendation_rule (location_id, name, priority, condition, action, reason) VALUES ('main', 'x', 1, %L, 'a', 'r')$$, c), s, NULL, 'refused: ' || c)
  FROM (VALUES ('{"clas": "HOT"}', '42703'), ('{"class": {">=": "HOT"}}', '22023'), ('{"score": {"=>": 3}}', '22023'), ('{"score": "80"}', '22023'), ('[]', '22023'),
               ('{"any": {"class": "HOT"}}', '22023'), ('{"family_size_mentioned": {">": 2}}', '42703')) v(c, s);
SELECT throws_ok($$INSERT INTO jorge.recommendation_rule (location_id, name, priority, condition, action, reason) VALUES ('main', 'x', 1, '{}', 'Call {nme}', 'r')$$, '42703', NULL, 'so is a text with an unknown name');
SELECT throws_ok($$UPDATE jorge.lever SET applies_when = '{"clas": 1}'$$, '42703', NULL, 'and a lever');
SELECT throws_ok($$UPDATE jorge.core_question SET answered_when = '{"clas": 1}' WHERE question = 'budget'$$, '42703', NULL, 'and a question');
SELECT throws_ok($$UPDATE jorge.rule_point SET condition = '{"score": {">": 1}}'$$, '42703', NULL, 'points may not depend on the score they make');

-- another tenant sees the shared rules and its own, and writes its own only
CREATE ROLE jorge_test_tenant;
GRANT USAGE ON SCHEMA jorge TO jorge_test_tenant;
GRANT SELECT, INSERT, UPDATE ON jorge.recommendation_rule TO jorge_test_tenant;
ALTER ROLE jorge_test_tenant SET jorge.location_id = 'other';
SET LOCAL jorge.location_id = 'other';
SET LOCAL ROLE jorge_test_tenant;
SELECT is((SELECT count(*) FROM jorge.recommendation_rule WHERE location_id <> '*'), 0::bigint, 'a tenant does not see another''s rules');
SELECT throws_ok($$INSERT INTO jorge.recommendation_rule (location_id, name, priority, condition, action, reason) VALUES ('*', 'x', 1, '{}', 'a', 'r')$$, '42501', NULL, 'nor write the shared ones');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
