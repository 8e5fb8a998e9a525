"""Makes crates/linear/tests/golden/baselines.json: features and decision scores as scikit-learn computes them.

    python tools/golden/baselines.py > crates/linear/tests/golden/baselines.json

The texts are made up here: words drawn from lists of their own per class and a common one. Tokens are separated by blanks.
The iterated solvers run to a tight tolerance, so that what is compared is the optimum and not where somebody
stopped (the support vector machine by its primal: the optimum is the same, and the dual stalls below 1e-6).
"""

import json
import platform
import sys

import numpy as np
import scipy
import sklearn
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.svm import LinearSVC
from sklearn.utils.class_weight import compute_class_weight

SEED = 5
rng = np.random.default_rng(SEED)
OWN = ["sail deck tide anchor", "oven dough crust yeast", "rook pawn gambit check", "lens flash tripod film"]
#: Of the texts of weighted cases, in turn: integers, fractions, a text that does not count.
WEIGHTS = [1.0, 0.25, 3.0, 0.0, 1.5]
COMMON = "the a my very good was with and of near old".split()


def texts(per_class, num_classes):
    made, labels = [], []
    for label in range(num_classes):
        own = OWN[label].split() + OWN[(label + 1) % num_classes].split()[:2]
        for _ in range(per_class[label]):
            length = int(rng.integers(0, 22))
            made.append(" ".join(rng.choice(own) if rng.random() < 0.3 else rng.choice(COMMON) for _ in range(length)))
            labels.append(label)
    order = rng.permutation(len(made))
    return [made[i] for i in order], [labels[i] for i in order]


def two_columns(scores):
    """One score of a binary classifier -> nothing for the first class, the score for the second."""
    return np.column_stack([np.zeros_like(scores), scores]) if scores.ndim == 1 else scores


def case(name, per_class, ngram_range, min_df, sublinear_tf, class_weight=None, weighted=False):
    train, labels = texts(per_class, len(per_class))
    test, _ = texts([6] * len(per_class), len(per_class))
    test += ["", "never seen words", "deck deck deck oven the a the a"]
    options = {"ngram_range": tuple(ngram_range), "min_df": min_df, "tokenizer": str.split, "token_pattern": None}
    counter = CountVectorizer(**options)
    tfidf = TfidfVectorizer(sublinear_tf=sublinear_tf, **options)
    train_counts, train_features = counter.fit_transform(train), tfidf.fit_transform(train)
    features = tfidf.transform(test)
    names = tfidf.get_feature_names_out()
    text_weights = [WEIGHTS[text % len(WEIGHTS)] if weighted else 1.0 for text in range(len(train))]
    given = text_weights if weighted else None
    weights = compute_class_weight(class_weight, classes=np.arange(len(per_class)), y=labels, sample_weight=given)
    rows = [{names[j]: float(row[0, j]) for j in row.indices} for row in features]
    scores = {
        "multinomial_nb": MultinomialNB().fit(train_counts, labels, given).predict_joint_log_proba(counter.transform(test)),
        "complement_nb": ComplementNB().fit(train_features, labels, given).predict_joint_log_proba(features),
    }
    for c in [0.3, 10.0]:
        logistic = LogisticRegression(C=c, class_weight=class_weight, tol=1e-10, max_iter=10000)
        logistic.fit(train_features, labels, given)
        svm = LinearSVC(C=c, class_weight=class_weight, tol=1e-9, max_iter=1000000, dual=False)
        svm.fit(train_features, labels, given)
        scores[f"logistic {c}"] = two_columns(logistic.decision_function(features))
        scores[f"svm {c}"] = two_columns(svm.decision_function(features))
    return {
        "name": name,
        "num_classes": len(per_class),
        "class_weights": weights.tolist(),
        "text_weights": text_weights,
        "ngram_range": ngram_range,
        "min_df": min_df,
        "sublinear_tf": sublinear_tf,
        "train": train,
        "labels": labels,
        "test": test,
        "num_features": len(names),
        "features": rows,
        "scores": {key: np.asarray(value).tolist() for key, value in scores.items()},
    }


cases = [
    case("four classes, unigrams", [20, 20, 20, 20], [1, 1], 1, False),
    case("uneven classes, to bigrams, sublinear", [30, 12, 20, 5], [1, 2], 2, True),
    case("two classes, two to three", [15, 15], [2, 3], 1, True),
    case("uneven classes, balanced", [25, 10, 18, 5], [1, 1], 1, True, "balanced"),
    case("two uneven classes, balanced", [24, 7], [1, 1], 1, False, "balanced"),
    case("three classes, weights given", [12, 12, 12], [1, 1], 1, False, {0: 1.0, 1: 3.0, 2: 0.25}),
    case("four classes, texts weighted", [20, 20, 20, 20], [1, 1], 1, True, weighted=True),
    case("two uneven classes, texts weighted, balanced", [24, 9], [1, 2], 1, True, "balanced", weighted=True),
    case("three classes, texts and classes weighted", [14, 9, 20], [1, 1], 1, False, {0: 1.0, 1: 3.0, 2: 0.25}, weighted=True),
]
versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
made_with = {"generator": "tools/golden/baselines.py", "seed": SEED, **versions, "scikit-learn": sklearn.__version__}
sys.stdout.write('{"made_with": ' + json.dumps(made_with) + ',\n"cases": [\n')
sys.stdout.write(",\n".join(json.dumps(one, separators=(",", ":")) for one in cases))
sys.stdout.write("\n]}\n")
