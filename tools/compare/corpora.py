"""ninefold's defaults beside other programs on every corpus at hand: a Markdown table on stdout.

    cargo build --release -p ninefold-cli
    python tools/compare/corpora.py --data DIR [--corpora imdb,nsmc]      (needs scikit-learn and fasttext)

DIR holds more/imdb, more/nsmc, more/sms and more/trec50 (CSV files `train.csv` and `test.csv` with the columns text and label),
ag_news/train_12000.csv and ag_news/test.csv, and 20news-bydate.tar.gz; what is missing is left out. Every program gets the same
training texts. Each holds out a tenth of them, stratified, chooses on that tenth and is then trained on all of them with what
was chosen, as far as its own means allow:

word SVM    TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True) and LinearSVC; min_df from 1, 2 and C from 0.1, 1, 10
char SVM    TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True) and LinearSVC; the same choices
fastText    train_supervised, autotuned for --seconds on the held-out tenth
ninefold    `ninefold compare` with its defaults; the row of RUN/best

The test texts are scored once per program. Seconds are wall-clock time for everything, choices included.
"""

import argparse
import csv
import json
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import time

import fasttext
import numpy as np
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

CORPORA = {
    "imdb": "more/imdb",
    "nsmc": "more/nsmc",
    "sms": "more/sms",
    "trec50": "more/trec50",
    "ag_news": "ag_news",
    "20newsgroups": "20news-bydate.tar.gz",
}
UNEVEN = 2  # from this ratio of the largest to the smallest class on, macro F1 is the score
SEED = 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--ninefold", default="target/release/ninefold")
    parser.add_argument("--corpora", default=",".join(CORPORA))
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--seconds", type=int, default=120, help="autotuning time of fastText")
    parser.add_argument("--runs", type=pathlib.Path, help="where ninefold's run folders stay; not given: nowhere")
    arguments = parser.parse_args()
    csv.field_size_limit(10**9)
    programs = arguments.programs.split(",")
    rows = []
    for name in arguments.corpora.split(","):
        path = arguments.data / CORPORA[name]
        if not path.exists():
            print(f"skipped: {path} is missing", file=sys.stderr)
            continue
        corpus = READERS.get(name, read_text_label)(path)
        results = {}
        for program in programs:
            start = time.time()
            results[program] = {**PROGRAMS[program](corpus, arguments, name), "seconds": time.time() - start}
            print(name, program, results[program], file=sys.stderr, flush=True)
        rows.append((name, corpus, results))
    print_table(rows, programs)


def print_table(rows, programs):
    print(f"scikit-learn {sklearn.__version__}, fastText; accuracy / macro F1 in %, seconds in brackets.\n")
    print("| corpus | score | " + " | ".join(programs) + " | ninefold's best row |")
    print("| --- | --- |" + " ---: |" * len(programs) + " --- |")
    for name, corpus, results in rows:
        sizes = np.unique(corpus["train"][1], return_counts=True)[1]
        score = "macro F1" if sizes.max() >= UNEVEN * sizes.min() else "accuracy"
        cells = [f"{r['accuracy']:.1f} / {r['f1_macro']:.1f} ({r['seconds']:.0f} s)" for r in results.values()]
        print(f"| {name} | {score} | " + " | ".join(cells) + f" | {results.get('ninefold', {}).get('row', '-')} |")


