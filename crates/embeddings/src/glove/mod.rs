//! GloVe: vectors whose dot products are the logarithms of how often words occur near each other.
//!
//! Sentences of vocabulary ids -> counts of near pairs -> [`WordVectors`]: the sum of each word's two vectors, as row and as
//! column of the counts.
//!
//! The counts are cut into square tiles, and these are trained in square groups, so that rows and columns stay in the caches of
//! the core that has them. Groups (r, r + s) for all r have no row and no column in common: threads train them together without a
//! race, and the result is the same, bit for bit, for any number of threads.
//!
//! Source: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation" (2014). Disjoint tiles: Gemulla,
//! Nijkamp, Haas & Sismanis, "Large-scale matrix factorization with distributed stochastic gradient descent" (2011).

mod adagrad;
mod cells;
mod cooccurrence;
mod parallel;
mod runs;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::check;
use crate::checkpoint::Checkpointer;
use crate::matrix::SharedMatrix;
use crate::resources::Resources;
use crate::stream::sentences::Sentences;
use crate::stream::text::{self, FIRST_WORD};
use adagrad::{Cell, Part, Tile, row_floats};
use cells::{Cells, CountSettings};
use ninefold_core::error::{Error, Result};
use ninefold_core::partition::partition;
use ninefold_core::progress::Progress;
use ninefold_core::rng::{Rng, fold};
use ninefold_kernels::simd::{InstructionSet, padded};
use ninefold_text::vocab::Vocab;
use ninefold_vectors::WordVectors;

/// How GloVe is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, documented::DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct GloveConfig {
    /// Length of the vectors.
    pub dim: usize,
    /// Most words on either side that count as near; a pair at distance d counts 1/d.
    pub window: usize,
    /// Count neighbours on both sides; false: those on the left only.
    pub symmetric: bool,
    /// Pairs counted this often or more have full weight (10 suits corpora of millions of words, 100 billions).
    pub x_max: f64,
    /// Rarer pairs weigh (count / x_max) to this power.
    pub weight_exponent: f64,
    /// Passes over the counted pairs.
    pub epochs: usize,
    /// First step size; AdaGrad shrinks it for each number by itself.
    pub learning_rate: f64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Threads; the result is the same for any number.
    pub threads: usize,
}

impl Default for GloveConfig {
    fn default() -> GloveConfig {
        GloveConfig {
            dim: 100,
            window: 10,
            symmetric: true,
            x_max: 10.0,
            weight_exponent: 0.75,
            epochs: 25,
            learning_rate: 0.05,
            seed: 1,
            threads: 1,
        }
    }
}

impl GloveConfig {
    /// Refuses settings that have no meaning.
    ///
    /// # Errors
    /// [`Error::InvalidValue`] with the setting's name.
    pub fn validate(&self) -> Result<()> {
        check::size_within("dim", self.dim, check::MAX_DIM)?;
        check::size_within("window", self.window, check::MAX_WINDOW)?;
        check::size_within("epochs", self.epochs, check::MAX_EPOCHS)?;
        check::at_least_one("threads", self.threads)?;
        check::positive("x_max", self.x_max)?;
        check::within("weight_exponent", self.weight_exponent, 0.0, 4.0)?;
        check::positive("learning_rate", self.learning_rate)
    }

    fn count_settings(&self) -> CountSettings {
        let GloveConfig { dim, window, symmetric, x_max, weight_exponent, seed, threads, .. } = *self;
        CountSettings { dim, window, symmetric, x_max, weight_exponent, seed, threads }
    }
}

