#!/usr/bin/python3
"""Attribution of ten thousand random deals adds up to the cent; Shapley values, removal effects and priors equal independent computations."""
import itertools, random, subprocess
import numpy as np
from scipy import optimize, special


def ask(sql):
    done = subprocess.run(["psql", "-qXAtv", "ON_ERROR_STOP=1"], input="SET extra_float_digits = 3;\n" + sql, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def array(values, of="float8"):
    return "ARRAY[%s]::%s[]" % (",".join(repr(float(v)) if of == "float8" else str(v) for v in values), of)


def numbers(text):
    return [float(v) for v in text.strip("{}").split(",") if v != ""]


results = []


def check(good, what):
    results.append(good)
    print(("ok" if good else "not ok"), len(results), "-", what, flush=True)


print("1..11")
rng = random.Random(7)
channels = ["zillow", "facebook", "realtor_com", "ghl", "email", "referral", "sign"]

# ten thousand deals won and as many lost, one to eight touches each, amounts of odd cents
ask("SET jorge.location_id = 'journeys'; SELECT count(*) FROM (SELECT 1) x")
touches, leads = [], []
number = 0
for lead in range(20000):
    at = rng.uniform(0, 300)
    won = rng.random() < 0.5
    for touch in range(min(8, 1 + int(rng.expovariate(0.7)))):
        touches.append((number, lead, rng.choices(channels, [5, 6, 3, 2, 2, 1, 1])[0], at))
        number += 1
        at += rng.expovariate(0.1)
    leads.append((lead, won, at + rng.random() * 10, rng.choice([0, 0.01, 0.02, 1 / 3, 9999.99, -250.01]) if rng.random() < 0.05 else rng.lognormvariate(9, 0.7)))
id_ = "('00000000-0000-0000-%s-' || lpad(%s::text, 12, '0'))::uuid"
copy = "BEGIN;\nSET LOCAL jorge.location_id = 'journeys'; SET LOCAL session_replication_role = replica;\nCREATE TEMP TABLE t (n int, lead int, source text, day float8); CREATE TEMP TABLE l (lead int, won boolean, day float8, revenue float8);\n"
copy += "COPY t FROM stdin;\n" + "".join("%d\t%d\t%s\t%r\n" % t for t in touches) + "\\.\nCOPY l FROM stdin;\n" + "".join("%d\t%s\t%r\t%r\n" % l for l in leads) + "\\.\n"
copy += """INSERT INTO jorge.lead (location_id, lead_id, first_source, first_seen_at, last_seen_at, outcome, outcome_at, revenue)
SELECT 'journeys', %s, (SELECT source FROM t WHERE t.lead = l.lead ORDER BY n LIMIT 1), '2025-01-01', '2025-01-01', CASE WHEN won THEN 'won' ELSE 'lost' END, '2025-01-01 00:00+00'::timestamptz + day * interval '1 day', CASE WHEN won THEN revenue END FROM l;
INSERT INTO jorge.inquiry (location_id, inquiry_id, source, received_at) SELECT 'journeys', %s, source, '2025-01-01 00:00+00'::timestamptz + day * interval '1 day' FROM t;
INSERT INTO jorge.inquiry_lead (location_id, inquiry_id, lead_id, rule) SELECT 'journeys', %s, %s, 'new' FROM t;
COMMIT; ANALYZE jorge.lead, jorge.inquiry, jorge.inquiry_lead;""" % (id_ % ("0001", "l.lead"), id_ % ("0002", "n"), id_ % ("0002", "n"), id_ % ("0001", "lead"))
ask(copy.replace("(SELECT source FROM t WHERE t.lead = l.lead ORDER BY n LIMIT 1)", "NULL"))
rows = [r.split("|") for r in ask("SET jorge.location_id = 'journeys'; SELECT source, first_touch, last_touch, linear, time_decay, position_based, shapley, markov, removal_effect FROM jorge.attribution() ORDER BY source").split("\n")]
# by the database's own rounding of a double to cents
total = int(round(100 * float(ask("SELECT sum(round(revenue, 2)) FROM jorge.lead WHERE location_id = 'journeys' AND outcome = 'won'"))))
sums = [sum(int(round(100 * float(r[k]))) for r in rows) for k in range(1, 8)]
check(len(rows) == 7 and sums == [total] * 7, "every rule gives out the revenue of 10,000 random deals to the cent (%d cents)" % total)
check(ask("SET jorge.location_id = 'journeys'; SELECT sum(revenue) FROM jorge.source_roi('2024-01-01', '2026-01-01')") == ask("SET jorge.location_id = 'journeys'; SELECT sum(linear) FROM jorge.attribution()"),
      "and is the revenue of all sources")

# the rules, journey by journey
journey = {}
for n, lead, source, at in touches:
    journey.setdefault(lead, []).append((source, at))
own = {c: np.zeros(6) for c in channels}
cents = dict(tuple(r.split("|")) for r in ask("SELECT right(lead_id::text, 12)::int, round(revenue * 100) FROM jorge.lead WHERE location_id = 'journeys' AND outcome = 'won'").split("\n"))
for lead, money in cents.items():
    path = journey[int(lead)]
    k = len(path)
    decay = [0.5 ** ((path[-1][1] - at) / 7) for _, at in path]
    for i, (source, _) in enumerate(path):
        first_time = source not in [s for s, _ in path[:i]]
        own[source] += float(money) * np.array([i == 0, i == k - 1, 1 / k, decay[i] / sum(decay), 1 / k if k <= 2 else 0.4 if i in (0, k - 1) else 0.2 / (k - 2),
                                                first_time / len({s for s, _ in path})])
worst = max(abs(100 * float(r[1 + m]) - own[r[0]][m]) for r in rows for m in range(6))
check(worst < 5000, "each source's part is that of the rules, but for odd cents (largest difference %.0f of %d cents)" % (worst, total))

# removal effects: take each channel out of the matrix, and solve anew
index = {c: i + 1 for i, c in enumerate(sorted(channels))}
n = len(index)
counts = np.zeros((n + 1, n + 3))
won = {l[0] for l in leads if l[1]}
for lead, path in journey.items():
    states = [0] + [index[s] for s, _ in path] + [n + 1 if lead in won else n + 2]
    for a, b in zip(states, states[1:]):
        counts[a, b] += 1


def success(without=None):
    p = counts / counts.sum(axis=1, keepdims=True)
    q, r = p[:, : n + 1].copy(), p[:, n + 1].copy()
    if without is not None:
        q[without], r[without] = 0, 0
    return np.linalg.solve(np.eye(n + 1) - q, r)[0]


expected = {c: 1 - success(i) / success() for c, i in index.items()}
worst = max(abs(float(r[8]) - expected[r[0]]) for r in rows)
check(worst < 1e-12, "removal effects equal those of a chain without the channel (largest difference %.1e)" % worst)
share = {c: e / sum(expected.values()) for c, e in expected.items()}
check(max(abs(100 * float(r[7]) - total * share[r[0]]) for r in rows) <= 1, "and money goes by them")

# Shapley values by their definition: every order in which the players can come
worst = 0
for players in (1, 2, 3, 5, 6):
    game = [rng.uniform(-5, 20) for _ in range(2 ** players)]
    exact = np.zeros(players)
    orders = list(itertools.permutations(range(players)))
    for order in orders:
        coalition = 0
        for player in order:
            exact[player] += (game[coalition | 1 << player] - game[coalition]) / len(orders)
            coalition |= 1 << player
    worst = max(worst, np.abs(exact - numbers(ask("SELECT jorge.shapley(%s)" % array(game)))).max())
check(worst < 1e-12, "Shapley values equal the mean over all orders (largest difference %.1e)" % worst)
# and the rule of the attribution is that of the game "won where all its sources are there"
some = rng.sample(sorted(cents), 40)
game = [sum(float(cents[l]) for l in some if all(mask & 1 << index[s] - 1 for s, _ in journey[int(l)])) for mask in range(2 ** n)]
closed = np.zeros(n)
for l in some:
    players = {index[s] - 1 for s, _ in journey[int(l)]}
    for player in players:
        closed[player] += float(cents[l]) / len(players)
worst = np.abs(np.array(numbers(ask("SELECT jorge.shapley(%s)" % array(game)))) - closed).max()
check(worst < 1e-6, "equal parts to the different sources are the Shapley value of the revenue that they win together")

# the prior: no other point of the posterior is higher
worst = 0
for k, t in (([5, 10, 2], [50, 80, 40]), ([0, 0], [100, 200]), ([0, 40, 3.5], [1, 400, 7.25]), ([200, 10, 90, 4], [1000, 50, 300, 80]), ([3], [3])):
    k, t = np.array(k, float), np.array(t, float)

    def loss(x):
        mean, worth = special.expit(x[0]), np.exp(x[1])
        a, b = mean * worth, (1 - mean) * worth
        return -(np.log(mean) + np.log1p(-mean) - (x[1] - np.log(30)) ** 2 / (2 * 1.5**2) + np.sum(special.betaln(a + k, b + t - k) - special.betaln(a, b)))

    alpha, beta = map(float, ask("SELECT * FROM jorge.beta_prior(%s, %s)" % (array(k), array(t))).split("|"))
    best = min((optimize.minimize(loss, [special.logit((k.sum() + 0.5) / (t.sum() + 1)), w], method="BFGS") for w in (1, 3, 5)), key=lambda r: r.fun)
    worst = max(worst, loss([np.log(alpha / beta), np.log(alpha + beta)]) - best.fun)
check(worst < 1e-8, "priors are where the posterior is highest (%.1e below)" % worst)

# groups held together: the same by a finer and wider grid, over all that the prior can be
k, t = np.array([10, 12, 9, 3, 0], float), np.array([100, 100, 100, 4, 0], float)
grid = [(m, w) for m in np.linspace(-6, 2, 161) for w in np.linspace(np.log(30) - 8, np.log(30) + 8, 161)]
a = np.array([special.expit(m) * np.exp(w) for m, w in grid])
b = np.array([special.expit(-m) * np.exp(w) for m, w in grid])
log = np.array([np.log(special.expit(m)) + np.log(special.expit(-m)) - (w - np.log(30)) ** 2 / (2 * 1.5**2) for m, w in grid])
log += sum(special.betaln(a + x, b + n_ - x) - special.betaln(a, b) for x, n_ in zip(k, t))
weight = np.exp(log - log.max())
weight /= weight.sum()
worst = 0
for line, x, n_ in zip(ask("SELECT rate, lower, upper FROM jorge.shrink(%s, %s) ORDER BY n" % (array(k), array(t))).split("\n"), k, t):
    rate, lower, upper = map(float, line.split("|"))
    below = [np.sum(weight * special.betainc(a + x, b + n_ - x, end)) for end in (lower, upper)]
    worst = max(worst, abs(rate - np.sum(weight * (a + x) / (a + b + n_))), abs(below[0] - 0.025), abs(below[1] - 0.975))
check(worst < 1e-3, "groups held together have the means and limits of a finer grid (%.1e off)" % worst)

# sharing out: exact, fair within a cent, nothing to those without weight
cases, worst, exact = [], 0, True
for _ in range(2000):
    weights = [rng.choice([0, 1, 1, rng.random(), rng.lognormvariate(0, 5)]) for _ in range(rng.randint(1, 12))]
    if sum(weights) > 0:
        cases.append((rng.choice([-1, 1]) * rng.randint(0, 10 ** rng.randint(1, 12)), weights))
out = ask("SELECT v.cents, jorge.allocate(v.cents / 100.0, v.w) FROM (VALUES %s) v(cents, w)" % ",".join("(%d::numeric, %s)" % (c, array(w)) for c, w in cases)).split("\n")
for (cents_, weights), line in zip(cases, out):
    shares = [int(round(100 * float(s))) for s in line.split("|")[1].strip("{}").split(",")]
    exact &= sum(shares) == cents_ and all(s == 0 for s, w in zip(shares, weights) if w == 0)
    worst = max([worst] + [abs(s - cents_ * w / sum(weights)) for s, w in zip(shares, weights)])
check(exact, "two thousand amounts are shared out to the cent, none of it to those without weight")
check(worst < 1.001, "each within a cent of its part (%.3f)" % worst)
raise SystemExit(not all(results))
