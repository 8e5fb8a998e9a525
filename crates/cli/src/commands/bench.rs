//! `ninefold bench`: how fast this machine trains and predicts.

use anyhow::Result;
use clap::Args;
use ninefold::lab::environment;
use ninefold::nn::bench::{self, BenchConfig, Size, Work};
use ninefold::nn::layers::Precision;
use ninefold::nn::model::ModelKind;
use ninefold::progress::Progress;
use ninefold::records::Environment;
use ninefold::report::bench_table;
use serde_json::json;

use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// `ninefold bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold bench
  ninefold bench --models gru --sizes round2 --work train --steps 20
  ninefold bench --models gru --sizes posts --work train --batch-size 16 --hidden-size 300
  ninefold bench --json > bench.json

Sizes: round1 and round2 are the networks of these presets on texts of full length (64 x 150 and 32 x 400 tokens); posts is
round1 on texts as long as posts are (median 90 tokens). Work: train is a whole step; predict a batch; single one text, the
time until its answer. GFLOP/s counts the matrix products alone; the peak is what the processor does from registers alone, in
the same run.")]
pub struct BenchArgs {
    /// Networks to measure: rnn, lstm, gru, cnn, swem
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "rnn,lstm,gru")]
    pub models: Vec<String>,
    /// Sizes: round1, round2, posts
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "round1,round2,posts")]
    pub sizes: Vec<String>,
    /// Instead of the sizes' own: texts of a batch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub batch_size: Option<u16>,
    /// Instead of the sizes' own: tokens of a text, or of the longest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub length: Option<u16>,
    /// Instead of the sizes' own: units per direction
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub hidden_size: Option<u16>,
    /// Precisions: f32, bf16 [default: all that this processor has]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub precisions: Vec<String>,
    /// Work: train, predict, single
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "train,predict,single")]
    pub work: Vec<String>,
    /// Repetitions of each, of which the median is shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub steps: usize,
    /// Print JSON, with the time of every repetition
    #[arg(long)]
    pub json: bool,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
}

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
    args.threads.install(|| measure(args, &config, output))
}

fn measure(args: &BenchArgs, config: &BenchConfig, output: &Output) -> Result<()> {
    for precision in config.precisions.iter().filter(|precision| !precision.is_available()) {
        output.warn(&format!("this processor has no products of {}; f32 is measured in its place", precision.name()));
    }
    let bars = Bars::new(output);
    bars.begin("bench", "rows", Some(config.rows() as u64));
    let record = bench::run(config, &bars);
    bars.end();
    let record = record?;
    let environment = environment();
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
