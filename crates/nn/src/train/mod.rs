//! The training loop: epochs of shuffled batches, Adam, early stopping on validation, the best epoch kept.
//!
//! *takes* a classifier and encoded texts -> *gives* the classifier with the parameters of its best epoch, and the history.
//! Knows no files: after each epoch it hands out a [`Checkpoint`] from which the same bits go on.

mod epochs;
pub mod pretrain;
mod schedule;

use std::ops::RangeInclusive;
use std::time::Instant;

use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

use crate::batch::{Batch, Encoded, Padding, shuffled_batches};
use crate::class_weight::ClassWeight;
use crate::families::size_within;
use crate::layers::Optimizer;
use crate::layers::optimizer::{Decay, OptimizerStep};
use crate::model::{Classifier, Distillation, LossConfig, Reading, argmax, predict_proba};
use ninefold_core::Auto;
use ninefold_core::error::{Error, Result};
use ninefold_core::progress::{Progress, computed};
use ninefold_core::subnormals::FlushSubnormals;
use ninefold_metrics::{Confusion, MainScore, Scores};
pub use schedule::Schedule;

/// How a network is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Maximum number of passes over the training texts, or "auto": as many as give about 850 √classes optimizer steps, from 8 (of more
    /// than 40,000 texts as many as 10,000 steps need, at least 2) to 24.
    pub epochs: Auto<usize>,
    /// Number of texts per optimizer step.
    pub batch_size: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// Learning rate schedule: "constant", "cosine" (cosine decay to 0), or "one_cycle" (cosine warm-up from 1/25, then cosine
    /// decay to 0).
    pub schedule: Schedule,
    /// Fraction of all steps in which the learning rate rises to its height; 0 with "one_cycle": 0.3.
    pub warmup: f64,
    /// "adam", or "adamw" (decoupled weight decay).
    pub optimizer: OptimizerKind,
    /// L2 penalty (adam) or decoupled weight decay (adamw); 0: none.
    pub weight_decay: f64,
    /// Fraction of a text's label that is spread evenly over all classes.
    pub label_smoothing: f64,
    /// Answer with a running mean of the weights, of which each step keeps this fraction (0.999: about the last 1,000 steps);
    /// 0: with the weights themselves.
    pub average_decay: f64,
    /// Number of initial epochs during which word vectors stay frozen. Ignored if model.freeze_embeddings is true.
    pub frozen_epochs: usize,
    /// The learning rate of word vectors, as a multiple of learning_rate.
    pub embedding_rate: f64,
    /// Update a word vector only in batches in which its word occurs (as PyTorch's SparseAdam does), not also by its remaining
    /// momentum. Faster for large vocabularies.
    pub sparse_embeddings: bool,
    /// Gradient clipping: maximum norm of the gradient; 0: no clipping.
    pub max_grad_norm: f64,
    /// Early stopping: number of epochs without a better validation score; 0: no early stopping.
    pub patience: usize,
    /// Maximum number of tokens of a text; the rest is cut off. "auto": so many that 95 % of the training texts are read whole, at
    /// least 200 and at most 1000.
    pub max_len: Auto<usize>,
    /// "exact" processes every text up to its last token; "trailing" pads every text to max_len and processes the padding too.
    pub padding: Padding,
    /// Batch texts of similar length together.
    pub bucket_by_length: bool,
    /// Class weights in networks and linear baselines: "none" (equal), "balanced" (inversely proportional to class frequency), or
    /// a table: { spam = 5.0 }.
    pub class_weight: ClassWeight,
}

/// Which optimiser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerKind {
    /// Kingma & Ba 2015, weight decay as an L2 penalty.
    #[default]
    Adam,
    /// Loshchilov & Hutter 2019, weight decay apart from the gradient.
    AdamW,
}

