"""How speed and memory of the trainers grow, and gensim beside them, on one large text.

    cargo build --release
    python tools/compare/embedding_growth.py TEXT [--peer] [--rows word2vec cbow]

TEXT has a text a line, words in lower case between spaces. Every row is one epoch of `ninefold embed train` (or of gensim, reading
the text with `corpus_file`) in a process of its own. Words/s are those of training; seconds are the whole process's, with counting
the vocabulary and (ninefold) writing the vectors; memory is the process's largest resident set. Needs gensim for --peer only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PEER = """
import json, sys, time
from gensim.models import FastText, Word2Vec
text, method, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
model = {"word2vec": Word2Vec, "fasttext": FastText}[method](min_count=5, **settings)
model.build_vocab(corpus_file=text)
began = time.perf_counter()
model.train(corpus_file=text, total_examples=model.corpus_count, total_words=model.corpus_total_words, epochs=1)
words = sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key)
print(json.dumps({"words": len(model.wv), "words_per_s": words / (time.perf_counter() - began)}))
"""
ROWS = [
    ("word2vec", {}),
    ("word2vec", {"architecture": "cbow"}),
    ("word2vec", {"loss": "hs"}),
    ("fasttext", {}),
    ("glove", {}),
    ("word2vec", {"vocab.max_vocab_size": 1_000}),
    ("word2vec", {"vocab.max_vocab_size": 10_000}),
    ("word2vec", {"dim": 50}),
    ("word2vec", {"dim": 200}),
    ("word2vec", {"dim": 400}),
    ("word2vec", {"window": 2}),
    ("word2vec", {"window": 10}),
    ("word2vec", {"window": 20}),
    ("word2vec", {"threads": 1}),
    ("glove", {"memory": 1}),
    ("glove", {"memory": 0.2}),
]


def measured(command):
    """Its last line as JSON, seconds, MiB."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{command} failed")
        out.seek(0)
        return json.loads(out.read()), time.perf_counter() - began, usage.ru_maxrss / 1024


def ninefold(options, method, settings, folder):
    flags = {"threads": 2, "epochs": 1} | settings
    arguments = []
    for key, value in flags.items():
        own = key in ("dim", "window", "threads", "epochs", "memory")
        arguments += [f"--{key}", value] if own else ["--set", f"{key}={value}"]
    out = folder / "vectors.safetensors"
    return measured([options.binary, "embed", "train", method, options.text, "-o", out, "--json", *arguments])


def gensim(options, method, settings):
    names = {"dim": "vector_size", "window": "window", "threads": "workers"}
    flags = {"sg": int(settings.get("architecture") != "cbow"), "workers": 2}
    if "vocab.max_vocab_size" in settings:
        flags["max_final_vocab"] = settings["vocab.max_vocab_size"] - 2
    if settings.get("loss") == "hs":
        flags |= {"hs": 1, "negative": 0}
    flags |= {names[key]: value for key, value in settings.items() if key in names}
    return measured([sys.executable, "-c", PEER, options.text, method, json.dumps(flags)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--binary", type=Path, default=Path("target/release/ninefold"))
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--rows", nargs="*", default=[], help="words that a row's name must hold")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    print("| method | setting | trainer | vocabulary | M words/s | seconds | MiB |\n| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for method, settings in ROWS:
            name = ", ".join(f"{key} {value}" for key, value in settings.items())
            if not all(word in f"{method} {name}".split() for word in options.rows):
                continue
            sides = {"ninefold": lambda: ninefold(options, method, settings, Path(folder))}
            if options.peer and method != "glove":
                sides["gensim"] = lambda: gensim(options, method, settings)
            for side, run in sides.items():
                report, seconds, memory = run()
                speed = report["words_per_s"] / 1e6
                print(f"| {method} | {name or 'defaults'} | {side} | {report['words']} | {speed:.2f} | {seconds:.1f} | "
                      f"{memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
