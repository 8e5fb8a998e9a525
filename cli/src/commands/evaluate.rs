//! `ninefold evaluate`: a saved model on labelled texts -> scores, scores per class, what is mistaken for what.

use std::fmt::Write;

use anyhow::Result;
use ninefold::corpus::{Protocol, load_to_evaluate};
use ninefold::eval::{Confusion, Scores};
use ninefold::experiment::{ClassRow, looks};
use ninefold::predictor::Predictor;
use ninefold::progress::Progress;
use ninefold::report::plain_table;
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

    looks::count(&looks::test_fingerprint(&corpus.test, &labels), "evaluate");
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
        let report = Report { protocol: &corpus.protocol, scores, classes, labels: &labels, confusion: &confusion };
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
    let percent = |share: &f64| format!("{:.2}", 100.0 * share);
    let row = |name: &str, [precision, recall, f1]: [f64; 3], texts: u64| {
        let [precision, recall, f1] = [precision, recall, f1].map(|share| percent(&share));
        vec![name.to_string(), precision, recall, f1, texts.to_string()]
    };
    let of_class = |class: &ClassRow| row(&class.label, [class.precision, class.recall, class.f1], class.support);
    let weighted = [scores.precision_weighted, scores.recall_weighted, scores.f1_weighted];
    let plain = [scores.precision_macro, scores.recall_macro, scores.f1_macro];
    let means = [("mean, by texts", weighted), ("mean, by classes", plain)];
    let means = means.map(|(name, shares)| row(name, shares, confusion.total()));
    let head = ["class", "precision", "recall", "F1", "texts"];
    let mut text = format!("{protocol}\n\n{}", plain_table(&head, 1, classes.iter().map(of_class).chain(means)));
    writeln!(text, "Scores in %.\n\naccuracy: {} %", percent(&scores.accuracy))?;
    for confused in confusion.worst_confusions(CONFUSIONS) {
        let (truth, taken_for) = (&labels[confused.truth], &labels[confused.predicted]);
        writeln!(text, "{} of {} texts of {truth:?} were taken for {taken_for:?}", confused.count, confused.support)?;
    }
    Ok(text)
}
