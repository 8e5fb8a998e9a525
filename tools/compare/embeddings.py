"""Word vectors beside gensim's: speed and quality of Word2Vec, FastText and GloVe on 20 Newsgroups, one command.

    cargo build --release --example train_vectors
    python tools/compare/embeddings.py --newsgroups DIR --pairs wordsim353.tsv simlex999.txt

DIR holds the folders train and test (or 20news-bydate-train and -test). Texts are stripped of headers, footers and quotes as
scikit-learn does it; words are [a-z]+. All posts train the vectors; labels are used by the judgements alone:

    pairs   Spearman's correlation of cosines with people's judgements, pairs of known words only
    kNN     topic of the 15 nearest training posts by cosine of idf-weighted mean vectors, accuracy on the test posts
    ridge   the same means through a ridge classifier

Runs of the two trainers alternate; words/s is the median over --repeat runs with seeds 1, 2, ... (gensim: train() alone, without
its vocabulary pass; ours: all but reading the text). Needs gensim, scikit-learn, scipy, numpy.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import gensim
import numpy as np
from gensim.models import FastText, KeyedVectors, Word2Vec
from scipy.stats import spearmanr
from sklearn.datasets import _twenty_newsgroups as strip
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifierCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import normalize

METHODS = {
    "word2vec skip-gram": ("word2vec", {"architecture": "skip_gram"}),
    "word2vec cbow": ("word2vec", {"architecture": "cbow"}),
    "fasttext skip-gram": ("fasttext", {"architecture": "skip_gram"}),
    "fasttext cbow": ("fasttext", {"architecture": "cbow"}),
    "glove": ("glove", {}),
}


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


def judge(vectors, posts, pair_files):
    """The scores of one set of vectors, in percent."""
    scores = {}
    for path in pair_files:
        rows = [re.split(r"[\t, ]+", line.strip()) for line in path.read_text().splitlines() if not line.startswith("#")]
        pairs = [(a.lower(), b.lower(), float(score)) for a, b, score, *_ in rows if re.fullmatch(r"[\d.]+", score)]
        known = [(a, b, score) for a, b, score in pairs if a in vectors and b in vectors]
        cosines = [vectors.similarity(a, b) for a, b, _ in known]
        scores[f"{path.stem} ({len(known)})"] = 100 * spearmanr(cosines, [score for *_, score in known])[0]
    tfidf = TfidfVectorizer(analyzer=lambda words: words, vocabulary=vectors.key_to_index, norm=None, sublinear_tf=True)
    counts = {part: tfidf_of(tfidf, [words for p, _, words in posts if p == part]) for part in ("train", "test")}
    means = {part: normalize(count @ vectors.vectors) for part, count in counts.items()}
    topics = {part: [group for p, group, _ in posts if p == part] for part in ("train", "test")}
    for name, model in (("kNN", KNeighborsClassifier(15)), ("ridge", RidgeClassifierCV([0.1, 1, 10]))):
        model.fit(means["train"], topics["train"])
        scores[name] = 100 * model.score(means["test"], topics["test"])
    return scores


def tfidf_of(tfidf, texts):
    return tfidf.transform(texts) if hasattr(tfidf, "idf_") else tfidf.fit_transform(texts)


def train_gensim(kind, settings, texts, options, seed):
    model_class = {"word2vec": Word2Vec, "fasttext": FastText}[kind]
    model = model_class(
        vector_size=options.dim,
        window=options.window,
        min_count=options.min_count,
        sg=int(settings["architecture"] == "skip_gram"),
        workers=options.threads,
        seed=seed,
    )
    model.build_vocab(texts)
    began = time.perf_counter()
    model.train(texts, total_examples=model.corpus_count, epochs=options.epochs)
    seconds = time.perf_counter() - began
    return model.wv, model.epochs * sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key) / seconds


def train_ninefold(kind, settings, text, options, seed, folder):
    settings = {"dim": options.dim, "window": options.window, "threads": options.threads, "seed": seed} | settings
    settings["epochs"] = options.glove_epochs if kind == "glove" else options.epochs
    if kind == "glove":
        settings["window"] = 2 * options.window
    out = folder / "vectors.txt"
    arguments = [f"{key}={json.dumps(value)}" for key, value in settings.items()] + options.set
    command = [options.binary, kind, text, out, f"min_count={options.min_count}", *arguments]
    report = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr
    return KeyedVectors.load_word2vec_format(out), json.loads(report)["words_per_s"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--newsgroups", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, nargs="*", default=[])
    parser.add_argument("--binary", type=Path, default=Path("target/release/examples/train_vectors"))
    parser.add_argument("--methods", nargs="*", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--window", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--glove-epochs", type=int, default=25)
    parser.add_argument("--min-count", type=int, default=5)
    parser.add_argument("--set", nargs="*", default=[], help="further KEY=VALUE settings for ninefold")
    options = parser.parse_args()

    posts = read_posts(options.newsgroups)
    texts = [words for _, _, words in posts]
    print(f"gensim {gensim.__version__}; {len(texts)} posts, {sum(map(len, texts))} words; threads {options.threads}, dim "
          f"{options.dim}, window {options.window}, epochs {options.epochs} (glove {options.glove_epochs})", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "text.txt"
        text.write_text("".join(" ".join(words) + "\n" for words in texts))
        for name in options.methods:
            kind, settings = METHODS[name]
            speeds, scores = {}, {}
            for seed in range(1, options.repeat + 1):
                runs = {"ninefold": lambda: train_ninefold(kind, settings, text, options, seed, Path(folder))}
                if kind != "glove":
                    runs["gensim"] = lambda: train_gensim(kind, settings, texts, options, seed)
                for trainer, run in runs.items():
                    vectors, speed = run()
                    speeds.setdefault(trainer, []).append(speed)
                    for score, value in judge(vectors, posts, options.pairs).items():
                        scores.setdefault(score, {}).setdefault(trainer, []).append(value)
            report(name, speeds, scores)


def report(name, speeds, scores):
    for trainer, values in speeds.items():
        ratio = ""
        if trainer == "ninefold" and "gensim" in speeds:
            ratio = f"  ({statistics.median(values) / statistics.median(speeds['gensim']):.1f}x)"
        columns = [f"{score} {statistics.mean(v[trainer]):.1f}±{statistics.pstdev(v[trainer]):.1f}" for score, v in scores.items()]
        print(f"{name:20} {trainer:9} {statistics.median(values) / 1e6:6.3f} M words/s{ratio:10}  " + "  ".join(columns), flush=True)


if __name__ == "__main__":
    main()
