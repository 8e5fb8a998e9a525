"""Comparisons, searches and predictions on a Ray cluster of two nodes on this machine."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

#: Everything stays on 127.0.0.1.
os.environ.update(RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_USAGE_STATS_ENABLED="0")
#: On a busy machine Ray gives up on nodes that live, and drivers on the cluster. A node that is killed refuses connections, which is noticed as
#: soon as with the defaults.
os.environ.update(
    RAY_health_check_timeout_ms="60000",
    RAY_gcs_server_request_timeout_seconds="300",
    RAY_gcs_rpc_server_connect_timeout_s="60",
    RAY_gcs_rpc_server_reconnect_timeout_s="300",
)
ray = pytest.importorskip("ray", reason="skipped: Ray is not installed: pip install 'ninefold[ray]'")

from conftest import sentences  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

import ninefold as nf  # noqa: E402
import ninefold.ray as nfr  # noqa: E402

pytestmark = pytest.mark.ray

SETTINGS = {"embedding.dim": 8, "embedding.epochs": 2, "training.epochs": 3}
MODELS = ["gru", "swem", "complement_nb", "mean_logistic", "vote_selected"]
ROWS = ["pairs/word2vec-gru", "pairs/word2vec-swem", "baselines/complement_nb", "baselines/word2vec-mean_logistic", "ensembles/vote_selected"]
LOOPBACK = {"node_ip_address": "127.0.0.1", "object_store_memory": 100 * 2**20}


@pytest.fixture(scope="module")
def cluster():
    """A cluster of one node with the driver, which runs no task."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **LOOPBACK})
    ray.init(address=made.address, log_to_driver=False, _node_ip_address="127.0.0.1")
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.fixture
def nodes(cluster):
    """Two nodes of one processor; killed ones are replaced in the next test."""
    made = [cluster.add_node(num_cpus=1, **LOOPBACK) for _ in range(2)]
    cluster.wait_for_nodes()
    yield made
    for node in made:
        if node in cluster.worker_nodes:
            cluster.remove_node(node, allow_graceful=False)


def same_rows(board, expected):
    """Every file of the rows that holds no times."""
    for row in ROWS:
        files = ["predictions.csv", "confusion.csv", "mistakes.json", "probabilities.safetensors"]
        files += [f"model/{path.name}" for path in (expected.run_dir / row / "model").glob("*.safetensors")]
        for name in files:
            assert (board.run_dir / row / name).read_bytes() == (expected.run_dir / row / name).read_bytes(), f"{row}/{name}"
    scores = [[{key: row[key] for key in ("folder", "test", "validation", "rank", "interval")} for row in found.rows] for found in (board, expected)]
    assert scores[0] == scores[1]
    assert board.diagnosis == expected.diagnosis


def call(settings=SETTINGS, **more):
    return {"models": MODELS, "embeddings": ["word2vec"], "settings": settings, "random_state": 3, **more}


def test_comparison_on_two_nodes_equals_that_of_one_machine(nodes, two, tmp_path):
    said = []
    board = nfr.compare(*two, run_dir=tmp_path / "cluster", progress=said.append, **call())
    same_rows(board, nf.compare(*two, run_dir=tmp_path / "one", n_jobs=1, **call()))
    cells = [progress for progress in said if progress.task == "cells"]
    assert cells[-1].done == cells[-1].total == 5, "one of vectors, four of rows"
    assert any("pairs/word2vec-gru on node " in progress.status for progress in cells), "nodes tell the driver how far they are"
    stamp = (tmp_path / "cluster/pairs/word2vec-gru/metrics.json").stat().st_mtime_ns
    again = nfr.compare(*two, run_dir=tmp_path / "cluster", **call())
    assert again.rows == board.rows and (tmp_path / "cluster/pairs/word2vec-gru/metrics.json").stat().st_mtime_ns == stamp


class Killer:
    """A watcher that kills the node of a task, once, as soon as the task says how far it is."""

    def __init__(self, cluster, nodes, name, before=lambda: None):
        self.cluster, self.nodes, self.name, self.before = cluster, nodes, name, before
        self.has_killed = False

    def __call__(self, progress):
        lines = [line for line in progress.status.splitlines() if line.startswith(f"{self.name} on node ")]
        if lines and not self.has_killed:
            self.has_killed = True
            self.thread = threading.Thread(target=self.kill, args=[lines[0].split(" on node ")[1][:8]])
            self.thread.start()

    def kill(self, node_id):
        self.before()
        node = next(node for node in self.nodes if node.node_id.startswith(node_id))
        self.cluster.remove_node(node, allow_graceful=False)


@pytest.mark.parametrize("is_stored", [False, True], ids=["from the beginning", "from a checkpoint"])
def test_cell_whose_node_is_killed_starts_again_elsewhere(cluster, nodes, is_stored, tmp_path):
    texts = sentences(("pos", "neg"), count=150)
    settings = {**SETTINGS, "training.epochs": 500 if is_stored else 40, "training.patience": 1000, "model.hidden_size": 32}
    storage = f"file://{tmp_path}/storage" if is_stored else None
    stored = lambda: list(Path(tmp_path, "storage").rglob("checkpoint.safetensors"))  # noqa: E731
    watch = Killer(cluster, nodes, "pairs/word2vec-gru", before=(lambda: wait_for(stored)) if is_stored else lambda: None)
    board = nfr.compare(*texts, run_dir=tmp_path / "cluster", progress=watch, storage=storage, **call(settings))
    assert watch.has_killed
    watch.thread.join()
    assert len(cluster.worker_nodes) == 1
    same_rows(board, nf.compare(*texts, run_dir=tmp_path / "one", n_jobs=1, **call(settings)))
    assert not is_stored or not list(Path(tmp_path, "storage").rglob("*.safetensors")), "nothing is left"


