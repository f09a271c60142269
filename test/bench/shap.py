#!/usr/bin/python3
# shap: exact SHAP values of jorge against libxgboost's pred_contribs (and its approximation), one row a call and many,
# in one backend and one thread. CPU microseconds a row of the backend, best of the runs, interleaved.
# Model: 28 features, 2 % missing, 100 trees of depth 6 trained on 20,000 rows. Targets: one row 1/6, many rows 1/20.
"""Measures what explaining a row costs."""
import os
import subprocess
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import xgboost as xgb

ROWS, FEATURES, RUNS = 20_000, 28, 5
BATCH = 2_000  # rows of a batch
SINGLE = 400   # rows asked for one by one
DEEP = 40      # rows of the deep model, in both ways


def make_model(rng):
    """The model as UBJ, the same too large for a table in a cache of 1 MB, one of depth 12, and the training rows."""
    x = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + np.sin(x[:, 2]) + 0.5 * x[:, 3:8].sum(axis=1) + rng.normal(size=ROWS)
    x[rng.random(x.shape) < 0.02] = np.nan
    param = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "nthread": 1, "tree_method": "hist", "seed": 1}
    data = xgb.DMatrix(x, signal > 0, nthread=1)
    booster = xgb.train(param, data, 100)
    deep = bytes(xgb.train(dict(param, max_depth=12), data, 100).save_raw(raw_format="ubj"))
    ubj = bytes(booster.save_raw(raw_format="ubj"))
    # the same forest with an attribute that fills the cache: no room for a table, each row goes by quadrature
    booster.set_attr(pad="x" * 1_100_000)
    return ubj, bytes(booster.save_raw(raw_format="ubj")), deep, x


def array_text(row):
    """A row as text of float4[]."""
    return "{" + ",".join("NULL" if np.isnan(v) else "%.9g" % v for v in row) + "}"


