#!/usr/bin/python3
"""Survival curves and models equal R's survival package (3.5-3) on its lung data; values written down with digits."""
import csv, os, subprocess, sys

data = os.path.join(os.environ.get("JORGE_DATA", "../shared/data"), "survival", "lung_survival.csv")
if not os.path.exists(data):
    print("1..1\nok 1 # skip no survival data here (set JORGE_DATA)")
    sys.exit()


def ask(sql):
    out = subprocess.run(["psql", "-qXAtc", "SET extra_float_digits = 3; SET search_path = jorge, public; " + sql], check=True, capture_output=True, text=True)
    return out.stdout.strip()


def numbers(sql):
    return [None if v == "" else float(v) for v in ask(sql).replace("\n", "|").split("|")]


rows = [(int(r["time"]), int(r["status"]) - 1, int(r["age"]), int(r["sex"])) for r in csv.DictReader(open(data))]
subprocess.run(["psql", "-qXc", "CREATE EXTENSION IF NOT EXISTS jorge"], check=True, stderr=subprocess.DEVNULL)
ask("CREATE TABLE lung (time float8, event int, age float8, sex float8); INSERT INTO lung VALUES " + ",".join(map(str, rows)))

curve = "(SELECT tally(time, event) FROM lung)"
fit = "(SELECT aft(time, event = 1, %s, '%s') FROM lung)"
checks = [
    ("the median and its limits", f"SELECT * FROM survival_quantile({curve})", [310, 285, 363], 0),
    ("limits by log-log", f"SELECT * FROM survival_quantile({curve}, 0.5, 0.95, 'log-log')", [310, 284, 361], 0),
    ("the quartiles", f"SELECT q.* FROM unnest(ARRAY[0.25, 0.75]) p, survival_quantile({curve}, p) q ORDER BY p", [170, 145, 197, 550, 460, 654], 0),
    ("S(100)", f"SELECT * FROM survival_at({curve}, 100)", [.863969, .0227102, .8205849, .909647], 1e-6),
    ("S(365)", f"SELECT * FROM survival_at({curve}, 365)", [.409242, .0358236, .3447216, .485838], 1e-6),
    ("S(180), S(730)", f"SELECT s.survival FROM unnest(ARRAY[180, 730]) t, survival_at({curve}, t) s ORDER BY t", [.721671, .115693], 1e-6),
    ("the restricted mean at 365", f"SELECT * FROM survival_mean({curve}, 365)", [263.222, 7.79886], 5e-4),
    ("log-rank by sex", "SELECT * FROM logrank((SELECT tally(time, event) FROM lung WHERE sex = 1), (SELECT tally(time, event) FROM lung WHERE sex = 2))",
     [10.3267, .001311, 112, 91.5817], 5e-5),
    ("weibull", "SELECT (m).log_likelihood, (m).coefficients[1], (m).scale, aft_quantile(m) FROM (SELECT %s AS m) f" % (fit % ("'{}'", "weibull")),
     [-1153.851188, 6.03490391, .7593936011, 316.263695], 1e-6),
    ("lognormal", "SELECT (m).log_likelihood, (m).coefficients[1], (m).scale, aft_quantile(m) FROM (SELECT %s AS m) f" % (fit % ("'{}'", "lognormal")),
     [-1169.269055, 5.663304962, 1.09763927, 288.0992279], 1e-6),
    ("loglogistic", "SELECT (m).log_likelihood, (m).coefficients[1], (m).scale, aft_quantile(m) FROM (SELECT %s AS m) f" % (fit % ("'{}'", "loglogistic")),
     [-1160.930624, 5.710980388, .5794550826, 302.167164], 1e-6),
    ("exponential", "SELECT (m).log_likelihood, (m).coefficients[1], (m).scale FROM (SELECT %s AS m) f" % (fit % ("'{}'", "exponential")),
     [-1162.338176, 6.044473793, 1], 1e-6),
    ("weibull with age and sex", "SELECT (m).coefficients[1], (m).coefficients[2], (m).coefficients[3], ln((m).scale), (m).standard_errors[1], (m).standard_errors[2], (m).standard_errors[3], (m).log_scale_error, 2 * 4 - 2 * (m).log_likelihood FROM (SELECT %s AS m) f" % (fit % ("ARRAY[age, sex]", "weibull")),
     [6.27485305842, -.01225702559, .38208513966, -.28229534344, .481366953, .006957472, .127476841, .061883272, 2302.108863], 1e-6),
    ("the model's median is where half is left", "SELECT aft_survival(m, aft_quantile(m, 0.3, ARRAY[60, 1]), ARRAY[60, 1]) FROM (SELECT %s AS m) f" % (fit % ("ARRAY[age, sex]", "lognormal")), [.7], 1e-12),
]
print("1..%d" % (len(checks) + 4))
for i, (what, sql, want, tolerance) in enumerate(checks, 1):
    got = numbers(sql)
    worst = max(abs(g - w) / max(1, abs(w)) for g, w in zip(got, want)) if len(got) == len(want) else float("inf")
    print("%sok %d - %s: largest difference %.1e%s" % ("" if worst <= tolerance else "not ", i, what, worst, "" if worst <= tolerance else " %s" % got))

