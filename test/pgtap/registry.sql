-- The registry: versions that don't change, gates, promotion, rollback and retirement, and what all that leaves on record.
BEGIN;
SELECT plan(71);
SET LOCAL client_min_messages = warning;
CREATE TABLE tiny AS SELECT jorge.train('SELECT n % 2 = 0 AS won, n % 2 + n % 3 AS a, n % 5 AS b FROM generate_series(1, 60) n', 'won', '{"rounds": 2, "cv": 0}') AS forest;
\set good '{"accuracy": 0.9, "precision": 0.9, "recall": 0.9, "auc": 0.95, "ece": 0.02, "rows": 100, "positives": 20}'
\set bad '{"accuracy": 0.91, "precision": 0.9, "recall": 0.6, "roc_auc": 0.8123, "base_rate": 0.2}'

-- registering
SELECT is(jorge.register_model('m', forest, :'good', 'first'), 1, 'the first version is 1') FROM tiny;
SELECT is(jorge.register_model('m', forest, :'bad', query => 'SELECT 1', label => 'won', data_hash => 'abc', parameters => '{"rounds": 2}'), 2, 'then 2') FROM tiny;
SELECT is(jorge.register_model('m', forest, location_id => 'austin'), 1, 'a location counts for itself') FROM tiny;
SELECT results_eq($$SELECT kind, query, label, data_hash, parameters, created_by = current_user FROM jorge.model WHERE name = 'm' AND version = 2$$,
                  $$VALUES ('conversion', 'SELECT 1', 'won', 'abc', '{"rounds": 2}'::jsonb, true)$$, 'it keeps where it came from');
SELECT is((SELECT parameters ->> 'rounds' FROM jorge.model WHERE name = 'm' AND version = 1 AND location_id = '*'), '2', 'options are taken from the forest where none are given');
SELECT ok((SELECT jsonb_array_length(features) = 2 AND features -> 0 ->> 'name' = 'a' AND (features -> 0 ->> 'gain')::float8 > 0 FROM jorge.model WHERE name = 'm' AND version = 1 AND location_id = '*'), 'features have names and gains');
SELECT is((SELECT forest::text FROM jorge.model WHERE name = 'm' AND version = 1 AND location_id = '*'), (SELECT forest::text FROM tiny), 'the forest is the one given');
SELECT throws_ok($$SELECT jorge.register_model('a b', forest) FROM tiny$$, '22023', NULL, 'a name is checked');
SELECT throws_ok($$UPDATE jorge.model SET metrics = '{"accuracy": 1}' WHERE name = 'm'$$, '55000', NULL, 'a version does not change');
SELECT throws_ok($$UPDATE jorge.model SET forest = forest WHERE name = 'm'$$, '55000', NULL, 'nor does its forest');
SELECT throws_ok($$UPDATE jorge.model_event SET actor = 'nobody'$$, '55000', NULL, 'nor history');
SELECT is((SELECT count(*) FROM jorge.model_active WHERE name = 'm'), 0::bigint, 'nothing serves before it is promoted');
SELECT ok((SELECT m IS NULL FROM jorge.serving_model('m') m), 'and serving_model() says so');

-- metrics and gates
SELECT is(jorge.metric(:'good', 'roc_auc'), 0.95::float8, 'a metric under its other name');
SELECT is(jorge.metric(:'good', 'base_rate'), 0.2::float8, 'the base rate from counts');
SELECT is(jorge.metric(:'good', 'calibration'), 0.98::float8, 'calibration is 1 - ece');
SELECT ok(jorge.metric('{"calibration": "affine"}', 'calibration') IS NULL AND jorge.metric('{"x": "y"}', 'x') IS NULL AND jorge.metric('{}', 'accuracy') IS NULL, 'text is no figure');
SELECT results_eq($$SELECT metric, value, at_least, target, passed FROM jorge.model_gates('m', 2)$$,
                  $$VALUES ('accuracy', 0.91::float8, 0.85::float8, 0.95::float8, true), ('precision', 0.9, 0.80, 0.93, true), ('recall', 0.6, 0.85, 0.97, false),
                           ('roc_auc', 0.8123, 0.90, 0.98, false), ('calibration', NULL, NULL, 0.94, NULL), ('f1', NULL, NULL, 0.95, NULL)$$, 'gates with bounds and targets; those that only show a target last');
