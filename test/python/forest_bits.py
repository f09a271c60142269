#!/usr/bin/python3
"""Margins and predictions equal libxgboost's bit for bit, from JSON and UBJ, after a round trip, and by every batch kernel."""
import math
import os
import tempfile
import time

import numpy as np
import xgboost as xgb

from forest_models import (Tap, array_text, copy_text, load, psql, random_model, random_rows,
                           xgboost_bits)

LONG = bool(os.environ.get("JORGE_LONG"))
RANDOM_MODELS = 1000
ROWS = 12
BATCH = 100
# batches: the rows again and again, so that each comes to stand in other lanes; a part of a block, blocks, and blocks and a rest
REPEATS = (3, 4, 6, 11, 16)


class Case:
    """A model, rows, and what XGBoost makes of them."""

    def __init__(self, name, document, booster, x):
        self.name, self.document, self.x = name, document, x
        self.ubj = bytes(booster.save_raw(raw_format="ubj"))
        self.expected = xgboost_bits(booster, x)


def random_case(rng, i):
    """A random model; sizes are drawn log-uniformly, so that most are small."""
    shape = ("1.7", "2.x", "3.x", "1.0")[i % 4]
    trees = int(round(math.exp(rng.uniform(0, math.log(60)))))
    features = int(round(math.exp(rng.uniform(0, math.log(200)))))
    depth = int(rng.integers(1, 13))
    nodes = int(round(math.exp(rng.uniform(math.log(20), math.log(1500)))))
    document, loadable = random_model(rng, trees, depth, features, nodes, shape)
    x = random_rows(rng, document, features, ROWS)
    return Case(f"random {i} ({shape}, {trees} trees, depth {depth}, {features} features)",
                document, load(loadable), x)


def trained_case(rng, i):
    """A model trained by XGBoost, with a random choice of its parameters."""
    rows, features = 400, int(rng.integers(2, 30))
    x = rng.normal(size=(rows, features)).astype(np.float32)
    logistic = i % 2 == 0
    target = np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + rng.normal(size=rows)
    x[rng.random(x.shape) < rng.choice([0, 0.1, 0.5])] = np.nan
    param = {
        "objective": "binary:logistic" if logistic else "reg:squarederror", "nthread": 1,
        "max_depth": int(rng.integers(1, 13)), "eta": float(rng.choice([0.05, 0.3, 1.0])),
        "subsample": float(rng.choice([0.6, 1.0])), "seed": i,
        "tree_method": ("hist", "exact", "approx")[i % 3],
        "num_parallel_tree": int(rng.choice([1, 1, 3])), "gamma": float(rng.choice([0, 0, 2])),
        "base_score": float(rng.choice([0.5, 0.2])),
    }
    if i % 5 == 0:
        param.update(tree_method="hist", grow_policy="lossguide", max_leaves=20, max_depth=0)
    data = xgb.DMatrix(x, target > 0 if logistic else target, nthread=1)
    booster = xgb.train(param, data, int(rng.choice([1, 7, 10, 33])))
    return Case(f"trained {i} {param}", bytes(booster.save_raw(raw_format="json")).decode(), booster,
                x[:60])


def large_cases(rng):
    """Models beyond 16 bits (nodes a tree, features) and of many trees."""
    for trees, depth, features, nodes in ((1, 24, 100, 140_000), (2, 24, 40_000, 140_000), (1, 12, 70_000, 8191),
                                          (2000, 3, 28, 30_000)):
        document, loadable = random_model(rng, trees, depth, features, nodes, "1.7")
        x = random_rows(rng, document, features, ROWS)
        yield Case(f"large ({trees} trees, depth {depth}, {features} features, {nodes} nodes)",
                   document, load(loadable), x)


def corner_cases(rng):
    """Models at the upper end of every size; minutes of CPU."""
    for trees, depth, features, nodes in ((1000, 12, 200, 200_000), (1000, 1, 1, 3000),
                                          (1, 12, 200, 8191), (333, 12, 50, 150_000),
                                          (24, 12, 200, 190_000), (1000, 6, 28, 127_000),
                                          (2000, 6, 28, 254_000), (5000, 6, 28, 400_000)):
        document, loadable = random_model(rng, trees, depth, features, nodes, "1.7")
        x = random_rows(rng, document, features, 50)
        yield Case(f"corner ({trees} trees, depth {depth}, {features} features, {nodes} nodes)",
                   document, load(loadable), x)


def available_kernels():
    """The batch kernels that the server's processor runs."""
    kernels = []
    for kernel in ("scalar", "avx2", "avx512"):
        try:
            psql(f"set jorge.forest_kernel = {kernel}")
            kernels.append(kernel)
        except RuntimeError:
            pass
    return kernels


