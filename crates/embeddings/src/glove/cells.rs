//! GloVe's counts as training wants them: in square tiles, shuffled within each, in memory or on the disk.
//!
//! [`Sentences`] -> [`Cells`]. Tiles (r, r + s) for all r have no row and no column in common, so that threads can train them
//! together. The same cells in the same order come from either place; which one depends on the memory allowed.

use super::adagrad::{Cell, Part, row_floats};
use super::cooccurrence::{Accumulator, Cooccurrences, DistanceWeights, ONE};
use super::parallel;
use super::runs::Runs;
use crate::resources::Resources;
use crate::stream::disk::Disk;
use crate::stream::sentences::Sentences;
use crate::stream::text::words_of;
use ninefold_core::error::{Error, Result};
use ninefold_core::partition::partition;
use ninefold_core::progress::Progress;
use ninefold_core::rng::{Rng, fold};

/// How pairs are counted, and what the counts are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct CountSettings {
    /// Length of the vectors that the cells will train.
    pub(super) dim: usize,
    /// Most words on either side that count as near.
    pub(super) window: usize,
    /// Whether neighbours on both sides count, or those on the left only.
    pub(super) symmetric: bool,
    /// Pairs counted this often or more have full weight.
    pub(super) x_max: f64,
    /// Rarer pairs weigh (count / x_max) to this power.
    pub(super) weight_exponent: f64,
    pub(super) seed: u64,
    pub(super) threads: usize,
}

/// The non-zero counts.
pub(crate) struct Cells {
    parts: usize,
    cells: u64,
    store: Store,
}

enum Store {
    Memory(Vec<Band>), // [parts] a band holds the rows of words part, part + parts, ...
    File { cells: Disk<Cell>, starts: Vec<u64> }, // starts: [parts * parts + 1]
}

/// A band's cells, tile after tile.
struct Band {
    cells: Vec<Cell>,
    starts: Vec<usize>, // [parts + 1]
}

/// Words are dealt out to parts, so that each gets a part of the frequent ones, whose rows are full. A tile's rows and
/// columns should stay in the fast cache (half a megabyte), a million tiles are enough, and a place in a part must fit in 16 bits.
fn num_parts(num_words: usize, dim: usize) -> usize {
    let words_per_part = (512 * 1024 / (2 * 4 * row_floats(dim))).clamp(16, 4096).max(num_words.div_ceil(1024));
    assert!(words_per_part <= 1 << 16, "{num_words} words are more than GloVe can number");
    num_words.div_ceil(words_per_part)
}

impl Cells {
    /// Counts the pairs of `sentences`, whose words occur `word_counts` times.
    ///
    /// # Errors
    /// [`Error::Data`] when no two words are near each other, [`Error::Io`] when the disk fails, [`Error::Interrupted`].
    pub(crate) fn count(
        settings: &CountSettings,
        sentences: Sentences,
        word_counts: &[u64],
        resources: &Resources,
        progress: &dyn Progress,
    ) -> Result<Cells> {
        let parts = num_parts(word_counts.len(), settings.dim);
        let in_memory = in_memory(settings, sentences, word_counts, parts, resources.memory, progress)?;
        let cells = match in_memory {
            Some(cells) => cells,
            None => on_disk(settings, sentences, word_counts, parts, resources, progress)?,
        };
        if cells.cells == 0 {
            return Err(Error::data(
                "GloVe needs words near each other: the texts hold no two words of the vocabulary side by side \
                 (lower min_count, or check the texts)",
            ));
        }
        Ok(cells)
    }

    /// Parts on either side.
    pub(crate) fn parts(&self) -> usize {
        self.parts
    }

    /// Non-zero counts.
    pub(crate) fn len(&self) -> u64 {
        self.cells
    }

    /// A slice of a tile's cells, of so many slices that hold about the same number; `buffer` is of the caller's thread.
    ///
    /// # Errors
    /// [`Error::Io`] when the disk fails.
    pub(crate) fn slice<'a>(
        &'a self,
        (row_part, column_part): (usize, usize),
        (slice, slices): (usize, usize),
        buffer: &'a mut Vec<Cell>,
    ) -> Result<&'a [Cell]> {
        match &self.store {
            Store::Memory(bands) => {
                let Band { cells, starts } = &bands[row_part];
                let tile = &cells[starts[column_part]..starts[column_part + 1]];
                Ok(&tile[partition(slice, slices, tile.len())])
            }
            Store::File { cells, starts } => {
                let tile = row_part * self.parts + column_part;
                let slice = partition(slice, slices, (starts[tile + 1] - starts[tile]) as usize);
                cells.read(starts[tile] + slice.start as u64, starts[tile] + slice.end as u64, buffer)?;
                Ok(buffer)
            }
        }
    }
}

