#!/usr/bin/python3
# calibration: are probabilities of jorge.train() right, and do intervals hold what they say?
# Real data (JORGE_DATA/conversion/bank_full.csv) out of fold and by 200 rows; simulated worlds, where the truth is known.
"""Figures of calibration; test/python/learn_calibration.py holds them to limits. Reads JORGE_DATA (default ../shared/data)."""
import csv
import os
import subprocess
import sys

import numpy as np

DATA = os.environ.get("JORGE_DATA", "../shared/data")
BANK = os.path.join(DATA, "conversion", "bank_full.csv")
GROUPS = 20  # of like scores, in which truth and interval are compared


def psql(sql, stdin=None):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", "SET client_min_messages = warning", "-c", sql],
                          input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr)
    return done.stdout.strip()


def rows(sql):
    """Numbers of a query's rows."""
    text = psql(sql)
    return np.array([[float(cell) if cell else np.nan for cell in line.split("|")] for line in text.split("\n")]) if text else np.empty((0, 0))


def load(table, x, y, truth=None):
    """Make a table: id, y, truth, features f0 ... and all of them as x."""
    names = [f"f{i}" for i in range(x.shape[1])]
    psql(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id int, y int, truth float8, {', '.join(n + ' real' for n in names)})")
    lines = ("%d,%d,%s,%s" % (i, y[i], "" if truth is None else repr(float(truth[i])), ",".join("" if np.isnan(v) else repr(float(v)) for v in x[i]))
             for i in range(len(y)))
    psql(f"COPY {table} FROM STDIN (FORMAT csv)", "\n".join(lines) + "\n")
    psql(f"ALTER TABLE {table} ADD x real[]; UPDATE {table} SET x = ARRAY[{', '.join(names)}]; CREATE INDEX ON {table} (id); ANALYZE {table}")
    return ", ".join(names)


def load_bank():
    """Bank marketing without the duration of the call, which is known only after it; texts one-hot. Names of the features."""
    with open(BANK) as file:
        table = list(csv.reader(file))
    columns = dict(zip(table[0], zip(*table[1:])))
    y = np.array([v == "yes" for v in columns.pop("outcome")], int)
    columns.pop("duration")
    x = []
    for values in columns.values():
        try:
            x.append(np.array(values, "f4"))
        except ValueError:
            x.extend(np.array([v == level for v in values], "f4") for level in sorted(set(values)))
    return load("bank", np.stack(x, 1), y)


def bank_out_of_fold(names, folds=5):
    """AUC, log loss and ECE of the whole file: every fold predicted by a forest trained with the defaults on the others."""
    psql(f"""DROP TABLE IF EXISTS judged; CREATE TABLE judged AS
             SELECT b.y, jorge.predict(f.forest, b.x) AS p
               FROM (SELECT fold, jorge.train(format('SELECT y, {names} FROM bank WHERE (hashint4(id) & 1023) %% {folds} <> %s', fold), 'y', '{{"quiet": true}}') AS forest
                       FROM generate_series(0, {folds} - 1) fold OFFSET 0) f JOIN bank b ON (hashint4(b.id) & 1023) % {folds} = f.fold""")
    return rows("SELECT c.roc_auc, c.log_loss, c.ece FROM (SELECT jorge.classification(jorge.tally(p, y), 0.5) AS c FROM judged) s")[0]


def bank_own_figures(names):
    """The same as jorge.train() itself tells them, and what calibration changed."""
    return rows(f"""SELECT m.* FROM jorge.train('SELECT y, {names} FROM bank', 'y', '{{"quiet": true}}') f, jorge.forest_info(f) i,
                    jsonb_to_record((i.attributes ->> 'jorge_metrics')::jsonb) AS m (auc float8, log_loss float8, ece float8, uncalibrated_log_loss float8, uncalibrated_ece float8)""")[0]


