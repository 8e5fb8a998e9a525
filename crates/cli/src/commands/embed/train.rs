//! `ninefold embed train`: texts -> a vocabulary -> word vectors in a file.
//!
//! Text files are read twice, to count and to number, and never held: the numbers go to a temporary file, four bytes a word, and
//! the texts may be larger than memory.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, ValueEnum, ValueHint};
use ninefold::Folders;
use ninefold::data;
use ninefold::data::stream::TextFiles;
use ninefold::embeddings::{Checkpoint, IdFile, Resources, Sentences, fasttext, glove, word2vec};
use ninefold::files;
use ninefold::lab::EmbeddingKind;
use ninefold::progress::Progress;
use ninefold::text::tokenize::{Tokenizer, TokenizerConfig};
use ninefold::text::vocab::{TokenCounts, Vocab, VocabConfig};
use ninefold::vectors::WordVectors;
use serde::de::DeserializeOwned;
use serde_json::json;
use toml::{Table, Value};

use super::table::{VectorFormat, format, save, writable_format};
use crate::flags::data::DataArgs;
use crate::flags::output::FormatArgs;
use crate::flags::threads::ThreadsArgs;
use crate::output::Output;
use crate::progress::Bars;
use crate::usage::Usage;

/// Train word vectors on texts
///
/// A file has one text per line, or is CSV, TSV, JSON lines or fastText lines, of which the text is read; a folder has one text per file.
/// Of --data all texts but the test part are used. Texts may be larger than memory. An interrupted training resumes from its last
/// checkpoint when the same command is given again.
///
/// --set takes any setting of the method: loss (ns or hs), negative, sample, shared_negatives, ns_exponent, shrink_windows, cbow_mean,
/// min_learning_rate; fasttext: min_n, max_n, bucket; glove: x_max, weight_exponent, symmetric; all methods: vocab.max_vocab_size,
/// tokenizer.unit, tokenizer.lowercase, tokenizer.stop_words, tokenizer.numbers, ...
///
/// With more than one thread word2vec and fasttext train without locks and differ slightly from run to run; --threads 1 makes them exact.
/// glove is exact on any number of threads.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold embed train word2vec books.txt.gz more.zst -o books.safetensors
  ninefold embed train fasttext articles/ -o articles.bin --dim 300 --set max_n=5
  ninefold embed train glove --data reviews.csv --text-column body -o reviews.vec --window 10
  ninefold embed train word2vec text.txt -o v.bin --set architecture=cbow --set tokenizer.lowercase=false")]
pub struct TrainArgs {
    /// The method
    #[arg(value_name = "METHOD")]
    pub method: Method,
    /// Text files or folders of text files, plain, .gz or .zst
    #[arg(value_name = "TEXT", value_hint = ValueHint::AnyPath, required_unless_present = "data", conflicts_with = "data")]
    pub texts: Vec<PathBuf>,
    /// The file to write; a file FILE.checkpoint is deleted when the vectors are written
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: PathBuf,
    /// The format to write [default: by the ending of the file name]
    #[arg(long, value_name = "FORMAT", value_parser = writable_format())]
    pub to: Option<VectorFormat>,
    /// Labelled texts in place of text files; labels are ignored.
    #[command(flatten)]
    pub data: DataArgs,
    /// Dimension of the vectors
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub dim: Option<u32>,
    /// Maximum distance of context words
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub window: Option<u32>,
    /// Passes over the text (glove: over the counted pairs)
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub epochs: Option<u32>,
    /// Minimum number of occurrences of a word
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Settings")]
    pub min_count: u32,
    /// Seed of the random numbers
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub seed: Option<u32>,
    /// Any single setting
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Settings")]
    pub set: Vec<String>,
    /// Memory for the counts of GloVe in gigabytes; the rest goes to temporary files beside the output [default: 4]
    #[arg(long, value_name = "GB", help_heading = "Run")]
    pub memory: Option<f64>,
    /// Minimum number of seconds between two checkpoints, from which an interrupted training resumes
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = "Run")]
    pub checkpoint_every: u64,
    /// How many threads work.
    #[command(flatten)]
    pub threads: ThreadsArgs,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Gigabytes that the counts of GloVe take in memory unless `--memory` says otherwise.
const DEFAULT_MEMORY: f64 = 4.0;

/// How vectors are learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Words in similar contexts get similar vectors
    Word2vec,
    /// Word2Vec with character n-grams, so that unseen words have vectors
    Fasttext,
    /// Learned from the counts of words that occur near each other
    Glove,
}

/// Runs the subcommand.
pub fn run(args: &TrainArgs, output: &Output) -> Result<()> {
    args.threads.install(|| train_and_save(args, output))
}

