#!/usr/bin/python3
"""jorge.compare_predictions() against DeLong's covariance over all pairs, and scipy's paired t test."""
import subprocess

import numpy as np
from scipy import stats

rng = np.random.default_rng(11)
results = []


def check(good, what):
    results.append(f"{'ok' if good else 'not ok'} {len(results) + 1} - {what}")


def ours(a, b, won):
    rows = ",".join(f"({float(x)!r},{float(y)!r},{'true' if w else 'false'})" for x, y, w in zip(a, b, won))
    out = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], capture_output=True, text=True, check=True, input=f"""
        SELECT c.auc_a, c.auc_b, c.auc_p, c.log_loss_gain, c.log_loss_p
          FROM jorge.compare_predictions($$SELECT * FROM (VALUES {rows}) v(a, b, won)$$) c;""")
    return [float(v) for v in out.stdout.strip().split("|")]


def by_all_pairs(a, b, won):
    """Areas and one-sided p by the kernel itself: 1 above, 1/2 equal, 0 below."""
    areas, v10, v01 = [], [], []
    for p in (a, b):
        kernel = np.sign(p[won][:, None] - p[~won][None, :]) / 2 + 0.5
        areas.append(kernel.mean())
        v10.append(kernel.mean(axis=1))
        v01.append(kernel.mean(axis=0))
    variance = np.var(v10[1] - v10[0], ddof=1) / won.sum() + np.var(v01[1] - v01[0], ddof=1) / (~won).sum()
    return areas[0], areas[1], stats.norm.sf((areas[1] - areas[0]) / np.sqrt(variance))


worst = np.zeros(5)
for i in range(8):
    n = int(rng.integers(40, 400))
    truth = rng.random(n)
    won = rng.random(n) < truth
    # ties in one of them
    a = np.round(np.clip(truth + rng.normal(0, 0.3, n), 0.01, 0.99), 1 if i % 2 else 6)
    b = np.clip(truth + rng.normal(0, 0.1 + 0.05 * i, n), 0.01, 0.99)
    a = np.clip(a, 0.01, 0.99)
    loss = lambda p: -np.where(won, np.log(p), np.log(1 - p))
    test = stats.ttest_rel(loss(a), loss(b), alternative="greater")
    expected = np.array([*by_all_pairs(a, b, won), (loss(a) - loss(b)).mean(), test.pvalue])
    worst = np.maximum(worst, np.abs(np.array(ours(a, b, won)) - expected))
for name, error in zip(("area of one", "area of the other", "DeLong's p", "gain in log loss", "p of the paired t test"), worst):
    check(error < 1e-9, f"{name}: differs by {error:.1e} at most")

print(f"1..{len(results)}")
print("\n".join(results))
