#!/usr/bin/python3
"""Contributions and interactions equal XGBoost's pred_contribs and pred_interactions, and sum to the margin."""
import math
import time

import numpy as np
import xgboost as xgb

from forest_models import Tap, array_text, copy_text, load, psql, random_model, random_rows

ROWS = 9              # not a multiple of the rows of a block
TOLERANCE = 1e-4      # absolute, against XGBoost, which adds in float32
SUM_TOLERANCE = 1e-5  # of max(1, sum of |contribution|), the margin's scale
LARGEST = np.float32(3.4028235e38)


def random_case(rng, trees, depth, features, nodes):
    """A random model with consistent covers, and rows for it with missing and infinite values."""
    document, loadable = random_model(rng, trees, depth, features, nodes, wild=False)
    return document, load(loadable), random_rows(rng, document, features, ROWS)


def random_cases(rng):
    """All depths, numbers of features from 1 (each path repeats it) on, and of trees."""
    for i in range(120):
        trees = int(round(math.exp(rng.uniform(0, math.log(40)))))
        features = int(round(math.exp(rng.uniform(0, math.log(60)))))
        yield random_case(rng, trees, 1 + i % 12, features, int(rng.integers(20, 1500)))
    for _ in range(3):
        yield random_case(rng, 3, 0, 3, 3)              # lone leaves
        yield random_case(rng, 4, 12, 40, 12000)        # deep and bushy: beyond the table
        yield random_case(rng, 2000, 2, 20, 10000)
    yield random_case(rng, 2000, 6, 30, 60000)


def trained_case(rng, i):
    """A trained model; covers are sums of real hessians."""
    x = rng.normal(size=(500, 12)).astype(np.float32)
    target = np.nan_to_num(x[:, 0]) * x[:, 1] + x[:, 2] + rng.normal(size=500)
    x[rng.random(x.shape) < 0.1] = np.nan
    x[:, 11] = 0
    param = {"objective": ("binary:logistic", "reg:squarederror")[i % 2], "nthread": 1, "seed": i,
             "max_depth": 2 + i, "tree_method": "hist"}
    data = xgb.DMatrix(x, target > 0 if i % 2 == 0 else target, nthread=1)
    booster = xgb.train(param, data, 30)
    return bytes(booster.save_raw(raw_format="json")).decode(), booster, x[:40]


def matrix(x):
    """Rows for XGBoost, which takes no infinite values; thresholds of these models are finite."""
    return xgb.DMatrix(np.clip(x, -LARGEST, LARGEST), nthread=1)


def numbers(text):
    return np.array(text.split(","), float)


def contributions(cases):
    """What jorge says of each row: margin, contributions; and whether other ways to ask agree to the bit."""
    script = ["create temp table model (i int, f jorge.forest);",
              "create temp table input (i int, r int, x float4[]);", "copy model from stdin;"]
    script += [f"{i}\t{copy_text(document)}" for i, (document, _, _) in enumerate(cases)]
    script += ["\\.", "copy input from stdin;"]
    script += [f"{i}\t{r}\t{array_text(row)}" for i, (_, _, x) in enumerate(cases)
               for r, row in enumerate(x)]
    script += ["\\.", "set extra_float_digits = 1;",
               # alone, by a backend with room for hardly any table, and many at once, in that order
               "set jorge.forest_cache = '1MB';",
               "create temp table small as select i, r, jorge.contributions(f, x) c from model join input using (i);",
               "set jorge.forest_cache = '256MB';",
               "set jorge.forest_kernel = scalar;",
               "create temp table plain as select i, jorge.contributions_batch(f, v) p"
               " from model join (select i, array_agg(x order by r) v from input group by i) vectors using (i);",
               "reset jorge.forest_kernel;",
               "create temp table batch as select i, jorge.contributions_batch(f, v) b"
               " from model join (select i, array_agg(x order by r) v from input group by i) vectors using (i);",
               "select i, r, jorge.predict_margin(f, x), array_to_string(jorge.contributions(f, x), ','),"
               " c = jorge.contributions(f, x), (select array_agg(v order by n) from unnest(b[r + 1:r + 1]) with ordinality u (v, n))"
               " = jorge.contributions(f, x) and p = b from model join input using (i) join small using (i, r) join batch using (i) join plain using (i)"
               " order by 1, 2;"]
    got = {}
    for line in psql("\n".join(script)):
        i, r, margin, values, small, batch = line.split("|")
        got[int(i), int(r)] = float(margin), numbers(values), small == "t", batch == "t"
    return got


