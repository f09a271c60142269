#!/usr/bin/python3
"""Cross-validation judges rows that were not trained on, calibration makes probabilities right, intervals hold what they say."""
import json
import os
import sys

import numpy as np
import xgboost

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench"))
import calibration as figures  # noqa: E402

LONG = bool(os.environ.get("JORGE_LONG"))
psql, rows = figures.psql, figures.rows
done = []


def report(good, what):
    done.append(bool(good))
    print(f"{'ok' if good else 'not ok'} {len(done)} - {what}", flush=True)


def trained(names, options="", where="true", label="y", table="sample", extra=""):
    """Keep a forest in the table kept; its attributes."""
    psql(f"""DROP TABLE IF EXISTS kept; CREATE TABLE kept AS
             SELECT jorge.train('SELECT {label} AS y, {names}{extra} FROM {table} WHERE {where}', 'y', '{{"quiet": true{options}}}') AS forest""")
    attributes = json.loads(psql("SELECT attributes FROM kept, jorge.forest_info(forest)"))
    return {key: json.loads(value) for key, value in attributes.items() if value.startswith("{")}


def blindness():
    """Models share one matrix; weight 0 must hide a row from its judge altogether."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1500, 20)).astype("f4")
    names = figures.load("sample", x, rng.integers(0, 2, 1500))
    greedy = ', "max_depth": 8, "min_child_weight": 0, "rounds": 60, "early_stopping": 0'
    m = trained(names, greedy)["jorge_metrics"]
    seen = rows("SELECT (jorge.classification(jorge.tally(jorge.predict(forest, x), y), 0.5)).roc_auc FROM kept, sample")[0, 0]
    report(abs(m["auc"] - 0.5) < 0.06 and seen > 0.99 and m["rows"] == 1500,
           f"outcomes by chance: the forest knows its own rows by heart (AUC {seen:.3f}), out of fold it knows nothing (AUC {m['auc']:.3f})")
    m = trained(names, greedy + ', "time": "id"', extra=", id")["jorge_metrics"]
    report(abs(m["auc"] - 0.5) < 0.06 and m["rows"] == 1250, f"by time too, where the oldest sixth is judged by none (AUC {m['auc']:.3f}, {m['rows']} rows)")


def time():
    """What turns round in time is seen through by folds by time only; rows of one moment stay together."""
    rng = np.random.default_rng(4)
    n = 3000
    x = rng.normal(size=(n, 4)).astype("f4")
    period = np.arange(n) * 12 // n
    x[:, 3] = period
    odds = np.where(period % 2 == 0, 2, -2) * x[:, 0]
    names = figures.load("sample", x, (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int))
    by_chance = trained(names)["jorge_metrics"]["auc"]
    text = ', "time": "at"'
    by_time = trained(names, text, extra=", to_timestamp(f3 * 86400) AS at")["jorge_metrics"]["auc"]
    report(by_chance > 0.75 and by_time < 0.65, f"a rule that turns round each month: AUC {by_chance:.3f} by chance, {by_time:.3f} by time")
    report(psql("SELECT feature_names FROM kept, jorge.forest_info(forest)") == "{f0,f1,f2,f3}", "the time is no feature")
    hashes = psql(f"""SELECT count(DISTINCT jorge.forest_hash(jorge.train('SELECT y, {names}, f3::int AS at FROM sample ORDER BY ' || o, 'y', '{{"quiet": true, "time": "at", "rounds": 20}}')))
                      FROM unnest('{{id,id DESC,random()}}'::text[]) o""")
    report(hashes == "1", "equal bytes in any order of rows, by time")


def equal_to_xgboost():
    """The calibration rides in the document: XGBoost loads it, gives the margin's bits, and the text comes back the same."""
    x, y, truth = figures.world(1, 3000, 1)
    names = figures.load("sample", x, y, truth)
    for method in ("affine", "isotonic"):
        c = trained(names, f', "calibration": "{method}"')["jorge_calibration"]
        booster = xgboost.Booster()
        booster.load_model(bytearray(psql("SELECT forest FROM kept").encode()))
        margin = booster.predict(xgboost.DMatrix(x, nthread=1, feature_names=booster.feature_names), output_margin=True)
        ours = rows("SELECT jorge.predict_margin(forest, x), jorge.predict(forest, x), jorge.calibrate(forest, jorge.predict_margin(forest, x)) FROM kept, sample ORDER BY id")
        report(c["method"] == method and (ours[:, 0].astype("f4") == margin).all() and (ours[:, 1] == ours[:, 2]).all(),
               f"{method}: XGBoost loads the forest and gives its margins bit for bit; jorge.predict is the calibrated one")
        if method == "affine":
            expected = 1 / (1 + np.exp(-(c["intercept"] + c["slope"] * margin.astype("f8"))))
        else:
            k = np.array(c["knots"])
            inside = np.interp(margin, k[:, 0], k[:, 1])
            beyond = c["slope"] * (margin - np.clip(margin, k[0, 0], k[-1, 0]))
            expected = 1 / (1 + np.exp(-(inside + beyond)))
        report(np.abs(ours[:, 1] - expected).max() < 1e-6, f"{method}: as the attribute says it")
        order = np.argsort(margin, kind="stable")
        report((np.diff(ours[order, 1]) >= 0).all(), f"{method}: no two rows change places")
        report(psql("SELECT jorge.forest_hash(forest) = jorge.forest_hash(forest::text::jorge.forest) AND jorge.forest_hash(forest) = jorge.forest_hash(jorge.forest_from_ubj(jorge.forest_ubj(forest))) FROM kept") == "t",
               f"{method}: through text and UBJ and back")
        worst = rows("""SELECT max(abs(base + total - ln(p / (1 - p))) - 1e-5 - 6e-8 / least(p, 1 - p)), max(abs(points - p + 1 / (1 + exp(-base))))
                          FROM kept, (SELECT * FROM sample ORDER BY id LIMIT 300) s, LATERAL (SELECT jorge.predict(forest, x) AS p) p,
                               LATERAL (SELECT min(base) AS base, sum(contribution) AS total, sum(points) AS points FROM jorge.explain(forest, x)) e""")[0]
        report(worst[0] <= 0 and worst[1] < 1e-5, f"{method}: base and contributions sum to the calibrated log-odds, points to the probability")


