"""Comparisons of many models on the same texts, and what they found."""

from __future__ import annotations

import html
import json
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ninefold._corpora import comparison_settings, corpus_of
from ninefold._ninefold import NinefoldError, Run
from ninefold._ninefold import compare as _compare
from ninefold._progress import ProgressLike, watcher_of
from ninefold._threads import threads_of
from ninefold.diagnosis import Diagnosis
from ninefold.predictor import Predictor, load_model

if TYPE_CHECKING:
    import pandas
    import polars

__all__ = ["Leaderboard", "Report", "compare"]

_PARTS = ("test", "validation", "train")
_SCORES = ("accuracy", "f1_macro", "f1_weighted", "precision_weighted", "recall_weighted")
_REPORT = "report.html"


def compare(
    texts: Any,
    labels: Any = None,
    *,
    test: Any = None,
    validation: Any = None,
    text: str | None = None,
    label: str | None = None,
    embeddings: Iterable[str] | None = None,
    models: Iterable[str] | None = None,
    seeds: int | None = None,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    run_dir: str | os.PathLike[str] | None = None,
    random_state: Any = None,
    n_jobs: int | None = -1,
    progress: ProgressLike = None,
) -> Leaderboard:
    """Trains many models on the same texts, scores them on a test part, and says which differences are significant.

    Everything is kept in a run folder. The same call resumes there after an interruption: texts are known by their checksum, wherever
    they come from.

    Parameters
    ----------
    texts, labels
        The texts and their labels, each a list, an array or a column. Or a frame of pandas or polars, with ``text`` and ``label``.
    test, validation : (texts, labels) or frame, optional
        Given parts. Without a test part a fifth of the texts is cut off at random, without a validation part a tenth of the rest.
    text, label : str, optional
        The columns of frames.
    embeddings : list of str, optional
        Word vectors to compare: ``"word2vec"``, ``"fasttext"``, ``"glove"``, or several as one input, ``"word2vec+glove"``.
    models : list of str, optional
        Networks, baselines and ensembles to compare, as :func:`ninefold.models` lists them. The default is the preset's: three recurrent
        networks, all baselines, two ensembles.
    seeds : int, optional
        Trainings of each network, with consecutive seeds.
    preset : {"default", "strong", "round1", "round2"}, optional
        A built-in set of settings.
    settings : dict, optional
        Any setting of the config file by its name: ``{"training.epochs": 5}``.
    run_dir : path, optional
        The run folder; the default is ``ninefold-runs/texts-CHECKSUM-SETTINGS``.
    random_state : int, optional
        The first seed of trainings, and the seed of random splits.
    n_jobs : int or None, default=-1
        Number of threads: -1 is as many as there are processors.
    progress : bool, callable or None, default=None
        None shows a bar where there is a terminal or a notebook. A function is called with a :class:`~ninefold.Progress`.

    Returns
    -------
    Leaderboard

    Raises
    ------
    NinefoldError
        For texts that cannot be learned from, and settings without a meaning; a folder with a run of other settings.
    KeyboardInterrupt
        Within half a second of Ctrl-C. What is finished is kept, and the same call resumes.

    Examples
    --------
    >>> import tempfile
    >>> import ninefold as nf
    >>> texts = [f"{word} film number {n}" for n in range(40) for word in ("great", "dull")]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     board = nf.compare(texts, ["pos", "neg"] * 40, models=["complement_nb", "tfidf_svm"], run_dir=folder + "/run")
    ...     prediction = board.best.predict(["a dull film"])
    >>> len(board), prediction.tolist()
    (2, ['neg'])
    """
    run = _compare(
        corpus_of(texts, labels, test=test, validation=validation, text=text, label=label),
        comparison_settings(
            embeddings=embeddings, models=models, preset=preset, settings=settings, random_state=random_state, seeds=seeds
        ),
        None if run_dir is None else os.fspath(run_dir),
        threads_of(n_jobs),
        watcher_of(progress),
    )
    return Leaderboard(run)