impl Default for TrainConfig {
    fn default() -> TrainConfig {
        TrainConfig {
            epochs: Auto::Value(12),
            batch_size: 32,
            learning_rate: 2e-3,
            schedule: Schedule::Constant,
            warmup: 0.0,
            optimizer: OptimizerKind::Adam,
            weight_decay: 0.0,
            label_smoothing: 0.0,
            average_decay: 0.0,
            frozen_epochs: 0,
            embedding_rate: 1.0,
            sparse_embeddings: false,
            max_grad_norm: 1.0,
            patience: 3,
            max_len: Auto::Auto,
            padding: Padding::Exact,
            bucket_by_length: false,
            class_weight: ClassWeight::None,
        }
    }
}

/// Epochs at most.
const MAX_EPOCHS: usize = 1_000_000;
/// Texts of a batch at most.
const MAX_BATCH_SIZE: usize = 1 << 20;
/// Tokens of a text at most: a batch of 32 such texts has 2^29 states per unit.
const MAX_LEN: usize = 1 << 24;

/// What "auto" chooses for `max_len`.
const AUTO_MAX_LEN: RangeInclusive<usize> = 200..=1000;
/// The fraction of the training texts that it wants to be read whole.
const READ_WHOLE: f64 = 0.95;
/// It chooses multiples of this.
const LENGTH_STEP: usize = 50;

/// The length of which only few texts are longer.
fn usual_length(texts: &Encoded) -> usize {
    let mut lengths: Vec<usize> = (0..texts.len()).map(|index| texts.text(index).len()).collect();
    lengths.sort_unstable();
    let index = (READ_WHOLE * lengths.len() as f64).ceil() as usize;
    let length = index.checked_sub(1).map_or(0, |index| lengths[index]);
    length.next_multiple_of(LENGTH_STEP).clamp(*AUTO_MAX_LEN.start(), *AUTO_MAX_LEN.end())
}

impl TrainConfig {
    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] names the first one without meaning.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("epochs", self.epochs.or(1), MAX_EPOCHS),
            ("batch_size", self.batch_size, MAX_BATCH_SIZE),
            ("max_len", self.max_len(), MAX_LEN),
        ];
        for (key, value, max) in counts {
            size_within(&format!("training.{key}"), value, max)?;
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::invalid_value("training.learning_rate", "a number above 0", self.learning_rate));
        }
        self.class_weight.validate()?;
        let fractions =
            [("warmup", self.warmup), ("label_smoothing", self.label_smoothing), ("average_decay", self.average_decay)];
        if let Some((key, value)) = fractions.into_iter().find(|(_, value)| !(0.0..1.0).contains(value)) {
            return Err(Error::invalid_value(format!("training.{key}"), "a fraction from 0 to below 1", value));
        }
        let sizes = [
            ("weight_decay", self.weight_decay),
            ("max_grad_norm", self.max_grad_norm),
            ("embedding_rate", self.embedding_rate),
        ];
        match sizes.into_iter().find(|(_, value)| !(*value >= 0.0 && value.is_finite())) {
            Some((key, value)) => Err(Error::invalid_value(format!("training.{key}"), "0 or more", value)),
            None => Ok(()),
        }
    }

    /// The number of tokens after which a text is cut: the least that "auto" can choose, where nothing was chosen.
    pub fn max_len(&self) -> usize {
        self.max_len.or(*AUTO_MAX_LEN.start())
    }

    /// The settings that fit training texts: `max_len = "auto"` and `epochs = "auto"` are replaced by numbers.
    ///
    /// # Examples
    /// ```
    /// use ninefold_nn::batch::Encoded;
    /// use ninefold_nn::train::TrainConfig;
    ///
    /// let mut texts = Encoded::default();
    /// (1..=20).for_each(|length| texts.push(&vec![2; 20 * length], 0));
    /// assert_eq!(TrainConfig::default().fitted(&texts, 2).max_len(), 400);
    /// ```
    pub fn fitted(&self, train: &Encoded, num_classes: usize) -> TrainConfig {
        let max_len = match self.padding {
            Padding::Exact => self.max_len.or(usual_length(train)),
            Padding::Trailing => self.max_len(), // every text costs that many steps
        };
        let epochs = self.epochs_for(train.len(), num_classes);
        TrainConfig { max_len: Auto::Value(max_len), epochs: Auto::Value(epochs), ..self.clone() }
    }

    /// Epochs, at most, for so many training texts in so many classes.
    pub fn epochs_for(&self, texts: usize, classes: usize) -> usize {
        self.epochs.or(epochs::by_steps(texts, classes, self.batch_size))
    }

    /// How texts are read, in training and afterwards.
    pub fn reading(&self) -> Reading {
        Reading { batch_size: self.batch_size, max_len: self.max_len(), padding: self.padding }
    }
}

