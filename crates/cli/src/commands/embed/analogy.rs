//! `ninefold embed analogy`: A is to B as C is to which word?

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::report::plain_table;
use ninefold::vectors::evaluate::offset;
use ninefold::vectors::nearest::Neighbours;
use serde_json::json;

use super::table::{ReadingArgs, load, rounded, row};
use crate::flags::output::FormatArgs;
use crate::output::Output;

/// Find the word that is to C as B is to A
///
/// The words most similar to B - A + C, computed with vectors of length 1; A, B and C themselves are left out.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed analogy 6B.100d man king woman        man is to king as woman is to ...
  ninefold embed analogy vectors.vec athens greece oslo --top 1 --json")]
pub struct AnalogyArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The first word of the known pair
    #[arg(value_name = "A")]
    pub a: String,
    /// The second word of the known pair
    #[arg(value_name = "B")]
    pub b: String,
    /// The first word of the other pair
    #[arg(value_name = "C")]
    pub c: String,
    /// Number of words
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Runs the subcommand.
pub fn run(args: &AnalogyArgs, output: &Output) -> Result<()> {
    let vectors = load(&args.vectors, args.reading, output)?;
    let ids = [row(&vectors, &args.a)?, row(&vectors, &args.b)?, row(&vectors, &args.c)?];
    let neighbours = Neighbours::new(&vectors);
    let found = neighbours.nearest(&offset(&neighbours, ids), usize::from(args.top), &ids);
    let word = |id: usize| &vectors.words()[id];
    if args.format.is_json() {
        let answers: Vec<_> =
            found.iter().map(|it| json!({ "word": word(it.id), "similarity": rounded(it.similarity) })).collect();
        return output.print_json(&json!({ "a": args.a, "b": args.b, "c": args.c, "answers": answers }));
    }
    let head = format!("{} : {} = {} : ?", args.a, args.b, args.c);
    let rows = found.iter().map(|it| vec![word(it.id).clone(), format!("{:.4}", it.similarity)]);
    output.print(&plain_table(&[&head, "similarity"], 1, rows))
}
