//! fastText's classifier: a text is the mean of learned vectors of its words and word n-grams, a linear layer does the rest.
//!
//! Takes ids and labels -> gives a model trained by plain SGD. Single words have rows of their own; longer n-grams are
//! hashed into `bucket` rows.
//!
//! ```text
//! h = mean of the rows of a text's n-grams      z = h W      p = softmax(z)
//! W_k -= η (p_k - y_k) h      each row -= η Σ_k (p_k - y_k) W_k / n      η falls linearly to 0
//! ```
//!
//! # Source
//! Joulin, Grave, Bojanowski & Mikolov, "Bag of tricks for efficient text classification" (2016).

use rayon::prelude::*;

use super::Targets;
use super::baseline::TrainedBaseline;
use super::state::State;
use ninefold_core::error::{Error, Result};
use ninefold_core::memory::slice_bytes;
use ninefold_core::progress::Progress;
use ninefold_core::rng::{Rng, mix};
use ninefold_core::subnormals::{FlushParallel, FlushSubnormals};
use ninefold_text::vocab::UNK;

/// Of the stream of random numbers.
const PURPOSE: &str = "supervised";
/// Texts between two looks at whether to go on.
const LOOK: usize = 256;

/// Length of the vectors at most.
const MAX_DIM: usize = 1 << 16;
/// Epochs at most.
const MAX_EPOCHS: usize = 1_000_000;
/// Words of an n-gram at most.
const MAX_WORD_NGRAMS: usize = 64;
/// Rows of n-grams at most.
const MAX_BUCKETS: usize = 1 << 28;

/// How the bag of n-grams is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct SupervisedConfig {
    /// Length of the vectors.
    pub dim: usize,
    /// Passes over the training texts.
    pub epochs: usize,
    /// Step size at the start; it falls linearly to 0.
    pub learning_rate: f64,
    /// Longest n-gram, in words.
    pub word_ngrams: usize,
    /// Rows that n-grams of two words and more are hashed into.
    pub bucket: usize,
}

impl Default for SupervisedConfig {
    fn default() -> SupervisedConfig {
        SupervisedConfig { dim: 50, epochs: 25, learning_rate: 1.0, word_ngrams: 2, bucket: 200_000 }
    }
}

impl SupervisedConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the key.
    pub fn validate(&self) -> Result<()> {
        let counts = [
            ("dim", self.dim, MAX_DIM),
            ("epochs", self.epochs, MAX_EPOCHS),
            ("word_ngrams", self.word_ngrams, MAX_WORD_NGRAMS),
            ("bucket", self.bucket, MAX_BUCKETS),
        ];
        if let Some((key, value, max)) = counts.into_iter().find(|&(_, value, max)| !(1..=max).contains(&value)) {
            let expected = if value == 0 { "at least 1".to_string() } else { format!("at most {max}") };
            return Err(Error::invalid_value(key, expected, value));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::invalid_value("learning_rate", "a number above 0", self.learning_rate));
        }
        Ok(())
    }
}

/// A trained bag of n-grams.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervised {
    dim: usize,
    num_classes: usize,
    words: usize,
    word_ngrams: usize,
    rows: Vec<f32>,   // [words + bucket, dim]
    output: Vec<f32>, // [num_classes, dim]
    seed: u64,
    trained: Vec<u32>, // rows that a training text reads, rising; all others are as `seed` makes them
}

