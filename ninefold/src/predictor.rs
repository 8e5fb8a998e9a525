//! Texts -> labels with their probabilities, by a saved model.
//!
//! *takes* the folder of a [`Bundle`] and texts -> *gives* a [`Prediction`] per text.

use std::path::Path;

use crate::batch::Encoded;
use crate::bundle::{Bundle, BundleConfig};
use crate::error::Result;
use crate::eval::{calibration, most_probable};
use crate::model::{Classifier, Reading, predict_logits};
use crate::progress::Progress;
use crate::tokenize::Tokenizer;

/// Texts that go through the network together.
const BATCH_SIZE: usize = 64;

/// A saved model at work.
#[derive(Debug)]
pub struct Predictor {
    bundle: Bundle,
    tokenizer: Tokenizer,
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
    /// Loads a saved model.
    ///
    /// # Errors
    /// As [`Bundle::load`].
    pub fn load(folder: &Path) -> Result<Predictor> {
        let bundle = Bundle::load(folder)?;
        let tokenizer = Tokenizer::new(&bundle.config.tokenizer)?;
        Ok(Predictor { bundle, tokenizer })
    }

    /// Class names; a prediction's label points in here.
    pub fn labels(&self) -> &[String] {
        &self.bundle.labels
    }

    /// What the model is made of.
    pub fn config(&self) -> &BundleConfig {
        &self.bundle.config
    }

    /// What the model says about each text; the same whatever other texts go with it.
    ///
    /// # Errors
    /// [`Error::Interrupted`](crate::Error::Interrupted) when `progress` says so.
    pub fn predict(&mut self, texts: &[&str], progress: &dyn Progress) -> Result<Vec<Prediction>> {
        let mut encoded = Encoded::default();
        for ids in self.bundle.vocab.encode_texts(&self.tokenizer, texts) {
            encoded.push(&ids, 0);
        }
        let reading = self.bundle.config.reading;
        let reading = Reading { batch_size: BATCH_SIZE, max_len: reading.max_len, padding: reading.padding };
        let model = &mut self.bundle.model;
        let logits = predict_logits(model, &encoded, reading, progress)?;
        let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
        let classes = model.num_classes();
        let probabilities = calibration::probabilities(&logits, classes, self.bundle.config.temperature);
        let labels = most_probable(&probabilities, classes);
        let rows = labels.into_iter().zip(probabilities.chunks_exact(classes));
        Ok(rows.map(|(label, row)| Prediction { label, probabilities: row.to_vec() }).collect())
    }
}
