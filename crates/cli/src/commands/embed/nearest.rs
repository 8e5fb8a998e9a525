//! `ninefold embed nearest`: a word -> the words whose vectors have the largest cosine with its own.

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::report::plain_table;
use ninefold::vectors::nearest::Neighbours;
use serde_json::json;

use super::table::{ReadingArgs, load, rounded, unknown};
use crate::flags::output::FormatArgs;
use crate::output::Output;

/// List the words most similar to a word
///
/// Similarity is the cosine. A word that is not in the file gets the vector of its n-grams or wordpieces if the file has them.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed nearest 6B.100d frog
  ninefold embed nearest model.bin king queen --top 5 --json")]
pub struct NearestArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The word, or several words, each by itself
    #[arg(value_name = "WORD", required = true)]
    pub words: Vec<String>,
    /// Number of words to list for each
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Search the first N words of the file only
    #[arg(long, value_name = "N")]
    pub among: Option<usize>,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the subcommand.
pub fn run(args: &NearestArgs, output: &Output) -> Result<()> {
    let vectors = load(&args.vectors, args.reading, output)?;
    let neighbours = Neighbours::new(&vectors).among_first(args.among.unwrap_or(usize::MAX));
    let mut found = Vec::new();
    for word in &args.words {
        let vector = vectors.vector(word).ok_or_else(|| unknown(&vectors, word))?;
        let itself: Vec<usize> = vectors.id(word).into_iter().collect();
        found.push((word, itself.is_empty(), neighbours.nearest(&vector, usize::from(args.top), &itself)));
    }
    if args.format.is_json() {
        let word = |id: usize| &vectors.words()[id];
        let all: Vec<_> = found
            .into_iter()
            .map(|(query, by_subwords, nearest)| {
                let nearest: Vec<_> = nearest
                    .into_iter()
                    .map(|it| json!({ "word": word(it.id), "similarity": rounded(it.similarity) }))
                    .collect();
                json!({ "word": query, "by_subwords": by_subwords, "nearest": nearest })
            })
            .collect();
        return output.print_json(&all);
    }
    for (word, by_subwords, nearest) in found {
        let head = if by_subwords { format!("{word} (by its parts)") } else { word.clone() };
        let rows = nearest.iter().map(|it| vec![vectors.words()[it.id].clone(), format!("{:.4}", it.similarity)]);
        output.print(&plain_table(&[&head, "similarity"], 1, rows))?;
    }
    Ok(())
}
