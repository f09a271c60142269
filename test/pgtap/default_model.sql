-- The shipped model on leads it has not seen: near the best that the generator's truth allows, and past the gates.
BEGIN;
SELECT plan(9);

SELECT is(jorge.load_synthetic_leads(5000, 2), 5000::bigint, 'leads of another seed are loaded');
CREATE TEMP TABLE judged AS
SELECT l.outcome = 'won' AS won, s.true_probability, jorge.lead_score(l) AS p
  FROM jorge.synthetic_leads(5000, 2) s
  JOIN jorge.inquiry i ON i.source = s.source AND i.source_ref = s.source_ref
  JOIN jorge.inquiry_lead il USING (location_id, inquiry_id)
  JOIN jorge.lead l USING (location_id, lead_id)
 WHERE l.outcome <> 'open';
SELECT ok((SELECT count(*) > 4500 FROM judged), 'most of them have an outcome');

-- area under the ROC curve by ranks (Mann-Whitney)
CREATE TEMP VIEW auc AS
SELECT (sum(rp) FILTER (WHERE won) - w * (w + 1) / 2.0) / (w * (n - w)) AS model, (sum(rt) FILTER (WHERE won) - w * (w + 1) / 2.0) / (w * (n - w)) AS truth
  FROM (SELECT won, rank() OVER (ORDER BY p) + (count(*) OVER (PARTITION BY p) - 1) / 2.0 AS rp,
               rank() OVER (ORDER BY true_probability) + (count(*) OVER (PARTITION BY true_probability) - 1) / 2.0 AS rt FROM judged) r,
       (SELECT count(*)::float8 AS n, (count(*) FILTER (WHERE won))::float8 AS w FROM judged) c
 GROUP BY w, n;
SELECT cmp_ok((SELECT truth FROM auc)::numeric, '>=', 0.94, 'the best possible AUC');
SELECT cmp_ok((SELECT model FROM auc)::numeric, '>=', ((SELECT truth FROM auc) - 0.02)::numeric, 'the model is within 0.02 of it');
SELECT cmp_ok((SELECT count(*) FROM jorge.lead_score WHERE class = 'HOT'), '>', 300::bigint, 'HOT leads exist');
SELECT cmp_ok((SELECT avg(won::integer) FROM judged WHERE p >= 0.8), '>=', 0.85, 'and most of them are won');
SELECT ok((SELECT (m ->> 'accuracy')::numeric >= 0.85 AND (m ->> 'precision')::numeric >= 0.80 AND (m ->> 'recall')::numeric >= 0.85 AND (m ->> 'roc_auc')::numeric >= 0.90
             FROM jorge.default_model_metrics() m), 'the shipped metrics pass the gates');
SELECT ok((SELECT avg(((won) = (p >= (jorge.default_model_metrics() ->> 'threshold')::float8))::integer) >= 0.88 FROM judged), 'the accuracy they tell is found again');
SELECT is((SELECT count(*) FROM jorge.model m, jorge.forest_info(m.forest) i, jorge.feature f WHERE f.protected AND f.name = ANY (i.feature_names)), 0::bigint, 'it uses no protected feature');

SELECT * FROM finish();
ROLLBACK;
