//! Negative sampling, the objective that Word2Vec and FastText share: draws the noise, takes the step, keeps the loss.

use super::matrix::SharedMatrix;
use super::queue::Loss;
use super::sampler::Noise;
use super::view::View;
use super::window::{Cbow, Scratch, SkipGram};
use crate::error::Result;
use crate::kernels::simd::Level;
use crate::rng::Rng;

/// One of this many steps has its loss computed.
const MEASURE_EVERY: u64 = 32;

/// What all threads share of the objective.
pub(super) struct Objective {
    output: SharedMatrix, // [num_words, dim]
    noise: Noise,
    negative: usize,
    shared_negatives: bool,
}

impl Objective {
    /// Zero output rows for the words of `counts`.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub(super) fn new(
        counts: &[u64],
        dim: usize,
        (negative, ns_exponent, shared_negatives): (usize, f64, bool),
    ) -> Result<Objective> {
        let output = SharedMatrix::zeros(counts.len(), dim)?;
        Ok(Objective { output, noise: Noise::new(counts, ns_exponent), negative, shared_negatives })
    }

    /// One thread's part.
    ///
    /// # Errors
    /// When there is no memory for a thread's copies of frequent rows.
    pub(super) fn stepper(&self, threads: usize) -> Result<Stepper<'_>> {
        let output = View::of_thread(&self.output, threads)?;
        let (level, targets, scratch) = (Level::current(), Vec::new(), Scratch::default());
        Ok(Stepper { objective: self, output, level, targets, scratch, loss: Loss::default(), steps: 0 })
    }
}

/// Takes steps of training on one thread.
pub(super) struct Stepper<'a> {
    objective: &'a Objective,
    output: View<'a>,
    level: Level,
    targets: Vec<u32>, // [1 + negative]
    scratch: Scratch,
    loss: Loss,
    steps: u64,
}

impl Stepper<'_> {
    /// Every context (a row of `input`) predicts `target` for itself: from one set of noise words, or each from its own.
    pub(super) fn skip_gram(&mut self, input: &View, contexts: &[u32], target: u32, rate: f32, rng: &mut Rng) {
        let together = if self.objective.shared_negatives { contexts.len() } else { 1 };
        for contexts in contexts.chunks(together.max(1)) {
            let measure = self.next_step(target, rng);
            let loss = self.level.run(SkipGram {
                input,
                contexts,
                output: &self.output,
                targets: &self.targets,
                learning_rate: rate,
                measure,
                scratch: &mut self.scratch,
            });
            self.count(loss, if measure { contexts.len() } else { 0 });
        }
    }

    /// The sum of the contexts (rows of `input`), each times its share, predicts `target`; every context row gets the hidden
    /// row's update times `back`.
    pub(super) fn cbow(
        &mut self,
        input: &View,
        (contexts, shares, back): (&[u32], &[f32], f32),
        target: u32,
        rate: f32,
        rng: &mut Rng,
    ) {
        let measure = self.next_step(target, rng);
        let loss = self.level.run(Cbow {
            input,
            contexts,
            shares,
            output: &self.output,
            targets: &self.targets,
            back,
            learning_rate: rate,
            measure,
            scratch: &mut self.scratch,
        });
        self.count(loss, usize::from(measure));
    }

    /// Draws the noise; says whether this step's loss is computed.
    fn next_step(&mut self, target: u32, rng: &mut Rng) -> bool {
        self.targets.clear();
        self.targets.push(target);
        self.objective.noise.draw_others(target, self.objective.negative, rng, &mut self.targets);
        self.steps += 1;
        self.steps.is_multiple_of(MEASURE_EVERY)
    }

    fn count(&mut self, loss: f64, pairs: usize) {
        self.loss.sum += loss;
        self.loss.pairs += pairs as u64;
    }

    /// See [`Worker::synchronize`](super::queue::Worker::synchronize).
    pub(super) fn synchronize(&mut self, last: bool) {
        self.output.synchronize(last);
    }

    /// The loss measured since the last call.
    pub(super) fn take_loss(&mut self) -> Loss {
        std::mem::take(&mut self.loss)
    }
}
