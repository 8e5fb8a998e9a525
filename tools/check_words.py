#!/usr/bin/env python3
"""Refuses words that the project has replaced by the field's own, in *.rs, *.md, *.html and *.toml.

Prints file:line for each and what to write instead, and exits 1 if there is one. Only phrases that can be found without false alarms
are listed; each has a reason to be there. `python3 tools/check_words.py [PATH...]`; without paths, the whole repository.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUFFIXES = {".rs", ".md", ".html", ".toml"}
SKIPPED_FOLDERS = {"target", ".git", "node_modules", "shared"}

# Phrases of prose: matched without case, with any white space or comment marker between the words -> what to write instead.
PHRASES = {
    r"told apart(?: from)?": "significant; distinguished from",
    r"tell(?:s|ing)? (?:\w+ ){0,3}apart": "distinguish",
    r"cannot be told": "not significant; indistinguishable",
    r"(?:have|has|had|having) a say": "affects; takes part",
    r"by heart": "memorised; overfits",
    r"gone on with": "resumed",
    r"goes on where": "resumes where",
    r"held back": "held out; validation",
    r"noise words?": "negative samples",
    r"looked at (?:test|the test)": "used (test labels)",
    r"looks at (?:test|the test)": "uses (test labels)",
    r"listened to": "weighted",
    r"in the middle \(": "median",
    r"taught by": "trained with (a teacher)",
    r"(?:the|a|one) pupils?": "the student",
    r"without more ado": "directly",
    r"nothing half": "nothing incomplete",
    r"stands? in front": "is the main score",
    r"put(?:s)? side by side": "compares; concatenates",
}

# Names: matched as whole identifiers, with case -> the name to use.
NAMES = {
    "is_told": "is_significant",
    "told_apart": "is_significant",
    "held_back": "validation",
    "by_heart": "overfits",
    "in_turn": "sequential",
    "OutsideWords": "OovVectors",
    "outside_words": "oov_vectors",
    "noise_words": "negative_samples",
    "NoiseWords": "NegativeSamples",
    "Stepper": "Worker",
    "crew": "worker pool",
    "Crew": "WorkerPool",
}

# File -> {phrase or name, or "*" for all}, with the reason.
ALLOWED = {
    "docs/internals/benchmarks/archive.md": ({"*"}, "the diary is kept as it was written"),
    "tools/check_words.py": ({"*"}, "the list itself"),
}
# Reasons for single words that are right where they are: (regular expression of the line, key).
RIGHT = [
    (re.compile(r"Crew\s*&|Munson,\s*Crew|Niculescu-Mizil"), "Crew"),  # a surname: Caruana, Niculescu-Mizil, Crew & Ksikes
]


def files(arguments):
    roots = [pathlib.Path(argument).resolve() for argument in arguments] or [ROOT]
    for root in roots:
        for path in [root] if root.is_file() else sorted(root.rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file():
                continue
            parts = path.relative_to(ROOT).parts
            if not any(part in SKIPPED_FOLDERS or (part.startswith(".") and part != ".github") for part in parts[:-1]):
                yield path


def phrase_pattern(phrase):
    # A phrase may run over the end of a line, where a comment or a string goes on.
    return re.compile(r"\b" + phrase.replace(" ", r"(?:\s|//[/!]?|\\)+") + (r"\b" if phrase[-1].isalpha() or phrase[-1] in "?)" else ""), re.IGNORECASE)


PATTERNS = [(phrase, instead, phrase_pattern(phrase)) for phrase, instead in PHRASES.items()] + [
    (name, instead, re.compile(rf"(?<![A-Za-z0-9]){name}(?![A-Za-z0-9])")) for name, instead in NAMES.items()
]


def findings(path):
    name = path.relative_to(ROOT).as_posix()
    allowed = ALLOWED.get(name, (set(), ""))[0]
    if "*" in allowed:
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.splitlines()
    for key, instead, pattern in PATTERNS:
        if key in allowed:
            continue
        for match in pattern.finditer(text):
            number = text.count("\n", 0, match.start()) + 1
            if any(right == key and line.search(lines[number - 1]) for line, right in RIGHT):
                continue
            found = " ".join(match.group().replace("///", " ").replace("//!", " ").replace("//", " ").split())
            yield number, f"{name}:{number}: \"{found}\": write \"{instead}\""


def main():
    count = 0
    for path in files(sys.argv[1:]):
        for _, line in sorted(findings(path)):
            print(line)
            count += 1
    if count:
        print(f"{count} found; {ROOT.name}'s style: the field's own words", file=sys.stderr)
        sys.exit(1)
    print("no replaced word found")


if __name__ == "__main__":
    main()
