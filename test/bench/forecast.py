#!/usr/bin/python3
# forecast: accuracy and CPU of jorge.forecast() on half of the M3 monthly series (18 months held out), the
# calibration of jorge.p_reach() on their first 12 months, CPU of the aggregate against sum(), and 10,000
# tenants in one statement. MASE and MSIS in units of the seasonal naive error; CPU of the backend.
"""Run by test/bench/run; JORGE_DATA is the folder of the data, ../shared/data by default."""
import collections
import csv
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("JORGE_DATA", TOP.parent / "shared" / "data")) / "forecast"
HORIZON = 18
SEASON = 12
GOALS = [0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2]

SETUP = """
CREATE EXTENSION IF NOT EXISTS jorge;
CREATE FUNCTION cpu() RETURNS float8 LANGUAGE c AS :bench, 'bench_cpu';
"""

R_SCORES = r"""
suppressMessages(library(forecast))
d <- read.csv(commandArgs(TRUE)[1]); methods <- list(thetaf = function(y, h) thetaf(y, h, level = c(80, 95)),
  ets = function(y, h) forecast(ets(y), h, level = c(80, 95)))
d <- split(d, d$id)
for (name in names(methods)) {
  s <- c(); cpu <- 0; win <- 0
  for (x in d) {
    y <- x$y[x$set == "train"]; z <- x$y[x$set == "test"]; h <- length(z)
    took <- system.time(f <- methods[[name]](ts(y, frequency = 12), h)); cpu <- cpu + sum(took[1:2])
    q <- mean(abs(diff(y, 12))); m <- as.numeric(f$mean); lo <- as.matrix(f$lower); hi <- as.matrix(f$upper)
    naive <- rep(tail(y, 12), length.out = h)
    win <- win + (mean(abs(z - m)) <= mean(abs(z - naive)))
    s <- rbind(s, c(mean(200 * abs(z - m) / (abs(z) + abs(m))), mean(abs(z - m)) / q,
      mean(z >= lo[, 1] & z <= hi[, 1]), mean(z >= lo[, 2] & z <= hi[, 2]),
      mean(hi[, 2] - lo[, 2] + 40 * pmax(lo[, 2] - z, 0) + 40 * pmax(z - hi[, 2], 0)) / q))
  }
  cat(sprintf("%-12s %7.3f %7.4f %6.3f %6.3f %7.3f %6.1f %9.2f\n", paste("R", name), mean(s[, 1]), mean(s[, 2]),
    mean(s[, 3]), mean(s[, 4]), mean(s[, 5]), 100 * win / length(d), 1000 * cpu / length(d)))
}
"""


def psql(sql, *options):
    """Run SQL in one session; returns its rows, split at |."""
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *options], input=sql, capture_output=True,
                          text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    return [line.split("|") for line in done.stdout.splitlines()]


def load_series(path):
    """Return {id: (known, held out)}."""
    series = collections.OrderedDict()
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            known, held = series.setdefault(row["id"], ([], []))
            (known if row["set"] == "train" else held).append(float(row["y"]))
    return series


def score(series, forecasts):
    """Return the means of sMAPE, MASE, coverages and MSIS, and the share of series better than snaive."""
    total = [0.0] * 5
    wins = 0
    for name, (known, held) in series.items():
        rows = forecasts[name]
        scale = sum(abs(a - b) for a, b in zip(known[SEASON:], known)) / (len(known) - SEASON)
        mine = sum(abs(y - f[0]) for y, f in zip(held, rows))
        naive = sum(abs(y - known[len(known) - SEASON + h % SEASON]) for h, y in enumerate(held))
        wins += mine <= naive
        for y, (mean, lo80, hi80, lo95, hi95) in zip(held, rows):
            total[0] += 200 * abs(y - mean) / (abs(y) + abs(mean)) / len(held)
            total[1] += abs(y - mean) / scale / len(held)
            total[2] += (lo80 <= y <= hi80) / len(held)
            total[3] += (lo95 <= y <= hi95) / len(held)
            total[4] += (hi95 - lo95 + 40 * max(lo95 - y, 0) + 40 * max(y - hi95, 0)) / scale / len(held)
    return [t / len(series) for t in total] + [100 * wins / len(series)]