def interactions(cases):
    """Largest difference of all pairs' interactions to XGBoost's, and of their sums to contributions."""
    script = ["create temp table model (i int, f jorge.forest);",
              "create temp table input (i int, r int, x float4[]);", "copy model from stdin;"]
    script += [f"{i}\t{copy_text(document)}" for i, (document, _, _) in enumerate(cases)]
    script += ["\\.", "copy input from stdin;"]
    script += [f"{i}\t{r}\t{array_text(row)}" for i, (_, _, x) in enumerate(cases)
               for r, row in enumerate(x[:3])]
    script += ["\\.", "set extra_float_digits = 1;",
               "select i, r, string_agg(jorge.interaction(f, x, a, b)::text, ',' order by na, nb)"
               " from model join input using (i), jorge.forest_info(f) info,"
               " unnest(coalesce(feature_names, (select array_agg('f' || n order by n) from generate_series(0, features - 1) n)))"
               " with ordinality ua (a, na),"
               " unnest(coalesce(feature_names, (select array_agg('f' || n order by n) from generate_series(0, features - 1) n)))"
               " with ordinality ub (b, nb) group by 1, 2;"]
    got = {}
    for line in psql("\n".join(script)):
        i, r, values = line.split("|")
        got[int(i), int(r)] = numbers(values)
    worst = asymmetry = 0.0
    for i, (_, booster, x) in enumerate(cases):
        n = x.shape[1]
        expected = booster.predict(matrix(x[:3]), pred_interactions=True, validate_features=False).astype(float)
        for r in range(min(len(x), 3)):
            values = got[i, r].reshape(n, n)
            worst = max(worst, np.abs(values - expected[r].reshape(n + 1, n + 1)[:n, :n]).max())
            asymmetry = max(asymmetry, np.abs(values - values.T).max())
    return len(got), worst, asymmetry


def main():
    tap = Tap(9)
    rng = np.random.default_rng(7)
    cases = list(random_cases(rng)) + [trained_case(rng, i) for i in range(11)]
    got = contributions(cases)
    worst = worst_sum = 0.0
    lengths = True
    for i, (_, booster, x) in enumerate(cases):
        expected = booster.predict(matrix(x), pred_contribs=True, validate_features=False).astype(float)
        for r in range(len(x)):
            margin, values, _, _ = got[i, r]
            lengths &= len(values) == x.shape[1] + 1
            worst = max(worst, np.abs(values - expected[r]).max())
            worst_sum = max(worst_sum, abs(values.sum() - margin) / max(1.0, np.abs(values).sum()))
    tap.ok(lengths and len(got) == sum(len(x) for _, _, x in cases), "one value a feature and the base value")
    tap.ok(worst <= TOLERANCE, f"pred_contribs: {len(got)} rows of {len(cases)} models differ by {worst:.1e} at most", worst)
    tap.ok(worst_sum <= SUM_TOLERANCE, f"contributions sum to the margin within {worst_sum:.1e} of its scale", worst_sum)
    tap.ok(all(small for _, _, small, _ in got.values()), "to the bit the same where the cache has no room for a table")
    tap.ok(all(batch for _, _, _, batch in got.values()), "to the bit the same many rows at a time, with and without AVX2")
    zero = all(got[len(cases) - 1, r][1][11] == 0 for r in range(len(x)))
    tap.ok(zero, "a feature that no split asks for contributes exactly 0")

    small = [case for case in cases if case[2].shape[1] <= 8][:40] + cases[-11:]
    rows, worst, asymmetry = interactions(small)
    tap.ok(rows > 100, f"interactions of all pairs of features for {rows} rows")
    tap.ok(worst <= TOLERANCE, f"pred_interactions: they differ by {worst:.1e} at most", worst)
    tap.ok(asymmetry <= 1e-9, f"a with b is b with a, within {asymmetry:.1e}", asymmetry)
    print(f"# {time.process_time():.0f} s CPU")
    tap.exit()


main()
