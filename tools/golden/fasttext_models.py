"""Reference fixtures for embed/formats/fasttext/: small models of every kind, and the vectors that fastText gives from them.

    python tools/golden/fasttext_models.py [--out crates/vectors/tests/golden/fasttext]   writes the fixtures
    python tools/golden/fasttext_models.py --check target/tmp/fasttext              opens what ninefold's tests wrote

Needs fasttext (or fasttext-numpy2) and gensim.
"""

import argparse
import importlib.metadata
import json
import pathlib
import struct
import tempfile

import fasttext
import numpy
import versions
from gensim.models.fasttext import load_facebook_vectors

SEED = 4
MADE_WITH = {
    "generator": "tools/golden/fasttext_models.py",
    "seed": SEED,
    "numpy": numpy.__version__,
    "gensim": importlib.metadata.version("gensim"),
    "fasttext": versions.fasttext(),
}
UNSEEN = ["cat", "naïvely", "고양이들", "кошками", "😀", "x", "ba", "<b>", "x" * 40, "한"]
SYLLABLES = "ba ko re mi lu ta né si do va pu gar 고 양 이 한 кот ли".split()


def texts(rng, labels):
    """Made-up words in lines, with a label each or without."""
    words = ["".join(rng.choice(SYLLABLES, rng.integers(1, 5))) for _ in range(320)]
    lines = []
    for number in range(600):
        label = f"__label__{number % labels} " if labels else ""
        lines.append(label + " ".join(rng.choice(words, 12)))
    return "\n".join(lines) + "\n"


def train(method, text, **settings):
    """Nothing is learned: the random rows that training begins with test a reader as well as any, and are the same each time.
    (Each thread fills a tenth of them; with fewer than eleven the rest is whatever was in memory.)"""
    return method(str(text), dim=7, lr=0.0, epoch=1, minCount=1, thread=12, verbose=0, **settings)


def without_magic(model):
    """A model of today in the form of before 2017: no head, nothing about pruning and quantisation."""
    dim, *_, bucket, _, _, _ = struct.unpack("<12i", model[8:56])
    size, words, _ = struct.unpack("<3i", model[64:76])
    at = 92  # after the number of tokens and that of n-grams after pruning
    for _ in range(size):
        at = model.index(b"\0", at) + 1 + 9
    rows = 16 + (words + bucket) * dim * 4
    return model[8:84] + model[92:at] + model[at + 1 : at + 1 + rows] + model[at + 2 + rows :]


def case(name, model):
    words = model.get_words()
    some = words[:40] + words[-10:]
    vector = lambda word: model.get_word_vector(word).astype(numpy.float64).tolist()
    return {
        "file": name,
        "num_words": len(words),
        "words": [[word, vector(word)] for word in some],
        "unseen": [[word, vector(word)] for word in UNSEEN],
    }


def fixtures(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rng = numpy.random.default_rng(SEED)
    cases = []
    with tempfile.TemporaryDirectory() as temporary:
        text = pathlib.Path(temporary, "text.txt")
        text.write_text(texts(rng, 0), encoding="utf8")
        model = train(fasttext.train_unsupervised, text, minn=3, maxn=5, ws=2, bucket=1000)
        model.save_model(str(folder / "words.bin"))
        cases.append(case("words.bin", model))
        (folder / "old.bin").write_bytes(without_magic((folder / "words.bin").read_bytes()))
        old = load_facebook_vectors(str(folder / "old.bin"))  # fastText has forgotten this format
        words = [[word, old[word].astype(numpy.float64).tolist()] for word, _ in cases[0]["words"]]
        same = (numpy.allclose(a, b, atol=1e-6) for (word, a), (_, b) in zip(words, cases[0]["words"]) if word != "</s>")
        assert all(same), "gensim reads old.bin"
        cases.append({**cases[0], "file": "old.bin", "words": words})

        text.write_text(texts(rng, 3), encoding="utf8")
        for name, settings in {
            "classifier.bin": {"minn": 0, "maxn": 0, "wordNgrams": 2, "bucket": 200},
            "classifier_ngrams.bin": {"minn": 1, "maxn": 3, "bucket": 400},
        }.items():
            model = train(fasttext.train_supervised, text, **settings)
            model.save_model(str(folder / name))
            cases.append(case(name, model))
        for name, settings in {
            "quantised.ftz": {"dsub": 2},
            "norms.ftz": {"dsub": 4, "qnorm": True},
            "pruned.ftz": {"dsub": 2, "cutoff": 400, "qnorm": True},
        }.items():
            model = train(fasttext.train_supervised, text, minn=2, maxn=3, bucket=600)
            model.quantize(**settings)
            model.save_model(str(folder / name))
            cases.append(case(name, model))
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    text = f'{{"made_with": {json.dumps(MADE_WITH)},\n"cases": [\n{lines}\n]}}\n'
    (folder / "vectors.json").write_text(text, encoding="utf8")


def check(folder):
    """What ninefold wrote must open in both and give the vectors of the model that it was read from."""
    golden = pathlib.Path(__file__).resolve().parents[2] / "crates/vectors/tests/golden/fasttext"
    theirs = fasttext.load_model(str(golden / "words.bin"))
    ours = fasttext.load_model(str(folder / "ours.bin"))
    assert ours.get_words() == theirs.get_words()
    gensim = load_facebook_vectors(str(folder / "ours.bin"))
    worst = 0.0
    for word in ours.get_words() + UNSEEN:
        expected = theirs.get_word_vector(word)
        worst = max(worst, abs(ours.get_word_vector(word) - expected).max())
        if word != "</s>" and theirs.get_subwords(word)[1].size:  # gensim cuts </s> into n-grams, and refuses a word without any
            worst = max(worst, abs(gensim[word] - expected).max())
    assert worst < 1e-6, worst
    print(f"ours.bin in fastText and gensim: {len(ours.get_words())} words and {len(UNSEEN)} unseen ones within {worst:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=pathlib.Path, default=here / "crates/vectors/tests/golden/fasttext")
    parser.add_argument("--check", type=pathlib.Path)
    arguments = parser.parse_args()
    check(arguments.check) if arguments.check else fixtures(arguments.out)


if __name__ == "__main__":
    main()
