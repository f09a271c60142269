#!/usr/bin/python3
# train: processor time and memory of a training against python3-xgboost with one thread on the same rows; figures on a bank's campaign:
# out of fold by kind of model, and by 200 rows against XGBoost as it is. Reads JORGE_DATA (default ../shared/data).
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np

DATA = os.environ.get("JORGE_DATA", "../shared/data")
BANK = os.path.join(DATA, "conversion", "bank_full.csv")
ROWS, COLUMNS, ROUNDS, REPEATS = 100_000, 28, 100, 3
DRAWS, DRAWN, JUDGED = int(os.environ.get("JORGE_DRAWS", "100")), 200, 5000
# as jorge.train_model() where the caller names nothing, but for what depends on the data
BUSINESS = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "subsample": 0.8, "colsample_bytree": 0.8}


def psql(sql, stdin=None):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", "SET client_min_messages = warning", "-c", sql],
                          input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr)
    return done.stdout.strip()


def status(pid, name):
    with open(f"/proc/{pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(name))


def cpu(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """Processor time, and the peak of private memory and of threads, of a process from now to stop()."""

    def __init__(self, pid):
        self.pid, self.cpu, self.start, self.peak, self.threads, self.on = pid, cpu(pid), status(pid, "RssAnon"), 0, 0, True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.on:
            self.peak = max(self.peak, status(self.pid, "RssAnon"))
            self.threads = max(self.threads, status(self.pid, "Threads"))
            time.sleep(0.002)

    def stop(self):
        self.on = False
        self.thread.join()
        return cpu(self.pid) - self.cpu, (self.peak - self.start) / 1024


class Session:
    """A psql that stays, so that one backend can be watched."""

    def __init__(self):
        self.psql = subprocess.Popen(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = int(self.ask("SELECT pg_backend_pid()"))

    def ask(self, sql):
        self.psql.stdin.write(sql + ";\n")
        self.psql.stdin.flush()
        return self.psql.stdout.readline().strip()


def child(path):
    """The same training in Python: waits for a line before it loads the rows, and for another before it ends."""
    import xgboost as xgb
    print("ready", flush=True)
    sys.stdin.readline()
    table = np.load(path)
    matrix = xgb.DMatrix(table[:, 1:], table[:, 0], nthread=1)
    xgb.train({**BUSINESS, "tree_method": "hist", "nthread": 1}, matrix, ROUNDS)
    print("done", flush=True)
    sys.stdin.readline()


def against_python():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, COLUMNS)).astype("f4")
    x[rng.random(x.shape) < 0.02] = np.nan
    z = np.nan_to_num(x)
    y = rng.random(ROWS) < 1 / (1 + np.exp(1 - z[:, 0] - z[:, 1] * z[:, 2] - np.sin(2 * z[:, 3])))
    table = np.column_stack([y, x]).astype("f4")
    names = ", ".join(f"f{i}" for i in range(COLUMNS))
    psql(f"CREATE TABLE big (y boolean, {', '.join(f'f{i} real' for i in range(COLUMNS))})")
    psql("COPY big FROM STDIN (FORMAT csv)", "\n".join(("t," if row[0] else "f,") + ",".join("" if np.isnan(v) else repr(float(v)) for v in row[1:]) for row in table) + "\n")
    psql("VACUUM ANALYZE big")
    ours, theirs = [], []
    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        np.save(file, table)
        file.flush()
        for _ in range(REPEATS):
            session = Session()
            session.ask("SELECT jorge.train('SELECT n % 2 = 0 AS y, n FROM generate_series(1, 100) n', 'y', '{\"quiet\": true, \"rounds\": 1, \"cv\": 0}') IS NULL")
            session.ask("SELECT sum(f0) FROM big")
            watch = Watch(session.pid)
            session.ask(f"SELECT jorge.train('SELECT y, {names} FROM big', 'y', '{{\"quiet\": true, \"rounds\": {ROUNDS}, \"cv\": 0, \"max_depth\": 6, \"min_child_weight\": 1}}') IS NULL")
            ours.append(watch.stop() + (watch.threads,))
            session.psql.stdin.close()
            session.psql.wait()
            python = subprocess.Popen([sys.executable, __file__, "child", file.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
            python.stdout.readline()
            watch = Watch(python.pid)
            python.stdin.write("\n")
            python.stdin.flush()
            python.stdout.readline()
            theirs.append(watch.stop())
            python.communicate("\n")
    a, b = min(o[0] for o in ours), min(t[0] for t in theirs)
    m, n = max(o[1] for o in ours), max(t[1] for t in theirs)
    print(f"{ROWS:,} rows of {COLUMNS} features, {ROUNDS} rounds of depth 6, best of {REPEATS}; jorge reads the rows from a table, Python from an array")
    print(f"  processor time    jorge {a:.2f} s   python3-xgboost {b:.2f} s   ratio {a / b:.2f}")
    print(f"  peak memory       jorge {m:.0f} MB  python3-xgboost {n:.0f} MB  ratio {m / n:.2f}   (private, above the idle process)")
    print(f"  threads of the backend while training: {max(o[2] for o in ours)}")


def load_bank():
    with open(BANK) as file:
        table = list(csv.reader(file))
    head, types = table[0], []
    for i, _ in enumerate(head):
        try:
            float(table[1][i])
            types.append("real")
        except ValueError:
            types.append("text")
    psql("CREATE TABLE bank (id serial, " + ", ".join(f'"{h}" {t}' for h, t in zip(head, types)) + ")")
    columns = ", ".join(f'"{h}"' for h in head)
    with open(BANK) as file:
        psql(f"COPY bank ({columns}) FROM STDIN (FORMAT csv, HEADER)", file.read())
    psql("CREATE INDEX ON bank (id); ANALYZE bank")
    return ", ".join(f'"{h}"' for h in head if h not in ("duration", "outcome"))


def bank(names):
    print(f"\n{psql('SELECT count(*) FROM bank')} rows of a bank's campaign, without the call's duration; jorge.train_report() with nothing named: five folds, calibrated by the others")
    print("  model        roc_auc  log_loss     ece  before calibration: log_loss    ece")
    for name, options in (("boosting", ""), ("forest", ', "booster": "forest"'), ("linear", ', "booster": "linear"')):
        m = json.loads(psql(f"SELECT metrics FROM jorge.train_report('SELECT outcome = ''yes'' AS won, {names} FROM bank', 'won', '{{\"quiet\": true{options}}}')"))
        print(f"  {name:12}{m['auc']:8.4f}{m['log_loss']:10.4f}{m['ece']:8.4f}{m['uncalibrated_log_loss']:29.4f}{m['uncalibrated_ece']:7.4f}", flush=True)
    figures = psql(f"""WITH judged AS (SELECT b.outcome = 'yes' AS won, jorge.predict_row(f.forest, b) AS p
                         FROM (SELECT fold, r.forest FROM generate_series(0, 4) fold, LATERAL jorge.train_report(
                                   format('SELECT outcome = ''yes'' AS won, {names} FROM bank WHERE (hashint4(id) & 1023) %% 5 <> %s', fold), 'won', '{{"quiet": true}}') r OFFSET 0) f
                         JOIN bank b ON (hashint4(b.id) & 1023) % 5 = f.fold)
                       SELECT c.roc_auc, c.log_loss, c.ece FROM (SELECT jorge.tally(p, won::integer) AS t FROM judged) s, jorge.classification(t, 0.5) c""").split("|")
    print("  boosting, every fifth predicted by a model made from the other four: " + ", ".join(f"{k} {float(v):.4f}" for k, v in zip(("roc_auc", "log_loss", "ece"), figures)))


def small(names):
    import xgboost as xgb
    psql(f"""CREATE TABLE drawn AS SELECT draw, id, row_number() OVER (PARTITION BY draw ORDER BY hashint8extended(id, draw)) AS n FROM bank, generate_series(1, {DRAWS}) draw;
             DELETE FROM drawn WHERE n > {DRAWN + JUDGED}; CREATE INDEX ON drawn (draw, n); ANALYZE drawn;
             CREATE TABLE small AS SELECT draw, r.forest, r.answer FROM generate_series(1, {DRAWS}) draw, LATERAL jorge.train_report(
                 format('SELECT outcome = ''yes'' AS won, {names} FROM bank JOIN drawn USING (id) WHERE draw = %s AND n <= {DRAWN}', draw), 'won', '{{"quiet": true}}') r""")
    refused = psql("SELECT count(*) FROM small WHERE forest IS NULL")
    # XGBoost as it is, in Python: the same indicators for every row of the file
    whole = psql(f"""SELECT array_to_string(jorge.feature_vector(f, b), ',', 'nan') FROM bank b, jorge.train('SELECT outcome = ''yes'' AS won, {names} FROM bank', 'won', '{{"quiet": true, "rounds": 1, "cv": 0}}') f ORDER BY b.id""")
    x = np.array([line.split(",") for line in whole.split("\n")], dtype="f4")
    y = np.array(psql("SELECT (outcome = 'yes')::integer FROM bank ORDER BY id").split(), dtype=int)
    ids = {}
    for line in psql("SELECT draw, n, id FROM drawn").split("\n"):
        draw, n, i = line.split("|")
        ids.setdefault(int(draw), {})[int(n)] = int(i) - 1
    psql("CREATE TABLE plain (draw int, id int, p float8)")
    lines = []
    for draw, by_n in ids.items():
        order = [by_n[n] for n in sorted(by_n)]
        train, rest = order[:DRAWN], order[DRAWN:]
        model = xgb.train({**BUSINESS, "nthread": 1, "tree_method": "hist", "seed": draw}, xgb.DMatrix(x[train], y[train]), ROUNDS)
        lines += [f"{draw},{i + 1},{p!r}" for i, p in zip(rest, model.predict(xgb.DMatrix(x[rest])).tolist())]
    psql("COPY plain FROM STDIN (FORMAT csv)", "\n".join(lines) + "\n")
    figures = psql(f"""
        WITH judged AS MATERIALIZED (SELECT draw, (outcome = 'yes')::integer AS won, i.probability AS p, i.lower, i.upper, 1 / (1 + exp(-jorge.predict_margin(forest, v))) AS raw, plain.p AS plain
               FROM small JOIN drawn USING (draw) JOIN bank b USING (id) JOIN plain USING (draw, id), LATERAL (SELECT jorge.feature_vector(forest, b) OFFSET 0) x(v), LATERAL jorge.predict_interval(forest, v) i
              WHERE n > {DRAWN} AND forest IS NOT NULL),
             figures AS (SELECT draw, jorge.classification(jorge.tally(p, won)) AS a, jorge.classification(jorge.tally(plain, won)) AS b, jorge.classification(jorge.tally(raw, won)) AS c FROM judged GROUP BY draw),
             grouped AS (SELECT draw, avg(won) AS rate, avg(lower) AS lower, avg(upper) AS upper FROM (SELECT *, ntile(10) OVER (PARTITION BY draw ORDER BY p, won) AS g FROM judged) t GROUP BY draw, g)
        SELECT count(*), avg(((a).log_loss < (b).log_loss)::integer), avg(((a).ece < (b).ece)::integer), avg(((a).log_loss < (c).log_loss)::integer), avg(((a).ece < (c).ece)::integer),
               avg((a).log_loss), avg((b).log_loss), avg((c).log_loss), avg((a).ece), avg((b).ece), avg((c).ece), avg((a).roc_auc), avg((b).roc_auc), (SELECT avg((rate BETWEEN lower AND upper)::integer) FROM grouped)
          FROM figures""").split("|")
    f = [float(v) for v in figures]
    print(f"\n{DRAWS} draws of {DRAWN} rows, judged on {JUDGED} others; {refused} of them answered \"not enough data\"")
    print("                                  log_loss     ece  roc_auc")
    print(f"  jorge, calibrated               {f[5]:8.4f}{f[8]:8.4f}{f[11]:9.4f}")
    print(f"  the same forest, uncalibrated   {f[7]:8.4f}{f[10]:8.4f}")
    print(f"  XGBoost as it is, depth 6       {f[6]:8.4f}{f[9]:8.4f}{f[12]:9.4f}")
    print(f"  calibrated is better than XGBoost as it is in {f[1]:.0%} (log loss), {f[2]:.0%} (ECE) of {f[0]:.0f} draws; than the same forest uncalibrated in {f[3]:.0%}, {f[4]:.0%}")
    print(f"  80 % intervals hold the rate of a tenth of like scores in {f[13]:.0%}")


if len(sys.argv) > 1 and sys.argv[1] == "child":
    child(sys.argv[2])
else:
    psql("CREATE EXTENSION jorge")
    against_python()
    if os.path.exists(BANK):
        features = load_bank()
        bank(features)
        small(features)
    else:
        print(f"no {BANK}: figures on real rows are skipped")