SELECT results_eq($$SELECT kind, metric, at_least, at_most FROM jorge.model_gate WHERE kind <> 'conversion' ORDER BY 1$$,
                  $$VALUES ('bot', 'lift', 0.20::float8, NULL::float8), ('client', 'accuracy', 0.80, NULL), ('price', 'mdape', NULL, 0.15), ('revenue', 'mape', NULL, 0.15)$$, 'other kinds have theirs');
SELECT results_eq($$SELECT value, passed FROM jorge.gates('revenue', '{"mape": 0.2}') UNION ALL SELECT value, passed FROM jorge.gates('price', '{"mdape": 0.15}') UNION ALL SELECT value, passed FROM jorge.gates('bot', '{}')$$,
                  $$VALUES (0.2::float8, false), (0.15, true), (NULL, false)$$, 'at most, exactly at the bound, not measured');
SELECT is_empty($$SELECT * FROM jorge.gates('other', '{}')$$, 'a model of another kind has none');
INSERT INTO jorge.model_gate VALUES ('austin', 'conversion', 'recall', 0.5, NULL, NULL, 'fewer calls');
SELECT is((SELECT string_agg(metric || passed, ',') FROM jorge.gates('conversion', :'bad', 'austin') WHERE passed IS NOT NULL), 'accuracytrue,precisiontrue,recalltrue,roc_aucfalse', 'a location''s gate goes before the shared one');

SELECT is(jorge.failed_gates((SELECT jsonb_agg(to_jsonb(g)) FROM jorge.gates('price', '{"mdape": 0.2}') g), '{}'), 'mdape 0.2000, must be at most 0.15', 'an amount has no base rate');
SELECT is(jorge.failed_gates((SELECT jsonb_agg(to_jsonb(g)) FROM jorge.gates('bot', '{}') g), '{}'), 'lift not measured, must be at least 0.2', 'what was not measured is told so');
SELECT is(jorge.failed_gates(NULL, '{}'), NULL, 'no gates, none failed');

-- promoting
SELECT lives_ok($$SELECT jorge.promote('m', 1)$$, 'a version that passes serves');
SELECT is((jorge.serving_model('m')).version, 1, 'everywhere');
SELECT throws_ok($$SELECT jorge.promote('m', 2)$$, '23514',
                 'version 2 of model "m" does not pass its gates: recall 0.6000, must be at least 0.85; roc_auc 0.8123, must be at least 0.9 (base rate 0.2000: always the commoner answer would be right for 0.8000)', 'a failed gate names itself, the base rate beside it');
SELECT throws_ok($$SELECT jorge.promote('m', 2, override => ' ')$$, '23514', NULL, 'an empty reason is none');
SELECT is((SELECT version FROM jorge.model_active WHERE name = 'm'), 1, 'the one before serves on');
SELECT lives_ok($$SELECT jorge.promote('m', 2, override => 'few leads, still better than rules')$$, 'a reason lets it pass');
SELECT is((SELECT override || (gates @> '[{"metric": "recall", "passed": false}]') || serves FROM jorge.model_event WHERE name = 'm' AND action = 'promoted' ORDER BY number DESC LIMIT 1),
          'few leads, still better than rulestrue2', 'and is on record with the gates');
