-- What-if: the score a changed lead would have, to the bit; and what would lift a lead most.
BEGIN;
SELECT plan(27);
SELECT jorge.load_synthetic_leads(400) \g /dev/null

-- a change of columns gives the score of the row with these columns
CREATE TEMP TABLE changed AS SELECT l.* FROM jorge.lead l;
UPDATE changed SET budget_min = 450000, budget_max = 500000, visits = 2, text_timeline_urgency = 0.9, first_outbound_at = first_seen_at + interval '6 min', side = 'buyer';
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l JOIN changed c USING (location_id, lead_id),
                         jorge.lead_what_if(l, jsonb_build_object('budget_min', 450000, 'budget_max', 500000, 'visits', 2, 'text_timeline_urgency', 0.9, 'first_outbound_at', l.first_seen_at + interval '6 min', 'side', 'buyer')) w
                   WHERE w.score_after <> 100 * jorge.lead_score(c) OR w.score_before <> 100 * jorge.lead_score(l)
                      OR w.difference <> w.score_after - w.score_before OR w.class_after <> jorge.lead_class(w.score_after / 100)$$, 'columns: the score of the changed row, to the bit');
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_what_if(l, '{}') w WHERE w.difference <> 0 OR w.moved <> '[]' OR w.unused <> '{}'$$, 'no change, no difference');
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_features(l) f, jorge.lead_what_if(l, jsonb_build_object('timeline_urgency', f.timeline_urgency, 'first_response_hours', f.first_response_hours, 'visits', f.visits)) w WHERE w.difference <> 0$$, 'changed to what it is: none either');
-- features carry what is made of them
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_what_if(l, '{"response_time_hours": 2}') a, jorge.lead_what_if(l, '{"replies": 1, "reply_seconds": 7200}') b WHERE l.replies <= 1 AND a.score_after <> b.score_after$$, 'a response time moves all that is made of it');
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_what_if(l, '{"budget_midpoint": 500000}') a, jorge.lead_what_if(l, '{"budget_min": 500000, "budget_max": 500000, "text_budget_specificity": null}') b WHERE a.score_after <> b.score_after$$, 'so does a budget');
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_what_if(l, '{"visits": {"add": 1}}') a, jorge.lead_what_if(l, jsonb_build_object('visits', l.visits + 1)) b WHERE a.score_after <> b.score_after$$, 'one more than now');
-- moved contributions account for the whole difference
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_what_if(l, '{"financing_readiness": 0.9, "timeline_urgency": 1}') w,
                         LATERAL (SELECT sum((m ->> 'contribution_after')::float8 - (m ->> 'contribution_before')::float8) AS c FROM jsonb_array_elements(w.moved) m) m
                   WHERE abs(coalesce(c, 0) - (ln(score_after / (100 - score_after)) - ln(score_before / (100 - score_before)))) > 1e-4 + 2e-5 / least(score_after, score_before, 100 - score_after, 100 - score_before)$$, 'moved contributions sum to the change of the log-odds');
-- one more message is what an interaction with this message would bring to the text
INSERT INTO jorge.inquiry (source, phone, message) VALUES ('zillow', '512-555-3001', 'Looking around');
SELECT is((SELECT w.score_after FROM jorge.lead l, jorge.lead_what_if(l, '{"message": "I am pre-approved for $450k and want to move asap"}') w WHERE l.phone = '512-555-3001'),
          (SELECT 100 * jorge.lead_score(x) FROM jorge.lead l, LATERAL (SELECT l.first_source, l.first_seen_at, l.inquiries, l.interactions, l.inbound, l.outbound, l.calls, l.visits, l.replies, l.reply_seconds, s.* FROM
              (SELECT 2 AS text_messages, l.text_length + t.length AS text_length, l.text_words + t.words AS text_words, l.text_question_marks AS text_question_marks, l.text_questions AS text_questions, l.text_exclamation_marks AS text_exclamation_marks,
                      l.text_sentiment + t.sentiment AS text_sentiment, t.budget_min AS text_budget_min, t.budget_max AS text_budget_max, t.budget_specificity AS text_budget_specificity, 0 AS text_price_ranges, t.timeline_urgency AS text_timeline_urgency,
                      t.financing_readiness AS text_financing_readiness, greatest(l.text_intent, t.intent_strength) AS text_intent, greatest(l.text_location_specificity, t.location_specificity) AS text_location_specificity, 0 AS text_objections, 0 AS text_objection_kinds
                 FROM jorge.text_signals('I am pre-approved for $450k and want to move asap') t) s) x WHERE l.phone = '512-555-3001'), 'a message is one more message');
