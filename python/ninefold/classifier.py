"""A text classifier as scikit-learn has them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d

from ninefold._labels import Classes
from ninefold._ninefold import Corpus, NinefoldError, Part, Texts, Vectors, fit, model_names, reads_vectors
from ninefold._progress import ProgressLike, watcher_of
from ninefold._settings import Settings, seed_of, settings_of
from ninefold._texts import texts_of
from ninefold._threads import threads_of
from ninefold.predictor import Predictor, load_model
from ninefold.vectors import WordVectors

__all__ = ["TextClassifier"]

#: The members of each ensemble, unless ``members`` names others.
_MEMBERS = {
    "vote_selected": ("gru", "complement_nb", "tfidf_svm"),
    "stacked": ("gru", "complement_nb", "tfidf_svm"),
    "vote_networks": ("rnn", "lstm", "gru"),
    "vote_seeds": ("gru",),
}
_ALIASES = {"vote": "vote_selected"}
_VOTING_SEEDS = 3

#: Settings that a parameter of the estimator has.
_PARAMETERS = {
    "models": "model",
    "baselines": "model",
    "ensembles": "members",
    "embeddings": "embedding",
    "seed": "random_state",
    "corpus.validation_fraction": "validation_fraction",
    "training.class_weight": "class_weight",
}
#: Settings without an effect on a single model, by how they begin, and why.
_ELSEWHERE = {
    "search": "searches have it",
    "distill": "distillations have it",
    "log": "a comparison writes logs into its run folder",
    "keep_": "there is no run folder",
    "csv_cells": "no CSV files are written",
    "minutes": "it limits comparisons",
    "costs": "it decides among the models of a comparison",
    "folds": "cross_val_score and cross_val_predict of scikit-learn divide the texts",
    "diagnos": "ninefold.diagnose makes a diagnosis",
    "statistics.": "it compares several models",
    "corpus.": "texts come from memory, and none are test texts",
}
#: Settings that begin so and have one.
_HERE = ("statistics.rank_by", "corpus.split_seed", "corpus.strip", "corpus.labels", "corpus.validation")


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """A network over word vectors, a linear baseline, or an ensemble of several.

    The texts are all of the preprocessing: the model divides them into words itself. Part of the training texts is held out to choose
    the best epoch, C, smoothing and the temperature of the probabilities.

    Parameters
    ----------
    model : str, default="gru"
        A network (``"rnn"``, ``"lstm"``, ``"gru"``, ``"cnn"``, ``"swem"``, ...), a baseline (``"complement_nb"``, ``"tfidf_svm"``,
        ``"tfidf_logistic"``, ``"fasttext_supervised"``, ...) or an ensemble (``"vote"``, ``"vote_networks"``, ``"vote_seeds"``,
        ``"stacked"``). :func:`ninefold.models` lists all.
    embedding : str or WordVectors, default=None
        The word vectors of networks: ``"word2vec"`` (the default), ``"fasttext"``, ``"glove"``, or several side by side such as
        ``"word2vec+glove"``; they are trained on the training texts. A fitted :class:`WordVectors` is used as it is; one that is not
        fitted is fitted on the training texts. (scikit-learn's ``clone`` takes the vectors away from a fitted one: wrap it in
        ``sklearn.frozen.FrozenEstimator`` to keep them in a grid search.)
    members : sequence of str, default=None
        The networks and baselines of an ensemble.
    preset : {"default", "strong", "round1", "round2"}, default=None
        A built-in set of settings.
    hidden_size, dim, epochs, batch_size, learning_rate, max_len : default=None
        The settings ``model.hidden_size``, ``embedding.dim``, ``training.epochs``, ``training.batch_size``,
        ``training.learning_rate`` and ``training.max_len``; None is the preset's value. One without an effect on the model is refused.
    class_weight : "balanced", dict or None, default=None
        How much the texts of each class count, as in scikit-learn.
    validation_fraction : float, default=0.1
        Fraction of the training texts that is held out, unless ``fit`` is given an ``eval_set``.
    settings : dict, default=None
        Any setting of the config file by its name: ``{"model.pooling": "max", "training.label_smoothing": 0.1}``.
    random_state : int, RandomState or None, default=None
        Seed of word vectors, weights, dropout, shuffling and of the texts held out. None is the preset's seed: results are repeatable
        without one.
    n_jobs : int or None, default=None
        Number of threads of ``fit`` and ``predict``. None is 1 (or what ``joblib.parallel_config`` says), -1 as many as there are
        processors. Word2Vec and FastText vectors differ slightly from run to run with more than one thread; nothing else does.
    progress : bool, callable or None, default=None
        None shows a bar where there is a terminal or a notebook. A function is called with a :class:`~ninefold.Progress`.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The classes, of the type that ``y`` has.
    model_ : Predictor
        The trained model, whose labels are strings.
    n_epochs_ : int
        Epochs trained; 0 of a baseline or an ensemble.
    best_epoch_ : int
        The epoch whose parameters were kept, counted from 1.
    validation_score_ : float
        Accuracy on the texts held out.
    history_ : list of dict
        Losses and scores after each epoch.

    Examples
    --------
    >>> import ninefold as nf
    >>> texts = [f"{word} film number {n}" for n in range(30) for word in ("great", "dull")]
    >>> stars = [5, 1] * 30
    >>> clf = nf.TextClassifier("gru", dim=8, hidden_size=8, epochs=12, learning_rate=0.02, random_state=0).fit(texts, stars)
    >>> clf.predict(["such a dull film", "a great one"])
    array([1, 5])
    >>> clf.predict_proba(["such a dull film"]).shape
    (1, 2)
    """

    classes_: NDArray[Any]
    model_: Predictor
    n_epochs_: int
    best_epoch_: int
    validation_score_: float
    history_: list[dict[str, float]]

    def __init__(
        self,
        model: str = "gru",
        embedding: str | WordVectors | None = None,
        *,
        members: Sequence[str] | None = None,
        preset: str | None = None,
        hidden_size: int | None = None,
        dim: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        max_len: int | None = None,
        class_weight: str | Mapping[Any, float] | None = None,
        validation_fraction: float = 0.1,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        progress: ProgressLike = None,
    ) -> None:
        self.model = model
        self.embedding = embedding
        self.members = members
        self.preset = preset
        self.hidden_size = hidden_size
        self.dim = dim
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_len = max_len
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.settings = settings
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, eval_set: tuple[Any, Any] | None = None) -> Self:
        """Trains on texts with their labels.

        Parameters
        ----------
        X : list, array or column of strings
            The texts; None and NaN are empty ones.
        y : list, array or column
            Their labels, of any type that can be sorted.
        sample_weight : list, array or column of numbers from 0 up, optional
            How much each text counts in training, times the weight of its class; None is 1 for all. Linear models and networks
            minimise the weighted loss, naive Bayes counts a text of weight 2 twice. Networks divide by the sum of a batch's weights.
            The members of an ensemble are trained with the weights. Word vectors, TF-IDF and the vocabulary do not depend on them,
            nor do the scores on texts held out, by which epochs and settings are chosen.
        eval_set : (texts, labels), optional
            Texts on which epochs and settings are chosen, in place of a fraction of ``X``.

        Returns
        -------
        TextClassifier

        Raises
        ------
        NinefoldError
            For settings without a meaning or an effect, labels or weights of another length, a single class.
        KeyboardInterrupt
            Within half a second of Ctrl-C.
        """
        texts = self._texts(X)
        labels = _labels(y, texts)
        classes = Classes.of(labels)
        if len(classes.names) < 2:
            raise NinefoldError(f"all labels are of one class ({classes.names[0]}): a classifier needs at least two classes")
        validation = None if eval_set is None else self._part(eval_set, classes)
        models, vectors = self._models(), self._vectors(X)
        codes = classes.codes(labels)
        weights = None if sample_weight is None else _weights(sample_weight, codes, classes)
        corpus = Corpus(classes.names, Part(texts, codes, weights), validation)
        settings = self._settings(models, classes)
        model = fit(corpus, settings, vectors, threads_of(self.n_jobs), watcher_of(self.progress))
        self.classes_ = classes.values
        self.model_ = Predictor(model)
        self._order = classes.order_in(model.labels)
        row = json.loads(model.row or "{}")
        self.n_epochs_, self.best_epoch_ = row["epochs"], row["best_epoch"]
        self.validation_score_ = row["validation"]["accuracy"]
        self.history_ = json.loads(model.history or "[]")
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """The probability of each class.

        Returns
        -------
        numpy.ndarray of float32, shape (texts, classes)
            Columns are in the order of ``classes_``.
        """
        return self._probabilities(X)[:, self._order]

    def predict(self, X: Any) -> NDArray[Any]:
        """The most probable class of each text.

        Returns
        -------
        numpy.ndarray, shape (texts,)
            Of the type of ``classes_``.
        """
        found = self._probabilities(X).argmax(axis=1)
        class_of = np.empty_like(self._order)
        class_of[self._order] = np.arange(len(self._order))
        predicted: NDArray[Any] = self.classes_[class_of[found]]
        return predicted

    def predict_log_proba(self, X: Any) -> NDArray[np.float64]:
        """The logarithm of the probability of each class, shape (texts, classes)."""
        return np.log(np.maximum(self.predict_proba(X).astype(np.float64), np.finfo(np.float32).tiny))

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Logarithms of probabilities: of two classes the log-odds of the second, shape (texts,), else shape (texts, classes)."""
        logs = self.predict_log_proba(X)
        if logs.shape[1] > 2:
            return logs
        of_second = np.exp(logs[:, 1])
        return logs[:, 1] - np.log1p(-np.minimum(of_second, 1.0 - np.finfo(np.float32).epsneg))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes the model into a folder, where :func:`ninefold.load_model` and ``ninefold predict`` read it.

        Labels become strings. Pickle keeps the estimator itself.
        """
        check_is_fitted(self)
        self.model_.save(folder)

    @classmethod
    def load(cls, folder: str | os.PathLike[str], **parameters: Any) -> Self:
        """A fitted classifier from the folder of any saved model; its classes are strings."""
        estimator = cls(**parameters)
        estimator.model_ = load_model(folder)
        estimator.classes_ = np.array(estimator.model_.labels)
        estimator._order = np.arange(len(estimator.classes_))
        return estimator

    def _probabilities(self, X: Any) -> NDArray[np.float32]:
        """Columns are in the order of the model's labels."""
        check_is_fitted(self)
        return self.model_.predict_proba(self._texts(X), n_jobs=self.n_jobs, progress=self.progress)

    def _texts(self, X: Any) -> Texts:
        return texts_of(X)

    def _part(self, eval_set: tuple[Any, Any], classes: Classes) -> Part:
        if not isinstance(eval_set, tuple) or len(eval_set) != 2:
            raise NinefoldError("eval_set: expected a pair (texts, labels)")
        texts, labels = eval_set
        return Part(self._texts(texts), classes.codes(labels))

    def _models(self) -> list[str]:
        """The names of everything that is trained."""
        model = _ALIASES.get(self.model, self.model)
        if model not in _MEMBERS:
            if self.members is not None:
                ensembles = ", ".join([*_ALIASES, *_MEMBERS])
                raise NinefoldError(f"members: only an ensemble has any, and model is {model!r}: choose one of {ensembles}")
            return [model]
        members = list(_MEMBERS[model] if self.members is None else self.members)
        if strange := [name for name in members if name in _MEMBERS or name not in model_names()]:
            raise NinefoldError(f"members: expected networks and baselines, found {strange[0]!r}")
        return [*members, model]

    def _vectors(self, X: Any) -> Vectors | None:
        """Vectors that are given, or that are trained with settings of their own."""
        vectors = getattr(self.embedding, "estimator", self.embedding)  # of a FrozenEstimator
        if vectors is None or isinstance(vectors, str):
            return None
        if not isinstance(vectors, WordVectors):
            found = type(vectors).__name__
            raise NinefoldError(f"embedding: expected a name such as 'word2vec' or ninefold.WordVectors, found {found}")
        if not vectors.__sklearn_is_fitted__():
            vectors = clone(vectors).fit(X)
        return vectors.table_

    def _settings(self, models: list[str], classes: Classes) -> Settings:
        trained = [name for name in models if name not in _MEMBERS]
        reads = reads_vectors(trained)
        if self.embedding is not None and not reads:
            raise NinefoldError(f"embedding has no effect here: {self.model} reads no word vectors, leave it out")
        embedding = self.embedding if isinstance(self.embedding, str) else "word2vec"
        seed = seed_of(self.random_state)
        pairs: list[tuple[str, Any]] = [
            ("embeddings", [embedding] if reads else None),
            ("seed", seed),
            ("seeds", _VOTING_SEEDS if models[-1] == "vote_seeds" else None),
            ("corpus.split_seed", seed),
            ("corpus.validation_fraction", self.validation_fraction),
            ("training.class_weight", self._class_weight(classes)),
            ("embedding.dim", self.dim),
            ("model.hidden_size", self.hidden_size),
            ("training.epochs", self.epochs),
            ("training.batch_size", self.batch_size),
            ("training.learning_rate", self.learning_rate),
            ("training.max_len", self.max_len),
        ]
        return settings_of(self.preset, [*pairs, *_checked(self.settings or {})], models)

    def _class_weight(self, classes: Classes) -> str | dict[str, float] | None:
        if self.class_weight is None or isinstance(self.class_weight, str):
            return self.class_weight
        if not isinstance(self.class_weight, Mapping):
            raise NinefoldError(f"class_weight: expected 'balanced', a dict or None, found {self.class_weight!r}")
        names = dict(zip(classes.values.tolist(), classes.names, strict=True))
        if strange := [label for label in self.class_weight if label not in names]:
            raise NinefoldError(f"class_weight: {strange[0]!r} is none of the classes {', '.join(classes.names)}")
        return {names[label]: float(weight) for label, weight in self.class_weight.items()}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _labels(y: Any, texts: Texts) -> NDArray[Any]:
    """Labels as one column, checked as scikit-learn checks them."""
    if y is None:
        raise NinefoldError("TextClassifier requires y to be passed, but the target y is None")
    if len(texts) == 0:
        raise NinefoldError("0 texts: there is nothing to learn from (0 sample(s) while a minimum of 1 is required)")
    labels: NDArray[Any] = column_or_1d(np.asarray(y), warn=True)
    if len(labels) != len(texts):
        raise NinefoldError(f"{len(texts)} texts and {len(labels)} labels: there must be one label for each text")
    if labels.dtype.kind != "O":
        check_classification_targets(labels)
    return labels


def _weights(sample_weight: Any, codes: list[int], classes: Classes) -> list[float]:
    """A weight for each text, whose classes are ``codes``."""
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (len(codes),):
        raise NinefoldError(f"sample_weight: expected one number for each of {len(codes)} texts, found an array of shape {weights.shape}")
    if (strange := np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))).size:
        row = int(strange[0])
        raise NinefoldError(f"sample_weight: row {row}: expected a number from 0 up, found {weights[row]}")
    totals = np.bincount(codes, weights, len(classes.names))
    if (without := np.flatnonzero(totals == 0)).size:
        name = classes.names[int(without[0])]
        raise NinefoldError(f"sample_weight: all texts of the class {name} have the weight zero: leave them out")
    found: list[float] = weights.tolist()
    return found


def _checked(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    for key, value in settings.items():
        if parameter := _PARAMETERS.get(key):
            raise NinefoldError(f"settings: {key} is the parameter {parameter} of TextClassifier")
        for beginning, reason in _ELSEWHERE.items():
            if key.startswith(beginning) and key not in _HERE:
                raise NinefoldError(f"settings: {key} has no effect on a single model: {reason}")
        if value is None:
            raise NinefoldError(f"settings: {key} is None: leave it out to have the preset's value")
    return list(settings.items())

