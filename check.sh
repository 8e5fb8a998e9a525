#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lints, tests, examples, documentation. Needs Rust and a C linker;
# `--all` adds what takes longer.
set -euo pipefail
cd "$(dirname "$0")"

cargo fmt --all -- --check
cargo clippy --release --workspace --all-targets -- -D warnings
cargo test --release --workspace
if command -v python3 > /dev/null; then
    python3 tools/check_words.py
    python3 tools/check_links.py
fi

if [ "${1:-}" = --all ]; then
    # Every planted fault and every clean corpus of the diagnosis.
    cargo test --release -p ninefold-diagnose -- --ignored
    # The code of processors that have less than this one.
    for simd in portable avx2; do
        NINEFOLD_SIMD=$simd cargo test --release --workspace --lib --test nn_it --test vectors_it
    done
fi

# The examples of the library, as a newcomer runs them.
examples="$PWD/target/release/examples"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo build --release --workspace --examples
(
    cd "$folder"
    "$examples/train_classifier"
    "$examples/load_and_predict" model "how do I bake bread at home"
    "$examples/word_vectors"
    "$examples/custom_reader"
    "$examples/compare"
)

RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
if command -v mdbook > /dev/null; then
    mdbook build docs --dest-dir "$folder/book"
else
    echo "skipped: the book is not built: there is no mdbook"
fi
