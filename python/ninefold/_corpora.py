"""What users give to a comparison, a search or a diagnosis -> a corpus and settings as the extension takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ninefold._labels import Classes
from ninefold._ninefold import Corpus, NinefoldError, Part
from ninefold._settings import Settings, seed_of, settings_of
from ninefold._texts import column_of, texts_of

__all__ = ["comparison_settings", "corpus_of"]


def corpus_of(texts: Any, labels: Any, *, test: Any, validation: Any, text: str | None, label: str | None) -> Corpus:
    """The parts: pairs of texts and labels, or frames with two columns.

    Raises
    ------
    NinefoldError
        For parts without labels, and when there is nothing to learn from.
    """
    pairs = {
        "train": _pair("texts", (texts, labels) if labels is not None else texts, text, label),
        "validation": None if validation is None else _pair("validation", validation, text, label),
        "test": None if test is None else _pair("test", test, text, label),
    }
    parts = {name: pair for name, pair in pairs.items() if pair is not None}
    classes = Classes.of(*(labels for _, labels in parts.values()))
    made = {name: Part(texts_of(texts), classes.codes(labels)) for name, (texts, labels) in parts.items()}
    if len(made["train"]) == 0:
        raise NinefoldError("0 texts: there is nothing to learn from")
    return Corpus(classes.names, **made)


def comparison_settings(
    *,
    embeddings: Iterable[str] | None,
    models: Iterable[str] | None,
    preset: str | None,
    settings: Mapping[str, Any] | None,
    random_state: Any,
    seeds: int | None = None,
) -> Settings:
    """The settings of a comparison or a search."""
    seed = seed_of(random_state)
    given: dict[str, Any] = {
        "embeddings": None if embeddings is None else _names("embeddings", embeddings),
        "seeds": seeds,
        "seed": seed,
        "corpus.split_seed": seed,
        **(settings or {}),
    }
    return settings_of(preset, given.items(), None if models is None else _names("models", models))


def _names(parameter: str, names: Iterable[str]) -> list[str]:
    if isinstance(names, str):
        raise NinefoldError(f"{parameter}: expected a list, found a single string: write [{names!r}]")
    return list(names)


def _pair(name: str, part: Any, text: str | None, label: str | None) -> tuple[Any, Any]:
    """Texts and labels: a pair as it is, or two columns of a frame."""
    if isinstance(part, tuple) and len(part) == 2:
        return part
    if text is None or label is None:
        raise NinefoldError(f"{name}: expected texts and labels, or a frame with text='COLUMN' and label='COLUMN'")
    return column_of(part, text), column_of(part, label)
