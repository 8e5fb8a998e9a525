//! `ninefold predict`: texts from stdin or files -> label and probability of each.

use std::io::{self, BufReader, Write};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use anyhow::{Context, Result};
use ninefold::Error;
use ninefold::corpus::CorpusConfig;
use ninefold::corpus::texts::{Text, lines, read_texts, read_whole};
use ninefold::predictor::{Prediction, Predictor};
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
    options::set_threads(args.threads)?;
    let mut predictor = Predictor::load(&args.model)?;
    if args.files.is_empty() {
        return label_stdin(args, &mut predictor, output);
    }
    let config = CorpusConfig {
        text_column: args.text_column.clone(),
        encoding: args.encoding.clone().unwrap_or_else(|| "auto".to_string()),
        ..CorpusConfig::default()
    };
    for path in &args.files {
        let texts =
            if args.whole && path.is_file() { vec![read_whole(path, &config)?] } else { read_texts(path, &config)? };
        for texts in texts.chunks(BATCH) {
            label(args, &mut predictor, texts, output)?;
        }
    }
    Ok(())
}

/// Labels lines as they come: a line alone when somebody types, many at once when a file is piped in.
fn label_stdin(args: &PredictArgs, predictor: &mut Predictor, output: &Output) -> Result<()> {
    let incoming = read_stdin();
    while let Ok(first) = incoming.recv() {
        let waiting = incoming.try_iter().take(BATCH - 1);
        let texts = std::iter::once(first).chain(waiting).collect::<Result<Vec<Text>, Error>>()?;
        label(args, predictor, &texts, output)?;
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

fn label(args: &PredictArgs, predictor: &mut Predictor, texts: &[Text], output: &Output) -> Result<()> {
    if stop::is_stopped() {
        return Err(Error::Interrupted.into());
    }
    let contents: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    let predictions = predictor.predict(&contents, &Bars::new(output))?;
    let mut out = output.stdout();
    for (text, prediction) in texts.iter().zip(&predictions) {
        let top = named(prediction, predictor.labels(), usize::from(args.top));
        if args.json {
            let best = top.first().context("a model without labels")?;
            let (label, probability) = (best.0, best.1);
            let mut object = json!({ "source": text.source, "label": label, "probability": probability });
            if args.top > 1 {
                object["top"] =
                    top.iter().map(|(name, share)| json!({ "label": name, "probability": share })).collect();
            }
            writeln!(out, "{object}")?;
        } else {
            let columns: Vec<String> = top.iter().map(|(label, share)| format!("{label}\t{share:.4}")).collect();
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
