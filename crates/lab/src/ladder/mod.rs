//! What each difference between two configs is worth: taken one after another, and each left out at the end.
//!
//! ```text
//! foot (--from) --+ step 1--> rung --+ step 2--> rung -- ... --> top        added: rung less the rung below
//!                                                      top without step i   left out: top less that
//! ```
//!
//! *takes* the config at the foot and the one at the top -> *gives* [`LadderResults`], kept in a folder that is readable at any
//! moment, and resumed:
//!
//! ```text
//! config.toml (the top)   from.toml (the foot)   trainings/KEY.json   ladder.json
//! ```
//!
//! Everything is judged on validation texts; test labels are not looked at.

mod judge;
mod rung;
mod steps;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::Write;
use std::path::Path;

use serde_json::json;

use self::rung::{Job, Training};
use self::steps::Steps;
use crate::config::Pair;
use crate::run::texts::Texts;
use crate::run::vectors::Vectors;
use crate::run::{self, workers};
use crate::store::keys;
use crate::{Config, Embedding, EmbeddingSpec, RunFolder, Session};
use ninefold_core::error::{Error, Result};
use ninefold_core::files::write_atomically;
use ninefold_core::phrasing::counted;
use ninefold_core::progress::Progress;
use ninefold_metrics::are_uneven;
use ninefold_metrics::compare::Evaluation;
use ninefold_nn::class_weight::ClassWeight;
use ninefold_records::{LadderResults, LadderStep, RunRecords};

/// Climbs the ladder, or goes on with what an earlier call left in `path`.
///
/// # Errors
/// [`Error::InvalidValue`] when foot and top do not differ, or when some of the steps have no meaning without the others; those of
/// the corpus, the vectors and the disk; [`Error::Threads`]; [`Error::Interrupted`] when the session's progress says so: the folder
/// then holds every epoch that was finished.
pub fn ladder(foot: &Config, top: &Config, path: &Path, session: &Session) -> Result<LadderResults> {
    session.install(|| climb(foot, top, path, session))
}

fn climb(foot: &Config, top: &Config, path: &Path, session: &Session) -> Result<LadderResults> {
    foot.validate()?;
    top.validate()?;
    let steps = Steps::between(foot, top)?;
    let variants = variants(&steps)?;
    let records = RunRecords::at(path);
    if records.is_comparison() || records.is_search() {
        return Err(Error::data(format!("{}: holds no ladder: choose another --run-dir", path.display())));
    }
    RunFolder::check(path, top)?;
    let mut ladder = Ladder { top, variants, texts: BTreeMap::new(), vectors: BTreeMap::new() };
    ladder.load_texts(session)?;
    ladder.offer_class_weights(session.progress)?;
    ladder.fit(session.progress)?;
    let _run = RunFolder::create(path, top)?; // its lock
    let from = steps.config(|_| false)?.to_commented_toml()?;
    write_atomically(&records.ladder_from_path(), |out| out.write_all(from.as_bytes()))?;
    let trainings = ladder.train(&path.join("trainings"), session)?;
    let results = ladder.results(steps.described(), &trainings)?;
    records.write_ladder(&results)?;
    Ok(results)
}

/// Every config that is trained, the foot first and the top last of those with steps added one by one; then the top without
/// each of its steps. A ladder of one step has no such: the top without it is the foot.
fn variants(steps: &Steps) -> Result<Vec<Config>> {
    let added = (0..=steps.len()).map(|taken| steps.config(|place| place < taken));
    let left_out = (0..steps.len()).map(|left_out| steps.config(|place| place != left_out));
    added.chain(left_out).map(|config| config?.in_one_unit()).collect()
}

/// A ladder in progress.
struct Ladder<'a> {
    top: &'a Config,
    variants: Vec<Config>,
    /// By what they depend on.
    texts: BTreeMap<String, Texts>,
    vectors: BTreeMap<String, Vectors>,
}

/// What a variant's texts depend on, of all that variants differ in.
fn texts_key(config: &Config) -> Result<String> {
    keys::of(&json!({
        "tokenizer": config.tokenizer,
        "vocab": config.vocab,
        "class_weight": config.training.class_weight,
    }))
}

/// What the vectors of an embedding depend on.
fn vectors_key(config: &Config, embedding: &Embedding) -> Result<String> {
    let specs = config.specs(embedding).map(EmbeddingSpec::to_table).collect::<Result<Vec<_>>>()?;
    keys::of(&json!({ "specs": specs, "texts": texts_key(config)? }))
}

