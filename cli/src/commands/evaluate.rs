//! `ninefold evaluate`: a saved model on labelled texts -> scores, scores per class, what is mistaken for what.

use std::fmt::Write;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use ninefold::corpus::{Protocol, load_to_evaluate};
use ninefold::eval::{Confusion, Scores};
use ninefold::experiment::ClassRow;
use ninefold::predictor::Predictor;
use ninefold::progress::Progress;
use serde::Serialize;

use crate::args::EvaluateArgs;
use crate::options::{self, Usage};
use crate::output::Output;
use crate::progress::Bars;

/// Texts that are labelled between two looks at Ctrl-C.
const BATCH: usize = 512;
/// Pairs of classes that are named.
const CONFUSIONS: usize = 5;

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    protocol: &'a Protocol,
    scores: Scores,
    classes: Vec<ClassRow>,
    labels: &'a [String],
    confusion: &'a Confusion,
}

/// Runs the command.
pub fn run(args: &EvaluateArgs, output: &Output) -> Result<()> {
    if args.data.data.is_none() {
        return Err(Usage("--data: which texts? A name or path is needed".to_string()).into());
    }
    let config = args.data.corpus()?;
    options::set_threads(args.threads)?;
    let mut predictor = Predictor::load(&args.model)?;
    let labels = predictor.labels().to_vec();
    let bars = Bars::new(output);
    let corpus = load_to_evaluate(&config, &labels, &bars)?;
    corpus.notices.iter().for_each(|notice| bars.notice(notice));

    let mut confusion = Confusion::new(labels.len());
    bars.begin("evaluate", "texts", Some(corpus.test.len() as u64));
    for documents in corpus.test.chunks(BATCH) {
        let texts: Vec<&str> = documents.iter().map(|document| document.text.as_str()).collect();
        for (document, prediction) in documents.iter().zip(predictor.predict(&texts, &bars)?) {
            confusion.add(document.label, prediction.label);
        }
        bars.advance(documents.len() as u64);
    }
    bars.end();

    let (scores, classes) = (confusion.scores(), ClassRow::of(&confusion, &labels));
    if args.json {
        let report =
            Report { protocol: &corpus.protocol, scores, classes, labels: &labels, confusion: &confusion };
        return output.print_json(&report);
    }
    output.print(&text(&corpus.protocol, &scores, &classes, &confusion, &labels)?)
}

fn text(
    protocol: &Protocol,
    scores: &Scores,
    classes: &[ClassRow],
    confusion: &Confusion,
    labels: &[String],
) -> Result<String> {
    let mut text = format!("{protocol}\n\n");
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(["class", "precision", "recall", "F1", "texts"]);
    let percent = |share: f64| format!("{:.2}", 100.0 * share);
    for ClassRow { label, precision, recall, f1, support } in classes {
        let [precision, recall, f1] = [precision, recall, f1].map(|&share| percent(share));
        table.add_row([label.clone(), precision, recall, f1, support.to_string()]);
    }
    let averages = [
        ("mean, by texts", scores.precision_weighted, scores.recall_weighted, scores.f1_weighted),
        ("mean, by classes", scores.precision_macro, scores.recall_macro, scores.f1_macro),
    ];
    for (name, precision, recall, f1) in averages {
        let [precision, recall, f1] = [precision, recall, f1].map(percent);
        table.add_row([name.to_string(), precision, recall, f1, confusion.total().to_string()]);
    }
    table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    writeln!(text, "{table}\nScores in %.\n\naccuracy: {} %", percent(scores.accuracy))?;
    for confused in confusion.worst_confusions(CONFUSIONS) {
        let (truth, taken_for) = (&labels[confused.truth], &labels[confused.predicted]);
        writeln!(text, "{} of {} texts of {truth:?} were taken for {taken_for:?}", confused.count, confused.support)?;
    }
    Ok(text)
}
