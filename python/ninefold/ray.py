"""Comparisons, searches and predictions on a Ray cluster.

>>> import ninefold.ray as nfr                                                             # doctest: +SKIP
>>> board = nfr.compare(frame, text="text", label="label", seeds=3, run_dir="run")         # doctest: +SKIP
>>> nfr.predict("s3://bucket/new/", board.best).write_parquet("s3://bucket/labelled/")     # doctest: +SKIP

- :func:`compare` trains each row as a task of its own; word vectors are tasks, too, and are made once.
- :func:`search` trains each trial as a task; the driver decides which go on.
- :func:`predict` labels a data set of Ray Data, with actors that load the model once.

Results are those of one machine, bit for bit. Every node needs this package in the same version. A task whose node dies starts again on
another node.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ninefold import _ninefold
from ninefold._batches import Labeller
from ninefold._corpora import comparison_settings, corpus_of
from ninefold._ninefold import Corpus, NinefoldError
from ninefold._progress import ProgressLike, Watcher, watcher_of
from ninefold._settings import Settings
from ninefold._threads import threads_of
from ninefold.leaderboard import Leaderboard
from ninefold.predictor import Predictor, load_model

try:
    import ray
except ModuleNotFoundError as error:
    raise ImportError("ninefold.ray needs Ray: pip install 'ninefold[ray]'") from error

__all__ = ["compare", "predict", "search"]

#: Files of a folder by their paths in it.
Files = dict[str, bytes]

_REPORT = 0.5  # seconds between two reports of a task
_WAIT = 0.2  # seconds after which the driver looks for progress
_ANSWER = 10.0  # seconds within which a cluster must accept a connection
_UPLOAD = 2.0  # seconds between two looks for new checkpoints
_SIMD = "NINEFOLD_SIMD"


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
    threads: int = 1,
    max_retries: int = 3,
    storage: str | None = None,
    n_jobs: int | None = -1,
    progress: ProgressLike = None,
) -> Leaderboard:
    """As :func:`ninefold.compare`, with each row trained as a task on the cluster.

    Parameters
    ----------
    texts, labels, test, validation, text, label, embeddings, models, seeds, preset, settings, random_state
        As :func:`ninefold.compare` takes them.
    run_dir : path, optional
        The run folder, on the driver. Finished tasks are kept beside it, in ``RUN_DIR.cells``: the same call resumes.
    threads : int, default=1
        Threads (and processors) of each task. The results are those of ``ninefold.compare(n_jobs=threads)``.
    max_retries : int, default=3
        How often a task starts again when its node dies.
    storage : str, optional
        An fsspec address that all nodes reach, such as ``"s3://bucket/checkpoints"``. A task that starts again resumes there after the
        last epoch; without it, it starts from the beginning.
    n_jobs : int or None, default=-1
        Threads of the driver when it puts the rows together.
    progress : bool, callable or None, default=None
        None shows a bar where there is a terminal or a notebook. A function is called with a :class:`~ninefold.Progress`, whose status
        has a line for each task at work.

    Returns
    -------
    Leaderboard

    Raises
    ------
    NinefoldError
        As :func:`ninefold.compare`.
    ray.exceptions.RayError
        When the cluster fails more often than ``max_retries``.
    """
    _start()
    corpus = corpus_of(texts, labels, test=test, validation=validation, text=text, label=label)
    given = comparison_settings(
        embeddings=embeddings, models=models, preset=preset, settings=settings, random_state=random_state, seeds=seeds
    )
    watcher = watcher_of(progress)
    folder = Path(_ninefold.default_run_dir(corpus, given) if run_dir is None else run_dir)
    cells = _ninefold.list_cells(corpus, given, threads, watcher)
    kept = folder.with_name(f"{folder.name}.cells")
    _Comparison(cells, corpus, given, kept, storage, max_retries, watcher).run()
    run = _ninefold.finish_cells(cells, corpus, given, [os.fspath(kept)], os.fspath(folder), threads_of(n_jobs), watcher)
    return Leaderboard(run)


class _Comparison:
    """The cells of a comparison on the cluster."""

    def __init__(
        self,
        cells: list[str],
        corpus: Corpus,
        settings: Settings,
        kept: Path,
        storage: str | None,
        max_retries: int,
        watcher: Watcher,
    ) -> None:
        self._cells = [json.loads(cell) for cell in cells]
        self._lines = cells
        self._kept = kept
        self._watcher = watcher
        self._shared = (ray.put(corpus), ray.put(settings))
        self._options = {"storage": storage}
        self._max_retries = max_retries

    def run(self) -> None:
        """Submits the unfinished tasks, and writes each result when it is ready."""
        vectors: dict[str, Any] = {}
        waiting: dict[Any, int] = {}
        self._watcher.begin("cells", "cells", len(self._cells))
        with _reports(self._watcher) as reports:
            needed = {part for number, cell in self._missing() for part in cell["vectors"]}
            for number, cell in enumerate(self._cells):
                part = cell["part"]
                if self._is_kept(number):
                    self._watcher.advance(1)
                    if part in needed:
                        vectors[part] = ray.put(_read(self._folder(number)))
                    continue
                if part.startswith("vectors/") and part not in needed:
                    self._watcher.advance(1)
                    continue
                read = [vectors[name] for name in cell["vectors"]]
                task = _run_cell.options(num_cpus=cell["threads"], max_retries=self._max_retries, name=part).remote(
                    self._lines[number], *self._shared, self._options, reports.actor, *read
                )
                waiting[task] = number
                if part.startswith("vectors/"):
                    vectors[part] = task
            try:
                self._collect(waiting, reports)
            finally:
                for task in waiting:  # after an error, or Ctrl-C
                    ray.cancel(task, force=True)
        self._watcher.end()

    def _collect(self, waiting: dict[Any, int], reports: _Reports) -> None:
        while waiting:
            done, _ = ray.wait(list(waiting), num_returns=1, timeout=_WAIT)
            for task in done:
                number = waiting.pop(task)
                _write(self._folder(number), ray.get(task))
                self._watcher.notice(f"{self._cells[number]['part']}: finished")
                self._watcher.advance(1)
            reports.show()

    def _missing(self) -> list[tuple[int, dict[str, Any]]]:
        return [(number, cell) for number, cell in enumerate(self._cells) if not self._is_kept(number)]

    def _folder(self, number: int) -> Path:
        """Of a cell; another comparison's has another name."""
        cell = self._cells[number]
        return self._kept / f"{number + 1}-{cell['part'].replace('/', '-')}-{cell['key'][:8]}"

    def _is_kept(self, number: int) -> bool:
        return (self._folder(number) / "cell.json").is_file()


