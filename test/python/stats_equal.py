#!/usr/bin/python3
"""The distributions equal 40-digit arithmetic, far into the tails and at ten million degrees of freedom."""
import subprocess
import mpmath as mp
import numpy as np

mp.mp.dps = 50

rng = np.random.default_rng(1)


def ask(call, rows):
    """Values of an SQL call with placeholders {0}, {1} ... for many argument rows, exactly."""
    values = ",".join("(%d,%s)" % (i, ",".join("%r::float8" % float(v) for v in row)) for i, row in enumerate(rows))
    names = ",".join("a%d" % i for i in range(len(rows[0])))
    sql = "SET extra_float_digits = 3; SELECT jorge.%s FROM (VALUES %s) v(i, %s) ORDER BY i" % (call, values, names)
    out = subprocess.run(["psql", "-qXAtc", sql], check=True, capture_output=True, text=True).stdout.split()
    return np.array([float(v) for v in out])


def worst(got, want):
    """Largest relative difference; both zero counts as equal, a denormal as zero."""
    scale = np.where(np.abs(want) < 1e-290, 1, np.abs(want))
    return float(np.max(np.abs(got - want) / scale))


subprocess.run(["psql", "-qXc", "CREATE EXTENSION IF NOT EXISTS jorge"], check=True, stderr=subprocess.DEVNULL)


def series(ratio):
    """1 + r(0) + r(0) r(1) + ...: all terms positive, so no digit is lost."""
    total = term = mp.mpf(1)
    k = 0
    while term > total * mp.mpf(10) ** -48:
        term *= ratio(k)
        total += term
        k += 1
    return total


def gamma_tail(a, x, upper):
    lower = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)) * series(lambda k: x / (a + 1 + k))
    return 1 - lower if upper else lower


def beta_lower(a, b, x, y=None):
    """I_x(a, b), through the side where the series converges fast."""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    y = 1 - x if y is None else y
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_lower(b, a, y, x)
    return mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a) - mp.loggamma(b)) / a \
        * series(lambda k: (a + b + k) / (a + 1 + k) * x)


def t_tail(t, df):
    t, df = mp.mpf(t), mp.mpf(df)
    half = beta_lower(df / 2, mp.mpf(1) / 2, df / (df + t * t), t * t / (df + t * t)) / 2
    return half if t > 0 else 1 - half


def f_tail(f, a, b):
    f, a, b = mp.mpf(f), mp.mpf(a), mp.mpf(b)
    return beta_lower(b / 2, a / 2, b / (b + a * f), a * f / (b + a * f))


def normal_below(z):
    return mp.erfc(-mp.mpf(z) / mp.sqrt(2)) / 2


n = 100
df = np.concatenate([10 ** rng.uniform(-1, 4, n - 2), [1e6, 1e7]])
small = 10 ** rng.uniform(-1, 3, n)
other = 10 ** rng.uniform(-1, 3, n)
p = np.concatenate([rng.uniform(0.001, 0.999, n // 2), 10 ** rng.uniform(-200, -3, n // 2)])
z = rng.uniform(-35, 35, n)
t = rng.standard_t(3, n) * 3
chi = df * np.exp(rng.normal(0, 1, n) * 3 / np.sqrt(df + 1))
f = np.exp(rng.normal(0, 1, n))
x = rng.beta(1, 1, n)
direct = [
    ("normal_cdf(a0)", [z], normal_below),
    ("chi2_sf(a0, a1)", [chi, df], lambda c, d: gamma_tail(mp.mpf(d) / 2, mp.mpf(c) / 2, True)),
    ("t_sf(a0, a1)", [t, df], t_tail),
    ("f_sf(a0, a1, a2)", [f, small, other], f_tail),
    ("gamma_cdf(a0, a1)", [chi, df], lambda c, d: gamma_tail(mp.mpf(d), mp.mpf(c), False)),
    ("beta_cdf(a0, a1, a2)", [x, small, other], lambda v, a, b: beta_lower(a, b, v)),
]
# A quantile is right when the exact distribution gives the probability back.
inverse = [
    ("normal_quantile(a0)", [p], lambda q, p: normal_below(q)),
    ("chi2_quantile(a0, a1)", [np.clip(p, 1e-30, 1), small + 1], lambda q, p, d: gamma_tail(mp.mpf(d) / 2, mp.mpf(q) / 2, False)),
    ("t_quantile(a0, a1)", [np.clip(p, 1e-30, 1), small + 1], lambda q, p, d: 1 - t_tail(q, d) if q > 0 else t_tail(-q, d)),
    ("beta_quantile(a0, a1, a2)", [np.clip(p, 1e-30, 1), small, other + 1], lambda q, p, a, b: beta_lower(a, b, q)),
]
# Values computed in R and written down with their source (chi-squared, t, gamma, beta, a p value of 1e-110).
known = [
    ("t_quantile(a0, a1)", [[.975, 1], [.975, 2], [.975, 5], [.975, 10], [.975, 30]],
     [12.70620474, 4.30265273, 2.57058184, 2.22813885, 2.04227246], 2e-9),
    ("chi2_sf(a0, a1)", [[3.84, 1], [504.460669, 2], [22.77436884, 1]], [.05004352124870519, 2.869178e-110, 1.82179287e-6], 2e-6),
    ("gamma_cdf(a0, a1)", [[3, 2.5]], [.6937810815867212], 1e-14),
    ("beta_quantile(a0, a1, a2)", [[.025, 7.5, 43.5], [.975, 7.5, 43.5]], [.0648717, .25532503], 1e-6),
]
print("1..%d" % (len(direct) + len(inverse) + len(known) + 1))
number = 0


def report(good, text):
    global number
    number += 1
    print("%sok %d - %s" % ("" if good else "not ", number, text))


for call, arguments, exact in direct:
    rows = list(zip(*arguments))
    error = max((abs(g - w) / w for g, w in zip(ask(call, rows), (exact(*row) for row in rows)) if w > 1e-35 or call.startswith('normal')), default=1)
    report(error <= 1e-9, "%s on %d points, largest relative error %.1e" % (call, len(rows), error))
for call, arguments, exact in inverse:
    rows = list(zip(*arguments))
    error = max(abs(exact(q, *row) - row[0]) / row[0] for q, row in zip(ask(call, rows), rows) if q > 1e-290)
    report(error <= 1e-9, "%s gives its probability back on %d points, largest relative error %.1e" % (call, len(rows), error))
for call, rows, want, tolerance in known:
    error = worst(ask(call, rows), np.array(want))
    report(error <= tolerance, "%s equals R's values, largest relative difference %.1e" % (call, error))
rows = subprocess.run(["psql", "-qXAtc", "SELECT lower || ' ' || upper FROM jorge.wilson_interval(2262, 21306) UNION ALL SELECT lower || ' ' || upper FROM jorge.wilson_interval(3894, 21307) UNION ALL SELECT lower || ' ' || upper FROM jorge.wilson_interval(0, 0)"],
                      check=True, capture_output=True, text=True).stdout.split()
want = [.10210165383, .11037488982, .17762499082, .18800306164, 0, 1]
error = max(abs(float(a) - b) for a, b in zip(rows, want))
report(error <= 1e-10, "Wilson intervals equal R's, largest difference %.1e" % error)
