//! `ninefold distill`: a saved model, or several together, teach one small network.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::Error;
use ninefold::experiment::{Distilled, DistilledRow, EmbeddingKind, distill};
use ninefold::nn::CellKind;
use ninefold::report::plain_table;

use crate::args::ConfigArgs;
use crate::commands::compare::shell;
use crate::options::{self, Usage};
use crate::output::Output;
use crate::progress::Bars;

/// `ninefold distill`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold distill RUN/ensembles/vote_networks/model --data posts/ -o small --set model.hidden_size=32
  ninefold distill TEACHER --data posts/ --embeddings glove --models gru -o pupil --beside
  ninefold distill TEACHER --data posts/ -o pupil --set distill.share=0.7 --set distill.temperature=4

The pupil learns the training texts' labels and what TEACHER says of them: its loss is (1 - share) cross-entropy + share T^2
KL(teacher || pupil), both at temperature T. Validation chooses its epoch, as ever. TEACHER should have been trained on the
same texts and split; its labels must be the texts' own.")]
pub struct DistillArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "TEACHER")]
    pub teacher: PathBuf,
    /// The settings: one embedding and one network [default: word2vec, gru].
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The folder to write the pupil to
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Also train the same network without the teacher, to see what the teacher is worth
    #[arg(long)]
    pub beside: bool,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &DistillArgs, output: &Output) -> Result<()> {
    let mut config = args.config.resolve()?;
    config.embeddings = vec![one("--embeddings", &config.embeddings, &EmbeddingKind::ALL, EmbeddingKind::Word2vec)?];
    config.models = vec![one("--models", &config.models, &CellKind::ALL, CellKind::Gru)?];
    options::set_threads(args.threads)?;
    let bars = Bars::new(output);
    let done = distill(&config, &args.teacher, &args.output, args.beside, &bars).map_err(|error| match error {
        Error::Interrupted => anyhow::anyhow!("interrupted: no model was saved"),
        error => error.into(),
    })?;
    if args.json {
        return output.print_json(&done);
    }
    output.print(&table(&done)?)?;
    let folder = shell(&args.output);
    output.print(&format!("\npupil: {folder}\nTry next:\n  echo 'a text' | ninefold predict {folder}\n"))
}

/// The only one of a list; where nobody chose, a usual one.
fn one<T: Copy + PartialEq>(flag: &str, list: &[T], all: &[T], usual: T) -> Result<T> {
    match list {
        [only] => Ok(*only),
        everything if everything == all => Ok(usual),
        several => Err(Usage(format!("{flag}: a pupil is one network: expected one, found {}", several.len())).into()),
    }
}

fn table(done: &Distilled) -> Result<String> {
    let head = ["", "network", "parameters", "MB", "texts/s", "validation, %", "test accuracy, %", "F1 macro, %"];
    let row = |row: &DistilledRow| {
        let percent = |share: f64| format!("{:.1}", 100.0 * share);
        vec![
            row.role.clone(),
            row.name.clone(),
            row.parameters.to_string(),
            format!("{:.1}", row.bytes as f64 / 1e6),
            format!("{:.0}", row.texts_per_s),
            percent(row.validation.accuracy),
            percent(row.test.accuracy),
            percent(row.test.f1_macro),
        ]
    };
    let mut text = format!("{}\n\n{}", done.protocol, plain_table(&head, 2, done.rows.iter().map(row)));
    if let [teacher, pupil, ..] = done.rows.as_slice() {
        let smaller = teacher.bytes as f64 / pupil.bytes.max(1) as f64;
        let faster = pupil.texts_per_s / teacher.texts_per_s.max(1e-9);
        let points = 100.0 * (teacher.test.accuracy - pupil.test.accuracy);
        let side = if points < 0.0 { "above" } else { "below" };
        let points = points.abs();
        writeln!(
            text,
            "\nThe pupil is {smaller:.1} times smaller and {faster:.1} times faster than its teacher, and {points:.1} points {side} it."
        )?;
    }
    if let [_, pupil, alone] = done.rows.as_slice() {
        let points = 100.0 * (pupil.test.accuracy - alone.test.accuracy);
        writeln!(
            text,
            "Without a teacher the same network has {:.1} % of the test texts right: {points:+.1} points by the teacher.",
            100.0 * alone.test.accuracy
        )?;
    }
    Ok(text)
}
