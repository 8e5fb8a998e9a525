//! `ninefold ensemble`: saved models -> a folder in which they answer together.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::metrics::Rule;
use ninefold::models::bundle::EnsembleMember;
use ninefold::models::put_together;
use ninefold::report::plain_table;
use serde_json::json;

use crate::output::Output;
use crate::terminal::shell;

/// `ninefold ensemble`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold ensemble RUN/pairs/word2vec-gru/model RUN/pairs/fasttext-lstm/model -o both
  ninefold ensemble A B C --weights 2,1,1 -o together
  ninefold ensemble RUN/ensembles/vote_selected/model -o mine     a copy that holds its members itself

The answer is the mean of the models' probabilities. All must have the same labels in the same order. A vote among them gives
its members, which share its weight; a stacked ensemble stays whole. What comes of it is read by predict, evaluate and distill like any model.")]
pub struct EnsembleArgs {
    /// Folders of trained models or ensembles
    #[arg(value_name = "MODEL", required = true)]
    pub models: Vec<PathBuf>,
    /// The folder to write; the models are copied into it
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// How much each model counts, in their order [default: all the same]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub weights: Vec<f64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(args: &EnsembleArgs, output: &Output) -> Result<()> {
    let made_by = format!("ninefold {}", env!("CARGO_PKG_VERSION"));
    let config = put_together(&args.models, &args.weights, &args.output, made_by)?;
    if args.json {
        return output.print_json(&json!({ "ensemble": args.output, "members": config.members }));
    }
    let total: f64 = config.members.iter().map(|member| member.weight).sum();
    let counts = |weight: f64| match config.rule {
        Rule::Mean => format!("{:.1}", 100.0 * weight / total),
        Rule::Product => format!("{weight:.3}"),
    };
    let row = |member: &EnsembleMember| vec![member.name.clone(), member.path.clone(), counts(member.weight)];
    let head = if config.rule.is_mean() { "counts, %" } else { "power" };
    output.print(&plain_table(&["model", "folder", head], 2, config.members.iter().map(row)))?;
    let folder = shell(&args.output);
    output.print(&format!("\nensemble: {folder}\nTry next:\n  echo 'a text' | ninefold predict {folder}\n"))
}
