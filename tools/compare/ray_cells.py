"""Measures comparisons on a Ray cluster on this machine: nodes, the overhead of a cell, the memory of the driver.

    pip install './python[ray]'
    python tools/compare/ray_cells.py nodes           # the same networks on one node of one processor, and on two
    python tools/compare/ray_cells.py cells 1000      # cells that train for milliseconds
    python tools/compare/ray_cells.py driver 1000     # tasks in place of cells, which give the files of one and train nothing

Every node has one processor, the driver none. Prints a line of JSON per measurement; `docs/internals/benchmarks/python.md` has the figures.
"""

import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER="0", RAY_USAGE_STATS_ENABLED="0")

import ray
from ray.cluster_utils import Cluster

import ninefold as nf
import ninefold.ray as nfr
from ninefold import _ninefold
from ninefold._corpora import comparison_settings, corpus_of

LOOPBACK = {"node_ip_address": "127.0.0.1", "object_store_memory": 100 * 2**20}
WORDS = {"pos": ("great", "moving", "fine"), "neg": ("dull", "empty", "poor")}


def sentences(count: int) -> tuple[list[str], list[str]]:
    """`count` texts in each of two classes."""
    pairs = [
        (f"a {WORDS[label][n % 3]} and {WORDS[label][(n + 1) % 3]} film, number {n}, which was seen by {n % 17} people", label)
        for n in range(count)
        for label in WORDS
    ]
    return [text for text, _ in pairs], [label for _, label in pairs]


def cluster(nodes: int) -> Cluster:
    """So many nodes of one processor, and the driver's, which runs no task."""
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **LOOPBACK})
    ray.init(address=made.address, log_to_driver=False, _node_ip_address="127.0.0.1")
    for _ in range(nodes):
        made.add_node(num_cpus=1, **LOOPBACK)
    made.wait_for_nodes()
    return made


def processor_seconds() -> float:
    """Of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(name: str, call, **more) -> None:
    began, used = time.perf_counter(), processor_seconds()
    board = call()
    figures = {
        "measured": name,
        **more,
        "seconds": round(time.perf_counter() - began, 2),
        "driver_processor_seconds": round(processor_seconds() - used, 2),
        "driver_peak_mib": round(peak_mebibytes(), 1),
        "training_seconds": round(sum(row["seconds"]["train"] + row["seconds"]["evaluate"] for row in board.rows), 2),
    }
    print(json.dumps(figures), flush=True)


def of_nodes() -> None:
    texts = sentences(1500)
    settings = {"embedding.dim": 50, "embedding.epochs": 2, "training.epochs": 4, "training.patience": 0, "diagnose": "none"}
    call = {"models": ["gru"], "embeddings": ["word2vec"], "seeds": 6, "settings": settings, "progress": False}
    for nodes in (1, 2):
        made = cluster(nodes)
        nfr.compare(*sentences(40), run_dir=tempfile.mkdtemp() + "/run", **{**call, "seeds": 2 * nodes})  # workers have started
        measured("nodes", lambda: nfr.compare(*texts, run_dir=tempfile.mkdtemp() + "/run", **call), nodes=nodes)
        ray.shutdown()
        made.shutdown()


def of_cells(count: int) -> None:
    texts = sentences(40)
    settings = {"embedding.dim": 4, "embedding.epochs": 1, "training.epochs": 1, "diagnose": "none", "keep_models": "none"}
    call = {"models": ["swem"], "embeddings": ["word2vec"], "settings": settings, "progress": False}
    made = cluster(2)
    nfr.compare(*texts, run_dir=tempfile.mkdtemp() + "/run", seeds=4, **call)
    for seeds in sorted({10, 100, count}):
        measured("cells", lambda seeds=seeds: nfr.compare(*texts, run_dir=tempfile.mkdtemp() + "/run", seeds=seeds, **call), cells=seeds)
    measured("one machine", lambda: nf.compare(*texts, run_dir=tempfile.mkdtemp() + "/run", seeds=count, n_jobs=1, **call), cells=count)
    ray.shutdown()
    made.shutdown()


@ray.remote
def _files_of_a_cell(line: str, *_rest: object) -> dict[str, bytes]:
    """As large as the folder of a small cell."""
    return {"cell.json": line.encode(), "run/model/model.safetensors": bytes(20_000)}


def of_driver(count: int) -> None:
    made = cluster(2)
    nfr._run_cell = _files_of_a_cell
    corpus = corpus_of(*sentences(40), test=None, validation=None, text=None, label=None)
    for seeds in sorted({10, 100, count}):
        given = comparison_settings(
            embeddings=["word2vec"], models=["swem"], preset=None, settings={}, random_state=0, seeds=seeds
        )
        began, used = time.perf_counter(), processor_seconds()
        cells = _ninefold.list_cells(corpus, given, 1, None)
        listed = time.perf_counter() - began
        kept = Path(tempfile.mkdtemp())
        nfr._Comparison(cells, corpus, given, kept, None, 3, nfr.watcher_of(False)).run()
        figures = {
            "measured": "driver",
            "cells": len(cells),
            "list_seconds": round(listed, 2),
            "seconds": round(time.perf_counter() - began, 2),
            "driver_processor_seconds": round(processor_seconds() - used, 2),
            "driver_peak_mib": round(peak_mebibytes(), 1),
        }
        print(json.dumps(figures), flush=True)
    ray.shutdown()
    made.shutdown()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["nodes"]:
            of_nodes()
        case ["driver", count]:
            of_driver(int(count))
        case ["cells", count]:
            of_cells(int(count))
        case _:
            sys.exit(__doc__)