class Leaderboard:
    """The results of a comparison.

    In a notebook it is drawn as a table with what the results say. ``len(board)`` is the number of rows.

    Parameters
    ----------
    run
        The run of the extension; use :func:`compare` or :meth:`Leaderboard.load`.

    Attributes
    ----------
    run_dir : pathlib.Path
        The run folder: models, predictions, records, ``report.html``.
    rows : list of dict
        One for each model and seed, as ``leaderboard.json`` has them.
    insights : list of str
        What the results say, in sentences.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._board: dict[str, Any] = json.loads(run.leaderboard)
        self.run_dir = Path(run.folder)
        self.rows: list[dict[str, Any]] = self._board["rows"]
        self.insights: list[str] = run.insights

    @classmethod
    def load(cls, run_dir: str | os.PathLike[str]) -> Leaderboard:
        """The results in a run folder, also of a run of the program ``ninefold``."""
        return cls(Run.open(os.fspath(run_dir)))

    @property
    def best(self) -> Predictor:
        """The model with the best validation score. The test texts have no say in it."""
        folder = self._run.best_row
        if folder is None:
            raise NinefoldError("no model could be trained: the column error of to_pandas() says why")
        kept = self.run_dir / "best"
        return load_model(kept if kept.is_dir() else self.run_dir / folder / "model")

    def model(self, name: str) -> Predictor:
        """The model of a row by its name, such as ``"word2vec + gru"``, or by its folder, such as ``"pairs/word2vec-gru"``."""
        names = [_name_of(row) for row in self.rows]
        for row, known in zip(self.rows, names, strict=True):
            if name in (known, row["folder"]):
                return load_model(self.run_dir / row["folder"] / "model")
        raise NinefoldError(f"no row {name!r}: expected one of {', '.join(dict.fromkeys(names))}")

    @property
    def diagnosis(self) -> Diagnosis | None:
        """What limits the scores; None where the comparison made no diagnosis (``settings={"diagnose": "none"}``)."""
        return Diagnosis.load(self.run_dir)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One flat dict for each row: names, scores, intervals, ranks, seconds."""
        return [_flat(row) for row in self.rows]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a frame of pandas, the best test score first."""
        import pandas

        frame = pandas.DataFrame(self.to_dicts())
        return frame.sort_values(self._score, ascending=False, kind="stable", ignore_index=True)

    def to_polars(self) -> polars.DataFrame:
        """The rows as a frame of polars, the best test score first."""
        import polars

        frame = polars.DataFrame(self.to_dicts(), infer_schema_length=None)
        return frame.sort(self._score, descending=True, nulls_last=True, maintain_order=True)

    def to_markdown(self) -> str:
        """The table in Markdown, with the protocol above and the insights below it."""
        return self._run.markdown()

    def report(self) -> Report:
        """The page with plots, confusion matrices and mistakes. A notebook shows it inline."""
        return Report(self.run_dir / _REPORT)

    @property
    def _score(self) -> str:
        main = str(self._board.get("main_score", "accuracy"))
        return main if main in _SCORES else "accuracy"

    def __len__(self) -> int:
        return len(self.rows)

    def __str__(self) -> str:
        return self._run.table(shutil.get_terminal_size().columns)

    def __repr__(self) -> str:
        return f"<ninefold.Leaderboard of {len(self)} rows in {self.run_dir}>"

    def _repr_html_(self) -> str:
        columns = ("model", "accuracy", "interval", "f1_macro", "rank", "seconds")
        head = "".join(f"<th>{column}</th>" for column in columns)
        rows = sorted(self.to_dicts(), key=lambda row: -(row[self._score] or 0.0))
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in _cells(row))}</tr>" for row in rows)
        said = "".join(f"<li>{html.escape(insight)}</li>" for insight in self.insights)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><ul>{said}</ul>"


class Report:
    """A page in a file. A notebook shows it inline.

    Attributes
    ----------
    path : pathlib.Path
        The file; it needs no other.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def html(self) -> str:
        """The page."""
        return self.path.read_text(encoding="utf-8")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Copies the page."""
        shutil.copyfile(self.path, path)

    def _repr_html_(self) -> str:
        page = html.escape(self.html(), quote=True)
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 40em; border: 0"></iframe>'

    def __repr__(self) -> str:
        return f"<ninefold.Report {self.path}>"


def _name_of(row: Mapping[str, Any]) -> str:
    """As leaderboards have it: ``"word2vec + gru"``, ``"complement_nb"``."""
    embedding, model = row["embedding"], row["model"]
    return str(model) if embedding in ("", "-", "none") else f"{embedding} + {model}"


def _kind_of(row: Mapping[str, Any]) -> str:
    if row.get("ensemble"):
        return "ensemble"
    return "baseline" if row.get("baseline") else "network"


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {
        "name": _name_of(row),
        "kind": _kind_of(row),
        "embedding": row["embedding"],
        "model": row["model"],
        "seed": row["seed"],
        "rank": row.get("rank"),
    }
    for part in _PARTS:
        scores = row.get(part) or {}
        prefix = "" if part == "test" else f"{part}_"
        flat |= {f"{prefix}{score}": scores.get(score) for score in _SCORES}
    for score, interval in (row.get("interval") or {}).items():
        flat |= {f"{score}_low": interval["low"], f"{score}_high": interval["high"]}
    flat |= {f"seconds_{what}": seconds for what, seconds in row["seconds"].items()}
    for key in ("parameters", "epochs", "best_epoch", "folder", "error"):
        flat[key] = row.get(key)
    return flat


def _cells(row: Mapping[str, Any]) -> list[str]:
    def percent(value: float | None) -> str:
        return "" if value is None else f"{100 * value:.1f}"

    low, high = row.get("accuracy_low"), row.get("accuracy_high")
    interval = "" if low is None or high is None else f"{percent(low)} to {percent(high)}"
    seconds = sum(row[key] for key in row if key.startswith("seconds_"))
    rank = row["rank"]
    return [
        row["name"],
        percent(row["accuracy"]),
        interval,
        percent(row["f1_macro"]),
        "" if rank is None else str(rank),
        f"{seconds:.1f}",
    ]

