-- Explanations: rows that add up, the same from a vector and from a row; many rows at once; interactions; their errors.
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.model(trees text, names text DEFAULT '["a","b"]', objective text DEFAULT 'binary:logistic', pad int DEFAULT 0)
    RETURNS jorge.forest LANGUAGE sql AS $$
    SELECT format('{"learner":{"attributes":{"pad":"%s"},"feature_names":%s,"gradient_booster":{"model":{"trees":%s},"name":"gbtree"},'
        '"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2"},"objective":{"name":"%s"}}}',
        repeat('x', pad), names, trees, objective)::jorge.forest
$$;
-- a < 1: -1 (40 rows); else b < 5: 2 (20), else 4 (40); a missing goes right, b missing left
\set tree '[{"left_children":[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],"split_indices":[0,0,1,0,0],"split_conditions":[1,-1,5,2,4],"default_left":[0,0,1,0,0],"sum_hessian":[100,40,60,20,40]}]'
CREATE TABLE explained AS SELECT pg_temp.model(:'tree') AS f, pg_temp.model(:'tree', objective => 'reg:squarederror') AS linear,
    pg_temp.model('[]') AS empty, pg_temp.model(:'tree', names => '[]') AS nameless;

-- by hand: base = -0.4 + 0.4 + 1.6 = 1.6. Known: a 10/3, b 1.6 - (-0.4) is 2; so a = 10/3 - 1.6 averaged with 4 - 2, and so on
SELECT rank, feature, value, round(contribution::numeric, 6) AS contribution, round(points::numeric, 6) AS points, round(base::numeric, 6) AS base FROM explained, jorge.explain(f, '{1,9}'::real[]) ORDER BY rank;
SELECT rank, feature, value, round(contribution::numeric, 6) AS contribution, round(points::numeric, 6) AS points, round(base::numeric, 6) AS base FROM explained, jorge.explain(linear, '{1,9}'::real[]) ORDER BY rank;
-- the sums: base + contributions are the log-odds, points what the probability gains on the base's; one row, missing, infinite
SELECT v, abs(sum(contribution) + min(base) - ln(p / (1 - p))) < 1e-5 AS log_odds, abs(sum(points) - (p - 1 / (1 + exp(-min(base))))) < 1e-6 AS points,
       bool_and(sign(points) = sign(contribution)) AS signs, max(rank) AS rows
  FROM explained, (VALUES ('{1,9}'::real[]), ('{0,9}'), ('{1,4}'), ('{NULL,NULL}'), ('{NaN,9}'), ('{-Infinity,Infinity}'), ('{Infinity,-Infinity}')) r (v),
       jorge.predict(f, v) p, jorge.explain(f, v) GROUP BY v, p ORDER BY v;
-- covers that do not add up, as a document may claim: a share is at most 1 (base = -0.4 + 0.6 * (2/3 + 4) = 2.4), and 0 where no row was seen (base = -0.4)
SELECT covers, round(base::numeric, 6) AS base, bool_and(adds_up) AS adds_up
  FROM (SELECT covers, min(base) AS base, abs(min(base) + sum(contribution) - ln(p / (1 - p))) < 1e-5 AS adds_up
          FROM (VALUES ('100,40,60,20,400000'), ('100,40,60,0,0'), ('100,40,0,20,40')) c (covers),
               LATERAL (SELECT replace(:'tree', '100,40,60,20,40', covers) AS tree OFFSET 0) t, LATERAL (SELECT pg_temp.model(tree) AS f OFFSET 0) m,
               (VALUES ('{1,9}'::real[]), ('{0,9}'), ('{1,4}'), ('{NULL,NULL}')) r (v), jorge.predict(f, v) p, jorge.explain(f, v)
         GROUP BY covers, v, p) x GROUP BY covers, base ORDER BY covers;