def read_text_label(folder):
    """Two CSV files with the columns text and label."""

    def part(name):
        with open(folder / name, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [row["text"] for row in rows], [row["label"] for row in rows]

    flags = ["--data", folder / "train.csv", "--test", folder / "test.csv"]
    return {"train": part("train.csv"), "test": part("test.csv"), "flags": flags}


def read_ag_news(folder):
    """Class, title, description."""

    def part(name, skip):
        with open(folder / name, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[skip:]
        return [" ".join(row[1:]) for row in rows], [row[0] for row in rows]

    flags = ["--data", folder / "train_12000.csv", "--test", folder / "test.csv", "--text-column", "2,3", "--label-column", "1"]
    return {"train": part("train_12000.csv", 1), "test": part("test.csv", 0), "flags": flags}


def read_newsgroups(path):
    """The posts as they are, headers included."""
    parts = {"train": ([], []), "test": ([], [])}
    with tarfile.open(path) as archive:
        for member in archive:
            match = re.match(r".*20news-bydate-(train|test)/([^/]+)/[^/]+$", member.name)
            if member.isfile() and match:
                texts, labels = parts[match[1]]
                texts.append(archive.extractfile(member).read().decode("latin-1"))
                labels.append(match[2])
    return {**parts, "flags": ["--data", "20newsgroups"]}


READERS = {"ag_news": read_ag_news, "20newsgroups": read_newsgroups}


def split(corpus):
    texts, labels = corpus["train"]
    least = min(np.unique(labels, return_counts=True)[1])
    return train_test_split(texts, labels, test_size=0.1, random_state=SEED, stratify=labels if least > 1 else None)


def scores(truth, predicted):
    return {"accuracy": 100 * accuracy_score(truth, predicted), "f1_macro": 100 * f1_score(truth, predicted, average="macro")}


def main_score(corpus):
    """The score that is chosen by, as a function of truth and answers."""
    sizes = np.unique(corpus["train"][1], return_counts=True)[1]
    key = "f1_macro" if sizes.max() >= UNEVEN * sizes.min() else "accuracy"
    return lambda truth, predicted: scores(truth, predicted)[key]


def svm(corpus, **vectorizer):
    train, held_out, train_labels, held_out_labels = split(corpus)
    found = []
    for min_df in (2, 1):
        tfidf = TfidfVectorizer(sublinear_tf=True, min_df=min_df, **vectorizer)
        train_features, held_out_features = tfidf.fit_transform(train), tfidf.transform(held_out)
        for c in (1.0, 0.1, 10.0):
            answers = LinearSVC(C=c).fit(train_features, train_labels).predict(held_out_features)
            found.append((main_score(corpus)(held_out_labels, answers), min_df, c))
    _, min_df, c = max(found, key=lambda candidate: candidate[0])
    texts, labels = corpus["train"]
    tfidf = TfidfVectorizer(sublinear_tf=True, min_df=min_df, **vectorizer)
    model = LinearSVC(C=c).fit(tfidf.fit_transform(texts), labels)
    return scores(corpus["test"][1], model.predict(tfidf.transform(corpus["test"][0])))


def word_svm(corpus, arguments, name):
    return svm(corpus, ngram_range=(1, 2))


def char_svm(corpus, arguments, name):
    return svm(corpus, analyzer="char_wb", ngram_range=(2, 5))


def fasttext_autotuned(corpus, arguments, name):
    """Words in lower case with punctuation apart, as fastText's own tutorial has them."""

    def line(text):
        return re.sub(r"([.!?,'/()])", r" \1 ", text.lower().replace("\n", " "))

    train, held_out, train_labels, held_out_labels = split(corpus)
    numbers = {label: f"__label__{number}" for number, label in enumerate(sorted(set(corpus["train"][1])))}
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("train", "held_out")]
        for path, texts, labels in zip(paths, (train, held_out), (train_labels, held_out_labels)):
            path.write_text("".join(f"{numbers[label]} {line(text)}\n" for text, label in zip(texts, labels)), encoding="utf-8")
        model = fasttext.train_supervised(
            input=str(paths[0]), autotuneValidationFile=str(paths[1]), autotuneDuration=arguments.seconds, seed=SEED, verbose=0
        )
    # The wrapper's `predict` fails with NumPy 2; that of the extension does not.
    names = {number: label for label, number in numbers.items()}
    answers = [model.f.predict(line(text) + "\n", 1, 0.0, "strict") for text in corpus["test"][0]]
    return scores(corpus["test"][1], [names[answer[0][1]] if answer else "" for answer in answers])


def ninefold(corpus, arguments, name):
    with tempfile.TemporaryDirectory() as temporary:
        run = (arguments.runs or pathlib.Path(temporary)) / name
        command = [arguments.ninefold, "compare", *map(str, corpus["flags"]), "--run-dir", str(run), "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        best = json.loads((run / "best.json").read_text())["best"]
        board = json.loads((run / "leaderboard.json").read_text())
    row = next(row for row in board["rows"] if row["folder"] == best["folder"])
    test = row["test"]
    return {"accuracy": 100 * test["accuracy"], "f1_macro": 100 * test["f1_macro"], "row": best["name"]}


PROGRAMS = {"word SVM": word_svm, "char SVM": char_svm, "fastText": fasttext_autotuned, "ninefold": ninefold}

if __name__ == "__main__":
    main()
