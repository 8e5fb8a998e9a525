//! One thread's way to a shared matrix.
//!
//! The most frequent words are in every thread's hands all the time: their cache lines would travel from core to core for
//! each update (33 to 185 ns, against 260 ns for a whole window). So each thread trains its own copy of the first rows, and
//! adds what it changed to the shared row now and then. With one thread there are no copies.
//!
//! Rows are ordered by falling count, so "the most frequent" are the first.

#![allow(unsafe_code)]

use std::sync::PoisonError;

use super::matrix::SharedMatrix;
use crate::error::Result;

/// How many rows are copied: these after every block of text, ...
const HOT: usize = 128;
/// ... and these, less frequent, after every so many blocks.
const WARM: usize = 4096;
const WARM_BLOCKS: usize = 16;

/// A shared matrix, or a thread's own copy of its first rows.
pub(super) struct View<'a> {
    shared: &'a SharedMatrix,
    copies: Option<Copies>,
}

struct Copies {
    rows: SharedMatrix, // what this thread trains
    seen: SharedMatrix, // the shared rows when they were last copied
    blocks: usize,
}

impl<'a> View<'a> {
    /// The shared matrix as it is.
    pub(super) fn direct(shared: &'a SharedMatrix) -> View<'a> {
        View { shared, copies: None }
    }

    /// What one of `threads` threads should use: alone the matrix itself, else copies of the rows that every thread wants.
    ///
    /// # Errors
    /// When there is no memory for the copies.
    pub(super) fn of_thread(shared: &'a SharedMatrix, threads: usize) -> Result<View<'a>> {
        if threads <= 1 {
            return Ok(View::direct(shared));
        }
        let hot = shared.rows().min(HOT + WARM);
        let rows = SharedMatrix::zeros(hot, shared.dim())?;
        let seen = SharedMatrix::zeros(hot, shared.dim())?;
        let mut copies = Copies { rows, seen, blocks: 0 };
        copies.exchange(shared, hot);
        Ok(View { shared, copies: Some(copies) })
    }

    /// Floats from one row to the next.
    pub(super) fn stride(&self) -> usize {
        self.shared.stride()
    }

    /// The first float of a row.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    pub(super) fn row(&self, row: u32) -> *mut f32 {
        match &self.copies {
            Some(copies) if (row as usize) < copies.rows.rows() => copies.rows.row(row as usize),
            _ => self.shared.row(row as usize),
        }
    }

    /// Called after each block: brings the copies that are due, or at the `last` call all, up to date with the others'.
    pub(super) fn synchronize(&mut self, last: bool) {
        let Some(copies) = &mut self.copies else { return };
        copies.blocks += 1;
        let all = last || copies.blocks.is_multiple_of(WARM_BLOCKS);
        let due = if all { copies.rows.rows() } else { copies.rows.rows().min(HOT) };
        copies.exchange(self.shared, due);
    }
}

impl Copies {
    /// shared += rows - seen, then rows = seen = shared.
    fn exchange(&mut self, shared: &SharedMatrix, rows: usize) {
        let _turn = shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let floats = rows * shared.stride();
        if floats == 0 {
            return;
        }
        let (ours, seen, theirs) = (self.rows.row(0), self.seen.row(0), shared.row(0));
        for at in 0..floats {
            // SAFETY: all three have at least `rows` rows of one stride; all threads reach these shared rows through their
            // own copies, so under the lock nobody else touches them.
            unsafe {
                let sum = *theirs.add(at) + (*ours.add(at) - *seen.add(at));
                *theirs.add(at) = sum;
                *ours.add(at) = sum;
                *seen.add(at) = sum;
            }
        }
    }
}
