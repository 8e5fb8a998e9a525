"""Word vectors beside gensim's, fastText's and Stanford's GloVe: speed and quality on 20 Newsgroups, one command.

    cargo build --release --example train_vectors
    python tools/compare/embeddings.py --newsgroups DIR --repeat 5 --analogies questions-words.txt \\
        --pairs wordsim353.tsv simlex999.txt EN-RW-STANFORD.txt

DIR holds the folders train and test (or 20news-bydate-train and -test). Texts are stripped of headers, footers and quotes as
scikit-learn does it; words are [a-z]+. All posts train the vectors; labels are used by the judgements alone:

    pairs   Spearman's correlation of cosines with people's judgements, pairs of known words only; a file whose name holds "RW" is
            judged with unseen words too where the method has n-grams
    analogy share of questions answered, the 30,000 most frequent words as answers
    kNN     topic of the 15 nearest training posts by cosine of idf-weighted mean vectors, accuracy on the test posts
    ridge   the same means through a ridge classifier

Runs of the two trainers alternate; words/s is the median over --repeat runs with seeds 1, 2, ..., the others mean ± standard
deviation (gensim: train() alone, without its vocabulary pass; fastText: with it; ours: all but reading the text). Words per second
of processor time stand beside them: on a machine that others use too they are what can be compared. --results FILE keeps every run, and a run
that is in it is not done again; --sides and --methods do some of them. GloVe has no trainer in gensim: --glove-peer names a program that
is called with the shuffled counts of Stanford's `cooccur`, the vocabulary, the output, dim, iterations, threads, x_max and seed.
Needs gensim, scikit-learn, scipy, numpy; fasttext (any build of it) for its side.
"""

import argparse
import collections
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gensim
import numpy as np
import scipy.sparse
from gensim.models import FastText, Word2Vec
from scipy.stats import spearmanr
from sklearn.datasets import _twenty_newsgroups as strip
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize

METHODS = {
    "word2vec skip-gram": ("word2vec", {"architecture": "skip_gram"}),
    "word2vec cbow": ("word2vec", {"architecture": "cbow"}),
    "word2vec hs": ("word2vec", {"architecture": "skip_gram", "loss": "hs"}),
    "fasttext skip-gram": ("fasttext", {"architecture": "skip_gram"}),
    "fasttext cbow": ("fasttext", {"architecture": "cbow"}),
    "glove": ("glove", {}),
}
ANSWERS = 30_000


def read_posts(folder):
    """[(part, group, words)] of all posts."""
    posts = []
    for part in ("train", "test"):
        root = next(root for root in (folder / part, folder / f"20news-bydate-{part}") if root.is_dir())
        for path in sorted(root.glob("*/*")):
            text = strip.strip_newsgroup_header(path.read_text(encoding="latin-1"))
            text = strip.strip_newsgroup_quoting(strip.strip_newsgroup_footer(text))
            posts.append((part, path.parent.name, re.findall("[a-z]+", text.lower())))
    return posts


def read_pairs(path):
    rows = [re.split(r"[\t, ]+", line.strip()) for line in path.read_text().splitlines() if not line.startswith("#")]
    return [(a.lower(), b.lower(), float(score)) for a, b, score, *_ in rows if re.fullmatch(r"[\d.]+", score)]


class Vectors:
    """Words, their unit vectors, and those of unseen words where the method makes some."""

    def __init__(self, words, matrix, unseen=None):
        self.words, self.ids = words, {word: row for row, word in enumerate(words)}
        self.matrix = normalize(matrix)
        self.unseen = unseen or (lambda word: None)

    def get(self, word, unseen):
        if word in self.ids:
            return self.matrix[self.ids[word]]
        made = self.unseen(word) if unseen else None
        return None if made is None or not np.any(made) else made / np.linalg.norm(made)


