//! A matrix as a product reads its left operand: along its rows or along its columns.

/// A matrix to be read as the left operand: element (row, k) lies at `row * row_stride + k * depth_stride`.
#[derive(Clone, Copy)]
pub struct MatrixView<'a> {
    /// The floats.
    pub data: &'a [f32],
    /// Distance between rows.
    pub row_stride: usize,
    /// Distance between the elements of a row.
    pub depth_stride: usize,
}

impl<'a> MatrixView<'a> {
    /// Rows of `data`, `stride` apart.
    pub fn rows(data: &'a [f32], stride: usize) -> MatrixView<'a> {
        MatrixView { data, row_stride: stride, depth_stride: 1 }
    }

    /// The columns of `data`, whose rows are `stride` apart, taken as rows: the transpose.
    pub fn columns(data: &'a [f32], stride: usize) -> MatrixView<'a> {
        MatrixView { data, row_stride: 1, depth_stride: stride }
    }
}
