"""What limits the scores: the model or the data."""

from __future__ import annotations

import html
import json
import os
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from ninefold import _ninefold
from ninefold._corpora import corpus_of
from ninefold._ninefold import NinefoldError
from ninefold._progress import ProgressLike, watcher_of
from ninefold._settings import seed_of, settings_of
from ninefold._threads import threads_of

if TYPE_CHECKING:
    import pandas

__all__ = ["Budget", "Diagnosis", "Example", "Figure", "Finding", "Interval", "Probe", "Remedy", "Share", "Suspect", "Texts", "Verdict", "diagnose"]


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """The answer.

    Attributes
    ----------
    limit
        ``"model"``, ``"data"``, ``"score"`` (the score itself cannot be trusted) or ``"not_enough_evidence"``.
    sentence
        The answer with its numbers.
    checks
        The checks that it rests on, the largest effect first.
    needs
        What would give evidence where there is not enough.
    """

    limit: str
    sentence: str
    checks: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Figure:
    """A number with its name. ``unit`` is ``"fraction"``, ``"points"``, ``"number"`` or ``"count"``."""

    name: str
    value: float
    unit: str
    interval: Interval | None = None


@dataclass(frozen=True)
class Remedy:
    """Something that can be done, and what it is worth. Gains of several remedies must not be added.

    Attributes
    ----------
    action
        What to do: ``"twice the training texts"``.
    gain, interval
        The gain in accuracy, a fraction of all texts.
    side
        What it changes: ``"score"``, ``"model"`` or ``"data"``.
    basis
        How the gain is known: ``"measured"``, ``"forecast"`` or ``"at_most"``.
    cost
        What it takes.
    is_reported
        Whether the evidence suffices.
    check
        The check that it comes from.
    """

    check: str
    action: str
    side: str
    gain: float
    interval: Interval
    basis: str
    cost: str
    is_reported: bool


