//! Negative sampling, the objective that Word2Vec and FastText share: draws the noise, takes the step, keeps the loss.

use super::cbow::Cbow;
use super::matrix::SharedMatrix;
use super::queue::Loss;
use super::sampler::Noise;
use super::view::View;
use super::window::{Scratch, SkipGram};
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
        Ok(Stepper {
            objective: self,
            output,
            level: Level::current(),
            targets: Vec::new(),
            coming: Vec::new(),
            fetch: Vec::new(),
            scratch: Scratch::default(),
            loss: Loss::default(),
            steps: 0,
        })
    }
}

/// Takes steps of training on one thread.
///
/// The noise of a step is drawn one step ahead, so that its rows are on their way from memory while the step before is
/// computed: call [`aim`](Stepper::aim) before the first step of a sentence, and name each step's successor.
pub(super) struct Stepper<'a> {
    objective: &'a Objective,
    output: View<'a>,
    level: Level,
    targets: Vec<u32>, // [1 + negative] of this step
    coming: Vec<u32>,  // [1 + negative] of the next
    fetch: Vec<*mut f32>,
    scratch: Scratch,
    loss: Loss,
    steps: u64,
}

impl Stepper<'_> {
    /// Draws the noise of the coming step, whose target is known.
    pub(super) fn aim(&mut self, target: u32, rng: &mut Rng) {
        self.coming.clear();
        self.coming.push(target);
        self.objective.noise.draw_others(target, self.objective.negative, rng, &mut self.coming);
        let Stepper { coming, fetch, output, .. } = self;
        fetch.extend(coming.iter().map(|&row| output.row(row)));
    }

    /// Has the next step fetch a row from memory that a later one will want.
    pub(super) fn fetch(&mut self, row: *mut f32) {
        self.fetch.push(row);
    }

    /// Every context (a row of `input`) predicts the target aimed at, all from one set of noise words or each from its own;
    /// `next` is the step after.
    pub(super) fn skip_gram(
        &mut self,
        input: &View,
        contexts: &[u32],
        next: Option<u32>,
        learning_rate: f32,
        rng: &mut Rng,
    ) {
        let together = if self.objective.shared_negatives { contexts.len() } else { 1 };
        let mut rest = contexts;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(together);
            rest = later;
            let measure = self.advance(if rest.is_empty() { next } else { Some(self.coming[0]) }, rng);
            let loss = self.level.run(SkipGram {
                input,
                contexts: now,
                output: &self.output,
                targets: &self.targets,
                learning_rate,
                measure,
                fetch: &self.fetch,
                scratch: &mut self.scratch,
            });
            self.fetch.clear();
            self.count(loss, if measure { now.len() } else { 0 });
        }
    }

    /// The sum of the contexts (rows of `input`), each times its share, predicts the target aimed at; every context row gets
    /// the hidden row's update times `back`. `next` is the step after.
    pub(super) fn cbow(
        &mut self,
        input: &View,
        (contexts, shares, back): (&[u32], &[f32], f32),
        next: Option<u32>,
        learning_rate: f32,
        rng: &mut Rng,
    ) {
        let measure = self.advance(next, rng);
        let loss = self.level.run(Cbow {
            input,
            contexts,
            shares,
            output: &self.output,
            targets: &self.targets,
            back,
            learning_rate,
            measure,
            fetch: &self.fetch,
            scratch: &mut self.scratch,
        });
        self.fetch.clear();
        self.count(loss, usize::from(measure));
    }

    /// Turns to the step aimed at and aims at the next; says whether this step's loss is computed.
    fn advance(&mut self, next: Option<u32>, rng: &mut Rng) -> bool {
        std::mem::swap(&mut self.targets, &mut self.coming);
        if let Some(next) = next {
            self.aim(next, rng);
        }
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
