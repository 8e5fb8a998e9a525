"""Long calls: progress, callbacks, Ctrl-C, threads."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import ninefold as nf
from ninefold import Progress, TextClassifier
from ninefold._threads import threads_of

#: Trains for minutes, unless it is stopped.
LONG = """
import signal, sys, threading, time
import ninefold as nf
texts = [f"a {word} film number {n} with {n * 7 % 1000} words and {n % 13} more" for n in range(3000) for word in ("great", "dull")]
labels = ["pos", "neg"] * 3000
def started(progress):
    if progress.done and not started.is_set:
        started.is_set = True
        print("started", flush=True)
started.is_set = False
try:
    CALL
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(3)
"""

CALLS = {
    "network": "nf.TextClassifier('gru', hidden_size=256, epochs=1000, progress=started).fit(texts, labels)",
    "vectors": "nf.embed(texts, 'word2vec', epochs=100000, progress=started)",
    "fasttext": "nf.embed(texts, 'fasttext', epochs=100000, progress=started)",
    "glove": "nf.embed(texts, 'glove', epochs=1000000, progress=started)",
    "baseline": "nf.TextClassifier('fasttext_supervised', settings={'baseline.epochs': 100000}, progress=started).fit(texts, labels)",
    "comparison": "nf.compare(texts, labels, models=['lstm'], settings={'training.epochs': 1000, 'model.hidden_size': 256}, n_jobs=2, progress=started)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_interrupt_ends_a_call_within_half_a_second(call, tmp_path):
    process = subprocess.Popen([sys.executable, "-c", LONG.replace("CALL", call)], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    assert process.stdout.readline() == "started\n"
    time.sleep(0.3)
    begin = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "interrupted\n"
    assert time.monotonic() - begin < 0.5
    assert process.wait(30) == 3
    process.stdout.close()


class Stop(Exception):
    """What a callback raises."""


def test_exception_of_a_callback_comes_through(two):
    def stop(progress):
        if progress.task == "1 network" and progress.done:
            raise Stop(progress.unit)

    with pytest.raises(Stop, match="work"):
        TextClassifier("gru", dim=8, hidden_size=64, epochs=1000, progress=stop).fit(*two)


def test_callback_hears_how_far_the_work_is(two):
    heard = []
    TextClassifier("gru", dim=8, hidden_size=8, epochs=3, progress=heard.append).fit(*two)
    assert all(isinstance(progress, Progress) for progress in heard)
    of_network = [progress for progress in heard if progress.task == "1 network"]
    assert of_network and of_network[-1].total >= 1 and of_network[-1].done <= of_network[-1].total
    assert [progress.done for progress in of_network] == sorted(progress.done for progress in of_network)


def test_bars_are_drawn_when_asked_for(two, capsys, monkeypatch):
    monkeypatch.setattr("ninefold._progress._DELAY", 0.0)
    TextClassifier("gru", dim=8, hidden_size=8, epochs=3, progress=True).fit(*two)
    assert "1 network" in capsys.readouterr().err
    TextClassifier("gru", dim=8, hidden_size=8, epochs=3).fit(*two)
    assert capsys.readouterr().err == "", "no terminal, no bar"


def test_notices_are_logged(two, caplog):
    with caplog.at_level(logging.INFO, logger="ninefold"):
        TextClassifier("complement_nb").fit(*two)
    assert any("complement_nb: validation accuracy" in message for message in caplog.messages)


def test_other_threads_run_meanwhile(two):
    ticks, done = 0, threading.Event()

    def tick():
        nonlocal ticks
        while not done.wait(0.01):
            ticks += 1

    ticking = threading.Thread(target=tick)
    ticking.start()
    begin = time.monotonic()
    TextClassifier("lstm", dim=16, hidden_size=64, epochs=12).fit(*two)
    seconds = time.monotonic() - begin
    done.set()
    ticking.join()
    assert ticks > 10 * seconds


def test_call_from_another_thread_works(two):
    found = []
    worker = threading.Thread(target=lambda: found.append(TextClassifier("complement_nb").fit(*two).score(*two)))
    worker.start()
    worker.join()
    assert found[0] > 0.9


def test_n_jobs_is_a_number_of_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    processors = len(os.sched_getaffinity(0))
    assert [threads_of(n) for n in (None, 1, 3, -1)] == [1, 1, 3, processors]
    assert threads_of(-2) == max(1, processors - 1) and threads_of(-1000) == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert (threads_of(-1), threads_of(3)) == (1, 3)
    joblib = pytest.importorskip("joblib")
    with joblib.parallel_config(n_jobs=2):
        assert threads_of(None) == 2


def test_worker_of_joblib_does_not_take_all_threads():
    joblib = pytest.importorskip("joblib")
    processors = len(os.sched_getaffinity(0))
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(threads_of)(-1) for _ in range(2))
    assert found == [max(1, processors // 2)] * 2


def test_import_needs_neither_scikit_learn_nor_frames():
    program = (
        "import sys; [sys.modules.__setitem__(name, None) for name in ('sklearn', 'pandas', 'polars', 'tqdm', 'joblib')];"
        "import ninefold as nf; assert 'gru' in nf.models(); nf.TextClassifier"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert "ImportError: ninefold.TextClassifier needs scikit-learn: pip install scikit-learn" in said


def test_threads_end_with_their_call(two):
    TextClassifier("complement_nb", n_jobs=4).fit(*two)
    time.sleep(0.2)
    assert not [name for name in _threads() if name.startswith("ninefold")]


def _threads():
    tasks = f"/proc/{os.getpid()}/task"
    if not os.path.isdir(tasks):
        pytest.skip("no /proc")
    return [Path(tasks, task, "comm").read_text().strip() for task in os.listdir(tasks)]


def test_package_names_its_version():
    assert nf.__version__.count(".") == 2


#: Counts the threads of the extension while several fits run in worker processes.
GRID = """
import os, sys, threading, time
from pathlib import Path
import ninefold as nf
from sklearn.model_selection import GridSearchCV

def threads():
    count = 0
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and f"PARENT={os.getpid()}".encode() in (process / "environ").read_bytes() or process.name == str(os.getpid()):
                count += sum((task / "comm").read_text().startswith(("ninefold", "rayon")) for task in (process / "task").iterdir())
        except OSError:
            pass
    return count

most, done = 0, threading.Event()
def look():
    global most
    while not done.wait(0.01):
        most = max(most, threads())

os.environ["PARENT"] = str(os.getpid())
texts = [f"a {word} film number {n}" for n in range(400) for word in ("great", "dull")]
looking = threading.Thread(target=look)
looking.start()
grid = {"learning_rate": [0.01, 0.02]}
search = GridSearchCV(nf.TextClassifier("gru", dim=8, hidden_size=32, epochs=4, n_jobs=-1), grid, cv=2, n_jobs=4)
search.fit(texts, ["pos", "neg"] * 400)
done.set()
looking.join()
print(most)
"""


def test_parallel_search_starts_no_more_threads_than_a_worker_has_a_right_to(tmp_path):
    pytest.importorskip("joblib")
    _threads()
    said = subprocess.run([sys.executable, "-c", GRID], capture_output=True, text=True, cwd=tmp_path, check=True).stdout
    # In each of 4 workers: the thread of the call, and a pool of its part of the processors.
    assert 0 < int(said) <= 4 * (1 + max(1, len(os.sched_getaffinity(0)) // 4))