def main():
    bench = sys.argv[1]
    ubj, large, deep, x = make_model(np.random.default_rng(28))
    script = [f"""
        SET client_min_messages = warning; SET jit = off; SET max_parallel_workers_per_gather = 0;
        CREATE EXTENSION jorge;
        CREATE FUNCTION cpu() RETURNS float8 LANGUAGE c AS '{bench}', 'bench_cpu';
        CREATE FUNCTION xgboost_contributions(ubj bytea, vectors float4[], approximate bool) RETURNS float8 LANGUAGE c STRICT
            AS '{bench}', 'bench_xgboost_contributions';
        CREATE TABLE model AS SELECT '\\x{ubj.hex()}'::bytea AS ubj;
        ALTER TABLE model ADD forest jorge.forest, ADD large jorge.forest, ADD deep jorge.forest, ADD deep_ubj bytea;
        UPDATE model SET forest = jorge.forest_from_ubj(ubj), large = jorge.forest_from_ubj('\\x{large.hex()}'),
            deep_ubj = '\\x{deep.hex()}';
        UPDATE model SET deep = jorge.forest_from_ubj(deep_ubj);
        CREATE TABLE rows (v float4[]);
        COPY rows FROM stdin;"""]
    script += [array_text(row) for row in x[:BATCH]]
    script.append(f"""\\.
        CREATE TABLE vectors AS SELECT v FROM rows LIMIT {SINGLE};
        CREATE TABLE few AS SELECT v FROM rows LIMIT {DEEP};
        CREATE TABLE few_batch AS SELECT array_agg(v) AS b FROM few;
        CREATE TABLE batch AS SELECT array_agg(v) AS b FROM rows;
        CREATE TABLE measured (what text, us float8);
        CREATE TABLE first (what text, us float8);
        DO $$ DECLARE began float8; BEGIN
            PERFORM jorge.predict(forest, v) FROM model, (SELECT v FROM vectors LIMIT 1) r;
            began := cpu(); PERFORM jorge.contributions(forest, v) FROM model, (SELECT v FROM vectors LIMIT 1) r;
            INSERT INTO first VALUES ('first row of a backend, makes the table', 1e6 * (cpu() - began));
        END $$;
        CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
        DECLARE
            began float8;
        BEGIN
            FOR run IN 1..{RUNS} LOOP
                began := cpu(); PERFORM max((jorge.contributions(forest, v))[1]) FROM model, vectors;
                INSERT INTO measured VALUES ('one row: jorge.contributions()', 1e6 * (cpu() - began) / {SINGLE});
                began := cpu(); PERFORM (jorge.contributions_batch(forest, b))[1][1] FROM model, batch;
                INSERT INTO measured VALUES ('batch: jorge.contributions_batch()', 1e6 * (cpu() - began) / {BATCH});
                SET jorge.forest_cache = '1MB';
                PERFORM jorge.predict(large, v) FROM model, (SELECT v FROM vectors LIMIT 1) r;
                began := cpu(); PERFORM max((jorge.contributions(large, v))[1]) FROM model, vectors;
                INSERT INTO measured VALUES ('one row: by quadrature, no room for a table', 1e6 * (cpu() - began) / {SINGLE});
                RESET jorge.forest_cache;
                PERFORM jorge.contributions(forest, v) FROM model, (SELECT v FROM vectors LIMIT 1) r;
                began := cpu(); PERFORM max(xgboost_contributions(ubj, v, false)) FROM (SELECT ubj FROM model OFFSET 0) m, vectors;
                INSERT INTO measured VALUES ('one row: libxgboost pred_contribs', 1e6 * (cpu() - began) / {SINGLE});
                began := cpu(); PERFORM xgboost_contributions(ubj, b, false) FROM model, batch;
                INSERT INTO measured VALUES ('batch: libxgboost pred_contribs', 1e6 * (cpu() - began) / {BATCH});
                began := cpu(); PERFORM max(xgboost_contributions(ubj, v, true)) FROM (SELECT ubj FROM model OFFSET 0) m, vectors;
                INSERT INTO measured VALUES ('one row: libxgboost approx_contribs, not exact', 1e6 * (cpu() - began) / {SINGLE});
                began := cpu(); PERFORM xgboost_contributions(ubj, b, true) FROM model, batch;
                INSERT INTO measured VALUES ('batch: libxgboost approx_contribs, not exact', 1e6 * (cpu() - began) / {BATCH});
                began := cpu(); PERFORM max((jorge.contributions(deep, v))[1]) FROM model, few;
                INSERT INTO measured VALUES ('one row: depth 12: jorge.contributions()', 1e6 * (cpu() - began) / {DEEP});
                began := cpu(); PERFORM (jorge.contributions_batch(deep, b))[1][1] FROM model, few_batch;
                INSERT INTO measured VALUES ('batch: depth 12: jorge.contributions_batch()', 1e6 * (cpu() - began) / {DEEP});
                began := cpu(); PERFORM max(xgboost_contributions(deep_ubj, v, false)) FROM (SELECT deep_ubj FROM model OFFSET 0) m, few;
                INSERT INTO measured VALUES ('one row: depth 12: libxgboost pred_contribs', 1e6 * (cpu() - began) / {DEEP});
                began := cpu(); PERFORM xgboost_contributions(deep_ubj, b, false) FROM model, few_batch;
                INSERT INTO measured VALUES ('batch: depth 12: libxgboost pred_contribs', 1e6 * (cpu() - began) / {DEEP});
            END LOOP;
        END $$;
        \\pset footer off
        SELECT (jorge.forest_info(forest)).trees, (jorge.forest_info(forest)).nodes, (jorge.forest_info(forest)).depth,
               (SELECT pg_size_pretty(sum(total_bytes)) FROM pg_backend_memory_contexts WHERE name = 'jorge shap') AS table_size,
               (SELECT round(us) FROM first) AS first_row_us FROM model;
        CALL measure();
        WITH best AS (SELECT what, min(us) AS us, substr(what, 1, 5) AS way, what LIKE '%depth 12%' AS deep FROM measured GROUP BY what)
        SELECT a.what, round(a.us::numeric, 2) AS cpu_us_a_row, round((b.us / a.us)::numeric, 1) AS times_pred_contribs
          FROM best a JOIN best b USING (way, deep) WHERE b.what LIKE '%pred_contribs' ORDER BY deep, way DESC, a.us;""")
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1"], input="\n".join(script), text=True, check=True)


main()
