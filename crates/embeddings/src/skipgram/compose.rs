//! A word's vector as the mean of several rows, and the way back: what the vector has learned goes to all of them.
//!
//! Used by FastText, where a word is its own row and those of its n-grams. A word is composed once when it enters the window
//! and spread once when it leaves, in place of once per prediction. Since the mean moves by g when each row moves by g, the
//! composed vector is at every moment what composing it anew would give, but for rows that other words in the window share or
//! that are in the word twice.

#![allow(unsafe_code)]

use super::replica::Replica;
use super::subword_rows::Mean;
use crate::fetch::Fetch;
use crate::matrix::SharedMatrix;
use ninefold_kernels::simd::{Kernel, Simd};

/// The vectors of the words of a sentence that are composed at the moment, a slot each.
pub(crate) struct ComposedRows {
    /// What is trained.
    pub(crate) vectors: SharedMatrix, // [slots, dim]
    composed: SharedMatrix, // [slots, dim] as composed, to tell what was learned since
    rows: Vec<*mut f32>,
}

impl ComposedRows {
    /// Empty slots.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub(crate) fn new(slots: usize, dim: usize) -> ninefold_core::Result<ComposedRows> {
        let (vectors, composed) = (SharedMatrix::zeros(slots, dim)?, SharedMatrix::zeros(slots, dim)?);
        Ok(ComposedRows { vectors, composed, rows: Vec::new() })
    }

    /// The slot of the word at a position of its sentence: consecutive positions have consecutive slots.
    pub(crate) fn of(&self, position: usize) -> usize {
        position % self.vectors.rows()
    }

    fn collect(&mut self, matrix: &Replica, rows: &[u32]) -> usize {
        assert_eq!(matrix.stride(), self.vectors.stride(), "rows and slots have one stride");
        self.rows.clear();
        self.rows.extend(rows.iter().map(|&row| matrix.row(row)));
        matrix.stride()
    }
}

/// Puts a mean of rows into a slot.
pub(crate) struct Compose<'a> {
    pub(crate) matrix: &'a Replica<'a>,
    pub(crate) mean: Mean<'a>,
    pub(crate) slots: &'a mut ComposedRows,
    pub(crate) slot: usize,
}

impl Kernel for Compose<'_> {
    type Output = ();
    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let Compose { matrix, mean, slots, slot } = self;
        assert_eq!(mean.rows.len(), mean.shares.len(), "a share for every row");
        let stride = slots.collect(matrix, mean.rows);
        let (vector, composed) = (slots.vectors.row(slot), slots.composed.row(slot));
        // SAFETY: all are rows of `stride` floats, a multiple of LANES; others may write `rows`, as matrix.rs says.
        unsafe {
            for at in (0..stride).step_by(S::LANES) {
                let mut sum = simd.zero();
                for (row, &share) in slots.rows.iter().zip(mean.shares) {
                    sum = simd.mul_add(simd.splat(share), simd.load(row.add(at)), sum);
                }
                simd.store(vector.add(at), sum);
                simd.store(composed.add(at), sum);
            }
        }
    }
}

/// Adds what a slot has learned since it was composed to each of `rows`, unscaled, as fastText does.
pub(crate) struct Spread<'a> {
    pub(crate) matrix: &'a Replica<'a>,
    pub(crate) rows: &'a [u32],
    /// Rows that will be composed soon.
    pub(crate) fetch: Fetch<'a>,
    pub(crate) slots: &'a mut ComposedRows,
    pub(crate) slot: usize,
}

impl Kernel for Spread<'_> {
    type Output = ();
    #[inline(always)]
    fn body<S: Simd>(self, simd: S) {
        let Spread { matrix, rows, fetch, slots, slot } = self;
        let stride = slots.collect(matrix, rows);
        let (vector, composed) = (slots.vectors.row(slot), slots.composed.row(slot));
        // SAFETY: as in Compose.
        unsafe {
            for at in (0..stride).step_by(S::LANES) {
                fetch.column(at);
                let learned = simd.sub(simd.load(vector.add(at)), simd.load(composed.add(at)));
                for row in &slots.rows {
                    simd.store(row.add(at), simd.add(simd.load(row.add(at)), learned));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use ninefold_core::rng::Rng;
    use ninefold_kernels::simd::InstructionSet;

    #[test]
    fn a_word_is_the_mean_of_its_rows_and_each_row_learns_what_the_word_learned() {
        for set in InstructionSet::available() {
            let mut matrix = SharedMatrix::zeros(5, 20).unwrap();
            matrix.randomize(1.0, &mut Rng::new(1));
            let before = matrix.all_values();
            let (mut slots, rows) = (ComposedRows::new(3, 20).unwrap(), [4, 0, 2]);
            let mean = Mean { rows: &rows, shares: &[0.5, 0.125, 0.375] };
            set.run(Compose { matrix: &Replica::direct(&matrix), mean, slots: &mut slots, slot: 1 });
            for (d, &mean) in slots.vectors.values(1).iter().enumerate() {
                let expected = 0.5 * before[4 * 20 + d] + 0.125 * before[d] + 0.375 * before[2 * 20 + d];
                assert!((mean - expected).abs() < 1e-6, "{}: {mean}, expected {expected}", set.name());
            }
            slots.vectors.values(1).iter_mut().enumerate().for_each(|(d, value)| *value += d as f32 / 10.0);
            let coming = [before.as_ptr().cast_mut()];
            let fetch = Fetch::new(&coming);
            set.run(Spread { matrix: &Replica::direct(&matrix), rows: &rows, fetch, slots: &mut slots, slot: 1 });
            for (at, (&value, &old)) in matrix.all_values().iter().zip(&before).enumerate() {
                let learned = if [4, 0, 2].contains(&(at / 20)) { (at % 20) as f32 / 10.0 } else { 0.0 };
                assert!((value - old - learned).abs() < 1e-6, "{}: row {}", set.name(), at / 20);
            }
        }
    }
}
