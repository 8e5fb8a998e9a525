#!/usr/bin/env python3
"""Checks what the Markdown files refer to: links, source files and tests must exist.

- Every relative link: the file, and the heading that an anchor names. Links to other sites are not followed.
- SUMMARY.md must list every page under docs/.
- Source files in code spans: `crates/nn/src/batch.rs`, or short `nn/batch.rs`. Names with "my" or a folder in capitals are examples.
- Names of tests in code spans of docs/internals/robustness.md: there must be a function of that name.

Prints file:line for each fault and exits 1 if there is one. `python3 tools/check_links.py` from any folder.
"""

import pathlib
import re
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKIPPED_FOLDERS = {"target", ".git", "node_modules"}
LINK = re.compile(r"(?<!\\)\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?\s*$")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$")
CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SOURCE = re.compile(r"^[a-z_]+/[\w./-]*$")
EXAMPLE = re.compile(r"my|[A-Z]{3,}/")
TEST = re.compile(r"^[a-z0-9]+(?:_[a-z0-9]+){3,}$")
WITH_TESTS = "docs/internals/robustness.md"
# Their paths are of the time of writing, or generated.
NOT_OF_TODAY = ("docs/internals/benchmarks/archive.md", "docs/results/", "docs/reference/cli.md", "CHANGELOG.md")
HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")


def markdown_files():
    for path in sorted(ROOT.rglob("*.md")):
        parts = path.relative_to(ROOT).parts
        if not any(part in SKIPPED_FOLDERS or part.startswith(".") for part in parts[:-1]):
            yield path


def prose_lines(path):
    """The numbered lines outside fenced code, with code spans blanked."""
    fence = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        marker = re.match(r"\s*(`{3,}|~{3,})", line)
        if marker and (fence is None or marker.group(1).startswith(fence)):
            fence = marker.group(1) if fence is None else None
        elif fence is None:
            yield number, line


def slug(heading):
    """GitHub's anchor of a heading: lower case, spaces to hyphens, punctuation dropped."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    text = re.sub(r"[`*]", "", text).lower()
    text = "".join(char for char in text if char.isalnum() or char in " -_")
    return text.replace(" ", "-")


def anchors(path):
    found, count = set(), {}
    for _, line in prose_lines(path):
        found.update(HTML_ANCHOR.findall(line))
        heading = HEADING.match(line)
        if heading:
            name = slug(heading.group(1))
            number = count.get(name, 0)
            count[name] = number + 1
            found.add(f"{name}-{number}" if number else name)
    return found


def targets(path):
    for number, line in prose_lines(path):
        line = re.sub(r"`+[^`]*`+", lambda code: " " * len(code.group()), line)
        reference = REFERENCE.match(line)
        for target in [match.group(1) for match in LINK.finditer(line)] + ([reference.group(1)] if reference else []):
            yield number, target


def source_exists(name, crates):
    """Whether `nn/batch.rs` is crates/nn/src/batch.rs, or a path from the root; None where it is neither kind of name."""
    first, _, rest = name.partition("/")
    if first in crates:
        return any((ROOT / "crates" / first / folder / rest).exists() for folder in ("src", "", "tests/it"))
    if first in ("crates", "tools", "docs", "fuzz"):
        return (ROOT / name).exists()
    return None


def stale_names(path, crates, functions):
    """Source files and tests in code spans that do not exist, with their lines."""
    name = path.relative_to(ROOT).as_posix()
    if name.startswith(NOT_OF_TODAY):
        return
    for number, line in prose_lines(path):
        for code in CODE.findall(line):
            if SOURCE.match(code) and not EXAMPLE.search(code) and source_exists(code, crates) is False:
                yield f"{name}:{number}: `{code}` is not in the repository"
            if name == WITH_TESTS and TEST.match(code) and code not in functions:
                yield f"{name}:{number}: there is no test `{code}`"


def main():
    known, dead, listed = {}, [], set()
    crates = {path.name for path in (ROOT / "crates").iterdir() if path.is_dir()}
    functions = set()
    for path in (ROOT / "crates").rglob("*.rs"):
        functions.update(re.findall(r"\bfn ([a-z0-9_]+)", path.read_text(encoding="utf-8")))
    files = list(markdown_files())
    for path in files:
        dead.extend(stale_names(path, crates, functions))
        for number, target in targets(path):
            url = urllib.parse.urlsplit(target)
            if url.scheme or url.netloc:
                continue
            place = f"{path.relative_to(ROOT)}:{number}"
            aim = path if not url.path else (path.parent / urllib.parse.unquote(url.path)).resolve()
            if not aim.exists():
                dead.append(f"{place}: {target} does not exist")
                continue
            if path == ROOT / "docs" / "SUMMARY.md":
                listed.add(aim)
            if url.fragment and aim.suffix == ".md":
                if aim not in known:
                    known[aim] = anchors(aim)
                if url.fragment not in known[aim]:
                    dead.append(f"{place}: {target}: no heading gives the anchor #{url.fragment}")
    summary = ROOT / "docs" / "SUMMARY.md"
    for path in files:
        if ROOT / "docs" in path.parents and path != summary and path not in listed:
            dead.append(f"docs/SUMMARY.md:1: does not list {path.relative_to(ROOT)}")
    for line in dead:
        print(line)
    if dead:
        sys.exit(1)
    print(f"{len(files)} Markdown files, all links, source files and tests exist")


if __name__ == "__main__":
    main()