def _simd(cell: Mapping[str, Any]) -> None:
    """Makes this process compute as the others do, unless it has begun."""
    os.environ.setdefault(_SIMD, cell["instruction_set"].removesuffix("_bf16"))


def _start() -> None:
    """Connects to the cluster, or starts Ray on this machine.

    Raises
    ------
    NinefoldError
        When the cluster does not answer, or has another version of Ray or Python.
    """
    if not ray.is_initialized():
        _expect_answer(os.environ.get("RAY_ADDRESS", ""), "start it with `ray start --head`, or unset RAY_ADDRESS to work on this machine")
        try:
            ray.init(log_to_driver=False)
        except RuntimeError as error:
            if "version mismatch" not in str(error).lower():
                raise
            raise NinefoldError(f"the cluster has other versions than this process: install the same on both. {error}") from error
    _expect_answer(ray.get_runtime_context().gcs_address, "it was closed; call ray.shutdown(), and connect to another one with ray.init()")


def _expect_answer(address: str, advice: str) -> None:
    """Ray itself waits for minutes where nothing listens. Addresses without a port ("auto", "local") are left to Ray."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER).close()
    except OSError as error:
        raise NinefoldError(f"no Ray cluster answers at {address}: {advice}") from error


@ray.remote
def _run_cell(line: str, corpus: Corpus, settings: Settings, options: dict[str, Any], reports: Any, *vectors: Files) -> Files:
    """Does the work of a cell -> the files of its folder."""
    cell = json.loads(line)
    _simd(cell)
    with tempfile.TemporaryDirectory(prefix="ninefold-") as place:
        made = [_write(Path(place) / f"vectors-{number}", files) for number, files in enumerate(vectors)]
        folder = Path(place) / "cell"
        with _checkpoints(options["storage"], cell, folder):
            watcher = _Reporter(cell["part"], reports)
            _ninefold.run_cell(line, corpus, settings, [os.fspath(path) for path in made], os.fspath(folder), watcher)
        return _read(folder)


def _read(folder: Path) -> Files:
    """The files of a folder, without locks."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _write(folder: Path, files: Files) -> Path:
    """Writes files into a folder, which appears when it is complete."""
    new = folder.with_name(f".new-{folder.name}")
    for name, content in files.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    new.replace(folder)
    return folder


class _Reporter(Watcher):
    """Tells the driver, from a task, how far the work is."""

    def __init__(self, name: str, reports: Any) -> None:
        self._name = f"{name} on node {ray.get_runtime_context().get_node_id()[:8]}"
        self._reports = reports
        self._task, self._done = "", 0
        self._total: int | None = None
        self._told = 0.0

    def begin(self, task: str, unit: str, total: int | None) -> None:
        self._task, self._done, self._total = task, 0, total
        self._tell("")

    def advance(self, amount: int) -> None:
        self._done += amount
        self._tell("")

    def status(self, text: str) -> None:
        self._tell(text.splitlines()[0] if text else "")

    def warn(self, text: str) -> None:
        """The driver has warned of the texts."""

    def _tell(self, text: str) -> None:
        if time.monotonic() - self._told < _REPORT:
            return
        self._told = time.monotonic()
        part = f"{100 * self._done // self._total} %" if self._total else f"{self._done}"
        self._reports.tell.remote(self._name, f"{self._task}: {part}  {text}".strip())


