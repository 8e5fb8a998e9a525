//! The chunks that parallel work is cut into. None of their sizes depends on the number of threads.

use ninefold_kernels::slice::Slice;

/// Tokens per chunk of the products.
pub(crate) const TOKENS: usize = 128;

/// Tokens at a time in the gradients of the weights: few enough for their gates to stay in the cache.
pub(crate) const GRADIENT_TOKENS: usize = 512;

/// The parts of a buffer that belong to each slice.
pub(crate) fn by_slice<'a>(buffer: &'a mut [f32], slices: &[Slice], width: usize) -> Vec<&'a mut [f32]> {
    let mut rest = buffer;
    let mut parts = Vec::with_capacity(slices.len());
    for slice in slices {
        let (part, after) = std::mem::take(&mut rest).split_at_mut(slice.tokens * width);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The same for a buffer that is only read.
pub(crate) fn of_slice<'a>(buffer: &'a [f32], slice: &Slice, width: usize) -> &'a [f32] {
    &buffer[slice.first_token * width..][..slice.tokens * width]
}
