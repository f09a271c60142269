#!/usr/bin/python3
"""Linear models, accelerated failure times, several classes, random forests: predictions are libxgboost's bit for bit, and so they are when
the model comes back from here."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import xgboost as xgb

rng = np.random.default_rng(5)
ROWS = 200


def sql(script):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=script.encode(), capture_output=True)
    if done.returncode:
        sys.exit("Bail out! " + done.stderr.decode()[:2000])
    return done.stdout.decode()


def train(params, rounds, missing=0.2, features=7):
    x = rng.normal(size=(600, features)).astype(np.float32) * rng.choice([0.01, 1, 1000], size=features).astype(np.float32)
    target = np.nan_to_num(x[:, 0] / np.abs(x[:, 0]).mean() + x[:, 1] / np.abs(x[:, 1]).mean()) + rng.normal(size=600)
    x[rng.random(x.shape) < missing] = np.nan
    data = xgb.DMatrix(x, nthread=1)
    objective = params["objective"]
    if objective == "survival:aft":
        time = np.exp(target / 2 + 1)
        data.set_float_info("label_lower_bound", time)
        data.set_float_info("label_upper_bound", np.where(rng.random(600) < 0.3, np.inf, time))
    elif objective == "multi:softprob":
        data.set_label(np.digitize(target, np.quantile(target, np.linspace(0, 1, params["num_class"] + 1)[1:-1])))
    else:
        data.set_label(target > 0 if objective == "binary:logistic" else target)
    return xgb.train({"nthread": 1, "seed": 3, **params}, data, rounds), x[:ROWS]


CASES = [
    ("linear, probability", {"booster": "gblinear", "updater": "coord_descent", "objective": "binary:logistic", "base_score": 0.3}, 20),
    ("linear, amount", {"booster": "gblinear", "updater": "coord_descent", "objective": "reg:squarederror", "base_score": 7}, 5),
    ("linear, classes", {"booster": "gblinear", "updater": "coord_descent", "objective": "multi:softprob", "num_class": 4}, 5),
    ("linear, time", {"booster": "gblinear", "updater": "coord_descent", "objective": "survival:aft"}, 5),
    ("trees, time", {"objective": "survival:aft", "tree_method": "hist", "base_score": 3.5}, 15),
    ("trees, time, logistic", {"objective": "survival:aft", "aft_loss_distribution": "logistic", "aft_loss_distribution_scale": 0.7, "max_depth": 2}, 40),
    ("trees, 3 classes", {"objective": "multi:softprob", "num_class": 3, "max_depth": 4}, 12),
    ("trees, 11 classes, 3 trees each", {"objective": "multi:softprob", "num_class": 11, "num_parallel_tree": 3, "subsample": 0.5}, 3),
    ("random forest, probability", {"objective": "binary:logistic", "num_parallel_tree": 50, "subsample": 0.8, "colsample_bynode": 0.5, "eta": 1}, 1),
    ("random forest, amount", {"objective": "reg:squarederror", "num_parallel_tree": 33, "subsample": 0.8, "eta": 1, "max_depth": 9}, 1),
]

print(f"1..{3 * len(CASES) + 2}")
number = 0


def check(passed, what):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}")


def bits(values):
    return np.asarray(values, dtype=np.float32).view(np.uint32)


for name, params, rounds in CASES:
    booster, x = train(params, rounds)
    rows = ", ".join("('{" + ",".join("NULL" if np.isnan(v) else repr(float(v)) for v in row) + "}'::real[])" for row in x)
    ubj = bytes(booster.save_raw(raw_format="ubj")).hex()
    json = bytes(booster.save_raw(raw_format="json")).decode()
    out = sql(f"""
        CREATE TEMP TABLE m AS SELECT jorge.forest_from_ubj('\\x{ubj}') AS f, $doc${json}$doc$::jorge.forest AS j;
        SELECT array_to_string(jorge.predict_classes(f, x), ',') FROM m, (VALUES {rows}) v(x);
        SELECT jorge.forest_hash(f) = jorge.forest_hash(j) FROM m;
        SELECT encode(jorge.forest_ubj(f), 'hex') FROM m;""").split("\n")
    got = np.array([[float(v) for v in line.split(",")] for line in out[:ROWS]])
    expected = booster.predict(xgb.DMatrix(x)).reshape(ROWS, -1)
    check(np.array_equal(bits(got), bits(expected)), f"{name}: {expected.size} predictions")
    check(out[ROWS] == "t", f"{name}: the same from JSON and UBJ")
    with tempfile.NamedTemporaryFile(suffix=".ubj") as file:
        file.write(bytes.fromhex(out[ROWS + 1]))
        file.flush()
        back = xgb.Booster(model_file=file.name)
    check(np.array_equal(bits(back.predict(xgb.DMatrix(x))), bits(booster.predict(xgb.DMatrix(x)))), f"{name}: goes back to XGBoost")

booster, x = train(CASES[0][1], 10)
ubj = bytes(booster.save_raw(raw_format="ubj")).hex()
rows = ", ".join("('{" + ",".join("NULL" if np.isnan(v) else repr(float(v)) for v in row) + "}'::real[])" for row in x)
out = sql(f"""CREATE TEMP TABLE m AS SELECT jorge.forest_from_ubj('\\x{ubj}') AS f;
    SELECT array_to_string(jorge.contributions(f, x), ',') FROM m, (VALUES {rows}) v(x);
    SELECT bool_and(jorge.predict_batch(f, ARRAY[x, x]) = ARRAY[jorge.predict(f, x), jorge.predict(f, x)]::real[]) FROM m, (VALUES {rows}) v(x);""").split("\n")
got = np.array([[float(v) for v in line.split(",")] for line in out[:ROWS]])
expected = booster.predict(xgb.DMatrix(x), pred_contribs=True)
check(np.abs(got - expected).max() < 1e-5, "a linear model's contributions are XGBoost's")
check(out[ROWS] == "t", "batches of a linear model are its single predictions")