def draws(table, names, size, count, judged):
    """
    A row a draw: log loss and ECE of the calibrated forest, of the forest of the same options without cross-validation or
    calibration (XGBoost as it is), of the calibrated forest's own margins; share of groups whose rate is in the mean interval,
    mean width. Judged on rows outside the draw.
    """
    psql(f"""DROP TABLE IF EXISTS drawn, trained, judged; CREATE TABLE drawn AS
             SELECT draw, id, row_number() OVER (PARTITION BY draw ORDER BY hashint8extended(id, draw)) AS n FROM {table}, generate_series(1, {count}) draw;
             DELETE FROM drawn WHERE n > {size + judged}; CREATE INDEX ON drawn (draw, n); ANALYZE drawn""")
    query = f"format('SELECT y, {names} FROM {table} JOIN drawn USING (id) WHERE draw = %s AND n <= {size}', draw)"
    psql(f"""CREATE TABLE trained AS
             SELECT draw, jorge.train({query}, 'y', '{{"quiet": true}}') AS ours,
                          jorge.train({query}, 'y', '{{"quiet": true, "cv": 0, "calibration": "none"}}') AS plain
               FROM generate_series(1, {count}) draw""")
    psql(f"""CREATE TABLE judged AS
             SELECT draw, y, i.probability AS p, i.lower, i.upper, jorge.predict(plain, x) AS plain, 1 / (1 + exp(-jorge.predict_margin(ours, x))) AS raw
               FROM trained JOIN drawn USING (draw) JOIN {table} USING (id), LATERAL jorge.predict_interval(ours, x) i WHERE n > {size}""")
    return rows(f"""
        WITH figures AS (SELECT draw, jorge.classification(jorge.tally(p, y), 0.5) AS a, jorge.classification(jorge.tally(plain, y), 0.5) AS b,
                                jorge.classification(jorge.tally(raw, y), 0.5) AS c FROM judged GROUP BY draw),
             grouped AS (SELECT draw, avg(y) AS rate, avg(lower) AS lower, avg(upper) AS upper
                           FROM (SELECT *, ntile(10) OVER (PARTITION BY draw ORDER BY p, y) AS g FROM judged) t GROUP BY draw, g),
             held AS (SELECT draw, avg((rate BETWEEN lower AND upper)::int) AS held, avg(upper - lower) AS width FROM grouped GROUP BY draw)
        SELECT (a).log_loss, (a).ece, (b).log_loss, (b).ece, (c).log_loss, (c).ece, held, width FROM figures JOIN held USING (draw) ORDER BY draw""")


def world(number, n, seed):
    """Rows, outcomes and true probabilities of a simulated world: curved, steep, in steps."""
    rng = np.random.default_rng([number, n, seed])
    x = rng.normal(size=(n, 8)).astype("f4")
    if number == 0:
        odds = -1.5 + 0.9 * x[:, 0] + 0.6 * x[:, 1] * x[:, 2] + 0.5 * np.sin(2 * x[:, 3]) - 0.4 * x[:, 4] ** 2
    elif number == 1:
        odds = -0.7 + 1.6 * np.tanh(2 * x[:, 0]) * np.sign(x[:, 1]) + x[:, 2] + 1.5 * (x[:, 3] > 1)
    else:
        p = 0.02 + 0.25 * (x[:, 0] > 0.5) * (x[:, 1] > 0) + 0.3 * (x[:, 2] > 1.2)
        odds = np.log(p / (1 - p))
    truth = 1 / (1 + np.exp(-odds))
    return x, (rng.random(n) < truth).astype(int), truth


def coverage(judged):
    """Share of groups of like scores whose mean truth is in the mean interval; mean width; share of single rows whose truth is in theirs."""
    p, lower, upper, truth = judged.T
    held = [lower[g].mean() <= truth[g].mean() <= upper[g].mean() for g in np.array_split(np.argsort(p, kind="stable"), GROUPS)]
    return np.mean(held), (upper - lower).mean(), ((lower <= truth) & (truth <= upper)).mean()


