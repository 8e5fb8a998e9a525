//! What was typed: commands and flags, as clap reads them. What they mean stands in `options`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::distill::DistillArgs;
use crate::commands::ensemble::EnsembleArgs;
use crate::commands::ladder::LadderArgs;
use crate::embed::EmbedArgs;

/// Which word embedding and which network for your labelled texts?
///
/// Trains word2vec, fastText and GloVe vectors with RNN, LSTM and GRU classifiers on your texts (convolutions and pooled vectors, too,
/// if asked), prints one leaderboard, and keeps every trained model.
#[derive(Debug, Parser)]
#[command(name = "ninefold", version, propagate_version = true, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  ninefold compare                              nine pairs on the built-in sample corpus
  ninefold compare --data reviews.csv           the same on your own texts
  ninefold predict ninefold-runs/RUN/pairs/word2vec-gru/model mail.txt
  ninefold runs diff ninefold-runs/A ninefold-runs/B
  ninefold embed nearest 6B.100d frog

Results go to stdout, messages and progress to stderr. Exit codes: 0 done, 1 failed, 2 wrong usage.";

/// Flags of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// No messages and no progress on stderr, only errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colours: auto (on a terminal, unless NO_COLOR is set), always, never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    pub color: ColorChoice,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How a leaderboard is printed; rows and figures are the same in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a terminal.
    Table,
    /// For a README.
    Markdown,
    /// For other programs, shares in [0, 1].
    Csv,
    /// For a paper.
    Latex,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train and compare embeddings and networks
    Compare(CompareArgs),
    /// Search for settings: random ones, the better trained further
    Search(SearchArgs),
    /// What each difference between two sets of settings is worth on your texts
    Ladder(LadderArgs),
    /// Label texts with a trained model
    Predict(PredictArgs),
    /// Score a trained model on labelled texts
    Evaluate(EvaluateArgs),
    /// Let trained models answer together
    Ensemble(EnsembleArgs),
    /// Let a trained model, or several together, teach a small network
    Distill(DistillArgs),
    /// List, show and compare earlier runs
    Runs(RunsArgs),
    /// Make the page of a run again, or of several together
    Report(ReportArgs),
    /// Print the settings that flags and files add up to, with a comment per key
    Config(ConfigArgs),
    /// Write out the built-in sample corpus
    Sample(SampleArgs),
    /// Train, convert, search and judge word vectors
    Embed(EmbedArgs),
    /// Measure how fast this machine trains and predicts
    Bench(BenchArgs),
}

/// Which texts, and how they are read.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// "sample", "20newsgroups", or a folder, CSV, TSV, JSONL or fastText file of labelled texts
    #[arg(long, value_name = "NAME|PATH")]
    pub data: Option<String>,
    /// A separate test file or folder
    #[arg(long, value_name = "PATH")]
    pub test: Option<String>,
    /// Where the text is: a column's name or number; several, separated by commas, are joined
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub text_column: Vec<String>,
    /// Where the label is: a column's name or number
    #[arg(long, value_name = "COLUMN")]
    pub label_column: Option<String>,
    /// Whether a table's first line names the columns: auto, yes, no
    #[arg(long, value_name = "WHETHER")]
    pub header: Option<String>,
    /// The encoding of the texts, where guessing fails: utf-8, latin1, cp949, ...
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// How the test part comes about: auto, given, random, last (of each class), bydate
    #[arg(long, value_name = "HOW")]
    pub split: Option<String>,
    /// What to remove from posts: headers, footers, quotes; or none
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub strip: Vec<String>,
}

/// Everything that adds up to a config.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// Which texts.
    #[command(flatten)]
    pub data: DataArgs,
    /// A built-in set of settings: default, strong, round1, round2
    #[arg(long, value_name = "NAME", help_heading = "Settings")]
    pub preset: Option<String>,
    /// A TOML file of settings, over the preset (see `ninefold config`)
    #[arg(long, value_name = "FILE", help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Any single setting, over file and preset: --set training.batch_size=16
    #[arg(long, value_name = "SECTION.KEY=VALUE", help_heading = "Settings")]
    pub set: Vec<String>,
    /// Embeddings to compare: word2vec, fasttext, glove; several side by side: word2vec+glove
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Settings")]
    pub embeddings: Vec<String>,
    /// Networks to compare: rnn, lstm, gru, cnn (a convolution), swem (pooled word vectors)
    /// [default: rnn,lstm,gru]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Settings")]
    pub models: Vec<String>,
    /// Baselines beside them: majority, multinomial_nb, complement_nb, tfidf_logistic, tfidf_svm, mean_logistic,
    /// fasttext_supervised; or none [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Settings")]
    pub baselines: Vec<String>,
    /// Trained models that answer together: vote_seeds, vote_networks, vote_selected, stacked; or none
    /// [default: vote_selected, stacked]
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Settings")]
    pub ensembles: Vec<String>,
    /// Epochs of training at most
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub epochs: Option<u64>,
    /// Seed of vectors, weights, dropout and shuffling
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub seed: Option<u64>,
    /// Train every pair so many times, with this seed, the next, and so on; the split stays the same
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub seeds: Option<u64>,
    /// Comparisons: train everything once more on train and validation, when validation has chosen
    #[arg(long, help_heading = "Settings")]
    pub refit: bool,
    /// Logs of each training for other programs: tensorboard, jsonl
    #[arg(long, value_name = "LIST", value_delimiter = ',', help_heading = "Settings")]
    pub log: Vec<String>,
    /// Pretrained GloVe vectors: a name (6B.100d) or a file; "train" trains them on your texts
    #[arg(long, value_name = "NAME|PATH", help_heading = "Settings")]
    pub glove: Option<String>,
    /// exact, or trailing: run over padding up to max_len, as many tutorials do
    #[arg(long, value_name = "HOW", help_heading = "Settings")]
    pub padding: Option<String>,
}

