-- The type jorge.forest and its predictions, on trees small enough to be computed by hand.
SET jit = off;
SET extra_float_digits = 1;

-- A document of given trees.
CREATE FUNCTION pg_temp.doc(trees text, objective text DEFAULT 'reg:squarederror', base_score text DEFAULT '5E-1',
                            names text DEFAULT '["a","b"]', attributes text DEFAULT '{}') RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT format('{"learner":{"attributes":%s,"feature_names":%s,"feature_types":[],"gradient_booster":{"model":'
        '{"gbtree_model_param":{"num_parallel_tree":"1","num_trees":"%s","size_leaf_vector":"0"},"tree_info":%s,'
        '"trees":%s},"name":"gbtree"},"learner_model_param":{"base_score":"%s","num_class":"0","num_feature":"2",'
        '"num_target":"1"},"objective":{"name":"%s","reg_loss_param":{"scale_pos_weight":"1"}}},"version":[1,7,4]}',
        attributes, names, json_array_length(trees::json),
        (SELECT coalesce(json_agg(0), '[]') FROM json_array_elements(trees::json)), trees, base_score, objective)
$$;

-- a < 1.5 (missing: left) ? -1 : b < 10 (missing: right) ? 2 : 4
\set tree '{"id":0,"left_children":[1,-1,3,-1,-1],"right_children":[2,-1,4,-1,-1],"parents":[2147483647,0,0,2,2],"split_indices":[0,0,1,0,0],"split_conditions":[1.5,-1,10,2,4],"default_left":[1,0,0,0,0],"sum_hessian":[10,4,6,3,3],"base_weights":[0,0,0,0,0],"loss_changes":[0,0,0,0,0],"tree_param":{"num_deleted":"0","num_feature":"2","num_nodes":"5","size_leaf_vector":"0"}}'
-- one leaf of 0.25
\set leaf '{"id":1,"left_children":[-1],"right_children":[-1],"parents":[2147483647],"split_indices":[0],"split_conditions":[0.25],"default_left":[0],"sum_hessian":[10]}'

CREATE TABLE forest_basic (name text PRIMARY KEY, f jorge.forest);
INSERT INTO forest_basic VALUES
    ('value', pg_temp.doc('[' || :'tree' || ',' || :'leaf' || ']')::jorge.forest),
    ('probability', pg_temp.doc('[' || :'tree' || ',' || :'leaf' || ']', 'binary:logistic')::jorge.forest),
    ('no trees', pg_temp.doc('[]', base_score => '0.75')::jorge.forest),
    ('list', pg_temp.doc('[]', 'binary:logistic', '[2.5E-1]')::jorge.forest),
    ('nameless', pg_temp.doc('[' || :'tree' || ']', names => '[]')::jorge.forest),
    ('told', pg_temp.doc('[]', attributes => '{"jorge_lexicon":"7","note":"\u00e9 \"x\"\\\n"}')::jorge.forest);

-- predictions: 0.5 + 0.25 + the leaf of the first tree
SELECT x, jorge.predict(f, x) AS predict, jorge.predict(f, x::float8[]) AS predict8, jorge.predict_margin(f, x) AS margin
FROM forest_basic,
     (VALUES (1, '{1,0}'::real[]), (2, '{1.5,9}'), (3, '{1.5,10}'), (4, '{2,NULL}'), (5, '{NULL,0}'), (6, '{NaN,0}'),
             (7, '{Infinity,-Infinity}'), (8, '{-Infinity,0}'), (9, '{Infinity,NaN}'), (10, '{1.4999999,0}'),
             (11, '[0:1]={2,9}')) AS v (i, x)
WHERE name = 'value' ORDER BY i;

-- logistic: base score 0.5 is margin 0; 1 / (1 + exp(0.75)) and 1 / (1 + exp(-2.25))
SELECT jorge.predict_margin(f, '{1,0}'), jorge.predict(f, '{1,0}'::real[])::real AS low,
       jorge.predict_margin(f, '{2,0}'), jorge.predict(f, '{2,0}'::real[])::real AS high
FROM forest_basic WHERE name = 'probability';
SELECT jorge.predict(f, '{0,0}'::real[]) FROM forest_basic WHERE name = 'no trees';
SELECT jorge.predict(f, '{0,0}'::real[])::real, jorge.predict_margin(f, '{0,0}')::real AS "-ln 3" FROM forest_basic WHERE name = 'list';

-- float8 is rounded to float4 first: 1.4999999999 becomes 1.5
SELECT jorge.predict(f, '{1.4999999999,9}'::float8[]) FROM forest_basic WHERE name = 'value';

-- NULL
SELECT jorge.predict(NULL, '{1,2}'::real[]) IS NULL AND jorge.predict(f, NULL::real[]) IS NULL
   AND jorge.predict(f, NULL::float8[]) IS NULL AND jorge.contributions(f, NULL) IS NULL
   AND jorge.predict_row(f, NULL) IS NULL AND jorge.feature_vector(NULL, row(1)) IS NULL AS strict
