"""Makes ninefold/tests/golden/statistics.json: intervals, exact tests and calibration errors as scipy and numpy have them.

    python tools/golden/statistics.py > ninefold/tests/golden/statistics.json

Bootstrap intervals are random: scipy's are made of 20,000 resamples each, and the test allows for the chance that is left.
"""

import json
import platform
import sys

import numpy as np
import scipy
import sklearn
from scipy.stats import binomtest, bootstrap, norm
from sklearn.metrics import accuracy_score, f1_score

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
values = rng.normal(size=101)
quantiles = {
    "values": values.tolist(),
    "intervals": [[level, *np.quantile(values, [(1 - level) / 2, (1 + level) / 2]).tolist()] for level in (0.5, 0.9, 0.95)],
}
p = rng.random(8) ** 3
falling = [float(min(1, max(sorted(p)[j] * (len(p) - j) for j in range(rank + 1)))) for rank in range(len(p))]
holm = {"p": p.tolist(), "corrected": [falling[sorted(p).index(value)] for value in p]}
sure, right = rng.random(500), rng.random(500) < 0.6
edges = np.digitize(sure, np.linspace(0, 1, 16)[1:-1], right=True)
error = sum(abs(sure[edges == bin].sum() - right[edges == bin].sum()) for bin in range(15)) / 500
calibration = {"sure": sure.tolist(), "right": right.tolist(), "error": float(error)}

made_with = {
    "generator": "tools/golden/statistics.py",
    "seed": SEED,
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}
parts = {"made_with": made_with, "intervals": intervals, "mcnemar": mcnemar, "quantiles": quantiles, "holm": holm, "calibration": calibration}
sys.stdout.write("{" + ",\n".join(f"{json.dumps(key)}: {json.dumps(part, separators=(',', ':'))}" for key, part in parts.items()) + "}\n")