/// What one epoch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean loss of the training texts (their cross-entropy, unless there is a teacher), with dropout, as the parameters
    /// changed.
    pub train_loss: f64,
    /// Fraction of training texts classified rightly meanwhile.
    pub train_accuracy: f64,
    /// Mean cross-entropy of the validation texts after the epoch.
    pub validation_loss: f64,
    /// Fraction of validation texts classified rightly after the epoch.
    pub validation_accuracy: f64,
    /// Mean F1 of the classes on the validation texts after the epoch.
    #[serde(default)]
    pub validation_f1_macro: f64,
    /// Mean norm of the gradient before clipping.
    pub grad_norm: f64,
    /// Seconds for the epoch, validation included.
    pub seconds: f64,
}

impl Epoch {
    /// The score on the validation texts by which epochs and settings are chosen.
    pub fn validation_score(&self, main: MainScore) -> f64 {
        match main {
            MainScore::Accuracy => self.validation_accuracy,
            MainScore::F1Macro => self.validation_f1_macro,
        }
    }
}

/// All that training needs to go on after an epoch, to the same bits as if it had never stopped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// The epochs so far.
    pub history: Vec<Epoch>,
    /// The values of every trained parameter, in the model's order.
    pub parameters: Vec<Vec<f32>>,
    /// Their running means, where the model answers with those; else empty.
    pub averages: Vec<Vec<f32>>,
    /// The values to answer with after the best epoch.
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
    /// How much each training text counts, its class included; nothing: all the same. `[texts]`
    pub text_weights: &'a [f64],
    /// A model that is learned from beside the labels.
    pub teacher: Option<Teacher<'a>>,
    /// Seed of shuffling and dropout.
    pub seed: u64,
}

/// What a teacher says of the training texts.
#[derive(Clone, Copy, Debug)]
pub struct Teacher<'a> {
    /// Its probabilities at the temperature of `distillation`. `[texts, num_classes]`
    pub targets: &'a [f32],
    /// How much that counts.
    pub distillation: Distillation,
}

/// Trains until the last epoch or until `patience` runs out, from the beginning or from a checkpoint; then the model holds
/// the parameters of its best epoch (highest validation score, of equals the lowest validation loss).
///
/// `after_epoch` gets a checkpoint after every epoch; an error of its own ends the training.
///
/// # Errors
/// [`Error::Diverged`] when the loss or the gradient is no longer finite, [`Error::Interrupted`] when `progress` says so, and whatever
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
    let _flushing = FlushSubnormals::enter();
    let epochs = config.epochs_for(data.train.len(), model.num_classes());
    let mut state = match resume {
        Some(checkpoint) => {
            let unfit = |found| Error::data(format!("the checkpoint is of another model: it has {found}"));
            checkpoint.check(model).map_err(unfit)?;
            set_parameters(model, &checkpoint.parameters);
            checkpoint
        }
        None => Checkpoint { optimizer: Optimizer::new(&model.parameters()), ..Checkpoint::default() },
    };
    while !state.finished {
        let epoch = run_epoch(model, data, (config, epochs), &mut state, progress)?;
        let best = state.history.get(state.best_epoch.wrapping_sub(1));
        if best.is_none_or(|best| is_better(&epoch, best, data)) {
            state.best_epoch = epoch.epoch;
            state.best_parameters = state.answers(model);
        }
        let without_gain = epoch.epoch - state.best_epoch;
        state.finished = epoch.epoch >= epochs || (config.patience > 0 && without_gain >= config.patience);
        state.history.push(epoch);
        state.parameters = get_parameters(model);
        after_epoch(&state)?;
    }
    set_parameters(model, &state.best_parameters);
    Ok(state)
}

