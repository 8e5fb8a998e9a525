//! One thread's replica of the rows of a shared matrix.
//!
//! All threads update the rows of the most frequent words all the time: their cache lines would travel from core to core for
//! each update (33 to 185 ns, against 260 ns for a whole window). So each thread trains its own copy of the first rows, and
//! merges its changes with those of the other threads after every block of text. With one thread there are no copies.
//!
//! Changes that threads made apart are not simply added: where all learned the same, the sum would go as many times too far
//! as there are threads, and four of them drive the vectors to infinity. Nor are they averaged, which would lose what only one
//! has learned. Adaptive summation is between the two: orthogonal changes add up, parallel ones are averaged (Maleki et al.,
//! "Scaling Distributed Training with Adaptive Summation", 2020).
//!
//! Rows are ordered by falling count, so "the most frequent" are the first.

#![allow(unsafe_code)]

use std::hint::select_unpredictable;
use std::sync::PoisonError;

use crate::matrix::SharedMatrix;
use ninefold_core::error::Result;
use ninefold_kernels::simd::BLOCK;

/// The most rows that are copied. With 4,096 two cores were 8 % quicker, but each doubling of the threads lost a tenth of the
/// analogies or more.
const COPIED: usize = 128;
/// Of a small matrix only one row in so many: infrequent rows are updated too rarely between two merges.
const COPIED_FRACTION: usize = 64;

/// A shared matrix, or a thread's own copy of its first rows.
pub(crate) struct Replica<'a> {
    shared: &'a SharedMatrix,
    copies: Option<HotRows>,
    /// How many rows are copied, and the first float of the first copy: what [`row`](Replica::row) asks of `copies`.
    copied: usize,
    first_copy: *mut f32,
}

struct HotRows {
    rows: SharedMatrix, // what this thread trains
    seen: SharedMatrix, // the shared rows when they were last copied
}