impl Supervised {
    /// Trains on one thread: each step sees what the one before has done, and is as long as its text and class weigh. Weights of
    /// texts are divided by their mean, so that the steps of all texts together are as long as without them.
    ///
    /// # Errors
    /// [`Error::Interrupted`] when `progress` says so.
    pub fn train(
        texts: &[Vec<u32>],
        targets: Targets,
        vocab_size: usize,
        config: &SupervisedConfig,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Supervised> {
        let _flushing = FlushSubnormals::enter();
        let (dim, num_classes) = (config.dim, targets.num_classes());
        let buckets = if config.word_ngrams > 1 { config.bucket } else { 0 };
        let mut rng = Rng::for_purpose(seed, PURPOSE);
        let rows = initial_values(&mut rng, vocab_size + buckets, dim).collect();
        let (output, trained) = (vec![0.0; num_classes * dim], Vec::new());
        let (words, word_ngrams) = (vocab_size, config.word_ngrams);
        let mut model = Supervised { dim, num_classes, words, word_ngrams, rows, output, seed, trained };
        let features: Vec<Vec<u32>> = texts.par_iter().map(|text| model.features(text)).collect();
        model.trained = features.concat();
        model.trained.par_sort_unstable();
        model.trained.dedup();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        let steps = (config.epochs * texts.len()).max(1) as f64;
        let mean_weight = targets.class_totals().iter().sum::<f64>() / texts.len().max(1) as f64;
        let (mut step, mut scratch) = (0, Scratch::new(dim, num_classes));
        for _ in 0..config.epochs {
            rng.shuffle(&mut order);
            for &text in &order {
                if step % LOOK == 0 && progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let learning_rate = (config.learning_rate * (1.0 - step as f64 / steps)) as f32;
                let (label, weight) = (targets.labels[text] as usize, (targets.weight(text) / mean_weight) as f32);
                model.learn(&features[text], label, learning_rate * weight, &mut scratch);
                step += 1;
            }
            progress.advance(texts.len() as u64);
        }
        Ok(model)
    }

    /// The model that consists of `state`, as [`TrainedBaseline::state`] gives it.
    ///
    /// # Errors
    /// [`Error::Format`] when a part is missing or does not fit the others, [`Error::Data`] when it does not fit into memory.
    pub fn load(mut state: State, vocab_size: usize, num_classes: usize) -> Result<Supervised> {
        let [count, dim] = *state.shape("rows") else {
            return Err(Error::format("the tensor `rows`", "F32 [rows, dim]", "none, or another"));
        };
        let (word_ngrams, buckets): (usize, usize) = (state.setting("word_ngrams")?, state.setting("bucket")?);
        let seed: u64 = state.setting("seed")?;
        let trained = state.take_u32("row_numbers", &[count])?;
        let values = state.take_f32("rows", &[count, dim])?;
        let output = state.take_f32("output", &[num_classes, dim])?;
        let all = vocab_size.saturating_add(buckets);
        let is_size = dim > 0 && (1..=MAX_WORD_NGRAMS).contains(&word_ngrams);
        if !is_size || (word_ngrams > 1 && buckets == 0) || all > u32::MAX as usize {
            let expected =
                format!("sizes from 1 up, n-grams of at most {MAX_WORD_NGRAMS} words, and at most 2^32 rows");
            let found = format!("dim {dim}, word_ngrams {word_ngrams}, {all} rows");
            return Err(Error::format("the model", expected, found));
        }
        if trained.last().is_some_and(|&last| last as usize >= all) || !trained.is_sorted_by(|a, b| a < b) {
            return Err(Error::format("the tensor `row_numbers`", format!("rising numbers below {all}"), "others"));
        }
        let mut rows: Vec<f32> = Vec::new();
        let too_large = |_| Error::data(format!("{all} vectors of {dim} numbers do not fit into memory"));
        rows.try_reserve_exact(all.saturating_mul(dim)).map_err(too_large)?;
        rows.extend(initial_values(&mut Rng::for_purpose(seed, PURPOSE), all, dim));
        for (&row, values) in trained.iter().zip(values.chunks_exact(dim)) {
            rows[row as usize * dim..][..dim].copy_from_slice(values);
        }
        Ok(Supervised { dim, num_classes, words: vocab_size, word_ngrams, rows, output, seed, trained })
    }

    fn buckets(&self) -> usize {
        self.rows.len() / self.dim - self.words
    }

    /// The rows of a text's words and n-grams; an unknown word has none and ends n-grams.
    fn features(&self, text: &[u32]) -> Vec<u32> {
        let buckets = self.buckets();
        let mut features = Vec::with_capacity(text.len() * self.word_ngrams);
        for start in 0..text.len() {
            let mut hash = 0;
            for (length, &id) in (1..=self.word_ngrams).zip(&text[start..]) {
                if id == UNK {
                    break;
                }
                hash = mix(hash ^ u64::from(id));
                let bucket = || self.words as u32 + (hash % buckets as u64) as u32;
                features.push(if length == 1 { id } else { bucket() });
            }
        }
        features
    }

    fn forward(&self, features: &[u32], scratch: &mut Scratch) {
        scratch.hidden.fill(0.0);
        for &feature in features {
            let row = &self.rows[feature as usize * self.dim..][..self.dim];
            scratch.hidden.iter_mut().zip(row).for_each(|(sum, &value)| *sum += value);
        }
        let count = features.len().max(1) as f32;
        scratch.hidden.iter_mut().for_each(|sum| *sum /= count);
        for (logit, row) in scratch.logits.iter_mut().zip(self.output.chunks_exact(self.dim)) {
            *logit = row.iter().zip(&scratch.hidden).map(|(weight, hidden)| weight * hidden).sum();
        }
    }

    fn learn(&mut self, features: &[u32], label: usize, learning_rate: f32, scratch: &mut Scratch) {
        self.forward(features, scratch);
        ninefold_kernels::softmax::probabilities(&mut scratch.logits);
        scratch.step.fill(0.0);
        let classes = self.output.chunks_exact_mut(self.dim).zip(&scratch.logits).enumerate();
        for (class, (row, &probability)) in classes {
            let step = learning_rate * (f32::from(class == label) - probability);
            for ((weight, hidden), sum) in row.iter_mut().zip(&scratch.hidden).zip(&mut scratch.step) {
                *sum += step * *weight;
                *weight += step * hidden;
            }
        }
        let weight = 1.0 / features.len().max(1) as f32;
        for &feature in features {
            let row = &mut self.rows[feature as usize * self.dim..][..self.dim];
            row.iter_mut().zip(&scratch.step).for_each(|(value, step)| *value += weight * step);
        }
    }
}

impl TrainedBaseline for Supervised {
    fn scores(&self, texts: &[Vec<u32>]) -> Vec<f64> {
        let of_text = |text: &Vec<u32>| {
            let mut scratch = Scratch::new(self.dim, self.num_classes);
            self.forward(&self.features(text), &mut scratch);
            scratch.logits.iter().map(|&logit| f64::from(logit)).collect::<Vec<_>>()
        };
        texts.par_iter().flushing().map(of_text).collect::<Vec<_>>().concat()
    }

