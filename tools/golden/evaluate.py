"""Reference fixture for vectors/evaluate/: gensim's scores of made-up vectors on made-up sets.

    python tools/golden/evaluate.py [--out crates/vectors/tests/golden/evaluate]

Needs gensim.
"""

import argparse
import importlib.metadata
import json
import pathlib

import numpy
from gensim.models import KeyedVectors

SEED = 11
MADE_WITH = {"generator": "tools/golden/evaluate.py", "seed": SEED, "numpy": numpy.__version__, "gensim": importlib.metadata.version("gensim")}
DIM = 8
COUNTRIES = 24


def table(rng):
    """Pairs that differ by nearly the same offset, some words in two spellings, some noise."""
    words, rows = [], []
    offset = rng.normal(0, 1, DIM)
    for number in range(COUNTRIES):
        country = rng.normal(0, 1, DIM)
        for name, row in ((f"Country{number}", country), (f"city{number}", country + offset + rng.normal(0, 0.5, DIM))):
            words.append(name)
            rows.append(row)
    for name in ("COUNTRY3", "City5", "country0"):  # other spellings, later in the table
        words.append(name)
        rows.append(rng.normal(0, 1, DIM))
    return words, numpy.asarray(rows, numpy.float32)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=pathlib.Path, default=here / "crates/vectors/tests/golden/evaluate")
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    rng = numpy.random.default_rng(SEED)
    words, rows = table(rng)
    vectors = KeyedVectors(DIM)
    vectors.add_vectors(words, rows)
    vectors.save_word2vec_format(str(folder / "table.vec"))

    some = [*words, "nowhere"]
    drawn = [rng.choice(some, 2) for _ in range(150)]
    # A word beside itself is left out: its cosine is 1 but for rounding, which would decide the ranks.
    pairs = [f"{a}\t{b}\t{rng.integers(0, 20) / 2}" for a, b in drawn if a.lower() != b.lower()]
    (folder / "pairs.tsv").write_text("# made up\n" + "\n".join(pairs) + "\n")
    lines = []
    for section in ("near", "far"):
        lines.append(f": {section}")
        for _ in range(60):
            a, b = rng.integers(0, COUNTRIES + 1, 2)  # the last one has no vector
            case = rng.choice([str.lower, str.upper, str])
            lines.append(" ".join(map(case, (f"Country{a}", f"city{a}", f"Country{b}", f"city{b}"))))
    (folder / "questions.txt").write_text("\n".join(lines) + "\n")

    _, spearman, missing = vectors.evaluate_word_pairs(str(folder / "pairs.tsv"))
    accuracy, sections = vectors.evaluate_word_analogies(str(folder / "questions.txt"))
    counts = {it["section"]: [len(it["correct"]), len(it["correct"]) + len(it["incorrect"])] for it in sections}
    expected = {"spearman": float(spearman.statistic), "missing": float(missing) / 100, "accuracy": float(accuracy), "sections": counts}
    (folder / "expected.json").write_text(json.dumps({"made_with": MADE_WITH, **expected}, indent=1) + "\n")


if __name__ == "__main__":
    main()
