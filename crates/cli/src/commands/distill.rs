//! `ninefold distill`: a saved model or ensemble teaches one small network.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::Folders;
use ninefold::lab::{Embedding, Session, distill};
use ninefold::nn::model::ModelKind;
use ninefold::report::distilled_table;

use crate::flags::config::ConfigArgs;
use crate::flags::output::FormatArgs;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::stop;
use crate::terminal::shell;
use crate::usage::Usage;

/// Train a small network on the answers of a trained model or ensemble
///
/// The student learns the labels of the training texts and the teacher's probabilities of them: its loss is (1 - share) cross-entropy +
/// share T^2 KL(teacher || student), both at temperature T. Validation chooses the epoch. A student gains from more epochs than other
/// networks do (--epochs 30). The teacher should have been trained on the same texts and split, and must have the same labels.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold distill RUN/ensembles/vote_networks/model --data posts/ -o small --set model.hidden_size=32
  ninefold distill TEACHER --data posts/ --embeddings glove --models gru -o student --with-baseline
  ninefold distill TEACHER --data posts/ -o student --set distill.share=0.7 --set distill.temperature=4")]
pub struct DistillArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "TEACHER", value_hint = ValueHint::DirPath)]
    pub teacher: PathBuf,
    /// The settings: one embedding and one network [default: word2vec, gru].
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The folder to write the student to
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Run")]
    pub output: PathBuf,
    /// Also train the same network without the teacher, to measure what the teacher is worth
    #[arg(long, alias = "beside", help_heading = "Run")]
    pub with_baseline: bool,
    /// The number of threads.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the command.
pub fn run(args: &DistillArgs, output: &Output) -> Result<()> {
    let mut config = args.config.resolve(|_| Ok(()))?;
    let built_in = Embedding::built_in();
    config.embeddings = vec![one("embedding", &config.embeddings, &built_in, &built_in[0])?];
    config.models = vec![one("model", &config.models, &ModelKind::RECURRENT, &ModelKind::Gru)?];
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count(), progress: &bars };
    stop::on_interrupt("no model was saved");
    let distilled = distill(&config, &args.teacher, &args.output, args.with_baseline, &session)?;
    if args.format.is_json() {
        return output.print_json(&distilled);
    }
    output.print(&distilled_table(&distilled))?;
    let folder = shell(&args.output);
    output.print(&format!("\nstudent: {folder}\nTry next:\n  echo 'a text' | ninefold predict {folder}\n"))
}

/// The only item of a list; `usual` where the list is the default.
fn one<T: Clone + PartialEq>(what: &str, list: &[T], default: &[T], usual: &T) -> Result<T> {
    match list {
        [only] => Ok(only.clone()),
        all if all == default => Ok(usual.clone()),
        several => Err(Usage(format!(
            "--{what}s: `distill` trains one student: choose one {what}, found {}, e.g. --embeddings word2vec --models gru",
            several.len()
        ))
        .into()),
    }
}