def worlds(sizes, repeats):
    """By size: coverage of groups, width, coverage of single rows, means over worlds and repeats."""
    answer = {}
    for size, count in zip(sizes, repeats):
        figures = []
        for number in range(3):
            for seed in range(count):
                x, y, truth = world(number, size + 5000, seed)
                names = load("world", x, y, truth)
                figures.append(coverage(rows(f"""
                    SELECT i.probability, i.lower, i.upper, truth
                      FROM (SELECT jorge.train('SELECT y, {names} FROM world WHERE id < {size}', 'y', '{{"quiet": true}}') AS forest OFFSET 0) f,
                           world, LATERAL jorge.predict_interval(forest, x) i WHERE id >= {size}""")))
        answer[size] = np.mean(figures, 0)
    return answer


def synthetic(size, count):
    """Coverage on jorge.synthetic_leads() as they arrive, drawn again by their true probability; a draw a seed."""
    figures = []
    for seed in range(1, count + 1):
        psql(f"""DROP TABLE IF EXISTS arrived; CREATE TABLE arrived AS
                 SELECT s.id, s.truth, (hashint8extended(s.id, {seed}) & 1048575) / 1048576.0 < s.truth AS won, f.*
                   FROM (SELECT ordinality AS id, true_probability AS truth, message, source, side, city, postal_code, street, timeline, financing, area,
                                time_zone, budget_min, budget_max, received_at FROM jorge.synthetic_leads({size + 5000}, {seed}) WITH ORDINALITY OFFSET 0) s,
                        LATERAL jorge.lead_features(s) f""")
        names = psql("SELECT string_agg(name, ', ' ORDER BY position) FROM jorge.feature WHERE NOT protected")
        figures.append(coverage(rows(f"""
            SELECT i.probability, i.lower, i.upper, truth
              FROM (SELECT jorge.train('SELECT won, {names} FROM arrived WHERE id <= {size}', 'won', '{{"quiet": true}}') AS forest OFFSET 0) t,
                   arrived a, LATERAL jorge.predict_interval(forest, jorge.feature_vector(forest, a)) i WHERE id > {size}""")))
    return np.mean(figures, 0)


def main():
    psql("CREATE EXTENSION IF NOT EXISTS jorge")
    if os.path.exists(BANK):
        names = load_bank()
        print("bank, 45,211 rows: AUC %.4f, log loss %.4f, ECE %.4f (each fold by a forest trained with the defaults on the others)" % tuple(bank_out_of_fold(names)))
        figures = draws("bank", names, 200, 100, 8000)
        a, b = figures[:, :2], figures[:, 2:4]
        print("bank, 100 draws of 200 rows: log loss %.4f, ECE %.4f; XGBoost as it is %.4f, %.4f; better in %.0f %% and %.0f %% of draws" %
              (*a.mean(0), *b.mean(0), *(100 * (a < b).mean(0))))
        print("    own margins, uncalibrated: %.4f, %.4f; rates of ten groups in the mean 80 %% interval: %.0f %%, mean width %.3f" %
              (*figures[:, 4:6].mean(0), 100 * figures[:, 6].mean(), figures[:, 7].mean()))
    else:
        print(f"no {BANK}")
    for size, (held, width, single) in worlds((200, 1000, 5000, 20000), (10, 5, 2, 1)).items():
        print("simulated, %d rows: mean truth of groups in the mean 80 %% interval %.0f %%, mean width %.3f; of single rows %.0f %%" %
              (size, 100 * held, width, 100 * single))
    for size, count in ((200, 10), (1000, 6), (5000, 2)):
        held, width, single = synthetic(size, count)
        print("synthetic leads on arrival, %d rows: groups %.0f %%, mean width %.3f; single rows %.0f %%" % (size, 100 * held, width, 100 * single))


if __name__ == "__main__":
    main()
