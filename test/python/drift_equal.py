#!/usr/bin/python3
"""jorge.drift_test() against scipy and numpy on the same samples."""
import subprocess

import numpy as np
from scipy import stats

rng = np.random.default_rng(7)


def psql(sql):
    out = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-c", sql], capture_output=True, text=True, check=True)
    return out.stdout.strip()


def literal(values):
    return "ARRAY[" + ",".join("NULL" if np.isnan(v) else repr(float(v)) for v in values) + "]::float8[]"


def compare(a, b, bins=10):
    row = psql(f"""SELECT t.psi, t.psi_p, t.ks, t.ks_p, t.used_bins FROM (SELECT jorge.histogram(v) AS h FROM unnest({literal(a)}) v) x,
                   (SELECT jorge.histogram(v) AS h FROM unnest({literal(b)}) v) y, jorge.drift_test(x.h, y.h, {bins}) t""")
    return [float(v) for v in row.split("|")]


results = []


def check(good, what):
    results.append(f"{'ok' if good else 'not ok'} {len(results) + 1} - {what}")


# integers below 256 are exact, so the distance must be the same to the last digits
worst_d, worst_p = 0, 0
for i in range(12):
    a, b = rng.poisson(20, 400), rng.poisson(20 + i / 4, int(rng.integers(60, 300)))
    psi, psi_p, ks, ks_p, bins = compare(a, b)
    truth = stats.ks_2samp(a, b, method="asymp")
    worst_d = max(worst_d, abs(ks - truth.statistic))
    worst_p = max(worst_p, abs(ks_p - truth.pvalue))
check(worst_d < 1e-12, f"KS distance of integers is scipy's: {worst_d:.1e}")
check(worst_p < 0.02, f"KS p is scipy's asymptotic one to a correction term: {worst_p:.4f}")

# missing values are left out of the distance, and a bin of the index
a = np.where(rng.random(500) < 0.2, np.nan, rng.integers(0, 50, 500))
b = np.where(rng.random(300) < 0.4, np.nan, rng.integers(0, 50, 300))
psi, psi_p, ks = compare(a, b)[:3]
check(abs(ks - stats.ks_2samp(a[~np.isnan(a)], b[~np.isnan(b)]).statistic) < 1e-12 and psi_p < 1e-3, "missing values count in the index, not in the distance")

# a flag: the index by hand, and Pearson's test
a, b = np.repeat([0, 1], [700, 300]), np.repeat([0, 1], [120, 80])
psi, psi_p, ks, ks_p, bins = compare(a, b)
p, q = (np.array([700, 300]) + 0.5) / 1001, (np.array([120, 80]) + 0.5) / 201
check(abs(psi - ((q - p) * np.log(q / p)).sum()) < 1e-12 and bins == 2, "index of a flag")
truth = stats.chi2_contingency([[700, 300], [120, 80]], correction=False)[1]
check(abs(psi_p - truth) < 1e-12, "its p is Pearson's")

# under no change p is no smaller than it says: share of p < 0.05 over normal samples of a weekly size
rows = []
for i in range(600):
    a, b = rng.normal(size=600), rng.normal(size=60)
    rows.append((a, b))
values = ",".join(f"({i},{literal(a)},{literal(b)})" for i, (a, b) in enumerate(rows))
out = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=f"""
SELECT count(*) FILTER (WHERE t.ks_p < 0.05), count(*) FILTER (WHERE t.psi_p < 0.05), count(*) FILTER (WHERE t.p < 0.05)
  FROM (VALUES {values}) r(i, a, b), LATERAL (SELECT jorge.histogram(v) AS h FROM unnest(r.a) v) x,
       LATERAL (SELECT jorge.histogram(v) AS h FROM unnest(r.b) v) y, jorge.drift_test(x.h, y.h) t;""", capture_output=True, text=True, check=True)
ks5, psi5, p5 = (int(v) / 600 for v in out.stdout.strip().split("|"))
check(ks5 < 0.08 and psi5 < 0.08 and p5 < 0.08, f"of unchanged samples {ks5:.3f} (KS), {psi5:.3f} (bins), {p5:.3f} (both) are below 0.05")
check(p5 > 0.01, "and the test is not blind")

print(f"1..{len(results)}")
print("\n".join(results))