def m3(series):
    """Print the accuracy of methods."""
    psql("CREATE TABLE m3 (id text, known float8[], held float8[], s jorge.series);")
    rows = "\n".join(f"{name}\t{{{','.join(map(repr, known))}}}\t{{{','.join(map(repr, held))}}}"
                     for name, (known, held) in series.items())
    psql("COPY m3 (id, known, held) FROM stdin;\n" + rows + "\n\\.\n"
         "UPDATE m3 SET s = jorge.series_of('1990-01-01', known); ANALYZE m3;")
    print(f"{len(series)} series, {HORIZON} months ahead")
    print(f"{'method':12} {'sMAPE':>7} {'MASE':>7} {'c80':>6} {'c95':>6} {'MSIS':>7} {'>naive':>6} {'ms/series':>9}")
    for method in ["auto", "theta", "ets", "snaive"]:
        print_scores(method, series, "SELECT id, s FROM m3", method)


def print_scores(label, series, source, method):
    """Print one line: how well, and at what cost, a method forecasts the series (id, s) of a SELECT."""
    answer = psql(f"""
        SELECT count(*) FROM ({source}) m, jorge.forecast(s, 1) \\g /dev/null
        SELECT cpu() AS began \\gset
        SELECT count(*) FROM ({source}) m, jorge.forecast(s, {HORIZON}, method => '{method}') \\g /dev/null
        SELECT cpu() - :began;
        SELECT id, mean, lo80, hi80, lo95, hi95 FROM ({source}) m, jorge.forecast(s, {HORIZON}, method => '{method}')
         ORDER BY id, step;""")
    forecasts = collections.defaultdict(list)
    for row in answer[1:]:
        forecasts[row[0]].append([float(x) for x in row[1:]])
    figures = score(series, forecasts) + [1000 * float(answer[0][0]) / len(series)]
    print("{:12} {:7.3f} {:7.4f} {:6.3f} {:6.3f} {:7.3f} {:6.1f} {:9.2f}".format(label, *figures))


def cut(series):
    """Print what remains when only the last months are known."""
    print("\nonly the last n months known (auto; scales of the whole series)")
    for n in [6, 8, 12, 18, 24, 36, 48, 72]:
        print_scores(f"n = {n}", series, f"SELECT id, jorge.series_of('1990-01-01', known[cardinality(known) - {n - 1}:]) AS s FROM m3", "auto")


