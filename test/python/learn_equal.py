#!/usr/bin/python3
"""jorge.train makes the forest that XGBoost's own Python package makes, and Python can load it."""
import math
import os
import subprocess
import sys

import numpy as np
import xgboost

DATABASE = "jorge_learn_equal"
TESTS = 16
passed = 0
failed = 0


def psql(sql, database=DATABASE, stdin=None):
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr)
    return done.stdout


def check(good, what):
    global passed, failed
    passed, failed = passed + good, failed + (not good)
    print(f"{'ok' if good else 'not ok'} {passed + failed} - {what}")


def load_rows(x, y):
    """Make the table data: id, y, f0 ... as the arrays have them, NaN as NULL."""
    columns = ", ".join(f"f{i} real" for i in range(x.shape[1]))
    psql(f"DROP TABLE IF EXISTS data; CREATE TABLE data (id int, y real, {columns})")
    lines = []
    for i, (row, label) in enumerate(zip(x, y)):
        cells = ("" if np.isnan(v) else repr(float(v)) for v in row)
        lines.append(f"{i},{float(label)!r}," + ",".join(cells))
    psql("COPY data FROM STDIN (FORMAT csv)", stdin="\n".join(lines) + "\n")


def train(options, columns):
    """Train on the table data; keep the forest in the table kept."""
    names = ", ".join(f"f{i}" for i in range(columns))
    psql(f"""DROP TABLE IF EXISTS kept; CREATE TABLE kept AS
             SELECT jorge.train('SELECT y, {names} FROM data', 'y', '{options}') AS forest""")


def predictions(columns):
    names = ", ".join(f"f{i}" for i in range(columns))
    out = psql(f"SELECT jorge.predict(forest, ARRAY[{names}]::real[])::float8 FROM kept, data ORDER BY id")
    return np.array([float(line) for line in out.split()])


def python_forest(x, y, options):
    matrix = xgboost.DMatrix(x, label=y, nthread=1, feature_names=[f"f{i}" for i in range(x.shape[1])])
    return xgboost.train({"tree_method": "hist", "nthread": 1, "seed": 1, **options}, matrix, 60), matrix


def trained_loss(options, label, extra=""):
    """Train on the table data, keep the forest in the table kept; the training loss that the last round's notice tells."""
    sql = f"""DROP TABLE IF EXISTS kept; CREATE TABLE kept AS
              SELECT jorge.train('SELECT {label} AS y, f0, f1, f2, f3, f4, f5, f6, f7{extra} FROM data', 'y', '{options}') AS forest"""
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", DATABASE, "-c", sql], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr)
    return float([line for line in done.stderr.splitlines() if " of " in line and ": training " in line][-1].split()[-1])


def classes_of(table="data"):
    out = psql(f"SELECT array_to_string(jorge.predict_classes(forest, d), ',') FROM kept, {table} d ORDER BY id")
    return np.array([[float(v) for v in line.split(",")] for line in out.split()])


