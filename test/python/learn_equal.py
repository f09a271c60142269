#!/usr/bin/python3
"""jorge.train makes the forest that XGBoost's own Python package makes, and Python can load it."""
import os
import subprocess
import sys

import numpy as np
import xgboost

DATABASE = "jorge_learn_equal"
TESTS = 8
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

    psql(f"DROP DATABASE {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    sys.exit(failed > 0)


main()
