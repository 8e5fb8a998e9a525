//! `ninefold embed eval`: word vectors scored on judged word pairs and analogies.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueHint};
use ninefold::report::plain_table;
use ninefold::vectors::evaluate::{Judge, Judgements, Outcome};
use serde::Serialize;

use super::table::{ReadingArgs, load};
use crate::flags::output::FormatArgs;
use crate::output::Output;
use crate::usage::Usage;

/// Score word vectors on similarity and analogy sets
///
/// A set is a file of `word word score` lines (Spearman's rank correlation with the cosines) or of `a b c d` lines (the fraction of questions
/// whose d is nearest to b - a + c). Case is ignored. Pairs and questions with a word that has no vector do not count for the score and lower
/// the coverage.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed eval vectors.safetensors wordsim353.tsv simlex999.txt questions-words.txt
  ninefold embed eval 6B.100d questions-words.txt --sections")]
pub struct EvalArgs {
    /// A file of word vectors, or the name of a GloVe release
    #[arg(value_name = "VECTORS", value_hint = ValueHint::FilePath)]
    pub vectors: String,
    /// How the file is read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Files of judged word pairs or of analogies
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Use the first N words of the file only
    #[arg(long, value_name = "N", default_value_t = 300_000)]
    pub among: usize,
    /// Also print the scores of each section of an analogy set
    #[arg(long)]
    pub sections: bool,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

#[derive(Serialize)]
struct Scored {
    set: String,
    #[serde(flatten)]
    outcome: Outcome,
}

/// Runs the subcommand.
pub fn run(args: &EvalArgs, output: &Output) -> Result<()> {
    let sets = args.files.iter().map(|path| Judgements::read(path)).collect::<Result<Vec<_>, _>>()?;
    if args.sections && !sets.iter().any(|set| matches!(set, Judgements::Analogies(..))) {
        return Err(Usage::no_effect("--sections", "none of the files is a set of analogies").into());
    }
    let vectors = load(&args.vectors, args.reading, output)?;
    let judge = Judge::new(&vectors, args.among);
    let name = |path: &PathBuf| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let scored: Vec<Scored> =
        args.files.iter().zip(&sets).map(|(path, set)| Scored { set: name(path), outcome: judge.judge(set) }).collect();
    if args.format.is_json() {
        return output.print_json(&scored);
    }
    let rows = scored.iter().flat_map(|it| rows(it, args.sections));
    let head = ["set", "measure", "score", "covered", "of", "coverage"];
    output.print(
        &(plain_table(&head, 2, rows)
            + "Scores and coverage in %; only covered pairs and questions count for the score.\n"),
    )
}

/// A row for the set, and one for each of its sections if wanted.
fn rows(scored: &Scored, sections: bool) -> Vec<Vec<String>> {
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let row = |name: &str, measure: &str, score: Option<f64>, covered: usize, all: usize| {
        let score = score.map_or("-".to_string(), percent);
        let coverage = percent(covered as f64 / all.max(1) as f64);
        vec![name.to_string(), measure.to_string(), score, covered.to_string(), all.to_string(), coverage]
    };
    match &scored.outcome {
        Outcome::Similarity(it) => vec![row(&scored.set, "Spearman", it.spearman, it.covered, it.pairs)],
        Outcome::Analogies(it) => {
            let mut rows = vec![row(&scored.set, "accuracy", it.accuracy, it.covered, it.questions)];
            for part in it.sections.iter().filter(|_| sections) {
                let share = (part.covered > 0).then(|| part.right as f64 / part.covered as f64);
                rows.push(row(&format!("  {}", part.section), "accuracy", share, part.covered, part.questions));
            }
            rows
        }
    }
}
