"""Saved models at work."""

from __future__ import annotations

import html
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ninefold._ninefold import Model, NinefoldError
from ninefold._progress import ProgressLike, watcher_of
from ninefold._texts import texts_of
from ninefold._threads import threads_of

__all__ = ["Predictor", "load_model"]


def load_model(folder: str | os.PathLike[str]) -> Predictor:
    """Loads a saved model of any kind: a network, a baseline, an ensemble.

    Parameters
    ----------
    folder
        A folder that :meth:`Predictor.save`, :meth:`TextClassifier.save` or the program ``ninefold`` wrote, such as ``RUN/best``.

    Raises
    ------
    NinefoldError
        When the folder holds no model, a damaged one, or one of a newer version.
    OSError
        When it cannot be read.
    """
    return Predictor(Model.load(os.fspath(folder)))


class Predictor:
    """A trained model. Any number of threads may use one predictor at the same time, and it can be pickled.

    Parameters
    ----------
    model
        The model of the extension; use :func:`load_model`.

    Attributes
    ----------
    labels : list of str
        The classes. Columns of probabilities are in their order.
    name : str
        ``"word2vec + gru"``, ``"complement_nb"``; of an ensemble what its members are.
    parameter_count : int
        Numbers in all of its networks and baselines.

    Examples
    --------
    >>> import ninefold as nf
    >>> texts = [f"{word} film number {n}" for n in range(30) for word in ("great", "dull")]
    >>> clf = nf.TextClassifier("complement_nb").fit(texts, ["pos", "neg"] * 30)
    >>> predictor = clf.model_
    >>> predictor.labels
    ['neg', 'pos']
    >>> predictor.predict(["a great film"])
    array(['pos'], dtype=object)
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def labels(self) -> list[str]:
        """The classes."""
        return self._model.labels

    @property
    def name(self) -> str:
        """What it is."""
        return self._model.name

    @property
    def parameter_count(self) -> int:
        """Numbers in all of its networks and baselines."""
        return self._model.parameter_count

    @property
    def protocols(self) -> list[str]:
        """On which texts its members were trained."""
        return self._model.protocols

    def predict_proba(self, texts: Any, *, n_jobs: int | None = None, progress: ProgressLike = None) -> NDArray[np.float32]:
        """The probability of each label.

        Parameters
        ----------
        texts : list, array or column of strings
            None and NaN are empty texts. No texts give no rows.
        n_jobs
            Number of threads: None is 1, -1 as many as there are processors.
        progress
            None: a bar where there is a terminal or a notebook; True, False, or a function that is called with a
            :class:`~ninefold.Progress`.

        Returns
        -------
        numpy.ndarray of float32, shape (texts, labels)
        """
        found = self._model.predict_proba(texts_of(texts), threads_of(n_jobs), watcher_of(progress))
        return found.reshape(-1, len(self._model.labels))

    def predict(self, texts: Any, *, n_jobs: int | None = None, progress: ProgressLike = None) -> NDArray[np.object_]:
        """The most probable label of each text; parameters as in :meth:`predict_proba`.

        Returns
        -------
        numpy.ndarray of str objects, shape (texts,)
        """
        probabilities = self.predict_proba(texts, n_jobs=n_jobs, progress=progress)
        labels: NDArray[np.object_] = np.array(self.labels, dtype=object)[probabilities.argmax(axis=1)]
        return labels

    def top(
        self, texts: Any, n: int = 3, *, n_jobs: int | None = None, progress: ProgressLike = None
    ) -> list[list[tuple[str, float]]]:
        """The ``n`` most probable labels of each text with their probabilities, best first."""
        if n < 1:
            raise NinefoldError(f"n: expected at least 1, found {n}")
        labels = self.labels
        probabilities = self.predict_proba(texts, n_jobs=n_jobs, progress=progress)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :n]
        rows = zip(best.tolist(), probabilities, strict=True)
        return [[(labels[label], float(row[label])) for label in order] for order, row in rows]

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes the model into a folder, where :func:`load_model` and ``ninefold predict`` read it."""
        self._model.save(os.fspath(folder))

    def __reduce__(self) -> tuple[Callable[..., Predictor], tuple[Model]]:
        return Predictor, (self._model,)

    def __repr__(self) -> str:
        return f"<ninefold.Predictor {self.name}: {len(self.labels)} labels, {self.parameter_count:,} parameters>"

    def _repr_html_(self) -> str:
        labels = ", ".join(self.labels[:20]) + (", ..." if len(self.labels) > 20 else "")
        facts = {"labels": labels, "parameters": f"{self.parameter_count:,}", "trained on": "\n".join(self.protocols[:1])}
        rows = "".join(f"<tr><th>{key}</th><td>{html.escape(value)}</td></tr>" for key, value in facts.items())
        return f"<table><caption>{html.escape(self.name)}</caption>{rows}</table>"
