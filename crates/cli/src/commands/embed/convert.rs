//! `ninefold embed convert`: vectors of any format that is read -> one that is written.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::table::{ReadingArgs, format, load, save};
use crate::output::Output;

/// `ninefold embed convert`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed convert glove.6B.100d.txt glove.safetensors     loads at once from now on
  ninefold embed convert 6B.100d glove.vec.gz
  ninefold embed convert model.ftz words.bin --to word2vec-binary

By its end: .safetensors; .vec word2vec text; .txt GloVe; .bin a fastText model where there are n-grams, else word2vec binary.
Formats: safetensors, fasttext, word2vec-binary, word2vec-text, glove. Only the first two keep n-grams.")]
pub struct ConvertArgs {
    /// A file of vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS")]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The file to write
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Its format, where the name does not say it
    #[arg(long, value_name = "FORMAT")]
    pub to: Option<String>,
    /// Print what was done as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the verb.
pub fn run(args: &ConvertArgs, output: &Output) -> Result<()> {
    format(args.to.as_deref(), &args.out, false)?; // before the long work
    let vectors = load(&args.vectors, args.reading, output)?;
    let format = format(args.to.as_deref(), &args.out, vectors.subwords().is_some())?;
    save(&vectors, &args.out, format, output)?;
    let (words, dim, path) = (vectors.len(), vectors.dim(), args.out.display());
    if args.json {
        let path = path.to_string();
        return output.print_json(&json!({ "output": path, "format": format.name, "words": words, "dim": dim }));
    }
    output.say(&format!("{path}: {words} words of {dim} dimensions as {}", format.name));
    Ok(())
}
