#!/usr/bin/python3
"""jorge.train_text is scikit-learn's LogisticRegression on the terms of jorge.text_terms; same bytes whatever the order of rows."""
import os
import subprocess
import sys

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

DATABASE = "jorge_text_model"
TESTS = 13
passed = 0
failed = 0


def psql(sql, database=DATABASE):
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("Bail out! " + done.stderr)
    return done.stdout


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f"{'ok' if good else 'not ok'} {passed + failed} - {what}", flush=True)


def numbers(sql):
    return np.array([[float(v) for v in line.split("|")] for line in psql(sql).split("\n") if line])


def fit(x, y, cost):
    return LogisticRegression(C=cost, tol=1e-7, max_iter=500, solver="newton-cg").fit(x, y)


def compare(x, y, model, bits, cost, ours, base):
    """Largest differences of coefficients and probabilities from scikit-learn's."""
    theirs = fit(x, y, cost)
    weights = np.zeros(x.shape[1])
    for term, weight in numbers(f"SELECT (jorge.text_model_weights(model)).* FROM models WHERE name = '{model}'"):
        weights[int(term)] = weight
    coefficients = max(np.abs(weights - theirs.coef_[0]).max(), abs(base - theirs.intercept_[0]))
    return coefficients, np.abs(ours - theirs.predict_proba(x)[:, 1]).max()