def kinds(x, won, amount):
    """Objectives and boosters beside the usual ones."""
    names = [f"f{i}" for i in range(8)]
    same = '"rounds": 40, "subsample": 1, "colsample": 1, "cv": 0, "max_depth": 4, "min_child_weight": 1'
    plain = {"tree_method": "hist", "nthread": 1, "seed": 1, "max_depth": 4, "learning_rate": 0.1}
    load_rows(x, amount)
    psql("ALTER TABLE data ADD ended boolean, ADD class text; UPDATE data SET ended = (id % 3 <> 0), class = CASE WHEN y > 1 THEN 'warm' WHEN y > 0 THEN 'cool' ELSE 'a \"cold\" one' END")

    time = np.exp(amount.astype("f8") / 2).astype("f4")
    psql("ALTER TABLE data ADD time real")
    lines = ", ".join(f"({i},{float(v)!r})" for i, v in enumerate(time))
    psql(f"UPDATE data d SET time = v.time FROM (VALUES {lines}) v(id, time) WHERE v.id = d.id")
    ended = np.arange(len(x)) % 3 != 0
    matrix = xgboost.DMatrix(x, nthread=1, feature_names=names)
    matrix.set_float_info("label_lower_bound", time)
    matrix.set_float_info("label_upper_bound", np.where(ended, time, np.inf))
    for distribution, scale in (("normal", 1), ("logistic", 0.5), ("extreme", 1.5)):
        loss = trained_loss(f'{{{same}, "objective": "survival:aft", "event": "ended", "distribution": "{distribution}", "scale": {scale}, "base_score": 1}}', "time", ", ended")
        theirs = xgboost.train({**plain, "objective": "survival:aft", "aft_loss_distribution": distribution, "aft_loss_distribution_scale": scale, "base_score": 1}, matrix, 40)
        worst = np.abs(predictions(8) / theirs.predict(matrix) - 1).max()
        # XGBoost's own metric takes a scale of 1, whatever the objective's
        z = (np.log(time.astype("f8")) - np.log(theirs.predict(matrix).astype("f8"))) / scale
        density, beyond = {"normal": lambda: (np.exp(-z * z / 2) / np.sqrt(2 * np.pi), np.array([math.erfc(v / math.sqrt(2)) / 2 for v in z])),
                           "logistic": lambda: (np.exp(z) / (1 + np.exp(z)) ** 2, 1 / (1 + np.exp(z))),
                           "extreme": lambda: (np.exp(z - np.exp(z)), np.exp(-np.exp(z)))}[distribution]()
        expected = -np.log(np.where(ended, density / (scale * time), beyond)).mean()
        check(worst < 1e-4 and abs(loss - expected) < 2e-4, f"times, {distribution}: same predictions (worst ratio off by {worst:.2g}), same loss ({loss} and {expected:.4f})")

    label = np.where(amount > 1, 2, np.where(amount > 0, 1, 0))
    loss = trained_loss(f'{{{same}, "objective": "multi:softprob"}}', "class")
    matrix = xgboost.DMatrix(x, label=label, nthread=1, feature_names=names)
    theirs = xgboost.train({**plain, "objective": "multi:softprob", "num_class": 3}, matrix, 40)
    # in order of bytes: a "cold" one, cool, warm
    worst = np.abs(classes_of() - theirs.predict(matrix)).max()
    expected = float(theirs.eval(matrix).split(":")[1])
    likeliest = psql("SELECT DISTINCT jorge.predict_class(forest, d) FROM kept, data d ORDER BY 1").strip().split("\n")
    check(worst < 1e-5 and abs(loss - expected) < 2e-4 and likeliest == ['a "cold" one', "cool", "warm"],
          f"classes of a text label: same probabilities (worst difference {worst:.2g}), same loss ({loss} and {expected:.4f})")
    trained_loss(f'{{{same}, "objective": "multi:softprob", "class_weights": {{"warm": 5, "cool": 0.5}}}}', "class")
    matrix.set_weight(np.where(label == 2, 5, np.where(label == 1, 0.5, 1)))
    theirs = xgboost.train({**plain, "objective": "multi:softprob", "num_class": 3}, matrix, 40)
    worst = np.abs(classes_of() - theirs.predict(matrix)).max()
    check(worst < 1e-5, f"classes by weight (worst difference {worst:.2g})")

    matrix = xgboost.DMatrix(x, label=amount > 0, nthread=1, feature_names=names)
    trained_loss(f'{{{same}, "monotone": {{"f2": -1, "f0": 1}}, "base_score": 0.5}}', "(y > 0)")
    theirs = xgboost.train({**plain, "objective": "binary:logistic", "monotone_constraints": "(1,0,-1,0,0,0,0,0)"}, matrix, 40)
    worst = np.abs(predictions(8) - theirs.predict(matrix)).max()
    rises = psql("""SELECT bool_and(jorge.predict(forest, ARRAY[f0 + 1, f1, f2, f3, f4, f5, f6, f7]::real[]) >= jorge.predict(forest, ARRAY[f0, f1, f2, f3, f4, f5, f6, f7]::real[])
                                    AND jorge.predict(forest, ARRAY[f0, f1, f2 + 1, f3, f4, f5, f6, f7]::real[]) <= jorge.predict(forest, ARRAY[f0, f1, f2, f3, f4, f5, f6, f7]::real[])) FROM kept, data
                    WHERE f0 IS NOT NULL AND f2 IS NOT NULL""").strip()
    check(worst < 1e-6 and rises == "t", f"monotone features: the same (worst difference {worst:.2g}), rising and falling")
    trained_loss('{"booster": "forest", "trees": 20, "subsample": 1, "colsample": 1, "cv": 0, "max_depth": 7, "base_score": 0.5, "reg_lambda": 1, "min_child_weight": 1}', "(y > 0)")
    theirs = xgboost.train({"tree_method": "hist", "nthread": 1, "seed": 1, "objective": "binary:logistic", "num_parallel_tree": 20, "max_depth": 7, "learning_rate": 1}, matrix, 1)
    worst = np.abs(predictions(8) - theirs.predict(matrix)).max()
    check(worst < 1e-6, f"a random forest (worst difference {worst:.2g})")
    trained_loss('{"booster": "linear", "rounds": 30, "cv": 0, "base_score": 0.5, "reg_lambda": 0.001, "reg_alpha": 0.0005}', "(y > 0)")
    theirs = xgboost.train({"booster": "gblinear", "updater": "coord_descent", "feature_selector": "cyclic", "nthread": 1, "objective": "binary:logistic", "learning_rate": 0.5,
                            "reg_lambda": 0.001, "reg_alpha": 0.0005}, matrix, 30)
    worst = np.abs(predictions(8) - theirs.predict(matrix)).max()
    check(worst < 1e-5, f"a linear model (worst difference {worst:.2g})")