SELECT is((SELECT unused FROM jorge.lead l, jorge.lead_what_if(l, '{"name": "Bob", "family_size_mentioned": 3, "visits": 1}') w LIMIT 1), ARRAY['family_size_mentioned', 'name'], 'what the model does not look at is listed');
SELECT is_empty($$SELECT 1 FROM jorge.lead l, jorge.lead_what_if(l, '{"name": "Mohammed", "family_size_mentioned": 9, "job_stability_score": 0, "text_family_size": 7, "language": "es"}') w WHERE difference <> 0$$, 'name, family, job and language are worth nothing');

-- any row; errors
SELECT ok((SELECT w.score_after > w.score_before FROM (SELECT 'asap' AS message, 'zillow' AS source) x, jorge.lead_what_if(x, '{"financing": "cash"}') w), 'a row of the caller''s own');
SELECT throws_ok($$SELECT jorge.lead_what_if(l, '{"financing_redyness": 1}') FROM jorge.lead l$$, '42703', NULL, 'an unknown key is an error');
DO $$ DECLARE hint text; BEGIN PERFORM jorge.lead_what_if(l, '{"timeline_urgancy": 1}') FROM jorge.lead l; EXCEPTION WHEN undefined_column THEN GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT; PERFORM set_config('test.hint', hint, true); END $$;
SELECT matches(current_setting('test.hint'), 'timeline_urgency', 'that names what is close');
SELECT throws_ok(format('SELECT jorge.lead_what_if(l, %L) FROM jorge.lead l', c), '22023', NULL, 'wrong type: ' || c)
  FROM (VALUES ('{"budget_max": "many"}'), ('{"timeline_urgency": "soon"}'), ('{"side": 1}'), ('{"first_seen_at": 5}'), ('{"message": null}'), ('{"visits": {"add": "1"}}'), ('{"visits": {"plus": 1}}'), ('[]'), ('1'), ('{"timeline_urgency": 1e300}')) v(c);
SELECT is((SELECT count(*) FROM jorge.lead l, jorge.lead_what_if(l, NULL) w WHERE w.score_after IS NOT NULL), 0::bigint, 'NULL changes give NULL');
SELECT throws_ok($$SELECT jorge.lead_what_if('00000000-0000-4000-8000-00000000dead'::uuid, '{}')$$, 'P0002', NULL, 'an unknown lead is an error');

-- best change
SELECT is_empty($$SELECT b.* FROM jorge.lead l, jorge.lead_best_change(l.lead_id) b, jorge.lever v, jorge.lead_what_if(l.lead_id, v.changes) w
                   WHERE v.name = b.lever AND (b.points <= 0 OR b.points <> w.difference OR b.score_after <> w.score_after)$$, 'each lever lifts by what the what-if of its changes says');
INSERT INTO jorge.lever VALUES ('main', 'visit', 'x', 'x', '{}', '{"visits": 0}', false), ('main', 'own', 'the timeline is now', 'Ask', '{"side": "buyer"}', '{"timeline_urgency": 1}', true);
SELECT set_eq($$SELECT DISTINCT b.lever = 'own' FROM jorge.lead l, jorge.lead_best_change(l) b WHERE b.lever IN ('own', 'visit')$$, 'VALUES (true)', 'owners add levers, and silence shared ones');

SELECT * FROM finish();
ROLLBACK;