def wait_for(condition, seconds=240):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def test_search_on_two_nodes_finds_what_one_machine_finds(nodes, two, tmp_path):
    space = {"search.space.training.learning_rate": {"low": 1e-3, "high": 1e-1, "log": True}}
    parameters = {"models": ["swem"], "embeddings": ["glove"], "trials": 3, "random_state": 1}
    settings = {**SETTINGS, "embedding.glove": "train", **space}
    found = nfr.search(*two, run_dir=tmp_path / "cluster", settings=settings, parallel=1, **parameters)
    import ninefold._ninefold as extension
    from ninefold._corpora import comparison_settings, corpus_of

    corpus = corpus_of(*two, test=None, validation=None, text=None, label=None)
    limits = {"search.trials": 3, "search.minutes": 0.0, "search.parallel": 1}
    given = comparison_settings(embeddings=["glove"], models=["swem"], preset=None, settings={**limits, **settings}, random_state=1)
    here = json.loads(extension.search(corpus, given, str(tmp_path / "one"), 1, None))
    kept = [[{key: trial[key] for key in ("trial", "settings", "validation", "rungs")} for trial in results["trials"]] for results in (found, here)]
    assert kept[0] == kept[1] and found["best"] == here["best"] and len(kept[0]) == 3
    assert (tmp_path / "cluster/best.toml").is_file()
    both = nfr.search(*two, run_dir=tmp_path / "both", settings=settings, **parameters)
    assert len(both["trials"]) == 3


def test_predictions_survive_the_death_of_a_node(cluster, nodes, two, tmp_path, monkeypatch):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    third = cluster.add_node(num_cpus=1, **LOOPBACK)
    cluster.wait_for_nodes()

    class Slow(nfr._Labels):
        """Says where it is, and gives the test time to kill it there."""

        def __init__(self, *arguments):
            (tmp_path / f"actor-{ray.get_runtime_context().get_node_id()}").touch()
            super().__init__(*arguments)

        def __call__(self, batch):
            time.sleep(0.05)
            return super().__call__(batch)

    def kill():
        wait_for(lambda: list(tmp_path.glob("actor-*")))
        time.sleep(1.0)
        node_id = next(tmp_path.glob("actor-*")).name.removeprefix("actor-")
        cluster.remove_node(next(node for node in (*nodes, third) if node.node_id == node_id), allow_graceful=False)

    monkeypatch.setattr(nfr, "_Labels", Slow)
    model = nf.TextClassifier("complement_nb").fit(*two).model_
    texts = [f"{text} {row}" for row, text in enumerate(two[0] * 50)]
    (tmp_path / "in").mkdir()
    for part in range(8):
        rows = texts[part::8]
        pq.write_table(pa.table({"body": rows, "row": list(range(part, len(texts), 8))}), tmp_path / f"in/{part}.parquet")
    killing = threading.Thread(target=kill)
    killing.start()
    labelled = nfr.predict(str(tmp_path / "in"), model, text="body", batch_size=50, concurrency=1)
    labelled.write_parquet(str(tmp_path / "out"))
    killing.join()
    assert len(list(tmp_path.glob("actor-*"))) == 2, "the actor started again on another node"
    found = pq.read_table(tmp_path / "out").to_pandas().sort_values("row")
    expected = model.predict_proba(texts)
    assert found["body"].tolist() == texts and found["label"].tolist() == model.predict(texts).tolist()
    assert found["probability"].tolist() == expected.max(axis=1).tolist()
    if third in cluster.worker_nodes:
        cluster.remove_node(third, allow_graceful=False)


def test_settings_without_meaning_are_refused(nodes, two, tmp_path):
    with pytest.raises(nf.NinefoldError, match="gruu: no such model"):
        nfr.compare(*two, models=["gruu"], run_dir=tmp_path / "run")
    with pytest.raises(nf.NinefoldError, match="no column 'body'"):
        ray.get(ray.remote(lambda: nfr.Labeller(nf.TextClassifier("complement_nb").fit(*two).model_, "body", "label", None, 1).arrow(_table())).remote())


@pytest.fixture
def deaf():
    """An address at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def test_cluster_that_does_not_answer_is_named_at_once(deaf, cluster, two, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    for address in (deaf, f"ray://{deaf}"):
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(nf.NinefoldError, match=f"no Ray cluster answers at {address}: start it with `ray start --head`"):
            nfr.compare(*two, run_dir=tmp_path / "run")


def test_cluster_that_was_closed_is_named(deaf, cluster, two, tmp_path, monkeypatch):
    monkeypatch.setattr(ray, "get_runtime_context", lambda: SimpleNamespace(gcs_address=deaf))
    calls = [
        lambda: nfr.compare(*two, run_dir=tmp_path / "run"),
        lambda: nfr.search(*two, run_dir=tmp_path / "run"),
        lambda: nfr.predict("in", "model"),
    ]
    for call in calls:
        with pytest.raises(nf.NinefoldError, match=r"it was closed; call ray.shutdown\(\), and connect to another one"):
            call()


def test_cluster_of_another_version_is_named(cluster):
    program = (
        "import ray._private.utils as utils; utils.compute_version_info = lambda: ('0.0.0', '3.11.0');"
        "import ninefold.ray as nfr; nfr._start()"
    )
    environment = {**os.environ, "RAY_ADDRESS": cluster.address}
    said = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True).stderr
    assert "NinefoldError: the cluster has other versions than this process: install the same on both. Version mismatch" in said, said
    assert "0.0.0" in said and ray.__version__ in said


def _table():
    import pyarrow as pa

    return pa.table({"text": ["a dull film"]})
