"""Reference fixtures for embed/: fastText's n-gram hashing and gensim's vector files.

    python tools/golden/vectors.py [--out ninefold/tests/golden]    writes the fixtures
    python tools/golden/vectors.py --check FOLDER                   opens in gensim what ninefold wrote there

Needs gensim and fasttext (or fasttext-numpy2).
"""

import argparse
import importlib.metadata
import json
import pathlib
import tempfile

import fasttext
from gensim.models.fasttext_inner import compute_ngrams_bytes, ft_hash_bytes

MADE_WITH = {
    "generator": "tools/golden/vectors.py",
    "gensim": importlib.metadata.version("gensim"),
    "fasttext": next(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("fasttext-numpy2", "fasttext", "fasttext-wheel")
        if any(d.metadata["Name"] == name for d in importlib.metadata.distributions())
    ),
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=pathlib.Path, default=here / "ninefold/tests/golden")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / "subwords.json", subwords())


if __name__ == "__main__":
    main()
