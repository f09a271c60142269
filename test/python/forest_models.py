"""Random XGBoost models as documents, and talking to the database, for the forest tests."""
import json
import os
import subprocess

# XGBoost loads models with OpenMP threads, even if told nthread=1.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import xgboost as xgb

xgb.set_config(verbosity=0)


def psql(script):
    """Run a script in one session; its output lines."""
    env = dict(os.environ, PGOPTIONS=os.environ.get("PGOPTIONS", "") + " -c jit=off")
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1"], input=script, text=True,
                          capture_output=True, env=env)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout.splitlines()


class Tap:
    """Counts and prints results."""

    def __init__(self, planned):
        self.planned, self.n, self.failed = planned, 0, 0
        print(f"1..{planned}", flush=True)

    def ok(self, good, what, detail=""):
        self.n += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.n} - {what}", flush=True)
        if not good and detail:
            print("# " + str(detail).replace("\n", "\n# "), flush=True)

    def exit(self):
        raise SystemExit(bool(self.failed or self.n != self.planned))


def number(value, long_form=False):
    """A float32 as a JSON number that XGBoost takes for a float."""
    value = float(value)
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = "%.17g" % value if long_form else "%.9g" % value
    return text if any(c in text for c in ".e") else text + "E0"


class Raw(str):
    """JSON text that dumps() takes as it is."""


def dumps(value):
    """JSON of dictionaries, lists and plain values, with Raw parts as given."""
    if isinstance(value, Raw):
        return value
    if isinstance(value, dict):
        return "{" + ",".join(json.dumps(k) + ":" + dumps(v) for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(dumps(v) for v in value) + "]"
    return json.dumps(value)


SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 1.1754942e-38, 3.4028235e38, -3.4028235e38,
                    0.1, 0.3, 16777216.0, 1e-10], np.float32)


