"""The examples of docstrings, the guide and the notebook run."""

import doctest
import importlib
import os
import re
import subprocess
import sys
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
def test_kubernetes_job_of_the_guide_runs_a_cell(two, tmp_path):
    yaml = pytest.importorskip("yaml")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", (GUIDE / "several-machines.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    job = yaml.safe_load(block)
    assert (job["apiVersion"], job["kind"], job["spec"]["completionMode"]) == ("batch/v1", "Job", "Indexed")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["restartPolicy"] in ("OnFailure", "Never")
    assert [mount["name"] for mount in container["volumeMounts"]] == [volume["name"] for volume in pod["volumes"]]
    assert all(isinstance(variable["value"], str) for variable in container["env"]), "numbers in env need quotes"
    program = tmp_path / "bin/ninefold"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ninefold "$@"\n')
    program.chmod(0o755)
    rows = "".join(f'"{text}",{label}\n' for text, label in zip(*two, strict=True))
    (tmp_path / "posts.csv").write_text(f"text,label\n{rows}")
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}", "NINEFOLD_SIMD": "portable"}
    models = ["--models", "none", "--baselines", "majority,complement_nb,multinomial_nb"]
    listed = subprocess.run([program, "cell", "list", "--data", "posts.csv", *models], env=environment, check=True, capture_output=True)
    (tmp_path / "cells.jsonl").write_bytes(listed.stdout)
    given = {variable["name"]: variable["value"] for variable in container["env"]} | {"NINEFOLD_SIMD": "portable"}
    command = [*container["command"], container["args"][0].replace("/work", str(tmp_path)).replace(f"--vectors {tmp_path}/cells", "")]
    subprocess.run(command, env={**environment, **given, "JOB_COMPLETION_INDEX": "0"}, check=True)
    assert list((tmp_path / "cells/3").glob("run/baselines/*/metrics.json")), "the third of three cells"


@pytest.mark.skipif(not GUIDE.is_dir(), reason="the guide is not beside these tests")
def test_notebook_runs():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(GUIDE / "python.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert any("text/html" in output["data"] for output in shown)
