//! Integration tests: linear models against scikit-learn.

mod baselines;
mod char_ngrams;
mod stacking;
