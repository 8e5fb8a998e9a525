"""Whether a source distribution holds all that is needed to build it, and nothing that was built.

    python tests/check_sdist.py dist/ninefold-0.1.0.tar.gz

Needed are the sources of this package and of every crate that it depends on by path.
"""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

PYTHON = Path(__file__).resolve().parents[1]
ROOT = PYTHON.parent
#: Of the Python package; it lies at the top of the distribution.
AT_TOP = ["pyproject.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT"]
BUILT = (".so", ".pyd", ".pyc", ".whl", ".rlib")


def crates() -> list[Path]:
    """The folders of this crate and of all that it is built from by path."""
    command = ["cargo", "metadata", "--format-version", "1", "--manifest-path", str(PYTHON / "Cargo.toml")]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [Path(package["manifest_path"]).parent for package in found["packages"] if package["source"] is None]


def needed() -> set[str]:
    files = {"Cargo.toml", "python/Cargo.lock", *AT_TOP}
    for crate in crates():
        files.add((crate / "Cargo.toml").relative_to(ROOT).as_posix())
        files |= {path.relative_to(ROOT).as_posix() for path in (crate / "src").rglob("*") if path.is_file()}
    modules = [path for path in (PYTHON / "ninefold").rglob("*") if path.suffix in (".py", ".pyi", ".typed")]
    return files | {path.relative_to(PYTHON).as_posix() for path in [*modules, PYTHON / "ninefold/py.typed"]}


def main(archive: str) -> None:
    with tarfile.open(archive) as tar:
        held = {member.name.split("/", 1)[1] for member in tar.getmembers() if member.isfile()}
    missing = sorted(needed() - held)
    built = sorted(name for name in held if name.endswith(BUILT) or "target/" in name)
    if missing or built:
        sys.exit(f"{archive}: missing {missing}, built {built}")
    print(f"source distribution: {len(held)} files, nothing missing")


if __name__ == "__main__":
    main(sys.argv[1])
