//! The gated recurrent unit (Cho et al. 2014) as PyTorch has it, with the reset gate applied after the hidden product:
//!
//! ```text
//! r = σ(a_r)   z = σ(a_z)   n = tanh(a_n + r q)        a = x·W + h·W + b, but a_n = x·W_n + b_in, q = h·W_n + b_hn
//! h' = (1 - z) n + z h
//! ```
//!
//! PyTorch's gates are r z n. The blocks here are n r z q: the input adds to the first three, the hidden state to the last
//! three, so that one buffer of gradients serves both products.

use super::{Cell, Side, State, StateMut};
use crate::activation::{sigmoid, sigmoid_slope, tanh, tanh_slope};
use crate::simd::Simd;

/// Three gates, four blocks: n r z q.
#[derive(Clone, Copy, Debug)]
pub struct Gru;

impl Cell for Gru {
    const GATES: usize = 3;
    const BLOCKS: usize = 4;
    const INPUT: Side = Side { first: 0, gates: &[2, 0, 1] };
    const HIDDEN: Side = Side { first: 1, gates: &[0, 1, 2] };
    const HAS_CELL_STATE: bool = false;

    #[inline(always)]
    fn forward<S: Simd>(simd: S, gates: &mut [f32], previous: State, next: StateMut) {
        let hidden = next.h.len();
        let [n, r, z, q] = blocks(gates, hidden);
        for at in (0..hidden).step_by(S::LANES) {
            let reset = sigmoid(simd, simd.read(&r[at..]));
            let update = sigmoid(simd, simd.read(&z[at..]));
            let candidate = tanh(simd, simd.mul_add(reset, simd.read(&q[at..]), simd.read(&n[at..])));
            let change = simd.sub(simd.read(&previous.h[at..]), candidate);
            simd.write(&mut r[at..], reset);
            simd.write(&mut z[at..], update);
            simd.write(&mut n[at..], candidate);
            simd.write(&mut next.h[at..], simd.mul_add(update, change, candidate));
        }
    }

    /// d_z = d_h' (h - n) z (1 - z), d_n = d_h' (1 - z) (1 - n²), d_r = d_n q r (1 - r), d_q = d_n r, and h gets d_h' z.
    #[inline(always)]
    fn backward<S: Simd>(simd: S, gates: &mut [f32], previous: State, _next: State, d_state: StateMut) {
        let hidden = previous.h.len();
        let [n, r, z, q] = blocks(gates, hidden);
        for at in (0..hidden).step_by(S::LANES) {
            let (candidate, reset) = (simd.read(&n[at..]), simd.read(&r[at..]));
            let (update, projected) = (simd.read(&z[at..]), simd.read(&q[at..]));
            let d_h = simd.read(&d_state.h[at..]);
            let kept = simd.mul(d_h, update);
            let change = simd.sub(simd.read(&previous.h[at..]), candidate);
            let d_update = simd.mul(simd.mul(d_h, change), sigmoid_slope(simd, update));
            let d_candidate = simd.mul(simd.sub(d_h, kept), tanh_slope(simd, candidate));
            let d_reset = simd.mul(simd.mul(d_candidate, projected), sigmoid_slope(simd, reset));
            simd.write(&mut n[at..], d_candidate);
            simd.write(&mut r[at..], d_reset);
            simd.write(&mut z[at..], d_update);
            simd.write(&mut q[at..], simd.mul(d_candidate, reset));
            simd.write(&mut d_state.h[at..], kept);
        }
    }
}

#[inline(always)]
fn blocks(gates: &mut [f32], hidden: usize) -> [&mut [f32]; 4] {
    let (n, rest) = gates.split_at_mut(hidden);
    let (r, rest) = rest.split_at_mut(hidden);
    let (z, q) = rest.split_at_mut(hidden);
    [n, r, z, q]
}
