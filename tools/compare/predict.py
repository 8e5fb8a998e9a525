"""What labelling texts costs, from a thousand to millions, beside fastText: seconds, processor seconds and memory of whole processes.

    cargo build --release
    python tools/compare/predict.py RUN --texts test.csv      (needs fasttext-wheel for the rows of fastText)
    ... --fasttext PROGRAM                                    also fastText's own program, which has one thread

RUN is a run folder of `ninefold compare`; every model in it that --models names is measured. The texts of the file (its columns after the
first, joined) are repeated up to each size. All sides read the same file of lines and write labels with probabilities; they take turns.
"""

import argparse
import csv
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

FASTTEXT = """
import sys, fasttext
model = fasttext.load_model(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as texts, open(sys.argv[3], "w") as out:
    lines = [line.rstrip("\\n") for line in texts]
    for labels, probabilities in zip(*model.predict(lines)):
        out.write(f"{labels[0]}\\t{probabilities[0]:.4f}\\n")
"""
TRAIN = """
import sys, fasttext
fasttext.train_supervised(sys.argv[1], dim=100, epoch=5, wordNgrams=1, thread=1).save_model(sys.argv[2])
"""


def measured(command, stdin=None):
    """Wall seconds, processor seconds and the largest resident set in MB of a process."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=stdin)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def write_texts(rows, size, path):
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(rows[number % len(rows)] + "\n" for number in range(size))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--texts", type=pathlib.Path, required=True, help="a CSV file: label, then columns of text")
    parser.add_argument("--models", nargs="*", default=["pairs/word2vec-swem", "baselines/tfidf_logistic", "pairs/word2vec-gru"])
    parser.add_argument("--sizes", nargs="*", type=int, default=[10**3, 10**4, 10**5, 10**6])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--ninefold", nargs="*", default=["target/release/ninefold"], help="programs, e.g. of before and after a change")
    parser.add_argument("--no-fasttext", action="store_true")
    parser.add_argument("--fasttext", type=pathlib.Path, help="fastText's own program")
    arguments = parser.parse_args()
    with open(arguments.texts, encoding="utf-8", newline="") as file:
        labelled = [(row[0], " ".join(row[1:]).replace("\n", " ")) for row in csv.reader(file) if row]
    rows = [text for _, text in labelled]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        commands = {}
        for program in arguments.ninefold:
            for model in arguments.models:
                command = [program, "predict", arguments.run / model / "model", "--threads", str(arguments.threads), "--quiet"]
                commands[f"{pathlib.Path(program).name} {model}"] = lambda path, command=command: [*command, path]
        if not arguments.no_fasttext:
            (folder / "train.txt").write_text("".join(f"__label__{label} {text}\n" for label, text in labelled), encoding="utf-8")
            subprocess.run([sys.executable, "-c", TRAIN, folder / "train.txt", folder / "model.bin"], check=True, stderr=subprocess.DEVNULL)
            commands["fastText in Python"] = lambda path: [sys.executable, "-c", FASTTEXT, folder / "model.bin", path, os.devnull]
            if arguments.fasttext:
                commands["fastText's program"] = lambda path: [arguments.fasttext, "predict-prob", folder / "model.bin", path]
        print("| texts | program | seconds | processor seconds | texts/s | largest resident set |")
        print("| ---: | --- | ---: | ---: | ---: | ---: |")
        for size in arguments.sizes:
            path = folder / "texts.txt"
            write_texts(rows, size, path)
            figures = {name: [] for name in commands}
            for _ in range(arguments.turns):
                for name, command in commands.items():
                    figures[name].append(measured(command(path)))
            for name, turns in figures.items():
                seconds, processor, memory = (statistics.median(column) for column in zip(*turns))
                print(f"| {size:,} | {name} | {seconds:.2f} | {processor:.2f} | {size / seconds:,.0f} | {memory:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
