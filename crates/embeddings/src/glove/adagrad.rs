//! GloVe's arithmetic: one cell of the matrix of counts moves one row and one column.
//!
//! ```text
//! difference = w·c + b + b' - log count        cost = weight difference² / 2
//! slope of w = weight difference c             slope of c = weight difference w      slope of b, b' = weight difference
//! step = rate slope;   value -= step / sqrt(1 + squares);   squares += step²         (AdaGrad)
//! ```
//!
//! `squares` begins at 0 and not, as in the original, at 1: next to 1 an f32 would lose every step below 2e-4.
//!
//! Sources: Pennington, Socher & Manning, "GloVe: Global Vectors for Word Representation" (2014); Duchi, Hazan & Singer (2011)
//! for AdaGrad. As in the program of GloVe's authors the division is by the squares before this step, and slopes are cut to
//! ±100.

#![allow(unsafe_code)]

use crate::fetch::Fetch;
use crate::matrix::SharedMatrix;
use ninefold_kernels::simd::{BLOCK, Kernel, Simd, padded};

/// Largest slope.
const MAX_SLOPE: f32 = 100.0;
/// So many cells before its turn a cell's vectors are fetched.
const AHEAD: usize = 4;

/// A non-zero cell.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(crate) struct Cell {
    /// Place of its row's word within the tile's rows.
    pub(crate) row: u16,
    /// Place of its column's word within the tile's columns.
    pub(crate) column: u16,
    pub(crate) log_count: f32,
    pub(crate) weight: f32,
}

/// Words in every `step`th row from `first`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) first: usize,
    pub(crate) step: usize,
}

impl Part {
    /// The word at an index of this part.
    pub(crate) fn word(self, index: u16) -> usize {
        self.first + usize::from(index) * self.step
    }
}

/// A row of a GloVe matrix: vector, squares of vector, then a block with bias and square of bias.
pub(crate) fn row_floats(dim: usize) -> usize {
    2 * padded(dim) + BLOCK
}

/// All cells of a tile, one after another. Gives the sum of their costs.
pub(crate) struct Tile<'a> {
    pub(crate) rows: &'a SharedMatrix,
    pub(crate) columns: &'a SharedMatrix,
    pub(crate) row_part: Part,
    pub(crate) column_part: Part,
    pub(crate) cells: &'a [Cell],
    pub(crate) learning_rate: f32,
}

impl Kernel for Tile<'_> {
    type Output = f64;
    #[inline(always)]
    fn body<S: Simd>(self, simd: S) -> f64 {
        let Tile { rows, columns, row_part, column_part, cells, learning_rate } = self;
        assert_eq!(rows.stride(), columns.stride(), "rows and columns have one stride");
        let width = (rows.stride() - BLOCK) / 2;
        let Some(last) = cells.last() else { return 0.0 };
        // The vectors of a cell; behind the last cell, of the last.
        let pair = |cell: usize| {
            let cell = cells.get(cell).unwrap_or(last);
            [rows.row(row_part.word(cell.row)), columns.row(column_part.word(cell.column))]
        };
        let mut now = pair(0);
        let mut products = simd.zero();
        for at in (0..width).step_by(S::LANES) {
            // SAFETY: as of the steps below.
            products = unsafe { add_products(simd, now, at, products) };
        }
        let mut cost = 0.0;
        for (i, cell) in cells.iter().enumerate() {
            let next = pair(i + 1);
            // The last lines, of the biases, are left out.
            let coming = pair(i + AHEAD).map(|word| [word, word.wrapping_add(width)]);
            let fetch = Fetch::new(coming.as_flattened());
            // SAFETY: all are rows of 2 * width + BLOCK floats, width a multiple of LANES; no other thread has a tile with these
            // rows or columns at this time (`descend` runs disjoint tiles at the same time).
            unsafe {
                let biases = now.map(|word| word.add(2 * width));
                let difference = simd.sum(products) + *biases[0] + *biases[1] - cell.log_count;
                let slope = cell.weight * difference;
                cost += 0.5 * f64::from(slope) * f64::from(difference);
                let descent = Descent::new(simd, slope, learning_rate);
                products = simd.zero();
                for at in (0..width).step_by(S::LANES) {
                    fetch.column(at);
                    let [row, column] = now.map(|word| word.add(at));
                    let (w, c) = (simd.load(row), simd.load(column));
                    descent.step(simd, row, w, c, row.add(width));
                    descent.step(simd, column, c, w, column.add(width));
                    // Products of the next cell, whose sum takes long to come, between the steps of this one. They are of
                    // numbers that have taken their step, should one word belong to both.
                    products = add_products(simd, next, at, products);
                }
                for bias in biases {
                    let step = learning_rate * slope.clamp(-MAX_SLOPE, MAX_SLOPE);
                    *bias -= step / (1.0 + *bias.add(1)).sqrt();
                    *bias.add(1) += step * step;
                }
            }
            now = next;
        }
        cost
    }
}

