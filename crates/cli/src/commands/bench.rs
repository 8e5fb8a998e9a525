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

use crate::flags::output::FormatArgs;
use crate::flags::threads::ThreadsArgs;
use crate::flags::values::{Choice, choice, count, setting};
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// Measure how fast this machine trains and predicts
///
/// Sizes: round1 and round2 are the networks of these presets on texts of full length (64 x 150 and 32 x 400 tokens); posts is round1 on
/// texts as long as posts are (median 90 tokens). Work: train is a whole training step, predict a batch, single one text, the time until
/// its answer. GFLOP/s counts the matrix products alone; the peak is what the processor does from registers alone, in the same run.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold bench
  ninefold bench --models gru --sizes round2 --work train --steps 20
  ninefold bench --models gru --sizes posts --work train --batch-size 16 --hidden-size 300
  ninefold bench --json > bench.json")]
pub struct BenchArgs {
    /// Networks to measure [default: rnn,lstm,gru]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = setting::<ModelKind>(), help_heading = "Work")]
    pub models: Vec<ModelKind>,
    /// Sizes [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = sizes(), help_heading = "Work")]
    pub sizes: Vec<Size>,
    /// Texts per batch, in place of each size's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Work")]
    pub batch_size: Option<u16>,
    /// Tokens per text, or of the longest text, in place of each size's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Work")]
    pub length: Option<u16>,
    /// Units per direction, in place of each size's own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096), help_heading = "Work")]
    pub hidden_size: Option<u16>,
    /// Precisions [default: all that this processor has]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = setting::<Precision>(), help_heading = "Work")]
    pub precisions: Vec<Precision>,
    /// Kinds of work [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = setting::<Work>(), help_heading = "Work")]
    pub work: Vec<Work>,
    /// Repetitions of each measurement; the median is shown
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = count, help_heading = "Run")]
    pub steps: usize,
    /// The number of threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// How the result is printed; JSON has the time of every repetition.
    #[command(flatten)]
    pub format: FormatArgs,
}

fn sizes() -> Choice<Size> {
    choice(Size::ALL.map(Size::name), |name| Size::ALL.into_iter().find(|size| size.name() == name))
}

/// Runs the command.
pub fn run(args: &BenchArgs, output: &Output) -> Result<()> {
    let available = [Precision::F32, Precision::Bf16].into_iter().filter(|precision| precision.is_available());
    let config = BenchConfig {
        models: or_default(&args.models, ModelKind::RECURRENT),
        sizes: or_default(&args.sizes, Size::ALL).into_iter().map(|size| resized(size, args)).collect(),
        precisions: or_default(&args.precisions, available),
        work: or_default(&args.work, Work::ALL),
        steps: args.steps,
    };
    if config.rows() == 0 {
        return Err(Usage::no_effect("--work", "predict and single are measured at --sizes posts only").into());
    }
    args.threads.install(|| measure(args, &config, output))
}

/// A list that was given, or else the default.
fn or_default<T: Clone>(given: &[T], default: impl IntoIterator<Item = T>) -> Vec<T> {
    if given.is_empty() { default.into_iter().collect() } else { given.to_vec() }
}

fn measure(args: &BenchArgs, config: &BenchConfig, output: &Output) -> Result<()> {
    for precision in config.precisions.iter().filter(|precision| !precision.is_available()) {
        output.warn(&format!(
            "this processor has no faster matrix products in {}; f32 is measured instead",
            precision.name()
        ));
    }
    let bars = Bars::new(output);
    bars.begin("bench", "rows", Some(config.rows() as u64));
    let record = bench::run(config, &bars);
    bars.end();
    let record = record?;
    let environment = environment();
    if args.format.is_json() {
        return output.print_json(&json!({ "environment": environment, "bench": record }));
    }
    let Environment { cpu, simd, .. } = environment;
    output.print(&format!("{}{cpu}, {simd}; medians of {} repetitions\n", bench_table(&record), args.steps))
}

/// The size with the values of the flags in place of its own.
fn resized(size: Size, args: &BenchArgs) -> Size {
    let or = |flag: Option<u16>, own: usize| flag.map_or(own, usize::from);
    Size {
        batch_size: or(args.batch_size, size.batch_size),
        length: or(args.length, size.length),
        hidden_size: or(args.hidden_size, size.hidden_size),
        ..size
    }
}
