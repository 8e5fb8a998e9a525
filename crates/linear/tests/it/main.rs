//! Integration tests: linear models against scikit-learn.

mod baselines;
mod stacking;
