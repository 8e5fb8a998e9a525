//! Pretraining: a language model over the training texts, labels unused, whose weights a classifier begins with.
//!
//! *takes* a [`LanguageModel`] and encoded texts -> *gives* what it cost the model to predict a word, epoch by epoch.

use std::time::Instant;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use super::{MAX_EPOCHS, Schedule, TrainConfig, check_finite};
use crate::batch::{Batch, Encoded, shuffled_batches};
use crate::families::size_within;
use crate::layers::Optimizer;
use crate::layers::optimizer::{Decay, OptimizerStep};
use crate::model::Classifier;
use crate::model::language::{LanguageModel, Predicted};
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::{Progress, computed};
use ninefold_core::subnormals::FlushSubnormals;

/// Below so many texts a language model learns nothing but them.
const FEWEST_TEXTS: usize = 100;

/// Whether and how recurrent networks are pretrained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct PretrainConfig {
    /// Number of passes over the training texts in which a recurrent network learns to predict each word from the preceding
    /// words, and from the following words, before it learns labels; 0: none. Word vectors are trained too, unless
    /// model.freeze_embeddings.
    pub epochs: usize,
    /// Adam's learning rate during pretraining; cosine decay to 0.
    pub learning_rate: f64,
    /// Number of negative samples, shared by 512 predictions.
    pub noise: usize,
}

impl Default for PretrainConfig {
    fn default() -> PretrainConfig {
        PretrainConfig { epochs: 0, learning_rate: 2e-3, noise: 256 }
    }
}

/// Negative samples at most.
const MAX_NOISE: usize = 1 << 20;

impl PretrainConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::invalid_value("learning_rate", "a number above 0", self.learning_rate));
        }
        if self.epochs > MAX_EPOCHS {
            return Err(Error::invalid_value("epochs", format!("at most {MAX_EPOCHS}"), self.epochs));
        }
        size_within("noise", self.noise, MAX_NOISE)
    }
}

/// What one epoch of pretraining gave.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PretrainEpoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss of a word of the training texts, with dropout.
    pub train_loss: f64,
    /// Mean loss of a word of the validation texts after the epoch.
    pub validation_loss: f64,
    /// Seconds for both.
    pub seconds: f64,
}

/// Pretrains; batch size, length of texts and limit on gradients are the training's.
///
/// # Errors
/// [`Error::Data`] for fewer than 100 texts, [`Error::Diverged`] when the loss or the gradient is no longer finite, [`Error::Interrupted`] when
/// `progress` says so.
pub fn pretrain(
    model: &mut LanguageModel,
    [train, validation]: [&Encoded; 2],
    config: &PretrainConfig,
    training: &TrainConfig,
    seed: u64,
    progress: &dyn Progress,
) -> Result<Vec<PretrainEpoch>> {
    if train.len() < FEWEST_TEXTS {
        return Err(Error::data(format!(
            "pretraining needs at least {FEWEST_TEXTS} training texts, found {}: set pretraining.epochs = 0",
            train.len()
        )));
    }
    let _flushing = FlushSubnormals::enter();
    let limit = (training.max_grad_norm > 0.0).then_some(training.max_grad_norm);
    let mut optimizer = Optimizer::new(&model.parameters());
    let mut history = Vec::new();
    for epoch in 1..=config.epochs {
        let start = Instant::now();
        let batches = shuffled_batches(train, training.batch_size, training.bucket_by_length, seed ^ PURPOSE, epoch);
        let mut total = Predicted::default();
        for (number, indices) in batches.iter().enumerate() {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let (step, steps) = ((epoch - 1) * batches.len() + number, config.epochs * batches.len());
            let learning_rate = config.learning_rate * Schedule::Cosine.factor(step, steps, 0.0);
            let step = OptimizerStep { learning_rate, weight_decay: 0.0, decay: Decay::Gradient, max_grad_norm: limit };
            let (predicted, norm) = computed(progress, || {
                let batch = Batch::pack(train, indices, training.max_len(), training.padding);
                let predicted = model.train_batch(&batch, &[seed, PURPOSE, epoch as u64, number as u64]);
                (predicted, optimizer.step(model.parameters_mut(), step))
            });
            check_finite(predicted.loss, norm, (epoch, number + 1))?;
            total.loss += predicted.loss;
            total.words += predicted.words;
            progress.advance(indices.len() as u64);
            progress.status(&format!("pretraining {epoch}/{}  loss of a word {:.3}", config.epochs, mean(total)));
        }
        let validation_loss = score(model, validation, training)?;
        let seconds = start.elapsed().as_secs_f64();
        history.push(PretrainEpoch { epoch, train_loss: mean(total), validation_loss, seconds });
    }
    Ok(history)
}

/// Keeps pretraining's random numbers apart from training's.
const PURPOSE: u64 = 0x9e7a;

fn mean(predicted: Predicted) -> f64 {
    predicted.loss / predicted.words.max(1) as f64
}

/// The mean loss of a word; 0 without texts.
fn score(model: &mut LanguageModel, texts: &Encoded, training: &TrainConfig) -> Result<f64> {
    let mut total = Predicted::default();
    let all: Vec<usize> = (0..texts.len()).collect();
    for (number, indices) in all.chunks(training.batch_size).enumerate() {
        let batch = Batch::pack(texts, indices, training.max_len(), training.padding);
        let predicted = model.score(&batch, &[PURPOSE, number as u64]);
        total.loss += predicted.loss;
        total.words += predicted.words;
    }
    Ok(mean(total))
}

/// Gives a classifier what the language model has learned: every parameter that has the same name and shape and is trained.
/// Returns how many those are.
pub fn hand_over(from: &LanguageModel, to: &mut dyn Classifier) -> usize {
    let learned = from.parameters();
    let mut handed = 0;
    for parameter in to.parameters_mut().into_iter().filter(|parameter| parameter.is_trained()) {
        let twin = learned.iter().find(|twin| twin.name == parameter.name && twin.shape == parameter.shape);
        if let Some(twin) = twin {
            parameter.value.copy_from_slice(&twin.value);
            handed += 1;
        }
    }
    handed
}
