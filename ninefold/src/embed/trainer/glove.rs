//! GloVe: vectors whose dot products are the logarithms of how often words stand near each other.
//!
//! Sentences of vocabulary ids -> counts of near pairs -> [`WordVectors`]: the sum of each word's two vectors, as row and as
//! column of the counts.
//!
//! The counts are cut into square tiles. Tiles (r, r + s) for all r have no row and no column in common, so threads train them
//! together without a race, and the result is the same, bit for bit, for any number of threads.
//!
//! Source: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation" (2014). Disjoint tiles: Gemulla,
//! Nijkamp, Haas & Sismanis, "Large-scale matrix factorization with distributed stochastic gradient descent" (2011).

use serde::{Deserialize, Serialize};

use super::adagrad::{Cell, Part, Tile, row_floats};
use super::cooccurrence::{Accumulator, Cooccurrences};
use super::matrix::SharedMatrix;
use super::text::{self, FIRST_WORD};
use super::{check, parallel};
use crate::embed::WordVectors;
use crate::error::{Error, Result};
use crate::kernels::simd::{Level, padded};
use crate::progress::Progress;
use crate::rng::{Rng, fold};
use crate::vocab::Vocab;

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
    /// [`Error::Config`] with the setting's name.
    pub fn validate(&self) -> Result<()> {
        check::at_least_one("dim", self.dim)?;
        check::at_least_one("window", self.window)?;
        check::at_least_one("epochs", self.epochs)?;
        check::at_least_one("threads", self.threads)?;
        check::positive("x_max", self.x_max)?;
        check::within("weight_exponent", self.weight_exponent, 0.0, 4.0)?;
        check::positive("learning_rate", self.learning_rate)
    }
}

/// Trains vectors for the words of `vocab` on `sentences` of its ids.
///
/// `<pad>` and `<unk>` are taken out of the sentences before distances are measured. A word that is in the vocabulary but
/// not in the sentences keeps the small random vectors that it began with.
///
/// # Errors
/// [`Error::Config`] for a senseless setting, [`Error::Data`] when no two words of the vocabulary stand near each other or the
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
    config.validate()?;
    let word_counts = text::count(sentences, vocab)?;
    let words = &vocab.tokens()[FIRST_WORD as usize..];
    let counts = Counts::new(config, sentences, &word_counts, progress)?;
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
    counts.train(config, &sides, progress)?;
    let mut matrix = Vec::with_capacity(words.len() * config.dim); // [num_words, dim]
    let [rows, columns] = &mut sides;
    for word in 0..words.len() {
        let pair = rows.values(word).iter().zip(columns.values(word).iter());
        matrix.extend(pair.take(config.dim).map(|(a, b)| a + b));
    }
    WordVectors::new(words.to_vec(), config.dim, matrix)
}

/// The non-zero counts in tiles.
struct Counts {
    bands: Vec<Band>, // [parts] a band holds the rows of words part, part + parts, part + 2 parts, ...
    cells: u64,
}

/// A band's cells, tile after tile.
struct Band {
    cells: Vec<Cell>,
    starts: Vec<usize>, // [parts + 1]
}

/// Words are dealt out to parts, so that each gets its share of the frequent ones, whose rows are full. A tile's rows and
/// columns should stay in the fast cache (half a megabyte), and a place in a part must fit in 16 bits.
fn num_parts(num_words: usize, dim: usize) -> usize {
    let words_per_part = (512 * 1024 / (2 * 4 * row_floats(dim))).clamp(16, 4096);
    num_words.div_ceil(words_per_part)
}

impl Counts {
    fn new(
        config: &GloveConfig,
        sentences: &[Vec<u32>],
        word_counts: &[u64],
        progress: &dyn Progress,
    ) -> Result<Counts> {
        let num_words = word_counts.len();
        let parts = num_parts(num_words, config.dim);
        let near = Cooccurrences::new(sentences, word_counts, config.window, config.symmetric)?;
        progress.begin("glove: counting pairs", "words", Some(num_words as u64));
        let bands = parallel::map(
            config.threads,
            parts,
            || Accumulator::new(num_words),
            |accumulator, part| {
                if progress.is_cancelled() {
                    return None;
                }
                let band = Band::new(config, &near, Part { first: part, step: parts }, num_words, accumulator);
                progress.advance((num_words - part).div_ceil(parts) as u64);
                Some(band)
            },
        );
        let bands = bands.into_iter().collect::<Option<Vec<Band>>>().ok_or(Error::Interrupted)?;
        progress.end();
        let cells = bands.iter().map(|band| band.cells.len() as u64).sum();
        if cells == 0 {
            return Err(Error::data(
                "GloVe needs words that stand near each other: the texts hold no two words of the vocabulary side by side \
                 (lower min_count, or check the texts)",
            ));
        }
        Ok(Counts { bands, cells })
    }

    fn train(&self, config: &GloveConfig, sides: &[SharedMatrix; 2], progress: &dyn Progress) -> Result<()> {
        let parts = self.bands.len();
        let level = Level::current();
        progress.begin("glove", "pairs", Some(self.cells * config.epochs as u64));
        for epoch in 0..config.epochs {
            let mut cost = 0.0;
            let mut shifts: Vec<usize> = (0..parts).collect();
            Rng::new(fold(&[config.seed, 0x7115, epoch as u64])).shuffle(&mut shifts);
            for shift in shifts {
                if progress.is_cancelled() {
                    return Err(Error::Interrupted);
                }
                let costs = parallel::map(
                    config.threads,
                    parts,
                    || (),
                    |(), row_part| {
                        let column_part = (row_part + shift) % parts;
                        let cells = self.bands[row_part].tile(column_part);
                        let part = |first| Part { first, step: parts };
                        let cost = level.run(Tile {
                            rows: &sides[0],
                            columns: &sides[1],
                            row_part: part(row_part),
                            column_part: part(column_part),
                            cells,
                            learning_rate: config.learning_rate as f32,
                        });
                        progress.advance(cells.len() as u64);
                        cost
                    },
                );
                cost += costs.iter().sum::<f64>();
            }
            let (epochs, mean) = (config.epochs, cost / self.cells as f64);
            progress.status(&format!("epoch {}/{epochs}  loss {mean:.4}", epoch + 1));
        }
        progress.end();
        Ok(())
    }
}

impl Band {
    /// Counts the rows of `part`'s words and shuffles the cells within each tile.
    fn new(
        config: &GloveConfig,
        near: &Cooccurrences,
        part: Part,
        num_words: usize,
        accumulator: &mut Accumulator,
    ) -> Band {
        let parts = part.step;
        let mut tiles = vec![Vec::new(); parts];
        for (place, word) in (part.first..num_words).step_by(parts).enumerate() {
            near.row(word, accumulator, |column, count| {
                let weight = (f64::from(count) / config.x_max).powf(config.weight_exponent).min(1.0);
                let (tile, column) = (column as usize % parts, column as usize / parts);
                let log_count = f64::from(count).ln() as f32;
                tiles[tile].push(Cell { row: place as u16, column: column as u16, log_count, weight: weight as f32 });
            });
        }
        let mut rng = Rng::new(fold(&[config.seed, 0xce11, part.first as u64]));
        let mut band = Band { cells: Vec::with_capacity(tiles.iter().map(Vec::len).sum()), starts: vec![0] };
        for mut tile in tiles {
            rng.shuffle(&mut tile);
            band.cells.append(&mut tile);
            band.starts.push(band.cells.len());
        }
        band
    }

    fn tile(&self, column_part: usize) -> &[Cell] {
        &self.cells[self.starts[column_part]..self.starts[column_part + 1]]
    }
}
