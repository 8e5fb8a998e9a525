//! `ninefold bench`: how fast this machine trains and predicts.

use anyhow::Result;
use ninefold::lab::Environment;
use ninefold::nn::bench::{self, BenchConfig, Size, Work};
use ninefold::nn::layers::Precision;
use ninefold::nn::model::ModelKind;
use ninefold::progress::Progress;
use ninefold::report::bench_table;
use serde_json::json;

use crate::args::BenchArgs;
use crate::options::{self, Usage};
use crate::output::Output;
use crate::progress::Bars;

/// Runs the command.
pub fn run(args: &BenchArgs, output: &Output) -> Result<()> {
    let precisions = [Precision::F32, Precision::Bf16];
    let config = BenchConfig {
        models: named("--models", &args.models, &ModelKind::ALL, ModelKind::name)?,
        sizes: named("--sizes", &args.sizes, &Size::ALL, Size::name)?
            .into_iter()
            .map(|size| resized(size, args))
            .collect(),
        precisions: match args.precisions.is_empty() {
            true => precisions.into_iter().filter(|precision| precision.is_available()).collect(),
            false => named("--precisions", &args.precisions, &precisions, Precision::name)?,
        },
        work: named("--work", &args.work, &Work::ALL, Work::name)?,
        steps: args.steps,
    };
    options::set_threads(args.threads)?;
    for precision in config.precisions.iter().filter(|precision| !precision.is_available()) {
        output.warn(&format!("this processor has no products of {}; f32 is measured in its place", precision.name()));
    }
    let bars = Bars::new(output);
    bars.begin("bench", "rows", Some(config.rows() as u64));
    let record = bench::run(&config, &bars);
    bars.end();
    let record = record?;
    let environment = Environment::now();
    if args.json {
        return output.print_json(&json!({ "environment": environment, "bench": record }));
    }
    let Environment { cpu, simd, .. } = environment;
    output.print(&format!("{}{cpu}, {simd}; medians of {} repetitions\n", bench_table(&record), args.steps))
}

/// The size with what the flags put in place of its own.
fn resized(size: Size, args: &BenchArgs) -> Size {
    let or = |flag: Option<u16>, own: usize| flag.map_or(own, usize::from);
    Size {
        batch_size: or(args.batch_size, size.batch_size),
        length: or(args.length, size.length),
        hidden_size: or(args.hidden_size, size.hidden_size),
        ..size
    }
}

/// What each word of a flag's list stands for.
fn named<T: Copy>(flag: &str, words: &[String], all: &[T], name: impl Fn(T) -> &'static str) -> Result<Vec<T>> {
    let find = |word: &String| all.iter().copied().find(|&item| name(item) == word.trim());
    let known = || all.iter().map(|&item| name(item)).collect::<Vec<_>>().join(", ");
    let unknown = |word: &String| Usage(format!("{flag}: expected any of {}, found {word:?}", known())).into();
    words.iter().map(|word| find(word).ok_or_else(|| unknown(word))).collect()
}
