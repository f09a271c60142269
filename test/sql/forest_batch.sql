-- Batches: rows of a two-dimensional array predict as one by one, whatever the number of rows, trees, features, their depth.
SET jit = off;
SET extra_float_digits = 1;

-- A document of given trees.
CREATE FUNCTION pg_temp.doc(trees text, features int, objective text DEFAULT 'reg:squarederror') RETURNS jorge.forest LANGUAGE sql AS $$
    SELECT format('{"learner":{"gradient_booster":{"model":{"trees":[%s]},"name":"gbtree"},"learner_model_param":{"base_score":"5E-1",'
        '"num_class":"0","num_feature":"%s"},"objective":{"name":"%s"}}}', trees, features, objective)::jorge.forest
$$;
-- feature f < threshold (missing: left) ? low : high
CREATE FUNCTION pg_temp.stump(f int, threshold numeric, low numeric, high numeric) RETURNS text LANGUAGE sql AS $$
    SELECT format('{"left_children":[1,-1,-1],"right_children":[2,-1,-1],"split_indices":[%s,0,0],"split_conditions":[%s,%s,%s],'
        '"default_left":[1,0,0],"sum_hessian":[2,1,1]}', f, threshold, low, high)
$$;
-- a comb of n nodes: node 0 has children 1 and 2, node 2 has 3 and 4, ...; x goes right at node 2k if x >= k, the leaf of depth d is d / 1024
CREATE FUNCTION pg_temp.comb(n int) RETURNS text LANGUAGE sql AS $$
    SELECT format('{"left_children":[%s],"right_children":[%s],"split_indices":[%s],"split_conditions":[%s],"default_left":[%s]}',
        string_agg(CASE WHEN i % 2 = 0 AND i < n - 1 THEN i + 1 ELSE -1 END::text, ',' ORDER BY i),
        string_agg(CASE WHEN i % 2 = 0 AND i < n - 1 THEN i + 2 ELSE -1 END::text, ',' ORDER BY i),
        string_agg('0', ','), string_agg(CASE WHEN i % 2 = 0 AND i < n - 1 THEN i / 2 ELSE (i + 1) / 2 / 1024.0 END::text, ',' ORDER BY i), string_agg('0', ','))
    FROM generate_series(0, n - 1) i
$$;
CREATE TABLE forest_batch (name text PRIMARY KEY, f jorge.forest);
INSERT INTO forest_batch VALUES
    ('two', pg_temp.doc(pg_temp.stump(0, 1.5, -1, 2) || ',' || pg_temp.stump(1, 0, 0.25, 8), 2)),
    ('probability', pg_temp.doc(pg_temp.stump(0, 1.5, -1, 2) || ',' || pg_temp.stump(1, 0, 0.25, 8), 2, 'binary:logistic')),
    ('no trees', pg_temp.doc('', 2));

-- rows by hand: 0.5 + one leaf of each tree
SELECT jorge.predict_batch(f, '{{1,-1},{1.5,0},{NULL,NULL},{NaN,3},{Infinity,-Infinity},{-Infinity,Infinity},{2,-0}}') FROM forest_batch WHERE name = 'two';
SELECT jorge.predict_batch(f, '[0:1][5:6]={{1,-1},{1.5,0}}') FROM forest_batch WHERE name = 'two';
SELECT jorge.predict_margin_batch(f, '{{1,-1}}') AS margin, jorge.predict_batch(f, '{{1,-1}}') AS probability FROM forest_batch WHERE name = 'probability';
SELECT jorge.predict_batch(f, '{{1,-1},{1.5,0}}') FROM forest_batch WHERE name = 'no trees';
-- nothing
SELECT jorge.predict_batch(f, '{}'), array_ndims(jorge.predict_batch(f, '{}')), jorge.predict_batch(f, NULL) IS NULL AS strict FROM forest_batch WHERE name = 'two';
-- of the wrong shape
SELECT jorge.predict_batch(f, '{1,-1}') FROM forest_batch WHERE name = 'two';
SELECT jorge.predict_batch(f, '{{{1,-1}}}') FROM forest_batch WHERE name = 'two';
SELECT jorge.predict_batch(f, '{{1,-1,0}}') FROM forest_batch WHERE name = 'two';
SELECT jorge.predict_margin_batch(f, '{{1},{2}}') FROM forest_batch WHERE name = 'two';

