#!/usr/bin/python3
"""Writes the seed corpus of the fuzz target into a directory: small real documents of every shape, as JSON and UBJ."""
import json
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
    for trees, depth, features, nodes in (2, 14, 20, 90), (1, 30, 40, 81), (1, 10, 2, 61):
        text, loadable = random_model(rng, trees, depth, features, nodes, wild=False)
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
    label = np.digitize(target, (-1, 1))
    for params in ({"booster": "gblinear", "objective": "reg:squarederror"}, {"booster": "gblinear", "objective": "multi:softprob", "num_class": 3},
                   {"objective": "multi:softprob", "num_class": 3, "max_depth": 2}, {"objective": "survival:aft", "max_depth": 3}):
        data = xgb.DMatrix(x, label, nthread=1)
        data.set_float_info("label_lower_bound", 1 + label)
        data.set_float_info("label_upper_bound", 1 + label)
        booster = xgb.train({"nthread": 1, **params}, data, 2)
        yield tuple(bytes(booster.save_raw(raw_format=form)) for form in ("json", "ubj"))


def wrong_trees():
    """What a change of one byte makes of no document: children beyond the nodes, twice, in a circle; covers that lie."""
    tree = {"left_children": [1, -1, 3, -1, -1], "right_children": [2, -1, 4, -1, -1], "split_indices": [0, 0, 1, 0, 0],
            "split_conditions": [1.5, -1, 10, 2, 4], "default_left": [1, 0, 0, 0, 0], "sum_hessian": [10, 4, 6, 3, 3]}
    for change in ({"left_children": [1, -1, 5, -1, -1], "right_children": [2, -1, 6, -1, -1]},
                   {"left_children": [1, -1, 4, -1, -1], "right_children": [2, -1, 5, -1, -1]},
                   {"left_children": [1, -1, 1000000, -1, -1], "right_children": [2, -1, 1000001, -1, -1]},
                   {"left_children": [1, -1, 1, -1, -1], "right_children": [2, -1, 2, -1, -1]},
                   {"left_children": [1, -1, 2, -1, -1], "right_children": [2, -1, 3, -1, -1]},
                   {"split_indices": [0, 0, 2, 0, 0]}, {"split_indices": [0, 0, -1, 0, 0]},
                   {"sum_hessian": [1e-30, 1e30, 0, 3e38, 3]}):
        model = {"trees": [dict(tree, **change)]}
        yield json.dumps({"learner": {
            "feature_names": ["a", "b"], "gradient_booster": {"model": model, "name": "gbtree"},
            "learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2"},
            "objective": {"name": "binary:logistic"}}}).encode()


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    for i, pair in enumerate(documents()):
        for is_json, document in enumerate(reversed(pair)):
            # first byte of an input: 1 = JSON, 2 = small cache, 4 * kernel
            with open(os.path.join(directory, f"{i:02}.{('ubj', 'json')[is_json]}"), "wb") as file:
                file.write(bytes([is_json | i % 2 * 2 | i % 4 * 4]) + document)
    for i, document in enumerate(wrong_trees()):
        with open(os.path.join(directory, f"wrong{i}.json"), "wb") as file:
            file.write(b"\1" + document)


main()
