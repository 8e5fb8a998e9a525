//! Texts -> labels with their probabilities, by a saved model, or by several that answer together.
//!
//! *takes* the folder of a [`Bundle`] or an [`Ensemble`] and texts -> *gives* a [`Prediction`] per text.

use std::path::Path;
use std::sync::Arc;

use crate::bundle::{Bundle, BundleConfig, Ensemble, is_ensemble};
use ninefold_core::error::Result;
use ninefold_core::phrasing::{counted, listed};
use ninefold_core::progress::Progress;
use ninefold_metrics::{Rule, Vote, calibration, most_probable, tempered};
use ninefold_nn::batch::Encoded;
use ninefold_nn::model::{Classifier, Reading, predict_logits};
use ninefold_text::tokenize::Tokenizer;

/// Texts that go through the network together.
const BATCH_SIZE: usize = 64;

/// A saved model at work.
#[derive(Debug)]
pub struct Predictor {
    members: Vec<Member>,
    temperature: f64,
}

/// One network, alone or among others.
#[derive(Debug)]
struct Member {
    bundle: Bundle,
    tokenizer: Tokenizer,
    weight: f64,
    /// The first member that makes the same ids of a text, and the same vectors of words outside of the vocabulary.
    reads_like: usize,
}

/// Texts as a member reads them.
#[derive(Debug, Default)]
struct Read {
    texts: Encoded,
    outside: Arc<[f32]>, // [words, dim] vectors of words outside of the vocabulary
}

/// What a model says about one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The most probable label, as an index into [`Predictor::labels`].
    pub label: u32,
    /// The probability of each label. `[num_classes]`
    pub probabilities: Vec<f32>,
}

impl Prediction {
    /// The probability of the most probable label.
    pub fn probability(&self) -> f32 {
        self.probabilities[self.label as usize]
    }

    /// The `n` most probable labels, best first, ties by label.
    pub fn top(&self, n: usize) -> Vec<(u32, f32)> {
        let mut order: Vec<(u32, f32)> = (0..).zip(self.probabilities.iter().copied()).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order.truncate(n);
        order
    }
}

impl Predictor {
    /// Loads a saved model or ensemble.
    ///
    /// # Errors
    /// As [`Bundle::load`] and [`Ensemble::load`].
    pub fn load(folder: &Path) -> Result<Predictor> {
        let (bundles, temperature) = match is_ensemble(folder) {
            false => (vec![(Bundle::load(folder)?, 1.0)], 1.0),
            true => {
                let Ensemble { config, members } = Ensemble::load(folder)?;
                let weights = config.members.iter().map(|member| member.weight);
                (members.into_iter().zip(weights).collect(), config.temperature)
            }
        };
        let mut members: Vec<Member> = Vec::new();
        for (bundle, weight) in bundles {
            let tokenizer = Tokenizer::new(&bundle.config.tokenizer)?;
            let is_same = |other: &Member| {
                other.bundle.config.tokenizer == bundle.config.tokenizer
                    && other.bundle.vocab.tokens() == bundle.vocab.tokens()
                    && other.bundle.outside == bundle.outside
            };
            let reads_like = members.iter().position(is_same).unwrap_or(members.len());
            members.push(Member { bundle, tokenizer, weight, reads_like });
        }
        Ok(Predictor { members, temperature })
    }

    /// Class names; a prediction's label points in here.
    pub fn labels(&self) -> &[String] {
        &self.members[0].bundle.labels
    }

    /// What each of its networks is made of; a single one unless it is an ensemble.
    pub fn configs(&self) -> impl Iterator<Item = &BundleConfig> {
        self.members.iter().map(|member| &member.bundle.config)
    }

    /// Its name: "word2vec + gru"; of an ensemble what its networks are.
    pub fn name(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        for name in self.configs().map(BundleConfig::name) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        match self.members.len() {
            1 => names.concat(),
            members => format!("{} together ({})", counted(members, "network"), listed(&names)),
        }
    }

    /// Numbers in all of its networks.
    pub fn parameter_count(&self) -> usize {
        self.members.iter().map(|member| member.bundle.model.parameter_count()).sum()
    }

    /// What the model says about each text; the same whatever other texts go with it.
    ///
    /// # Errors
    /// [`Error::Interrupted`](ninefold_core::Error::Interrupted) when `progress` says so.
    pub fn predict(&mut self, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Prediction>> {
        let classes = self.labels().len();
        let mut vote = Vote::new(Rule::Mean, texts.len() * classes);
        let mut read: Vec<Read> = Vec::new(); // [members]; empty where another's is read
        for number in 0..self.members.len() {
            let member = &mut self.members[number];
            read.push(if member.reads_like == number { member.read(texts) } else { Read::default() });
            let probabilities = member.probabilities(&read[member.reads_like], progress)?;
            vote.add(&probabilities, member.weight);
        }
        let probabilities = tempered(vote.probabilities(classes), classes, self.temperature);
        let labels = most_probable(&probabilities, classes);
        let rows = labels.into_iter().zip(probabilities.chunks_exact(classes));
        Ok(rows.map(|(label, row)| Prediction { label, probabilities: row.to_vec() }).collect())
    }
}

impl Member {
    fn read(&self, texts: &[&str]) -> Read {
        let Bundle { vocab, outside, .. } = &self.bundle;
        let (ids, rows) = match outside {
            None => (vocab.encode_texts(&self.tokenizer, texts), Vec::new()),
            Some(outside) => {
                let read = outside.read(vocab, &self.tokenizer, texts);
                (read.ids, read.rows)
            }
        };
        let mut encoded = Encoded::default();
        ids.iter().for_each(|ids| encoded.push(ids, 0));
        Read { texts: encoded, outside: rows.into() }
    }

    /// -> `[texts, num_classes]`
    fn probabilities(&mut self, read: &Read, progress: &dyn Progress) -> Result<Vec<f32>> {
        let reading = self.bundle.config.reading;
        let reading = Reading { batch_size: BATCH_SIZE, max_len: reading.max_len, padding: reading.padding };
        let model = &mut self.bundle.model;
        model.set_outside(Arc::clone(&read.outside));
        let logits = predict_logits(model, &read.texts, reading, progress)?;
        let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
        Ok(calibration::probabilities(&logits, model.num_classes(), self.bundle.config.temperature))
    }
}
