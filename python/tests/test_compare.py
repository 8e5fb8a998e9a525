"""Comparisons and their leaderboards."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

import ninefold as nf
from ninefold import Leaderboard, NinefoldError

QUICK = {"models": ["swem", "complement_nb", "tfidf_svm", "vote_selected"], "embeddings": ["word2vec"]}
SETTINGS = {"embedding.dim": 8, "embedding.epochs": 2, "training.epochs": 3}


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    from conftest import sentences

    texts, labels = sentences(("pos", "neg"))
    folder = tmp_path_factory.mktemp("runs") / "run"
    return nf.compare(texts, labels, settings=SETTINGS, run_dir=folder, random_state=3, n_jobs=1, **QUICK)


def test_rows_are_frames(board):
    names = {"word2vec + swem", "complement_nb", "tfidf_svm", "vote_selected"}
    frame = board.to_pandas()
    assert set(frame["name"]) == names and set(frame["kind"]) == {"network", "baseline", "ensemble"}
    assert frame["accuracy"].is_monotonic_decreasing and frame["accuracy"].between(0, 1).all()
    assert (frame["accuracy_low"] <= frame["accuracy"]).all() and (frame["seconds_train"] >= 0).all()
    polars = board.to_polars()
    assert polars["name"].to_list() == frame["name"].to_list() and polars.columns == frame.columns.to_list()
    assert len(board) == len(board.rows) == 4


def test_best_and_other_models_predict(board):
    for predictor in (board.best, board.model("complement_nb"), board.model("word2vec + swem"), board.model("vote_selected")):
        assert predictor.labels == ["neg", "pos"]
        assert predictor.predict_proba(["a dull film"]).shape == (1, 2)
    with pytest.raises(NinefoldError, match="no row 'lstm': expected one of"):
        board.model("lstm")


def test_results_are_shown(board, tmp_path):
    assert "word2vec + swem" in str(board) and "complement_nb" in board.to_markdown()
    assert board.insights and all(isinstance(insight, str) for insight in board.insights)
    page = board._repr_html_()
    assert page.count("<tr>") == 5 and "<li>" in page
    report = board.report()
    assert report.path.is_file() and "<html" in report.html() and "srcdoc=" in report._repr_html_()
    report.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == report.html()


def test_run_folder_is_read_again(board):
    again = Leaderboard.load(board.run_dir)
    assert again.rows == board.rows and again.insights == board.insights
    with pytest.raises(OSError):
        Leaderboard.load(board.run_dir / "nothing")


def test_same_call_resumes_whatever_the_texts_are_in(two):
    texts, labels = two
    parameters = {"models": ["complement_nb", "tfidf_svm"], "n_jobs": 1}
    first = nf.compare(texts, labels, **parameters)
    stamp = (first.run_dir / "baselines/complement_nb/metrics.json").stat().st_mtime_ns
    frame = pd.DataFrame({"text": texts, "label": labels})
    for again in (
        nf.compare(np.array(texts), pd.Series(labels), **parameters),
        nf.compare(frame, text="text", label="label", **parameters),
        nf.compare(pl.DataFrame({"text": texts, "label": labels}), text="text", label="label", **parameters),
    ):
        assert again.run_dir == first.run_dir and again.rows == first.rows
    assert (first.run_dir / "baselines/complement_nb/metrics.json").stat().st_mtime_ns == stamp
    other = nf.compare(texts[:-2], labels[:-2], **parameters)
    assert other.run_dir != first.run_dir
    seeded = nf.compare(texts, labels, random_state=7, **parameters)
    assert seeded.run_dir not in (first.run_dir, other.run_dir)


def test_given_parts_are_kept(two, tmp_path):
    texts, labels = two
    board = nf.compare(
        texts[:60],
        labels[:60],
        validation=(texts[60:70], labels[60:70]),
        test=(texts[70:], labels[70:]),
        models=["complement_nb"],
        run_dir=tmp_path / "run",
    )
    protocol = json.loads((board.run_dir / "leaderboard.json").read_text())["protocol"]
    assert protocol["texts"] == {"train": 60, "validation": 10, "test": 10}
    assert protocol["split"] == "given" and protocol["validation"].startswith("given")


def test_seeds_are_rows(two, tmp_path):
    board = nf.compare(*two, models=["swem"], embeddings=["word2vec"], seeds=2, settings=SETTINGS, run_dir=tmp_path / "run")
    assert sorted(row["seed"] for row in board.rows)[1] - sorted(row["seed"] for row in board.rows)[0] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models": "gru"}, r"models: expected a list, found a single string: write \['gru'\]"),
        ({"models": ["gruu"]}, "gruu: no such model"),
        ({"embeddings": ["word3vec"], "models": ["gru"]}, "word3vec"),
        ({"labels": None}, "texts: expected texts and labels, or a frame with text='COLUMN'"),
        ({"test": ["a"]}, "test: expected texts and labels"),
        ({"labels": ["pos"]}, "80 texts and 1 labels"),
        ({"settings": {"model.hidden_size": 8}, "models": ["swem"]}, "model.hidden_size has no effect here"),
    ],
)
def test_call_without_meaning_is_refused(change, message, two):
    call = {"labels": two[1], "models": ["complement_nb"], **change}
    with pytest.raises(NinefoldError, match=message):
        nf.compare(two[0], **call)


def test_folder_of_another_run_is_refused(two, tmp_path):
    nf.compare(*two, models=["complement_nb"], run_dir=tmp_path / "run")
    with pytest.raises(NinefoldError, match="holds a run with other settings"):
        nf.compare(*two, models=["complement_nb"], settings={"tokenizer.lowercase": False}, run_dir=tmp_path / "run")