SELECT is((SELECT override FROM jorge.model_event WHERE name = 'm' AND action = 'promoted' ORDER BY number LIMIT 1), NULL, 'where none failed there is nothing to override');
SELECT throws_ok($$SELECT jorge.promote('m', 9)$$, '42704', NULL, 'a version must be there');
SELECT throws_ok($$SELECT jorge.promote('m', 1, 'austin')$$, '23514', NULL, 'one that was never measured does not pass');
SELECT lives_ok($$SELECT jorge.promote('m', 1, 'austin', 'trial')$$, 'a location has its own');
SELECT is((SELECT (jorge.serving_model('m', 'austin')).location_id || (jorge.serving_model('m', 'dallas')).location_id), 'austin*', 'others are served by the shared one');

-- a location's own scorer, and the shared one for the others
SELECT jorge.promote('jorge_lead_scorer', jorge.register_model('jorge_lead_scorer', m.forest, m.metrics, location_id => 'austin'), 'austin') FROM jorge.model m WHERE m.name = 'jorge_lead_scorer' AND m.location_id = '*' \g /dev/null
SELECT jorge.promote('jorge_lead_scorer', jorge.register_model('jorge_lead_scorer', m.forest, m.metrics, location_id => 'austin'), 'austin') FROM jorge.model m WHERE m.name = 'jorge_lead_scorer' AND m.location_id = '*' \g /dev/null
SET LOCAL jorge.location_id = 'austin';
SELECT is((SELECT s.model FROM (SELECT 'zillow' AS source) l, jorge.score(l) s), 'jorge_lead_scorer_v2', 'leads of a location are scored by its own model');
SET LOCAL jorge.location_id = 'dallas';
SELECT is((SELECT s.model FROM (SELECT 'zillow' AS source) l, jorge.score(l) s), 'jorge_lead_scorer_v1', 'those of others by the shared one');
RESET jorge.location_id;

-- going back
SELECT is(jorge.register_model('m', forest, :'good'), 3, 'a third version') FROM tiny;
SELECT jorge.promote('m', 3) \g /dev/null
SELECT is(jorge.rollback('m', reason => 'scores too high'), 2, 'back to the second');
SELECT is((SELECT version || reason || serves FROM jorge.model_event WHERE name = 'm' AND action = 'rolled_back'), '3scores too high2', 'on record');
SELECT is(jorge.rollback('m'), 1, 'once more: to the first');
SELECT throws_ok($$SELECT jorge.rollback('m')$$, '55000', NULL, 'and no further');
SELECT jorge.promote('m', 3) \g /dev/null
SELECT is(jorge.rollback('m'), 1, 'what was rolled back is not gone back to');
SELECT is(jorge.rollback('m', 'austin'), NULL, 'a location goes back to the shared model');
SELECT is((jorge.serving_model('m', 'austin')).location_id, '*', 'which serves it');
SELECT throws_ok($$SELECT jorge.rollback('m', 'austin')$$, '42704', NULL, 'there is nothing more to undo');

-- retiring
SELECT throws_ok($$SELECT jorge.retire('m', 1)$$, '55006', NULL, 'a version that serves is not retired');
SELECT jorge.promote('m', 3) \g /dev/null
SELECT lives_ok($$SELECT jorge.retire('m', 1, reason => 'old')$$, 'one that does not is');
SELECT throws_ok($$SELECT jorge.promote('m', 1)$$, '55000', NULL, 'it can''t be promoted any more');
SELECT throws_ok($$SELECT jorge.rollback('m')$$, '55000', NULL, 'nor gone back to');
SELECT throws_ok($$SELECT jorge.retire('m', 8)$$, '42704', NULL, 'a version must be there');
DELETE FROM jorge.model WHERE name = 'm' AND version = 2;
DELETE FROM jorge.model WHERE name = 'm' AND version = 1;
SELECT is(jorge.register_model('m', forest), 4, 'numbers are not given twice') FROM tiny;

