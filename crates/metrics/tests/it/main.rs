//! Integration tests: scores and tests against scikit-learn and SciPy.

mod metrics;
mod statistics;
