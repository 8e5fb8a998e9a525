"""Labels for batches of rows, as tables of pyarrow or frames of pandas."""

from __future__ import annotations

from typing import Any

import numpy as np

from ninefold._ninefold import NinefoldError
from ninefold._texts import column_of
from ninefold.predictor import Predictor

__all__ = ["Labeller"]


class Labeller:
    """Adds the columns ``label`` and ``probability`` to batches, of which the column ``text`` has the texts."""

    def __init__(self, predictor: Predictor, text: str, label: str, probability: str | None, threads: int) -> None:
        if label == probability:
            raise NinefoldError(f"label and probability are both {label!r}: name two columns")
        self._predictor = predictor
        self._text, self._label, self._probability, self._threads = text, label, probability, threads

    def arrow(self, batch: Any) -> Any:
        """A table of pyarrow with the new columns; columns of these names are replaced."""
        import pyarrow as pa

        labels, probabilities = self._columns(column_of(batch, self._text))
        columns = {self._label: pa.array(labels, pa.string())}
        if self._probability is not None:
            columns[self._probability] = pa.array(probabilities, pa.float32())
        for name, column in columns.items():
            there = batch.column_names.index(name) if name in batch.column_names else None
            batch = batch.append_column(name, column) if there is None else batch.set_column(there, name, column)
        return batch

    def pandas(self, batch: Any) -> Any:
        """A frame of pandas with the new columns; columns of these names are replaced."""
        labels, probabilities = self._columns(column_of(batch, self._text))
        new = {self._label: labels} | ({} if self._probability is None else {self._probability: probabilities})
        return batch.assign(**new)

    def _columns(self, texts: Any) -> tuple[list[str], np.ndarray[Any, Any]]:
        found = self._predictor.predict_proba(texts, n_jobs=self._threads, progress=False)
        labels = self._predictor.labels
        best = found.argmax(axis=1) if found.size else np.zeros(0, dtype=np.intp)
        return [labels[index] for index in best.tolist()], found[np.arange(len(best)), best]