def random_tree(rng, number_, features, depth, max_nodes, wild, plain):
    """One tree; wild adds infinite thresholds, denormals, pruned nodes, shuffled numbering."""
    left, right, parent, level = [-1], [-1], [2147483647], [0]
    open_ = [0]
    grow = 0.0 if rng.random() < 0.05 else rng.choice([0.6, 0.9, 1.0])
    while open_ and len(left) + 2 <= max_nodes:
        at = open_.pop(rng.integers(len(open_)))
        if level[at] >= depth or rng.random() > grow:
            continue
        left[at], right[at] = len(left), len(left) + 1
        for _ in range(2):
            open_.append(len(left))
            left.append(-1)
            right.append(-1)
            parent.append(at)
            level.append(level[at] + 1)
    n = len(left)
    left, right, parent = np.array(left), np.array(right), np.array(parent)
    inner = left >= 0
    condition = rng.normal(size=n).astype(np.float32)
    if wild:
        special = rng.random(n) < 0.2
        condition[special] = rng.choice(SPECIAL, special.sum())
        huge = ~inner & (np.abs(condition) > 1e30)
        condition[huge] = np.float32(1e-40)
        condition[~inner] *= np.float32(rng.choice([1, 1, 30]))  # 30: probabilities down to 1e-39
        infinite = inner & (rng.random(n) < 0.03)
        condition[infinite] = rng.choice(np.array([np.inf, -np.inf], np.float32), infinite.sum())
    else:
        condition[~inner] *= np.float32(0.1)
    feature = np.where(inner, rng.integers(0, features, n), 0)
    default = np.where(inner, rng.integers(0, 2, n), 0)
    cover = np.zeros(n, np.float32)
    cover[0] = rng.uniform(10, 1000)
    for i in range(n):
        if inner[i]:
            share = np.float32(rng.uniform(0.02, 0.98))
            cover[left[i]] = cover[i] * share
            cover[right[i]] = cover[i] * (np.float32(1) - share)
    deleted = 0
    if wild:
        # new number of each node; siblings stay side by side, as XGBoost takes for granted
        pairs = rng.permutation((n - 1) // 2)
        order = np.concatenate([[0], np.stack([1 + 2 * pairs, 2 + 2 * pairs], 1).reshape(-1)])
        order = order.astype(int)
        move = np.empty(n, int)
        move[order] = np.arange(n)
        rename = lambda a: np.where(a == 2147483647, a, np.where(a < 0, -1, order[a % n]))
        left, right, parent = rename(left)[move], rename(right)[move], rename(parent)[move]
        condition, feature, default, cover = (condition[move], feature[move], default[move],
                                              cover[move])
        deleted = int(rng.integers(0, 3))
        left = np.concatenate([left, [-1] * deleted]).astype(int)
        right = np.concatenate([right, [-1] * deleted]).astype(int)
        parent = np.concatenate([parent, [0] * deleted]).astype(int)
        condition = np.concatenate([condition, np.zeros(deleted, np.float32)])
        feature = np.concatenate([feature, [2147483647] * deleted]).astype(int)
        default = np.concatenate([default, [1] * deleted]).astype(int)
        cover = np.concatenate([cover, np.zeros(deleted, np.float32)])
        n += deleted
    long_form = wild and rng.random() < 0.3
    floats = lambda a: Raw("[" + ",".join(number(v, long_form) for v in a.tolist()) + "]")
    integers = lambda a: Raw(str(a.tolist()))
    tree = {
        "base_weights": floats(condition if wild else np.zeros(n)),
        "default_left": [bool(v) for v in default] if plain else integers(default),
        "id": number_,
        "left_children": integers(left),
        "loss_changes": floats(np.zeros(n)),
        "parents": integers(parent),
        "right_children": integers(right),
        "split_conditions": floats(condition),
        "split_indices": integers(feature),
        "sum_hessian": floats(cover),
        "tree_param": {"num_deleted": str(deleted), "num_feature": str(features),
                       "num_nodes": str(n), "size_leaf_vector": "0"},
    }
    if not plain:
        tree.update({"categories": [], "categories_nodes": [], "categories_segments": [],
                     "categories_sizes": [], "split_type": integers(np.zeros(n, int))})
    return dict(sorted(tree.items()))


def random_model(rng, trees, depth, features, max_nodes, shape="1.7", wild=True):
    """A document of the given version's shape; and the same in a shape that XGBoost 1.7 loads."""
    logistic = rng.random() < 0.6
    base = np.float32(rng.choice([0.5, 0.1, 0.9999, 0.003])) if logistic else \
        np.float32(rng.choice([0.0, 0.5, -3.25, 1234.5]))
    if rng.random() < 0.5:
        base = np.float32(rng.uniform(0.01, 0.99))
    per_tree = max(1, max_nodes // trees)
    param = {"base_score": number(base).upper(), "num_class": "0", "num_feature": str(features)}
    booster_param = {"num_parallel_tree": "1", "num_trees": str(trees), "size_leaf_vector": "0"}
    model = {"gbtree_model_param": booster_param}
    if shape != "1.0":
        param["num_target"] = "1"
    if shape in ("2.x", "3.x"):
        param["boost_from_average"] = "1"
        model["iteration_indptr"] = list(range(trees + 1))
    if shape == "3.x":
        model["cats"] = {"enc": [], "feature_segments": [], "sorted_idx": []}
    model["tree_info"] = [0] * trees
    model["trees"] = [random_tree(rng, t, features, depth, per_tree, wild, shape == "1.0")
                      for t in range(trees)]
    learner = {
        "attributes": {"best_iteration": str(trees - 1)} if rng.random() < 0.3 else {},
        "feature_names": [f"f{i}" for i in range(features)] if rng.random() < 0.5 else [],
        "feature_types": [],
        "gradient_booster": {"model": dict(sorted(model.items())), "name": "gbtree"},
        "learner_model_param": dict(sorted(param.items())),
        "objective": {"name": "binary:logistic" if logistic else "reg:squarederror",
                      "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    document = {"learner": learner, "version": {"1.0": [1, 0, 2], "1.7": [1, 7, 4],
                                                "2.x": [2, 1, 4], "3.x": [3, 4, 1]}[shape]}
    loadable = text = dumps(document)
    if shape == "3.x":
        param["base_score"] = "[" + param["base_score"] + "]"
        learner["learner_model_param"] = dict(sorted(param.items()))
        text = dumps(document)
    return text, loadable


def thresholds(document):
    """Some thresholds of a document, to draw rows that lie on them."""
    trees = json.loads(document)["learner"]["gradient_booster"]["model"]["trees"]
    values = np.array([v for t in trees[:20] for v in t["split_conditions"]], np.float64)
    return values.astype(np.float32)


def random_rows(rng, document, features, rows, infinite=True):
    """Rows on and between the thresholds, with missing and extreme values."""
    x = rng.normal(size=(rows, features)).astype(np.float32)
    values = thresholds(document)
    on = rng.random(x.shape) < 0.3
    x[on] = rng.choice(values, on.sum())
    special = rng.random(x.shape) < 0.1
    x[special] = rng.choice(SPECIAL, special.sum())
    if infinite:
        inf = rng.random(x.shape) < 0.03
        x[inf] = rng.choice(np.array([np.inf, -np.inf], np.float32), inf.sum())
    else:
        x[np.isinf(x)] = 0
    x[rng.random(x.shape) < 0.15] = np.nan
    if rows > 1:
        x[0] = np.nan
    return x


def load(document):
    """Booster from a document, JSON text or UBJ bytes."""
    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(document.encode() if isinstance(document, str) else document))
    booster.set_param({"nthread": 1})
    return booster


def xgboost_bits(booster, x):
    """XGBoost's margins and predictions as hexadecimal, big-endian float32."""

    def hexed(values):
        text = np.asarray(values, ">f4").tobytes().hex()
        return [text[i:i + 8] for i in range(0, len(text), 8)]

    return list(zip(hexed(booster.inplace_predict(x, predict_type="margin")),
                    hexed(booster.inplace_predict(x, predict_type="value"))))


def array_text(row):
    """A row as text of float4[]; missing values are NULL and NaN in turn."""
    return "{" + ",".join(("NULL", "NaN")[i % 2] if np.isnan(v) else "%.9g" % v
                          for i, v in enumerate(row)) + "}"


def copy_text(text):
    """A text as COPY's text format has it."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