def database(cases, kernels):
    """What the database makes of the cases: per case its text form, hashes, bits by input form, and batches' margins by kernel."""
    script = ["create temp table model (i int, form text, f jorge.forest);",
              "create temp table ubj (i int, b bytea);",
              "create temp table input (i int, r int, x float4[]);",
              "copy model from stdin;"]
    script += [f"{i}\tjson\t{copy_text(c.document)}" for i, c in enumerate(cases)]
    script += ["\\.", "copy ubj from stdin;"]
    script += [f"{i}\t\\\\x{c.ubj.hex()}" for i, c in enumerate(cases)]
    script += ["\\.", "insert into model select i, 'ubj', jorge.forest_from_ubj(b) from ubj;",
               "copy input from stdin;"]
    script += [f"{i}\t{r}\t{array_text(row)}" for i, c in enumerate(cases)
               for r, row in enumerate(c.x)]
    script += ["\\.", """
        select i, form, r, encode(float4send(m::float4), 'hex'), encode(float4send(p::float4), 'hex'),
               m = m::float4::float8 and p = p::float4::float8, p8 = p
        from model join input using (i),
             lateral (select jorge.predict_margin(f, x) m, jorge.predict(f, x) p,
                             jorge.predict(f, x::float8[]) p8) s
        order by 1, 2, 3;
        select 'text', i, f::text from model where form = 'json' order by i;
        select 'ubj', ubj.i, jorge.forest_ubj(f) = b, jorge.forest_hash(f)
        from model join ubj using (i) where form = 'ubj' order by i;
        create temp table batch as
        select i, array_agg(x order by n, r) x
        from input, generate_series(1, ('{%s}'::int[])[1 + i %% %d]) n group by i;""" %
        (",".join(map(str, REPEATS)), len(REPEATS))]
    for kernel in kernels:
        script.append(f"""set jorge.forest_kernel = {kernel};
        select 'batch', i, '{kernel}', string_agg(encode(float4send(m), 'hex') || encode(float4send(p), 'hex'), '' order by o)
        from model join batch using (i),
             unnest(jorge.predict_margin_batch(f, x), jorge.predict_batch(f, x)) with ordinality u (m, p, o)
        where form = 'ubj' group by i order by i;""")
    bits, texts, kept, batches = {}, {}, {}, {}
    for line in psql("\n".join(script)):
        if line.startswith("text|"):
            _, i, text = line.split("|", 2)
            texts[int(i)] = text
        elif line.startswith("ubj|"):
            _, i, same, _ = line.split("|")
            kept[int(i)] = same == "t"
        elif line.startswith("batch|"):
            _, i, kernel, text = line.split("|")
            batches[int(i), kernel] = text
        else:
            i, form, r, margin, prediction, exact, same = line.split("|")
            bits[int(i), form, int(r)] = (margin, prediction, exact == "t" and same == "t")
    return bits, texts, kept, batches


def main():
    kernels = available_kernels()
    tap = Tap(8 + len(kernels))
    rng = np.random.default_rng(20261104)
    started = time.process_time()
    wrong = {"json": [], "ubj": [], "round trip": [], "bytes": [], "widened": [],
             **{kernel: [] for kernel in kernels}}
    rows = models = trained = 0

    def cases():
        for i in range(RANDOM_MODELS):
            yield random_case(rng, i)
        for i in range(36):
            yield trained_case(rng, i)
        yield from large_cases(rng)
        if LONG:
            yield from corner_cases(rng)

    def run(batch):
        nonlocal rows, models, trained
        bits, texts, kept, batches = database(batch, kernels)
        for i, case in enumerate(batch):
            models += 1
            trained += case.name.startswith("trained")
            rows += len(case.x)
            for form in ("json", "ubj"):
                got = [bits[i, form, r] for r in range(len(case.x))]
                if [g[:2] for g in got] != case.expected:
                    wrong[form].append(case.name)
                if not all(g[2] for g in got):
                    wrong["widened"].append(case.name)
            if xgboost_bits(load(loadable(texts[i])), case.x) != case.expected:
                wrong["round trip"].append(case.name)
            if not kept[i]:
                wrong["bytes"].append(case.name)
            once = "".join(margin + prediction for margin, prediction in case.expected)
            for kernel in kernels:
                if batches[i, kernel] != once * REPEATS[i % len(REPEATS)]:
                    wrong[kernel].append(case.name)

    def loadable(text):
        # XGBoost 1.7 can't read the list that 3.x writes
        return text.replace('"base_score":"[', '"base_score":"').replace(']","boost', '","boost')

    batch = []
    for case in cases():
        batch.append(case)
        if len(batch) == BATCH or case.name.startswith(("corner", "large")):
            run(batch)
            batch = []
    if batch:
        run(batch)

    tap.ok(models >= 1030 and trained >= 30, f"{models} models, {trained} of them trained, {rows} rows")
    tap.ok(not wrong["json"], "from JSON text: no bit differs", wrong["json"][:5])
    tap.ok(not wrong["ubj"], "from XGBoost's UBJ: no bit differs", wrong["ubj"][:5])
    tap.ok(not wrong["round trip"], "forest::text loads in XGBoost and predicts the same bits",
           wrong["round trip"][:5])
    tap.ok(not wrong["bytes"], "forest_ubj() gives back the bytes it was given", wrong["bytes"][:5])
    tap.ok(not wrong["widened"], "float8 results are float32 values; float8[] predicts as float4[]",
           wrong["widened"][:5])
    for kernel in kernels:
        tap.ok(not wrong[kernel], f"batches by kernel {kernel}: no bit differs", wrong[kernel][:5])

    booster = trained_case(rng, 0)
    hashes = psql(f"select jorge.forest_hash($j${booster.document}$j$), "
                  f"jorge.forest_hash(jorge.forest_from_ubj('\\x{booster.ubj.hex()}'))")[0].split("|")
    tap.ok(hashes[0] == hashes[1], "JSON and UBJ of one XGBoost model make the same document", hashes)
    with tempfile.TemporaryDirectory() as folder:
        same = psql(f"""
            create temp table a as select i, jorge.forest_from_ubj(b) f
            from (values (1, '\\x{booster.ubj.hex()}'::bytea)) v (i, b);
            create temp table b (like a);
            \\copy a to '{folder}/binary' (format binary)
            \\copy b from '{folder}/binary' (format binary)
            select count(*) from a join b using (i) where jorge.forest_ubj(a.f) = jorge.forest_ubj(b.f);""")
        sent = open(folder + "/binary", "rb").read()
    tap.ok(same == ["1"] and booster.ubj in sent, "binary COPY carries the UBJ and gives it back", same)
    print(f"# {time.process_time() - started:.0f} s CPU")
    tap.exit()


main()