impl Checkpoint {
    /// Checks that training `model` can resume from it: epochs counted from 1, values and optimizer state of its parameters' lengths.
    ///
    /// # Errors
    /// What the checkpoint has instead.
    pub fn check(&self, model: &dyn Classifier) -> std::result::Result<(), String> {
        let epochs = self.history.len();
        if self.history.iter().enumerate().any(|(index, epoch)| epoch.epoch != index + 1) {
            return Err("epochs that are not counted from 1".to_string());
        }
        if !(1..=epochs).contains(&self.best_epoch) {
            return Err(format!("epoch {} as the best of {epochs}", self.best_epoch));
        }
        let all = model.parameters();
        let trained: Vec<usize> = all.iter().filter(|it| it.is_trained()).map(|it| it.value.len()).collect();
        let gradients: Vec<usize> = all.iter().map(|it| it.gradient.len()).collect();
        let lengths = |values: &[Vec<f32>]| -> Vec<usize> { values.iter().map(Vec::len).collect() };
        let groups = [
            ("parameters", &self.parameters, &trained),
            ("best parameters", &self.best_parameters, &trained),
            ("means of the optimizer", &self.optimizer.means, &gradients),
            ("squares of the optimizer", &self.optimizer.squares, &gradients),
        ];
        let averages = (!self.averages.is_empty()).then_some(("averages", &self.averages, &trained));
        if let Some((name, ..)) =
            groups.into_iter().chain(averages).find(|(_, values, expected)| lengths(values) != **expected)
        {
            return Err(format!("{name} of other shapes"));
        }
        if self.optimizer.steps.len() != gradients.len() {
            return Err(format!("{} step counts for {} parameters", self.optimizer.steps.len(), gradients.len()));
        }
        Ok(())
    }

    /// The values that the model answers with.
    fn answers(&self, model: &dyn Classifier) -> Vec<Vec<f32>> {
        if self.averages.is_empty() { get_parameters(model) } else { self.averages.clone() }
    }

    /// Moves the running means towards the parameters. The first steps count as much as those after them: the fraction kept
    /// rises to `decay` as (1 + n) / (10 + n).
    fn average(&mut self, model: &dyn Classifier, decay: f64, step: usize) {
        if decay == 0.0 {
            return;
        }
        let kept = decay.min((1 + step) as f64 / (10 + step) as f64) as f32;
        if self.averages.is_empty() {
            self.averages = get_parameters(model);
        }
        let trained = model.parameters().into_iter().filter(|parameter| parameter.is_trained());
        for (average, parameter) in self.averages.iter_mut().zip(trained) {
            average.iter_mut().zip(&parameter.value).for_each(|(mean, value)| *mean += (1.0 - kept) * (value - *mean));
        }
    }
}

fn is_better(epoch: &Epoch, best: &Epoch, data: TrainData) -> bool {
    let score = |epoch: &Epoch| epoch.validation_score(data.choose_by);
    let by_loss = score(epoch) == score(best) && epoch.validation_loss < best.validation_loss;
    data.validation.is_empty() || by_loss || score(epoch) > score(best)
}

/// Refuses a loss or a norm of the gradient that is not finite.
///
/// # Errors
/// [`Error::Diverged`] with the one that is not, and the epoch and the batch, both counted from 1.
fn check_finite(loss: f64, norm: f64, (epoch, batch): (usize, usize)) -> Result<()> {
    let values = [("the loss", loss), ("the norm of the gradient", norm)];
    match values.into_iter().find(|(_, value)| !value.is_finite()) {
        Some((what, value)) => Err(Error::Diverged { what, value, epoch, batch }),
        None => Ok(()),
    }
}