@dataclass(frozen=True)
class Example:
    """A text that shows a finding."""

    source: str
    label: str
    text: str
    why: str


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Attributes
    ----------
    check
        The name of the check.
    status
        ``"found"``, ``"not_found"`` or ``"not_enough_evidence"``.
    sentence
        What was measured.
    figures, remedies, examples
        The numbers, what can be done, a few texts.
    needs
        What would be needed to judge.
    detail
        What only this check has, as ``diagnosis.json`` has it: a learning curve, pairs of classes, other models.
    """

    check: str
    status: str
    sentence: str
    figures: list[Figure] = field(default_factory=list)
    remedies: list[Remedy] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    needs: str | None = None
    detail: dict[str, Any] | None = None


@dataclass(frozen=True)
class Suspect:
    """A text whose label is suspicious. It may well be right."""

    source: str
    label: str
    suggested: str
    probability: float
    suggested_probability: float
    is_sure: bool
    why: str
    text: str


@dataclass(frozen=True)
class Share:
    """A part of the error: the fraction of all texts that are wrong because of ``cause``; negative where it helps."""

    cause: str
    error: float
    interval: Interval
    texts: float | None = None


@dataclass(frozen=True)
class Budget:
    """What the error of ``model`` consists of: the shares add up to it."""

    model: str
    reference: str
    error: float
    interval: Interval
    shares: list[Share]


@dataclass(frozen=True)
class Probe:
    """Accuracies of a linear model that was trained for the diagnosis."""

    name: str
    held_out: float
    test: float | None
    is_reference: bool


@dataclass(frozen=True)
class Texts:
    """How many texts a diagnosis looked at, and how many there are."""

    learned: int
    learned_total: int
    test: int
    test_total: int
    classes: int


@dataclass(frozen=True)
class Diagnosis:
    """What limits the scores. A notebook shows it as a table; ``str`` gives the text that the program prints.

    Attributes
    ----------
    verdict
        The answer, in a sentence and by its kind.
    budget
        What the errors consist of; None where there are too few texts.
    remedies
        What each remedy is worth, the largest first.
    findings
        One for each check.
    suspects
        Texts whose label is suspicious, the most suspicious first.
    probes
        The linear models that were trained for the diagnosis.
    texts
        How many texts it looked at.
    confidence_level
        Of all intervals.
    """

    verdict: Verdict
    budget: Budget | None
    remedies: list[Remedy]
    findings: list[Finding]
    suspects: list[Suspect]
    probes: list[Probe]
    texts: Texts
    confidence_level: float
    _text: str = field(default="", repr=False, compare=False)

    @classmethod
    def load(cls, run_dir: str | os.PathLike[str]) -> Diagnosis | None:
        """The diagnosis in a run folder; None where there is none."""
        read = _ninefold.read_diagnosis(os.fspath(run_dir))
        return None if read is None else _diagnosis(*read)

    def finding(self, check: str) -> Finding:
        """The finding of a check by its name."""
        for finding in self.findings:
            if finding.check == check:
                return finding
        raise NinefoldError(f"no check {check!r}: expected one of {', '.join(finding.check for finding in self.findings)}")

    def to_pandas(self) -> pandas.DataFrame:
        """The suspicious labels as a frame of pandas."""
        import pandas

        columns = [column.name for column in fields(Suspect)]
        return pandas.DataFrame([[getattr(suspect, name) for name in columns] for suspect in self.suspects], columns=columns)

    def __str__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        remedies = [
            (remedy.action, f"{100 * remedy.gain:+.1f}", _points(remedy.interval), remedy.basis.replace("_", " "), remedy.cost)
            for remedy in self.remedies
            if remedy.is_reported
        ]
        found = "".join(f"<li>{html.escape(finding.sentence)}</li>" for finding in self.findings if finding.status == "found")
        table = _table(("remedy", "points", "interval", "basis", "cost"), remedies) if remedies else ""
        return f"<p><b>{html.escape(self.verdict.sentence)}</b></p>{table}<ul>{found}</ul>"


def diagnose(
    texts: Any = None,
    labels: Any = None,
    *,
    run: Any = None,
    test: Any = None,
    validation: Any = None,
    text: str | None = None,
    label: str | None = None,
    settings: Mapping[str, Any] | None = None,
    output: str | os.PathLike[str] | None = None,
    random_state: Any = None,
    n_jobs: int | None = -1,
    progress: ProgressLike = None,
) -> Diagnosis:
    """Says whether the model or the data limits the score, and what each remedy is worth.

    Trains linear models out of fold, in seconds. Looks for leaks, copies, wrong labels, two labels for one class, texts without known words,
    and test texts that differ from the training texts; forecasts what more texts would give.

    Parameters
    ----------
    texts, labels, test, validation, text, label
        The texts, as :func:`ninefold.compare` takes them.
    run : path or Leaderboard, optional
        In place of texts: a comparison, whose models are diagnosed. A comparison of texts in memory has made its diagnosis when it ended.
    settings : dict, optional
        Settings of ``corpus``, ``tokenizer``, ``statistics`` and ``diagnosis``: ``{"diagnosis.folds": 10}``.
    output : path, optional
        A folder for ``diagnosis.json``, ``suspects.csv`` and ``diagnosis.html``.
    random_state : int, optional
        Seed of folds, resamples and random splits.
    n_jobs : int or None, default=-1
        Number of threads: -1 is as many as there are processors.
    progress : bool, callable or None, default=None
        None shows a bar where there is a terminal or a notebook. A function is called with a :class:`~ninefold.Progress`.

    Returns
    -------
    Diagnosis

    Raises
    ------
    NinefoldError
        For texts that cannot be learned from, and settings on which no diagnosis depends.

    Examples
    --------
    >>> import ninefold as nf
    >>> texts = [f"{word} film number {n}" for n in range(40) for word in ("great", "dull")]
    >>> diagnosis = nf.diagnose(texts, ["pos", "neg"] * 40)
    >>> diagnosis.verdict.limit  # the test texts are near copies of training texts
    'score'
    """
    threads, watcher = threads_of(n_jobs), watcher_of(progress)
    if run is not None:
        given = {"texts": texts, "labels": labels, "test": test, "validation": validation, "settings": settings, "output": output}
        if unused := [name for name, value in {**given, "random_state": random_state}.items() if value is not None]:
            raise NinefoldError(f"{unused[0]} has no effect here: run has the texts and the settings of its comparison")
        folder = getattr(run, "run_dir", run)
        there = Diagnosis.load(folder)
        return there if there is not None else _diagnosis(*_ninefold.diagnose_run(os.fspath(folder), threads, watcher))
    if texts is None:
        raise NinefoldError("texts: expected texts and labels, or run=FOLDER")
    corpus = corpus_of(texts, labels, test=test, validation=validation, text=text, label=label)
    seed = seed_of(random_state)
    pairs = {"seed": seed, "corpus.split_seed": seed, **(settings or {})}
    made = _ninefold.diagnose(
        corpus, settings_of(None, pairs.items()), None if output is None else os.fspath(output), threads, watcher
    )
    return _diagnosis(*made)


def _diagnosis(record: str, text: str) -> Diagnosis:
    """The diagnosis of a record."""
    found = json.loads(record)["diagnosis"]
    made: Diagnosis = _typed(Diagnosis, {**found, "_text": text})
    return made


def _typed(kind: Any, value: Any) -> Any:
    """JSON as the dataclasses of this module. Keys of newer versions are left out."""
    origin = get_origin(kind)
    if value is None:
        return None
    if origin in (types.UnionType, Union):
        return _typed(next(part for part in get_args(kind) if part is not type(None)), value)
    if origin is list:
        return [_typed(get_args(kind)[0], item) for item in value]
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _typed(hint, value[name]) for name, hint in hints.items() if name in value})  # type: ignore[operator]
    return value


def _points(interval: Interval) -> str:
    return f"{100 * interval.low:+.1f} to {100 * interval.high:+.1f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    columns = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
