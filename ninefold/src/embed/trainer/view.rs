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

/// How many rows are copied: these are exchanged after every block of text, ...
const HOT: usize = 128;
/// ... and these, less frequent, after every so many blocks of all threads together.
const WARM: usize = 4096;
const WARM_BLOCKS: usize = 32;

/// The hot and the warm rows among so many: in a small matrix fewer, because there each thread would learn a whole model of
/// its own between two exchanges, and their sum overshoots.
fn copied(rows: usize) -> (usize, usize) {
    (HOT.min(rows / 64), WARM.min(rows / 8))
}

/// A shared matrix, or a thread's own copy of its first rows.
pub(super) struct View<'a> {
    shared: &'a SharedMatrix,
    copies: Option<Copies>,
}

struct Copies {
    rows: SharedMatrix, // what this thread trains
    seen: SharedMatrix, // the shared rows when they were last copied
    hot: usize,
    blocks: usize,
    warm_interval: usize,
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
        let (hot, warm) = copied(shared.rows());
        let rows = SharedMatrix::zeros(hot + warm, shared.dim())?;
        let seen = SharedMatrix::zeros(hot + warm, shared.dim())?;
        let mut copies = Copies { rows, seen, hot, blocks: 0, warm_interval: WARM_BLOCKS.div_ceil(threads) };
        copies.exchange(shared, hot + warm);
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
        let all = last || copies.blocks.is_multiple_of(copies.warm_interval);
        let due = if all { copies.rows.rows() } else { copies.hot };
        copies.exchange(self.shared, due);
    }
}

/// Asks the processor to fetch a cache line that will soon be needed.
#[inline(always)]
pub(super) fn prefetch_line(address: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it reads nothing that the program could see.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn add(view: &View, row: u32, amount: f32) {
        // SAFETY: a float of the row; the test has one thread.
        unsafe { *view.row(row) += amount };
    }

    #[test]
    fn copies_keep_what_every_thread_has_added() {
        let mut matrix = SharedMatrix::zeros(50_000, 3).unwrap();
        matrix.values(5)[0] = 100.0;
        let (hot, warm, cold) = (5, HOT as u32 + 5, (HOT + WARM) as u32 + 5);
        let mut views = [View::of_thread(&matrix, 2).unwrap(), View::of_thread(&matrix, 2).unwrap()];
        for row in [hot, warm, cold] {
            add(&views[0], row, 1.0);
            add(&views[1], row, 2.0);
        }
        let shared = |row: u32| {
            // SAFETY: as above.
            unsafe { *matrix.row(row as usize) }
        };
        assert_eq!([hot, warm, cold].map(shared), [100.0, 0.0, 3.0], "only cold rows are shared at once");
        views[0].synchronize(false);
        assert_eq!([hot, warm, cold].map(shared), [101.0, 0.0, 3.0], "after a block the hot rows are due");
        views.iter_mut().for_each(|view| view.synchronize(true));
        assert_eq!([hot, warm, cold].map(shared), [103.0, 3.0, 3.0], "at the end all");
        views[0].synchronize(true);
        // SAFETY: as above.
        assert_eq!(unsafe { *views[0].row(hot) }, 103.0, "and each thread sees what the others did");
    }

    #[test]
    fn one_thread_works_on_the_matrix_itself() {
        let matrix = SharedMatrix::zeros(50_000, 3).unwrap();
        let view = View::of_thread(&matrix, 1).unwrap();
        assert_eq!(view.row(1), matrix.row(1));
    }
}
