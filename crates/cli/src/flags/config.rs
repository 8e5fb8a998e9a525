//! The flags that make a config: `--preset`, `--config`, `--set`, and a flag for each common setting.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};
use ninefold::lab::{
    BaselineKind, Config, Diagnose, Embedding, EnsembleKind, KeepModels, LogKind, PRESETS, Refit, Sources, resolve_with,
};
use ninefold::nn::batch::Padding;
use ninefold::nn::model::ModelKind;
use ninefold::phrasing::CsvCells;
use ninefold::{Auto, Error, Result as LibraryResult};

use super::data::DataArgs;
use super::values::{EmbeddingParser, OrNone, baseline, count, items, minutes, setting};
use super::{replace, replace_list};
use crate::usage::Usage;

/// The settings that every command which trains takes.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// Which texts.
    #[command(flatten)]
    pub data: DataArgs,
    /// A built-in set of settings [default: default]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(PRESETS), help_heading = "Settings")]
    pub preset: Option<String>,
    /// A TOML file of settings, over the preset (see `ninefold config`)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Settings")]
    pub config: Option<PathBuf>,
    /// Any single setting, over file and preset: --set training.batch_size=16
    #[arg(long, value_name = "SECTION.KEY=VALUE", help_heading = "Settings")]
    pub set: Vec<Assignment>,
    /// Embeddings: word2vec, fasttext, glove, or names from the config file
    ///
    /// Names of [[embedding]] tables in the config file are allowed, and several joined by + as one input: word2vec+glove.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = EmbeddingParser, hide_possible_values = true, help_heading = "Settings")]
    pub embeddings: Vec<Embedding>,
    /// Networks, or none [default: rnn,lstm,gru]
    ///
    /// rnn, lstm and gru are recurrent networks, cnn is a convolution over words, swem pools the word vectors.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = setting::<ModelKind>().or_none(), help_heading = "Settings")]
    pub models: Vec<OrNone<ModelKind>>,
    /// Maximum number of training epochs, or auto: as many as the texts and classes need
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub epochs: Option<Auto<usize>>,
    /// Seed of word vectors, weights, dropout and shuffling
    #[arg(long, value_name = "N", help_heading = "Settings")]
    pub seed: Option<u64>,
    /// Pretrained GloVe vectors: a release (6B.100d) or a file; "train" trains them on your texts
    #[arg(long, value_name = "NAME|PATH", value_hint = ValueHint::FilePath, help_heading = "Settings")]
    pub glove: Option<String>,
    /// Whether networks run over padding [default: exact]
    ///
    /// exact: every text ends at its last token; trailing: texts are padded to max_len, as in many tutorials.
    #[arg(long, value_name = "HOW", value_parser = setting::<Padding>(), help_heading = "Settings")]
    pub padding: Option<Padding>,
}

/// The settings of commands that repeat trainings with several seeds.
#[derive(Clone, Debug, Default, Args)]
pub struct SeedsArgs {
    /// Number of seeds: every pair is trained with --seed, the next, and so on
    ///
    /// Word vectors and the split stay the same.
    #[arg(long, value_name = "N", value_parser = count, help_heading = "Settings")]
    pub seeds: Option<usize>,
}

