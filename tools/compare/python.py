"""The Python package beside its peers, in one process and in turns: the tables of docs/internals/benchmarks/python.md.

    pip install ./python scikit-learn gensim torch
    python tools/compare/python.py DATA_DIR                        AG News in DATA_DIR/ag_news
    python tools/compare/python.py DATA_DIR --tasks linear vectors --turns 5

Tasks: `linear` (TextClassifier beside Pipeline(TfidfVectorizer, LinearSVC) and ComplementNB), `vectors` (embed beside gensim's Word2Vec and
FastText), `network` (a GRU beside one of PyTorch, same sizes, same number of epochs, over vectors that are trained before the clock starts).
Everything runs on one thread and begins with the texts as strings. Both sides take turns; medians count.
"""

import argparse
import csv
import os
import pathlib
import statistics
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402

import ninefold as nf  # noqa: E402

DIM, WINDOW, HIDDEN, EPOCHS, BATCH, MAX_LEN = 100, 5, 128, 2, 32, 100


def read(path):
    """Texts and labels of a CSV file of AG News."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    rows = rows[1:] if rows[0][0] == "Class Index" else rows
    return [f"{title}\n{body}" for _, title, body in rows], [label for label, _, _ in rows]


def timed(work):
    """The seconds of a call, wall-clock and of the processor, and its result."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - wall, time.process_time() - processor), result


class Table:
    """Seconds of every side, turn by turn."""

    def __init__(self):
        self.seconds, self.notes = {}, {}

    def add(self, side, seconds, note=""):
        self.seconds.setdefault(side, []).append(seconds)
        self.notes[side] = note

    def print(self, title, ours, theirs):
        """A row for each side, with the ratio of the peer's processor time to ours."""
        medians = {side: [statistics.median(turn[n] for turn in turns) for n in (0, 1)] for side, turns in self.seconds.items()}
        print(f"\n{title}\n")
        print("| | s | processor s | ratio | |\n| --- | ---: | ---: | ---: | --- |")
        for side, (wall, processor) in medians.items():
            ratio = f"{medians[theirs[ours.index(side)]][1] / processor:.2f}" if side in ours else ""
            print(f"| {side} | {wall:.2f} | {processor:.2f} | {ratio} | {self.notes[side]} |", flush=True)


def linear(train, test, turns):
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    from sklearn.naive_bayes import ComplementNB
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    sides = {
        "ninefold tfidf_svm": lambda: nf.TextClassifier("tfidf_svm"),
        "scikit-learn TfidfVectorizer, LinearSVC": lambda: make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC()),
        "ninefold complement_nb": lambda: nf.TextClassifier("complement_nb"),
        "scikit-learn CountVectorizer, ComplementNB": lambda: make_pipeline(CountVectorizer(ngram_range=(1, 2)), ComplementNB()),
    }
    fits, predicts = Table(), Table()
    for _ in range(turns):
        for side, make in sides.items():
            seconds, fitted = timed(lambda: make().fit(*train))
            fits.add(side, seconds)
            seconds, predicted = timed(lambda: fitted.predict(test[0]))
            predicts.add(side, seconds, f"accuracy {100 * np.mean(predicted == np.array(test[1])):.2f} %")
    names = list(sides)
    fits.print("fit", names[::2], names[1::2])
    predicts.print("predict", names[::2], names[1::2])


def vectors(train, _, turns):
    import gensim
    from gensim.utils import simple_preprocess

    texts = train[0]
    shared = dict(window=WINDOW, epochs=5, min_count=2)

    def of_gensim(kind):
        sentences = [simple_preprocess(text, min_len=1) for text in texts]
        return kind(sentences, vector_size=DIM, sg=1, negative=5, workers=1, **shared).wv

    for ours, theirs in (("word2vec", gensim.models.Word2Vec), ("fasttext", gensim.models.FastText)):
        table = Table()
        for _ in range(turns):
            seconds, made = timed(lambda: nf.embed(texts, ours, dim=DIM, n_jobs=1, settings={"negative": 5}, **shared))
            table.add(f"ninefold {ours}", seconds, f"{len(made):,} words")
            seconds, made = timed(lambda: of_gensim(theirs))
            table.add(f"gensim {theirs.__name__}", seconds, f"{len(made):,} words")
        table.print(f"train {ours}", [f"ninefold {ours}"], [f"gensim {theirs.__name__}"])


