#!/usr/bin/env python3
"""Checks every relative link of the Markdown files: the file must exist, and so must the heading that an anchor names.

Prints file:line for each dead link and exits 1 if there is one. `python3 tools/check_links.py` from any folder; links to other
sites are not followed. SUMMARY.md must list every page under docs/.
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


def main():
    known, dead, listed = {}, [], set()
    files = list(markdown_files())
    for path in files:
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
    print(f"{len(files)} Markdown files, every relative link leads somewhere")


if __name__ == "__main__":
    main()
