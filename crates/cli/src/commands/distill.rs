//! `ninefold distill`: a saved model, or several together, teach one small network.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::lab::{Embedding, Session, distill};
use ninefold::nn::model::ModelKind;
use ninefold::report::distilled_table;
use ninefold::{Error, Folders};

use crate::flags::config::ConfigArgs;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::terminal::shell;
use crate::usage::Usage;

/// `ninefold distill`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold distill RUN/ensembles/vote_networks/model --data posts/ -o small --set model.hidden_size=32
  ninefold distill TEACHER --data posts/ --embeddings glove --models gru -o student --beside
  ninefold distill TEACHER --data posts/ -o student --set distill.share=0.7 --set distill.temperature=4

The student learns the training texts' labels and what TEACHER says of them: its loss is (1 - share) cross-entropy + share T^2
KL(teacher || student), both at temperature T. Validation chooses its epoch, as ever; a student pays for more epochs than others do
(--epochs 30). TEACHER should have been trained on the same texts and split; its labels must be the texts' own.")]
pub struct DistillArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "TEACHER")]
    pub teacher: PathBuf,
    /// The settings: one embedding and one network [default: word2vec, gru].
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The folder to write the student to
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Also train the same network without the teacher, to see what the teacher is worth
    #[arg(long)]
    pub beside: bool,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &DistillArgs, output: &Output) -> Result<()> {
    let mut config = args.config.resolve()?;
    let built_in = Embedding::built_in();
    config.embeddings = vec![one("--embeddings", &config.embeddings, &built_in, &built_in[0])?];
    config.models = vec![one("--models", &config.models, &ModelKind::RECURRENT, &ModelKind::Gru)?];
    let (folders, bars) = (Folders::from_env(), Bars::new(output));
    let session = Session { folders: &folders, threads: args.threads.count()?, progress: &bars };
    let done = distill(&config, &args.teacher, &args.output, args.beside, &session).map_err(|error| match error {
        Error::Interrupted => anyhow::anyhow!("interrupted: no model was saved"),
        error => error.into(),
    })?;
    if args.json {
        return output.print_json(&done);
    }
    output.print(&distilled_table(&done))?;
    let folder = shell(&args.output);
    output.print(&format!("\npupil: {folder}\nTry next:\n  echo 'a text' | ninefold predict {folder}\n"))
}

/// The only one of a list; where nobody chose, a usual one.
fn one<T: Clone + PartialEq>(flag: &str, list: &[T], all: &[T], usual: &T) -> Result<T> {
    match list {
        [only] => Ok(only.clone()),
        everything if everything == all => Ok(usual.clone()),
        several => {
            Err(Usage(format!("{flag}: a student is one network: expected one, found {}", several.len())).into())
        }
    }
}
