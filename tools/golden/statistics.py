"""Makes crates/metrics/tests/golden/statistics.json: intervals, exact tests, corrections, calibration errors and temperatures as
scipy, statsmodels and numpy have them.

    python tools/golden/statistics.py > crates/metrics/tests/golden/statistics.json

Bootstrap intervals are random: scipy's are made of 20,000 resamples each, and the test allows for the chance that is left.
"""

import json
import platform
import sys

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.stats import binomtest, bootstrap, norm
from sklearn.metrics import accuracy_score, f1_score
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_test
from statsmodels.stats.multitest import multipletests

SEED = 11
rng = np.random.default_rng(SEED)


def interval(truth, predicted, score):
    result = bootstrap(
        (truth, predicted), score, paired=True, vectorized=False, n_resamples=20000, method="percentile", rng=rng
    )
    return [float(result.confidence_interval.low), float(result.confidence_interval.high), float(result.standard_error)]


def answers(texts, num_classes, right):
    truth = rng.integers(0, num_classes, size=texts)
    return truth, np.where(rng.random(texts) < right, truth, rng.integers(0, num_classes, size=texts))


def weighted_f1(truth, predicted):
    return f1_score(truth, predicted, average="weighted", zero_division=0)


intervals = []
for texts, num_classes, right in [(300, 4, 0.7), (10, 2, 0.6), (120, 3, 0.2)]:
    truth, predicted = answers(texts, num_classes, right)
    other = np.where(rng.random(texts) < 0.8, predicted, rng.integers(0, num_classes, size=texts))
    difference = bootstrap(
        (truth, predicted, other),
        lambda t, a, b: np.mean(t == a) - np.mean(t == b),
        paired=True, vectorized=False, n_resamples=20000, method="percentile", rng=rng,
    )  # fmt: skip
    observed = float(np.mean(truth == predicted) - np.mean(truth == other))
    intervals.append({
        "num_classes": num_classes,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "other": other.tolist(),
        "accuracy": interval(truth, predicted, accuracy_score),
        "f1_weighted": interval(truth, predicted, weighted_f1),
        "difference_p": float(2 * norm.sf(abs(observed) / difference.standard_error)),
    })

counts = [(0, 1), (3, 9), (10, 10), (150, 250), (700, 812), (0, 40), (2000, 2100)]
mcnemar = [{"only_a": a, "only_b": b, "p": float(binomtest(a, a + b, 0.5).pvalue)} for a, b in counts]
for one in mcnemar:
    assert np.isclose(one["p"], mcnemar_test([[5, one["only_a"]], [one["only_b"], 5]], exact=True).pvalue, rtol=1e-9)
values = rng.normal(size=101)
quantiles = {
    "values": values.tolist(),
    "intervals": [[level, *np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()] for level in (0.5, 0.9, 0.95)],
}
p = rng.random(8) ** 3
holm = {"p": p.tolist(), "corrected": multipletests(p, method="holm")[1].tolist()}
sure, right = rng.random(500), rng.random(500) < 0.6
edges = np.digitize(sure, np.linspace(0, 1, 16)[1:-1], right=True)
error = sum(abs(sure[edges == bin].sum() - right[edges == bin].sum()) for bin in range(15)) / 500
calibration = {"sure": sure.tolist(), "right": right.tolist(), "error": float(error)}


def temperature(scores, labels):
    """The likeliest one, as if one text more had a label drawn by lot."""
    by_lot, (texts, num_classes) = 1 / (len(labels) + 1), scores.shape
    target = (1 - by_lot) * np.eye(num_classes)[labels] + by_lot / num_classes
    loss = lambda log_t: -np.sum(target * log_softmax(scores / np.exp(log_t), axis=1)) / texts
    return float(np.exp(minimize_scalar(loss, bounds=(np.log(1e-3), np.log(1e3)), method="bounded", options={"xatol": 1e-9}).x))


temperatures = []
for texts, num_classes, scale in [(60, 4, 3.0), (200, 2, 0.2), (8, 3, 1.0)]:
    labels = rng.integers(0, num_classes, size=texts)
    scores = np.round(scale * (rng.normal(size=(texts, num_classes)) + 1.5 * np.eye(num_classes)[labels]), 4)
    found = temperature(scores, labels)
    temperatures.append({"num_classes": num_classes, "scores": scores.ravel().tolist(), "labels": labels.tolist(), "temperature": found})

made_with = {
    "generator": "tools/golden/statistics.py",
    "seed": SEED,
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
    "statsmodels": statsmodels.__version__,
}
parts = {"made_with": made_with, "intervals": intervals, "mcnemar": mcnemar, "quantiles": quantiles, "holm": holm, "calibration": calibration, "temperatures": temperatures}
sys.stdout.write("{" + ",\n".join(f"{json.dumps(key)}: {json.dumps(part, separators=(',', ':'))}" for key, part in parts.items()) + "}\n")
