//! `ninefold embed info`: what a file of vectors holds.

use std::path::Path;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::vectors::formats::{Format, source::Source};
use serde::Serialize;

use super::table::{ReadingArgs, load};
use crate::flags::output::FormatArgs;
use crate::output::Output;

/// Describe a file of word vectors
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed info vectors.bin
  ninefold embed info twitter.27B.25d --json")]
pub struct InfoArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

#[derive(Serialize)]
struct Info<'a> {
    vectors: &'a str,
    format: &'static str,
    words: usize,
    dim: usize,
    duplicates: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    ngrams: Option<Ngrams>,
    has_pieces: bool,
    shortest_vector: f64,
    mean_length: f64,
    longest_vector: f64,
    first_words: &'a [String],
}

#[derive(Serialize)]
struct Ngrams {
    min_n: usize,
    max_n: usize,
    bucket: u32,
    rows: usize,
}

/// Runs the subcommand.
pub fn run(args: &InfoArgs, output: &Output) -> Result<()> {
    let path = Path::new(&args.vectors);
    let format = match path {
        path if path.is_file() => Format::of(&Source::open(path)?)?.name,
        path if path.is_dir() => "model2vec",
        _ => "glove", // a release's name, or a member of a zip, which is checked below
    };
    let vectors = load(&args.vectors, args.reading, output)?;
    let square = |row: &[f32]| row.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>();
    let lengths: Vec<f64> = vectors.matrix().chunks_exact(vectors.dim()).map(|row| square(row).sqrt()).collect();
    let ngrams = vectors.subwords().map(|it| Ngrams {
        min_n: it.min_n(),
        max_n: it.max_n(),
        bucket: it.bucket(),
        rows: it.matrix().len() / it.dim(),
    });
    let info = Info {
        vectors: &args.vectors,
        format,
        words: vectors.len(),
        dim: vectors.dim(),
        duplicates: vectors.duplicates(),
        ngrams,
        has_pieces: vectors.wordpieces().is_some(),
        shortest_vector: lengths.iter().copied().fold(f64::INFINITY, f64::min),
        mean_length: lengths.iter().sum::<f64>() / lengths.len() as f64,
        longest_vector: lengths.iter().copied().fold(0.0, f64::max),
        first_words: &vectors.words()[..vectors.len().min(10)],
    };
    if args.format.is_json() {
        return output.print_json(&info);
    }
    let unseen = match (&info.ngrams, info.has_pieces) {
        (Some(Ngrams { min_n, max_n, bucket, rows }), _) => {
            format!("by n-grams of {min_n} to {max_n} characters; {rows} of {bucket} buckets have a vector")
        }
        (None, true) => "by the tokenizer's wordpieces".to_string(),
        (None, false) => "none".to_string(),
    };
    let again = if info.duplicates > 0 { format!(" ({} more occur again)", info.duplicates) } else { String::new() };
    output.print(&format!(
        "format:        {format}\nwords:         {}{again}\ndimensions:    {}\nunseen words:  {unseen}\n\
         lengths:       {:.4} to {:.4}, mean {:.4}\nfirst words:   {}\n",
        info.words,
        info.dim,
        info.shortest_vector,
        info.longest_vector,
        info.mean_length,
        info.first_words.join(" "),
    ))
}
