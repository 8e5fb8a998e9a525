"""Runs small inputs on which a program can be wrong, and compares its answers with the right ones.

    python tools/cases.py FOLDER [--ninefold PATH] [CASE ...]

FOLDER holds a folder per case: a few files and `cmd.txt`, which is run there with NF (the program) and RUN (a scratch folder) set.
The checkers below say what is right. A line per case, then `N right, M wrong`; the exit status is 1 where one is wrong.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CHECKERS = {}


def case(check):
    """Registers the checker of the case of that name: it gets a Case and returns what is wrong, or None."""
    CHECKERS[check.__name__] = check
    return check


class Case:
    """A case that was run: its output, its folder, and the scratch folder that it wrote into."""

    def __init__(self, folder, program, scratch):
        self.folder, self.program, self.scratch = folder, program, scratch
        self.run_folder = scratch / "run"
        environment = os.environ | {"NF": str(program), "RUN": str(self.run_folder)}
        environment |= {"NINEFOLD_CACHE_DIR": str(scratch / "cache"), "NINEFOLD_DATA_DIR": str(scratch / "data")}
        self.environment = environment
        done = subprocess.run(
            ["bash", "cmd.txt"], cwd=folder, env=environment, capture_output=True, text=True, errors="replace", timeout=600
        )
        self.output = done.stdout + done.stderr

    def lacks(self, *patterns):
        """The patterns that the output does not hold, as a complaint."""
        missing = [pattern for pattern in patterns if not re.search(pattern, self.output, re.IGNORECASE | re.MULTILINE)]
        return f"the output lacks {missing}" if missing else None

    def classes(self):
        """The class names that the output lists as JSON, one list after another."""
        return [re.findall(r'"((?:[^"\\]|\\.)*)"', listed) for listed in re.findall(r"^\[(.*)\]$", self.output, re.MULTILINE)]


@case
def bom(run):
    written = pathlib.Path(f"{run.run_folder}.vec")
    words = [line.split(" ")[0] for line in written.read_text("utf-8").splitlines()] if written.exists() else []
    vocabulary = (run.folder / "vocab_bom.txt").read_text("utf-8-sig").split()
    first = vocabulary[0] if vocabulary else "tiger"
    if re.search(r"\bthe\b.*(no vector|is not|unknown)|no vector.*\bthe\b", run.output):
        return "the first word has no vector"
    return None if first in words else f"{first!r} is not among the exported words {words}"


@case
def class_weight_dotted(run):
    lines = [line for line in run.output.splitlines() if line.strip()]
    wrong = [line for line in lines if "error" in line and "class_weight={" not in line.replace(" ", "")]
    return f"refused: {wrong}" if wrong or not lines else None


@case
def data_named_sample(run):
    if re.search("download|fetch", run.output, re.IGNORECASE):
        return "a download in place of the folder"
    says_so = re.search(r"(built-in|folder).*(sample|name)", run.output, re.IGNORECASE)
    reads_it = re.search(r"^data: .*\b3 classes", run.output, re.MULTILINE)
    return None if says_so or reads_it else "neither read nor told"


@case
def delimiter(run):
    ragged, _, one_comma = run.output.partition("== semi_hdr1comma.csv")
    if not re.search(r"semi_ragged\.csv:7\b.*2 cells.*3", ragged):
        return f"the ragged row is not named: {ragged.strip()!r}"
    return "the table of semicolons is refused" if "error" in one_comma else None


@case
def embed_train_ignores_flags(run):
    if "goes with --data" in run.output:
        return None
    if not re.search(r"\b(да|очень|фильм)\b", run.output):
        return "no Russian words"
    if re.search(r"set encoding|encoding = ", run.output) and "utf16" in run.output and "error" in run.output:
        return "the UTF-16 file is refused"
    counts = re.findall(r"^\d+$", run.output, re.MULTILINE)
    return None if counts and counts[-1] == "0" else "header or labels are among the words"


@case
def emoji(run):
    tokens = [float(value) for value in re.findall(r"(?:nb|svm):[^\n]*?([\d.]+) %", run.output)]
    if tokens and min(tokens) == 100.0:
        return None
    return run.lacks(r"(symbols|emoji).*(left out|dropped|removed)")


@case
def few_texts_protocol(run):
    return run.lacks(r"33")


@case
def header_as_data(run):
    expected = [4, 3]
    found = [len(names) for names in run.classes()]
    return None if found == expected else f"{found} classes, not {expected}: {run.classes()}"


@case
def labels_spelled_differently(run):
    numbers, _, missing = run.output.partition("== nan_label.csv")
    if not re.search(r"(differ only|same number|same label)", numbers):
        return "1 and 1.0 are not told"
    return None if re.search(r"nan.*missing|missing.*nan", missing, re.IGNORECASE) else "NaN is not told"


@case
def macro_f1_interval(run):
    lines = [line for line in run.output.splitlines() if "100.0" in line]
    wrong = re.search(r"interval (?!100\.0 to 100\.0)[\d.]+ to [\d.]+", run.output)
    return None if lines and not wrong else f"an interval below its score: {run.output.strip()!r}"


@case
def nul_byte(run):
    written = pathlib.Path(f"{run.run_folder}.vec")
    if not written.exists():
        return f"nothing trained: {run.output.strip()[-200:]!r}"
    words = int(written.read_text("utf-8").split()[0])
    text = (run.folder / "corpus_nul_small.txt").read_bytes().replace(b"\0", b" ")
    expected = len(set(text.split()))
    return None if words == expected else f"{words} words, not {expected}"


@case
def pipe_is_read_twice(run):
    return run.lacks(r"pipe cannot be read twice|stdin.*twice|twice.*(pipe|stdin)")


@case
def predict_ctrl_c(run):
    model = run.scratch / "model_run"
    settings = ["--models", "swem", "--embeddings", "word2vec", "--baselines", "none", "--ensembles", "none", "--epochs", "1"]
    small = ["--set", "corpus.sample.documents=300", "--set", "embedding.dim=8", "--set", "embedding.epochs=1", "-q"]
    command = [run.program, "compare", *settings, *small, "--run-dir", model]
    subprocess.run(command, env=run.environment, check=True, capture_output=True)
    for name in ["SIGINT", "SIGTERM", "SIGHUP"]:
        predict = subprocess.Popen(
            [run.program, "predict", model / "best"], env=run.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        predict.stdin.write(b"a line\n")
        predict.stdin.flush()
        predict.stdout.readline()
        start = time.monotonic()
        predict.send_signal(getattr(signal, name))
        try:
            predict.wait(timeout=2)
        except subprocess.TimeoutExpired:
            predict.kill()
            return f"{name}: still there after two seconds"
        finally:
            predict.stdin.close()
        if time.monotonic() - start > 2:
            return f"{name}: more than two seconds"
    return None


@case
def predict_forgets_columns(run):
    return run.lacks(r"without the flag: 120 with it: 120 of 120")


@case
def predict_labelled_lines(run):
    before, _, after = run.output.partition("--\n")
    labelled = [line for line in before.splitlines() if re.fullmatch(r"\S+\t[\d.]+", line)]
    plain = [line for line in after.splitlines() if re.fullmatch(r"\S+\t[\d.]+", line)]
    if not labelled or labelled != plain:
        return f"{labelled} and {plain}"
    return run.lacks(r"other labels: 0 of 120")


@case
def predict_txt_table(run):
    before, _, after = run.output.partition("--\n")
    answers = [[line for line in part.splitlines() if re.fullmatch(r"\S+\t[\d.]+", line)] for part in (before, after)]
    return None if answers[0] and answers[0] == answers[1] else f"{answers[0]} and {answers[1]}"


@case
def test_only_labels(run):
    names = run.classes() or [re.findall(r'"([^"]+)"', run.output.split("[", 1)[-1])]
    train = {line.rsplit(",", 1)[1].strip() for line in (run.folder / "ftr.csv").read_text().splitlines()[1:]}
    if set(names[-1]) != train:
        return f"the model's labels are {names[-1]}, those of train {sorted(train)}"
    scores = [float(value) for value in re.findall(r"test accuracy ([\d.]+)", run.output)]
    return f"test accuracy {scores}, not 0" if scores and max(scores) > 0 else None


@case
def vectors_other_separators(run):
    for name in ["tabword.txt", "gap.txt"]:
        part = run.output.partition(f"== {name}")[2].partition("==")[0]
        refused = re.search(r"error.*(separator|white space|tab)", part)
        read = re.search(r"\b5 dim|dim\w*\W+5\b|\b5\b.*dimensions", part) and "error" not in part
        if not (refused or read):
            return f"{name}: {part.strip()[:200]!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path, help="the folder with a folder per case")
    parser.add_argument("cases", nargs="*", help="the cases to run; all without any")
    default = pathlib.Path(__file__).resolve().parent.parent / "target/release/ninefold"
    parser.add_argument("--ninefold", type=pathlib.Path, default=default, help="the program")
    parser.add_argument("--verbose", action="store_true", help="print what each case printed")
    arguments = parser.parse_args()
    names = arguments.cases or sorted(path.name for path in arguments.folder.iterdir() if (path / "cmd.txt").exists())
    right = wrong = 0
    for name in names:
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="ninefold-case-"))
        try:
            run = Case(arguments.folder / name, arguments.ninefold.resolve(), scratch)
            check = CHECKERS.get(name)
            complaint = check(run) if check else "there is no checker for this case"
        except subprocess.TimeoutExpired:
            complaint = "took more than ten minutes"
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        right, wrong = right + (complaint is None), wrong + (complaint is not None)
        print(f"{name}: {'right' if complaint is None else 'WRONG: ' + complaint}", flush=True)
        if arguments.verbose:
            print(run.output)
    print(f"{right} right, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
