"""Saved models, shared and copied."""

import json
import multiprocessing
import os
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import ninefold as nf
from ninefold import NinefoldError, TextClassifier

NEW = ["a dull and empty film", "a great one", "", "number 7"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from conftest import sentences

    folder = tmp_path_factory.mktemp("model") / "model"
    small = {"dim": 8, "hidden_size": 8, "epochs": 4, "learning_rate": 0.02}
    TextClassifier("gru", **small).fit(*sentences(("pos", "neg", "so"))).save(folder)
    return folder


def test_top_labels_are_sorted(folder):
    predictor = nf.load_model(folder)
    probabilities = predictor.predict_proba(NEW)
    for best, row in zip(predictor.top(NEW, n=2), probabilities, strict=True):
        assert [label for label, _ in best] == [predictor.labels[label] for label in np.argsort(-row, kind="stable")[:2]]
        assert best[0][1] == row.max()
    assert len(predictor.top(NEW, n=99)[0]) == 3
    with pytest.raises(NinefoldError, match="n: expected at least 1, found 0"):
        predictor.top(NEW, n=0)


def test_floating_point_state_of_the_caller_is_kept(folder):
    half_of_the_smallest_normal_number = np.finfo(np.float32).tiny * np.float32(0.5)
    nf.load_model(folder).predict(NEW)
    assert np.finfo(np.float32).tiny * np.float32(0.5) == half_of_the_smallest_normal_number != 0


def test_threads_share_a_predictor(folder):
    predictor = nf.load_model(folder)
    expected = predictor.predict_proba(NEW * 10)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: predictor.predict_proba(NEW * 10, n_jobs=2), range(20)):
            np.testing.assert_array_equal(found, expected)


def test_pickled_predictor_outlives_its_folder(folder, tmp_path):
    predictor = nf.load_model(folder)
    again = pickle.loads(pickle.dumps(predictor))
    np.testing.assert_array_equal(again.predict_proba(NEW), predictor.predict_proba(NEW))
    assert (again.name, again.parameter_count, again.protocols) == (predictor.name, predictor.parameter_count, predictor.protocols)
    again.save(tmp_path / "copy")
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == sorted(path.name for path in folder.iterdir())


def _predict(predictor, queue):
    queue.put(predictor.predict_proba(NEW, n_jobs=2))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_forked_process_predicts_and_leaves_the_files(folder, two):
    fitted = TextClassifier("complement_nb").fit(*two).model_
    for predictor in (nf.load_model(folder), fitted):
        expected = predictor.predict_proba(NEW, n_jobs=2)
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        process = context.Process(target=_predict, args=(predictor, queue))
        process.start()
        np.testing.assert_array_equal(queue.get(timeout=30), expected)
        process.join(30)
        assert process.exitcode == 0
        pickle.dumps(predictor)  # the files are still there


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_dying_child_removes_no_file_of_its_parent(two):
    classifier = TextClassifier("complement_nb").fit(*two)
    child = os.fork()
    if child == 0:
        del classifier
        os._exit(0)
    os.waitpid(child, 0)
    assert pickle.loads(pickle.dumps(classifier)).predict(NEW).shape == (4,)


def test_folder_without_a_whole_model_is_refused(folder, tmp_path):
    for nothing in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(NinefoldError, match="config.json: expected a saved model's config.json"):
            nf.load_model(nothing)
    nf.load_model(folder).save(tmp_path / "newer")
    path = tmp_path / "newer/config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "format_version": 99}))
    with pytest.raises(NinefoldError, match="99"):
        nf.load_model(tmp_path / "newer")
    nf.load_model(folder).save(tmp_path / "altered")
    weights = tmp_path / "altered/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"abcd")
    with pytest.raises(NinefoldError, match="checksum mismatch"):
        nf.load_model(tmp_path / "altered")


def test_failure_of_the_system_has_its_number_and_file(folder, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot create the folder") as raised:
        nf.load_model(folder).save(tmp_path / "file/model")
    assert raised.value.errno is not None and str(tmp_path) in str(raised.value.filename)


def test_pickle_with_a_file_outside_is_refused():
    from ninefold._ninefold import Model

    with pytest.raises(NinefoldError, match="names of files inside its folder"):
        Model.from_files({"../evil": b""})
