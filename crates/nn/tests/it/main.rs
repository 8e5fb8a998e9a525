//! Integration tests: gradients against a twin in f64, networks against PyTorch, training.

mod bigrams;
mod classifiers;
mod convolution_golden;
mod distillation;
mod gradients;
mod pretraining;
mod pytorch;
mod recurrent_golden;
mod reference;
mod sparse_adam;
