//! Matrices that are mostly zero, as lists of what is not: compressed sparse rows.
//!
//! Takes rows of (column, value) -> gives products with dense matrices. A text has some hundred n-grams out of hundreds of
//! thousands, so that nothing here ever touches a zero.

use rayon::prelude::*;

use ninefold_core::subnormals::FlushParallel;

/// Rows that one thread works on at a time; fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 64;

/// A sparse matrix, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Csr {
    columns: usize,
    starts: Vec<usize>, // [rows + 1]
    indices: Vec<u32>,  // [stored]
    values: Vec<f64>,   // [stored]
}

impl Csr {
    /// No rows yet.
    pub fn new(columns: usize) -> Csr {
        Csr { columns, starts: vec![0], indices: Vec::new(), values: Vec::new() }
    }

    /// Every number of a dense matrix is stored.
    ///
    /// # Shapes
    /// `data` `[rows, columns]`
    pub fn dense(data: &[f64], columns: usize) -> Csr {
        let mut matrix = Csr::new(columns);
        for row in data.chunks_exact(columns) {
            matrix.push(row.iter().enumerate().map(|(column, &value)| (column as u32, value)));
        }
        matrix
    }

    /// Adds a row; its columns must be distinct.
    pub fn push(&mut self, row: impl IntoIterator<Item = (u32, f64)>) {
        for (column, value) in row {
            assert!((column as usize) < self.columns, "column {column} of {}", self.columns);
            self.indices.push(column);
            self.values.push(value);
        }
        self.starts.push(self.indices.len());
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Numbers stored.
    pub fn stored(&self) -> usize {
        self.values.len()
    }

    /// The columns and values of a row.
    #[inline]
    pub fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.indices[range.clone()], &self.values[range])
    }

    /// The values of a row, to be changed.
    pub(super) fn row_mut(&mut self, row: usize) -> (&[u32], &mut [f64]) {
        let range = self.starts[row]..self.starts[row + 1];
        (&self.indices[range.clone()], &mut self.values[range])
    }

    /// Columns become rows.
    pub fn transposed(&self) -> Csr {
        let mut starts = vec![0; self.columns + 1];
        for &column in &self.indices {
            starts[column as usize + 1] += 1;
        }
        for column in 0..self.columns {
            starts[column + 1] += starts[column];
        }
        let mut next = starts.clone();
        let (mut indices, mut values) = (vec![0; self.stored()], vec![0.0; self.stored()]);
        for row in 0..self.rows() {
            let (columns, row_values) = self.row(row);
            for (&column, &value) in columns.iter().zip(row_values) {
                let position = &mut next[column as usize];
                (indices[*position], values[*position]) = (row as u32, value);
                *position += 1;
            }
        }
        Csr { columns: self.rows(), starts, indices, values }
    }

    /// The product with a dense matrix, on all threads, the same bits for any number of them.
    ///
    /// # Shapes
    /// `dense` `[columns, width]` -> `[rows, width]`
    ///
    /// # Examples
    /// ```
    /// use ninefold_linear::Csr;
    ///
    /// let mut matrix = Csr::new(3);
    /// matrix.push([(0, 1.0), (2, 2.0)]);
    /// assert_eq!(matrix.times(&[1.0, 10.0, 100.0], 1), [201.0]);
    /// ```
    pub fn times(&self, dense: &[f64], width: usize) -> Vec<f64> {
        assert_eq!(dense.len(), self.columns * width, "a matrix of {} rows and {width} columns", self.columns);
        let mut product = vec![0.0; self.rows() * width];
        let row_times: fn(Row, &[f64], &mut [f64]) = match width {
            1 => row_times_narrow::<1>,
            2 => row_times_narrow::<2>,
            3 => row_times_narrow::<3>,
            4 => row_times_narrow::<4>,
            5 => row_times_narrow::<5>,
            6 => row_times_narrow::<6>,
            8 => row_times_narrow::<8>,
            _ => row_times,
        };
        product.par_chunks_mut(CHUNK * width.max(1)).flushing().enumerate().for_each(|(chunk, sums)| {
            for (offset, sums) in sums.chunks_exact_mut(width).enumerate() {
                row_times(self.row(chunk * CHUNK + offset), dense, sums);
            }
        });
        product
    }
}

/// The columns and values of a row.
type Row<'a> = (&'a [u32], &'a [f64]);

/// Adds to `sums` the product of a row with a dense matrix of as many columns.
fn row_times((columns, values): Row, dense: &[f64], sums: &mut [f64]) {
    let width = sums.len();
    for (&column, &value) in columns.iter().zip(values) {
        let row = &dense[column as usize * width..][..width];
        sums.iter_mut().zip(row).for_each(|(sum, &other)| *sum += value * other);
    }
}

/// The same for a number of columns that is known in advance: the sums stay in registers.
fn row_times_narrow<const WIDTH: usize>((columns, values): Row, dense: &[f64], sums: &mut [f64]) {
    let (rows, _) = dense.as_chunks::<WIDTH>();
    let sums: &mut [f64; WIDTH] = sums.try_into().expect("as many sums as columns");
    let mut kept = *sums;
    for (&column, &value) in columns.iter().zip(values) {
        for (sum, &other) in kept.iter_mut().zip(&rows[column as usize]) {
            *sum += value * other;
        }
    }
    *sums = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix() -> Csr {
        let mut matrix = Csr::new(3);
        matrix.push([(0, 1.0), (2, 2.0)]);
        matrix.push([]);
        matrix.push([(1, 3.0)]);
        matrix
    }

    #[test]
    fn a_product_is_that_of_the_dense_matrix() {
        let product = matrix().times(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2);
        assert_eq!(product, [7.0, 70.0, 0.0, 0.0, 6.0, 60.0]);
    }

    #[test]
    fn a_product_has_the_same_bits_at_every_width() {
        let number = |at: usize| 1.0 / (1.0 + at as f64);
        let column = matrix().times(&[number(0), number(1), number(2)], 1);
        for width in 1..12 {
            let dense: Vec<f64> = (0..3 * width).map(|at| number(at / width)).collect();
            let wide: Vec<f64> = column.iter().flat_map(|&value| vec![value; width]).collect();
            assert_eq!(matrix().times(&dense, width), wide, "{width}");
        }
    }

    #[test]
    fn twice_transposed_is_the_matrix_itself() {
        let transposed = matrix().transposed();
        assert_eq!((transposed.rows(), transposed.row(2)), (3, (&[0][..], &[2.0][..])));
        assert_eq!(transposed.transposed(), matrix());
    }

    #[test]
    fn a_dense_matrix_keeps_its_zeros() {
        assert_eq!(Csr::dense(&[1.0, 0.0, 2.0, 3.0], 2).stored(), 4);
    }
}