/// `sum` and the products of a row and a column, float by float from `at` on.
///
/// # Safety
/// Both have LANES floats at `at`.
#[inline(always)]
unsafe fn add_products<S: Simd>(simd: S, [row, column]: [*mut f32; 2], at: usize, sum: S::V) -> S::V {
    // SAFETY: the caller's pointers.
    unsafe { simd.mul_add(simd.load(row.add(at)), simd.load(column.add(at)), sum) }
}

/// What all numbers of a cell share.
struct Descent<S: Simd> {
    /// -rate * slope of the cell.
    factor: S::V,
    longest_step: S::V,
}

impl<S: Simd> Descent<S> {
    #[inline(always)]
    fn new(simd: S, slope: f32, learning_rate: f32) -> Descent<S> {
        Descent { factor: simd.splat(-learning_rate * slope), longest_step: simd.splat(learning_rate * MAX_SLOPE) }
    }

    /// `value`, whose slope is the cell's times `other`, takes its step.
    ///
    /// # Safety
    /// `place` and `squares` point to LANES floats.
    #[inline(always)]
    unsafe fn step(&self, simd: S, place: *mut f32, value: S::V, other: S::V, squares: *mut f32) {
        let step = simd.clamp(simd.mul(self.factor, other), self.longest_step);
        let four = simd.splat(4.0);
        // SAFETY: the caller's pointers.
        unsafe {
            let square = simd.load(squares);
            let scale = simd.twice_inverse_sqrt(simd.mul_add(square, four, four)); // 1 / sqrt(1 + square)
            simd.store(place, simd.mul_add(step, scale, value));
            simd.store(squares, simd.mul_add(step, step, square));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::reference::{self, GloveRow, random_rows};
    use ninefold_core::rng::Rng;
    use ninefold_kernels::simd::InstructionSet;

    fn matrix(words: &[GloveRow]) -> SharedMatrix {
        let (dim, width) = (words[0].vector.len(), padded(words[0].vector.len()));
        let mut matrix = SharedMatrix::zeros(words.len(), row_floats(dim)).unwrap();
        for (i, word) in words.iter().enumerate() {
            let row = matrix.values(i);
            for d in 0..dim {
                row[d] = word.vector[d] as f32;
                row[width + d] = word.squares[d] as f32;
            }
            row[2 * width] = word.bias as f32;
            row[2 * width + 1] = word.bias_square as f32;
        }
        matrix
    }

    fn distance(matrix: &mut SharedMatrix, words: &[GloveRow]) -> f64 {
        let expected = &mut self::matrix(words);
        let expected = expected.all_values();
        matrix.all_values().iter().zip(&expected).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
    }

    #[test]
    fn cells_equal_the_reference_with_every_instruction_set() {
        let mut rng = Rng::new(1);
        for set in InstructionSet::available() {
            for dim in [1, 16, 50, 100] {
                let word = |rng: &mut Rng| GloveRow {
                    vector: random_rows(1, dim, 0.5, rng).remove(0),
                    squares: random_rows(1, dim, 1.0, rng).remove(0).iter().map(|x| x.abs()).collect(),
                    bias: rng.range(-0.5, 0.5),
                    bias_square: rng.uniform(),
                };
                let mut rows: Vec<GloveRow> = (0..5).map(|_| word(&mut rng)).collect();
                let mut columns: Vec<GloveRow> = (0..5).map(|_| word(&mut rng)).collect();
                let (mut row_matrix, mut column_matrix) = (matrix(&rows), matrix(&columns));
                // Rows 1 and 3, columns 0, 2 and 4; rows and columns come again at once and later.
                let cells =
                    [(0, 0, 2.5, 1.0), (1, 2, 0.7, 0.3), (0, 1, -1.0, 0.05), (0, 2, 1.1, 0.8), (1, 2, 0.2, 0.6)]
                        .map(|(row, column, log_count, weight)| Cell { row, column, log_count, weight });
                let cost = set.run(Tile {
                    rows: &row_matrix,
                    columns: &column_matrix,
                    row_part: Part { first: 1, step: 2 },
                    column_part: Part { first: 0, step: 2 },
                    cells: &cells,
                    learning_rate: 0.05,
                });
                let mut expected = 0.0;
                for cell in cells {
                    let (row, column) = (1 + 2 * usize::from(cell.row), 2 * usize::from(cell.column));
                    let (log_count, weight) = (f64::from(cell.log_count), f64::from(cell.weight));
                    expected += reference::glove_cost(&rows[row], &columns[column], log_count, weight);
                    reference::glove(&mut rows[row], &mut columns[column], log_count, weight, 0.05);
                }
                let place = format!("{} {dim}", set.name());
                assert!((cost / expected - 1.0).abs() < 1e-5, "{place}: cost {cost}, expected {expected}");
                let of_rows = distance(&mut row_matrix, &rows);
                let of_columns = distance(&mut column_matrix, &columns);
                assert!(of_rows < 1e-6 && of_columns < 1e-6, "{place}: off by {of_rows:e} and {of_columns:e}");
            }
        }
    }
}