/// Trains vectors for the words of `vocab` on `sentences` of its ids.
///
/// `<pad>` and `<unk>` are taken out of the sentences before distances are measured. A word that is in the vocabulary but
/// not in the sentences keeps its small random initial vectors.
///
/// ```
/// use ninefold_core::progress::Silent;
/// use ninefold_embeddings::glove::{self, GloveConfig};
/// use ninefold_text::vocab::Vocab;
///
/// let vocab = Vocab::from_tokens(["sail", "anchor", "dough", "flour"].map(String::from).to_vec())?;
/// let sentences = vec![vec![2, 3, 2, 3], vec![4, 5, 4, 5]]; // ids 0 and 1 are <pad> and <unk>
/// let config = GloveConfig { dim: 8, ..GloveConfig::default() };
/// let vectors = glove::train(&config, &sentences, &vocab, &Silent)?;
/// assert_eq!((vectors.len(), vectors.dim()), (4, 8));
/// # Ok::<(), ninefold_core::Error>(())
/// ```
///
/// # Errors
/// [`Error::InvalidValue`] for a senseless setting, [`Error::Data`] when no two words of the vocabulary occur near each other or the
/// vectors stopped being numbers (too high a learning rate), [`Error::Interrupted`] when the user cancels.
///
/// # Panics
/// When an id is not of this vocabulary.
pub fn train(
    config: &GloveConfig,
    sentences: &[Vec<u32>],
    vocab: &Vocab,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    train_on(config, Sentences::Memory(sentences), vocab, &Resources::default(), progress)
}

/// [`train`] on sentences in memory or in a file, with counts of limited memory and a checkpoint to resume from.
///
/// # Errors
/// As [`train`]; [`Error::Io`] when a file cannot be read or written, those of a checkpoint that does not fit.
///
/// # Panics
/// When an id is not of this vocabulary.
pub fn train_on(
    config: &GloveConfig,
    sentences: Sentences,
    vocab: &Vocab,
    resources: &Resources,
    progress: &dyn Progress,
) -> Result<WordVectors> {
    config.validate()?;
    let word_counts = text::count(sentences, vocab)?;
    let words = &vocab.tokens()[FIRST_WORD as usize..];
    let mut checkpointer = Checkpointer::new(resources.checkpoint.as_ref(), "glove", config, words, &word_counts)?;
    let cells = Cells::count(&config.count_settings(), sentences, &word_counts, resources, progress)?;
    let mut rng = Rng::for_purpose(config.seed, "glove vectors");
    let mut sides = [
        SharedMatrix::zeros(words.len(), row_floats(config.dim))?, // [num_words, row_floats]
        SharedMatrix::zeros(words.len(), row_floats(config.dim))?,
    ];
    for side in &mut sides {
        for word in 0..words.len() {
            let row = side.values(word);
            let mut random = || (rng.uniform() - 0.5) as f32 / config.dim as f32;
            row[..config.dim].fill_with(&mut random);
            row[2 * padded(config.dim)] = random();
        }
    }
    let [rows, columns] = &mut sides;
    let first_epoch = checkpointer.restore(&mut [rows, columns], progress)?;
    descend(config, &cells, &sides, first_epoch, &mut checkpointer, progress)?;
    drop(cells);
    let mut matrix = Vec::with_capacity(words.len() * config.dim); // [num_words, dim]
    let [rows, columns] = &mut sides;
    for word in 0..words.len() {
        let pair = rows.values(word).iter().zip(columns.values(word).iter());
        matrix.extend(pair.take(config.dim).map(|(a, b)| a + b));
    }
    WordVectors::new(words.to_vec(), config.dim, matrix)
}

/// Most parts of a group: their columns (a megabyte) stay in the second cache while the rows of one part after another meet them.
const PARTS_PER_GROUP: usize = 4;
/// Groups that there should be at least, for that many threads: results must not depend on how many there are.
const LEAST_GROUPS: usize = 16;

/// The parts of each of the groups, of one size or nearly.
fn groups(parts: usize) -> Vec<Range<usize>> {
    let groups = parts.div_ceil((parts / LEAST_GROUPS).clamp(1, PARTS_PER_GROUP));
    (0..groups).map(|group| partition(group, groups, parts)).collect()
}

/// How often the slices of tiles are halved before tiles are trained whole.
const HALVINGS: usize = 4;

