-- Linear models, times, classes and text columns: what they predict, worked out by hand, and which documents are refused.

CREATE FUNCTION pg_temp.try(document text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM document::jorge.forest;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
\set linear '{"learner":{"attributes":{},"feature_names":["a","b"],"gradient_booster":{"model":{"boosted_rounds":1,"weights":[2,-0.5,1]},"name":"gblinear"},"learner_model_param":{"base_score":"1E0","num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"reg:squarederror"}}}'
-- two classes: class 0 has one leaf of 1, class 1 has 0 below a = 5 and 2 from there
\set classes '{"learner":{"attributes":{"jorge_classes":"[\\"cold\\",\\"warm\\"]"},"feature_names":["a"],"gradient_booster":{"model":{"tree_info":[0,1],"trees":[{"id":0,"left_children":[-1],"right_children":[-1],"parents":[2147483647],"split_indices":[0],"split_conditions":[1],"default_left":[0],"sum_hessian":[1]},{"id":1,"left_children":[1,-1,-1],"right_children":[2,-1,-1],"parents":[2147483647,0,0],"split_indices":[0,0,0],"split_conditions":[5,0,2],"default_left":[1,0,0],"sum_hessian":[2,1,1]}]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"2","num_feature":"1","num_target":"1"},"objective":{"name":"multi:softprob"}}}'

-- a linear model: 1 + 1 + 2a - b / 2; what is missing adds nothing
SELECT jorge.predict(f, '{3,4}'::real[]), jorge.predict(f, '{NULL,4}'::real[]), jorge.predict(f, '{NULL,NULL}'::real[]), jorge.predict_batch(f, '{{3,4},{0,0},{NULL,2}}'),
       jorge.contributions(f, '{3,NULL}'), jorge.interaction(f, '{3,4}'::real[], 'a', 'b'), jorge.interaction(f, '{3,4}'::real[], 'b', 'b')
  FROM (SELECT :'linear'::jorge.forest AS f) m;
SELECT feature, value, contribution, base FROM jorge.explain(:'linear'::jorge.forest, '{3,4}'::real[]);
SELECT objective, base_score, features, feature_names, trees, nodes, depth FROM jorge.forest_info(:'linear'::jorge.forest);
SELECT * FROM jorge.importance(:'linear'::jorge.forest);
SELECT round(jorge.predict(replace(replace(:'linear', 'reg:squarederror', 'binary:logistic'), '"1E0"', '"5E-1"')::jorge.forest, '{1,6}'::real[])::numeric, 6) AS zero_log_odds,
       round(jorge.predict(replace(:'linear', 'reg:squarederror', 'survival:aft')::jorge.forest, '{0.5,4}'::real[])::numeric, 6) AS one_day;

-- classes: softmax of 1.5 and 0.5 or 2.5
SELECT x, jorge.predict_classes(f, ARRAY[x]), jorge.predict_class(f, ARRAY[x]), jorge.predict_class(f, r) FROM (SELECT :'classes'::jorge.forest AS f) m, (VALUES (1::real), (5), (NULL)) v(x), LATERAL (SELECT x AS a) r ORDER BY x;
SELECT jorge.predict_classes(:'classes'::jorge.forest, r) = jorge.predict_classes(:'classes'::jorge.forest, '{7}'::real[]) FROM (SELECT 7 AS a) r;
SELECT jorge.predict_class(replace(:'classes', 'jorge_classes', 'x')::jorge.forest, '{1}'::real[]) AS number;
SELECT jorge.predict_classes(:'linear'::jorge.forest, '{3,4}'::real[]);
SELECT jorge.predict_class(:'linear'::jorge.forest, '{3,4}'::real[]);
SELECT jorge.predict_classes(replace(:'classes', '"5E-1"', '"[0,1]"')::jorge.forest, '{1}'::real[]) AS even;
\set VERBOSITY terse
SELECT jorge.predict(:'classes'::jorge.forest, '{1}'::real[]);
SELECT jorge.predict_margin(:'classes'::jorge.forest, '{1}'::real[]);
SELECT jorge.predict_batch(:'classes'::jorge.forest, '{{1}}');
SELECT jorge.contributions(:'classes'::jorge.forest, '{1}');
SELECT jorge.interaction(:'classes'::jorge.forest, '{1}'::real[], 'a', 'a');
SELECT * FROM jorge.explain(:'classes'::jorge.forest, '{1}'::real[]);
SELECT jorge.predict_interval(:'classes'::jorge.forest, '{1}');
\set VERBOSITY default

-- documents that are not what they should be
SELECT i, pg_temp.try(replace(:'linear', was, now)) FROM (VALUES
    (1, '[2,-0.5,1]', '[2,-0.5]'), (2, '[2,-0.5,1]', '[2,-0.5,1,1]'), (3, '[2,-0.5,1]', '[2,"x",1]'), (4, '[2,-0.5,1]', '[2,NaN,1]'), (5, '[2,-0.5,1]', '{}'),
    (6, '"weights"', '"x"'), (7, '"num_feature":"2"', '"num_feature":"1000000"'), (8, '"num_class":"0"', '"num_class":"-1"'), (9, '"num_class":"0"', '"num_class":"20000"'),
    (10, '"base_score":"1E0"', '"base_score":"0"'), (11, 'reg:squarederror', 'survival:aft'), (12, 'reg:squarederror', 'survival:cox')) v(i, was, now) ORDER BY i;
SELECT pg_temp.try(replace(replace(:'linear', 'reg:squarederror', 'survival:aft'), '"1E0"', '"0"'));
SELECT i, pg_temp.try(replace(:'classes', was, now)) FROM (VALUES
    (1, '[0,1]', '[0,2]'), (2, '[0,1]', '[0,-1]'), (3, '[0,1]', '[0]'), (4, '[0,1]', '[0,1,0]'), (5, '"tree_info"', '"x"'), (6, '"num_class":"2"', '"num_class":"1"'),
    (7, '"5E-1"', '"[1]"'), (8, '"5E-1"', '"[1,2,3]"'), (9, '"5E-1"', '"[1,x]"'), (10, '"5E-1"', '"[1,inf]"'), (11, '"5E-1"', '"[1,2]"')) v(i, was, now) ORDER BY i;

-- a text column behind indicators
\set texts '{"learner":{"attributes":{"jorge_encoding":"{\\"job\\": {\\"maid\\": 0, \\"nurse\\": 1}}"},"feature_names":["job=maid","job=nurse","age"],"gradient_booster":{"model":{"weights":[10,20,1,0]},"name":"gblinear"},"learner_model_param":{"base_score":"0","num_class":"0","num_feature":"3","num_target":"1"},"objective":{"name":"reg:squarederror"}}}'
SELECT v.job, jorge.feature_vector(f, r), jorge.predict_row(f, r) FROM (SELECT :'texts'::jorge.forest AS f) m, (VALUES ('maid'), ('nurse'), ('cook'), (''), (NULL)) v(job), LATERAL (SELECT 3 AS age, v.job) r ORDER BY v.job;
SELECT jorge.predict_row(:'texts'::jorge.forest, r) FROM (SELECT 'nurse'::char(10) AS job) r;
SELECT jorge.predict_row(:'texts'::jorge.forest, r) FROM (SELECT 5 AS job) r;
SELECT jorge.predict_row(:'texts'::jorge.forest, r) FROM (SELECT 5 AS "job=maid") r;
SELECT i, pg_temp.try(replace(:'texts', was, now)) FROM (VALUES
    (1, '\"maid\": 0', '\"maid\": 3'), (2, '\"maid\": 0', '\"maid\": -1'), (3, '\"maid\": 0', '\"maid\": 0.5'), (4, '\"maid\": 0', '\"maid\": 1'), (5, '\"maid\": 0', '\"maid\": \"0\"'),
    (6, '{\"maid\": 0, \"nurse\": 1}', '[0, 1]'), (7, '{\"maid\": 0, \"nurse\": 1}', '{}'), (8, '\"maid\": 0', '\"maid\": 1e400')) v(i, was, now) ORDER BY i;
