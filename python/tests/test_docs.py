"""The examples of docstrings, the guide and the notebook run."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

MODULES = [
    "ninefold",
    "ninefold.classifier",
    "ninefold.diagnosis",
    "ninefold.leaderboard",
    "ninefold.predictor",
    "ninefold.spark",
    "ninefold.vectors",
    "ninefold._settings",
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    module = importlib.import_module(name)
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    results = doctest.testmod(module, optionflags=options)
    assert results.attempted > 0 and results.failed == 0


GUIDE = Path(__file__).resolve().parents[2] / "docs/guide"


@pytest.mark.skipif(not GUIDE.is_dir(), reason="the guide is not beside these tests")
def test_code_of_the_guide_runs():
    blocks = re.findall(r"^```python\n(.*?)^```$", (GUIDE / "python.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 5
    names: dict[str, object] = {}
    for number, block in enumerate(blocks):
        exec(compile(block, f"python.md, block {number + 1}", "exec"), names)


@pytest.mark.skipif(not GUIDE.is_dir(), reason="the guide is not beside these tests")
def test_notebook_runs():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(GUIDE / "python.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("text/html" in output["data"] for output in shown)
