//! `ninefold bench`: how fast this machine trains and predicts.

use anyhow::Result;
use ninefold::bench::{self, BenchConfig, Row, Size, Work};
use ninefold::experiment::Environment;
use ninefold::nn::{CellKind, Precision};
use ninefold::progress::Progress;
use serde_json::json;

use crate::args::BenchArgs;
use crate::options::{self, Usage};
use crate::output::Output;
use crate::progress::Bars;
use crate::table::table;

/// Runs the command.
pub fn run(args: &BenchArgs, output: &Output) -> Result<()> {
    let precisions = [Precision::F32, Precision::Bf16];
    let config = BenchConfig {
        cells: named("--models", &args.models, &CellKind::ALL, CellKind::name)?,
        sizes: named("--sizes", &args.sizes, &Size::ALL, Size::name)?,
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
    let head = ["work", "size", "model", "numbers", "ms", "p99 ms", "texts/s", "tokens/s", "GFLOP/s", "peak", "share"];
    output.print(&table(&head, 4, record.rows.iter().map(cells)))?;
    let Environment { cpu, simd, .. } = environment;
    let threads = record.threads;
    output.print(&format!("{cpu}, {simd}, {threads} threads; median of {} repetitions\n", args.steps))
}

fn cells(row: &Row) -> Vec<String> {
    let [work, size] = [row.work.name(), &row.size].map(str::to_string);
    let milliseconds = |time: f64| if time < 10.0 { format!("{time:.2}") } else { format!("{time:.1}") };
    vec![
        work,
        size,
        row.cell.name().to_string(),
        row.precision.name().to_string(),
        milliseconds(row.median_ms),
        milliseconds(row.p99_ms),
        format!("{:.0}", row.texts_per_s),
        format!("{:.0}", row.tokens_per_s),
        format!("{:.0}", row.gflop_per_s),
        format!("{:.0}", row.peak_gflop_per_s),
        format!("{:.0} %", 100.0 * row.share_of_peak),
    ]
}

/// What each word of a flag's list stands for.
fn named<T: Copy>(flag: &str, words: &[String], all: &[T], name: impl Fn(T) -> &'static str) -> Result<Vec<T>> {
    let find = |word: &String| all.iter().copied().find(|&item| name(item) == word.trim());
    let known = || all.iter().map(|&item| name(item)).collect::<Vec<_>>().join(", ");
    let unknown = |word: &String| Usage(format!("{flag}: expected any of {}, found {word:?}", known())).into();
    words.iter().map(|word| find(word).ok_or_else(|| unknown(word))).collect()
}