def main():
    print(f"1..{TESTS}")
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    psql(f"CREATE DATABASE {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    psql("CREATE EXTENSION jorge")

    # At most 256 values a feature, so that the histogram's bins don't depend on the order of rows.
    rng = np.random.default_rng(7)
    x = (np.round(rng.normal(size=(3000, 8)) * 20) / 16).astype("f4")
    x[rng.random(x.shape) < 0.1] = np.nan
    z = np.nan_to_num(x)
    odds = 1.5 * z[:, 0] * z[:, 1] + z[:, 2] - 0.5 * z[:, 3] ** 2
    won = (rng.random(len(x)) < 1 / (1 + np.exp(-odds))).astype("f4")
    amount = (odds + rng.normal(size=len(x)) / 10).astype("f4")
    same = '"quiet": true, "rounds": 60, "subsample": 1, "colsample": 1, "cv": 0, "max_depth": 6, "min_child_weight": 1'

    load_rows(x, won)
    train("{" + same + ', "base_score": 0.5}', 8)
    theirs, matrix = python_forest(x, won, {"objective": "binary:logistic", "max_depth": 6, "learning_rate": 0.1})
    ours = predictions(8)
    worst = np.abs(ours - theirs.predict(matrix)).max()
    check(worst < 1e-6, f"same probabilities (worst difference {worst:.2g})")
    check(np.log(np.where(won == 1, ours, 1 - ours)).mean() > -0.5, "and they predict the label")

    text = psql("SELECT forest FROM kept")
    loaded = xgboost.Booster()
    loaded.load_model(bytearray(text.encode()))
    check((loaded.predict(matrix) == ours.astype("f4")).all(), "the forest's text, loaded in Python, predicts the same bits")
    ubj = bytes.fromhex(psql("SELECT encode(jorge.forest_ubj(forest), 'hex') FROM kept").strip())
    binary = xgboost.Booster()
    path = f"/tmp/jorge_learn_equal.{os.getpid()}.ubj"
    try:
        with open(path, "wb") as file:
            file.write(ubj)
        binary.load_model(path)
    finally:
        os.unlink(path)
    check((binary.predict(matrix) == ours.astype("f4")).all(), "the forest as UBJ too")
    check(loaded.feature_names == [f"f{i}" for i in range(8)] and binary.feature_names == loaded.feature_names,
          "feature names are in the model")
    check(loaded.attr("jorge_rows") == "3000" and loaded.num_boosted_rounds() == 60, "attributes and rounds are in the model")

    options = {"max_depth": 3, "learning_rate": 0.3, "min_child_weight": 5, "reg_lambda": 2, "gamma": 0.1}
    text = ", ".join(f'"{name}": {value}' for name, value in options.items())
    train("{" + '"quiet": true, "rounds": 60, "subsample": 1, "colsample": 1, "cv": 0, "scale_pos_weight": 3, "base_score": 0.4, ' + text + "}", 8)
    theirs, matrix = python_forest(x, won, {"objective": "binary:logistic", "scale_pos_weight": 3, "base_score": 0.4, **options})
    worst = np.abs(predictions(8) - theirs.predict(matrix)).max()
    check(worst < 1e-6, f"same probabilities with every option changed (worst difference {worst:.2g})")

    load_rows(x, amount)
    train("{" + same + ', "objective": "reg:squarederror"}', 8)
    theirs, matrix = python_forest(x, amount, {"objective": "reg:squarederror", "max_depth": 6, "learning_rate": 0.1,
                                               "base_score": float(amount.astype("f8").mean())})
    worst = np.abs(predictions(8) - theirs.predict(matrix)).max()
    check(worst < 1e-5, f"same regression (worst difference {worst:.2g})")

    kinds(x, won, amount)
    psql(f"DROP DATABASE {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    sys.exit(failed > 0)


main()
