//! Everything that adds up to a config: `--preset`, `--config`, `--set`, and a flag for each common setting.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use ninefold::lab::Config;

use super::data::DataArgs;
use super::settings::Settings;

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
    /// Embeddings to compare: word2vec, fasttext, glove, or names of `[[embedding]]` in the config file; several side by side:
    /// word2vec+glove
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
    /// Comparisons: which trained models stay on the disk: all, best, none [default: all]
    #[arg(long, value_name = "WHICH", help_heading = "Settings")]
    pub keep_models: Option<String>,
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

impl ConfigArgs {
    /// The config that preset, file and flags add up to.
    pub fn resolve(&self) -> Result<Config> {
        let mut settings = Settings::default();
        self.set.iter().try_for_each(|setting| settings.assignment(setting))?;
        self.data.add_to(&mut settings);
        settings.list("embeddings", &self.embeddings);
        settings.list_or_none("models", &self.models);
        settings.list_or_none("baselines", &self.baselines);
        settings.list_or_none("ensembles", &self.ensembles);
        settings.number("training.epochs", self.epochs);
        settings.number("seed", self.seed);
        settings.number("seeds", self.seeds);
        settings.switch("refit", self.refit);
        settings.text("keep_models", &self.keep_models);
        settings.list("log", &self.log);
        settings.text("embedding.glove", &self.glove);
        settings.text("training.padding", &self.padding);
        settings.resolve(self.preset.clone(), self.config.clone())
    }
}
