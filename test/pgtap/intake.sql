-- An INSERT into jorge.inquiry makes or finds the lead, folds, scores and writes everything, in one transaction.
BEGIN;
SELECT plan(48);

INSERT INTO jorge.inquiry (received_at, source, name, phone, email, message, budget_max)
VALUES ('2026-03-02 15:00+00', 'zillow', 'Ann Smith', '(512) 867-5309', 'Ann.Smith+home@gmail.com',
        'Looking for a house around $450k in south Austin, pre-approved.', 460000);

SELECT is((SELECT count(*) FROM jorge.lead), 1::bigint, 'one inquiry makes one lead');
SELECT is((SELECT rule FROM jorge.inquiry_lead), 'new', 'the link says it is new');
SELECT set_eq('SELECT kind, key FROM jorge.lead_key', $$VALUES ('P', '+15128675309'), ('E', 'annsmith@gmail.com')$$, 'both keys are stored');
SELECT is((SELECT count(*) FROM jorge.lead_score), 1::bigint, 'it has a score');
SELECT is((SELECT count(*) FROM jorge.prediction WHERE reason = 'inquiry'), 1::bigint, 'the prediction is logged');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'lead_ml_scored'), 1::bigint, 'an event row is written');
SELECT is((SELECT count(*) FROM jorge.error), 0::bigint, 'nothing went wrong');
SELECT results_eq('SELECT name, phone, first_source, sources, inquiries, budget_max FROM jorge.lead',
                  $$VALUES ('Ann Smith', '(512) 867-5309', 'zillow', ARRAY['zillow'], 1, 460000::numeric)$$, 'the lead carries what the inquiry said');
SELECT is((SELECT s.probability FROM jorge.lead_score s), (SELECT jorge.lead_score(l) FROM jorge.lead l), 'the stored score is lead_score() of the stored row, to the bit');
SELECT is((SELECT s.probability FROM jorge.lead_score s), (SELECT p.probability FROM jorge.prediction p), 'score and prediction agree');
SELECT is((SELECT p.features FROM jorge.prediction p), (SELECT jorge.lead_feature_vector(l) FROM jorge.lead l), 'the logged features are those of the stored row');
SELECT ok((SELECT score = 100 * probability AND class = jorge.lead_class(probability) AND lower <= probability AND probability <= upper
                  AND abs(confidence - (1 - (upper - lower))) < 1e-12 FROM jorge.lead_score), 'score, class, interval and confidence fit together');

-- the same person again
INSERT INTO jorge.inquiry (received_at, source, name, phone, message) VALUES ('2026-03-03 15:00+00', 'facebook', 'Ann B. Smith', '512.867.5309', 'Still looking!');
SELECT is((SELECT count(*) FROM jorge.lead), 1::bigint, 'an equal phone finds the lead');
SELECT results_eq('SELECT name, sources, inquiries, multi_source_bonus, budget_max FROM jorge.lead',
                  $$VALUES ('Ann B. Smith', ARRAY['zillow', 'facebook'], 2, 5, 460000::numeric)$$, 'newest name, both sources, bonus, budget kept');
SELECT is((SELECT s.probability FROM jorge.lead_score s), (SELECT jorge.lead_score(l) FROM jorge.lead l), 'the score is that of the new row');
INSERT INTO jorge.inquiry (received_at, source, email) VALUES ('2026-03-01 15:00+00', 'ghl', 'annsmith@googlemail.com');
SELECT results_eq('SELECT name, first_source, sources, inquiries, multi_source_bonus, first_seen_at FROM jorge.lead',
                  $$VALUES ('Ann B. Smith', 'ghl', ARRAY['ghl', 'zillow', 'facebook'], 3, 10, '2026-03-01 15:00+00'::timestamptz)$$,
                  'an arrival older than those known is folded in its place');
INSERT INTO jorge.inquiry (received_at, source, email) VALUES ('2026-03-04 15:00+00', 'ghl', 'annsmith@googlemail.com');
SELECT is((SELECT multi_source_bonus FROM jorge.lead), 10, 'the same source again brings no bonus');

-- empty, odd and hostile input
INSERT INTO jorge.inquiry (source) VALUES ('zillow');
INSERT INTO jorge.inquiry (source, name, message) VALUES ('', '', ''), ('carrier pigeon', NULL, NULL);
SELECT is((SELECT count(*) FROM jorge.lead), 4::bigint, 'arrivals without keys are persons of their own');
INSERT INTO jorge.inquiry (source, phone, budget_min, budget_max) VALUES
    ('ghl', '512-555-2001', 0, -5), ('ghl', '512-555-2002', 1e12, NULL), ('ghl', '512-555-2003', 'NaN', 'infinity'),
    ('ghl', '512-555-2004', 500000, 400000), ('ghl', '512-555-2005', NULL, 1e400), ('ghl', '512-555-2006', -1, 300000);
SELECT results_eq($$SELECT budget_min, budget_max FROM jorge.lead WHERE phone LIKE '512-555-200_' ORDER BY phone$$,
                  $$VALUES (NULL::numeric, NULL::numeric), (NULL, NULL), (NULL, NULL), (400000, 500000), (NULL, NULL), (NULL, 300000)$$,
                  'implausible budgets are ignored, swapped bounds put right');
