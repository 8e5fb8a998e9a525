"""Labels for batches, in Spark and in Ray; and what travels to other machines."""

import pickle
import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pytest

import ninefold as nf
import ninefold.spark
from ninefold import NinefoldError
from ninefold._batches import Labeller
from ninefold._corpora import corpus_of
from ninefold._ninefold import Texts


@pytest.fixture(scope="module")
def model():
    from conftest import sentences

    return nf.TextClassifier("complement_nb").fit(*sentences(("pos", "neg"))).model_


def test_batches_of_spark_get_labels(model, tmp_path):
    model.save(tmp_path / "model")
    label = ninefold.spark.labeller(tmp_path / "model", text="body", probability="sure")
    frames = [pd.DataFrame({"id": [1, 2], "body": ["a great film", None]}), pd.DataFrame({"id": [], "body": []}, dtype=object)]
    first, empty = label(iter(frames))
    assert first.columns.tolist() == ["id", "body", "label", "sure"] and empty.shape == (0, 4)
    assert first["label"].tolist() == model.predict(["a great film", ""]).tolist()
    assert first["sure"].tolist() == model.predict_proba(["a great film", ""]).max(axis=1).tolist()
    cloudpickle = pytest.importorskip("cloudpickle")  # as Spark and Ray send functions
    shipped = cloudpickle.loads(cloudpickle.dumps(label))
    assert next(shipped(iter(frames[:1]))).equals(first)


def test_batches_of_arrow_get_labels(model):
    table = pa.table({"text": ["a great film", "a dull film"], "label": ["?", "?"]})
    labelled = Labeller(model, "text", "label", "probability", 1).arrow(table)
    assert labelled.column_names == ["text", "label", "probability"] and labelled["label"].to_pylist() == ["pos", "neg"]
    assert Labeller(model, "text", "found", None, 1).arrow(table.slice(0, 0)).column_names == ["text", "label", "found"]


def test_labeller_without_meaning_is_refused(model):
    with pytest.raises(NinefoldError, match="label and probability are both 'x'"):
        ninefold.spark.labeller(model, label="x", probability="x")
    with pytest.raises(NinefoldError, match="no column 'text'"):
        next(ninefold.spark.labeller(model)(iter([pd.DataFrame({"body": ["a"]})])))


def test_texts_and_corpora_travel(two, tmp_path):
    texts = Texts.of_list(["", "é 中文", None, "a\nb"])
    assert pickle.loads(pickle.dumps(texts)).to_list() == ["", "é 中文", "", "a\nb"]
    frame = pd.DataFrame({"text": two[0], "label": two[1]})
    corpus = corpus_of(frame, None, test=(two[0][:4], two[1][:4]), validation=None, text="text", label="label")
    sent = pickle.loads(pickle.dumps(corpus))
    from ninefold import _ninefold

    settings = {"preset": None, "settings": [], "models": ["complement_nb"]}
    assert _ninefold.list_cells(sent, settings, 1, None) == _ninefold.list_cells(corpus, settings, 1, None)
    with pytest.raises(NinefoldError, match="pickled texts: expected the bytes of all texts"):
        Texts.of_bytes(b"abc", (4).to_bytes(8, "little"))


def test_without_ray_it_is_asked_for():
    program = "import sys; sys.modules['ray'] = None; import ninefold as nf; nf.ray"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stderr
    assert "ImportError: ninefold.ray needs Ray: pip install 'ninefold[ray]'" in said
