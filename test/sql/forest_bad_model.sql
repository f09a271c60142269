-- Documents that are no forest, or one we can't serve: each is refused with its SQLSTATE and what is wrong where.
SET jit = off;
\set VERBOSITY terse

-- The error that making a forest of a text or of UBJ gives, or what came of it.
CREATE FUNCTION pg_temp.try(document text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'served: ' || (jorge.forest_info(document::jorge.forest)).trees || ' trees';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.try(document bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN 'served: ' || (jorge.forest_info(jorge.forest_from_ubj(document))).trees || ' trees';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

\set good '{"learner":{"attributes":{},"feature_names":["a","b"],"gradient_booster":{"model":{"gbtree_model_param":{"num_trees":"1"},"tree_info":[0],"trees":[{"id":0,"left_children":[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],"parents":[2147483647,0,0,2,2],"split_indices":[0,0,1,0,0],"split_conditions":[1.5,-1,10,2,4],"default_left":[1,0,0,0,0],"sum_hessian":[10,4,6,3,3],"tree_param":{"num_nodes":"5","size_leaf_vector":"0"}}]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1","num_class":"0","num_feature":"2","num_target":"1"},"objective":{"name":"reg:squarederror"}}}'
SELECT pg_temp.try(:'good');

-- text that is no JSON
SELECT i, pg_temp.try(bad) FROM (VALUES
    (1, ''), (2, 'null'), (3, '[]'), (4, '{'), (5, '{}'), (6, '{"a"}'), (7, '{"a":}'), (8, '{"a":1,}'), (9, '{"a":1} x'),
    (10, '{"a":01}'), (11, '{"a":1.}'), (12, '{"a":-}'), (13, '{"a":1e}'), (14, '{"a":nul}'), (15, '{"a":"x'),
    (16, '{"a":"\x"}'), (17, '{"a":"\u12"}'), (18, '{"a":"\ud800"}'), (19, '{"a":"\udc00"}'), (20, '{"a":"\u0000"}'),
    (21, E'{"a":"\n"}'), (22, '{"a":[1,2}'), (23, '{"a":1e999}'), (24, '{"a":' || repeat('[', 100)),
    (25, '{"a":' || repeat('[', 63) || repeat(']', 63) || '}'), (26, '{"a":"\')) v (i, bad) ORDER BY i;

-- JSON that is no model
SELECT i, pg_temp.try(replace(:'good', was, now)) FROM (VALUES
    (1, '"learner":', '"other":'), (2, '"learner":', '"learner":1,"learner":'), (3, '"gradient_booster":', '"x":'),
    (4, '"learner_model_param":', '"x":'), (5, '"objective":', '"x":'), (6, '"trees":', '"x":'), (7, '"model":', '"x":'),
    (8, '"5E-1"', '0.5'), (9, '"5E-1"', '"five"'), (10, '"5E-1"', '"[5E-1"'), (11, '"5E-1"', '"NaN"'), (12, '"5E-1"', '""'),
    (13, '"num_feature":"2"', '"num_feature":"0"'), (14, '"num_feature":"2"', '"num_feature":"-1"'),
    (15, '"num_feature":"2"', '"num_feature":"2x"'), (16, '"num_feature":"2"', '"num_feature":"99999999999999999999"'),
    (17, '"num_feature":"2"', '"num_feature":2'), (18, '["a","b"]', '["a"]'), (19, '["a","b"]', '["a","b","c"]'),
    (20, '["a","b"]', '[1,2]'), (21, '["a","b"]', '{}'), (22, '"tree_info":[0]', '"tree_info":[1]'),
    (23, '"tree_info":[0]', '"tree_info":[]'), (24, '"num_trees":"1"', '"num_trees":"2"'), (25, '"trees":[{', '"trees":[1,{'),
    (26, '"attributes":{}', '"attributes":[]'), (27, '"attributes":{}', '"attributes":{"x":1}'),
    (28, '"attributes":{}', '"attributes":{"x":"1","x":"2"}'), (29, '"attributes":{}', '"attributes":{"jorge_lexicon":"new"}'),
    (30, '"attributes":{}', '"attributes":{"jorge_learning_rate":"0"}'), (31, '"name":"reg:squarederror"', '"name":1'),
    (32, '"name":"gbtree"', '"nom":"gbtree"')) v (i, was, now) ORDER BY i;

-- trees that are none
SELECT i, pg_temp.try(replace(:'good', was, now)) FROM (VALUES
    (1, '"left_children":[1,-1,3,-1,-1]', '"left_children":[]'), (2, '"left_children":', '"x":'),
    (3, '[2,-1,4,-1,-1]', '[2,-1,4,-1]'), (4, '[2,-1,4,-1,-1]', '[2,-1,-1,-1,-1]'), (5, '[2,-1,4,-1,-1]', '[2,-1,5,-1,-1]'),
    (6, '[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1]', '[1,-1,1,-1,-1],"right_children":[2,-1,2,-1,-1]'), -- shared, and a cycle
    (7, '[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1]', '[0,-1,3,-1,-1],"right_children":[1,-1,4,-1,-1]'), -- through the root
    (8, '[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1]', '[2,-1,4,-1,-1],"right_children":[1,-1,3,-1,-1]'), -- no neighbours
    (9, '[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1]', '[1,-1,-1,-1,-1],"right_children":[2,-1,-1,-1,-1]'), -- unreached
    (10, '[1,-1,3,-1,-1]', '[1,-1,-2,-1,-1]'), (11, '[1,-1,3,-1,-1]', '[1,-1,2147483648,-1,-1]'),
    (12, '[1,-1,3,-1,-1]', '[1,-1,3.5,-1,-1]'), (13, '[1,-1,3,-1,-1]', '[1,-1,"3",-1,-1]'), (14, '[1,-1,3,-1,-1]', '[1,-1,3,-1,null]'),
    (15, '[1,-1,3,-1,-1]', '7'), (16, '"split_indices":[0,0,1', '"split_indices":[0,0,2'), (17, '"split_indices":[0,0,1', '"split_indices":[0,0,-1'),
    (18, '[1.5,-1,', '[NaN,-1,'), (19, '[1.5,-1,', '[1.5,NaN,'), (20, '[1.5,-1,', '[1.5,1e39,'), (21, '[1.5,-1,', '[1.5,-Infinity,'),
    (22, '[1.5,-1,', '[1.5,true,'), (23, '"default_left":[1', '"default_left":[2'), (24, '"default_left":[1', '"default_left":[256'),
    (25, '[2147483647,0,0,2,2]', '[2147483647,0,0,2,3]'), (26, '[2147483647,0,0,2,2]', '[0,0,0,2,2]'),
    (27, '[2147483647,0,0,2,2]', '[2147483647,0,0,2,1000000]'), (28, '"sum_hessian":[10', '"sum_hessian":[-10'),
    (29, '"sum_hessian":[10', '"sum_hessian":[NaN'), (30, '"sum_hessian":[10', '"sum_hessian":[1,10'), (31, '"id":0', '"id":1'),
    (32, '"num_nodes":"5"', '"num_nodes":"6"'), (33, '"num_nodes":"5"', '"num_nodes":5'), (34, '"num_nodes":"5"', '"num_nodes":""'),
    (35, '"id":0', '"id":0,"base_weights":[0]'), (36, '"id":0', '"id":0,"left_children":[1,-1,3,-1,-1]'),
    (37, '"id":0', '"id":0,"split_type":[0]')) v (i, was, now) ORDER BY i;

-- tolerated: infinite thresholds, a tree without covers (but then no contributions), parents of older versions, pruned nodes
SELECT i, pg_temp.try(replace(:'good', was, now)) FROM (VALUES
    (1, '[1.5,-1,', '[Infinity,-1,'), (2, '[1.5,-1,', '[-Infinity,-1,'), (3, '"sum_hessian":', '"x":'), (4, '"parents":', '"x":'),
    (5, '[2147483647,0,0,2,2]', '[-1,0,0,2,2]'), (6, '"default_left":[1,0,0,0,0]', '"default_left":[true,false,false,false,false]'),
    (7, '[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],"parents":[2147483647,0,0,2,2],"split_indices":[0,0,1,0,0]',
        '[1,-1,-1,-1,-1],"right_children":[2,-1,-1,-1,-1],"parents":[2147483647,0,0,2,2],"split_indices":[0,0,1,2147483647,2147483647]'))
    v (i, was, now) ORDER BY i;
SELECT jorge.contributions(replace(:'good', '"sum_hessian":', '"x":')::jorge.forest, '{1,2}');

-- models that are not served, by name
SELECT i, pg_temp.try(replace(:'good', was, now)) FROM (VALUES
    (1, '"name":"gbtree"', '"name":"dart"'), (2, '"name":"gbtree"', '"name":"gblinear"'), (3, 'reg:squarederror', 'multi:softprob'),
    (4, 'reg:squarederror', 'reg:logistic'), (5, '"num_class":"0"', '"num_class":"3"'), (6, '"num_target":"1"', '"num_target":"2"'),
    (7, '"size_leaf_vector":"0"', '"size_leaf_vector":"2"'), (8, '"5E-1"', '"[5E-1,5E-1]"'), (9, '"id":0', '"id":0,"split_type":[1,0,0,0,0]'),
    (10, '"id":0', '"id":0,"categories":[3]'), (11, '"id":0', '"id":0,"categories_nodes":[0]')) v (i, was, now) ORDER BY i;
-- the shape that XGBoost gives dart and gblinear
SELECT pg_temp.try('{"learner":{"gradient_booster":{"gbtree":{"model":{},"name":"gbtree"},"name":"dart","weight_drop":[1]}}}');
SELECT pg_temp.try('{"learner":{"gradient_booster":{"model":{"boosted_rounds":1,"weights":[1,2]},"name":"gblinear"}}}');
-- logistic needs a probability as base score; 0 and 1 are XGBoost 3's, clamped
SELECT b, pg_temp.try(replace(replace(:'good', 'reg:squarederror', 'binary:logistic'), '5E-1', b))
FROM (VALUES ('1.5'), ('-0.1'), ('0'), ('1'), ('0.9')) v (b) ORDER BY b;

-- limits
SELECT pg_temp.try(replace(:'good', '"num_feature":"2"', '"num_feature":"1048577"'));
SELECT pg_temp.try(replace(:'good', '"num_feature":"2"', '"num_feature":"1048576"'));
SELECT pg_temp.try(replace(replace(:'good', '"num_feature":"2"', '"num_feature":"1048576"'), '"feature_names":["a","b"],', ''));
-- a comb of n nodes: node 0 has children 1 and 2, node 2 has 3 and 4, ...
CREATE FUNCTION pg_temp.comb(n int) RETURNS text LANGUAGE sql AS $$
    SELECT format('{"left_children":[%s],"right_children":[%s],"split_indices":[%s],"split_conditions":[%s],"default_left":[%s],"sum_hessian":[%s]}',
        string_agg(CASE WHEN i % 2 = 0 AND i < n - 1 THEN i + 1 ELSE -1 END::text, ',' ORDER BY i),
        string_agg(CASE WHEN i % 2 = 0 AND i < n - 1 THEN i + 2 ELSE -1 END::text, ',' ORDER BY i),
        string_agg('0', ','), string_agg((-i)::text, ',' ORDER BY i), string_agg('0', ','), string_agg('1', ','))
    FROM generate_series(0, n - 1) i
$$;
SELECT regexp_replace(:'good', '"trees":\[.*\]\},"name"', '"trees":[@]},"name"') AS frame \gset
SELECT (jorge.forest_info(f)).depth, jorge.predict(f, '{-1e9,0}'::real[]), jorge.predict(f, '{0,0}'::real[]), jorge.predict(f, '{NULL,0}'::real[])
FROM (SELECT replace(:'frame', '@', pg_temp.comb(65537))::jorge.forest AS f) s;
SELECT jorge.contributions(replace(:'frame', '@', pg_temp.comb(1027))::jorge.forest, '{1,2}');
SELECT pg_temp.try('{"x":"' || repeat('x', 64 * 1024 * 1024) || '"}');
SELECT pg_temp.try(convert_to(repeat('x', 64 * 1024 * 1024 + 1), 'UTF8'));

-- binary: S8 = the length of a string as int64, and so on
CREATE FUNCTION pg_temp.len(n bigint) RETURNS bytea LANGUAGE sql AS $$ SELECT 'L'::bytea || int8send(n) $$;
CREATE FUNCTION pg_temp.str(s text) RETURNS bytea LANGUAGE sql AS $$ SELECT pg_temp.len(length(s)) || s::bytea $$;
SELECT i, pg_temp.try(bad) FROM (VALUES
    (1, ''::bytea), (2, '{'), (3, '{}'), (4, '{}}'), (5, '['), (6, 'Z'), (7, 'N'), (8, 'H'), (9, '\xff'),
    (10, '{U' || '\x01'::bytea || 'aZ}'),                                  -- a length that isn't int64
    (11, '{' || pg_temp.len(-1) || 'aZ}'), (12, '{' || pg_temp.len(9223372036854775807) || 'aZ}'),
    (13, '{' || pg_temp.str('a') || 'S' || pg_temp.len(5) || 'x}'),
    (14, '{' || pg_temp.str('a') || '[$d#' || pg_temp.len(1000000000) || '}'),
    (15, '{' || pg_temp.str('a') || '[$d#' || pg_temp.len(4611686018427387905) || '}'),    -- times 4 overflows
    (16, '{' || pg_temp.str('a') || '[$Z#' || pg_temp.len(1000000000) || '}'),
    (17, '{' || pg_temp.str('a') || '[$[#' || pg_temp.len(1) || '}'), (18, '{' || pg_temp.str('a') || '[$dL}'),
    (19, '{' || pg_temp.str('a') || '[#' || pg_temp.len(1000000000) || 'Z}'),
    (20, '{' || pg_temp.str('a') || '[ZZ'), (21, '{' || pg_temp.len(1) || '\xff'::bytea || 'Z}'),
    (22, '{' || pg_temp.str('a') || 'S' || pg_temp.len(1) || '\x00'::bytea || '}'),
    (23, repeat('[', 65)::bytea), (24, repeat('[', 1000000)::bytea), (25, '{#' || pg_temp.len(0))) v (i, bad) ORDER BY i;
-- a whole document cut short anywhere, or longer
SELECT left(result, 5), count(*)
FROM (SELECT pg_temp.try(substr(b, 1, n)) AS result
      FROM (SELECT jorge.forest_ubj(:'good'::jorge.forest) AS b) s, generate_series(0, length(b) - 1) n) t GROUP BY 1 ORDER BY 1;
SELECT pg_temp.try(jorge.forest_ubj(:'good'::jorge.forest) || 'Z');
