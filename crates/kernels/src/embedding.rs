//! Ids -> rows of a table, and back: the gradient of a row is the sum over the positions where its id stands.

use super::simd::padded;

/// Looks up `ids`: row `i` of `out` is row `ids[i]` of `table`, or of `more` as if it stood below the table, followed by zeros up to
/// the padded width.
///
/// # Shapes
/// `table` `[vocab_size, dim]`, `more` `[words, dim]`, `out` `[ids, padded(dim)]`.
///
/// # Panics
/// When an id names a row of neither.
pub fn forward(table: &[f32], more: &[f32], dim: usize, ids: &[u32], out: &mut [f32]) {
    for (&id, row) in ids.iter().zip(out.chunks_exact_mut(padded(dim))) {
        let (real, padding) = row.split_at_mut(dim);
        let start = id as usize * dim;
        let from = if start < table.len() { &table[start..] } else { &more[start - table.len()..] };
        real.copy_from_slice(&from[..dim]);
        padding.fill(0.0);
    }
}

/// Adds to row `i` of `out` row `rows[i]` of `table`; what is no row of the table adds nothing.
///
/// # Shapes
/// `table` `[num_rows, dim]`, `out` `[rows, padded(dim)]`.
pub fn add(table: &[f32], dim: usize, rows: &[u32], out: &mut [f32]) {
    for (&row, out) in rows.iter().zip(out.chunks_exact_mut(padded(dim))) {
        if let Some(from) = table.get(row as usize * dim..).and_then(|from| from.get(..dim)) {
            out.iter_mut().zip(from).for_each(|(sum, value)| *sum += value);
        }
    }
}

/// Adds the gradient of every looked-up row to the table's gradient, in the order of `ids`. The row of `padding_idx` gets
/// none, and what is no row of the table has none.
///
/// # Shapes
/// `d_out` `[ids, padded(dim)]`, `d_table` `[vocab_size, dim]`.
pub fn backward(d_out: &[f32], dim: usize, ids: &[u32], padding_idx: u32, d_table: &mut [f32]) {
    for (&id, row) in ids.iter().zip(d_out.chunks_exact(padded(dim))) {
        let start = id as usize * dim;
        if id != padding_idx && start < d_table.len() {
            for (sum, d) in d_table[start..][..dim].iter_mut().zip(row) {
                *sum += d;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backward_is_the_transpose_of_forward() {
        let table = [0.0, 0.0, 1.0, 2.0, 3.0, 4.0];
        let ids = [2, 1, 2, 0];
        let mut out = [9.0; 64];
        forward(&table, &[], 2, &ids, &mut out);
        assert_eq!([out[0], out[1], out[2], out[16], out[17]], [3.0, 4.0, 0.0, 1.0, 2.0]);
        let mut d_table = [0.0; 6];
        let d_out: Vec<f32> = (0..64).map(|i| i as f32).collect();
        backward(&d_out, 2, &ids, 0, &mut d_table);
        assert_eq!(d_table, [0.0, 0.0, 16.0, 17.0, 32.0, 34.0]);
    }
    #[test]
    fn rows_below_the_table_are_read_and_get_no_gradient() {
        let (table, more, ids) = ([0.0, 1.0], [5.0, 6.0], [1, 3, 2]);
        let mut out = [9.0; 48];
        forward(&table, &more, 1, &ids, &mut out);
        assert_eq!([out[0], out[16], out[32]], [1.0, 6.0, 5.0]);
        let mut d_table = [0.0; 2];
        backward(&[1.0; 48], 1, &ids, 0, &mut d_table);
        assert_eq!(d_table, [0.0, 1.0]);
    }

    #[test]
    fn rows_are_added_where_there_are_any() {
        let mut out = [1.0; 48];
        add(&[5.0, 6.0, 7.0, 8.0], 2, &[1, u32::MAX, 0], &mut out);
        assert_eq!([out[0], out[1], out[2], out[16], out[32], out[33]], [8.0, 9.0, 1.0, 1.0, 6.0, 7.0]);
    }
}
