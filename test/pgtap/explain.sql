-- Explanations: exact for every lead, readable, and silent on protected matter.
BEGIN;
SELECT plan(20);
SELECT jorge.load_synthetic_leads(1500) \g /dev/null

CREATE TEMP TABLE explained AS SELECT l.lead_id, s.probability, e.* FROM jorge.lead l JOIN jorge.lead_score s USING (location_id, lead_id), jorge.lead_explain(l.lead_id) e;
SELECT is((SELECT count(DISTINCT lead_id) FROM explained), (SELECT count(*) FROM jorge.lead), 'every lead is explained');
SELECT is_empty($$SELECT lead_id, sum(contribution), ln(probability / (1 - probability)) FROM explained GROUP BY lead_id, probability
                  HAVING abs(sum(contribution) - ln(probability / (1 - probability))) > 1e-5 + 6e-8 / least(probability, 1 - probability)$$,
                'base and contributions sum to the log-odds of the probability within 1e-5, and the last bit of a single-precision probability');
SELECT cmp_ok((SELECT count(*) FROM (SELECT 1 FROM explained GROUP BY lead_id, probability HAVING abs(sum(contribution) - ln(probability / (1 - probability))) <= 1e-5) x), '>',
              (SELECT count(*) * 97 / 100 FROM jorge.lead), 'for most of them within 1e-5 alone');
SELECT is((SELECT count(*) FROM explained WHERE rank = 0 AND feature = '(base)' AND contribution = jorge.base_value()), (SELECT count(*) FROM jorge.lead), 'the base comes first');
SELECT is_empty($$SELECT e.feature FROM explained e JOIN jorge.feature f ON f.name = e.feature WHERE f.protected$$, 'the shipped model looks at no protected feature');
SELECT is_empty($$SELECT * FROM explained WHERE text IS NULL OR text = ''$$, 'every row says something');
SELECT is_empty($$SELECT a.lead_id FROM explained a JOIN explained b USING (lead_id) WHERE a.rank > 0 AND b.rank = a.rank + 1 AND abs(a.contribution) < abs(b.contribution)$$, 'the largest contribution first');

-- signals: the same contributions, added by topic
CREATE TEMP TABLE signalled AS SELECT l.lead_id, s.* FROM jorge.lead l, jorge.signals(l) s;
SELECT is_empty($$SELECT lead_id FROM (SELECT lead_id, sum(contribution) AS c FROM signalled GROUP BY 1) a JOIN (SELECT lead_id, sum(contribution) AS c FROM explained WHERE rank > 0 GROUP BY 1) b USING (lead_id) WHERE abs(a.c - b.c) > 1e-9$$, 'no contribution is lost between features and signals');
SELECT is_empty($$SELECT * FROM signalled WHERE sign <> CASE WHEN contribution < 0 THEN '-' ELSE '+' END OR points_text !~ '^[+-][0-9]+ points?$' OR points * contribution < 0 OR text IS NULL$$, 'sign, points and text agree');
SELECT set_eq($$SELECT DISTINCT jorge.signal_topic(name) IS NULL, protected FROM jorge.feature$$, 'VALUES (true, true), (false, false)', 'protected features, and they alone, are part of no signal');
SELECT is((SELECT count(*) FROM jorge.lead l, jorge.lead_top_signals(l.lead_id) s), 3 * (SELECT count(*) FROM jorge.lead), 'three top signals of every lead');
SELECT is((SELECT count(*) FROM (SELECT lead_id FROM jorge.lead LIMIT 1) l, jorge.lead_top_signals(l.lead_id, 0) s), 0::bigint, 'or none');
SELECT throws_ok($$SELECT jorge.lead_top_signals('00000000-0000-4000-8000-00000000dead')$$, 'P0002', NULL, 'of a lead that is there');
SELECT throws_ok($$SELECT jorge.lead_top_signals(lead_id, -1) FROM jorge.lead$$, '22023', NULL, 'and not less than none');

-- sentences
CREATE TEMP TABLE said AS SELECT l.lead_id, l.side, jorge.lead_sentence(l.lead_id) AS sentence FROM jorge.lead l;
SELECT is_empty($$SELECT * FROM said WHERE sentence IS NULL OR sentence !~ '^[A-Z0-9]' OR length(sentence) > 160 OR sentence ~ '_|  |%|\?'$$, 'every lead has a sentence of readable length');
SELECT is_empty($$SELECT * FROM said WHERE sentence ~* '\m(famil|kid|child|school|church|disab|veteran|job|age|married|pregnan|protected)'$$, 'none names protected matter');
SELECT is_empty($$SELECT * FROM said WHERE side = 'seller' AND sentence ~* 'buyer|budget|lender|pre-approved'$$, 'sellers are not spoken of as buyers');
SELECT is(jorge.sentence(ARRAY['strong budget ($600k)', 'immediate timeline', 'pre-approved'], NULL), 'Strong budget ($600k), immediate timeline, pre-approved', 'what speaks for a lead');
SELECT is(jorge.sentence(ARRAY['pre-approved'], ARRAY['no timeline yet', 'no visit yet']), 'Pre-approved, but no timeline yet and no visit yet', 'and what against it');

-- a model that was given a protected feature by name: the audit lists it, no sentence speaks of it
SELECT jorge.promote('jorge_lead_scorer', jorge.register_model('jorge_lead_scorer', (SELECT jorge.train($$SELECT f.family_size_mentioned > 2 AS won, f.family_size_mentioned FROM jorge.lead l, jorge.lead_features(l) f WHERE f.family_size_mentioned IS NOT NULL$$,
    'won', '{"protected": ["family_size_mentioned"], "quiet": true, "rounds": 3, "validation": 0, "early_stopping": 0}'))), override => 'test') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT x.t, ';') FROM jorge.lead l, LATERAL (SELECT e.text AS t FROM jorge.lead_explain(l.lead_id) e WHERE e.feature = 'family_size_mentioned' UNION ALL SELECT jorge.lead_sentence(l.lead_id) UNION ALL SELECT s.text FROM jorge.signals(l) s) x),
          'Nothing known yet speaks for or against this lead;protected, not described', 'a model of a protected feature: listed for the audit, described nowhere');

SELECT * FROM finish();
ROLLBACK;
