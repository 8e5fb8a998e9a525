//! Rows of floats that several threads read and write at once, without locks.
//!
//! Hogwild: two threads may add to one row in the same moment, and one of the two additions is then lost or torn between
//! its cache lines. Stochastic gradient descent does not mind (Recht et al., "Hogwild!", 2011); Rust's memory model does, so
//! this file hands out raw pointers only, never a reference to shared floats, and with one thread nothing is shared.
//! Rows start on a cache line and are padded with zeros to whole blocks, so that no kernel has a tail.

#![allow(unsafe_code)]

use std::sync::Mutex;

use memmap2::MmapMut;

use ninefold_core::error::{Error, Result};
use ninefold_core::rng::Rng;
use ninefold_kernels::simd::padded;

/// A matrix in memory of its own.
pub(crate) struct SharedMatrix {
    /// Keeps the memory mapped; never touched again through this field, so that `first` stays the only way to it.
    _memory: MmapMut,
    first: *mut f32, // [rows, stride]
    rows: usize,
    dim: usize,
    stride: usize,
    /// Held while a thread's copies are exchanged with the rows here.
    pub(crate) lock: Mutex<()>,
}

// SAFETY: the memory belongs to the matrix and lives as long; it is reached through raw pointers alone, whose users promise
// (in the unsafe blocks where they follow them) that a race can only cost an update.
unsafe impl Sync for SharedMatrix {}
// SAFETY: as above; nothing in it is tied to a thread.
unsafe impl Send for SharedMatrix {}

impl SharedMatrix {
    /// `rows` rows of `dim` zeros.
    ///
    /// # Errors
    /// [`Error::Data`] when the memory cannot be had.
    pub(crate) fn zeros(rows: usize, dim: usize) -> Result<SharedMatrix> {
        let stride = padded(dim);
        let refused = |why: String| Error::data(format!("no memory for {rows} vectors of {dim} numbers: {why}"));
        let bytes =
            rows.checked_mul(stride).and_then(|floats| floats.checked_mul(4)).ok_or(refused("too many".into()))?;
        let mut memory = MmapMut::map_anon(bytes.max(1)).map_err(|error| refused(error.to_string()))?;
        #[cfg(target_os = "linux")]
        {
            // Rows are visited at random: pages of 2 MB save most of the misses in the address cache. A wish, not a need.
            let _ = memory.advise(memmap2::Advice::HugePage);
        }
        let first = memory.as_mut_ptr().cast();
        Ok(SharedMatrix { _memory: memory, first, rows, dim, stride, lock: Mutex::new(()) })
    }

    /// Floats from one row to the next: a whole number of blocks, zeros behind the first `dim`.
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Floats of a row that mean something.
    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The first float of a row; `stride` floats may be read and written there, on a cache line's start.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    pub(crate) fn row(&self, row: usize) -> *mut f32 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        // SAFETY: row < rows, so the place lies within the mapped memory.
        unsafe { self.first.add(row * self.stride) }
    }

    /// The first `dim` floats of a row, while no thread trains.
    pub(crate) fn values(&mut self, row: usize) -> &mut [f32] {
        // SAFETY: `row` checks the bounds; `&mut self` says that nothing else reaches the memory.
        unsafe { std::slice::from_raw_parts_mut(self.row(row), self.dim) }
    }

    /// HotRows the first `dim` floats of a row, as they are at this moment.
    pub(crate) fn copy_row(&self, row: usize, values: &mut Vec<f32>) {
        values.resize(self.dim, 0.0);
        // SAFETY: `row` gives `stride >= dim` floats; a thread that writes them meanwhile could tear a float, no more.
        unsafe { std::ptr::copy_nonoverlapping(self.row(row), values.as_mut_ptr(), self.dim) }
    }

    /// All rows without their padding, while no thread trains. `[rows, dim]`
    pub(crate) fn all_values(&mut self) -> Vec<f32> {
        let mut all = Vec::with_capacity(self.rows * self.dim);
        (0..self.rows).for_each(|row| all.extend_from_slice(self.values(row)));
        all
    }

    /// Fills every row with numbers from [-bound, bound).
    pub(crate) fn randomize(&mut self, bound: f32, rng: &mut Rng) {
        for row in 0..self.rows {
            for value in self.values(row) {
                *value = bound * ((rng.next_u64() >> 40) as f32 * (2.0 / (1u64 << 24) as f32) - 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_start_cache_lines_and_do_not_overlap() {
        let mut matrix = SharedMatrix::zeros(3, 20).unwrap();
        assert_eq!(matrix.stride(), 32);
        for row in 0..3 {
            assert_eq!(matrix.row(row) as usize % 64, 0);
            matrix.values(row).fill(row as f32 + 1.0);
        }
        assert_eq!(matrix.values(1), [2.0; 20]);
        assert_eq!(matrix.row(2) as usize - matrix.row(0) as usize, 2 * 32 * 4);
    }

    #[test]
    fn random_rows_stay_within_their_bound_and_fill_it() {
        let mut matrix = SharedMatrix::zeros(100, 50).unwrap();
        matrix.randomize(0.02, &mut Rng::new(1));
        let all = matrix.all_values();
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        assert!(all.iter().all(|x| x.abs() <= 0.02));
        assert!(all.iter().any(|&x| x > 0.0199) && all.iter().any(|&x| x < -0.0199) && mean.abs() < 1e-3);
    }

    #[test]
    fn a_matrix_that_no_machine_can_hold_is_an_error() {
        assert!(SharedMatrix::zeros(usize::MAX / 8, 100).is_err());
        assert!(SharedMatrix::zeros(1 << 50, 16).is_err());
    }
}
