//! `ninefold predict`: texts from stdin or files -> label and probability of each; no label below --min-probability.

use std::fmt::Write;
use std::io::{self, BufReader, Cursor, Read};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum, ValueHint};
use ninefold::Error;
use ninefold::data::texts::{Text, TextFormat, TextReader};
use ninefold::data::{self, CorpusConfig};
use ninefold::models::predictor::{Prediction, Predictor};
use ninefold::phrasing::printable;
use serde_json::json;

use crate::commands::as_trained::as_trained;
use crate::flags::members::MembersArgs;
use crate::flags::output::FormatArgs;
use crate::flags::threads::ThreadsArgs;
use crate::flags::values::fraction;
use crate::output::Output;
use crate::progress::Bars;
use crate::stop;

/// Label texts with a trained model
///
/// MODEL is the folder of a trained model, such as RUN/best or RUN/pairs/word2vec-gru/model. Prints the label and its probability,
/// separated by a tab, one line per text.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'Which lens for birds in flight?' | ninefold predict MODEL
  ninefold predict MODEL mail.txt --top 3         a text per line
  ninefold predict MODEL letters/ --whole         a text per file
  ninefold predict MODEL new.csv --text-column body --json
  ninefold predict MODEL mail.txt --min-probability 0.8    no label below that probability")]
pub struct PredictArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "MODEL", value_hint = ValueHint::DirPath)]
    pub model: PathBuf,
    /// Text files (a text per line), CSV, TSV, JSON lines or fastText files, or folders (a text per file) [default: stdin]
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// The column of the text: its name or number [default: as in training]
    ///
    /// Several columns (repeated, or separated by commas) are joined by a newline.
    #[arg(long, value_name = "COLUMN", help_heading = "Data")]
    pub text_column: Vec<String>,
    /// What separates the cells of a table: auto, comma, semicolon, tab, pipe, or one character
    #[arg(long, value_name = "CHARACTER", help_heading = "Data")]
    pub delimiter: Option<String>,
    /// The encoding of the texts [default: as in training]
    #[arg(long, value_name = "NAME", help_heading = "Data")]
    pub encoding: Option<String>,
    /// The format of the texts [default: detected; lines on stdin without --text-column or --delimiter]
    #[arg(long, value_name = "FORMAT", help_heading = "Data")]
    pub input_format: Option<InputFormat>,
    /// Read every file, or stdin, as one text
    #[arg(long, help_heading = "Data")]
    pub whole: bool,
    /// Number of labels to print per text, the most probable first
    #[arg(long, help_heading = "Output", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Print no label if its probability is less than this (0 to 1): the first column stays empty
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = fraction, help_heading = "Output")]
    pub min_probability: f64,
    /// How the labels are printed; JSON is one object per text.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Where an ensemble's members may be.
    #[command(flatten)]
    pub members: MembersArgs,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
}

/// What a file or stdin holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// Comma-separated values
    Csv,
    /// Tab-separated values
    Tsv,
    /// A JSON object a line
    Jsonl,
    /// Lines with words `__label__...`, which are no part of the text
    Fasttext,
    /// A text a line, whatever it holds
    Lines,
}

impl From<InputFormat> for TextFormat {
    fn from(format: InputFormat) -> TextFormat {
        match format {
            InputFormat::Csv => TextFormat::Csv,
            InputFormat::Tsv => TextFormat::Tsv,
            InputFormat::Jsonl => TextFormat::Jsonl,
            InputFormat::Fasttext => TextFormat::Fasttext,
            InputFormat::Lines => TextFormat::Lines,
        }
    }
}

/// Texts that are labelled together at most.
const BATCH: usize = 512;

/// Runs the command.
pub fn run(args: &PredictArgs, output: &Output) -> Result<()> {
    args.threads.install(|| label_all(args, output))
}

fn label_all(args: &PredictArgs, output: &Output) -> Result<()> {
    let predictor = Predictor::load_with(&args.model, args.members.paths())?;
    let trained = as_trained(&predictor, &args.text_column, &Bars::new(output))?;
    let mut labelling = Labelling { args, trained, predictor, output, texts: 0, unsure: 0 };
    if args.files.is_empty() {
        labelling.stdin()?
    } else {
        labelling.files()?
    }
    if args.min_probability > 0.0 {
        let Labelling { texts, unsure, .. } = labelling;
        output.say(&format!("no label for {unsure} of {texts} texts: probability below {}", args.min_probability));
    }
    Ok(())
}

impl PredictArgs {
    /// What the flags say about reading.
    fn config(&self) -> CorpusConfig {
        let defaults = CorpusConfig::default();
        CorpusConfig {
            text_column: self.text_column.clone(),
            delimiter: self.delimiter.clone().unwrap_or(defaults.delimiter),
            encoding: self.encoding.clone().unwrap_or(defaults.encoding),
            ..CorpusConfig::default()
        }
    }
}