-- any number of rows, as one by one; the batch kernel of this machine, and row by row
INSERT INTO forest_batch
    SELECT format('comb %s', n), pg_temp.doc(pg_temp.comb(n), 1) FROM unnest('{1,3,5,63,131073}'::int[]) n
    UNION ALL
    SELECT format('%s trees', n), pg_temp.doc((SELECT string_agg(pg_temp.stump(i % 3, i % 7 - 3, i * 0.001, i * -0.002), ',' ORDER BY i) FROM generate_series(1, n) i), 3)
    FROM unnest('{1,9,10,5000}'::int[]) n
    UNION ALL
    SELECT 'wide', pg_temp.doc((SELECT string_agg(pg_temp.stump(i * 1000, 0, 1, 2), ',' ORDER BY i) FROM generate_series(0, 69) i), 70000)
    UNION ALL
    SELECT 'deep beside shallow', pg_temp.doc(pg_temp.comb(99) || ',' || string_agg(pg_temp.stump(0, i, 1, 2), ',' ORDER BY i), 1) FROM generate_series(0, 40) i;
SELECT name, (i).features, (i).trees, (i).nodes, (i).depth FROM (SELECT name, jorge.forest_info(f) AS i FROM forest_batch) s ORDER BY name COLLATE "C";
CREATE FUNCTION pg_temp.rows(n int, features int) RETURNS real[] LANGUAGE sql AS $$
    SELECT array_agg(x ORDER BY r)
    FROM (SELECT r, array_agg(CASE hashint8(r * 7919 + c) % 11 WHEN 0 THEN NULL WHEN 1 THEN 'NaN' WHEN 2 THEN 'Infinity' WHEN 3 THEN '-Infinity'
                                   ELSE (hashint8(r * 104729 + c) % 1000) / 100.0 END::real ORDER BY c) AS x
          FROM generate_series(1, n) r, generate_series(1, features) c GROUP BY r) s
$$;
CREATE FUNCTION pg_temp.differ(f jorge.forest, x real[]) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FILTER (WHERE b IS DISTINCT FROM jorge.predict_margin(f, one)::real) + abs(count(*) - array_length(x, 1))
    FROM unnest(jorge.predict_margin_batch(f, x)) WITH ORDINALITY u (b, r),
         LATERAL (SELECT array_agg(v ORDER BY c) AS one FROM unnest(x[r:r]) WITH ORDINALITY w (v, c)) s
$$;
SELECT name, sum(pg_temp.differ(f, pg_temp.rows(n, (jorge.forest_info(f)).features))) AS differ
FROM forest_batch, unnest('{1,31,32,33,64,65,96,200}'::int[]) n WHERE name <> 'wide' AND (name <> 'comb 131073' OR n = 64) GROUP BY name ORDER BY name COLLATE "C";
SELECT pg_temp.differ(f, pg_temp.rows(3, 70000)) FROM forest_batch WHERE name = 'wide';
SET jorge.forest_kernel = scalar;
SELECT name, sum(pg_temp.differ(f, pg_temp.rows(n, (jorge.forest_info(f)).features))) AS differ
FROM forest_batch, unnest('{1,65}'::int[]) n WHERE name IN ('two', '10 trees', 'comb 63') GROUP BY name ORDER BY name COLLATE "C";
RESET jorge.forest_kernel;

-- ... and by hand: the leaf of depth 20 is 20 / 1024; -2 goes left at once, 1e9 to the end of the comb
SELECT jorge.predict_batch(f, '{{18.5},{-2},{1e9},{NULL}}') FROM forest_batch WHERE name = 'comb 131073';
SELECT jorge.predict_batch(f, ARRAY(SELECT ARRAY[n - 2]::real[] FROM generate_series(1, 64) n)) = ARRAY(SELECT (0.5 + n / 1024.0)::real FROM generate_series(1, 64) n) AS right
FROM forest_batch WHERE name = 'comb 131073';

-- the setting
SET jorge.forest_kernel = sse9;
SHOW jorge.forest_kernel;
DROP TABLE forest_batch;
