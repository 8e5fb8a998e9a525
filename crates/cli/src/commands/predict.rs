//! `ninefold predict`: texts from stdin or files -> label and probability of each; no label where the model is too unsure.

use std::io::{self, BufReader, Write};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use anyhow::{Context, Result};
use ninefold::Error;
use ninefold::data::CorpusConfig;
use ninefold::data::texts::{Text, lines, read_texts, read_whole};
use ninefold::models::predictor::{Prediction, Predictor};
use serde_json::json;

use crate::args::PredictArgs;
use crate::options;
use crate::output::Output;
use crate::progress::Bars;
use crate::stop;

/// Texts that are labelled together at most.
const BATCH: usize = 512;

/// Runs the command.
pub fn run(args: &PredictArgs, output: &Output) -> Result<()> {
    options::share("--min-probability", args.min_probability)?;
    options::set_threads(args.threads)?;
    let mut predictor = Predictor::load(&args.model)?;
    let mut counts = Counts::default();
    if args.files.is_empty() {
        label_stdin(args, &mut predictor, &mut counts, output)?;
    } else {
        label_files(args, &mut predictor, &mut counts, output)?;
    }
    if args.min_probability > 0.0 {
        let Counts { texts, unsure } = counts;
        output.say(&format!("no label for {unsure} of {texts} texts: less than {} sure", args.min_probability));
    }
    Ok(())
}

/// How many texts there were, and how many of them got no label.
#[derive(Default)]
struct Counts {
    texts: usize,
    unsure: usize,
}

fn label_files(args: &PredictArgs, predictor: &mut Predictor, counts: &mut Counts, output: &Output) -> Result<()> {
    let config = CorpusConfig {
        text_column: args.text_column.clone(),
        encoding: args.encoding.clone().unwrap_or_else(|| "auto".to_string()),
        ..CorpusConfig::default()
    };
    for path in &args.files {
        let texts =
            if args.whole && path.is_file() { vec![read_whole(path, &config)?] } else { read_texts(path, &config)? };
        for texts in texts.chunks(BATCH) {
            label(args, predictor, texts, counts, output)?;
        }
    }
    Ok(())
}

/// Labels lines as they come: a line alone when somebody types, many at once when a file is piped in.
fn label_stdin(args: &PredictArgs, predictor: &mut Predictor, counts: &mut Counts, output: &Output) -> Result<()> {
    let incoming = read_stdin();
    while let Ok(first) = incoming.recv() {
        let waiting = incoming.try_iter().take(BATCH - 1);
        let texts = std::iter::once(first).chain(waiting).collect::<Result<Vec<Text>, Error>>()?;
        label(args, predictor, &texts, counts, output)?;
    }
    Ok(())
}

/// Reads in a thread of its own, so that lines that wait can be told from lines that have yet to come.
fn read_stdin() -> Receiver<Result<Text, Error>> {
    let (sender, receiver) = mpsc::sync_channel(4 * BATCH);
    thread::spawn(move || {
        for line in lines(BufReader::new(io::stdin()), "stdin") {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

fn label(
    args: &PredictArgs,
    predictor: &mut Predictor,
    texts: &[Text],
    counts: &mut Counts,
    output: &Output,
) -> Result<()> {
    if stop::is_stopped() {
        return Err(Error::Interrupted.into());
    }
    let contents: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let predictions = predictor.predict(&contents, &Bars::new(output))?;
    let mut out = output.stdout();
    for (text, prediction) in texts.iter().zip(&predictions) {
        let top = named(prediction, predictor.labels(), usize::from(args.top));
        let &(best, probability) = top.first().context("a model without labels")?;
        let is_sure = f64::from(prediction.probability()) >= args.min_probability;
        counts.texts += 1;
        counts.unsure += usize::from(!is_sure);
        if args.json {
            let label = is_sure.then_some(best);
            let mut object = json!({ "source": text.source, "label": label, "probability": probability });
            if args.top > 1 {
                object["top"] =
                    top.iter().map(|(name, share)| json!({ "label": name, "probability": share })).collect();
            }
            writeln!(out, "{object}")?;
        } else {
            let name = |label: &'_ str| if is_sure { label.to_string() } else { String::new() };
            let columns: Vec<String> =
                top.iter().map(|(label, share)| format!("{}\t{share:.4}", name(label))).collect();
            writeln!(out, "{}", columns.join("\t"))?;
        }
    }
    Ok(out.flush()?)
}

/// The most probable labels by name, probabilities to six digits.
fn named<'a>(prediction: &Prediction, labels: &'a [String], n: usize) -> Vec<(&'a str, f64)> {
    let rounded = |share: f32| (f64::from(share) * 1e6).round() / 1e6;
    prediction.top(n).into_iter().map(|(label, share)| (labels[label as usize].as_str(), rounded(share))).collect()
}