fn train_and_save(args: &TrainArgs, output: &Output) -> Result<()> {
    let (config, tokenizer, vocab) = args.settings()?;
    let format = format(args.to, &args.output, args.method == Method::Fasttext)?;
    files::check_writable(&args.output)?;
    let resources = args.resources()?;
    let bars = Bars::new(output);
    let (texts, vocab) = match args.data.data.first() {
        Some(_) => labelled(args, &tokenizer, &vocab, &bars)?,
        None => {
            args.check_data_flags()?;
            let files = TextFiles::find(&args.texts, &args.data.corpus()?)?;
            streamed(&files, &tokenizer, &vocab, &resources.folder, &bars)?
        }
    };
    let tokens: u64 = vocab.counts().iter().skip(2).sum(); // without <pad> and <unk>
    bars.notice(&format!("vocabulary: {} words, {tokens} in the texts", vocab.len() - 2));
    let start = Instant::now();
    let goes_on = resources.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.path.exists());
    let (vectors, epochs) = train(&config, texts.sentences(), &vocab, tokens, &resources, &bars)?;
    drop(texts);
    let train_s = start.elapsed().as_secs_f64();
    save(&vectors, &args.output, format, output)?;
    resources.checkpoint.iter().try_for_each(Checkpoint::remove)?;
    let words_per_s = (!goes_on).then_some((tokens * epochs as u64) as f64 / train_s);
    let (path, words, dim) = (args.output.display().to_string(), vectors.len(), vectors.dim());
    if args.format.is_json() {
        return output.print_json(&json!({
            "output": path, "format": format.name, "words": words, "dim": dim, "tokens": tokens, "epochs": epochs,
            "train_s": train_s, "words_per_s": words_per_s.map(f64::round),
        }));
    }
    let speed = words_per_s.map_or(String::new(), |speed| format!(", {speed:.0} words/s"));
    let speed = format!("{train_s:.1} s{speed}");
    output.say(&format!("{path}: {words} words of {dim} dimensions as {}; {speed}", format.name));
    output.say(&format!("Try next: ninefold embed nearest {path} {}", vectors.words()[0]));
    Ok(())
}

/// The texts as ids.
enum Texts {
    Memory(Vec<Vec<u32>>),
    File(IdFile),
}

impl Texts {
    fn sentences(&self) -> Sentences<'_> {
        match self {
            Texts::Memory(sentences) => Sentences::Memory(sentences),
            Texts::File(file) => Sentences::File(file),
        }
    }
}

fn train(
    method: &EmbeddingKind,
    sentences: Sentences,
    vocab: &Vocab,
    words: u64,
    resources: &Resources,
    progress: &dyn Progress,
) -> ninefold::Result<(WordVectors, usize)> {
    Ok(match method {
        EmbeddingKind::Word2vec(config) => {
            (word2vec::train_on(config, sentences, vocab, resources, progress)?, config.epochs_for(words))
        }
        EmbeddingKind::Fasttext(config) => {
            (fasttext::train_on(config, sentences, vocab, resources, progress)?, config.word2vec.epochs_for(words))
        }
        EmbeddingKind::Glove(config) => {
            (glove::train_on(config, sentences, vocab, resources, progress)?, config.epochs)
        }
        EmbeddingKind::Pretrained(_) => unreachable!("no METHOD names it"),
    })
}

/// The tokenizer that fits the texts: that of their script, or one that learned from them.
fn fitted(tokenizer: &TokenizerConfig, texts: &[&str], progress: &dyn Progress) -> ninefold::Result<Tokenizer> {
    let (settings, notice) = tokenizer.fitted(texts)?;
    notice.iter().for_each(|notice| progress.notice(notice));
    Tokenizer::new(&settings)
}

/// Counts in a first pass, numbers in a second. The tokenizer is fitted to the first texts.
fn streamed(
    files: &TextFiles,
    tokenizer: &TokenizerConfig,
    config: &VocabConfig,
    folder: &Path,
    progress: &dyn Progress,
) -> ninefold::Result<(Texts, Vocab)> {
    let (mut counts, mut first) = (TokenCounts::default(), None);
    files.each_batch("count words", progress, |texts| {
        let texts = borrowed(texts);
        let tokenizer = match &mut first {
            Some(tokenizer) => tokenizer,
            None => first.insert(fitted(tokenizer, &texts, progress)?),
        };
        counts = std::mem::take(&mut counts).merge(TokenCounts::of(tokenizer, &texts));
        Ok(())
    })?;
    let tokenizer = first.map_or_else(|| Tokenizer::new(tokenizer), Ok)?;
    let vocab = Vocab::build(&counts, config)?;
    drop(counts);
    let mut ids = IdFile::create(folder)?;
    files.each_batch("number words", progress, |texts| {
        let sentences = vocab.encode_texts(&tokenizer, &borrowed(texts));
        sentences.iter().filter(|sentence| sentence.len() > 1).try_for_each(|sentence| ids.push(sentence))
    })?;
    Ok((Texts::File(ids.finish()?), vocab))
}

