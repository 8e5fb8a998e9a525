//! One training on the ladder: the settings of a rung, a pair and a seed -> its answers to the validation texts.
//!
//! A finished training is kept as `trainings/KEY.json` and never done again, whichever ladder asks for it; one that was
//! broken off goes on from its last epoch.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::Config;
use crate::config::Pair;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::run::{pair, pretraining};
use crate::store::{checkpoint, intact};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_json};
use ninefold_core::progress::Progress;
use ninefold_metrics::most_probable;
use ninefold_nn::model::{Classifier, predict_proba};
use ninefold_nn::train::fit;
use ninefold_records::LadderRun;

/// What is kept of a training.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Training {
    pub(crate) key: String,
    pub(crate) run: LadderRun,
    /// The class that the network gives each validation text; none where the training failed.
    pub(crate) predicted: Vec<u32>,
}

/// One training to be done.
pub(crate) struct Job<'a> {
    pub(crate) config: &'a Config,
    pub(crate) texts: &'a Texts,
    pub(crate) vectors: &'a Vectors,
    pub(crate) pair: Pair,
    pub(crate) seed: u64,
    pub(crate) key: String,
    pub(crate) folder: &'a Path,
}

/// The training of that key, if it is finished; a damaged one is not, which a notice tells.
///
/// # Errors
/// Those of the disk.
pub(crate) fn finished(folder: &Path, key: &str, progress: &dyn Progress) -> Result<Option<Training>> {
    let path = record(folder, key);
    let kept = path.is_file().then(|| read_json::<Training>(&path)).transpose();
    let training = intact::or_again(kept, "this training is done again", progress)?;
    Ok(training.filter(|training| training.key == key))
}

fn record(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{}.json", &key[..24]))
}

impl Job<'_> {
    /// Texts that all epochs together learn from.
    pub(crate) fn texts(&self) -> u64 {
        let epochs = self.texts.epochs(&self.config.training) + pretraining::epochs(self.config, self.pair.1);
        (epochs * self.texts.train.len()) as u64
    }

    /// Trains, answers the validation texts, and keeps both. Settings that diverge are recorded, not an error.
    ///
    /// # Errors
    /// Those of the disk; [`Error::Interrupted`] when `progress` says so.
    pub(crate) fn run(&self, name: &str, progress: &dyn Progress) -> Result<Training> {
        let (config, texts) = (self.config, self.texts);
        let path = record(self.folder, &self.key).with_extension("safetensors");
        let resume = checkpoint::resume(&path, &self.key, name, progress);
        let mut model = pair::untrained(config, texts, self.vectors, self.pair.1, self.seed);
        let (embedding, network) = (self.pair.0.name().to_string(), self.pair.1.name().to_string());
        let mut run = LadderRun { embedding, model: network, seed: self.seed, ..LadderRun::default() };
        run.parameters = model.trained_parameter_count();
        progress.begin(name, "texts", Some(self.texts()));
        progress.advance(resume.as_ref().map_or(0, |checkpoint| checkpoint.history.len() * texts.train.len()) as u64);
        let prepared = match resume {
            Some(_) => Ok(Vec::new()),
            None => pretraining::prepare(&mut model, self.pair.1, config, texts, self.vectors, self.seed, progress),
        };
        let trained = prepared.and_then(|before| {
            let before: f64 = before.iter().map(|epoch| epoch.seconds).sum();
            fit(
                &mut model,
                self.vectors.train_data(texts, self.seed),
                &config.training,
                resume,
                progress,
                &mut |state| {
                    run.seconds = before + state.history.iter().map(|epoch| epoch.seconds).sum::<f64>();
                    run.epochs = state.history.len();
                    checkpoint::save(&path, &self.key, state)
                },
            )
        });
        progress.end();
        let mut predicted = Vec::new();
        match trained {
            Ok(state) => {
                let best = &state.history[state.best_epoch - 1];
                run.score = Some(best.validation_score(texts.main_score));
                run.epochs = state.history.len(); // a finished checkpoint trains no epoch that would have counted
                if run.seconds == 0.0 {
                    run.seconds = state.history.iter().map(|epoch| epoch.seconds).sum();
                }
                let validation = self.vectors.parts(texts).validation;
                let probabilities = predict_proba(&mut model, validation, config.training.reading(), progress)?;
                predicted = most_probable(&probabilities, texts.corpus.labels.len());
            }
            Err(error @ Error::Diverged { .. }) => run.error = Some(error.to_string()),
            Err(error) => return Err(error),
        }
        let training = Training { key: self.key.clone(), run, predicted };
        write_json(&record(self.folder, &self.key), &training)?;
        let _ = std::fs::remove_file(path); // of no use any more, of no harm either
        Ok(training)
    }
}
