"""The estimators among scikit-learn's own."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from conftest import STRINGS
from sklearn.base import BaseEstimator, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import validate_data

from ninefold import NinefoldWarning, TextClassifier, WordVectors
from ninefold._texts import texts_of


def as_words(X):
    """Rows of numbers as texts: ``c0_3 c1_-1``."""
    cells = np.rint(2 * np.asarray(X, dtype=float)).astype(int)
    return [" ".join(f"c{column}x{'m' if cell < 0 else ''}{abs(cell)}" for column, cell in enumerate(row)) for row in cells]


class NumbersAsWords(BaseEstimator):
    """Lets scikit-learn's checks, which know numbers only, run over estimators of texts."""

    def _texts(self, X):
        is_fitted = hasattr(self, "n_features_in_")
        return texts_of(as_words(validate_data(self, X, reset=not is_fitted)))

    def fit(self, X, y=None, **parameters):
        if hasattr(self, "n_features_in_"):
            del self.n_features_in_
        return super().fit(X, y, **parameters)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = False
        tags.input_tags.string = False
        return tags


class NumberClassifier(NumbersAsWords, TextClassifier):
    """:class:`TextClassifier` over numbers."""

    def __init__(self, model="tfidf_logistic", class_weight=None, random_state=None, validation_fraction=0.1):
        super().__init__(
            model, class_weight=class_weight, random_state=random_state, validation_fraction=validation_fraction
        )


class NumberVectors(NumbersAsWords, WordVectors):
    """:class:`WordVectors` over numbers."""

    def __init__(self, dim=4, epochs=1, min_count=1, random_state=None):
        super().__init__(dim=dim, epochs=epochs, min_count=min_count, random_state=random_state)


#: Checks that cannot apply, with the reason.
NOT_APPLICABLE = {
    "NumberClassifier": {
        "check_sample_weight_equivalence_on_dense_data": "texts are held out and counted for TF-IDF before they are weighted, so that "
        "a text of weight 2 is not two texts",
    }
}


@pytest.mark.parametrize("estimator", [NumberClassifier(), NumberVectors()], ids=lambda estimator: type(estimator).__name__)
def test_every_check_of_scikit_learn_passes(estimator):
    reasons = NOT_APPLICABLE.get(type(estimator).__name__, {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(estimator, on_fail=None, on_skip=None, expected_failed_checks=reasons)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    skipped = {result["check_name"]: str(result["exception"]) for result in results if result["status"] == "skipped"}
    assert not failed, failed
    assert all("array API" in reason or "array_api" in reason or "SCIPY_ARRAY_API" in reason for reason in skipped.values()), skipped
    passed = [result for result in results if result["status"] == "passed"]
    assert len(passed) >= (45 if isinstance(estimator, TextClassifier) else 35)


CONTAINERS = {
    "list": list,
    "object": lambda texts: np.array(texts, dtype=object),
    "U": np.array,
    **{"StringDType": lambda texts, dtype=dtype: np.array(texts, dtype=dtype) for dtype in STRINGS},
    "pandas Series": pd.Series,
    "pandas Series of objects": lambda texts: pd.Series(texts, dtype=object),
    "polars Series": pl.Series,
    "pandas DataFrame": lambda texts: pd.DataFrame({"text": texts}),
    "polars DataFrame": lambda texts: pl.DataFrame({"text": texts}),
}
#: Vectorizers of scikit-learn iterate over the columns of a frame.
COLUMNS = {name: make for name, make in CONTAINERS.items() if "DataFrame" not in name}

by_container = pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
by_column = pytest.mark.parametrize("container", COLUMNS.values(), ids=COLUMNS)


@by_container
def test_cross_validation_and_grid_search(container, two):
    X, y = container(two[0]), np.array(two[1])
    assert cross_val_score(TextClassifier("complement_nb"), X, y, cv=3).min() > 0.9
    assert cross_val_predict(TextClassifier("complement_nb"), X, y, cv=3, method="predict_proba").shape == (len(y), 2)
    search = GridSearchCV(TextClassifier(), {"model": ["complement_nb", "tfidf_svm"], "validation_fraction": [0.1, 0.2]}, cv=2)
    assert search.fit(X, y).best_score_ > 0.9


@by_container
def test_calibration_and_one_versus_rest(container, three):
    X, y = container(three[0]), np.array(three[1])
    calibrated = CalibratedClassifierCV(TextClassifier("tfidf_svm"), cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (len(y), 3)
    assert OneVsRestClassifier(TextClassifier("complement_nb")).fit(X, y).score(X, y) > 0.9


@by_column
def test_voting_and_stacking_beside_other_estimators(container, two):
    X, y = container(two[0]), np.array(two[1])
    estimators = [
        ("ours", TextClassifier("complement_nb")),
        ("theirs", make_pipeline(TfidfVectorizer(), LogisticRegression())),
    ]
    if isinstance(X, pl.Series):
        estimators = [estimators[0], ("also ours", TextClassifier("tfidf_logistic"))]  # TfidfVectorizer cannot slice polars
    assert VotingClassifier(estimators, voting="soft").fit(X, y).score(X, y) > 0.9
    assert StackingClassifier(estimators, cv=2).fit(X, y).score(X, y) > 0.9


def test_bagging_takes_a_frame_of_one_column(two):
    frame = pd.DataFrame({"text": two[0]})
    assert BaggingClassifier(TextClassifier("complement_nb"), n_estimators=2).fit(frame, two[1]).score(frame, two[1]) > 0.9


@by_container
def test_word_vectors_in_pipelines(container, two):
    X, y = container(two[0]), np.array(two[1])
    vectors = WordVectors("word2vec", dim=8, epochs=3)
    assert make_pipeline(vectors, LogisticRegression()).fit(X, y).predict_proba(X).shape == (len(y), 2)
    union = FeatureUnion([("a", vectors), ("b", WordVectors("glove", dim=4, epochs=2))])
    assert union.fit_transform(X).shape == (len(y), 12)
    framed = clone(vectors).set_output(transform="pandas").fit(X).transform(X)
    assert framed.columns.tolist() == [f"wordvectors{n}" for n in range(8)]


def test_parallel_search_gives_what_a_sequential_one_gives(two):
    X, y = two
    grid = {"validation_fraction": [0.1, 0.3]}
    scores = [
        GridSearchCV(TextClassifier("tfidf_logistic", n_jobs=-1), grid, cv=2, n_jobs=n_jobs).fit(X, y).cv_results_["mean_test_score"]
        for n_jobs in (1, 2)
    ]
    np.testing.assert_array_equal(*scores)


def test_odd_texts_warn(two):
    X, y = two
    with pytest.warns(NinefoldWarning, match="1 class with a single text"):
        TextClassifier("complement_nb").fit([*X, "something else"], [*y, "rare"])
