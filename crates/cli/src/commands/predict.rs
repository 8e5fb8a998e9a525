//! `ninefold predict`: texts from stdin or files -> label and probability of each; no label below --min-probability.

use std::borrow::Cow;
use std::fmt::Write;
use std::io::{self, Cursor, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum, ValueHint};
use ninefold::Error;
use ninefold::data::texts::{TakeTexts, Text, TextFormat, TextReader, size_of};
use ninefold::data::{self, CorpusConfig};
use ninefold::models::predictor::{Prediction, Predictor};
use ninefold::models::stream::Batches;
use ninefold::phrasing::{counted, printable, thousands};
use ninefold::progress::Progress;
use serde_json::json;

use crate::commands::as_trained::as_trained;
use crate::flags::members::MembersArgs;
use crate::flags::output::FormatArgs;
use crate::flags::threads::ThreadsArgs;
use crate::flags::thresholds::ThresholdArgs;
use crate::flags::values::fraction;
use crate::output::Output;
use crate::progress::Bars;

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
  ninefold predict MODEL mail.txt --min-probability 0.8    no label below that probability
  ninefold predict MODEL mail.txt --threshold spam=0.9     spam only where its probability is at least 0.9")]
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
    /// From which probability on a class is the answer.
    #[command(flatten)]
    pub thresholds: ThresholdArgs,
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

/// Runs the command.
pub fn run(args: &PredictArgs, output: &Output) -> Result<()> {
    let load = || Ok(Predictor::load_with(&args.model, args.members.paths())?);
    let predictor = args.thresholds.apply(args.threads.install(load)?, output)?;
    let bars = Bars::new(output);
    let trained = as_trained(&predictor, &args.text_column, &bars)?;
    let (said, notices) = mpsc::channel();
    let format = args.input_format.map(TextFormat::from);
    let reading = Reading { source: args.source(), config: args.config(), trained, format, said };
    let printer = Printer { args, labels: predictor.labels() };
    let mut watch = Watch::begin(args, &bars, notices);
    let taken = Arc::clone(&watch.taken);
    let outcome = predictor.predict_stream(
        args.threads.count(),
        &bars,
        move |batches| reading.read(batches, &taken),
        |texts, predictions| printer.print(&texts, &predictions),
        |labelled: Labelled| {
            output.print(&labelled.printed)?;
            watch.advance(&labelled);
            Ok(())
        },
    );
    watch.end();
    outcome?;
    if args.min_probability > 0.0 {
        let Watch { texts, unsure, .. } = watch;
        output.say(&format!("no label for {unsure} of {texts} texts: probability below {}", args.min_probability));
    }
    Ok(())
}

/// What is read.
enum Source {
    Files {
        paths: Vec<PathBuf>,
        are_whole: bool,
    },
    /// All of stdin as one text.
    Whole,
    /// Lines of stdin as they come.
    Lines,
    /// Stdin as a table or JSON objects; `None`: whichever it looks like.
    Rows(Option<TextFormat>),
}

impl PredictArgs {
    fn source(&self) -> Source {
        if !self.files.is_empty() {
            return Source::Files { paths: self.files.clone(), are_whole: self.whole };
        }
        let names_columns = !self.text_column.is_empty() || self.delimiter.is_some();
        match self.input_format {
            _ if self.whole => Source::Whole,
            Some(InputFormat::Lines) => Source::Lines,
            None if !names_columns => Source::Lines,
            format => Source::Rows(format.map(TextFormat::from)),
        }
    }

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

/// The part of the work that the reading thread does.
struct Reading {
    source: Source,
    config: CorpusConfig,
    trained: data::InputFormat,
    format: Option<TextFormat>,
    /// Takes sentences for the user.
    said: Sender<String>,
}

impl Reading {
    fn read(&self, batches: &mut Batches<Text>, taken: &AtomicU64) -> Result<(), Error> {
        const NAME: &str = "stdin";
        let reader = |format| TextReader::new(self.config.clone(), &self.trained, format);
        match &self.source {
            Source::Files { paths, are_whole } => {
                let reader = reader(self.format);
                paths.iter().try_for_each(|path| {
                    if *are_whole && path.is_file() {
                        batches.push(reader.read_whole(path)?)?;
                        taken.fetch_add(size_of(path).unwrap_or(0), Ordering::Relaxed);
                        return Ok(());
                    }
                    reader.each(path, &mut Noting { batches, path, said: &self.said, taken })
                })
            }
            Source::Whole => batches.push(reader(None).read_whole_stream(io::stdin(), NAME)?),
            Source::Lines => reader(None).each_line(io::stdin(), NAME, batches),
            Source::Rows(format) => {
                let mut first = [0];
                let read = io::stdin().read(&mut first).map_err(Error::io("read", NAME))?;
                let format = format.unwrap_or(if first == *b"{" { TextFormat::Jsonl } else { TextFormat::Csv });
                let all = Cursor::new(&first[..read]).chain(io::stdin());
                reader(Some(format)).each_of_stream(all, NAME, batches)
            }
        }
    }
}

/// Passes the texts of a file on, and notes what is found out about it.
struct Noting<'a, 'b> {
    batches: &'a mut Batches<'b, Text>,
    path: &'a Path,
    said: &'a Sender<String>,
    taken: &'a AtomicU64,
}

impl TakeTexts for Noting<'_, '_> {
    fn take(&mut self, text: Text) -> Result<(), Error> {
        self.batches.take(text)
    }