def main():
    print(f"1..{TESTS}")
    psql(f"DROP DATABASE IF EXISTS {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    psql(f"CREATE DATABASE {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    psql("""CREATE EXTENSION jorge; CREATE TABLE models (name text PRIMARY KEY, model jorge.text_model);
            CREATE TABLE h AS SELECT row_number() OVER () AS id, outcome = 'won' AS won, message, (jorge.text_signals(message)).language AS s
              FROM jorge.synthetic_leads(1200, 5) WHERE outcome <> 'open' AND message IS NOT NULL;
            CREATE TABLE terms AS SELECT id, t.* FROM h, jorge.text_terms(message) t""")
    rows = numbers("SELECT id, won::int, coalesce(s = 'en', false)::int, coalesce(s = 'es', false)::int FROM h WHERE EXISTS (SELECT FROM terms t WHERE t.id = h.id) ORDER BY id")
    place = {int(i): n for n, i in enumerate(rows[:, 0])}
    y = rows[:, 1]
    cells = numbers("SELECT id, term, value FROM terms")
    x = csr_matrix((cells[:, 2], ([place[int(i)] for i in cells[:, 0]], cells[:, 1].astype(int))), shape=(len(y), 2 ** 18))
    lengths = [np.sqrt(np.asarray(half.multiply(half).sum(axis=1))).ravel() for half in (x[:, :2 ** 17], x[:, 2 ** 17:])]
    check(np.abs(lengths[0] - 1).max() < 1e-6, "words and pairs of a message have length 1")
    check(np.minimum(np.abs(lengths[1] - 1), np.abs(lengths[1])).max() < 1e-6, "and runs of characters, where there are any")

    for cost in (0.3, 5):
        psql(f"""INSERT INTO models SELECT 'plain', jorge.train_text('SELECT won, message FROM h', params =>
                 '{{"cv": 0, "cost": {cost}, "min_count": 1, "language": "as_is", "calibration": "none", "quiet": true}}')
                 ON CONFLICT (name) DO UPDATE SET model = EXCLUDED.model""")
        ours = numbers("SELECT jorge.predict(model, message) FROM models, h WHERE name = 'plain' AND jorge.predict(model, message) IS NOT NULL ORDER BY id").ravel()
        base = float(psql("SELECT (jorge.text_model_info(model)).base FROM models WHERE name = 'plain'"))
        coefficient, probability = compare(x, y, "plain", 18, cost, ours, base)
        check(coefficient < 1e-4, f"cost {cost}: coefficients are scikit-learn's (worst difference {coefficient:.2g})")
        check(probability < 1e-5, f"and probabilities (worst difference {probability:.2g})")

    # rare terms dropped; a free offset for each language, averaged out
    counts = np.asarray((x != 0).sum(axis=0)).ravel()
    kept = x[:, counts >= 5]
    psql("""INSERT INTO models SELECT 'neutral', jorge.train_text('SELECT won, message FROM h', params => '{"cv": 0, "cost": 1, "calibration": "none", "quiet": true}')""")
    ours = numbers("SELECT jorge.predict_margin(model, message) FROM models, h WHERE name = 'neutral' AND jorge.predict(model, message) IS NOT NULL ORDER BY id").ravel()
    languages = np.column_stack([1 - rows[:, 2] - rows[:, 3], rows[:, 2], rows[:, 3]])
    theirs = fit(hstack([kept, csr_matrix(10 * languages)]).tocsr(), y, 1)  # scaled by 10: penalty 0.01
    words, offsets = theirs.coef_[0][:-3], 10 * theirs.coef_[0][-3:]
    expected = kept @ words + theirs.intercept_[0] + offsets @ languages.mean(axis=0)
    worst = np.abs(ours - expected).max()
    check(worst < 1e-4, f"offsets of languages are learnt and averaged out, rare terms dropped (worst difference {worst:.2g})")
    check(len(numbers("SELECT (jorge.text_model_weights(model)).* FROM models WHERE name = 'neutral'")) <= kept.shape[1], "no weight for a rare term")

    # chosen by cross-validation
    psql("INSERT INTO models SELECT 'chosen', jorge.train_text('SELECT won, message FROM h', params => '{\"quiet\": true}')")
    psql("INSERT INTO models SELECT 'shuffled', jorge.train_text('SELECT won, message FROM h ORDER BY md5(id::text)', params => '{\"quiet\": true}')")
    check(psql("SELECT count(DISTINCT jorge.text_model_hash(model)) FROM models WHERE name IN ('chosen', 'shuffled')") == "1\n", "shuffled rows make the same bytes")
    judged = numbers("SELECT place, fold, label_value::int, margin FROM jorge.text_out_of_fold('SELECT won, message FROM h ORDER BY id', params => '{\"quiet\": true}')")
    check((judged[:, 2] == y).all() and set(judged[:, 1]) == {1, 2, 3, 4, 5}, "every row with a message is judged by one of five folds")
    auc = roc_auc_score(y, judged[:, 3])
    stated = float(psql("SELECT (jorge.text_model_info(model)).attributes #>> '{metrics,auc}' FROM models WHERE name = 'chosen'"))
    check(abs(auc - stated) < 0.01 and auc > 0.8, f"out-of-fold AUC {auc:.4f}, {stated:.4f} stated in the model")
    loss = -np.log(1 / (1 + np.exp(np.where(y == 1, -judged[:, 3], judged[:, 3])))).mean()
    check(loss < -np.log(np.where(y == 1, y.mean(), 1 - y.mean())).mean() - 0.1, f"out-of-fold log loss {loss:.4f}, by chance {-np.log(np.where(y == 1, y.mean(), 1 - y.mean())).mean():.4f}")

    # binary form through a file of COPY
    psql(f"COPY models TO '/tmp/{DATABASE}.{os.getpid()}' (FORMAT binary); CREATE TABLE again (LIKE models); COPY again FROM '/tmp/{DATABASE}.{os.getpid()}' (FORMAT binary)")
    os.unlink(f"/tmp/{DATABASE}.{os.getpid()}")
    check(psql("SELECT bool_and(jorge.text_model_hash(a.model) = jorge.text_model_hash(m.model) AND a.model::text = m.model::text) FROM again a JOIN models m USING (name)") == "t\n",
          "binary form there and back")

    psql(f"DROP DATABASE {DATABASE}", os.environ.get("PGDATABASE", "postgres"))
    sys.exit(failed > 0)


main()
