"""The estimator by itself."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

import ninefold as nf
from ninefold import NinefoldError, TextClassifier, WordVectors

SMALL = {"dim": 8, "hidden_size": 8, "epochs": 8, "learning_rate": 0.02, "random_state": 0}
NEW = ["a dull and empty film", "a great one"]


@pytest.mark.parametrize("model", ["gru", "cnn", "swem", "complement_nb", "tfidf_svm", "mean_logistic", "fasttext_supervised"])
def test_networks_and_baselines_fit_and_predict(model, two):
    settings = {"dim": 8, "epochs": 12, "learning_rate": 0.02} if model in ("gru", "cnn", "swem") else {}
    if model == "gru":
        settings["hidden_size"] = 8
    classifier = TextClassifier(model, random_state=0, **settings).fit(*two)
    assert classifier.score(*two) > 0.9
    assert classifier.classes_.tolist() == ["neg", "pos"]
    probabilities = classifier.predict_proba(NEW)
    assert probabilities.shape == (2, 2) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
    assert 0.5 <= classifier.validation_score_ <= 1


@pytest.mark.parametrize("model", ["vote", "stacked"])
def test_ensembles_fit_and_predict(model, two):
    members = ["swem", "complement_nb", "tfidf_logistic"]
    classifier = TextClassifier(model, members=members, dim=8, epochs=4, learning_rate=0.02).fit(*two)
    assert classifier.predict(NEW).tolist() == ["neg", "pos"]
    again = pickle.loads(pickle.dumps(classifier))
    np.testing.assert_array_equal(again.predict_proba(NEW), classifier.predict_proba(NEW))


def test_vote_of_seeds_trains_several(two):
    classifier = TextClassifier("vote_seeds", members=["swem"], dim=8, epochs=3).fit(*two)
    assert "3 networks" in classifier.model_.name


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([10, 9], [9, 10]),
        ([1.0, -2.0], [-2.0, 1.0]),
        ([True, False], [False, True]),
        (["b", "a"], ["a", "b"]),
        ([np.str_("b"), np.str_("a")], ["a", "b"]),
    ],
)
def test_classes_keep_their_type_and_order(labels, classes, two):
    texts, _ = two
    y = labels * (len(texts) // 2)
    classifier = TextClassifier("complement_nb").fit(texts, y)
    assert classifier.classes_.tolist() == classes
    predicted = classifier.predict(NEW)
    assert predicted.tolist() == [labels[1], labels[0]]
    assert predicted.dtype == classifier.classes_.dtype
    columns = classifier.predict_proba(NEW).argmax(axis=1)
    assert classifier.classes_[columns].tolist() == predicted.tolist()


def test_labels_are_taken_from_any_column(two):
    texts, labels = two
    expected = TextClassifier("complement_nb").fit(texts, labels).predict(NEW).tolist()
    for column in (np.array(labels), pd.Series(labels, dtype="category"), pd.Series(labels), pl.Series(labels), tuple(labels)):
        assert TextClassifier("complement_nb").fit(pd.Series(texts), column).predict(NEW).tolist() == expected


def test_same_seed_gives_the_same_probabilities(two):
    one, other = (TextClassifier("gru", **SMALL).fit(*two).predict_proba(NEW) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    another = TextClassifier("gru", **{**SMALL, "random_state": 1}).fit(*two).predict_proba(NEW)
    assert not np.array_equal(one, another)


def test_threads_change_no_network(two):
    vectors = WordVectors("word2vec", dim=8, epochs=2).fit(two[0])
    small = {key: value for key, value in SMALL.items() if key != "dim"}
    one, two_threads = (
        TextClassifier("gru", embedding=vectors, n_jobs=n_jobs, **small).fit(*two).predict_proba(NEW) for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two_threads)


def test_decision_function_ranks_as_probabilities(two, three):
    of_two = TextClassifier("tfidf_logistic").fit(*two)
    decisions, probabilities = of_two.decision_function(two[0]), of_two.predict_proba(two[0])
    assert decisions.shape == (len(two[0]),)
    np.testing.assert_array_equal(np.argsort(decisions, kind="stable"), np.argsort(probabilities[:, 1], kind="stable"))
    assert ((decisions > 0) == (of_two.predict(two[0]) == "pos")).all()
    of_three = TextClassifier("tfidf_logistic").fit(*three)
    assert of_three.decision_function(NEW).shape == (2, 3)
    assert of_three.decision_function(NEW).argmax(axis=1).tolist() == of_three.predict_proba(NEW).argmax(axis=1).tolist()


def test_given_validation_texts_choose_the_epoch(two):
    texts, labels = two
    classifier = TextClassifier("swem", dim=8, epochs=3).fit(texts, labels, eval_set=(["great", "dull"], ["neg", "pos"]))
    assert classifier.validation_score_ in (0.0, 0.5)
    assert classifier.n_epochs_ == len(classifier.history_) == 3
    assert classifier.history_[0]["epoch"] == 1 and 1 <= classifier.best_epoch_ <= 3
    with pytest.raises(NinefoldError, match="row 0 is 'other', which is none of the training texts' classes: neg, pos"):
        TextClassifier("complement_nb").fit(texts, labels, eval_set=(["great"], ["other"]))
    with pytest.raises(NinefoldError, match=r"eval_set: expected a pair \(texts, labels\)"):
        TextClassifier("complement_nb").fit(texts, labels, eval_set=["great"])


def test_class_weight_counts(three):
    texts, labels = three
    uneven = [(text, label) for row, (text, label) in enumerate(zip(texts, labels, strict=True)) if label != "so" or row < 12]
    texts, labels = [text for text, _ in uneven], [label for _, label in uneven]
    balanced = TextClassifier("tfidf_logistic", class_weight="balanced").fit(texts, labels).predict_proba(["film"])
    given = TextClassifier("tfidf_logistic", class_weight={"so": 50.0}).fit(texts, labels).predict_proba(["film"])
    plain = TextClassifier("tfidf_logistic").fit(texts, labels).predict_proba(["film"])
    assert given[0, 2] > balanced[0, 2] > plain[0, 2]
    with pytest.raises(NinefoldError, match="class_weight: 'sow' is none of the classes neg, pos, so"):
        TextClassifier("tfidf_logistic", class_weight={"sow": 2}).fit(texts, labels)


@pytest.mark.parametrize("model", ["swem", "complement_nb", "tfidf_logistic", "tfidf_svm", "fasttext_supervised", "vote"])
def test_sample_weight_counts(model, two):
    texts, labels = two[0] + ["great"] * 12, two[1] + ["neg"] * 12
    parameters = {"members": ["complement_nb", "tfidf_logistic"]} if model == "vote" else {}
    if model == "swem":
        parameters = {"dim": 8, "epochs": 12, "learning_rate": 0.02}

    def probability_of_neg(weight):
        classifier = TextClassifier(model, random_state=0, **parameters)
        weights = np.where(np.arange(len(texts)) < len(two[0]), 1.0, weight)
        return classifier.fit(texts, labels, weights, eval_set=(NEW, ["neg", "pos"])).predict_proba(["great"])[0, 0]

    plain = TextClassifier(model, random_state=0, **parameters).fit(texts, labels, eval_set=(NEW, ["neg", "pos"]))
    assert plain.predict_proba(["great"])[0, 0] == probability_of_neg(1.0)
    assert probability_of_neg(0.01) < probability_of_neg(5.0)


def test_sample_weight_of_scikit_learn_gives_the_same_decisions(two):
    texts, labels = two
    weights = np.random.default_rng(0).integers(0, 4, len(texts))
    ours = TextClassifier("multinomial_nb", settings={"baseline.min_df": [1], "baseline.ngram_range": [1, 1], "baseline.smoothing": [1.0]})
    ours.fit(texts, labels, sample_weight=weights, eval_set=(NEW, ["neg", "pos"]))
    theirs = make_pipeline(CountVectorizer(token_pattern=r"(?u)\b\w+\b"), MultinomialNB())
    theirs.fit(texts, labels, multinomialnb__sample_weight=weights)
    ratio = ours.decision_function(texts) / np.diff(theirs.predict_log_proba(texts), axis=1).ravel()
    np.testing.assert_allclose(ratio, ratio[0], rtol=0.02)  # the temperature, and 32 bits of a probability


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0], r"expected one number for each of 80 texts, found an array of shape \(1,\)"),
        (np.ones((80, 2)), r"found an array of shape \(80, 2\)"),
        ([1.0] * 79 + [-1.0], r"row 79: expected a number from 0 up, found -1.0"),
        ([float("nan")] + [1.0] * 79, r"row 0: expected a number from 0 up, found nan"),
        ([0.0, 1.0] * 40, r"all texts of the class pos have the weight zero"),
        (["heavy"] * 80, "could not convert string to float"),
    ],
)
def test_sample_weight_without_meaning_is_refused(weights, message, two):
    with pytest.raises(ValueError, match=message):
        TextClassifier("complement_nb").fit(*two, sample_weight=weights)


def test_embeddings_by_name_or_given(two):
    side_by_side = TextClassifier("swem", "word2vec+glove", dim=8, epochs=2).fit(*two)
    assert "word2vec+glove" in side_by_side.model_.name
    fitted = WordVectors("fasttext", dim=8, epochs=1).fit(two[0])
    for embedding in (fitted, WordVectors("glove", dim=8, epochs=2), FrozenEstimator(fitted)):
        classifier = TextClassifier("swem", embedding, epochs=2).fit(*two)
        assert classifier.predict(NEW).shape == (2,)
        assert clone(classifier).get_params()["embedding"] is not None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"model": "gruu"}, r"gruu: no such model \(did you mean `gru`\?\)"),
        ({"model": "swem", "hidden_size": 8}, "model.hidden_size has no effect here: it applies only to rnn, lstm"),
        ({"model": "complement_nb", "epochs": 3}, "training.epochs has no effect here: it applies only to networks"),
        ({"model": "complement_nb", "dim": 3}, "embedding.dim has no effect here"),
        ({"model": "complement_nb", "embedding": "glove"}, "embedding has no effect here: complement_nb reads no word vectors"),
        ({"embedding": "word3vec"}, "did you mean `word2vec`"),
        ({"embedding": 7}, "embedding: expected a name such as 'word2vec' or ninefold.WordVectors, found int"),
        ({"members": ["gru"]}, "members: only an ensemble has any, and model is 'gru'"),
        ({"model": "vote", "members": ["vote"]}, "members: expected networks and baselines, found 'vote'"),
        ({"model": "stacked", "members": ["complement_nb"]}, "an ensemble needs two members or more"),
        ({"preset": "best"}, "preset: expected default, strong, round1, round2"),
        ({"settings": {"training.epoch": 3}}, "training.epoch: no such setting .did you mean `training.epochs`"),
        ({"settings": {"seed": 3}}, "settings: seed is the parameter random_state"),
        ({"settings": {"search.trials": 3}}, "settings: search.trials has no effect on a single model"),
        ({"settings": {"folds": 3}}, "settings: folds has no effect on a single model: cross_val_score"),
        ({"settings": {"diagnose": "none"}}, "diagnose has no effect on a single model: ninefold.diagnose"),
        ({"settings": {"diagnosis.folds": 3}}, "diagnosis.folds has no effect on a single model"),
        ({"settings": {"corpus.test_fraction": 0.5}}, "corpus.test_fraction has no effect on a single model"),
        ({"settings": {"corpus.data": "x.csv"}}, "corpus.data has no effect on a single model: texts come from memory"),
        ({"settings": {"statistics.n_resamples": 9}}, "statistics.n_resamples has no effect on a single model"),
        ({"settings": {"training.epochs": None}}, "training.epochs is None: leave it out"),
        ({"settings": {"training.epochs": object()}}, "expected a number, a string, a list or a dict, found object"),
        ({"epochs": 0}, "training.epochs: expected at least 1, found 0"),
        ({"validation_fraction": 1.5}, "validation_fraction: expected a share between 0 and 1"),
        ({"class_weight": "heavy"}, "class_weight"),
        ({"class_weight": 3}, "class_weight: expected 'balanced', a dict or None, found 3"),
        ({"random_state": -1}, "random_state: expected None, a number from 0 on"),
        ({"n_jobs": 0}, "n_jobs: expected a number of threads, or -1"),
    ],
)
def test_parameter_without_meaning_is_refused(parameters, message, two):
    with pytest.raises(NinefoldError, match=message):
        TextClassifier(**parameters).fit(*two)


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        ([], [], "0 texts: there is nothing to learn from"),
        (["a", "b"], ["x"], "2 texts and 1 labels: there must be one label for each text"),
        (["a", "b"], ["x", "x"], r"all labels are of one class \(x\)"),
        (["a", "b"], None, "requires y to be passed"),
        (["a", "b", "c"], ["x", None, "y"], r"row 1 has none \(None or NaN\)"),
        (["a", "b", "c"], [0.0, float("nan"), 1.0], "NaN"),
        (["a", "b"], ["x", 1], r"labels of several types \(int, str\)"),
        (["a", "b"], ["", "y"], "one of them is an empty string"),
        (["a", "b"], ["x", "x "], "two classes have the same name as text"),
        (["a", "b"], ["x", "y"], "no validation part can be cut: each of the 2 classes has a single text"),
    ],
)
def test_texts_that_cannot_be_learned_from_are_refused(texts, labels, message):
    labels = labels if labels is None else np.array(labels, dtype=object if "x" in labels or "" in labels else None)
    with pytest.raises(ValueError, match=message):
        TextClassifier("complement_nb").fit(texts, labels)


def test_unfitted_classifier_says_so():
    with pytest.raises(NotFittedError):
        TextClassifier().predict(["a"])


def test_no_texts_have_no_predictions(two):
    classifier = TextClassifier("complement_nb").fit(*two)
    assert classifier.predict([]).shape == (0,)
    assert classifier.predict_proba([]).shape == (0, 2)
    assert classifier.predict(["", None]).shape == (2,)


def test_saved_model_is_read_by_python_and_by_the_program(two, tmp_path):
    classifier = TextClassifier("gru", **SMALL).fit(*two)
    classifier.save(tmp_path / "model")
    loaded = nf.load_model(tmp_path / "model")
    np.testing.assert_array_equal(loaded.predict_proba(NEW), classifier.predict_proba(NEW))
    again = TextClassifier.load(tmp_path / "model")
    assert again.predict(NEW).tolist() == classifier.predict(NEW).tolist()
    command = [sys.executable, "-m", "ninefold", "predict", str(tmp_path / "model")]
    said = subprocess.run(command, input="\n".join(NEW), capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in said.splitlines()] == classifier.predict(NEW).tolist()


def test_pickle_carries_the_model_to_another_process(two, tmp_path):
    classifier = TextClassifier("gru", **SMALL).fit(two[0], [{"pos": 1, "neg": 0}[label] for label in two[1]])
    expected = classifier.predict_proba(NEW)
    (tmp_path / "classifier.pickle").write_bytes(pickle.dumps(classifier))
    np.save(tmp_path / "expected.npy", expected)
    program = (
        "import pickle, numpy as np; classifier = pickle.load(open('classifier.pickle', 'rb'));"
        f"np.testing.assert_array_equal(classifier.predict_proba({NEW!r}), np.load('expected.npy'));"
        "assert classifier.classes_.tolist() == [0, 1] and classifier.best_epoch_ >= 1"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_representations_name_what_was_changed(two):
    classifier = TextClassifier("complement_nb", class_weight="balanced")
    assert repr(classifier) == "TextClassifier(class_weight='balanced', model='complement_nb')"
    assert "TextClassifier" in classifier._repr_html_()
    predictor = classifier.fit(*two).model_
    assert "complement_nb" in repr(predictor) and "<table>" in predictor._repr_html_()
