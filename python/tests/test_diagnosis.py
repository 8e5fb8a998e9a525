"""Diagnoses."""

import json

import pytest

import ninefold as nf
from ninefold import Diagnosis, NinefoldError


@pytest.fixture(scope="module")
def noisy():
    """Texts of which every seventh label is wrong."""
    from conftest import sentences

    texts, labels = sentences(("pos", "neg"), count=400)
    wrong = {"pos": "neg", "neg": "pos"}
    return texts, [wrong[label] if row % 7 == 3 else label for row, label in enumerate(labels)]


def test_diagnosis_is_typed(noisy):
    diagnosis = nf.diagnose(*noisy, random_state=1, n_jobs=1)
    assert isinstance(diagnosis, Diagnosis) and diagnosis.verdict.limit in ("model", "data", "score", "not_enough_evidence")
    assert diagnosis.texts.classes == 2 and diagnosis.texts.learned_total + diagnosis.texts.test_total == 800
    assert diagnosis.budget.interval.low <= diagnosis.budget.error <= diagnosis.budget.interval.high
    assert sum(share.error for share in diagnosis.budget.shares) == pytest.approx(diagnosis.budget.error)
    assert diagnosis.suspects and {diagnosis.suspects[0].label, diagnosis.suspects[0].suggested} == {"pos", "neg"}
    assert diagnosis.to_pandas().shape == (len(diagnosis.suspects), 8)
    finding = diagnosis.findings[0]
    assert diagnosis.finding(finding.check) is finding
    with pytest.raises(NinefoldError, match="no check 'nothing': expected one of"):
        diagnosis.finding("nothing")


def test_diagnosis_is_shown(noisy):
    diagnosis = nf.diagnose(*noisy, random_state=1)
    assert diagnosis.verdict.sentence in str(diagnosis).replace("\n", " ") or "Verdict" in str(diagnosis)
    page = diagnosis._repr_html_()
    assert page.startswith("<p><b>") and "<ul>" in page


def test_same_texts_have_the_same_diagnosis_on_any_number_of_threads(noisy):
    assert nf.diagnose(*noisy, n_jobs=1) == nf.diagnose(*noisy, n_jobs=2)


def test_diagnosis_is_written_and_read_again(noisy, tmp_path):
    diagnosis = nf.diagnose(*noisy, output=tmp_path / "found")
    assert Diagnosis.load(tmp_path / "found") == diagnosis
    assert (tmp_path / "found/suspects.csv").is_file() and (tmp_path / "found/diagnosis.html").is_file()
    assert Diagnosis.load(tmp_path) is None


def test_comparison_has_its_diagnosis(two, tmp_path):
    board = nf.compare(*two, models=["complement_nb"], run_dir=tmp_path / "run")
    assert board.diagnosis == nf.diagnose(run=board) == nf.diagnose(run=tmp_path / "run")
    record = json.loads((tmp_path / "run/diagnosis.json").read_text())
    assert board.diagnosis.verdict.sentence == record["diagnosis"]["verdict"]["sentence"]
    without = nf.compare(*two, models=["complement_nb"], settings={"diagnose": "none"}, run_dir=tmp_path / "other")
    assert without.diagnosis is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"settings": {"training.epochs": 3}}, "training.epochs has no effect here: it applies only to comparisons; a diagnosis depends only on"),
        ({"run": "run"}, "texts has no effect here: run has the texts and the settings of its comparison"),
        ({"labels": None}, "texts: expected texts and labels"),
    ],
)
def test_call_without_meaning_is_refused(call, message, two):
    with pytest.raises(NinefoldError, match=message):
        nf.diagnose(**{"texts": two[0], "labels": two[1], **call})


def test_something_is_needed_to_diagnose():
    with pytest.raises(NinefoldError, match="texts: expected texts and labels, or run=FOLDER"):
        nf.diagnose()
