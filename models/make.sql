-- Train jorge_lead_scorer_v1 on the first 20,000 leads of jorge.synthetic_leads(40000, 1), measure it on the other 20,000.
-- Arrivals, conversations and features go through the managed tables, as real ones do. Leads are learned from
-- as they were in the end and, every second one, as it was when it arrived (jorge.prediction logged it).
SET client_min_messages = warning;
CREATE EXTENSION jorge;
SELECT jorge.install() \g /dev/null
SELECT jorge.load_synthetic_leads(40000, 1) \g /dev/null

CREATE TABLE closed AS
SELECT s.ordinality AS n, s.true_probability, l.outcome = 'won' AS won, l.location_id, l.lead_id, jorge.lead_feature_vector(l) AS features
  FROM jorge.synthetic_leads(40000, 1) WITH ORDINALITY s
  JOIN jorge.inquiry i ON i.location_id = 'main' AND i.source = s.source AND i.source_ref = s.source_ref
  JOIN jorge.inquiry_lead il USING (location_id, inquiry_id)
  JOIN jorge.lead l USING (location_id, lead_id)
 WHERE l.outcome <> 'open';
CREATE TABLE history AS
SELECT m.n, m.true_probability, m.won, m.at_arrival, f.*
  FROM (SELECT n, true_probability, won, false AS at_arrival, features FROM closed
        UNION ALL
        SELECT c.n, c.true_probability, c.won, true, p.features FROM closed c JOIN jorge.prediction p USING (location_id, lead_id)
         WHERE p.reason = 'inquiry' AND (c.n > 20000 OR c.n % 2 = 0)) m,
       LATERAL jorge.features_from_vector(m.features) f;
ANALYZE history;

-- Rounds, calibration and threshold come from five folds by time: each judges on leads newer than those it learned from. "time"
-- also keeps the two rows of a lead together.
CREATE TABLE model AS
SELECT jorge.train(format('SELECT won, n, %s FROM history WHERE n <= 20000', names), 'won',
                   jsonb '{"quiet": true, "time": "n", "learning_rate": 0.06, "colsample": 0.5, "min_child_weight": 10}') AS forest, names
  FROM (SELECT string_agg(name, ', ' ORDER BY position) AS names FROM jorge.feature WHERE NOT protected) f;
CREATE TABLE calibration AS
SELECT i.trees, i.attributes ->> 'jorge_calibration' AS calibration, i.attributes ->> 'jorge_metrics' AS metrics FROM model, jorge.forest_info(forest) i;
-- The threshold that the card states: out of five folds of the training half, calibrated as the model is, the one whose precision and
-- recall clear the gates (0.80 and 0.85) by the most.
CREATE TABLE folds AS
SELECT fold, jorge.train(format('SELECT won, %s FROM history WHERE n <= 20000 AND n %% 5 <> %s', names, fold), 'won',
                         jsonb '{"quiet": true, "cv": 0, "learning_rate": 0.06, "colsample": 0.5, "min_child_weight": 10}' || jsonb_build_object('rounds', trees)) AS forest
  FROM model, calibration, generate_series(0, 4) fold;
CREATE TABLE out_of_fold AS
SELECT h.won, jorge.calibrate(m.forest, ln(p / (1 - p))) AS p
  FROM history h JOIN folds f ON f.fold = h.n % 5 CROSS JOIN model m, LATERAL (SELECT jorge.predict_row(f.forest, h) AS p) x WHERE h.n <= 20000 AND NOT h.at_arrival;
CREATE TABLE stated AS
SELECT round(p::numeric, 4) AS threshold
  FROM (SELECT p, (sum(won::integer) OVER w)::float8 / count(*) OVER w AS precision, (sum(won::integer) OVER w)::float8 / sum(won::integer) OVER () AS recall
          FROM out_of_fold WINDOW w AS (ORDER BY p DESC)) x
 ORDER BY least(precision - 0.80, recall - 0.85) DESC LIMIT 1;

\o :json
SELECT forest FROM model;
\o

CREATE TABLE held_out AS
SELECT h.at_arrival, h.won, h.true_probability, p, jorge.lead_class(p) AS class
  FROM history h, model m, LATERAL (SELECT jorge.predict_row(m.forest, h) AS p) x WHERE h.n > 20000;

-- area under the ROC curve by ranks (Mann-Whitney)
CREATE FUNCTION auc(column_name text, arrival boolean DEFAULT false) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    answer float8;
BEGIN
    EXECUTE format('SELECT (sum(r) FILTER (WHERE won) - count(*) FILTER (WHERE won) * (count(*) FILTER (WHERE won) + 1) / 2.0)
                           / (count(*) FILTER (WHERE won)::float8 * count(*) FILTER (WHERE NOT won))
                      FROM (SELECT won, rank() OVER w + (count(*) OVER (PARTITION BY %1$I) - 1) / 2.0 AS r FROM held_out WHERE at_arrival = %2$L WINDOW w AS (ORDER BY %1$I)) x', column_name, arrival) INTO answer;
    RETURN answer;
END $$;

\o :metrics
WITH counted AS (
    SELECT count(*) AS n, threshold,
           count(*) FILTER (WHERE won AND p >= threshold) AS tp, count(*) FILTER (WHERE NOT won AND p >= threshold) AS fp,
           count(*) FILTER (WHERE won AND p < threshold) AS fn, count(*) FILTER (WHERE NOT won AND p < threshold) AS tn,
           avg(won::integer::float8) AS base_rate,
           avg(-CASE WHEN won THEN ln(p) ELSE ln(1 - p) END) AS log_loss,
           count(*) FILTER (WHERE class = 'HOT') AS hot, avg(won::integer::float8) FILTER (WHERE class = 'HOT') AS hot_win_rate
      FROM held_out, stated WHERE NOT at_arrival GROUP BY 2
)
SELECT jsonb_pretty(jsonb_build_object(
           'calibration', (SELECT calibration::jsonb ->> 'method' FROM calibration), 'calibration_error', round(jorge_ece::numeric, 4),
           'calibration_error_at_arrival', round(jorge_ece_at_arrival::numeric, 4),
           'training', format('%s rows of jorge.synthetic_leads(40000, 1)', (SELECT count(*) FROM history WHERE n <= 20000)),
           'held_out_rows', n, 'trees', (SELECT trees FROM model, jorge.forest_info(forest)), 'base_rate', round(base_rate::numeric, 4), 'threshold', threshold,
           'roc_auc', round(auc('p')::numeric, 4), 'best_possible_roc_auc', round(auc('true_probability')::numeric, 4),
           'roc_auc_at_arrival', round(auc('p', true)::numeric, 4), 'log_loss', round(log_loss::numeric, 4),
           'accuracy', round((tp + tn)::numeric / n, 4), 'precision', round(tp::numeric / (tp + fp), 4), 'recall', round(tp::numeric / (tp + fn), 4),
           'f1', round(2.0 * tp / (2 * tp + fp + fn), 4), 'hot_share', round(hot::numeric / n, 4), 'hot_win_rate', round(hot_win_rate::numeric, 4)))
  FROM counted, (SELECT (c.judged).ece AS jorge_ece, (c.arrived).ece AS jorge_ece_at_arrival
                   FROM (SELECT jorge.classification(jorge.tally(p, won::integer) FILTER (WHERE NOT at_arrival), 0.5) AS judged,
                                jorge.classification(jorge.tally(p, won::integer) FILTER (WHERE at_arrival), 0.5) AS arrived FROM held_out) c) e;