impl<'a> Replica<'a> {
    /// The shared matrix as it is.
    pub(crate) fn direct(shared: &'a SharedMatrix) -> Replica<'a> {
        Replica { shared, copies: None, copied: 0, first_copy: std::ptr::null_mut() }
    }

    /// What one of `threads` threads should use: the matrix itself, or copies of the rows that every thread wants.
    ///
    /// # Errors
    /// When there is no memory for the copies.
    pub(crate) fn of_thread(shared: &'a SharedMatrix, threads: usize) -> Result<Replica<'a>> {
        let copied = if threads > 1 { COPIED.min(shared.rows() / COPIED_FRACTION) } else { 0 };
        if copied == 0 {
            return Ok(Replica::direct(shared));
        }
        let zeros = || SharedMatrix::zeros(copied, shared.dim());
        let mut copies = HotRows { rows: zeros()?, seen: zeros()? };
        copies.exchange(shared);
        Ok(Replica { shared, copied, first_copy: copies.rows.row(0), copies: Some(copies) })
    }

    /// Floats from one row to the next.
    pub(crate) fn stride(&self) -> usize {
        self.shared.stride()
    }

    /// The first float of a row.
    ///
    /// # Panics
    /// When there is no such row.
    #[inline]
    pub(crate) fn row(&self, row: u32) -> *mut f32 {
        // Both are computed and one is chosen, without a branch, which would be mispredicted: this is called for every row.
        let row = row as usize;
        let (shared, copy) = (self.shared.row(row), self.first_copy.wrapping_add(row * self.stride()));
        select_unpredictable(row < self.copied, copy, shared)
    }

    /// Called after each block: merges the copies with those of the other threads.
    pub(crate) fn synchronize(&mut self) {
        if let Some(copies) = &mut self.copies {
            copies.exchange(self.shared);
        }
    }
}

impl HotRows {
    /// Adds what this thread and what the others changed since the last time; all three become the sum.
    fn exchange(&mut self, shared: &SharedMatrix) {
        let _turn = shared.lock.lock().unwrap_or_else(PoisonError::into_inner);
        for row in 0..self.rows.rows() {
            let [theirs, ours, seen] = [shared, &self.rows, &self.seen].map(|matrix| {
                // SAFETY: the row's floats; all threads reach this shared row through their own copies, so under the lock nothing
                // else touches it.
                unsafe { std::slice::from_raw_parts_mut(matrix.row(row), matrix.stride()) }
            });
            let (less_theirs, less_ours) = overlaps(theirs, ours, seen);
            for ((theirs, ours), seen) in theirs.iter_mut().zip(ours).zip(seen) {
                let (their_change, our_change) = (*theirs - *seen, *ours - *seen);
                *theirs += our_change - (less_theirs * their_change + less_ours * our_change);
                (*ours, *seen) = (*theirs, *theirs);
            }
        }
    }
}

/// The shares of two changes a, b since `seen` that an adaptive sum leaves out: ab / 2aa and ab / 2bb, a half each of equal
/// ones, nothing of those that are orthogonal or go against each other.
fn overlaps(theirs: &[f32], ours: &[f32], seen: &[f32]) -> (f32, f32) {
    let [mut aa, mut bb, mut ab] = [[0.0; BLOCK]; 3];
    let blocks = theirs.chunks_exact(BLOCK).zip(ours.chunks_exact(BLOCK)).zip(seen.chunks_exact(BLOCK));
    for ((theirs, ours), seen) in blocks {
        for lane in 0..BLOCK {
            let (a, b) = (theirs[lane] - seen[lane], ours[lane] - seen[lane]);
            aa[lane] += a * a;
            bb[lane] += b * b;
            ab[lane] += a * b;
        }
    }
    let [aa, bb, ab] = [aa, bb, ab].map(|lanes| lanes.iter().sum::<f32>());
    if ab > 0.0 { (ab / (2.0 * aa), ab / (2.0 * bb)) } else { (0.0, 0.0) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Adds to a row as a thread that trains.
    fn add(view: &Replica, row: u32, change: [f32; 2]) {
        for (at, change) in change.into_iter().enumerate() {
            // SAFETY: a float of the row; the test has one thread.
            unsafe { *view.row(row).add(at) += change };
        }
    }

    fn row(view: &Replica, row: u32) -> [f32; 2] {
        // SAFETY: as above.
        [0, 1].map(|at| unsafe { *view.row(row).add(at) })
    }

    #[test]
    fn replicas_merge_what_threads_have_learned() {
        let mut matrix = SharedMatrix::zeros(50_000, 2).unwrap();
        matrix.values(5)[0] = 100.0;
        let shared = Replica::direct(&matrix);
        let mut views = [0, 1].map(|_| Replica::of_thread(&matrix, 2).unwrap());
        let cold = COPIED as u32;
        // Row, changes of two threads -> the row afterwards.
        let cases = [
            (5, [1.0, 0.0], [0.0, 2.0], [101.0, 2.0]),
            (6, [1.0, 2.0], [1.0, 2.0], [1.0, 2.0]),
            (7, [1.0, 2.0], [3.0, 6.0], [2.0, 4.0]),
            (8, [3.0, 0.0], [-1.0, 0.0], [2.0, 0.0]),
            (9, [3.0, 0.0], [0.0, 0.0], [3.0, 0.0]),
            (cold, [1.0, 2.0], [1.0, 2.0], [2.0, 4.0]),
        ];
        let before: Vec<_> = cases.iter().map(|case| row(&shared, case.0)).collect();
        for (place, one, other, _) in cases {
            add(&views[0], place, one);
            add(&views[1], place, other);
        }
        for ((place, .., after), before) in cases.iter().zip(before) {
            let expected = if *place == cold { *after } else { before };
            assert_eq!(row(&shared, *place), expected, "row {place}: only rows without copies are shared at once");
        }
        views.iter_mut().for_each(Replica::synchronize);
        views[0].synchronize();
        for (place, .., after) in cases {
            for view in [&shared, &views[0], &views[1]] {
                assert_eq!(row(view, place), after, "row {place}");
            }
        }
    }

    #[test]
    fn threads_that_learn_the_same_do_not_drive_each_other_away() {
        let matrix = SharedMatrix::zeros(50_000, 2).unwrap();
        let goal = [3.0, -4.0];
        for threads in [2, 4, 8, 64] {
            let mut views: Vec<Replica> = (0..threads).map(|_| Replica::of_thread(&matrix, threads).unwrap()).collect();
            for _ in 0..30 {
                for view in &views {
                    let now = row(view, 5);
                    add(view, 5, [0, 1].map(|at| 0.9 * (goal[at] - now[at])));
                }
                views.iter_mut().for_each(Replica::synchronize);
            }
            let end = row(&views[0], 5);
            assert!(end.iter().zip(goal).all(|(x, goal)| (x - goal).abs() < 0.1), "{threads} threads: {end:?}");
        }
    }

    #[test]
    fn one_thread_works_on_the_matrix_itself() {
        let matrix = SharedMatrix::zeros(50_000, 3).unwrap();
        for (threads, direct) in [(1, true), (2, false)] {
            let view = Replica::of_thread(&matrix, threads).unwrap();
            assert_eq!(view.row(1) == matrix.row(1), direct, "{threads} threads");
        }
    }
}