def judge(vectors, raw, posts, options):
    """The scores of one set of vectors, in percent."""
    scores = {}
    for path in options.pairs:
        rare = "RW" in path.name
        rows = [(vectors.get(a, rare), vectors.get(b, rare), score) for a, b, score in read_pairs(path)]
        rows = [(a @ b, score) for a, b, score in rows if a is not None and b is not None]
        scores[f"{path.stem} ({len(rows)})"] = 100 * spearmanr(*zip(*rows))[0]
    if options.analogies:
        scores["analogy"] = 100 * analogies(vectors, options.analogies)
    tfidf = TfidfVectorizer(analyzer=lambda words: words, vocabulary=vectors.ids, norm=None, sublinear_tf=True)
    counts = {part: tfidf_of(tfidf, [words for p, _, words in posts if p == part]) for part in ("train", "test")}
    means = {part: normalize(count @ raw) for part, count in counts.items()}
    topics = {part: [group for p, group, _ in posts if p == part] for part in ("train", "test")}
    for name, model in (("kNN", KNeighborsClassifier(15)), ("ridge", RidgeClassifierCV([0.1, 1, 10]))):
        model.fit(means["train"], topics["train"])
        scores[name] = 100 * model.score(means["test"], topics["test"])
    return scores


def analogies(vectors, path):
    """Share of b - a + c whose nearest of the first words, a, b and c left out, is d; questions of known words alone."""
    rows = [line.lower().split() for line in path.read_text().splitlines() if not line.startswith(":")]
    known = {word: row for word, row in vectors.ids.items() if row < ANSWERS}
    asked = np.array([[known[word] for word in row] for row in rows if all(word in known for word in row)])
    matrix, right = vectors.matrix[:ANSWERS], 0
    for a, b, c, d in (block.T for block in np.array_split(asked, len(asked) // 500 + 1)):
        near = (matrix[b] - matrix[a] + matrix[c]) @ matrix.T
        for given in (a, b, c):
            near[np.arange(len(near)), given] = -9
        right += (near.argmax(axis=1) == d).sum()
    return right / len(asked)


def tfidf_of(tfidf, texts):
    return tfidf.transform(texts) if hasattr(tfidf, "idf_") else tfidf.fit_transform(texts)


def train_gensim(kind, settings, options, seed, work):
    model_class = {"word2vec": Word2Vec, "fasttext": FastText}[kind]
    hs = settings.get("loss") == "hs"
    model = model_class(
        vector_size=options.dim,
        window=options.window,
        min_count=options.min_count,
        sg=int(settings["architecture"] == "skip_gram"),
        hs=int(hs),
        negative=0 if hs else 5,
        workers=options.threads,
        seed=seed,
    )
    model.build_vocab(work.texts)
    began, cpu_before = time.perf_counter(), time.process_time()
    model.train(work.texts, total_examples=model.corpus_count, epochs=options.epochs)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_before
    words = model.epochs * sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key)
    unseen = (lambda word: model.wv[word]) if kind == "fasttext" else None
    return model.wv.index_to_key, model.wv.vectors, unseen, words, seconds, cpu_s


def train_fasttext(kind, settings, options, seed, work):
    import fasttext

    fasttext.FastText.unsupervised_default["seed"] = seed  # it has no parameter for it
    began, cpu_before = time.perf_counter(), time.process_time()
    model = fasttext.train_unsupervised(
        str(work.text),
        model={"skip_gram": "skipgram", "cbow": "cbow"}[settings["architecture"]],
        dim=options.dim,
        ws=options.window,
        epoch=options.epochs,
        minCount=options.min_count,
        t=1e-3,
        lr=0.025,
        thread=options.threads,
        verbose=0,
    )
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_before
    words = [word for word in model.get_words() if word != "</s>"]
    known = set(words)
    tokens = options.epochs * sum(word in known for text in work.texts for word in text)
    return words, np.array([model.get_word_vector(word) for word in words]), model.get_word_vector, tokens, seconds, cpu_s


def train_ninefold(kind, settings, options, seed, work):
    settings = {"dim": options.dim, "window": options.window, "threads": options.threads, "seed": seed} | settings
    settings["epochs"] = options.glove_epochs if kind == "glove" else options.epochs
    if kind == "glove":
        settings["window"] = 2 * options.window
    out = work.folder / "vectors.txt"
    arguments = [f"{key}={json.dumps(value)}" for key, value in settings.items()] + options.set
    extra = [f"unseen={work.unseen}"] if kind == "fasttext" else []
    command = [options.binary, kind, work.text, out, f"min_count={options.min_count}", *extra, *arguments]
    report = json.loads(subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr)
    words, matrix = read_vectors(out)
    made = dict(zip(words[report["vocab"] :], matrix[report["vocab"] :]))
    tokens = settings["epochs"] * report["words"]
    return words[: report["vocab"]], matrix[: report["vocab"]], made.get, tokens, report["train_s"], report["cpu_s"]


def train_stanford(kind, settings, options, seed, work):
    """Training alone: counting and shuffling are done here and not timed."""
    counts, vocab, out = work.counts(2 * options.window, options.min_count)
    command = [options.glove_peer, counts, vocab, out, options.dim, options.glove_epochs, options.threads, 10, seed]
    began, cpu_before = time.perf_counter(), cpu_of_children()
    subprocess.run(list(map(str, command)), check=True, stderr=subprocess.DEVNULL)
    seconds, cpu_s = time.perf_counter() - began, cpu_of_children() - cpu_before
    words, matrix = read_vectors(out)
    known = set(words)
    tokens = options.glove_epochs * sum(word in known for text in work.texts for word in text)
    return words, matrix, None, tokens, seconds, cpu_s


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def read_vectors(path):
    lines = [line.split(" ") for line in path.read_text().splitlines()]
    lines = lines[1:] if len(lines[0]) == 2 else lines
    return [line[0] for line in lines], np.array([line[1:] for line in lines], dtype=np.float32)


class Work:
    """The texts, and files made of them."""

    def __init__(self, posts, options, folder):
        self.texts, self.folder = [words for _, _, words in posts], folder
        self.text, self.unseen = folder / "text.txt", folder / "unseen.txt"
        self.text.write_text("".join(" ".join(words) + "\n" for words in self.texts))
        pairs = [pair for path in options.pairs if "RW" in path.name for pair in read_pairs(path)]
        self.unseen.write_text("".join(f"{word}\n" for word in sorted({word for a, b, _ in pairs for word in (a, b)})))

    def counts(self, window, min_count):
        """Stanford's `cooccur` and `shuffle` in numpy: records (word, word, sum of 1 / distance) in random order, words from 1."""
        files = [self.folder / name for name in ("counts.bin", "vocab.txt", "glove.txt")]
        if files[0].exists():
            return files
        tally = collections.Counter(word for text in self.texts for word in text)
        words = sorted((word for word, count in tally.items() if count >= min_count), key=lambda word: (-tally[word], word))
        ids = {word: row for row, word in enumerate(words)}
        line = np.concatenate([[ids[word] for word in text if word in ids] + [-1] * window for text in self.texts]).astype(int)
        total = scipy.sparse.csr_matrix((len(words), len(words)))
        for distance in range(1, window + 1):
            left, right = line[:-distance], line[distance:]
            pair = (left >= 0) & (right >= 0)
            near = (np.full(pair.sum(), 1 / distance), (left[pair], right[pair]))
            total = total + scipy.sparse.coo_matrix(near, shape=total.shape).tocsr()
        total = (total + total.T).tocoo()
        records = np.empty(total.nnz, dtype=[("row", "<i4"), ("column", "<i4"), ("count", "<f8")])
        records["row"], records["column"], records["count"] = total.row + 1, total.col + 1, total.data
        np.random.default_rng(0).shuffle(records)
        records.tofile(files[0])
        files[1].write_text("".join(f"{word} {tally[word]}\n" for word in words))
        return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--newsgroups", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--analogies", type=Path)
    parser.add_argument("--binary", type=Path, default=Path("target/release/examples/train_vectors"))
    parser.add_argument("--glove-peer", type=Path)
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--sides", nargs="*", default=["ninefold", "gensim", "fasttext", "stanford"])
    parser.add_argument("--results", type=Path, help="a file of JSON lines that keeps every run")
    parser.add_argument("--speed", action="store_true", help="no scores")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--glove-epochs", type=int, default=25)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--set", nargs="*", default=[], help="further KEY=VALUE settings for ninefold")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    options.glove_peer = options.glove_peer and options.glove_peer.resolve()

    posts = read_posts(options.newsgroups)
    print(f"gensim {gensim.__version__}; {len(posts)} posts, {sum(len(words) for *_, words in posts)} words; threads "
          f"{options.threads}, dim {options.dim}, window {options.window}, epochs {options.epochs} (glove "
          f"{options.glove_epochs})", file=sys.stderr)
    kept = options.results.read_text().splitlines() if options.results and options.results.exists() else []
    runs = {(run["method"], run["side"], run["seed"]): run for run in map(json.loads, kept)}
    with tempfile.TemporaryDirectory() as folder:
        work = Work(posts, options, Path(folder))
        for method in options.methods:
            for seed in range(1, options.repeat + 1):
                for side in sides_of(method, options):
                    if (method, side, seed) in runs:
                        continue
                    train = {
                        "ninefold": train_ninefold,
                        "gensim": train_gensim,
                        "fasttext": train_fasttext,
                        "stanford": train_stanford,
                    }[side]
                    words, matrix, unseen, tokens, seconds, cpu_s = train(*METHODS[method], options, seed, work)
                    scores = {} if options.speed else judge(Vectors(words, matrix, unseen), matrix, posts, options)
                    run = {"method": method, "side": side, "seed": seed, "train_s": seconds, "scores": scores}
                    run |= {"words_per_s": tokens / seconds, "words_per_cpu_s": tokens / cpu_s}
                    runs[method, side, seed] = run
                    if options.results:
                        with options.results.open("a") as out:
                            out.write(json.dumps(run) + "\n")
    report(options.methods, list(runs.values()))


