-- importance: what a forest's splits gained, by feature

CREATE FUNCTION jorge.importance(model jorge.forest)
    RETURNS TABLE (feature text, splits bigint, gain float8, total_gain float8, cover float8, weight float8)
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH document AS MATERIALIZED (
        SELECT model::text::jsonb -> 'learner' AS learner
    ), named AS (
        SELECT n - 1 AS position, coalesce(learner #>> ARRAY['feature_names', (n - 1)::text], 'f' || (n - 1)) AS feature
          FROM document, generate_series(1, (learner #>> '{learner_model_param,num_feature}')::integer) n
    ), split AS (
        SELECT f.index::integer AS position, count(*) AS splits, sum(g.gain::float8) AS gain, sum(c.cover::float8) AS cover
          FROM document, jsonb_array_elements(learner #> '{gradient_booster,model,trees}') tree,
               ROWS FROM (jsonb_array_elements_text(tree -> 'left_children'), jsonb_array_elements_text(tree -> 'split_indices'),
                          jsonb_array_elements_text(tree -> 'loss_changes'), jsonb_array_elements_text(tree -> 'sum_hessian')) AS node(child, index, gain, cover),
               LATERAL (SELECT node.index) f, LATERAL (SELECT node.gain) g, LATERAL (SELECT node.cover) c
         WHERE node.child <> '-1'
         GROUP BY 1
    ), weight AS (
        SELECT w.number - 1 AS position, sum(abs(w.value::float8)) AS weight
          FROM document, jsonb_array_elements_text(learner #> '{gradient_booster,model,weights}') WITH ORDINALITY w(value, number)
         GROUP BY 1
    )
    SELECT n.feature, coalesce(s.splits, 0), s.gain / s.splits, s.gain, s.cover / s.splits, w.weight
      FROM named n LEFT JOIN split s USING (position) LEFT JOIN weight w USING (position)
     ORDER BY n.position
$$;
COMMENT ON FUNCTION jorge.importance(jorge.forest) IS
    'What each feature does in a forest, in the forest''s order: number of its splits, gain (mean loss reduction of a split, XGBoost''s importance "gain") and total_gain, mean cover of its splits. NULL where it has no splits or the document holds no gains. weight: for a linear model the coefficient''s size, else NULL. For what a feature does to predictions see jorge.explain() and the mean |SHAP| in jorge.model.features.';
