#!/usr/bin/python3
"""Metrics equal scikit-learn's on the same predictions, ties and all, to 1e-9; intervals a direct computation."""
import subprocess
import numpy as np
from sklearn import metrics as sk

rng = np.random.default_rng(7)


def ask(sql):
    return subprocess.run(["psql", "-qXAtc", "SET extra_float_digits = 3; " + sql], check=True, capture_output=True, text=True).stdout.strip()


def numbers(sql):
    return [float("nan") if v == "" else float(v) for v in ask(sql).replace("\n", "|").split("|")]


def delong(y, p):
    """By the definition: every pair compared."""
    a, b = p[y == 1], p[y == 0]
    wins = (a[:, None] > b[None, :]) + 0.5 * (a[:, None] == b[None, :])
    se = np.sqrt(wins.mean(1).var(ddof=1) / len(a) + wins.mean(0).var(ddof=1) / len(b))
    half = 1.959963984540054 * se
    return [max(wins.mean() - half, 0), min(wins.mean() + half, 1)]


def ece(y, p):
    bins = np.minimum((p * 10).astype(int), 9)
    return sum(abs(p[bins == k].sum() - y[bins == k].sum()) for k in range(10)) / len(y)


subprocess.run(["psql", "-qXc", "CREATE EXTENSION IF NOT EXISTS jorge"], check=True, stderr=subprocess.DEVNULL)
results = []


def report(good, text):
    results.append("%sok %d - %s" % ("" if good else "not ", len(results) + 1, text))


for case, n, digits, rate in (("many ties", 1000, 1, .3), ("few ties", 3000, 4, .1), ("no ties", 800, 17, .5), ("rare outcome", 2000, 3, .005), ("certain ones", 400, 0, .4)):
    logit = rng.normal(np.log(rate / (1 - rate)), 1.5, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    p = np.round(1 / (1 + np.exp(-logit - rng.normal(0, 1, n))), digits)
    threshold = float(np.round(np.quantile(p, 0.8), digits))
    hit = (p >= threshold).astype(int)
    clipped = np.clip(p, np.finfo(float).eps, 1 - np.finfo(float).eps)
    fpr, tpr, _ = sk.roc_curve(y, p)
    tn, fp, fn, tp = sk.confusion_matrix(y, hit).ravel()
    want = [n, y.sum(), y.mean(), threshold, tp, fp, tn, fn, sk.accuracy_score(y, hit), sk.precision_score(y, hit), sk.recall_score(y, hit),
            sk.f1_score(y, hit), sk.matthews_corrcoef(y, hit), sk.roc_auc_score(y, p), *delong(y, p), sk.average_precision_score(y, p),
            -np.mean(y * np.log(clipped) + (1 - y) * np.log1p(-clipped)), sk.brier_score_loss(y, p), ece(y, p), 0]
    want[20] = max(abs(np.mean(p[y == 1] <= t) - np.mean(p[y == 0] <= t)) for t in np.unique(p))
    ask("DROP TABLE IF EXISTS scored; CREATE TABLE scored (p float8, y int); INSERT INTO scored VALUES " + ",".join("(%r, %d)" % (float(a), b) for a, b in zip(p, y)))
    got = numbers("SELECT c.* FROM (SELECT jorge.tally(p, y) AS t FROM scored) s, jorge.classification(t, %r) c" % threshold)
    worst = max(abs(a - b) for a, b in zip(got, want)) if len(got) == len(want) else float("inf")
    report(worst <= 1e-9, "%s: all 21 figures, largest difference %.1e" % (case, worst))
    if digits:
        loss = sk.log_loss(y, p)
        report(abs(loss - got[17]) <= 1e-9, "%s: log loss equals log_loss()" % case)
    precision, recall, at = sk.precision_recall_curve(y, p)
    f1 = 2 * precision[:-1] * recall[:-1] / np.maximum(precision[:-1] + recall[:-1], 1e-300)
    best = numbers("SELECT jorge.best_threshold(jorge.tally(p, y)) FROM scored")[0]
    report(abs(sk.f1_score(y, (p >= best).astype(int)) - f1.max()) <= 1e-12, "%s: best threshold has the highest F1" % case)
    curve = np.array(numbers("SELECT r.* FROM (SELECT jorge.tally(p, y) AS t FROM scored) s, jorge.roc(t) r")).reshape(-1, 4)
    fpr, tpr, at = sk.roc_curve(y, p, drop_intermediate=False)
    report(np.abs(curve[:, 1] - fpr[1:]).max() <= 1e-12 and np.abs(curve[:, 2] - tpr[1:]).max() <= 1e-12, "%s: ROC curve" % case)
    bands = np.array(numbers("SELECT l.* FROM (SELECT jorge.tally(p, y) AS t FROM scored) s, jorge.lift(t) l")).reshape(-1, 8)
    report(abs(bands[:, 4].sum() - y.sum()) <= 1e-6 and abs(bands[-1, 7] - 1) <= 1e-9 and (digits < 17 or bands[0, 4] == y[np.argsort(-p)][:n // 10].sum()),
           "%s: bands hold every positive once" % case)
    bins = np.array(numbers("SELECT r.* FROM (SELECT jorge.tally(p, y) AS t FROM scored) s, jorge.reliability(t) r WHERE r.observations > 0")).reshape(-1, 7)
    k = np.minimum((p * 10).astype(int), 9)
    want_bins = np.array([[(k == b).sum(), p[k == b].mean(), y[k == b].mean()] for b in np.unique(k)])
    report(np.abs(bins[:, 2:5] - want_bins).max() <= 1e-9, "%s: reliability bins" % case)

actual = np.exp(rng.normal(12, 1, 501))
predicted = actual * np.exp(rng.normal(0.02, 0.15, 501))
ratio = predicted / actual
want = [501, sk.mean_absolute_error(actual, predicted), np.sqrt(sk.mean_squared_error(actual, predicted)), sk.r2_score(actual, predicted),
        sk.mean_absolute_percentage_error(actual, predicted), np.median(np.abs(ratio - 1)), *[np.mean(np.abs(ratio - 1) <= w) for w in (.05, .1, .2)],
        100 * np.mean(np.abs(ratio - np.median(ratio))) / np.median(ratio), ratio.mean() / (predicted.sum() / actual.sum())]
ask("CREATE TABLE priced (a float8, p float8); INSERT INTO priced VALUES " + ",".join("(%r, %r)" % pair for pair in zip(actual.tolist(), predicted.tolist())))
got = numbers("SELECT (jorge.regression(a, p)).* FROM priced")
worst = max(abs(a - b) / max(1, abs(b)) for a, b in zip(got, want))
report(len(got) == len(want) and worst <= 1e-9, "amounts: all 11 figures, largest relative difference %.1e" % worst)
ask("INSERT INTO priced SELECT 1000 + n * 7919 % 100003, 1000 + n * 104729 % 99991 FROM generate_series(1, 200000::bigint) n; ANALYZE priced")
forced = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; "
query = "SELECT jorge.regression(a, p)::text || jorge.classification(jorge.tally(p / 300000, (a > p)::int))::text FROM priced WHERE p < 300000"
report(ask("SET max_parallel_workers_per_gather = 0; " + query) == ask(forced + query) and "Partial Aggregate" in ask(forced + "EXPLAIN " + query), "the same in parallel, to the bit")
print("1..%d" % len(results))
print("\n".join(results))
