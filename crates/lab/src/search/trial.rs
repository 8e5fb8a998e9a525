//! One trial: settings drawn, vectors made, a network trained up to the rung that it was sent to.
//!
//! *takes* a job -> *gives* the trial's record, kept beside its checkpoint, from which the next job goes on to the same bits.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::json;

use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::run::{pair, pretraining};
use crate::search::asha::Job;
use crate::search::space::{Space, apply};
use crate::store::{checkpoint, intact, keys};
use crate::{Config, Embedding, EmbeddingSpec, Session};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::files::{read_json, write_json};
use ninefold_core::progress::Progress;
use ninefold_core::rng::{Rng, fold};
use ninefold_nn::model::{Classifier, ModelKind};
use ninefold_nn::train::{Checkpoint, fit};
use ninefold_records::Trial;
use ninefold_vectors::oov::OutOfVocabulary;

/// All that the trials of a search share.
pub(crate) struct Trials<'a> {
    pub(crate) config: &'a Config,
    pub(crate) session: &'a Session<'a>,
    pub(crate) texts: &'a Texts,
    pub(crate) space: &'a Space,
    pub(crate) rungs: &'a [usize],
    /// Where records and checkpoints lie.
    pub(crate) folder: PathBuf,
    pub(crate) key: String,
    pub(crate) deadline: Option<Instant>,
    /// Vectors in the making, by their settings: nobody makes what somebody else is just making.
    pub(crate) vectors: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
}

/// Says nothing, and stops when the watcher of the whole does.
struct Quietly<'a>(&'a dyn Progress);

impl Progress for Quietly<'_> {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

