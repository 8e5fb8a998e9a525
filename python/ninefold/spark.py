"""Predictions in Spark, without a dependency on it.

>>> import ninefold.spark
>>> label = ninefold.spark.labeller("run/best")                                             # doctest: +SKIP
>>> frame.mapInPandas(label, "text string, label string, probability float")                # doctest: +SKIP
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ninefold._batches import Labeller
from ninefold.predictor import Predictor, load_model

if TYPE_CHECKING:
    import pandas

__all__ = ["labeller"]


def labeller(
    model: Predictor | str | os.PathLike[str],
    *,
    text: str = "text",
    label: str = "label",
    probability: str | None = "probability",
) -> Callable[[Iterator[pandas.DataFrame]], Iterator[pandas.DataFrame]]:
    """A function for ``DataFrame.mapInPandas``: adds the columns ``label`` and ``probability``.

    The model travels with the function, so that no executor needs its folder; every executor needs this package. The schema that
    ``mapInPandas`` takes is that of the frame with ``label string`` and ``probability float`` at the end.

    Parameters
    ----------
    model : Predictor or path
        The model, or its folder on the driver.
    text : str, default="text"
        The column of the texts. All other columns stay.
    label, probability : str
        The new columns. ``probability=None`` leaves that out.

    Examples
    --------
    >>> import ninefold as nf, pandas
    >>> texts = [f"{word} film number {n}" for n in range(30) for word in ("great", "dull")]
    >>> model = nf.TextClassifier("complement_nb").fit(texts, ["pos", "neg"] * 30).model_
    >>> batches = [pandas.DataFrame({"text": ["a great film"]}), pandas.DataFrame({"text": ["a dull film"]})]
    >>> [frame["label"].tolist() for frame in labeller(model)(iter(batches))]
    [['pos'], ['neg']]
    """
    predictor = model if isinstance(model, Predictor) else load_model(model)
    made = Labeller(predictor, text, label, probability, 1)

    def label_batches(batches: Iterator[pandas.DataFrame]) -> Iterator[pandas.DataFrame]:
        for batch in batches:
            yield made.pandas(batch)

    return label_batches
