"""Word vectors: trained on texts or read from a file, with gensim's names, and a transformer of scikit-learn."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Self, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ninefold._ninefold import NinefoldError, Texts, Vectors, load_vectors, train_vectors
from ninefold._progress import ProgressLike, watcher_of
from ninefold._settings import Settings, seed_of, settings_of
from ninefold._texts import texts_of
from ninefold._threads import threads_of

__all__ = ["WordVectors", "embed"]

_KINDS = ("word2vec", "fasttext", "glove", "pretrained")
#: Sections of settings that word vectors depend on, beside their own.
_SECTIONS = ("tokenizer.", "vocab.")


def embed(texts: Any, kind: str = "word2vec", **parameters: Any) -> WordVectors:
    """Trains word vectors on texts: ``WordVectors(kind, **parameters).fit(texts)``.

    Examples
    --------
    >>> import ninefold as nf
    >>> texts = [f"the cat chased mouse {n % 7} and the dog slept" for n in range(200)]
    >>> vectors = nf.embed(texts, "word2vec", dim=16, epochs=2)
    >>> vectors["cat"].shape
    (16,)
    >>> "parrot" in vectors
    False
    """
    return WordVectors(kind, **parameters).fit(texts)


class WordVectors(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]  # untyped
    """Word vectors. As a transformer of scikit-learn they give each text the mean vector of its words.

    Parameters
    ----------
    kind : {"word2vec", "fasttext", "glove", "pretrained"}, default="word2vec"
        How they are made.
    dim, window, epochs : int, default=None
        Length of a vector, context on each side, passes over the texts; None is the default of the kind.
    min_count : int, default=None
        How often a word must occur (``vocab.min_count``).
    path : str, default=None
        Of ``kind="pretrained"``: a file (word2vec, fastText, GloVe, safetensors), a folder of model2vec, or a release such as
        ``"6B.100d"``.
    settings : dict, default=None
        Further settings of the kind (``{"negative": 10}``), of the tokenizer and of the vocabulary (``{"tokenizer.lowercase": False}``).
    random_state : int, RandomState or None, default=None
        The seed; None is the default seed.
    n_jobs : int or None, default=None
        Number of threads. None is 1, with which the same seed gives the same bytes. -1 is as many as there are processors.
    progress : bool, callable or None, default=None
        None shows a bar where there is a terminal or a notebook. A function is called with a :class:`~ninefold.Progress`.

    Attributes
    ----------
    vectors : numpy.ndarray of float32, shape (words, dim)
        All vectors, not copied and read-only.
    index_to_key : list of str
        The words by row, the most frequent first.
    key_to_index : dict
        The row of each word.
    vector_size : int
        Length of a vector.

    Examples
    --------
    >>> import ninefold as nf
    >>> texts = [f"the cat chased mouse {n % 7} and the dog slept" for n in range(200)]
    >>> vectors = nf.WordVectors("fasttext", dim=16, epochs=2).fit(texts)
    >>> vectors.transform(["the cat", "the dog slept"]).shape
    (2, 16)
    >>> vectors.index_to_key[0]
    'the'
    >>> [word for word, cosine in vectors.most_similar("cat", topn=1)] != ["cat"]
    True
    """

    table_: Vectors
    _words: list[str] | None
    _rows: dict[str, int] | None

    def __init__(
        self,
        kind: str = "word2vec",
        *,
        dim: int | None = None,
        window: int | None = None,
        epochs: int | None = None,
        min_count: int | None = None,
        path: str | None = None,
        settings: Mapping[str, Any] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        progress: ProgressLike = None,
    ) -> None:
        self.kind = kind
        self.dim = dim
        self.window = window
        self.epochs = epochs
        self.min_count = min_count
        self.path = path
        self.settings = settings
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Trains on texts; pretrained vectors are read from their file, and ``X`` is not looked at. ``y`` is never."""
        watcher = watcher_of(self.progress)
        settings = self._settings()
        if self.kind == "pretrained":
            if self.path is None:
                raise NinefoldError("path: expected a file with word vectors, or a release such as '6B.100d', found None")
            self._set(load_vectors(os.fspath(self.path), settings, watcher))
            return self
        texts = self._texts(X)
        if len(texts) == 0:
            raise NinefoldError("0 texts: there is nothing to learn from (0 sample(s) while a minimum of 1 is required)")
        self._set(train_vectors(texts, self.kind, settings, threads_of(self.n_jobs), watcher))
        return self

    @classmethod
    def load(cls, path: str | os.PathLike[str], **parameters: Any) -> Self:
        """Reads word vectors: a file of any known format, a folder of model2vec, or a release such as ``"6B.100d"``."""
        return cls("pretrained", path=os.fspath(path), **parameters).fit()

    def transform(self, X: Any) -> NDArray[np.float32]:
        """The mean vector of the words of each text that have one; zeros where none has.

        Returns
        -------
        numpy.ndarray of float32, shape (texts, vector_size)
        """
        check_is_fitted(self)
        means = self.table_.means(self._texts(X), threads_of(self.n_jobs), watcher_of(self.progress))
        return means.reshape(-1, self.vector_size)

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        """Writes them to a file: ``.safetensors``, ``.bin``, ``.vec`` or ``.txt``, or in the format of that name."""
        check_is_fitted(self)
        self.table_.save(os.fspath(path), format, watcher_of(self.progress))

    @property
    def vectors(self) -> NDArray[np.float32]:
        """All vectors."""
        check_is_fitted(self)
        return self.table_.matrix()

    @property
    def vector_size(self) -> int:
        """Length of a vector."""
        check_is_fitted(self)
        return self.table_.dim

    @property
    def index_to_key(self) -> list[str]:
        """The words by row."""
        check_is_fitted(self)
        if self._words is None:
            self._words = self.table_.words
        return self._words

    @property
    def key_to_index(self) -> dict[str, int]:
        """The row of each word."""
        check_is_fitted(self)
        if self._rows is None:
            self._rows = {word: row for row, word in enumerate(self.index_to_key)}
        return self._rows

    def get_vector(self, key: str, norm: bool = False) -> NDArray[np.float32]:
        """The vector of a word, of length 1 if ``norm``; of an unknown word the mean of its n-grams, where there are any.

        Raises
        ------
        KeyError
            When the word has no vector.
        """
        check_is_fitted(self)
        vector = self.table_.vector(key)
        if vector is None:
            raise KeyError(f"no vector for {key!r}")
        return _unit(vector) if norm else vector

    @overload
    def __getitem__(self, key: str) -> NDArray[np.float32]: ...
    @overload
    def __getitem__(self, key: Iterable[str]) -> NDArray[np.float32]: ...
    def __getitem__(self, key: str | Iterable[str]) -> NDArray[np.float32]:
        """The vector of a word, or those of several as rows."""
        if isinstance(key, str):
            return self.get_vector(key)
        return np.stack([self.get_vector(word) for word in key])

    def __contains__(self, key: object) -> bool:
        """Whether a word has a vector of its own or, of FastText, by its n-grams."""
        check_is_fitted(self)
        return isinstance(key, str) and self.table_.vector(key) is not None

    def has_index_for(self, key: str) -> bool:
        """Whether a word is in the table."""
        check_is_fitted(self)
        return self.table_.index(key) is not None

    def __len__(self) -> int:
        """Number of words."""
        check_is_fitted(self)
        return len(self.table_)

    def __bool__(self) -> bool:
        return True

    def similarity(self, w1: str, w2: str) -> float:
        """The cosine of the angle between two words."""
        return float(self.get_vector(w1, norm=True) @ self.get_vector(w2, norm=True))

    def most_similar(
        self,
        positive: str | ArrayLike | list[Any] | None = None,
        negative: str | list[Any] | None = None,
        topn: int = 10,
    ) -> list[tuple[str, float]]:
        """The words most like some, and least like others, with their cosines: the mean of their directions, as in gensim.

        Parameters
        ----------
        positive, negative : str, vector, or list of them
            ``most_similar(positive=["king", "woman"], negative=["man"])``.
        topn
            How many.
        """
        check_is_fitted(self)
        items = [(item, 1.0) for item in _listed(positive)] + [(item, -1.0) for item in _listed(negative)]
        if not items:
            raise NinefoldError("most_similar: expected at least one word or vector, found none")
        directions, given = [], []
        for item, sign in items:
            vector = self.get_vector(item) if isinstance(item, str) else np.asarray(item, dtype=np.float32)
            directions.append(sign * _unit(vector))
            row = self.table_.index(item) if isinstance(item, str) else None
            given += [] if row is None else [row]
        mean = np.mean(directions, axis=0)
        return self.table_.nearest(mean.tolist(), topn, given, threads_of(self.n_jobs))

    def similar_by_word(self, word: str, topn: int = 10) -> list[tuple[str, float]]:
        """The words most like a word."""
        return self.most_similar(word, topn=topn)

    def similar_by_vector(self, vector: ArrayLike, topn: int = 10) -> list[tuple[str, float]]:
        """The words most like a vector."""
        return self.most_similar([vector], topn=topn)

    def _texts(self, X: Any) -> Texts:
        return texts_of(X)

    def _settings(self) -> Settings:
        if self.kind not in _KINDS:
            raise NinefoldError(f"kind: expected one of {', '.join(_KINDS)}, found {self.kind!r}")
        own = {"dim": self.dim, "window": self.window, "epochs": self.epochs}
        if self.kind == "pretrained" and (given := [name for name, value in own.items() if value is not None]):
            raise NinefoldError(f"{given[0]} has no effect here: pretrained vectors are as their file has them")
        if self.kind != "pretrained" and self.path is not None:
            raise NinefoldError(f"path has no effect here: it applies only to kind='pretrained', and kind is {self.kind!r}")
        others = {key if key.startswith(_SECTIONS) else f"embedding.{self.kind}.{key}": value for key, value in self._given()}
        own = {f"embedding.{self.kind}.{key}": value for key, value in own.items()}
        pairs = {**own, "vocab.min_count": self.min_count, "seed": seed_of(self.random_state), **others}
        return settings_of(None, pairs.items())

    def _given(self) -> Iterable[tuple[str, Any]]:
        return (self.settings or {}).items()

    def _set(self, table: Vectors) -> None:
        self.table_ = table
        self._words, self._rows = None, None

    @property
    def _n_features_out(self) -> int:
        return self.vector_size

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "table_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []  # vectors are float32, and texts have no dtype
        tags.requires_fit = self.kind != "pretrained"
        return tags


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return vector if length == 0.0 else vector / np.float32(length)


def _listed(items: Any) -> list[Any]:
    if items is None:
        return []
    if isinstance(items, str) or (isinstance(items, np.ndarray) and items.ndim == 1 and items.dtype.kind == "f"):
        return [items]
    return list(items)