impl Trials<'_> {
    /// The settings of a trial, the same for the same seed and space.
    fn draw(&self, trial: usize) -> (Trial, Result<(Config, Embedding, ModelKind)>) {
        let mut rng = Rng::for_purpose(fold(&[self.config.seed, trial as u64]), "search");
        let pairs: Vec<(Embedding, ModelKind)> = self.config.pairs().collect();
        let (embedding, model) = rng.choose(&pairs).clone();
        let settings = self.space.draw(&mut rng, model);
        let json = |value: &toml::Value| serde_json::to_value(value).unwrap_or_default();
        let record = Trial {
            key: self.key.clone(),
            trial,
            embedding: embedding.name().to_string(),
            model: model.name().to_string(),
            settings: settings.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
            ..Trial::default()
        };
        (record, apply(self.config, &settings).map(|config| (config, embedding, model)))
    }

    /// The config that `ninefold compare` would train the trial with.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] for settings that do not go together.
    pub(crate) fn config(&self, trial: usize) -> Result<Config> {
        let (config, embedding, model) = self.draw(trial).1?;
        let mut config =
            Config { embeddings: vec![embedding], models: vec![model], search: Default::default(), ..config };
        if !config.may_have_ngrams() {
            // Which had no say, and alone is refused.
            config.embedding.iter_mut().for_each(|spec| spec.out_of_vocabulary = Auto::Value(OutOfVocabulary::Unk));
        }
        Ok(config)
    }

    /// The record of a trial and its checkpoint.
    pub(crate) fn files(&self, trial: usize) -> [PathBuf; 2] {
        ["json", "safetensors"].map(|extension| self.path(trial, extension))
    }

    fn path(&self, trial: usize, extension: &str) -> PathBuf {
        self.folder.join(format!("{trial:04}.{extension}"))
    }

    /// The records of an earlier run of the same search, by number.
    ///
    /// # Errors
    /// [`Error::Data`] for those of another search; those of the disk.
    pub(crate) fn earlier(&self, progress: &dyn Progress) -> Result<Vec<Trial>> {
        let mut found = Vec::new();
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(found) };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.extension().is_some_and(|extension| extension == "json") {
                let Some(record) = self.record(&path, progress)? else { continue };
                if record.key != self.key {
                    let folder = self.folder.parent().unwrap_or(&self.folder).display();
                    return Err(Error::data(format!(
                        "{folder}: holds a search over another space or other texts: choose another --run-dir"
                    )));
                }
                found.push(record);
            }
        }
        found.sort_by_key(|record| record.trial);
        Ok(found)
    }

    /// The record of a trial. In place of a damaged one, one of the same trial that is to be trained from the beginning; `None` for a
    /// file that is none of a trial's.
    fn record(&self, path: &Path, progress: &dyn Progress) -> Result<Option<Trial>> {
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        let Some(number): Option<usize> = number else { return Ok(None) };
        let again = format!("trial {number} is trained again");
        let record = intact::or_again(read_json(path).map(Some), &again, progress)?;
        Ok(Some(record.unwrap_or_else(|| Trial { underway: Some(0), ..self.draw(number).0 })))
    }

    /// Does a job, going on where an earlier one of the same trial ended; `progress` is asked only whether to stop.
    ///
    /// A record that is still underway was stopped by the deadline.
    ///
    /// # Errors
    /// Those of the disk; [`Error::Interrupted`] when `progress` says so. What the settings are to blame for stands in the
    /// record.
    pub(crate) fn run(&self, job: Job, earlier: Option<Trial>, progress: &dyn Progress) -> Result<Trial> {
        let (fresh, drawn) = self.draw(job.trial);
        let mut record = earlier.unwrap_or(fresh);
        record.underway = Some(job.rung);
        self.save(&record)?;
        if !record.finished {
            let done = drawn.and_then(|drawn| self.train(&mut record, drawn, self.rungs[job.rung], progress));
            match done {
                Ok(()) => {}
                Err(error @ (Error::Diverged { .. } | Error::Data { .. } | Error::InvalidValue { .. })) => {
                    (record.error, record.finished) = (Some(error.to_string()), true);
                }
                Err(error) => return Err(error),
            }
        }
        if record.finished || record.validation.len() >= self.rungs[job.rung] {
            record.rungs.push(record.score().unwrap_or_default());
            record.underway = None;
        }
        self.save(&record)?;
        Ok(record)
    }

    fn save(&self, record: &Trial) -> Result<()> {
        write_json(&self.path(record.trial, "json"), record)
    }

    fn train(
        &self,
        record: &mut Trial,
        (config, embedding, kind): (Config, Embedding, ModelKind),
        epochs: usize,
        progress: &dyn Progress,
    ) -> Result<()> {
        let start = Instant::now();
        let (texts, before) = (self.texts, record.seconds);
        let vectors = self.vectors(&embedding, &config, progress)?;
        let mut model = pair::untrained(&config, texts, &vectors, kind, config.seed);
        record.parameters = model.trained_parameter_count();
        let trial = json!({ "embedding": record.embedding, "model": record.model, "settings": record.settings });
        let key = keys::of(&json!({ "search": self.key, "trial": trial, "vectors": vectors.checksum }))?;
        let path = self.path(record.trial, "safetensors");
        let name = format!("trial {}", record.trial);
        let resume = checkpoint::resume(&path, &key, &name, progress);
        let data = vectors.train_data(texts, config.seed);
        let is_there = |checkpoint: &Checkpoint| checkpoint.history.len() >= epochs;
        let mut take_down = |checkpoint: &Checkpoint| {
            let scores = checkpoint.history.iter().map(|epoch| epoch.validation_score(texts.main_score));
            record.validation = scores.collect();
            record.finished = checkpoint.finished;
            record.seconds = before + start.elapsed().as_secs_f64();
        };
        if let Some(checkpoint) = resume.as_ref().filter(|checkpoint| is_there(checkpoint) || checkpoint.finished) {
            take_down(checkpoint);
            return Ok(());
        }
        if resume.is_none() {
            pretraining::prepare(&mut model, kind, &config, texts, &vectors, config.seed, &Quietly(progress))?;
        }
        let mut is_stopped = false;
        let trained = fit(&mut model, data, &config.training, resume, &Quietly(progress), &mut |checkpoint| {
            checkpoint::save(&path, &key, checkpoint)?;
            take_down(checkpoint);
            let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            is_stopped = is_there(checkpoint) || is_late;
            // The training knows of all its epochs, of which it does no more for now: a plan of learning rates stays what
            // it would be in `ninefold compare`.
            if is_stopped && !checkpoint.finished { Err(Error::Interrupted) } else { Ok(()) }
        });
        match trained {
            Err(Error::Interrupted) if is_stopped => Ok(()),
            other => other.map(|_| ()),
        }
    }

    fn vectors(&self, embedding: &Embedding, config: &Config, progress: &dyn Progress) -> Result<Vectors> {
        let specs = config.specs(embedding).map(EmbeddingSpec::to_table).collect::<Result<Vec<_>>>()?;
        let key = keys::of(&specs)?;
        let being_made = match self.vectors.lock() {
            Ok(mut all) => Arc::clone(all.entry(key).or_default()),
            Err(_) => Arc::default(),
        };
        let _made_by_one = being_made.lock();
        Vectors::make(embedding, config, self.texts, &self.session.watched_by(&Quietly(progress)))
    }

    /// Removes what is needed only to go on.
    pub(crate) fn tidy_up(&self, trials: &[Trial]) {
        for trial in trials {
            let _ = fs::remove_file(self.path(trial.trial, "safetensors"));
        }
    }
}
