"""Progress of long calls: bars, callbacks, log lines and warnings."""

from __future__ import annotations

import logging
import multiprocessing
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

__all__ = ["NinefoldWarning", "Progress", "ProgressLike", "watcher_of"]

logger = logging.getLogger("ninefold")

_DELAY = 1.0  # seconds before a bar is drawn: short work draws none


class NinefoldWarning(UserWarning):
    """What was noticed about the texts, such as a class that only the test part has."""


@dataclass(frozen=True)
class Progress:
    """How far a piece of work is; what a callback is given.

    Attributes
    ----------
    task
        What is done: ``"word2vec + gru"``.
    unit
        What is counted: ``"texts"``, ``"words"``, ``"bytes"``.
    total
        How many units there are; None where that is unknown.
    done
        How many of them are done.
    status
        Figures such as ``"epoch 2/12  loss 1.834"``.
    """

    task: str
    unit: str
    total: int | None
    done: int = 0
    status: str = ""


#: None: a bar where there is a terminal or a notebook; True or False; or a function that is called with a :class:`Progress`.
ProgressLike = bool | Callable[[Progress], object] | None


class Watcher:
    """What the extension calls. This one logs notices, warns, and shows nothing."""

    def begin(self, task: str, unit: str, total: int | None) -> None:
        """A piece of work begins."""

    def advance(self, amount: int) -> None:
        """More units are done."""

    def status(self, text: str) -> None:
        """Figures of the current piece."""

    def end(self) -> None:
        """The current piece is done."""

    def notice(self, text: str) -> None:
        """A sentence about the work."""
        logger.info(text)

    def warn(self, text: str) -> None:
        """A sentence about the texts."""
        warnings.warn(text, NinefoldWarning, stacklevel=4)


class Bars(Watcher):
    """Draws tqdm's bars, in a terminal or a notebook."""

    def __init__(self, tqdm: Any) -> None:
        self._tqdm = tqdm
        self._bar: Any = None

    def begin(self, task: str, unit: str, total: int | None) -> None:
        self.end()
        self._bar = self._tqdm(desc=task, total=total, unit=f" {unit}", unit_scale=True, leave=False, delay=_DELAY)

    def advance(self, amount: int) -> None:
        if self._bar is not None:
            self._bar.update(amount)

    def status(self, text: str) -> None:
        if self._bar is not None and text:
            self._bar.set_postfix_str(text.splitlines()[0], refresh=False)

    def end(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


class Callback(Watcher):
    """Tells a function how far the work is. What it raises ends the work."""

    def __init__(self, function: Callable[[Progress], object]) -> None:
        self._function = function
        self._progress: Progress | None = None

    def begin(self, task: str, unit: str, total: int | None) -> None:
        self._tell(Progress(task, unit, total))

    def advance(self, amount: int) -> None:
        if self._progress is not None:
            self._tell(replace(self._progress, done=self._progress.done + amount))

    def status(self, text: str) -> None:
        if self._progress is not None:
            self._tell(replace(self._progress, status=text))

    def end(self) -> None:
        self._progress = None

    def _tell(self, progress: Progress) -> None:
        self._progress = progress
        self._function(progress)


def watcher_of(progress: ProgressLike) -> Watcher:
    """Who watches a call.

    Raises
    ------
    ImportError
        When bars are asked for and tqdm is not installed.
    """
    if callable(progress):
        return Callback(progress)
    if progress is False or (progress is None and not _has_viewer()):
        return Watcher()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if progress:
            raise ImportError("progress=True needs tqdm: pip install tqdm") from None
        return Watcher()
    return Bars(tqdm)


def _has_viewer() -> bool:
    """Whether there is a terminal or a notebook, and this is no worker process."""
    if multiprocessing.parent_process() is not None:
        return False
    ipython: Any = sys.modules.get("IPython")
    is_notebook = ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None
    return is_notebook or bool(getattr(sys.stderr, "isatty", bool)())