class _Board:
    """What each task said last."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[float, str]] = {}

    def tell(self, name: str, text: str) -> None:
        self._said[name] = (time.monotonic(), text)

    def lines(self) -> list[str]:
        """Of the tasks that said something within the last seconds."""
        now = time.monotonic()
        return [f"{name}: {text}" for name, (when, text) in sorted(self._said.items()) if now - when < 20 * _REPORT]


class _Reports:
    """The progress of all nodes, on the driver."""

    def __init__(self, watcher: Watcher) -> None:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self.actor = ray.remote(_Board).options(num_cpus=0, scheduling_strategy=here).remote()
        self._watcher = watcher
        self._asked: Any = None

    def show(self) -> None:
        """Shows what came since the last time; never waits."""
        if self._asked is None:
            self._asked = self.actor.lines.remote()
        if ray.wait([self._asked], timeout=0)[0]:
            lines = ray.get(self._asked)
            self._asked = None
            if lines:
                self._watcher.status("\n".join(lines))


@contextmanager
def _reports(watcher: Watcher) -> Iterator[_Reports]:
    reports = _Reports(watcher)
    try:
        yield reports
    finally:
        ray.kill(reports.actor)


@contextmanager
def _checkpoints(storage: str | None, cell: Mapping[str, Any], folder: Path) -> Iterator[None]:
    """Keeps the unfinished folder of a cell at an fsspec address, and takes it from there."""
    if storage is None:
        yield
        return
    import fsspec

    system, root = fsspec.core.url_to_fs(f"{storage.rstrip('/')}/{cell['key'][:16]}/{cell['part']}")
    known: dict[str, tuple[int, int]] = {}
    if system.exists(root):
        for name, content in _stored(system, root).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    ended = threading.Event()

    def upload() -> None:
        while not ended.wait(_UPLOAD):
            _store(system, root, folder, known)

    thread = threading.Thread(target=upload, name="ninefold-checkpoints", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if system.exists(root):
        system.rm(root, recursive=True)


def _stored(system: Any, root: str) -> Files:
    names = [path for path in system.find(root) if not path.endswith(".part")]
    return {path[len(root) :].lstrip("/"): system.cat_file(path) for path in names}


def _store(system: Any, root: str, folder: Path, known: dict[str, tuple[int, int]]) -> None:
    """Uploads the files that changed. The vectors are not among them: they come with the task."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith(("vectors/", "locks/", "looks/")) or path.name.startswith("."):
            continue
        try:
            if not path.is_file():
                continue
            stamp = (path.stat().st_mtime_ns, path.stat().st_size)
            content = path.read_bytes()
        except FileNotFoundError:  # replaced just now
            continue
        if known.get(name) != stamp:
            target = f"{root}/{name}"
            system.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            system.pipe_file(f"{target}.part", content)
            system.mv(f"{target}.part", target)
            known[name] = stamp


