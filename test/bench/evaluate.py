#!/usr/bin/python3
# evaluate: predicting with a forest of 100 trees of depth 6 on 28 features, 2 % of them missing: jorge's kernels on a batch of
# 100,000 rows against libxgboost (one thread) on the same rows, in one call, a call a row, and from Python.
# CPU of the process, best of seven, interleaved; targets: scalar at most 0.36 of libxgboost's batch, AVX2 0.28, AVX-512 0.20.
import os
import subprocess
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import xgboost as xgb

RUNS = 7
ROWS = 100_000
SINGLE_ROWS = 3_000
FEATURES = 28
TREES = 100
DEPTH = 6
MISSING = 0.02
PARSED = 5  # models that push each other out of a cache of 1 MB


def train():
    """A model of 20,000 rows, and fresh rows."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, FEATURES)).astype(np.float32)
    logit = x[:, 0] * x[:, 1] + x[:, 2] + np.sin(2 * x[:, 3]) + 0.5 * x[:, 4] * x[:, 5] + x[:, 6:].sum(1) * 0.1
    label = logit + rng.normal(size=len(x)) > 0
    x[rng.random(x.shape) < MISSING] = np.nan
    booster = xgb.train({"objective": "binary:logistic", "max_depth": DEPTH, "tree_method": "hist", "nthread": 1},
                        xgb.DMatrix(x, label, nthread=1), TREES)
    fresh = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    fresh[rng.random(fresh.shape) < MISSING] = np.nan
    return booster, fresh


def visits(booster, x):
    """Splits that a row passes, on average."""
    depths = []
    for tree in booster.get_dump():
        lines = [line for line in tree.splitlines() if "leaf=" in line]
        depths.append({int(line.strip().split(":")[0]): len(line) - len(line.lstrip("\t")) for line in lines})
    leaves = booster.predict(xgb.DMatrix(x[:2000], nthread=1), pred_leaf=True).astype(int)
    return np.mean([sum(depths[t][leaf] for t, leaf in enumerate(row)) for row in leaves])


def python_single(booster, x):
    """CPU seconds of python3-xgboost, a call a row."""
    began = time.process_time()
    for i in range(SINGLE_ROWS):
        booster.inplace_predict(x[i:i + 1])
    return time.process_time() - began


def psql(script):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=script, text=True, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return done.stderr.splitlines() + done.stdout.splitlines()


def main():
    bench = sys.argv[1]
    booster, x = train()
    python = [python_single(booster, x) / SINGLE_ROWS for _ in range(RUNS)]
    per_row = visits(booster, x)
    models = []
    for i in range(PARSED):
        booster.set_attr(copy=str(i))
        models.append(bytes(booster.save_raw(raw_format="ubj")))
    array = lambda rows: "{" + ",".join("{" + ",".join("NaN" if np.isnan(v) else "%.9g" % v for v in row) + "}"
                                         for row in rows) + "}"
    hashes = ";".join(f"PERFORM jorge.forest_hash(f{i})" for i in range(PARSED))
    ways = [(f"jorge, {k}", k) for k in ("scalar", "avx2", "avx512")]
    calls = "".join(f"""
        BEGIN
            SET LOCAL jorge.forest_kernel = {kernel};
            INSERT INTO measured SELECT '{name}', bench_call('jorge.predict_batch(jorge.forest, real[])', m.f, b.x) / {ROWS}
                                   FROM model m, batch b;
        EXCEPTION WHEN invalid_parameter_value THEN
            NULL; -- this processor lacks it
        END;""" for name, kernel in ways)
    script = f"""
        SET client_min_messages = warning;
        SET jit = off;
        CREATE EXTENSION jorge;
        CREATE FUNCTION bench_call(regprocedure, anyelement, real[]) RETURNS float8 LANGUAGE c AS '{bench}', 'bench_call';
        CREATE FUNCTION bench_xgboost(text, bytea, real[]) RETURNS float8 LANGUAGE c AS '{bench}', 'bench_xgboost';
        CREATE FUNCTION bench_clock() RETURNS float8 LANGUAGE c AS '{bench}', 'bench_clock';
        CREATE FUNCTION cpu() RETURNS float8 LANGUAGE c AS '{bench}', 'bench_cpu';
        CREATE TABLE model (i int, ubj bytea, f jorge.forest);
        CREATE TABLE batch (x real[]);
        CREATE TABLE few (x real[]);
        CREATE TABLE measured (what text, seconds float8);
        COPY batch FROM STDIN;\n{array(x)}\n\\.
        COPY few FROM STDIN;\n{array(x[:SINGLE_ROWS])}\n\\.
        """ + "".join(f"INSERT INTO model SELECT {i}, b, jorge.forest_from_ubj(b) FROM (SELECT '\\x{m.hex()}'::bytea b) s;\n"
                      for i, m in enumerate(models)) + f"""
        CREATE PROCEDURE measure() LANGUAGE plpgsql AS $$
        DECLARE
            began float8;
            {"".join(f"f{i} jorge.forest := jorge.forest_from_ubj(ubj) FROM model WHERE i = {i};" for i in range(PARSED))}
        BEGIN
            INSERT INTO measured SELECT 'libxgboost, batch', bench_xgboost('batch', ubj, x) / {ROWS} FROM model m, batch WHERE i = 0;
            {calls.replace("FROM model m, batch b", "FROM model m, batch b WHERE m.i = 0")}
            INSERT INTO measured SELECT 'libxgboost, in place, a call a row', bench_xgboost('row', ubj, x) / {SINGLE_ROWS} FROM model m, few WHERE i = 0;
            INSERT INTO measured SELECT 'libxgboost, a DMatrix a row', bench_xgboost('matrix', ubj, x) / {SINGLE_ROWS} FROM model m, few WHERE i = 0;
            INSERT INTO measured SELECT 'load libxgboost', bench_xgboost('load', ubj, x) FROM model m, few WHERE i = 0;
            INSERT INTO measured SELECT 'clock', 1 / bench_clock();
            PERFORM set_config('jorge.forest_cache', '1MB', true);
            began := cpu();
            FOR n IN 1..100 LOOP {hashes}; END LOOP;
            INSERT INTO measured VALUES ('load jorge', (cpu() - began) / {100 * PARSED});
            PERFORM set_config('jorge.forest_cache', '64MB', true);
        END $$;
        """ + "CALL measure();\n" * RUNS + "SELECT what, min(seconds) FROM measured GROUP BY what;"
    best = dict(line.rsplit("|", 1) for line in psql(script) if "|" in line)
    best = {what: float(seconds) * 1e9 for what, seconds in best.items()}
    best["python3-xgboost, in place, a call a row"] = min(python) * 1e9
    batch = best["libxgboost, batch"]
    ghz = 1e9 / best["clock"]
    limits = {"jorge, scalar": 2 * per_row / 3 / ghz, "jorge, avx2": per_row / 3 / ghz, "jorge, avx512": per_row / 3 / ghz}

    print(f"\n{TREES} trees, depth {DEPTH}, {FEATURES} features, {per_row:.0f} splits a row; {ghz:.2f} GHz; a batch is {ROWS} rows")
    print(f"\n{'':42}{'ns a row':>9}{'of libxgboost batch':>21}{'times the limit':>17}")
    for what in [name for name, _ in ways] + ["libxgboost, batch", "libxgboost, in place, a call a row",
                                              "libxgboost, a DMatrix a row", "python3-xgboost, in place, a call a row"]:
        if what in best:
            times = f"{best[what] / limits[what]:.1f}" if what in limits else "-"
            print(f"{what:42}{best[what]:9.0f}{best[what] / batch:21.3f}{times:>17}")
        else:
            print(f"{what:42}this processor lacks it")
    print(f"""
The limit is what the loads take that can't be saved, at three a cycle: a split's test and the row's value for a scalar
kernel ({limits['jorge, scalar']:.0f} ns), the value alone for a vector kernel, which has the tests in registers ({limits['jorge, avx2']:.0f} ns).

Reading the model from its stored bytes: jorge {best['load jorge'] / 1000:.0f} us, libxgboost {best['load libxgboost'] / 1000:.0f} us.""")


main()