-- training straight into it
CREATE TABLE history AS SELECT n % 4 = 0 AND n % 7 <> 1 AS won, (n * 31) % 101 AS noise, n % 4 AS quarter, (ARRAY['zillow', 'ghl', NULL])[1 + n % 3] AS source FROM generate_series(1, 400) n;
CREATE TABLE trained AS SELECT * FROM jorge.train_model('churn', 'SELECT won, noise, quarter, source FROM history', 'won', params => '{"quiet": true}', notes => 'first try');
SELECT results_eq('SELECT version, answer, (metrics ->> ''auc'')::float8 > 0.9 FROM trained', $$VALUES (1, 'trained', true)$$, 'train_model() registers what it trains');
SELECT results_eq($$SELECT kind, query, label, length(data_hash), parameters ->> 'max_depth', notes, metrics = (SELECT metrics FROM trained) FROM jorge.model WHERE name = 'churn'$$,
                  $$VALUES ('conversion', 'SELECT won, noise, quarter, source FROM history', 'won', 32, '3', 'first try', true)$$, 'with where it came from');
SELECT is((SELECT string_agg(f ->> 'name' || ' ' || (f ->> 'type'), ',' ORDER BY n) FROM jorge.model, jsonb_array_elements(features) WITH ORDINALITY x(f, n) WHERE name = 'churn'), 'noise number,quarter number,source category', 'and its features');
SELECT is((SELECT f ->> 'name' FROM jorge.model, jsonb_array_elements(features) f WHERE name = 'churn' ORDER BY (f ->> 'shap')::float8 DESC LIMIT 1), 'quarter', 'the one that decides acts most');
SELECT is((SELECT failed_gates IS NULL FROM trained), (SELECT bool_and(passed) FROM jorge.model_gates('churn', 1) WHERE passed IS NOT NULL), 'gates are told');
SELECT matches(jorge.model_card('churn', 1), E'predicts   won
  query      SELECT won.*quarter +mean \\|SHAP\\|', 'the card tells it all');
SELECT is((SELECT version IS NULL AND answer LIKE 'not enough data: %' FROM jorge.train_model('churn', 'SELECT won, noise FROM history LIMIT 20', 'won')), true, 'not enough data is an answer');
SELECT is((SELECT count(*) FROM jorge.model WHERE name = 'churn'), 1::bigint, 'which registers nothing');
SELECT is((SELECT count(jorge.predict_row(m.forest, h)) FROM jorge.registered_model('churn', 1, '*') m, history h), 400::bigint, 'it predicts rows as they are');

-- models of others
SELECT is(jorge.import_model('theirs', jorge.rename_features(forest, '{"a": "x"}'), '{"x": "noise", "b": "quarter"}'), 1, 'a forest comes in under other names') FROM tiny;
SELECT throws_ok($$SELECT jorge.import_model('theirs', NULL)$$, '22004', NULL, 'there must be one');
SELECT throws_ok($$SELECT jorge.import_model('theirs', forest, '{"a": "family_size_mentioned"}') FROM tiny$$, '23514', NULL, 'prohibited features stay out of imported models too');

-- the card
SELECT matches(jorge.model_card('jorge_lead_scorer'), E'^jorge_lead_scorer, version 1 \\(location \\*\\)\n  kind       conversion; serves since .*\n.* accuracy +0\\.9\\d+ +>= 0\\.85 +0\\.95  passed.*\n  history\n    .* registered by .*\n    .* promoted by .*$', 'the card of the shipped model');
SELECT matches(jorge.model_card('m', 4), 'does not serve.*nothing was measured', 'of one that was never measured');
SELECT matches(jorge.model_card('m'), '^m, version 3 ', 'without a version: the one that serves');
SELECT throws_ok($$SELECT jorge.model_card('none')$$, '42704', NULL, 'of a model that is there');
SELECT is((SELECT string_agg(kind, ',' ORDER BY kind) FROM (SELECT DISTINCT kind FROM jorge.event WHERE model LIKE 'm\_v%') e), 'model_promoted,model_retired,model_rolled_back', 'events tell of it');

SELECT * FROM finish();
ROLLBACK;
