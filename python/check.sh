#!/usr/bin/env bash
# All that must hold for the Python package: format, lints, types, stubs, tests, the guide's examples and the notebook, over the wheel as
# users install it. Needs Rust, Python 3.11 or newer, and a package index.
#
# Dependencies are built in the workspace's target folder, which the workspace shares. `--all` also installs from the source distribution.
set -euo pipefail
cd "$(dirname "$0")"

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/../target}"
venv="${NINEFOLD_VENV:-$CARGO_TARGET_DIR/python-venv}"
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
export PATH="$venv/bin:$PATH"
python -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt

cargo fmt -- --check
cargo clippy --release -- -D warnings

dist=$(mktemp -d)
trap 'rm -rf "$dist"' EXIT
maturin build --quiet --release --out "$dist"
python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps "$dist"/*.whl

maturin sdist --out "$dist/sdist"
python tests/check_sdist.py "$dist"/sdist/*.tar.gz

mypy ninefold
# Stubs and tests see the installed package, not the sources beside them.
(cd tests && python -m mypy.stubtest --mypy-config-file ../pyproject.toml ninefold._ninefold)
python -c 'import ray' 2>/dev/null || echo "skipped: tests of ninefold.ray: Ray is not installed (pip install 'ray[data]' fsspec into $venv)"
(cd tests && python -m pytest -p no:cacheprovider)

if [ "${1:-}" = --all ]; then
    python -m venv "$dist/venv"
    "$dist/venv/bin/python" -m pip install --quiet "$dist"/sdist/*.tar.gz
    (cd "$dist" && venv/bin/python -c 'import ninefold; print("from the source distribution:", ninefold.__version__)')
fi
