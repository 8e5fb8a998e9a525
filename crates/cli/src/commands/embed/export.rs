//! `ninefold embed export`: the vectors of a vocabulary, and nothing else.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use ninefold::vectors::WordVectors;
use ninefold::{Error, files};
use serde_json::json;

use super::table::{ReadingArgs, format, load, save};
use crate::output::Output;

/// `ninefold embed export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed export cc.en.300.bin small.vec --vocab RUN/pairs/fasttext-gru/model/vocab.txt
  ninefold embed export 6B.100d mine.safetensors --vocab words.txt

The vocabulary has a word a line; a count behind it, after a tab, is ignored. Words without a vector of their own, as they
are or in lower case, get that of their n-grams or wordpieces where the file has them; the others are left out and counted.")]
pub struct ExportArgs {
    /// A file of vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS")]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The file to write
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// The words to keep: a file with one a line
    #[arg(long, value_name = "FILE")]
    pub vocab: PathBuf,
    /// The format, where the name does not say it
    #[arg(long, value_name = "FORMAT")]
    pub to: Option<String>,
    /// Print what was done as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the verb.
pub fn run(args: &ExportArgs, output: &Output) -> Result<()> {
    let format = format(args.to.as_deref(), &args.out, false)?;
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
    if args.json {
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
