"""The program out of the same library."""

import subprocess
import sys
from pathlib import Path


def run(*arguments, **options):
    program = Path(sys.executable).parent / "ninefold"
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False, **options)


def test_program_is_installed_and_has_the_exit_codes_of_the_program():
    assert run("--version").stdout.startswith("ninefold 0.")
    assert run("compare", "--nothing").returncode == 2
    assert run("predict", "nowhere", input="a text").returncode == 1


def test_program_reads_what_python_wrote_and_the_other_way_round(two, tmp_path):
    import ninefold as nf

    rows = "".join(f"{text},{label}\n".replace(", number", " number") for text, label in zip(*two, strict=True))
    (tmp_path / "films.csv").write_text(f"text,label\n{rows}")
    done = run("compare", "--data", "films.csv", "--models", "none", "--baselines", "complement_nb,tfidf_svm", "--run-dir", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    board = nf.Leaderboard.load(tmp_path / "run")
    assert board.best.predict(["a dull film"]).tolist() == ["neg"]
    assert run("report", str(board.run_dir), cwd=tmp_path).returncode == 0
