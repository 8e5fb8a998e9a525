//! The training loop: epochs of shuffled batches, Adam, early stopping on validation, the best epoch kept.
//!
//! *takes* a classifier and encoded texts -> *gives* the classifier with the parameters of its best epoch, and the history.
//! Knows no files: after each epoch it hands out a [`Checkpoint`] from which the same bits go on.

use std::time::Instant;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use crate::batch::{Batch, Encoded, Padding, shuffled_batches};
use crate::class_weight::ClassWeight;
use crate::error::{Error, Result};
use crate::eval::{Confusion, MainScore, Scores};
use crate::model::{Classifier, Reading, largest, predict_proba};
use crate::nn::Optimizer;
use crate::nn::optimizer::Step;
use crate::progress::Progress;

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Passes over the training texts at most.
    pub epochs: usize,
    /// Texts per step.
    pub batch_size: usize,
    /// Adam's step size.
    pub learning_rate: f64,
    /// L2 penalty that Adam adds to the gradient.
    pub weight_decay: f64,
    /// The gradient is scaled down to this norm; 0 never scales.
    pub max_grad_norm: f64,
    /// Stop after so many epochs without a better validation score; 0 never stops early.
    pub patience: usize,
    /// Tokens of a text at most; the rest is not read.
    pub max_len: usize,
    /// "exact" ends every text at its last token; "trailing" runs the network on over padding up to max_len.
    pub padding: Padding,
    /// Put texts of similar length into the same batch.
    pub bucket_by_length: bool,
    /// How much the texts of a class count, in networks and linear baselines: "none" (all the same), "balanced" (the rarer
    /// the class, the more), or a table: { spam = 5.0 }.
    pub class_weight: ClassWeight,
}

impl Default for TrainConfig {
    fn default() -> TrainConfig {
        TrainConfig {
            epochs: 12,
            batch_size: 32,
            learning_rate: 2e-3,
            weight_decay: 0.0,
            max_grad_norm: 1.0,
            patience: 3,
            max_len: 200,
            padding: Padding::Exact,
            bucket_by_length: false,
            class_weight: ClassWeight::None,
        }
    }
}