def network(train, test, turns):
    import torch

    torch.set_num_threads(1)
    given = nf.embed(train[0], "word2vec", dim=DIM, epochs=2, min_count=2, n_jobs=1)

    def ours():
        settings = {"model.num_layers": 1, "model.bidirectional": True, "model.pooling": "last"}
        return nf.TextClassifier("gru", given, hidden_size=HIDDEN, epochs=EPOCHS, batch_size=BATCH, max_len=MAX_LEN, settings=settings).fit(*train)

    fits, predicts = Table(), Table()
    for _ in range(turns):
        seconds, fitted = timed(ours)
        fits.add("ninefold gru", seconds)
        seconds, predicted = timed(lambda: fitted.predict(test[0]))
        predicts.add("ninefold gru", seconds, f"accuracy {100 * np.mean(predicted == np.array(test[1])):.2f} %")
        seconds, predict = timed(lambda: of_torch(given, train))
        fits.add("PyTorch GRU", seconds)
        seconds, predicted = timed(lambda: predict(test[0]))
        predicts.add("PyTorch GRU", seconds, f"accuracy {100 * np.mean(predicted == np.array(test[1])):.2f} %")
    fits.print(f"fit a bidirectional GRU of {HIDDEN}, {EPOCHS} epochs", ["ninefold gru"], ["PyTorch GRU"])
    predicts.print("predict", ["ninefold gru"], ["PyTorch GRU"])


def of_torch(given, train):
    """The usual script: padded batches, packed for the recurrent layer -> a function that predicts."""
    import torch
    from gensim.utils import simple_preprocess
    from torch import nn

    torch.manual_seed(0)
    classes = sorted(set(train[1]))
    rows = {word: row + 1 for row, word in enumerate(given.index_to_key)}
    matrix = torch.from_numpy(np.vstack([np.zeros((1, DIM), np.float32), given.vectors]))
    embedding = nn.Embedding.from_pretrained(matrix, freeze=False, padding_idx=0)
    recurrent, head = nn.GRU(DIM, HIDDEN, bidirectional=True, batch_first=True), nn.Linear(2 * HIDDEN, len(classes))
    parts = nn.ModuleList([embedding, recurrent, head])
    optimizer, loss = torch.optim.Adam(parts.parameters(), lr=1e-3), nn.CrossEntropyLoss()

    def encode(texts):
        ids = [[rows[word] for word in simple_preprocess(text, min_len=1) if word in rows][:MAX_LEN] or [0] for text in texts]
        return [torch.tensor(text) for text in ids]

    def forward(texts):
        lengths = torch.tensor([len(text) for text in texts])
        padded = nn.utils.rnn.pad_sequence(texts, batch_first=True)
        packed = nn.utils.rnn.pack_padded_sequence(embedding(padded), lengths, batch_first=True, enforce_sorted=False)
        _, state = recurrent(packed)
        return head(torch.cat((state[-2], state[-1]), 1))

    texts, labels = encode(train[0]), torch.tensor([classes.index(label) for label in train[1]])
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(texts)).split(BATCH):
            optimizer.zero_grad()
            loss(forward([texts[row] for row in batch]), labels[batch]).backward()
            optimizer.step()

    def predict(texts):
        texts, found = encode(texts), []
        with torch.no_grad():
            for start in range(0, len(texts), 64):
                found.append(forward(texts[start : start + 64]).argmax(1))
        return np.array(classes)[torch.cat(found).numpy()]

    return predict


def main():
    tasks = {"linear": linear, "vectors": vectors, "network": network}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--tasks", nargs="+", choices=tasks, default=list(tasks))
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    folder = arguments.data / "ag_news"
    train, test = read(folder / "train_12000.csv"), read(folder / "test.csv")
    for task in arguments.tasks:
        print(f"\n## {task}")
        tasks[task](train, test, arguments.turns)


if __name__ == "__main__":
    main()