/// A cell from the sum of a pair's weights.
fn cell(settings: &CountSettings, row: u16, column: u16, sum: u64) -> Cell {
    let count = f64::from((sum as f64 / ONE as f64) as f32);
    let weight = (count / settings.x_max).powf(settings.weight_exponent).min(1.0);
    Cell { row, column, log_count: count.ln() as f32, weight: weight as f32 }
}

fn shuffler(settings: &CountSettings, row_part: usize) -> Rng {
    Rng::new(fold(&[settings.seed, 0xce11, row_part as u64]))
}

/// The counts row by row, where the text's index and the cells fit into `memory` bytes.
fn in_memory(
    settings: &CountSettings,
    sentences: Sentences,
    word_counts: &[u64],
    parts: usize,
    memory: u64,
    progress: &dyn Progress,
) -> Result<Option<Cells>> {
    let (num_words, words) = (word_counts.len(), word_counts.iter().sum::<u64>());
    let (index, most_cells) = (8 * words, 2 * words.saturating_mul(settings.window as u64));
    if index > memory / 2 || words >= u64::from(u32::MAX) / 2 {
        return Ok(None);
    }
    let near = Cooccurrences::new(sentences, word_counts, settings.window, settings.symmetric)?;
    let bytes = |cells: u64| index + cells.saturating_mul(size_of::<Cell>() as u64);
    let mut accumulator = Accumulator::new(num_words);
    // Each part is a sample of the whole vocabulary, so the first tells what all will take.
    if bytes(most_cells) > memory {
        let part = Part { first: 0, step: parts };
        let first = Band::new(settings, &near, part, num_words, &mut accumulator).cells.len() as u64;
        if bytes(first * parts as u64) > memory {
            return Ok(None);
        }
    }
    progress.begin("glove: counting pairs", "words", Some(num_words as u64));
    let count = |accumulator: &mut Accumulator, part| {
        if progress.is_cancelled() {
            return None;
        }
        let band = Band::new(settings, &near, Part { first: part, step: parts }, num_words, accumulator);
        progress.advance((num_words - part).div_ceil(parts) as u64);
        Some(band)
    };
    let bands = parallel::map(settings.threads, parts, || Accumulator::new(num_words), count);
    let bands = bands.into_iter().collect::<Option<Vec<Band>>>().ok_or(Error::Interrupted)?;
    progress.end();
    let cells = bands.iter().map(|band| band.cells.len() as u64).sum();
    Ok(Some(Cells { parts, cells, store: Store::Memory(bands) }))
}

impl Band {
    /// Counts the rows of `part`'s words and shuffles the cells within each tile.
    fn new(
        settings: &CountSettings,
        near: &Cooccurrences,
        part: Part,
        num_words: usize,
        accumulator: &mut Accumulator,
    ) -> Band {
        let parts = part.step;
        let mut tiles = vec![Vec::new(); parts];
        for (place, word) in (part.first..num_words).step_by(parts).enumerate() {
            near.row(word, accumulator, |column, sum| {
                let (tile, column) = (column as usize % parts, column as usize / parts);
                tiles[tile].push(cell(settings, place as u16, column as u16, sum));
            });
        }
        let mut rng = shuffler(settings, part.first);
        let mut band = Band { cells: Vec::with_capacity(tiles.iter().map(Vec::len).sum()), starts: vec![0] };
        for mut tile in tiles {
            rng.shuffle(&mut tile);
            band.cells.append(&mut tile);
            band.starts.push(band.cells.len());
        }
        band
    }
}