fn labelled(
    args: &TrainArgs,
    tokenizer: &TokenizerConfig,
    config: &VocabConfig,
    progress: &dyn Progress,
) -> Result<(Texts, Vocab)> {
    let corpus = data::load(&args.data.corpus()?, &Folders::from_env(), progress)?;
    corpus.notices.iter().for_each(|notice| progress.notice(notice));
    let documents = corpus.train.iter().chain(&corpus.validation);
    let texts: Vec<&str> = documents.map(|document| document.text.as_str()).collect();
    let tokenizer = fitted(tokenizer, &texts, progress)?;
    let vocab = Vocab::build(&TokenCounts::of(&tokenizer, &texts), config)?;
    Ok((Texts::Memory(vocab.encode_texts(&tokenizer, &texts)), vocab))
}

fn borrowed(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

impl TrainArgs {
    /// Refuses flags of labelled data that have no effect on text files.
    fn check_data_flags(&self) -> Result<()> {
        let DataArgs { validation, test, label_column, labels, labels_checked, split, strip, .. } = &self.data;
        let given = [
            ("--validation", validation.is_some()),
            ("--test", test.is_some()),
            ("--group-column", self.data.group_column.is_some()),
            ("--weight-column", self.data.weight_column.is_some()),
            ("--label-column", label_column.is_some()),
            ("--labels-checked", labels_checked.is_some()),
            ("--labels", !labels.is_empty()),
            ("--split", split.is_some()),
            ("--strip", !strip.is_empty()),
        ];
        match given.iter().find(|(_, is_given)| *is_given) {
            Some((flag, _)) => Err(Usage(format!(
                "{flag} goes with --data: the texts of TEXT have no labels and no test part, and are read as they are"
            ))
            .into()),
            None => Ok(()),
        }
    }

    /// Memory, and temporary files beside the output: where the vectors have room, so have those.
    fn resources(&self) -> Result<Resources> {
        if self.memory.is_some() && self.method != Method::Glove {
            return Err(Usage::no_effect("--memory", "it applies only to glove").into());
        }
        let memory = self.memory.unwrap_or(DEFAULT_MEMORY);
        if !(0.0..1e9).contains(&memory) {
            return Err(Usage(format!("--memory {memory}: expected gigabytes, 0 or more")).into());
        }
        let folder = self.output.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut path = self.output.clone().into_os_string();
        path.push(".checkpoint");
        let checkpoint = Checkpoint { path: path.into(), every: Duration::from_secs(self.checkpoint_every) };
        let memory = (memory * 1e9) as u64;
        Ok(Resources { memory, folder: folder.to_path_buf(), checkpoint: Some(checkpoint) })
    }

    /// What the flags add up to: the method's settings, the tokenizer's, the vocabulary's.
    fn settings(&self) -> Result<(EmbeddingKind, TokenizerConfig, VocabConfig)> {
        let (mut method, mut tokenizer, mut vocab) = (Table::new(), Table::new(), Table::new());
        vocab.insert("min_count".to_string(), Value::from(self.min_count));
        method.insert("threads".to_string(), Value::from(self.threads.count() as i64));
        for (key, value) in [("dim", self.dim), ("window", self.window), ("epochs", self.epochs), ("seed", self.seed)] {
            if let Some(value) = value {
                method.insert(key.to_string(), Value::from(value));
            }
        }
        for setting in &self.set {
            let (key, value) = setting
                .split_once('=')
                .ok_or_else(|| Usage(format!("--set {setting}: expected KEY=VALUE, found no '='")))?;
            let table = match key.split_once('.') {
                Some(("tokenizer", key)) => (&mut tokenizer, key),
                Some(("vocab", key)) => (&mut vocab, key),
                _ => (&mut method, key),
            };
            table.0.insert(table.1.trim().to_string(), value_of(value.trim()));
        }
        let name = match self.method {
            Method::Word2vec => "word2vec",
            Method::Fasttext => "fasttext",
            Method::Glove => "glove",
        };
        let config = EmbeddingKind::new(name, method).map_err(|error| Usage(format!("--set {error}")))?;
        config.validate()?;
        Ok((config, read(tokenizer, TokenizerConfig::validate)?, read(vocab, VocabConfig::validate)?))
    }
}

/// A value as it would stand in a TOML file; a bare word is a string.
fn value_of(text: &str) -> Value {
    let parsed = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    parsed.unwrap_or_else(|| Value::String(text.to_string()))
}

fn read<T: DeserializeOwned>(table: Table, validate: fn(&T) -> ninefold::Result<()>) -> Result<T> {
    let config: T = table.try_into().map_err(|error: toml::de::Error| Usage(format!("--set: {}", error.message())))?;
    validate(&config)?;
    Ok(config)
}
