"""Reference fixtures for embed/: fastText's n-gram hashing and gensim's vector files.

    python tools/golden/vectors.py [--out crates/vectors/tests/golden]    writes the fixtures
    python tools/golden/vectors.py --check target/tmp/vectors       opens in gensim and fastText what ninefold's tests wrote

Needs gensim and fasttext (or fasttext-numpy2).
"""

import argparse
import importlib.metadata
import json
import pathlib
import tempfile

import fasttext
import numpy
import versions
import safetensors.numpy
from gensim.models import KeyedVectors
from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes

SEED = 20
MADE_WITH = {
    "generator": "tools/golden/vectors.py",
    "seed": SEED,
    "numpy": numpy.__version__,
    "gensim": importlib.metadata.version("gensim"),
    "fasttext": versions.fasttext(),
}

# One letter, ASCII, Latin with marks, Cyrillic, Hangul (precomposed and as jamo), CJK, emoji of four bytes and of a
# sequence, a word that holds the boundary signs itself, a word of 40 letters.
WORDS = [
    "a", "of", "cat", "where", "naïve", "straße", "кошка", "ёлка", "고양이", "대한민국", "각", "猫", "猫と犬", "😀", "👩‍🚀go",
    "<b>", "don't", "x" * 40, "1984", "e\u0301te\u0301",
]
SETTINGS = [(3, 6, 2_000_000), (1, 3, 1000), (2, 2, 7), (5, 8, 100_000), (4, 3, 50)]


def subwords():
    cases = []
    for word in WORDS:
        for min_n, max_n, bucket in SETTINGS:
            grams = compute_ngrams_bytes(word, min_n, max_n)
            cases.append({
                "word": word, "min_n": min_n, "max_n": max_n, "bucket": bucket,
                "ngrams": [bytes(gram).decode("utf8") for gram in grams],
                "buckets": [ft_hash_bytes(gram) % bucket for gram in grams],
            })
    agree_with_fasttext(cases)
    return {"made_with": MADE_WITH, "cases": cases}


def agree_with_fasttext(cases):
    """fastText itself must give the same n-grams and buckets, else the fixture is worth nothing."""
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder, "text.txt")
        text.write_text("one two three four five six seven\n" * 20)
        for min_n, max_n, bucket in SETTINGS:
            if min_n > max_n:
                continue
            model = fasttext.train_unsupervised(
                str(text), dim=1, epoch=1, minCount=1, minn=min_n, maxn=max_n, bucket=bucket, thread=1, verbose=0
            )
            num_words = len(model.words)
            for case in cases:
                if (case["min_n"], case["max_n"], case["bucket"]) == (min_n, max_n, bucket):
                    grams, rows = model.get_subwords(case["word"])
                    assert list(grams) == case["ngrams"], (case, grams)
                    assert [int(row) - num_words for row in rows] == case["buckets"], (case, rows)


def write_json(path, fixture):
    """One case per line, so that a change of the fixture can be read."""
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in fixture["cases"])
    path.write_text(f'{{"made_with": {json.dumps(fixture["made_with"])},\n"cases": [\n{cases}\n]}}\n', encoding="utf8")


DIM = 7
VECTOR_WORDS = ["the", "of", "naïve", "고양이", "ёлка", "猫と犬", "👩‍🚀", "1984", "don't", "a\u00a0b", "x" * 90, "<unk>"]


def table():
    """Numbers of every size that a trained vector can have, and the ones where notations differ."""
    rng = numpy.random.default_rng(SEED)
    matrix = rng.normal(0, 0.4, (len(VECTOR_WORDS), DIM)).astype(numpy.float32)
    matrix[1] = rng.normal(0, 1, DIM).astype(numpy.float32) * numpy.float32(10.0) ** numpy.arange(-6, 1, dtype=numpy.float32)
    matrix[2] = [0.0, -0.0, 1.0, -1.0, 1e-4, 1e-5, 0.00010001]
    matrix[3] = [1e-38, 3.4e38, 123456.79, 999999.0, 16777216.0, 1e16, 0.1]
    return matrix


def vector_files(folder):
    """The same table in every form, by gensim's own writer; words.json has the numbers bit by bit."""
    folder.mkdir(parents=True, exist_ok=True)
    matrix = table()
    vectors = KeyedVectors(DIM)
    vectors.add_vectors(VECTOR_WORDS, matrix)
    vectors.save_word2vec_format(str(folder / "gensim.vec"), binary=False)
    vectors.save_word2vec_format(str(folder / "gensim.bin"), binary=True)
    vectors.save_word2vec_format(str(folder / "gensim.glove.txt"), binary=False, write_header=False)
    # The C tool's form differs by a newline after each vector; its words can be cut in the middle of a letter.
    words = [word.encode("utf8") for word in VECTOR_WORDS]
    words[3] = words[3][:-1]
    body = b"".join(word + b" " + row.astype("<f4").tobytes() + b"\n" for word, row in zip(words, matrix))
    (folder / "ctool.bin").write_bytes(f"{len(words)} {DIM}\n".encode() + body)
    bits = matrix.view(numpy.uint32).tolist()
    cases = [{"word": word, "bits": row} for word, row in zip(VECTOR_WORDS, bits)]
    write_json(folder / "words.json", {"made_with": MADE_WITH, "cases": cases})


def check(folder):
    """What ninefold wrote must open, and give the same words and bits."""
    matrix = table()

    def same(name, words, found):
        assert list(words) == VECTOR_WORDS, (name, words)
        assert numpy.array_equal(numpy.asarray(found, numpy.float32).view(numpy.uint32), matrix.view(numpy.uint32)), name
        print(f"{name}: {len(words)} words, the same bits")

    for name, options in {
        "ours.vec": {"binary": False},
        "ours.vec.gz": {"binary": False},
        "ours.bin": {"binary": True},
        "ours.glove.txt": {"binary": False, "no_header": True},
    }.items():
        vectors = KeyedVectors.load_word2vec_format(str(folder / name), **options)
        same(f"{name} in gensim", vectors.index_to_key, vectors.vectors)
    tensors = safetensors.numpy.load_file(folder / "ours.safetensors")
    words = bytes(tensors["words"]).decode("utf8").split("\n")[:-1]
    same("ours.safetensors in safetensors", words, tensors["embeddings"])
    with tempfile.TemporaryDirectory() as temporary:
        text = pathlib.Path(temporary, "text.txt")
        text.write_text("__label__a the of\n" * 20)
        model = fasttext.train_supervised(
            str(text), dim=DIM, epoch=0, minCount=1, thread=1, verbose=0, pretrainedVectors=str(folder / "ours.vec")
        )
        assert numpy.array_equal(model.get_word_vector("the"), matrix[0]), "fastText -pretrainedVectors"
        print("ours.vec as fastText's pretrainedVectors: the same numbers")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=pathlib.Path, default=here / "crates/vectors/tests/golden")
    parser.add_argument("--check", type=pathlib.Path)
    arguments = parser.parse_args()
    if arguments.check:
        return check(arguments.check)
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_json(arguments.out / "subwords.json", subwords())
    vector_files(arguments.out / "vectors")


if __name__ == "__main__":
    main()
