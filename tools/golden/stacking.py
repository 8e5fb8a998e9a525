"""Makes crates/linear/tests/golden/stacking.json: how far each of several models is to be trusted, as scipy finds it; where there are two
classes and the penalty hardly counts, as scikit-learn's LogisticRegression finds it, too.

    python tools/golden/stacking.py > crates/linear/tests/golden/stacking.json         needs numpy, scipy, scikit-learn

The models' log-probabilities are made up here: one knows much, one a little, one nothing, one is too sure.
"""

import json
import platform
import sys

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

SEED = 3
rng = np.random.default_rng(SEED)


def log_softmax(z):
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def models(texts, classes, labels):
    truth = np.eye(classes)[labels]
    strengths = [(2.0, 1.0), (0.7, 1.5), (0.0, 1.0), (4.0, 6.0)]
    return np.round([log_softmax(know * truth + noise * rng.normal(size=(texts, classes))) for know, noise in strengths], 6)


def weights(logs, labels, class_weights, c):
    """The optimum of the objective that linear/stacking.rs states."""
    even, shares = 1 / len(logs), class_weights[labels] / class_weights[labels].sum()
    total = class_weights[labels].sum()

    def objective(w):
        log_p = log_softmax(np.tensordot(w, logs, 1))
        error = np.exp(log_p) - np.eye(logs.shape[2])[labels]
        value = -(shares * log_p[np.arange(len(labels)), labels]).sum() + ((w - even) ** 2).sum() / (2 * c * total)
        return value, np.tensordot(logs, shares[:, None] * error, 2) + (w - even) / (c * total)

    found = minimize(objective, np.zeros(len(logs)), jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 1000})
    return found.x


def case(name, texts, classes, class_weights, c, by_sklearn=False):
    class_weights = np.array(class_weights)
    labels = rng.integers(0, classes, texts)
    logs = models(texts, classes, labels)
    expected = weights(logs, labels, class_weights, c)
    if by_sklearn:
        odds = (logs[:, :, 1] - logs[:, :, 0]).T
        fitted = LogisticRegression(C=c, fit_intercept=False, class_weight=dict(enumerate(class_weights)), tol=1e-10, max_iter=10000)
        theirs = fitted.fit(odds, labels).coef_[0]
        assert np.allclose(theirs, expected, atol=1e-4), (theirs, expected)
        expected = theirs
    return {
        "name": name,
        "num_classes": classes,
        "class_weights": class_weights.tolist(),
        "c": c,
        "labels": labels.tolist(),
        "log_probabilities": logs.reshape(len(logs), -1).tolist(),
        "weights": expected.tolist(),
    }


cases = [
    case("two classes, by scikit-learn", 60, 2, [1.0, 1.0], 1e6, by_sklearn=True),
    case("two uneven classes, by scikit-learn", 60, 2, [1.0, 3.0], 1e6, by_sklearn=True),
    case("three classes", 50, 3, [1.0, 1.0, 1.0], 0.1),
    case("four classes, weights given", 50, 4, [1.0, 0.5, 2.0, 1.0], 0.01),
]
versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__, "scikit-learn": sklearn.__version__}
sys.stdout.write('{"made_with": ' + json.dumps({"generator": "tools/golden/stacking.py", "seed": SEED, **versions}) + ',\n"cases": [\n')
sys.stdout.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in cases))
sys.stdout.write("\n]}\n")