/// `ninefold compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold compare
  ninefold compare --data 20newsgroups --preset round1
  ninefold compare --data reviews.csv --text-column title,body --label-column stars
  ninefold compare --data posts/ --seeds 3
  ninefold compare --data posts/ --embeddings word2vec --models gru,lstm --epochs 5
  ninefold compare --data posts/ --models gru,cnn,swem
  ninefold compare --data train.jsonl --test test.jsonl --run-dir runs/a    (again: goes on where it was)

The same seed gives the same figures for any number of threads, but for one thing: with more than one thread word2vec and
fastText train without locks, so their vectors differ a little from run to run. --threads 1 makes those exact, too.")]
pub struct CompareArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The run folder; one that holds an unfinished run of the same settings is gone on with
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// The column that rows are sorted by: accuracy, f1, f1_macro, seconds, parameters, embedding, model, ...
    /// [default: accuracy; f1_macro where classes are uneven]
    #[arg(long, value_name = "COLUMN")]
    pub sort: Option<String>,
    /// How the leaderboard is printed
    #[arg(long, value_name = "HOW", default_value = "table")]
    pub format: Format,
    /// Print the leaderboard as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ninefold search`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold search --data posts/ --trials 50
  ninefold search --data posts/ --embeddings word2vec --models gru --minutes 30
  ninefold search --set 'search.space.model.hidden_size=[32, 64]' --set 'search.space.training.learning_rate={low=1e-4,high=1e-2,log=true}'
  ninefold search --config search.toml --run-dir ninefold-runs/S    (again: goes on, also with a larger budget)

What is tried stands in the config file; without it a space that suits most texts is searched:
  [search.space.model]
  hidden_size = [32, 64, 128, 256]
  dropout = { low = 0.0, high = 0.6 }
  [search.space.training]
  learning_rate = { low = 3e-4, high = 1e-2, log = true }

Every trial draws an embedding, a network and settings. All are trained a little and judged on validation; the best third goes
on for three times as many epochs, and so forth (asynchronous successive halving). Test labels are not looked at. The best
settings are written to best.toml, for ninefold compare --config.")]
pub struct SearchArgs {
    /// The settings.
    #[command(flatten)]
    pub config: ConfigArgs,
    /// Settings to try
    #[arg(long, value_name = "N")]
    pub trials: Option<usize>,
    /// Minutes after which nothing new is begun
    #[arg(long, value_name = "M")]
    pub minutes: Option<f64>,
    /// Trials at the same time, each on its share of the threads [default: one per thread]
    #[arg(long, value_name = "N")]
    pub parallel: Option<usize>,
    /// The search folder; one that holds an unfinished search of the same space is gone on with
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Print all trials as JSON
    #[arg(long)]
    pub json: bool,
}

/// `ninefold predict`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'Which lens for birds in flight?' | ninefold predict MODEL
  ninefold predict MODEL mail.txt --top 3         a text per line
  ninefold predict MODEL letters/ --whole         a text per file
  ninefold predict MODEL new.csv --text-column body --json
  ninefold predict MODEL mail.txt --min-probability 0.8    no label where it is less sure