/// A call of the command.
struct Labelling<'a> {
    args: &'a PredictArgs,
    trained: data::InputFormat,
    predictor: Predictor,
    output: &'a Output,
    /// How many texts there were.
    texts: usize,
    /// How many of them got no label.
    unsure: usize,
}

impl Labelling<'_> {
    fn reader(&self, format: Option<TextFormat>) -> TextReader {
        TextReader::new(self.args.config(), &self.trained, format)
    }

    fn files(&mut self) -> Result<()> {
        let reader = self.reader(self.args.input_format.map(TextFormat::from));
        for path in &self.args.files {
            if self.args.whole && path.is_file() {
                self.label(&[reader.read_whole(path)?])?;
                continue;
            }
            let texts = reader.read(path)?;
            if let Some(columns) = &texts.columns {
                self.output.say(&format!("{}: {columns}", path.display()));
            }
            self.batches(&texts.texts)?;
        }
        Ok(())
    }

    /// Labels stdin: line by line, as a table or JSON objects where a flag says so, or as one text.
    fn stdin(&mut self) -> Result<()> {
        const NAME: &str = "stdin";
        if self.args.whole {
            let text = self.reader(None).read_whole_stream(io::stdin(), NAME)?;
            return self.label(&[text]);
        }
        let names_columns = !self.args.text_column.is_empty() || self.args.delimiter.is_some();
        let format = match self.args.input_format {
            Some(InputFormat::Lines) => return self.lines(),
            None if !names_columns => return self.lines(),
            format => format.map(TextFormat::from),
        };
        let mut first = [0];
        let read = io::stdin().read(&mut first).context("cannot read stdin")?;
        let format = format.unwrap_or(if first == *b"{" { TextFormat::Jsonl } else { TextFormat::Csv });
        let all = Cursor::new(&first[..read]).chain(io::stdin());
        let texts = self.reader(Some(format)).read_stream(all, NAME)?;
        self.batches(&texts.texts)
    }

    /// Labels lines as they come: a line alone when somebody types, many at once when a file is piped in.
    fn lines(&mut self) -> Result<()> {
        let incoming = read_stdin(&self.reader(None))?;
        while let Some(first) = next(&incoming)? {
            let waiting = incoming.try_iter().take(BATCH - 1);
            let texts = std::iter::once(first).chain(waiting).collect::<Result<Vec<Text>, Error>>()?;
            self.label(&texts)?;
        }
        Ok(())
    }

    fn batches(&mut self, texts: &[Text]) -> Result<()> {
        texts.chunks(BATCH).try_for_each(|texts| self.label(texts))
    }

    fn label(&mut self, texts: &[Text]) -> Result<()> {
        if stop::is_stopped() {
            return Err(Error::Interrupted.into());
        }
        let predictions = self.predictor.predict(texts, &Bars::new(self.output))?;
        let mut printed = String::new();
        for (text, prediction) in texts.iter().zip(&predictions) {
            let top = named(prediction, self.predictor.labels(), usize::from(self.args.top));
            let &(best, probability) = top.first().context("a model without labels")?;
            let is_sure = f64::from(prediction.probability()) >= self.args.min_probability;
            self.texts += 1;
            self.unsure += usize::from(!is_sure);
            if self.args.format.is_json() {
                let label = is_sure.then_some(best);
                let mut object = json!({ "source": text.source, "label": label, "probability": probability });
                if self.args.top > 1 {
                    object["top"] =
                        top.iter().map(|(name, share)| json!({ "label": name, "probability": share })).collect();
                }
                writeln!(printed, "{object}")?;
            } else {
                let name = |label: &'_ str| if is_sure { printable(label).into_owned() } else { String::new() };
                let columns: Vec<String> =
                    top.iter().map(|(label, share)| format!("{}\t{share:.4}", name(label))).collect();
                writeln!(printed, "{}", columns.join("\t"))?;
            }
        }
        self.output.print(&printed)
    }
}

/// The next line; `None` at the end. A signal ends the wait.
fn next<T>(incoming: &Receiver<T>) -> Result<Option<T>> {
    loop {
        match incoming.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => return Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) if stop::is_stopped() => return Err(Error::Interrupted.into()),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Reads in a separate thread, so that the lines that are there are labelled together without waiting for more.
fn read_stdin(reader: &TextReader) -> Result<Receiver<Result<Text, Error>>> {
    let (sender, receiver) = mpsc::sync_channel(4 * BATCH);
    let lines = reader.lines(BufReader::new(io::stdin()), "stdin")?;
    let read = move || {
        for line in lines {
            if sender.send(line).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().spawn(read).context("cannot start a thread that reads stdin")?;
    Ok(receiver)
}

/// The most probable labels by name, probabilities to six digits.
fn named<'a>(prediction: &Prediction, labels: &'a [String], n: usize) -> Vec<(&'a str, f64)> {
    let rounded = |share: f32| (f64::from(share) * 1e6).round() / 1e6;
    prediction.top(n).into_iter().map(|(label, share)| (labels[label as usize].as_str(), rounded(share))).collect()
}
