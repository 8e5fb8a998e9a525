//! `ninefold ensemble`: saved models -> a folder with an ensemble of them.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::metrics::Rule;
use ninefold::models::bundle::EnsembleMember;
use ninefold::models::combine_models;
use ninefold::report::plain_table;
use serde_json::json;

use crate::flags::output::FormatArgs;
use crate::output::Output;
use crate::terminal::shell;

/// Combine trained models: the mean of their probabilities
///
/// All models must have the same labels in the same order. A vote among the models is replaced by its members, which divide its weight;
/// a stacked ensemble stays one member. `predict`, `evaluate` and `distill` read the ensemble like any model.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold ensemble RUN/pairs/word2vec-gru/model RUN/pairs/fasttext-lstm/model -o both
  ninefold ensemble A B C --weights 2,1,1 -o combined
  ninefold ensemble RUN/ensembles/vote_selected/model -o mine     a copy that contains its members")]
pub struct EnsembleArgs {
    /// Folders of trained models or ensembles
    #[arg(value_name = "MODEL", required = true, value_hint = ValueHint::DirPath)]
    pub models: Vec<PathBuf>,
    /// The folder to write; the models are copied into it
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub output: PathBuf,
    /// Weight of each model, in their order [default: equal]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub weights: Vec<f64>,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the command.
pub fn run(args: &EnsembleArgs, output: &Output) -> Result<()> {
    let made_by = format!("ninefold {}", env!("CARGO_PKG_VERSION"));
    let config = combine_models(&args.models, &args.weights, &args.output, made_by)?;
    if args.format.is_json() {
        return output.print_json(&json!({ "ensemble": args.output, "members": config.members }));
    }
    let total: f64 = config.members.iter().map(|member| member.weight).sum();
    let weight = |weight: f64| match config.rule {
        Rule::Mean => format!("{:.1}", 100.0 * weight / total),
        Rule::Product => format!("{weight:.3}"),
    };
    let row = |member: &EnsembleMember| vec![member.name.clone(), member.path.clone(), weight(member.weight)];
    let head = if config.rule.is_mean() { "weight, %" } else { "power" };
    output.print(&plain_table(&["model", "folder", head], 2, config.members.iter().map(row)))?;
    let folder = shell(&args.output);
    output.print(&format!("\nensemble: {folder}\nTry next:\n  echo 'a text' | ninefold predict {folder}\n"))
}