    fn found_columns(&mut self, columns: &str) {
        let _ = self.said.send(format!("{}: {columns}", self.path.display()));
    }

    fn advance(&mut self, bytes: u64) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    fn pause(&mut self) -> Result<(), Error> {
        self.batches.pause()
    }
}

/// How labels are printed.
struct Printer<'a> {
    args: &'a PredictArgs,
    labels: &'a [String],
}

/// Texts with their labels.
#[derive(Default)]
struct Labelled {
    printed: String,
    texts: u64,
    /// How many of the texts got no label.
    unsure: u64,
}

impl Printer<'_> {
    fn print(&self, texts: &[Text], predictions: &[Prediction]) -> Result<Labelled> {
        let mut labelled = Labelled::default();
        let printed = &mut labelled.printed;
        for (text, prediction) in texts.iter().zip(predictions) {
            let top = named(prediction, self.labels, usize::from(self.args.top));
            let &(best, probability) = top.first().context("a model without labels")?;
            let is_sure = f64::from(prediction.probability()) >= self.args.min_probability;
            labelled.texts += 1;
            labelled.unsure += u64::from(!is_sure);
            if self.args.format.is_json() {
                let label = is_sure.then_some(best);
                let mut object = json!({ "source": text.source, "label": label, "probability": probability });
                if self.args.top > 1 {
                    object["top"] =
                        top.iter().map(|(name, share)| json!({ "label": name, "probability": share })).collect();
                }
                writeln!(printed, "{object}")?;
            } else {
                for (number, (label, share)) in top.iter().enumerate() {
                    let separator = if number == 0 { "" } else { "\t" };
                    let name = if is_sure { printable(label) } else { Cow::Borrowed("") };
                    write!(printed, "{separator}{name}\t{share:.4}")?;
                }
                printed.push('\n');
            }
        }
        Ok(labelled)
    }
}

/// The bar, what is said beside it, and the counts. There is no bar where it would run into labels on the same terminal, or into what
/// is typed.
struct Watch<'a> {
    bars: &'a Bars<'a>,
    notices: Receiver<String>,
    /// Bytes that were read.
    taken: Arc<AtomicU64>,
    shown: u64,
    /// Whether the size of the input is known; the bar counts texts where it is not.
    has_size: bool,
    texts: u64,
    unsure: u64,
    start: Instant,
}

impl<'a> Watch<'a> {
    fn begin(args: &PredictArgs, bars: &'a Bars<'a>, notices: Receiver<String>) -> Watch<'a> {
        let size: Option<u64> = args.files.iter().map(|path| size_of(path)).sum();
        let size = size.filter(|_| !args.files.is_empty());
        let is_typed = args.files.is_empty() && io::stdin().is_terminal();
        if !io::stdout().is_terminal() && !is_typed {
            bars.begin("predict", if size.is_some() { "bytes" } else { "texts" }, size);
        }
        Watch {
            bars,
            notices,
            taken: Arc::default(),
            shown: 0,
            has_size: size.is_some(),
            texts: 0,
            unsure: 0,
            start: Instant::now(),
        }
    }

    fn advance(&mut self, labelled: &Labelled) {
        self.texts += labelled.texts;
        self.unsure += labelled.unsure;
        self.notices.try_iter().for_each(|notice| self.bars.notice(&notice));
        if !self.has_size {
            return self.bars.advance(labelled.texts);
        }
        let taken = self.taken.load(Ordering::Relaxed);
        self.bars.advance(taken - std::mem::replace(&mut self.shown, taken));
        let rate = self.texts as f64 / self.start.elapsed().as_secs_f64();
        self.bars.status(&format!("{}  {}/s", counted(self.texts as usize, "text"), thousands(rate as usize)));
    }

    fn end(&self) {
        self.bars.end();
        self.notices.try_iter().for_each(|notice| self.bars.notice(&notice));
    }
}

/// The most probable labels by name, probabilities to six digits.
fn named<'a>(prediction: &Prediction, labels: &'a [String], n: usize) -> Vec<(&'a str, f64)> {
    let rounded = |share: f32| (f64::from(share) * 1e6).round() / 1e6;
    prediction.top(n).into_iter().map(|(label, share)| (labels[label as usize].as_str(), rounded(share))).collect()
}