def platt():
    """The affine fit is the minimum of its penalised loss; scale_pos_weight's distortion is undone."""
    x, y, truth = figures.world(0, 2000, 2)
    names = figures.load("sample", x, y, truth)
    a = trained(names, ', "scale_pos_weight": 10')
    m, c = a["jorge_metrics"], a["jorge_calibration"]
    report(m["uncalibrated_ece"] > 0.1 and m["ece"] < 0.03 and c["intercept"] < -0.5,
           f"weights of 10 on the positives: ECE {m['uncalibrated_ece']:.3f} before, {m['ece']:.3f} after")
    held = rows("SELECT avg(jorge.predict(forest, x)), avg(y) FROM kept, sample")[0]
    report(abs(held[0] - held[1]) < 0.03, f"mean prediction {held[0]:.3f} at a rate of {held[1]:.3f}")
    c = trained(names, where="y = 0 OR id < 3")["jorge_calibration"]
    report(c["method"] == "none" and c["rows"] == 0, "one outcome of a kind: nothing can be held out, no calibration either")
    c = trained(names, where="id < 60 AND (y = 0 OR id < 25)")["jorge_calibration"]
    held = rows("SELECT lower, upper, confidence, jorge.predict(forest, x) - 1 / (1 + exp(-jorge.predict_margin(forest, x))) FROM kept, sample, LATERAL jorge.predict_interval(forest, x) LIMIT 1")[0]
    report(c["method"] == "none" and "reason" in c and list(held[:3]) == [0, 1, 0] and abs(held[3]) < 1e-7,
           "too few outcomes: says so, interval 0 ... 1, confidence 0, the margin as it is")
    trained(names, ', "calibration": "none"')
    report(psql("SELECT i.lower IS NULL AND i.confidence IS NULL AND jorge.calibration(forest) IS NULL FROM kept, sample, LATERAL jorge.predict_interval(forest, x) i LIMIT 1") == "t",
           "no calibration asked for: no interval")


def honest():
    sizes, repeats = ((200, 1000, 5000, 20000), (20, 10, 4, 1)) if LONG else ((200, 1000), (5, 2))
    for size, (held, width, single) in figures.worlds(sizes, repeats).items():
        report(held >= 0.75 and width < 4 / np.sqrt(size), f"simulated worlds of {size} rows: the mean truth of like scores is in the mean 80 % interval in "
               f"{100 * held:.0f} % of groups, mean width {width:.3f} (a single row's truth in {100 * single:.0f} %)")
    held, width, single = figures.synthetic(500, 20 if LONG else 4)
    report(0.70 <= held <= 0.97, f"synthetic leads, 500 known: {100 * held:.0f} % of groups within 70 ... 97 %, mean width {width:.3f} (single leads {100 * single:.0f} %)")


def bank():
    if not os.path.exists(figures.BANK):
        for what in ("discrimination and calibration", "200 rows"):
            report(True, f"bank, {what} # SKIP no file {figures.BANK}")
        return
    names = figures.load_bank()
    if LONG:
        auc, log_loss, ece = figures.bank_out_of_fold(names)
    else:
        auc, log_loss, ece = figures.bank_own_figures(names)[:3]
    report(auc >= 0.797 and log_loss <= 0.287 and ece <= 0.012, f"bank, discrimination and calibration: AUC {auc:.4f}, log loss {log_loss:.4f}, ECE {ece:.4f}")
    f = figures.draws("bank", names, 200, 100 if LONG else 10, 4000)
    better = (f[:, :2] < f[:, 2:4]).mean(0)
    report((better >= 0.8).all(), f"bank, 200 rows: log loss and ECE better than XGBoost's in {100 * better[0]:.0f} and {100 * better[1]:.0f} % of draws "
           f"({f[:, 0].mean():.3f} {f[:, 1].mean():.3f} against {f[:, 2].mean():.3f} {f[:, 3].mean():.3f}); rates of groups in the interval {100 * f[:, 6].mean():.0f} %, width {f[:, 7].mean():.3f}")


psql("CREATE EXTENSION IF NOT EXISTS jorge")
for part in (blindness, time, equal_to_xgboost, platt, honest, bank):
    part()
psql("DROP TABLE IF EXISTS sample, kept, world, arrived, bank, drawn, trained, judged")
print(f"1..{len(done)}")
sys.exit(not all(done))
