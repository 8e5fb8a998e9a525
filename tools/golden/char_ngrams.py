"""Makes crates/linear/tests/golden/char_ngrams.json: TF-IDF of character n-grams and decision scores as scikit-learn computes them.

    python tools/golden/char_ngrams.py > crates/linear/tests/golden/char_ngrams.json

The texts are made up here: words drawn from lists of their own per class and a common one, in several scripts, with capitals,
punctuation, words shorter than the n-grams and repeated blanks. The iterated solver runs to a tight tolerance.
"""

import json
import platform
import sys

import numpy as np
import scipy
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.svm import LinearSVC

SEED = 11
rng = np.random.default_rng(SEED)
OWN = ["Segel Decks Gezeiten Anker!", "재밌다 재밌어요 최고 영화ㅋㅋ", "шахматы пешка Гамбит шах"]
COMMON = "a I the very :) Straße É so-so 1.5 그 и не".split()


def texts(per_class):
    made, labels = [], []
    for label, count in enumerate(per_class):
        own = OWN[label].split() + OWN[(label + 1) % len(OWN)].split()[:1]
        for _ in range(count):
            words = [rng.choice(own) if rng.random() < 0.3 else rng.choice(COMMON) for _ in range(int(rng.integers(0, 9)))]
            made.append((" " if rng.random() < 0.8 else "  \t").join(words))
            labels.append(label)
    order = rng.permutation(len(made))
    return [made[i] for i in order], [labels[i] for i in order]


def two_columns(scores):
    """One score of a binary classifier -> nothing for the first class, the score for the second."""
    return np.column_stack([np.zeros_like(scores), scores]) if scores.ndim == 1 else scores


def case(name, per_class, ngram_range, min_df, sublinear_tf, lowercase=True):
    train, labels = texts(per_class)
    test, _ = texts([4] * len(per_class))
    test += ["", "Q", "qqq unseen", "a a a :) :) Anker"]
    tfidf = TfidfVectorizer(
        analyzer="char_wb", ngram_range=tuple(ngram_range), min_df=min_df, sublinear_tf=sublinear_tf, lowercase=lowercase
    )
    train_features = tfidf.fit_transform(train)
    features = tfidf.transform(test)
    names = tfidf.get_feature_names_out()
    svm = LinearSVC(C=1.0, tol=1e-9, max_iter=1000000, dual=False).fit(train_features, labels)
    scores = {
        "complement_nb": ComplementNB(alpha=0.3).fit(train_features, labels).predict_joint_log_proba(features),
        "svm": two_columns(svm.decision_function(features)),
    }
    return {
        "name": name,
        "num_classes": len(per_class),
        "ngram_range": ngram_range,
        "min_df": min_df,
        "sublinear_tf": sublinear_tf,
        "lowercase": lowercase,
        "train": train,
        "labels": labels,
        "test": test,
        "num_features": len(names),
        "features": [{names[j]: float(row[0, j]) for j in row.indices} for row in features],
        "scores": {key: np.asarray(value).tolist() for key, value in scores.items()},
    }


cases = [
    case("three classes, 2 to 5, sublinear", [15, 10, 8], [2, 5], 2, True),
    case("two classes, 1 to 3", [9, 9], [1, 3], 1, False),
    case("longer than many words", [12, 8, 8], [4, 6], 1, True),
    case("case kept", [8, 8], [2, 3], 1, True, False),
]
versions = {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__}
made_with = {"generator": "tools/golden/char_ngrams.py", "seed": SEED, **versions, "scikit-learn": sklearn.__version__}
sys.stdout.write('{"made_with": ' + json.dumps(made_with) + ',\n"cases": [\n')
sys.stdout.write(",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in cases))
sys.stdout.write("\n]}\n")