impl Ladder<'_> {
    fn load_texts(&mut self, session: &Session) -> Result<()> {
        for config in &self.variants {
            if let Entry::Vacant(place) = self.texts.entry(texts_key(config)?) {
                let texts = place.insert(Texts::load(config, session)?);
                if texts.validation.is_empty() {
                    let what = "a ladder needs validation texts, and there are too few training texts to cut any from";
                    return Err(Error::data(what));
                }
            }
        }
        Ok(())
    }

    /// Says how class weights become a step, where the classes are uneven and no variant has weights.
    fn offer_class_weights(&self, progress: &dyn Progress) -> Result<()> {
        let sizes = &self.texts(self.top)?.class_sizes;
        let has_weights = |config: &Config| config.training.class_weight != ClassWeight::None;
        if are_uneven(sizes) && !self.variants.iter().any(has_weights) {
            progress.notice(
                "the classes are uneven: --set training.class_weight=balanced makes class weights a step of the ablation",
            );
        }
        Ok(())
    }

    /// Chooses what the variants leave to the program.
    fn fit(&mut self, progress: &dyn Progress) -> Result<()> {
        for variant in 0..self.variants.len() {
            let texts = &self.texts[&texts_key(&self.variants[variant])?];
            self.variants[variant] = texts.fit(&self.variants[variant], progress);
        }
        Ok(())
    }

    fn texts(&self, config: &Config) -> Result<&Texts> {
        Ok(&self.texts[&texts_key(config)?])
    }

    /// Every training of a variant: pair after pair, seed after seed.
    fn runs(&self) -> impl Iterator<Item = (Pair, u64)> + '_ {
        self.top.pairs().flat_map(|pair| self.top.all_seeds().map(move |seed| (pair.clone(), seed)))
    }

    /// Does what is not done yet, each network once however many variants share its settings. By key.
    fn train(&mut self, folder: &Path, session: &Session) -> Result<BTreeMap<String, Training>> {
        let progress = session.progress;
        let (mut done, mut wanted) = (BTreeMap::new(), Vec::new());
        for (number, config) in self.variants.iter().enumerate() {
            for (pair, seed) in self.runs() {
                let key = run::keys::pair(config, self.texts(config)?, &pair, seed)?;
                if done.contains_key(&key) || wanted.iter().any(|(_, _, _, other)| *other == key) {
                    continue;
                }
                match rung::finished(folder, &key, progress)? {
                    Some(training) => drop(done.insert(key, training)),
                    None => wanted.push((number, pair, seed, key)),
                }
            }
        }
        if !done.is_empty() {
            progress.notice(&format!("{} of an earlier ladder", counted(done.len(), "training")));
        }
        for (number, (embedding, _), ..) in &wanted {
            let config = &self.variants[*number];
            let key = vectors_key(config, embedding)?;
            if !self.vectors.contains_key(&key) {
                let vectors = Vectors::make(embedding, config, self.texts(config)?, session)?;
                self.vectors.insert(key, vectors);
            }
        }
        let job = |(number, pair, seed, key): (usize, Pair, u64, String)| {
            let config = &self.variants[number];
            let (texts, vectors) = (self.texts(config)?, &self.vectors[&vectors_key(config, &pair.0)?]);
            Ok(Job { config, texts, vectors, pair, seed, key, folder })
        };
        let jobs: Vec<Job> = wanted.into_iter().map(job).collect::<Result<_>>()?;
        progress.begin(&counted(jobs.len(), "training"), "texts", Some(jobs.iter().map(Job::texts).sum()));
        let work = |job: &Job, progress: &dyn Progress| job.run(&self.name(job), progress);
        let trained = workers::run(&jobs, progress, work, |training| {
            done.insert(training.key.clone(), training);
            Ok(())
        });
        progress.end();
        trained.map(|()| done)
    }

    /// What a training is called while it is under way: "rung 3, word2vec + gru, seed 1".
    fn name(&self, job: &Job) -> String {
        let number = self.variants.iter().position(|config| config == job.config).unwrap_or_default();
        let rungs = self.variants.len().div_ceil(2);
        let place =
            if number < rungs { format!("rung {number}") } else { format!("without step {}", number - rungs + 1) };
        format!("{place}, {} + {}, seed {}", job.pair.0.name(), job.pair.1.name(), job.seed)
    }

    fn results(&self, steps: Vec<LadderStep>, trainings: &BTreeMap<String, Training>) -> Result<LadderResults> {
        let mut variants = Vec::new();
        for config in &self.variants {
            let texts = self.texts(config)?;
            let keys = self.runs().map(|(pair, seed)| run::keys::pair(config, texts, &pair, seed));
            let trainings = keys.map(|key| Ok(trainings[&key?].clone())).collect::<Result<Vec<Training>>>()?;
            variants.push(trainings.into_iter().map(|training| (training.run, training.predicted)).collect());
        }
        let texts = self.texts(self.top)?;
        let evaluation = Evaluation {
            truth: texts.validation.labels(),
            num_classes: texts.corpus.labels.len(),
            main_score: texts.main_score,
            statistics: &self.top.statistics,
            seed: self.top.seed,
        };
        Ok(judge::judge(texts.corpus.protocol.clone(), steps, variants, &evaluation))
    }
}
