#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lints, tests, documentation. Needs Rust and a C linker, nothing else.
set -euo pipefail
cd "$(dirname "$0")"

cargo fmt --all -- --check
cargo clippy --release --workspace --all-targets -- -D warnings
cargo test --release --workspace
RUSTDOCFLAGS="-D warnings" cargo doc --release --workspace --no-deps
