-- jorge.score_lead(): one call, one answer, for a stored lead and for one that is not stored.
BEGIN;
SELECT plan(22);

INSERT INTO jorge.inquiry (source, name, phone, message, budget_max)
VALUES ('zillow', 'Ann Smith', '512-555-2001', 'Cash buyer, want to see 1204 Oak Street this week, up to $600k. We have three kids.', 620000);
CREATE TEMP TABLE stored AS SELECT jorge.score_lead(lead_id, '{"include_shap": true}') AS answer, lead_id FROM jorge.lead;
CREATE TEMP TABLE unstored AS
SELECT jorge.score_lead('{"source": "zillow", "name": "Ann Smith", "phone": "512-555-2001", "budget_max": 620000, "message": "Cash buyer, want to see 1204 Oak Street this week, up to $600k. We have three kids."}'::jsonb) AS answer;

SELECT is(answer ->> 'lead_id', lead_id::text, 'it names the lead') FROM stored;
SELECT is((answer ->> 'probability')::float8, (SELECT probability FROM jorge.lead_score), 'its probability is the stored one') FROM stored;
SELECT is((SELECT answer - 'lead_id' - 'processing_time_ms' FROM unstored), (SELECT answer - 'lead_id' - 'processing_time_ms' - 'shap' - 'base_value' FROM stored), 'a lead that is not stored is scored as it would be if stored');
SELECT is((SELECT array_agg(k ORDER BY k) FROM stored, jsonb_object_keys(answer) k),
          ARRAY['base_value', 'class', 'confidence', 'explanation', 'interval', 'lead_id', 'ml_score', 'model', 'probability', 'processing_time_ms', 'recommendations', 'rule_score', 'score', 'shap', 'signals', 'sources', 'sub_scores', 'top_signals'], 'the whole answer');
SELECT is(jsonb_array_length(answer -> 'top_signals'), 3, 'three top signals') FROM unstored;
SELECT ok(NOT answer::text ~ 'family|kids|job', 'no protected signal is shown') FROM stored;

-- contributions add up to the log-odds of the score
SELECT ok((SELECT abs(ln(p / (1 - p)) - sum) < 1e-5
             FROM (SELECT (answer ->> 'probability')::float8 AS p,
                          (SELECT sum(value::float8) FROM jsonb_each_text(answer -> 'shap')) + (answer ->> 'base_value')::float8 AS sum
                     FROM stored) y), 'base value and contributions sum to the log-odds');

SELECT is(jorge.score_lead('{"source": "ghl"}'::jsonb) ->> 'class', 'COLD', 'a lead of which nothing is known is scored');
SELECT is(jsonb_array_length(jorge.score_lead('{"source": "ghl"}'::jsonb, '{"top": 5}') -> 'top_signals'), 5, 'option top');
SELECT throws_ok($$SELECT jorge.score_lead('{"source": "ghl"}'::jsonb, '{"colour": 1}')$$, '22023', NULL, 'an unknown option is an error');
SELECT throws_ok($$SELECT jorge.score_lead('{"colour": "red"}'::jsonb)$$, '42703', NULL, 'an unknown field is an error');
SELECT throws_ok($$SELECT jorge.score_lead('[]'::jsonb)$$, '22023', NULL, 'so is anything but an object');
SELECT throws_ok($$SELECT jorge.score_lead('{"budget_min": "many"}'::jsonb)$$, '22P02', NULL, 'and a field of the wrong type');
SELECT throws_ok($$SELECT jorge.score_lead('00000000-0000-4000-8000-00000000dead'::uuid)$$, 'P0002', NULL, 'an unknown lead is an error');
SELECT is(jorge.score_lead(NULL::uuid), NULL, 'NULL gives NULL');

-- a lead is found under every id it was given
INSERT INTO jorge.lead_alias (location_id, alias_id, lead_id) SELECT location_id, '00000000-0000-4000-8000-00000000a11a', lead_id FROM jorge.lead;
SELECT is((SELECT jorge.score_lead('00000000-0000-4000-8000-00000000a11a'::uuid) ->> 'lead_id'), (SELECT lead_id::text FROM jorge.lead), 'by an alias');

SELECT throws_ok($$SELECT jorge.lead_score(x) FROM (SELECT 1 AS a, 'b' AS c) x$$, '42703', NULL, 'a row of which nothing is known by name is an error');
SELECT throws_ok($$SELECT jorge.score_lead('{"source": "ghl"}'::jsonb, '[]')$$, '22023', NULL, 'options are an object');
SELECT throws_ok($$SELECT jorge.score_lead('{"source": "ghl"}'::jsonb, '{"top": "abc"}')$$, '22023', NULL, 'with a number');
SELECT is(jorge.ingest('ghl', '{"foo": "bar"}'), NULL, 'a payload of which nothing is understood makes no inquiry');
SELECT is((SELECT state || ' ' || error_code FROM jorge.inbox), 'error 22023', 'and is kept with its error');
SELECT throws_ok($$SELECT jorge.register_model('x y/z', NULL)$$, '22023', NULL, 'a model needs a name and a forest');

SELECT * FROM finish();
ROLLBACK;
