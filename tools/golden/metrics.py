"""Makes crates/metrics/tests/golden/metrics.json: confusion matrices, scores and log loss as scikit-learn computes them.

    python tools/golden/metrics.py > crates/metrics/tests/golden/metrics.json

The cases: hand-made ones (a perfect answer, everything wrong, classes that are absent, a class that is never predicted, a
single text, one class) and random ones of 2 to 12 classes, from balanced to skewed, from noise to nearly right. Each with the
scores of bootstrap resamples of its texts. A macro average is over the labels that are in the truth or in the answers, which is
scikit-learn's default.
"""

import json
import platform
import sys
import warnings

import numpy as np
import sklearn
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss, precision_recall_fscore_support

SEED = 20
rng = np.random.default_rng(SEED)


def case(name, num_classes, truth, predicted, probabilities=None):
    labels = list(range(num_classes))
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=labels, zero_division=0)
    result = {
        "name": name,
        "num_classes": num_classes,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "confusion": confusion_matrix(truth, predicted, labels=labels).tolist(),
        "classes": [
            {"precision": p, "recall": r, "f1": f, "support": s}
            for p, r, f, s in zip(precision.tolist(), recall.tolist(), f1.tolist(), support.astype(int).tolist())
        ],
    }
    result["scores"] = scores(truth, predicted)
    draw = np.random.default_rng(SEED + len(truth))
    result["resamples"] = []
    for texts in draw.integers(0, len(truth), size=(3, len(truth))):
        result["resamples"].append({"texts": texts.tolist(), "scores": scores(truth[texts], predicted[texts])})
    if probabilities is not None:
        # The library reads 32-bit numbers; the loss is computed from them in 64 bits.
        exact = np.asarray(probabilities, dtype=np.float32).astype(np.float64)
        result["probabilities"] = exact.ravel().tolist()
        result["log_loss"] = float(log_loss(truth, exact, labels=labels))
    return result


def scores(truth, predicted):
    result = {"accuracy": accuracy_score(truth, predicted)}
    for average in ["weighted", "macro"]:
        p, r, f, _ = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
        result |= {f"precision_{average}": float(p), f"recall_{average}": float(r), f"f1_{average}": float(f)}
    return result


def random_case(number):
    num_classes = int(rng.integers(2, 13))
    texts = int(rng.integers(1, 120))
    present = rng.permutation(num_classes)[: int(rng.integers(1, num_classes + 1))]
    shares = rng.dirichlet(np.full(len(present), rng.choice([0.3, 1.0, 20.0])))
    truth = rng.choice(present, size=texts, p=shares)
    noise = rng.integers(0, num_classes, size=texts)
    predicted = np.where(rng.random(texts) < rng.uniform(0, 1), truth, noise)
    probabilities = None
    if number < 8:
        logits = rng.normal(size=(texts, num_classes)) * rng.choice([0.1, 2.0, 12.0])
        probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        predicted = probabilities.astype(np.float32).argmax(axis=1)
    return case(f"random {number}", num_classes, truth, predicted, probabilities)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # sums of 32-bit probabilities are not exactly 1; single labels
    cases = [
        case("perfect", 3, [0, 1, 2, 1], [0, 1, 2, 1]),
        case("all wrong", 3, [0, 1, 2, 1], [1, 2, 0, 0]),
        case("single text, right", 5, [3], [3]),
        case("single text, wrong", 5, [3], [1]),
        case("one class", 1, [0, 0], [0, 0]),
        case("a class never predicted", 3, [0, 1, 2, 2, 1, 0], [0, 1, 1, 0, 1, 0]),
        case("a class absent from the truth", 4, [0, 1, 1, 0], [3, 1, 1, 0]),
        case("classes absent from both", 6, [0, 4, 4, 0], [0, 4, 0, 0]),
        case("always the same answer", 3, [0, 1, 2, 2, 2], [2, 2, 2, 2, 2]),
        case("sure and wrong", 2, [0, 1, 1], [1, 1, 1], [[0.0, 1.0], [0.0, 1.0], [0.25, 0.75]]),
    ]
    cases += [random_case(number) for number in range(40)]

made_with = {
    "generator": "tools/golden/metrics.py",
    "seed": SEED,
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scikit-learn": sklearn.__version__,
}
sys.stdout.write('{"made_with": ' + json.dumps(made_with) + ',\n"cases": [\n')
sys.stdout.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in cases))
sys.stdout.write("\n]}\n")
