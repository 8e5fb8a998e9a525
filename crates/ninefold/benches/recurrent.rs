//! `cargo bench`: every recurrent network, size, precision and work of `ninefold bench`, twenty repetitions each.
//! `cargo bench -- gru round2 train` measures what these words name, also `cnn` and `swem`.

#![allow(clippy::print_stdout)]

use ninefold::nn::bench::{BenchConfig, Size, Work, run};
use ninefold::nn::layers::Precision;
use ninefold::nn::model::ModelKind;
use ninefold::progress::Silent;
use ninefold::report::bench_table;

fn main() -> Result<(), ninefold::Error> {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let precisions = [Precision::F32, Precision::Bf16];
    let all = BenchConfig {
        models: wanted(&words, &ModelKind::ALL, &ModelKind::RECURRENT, ModelKind::name),
        sizes: wanted(&words, &Size::ALL, &Size::ALL, Size::name),
        precisions: wanted(&words, &precisions, &precisions, Precision::name),
        work: wanted(&words, &Work::ALL, &Work::ALL, Work::name),
        steps: 20,
    };
    let precisions = all.precisions.into_iter().filter(|precision| precision.is_available()).collect();
    print!("{}", bench_table(&run(&BenchConfig { precisions, ..all }, &Silent)?));
    Ok(())
}

/// Those that are named; the usual ones where none is.
fn wanted<T: Copy>(words: &[String], all: &[T], usual: &[T], name: impl Fn(T) -> &'static str) -> Vec<T> {
    let named: Vec<T> = all.iter().copied().filter(|&item| words.iter().any(|word| word == name(item))).collect();
    if named.is_empty() { usual.to_vec() } else { named }
}
