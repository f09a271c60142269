#!/usr/bin/python3
"""Contributions equal XGBoost's pred_contribs within 1e-5 of the margins' scale, and sum to the margin."""
import math
import time

import numpy as np
import xgboost as xgb

from forest_models import Tap, array_text, copy_text, load, psql, random_model, random_rows

ROWS = 8
TOLERANCE = 1e-5  # of max(1, largest sum of |leaf| a row may meet); XGBoost adds in float32


def random_case(rng):
    """A random model with consistent covers, and rows for it."""
    trees = int(round(math.exp(rng.uniform(0, math.log(40)))))
    features = int(round(math.exp(rng.uniform(0, math.log(60)))))
    document, loadable = random_model(rng, trees, int(rng.integers(1, 10)), features,
                                      int(rng.integers(20, 1500)), wild=False)
    booster = load(loadable)
    return document, booster, random_rows(rng, document, features, ROWS, infinite=False)


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


def main():
    tap = Tap(4)
    rng = np.random.default_rng(7)
    cases = [random_case(rng) for _ in range(120)] + [trained_case(rng, i) for i in range(10)]
    script = ["create temp table model (i int, f jorge.forest);",
              "create temp table input (i int, r int, x float4[]);", "copy model from stdin;"]
    script += [f"{i}\t{copy_text(document)}" for i, (document, _, _) in enumerate(cases)]
    script += ["\\.", "copy input from stdin;"]
    script += [f"{i}\t{r}\t{array_text(row)}" for i, (_, _, x) in enumerate(cases)
               for r, row in enumerate(x)]
    script += ["\\.", "set extra_float_digits = 1;",
               "select i, r, jorge.predict_margin(f, x), "
               "array_to_string(jorge.contributions(f, x), ',') "
               "from model join input using (i) order by 1, 2;"]
    got = {}
    for line in psql("\n".join(script)):
        i, r, margin, values = line.split("|")
        got[int(i), int(r)] = float(margin), np.array(values.split(","), float)

    worst = worst_sum = 0.0
    lengths = True
    for i, (_, booster, x) in enumerate(cases):
        expected = booster.predict(xgb.DMatrix(x, nthread=1), pred_contribs=True,
                                   validate_features=False).astype(float)
        for r in range(len(x)):
            margin, values = got[i, r]
            lengths &= len(values) == x.shape[1] + 1
            scale = max(1.0, np.abs(expected[r]).sum())
            worst = max(worst, np.abs(values - expected[r]).max() / scale)
            worst_sum = max(worst_sum, abs(values.sum() - margin) / scale)
    tap.ok(lengths and len(got) == sum(len(x) for _, _, x in cases), "one value a feature and the base value")
    tap.ok(worst <= TOLERANCE, f"pred_contribs: {len(got)} rows differ by {worst:.1e} at most", worst)
    tap.ok(worst_sum <= TOLERANCE, f"contributions sum to the margin within {worst_sum:.1e}", worst_sum)

    zero = all(got[len(cases) - 1, r][1][11] == 0 for r in range(len(x)))
    tap.ok(zero, "a feature that no split asks for contributes exactly 0")
    print(f"# {time.process_time():.0f} s CPU")
    tap.exit()


main()