-- a row of any type, columns by name
SELECT rank, feature, value, round(contribution::numeric, 6) AS contribution, round(points::numeric, 6) AS points, round(base::numeric, 6) AS base FROM explained, (SELECT 'x' AS other, 9::numeric AS b, true AS a) lead, jorge.explain(f, lead) ORDER BY rank;
SELECT (SELECT array_agg(e ORDER BY rank) FROM jorge.explain(f, r) e) = (SELECT array_agg(e ORDER BY rank) FROM jorge.explain(f, jorge.feature_vector(f, r)) e) AS same
  FROM explained, (VALUES (1, 9), (0, 3), (NULL, 4)) r (a, b) ORDER BY r;
-- in the select list too; by named arguments; nothing known to tell apart: no contribution, no points
SELECT (jorge.explain(model => f, vector => '{1,9}')).rank FROM explained ORDER BY 1;
SELECT feature, contribution, points, abs(base) AS base FROM explained, jorge.explain(empty, '{1,9}'::real[]) ORDER BY rank;
SELECT feature FROM explained, jorge.explain(nameless, '{1,9}'::real[]) ORDER BY rank;
SELECT count(*) FROM explained, jorge.explain(f, NULL::real[]);
-- a lead: the reasons are the explanation of its features by the model that serves
SELECT FROM jorge.install();
SELECT count(*) AS reasons, bool_and(r.feature = e.feature AND r.contribution = e.contribution AND r.points = e.points AND r.base = e.base) AS same,
       abs(min(r.base) + sum(r.contribution) - min(ln(s / (1 - s)))) < 1e-5 AS log_odds
  FROM (SELECT 'Cash buyer, $600k, want to see it this week' AS message, 'zillow' AS source) l, jorge.lead_score(l) s, jorge.model m,
       jorge.lead_features(l) x, jorge.lead_reasons(l) r JOIN LATERAL jorge.explain(m.forest, x) e USING (rank);
SELECT count(DISTINCT n) AS leads, count(*) = 10 * max(rank) AS complete
  FROM generate_series(1, 10) n, LATERAL (SELECT 'zillow' AS source, n * 100000 AS budget_max) l, LATERAL jorge.lead_reasons(l);

-- many rows: each as alone, to the bit; a last block that is not full; missing values
CREATE TABLE vectors AS SELECT n, ARRAY[nullif(n % 3, 2), 3 + n % 5]::real[] AS v FROM generate_series(1, 200) n;
SELECT rows, array_dims(b), (SELECT bool_and((SELECT array_agg(e ORDER BY i) FROM unnest(b[n:n]) WITH ORDINALITY u (e, i)) = jorge.contributions(f, v)) FROM vectors WHERE n <= rows) AS same
  FROM explained, (VALUES (1), (2), (7), (8), (9), (70), (200)) size (rows),
       LATERAL (SELECT jorge.contributions_batch(f, array_agg(v ORDER BY n)) AS b FROM vectors WHERE n <= rows) x ORDER BY rows;
SELECT jorge.contributions_batch(f, '{}'), jorge.contributions_batch(f, NULL) FROM explained;
SELECT jorge.contributions_batch(linear, '{{0,2},{NULL,NULL}}')::numeric(9,6)[] FROM explained;
\set VERBOSITY terse
SELECT jorge.contributions_batch(f, '{1,2}') FROM explained;
SELECT jorge.contributions_batch(f, '{{{1,2}}}') FROM explained;
SELECT jorge.contributions_batch(f, '{{1,2,3}}') FROM explained;

-- interactions: symmetrical, sum to the contribution, with itself what is left
SELECT round(jorge.interaction(f, '{1,9}'::real[], 'a', 'a')::numeric, 12) AS aa, round(jorge.interaction(f, '{1,9}'::real[], 'a', 'b')::numeric, 12) AS ab,
       round(jorge.interaction(f, '{1,9}'::real[], 'b', 'a')::numeric, 12) AS ba, round(jorge.interaction(f, '{1,9}'::real[], 'b', 'b')::numeric, 12) AS bb,
       (SELECT array_agg(round(c::numeric, 6)) FROM unnest(jorge.contributions(f, '{1,9}')) c) AS contributions FROM explained;
