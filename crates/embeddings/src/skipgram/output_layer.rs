//! The output layer that Word2Vec and FastText share, with negative sampling or hierarchical softmax: finds the outputs that a word
//! is predicted with, takes the step, keeps the loss.

use super::cbow::{Cbow, WINDOWS, Windows};
use super::huffman::Huffman;
use super::queue::LossSum;
use super::replica::Replica;
use super::sampler::{NegativePool, NegativeSampler};
use super::step::Scratch;
use super::window::SkipGram;
use crate::fetch::Fetch;
use crate::matrix::SharedMatrix;
use crate::{Architecture, Loss};
use ninefold_core::error::Result;
use ninefold_core::rng::Rng;
use ninefold_kernels::simd::InstructionSet;

/// One of this many steps has its loss computed.
const MEASURE_EVERY: u64 = 128;

/// From this window on the contexts of skip-gram learn sequentially. It takes a fifth more time; without it long windows lose one point of
/// SimLex-999 and three of rare words, short ones nothing.
pub(crate) const LONG_WINDOW: usize = 6;

/// What the output layer needs to know of a trainer's settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutputSettings {
    pub(super) dim: usize,
    pub(super) architecture: Architecture,
    pub(super) loss: Loss,
    /// Most words on either side that count as context.
    pub(super) window: usize,
    /// Negative samples of a prediction.
    pub(super) negative: usize,
    /// Negative samples are drawn by count to this power.
    pub(super) ns_exponent: f64,
    /// One set of negative samples for all predictions of a step.
    pub(super) shared_negatives: bool,
}

/// What all threads share of the output layer.
pub(crate) struct OutputLayer {
    output: SharedMatrix, // [num_words, dim]; of a tree's inner nodes [num_words - 1, dim]
    outputs: Outputs,
    architecture: Architecture,
    /// Skip-gram: whether contexts learn sequentially. In a tree they always do: its upper nodes are on the way to every word.
    sequential: bool,
}

/// Which output rows a word is predicted with.
enum Outputs {
    /// Its own and those of negative samples.
    Negatives { sampler: NegativeSampler, negative: usize, shared: bool },
    /// Those on the way to it.
    Tree(Huffman),
}

impl OutputLayer {
    /// Zero output rows for the words of `counts`.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub(super) fn new(counts: &[u64], settings: OutputSettings) -> Result<OutputLayer> {
        let OutputSettings { dim, architecture, loss, window, negative, ns_exponent, shared_negatives: shared } =
            settings;
        let sampler = || NegativeSampler::new(counts, ns_exponent);
        let (rows, outputs) = match loss {
            Loss::Ns => (counts.len(), Outputs::Negatives { sampler: sampler(), negative, shared }),
            Loss::Hs => (counts.len() - 1, Outputs::Tree(Huffman::new(counts))),
        };
        let sequential = loss == Loss::Hs || window >= LONG_WINDOW;
        Ok(OutputLayer { output: SharedMatrix::zeros(rows, dim)?, outputs, architecture, sequential })
    }

    /// The output rows.
    pub(super) fn rows(&self) -> &SharedMatrix {
        &self.output
    }

    /// The output rows, to be filled with those of an earlier run.
    pub(super) fn rows_mut(&mut self) -> &mut SharedMatrix {
        &mut self.output
    }

    /// One thread's part.
    ///
    /// # Errors
    /// When there is no memory for a thread's copies of frequent rows.
    pub(super) fn worker(&self, threads: usize) -> Result<OutputWorker<'_>> {
        // In CBOW copies of output rows cost analogies, the more threads the more.
        let output = match self.architecture {
            Architecture::SkipGram => Replica::of_thread(&self.output, threads)?,
            Architecture::Cbow => Replica::direct(&self.output),
        };
        let block = match self.outputs {
            Outputs::Negatives { shared: true, negative, .. } if self.architecture == Architecture::Cbow => {
                self.output.rows().saturating_sub(NegativePool::TIMES * negative).clamp(1, WINDOWS)
            }
            _ => 1,
        };
        Ok(OutputWorker {
            layer: self,
            output,
            block,
            set: InstructionSet::current(),
            targets: Targets::default(),
            coming: Targets::default(),
            pool: NegativePool::default(),
            fetch: Vec::new(),
            scratch: Scratch::default(),
            loss: LossSum::default(),
            steps: 0,
        })
    }
}

