-- Sub-scores: in range, NULL where nothing is known, and never falling as what they are made of grows.
BEGIN;
SELECT plan(9);

CREATE FUNCTION pg_temp.sub(budget float8, specificity float8, urgency float8 DEFAULT NULL, readiness float8 DEFAULT NULL, intent float8 DEFAULT NULL) RETURNS jorge.sub_scores LANGUAGE sql AS $$
    SELECT jorge.sub_scores(jsonb_populate_record(NULL::jorge.features, jsonb_build_object('budget_midpoint', $1, 'budget_specificity', $2, 'timeline_urgency', $3, 'financing_readiness', $4, 'message_intent', $5)))
$$;
SELECT is((pg_temp.sub(NULL, NULL)).budget_quality, NULL, 'nothing known of a budget: NULL');
SELECT is(pg_temp.sub(NULL, NULL, 0.8, 0.9, 0.35)::text, '(,0.8,0.9,0.35)', 'the others are the features');
SELECT is((pg_temp.sub(NULL, 0)).budget_quality, 0::float8, 'an open budget is worth nothing, not unknown');
SELECT is((pg_temp.sub(1e9, 1)).budget_quality, 1::float8, 'one exact, large budget is worth all');
CREATE TEMP TABLE grid AS SELECT b, s, (pg_temp.sub(b, s)).budget_quality AS q FROM unnest(ARRAY[NULL, 1, 50000, 200000, 350000, 499999, 500000, 900000, 1e9]::float8[]) b, unnest(ARRAY[NULL, 0, 0.2, 0.5, 0.7, 1]::float8[]) s;
SELECT is_empty('SELECT * FROM grid WHERE q NOT BETWEEN 0 AND 1', 'in range');
SELECT is_empty('SELECT * FROM grid x JOIN grid y ON y.b >= coalesce(x.b, 0) AND y.s IS NOT DISTINCT FROM x.s AND y.q < x.q', 'never falls as the budget grows');
SELECT is_empty('SELECT * FROM grid x JOIN grid y ON y.s >= coalesce(x.s, 0) AND y.b IS NOT DISTINCT FROM x.b AND y.q < x.q', 'nor as it grows more specific');

SELECT jorge.load_synthetic_leads(500) \g /dev/null
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_features(l) f, LATERAL (SELECT (jorge.sub_scores(f)).*) s
                   WHERE s.budget_quality NOT BETWEEN 0 AND 1 OR s.timeline_urgency NOT BETWEEN 0 AND 1 OR s.financing_readiness NOT BETWEEN 0 AND 1 OR s.message_intent NOT BETWEEN 0 AND 1
                      OR (s.budget_quality IS NULL) <> (f.budget_midpoint IS NULL AND f.budget_specificity IS NULL)$$, 'of real leads too');
SELECT is_empty($$SELECT l.lead_id FROM jorge.lead l, jorge.lead_features(l) f WHERE jorge.score_lead(l.lead_id) -> 'sub_scores' <> to_jsonb(jorge.sub_scores(f))$$, 'score_lead() answers them');

SELECT * FROM finish();
ROLLBACK;