MODEL is the folder of a trained model: RUN/pairs/word2vec-gru/model. Prints the label and its probability, separated by a
tab, one line per text.")]
pub struct PredictArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Text files (a text per line), CSV, TSV or JSONL files, or folders (a text per file); stdin without any
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Where the text is in CSV, TSV and JSONL: a column's name or number; several, separated by commas, are joined
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub text_column: Vec<String>,
    /// The encoding of the files, where guessing fails
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// Every file is one text
    #[arg(long)]
    pub whole: bool,
    /// Print so many labels per text, the most probable first
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub top: u16,
    /// Give no label where the model is less sure than this (0 to 1): the first column stays empty
    #[arg(long, value_name = "P", default_value_t = 0.0)]
    pub min_probability: f64,
    /// Print a JSON object per text
    #[arg(long)]
    pub json: bool,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `ninefold evaluate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold evaluate MODEL --data new.csv --text-column body --label-column topic
  ninefold evaluate MODEL --data 20newsgroups --json

Scores the test part of the data where they have one, else every text. Labels that the model does not know are an error.")]
pub struct EvaluateArgs {
    /// The folder of a trained model or ensemble
    #[arg(value_name = "MODEL")]
    pub model: PathBuf,
    /// Which texts.
    #[command(flatten)]
    pub data: DataArgs,
    /// Also say how many texts are left, and how many of those are right, where the model is at least so sure (0 to 1)
    #[arg(long, value_name = "P")]
    pub min_probability: Option<f64>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `ninefold runs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold runs list
  ninefold runs show ninefold-runs/RUN --sort f1_macro
  ninefold runs diff ninefold-runs/A ninefold-runs/B")]
pub struct RunsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: RunsCommand,
}

/// The commands about earlier runs.
#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List the runs in a folder
    List {
        /// The folder of run folders
        #[arg(value_name = "DIR", default_value = "ninefold-runs")]
        folder: PathBuf,
    },
    /// Print the leaderboard of a run
    Show {
        /// The run folder
        #[arg(value_name = "RUN")]
        run: PathBuf,
        /// The column that rows are sorted by [default: accuracy; f1_macro where classes are uneven]
        #[arg(long, value_name = "COLUMN")]
        sort: Option<String>,
        /// How the leaderboard is printed
        #[arg(long, value_name = "HOW", default_value = "table")]
        format: Format,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print two runs side by side, with the change of each pair
    Diff {
        /// The run folder to compare with
        #[arg(value_name = "A")]
        a: PathBuf,
        /// The run folder that is compared
        #[arg(value_name = "B")]
        b: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `ninefold report`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold report ninefold-runs/A                        writes ninefold-runs/A/report.html
  ninefold report ninefold-runs/A ninefold-runs/B -o both.html")]
pub struct ReportArgs {
    /// Run folders, finished or not; or the folder of a search
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// The file to write [default: report.html in the last run's folder]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `ninefold sample`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold sample -o posts/
  ninefold sample -o noisy/ --documents 2000 --label-noise 0.1 --seed 7
  ninefold compare --data posts/")]
pub struct SampleArgs {
    /// The folder to write: train/ and test/, a folder per class, a file per text
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Texts in all [default: 4000]
    #[arg(long, value_name = "N")]
    pub documents: Option<usize>,
    /// Another seed makes other posts
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Share of texts for the test part
    #[arg(long, value_name = "SHARE")]
    pub test_fraction: Option<f64>,
    /// Share of texts with a wrong label
    #[arg(long, value_name = "SHARE")]
    pub label_noise: Option<f64>,
    /// Share of texts that are edited copies of another
    #[arg(long, value_name = "SHARE")]
    pub near_duplicates: Option<f64>,
    /// Share of texts with nothing in them
    #[arg(long, value_name = "SHARE")]
    pub empty_texts: Option<f64>,
    /// How far the words of the test part have moved on, 0 to 1
    #[arg(long, value_name = "SHARE")]
    pub date_shift: Option<f64>,
}

/// `ninefold bench`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  ninefold bench
  ninefold bench --models gru --sizes round2 --work train --steps 20
  ninefold bench --models gru --sizes posts --work train --batch-size 16 --hidden-size 300
  ninefold bench --json > bench.json

Sizes: round1 and round2 are the networks of these presets on texts of full length (64 x 150 and 32 x 400 tokens); posts is
round1 on texts as long as posts are (median 90 tokens). Work: train is a whole step; predict a batch; single one text, the
time until its answer. GFLOP/s counts the matrix products alone; the peak is what the processor does from registers alone, in
the same run.")]
pub struct BenchArgs {
    /// Networks to measure: rnn, lstm, gru, cnn, swem
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "rnn,lstm,gru")]
    pub models: Vec<String>,
    /// Sizes: round1, round2, posts
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "round1,round2,posts")]
    pub sizes: Vec<String>,
    /// Instead of the sizes' own: texts of a batch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub batch_size: Option<u16>,
    /// Instead of the sizes' own: tokens of a text, or of the longest
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub length: Option<u16>,
    /// Instead of the sizes' own: units per direction
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub hidden_size: Option<u16>,
    /// Precisions: f32, bf16 [default: all that this processor has]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub precisions: Vec<String>,
    /// Work: train, predict, single
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "train,predict,single")]
    pub work: Vec<String>,
    /// Repetitions of each, of which the median is shown
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub steps: usize,
    /// Print JSON, with the time of every repetition
    #[arg(long)]
    pub json: bool,
    /// Threads [default: as many as there are processors]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}
