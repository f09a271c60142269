#!/usr/bin/python3
"""Writes the seed corpus of the fuzz target into a directory: small real documents of every shape, as JSON and UBJ."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "python"))

import numpy as np
import xgboost as xgb

from forest_models import load, random_model


def documents():
    """Random models of all versions' shapes, and trained ones."""
    rng = np.random.default_rng(5)
    for i in range(16):
        text, loadable = random_model(rng, 1 + i % 3, 1 + i % 10, 1 + i, 12 + i,
                                      ("1.7", "2.x", "3.x", "1.0")[i % 4], wild=i % 2 == 0)
        yield text.encode(), bytes(load(loadable).save_raw(raw_format="ubj"))
    x = rng.normal(size=(200, 10)).astype(np.float32)
    x[rng.random(x.shape) < 0.1] = np.nan
    target = np.nan_to_num(x).sum(axis=1)
    for depth, objective in (1, "binary:logistic"), (9, "reg:squarederror"):
        names = [f"size_{i} ü" for i in range(10)]
        data = xgb.DMatrix(x, target > 0 if depth == 1 else target, feature_names=names, nthread=1)
        booster = xgb.train({"objective": objective, "max_depth": depth, "nthread": 1}, data, 2)
        booster.set_attr(jorge_lexicon="3", jorge_learning_rate="0.1", note="\u20ac\n")
        yield tuple(bytes(booster.save_raw(raw_format=form)) for form in ("json", "ubj"))


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    for i, pair in enumerate(documents()):
        for json, document in enumerate(reversed(pair)):
            # first byte of an input: 1 = JSON, 2 = small cache
            with open(os.path.join(directory, f"{i:02}.{('ubj', 'json')[json]}"), "wb") as file:
                file.write(bytes([json | i % 2 * 2]) + document)


main()