/// The rounds of an epoch, in an order of its own: in each every row group meets the column group `shift` places on, with a slice of
/// their cells. Slices are thin in the first epochs: steps are largest then, and a row that met a group's columns with all its cells
/// at once would be theirs before it met the others.
fn rounds(seed: u64, epoch: usize, groups: usize) -> Vec<Round> {
    let slices = 1 << HALVINGS.saturating_sub(epoch);
    let shifts = |slice| (0..groups).map(move |shift| Round { slice: (slice, slices), shift });
    let mut rounds: Vec<Round> = (0..slices).flat_map(shifts).collect();
    Rng::new(fold(&[seed, 0x7115, epoch as u64])).shuffle(&mut rounds);
    rounds
}

/// One of the [`rounds`].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Round {
    /// A slice and how many there are.
    slice: (usize, usize),
    shift: usize,
}

/// All epochs from `first_epoch` on.
fn descend(
    config: &GloveConfig,
    cells: &Cells,
    sides: &[SharedMatrix; 2],
    first_epoch: usize,
    checkpointer: &mut Checkpointer,
    progress: &dyn Progress,
) -> Result<()> {
    let (parts, groups) = (cells.parts(), groups(cells.parts()));
    let set = InstructionSet::current();
    let descend_slice = |buffer: &mut Vec<Cell>, (row_part, column_part): (usize, usize), slice: (usize, usize)| {
        let cells = cells.slice((row_part, column_part), slice, buffer)?;
        let part = |first| Part { first, step: parts };
        let cost = set.run(Tile {
            rows: &sides[0],
            columns: &sides[1],
            row_part: part(row_part),
            column_part: part(column_part),
            cells,
            learning_rate: config.learning_rate as f32,
        });
        progress.advance(cells.len() as u64);
        Ok(cost)
    };
    progress.begin("glove", "pairs", Some(cells.len() * config.epochs as u64));
    progress.advance(cells.len() * first_epoch as u64);
    for epoch in first_epoch..config.epochs {
        let mut cost = 0.0;
        for Round { slice, shift } in rounds(config.seed, epoch, groups.len()) {
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
            let costs = parallel::map(config.threads, groups.len(), Vec::new, |buffer, group| {
                let columns = &groups[(group + shift) % groups.len()];
                let tiles = groups[group].clone().flat_map(|row| columns.clone().map(move |column| (row, column)));
                tiles.map(|tile| descend_slice(buffer, tile, slice)).sum::<Result<f64>>()
            });
            cost += costs.into_iter().sum::<Result<f64>>()?;
        }
        let (epochs, mean) = (config.epochs, cost / cells.len() as f64);
        let learning_rate = config.learning_rate;
        progress.status(&format!("epoch {}/{epochs}  loss {mean:.4}  learning rate {learning_rate}", epoch + 1));
        checkpointer.save(epoch + 1, &[&sides[0], &sides[1]])?;
    }
    progress.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_part_once_and_leave_work_for_many_threads() {
        for (parts, expected) in [(1, 1), (5, 5), (31, 31), (32, 16), (97, 25), (1024, 256)] {
            let groups = groups(parts);
            assert_eq!(groups.len(), expected, "of {parts}");
            assert_eq!(groups.iter().cloned().flatten().collect::<Vec<_>>(), (0..parts).collect::<Vec<_>>());
            assert!(groups.iter().all(|group| (1..=PARTS_PER_GROUP).contains(&group.len())), "of {parts}");
        }
    }

    #[test]
    fn an_epoch_has_every_slice_of_every_meeting_once() {
        for (epoch, slices) in [(0, 16), (1, 8), (3, 2), (4, 1), (5, 1), (100, 1)] {
            let found = rounds(1, epoch, 7);
            let all = (0..slices).flat_map(|slice| (0..7).map(move |shift| Round { slice: (slice, slices), shift }));
            assert!(all.clone().all(|round| found.contains(&round)), "epoch {epoch}");
            assert_eq!(found.len(), all.count(), "epoch {epoch}");
        }
        assert_ne!(rounds(1, 0, 7), rounds(2, 0, 7));
    }
}