FROM forest_basic WHERE name = 'value';

-- contributions by hand: expected 0.4 * -1 + 0.6 * 3 = 1.4; a: (1.6 + 1.2) / 2; b: (-0.6 - 1) / 2; base 1.4 + 0.75
SELECT (SELECT array_agg(round(c::numeric, 6) ORDER BY i) FROM unnest(jorge.contributions(f, '{2,9}')) WITH ORDINALITY u (c, i))
FROM forest_basic WHERE name = 'value';
SELECT jorge.contributions(f, '{2,9}') FROM forest_basic WHERE name = 'no trees';

-- rows: by name, in any order, among other columns; a missing column is a missing value
SELECT jorge.predict_row(f, r), jorge.feature_vector(f, r)
FROM forest_basic, (SELECT 'x' AS other, 9::numeric AS b, 2::smallint AS a) AS r WHERE name = 'value';
SELECT jorge.predict_row(f, r), jorge.feature_vector(f, r)
FROM forest_basic, (SELECT 2::bigint AS a) AS r WHERE name = 'value';
SELECT jorge.predict_row(f, r), jorge.feature_vector(f, r)
FROM forest_basic, (SELECT true AS a, NULL::float8 AS b) AS r WHERE name = 'value';
SELECT jorge.predict_row(f, r), jorge.feature_vector(f, r)
FROM forest_basic, (SELECT 'NaN'::float8 AS a, 'Infinity'::float8 AS b) AS r WHERE name = 'value';
SELECT jorge.predict_row(f, forest_basic) FROM forest_basic WHERE name = 'value';
SELECT jorge.predict_row(f, row(1, 2)) FROM forest_basic WHERE name = 'value';
SELECT jorge.predict_row(f, r) FROM forest_basic, (SELECT 'x' AS a) AS r WHERE name = 'value';
SELECT jorge.predict_row(f, r) FROM forest_basic, (SELECT 1 AS a) AS r WHERE name = 'nameless';

-- arrays of the wrong shape
SELECT jorge.predict(f, '{1}'::real[]) FROM forest_basic WHERE name = 'value';
SELECT jorge.predict(f, '{}'::float8[]) FROM forest_basic WHERE name = 'value';
SELECT jorge.predict_margin(f, '{1,2,3}') FROM forest_basic WHERE name = 'nameless';
SELECT jorge.contributions(f, '{{1,2}}') FROM forest_basic WHERE name = 'value';

-- what a forest tells of itself
SELECT name, (i).objective, (i).base_score, (i).features, (i).feature_names, (i).trees, (i).nodes, (i).depth, (i).lexicon
FROM (SELECT name, jorge.forest_info(f) AS i FROM forest_basic) s ORDER BY name;
SELECT (jorge.forest_info(f)).attributes FROM forest_basic WHERE name = 'told';
SELECT name FROM forest_basic
WHERE (jorge.forest_info(f)).hash <> jorge.forest_hash(f)
   OR jorge.forest_hash(f) <> left(encode(sha256(jorge.forest_ubj(f)), 'hex'), 32)
   OR (jorge.forest_info(f)).bytes <> length(jorge.forest_ubj(f)) ORDER BY name;

-- text and binary forms lose nothing
SELECT f AS text_form FROM forest_basic WHERE name = 'nameless';
SELECT name FROM forest_basic
WHERE jorge.forest_ubj(f::text::jorge.forest) <> jorge.forest_ubj(f)
   OR jorge.forest_ubj(jorge.forest_from_ubj(jorge.forest_ubj(f))) <> jorge.forest_ubj(f) ORDER BY name;
SELECT (pg_temp.doc('[]', attributes => '{"kept":"\ud83c\udfe0 / \b\f\t\u0001"}')::jorge.forest::text::json)->'learner'->'attributes'->>'kept' = E'\U0001F3E0 / \b\f\t\x01' AS strings_kept;
SELECT f::text FROM (SELECT replace(pg_temp.doc('[]'), '"version":[1,7,4]',
    '"version":[],"unknown":{"n":null,"t":true,"f":false,"i":[0,-1,127,128,32767,32768,2147483648,-9223372036854775808,9223372036854775808],'
    '"d":[0.1,1e10,-0.0,1e-45,3.4028235e38,0.123456789012345,1e300,NaN,Infinity,-Infinity],"":[[],{},""]}')::jorge.forest AS f) s;

-- how the type is stored, and what may be run in parallel or folded
SELECT typstorage, typalign, typlen FROM pg_type WHERE oid = 'jorge.forest'::regtype;
SELECT p.oid::regprocedure, provolatile, proparallel, proisstrict FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
WHERE nspname = 'jorge' AND (proname ~ '^(predict|forest_|contributions|feature_vector)')
  AND 'jorge.text_model'::regtype <> ALL (proargtypes) AND (provolatile, proparallel, proisstrict) <> ('i', 's', true) ORDER BY 1;

DROP TABLE forest_basic;