def search(
    texts: Any,
    labels: Any = None,
    *,
    test: Any = None,
    validation: Any = None,
    text: str | None = None,
    label: str | None = None,
    embeddings: Iterable[str] | None = None,
    models: Iterable[str] | None = None,
    trials: int | None = None,
    minutes: float | None = None,
    preset: str | None = None,
    settings: Mapping[str, Any] | None = None,
    run_dir: str | os.PathLike[str],
    random_state: Any = None,
    threads: int = 1,
    parallel: int | None = None,
    max_retries: int = 3,
    progress: ProgressLike = None,
) -> dict[str, Any]:
    """Searches for settings, as ``ninefold search`` does, with each trial trained as a task on the cluster.

    The driver keeps the state of the search and decides which trials go on (asynchronous successive halving); the record and the checkpoint
    of a trial travel with its tasks.

    Parameters
    ----------
    texts, labels, test, validation, text, label, embeddings, preset, settings, random_state
        As :func:`ninefold.compare` takes them. ``settings`` may hold the space: ``{"search.space.training.learning_rate": {"low": 1e-4,
        "high": 1e-2, "log": True}}``.
    models : list of str, optional
        The networks among which trials choose.
    trials, minutes : optional
        The budget. What is given replaces the limits of the settings.
    run_dir : path
        The folder of the search, on the driver: ``search.json``, ``best.toml``. The same call resumes.
    threads : int, default=1
        Threads (and processors) of each task.
    parallel : int, optional
        Trials at the same time; the default is as many as the cluster has processors for. With 1 a search repeats exactly.
    max_retries : int, default=3
        How often a task starts again when its node dies.
    progress : bool, callable or None, default=None
        As in :func:`compare`.

    Returns
    -------
    dict
        What ``search.json`` holds: ``"trials"``, ``"best"`` (the number of the best trial), ...
    """
    _start()
    corpus = corpus_of(texts, labels, test=test, validation=validation, text=text, label=label)
    limits: dict[str, Any] = {}
    if trials is not None or minutes is not None:
        limits = {"search.trials": trials or 0, "search.minutes": float(minutes or 0.0)}
    given = comparison_settings(
        embeddings=embeddings, models=models, preset=preset, settings={**limits, **(settings or {})}, random_state=random_state
    )
    shared = (ray.put(corpus), ray.put(given))
    name = _ninefold.instruction_set()
    task = _run_trial.options(num_cpus=threads, max_retries=max_retries)
    ended = threading.Event()

    def run(trial: int, rung: int, files: Files) -> Files:
        """Called by threads of the search."""
        job = task.remote(trial, rung, files, *shared, threads, name)
        while not ray.wait([job], timeout=_WAIT)[0]:
            if ended.is_set():
                ray.cancel(job)
                raise KeyboardInterrupt
        found: Files = ray.get(job)
        return found

    count = parallel or max(1, int(ray.cluster_resources().get("CPU", 1)) // threads)
    try:
        found = _ninefold.search(corpus, given, os.fspath(run_dir), 1, watcher_of(progress), run, count)
    finally:
        ended.set()
    results: dict[str, Any] = json.loads(found)
    return results


@ray.remote
def _run_trial(trial: int, rung: int, files: Files, corpus: Corpus, settings: Settings, threads: int, simd: str) -> Files:
    """Trains a trial up to a rung -> the files that it leaves."""
    _simd({"instruction_set": simd})
    with tempfile.TemporaryDirectory(prefix="ninefold-") as place:
        folder = _write(Path(place) / "trials", files) if files else Path(place)
        _ninefold.run_trial(trial, rung, corpus, settings, os.fspath(folder), threads, None)
        return _read(folder)


def _read_parquet(path: str) -> Any:
    """Reads Parquet by tasks alone. Ray 2.60 reads the files' ends by actors that do not start again: with the node of one of them the
    whole execution would end."""
    context = ray.data.DataContext.get_current()
    before = getattr(context, "use_datasource_v2", False)
    if not before:
        return ray.data.read_parquet(path)
    context.use_datasource_v2 = False
    try:
        return ray.data.read_parquet(path)
    finally:
        context.use_datasource_v2 = before


def predict(
    dataset: Any,
    model: Predictor | str | os.PathLike[str],
    *,
    text: str = "text",
    label: str = "label",
    probability: str | None = "probability",
    batch_size: int = 1024,
    threads: int = 1,
    concurrency: int | None = None,
) -> Any:
    """Labels a data set of Ray Data.

    Parameters
    ----------
    dataset : ray.data.Dataset or str
        A data set, or the address of Parquet files.
    model : Predictor or path
        The model, or its folder on the driver. Each actor loads it once.
    text : str, default="text"
        The column of the texts. All other columns stay.
    label, probability : str
        The new columns. ``probability=None`` leaves that out.
    batch_size : int, default=1024
        Rows at once.
    threads : int, default=1
        Threads (and processors) of each actor.
    concurrency : int, optional
        Actors. The default leaves one processor of the cluster to read and write.

    Returns
    -------
    ray.data.Dataset
        Not computed yet: ``.write_parquet(...)`` or ``.take(...)`` computes it.

    Examples
    --------
    >>> import ninefold.ray                                                                        # doctest: +SKIP
    >>> ninefold.ray.predict("s3://bucket/new/", "run/best").write_parquet("s3://bucket/labels/")  # doctest: +SKIP
    """
    _start()
    import ray.data

    if isinstance(dataset, (str, os.PathLike)):
        dataset = _read_parquet(os.fspath(dataset))
    predictor = model if isinstance(model, Predictor) else load_model(model)
    actors = concurrency or max(1, int(ray.cluster_resources().get("CPU", 1)) // threads - 1)
    return dataset.map_batches(
        _Labels,
        fn_constructor_args=(ray.put(predictor), text, label, probability, threads),
        batch_format="pyarrow",
        batch_size=batch_size,
        num_cpus=threads,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=actors),
    )


class _Labels:
    """An actor that labels batches."""

    def __init__(self, predictor: Any, text: str, label: str, probability: str | None, threads: int) -> None:
        loaded = predictor if isinstance(predictor, Predictor) else ray.get(predictor)
        self._labeller = Labeller(loaded, text, label, probability, threads)

    def __call__(self, batch: Any) -> Any:
        return self._labeller.arrow(batch)