impl TrainConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Config`] names the first one without meaning.
    pub fn validate(&self) -> Result<()> {
        let counts = [("epochs", self.epochs), ("batch_size", self.batch_size), ("max_len", self.max_len)];
        if let Some((key, value)) = counts.into_iter().find(|&(_, value)| value == 0) {
            return Err(Error::config(format!("training.{key}"), "at least 1", value));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::config("training.learning_rate", "a number above 0", self.learning_rate));
        }
        self.class_weight.validate()?;
        let sizes = [("weight_decay", self.weight_decay), ("max_grad_norm", self.max_grad_norm)];
        match sizes.into_iter().find(|(_, value)| !(*value >= 0.0 && value.is_finite())) {
            Some((key, value)) => Err(Error::config(format!("training.{key}"), "0 or more", value)),
            None => Ok(()),
        }
    }

    /// How texts are read, in training and afterwards.
    pub fn reading(&self) -> Reading {
        Reading { batch_size: self.batch_size, max_len: self.max_len, padding: self.padding }
    }
}

/// What one epoch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean cross-entropy of the training texts, with dropout, as the parameters changed.
    pub train_loss: f64,
    /// Share of training texts classified rightly meanwhile.
    pub train_accuracy: f64,
    /// Mean cross-entropy of the validation texts after the epoch.
    pub validation_loss: f64,
    /// Share of validation texts classified rightly after the epoch.
    pub validation_accuracy: f64,
    /// Mean F1 of the classes on the validation texts after the epoch.
    #[serde(default)]
    pub validation_f1_macro: f64,
    /// Mean norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Seconds for the epoch, validation included.
    pub seconds: f64,
}

/// All that training needs to go on after an epoch, to the same bits as if it had never stopped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// The epochs so far.
    pub history: Vec<Epoch>,
    /// The values of every trained parameter, in the model's order.
    pub parameters: Vec<Vec<f32>>,
    /// The same after the best epoch.
    pub best_parameters: Vec<Vec<f32>>,
    /// Which epoch that was, counted from 1.
    pub best_epoch: usize,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// True when there is nothing left to train.
    pub finished: bool,
}

/// The data and random numbers of one training.
#[derive(Clone, Copy, Debug)]
pub struct TrainData<'a> {
    /// Learned from.
    pub train: &'a Encoded,
    /// The best epoch is chosen on these; without any the last epoch counts as the best.
    pub validation: &'a Encoded,
    /// By which of their scores.
    pub choose_by: MainScore,
    /// How much the training texts of each class count; nothing: all the same. `[num_classes]`
    pub class_weights: &'a [f64],
    /// Seed of shuffling and dropout.
    pub seed: u64,
}

/// Trains until the last epoch or until `patience` runs out, from the beginning or from a checkpoint; then the model holds
/// the parameters of its best epoch (highest validation score, of equals the lowest validation loss).
///
/// `after_epoch` gets a checkpoint after every epoch; an error of its own ends the training.
///
/// # Errors
/// [`Error::Diverged`] when the loss is no longer finite, [`Error::Interrupted`] when `progress` says so, and whatever
/// `after_epoch` returns.
pub fn fit(
    model: &mut dyn Classifier,
    data: TrainData,
    config: &TrainConfig,
    resume: Option<Checkpoint>,
    progress: &dyn Progress,
    after_epoch: &mut dyn FnMut(&Checkpoint) -> Result<()>,
) -> Result<Checkpoint> {
    config.validate()?;
    let mut state = match resume {
        Some(checkpoint) => {
            set_parameters(model, &checkpoint.parameters);
            checkpoint
        }
        None => Checkpoint { optimizer: Optimizer::new(&model.parameters()), ..Checkpoint::default() },
    };
    while !state.finished {
        let epoch = run_epoch(model, data, config, &mut state, progress)?;
        let best = state.history.get(state.best_epoch.wrapping_sub(1));
        if best.is_none_or(|best| is_better(&epoch, best, data)) {
            state.best_epoch = epoch.epoch;
            state.best_parameters = get_parameters(model);
        }
        let without_gain = epoch.epoch - state.best_epoch;
        state.finished = epoch.epoch >= config.epochs || (config.patience > 0 && without_gain >= config.patience);
        state.history.push(epoch);
        state.parameters = get_parameters(model);
        after_epoch(&state)?;
    }
    set_parameters(model, &state.best_parameters);
    Ok(state)
}

fn is_better(epoch: &Epoch, best: &Epoch, data: TrainData) -> bool {
    let score = |epoch: &Epoch| match data.choose_by {
        MainScore::Accuracy => epoch.validation_accuracy,
        MainScore::F1Macro => epoch.validation_f1_macro,
    };
    let by_loss = score(epoch) == score(best) && epoch.validation_loss < best.validation_loss;
    data.validation.is_empty() || by_loss || score(epoch) > score(best)
}

fn run_epoch(
    model: &mut dyn Classifier,
    data: TrainData,
    config: &TrainConfig,
    state: &mut Checkpoint,
    progress: &dyn Progress,
) -> Result<Epoch> {
    let start = Instant::now();
    let number = state.history.len() + 1;
    let batches = shuffled_batches(data.train, config.batch_size, config.bucket_by_length, data.seed, number);
    let limit = (config.max_grad_norm > 0.0).then_some(config.max_grad_norm);
    let step = Step { learning_rate: config.learning_rate, weight_decay: config.weight_decay, max_grad_norm: limit };
    let (mut loss, mut correct, mut seen, mut norms) = (0.0, 0, 0, 0.0);
    for (place, indices) in batches.iter().enumerate() {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let mut batch = Batch::pack(data.train, indices, config.max_len, config.padding);
        if !data.class_weights.is_empty() {
            batch.weigh(data.class_weights);
        }
        let result = model.train_batch(&batch, &[data.seed, number as u64, place as u64]);
        let mean_loss = result.loss / indices.len() as f64;
        let norm = state.optimizer.step(model.parameters_mut(), step);
        if !mean_loss.is_finite() || !norm.is_finite() {
            let loss = if mean_loss.is_finite() { norm } else { mean_loss };
            return Err(Error::Diverged { epoch: number, batch: place + 1, loss });
        }
        loss += result.loss;
        correct += result.correct;
        seen += indices.len();
        norms += norm;
        progress.advance(indices.len() as u64);
        progress.status(&status(number, config, loss / seen as f64, correct as f64 / seen as f64, state));
    }
    let (validation_loss, validation) = score(model, data.validation, config, progress)?;
    let texts = seen.max(1) as f64;
    Ok(Epoch {
        epoch: number,
        train_loss: loss / texts,
        train_accuracy: correct as f64 / texts,
        validation_loss,
        validation_accuracy: validation.accuracy,
        validation_f1_macro: validation.f1_macro,
        grad_norm: norms / batches.len().max(1) as f64,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// "epoch 3/20  loss 1.234  train 61.2 %  validation 58.0 %"
fn status(epoch: usize, config: &TrainConfig, loss: f64, accuracy: f64, state: &Checkpoint) -> String {
    let mut text = format!("epoch {epoch}/{}  loss {loss:.3}  train {:.1} %", config.epochs, 100.0 * accuracy);
    if let Some(last) = state.history.last() {
        text += &format!("  validation {:.1} %", 100.0 * last.validation_accuracy);
    }
    text
}

/// Mean cross-entropy and scores over some texts; 0 without any.
fn score(
    model: &mut dyn Classifier,
    texts: &Encoded,
    config: &TrainConfig,
    progress: &dyn Progress,
) -> Result<(f64, Scores)> {
    let probabilities = predict_proba(model, texts, config.reading(), progress)?;
    let (mut loss, mut confusion) = (0.0, Confusion::new(model.num_classes()));
    for (row, &label) in probabilities.chunks_exact(model.num_classes()).zip(texts.labels()) {
        loss -= f64::from(row[label as usize].max(f32::MIN_POSITIVE)).ln();
        confusion.add(label, largest(row) as u32);
    }
    Ok((loss / texts.len().max(1) as f64, confusion.scores()))
}

fn get_parameters(model: &dyn Classifier) -> Vec<Vec<f32>> {
    let trained = model.parameters().into_iter().filter(|parameter| parameter.is_trained());
    trained.map(|parameter| parameter.value.clone()).collect()
}

/// Sets the values of every trained parameter.
///
/// # Panics
/// When the values are another model's.
pub fn set_parameters(model: &mut dyn Classifier, values: &[Vec<f32>]) {
    let mut parameters = model.parameters_mut();
    parameters.retain(|parameter| parameter.is_trained());
    assert_eq!(parameters.len(), values.len(), "another model's parameters");
    for (parameter, value) in parameters.into_iter().zip(values) {
        assert_eq!(parameter.value.len(), value.len(), "another model's {}", parameter.name);
        parameter.value.copy_from_slice(value);
    }
}
