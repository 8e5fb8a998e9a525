"""Whatever texts are in, and what is refused."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conftest import STRINGS

from ninefold import NinefoldError
from ninefold._texts import column_of, texts_of

TEXTS = ["a", "", "naïve 😀", "d"]
MISSING = ["a", None, "naïve 😀", "d"]


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        MISSING,
        ["a", float("nan"), "naïve 😀", "d"],
        ["a", pd.NA, "naïve 😀", "d"],
        np.array(TEXTS, dtype=object),
        np.array(TEXTS),
        *(np.array(TEXTS, dtype=dtype) for dtype in STRINGS),
        np.array(TEXTS, dtype=object).reshape(-1, 1),
        pd.Series(TEXTS),
        pd.Series(MISSING, dtype=object),
        pd.Series(MISSING, dtype="string"),
        pd.Series(MISSING, dtype="str"),
        pd.Series(MISSING, dtype=pd.ArrowDtype(pa.large_string())),
        pd.Series(TEXTS).astype("category"),
        pd.Series(MISSING, index=[7, 7, 1, 0]),
        pd.DataFrame({"text": MISSING}),
        pd.DataFrame({"text": MISSING}, dtype=object),
        pl.Series(MISSING),
        pl.Series(TEXTS, dtype=pl.Categorical),
        pl.DataFrame({"text": MISSING}),
        pa.chunked_array([["a", None], ["naïve 😀", "d"]]),
        pa.chunked_array([pa.array(MISSING, pa.string_view())]),
        pa.table({"text": MISSING}),
    ],
    ids=lambda texts: f"{type(texts).__module__.split('.')[0]}-{type(texts).__name__}-{getattr(texts, 'dtype', '')}",
)
def test_every_kind_of_column_gives_the_same_texts(texts):
    assert texts_of(texts).to_list() == TEXTS


def test_texts_of_arrow_are_sliced_as_their_column():
    frame = pd.DataFrame({"text": [f"t{n}" for n in range(10)]})
    assert texts_of(frame["text"][3:5]).to_list() == ["t3", "t4"]
    assert texts_of(pl.Series(frame["text"])[8:]).to_list() == ["t8", "t9"]


def test_no_texts_are_none():
    for texts in ([], np.array([]), pd.Series([], dtype="str"), pl.Series([], dtype=pl.String)):
        assert len(texts_of(texts)) == 0


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        ("one text", NinefoldError, r"found a single string: put it into a list, \[text\]"),
        (b"bytes", TypeError, r"found bytes: decode them, such as data.decode\('utf-8'\)"),
        ([b"bytes"], TypeError, r"expected a string in row 0, found bytes: decode them"),
        ((text for text in TEXTS), TypeError, r"found a generator, which can be read once only: pass list\(texts\)"),
        ({"a": 1}, TypeError, r"found a dict, which has no rows"),
        ({"a"}, TypeError, r"found a set"),
        (7, TypeError, r"found int"),
        (["a", 7], TypeError, r"expected a string in row 1, found int"),
        (["a", ["b"]], TypeError, r"expected a string in row 1, found list"),
        (["a", datetime.date(2026, 1, 1)], TypeError, r"row 1, found date"),
        (np.array([1.0, 2.0]), TypeError, r"expected strings, found an array of float64"),
        (np.array([["a", "b"], ["c", "d"]]), NinefoldError, r"expected one column, found an array of shape \(2, 2\)"),
        (pd.Series([1, 2]), TypeError, r"expected a (column of )?string.*, found .*[Ii]nt"),
        (pd.DataFrame({"title": ["a"], "body": ["b"]}), NinefoldError, r"found 2 \(title, body\): choose one"),
        (pl.DataFrame({"title": ["a"], "body": ["b"]}), NinefoldError, r"found 2 \(title, body\): choose one"),
        (pa.table({"title": ["a"], "body": ["b"]}), NinefoldError, r"found 2 \(title, body\): choose one"),
        (pl.Series([1.5]), TypeError, r"expected (a column of )?strings, found .*[Ff]loat64"),
        (["lone \ud800 surrogate"], ValueError, r"row 0 holds a lone surrogate"),
    ],
)
def test_what_holds_no_texts_is_refused_with_what_to_do(texts, error, message):
    with pytest.raises(error, match=message):
        texts_of(texts)


@pytest.mark.parametrize("frame", [pd.DataFrame({"text": ["a"]}), pl.DataFrame({"text": ["a"]}), pa.table({"text": ["a"]})])
def test_columns_are_taken_by_name(frame):
    assert texts_of(column_of(frame, "text")).to_list() == ["a"]
    with pytest.raises(NinefoldError, match="no column 'body'"):
        column_of(frame, "body")
