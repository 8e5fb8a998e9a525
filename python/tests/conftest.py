"""Texts for all tests."""


import numpy as np
import pytest


#: NumPy's type of strings, from version 2 on.
STRINGS = [np.dtypes.StringDType()] if hasattr(np.dtypes, "StringDType") else []

WORDS = {"pos": ("great", "moving", "fine"), "neg": ("dull", "empty", "poor"), "so": ("usual", "plain", "mixed")}


def sentences(labels, count=40):
    """`count` texts per class, the classes interleaved; each text has words of its class."""
    pairs = [
        (f"a {WORDS[label][n % 3]} and {WORDS[label][(n + 1) % 3]} film, number {n}", label)
        for n in range(count)
        for label in labels
    ]
    return [text for text, _ in pairs], [label for _, label in pairs]


@pytest.fixture(scope="session")
def two():
    """Texts and labels of two classes."""
    return sentences(("pos", "neg"))


@pytest.fixture(scope="session")
def three():
    """Texts and labels of three classes."""
    return sentences(("pos", "neg", "so"))


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Runs without a folder are put where the test is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NINEFOLD_CACHE_DIR", str(tmp_path / "cache"))
