"""Texts as people have them -> the extension's ``Texts``.

Taken are lists and tuples of strings, NumPy arrays (object, ``U``, ``StringDType``), Series and one-column frames of pandas and polars,
and every other object with Arrow's C stream. A missing text (None, NaN, ``pandas.NA``) is an empty one. Strings of Arrow columns are
not copied into Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from ninefold._ninefold import NinefoldError, Texts

__all__ = ["column_of", "texts_of"]

_STRINGS = "OUT"  # kinds of NumPy arrays that hold strings: object, str_, StringDType


def texts_of(texts: Any) -> Texts:
    """The texts, whatever they are in.

    Raises
    ------
    NinefoldError
        For a single string, and for a table with several columns.
    TypeError
        For what holds no strings; the message names the first such row.
    """
    if isinstance(texts, Texts):
        return texts
    _refuse(texts)
    if hasattr(texts, "columns") and hasattr(texts, "shape") and texts.shape[1] != 1:
        names, count = ", ".join(map(str, getattr(texts, "column_names", texts.columns))), texts.shape[1]
        raise NinefoldError(f"texts: expected one column, found {count} ({names}): choose one, such as frame['text']")
    if isinstance(texts, (list, tuple)):
        return Texts.of_list(list(texts))
    if hasattr(texts, "iloc"):
        return _of_pandas(texts)
    if hasattr(texts, "__arrow_c_stream__"):
        return Texts.of_arrow(texts)
    if hasattr(texts, "__array__"):
        return Texts.of_list(_flat(np.asarray(texts)).tolist())
    if isinstance(texts, Sequence):
        return Texts.of_list(list(texts))
    raise TypeError(f"texts: expected a list, an array or a column of strings, found {_name(texts)}")


def column_of(frame: Any, name: str) -> Any:
    """The column of that name of a pandas or polars frame, or of a pyarrow table."""
    try:
        return frame[name]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise NinefoldError(f"no column {name!r} in a {_name(frame)}: give the name of one of its columns") from error
    except Exception as error:  # polars has exceptions of its own
        if type(error).__name__ == "ColumnNotFoundError":
            raise NinefoldError(f"no column {name!r} in a {_name(frame)}: give the name of one of its columns") from error
        raise


def _refuse(texts: Any) -> None:
    if isinstance(texts, str):
        raise NinefoldError("texts: expected several texts, found a single string: put it into a list, [text]")
    if isinstance(texts, (bytes, bytearray)):
        raise TypeError("texts: expected strings, found bytes: decode them, such as data.decode('utf-8'), and pass a list")
    if isinstance(texts, Iterator):
        raise TypeError("texts: expected a list or an array, found a generator, which can be read once only: pass list(texts)")
    if isinstance(texts, (Mapping, Set)):
        raise TypeError(f"texts: expected a list or an array, found a {_name(texts)}, which has no rows: pass a list")
    if hasattr(texts, "tocsr"):
        raise TypeError("texts: expected strings, found a sparse matrix: pass the texts themselves")


def _of_pandas(column: Any) -> Texts:
    if column.ndim == 2:
        column = column.iloc[:, 0]
    if column.dtype != object and hasattr(column, "__arrow_c_stream__"):
        try:
            return Texts.of_arrow(column)
        except ImportError:  # pandas exports columns with the help of pyarrow
            pass
    return Texts.of_list(_flat(column.to_numpy(dtype=object)).tolist())


def _flat(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A one-dimensional array, or the only column of a two-dimensional one."""
    if array.ndim == 2 and array.shape[1] == 1:
        array = array.ravel()
    if array.ndim != 1:
        raise NinefoldError(f"texts: expected one column, found an array of shape {array.shape}: choose a column, array[:, 0]")
    if array.dtype.kind not in _STRINGS and array.size:
        raise TypeError(f"texts: expected strings, found an array of {array.dtype}")
    return array


def _name(value: Any) -> str:
    return type(value).__name__
