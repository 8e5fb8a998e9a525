//! How a length is cut into shares.

use std::ops::Range;

/// Share `number` of `of` of `0..len`, all of one size or nearly; some have nothing where `len` is less than `of`.
pub fn partition(number: usize, of: usize, len: usize) -> Range<usize> {
    number * len / of..(number + 1) * len / of
}