SELECT jorge.interaction(f, v, 'a', 'b') AS vector, jorge.interaction(f, r, 'a', 'b') AS "row", jorge.interaction(nameless, v, 'f0', 'f1') AS nameless,
       jorge.interaction(empty, v, 'a', 'b') AS empty, jorge.interaction(f, v, NULL, 'b') AS nothing
  FROM explained, (SELECT NULL::int AS a, 9 AS b) r, (SELECT '{NULL,9}'::real[] AS v) v;
\set VERBOSITY default
SELECT jorge.interaction(f, '{1,9}'::real[], 'a', 'c') FROM explained;
SELECT jorge.interaction(nameless, '{1,9}'::real[], 'a', 'f1') FROM explained;
\set VERBOSITY terse
SELECT jorge.interaction(nameless, r, 'f0', 'f1') FROM explained, (SELECT 1 AS a) r;
SELECT jorge.interaction(f, '{1}'::real[], 'a', 'b') FROM explained;
SELECT jorge.explain(f, '{1,2,3}'::real[]) FROM explained;
SELECT jorge.explain(f, r) FROM explained, (SELECT 1 AS c) r;
SELECT jorge.explain(f, r) FROM explained, (SELECT 'x' AS a) r;
SELECT jorge.explain(nameless, r) FROM explained, (SELECT 1 AS a) r;
SELECT jorge.explain(f, '{1,2}') FROM explained;
SELECT jorge.interaction(replace(f::text, '"sum_hessian"', '"x"')::jorge.forest, '{1,2}'::real[], 'a', 'b') FROM explained;

-- the table of a forest counts as the cache's memory, and goes with its forest
CREATE VIEW tables AS SELECT count(*) AS tables FROM pg_backend_memory_contexts WHERE name = 'jorge shap';
SELECT cardinality(jorge.contributions(f, '{1,9}')) FROM explained;
SELECT tables > 0 AS made FROM tables;
SET jorge.forest_cache = '1MB';
SELECT jorge.predict(pg_temp.model(:'tree', pad => 2000000), '{1,9}'::real[]) > 0 AS large;
SELECT * FROM tables;
-- complete trees of depth 6, a feature a level: their tables are some 100 kB each
CREATE TABLE complete AS SELECT n, format('{"learner":{"attributes":{"n":"%s"},"feature_names":[],"gradient_booster":{"model":{"trees":[{"left_children":%s,"right_children":%s,'
    '"split_indices":%s,"split_conditions":%s,"default_left":%s,"sum_hessian":%s}]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"6"},'
    '"objective":{"name":"binary:logistic"}}}', n, json_agg(CASE WHEN i < 63 THEN 2 * i + 1 ELSE -1 END ORDER BY i), json_agg(CASE WHEN i < 63 THEN 2 * i + 2 ELSE -1 END ORDER BY i),
    json_agg(CASE WHEN i < 63 THEN floor(log(2, i + 1))::int ELSE 0 END ORDER BY i), json_agg(i % 7 + 0.5 ORDER BY i), json_agg(0 ORDER BY i),
    json_agg(2 ^ (6 - floor(log(2, i + 1))) ORDER BY i))::jorge.forest AS f FROM generate_series(0, 126) i, generate_series(1, 40) n GROUP BY n;
SELECT count(jorge.contributions(f, '{1,2,3,4,5,6}')), count(DISTINCT jorge.contributions(f, '{1,2,3,4,5,6}')) FROM complete;
SELECT tables > 1 AS several FROM tables;
SELECT sum(total_bytes) <= 1024 * 1024 AS within_bound FROM pg_backend_memory_contexts WHERE name IN ('jorge forest', 'jorge shap');