/// The counts by sorted runs, in any amount of memory.
fn on_disk(
    settings: &CountSettings,
    sentences: Sentences,
    word_counts: &[u64],
    parts: usize,
    resources: &Resources,
    progress: &dyn Progress,
) -> Result<Cells> {
    // Row part, column part, place of the row, place of the column: the order of training before the shuffle.
    let key = |row: u32, column: u32| {
        let (row, column, parts) = (u64::from(row), u64::from(column), parts as u64);
        ((row % parts) << 48) | ((column % parts) << 32) | ((row / parts) << 16) | (column / parts)
    };
    let shares = DistanceWeights::new(settings.window);
    let mut runs = Runs::new(resources.memory, &resources.folder)?;
    let mut line: Vec<u32> = Vec::new();
    progress.begin("glove: counting pairs", "words", Some(word_counts.iter().sum()));
    sentences.each_chunk(|chunk, _| {
        line.clear();
        line.extend(words_of(chunk));
        for (position, &word) in line.iter().enumerate() {
            for (&left, share) in line[..position].iter().rev().zip(shares.by_distance()) {
                runs.add(key(word, left), share)?;
                if settings.symmetric {
                    runs.add(key(left, word), share)?;
                }
            }
        }
        progress.advance(line.len() as u64);
        if progress.is_cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    })?;
    progress.end();

    let mut cells = Disk::create(&resources.folder)?;
    let mut starts = vec![0]; // of all tiles up to the one being gathered
    let mut tile: Vec<Cell> = Vec::new();
    let mut rng = shuffler(settings, 0);
    let mut close = |tile: &mut Vec<Cell>, starts: &mut Vec<u64>| -> Result<()> {
        rng.shuffle(tile);
        cells.append(tile)?;
        starts.push(cells.len());
        tile.clear();
        if (starts.len() - 1).is_multiple_of(parts) {
            rng = shuffler(settings, (starts.len() - 1) / parts);
        }
        Ok(())
    };
    let mut done = 0u64;
    progress.begin("glove: merging counts", "pairs", None);
    runs.each(|key, sum| {
        let number = (key >> 48) as usize * parts + ((key >> 32) & 0xffff) as usize;
        while starts.len() <= number {
            close(&mut tile, &mut starts)?;
        }
        tile.push(cell(settings, (key >> 16) as u16, key as u16, sum));
        done += 1;
        if (done - 1).is_multiple_of(1 << 16) {
            progress.advance(1 << 16);
            if progress.is_cancelled() {
                return Err(Error::Interrupted);
            }
        }
        Ok(())
    })?;
    while starts.len() <= parts * parts {
        close(&mut tile, &mut starts)?;
    }
    cells.flush()?;
    progress.end();
    Ok(Cells { parts, cells: cells.len(), store: Store::File { cells, starts } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stream::text;
    use ninefold_core::progress::Silent;
    use ninefold_text::vocab::Vocab;

    #[test]
    fn the_disk_gives_the_cells_that_memory_gives() {
        let mut rng = Rng::new(5);
        let names = (0..700).map(|number| format!("w{number}")).collect();
        let vocab = Vocab::from_tokens(names).unwrap();
        let word = |rng: &mut Rng| 1 + (700.0 * rng.uniform().powi(3)) as u32; // <unk> among them
        let sentences: Vec<Vec<u32>> = (0..300).map(|_| (0..40).map(|_| word(&mut rng)).collect()).collect();
        let folder = tempfile::tempdir().unwrap();
        let word_counts = text::count(Sentences::Memory(&sentences), &vocab).unwrap();
        for symmetric in [true, false] {
            let settings = CountSettings {
                dim: 100,
                window: 7,
                symmetric,
                x_max: 10.0,
                weight_exponent: 0.75,
                seed: 1,
                threads: 1,
            };
            let count = |memory| {
                let resources = Resources { memory, folder: folder.path().to_path_buf(), checkpoint: None };
                Cells::count(&settings, Sentences::Memory(&sentences), &word_counts, &resources, &Silent).unwrap()
            };
            let (memory, disk) = (count(1 << 30), count(0));
            assert!(matches!(memory.store, Store::Memory(_)) && matches!(disk.store, Store::File { .. }));
            assert!(memory.parts() > 1 && memory.len() > 10_000);
            assert_eq!((memory.parts(), memory.len()), (disk.parts(), disk.len()));
            let (mut one, mut other) = (Vec::new(), Vec::new());
            for row_part in 0..memory.parts() {
                for column_part in 0..memory.parts() {
                    let tile = (row_part, column_part);
                    let whole = memory.slice(tile, (0, 1), &mut one).unwrap().to_vec();
                    assert_eq!(disk.slice(tile, (0, 1), &mut other).unwrap(), whole);
                    let mut together = Vec::new();
                    for slice in 0..3 {
                        let expected = memory.slice(tile, (slice, 3), &mut one).unwrap();
                        assert_eq!(disk.slice(tile, (slice, 3), &mut other).unwrap(), expected);
                        together.extend_from_slice(expected);
                    }
                    assert_eq!(together, whole);
                }
            }
        }
    }
}
