# Common tasks; `just --list` shows them. https://just.systems

# everything that a change must pass
check:
    ./check.sh

# the same, with the slow parts
check-all:
    ./check.sh --all

# the tests of one crate: just test lab
test crate:
    cargo test --release -p ninefold-{{crate}}

# build and open the book (needs mdbook)
book:
    mdbook build docs --open

# build and open the API documentation
doc:
    cargo doc --release --workspace --no-deps --open

# speed of the trainers and the networks
bench:
    cargo bench --bench embeddings
    cargo bench --bench recurrent

# licences, advisories, duplicate crates (needs cargo-deny)
deny:
    cargo deny check
