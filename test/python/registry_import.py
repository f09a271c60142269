#!/usr/bin/python3
"""What jorge trains, XGBoost loads from JSON and UBJ and predicts to the bit; what XGBoost trained comes in under other feature names and predicts the same here."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import xgboost as xgb

rng = np.random.default_rng(11)
TESTS = 18
number = 0


def sql(script):
    done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1"], input=script.encode(), capture_output=True)
    if done.returncode:
        sys.exit("Bail out! " + done.stderr.decode()[:2000])
    return done.stdout.decode().strip()


def check(passed, what):
    global number
    number += 1
    print(f"{'ok' if passed else 'not ok'} {number} - {what}", flush=True)


def bits(values):
    return np.asarray(values, dtype=np.float32).view(np.uint32)


def load(document, suffix):
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(document)
        file.flush()
        return xgb.Booster(model_file=file.name)


def numbers(text):
    return np.array([[float(v) for v in line.split(",")] for line in text.split("\n")])


print(f"1..{TESTS}")
x = rng.normal(size=(500, 5)).astype(np.float32)
x[rng.random(x.shape) < 0.1] = np.nan
noise = rng.normal(size=500)
rows = ",".join("(" + ",".join([str(i)] + ["NULL" if np.isnan(v) else repr(float(v)) for v in row]
                               + [f"'{('ghl', 'zillow', 'email')[i % 3]}'", repr(float(abs(np.nan_to_num(row[0]) + noise[i]) + 0.1))]) + ")" for i, row in enumerate(x))
sql(f"""DROP SCHEMA IF EXISTS moving CASCADE; CREATE SCHEMA moving;
        CREATE TABLE moving.sample (id int, a real, b real, c real, d real, e real, source text, y real);
        INSERT INTO moving.sample VALUES {rows}""")

# ---- out
for name, label, objective, options in (("chance", "y > 1 AS y", "binary:logistic", "{}"), ("chance of a random forest", "y > 1 AS y", "binary:logistic", '{"booster": "forest", "trees": 20}'),
                                        ("chance of a linear model", "y > 1 AS y", "binary:logistic", '{"booster": "linear"}'), ("amount", "y", "reg:squarederror", "{}"),
                                        ("time", "y", "survival:aft", "{}"), ("class", "round(least(y, 3)) AS y", "multi:softprob", "{}")):
    version = sql(f"""SET client_min_messages = warning;
                      SELECT version FROM jorge.train_model('moving', 'SELECT {label}, a, b, c, d, e, source FROM moving.sample', 'y', '{objective}', '{options}')""")
    model = f"FROM jorge.registered_model('moving', {version}, '*') m, moving.sample s"
    raw = "array_to_string(jorge.predict_classes(m.forest, s), ',')" if objective == "multi:softprob" else "jorge.predict_margin(m.forest, jorge.feature_vector(m.forest, s))"
    ours = numbers(sql(f"SELECT {raw} {model} ORDER BY s.id"))
    vectors = sql(f"SELECT array_to_string(jorge.feature_vector(m.forest, s), ',', 'nan') {model} ORDER BY s.id")
    boosters = [load(sql(f"SELECT forest FROM jorge.model WHERE name = 'moving' AND version = {version}").encode(), ".json"),
                load(bytes.fromhex(sql(f"SELECT encode(ubj, 'hex') FROM jorge.model WHERE name = 'moving' AND version = {version}")), ".ubj")]
    matrix = xgb.DMatrix(numbers(vectors), feature_names=boosters[0].feature_names)
    theirs = [b.predict(matrix, output_margin=objective != "multi:softprob").reshape(ours.shape) for b in boosters]
    check(np.array_equal(bits(ours), bits(theirs[0])) and np.array_equal(bits(ours), bits(theirs[1])), f"{name}: libxgboost predicts the same bits, from JSON and UBJ")
    if objective == "binary:logistic" and options == "{}":
        gains = dict(line.split("|") for line in sql(f"SELECT feature, gain FROM jorge.importance((SELECT forest FROM jorge.model WHERE name = 'moving' AND version = {version})) WHERE splits > 0").split("\n"))
        told = boosters[0].get_score(importance_type="gain")
        check(set(gains) == set(told) and all(abs(float(gains[k]) / told[k] - 1) < 1e-5 for k in told), "importances by gain are XGBoost's")
        shares = dict(line.split("|") for line in sql(f"SELECT f ->> 'name', f ->> 'shap' FROM jorge.model, jsonb_array_elements(features) f WHERE name = 'moving' AND version = {version}").split("\n"))
        shap = boosters[0].predict(matrix, pred_contribs=True)
        columns = {k: [i for i, f in enumerate(boosters[0].feature_names) if f == k or f.startswith(k + "=")] for k in shares}
        check(all(abs(float(shares[k]) - np.abs(shap[:, columns[k]].sum(axis=1)).mean()) < 1e-4 for k in shares), "mean |SHAP| too, the values of a text column together")
sql("SELECT jorge.promote('moving', 1, override => 'test')")
check(sql("SELECT count(DISTINCT jorge.predict_row(m.forest, s)) > 400 FROM jorge.serving_model('moving') m, moving.sample s") == "t", "what serves predicts rows")

# ---- in
mapping = '{"f0": "a", "f1": "b", "f2": "c", "f3": "d", "f4": "e"}'
names = ["A", "B", "C", "D", "E"]
for kind, params in (("gbtree", {"objective": "binary:logistic"}), ("gblinear", {"booster": "gblinear", "updater": "coord_descent", "objective": "reg:squarederror"}),
                     ("several classes", {"objective": "multi:softprob", "num_class": 3})):
    label = np.arange(500) % 3 if "num_class" in params else (np.nan_to_num(x[:, 0]) + noise > 0).astype(int)
    booster = xgb.train({"nthread": 1, **params}, xgb.DMatrix(x, label), 8)
    ubj = bytes(booster.save_raw(raw_format="ubj")).hex()
    version = sql(f"SELECT jorge.import_model('foreign', jorge.forest_from_ubj('\\x{ubj}'), '{mapping}')")
    ours = numbers(sql(f"SELECT array_to_string(jorge.predict_classes(m.forest, s), ',') FROM jorge.registered_model('foreign', {version}, '*') m, moving.sample s ORDER BY id"))
    check(np.array_equal(bits(ours), bits(booster.predict(xgb.DMatrix(x)).reshape(ours.shape))), f"{kind}: a foreign model reads our columns and predicts its own bits")
    check(sql(f"SELECT features -> 0 ->> 'name' || kind FROM jorge.model WHERE name = 'foreign' AND version = {version}") in ("aconversion", "aother"), f"{kind}: it is registered under our names")

booster = xgb.train({"nthread": 1, "objective": "binary:logistic"}, xgb.DMatrix(x, x[:, 0] > 0, feature_names=names), 3)
json = bytes(booster.save_raw(raw_format="json")).decode()
for mapping, state in (('{"A": "a", "Z": "b"}', "42703"), ('{"A": "x", "B": "x"}', "42701"), ('["A"]', "22023")):
    told = sql(f"""CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $t$ BEGIN PERFORM jorge.import_model('foreign', $j${json}$j$, '{mapping}'); RETURN 'imported';
                   EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $t$; SELECT pg_temp.try()""")
    check(told == state, f"a mapping that does not fit: {mapping}")
