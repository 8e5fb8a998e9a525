"""Labels of any type -> classes, their numbers, and the names by which a saved model knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ninefold._ninefold import NinefoldError

__all__ = ["Classes"]


@dataclass(frozen=True)
class Classes:
    """The classes of some labels.

    Attributes
    ----------
    values
        The classes as the labels have them, sorted.
    names
        What each is called in a saved model: ``str(value)``.
    """

    values: NDArray[Any]
    names: list[str]

    @staticmethod
    def of(*labels: Any) -> Classes:
        """The classes of several columns of labels together."""
        columns = [_column(part) for part in labels]
        try:
            values = np.unique(np.concatenate(columns))
        except TypeError as error:
            kinds = sorted({type(label).__name__ for column in columns for label in column.tolist()})
            raise NinefoldError(f"labels of several types ({', '.join(kinds)}): convert them to one, such as str") from error
        names = [str(value).strip() for value in values.tolist()]
        if "" in names:
            raise NinefoldError("labels: one of them is an empty string: name the class, or leave out its texts")
        if len(set(names)) < len(names):
            raise NinefoldError(f"labels: two classes have the same name as text: {', '.join(names)}")
        return Classes(values, names)

    def codes(self, labels: Any) -> list[int]:
        """The number of each label's class.

        Raises
        ------
        NinefoldError
            When there is no such class.
        """
        column = _column(labels)
        codes = np.searchsorted(self.values, column) if column.size else np.zeros(0, dtype=np.intp)
        codes = np.minimum(codes, len(self.values) - 1)
        strange = np.flatnonzero(self.values[codes] != column)
        if strange.size:
            row = int(strange[0])
            known = ", ".join(self.names)
            raise NinefoldError(f"labels: row {row} is {column[row : row + 1].tolist()[0]!r}, which is none of the training texts' classes: {known}")
        numbers: list[int] = codes.tolist()
        return numbers

    def order_in(self, names: list[str]) -> NDArray[np.intp]:
        """Where each class is among the names of a saved model."""
        index = {name: position for position, name in enumerate(names)}
        return np.array([index[name] for name in self.names], dtype=np.intp)


def _column(labels: Any) -> NDArray[Any]:
    if labels is None:
        raise NinefoldError("labels: expected one for each text, found none")
    array = np.asarray(labels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.ravel()
    if array.ndim != 1:
        raise NinefoldError(f"labels: expected one column, found an array of shape {array.shape}")
    missing = [row for row, label in enumerate(array.tolist()) if _is_missing(label)] if array.dtype.kind in "Of" else []
    if missing:
        raise NinefoldError(f"labels: row {missing[0]} has none (None or NaN): leave out such texts")
    return array


def _is_missing(label: Any) -> bool:
    return label is None or type(label).__name__ in {"NAType", "NaTType"} or (isinstance(label, float) and label != label)