/// Takes steps of training on one thread.
///
/// The outputs of a step are found one step ahead, so that their rows are on their way from memory while the step before is
/// computed: call [`prepare_targets`](OutputWorker::prepare_targets) before the first step of a sentence, and name each step's successor.
pub(crate) struct OutputWorker<'a> {
    layer: &'a OutputLayer,
    output: Replica<'a>,
    /// Most windows that a step takes: one but for CBOW.
    block: usize,
    set: InstructionSet,
    targets: Targets,   // of this step
    coming: Targets,    // of the next
    pool: NegativePool, // negative samples that windows share
    fetch: Vec<*mut f32>,
    scratch: Scratch,
    loss: LossSum,
    steps: u64,
}

/// The output rows of a step, those that should say yes first.
#[derive(Default)]
struct Targets {
    word: u32,      // the first
    rows: Vec<u32>, // targets and their negative samples, or a word's way through the tree
    positives: usize,
}

impl OutputWorker<'_> {
    /// Most words that are the targets of one step: one but for CBOW.
    pub(super) fn most_targets(&self) -> usize {
        self.block
    }

    /// How many of the coming words are the targets of one step: neighbours that differ from each other.
    pub(super) fn block(&self, words: &[u32]) -> usize {
        let most = self.block.min(words.len());
        (1..most).find(|&number| words[..number].contains(&words[number])).unwrap_or(most)
    }

    /// Finds the outputs of the coming step, whose targets are known: one but for CBOW.
    pub(super) fn prepare_targets(&mut self, targets: &[u32], rng: &mut Rng) {
        let OutputWorker { coming, pool, fetch, output, .. } = self;
        coming.word = targets[0];
        coming.rows.clear();
        match &self.layer.outputs {
            Outputs::Negatives { sampler, negative, .. } => {
                coming.rows.extend_from_slice(targets);
                match self.block {
                    1 => sampler.draw_others(*negative, rng, &mut coming.rows),
                    _ => pool.draw_others(sampler, *negative, rng, &mut coming.rows),
                }
                coming.positives = targets.len();
            }
            Outputs::Tree(tree) => {
                let (rows, positives) = tree.way(targets[0]);
                coming.rows.extend_from_slice(rows);
                coming.positives = positives;
            }
        }
        fetch.extend(coming.rows.iter().map(|&row| output.row(row)));
    }

    /// Has the next step fetch a row from memory that a later one will want.
    pub(super) fn fetch(&mut self, row: *mut f32) {
        self.fetch.push(row);
    }

    /// Every context (a row of `input`) predicts the prepared target, all with one set of outputs or each with negative samples of its own;
    /// `next` is the step after.
    pub(super) fn skip_gram(
        &mut self,
        input: &Replica,
        contexts: &[u32],
        next: &[u32],
        learning_rate: f32,
        rng: &mut Rng,
    ) {
        let sharing = match self.layer.outputs {
            Outputs::Negatives { shared: false, .. } => 1,
            Outputs::Negatives { shared: true, .. } | Outputs::Tree(_) => contexts.len(),
        };
        let mut rest = contexts;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(sharing);
            rest = later;
            let again = [self.coming.word];
            let measure = self.advance(if rest.is_empty() { next } else { &again }, rng);
            if self.targets.rows.is_empty() {
                continue; // the only word of a vocabulary: the tree has no decision
            }
            let loss = self.set.run(SkipGram {
                input,
                contexts: now,
                output: &self.output,
                targets: &self.targets.rows,
                positives: self.targets.positives,
                sequential: self.layer.sequential,
                learning_rate,
                measure,
                fetch: Fetch::new(&self.fetch),
                scratch: &mut self.scratch,
            });
            self.fetch.clear();
            self.count(loss, if measure { now.len() } else { 0 });
        }
    }

    /// The sums of the windows' contexts (rows of `input`), each times its weight, predict the prepared targets; `next` are those
    /// of the step after.
    pub(super) fn cbow(&mut self, input: &Replica, windows: Windows, next: &[u32], learning_rate: f32, rng: &mut Rng) {
        let measure = self.advance(next, rng);
        if self.targets.rows.is_empty() {
            return;
        }
        let own = matches!(self.layer.outputs, Outputs::Negatives { .. });
        let loss = self.set.run(Cbow {
            input,
            windows,
            output: &self.output,
            targets: &self.targets.rows,
            own,
            negative_weight: if self.block > 1 { 1.0 / NegativePool::TIMES as f32 } else { 1.0 },
            positives: if own { 0 } else { self.targets.positives },
            learning_rate,
            measure,
            fetch: Fetch::new(&self.fetch),
            scratch: &mut self.scratch,
        });
        self.fetch.clear();
        self.count(loss, if measure { windows.windows.len() } else { 0 });
    }

    /// Turns to the prepared step and prepares the next; says whether this step's loss is computed.
    fn advance(&mut self, next: &[u32], rng: &mut Rng) -> bool {
        std::mem::swap(&mut self.targets, &mut self.coming);
        if !next.is_empty() {
            self.prepare_targets(next, rng);
        }
        self.steps += 1;
        self.steps.is_multiple_of(MEASURE_EVERY)
    }

    fn count(&mut self, loss: f64, pairs: usize) {
        self.loss.sum += loss;
        self.loss.pairs += pairs as u64;
    }

    /// See [`Worker::synchronize`](super::queue::Worker::synchronize).
    pub(super) fn synchronize(&mut self) {
        self.output.synchronize();
    }

    /// The loss measured since the last call.
    pub(super) fn take_loss(&mut self) -> LossSum {
        std::mem::take(&mut self.loss)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SETTINGS: OutputSettings = OutputSettings {
        dim: 100,
        architecture: Architecture::SkipGram,
        loss: Loss::Ns,
        window: 5,
        negative: 5,
        ns_exponent: 0.75,
        shared_negatives: true,
    };

    #[test]
    fn a_step_has_as_many_negative_samples_as_its_settings_say() {
        use Architecture::{Cbow, SkipGram};
        let words: Vec<u32> = (0..9).collect();
        // Architecture, shared_negatives, words of the vocabulary -> targets and negative samples of a step.
        let cases = [
            (SkipGram, true, 100, 1, 5),
            (SkipGram, false, 100, 1, 5),
            (Cbow, true, 100, 4, 10),
            (Cbow, true, 13, 3, 10),
            (Cbow, true, 11, 1, 5),
            (Cbow, false, 100, 1, 5),
        ];
        for (architecture, shared_negatives, vocab_size, targets, negatives) in cases {
            let settings = OutputSettings { architecture, shared_negatives, ..SETTINGS };
            let layer = OutputLayer::new(&vec![1; vocab_size], settings).unwrap();
            let mut worker = layer.worker(1).unwrap();
            let block = worker.block(&words);
            worker.prepare_targets(&words[..block], &mut Rng::new(1));
            let mut rows = worker.coming.rows.clone();
            assert_eq!((block, rows.len()), (targets, targets + negatives), "{architecture:?} of {vocab_size}");
            assert_eq!(rows[..block], words[..block]);
            rows.sort_unstable();
            rows.dedup();
            assert_eq!(rows.len(), targets + negatives, "no row twice");
        }
    }

    #[test]
    fn a_step_of_cbow_ends_before_a_word_that_it_has() {
        let settings = OutputSettings { architecture: Architecture::Cbow, ..SETTINGS };
        let layer = OutputLayer::new(&[1; 100], settings).unwrap();
        let worker = layer.worker(1).unwrap();
        let blocks = [&[3, 4, 3, 5, 6][..], &[3, 3], &[3, 4, 5, 6, 7], &[3], &[]].map(|words| worker.block(words));
        assert_eq!(blocks, [2, 1, 4, 1, 0]);
    }
}