    fn parameter_count(&self) -> usize {
        self.rows.len() + self.output.len()
    }

    fn memory_bytes(&self) -> usize {
        self.parameter_count() * size_of::<f32>() + slice_bytes(&self.trained)
    }

    /// Rows that no training text reads are left out: `seed` makes them again.
    fn state(&self) -> State {
        let row = |&row: &u32| &self.rows[row as usize * self.dim..][..self.dim];
        let rows: Vec<f32> = self.trained.iter().flat_map(row).copied().collect();
        State::default()
            .with_setting("word_ngrams", self.word_ngrams)
            .with_setting("bucket", self.buckets())
            .with_setting("seed", self.seed)
            .with("rows", &[self.trained.len(), self.dim], rows)
            .with("row_numbers", &[self.trained.len()], self.trained.clone())
            .with("output", &[self.num_classes, self.dim], self.output.clone())
    }
}

/// The values of rows before training.
fn initial_values(rng: &mut Rng, rows: usize, dim: usize) -> impl Iterator<Item = f32> {
    let bound = 1.0 / dim as f64;
    (0..rows * dim).map(move |_| rng.range(-bound, bound) as f32)
}

/// What one text needs.
struct Scratch {
    hidden: Vec<f32>, // [dim]
    logits: Vec<f32>, // [num_classes]
    step: Vec<f32>,   // [dim]
}

impl Scratch {
    fn new(dim: usize, num_classes: usize) -> Scratch {
        Scratch { hidden: vec![0.0; dim], logits: vec![0.0; num_classes], step: vec![0.0; dim] }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ninefold_core::progress::Silent;

    fn trained(word_ngrams: usize) -> (Vec<Vec<u32>>, Vec<u32>, Supervised) {
        // The same words in both classes, but in another order: single words cannot distinguish them.
        let texts: Vec<Vec<u32>> =
            (0..40).map(|n| if n % 2 == 0 { vec![2, 3, 4 + n % 3] } else { vec![3, 2, 4 + n % 3] }).collect();
        let labels: Vec<u32> = (0..40).map(|n| n % 2).collect();
        let config = SupervisedConfig { dim: 8, bucket: 100, word_ngrams, epochs: 50, ..SupervisedConfig::default() };
        let targets = Targets { labels: &labels, text_weights: None, class_weights: &[1.0; 2] };
        let model = Supervised::train(&texts, targets, 10, &config, 1, &Silent).unwrap();
        (texts, labels, model)
    }

    fn right((texts, labels, model): (Vec<Vec<u32>>, Vec<u32>, Supervised)) -> usize {
        let scores = model.scores(&texts);
        scores.chunks_exact(2).zip(labels).filter(|(row, label)| u32::from(row[1] > row[0]) == *label).count()
    }

    #[test]
    fn pairs_of_words_see_their_order() {
        assert_eq!(right(trained(2)), 40);
        assert!(right(trained(1)) < 40);
    }

    #[test]
    fn a_text_without_known_words_has_even_scores() {
        let (.., model) = trained(1);
        assert_eq!(model.scores(&[vec![], vec![UNK]]), [0.0; 4]);
    }
}