def sides_of(method, options):
    peers = {"glove": ["stanford"] if options.glove_peer else [], "fasttext": ["gensim", "fasttext"]}
    there = ["ninefold"] + peers.get(METHODS[method][0], ["gensim"])
    return [side for side in there if side in options.sides]


def report(methods, runs):
    """A table in Markdown."""
    names = list(dict.fromkeys(score for run in runs for score in run["scores"]))
    print("| method | trainer | M words/s | per CPU second | " + "".join(f"{name} | " for name in names))
    print("| --- | --- | --- | --- | " + "--- | " * len(names))
    for method in methods:
        speeds = {"words_per_s": {}, "words_per_cpu_s": {}}
        for side in ("gensim", "fasttext", "stanford", "ninefold"):
            of_side = [run for run in runs if (run["method"], run["side"]) == (method, side)]
            if not of_side:
                continue
            line = f"| {method} | {side} | "
            for key, of_key in speeds.items():
                of_key[side] = statistics.median(run[key] for run in of_side)
                peers = [speed for other, speed in of_key.items() if other != side]
                ratio = f" ({', '.join(f'{of_key[side] / peer:.1f}x' for peer in peers)})" if side == "ninefold" and peers else ""
                line += f"{of_key[side] / 1e6:.3f}{ratio} | "
            cells = [[run["scores"][name] for run in of_side if name in run["scores"]] for name in names]
            cells = [f"{statistics.mean(cell):.1f} ± {statistics.pstdev(cell):.1f}" if cell else "" for cell in cells]
            print(line + "".join(f"{cell} | " for cell in cells), flush=True)


if __name__ == "__main__":
    main()
