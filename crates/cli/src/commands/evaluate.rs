//! `ninefold evaluate`: a saved model on labelled texts -> scores, scores per class, the most frequent confusions.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::Folders;
use ninefold::data::{CorpusConfig, Protocol, load_to_evaluate};
use ninefold::lab::TestEvaluations;
use ninefold::metrics::calibration::{Selected, expected_calibration_error, selected};
use ninefold::metrics::{Confusion, Scores};
use ninefold::models::predictor::Predictor;
use ninefold::phrasing::printable_lines;
use ninefold::progress::Progress;
use ninefold::records::ClassRow;
use ninefold::report::plain_table;
use serde::Serialize;

use crate::commands::as_trained::as_trained;
use crate::flags::data::DataArgs;
use crate::flags::members::MembersArgs;
use crate::flags::output::FormatArgs;
use crate::flags::threads::ThreadsArgs;
use crate::flags::thresholds::ThresholdArgs;
use crate::flags::values::fraction;
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// Score a trained model on labelled texts
///
/// Scores the test part of the data if they have one, else every text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold evaluate MODEL --data new.csv --text-column body --label-column topic
  ninefold evaluate MODEL --data 20newsgroups --json")]
pub struct EvaluateArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Which texts.
    #[command(flatten)]
    pub data: DataArgs,
    /// Also print how many texts have at least this probability (0 to 1), and the accuracy on them
    #[arg(long, value_name = "P", value_parser = fraction)]
    pub min_probability: Option<f64>,
    /// From which probability on a class is the answer.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// Where an ensemble's members may be.
    #[command(flatten)]
    pub members: MembersArgs,
}

/// Texts that are labelled between two checks for a signal.
const BATCH: usize = 512;
/// Number of confusions that are listed.
const CONFUSIONS: usize = 5;

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    protocol: &'a Protocol,
    scores: Scores,
    classes: Vec<ClassRow>,
    labels: &'a [String],
    confusion: &'a Confusion,
    calibration_error: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected: Option<Selected>,
}

/// Runs the command.
pub fn run(args: &EvaluateArgs, output: &Output) -> Result<()> {
    if args.data.data.is_empty() {
        return Err(Usage(
            "--data is missing: name the labelled texts to score the model on, e.g. --data labelled.csv".to_string(),
        )
        .into());
    }
    if args.data.validation.is_some() {
        return Err(Usage::no_effect("--validation", "nothing is chosen when a saved model is evaluated").into());
    }
    if args.data.group_column.is_some() {
        return Err(Usage::no_effect("--group-column", "no text is split off when a saved model is evaluated").into());
    }
    if args.data.weight_column.is_some() {
        return Err(Usage::no_effect("--weight-column", "scores do not depend on weights").into());
    }
    let config = args.data.corpus()?;
    args.threads.install(|| evaluate(args, &config, output))
}

fn evaluate(args: &EvaluateArgs, config: &CorpusConfig, output: &Output) -> Result<()> {
    let folders = Folders::from_env();
    let predictor = args.thresholds.apply(Predictor::load_with(&args.model, args.members.paths())?, output)?;
    let labels = predictor.labels().to_vec();
    let bars = Bars::new(output);
    let input = as_trained(&predictor, &args.data.text_column, &bars)?;
    let corpus = load_to_evaluate(&input.complete(config.clone()), &labels, &folders, &bars)?;
    corpus.notices.iter().for_each(|notice| bars.notice(notice));

    let labels = corpus.all_labels();
    let (mut confusion, mut answers, mut predicted) = (Confusion::new(labels.len()), Vec::new(), Vec::new());
    bars.begin("evaluate", "texts", Some(corpus.test.len() as u64));
    for documents in corpus.test.chunks(BATCH) {
        for (document, prediction) in documents.iter().zip(predictor.predict_documents(documents, &bars)?) {
            confusion.add(document.label, prediction.label);
            predicted.push(prediction.label);
            answers.push((f64::from(prediction.probability()), prediction.label == document.label));
        }
        bars.advance(documents.len() as u64);
    }
    bars.end();
    TestEvaluations::of(&corpus.test, &labels, &folders).register_answers(&predicted, "evaluate");

    let (scores, classes) = (confusion.scores(), ClassRow::of(&confusion, &labels));
    let calibration_error = expected_calibration_error(&answers);
    let selected = args.min_probability.map(|least| selected(&answers, least));
    if args.format.is_json() {
        let (protocol, labels, confusion) = (&corpus.protocol, &labels, &confusion);
        let report = Report { protocol, scores, classes, labels, confusion, calibration_error, selected };
        return output.print_json(&report);
    }
    let mut text = text(&corpus.protocol, &scores, &classes, &confusion, &labels)?;
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let points = 100.0 * calibration_error;
    writeln!(text, "expected calibration error: {points:.1} points")?;
    if let Some(Selected { min_probability, coverage, accuracy }) = selected {
        let (answered, right) = (percent(coverage), percent(accuracy));
        writeln!(
            text,
            "probability of at least {}: {answered} of the texts, accuracy {right}",
            percent(min_probability)
        )?;
    }
    output.print(&text)
}

fn text(
    protocol: &Protocol,
    scores: &Scores,
    classes: &[ClassRow],
    confusion: &Confusion,
    labels: &[String],
) -> Result<String> {
    let percent = |share: &f64| format!("{:.2}", 100.0 * share);
    let row = |name: &str, [precision, recall, f1]: [f64; 3], texts: u64| {
        let [precision, recall, f1] = [precision, recall, f1].map(|share| percent(&share));
        vec![name.to_string(), precision, recall, f1, texts.to_string()]
    };
    let of_class = |class: &ClassRow| row(&class.label, [class.precision, class.recall, class.f1], class.support);
    let weighted = [scores.precision_weighted, scores.recall_weighted, scores.f1_weighted];
    let plain = [scores.precision_macro, scores.recall_macro, scores.f1_macro];
    let means = [("weighted mean", weighted), ("macro mean", plain)];
    let means = means.map(|(name, shares)| row(name, shares, confusion.total()));
    let head = ["class", "precision", "recall", "F1", "texts"];
    let mut text = format!(
        "{}\n\n{}",
        printable_lines(&protocol.to_string()),
        plain_table(&head, 1, classes.iter().map(of_class).chain(means))
    );
    writeln!(text, "Scores in %.\n\naccuracy: {} %", percent(&scores.accuracy))?;
    for confused in confusion.worst_confusions(CONFUSIONS) {
        let (truth, predicted) = (&labels[confused.truth], &labels[confused.predicted]);
        writeln!(
            text,
            "{} of {} texts of {truth:?} were predicted as {predicted:?}",
            confused.count, confused.support
        )?;
    }
    Ok(text)
}