# Aalen–Johansen against a recount by its definition, with two causes
ask("CREATE TABLE deal AS SELECT (1 + (n * 7919) % 60)::float8 AS days, (n * 31) % 3 AS cause FROM generate_series(1, 500) n")
worst = numbers("""
    WITH t AS (SELECT days, count(*) FILTER (WHERE cause = 1) AS won, count(*) FILTER (WHERE cause > 0) AS ended, count(*) AS gone FROM deal GROUP BY days),
         r AS (SELECT days, won, ended, sum(gone) OVER (ORDER BY days DESC) AS n FROM t),
         s AS (SELECT *, coalesce(exp(sum(ln(nullif(1 - ended / n, 0))) OVER (ORDER BY days ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)), 1) AS before FROM r),
         i AS (SELECT days, sum(before * won / n) OVER (ORDER BY days) AS incidence FROM s)
    SELECT max(abs(i.incidence - c.incidence)) FROM i JOIN survival_curve((SELECT tally(days, cause) FROM deal), 1) c ON c.time = i.days""")[0]
print("%sok %d - incidence of a cause equals its definition: %.1e" % ("" if worst < 1e-12 else "not ", len(checks) + 1, worst))
both = numbers("SELECT max(abs(a.incidence + b.incidence + a.survival - 1)) FROM survival_curve((SELECT tally(days, cause) FROM deal), 1) a JOIN survival_curve((SELECT tally(days, cause) FROM deal), 2) b USING (time)")[0]
print("%sok %d - the causes and survival add up to 1: %.1e" % ("" if both < 1e-12 else "not ", len(checks) + 2, both))
ask("INSERT INTO deal SELECT (n * 7919 % 1000003)::float8 / 1000, n % 4 FROM generate_series(1, 200000) n; ANALYZE deal")
serial = ask("SET max_parallel_workers_per_gather = 0; SELECT md5(tally(days, cause)::text) || md5(aft(days, cause > 0, ARRAY[days * 0 + cause], 'weibull')::text) FROM deal")
parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; "
same = ask(parallel + "SELECT md5(tally(days, cause)::text) || md5(aft(days, cause > 0, ARRAY[days * 0 + cause], 'weibull')::text) FROM deal")
backwards = ask("SELECT md5(tally(days, cause ORDER BY days DESC)::text) || md5(aft(days, cause > 0, ARRAY[days * 0 + cause], 'weibull' ORDER BY cause, days)::text) FROM deal")
plan = ask(parallel + "EXPLAIN SELECT tally(days, cause), aft(days, cause > 0, ARRAY[days * 0 + cause], 'weibull') FROM deal")
print("%sok %d - values and fits are the same in parallel and in any order" % ("" if serial == same == backwards and "Partial Aggregate" in plan else "not ", len(checks) + 3))
merged = ask("SELECT (SELECT merge(d)::text FROM (SELECT tally(days, cause) AS d FROM deal GROUP BY floor(days / 7)) w) = (SELECT tally(days, cause)::text FROM deal)")
print("%sok %d - values of parts merge to the value of the whole" % ("" if merged == "t" else "not ", len(checks) + 4))
