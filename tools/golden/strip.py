"""What scikit-learn's own functions leave of news posts, for crates/data/tests/it/strip.rs.

usage: python tools/golden/strip.py FOLDER

FOLDER holds 20news-bydate-train and 20news-bydate-test. Of these only digests are written: for each part and each
combination of `remove`, SHA-256 over every text in the order of group and file name, each as its length in UTF-8 bytes
(8 bytes, little-endian) and the bytes. The posts that are written out are made up.
"""

import hashlib
import itertools
import json
import pathlib
import platform
import random
import sys

import sklearn
from sklearn.datasets._twenty_newsgroups import (
    strip_newsgroup_footer,
    strip_newsgroup_header,
    strip_newsgroup_quoting,
)

SEED = 20
KINDS = ["headers", "footers", "quotes"]
COMBINATIONS = [c for n in range(1, 4) for c in itertools.combinations(KINDS, n)]

MADE_UP = [
    "From: a@b.c (Some One)\nSubject: orbits\nLines: 3\n\nThe probe left today.\nIt was late.\n",
    "Subject: a reply\n\nIn article <1993.4@x> kim@y.z (Kim) writes:\n>Why is it late?\n> > older\n\nBecause of rain.\n\n-- \nJo\nx@y.z\n",
    "Subject: no body, no blank line",
    "\n\nstarts with the blank line\n",
    "Subject: x\n\n\n\n   \n\n",
    "",
    "one line only",
    "   padded on both sides   \n",
    "a\n---\nb\n-----\nc\n",
    "-----\nonly a rule above, and nothing else",
    "- - -\nhyphens with spaces are no rule\n-x-\nnor are these",
    "text\n \t \nlast block after a line of blanks",
    "text\n\x1c\x1d\x1e\x1f\nblock after separators that Python strips\n\x1f",
    "\x85\xa0text between Unicode blanks\n\u2003--\u3000\nsigned\xa0\n\x85",
    "zero width space is no blank\n\u200b\nend",
    "Windows lines\r\n\r\nheader ends only at two newlines\r\n\n\nbody\r\n--\r\nsigned\r\n",
    "He wrote: yes\nhe wrote : no\nShe says:\nsays\nhe said:x\nwrites\nwrites in haste\nrewrote:\nWrites:\n|bar\n |bar\n>q\n >q",
    "In article\n in article\nIn articles\nThe In article\nQuoted from x\nUnquoted from\nquoted from",
    "> all\n> quoted",
    "kept\n\n> quoted\n\nkept too\n",
    "tabs\tand\x0bvertical\x0cform feeds\n\x0c\n-\x0b-\nend\n--\x0c\nfooter",
]

FRAGMENTS = [
    "\n", "\n", "\n\n", "\n\n\n", " ", "\t", "--", "---", "-", "- -", "\n-- \n", ">", "|", "\n> ", "\n|", " wrote:", " writes:",
    "writes in", "says:", "said:", "\nIn article", "\nQuoted from", "word", "a longer run of words", "From: x", "\nSubject: y",
    "\r\n", "\x1c", "\x1f", "\x85", "\xa0", "\x0b", "\x0c", "\xe9", "\u3000", "\u200b", "\u2028", ":", "write", "s:",
]  # fmt: skip


def strip(text, remove):
    # The order is that of fetch_20newsgroups.
    if "headers" in remove:
        text = strip_newsgroup_header(text)
    if "footers" in remove:
        text = strip_newsgroup_footer(text)
    if "quotes" in remove:
        text = strip_newsgroup_quoting(text)
    return text


def digest(texts):
    sha256 = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8")
        sha256.update(len(data).to_bytes(8, "little"))
        sha256.update(data)
    return sha256.hexdigest()


def corpus(folder):
    files = sorted(
        (path.parent.name, path.name, path) for path in folder.glob("*/*") if path.is_file()
    )
    return [path.read_bytes().decode("latin1") for _, _, path in files]


def main(data):
    rng = random.Random(SEED)
    random_posts = ["".join(rng.choices(FRAGMENTS, k=rng.randint(1, 14))) for _ in range(400)]
    result = {
        "made_with": {
            "generator": "tools/golden/strip.py",
            "python": platform.python_version(),
            "scikit-learn": sklearn.__version__,
            "seed": SEED,
        },
        "made_up": [
            {"text": text, "left": {"+".join(c): strip(text, c) for c in COMBINATIONS}} for text in MADE_UP
        ],
        "random": {
            "texts": random_posts,
            "digests": {"+".join(c): digest(strip(t, c) for t in random_posts) for c in COMBINATIONS},
        },
        "corpus": {},
    }
    for part in ["train", "test"]:
        texts = corpus(data / f"20news-bydate-{part}")
        left = {"+".join(c): [strip(t, c) for t in texts] for c in [(), *COMBINATIONS]}
        result["corpus"][part] = {
            "texts": len(texts),
            "digests": {name or "nothing": digest(stripped) for name, stripped in left.items()},
            "empty": {name or "nothing": sum(not t.strip() for t in stripped) for name, stripped in left.items()},
        }
    out = pathlib.Path(__file__).parents[2] / "crates/data/tests/golden/strip.json"
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