fn run_epoch(
    model: &mut dyn Classifier,
    data: TrainData,
    (config, epochs): (&TrainConfig, usize),
    state: &mut Checkpoint,
    progress: &dyn Progress,
) -> Result<Epoch> {
    let start = Instant::now();
    let number = state.history.len() + 1;
    let batches = shuffled_batches(data.train, config.batch_size, config.bucket_by_length, data.seed, number);
    let limit = (config.max_grad_norm > 0.0).then_some(config.max_grad_norm);
    let decay = if config.optimizer == OptimizerKind::AdamW { Decay::Weight } else { Decay::Gradient };
    let distillation = data.teacher.map_or(Distillation::default(), |teacher| teacher.distillation);
    let objective = LossConfig { label_smoothing: config.label_smoothing as f32, distillation };
    let rate = if number > config.frozen_epochs { config.embedding_rate } else { 0.0 };
    model.set_embedding_steps(rate, config.sparse_embeddings);
    let (mut loss, mut correct, mut seen, mut norms) = (0.0, 0, 0, 0.0);
    for (index, indices) in batches.iter().enumerate() {
        if progress.is_cancelled() {
            return Err(Error::Interrupted);
        }
        let done = (number - 1) * batches.len() + index;
        let factor = config.schedule.factor(done, epochs * batches.len(), config.warmup);
        let learning_rate = config.learning_rate * factor;
        let step = OptimizerStep { learning_rate, weight_decay: config.weight_decay, decay, max_grad_norm: limit };
        let (result, norm) = computed(progress, || {
            let chunk_len = model.chunk_len();
            let mut batch = Batch::pack_chunks(data.train, indices, config.max_len(), config.padding, chunk_len);
            if !data.text_weights.is_empty() {
                batch.set_text_weights(data.text_weights);
            }
            if let Some(teacher) = data.teacher {
                batch.set_soft_targets(teacher.targets, model.num_classes());
            }
            let result = model.train_batch(&batch, &[data.seed, number as u64, index as u64], objective);
            let norm = state.optimizer.step(model.parameters_mut(), step);
            state.average(model, config.average_decay, done);
            (result, norm)
        });
        let mean_loss = result.loss / indices.len() as f64;
        check_finite(mean_loss, norm, (number, index + 1))?;
        loss += result.loss;
        correct += result.correct;
        seen += indices.len();
        norms += norm;
        progress.advance(indices.len() as u64);
        progress.status(&status((number, epochs), loss / seen as f64, correct as f64 / seen as f64, state));
    }
    let (validation_loss, validation) = computed(progress, || {
        if state.averages.is_empty() {
            return score(model, data.validation, config, progress);
        }
        let parameters = get_parameters(model);
        set_parameters(model, &state.averages);
        let scored = score(model, data.validation, config, progress);
        set_parameters(model, &parameters);
        scored
    })?;
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
fn status((epoch, epochs): (usize, usize), loss: f64, accuracy: f64, state: &Checkpoint) -> String {
    let mut text = format!("epoch {epoch}/{epochs}  loss {loss:.3}  train {:.1} %", 100.0 * accuracy);
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
        confusion.add(label, argmax(row) as u32);
    }
    Ok((loss / texts.len().max(1) as f64, confusion.scores()))
}

fn get_parameters(model: &dyn Classifier) -> Vec<Vec<f32>> {
    let trained = model.parameters().into_iter().filter(|parameter| parameter.is_trained());
    trained.map(|parameter| parameter.value.to_vec()).collect()
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn divergence_names_what_diverged() {
        let said = |loss, norm| check_finite(loss, norm, (3, 17)).map_err(|error| error.to_string());
        assert_eq!(said(0.7, 2.0), Ok(()));
        let of_loss = said(f64::NAN, f64::NAN).unwrap_err();
        assert!(of_loss.starts_with("the loss became NaN in epoch 3, batch 17: lower learning_rate"), "{of_loss}");
        let of_norm = said(0.7, f64::INFINITY).unwrap_err();
        assert!(of_norm.starts_with("the norm of the gradient became inf in epoch 3, batch 17"), "{of_norm}");
    }
}