def in_r(path):
    """Print the same of R's thetaf() and ets(), where they are."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        print("R not installed")
        return
    with tempfile.NamedTemporaryFile("w", suffix=".R") as script:
        script.write(R_SCORES)
        script.flush()
        done = subprocess.run([rscript, script.name, str(path)], capture_output=True, text=True)
    print(done.stdout if done.returncode == 0 else "R has no package forecast", end="\n" if done.returncode else "")


def goals():
    """Print how often goals are reached that p_reach() gives a chance, and how totals are covered."""
    rows = psql(f"""
        SELECT avg((r BETWEEN lo80 AND hi80)::int), avg((r BETWEEN lo95 AND hi95)::int), avg(abs(r - mean) / abs(r)) * 100
          FROM (SELECT t.*, (SELECT sum(x) FROM unnest(held[1:12]) x) AS r
                  FROM (SELECT *, (SELECT max(start) FROM jorge.points(s)) AS last FROM m3) m,
                       jorge.total(s, (last + interval '1 month')::date, (last + interval '1 year')::date) t) x;
        SELECT width_bucket(p, 0, 1.0000001, 10) AS bin, count(*), avg(p), avg(reached::int) FROM (
            SELECT jorge.p_reach(s, share * past, (last + interval '1 year')::date) AS p,
                   (SELECT sum(x) FROM unnest(held[1:12]) x) >= share * past AS reached
              FROM (SELECT *, (SELECT sum(x) FROM unnest(known[cardinality(known) - 11:]) x) AS past,
                          (SELECT max(start) FROM jorge.points(s)) AS last FROM m3) m,
                   unnest(ARRAY{GOALS}) share) x
         GROUP BY 1 ORDER BY 1;""")
    print(f"\n12-month totals: 80 % interval covers {float(rows[0][0]):.3f}, 95 % {float(rows[0][1]):.3f}, "
          f"MAPE {float(rows[0][2]):.2f} %")
    print(f"goals of {', '.join(map(str, GOALS))} times the last 12 months")
    print(f"{'p_reach':>8} {'reached':>8} {'goals':>6}")
    all_goals = sum(int(row[1]) for row in rows[1:])
    error = 0
    for _, count, promised, reached in rows[1:]:
        print(f"{float(promised):8.3f} {float(reached):8.3f} {int(count):6d}")
        error += abs(float(promised) - float(reached)) * int(count) / all_goals
    print(f"expected calibration error {error:.4f}")


def aggregate():
    """Print the CPU of a row."""
    rows = psql("""
        CREATE TABLE event AS SELECT timestamptz '2015-01-01 00:00+00' + random() * interval '3652 days' AS at,
               (random() * 1e6)::numeric(12, 2)::float8 AS revenue FROM generate_series(1, 1000000);
        VACUUM ANALYZE event;
        SET max_parallel_workers_per_gather = 0;
        CREATE TABLE measured (what text, took float8);
        DO $$
        DECLARE began float8;
        BEGIN
            FOR run IN 1..5 LOOP
                began := cpu(); PERFORM sum(revenue) FROM event;
                INSERT INTO measured VALUES ('a', cpu() - began);
                began := cpu(); PERFORM jorge.series(at, revenue) FROM event;
                INSERT INTO measured VALUES ('month, UTC', cpu() - began);
                began := cpu(); PERFORM jorge.series(at, revenue, 'month', 'America/Chicago') FROM event;
                INSERT INTO measured VALUES ('month, America/Chicago', cpu() - began);
                began := cpu(); PERFORM jorge.series(at, revenue, 'day', 'America/Chicago') FROM event;
                INSERT INTO measured VALUES ('day, America/Chicago', cpu() - began);
            END LOOP;
        END $$;
        SELECT what, (min(took) - (SELECT min(took) FROM measured WHERE what = 'a')) FROM measured WHERE what <> 'a'
         GROUP BY 1 ORDER BY 2;""")
    print("\naggregate of 1,000,000 events in random order, CPU a row over sum()")
    for what, took in rows:
        print(f"{what:24} {float(took):.3f} us")


def tenants():
    """Print the CPU of a statement that forecasts 10,000 series."""
    rows = psql("""
        CREATE TABLE sale AS SELECT t AS tenant, timestamptz '2019-01-10' + m * interval '1 month' AS at,
               100000 * (1 + 0.3 * sin(m * pi() / 6)) * (0.5 + random()) AS revenue
          FROM generate_series(1, 10000) t, generate_series(0, 59) m;
        VACUUM ANALYZE sale;
        SET max_parallel_workers_per_gather = 0;
        SELECT cpu() AS began \\gset
        SELECT tenant, jorge.series(at, revenue) FROM sale GROUP BY tenant \\g /dev/null
        SELECT cpu() - :began;
        SELECT cpu() AS began \\gset
        SELECT tenant, f.* FROM (SELECT tenant, jorge.series(at, revenue) AS s FROM sale GROUP BY tenant) x,
               LATERAL jorge.forecast(s) f \\g /dev/null
        SELECT cpu() - :began;""")
    print(f"\n10,000 tenants of 60 months in one GROUP BY: series {float(rows[0][0]) / 10:.3f} ms a tenant, "
          f"series and forecast {float(rows[1][0]) / 10:.3f} ms")


def main():
    psql(SETUP, "-v", f"bench='{sys.argv[1]}'")
    path = DATA / "m3_monthly_half.csv"
    if path.exists():
        m3(load_series(path))
        in_r(path)
        cut(load_series(path))
        goals()
    else:
        print(f"{path} is missing: accuracy not measured (JORGE_DATA names the folder of the data)")
    aggregate()
    tenants()


main()
