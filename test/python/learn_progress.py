#!/usr/bin/python3
"""jorge.progress shows a running training to those who may see it, and a cancel ends it at once."""
import os
import subprocess
import sys
import time

DATABASE = "jorge_learn_progress"
TESTS = 8
counted = 0
failed = 0
TRAINING = """SELECT jorge.train('SELECT i % 2 = 0 AS won, sin(i) AS a, sin(i * 2) AS b, sin(i * 3) AS c
    FROM generate_series(1, 30000) i', 'won', '{"quiet": true, "rounds": 10000, "cv": 0, "early_stopping": 0, "max_depth": 8}')"""


def psql(sql, database=DATABASE):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr)
    return done.stdout.strip()


def check(good, what):
    global counted, failed
    counted, failed = counted + 1, failed + (not good)
    print(f"{'ok' if good else 'not ok'} {counted} - {what}")


def wait_for(sql, seconds=60):
    """Ask until the answer is not empty."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = psql(sql)
        if answer:
            return answer
        time.sleep(0.05)
    return ""


def folds():
    """Cross-validation tells round and fold: they take rounds side by side."""
    training = subprocess.Popen(["psql", "-XqAt", "-d", DATABASE, "-c", TRAINING.replace('"cv": 0', '"cv": 3')],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        seen = wait_for("SELECT pid, total, done BETWEEN 3 * (round - 1) + 1 AND 3 * round, fold BETWEEN 1 AND 3, eta > clock_timestamp() "
                        "FROM jorge.progress WHERE phase = 'cross-validating' AND done >= 6")
        pid, _, rest = seen.partition("|")
        check(rest == "30000|t|t|t", f"a cross-validation tells round and fold ({rest})")
        psql(f"SELECT pg_cancel_backend({pid})")
        training.communicate(timeout=60)
    finally:
        if training.poll() is None:
            training.kill()
            training.wait()


def main():
    admin = os.environ.get("PGDATABASE", "postgres")
    print(f"1..{TESTS}")
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", admin)
    psql(f"CREATE DATABASE {DATABASE}", admin)
    psql("CREATE EXTENSION jorge")
    psql("CREATE ROLE jorge_nobody; CREATE ROLE jorge_watcher IN ROLE pg_read_all_stats")

    training = subprocess.Popen(["psql", "-XqAt", "-d", DATABASE, "-c", TRAINING],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        seen = wait_for("SELECT pid, database, role = current_user, task, phase, total, metric BETWEEN 0.1 AND 1, "
                        "started_at < clock_timestamp(), round = done, fold, eta > clock_timestamp() FROM jorge.progress WHERE done >= 3 AND phase = 'boosting'")
        pid, _, rest = seen.partition("|")
        check(rest == f"{DATABASE}|t|train|boosting|10000|t|t|t|1|t", f"a running training is shown ({rest})")
        first = int(psql("SELECT done FROM jorge.progress"))
        check(wait_for(f"SELECT 1 FROM jorge.progress WHERE done > {first}") == "1", "its rounds go up")
        check(psql("SET ROLE jorge_nobody; SELECT count(*) FROM jorge.progress") == "0", "other roles don't see it")
        check(psql("SET ROLE jorge_watcher; SELECT count(*) FROM jorge.progress") == "1", "pg_read_all_stats sees it")
        check(psql("SELECT count(*) FROM pg_stat_progress_vacuum") == "0", "the server's own views don't show it")
        begun = time.monotonic()
        psql(f"SELECT pg_cancel_backend({pid})")
        _, error = training.communicate(timeout=60)
        check("canceling statement due to user request" in error and time.monotonic() - begun < 5,
              "pg_cancel_backend ends it")
        check(psql("SELECT count(*) FROM jorge.progress") == "0", "and its row is gone")
    finally:
        if training.poll() is None:
            training.kill()
            training.wait()
    folds()
    psql(f"DROP DATABASE {DATABASE}", admin)
    psql("DROP ROLE jorge_nobody, jorge_watcher", admin)
    sys.exit(failed > 0)


main()