/// The settings that only a comparison has.
#[derive(Clone, Debug, Default, Args)]
pub struct ComparisonArgs {
    /// The seeds.
    #[command(flatten)]
    pub seeds: SeedsArgs,
    /// Baselines, or none [default: all]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = baseline().or_none(), help_heading = "Settings")]
    pub baselines: Vec<OrNone<BaselineKind>>,
    /// Ensembles of the trained models, or none [default: vote_selected,stacked]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = setting::<EnsembleKind>().or_none(), help_heading = "Settings")]
    pub ensembles: Vec<OrNone<EnsembleKind>>,
    /// Retrain on train and validation texts, with what validation chose [default: baselines; without a value: all]
    #[arg(long, value_name = "WHAT", value_parser = setting::<Refit>(), num_args = 0..=1, require_equals = true, default_missing_value = "all", help_heading = "Settings")]
    pub refit: Option<Refit>,
    /// Cross-validation with so many folds; 0: a single test part [default: 5 for fewer than 1,000 texts without a test part]
    #[arg(long, value_name = "K", help_heading = "Settings")]
    pub folds: Option<usize>,
    /// What wrong answers cost: a file of lines "class,cost", or a matrix (rows: classes, columns: answers)
    ///
    /// The best model is then the one that costs least on validation texts, and it answers so that it costs least.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Settings")]
    pub costs: Option<String>,
    /// Limit of time in minutes: networks have fewer epochs or are left out, and the table says so
    #[arg(long, value_name = "M", value_parser = minutes, help_heading = "Settings")]
    pub minutes: Option<f64>,
    /// Which trained models stay in the run folder [default: all]
    #[arg(long, value_name = "WHICH", value_parser = setting::<KeepModels>(), help_heading = "Settings")]
    pub keep_models: Option<KeepModels>,
    /// Leave every text out of the run folder and its page, for texts that must not be copied
    ///
    /// Sources (file names and lines) and labels stay, and the saved models keep words and n-grams of the texts.
    #[arg(long, help_heading = "Settings")]
    pub no_texts: bool,
    /// Whether what limits the scores is diagnosed at the end [default: default]
    #[arg(long, value_name = "WHAT", value_parser = setting::<Diagnose>(), help_heading = "Settings")]
    pub diagnose: Option<Diagnose>,
    /// Whether text that spreadsheets would run as a formula has an apostrophe in front in CSV files [default: guarded]
    #[arg(long, value_name = "CELLS", value_parser = setting::<CsvCells>(), help_heading = "Settings")]
    pub csv_cells: Option<CsvCells>,
    /// Logs of each training for other programs
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = setting::<LogKind>(), help_heading = "Settings")]
    pub log: Vec<LogKind>,
}

/// `SECTION.KEY=VALUE`.
#[derive(Clone, Debug)]
pub struct Assignment {
    key: String,
    value: String,
}

impl Assignment {
    /// The key and its value.
    pub fn pair(&self) -> (String, String) {
        (self.key.clone(), self.value.clone())
    }
}

impl FromStr for Assignment {
    type Err = String;

    fn from_str(text: &str) -> Result<Assignment, String> {
        let (key, value) = text.split_once('=').ok_or("expected SECTION.KEY=VALUE, found no '='")?;
        Ok(Assignment { key: key.trim().to_string(), value: value.trim().to_string() })
    }
}

impl ConfigArgs {
    /// The config that preset, file and flags add up to; `change` makes the changes of a command's own flags. A setting that the
    /// library refuses is wrong usage.
    pub fn resolve(&self, change: impl FnOnce(&mut Config) -> LibraryResult<()>) -> Result<Config> {
        let settings = self.set.iter().map(Assignment::pair).collect();
        let sources = Sources { preset: self.preset.clone(), file: self.config.clone(), settings };
        let resolved = resolve_with(&sources, |config| {
            self.apply(config)?;
            change(config)
        });
        resolved.map_err(|error| Usage(error.to_string()).into())
    }

    fn apply(&self, config: &mut Config) -> LibraryResult<()> {
        self.data.apply(&mut config.corpus);
        replace_list(&mut config.embeddings, &self.embeddings);
        replace_items("models", &mut config.models, &self.models)?;
        replace(&mut config.training.epochs, &self.epochs);
        replace(&mut config.seed, &self.seed);
        replace(&mut config.training.padding, &self.padding);
        self.glove.iter().try_for_each(|glove| config.set("embedding.glove", glove))
    }
}

impl SeedsArgs {
    /// Changes the settings for which a flag was given.
    pub fn apply(&self, config: &mut Config) {
        replace(&mut config.seeds, &self.seeds);
    }
}

impl ComparisonArgs {
    /// Changes the settings for which a flag was given.
    pub fn apply(&self, config: &mut Config) -> LibraryResult<()> {
        self.seeds.apply(config);
        replace_items("baselines", &mut config.baselines, &self.baselines)?;
        replace_items("ensembles", &mut config.ensembles, &self.ensembles)?;
        replace(&mut config.refit, &self.refit);
        replace(&mut config.folds, &self.folds.map(Auto::Value));
        replace(&mut config.costs, &self.costs);
        replace(&mut config.minutes, &self.minutes);
        replace(&mut config.keep_models, &self.keep_models);
        if self.no_texts {
            config.keep_texts = false;
        }
        replace(&mut config.diagnose, &self.diagnose);
        replace(&mut config.csv_cells, &self.csv_cells);
        replace_list(&mut config.log, &self.log);
        Ok(())
    }
}

fn replace_items<T: Clone>(key: &str, setting: &mut Vec<T>, flag: &[OrNone<T>]) -> LibraryResult<()> {
    if !flag.is_empty() {
        *setting = items(flag).ok_or_else(|| Error::invalid_value(key, "names, or none alone", "none beside names"))?;
    }
    Ok(())
}
