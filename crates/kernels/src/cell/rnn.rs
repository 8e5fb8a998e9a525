//! The vanilla recurrent network (Elman 1990): h' = tanh(a), with a = x·W + h·W + b.

use super::{Cell, Side, State, StateMut};
use crate::activation::{tanh, tanh_slope};
use crate::simd::Simd;

/// One gate. Its block: a, then h', then d_a.
#[derive(Clone, Copy, Debug)]
pub struct Rnn;

impl Cell for Rnn {
    const GATES: usize = 1;
    const BLOCKS: usize = 1;
    const INPUT: Side = Side { first: 0, gates: &[0] };
    const HIDDEN: Side = Side { first: 0, gates: &[0] };
    const HAS_CELL_STATE: bool = false;

    #[inline(always)]
    fn forward<S: Simd>(simd: S, gates: &mut [f32], _previous: State, next: StateMut) {
        for (a, h) in gates.chunks_exact_mut(S::LANES).zip(next.h.chunks_exact_mut(S::LANES)) {
            let value = tanh(simd, simd.read(a));
            simd.write(a, value);
            simd.write(h, value);
        }
    }

    /// d_a = d_h' (1 - h'²); nothing reaches h but through h·W.
    #[inline(always)]
    fn backward<S: Simd>(simd: S, gates: &mut [f32], _previous: State, _next: State, d_state: StateMut) {
        for (a, d_h) in gates.chunks_exact_mut(S::LANES).zip(d_state.h.chunks_exact_mut(S::LANES)) {
            let d_a = simd.mul(simd.read(d_h), tanh_slope(simd, simd.read(a)));
            simd.write(a, d_a);
            simd.write(d_h, simd.zero());
        }
    }
}
