//! `ninefold embed export`: the vectors of a vocabulary only.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::vectors::WordVectors;
use ninefold::{Error, files};
use serde_json::json;

use super::table::{ReadingArgs, VectorFormat, format, load, save, writable_format};
use crate::flags::output::FormatArgs;
use crate::output::Output;

/// Write the vectors of a vocabulary only
///
/// The vocabulary has one word per line; a count after a tab is ignored. A word without a vector, as it is or in lower case, gets the vector of
/// its n-grams or wordpieces if the file has them. Other words are left out and counted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed export cc.en.300.bin small.vec --vocab RUN/pairs/fasttext-gru/model/vocab.txt
  ninefold embed export 6B.100d mine.safetensors --vocab words.txt")]
pub struct ExportArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The file to write
    #[arg(value_name = "OUT", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    /// The words to keep: a file with one word per line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub vocab: PathBuf,
    /// The format to write [default: by the ending of the file name]
    #[arg(long, value_name = "FORMAT", value_parser = writable_format())]
    pub to: Option<VectorFormat>,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the subcommand.
pub fn run(args: &ExportArgs, output: &Output) -> Result<()> {
    let format = format(args.to, &args.out, false)?;
    let wanted = words(&args.vocab)?;
    let vectors = load(&args.vectors, args.reading, output)?;
    let (mut kept, mut matrix, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for word in wanted {
        let known = vectors.get(&word).or_else(|| vectors.get(&word.to_lowercase())).map(<[f32]>::to_vec);
        match known.or_else(|| vectors.vector(&word).map(|made| made.into_owned())) {
            Some(vector) => {
                matrix.extend(vector);
                kept.push(word);
            }
            None => missing.push(word),
        }
    }
    if kept.is_empty() {
        let first = missing.first().map_or(String::new(), |word| format!(", {word:?} for one"));
        return Err(Error::data(format!("no word of {} has a vector{first}", args.vocab.display())).into());
    }
    let kept = WordVectors::new(kept, vectors.dim(), matrix)?;
    save(&kept, &args.out, format, output)?;
    let path = args.out.display().to_string();
    if args.format.is_json() {
        let report = json!({
            "output": path, "format": format.name, "words": kept.len(), "dim": kept.dim(), "missing": missing,
        });
        return output.print_json(&report);
    }
    output.say(&format!("{path}: {} words as {}; {} have no vector", kept.len(), format.name, missing.len()));
    Ok(())
}

/// The words of a vocabulary, without ninefold's heading and special tokens.
fn words(path: &Path) -> Result<Vec<String>> {
    const NOT_WORDS: [&str; 2] = ["<pad>", "<unk>"];
    let text = files::read_text("read the vocabulary", path)?;
    let heading = text.starts_with("# ninefold vocabulary");
    let word = |line: &str| line.split('\t').next().unwrap_or_default().to_string();
    let is_word = |word: &String| !word.is_empty() && (!heading || !NOT_WORDS.contains(&word.as_str()));
    Ok(text.lines().skip(usize::from(heading)).map(word).filter(is_word).collect())
}
