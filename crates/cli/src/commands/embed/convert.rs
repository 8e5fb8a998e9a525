//! `ninefold embed convert`: vectors of any format that can be read -> a format that can be written.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use serde_json::json;

use super::table::{ReadingArgs, VectorFormat, format, load, save, writable_format};
use crate::flags::output::FormatArgs;
use crate::output::Output;

/// Convert word vectors to another format
///
/// The ending names the format: .safetensors; .vec word2vec text; .txt GloVe; .bin fastText if there are n-grams, else word2vec binary.
/// Only safetensors and fastText keep n-grams.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed convert glove.6B.100d.txt glove.safetensors     loads at once
  ninefold embed convert 6B.100d glove.vec.gz
  ninefold embed convert model.ftz words.bin --to word2vec-binary")]
pub struct ConvertArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The file to write
    #[arg(value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// The format to write [default: by the ending of the file name]
    #[arg(long, value_name = "FORMAT", value_parser = writable_format())]
    pub to: Option<VectorFormat>,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the subcommand.
pub fn run(args: &ConvertArgs, output: &Output) -> Result<()> {
    format(args.to, &args.out, false)?; // before the long work
    let vectors = load(&args.vectors, args.reading, output)?;
    let format = format(args.to, &args.out, vectors.subwords().is_some())?;
    save(&vectors, &args.out, format, output)?;
    let (words, dim, path) = (vectors.len(), vectors.dim(), args.out.display());
    if args.format.is_json() {
        let path = path.to_string();
        return output.print_json(&json!({ "output": path, "format": format.name, "words": words, "dim": dim }));
    }
    output.say(&format!("{path}: {words} words of {dim} dimensions as {}", format.name));
    Ok(())
}
