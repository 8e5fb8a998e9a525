"""Text classifiers and word vectors: trained, compared, explained, saved.

>>> import ninefold as nf
>>> texts = [f"{word} film number {n}" for n in range(30) for word in ("great", "dull")]
>>> clf = nf.TextClassifier("complement_nb").fit(texts, ["pos", "neg"] * 30)
>>> clf.predict(["a great film"]).tolist()
['pos']

- :class:`TextClassifier` is an estimator of scikit-learn: one network, baseline or ensemble.
- :class:`WordVectors` are word vectors with gensim's names, and a transformer of scikit-learn; :func:`embed` trains them.
- :func:`compare` trains many models on the same texts and returns a :class:`Leaderboard`.
- :func:`diagnose` says whether the model or the data limits the score, as a :class:`Diagnosis`.
- :mod:`ninefold.ray` compares, searches and predicts on a Ray cluster; :mod:`ninefold.spark` predicts in Spark.
- :func:`load_model` loads the folder of a saved model, also one of the program ``ninefold``, as a :class:`Predictor`.

``TextClassifier`` and ``WordVectors`` need scikit-learn; frames and bars need pandas, polars and tqdm only where they are used.
Notices go to the logger ``"ninefold"``; what is odd about texts is a :class:`NinefoldWarning`.
"""

from typing import TYPE_CHECKING, Any

from ninefold._ninefold import NinefoldError, __version__
from ninefold._ninefold import model_names as models
from ninefold._progress import NinefoldWarning, Progress
from ninefold.diagnosis import Diagnosis, diagnose
from ninefold.leaderboard import Leaderboard, Report, compare
from ninefold.predictor import Predictor, load_model

if TYPE_CHECKING:
    from ninefold.classifier import TextClassifier
    from ninefold.vectors import WordVectors, embed

__all__ = [
    "Diagnosis",
    "Leaderboard",
    "NinefoldError",
    "NinefoldWarning",
    "Predictor",
    "Progress",
    "Report",
    "TextClassifier",
    "WordVectors",
    "__version__",
    "compare",
    "diagnose",
    "embed",
    "load_model",
    "models",
]

#: What needs scikit-learn, and where it is.
_OF_SKLEARN = {"TextClassifier": "classifier", "WordVectors": "vectors", "embed": "vectors"}

#: Modules that are loaded when they are used.
_MODULES = ("ray", "spark")


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"ninefold.{name}")
    if name not in _OF_SKLEARN:
        raise AttributeError(f"module 'ninefold' has no attribute {name!r}")
    try:
        module = import_module(f"ninefold.{_OF_SKLEARN[name]}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] == "sklearn":
            raise ImportError(f"ninefold.{name} needs scikit-learn: pip install scikit-learn") from error
        raise
    return getattr(module, name)


def __dir__() -> list[str]:
    return __all__