SELECT is((SELECT count(*) FROM jorge.inquiry WHERE budget_min = 1e12 OR budget_max = 'infinity'), 2::bigint, 'the inquiry keeps what was given');
INSERT INTO jorge.inquiry (source, received_at, phone) VALUES ('ghl', 'infinity', '512-555-2101'), ('ghl', '-infinity', '512-555-2102'), ('ghl', '0044-03-15 BC', '512-555-2103');
SELECT is((SELECT count(*) FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-555-210_'), 3::bigint, 'any date is taken and scored');
INSERT INTO jorge.inquiry (source, phone, message) VALUES ('ghl', '512-555-2201', repeat('budget is $450k? ', 60000));
SELECT ok((SELECT text_length > 700000 FROM jorge.lead WHERE phone = '512-555-2201'), 'a message of a megabyte is taken and scanned');
SELECT throws_ok($$INSERT INTO jorge.inquiry (source, colour) VALUES ('ghl', 'red')$$, '42703', NULL, 'an unknown column is an error');
SELECT throws_ok($$INSERT INTO jorge.inquiry (name) VALUES ('Bob')$$, '23502', NULL, 'a source is needed');
SELECT throws_ok($$INSERT INTO jorge.inquiry (source, received_at) VALUES ('ghl', '2026-02-30')$$, '22008', NULL, 'an invalid date is an error');

-- replays
INSERT INTO jorge.inquiry (source, source_ref, phone) VALUES ('ghl', 'abc', '512-555-2301');
INSERT INTO jorge.inquiry (source, source_ref, phone) VALUES ('ghl', 'abc', '512-555-2301') ON CONFLICT DO NOTHING;
SELECT is((SELECT inquiries FROM jorge.lead WHERE phone = '512-555-2301'), 1, 'a replay changes nothing');

-- one statement, many arrivals, more than its transition table holds in memory
SET LOCAL work_mem = '64kB';
INSERT INTO jorge.inquiry (received_at, source, name, phone, email)
SELECT timestamptz '2026-04-01 00:00+00' + n * interval '1 minute', 'zillow', 'P' || n % 50, '512-5' || (5530 + n % 50)::text || '0' || (10 + n % 50), 'p' || n % 25 || '@example.com'
  FROM generate_series(0, 2499) n;
SELECT is((SELECT count(*) FROM jorge.lead WHERE email LIKE 'p%@example.com'), 25::bigint, 'arrivals of one statement that share a key, also over a third one, are one lead; batches join');
SELECT is((SELECT sum(inquiries) FROM jorge.lead WHERE email LIKE 'p%@example.com'), 2500::bigint, 'each arrival is counted');
SELECT is((SELECT count(*) FROM jorge.inquiry i WHERE NOT EXISTS (SELECT FROM jorge.inquiry_lead l WHERE (l.location_id, l.inquiry_id) = (i.location_id, i.inquiry_id))), 0::bigint, 'no arrival is without a lead');

-- the fold does not depend on the order of arrival
CREATE TEMP TABLE folded AS SELECT l.* FROM jorge.lead l;
SELECT is((SELECT count(*) FROM jorge.lead l WHERE jorge.refold_lead(l.lead_id, l.location_id)), (SELECT count(*) FROM jorge.lead), 'every lead can be folded anew');
SELECT set_eq('SELECT l::text FROM jorge.lead l', 'SELECT f::text FROM folded f', 'folding anew gives the rows that the triggers keep');

-- keys that lead to two persons
INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2401');
INSERT INTO jorge.inquiry (source, email) VALUES ('ghl', 'other@example.com');
INSERT INTO jorge.inquiry (source, phone, email) VALUES ('ghl', '512-555-2401', 'other@example.com');
SELECT is((SELECT inquiries FROM jorge.lead WHERE email = 'other@example.com'), 3, 'an arrival with the keys of two leads makes them one');
SELECT is((SELECT count(*) FROM jorge.event WHERE kind = 'lead_merged' AND reason = 'phone+email'), 1::bigint, 'and an event says so');

-- a failure of the scoring loses no lead
SELECT jorge.promote('jorge_lead_scorer', jorge.register_model('jorge_lead_scorer',
    $${"learner":{"attributes":{},"feature_names":["no_such_feature"],"feature_types":["float"],"gradient_booster":{"model":{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"1","size_leaf_vector":"0"},"tree_info":[0],"trees":[{"base_weights":[1E0],"categories":[],"categories_nodes":[],"categories_segments":[],"categories_sizes":[],"default_left":[0],"id":0,"left_children":[-1],"loss_changes":[0E0],"parents":[2147483647],"right_children":[-1],"split_conditions":[1E0],"split_indices":[0],"split_type":[0],"sum_hessian":[1E0],"tree_param":{"num_deleted":"0","num_feature":"1","num_nodes":"1","size_leaf_vector":"0"}}]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"1","num_target":"1"},"objective":{"name":"binary:logistic","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[1,7,4]}$$::jorge.forest), override => 'test');
SET LOCAL client_min_messages = error;
INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2501'), ('ghl', '512-555-2502');
RESET client_min_messages;
SELECT is((SELECT count(*) FROM jorge.lead WHERE phone LIKE '512-555-250_'), 2::bigint, 'a model of other features: the leads are stored');
SELECT is((SELECT count(*) FROM jorge.error e JOIN jorge.lead l ON l.lead_id = e.ref WHERE l.phone LIKE '512-555-250_' AND e.sqlstate = '42703' AND e.hint IS NOT NULL), 2::bigint, 'their errors are recorded');
SELECT is((SELECT count(*) FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-555-250_' AND s.model = 'rules'), 2::bigint, 'they are scored by rules');
SELECT throws_ok('SELECT jorge.lead_score(l) FROM jorge.lead l', '42703', NULL, 'lead_score() says what is wrong');
SELECT jorge.promote('jorge_lead_scorer', 1);
SELECT ok((SELECT bool_and(jorge.refold_lead(lead_id)) FROM jorge.lead WHERE phone LIKE '512-555-250_'), 'rolled back to the old version they can be scored');
SELECT is((SELECT count(*) FROM jorge.lead_score s JOIN jorge.lead l USING (location_id, lead_id) WHERE l.phone LIKE '512-555-250_' AND s.model = 'jorge_lead_scorer_v1'), 2::bigint, 'and are');
SELECT lives_ok($$SELECT jorge.promote('jorge_lead_scorer', jorge.register_model('jorge_lead_scorer', jsonb_set(forest::text::jsonb, '{learner,attributes,jorge_lexicon}', '"0999"')::text::jorge.forest, metrics)) FROM jorge.model WHERE version = 1$$, 'a model trained on other words can serve');
SELECT is((SELECT count(jorge.lead_score(l)) FROM jorge.lead l), (SELECT count(*) FROM jorge.lead), 'and scores every lead');
DELETE FROM jorge.model_active;
SET LOCAL client_min_messages = error;
INSERT INTO jorge.inquiry (source, phone) VALUES ('ghl', '512-555-2601');
RESET client_min_messages;
SELECT is((SELECT e.sqlstate FROM jorge.error e JOIN jorge.lead l ON l.lead_id = e.ref WHERE l.phone = '512-555-2601'), '42704', 'no model at all: the lead is stored, the reason recorded');

-- a trigger function of ours on another table, and a row that an UPDATE moves to another partition
CREATE TEMP TABLE stranger (location_id bigint, provider bigint, provider_ref bigint, at timestamptz, interaction_id uuid);
CREATE TRIGGER unseen BEFORE INSERT ON stranger FOR EACH ROW EXECUTE FUNCTION jorge.interaction_unseen();
SELECT throws_ok('INSERT INTO stranger VALUES (1, 2, 3, now(), gen_random_uuid())', '39P01', NULL, 'a trigger function refuses a table that is not managed');
SELECT ok(NOT has_function_privilege('public', 'jorge.interaction_unseen()', 'EXECUTE'), 'only the owner makes triggers with it');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, provider, provider_ref)
SELECT lead_id, '2026-03-31', 'call', 'in', 'ghl', 'moved' FROM jorge.lead LIMIT 1;
UPDATE jorge.interaction SET at = '1999-04-01' WHERE provider_ref = 'moved';
UPDATE jorge.interaction SET at = now() WHERE provider_ref = 'moved';
SELECT is((SELECT count(*) FROM jorge.interaction WHERE provider_ref = 'moved'), 1::bigint, 'an UPDATE that moves an interaction to another partition keeps it');
INSERT INTO jorge.interaction (lead_id, at, channel, direction, provider, provider_ref)
SELECT lead_id, '2026-03-31', 'call', 'in', 'ghl', 'moved' FROM jorge.lead LIMIT 1;
SELECT is((SELECT count(*) FROM jorge.interaction WHERE provider_ref = 'moved'), 1::bigint, 'and its replay is still dropped');

-- a lead that no inquiry made, and a statement of more than one batch that ends in notes
INSERT INTO jorge.lead (lead_id, name, city) VALUES ('22222222-1111-1111-1111-111111111111', 'Own Row', 'Austin');
INSERT INTO jorge.interaction (lead_id, at, channel, direction) VALUES ('22222222-1111-1111-1111-111111111111', '2026-01-02', 'sms', 'in');
INSERT INTO jorge.interaction (lead_id, at, channel, direction)
SELECT '22222222-1111-1111-1111-111111111111', '2026-01-01'::timestamptz + CASE WHEN n > 1000 THEN interval '5 days' ELSE n * interval '1 second' END,
       CASE WHEN n > 1000 THEN 'note' ELSE 'sms' END, CASE WHEN n <= 1000 THEN 'out' END
  FROM generate_series(1, 1010) n;
SELECT is((SELECT interactions FROM jorge.lead WHERE name = 'Own Row'), 1011, 'no note is counted twice');
SELECT is((SELECT city FROM jorge.lead WHERE lead_id = '22222222-1111-1111-1111-111111111111'), 'Austin', 'a lead that no inquiry made keeps its wishes');

SELECT * FROM finish();
ROLLBACK;
